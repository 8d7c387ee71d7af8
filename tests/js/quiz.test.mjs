import assert from "node:assert/strict";
import { test } from "node:test";

import { asNumber } from "../../bplib/explore/_shared/frame.js";
import {
  answerIn,
  asRound,
  checked,
  compared,
  faults,
  handedIn,
  hint,
  misconceptions,
  pressed,
  score,
  shuffled,
  solution,
  tally,
  verdict,
} from "../../bplib/explore/quiz/quiz.js";

const CHOOSE = {
  kind: "choose",
  id: "1",
  text: "Which?",
  right: "this",
  why: "It is.",
  wrong: [
    ["that", "No, since.", "slip-a"],
    ["none", "", ""],
  ],
};
const NUMBER = {
  kind: "number",
  id: "2",
  text: "How much?",
  right: 0.25,
  within: 0.005,
  wrong: [
    [0.5, "Half.", "slip-b"],
    [0.507, "Near.", ""],
  ],
};
const MATCH = {
  kind: "match",
  id: "3",
  text: "Match.",
  pairs: [
    ["a", "1"],
    ["b", "2"],
    ["c", "3"],
  ],
  spare: ["4"],
  wrong: [[["a", "2"], "No: b.", "slip-a"]],
};
const ORDER = {
  kind: "order",
  id: "4",
  text: "Sort.",
  steps: ["p", "q", "r", "s"],
  wrong: [["r", "After q.", "slip-c"]],
};
const ALL = [CHOOSE, NUMBER, MATCH, ORDER];

test("each solution is right, and is told so", () => {
  for (const item of ALL) {
    assert.deepEqual(faults(item, solution(item)), [], item.kind);
    assert.match(verdict(item, solution(item))[0], /^Right\./);
  }
});

test("a wrong choice speaks for itself", () => {
  assert.deepEqual(verdict(CHOOSE, "that"), ["Not this one. No, since."]);
  assert.deepEqual(faults(CHOOSE, "none"), [["none", "", ""]]);
  assert.equal(faults(CHOOSE, "neither").length, 1);
});

test("a number: the nearest known slip, else what is true of it", () => {
  assert.equal(faults(NUMBER, 0.504)[0][0], 0.507);
  assert.deepEqual(faults(NUMBER, 0.25 + 0.005), []);
  const item = { right: 1.2, within: 0.01, wrong: [] };
  const said = {
    "-1.2": /sign is not/,
    2.4: /twice/,
    0.6: /half/,
    12: /decimal point/,
    1.23: /Close, but off by 0.03/,
    "-3": /off by 4.2, and the sign/,
    5: /off by 3.8\.$/,
  };
  for (const [given, words] of Object.entries(said)) assert.match(hint(item, Number(given)), words, given);
});

test("nothing false is said about 0, nor about a wrong sign", () => {
  assert.match(hint({ right: 0.04, within: 0.005, wrong: [] }, 0), /^Not this: off by 0\.04\.$/);
  assert.match(hint({ right: 0.5, within: 0.1, wrong: [] }, 0), /^Not this: off by 0\.5\.$/);
  assert.match(hint({ right: 0.01, within: 0.005, wrong: [] }, -0.01), /sign is not/);
});

test("numbers as people type them, and as the figures write them", () => {
  const typed = ["-0.25", "−0,25", " 1e3 ", "0", "", "1.000,5", "x", "–2", "8.5e−4"];
  assert.deepEqual(typed.map(asNumber), [-0.25, -0.25, 1000, 0, NaN, NaN, NaN, -2, 8.5e-4]);
});

test("pairs: how many are right, and what is said of each wrong one", () => {
  const said = verdict(MATCH, { a: "2", b: "1", c: "3" });
  assert.deepEqual(said, [
    "1 of 3 pairs are right.",
    "a with 2: No: b.",
    "b with 1: these two do not belong together.",
  ]);
  assert.equal(faults(MATCH, { a: "1" }).length, 2);
});

test("order: how many are in place, and the first that is not", () => {
  assert.deepEqual(verdict(ORDER, ["p", "r", "q", "s"]), [
    "2 of 4 are in place. The first that is not stands second: r. After q.",
  ]);
});

test("pressing: left then right, right then left, changing one's mind, taking back", () => {
  const play = (spots, from = []) =>
    spots.reduce(({ pairs, held }, spot) => pressed(pairs, held, spot), { pairs: from, held: null });
  assert.deepEqual(play(["left 0", "right 2"]), { pairs: [[0, 2]], held: null });
  assert.deepEqual(play(["right 2", "slot 0"]), { pairs: [[0, 2]], held: null });
  assert.deepEqual(play(["left 0", "left 1"]), { pairs: [], held: "left 1" });
  assert.deepEqual(play(["left 0", "left 0"]), { pairs: [], held: null });
  assert.deepEqual(play(["slot 0"], [[0, 2]]), { pairs: [], held: null });
  assert.deepEqual(play(["left 1", "slot 0"], [[0, 2]]), { pairs: [[1, 2]], held: null });
  assert.deepEqual(play(["right 1", "left 0"], [[0, 2]]), { pairs: [[0, 1]], held: null });
});

test("the order of the choices is fixed, and steps never start in place", () => {
  assert.deepEqual(shuffled(CHOOSE), shuffled(structuredClone(CHOOSE)));
  assert.deepEqual(shuffled(CHOOSE).toSorted(), ["none", "that", "this"]);
  for (let id = 0; id < 200; id++)
    assert.notDeepEqual(shuffled({ ...ORDER, steps: ["p", "q"], id: `${id}` }), ["p", "q"]);
  const places = Array.from({ length: 300 }, (_, id) => shuffled({ ...CHOOSE, id: `${id}` }).indexOf("this"));
  for (const place of [0, 1, 2]) assert.ok(places.filter((p) => p === place).length > 60, "position says nothing");
});

test("score and tally", () => {
  const answers = { 1: ["that", "this"], 2: [0.25], 3: [{ a: "2", b: "1", c: "3" }], 4: [] };
  assert.deepEqual(score(ALL, answers), { right: 2, first: 1, tried: 3, of: 4 });
  assert.deepEqual(tally(ALL, { ...answers, 4: [["r", "p", "q", "s"]] }), [
    ["slip-a", 2],
    ["slip-c", 1],
  ]);
});

test("misconceptions: how often, of how many answered questions that offer them", () => {
  const answers = { 1: ["that"], 3: [{ a: "1", b: "2", c: "3" }], 4: [["r", "p", "q", "s"]] };
  assert.deepEqual(misconceptions(ALL, answers), [
    ["slip-a", 1, 2],
    ["slip-c", 1, 1],
  ]);
  assert.deepEqual(misconceptions(ALL, { 1: ["this"], 2: [] }), []);
});

test("what is an answer already, and what a test hands in", () => {
  assert.equal(answerIn(MATCH, { a: "1" }), undefined);
  assert.equal(answerIn(NUMBER, "0,25"), 0.25);
  assert.equal(answerIn(NUMBER, "a lot"), undefined);
  assert.deepEqual(answerIn(ORDER, undefined), shuffled(ORDER));
  const handed = handedIn(ALL, { 1: "that", 2: "x", 3: { a: "1" } });
  assert.deepEqual(handed, { 1: ["that"], 3: [{ a: "1" }] });
});

test("what is no quiz is named", () => {
  const wrong = [
    [null, /"items"/],
    [[], /one item/],
    [[{ ...CHOOSE, kind: "guess" }], /item 1 wants a kind of .* not "guess"/],
    [[CHOOSE, { ...NUMBER, within: null }], /item 2 wants finite numbers/],
    [[{ ...ORDER, steps: ["p"] }], /all its texts/],
    [[{ ...MATCH, pairs: 3 }], /all its texts/],
    [[{ ...CHOOSE, wrong: ["that"] }], /\[what, feedback, slip\]/],
    [[null], /text/],
    [[{ ...CHOOSE, id: undefined }], /id/],
  ];
  for (const [items, message] of wrong) assert.throws(() => checked(items), message);
});

test("two rounds are compared by what went, what stayed and what is new, over what was answered in both", () => {
  const items = ["1", "2", "3", "4"].map((id) => ({ ...CHOOSE, id }));
  const round = (...texts) => {
    const given = texts.map((text, k) => [String(k + 1), text]).filter(([, text]) => text !== undefined);
    return { date: "2026-11-26", answers: Object.fromEntries(given) };
  };
  const slips = (found) => [found.of, found.right, found.went, found.stayed, found.fresh];
  const nothing = [];
  assert.deepEqual(slips(compared(items, round("that", "that"), round("this", "this"))), [
    2,
    [0, 2],
    [["slip-a", 2, 0]],
    nothing,
    nothing,
  ]);
  assert.deepEqual(slips(compared(items, round("that", "that"), round("this", "that"))), [
    2,
    [0, 1],
    nothing,
    [["slip-a", 2, 1]],
    nothing,
  ]);
  assert.deepEqual(slips(compared(items, round("this", undefined), round("that", "that"))), [
    1,
    [1, 0],
    nothing,
    nothing,
    [["slip-a", 0, 1]],
  ]);
  const changed = round("that", "an answer that is not offered any more");
  assert.deepEqual(slips(compared(items, changed, round("this", "this"))).slice(0, 2), [1, [0, 1]]);
});

test("what is no round is none", () => {
  for (const kept of [undefined, null, 7, "x", {}, { date: 3, answers: {} }, { date: "2026-11-26", answers: 3 }])
    assert.equal(asRound(kept), null);
  assert.ok(asRound({ date: "2026-11-26", answers: {} }));
});
