import {
  button,
  choice,
  disclosure,
  fitted,
  host,
  html,
  knob,
  OWN_KEYS,
  put,
  sentence,
  svg,
  ticker,
  tip,
  toggle,
} from "../_shared/frame.js";
import { draw } from "../_shared/rng.js";
import { BATCH, decades, engine, histogram, isLight, remark, rough, roundUp, slopeOf, smaller, tell } from "./model.js";
import { arrange, drawStage, framed, stage, upTo } from "./stage.js";

// flow: how far apart inputs still are in each layer of a real network, and how long the gradient is that arrives there.
// The model is in model.js, the picture in stage.js.

// ---------- KNOBS: the network, who computes it, and what is told of it ----------

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
  const more = disclosure("More settings", ...inside);
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
  const el = disclosure("Numbers", scroll);
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

// Draws what was computed last, as far as a pass has run: {draw(run), show({result, config, note}), el, says}.
function telling(store, view, within) {
  const { el: says, say } = sentence();
  const state = html("p", { class: "bp-state" });
  const table = numbers();
  let made;
  function draw(run) {
    if (!made) return;
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
  return { draw, show, says, state, table: table.el };
}

export function mount(box, store) {
  check(store);
  const within = (layer) => Math.max(1, Math.min(store.get("depth"), Math.round(layer)));
  const view = stage((layer) => store.set("layer", within(layer)));
  const knobs = controls(store);
  const { draw, show, says, state, table } = telling(store, view, within);
  const network = computing(store, show);
  const play = runner(box, draw);
  const folds = html("div", { class: "bp-folds" }, knobs.more, table);
  const side = html("div", { class: "bp-side" }, knobs.el, folds, state, tip(store.get("note")));
  box.append(framed(view, says, play.el), side);
  const unfit = fitted(box, (width) => {
    arrange(view, box, width);
    draw();
  });
  knobs.set();
  network.update("start");
  const unwatch = store.watch(() => {
    knobs.set();
    if (play.running()) play.stop();
    if (!network.update("moving")) draw();
  });
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

export { decades, define, draw, engine, histogram, isLight, remark, roundUp, slopeOf, smaller, tell, upTo };
export default widget;
