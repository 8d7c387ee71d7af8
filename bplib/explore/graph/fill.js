import { users } from "../_shared/engine.js";
import { asNumber, button, html, lowered, number, OWN_KEYS, pretty } from "../_shared/frame.js";
import { explain, inNames, rateIn, titles } from "./words.js";

// The reader fills in the graph, number by number, and a wrong number gets help in three steps.

// ---------- MODEL: pure functions ----------

const answerTo = (pass, { pass: way, node }) => (way === "forward" ? pass.value : pass.grad)[node];

// What honest rounding may add up to, when each factor is taken to three decimals. As `rooms` in __init__.py.
export function room(graph, { local, grad }, { pass: way, node }) {
  const back = () => users(graph)[node].flatMap(({ node: n, slot }) => [grad[n], local[n][slot]]);
  const own = () => local[node].filter((_, k) => graph.nodes[graph.nodes[node].parents[k]].op !== "const");
  const factors = way === "forward" ? own() : back();
  return 0.001 * factors.reduce((sum, factor) => sum + Math.abs(factor), 1);
}

export const fits = (graph, pass, step, given) =>
  Math.abs(given - answerTo(pass, step)) <= room(graph, pass, step) && given * answerTo(pass, step) >= 0;

// "∂L/∂a₁", or "z₁": what is asked for; and how it is put together, in names: the first help.
export function asked(graph, { pass: way, node }) {
  const names = titles(graph);
  if (way === "forward") return { what: names[node], how: inNames(graph, node, names) };
  const last = graph.nodes.length - 1;
  const rate = rateIn(graph, names);
  const ways = users(graph)[node].map((use) => `${rate(last, use.node)} × ${rate(use.node, node)}`);
  return { what: rate(last, node), how: ways.join(" + ") };
}

// Wrong numbers that follow from the step alone: [number, a question that points at it, what was done].
function forwardSlips({ nodes }, { value }, i) {
  const { op, parents } = nodes[i];
  const [a, b] = parents.map((p) => value[p]);
  const which = "Which operation stands in the box?";
  if (op === "*") return [[a + b, which, "the two are added instead of multiplied"]];
  if (op === "+") return [[a * b, which, "the two are multiplied instead of added"]];
  if (op === "**") return [[a * b, which, "the base is multiplied by the exponent"]];
  return parents.length === 1 ? [[a, "Which function stands in the box?", "the function is left out"]] : [];
}
function backwardSlips(graph, { local, grad }, i) {
  const factors = users(graph)[i].map(({ node, slot }) => [grad[node], local[node][slot]]);
  const many = "In how many places is this number used in the forward pass?";
  if (factors.length > 1) return factors.map(([up, slope]) => [up * slope, many, "only one path is counted"]);
  const names = titles(graph);
  return factors.flatMap(([up, slope]) => [
    [up, `If ${names[i]} grows by 0.01, by how much does the next one grow?`, "the local derivative is left out"],
    [slope, "How fast does the loss move, and where is that in your answer?", "only the local derivative is given"],
    [up + slope, "Do the factors along one path add up, or multiply?", "the factors are added instead of multiplied"],
  ]);
}

// The slips that give this wrong number: [question, what was done] each. `slips` is Python's table, if it applies.
export function suspects(graph, pass, step, given, slips) {
  const near = (wrong) => Math.abs(given - wrong) <= room(graph, pass, step);
  const listed = (step.pass === "backward" && slips?.at[step.node]) || [];
  const named = listed.filter(([wrong]) => near(wrong)).sort((a, b) => Math.abs(given - a[0]) - Math.abs(given - b[0]));
  if (named.length) return named[0].slice(1, 3).map((k) => slips.says[k].slice(1).map(pretty));
  const right = answerTo(pass, step);
  const own = (step.pass === "forward" ? forwardSlips : backwardSlips)(graph, pass, step.node);
  const plain = [
    [-right, "Which sign has each of the numbers that take part?", "a minus sign is lost, or one too many"],
    [2 * right, "Where does a factor 2 come from, and is it there once?", "there is a factor 2 too many"],
    [right / 2, "What is the derivative of u²?", "a factor 2 is missing"],
  ];
  return [...own, ...plain]
    .filter(([wrong]) => near(wrong))
    .slice(0, 1)
    .map(([, ...words]) => words);
}

const SEED = "If the loss grows by 0.01, by how much does the loss grow?";
const UNUSED = "Does the loss use it at all?";

// What is said to the wrong number `given`, at the first, second, third different try.
export function help(graph, pass, step, { given, tries, slips }) {
  const { what, how } = asked(graph, step);
  const not = `Not ${number(given)}. `;
  if (!how) return `${not}${step.node < graph.nodes.length - 1 ? UNUSED : SEED}`;
  if (tries === 1) return `${not}What goes into it: ${what === how ? "" : `${what} = `}${how}.`;
  const found = suspects(graph, pass, step, given, slips);
  if (tries === 2) return not + (found[0]?.[0] ?? `Work out each part of ${how} by itself: which one is uncertain?`);
  if (found.length) return `${not}This is what you get if ${found.map(([, says]) => says).join(", or ")}.`;
  const off = number(Math.abs(given - answerTo(pass, step)));
  return `${not}It is off by ${off}, and no slip that we know of gives this. ${what} = ${how}.`;
}

// Python's table of slips, or null where filling in is not offered; throws an Error that says what is wrong with it.
export function slipsIn({ nodes }, slips) {
  if (!Object.keys(slips).length) return null;
  const text = ([slug, question, says]) => [slug, question, says].every((part) => typeof part === "string");
  const row = ([wrong, ...which]) => Number.isFinite(wrong) && which.every((k) => slips.says[k]);
  const fine =
    Array.isArray(slips.says) &&
    slips.says.every(text) &&
    typeof slips.at === "object" &&
    Object.entries(slips.at).every(([i, rows]) => nodes[i] && rows.every(row));
  if (!fine) throw new Error('slips wants "says": [slug, question, what was done], ... and "at": [number, which], ...');
  return slips;
}

// ---------- KNOBS ----------

// The box in which the reader fills in the next number, and what is said to it.
export function blank({ ask, move, welcome }) {
  let tried = new Set();
  let heard = []; // what was said to the last number
  let onward = true; // whether the next question follows
  const box = html("input", { autocomplete: "off", ...OWN_KEYS });
  const name = html("span", {});
  const forget = () => ([tried, heard, onward, box.value] = [new Set(), [], true, ""]);
  const on = (parts) => {
    forget();
    heard = parts;
    move();
  };
  const submit = (event) => {
    event.preventDefault();
    const { graph, pass, step, slips } = ask();
    const given = asNumber(box.value);
    if (fits(graph, pass, step, given)) return on(["Right: ", ...explain(graph, pass, step), " "]);
    if (Number.isFinite(given)) tried.add(given);
    const tries = Math.min(tried.size, 3);
    const said = tries ? help(graph, pass, step, { given, tries, slips }) : "";
    heard = [Number.isFinite(given) ? said : "Write a number, such as −0.25."];
    onward = false;
    box.select();
    move(0);
  };
  const skip = () => {
    const { graph, pass, step } = ask();
    on([...explain(graph, pass, step), " "]);
    box.focus();
  };
  const label = html("label", { class: "bp-entry" }, name, box);
  const check = html("button", { type: "submit", ...OWN_KEYS }, "Check");
  const el = html("form", { class: "bp-bar bp-fill", submit }, label, check, button("Show it", skip));
  const show = (what) => name.replaceChildren(...lowered(`${what} =`, html));
  const says = (what) => (onward ? [...(heard.length ? heard : [welcome()]), what] : heard);
  return { el, show, forget, says, focus: () => box.focus() };
}
