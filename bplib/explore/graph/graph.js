import { check, RULES, run, users } from "../_shared/engine.js";
import {
  asNumber,
  button,
  fitted,
  host,
  html,
  knob,
  lowered,
  number,
  OWN_KEYS,
  pretty,
  put,
  sentence,
  superscript,
  svg,
  tip,
  toggle,
  WIDEST,
} from "../_shared/frame.js";

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

// How ∂over/∂under is written.
function rateIn(graph, names) {
  const last = graph.nodes.length - 1;
  const loss = isWord(names[last]) ? names[last] : "L";
  const called = (node) => (node === last ? loss : bracket(names[node]));
  return (over, under) => `∂${called(over)}/∂${called(under)}`;
}

// "∂L/∂a₁ = ∂L/∂z₂ × ∂z₂/∂a₁ = −3 × 1.5 = −4.5"; with fan-out, a sum of such products.
function tellGradient(graph, { local, grad }, i, names) {
  const last = graph.nodes.length - 1;
  const rate = rateIn(graph, names);
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
  const slopes = users(graph)
    [i].filter(({ node }) => known.value[node])
    .map(({ node, slot }) => `∂${bracket(names[node])}/∂${bracket(names[i])} = ${number(pass.local[node][slot])}`);
  const local = slopes.length ? [` Local derivative${slopes.length > 1 ? "s" : ""}: ${slopes.join(", ")}.`] : [];
  const gradient = known.grad[i] ? [" Gradient: ", ...tellGradient(graph, pass, i, names), "."] : [];
  return [...lead, ...tellValue(graph, pass, i, names), ".", ...local, ...gradient];
}

// ---------- MODEL, second part: the reader fills in, and a wrong number gets help in three steps ----------

const answerTo = (pass, { pass: way, node }) => (way === "forward" ? pass.value : pass.grad)[node];

// What honest rounding may add up to, when each factor is taken to three decimals. As `rooms` in graph.py.
export function room(graph, { local, grad }, { pass: way, node }) {
  const back = () => users(graph)[node].flatMap(({ node: n, slot }) => [grad[n], local[n][slot]]);
  const own = () => local[node].filter((_, k) => graph.nodes[graph.nodes[node].parents[k]].op !== "const");
  const factors = way === "forward" ? own() : back();
  return 0.001 * factors.reduce((sum, factor) => sum + Math.abs(factor), 1);
}

export const fits = (graph, pass, step, given) =>
  Math.abs(given - answerTo(pass, step)) <= room(graph, pass, step) && given * answerTo(pass, step) >= 0;

// "∂L/∂a₁", or "z₁": what is asked for; and how it is put together, in names: the first help.
export function asked(graph, { pass: way, node }) {
  const names = titles(graph);
  if (way === "forward") return { what: names[node], how: inNames(graph, node, names) };
  const last = graph.nodes.length - 1;
  const rate = rateIn(graph, names);
  const ways = users(graph)[node].map((use) => `${rate(last, use.node)} × ${rate(use.node, node)}`);
  return { what: rate(last, node), how: ways.join(" + ") };
}

// Wrong numbers that follow from the step alone: [number, a question that points at it, what was done].
function forwardSlips({ nodes }, { value }, i) {
  const { op, parents } = nodes[i];
  const [a, b] = parents.map((p) => value[p]);
  const which = "Which operation stands in the box?";
  if (op === "*") return [[a + b, which, "the two are added instead of multiplied"]];
  if (op === "+") return [[a * b, which, "the two are multiplied instead of added"]];
  if (op === "**") return [[a * b, which, "the base is multiplied by the exponent"]];
  return parents.length === 1 ? [[a, "Which function stands in the box?", "the function is left out"]] : [];
}
function backwardSlips(graph, { local, grad }, i) {
  const factors = users(graph)[i].map(({ node, slot }) => [grad[node], local[node][slot]]);
  const many = "In how many places is this number used in the forward pass?";
  if (factors.length > 1) return factors.map(([up, slope]) => [up * slope, many, "only one path is counted"]);
  const names = titles(graph);
  return factors.flatMap(([up, slope]) => [
    [up, `If ${names[i]} grows by 0.01, by how much does the next one grow?`, "the local derivative is left out"],
    [slope, "How fast does the loss move, and where is that in your answer?", "only the local derivative is given"],
    [up + slope, "Do the factors along one path add up, or multiply?", "the factors are added instead of multiplied"],
  ]);
}

// The slips that give this wrong number: [question, what was done] each. `slips` is Python's table, if it applies.
export function suspects(graph, pass, step, given, slips) {
  const near = (wrong) => Math.abs(given - wrong) <= room(graph, pass, step);
  const listed = (step.pass === "backward" && slips?.at[step.node]) || [];
  const named = listed.filter(([wrong]) => near(wrong)).sort((a, b) => Math.abs(given - a[0]) - Math.abs(given - b[0]));
  if (named.length) return named[0].slice(1, 3).map((k) => slips.says[k].slice(1).map(pretty));
  const right = answerTo(pass, step);
  const own = (step.pass === "forward" ? forwardSlips : backwardSlips)(graph, pass, step.node);
  const plain = [
    [-right, "Which sign has each of the numbers that take part?", "a minus sign is lost, or one too many"],
    [2 * right, "Where does a factor 2 come from, and is it there once?", "there is a factor 2 too many"],
    [right / 2, "What is the derivative of u²?", "a factor 2 is missing"],
  ];
  return [...own, ...plain]
    .filter(([wrong]) => near(wrong))
    .slice(0, 1)
    .map(([, ...words]) => words);
}

const SEED = "If the loss grows by 0.01, by how much does the loss grow?";
const UNUSED = "Does the loss use it at all?";

// What is said to the wrong number `given`, at the first, second, third different try.
export function help(graph, pass, step, { given, tries, slips }) {
  const { what, how } = asked(graph, step);
  const not = `Not ${number(given)}. `;
  if (!how) return `${not}${step.node < graph.nodes.length - 1 ? UNUSED : SEED}`;
  if (tries === 1) return `${not}What goes into it: ${what} = ${how}.`;
  const found = suspects(graph, pass, step, given, slips);
  if (tries === 2) return not + (found[0]?.[0] ?? `Work out each part of ${how} by itself: which one is uncertain?`);
  if (found.length) return `${not}This is what you get if ${found.map(([, says]) => says).join(", or ")}.`;
  const off = number(Math.abs(given - answerTo(pass, step)));
  return `${not}It is off by ${off}, and no slip that we know of gives this. ${what} = ${how}.`;
}

// Python's table of slips, or null where filling in is not offered; throws an Error that says what is wrong with it.
function slipsIn({ nodes }, slips) {
  if (!Object.keys(slips).length) return null;
  const text = ([slug, question, says]) => [slug, question, says].every((part) => typeof part === "string");
  const row = ([wrong, ...which]) => Number.isFinite(wrong) && which.every((k) => slips.says[k]);
  const fine =
    Array.isArray(slips.says) &&
    slips.says.every(text) &&
    typeof slips.at === "object" &&
    Object.entries(slips.at).every(([i, rows]) => nodes[i] && rows.every(row));
  if (!fine) throw new Error('slips wants "says": [slug, question, what was done], ... and "at": [number, which], ...');
  return slips;
}

// ---------- MODEL, third part: where things stand, in layers and rows, before anyone knows the pixels ----------

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
  const join = (a, b) => {
    a.near.push(b);
    b.near.push(a);
  };
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
  for (const spot of spots) {
    spot.layer -= first;
    columns[spot.layer] ??= [];
    columns[spot.layer].push(spot);
  }
  for (const column of columns) {
    column.sort((a, b) => a.order - b.order);
    for (const [k, s] of column.entries()) s.row = k - (column.length - 1) / 2;
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
    for (const [key, x, y] of [
      ["name", 8, 18],
      ["op", box - 8, 18],
      ["forward", 8, 36],
      ["backward", 8, 53],
    ]) {
      node[key].setAttribute("x", x);
      node[key].setAttribute("y", y);
    }
  }
  const [long, broad] = down ? [BOX.height, box] : [box, BOX.height]; // along the flow, across it
  lead(
    edges,
    long,
    (spot) => spot.xy[down ? 1 : 0],
    (spot) => spot.xy[down ? 0 : 1] + broad / 2,
    down,
  );
}

// now: the step being told, or undefined when everything is shown
function draw({ nodes, edges }, { pass, known, now }) {
  for (const [i, { el, forward: above, backward: below, title, mark }] of nodes) {
    const open = now?.node === i && now.pass; // in filling in, the number that is asked for
    put(above, known.value[i] ? number(pass.value[i]) : open === "forward" ? "?" : "");
    put(below, known.grad[i] ? `∂ ${number(pass.grad[i])}` : open === "backward" ? "∂ ?" : "");
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

// What has been told by step number `step`; -1 is everything. In filling in, the step itself is still open.
function told(graph, steps, step, filling) {
  const all = step < 0;
  const known = { value: graph.nodes.map(({ op }) => all || !RULES[op]), grad: graph.nodes.map(() => all) };
  for (const { pass, node } of all ? [] : steps.slice(0, step + !filling)) {
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
  const away = () => Object.entries(values()).some(([name, value]) => value !== given[name]);
  const show = () => {
    for (const { name, set } of rows) set(values()[name]);
  };
  return { el, values, moved: away, show };
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
  for (const el of order) el.setAttribute("tabindex", el === target ? 0 : -1);
  target.focus();
}

const INVITATION = [
  ...["Values in ", ["forward", "blue"], ", gradients ", ["backward", "∂ in orange"]],
  ".",
  ["screen", " Point at a node for its local derivatives, or go step by step."], // not in print
];

// The box in which the reader fills in the next number, and what is said to it.
function blank({ ask, move }) {
  let tried = new Set();
  let heard = []; // what was said to the last number
  let onward = true; // whether the next question follows
  const box = html("input", { inputmode: "decimal", autocomplete: "off", ...OWN_KEYS });
  const name = html("span", {});
  const forget = () => ([tried, heard, onward, box.value] = [new Set(), [], true, ""]);
  const on = (parts) => {
    forget();
    heard = parts;
    move();
  };
  const submit = (event) => {
    event.preventDefault();
    const { graph, pass, step, slips } = ask();
    const given = asNumber(box.value);
    if (fits(graph, pass, step, given)) return on(["Right: ", ...explain(graph, pass, step), " "]);
    if (Number.isFinite(given)) tried.add(given);
    const tries = Math.min(tried.size, 3);
    const said = tries ? help(graph, pass, step, { given, tries, slips }) : "";
    heard = [Number.isFinite(given) ? said : "Write a number, such as −0.25."];
    onward = false;
    box.select();
    move(0);
  };
  const skip = () => {
    const { graph, pass, step } = ask();
    on([...explain(graph, pass, step), " "]);
    box.focus();
  };
  const label = html("label", { class: "bp-entry" }, name, box);
  const check = html("button", { type: "submit", ...OWN_KEYS }, "Check");
  const el = html("form", { class: "bp-bar bp-fill", submit }, label, check, button("Show it", skip));
  const show = (what) => name.replaceChildren(...lowered(`${what} =`, html));
  const says = (what) => (onward ? [...heard, what] : heard);
  return { el, show, forget, says, focus: () => box.focus() };
}

// Everything the reader can press, and where the words go.
function controls(store, { move, blank: fill, offered }) {
  const labels = { first: "First", back: "Back", next: "Next", all: "Show all" };
  const buttons = Object.fromEntries(Object.keys(labels).map((by) => [by, button(labels[by], () => move(by))]));
  const progress = html("span", { class: "bp-progress" });
  const mode = toggle({
    name: "You fill in",
    change(on) {
      fill.forget();
      store.set("fill", on);
      if (on && store.get("step") < 0) store.set("step", 0);
      if (on) fill.focus();
    },
  });
  const parts = [...Object.values(buttons), ...(offered ? [mode.el] : []), progress];
  const bar = html("div", { class: "bp-bar", role: "group", "aria-label": "Steps" }, ...parts);
  function show(filling, text, open) {
    if (fill.el.contains(document.activeElement) && !open) buttons.first.focus(); // all is filled in
    fill.el.hidden = !open;
    buttons.next.hidden = filling;
    mode.set(filling);
    put(progress, text);
  }
  return { bar, show };
}

// What is said of a step: the question in filling in, else the step itself; at the end, how to look on.
function words(graph, pass, now, open, fill) {
  if (open) return fill.says(`What is ${asked(graph, now).what}?`);
  return now ? explain(graph, pass, now) : [...fill.says(""), ...INVITATION];
}

export function mount(box, store) {
  const graph = store.get("graph");
  check(graph);
  const slips = slipsIn(graph, store.get("slips"));
  const steps = schedule(graph);
  const current = () => Math.max(-1, Math.min(store.get("step"), steps.length - 1));
  const filling = () => Boolean(slips) && store.get("fill");
  let inspected = -1;
  const inspect = (i) => {
    inspected = i;
    redraw();
  };
  const view = picture(graph, inspect);
  const knobs = numbers(graph, store);
  const pass = () => run(graph, knobs.values());
  const moves = (by) => {
    store.set("step", moved(current(), by, steps.length));
    inspect(-1);
  };
  const fill = blank({
    ask: () => ({ graph, pass: pass(), step: steps[current()], slips: knobs.moved() ? null : slips }),
    move: (by = "next") => (by ? moves(by) : inspect(-1)),
  });
  const move = (by) => {
    if (filling() && by === "next" && current() >= 0) return fill.focus(); // filling in is the way forward
    fill.forget();
    moves(by);
  };
  const bar = controls(store, { move, blank: fill, offered: Boolean(slips) });
  const { el: says, say } = sentence();

  function redraw() {
    const [seen, open] = [pass(), filling() && current() >= 0];
    const { known, now } = told(graph, steps, current(), open);
    const way = now?.pass === "forward" ? "Forward" : "Backward";
    draw(view, { pass: seen, known, now });
    knobs.show();
    if (knobs.el) knobs.el.hidden = filling(); // the table of slips holds for the numbers as they were
    bar.show(filling(), now ? `${way} pass, step ${current() + 1} of ${steps.length}` : "Everything is shown", open);
    fill.show(open ? asked(graph, now).what : "next number");
    say(inspected >= 0 ? detail(graph, seen, inspected, known) : words(graph, seen, now, open, fill));
  }
  const side = html("div", { class: "bp-side" }, bar.bar, slips ? fill.el : "", says, knobs.el, tip(store.get("note")));
  box.append(html("div", { class: "bp-picture" }, view.el), side);
  box.addEventListener("keydown", (event) => press(event, move, view.nodes));
  const unfit = fitted(box, (width) => arrange(view, width));
  redraw();
  const unwatch = store.watch(redraw);
  return () => {
    unfit();
    unwatch();
  };
}

const { widget, define } = host("bp-graph", {
  defaults: {
    graph: null,
    knobs: {},
    values: {},
    step: -1,
    note: "",
    lr: null,
    learns: [],
    fill: false,
    slips: {},
  },
  mount,
});

export { check, define, RULES, run };
export default widget;
