import { asDigits, cleaned } from "./answers.js";
import { pyCut, pyStrip } from "./python.js";

// What stands in the fields of an exercise, as the raw form of an answer (checking/answers.py). By kind, fields are
//   ByHand         [text, ...], one for each output
//   Arrays         {name: text, [text, ...] or [[text, ...], ...]}: a number, a row, a grid
//   Shapes         {name: text}, such as "(2, 3)" or "2 x 3"
//   Choice, Noted, Several, Ordering, WhichLine   a text; for Several "" is none of them, and null not answered

const typed = (text) => (text === null || !pyStrip(text) ? null : { text: cleaned(text) });
const everyText = (part) => (Array.isArray(part) ? part.map(everyText) : typed(part));

// A single output needs no list.
const inOrder = (fields) => (fields.length === 1 ? typed(fields[0]) : fields.map(typed));

const byEach = (fields, change) => ({
  named: Object.fromEntries(Object.entries(fields).map(([name, part]) => [pyCut(name, 40), change(part)])),
});

// A shape from a text: its numbers, whatever stands between them.
function shapeOf(text) {
  const lengths = text?.match(/\p{Nd}{1,6}/gu)?.slice(0, 10);
  return lengths ? lengths.map((digits) => Number(asDigits(digits))) : typed(text);
}

function letter(text) {
  return text === null || !pyStrip(text) ? null : cleaned(pyStrip(text).toLowerCase(), 40);
}

// Letters as one text, however they were written: "a, c"; "?" is not "none of them".
function letters(text) {
  if (text === null) return null;
  const kept = pyCut(text.toLowerCase().replace(/[^\p{L}\p{N}]/gu, ""), 40);
  return kept || !pyStrip(text) ? kept : typed(text);
}

const RAW = {
  Arrays: (fields) => byEach(fields, everyText),
  ByHand: inOrder,
  Choice: letter,
  Noted: letter,
  Ordering: (text) => letters(text) || null,
  Several: letters,
  Shapes: (fields) => byEach(fields, shapeOf),
  WhichLine: typed,
};

export const toRaw = (kit, fields) => RAW[kit.kind](fields);

// Rows of texts that were pasted: with tabs, blanks, semicolons or commas between the numbers, in brackets or not, as
// tables, NumPy and Python print them. A comma with nothing else between numbers parts them in brackets, and where
// several columns are wanted; else it is a decimal comma.
export function pastedRows(pasted, columns = 1) {
  const bracketed = /[[(]/.test(pasted);
  const bare = pasted.replace(/\b(array|tensor)\b|dtype\s*=\s*[\w.]+/g, "").replace(/[[(]/g, " ");
  const lines = bracketed ? bare.split(/[\])]/) : bare.split(/[\r\n]+/);
  return lines.map((line) => cellsOf(line, bracketed, columns)).filter((cells) => cells.length);
}

function cellsOf(line, bracketed, columns) {
  const parts = line
    .split(/[\s;]+/)
    .map((part) => part.replace(/^,+|,+$/g, ""))
    .filter(Boolean);
  const apart = parts.length === 1 ? parts[0].split(",") : [];
  const whole = apart.length > 1 && (bracketed || (columns > 1 && apart.length === columns));
  return whole ? apart.filter(Boolean) : parts;
}
