import assert from "node:assert/strict";
import { test } from "node:test";

import {
  beats,
  called,
  cost,
  countPaths,
  drawn,
  edges,
  factors,
  order,
  path,
  products,
  progress,
  result,
  sweep,
  tell,
} from "../../bplib/explore/paths/paths.js";

const text = (parts) => parts.map((part) => (Array.isArray(part) ? part[1] : part)).join("");
// x to a₁, a₂ at 2 and 3; to b₁, b₂; to L at 1 and −1.
const SMALL = [
  [[2, 3]],
  [
    [1, 4],
    [-2, 5],
  ],
  [[1], [-1]],
];
const sizes = [];
for (let layers = 1; layers <= 4; layers++) for (let width = 1; width <= 4; width++) sizes.push([layers, width]);

test("each path once, and each runs through every column", () => {
  assert.equal(countPaths(SMALL), 4);
  const all = [0, 1, 2, 3].map((k) => path(SMALL, k));
  assert.deepEqual(all, [
    [0, 0, 0, 0],
    [0, 0, 1, 0],
    [0, 1, 0, 0],
    [0, 1, 1, 0],
  ]);
  assert.deepEqual(factors(SMALL, all[3]), [3, 5, -1]);
  for (const [layers, width] of sizes) {
    const rates = drawn(layers, width, 3);
    const found = new Set(Array.from({ length: countPaths(rates) }, (_, k) => String(path(rates, k))));
    assert.equal(found.size, width ** layers);
  }
});

test("all three ways find the same number", () => {
  assert.equal(result(SMALL), 2 * (1 - 4) + 3 * (-2 - 5));
  for (const [layers, width] of sizes) {
    const rates = drawn(layers, width, 11);
    assert.equal(progress(rates, "paths", -1).sum, result(rates));
    assert.equal(sweep(rates, "front").at(-1)[0], result(rates));
  }
});

test("what a sweep leaves at each node", () => {
  assert.deepEqual(sweep(SMALL, "back"), [[-27], [-3, -7], [1, -1], [1]]);
  assert.deepEqual(sweep(SMALL, "front"), [[1], [2, 3], [-4, 23], [-27]]);
});

test("a sweep comes to a node when all that it needs are done", () => {
  for (const way of ["back", "front"]) {
    const done = new Set();
    for (const [k, j] of order(SMALL, way)) {
      for (const [c, from, to] of edges(SMALL, way, [k, j]))
        assert.ok(done.has(way === "back" ? `${c + 1} ${to}` : `${c} ${from}`));
      done.add(`${k} ${j}`);
    }
    assert.equal(done.size, 6);
  }
});

test("multiplications, counted one by one and by formula", () => {
  for (const [layers, width] of sizes) {
    const rates = drawn(layers, width, 1);
    const { paths, factored } = cost(layers, width);
    assert.equal(progress(rates, "paths", -1).times, paths);
    for (const way of ["back", "front"]) {
      assert.equal(progress(rates, way, -1).times, factored);
      assert.equal(
        order(rates, way).reduce((sum, node) => sum + products(rates, way, node), 0),
        factored,
      );
    }
  }
  assert.deepEqual(cost(2, 3), { paths: 18, factored: 12 });
  assert.deepEqual(cost(10, 3), { paths: 590490, factored: 84 });
});

test("after some beats", () => {
  assert.deepEqual(progress(SMALL, "paths", 1), { done: 2, times: 4, sum: 2 - 8 });
  assert.deepEqual(progress(SMALL, "back", 3), { done: 4, times: 2 });
  assert.equal(beats(SMALL, "paths"), 4);
  assert.equal(beats(SMALL, "back"), 6);
});

test("a rate stays when layers or nodes are added", () => {
  const [small, large] = [drawn(2, 2, 5), drawn(3, 4, 5)];
  assert.equal(large[1][1][1], small[1][1][1]);
  assert.equal(large[0][0][1], small[0][0][1]);
  assert.notDeepEqual(drawn(2, 2, 6), small);
});

test("names", () => {
  assert.deepEqual(
    [0, 1, 2, 3].map((k) => called(SMALL, k, 0)),
    ["x", "a₁", "b₁", "L"],
  );
  assert.equal(called([[[2]], [[3]]], 1, 0), "a");
});

test("in words", () => {
  const says = (way, step) => text(tell(SMALL, way, step));
  assert.equal(says("paths", 2), "Path 3 of 4: 3 · (−2) · 1 = −6. 6 multiplications so far; the sum is −12.");
  assert.match(says("paths", -1), /^All 4 paths, 2 multiplications each, 8 in all: .* ∂L\/∂x = −27\./);
  assert.equal(says("back", 0), "The sweep begins with ∂L/∂L = 1: every number moves as fast as itself.");
  assert.equal(says("back", 2), "∂L/∂b₂ = −1, the rate of its only edge.");
  assert.equal(says("back", 3), "∂L/∂a₁ = 1 · 1 + (−1) · 4 = −3, with 2 multiplications.");
  assert.match(
    says("back", -1),
    /^One sweep from the back, 6 multiplications: ∂L\/∂x = −27, .* L moves with each node\.$/,
  );
  assert.equal(says("front", 4), "∂b₂/∂x = 4 · 2 + 5 · 3 = 23, with 2 multiplications.");
  assert.match(says("front", -1), /each node moves with x\.$/);
  assert.match(text(tell([[[2]], [[3]]], "paths", -1)), /^The only path, 1 multiplication: its product is/);
});
