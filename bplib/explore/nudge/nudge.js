import { chart } from "../_shared/chart.js";
import { check, run } from "../_shared/engine.js";
import {
  banner,
  choice,
  disclosure,
  fitted,
  host,
  html,
  knob,
  legend,
  lowered,
  number,
  pretty,
  put,
  readout,
  sentence,
  spot,
  svg,
  tip,
} from "../_shared/frame.js";

// nudge: one knob is turned a little; what the tangent promised stands beside what the loss did.

// ---------- MODEL: pure functions, on top of the engine ----------

const given = (graph, leaf) => graph.nodes.find(({ name, op }) => op === "leaf" && name === leaf).value;

// The slope of the loss for each leaf: one backward pass gives them all.
export function slopes(graph) {
  const { grad } = run(graph);
  return Object.fromEntries(graph.nodes.flatMap(({ name, op }, i) => (op === "leaf" ? [[name, grad[i]]] : [])));
}

// The loss with one leaf elsewhere and the others held where they are.
export const lossAt = (graph, leaf, value) => run(graph, { [leaf]: value }).value.at(-1);

export const curve = (graph, leaf, from, to, count = 160) =>
  Array.from({ length: count + 1 }, (_, k) => from + ((to - from) * k) / count).map((x) => [x, lossAt(graph, leaf, x)]);

// On which side of its kink each relu, abs, max and min stands: 1, −1, or 0 for on it.
function sides({ nodes }, value) {
  const kinked = nodes.filter(({ op }) => ["relu", "abs", "max", "min"].includes(op));
  return kinked.map(({ name, parents: [a, b] }) => [name, Math.sign(value[a] - (b === undefined ? 0 : value[b]))]);
}

// The kinks between the leaf's place and the nudged one: {on: names of nodes that start on theirs, crossed: names}.
export function kinks(graph, leaf, h, looks = 32) {
  const [on, crossed] = [new Set(), new Set()];
  const home = sides(graph, run(graph).value);
  for (let k = 1; h && k <= looks; k++) {
    const there = sides(graph, run(graph, { [leaf]: given(graph, leaf) + (h * k) / looks }).value);
    for (const [i, [name, side]] of there.entries()) if (side !== home[i][1]) (home[i][1] ? crossed : on).add(name);
  }
  return { on: [...on], crossed: [...crossed] };
}

// What a nudge of size h was promised by the slope, and what it brought. `straight`: no difference beyond rounding.
export function nudged(graph, leaf, h) {
  const base = given(graph, leaf);
  const { value, grad } = run(graph);
  const slope = grad[graph.nodes.findIndex(({ name }) => name === leaf)];
  const before = value.at(-1);
  const after = lossAt(graph, leaf, base + h);
  const [promised, actual] = [slope * h, after - before];
  const difference = promised - actual;
  const rounding = 4e-16 * Math.max(Math.abs(before), Math.abs(after), Math.abs(slope * base));
  const straight = Math.abs(difference) <= 4 * rounding;
  return { base, before, after, slope, promised, actual, difference, straight, per: actual / h };
}

const forward = (value) => ["forward", number(value)];
const backward = (value) => ["backward", number(value)];
const list = (names) => names.map(pretty).join(" and ");

// What the difference is, and why.
function reason(graph, leaf, h, now) {
  const { on, crossed } = kinks(graph, leaf, h);
  const name = pretty(leaf);
  if (on.length) return ` ${name} stands on the kink of ${list(on)}: the slope there is a convention, not a promise.`;
  const flat = now.slope === 0 && Math.abs(now.actual) <= 1e-15;
  if (crossed.length) {
    const why = `${list(crossed)} ${crossed.length > 1 ? "switch" : "switches"}`;
    return ` Between here and there the curve bends: ${why}, and a tangent cannot know.`;
  }
  if (flat) return ` The curve is flat here: a nudge of ${name} does not reach the loss.`;
  if (now.straight) return " They are equal up to rounding: the curve is straight here.";
  const half = nudged(graph, leaf, h / 2);
  const off = ` They differ by ${number(Math.abs(now.difference))}`;
  if (half.straight) return `${off}, little more than rounding.`;
  const ratio = now.difference / half.difference;
  const then =
    ratio > 1 ? `, ${number(Number(ratio.toFixed(2)))} times smaller.` : ". So large a nudge follows no rule.";
  return `${off}; with half the nudge by ${number(Math.abs(half.difference))}${then}`;
}

// "A nudge of 0.1 to w₁ was promised −0.81 and brought −0.7875."
export function tell(graph, leaf, h) {
  const now = nudged(graph, leaf, h);
  if (!Number.isFinite(now.before)) return [`The loss is ${number(now.before)} already: there is nothing to compare.`];
  if (!h) return [`No nudge: nothing is promised for ${pretty(leaf)}, and nothing happens.`];
  const act = `A nudge of ${number(h)} to ${pretty(leaf)}`;
  if (!Number.isFinite(now.after)) {
    const end = `There the loss is ${number(now.after)}: the promise does not hold that far.`;
    return [`${act} was promised `, backward(now.promised), `. ${end}`];
  }
  const said = [`${act} was promised `, backward(now.promised), " and brought ", forward(now.actual), "."];
  return [...said, reason(graph, leaf, h, now)];
}

// The same in one line, for above the picture.
export function headline(graph, leaf, h) {
  const { promised, actual } = nudged(graph, leaf, h);
  if (!h) return ["No nudge: turn it, or pull in the picture"];
  return ["Promised ", backward(promised), ", came ", forward(actual)];
}

// From where to where the axes go: the curve and its tangent, over the reach on both sides.
export function view(graph, leaf, reach) {
  const { base, before, slope } = nudged(graph, leaf, 0);
  const [from, to] = [base - 1.1 * reach, base + 1.1 * reach];
  const points = curve(graph, leaf, from, to);
  const heights = [...points.map(([, y]) => y), before + slope * reach, before - slope * reach].filter(Number.isFinite);
  if (!heights.length) heights.push(0);
  const [low, high] = [Math.min(...heights), Math.max(...heights)];
  const room = (high - low || Math.abs(high) || 1) * 0.12;
  return { points, x: { min: from, max: to }, y: { min: low - room, max: high + room } };
}

// ---------- PICTURE ----------

const WORDS = { top: 14, bottom: 252, tight: [150, 130] }; // px: where words may stand, and how much they need

function label(el, said, x, y, anchor) {
  put(el, said);
  const at = { x, y: Math.max(WORDS.top, Math.min(WORDS.bottom, y)), "text-anchor": anchor };
  for (const key in at) el.setAttribute(key, at[key]);
}

// What stands on the plot: the nudge along the level where the loss was, and from there a bar to what was promised and one
// to what happened, with their words.
function marks(plot) {
  const level = plot.bar("level");
  const text = (kind) => svg("text", { class: `bp-${kind}` });
  const words = { promised: text("promised"), happened: text("happened"), size: text("size") };
  const bar = (kind) => svg("path", { class: `bp-step bp-${kind}` });
  const bars = { promised: bar("backward"), happened: bar("forward") };
  plot.el.append(...Object.values(bars));
  const dots = { base: plot.dot("base", 5.5), promised: plot.dot("backward", 4.5), happened: plot.dot("forward", 5.5) };
  plot.el.append(...Object.values(dots).map(({ el }) => el), ...Object.values(words));
  return (now, h, wide) => {
    const x = now.base + h;
    const ends = { promised: [now.before + now.promised, now.promised], happened: [now.after, now.actual] };
    const [[from, zero], [to]] = [plot.place(now.base, now.before), plot.place(x, now.before)].map((at) =>
      at.map(Number),
    );
    level.between(now.base, now.before, x, now.before);
    dots.base.move(now.base, now.before);
    label(
      words.size,
      Math.abs(to - from) > 70 ? `nudge ${number(h)}` : "",
      (from + to) / 2,
      zero + (now.promised <= 0 ? -7 : 16),
      "middle",
    );
    const upper = ends.promised[0] >= ends.happened[0] ? "promised" : "happened";
    for (const [key, [end, amount]] of Object.entries(ends)) {
      const y = Number(plot.place(x, end)[1]);
      const seen = h && Number.isFinite(y);
      dots[key].move(x, end);
      bars[key].setAttribute("d", seen ? `M${to + (key === "promised" ? -5 : 5)} ${zero}V${y}` : "");
      // Above a falling line there is room on the right, below it on the left; with a rising one, the other way round.
      const right = (key === upper) === now.slope <= 0 ? 1 : -1;
      const tight = right > 0 ? to > wide - WORDS.tight[1] : to < WORDS.tight[0]; // then the number alone
      const said = seen ? `${tight ? "" : `${key} `}${number(amount)}` : "";
      label(words[key], said, to + 14 * right, seen ? y + (key === upper ? -9 : 19) : 0, right > 0 ? "start" : "end");
    }
  };
}

function picture(graph, loss) {
  const about = "The loss against the chosen knob, its tangent, and the nudge";
  const axes = { x: { label: "", min: 0, max: 1 }, y: { label: "", min: 0, max: 1 }, height: 290, label: about };
  const plot = chart(axes);
  const [curve, tangent] = [plot.line("forward"), plot.line("backward")];
  const mark = marks(plot);
  plot.el.append(svg("text", { class: "bp-title", x: 66, y: 24 }, `loss ${loss}`));
  let shown = {};
  let wide = 0;

  function draw(leaf, h, reach) {
    const span = Math.max(reach, Math.abs(h));
    if (shown.leaf !== leaf || shown.span !== span) {
      shown = { leaf, span };
      const { points, x, y } = view(graph, leaf, span);
      plot.range({ x: { ...x, label: leaf }, y });
      curve.draw(points);
    }
    const now = nudged(graph, leaf, h);
    const { min, max } = plot.axes.x;
    tangent.draw([min, max].map((x) => [x, now.before + now.slope * (x - now.base)]));
    mark(now, h, wide);
  }
  const arrange = (width) => {
    wide = width;
    plot.arrange(width);
  };
  return { el: plot.el, arrange, draw, at: plot.at };
}

// ---------- KNOBS ----------

// What slopes cost, with and without a backward pass.
function cost(graph, leaves, loss) {
  const n = leaves.length;
  const found = slopes(graph);
  const all = leaves.flatMap((leaf, k) => {
    const slope = html("span", { class: "bp-backward" }, number(found[leaf]));
    return [k ? ", " : "", `∂${loss}/∂`, ...lowered(pretty(leaf), html), " = ", slope];
  });
  const knobs = n === 1 ? "1 knob" : `${n} knobs`;
  const runs =
    `This network has ${knobs}. Nudging one after the other costs ${n + 1} runs of the network, ` +
    `or ${2 * n} with a nudge to each side. One run and one backward pass give every slope: `;
  return html("p", { class: "bp-cost" }, runs, ...all, ".");
}

const SLOP = 8; // px that a finger moves before it pulls, and does not scroll the page

// The nudge can be pulled along in the picture, too; pull(x) gets the place on the axis.
function pulled({ el, at }, pull) {
  let from = Number.NaN;
  const follow = (event) => {
    const { clientX, pointerType } = event;
    if (pointerType === "touch" && Math.abs(clientX - from) < SLOP) return;
    if (pointerType === "touch") from = Number.NEGATIVE_INFINITY;
    pull(at(spot(el, event)[0], 0)[0]);
  };
  el.addEventListener("pointerdown", (event) => {
    from = event.clientX;
    el.setPointerCapture(event.pointerId);
    follow(event);
  });
  el.addEventListener("pointermove", (event) => el.hasPointerCapture(event.pointerId) && follow(event));
}

function wanted(store) {
  const graph = store.get("graph");
  check(graph);
  const inputs = graph.nodes.filter(({ op }) => op === "leaf").map(({ name }) => name);
  const leaves = store.get("leaves") ?? inputs;
  if (!Array.isArray(leaves) || !leaves.length || !leaves.every((name) => inputs.includes(name)))
    throw new Error(`leaves wants names of leaves (${inputs.join(", ")}), not ${JSON.stringify(leaves)}.`);
  if (!leaves.includes(store.get("leaf") ?? leaves[0]))
    throw new Error(`leaf wants one of ${leaves.join(", ")}, not "${store.get("leaf")}".`);
  if (!(store.get("reach") > 0) || !Number.isFinite(store.get("h")))
    throw new Error(`nudge wants a reach above 0 and a finite h, not ${store.get("reach")} and ${store.get("h")}.`);
  return { graph, leaves, reach: store.get("reach") };
}

// Three numbers at first glance, and the rest of them on demand.
function tables(graph, leaves, loss) {
  const first = readout({ slope: `slope of ${loss} here`, promised: "promised", actual: "happened" });
  const more = readout({ difference: "difference", per: "happened / nudge", bend: "difference / nudge²" });
  const rest = disclosure("More numbers", more.el, cost(graph, leaves, loss));
  function set(leaf, h) {
    const now = nudged(graph, leaf, h);
    const smooth = !now.straight && Object.values(kinks(graph, leaf, h)).every((found) => !found.length);
    first.set({ slope: [backward(now.slope)], promised: [backward(now.promised)], actual: [forward(now.actual)] });
    const [per, bend] = [h ? [forward(now.per)] : "–", h && smooth ? number(now.difference / h ** 2) : "–"];
    more.set({ difference: number(now.difference), per, bend });
  }
  return { first: first.el, rest, set };
}

export function mount(box, store) {
  const { graph, leaves, reach } = wanted(store);
  const last = graph.nodes.at(-1).name;
  const loss = /^\w+$/.test(last) ? pretty(last) : "L";
  const leaf = () => store.get("leaf") ?? leaves[0];
  const named = (name) => html("i", { class: "bp-name" }, ...lowered(pretty(name), html));
  const which = choice({
    name: "Which knob",
    options: leaves.map((name) => [name, named(name)]),
    change: (name) => store.set("leaf", name),
  });
  const step = reach / 100;
  const size = knob({ name: "nudge", min: -reach, max: reach, step, change: (h) => store.set("h", h) });
  const plot = picture(graph, loss);
  pulled(plot, (x) => {
    const steps = Math.round((x - given(graph, leaf())) / step);
    store.set("h", Number((Math.max(-100, Math.min(100, steps)) * step).toPrecision(10)));
  });
  const { el: says, say } = sentence();
  const numbers = tables(graph, leaves, loss);
  function redraw() {
    const h = store.get("h");
    which.set(leaf());
    size.set(h);
    plot.draw(leaf(), h, reach);
    numbers.set(leaf(), h);
    above.write(headline(graph, leaf(), h));
    say(tell(graph, leaf(), h));
  }
  const above = banner("bp-headline");
  const lines = legend({ forward: "what happens", backward: "what the slope promises" });
  const below = html("div", { class: "bp-below" }, size.el, which.el, numbers.first, says);
  box.append(
    html("div", { class: "bp-picture bp-main" }, above.el, lines, plot.el),
    below,
    numbers.rest,
    tip(store.get("note")),
  );
  const unfit = fitted(box, (width) => {
    plot.arrange(width);
    redraw();
  });
  const ends = [store.watch(redraw), unfit];
  return () => {
    for (const end of ends) end();
  };
}

const { widget, define } = host("bp-nudge", {
  defaults: { graph: null, leaf: null, leaves: null, h: 0.1, reach: 1, note: "" },
  mount,
});

export { define };
export default widget;
