import { chart } from "../_shared/chart.js";
import { check, run } from "../_shared/engine.js";
import { button, fitted, host, html, knob, number, readout, sentence, tip } from "../_shared/frame.js";

// descent: steps downhill on the loss of any traced graph, over one of its leaves (a curve) or two (a landscape).

// ---------- MODEL: a point is a list of numbers, one for each leaf that learns ----------

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

// The lines of equal height through a grid of numbers (rows of equal length): pieces [[column, row], [column, row]].
// Each triangle of the grid is cut by at most one line, so that a saddle needs no special case.
export function contour(grid, level) {
  const pieces = [];
  const cut = ([c1, r1], [c2, r2]) => {
    const [a, b] = [grid[r1][c1] - level, grid[r2][c2] - level];
    if (!(a < 0 !== b < 0) || !Number.isFinite(a - b)) return [];
    const t = a / (a - b);
    return [[c1 + t * (c2 - c1), r1 + t * (r2 - r1)]];
  };
  for (let r = 0; r + 1 < grid.length; r++) {
    for (let c = 0; c + 1 < grid[0].length; c++) {
      const [nw, ne, sw, se] = [
        [c, r],
        [c + 1, r],
        [c, r + 1],
        [c + 1, r + 1],
      ];
      for (const [p, q, s] of [
        [nw, ne, sw],
        [se, ne, sw],
      ]) {
        const ends = [...cut(p, q), ...cut(q, s), ...cut(s, p)];
        if (ends.length === 2) pieces.push(ends);
      }
    }
  }
  return pieces;
}

const GRID = [53, 41]; // points across and up: fine enough to look smooth, and quick

// The map of the loss over the ranges of the one or two leaves: {losses: rows, lowest}.
export function survey(graph, leaves, ranges) {
  const along = ([min, max], count) => Array.from({ length: count }, (_, k) => min + ((max - min) * k) / (count - 1));
  const fine = leaves.length === 2 ? GRID : [161];
  const [xs, ys] = leaves.map((leaf, k) => along(ranges[leaf], fine[k]));
  const losses = (ys ?? [null]).map((y) => xs.map((x) => feel(graph, leaves, ys ? [x, y] : [x]).loss));
  const finite = losses.flat().filter(Number.isFinite);
  return { xs, ys, losses, lowest: Math.min(...finite), highest: Math.max(...finite) };
}

// ---------- PICTURE ----------

function axesFor({ leaves, ranges }, map, loss) {
  const [min, max] = ranges[leaves[0]];
  const x = { label: leaves[0], min, max };
  const room = (map.highest - map.lowest) * 0.06 || 1;
  const y = leaves[1]
    ? { label: leaves[1], min: ranges[leaves[1]][0], max: ranges[leaves[1]][1] }
    : { label: loss, min: map.lowest - room, max: map.highest + room };
  const label = `The loss as a ${leaves[1] ? "map" : "curve"}, with the path of the steps`;
  const where = chart({ x, y, height: 290, label });
  const logs = { label: loss, min: 1e-6, max: Math.max(10 * map.highest, 1), log: true };
  const course = "The loss after each step, on a logarithmic scale";
  const when = chart({ x: { label: "step", min: 0, max: 20 }, y: logs, height: 290, label: course });
  return { where, when };
}

// Heights that lie closer together near the bottom, where steps are small.
const heights = ({ lowest, highest }, count = 11) =>
  Array.from({ length: count }, (_, k) => lowest + (highest - lowest) * ((k + 1) / (count + 1)) ** 2.4);

function drawMap(where, { xs, ys, losses, lowest, highest }) {
  if (!ys) return where.line("forward").draw(xs.map((x, k) => [x, losses[0][k]]));
  const there = ([c, r]) => [
    xs[0] + ((xs.at(-1) - xs[0]) * c) / (xs.length - 1),
    ys[0] + ((ys.at(-1) - ys[0]) * r) / (ys.length - 1),
  ];
  for (const level of heights({ lowest, highest })) {
    const pieces = contour(losses, level).flatMap((ends) => [...ends.map(there), [NaN, NaN]]);
    where.line("height").draw(pieces);
  }
}

const SHOWN = 60; // dots; further steps are drawn as a line only

function picture(options, map, loss) {
  const { where, when } = axesFor(options, map, loss);
  drawMap(where, map);
  const track = where.line("track");
  const dots = Array.from({ length: SHOWN }, () => where.dot("step", 3.5));
  const [first, last] = [where.dot("first", 7), where.dot("last", 6)];
  const course = when.line("track");
  const draw = (path) => {
    const spots = path.map(({ point, loss }) => (options.leaves[1] ? point : [point[0], loss]));
    track.draw(spots);
    for (const [k, dot] of dots.entries()) dot.move(...(spots[k] ?? [NaN, NaN]));
    first.move(...spots[0]);
    last.move(...spots.at(-1));
    when.range({ x: { max: Math.max(20, path.length - 1) } });
    course.draw(path.map(({ loss }, k) => [k, Math.max(loss, 1e-300)]));
  };
  const arrange = (width) => {
    const beside = width >= 620;
    where.arrange(beside ? Math.round(width * 0.6) : width);
    when.arrange(beside ? Math.floor(width * 0.4) - 8 : width);
  };
  return { el: html("div", { class: "bp-maps" }, where.el, when.el), where, draw, arrange };
}

// ---------- KNOBS ----------

function checked(store) {
  const graph = store.get("graph");
  const leaves = store.get("leaves");
  const known = check(graph)
    .filter(({ op }) => op === "leaf")
    .map(({ name }) => name);
  if (!Array.isArray(leaves) || leaves.length < 1 || leaves.length > 2 || new Set(leaves).size < leaves.length)
    throw new Error(`descent wants one leaf that learns, or two different ones, not ${JSON.stringify(leaves)}.`);
  const pair = (given, what) => {
    if (!Array.isArray(given) || !given.every(Number.isFinite) || !(given[0] < given[1]))
      throw new Error(`${what} wants [min, max] with min < max, not ${JSON.stringify(given)}.`);
  };
  for (const leaf of leaves) {
    if (!known.includes(leaf)) throw new Error(`there is no leaf "${leaf}"; there are ${known.join(", ")}.`);
    pair(store.get("ranges")?.[leaf], `the range of "${leaf}"`);
  }
  pair(store.get("rates")?.slice(0, 2), "the learning rate's knob");
  const start = store.get("start");
  if (!Array.isArray(start) || start.length !== leaves.length || !start.every(Number.isFinite))
    throw new Error(`descent wants a start with a number for ${leaves.join(" and ")}, not ${JSON.stringify(start)}.`);
  return { graph, leaves, ranges: store.get("ranges") };
}

const loss = (value) => ["forward", number(value)];
const steps = (n) => (n === 1 ? "one step" : `${n} steps`);
const WORDS = {
  out: (first, last, n) => [
    `It leaves: after ${steps(n)} the loss is `,
    loss(last),
    ", and it began with ",
    loss(first),
    ". Each step overshoots by more than it gains.",
  ],
  still: (_first, last, n, lowest) => [
    `It stands still: after ${steps(n)} the slope is 0 and the loss `,
    loss(last),
    `, though the map has places as low as ${number(lowest)}. No slope, no step.`,
  ],
  across: (first, last, n) => [
    `It jumps across the valley at most of its ${steps(n)}: the loss went from `,
    loss(first),
    " to ",
    loss(last),
    ".",
  ],
  slow: (first, last, n) => [
    `It crawls: after ${steps(n)} the loss went from `,
    loss(first),
    " only to ",
    loss(last),
    ".",
  ],
  down: (first, last, n) => [`After ${steps(n)} the loss went from `, loss(first), " to ", loss(last), "."],
};

// What the curvature at the start promises of the first step, and what it brought.
function limit(bend, lr, [first, second]) {
  if (!Number.isFinite(bend)) return " Where it starts, the loss is flat.";
  if (Math.abs(bend) < 1e-6) return " Where it starts, the slope does not change.";
  if (bend <= 0) return " Where it starts, the slope grows on the way down, as on the top of a hill.";
  const most = number(2 / bend);
  const side = Math.abs((lr * bend) / 2 - 1) < 1e-6 ? "just that" : lr > 2 / bend ? "above that" : "below that";
  const came = second ? ` The first step ${second.loss > first.loss ? "raised" : "did not raise"} it.` : "";
  return ` A parabola with the curvature of the start, ${number(bend)}, bears a learning rate of 2 / ${number(bend)} = ${most}
    before a step raises the loss; this one is ${side}.${came}`;
}

function controls({ leaves, ranges }, store) {
  const [low, high, step = 0.01] = store.get("rates");
  const start = (k) => store.get("start")[k];
  const moved = (k, value) =>
    store.set(
      "start",
      store.get("start").map((old, j) => (j === k ? value : old)),
    );
  const walked = (n) => store.set("steps", Math.max(0, Math.min(1000, Math.round(n))));
  const rows = [
    ["learning rate", low, high, step, (lr) => store.set("lr", lr), () => store.get("lr")],
    ["steps", 0, 100, 1, walked, () => store.get("steps")],
    ...leaves.map((leaf, k) => {
      const [min, max] = ranges[leaf];
      return [
        `start ${leaf}`,
        min,
        max,
        Number(((max - min) / 100).toPrecision(1)),
        (v) => moved(k, v),
        () => start(k),
      ];
    }),
  ].map(([name, min, max, step, change, get]) => ({ get, ...knob({ name, min, max, step, change }) }));
  const one = button("One more step", () => walked(store.get("steps") + 1));
  const kept = ["lr", "steps", "start"].map((key) => [key, store.get(key)]);
  const reset = button("Reset", () => {
    for (const [key, value] of kept) store.set(key, value);
  });
  const group = { class: "bp-knobs", role: "group", "aria-label": "Numbers" };
  const el = html("div", group, ...rows.map((row) => row.el), html("div", { class: "bp-bar" }, one, reset));
  const show = () => {
    for (const { set, get } of rows) set(get());
  };
  return { el, show };
}

export function mount(box, store) {
  const options = checked(store);
  const { graph, leaves, ranges } = options;
  const { nodes } = graph;
  const top = /^\w+$/.test(nodes.at(-1).name) ? nodes.at(-1).name : "L";
  const map = survey(graph, leaves, ranges);
  const view = picture(options, map, top);
  const panel = controls(options, store);
  const { el: says, say } = sentence();
  const slopes = Object.fromEntries(leaves.map((leaf, k) => [`d${k}`, `∂${top}/∂${leaf} there`]));
  const { el: numbers, set } = readout({ lr: "learning rate", loss: `${top} at the end`, ...slopes });

  function redraw() {
    const [lr, steps, start] = ["lr", "steps", "start"].map((key) => store.get(key));
    const path = descend(graph, leaves, start, lr, steps);
    const last = path.at(-1);
    view.draw(path);
    panel.show();
    const there = Object.fromEntries(last.slope.map((slope, k) => [`d${k}`, [["backward", number(slope)]]]));
    set({ lr: number(lr), loss: [loss(last.loss)], ...there });
    const kind = fate(path, map.lowest);
    say([
      ...WORDS[kind](path[0].loss, last.loss, path.length - 1, map.lowest),
      limit(curvature(graph, leaves, start), lr, path),
    ]);
  }

  // A click or a touch puts the start there; the knobs do the same for the keyboard.
  view.where.el.addEventListener("click", (event) => {
    const { left, top } = view.where.el.getBoundingClientRect();
    const spot = view.where.at(event.clientX - left, event.clientY - top);
    const inside = leaves.every((leaf, k) => spot[k] >= ranges[leaf][0] && spot[k] <= ranges[leaf][1]);
    if (inside)
      store.set(
        "start",
        leaves.map((_, k) => Number(spot[k].toFixed(2))),
      );
  });
  box.append(view.el, numbers, says, panel.el, tip(store.get("note")));
  const unfit = fitted(box, view.arrange);
  redraw();
  const unwatch = store.watch(redraw);
  return () => {
    unfit();
    unwatch();
  };
}

const { widget, define } = host("bp-descent", {
  defaults: { graph: null, leaves: [], ranges: {}, start: null, lr: 0.1, rates: [0.01, 1, 0.01], steps: 20, note: "" },
  mount,
});

export { define };
export default widget;
