import { check, RULES, run } from "../_shared/engine.js";
import {
  button,
  fitted,
  host,
  html,
  knob,
  legend,
  lowered,
  number,
  OWN_KEYS,
  put,
  sentence,
  svg,
  tip,
  toggle,
} from "../_shared/frame.js";
import { moved, player } from "../_shared/player.js";
import { asked, blank, fits, room, slipsIn, suspects } from "./fill.js";
import { layout, measure, route } from "./layout.js";
import { detail, explain, schedule, symbol, titles, verdict } from "./words.js";

// graph: any traced computational graph. Values flow forward, gradients flow back, step by step. What is said of it is in
// words.js, where things stand in layout.js, and the reader's own filling in, in fill.js.

// ---------- PICTURE: builds the drawing once; `draw` changes texts and classes, `arrange` moves things ----------

function drawNode(graph, i, title, inspect) {
  const mark = /^[\w₀-₉]+$/.test(title) ? symbol(graph, i) : ""; // else the title says it
  const fit = Math.max(2, 10 - mark.length);
  const short = title.length > fit ? `${title.slice(0, fit - 1)}…` : title;
  const texts = { name: short, op: mark, forward: "", backward: "" };
  const parts = { box: svg("rect", { rx: 8 }) };
  for (const key in texts) {
    parts[key] = svg("text", { class: `bp-${key}` }, ...lowered(texts[key], svg));
    if (key.endsWith("ward")) parts[`${key}Slot`] = svg("path", { class: "bp-slot" }); // where a number will stand
  }
  const { name, op } = graph.nodes[i];
  const [enter, leave] = [() => inspect(i), () => inspect(-1)];
  const on = { pointerenter: enter, pointerleave: leave, focus: enter, blur: leave };
  const about = { class: "bp-node", "data-node": name, "data-op": op, role: "img", tabindex: -1 };
  const el = svg("g", { ...about, ...on, ...OWN_KEYS }, ...Object.values(parts));
  return { el, ...parts, mark, title };
}

function picture(graph, inspect) {
  const plan = layout(graph);
  const names = titles(graph);
  const nodes = new Map();
  for (const { node } of plan.spots.filter((s) => s.node !== undefined).sort((a, b) => a.node - b.node))
    nodes.set(node, drawNode(graph, node, names[node], inspect));
  const edges = plan.edges.map((edge) => {
    const parts = { line: svg("path"), forth: svg("path", { class: "bp-head" }) };
    parts.back = svg("path", { class: "bp-head bp-back" });
    const pulse = svg("circle", { class: "bp-pulse", r: 5, visibility: "hidden" });
    return { edge, ...edge, parts, pulse, el: svg("g", { class: "bp-edge" }, ...Object.values(parts)) };
  });
  const label = "Computational graph. Arrow keys: up and down go from node to node, left and right step through.";
  const drawn = [...edges, ...nodes.values()].map((part) => part.el); // boxes above edges
  const pulses = svg("g", { class: "bp-pulses", "aria-hidden": "true" }, ...edges.map(({ pulse }) => pulse));
  const el = svg("svg", { role: "group", "aria-label": label }, ...drawn, pulses);
  nodes.values().next().value.el.setAttribute("tabindex", 0); // one stop for the Tab key, arrows from there
  return { el, nodes, edges, plan };
}

function arrange({ el, nodes, edges, plan }, width) {
  const size = measure(plan, width);
  const { box, at } = size;
  const frame = { width: size.width, height: size.height, viewBox: `0 0 ${size.width} ${size.height}` };
  for (const key in frame) el.setAttribute(key, frame[key]);
  el.classList.toggle("bp-small", box.small);
  const [name, value, gradient] = box.lines;
  const texts = { name: [box.pad, name], op: [box.wide - box.pad, name] };
  Object.assign(texts, { forward: [box.pad, value], backward: [box.pad, gradient] });
  for (const spot of plan.spots) {
    const node = nodes.get(spot.node);
    if (!node) continue;
    node.el.setAttribute("transform", `translate(${at(spot)})`);
    node.box.setAttribute("width", box.wide);
    node.box.setAttribute("height", box.high);
    for (const key of ["forward", "backward"]) node[`${key}Slot`].setAttribute("d", `M${texts[key]}h28`);
    for (const [key, [x, y]] of Object.entries(texts)) {
      node[key].setAttribute("x", x);
      node[key].setAttribute("y", y);
    }
  }
  for (const one of edges) {
    const drawn = route(plan, size, one.edge);
    for (const key in one.parts) one.parts[key].setAttribute("d", drawn[key]);
    one.long = 0; // asked for when something runs along it
  }
}

// now: the step being told, or undefined when everything is shown
function draw({ nodes, edges }, { pass, known, now }) {
  for (const [i, { el, forward: above, backward: below, title, mark }] of nodes) {
    const open = now?.node === i && now.pass; // in filling in, the number that is asked for
    put(above, known.value[i] ? number(pass.value[i]) : open === "forward" ? "?" : "");
    put(below, known.grad[i] ? `∂ ${number(pass.grad[i])}` : open === "backward" ? "∂ ?" : "");
    el.setAttribute("class", `bp-node${now?.node === i ? ` bp-now bp-${now.pass}` : ""}`);
    const value = known.value[i] ? `value ${number(pass.value[i])}` : "no value yet";
    const gradient = known.grad[i] ? `, gradient ${number(pass.grad[i])}` : "";
    el.setAttribute("aria-label", `${title}${mark && ` (${mark})`}: ${value}${gradient}`);
  }
  for (const { el, from, to } of edges) {
    const live = now && (now.pass === "forward" ? to : from) === now.node;
    const gone = now && (known.grad[from] ? "backward" : known.value[to] ? "forward" : "");
    const both = now ? "" : " bp-both"; // all is told: the line was gone along in both directions
    el.setAttribute("class", `bp-edge${live ? ` bp-now bp-${now.pass}` : gone ? ` bp-gone bp-${gone}` : both}`);
  }
}

const ARRIVES = 0.55; // of a beat; the rest of it is for reading the number that has come

// What moves while a beat lasts: a pulse along each edge of this step, and the number comes with it.
function runAlong({ nodes, edges }, now, part) {
  const way = Math.min(part / ARRIVES, 1);
  const eased = way * way * (3 - 2 * way);
  for (const one of edges) {
    const live = now && way < 1 && (now.pass === "forward" ? one.to : one.from) === now.node;
    one.pulse.setAttribute("visibility", live ? "visible" : "hidden");
    if (!live) continue;
    one.long ||= one.parts.line.getTotalLength();
    const { x, y } = one.parts.line.getPointAtLength(one.long * (now.pass === "forward" ? eased : 1 - eased));
    one.pulse.setAttribute("transform", `translate(${x.toFixed(1)} ${y.toFixed(1)})`);
    one.pulse.setAttribute("class", `bp-pulse bp-${now.pass}`);
  }
  if (now) nodes.get(now.node).el.classList.toggle("bp-coming", way < 1);
}

// ---------- KNOBS: what the reader can do ----------

// What has been told by step number `step`; -1 is everything. In filling in, the step itself is still open.
function told(graph, steps, step, filling) {
  const all = step < 0;
  const known = { value: graph.nodes.map(({ op }) => all || !RULES[op]), grad: graph.nodes.map(() => all) };
  for (const { pass, node } of all ? [] : steps.slice(0, step + !filling)) {
    known[pass === "forward" ? "value" : "grad"][node] = true;
  }
  return { known, now: all ? undefined : steps[step] };
}

// The leaves' numbers, the knobs that change them, Reset, and with lr a button that learns.
function numbers(graph, store) {
  const leaves = graph.nodes.filter(({ op }) => op === "leaf");
  const given = Object.fromEntries(leaves.map(({ name, value }) => [name, value]));
  const values = () => ({ ...given, ...store.get("values") });
  const rows = Object.entries(store.get("knobs")).map(([name, [min, max, step = 0.05]]) => {
    if (!(name in given)) throw new Error(`there is a knob for "${name}", but no leaf of that name.`);
    const change = (value) => store.set("values", { ...values(), [name]: value });
    return { name, ...knob({ name, min, max, step, change }) };
  });
  const lr = store.get("lr");
  const learn = () => {
    const { grad } = run(graph, values());
    const slopes = Object.fromEntries(graph.nodes.map(({ name }, i) => [name, grad[i]]));
    const learnt = store.get("learns").map((name) => [name, values()[name] - lr * slopes[name]]);
    if (learnt.every(([, value]) => Number.isFinite(value)))
      store.set("values", { ...values(), ...Object.fromEntries(learnt) });
  };
  const reset = button("Reset", () => store.set("values", { ...given }), { "aria-label": "Reset the numbers" });
  const actions = lr ? [button(`Learn: subtract ${number(lr)} × ∂`, learn), reset] : [reset];
  const bar = html("div", { class: "bp-bar" }, ...actions);
  const group = { class: "bp-knobs", role: "group", "aria-label": "Numbers" };
  const el = rows.length ? html("div", group, ...rows.map((row) => row.el), bar) : "";
  const away = () => Object.entries(values()).some(([name, value]) => value !== given[name]);
  const show = (hidden) => {
    for (const { name, set } of rows) set(values()[name]);
    if (el) el.hidden = hidden; // the table of slips holds for the numbers as they were
  };
  return { el, values, moved: away, show };
}

const KEYS = { ArrowRight: "next", ArrowLeft: "back", Home: "first", End: "all" };

function press(event, move, nodes) {
  if (event.target.matches("input, select") || event.ctrlKey || event.altKey || event.metaKey) return;
  const order = [...nodes.values()].map(({ el }) => el);
  const other = order[order.indexOf(event.target) + { ArrowDown: 1, ArrowUp: -1 }[event.key]];
  const target = order.includes(event.target) ? other : undefined;
  if (!KEYS[event.key] && !target) return;
  event.preventDefault();
  event.stopPropagation(); // the page has uses of its own for these keys
  if (KEYS[event.key]) return move(KEYS[event.key]);
  for (const el of order) el.setAttribute("tabindex", el === target ? 0 : -1);
  target.focus();
}

// Everything the reader can press, and where the words go.
function controls(box, store, { tale, move, between, fill }) {
  const { steps, at, filling, open } = tale;
  const opened = at();
  let [last, over] = [opened, 1]; // how much of a beat is over
  const run = (part) => {
    over = part;
    between(part);
  };
  const steer = player(box, { at, count: () => steps.length, move, between: run });
  const again = button("Start over", () => move("first"), { hidden: true });
  steer.el.lastChild.before(again);
  const mode = toggle({
    name: "You fill in",
    change(on) {
      steer.pause();
      fill.forget();
      store.set("fill", on);
      if (on && (at() < 0 || at() === opened)) store.set("step", 0); // nobody chose to begin where it opened
      if (on) fill.focus();
    },
  });
  const blanks = tale.offered ? html("div", { class: "bp-bar bp-blanks" }, mode.el, fill.el) : "";
  function show(now) {
    if (at() !== last) over = 0;
    last = at();
    if (steer.running()) between(over);
    if (fill.el.contains(document.activeElement) && !open()) mode.el.firstChild.focus(); // all is filled in
    fill.el.hidden = !filling();
    fill.el.classList.toggle("bp-filled", !open()); // it keeps its place: nothing moves from under the pointer
    steer.next.hidden = filling();
    again.hidden = !filling();
    box.classList.toggle("bp-filling", filling());
    box.dataset.pass = now?.pass ?? "all";
    mode.set(filling());
    const same = steps.filter(({ pass }) => pass === now?.pass);
    const way = now?.pass === "forward" ? "Forward" : "Backward";
    steer.say(now ? `${way} ${same.indexOf(now) + 1} of ${same.length}` : "All is shown");
  }
  return { parts: [blanks, steer.el], show, end: steer.end };
}

const WAYS = { forward: "values run forward →", backward: "← gradients ∂ run back" };
const WELCOME = "Fill in the empty boxes, one number after the other; three decimals are enough. ";
const INVITATION = ["screen", "Point at a node for its local derivatives, or play it step by step."]; // not in print

// What is said of a step: the question in filling in, else the step itself; at the end, how to look on.
function words(graph, pass, now, open, fill) {
  if (open) return fill.says(`What is ${asked(graph, now).what}?`);
  return now ? explain(graph, pass, now) : [...fill.says(""), ...verdict(graph, pass), INVITATION];
}

// How far the telling is, and whether the reader fills in: `open` is then the number that is asked for.
function telling(store, graph, slips) {
  const steps = schedule(graph);
  const at = () => Math.max(-1, Math.min(store.get("step"), steps.length - 1));
  const filling = () => Boolean(slips) && store.get("fill");
  const open = () => filling() && at() >= 0;
  const go = (by) => store.set("step", moved(at(), by, steps.length));
  return { steps, at, step: () => steps[at()], filling, open, go, offered: Boolean(slips) };
}

// The box for the next number, and the way on, which leads through it; ask() is what `blank` wants to know.
function filledIn(tale, ask, again) {
  const go = (by) => {
    tale.go(by);
    again();
  };
  const fill = blank({
    ask,
    move: (by = "next") => (by ? go(by) : again()),
    welcome: () => (tale.at() === 0 ? WELCOME : ""),
  });
  const move = (by) => {
    if (tale.open() && by === "next") return fill.focus();
    fill.forget();
    go(by);
  };
  return { fill, move };
}

export function mount(box, store) {
  const graph = store.get("graph");
  check(graph);
  const slips = slipsIn(graph, store.get("slips"));
  const tale = telling(store, graph, slips);
  let inspected = -1;
  const inspect = (i) => {
    inspected = i;
    redraw();
  };
  const view = picture(graph, inspect);
  const knobs = numbers(graph, store);
  const pass = () => run(graph, knobs.values());
  const ask = () => ({ graph, pass: pass(), step: tale.step(), slips: knobs.moved() ? null : slips });
  const { fill, move } = filledIn(tale, ask, () => inspect(-1));
  const bar = controls(box, store, { tale, move, between: (part) => runAlong(view, tale.step(), part), fill });
  const { el: says, say } = sentence();

  function redraw() {
    const seen = pass();
    const { known, now } = told(graph, tale.steps, tale.at(), tale.open());
    draw(view, { pass: seen, known, now });
    knobs.show(tale.filling());
    bar.show(now);
    fill.show(tale.open() ? asked(graph, now).what : "next number");
    say(inspected >= 0 ? detail(graph, seen, inspected, known) : words(graph, seen, now, tale.open(), fill));
  }
  const main = html("div", { class: "bp-picture bp-main" }, legend(WAYS), view.el);
  box.append(main, ...bar.parts, says, knobs.el, tip(store.get("note")));
  box.addEventListener("keydown", (event) => press(event, move, view.nodes));
  const unfit = fitted(box, (width) => arrange(view, width));
  redraw();
  const ends = [store.watch(redraw), bar.end, unfit];
  return () => {
    for (const end of ends) end();
  };
}

const { widget, define } = host("bp-graph", {
  defaults: {
    graph: null,
    knobs: {},
    values: {},
    step: -1,
    note: "",
    lr: null,
    learns: [],
    fill: false,
    slips: {},
  },
  mount,
});

export { check, define, fits, moved, RULES, room, run, suspects };
export default widget;
