import {
  banner,
  button,
  choice,
  disclosure,
  fitted,
  host,
  html,
  knob,
  number,
  OWN_KEYS,
  pretty,
  put,
  sentence,
  spot,
  svg,
  tip,
} from "../_shared/frame.js";
import { moved, player } from "../_shared/player.js";
import { drawing, HEIGHT } from "./drawing.js";
import {
  beats,
  called,
  detail,
  difference,
  explain,
  headline,
  MOST,
  NAMES,
  pass,
  product,
  shown,
  singles,
  stage,
  tell,
} from "./rates.js";

// chain: a pipeline of functions, each with its rate; along one path the rates multiply. What is computed and said is in
// rates.js, the picture in drawing.js.

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

// One row of controls. change(k, part, value), remove(k), times(k): what is done with stage k, and what it has.
function stageRow(k, { change, remove, times: had }) {
  const pick = () => change(k, 0, select.value);
  const select = html("select", { "aria-label": `Function of stage ${k + 1}`, change: pick, ...OWN_KEYS });
  const take = () => {
    const n = times.valueAsNumber;
    if (Number.isInteger(n) && n >= 1 && n <= MOST.times) change(k, 1, n);
  };
  const limits = { type: "number", min: 1, max: MOST.times, step: 1, "aria-label": `How many times stage ${k + 1}` };
  const restore = () => (times.value = had(k)); // what was not taken does not stay
  const times = html("input", { ...limits, input: take, change: restore, ...OWN_KEYS });
  const away = button("−", () => remove(k), { "aria-label": `Remove stage ${k + 1}` });
  const label = html("span", {}, `${k + 1}`);
  const el = html("div", { class: "bp-stage" }, label, select, times, html("span", {}, "times"), away);
  return { el, select, times, away };
}

// The rows of controls, one for each stage; built anew only when their number changes, so that the focus stays.
function pipeline(store) {
  const el = html("div", { class: "bp-stages", role: "group", "aria-label": "Stages" });
  let rows = [];
  const stages = () => store.get("stages");
  const change = (k, part, value) => store.set("stages", stages().with(k, stages()[k].with(part, value)));
  const remove = (k) => {
    store.set("stages", stages().toSpliced(k, 1));
    rows[Math.min(k, rows.length - 1)].select.focus(); // the button that had the focus is gone
  };
  function show() {
    if (rows.length !== stages().length) {
      rows = stages().map((_, k) => stageRow(k, { change, remove, times: (of) => stages()[of][1] }));
      el.replaceChildren(...rows.map((one) => one.el));
    }
    for (const [k, [name, times]] of stages().entries()) {
      const names = NAMES.includes(name) ? NAMES : [name, ...NAMES];
      const { select, times: box, away } = rows[k];
      if (select.options.length !== names.length || select.options[0].value !== names[0])
        select.replaceChildren(...names.map((value) => html("option", { value }, shown(value))));
      select.value = name;
      if (document.activeElement !== box) box.value = times;
      away.disabled = stages().length === 1;
    }
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

// The product term by term.
function formula() {
  const el = html("p", { class: "bp-product" });
  function draw({ stages, x, order }) {
    const { rates, back, front } = pass(stages, x);
    const term = (text) => html("span", { class: "bp-term" }, text);
    const total = html("strong", { class: "bp-backward" }, number(order === "front" ? front.at(-1) : back[0]));
    const factors = product(rates, order).flatMap((text) => [term(text), " "]);
    el.replaceChildren("∂y/∂x = ", ...factors, factors.length ? "= " : "", total);
  }
  return { el, draw };
}

const MOST_ROWS = 24;

// The numbers of every place, and what two runs of the pipeline say without any rate; written while they are open.
function figures() {
  const head = ["place", "function", "value", "rate", "nudge", "product"].map((text) =>
    html("th", { scope: "col" }, text),
  );
  const rows = html("tbody", {});
  const table = html("table", { class: "bp-numbers" }, html("thead", {}, html("tr", {}, ...head)), rows);
  const friend = html("p", { class: "bp-friend" });
  const el = disclosure("Numbers", table, friend);
  el.addEventListener("toggle", () => draw());
  const long = (value) =>
    Number.isFinite(value) ? String(Number(value.toPrecision(10))).replace("-", "−") : number(value);
  let now;
  function draw(given = now) {
    now = given;
    if (!el.open) return;
    const list = singles(now.stages).length < MOST_ROWS ? singles(now.stages) : now.stages;
    const { values, rates, front, [now.order]: products } = pass(list, now.x);
    const cell = (kind, text) => html("td", { class: kind && `bp-${kind}` }, text);
    const line = (value, k) => {
      const [name, times] = list[k - 1] ?? ["", 1];
      const title = shown(name) + (times > 1 ? `, ${times} times` : "");
      const numbers = [cell("forward", number(value)), cell("", k ? number(rates[k - 1]) : "")];
      numbers.push(cell("forward", number(front[k] * now.dx)), cell("backward", number(products[k])));
      return html("tr", {}, html("th", { scope: "row" }, pretty(called(k, list.length))), cell("", title), ...numbers);
    };
    rows.replaceChildren(...values.map(line));
    const { h, up, down, slope } = difference(now.stages, now.x);
    const runs = `y(x + h) = ${long(up)}, y(x − h) = ${long(down)}, and the difference over 2h is ${number(slope)}`;
    put(friend, `The same without any rate: with h = ${number(h)}, ${runs}.`);
  }
  return { el, draw };
}

// Everything the reader can press, but what is above the picture's own words.
function controls(store, begin) {
  const rows = pipeline(store);
  const use = (stages) => store.set("stages", structuredClone(stages));
  const add = button("Add a stage", () => use([...store.get("stages"), ["*0.8", 1]]));
  const reset = button("Reset", () => {
    use(begin.stages);
    store.set("x", begin.x);
  });
  const presets = Object.entries(PRESETS).map(([name, stages]) => button(name, () => use(stages)));
  const order = choice({
    name: "Multiply the rates from the",
    options: [
      ["back", "back (reverse mode)"],
      ["front", "front (forward mode)"],
    ],
    change: (value) => store.set("order", value),
  });
  const chains = html("div", { class: "bp-bar", role: "group", "aria-label": "Chains" }, ...presets, reset);
  const editor = disclosure("Change the stages", html("div", { class: "bp-bar" }, add), rows.el);
  function show() {
    order.set(store.get("order"));
    rows.show();
    add.disabled = store.get("stages").length >= MOST.stages;
  }
  return { chains, order: order.el, editor, show };
}

const ARRIVES = 0.75; // of a beat; the rest of it is for reading

// How far the two lanes are told when a part of a beat is over: the nudge up to place `forth`, and of the product `steps`
// from its own end; -1 is not at all. Without a beat, all is told.
function told(beat, part, count, order) {
  if (!beat) return { forth: count, steps: count };
  const { pass: way, from, to } = beat;
  const place = from === to ? part - 1 : from + (to - from) * part;
  if (way === "forward") return { forth: place, steps: -1 };
  return { forth: count, steps: from !== to && order === "back" ? count - place : place };
}

// Calls go(k) with the place that is pointed at, -1 when none is; a finger that is lifted leaves it chosen.
function pointedAt(el, nearest, go) {
  const point = (event) => go(nearest(spot(el, event)[0]));
  const leave = (event) => event.pointerType === "mouse" && go(-1);
  for (const [on, does] of Object.entries({ pointermove: point, pointerdown: point, pointerleave: leave }))
    el.addEventListener(on, does);
}

function build(el, now, width) {
  const picture = drawing(now, width);
  el.replaceChildren(...picture.parts);
  const path = now.stages.map(([name, n]) => (n > 1 ? `${n} times ` : "") + shown(name)).join(", ");
  const frame = { width, viewBox: `0 0 ${width} ${HEIGHT}`, "aria-label": `A pipeline from x to y: ${path}` };
  for (const key in frame) el.setAttribute(key, frame[key]);
  return picture;
}

// Draws a chain, anew when it is another one or has another width, and gives it its numbers; `other`: it is another one.
function sheet(el) {
  let [chain, width, picture] = ["", 0, null];
  return (now, wide = width) => {
    const next = JSON.stringify([now.stages, now.order]);
    const other = next !== chain;
    if (other || wide !== width) picture = build(el, now, wide);
    [chain, width] = [next, wide];
    picture.fill(pass(singles(now.stages), now.x), now.dx);
    return { picture, other };
  };
}

const wording = (now, beat, place) =>
  place >= 0 ? detail(now, place) : beat ? explain(now, beat) : tell(now.stages, now.x, now.dx);

// The picture with its player, and what is said of it.
function scene(box, state, tellAgain) {
  const el = svg("svg", { role: "img", height: HEIGHT });
  const drawn = sheet(el);
  let [at, pointed, over] = [-1, -1, 1]; // the beat and how much of it is over, the place that is pointed at; -1: none
  let [picture, list] = [null, []];
  const reveal = () => {
    const way = Math.min(over / ARRIVES, 1);
    const eased = way * way * (3 - 2 * way);
    picture.reveal({ ...told(list[at], eased, picture.count, state().order), pulse: way < 1 && list[at]?.pass });
    picture.mark(pointed >= 0 ? pointed : (list[at]?.to ?? -1));
  };
  const go = (to, place = -1) => {
    if (to === at && place === pointed) return;
    if (to !== at) over = steer.running() ? 0 : 1;
    [at, pointed] = [to, place];
    reveal();
    tellAgain();
  };
  const between = (part) => {
    over = part;
    if (picture) reveal();
  };
  const move = (by) => go(moved(at, by, list.length));
  const steer = player(box, { at: () => at, count: () => list.length, move, between });
  const nearest = (px) => picture.nearest(px);
  pointedAt(el, nearest, (place) => go(at, place));

  function draw(now, wide) {
    const { picture: next, other } = drawn(now, wide);
    picture = next;
    if (other) [list, at, pointed] = [beats(picture.count, now.order), -1, -1];
    if (other) steer.pause();
    reveal();
  }
  const says = (now) => {
    steer.say(list[at] ? `${at + 1} of ${list.length}` : "All is shown");
    return wording(now, list[at], pointed);
  };
  return { el, steer, draw, says, beat: () => list[at] };
}

export function mount(box, store) {
  const begin = checked(store);
  const { el: says, say } = sentence();
  const [min, max] = store.get("range");
  const nudge = knob({ name: "x", min, max, step: (max - min) / 120, change: (x) => store.set("x", x) });
  const state = () => Object.fromEntries(["stages", "x", "dx", "order"].map((key) => [key, store.get(key)]));
  const [terms, numbers, rest] = [formula(), figures(), controls(store, begin)];
  const above = banner("bp-headline");
  const again = () => {
    above.write(headline(state(), view.beat()));
    say(view.says(state()));
  };
  const view = scene(box, state, again);

  function redraw(wide) {
    const now = state();
    view.draw(now, wide);
    terms.draw(now);
    numbers.draw(now);
    nudge.set(now.x);
    rest.show();
    again();
  }
  const main = html("div", { class: "bp-picture bp-main" }, above.el, view.el);
  const below = html("div", { class: "bp-below" }, nudge.el, says, terms.el, rest.chains, rest.order);
  box.append(main, view.steer.el, below, rest.editor, numbers.el, tip(store.get("note")));
  const unfit = fitted(box, (wide) => redraw(Math.floor(wide)));
  const ends = [store.watch(() => redraw()), view.steer.end, unfit];
  return () => {
    for (const end of ends) end();
  };
}

const { widget, define } = host("bp-chain", {
  defaults: { stages: [["square", 1]], x: 2, dx: 0.01, order: "back", range: [-3, 3], note: "" },
  mount,
});

export { define, pass };
export default widget;
