import { judgeArrays, judgeShapes } from "./arrays.js";
import { judgeByHand } from "./by_hand.js";
import { judgeChoice, judgeNoted, judgeOrdering, judgeSeveral, judgeWhichLine } from "./choices.js";
import { UNANSWERED } from "./verdict.js";

// Judges an answer in the page as bp.check does in a notebook: the same points, the same words. What it needs to know
// is in the exercise's kit, which bplib/checking/kits.py describes; an answer is in the raw form of checking/answers.py.

const JUDGES = {
  Arrays: judgeArrays,
  ByHand: judgeByHand,
  Choice: judgeChoice,
  Noted: judgeNoted,
  Ordering: judgeOrdering,
  Several: judgeSeveral,
  Shapes: judgeShapes,
  WhichLine: judgeWhichLine,
};

// The verdict: {points, summary, hints, counts_as_try, slips}.
export const judge = (kit, raw) => (raw === null ? UNANSWERED : JUDGES[kit.kind](kit, raw));

// What is said at this step, as Markdown: at the first wrong answer 1, at the second 2, from the third on all of it.
export const messageOf = ({ summary, hints }, step = 3) => summary + hints[Math.min(step, hints.length) - 1];

// Whether a later step says more.
export const hasMore = ({ hints }, step) => step < hints.length;
