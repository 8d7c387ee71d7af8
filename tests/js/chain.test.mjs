import assert from "node:assert/strict";
import { test } from "node:test";

import { called, difference, NAMES, pass, product, scale, stage, tell } from "../../bplib/explore/chain/chain.js";

const once = (...names) => names.map((name) => [name, 1]);
const text = (parts) => parts.map((part) => (Array.isArray(part) ? part[1] : part)).join("");
const near = (got, want, what) =>
  assert.ok(Math.abs(got - want) <= 1e-8 * Math.max(1, Math.abs(want)), `${what}: ${got}, not ${want}`);

test("values, rates, and the product from either end", () => {
  const { values, rates, front, back } = pass(once("square", "*-2", "+2"), 3);
  assert.deepEqual(values, [3, 9, -18, -16]);
  assert.deepEqual(rates, [6, -2, 1]);
  assert.deepEqual(front, [1, 6, -12, -12]);
  assert.deepEqual(back, [-12, -2, 1, 1]);
});

test("every rate agrees with the central difference", () => {
  for (const name of NAMES)
    for (const x of [0.4, 1.7]) near(pass(once(name), x).rates[0], difference(once(name), x).slope, name);
});

test("twenty times ×0.8 leaves little", () => {
  near(pass([["*0.8", 20]], 1).rates[0], 0.8 ** 20, "0.8²⁰");
  assert.match(
    text(tell([["*0.8", 20]], 2, 0.01)),
    /^By these rates a nudge of 0\.01 at x becomes 1\.15e−4 at y: 0\.0115 times/,
  );
});

test("a repeated stage is that many stages", () => {
  const { values, rates } = pass([["sigmoid", 3]], 0.5);
  const three = pass(once("sigmoid", "sigmoid", "sigmoid"), 0.5);
  assert.equal(values[1], three.values[3]);
  near(rates[0], three.back[0], "product");
});

test("names that are no function", () => {
  for (const name of ["cos", "*", "*1e5", "toString", "square "]) assert.equal(stage(name), undefined);
  assert.deepEqual(stage("+-1.5")(2), [0.5, 1]);
});

test("words for a dead stage, a flip, and no number", () => {
  assert.match(
    text(tell(once("*-2", "relu", "exp"), 1, 0.01)),
    /becomes 0 at y\. Stage 2, relu, has the rate 0 at −2: .*gets nothing\.$/,
  );
  assert.match(text(tell(once("relu"), 0, 0.01)), /kink, where the rate is a convention/);
  assert.match(
    text(tell(once("*-2"), 1, 0.01)),
    /becomes −0\.02 at y: −2 times as much, .* Negative rates flip it once\.$/,
  );
  assert.match(text(tell(once("*-2", "*-2"), 1, 0.01)), /flip it twice\.$/);
  assert.equal(
    text(tell(once("log", "square"), -1, 0.01)),
    "log of −1 has no value: NaN, and NaN is all that comes after it.",
  );
  assert.match(text(tell(once("square", "exp"), 40, 0.01)), /^exp of 1600 is ∞ here/);
  assert.ok(Number.isNaN(pass(once("log"), -1).rates[0]));
});

test("brackets show what is multiplied first", () => {
  assert.equal(product([2, -3, 4, 5], "back").join(" "), "2 × ((−3) × (4 × 5))");
  assert.equal(product([2, -3, 4, 5], "front").join(" "), "((2 × (−3)) × 4) × 5");
  assert.equal(product([2, 3], "front").join(" "), "2 × 3");
  assert.deepEqual(product([2], "back"), []);
});

test("the bars' scale, the values' names", () => {
  assert.deepEqual(
    [0.01, 0.0101, 0.3, 7].map(scale).map((v) => Number(v.toPrecision(6))),
    [0.01, 0.02, 0.5, 10],
  );
  assert.deepEqual(
    [0, 1, 2].map((k) => called(k, 2)),
    ["x", "v1", "y"],
  );
});
