import { pyGeneral, pyRound } from "./python.js";

// What is to be said about an answer, as in checking/base.py:
// {points, summary, hints: at the first try, at the second, from the third on, counts_as_try, slips}.

const NO_ANSWER = "**Not an answer yet.** ";
export const NOT_YET = "**Not yet.** ";

export const verdictOf = (points, summary, hints = [""], more = {}) => ({
  points,
  summary,
  hints,
  counts_as_try: false,
  slips: [],
  ...more,
});

export const UNANSWERED = verdictOf(0, "**Not answered yet.**");
export const refused = (why) => verdictOf(0, NO_ANSWER + why);
export const wrongly = (points, summary, hints, slips = []) =>
  verdictOf(points, summary, hints, { counts_as_try: true, slips });

export function rightly(points, note = "") {
  return verdictOf(points, `**Right.** (${pyGeneral(points)} point${points === 1 ? "" : "s"})${note}`);
}

// The verdict on an answer of several entries, without its hints. hits: for each entry, whether it is right; stillOpen:
// the names of those not answered; refusal: what is no answer among them, if anything.
export function credit(points, hits, stillOpen, refusal) {
  const good = hits.filter(Boolean).length;
  if (good === hits.length) return rightly(points);
  const earned = pyRound((points * good) / hits.length, 4);
  const count = hits.length > 1 ? `${good} of ${hits.length} right. ` : "";
  if (refusal) return { ...refusal, points: earned, summary: `${refusal.summary} ${count}`.trim() };
  if (good + stillOpen.length === hits.length)
    return verdictOf(earned, `**Not finished yet.** ${count}Still open: ${stillOpen.join(", ")}.`);
  return wrongly(earned, NOT_YET + count, [""]);
}

// dW1, dW2 and db: several names in a sentence.
export const inSentence = (names) => [names.slice(0, -1).join(", "), ...names.slice(-1)].filter(Boolean).join(" and ");

// The mistakes of a kit: {slug, says, because, question, where, common}; `says` has its place too, by which it is told.
export const mistakesIn = ({ say, mistakes }) =>
  mistakes.map(([slug, says, because, question, where, common]) => ({
    slug,
    place: says,
    says: say[says],
    because: say[because],
    question: say[question],
    where: say[where],
    common,
  }));

// What was done, why it is tempting, and where the book explains it.
export function story(mistakes) {
  const [{ because, where }] = mistakes;
  const all = mistakes.map(({ says }) => says).join("; and also if ");
  if (mistakes.length === 1) return `${all}. ${because}${where}`;
  const reason = because.replace("It is tempting", "The first is tempting");
  return `${all}. The numbers alone cannot tell which. ${reason}${where}`;
}

// The questions of mistakes that give the same numbers, each once.
export const asked = (mistakes) => [...new Set(mistakes.map(({ question }) => question))].join(" Or: ");

export const together = ([one, other]) => `Perhaps two things happened at once: ${one.says}, and ${other.says}.`;

// As Python's {key: item for item in reversed(items)}, read backwards: the first of each key, where the last one stood.
export const onceEach = (items, key) =>
  [...new Map([...items].reverse().map((item) => [key(item), item])).values()].reverse();
export const slugsOf = (mistakes) => [...new Set(mistakes.map(({ slug }) => slug))];
