// A surface seen from above: where it lies below a level, and which levels are worth naming.

import { ticks } from "./chart.js";

// What is no number, and a rim around the grid, counts as infinitely high; so every ring closes.
const heightIn = (grid) => (c, r) => {
  const value = grid[r]?.[c] ?? Infinity;
  return Number.isNaN(value) ? Infinity : value;
};

// The edges between neighbours of the grid that a level cuts: next.get(edge) is the other cut edge of the triangle on one
// side, ends.get(edge) its low end and its high end. At most one line cuts a triangle, so a saddle needs no special case.
function cuts(grid, level) {
  const [rows, columns, height] = [grid.length, grid[0].length, heightIn(grid)];
  const [next, ends] = [new Map(), new Map()];
  const place = ([c, r]) => (r + 1) * (columns + 2) + c + 1;
  const edge = (p, q) => [place(p), place(q)].sort((a, b) => a - b).join();
  const cut = (...corners) => {
    const low = corners.map(([c, r]) => height(c, r) < level);
    const out = low.findIndex((is, k) => is && !low[(k + 1) % 3]);
    if (out < 0) return;
    const into = low.findIndex((is, k) => !is && low[(k + 1) % 3]);
    const [p, q, r, s] = [out, out + 1, into, into + 1].map((k) => corners[k % 3]);
    next.set(edge(p, q), edge(r, s));
    ends.set(edge(p, q), [p, q]);
  };
  for (let r = -1; r < rows; r++) {
    for (let c = -1; c < columns; c++) {
      const [ne, sw] = [
        [c + 1, r],
        [c, r + 1],
      ];
      cut([c, r], ne, sw);
      cut([c + 1, r + 1], sw, ne);
    }
  }
  return { next, ends };
}

// Where a grid of numbers (rows of equal length) lies below a level: closed rings of [column, row], to be filled by the
// even-odd rule.
export function rings(grid, level) {
  const height = heightIn(grid);
  const { next, ends } = cuts(grid, level);
  const crossing = ([[c1, r1], [c2, r2]]) => {
    const part = (level - height(c1, r1)) / (height(c2, r2) - height(c1, r1)); // 0 towards the rim
    return [c1 + part * (c2 - c1), r1 + part * (r2 - r1)];
  };
  const found = [];
  while (next.size) {
    const ring = [];
    for (let at = next.keys().next().value; next.has(at); ) {
      const then = next.get(at);
      ring.push(crossing(ends.get(at)));
      next.delete(at);
      at = then;
    }
    found.push(ring);
  }
  return found;
}

// Round numbers between the lowest and the highest height, about `count`: 1, 2, 5, 10 and so on where the bottom is
// near 0 (steps are small there, and so are the distances that matter), else evenly spaced.
export function levels(lowest, highest, count = 9) {
  const within = (list) => list.filter((level) => level > lowest && level < highest);
  if (lowest < 0 || lowest * 20 > highest) return within(ticks(lowest, highest, count));
  const top = Math.floor(Math.log10(highest));
  const series = [0, 1, 2, 3].flatMap((down) => [5, 2, 1].map((m) => Number(`${m}e${top - down}`)));
  return within(series).slice(0, count).reverse();
}
