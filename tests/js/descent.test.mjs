import assert from "node:assert/strict";
import { test } from "node:test";
import { ticks } from "../../bplib/explore/_shared/chart.js";
import { levels, rings } from "../../bplib/explore/_shared/contour.js";
import { curvature, descend, earlier, fate, feel, predictions, survey } from "../../bplib/explore/descent/model.js";

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

test("lines of equal height lie where the height is, and follow the rim where the surface ends", () => {
  const grid = Array.from({ length: 9 }, (_, r) => Array.from({ length: 9 }, (_, c) => c + 2 * r));
  const [ring, ...more] = rings(grid, 7.3);
  assert.equal(more.length, 0);
  const rim = ([c, r]) => c === 0 || r === 0 || c === 8 || r === 8;
  assert.ok(ring.filter((p) => !rim(p)).length > 5);
  for (const [c, r] of ring) assert.ok(Math.abs(c + 2 * r - 7.3) < 1e-9 || (rim([c, r]) && c + 2 * r < 7.3));
  assert.deepEqual(rings(grid, -1), [], "nothing lies below the lowest place");
  assert.equal(area(rings(grid, 100)), 64, "everything lies below the highest one");
  const hole = [
    [NaN, 0],
    [0, 1],
  ];
  assert.ok(rings(hole, 0.5).flat(2).every(Number.isFinite));
});

const area = (found) =>
  Math.abs(
    found
      .flatMap((ring) => ring.map(([x, y], k) => [x, y, ...ring[(k + 1) % ring.length]]))
      .reduce((sum, [x, y, u, v]) => sum + (x * v - u * y) / 2, 0),
  );

test("a hill in a hollow is a ring in a ring", () => {
  const at = (k) => (k - 10) / 5;
  const wall = (x, y) => (Math.hypot(x, y) - 1) ** 2; // 0 on a circle
  const grid = Array.from({ length: 21 }, (_, r) => Array.from({ length: 21 }, (_, c) => wall(at(c), at(r))));
  const found = rings(grid, 0.25); // between 0.5 and 1.5 from the middle
  assert.equal(found.length, 2);
  assert.ok(Math.abs(area(found) - 25 * Math.PI * (1.5 ** 2 - 0.5 ** 2)) < 5, String(area(found)));
});

test("the levels that get a name are round, and lie within", () => {
  assert.deepEqual(levels(0, 30), [0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20]);
  assert.deepEqual(levels(3, 8, 5), [4, 5, 6, 7]);
  assert.deepEqual(levels(-1, 1, 4), [-0.5, 0, 0.5]);
  for (const [low, high] of [
    [0, 0],
    [1, 1],
    [0.1, 8],
    [1e-20, 1e5],
  ])
    assert.ok(levels(low, high).every((level) => level > low && level < high));
});

test("the map covers its ranges and knows its lowest and highest point", () => {
  const { xs, ys, losses, lowest, highest } = survey(LONG, ["u", "v"], { u: [-2, 2], v: [-1, 1] });
  assert.deepEqual([xs[0], xs.at(-1), ys[0], ys.at(-1)], [-2, 2, -1, 1]);
  assert.deepEqual([losses.length, losses[0].length], [ys.length, xs.length]);
  assert.ok(Math.abs(lowest) < 1e-9 && Math.abs(highest - 14) < 1e-9);
});

test("the lowest place is found between the points of the grid, and a valley is told from a hollow", () => {
  const off = survey(LONG, ["u", "v"], { u: [-2.1, 1.7], v: [-1, 1.23] });
  assert.ok(Math.hypot(...off.spot) < 1e-4, String(off.spot));
  assert.deepEqual([off.lowest, off.valley], [0, false]);
  const product = {
    nodes: [
      leaf("u", 1),
      leaf("v", 1),
      node("u * v", "*", 0, 1),
      { name: "1", op: "const", parents: [], value: 1 },
      node("u * v - 1", "-", 2, 3),
      node("L", "*", 4, 4),
    ],
  };
  assert.ok(survey(product, ["u", "v"], { u: [0, 3], v: [0, 3] }).valley, "all of u v = 1 is as low");
});

test("the model says what it says with its leaves at a point", () => {
  const line = {
    nodes: [leaf("w", 0), leaf("x", 0), leaf("b", 0), node("w * x", "*", 0, 1), node("w * x + b", "+", 3, 2)],
  };
  assert.deepEqual(predictions(line, ["b", "w"], [1, 2], [0, 1, -3]), [1, 3, -5]);
});

test("earlier steps are few, early ones first, never the last", () => {
  assert.deepEqual(earlier(0), []);
  assert.deepEqual(earlier(3), [0, 1, 2]);
  const many = earlier(100);
  assert.ok(many.length === 8 && many[0] === 0 && many.at(-1) < 100);
  assert.ok(many[1] - many[0] < many[7] - many[6]);
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
