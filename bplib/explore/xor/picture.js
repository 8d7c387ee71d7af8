import { chart } from "../_shared/chart.js";
import { banner, disclosure, html, lowered, number, pretty, put, svg } from "../_shared/frame.js";
import { pixels } from "../_shared/pixels.js";
import { CASES, FROM, forward, gradient, hiddenLine, isRight, NAMES, obstacle, right, seen, TO } from "./model.js";

// The network as it is, beside what it says in the plane of its inputs, and how it got there.

const GRID = 40;
const signed = (p) => 0.85 * (2 * p - 1);
// What a hidden neuron gives, between −1 and 1, for the colours: half way is paper.
const SHADE = { sigmoid: signed, tanh: (a) => 0.85 * a, relu: (a) => 0.85 * Math.min(a, 1) };
const STYLES = ["solid", "dashed"]; // of the two hidden neurons: the frame of each, and its line in the field
const place = (el, x, y) => el.setAttribute("transform", `translate(${x} ${y})`);
const attributes = (el, given) => {
  for (const key in given) el.setAttribute(key, given[key]);
};
const lay = (el, left, top, size) =>
  Object.assign(el.style, { left: `${left}px`, top: `${top}px`, width: `${size}px`, height: `${size}px` });

// For each point of a grid over the square, row by row from the top: shades of the two hidden neurons and of the output.
function survey(weights, kind) {
  const step = (TO - FROM) / GRID;
  const shades = [[], [], []];
  for (let i = 0; i < GRID * GRID; i++) {
    const [x1, x2] = [FROM + ((i % GRID) + 0.5) * step, TO - (Math.floor(i / GRID) + 0.5) * step];
    const { hidden, p } = forward(weights, kind, x1, x2);
    shades[0][i] = SHADE[kind](hidden[0]);
    shades[1][i] = SHADE[kind](hidden[1]);
    shades[2][i] = signed(p);
  }
  return shades;
}

// Where everything in the drawing of the network lies, in px.
function plan(width, height) {
  const roomy = height > 160;
  const [thumb, r] = roomy ? [62, 21] : [34, 14];
  const stub = roomy ? 26 : 11; // how far away a bias begins
  const rows = [thumb / 2 + stub + 6, height - thumb / 2 - stub - 6];
  const middle = Math.round(width * 0.5);
  const inputs = rows.map((y) => [r + 3, y]);
  const hidden = rows.map((y) => [middle, y]);
  const out = [width - r - (roomy ? 34 : 30), height / 2];
  const side = thumb / 2;
  const wires = [
    ...inputs.flatMap(([x, y]) => hidden.map(([u, v]) => [x + r, y, u - side, v + (y - v) * 0.12])),
    ...hidden.map(([x, y], j) => {
      const way = j ? 1 : -1; // a bias comes from outside
      return [x + side * 0.4, y + way * (side + stub), x + side * 0.4, y + way * side];
    }),
    ...hidden.map(([x, y]) => [x + side, y, out[0] - r * 0.9, out[1] + (y - out[1]) * 0.12]),
    [out[0], out[1] - r - stub, out[0], out[1] - r],
  ];
  return { inputs, hidden, out, thumb, r, wires, roomy };
}

// How wide a weight is drawn, and the orange around it for its gradient: a root, so that small ones can be told from none.
export const thickness = (w) => 1.5 + Math.min(12, 1.3 * Math.abs(w));
export const glow = (g) => Math.min(24, 44 * Math.sqrt(Math.abs(g)));

// The shapes of the network, each to be put in its place.
function networkShapes() {
  const label = (kind) => (text) => svg("text", { class: `bp-named bp-${kind}` }, ...lowered(text, svg));
  const shapes = {
    halos: NAMES.map(() => svg("path", { class: "bp-halo" })),
    lines: NAMES.map(() => svg("path")),
    circles: [0, 1, 2].map(() => svg("circle", { class: "bp-node" })),
    inputs: ["x₁", "x₂"].map(label("in")),
    hidden: ["h₁", "h₂"].map(label("hid")),
    out: [label("out")("output")],
    biases: ["b₁", "b₂", "c"].map(label("bias")),
    arrow: [svg("path", { class: "bp-arrow" })],
  };
  const all = Object.values(shapes).flat();
  return { ...shapes, drawing: svg("svg", { role: "img", "aria-label": "The network: each weight a line" }, ...all) };
}

function network() {
  const shapes = networkShapes();
  const thumbs = STYLES.map((style, j) => {
    const view = pixels({ columns: GRID, rows: GRID, label: `What hidden neuron ${j + 1} gives over the same square` });
    view.el.classList.add(`bp-${style}`);
    return view;
  });
  const el = html("div", { class: "bp-net" }, shapes.drawing, ...thumbs.map((view) => view.el));

  function arrange(width, height) {
    const { inputs, hidden, out, thumb, r, wires, roomy } = plan(width, height);
    attributes(shapes.drawing, { width, height, viewBox: `0 0 ${width} ${height}` });
    for (const [k, [x1, y1, x2, y2]] of wires.entries())
      for (const part of [shapes.halos[k], shapes.lines[k]]) part.setAttribute("d", `M${x1} ${y1}L${x2} ${y2}`);
    for (const [k, [cx, cy]] of [...inputs, out].entries()) attributes(shapes.circles[k], { cx, cy, r });
    for (const [k, [cx, cy]] of inputs.entries()) place(shapes.inputs[k], cx, cy + 5);
    for (const [j, [cx, cy]] of hidden.entries()) {
      lay(thumbs[j].el, cx - thumb / 2, cy - thumb / 2, thumb);
      place(shapes.hidden[j], cx - thumb / 2, j ? cy + thumb / 2 + 15 : cy - thumb / 2 - 6);
    }
    place(shapes.out[0], out[0], out[1] + r + 15);
    for (const [k, i] of [4, 5, 8].entries())
      place(shapes.biases[k], wires[i][0] + 10, wires[i][1] + (i === 5 ? 3 : 8));
    shapes.arrow[0].setAttribute("d", roomy ? `M${out[0] + r + 5} ${out[1]}h18m-6 -5l6 5l-6 5` : "");
  }
  function show(weights, grad, shades) {
    for (const [k, line] of shapes.lines.entries()) {
      const width = thickness(weights[k]);
      line.setAttribute("class", `bp-wire ${weights[k] > 0 ? "bp-more" : weights[k] < 0 ? "bp-less" : ""}`);
      line.setAttribute("stroke-width", width.toFixed(2));
      const halo = glow(grad[k]) < 0.4 ? 0 : width + glow(grad[k]);
      shapes.halos[k].setAttribute("stroke-width", halo.toFixed(2));
    }
    for (const [j, view] of thumbs.entries()) view.paint(shades[j]);
  }
  const end = () => thumbs.map((view) => view.end());
  return { el, arrange, show, end };
}

const AROUND = { left: 24, right: 8, top: 22, bottom: 36 }; // px around the field: room for its axes

// Right or wrong: on a seal that stands apart from the target.
const SEAL = { cx: 21, cy: -13, r: 8 };
const TICK = { true: "M17 -13l3 3.5l5 -7", false: "M17.5 -16.5l7 7m0 -7l-7 7" };

// Names and numbers of both axes, around a square whose corner is at AROUND; `at` gives a point's place.
function fieldAxes(at, side) {
  const bottom = AROUND.top + side;
  const text = (x, y, anchor, words, kind) =>
    svg("text", { x, y, "text-anchor": anchor, class: kind }, ...lowered(words, svg));
  const ticks = [0, 1].flatMap((value) => {
    const [x, y] = at([value, value]);
    return [
      svg("path", { d: `M${x} ${bottom}v5M${AROUND.left} ${y}h-5` }),
      text(x, bottom + 18, "middle", String(value)),
      text(AROUND.left - 9, y + 4, "end", String(value)),
    ];
  });
  const first = text(AROUND.left + side, bottom + 32, "end", "input x₁", "bp-axis");
  return [...ticks, first, text(0, AROUND.top - 8, "start", "input x₂", "bp-axis")];
}

// The line of each hidden neuron. Their names stand at opposite ends, so that two lines in one place still show both.
function hiddenLines() {
  const lines = STYLES.map((style, j) => ({
    under: svg("path", { class: "bp-under" }),
    line: svg("path", { class: `bp-bound bp-${style}` }),
    text: svg("text", { class: "bp-named" }, ...lowered(["h₁", "h₂"][j], svg)),
  }));
  function show(weights, at, side) {
    const inside = (v, from, low, high) => Math.max(from + low, Math.min(from + side - high, v)).toFixed(1);
    for (const [j, { under, line, text }] of lines.entries()) {
      const ends = hiddenLine(weights, j)?.map(at);
      for (const path of [under, line]) path.setAttribute("d", ends ? joined(ends) : "");
      text.setAttribute("visibility", ends ? "visible" : "hidden"); // its line misses the square
      if (!ends) continue;
      const [x, y] = ends[j];
      attributes(text, { x: inside(x, AROUND.left, 16, 16), y: inside(y, AROUND.top, 18, 8) });
    }
  }
  return { els: lines.flatMap(({ under, line }) => [under, line]), texts: lines.map(({ text }) => text), show };
}

const joined = (points) => `M${points.map((point) => point.map((v) => v.toFixed(1)).join(" ")).join("L")}`;

// The four cases: the target in a disc, and whether the network has it right; a bar around two that it cannot tell apart.
function caseMarks() {
  const pair = svg("path", { class: "bp-pair" });
  const marks = CASES.map(([, , t]) => {
    const badge = svg("path", { class: "bp-badge" });
    const seal = svg("circle", { class: "bp-seal", ...SEAL });
    const disc = [svg("circle", { r: 11 }), svg("text", { y: 5 }, String(t))];
    return { badge, el: svg("g", { class: "bp-case" }, ...disc, seal, badge) };
  });
  const arrange = (at) => {
    for (const [k, point] of CASES.entries()) place(marks[k].el, ...at(point));
  };
  function show(weights, kind, at) {
    const found = obstacle(weights, kind);
    const alike = found && !found.same && found.off.length < 2 && found.pair;
    pair.setAttribute("d", alike ? joined(alike.map((k) => at(CASES[k]))) : "");
    for (const [k, one] of seen(weights, kind).entries()) {
      marks[k].badge.setAttribute("d", TICK[isRight(one)]);
      marks[k].el.classList.toggle("bp-wrong", !isRight(one));
    }
  }
  return { els: [pair, ...marks.map(({ el }) => el)], arrange, show };
}

// The plane of the inputs: what the network gives everywhere, the four cases, and the line of each hidden neuron.
function field() {
  const colours = pixels({ columns: GRID, rows: GRID, label: "What the network gives for every input" });
  const [axes, lines, marks] = [svg("g", { class: "bp-axes" }), hiddenLines(), caseMarks()];
  const label = "The four cases with their targets, right or wrong, and the line of each hidden neuron";
  const over = svg("svg", { role: "img", "aria-label": label }, axes, ...lines.els, ...marks.els, ...lines.texts);
  let side = 0;
  const at = ([x1, x2]) => [
    AROUND.left + ((x1 - FROM) / (TO - FROM)) * side,
    AROUND.top + (1 - (x2 - FROM) / (TO - FROM)) * side,
  ];
  function arrange(width) {
    side = width - AROUND.left - AROUND.right;
    const height = side + AROUND.top + AROUND.bottom;
    attributes(over, { width, height, viewBox: `0 0 ${width} ${height}` });
    lay(colours.el, AROUND.left, AROUND.top, side);
    axes.replaceChildren(...fieldAxes(at, side));
    marks.arrange(at);
  }
  function show(weights, kind, shades) {
    colours.paint(shades);
    lines.show(weights, at, side);
    marks.show(weights, kind, at);
  }
  return { el: html("div", { class: "bp-field" }, colours.el, over), arrange, show, end: colours.end };
}

// A table whose numbers change. columns: [name, kind of its numbers]; names: the first cell of each row.
function liveTable(caption, [corner, ...columns], names) {
  const word = (text) => lowered(pretty(text), html);
  const rows = names.map((name) => {
    const cells = columns.map(([, kind]) => html("td", { class: kind && `bp-${kind}` }));
    return { cells, el: html("tr", {}, html("th", { scope: "row" }, ...word(name)), ...cells) };
  });
  const head = [corner, ...columns].map(([name]) => html("th", { scope: "col" }, ...word(name)));
  const parts = [html("thead", {}, html("tr", {}, ...head)), html("tbody", {}, ...rows.map((row) => row.el))];
  const el = html("table", {}, html("caption", {}, caption), ...parts);
  const show = (texts) => {
    for (const [r, row] of texts.entries()) for (const [c, text] of row.entries()) put(rows[r].cells[c], text);
  };
  return { el, show };
}

const ramp = () => html("span", { class: "bp-scale" }, "0", html("i", { class: "bp-ramp" }), "1");

// What the lines and the marks mean.
function mapKey() {
  const sample = (...inside) =>
    svg("svg", { width: 34, height: 16, viewBox: "0 0 34 16", "aria-hidden": "true" }, ...inside);
  const wire = (kind, from, to) =>
    svg("path", { class: `bp-wire bp-${kind}`, d: `M${from} 8H${to}`, "stroke-width": 5 });
  const halo = svg("path", { class: "bp-halo", d: "M8 8H26", "stroke-width": 14 });
  const disc = [svg("circle", { r: 7.5 }), svg("text", { y: 4 }, "1")];
  const target = svg("g", { class: "bp-case", transform: "translate(17 8)" }, ...disc);
  const seals = Object.values(TICK).map((d, k) => {
    const parts = [svg("circle", { class: "bp-seal", ...SEAL }), svg("path", { class: "bp-badge", d })];
    return svg("g", { class: "bp-case", transform: `translate(${k ? 4 : -13} 21)` }, ...parts);
  });
  const rules = STYLES.map((style, k) => svg("path", { class: `bp-bound bp-${style}`, d: `M3 ${4 + 8 * k}H31` }));
  const entry = (picture, ...words) => html("li", {}, picture, html("span", {}, ...words));
  return html(
    "ul",
    { class: "bp-key" },
    entry(sample(wire("more", 3, 14), wire("less", 20, 31)), "weight +, −"),
    entry(sample(halo, wire("more", 3, 31)), html("b", {}, "∂"), " gradient"),
    entry(sample(target), "target"),
    entry(sample(...seals), "right, wrong"),
    entry(sample(...rules), ...lowered("h₁, h₂ switch", html)),
    html("li", { class: "bp-key" }, ramp(), html("span", {}, "output")),
  );
}

// What has come of it, in one line.
function headline(good, steps, found) {
  if (good === 4) return `All four cases are right after ${steps} steps`;
  const state = steps ? (found ? `, and stuck after ${steps} steps` : ` after ${steps} steps`) : ", before it learns";
  return `${good} of 4 cases right${state}`;
}

function numbers() {
  const columns = [["x1, x2"], ["h1", "forward"], ["h2", "forward"], ["output", "forward"], ["target"]];
  const names = CASES.map(([x1, x2]) => `${x1}, ${x2}`);
  const cases = liveTable("The four cases", columns, names);
  const weights = liveTable("Weights and biases", [["name"], ["value", "forward"], ["gradient", "backward"]], NAMES);
  const tables = html("div", { class: "bp-parts" }, cases.el, weights.el);
  const el = disclosure("Numbers", tables);
  function show(params, kind, grad) {
    if (!el.open) return;
    weights.show(params.map((w, k) => [number(w), `∂ ${number(grad[k])}`]));
    cases.show(
      seen(params, kind).map(({ hidden, p, t }) => [...hidden, p, t].map((v) => number(Number(v.toFixed(3)) + 0))),
    );
  }
  return { el, show };
}

function course() {
  const plot = chart({
    x: { label: "steps", min: 0, max: 200, apart: 80 },
    y: { label: "loss", min: 0, max: 1, apart: 45 },
    edge: { left: 44, right: 10, top: 24, bottom: 34 },
    label: "The loss after each step",
  });
  const [curve, now] = [plot.line("forward"), plot.dot("forward", 4)];
  function show(history) {
    const [from, to] = [history[0][0], history.at(-1)[0]];
    const max = Math.max(1, ...history.map(([, loss]) => loss));
    plot.range({ x: { min: from, max: Math.max(from + 200, to) }, y: { max } });
    curve.draw(history);
    now.move(...history.at(-1));
  }
  return { el: plot.el, arrange: plot.arrange, show };
}

export function picture() {
  const [net, plane, losses, table] = [network(), field(), course(), numbers()];
  const head = (...parts) => html("p", { class: "bp-head" }, ...parts);
  const cell = (name, ...inside) => html("div", { class: `bp-${name}` }, ...inside);
  const above = banner("bp-headline");
  const cells = [
    above.el,
    cell("left", head("The network"), net.el),
    cell("right", head("Its output for every input", ramp()), plane.el),
    cell("below", losses.el, mapKey()),
  ];
  const el = html("div", { class: "bp-picture bp-main" }, ...cells);
  let shown;

  function show(now) {
    shown = now;
    const { weights, kind, history } = now;
    const { grad } = gradient(weights, kind);
    const shades = survey(weights, kind);
    net.show(weights, grad, shades);
    plane.show(weights, kind, shades[2]);
    above.write([headline(right(weights, kind), history.at(-1)[0], obstacle(weights, kind))]);
    losses.show(history);
    table.show(weights, kind, grad);
  }
  function arrange(width) {
    const roomy = width >= 600;
    el.classList.toggle("bp-roomy", roomy);
    const side = roomy ? 340 : Math.min(194, Math.round(width * 0.56));
    plane.arrange(side);
    net.arrange(roomy ? width - side - 28 : width, roomy ? 232 : 112);
    losses.arrange(roomy ? 222 : width - side - 6, roomy ? 124 : 92);
    if (shown) show(shown); // lines in the field lie elsewhere now
  }
  const end = () => [net, plane].map((part) => part.end());
  return { el, table, show, arrange, end };
}
