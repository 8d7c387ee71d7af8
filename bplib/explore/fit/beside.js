import { chart } from "../_shared/chart.js";
import { html, lowered, number, pretty, put, svg } from "../_shared/frame.js";

// What stands beside the curves of `fit`: the change of the loss, the gradient, the loss after each step, the key.

export const rounded = (value) => number(Number(value.toPrecision(3)));

const LEDGER = { label: 78, number: 62, high: 58 }; // px

// The change of the loss, promised and brought, measured in the loss there was: more than all of it cannot go.
export function ledger() {
  const row = (kind, name, y) => {
    const parts = {
      name: svg("text", { x: 0, y: y + 12, class: `bp-${kind}` }, name),
      bar: svg("path", { class: `bp-${kind}` }),
      number: svg("text", { y: y + 12, class: `bp-${kind}`, "text-anchor": "end" }),
    };
    return { ...parts, y };
  };
  const rows = { promised: row("backward", "promised", 18), actual: row("forward", "happened", 38) };
  const zero = svg("path", { class: "bp-zero" });
  const all = svg("path", { class: "bp-all" });
  const words = [svg("text", { y: 11 }, "loss 0"), svg("text", { y: 11 }, "no change")];
  const parts = Object.values(rows).flatMap(({ name, bar, number }) => [bar, name, number]);
  const label = "The change of the loss: what the slopes promised, and what happened";
  const el = svg("svg", { class: "bp-ledger", role: "img", "aria-label": label, height: LEDGER.high }, ...words);
  el.append(...parts, zero, all);
  let at = Number;
  let ends = [0, 0];
  function arrange(width) {
    const [left, right] = [LEDGER.label, width - LEDGER.number];
    const middle = left + (right - left) * 0.68;
    const unit = (middle - left) / 2;
    at = (share) => middle + share * unit;
    ends = [left, right];
    for (const [key, value] of Object.entries({ width, viewBox: `0 0 ${width} ${LEDGER.high}` }))
      el.setAttribute(key, value);
    for (const [mark, share] of [
      [all, -1],
      [zero, 0],
    ])
      mark.setAttribute("d", `M${at(share)} 15V${LEDGER.high}`);
    for (const [k, word] of words.entries()) word.setAttribute("x", at(k - 1));
    for (const { number } of Object.values(rows)) number.setAttribute("x", width);
  }
  // A bar that would leave the picture ends in a point.
  function fill({ bar, number, y }, change, loss) {
    put(number, change === null ? "?" : rounded(change));
    const to = at(Math.max(-1e3, Math.min(1e3, (change ?? 0) / (loss || 1))));
    const end = Math.max(ends[0], Math.min(ends[1], to));
    const tip = end === to ? 0 : Math.sign(to - end) * 7;
    bar.setAttribute("d", `M${at(0)} ${y}H${end - tip}L${end} ${y + 8}L${end - tip} ${y + 16}H${at(0)}Z`);
    if (!tip) bar.setAttribute("d", `M${at(0)} ${y}H${end}V${y + 16}H${at(0)}Z`);
  }
  function draw(loss, promised, actual) {
    fill(rows.promised, promised, loss);
    fill(rows.actual, actual, loss);
  }
  return { el, arrange, draw };
}

const BARS = { high: 136, foot: 36, head: 18 }; // px

// A bar for each parameter's slope. The scale grows when it must, so that one sees the gradient shrink.
export function slopes(names) {
  const bars = names.map((name) => ({
    bar: svg("path", { class: "bp-backward" }),
    name: svg("text", { y: BARS.high - 4, "text-anchor": "middle", class: "bp-var" }, ...lowered(pretty(name), svg)),
    number: svg("text", { "text-anchor": "middle", class: "bp-backward" }),
  }));
  const zero = svg("path", { class: "bp-zero" });
  const parts = bars.flatMap(({ bar, name, number }) => [bar, name, number]);
  const label = `The gradient of the loss for each parameter: ${names.map(pretty).join(", ")}`;
  const el = svg("svg", { class: "bp-slopes", role: "img", "aria-label": label, height: BARS.high }, zero, ...parts);
  const middle = (BARS.high - BARS.foot + BARS.head) / 2;
  const half = (BARS.high - BARS.foot - BARS.head) / 2 - 2;
  let [gap, most] = [0, 0];
  function arrange(width) {
    gap = Math.min(width / names.length, 72);
    for (const [key, value] of Object.entries({ width, viewBox: `0 0 ${width} ${BARS.high}` }))
      el.setAttribute(key, value);
    zero.setAttribute("d", `M0 ${middle}H${gap * names.length}`);
    for (const [k, { name, number }] of bars.entries())
      for (const text of [name, number]) text.setAttribute("x", gap * (k + 0.5));
  }
  function draw(grad, holds) {
    most = Math.max(most, ...grad.map(Math.abs));
    for (const [k, { bar, number }] of bars.entries()) {
      const long = (-grad[k] / (most || 1)) * half;
      const [left, right] = [gap * (k + 0.5) - Math.min(11, gap * 0.3), gap * (k + 0.5) + Math.min(11, gap * 0.3)];
      bar.setAttribute("d", `M${left} ${middle}V${middle + long}H${right}V${middle}Z`);
      bar.classList.toggle("bp-unmoved", holds[k]);
      if (names.length <= 4) put(number, `∂ ${rounded(grad[k])}`);
      number.setAttribute("y", grad[k] >= 0 ? middle + long - 5 : middle + long + 13);
    }
  }
  const forget = () => (most = 0);
  return { el, arrange, draw, forget };
}

export function key() {
  const sign = (shape) => svg("svg", { width: 24, height: 12, "aria-hidden": "true" }, shape);
  const line = (kind, d = "M1 6H23") => sign(svg("path", { class: `bp-line bp-${kind}`, d }));
  const named = [
    ["data", sign(svg("circle", { class: "bp-dot", cx: 12, cy: 6, r: 5 }))],
    ["model", line("forward")],
    ["before the step", line("before")],
    ["push", line("push", "M12 12V2M7.5 6.5L12 1.5L16.5 6.5")],
  ];
  return html("p", { class: "bp-key" }, ...named.map(([name, mark]) => html("span", {}, mark, ` ${name}`)));
}

// The loss after each step.
export function course() {
  const label = "The loss after each step, on a logarithmic scale";
  const axes = { x: { label: "step", min: 0, max: 10 }, y: { label: "loss", min: 0.01, max: 1, log: true }, label };
  const { el, line, dot, range, arrange } = chart(axes);
  const [track, last] = [line("forward"), dot("forward", 4)];
  function draw(history) {
    const seen = history.map(([k, loss]) => [k, Math.max(loss, 1e-12)]);
    const powers = seen.map(([, loss]) => Math.log10(loss));
    const [low, high] = [Math.floor(Math.min(...powers) - 0.05), Math.ceil(Math.max(...powers) + 0.05)];
    range({ x: { max: Math.max(10, seen.at(-1)[0]) }, y: { min: 10 ** low, max: 10 ** high } });
    track.draw(seen);
    last.move(...seen.at(-1));
  }
  return { el, draw, arrange };
}
