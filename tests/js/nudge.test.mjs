import assert from "node:assert/strict";
import { test } from "node:test";

import { curve, kinks, lossAt, nudged, slopes, tell, view } from "../../bplib/explore/nudge/nudge.js";

const leaf = (name, value) => ({ name, op: "leaf", parents: [], value });
const node = (name, op, ...parents) => ({ name, op, parents, value: null });
const two = { name: "2", op: "const", parents: [], value: 2 };
// L = (w2 relu(w1 x) − y)²
const NET = {
  nodes: [
    leaf("x", 2),
    leaf("w1", 0.5),
    leaf("w2", 1.5),
    leaf("y", 3),
    node("z1", "*", 1, 0),
    node("a1", "relu", 4),
    node("z2", "*", 2, 5),
    node("e", "-", 6, 3),
    two,
    node("L", "**", 7, 8),
  ],
};
const at = (w1) => ({ nodes: NET.nodes.map((n) => (n.name === "w1" ? leaf("w1", w1) : n)) });
const line = { nodes: [leaf("w", 2), node("L", "+", 0, 0)] };
const text = (parts) => parts.map((part) => (Array.isArray(part) ? part[1] : part)).join("");
const near = (got, want) => assert.ok(Math.abs(got - want) < 1e-10, `${got}, not ${want}`);

test("the chapter's nudge: promised −0.9, brought −0.81", () => {
  const now = nudged(NET, "w1", 0.1);
  for (const [key, want] of Object.entries({ slope: -9, promised: -0.9, actual: -0.81, difference: -0.09, per: -8.1 }))
    near(now[key], want);
  const said =
    "A nudge of 0.1 to w₁ was promised −0.9 and brought −0.81. " +
    "They differ by 0.09; with half the nudge by 0.0225, 4 times smaller.";
  assert.equal(text(tell(NET, "w1", 0.1)), said);
});

test("the difference shrinks like the square of the nudge", () => {
  for (const h of [0.2, -0.1, 0.01]) near(nudged(NET, "w1", h).difference / h ** 2, -9);
});

test("a nudge that is far too large is told so, not given a rule", () => {
  const curved = { nodes: [leaf("w", -1), node("L", "sigmoid", 0)] };
  for (const h of [3, 4])
    assert.match(text(tell(curved, "w", h)), /with half the nudge by 0\.\d+\. So large a nudge follows no rule\.$/);
});

test("one backward pass gives all slopes", () => {
  assert.deepEqual(slopes(NET), { x: -2.25, w1: -9, w2: -3, y: 3 });
});

test("kinks between here and there, and under the foot", () => {
  assert.deepEqual(kinks(NET, "w1", 0.4), { on: [], crossed: [] });
  assert.deepEqual(kinks(NET, "w1", -0.6), { on: [], crossed: ["a1"] });
  assert.deepEqual(kinks(at(0), "w1", 0.1), { on: ["a1"], crossed: [] });
  assert.match(
    text(tell(NET, "w1", -0.6)),
    /^A nudge of −0\.6 .* the curve bends: a₁ switches, and a tangent cannot know\.$/,
  );
  assert.match(text(tell(at(0), "w1", 0.1)), /w₁ stands on the kink of a₁/);
});

test("flat, straight, nothing, and no number", () => {
  assert.match(text(tell(at(-1), "w1", 0.1)), /promised 0 and brought 0\. The curve is flat here/);
  assert.match(text(tell(line, "w", 0.1)), /promised 0\.2 and brought 0\.2\. They are equal up to rounding/);
  assert.match(text(tell(NET, "w1", 0)), /^No nudge/);
  const log = { nodes: [leaf("w", 0.5), node("L", "log", 0)] };
  assert.match(text(tell(log, "w", -1)), /promised −2\. There the loss is NaN/);
  assert.match(text(tell({ nodes: [leaf("w", -1), node("L", "log", 0)] }, "w", 0.1)), /The loss is NaN already/);
});

test("the curve and its axes", () => {
  const points = curve(NET, "w1", -1, 1, 4);
  assert.deepEqual(
    points.map(([x]) => x),
    [-1, -0.5, 0, 0.5, 1],
  );
  for (const [x, y] of points) assert.equal(y, lossAt(NET, "w1", x));
  const { x, y } = view(NET, "w1", 1);
  assert.ok(x.min < -0.5 && x.max > 1.5 && y.min < -6.75 && y.max > 11.25);
  const nowhere = view({ nodes: [leaf("w", -5), node("L", "log", 0)] }, "w", 1);
  assert.ok(Number.isFinite(nowhere.y.min) && nowhere.y.min < nowhere.y.max);
});
