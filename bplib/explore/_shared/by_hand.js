import {
  byName,
  describeRaw,
  entryOf,
  isMapping,
  isOpen,
  namedIn,
  numberIn,
  problemWith,
  unknownName,
} from "./answers.js";
import { pyFmt, pyRepr } from "./python.js";
import {
  asked,
  credit,
  inSentence,
  mistakesIn,
  onceEach,
  refused,
  slugsOf,
  story,
  together,
  UNANSWERED,
} from "./verdict.js";

// Answers that are a few numbers, done by hand, as in checking/by_hand.py and, for `explained`, general_slips.py.

export function judgeByHand(kit, raw) {
  const { outputs, want, tolerance } = kit;
  const { numbers, refusal } = numbersIn(raw, outputs, kit.signs);
  if (!numbers) return refusal;
  const hits = numbers.map((x, k) => x !== null && Math.abs(x - want[k]) <= tolerance[k]);
  const open = outputs.filter((_, k) => numbers[k] === null);
  const lead = credit(kit.points, hits, open, refusal);
  if (!lead.counts_as_try) return lead;
  const { hints, slips } = helpFor(wrongOf(kit, numbers, hits));
  const first = outputs.length === 1 && hints.length > 1 ? 1 : 0; // where to look says nothing
  return { ...lead, hints: hints.slice(first), slips };
}

// ---------- reading the answer ----------

// {numbers: one (or null) for each output, refusal: what is wrong with them}; no numbers if nothing can be read.
function numbersIn(raw, outputs, signs) {
  const many = outputs.length > 1;
  const row = many && Array.isArray(raw) && raw.length === 1 && Array.isArray(raw[0]) ? raw[0] : raw;
  const inside = byName(row, outputs);
  const fault = misfit(row, inside, outputs);
  const wanted = many ? `${outputs.length} numbers in the order ${outputs.join(", ")}` : `one number, ${outputs[0]}`;
  if (fault) return { refusal: refused(`Expected ${wanted}; ${fault}.`) };
  const items = outputs.map((label) => entryOf(inside, label));
  const numbers = items.map(numberIn);
  const odd = (item, k) => numbers[k] === null && !isOpen(item);
  const noSign = (x) => signs && Number.isFinite(x) && ![1, -1, 0].includes(x);
  const bad = items.findIndex((item, k) => odd(item, k) || noSign(numbers[k]));
  const problem = signs ? noSignSaid : problemWith;
  if (bad >= 0) return { numbers, refusal: refused(problem(items[bad], outputs[bad], numbers[bad])) };
  return numbers.some((x) => x !== null) ? { numbers } : { refusal: UNANSWERED };
}

// What to type where only a sign is asked for.
function noSignSaid(item, label, number) {
  const wanted = `${label} should be 1, -1 or 0, only the sign`;
  if (number === null) return `${wanted}, without quotes; got ${describeRaw(item)}.`;
  return `${wanted}: for ${pyFmt(number)} that is ${Math.sign(number)}.`;
}

function misfit(raw, inside, outputs) {
  if (namedIn(raw)) {
    const unknown = unknownName(inside, outputs);
    return unknown && `there is no ${unknown} among them`;
  }
  if (Array.isArray(raw)) return raw.length === outputs.length ? "" : `got ${tooMany(raw)}`;
  if (isMapping(raw) && outputs.length > 1 && ("text" in raw || raw.is === "set"))
    return `got ${oneThing(raw, outputs)}`;
  return !inside || (isMapping(raw) && "shape" in raw) ? `got ${describeRaw(raw)}` : "";
}

function oneThing(raw, outputs) {
  if (!("text" in raw)) return "a set, which has no order";
  const example = pyRepr(outputs.map((_, k) => k + 0.5));
  return `one text. Write the numbers in brackets, without quotes, such as ${example}`;
}

function tooMany(items) {
  const whole = items.filter((x) => typeof x === "boolean" || Number.isInteger(x)).map(BigInt);
  if (whole.length < items.length || items.length % 2) return `${items.length} numbers`;
  const size = (x) => (x < 0n ? -x : x);
  const point = whole.flatMap((x, k) => (k % 2 ? [] : [`${x}.${size(whole[k + 1])}`])).join(", ");
  const asked = `${items.length} numbers, ${whole.join(" and ")}`;
  return `${asked}. If you mean ${point}, write a decimal point, not a comma`;
}

// ---------- help for a wrong one ----------

// All that is known of a wrong answer: `bad` holds the wrong numbers alone, in their places, `rows` one entry for each.
function wrongOf(kit, numbers, hits) {
  const { outputs, want, tolerance } = kit;
  const bad = numbers.map((x, k) => (hits[k] ? null : x));
  const row = (name, k) => ({ name, given: bad[k], want: want[k], tolerance: tolerance[k] });
  const rows = outputs.map(row).filter(({ given }) => given !== null);
  const label = (rows.find(({ name }) => !name.includes("dL")) ?? rows.at(-1)).name;
  const mistakes = mistakesIn(kit);
  const single = ([m, lastRight, firstWrong, ...answer]) => ({
    mistakes: [mistakes[m]],
    lastRight: kit.say[lastRight],
    firstWrong: kit.say[firstWrong],
    answer: answer.map(Number),
  });
  return { kit, numbers, hits, bad, rows, label, mistakes, own: kit.own.map(single), one: kit.one.map(single) };
}

function helpFor(wrong) {
  if (wrong.rows.every(cutShort) && !ownSlips(wrong).length) {
    const have = wrong.rows.length > 1 ? "have" : "has";
    return { hints: [`${placesIn(wrong)} ${have} too few decimals: give three.`], slips: [] };
  }
  const whole = singleSlips(wrong);
  if (whole.length) return named("This is what you get if", firstWrong(wrong, whole), whole);
  return described(wrong) ?? partlyHelp(wrong) ?? looselyHelp(wrong) ?? twoSlips(wrong) ?? unexplained(wrong);
}

// Whether this is what is wanted, rounded to two decimals or one, or a large number to none.
function cutShort({ given, want, tolerance }) {
  const units = Math.abs(given) >= 10 ? [1, 0.1, 0.01] : [0.1, 0.01];
  const fits = (u) => Math.abs(given - want) <= u / 2 + tolerance && Math.abs(given / u - Math.round(given / u)) < 1e-6;
  return given !== 0 && units.some(fits);
}

const lookAgain = ({ label }) => `Look again at ${label}.`;

function named(begin, look, found) {
  const mistakes = onceEach(
    found.map((guess) => guess.mistakes[0]),
    ({ place }) => place,
  );
  return { hints: [look, asked(mistakes), `${begin} ${story(mistakes)}`], slips: slugsOf(mistakes) };
}

const nearTo = (answer, numbers, tolerance) =>
  answer.every((x, k) => numbers[k] === null || Math.abs(x - numbers[k]) <= tolerance[k]);

// The exercise's own slips that give this answer, up to so many tolerances, the nearest first.
function ownSlips({ kit, numbers, own }, times = 1) {
  const widths = kit.tolerance.map((t) => times * t);
  const off = ({ answer }) => numbers.reduce((sum, x, k) => (x === null ? sum : sum + Math.abs(x - answer[k])), 0);
  return own.filter(({ answer }) => nearTo(answer, numbers, widths)).sort((a, b) => off(a) - off(b));
}

// Each single slip that gives this answer, the exercise's own before those of any graph.
function singleSlips(wrong) {
  const { kit, numbers, mistakes, one } = wrong;
  const { want, tolerance } = kit;
  const mine = ownSlips(wrong);
  const more = explained(one, numbers, tolerance);
  const found = [...mine, ...more.filter((guess) => !mine.length || isCommon(guess))];
  if (numbers.length > 1 && !numbers.includes(null)) {
    const order = [...want.keys()].sort((a, b) => want[a] - want[b] || tolerance[a] - tolerance[b]);
    const sorted = [...numbers].sort((a, b) => a - b);
    const [wanted, widths] = [want, tolerance].map((list) => order.map((k) => list[k]));
    if (nearTo(wanted, sorted, widths)) found.push({ mistakes: [mistakes[kit.other_order]], answer: want });
  }
  return found.slice(0, MOST_TOLD);
}

// Where on the way it first shows, if all explanations agree on that.
function firstWrong(wrong, found) {
  const [{ lastRight, firstWrong: first }] = found;
  const agree = found.every((guess) => guess.lastRight === lastRight && guess.firstWrong === first);
  if (!agree || !first) return lookAgain(wrong);
  const before = lastRight ? `Your numbers are consistent with a correct ${lastRight}. ` : "";
  return `${before}The first quantity that must be off is ${first}.`;
}

// One entry, or some, went wrong as with a slip that would have changed others too.
function partlyHelp(wrong) {
  const { kit, hits, rows, mistakes, own, one } = wrong;
  const found = explained([...own, ...one], wrong.bad, kit.tolerance);
  if (!found.length || !hits.includes(true)) return null;
  const called = new Map(kit.partly.map(([m, other]) => [mistakes[m], mistakes[other]]));
  const turned = found.map((guess) => ({ ...guess, mistakes: guess.mistakes.map((m) => called.get(m) ?? m) }));
  const places = inSentence(rows.map(({ name }) => name));
  return named(`In ${places} this is what you get if`, lookAgain(wrong), turned);
}

const LOOSE = 8; // tolerances: a slip may make the rounding before it that much larger

// The one slip of the exercise that several numbers are near to, where no other slip is near, nor the right answer.
function looselyHelp(wrong) {
  const { rows } = wrong;
  const found = rows.length > 1 ? ownSlips(wrong, LOOSE) : [];
  const near = new Set(ownSlips(wrong, WINDOW).map(({ mistakes }) => mistakes[0].place));
  const nearlyRight = rows.every(({ given, want, tolerance }) => Math.abs(given - want) <= WINDOW * tolerance);
  if (!found.length || near.size > 1 || nearlyRight) return null;
  return named("This is what you get if", firstWrong(wrong, found), found);
}

const ENOUGH = 500; // tolerances in a single number for two slips to be looked for: about four digits

// Two slips at once, where the answer says enough to tell.
function twoSlips(wrong) {
  const { kit, numbers } = wrong;
  const given = numbers.flatMap((x, k) => (x === null ? [] : [[x, kit.tolerance[k]]]));
  if (given.length < 2 && Math.abs(given[0][0]) < ENOUGH * given[0][1]) return null;
  const found = explained(pairsIn(wrong), numbers, kit.tolerance);
  if (!found.length) return null;
  const last = found.map((guess) => together(guess.mistakes)).join(" Or: ");
  const slips = slugsOf(found.flatMap((guess) => guess.mistakes));
  return { hints: [lookAgain(wrong), found[0].mistakes[0].question, last], slips };
}

// The pairs of slips, unpacked: see `_packed` in by_hand.py.
function pairsIn({ kit, mistakes }) {
  const { first, second, scales, off } = kit.two;
  const alone = new Map();
  for (const [m, , , ...answer] of [...kit.own, ...kit.one]) if (!alone.has(m)) alone.set(m, answer.map(Number));
  let [one, other] = [0, 0];
  return first.map((step, row) => {
    one += step;
    other += second[row];
    const [a, b] = [alone.get(one) ?? kit.want, alone.get(other) ?? kit.want];
    const answer = kit.want.map((want, k) => {
      const product = want ? (a[k] * b[k]) / want : NaN;
      const expected = Number.isFinite(product) ? product : want;
      return (Math.floor(expected * scales[k] + 0.5) + off[k][row]) / scales[k];
    });
    return { mistakes: [mistakes[one], mistakes[other]], answer };
  });
}

const bare = (label) => label.replace(/^the /, "");

function placesIn({ rows }) {
  const places = inSentence(rows.map(({ name }) => `your ${bare(name)}`));
  return places[0].toUpperCase() + places.slice(1);
}

const FACTORS = [
  [-1, ({ have }) => `${have} the right size and the wrong sign`],
  [2, ({ are, it }) => `${are} twice as large as ${it} should be`],
  [0.5, ({ are, it }) => `${are} half of what ${it} should be`],
];

// Not a number, nearly right, or a factor on which several numbers agree.
function described(wrong) {
  const { rows, label } = wrong;
  const only = (words) => ({ hints: words, slips: [] });
  if (!rows.every(({ given }) => Number.isFinite(given)))
    return only([`${label} is not a finite number. Was something divided by zero, or did an exponential overflow?`]);
  if (rows.every(({ given, want, tolerance }) => Math.abs(given - want) <= 4 * tolerance)) {
    const close = `Your ${bare(label)} is close, but further off than rounding to three decimals explains. `;
    return only([`${close}Compute it once more with four decimals on the way.`]);
  }
  const many = { have: "have", are: "are", it: "they" };
  const words = rows.length > 1 ? many : { have: "has", are: "is", it: "it" };
  const fits = ([factor]) => rows.every(({ given, want }) => Math.abs((want ? given / want : NaN) - factor) < 0.01);
  const factor = FACTORS.find(fits);
  return factor ? only([lookAgain(wrong), `${placesIn(wrong)} ${factor[1](words)}.`]) : null;
}

// Which entry is off and by how much; and a line to report it with.
function unexplained(wrong) {
  const { kit, rows, label, numbers } = wrong;
  const { given, want } = rows.find(({ name }) => name === label);
  const way = label.includes("dL/d")
    ? `: which factors lie on the way from the loss to ${label.split("dL/d").at(-1)}?`
    : ".";
  const last =
    `Your ${bare(label)} is off by ${pyFmt(Math.abs(given - want), 3)}, and no slip that we know of gives this. ` +
    "The solution shows every step. If you think that your answer is right, or that the slip should have " +
    `a name, please report it with this line: \`${kit.id} | ${kit.variant} | ${pyRepr(numbers)}\``;
  return {
    hints: [lookAgain(wrong), `No slip that we know of gives this. Go over ${label} first${way}`, last],
    slips: [],
  };
}

// ---------- what explains an answer by its numbers alone ----------

const FITS = 0.5; // tolerances: a guess by numbers alone should hit better than an honest rounding has to
const WINDOW = 40; // tolerances on both sides in which others are counted
const CROWDED = 2; // others in the window: with more of them, one would fit almost anything
const CROWDED_COMMON = 6; // the same for common slips
const MOST_TOLD = 3; // explanations that are all said

const isCommon = ({ mistakes }) => mistakes.every(({ common }) => common >= (mistakes.length > 1 ? 2 : 1));

// The candidates that give this answer (null: anything); none if they are too many or too crowded to mean anything.
function explained(candidates, answer, tolerance) {
  const given = [...answer.keys()].filter((k) => answer[k] !== null);
  const near = (guess, times) => given.every((k) => Math.abs(guess.answer[k] - answer[k]) <= times * tolerance[k]);
  const around = candidates.filter((guess) => near(guess, WINDOW));
  for (const [some, most] of [
    [around.filter(isCommon), CROWDED_COMMON],
    [around, CROWDED],
  ]) {
    const fit = onceEach(
      some.filter((guess) => near(guess, FITS)),
      ({ mistakes }) => [...new Set(mistakes.map(({ place }) => place))].sort().join(),
    );
    const told = new Set(fit.flatMap(({ mistakes }) => mistakes.map(({ place }) => place)));
    const strangers = some.filter(({ mistakes }) => !mistakes.every(({ place }) => told.has(place)));
    const others = new Set(strangers.map((guess) => given.map((k) => guess.answer[k]).join()));
    if (fit.length) return others.size <= most && fit.length <= MOST_TOLD ? fit : [];
  }
  return [];
}
