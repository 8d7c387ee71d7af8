import assert from "node:assert/strict";
import { test } from "node:test";
import { ticks } from "../../bplib/explore/_shared/chart.js";
import { contour, curvature, descend, fate, feel, survey } from "../../bplib/explore/descent/descent.js";

const leaf = (name, value) => ({ name, op: "leaf", parents: [], value });
const node = (name, op, ...parents) => ({ name, op, parents, value: null });
// L = 2 w², and L = u² + 10 v²; tanh(w) has no floor to stand on, and w times w times w a flat place that is no valley.
const BOWL = {
  nodes: [
    leaf("w", 3),
    node("w * w", "*", 0, 0),
    { name: "2", op: "const", parents: [], value: 2 },
    node("L", "*", 2, 1),
  ],
};
const LONG = {
  nodes: [
    leaf("u", 1),
    leaf("v", 1),
    node("u * u", "*", 0, 0),
    node("v * v", "*", 1, 1),
    { name: "10", op: "const", parents: [], value: 10 },
    node("10 * v * v", "*", 4, 3),
    node("L", "+", 2, 5),
  ],
};
const CUBE = { nodes: [leaf("w", 0), node("w * w", "*", 0, 0), node("L", "*", 1, 0)] };

test("on a parabola each step multiplies the distance by 1 - lr times the curvature", () => {
  for (const lr of [0.05, 0.25, 0.4, 0.55]) {
    descend(BOWL, ["w"], [3], lr, 12).forEach(({ point, loss }, k) => {
      const want = 3 * (1 - 4 * lr) ** k;
      assert.ok(Math.abs(point[0] - want) < 1e-9 * Math.max(1, Math.abs(want)));
      assert.ok(Math.abs(loss - 2 * want ** 2) < 1e-8 * Math.max(1, want ** 2));
    });
  }
});

test("the curvature along the gradient is found", () => {
  assert.ok(Math.abs(curvature(BOWL, ["w"], [3]) - 4) < 1e-6);
  const [gu, gv] = feel(LONG, ["u", "v"], [1, 1]).slope;
  const want = (2 * gu ** 2 + 20 * gv ** 2) / (gu ** 2 + gv ** 2);
  assert.ok(Math.abs(curvature(LONG, ["u", "v"], [1, 1]) - want) < 1e-5);
  assert.ok(Number.isNaN(curvature(BOWL, ["w"], [0])));
});

test("what becomes of a path is told apart", () => {
  const told = (lr, steps = 20, start = 3, graph = BOWL) =>
    fate(descend(graph, ["w"], [start], lr, steps), graph === CUBE ? -1 : 0);
  assert.deepEqual(
    [0.6, 0.45, 0.1, 0.0005].map((lr) => told(lr)),
    ["out", "across", "down", "slow"],
  );
  assert.equal(told(0.1, 20, 0, CUBE), "still");
  assert.equal(told(50, 1000), "out"); // overflows on the way
});

test("no step, and a loss below 0, are no way out", () => {
  const sunk = {
    nodes: [
      leaf("w", 0),
      node("w * w", "*", 0, 0),
      { name: "1", op: "const", parents: [], value: 1 },
      node("L", "-", 1, 2),
    ],
  };
  assert.equal(fate(descend(BOWL, ["w"], [3], 0.1, 0), 0), "down");
  assert.equal(fate(descend(sunk, ["w"], [0.5], 0.1, 0), -1), "down");
  assert.notEqual(fate(descend(sunk, ["w"], [0], 0.1, 20), -1), "out");
});

test("a path whose numbers end is cut there", () => {
  const path = descend(BOWL, ["w"], [3], 50, 1000);
  assert.ok(path.length < 400 && path.every(({ point }) => point.every(Number.isFinite)));
});

test("lines of equal height lie where the height is", () => {
  const grid = Array.from({ length: 9 }, (_, r) => Array.from({ length: 9 }, (_, c) => c + 2 * r));
  const pieces = contour(grid, 7.3);
  assert.ok(pieces.length > 5);
  for (const [c, r] of pieces.flat()) assert.ok(Math.abs(c + 2 * r - 7.3) < 1e-9);
  assert.deepEqual(contour(grid, 100), []);
  assert.deepEqual(
    contour(
      [
        [NaN, 0],
        [0, 1],
      ],
      0.5,
    )
      .flat(2)
      .filter(Number.isNaN),
    [],
  );
});

test("the map covers its ranges and knows its lowest and highest point", () => {
  const { xs, ys, losses, lowest, highest } = survey(LONG, ["u", "v"], { u: [-2, 2], v: [-1, 1] });
  assert.deepEqual([xs[0], xs.at(-1), ys[0], ys.at(-1)], [-2, 2, -1, 1]);
  assert.deepEqual([losses.length, losses[0].length], [ys.length, xs.length]);
  assert.ok(Math.abs(lowest) < 1e-9 && Math.abs(highest - 14) < 1e-9);
});

test("ticks are round, and within", () => {
  assert.deepEqual(ticks(-1, 2.5, 4), [-1, 0, 1, 2]);
  assert.deepEqual(
    ticks(0, 1, 5).map((t) => Number(t.toFixed(9))),
    [0, 0.2, 0.4, 0.6, 0.8, 1],
  );
  assert.deepEqual(
    ticks(1e-6, 100, 4, true).map((t) => Math.round(Math.log10(t))),
    [-6, -4, -2, 0, 2],
  );
});
