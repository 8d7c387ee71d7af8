import { draw } from "../_shared/rng.js";

// A table of networks that were spoiled on purpose, and what it takes to tell one from another. Its readings are
// [key, name, cost, low, high, log]; its rows {program: [one list of readings for each network]}.

export const isHealthy = (value, [, , , low, high]) => value !== null && low <= value && value <= high;

// How many ranges above its lower end a value lies: 0 to 1 is healthy.
function along(given, [, , , lowest, highest, log]) {
  if (given === null) return Number.POSITIVE_INFINITY;
  const scale = (v) => (log ? Math.log10(Math.max(v, 1e-12)) : v);
  const [value, low, high] = [given, lowest, highest].map(scale);
  return high > low ? (value - low) / (high - low) : 0.5 + (value > high) - (value < low);
}

// Where a value stands: from 0 to 1 in the healthy range, below it down to -1, above it up to 2.
export function place(given, reading) {
  const u = along(given, reading);
  return u < 0 ? Math.tanh(u) : u > 1 ? 1 + Math.tanh(u - 1) : u;
}

// In few characters: two or three decimals, or one digit and its power of ten.
export function short(value) {
  if (value === null) return "NaN";
  const size = Math.abs(value);
  const plain = size === 0 || (size >= 0.1 && size < 1000);
  const text = plain ? value.toFixed(2) : size >= 0.001 && size < 0.1 ? value.toFixed(3) : value.toExponential(0);
  return text.replaceAll("-", "−").replace("e+", "e");
}

// The patient of a token: first what is wrong, each verdict as likely as the others, then one program, then one network.
export function patientOf({ faults, rows }, token) {
  const rng = draw(`doctor ${token}`);
  const verdict = rng.pick([...new Set(Object.values(faults).map(([family]) => family))]);
  const name = rng.pick(Object.keys(faults).filter((fault) => faults[fault][0] === verdict));
  const which = rng.whole(0, rows[name].length - 1);
  return { name, verdict, which, row: rows[name][which] };
}

export const spent = (readings, bought) =>
  readings.reduce((sum, [key, , cost]) => sum + (bought.includes(key) ? cost : 0), 0);

// The first reading that is not healthy, in order of cost; null if all are. What is silent (null) where it may be is no sign.
const SILENT = ["idle", "first_last"];
export const firstSign = (readings, row) =>
  readings.findIndex((reading, k) => !isHealthy(row[k], reading) && !(row[k] === null && SILENT.includes(reading[0])));

// Why a guess is wrong: a reading that tells it from this network, with what it would be there and what it is here. First
// the sign by which the guess would be known, then the sign of this network, then the cheapest reading that differs.
export function contrast({ faults, rows, readings }, patient, guess) {
  const of = (name) => {
    const row = rows[name][patient.which];
    const at = readings.flatMap((reading, k) => (apart(reading, row[k], patient.row[k]) ? [k] : []));
    const signs = [firstSign(readings, row), firstSign(readings, patient.row)];
    return {
      row,
      at,
      k: [...signs, ...at].find((k) => at.includes(k) && far(readings[k], row[k], patient.row[k])) ?? at[0],
    };
  };
  const found = Object.keys(faults)
    .filter((name) => faults[name][0] === guess)
    .map(of)
    .sort((a, b) => a.at.length - b.at.length) // the likeliest of them
    .find(({ at }) => at.length);
  return found ? { k: found.k, would: found.row[found.k], has: patient.row[found.k] } : null;
}

// Further from each other than two values at the two sides of a limit may be.
const far = (reading, a, b) => Math.abs(along(a, reading) - along(b, reading)) > 0.25;

function apart(reading, a, b) {
  if (isHealthy(a, reading) !== isHealthy(b, reading)) return true;
  return a !== b && Math.abs(along(a, reading) - along(b, reading)) > 1;
}
