import assert from "node:assert/strict";
import { test } from "node:test";

import { draw } from "../../bplib/explore/_shared/rng.js";
import {
  decades,
  engine,
  histogram,
  isLight,
  remark,
  roundUp,
  slopeOf,
  smaller,
  tell,
  upTo,
} from "../../bplib/explore/flow/flow.js";

const flow = engine(draw);
const BASE = {
  depth: 20,
  width: 32,
  batch: 32,
  activation: "sigmoid",
  init: "xavier",
  scale: 1,
  norm: false,
  residual: false,
  seed: 1,
};
const made = (given) => ({ ...BASE, ...given });
const ratio = (given) => slopeOf(flow(made(given)).gradients);
const text = (parts) => parts.map((part) => (Array.isArray(part) ? part[1] : part)).join("");
const said = (given) => text(tell(flow(made(given)), made(given)));

test("the chapter's claims: sigmoid starves the first layers; batch norm, a way round and He with ReLU feed them", () => {
  const { perLayer, total } = ratio({});
  assert.ok(perLayer < 0.25 && total < 1e-10, `${perLayer}, ${total}`);
  for (const fixed of [
    { norm: true },
    { residual: true },
    { activation: "relu", init: "he" },
    { activation: "tanh" },
  ]) {
    const { perLayer: now } = ratio(fixed);
    assert.ok(now > 0.7 && now < 1.3, `${JSON.stringify(fixed)}: ${now}`);
  }
});

test("its whole text is enough to compute elsewhere, as the worker does", () => {
  const elsewhere = new Function(`return (${engine})(${draw})`)();
  const config = made({ depth: 3, norm: true, residual: true, activation: "relu" });
  assert.deepEqual(elsewhere(config), flow(config));
});

test("the same seed draws the same network, whatever was computed before", () => {
  const fresh = engine(draw)(made({ depth: 4 }));
  flow(made({ seed: 2, depth: 3 }));
  assert.deepEqual(flow(made({ depth: 4 })), fresh);
  assert.notDeepEqual(flow(made({ depth: 4, seed: 2 })), fresh);
});

test("the gradient is the slope of the loss", () => {
  // With one linear layer, d(loss)/d(scale) is dL/dW · W / scale; the loss is not given out, so W's draw is repeated.
  const config = made({ depth: 1, width: 3, batch: 4, activation: "none" });
  const { normal } = draw("flow 1");
  const all = Array.from({ length: 33 }, normal);
  const [X, T, W] = [all.slice(0, 12), all.slice(12, 24), all.slice(24).map((w) => w * Math.sqrt(1 / 3))];
  const loss = (V) => {
    let sum = 0;
    for (let i = 0; i < 4; i++)
      for (let j = 0; j < 3; j++)
        sum += (X.slice(3 * i, 3 * i + 3).reduce((z, x, k) => z + x * V[3 * k + j], 0) - T[3 * i + j]) ** 2;
    return sum / 12;
  };
  const h = 1e-5;
  const nudged = (k, by) => loss(W.map((w, i) => (i === k ? w + by : w)));
  const length = Math.hypot(...W.map((_, k) => (nudged(k, h) - nudged(k, -h)) / (2 * h)));
  assert.ok(Math.abs(length - flow(config).weights[0]) < 1e-8);
  // dL/dZ is 2 (Z - T) / 12, entry by entry, so its length is 2 / 12 times the root of 12 times the loss.
  assert.ok(Math.abs((2 * Math.sqrt(12 * loss(W))) / 12 - flow(config).gradients[0]) < 1e-12);
});

test("what the activations lose forward and dZ backward, dW does not show", () => {
  const result = flow(made({ activation: "relu" }));
  assert.ok(Math.abs(slopeOf(result.gradients).perLayer - 0.7) < 0.06);
  assert.ok(Math.abs(slopeOf(result.weights).perLayer - 1) < 0.08);
  assert.ok(result.spreads[18] < 0.01 * result.spreads[0]);
});

test("the spread falls as the gradient does, until it is rounding", () => {
  const { spreads, gradients } = flow(made({ depth: 40 }));
  assert.ok(Math.abs((spreads[15] / spreads[0]) ** (1 / 15) - slopeOf(gradients).perLayer) < 0.02);
  assert.equal(spreads[39], 0);
});

test("what overflows, what is 0 and what is dead is said", () => {
  assert.match(said({ activation: "none", init: "normal", scale: 1e30 }), /^The forward pass overflows in layer 10:/);
  assert.match(said({ activation: "none", init: "normal", scale: 1e12 }), /^The gradient overflows in layers 1 to 15:/);
  assert.match(
    said({ activation: "sigmoid", scale: 1e-20 }),
    /^No gradient at all arrives in layers 1 to \d: it became too small/,
  );
  assert.match(
    said({ activation: "relu", width: 2, depth: 40 }),
    /^No gradient at all .*: every unit of layer \d+ is dead\.$/,
  );
  const wild = made({ activation: "tanh", init: "normal", scale: 2 });
  assert.match(remark(flow(wild), wild), /^ In layer \d+, \d+% of the slopes are saturated\.$/);
  assert.equal(remark(flow(BASE), BASE), "");
  assert.match(said({ depth: 1 }), /^There is one layer: its gradient has length ∂ 0\.\d+\.$/);
  assert.match(said({}), /^The gradient shrinks: × 0\.23 a layer\. Layer 1 gets 8\.6·10⁻¹³ of layer 20’s\.$/);
  assert.match(said({ norm: true }), /^The gradient keeps about its size: × 1 a layer\. Layer 1 gets [\d.]+ /);
  assert.match(
    said({ activation: "relu", init: "normal" }),
    /^The gradient grows: × 4\.1 a layer\. Layer 1 gets 5\.8·10¹¹ times layer 20’s\.$/,
  );
});

test("what can be counted is what was measured", () => {
  for (const given of [{}, { residual: true, activation: "relu" }, { norm: true, activation: "tanh", width: 8 }]) {
    const { A, dZ, activations, gradients } = flow(made(given));
    assert.equal(A.length, 20);
    for (const [l, values] of A.entries()) {
      assert.ok(Math.abs(Math.hypot(...values) / Math.sqrt(values.length) / activations[l] - 1) < 1e-12);
      assert.ok(Math.abs(Math.hypot(...dZ[l]) / gradients[l] - 1) < 1e-12);
    }
  }
});

test("a histogram counts what is a number, and its axis ends are round", () => {
  assert.deepEqual(histogram([0, 0.1, 0.5, 1, NaN, -0.1, 2], 0, 1, 4), [2, 0, 1, 2]);
  assert.deepEqual(histogram([1e308, -1e308, Infinity], -1e308, 1e308, 2).length, 2);
  assert.deepEqual([[0.3], [-7, 2], [20], [0], [NaN, Infinity], [5e-324]].map(roundUp), [0.5, 10, 20, 1, 1, 1]);
  assert.ok(roundUp([1.7e308]) < Infinity);
});

test("a curve runs up to a part of its way", () => {
  const points = [1, 2, 3].map((l) => [l, 10 ** -l]);
  assert.deepEqual(upTo(points, 0), [points[0], points[0]]);
  assert.deepEqual(upTo(points, 1), points);
  const [x, y] = upTo(points, 0.75).at(-1);
  assert.ok(Math.abs(x - 2.5) < 1e-12 && Math.abs(Math.log10(y) + 2.5) < 1e-12);
  assert.equal(upTo(points, 0.75).length, 3);
});

test("layers that are not all of a row are listed", () => {
  const words = said({ activation: "relu", residual: true, width: 2, seed: 2 });
  assert.equal(words, "No gradient at all arrives in layers 13 and 19: all their units are dead.");
});

test("axes hold everything that can be drawn, and survive what cannot", () => {
  assert.deepEqual(decades([0, NaN, Infinity]), { min: 1e-2, max: 1e2 });
  const { min, max } = decades([3e-14, 0.11]);
  assert.ok(min <= 3e-14 && max >= 0.11);
  assert.ok(decades([5e-324, 1e300]).min > 0);
});

test("what is computed while a knob moves is small enough", () => {
  assert.ok(isLight(BASE, "start") && !isLight(BASE, "moving"));
  const largest = made({ depth: 50, width: 64 });
  assert.ok(!isLight(largest, "start") && isLight(smaller(largest), "moving"));
});
