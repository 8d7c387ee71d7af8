import { RULES, users } from "../_shared/engine.js";
import { WIDEST } from "../_shared/frame.js";

// Where the nodes of a graph stand and how its edges run: in columns and rows first, then in pixels. No DOM here.

// ---------- in columns and rows, before anyone knows the pixels ----------

// node -> the leaf that hangs above it: one that nobody else uses, where something else comes in from the left.
function hangers({ nodes }, uses) {
  const found = new Map();
  for (const [i, { parents }] of nodes.entries()) {
    const real = parents.filter((p) => nodes[p].op !== "const");
    const leaf = real.find((p) => nodes[p].op === "leaf" && uses[p].length === 1);
    if (real.length > 1 && leaf !== undefined) found.set(i, leaf);
  }
  return found;
}

function layersOf({ nodes }, uses) {
  const layer = [];
  nodes.forEach(({ op, parents }, i) => {
    layer[i] = RULES[op] ? 1 + Math.max(0, ...parents.map((p) => layer[p])) : 0;
  });
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
function places(graph) {
  const { nodes } = graph;
  const uses = users(graph);
  const [layer, above] = [layersOf(graph, uses), hangers(graph, uses)];
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
      if (above.get(i) === p) {
        spot.above = { node: p, near: [] };
        edges.push({ from: p, to: i, slot, hangs: true, stops: [spot.above, spot] });
        return;
      }
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
  const hanging = new Set(above.values());
  for (let i = nodes.length - 1; i >= 0; i--) if (nodes[i].op !== "const" && !hanging.has(i)) visit(i);
  return { spots: [...spots.values()], edges };
}

const reach = (spot) => (spot.node === undefined ? 0.35 : 0.5);
const apart = (a, b) => reach(a) + reach(b) + (b.above ? 1 : 0);

function columnsOf(spots) {
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
  return columns;
}

// {spots, edges, layers}: the operations keep to a straight spine, and leaves stand beside it or hang above.
export function layout(graph) {
  const { spots, edges } = places(graph);
  const columns = columnsOf(spots);
  const coarse = (s) => Math.round(s.wish * 2 + 0.3); // near ties keep the order of the formula
  for (let sweep = 0; sweep < 40; sweep++) {
    for (const column of sweep % 2 ? columns : columns.toReversed()) {
      for (const spot of column) {
        const total = spot.near.reduce((sum, s) => sum + s.weight, 0);
        spot.hold = spot.weight * total || 1; // what hangs on a spine of operations does not bend it
        spot.wish = total ? spot.near.reduce((sum, s) => sum + s.weight * s.row, 0) / total : 0;
      }
      if (sweep < 12) column.sort((a, b) => coarse(a) - coarse(b) || a.order - b.order);
      spread(column, apart);
    }
  }
  const hung = spots.flatMap(({ above, layer, row }) => (above ? [Object.assign(above, { layer, row: row - 1 })] : []));
  return { spots: [...spots, ...hung], edges, layers: columns.length };
}

// ---------- in pixels ----------

// Text never scales, so that it stays as large as it was set: a narrow page gets smaller boxes, in several lines.
const ROOMY = { wide: 76, high: 60, gap: 12, row: 86, pad: 8, lines: [18, 36, 53] };
const SMALL = { small: true, wide: 70, high: 50, gap: 12, row: 64, pad: 6, lines: [16, 31, 45] };
const LANE = { left: 10, right: 6, apart: 5, channel: 20, round: 6 }; // px, of edges that go on in the next line

// Which edges go on in the next line, for each line but the last: {edge, k}, from stop k to stop k + 1, and where they
// come among the others, `out` at the end of the line and `into` at the beginning of the next. From top to bottom.
function crossings({ edges, layers }, per) {
  const lines = Array.from({ length: Math.ceil(layers / per) - 1 }, () => []);
  for (const edge of edges)
    for (const [k, { layer }] of edge.stops.entries())
      if (k && !edge.hangs && layer % per === 0) lines[layer / per - 1].push({ edge, k: k - 1 });
  for (const line of lines)
    for (const [key, off] of Object.entries({ out: 0, into: 1 })) {
      const row = ({ edge, k }) => edge.stops[k + off].row;
      for (const [rank, one] of line.toSorted((a, b) => row(a) - row(b)).entries()) one[key] = rank;
    }
  return lines;
}

// As many columns a line as fit, and lines of about one length: {per, crossed, left, right, step}, in px but the first two.
function folded(plan, room, { wide, gap }) {
  for (let folds = 1; ; folds++) {
    const per = Math.ceil(plan.layers / folds);
    const crossed = crossings(plan, per);
    const lanes = Math.max(0, ...crossed.map((line) => line.length));
    const [left, right] = [LANE.left, LANE.right].map((side) => (lanes ? side + LANE.apart * (lanes - 1) : 0));
    const step = per > 1 ? (room - left - right - wide) / (per - 1) : wide;
    if (per === 1 || step >= wide + gap) return { per, crossed, left, right, step: Math.min(step, wide + 64) };
  }
}

// How the columns are told in lines, as text is: {box, lines, crossed, width, height}, and at(spot), in px.
export function measure(plan, width) {
  const box = width < 480 ? SMALL : ROOMY;
  const { per, crossed, left, right, step } = folded(plan, Math.min(width, WIDEST) - 2, box);
  const lineOf = ({ layer }) => Math.floor(layer / per);
  const lines = [];
  let bottom = 1 - LANE.channel;
  for (let line = 0; line <= crossed.length; line++) {
    const rows = plan.spots.filter((spot) => lineOf(spot) === line).map(({ row }) => row);
    const first = Math.min(...rows);
    const top = bottom + LANE.channel + LANE.apart * Math.max(0, (crossed[line - 1]?.length ?? 1) - 1);
    bottom = top + (Math.max(...rows) - first) * box.row + box.high;
    lines.push({ top, bottom, first });
  }
  const at = (spot) => {
    const { top, first } = lines[lineOf(spot)];
    return [1 + left + (spot.layer % per) * step, top + (spot.row - first) * box.row].map(Math.round);
  };
  const wide = 2 + left + right + step * (per - 1) + box.wide;
  return { box, lines, crossed, at, width: Math.round(wide), height: Math.round(bottom + 1) };
}

// A path through corners, with round ones.
function cornered(points) {
  const steps = points.slice(1, -1).map((corner, k) => {
    const near = (other) => {
      const long = Math.hypot(other[0] - corner[0], other[1] - corner[1]);
      const part = Math.min(LANE.round, long / 2) / (long || 1);
      return corner.map((c, axis) => c + (other[axis] - c) * part).join(" ");
    };
    return `L${near(points[k])}Q${corner.join(" ")} ${near(points[k + 2])}`;
  });
  return `L${points[0].join(" ")}${steps.join("")}L${points.at(-1).join(" ")}`;
}

// An arrowhead whose point is at [x, y] and that looks along [dx, dy].
const head = ([x, y], [dx, dy]) => {
  const [bx, by] = [x - 6 * dx, y - 6 * dy];
  return `M${bx - 4 * dy} ${by - 4 * dx}L${x} ${y}L${bx + 4 * dy} ${by + 4 * dx}Z`;
};

// Edges end in the middle of a box's side; of two that arrive at one box, each a little off to where it comes from.
function landing({ edges }, edge, { at }) {
  const slant = ({ stops }) => Math.max(-12, Math.min(12, (at(stops.at(-2))[1] - at(stops.at(-1))[1]) / 4));
  const rival = edges.find((e) => e.to === edge.to && e !== edge && !e.hangs);
  if (!rival) return 0;
  const [mine, other] = [slant(edge), slant(rival)];
  const push = Math.max(0, 14 - Math.abs(mine - other)) / 2;
  return mine + Math.sign(mine - other || edge.slot - rival.slot) * push;
}

// From the end of one line to the beginning of the next: edges nest, so that none crosses another.
function carriage({ lines, crossed }, edge, k, [from, to]) {
  const line = crossed.findIndex((list) => list.some((one) => one.edge === edge && one.k === k));
  const { out, into } = crossed[line].find((one) => one.edge === edge && one.k === k);
  const deep = LANE.apart * (crossed[line].length - 1 - out);
  const [x, y] = [from[0] + LANE.right - 2 + deep, lines[line].bottom + LANE.channel / 2 + deep];
  const z = to[0] - LANE.left - LANE.apart * into;
  return cornered([from, [x, from[1]], [x, y], [z, y], [z, to[1]], to]);
}

// How an edge is drawn: its line, and an arrowhead at either end.
export function route(plan, size, edge) {
  const { at, box } = size;
  const { stops, hangs } = edge;
  if (hangs) {
    const [[x, y], [, end]] = stops.map(at);
    const [from, to] = [
      [x + box.wide / 2, y + box.high],
      [x + box.wide / 2, end],
    ];
    return { line: `M${from.join(" ")}L${to.join(" ")}`, forth: head(to, [0, 1]), back: head(from, [0, -1]) };
  }
  const middle = (stop) => [at(stop)[0], at(stop)[1] + box.high / 2];
  const after = (stop) => [middle(stop)[0] + box.wide, middle(stop)[1]];
  const last = stops.length - 1;
  const end = [middle(stops[last])[0], middle(stops[last])[1] + landing(plan, edge, size)];
  const legs = stops.slice(1).map((stop, k) => {
    const [from, to] = [after(stops[k]), k + 1 === last ? end : middle(stop)];
    if (to[0] < from[0]) return carriage(size, edge, k, [from, to]);
    const half = (from[0] + to[0]) / 2;
    return `L${from.join(" ")}C${half} ${from[1]} ${half} ${to[1]} ${to.join(" ")}`;
  });
  const line = legs.join("").replace("L", "M");
  return { line, forth: head(end, [1, 0]), back: head(after(stops[0]), [-1, 0]) };
}
