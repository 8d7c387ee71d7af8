import assert from "node:assert/strict";
import { test } from "node:test";

import { draw } from "../../bplib/explore/_shared/rng.js";
import {
  ACTIVATIONS,
  CASES,
  diagnosis,
  forward,
  gradient,
  initial,
  NAMES,
  train,
} from "../../bplib/explore/xor/xor.js";

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
  assert.match(
    diagnosis(train(initial(2), "sigmoid", 1, 3000), "sigmoid"),
    /^Stuck: 2 of 4 wrong.* look the same to the hidden neurons\.$/,
  );
  const dead = diagnosis(train(initial(1), "relu", 1, 3000), "relu");
  assert.match(
    dead,
    /no gradient is larger than 0\. Hidden neuron 1 is closed in all four cases.*Hidden neuron 2 is closed in all four/,
  );
  assert.equal(diagnosis(initial(2), "sigmoid"), "", "at first, learning goes on");
});
