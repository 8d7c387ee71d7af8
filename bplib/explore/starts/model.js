import { draw } from "../_shared/rng.js";

// Many networks of two inputs, two hidden neurons and one output, trained on XOR side by side. Their numbers lie in one
// typed array, nine for each network: w (row by row), b, v, c, as in `xor`.

const SIZE = 9;
export const CASES = [
  [0, 0, 0],
  [0, 1, 1],
  [1, 0, 1],
  [1, 1, 0],
]; // x1, x2, target

// What each program sends back from one of the four cases, and what it takes of the biases' sum: chapter 12's programs.
export const PROGRAMS = {
  "cross-entropy": { error: (p, t) => (p - t) / 4, biases: 1 },
  "squared error": { error: (p, t) => (2 * (p - t) * p * (1 - p)) / 4, biases: 1 },
  "four faults": { error: (p, t) => p - t, biases: 1 / 4 },
};

const squash = (z) => 1 / (1 + Math.exp(-z));

// The starts of `Xor`, from the first to the last of these seeds.
export function starts(count) {
  const numbers = new Float64Array(SIZE * count);
  for (let i = 0; i < count; i++) {
    const { normal } = draw(`xor ${i + 1}`);
    for (const k of [0, 1, 2, 3, 6, 7]) numbers[SIZE * i + k] = normal();
  }
  return numbers;
}

// The two hidden activations and the output of network i in case k.
export function pass(numbers, i, k) {
  const [x1, x2] = CASES[k];
  const [w11, w12, w21, w22, b1, b2, v1, v2, c] = numbers.subarray(SIZE * i, SIZE * (i + 1));
  const hidden = [squash(x1 * w11 + x2 * w21 + b1), squash(x1 * w12 + x2 * w22 + b2)];
  return { hidden, p: squash(hidden[0] * v1 + hidden[1] * v2 + c) };
}

// Network i takes one step, where its numbers are.
function step(n, o, { error, biases }, lr) {
  let [g11, g12, g21, g22, gb1, gb2, gv1, gv2, gc] = [0, 0, 0, 0, 0, 0, 0, 0, 0];
  for (let k = 0; k < 4; k++) {
    const [x1, x2, t] = CASES[k];
    const a1 = squash(x1 * n[o] + x2 * n[o + 2] + n[o + 4]);
    const a2 = squash(x1 * n[o + 1] + x2 * n[o + 3] + n[o + 5]);
    const d = error(squash(a1 * n[o + 6] + a2 * n[o + 7] + n[o + 8]), t);
    const [d1, d2] = [d * n[o + 6] * a1 * (1 - a1), d * n[o + 7] * a2 * (1 - a2)];
    g11 += x1 * d1;
    g12 += x1 * d2;
    g21 += x2 * d1;
    g22 += x2 * d2;
    gb1 += d1;
    gb2 += d2;
    gv1 += a1 * d;
    gv2 += a2 * d;
    gc += d;
  }
  n[o] -= lr * g11;
  n[o + 1] -= lr * g12;
  n[o + 2] -= lr * g21;
  n[o + 3] -= lr * g22;
  n[o + 4] -= lr * biases * gb1;
  n[o + 5] -= lr * biases * gb2;
  n[o + 6] -= lr * gv1;
  n[o + 7] -= lr * gv2;
  n[o + 8] -= lr * biases * gc;
}

// All networks take so many steps; their numbers are written over.
export function train(numbers, program, lr, steps) {
  const how = PROGRAMS[program];
  for (let at = 0; at < numbers.length; at += SIZE) for (let n = 0; n < steps; n++) step(numbers, at, how, lr);
  return numbers;
}

// The four outputs of each network, one network behind another.
export function outputs(numbers) {
  const found = new Float64Array((4 * numbers.length) / SIZE);
  for (let i = 0; i < found.length / 4; i++) for (let k = 0; k < 4; k++) found[4 * i + k] = pass(numbers, i, k).p;
  return found;
}

export const isSolved = (found, i) => CASES.every(([, , t], k) => Math.abs(found[4 * i + k] - t) < 0.5);

export const howMany = (found) => {
  let count = 0;
  for (let i = 0; i < found.length / 4; i++) count += isSolved(found, i);
  return count;
};

// Two cases with different targets that lie in one place for the output neuron of network i: [j, k], or null.
export function alike(numbers, i) {
  const seen = CASES.map((_, k) => pass(numbers, i, k).hidden);
  for (const j of [0, 3])
    for (const k of [1, 2])
      if (Math.max(...seen[j].map((a, unit) => Math.abs(a - seen[k][unit]))) < 0.05) return j < k ? [j, k] : [k, j];
  return null;
}

// How many steps the next frame of the screen makes: few at first, where most happens.
export const stride = (steps) => Math.min(25, 1 + Math.floor(steps / 40));
