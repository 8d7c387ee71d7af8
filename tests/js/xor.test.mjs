import assert from "node:assert/strict";
import { test } from "node:test";

import { draw } from "../../bplib/explore/_shared/rng.js";
import {
  ACTIVATIONS,
  CASES,
  diagnosis,
  forward,
  gradient,
  hiddenLine,
  initial,
  NAMES,
  obstacle,
  train,
} from "../../bplib/explore/xor/model.js";
import { glow, thickness } from "../../bplib/explore/xor/picture.js";

test("the gradient is the slope of the loss", () => {
  const h = 1e-6;
  for (const kind of Object.keys(ACTIVATIONS)) {
    for (let seed = 1; seed < 12; seed++) {
      const weights = initial(seed).map((w) => w + 0.13);
      const { grad } = gradient(weights, kind);
      NAMES.forEach((name, k) => {
        const at = (d) =>
          gradient(
            weights.map((w, j) => (j === k ? w + d : w)),
            kind,
          ).loss;
        assert.ok(Math.abs((at(h) - at(-h)) / (2 * h) - grad[k]) < 1e-7, `${kind}, start ${seed}, ${name}`);
      });
    }
  }
});

test("a start is the same each time, biases are 0, weights look normal", () => {
  assert.deepEqual(initial(3), initial(3));
  assert.deepEqual(
    initial(3).filter((_, k) => "bc".includes(NAMES[k][0])),
    [0, 0, 0],
  );
  const { normal } = draw("many");
  const many = Array.from({ length: 20000 }, normal);
  const mean = many.reduce((sum, x) => sum + x, 0) / many.length;
  const variance = many.reduce((sum, x) => sum + (x - mean) ** 2, 0) / many.length;
  assert.ok(Math.abs(mean) < 0.03 && Math.abs(variance - 1) < 0.03, `${mean}, ${variance}`);
});

test("training from the first start learns XOR", () => {
  const weights = train(initial(1), "sigmoid", 1, 3000);
  for (const [x1, x2, t] of CASES) assert.ok(Math.abs(forward(weights, "sigmoid", x1, x2).p - t) < 0.1);
  assert.equal(diagnosis(weights, "sigmoid"), "");
});

test("what stands in the way is named", () => {
  const told = (seed, kind) => {
    const weights = train(initial(seed), kind, 1, 3000);
    return [obstacle(weights, kind), diagnosis(weights, kind)];
  };
  const [pair, apart] = told(2, "sigmoid");
  assert.deepEqual([pair.off, pair.same, pair.pair], [[], false, [2, 3]]);
  assert.equal(apart, "Stuck: no hidden line separates (1, 0) from (1, 1), and no gradient is above 0.0005.");
  const [one, double] = told(240, "sigmoid");
  assert.ok(one.same && one.steepest < 5e-4);
  assert.deepEqual(one.pair, [1, 3], "(0, 1) and (1, 0) look the same too, and may");
  assert.match(double, /^Stuck: the two hidden lines lie on top of each other, and no gradient is above 0\.0005\.$/);
  const [dead, off] = told(1, "relu");
  assert.deepEqual([dead.off, dead.steepest], [[0, 1], 0]);
  assert.equal(off, "Stuck: both hidden neurons are off in all four cases, and every gradient is 0.");
  assert.match(told(6, "relu")[1], /^Stuck: hidden neuron 2 is off in all four cases, one line alone cannot solve XOR/);
  assert.equal(obstacle(initial(2), "sigmoid"), null, "at first, learning goes on");
  assert.equal(diagnosis(initial(2), "sigmoid"), "");
});

test("a hidden neuron's line crosses the square where its pre-activation is 0", () => {
  for (let seed = 1; seed < 40; seed++) {
    const weights = initial(seed).map((w, k) => (k === 4 || k === 5 ? 0.4 - w : w));
    for (const j of [0, 1]) {
      const ends = hiddenLine(weights, j);
      const z = (x1, x2) => x1 * weights[j] + x2 * weights[2 + j] + weights[4 + j];
      const corners = [-0.5, 1.5].flatMap((x1) => [-0.5, 1.5].map((x2) => Math.sign(z(x1, x2))));
      assert.equal(ends === null, new Set(corners).size === 1, `start ${seed}, neuron ${j + 1}`);
      for (const [x1, x2] of ends ?? []) {
        assert.ok(Math.abs(z(x1, x2)) < 1e-9);
        assert.ok(
          [x1, x2].some((v) => v === -0.5 || v === 1.5),
          "it ends on the rim",
        );
      }
    }
  }
  const corners = [
    [-0.5, -0.5],
    [1.5, 1.5],
  ];
  assert.deepEqual(hiddenLine([1, 0, -1, 0, 0, 0, 1, 1, 0], 0), corners, "from corner to corner");
  assert.equal(hiddenLine([0, 0, 0, 0, 1, 1, 1, 1, 0], 0), null, "no weights, no line");
  assert.deepEqual(hiddenLine([1, 0, 0, 1, -1, -1, 1, 1, 0], 0), [
    [1, -0.5],
    [1, 1.5],
  ]);
});

test("a larger weight is thicker, a gradient of almost nothing is not seen", () => {
  assert.ok(thickness(-3) > thickness(2) && thickness(0) > 0 && thickness(1e6) < 20);
  assert.ok(glow(0.1) > glow(-0.01) && glow(0.01) > 4 && glow(5e-4) < 1 && glow(0) === 0);
});
