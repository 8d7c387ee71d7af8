import { check } from "../_shared/engine.js";
import {
  button,
  disclosure,
  fitted,
  host,
  html,
  knob,
  lowered,
  number,
  pretty,
  put,
  sentence,
  spot,
  ticker,
  tip,
} from "../_shared/frame.js";
import { curvature, descend, fate, survey } from "./model.js";
import { picture } from "./picture.js";

// descent: steps downhill on the loss of any traced graph, over one of its leaves (a curve) or two (a landscape).

function checked(store) {
  const graph = store.get("graph");
  const leaves = store.get("leaves");
  const known = check(graph)
    .filter(({ op }) => op === "leaf")
    .map(({ name }) => name);
  if (!Array.isArray(leaves) || leaves.length < 1 || leaves.length > 2 || new Set(leaves).size < leaves.length)
    throw new Error(`descent wants one leaf that learns, or two different ones, not ${JSON.stringify(leaves)}.`);
  const pair = (given, what) => {
    if (!Array.isArray(given) || !given.every(Number.isFinite) || !(given[0] < given[1]))
      throw new Error(`${what} wants [min, max] with min < max, not ${JSON.stringify(given)}.`);
  };
  for (const leaf of leaves) {
    if (!known.includes(leaf)) throw new Error(`there is no leaf "${leaf}"; there are ${known.join(", ")}.`);
    pair(store.get("ranges")?.[leaf], `the range of "${leaf}"`);
  }
  pair(store.get("rates")?.slice(0, 2), "the learning rate's knob");
  const start = store.get("start");
  if (!Array.isArray(start) || start.length !== leaves.length || !start.every(Number.isFinite))
    throw new Error(`descent wants a start with a number for ${leaves.join(" and ")}, not ${JSON.stringify(start)}.`);
  const [model, points] = ["model", "points"].map((key) => store.get(key));
  const inputs = model ? check(model).filter(({ op }) => op === "leaf") : [];
  if (model && !inputs.some(({ name }) => name === "x"))
    throw new Error(`descent wants a model with a leaf "x"; it has ${inputs.map(({ name }) => name).join(", ")}.`);
  if (model && !(points.length && points.flat().every(Number.isFinite)))
    throw new Error(`descent wants points [[x, y], ...] with its model, not ${JSON.stringify(points)}.`);
  return { graph, leaves, ranges: store.get("ranges"), names: store.get("names"), model, points };
}

const loss = (value) => ["forward", number(value)];
const steps = (n) => (n === 1 ? "one step" : `${n} steps`);

// What became of the path: a word or two for the picture, and the rest of the sentence that begins with them.
function told(path, map) {
  const [first, last, n] = [path[0].loss, path.at(-1).loss, path.length - 1];
  if (!n) return ["At the start", [": the loss is ", loss(first), "."]];
  const went = [`: after ${steps(n)} the loss went from `, loss(first), " to ", loss(last)];
  const kind = fate(path, map.lowest);
  const left = (last - map.lowest) / (first - map.lowest);
  if (kind === "out") return ["Diverging", [...went, ". The steps are too long: they land higher than they began."]];
  if (kind === "across") return ["Jumping across", [...went, ", from one side of the valley to the other."]];
  if (kind === "slow" || (kind === "down" && left > 0.4 && n >= 10))
    return ["Creeping", [...went, `. The lowest here is ${number(map.lowest)}.`]];
  if (kind === "down")
    return [left < 0.03 ? "Quick" : "On its way", [...went, ". The lowest here is ", number(map.lowest), "."]];
  const low = `, though there are places as low as ${number(map.lowest)}. No slope, no step.`;
  return ["Standing still", [`: after ${steps(n)} the slope is 0 and the loss `, loss(last), low]];
}

// What the curvature at the start promises of the first step, and what it brought.
function limit(bend, lr, [first, second]) {
  if (!Number.isFinite(bend)) return "Where it starts, the loss is flat.";
  if (Math.abs(bend) < 1e-6) return "Where it starts, the slope does not change.";
  if (bend <= 0) return "Where it starts, the slope grows on the way down, as on the top of a hill.";
  const most = number(2 / bend);
  const side = Math.abs((lr * bend) / 2 - 1) < 1e-6 ? "just that" : lr > 2 / bend ? "above that" : "below that";
  const came = second ? ` The first step ${second.loss > first.loss ? "raised" : "did not raise"} it.` : "";
  return `A parabola with the curvature of the start, ${number(bend)}, bears a learning rate of 2 / ${number(bend)} = ${most}
    before a step raises the loss; this one is ${side}.${came}`;
}

const short = (value) => number(Number(value.toPrecision(3)));

const MOST_STEPS = 1000;

// Knobs in sight: the learning rate and the steps; the start's numbers are below, since the picture takes it by hand.
function controls({ leaves, ranges }, store) {
  const [low, high, step = 0.01] = store.get("rates");
  const moved = (k, value) =>
    store.set(
      "start",
      store.get("start").map((old, j) => (j === k ? value : old)),
    );
  const walked = (n) => store.set("steps", Math.max(0, Math.min(MOST_STEPS, Math.round(n))));
  const rate = knob({ name: "learning rate", min: low, max: high, step, change: (lr) => store.set("lr", lr) });
  const count = knob({ name: "steps", min: 0, max: 100, step: 1, change: walked });
  const starts = leaves.map((leaf, k) => {
    const [min, max] = ranges[leaf];
    return knob({ name: `start ${leaf}`, min, max, step: stride(ranges[leaf]), change: (value) => moved(k, value) });
  });
  const kept = ["lr", "steps", "start"].map((key) => [key, store.get(key)]);
  const reset = () => {
    for (const [key, value] of kept) store.set(key, value);
  };
  const one = button("One more step", () => walked(store.get("steps") + 1));
  const show = () => {
    rate.set(store.get("lr"));
    count.set(store.get("steps"));
    for (const [k, { set }] of starts.entries()) set(store.get("start")[k]);
  };
  const group = (name, ...rows) => html("div", { class: "bp-knobs", role: "group", "aria-label": name }, ...rows);
  const knobs = group("Numbers", rate.el, count.el);
  const exact = group("Start", ...starts.map(({ el }) => el));
  return { knobs, exact, buttons: [one, button("Reset", reset)], show };
}

// A hundredth of a range, as a round number.
const stride = ([min, max]) => Number(((max - min) / 100).toPrecision(1));

// The start is taken by hand: a click or a touch puts it there, a drag moves it, and arrow keys do the same.
function grip({ place, handle, at }, { leaves, ranges }, store) {
  const put = (spot) => {
    const held = spot.map((v, k) => Math.max(ranges[leaves[k]][0], Math.min(ranges[leaves[k]][1], v)));
    store.set(
      "start",
      held.map((v) => Number(v.toFixed(2)) + 0),
    );
  };
  const follow = (event) => put(at(...spot(place, event)).slice(0, leaves.length));
  let held = false;
  const listen = (name, act) => place.addEventListener(name, act);
  listen("pointerdown", (event) => {
    // A finger on the map may want to scroll; one on the start wants the start, and a mouse wants nothing else.
    if (event.pointerType === "touch" && event.target !== handle) return;
    held = true;
    place.setPointerCapture(event.pointerId);
  });
  listen("pointermove", (event) => held && follow(event));
  for (const name of ["pointerup", "pointercancel"]) listen(name, () => (held = false));
  listen("click", follow);
  const KEYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowDown: [0, -1], ArrowUp: [0, 1] };
  handle.addEventListener("keydown", (event) => {
    const move = KEYS[event.key];
    if (!move) return;
    event.preventDefault();
    event.stopPropagation(); // the page would turn
    const far = event.shiftKey ? 10 : 1;
    const way = leaves.length === 1 ? [move[0] + move[1]] : move;
    put(store.get("start").map((v, k) => v + far * way[k] * stride(ranges[leaves[k]])));
  });
  return () => describe(handle, leaves, ranges, store.get("start"));
}

// For a screen reader the start is a slider that says where it stands.
function describe(handle, leaves, ranges, start) {
  const says = leaves.map((leaf, k) => `${leaf} ${number(start[k])}`).join(", ");
  const [min, max] = ranges[leaves[0]];
  const told = { label: "Start", valuemin: min, valuemax: max, valuenow: start[0], valuetext: says };
  for (const key in told) handle.setAttribute(`aria-${key}`, told[key]);
}

const PACE = 5; // steps a second, when they are played

// Plays the path from its start to its end: draw(at) shows it after so many steps, whole or not.
function play(box, count, draw) {
  const still = matchMedia("(prefers-reduced-motion: reduce)");
  let [at, last] = [0, 0];
  const clock = ticker(box, () => {
    const now = performance.now();
    at += (Math.min(now - last, 100) / 1000) * PACE; // who looks away finds it where it was
    last = now;
    if (at < count()) draw(at);
    else stop();
  });
  function stop() {
    clock.stop();
    put(el, "Play");
    draw(count());
  }
  const el = button("Play", () => {
    if (clock.running()) return stop();
    [at, last] = [0, performance.now()];
    put(el, "Pause");
    clock.start();
  });
  el.classList.add("bp-play");
  const rest = () => {
    if (clock.running()) stop();
  };
  const heed = () => {
    if (still.matches) rest();
    el.hidden = still.matches; // who asked for less motion steps
  };
  heed();
  still.addEventListener("change", heed);
  const end = () => {
    clock.end();
    still.removeEventListener("change", heed);
  };
  return { el, rest, end };
}

// What is asked for seldom: the start as numbers, the slopes at the end, and what the curvature has to say.
function extras({ graph, leaves }, top, exact) {
  const words = html("p", {});
  const el = disclosure("Numbers, and an exact start", exact, words);
  function show(path, lr) {
    if (!el.open) return;
    const slopes = leaves.map((leaf, k) => `∂${top}/∂${leaf} = ${number(path.at(-1).slope[k])}`).join(", ");
    const bend = limit(curvature(graph, leaves, path[0].point), lr, path);
    words.replaceChildren(...lowered(pretty(`At the end, ${slopes}. ${bend}`), html));
  }
  return { el, show };
}

export function mount(box, store) {
  const options = checked(store);
  const { graph, leaves, ranges } = options;
  const top = /^\w+$/.test(graph.nodes.at(-1).name) ? graph.nodes.at(-1).name : "loss";
  const map = survey(graph, leaves, ranges);
  const view = picture(options, map, top);
  const panel = controls(options, store);
  const hand = grip(view, options, store);
  const { el: says, say } = sentence();
  const more = extras(options, top, panel.exact);
  let path = [];
  const count = () => path.length - 1;
  const player = play(box, count, (at) => view.draw(path, at));

  function redraw() {
    path = descend(graph, leaves, store.get("start"), store.get("lr"), store.get("steps"));
    player.rest();
    view.draw(path);
    panel.show();
    hand();
    const [verdict, rest] = told(path, map);
    put(view.verdict, verdict);
    put(view.came, path.length > 1 ? `: loss ${short(path[0].loss)} to ${short(path.at(-1).loss)}` : "");
    say([verdict, ...rest]);
    more.show(path, store.get("lr"));
  }
  more.el.addEventListener("toggle", redraw);
  const bar = html("div", { class: "bp-bar" }, player.el, ...panel.buttons);
  const rule = html("p", { class: "bp-rule" }, "How long a step is: the learning rate times the gradient.");
  box.append(view.el, panel.knobs, rule, bar, says, more.el, tip(store.get("note")));
  const unfit = fitted(box, view.arrange);
  redraw();
  const unwatch = store.watch(redraw);
  return () => {
    for (const end of [player.end, unfit, unwatch]) end();
  };
}

const { widget, define } = host("bp-descent", {
  defaults: {
    graph: null,
    leaves: [],
    ranges: {},
    start: null,
    lr: 0.1,
    rates: [0.01, 1, 0.01],
    steps: 20,
    names: {},
    model: null,
    points: [],
    note: "",
  },
  mount,
});

export { define, descend };
export default widget;
