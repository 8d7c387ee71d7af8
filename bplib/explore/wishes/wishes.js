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
  readout,
  sentence,
  svg,
  tip,
} from "../_shared/frame.js";
import { pixels } from "../_shared/pixels.js";

// wishes: a network that has learned to read digits. What each neuron wishes, and what that asks of those before it.

// ---------- MODEL: pure functions. Level 0 is the pixels, 1 and 2 are hidden, 3 the outputs. ----------
// A wish is the negative gradient of C = Σ (output − target)².

const SIDE = 28;
const SMALL = 8;
const DIGITS = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];

function refuse(wanted, given) {
  throw new Error(`Wishes wants ${wanted}, got ${JSON.stringify(given)?.slice(0, 60)}.`);
}

function decodeLayer(given, n, at) {
  const { shape, scale, rows } = given ?? {};
  if (!Array.isArray(shape) || shape.length !== 2 || shape[0] !== n || !(shape[1] > 0))
    refuse(`layer ${at} to have shape [${n}, neurons]`, shape);
  if (!Number.isFinite(scale)) refuse(`a number as the scale of layer ${at}`, scale);
  const bytes = atob(String(rows));
  const [nIn, nOut] = shape;
  if (bytes.length !== 2 * (nIn + 1) * nOut) refuse(`${2 * (nIn + 1) * nOut} bytes in layer ${at}`, bytes.length);
  const all = new Float64Array((nIn + 1) * nOut);
  for (let k = 0; k < all.length; k++) {
    const whole = bytes.charCodeAt(2 * k) + 256 * bytes.charCodeAt(2 * k + 1); // low byte first
    all[k] = (whole < 32768 ? whole : whole - 65536) * scale;
  }
  return { nIn, nOut, W: all.subarray(0, nIn * nOut), b: all.subarray(nIn * nOut) };
}

// The network and its pictures out of their text; an Error that says what is wrong with them.
export function decode(network) {
  const { layers, images, labels } = network ?? {};
  if (!Array.isArray(layers) || layers.length !== 3) refuse("a network of three layers", network);
  let n = SIDE * SIDE;
  const decoded = layers.map((layer, l) => {
    const made = decodeLayer(layer, n, l + 1);
    n = made.nOut;
    return made;
  });
  if (n !== 10) refuse("ten outputs", n);
  const isImage = (text) => typeof text === "string" && /^[0-9a-g]{64}$/.test(text);
  if (!Array.isArray(images) || !images.length || !images.every(isImage))
    refuse("pictures of 64 characters from 0 to g", images);
  if (!Array.isArray(labels) || labels.length !== images.length || !labels.every((t) => DIGITS.includes(t)))
    refuse(`${images.length} labels from 0 to 9`, labels);
  return { layers: decoded, images, labels };
}

// 8 x 8 pixels stretched to 28 x 28: each new one mixes the two that its centre lies between, as in bplib.data.
const ENLARGING = Array.from({ length: SIDE }, (_, row) => {
  const centre = Math.max(0, Math.min(SMALL - 1, ((row + 0.5) * SMALL) / SIDE - 0.5));
  return Array.from({ length: SMALL }, (_, k) => Math.max(0, 1 - Math.abs(centre - k)));
});

export function enlarge(text) {
  const ink = Array.from(text, (c) => parseInt(c, 17) / 16);
  const column = (c) => ink.filter((_, i) => i % SMALL === c);
  const upright = DIGITS.slice(0, SMALL).map(column);
  const tall = ENLARGING.map((row) => upright.map((c) => dot(row, c)));
  return Float64Array.from(tall.flatMap((across) => ENLARGING.map((row) => dot(row, across))));
}

// The activations of every level.
export function forward({ layers }, x) {
  const a = [x];
  for (const { nIn, nOut, W, b } of layers) {
    const z = Float64Array.from(b);
    const before = a.at(-1);
    for (let i = 0, k = 0; i < nIn; i++) for (let j = 0; j < nOut; j++) z[j] += before[i] * W[k++];
    a.push(z.map((v) => 1 / (1 + Math.exp(-v))));
  }
  return a;
}

// What wishes about sums z ask of the activations before them: all neurons' requests, added up.
function asked({ nIn, nOut, W }, wish) {
  const sum = new Float64Array(nIn);
  for (let i = 0, k = 0; i < nIn; i++) for (let j = 0; j < nOut; j++) sum[i] += W[k++] * wish[j];
  return sum;
}

const past = (wish, a) => wish.map((w, j) => w * a[j] * (1 - a[j])); // through the sigmoid's slope

// {a, z}: for every level the wishes about its activations and about its sums.
export function wishes({ layers }, a, target) {
  const about = { a: [], z: [] };
  about.a[3] = a[3].map((output, k) => 2 * ((k === target) - output));
  for (let level = 3; level > 0; level--) {
    about.z[level] = past(about.a[level], a[level]);
    if (level > 1) about.a[level - 1] = asked(layers[level - 1], about.z[level]);
  }
  return about;
}

function dot(one, other) {
  let sum = 0;
  for (let i = 0; i < one.length; i++) sum += one[i] * other[i];
  return sum;
}
const length = (vector) => Math.sqrt(dot(vector, vector));
const counted = ({ layers }) => layers.reduce((sum, { nIn, nOut }) => sum + (nIn + 1) * nOut, 0);

// Adds the wishes for all parameters to `sum`, in the order W, b of each layer.
function addWishes({ layers }, a, z, sum) {
  let at = 0;
  layers.forEach(({ nIn, nOut }, l) => {
    const [before, wish] = [a[l], z[l + 1]];
    for (let i = 0; i < nIn; i++) for (let j = 0; j < nOut; j++) sum[at++] += before[i] * wish[j];
    for (let j = 0; j < nOut; j++) sum[at++] += wish[j];
  });
  return sum;
}

// One picture: activations, wishes about them, and the wishes for all parameters in one vector.
export function single(net, x, target) {
  const a = forward(net, x);
  const wish = wishes(net, a, target);
  return { a, wish, parameters: addWishes(net, a, wish.z, new Float64Array(counted(net))), all: [{ a, wish }] };
}

// average(n): the same over the first n pictures, each with its own label, and `typical`, the mean length of one's
// wishes. Sums are kept at every CHUNK pictures, so that the next n costs a few pictures, not all of them.
const CHUNK = 8;
export function averager(net) {
  const seen = [];
  const sums = [new Float64Array(counted(net))];
  const lengths = [0];
  function see(n) {
    for (let i = seen.length; i < n; i++) {
      const { parameters, all } = single(net, enlarge(net.images[i]), net.labels[i]);
      seen.push(all[0]);
      lengths.push(lengths[i] + length(parameters));
      const chunk = Math.floor(i / CHUNK) + 1;
      sums[chunk] ??= Float64Array.from(sums.at(-1));
      const open = sums[chunk];
      for (let k = 0; k < open.length; k++) open[k] += parameters[k];
    }
  }
  return (n) => {
    see(n);
    const full = Math.floor(n / CHUNK);
    const total = Float64Array.from(sums[full]);
    for (let i = full * CHUNK; i < n; i++) addWishes(net, seen[i].a, seen[i].wish.z, total);
    const all = seen.slice(0, n);
    const mean = (read, level) =>
      Float64Array.from(
        { length: net.layers[level - 1].nOut },
        (_, j) => all.reduce((sum, one) => sum + read(one)[level][j], 0) / n,
      );
    const levels = (read) => [null, ...[1, 2, 3].map((level) => mean(read, level))];
    const wish = { a: levels((one) => one.wish.a), z: levels((one) => one.wish.z) };
    for (let k = 0; k < total.length; k++) total[k] /= n;
    return { a: levels((one) => one.a), wish, parameters: total, typical: lengths[n] / n, all };
  };
}

// The wish of neuron j rolled back: its bias, its weights, the neurons before it, and through them the pixels.
export function rollback(net, state, level, j) {
  const { nIn, nOut, W } = net.layers[level - 1];
  const from = net.layers.slice(0, level - 1).reduce((sum, layer) => sum + (layer.nIn + 1) * layer.nOut, 0);
  const column = (read) => Float64Array.from({ length: nIn }, (_, i) => read(i * nOut + j));
  const bias = state.wish.z[level][j];
  const first = new Float64Array(net.layers[0].nOut); // what arrives at the sums of the first level, over all pictures
  for (const { a, wish } of state.all) {
    let z = new Float64Array(nOut);
    z[j] = wish.z[level][j];
    for (let at = level; at > 1; at--) z = past(asked(net.layers[at - 1], z), a[at - 1]);
    for (const [k, v] of z.entries()) first[k] += v / state.all.length;
  }
  const [weights, before] = [column((k) => state.parameters[from + k]), column((k) => W[k] * bias)];
  return { bias, weights, before, pixels: asked(net.layers[0], first) };
}

// How long two vectors of wishes are, and the cosine of the angle between them.
export function compared(one, other) {
  const [a, b] = [length(one), length(other)];
  return { one: a, other: b, cosine: dot(one, other) / (a * b) };
}

// The latest answer, kept for as long as the same is asked.
export function kept(make) {
  let [known, answer] = [];
  return (...given) => {
    if (!known || given.some((v, k) => v !== known[k])) [known, answer] = [given, make(...given)];
    return answer;
  };
}

// ---------- MODEL, second part: words ----------

// A wish with its sign and three decimals, or as many as it takes.
export function signedText(value) {
  const text = Math.abs(value) < 0.0005 && value ? number(value) : value.toFixed(3).replace("-", "−");
  return value > 0 ? `+${text}` : Number.isNaN(value) ? "NaN" : text;
}
const coloured = (value) => [value < 0 ? "less" : "more", signedText(value)];
const blue = (value) => ["forward", value.toFixed(3)];
const called = (level, j) => (level === 3 ? `output ${j}` : `neuron ${j + 1} of hidden layer ${level}`);
const strongest = (values) => values.reduce((best, v, i) => (Math.abs(v) > Math.abs(values[best]) ? i : best), 0);
const capital = (text) => text[0].toUpperCase() + text.slice(1);

// How the wishes of the next level about neuron j divide: those who would have it more active, and less.
function division(net, state, level, j) {
  const { nOut, W } = net.layers[level];
  const requests = Array.from(state.wish.z[level + 1], (z, k) => W[j * nOut + k] * z);
  const who = level === 2 ? "outputs" : "neurons after it";
  const up = requests.filter((r) => r > 0).length;
  return [`. Of the ${nOut} ${who}, ${up} would have it more active, ${nOut - up} less; in sum `];
}

const toTheNext = (level, most, roll) =>
  level > 1
    ? [
        ` Most of all it asks ${called(level - 1, most)} to be ${roll.before[most] > 0 ? "more" : "less"} active, `,
        coloured(roll.before[most]),
        ".",
      ]
    : [" Before it are only pixels, which cannot change: it has its bias and its weights."];

// What there is to say about one picture, or about an average.
export function tell(net, state, { level, neuron, averaged }) {
  const [activation, wish] = [state.a[level][neuron], state.wish.a[level][neuron]];
  if (averaged) return tellAverage(state, called(level, neuron), activation, wish);
  const roll = rollback(net, state, level, neuron);
  const split = level < 3 ? division(net, state, level, neuron) : [" and wishes "];
  const begin = [`${capital(called(level, neuron))} is at `, blue(activation), ...split, coloured(wish), "."];
  const slope = activation * (1 - activation);
  const flat = slope < 0.0025 ? [` It is saturated: its slope ${number(slope)} lets little of its wish past.`] : [];
  return [...begin, ...toTheNext(level, strongest(roll.before), roll), ...flat];
}

function tellAverage({ all, typical, parameters }, who, activation, wish) {
  const n = all.length;
  const shorter = (typical / length(parameters)).toFixed(1);
  const why = n > 1 ? `, ${shorter} times shorter than one picture's on average: the pictures disagree. ` : ". ";
  const begin = `The wishes of ${n} picture${n > 1 ? "s" : ""}, averaged, have length ${length(parameters).toFixed(3)}`;
  const mean = [`${capital(who)} is at `, blue(activation), " on average, and its mean wish is ", coloured(wish), "."];
  return [begin, why, ...mean];
}

// ---------- PICTURE: the columns of neurons, built once; `draw` changes them, `arrange` moves them ----------

const ROW = 26; // px
const TOP = 44;
const ROOMY = 440; // where each neuron has room for a second number
const HEADS = { 1: "hidden 1", 2: "hidden 2", 3: "outputs" };

function drawNeuron(level, j, choose) {
  const parts = {
    back: svg("rect", { class: "bp-back", height: ROW - 2, rx: 5, y: 1 }),
    name: svg("text", { class: "bp-index", x: 16, y: 17 }, level === 3 ? j : j + 1),
    track: svg("rect", { class: "bp-track", x: 21, y: 8, height: 10 }),
    bar: svg("rect", { class: "bp-bar-on", x: 21, y: 8, height: 10 }),
    arrow: svg("path"),
    wish: svg("text", { y: 17 }),
    share: svg("text", { y: 17 }),
  };
  const role = { class: "bp-neuron", role: "radio", tabindex: -1, "data-neuron": `${level}-${j}` };
  const el = svg("g", { ...role, click: () => choose(level, j), ...OWN_KEYS }, ...Object.values(parts));
  return { el, ...parts, level, j };
}

function columns(net, choose) {
  const neurons = net.layers.flatMap(({ nOut }, l) =>
    Array.from({ length: nOut }, (_, j) => drawNeuron(l + 1, j, choose)),
  );
  const lines = Array.from({ length: net.layers[1].nIn }, () => svg("path", { class: "bp-ask" }));
  const head = (level) => svg("text", { y: 15 }, HEADS[level]);
  const heads = [1, 2, 3].map((level) => ({ level, name: head(level), of: svg("text", { y: 33, class: "bp-index" }) }));
  const label = "Neurons. Up and down arrow keys go through a layer, left and right to the next one.";
  const drawn = [...heads.flatMap(({ name, of }) => [name, of]), ...lines, ...neurons.map(({ el }) => el)];
  const el = svg("svg", { role: "radiogroup", "aria-label": label }, ...drawn);
  return { el, neurons, lines, heads, find: (level, j) => neurons.find((n) => n.level === level && n.j === j) };
}

function arrange({ el, neurons, heads }, width) {
  const rows = Math.max(...[1, 2, 3].map((level) => neurons.filter((n) => n.level === level).length));
  const height = TOP + rows * ROW;
  const roomy = width >= ROOMY;
  const gap = roomy ? 60 : 22;
  const wide = roomy ? (width - 2 * gap - 126) / 2 : (width - 2 * gap - 2) / 3;
  const bar = Math.max(14, wide - (roomy ? 148 : 84));
  const frame = { width, height, viewBox: `0 0 ${width} ${height}` };
  for (const key in frame) el.setAttribute(key, frame[key]);
  const left = (level) => 1 + (level - 1) * (wide + gap);
  for (const { level, name, of } of heads) for (const text of [name, of]) text.setAttribute("x", left(level));
  for (const n of neurons) {
    const count = neurons.filter(({ level }) => level === n.level).length;
    const step = Math.min(36, (rows * ROW) / count);
    n.x = left(n.level);
    n.y = TOP + (rows * ROW - count * step) / 2 + n.j * step + (step - ROW) / 2;
    n.wide = roomy && n.level === 3 ? 124 : wide; // nobody asks anything of the outputs: they need less room
    n.length = bar;
    n.el.setAttribute("transform", `translate(${n.x.toFixed(1)} ${n.y.toFixed(1)})`);
    n.back.setAttribute("width", n.wide);
    n.track.setAttribute("width", bar);
    n.at = 21 + bar + 11; // the arrow's middle
    n.wish.setAttribute("x", n.at + 9);
    n.share.setAttribute("x", wide - 4);
    n.share.setAttribute("visibility", roomy ? "visible" : "hidden");
  }
}

// An arrow up or down, as long as the wish is strong beside the strongest of its level.
function arrowPath(x, size) {
  const [tall, way] = [3 + 9 * Math.abs(size), size < 0 ? 1 : -1];
  const [head, foot] = [13 + way * tall, 13 - way * tall];
  const neck = head - way * Math.min(6, tall);
  return `M${x} ${head}L${x + 4.5} ${neck}H${x + 1.3}V${foot}H${x - 1.3}V${neck}H${x - 4.5}Z`;
}

const tone = (value) => (value < 0 ? "bp-less" : "bp-more");

function drawColumns({ el, neurons, lines, heads, find }, { state, roll, level, neuron, averaged }) {
  const roomy = el.getAttribute("width") >= ROOMY;
  const top = [1, 2, 3].map((l) => Math.max(...state.wish.a[l].map(Math.abs)) || 1);
  for (const n of neurons) {
    const [a, wish] = [state.a[n.level][n.j], state.wish.a[n.level][n.j]];
    const chosen = n.level === level && n.j === neuron;
    n.bar.setAttribute("width", (n.length * a).toFixed(1));
    n.arrow.setAttribute("d", arrowPath(n.at, wish / top[n.level - 1]));
    n.arrow.setAttribute("class", tone(wish));
    n.wish.setAttribute("class", `bp-wish ${tone(wish)}`);
    put(n.wish, signedText(wish));
    const share = n.level === level - 1 ? roll.before[n.j] : undefined;
    n.share.setAttribute("class", `bp-share ${tone(share)}`);
    put(n.share, share === undefined ? "" : signedText(share));
    const request = share === undefined ? "" : `; ${called(level, neuron)} asks ${signedText(share)} of it`;
    const name = `${capital(called(n.level, n.j))}: activation ${a.toFixed(3)}, wish ${signedText(wish)}${request}`;
    n.el.setAttribute("aria-label", name);
    n.el.setAttribute("aria-checked", chosen);
    n.el.setAttribute("tabindex", chosen ? 0 : -1);
  }
  const plain = averaged ? "means of both" : "activation, wish";
  const both = "activation, wish of all | of one";
  for (const head of heads) put(head.of, roomy && head.level === level - 1 ? both : plain);
  const to = find(level, neuron);
  const strong = Math.max(...roll.before.map(Math.abs)) || 1;
  lines.forEach((line, i) => {
    const from = level > 1 && find(level - 1, i);
    line.setAttribute("visibility", from ? "visible" : "hidden");
    if (!from) return;
    const [x, y, x2, y2] = [from.x + from.wide, from.y + ROW / 2, to.x, to.y + ROW / 2];
    line.setAttribute("d", `M${x} ${y}C${(x + x2) / 2} ${y} ${(x + x2) / 2} ${y2} ${x2} ${y2}`);
    line.setAttribute("class", `bp-ask ${tone(roll.before[i])}`);
    line.setAttribute("stroke-width", (0.4 + (4 * Math.abs(roll.before[i])) / strong).toFixed(2));
  });
}

// Three small pictures: the digit, the wish followed back to its pixels, the wish for a first-level neuron's weights.
function pictures() {
  const square = { columns: SIDE, rows: SIDE };
  const parts = {
    digit: pixels({ ...square, kind: "ink", label: "The picture" }),
    pixels: pixels({ ...square, label: "The wish followed back to the pixels" }),
    weights: pixels({ ...square, label: "The wish for the weights" }),
  };
  const text = Object.fromEntries(Object.keys(parts).map((key) => [key, html("figcaption")]));
  const frames = Object.entries(parts).map(([key, { el }]) => html("figure", {}, el, text[key]));
  const show = (key, values, caption) => {
    const most = Math.max(...values.map(Math.abs)) || 1;
    parts[key].paint(key === "digit" ? values : values.map((v) => v / most));
    put(text[key], caption(most));
    if (key !== "digit") parts[key].el.setAttribute("aria-label", caption(most));
  };
  const none = (key, yes) => parts[key].el.classList.toggle("bp-none", yes);
  const end = () => {
    for (const part of Object.values(parts)) part.end();
  };
  const label = (text) => parts.digit.el.setAttribute("aria-label", text);
  return { el: html("div", { class: "bp-trio" }, ...frames), show, none, end, label };
}

// The wishes for the ten output biases, of this picture and on average.
function biases() {
  const names = { one: "this one", mean: "average" };
  const cells = Object.fromEntries(Object.keys(names).map((key) => [key, DIGITS.map(() => html("td"))]));
  const row = (key) => html("tr", {}, html("th", { scope: "row" }, names[key]), ...cells[key]);
  const head = html("tr", {}, ...["output", ...DIGITS].map((name) => html("th", { scope: "col" }, name)));
  const caption = html("caption", {}, "What the biases of the outputs should do");
  const body = html("tbody", {}, row("one"), row("mean"));
  const el = html("table", { class: "bp-biases" }, caption, html("thead", {}, head), body);
  const short = (v) => `${v < 0 ? "−" : "+"}${Math.abs(v).toFixed(2).replace(/^0/, "")}`;
  const set = (key, wish) =>
    cells[key].forEach((cell, k) => {
      put(cell, wish ? short(wish[k]) : "–");
      cell.className = wish ? tone(wish[k]) : "";
    });
  return { el, set };
}

// ---------- KNOBS: which picture, which target, one or many ----------

const ARROWS = { ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] };

function walk(event, view, { level, neuron }, choose) {
  const step = ARROWS[event.key];
  if (!step || event.ctrlKey || event.altKey || event.metaKey) return;
  event.preventDefault();
  event.stopPropagation(); // the page has uses of its own for these keys
  const now = view.find(level, neuron);
  const near = (list) => list.sort((a, b) => Math.abs(a.y - now.y) - Math.abs(b.y - now.y))[0];
  const beside = view.neurons.filter((n) => n.level === level + step[0]);
  const next = step[1] ? view.find(level, neuron + step[1]) : near(beside);
  if (!next) return;
  choose(next.level, next.j);
  next.el.focus();
}

function controls(net, store, now) {
  const show = (image) => {
    store.set("target", null);
    store.set("image", image);
  };
  const after = (fits) => {
    const others = net.images.map((_, k) => (now().image + k + 1) % net.images.length);
    show(others.find(fits) ?? now().image);
  };
  const isWrong = (i) => strongest(forward(net, enlarge(net.images[i]))[3]) !== net.labels[i];
  const options = DIGITS.map((k) => [k, String(k)]);
  const digit = choice({ name: "A picture of a", options, change: (k) => after((i) => net.labels[i] === k) });
  const aim = (k) => store.set("target", k);
  const target = choice({ name: "The target, which says what is right", options, change: aim });
  const many = choice({
    name: "Wishes of",
    options: [
      [false, "this picture"],
      [true, "the average"],
    ],
    change: (averaged) => store.set("averaged", averaged),
  });
  const change = (n) => {
    store.set("n", Math.max(1, Math.min(net.images.length, Math.round(n))));
    if (!store.get("averaged")) store.set("averaged", true);
  };
  const n = knob({ name: "N", min: 1, max: net.images.length, step: 1, change });
  const another = button("Another one", () => after((i) => net.labels[i] === now().label));
  const wrong = button("One that it gets wrong", () => after(isWrong));
  const group = { class: "bp-bar", role: "group", "aria-label": "Pictures" };
  const el = html(
    "div",
    { class: "bp-choices" },
    html("div", {}, digit.el, html("div", group, another, wrong)),
    target.el,
    many.el,
    n.el,
  );
  const set = () => {
    digit.set(now().label);
    target.set(now().target);
    many.set(store.get("averaged"));
    n.set(store.get("n"));
  };
  return { el, set };
}

// Numbers in range, whatever Python or a page says; the picture's own label unless another target is set.
function settled(net, store) {
  const within = (value, low, high) => Math.max(low, Math.min(high, Math.round(value)));
  const image = within(store.get("image"), 0, net.images.length - 1);
  const level = within(store.get("layer"), 1, 3);
  const label = net.labels[image];
  const neuron = within(store.get("neuron") ?? label, 0, net.layers[level - 1].nOut - 1);
  const n = within(store.get("n"), 1, net.images.length);
  return { image, label, target: store.get("target") ?? label, level, neuron, n, averaged: store.get("averaged") };
}

function ways({ state, roll, level }) {
  const [w, p] = [strongest(roll.weights), strongest(roll.before)];
  const from = (i) => (level > 1 ? `neuron ${i + 1}` : `row ${Math.floor(i / SIDE) + 1}, column ${(i % SIDE) + 1}`);
  const at = level > 1 ? ` at ${state.a[level - 1][w].toFixed(2)}` : "";
  return {
    bias: [coloured(roll.bias)],
    weights: [coloured(roll.weights[w]), ` most, for ${from(w)}${at}`],
    before: [coloured(roll.before[p]), ` most, of ${from(p)}`],
  };
}

const rough = (value) => `±${number(Number(value.toPrecision(2)))}`;

function drawPictures(trio, { one, roll, level, label, which }) {
  const [x, read] = [one.a[0], strongest(one.a[3])];
  trio.show("digit", x, () => `a ${label}, read as ${read}`);
  trio.label(`Picture ${which}: a ${label}, which the network reads as ${read}`);
  trio.show("pixels", roll.pixels, (most) => `asked of the pixels, up to ${rough(most)}`);
  const own = level === 1;
  trio.none("weights", !own);
  trio.show("weights", own ? roll.weights : x.map(() => 0), (most) =>
    own ? `asked of its weights, up to ${rough(most)}` : "its weights: for a neuron of hidden 1",
  );
}

function lengths(one, mean) {
  const text = (value) => value.toFixed(3).replace("-", "−");
  if (!mean) return { one: text(length(one.parameters)), typical: "–", mean: "–", cosine: "–" };
  const { one: single, other, cosine } = compared(one.parameters, mean.parameters);
  return { one: text(single), typical: text(mean.typical), mean: text(other), cosine: text(cosine) };
}

function checked(store) {
  for (const key of ["image", "layer", "n", "neuron", "target"]) {
    const [given, mayBeLeftOut] = [store.get(key), key === "neuron" || key === "target"];
    if (!Number.isFinite(given) && !(given === null && mayBeLeftOut)) refuse(`a number as ${key}`, given);
  }
  return decode(store.get("network"));
}

export function mount(box, store) {
  const net = checked(store);
  const now = () => settled(net, store);
  const average = averager(net);
  const shown = kept((image, target) => single(net, enlarge(net.images[image]), target));
  const choose = (level, j) => {
    store.set("layer", level);
    store.set("neuron", j);
  };
  const view = columns(net, choose);
  const trio = pictures();
  const table = biases();
  const routes = readout({ bias: "asked of its bias", weights: "of its weights", before: "of those before it" });
  const sizes = readout({
    one: "length of this one's wishes",
    typical: "mean length of N single ones",
    mean: "length of their average",
    cosine: "cosine, this one and average",
  });
  const { el: says, say } = sentence();
  const knobs = controls(net, store, now);

  function redraw() {
    const { image, label, target, level, neuron, n, averaged } = now();
    const one = shown(image, target);
    const mean = averaged ? average(n) : null;
    const state = mean ?? one;
    const roll = rollback(net, state, level, neuron);
    drawColumns(view, { state, roll, level, neuron, averaged });
    const which = `${image + 1} of ${net.images.length}`;
    drawPictures(trio, { one, roll, level, label, which });
    routes.set(ways({ state, roll, level }));
    table.set("one", one.wish.z[3]);
    table.set("mean", mean?.wish.z[3]);
    sizes.set(lengths(one, mean));
    knobs.set();
    say(tell(net, state, { level, neuron, averaged }));
  }

  const stage = html("div", { class: "bp-stage" }, trio.el, html("div", { class: "bp-picture" }, view.el));
  const side = html("div", { class: "bp-side" }, routes.el, says, knobs.el, table.el, sizes.el, tip(store.get("note")));
  box.append(stage, side);
  view.el.addEventListener("keydown", (event) => walk(event, view, now(), choose));
  const unfit = fitted(box, (width) => {
    box.classList.toggle("bp-roomy", width >= 620);
    arrange(view, width >= 620 ? width - 154 : width);
    redraw();
  });
  const unwatch = store.watch(redraw);
  return () => {
    unfit();
    unwatch();
    trio.end();
  };
}

const { widget, define } = host("bp-wishes", {
  defaults: { network: null, image: 0, target: null, layer: 3, neuron: null, n: 120, averaged: false, note: "" },
  mount,
});

export { define };
export default widget;
