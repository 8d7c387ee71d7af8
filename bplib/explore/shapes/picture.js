import { html, lowered, number, OWN_KEYS, pretty, put } from "../_shared/frame.js";
import { each, entry, factor, fit, LEAVES, shape, title } from "./model.js";

// PICTURE: an equation in which a row and a column meet; all matrices, each above its gradient.

const LAYERS = [
  [
    ["X", "dX"],
    ["W1", "dW1"],
    ["b1", "db1"],
    ["Z1", "dZ1"],
    ["A1", "dA1"],
  ],
  [["W2", "dW2"], ["b2", "db2"], ["Z2", "dZ2"], ["T"], ["L"]],
];
const kindOf = (name) => (name[0] === "d" ? "backward" : "forward");

// Three decimals are enough for a cell; the sentence has more. What would vanish keeps its digits.
const brief = (v) => number(Math.abs(v) >= 0.001 ? Number(v.toFixed(3)) : v);

function grid(text, m, about, rows) {
  const name = html("span", { class: "bp-name" }, ...lowered(text, html));
  const caption = html("caption", {}, name, ` ${shape(m)}`);
  return html("table", { ...about, style: `--columns: ${m[0].length}` }, caption, html("tbody", {}, ...rows));
}

// A matrix of an equation. lit(i, j): does this entry take part? on(i, j): does a row or a column run through it?
function still(text, m, kind, { lit = () => false, on = () => false, show = brief, point } = {}) {
  const cell = (v, i, j) => {
    const is = [lit(i, j) && "bp-lit", on(i, j) && "bp-on"].filter(Boolean).join(" ");
    return html("td", { class: is || null, "data-at": point && `${i} ${j}` }, show(v, i, j));
  };
  const rows = m.map((row, i) => html("tr", {}, ...row.map((v, j) => cell(v, i, j))));
  return grid(text, m, { class: `bp-matrix bp-${kind}` }, rows);
}

const sign = (text) => html("span", { class: "bp-sign" }, ...lowered(text, html));
// A sign and what follows it, which stay together when a narrow page breaks the equation.
const after = (text, ...parts) => html("div", {}, sign(text), ...parts);
const inRow = (...parts) => html("div", { class: "bp-row" }, ...parts);

// Falk's scheme: what is multiplied stands at the left of the result and above it, so that each entry of the result is
// where its row and its column cross.
function falk(left, above, result, plus) {
  const at = (area, ...parts) => html("div", { class: `bp-${area}` }, ...parts);
  const bias = plus ? [at("and", sign(`+ ${plus.name}`)), at("bias", plus.el)] : [];
  return html("div", { class: "bp-falk" }, at("above", above), ...bias, at("left", left), at("result", result));
}

// While a step is a riddle: the shape of its result, or the product that was chosen in vain.
function attempt(all, { result, way, choices }, chosen) {
  const { factors, make, short = chosen } = choices.find((one) => one.label === chosen) ?? {};
  if (!chosen) return inRow(still(pretty(result), all[result], way, { show: () => "?" }));
  const got = make(all);
  if (!factors) return inRow(sign(short), after("=", still("gives", got, way)));
  const [a, b] = factors.map((f) => [title(f), factor(all, f), kindOf(f[0])]);
  const clash = html("div", { class: "bp-clash" }, `${a[1][0].length} ≠ ${b[1].length}`);
  return falk(still(...a), still(...b), got ? still("gives", got, way) : clash);
}

// The equation of a step, as matrices; of the result, entries up to number `upTo`, counted row by row.
function strip(all, step, i, j, upTo = Infinity) {
  const { result, factors, plus, sums, way } = step;
  const one = (r, c) => r === i && c === j;
  const column = (_, c) => c === j;
  const entryOf = (name, lit) => still(pretty(name), all[name], kindOf(name), { lit });
  const width = all[result][0].length;
  const seen = (v, r, c) => (r * width + c <= upTo ? brief(v) : "");
  const cross = factors ? (r, c) => (r === i && c < j) || (c === j && r < i) : () => false;
  const out = still(pretty(result), all[result], way, { lit: one, on: cross, show: seen, point: true });
  if (factors) {
    const [a, b] = factors.map((f) => [title(f), factor(all, f), kindOf(f[0])]);
    const bias = plus && { name: pretty(plus), el: entryOf(plus, column) };
    return falk(still(...a, { lit: (r) => r === i }), still(...b, { lit: column }), out, bias);
  }
  if (sums) return inRow(sign("sum"), entryOf(sums, column), after("=", out));
  if (result === "A1") return inRow(sign("relu"), entryOf("Z1", one), after("=", out));
  if (result === "dZ1") {
    const mask = each(all.Z1, (v) => (v > 0 ? 1 : 0));
    const open = still("Z₁ > 0", mask, "forward bp-narrow", { lit: one });
    return inRow(entryOf("dA1", one), after("⊙", open), after("=", out));
  }
  const every = result === "L" ? () => true : one;
  const scale = result === "L" ? "squares of" : step.label.split(" (")[0];
  return inRow(sign(scale), entryOf("Z2", every), after("−", entryOf("T", every)), after("=", out));
}

// What stands above the equation: its names, and how their shapes fit.
function headed(all, step, open, chosen) {
  const { result, way, plus } = step;
  const one = open ? step : step.choices.find(({ label }) => label === chosen);
  const products = (one?.factors ?? []).map((f) => [kindOf(f[0]), ` ${title(f)}`]);
  const bias = plus ? [" + ", [kindOf(plus), pretty(plus)]] : [];
  const right = products.length ? [...products, ...bias] : [["words", ` ${one?.label ?? ""}`]];
  const names = [[way, pretty(result)], " =", ...right, open ? "" : " ?"];
  if (open) return { names, sizes: fit(all, step) };
  if (one) return { names, sizes: fit(all, { ...step, sums: null, ...one, factors: one.factors }, one.make(all)) };
  return { names, sizes: [`${shape(all[result])}, like ${pretty(result.slice(1))}`] };
}

// Parts as in `sentence`, into an element.
const fill = (el, parts) =>
  el.replaceChildren(
    ...parts.flatMap((part) =>
      Array.isArray(part) ? [html("span", { class: `bp-${part[0]}` }, ...lowered(part[1], html))] : lowered(part, html),
    ),
  );

const change = (el, key, value) => el.getAttribute(key) === value || el.setAttribute(key, value);

// A cell of the overview as it is now; most stay as they are while a knob moves.
function paint(one, values, { known, spot, cell }) {
  const { td, at, leaf, label } = one;
  const [name, i, j] = at;
  const value = known(name) ? values[name][i][j] : null;
  const same = (other) => other[0] === name && other[1] === i && other[2] === j;
  const dead = ["Z1", "A1", "dZ1"].includes(name) && known(name) && values.Z1[i][j] <= 0;
  const is = [dead && "dead", same(spot) && known(name) && "lit", leaf && "leaf", same(cell) && "chosen"];
  const kinds = is.filter(Boolean).map((kind) => `bp-${kind}`);
  const now = `${value} ${kinds}`;
  if (one.drawn === now) return;
  one.drawn = now;
  put(td, value === null ? "?" : brief(value));
  change(td, "class", kinds.join(" "));
  const more = (dead ? ", dead" : "") + (leaf ? ", can be changed" : "");
  change(td, "aria-label", `${label}: ${value === null ? "?" : number(value)}${more}`);
}

// All matrices, built once; their cells can be pointed at. `point` and `take` get [name, row, column].
export function overview(all, point, take) {
  const cells = [];
  const tables = {};
  const matrix = (name) => {
    const leaf = LEAVES.includes(name);
    const cell = (_, i, j) => {
      const at = [name, i, j];
      const enter = () => (leaf ? null : point(at));
      const on = { focus: () => (leaf ? take(at) : point(at)), pointerenter: enter };
      const td = html("td", { tabindex: cells.length ? -1 : 0, ...on, ...OWN_KEYS });
      cells.push({ td, at, leaf, wide: all[name][0].length, label: entry(name, i, j, all[name]) });
      return td;
    };
    const rows = each(all[name], cell).map((tds) => html("tr", {}, ...tds));
    const about = { class: `bp-matrix bp-${kindOf(name)}`, "data-name": name };
    tables[name] = grid(pretty(name), all[name], about, rows);
    return tables[name];
  };
  const card = (names) => html("div", {}, ...names.map(matrix));
  const layer = (cards) => html("div", { class: "bp-layer" }, ...cards.map(card));
  const el = html("div", { class: "bp-cards" }, ...LAYERS.map(layer));

  function draw(values, { step, ...more }) {
    for (const name in tables)
      tables[name].classList.toggle("bp-part", step.result === name || step.uses.includes(name));
    for (const one of cells) paint(one, values, more);
  }

  function go(from, key) {
    const k = cells.findIndex(({ td }) => td === from);
    const by = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: cells[k].wide, ArrowUp: -cells[k].wide }[key];
    const target = cells[k + by]?.td;
    if (!target) return;
    for (const { td } of cells) td.setAttribute("tabindex", td === target ? 0 : -1);
    target.focus();
  }
  return { el, draw, go };
}

// The equation, the words above it, and which entry the reader points at in it.
export function stage(point) {
  const [names, sizes] = [html("p", { class: "bp-names" }), html("p", { class: "bp-sizes" })];
  const about = { class: "bp-equation", role: "group", "aria-label": "The equation", tabindex: 0, ...OWN_KEYS };
  const equation = html("div", about);
  equation.addEventListener("pointerover", ({ target }) => {
    const at = target.closest("[data-at]")?.dataset.at.split(" ").map(Number);
    if (at) point(at);
  });
  const el = html("div", { class: "bp-picture bp-main" }, names, sizes, equation);
  let [frame, values] = ["", null];
  // Built anew only for another step or entry: else a cell that is pointed at would be replaced beneath the pointer, and a
  // dragged knob would wait for all of it. When numbers change, they alone are written.
  function draw(all, step, { open, chosen, i, j, upTo }) {
    const now = [step.result, open, chosen, i, j, upTo].join();
    if (now === frame && all === values) return;
    const fresh = open ? strip(all, step, i, j, upTo) : attempt(all, step, chosen);
    if (now === frame) {
      const cells = equation.querySelectorAll("td");
      for (const [k, td] of fresh.querySelectorAll("td").entries()) put(cells[k], td.textContent);
    } else {
      const words = headed(all, step, open, chosen);
      fill(names, words.names);
      fill(sizes, words.sizes);
      equation.replaceChildren(fresh);
    }
    [frame, values] = [now, all];
  }
  return { el, equation, draw };
}
