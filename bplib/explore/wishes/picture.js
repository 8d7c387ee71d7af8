import { chart } from "../_shared/chart.js";
import { disclosure, html, OWN_KEYS, put, readout, svg } from "../_shared/frame.js";
import { pixels } from "../_shared/pixels.js";
import { compared, DIGITS, ofPixels, requests, rollback, SIDE } from "./model.js";
import {
  article,
  BEATS,
  called,
  capital,
  foremost,
  hasWish,
  isLit,
  largest,
  OUT,
  side,
  signedText,
  strongest,
} from "./words.js";

// ---------- PICTURE: two images, and the network beside them. Drawn once; `arrange` moves it, `paint...` fills it ----------

const ROWS = 16; // neurons in the largest column
const ROOMY = 620; // px, from where there is room for words beside the outputs
const SIZES = {
  narrow: { row: 17, head: 20, r: 6.5, arrow: 9, image: 100, beam: 26, label: 34, thick: 3 },
  roomy: { row: 21, head: 24, r: 9, arrow: 11, image: 144, beam: 64, label: 124, thick: 4 },
};
const HEADS = ["", "hidden 1", "hidden 2", "outputs"];
const tone = (value) => (value < 0 ? "bp-less" : "bp-more");
// Only what is new is written: a browser works out anew whatever is written to.
const give = (el, attributes) => {
  for (const key in attributes) {
    const text = String(attributes[key]);
    if (el.getAttribute(key) !== text) el.setAttribute(key, text);
  }
};
const visible = (yes) => ({ visibility: yes ? "visible" : "hidden" });

function drawNeuron(level, j, choose) {
  const parts = {
    back: svg("rect", { class: "bp-back", rx: 6 }),
    ring: svg("circle", { class: "bp-ring" }),
    cell: svg("circle", { class: "bp-cell" }),
    lit: svg("circle", { class: "bp-lit" }),
    arrow: svg("path", { class: "bp-arrow" }),
  };
  const role = { class: "bp-neuron", role: "radio", tabindex: -1, "data-neuron": `${level}-${j}` };
  const el = svg("g", { ...role, click: () => choose({ level, j }), ...OWN_KEYS }, ...Object.values(parts));
  return { el, ...parts, level, j };
}

// The digit of an output, and what is to be said about it: a tick at the right one, a cross at a wrong one that wins.
function drawLabel(j) {
  const digit = svg("text", { class: "bp-digit" }, j);
  const mark = svg("path", { class: "bp-mark" });
  const words = svg("text", { class: "bp-words" });
  return { el: svg("g", { "aria-hidden": "true" }, digit, mark, words), digit, mark, words };
}

export function drawNetwork(net, choose) {
  const levels = net.layers.map(({ nOut }, l) => Array.from({ length: nOut }, (_, j) => drawNeuron(l + 1, j, choose)));
  const neurons = levels.flat();
  const pool = (count, kind) => Array.from({ length: count }, () => svg("path", { class: `bp-ask ${kind}` }));
  const lines = { asked: pool(ROWS, ""), asking: pool(ROWS, "bp-from"), trail: pool(2, "") };
  const threads = Object.fromEntries(
    ["forward", "more", "less"].map((kind) => [kind, svg("path", { class: `bp-thread bp-${kind}` })]),
  );
  const running = svg("g", { "aria-hidden": "true" }, ...Object.values(threads));
  const beam = svg("path", { class: "bp-beam" });
  const following = svg("g", { "aria-hidden": "true" }, beam, ...Object.values(lines).flat());
  const heads = HEADS.map((name) => svg("text", { class: "bp-head" }, name));
  const labels = levels[2].map(({ j }) => drawLabel(j));
  const label =
    "Neurons. Up and down arrow keys go through a layer, left and right to the next; Enter follows the wish.";
  const texts = [...heads, ...labels.map((l) => l.el)];
  const role = { role: "radiogroup", "aria-label": label };
  const el = svg("svg", role, ...texts, running, following, ...neurons.map((n) => n.el));
  const find = (level, j) => levels[level - 1]?.[j];
  return { el, neurons, lines, threads, running, beam, following, heads, labels, find };
}

// How wide and high everything is in a figure of this width.
export function measured(width) {
  const roomy = width >= ROOMY;
  const size = SIZES[roomy ? "roomy" : "narrow"];
  const wide = width - size.image;
  const [first, last] = [size.beam + size.r, wide - size.label - 2 * size.arrow - size.r];
  const tall = ROWS * size.row;
  const x = [0, first, (first + last) / 2, last];
  return { ...size, roomy, wide, tall, height: size.head + tall, x, pitch: tall / 2 };
}

export function arrange(view, at) {
  const { el, neurons, heads, labels, find } = view;
  view.at = at;
  give(el, { width: at.wide, height: at.height, viewBox: `0 0 ${at.wide} ${at.height}` });
  for (const [level, head] of heads.entries()) give(head, { x: at.x[level] - at.r - 3, y: 13 });
  for (const n of neurons) {
    const step = Math.min(36, at.tall / neurons.filter(({ level }) => level === n.level).length);
    n.x = at.x[n.level];
    n.y = at.head + (n.j + 0.5) * step;
    n.left = n.x - at.r - 3; // where lines end
    n.right = n.x + at.r + 2 * at.arrow; // where they begin
    n.tip = n.x + at.r + at.arrow - 1; // the middle of the arrow
    give(n.back, { x: n.left, y: n.y - at.row / 2, width: n.right - n.left, height: at.row });
    for (const [circle, r] of [
      [n.ring, at.r + 2.5],
      [n.cell, at.r],
      [n.lit, at.r],
    ])
      give(circle, { cx: n.x, cy: n.y, r });
  }
  for (const [j, { digit, mark, words }] of labels.entries()) {
    const { right, y } = find(3, j);
    give(digit, { x: right + 4, y: y + 5 });
    give(mark, { transform: `translate(${right + 22} ${y})` });
    give(words, { x: right + 33, y: y + 5 });
  }
}

// An arrow up or down, `most` px to either side for a size of 1.
function arrowPath({ tip, y }, size, most) {
  const way = size < 0 ? 1 : -1;
  const tall = 2.5 + (most - 2.5) * Math.min(1, Math.abs(size));
  const [head, foot, neck] = [tall, -tall, tall - Math.min(6, 1.2 * tall)].map((h) => (y + way * h).toFixed(1));
  return `M${tip} ${head}L${tip + 4.5} ${neck}H${tip + 1.4}V${foot}H${tip - 1.4}V${neck}H${tip - 4.5}Z`;
}

const curve = (x, y, x2, y2) => `M${x} ${y}C${(x + x2) / 2} ${y} ${(x + x2) / 2} ${y2} ${x2} ${y2}`;
const linking = (from, to) => curve(from.right, from.y, to.left, to.y);
export const follows = ({ beat, chosen }) => beat < 0 && chosen;

// What the arrow beside a neuron says, from −1 to 1: its wish, or while one wish is followed, what that asks of it.
function arrowAt(n, scene, tops) {
  const { state, level, neuron, vector, asks, trail, beat } = scene;
  const wish = state.wish.a[n.level][n.j] / tops[n.level];
  if (!follows(scene)) return hasWish(n.level, beat) ? wish : null;
  if (n.level === level) return n.j === neuron ? wish : null;
  if (n.level === level - 1 && asks === "neurons") return vector[n.j] / (largest(vector) || 1);
  return trail.some((t) => t.level === n.level && t.j === n.j) ? wish : null;
}

export function paintNeurons(view, scene) {
  const { state, one, level, neuron, roll, vector, beat, target } = scene;
  const following = follows(scene);
  const ringed = following && level > 1 ? foremost(vector).map((j) => view.find(level - 1, j)) : [];
  if (beat < 0 && !following && !scene.mean) ringed.push(view.find(3, target));
  // An average is drawn to the scale of the one picture, so that it is seen to be shorter.
  const top = (level) => Math.max(largest(state.wish.a[level]), largest(one.wish.a[level])) || 1;
  const tops = [0, 1, 2, 3].map((level) => level && top(level));
  for (const n of view.neurons) {
    const [a, wish] = [state.a[n.level][n.j], state.wish.a[n.level][n.j]];
    const chosen = following && n.level === level && n.j === neuron;
    const size = arrowAt(n, scene, tops);
    Object.assign(n, { a, size });
    give(n.lit, { "fill-opacity": isLit(n.level, beat) ? a.toFixed(3) : 0 });
    give(n.arrow, {
      d: arrowPath(n, size ?? 0, view.at.row / 2 - 0.5),
      class: `bp-arrow ${tone(size)}`,
      ...visible(size !== null),
    });
    give(n.ring, visible(ringed.includes(n)));
    const request =
      following && n.level === level - 1 ? `; ${called(level, neuron)} asks ${signedText(roll.before[n.j])} of it` : "";
    const name = `${capital(called(n.level, n.j))}: activation ${a.toFixed(3)}, wish ${signedText(wish)}${request}`;
    give(n.el, { "aria-label": name, "aria-checked": chosen, tabindex: n.level === level && n.j === neuron ? 0 : -1 });
  }
}

const TICK = "M-5 0L-1.5 4L5 -5";
const CROSS = "M-4 -4L4 4M4 -4L-4 4";

export function paintLabels(view, { one, target, beat, mean }) {
  const read = strongest(one.a[3]);
  for (const [j, { mark, words, digit }] of view.labels.entries()) {
    const marked = !mean && isLit(3, beat) && (j === target || j === read);
    const won = marked && j === read;
    give(view.find(3, j).cell, { class: `bp-cell${won ? " bp-won" : ""}` });
    give(words, { class: `bp-words${won ? " bp-won" : ""}` });
    give(mark, { d: marked ? (j === target ? TICK : CROSS) : "" });
    give(digit, { class: `bp-digit${marked ? " bp-marked" : ""}` });
    put(words, marked && view.at.roomy ? (won ? `it reads a ${j}` : "right answer") : "");
  }
}

function paintLine(line, from, to, value, width) {
  give(line, visible(from && to));
  if (!from || !to) return;
  give(line, { d: linking(from, to), "stroke-width": (0.3 + width).toFixed(2) });
  line.classList.toggle("bp-less", value < 0);
}

// From the chosen neuron to those it asks, to those who ask it, and the way by which the reader came.
export function paintLines(view, net, scene) {
  const { state, level, neuron, vector, trail, asks } = scene;
  const { lines, find, at } = view;
  const to = follows(scene) ? find(level, neuron) : null;
  const share = (values, i, thick) => (thick * Math.abs(values[i])) / (largest(values) || 1);
  lines.asked.forEach((line, i) => {
    paintLine(line, find(level - 1, i), to, vector[i], share(vector, i, at.thick));
  });
  const asking = requests(net, state, level, neuron);
  lines.asking.forEach((line, k) => {
    const from = asks === "neurons" && find(level + 1, k);
    paintLine(line, to, from, asking[k], share(asking, k, at.thick / 2));
  });
  const way = [{ level, j: neuron }, ...trail].map((t) => to && find(t.level, t.j));
  lines.trail.forEach((line, k) => {
    const [one, next] = [way[k], way[k + 1]];
    paintLine(line, one, next, one && next && requests(net, state, one.level, one.j)[next.j], at.thick);
  });
  give(view.beam, { d: to && level === 1 ? beamPath(at, to) : "" });
}

// From the edge of the lower image to a neuron of the first level.
function beamPath(at, { left, y }) {
  const top = at.head + at.pitch;
  return `M${left} ${y}L0 ${top}V${top + at.image}Z`;
}

// What runs between two levels: at a beat of Play, and where nothing is chosen, all wishes, faintly.
export function paintThreads(view, net, scene) {
  const { beat, state, chosen } = scene;
  const paths = { forward: "", more: "", less: "" };
  const later = beat <= OUT ? beat : BEATS.length - beat; // the later of the two levels
  const levels = beat < 0 ? (chosen ? [] : [1, 2, 3]) : [later].filter((level) => level > 0 && level <= 3);
  for (const level of levels) addThreads(view, net, paths, { level, state, forward: beat >= 0 && beat <= OUT });
  for (const key in view.threads) give(view.threads[key], { d: paths[key] });
  view.running.classList.toggle("bp-resting", beat < 0);
  if (beat < 0) view.running.style.clipPath = "";
}

// Activations times weights, or wishes times weights: the larger ones. From the pixels, each line stands for 784.
function addThreads({ at, neurons, find }, net, paths, { level, state, forward }) {
  const wishes = state.wish.z[level];
  const kind = (value) => (forward ? "forward" : side(value));
  if (level === 1) {
    const top = at.head + (forward ? 0 : at.pitch);
    for (const n of neurons.filter((one) => one.level === 1))
      paths[kind(wishes[n.j])] += curve(0, top + ((n.j + 0.5) / ROWS) * at.image, n.left, n.y);
    return;
  }
  const { nOut, W } = net.layers[level - 1];
  const [from, to] = [(k) => Math.floor(k / nOut), (k) => k % nOut];
  const flow = W.map((w, k) => w * (forward ? state.a[level - 1][from(k)] : wishes[to(k)]));
  const enough = 0.15 * largest(flow);
  for (const [k, value] of flow.entries())
    if (Math.abs(value) > enough) paths[kind(value)] += linking(find(level - 1, from(k)), find(level, to(k)));
}

const ease = (from, to, part) => Math.max(0, Math.min(1, (part - from) / (to - from)));

// One moment of a beat: what runs has come this far, and what it reaches lights up, or shows its wish.
export function paintMoment(view, images, beat, part) {
  if (beat < 0) return;
  const forward = beat <= OUT;
  const level = forward ? beat : BEATS.length - 1 - beat;
  const [run, rise] = [ease(0, 0.6, part), ease(0.4, 0.9, part)];
  const hidden = `${(100 - 100 * run).toFixed(1)}%`;
  view.running.style.clipPath = forward ? `inset(-9px ${hidden} -9px 0)` : `inset(-9px 0 -9px ${hidden})`;
  if (level === 0 && !forward) images.fade(rise);
  for (const n of view.neurons) {
    if (n.level !== level) continue;
    if (forward) give(n.lit, { "fill-opacity": (n.a * rise).toFixed(3) });
    else give(n.arrow, { d: arrowPath(n, n.size * rise, view.at.row / 2 - 0.5), ...visible(rise > 0) });
  }
}

// Two places for images, one above the other: the digit or what it asks, and what is asked in all, or on average.
export function drawImages() {
  const square = { columns: SIDE, rows: SIDE, label: "" };
  const stripes = { columns: 1, rows: ROWS, label: "" }; // sixteen weights, in the order of the neurons beside them
  const places = [
    { digit: pixels({ ...square, kind: "ink" }), grid: pixels(square), stripes: pixels(stripes) },
    { grid: pixels(square), stripes: pixels(stripes) },
  ];
  const all = places.flatMap((place) => Object.values(place));
  const captions = places.map(() => html("div", { class: "bp-caption" }));
  const frames = places.map((place, k) =>
    html("div", { class: "bp-image" }, ...Object.values(place).map((p) => p.el), captions[k]),
  );
  const show = (k, kind, values, { most = 1, caption, label = caption }) => {
    for (const key in places[k]) places[k][key].el.hidden = key !== kind;
    places[k][kind].paint(values.map((v) => v / most));
    places[k][kind].el.setAttribute("aria-label", label);
    put(captions[k], caption);
  };
  const blank = (yes) => frames[1].classList.toggle("bp-none", yes);
  const fade = (part) => {
    for (const key in places[1]) places[1][key].el.style.opacity = part;
  };
  const place = ({ pitch, image }) => {
    for (const frame of frames) frame.style.height = `${pitch}px`;
    for (const { el } of all) el.style.height = el.style.width = `${image}px`;
  };
  const end = () => {
    for (const part of all) part.end();
  };
  return { el: html("div", { class: "bp-images" }, ...frames), show, blank, fade, place, end };
}

export function paintImages(images, net, scene) {
  const { one, state, label, which, mean, beat, asks, level, neuron, roll } = scene;
  const ofWeights = asks === "weights" && follows(scene);
  const kind = ofWeights && level > 1 ? "stripes" : "grid";
  const what = ofWeights ? "its weights" : "the pixels";
  const read = (from) => (ofWeights ? from.weights : from.pixels);
  const values = follows(scene) ? read(roll) : ofPixels(net, state);
  images.fade(1);
  images.blank(!hasWish(0, beat));
  if (mean) {
    const single = follows(scene) ? read(rollback(net, one, level, neuron)) : ofPixels(net, one);
    const most = Math.max(largest(single), largest(values)) || 1;
    // One scale for both, and roots, or nothing would be seen of the average but that it is shorter.
    const root = (v) => Math.sign(v) * Math.sqrt(Math.abs(v) / most);
    images.show(0, kind, single.map(root), { caption: `this ${label} asks of ${what}` });
    return images.show(1, kind, values.map(root), { caption: `the average of ${mean.all.length} asks` });
  }
  const told = strongest(one.a[3]);
  const name = `Picture ${which}: ${article(label)}, which the network reads as ${article(told)}`;
  const caption = isLit(3, beat) ? `${article(label)}, read as ${article(told)}` : article(label);
  images.show(0, "digit", one.a[0], { caption, label: name });
  if (!hasWish(0, beat))
    return images.show(
      1,
      kind,
      values.map(() => 0),
      { caption: "", label: "Nothing asked yet" },
    );
  const who = !follows(scene) ? "asked" : level === 3 ? `output ${neuron} asks` : "it asks";
  images.show(1, kind, values, { most: largest(values) || 1, caption: `${who} of ${what}` });
}

// What the shapes and colours mean, in one line.
export function key() {
  const icon = (parts) => svg("svg", { width: 36, height: 16, "aria-hidden": "true" }, ...parts);
  const disc = (opacity, k) =>
    ["cell", "lit"].map((kind) =>
      svg("circle", { class: `bp-${kind}`, cx: 5.5 + 12 * k, cy: 8, r: 5, "fill-opacity": kind === "lit" && opacity }),
    );
  const arrow = (kind, size) => [
    svg("path", { class: `bp-arrow bp-${kind}`, d: arrowPath({ tip: 5, y: 8 }, size, 8) }),
    svg("path", { class: `bp-ask bp-${kind}`, d: "M13 8H35", "stroke-width": 2.5 }),
  ];
  const entry = (drawn, text) => html("span", {}, icon(drawn), text);
  const active = entry([0.05, 0.5, 1].flatMap(disc), "how active");
  return html(
    "p",
    { class: "bp-key" },
    active,
    entry(arrow("more", 1), "wants more"),
    entry(arrow("less", -1), "wants less"),
  );
}

// How long the average wish is, over how many pictures: of those shown, of others, and one over the root of N.
export function lengthsChart(count) {
  const x = { label: "N, how many pictures", min: 1, max: count, log: true };
  const y = { label: "length", min: 0.05, max: 5, log: true };
  const label = "How long the average wish of N pictures is: it falls about as one over the root of N";
  const plot = chart({ x, y, height: 130, label });
  const [others, root, own] = ["quiet", "root", "own"].map((kind) => plot.line(kind));
  const dot = plot.dot("own", 5);
  const name = svg("text", { class: "bp-root-name" }, "1/√N");
  plot.el.append(name);
  const points = (row) => row.map((v, n) => [n + 1, v]);
  const arrange = (width) => {
    plot.arrange(width);
    const [px, py] = plot.place(16, 0.8);
    give(name, { x: px, y: py });
  };
  // `rows`: lengths for other orders of the pictures.
  const setOthers = ({ rows, typical }) => {
    others.draw(rows.flatMap((row) => [...points(row), [NaN, NaN]]));
    root.draw([1, count].map((n) => [n, typical / Math.sqrt(n)]));
  };
  const set = (row, n) => {
    own.draw(points(row));
    dot.move(n, row[n - 1] ?? NaN);
  };
  return { el: plot.el, arrange, setOthers, set };
}

// A table with a caption and named rows, all numbers to be filled in.
function grid(caption, heads, rows) {
  const cells = rows.map(() => heads.slice(1).map(() => html("td")));
  const head = html("tr", {}, ...heads.map((name) => html("th", { scope: "col" }, name)));
  const body = rows.map((name, r) => html("tr", {}, html("th", { scope: "row" }, name), ...cells[r]));
  const parts = [html("caption", {}, caption), html("thead", {}, head), html("tbody", {}, ...body)];
  return { el: html("table", { class: "bp-all" }, ...parts), cells };
}

// All numbers, for who asks for them; filled in only while they are shown.
export function numberTables() {
  const names = Array.from({ length: ROWS }, (_, j) => String(j + 1));
  const hidden = grid("Hidden neurons", ["neuron", "hidden 1", "wish", "hidden 2", "wish"], names);
  const outputs = grid("Outputs", ["digit", "output", "wish", "asked of its bias"], DIGITS.map(String));
  const sizes = readout({
    one: "length of this one's wish",
    typical: "of single ones, in the mean",
    mean: "of the average",
    cosine: "cosine, this one and average",
  });
  const place = html("div", { class: "bp-tables" }, hidden.el, outputs.el);
  const el = disclosure("Numbers", place, sizes.el);
  const fill = (cell, text, kind) => {
    put(cell, text);
    cell.className = kind;
  };
  const wishful = (cell, value) => fill(cell, signedText(value), tone(value));
  const set = ({ state, one, mean, curve, n }) => {
    if (!el.open) return;
    const known = compared(one, mean?.all ?? [one], curve[n - 1]);
    for (const level of [1, 2, 3])
      state.a[level].forEach((a, j) => {
        const row = (level === 3 ? outputs : hidden).cells[j].slice(level === 2 ? 2 : 0);
        fill(row[0], a.toFixed(3), "bp-blue");
        wishful(row[1], state.wish.a[level][j]);
        if (level === 3) wishful(row[2], state.wish.z[3][j]);
      });
    const told = (key) => (mean || key === "one" ? known[key].toFixed(3).replace("-", "−") : "none yet");
    sizes.set(Object.fromEntries(Object.keys(known).map((key) => [key, told(key)])));
  };
  return { el, set };
}
