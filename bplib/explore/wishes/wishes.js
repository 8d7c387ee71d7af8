import { banner, button, choice, disclosure, fitted, host, html, knob, sentence, spot, tip } from "../_shared/frame.js";
import { moved, player } from "../_shared/player.js";
import { draw } from "../_shared/rng.js";
import {
  averaged,
  compared,
  DIGITS,
  decode,
  enlarge,
  forward,
  kept,
  lengthOf,
  lengths,
  library,
  product,
  refuse,
  rollback,
  rowFrom,
  single,
} from "./model.js";
import {
  arrange,
  drawImages,
  drawNetwork,
  follows,
  key,
  lengthsChart,
  measured,
  numberTables,
  paintImages,
  paintLabels,
  paintLines,
  paintMoment,
  paintNeurons,
  paintThreads,
} from "./picture.js";
import { BEATS, headline, numbers, story, strongest } from "./words.js";

// wishes: a network that has learned to read digits. What each neuron wishes, and what that asks of those before it.
// model.js has the sums, words.js the sentences, picture.js the drawing.

// ---------- KNOBS: which picture, which target, one or many; and the reader's way through the network ----------

const ARROWS = { ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] };

// The neuron to which a key leads: Enter begins, and then follows the wish to the neuron that is asked most.
function stepTo(key, view, scene) {
  const { level, neuron, vector } = scene;
  const here = view.find(level, neuron);
  if (key === "Enter") return follows(scene) ? view.find(level - 1, strongest(vector)) : here;
  const [across, down] = ARROWS[key];
  if (down) return view.find(level, neuron + down);
  const beside = view.neurons.filter((n) => n.level === level + across);
  return beside.sort((a, b) => Math.abs(a.y - here.y) - Math.abs(b.y - here.y))[0];
}

function walk(event, view, scene, choose) {
  const known = event.key === "Enter" || event.key in ARROWS;
  if (!known || event.ctrlKey || event.altKey || event.metaKey) return;
  event.preventDefault();
  event.stopPropagation(); // the page has uses of its own for these keys
  const next = stepTo(event.key, view, scene);
  if (!next) return;
  choose(next);
  next.el.focus();
}

// The neuron nearest to a finger or an arrow; none if that is far from all. What is tapped is wider than it is high.
function nearest(view, event) {
  const [x, y] = spot(view.el, event);
  const far = (n) => Math.hypot(0.5 * (x - (n.left + n.right) / 2), y - n.y);
  const best = view.neurons.reduce((one, other) => (far(other) < far(one) ? other : one));
  return far(best) < 24 ? best : null;
}

// Where the reader came from: neurons of the levels after the chosen one, as far as they hang together.
export function trailTo(next, before, trail) {
  const later = [before, ...trail].filter(({ level }) => level > next.level);
  const gap = later.findIndex(({ level }, k) => level !== next.level + 1 + k);
  return gap < 0 ? later : later.slice(0, gap);
}

function listen(view, { choose, point }, current) {
  const at = (event) => {
    const found = event.target.closest(".bp-neuron")?.dataset.neuron.split("-").map(Number);
    return found ? view.find(...found) : nearest(view, event);
  };
  const on = (kind, act) => view.el.addEventListener(kind, act);
  on("keydown", (event) => walk(event, view, current(), choose));
  on("focusin", (event) => point(at(event)));
  on("focusout", () => point(null));
  on("pointermove", (event) => event.pointerType === "mouse" && point(at(event)));
  on("pointerleave", (event) => event.pointerType === "mouse" && point(null));
  on("click", (event) => {
    const near = !event.target.closest(".bp-neuron") && nearest(view, event);
    if (near) choose(near);
  });
}

const setter = (store, key) => (value) => store.set(key, value);
const digits = () => DIGITS.map((k) => [k, String(k)]);

function pictureKnobs(net, store, now) {
  const after = (fits) => {
    const others = net.images.map((_, k) => (now().image + k + 1) % net.images.length);
    store.set("target", null);
    store.set("image", others.find(fits) ?? now().image);
  };
  const isWrong = (i) => strongest(forward(net, enlarge(net.images[i]))[3]) !== net.labels[i];
  const change = (k) => after((i) => net.labels[i] === k);
  const digit = choice({ name: "A picture of a", options: digits(), change });
  const another = button("Another one", () => change(now().label));
  const wrong = button("One that it gets wrong", () => after(isWrong));
  const bar = html("div", { class: "bp-bar", role: "group", "aria-label": "Pictures" }, another, wrong);
  return { parts: [digit.el, bar], set: ({ label }) => digit.set(label) };
}

function wishKnobs(net, store, now, choose) {
  const targets = { name: "The target: which answer is right", options: digits(), change: setter(store, "target") };
  const target = choice(targets);
  const either = (name, change, ...options) => choice({ name, options, change });
  const show = (kind) => {
    store.set("asks", kind);
    if (!now().chosen) choose({ level: 3, j: now().target }); // or nothing would be seen to change
  };
  const asks = either("Show what a neuron asks of", show, ["neurons", "those before it"], ["weights", "its weights"]);
  const many = either("Wishes of", setter(store, "averaged"), [false, "this picture"], [true, "the average"]);
  const change = (n) => {
    store.set("n", Math.max(1, Math.min(net.images.length, Math.round(n))));
    if (!store.get("averaged")) store.set("averaged", true);
  };
  const n = knob({ name: "N", min: 1, max: net.images.length, step: 1, change });
  const set = (scene) => {
    target.set(scene.target);
    asks.set(scene.asks);
    many.set(scene.averaged);
    n.set(scene.n);
    ofMany.hidden = !scene.averaged;
  };
  // How many, and what becomes of them: only once an average is asked for.
  const ofMany = html("div", {});
  const length = (...parts) => {
    ofMany.append(n.el, ...parts);
    return ofMany;
  };
  return { asks: asks.el, many: many.el, length, target: target.el, set };
}

// Numbers in range, whatever Python or a page says; the picture's own label unless another target is set. As long as
// nothing is chosen, the target's output is where the arrow keys begin.
function settled(net, store) {
  const within = (value, low, high) => Math.max(low, Math.min(high, Math.round(value)));
  const image = within(store.get("image"), 0, net.images.length - 1);
  const level = within(store.get("layer"), 1, 3);
  const label = net.labels[image];
  const target = store.get("target") ?? label;
  const chosen = store.get("neuron") !== null || level < 3;
  const given = store.get("neuron") ?? (level < 3 ? 0 : target);
  const neuron = within(given, 0, net.layers[level - 1].nOut - 1);
  const n = within(store.get("n"), 1, net.images.length);
  const asks = store.get("asks") === "weights" ? "weights" : "neurons";
  return { image, label, target, level, neuron, chosen, n, asks, averaged: store.get("averaged") };
}

function checked(store) {
  for (const key of ["image", "layer", "n", "neuron", "target"]) {
    const [given, mayBeLeftOut] = [store.get(key), key === "neuron" || key === "target"];
    if (!Number.isFinite(given) && !(given === null && mayBeLeftOut)) refuse(`a number as ${key}`, given);
  }
  return decode(store.get("network"));
}

// All that is worked out from what is set, each part kept for as long as it holds. An average goes over the picture
// that is shown and those that follow it in the file, round and round: an average over one is that picture's wish.
const ORDERS = 12;
function studied(net) {
  const [pictures, count] = [library(net), net.images.length];
  const aimed = (image, target) => single(net, enlarge(net.images[image]), target);
  const shown = kept((image, target) => (target === net.labels[image] ? pictures(image) : aimed(image, target)));
  const whole = kept((one, image) => rowFrom(pictures, count, image, one));
  const along = kept((row) => ({ curve: lengths(row), each: row.map(lengthOf) }));
  function scene(now) {
    const one = shown(now.image, now.target);
    const row = now.averaged ? whole(one, now.image) : [one];
    const mean = now.averaged ? averaged(net, row.slice(0, now.n)) : null;
    const state = mean ?? one;
    const roll = rollback(net, state, now.level, now.neuron);
    const { curve, each } = mean ? along(row) : { curve: [], each: [] };
    const shorter = each.slice(0, now.n).reduce((sum, size) => sum + size, 0) / now.n / curve[now.n - 1];
    const vector = now.asks === "weights" ? roll.weights : roll.before;
    return { ...now, one, mean, state, roll, vector, curve, shorter, which: `${now.image + 1} of ${count}` };
  }
  function others() {
    const all = net.images.map((_, i) => pictures(i));
    const table = all.map((a, i) => all.slice(0, i + 1).map((b) => product(a, b)));
    const times = (i, j) => table[Math.max(i, j)][Math.min(i, j)];
    const places = [...table.keys()];
    const rows = Array.from({ length: ORDERS }, (_, k) => lengths(draw(`wishes ${k}`).shuffled(places), times));
    const typical = Math.sqrt(places.reduce((sum, i) => sum + times(i, i), 0) / count);
    return { rows, typical };
  }
  return { scene, others };
}

// What is the reader's own for a while: the beat of Play, the way by which they came, and where they point.
function journey(store, now, redraw) {
  const own = { beat: -1, trail: [], pointed: null, busy: false }; // busy: more is to be set before it is drawn
  const set = (level, neuron, changes) => {
    Object.assign(own, changes, { busy: true });
    store.set("layer", level);
    store.set("neuron", neuron);
    own.busy = false;
    redraw();
  };
  const choose = ({ level, j }) => {
    const { level: from, neuron, chosen } = now();
    const trail = chosen && own.beat < 0 ? trailTo({ level, j }, { level: from, j: neuron }, own.trail) : [];
    set(level, j, { beat: -1, trail, pointed: { level, j } });
  };
  const point = (at) => {
    if (own.pointed?.level === at?.level && own.pointed?.j === at?.j) return;
    own.pointed = at && { level: at.level, j: at.j };
    if (own.beat < 0) redraw();
  };
  const move = (by) => {
    if (store.get("averaged")) store.set("averaged", false); // values run for one picture
    set(3, null, { beat: moved(own.beat, by, BEATS.length), trail: [], pointed: null });
  };
  return { own, choose, point, move };
}

function layOut(box, { above, view, images, plot, tables, pictures, wishing, says, play }, { note, redraw }) {
  const stage = html("div", { class: "bp-stage" }, images.el, view.el);
  const title = html("p", {}, "How long is the average wish of N pictures?");
  const left = [...pictures.parts, wishing.asks];
  const right = [wishing.many, wishing.length(title, plot.el)];
  const below = [disclosure("More settings", wishing.target), tables.el];
  const choices = html("div", { class: "bp-choices" }, ...[left, right, below].map((some) => html("div", {}, ...some)));
  box.append(html("div", { class: "bp-picture bp-main" }, above.el, stage, key()));
  box.append(html("div", { class: "bp-side" }, play.el, says.el, choices, tip(note)));
  return fitted(box, (width) => {
    const at = measured(width);
    box.classList.toggle("bp-roomy", at.roomy);
    arrange(view, at);
    images.place(at);
    plot.arrange(at.roomy ? (width - 32) / 2 : width);
    redraw();
  });
}

function paint(net, { above, view, images, plot, tables, pictures, wishing, says, play }, scene) {
  paintNeurons(view, scene);
  paintLabels(view, scene);
  paintLines(view, net, scene);
  paintThreads(view, net, scene);
  paintImages(images, net, scene);
  plot.set(scene.curve, scene.n);
  tables.set(scene);
  pictures.set(scene);
  wishing.set(scene);
  const asked = scene.pointed ?? (follows(scene) ? { level: scene.level, j: scene.neuron } : null);
  says.say([...story(net, scene), ...(scene.beat < 0 && asked ? [" ", ...numbers(scene, asked)] : [])]);
  above.write([headline(scene)]);
  play.say(BEATS[scene.beat]?.[0] ?? "");
}

// Calls act() once, when `el` first comes into view.
function onceSeen(el, act) {
  const watcher = new IntersectionObserver((seen) => {
    if (!seen.some(({ isIntersecting }) => isIntersecting)) return;
    watcher.disconnect();
    act();
  });
  watcher.observe(el);
  return () => watcher.disconnect();
}

function build(box, net, store, { now, trip, choose }) {
  const [view, images] = [drawNetwork(net, choose), drawImages()];
  const between = (part) => paintMoment(view, images, trip.own.beat, part);
  const play = player(box, {
    at: () => trip.own.beat,
    count: () => BEATS.length,
    move(by) {
      trip.move(by);
      if (play.running()) between(0); // or the end of the beat would flash up at its beginning
    },
    between,
  });
  const [plot, tables, says] = [lengthsChart(net.images.length), numberTables(), sentence()];
  const pictures = pictureKnobs(net, store, now);
  const above = banner("bp-headline");
  return { above, view, images, play, plot, tables, says, pictures, wishing: wishKnobs(net, store, now, choose) };
}

export function mount(box, store) {
  const net = checked(store);
  const study = studied(net);
  const now = () => settled(net, store);
  const trip = journey(store, now, redraw);
  const choose = (neuron) => {
    parts.play.pause();
    trip.choose(neuron);
    runAnew(parts.view.following);
  };
  const parts = build(box, net, store, { now, trip, choose });
  let scene;
  function redraw() {
    if (trip.own.busy) return;
    scene = { ...study.scene(now()), ...trip.own };
    paint(net, parts, scene);
  }
  listen(parts.view, { choose, point: trip.point }, () => scene);
  parts.tables.el.addEventListener("toggle", redraw);
  const unfit = layOut(box, parts, { note: store.get("note"), redraw });
  const unwatch = store.watch(redraw);
  const unseen = onceSeen(parts.plot.el, () => parts.plot.setOthers(study.others()));
  return () => {
    for (const end of [unfit, unwatch, unseen, parts.play.end, parts.images.end]) end();
  };
}

// Lets the lines run anew.
function runAnew(lines) {
  lines.classList.remove("bp-roll");
  lines.getBoundingClientRect();
  lines.classList.add("bp-roll");
}

const { widget, define } = host("bp-wishes", {
  defaults: {
    network: null,
    image: 0,
    target: null,
    layer: 3,
    neuron: null,
    n: 120,
    averaged: false,
    asks: "neurons",
    note: "",
  },
  mount,
});

export { averaged, compared, decode, define, enlarge, library, rollback, rowFrom, single };
export default widget;
