import { chart } from "../_shared/chart.js";
import {
  button,
  choice,
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
  toggle,
} from "../_shared/frame.js";
import { draw } from "../_shared/rng.js";
import { course, key, ledger, rounded, slopes } from "./beside.js";

// fit: one step of gradient descent moves a function; what it promised to do to the loss stands beside what it did.

const DEFAULTS = {
  points: [],
  model: "line",
  weights: [],
  before: [],
  hidden: 3,
  seed: 1,
  lr: 0.1,
  one: null,
  learns: null,
  steps: 0,
  xlim: [],
  ylim: [],
  note: "",
};

// ---------- MODEL: the parameters are one list: w, b of a line; w1..wn, b1..bn, v1..vn, c of a network ----------

export const MOST = { points: 12, hidden: 8 };
const FAR = 1e9; // a loss of which there is nothing left to see

// Each activation, and its slope in terms of what came out.
const ACTIVATIONS = {
  tanh: [Math.tanh, (a) => 1 - a * a],
  relu: [(z) => Math.max(z, 0), (a) => (a > 0 ? 1 : 0)],
};
export const MODELS = ["line", ...Object.keys(ACTIVATIONS)];

// Those of a single hidden neuron are called as in chapter 7.
export function names(model, hidden) {
  if (model === "line") return ["w", "b"];
  if (hidden === 1) return ["w1", "b1", "w2", "b2"];
  return [...[..."wbv"].flatMap((letter) => Array.from({ length: hidden }, (_, j) => `${letter}${j + 1}`)), "c"];
}

// The same start for the same seed, here and in Python.
export function initial(model, hidden, seed) {
  const { normal } = draw(`fit ${seed}`);
  return names(model, hidden).map((name) => (model === "line" || name === "c" ? 0 : normal()));
}

// What the model says for x, and how fast that moves with each parameter.
export function evaluate(model, weights, x) {
  if (model === "line") return { y: weights[0] * x + weights[1], slopes: [x, 1] };
  const [act, slope] = ACTIVATIONS[model];
  const n = (weights.length - 1) / 3;
  const slopes = Array(3 * n + 1).fill(1);
  let y = weights[3 * n];
  for (let j = 0; j < n; j++) {
    const [w, b, v] = [weights[j], weights[n + j], weights[2 * n + j]];
    const a = act(w * x + b);
    const back = v * slope(a); // how fast y moves with the pre-activation
    y += v * a;
    slopes[j] = back * x;
    slopes[n + j] = back;
    slopes[2 * n + j] = a;
  }
  return { y, slopes };
}

// The points that count: all of them, or one.
export const counted = ({ points, one }) => (one === null ? points : [points[one]]);

// The mean squared error over the points that count, and its slope for each parameter.
export function gradient(task, weights) {
  const seen = counted(task);
  const grad = weights.map(() => 0);
  let loss = 0;
  for (const [x, target] of seen) {
    const { y, slopes } = evaluate(task.model, weights, x);
    loss += (y - target) ** 2 / seen.length;
    const error = (2 * (y - target)) / seen.length;
    for (const [k, slope] of slopes.entries()) grad[k] += error * slope;
  }
  return { loss, grad };
}

// What one step adds to each parameter; nothing, where it is held still.
export const moves = ({ lr, holds }, grad) => grad.map((g, k) => (holds[k] ? 0 : -lr * g));

// One step: where it leads, what the slopes promised of the loss, and what it did to it.
export function step(task, weights) {
  const { loss, grad } = gradient(task, weights);
  const move = moves(task, grad);
  const after = weights.map((w, k) => w + move[k]);
  const promised = grad.reduce((sum, g, k) => sum + g * move[k], 0);
  return { loss, grad, move, after, promised, actual: gradient(task, after).loss - loss };
}

// The numbers when a part of the move is made.
const along = (weights, move, part) => weights.map((w, k) => w + part * move[k]);

// How far a step should move the curve at x, by the slopes of the curve where it stands.
export const push = (model, weights, move, x) =>
  evaluate(model, weights, x).slopes.reduce((sum, slope, k) => sum + slope * move[k], 0);

// How sharply the loss bends where the model stands, in the steepest direction: exact for a line, whose loss is a
// parabola; for a network, what is left of it when the residuals are 0. A line flies off above a rate of 2 / curvature.
export function curvature(task, weights) {
  const rows = counted(task).map(([x]) =>
    evaluate(task.model, weights, x).slopes.map((s, k) => (task.holds[k] ? 0 : s)),
  );
  let [vector, size] = [weights.map((_, k) => 1 / (k + 1.5)), 0];
  for (let turn = 0; turn < 200; turn++) {
    const next = vector.map(() => 0);
    for (const row of rows) {
      const along = row.reduce((sum, s, k) => sum + s * vector[k], 0);
      for (const [k, s] of row.entries()) next[k] += (2 * along * s) / rows.length;
    }
    size = Math.hypot(...next);
    if (!(size > 0)) return 0;
    vector = next.map((v) => v / size);
  }
  return size;
}

// A round number of the form 1, 2 or 5 times a power of ten, at least as large.
const round = (least) => {
  const power = 10 ** Math.floor(Math.log10(least));
  return [1, 2, 5, 10].find((m) => m * power >= least * 0.999) * power;
};

// The slider of the learning rate reaches past the rate at which a line flies off, so that all fates are on it.
export const fastest = (task, weights) => round(3 / (curvature(task, weights) || 3));

const widened = (numbers, share) => {
  const [low, high] = [Math.min(...numbers), Math.max(...numbers)];
  const room = (high - low || 2) * share + (high === low ? 1 : 0);
  return { min: low - room, max: high + room };
};

// What the axes show: the points and the curve that the training starts from, and some room for steps.
export function view({ points, model, xlim = [], ylim = [] }, weights) {
  const xs = points.map(([x]) => x);
  const ys = [...points.map(([, y]) => y), ...xs.map((x) => evaluate(model, weights, x).y)];
  const given = ([min, max]) => ({ min, max });
  return { x: xlim.length ? given(xlim) : widened(xs, 0.12), y: ylim.length ? given(ylim) : widened(ys, 0.3) };
}

const forward = (value) => ["forward", rounded(value)];
const backward = (value) => ["backward", rounded(value)];
const at = ([x]) => `x = ${number(x)}`;

// The largest rate that a line bears, and on which side of it we are.
function limit(task, weights) {
  const bend = curvature(task, weights);
  if (task.model !== "line" || !bend) return "";
  const most = `2 / ${rounded(bend)} = ${rounded(2 / bend)}`;
  return ` The loss of this line has the curvature ${rounded(bend)}: a rate above ${most} makes it fly off.`;
}

const spent = ({ promised, loss }) => -promised <= 1e-12 * (1 + loss);
const gone = ({ loss, actual }) => !(loss + actual < FAR);

// What came of a step, beyond the two numbers.
function verdict(task, weights, { promised, actual, loss, move, after }) {
  if (actual > 0) return ` It rose: the step went too far.${limit(task, weights)}`;
  if (spent(step(task, after))) return " Now the gradient is 0 up to rounding: nothing is left to gain.";
  if (task.one !== null && task.points.length > 1) {
    const own = task.points[task.one];
    const far = task.points.reduce((a, b) => (Math.abs(b[0] - own[0]) > Math.abs(a[0] - own[0]) ? b : a));
    const by = rounded(push(task.model, weights, move, far[0]));
    return ` Only the point at ${at(own)} pulled, yet at ${at(far)} the curve was pushed by ${by} as well.`;
  }
  if (-promised > loss) return " The promise was larger than the whole loss: no step can keep it.";
  if (actual < 1.1 * promised) return " More came of it than promised, since the slopes grew on the way.";
  if (actual < 0.9 * promised) return " The promise nearly held, since so short a step hardly changes the slopes.";
  return " Less came of it than promised, since the slopes changed on the way.";
}

// Why no step moves the curve.
function rest({ lr, holds }) {
  if (lr === 0) return "With a learning rate of 0 no step moves the curve.";
  return holds.every(Boolean) ? "Every parameter is held still." : "The gradient is 0 here: no step moves the curve.";
}

// The step that is shown, in words: `taken` or still to come.
export function tell(task, weights, { taken, steps }) {
  const now = step(task, weights);
  if (gone(now)) return ["The curve has left for good: reset it, and take a smaller learning rate."];
  if (spent(now)) return ["The loss is ", forward(now.loss), `. ${rest(task)}`];
  if (!taken) {
    const said = ["The loss is ", forward(now.loss), ". The slopes promise that the next step changes it by "];
    return [...said, backward(now.promised), `.${limit(task, weights)}`];
  }
  const said = [`Step ${steps} was promised `, backward(now.promised), " and brought ", forward(now.actual)];
  const went = [": the loss went from ", forward(now.loss), " to ", forward(now.loss + now.actual), "."];
  return [...said, ...went, verdict(task, weights, now)];
}

// ---------- PICTURE ----------

const FINE = 90; // pieces of a curve

// A straight arrow on a chart, with a head if it is long enough for one.
function arrow(plot, kind) {
  const line = plot.line(kind);
  const point = (x, from, to) => {
    const [[px, start], [, end]] = [plot.place(x, from), plot.place(x, to)].map((spot) => spot.map(Number));
    const head = Math.abs(end - start) > 7 ? 6 * Math.sign(end - start) : 0;
    const wings = [-1, 1].map((side) => plot.at(px + side * Math.abs(head) * 0.8, end - head));
    line.draw([[x, from], [x, to], ...(head ? [[NaN, NaN], wings[0], [x, to], wings[1]] : [])]);
  };
  return { point, el: line.el };
}

function curves(points) {
  const label = "The points, the curve of the model, where it was before the step, and where the step pushes it";
  const axes = { x: { label: "x", min: 0, max: 1 }, y: { label: "y", min: 0, max: 1 }, height: 262, label };
  const plot = chart(axes);
  const band = plot.line("band");
  const rests = points.map(() => plot.line("rest"));
  const [before, now] = [plot.line("before"), plot.line("forward")];
  const arrows = points.map(() => arrow(plot, "push"));
  const dots = points.map(() => plot.dot("data", 6));
  // base: where the step begins; part: how much of it is taken.
  function draw({ model, one }, base, move, part) {
    const { min, max } = plot.axes.x;
    const xs = Array.from({ length: FINE + 1 }, (_, k) => min + ((max - min) * k) / FINE);
    const here = along(base, move, part);
    const height = (weights, x) => evaluate(model, weights, x).y;
    const pushed = (x) => height(base, x) + push(model, base, move, x);
    const was = xs.map((x) => [x, height(base, x)]);
    band.draw([...was, ...xs.toReversed().map((x) => [x, pushed(x)])]);
    before.draw(part ? was : []);
    now.draw(xs.map((x) => [x, height(here, x)]));
    for (const [k, [x, target]] of points.entries()) {
      rests[k].draw([height(here, x), target].map((y) => [x, y]));
      arrows[k].point(x, height(base, x), pushed(x));
      dots[k].move(x, target);
      const aside = one !== null && one !== k;
      for (const { el } of [arrows[k], dots[k], rests[k]]) el.classList.toggle("bp-aside", aside);
    }
  }
  return { plot, draw };
}

const TALL = { main: 304, course: 176 }; // px, where the two stand beside each other
const LOW = { main: 246, course: 150 };

function picture({ points, names }) {
  const { plot, draw } = curves(points);
  const [sums, bars, losses] = [ledger(), slopes(names), course()];
  const head = (text) => html("p", { class: "bp-head" }, text);
  const main = [key(), plot.el, sums.el];
  const side = [head("The gradient, a slope for each parameter"), bars.el, head("The loss after each step"), losses.el];
  function show(task, { base, part, history }) {
    const { loss, grad, move, promised } = step(task, base);
    const here = gradient(task, along(base, move, part)).loss;
    draw(task, base, move, part);
    sums.draw(loss, promised * (part || 1), part ? here - loss : null);
    bars.draw(grad, task.holds);
    losses.draw(history);
  }
  function range(task, weights) {
    plot.range(view(task, weights));
    bars.forget();
  }
  function arrange(width) {
    const beside = width >= 700;
    const [wide, narrow] = beside ? [width - 260, 244] : [width, width];
    plot.arrange(wide, (beside ? TALL : LOW).main);
    sums.arrange(wide);
    bars.arrange(narrow);
    losses.arrange(narrow, (beside ? TALL : LOW).course);
    return beside;
  }
  return { main, side, plot, show, range, arrange };
}

// ---------- KNOBS ----------

const read = (store, ...keys) => Object.fromEntries(keys.map((key) => [key, store.get(key)]));

function checked(store) {
  const { points, model, weights, hidden, lr, one, learns } = read(store, ...Object.keys(DEFAULTS));
  const want = (fine, what, got) => {
    if (!fine) throw new Error(`fit wants ${what}, not ${JSON.stringify(got)}.`);
  };
  const pair = (point) => Array.isArray(point) && point.length === 2 && point.every(Number.isFinite);
  const some = Array.isArray(points) && points.length >= 1 && points.length <= MOST.points;
  want(some && points.every(pair), `1 to ${MOST.points} points [x, y]`, points);
  want(MODELS.includes(model), `a model out of ${MODELS.join(", ")}`, model);
  want(Number.isInteger(hidden) && hidden >= 1 && hidden <= MOST.hidden, `1 to ${MOST.hidden} hidden neurons`, hidden);
  const all = names(model, hidden);
  const whole = Array.isArray(weights) && [0, all.length].includes(weights.length) && weights.every(Number.isFinite);
  want(whole, `a finite number for each of ${all.join(", ")}`, weights);
  want(Number.isFinite(lr) && lr >= 0, "a learning rate that is not below 0", lr);
  want(one === null || points[one] !== undefined, `one of the points from 0 to ${points.length - 1}, or null`, one);
  want(learns === null || learns.every((name) => all.includes(name)), `names out of ${all.join(", ")}`, learns);
}

// What is to be learned, as the model's functions want it.
function taskOf(store) {
  const { hidden, learns, ...task } = read(store, "points", "model", "hidden", "lr", "one", "learns", "xlim", "ylim");
  const all = names(task.model, hidden);
  return { ...task, names: all, holds: all.map((name) => learns !== null && !learns.includes(name)) };
}

const KEPT = 400; // points of the curve of losses
const EXACT = 60; // the first of them, which stay

// Where the model stands: the step that is shown begins at `base`, and `part` of it is taken.
function walking(store, changed) {
  let now;
  let told = ""; // the weights that the store had from us, or we from it
  let pulled; // the point that the losses so far are about
  let busy = false;
  const task = () => taskOf(store);
  const here = () => (now.part ? step(task(), now.base).after : now.base);
  const record = (steps, weights) => now.history.push([steps, gradient(task(), weights).loss]);

  function begin() {
    if (now.part === 1) [now.base, now.part] = [here(), 0];
  }
  function finish() {
    [now.part, now.steps] = [1, now.steps + 1];
    record(now.steps, here());
    if (now.history.length > KEPT) now.history = now.history.filter((_, k) => k < EXACT || k % 2 === 0);
  }
  function stuck() {
    const next = step(task(), here());
    return spent(next) || gone(next);
  }
  // The losses of other points are another curve.
  function renew() {
    [pulled, now.history] = [store.get("one"), []];
    if (now.part) record(Math.max(now.steps - 1, 0), now.base);
    record(now.steps, here());
  }
  function adopt() {
    const { weights, before, steps, model, hidden, seed } = read(store, ...Object.keys(DEFAULTS));
    const start = weights.length === task().names.length ? weights : initial(model, hidden, seed);
    const whole = before.length === start.length && String(step(task(), before).after) === String(start);
    now = { base: whole ? before : start, part: whole ? 1 : 0, steps };
    told = String(weights);
    renew();
    changed(now, true);
  }
  function set(state) {
    busy = true; // the watchers get it whole
    for (const [key, value] of Object.entries(state)) store.set(key, value);
    busy = false;
  }
  function tell() {
    told = String(here());
    set({ weights: here(), before: now.part ? now.base : [], steps: now.steps });
  }
  // Another rate, or other points: the step that is shown is taken again.
  function again() {
    if (pulled !== store.get("one")) renew();
    else if (now.part) now.history[now.history.length - 1][1] = gradient(task(), here()).loss;
    if (now.part === 1 && String(here()) !== told) tell();
    changed(now, false);
  }
  function pull() {
    const same = String(store.get("weights")) === told && task().names.length === now.base.length;
    if (!busy) (same ? again : adopt)();
  }
  function restart(state) {
    set(state);
    adopt();
  }
  return { begin, finish, stuck, adopt, tell, restart, pull, now: () => now };
}

const FIRST = 800; // ms that the first step of a run takes; each one after it is quicker
const QUICKER = 0.82;
const MOST_AT_ONCE = 8; // steps for a frame of the screen, in the end
const LONGEST = 100; // ms between two frames that count

// Steps that are seen: one, or one after the other until nothing is left to gain.
function runner(box, walk, { show, turned }) {
  const still = matchMedia("(prefers-reduced-motion: reduce)");
  let [left, lasts, last] = [0, FIRST, 0]; // steps to go, ms a step, when it was seen last
  const clock = ticker(box, () => {
    const time = performance.now();
    let spare = Math.min(time - last, LONGEST);
    last = time;
    for (let n = 0; n < MOST_AT_ONCE && spare > 0 && left > 0; n++) {
      const rest = (1 - walk.now().part) * lasts;
      if (spare < rest) walk.now().part += spare / lasts;
      else next();
      spare -= rest;
    }
    if (left > 0) show();
    else halt();
  });
  function next() {
    walk.finish();
    left = walk.stuck() ? 0 : left - 1;
    if (left > 0) walk.begin();
    lasts *= QUICKER;
  }
  function halt() {
    if (!clock.running()) return;
    clock.stop();
    if (walk.now().part % 1) walk.finish();
    left = 0;
    walk.tell();
    turned(false);
  }
  function go(steps) {
    halt();
    if (walk.stuck()) return;
    walk.begin();
    [left, lasts, last] = [steps, FIRST, performance.now()];
    clock.start();
    if (still.matches) walk.now().part = 0.5; // halfway, from where a halt completes it
    if (still.matches) return halt();
    turned(steps > 1);
  }
  return { go, halt, still, playing: () => left > 1, end: clock.end };
}

// Each parameter with its numbers, and whether it moves; many of them in two columns.
function table({ names }, change) {
  const rows = names.map((name, k) => {
    const cells = ["forward", "backward", "move"].map((kind) => html("td", { class: `bp-${kind}` }));
    const box = toggle({ name: "moves", change: (on) => change(k, on) });
    box.el.firstChild.setAttribute("aria-label", `${name} moves`);
    const head = html("th", { scope: "row" }, html("i", { class: "bp-name" }, ...lowered(pretty(name), html)));
    return { cells, box, el: html("tr", {}, head, ...cells, html("td", {}, box.el)) };
  });
  const head = () => {
    const columns = ["value", "gradient", "move"].map((name) => html("th", { scope: "col" }, name));
    return [html("td"), ...columns, html("td")];
  };
  const half = rows.length > 6 ? Math.ceil(rows.length / 2) : rows.length;
  const tables = [rows.slice(0, half), rows.slice(half)].flatMap((some) => {
    const body = html("tbody", {}, ...some.map((row) => row.el));
    return some.length ? [html("table", {}, html("thead", {}, html("tr", {}, ...head())), body)] : [];
  });
  function show({ holds }, weights, { grad, move }) {
    for (const [k, { cells, box }] of rows.entries()) {
      const texts = [number(weights[k]), `∂ ${number(grad[k])}`, number(move[k])];
      for (const [i, text] of texts.entries()) put(cells[i], text);
      box.set(!holds[k]);
    }
  }
  return { el: html("div", { class: "bp-tables" }, ...tables), show };
}

// A tap beside a point takes it alone; a second one takes all again.
function pick(store, plot, event) {
  const points = store.get("points");
  const [left, top] = spot(plot.el, event);
  const far = points.map((point) => {
    const [x, y] = plot.place(...point).map(Number);
    return Math.hypot(x - left, y - top);
  });
  const nearest = far.indexOf(Math.min(...far));
  if (far[nearest] < 32 && points.length > 1) store.set("one", store.get("one") === nearest ? null : nearest);
}

function choices(store, points, restart) {
  const twice = (x) => points.filter((point) => point[0] === x).length > 1;
  const named = ([x, y]) => (twice(x) ? `(${number(x)}, ${number(y)})` : at([x]));
  const pulls = choice({
    name: "Who pulls the curve?",
    options: [[null, "all points"], ...points.map((point, k) => [k, named(point)])],
    change: (one) => store.set("one", one),
  });
  const kinds = Object.entries({ line: "line", tanh: "tanh", relu: "ReLU" });
  const model = choice({ name: "Model", options: kinds, change: restart });
  const el = html("div", { class: "bp-choices" }, points.length > 1 ? pulls.el : "", model.el);
  function show() {
    pulls.set(store.get("one"));
    model.set(store.get("model"));
  }
  return { el, show };
}

// What is built anew for another model, or for other points: the picture, the knob that suits it, the numbers.
function parts(store) {
  const [main, side, slot] = ["bp-picture bp-main", "bp-side", "bp-knobs"].map((name) => html("div", { class: name }));
  const held = html("div");
  const numbers = disclosure("Numbers, and parameters held still", held);
  let [plan, wide, view, rate, rows] = ["", 0];
  function hold(k, on) {
    const { holds, names } = taskOf(store);
    const moving = names.filter((_, i) => (i === k ? on : !holds[i]));
    store.set("learns", moving.length === names.length ? null : moving);
  }
  function build(task, weights) {
    const max = fastest(task, weights);
    view = picture(task);
    rate = knob({ name: "learning rate", min: 0, max, step: max / 200, change: (lr) => store.set("lr", lr) });
    rows = table(task, hold);
    main.replaceChildren(...view.main);
    side.replaceChildren(...view.side);
    slot.replaceChildren(rate.el);
    held.replaceChildren(rows.el);
    view.plot.el.addEventListener("click", (event) => pick(store, view.plot, event));
    if (wide) view.arrange(wide);
  }
  function show(task, now, anew) {
    const wanted = JSON.stringify([task.model, task.names, task.points]);
    if (wanted !== plan) build(task, now.base);
    plan = wanted;
    if (anew) view.range(task, now.base);
    view.show(task, now);
    rate.set(task.lr);
    rows.show(task, now.base, step(task, now.base));
  }
  const arrange = (width) => {
    wide = width;
    return view.arrange(width);
  };
  return { main, side, slot, numbers, show, arrange };
}

export function mount(box, store) {
  checked(store);
  const given = read(store, "model", "weights", "before", "steps", "seed", "learns", "hidden");
  const { el: says, say } = sentence();
  const view = parts(store);
  const options = choices(store, store.get("points"), (model) => start({ model }));

  function show(anew = false) {
    const [task, now] = [taskOf(store), walk.now()];
    view.show(task, now, anew);
    options.show();
    fresher.disabled = task.model === "line";
    const { loss } = step(task, now.base);
    if (run.playing()) say([`Step ${now.steps + 1}: the loss is `, forward(loss), "."]);
    else if (now.part % 1 === 0) say(tell(task, now.base, { taken: now.part === 1, steps: now.steps }));
  }
  const walk = walking(store, (_, anew) => show(anew));
  function turned(playing) {
    put(play, playing ? "Pause" : "Play");
    says.setAttribute("aria-live", playing ? "off" : "polite"); // a screen reader would be a sentence behind
    show();
  }
  const run = runner(box, walk, { show, turned });
  function start({ model = store.get("model"), ...more }) {
    run.halt();
    walk.restart({ model, weights: [], before: [], steps: 0, learns: null, ...more });
  }
  function reset() {
    const own = store.get("model") === given.model && store.get("hidden") === given.hidden;
    start(own ? given : {});
  }
  const play = button("Play", () => (run.playing() ? run.halt() : run.go(Infinity)), { class: "bp-play" });
  const fresher = button("New start", () => start({ seed: store.get("seed") + 1 }));
  const buttons = [play, button("Step", () => run.go(1)), button("Reset", reset), fresher];
  const bar = html("div", { class: "bp-bar", role: "group", "aria-label": "Training" }, ...buttons);
  const heed = () => (play.hidden = run.still.matches);
  heed();
  run.still.addEventListener("change", heed);
  walk.adopt();
  const drive = html("div", { class: "bp-drive" }, bar, view.slot);
  box.append(view.main, drive, options.el, says, view.side, view.numbers, tip(store.get("note")));
  const unfit = fitted(box, (width) => {
    box.classList.toggle("bp-wide", view.arrange(width));
    show();
  });
  const unwatch = store.watch(walk.pull);
  return () => {
    run.halt();
    run.end();
    run.still.removeEventListener("change", heed);
    unfit();
    unwatch();
  };
}

const { widget, define } = host("bp-fit", { defaults: DEFAULTS, mount });

export { define };
export default widget;
