import assert from "node:assert/strict";
import { test } from "node:test";

import { moved } from "../../bplib/explore/_shared/player.js";
import { jacobian, PAIRS, unbuilt } from "../../bplib/explore/shapes/jacobian.js";
import { equations, fit, nudged, passes, shape, spell, times, verdict } from "../../bplib/explore/shapes/shapes.js";

const TRACE_C = {
  X: [
    [1, -1],
    [-1, 3],
    [2, 0.5],
  ],
  W1: [
    [1.5, 1],
    [0.8, -0.4],
  ],
  b1: [[0.1, 0.2]],
  W2: [
    [0.4, -1],
    [-0.2, 2],
  ],
  b2: [[-0.5, 0.5]],
  T: [
    [0.4, 1.7],
    [-0.7, -1.4],
    [1.7, 0.7],
  ],
};
const text = (parts) => parts.map((part) => (Array.isArray(part) ? part[1] : part)).join("");
const all = passes(TRACE_C, "mean");
const steps = equations(TRACE_C, "mean");
const step = (name) => steps.find(({ result }) => result === name);
const spelled = (name, i, j) => text(spell(all, "mean", step(name), i, j));
const judged = (name, label) => verdict(all, TRACE_C, "mean", step(name), label).replaceAll("\u00a0", " ");
const near = (got, want) => {
  const wanted = want.flat();
  for (const [k, v] of got.flat().entries()) assert.ok(Math.abs(v - wanted[k]) < 1e-12, `${v}, not ${wanted[k]}`);
};

test("the numbers of Trace C", () => {
  near(all.Z1, [
    [0.8, 1.6],
    [1, -2],
    [3.5, 2],
  ]);
  near(all.L, [[0.825]]);
  near(all.dZ2, [
    [-0.3, 0.4],
    [0.2, 0.3],
    [-0.4, 0.1],
  ]);
  near(all.dW2, [
    [-1.44, 0.97],
    [-1.28, 0.84],
  ]);
  near(all.db2, [[-0.5, 0.8]]);
  near(all.dZ1, [
    [-0.52, 0.86],
    [-0.22, 0],
    [-0.26, 0.28],
  ]);
  near(all.dW1, [
    [-0.82, 1.42],
    [-0.27, -0.72],
  ]);
  near(all.db1, [[-1, 1.14]]);
  near(all.dX, [
    [0.08, -0.76],
    [-0.33, -0.176],
    [-0.11, -0.32],
  ]);
});

test("every gradient agrees with nudges of its leaf, for every loss", () => {
  for (const loss of ["mean", "half mean", "sum"]) {
    const back = passes(TRACE_C, loss);
    for (const name of ["X", "W1", "b1", "W2", "b2"]) {
      for (const [i, row] of TRACE_C[name].entries()) {
        for (const j of row.keys()) {
          const miss = Math.abs(nudged(TRACE_C, loss, name, i, j) - back[`d${name}`][i][j]);
          assert.ok(miss < 1e-8, `${loss} ${name} ${i} ${j}`);
        }
      }
    }
  }
});

test("sums are spelled out", () => {
  assert.equal(
    spelled("dW1", 0, 1),
    "dW₁[0, 1] = 1 × 0.86 + (−1) × 0 + 2 × 0.28 = 1.42. Row 0 of Xᵀ meets column 1 of dZ₁.",
  );
  assert.equal(spelled("Z1", 1, 1), "Z₁[1, 1] = −1 × 1 + 3 × (−0.4) + 0.2 = −2. Row 1 of X meets column 1 of W₁.");
  assert.equal(spelled("dZ2", 0, 1), "dZ₂[0, 1] = 2/6 × (2.9 − 1.7) = 0.4.");
  assert.equal(
    spelled("dZ1", 1, 1),
    "dZ₁[1, 1] = 0.56 × 0 = 0. Z₁[1, 1] = −2: for example 1, unit 1 is dead and passes nothing back.",
  );
  assert.match(spelled("A1", 1, 1), /max\(0, −2\) = 0\. .* unit 1 is dead and gives 0\.$/);
  assert.match(
    spelled("db1", 0, 0),
    /^db₁\[0\] = −0\.52 \+ \(−0\.22\) \+ \(−0\.26\) = −1\. Every example used this bias/,
  );
  assert.match(spelled("L", 0, 0), /^L = 0\.1667 × \(\(−0\.9\)² \+ 1\.2² \+ .* = 0\.825\.$/);
});

test("a wrong product is told why", () => {
  assert.match(judged("dW1", "X dZ₁"), /do not fit: X is 3 × 2 and dZ₁ is 3 × 2, and 2 columns cannot meet 3 rows/);
  assert.match(judged("dW1", "dZ₁ Xᵀ"), /gives 3 × 3, but dW₁ must be 2 × 2, like W₁/);
  assert.match(
    judged("dW1", "dZ₁ᵀ X"),
    /numbers are wrong: dW₁\[0, 1\] comes out as −0\.27, and nudging W₁\[0, 1\] says 1\.42\. W₁ is square/,
  );
  assert.match(judged("dA1", "dZ₂ W₂"), /it should be −0\.52\. W₂ is square/);
  assert.match(judged("db2", "the sum of each row of dZ₂"), /gives 3 × 1, but db₂ must be 1 × 2, like b₂/);
  assert.match(judged("db2", "the mean of each column of dZ₂"), /nudging b₂\[0\] says −0\.5\.$/);
  assert.match(judged("dZ1", "dA₁"), /dZ₁\[1, 1\] comes out as 0\.56, and it should be 0\.$/);
});

test("on a kink a nudge is no judge", () => {
  const kink = { ...TRACE_C, b1: [[-0.7, 0.2]] }; // Z₁[0, 0] is 0, but for rounding
  const said = verdict(passes(kink, "mean"), kink, "mean", step("db1"), "the mean of each column of dZ₁");
  assert.match(said, /and it should be −\d/);
});

test("what is no number is not dead", () => {
  const far = {
    ...TRACE_C,
    W1: [
      [1e308, 1],
      [-1e308, 1],
    ],
    X: [
      [10, 10],
      [1, 1],
      [1, 1],
    ],
  };
  assert.doesNotMatch(text(spell(passes(far, "mean"), "mean", step("A1"), 0, 0)), /dead/);
});

test("every wrong choice is wrong on Trace C", () => {
  for (const one of steps) {
    for (const { label } of one.choices?.slice(1) ?? []) {
      assert.doesNotMatch(judged(one.result, label), /by accident/, `${one.result}: ${label}`);
    }
  }
  const even = {
    ...TRACE_C,
    W2: [
      [1, 0],
      [0, 1],
    ],
  };
  assert.match(verdict(passes(even, "mean"), even, "mean", step("dA1"), "dZ₂ W₂"), /by accident/);
});

test("a Jacobian is mostly empty, and the row of gradients times it is the next one", () => {
  const empty = (pair) =>
    jacobian(all, pair)
      .flat()
      .filter((v) => v === null).length;
  assert.deepEqual(Object.keys(PAIRS).map(empty), [24, 12, 30, 24, 12]);
  for (const pair of Object.keys(PAIRS)) {
    const [out, by] = pair.split("/");
    const row = all[`d${out}`].flat();
    const rows = jacobian(all, pair);
    const got = all[by].flat().map((_, c) => row.reduce((sum, v, r) => sum + v * (rows[r][c] ?? 0), 0));
    near([got], [all[`d${by}`].flat()]);
  }
});

test("why nobody builds a Jacobian is said in numbers", () => {
  assert.match(unbuilt(all, "Z1/X"), /^dX is dZ₁, .* 24 of its 36 entries are empty, since no example moves another/);
  assert.match(
    unbuilt(all, "Z1/X"),
    /dZ₁ W₁ᵀ gives the same from 4 numbers\. .* 12,845,056 entries, .* needs 12,544\.$/,
  );
  assert.match(
    unbuilt(all, "Z1/W1"),
    /12 of its 24 .* a weight moves only its own column of Z₁; the rest is X, once for/,
  );
  assert.match(unbuilt(all, "A1/Z1"), /30 of its 36 .* dA₁ ⊙ \[Z₁ > 0\] gives the same from 6 numbers/);
});

test("how shapes fit is said, and where they do not", () => {
  const fits = (name, choice = {}) =>
    fit(all, { ...step(name), ...choice })
      .filter(Boolean)
      .flat()
      .join("")
      .replace(/\s+/g, " ");
  assert.equal(fits("dW1"), "2 × meet3 · meet3 × 2 → 2 × 2");
  assert.equal(fits("Z1"), "3 × meet2 · meet2 × 2 + 1 × 2 → 3 × 2");
  assert.equal(fits("db1"), "3 × 2 → 1 × 2, a sum for each column");
  assert.equal(fits("dZ1"), "3 × 2 and 3 × 2 → 3 × 2");
  const chosen = (label) => step("dW1").choices.find((one) => one.label === label);
  assert.equal(fits("dW1", chosen("X dZ₁")), "3 × clash2 · clash3 × 2 2 is not 3");
  assert.equal(fits("dW1", chosen("dZ₁ Xᵀ")), "3 × meet2 · meet2 × 3 → 3 × 3, not 2 × 2");
});

test("every step names what it uses", () => {
  for (const { result, uses, factors, plus, sums } of steps) {
    assert.deepEqual(new Set(uses).size, uses.length, result);
    for (const name of [...(factors ?? []).map(([name]) => name), plus, sums].filter(Boolean))
      assert.ok(uses.includes(name), `${result}: ${name}`);
    assert.ok(uses.every((name) => name in all));
  }
});

test("shapes that are not square", () => {
  const wide = {
    X: [[1, 2, 3]],
    W1: [[1], [2], [3]],
    b1: [[0]],
    W2: [[1, 2, 3, 4]],
    b2: [[0, 0, 0, 0]],
    T: [[1, 1, 1, 1]],
  };
  const back = passes(wide, "sum");
  for (const name of ["X", "W1", "b1", "W2", "b2"]) assert.equal(shape(back[`d${name}`]), shape(wide[name]));
  assert.equal(times([[1, 2]], [[1, 2]]), null);
});

test("steps go round", () => {
  assert.deepEqual(
    ["first", "back", "next", "all"].map((by) => moved(-1, by, 12)),
    [0, 11, 0, -1],
  );
  assert.equal(moved(11, "next", 12), -1);
});
