// Numbers and texts as Python writes them, so that a message is the same here and there.

const PLAIN = 21; // digits before the point up to which toFixed writes them out

// f"{x:.{digits}f}": what lies exactly between two goes to the even one, where toFixed goes up.
export function pyFixed(x, digits) {
  if (!Number.isFinite(x)) return pyFloat(x);
  return (Object.is(x, -0) ? "-" : "") + toEven(digits, (d) => x.toFixed(d));
}

// f"{x:.{digits}e}": the exponent has two digits at least.
export function pyExponent(x, digits) {
  const [, exponent] = x.toExponential(digits).split("e");
  return `${toEven(digits, (d) => x.toExponential(d).split("e")[0])}e${twoDigits(exponent)}`;
}

const twoDigits = (exponent) => exponent[0] + exponent.slice(1).padStart(2, "0");

// written(digits): the number with so many decimals.
function toEven(digits, written) {
  const exact = written(Math.min(100, digits + 60)); // a double that lies between two has zeros alone after the 5
  const cut = exact.indexOf(".") + 1 + digits;
  const down = exact.slice(0, cut).replace(/\.$/, "");
  return /^50*$/.test(exact.slice(cut)) && /[02468]$/.test(down) ? down : written(digits);
}

// round(x, digits)
export const pyRound = (x, digits) => (Math.abs(x) < 10 ** PLAIN ? Number(pyFixed(x, digits)) : x);

// repr of a number that Python holds as a float.
function pyFloat(x) {
  if (Number.isNaN(x)) return "nan";
  if (!Number.isFinite(x)) return x > 0 ? "inf" : "-inf";
  if (Object.is(x, -0)) return "-0.0";
  const [digits, exponent] = x.toExponential().split("e");
  const power = Number(exponent);
  if (power < -4 || power >= 16) return `${digits}e${twoDigits(exponent)}`;
  const text = power < 0 ? x.toFixed(Math.min(100, digits.replace(/\D/g, "").length - 1 - power)) : String(x);
  return text.includes(".") ? text : `${text}.0`;
}

const UNPRINTED = /[\p{C}\p{Zl}\p{Zp}]|(?! )\p{Zs}/gu;
const NAMED = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };

function escaped(char) {
  const code = char.codePointAt(0);
  const hex = (width) => code.toString(16).padStart(width, "0");
  return NAMED[char] ?? (code < 256 ? `\\x${hex(2)}` : code < 65536 ? `\\u${hex(4)}` : `\\U${hex(8)}`);
}

function pyText(text) {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  const inner = text.replaceAll("\\", "\\\\").replaceAll(quote, `\\${quote}`).replace(UNPRINTED, escaped);
  return quote + inner + quote;
}

// repr of JSON, where every number is a float.
export function pyRepr(value) {
  if (value === null) return "None";
  if (typeof value === "boolean") return value ? "True" : "False";
  if (typeof value === "number") return pyFloat(value);
  if (typeof value === "string") return pyText(value);
  if (Array.isArray(value)) return `[${value.map(pyRepr).join(", ")}]`;
  return `{${Object.entries(value)
    .map(([key, part]) => `${pyText(key)}: ${pyRepr(part)}`)
    .join(", ")}}`;
}

// repr of a tuple, whole numbers in it as such: (3, 2), (2,).
export function pyTuple(values) {
  const parts = values.map((x) => (Number.isInteger(x) ? BigInt(x).toString() : pyFloat(x)));
  return parts.length === 1 ? `(${parts[0]},)` : `(${parts.join(", ")})`;
}

// f"{x:g}"
export function pyGeneral(x) {
  const [digits, exponent] = pyExponent(x, 5).split("e");
  const trimmed = digits.includes(".") ? digits.replace(/\.?0+$/, "") : digits;
  const power = Number(exponent);
  if (power < -4 || power >= 6) return `${trimmed}e${exponent}`;
  return pyFixed(x, 5 - power)
    .replace(/(\.\d*?)0+$/, "$1")
    .replace(/\.$/, "");
}

// fmt in engine/trace_table.py: up to `digits` decimals, no zeros at the end; tiny and huge ones as 1.2e-09.
export function pyFmt(x, digits = 4) {
  if (!Number.isFinite(x)) return pyRepr(x);
  if (x !== 0 && (Math.abs(x) < 10 ** -digits || Math.abs(x) >= 1e6)) return pyExponent(x, Math.max(digits - 1, 1));
  const text = pyFixed(x, digits);
  return text.includes(".") ? text.replace(/0+$/, "").replace(/\.$/, "") : text;
}

// The first characters of a text; what needs two units in JavaScript is one.
export const pyCut = (text, most) => (text.length <= most ? text : [...text].slice(0, most).join(""));

const SEPARATORS = "\u001c\u001d\u001e\u001f\u0085"; // blank to Python alone
const isBlank = (char) => (/\s/.test(char) && char !== "\ufeff") || SEPARATORS.includes(char);

// text.strip()
export function pyStrip(text) {
  let [start, end] = [0, text.length];
  while (start < end && isBlank(text[start])) start += 1;
  while (end > start && isBlank(text[end - 1])) end -= 1;
  return text.slice(start, end);
}
