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
  put,
  sentence,
  subscript,
  svg,
  tip,
} from "../_shared/frame.js";
import { moved, player } from "../_shared/player.js";
import { draw } from "../_shared/rng.js";
import { growth, race, TITLES } from "./beside.js";

// paths: the same derivative by all paths, one after the other, and factored, with one sum at each node.

// ---------- MODEL: rates[k][i][j] says how fast node j of column k + 1 moves with node i of column k ----------

export const MOST = { layers: 4, width: 4 };
export const WAYS = ["paths", "back", "front"];
const FRIENDLY = [-2, -1, 1, 2, 3]; // rates that multiply in one's head

// How many nodes stand in each column: x, the hidden layers, L.
export const sizes = (layers, width) => [1, ...Array(layers).fill(width), 1];

// A rate belongs to its edge: it stays when layers or nodes are added.
export function drawn(layers, width, seed) {
  const rate = (k, i, j) => draw(`paths ${seed} ${k} ${i} ${j}`).pick(FRIENDLY);
  const columns = sizes(layers, width);
  const each = (n, make) => Array.from({ length: n }, (_, k) => make(k));
  return each(layers + 1, (k) => each(columns[k], (i) => each(columns[k + 1], (j) => rate(k, i, j))));
}

// x, a₁, a₂ ..., b₁ ..., L.
export function called(rates, k, j) {
  if (k === 0) return "x";
  return k === rates.length ? "L" : "abcd"[k - 1] + (rates[k].length > 1 ? subscript(String(j + 1)) : "");
}

export const countPaths = (rates) => rates.reduce((count, [row]) => count * row.length, 1);

// The nodes on a path, one in each column; the last hidden layer turns fastest.
export function path(rates, which) {
  const nodes = [0];
  for (let k = rates.length - 1; k >= 0; k--) {
    const many = rates[k][0].length;
    nodes.unshift(which % many);
    which = Math.floor(which / many);
  }
  return [0, ...nodes.slice(0, -1)];
}

export const factors = (rates, nodes) => rates.map((rows, k) => rows[nodes[k]][nodes[k + 1]]);

// One number for each node: back, how fast L moves with it; front, how fast it moves with x.
export function sweep(rates, way) {
  const last = rates.length;
  const found = [...rates.map((rows) => rows.map(() => 0)), [0]];
  if (way === "back") {
    found[last][0] = 1;
    for (let k = last - 1; k >= 0; k--)
      found[k] = rates[k].map((row) => row.reduce((sum, rate, j) => sum + found[k + 1][j] * rate, 0));
  } else {
    found[0][0] = 1;
    for (let k = 0; k < last; k++)
      found[k + 1] = found[k + 1].map((_, j) => rates[k].reduce((sum, row, i) => sum + row[j] * found[k][i], 0));
  }
  return found;
}

// The nodes, in the order in which a sweep comes to them.
export function order(rates, way) {
  const all = [...rates.map((rows) => rows.length), 1].flatMap((n, k) => Array.from({ length: n }, (_, j) => [k, j]));
  return way === "back" ? all.toSorted((a, b) => b[0] - a[0] || a[1] - b[1]) : all;
}

// The edges that a sweep needs for a node: [column, from, to].
export function edges(rates, way, [k, j]) {
  if (way === "back") return (rates[k]?.[j] ?? []).map((_, to) => [k, j, to]);
  return k ? rates[k - 1].map((_, from) => [k - 1, from, j]) : [];
}

// Multiplications for a node; a factor of 1, at the end where the sweep begins, costs none.
export function products(rates, way, [k, j]) {
  const free = way === "back" ? k >= rates.length - 1 : k <= 1;
  return free ? 0 : edges(rates, way, [k, j]).length;
}

// What each way costs: every path has as many multiplications as there are hidden layers.
export const cost = (layers, width) => ({
  paths: width ** layers * layers,
  factored: width + width ** 2 * (layers - 1),
});

export const beats = (rates, way) => (way === "paths" ? countPaths(rates) : order(rates, way).length);

// How far a way has come after a beat, −1 being the end: its multiplications, and the sum of its paths.
export function progress(rates, way, step) {
  const done = step < 0 ? beats(rates, way) : step + 1;
  if (way !== "paths") {
    const nodes = order(rates, way).slice(0, done);
    return { done, times: nodes.reduce((sum, node) => sum + products(rates, way, node), 0) };
  }
  let sum = 0;
  for (let k = 0; k < done; k++) sum += factors(rates, path(rates, k)).reduce((a, b) => a * b);
  return { done, times: done * (rates.length - 1), sum };
}

// The derivative itself, which all ways find.
export const result = (rates) => sweep(rates, "back")[0][0];

const wrap = (value) => (value < 0 ? `(${number(value)})` : number(value));
const multiplications = (n) => (n === 1 ? "1 multiplication" : `${n} multiplications`);

function tellPath(rates, step) {
  const count = countPaths(rates);
  if (step < 0) {
    const each = rates.length - 1;
    const all = `All ${count} paths, ${multiplications(each)} each, ${count * each} in all: their products add up to`;
    const only = `The only path, ${multiplications(each)}: its product is`;
    return [`${count > 1 ? all : only} ∂L/∂x = `, ["sum", number(result(rates))], ". That is one derivative."];
  }
  const these = factors(rates, path(rates, step));
  const value = these.reduce((a, b) => a * b);
  const { sum, times } = progress(rates, "paths", step);
  return [
    `Path ${step + 1} of ${count}: ${these.map(wrap).join(" · ")} = ${number(value)}.`,
    ` ${multiplications(times)} so far; the sum is `,
    ["sum", number(sum)],
    ".",
  ];
}

function tellSweep(rates, way, step) {
  const back = way === "back";
  const colour = back ? "backward" : "forward";
  const numbers = sweep(rates, way);
  if (step < 0) {
    const all = back ? "how fast L moves with each node" : "how fast each node moves with x";
    const { times } = progress(rates, way, -1);
    return [
      `One sweep from the ${way}, ${multiplications(times)}: ∂L/∂x = `,
      [colour, number(result(rates))],
      `, and on the way ${all}.`,
    ];
  }
  const [k, j] = order(rates, way)[step];
  const name = called(rates, k, j);
  const slope = back ? `∂L/∂${name}` : `∂${name}/∂x`;
  const value = [colour, number(numbers[k][j])];
  const terms = edges(rates, way, [k, j]).map(([c, from, to]) => {
    const known = back ? numbers[c + 1][to] : numbers[c][from];
    const rate = wrap(rates[c][from][to]);
    return back ? `${wrap(known)} · ${rate}` : `${rate} · ${wrap(known)}`;
  });
  if (!terms.length) return [`The sweep begins with ${slope} = `, value, ": every number moves as fast as itself."];
  const times = products(rates, way, [k, j]);
  if (!times) return [`${slope} = `, value, ", the rate of its only edge."];
  return [`${slope} = ${terms.join(" + ")} = `, value, `, with ${multiplications(times)}.`];
}

export const tell = (rates, way, step) => (way === "paths" ? tellPath(rates, step) : tellSweep(rates, way, step));

// ---------- PICTURE ----------

const RADIUS = 17; // px

const line = (x1, y1, x2, y2) => `M${x1.toFixed(1)} ${y1.toFixed(1)}L${x2.toFixed(1)} ${y2.toFixed(1)}`;

// The network for a size of the picture, built once: its edges with their rates, its nodes, and dots that run.
function drawing(rates, width, height) {
  const columns = [...rates.map((rows) => rows.length), 1];
  const rows = Math.max(...columns);
  const dense = width / (columns.length - 1) < 75; // too close for a rate on each edge: the lit ones are enough
  const R = dense ? 14 : RADIUS;
  const place = (k, j) => {
    const x = R + 3 + (k / (columns.length - 1)) * (width - 2 * R - 6);
    const gap = rows > 1 ? Math.min((height - 2 * R - 8) / (rows - 1), 92) : 0;
    return [x, height / 2 + (j - (columns[k] - 1) / 2) * gap];
  };
  const edge = (k, i, j) => {
    const [[x1, y1], [x2, y2]] = [place(k, i), place(k + 1, j)];
    const long = Math.hypot(x2 - x1, y2 - y1);
    const [dx, dy] = [((x2 - x1) / long) * R, ((y2 - y1) / long) * R];
    // Where many edges cross, at this share of the way their rates stand in one column, evenly apart.
    const share = columns[k] > 1 && columns[k + 1] > 1 && !dense ? 1 / (rows + 1) : 0.5;
    const [tx, ty] = [x1 + (x2 - x1) * share, y1 + (y2 - y1) * share + 4];
    const stroke = svg("path", { class: "bp-edge", d: line(x1 + dx, y1 + dy, x2 - dx, y2 - dy) });
    const rate = svg("text", { x: tx, y: ty, class: "bp-rate" }, number(rates[k][i][j]));
    return { stroke, rate, at: (part) => [x1 + (x2 - x1) * part, y1 + (y2 - y1) * part] };
  };
  const node = (k, j) => {
    const [x, y] = place(k, j);
    const title = svg("text", { x, y: y + 5, class: "bp-var" }, ...lowered(called(rates, k, j), svg));
    const text = svg("text", { x, y: y + 4.5, class: "bp-number" });
    const el = svg("g", { class: "bp-node" }, svg("circle", { cx: x, cy: y, r: R }), title, text);
    return { el, title, text };
  };
  const lines = rates.map((from, k) => from.map((to, i) => to.map((_, j) => edge(k, i, j))));
  const nodes = columns.map((n, k) => Array.from({ length: n }, (_, j) => node(k, j)));
  const dots = Array.from({ length: rows }, () => svg("circle", { class: "bp-runner", r: 5.5 }));
  const all = lines.flat(2);
  const parts = [...all.map((e) => e.stroke), ...all.map((e) => e.rate), ...nodes.flat().map((n) => n.el), ...dots];
  return { parts, lines, nodes, dots, dense };
}

const shown = (node, text) => {
  put(node.text, text);
  node.text.setAttribute("font-size", text.length > 5 ? 9.5 : text.length > 3 ? 11.5 : 13.5);
  node.title.setAttribute("visibility", text ? "hidden" : "visible");
  node.el.classList.toggle("bp-known", Boolean(text));
};

// What is lit and written when a beat is over; `running` moves what is on its way during the beat.
function network() {
  const el = svg("svg", { role: "img" });
  let now;
  function light(kind, [k, i, j]) {
    const { stroke, rate } = now.lines[k][i][j];
    for (const part of [stroke, rate]) part.classList.add(kind);
  }
  function build(rates, width, height) {
    now = drawing(rates, width, height);
    el.replaceChildren(...now.parts);
    const label = `Layers of ${[...rates.map((rows) => rows.length), 1].join(", ")} nodes from x to L, a rate on each edge`;
    const frame = { width, height, viewBox: `0 0 ${width} ${height}`, "aria-label": label };
    for (const key in frame) el.setAttribute(key, frame[key]);
  }
  function clear(way) {
    el.setAttribute("class", `bp-by-${way}${now.dense ? " bp-dense" : ""}`);
    for (const { stroke, rate } of now.lines.flat(2))
      for (const part of [stroke, rate]) part.classList.remove("bp-on", "bp-used");
    for (const node of now.nodes.flat()) shown(node, "");
  }
  function showPaths(rates, step) {
    if (step < 0) return;
    const nodes = path(rates, step);
    for (let k = 0; k < rates.length; k++) light("bp-on", [k, nodes[k], nodes[k + 1]]);
  }
  function showSweep(rates, way, step, whole) {
    const numbers = sweep(rates, way);
    const nodes = order(rates, way).slice(0, step < 0 ? undefined : step + 1);
    for (const [n, [k, j]] of nodes.entries()) {
      const last = n === step;
      for (const one of edges(rates, way, [k, j])) light(last ? "bp-on" : "bp-used", one);
      if (!last || whole) shown(now.nodes[k][j], `${way === "back" ? "∂" : ""}${number(numbers[k][j])}`);
    }
  }
  // The products along a path, as far as it has come.
  function along(rates, step, part) {
    const nodes = path(rates, step);
    const far = part * rates.length;
    let product = 1;
    for (const [k, factor] of factors(rates, nodes).entries()) {
      product *= factor;
      shown(now.nodes[k + 1][nodes[k + 1]], k + 1 <= far + 1e-9 ? number(product) : "");
    }
    const k = Math.min(Math.floor(far), rates.length - 1);
    return part < 1 ? [now.lines[k][nodes[k]][nodes[k + 1]].at(far - k)] : [];
  }
  function running(rates, way, step, part) {
    let spots = [];
    if (way === "paths" && step >= 0) spots = along(rates, step, part);
    else if (step >= 0 && part < 1)
      spots = edges(rates, way, order(rates, way)[step]).map(([k, i, j]) =>
        now.lines[k][i][j].at(way === "back" ? 1 - part : part),
      );
    for (const [n, dot] of now.dots.entries()) {
      dot.setAttribute("visibility", spots[n] ? "visible" : "hidden");
      if (spots[n]) dot.setAttribute("transform", `translate(${spots[n].map((v) => v.toFixed(1))})`);
    }
  }
  function show(rates, way, step, part) {
    clear(way);
    if (way === "paths") showPaths(rates, step);
    else showSweep(rates, way, step, part >= 1);
    running(rates, way, step, part);
  }
  return { el, build, show, running };
}

function picture() {
  const [net, bars, chart] = [network(), race(), growth(cost)];
  const { el: says, say } = sentence();
  const main = html("div", { class: "bp-picture bp-main" }, net.el, says, bars.el);
  const head = html("p", { class: "bp-head" }, "What more layers would cost");
  const side = html("div", { class: "bp-side" }, head, chart.el);
  let [size, plan, numbers, shown, so] = [[0, 0], "", "", "", {}]; // so: how far each way has come with these numbers

  function arrange(width) {
    const beside = width >= 700;
    const wide = beside ? width - 260 : width;
    size = [wide, beside ? 290 : 206];
    plan = "";
    bars.arrange(wide);
    chart.arrange(beside ? 244 : width, beside ? 260 : 190);
    return beside;
  }
  function show({ rates, layers, width, way, step }, part) {
    const wanted = JSON.stringify(rates);
    if (wanted !== numbers) so = {};
    if (`${wanted} ${size}` !== plan) {
      net.build(rates, ...size);
      chart.show(layers, width);
    }
    [numbers, plan] = [wanted, `${wanted} ${size}`];
    const { done, times, sum = null } = progress(rates, way, step);
    const final = done === beats(rates, way) && part >= 1;
    so[way] = { times, value: final ? result(rates) : sum, final };
    bars.show(so, cost(layers, width));
    net.show(rates, way, step, part);
    say(tell(rates, way, step));
    shown = `${way} ${step} ${part >= 1}`;
  }
  // What moves during a beat; the rest is drawn when it begins and when it ends.
  function between(state, part) {
    const { rates, way, step } = state;
    if (shown === `${way} ${step} ${part >= 1}`) net.running(rates, way, step, part);
    else show(state, part);
  }
  return { main, side, arrange, show, between };
}

// ---------- KNOBS ----------

function checked(store) {
  const want = (fine, what, key) => {
    if (!fine(store.get(key))) throw new Error(`paths wants ${what}, not ${JSON.stringify(store.get(key))}.`);
  };
  const within = (most) => (n) => Number.isInteger(n) && n >= 1 && n <= most;
  want(within(MOST.layers), `1 to ${MOST.layers} hidden layers`, "layers");
  want(within(MOST.width), `1 to ${MOST.width} nodes a layer`, "width");
  want((way) => WAYS.includes(way), `a way out of ${WAYS.join(", ")}`, "way");
  want(Number.isInteger, "a whole number as its seed", "seed");
  want(Number.isInteger, "a whole number as its step", "step");
  const columns = sizes(store.get("layers"), store.get("width"));
  const row = (many) => (given) => Array.isArray(given) && given.length === many && given.every(Number.isFinite);
  const rows = (given, k) => Array.isArray(given) && given.length === columns[k] && given.every(row(columns[k + 1]));
  const whole = (given) =>
    Array.isArray(given) && (!given.length || (given.length === columns.length - 1 && given.every(rows)));
  want(whole, `a rate for each edge between ${columns.join(", ")} nodes, or none`, "rates");
}

// What is shown. The rates are those that were given, as long as their layers are asked for; else drawn ones.
function reader(store) {
  let [asked, rates] = ["", []];
  return () => {
    const [layers, width, way, seed, given] = ["layers", "width", "way", "seed", "rates"].map((key) => store.get(key));
    const fits = given.length === layers + 1 && given[0][0].length === width;
    const wanted = `${layers} ${width} ${seed}`;
    if (fits) rates = given;
    else if (wanted !== asked) rates = drawn(layers, width, seed);
    asked = fits ? "" : wanted;
    const many = beats(rates, way);
    const step = store.get("step") < many ? store.get("step") : -1;
    return { rates, layers, width, way, step, many };
  };
}

// Each node with what the two sweeps leave there.
function table() {
  const body = html("tbody");
  const columns = ["node", "∂L/∂node", "∂node/∂x"].map((name) => html("th", { scope: "col" }, name));
  const el = html("table", {}, html("thead", {}, html("tr", {}, ...columns)), body);
  const cell = (kind, value) => html("td", { class: `bp-${kind}` }, number(value));
  function show({ rates }) {
    const [back, front] = [sweep(rates, "back"), sweep(rates, "front")];
    const rows = order(rates, "front").map(([k, j]) => {
      const name = html("th", { scope: "row" }, ...lowered(called(rates, k, j), html));
      return html("tr", {}, name, cell("backward", back[k][j]), cell("forward", front[k][j]));
    });
    body.replaceChildren(...rows);
  }
  return { el, show };
}

export function mount(box, store) {
  checked(store);
  const view = picture();
  const numbers = table();
  const state = reader(store);
  // Another way or other numbers: all of it is shown first.
  const all = (changes) => {
    play.pause();
    for (const [key, value] of Object.entries({ ...changes, step: -1 })) store.set(key, value);
  };
  const play = player(box, {
    at: () => state().step,
    count: () => state().many,
    move: (by) => store.set("step", moved(state().step, by, state().many)),
    between: (part) => view.between(state(), part),
    lasts: (k) => (store.get("way") === "paths" ? Math.max(0.03, 0.8 ** k) : 1),
  });
  const ways = choice({
    name: "How to find ∂L/∂x",
    options: WAYS.map((way) => [way, TITLES[way]]),
    change: (way) => all({ way }),
  });
  const turned = (key) => (n) => n >= 1 && n <= MOST[key] && all({ [key]: Math.round(n) });
  const knobs = [
    ["layers", "hidden layers"],
    ["width", "nodes in each"],
  ].map(([key, name]) => ({ key, ...knob({ name, min: 1, max: MOST[key], step: 1, change: turned(key) }) }));
  const fresh = button("New numbers", () => all({ seed: store.get("seed") + 1, rates: [] }));

  function redraw() {
    const now = state();
    view.show(now, play.running() ? 0 : 1);
    numbers.show(now);
    ways.set(now.way);
    for (const { key, set } of knobs) set(now[key]);
    play.say(now.step < 0 ? "" : `${now.step + 1} of ${now.many}`);
  }
  const bar = html("div", { class: "bp-bar" }, fresh);
  const rows = html("div", { class: "bp-knobs" }, ...knobs.map((one) => one.el), bar);
  const more = disclosure("Numbers at every node", numbers.el);
  box.append(view.main, play.el, ways.el, rows, view.side, more, tip(store.get("note")));
  const unfit = fitted(box, (width) => {
    box.classList.toggle("bp-wide", view.arrange(width));
    redraw();
  });
  const unwatch = store.watch(redraw);
  return () => {
    play.end();
    unfit();
    unwatch();
  };
}

const { widget, define } = host("bp-paths", {
  defaults: { layers: 2, width: 3, way: "paths", step: -1, seed: 7, rates: [], note: "" },
  mount,
});

export { define };
export default widget;
