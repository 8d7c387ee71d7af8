import { button, host, html, knob, lowered, number, OWN_KEYS, pretty, put, sentence, tip } from "../_shared/frame.js";

// shapes: a two-layer network on a batch, forward and backward as products of matrices whose shapes must fit.

// ---------- MODEL: matrices are lists of rows; a bias is one row ----------

export const shape = (m) => `${m.length}\u00a0×\u00a0${m[0].length}`; // never broken between two lines
const turned = (m) => m[0].map((_, j) => m.map((row) => row[j]));
const each = (a, f) => a.map((row, i) => row.map((v, j) => f(v, i, j)));
const sum = (numbers) => numbers.reduce((total, v) => total + v, 0);
const columns = (m) => [turned(m).map(sum)];

// null where the columns of a do not meet as many rows of b
export function times(a, b) {
  if (a[0].length !== b.length) return null;
  return a.map((row) => b[0].map((_, j) => sum(row.map((v, k) => v * b[k][j]))));
}

// name -> [what the sum of squares is multiplied by, how its slope says that], for N examples and K outputs
export const LOSSES = {
  mean: (N, K) => [1 / (N * K), `2/${N * K}`],
  "half mean": (N) => [1 / (2 * N), `1/${N}`],
  sum: () => [1, "2"],
};
const share = ({ T }, loss) => LOSSES[loss](T.length, T[0].length);

// A factor is [name, is it turned?]; "X" with a raised T when it is.
const factor = (all, [name, turn]) => (turn ? turned(all[name]) : all[name]);
const title = ([name, turn]) => pretty(name) + (turn ? "ᵀ" : "");
const pair = (a, b) => {
  const make = (all) => times(factor(all, a), factor(all, b));
  return { label: `${title(a)} ${title(b)}`, factors: [a, b], make };
};

function affine(result, x, w, b) {
  const make = (all) => each(times(all[x], all[w]), (v, _, j) => v + all[b][0][j]);
  const label = `${title([x])} ${title([w])} + ${title([b])}`;
  return { result, way: "forward", label, factors: [[x], [w]], plus: b, make };
}
const backward = (result, right, ...wrong) => ({ result, way: "backward", ...right, choices: [right, ...wrong] });
const toWeights = (result, x, dz) =>
  backward(result, pair([x, true], [dz]), pair([dz, true], [x]), pair([x], [dz]), pair([dz], [x, true]));
const toInput = (result, dz, w) =>
  backward(result, pair([dz], [w, true]), pair([dz], [w]), pair([w], [dz]), pair([w, true], [dz, true]));
function toBias(result, dz) {
  const said = (what) => `the ${what} of ${title([dz])}`;
  return backward(
    result,
    { label: said("sum of each column"), sums: dz, make: (all) => columns(all[dz]) },
    { label: said("sum of each row"), make: (all) => turned(columns(turned(all[dz]))) },
    { label: said("mean of each column"), make: (all) => each(columns(all[dz]), (v) => v / all[dz].length) },
  );
}

const masked = (all) => each(all.dA1, (v, i, j) => (all.Z1[i][j] > 0 ? v : 0));
const errors = (all, c = 1) => each(all.Z2, (v, i, j) => c * (v - all.T[i][j]));

// The equations in the order of calculation: what each gives, how, and which wrong ones look as good.
export function equations(given, loss) {
  const [part, text] = share(given, loss);
  const slope = 2 * part;
  const squares = (all) => [
    [
      part *
        sum(
          errors(all)
            .flat()
            .map((e) => e * e),
        ),
    ],
  ];
  const relu = (all) => each(all.Z1, (v) => (v > 0 ? v : v <= 0 ? 0 : NaN));
  return [
    affine("Z1", "X", "W1", "b1"),
    { result: "A1", way: "forward", label: "relu(Z₁)", make: relu },
    affine("Z2", "A1", "W2", "b2"),
    { result: "L", way: "forward", label: `the ${loss} of the squared errors`, make: squares },
    backward(
      "dZ2",
      { label: `${text} (Z₂ − T)`, make: (all) => errors(all, slope) },
      { label: `${text} (T − Z₂)`, make: (all) => errors(all, -slope) },
      { label: "(Z₂ − T)²", make: (all) => each(errors(all), (e) => e * e) },
    ),
    toWeights("dW2", "A1", "dZ2"),
    toBias("db2", "dZ2"),
    toInput("dA1", "dZ2", "W2"),
    backward(
      "dZ1",
      { label: "dA₁ ⊙ [Z₁ > 0]", make: masked },
      { label: "dA₁", make: (all) => all.dA1 },
      { label: "dA₁ ⊙ A₁", make: (all) => each(all.dA1, (v, i, j) => v * all.A1[i][j]) },
      { label: "dA₁ ⊙ [dA₁ > 0]", make: (all) => each(all.dA1, (v) => Math.max(v, 0)) },
    ),
    toWeights("dW1", "X", "dZ1"),
    toBias("db1", "dZ1"),
    toInput("dX", "dZ1", "W1"),
  ];
}

// Every matrix of both passes, by name.
export function passes(given, loss) {
  const all = { ...given };
  for (const { result, make } of equations(given, loss)) all[result] = make(all);
  return all;
}

// The slope for one entry of a leaf without any backward pass: the loss with it a little higher, and a little lower.
export function nudged(given, loss, name, i, j, h = 1e-5) {
  const [up, down] = [h, -h].map((by) => {
    const moved = each(given[name], (v, r, c) => (r === i && c === j ? v + by : v));
    return passes({ ...given, [name]: moved }, loss).L[0][0];
  });
  return (up - down) / (2 * h);
}

const wrap = (value) => (value < 0 ? `(${number(value)})` : number(value));
const entry = (name, i, j, m) => (m.length === 1 ? `${pretty(name)}[${j}]` : `${pretty(name)}[${i}, ${j}]`);

// What to say to a choice that is not the right one.
export function verdict(all, given, loss, step, label) {
  const { result, choices } = step;
  const { make, factors } = choices.find((one) => one.label === label);
  const got = make(all);
  const [want, like] = [all[result], result.slice(1)];
  if (!got) {
    const [a, b] = factors.map((one) => factor(all, one));
    const met = `${title(factors[0])} is ${shape(a)} and ${title(factors[1])} is ${shape(b)}`;
    return `These shapes do not fit: ${met}, and ${a[0].length} columns cannot meet ${b.length} rows.`;
  }
  if (shape(got) !== shape(want)) {
    const needs = `${pretty(result)} must be ${shape(want)}, like ${pretty(like)}`;
    return `That can be calculated and gives ${shape(got)}, but ${needs}.`;
  }
  const spots = want.flatMap((row, i) => row.map((_, j) => [i, j]));
  const wrong = spots.find(([i, j]) => !(Math.abs(got[i][j] - want[i][j]) <= 1e-9));
  if (!wrong) return "The same numbers, but by accident: with others it would be wrong.";
  const [i, j] = wrong;
  const nudge = given[like] ? nudged(given, loss, like, i, j) : NaN; // on a kink it says something else
  const judge =
    Math.abs(nudge - want[i][j]) <= 1e-4 * Math.max(1, Math.abs(want[i][j]))
      ? `nudging ${entry(like, i, j, given[like])} says ${number(nudge)}`
      : `it should be ${number(want[i][j])}`;
  const weights = factors && [like, ...factors.map(([name]) => name)].find((name) => name[0] === "W");
  const square = weights ? ` ${pretty(weights)} is square, so the shapes could not tell.` : "";
  const out = `${entry(result, i, j, want)} comes out as ${number(got[i][j])}, and ${judge}`;
  return `It fits and has the right shape, but the numbers are wrong: ${out}.${square}`;
}

// How one entry of a result comes about: "1 × (−0.6) + 0.5 × 0 = −0.6".
export function spell(all, loss, step, i, j) {
  const { result, way, factors, plus, sums } = step;
  const out = all[result];
  const terms = () => {
    if (factors) {
      const [a, b] = factors.map((one) => factor(all, one));
      const products = a[i].map((v, k) => `${k ? wrap(v) : number(v)} × ${wrap(b[k][j])}`);
      return [...products, ...(plus ? [wrap(all[plus][0][j])] : [])].join(" + ");
    }
    if (sums) return all[sums].map((row, k) => (k ? wrap(row[j]) : number(row[j]))).join(" + ");
    if (result === "A1") return `max(0, ${number(all.Z1[i][j])})`;
    if (result === "dZ2") return `${share(all, loss)[1]} × (${number(all.Z2[i][j])} − ${wrap(all.T[i][j])})`;
    if (result === "dZ1") return `${number(all.dA1[i][j])} × ${all.Z1[i][j] > 0 ? 1 : 0}`;
    const squares = errors(all)
      .flat()
      .map((e) => `${wrap(e)}²`);
    return `${number(share(all, loss)[0])} × (${squares.join(" + ")})`;
  };
  const name = result === "L" ? "L" : entry(result, i, j, out);
  return [`${name} = ${terms()} = `, [way, number(out[i][j])], ".", ...remark(all, step, i, j)];
}

function remark(all, { result, factors, sums }, i, j) {
  if (["A1", "dZ1"].includes(result) && all.Z1[i][j] <= 0) {
    const then = result === "A1" ? "gives 0" : "passes nothing back";
    return [` Z₁[${i}, ${j}] = ${number(all.Z1[i][j])}: for example ${i}, unit ${j} is dead and ${then}.`];
  }
  if (factors) return [` Row ${i} of ${title(factors[0])} meets column ${j} of ${title(factors[1])}.`];
  return sums ? [` Every example used this bias, so column ${j} of ${title([sums])} adds up.`] : [];
}

const ask = (all, { result }) =>
  `${pretty(result)} has the shape of ${pretty(result.slice(1))}, ${shape(all[result])}. How is it calculated?`;

// An entry that is there, whatever the shapes are.
const inside = (all, [name, i, j]) => [name, Math.min(i, all[name].length - 1), Math.min(j, all[name][0].length - 1)];

// From step `at` to another; -1, everything shown, lies between the last step and the first.
export const moved = (at, by, count) =>
  ({ first: 0, all: -1, next: at + 1 < count ? at + 1 : -1, back: at < 0 ? count - 1 : Math.max(at - 1, 0) })[by];

// ---------- PICTURE: an equation with the row and the column that meet; below it all matrices, each above its gradient

const LEAVES = ["X", "W1", "b1", "W2", "b2", "T"];
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

// A matrix that is only looked at. lit(i, j): does this entry take part?
function still(text, m, kind, lit, show = true) {
  const cell = (v, i, j) => html("td", { class: lit(i, j) && "bp-lit" }, show ? brief(v) : "?");
  const rows = m.map((row, i) => html("tr", {}, ...row.map((v, j) => cell(v, i, j))));
  return grid(text, m, { class: `bp-matrix bp-${kind}` }, rows);
}

// A sign and what follows it, which stay together when a narrow page breaks the equation.
const after = (text, ...parts) => html("div", {}, html("span", { class: "bp-sign" }, text), ...parts);

// While a step is a riddle: the shape of its result, or the product that was chosen in vain.
function attempt(all, { result, way, choices }, chosen) {
  const none = () => false;
  const { factors, make, label } = choices.find((one) => one.label === chosen) ?? {};
  if (!chosen) return [still(pretty(result), all[result], way, none, false), after("= …")];
  const got = make(all);
  const end = got ? after("=", still("gives", got, way, none)) : after("do not fit");
  if (!factors) return [after(label, end)];
  return [...factors.map((f) => still(title(f), factor(all, f), kindOf(f[0]), none)), end];
}

// The equation of a step, as matrices.
function strip(all, step, i, j) {
  const { result, factors, plus, sums } = step;
  const one = (r, c) => r === i && c === j;
  const column = (_, c) => c === j;
  const show = (name, lit) => still(pretty(name), all[name], kindOf(name), lit);
  const out = still(pretty(result), all[result], step.way, one);
  if (factors) {
    const [a, b] = factors.map((f) => [title(f), factor(all, f), kindOf(f[0])]);
    const bias = plus ? [after("+", show(plus, column))] : [];
    return [still(...a, (r) => r === i), still(...b, column), ...bias, after("=", out)];
  }
  if (sums) return [after("sum of", show(sums, column)), after("=", out)];
  if (result === "A1") return [after("relu", show("Z1", one)), after("=", out)];
  if (result === "dZ1") {
    const mask = each(all.Z1, (v) => (v > 0 ? 1 : 0));
    return [show("dA1", one), after("⊙", still("Z₁ > 0", mask, "forward", one)), after("=", out)];
  }
  const every = result === "L" ? () => true : one;
  const scale = result === "L" ? "squares of" : step.label.split(" (")[0];
  return [after(scale, show("Z2", every)), after("−", show("T", every)), after("=", out)];
}

const change = (el, key, value) => el.getAttribute(key) === value || el.setAttribute(key, value);

// All matrices, built once; their cells can be pointed at. `point` and `take` get [name, row, column].
function overview(all, point, take) {
  const cells = [];
  const matrix = (name) => {
    const leaf = LEAVES.includes(name);
    const rows = all[name].map((row, i) =>
      html(
        "tr",
        {},
        ...row.map((_, j) => {
          const at = [name, i, j];
          const enter = () => (leaf ? null : point(at));
          const on = { focus: () => (leaf ? take(at) : point(at)), pointerenter: enter };
          const td = html("td", { tabindex: cells.length ? -1 : 0, ...on, ...OWN_KEYS });
          cells.push({ td, at, leaf, wide: row.length });
          return td;
        }),
      ),
    );
    const about = { class: `bp-matrix bp-${kindOf(name)}`, "data-name": name };
    return grid(pretty(name), all[name], about, rows);
  };
  const card = (names) => html("div", {}, ...names.map(matrix));
  const layer = (cards) => html("div", { class: "bp-layer" }, ...cards.map(card));
  const el = html("div", { class: "bp-cards" }, ...LAYERS.map(layer));

  function draw(values, { known, spot, cell }) {
    for (const { td, at, leaf } of cells) {
      const [name, i, j] = at;
      const value = values[name][i][j];
      const text = known(name) ? number(value) : "?";
      const same = (other) => other.join() === at.join();
      const dead = ["Z1", "A1", "dZ1"].includes(name) && known(name) && values.Z1[i][j] <= 0;
      put(td, known(name) ? brief(value) : "?");
      const is = { dead, lit: same(spot) && known(name), leaf, chosen: same(cell) };
      const more = (dead ? ", dead" : "") + (leaf ? ", can be changed" : "");
      change(
        td,
        "class",
        Object.keys(is)
          .filter((key) => is[key])
          .map((key) => `bp-${key}`)
          .join(" "),
      );
      change(td, "aria-label", `${entry(name, i, j, values[name])}: ${text}${more}`);
    }
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

// ---------- KNOBS ----------

function checked(store) {
  const values = store.get("values");
  const want = (fine, what) => {
    if (!fine) throw new Error(`shapes wants ${what}.`);
  };
  want(values && typeof values === "object", `values with the matrices ${LEAVES.join(", ")}`);
  for (const name of LEAVES) {
    const m = values[name];
    const even = (row) => Array.isArray(row) && row.length && row.length === m[0].length;
    const fine = Array.isArray(m) && m.length && m.every(even) && m.flat().every(Number.isFinite);
    want(fine, `${name} as rows of numbers, all of one length, not ${JSON.stringify(m)}`);
  }
  const { X, W1, b1, W2, b2, T } = values;
  const like = (name, m, rows, cols) =>
    want(m.length === rows && m[0].length === cols, `${name} of shape ${rows} × ${cols}, not ${shape(m)}`);
  like("W1", W1, X[0].length, W1[0].length);
  like("b1", b1, 1, W1[0].length);
  like("W2", W2, W1[0].length, W2[0].length);
  like("b2", b2, 1, W2[0].length);
  like("T", T, X.length, W2[0].length);
  const loss = store.get("loss");
  want(Object.hasOwn(LOSSES, loss), `a loss it knows (${Object.keys(LOSSES).join(", ")}), not "${loss}"`);
  return values;
}

// The number of the chosen entry; the knob is made anew when another one is chosen.
function editor(store) {
  const el = html("div", { class: "bp-knobs bp-edit" });
  let chosen = "";
  let current;
  function show() {
    const [name, i, j] = store.get("cell");
    const values = store.get("values");
    const label = entry(name, i, j, values[name]);
    if (chosen !== label) {
      chosen = label;
      const take = (to) => {
        const now = store.get("values");
        store.set("values", { ...now, [name]: each(now[name], (v, r, c) => (r === i && c === j ? to : v)) });
      };
      current = knob({ name: label, min: -3, max: 3, step: 0.1, change: take });
      el.replaceChildren(current.el);
    }
    current.set(values[name][i][j]);
  }
  return { el, show };
}

// The riddle of a backward step: some products, one of them right.
function riddle(choose) {
  const el = html("div", { class: "bp-bar bp-riddle", role: "group", "aria-label": "Which one is it?" });
  let asked = "";
  function draw(step, k, chosen) {
    el.hidden = !step?.choices;
    if (el.hidden) return;
    if (asked !== step.result) {
      asked = step.result;
      const { choices } = step;
      const order = choices.map((_, n) => choices[(n + k) % choices.length]); // the right one is not always first
      const tell = button("Tell me", () => choose(step.label, true));
      el.replaceChildren(...order.map(({ label }) => button(label, () => choose(label))), tell);
    }
    for (const one of el.children) one.setAttribute("aria-pressed", one.textContent === chosen);
  }
  return { el, draw };
}

const KEYS = { ArrowRight: "next", ArrowLeft: "back", Home: "first", End: "all" };

export function mount(box, store) {
  const begin = checked(store);
  const loss = store.get("loss");
  const steps = equations(begin, loss);
  const current = () => Math.max(-1, Math.min(store.get("step"), steps.length - 1));
  const move = (by) => {
    store.set("chosen", "");
    store.set("step", moved(current(), by, steps.length));
    if (current() >= 0) store.set("spot", [steps[current()].result, 0, 0]);
  };
  const solved = (k) => k < current() || !steps[k].choices || store.get("chosen") === steps[k].label;
  const known = (name) => {
    const k = steps.findIndex(({ result }) => result === name);
    return current() < 0 || k < 0 || (k <= current() && solved(k));
  };
  const point = (at) => known(at[0]) && store.set("spot", at);
  const view = overview(passes(begin, loss), point, (at) => store.set("cell", at));
  const most = Math.max(begin.X.length, ...[begin.X, begin.W1, begin.W2].map((m) => m[0].length));
  const about = { class: "bp-equation", role: "group", "aria-label": "The equation", tabindex: 0, ...OWN_KEYS };
  const equation = html("div", { ...about, style: `--rows: ${most}` });
  const edit = editor(store);
  let helped = false;
  const puzzle = riddle((label, told = false) => {
    helped = told;
    store.set("chosen", label);
  });
  const { el: says, say } = sentence();
  const progress = html("span", { class: "bp-progress" });

  function redraw() {
    const given = store.get("values");
    const all = passes(given, loss);
    const at = current();
    const now = steps[at];
    const spot = inside(all, store.get("spot"));
    const [name, i, j] = spot;
    const open = !now || solved(at);
    const step = open ? (steps.find(({ result }) => result === name) ?? now) : now;
    const chosen = now?.choices ? store.get("chosen") : "";
    view.draw(all, { known, spot, cell: store.get("cell") });
    equation.replaceChildren(...(open ? strip(all, step, i, j) : attempt(all, now, chosen)));
    const held = puzzle.el.contains(document.activeElement);
    puzzle.draw(now, at, chosen);
    if (held && (puzzle.el.hidden || !puzzle.el.contains(document.activeElement))) equation.focus();
    edit.show();
    const way = now?.way === "forward" ? "Forward" : "Backward";
    put(progress, now ? `${way} pass, step ${at + 1} of ${steps.length}` : "Everything is shown");
    if (open) {
      const praise = chosen && step === now && !helped ? "Right. " : "";
      say([`${praise}${pretty(step.result)} = ${step.label}. `, ...spell(all, loss, step, i, j)]);
    } else if (chosen) say([verdict(all, given, loss, now, chosen)]);
    else say([ask(all, now)]);
  }

  const labels = { first: "First", back: "Back", next: "Next", all: "Show all" };
  const buttons = Object.keys(labels).map((by) => button(labels[by], () => move(by)));
  const bar = html("div", { class: "bp-bar", role: "group", "aria-label": "Steps" }, ...buttons, progress);
  const reset = button("Reset", () => store.set("values", begin), { "aria-label": "Reset the numbers" });
  const picture = html("div", { class: "bp-picture" }, equation);
  box.append(picture, says, bar, puzzle.el, html("div", { class: "bp-picture" }, view.el));
  box.append(html("div", { class: "bp-change" }, edit.el, reset), tip(store.get("note")));
  box.addEventListener("keydown", (event) => {
    const cell = event.target.tagName === "TD";
    if (event.target.tagName === "INPUT" || event.ctrlKey || event.altKey || event.metaKey) return;
    if (!(cell ? event.key.startsWith("Arrow") : KEYS[event.key])) return;
    event.stopPropagation(); // the page has uses of its own for these keys
    if (!cell && event.key.startsWith("Arrow") && picture.scrollWidth > picture.clientWidth) return; // they scroll it
    event.preventDefault();
    if (cell) view.go(event.target, event.key);
    else move(KEYS[event.key]);
  });
  redraw();
  return store.watch(redraw);
}

const { widget, define } = host("bp-shapes", {
  defaults: { values: null, loss: "mean", step: -1, chosen: "", spot: ["dW1", 0, 1], cell: ["X", 0, 0], note: "" },
  mount,
});

export { define };
export default widget;
