import { chart } from "../_shared/chart.js";
import {
  button,
  choice,
  fitted,
  host,
  html,
  knob,
  lowered,
  number,
  pretty,
  put,
  sentence,
  svg,
  ticker,
  tip,
} from "../_shared/frame.js";
import { pixels } from "../_shared/pixels.js";
import { draw } from "../_shared/rng.js";

// xor: a network of two inputs, two hidden neurons and one output learns "one or the other, not both", or fails to.

// ---------- MODEL: nine parameters in one list, w (row by row), b, v, c; the loss is the mean cross-entropy ----------

export const NAMES = ["w11", "w12", "w21", "w22", "b1", "b2", "v1", "v2", "c"];
export const CASES = [
  [0, 0, 0],
  [0, 1, 1],
  [1, 0, 1],
  [1, 1, 0],
]; // x1, x2, target

const squash = (z) => (z >= 0 ? 1 / (1 + Math.exp(-z)) : Math.exp(z) / (1 + Math.exp(z)));
// Each activation, and its slope in terms of what came out.
export const ACTIVATIONS = {
  sigmoid: [squash, (a) => a * (1 - a)],
  tanh: [Math.tanh, (a) => 1 - a * a],
  relu: [(z) => Math.max(0, z), (a) => (a > 0 ? 1 : 0)],
};

// The same start for the same number, here and in Python: weights from the normal distribution, biases 0.
export function initial(seed) {
  const { normal } = draw(`xor ${seed}`);
  return NAMES.map((name) => (/^[bc]/.test(name) ? 0 : normal()));
}

// {hidden: [h1, h2], logit, p} for one input.
export function forward([w11, w12, w21, w22, b1, b2, v1, v2, c], kind, x1, x2) {
  const act = ACTIVATIONS[kind][0];
  const hidden = [act(x1 * w11 + x2 * w21 + b1), act(x1 * w12 + x2 * w22 + b2)];
  const logit = hidden[0] * v1 + hidden[1] * v2 + c;
  return { hidden, logit, p: squash(logit) };
}

// The loss and its nine slopes, averaged over the four cases.
export function gradient(weights, kind) {
  const slope = ACTIVATIONS[kind][1];
  const grad = NAMES.map(() => 0);
  let loss = 0;
  for (const [x1, x2, t] of CASES) {
    const { hidden, logit, p } = forward(weights, kind, x1, x2);
    loss += (Math.max(logit, 0) - t * logit + Math.log1p(Math.exp(-Math.abs(logit)))) / 4;
    const error = (p - t) / 4;
    const back = hidden.map((h, j) => error * weights[6 + j] * slope(h)); // at the hidden pre-activations
    const first = [x1, x2].flatMap((x) => back.map((b) => x * b));
    const parts = [...first, ...back, error * hidden[0], error * hidden[1], error];
    for (const [k, part] of parts.entries()) grad[k] += part;
  }
  return { loss, grad };
}

export function train(weights, kind, lr, steps) {
  for (let n = 0; n < steps; n++) {
    const { grad } = gradient(weights, kind);
    weights = weights.map((w, k) => w - lr * grad[k]);
  }
  return weights;
}

// Whether a hidden neuron lets gradients through, in words.
function closed(kind, j, slopes) {
  const flat = slopes.filter((slope) => slope < (kind === "sigmoid" ? 0.25 : 1) * 0.05).length;
  const word = kind === "relu" ? "closed" : "saturated";
  if (flat === 4) return ` Hidden neuron ${j + 1} is ${word} in all four cases: next to nothing gets back through it.`;
  return flat > 1 ? ` Hidden neuron ${j + 1} is ${word} in ${flat} of the four cases.` : "";
}

// What stands in the way, in words; "" when learning goes on or is done.
export function diagnosis(weights, kind) {
  const seen = CASES.map(([x1, x2, t]) => ({ ...forward(weights, kind, x1, x2), t, name: `(${x1}, ${x2})` }));
  const wrong = seen.filter(({ p, t }) => p > 0.5 !== (t === 1)).length;
  const steepest = Math.max(...gradient(weights, kind).grad.map(Math.abs));
  if (!wrong || !(steepest < 2e-3)) return "";
  const apart = (a, b) => Math.max(...a.hidden.map((h, j) => Math.abs(h - b.hidden[j])));
  const pairs = seen.flatMap((a, i) =>
    seen
      .slice(i + 1)
      .filter((b) => a.t !== b.t && apart(a, b) < 0.1)
      .map((b) => [a, b]),
  );
  const alike = pairs.length ? ` ${pairs[0][0].name} and ${pairs[0][1].name} look the same to the hidden neurons.` : "";
  const doors = [0, 1].map((j) =>
    closed(
      kind,
      j,
      seen.map(({ hidden }) => ACTIVATIONS[kind][1](hidden[j])),
    ),
  );
  return `Stuck: ${wrong} of 4 wrong, yet no gradient is larger than ${number(steepest)}.${doors.join("")}${alike}`;
}

// ---------- PICTURE ----------

const GRID = 40;
const [FROM, TO] = [-0.5, 1.5]; // the square of inputs that is shown
const SIDE = 248; // px

function boundary() {
  const field = pixels({
    columns: GRID,
    rows: GRID,
    label: "What the network says for every input between the four cases",
  });
  const at = (x) => ((x - FROM) / (TO - FROM)) * SIDE;
  const marks = CASES.map(([x1, x2, t]) => {
    const shape = t ? svg("rect", { x: -7, y: -7, width: 14, height: 14 }) : svg("circle", { r: 8 });
    const text = svg("text", { y: 25 });
    return { text, el: svg("g", { transform: `translate(${at(x1)} ${SIDE - at(x2)})` }, shape, text) };
  });
  const label = "The four cases: squares should give 1, circles 0; below each, what the network gives";
  const size = { width: SIDE, height: SIDE, viewBox: `0 0 ${SIDE} ${SIDE}` };
  const over = svg("svg", { role: "img", "aria-label": label, ...size }, ...marks.map(({ el }) => el));
  function show(weights, kind) {
    const step = (TO - FROM) / GRID;
    const shades = Array.from({ length: GRID * GRID }, (_, i) => {
      const [x1, x2] = [FROM + ((i % GRID) + 0.5) * step, TO - (Math.floor(i / GRID) + 0.5) * step];
      return 0.85 * (2 * forward(weights, kind, x1, x2).p - 1);
    });
    field.paint(shades);
    for (const [k, [x1, x2]] of CASES.entries()) put(marks[k].text, forward(weights, kind, x1, x2).p.toFixed(2));
  }
  return { el: html("div", { class: "bp-field" }, field.el, over), show, end: field.end };
}

// A table whose numbers change. columns: [name, kind of its numbers]; names: the first cell of each row.
function liveTable(caption, [corner, ...columns], names) {
  const word = (text) => lowered(pretty(text), html);
  const rows = names.map((name) => {
    const cells = columns.map(([, kind]) => html("td", { class: kind && `bp-${kind}` }));
    return { cells, el: html("tr", {}, html("th", { scope: "row" }, ...word(name)), ...cells) };
  });
  const head = [corner, ...columns].map(([name]) => html("th", { scope: "col" }, ...word(name)));
  const parts = [html("thead", {}, html("tr", {}, ...head)), html("tbody", {}, ...rows.map((row) => row.el))];
  const el = html("table", {}, html("caption", {}, caption), ...parts);
  const show = (texts) => {
    for (const [r, row] of texts.entries()) for (const [c, text] of row.entries()) put(rows[r].cells[c], text);
  };
  return { el, show };
}

function picture() {
  const field = boundary();
  const course = chart({
    x: { label: "steps", min: 0, max: 200 },
    y: { label: "loss", min: 1e-3, max: 3, log: true },
    height: SIDE,
    label: "The loss after each step, on a logarithmic scale",
  });
  const curve = course.line("forward");
  const seen = [["x1, x2"], ["h1", "forward"], ["h2", "forward"], ["output", "forward"], ["target"]];
  const cases = liveTable(
    "The four cases",
    seen,
    CASES.map(([x1, x2]) => `${x1}, ${x2}`),
  );
  const weights = liveTable("Weights and biases", [["name"], ["value", "forward"], ["gradient", "backward"]], NAMES);
  const above = html("div", { class: "bp-parts" }, field.el, course.el);
  const below = html("div", { class: "bp-parts" }, cases.el, weights.el);
  function show(params, kind, history) {
    field.show(params, kind);
    const least = Math.min(1e-3, ...history.map(([, loss]) => Math.max(loss, 1e-12)));
    course.range({ x: { max: Math.max(200, history.at(-1)[0]) }, y: { min: 10 ** Math.floor(Math.log10(least)) } });
    curve.draw(history);
    const { grad } = gradient(params, kind);
    weights.show(params.map((w, k) => [number(w), `∂ ${number(grad[k])}`]));
    cases.show(
      CASES.map(([x1, x2, t]) => {
        const { hidden, p } = forward(params, kind, x1, x2);
        return [...hidden.map((h) => h.toFixed(3)), p.toFixed(3), String(t)];
      }),
    );
  }
  const arrange = (width) => course.arrange(width >= 560 ? width - SIDE - 20 : width);
  return { above, below, show, arrange, end: field.end };
}

// ---------- KNOBS ----------

const AT_ONCE = 10; // steps for each frame of the screen
const KEPT = 400; // points of the curve of losses

function checked(store) {
  const [kind, seed, weights, stuck] = ["activation", "seed", "weights", "stuck"].map((key) => store.get(key));
  if (!Object.hasOwn(ACTIVATIONS, kind))
    throw new Error(`xor wants an activation out of ${Object.keys(ACTIVATIONS).join(", ")}, not "${kind}".`);
  if (!Number.isInteger(seed)) throw new Error(`xor wants a whole number as its seed, not ${seed}.`);
  if (!Array.isArray(weights) || ![0, NAMES.length].includes(weights.length) || !weights.every(Number.isFinite))
    throw new Error(
      `xor wants ${NAMES.length} finite weights, or none to start afresh, not ${JSON.stringify(weights)}.`,
    );
  if (typeof stuck !== "object" || !stuck)
    throw new Error(`xor wants the seeds of stuck starts by activation, not ${stuck}.`);
}

// The training itself runs on its own copy; `tell` gives the store what it has come to.
function training(store, show) {
  let now;
  let told; // the weights that the store had from us, or we from it
  function adopt() {
    const [kind, seed, given] = ["activation", "seed", "weights"].map((key) => store.get(key));
    const weights = given.length ? given : initial(seed);
    const epochs = given.length ? store.get("epochs") : 0;
    now = { kind, seed, epochs, weights, history: [[epochs, gradient(weights, kind).loss]] };
    told = String(given);
    show(now);
  }
  function step(count, times = 1) {
    for (let n = 0; n < times; n++) {
      now.weights = train(now.weights, now.kind, store.get("lr"), count);
      now.epochs += count;
      now.history.push([now.epochs, gradient(now.weights, now.kind).loss]);
      if (now.history.length > KEPT) now.history = now.history.filter((_, k) => k % 2 === 0);
    }
    show(now);
  }
  function tell() {
    told = String(now.weights);
    store.set("weights", now.weights);
    store.set("epochs", now.epochs);
  }
  const elsewhere = () =>
    store.get("activation") !== now.kind || store.get("seed") !== now.seed || String(store.get("weights")) !== told;
  function pull() {
    if (!elsewhere()) return;
    const behind = told && String(store.get("weights")) === told && store.get("seed") !== now.seed;
    if (behind)
      for (const [key, value] of [
        ["weights", []],
        ["epochs", 0],
      ])
        store.set(key, value); // of the seed before
    adopt();
  }
  return { adopt, step, tell, pull };
}

const reduced = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

export function mount(box, store) {
  checked(store);
  const view = picture();
  const { el: says, say } = sentence();
  const rate = knob({ name: "learning rate", min: 0.05, max: 5, step: 0.05, change: (lr) => store.set("lr", lr) });

  function show({ kind, seed, weights, epochs, history }) {
    view.show(weights, kind, history);
    const right = CASES.filter(([x1, x2, t]) => forward(weights, kind, x1, x2).p > 0.5 === (t === 1)).length;
    const about =
      diagnosis(weights, kind) || (right === 4 ? "All four cases are on the right side." : `${right} of 4 right.`);
    say([`Start ${seed}, after ${epochs} steps: the loss is `, ["forward", number(history.at(-1)[1])], `. ${about}`]);
  }
  const run = training(store, show);
  const clock = ticker(box, () => run.step(AT_ONCE));

  function pause() {
    clock.stop();
    put(play, "Train");
    run.tell();
  }
  function go() {
    if (clock.running()) return pause();
    if (reduced()) return by(AT_ONCE, 100); // no motion: the steps at once
    clock.start();
    put(play, "Pause");
  }
  function by(count, times = 1) {
    run.step(count, times);
    pause();
  }
  function begin(seed, kind = store.get("activation")) {
    clock.stop();
    put(play, "Train");
    for (const [key, value] of Object.entries({ weights: [], epochs: 0, activation: kind, seed }))
      store.set(key, value);
    run.adopt();
  }
  function getStuck() {
    store.set("lr", 1); // at another rate it may learn
    begin(store.get("stuck")[store.get("activation")]);
    by(AT_ONCE, 300);
  }
  const play = button("Train", go);
  const stuck = button("A start that never learns", getStuck);
  const buttons = [
    play,
    button("1 step", () => by(1)),
    button("100 steps", () => by(AT_ONCE, 10)),
    button("Same start", () => begin(store.get("seed"))),
    button("New start", () => begin(store.get("seed") + 1)),
    stuck,
  ];
  const kinds = choice({
    name: "Hidden neurons",
    options: Object.keys(ACTIVATIONS).map((kind) => [kind, kind === "relu" ? "ReLU" : kind]),
    change: (kind) => begin(store.get("seed"), kind),
  });
  const bar = html("div", { class: "bp-bar", role: "group", "aria-label": "Training" }, ...buttons);
  const knobs = html("div", { class: "bp-knobs" }, rate.el, kinds.el);
  box.append(view.above, bar, says, knobs, view.below, tip(store.get("note")));
  const unfit = fitted(box, view.arrange);

  function redraw() {
    rate.set(store.get("lr"));
    kinds.set(store.get("activation"));
    stuck.disabled = !(store.get("activation") in store.get("stuck"));
    run.pull();
  }
  run.adopt();
  redraw();
  const unwatch = store.watch(redraw);
  function stop() {
    if (clock.running()) run.tell(); // it may come back elsewhere in the page
    clock.end();
    view.end();
    unfit();
    unwatch();
  }
  return stop;
}

const { widget, define } = host("bp-xor", {
  defaults: { seed: 1, activation: "sigmoid", lr: 1, epochs: 0, weights: [], stuck: {}, note: "" },
  mount,
});

export { define };
export default widget;
