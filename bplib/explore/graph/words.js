import { RULES, users } from "../_shared/engine.js";
import { number, pretty, superscript } from "../_shared/frame.js";

// In which order the passes of a graph are told, and in which words. No DOM here.

// The order of telling: operations forward; then back from the loss, a leaf as soon as all its users are done.
export function schedule(graph) {
  const { nodes } = graph;
  const waiting = users(graph).map((list) => list.length);
  const back = [];
  for (let i = nodes.length - 1; i >= 0; i--) {
    if (!RULES[nodes[i].op] && i < nodes.length - 1) continue;
    back.push(i);
    for (const p of nodes[i].parents) if (--waiting[p] === 0 && nodes[p].op === "leaf") back.push(p);
  }
  const forth = nodes.map((_, i) => i).filter((i) => RULES[nodes[i].op]);
  return [...forth.map((node) => ({ pass: "forward", node })), ...back.map((node) => ({ pass: "backward", node }))];
}

// What the figure calls each node: its name; a formula too long for a box goes by number, as in bplib.tracing.
export const titles = ({ nodes }) =>
  nodes.map(({ name }, i) => (/^\w+$/.test(name) || pretty(name).length <= 9 ? pretty(name) : pretty(`v${i}`)));

const isWord = (title) => /^[\w₀-₉]+$/.test(title) || /^\w+\([^()]*\)$/.test(title);
const bracket = (title) => (isWord(title) ? title : `(${title})`);
const signed = (value) => (value < 0 ? `(${number(value)})` : number(value)); // after an operation sign
const RANK = { "+": 1, "-": 1, "*": 2, "/": 2, neg: 3, "**": 4 }; // how tightly an operation binds

// How node i is computed, in the words that `operand(parent, k)` has for its k-th parent.
function formula({ nodes }, i, operand, times = "·") {
  const { op, parents } = nodes[i];
  const [a, b] = parents.map(operand);
  if (op === "neg") return `−${a}`;
  if (op === "**") {
    const { op: kind, value } = nodes[parents[1]];
    return kind === "const" && Number.isInteger(value) ? a + superscript(String(value)) : `${a}^${b}`;
  }
  const sign = { "+": " + ", "-": " − ", "*": times, "/": " / " }[op];
  return sign ? a + sign + b : `${op}(${parents.map(operand).join(", ")})`;
}

// The same in names, with the brackets that are needed and no others.
export function inNames(graph, i, names) {
  const { op } = graph.nodes[i];
  const tight = (k) => RANK[op] + (k ? "-/".includes(op) : op === "**");
  return formula(graph, i, (p, k) => {
    const { op: inner, value } = graph.nodes[p];
    if (inner === "const") return k || op === "**" ? signed(value) : number(value);
    return isWord(names[p]) || !RANK[op] || (RANK[inner] ?? 9) >= tight(k) ? names[p] : `(${names[p]})`;
  });
}

// The operation as it stands in the box; a plain number that takes part is written into it: "3·", "1 −", "( )²".
export function symbol(graph, i) {
  const { op, parents } = graph.nodes[i];
  const constant = (p) => (graph.nodes[p].op === "const" ? number(graph.nodes[p].value) : "");
  if (!RULES[op]) return "";
  if (op === "**") return formula(graph, i, (p) => constant(p) || "( )");
  if (parents.some(constant)) return formula(graph, i, constant).trim();
  return { "+": "+", "-": "−", "*": "×", "/": "÷", neg: "−", sigmoid: "σ" }[op] ?? op;
}

// Sentences come in parts, so that values and gradients keep their colours (see `sentence` in frame.js).
const forward = (value) => ["forward", number(value)];
const backward = (value) => ["backward", number(value)];

// "a₁ = relu(z₁) = relu(1) = 1"
function tellValue(graph, { value }, i, names) {
  const { op } = graph.nodes[i];
  if (!RULES[op]) return [`${names[i]} = `, forward(value[i])];
  const named = inNames(graph, i, names);
  const filled = formula(graph, i, (p, k) => (k || op === "**" ? signed : number)(value[p]), " × ");
  return [names[i] === named ? "" : `${names[i]} = `, `${named} = ${filled} = `, forward(value[i])];
}

// How ∂over/∂under is written.
export function rateIn(graph, names) {
  const last = graph.nodes.length - 1;
  const loss = isWord(names[last]) ? names[last] : "L";
  const called = (node) => (node === last ? loss : bracket(names[node]));
  return (over, under) => `∂${called(over)}/∂${called(under)}`;
}

// "∂L/∂a₁ = ∂L/∂z₂ × ∂z₂/∂a₁ = −3 × 1.5 = −4.5"; with fan-out, a sum of such products.
function tellGradient(graph, { local, grad }, i, names) {
  const last = graph.nodes.length - 1;
  const rate = rateIn(graph, names);
  const uses = users(graph)[i];
  if (i === last) return [`${rate(i, i)} = `, backward(1), ", for a nudge of the loss is a nudge of the loss"];
  if (!uses.length) return [`${rate(last, i)} = `, backward(0), ", for the loss does not use it"];
  const rates = uses.map(({ node }) => `${rate(last, node)} × ${rate(node, i)}`);
  const product = ({ node, slot }, n) => [n ? " + " : "", backward(grad[node]), ` × ${signed(local[node][slot])}`];
  return [`${rate(last, i)} = ${rates.join(" + ")} = `, ...uses.flatMap(product), " = ", backward(grad[i])];
}

// The answer in short, when all is told: the loss, and to which leaf it responds most.
export function verdict(graph, { value, grad }) {
  const names = titles(graph);
  const last = graph.nodes.length - 1;
  const leaves = [...graph.nodes.keys()].filter((i) => graph.nodes[i].op === "leaf" && grad[i]);
  if (!leaves.length || ![value[last], ...leaves.map((i) => grad[i])].every(Number.isFinite)) return [];
  const most = leaves.reduce((best, i) => (Math.abs(grad[i]) > Math.abs(grad[best]) ? i : best));
  const rate = `${rateIn(graph, names)(last, most)} = `;
  return [
    "The loss is ",
    forward(value[last]),
    `, and it responds most strongly to ${names[most]}: `,
    rate,
    backward(grad[most]),
    ". ",
  ];
}

// The sentence for one step of the schedule.
export function explain(graph, pass, { pass: way, node }) {
  const names = titles(graph);
  if (way === "forward") return [...tellValue(graph, pass, node, names), "."];
  const times = users(graph)[node].length;
  const tail = times > 1 ? `. Fan-out: ${names[node]} is used ${times} times, so ${times} products are summed.` : ".";
  return [...tellGradient(graph, pass, node, names), tail];
}

// What a node says when it is pointed at; `known` tells which values and gradients the reader has seen so far.
export function detail(graph, pass, i, known) {
  const names = titles(graph);
  const full = pretty(graph.nodes[i].name);
  const lead = full === names[i] || !isWord(names[i]) ? [] : [`${names[i]} is ${full}. `];
  if (!known.value[i]) return [...lead, `The value of ${names[i]} is not computed yet.`];
  const slopes = users(graph)
    [i].filter(({ node }) => known.value[node])
    .map(({ node, slot }) => `∂${bracket(names[node])}/∂${bracket(names[i])} = ${number(pass.local[node][slot])}`);
  const local = slopes.length ? [` Local derivative${slopes.length > 1 ? "s" : ""}: ${slopes.join(", ")}.`] : [];
  const gradient = known.grad[i] ? [" Gradient: ", ...tellGradient(graph, pass, i, names), "."] : [];
  return [...lead, ...tellValue(graph, pass, i, names), ".", ...local, ...gradient];
}
