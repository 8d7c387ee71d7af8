import {
  html, svg, number, pretty, superscript, knob, lowered, button, sentence, fitted, tip, put, host, OWN_KEYS, WIDEST,
} from "./frame.js";
import { RULES, check, run, users } from "./engine.js";

// graph: any traced computational graph. Values flow forward, gradients flow back, step by step.

// ---------- MODEL: pure functions, on top of the engine: in which order to tell, and in which words ----------

// The order of telling: operations forward; then back from the loss, a leaf as soon as all its users are done.
export function schedule(graph) {
  const { nodes } = graph;
  const waiting = users(graph).map((list) => list.length);
  const back = [];
  for (let i = nodes.length - 1; i >= 0; i--) {
    if (!RULES[nodes[i].op] && i < nodes.length - 1) continue;
    back.push(i);
    for (const p of nodes[i].parents) if (--waiting[p] === 0 && nodes[p].op === "leaf") back.push(p);
  }
  const forth = nodes.map((_, i) => i).filter((i) => RULES[nodes[i].op]);
  return [...forth.map((node) => ({ pass: "forward", node })), ...back.map((node) => ({ pass: "backward", node }))];
}

// What the figure calls each node: its name; a formula too long for a box goes by number, as in bplib.tracing.
export const titles = ({ nodes }) =>
  nodes.map(({ name }, i) => (/^\w+$/.test(name) || pretty(name).length <= 9 ? pretty(name) : pretty(`v${i}`)));

const isWord = (title) => /^[\w₀-₉]+$/.test(title) || /^\w+\([^()]*\)$/.test(title);
const bracket = (title) => (isWord(title) ? title : `(${title})`);
const signed = (value) => (value < 0 ? `(${number(value)})` : number(value)); // after an operation sign
const RANK = { "+": 1, "-": 1, "*": 2, "/": 2, neg: 3, "**": 4 }; // how tightly an operation binds

// How node i is computed, in the words that `operand(parent, k)` has for its k-th parent.
function formula({ nodes }, i, operand, times = "·") {
  const { op, parents } = nodes[i];
  const [a, b] = parents.map(operand);
  if (op === "neg") return `−${a}`;
  if (op === "**") {
    const { op: kind, value } = nodes[parents[1]];
    return kind === "const" && Number.isInteger(value) ? a + superscript(String(value)) : `${a}^${b}`;
  }
  const sign = { "+": " + ", "-": " − ", "*": times, "/": " / " }[op];
  return sign ? a + sign + b : `${op}(${parents.map(operand).join(", ")})`;
}

// The same in names, with the brackets that are needed and no others.
function inNames(graph, i, names) {
  const { op } = graph.nodes[i];
  const tight = (k) => RANK[op] + (k ? "-/".includes(op) : op === "**");
  return formula(graph, i, (p, k) => {
    const { op: inner, value } = graph.nodes[p];
    if (inner === "const") return k || op === "**" ? signed(value) : number(value);
    return isWord(names[p]) || !RANK[op] || (RANK[inner] ?? 9) >= tight(k) ? names[p] : `(${names[p]})`;
  });
}

// The operation as it stands in the box; a plain number that takes part is written into it: "3·", "1 −", "( )²".
export function symbol(graph, i) {
  const { op, parents } = graph.nodes[i];
  const constant = (p) => (graph.nodes[p].op === "const" ? number(graph.nodes[p].value) : "");
  if (!RULES[op]) return "";
  if (op === "**") return formula(graph, i, (p) => constant(p) || "( )");
  if (parents.some(constant)) return formula(graph, i, constant).trim();
  return { "+": "+", "-": "−", "*": "×", "/": "÷", neg: "−", sigmoid: "σ" }[op] ?? op;
}

// Sentences come in parts, so that values and gradients keep their colours (see `sentence` in frame.js).
const forward = (value) => ["forward", number(value)];
const backward = (value) => ["backward", number(value)];

// "a₁ = relu(z₁) = relu(1) = 1"
function tellValue(graph, { value }, i, names) {
  const { op } = graph.nodes[i];
  if (!RULES[op]) return [`${names[i]} = `, forward(value[i])];
  const named = inNames(graph, i, names);
  const filled = formula(graph, i, (p, k) => (k || op === "**" ? signed : number)(value[p]), " × ");
  return [names[i] === named ? "" : `${names[i]} = `, `${named} = ${filled} = `, forward(value[i])];
}

// "∂L/∂a₁ = ∂L/∂z₂ × ∂z₂/∂a₁ = −3 × 1.5 = −4.5"; with fan-out, a sum of such products.
function tellGradient(graph, { local, grad }, i, names) {
  const last = graph.nodes.length - 1;
  const loss = isWord(names[last]) ? names[last] : "L";
  const called = (node) => (node === last ? loss : bracket(names[node]));
  const rate = (over, under) => `∂${called(over)}/∂${called(under)}`;
  const uses = users(graph)[i];
  if (i === last) return [`${rate(i, i)} = `, backward(1), ", for a nudge of the loss is a nudge of the loss"];
  if (!uses.length) return [`${rate(last, i)} = `, backward(0), ", for the loss does not use it"];
  const rates = uses.map(({ node }) => `${rate(last, node)} × ${rate(node, i)}`);
  const product = ({ node, slot }, n) => [n ? " + " : "", backward(grad[node]), ` × ${signed(local[node][slot])}`];
  return [`${rate(last, i)} = ${rates.join(" + ")} = `, ...uses.flatMap(product), " = ", backward(grad[i])];
}

// The sentence for one step of the schedule.
export function explain(graph, pass, { pass: way, node }) {
  const names = titles(graph);
  if (way === "forward") return [...tellValue(graph, pass, node, names), "."];
  const times = users(graph)[node].length;
  const tail = times > 1 ? `. Fan-out: ${names[node]} is used ${times} times, so ${times} products are summed.` : ".";
  return [...tellGradient(graph, pass, node, names), tail];
}

// What a node says when it is pointed at; `known` tells which values and gradients the reader has seen so far.
export function detail(graph, pass, i, known) {
  const names = titles(graph);
  const full = pretty(graph.nodes[i].name);
  const lead = full === names[i] || !isWord(names[i]) ? [] : [`${names[i]} is ${full}. `];
  if (!known.value[i]) return [...lead, `The value of ${names[i]} is not computed yet.`];
  const slopes = users(graph)[i]
    .filter(({ node }) => known.value[node])
    .map(({ node, slot }) => `∂${bracket(names[node])}/∂${bracket(names[i])} = ${number(pass.local[node][slot])}`);
  const local = slopes.length ? [` Local derivative${slopes.length > 1 ? "s" : ""}: ${slopes.join(", ")}.`] : [];
  const gradient = known.grad[i] ? [" Gradient: ", ...tellGradient(graph, pass, i, names), "."] : [];
  return [...lead, ...tellValue(graph, pass, i, names), ".", ...local, ...gradient];
}

// ---------- MODEL, second part: where things stand, in layers and rows, before anyone knows the pixels ----------

function layersOf(graph) {
  const { nodes } = graph;
  const layer = [];
  nodes.forEach(({ op, parents }, i) => {
    layer[i] = RULES[op] ? 1 + Math.max(0, ...parents.map((p) => layer[p])) : 0;
  });
  const uses = users(graph);
  nodes.forEach(({ op }, i) => {
    if (op === "leaf" && uses[i].length) layer[i] = Math.min(...uses[i].map(({ node }) => layer[node])) - 1;
  });
  return layer;
}

// Keeps `items` in order and apart, each as near to its wish as its hold demands (pools what would overlap).
function spread(items, gap) {
  const blocks = [];
  let offset = 0;
  items.forEach((item, k) => {
    if (k) offset += gap(items[k - 1], item);
    item.offset = offset;
    let block = { items: [item], weight: item.hold, sum: item.hold * (item.wish - offset) };
    while (blocks.length && blocks.at(-1).sum / blocks.at(-1).weight > block.sum / block.weight) {
      const last = blocks.pop();
      block = { items: [...last.items, ...block.items], weight: last.weight + block.weight, sum: last.sum + block.sum };
    }
    blocks.push(block);
  });
  for (const { items: pooled, sum, weight } of blocks) for (const item of pooled) item.row = sum / weight + item.offset;
}

// A long edge gets an invisible stop in each column it crosses, so that it runs between the boxes, not beneath them.
function places(graph, layer) {
  const { nodes } = graph;
  const spots = new Map();
  const edges = [];
  const join = (a, b) => (a.near.push(b), b.near.push(a));
  const visit = (i) => {
    if (spots.has(i)) return spots.get(i);
    const spot = { node: i, layer: layer[i], weight: RULES[nodes[i].op] ? 1e5 : 1, near: [], order: spots.size };
    spots.set(i, spot);
    nodes[i].parents.forEach((p, slot) => {
      if (nodes[p].op === "const") return;
      const stops = [visit(p)];
      for (let at = layer[p] + 1; at < layer[i]; at++) {
        const stop = { layer: at, weight: 4, near: [], order: spots.size };
        spots.set(`${p}-${i}-${slot}-${at}`, stop);
        join(stops.at(-1), stop);
        stops.push(stop);
      }
      join(stops.at(-1), spot);
      edges.push({ from: p, to: i, slot, stops: [...stops, spot] });
    });
    return spot;
  };
  for (let i = nodes.length - 1; i >= 0; i--) if (nodes[i].op !== "const") visit(i);
  return { spots: [...spots.values()], edges };
}

// {spots, edges, layers, rows: [first, last]}: the operations keep to a straight spine, leaves stand beside it.
export function layout(graph) {
  const layer = layersOf(graph);
  const { spots, edges } = places(graph, layer);
  const first = Math.min(...spots.map((spot) => spot.layer));
  const columns = [];
  for (const spot of spots) (columns[(spot.layer -= first)] ??= []).push(spot);
  for (const column of columns) {
    column.sort((a, b) => a.order - b.order).forEach((s, k) => (s.row = k - (column.length - 1) / 2));
  }
  const coarse = (s) => Math.round(s.wish * 2 + 0.3); // near ties keep the order of the formula
  const gap = (a, b) => (a.node === undefined ? 0.35 : 0.5) + (b.node === undefined ? 0.35 : 0.5);
  for (let sweep = 0; sweep < 40; sweep++) {
    for (const column of sweep % 2 ? columns : columns.toReversed()) {
      for (const spot of column) {
        const total = spot.near.reduce((sum, s) => sum + s.weight, 0);
        spot.hold = spot.weight * total; // what hangs on a spine of operations does not bend it
        spot.wish = total ? spot.near.reduce((sum, s) => sum + s.weight * s.row, 0) / total : 0;
      }
      if (sweep < 12) column.sort((a, b) => coarse(a) - coarse(b) || a.order - b.order);
      spread(column, gap);
    }
  }
  const rows = spots.map((spot) => spot.row);
  return { spots, edges, layers: columns.length, rows: [Math.min(...rows), Math.max(...rows)] };
}

// ---------- PICTURE: builds the drawing once; `draw` changes texts and classes, `arrange` moves things ----------

const BOX = { wide: 76, tall: 96, height: 60 }; // px; text never scales, so it stays as large as it was set

// Pixels for the layout: columns from left to right if they fit, else from top to bottom.
export function measure({ layers, rows }, width) {
  const span = rows[1] - rows[0];
  const across = Math.min((Math.min(width, WIDEST) - BOX.wide - 2) / Math.max(layers - 1, 1), 124);
  if (width >= 560 && across >= BOX.wide + 11) {
    const size = { width: across * (layers - 1) + BOX.wide + 2, height: span * 78 + BOX.height + 2 };
    return { ...size, box: BOX.wide, down: false, at: (s) => [1 + s.layer * across, 1 + (s.row - rows[0]) * 78] };
  }
  const box = Math.max(80, Math.min(BOX.tall, (width - 2 - span * 10) / (span + 1)));
  const step = box + 10;
  const size = { width: span * step + box + 2, height: (layers - 1) * 84 + BOX.height + 2 };
  return { ...size, box, down: true, at: (s) => [1 + (s.row - rows[0]) * step, 1 + s.layer * 84] };
}

// An edge through its stops, and an arrowhead for each direction. `turn` swaps the axes when the graph runs down.
function route(points, down) {
  const turn = (along, aside) => (down ? `${aside} ${along}` : `${along} ${aside}`);
  let d = `M${turn(...points[0])}`;
  for (let k = 1; k < points.length; k += 2) {
    const [a, b] = [points[k - 1], points[k]];
    const middle = (a[0] + b[0]) / 2;
    d += `C${turn(middle, a[1])} ${turn(middle, b[1])} ${turn(...b)}`;
    if (points[k + 1]) d += `L${turn(...points[k + 1])}`;
  }
  const head = ([along, aside], sign) =>
    `M${turn(along - 6 * sign, aside - 4)}L${turn(along, aside)}L${turn(along - 6 * sign, aside + 4)}Z`;
  return { line: d, forth: head(points.at(-1), 1), back: head(points[0], -1) };
}

function drawNode(graph, i, title, inspect) {
  const mark = /^[\w₀-₉]+$/.test(title) ? symbol(graph, i) : ""; // else the title says it
  const room = Math.max(2, 10 - mark.length);
  const short = title.length > room ? `${title.slice(0, room - 1)}…` : title;
  const texts = { name: short, op: mark, forward: "", backward: "" };
  const parts = { box: svg("rect", { rx: 8, height: BOX.height }) };
  for (const key in texts) parts[key] = svg("text", { class: `bp-${key}` }, ...lowered(texts[key], svg));
  const { name, op } = graph.nodes[i];
  const [enter, leave] = [() => inspect(i), () => inspect(-1)];
  const on = { pointerenter: enter, pointerleave: leave, focus: enter, blur: leave };
  const about = { class: "bp-node", "data-node": name, "data-op": op, role: "img", tabindex: -1 };
  const el = svg("g", { ...about, ...on, ...OWN_KEYS }, ...Object.values(parts));
  return { el, ...parts, mark, title };
}

function picture(graph, inspect) {
  const plan = layout(graph);
  const names = titles(graph);
  const nodes = new Map();
  for (const { node } of plan.spots.filter((s) => s.node !== undefined).sort((a, b) => a.node - b.node))
    nodes.set(node, drawNode(graph, node, names[node], inspect));
  const edges = plan.edges.map((edge) => {
    const head = (more) => svg("path", { class: `bp-head${more}` });
    const parts = { line: svg("path"), forth: head(""), back: head(" bp-back") };
    return { ...edge, parts, el: svg("g", { class: "bp-edge" }, ...Object.values(parts)) };
  });
  const label = "Computational graph. Arrow keys: up and down go from node to node, left and right step through.";
  const drawn = [...edges, ...nodes.values()].map((part) => part.el); // boxes above edges
  const el = svg("svg", { role: "group", "aria-label": label }, ...drawn);
  nodes.values().next().value.el.setAttribute("tabindex", 0); // one stop for the Tab key, arrows from there
  return { el, nodes, edges, plan };
}

// Edges end in the middle of a box's side, or a little off towards where they come from.
function lead(edges, long, along, aside, down) {
  const slant = ({ stops }) => Math.max(-14, Math.min(14, (aside(stops.at(-2)) - aside(stops.at(-1))) / 4));
  for (const edge of edges) {
    const points = [];
    edge.stops.forEach((stop, k) => {
      if (k) points.push([along(stop), aside(stop)]);
      if (k < edge.stops.length - 1) points.push([along(stop) + long, aside(stop)]);
    });
    const rival = edges.find((e) => e.to === edge.to && e !== edge); // two arrows into one box keep apart
    const ahead = rival ? slant(edge) - slant(rival) || edge.slot - rival.slot : 0;
    const push = rival ? Math.max(0, 14 - Math.abs(slant(edge) - slant(rival))) / 2 : 0;
    points.at(-1)[1] += slant(edge) + Math.sign(ahead) * push;
    const drawn = route(points, down);
    for (const key in edge.parts) edge.parts[key].setAttribute("d", drawn[key]);
  }
}

function arrange({ el, nodes, edges, plan }, width) {
  const { width: w, height: h, box, down, at } = measure(plan, width);
  const frame = { width: w, height: h, viewBox: `0 0 ${w} ${h}` };
  for (const key in frame) el.setAttribute(key, frame[key]);
  el.closest(".bp").classList.toggle("bp-beside", down && width >= w + 300); // the knobs find room beside it
  for (const spot of plan.spots) {
    spot.xy = at(spot).map(Math.round);
    const node = nodes.get(spot.node);
    if (!node) continue;
    node.el.setAttribute("transform", `translate(${spot.xy})`);
    node.box.setAttribute("width", box);
    for (const [key, x, y] of [["name", 8, 18], ["op", box - 8, 18], ["forward", 8, 36], ["backward", 8, 53]]) {
      node[key].setAttribute("x", x);
      node[key].setAttribute("y", y);
    }
  }
  const [long, broad] = down ? [BOX.height, box] : [box, BOX.height]; // along the flow, across it
  lead(edges, long, (spot) => spot.xy[down ? 1 : 0], (spot) => spot.xy[down ? 0 : 1] + broad / 2, down);
}

// now: the step being told, or undefined when everything is shown
function draw({ nodes, edges }, { pass, known, now }) {
  for (const [i, { el, forward: above, backward: below, title, mark }] of nodes) {
    put(above, known.value[i] ? number(pass.value[i]) : "");
    put(below, known.grad[i] ? `∂ ${number(pass.grad[i])}` : "");
    el.setAttribute("class", `bp-node${now?.node === i ? ` bp-now bp-${now.pass}` : ""}`);
    const value = known.value[i] ? `value ${number(pass.value[i])}` : "no value yet";
    const gradient = known.grad[i] ? `, gradient ${number(pass.grad[i])}` : "";
    el.setAttribute("aria-label", `${title}${mark && ` (${mark})`}: ${value}${gradient}`);
  }
  for (const { el, from, to } of edges) {
    const live = now && (now.pass === "forward" ? to : from) === now.node;
    el.setAttribute("class", `bp-edge${live ? ` bp-now bp-${now.pass}` : ""}`);
  }
}

// ---------- KNOBS: what the reader can do ----------

// What has been told by step number `step`; -1 is everything.
function told(graph, steps, step) {
  const all = step < 0;
  const known = { value: graph.nodes.map(({ op }) => all || !RULES[op]), grad: graph.nodes.map(() => all) };
  for (const { pass, node } of all ? [] : steps.slice(0, step + 1)) {
    known[pass === "forward" ? "value" : "grad"][node] = true;
  }
  return { known, now: all ? undefined : steps[step] };
}

// The leaves' numbers, the knobs that change them, Reset, and with lr a button that learns.
function numbers(graph, store) {
  const leaves = graph.nodes.filter(({ op }) => op === "leaf");
  const given = Object.fromEntries(leaves.map(({ name, value }) => [name, value]));
  const values = () => ({ ...given, ...store.get("values") });
  const rows = Object.entries(store.get("knobs")).map(([name, [min, max, step = 0.05]]) => {
    if (!(name in given)) throw new Error(`there is a knob for "${name}", but no leaf of that name.`);
    const change = (value) => store.set("values", { ...values(), [name]: value });
    return { name, ...knob({ name, min, max, step, change }) };
  });
  const lr = store.get("lr");
  const learn = () => {
    const { grad } = run(graph, values());
    const slopes = Object.fromEntries(graph.nodes.map(({ name }, i) => [name, grad[i]]));
    const learnt = store.get("learns").map((name) => [name, values()[name] - lr * slopes[name]]);
    if (learnt.every(([, value]) => Number.isFinite(value)))
      store.set("values", { ...values(), ...Object.fromEntries(learnt) });
  };
  const reset = button("Reset", () => store.set("values", { ...given }), { "aria-label": "Reset the numbers" });
  const actions = lr ? [button(`Learn: subtract ${number(lr)} × ∂`, learn), reset] : [reset];
  const bar = html("div", { class: "bp-bar" }, ...actions);
  const group = { class: "bp-knobs", role: "group", "aria-label": "Numbers" };
  const el = rows.length ? html("div", group, ...rows.map((row) => row.el), bar) : "";
  return { el, values, show: () => rows.forEach(({ name, set }) => set(values()[name])) };
}

// From step `at` to another; -1, everything shown, lies between the last step and the first.
export const moved = (at, by, count) =>
  ({ first: 0, all: -1, next: at + 1 < count ? at + 1 : -1, back: at < 0 ? count - 1 : Math.max(at - 1, 0) })[by];

const KEYS = { ArrowRight: "next", ArrowLeft: "back", Home: "first", End: "all" };

function press(event, move, nodes) {
  if (event.target.tagName === "INPUT" || event.ctrlKey || event.altKey || event.metaKey) return;
  const order = [...nodes.values()].map(({ el }) => el);
  const other = order[order.indexOf(event.target) + { ArrowDown: 1, ArrowUp: -1 }[event.key]];
  const target = order.includes(event.target) ? other : undefined;
  if (!KEYS[event.key] && !target) return;
  event.preventDefault();
  event.stopPropagation(); // the page has uses of its own for these keys
  if (KEYS[event.key]) return move(KEYS[event.key]);
  order.forEach((el) => el.setAttribute("tabindex", el === target ? 0 : -1));
  target.focus();
}

const INVITATION = [
  ...["Values in ", ["forward", "blue"], ", gradients ", ["backward", "∂ in orange"]],
  ".",
  ["screen", " Point at a node for its local derivatives, or go step by step."], // not in print
];

export function mount(box, store) {
  const graph = store.get("graph");
  check(graph);
  const steps = schedule(graph);
  const current = () => Math.max(-1, Math.min(store.get("step"), steps.length - 1));
  let inspected = -1;
  const inspect = (i) => ((inspected = i), redraw());
  const move = (by) => {
    store.set("step", moved(current(), by, steps.length));
    inspect(-1);
  };
  const view = picture(graph, inspect);
  const knobs = numbers(graph, store);
  const { el: says, say } = sentence();
  const progress = html("span", { class: "bp-progress" });

  function redraw() {
    const pass = run(graph, knobs.values());
    const { known, now } = told(graph, steps, current());
    const way = now?.pass === "forward" ? "Forward" : "Backward";
    draw(view, { pass, known, now });
    knobs.show();
    put(progress, now ? `${way} pass, step ${current() + 1} of ${steps.length}` : "Everything is shown");
    if (inspected >= 0) say(detail(graph, pass, inspected, known));
    else say(now ? explain(graph, pass, now) : INVITATION);
  }

  const labels = { first: "First", back: "Back", next: "Next", all: "Show all" };
  const buttons = Object.keys(labels).map((by) => button(labels[by], () => move(by)));
  const bar = html("div", { class: "bp-bar", role: "group", "aria-label": "Steps" }, ...buttons, progress);
  const side = html("div", { class: "bp-side" }, bar, says, knobs.el, tip(store.get("note")));
  box.append(html("div", { class: "bp-picture" }, view.el), side);
  box.addEventListener("keydown", (event) => press(event, move, view.nodes));
  const unfit = fitted(box, (width) => arrange(view, width));
  redraw();
  const unwatch = store.watch(redraw);
  return () => (unfit(), unwatch());
}

const { widget, define } = host("bp-graph", {
  defaults: { graph: null, knobs: {}, values: {}, step: -1, note: "", lr: null, learns: [] },
  mount,
});
export { define, RULES, check, run };
export default widget;
