import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import {
  averager,
  compared,
  decode,
  enlarge,
  forward,
  rollback,
  signedText,
  single,
  tell,
} from "../../bplib/explore/wishes/wishes.js";

const network = JSON.parse(readFileSync(new URL("../../bplib/explore/wishes/wishes.json", import.meta.url), "utf8"));
const net = decode(network);
const at = (i, target = net.labels[i]) => single(net, enlarge(net.images[i]), target);
const near = (a, b, within = 1e-12) => assert.ok(Math.abs(a - b) <= within, `${a} is not ${b}`);
const apart = (one, other) => one.reduce((most, v, k) => Math.max(most, Math.abs(v - other[k])), 0);
const text = (parts) => parts.map((part) => (Array.isArray(part) ? part[1] : part)).join("");
const squared = (a, target) => a[3].reduce((sum, y, k) => sum + (y - (k === target)) ** 2, 0);

test("a wish is the negative slope of the squared error", () => {
  const { wish, parameters } = at(90);
  const x = enlarge(net.images[90]);
  const h = 1e-6;
  for (const [layer, k, place] of [
    [2, 35, 12560 + 272 + 35],
    [1, 100, 12560 + 100],
    [0, 5000, 5000],
  ]) {
    const { W } = net.layers[layer];
    const loss = (by) => {
      W[k] += by;
      const value = squared(forward(net, x), 3);
      W[k] -= by;
      return value;
    };
    near(-(loss(h) - loss(-h)) / (2 * h), parameters[place], 1e-7);
  }
  assert.equal(parameters.length, 13002);
  for (const k of net.layers[2].b.keys()) assert.equal(wish.z[3][k], parameters[13002 - 10 + k]);
});

test("one picture wishes more for the bias of its own output alone; an average does not", () => {
  const up = (z) => [...z].flatMap((wish, k) => (wish > 0 ? [k] : []));
  for (const i of [0, 33, 90]) assert.deepEqual(up(at(i).wish.z[3]), [net.labels[i]]);
  assert.deepEqual(up(at(90, 7).wish.z[3]), [7]);
  assert.notDeepEqual(up(averager(net)(120).wish.z[3]), [3]);
});

test("what all neurons of a layer ask of one before it adds up to its wish", () => {
  const state = at(90);
  for (const level of [2, 3]) {
    const all = Array.from({ length: net.layers[level - 1].nOut }, (_, j) => rollback(net, state, level, j).before);
    const total = (i) => all.reduce((sum, asked) => sum + asked[i], 0);
    for (const [i, wish] of state.wish.a[level - 1].entries()) near(total(i), wish);
  }
});

test("the average: in any order of asking, of one picture that picture, and shorter than a single one", () => {
  const [up, down] = [averager(net), averager(net)];
  const far = down(120);
  for (const n of [1, 7, 8, 9, 64, 119]) {
    const [one, other] = [up(n), down(n)];
    near(apart(one.parameters, other.parameters), 0);
    near(one.typical, other.typical);
  }
  near(apart(at(0).parameters, up(1).parameters), 0);
  near(compared(at(0).parameters, up(1).parameters).cosine, 1);
  assert.ok(compared(far.parameters, far.parameters).one < far.typical / 3);
});

test("sentences and signs", () => {
  assert.deepEqual([1.4284, -0.0712, 0, -0.00004, NaN].map(signedText), ["+1.428", "−0.071", "0.000", "−4e−5", "NaN"]);
  const said = (state, level, neuron, averaged) => text(tell(net, state, { level, neuron, averaged }));
  assert.match(said(at(90), 3, 3, false), /^Output 3 is at 0\.286 and wishes \+1\.428\. Most of all it asks neuron 4 /);
  assert.match(said(at(90), 2, 0, false), /Of the 10 outputs, \d+ would have it more active, \d+ less; in sum /);
  assert.match(
    said(averager(net)(60), 1, 4, true),
    /^The wishes of 60 pictures, averaged, have length 0\.\d+, .* disagree/,
  );
});

test("what is no network is named", () => {
  const wrong = [
    [null, /network of three layers/],
    [{ ...network, layers: [{}, {}, {}] }, /layer 1 to have shape \[784, neurons\]/],
    [{ ...network, layers: network.layers.map((l) => ({ ...l, rows: "AAAA" })) }, /25120 bytes in layer 1, got 3/],
    [{ ...network, images: ["x"] }, /pictures of 64 characters/],
    [{ ...network, labels: [11] }, /120 labels from 0 to 9/],
  ];
  for (const [given, message] of wrong) assert.throws(() => decode(given), message);
});
