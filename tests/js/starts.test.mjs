import assert from "node:assert/strict";
import { test } from "node:test";

import {
  alike,
  CASES,
  howMany,
  isSolved,
  outputs,
  PROGRAMS,
  pass,
  starts,
  stride,
  train,
} from "../../bplib/explore/starts/model.js";
import { gradient, initial, train as trainOne } from "../../bplib/explore/xor/model.js";

const numbersOf = (all, i) => [...all.subarray(9 * i, 9 * i + 9)];

test("the starts are those of xor, and learn as they do", () => {
  const all = starts(30);
  for (let i = 0; i < 30; i++) assert.deepEqual(numbersOf(all, i), initial(i + 1));
  train(all, "cross-entropy", 1, 40);
  for (let i = 0; i < 30; i++) {
    const one = trainOne(initial(i + 1), "sigmoid", 1, 40);
    for (const [k, w] of one.entries()) assert.ok(Math.abs(w - all[9 * i + k]) < 1e-12, `start ${i + 1}, number ${k}`);
  }
});

test("the mean squared error's step is along its slope", () => {
  const h = 1e-6;
  const loss = (numbers) =>
    CASES.reduce((sum, [, , t], k) => sum + (pass(Float64Array.from(numbers), 0, k).p - t) ** 2 / 4, 0);
  const before = numbersOf(starts(3), 2);
  const after = train(Float64Array.from(before), "squared error", 1, 1);
  for (const k of before.keys()) {
    const at = (d) => loss(before.map((w, j) => (j === k ? w + d : w)));
    assert.ok(Math.abs((at(h) - at(-h)) / (2 * h) - (before[k] - after[k])) < 1e-8, `number ${k}`);
  }
});

test("the program with four faults moves weights four times as far as it should, and biases as far", () => {
  const before = initial(5).map((w) => w + 0.2);
  const { grad } = gradient(before, "sigmoid");
  const after = train(Float64Array.from(before), "four faults", 0.1, 1);
  for (const [k, g] of grad.entries()) {
    const times = [4, 5, 8].includes(k) ? 1 : 4;
    assert.ok(Math.abs(before[k] - after[k] - 0.1 * times * g) < 1e-12, `number ${k}`);
  }
});

test("the counts of the chapter come out", () => {
  const count = (program, lr, steps) => howMany(outputs(train(starts(200), program, lr, steps)));
  assert.deepEqual(
    [100, 300, 1000].map((steps) => count("cross-entropy", 1, steps)),
    [6, 68, 142],
  );
  assert.equal(count("four faults", 0.1, 5000), 135);
  assert.equal(count("squared error", 0.1, 5000), 50);
});

test("a stuck start has two cases with different targets in one place, a solved one has not", () => {
  const all = train(starts(12), "cross-entropy", 1, 5000);
  const found = outputs(all);
  assert.deepEqual(alike(all, 4), [1, 3]);
  for (let i = 0; i < 12; i++) assert.equal(alike(all, i) === null, isSolved(found, i), `start ${i + 1}`);
});

test("strides are short at first, and never too long for a frame of the screen", () => {
  assert.equal(stride(0), 1);
  assert.ok([...Array(200).keys()].every((k) => stride(50 * k) <= 25));
  assert.deepEqual(Object.keys(PROGRAMS), ["cross-entropy", "squared error", "four faults"]);
});
