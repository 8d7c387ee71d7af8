import { pyCut, pyRepr, pyStrip } from "./python.js";

// The raw form of an answer, and what is read from it: as in checking/answers.py, which says what raw looks like.

const WRITTEN = /^[+-]?(\p{Nd}+[.,]?\p{Nd}*|[.,]\p{Nd}+)(e[+-]?\p{Nd}+)?$/iu;
const THOUSANDS = /^[+-]?[1-9]\p{Nd}{0,2}(,\p{Nd}{3})+$/u;
const INVISIBLE = /[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\u00ad]/g;
const MINUS = /[\u2010-\u2014\u2212\ufe63\uff0d]/g;
const NOT_FINITE = { nan: NaN, inf: Infinity, "-inf": -Infinity };
const ENGINE = ["Value", "Tensor"];

export const isMapping = (raw) => typeof raw === "object" && raw !== null && !Array.isArray(raw);
const part = (raw, key) => (Object.hasOwn(raw, key) ? raw[key] : undefined);

// The beginning of a text, with nothing in it that cannot be written to a file.
export function cleaned(said, most = 200) {
  const begins = pyCut(said, most + 40).replace(/ at 0x[0-9a-fA-F]+/g, "");
  return pyCut(begins, most).replace(/\p{Cs}/gu, "?");
}

// The digits of any script as those that Number reads: each script has its ten in a row.
export function asDigits(text) {
  const digit = (char) => {
    const code = char.codePointAt(0);
    let value = 0;
    while (value < 9 && /\p{Nd}/u.test(String.fromCodePoint(code - value - 1))) value += 1;
    return String(value);
  };
  return text.normalize("NFKC").replace(/(?![0-9])\p{Nd}/gu, digit);
}

const plainly = (said) => pyStrip(said.replace(INVISIBLE, "").replace(MINUS, "-"));

// The number that a text means: 2.06, 2,06, a fraction 1/3, 1e-3, with any minus sign. null: none, or not only one.
export function writtenNumber(said) {
  const whole = plainly(said);
  const slash = whole.indexOf("/");
  const parts = slash < 0 ? [whole] : [whole.slice(0, slash), whole.slice(slash + 1)].map(pyStrip);
  if (!parts.every((text) => WRITTEN.test(text) && !THOUSANDS.test(text))) return null;
  const [above, below] = parts.map((text) => Number(asDigits(text).replace(",", ".")));
  if (slash >= 0) return below ? above / below : null;
  return Number.isFinite(above) ? above : null;
}

// The number that raw stands for, or null if it stands for none.
export function numberIn(raw) {
  if (typeof raw === "number") return raw;
  if (typeof raw === "string") return part(NOT_FINITE, raw) ?? null;
  if (Array.isArray(raw) && raw.length === 1) return numberIn(raw[0]); // a row of one
  const said = textIn(raw);
  return said === null ? null : writtenNumber(said);
}

// The text that raw stands for, or null.
export function textIn(raw) {
  const said = isMapping(raw) ? part(raw, "text") : raw;
  return typeof said === "string" ? said : null;
}

// The entries of a mapping, or null.
export function namedIn(raw) {
  const inside = isMapping(raw) ? part(raw, "named") : null;
  return isMapping(inside) ? inside : null;
}

export const entryOf = (inside, name) => part(inside, name) ?? null;

// The entries of an answer by name, whether they were given by name or in order; null if they are neither.
export function byName(raw, outputs) {
  const inside = namedIn(raw);
  if (!inside && outputs.length === 1) return { [outputs[0]]: Array.isArray(raw) && raw.length === 1 ? raw[0] : raw };
  if (!inside && Array.isArray(raw) && raw.length === outputs.length)
    return Object.fromEntries(outputs.map((name, k) => [name, raw[k]]));
  return inside;
}

// The first name that nobody asked for, for a message; "" where there is none.
export function unknownName(inside, outputs) {
  const name = Object.keys(inside).find((name) => !outputs.includes(name));
  return name === undefined ? "" : pyRepr(pyCut(name, 40));
}

function namesOf(inside) {
  const names = Object.keys(inside).slice(0, 6);
  return names.length ? `a dict with ${names.map((name) => pyCut(name, 20)).join(", ")}` : "an empty dict";
}

const spelled = (value) => (typeof value === "string" ? value : pyRepr(value));

// What raw is, for a message.
export function describeRaw(raw) {
  if (Array.isArray(raw)) return `list \`${pyCut(pyRepr(raw), 40)}\``;
  if (!isMapping(raw)) return raw === null ? "nothing" : pyCut(spelled(raw), 40);
  if ("text" in raw) return `str \`${pyCut(spelled(raw.text), 40)}\``;
  if ("named" in raw) return namesOf(namedIn(raw) ?? {});
  if ("shape" in raw) return `an array of shape ${shapeSaid(raw.shape)}`;
  return pyCut(spelled(part(raw, "is") ?? "something else"), 80);
}

function shapeSaid(shape) {
  if (!Array.isArray(shape)) return pyCut(spelled(shape), 40);
  return shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(", ")})`;
}

// Why raw is not a number, as a sentence about `label`.
export function problemWith(raw, label) {
  if (isMapping(raw) && ENGINE.includes(raw.is))
    return `${label} is a ${raw.is}, not a number. Do you mean its \`.grad\` or its \`.data\`?`;
  const said = textIn(raw);
  if (said !== null) return notWritten(plainly(said), label);
  return `${label} should be one real number; got ${describeRaw(raw)}.`;
}

function notWritten(said, label) {
  if (THOUSANDS.test(said)) {
    const joined = said.replaceAll(",", "");
    const one = said.split(",").length === 2;
    const what = one ? `${said.replace(",", ".")} or ${joined}` : joined;
    return `${label} is given as \`${said}\`, where a comma can be read in two ways: type ${what}, without quotes.`;
  }
  if (!said) return `${label} should be a number; it is an empty text.`;
  const wanted = `${label} should be a number such as 3.75, with a decimal point and without quotes`;
  return `${wanted}; got the text \`${pyCut(said, 40)}\`.`;
}

// Whether nothing at all was answered.
export function isOpen(raw) {
  const inside = Array.isArray(raw) ? raw : Object.values(namedIn(raw) ?? {});
  return raw === null || (inside.length > 0 && inside.every(isOpen));
}
