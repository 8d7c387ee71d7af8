import { chart } from "../_shared/chart.js";
import { html, OWN_KEYS, put, spot, svg } from "../_shared/frame.js";
import { decades, endsOf, histogram, rough, roundUp } from "./model.js";

// PICTURE: two curves over the same layers, and two histograms of one of them.

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
  const [low, high] = [max, min].map((end) => Number(place(layer, end)[1]));
  const y = py + (below ? 17 : -7);
  const inside = Math.max(low + 8, Math.min(high - 2, y));
  const away = Math.abs(y - inside) > 2 ? 28 : 9; // where it cannot stand clear of the curve, at least clear of the dot
  text.setAttribute("x", px + (after ? away : -away));
  text.setAttribute("y", inside);
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
export function stage(choose) {
  const forward = panel("forward", "How far the activations of each layer spread", { edge: MARGIN });
  const lower = { edge: { ...MARGIN, bottom: NUMBERS } };
  const backward = panel("backward", "How long the gradient is in each layer", lower);
  const word = svg("text", { class: "bp-tick", x: MARGIN.left, "aria-hidden": "true" }, "layer");
  backward.el.append(word);
  const key = svg("text", { class: "bp-key", "aria-hidden": "true" });
  backward.el.append(key);
  for (const { el, at } of [forward, backward]) {
    const take = (event) => event.buttons && choose(at(spot(el, event)[0], 0)[0]);
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

export function framed({ forward, backward, slider, hists, heads }, says, play) {
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

export function arrange({ forward, backward, word, key, hists }, box, width) {
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
export function drawStage(view, result, config, { layer, weights, run = 2 }) {
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
  const [right, bottom] = backward.place(backward.axes.x.max, backward.axes.y.min).map(Number);
  const dashed =
    right > 400 && !weights ? "dashed: × 0.25 a layer, a sigmoid’s steepest slope" : "dashed: × 0.25 a layer";
  put(key, [steepest && dashed, weights && "dotted: ∂L/∂W"].filter(Boolean).join(", "));
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
