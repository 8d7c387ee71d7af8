import { chart } from "../_shared/chart.js";
import { number, put, svg } from "../_shared/frame.js";

// What stands beside the graph of `paths`: what each way has cost so far, and what more layers would cost.

export const TITLES = { paths: "every path", back: "from the back", front: "from the front" };

const ROW = { label: 92, result: 44, count: 34, high: 18, head: 16 }; // px

function row(way, k) {
  const base = ROW.head + k * ROW.high + 13.5;
  const bar = (kind) => svg("rect", { x: ROW.label, y: base - 10.5, height: 12, class: `bp-${kind}` });
  const [all, done] = [bar("whole"), bar("spent")];
  const [times, found] = [svg("text", { y: base }), svg("text", { y: base, "text-anchor": "end" })];
  const el = svg("g", { class: `bp-by-${way}` }, svg("text", { x: 0, y: base }, TITLES[way]), all, done, times, found);
  return { way, all, done, times, found, el };
}

// Three bars: the multiplications of each way so far, of all that it needs, and what it has found.
export function race() {
  const rows = Object.keys(TITLES).map(row);
  const unknown = svg("text", { y: 11, "text-anchor": "end" }, "∂L/∂x");
  const head = svg("text", { x: ROW.label, y: 11 }, "multiplications");
  const high = ROW.head + rows.length * ROW.high;
  const el = svg("svg", { class: "bp-race", role: "img", height: high }, head, unknown, ...rows.map((one) => one.el));
  let wide = 0;
  function arrange(width) {
    wide = width;
    for (const [key, value] of Object.entries({ width, viewBox: `0 0 ${width} ${high}` })) el.setAttribute(key, value);
    for (const text of [unknown, ...rows.map(({ found }) => found)]) text.setAttribute("x", width);
  }
  // so: {way: {times: multiplications so far, value: what it has found or null, final: whether that is all}}
  function show(so, { paths, factored }) {
    const unit = (wide - ROW.label - ROW.result - ROW.count) / Math.max(paths, factored);
    for (const { way, all, done, times, found } of rows) {
      const now = so[way];
      const long = unit * (now?.times ?? 0);
      all.setAttribute("width", unit * (way === "paths" ? paths : factored));
      done.setAttribute("width", long);
      times.setAttribute("x", ROW.label + long + 5);
      put(times, now ? String(now.times) : "");
      put(found, now && now.value !== null ? number(now.value) : "?");
      found.classList.toggle("bp-final", Boolean(now?.final));
    }
    const said = rows.map(({ way }) => `${TITLES[way]} ${so[way]?.times ?? 0}`);
    el.setAttribute("aria-label", `Multiplications so far: ${said.join(", ")}`);
  }
  return { el, arrange, show };
}

const DEEPEST = 10; // hidden layers of the chart
const NAMED = 7.6; // where the names of the curves stand

// cost(layers, width): {paths, factored}
export function growth(cost) {
  const label = "Multiplications over the number of hidden layers, on a logarithmic scale: every path, and factored";
  const x = { label: "hidden layers", min: 1, max: DEEPEST };
  const { el, line, dot, range, arrange, place } = chart({
    x,
    y: { label: "multiplications", min: 1, max: 10, log: true },
    label,
  });
  const ways = [
    ["paths", "ink", "every path"],
    ["factored", "backward", "factored"],
  ].map(([way, kind, name]) => {
    const word = svg("text", { class: `bp-name-${way}` }, name);
    return { way, curve: line(kind), dot: dot(kind), word };
  });
  el.append(...ways.map(({ word }) => word));
  function show(layers, width) {
    range({ y: { max: 10 ** Math.ceil(Math.log10(cost(DEEPEST, width).paths) + 0.01) } });
    for (const { way, curve, dot, word } of ways) {
      curve.draw(Array.from({ length: DEEPEST }, (_, k) => [k + 1, cost(k + 1, width)[way]]));
      dot.move(layers, cost(layers, width)[way]);
      const [px, py] = place(NAMED, cost(NAMED, width)[way]).map(Number);
      word.setAttribute("x", px - 8);
      word.setAttribute("y", py - 9);
    }
  }
  return { el, show, arrange };
}
