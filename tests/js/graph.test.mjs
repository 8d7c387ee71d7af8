import assert from "node:assert/strict";
import { test } from "node:test";
import { check, RULES, run, users } from "../../bplib/explore/_shared/engine.js";
import { number, pretty } from "../../bplib/explore/_shared/frame.js";
import { asked, fits, help, room, suspects } from "../../bplib/explore/graph/fill.js";
import { moved } from "../../bplib/explore/graph/graph.js";
import { layout, measure, route } from "../../bplib/explore/graph/layout.js";
import { detail, explain, schedule, symbol } from "../../bplib/explore/graph/words.js";

const leaf = (name, value) => ({ name, op: "leaf", parents: [], value });
const node = (name, op, ...parents) => ({ name, op, parents, value: null });

// The network of chapter 7, and a small graph in which x fans out to three users.
const CHAPTER = {
  nodes: [
    leaf("x", 2),
    leaf("w1", 0.5),
    leaf("b1", 0),
    leaf("w2", 1.5),
    leaf("b2", 0),
    leaf("y", 3),
    node("w1 * x", "*", 1, 0),
    node("z1", "+", 6, 2),
    node("a1", "relu", 7),
    node("w2 * a1", "*", 3, 8),
    node("z2", "+", 9, 4),
    node("z2 - y", "-", 10, 5),
    { name: "2", op: "const", parents: [], value: 2 },
    node("L", "**", 11, 12),
  ],
};
const FAN = { nodes: [leaf("x", 3), node("p", "*", 0, 0), node("q", "exp", 1), node("L", "*", 2, 0)] };

const at = (graph, name) => graph.nodes.findIndex((n) => n.name === name);
const text = (parts) => parts.map((part) => (Array.isArray(part) ? part[1] : part)).join("");
const told = (graph, name, pass = "backward") => text(explain(graph, run(graph), { pass, node: at(graph, name) }));

test("the chapter's numbers", () => {
  const { value, grad } = run(CHAPTER);
  const want = { a1: [1, -4.5], "z2 - y": [-1.5, -3], L: [2.25, 1], w1: [0.5, -9], x: [2, -2.25], y: [3, 3] };
  for (const [name, pair] of Object.entries(want)) {
    assert.deepEqual([value[at(CHAPTER, name)], grad[at(CHAPTER, name)]], pair, name);
  }
});

test("a leaf that is moved moves everything after it", () => {
  const { value, grad } = run(CHAPTER, { w1: -1 });
  assert.equal(value[at(CHAPTER, "L")], 9);
  assert.equal(grad[at(CHAPTER, "w1")] + 0, 0); // relu is off
});

test("local derivatives agree with central differences", () => {
  const points = [
    [0.7, 1.3],
    [-0.4, 2.1],
    [2.2, -1.6],
    [1.9, 0.3],
  ];
  const h = 1e-6;
  for (const [op, rule] of Object.entries(RULES)) {
    for (const [a, b] of rule ? points : []) {
      if (a < 0 && ["log", "**"].includes(op)) continue;
      const slopes = [rule(a + h, b)[0] - rule(a - h, b)[0], rule(a, b + h)[0] - rule(a, b - h)[0]];
      for (const [k, d] of rule(a, b)[1].entries())
        assert.ok(Math.abs(d - slopes[k] / (2 * h)) < 1e-6, `${op} at ${a}, ${b}`);
    }
  }
});

test("kinks, ties and far ends", () => {
  assert.deepEqual(RULES.relu(0), [0, [0]]);
  assert.deepEqual(RULES.max(2, 2), [2, [0.5, 0.5]]);
  assert.deepEqual(RULES["**"](0, 2)[1][0], 0);
  assert.deepEqual(RULES.log(-1), [NaN, [NaN]], "no value, no rate");
  for (const z of [-1000, 1000]) assert.ok(RULES.sigmoid(z).flat().every(Number.isFinite));
});

test("the order of telling: every operation forward, then every node back, users first", () => {
  for (const graph of [CHAPTER, FAN]) {
    const steps = schedule(graph);
    const back = steps.filter((s) => s.pass === "backward").map((s) => s.node);
    const real = graph.nodes.map((_, i) => i).filter((i) => graph.nodes[i].op !== "const");
    assert.deepEqual(
      back.toSorted((a, b) => a - b),
      real,
    );
    assert.equal(back[0], graph.nodes.length - 1);
    const uses = users(graph);
    for (const [k, i] of back.entries()) for (const { node } of uses[i]) assert.ok(back.indexOf(node) < k);
    assert.equal(steps.length - back.length, real.filter((i) => graph.nodes[i].op !== "leaf").length);
  }
});

test("steps go round: everything shown lies between the last and the first", () => {
  assert.deepEqual(
    ["first", "back", "next", "all"].map((by) => moved(-1, by, 20)),
    [0, 19, 0, -1],
  );
  assert.deepEqual(
    ["first", "back", "next", "all"].map((by) => moved(19, by, 20)),
    [0, 18, -1, -1],
  );
  assert.equal(moved(0, "back", 20), 0);
});

test("sentences", () => {
  assert.equal(told(CHAPTER, "z1", "forward"), "z₁ = w₁·x + b₁ = 1 + 0 = 1.");
  assert.equal(told(CHAPTER, "L", "forward"), "L = (z₂ − y)² = (−1.5)² = 2.25.");
  assert.equal(told(CHAPTER, "w1 * x", "forward"), "w₁·x = 0.5 × 2 = 1.");
  assert.equal(told(CHAPTER, "a1"), "∂L/∂a₁ = ∂L/∂(w₂·a₁) × ∂(w₂·a₁)/∂a₁ = −3 × 1.5 = −4.5.");
  assert.match(told(FAN, "x"), /^∂L\/∂x = (∂.* \+ ){2}∂.* Fan-out: x is used 3 times, so 3 products are summed\.$/);
});

test("what is not computed yet is not given away", () => {
  const nothing = { value: [], grad: [] };
  assert.equal(text(detail(CHAPTER, run(CHAPTER), at(CHAPTER, "a1"), nothing)), "The value of a₁ is not computed yet.");
});

test("a plain number is written into its operation", () => {
  const nodes = [leaf("x", 2), { name: "3", op: "const", parents: [], value: 3 }];
  const seen = ["*", "-", "**"].flatMap((op) =>
    [
      [0, 1],
      [1, 0],
    ].map((p) => symbol({ nodes: [...nodes, node("v", op, ...p)] }, 2)),
  );
  assert.deepEqual(seen, ["·3", "3·", "− 3", "3 −", "( )³", "3^( )"]);
});

// Chapter 5's: h fans out to two predictions, whose squared errors are added.
const half = { name: "0.5", op: "const", parents: [], value: 0.5 };
const MANY = {
  nodes: [
    leaf("w", 0.8),
    leaf("x", 1.5),
    half,
    node("h", "*", 0, 1),
    node("o1", "*", 2, 3),
    node("o2", "*", 3, 2),
    node("e1", "-", 4, 2),
    node("e2", "-", 5, 2),
    node("s1", "*", 6, 6),
    node("s2", "*", 7, 7),
    node("L", "+", 8, 9),
  ],
};

// Two weights of one column, each with its own product below it.
const TWO = {
  nodes: [leaf("w1", 1), leaf("w2", 2), leaf("x", 3), node("p", "*", 0, 2), node("q", "*", 1, 2), node("L", "+", 3, 4)],
};

test("boxes of one column never overlap, and edges lead onward, or down from a leaf that hangs above its user", () => {
  for (const graph of [CHAPTER, FAN, MANY, TWO, random(3), random(4), random(5)]) {
    const { spots, edges } = layout(graph);
    for (const a of spots) {
      for (const b of spots) {
        const both = a !== b && a.layer === b.layer && a.node !== undefined && b.node !== undefined;
        assert.ok(!both || Math.abs(a.row - b.row) > 0.999);
      }
    }
    for (const { stops, hangs } of edges)
      for (const [k, s] of stops.entries()) {
        if (k && hangs) assert.ok(s.layer === stops[0].layer && Math.abs(s.row - stops[0].row - 1) < 1e-9);
        else assert.ok(!k || s.layer === stops[k - 1].layer + 1);
      }
    assert.ok(spots.every((s) => graph.nodes[s.node]?.op !== "const"));
    const shown = graph.nodes.flatMap(({ op }, i) => (op === "const" ? [] : [i]));
    assert.deepEqual(
      spots.flatMap((s) => s.node ?? []).toSorted((a, b) => a - b),
      shown,
    );
  }
});

test("weights hang above the spine, and an input that several use stands at its side", () => {
  const { spots } = layout(CHAPTER);
  const of = (name) => spots.find((s) => s.node === at(CHAPTER, name));
  for (const [leaf, user] of [
    ["w1", "w1 * x"],
    ["b1", "z1"],
    ["w2", "w2 * a1"],
    ["b2", "z2"],
    ["y", "z2 - y"],
  ])
    assert.ok(of(leaf).layer === of(user).layer && Math.abs(of(leaf).row - of(user).row + 1) < 1e-9, leaf);
  assert.equal(of("x").layer, of("w1 * x").layer - 1);
  for (const name of ["x", "z1", "a1", "z2", "L"])
    assert.ok(Math.abs(of(name).row - of("w1 * x").row) < 1e-9, "a straight spine");
});

test("the chapters' graphs are one line in a page; on a telephone they fold, and are at most 330 px high", () => {
  for (const graph of [CHAPTER, MANY]) {
    const plan = layout(graph);
    assert.equal(measure(plan, 760).lines.length, 1);
    for (const width of [288, 320, 343, 398]) {
      const { lines, height, width: wide } = measure(plan, width);
      assert.ok(lines.length > 1 && wide <= width, `${wide} of ${width} px`);
      assert.ok(width < 343 || height <= 310, `${height} px high at ${width}`);
    }
  }
});

test("whatever the width, no box leaves the picture, and boxes of one line lie side by side", () => {
  for (const graph of [CHAPTER, FAN, MANY, TWO, random(3), random(4), random(5)]) {
    const plan = layout(graph);
    for (const width of [260, 343, 520, 760]) {
      const size = measure(plan, width);
      const boxes = plan.spots.filter((s) => s.node !== undefined).map((s) => size.at(s));
      for (const [x, y] of boxes) {
        assert.ok(x >= 0 && x + size.box.wide <= size.width && size.width <= width, `${x} at ${width}`);
        assert.ok(y >= 0 && y + size.box.high <= size.height, `${y} of ${size.height} px at ${width}`);
      }
      for (const [k, [x, y]] of boxes.entries())
        for (const [u, v] of boxes.slice(0, k))
          assert.ok(Math.abs(x - u) >= size.box.wide || Math.abs(y - v) >= size.box.high, `${width}: boxes overlap`);
      for (const edge of plan.edges) assert.doesNotMatch(route(plan, size, edge).line, /NaN|undefined/);
    }
  }
});

test("numbers and names", () => {
  const seen = [0, -0, 2, -4.5, 1 / 3, 123.45678, 1234.5678, 99999.99, 123456, 1e-3, -0.00012345, NaN, -Infinity];
  const want = [
    "0",
    "0",
    "2",
    "−4.5",
    "0.3333",
    "123.457",
    "1234.57",
    "100000",
    "1.23e5",
    "0.001",
    "−1.23e−4",
    "NaN",
    "−∞",
  ];
  assert.deepEqual(seen.map(number), want);
  assert.equal(pretty("(z2 - w1 * x) ** 2"), "(z₂ − w₁·x)²");
  assert.equal(pretty("dL_dw"), "dL_dw");
});

// Filling in: what is asked, what is accepted, and what is said to a wrong number.
const back = (graph, name) => ({ pass: "backward", node: at(graph, name) });
const forth = (graph, name) => ({ pass: "forward", node: at(graph, name) });

test("every number of every step fits, rounded to three decimals, and nothing far from it", () => {
  for (const graph of [CHAPTER, FAN, random(3), random(4)]) {
    const pass = run(graph);
    for (const step of schedule(graph)) {
      const right = (step.pass === "forward" ? pass.value : pass.grad)[step.node];
      if (Math.abs(right) > 1e6) continue;
      assert.ok(fits(graph, pass, step, Number(right.toFixed(3))));
      assert.ok(!fits(graph, pass, step, right + 1.01 * room(graph, pass, step)));
    }
  }
});

test("the wrong sign fits nowhere, however small the number is", () => {
  const pass = run(CHAPTER);
  for (const step of schedule(CHAPTER)) {
    const right = (step.pass === "forward" ? pass.value : pass.grad)[step.node];
    if (right) assert.ok(!fits(CHAPTER, pass, step, -right / 1e6));
  }
});

test("what is asked, and the factors it is made of", () => {
  const want = { what: "∂L/∂a₁", how: "∂L/∂(w₂·a₁) × ∂(w₂·a₁)/∂a₁" };
  assert.deepEqual(asked(CHAPTER, back(CHAPTER, "a1")), want);
  assert.deepEqual(asked(CHAPTER, forth(CHAPTER, "z1")), { what: "z₁", how: "w₁·x + b₁" });
  assert.equal(asked(FAN, back(FAN, "x")).how.split(" + ").length, 3);
});

test("slips are recognised without a table", () => {
  const said = (graph, step, given) => suspects(graph, run(graph), step, given)[0]?.[1];
  const a1 = back(CHAPTER, "a1"); // -3 times 1.5
  const wanted = {
    "-3": /local derivative is left out/,
    1.5: /only the local/,
    "-1.5": /added/,
    4.5: /minus sign/,
    "-9": /too many/,
    "-2.25": /2 is missing/,
  };
  for (const [given, words] of Object.entries(wanted)) assert.match(said(CHAPTER, a1, Number(given)), words, given);
  assert.equal(said(CHAPTER, a1, 100), undefined);
  const { grad, local } = run(FAN);
  const product = grad[at(FAN, "p")] * local[at(FAN, "p")][0];
  assert.match(said(FAN, back(FAN, "x"), product), /one path/);
  assert.match(said(CHAPTER, forth(CHAPTER, "w2 * a1"), 2.5), /added instead of multiplied/);
  assert.match(said(CHAPTER, forth(CHAPTER, "L"), -3), /multiplied by the exponent/);
});

test("help comes in three steps, and Python's table names the slip", () => {
  const slips = {
    says: [
      ["far", "Q1?", "far off"],
      ["half", "Why w1?", "z1 stands where a1 belongs"],
    ],
    at: {},
  };
  slips.at[at(CHAPTER, "a1")] = [
    [-4.49, 0],
    [7.7, 1],
  ];
  const told = (given, tries) => help(CHAPTER, run(CHAPTER), back(CHAPTER, "a1"), { given, tries, slips });
  assert.equal(told(7.7, 1), "Not 7.7. What goes into it: ∂L/∂a₁ = ∂L/∂(w₂·a₁) × ∂(w₂·a₁)/∂a₁.");
  assert.equal(told(7.7, 2), "Not 7.7. Why w₁?");
  assert.equal(told(7.7, 3), "Not 7.7. This is what you get if z₁ stands where a₁ belongs.");
  assert.match(told(100, 2), /which one is uncertain/);
  assert.match(told(100, 3), /off by 104\.5, and no slip/);
  assert.match(help(CHAPTER, run(CHAPTER), back(CHAPTER, "L"), { given: 2, tries: 1 }), /If the loss grows by 0.01/);
});

test("what is no graph is named", () => {
  const wrong = [
    [null, /"nodes"/],
    [{ nodes: [] }, /"nodes"/],
    [{ nodes: [leaf("x", NaN)] }, /number as its value/],
    [{ nodes: [node("v", "tan")] }, /not "tan"/],
    [{ nodes: [leaf("x", 1), node("v", "+", 0)] }, /2 parents/],
    [{ nodes: [node("v", "exp", 0)] }, /before it/],
  ];
  for (const [graph, message] of wrong) assert.throws(() => check(graph), message);
});

// A graph of about 25 nodes, the same for the same seed.
function random(seed) {
  const next = (below) => {
    seed = (seed * 48271) % 2147483647;
    return seed % below;
  };
  const nodes = [leaf("x", 0.5), leaf("y", -1)];
  const ops = ["+", "*", "tanh", "max", "neg"];
  while (nodes.length < 25) {
    const op = ops[next(ops.length)];
    nodes.push(node(`v${nodes.length}`, op, ...Array.from({ length: RULES[op].length }, () => next(nodes.length))));
  }
  return { nodes };
}
