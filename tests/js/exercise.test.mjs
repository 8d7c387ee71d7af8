// The model of the element below an exercise: its fields, what is remembered, what is practised.
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  after,
  asAnswer,
  asRows,
  clock,
  fits,
  inUse,
  pieces,
  practised,
  promptOf,
  sound,
  variantOf,
} from "../../bplib/explore/exercise/exercise.js";

test("a message is told apart into text, strong, emphasis, code and formulas", () => {
  assert.deepEqual(pieces("**Not yet.** $w_1$ is `w * x`. See chapter 7, *Why*."), [
    ["strong", "Not yet."],
    ["text", " "],
    ["math", "w_1"],
    ["text", " is "],
    ["code", "w * x"],
    ["text", ". See chapter 7, "],
    ["em", "Why"],
    ["text", "."],
  ]);
  assert.deepEqual(pieces("2 * 3 * 4"), [["text", "2 * 3 * 4"]]);
});

test("a grid's answer is the part that is filled, from its corner", () => {
  const rows = [
    ["1", "", ""],
    ["", "2", " "],
    ["", "", ""],
  ];
  assert.deepEqual(inUse(rows), [
    ["1", ""],
    ["", "2"],
  ]);
  assert.deepEqual(inUse([["", ""]]), []);
});

test("one row is a row for an array of one axis, and a grid of one row for one of two", () => {
  assert.deepEqual(asAnswer([["1", "2", ""]], 1), ["1", "2"]);
  assert.deepEqual(asAnswer([["1", "2", ""]], 2), [["1", "2"]]);
  assert.deepEqual(asAnswer([["1"], ["2"]], 1), [["1"], ["2"]]);
  assert.equal(asAnswer([["", ""]], 2), "");
  assert.deepEqual(asRows(["1", "2"]), [["1", "2"]]);
  assert.deepEqual(asRows([["1"], ["2"]]), [["1"], ["2"]]);
});

test("what was kept stands in the fields only if it has their form", () => {
  const byHand = { kind: "ByHand", outputs: ["a", "b"] };
  assert.ok(fits(byHand, ["1", ""]));
  for (const bad of [null, 3, "1", ["1"], ["1", 2], {}]) assert.ok(!fits(byHand, bad), JSON.stringify(bad));
  const arrays = { kind: "Arrays", outputs: [["A", [2, 2]]] };
  assert.ok(fits(arrays, { A: [["1"], ["2"]] }));
  assert.ok(!fits(arrays, { A: [[1]] }));
  assert.ok(!fits(arrays, { B: "1" }));
  assert.ok(fits({ kind: "Choice" }, "b"));
  assert.ok(!fits({ kind: "Choice" }, ["b"]));
});

test("of what was kept, only what has the right form is taken", () => {
  const spec = { kind: "Choice" };
  const good = { fields: "b", raw: "b", wrong: "b", tries: 1, step: 2, points: 0, drill: { row: 2 } };
  assert.deepEqual(sound(spec, good), good);
  assert.deepEqual(sound(spec, { ...good, fields: 7 }), { drill: { row: 2 } });
  const odd = sound(spec, { fields: "b", tries: "many", step: 99, points: null, drill: { row: "x" } });
  assert.deepEqual([odd.tries, odd.step, odd.points, odd.drill], [0, 3, 0, undefined]);
  for (const none of [undefined, null, 3, "x", []]) assert.deepEqual(sound(spec, none), {});
});

test("only a new wrong answer brings more help, and the best points are kept", () => {
  const wrong = (raw, points = 0) => ({ fields: raw, raw, verdict: { points, counts_as_try: true } });
  let state = after({}, wrong("1"));
  assert.deepEqual([state.tries, state.step], [1, 1]);
  state = after(state, wrong("1"));
  assert.deepEqual([state.tries, state.step], [1, 1], "the same answer again");
  state = after({ ...state, step: 3 }, wrong("1"));
  assert.equal(state.step, 3, "help that was asked for stays");
  state = after(state, wrong("2", 0.5));
  assert.deepEqual([state.tries, state.step, state.points], [2, 2, 0.5]);
  state = after(state, wrong("3"));
  state = after(state, wrong("4"));
  assert.deepEqual([state.tries, state.step, state.points], [4, 3, 0.5]);
  state = after(state, { fields: "5", raw: "5", verdict: { points: 1, counts_as_try: false } });
  assert.deepEqual([state.tries, state.points, state.wrong], [4, 1, "4"]);
});

test("practice counts what was right at once, in a row, and the fastest", () => {
  let record = practised({}, { right: true, first: true, seconds: 80 });
  record = practised(record, { right: true, first: true, seconds: 60 });
  assert.deepEqual(record, { row: 2, longest: 2, done: 2, fastest: 60 });
  record = practised(record, { right: false, first: true, seconds: 5 });
  record = practised(record, { right: true, first: false, seconds: 90 });
  assert.deepEqual(record, { row: 0, longest: 2, done: 3, fastest: 60 });
  assert.equal(clock(134.9), "2:14");
  assert.equal(clock(5), "0:05");
});

test("a variant and its prompt are put together again", () => {
  const pool = {
    say: ["a"],
    mistakes: [],
    math: {},
    same: { kind: "Choice", points: 1 },
    kits: [{ right: "a" }, { right: "b" }],
    templates: ["<p>{{0}} and {{1}} and {{0}}</p>"],
    parts: ["1", "2", "3"],
    prompts: [
      [0, 0, 1],
      [0, 2, 0],
    ],
  };
  assert.deepEqual(variantOf(pool, 1), { kind: "Choice", points: 1, right: "b", say: ["a"], mistakes: [], math: {} });
  assert.equal(promptOf(pool, 1), "<p>3 and 1 and 3</p>");
});
