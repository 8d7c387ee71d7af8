import { button, choice, fitted, host, html, knob, number, put, sentence, ticker, tip } from "../_shared/frame.js";
import { ACTIVATIONS, diagnosis, gradient, initial, NAMES, obstacle, right, train } from "./model.js";
import { picture } from "./picture.js";

// xor: a network of two inputs, two hidden neurons and one output learns "one or the other, not both", or fails to.

const AT_ONCE = 10; // steps for each frame of the screen
const KEPT = 400; // points of the curve of losses
const STUCK_AFTER = 3000; // steps: by then nothing moves any more

function checked(store) {
  const [kind, seed, weights, stuck] = ["activation", "seed", "weights", "stuck"].map((key) => store.get(key));
  if (!Object.hasOwn(ACTIVATIONS, kind))
    throw new Error(`xor wants an activation out of ${Object.keys(ACTIVATIONS).join(", ")}, not "${kind}".`);
  if (!Number.isInteger(seed)) throw new Error(`xor wants a whole number as its seed, not ${seed}.`);
  if (!Array.isArray(weights) || ![0, NAMES.length].includes(weights.length) || !weights.every(Number.isFinite))
    throw new Error(
      `xor wants ${NAMES.length} finite weights, or none to start afresh, not ${JSON.stringify(weights)}.`,
    );
  if (typeof stuck !== "object" || !stuck)
    throw new Error(`xor wants the seeds of stuck starts by activation, not ${stuck}.`);
}

// The training itself runs on its own copy; `tell` gives the store what it has come to.
function training(store, show) {
  let now;
  let told; // the weights that the store had from us, or we from it
  function adopt() {
    const [kind, seed, given] = ["activation", "seed", "weights"].map((key) => store.get(key));
    const weights = given.length ? given : initial(seed);
    const epochs = given.length ? store.get("epochs") : 0;
    now = { kind, seed, epochs, weights, history: [[epochs, gradient(weights, kind).loss]] };
    told = String(given);
    show(now);
  }
  function step(count, times = 1) {
    for (let n = 0; n < times; n++) {
      now.weights = train(now.weights, now.kind, store.get("lr"), count);
      now.epochs += count;
      now.history.push([now.epochs, gradient(now.weights, now.kind).loss]);
      if (now.history.length > KEPT) now.history = now.history.filter((_, k) => k % 2 === 0);
    }
    show(now);
  }
  function tell() {
    told = String(now.weights);
    store.set("weights", now.weights);
    store.set("epochs", now.epochs);
  }
  const elsewhere = () =>
    store.get("activation") !== now.kind || store.get("seed") !== now.seed || String(store.get("weights")) !== told;
  function pull() {
    if (!elsewhere()) return;
    const behind = told && String(store.get("weights")) === told && store.get("seed") !== now.seed;
    if (behind)
      for (const [key, value] of [
        ["weights", []],
        ["epochs", 0],
      ])
        store.set(key, value); // of the seed before
    adopt();
  }
  return { adopt, step, tell, pull, epochs: () => now.epochs, again: () => show(now) };
}

const reduced = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

// Runs the training frame by frame until it is paused or has made `goal` steps. run: what `training` gives; says: the
// sentence, which a screen reader is to hear only when it rests.
function runner(box, run, says) {
  let [goal, times] = [Infinity, 1];
  const play = button("Train", () => toggle(), { class: "bp-play" });
  const clock = ticker(box, () => {
    run.step(AT_ONCE, times);
    if (run.epochs() >= goal) pause();
  });
  function rest() {
    clock.stop();
    put(play, "Train");
    says.setAttribute("aria-live", "polite");
  }
  function pause() {
    rest();
    run.tell();
  }
  function by(count, turns = 1) {
    run.step(count, turns);
    pause();
  }
  // Who asked for less motion gets the steps at once: `steps` of them, or those up to the goal.
  function go({ until = Infinity, haste = 1, steps = 1000 } = {}) {
    if (reduced()) return by(AT_ONCE, steps / AT_ONCE);
    [goal, times] = [until, haste];
    clock.start();
    put(play, "Pause");
    says.setAttribute("aria-live", "off");
  }
  const toggle = () => (clock.running() ? pause() : go());
  function end() {
    if (clock.running()) run.tell(); // it may come back elsewhere in the page
    clock.end();
  }
  return { play, rest, by, go, end };
}

// All that is pressed: {bar, kinds, stuck}.
function controls(store, run, motor) {
  function begin(seed, kind = store.get("activation")) {
    motor.rest();
    for (const [key, value] of Object.entries({ weights: [], epochs: 0, activation: kind, seed }))
      store.set(key, value);
    run.adopt();
  }
  function getStuck() {
    store.set("lr", 1); // at another rate it may learn
    const seeds = store.get("stuck")[store.get("activation")];
    begin(seeds[(seeds.indexOf(store.get("seed")) + 1) % seeds.length]); // pressed again, it takes another one
    motor.go({ until: STUCK_AFTER, haste: 4, steps: STUCK_AFTER });
  }
  const stuck = button("A stuck start", getStuck);
  const buttons = [
    motor.play,
    button("1 step", () => motor.by(1)),
    button("100 steps", () => motor.by(AT_ONCE, 100 / AT_ONCE)),
    button("New start", () => begin(store.get("seed") + 1)),
    button("Again", () => begin(store.get("seed"))),
    stuck,
  ];
  const kinds = choice({
    name: "Hidden neurons",
    options: Object.keys(ACTIVATIONS).map((kind) => [kind, kind === "relu" ? "ReLU" : kind]),
    change: (kind) => begin(store.get("seed"), kind),
  });
  const bar = html("div", { class: "bp-bar", role: "group", "aria-label": "Training" }, ...buttons);
  return { bar, kinds, stuck };
}

export function mount(box, store) {
  checked(store);
  const view = picture();
  const { el: says, say } = sentence();
  const run = training(store, (now) => {
    const { kind, seed, weights, epochs, history } = now;
    view.show(now);
    const good = right(weights, kind);
    const loss = ["forward", number(history.at(-1)[1])];
    const about = good === 4 ? "All four cases are right." : `${good} of 4 right. ${diagnosis(weights, kind)}`;
    say([`Start ${seed}, after ${epochs} steps: the loss is `, loss, `. ${about}`]);
  });
  const motor = runner(box, run, says);
  const { bar, kinds, stuck } = controls(store, run, motor);
  const rate = knob({ name: "learning rate", min: 0.05, max: 5, step: 0.05, change: (lr) => store.set("lr", lr) });
  const knobs = html("div", { class: "bp-knobs" }, rate.el, kinds.el);
  box.append(view.el, bar, says, knobs, view.table.el, tip(store.get("note")));
  view.table.el.addEventListener("toggle", run.again);

  function redraw() {
    rate.set(store.get("lr"));
    kinds.set(store.get("activation"));
    stuck.disabled = !store.get("stuck")[store.get("activation")]?.length;
    run.pull();
  }
  run.adopt();
  const unfit = fitted(box, view.arrange);
  redraw();
  const unwatch = store.watch(redraw);
  return () => {
    for (const end of [motor.end, view.end, unfit, unwatch]) end();
  };
}

const { widget, define } = host("bp-xor", {
  defaults: { seed: 1, activation: "sigmoid", lr: 1, epochs: 0, weights: [], stuck: {}, note: "" },
  mount,
});

export { define, gradient, initial, obstacle, train };
export default widget;
