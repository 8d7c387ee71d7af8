import { button, choice, fitted, host, html, knob, pretty, sentence, tip } from "../_shared/frame.js";
import { moved, player } from "../_shared/player.js";
import { jacobian, jacobianView, PAIRS } from "./jacobian.js";
import {
  ask,
  each,
  entry,
  equations,
  fit,
  inside,
  LEAVES,
  LOSSES,
  nudged,
  passes,
  shape,
  spell,
  times,
  verdict,
} from "./model.js";
import { overview, stage } from "./picture.js";

// shapes: a two-layer network on a batch, forward and backward as products of matrices whose shapes must fit.
// The model is in model.js, the picture in picture.js, the Jacobian in jacobian.js.

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
  want(Object.hasOwn(PAIRS, store.get("pair")), `a pair among ${Object.keys(PAIRS).join(", ")}`);
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
  let labels = [];
  function draw(step, k, chosen) {
    el.hidden = !step?.choices;
    if (el.hidden) return;
    if (asked !== step.result) {
      asked = step.result;
      const { choices } = step;
      const order = choices.map((_, n) => choices[(n + k) % choices.length]); // the right one is not always first
      labels = order.map(({ label }) => label);
      const tell = button("Tell me", () => choose(step.label, true));
      el.replaceChildren(...order.map(({ label, short = label }) => button(short, () => choose(label))), tell);
    }
    for (const [n, one] of [...el.children].entries())
      if (n < labels.length) one.setAttribute("aria-pressed", labels[n] === chosen);
  }
  return { el, draw };
}

// What can be opened below: all matrices with a knob for what can be changed, or the Jacobian.
function folds(store, parts) {
  const names = { matrices: "All matrices", jacobian: "The Jacobian" };
  // Until the reader chooses, there is as much as a phone has room for.
  const now = () => store.get("below") || (parts.matrices.closest(".bp-roomy") ? "matrices" : "none");
  const turn = (key) => store.set("below", now() === key ? "none" : key);
  const tabs = Object.keys(names).map((key) => button(names[key], () => turn(key)));
  const bar = html("div", { class: "bp-bar bp-tabs", role: "group", "aria-label": "Below" }, ...tabs);
  const draw = () => {
    for (const [k, key] of Object.keys(names).entries()) {
      const open = now() === key;
      tabs[k].setAttribute("aria-expanded", open);
      parts[key].hidden = !open;
    }
  };
  return { bar, draw };
}

// Where the reader is in the story, and what is to be seen there.
function place(store, steps) {
  let helped = false; // whether the answer was given away
  const at = () => Math.max(-1, Math.min(store.get("step"), steps.length - 1));
  const now = () => steps[at()];
  const solved = (k) => k < at() || !steps[k].choices || store.get("chosen") === steps[k].label;
  const open = () => at() < 0 || solved(at());
  const known = (name) => {
    const k = steps.findIndex(({ result }) => result === name);
    return at() < 0 || k < 0 || (k <= at() && solved(k));
  };
  const shown = () => (open() ? steps.find(({ result }) => result === store.get("spot")[0]) : null) ?? now();
  const point = (spot) => known(spot[0]) && store.get("spot").join() !== spot.join() && store.set("spot", spot);
  const chosen = () => (now()?.choices ? store.get("chosen") : "");
  const praise = () => (chosen() && shown() === now() && !helped ? "Right. " : "");
  function choose(label, told = false) {
    helped = told;
    store.set("chosen", label);
  }
  function go(by) {
    store.set("chosen", "");
    store.set("step", moved(at(), by, steps.length));
    if (now()) store.set("spot", [now().result, 0, 0]);
  }
  return { at, now, open, known, shown, point, chosen, praise, choose, go };
}

const KEYS = { ArrowRight: "next", ArrowLeft: "back", Home: "first", End: "all" };
const BEAT_OF_A_PRODUCT = 2.7; // as long as so many others: all entries of a matrix are seen to be made
const SWEEP = 0.8; // of it; in the rest they can be looked at

// What stands below, closed on a phone until it is asked for: all matrices and the knob, or the Jacobian.
function lower(store, begin, all, point) {
  const view = overview(all, point, (at) => store.set("cell", at));
  const edit = editor(store);
  const reset = button("Reset", () => store.set("values", begin), { "aria-label": "Reset the numbers" });
  const words = "Point at an entry to see how it is made. Choose one of X, W, b or T, and change it.";
  const hint = html("p", { class: "bp-why bp-hint" }, words);
  const change = html("div", { class: "bp-change" }, edit.el, reset);
  const matrices = html("div", { class: "bp-picture" }, view.el, change, hint);
  const options = Object.keys(PAIRS).map((key) => [key, key.split("/").map(pretty).join(" by ")]);
  const pairs = choice({
    name: "How each entry moves with each entry",
    options,
    change: (key) => store.set("pair", key),
  });
  const image = jacobianView();
  const jacobi = html("div", { class: "bp-picture" }, pairs.el, image.el);
  const tabs = folds(store, { matrices, jacobian: jacobi });
  const el = html("div", { class: "bp-lower" }, tabs.bar, matrices, jacobi);
  function draw(values, more) {
    tabs.draw();
    if (!matrices.hidden) {
      view.draw(values, more);
      edit.show();
    }
    if (jacobi.hidden) return;
    pairs.set(store.get("pair"));
    image.draw(values, store.get("pair"), more.spot);
  }
  return { el, draw, go: view.go };
}

// How high the equation may get, so that nothing moves when another one comes: in rows, beside and above each other.
function room(element, { X, W1, W2 }) {
  const [N, n, m, K] = [X.length, X[0].length, W1[0].length, W2[0].length];
  const stacked = [n + 1 + N, m + 1 + N, N + n, N + m, K + N, m + N];
  element.style.setProperty("--falk", Math.max(...stacked));
  element.style.setProperty("--rows", N);
}

// What Play does while a beat lasts: it makes one entry after the other, and leaves time to look at them; it also solves
// what is a riddle to the reader. upTo() is the entry that has just been made, if it runs.
function sweeping(store, reader, { size, redraw }) {
  let upTo;
  function between(part) {
    const step = reader.now();
    upTo = undefined;
    if (part >= 1 || !step) return redraw();
    if (step.choices && reader.chosen() !== step.label) reader.choose(step.label, true);
    const [rows, columns] = size(step.result);
    upTo = Math.min(rows * columns - 1, Math.floor((part / SWEEP) * rows * columns));
    const spot = [step.result, Math.floor(upTo / columns), upTo % columns];
    if (spot.join() === store.get("spot").join()) redraw();
    else store.set("spot", spot);
  }
  return { between, upTo: () => upTo };
}

// The buttons, the riddle, and the sentence: {el, draw}.
function desk(reader, play, equation, count) {
  const puzzle = riddle((label, told) => {
    play.pause();
    reader.choose(label, told);
  });
  const { el: says, say } = sentence();
  const el = html("div", { class: "bp-desk" }, play.el, puzzle.el, says);
  function draw(all, given, loss, [i, j]) {
    const [now, step, chosen] = [reader.now(), reader.shown(), reader.chosen()];
    const held = puzzle.el.contains(document.activeElement);
    puzzle.draw(now, reader.at(), chosen);
    if (held && !puzzle.el.contains(document.activeElement)) equation.focus();
    const way = now?.way === "forward" ? "Forward" : "Backward";
    play.say(now ? `${way}, ${reader.at() + 1} of ${count}` : "Everything is shown");
    const begin = `${reader.praise()}${pretty(step.result)} = ${step.label}. `;
    if (reader.open()) say([begin, ...spell(all, loss, step, i, j)]);
    else say([chosen ? verdict(all, given, loss, now, chosen) : ask(all, now)]);
  }
  return { el, draw };
}

export function mount(box, store) {
  const begin = checked(store);
  const loss = store.get("loss");
  const steps = equations(begin, loss);
  const reader = place(store, steps);
  let [given, all] = [begin, passes(begin, loss)];
  const picture = stage((at) => reader.open() && reader.point([reader.shown().result, ...at]));
  room(picture.equation, begin);
  const size = (name) => [all[name].length, all[name][0].length];
  const { between, upTo } = sweeping(store, reader, { size, redraw });
  const [count, move] = [() => steps.length, reader.go];
  const play = player(box, { at: reader.at, count, move, between, lasts: () => BEAT_OF_A_PRODUCT });
  const top = desk(reader, play, picture.equation, steps.length);
  const below = lower(store, begin, all, reader.point);

  function redraw() {
    if (given !== store.get("values")) [given, all] = [store.get("values"), passes(store.get("values"), loss)];
    const spot = inside(all, store.get("spot"));
    const [step, [i, j]] = [reader.shown(), spot.slice(1)];
    picture.draw(all, step, { open: reader.open(), chosen: reader.chosen(), i, j, upTo: upTo() });
    below.draw(all, { known: reader.known, spot, cell: store.get("cell"), step });
    top.draw(all, given, loss, [i, j]);
  }

  box.append(html("div", { class: "bp-top" }, picture.el, top.el), below.el, tip(store.get("note")));
  box.addEventListener("keydown", (event) => steer(event, { picture, play, move, go: below.go }));
  const unfit = fitted(box, (width) => {
    box.classList.toggle("bp-roomy", width >= 620);
    redraw();
  });
  const unwatch = store.watch(redraw);
  return () => {
    play.end();
    unfit();
    unwatch();
  };
}

// Arrow keys: from entry to entry in a matrix, from step to step elsewhere.
function steer(event, { picture, play, move, go }) {
  const cell = event.target.tagName === "TD";
  if (["INPUT", "SELECT"].includes(event.target.tagName) || event.ctrlKey || event.altKey || event.metaKey) return;
  if (!(cell ? event.key.startsWith("Arrow") : KEYS[event.key])) return;
  event.stopPropagation(); // the page has uses of its own for these keys
  const scrolls = picture.el.scrollWidth > picture.el.clientWidth;
  if (!cell && event.key.startsWith("Arrow") && scrolls) return; // they scroll it
  event.preventDefault();
  if (cell) return go(event.target, event.key);
  play.pause();
  move(KEYS[event.key]);
}

const { widget, define } = host("bp-shapes", {
  defaults: {
    values: null,
    loss: "mean",
    step: -1,
    chosen: "",
    spot: ["dW1", 0, 1],
    cell: ["X", 0, 0],
    below: "",
    pair: "Z1/X",
    note: "",
  },
  mount,
});

export { define, equations, fit, jacobian, nudged, passes, shape, spell, times, verdict };
export default widget;
