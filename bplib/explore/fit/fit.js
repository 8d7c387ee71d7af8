import { host, sentence, tip } from "../_shared/frame.js";
import { draw } from "../_shared/rng.js";

// fit: one step of gradient descent moves a function; what it promised to do to the loss stands beside what it did.

// ---------- MODEL: the parameters are one list: w, b of a line; w1..wn, b1..bn, v1..vn, c of a network ----------

export const MOST = { points: 12, hidden: 8 };

// Each activation, and its slope in terms of what came out.
const ACTIVATIONS = {
  tanh: [Math.tanh, (a) => 1 - a * a],
  relu: [(z) => (z > 0 ? z : 0), (a) => (a > 0 ? 1 : 0)],
};
export const MODELS = ["line", ...Object.keys(ACTIVATIONS)];

// Those of a single hidden neuron are called as in chapter 7.
export function names(model, hidden) {
  if (model === "line") return ["w", "b"];
  if (hidden === 1) return ["w1", "b1", "w2", "b2"];
  return [...[..."wbv"].flatMap((letter) => Array.from({ length: hidden }, (_, j) => `${letter}${j + 1}`)), "c"];
}

// The same start for the same seed, here and in Python.
export function initial(model, hidden, seed) {
  const { normal } = draw(`fit ${seed}`);
  return names(model, hidden).map((name) => (model === "line" || name === "c" ? 0 : normal()));
}

// What the model says for x, and how fast that moves with each parameter.
export function evaluate(model, weights, x) {
  if (model === "line") return { y: weights[0] * x + weights[1], slopes: [x, 1] };
  const [act, slope] = ACTIVATIONS[model];
  const n = (weights.length - 1) / 3;
  const slopes = Array(3 * n + 1).fill(1);
  let y = weights[3 * n];
  for (let j = 0; j < n; j++) {
    const [w, b, v] = [weights[j], weights[n + j], weights[2 * n + j]];
    const a = act(w * x + b);
    const back = v * slope(a); // how fast y moves with the pre-activation
    y += v * a;
    slopes[j] = back * x;
    slopes[n + j] = back;
    slopes[2 * n + j] = a;
  }
  return { y, slopes };
}

// The points that count: all of them, or one.
export const counted = ({ points, one }) => (one === null ? points : [points[one]]);

// The mean squared error over the points that count, and its slope for each parameter.
export function gradient(task, weights) {
  const seen = counted(task);
  const grad = weights.map(() => 0);
  let loss = 0;
  for (const [x, target] of seen) {
    const { y, slopes } = evaluate(task.model, weights, x);
    loss += (y - target) ** 2 / seen.length;
    const error = (2 * (y - target)) / seen.length;
    for (const [k, slope] of slopes.entries()) grad[k] += error * slope;
  }
  return { loss, grad };
}

// What one step adds to each parameter; nothing, where it is held still.
export const moves = ({ lr, holds }, grad) => grad.map((g, k) => (holds[k] ? 0 : -lr * g));

// One step: where it leads, what the slopes promised of the loss, and what it did to it.
export function step(task, weights) {
  const { loss, grad } = gradient(task, weights);
  const move = moves(task, grad);
  const after = weights.map((w, k) => w + move[k]);
  const promised = grad.reduce((sum, g, k) => sum + g * move[k], 0);
  return { loss, grad, move, after, promised, actual: gradient(task, after).loss - loss };
}

// How far a step should move the curve at x, by the slopes of the curve where it stands.
export const push = (model, weights, move, x) =>
  evaluate(model, weights, x).slopes.reduce((sum, slope, k) => sum + slope * move[k], 0);

// ---------- KNOBS ----------

export function mount(box, store) {
  box.append(sentence().el, tip(store.get("note")));
  return () => {};
}

const { widget, define } = host("bp-fit", {
  defaults: {
    points: [],
    model: "line",
    weights: [],
    before: [],
    hidden: 3,
    seed: 1,
    lr: 0.1,
    one: null,
    learns: null,
    steps: 0,
    xlim: [],
    ylim: [],
    note: "",
  },
  mount,
});

export { define };
export default widget;
