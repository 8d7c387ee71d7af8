import assert from "node:assert/strict";
import { test } from "node:test";

import { contrast, firstSign, isHealthy, patientOf, place, short, spent } from "../../bplib/explore/doctor/model.js";

const readings = [
  ["start", "First loss", 1, 0.9, 1.6, false],
  ["first_last", "First / last", 20, 0.01, 10, true],
  ["promise", "Promise", 1, 0.9, 1.1, false],
];
const faults = { healthy: ["nothing"], sign: ["sign"], large: ["scale"], huge: ["scale"] };
const rows = {
  healthy: [[1, 1, 1, 0.95]],
  sign: [[1, null, -1, 0.1]],
  large: [[8, 1, 0.2, 0.1]],
  huge: [[80, 1, 0.2, 0.1]],
};
const data = { readings, faults, rows };

test("a value stands in, below or above its healthy range", () => {
  assert.ok(Math.abs(place(1.25, readings[0]) - 0.5) < 1e-12);
  assert.equal(place(0.01, readings[1]), 0);
  assert.ok(Math.abs(place(0.1, readings[1]) - 1 / 3) < 1e-12, "a ratio is placed by its logarithm");
  assert.ok(place(-50, readings[0]) >= -1 && place(-50, readings[0]) < -0.99);
  assert.ok(place(1e9, readings[0]) <= 2 && place(1e9, readings[0]) > 1.99);
  assert.equal(place(null, readings[0]), 2);
  assert.equal(place(0, ["unfinite", "", 0, 0, 0, false]), 0.5);
  assert.ok(!isHealthy(null, readings[0]) && isHealthy(0.9, readings[0]));
});

test("numbers are short", () => {
  assert.deepEqual([1, -0.5, 0.0123, 2e-6, 1e9, 0, null].map(short), [
    "1.00",
    "−0.50",
    "0.012",
    "2e−6",
    "1e9",
    "0.00",
    "NaN",
  ]);
});

test("a token gives one patient, and every verdict is drawn about as often", () => {
  assert.deepEqual(patientOf(data, 5), patientOf(data, 5));
  const times = {};
  for (let token = 0; token < 900; token++) {
    const { verdict, name, row } = patientOf(data, token);
    assert.equal(faults[name][0], verdict);
    assert.ok(rows[name].includes(row));
    times[verdict] = (times[verdict] ?? 0) + 1;
  }
  for (const verdict of ["nothing", "sign", "scale"]) assert.ok(times[verdict] > 240 && times[verdict] < 360, verdict);
});

test("steps are added up, and the first sign is the cheapest one", () => {
  assert.equal(spent(readings, ["start", "first_last"]), 21);
  assert.equal(firstSign(readings, rows.sign[0]), 2, "what cannot be read is no sign");
  assert.equal(firstSign(readings, rows.large[0]), 0);
  assert.equal(firstSign(readings, rows.healthy[0]), -1);
});

test("a wrong guess is answered with what it would give, and what is there", () => {
  const patient = (name) => ({ name, verdict: faults[name][0], which: 0, row: rows[name][0] });
  assert.deepEqual(contrast(data, patient("large"), "nothing"), { k: 0, would: 1, has: 8 });
  assert.deepEqual(contrast(data, patient("healthy"), "sign").has, 1);
  assert.equal(contrast(data, patient("healthy"), "nothing"), null, "nothing tells it from itself");
  assert.equal(contrast(data, patient("sign"), "scale").would, 8, "the likeliest fault of that verdict");
});
