import { RULES } from "../_shared/engine.js";
import { number, pretty } from "../_shared/frame.js";

// A pipeline of functions, each with its rate, and what is said of it. No DOM here.

// name -> [value, rate]; "*k" and "+k" are made by `stage`.
const FUNCTIONS = {
  square: (v) => [v * v, 2 * v],
  cube: (v) => [v ** 3, 3 * v * v],
  reciprocal: (v) => [1 / v, -1 / v / v],
  sin: (v) => [Math.sin(v), Math.cos(v)],
};
for (const op of ["exp", "log", "sigmoid", "tanh", "relu"]) {
  FUNCTIONS[op] = (v) => {
    const [value, [rate]] = RULES[op](v);
    return [value, rate];
  };
}
export const NAMES = ["*3", "*0.8", "*-2", "+2", ...Object.keys(FUNCTIONS)];
export const MOST = { stages: 8, times: 99 };

// The function of a name, or undefined. Where there is no value, there is no rate either.
export function stage(name) {
  const [, sign, k] = /^([*+])(-?\d+(?:\.\d+)?)$/.exec(name) ?? [];
  if (sign) return sign === "*" ? (v) => [v * Number(k), Number(k)] : (v) => [v + Number(k), 1];
  if (!Object.hasOwn(FUNCTIONS, name)) return undefined;
  return (v) => {
    const [value, rate] = FUNCTIONS[name](v);
    return [value, Number.isNaN(value) ? NaN : rate];
  };
}

// stages: [[name, times], ...]. values[k] goes into stage k, whose rate is rates[k].
// front[k] = ∂values[k]/∂x, multiplied from x on; back[k] = ∂y/∂values[k], multiplied from y on.
export function pass(stages, x) {
  const [values, rates, front] = [[x], [], [1]];
  for (const [name, times] of stages) {
    const f = stage(name);
    let [value, rate] = [values.at(-1), 1];
    for (let turn = 0; turn < times; turn++) {
      const [next, slope] = f(value);
      [value, rate] = [next, rate * slope];
    }
    values.push(value);
    rates.push(rate);
    front.push(front.at(-1) * rate);
  }
  const back = [1];
  for (const rate of rates.toReversed()) back.unshift(rate * back[0]);
  return { values, rates, front, back };
}

// The friend that checks: two runs, one subtraction, no rule of calculus.
export function difference(stages, x, h = 1e-5 * Math.max(1, Math.abs(x))) {
  const [up, down] = [x + h, x - h].map((at) => pass(stages, at).values.at(-1));
  return { h, up, down, slope: (up - down) / (2 * h) };
}

export const shown = (name) => name.replace("*", "×").replace("+-", "−").replace("-", "−");
const wrap = (value) => (value < 0 ? `(${number(value)})` : number(value));
export const called = (k, last) => (k === 0 ? "x" : k === last ? "y" : `v${k}`);

// The first stage that has no number to give, or none that a float can hold.
function trouble(stages, { values }) {
  const k = values.findIndex((value) => !Number.isFinite(value));
  if (k < 1) return "";
  const [name, times] = stages[k - 1];
  const from = number(values[k - 1]);
  const what = times > 1 ? `${times} times ${shown(name)}, from ${from},` : `${shown(name)} of ${from}`;
  if (Number.isNaN(values[k])) return `${what} has no value: NaN, and NaN is all that comes after it.`;
  return `${what} is ${number(values[k])} here: no number that a computer holds, and no rate after it means anything.`;
}

// What becomes of a nudge dx, in words.
export function tell(stages, x, dx) {
  const now = pass(stages, x);
  const wrong = trouble(stages, now);
  if (wrong) return [wrong];
  const product = now.back[0];
  const out = ["By these rates a nudge of ", ["forward", number(dx)], " at x becomes "];
  out.push(["forward", number(dx * product)], " at y");
  const dead = now.rates.indexOf(0);
  if (dead >= 0) {
    const held = now.values[dead];
    const bent = stages[dead][0] === "relu" && held === 0;
    const kink = bent ? " It stands on its kink, where the rate is a convention." : "";
    const who = `Stage ${dead + 1}, ${shown(stages[dead][0])}, has the rate 0 at ${number(held)}`;
    return [...out, `. ${who}: the product is 0, and everything before it gets nothing.${kink}`];
  }
  if (!Number.isFinite(product)) return [`The product of the rates is ${number(product)}, which no nudge can use.`];
  const flips = now.rates.filter((rate) => rate < 0).length;
  const times = flips === 1 ? "once" : flips === 2 ? "twice" : `${flips} times`;
  const turned = flips ? ` It is turned round ${times}, by ${flips > 1 ? "negative rates" : "a negative rate"}.` : "";
  return [...out, ": ", ["backward", number(product)], ` times as much, the product of the rates.${turned}`];
}

// The same in one line, for above the picture; while it is told beat by beat, what is on its way.
export function headline({ stages, x, dx }, beat) {
  if (beat)
    return [beat.pass === "forward" ? "The nudge on its way to y" : "The rates, multiplied one after the other"];
  const now = pass(stages, x);
  const product = now.back[0];
  if (trouble(stages, now) || !Number.isFinite(product)) return ["No nudge gets through in numbers"];
  const out = ["A nudge of ", ["forward", number(dx)], " at x "];
  if (!product) return [...out, "does not reach y"];
  const times =
    Math.abs(product) === 1 ? "as large" : `${number(Number(Math.abs(product).toPrecision(3)))} times as large`;
  const turned = product < 0 ? ", and turned round" : "";
  return [...out, "arrives at y as ", ["forward", number(dx * product)], `: ${times}${turned}`];
}

// The product, written in the order in which it is multiplied: pieces of text, one for each factor.
export function product(rates, order) {
  const [last, open] = [rates.length - 1, rates.length - 2];
  if (!last) return []; // one factor is the product
  return rates.map((rate, k) => {
    const front = order === "front";
    const before = front ? (k === 0 ? "(".repeat(Math.max(open, 0)) : "") : k > 0 && k < last ? "(" : "";
    const after = front ? (k > 0 && k < last ? ")" : "") : k === last ? ")".repeat(Math.max(open, 0)) : "";
    return `${before}${wrap(rate)}${after}${k < last ? " ×" : ""}`;
  });
}

// A round number of the form 1, 2 or 5 times a power of ten, at least as large: bars keep their scale for a while.
export function scale(largest) {
  const power = 10 ** Math.floor(Math.log10(largest));
  return power * [1, 2, 5, 10].find((m) => m * power >= largest * 0.999999);
}

// ---------- stage after stage, as it is told and played ----------

// A stage that is repeated, as that many stages.
export const singles = (stages) => stages.flatMap(([name, times]) => Array.from({ length: times }, () => [name, 1]));

const MOST_BEATS = 8; // in each direction: a long chain is told several stages at a time

// The beats: the nudge at x, then on its way to y; then the product, from the end that was chosen. from, to: places in
// the chain, 0 being x and `count` being y; at the beginning of a pass they are the same.
export function beats(count, order) {
  const jump = Math.ceil(count / MOST_BEATS);
  const stops = Array.from({ length: Math.ceil(count / jump) + 1 }, (_, k) => Math.min(k * jump, count));
  const legs = (list) => list.map((to, k) => ({ from: list[Math.max(k - 1, 0)], to }));
  const product = order === "front" ? stops : stops.map((k) => count - k);
  return [
    ...legs(stops).map((leg) => ({ pass: "forward", ...leg })),
    ...legs(product).map((leg) => ({ pass: "backward", ...leg })),
  ];
}

const rateOf = (order, k, last) => {
  const [over, under] = order === "front" ? [called(k, last), "x"] : ["y", called(k, last)];
  return `∂${pretty(over)}/∂${pretty(under)}`;
};

// What happens in one beat, in words.
export function explain({ stages, x, dx, order }, { pass: way, from, to }) {
  const [all, last] = [singles(stages), singles(stages).length];
  const now = pass(all, x);
  const nudge = (k) => ["forward", number(now.front[k] * dx)];
  const many = Math.abs(to - from);
  if (way === "forward") {
    if (!many) return ["A nudge of ", nudge(0), " at x."];
    if (many > 1) return [`${many} stages on, at ${pretty(called(to, last))}, the nudge is `, nudge(to), "."];
    const through = [`Through ${shown(all[from][0])}, whose rate is `, ["backward", number(now.rates[from])]];
    return [...through, ": the nudge of ", nudge(from), " becomes ", nudge(to), "."];
  }
  const product = (k) => ["backward", number(now[order][k])];
  const what = `${rateOf(order, to, last)} = `;
  if (!many) return [what, product(to), ", for a nudge of it is a nudge of it."];
  const far = order === "front" ? `first ${to}` : `last ${last - to}`;
  if (many > 1) return [what, product(to), `, the product of the ${far} rates.`];
  const stepped = Math.min(from, to);
  const times = ` × ${wrap(now.rates[stepped])} = `;
  return [
    what,
    `${rateOf(order, from, last)} × the rate of ${shown(all[stepped][0])} = `,
    product(from),
    times,
    product(to),
    ".",
  ];
}

// What stands at one place of the chain.
export function detail({ stages, x, dx }, k) {
  const all = singles(stages);
  const now = pass(all, x);
  const name = pretty(called(k, all.length));
  const here = [`${name} = `, ["forward", number(now.values[k])]];
  const nudge = [
    ". The nudge of ",
    ["forward", number(dx)],
    " at x is ",
    ["forward", number(now.front[k] * dx)],
    " here",
  ];
  return [...here, ...nudge, ", and a nudge made here moves y ", ["backward", number(now.back[k])], " times as far."];
}
