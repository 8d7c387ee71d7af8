import { byName, describeRaw, entryOf, isMapping, isOpen, numberIn, problemWith, unknownName } from "./answers.js";
import { pyFmt, pyTuple } from "./python.js";
import {
  asked,
  credit,
  inSentence,
  mistakesIn,
  onceEach,
  refused,
  rightly,
  slugsOf,
  story,
  together,
  UNANSWERED,
} from "./verdict.js";

// Answers that are arrays, or only their shapes, as in checking/arrays.py. A grid is {shape, cells}.

const MOST_SAID = 3; // explanations that are all said

export const sameShape = (a, b) => a.shape.length === b.shape.length && a.shape.every((n, k) => n === b.shape[k]);

// The array that a raw form stands for; null if it is none: ragged, or not all numbers.
function gridIn(raw) {
  if (!Array.isArray(raw)) {
    const number = numberIn(raw);
    return number === null ? null : { shape: [], cells: [number] };
  }
  const parts = raw.map(gridIn);
  if (parts.includes(null) || parts.some((part) => !sameShape(part, parts[0]))) return null;
  return { shape: [parts.length, ...(parts[0]?.shape ?? [])], cells: parts.flatMap(({ cells }) => cells) };
}

function transposed({ shape, cells }) {
  if (shape.length !== 2) return { shape, cells };
  const [n, m] = shape;
  return { shape: [m, n], cells: cells.map((_, k) => cells[(k % n) * m + Math.floor(k / n)]) };
}

// The index of number k, as it is written behind a name: [0, 1].
function placeIn({ shape }, k) {
  let rest = k;
  const index = shape.map(() => 0);
  for (let axis = shape.length - 1; axis >= 0; axis -= 1) {
    index[axis] = rest % shape[axis];
    rest = Math.floor(rest / shape[axis]);
  }
  return shape.length ? `[${index.join(", ")}]` : "";
}

function nearGrid(a, b, tolerance) {
  if (!sameShape(a, b)) return false;
  const widest = Math.max(0, ...tolerance);
  const width = (k) => (tolerance.length === a.cells.length ? tolerance[k] : widest);
  return a.cells.every((x, k) => Object.is(x, b.cells[k]) || Math.abs(x - b.cells[k]) <= width(k));
}

const alike = (a, b, tolerances) => Object.keys(a).every((name) => nearGrid(a[name], b[name], tolerances[name]));

// ---------- the kit ----------

const opened = (arrays) =>
  Object.fromEntries(
    Object.entries(arrays).map(([name, [shape, cells]]) => [name, { shape, cells: cells.map(Number) }]),
  );

// What an answer is compared with; an array that a slip leaves right is not in the kit.
function knownIn(kit) {
  const [want, mistakes] = [opened(kit.want), mistakesIn(kit)];
  const wrong = kit.wrong.map(([m, arrays]) => ({ mistake: mistakes[m], gives: { ...want, ...opened(arrays) } }));
  return { kit, want, mistakes, wrong, tolerances: kit.tolerance, outputs: kit.outputs };
}

export function judgeArrays(kit, raw) {
  const { got, refusal } = arraysIn(raw, kit.outputs);
  if (!got) return refusal;
  const known = knownIn(kit);
  const { want, tolerances, outputs } = known;
  const hits = outputs.map((name) => got[name] !== null && nearGrid(got[name], want[name], tolerances[name]));
  const whole = !Object.values(got).includes(null);
  if (!hits.every(Boolean) && whole)
    for (const [note, other] of kit.alternatives)
      if (alike(got, { ...want, ...opened(other) }, tolerances)) return rightly(kit.points, ` ${note}`);
  const open = outputs.filter((name) => got[name] === null);
  const lead = credit(kit.points, hits, open, refusal);
  if (!lead.counts_as_try) return lead;
  const wrong = outputs.filter((name, k) => got[name] !== null && !hits[k]);
  const { hints, slips } = arraysHelp(wrong, got, known);
  const first = outputs.length === 1 && slips.length ? 1 : 0; // the question comes first: where to look says nothing
  return { ...lead, hints: hints.slice(first), slips };
}

// {got: the arrays by name (null: left open, or no array), refusal}; no arrays if nothing can be read.
function arraysIn(raw, outputs) {
  const inside = byName(raw, outputs);
  const wanted = `Expected ${inSentence(outputs)}, `;
  if (!inside) {
    const got = Array.isArray(raw) ? `${raw.length} things` : describeRaw(raw);
    return { refusal: refused(`${wanted}as a dict or in this order; got ${got}.`) };
  }
  const unknown = unknownName(inside, outputs);
  if (unknown) return { refusal: refused(`${wanted}by these names; there is no ${unknown} among them.`) };
  const closed = outputs.filter((name) => !isOpen(entryOf(inside, name)));
  const got = Object.fromEntries(outputs.map((name) => [name, closed.includes(name) ? gridIn(inside[name]) : null]));
  const bad = closed.find((name) => got[name] === null);
  if (bad) return { got, refusal: refused(noArray(bad, inside[bad])) };
  return closed.length ? { got } : { refusal: UNANSWERED };
}

function noArray(name, raw) {
  if (isMapping(raw) && !("named" in raw))
    return problemWith(raw, name).replaceAll("one real number", "an array of real numbers");
  const odd = oddIn(raw);
  if (odd.length) return `${name} should hold numbers only; somewhere in it is ${describeRaw(odd[0])}.`;
  return `${name} should be an array of numbers; its rows differ in length, or are not rows.`;
}

// Whatever in a nested list is no number.
const oddIn = (raw) => (Array.isArray(raw) ? raw.flatMap(oddIn) : numberIn(raw) === null ? [raw] : []);

// ---------- help for a wrong one ----------

const only = (arrays, names) => Object.fromEntries(names.map((name) => [name, arrays[name]]));

function arraysHelp(wrong, got, known) {
  const { kit, want, tolerances, outputs, mistakes } = known;
  const [first] = wrong;
  const given = outputs.filter((name) => got[name] !== null);
  const before = given.filter((name) => !wrong.includes(name));
  const look = `Look at ${first} first${before.length ? `: ${before[0]} is right` : ""}.`;
  const answered = only(got, given);
  const giving = (arrays) => known.wrong.filter(({ gives }) => alike(arrays, gives, tolerances)).map((w) => w.mistake);
  const whole = giving(answered);
  if (given.length <= 4 && exchangedNames(answered, known)) whole.push(mistakes[kit.other_order]);
  let part = before.length ? giving(only(got, wrong)) : [];
  let places = wrong;
  const turned = !whole.length && !part.length && reshaped(first, got[first], known);
  if (turned) [part, places] = [[turned], [first]];
  const called = new Map(kit.partly.map(([m, other]) => [mistakes[m], mistakes[other]]));
  const said = toldOnce(whole.length ? whole : part.map((m) => called.get(m) ?? m));
  if (said.length) {
    const begin = whole.length ? "This" : `In ${inSentence(places)} this`;
    return {
      hints: [look, asked(said), `${begin} is what you get if ${story(said)}`],
      slips: said.map((m) => m.slug),
    };
  }
  const where = difference(first, got[first], want[first], tolerances[first]);
  const pairs = pairsGiving(answered, known);
  const count = outputs.length === 1 && where.startsWith("Your count");
  if (!pairs.length && count)
    return { hints: [`Your count of ${first} is too ${where.split(" ").at(-1)}`, where], slips: [] };
  if (!pairs.length) return { hints: [look, where], slips: [] };
  return { hints: [look, where, pairs.map(together).join(" Or: ")], slips: slugsOf(pairs.flat()) };
}

// Those that are said: each sentence once, and not too many.
const toldOnce = (mistakes) => onceEach(mistakes, ({ says }) => says).slice(0, MOST_SAID);

// How an array differs from the one wanted, as a sentence: in its shape, by a factor, or most of all where.
function difference(label, got, want, tolerance) {
  if (!sameShape(got, want)) {
    const says = `${label}: expected shape ${pyTuple(want.shape)}, got ${pyTuple(got.shape)}`;
    const turned = transposed(got);
    if (got.shape.length !== 2 || !sameShape(turned, want)) return `${says}.`;
    return `${says}: its transpose is ${nearGrid(turned, want, tolerance) ? "right" : "not right either"}.`;
  }
  const gaps = got.cells.map((x, k) => Math.abs(x - want.cells[k]));
  const bad = gaps.findIndex((gap) => !Number.isFinite(gap));
  if (bad >= 0) return `${label}${placeIn(got, bad)} is not a finite number. Was something divided by zero?`;
  if (gaps.length > 1 && nearGrid(transposed(got), want, tolerance))
    return `${label} is right, but for rows and columns: it is the transpose of what is wanted.`;
  const factor = commonFactor(got, want, tolerance);
  if (factor !== null) return `${label} ${timesSaid(factor)}.`;
  const whole = want.cells[0] !== 0 && Number.isInteger(want.cells[0]); // a gradient of 0 is no count
  if (!want.shape.length && whole && Math.max(...tolerance) < 1)
    return `Your count of ${label} is ${pyFmt(gaps[0], 3)} too ${got.cells[0] > want.cells[0] ? "large" : "small"}.`;
  const worst = gaps.indexOf(Math.max(...gaps));
  const most = gaps.length > 1 ? " differs most: it" : "";
  return `${label}${placeIn(got, worst)}${most} is off by ${pyFmt(gaps[worst], 3)}.`;
}

// The factor between what was got and what was wanted, where at least so many numbers agree on it; null if there is none.
function commonFactor(got, want, tolerance, least = 2) {
  if (!sameShape(got, want)) return null;
  const ratios = [];
  for (const [k, y] of want.cells.entries()) {
    if (Math.abs(y) > tolerance[k]) ratios.push(got.cells[k] / y);
    else if (!(Math.abs(got.cells[k]) <= tolerance[k])) return null;
  }
  if (ratios.length < least) return null;
  const factor = ratios.reduce((sum, ratio) => sum + ratio, 0) / ratios.length;
  const agree = ratios.every((ratio) => Math.abs(ratio - factor) <= 0.005 * Math.abs(factor));
  return agree && Math.abs(factor) > 0.005 && Math.abs(factor - 1) > 0.005 ? factor : null;
}

function timesSaid(factor) {
  if (Math.abs(factor + 1) < 0.005) return "has the right size and the wrong sign";
  return `is ${pyFmt(factor, Math.abs(factor) >= 0.1 ? 2 : 4)} times what it should be`;
}

// The right numbers in another shape: as rows for columns, with an axis too many, or not yet summed.
function reshaped(label, got, { kit, want, tolerances, mistakes }) {
  const [wanted, tolerance] = [want[label], tolerances[label]];
  const same = sameShape(got, wanted);
  if (same && new Set(wanted.shape).size > 1) return null;
  const flat = got.cells.length === wanted.cells.length && got.shape.length !== wanted.shape.length;
  const ways = [transposed(got), flat ? { shape: wanted.shape, cells: got.cells } : got, summedRows(got)];
  const way = ways.findIndex((other) => nearGrid(other, wanted, tolerance));
  if (way < 0) return null;
  const mistake = mistakes[kit.reshaped[label][way]];
  const shapes = same ? "" : `: expected shape ${pyTuple(wanted.shape)}, got ${pyTuple(got.shape)}`;
  return { ...mistake, says: mistake.says + shapes };
}

function summedRows({ shape, cells }) {
  if (shape.length !== 2) return { shape, cells };
  const [n, m] = shape;
  const sums = Array(m).fill(0);
  for (let k = 0; k < n * m; k += 1) sums[k % m] += cells[k];
  return { shape: [m], cells: sums };
}

// Whether these are the right arrays under each other's names.
function exchangedNames(got, { want, tolerances, outputs }) {
  if (Object.keys(got).length !== outputs.length) return false;
  const orders = (left) =>
    left.length
      ? left.flatMap((one) => orders(left.filter((name) => name !== one)).map((rest) => [one, ...rest]))
      : [[]];
  const fits = (order) => outputs.every((name, k) => nearGrid(got[name], want[order[k]], tolerances[order[k]]));
  return orders(outputs).some((order) => order.some((name, k) => name !== outputs[k]) && fits(order));
}

// ---------- two slips at once ----------

// The pairs of slips that give this answer together, each once, if they are few; none for one small number.
function pairsGiving(got, { want, tolerances, wrong }) {
  const names = Object.keys(want);
  if (names.reduce((count, name) => count + (got[name]?.cells.length ?? 0), 0) < 2) return [];
  const singles = wrong
    .filter(({ mistake }) => !mistake.slug.includes("+"))
    .map(({ mistake, gives }) => ({
      mistake,
      gives,
      parts: names.map((name) => partOf(gives[name], want[name], tolerances[name])),
    }));
  const found = new Map();
  for (const [i, one] of singles.entries())
    for (const other of singles.slice(i + 1)) {
      if (one.mistake.says === other.mistake.says || !givesBoth(one, other, got, names, want, tolerances)) continue;
      const key = [one, other]
        .map(({ mistake }) => mistake.place)
        .sort()
        .join();
      if (!found.has(key)) found.set(key, [one.mistake, other.mistake]);
    }
  return found.size <= MOST_SAID ? [...found.values()] : [];
}

const allWhole = (cells) => cells.every(Number.isInteger);

// How a slip alters one output: whether not at all, whether in its shape, and by which factor.
function partOf(array, want, tolerance) {
  const untouched = nearGrid(array, want, tolerance);
  return {
    array,
    untouched,
    sized: sameShape(array, want),
    factor: untouched ? null : commonFactor(array, want, tolerance, 1),
  };
}

// Whether two slips together give the answer, and not the right one again. Where both alter an output, one has to be a
// factor, or both are counts; else it cannot be told.
function givesBoth(one, other, got, names, want, tolerances) {
  let wrong = false;
  for (const [k, name] of names.entries()) {
    const made = composedOf(one.parts[k], other.parts[k], want[name]);
    if (!made || (got[name] && !nearGrid(got[name], made, tolerances[name]))) return false;
    wrong ||= !nearGrid(made, want[name], tolerances[name]);
  }
  return wrong;
}

function composedOf(a, b, want) {
  if (a.untouched) return b.array;
  if (b.untouched) return a.array;
  if (!a.sized || !b.sized) return null;
  const scaled = ({ shape, cells }, factor) => ({ shape, cells: cells.map((cell) => factor * cell) });
  if (!want.shape.length && allWhole([...a.array.cells, ...b.array.cells, ...want.cells]))
    return { shape: [], cells: [a.array.cells[0] + b.array.cells[0] - want.cells[0]] };
  if (a.factor !== null) return scaled(b.array, a.factor);
  return b.factor !== null ? scaled(a.array, b.factor) : null;
}

// ---------- shapes ----------

export function judgeShapes(kit, raw) {
  const { want, questions } = kit;
  const outputs = Object.keys(want);
  const inside = byName(raw, outputs);
  const wanted = `Expected a shape such as (2, 3) for each of ${outputs.join(", ")}, as a dict or in this order`;
  if (!inside) return refused(`${wanted}; got ${Array.isArray(raw) ? `${raw.length} things` : describeRaw(raw)}.`);
  const unknown = unknownName(inside, outputs);
  if (unknown) return refused(`${wanted}; there is no ${unknown} among them.`);
  const open = outputs.filter((name) => isOpen(entryOf(inside, name)));
  if (open.length === outputs.length) return UNANSWERED;
  const got = Object.fromEntries(outputs.map((name) => [name, gridIn(entryOf(inside, name))]));
  const equal = (a, b) => a.length === b.length && a.every((n, k) => n === b[k]);
  const hits = outputs.map((name) => got[name] !== null && equal(got[name].cells, want[name]));
  const first = outputs.find((name, k) => !hits[k] && !open.includes(name));
  const odd = first !== undefined && got[first] === null;
  const refusal = odd ? refused(`${first} should be a shape such as (2, 3); got ${describeRaw(inside[first])}.`) : null;
  const lead = credit(kit.points, hits, open, refusal);
  if (!lead.counts_as_try) return lead;
  const mistakes = mistakesIn(kit);
  const bad = outputs.filter((name, k) => !hits[k] && got[name] !== null);
  const found = (name) =>
    kit.wrong[name].filter(([, shape]) => equal(shape, got[name].cells)).map(([m]) => mistakes[m]);
  const same = (shapes) => bad.filter((name) => shapes[name] && equal(shapes[name], got[name].cells));
  const habit = kit.habits.find(([, shapes]) => same(shapes).length > 1);
  const fits = habit ? same(habit[1]) : [];
  const rest = bad.filter((name) => !fits.includes(name));
  const begin = rest.length ? `In ${inSentence(fits)} this` : "This";
  const idea = habit ? [mistakes[habit[0]]] : [];
  const ask = rest.map((name) => `${name}: ${found(name)[0]?.question ?? questions[name]}`);
  const last = rest.map((name) => misshapen(name, got[name].cells, want[name], found(name)));
  return {
    ...lead,
    hints: [
      `Look again at ${inSentence(bad)}.`,
      [...idea.map((mistake) => mistake.question), ...ask].join(" "),
      [...idea.map((mistake) => `${begin} is what you get if ${story([mistake])}`), ...last].join(" "),
    ],
    slips: slugsOf([...idea, ...rest.flatMap(found)]),
  };
}

function misshapen(name, shape, want, mistakes) {
  const says = mistakes.map((mistake) => mistake.says).join("; and also if ");
  const slip = says && `: this is what you get if ${says}`;
  return `${name} has the shape ${pyTuple(want)}. Yours is ${pyTuple(shape)}${slip}.`;
}
