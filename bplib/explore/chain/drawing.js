import { lowered, number, pretty, put, svg } from "../_shared/frame.js";
import { called, scale, shown, singles } from "./rates.js";

// The picture of a chain, from left to right: the functions with their rates, and at each place two bars, one for the nudge
// on its way forward and one for the product on its way back. Its height never changes.

const LINE = { names: 12, rates: 28, y: 46, values: 74 }; // px, from the top
const LANE = { top: [100, 216], high: [98, 62], label: 15 }; // the answer is the first one
export const HEIGHT = 284;
const ROOM = { all: 46, some: 30 }; // px from place to place: every label fits, or functions in two rows
const BAR = { part: 0.6, widest: 46 };

const words = (x, y, kind, text = "", anchor = "middle") =>
  svg("text", { x: x.toFixed(1), y, class: `bp-${kind}`, "text-anchor": anchor }, ...lowered(text, svg));

const CAN_FLIP = /^(\*-|square|reciprocal|sin)/; // where a rate may be negative, whatever x is

// Where the places of a chain of `count` stages stand in a picture of this width.
function grid(count, width) {
  const pitch = Math.min((width - 2) / (count + 1), 150);
  const left = (width - pitch * (count + 1)) / 2;
  const place = (k) => left + pitch * (k + 0.5);
  const nearest = (px) => Math.max(0, Math.min(count, Math.round((px - left) / pitch - 0.5)));
  const every = Array.from({ length: count + 1 }, (_, k) => k);
  return { count, width, pitch, left, place, nearest, every };
}

// One lane of bars, on a zero line that stays where it is while x moves.
function lane(kind, row, { count, pitch, place }, signed) {
  const side = LANE.high[row] / (signed ? 2 : 1);
  const zero = Math.round(LANE.top[row] + side) + 0.5;
  const reach = side - LANE.label;
  const wide = Math.min(pitch * BAR.part, BAR.widest);
  const bars = svg("path", { class: `bp-bars bp-${kind}` });
  const ends = [place(0) - pitch / 2, place(count) + pitch / 2].map((x) => x.toFixed(1));
  const axis = svg("path", { class: "bp-zero", d: `M${ends[0]} ${zero}H${ends[1]}` });
  const labels = new Map();
  for (let k = 0; k <= count; k++) {
    if (pitch >= ROOM.all) labels.set(k, words(place(k), 0, "amount"));
    else if (k === 0) labels.set(k, words(place(k) - wide / 2, 0, "amount", "", "start"));
    else if (k === count) labels.set(k, words(place(k) + wide / 2, 0, "amount", "", "end"));
  }
  const bar = (k, tall) =>
    `M${(place(k) - wide / 2).toFixed(1)} ${zero}h${wide.toFixed(1)}v${(-tall).toFixed(1)}h${(-wide).toFixed(1)}z`;
  // grown(k): how much of a bar is there already, from 0 to 1.
  function paint(amounts, unit, grown) {
    const talls = amounts.map((amount, k) => {
      const size = amount && Number.isFinite(amount) ? Math.max(1, Math.min(1, Math.abs(amount) / unit) * reach) : 0;
      return size * grown(k) * (amount < 0 ? -1 : 1);
    });
    bars.setAttribute("d", talls.map((tall, k) => (tall ? bar(k, tall) : "")).join(""));
    for (const [k, label] of labels) {
      put(label, grown(k) === 1 ? number(amounts[k]) : "");
      label.setAttribute("y", (zero - talls[k] + (talls[k] < 0 ? 13 : -5)).toFixed(1));
    }
  }
  return { parts: [axis, bars, ...labels.values()], paint };
}

// The names of the functions, above the arrows: one for each, or one for all that are the same where there is no room.
function functions(stages, { pitch, place }) {
  const parts = [];
  let from = 0;
  for (const [k, [name, times]] of stages.entries()) {
    const [first, last] = [place(from), place(from + times)];
    const text = times > 1 ? `${shown(name)}, ${times} times` : shown(name);
    const each = pitch >= ROOM.all;
    const row = each || k % 2 === 0 || pitch < ROOM.some ? LINE.names : LINE.rates;
    const fits = each || pitch >= ROOM.some || last - first >= text.length * 6.5;
    if (each)
      for (let n = 0; n < times; n++)
        parts.push(words((place(from + n) + place(from + n + 1)) / 2, row, "function", shown(name)));
    else if (fits) parts.push(words((first + last) / 2, row, "function", text));
    if (!each && times > 1)
      parts.push(svg("path", { class: "bp-brace", d: `M${first} ${LINE.rates - 4}v-6H${last}v6` }));
    from += times;
  }
  return parts;
}

// The chain itself: places, arrows between them, and where they fit, the values and the rates.
function chainLine(stages, { count, pitch, place }) {
  const r = Math.max(2, Math.min(13, pitch * 0.3));
  const every = pitch >= ROOM.all;
  const last = count;
  const [values, rates, parts] = [new Map(), new Map(), []];
  for (let k = 0; k < count && pitch >= 8; k++) {
    const [from, to] = [place(k) + r + 1, place(k + 1) - r - 2];
    const head = Math.min(7, (to - from) / 1.5);
    parts.push(svg("path", { class: "bp-arrow", d: `M${from} ${LINE.y}H${to - head}` }));
    parts.push(
      svg("path", {
        class: "bp-head",
        d: `M${to - head} ${LINE.y - head * 0.6}L${to} ${LINE.y}L${to - head} ${LINE.y + head * 0.6}Z`,
      }),
    );
    if (every) rates.set(k, words((place(k) + place(k + 1)) / 2, LINE.rates, "rate"));
  }
  for (let k = 0; k <= count && pitch >= 8; k++) {
    parts.push(svg("circle", { class: "bp-place", cx: place(k), cy: LINE.y, r }));
    if (every || (r >= 8 && (k === 0 || k === last)))
      parts.push(words(place(k), LINE.y + 5, "name", pretty(called(k, last))));
    if (every) values.set(k, words(place(k), LINE.values, "value"));
  }
  if (!every) {
    values.set(0, words(place(0) - r, LINE.values, "value", "", "start"));
    values.set(last, words(place(last) + r, LINE.values, "value", "", "end"));
  }
  function fill(now) {
    for (const [k, text] of values) put(text, `${every ? "" : `${called(k, last)} = `}${number(now.values[k])}`);
    for (const [k, text] of rates) put(text, `${k === 0 || pitch >= 100 ? "rate " : ""}${number(now.rates[k])}`);
  }
  return { parts: [...parts, ...functions(stages, { pitch, place }), ...rates.values(), ...values.values()], fill };
}

// What the two lanes show, and where that is written.
function titles({ width, left }, order) {
  const [start, end] = [
    [left + 2, "start"],
    [width - left - 2, "end"],
  ];
  const all = {
    forward: ["the nudge, carried forward →", ...start],
    back: ["← the same from the other end: ∂y/∂v", ...end],
    front: ["∂v/∂x, the rates multiplied from the front →", ...start],
  };
  const write = ([text, x, anchor], kind, top) => words(x, top - 9, `title bp-${kind}`, text, anchor);
  return [write(all.forward, "forward", LANE.top[0]), write(all[order], "backward", LANE.top[1])];
}

// The drawing of a chain for a width, built once; `fill` takes new numbers, `reveal` shows them as far as they are told.
export function drawing({ stages, order }, width) {
  const all = singles(stages);
  const where = grid(all.length, width);
  const { place, pitch, count } = where;
  const signed = all.some(([name]) => CAN_FLIP.test(name));
  const [forward, backward] = ["forward", "backward"].map((kind, k) => lane(kind, k, where, signed));
  const line = chainLine(stages, where);
  const column = svg("rect", { class: "bp-column", y: LINE.y - 18, height: HEIGHT - LINE.y + 18, width: pitch });
  const guide = (k) => `M${place(k)} ${LINE.values + 6}V${HEIGHT - 2}`;
  const guides = svg("path", { class: "bp-guides", d: pitch < ROOM.some ? "" : where.every.map(guide).join("") });
  const pulse = svg("circle", { r: 6, cy: LINE.y });
  let [now, nudges, units] = [null, [], []];

  function fill(given, dx) {
    now = given;
    nudges = now.front.map((rate) => rate * dx);
    const most = (list, least) => scale(Math.max(...list.map(Math.abs).filter(Number.isFinite), least));
    units = [most(nudges, Math.abs(dx)), most(now[order], 1)];
    line.fill(now);
  }
  // The nudge up to place `forth`, of the product `steps` from its own end; `pulse`: which of them is on its way.
  function reveal({ forth, steps, pulse: way }) {
    const upTo = (far) => (k) => Math.max(0, Math.min(1, far - k + 1));
    const fromEnd = (k) => (order === "back" ? count - k : k);
    forward.paint(nudges, units[0], upTo(forth));
    backward.paint(now[order], units[1], (k) => upTo(steps)(fromEnd(k)));
    const at = Math.max(0, way === "backward" ? fromEnd(Math.max(0, steps)) : forth);
    pulse.setAttribute("class", `bp-pulse bp-${way}`);
    pulse.setAttribute("visibility", way ? "visible" : "hidden");
    pulse.setAttribute("cx", place(at).toFixed(1));
  }
  function mark(k) {
    column.setAttribute("visibility", k < 0 ? "hidden" : "visible");
    column.setAttribute("x", (place(Math.max(k, 0)) - pitch / 2).toFixed(1));
  }
  const parts = [column, guides, ...titles(where, order), ...forward.parts, ...backward.parts, ...line.parts, pulse];
  return { parts, fill, reveal, mark, nearest: where.nearest, count };
}
