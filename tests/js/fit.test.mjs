import assert from "node:assert/strict";
import { test } from "node:test";

import {
  curvature,
  evaluate,
  fastest,
  gradient,
  initial,
  names,
  push,
  step,
  tell,
  view,
} from "../../bplib/explore/fit/fit.js";

const text = (parts) => parts.map((part) => (Array.isArray(part) ? part[1] : part)).join("");
const near = (got, want, by = 1e-10) => assert.ok(Math.abs(got - want) < by, `${got}, not ${want}`);
const POINTS = [
  [-2, -1],
  [-1, -0.6],
  [0, 0.9],
  [1, 1.4],
  [2, 1.1],
];
const task = (more = {}) => {
  const model = more.model ?? "line";
  const all = names(model, more.hidden ?? 3);
  return { points: POINTS, one: null, lr: 0.1, ...more, model, names: all, holds: more.holds ?? all.map(() => false) };
};
// Trace A of chapter 7.
const A = task({ points: [[2, 3]], model: "relu", hidden: 1 });
const START = [0.5, 0, 1.5, 0];

test("trace A's step: four gradients, a promise, and a loss that more than quadruples", () => {
  const { loss, grad, after, promised, actual } = step(A, START);
  assert.deepEqual(A.names, ["w1", "b1", "w2", "b2"]);
  assert.equal(loss, 2.25);
  assert.deepEqual(grad, [-9, -4.5, -3, -3]);
  for (const [k, want] of [1.4, 0.45, 1.8, 0.3].entries()) near(after[k], want);
  near(promised, -11.925);
  near(actual, 9.9225 - 2.25);
});

test("what is held still does not move, and promises nothing", () => {
  const alone = { ...A, holds: [false, true, true, true] };
  const { after, promised, actual } = step(alone, START);
  assert.deepEqual(after.slice(1), START.slice(1));
  near(promised, -8.1);
  near(actual, 1.44 - 2.25);
});

test("the slopes are those of small differences", () => {
  for (const model of ["line", "tanh", "relu"]) {
    const weights = initial(model, 3, 4).map((w) => w + 0.3);
    const { grad } = gradient(task({ model }), weights);
    for (const [k, slope] of grad.entries()) {
      const [up, down] = [1e-6, -1e-6].map((h) => gradient(task({ model }), weights.with(k, weights[k] + h)).loss);
      near((up - down) / 2e-6, slope, 1e-7 * (1 + Math.abs(slope)));
    }
  }
});

test("a push is what the curve does, on a line exactly, on a network for small steps", () => {
  const { move, after } = step(task(), [0.3, -0.2]);
  for (const x of [-3, 0.5, 2]) {
    const moved = evaluate("line", after, x).y - evaluate("line", [0.3, -0.2], x).y;
    near(push("line", [0.3, -0.2], move, x), moved);
  }
  const tanh = task({ model: "tanh", lr: 1e-6 });
  const weights = initial("tanh", 3, 1);
  const small = step(tanh, weights);
  const moved = evaluate("tanh", small.after, 0.7).y - evaluate("tanh", weights, 0.7).y;
  near(push("tanh", weights, small.move, 0.7), moved, 1e-10);
});

test("one point pulls alone, and the curve moves elsewhere too", () => {
  const { move } = step(task({ one: 3 }), [0, 0]);
  near(push("line", [0, 0], move, 1), 0.1 * 2 * 1.4 * 2);
  near(push("line", [0, 0], move, -2), 0.1 * 2 * 1.4 * (1 - 2));
});

test("a line bears a rate of 2 / curvature, and not more", () => {
  const bend = curvature(task(), [0, 0]);
  near(bend, 4); // twice the mean of x squared
  near(curvature(task({ one: 4 }), [0, 0]), 2 * (4 + 1));
  const after = (lr) => {
    let weights = [0, 0];
    for (let n = 0; n < 400; n++) weights = step(task({ lr }), weights).after;
    return gradient(task(), weights).loss;
  };
  assert.ok(after((2 / bend) * 0.99) < 0.25);
  assert.ok(after((2 / bend) * 1.01) > 100);
  assert.ok(fastest(task(), [0, 0]) > 2 / bend);
  assert.equal(curvature(task({ holds: [true, true] }), [0, 0]), 0);
});

test("the axes hold the points and the start, or are as they were told", () => {
  const { x, y } = view(task(), [0, 3]);
  assert.ok(x.min < -2 && x.max > 2 && y.min < -1 && y.max > 3);
  const given = view(task({ xlim: [-1, 4], ylim: [0, 8] }), [0, 0]);
  assert.deepEqual(given, { x: { min: -1, max: 4 }, y: { min: 0, max: 8 } });
  const single = view(A, START);
  assert.ok(single.x.min < 2 && single.x.max > 2);
});

test("a step in words", () => {
  const first = "The loss is 1.07. The slopes promise that the next step changes it by −0.667.";
  const limit = " The loss of this line has the curvature 4: a rate above 2 / 4 = 0.5 makes it fly off.";
  assert.equal(text(tell(task(), [0, 0], { taken: false, steps: 0 })), first + limit);
  const taken = (more, weights = [0, 0]) => text(tell(task(more), weights, { taken: true, steps: 1 }));
  assert.match(
    taken({}),
    /^Step 1 was promised −0\.667 and brought −0\.539: the loss went from 1\.07 to 0\.529\. Less/,
  );
  assert.match(taken({ lr: 0.01 }), /The promise nearly held/);
  assert.match(taken({ lr: 0.3 }), /larger than the whole loss/);
  assert.match(taken({ lr: 0.6 }), /It rose: the step went too far\. The loss of this line has the curvature 4/);
  assert.match(
    taken({ one: 3 }),
    /Only the point at x = 1 pulled, yet at x = −2 the curve was pushed by −0\.28 as well/,
  );
  // On the far side of a hill the slope grows with the step.
  const hill = task({ model: "tanh", hidden: 1, points: [[1, 1]], lr: 1, holds: [false, true, true, true] });
  assert.match(text(tell(hill, [-1.5, 0, 1, 0], { taken: true, steps: 1 })), /More came of it than promised/);
  assert.match(text(tell(A, START, { taken: true, steps: 1 })), /It rose: the step went too far\.$/);
});

test("what stands still says why", () => {
  const says = (more, weights) => text(tell(task(more), weights, { taken: false, steps: 0 }));
  assert.match(says({ lr: 0 }, [0, 0]), /learning rate of 0/);
  assert.match(says({ holds: [true, true] }, [0, 0]), /held still/);
  assert.match(says({}, [0.62, 0.36]), /The gradient is 0 here/);
  assert.match(says({}, [1e9, 0]), /left for good/);
});

test("names and starts", () => {
  assert.deepEqual(names("tanh", 2), ["w1", "w2", "b1", "b2", "v1", "v2", "c"]);
  assert.deepEqual(initial("line", 3, 1), [0, 0]);
  assert.notDeepEqual(initial("tanh", 3, 1), initial("tanh", 3, 2));
  assert.equal(initial("relu", 4, 1).length, 13);
});
