import { draw } from "../_shared/rng.js";

// The network of two inputs, two hidden neurons and one output: nine parameters in one list, w (row by row), b, v, c.
// The loss is the mean cross-entropy over the four cases.

export const NAMES = ["w11", "w12", "w21", "w22", "b1", "b2", "v1", "v2", "c"];
export const CASES = [
  [0, 0, 0],
  [0, 1, 1],
  [1, 0, 1],
  [1, 1, 0],
]; // x1, x2, target
export const [FROM, TO] = [-0.5, 1.5]; // the square of inputs that is shown

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

// The line on which a hidden neuron is half way, w·x + b = 0, as [a, b, c] with a² + b² = 1; NaN where it has no line.
function normal([w11, w12, w21, w22, b1, b2], j) {
  const [a, b, c] = j ? [w12, w22, b2] : [w11, w21, b1];
  const size = Math.hypot(a, b) * (a < 0 || (a === 0 && b < 0) ? -1 : 1);
  return [a / size, b / size, c / size];
}

// Where that line enters and leaves the square from low to high, from left to right; null if it misses the square.
export function hiddenLine(weights, j, low = FROM, high = TO) {
  const [a, b, c] = normal(weights, j);
  const within = (v) => v >= low && v <= high;
  const ends = [low, high].flatMap((at) => [
    [at, -(a * at + c) / b],
    [-(b * at + c) / a, at],
  ]);
  const [first, ...rest] = ends.filter(([x, y]) => within(x) && within(y)).sort(([p, q], [r, s]) => p - r || q - s);
  return rest.length ? [first, rest.at(-1)] : null;
}

export const isRight = ({ p, t }) => p > 0.5 === (t === 1);
export const seen = (weights, kind) => CASES.map(([x1, x2, t]) => ({ ...forward(weights, kind, x1, x2), t }));
export const right = (weights, kind) => seen(weights, kind).filter(isRight).length;

// Two cases with different targets that look the same to both hidden neurons: [i, k], or null.
function alike(all) {
  const apart = (a, b) => Math.max(...a.hidden.map((h, j) => Math.abs(h - b.hidden[j])));
  const pairs = all.flatMap((a, i) =>
    all.flatMap((b, k) => (i < k && a.t !== b.t && apart(a, b) < 0.1 ? [[i, k]] : [])),
  );
  return pairs[0] ?? null;
}

// What stands in the way when some cases are wrong and yet nothing moves: {steepest, off, same, pair}; null when learning
// goes on or is done. off: the hidden neurons that let no gradient through; same: their two lines are one.
export function obstacle(weights, kind) {
  const all = seen(weights, kind);
  const steepest = Math.max(...gradient(weights, kind).grad.map(Math.abs));
  if (all.every(isRight) || !(steepest < 2e-3)) return null;
  const slope = ACTIVATIONS[kind][1];
  const flat = slope(ACTIVATIONS[kind][0](kind === "relu" ? 1 : 0)) * 0.05; // a twentieth of the steepest there is
  const off = [0, 1].filter((j) => all.every(({ hidden }) => slope(hidden[j]) < flat));
  const [one, other] = [0, 1].map((j) => normal(weights, j));
  const same = Math.hypot(...one.map((v, k) => v - other[k])) < 0.1;
  return { steepest, off, same, pair: alike(all) };
}

// The same in words; "" when nothing stands in the way.
export function diagnosis(weights, kind) {
  const found = obstacle(weights, kind);
  if (!found) return "";
  const { steepest, off, same, pair } = found;
  const dead = kind === "relu" ? "off" : "saturated";
  const name = (i) => `(${CASES[i][0]}, ${CASES[i][1]})`;
  let why = "some cases are wrong";
  if (off.length === 2) why = `both hidden neurons are ${dead} in all four cases`;
  else if (same) why = "the two hidden lines lie on top of each other";
  else if (off.length)
    why = `hidden neuron ${off[0] + 1} is ${dead} in all four cases, one line alone cannot solve XOR`;
  else if (pair) why = `no hidden line separates ${name(pair[0])} from ${name(pair[1])}`;
  const most = Math.ceil(steepest * 1e4) / 1e4;
  return `Stuck: ${why}, and ${steepest ? `no gradient is above ${most.toFixed(4)}` : "every gradient is 0"}.`;
}
