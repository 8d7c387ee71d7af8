import { lowered, number, pretty, svg } from "./frame.js";

// A pair of axes to draw lines and points on; linear or logarithmic, redrawn for any width, in any range.

const EDGE = { left: 60, right: 18, top: 26, bottom: 40 }; // px around the plotting area, unless a chart has its own
const DECADES = [1, 2, 5, 10, 20, 50, 100, 200]; // between two ticks of a logarithmic axis

// Round numbers from low to high, about `count` of them; powers of ten, at round exponents, on a logarithmic axis.
export function ticks(low, high, count, log = false) {
  if (log) {
    const [first, last] = [Math.ceil(Math.log10(low) - 1e-9), Math.floor(Math.log10(high) + 1e-9)];
    const step = DECADES.find((n) => n >= (last - first) / count) ?? last - first;
    const round = Math.ceil(first / step) * step;
    return Array.from({ length: Math.floor((last - round) / step) + 1 }, (_, k) => 10 ** (round + k * step));
  }
  const rough = (high - low) / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].find((m) => m * power >= rough * 0.999) * power;
  const first = Math.ceil(low / step - 1e-9);
  return Array.from({ length: Math.floor(high / step + 1e-9) - first + 1 }, (_, k) => (first + k) * step);
}

const scaled = ({ min, max, log }, from, to) => {
  const at = log ? Math.log10 : Number;
  return (value) => from + ((at(value) - at(min)) / (at(max) - at(min))) * (to - from);
};

const plain = (value) => value >= 1e-3 && value <= 1e4;
const tickText = (value, power) => {
  if (!power || value === 1) return [number(Number(value.toPrecision(6)))];
  return ["10", svg("tspan", { dy: -5, class: "bp-sub" }, String(Math.round(Math.log10(value))).replace("-", "−"))];
};
// Each tick with its text: on one axis, all are written as powers of ten or none is.
function tickTexts({ min, max, log, bare }, count) {
  const values = ticks(min, max, count, log);
  const power = log && !values.every(plain);
  return values.map((value) => [value, bare ? null : tickText(value, power)]);
}

// Texts in `group`, {x, y, class, text: [strings and elements]}, of which only what has changed is written.
function pool(group) {
  const drawn = [];
  function show(texts) {
    for (const [k, { text, ...place }] of texts.entries()) {
      drawn[k] ??= { el: group.appendChild(svg("text", {})), was: {} };
      const { el, was } = drawn[k];
      for (const key in place) if (was[key] !== place[key]) el.setAttribute(key, place[key]);
      const said = text.map((part) => part.textContent ?? part).join("|");
      if (was.said !== said) el.replaceChildren(...text);
      drawn[k].was = { ...place, said };
    }
    for (const { el } of drawn.splice(texts.length)) el.remove();
  }
  return { show };
}

// axes: {x: {label, min, max, log, bare, apart}, y: the same, height, label, edge}; a label may be left out, a bare axis
// has lines and no numbers, and apart is how many px are from tick to tick. What it gives back:
//   el; arrange(width, height); range({x: {min, max}, y: {min, max}}): either may be left out;
//   line(kind), draw(points): a curve of the class bp-KIND; dot(kind, r), move(x, y); bar(kind), between(x1, y1, x2, y2);
//   place(x, y): pixels; at(px, py): numbers, on linear axes. Points that are not finite leave a gap.
export function chart({ x, y, height: tall = 240, label, edge: own = {} }) {
  const edge = { ...EDGE, ...own };
  let height = tall;
  const axes = { x: { ...x }, y: { ...y } };
  const rules = svg("path", {});
  const grid = svg("g", { class: "bp-grid", "aria-hidden": "true" }, rules);
  const labels = pool(grid);
  const clip = `bp-clip-${Math.random().toString(36).slice(2)}`;
  const window = svg("rect", {});
  const drawing = svg("g", { "clip-path": `url(#${clip})` });
  const above = svg("g");
  const definitions = svg("defs", {}, svg("clipPath", { id: clip }, window));
  const el = svg("svg", { class: "bp-chart", role: "img", "aria-label": label }, definitions, grid, drawing, above);
  const redraws = [];
  let width = 0;
  let [toX, toY] = [Number, Number];

  // The lines are one path, and texts are used again: while a knob moves, what is made anew is what a slow machine waits for.
  function axis() {
    const [right, bottom] = [width - edge.right, height - edge.bottom];
    const lines = [];
    const texts = [];
    for (const [value, text] of tickTexts(axes.x, width / (axes.x.apart ?? 110))) {
      const at = toX(value);
      lines.push(`M${at} ${edge.top}V${bottom}`);
      if (text) texts.push({ x: at, y: bottom + 16, class: "bp-tick-x", text });
    }
    for (const [value, text] of tickTexts(axes.y, height / (axes.y.apart ?? 55))) {
      const at = toY(value);
      lines.push(`M${edge.left} ${at}H${right}`);
      if (text) texts.push({ x: edge.left - 7, y: at + 4, class: "bp-tick-y", text });
    }
    const named = (label) => lowered(pretty(label), svg);
    if (axes.x.label) texts.push({ x: right, y: height - 5, class: "bp-label-x", text: named(axes.x.label) });
    const over = { x: 2, y: Math.max(11, edge.top - 12), class: "bp-label-y" }; // upright, at the top of its axis
    if (axes.y.label) texts.push({ ...over, text: named(axes.y.label) });
    rules.setAttribute("d", lines.join(""));
    labels.show(texts);
  }

  function redraw() {
    if (!width) return;
    toX = scaled(axes.x, edge.left, width - edge.right);
    toY = scaled(axes.y, height - edge.bottom, edge.top);
    axis();
    for (const again of redraws) again();
  }

  function arrange(wide, high = height) {
    [width, height] = [wide, high];
    const frame = { width, height, viewBox: `0 0 ${width} ${height}` };
    for (const key in frame) el.setAttribute(key, frame[key]);
    const inside = { x: edge.left, y: edge.top, width: width - edge.left - edge.right };
    for (const key in inside) window.setAttribute(key, inside[key]);
    window.setAttribute("height", height - edge.top - edge.bottom);
    redraw();
  }

  function range(given) {
    const before = JSON.stringify(axes);
    for (const key in given) Object.assign(axes[key], given[key]);
    if (JSON.stringify(axes) !== before) redraw(); // the axes are the dear part
  }

  // Pixels far outside the picture confuse some renderers; the clip hides them anyway.
  const near = (pixel) => Math.max(-1e4, Math.min(1e4, pixel)).toFixed(1);
  const place = (a, b) => [near(toX(a)), near(toY(b))];
  const at = (px, py) => {
    const back = ({ min, max }, from, to, pixel) => min + ((pixel - from) / (to - from)) * (max - min);
    return [back(axes.x, edge.left, width - edge.right, px), back(axes.y, height - edge.bottom, edge.top, py)];
  };
  const kept = (again) => {
    redraws.push(again);
    again();
  };

  function line(kind, within = drawing) {
    const path = svg("path", { class: `bp-line bp-${kind}` });
    within.append(path);
    let points = [];
    const trace = () => {
      let pen = "M";
      const steps = points.map(([a, b]) => {
        const [px, py] = [toX(a), toY(b)];
        if (!Number.isFinite(px) || !Number.isFinite(py)) {
          pen = "M";
          return "";
        }
        const step = `${pen}${near(px)} ${near(py)}`;
        pen = "L";
        return step;
      });
      const d = steps.join("");
      if (path.getAttribute("d") !== d) path.setAttribute("d", d);
    };
    kept(() => width && trace());
    const draw = (given) => {
      points = given;
      if (width) trace();
    };
    return { el: path, draw };
  }

  function dot(kind, r = 5) {
    const circle = svg("circle", { class: `bp-dot bp-${kind}`, r });
    above.append(circle);
    let spot = [NaN, NaN];
    const put = () => {
      const [px, py] = [toX(spot[0]), toY(spot[1])];
      const inside = px >= 0 && px <= width && py >= 0 && py <= height;
      circle.setAttribute("visibility", inside ? "visible" : "hidden");
      if (inside) circle.setAttribute("transform", `translate(${near(px)} ${near(py)})`);
    };
    kept(() => width && put());
    const move = (a, b) => {
      spot = [a, b];
      if (width) put();
    };
    return { el: circle, move };
  }

  function bar(kind) {
    const { el: path, draw } = line(kind, above);
    return {
      el: path,
      between: (x1, y1, x2, y2) =>
        draw([
          [x1, y1],
          [x2, y2],
        ]),
    };
  }

  return { el, arrange, range, line, dot, bar, place, at, axes };
}
