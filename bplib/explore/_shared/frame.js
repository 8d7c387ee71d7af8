// What every explorable shares: elements, numbers, names, a knob, a spoken sentence, and its two homes.

// Attributes that are functions become listeners; null, undefined and false leave the attribute out.
function dress(node, attributes, children) {
  for (const [key, value] of Object.entries(attributes)) {
    if (typeof value === "function") node.addEventListener(key, value);
    else if (value !== null && value !== undefined && value !== false) node.setAttribute(key, value);
  }
  node.append(...children);
  return node;
}

export const html = (tag, attributes = {}, ...children) => dress(document.createElement(tag), attributes, children);

export const svg = (tag, attributes = {}, ...children) =>
  dress(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);

// At most eight characters, so that a number never leaves its box; four decimals wherever they fit.
export function number(value) {
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "−∞";
  const size = Math.abs(value);
  if (size === 0) return "0";
  const text =
    size < 1e-3 || size >= 1e5
      ? value
          .toExponential(2)
          .replace(/\.?0+e/, "e")
          .replace("e+", "e")
      : value.toFixed(size < 100 ? 4 : size < 1000 ? 3 : size < 1e4 ? 2 : 1).replace(/\.?0+$/, "");
  return text.replaceAll("-", "−");
}

// A number as people type it: with a decimal comma or a real minus sign too; NaN if it is none.
export function asNumber(typed) {
  const plain = String(typed ?? "")
    .trim()
    .replace(/[−–]/g, "-")
    .replace(/^([^.,]*),([^.,]*)$/, "$1.$2");
  return plain ? Number(plain) : NaN;
}

const shifted = (digits) => (text) => [...text].map((c) => digits["0123456789-".indexOf(c)]).join("");
export const subscript = shifted("₀₁₂₃₄₅₆₇₈₉₋");
export const superscript = shifted("⁰¹²³⁴⁵⁶⁷⁸⁹⁻");

// A name as mathematics: w1 -> w₁, w1 * x -> w₁·x, (z2 - y) ** 2 -> (z₂ − y)².
const indexed = (text) => text.replace(/\b([A-Za-z]+)_?(\d+)\b/g, (_, letters, digits) => letters + subscript(digits));
export const pretty = (name) =>
  indexed(name)
    .replace(/\s*\*\*\s*(-?\d+)(\.0)?(?![\d.])/g, (_, digits) => superscript(digits))
    .replace(/\s*\*\s*/g, "·")
    .replaceAll("-", "−");

// Subscripts as real ones, since few fonts have them: pieces to append, made by `svg` or by `html`.
export function lowered(text, make) {
  const runs = text.split(/([₀-₉]+)/).filter(Boolean);
  if (make === html) return runs.map((p) => (/[₀-₉]/.test(p) ? html("sub", {}, p.normalize("NFKC")) : p));
  let low = false;
  return runs.map((piece) => {
    const was = low;
    low = /[₀-₉]/.test(piece);
    const dy = low === was ? 0 : low ? 3.5 : -3.5;
    return svg("tspan", { dy, class: low && "bp-sub" }, low ? piece.normalize("NFKC") : piece);
  });
}

export const WIDEST = 760; // px, of any figure
export function put(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

// Text in parts: strings or [kind, string], where "forward" and "backward" give the colour.
const flat = (parts) => parts.map((part) => (Array.isArray(part) ? part[1] : part)).join("");
const piece = (part) =>
  Array.isArray(part) ? [html("span", { class: `bp-${part[0]}` }, ...lowered(part[1], html))] : lowered(part, html);
const same = (a, b) => a.normalize("NFKC") === b.normalize("NFKC"); // w₁ is on the page as w with a lowered 1
const write = (node, parts) => same(node.textContent, flat(parts)) || node.replaceChildren(...parts.flatMap(piece));

// A line of text in parts that changes and is not spoken: what the picture says, said below it too.
export function banner(kind) {
  const el = html("p", { class: kind });
  return { el, write: (parts) => write(el, parts) };
}

// One sentence below the figure, in parts, spoken when it changes; the kind "screen" is left out in print.
export function sentence() {
  const el = html("p", { class: "bp-say", "aria-live": "polite" });
  let spoken = "";
  let timer;
  const say = (parts) => {
    const text = flat(parts);
    if (text === spoken) return;
    spoken = text;
    el.replaceChildren(...parts.flatMap(piece));
    el.setAttribute("aria-busy", "true"); // a screen reader waits for the drag to end
    clearTimeout(timer);
    timer = setTimeout(() => el.removeAttribute("aria-busy"), 400);
  };
  return { el, say };
}

// JupyterLab's command mode would act on keys pressed here (d d deletes the cell); it looks at the element in focus.
export const OWN_KEYS = { "data-lm-suppress-shortcuts": "true" };

// A slider and a box for the exact number; a number typed beyond the slider's ends is taken as it is.
export function knob({ name, min, max, step, change }) {
  let current = 0;
  const take = (event) => {
    const value = event.target.valueAsNumber;
    if (Number.isFinite(value)) change(value);
  };
  const show = () => (exact.value = String(Number(current.toPrecision(10))));
  const both = { step, input: take, ...OWN_KEYS };
  const range = html("input", { type: "range", min, max, "aria-label": name, ...both });
  const exact = html("input", { type: "number", "aria-label": `${name}, exact value`, ...both });
  exact.addEventListener("change", show); // leaving it empty brings the number back
  const set = (value) => {
    current = value;
    range.value = value;
    if (document.activeElement !== exact || exact.valueAsNumber !== value) show();
  };
  const label = html("span", { class: "bp-name" }, ...lowered(pretty(name), html));
  const el = html("div", { class: "bp-knob" }, label, range, exact);
  return { el, set };
}

export const button = (label, click, attributes = {}) =>
  html("button", { type: "button", click, ...OWN_KEYS, ...attributes }, label);

// One of a few: radio buttons side by side. options: [[value, label], ...]; values may be anything that === compares.
export function choice({ name, options, change }) {
  const group = `bp-${Math.random().toString(36).slice(2)}`; // radio buttons of two figures must not share a name
  const inputs = options.map(([value], i) =>
    html("input", { type: "radio", name: group, value: i, change: () => change(value), ...OWN_KEYS }),
  );
  const labels = options.map(([, label], i) => html("label", {}, inputs[i], html("span", {}, label)));
  const el = html("fieldset", { class: "bp-choice" }, html("legend", {}, name), ...labels);
  const set = (value) => {
    for (const [i, input] of inputs.entries()) input.checked = options[i][0] === value;
  };
  return { el, set };
}

// Yes or no.
export function toggle({ name, change }) {
  const input = html("input", { type: "checkbox", change: () => change(input.checked), ...OWN_KEYS });
  const el = html("label", { class: "bp-toggle" }, input, html("span", {}, name));
  const set = (value) => {
    input.checked = value;
  };
  return { el, set };
}

// Names and their numbers, in a row. names: {key: label}; set({key: parts}), parts as in `sentence`.
export function readout(names) {
  const cells = Object.fromEntries(Object.keys(names).map((key) => [key, html("dd")]));
  const label = (name) => html("dt", {}, ...lowered(pretty(name), html));
  const pairs = Object.entries(names).map(([key, name]) => html("div", {}, label(name), cells[key]));
  const set = (texts) => {
    for (const [key, parts] of Object.entries(texts)) write(cells[key], typeof parts === "string" ? [parts] : parts);
  };
  return { el: html("dl", { class: "bp-readout" }, ...pairs), set };
}

// What the two colours stand for, above a picture: {forward: text, backward: text}.
export function legend(texts) {
  const parts = Object.entries(texts).map(([kind, text]) => html("span", { class: `bp-${kind}` }, text));
  return html("p", { class: "bp-legend" }, ...parts);
}

// What is asked for seldom, below its name; its keys do nothing to a notebook's cell.
export const disclosure = (name, ...parts) =>
  html("details", { class: "bp-more" }, html("summary", OWN_KEYS, name), ...parts);

// The line that says what to try.
export const tip = (note) =>
  note ? html("p", { class: "bp-note" }, html("strong", {}, "Try: "), ...lowered(indexed(note), html)) : "";

// Calls arrange(width) whenever the figure gets another width; gives back what ends that.
export function fitted(box, arrange) {
  const ruler = html("div", { class: "bp-ruler" }); // as wide as the figure; what is drawn cannot change its size
  box.prepend(ruler);
  // Once as it will be, or a slow page is painted with what stands below in two places; WIDEST until there is a width.
  arrange(Math.min(box.startWidth || WIDEST, WIDEST));
  const resized = new ResizeObserver(([{ contentRect }]) => contentRect.width && arrange(contentRect.width));
  resized.observe(ruler);
  return () => resized.disconnect();
}

// Calls tick() on every frame of the screen between start() and stop(); rests while nobody can see `el`.
export function ticker(el, tick) {
  let going = false;
  let seen = true;
  let frame = 0;
  const next = () => {
    cancelAnimationFrame(frame);
    if (!going || !seen) return;
    frame = requestAnimationFrame(() => {
      tick();
      next();
    });
  };
  const watcher = new IntersectionObserver(([{ isIntersecting }]) => {
    seen = isIntersecting;
    next();
  });
  watcher.observe(el);
  const turn = (on) => {
    going = on;
    next();
  };
  const end = () => {
    turn(false);
    watcher.disconnect();
  };
  return { start: () => turn(true), stop: () => turn(false), running: () => going, end };
}

// Calls redraw() when light turns to dark or back: drawings on a canvas do not follow style sheets by themselves.
export function themed(redraw) {
  const watcher = new MutationObserver(redraw);
  for (const node of [document.documentElement, document.body])
    watcher.observe(node, { attributeFilter: ["data-theme", "theme", "data-jp-theme-light", "class"] });
  const asked = matchMedia("(prefers-color-scheme: dark)");
  asked.addEventListener("change", redraw);
  return () => {
    watcher.disconnect();
    asked.removeEventListener("change", redraw);
  };
}

// Builds the figure in `el`; trouble becomes a message above whatever `el` already says, never an exception.
function start(el, tag, mount, open) {
  const box = html("div", { class: `bp ${tag}` });
  // Sphinx turns pages on arrow keys, also while a slider has the focus.
  box.addEventListener("keydown", (event) => event.target.tagName === "INPUT" && event.stopPropagation());
  try {
    box.startWidth = el.clientWidth;
    box.home = el;
    const stop = mount(box, open());
    el.replaceChildren(box);
    return stop;
  } catch (error) {
    const words = `This figure could not start: ${error.message}`;
    el.querySelector(":scope > .bp-failed")?.remove();
    el.prepend(html("p", { class: "bp bp-failed", role: "note" }, words));
    return () => {};
  }
}

function keptBy(model, keys) {
  let saving = false;
  return {
    get: (key) => model.get(key),
    set(key, value) {
      model.set(key, value);
      // What is set together travels together, so that Python never sees the half of it.
      if (saving) return;
      saving = true;
      queueMicrotask(() => {
        saving = false;
        model.save_changes();
      });
    },
    watch(redraw) {
      for (const key of keys) model.on(`change:${key}`, redraw);
      return () => {
        for (const key of keys) model.off(`change:${key}`, redraw);
      };
    },
  };
}

function keptIn(state) {
  const watchers = new Set();
  return {
    get: (key) => state[key],
    set(key, value) {
      state[key] = value;
      for (const redraw of watchers) redraw();
    },
    watch(redraw) {
      watchers.add(redraw);
      return () => watchers.delete(redraw);
    },
  };
}

// A short mark of a text, by which a later version of it is told apart.
const fingerprint = (text) =>
  ([...text].reduce((hash, c) => (Math.imul(hash, 31) + c.codePointAt(0)) | 0, 0) >>> 0).toString(36);

// The key in the page's memory of what the reader does with a figure; the page counts what has one.
const placeOf = (el, tag, kind) =>
  `${kind}/${globalThis.bpMemory.page}/${[...document.querySelectorAll(tag)].indexOf(el) + 1}`;

// In a page of the book, what the reader did with a figure comes back with the page: bpMemory is book/_static/memory.js.
// Gives the state to start with, and a store that keeps what `remembers` names; `fits` says whether a state can be used.
function keptForReader(el, tag, state, { kind, keys, done }, fits) {
  const memory = globalThis.bpMemory;
  if (!memory) return keptIn(state);
  const key = placeOf(el, tag, kind);
  const text = fingerprint(el.getAttribute("data") ?? "");
  const picked = (from) => Object.fromEntries(keys.map((name) => [name, from[name]]));
  const before = memory.get(key);
  const back = before?.text === text ? { ...state, ...JSON.parse(JSON.stringify(picked(before))) } : state;
  const store = keptIn(back !== state && fits(back) ? back : state);
  const empty = JSON.stringify(picked(state));
  let saving = false;
  store.watch(() => {
    if (saving) return;
    saving = true;
    queueMicrotask(() => {
      saving = false;
      const now = picked(Object.fromEntries(keys.map((name) => [name, store.get(name)])));
      memory.set(key, JSON.stringify(now) === empty ? undefined : { text, done: done(store), ...now });
    });
  });
  return store;
}

// Where in an element something is pointed at, in the element's own pixels: around it a slide may be scaled.
export function spot(el, { clientX, clientY }) {
  const { left, top, width } = el.getBoundingClientRect();
  const own = el.offsetWidth ?? el.clientWidth; // an SVG has only the latter
  const scale = (own && width / own) || 1;
  return [(clientX - left) / scale, (clientY - top) / scale];
}

const AHEAD = 1.5; // screens

// Begins when the reader comes near, at the latest when the page is printed: what nobody sees yet holds up no page.
// Gives back what ends the waiting, if there is any.
function whenNear(el, begin) {
  const { top, bottom } = el.getBoundingClientRect();
  const from = document.querySelector(":target")?.getBoundingClientRect().top ?? 0; // a link may lead far down
  const room = AHEAD * innerHeight;
  if (!globalThis.IntersectionObserver || (bottom > from - room && top < from + innerHeight + room)) {
    begin();
    return undefined;
  }
  const paper = matchMedia("print");
  const watcher = new IntersectionObserver((seen) => seen.some((one) => one.isIntersecting) && now(), {
    rootMargin: `${100 * AHEAD}% 0px`,
  });
  const end = () => {
    watcher.disconnect();
    removeEventListener("beforeprint", now);
    paper.removeEventListener("change", now);
  };
  function now() {
    end();
    begin();
  }
  watcher.observe(el);
  addEventListener("beforeprint", now);
  paper.addEventListener("change", now);
  return end;
}

// Two homes for one figure: `widget` in JupyterLab (anywidget), <tag data='{json}'> in a page once `define` has run.
// mount(box, store) fills the box and returns its clean-up; a store has get(key), set(key, value), watch(redraw).
// remembers: {kind, keys, done(store)}: these keys of the state are the reader's, and the page keeps them.
export function host(tag, { defaults, mount, remembers }) {
  const keys = Object.keys(defaults);
  const widget = { render: ({ model, el }) => start(el, tag, mount, () => keptBy(model, keys)) };
  // Whatever stands in a memory may be of another hand: a figure that cannot start with it starts without.
  const fits = (state) => {
    try {
      mount(html("div"), keptIn(structuredClone(state)))();
      return true;
    } catch {
      return false;
    }
  };
  let defining = false; // what is in the page then may wait; what comes later is wanted now
  const element = () =>
    class extends HTMLElement {
      connectedCallback() {
        const read = () => ({ ...structuredClone(defaults), ...JSON.parse(this.getAttribute("data") || "{}") });
        const keep = () => (remembers ? keptForReader(this, tag, read(), remembers, fits) : keptIn(read()));
        const begin = () => {
          this.stop = start(this, tag, mount, () => (this.store ??= keep())); // moved: keep its state
        };
        if (remembers && globalThis.bpMemory) this.dataset.memory = placeOf(this, tag, remembers.kind);
        if (defining) this.stop = whenNear(this, begin) ?? this.stop;
        else if (!this.stop) begin();
      }
      disconnectedCallback() {
        this.stop?.();
        this.stop = null;
      }
    };
  const define = () => {
    if (!globalThis.customElements || customElements.get(tag)) return;
    const now = () => {
      if (customElements.get(tag)) return;
      defining = true;
      customElements.define(tag, element());
      defining = false;
    };
    // An element met while the page is still being read has no fallback inside yet, and would get it afterwards.
    if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", now, { once: true });
    else now();
  };
  return { widget, define };
}
