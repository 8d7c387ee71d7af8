import { run } from "../_shared/engine.js";

// Gradient descent over some leaves of a traced graph: a point is a list of numbers, one for each leaf that learns.

const length = (vector) => Math.hypot(...vector);

// The loss at a point and its slopes, all other leaves staying where they are.
export function feel(graph, leaves, point) {
  const { value, grad } = run(graph, Object.fromEntries(leaves.map((leaf, k) => [leaf, point[k]])));
  const place = (leaf) => graph.nodes.findIndex(({ name, op }) => op === "leaf" && name === leaf);
  return { loss: value.at(-1), slope: leaves.map((leaf) => grad[place(leaf)]) };
}

// Gradient descent: {point, loss, slope} at the start and after each step; ends early where numbers end.
export function descend(graph, leaves, start, lr, steps) {
  const path = [{ point: start, ...feel(graph, leaves, start) }];
  while (path.length <= steps) {
    const { point, slope } = path.at(-1);
    const next = point.map((at, k) => at - lr * slope[k]);
    if (!next.every(Number.isFinite)) break;
    path.push({ point: next, ...feel(graph, leaves, next) });
  }
  return path;
}

// How fast the slope itself changes along the direction of the gradient: the curvature that the next step will meet.
export function curvature(graph, leaves, point) {
  const { slope } = feel(graph, leaves, point);
  const norm = length(slope);
  if (!(norm > 0)) return NaN;
  const h = 1e-4 * Math.max(1, length(point));
  const ahead = (sign) =>
    feel(
      graph,
      leaves,
      point.map((at, k) => at + (sign * h * slope[k]) / norm),
    ).slope;
  const [after, before] = [ahead(1), ahead(-1)];
  return slope.reduce((sum, s, k) => sum + ((after[k] - before[k]) * s) / norm, 0) / (2 * h);
}

// What became of the path: "still" (no slope left, though it is high), "out" (numbers ended, or the loss grew),
// "across" (it changed sides on most steps), "slow" (less than a tenth of the way down), or "down".
// lowest: the smallest loss on the map.
export function fate(path, lowest) {
  const [first, last] = [path[0], path.at(-1)];
  if (path.length === 1) return "down";
  const high = last.loss > lowest + 0.01 * (1 + Math.abs(lowest));
  if (high && length(last.slope) < 1e-6) return "still";
  if (!Number.isFinite(last.loss) || last.loss > first.loss + 1e-9 * Math.abs(first.loss)) return "out";
  const turns = path.slice(1).filter(({ slope }, k) => slope.reduce((s, d, j) => s + d * path[k].slope[j], 0) < 0);
  if (turns.length > path.length / 2) return "across";
  return first.loss - last.loss < 0.1 * (first.loss - lowest) ? "slow" : "down";
}

const GRID = [41, 33]; // points across and up: fine enough to look smooth, and quick

// From a spot, downhill in ever smaller strides along the axes: the bottom of the place where it is, and how low that is.
function bottom(height, spot, stride) {
  let low = height(spot);
  for (let n = 0; n < 60; n++) {
    const around = spot.flatMap((_, k) =>
      [1, -1].map((sign) => spot.map((v, j) => (j === k ? v + sign * stride[k] : v))),
    );
    const heights = around.map(height);
    const best = Math.min(...heights.filter((h) => h < low));
    if (best < low) [spot, low] = [around[heights.indexOf(best)], best];
    else stride = stride.map((v) => v / 2);
  }
  return { spot, low };
}

// The map of the loss over the ranges of the one or two leaves: {xs, ys, losses: rows, lowest, highest, spot, valley}.
// spot: where it is lowest; valley: whether places far from there are as low.
export function survey(graph, leaves, ranges) {
  const along = ([min, max], count) => Array.from({ length: count }, (_, k) => min + ((max - min) * k) / (count - 1));
  const fine = leaves.length === 2 ? GRID : [161];
  const [xs, ys] = leaves.map((leaf, k) => along(ranges[leaf], fine[k]));
  const points = (ys ?? [null]).flatMap((y) => xs.map((x) => (ys ? [x, y] : [x])));
  const height = (point) => feel(graph, leaves, point).loss;
  const all = points.map(height);
  const losses = (ys ?? [null]).map((_, r) => all.slice(r * xs.length, (r + 1) * xs.length));
  const finite = all.filter(Number.isFinite);
  const [lowest, highest] = [Math.min(...finite), Math.max(...finite)];
  const widths = leaves.map((leaf) => ranges[leaf][1] - ranges[leaf][0]);
  const strides = widths.map((width, k) => width / fine[k] / 2);
  const { spot, low } = bottom(height, points[all.indexOf(lowest)] ?? points[0], strides);
  const far = (point) => Math.hypot(...point.map((v, k) => (v - spot[k]) / widths[k])) > 0.25;
  const valley = points.some((point, k) => all[k] < lowest + 0.003 * (highest - lowest) && far(point));
  const least = Math.min(lowest, low);
  return { xs, ys, losses, lowest: Math.abs(least) < 1e-9 * highest ? 0 : least, highest, spot, valley };
}

// What the model says at each x with its leaves at a point; `model` is a traced graph with a leaf "x".
export const predictions = (model, leaves, point, xs) => {
  const at = Object.fromEntries(leaves.map((leaf, k) => [leaf, point[k]]));
  return xs.map((x) => run(model, { ...at, x }).value.at(-1));
};

// Some of the steps before the last of n, more of them early on, where the model moves most.
export const earlier = (n, count = 8) =>
  [...new Set(Array.from({ length: count }, (_, k) => Math.floor(n * (k / count) ** 1.7)))].filter((k) => k < n);
