import { chart } from "../_shared/chart.js";
import {
  button,
  choice,
  fitted,
  host,
  html,
  knob,
  number,
  put,
  readout,
  sentence,
  tip,
  toggle,
} from "../_shared/frame.js";
import { draw } from "../_shared/rng.js";

// flow: how far apart inputs still are in each layer of a real network, and how long the gradient is that arrives there.

// ---------- MODEL: pure functions ----------

// All that computes, in one function that leans on nothing outside, so that its text can go to a worker.
// flow(config) -> {gradients, weights, activations, spreads, stuck}: for each layer the length of dL/dZ and of dL/dW, the
// root mean square of what leaves it, by how much that differs from input to input (0 where it is no more than rounding),
// and the share of its slopes below 1% of the steepest (relu: of its units that are 0 for the whole batch).
// A layer is Linear -> batch norm -> activation, and with `residual` what came in is added to what goes out.
export function engine(source) {
  const SPREAD = {
    he: (n) => Math.sqrt(2 / n),
    xavier: (n) => Math.sqrt(2 / (n + n)),
    normal: () => 1,
  };
  const EPS = 1e-5; // added to the variance, as in bplib.layers
  const ROUNDING = 1e-14; // of the activations: what differs by less does not differ
  const ACTIVATIONS = {
    // the function; its slope by its own output; the steepest slope
    sigmoid: [(z) => 1 / (1 + Math.exp(-z)), (y) => y * (1 - y), 0.25],
    tanh: [Math.tanh, (y) => 1 - y * y, 1],
    relu: [(z) => Math.max(z, 0), (y) => (y > 0 ? 1 : 0), 1],
    none: [(z) => z, () => 1, 1],
  };
  let drawn = { seed: null };

  // The first `count` normal numbers of a seed, kept: the next network with the same seed begins with the same ones.
  function normals(seed, count) {
    if (drawn.seed !== seed) drawn = { seed, list: new Float64Array(0), next: source(`flow ${seed}`).normal };
    const had = drawn.list.length;
    if (had >= count) return drawn.list;
    const longer = new Float64Array(Math.max(count, 2 * had));
    longer.set(drawn.list);
    for (let k = had; k < longer.length; k++) longer[k] = drawn.next();
    drawn.list = longer;
    return longer;
  }

  function mapped(A, change) {
    const B = new Float64Array(A.length);
    for (let i = 0; i < A.length; i++) B[i] = change(A[i], i);
    return B;
  }

  // A (n, m) times the transpose of B (k, m): rows times rows, which is how they lie in memory.
  function times(A, B, n, m, k) {
    const C = new Float64Array(n * k);
    for (let i = 0, c = 0; i < n; i++)
      for (let l = 0, b = 0; l < k; l++) {
        let sum = 0;
        for (let j = 0, a = i * m; j < m; j++) sum += A[a++] * B[b++];
        C[c++] = sum;
      }
    return C;
  }

  function transposed(A, n, m) {
    const B = new Float64Array(A.length);
    for (let i = 0; i < n; i++) for (let j = 0; j < m; j++) B[j * n + i] = A[i * m + j];
    return B;
  }

  // Divided by the largest before squaring, so that only a gradient that overflows is said to.
  function norm(A) {
    let [most, sum] = [0, 0];
    for (const v of A) most = Math.abs(v) > most || Number.isNaN(v) ? Math.abs(v) : most;
    if (!(most > 0 && most < Infinity)) return most;
    for (const v of A) sum += (v / most) ** 2;
    return most * Math.sqrt(sum);
  }

  function columnMeans(A, n, m) {
    const mean = new Float64Array(m);
    for (let i = 0, k = 0; i < n; i++) for (let j = 0; j < m; j++) mean[j] += A[k++] / n;
    return mean;
  }

  // The root of the columns' mean variance over the batch.
  function spread(A, n, m, rms) {
    const mean = columnMeans(A, n, m);
    const far = norm(mapped(A, (v, i) => v - mean[i % m])) / Math.sqrt(n * m);
    return far < ROUNDING * rms ? 0 : far;
  }

  // Every column to mean 0 and variance 1 over the batch.
  function normalised(Z, n, m) {
    const mean = columnMeans(Z, n, m);
    const far = mapped(Z, (z, i) => z - mean[i % m]);
    const stretch = columnMeans(
      mapped(far, (v) => v * v),
      n,
      m,
    ).map((variance) => 1 / Math.sqrt(variance + EPS));
    return { N: mapped(far, (v, i) => v * stretch[i % m]), stretch };
  }

  // Every entry also moved the mean and the variance: that part of dN, and the part along N, is taken away.
  function normalisedBack(dN, { N, stretch }, n, m) {
    const mean = columnMeans(dN, n, m);
    const along = columnMeans(
      mapped(dN, (v, i) => v * N[i]),
      n,
      m,
    );
    return mapped(dN, (v, i) => (v - mean[i % m] - N[i] * along[i % m]) * stretch[i % m]);
  }

  function stuck(Y, n, m, activation) {
    const [, slope, steepest] = ACTIVATIONS[activation];
    let [low, alive] = [0, new Uint8Array(m)];
    for (let i = 0; i < n * m; i++) {
      low += slope(Y[i]) < 0.01 * steepest;
      if (!(Y[i] <= 0)) alive[i % m] = 1; // NaN is not dead either
    }
    return activation === "relu" ? alive.filter((yes) => !yes).length / m : low / (n * m);
  }

  return ({ depth, width, batch, activation, init, scale, norm: withNorm, residual, seed }) => {
    const [n, m] = [batch, width];
    const all = normals(seed, 2 * n * m + depth * m * m); // inputs, targets, then the weights of each layer
    const take = (from, count, by = 1) => mapped(all.subarray(from, from + count), (v) => by * v);
    const T = take(n * m, n * m);
    const [act, slope] = ACTIVATIONS[activation];
    let X = take(0, n * m);
    const layers = [];
    for (let l = 0; l < depth; l++) {
      const W = take(2 * n * m + l * m * m, m * m, scale * SPREAD[init](m));
      const Z = times(X, transposed(W, m, m), n, m, m);
      const normed = withNorm ? normalised(Z, n, m) : null;
      const Y = mapped(normed?.N ?? Z, act);
      layers.push({ into: X, W, normed, Y });
      const into = X;
      X = residual ? mapped(Y, (y, i) => into[i] + y) : Y;
      layers[l].rms = norm(X) / Math.sqrt(n * m);
      layers[l].spread = spread(X, n, m, layers[l].rms);
    }
    let dX = mapped(X, (x, i) => (2 * (x - T[i])) / (n * m)); // of the mean squared error
    const [gradients, weights] = [[], []];
    for (let l = depth - 1; l >= 0; l--) {
      const { into, W, normed, Y } = layers[l];
      const dY = dX;
      const dN = mapped(dY, (d, i) => d * slope(Y[i]));
      const dZ = normed ? normalisedBack(dN, normed, n, m) : dN;
      gradients[l] = norm(dZ);
      weights[l] = norm(times(transposed(into, n, m), transposed(dZ, n, m), m, n, m));
      const through = times(dZ, W, n, m, m);
      dX = residual ? mapped(through, (d, i) => d + dY[i]) : through;
    }
    const shares = layers.map(({ Y }) => stuck(Y, n, m, activation));
    const [activations, spreads] = [layers.map(({ rms }) => rms), layers.map((layer) => layer.spread)];
    return { gradients, weights, activations, spreads, stuck: shares };
  };
}

const BATCH = 32;
// Products of one matrix multiplication in each layer: so many may be computed at the start, and while a knob moves.
const LIMIT = { start: 20 * 32 * 32 * BATCH, moving: 50 * 16 * 16 * 8 };
export const isLight = ({ depth, width, batch }, when) => depth * width * width * batch <= LIMIT[when];
export const smaller = (config) => ({ ...config, width: Math.min(config.width, 16), batch: 8 });

// The straight line through log10 of what is finite and above 0: {perLayer: the factor of one step back, total}.
export function slopeOf(gradients) {
  const points = gradients.map((g, l) => [l, Math.log10(g)]).filter(([, y]) => Number.isFinite(y));
  const mean = (k) => points.reduce((sum, p) => sum + p[k], 0) / points.length;
  const [x, y] = [mean(0), mean(1)];
  const rise = points.reduce((sum, p) => sum + (p[0] - x) * (p[1] - y), 0);
  const run = points.reduce((sum, p) => sum + (p[0] - x) ** 2, 0);
  return { perLayer: run > 0 ? 10 ** (-rise / run) : NaN, total: gradients[0] / gradients.at(-1) };
}

// ---------- MODEL, second part: words ----------

const rough = (value) => number(Number(value.toPrecision(2)));
function span(list) {
  if (list.length === 1) return `layer ${list[0]}`;
  if (list.at(-1) - list[0] === list.length - 1) return `layers ${list[0]} to ${list.at(-1)}`;
  return `layers ${list.slice(0, -1).join(", ")} and ${list.at(-1)}`;
}
const where = (values, fits) => values.flatMap((v, l) => (fits(v) ? [l + 1] : []));

function trouble({ gradients, activations, stuck }, activation) {
  const broken = where(activations, (v) => !Number.isFinite(v));
  const overflows = (layer) => `The forward pass overflows in layer ${layer}: what comes after is no number, `;
  if (broken.length) return [overflows(broken[0]), "and no layer gets a gradient."];
  const huge = where(gradients, (v) => !Number.isFinite(v));
  if (huge.length) return [`The gradient overflows in ${span(huge)}: it is too large for a floating-point number.`];
  const none = where(gradients, (v) => v === 0);
  if (!none.length) return null;
  const dead = activation === "relu" && stuck.indexOf(1) + 1;
  let why = dead ? `every unit of layer ${dead} is dead` : "it became too small for a floating-point number";
  if (none.length > 1 && none.every((layer) => dead && stuck[layer - 1] === 1)) why = "all their units are dead";
  return [`No gradient at all arrives in ${span(none)}: ${why}.`];
}

// What happens to the gradient, in one or two sentences.
export function tell(result, { activation, depth }) {
  const bad = trouble(result, activation);
  if (bad) return bad;
  const { gradients, stuck } = result;
  const alone = ["There is one layer: its gradient has length ", ["backward", `∂ ${rough(gradients[0])}`], "."];
  if (depth === 1) return alone;
  const { perLayer, total } = slopeOf(gradients);
  const kind = perLayer < 0.95 ? "shrinks" : perLayer > 1.05 ? "grows" : "keeps about its size";
  const lead = `From layer ${depth} to layer 1 the gradient ${kind}: times `;
  const said = [`${lead}${rough(perLayer)} for each layer, ${rough(total)} in all.`];
  const most = Math.max(...stuck);
  const what = activation === "relu" ? "of the units are dead" : "of the slopes are saturated";
  const share = `${Math.round(100 * most)}%`;
  return [...said, most >= 0.01 ? ` In layer ${stuck.indexOf(most) + 1}, ${share} ${what}.` : ""];
}

// Whole decades around all that is finite and above 0: four of them, or many in steps of five, so that axes stay calm.
export function decades(values) {
  const logs = values.filter((v) => v > 0 && v < Infinity).map(Math.log10);
  let [low, high] = logs.length ? [Math.floor(Math.min(...logs)), Math.ceil(Math.max(...logs))] : [-2, 2];
  if (high - low > 4) [low, high] = [5 * Math.floor(low / 5), 5 * Math.ceil(high / 5)];
  for (let k = 0; high - low < 4; k++)
    if (k % 2) low--;
    else high++;
  return { min: 10 ** Math.max(low, -307), max: 10 ** Math.min(high, 308) };
}

// ---------- PICTURE: three charts over the layers ----------

function charts() {
  const x = { label: "layer", min: 0.5, max: 20.5 };
  const log = (label) => ({ label, min: 1e-2, max: 1e2, log: true });
  const small = { x, height: 170 };
  const gradient = chart({ x, y: log("length of ∂L/∂Z"), height: 260, label: "Length of the gradient in each layer" });
  const activation = chart({ ...small, y: log("spread of A"), label: "Spread of the activations of each layer" });
  const percent = { label: "saturated, %", min: 0, max: 100 };
  const share = chart({ ...small, y: percent, label: "Share of saturated slopes or dead units in each layer" });
  const lines = {
    steepest: gradient.line("steepest"),
    weights: gradient.line("weights"),
    gradients: gradient.line("backward"),
    activations: activation.line("forward"),
    stuck: share.line("ink"),
  };
  const meaning = (kind, words) =>
    html("p", { class: "bp-key" }, html("span", { class: `bp-dashes ${kind}`, "aria-hidden": "true" }), words);
  const toWeights = meaning(
    "bp-dots",
    "length of ∂L/∂W: of A and ∂L/∂Z together, so it can look level where both fall",
  );
  const key = meaning("", "0.25 for each layer: sigmoid's steepest slope");
  const framed = ({ el }) => html("div", { class: "bp-picture" }, el);
  const pair = html("div", { class: "bp-pair" }, framed(activation), framed(share));
  const el = html("div", {}, framed(gradient), toWeights, key, pair);
  return { el, key, all: { gradient, activation, share }, lines };
}

function drawCharts({ key, all, lines }, { gradients, weights, spreads, stuck }, { depth, activation }) {
  const x = { max: Math.max(10, 5 * Math.ceil(depth / 5)) + 0.5 };
  all.gradient.range({ x, y: decades([...gradients, ...weights]) });
  all.activation.range({ x, y: decades(spreads) });
  all.share.range({ x, y: { label: activation === "relu" ? "dead, %" : "saturated, %" } });
  // One layer alone is drawn as a dash; zeros and what overflows leave a gap.
  const over = (values) => (depth === 1 ? [0.7, 1.3].map((l) => [l, values[0]]) : values.map((v, l) => [l + 1, v]));
  lines.gradients.draw(over(gradients));
  lines.weights.draw(over(weights));
  lines.activations.draw(over(spreads));
  lines.stuck.draw(over(stuck.map((v) => 100 * v)));
  const steepest = gradients.map((_, l) => gradients.at(-1) * 0.25 ** (depth - 1 - l));
  lines.steepest.draw(activation === "sigmoid" ? over(steepest) : []);
  key.classList.toggle("bp-off", activation !== "sigmoid");
}

// ---------- KNOBS: the network, and who computes it ----------

const OPTIONS = {
  activation: [
    ["sigmoid", "sigmoid"],
    ["tanh", "tanh"],
    ["relu", "ReLU"],
    ["none", "none"],
  ],
  init: [
    ["normal", "normal"],
    ["xavier", "Xavier"],
    ["he", "He"],
  ],
};
const RANGES = { depth: [1, 50], width: [2, 64] };

function check(store) {
  const refuse = (wanted, given) => {
    throw new Error(`Flow wants ${wanted}, got ${JSON.stringify(given)}.`);
  };
  for (const [key, [low, high]] of Object.entries(RANGES)) {
    const given = store.get(key);
    if (!Number.isInteger(given) || given < low || given > high) refuse(`${key} from ${low} to ${high}`, given);
  }
  for (const [key, options] of Object.entries(OPTIONS))
    if (!options.some(([name]) => name === store.get(key)))
      refuse(`${key} to be one of ${options.map(([name]) => name).join(", ")}`, store.get(key));
  for (const key of ["scale", "seed"])
    if (!Number.isFinite(store.get(key))) refuse(`a number as ${key}`, store.get(key));
}

// whole(config, done): computes in a worker, made of the text above; without one, here. Only the latest answer counts.
function helper() {
  let worker = null;
  let broken = false; // a page may forbid workers, and says so only after one was asked for
  let latest = 0;
  const here = engine(draw);
  function whole(config, done) {
    const turn = ++latest;
    const answer = (result) => turn === latest && done(result);
    const alone = () => answer(here(config));
    if (broken) return alone();
    try {
      worker ??= new Worker(
        URL.createObjectURL(
          new Blob([`const flow = (${engine})(${draw}); onmessage = ({ data }) => postMessage(flow(data));`], {
            type: "text/javascript",
          }),
        ),
      );
    } catch {
      return alone();
    }
    worker.onmessage = ({ data }) => answer(data);
    worker.onerror = (event) => {
      event.preventDefault();
      broken = true;
      worker.terminate();
      alone();
    };
    worker.postMessage(config);
  }
  const forget = () => {
    latest++;
  };
  const end = () => {
    forget();
    worker?.terminate();
  };
  return { here, whole, forget, end };
}

function controls(store) {
  const whole = (key) => (value) =>
    store.set(key, Math.max(RANGES[key][0], Math.min(RANGES[key][1], Math.round(value))));
  const slider = (key) => knob({ name: key, min: RANGES[key][0], max: RANGES[key][1], step: 1, change: whole(key) });
  const change = (key) => (value) => store.set(key, value);
  const parts = {
    depth: slider("depth"),
    width: slider("width"),
    scale: knob({ name: "scale", min: 0.1, max: 12, step: 0.1, change: change("scale") }),
    activation: choice({ name: "Activation", options: OPTIONS.activation, change: change("activation") }),
    init: choice({ name: "Weights drawn as", options: OPTIONS.init, change: change("init") }),
    norm: toggle({ name: "batch norm", change: change("norm") }),
    residual: toggle({ name: "residual", change: change("residual") }),
  };
  const again = button("New draw", () => store.set("seed", store.get("seed") + 1));
  const group = { class: "bp-bar", role: "group", "aria-label": "The network" };
  const bar = html("div", group, parts.norm.el, parts.residual.el, again);
  const choices = html("div", { class: "bp-choices" }, parts.activation.el, parts.init.el);
  const knobs = html("div", { class: "bp-knobs" }, parts.depth.el, parts.width.el, parts.scale.el);
  const el = html("div", {}, choices, knobs, bar);
  const set = () => {
    for (const [key, part] of Object.entries(parts)) part.set(store.get(key));
  };
  return { el, set };
}

const WHAT = ["depth", "width", "activation", "init", "scale", "norm", "residual", "seed"];
const PAUSE = 150; // ms without a change, after which the whole network is computed
const size = ({ depth, width }) => `${depth} ${depth > 1 ? "layers" : "layer"}, ${width} wide`;

export function mount(box, store) {
  check(store);
  const view = charts();
  const knobs = controls(store);
  const work = helper();
  const { el: says, say } = sentence();
  const state = html("p", { class: "bp-state" });
  const sizes = readout({
    perLayer: "factor for each layer",
    total: "first layer / last",
    first: "length in the first",
    last: "length in the last",
  });
  let timer;

  function show(result, config, note) {
    drawCharts(view, result, config);
    const { perLayer, total } = slopeOf(result.gradients);
    const [first, last] = [result.gradients[0], result.gradients.at(-1)];
    const length = (value) => [["backward", `∂ ${rough(value)}`]];
    sizes.set({ perLayer: rough(perLayer), total: rough(total), first: length(first), last: length(last) });
    put(state, note);
    say(tell(result, config));
  }

  function redraw(when) {
    const config = { batch: BATCH, ...Object.fromEntries(WHAT.map((key) => [key, store.get(key)])) };
    clearTimeout(timer);
    work.forget();
    knobs.set();
    const done = `The whole network: ${size(config)}, one batch of ${BATCH}.`;
    if (isLight(config, when)) return show(work.here(config), config, done);
    const less = smaller(config);
    const soon = `A smaller one for the moment: ${size(less)}, a batch of ${less.batch}. The whole one follows.`;
    show(work.here(less), less, soon);
    timer = setTimeout(() => work.whole(config, (result) => show(result, config, done)), PAUSE);
  }

  box.append(view.el, sizes.el, html("div", { class: "bp-side" }, says, knobs.el, state, tip(store.get("note"))));
  const unfit = fitted(box, (width) => {
    const apart = width >= 620;
    box.classList.toggle("bp-roomy", apart);
    view.all.gradient.arrange(width);
    for (const small of [view.all.activation, view.all.share]) small.arrange(apart ? (width - 24) / 2 : width);
  });
  redraw("start");
  const unwatch = store.watch(() => redraw("moving"));
  return () => {
    clearTimeout(timer);
    work.end();
    unfit();
    unwatch();
  };
}

const { widget, define } = host("bp-flow", {
  defaults: {
    depth: 20,
    width: 32,
    activation: "sigmoid",
    init: "xavier",
    scale: 1,
    norm: false,
    residual: false,
    seed: 1,
    note: "",
  },
  mount,
});

export { define, draw };
export default widget;
