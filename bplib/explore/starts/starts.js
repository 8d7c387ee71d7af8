import {
  banner,
  button,
  choice,
  fitted,
  host,
  html,
  knob,
  number,
  put,
  sentence,
  spot,
  svg,
  ticker,
  tip,
} from "../_shared/frame.js";
import { alike, CASES, howMany, isSolved, outputs, PROGRAMS, pass, starts, stride, train } from "./model.js";

// starts: two hundred starts of a network learn XOR at once, or get stuck; each is a cell, and one is looked at closely.

const [COUNT, COLUMNS] = [200, 20];
const ROWS = COUNT / COLUMNS;
const ENOUGH = 5000; // steps: after that next to nothing changes
const RATES = [0.1, 0.3, 1, 3, 10];
const SHADES = [-0.95, -0.6, -0.25, 0, 0.25, 0.6, 0.95]; // of what lies between 0 and 1, by its distance from a half
const NAMES = CASES.map(([x1, x2]) => `(${x1}, ${x2})`);

function checked(store) {
  const [program, lr, steps, start] = ["program", "lr", "steps", "start"].map((key) => store.get(key));
  if (!Object.hasOwn(PROGRAMS, program))
    throw new Error(`starts wants a program out of ${Object.keys(PROGRAMS).join(", ")}, not "${program}".`);
  if (!Number.isFinite(lr)) throw new Error(`starts wants a finite learning rate, not ${lr}.`);
  if (!Number.isInteger(steps) || steps < 0)
    throw new Error(`starts wants a number of steps, 0 or more, not ${steps}.`);
  if (!Number.isInteger(start) || start < 1 || start > COUNT)
    throw new Error(`starts wants a start from 1 to ${COUNT}, not ${start}.`);
}

// ---------- PICTURE ----------

const set = (el, attributes) => {
  for (const key in attributes) el.setAttribute(key, attributes[key]);
};

const shadeOf = (p) => {
  const signed = 2 * p - 1;
  return SHADES.reduce((best, s, k) => (Math.abs(s - signed) < Math.abs(SHADES[best] - signed) ? k : best), 0);
};
const inks = SHADES.map((s) => {
  const colour = s > 0 ? "more" : "less";
  return `color-mix(in srgb, var(--bp-${colour}) ${Math.round(90 * Math.abs(s))}%, var(--bp-surface))`;
});

// The field of cells: one path for each shade, so that a frame of the screen draws nine shapes and not a thousand.
function field() {
  const layers = inks.map((fill) => svg("path", { style: `fill: ${fill}` }));
  const rims = svg("path", { class: "bp-rim" });
  const frames = svg("path", { class: "bp-solved" });
  const chosen = svg("rect", { class: "bp-chosen" });
  const el = svg("g", {}, rims, ...layers, frames, chosen);
  let unit = 12; // px, from cell to cell
  const corner = (i) => [(i % COLUMNS) * unit, Math.floor(i / COLUMNS) * unit];
  function show(found, start) {
    const gap = unit > 20 ? 4 : 3;
    const side = unit - gap;
    const half = side / 2;
    const paths = inks.map(() => "");
    let [round, every] = ["", ""];
    for (let i = 0; i < COUNT; i++) {
      const [x, y] = corner(i);
      for (const [k, [x1, x2]] of CASES.entries()) {
        const place = `M${x + gap / 2 + x1 * half} ${y + gap / 2 + (1 - x2) * half}`;
        paths[shadeOf(found[4 * i + k])] += `${place}h${half}v${half}h${-half}z`;
      }
      const around = `M${x + 0.75} ${y + 0.75}h${unit - 1.5}v${unit - 1.5}h${1.5 - unit}z`;
      every += around;
      if (isSolved(found, i)) round += around;
    }
    rims.setAttribute("d", every);
    for (const [k, layer] of layers.entries()) layer.setAttribute("d", paths[k]);
    frames.setAttribute("d", round);
    const [x, y] = corner(start - 1);
    set(chosen, { x: x - 1, y: y - 1, width: unit + 2, height: unit + 2 });
  }
  const at = (x, y) => {
    const [column, row] = [Math.floor(x / unit), Math.floor(y / unit)];
    return column >= 0 && column < COLUMNS && row >= 0 && row < ROWS ? row * COLUMNS + column + 1 : null;
  };
  return { el, show, at, size: (value) => (unit = value) };
}

// The plane of the two hidden activations of one start, which are all that its output neuron sees of the four cases.
function plane() {
  const rim = svg("rect", { class: "bp-rim" });
  const dots = CASES.map(([, , t]) => svg("circle", { class: t ? "bp-one" : "bp-zero" }));
  const names = CASES.map(() => svg("text", { class: "bp-case" }));
  const title = svg("text", { class: "bp-plane-title", y: 12, "text-anchor": "middle" });
  const el = svg("g", {}, title, rim, ...dots, ...names);
  let [wide, high] = [150, 150];
  function show(numbers, start) {
    put(title, `Start ${start}: hidden activations`);
    const spots = CASES.map((_, k) => pass(numbers, start - 1, k).hidden);
    for (const [k, [a, b]] of spots.entries()) {
      const [x, y] = [12 + a * (wide - 24), 30 + (1 - b) * (high - 24)];
      const here = [0, 1, 2, 3].filter((j) => Math.hypot(spots[j][0] - a, spots[j][1] - b) < 0.05);
      // Those in one place are seen all, the later ones smaller, and named together.
      set(dots[k], { cx: x, cy: y, r: 8 - 2.5 * here.indexOf(k) });
      put(names[k], here[0] === k ? here.map((j) => NAMES[j]).join(" ") : "");
      const [right, low] = [a > 0.5, b < 0.5];
      set(names[k], { x: x + (right ? -12 : 12), y: y + (low ? -6 : 14), "text-anchor": right ? "end" : "start" });
    }
  }
  function size(...sides) {
    [wide, high] = sides;
    title.setAttribute("x", wide / 2);
    set(rim, { x: 0, y: 18, width: wide, height: high });
  }
  return { el, show, size };
}

function picture(choose) {
  const [cells, seen] = [field(), plane()];
  const drawing = svg("svg", { role: "img" }, cells.el, seen.el);
  const title = banner("bp-headline");
  const el = html("div", { class: "bp-picture bp-main" }, title.el, drawing);
  let last;
  function arrange(width) {
    const wide = width > 600;
    const unit = wide ? Math.floor(Math.min(24, (width - 240) / COLUMNS)) : Math.floor((width - 2) / COLUMNS);
    const side = unit * ROWS - 24;
    cells.size(unit);
    if (wide) seen.size(side, side);
    else seen.size(width - 4, 84);
    const [x, y] = wide ? [unit * COLUMNS + 24, 0] : [0, unit * ROWS + 6];
    seen.el.setAttribute("transform", `translate(${x} ${y})`);
    const [w, h] = wide ? [x + side + 2, unit * ROWS + 2] : [width - 2, y + 104];
    set(drawing, { width: w, height: h, viewBox: `-1 -1 ${w + 1} ${h}` });
    if (last) show(last);
  }
  function show(now) {
    last = now;
    const { numbers, found, start, steps, lr } = now;
    cells.show(found, start);
    seen.show(numbers, start);
    title.write([`${howMany(found)} of ${COUNT} starts solved, after ${steps.toLocaleString("en")} steps`]);
    drawing.setAttribute(
      "aria-label",
      `${COUNT} starts as cells at rate ${number(lr)}, and the hidden activations of start ${start}`,
    );
  }
  drawing.addEventListener("click", (event) => {
    const [x, y] = spot(drawing, event);
    const start = cells.at(x - 1, y - 1);
    if (start) choose(start);
  });
  return { el, arrange, show };
}

// ---------- KNOBS ----------

const reduced = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

// The chosen start in words.
function told({ numbers, found, start }) {
  const p = [...found.slice(4 * (start - 1), 4 * start)].map((v) => v.toFixed(2)).join(", ");
  const pair = alike(numbers, start - 1);
  const state = isSolved(found, start - 1) ? " It is solved." : " It is not solved.";
  const why = pair
    ? ` ${NAMES[pair[0]]} and ${NAMES[pair[1]]} have different targets, but the same hidden activations.`
    : "";
  return `Start ${start} answers ${p} to ${NAMES.join(", ")}.${state}${why}`;
}

// The networks and how far they are; `show` draws them.
function training(store, show) {
  let now;
  const settings = () => String(["program", "lr"].map((key) => store.get(key)));
  function draw() {
    show({ ...now, start: store.get("start"), lr: store.get("lr") });
  }
  function adopt(steps) {
    const numbers = train(starts(COUNT), store.get("program"), store.get("lr"), steps);
    now = { numbers, found: outputs(numbers), steps, of: settings() };
    draw();
  }
  function step(count) {
    train(now.numbers, store.get("program"), store.get("lr"), count);
    now = { ...now, found: outputs(now.numbers), steps: now.steps + count };
    draw();
  }
  const fresh = () => now.of === settings() && store.get("steps") === now.steps;
  const tell = () => store.set("steps", now.steps);
  return { adopt, step, tell, draw, fresh, steps: () => now.steps };
}

// Runs the training frame by frame until it is paused, or has made enough steps.
function motor(box, run, says) {
  const play = button("Train", () => (clock.running() ? pause() : go()), { class: "bp-play" });
  const clock = ticker(box, () => {
    run.step(stride(run.steps()));
    if (run.steps() >= ENOUGH) pause();
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
  function by(count) {
    run.step(count);
    pause();
  }
  // Who asked for less motion sees where it leads.
  function go() {
    if (reduced()) return by(1000);
    clock.start();
    put(play, "Pause");
    says.setAttribute("aria-live", "off");
  }
  function end() {
    if (clock.running()) run.tell(); // it may come back elsewhere in the page
    clock.end();
  }
  return { play, by, rest, running: clock.running, end };
}

// All that is pressed: {bar, knobs, set}; set() shows what the store has.
function controls(store, run, engine) {
  function begin(trait, value) {
    engine.rest();
    store.set("steps", 0);
    if (trait) store.set(trait, value);
    run.adopt(0);
  }
  const steps = [10, 100].map((count) => button(`${count} steps`, () => engine.by(count)));
  const parts = [engine.play, ...steps, button("Again", () => begin())];
  const bar = html("div", { class: "bp-bar", role: "group", "aria-label": "Training" }, ...parts);
  const one = (name, trait, values) =>
    choice({ name, options: values.map((value) => [value, String(value)]), change: (value) => begin(trait, value) });
  const [rates, programs] = [one("Learning rate", "lr", RATES), one("Program", "program", Object.keys(PROGRAMS))];
  const take = (start) => Number.isInteger(start) && start >= 1 && start <= COUNT && store.set("start", start);
  const which = knob({ name: "start", min: 1, max: COUNT, step: 1, change: take });
  function set() {
    which.set(store.get("start"));
    rates.set(store.get("lr"));
    programs.set(store.get("program"));
  }
  return { bar, knobs: html("div", { class: "bp-knobs" }, which.el, rates.el, programs.el), set };
}

const key = () =>
  html(
    "p",
    { class: "bp-key" },
    "Each cell is one start, its quarters the outputs for (0, 1), (1, 1) above and (0, 0), (1, 0) below: ",
    html("b", { class: "bp-to-one" }, "green"),
    " near 1, ",
    html("b", { class: "bp-to-zero" }, "purple"),
    " near 0, blank at 0.5. Blue frame: all four are right.",
  );

export function mount(box, store) {
  checked(store);
  const view = picture((start) => store.set("start", start));
  const { el: says, say } = sentence();
  const run = training(store, (now) => {
    view.show(now);
    say([told(now)]);
  });
  const engine = motor(box, run, says);
  const pressed = controls(store, run, engine);
  box.append(view.el, pressed.bar, key(), says, pressed.knobs, tip(store.get("note")));
  function redraw() {
    pressed.set();
    if (engine.running()) return;
    if (run.fresh()) run.draw();
    else run.adopt(store.get("steps"));
  }
  run.adopt(store.get("steps"));
  const unfit = fitted(box, view.arrange);
  redraw();
  const unwatch = store.watch(redraw);
  return () => {
    for (const end of [engine.end, unfit, unwatch]) end();
  };
}

const { widget, define } = host("bp-starts", {
  defaults: { program: "cross-entropy", lr: 1, start: 1, steps: 0, note: "" },
  mount,
});

export { alike, define, howMany, outputs, starts, train };
export default widget;
