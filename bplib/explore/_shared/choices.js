import { describeRaw, numberIn } from "./answers.js";
import { pyCut, pyGeneral, pyRound } from "./python.js";
import { NOT_YET, refused, rightly, verdictOf, wrongly } from "./verdict.js";

// Answers that are letters, a line or an order, as in checking/choices.py.

const given = (raw, kind = "") => (typeof raw === "string" ? `${kind}\`${pyCut(raw, 40)}\`` : describeRaw(raw));

function notAChoice(raw, letters) {
  if (letters.includes(raw)) return null;
  const wanted = `Answer with one of the letters ${letters.join(", ")}, in quotes`;
  return verdictOf(0, `**Not a choice.** ${wanted}; got ${given(raw, "str ")}.`);
}

export function judgeChoice({ right, wrong, points }, raw) {
  const refusal = notAChoice(raw, [right, ...Object.keys(wrong)].sort());
  if (refusal) return refusal;
  if (raw === right) return rightly(points);
  const [word, slug] = wrong[raw];
  return wrongly(0, `**Not option ${raw}:** ${word}.`, [""], slug ? [slug] : []);
}

// The inventory: an answer is noted, and not told to be right or wrong.
export const judgeNoted = ({ letters, points }, raw) =>
  notAChoice(raw, [...letters]) ?? verdictOf(points, `**Noted.** Your answer is ${raw}.`);

export function judgeSeveral({ right, why, points }, raw) {
  const letters = Object.keys(why).sort();
  const chosen = typeof raw === "string" ? [...raw] : null;
  if (!chosen?.every((letter) => letters.includes(letter)) || new Set(chosen).size < chosen.length)
    return refused(`Answer with letters out of ${letters.join(", ")}, as one text such as "ac"; got ${given(raw)}.`);
  const bad = letters.filter((letter) => chosen.includes(letter) !== right.includes(letter));
  if (!bad.length) return rightly(points);
  const count = letters.length;
  const [letter] = bad;
  const belongs = right.includes(letter) ? "belongs to them" : "does not belong to them";
  const hints = [`Look again at option ${letter}.`, `Option ${letter} ${belongs}: ${why[letter]}.`];
  const earned = pyRound((points * Math.max(0, count - 2 * bad.length)) / count, 4);
  return wrongly(earned, `${NOT_YET}${count - bad.length} of ${count} right. `, hints);
}

export function judgeWhichLine({ right, lines, why, points }, raw) {
  const known = [...new Set([right, 0, ...Object.keys(lines).map(Number)])].sort((a, b) => a - b);
  const line = numberIn(raw);
  if (!known.includes(line)) {
    const got = Array.isArray(raw) ? "several" : describeRaw(raw);
    const range = `from ${known[0]} to ${known.at(-1)} (0: none is wrong)`;
    return refused(`Answer with the number of one line, ${range}; got ${got}.`);
  }
  if (line === right) return rightly(points, ` ${why}`);
  if (line === 0) return wrongly(0, NOT_YET, [lines[0] ?? "One of the lines is wrong."]);
  const rightToo = lines[line].startsWith("wrong") ? "" : "right: ";
  return wrongly(0, NOT_YET, [`Line ${pyGeneral(line)} is ${rightToo}${lines[line]}.`]);
}

export function judgeOrdering({ letters, needs, points }, raw) {
  if (typeof raw !== "string" || [...raw].sort().join("") !== [...letters].sort().join("")) {
    const wanted = `Answer with each of the letters ${[...letters].join(", ")} once, as one text`;
    return refused(`${wanted}; got ${given(raw)}.`);
  }
  for (const [place, letter] of [...raw].entries()) {
    const missing = needs[letter].find(([other]) => raw.indexOf(other) > place);
    if (missing) {
      const lead = place > 1 ? `The first ${place} are in order. ` : "";
      const early = `${letter} comes too early.`;
      return wrongly(0, NOT_YET + lead, [early, `${early} ${missing[1]}`]);
    }
  }
  return rightly(points);
}
