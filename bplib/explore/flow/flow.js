import { chart } from "../_shared/chart.js";
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
  ticker,
  tip,
  toggle,
} from "../_shared/frame.js";
import { draw } from "../_shared/rng.js";

// flow: how far apart inputs still are in each layer of a real network, and how long the gradient is that arrives there.

// ---------- MODEL: pure functions ----------

// All that computes, in one function that leans on nothing outside, so that its text can go to a worker.
// flow(config) -> {gradients, weights, activations, spreads, stuck, A, dZ}: for each layer the length of dL/dZ and of dL/dW,
// the root mean square of what leaves it, by how much that differs from input to input (0 where it is no more than
// rounding), the share of its slopes below 1% of the steepest (relu: of its units that are 0 for the whole batch), and what
// leaves it and dL/dZ themselves, entry by entry.
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

  // A (n, m) times B (m, k): each row of the result is a sum of rows of B.
  function product(A, B, n, m, k) {
    const C = new Float64Array(n * k);
    for (let i = 0; i < n; i++)
      for (let j = 0, b = 0; j < m; j++) {
        const a = A[i * m + j];
        for (let l = 0, c = i * k; l < k; l++) C[c++] += a * B[b++];
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
    for (let i = 0; i < A.length; i++) {
      const far = Math.abs(A[i]);
      if (Number.isNaN(far)) return far;
      if (far > most) most = far;
    }
    if (!(most > 0 && most < Infinity)) return most;
    for (let i = 0; i < A.length; i++) {
      const part = A[i] / most;
      sum += part * part;
    }
    return most * Math.sqrt(sum);
  }

  function columnMeans(A, n, m) {
    const mean = new Float64Array(m);
    for (let i = 0, k = 0; i < n; i++) for (let j = 0; j < m; j++) mean[j] += A[k++] / n;
    return mean;
  }

  function lessMeans(A, mean) {
    const far = new Float64Array(A.length);
    for (let i = 0; i < A.length; ) for (let j = 0; j < mean.length; j++, i++) far[i] = A[i] - mean[j];
    return far;
  }

  // The root of the columns' mean variance over the batch.
  function spread(A, n, m, rms) {
    const mean = columnMeans(A, n, m);
    const far = norm(lessMeans(A, mean)) / Math.sqrt(n * m);
    return far < ROUNDING * rms ? 0 : far;
  }

  // Every column to mean 0 and variance 1 over the batch.
  function normalised(Z, n, m) {
    const mean = columnMeans(Z, n, m);
    const far = lessMeans(Z, mean);
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
      const Z = product(X, W, n, m, m);
      const normed = withNorm ? normalised(Z, n, m) : null;
      const Y = mapped(normed?.N ?? Z, act);
      layers.push({ into: X, W, normed, Y });
      const into = X;
      X = residual ? mapped(Y, (y, i) => into[i] + y) : Y;
      layers[l].A = X;
      layers[l].rms = norm(X) / Math.sqrt(n * m);
      layers[l].spread = spread(X, n, m, layers[l].rms);
    }
    let dX = mapped(X, (x, i) => (2 * (x - T[i])) / (n * m)); // of the mean squared error
    const [gradients, weights, dZs] = [[], [], []];
    for (let l = depth - 1; l >= 0; l--) {
      const { into, W, normed, Y } = layers[l];
      const dY = dX;
      const dN = mapped(dY, (d, i) => d * slope(Y[i]));
      const dZ = normed ? normalisedBack(dN, normed, n, m) : dN;
      dZs[l] = dZ;
      gradients[l] = norm(dZ);
      weights[l] = norm(product(transposed(into, n, m), dZ, m, n, m));
      const through = times(dZ, W, n, m, m);
      dX = residual ? mapped(through, (d, i) => d + dY[i]) : through;
    }
    const shares = layers.map(({ Y }) => stuck(Y, n, m, activation));
    const [activations, spreads] = [layers.map(({ rms }) => rms), layers.map((layer) => layer.spread)];
    return { gradients, weights, activations, spreads, stuck: shares, A: layers.map(({ A }) => A), dZ: dZs };
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

// How many values lie in each of `count` equal bins from low to high; what is no number lies in none.
export function histogram(values, low, high, count) {
  const bins = new Array(count).fill(0);
  for (const v of values) {
    const k = Math.min(count - 1, Math.floor(((v - low) / (high - low)) * count));
    if (k >= 0) bins[k]++;
  }
  return bins;
}

// The smallest 1, 2 or 5 times a power of ten that is no smaller than any of the values: a calm end for an axis.
export function roundUp(values) {
  let most = 0;
  for (const v of values) if (Math.abs(v) > most && Math.abs(v) < Infinity) most = Math.abs(v);
  if (!(most > 1e-300)) return 1;
  const power = 10 ** Math.floor(Math.log10(most));
  return Math.min(Number(([1, 2, 5, 10].find((m) => m * power >= most) * power).toPrecision(1)), 1e308);
}

// The ends of the axis for what leaves a layer: what its activation can give, or as far as it goes.
function endsOf(values, { activation, residual }) {
  if (!residual && activation === "sigmoid") return [0, 1];
  if (!residual && activation === "tanh") return [-1, 1];
  const end = roundUp(values);
  return [!residual && activation === "relu" ? 0 : -end, end];
}

// ---------- MODEL, second part: words ----------

// Two digits; powers of ten as on the axes: 8.6·10⁻¹³.
const rough = (value) => powers(number(Number(value.toPrecision(2))));
const powers = (text) =>
  text.replace(/^(−?)(.*)e(−?\d+)$/, (_, sign, digits, power) => {
    const times = digits === "1" ? "" : `${digits}·`;
    return `${sign}${times}10${superscript(power.replace("−", "-"))}`;
  });

function span(list) {
  if (list.length === 1) return `layer ${list[0]}`;
  if (list.at(-1) - list[0] === list.length - 1) return `layers ${list[0]} to ${list.at(-1)}`;
  if (list.length > 4) return `${list.length} layers`;
  return `layers ${list.slice(0, -1).join(", ")} and ${list.at(-1)}`;
}
const where = (values, fits) => values.flatMap((v, l) => (fits(v) ? [l + 1] : []));

function trouble({ gradients, activations, stuck }, activation) {
  const broken = where(activations, (v) => !Number.isFinite(v));
  if (broken.length) return [`The forward pass overflows in layer ${broken[0]}: no layer gets a gradient.`];
  const huge = where(gradients, (v) => !Number.isFinite(v));
  if (huge.length) return [`The gradient overflows in ${span(huge)}: it is too large for a float.`];
  const none = where(gradients, (v) => v === 0);
  if (!none.length) return null;
  const dead = activation === "relu" && stuck.indexOf(1) + 1;
  let why = dead ? `every unit of layer ${dead} is dead` : "it became too small for a float";
  if (none.length > 1 && none.every((layer) => dead && stuck[layer - 1] === 1)) why = "all their units are dead";
  return [`No gradient at all arrives in ${span(none)}: ${why}.`];
}

// What happens to the gradient: the verdict above the picture.
export function tell(result, { activation, depth }) {
  const bad = trouble(result, activation);
  if (bad) return bad;
  const { gradients } = result;
  const alone = ["There is one layer: its gradient has length ", ["backward", `∂ ${rough(gradients[0])}`], "."];
  if (depth === 1) return alone;
  const { perLayer, total } = slopeOf(gradients);
  const kind = perLayer < 0.95 ? "shrinks" : perLayer > 1.05 ? "grows" : "keeps about its size";
  const [step, rest] = [`× ${rough(perLayer)}`, rough(total)].map((text) => ["backward", text]);
  const like = `${total > 1 ? "times" : "of"} layer ${depth}’s`;
  return [`The gradient ${kind}: `, step, " a layer. Layer 1 gets ", rest, ` ${like}.`];
}

const flatSlopes = (activation) => (activation === "relu" ? "of the units are dead" : "of the slopes are saturated");

// Where most of the slopes are flat, if anywhere.
export function remark({ stuck }, { activation }) {
  const most = Math.max(...stuck);
  return most >= 0.01
    ? ` In layer ${stuck.indexOf(most) + 1}, ${Math.round(100 * most)}% ${flatSlopes(activation)}.`
    : "";
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

// ---------- PICTURE: two curves over the same layers, and two histograms of one of them ----------

const MARGIN = { left: 52, right: 14, top: 8, bottom: 8 };
const NUMBERS = 20; // px for the numbers of the layers, below the lower chart
const HEIGHT = { narrow: 92, wide: 150 }; // px, of a chart
const THUMB = 20; // px, of the slider that chooses a layer

const change = (el, key, value) => el.getAttribute(key) === value || el.setAttribute(key, value);
const head = (kind, ...words) => html("p", { class: `bp-head bp-${kind}` }, ...words);

// A chart over the layers: its curve with an arrow at the end to which it runs, the chosen layer, and its number there.
function panel(kind, label, more) {
  const x = { min: 0.5, max: 20.5, bare: kind === "forward" };
  const plot = chart({ x, y: { min: 1e-2, max: 1e2, log: true, apart: 28 }, label, ...more });
  const cursor = plot.line("cursor");
  const extra = kind === "backward" && { steepest: plot.line("steepest"), weights: plot.line("weights") };
  const curve = plot.line(kind);
  const id = `bp-tip-${Math.random().toString(36).slice(2)}`;
  const shape = svg("path", { d: "M0 0L10 5L0 10z", class: `bp-tip bp-${kind}` });
  const size = { refX: 6, refY: 5, markerWidth: 12, markerHeight: 12, markerUnits: "userSpaceOnUse" };
  plot.el.append(svg("marker", { id, viewBox: "0 0 10 10", orient: "auto", ...size }, shape));
  curve.el.setAttribute("marker-end", `url(#${id})`);
  const dot = plot.dot(kind, 4.5);
  const text = svg("text", { class: `bp-value bp-${kind}`, "aria-hidden": "true" });
  plot.el.append(text);
  return { ...plot, kind, curve, cursor, dot, text, ...extra };
}

// Where the number of a point stands: on the side to which the curve falls, as long as there is room.
function label({ text, place, axes, kind, dot, cursor }, values, layer) {
  const value = values[layer - 1] ?? NaN;
  const { min, max } = axes.y;
  const drawn = value > 0 && value < Infinity;
  const [px, py] = place(layer, drawn ? value : value === 0 ? min : max).map(Number);
  const falls = (values[layer] ?? value) < (values[layer - 2] ?? value);
  const far = layer / (axes.x.max - 0.5);
  const after = falls ? far < 0.75 : far < 0.25;
  const below = after !== falls && drawn;
  text.setAttribute("x", px + (after ? 9 : -9));
  text.setAttribute("y", py + (below ? 17 : -7));
  change(text, "text-anchor", after ? "start" : "end");
  put(text, values.length ? `${kind === "backward" ? "∂ " : ""}${rough(value)}` : "");
  dot.move(layer, drawn ? value : NaN);
  cursor.draw([
    [layer, min],
    [layer, max],
  ]);
}

const BINS = 36;

// A histogram in a frame of its own: {el, arrange(width, height), draw(values, ends)}.
function bars(kind, label) {
  const area = svg("path", { class: `bp-bars bp-${kind}` });
  const base = svg("path", { class: "bp-base" });
  const ends = ["start", "middle", "end"].map((anchor) => svg("text", { "text-anchor": anchor, class: "bp-tick" }));
  const note = svg("text", { class: "bp-tick", "text-anchor": "end", y: 12 });
  const el = svg("svg", { class: "bp-chart", role: "img", "aria-label": label }, area, base, ...ends, note);
  let [width, height] = [200, 100];
  let shown = [[], [0, 1], ""];
  function draw(values, [low, high], said = "") {
    shown = [values, [low, high], said];
    const counts = histogram(values, low, high, BINS);
    const most = Math.max(...counts, 1);
    const bottom = height - NUMBERS;
    const y = (n) => (bottom - (n / most) * (bottom - 16)).toFixed(1);
    const steps = counts.map((n, k) => `V${y(n)}H${(((k + 1) / BINS) * width).toFixed(1)}`);
    area.setAttribute("d", `M0 ${bottom}${steps.join("")}V${bottom}Z`);
    for (const [k, end] of ends.entries()) put(end, rough([low, (low + high) / 2, high][k]));
    put(note, said);
  }
  function arrange(wide, high) {
    [width, height] = [wide, high];
    const frame = { width, height, viewBox: `0 0 ${width} ${height}` };
    for (const key in frame) el.setAttribute(key, frame[key]);
    base.setAttribute("d", `M0 ${height - NUMBERS + 0.5}H${width}`);
    for (const [k, end] of ends.entries()) {
      end.setAttribute("x", (k * width) / 2);
      end.setAttribute("y", height - 5);
    }
    note.setAttribute("x", width);
    draw(...shown);
  }
  return { el, arrange, draw };
}

// All that is drawn. choose(layer): the reader points at one.
function stage(choose) {
  const forward = panel("forward", "How far the activations of each layer spread", { edge: MARGIN });
  const lower = { edge: { ...MARGIN, bottom: NUMBERS } };
  const backward = panel("backward", "How long the gradient is in each layer", lower);
  const word = svg("text", { class: "bp-tick", x: MARGIN.left, "aria-hidden": "true" }, "layer");
  backward.el.append(word);
  const key = svg("text", { class: "bp-key", "aria-hidden": "true" });
  backward.el.append(key);
  for (const { el, at } of [forward, backward]) {
    const take = (event) => event.buttons && choose(at(event.clientX - el.getBoundingClientRect().left, 0)[0]);
    el.addEventListener("pointerdown", take);
    el.addEventListener("pointermove", take);
  }
  const slider = html("input", {
    type: "range",
    min: 1,
    step: 1,
    "aria-label": "layer",
    class: "bp-layers",
    input: ({ target }) => choose(target.valueAsNumber),
    ...OWN_KEYS,
  });
  const hists = {
    A: bars("forward", "Its activations, counted"),
    dZ: bars("backward", "Its gradient’s entries, counted"),
  };
  const heads = { A: head("forward"), dZ: head("backward") };
  return { forward, backward, word, key, slider, hists, heads };
}

function framed({ forward, backward, slider, hists, heads }, says, play) {
  const arrow = (text) => html("b", {}, text);
  const curves = html(
    "div",
    { class: "bp-picture bp-main" },
    says,
    head("forward", arrow("forward →"), " spread of the activations A"),
    forward.el,
    head("backward", arrow("← backward"), " length of ∂L/∂Z"),
    backward.el,
    html("div", { class: "bp-scrub" }, play, slider),
  );
  const one = (key) => html("div", {}, heads[key], hists[key].el);
  const side = html("div", { class: "bp-picture bp-hists" }, one("A"), one("dZ"));
  return html("div", { class: "bp-stage" }, curves, side);
}

function arrange({ forward, backward, word, key, hists }, box, width) {
  const roomy = width >= 620;
  box.classList.toggle("bp-roomy", roomy);
  const high = roomy ? HEIGHT.wide : HEIGHT.narrow;
  const wide = roomy ? width - 232 : width;
  const side = roomy ? 208 : (width - 24) / 2;
  forward.arrange(wide, high);
  backward.arrange(wide, high + NUMBERS - MARGIN.bottom);
  word.setAttribute("y", high + 8);
  key.setAttribute("y", high - MARGIN.bottom - 6);
  hists.A.arrange(side, high);
  hists.dZ.arrange(side, high + (roomy ? NUMBERS - MARGIN.bottom : 0));
}

// The first points of a curve, up to a part of its way, so that it can be seen to run.
export function upTo(points, part) {
  if (part >= 1 || points.length < 2) return points;
  const way = Math.max(0, part) * (points.length - 1);
  const k = Math.floor(way);
  const [[x0, y0], [x1, y1]] = [points[k], points[k + 1]];
  return [...points.slice(0, k + 1), [x0 + (x1 - x0) * (way - k), y0 * (y1 / y0) ** (way - k)]];
}

// What the arrows point along: layer 1 to the last for what runs forward, the last to layer 1 for what runs backward.
const steps = (values, depth) =>
  depth === 1 ? [0.7, 1.3].map((l) => [l, values[0]]) : values.map((v, l) => [l + 1, v]); // alone it is a dash

// shown: {layer, weights, run}: `run` goes from 0 to 1 on the way forward, and on to 2 on the way back.
function drawStage(view, result, config, { layer, weights, run = 2 }) {
  const { forward, backward } = view;
  const { depth, activation } = config;
  const x = { max: Math.max(10, 5 * Math.ceil(depth / 5)) + 0.5 };
  forward.range({ x, y: decades(result.spreads) });
  backward.range({ x, y: decades([...result.gradients, ...(weights ? result.weights : [])]) });
  forward.curve.draw(upTo(steps(result.spreads, depth), run));
  backward.curve.draw(run > 1 ? upTo(steps(result.gradients, depth).reverse(), run - 1) : []);
  backward.weights.draw(weights ? steps(result.weights, depth) : []);
  drawKey(view, result.gradients, { steepest: activation === "sigmoid" && depth > 1 && run > 1, weights });
  label(forward, result.spreads, layer);
  label(backward, run > 1 ? result.gradients : [], layer);
  drawLayer(view, result, config, layer, run > 1);
}

// By how much the gradient would shrink if every slope were as steep as a sigmoid's can be, and weights changed nothing; and
// what the thin lines are, in the corner where the thick one is not.
function drawKey({ backward, key }, gradients, { steepest, weights }) {
  const depth = gradients.length;
  const ideal = gradients.map((_, l) => gradients.at(-1) * 0.25 ** (depth - 1 - l));
  backward.steepest.draw(steepest ? steps(ideal, depth) : []);
  put(key, [steepest && "dashed: × 0.25 a layer", weights && "dotted: ∂L/∂W"].filter(Boolean).join(", "));
  const [right, bottom] = backward.place(backward.axes.x.max, backward.axes.y.min).map(Number);
  const low = Number(backward.place(1, gradients[0])[1]) > bottom / 2;
  change(key, "x", String(low ? right - 4 : MARGIN.left + 4));
  change(key, "text-anchor", low ? "end" : "start");
}

function drawLayer({ slider, backward, hists, heads }, { A, dZ, stuck }, config, layer, back) {
  const [first, last] = [1, config.depth].map((l) => backward.place(l, 1)[0]);
  if (slider.max !== String(config.depth)) slider.max = config.depth;
  if (slider.value !== String(layer)) slider.value = layer;
  slider.style.marginLeft = `${first - THUMB / 2}px`;
  slider.style.width = `${last - first + THUMB}px`;
  put(heads.A, `Layer ${layer}: activations`);
  put(heads.dZ, `Layer ${layer}: ∂L/∂Z`);
  const share = Math.round(100 * stuck[layer - 1]);
  const flat = share && `${share}% ${config.activation === "relu" ? "dead" : "saturated"}`;
  hists.A.draw(A[layer - 1], endsOf(A[layer - 1], config), flat || "");
  const end = roundUp(dZ[layer - 1]);
  hists.dZ.draw(back ? dZ[layer - 1] : [], [-end, end]);
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
  for (const key of ["scale", "seed", "layer"])
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
    activation: choice({ name: "Activation", options: OPTIONS.activation, change: change("activation") }),
    init: choice({ name: "Weights drawn as", options: OPTIONS.init, change: change("init") }),
    depth: slider("depth"),
    scale: knob({ name: "scale", min: 0.1, max: 12, step: 0.1, change: change("scale") }),
    norm: toggle({ name: "batch norm", change: change("norm") }),
    residual: toggle({ name: "residual", change: change("residual") }),
    width: slider("width"),
    weights: toggle({ name: "show ∂L/∂W too", change: change("weights") }),
  };
  const again = button("New draw", () => store.set("seed", store.get("seed") + 1));
  const group = (...children) =>
    html("div", { class: "bp-bar", role: "group", "aria-label": "The network" }, ...children);
  const choices = html("div", { class: "bp-choices" }, parts.activation.el, parts.init.el);
  const knobs = html("div", { class: "bp-knobs" }, parts.depth.el, parts.scale.el);
  const why =
    "Its length (dotted) goes with that of A times that of ∂L/∂Z, so it can look flat where one falls as the other rises.";
  const inside = [parts.width.el, again, parts.weights.el, html("p", { class: "bp-why" }, why)];
  const more = html("details", { class: "bp-fold" }, html("summary", {}, "More settings"), ...inside);
  const el = html("div", {}, choices, knobs, group(parts.norm.el, parts.residual.el));
  const set = () => {
    for (const [key, part] of Object.entries(parts)) part.set(store.get(key));
  };
  return { el, more, set };
}

// All numbers, layer by layer; made only while it is open.
function numbers() {
  const body = html("tbody");
  const flat = html("th", { scope: "col" });
  const columns = ["layer", "spread of A", "∂L/∂Z", "∂L/∂W"].map((text) => html("th", { scope: "col" }, text));
  const table = html("table", {}, html("thead", {}, html("tr", {}, ...columns, flat)), body);
  const scroll = html(
    "div",
    { class: "bp-scroll", tabindex: 0, role: "group", "aria-label": "The numbers", ...OWN_KEYS },
    table,
  );
  const el = html("details", { class: "bp-fold" }, html("summary", {}, "Numbers"), scroll);
  let last;
  function draw(result, activation) {
    last = [result, activation];
    if (!el.open) return;
    put(flat, activation === "relu" ? "dead" : "saturated");
    const { spreads, gradients, weights, stuck } = result;
    const cell = (kind, text) => html("td", { class: `bp-${kind}` }, text);
    const row = (spread, l) =>
      html(
        "tr",
        {},
        html("th", { scope: "row" }, l + 1),
        cell("forward", rough(spread)),
        cell("backward", rough(gradients[l])),
        cell("backward", rough(weights[l])),
        cell("ink", `${Math.round(100 * stuck[l])}%`),
      );
    body.replaceChildren(...spreads.map(row));
  }
  el.addEventListener("toggle", () => last && draw(...last));
  return { el, draw };
}

const PASS = 1600; // ms, for one pass to run through all layers
const LONGEST_FRAME = 100; // ms that count at most, so that who looks away misses nothing

// Play: a pass runs forward, and then back. draw(run) is called on the way, with `run` as drawStage has it, and `undefined`
// at its end. Who asked for less motion gets no button.
function runner(box, draw) {
  const less = matchMedia("(prefers-reduced-motion: reduce)");
  let [run, last] = [0, 0];
  const clock = ticker(box, () => {
    const now = performance.now();
    run += Math.min(now - last, LONGEST_FRAME) / PASS;
    last = now;
    if (run < 2) draw(run);
    else stop();
  });
  const shape = svg("path", {});
  const icon = svg("svg", { viewBox: "0 0 16 16", width: 16, height: 16, "aria-hidden": "true" }, shape);
  const el = button(icon, () => (clock.running() ? stop() : start()), { class: "bp-run" });
  function dress() {
    shape.setAttribute("d", clock.running() ? "M3 2H7V14H3zM9 2H13V14H9z" : "M3 1L15 8L3 15z");
    el.setAttribute("aria-label", clock.running() ? "Pause" : "Play: forward, then backward");
  }
  function start() {
    [run, last] = [0, performance.now()];
    clock.start();
    dress();
  }
  function stop() {
    clock.stop();
    draw();
    dress();
  }
  const heed = () => {
    if (less.matches && clock.running()) stop();
    el.hidden = less.matches;
  };
  dress();
  heed();
  less.addEventListener("change", heed);
  const end = () => {
    clock.end();
    less.removeEventListener("change", heed);
  };
  return { el, running: clock.running, stop, end };
}

const WHAT = ["depth", "width", "activation", "init", "scale", "norm", "residual", "seed"];
const PAUSE = 150; // ms without a change, after which the whole network is computed
const size = ({ depth, width }) => `${depth} ${depth > 1 ? "layers" : "layer"}, ${width} wide`;

// Works out the network whenever it has changed, a smaller one first while a knob moves, and calls
// show({result, config, note}).
function computing(store, show) {
  const work = helper();
  let timer;
  let key = "";
  function update(when) {
    const config = { batch: BATCH, ...Object.fromEntries(WHAT.map((name) => [name, store.get(name)])) };
    if (key === JSON.stringify(config)) return false;
    key = JSON.stringify(config);
    clearTimeout(timer);
    work.forget();
    const done = `The whole network: ${size(config)}, one batch of ${BATCH}.`;
    if (isLight(config, when)) show({ result: work.here(config), config, note: done });
    else {
      const less = smaller(config);
      const note = `A smaller one for the moment: ${size(less)}, a batch of ${less.batch}. The whole one follows.`;
      show({ result: work.here(less), config: less, note });
      timer = setTimeout(() => work.whole(config, (result) => show({ result, config, note: done })), PAUSE);
    }
    return true;
  }
  const end = () => {
    clearTimeout(timer);
    work.end();
  };
  return { update, end };
}

export function mount(box, store) {
  check(store);
  const within = (layer) => Math.max(1, Math.min(store.get("depth"), Math.round(layer)));
  const view = stage((layer) => store.set("layer", within(layer)));
  const knobs = controls(store);
  const table = numbers();
  const { el: says, say } = sentence();
  const state = html("p", { class: "bp-state" });
  let made; // {result, config, note}: what was computed last

  function draw(run) {
    const { result, config } = made;
    const [there, back] = [Math.min(run, 1), Math.max(run - 1, 0)];
    const layer = run === undefined ? store.get("layer") : 1 + (config.depth - 1) * (there - back);
    drawStage(view, result, config, { layer: within(layer), weights: store.get("weights"), run });
  }
  function show(what) {
    made = what;
    const { result, config, note } = made;
    draw();
    table.draw(result, config.activation);
    put(state, note + remark(result, config));
    say(tell(result, config));
  }
  const network = computing(store, show);
  const play = runner(box, draw);
  function redraw() {
    knobs.set();
    if (play.running()) play.stop();
    if (!network.update("moving")) draw();
  }

  const folds = html("div", { class: "bp-folds" }, knobs.more, table.el);
  box.append(
    framed(view, says, play.el),
    html("div", { class: "bp-side" }, knobs.el, folds, state, tip(store.get("note"))),
  );
  const unfit = fitted(box, (width) => {
    arrange(view, box, width);
    if (made) draw();
  });
  knobs.set();
  network.update("start");
  const unwatch = store.watch(redraw);
  return () => {
    network.end();
    play.end();
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
    layer: 10,
    weights: false,
    note: "",
  },
  mount,
});

export { define, draw };
export default widget;
