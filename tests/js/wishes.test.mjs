import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import {
  averaged,
  compared,
  decode,
  enlarge,
  forward,
  lengths,
  library,
  ofPixels,
  product,
  requests,
  rollback,
  rowFrom,
  single,
} from "../../bplib/explore/wishes/model.js";
import { trailTo } from "../../bplib/explore/wishes/wishes.js";
import { BEATS, foremost, numbers, signedText, story } from "../../bplib/explore/wishes/words.js";

const network = JSON.parse(readFileSync(new URL("../../bplib/explore/wishes/wishes.json", import.meta.url), "utf8"));
const net = decode(network);
const picture = library(net);
const first = (n) => Array.from({ length: n }, (_, i) => picture(i));
const at = (i, target = net.labels[i]) => single(net, enlarge(net.images[i]), target);
const near = (a, b, within = 1e-12) => assert.ok(Math.abs(a - b) <= within, `${a} is not ${b}`);
const apart = (one, other) => one.reduce((most, v, k) => Math.max(most, Math.abs(v - other[k])), 0);
const text = (parts) => parts.map((part) => (Array.isArray(part) ? part[1] : part)).join("");
const squared = (a, target) => a[3].reduce((sum, y, k) => sum + (y - (k === target)) ** 2, 0);
const dot = (one, other) => one.reduce((sum, v, k) => sum + v * other[k], 0);

/** The wishes for all parameters, in the order W, b of each layer. */
function parameters(state) {
  return net.layers.flatMap(({ nIn, nOut }, l) => {
    const all = Array.from({ length: nOut }, (_, j) => rollback(net, state, l + 1, j));
    const W = Array.from({ length: nIn * nOut }, (_, k) => all[k % nOut].weights[Math.floor(k / nOut)]);
    return [...W, ...all.map(({ bias }) => bias)];
  });
}

test("a wish is the negative slope of the squared error", () => {
  const { wish, ...rest } = at(90);
  const all = parameters({ wish, ...rest });
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
    near(-(loss(h) - loss(-h)) / (2 * h), all[place], 1e-7);
  }
  assert.equal(all.length, 13002);
  for (const k of net.layers[2].b.keys()) assert.equal(wish.z[3][k], all[13002 - 10 + k]);
});

test("one picture wishes more for the bias of its own output alone; an average does not", () => {
  const up = (z) => [...z].flatMap((wish, k) => (wish > 0 ? [k] : []));
  for (const i of [0, 33, 90]) assert.deepEqual(up(at(i).wish.z[3]), [net.labels[i]]);
  assert.deepEqual(up(at(90, 7).wish.z[3]), [7]);
  assert.notDeepEqual(up(averaged(net, first(120)).wish.z[3]), [3]);
});

test("what all neurons of a layer ask of one before it adds up to its wish", () => {
  const state = at(90);
  for (const level of [2, 3]) {
    const all = Array.from({ length: net.layers[level - 1].nOut }, (_, j) => rollback(net, state, level, j).before);
    for (const [i, wish] of state.wish.a[level - 1].entries()) {
      near(
        all.reduce((sum, asked) => sum + asked[i], 0),
        wish,
      );
      const asking = requests(net, state, level - 1, i);
      near(
        asking.reduce((sum, r) => sum + r, 0),
        wish,
      );
      all.forEach((asked, j) => {
        near(asked[i], asking[j]);
      });
    }
  }
  assert.equal(requests(net, state, 3, 0).length, 0);
});

test("what each neuron of hidden 1 asks of the pixels adds up to what all ask", () => {
  for (const state of [at(90), averaged(net, first(9))]) {
    const all = Array.from({ length: 16 }, (_, j) => rollback(net, state, 1, j).pixels);
    for (const [k, value] of ofPixels(net, state).entries())
      near(
        all.reduce((sum, pixels) => sum + pixels[k], 0),
        value,
      );
  }
});

test("products and lengths of all 13,002 wishes, without making them", () => {
  const [one, other] = [at(90), at(4)].map((state) => [state, parameters(state)]);
  near(product(one[0], other[0]), dot(one[1], other[1]));
  near(product(one[0], one[0]), dot(one[1], one[1]));
  const row = first(9);
  for (const [k, length] of lengths(row).entries()) {
    const mean = parameters(averaged(net, row.slice(0, k + 1)));
    near(length, Math.sqrt(dot(mean, mean)));
  }
});

test("an average begins with the picture that is shown, and goes on round and round", () => {
  const row = rowFrom(picture, 120, 118, at(118, 0));
  assert.deepEqual([row.length, row[0].wish], [120, at(118, 0).wish]);
  assert.ok(row[1] === picture(119) && row[2] === picture(0) && row[119] === picture(117));
});

test("the average: of one picture that picture, and shorter than a single one", () => {
  near(apart(parameters(at(0)), parameters(averaged(net, [at(0)]))), 0);
  near(compared(at(0), [at(0)]).cosine, 1);
  const { mean, typical } = compared(at(0), first(120));
  assert.ok(mean < typical / 3);
});

test("the way back: neurons of later levels, as long as they hang together", () => {
  const [three, four] = [
    { level: 3, j: 3 },
    { level: 2, j: 4 },
  ];
  assert.deepEqual(trailTo({ level: 2, j: 4 }, three, []), [three]);
  assert.deepEqual(trailTo({ level: 1, j: 8 }, four, [three]), [four, three]);
  assert.deepEqual(trailTo({ level: 1, j: 9 }, { level: 1, j: 8 }, [four, three]), [four, three]);
  assert.deepEqual(trailTo({ level: 2, j: 5 }, { level: 1, j: 8 }, [four, three]), [three]);
  assert.deepEqual(trailTo({ level: 3, j: 5 }, four, [three]), []);
  assert.deepEqual(trailTo({ level: 1, j: 5 }, three, []), [], "a level was left out");
  assert.deepEqual(foremost([0.1, -3, 2, 0, 1]), [1, 2, 4]);
});

test("signs: none for nothing, and a minus that is one", () => {
  const given = [1.4284, -0.0712, 0, -0, -0.00004, NaN];
  assert.deepEqual(given.map(signedText), ["+1.428", "−0.071", "0", "0", "−4e−5", "NaN"]);
});

/** A scene as the figure makes it. */
function scene(i, level, neuron, { n, ...more } = {}) {
  const one = at(i);
  const mean = n ? averaged(net, first(n)) : null;
  const state = mean ?? one;
  const roll = rollback(net, state, level, neuron);
  const { typical, mean: length } = compared(one, mean?.all ?? [one]);
  const rest = { beat: -1, chosen: true, trail: [], asks: "neurons", target: net.labels[i], label: net.labels[i] };
  return { ...rest, one, mean, state, roll, shorter: typical / length, level, neuron, ...more };
}
const told = (...given) => text(story(net, scene(...given)));
const digits = /\d\.\d/;

test("words first: no number but the picture's own", () => {
  const opening = told(90, 3, 3, { chosen: false });
  assert.match(opening, /^This 3 is read as a 7\. .* Click output 3, and follow its wish back to the pixels\.$/);
  assert.match(told(90, 3, 3), /Output 3 should be more active\. Click one of the neurons it asks: /);
  assert.match(told(90, 3, 7), /Output 7 should be less active\./);
  assert.match(
    told(90, 2, 3),
    /^Neuron 4 of hidden 2 should be less active\. Of the 10 outputs, \d would have it more/,
  );
  assert.match(told(90, 1, 8), /Of the 16 neurons of hidden 2, .* what it asks of the pixels/);
  for (const level of [1, 2, 3]) assert.doesNotMatch(told(90, level, 3), digits);
  const trail = [{ level: 3, j: 3 }];
  assert.match(told(90, 2, 2, { trail }), /should be more active, although output 3 asks for less\. /);
  assert.doesNotMatch(told(90, 2, 3, { trail }), /although/);
  assert.match(told(90, 3, 3, { asks: "weights" }), /most of those on the most active neurons/);
  assert.match(told(90, 3, 3, { n: 60 }), /^The average wish of 60 pictures is \d\.\d times shorter .* disagree/);
  assert.match(
    told(90, 3, 3, { n: 1, chosen: false }),
    /^The average of one picture is its own wish\. .*left of it\.$/,
  );
  for (const beat of BEATS.keys()) assert.ok(told(90, 3, 3, { beat }).length > 40);
  assert.match(told(90, 3, 3, { beat: 3 }), /This 3 is read as a 7\. $/);
  assert.match(told(13, 3, 8, { chosen: false }), /^This \d is read as (one|an? \d)\. /);
});

test("numbers when somebody asks", () => {
  const says = (...given) => text(numbers(scene(...given), { level: 3, j: 3 }));
  assert.equal(says(90, 3, 3), "Output 3 is at 0.286; its wish is +1.428; it asks +0.292 of its bias.");
  assert.equal(says(90, 2, 3), "Output 3 is at 0.286; its wish is +1.428.");
  const asked = text(numbers(scene(90, 3, 3), { level: 2, j: 3 }));
  assert.equal(asked, "Neuron 4 of hidden 2 is at 0.194; its wish is −1.096, and output 3 asks −0.961 of it.");
  assert.match(says(90, 3, 3, { n: 60 }), /^Output 3 is on average at 0\.\d+; its mean wish is /);
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
