// The chain rule on a traced graph, as in bplib/value.py. graph.nodes[i] is {name, op, parents, value}; the last one is
// the loss.

function sigmoid(a) {
  const e = Math.exp(-Math.abs(a)); // never overflows, whichever side of zero a lies on
  const s = a >= 0 ? 1 / (1 + e) : e / (1 + e);
  return [s, [s * (1 - s)]];
}
function tanh(a) {
  const t = Math.tanh(a);
  return [t, [1 - t * t]];
}
function power(a, n) {
  const flat = a === 0 && n >= 0; // 0 ** n stays 0 when n moves
  return [a ** n, [n === 0 ? 0 : n * a ** (n - 1), a > 0 ? a ** n * Math.log(a) : flat ? 0 : NaN]];
}
const share = (low, high) => (high < low ? 0 : high === low ? 0.5 : 1);

// op -> [value, local derivatives], the same table as RULES in bplib/value.py; a test compares the two.
export const RULES = {
  leaf: null,
  const: null,
  "+": (a, b) => [a + b, [1, 1]],
  "-": (a, b) => [a - b, [1, -1]],
  "*": (a, b) => [a * b, [b, a]],
  "/": (a, b) => [a / b, [1 / b, -a / b / b]],
  "**": power,
  neg: (a) => [-a, [-1]],
  abs: (a) => [Math.abs(a), [(a > 0) - (a < 0)]],
  relu: (a) => (a <= 0 ? [0, [0]] : [a, [1]]),
  sigmoid,
  tanh,
  exp: (a) => [Math.exp(a), [Math.exp(a)]],
  log: (a) => [Math.log(a), [a > 0 ? 1 / a : NaN]],
  sin: (a) => [Math.sin(a), [Math.cos(a)]],
  cos: (a) => [Math.cos(a), [-Math.sin(a)]],
  max: (a, b) => [Math.max(a, b), [share(b, a), share(a, b)]],
  min: (a, b) => [Math.min(a, b), [share(a, b), share(b, a)]],
};

// Throws an Error that says what was given and what was wanted; gives back the nodes.
export function check(graph) {
  const nodes = graph?.nodes;
  if (!Array.isArray(nodes) || !nodes.length) throw new Error('a graph wants a list "nodes" with at least one node.');
  nodes.forEach(({ name, op, parents, value }, i) => {
    const want = (fine, what) => {
      if (!fine) throw new Error(`node ${i} (${name}) wants ${what}.`);
    };
    want(typeof name === "string" && Array.isArray(parents), "a name and a list of parents");
    want(Object.hasOwn(RULES, op), `an operation we know, not "${op}"`);
    const arity = RULES[op] ? RULES[op].length : 0;
    want(parents.length === arity, `${arity} parents for "${op}", not ${parents.length}`);
    want(
      parents.every((p) => Number.isInteger(p) && p >= 0 && p < i),
      `parents that come before it, not ${parents}`,
    );
    want(arity || Number.isFinite(value), `a number as its value, not ${value}`);
  });
  return nodes;
}

// The forward pass and the backward pass: value and grad for each node, local[i][k] = d node i / d its k-th parent.
export function run({ nodes }, values = {}) {
  const value = [];
  const local = nodes.map(({ op, name, parents, value: given }, i) => {
    const [out, slopes] = RULES[op] ? RULES[op](...parents.map((p) => value[p])) : [values[name] ?? given, []];
    value[i] = op === "const" ? given : out;
    return slopes;
  });
  const grad = nodes.map(() => 0);
  grad[nodes.length - 1] = 1;
  for (let i = nodes.length - 1; i >= 0; i--)
    for (const [k, p] of nodes[i].parents.entries()) grad[p] += grad[i] * local[i][k];
  return { value, local, grad };
}

// Who uses node i, and as which parent: fan-out is a list longer than one.
export function users({ nodes }) {
  const found = nodes.map(() => []);
  for (const [node, { parents }] of nodes.entries())
    for (const [slot, p] of parents.entries()) found[p].push({ node, slot });
  return found;
}
