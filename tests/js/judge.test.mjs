import assert from "node:assert/strict";
import { test } from "node:test";

import { isOpen, numberIn, problemWith, writtenNumber } from "../../bplib/explore/_shared/answers.js";
import { pastedRows, toRaw } from "../../bplib/explore/_shared/fields.js";
import { hasMore, judge, messageOf } from "../../bplib/explore/_shared/judge.js";
import { pyFmt, pyGeneral, pyRepr, pyRound, pyStrip, pyTuple } from "../../bplib/explore/_shared/python.js";

// That the page judges as Python does is tested in tests/test_kits.py, on thousands of answers. Here is how it looks.

const SLOPE = {
  kind: "ByHand",
  id: "99.1",
  variant: "book",
  points: 2,
  outputs: ["z", "dL/dw"],
  want: [1.5, -4],
  tolerance: [0.001, 0.002],
  own: [[0, 0, 1, 1.5, 4]],
  one: [],
  two: { first: [], second: [], scales: [1, 1], off: [[], []] },
  other_order: 1,
  partly: [],
  say: ["z", "dL/dw", "the sign is turned", "It is tempting.", "Which sign?", " See chapter 7, *Signs*.", ""],
  mistakes: [
    ["sign-of-error", 2, 3, 4, 5, 2],
    ["other-order", 2, 3, 4, 6, 0],
  ],
};

test("help comes in three steps, and says where the way went wrong first", () => {
  const verdict = judge(SLOPE, toRaw(SLOPE, ["1,5", "4"]));
  assert.equal(verdict.points, 1);
  assert.deepEqual([verdict.counts_as_try, verdict.slips], [true, ["sign-of-error"]]);
  assert.equal(
    messageOf(verdict, 1),
    "**Not yet.** 1 of 2 right. Your numbers are consistent with a correct z. The first quantity that must be off is dL/dw.",
  );
  assert.equal(messageOf(verdict, 2), "**Not yet.** 1 of 2 right. Which sign?");
  const last = "This is what you get if the sign is turned. It is tempting. See chapter 7, *Signs*.";
  assert.equal(messageOf(verdict), `**Not yet.** 1 of 2 right. ${last}`);
  assert.equal(messageOf(verdict, 7), messageOf(verdict, 3));
  assert.deepEqual(
    [1, 2, 3].map((step) => hasMore(verdict, step)),
    [true, true, false],
  );
});

test("what is right, open or no number is no try", () => {
  const told = (...fields) => messageOf(judge(SLOPE, toRaw(SLOPE, fields)));
  assert.equal(told("3/2", "\u22124"), "**Right.** (2 points)");
  assert.equal(told("1.5", ""), "**Not finished yet.** 1 of 2 right. Still open: dL/dw.");
  assert.equal(told(" ", null), "**Not answered yet.**");
  assert.match(told("1.5", "4,000"), /^\*\*Not an answer yet\.\*\* dL\/dw is given as `4,000`.* type 4\.000 or 4000/);
});

test("numbers are read as people type them", () => {
  const read = {
    "2,06": 2.06,
    "\u22122.5": -2.5,
    " 1/4 ": 0.25,
    "1e-3": 0.001,
    ".5": 0.5,
    "\uff11\uff12": 12,
    "\u0663": 3,
  };
  for (const [text, number] of Object.entries(read)) assert.equal(writtenNumber(text), number, text);
  for (const text of ["", "1,234", "1.2.3", "1/0", "two", "1 2", "0x10", "1_000"])
    assert.equal(writtenNumber(text), null);
  assert.equal(numberIn([[{ text: "7" }]]), 7);
  assert.match(problemWith({ text: "1,234" }, "L"), /type 1\.234 or 1234/);
  assert.ok(isOpen({ named: { a: [null, [null]] } }));
  assert.ok(!isOpen([]));
});

test("rows are taken as they are pasted", () => {
  const cells = [
    ["1", "-2.5"],
    ["3", "4"],
  ];
  for (const pasted of [
    "1\t-2.5\n3\t4\n",
    "1 -2.5\r\n3   4",
    "[[1, -2.5], [3, 4]]",
    "array([[ 1. , -2.5],\n       [ 3. ,  4. ]])",
    "1;-2.5\n3;4",
    "[[1,-2.5],[3,4]]",
  ])
    assert.deepEqual(
      pastedRows(pasted, 2).map((row) => row.map((text) => String(Number(text)))),
      cells,
      pasted,
    );
  assert.deepEqual(pastedRows("0,5\t1,25\n2\t3", 2), [
    ["0,5", "1,25"],
    ["2", "3"],
  ]);
  assert.deepEqual(pastedRows("1,2\n3,4", 2), [
    ["1", "2"],
    ["3", "4"],
  ]);
  assert.deepEqual(pastedRows("1,2", 1), [["1,2"]]);
  assert.deepEqual(pastedRows("\n \n"), []);
});

test("fields become the raw form, what is blank is open", () => {
  const arrays = { kind: "Arrays" };
  assert.deepEqual(toRaw(arrays, { W: [["1", " "]], b: ["2"], n: "" }), {
    named: { W: [[{ text: "1" }, null]], b: [{ text: "2" }], n: null },
  });
  assert.deepEqual(toRaw({ kind: "Shapes" }, { W: "2 x 3", b: "(4,)", c: "" }), {
    named: { W: [2, 3], b: [4], c: null },
  });
  assert.equal(toRaw({ kind: "Choice" }, " B "), "b");
  assert.equal(toRaw({ kind: "Several" }, "a, C"), "ac");
  assert.equal(toRaw({ kind: "Several" }, ""), "");
  assert.equal(toRaw({ kind: "Several" }, null), null);
  assert.equal(toRaw({ kind: "Ordering" }, ""), null);
  assert.deepEqual(toRaw({ kind: "WhichLine" }, "3"), { text: "3" });
});

test("numbers and texts are written as Python writes them", () => {
  assert.deepEqual(
    [0.125, 2.5, -0.0004, 12345678, 1e-9, Infinity].map((x) => pyFmt(x, 2)),
    ["0.12", "2.5", "-4.0e-04", "1.2e+07", "1.0e-09", "inf"],
  );
  assert.deepEqual([1, 0.1, 1e16, 1e-5, -0, NaN].map(pyRepr), ["1.0", "0.1", "1e+16", "1e-05", "-0.0", "nan"]);
  assert.deepEqual([2, 0.5, 1234567, 0.00001].map(pyGeneral), ["2", "0.5", "1.23457e+06", "1e-05"]);
  assert.deepEqual(
    [0.125, 0.375, 2.675].map((x) => pyRound(x, 2)),
    [0.12, 0.38, 2.67],
  );
  assert.equal(pyRepr([{ text: "it's" }, null, true]), `[{'text': "it's"}, None, True]`);
  assert.equal(pyRepr("a\n\u200b'\""), `'a\\n\\u200b\\'"'`);
  assert.deepEqual([[3], [2, 0.5], []].map(pyTuple), ["(3,)", "(2, 0.5)", "()"]);
  assert.equal(pyStrip("\u001f\u00a0 x\u2028"), "x");
});
