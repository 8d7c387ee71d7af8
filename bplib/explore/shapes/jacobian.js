// What nobody builds: the Jacobian, with a row for each entry of a result and a column for each entry of what it is made of.

import { html, lowered, number, pretty } from "../_shared/frame.js";

// ---------- MODEL ----------

// By "result/what it is made of": what the entries are that are not empty, and the product that does without the others.
export const PAIRS = {
  "Z1/X": { kind: "input", holds: "W1", product: "dZ₁ W₁ᵀ" },
  "Z1/W1": { kind: "weight", holds: "X", product: "Xᵀ dZ₁" },
  "A1/Z1": { kind: "relu", holds: "Z1", product: "dA₁ ⊙ [Z₁ > 0]" },
  "Z2/A1": { kind: "input", holds: "W2", product: "dZ₂ W₂ᵀ" },
  "Z2/W2": { kind: "weight", holds: "A1", product: "A₁ᵀ dZ₂" },
};

// Entry (i, k) of the result by entry (n, j) of the other; null where one never moves the other, whatever the numbers are.
const ENTRY = {
  input: (W, i, k, n, j) => (i === n ? W[j][k] : null),
  weight: (X, i, k, n, j) => (k === j ? X[i][n] : null),
  relu: (Z, i, k, n, j) => (i === n && k === j ? Number(Z[i][k] > 0) : null),
};
const places = (m) => m.flatMap((row, i) => row.map((_, j) => [i, j]));

// The rows of the Jacobian, both matrices read row by row.
export function jacobian(all, pair) {
  const [out, by] = pair.split("/");
  const { kind, holds } = PAIRS[pair];
  return places(all[out]).map(([i, k]) => places(all[by]).map(([n, j]) => ENTRY[kind](all[holds], i, k, n, j)));
}

const BIG = { N: 32, n: 784, m: 16 }; // the first layer of chapter 1's network, on a batch
const sizes = {
  input: ({ N, n, m }) => [N * m * N * n, n * m],
  weight: ({ N, n, m }) => [N * m * n * m, N * n],
  relu: ({ N, m }) => [(N * m) ** 2, N * m],
};

// Why nobody builds it.
export function unbuilt(all, pair) {
  const [out, by] = pair.split("/");
  const { kind, holds, product } = PAIRS[pair];
  const cells = jacobian(all, pair).flat();
  const empty = cells.filter((v) => v === null).length;
  const because = {
    input: `no example moves another one’s outputs; the rest is ${pretty(holds)}ᵀ, once for each example`,
    weight: `a weight moves only its own column of ${pretty(out)}; the rest is ${pretty(holds)}, once for each column`,
    relu: "each entry moves only its own; the rest is 1, or 0 for a dead unit",
  };
  const [large, small] = sizes[kind](BIG).map((n) => n.toLocaleString("en"));
  return [
    `${pretty(`d${by}`)} is ${pretty(`d${out}`)}, written as one row, times this matrix. `,
    `${empty} of its ${cells.length} entries are empty, since ${because[kind]}. `,
    `So nobody builds it: ${product} gives the same from ${all[holds].flat().length} numbers. `,
    `For 32 pictures of 784 pixels and 16 neurons it would have ${large} entries, where the product needs ${small}.`,
  ].join("");
}

// ---------- PICTURE ----------

const MOST = 12; // columns that have room for numbers

const header = (m, scope) => places(m).map(([i, j]) => html("th", { scope }, `${i},${j}`));

// An entry; lines stand between blocks of so many rows and columns.
function square(v, r, c, { high, wide, most, numbers }) {
  const sign = v !== null && (v < 0 ? "bp-minus" : "bp-plus");
  const kinds = [sign, r % high === 0 && "bp-upper", c % wide === 0 && "bp-start"].filter(Boolean).join(" ");
  const shade = v === null ? null : `--shade: ${Math.round(12 + (38 * Math.abs(v)) / most)}%`;
  const text = v === null || !numbers ? "" : number(Number(v.toFixed(2)));
  return html("td", { class: kinds || null, style: shade }, text);
}

function drawing(all, pair, spot) {
  const [out, by] = pair.split("/");
  const rows = jacobian(all, pair);
  const most = Math.max(...rows.flat().map((v) => Math.abs(v) || 0)) || 1;
  const numbers = rows[0].length <= MOST;
  const how = { high: all[out][0].length, wide: all[by][0].length, most, numbers };
  const heads = header(all[out], "row");
  const body = rows.map((row, r) => {
    const lit = spot.join() === [out, Math.floor(r / how.high), r % how.high].join();
    const squares = row.map((v, c) => square(v, r, c, how));
    return html("tr", { class: lit && "bp-lit" }, ...(numbers ? [heads[r]] : []), ...squares);
  });
  const columns = html("thead", {}, html("tr", {}, html("td"), ...header(all[by], "col")));
  const size = `${rows.length}\u00a0×\u00a0${rows[0].length}`;
  const caption = html("caption", {}, ...lowered(`∂${pretty(out)} / ∂${pretty(by)}: ${size}`, html));
  const inside = [caption, ...(numbers ? [columns] : []), html("tbody", {}, ...body)];
  return html("table", { class: numbers ? null : "bp-tiny" }, ...inside);
}

// {el, draw(all, pair, spot)}: the image, the row of the entry `spot` marked in it, and the sentence.
export function jacobianView() {
  const image = html("div", { class: "bp-image" });
  const words = html("p", { class: "bp-why" });
  const el = html("div", { class: "bp-jacobian" }, image, words);
  const draw = (all, pair, spot) => {
    image.replaceChildren(drawing(all, pair, spot));
    words.replaceChildren(...lowered(unbuilt(all, pair), html));
  };
  return { el, draw };
}
