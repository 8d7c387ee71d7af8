import { chart } from "../_shared/chart.js";
import { levels, rings } from "../_shared/contour.js";
import { html, number, OWN_KEYS, svg } from "../_shared/frame.js";
import { earlier, predictions } from "./model.js";

// The landscape of the loss with the path of the steps on it, and beside it what they do to the model.

const SHOWN = 60; // dots; further steps are drawn as a line only
const AROUND = { left: 40, right: 12, top: 26, bottom: 38 }; // px around a plot: room for its axes
const NARROW = { left: 36, right: 12, top: 20, bottom: 33 }; // around a small one
const label = (text, kind) => svg("text", { class: `bp-named bp-${kind}`, "aria-hidden": "true" }, text);
const moveTo = (el, x, y) => {
  el.setAttribute("x", x);
  el.setAttribute("y", y);
};

// The surface from above: a band of colour between one level and the next, darker below. Its lines have ticks on the
// side where it goes down, and the names of their levels.
function relief(plot, { xs, ys, losses, lowest, highest }) {
  const there = ([c, r]) => [
    xs[0] + ((xs.at(-1) - xs[0]) * c) / (xs.length - 1),
    ys[0] + ((ys.at(-1) - ys[0]) * r) / (ys.length - 1),
  ];
  const band = (points, deep) => {
    const line = plot.line("band");
    line.el.style.setProperty("--deep", deep.toFixed(3));
    line.draw(points);
  };
  band(
    [
      [xs[0], ys[0]],
      [xs.at(-1), ys[0]],
      [xs.at(-1), ys.at(-1)],
      [xs[0], ys.at(-1)],
    ],
    0,
  );
  const named = levels(lowest, highest).reverse();
  const lines = named.map((level, k) => {
    const found = rings(losses, level).map((ring) => ring.map(there));
    band(
      found.flatMap((ring) => [...ring, [NaN, NaN]]),
      (k + 1) / named.length,
    );
    return found;
  });
  const down = svg("path", { class: "bp-down" });
  const texts = named.map((level) => label(number(level), "level"));
  plot.el.append(down, ...texts);
  return function arrange(width, height, taken) {
    const rim = (
      [px, py], // how far inside the plot
    ) => Math.min(px - AROUND.left, width - AROUND.right - px, py - AROUND.top, height - AROUND.bottom - py);
    const places = lines.map((found) => found.map((ring) => ring.map((point) => plot.place(...point).map(Number))));
    down.setAttribute("d", places.flatMap((found) => found.map((ring) => hatched(ring, rim))).join(""));
    for (const [k, found] of places.entries()) name(texts[k], found.flat(), rim, taken);
  };
}

const EVERY = 56; // px from tick to tick

// Short ticks along a ring, to its low side.
function hatched(ring, rim) {
  let way = EVERY / 2;
  return ring
    .map((p, k) => {
      const q = ring[(k + 1) % ring.length];
      const long = Math.hypot(q[0] - p[0], q[1] - p[1]);
      if (!long || rim(p) < 2 || rim(q) < 2) return "";
      way += long;
      if (way < EVERY) return "";
      way = 0;
      const [x, y] = [(p[0] + q[0]) / 2, (p[1] + q[1]) / 2];
      return `M${x} ${y}l${(-5 * (q[1] - p[1])) / long} ${(5 * (q[0] - p[0])) / long}`;
    })
    .join("");
}

// The name of a level stands on its line, as far from the other names and from the rim as it can.
function name(text, places, rim, taken) {
  const free = (at) =>
    rim(at) < 14 ? -1 : Math.min(60, ...taken.map(([x, y]) => Math.hypot((at[0] - x) / 1.3, at[1] - y)));
  const best = places.reduce((a, b) => (free(b) > free(a) + 0.5 ? b : a), [-1e4, 0]);
  const fits = free(best) > 22;
  text.setAttribute("visibility", fits ? "visible" : "hidden");
  if (!fits) return;
  taken.push(best);
  moveTo(text, best[0], best[1] + 4);
}

// The path: a line with a dot where each step lands, hollow at the start. lift: from a point and its loss to its place.
function trail(plot, lift) {
  const [under, track] = [plot.line("under"), plot.line("track")];
  const dots = Array.from({ length: SHOWN }, () => plot.dot("step", 3.5));
  const [first, last] = [plot.dot("first", 7), plot.dot("last", 6)];
  const begin = label("start", "start");
  plot.el.append(begin);
  const { x, y } = plot.axes;
  const inside = ([a, b]) => a >= x.min && a <= x.max && b >= y.min && b <= y.max;
  const put = (dot, spot) => dot.move(...(spot && inside(spot) ? spot : [NaN, NaN]));
  return function draw(path, at) {
    const spots = path.slice(0, Math.floor(at) + 1).map(lift);
    if (at > Math.floor(at)) spots.push(lift(between(path, at)));
    under.draw(spots);
    track.draw(spots);
    for (const [k, dot] of dots.entries()) put(dot, k < spots.length - 1 && spots[k]);
    put(first, spots[0]);
    put(last, spots.at(-1));
    const [px, py] = plot.place(...spots[0]).map(Number);
    const [, next] = plot.place(...lift(path[1] ?? path[0])).map(Number);
    moveTo(begin, px, py + (next < py ? 22 : -13)); // on the side that the path leaves free
  };
}

// The landscape (or, over one leaf, the curve) of the loss, with the path on it.
function landscape({ leaves, ranges, names }, map, loss) {
  const axis = (leaf) => ({ label: names[leaf] ?? leaf, min: ranges[leaf][0], max: ranges[leaf][1] });
  const room = (map.highest - map.lowest) * 0.06 || 1;
  const y = leaves[1] ? axis(leaves[1]) : { label: loss, min: map.lowest - room, max: map.highest + room };
  const about = `The loss as a ${leaves[1] ? "landscape" : "curve"}, with the path of the steps`;
  const plot = chart({ x: axis(leaves[0]), y, edge: AROUND, label: about });
  const reliefOf = leaves[1] ? relief(plot, map) : () => {};
  if (!leaves[1]) plot.line("forward").draw(map.xs.map((x, k) => [x, map.losses[0][k]]));
  const lift = ({ point, loss }) => (leaves[1] ? point : [point[0], loss]);
  const lowest = svg("path", { class: "bp-lowest", d: "M-6 0H6M0 -6V6" });
  const bottom = label(map.valley ? "among the lowest" : "lowest", "low");
  plot.el.append(lowest, bottom);
  const draw = trail(plot, lift);

  function arrange(width, height) {
    plot.arrange(width, height);
    const [px, py] = plot.place(...lift({ point: map.spot, loss: map.lowest })).map(Number);
    const taken = [py, py + 16].map((y) => [px, y]);
    reliefOf(width, height, taken);
    lowest.setAttribute("transform", `translate(${px} ${py})`);
    moveTo(bottom, px, py + 20);
  }
  return { plot, draw, arrange, start: (path) => plot.place(...lift(path[0])) };
}

// Where the path is after `at` steps; between two of them, on the way from one to the other.
function between(path, at) {
  const [a, b] = [path[Math.floor(at)], path[Math.ceil(at)]];
  const part = at - Math.floor(at);
  const mix = (u, v) => u + part * (v - u);
  return { point: a.point.map((v, k) => mix(v, b.point[k])), loss: part ? mix(a.loss, b.loss) : a.loss };
}

// The data and what the model makes of them: its curve now, those of earlier steps faint, and how far off it is.
function fit({ model, points, leaves }) {
  const [xs, ys] = [0, 1].map((k) => points.map((point) => point[k]));
  const span = (list, room) => {
    const [low, high] = [Math.min(...list), Math.max(...list)];
    // one point alone has no spread: its curve is shown from 0 to twice as far
    const more = high > low ? (high - low) * room : 1.15 * Math.max(1, Math.abs(low));
    return { min: low - more, max: high + more };
  };
  const axes = { x: { label: "x", apart: 60, ...span(xs, 0.15) }, y: { label: "y", apart: 38, ...span(ys, 0.5) } };
  const plot = chart({
    ...axes,
    edge: NARROW,
    label: "The data, and the model's curve after each step",
  });
  const along = Array.from({ length: 41 }, (_, k) => axes.x.min + ((axes.x.max - axes.x.min) * k) / 40);
  const ghosts = Array.from({ length: 8 }, () => plot.line("ghost"));
  const gaps = points.map(() => plot.line("gap"));
  const curve = plot.line("forward");
  const dots = points.map(() => plot.dot("datum", 5));
  for (const [k, point] of points.entries()) dots[k].move(...point);
  const graph = (point) => predictions(model, leaves, point, along).map((y, k) => [along[k], y]);
  function draw(path, at) {
    const { point } = between(path, at);
    const before = earlier(Math.ceil(at));
    for (const [k, ghost] of ghosts.entries()) ghost.draw(k < before.length ? graph(path[before[k]].point) : []);
    curve.draw(graph(point));
    const says = predictions(model, leaves, point, xs);
    for (const [k, [x, y]] of points.entries())
      gaps[k].draw([
        [x, y],
        [x, says[k]],
      ]);
  }
  return { plot, draw };
}

function progress(map) {
  const top = 10 ** Math.ceil(Math.log10(Math.max(map.highest, 1)));
  const y = { label: "loss", min: 1e-6, max: top, log: true, apart: 40 };
  const about = "The loss after each step, on a logarithmic scale";
  const plot = chart({ x: { label: "steps", min: 0, max: 20 }, y, edge: NARROW, label: about });
  const [track, now] = [plot.line("forward"), plot.dot("forward", 4)];
  function draw(path, at) {
    const spots = path.map(({ loss }, k) => [k, Math.max(loss, 1e-300)]);
    const bottom = Math.max(1e-6, Math.min(...spots.map(([, loss]) => loss)) / 2);
    plot.range({
      x: { max: Math.max(20, path.length - 1) },
      y: { min: 10 ** Math.floor(Math.log10(Math.min(bottom, 0.1))) },
    });
    track.draw(spots.slice(0, Math.floor(at) + 1));
    const [step, loss] = spots[Math.floor(at)];
    now.move(step, Math.min(loss, top));
  }
  return { plot, draw };
}

export function picture(options, map, loss) {
  const land = landscape(options, map, loss);
  const course = progress(map);
  const drawn = options.model ? fit(options) : null;
  const handle = html("div", { class: "bp-handle", role: "slider", tabindex: 0, ...OWN_KEYS });
  const [verdict, came] = ["verdict", "came"].map((name) => html("b", { class: `bp-${name}` }));
  const key = ["loss: ", html("span", { class: "bp-ramp" }), " darker is lower"];
  const head = html(
    "p",
    { class: "bp-head" },
    html("span", {}, verdict, came),
    html("span", {}, ...(options.leaves[1] ? key : [])),
  );
  const place = html("div", { class: "bp-place" }, land.plot.el, handle);
  const title = html("p", { class: "bp-head bp-title" }, html("b", {}, "The model after each step"));
  const side = html("div", { class: "bp-small" }, ...(drawn ? [title, drawn.plot.el] : []), course.plot.el);
  const el = html("div", { class: "bp-picture bp-main" }, html("div", {}, head, place), side);
  let shown = null;

  function draw(path, at = path.length - 1) {
    shown = [path, at];
    for (const part of [land, drawn, course]) part?.draw(path, at);
    const [left, top] = land.start(path);
    Object.assign(handle.style, { left: `${left}px`, top: `${top}px` });
  }
  function arrange(width) {
    const roomy = width >= 600;
    el.classList.toggle("bp-roomy", roomy);
    const side = roomy ? 270 : Math.floor(width / 2);
    land.arrange(roomy ? width - side - 20 : width, roomy ? 366 : 196);
    drawn?.plot.arrange(side, roomy ? 206 : 118);
    course.plot.arrange(drawn || roomy ? side : width, roomy ? (drawn ? 160 : 386) : 118);
    if (shown) draw(...shown);
  }
  return { el, handle, place, verdict, came, at: land.plot.at, draw, arrange };
}
