import assert from "node:assert/strict";
import { test } from "node:test";

import {
  beats,
  called,
  detail,
  difference,
  explain,
  NAMES,
  pass,
  product,
  scale,
  singles,
  stage,
  tell,
} from "../../bplib/explore/chain/rates.js";

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

test("twenty times a stage is told as twenty stages", () => {
  const all = singles([
    ["*0.8", 20],
    ["+2", 1],
  ]);
  assert.equal(all.length, 21);
  const { front, back } = pass(all, 2);
  assert.equal(front.length, 22);
  for (let k = 0; k <= 20; k++) near(front[k], 0.8 ** k, `the nudge after ${k} stages`);
  near(back[5], 0.8 ** 15, "∂y/∂v5");
});

test("the nudge is told from x to y, then the product from the end that was chosen, a long chain in at most nine beats", () => {
  const told = (count, order) => beats(count, order).map(({ pass: way, from, to }) => `${way[0]}${from}-${to}`);
  assert.deepEqual(told(3, "back"), ["f0-0", "f0-1", "f1-2", "f2-3", "b3-3", "b3-2", "b2-1", "b1-0"]);
  assert.deepEqual(told(2, "front"), ["f0-0", "f0-1", "f1-2", "b0-0", "b0-1", "b1-2"]);
  for (const count of [1, 8, 9, 20, 99, 792])
    for (const order of ["back", "front"]) {
      const list = beats(count, order);
      for (const way of ["forward", "backward"]) {
        const legs = list.filter((beat) => beat.pass === way);
        assert.ok(legs.length <= 9, `${legs.length} beats for ${count} stages`);
        for (const [k, { from, to }] of legs.entries())
          assert.ok(k ? from === legs[k - 1].to && to !== from : to === from);
        const ends = way === "forward" || order === "front" ? [0, count] : [count, 0];
        assert.deepEqual([legs[0].to, legs.at(-1).to], ends);
      }
    }
});

test("what is said in a beat, and of a place that is pointed at", () => {
  const state = { stages: once("square", "*-2"), x: 3, dx: 0.01, order: "back" };
  const said = (beat, more) => text(explain({ ...state, ...more }, beat));
  assert.equal(said({ pass: "forward", from: 0, to: 0 }), "A nudge of 0.01 at x.");
  assert.equal(
    said({ pass: "forward", from: 1, to: 2 }),
    "Through ×−2, whose rate is −2: the nudge of 0.06 becomes −0.12.",
  );
  assert.equal(said({ pass: "backward", from: 2, to: 2 }), "∂y/∂y = 1, for a nudge of it is a nudge of it.");
  assert.equal(said({ pass: "backward", from: 1, to: 0 }), "∂y/∂x = ∂y/∂v₁ × the rate of square = −2 × 6 = −12.");
  assert.equal(
    said({ pass: "backward", from: 1, to: 2 }, { order: "front" }),
    "∂y/∂x = ∂v₁/∂x × the rate of ×−2 = 6 × (−2) = −12.",
  );
  const long = { stages: [["*0.8", 20]] };
  assert.equal(said({ pass: "forward", from: 3, to: 6 }, long), "3 stages on, at v₆, the nudge is 0.0026.");
  assert.match(
    said({ pass: "backward", from: 11, to: 8 }, long),
    /^∂y\/∂v₈ = 0\.0687, the product of the last 12 rates\.$/,
  );
  assert.equal(
    text(detail(state, 1)),
    "v₁ = 9. The nudge of 0.01 at x is 0.06 here, and a nudge made here moves y −2 times as far.",
  );
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
    /becomes −0\.02 at y: −2 times as much, .* It is turned round once, by a negative rate\.$/,
  );
  assert.match(text(tell(once("*-2", "*-2"), 1, 0.01)), /turned round twice, by negative rates\.$/);
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
