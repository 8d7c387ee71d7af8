import { RULES } from "../_shared/engine.js";
import {
  button,
  choice,
  fitted,
  host,
  html,
  knob,
  number,
  OWN_KEYS,
  put,
  sentence,
  superscript,
  svg,
  tip,
} from "../_shared/frame.js";

// chain: a pipeline of functions, each with its rate; along one path the rates multiply.

// ---------- MODEL: pure functions ----------

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

const shown = (name) => name.replace("*", "×").replace("+-", "−").replace("-", "−");
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
  const turned = flips ? ` Negative rates flip it ${times}.` : "";
  return [...out, ": ", ["backward", number(product)], ` times as much, the product of the rates.${turned}`];
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

// ---------- PICTURE: from top to bottom, a box for each value, an arrow for each stage, a bar for the nudge ----------

const ROW = { box: 36, arrow: 42, head: 26 }; // px

const words = (x, y, kind, text, anchor = "start") =>
  svg("text", { x, y, class: `bp-${kind}`, "text-anchor": anchor }, text);

// v1 as v with a lowered 1.
const variable = (name, text = "") => [
  svg("tspan", { class: "bp-var" }, name[0]),
  svg("tspan", { dy: name[1] ? 3 : 0, class: "bp-sub" }, name.slice(1)),
  svg("tspan", { dy: name[1] ? -3 : 0 }, text),
];

function rateText([name, times], rate) {
  const k = /^\*(.*)$/.exec(name)?.[1];
  if (times > 1 && k) return `rate ${k < 0 ? `(${shown(k)})` : k}${superscript(String(times))} = ${number(rate)}`;
  return times > 1 ? `product of ${times} rates: ${number(rate)}` : `rate ${number(rate)}`;
}

// The nudge where it has come to: its number, and a bar to the right or to the left of zero.
function bar({ zero, half, y }) {
  const text = words(zero, y + 12, "nudge", "", "middle");
  const box = svg("rect", { y: y + 18, height: 14 });
  function fill(nudge, unit) {
    put(text, number(nudge));
    const long = Number.isFinite(nudge) ? Math.max(1, Math.min(half, (Math.abs(nudge) / unit) * half)) : 0;
    box.setAttribute("x", nudge < 0 ? zero - long : zero);
    box.setAttribute("width", long);
    box.setAttribute("class", nudge < 0 ? "bp-less" : "bp-more");
  }
  return { parts: [text, box], fill };
}

// A box with a value, and beside it the product so far.
function station(k, last, order, { wide, middle, y }) {
  const name = called(k, last);
  const [over, under] = order === "front" ? [name, "x"] : ["y", name];
  const value = svg("tspan", { class: "bp-forward" });
  const partial = svg("tspan", { class: "bp-backward" });
  const at = (x) => ({ x, y: y + 23, "text-anchor": "middle" });
  const text = svg("text", at(wide / 2), ...variable(name, " = "), value);
  const far = svg("text", at(middle), "∂", ...variable(over), "/∂", ...variable(under, " = "), partial);
  const box = svg("rect", { x: 1, y, width: wide - 2, height: ROW.box, rx: 8, class: "bp-box" });
  const fill = (v, p) => {
    put(value, number(v));
    put(partial, number(p));
  };
  return { parts: [box, text, far], fill };
}

function arrow(one, y) {
  const [name, times] = one;
  const end = y + ROW.arrow - 3;
  const text = words(32, y + 34, "backward", "");
  const parts = [
    svg("path", { class: "bp-arrow", d: `M18 ${y + 3}V${end - 5}` }),
    svg("path", { class: "bp-head-arrow", d: `M13.5 ${end - 7}L18 ${end}L22.5 ${end - 7}Z` }),
    words(32, y + 17, "function", shown(name) + (times > 1 ? `, ${times} times` : "")),
  ];
  return { parts: [...parts, text], fill: (rate) => put(text, rateText(one, rate)) };
}

// The drawing for a pipeline and a width, built once; `fill` writes the numbers of a pass into it.
function drawing({ stages, order }, width) {
  const last = stages.length;
  const [wide, rate] = width < 480 ? [104, 112] : [150, 190];
  const from = wide + rate + 8;
  const [zero, half, middle] = [(from + width) / 2, (width - from) / 2 - 2, wide + rate / 2 + 4];
  const top = (k) => ROW.head + k * (ROW.box + ROW.arrow);
  const bottom = top(last) + ROW.box;
  const heads = [
    [wide / 2, "value"],
    [middle, `from the ${order}`],
    [zero, "nudge"],
  ];
  const all = [...stages.keys(), last];
  const stations = all.map((k) => station(k, last, order, { wide, middle, y: top(k) }));
  const bars = all.map((k) => bar({ zero, half, y: top(k) }));
  const arrows = stages.map((one, k) => arrow(one, top(k) + ROW.box));
  const axis = svg("path", { class: "bp-zero", d: `M${zero} ${ROW.head + 16}V${bottom}` });
  const parts = [...heads.map(([x, text]) => words(x, 14, "head", text, "middle")), axis];

  function fill(now, dx) {
    const sizes = now.front.map((rate) => Math.abs(rate * dx)).filter(Number.isFinite);
    const unit = scale(Math.max(...sizes, Math.abs(dx)));
    for (const [k, one] of stations.entries()) one.fill(now.values[k], now[order][k]);
    for (const [k, one] of bars.entries()) one.fill(now.front[k] * dx, unit);
    for (const [k, one] of arrows.entries()) one.fill(now.rates[k]);
  }
  const rows = [...stations, ...bars, ...arrows].flatMap((one) => one.parts);
  return { parts: [...parts, ...rows], size: { width, height: bottom + 2 }, fill };
}

// ---------- KNOBS ----------

const PRESETS = {
  "20 times ×0.8": [["*0.8", 20]],
  "20 times ×1.2": [["*1.2", 20]],
  "10 times sigmoid": [["sigmoid", 10]],
  "A dead relu": [
    ["square", 1],
    ["*-2", 1],
    ["relu", 1],
    ["+2", 1],
  ],
  "A log": [
    ["+2", 1],
    ["log", 1],
    ["square", 1],
  ],
};

// The rows of controls, one for each stage; built anew only when their number changes, so that the focus stays.
function pipeline(store) {
  const el = html("div", { class: "bp-stages", role: "group", "aria-label": "Stages" });
  let rows = [];
  const change = (k, part, value) =>
    store.set(
      "stages",
      store.get("stages").map((one, i) => (i === k ? one.with(part, value) : one)),
    );
  const remove = (k) => {
    store.set("stages", store.get("stages").toSpliced(k, 1));
    rows[Math.min(k, rows.length - 1)].select.focus(); // the button that had the focus is gone
  };

  function row(k) {
    const pick = () => change(k, 0, select.value);
    const select = html("select", { "aria-label": `Function of stage ${k + 1}`, change: pick, ...OWN_KEYS });
    const take = () => {
      const n = times.valueAsNumber;
      if (Number.isInteger(n) && n >= 1 && n <= MOST.times) change(k, 1, n);
    };
    const limits = { type: "number", min: 1, max: MOST.times, step: 1, "aria-label": `How many times stage ${k + 1}` };
    const restore = () => (times.value = store.get("stages")[k][1]); // what was not taken does not stay
    const times = html("input", { ...limits, input: take, change: restore, ...OWN_KEYS });
    const away = button("−", () => remove(k), { "aria-label": `Remove stage ${k + 1}` });
    const label = html("span", { class: "bp-order" }, `${k + 1}`);
    const el = html("div", { class: "bp-stage" }, label, select, times, html("span", {}, "times"), away);
    return { el, select, times, away };
  }

  function show() {
    const stages = store.get("stages");
    if (rows.length !== stages.length) {
      rows = stages.map((_, k) => row(k));
      el.replaceChildren(...rows.map((one) => one.el));
    }
    stages.forEach(([name, times], k) => {
      const names = NAMES.includes(name) ? NAMES : [name, ...NAMES];
      const { select, times: box, away } = rows[k];
      if (select.options.length !== names.length || select.options[0].value !== names[0])
        select.replaceChildren(...names.map((value) => html("option", { value }, shown(value))));
      select.value = name;
      if (document.activeElement !== box) box.value = times;
      away.disabled = stages.length === 1;
    });
  }
  return { el, show };
}

function checked(store) {
  const [stages, x, dx, order, range] = ["stages", "x", "dx", "order", "range"].map(store.get);
  const want = (fine, what, got) => {
    if (!fine) throw new Error(`chain wants ${what}, not ${JSON.stringify(got)}.`);
  };
  const within = (n, most) => Number.isInteger(n) && n >= 1 && n <= most;
  want(Array.isArray(stages) && within(stages.length, MOST.stages), `1 to ${MOST.stages} stages`, stages);
  for (const one of stages) {
    want(Array.isArray(one) && stage(String(one[0])), `stages that it knows (${NAMES.join(" ")})`, one);
    want(within(one[1], MOST.times), `a stage 1 to ${MOST.times} times`, one);
  }
  want(Number.isFinite(x), "a finite x", x);
  want(Number.isFinite(dx) && dx !== 0, "a finite dx that is not 0", dx);
  want(["front", "back"].includes(order), 'the order "front" or "back"', order);
  want(Array.isArray(range) && range[0] < range[1], "a range [min, max]", range);
  return { stages, x };
}

// The product term by term, and below it what two runs of the pipeline say.
function proof() {
  const terms = html("p", { class: "bp-product" });
  const head = html("b");
  const lines = Array.from({ length: 3 }, () => html("span"));
  const friend = html("p", { class: "bp-friend" }, head, ...lines);
  const long = (value) => String(Number(value.toPrecision(10))).replace("-", "−");
  const digits = (value) => (Number.isFinite(value) ? long(value) : number(value));
  function draw({ stages, x, order }, width) {
    const { rates, back, front } = pass(stages, x);
    const term = (text) => html("span", { class: "bp-term" }, text);
    const total = html("strong", { class: "bp-backward" }, number(order === "front" ? front.at(-1) : back[0]));
    const room = Math.ceil((rates.length * 100 + 150) / width); // lines for the longest numbers
    terms.style.minHeight = `${1.5 * room}em`;
    const factors = product(rates, order).flatMap((text) => [term(text), " "]);
    terms.replaceChildren("∂y/∂x = ", ...factors, factors.length ? "= " : "", total);
    const { h, up, down, slope } = difference(stages, x);
    put(head, `The same without any rate, with h = ${number(h)}:`);
    const runs = [`up = y(x + h) = ${digits(up)}`, `down = y(x − h) = ${digits(down)}`];
    for (const [k, text] of [...runs, `(up − down) / 2h = ${number(slope)}`].entries()) put(lines[k], text);
  }
  return { terms, friend, draw };
}

export function mount(box, store) {
  const begin = checked(store);
  const el = svg("svg", { role: "img" });
  const rows = pipeline(store);
  const { el: says, say } = sentence();
  const [min, max] = store.get("range");
  const nudge = knob({ name: "x", min, max, step: (max - min) / 120, change: (x) => store.set("x", x) });
  const order = choice({
    name: "Multiply the rates",
    options: [
      ["back", "from the back (reverse mode)"],
      ["front", "from the front (forward mode)"],
    ],
    change: (value) => store.set("order", value),
  });
  const { terms, friend, draw } = proof();
  let width = 0;
  let built = "";
  let picture;

  function redraw() {
    const now = Object.fromEntries(["stages", "x", "dx", "order"].map((key) => [key, store.get(key)]));
    const plan = JSON.stringify([now.stages, now.order, width]);
    if (plan !== built) {
      built = plan;
      picture = drawing(now, width);
      el.replaceChildren(...picture.parts);
      const path = now.stages.map(([name, n]) => (n > 1 ? `${n} times ` : "") + shown(name)).join(", ");
      const frame = { ...picture.size, "aria-label": `A pipeline from x to y: ${path}` };
      for (const key in frame) el.setAttribute(key, frame[key]);
    }
    picture.fill(pass(now.stages, now.x), now.dx);
    draw(now, width);
    nudge.set(now.x);
    order.set(now.order);
    rows.show();
    add.disabled = now.stages.length >= MOST.stages;
    say(tell(now.stages, now.x, now.dx));
  }

  const add = button("Add a stage", () => store.set("stages", [...store.get("stages"), ["*0.8", 1]]));
  const reset = button("Reset", () => {
    store.set("stages", begin.stages);
    store.set("x", begin.x);
  });
  const presets = Object.entries(PRESETS).map(([name, stages]) => button(name, () => store.set("stages", stages)));
  const bars = [[add, reset], presets].map((buttons) => html("div", { class: "bp-bar" }, ...buttons));
  const first = html("div", { class: "bp-knobs" }, nudge.el);
  const knobs = html("div", { class: "bp-knobs" }, order.el, rows.el, ...bars);
  box.append(html("div", { class: "bp-picture" }, el), first, says, terms, friend, knobs, tip(store.get("note")));
  const unfit = fitted(box, (wide) => {
    width = wide;
    redraw();
  });
  const unwatch = store.watch(redraw);
  return () => {
    unfit();
    unwatch();
  };
}

const { widget, define } = host("bp-chain", {
  defaults: { stages: [["square", 1]], x: 2, dx: 0.01, order: "back", range: [-3, 3], note: "" },
  mount,
});

export { define };
export default widget;
