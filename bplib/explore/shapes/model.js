import { number, pretty } from "../_shared/frame.js";

// MODEL: a two-layer network forward and backward, what its equations are, and what is said to a choice. Matrices are lists
// of rows; a bias is one row.

export const LEAVES = ["X", "W1", "b1", "W2", "b2", "T"];
export const shape = (m) => `${m.length}\u00a0×\u00a0${m[0].length}`; // never broken between two lines
const turned = (m) => m[0].map((_, j) => m.map((row) => row[j]));
export const each = (a, f) => a.map((row, i) => row.map((v, j) => f(v, i, j)));
const sum = (numbers) => numbers.reduce((total, v) => total + v, 0);
const columns = (m) => [turned(m).map(sum)];

// null where the columns of a do not meet as many rows of b
export function times(a, b) {
  if (a[0].length !== b.length) return null;
  return a.map((row) => b[0].map((_, j) => sum(row.map((v, k) => v * b[k][j]))));
}

// name -> [what the sum of squares is multiplied by, how its slope says that], for N examples and K outputs
export const LOSSES = {
  mean: (N, K) => [1 / (N * K), `2/${N * K}`],
  "half mean": (N) => [1 / (2 * N), `1/${N}`],
  sum: () => [1, "2"],
};
const share = ({ T }, loss) => LOSSES[loss](T.length, T[0].length);

// A factor is [name, is it turned?]; "X" with a raised T when it is.
export const factor = (all, [name, turn]) => (turn ? turned(all[name]) : all[name]);
export const title = ([name, turn]) => pretty(name) + (turn ? "ᵀ" : "");
const pair = (a, b) => {
  const make = (all) => times(factor(all, a), factor(all, b));
  return { label: `${title(a)} ${title(b)}`, factors: [a, b], make };
};

function affine(result, x, w, b) {
  const make = (all) => each(times(all[x], all[w]), (v, _, j) => v + all[b][0][j]);
  const label = `${title([x])} ${title([w])} + ${title([b])}`;
  return { result, way: "forward", label, factors: [[x], [w]], plus: b, uses: [x, w, b], make };
}
const backward = (result, uses, right, ...wrong) => ({
  ...{ result, way: "backward", uses },
  ...right,
  choices: [right, ...wrong],
});
const toWeights = (result, x, dz) =>
  backward(result, [x, dz], pair([x, true], [dz]), pair([dz, true], [x]), pair([x], [dz]), pair([dz], [x, true]));
const toInput = (result, dz, w) =>
  backward(result, [dz, w], pair([dz], [w, true]), pair([dz], [w]), pair([w], [dz]), pair([w, true], [dz, true]));
function toBias(result, dz) {
  const said = (what, short) => ({ label: `the ${what} of ${title([dz])}`, short });
  return backward(
    result,
    [dz],
    { ...said("sum of each column", "column sums"), sums: dz, make: (all) => columns(all[dz]) },
    { ...said("sum of each row", "row sums"), make: (all) => turned(columns(turned(all[dz]))) },
    {
      ...said("mean of each column", "column means"),
      make: (all) => each(columns(all[dz]), (v) => v / all[dz].length),
    },
  );
}

const masked = (all) => each(all.dA1, (v, i, j) => (all.Z1[i][j] > 0 ? v : 0));
const errors = (all, c = 1) => each(all.Z2, (v, i, j) => c * (v - all.T[i][j]));

// The equations in the order of calculation: what each gives, how, and which wrong ones look as good.
export function equations(given, loss) {
  const [part, text] = share(given, loss);
  const slope = 2 * part;
  const squares = (all) => [
    [
      part *
        sum(
          errors(all)
            .flat()
            .map((e) => e * e),
        ),
    ],
  ];
  const relu = (all) => each(all.Z1, (v) => (v > 0 ? v : v <= 0 ? 0 : NaN));
  return [
    affine("Z1", "X", "W1", "b1"),
    { result: "A1", way: "forward", label: "relu(Z₁)", uses: ["Z1"], make: relu },
    affine("Z2", "A1", "W2", "b2"),
    { result: "L", way: "forward", label: `the ${loss} of the squared errors`, uses: ["Z2", "T"], make: squares },
    backward(
      "dZ2",
      ["Z2", "T"],
      { label: `${text} (Z₂ − T)`, make: (all) => errors(all, slope) },
      { label: `${text} (T − Z₂)`, make: (all) => errors(all, -slope) },
      { label: "(Z₂ − T)²", make: (all) => each(errors(all), (e) => e * e) },
    ),
    toWeights("dW2", "A1", "dZ2"),
    toBias("db2", "dZ2"),
    toInput("dA1", "dZ2", "W2"),
    backward(
      "dZ1",
      ["dA1", "Z1"],
      { label: "dA₁ ⊙ [Z₁ > 0]", make: masked },
      { label: "dA₁", make: (all) => all.dA1 },
      { label: "dA₁ ⊙ A₁", make: (all) => each(all.dA1, (v, i, j) => v * all.A1[i][j]) },
      { label: "dA₁ ⊙ [dA₁ > 0]", make: (all) => each(all.dA1, (v) => Math.max(v, 0)) },
    ),
    toWeights("dW1", "X", "dZ1"),
    toBias("db1", "dZ1"),
    toInput("dX", "dZ1", "W1"),
  ];
}

// Every matrix of both passes, by name.
export function passes(given, loss) {
  const all = { ...given };
  for (const { result, make } of equations(given, loss)) all[result] = make(all);
  return all;
}

// The slope for one entry of a leaf without any backward pass: the loss with it a little higher, and a little lower.
export function nudged(given, loss, name, i, j, h = 1e-5) {
  const [up, down] = [h, -h].map((by) => {
    const moved = each(given[name], (v, r, c) => (r === i && c === j ? v + by : v));
    return passes({ ...given, [name]: moved }, loss).L[0][0];
  });
  return (up - down) / (2 * h);
}

const wrap = (value) => (value < 0 ? `(${number(value)})` : number(value));
export const entry = (name, i, j, m) => (m.length === 1 ? `${pretty(name)}[${j}]` : `${pretty(name)}[${i}, ${j}]`);

// What to say to a choice that is not the right one.
export function verdict(all, given, loss, step, label) {
  const { result, choices } = step;
  const { make, factors } = choices.find((one) => one.label === label);
  const got = make(all);
  const [want, like] = [all[result], result.slice(1)];
  if (!got) {
    const [a, b] = factors.map((one) => factor(all, one));
    const met = `${title(factors[0])} is ${shape(a)} and ${title(factors[1])} is ${shape(b)}`;
    return `These shapes do not fit: ${met}, and ${a[0].length} columns cannot meet ${b.length} rows.`;
  }
  if (shape(got) !== shape(want)) {
    const needs = `${pretty(result)} must be ${shape(want)}, like ${pretty(like)}`;
    return `That can be calculated and gives ${shape(got)}, but ${needs}.`;
  }
  const spots = want.flatMap((row, i) => row.map((_, j) => [i, j]));
  const wrong = spots.find(([i, j]) => !(Math.abs(got[i][j] - want[i][j]) <= 1e-9));
  if (!wrong) return "The same numbers, but by accident: with others it would be wrong.";
  const [i, j] = wrong;
  const nudge = given[like] ? nudged(given, loss, like, i, j) : NaN; // on a kink it says something else
  const judge =
    Math.abs(nudge - want[i][j]) <= 1e-4 * Math.max(1, Math.abs(want[i][j]))
      ? `nudging ${entry(like, i, j, given[like])} says ${number(nudge)}`
      : `it should be ${number(want[i][j])}`;
  const weights = factors && [like, ...factors.map(([name]) => name)].find((name) => name[0] === "W");
  const square = weights ? ` ${pretty(weights)} is square, so the shapes could not tell.` : "";
  const out = `${entry(result, i, j, want)} comes out as ${number(got[i][j])}, and ${judge}`;
  return `It fits and has the right shape, but the numbers are wrong: ${out}.${square}`;
}

// How one entry of a result comes about: "1 × (−0.6) + 0.5 × 0 = −0.6".
export function spell(all, loss, step, i, j) {
  const { result, way, factors, plus, sums } = step;
  const out = all[result];
  const terms = () => {
    if (factors) {
      const [a, b] = factors.map((one) => factor(all, one));
      const products = a[i].map((v, k) => `${k ? wrap(v) : number(v)} × ${wrap(b[k][j])}`);
      return [...products, ...(plus ? [wrap(all[plus][0][j])] : [])].join(" + ");
    }
    if (sums) return all[sums].map((row, k) => (k ? wrap(row[j]) : number(row[j]))).join(" + ");
    if (result === "A1") return `max(0, ${number(all.Z1[i][j])})`;
    if (result === "dZ2") return `${share(all, loss)[1]} × (${number(all.Z2[i][j])} − ${wrap(all.T[i][j])})`;
    if (result === "dZ1") return `${number(all.dA1[i][j])} × ${all.Z1[i][j] > 0 ? 1 : 0}`;
    const squares = errors(all)
      .flat()
      .map((e) => `${wrap(e)}²`);
    return `${number(share(all, loss)[0])} × (${squares.join(" + ")})`;
  };
  const name = result === "L" ? "L" : entry(result, i, j, out);
  return [`${name} = ${terms()} = `, [way, number(out[i][j])], ".", ...remark(all, step, i, j)];
}

function remark(all, { result, factors, sums }, i, j) {
  if (["A1", "dZ1"].includes(result) && all.Z1[i][j] <= 0) {
    const then = result === "A1" ? "gives 0" : "passes nothing back";
    return [` Z₁[${i}, ${j}] = ${number(all.Z1[i][j])}: for example ${i}, unit ${j} is dead and ${then}.`];
  }
  if (factors) return [` Row ${i} of ${title(factors[0])} meets column ${j} of ${title(factors[1])}.`];
  return sums ? [` Every example used this bias, so column ${j} of ${title([sums])} adds up.`] : [];
}

export const ask = (all, { result }) =>
  `${pretty(result)} has the shape of ${pretty(result.slice(1))}, ${shape(all[result])}. How is it calculated?`;

// An entry that is there, whatever the shapes are.
export const inside = (all, [name, i, j]) => [
  name,
  Math.min(i, all[name].length - 1),
  Math.min(j, all[name][0].length - 1),
];

// How the shapes of a step fit together, in parts as in `sentence`: what meets is of the kind "meet", what does not "clash".
export function fit(
  all,
  { result, uses, factors, plus, sums },
  made = factors ? times(...factors.map((f) => factor(all, f))) : all[result],
) {
  const want = all[result];
  const end = made && ` → ${shape(made)}${shape(made) === shape(want) ? "" : `, not ${shape(want)}`}`;
  if (factors) {
    const [a, b] = factors.map((f) => factor(all, f));
    const kind = made ? "meet" : "clash";
    const inner = [
      `${a.length}\u00a0×\u00a0`,
      [kind, String(a[0].length)],
      "  ·  ",
      [kind, String(b.length)],
      `\u00a0×\u00a0${b[0].length}`,
    ];
    if (!made) return [...inner, `   ${a[0].length} is not ${b.length}`];
    return [...inner, plus ? `  +  ${shape(all[plus])}` : "", ` ${end}`];
  }
  if (sums) return [`${shape(all[sums])} ${end}, a sum for each column`];
  return [`${uses.map((name) => shape(all[name])).join("  and  ")} ${end}`];
}
