import { number, superscript } from "../_shared/frame.js";

// MODEL: pure functions. What a network does to its activations and to its gradient, what is counted in a layer, and the words.

// All that computes, in one function that leans on nothing outside, so that its text can go to a worker.
// flow(config) -> {gradients, weights, activations, spreads, stuck, A, dZ}: for each layer the length of dL/dZ and of dL/dW,
// the root mean square of what leaves it, by how much that differs from input to input (0 where it is no more than
// rounding), the share of its slopes below 1% of the steepest (relu: of its units that are 0 for the whole batch), and what
// leaves it and dL/dZ themselves, entry by entry.
// A layer is Linear -> batch norm -> activation, and with `residual` what came in is added to what goes out.
export function engine(source) {
  const SPREAD = {
    he: (n) => Math.sqrt(2 / n),
    xavier: (n) => Math.sqrt(2 / (n + n)),
    normal: () => 1,
  };
  const EPS = 1e-5; // added to the variance, as in bplib.layers
  const ROUNDING = 1e-14; // of the activations: what differs by less does not differ
  const ACTIVATIONS = {
    // the function; its slope by its own output; the steepest slope
    sigmoid: [(z) => 1 / (1 + Math.exp(-z)), (y) => y * (1 - y), 0.25],
    tanh: [Math.tanh, (y) => 1 - y * y, 1],
    relu: [(z) => Math.max(z, 0), (y) => (y > 0 ? 1 : 0), 1],
    none: [(z) => z, () => 1, 1],
  };
  let drawn = { seed: null };

  // The first `count` normal numbers of a seed, kept: the next network with the same seed begins with the same ones.
  function normals(seed, count) {
    if (drawn.seed !== seed) drawn = { seed, list: new Float64Array(0), next: source(`flow ${seed}`).normal };
    const had = drawn.list.length;
    if (had >= count) return drawn.list;
    const longer = new Float64Array(Math.max(count, 2 * had));
    longer.set(drawn.list);
    for (let k = had; k < longer.length; k++) longer[k] = drawn.next();
    drawn.list = longer;
    return longer;
  }

  function mapped(A, change) {
    const B = new Float64Array(A.length);
    for (let i = 0; i < A.length; i++) B[i] = change(A[i], i);
    return B;
  }

  // A (n, m) times the transpose of B (k, m): rows times rows, which is how they lie in memory.
  function times(A, B, n, m, k) {
    const C = new Float64Array(n * k);
    for (let i = 0, c = 0; i < n; i++)
      for (let l = 0, b = 0; l < k; l++) {
        let sum = 0;
        for (let j = 0, a = i * m; j < m; j++) sum += A[a++] * B[b++];
        C[c++] = sum;
      }
    return C;
  }

  // A (n, m) times B (m, k): each row of the result is a sum of rows of B.
  function product(A, B, n, m, k) {
    const C = new Float64Array(n * k);
    for (let i = 0; i < n; i++)
      for (let j = 0, b = 0; j < m; j++) {
        const a = A[i * m + j];
        for (let l = 0, c = i * k; l < k; l++) C[c++] += a * B[b++];
      }
    return C;
  }

  function transposed(A, n, m) {
    const B = new Float64Array(A.length);
    for (let i = 0; i < n; i++) for (let j = 0; j < m; j++) B[j * n + i] = A[i * m + j];
    return B;
  }

  // Divided by the largest before squaring, so that only a gradient that overflows is said to.
  function norm(A) {
    let [most, sum] = [0, 0];
    for (let i = 0; i < A.length; i++) {
      const far = Math.abs(A[i]);
      if (Number.isNaN(far)) return far;
      if (far > most) most = far;
    }
    if (!(most > 0 && most < Infinity)) return most;
    for (let i = 0; i < A.length; i++) {
      const part = A[i] / most;
      sum += part * part;
    }
    return most * Math.sqrt(sum);
  }

  function columnMeans(A, n, m) {
    const mean = new Float64Array(m);
    for (let i = 0, k = 0; i < n; i++) for (let j = 0; j < m; j++) mean[j] += A[k++] / n;
    return mean;
  }

  function lessMeans(A, mean) {
    const far = new Float64Array(A.length);
    for (let i = 0; i < A.length; ) for (let j = 0; j < mean.length; j++, i++) far[i] = A[i] - mean[j];
    return far;
  }

  // The root of the columns' mean variance over the batch.
  function spread(A, n, m, rms) {
    const mean = columnMeans(A, n, m);
    const far = norm(lessMeans(A, mean)) / Math.sqrt(n * m);
    return far < ROUNDING * rms ? 0 : far;
  }

  // Every column to mean 0 and variance 1 over the batch.
  function normalised(Z, n, m) {
    const mean = columnMeans(Z, n, m);
    const far = lessMeans(Z, mean);
    const stretch = columnMeans(
      mapped(far, (v) => v * v),
      n,
      m,
    ).map((variance) => 1 / Math.sqrt(variance + EPS));
    return { N: mapped(far, (v, i) => v * stretch[i % m]), stretch };
  }

  // Every entry also moved the mean and the variance: that part of dN, and the part along N, is taken away.
  function normalisedBack(dN, { N, stretch }, n, m) {
    const mean = columnMeans(dN, n, m);
    const along = columnMeans(
      mapped(dN, (v, i) => v * N[i]),
      n,
      m,
    );
    return mapped(dN, (v, i) => (v - mean[i % m] - N[i] * along[i % m]) * stretch[i % m]);
  }

  function stuck(Y, n, m, activation) {
    const [, slope, steepest] = ACTIVATIONS[activation];
    let [low, alive] = [0, new Uint8Array(m)];
    for (let i = 0; i < n * m; i++) {
      low += slope(Y[i]) < 0.01 * steepest;
      if (!(Y[i] <= 0)) alive[i % m] = 1; // NaN is not dead either
    }
    return activation === "relu" ? alive.filter((yes) => !yes).length / m : low / (n * m);
  }

  return ({ depth, width, batch, activation, init, scale, norm: withNorm, residual, seed }) => {
    const [n, m] = [batch, width];
    const all = normals(seed, 2 * n * m + depth * m * m); // inputs, targets, then the weights of each layer
    const take = (from, count, by = 1) => mapped(all.subarray(from, from + count), (v) => by * v);
    const T = take(n * m, n * m);
    const [act, slope] = ACTIVATIONS[activation];
    let X = take(0, n * m);
    const layers = [];
    for (let l = 0; l < depth; l++) {
      const W = take(2 * n * m + l * m * m, m * m, scale * SPREAD[init](m));
      const Z = product(X, W, n, m, m);
      const normed = withNorm ? normalised(Z, n, m) : null;
      const Y = mapped(normed?.N ?? Z, act);
      layers.push({ into: X, W, normed, Y });
      const into = X;
      X = residual ? mapped(Y, (y, i) => into[i] + y) : Y;
      layers[l].A = X;
      layers[l].rms = norm(X) / Math.sqrt(n * m);
      layers[l].spread = spread(X, n, m, layers[l].rms);
    }
    let dX = mapped(X, (x, i) => (2 * (x - T[i])) / (n * m)); // of the mean squared error
    const [gradients, weights, dZs] = [[], [], []];
    for (let l = depth - 1; l >= 0; l--) {
      const { into, W, normed, Y } = layers[l];
      const dY = dX;
      const dN = mapped(dY, (d, i) => d * slope(Y[i]));
      const dZ = normed ? normalisedBack(dN, normed, n, m) : dN;
      dZs[l] = dZ;
      gradients[l] = norm(dZ);
      weights[l] = norm(product(transposed(into, n, m), dZ, m, n, m));
      const through = times(dZ, W, n, m, m);
      dX = residual ? mapped(through, (d, i) => d + dY[i]) : through;
    }
    const shares = layers.map(({ Y }) => stuck(Y, n, m, activation));
    const [activations, spreads] = [layers.map(({ rms }) => rms), layers.map((layer) => layer.spread)];
    return { gradients, weights, activations, spreads, stuck: shares, A: layers.map(({ A }) => A), dZ: dZs };
  };
}

export const BATCH = 32;
// Products of one matrix multiplication in each layer: so many may be computed at the start, and while a knob moves.
const LIMIT = { start: 20 * 32 * 32 * BATCH, moving: 50 * 12 * 12 * 8 };
export const isLight = ({ depth, width, batch }, when) => depth * width * width * batch <= LIMIT[when];
export const smaller = (config) => ({ ...config, width: Math.min(config.width, 12), batch: 8 });

// The straight line through log10 of what is finite and above 0: {perLayer: the factor of one step back, total}.
export function slopeOf(gradients) {
  const points = gradients.map((g, l) => [l, Math.log10(g)]).filter(([, y]) => Number.isFinite(y));
  const mean = (k) => points.reduce((sum, p) => sum + p[k], 0) / points.length;
  const [x, y] = [mean(0), mean(1)];
  const rise = points.reduce((sum, p) => sum + (p[0] - x) * (p[1] - y), 0);
  const run = points.reduce((sum, p) => sum + (p[0] - x) ** 2, 0);
  return { perLayer: run > 0 ? 10 ** (-rise / run) : NaN, total: gradients[0] / gradients.at(-1) };
}

// How many values lie in each of `count` equal bins from low to high; what is no number lies in none.
export function histogram(values, low, high, count) {
  const bins = new Array(count).fill(0);
  for (const v of values) {
    const k = Math.min(count - 1, Math.floor(((v - low) / (high - low)) * count));
    if (k >= 0) bins[k]++;
  }
  return bins;
}

// The smallest 1, 2 or 5 times a power of ten that is no smaller than any of the values: a calm end for an axis.
export function roundUp(values) {
  let most = 0;
  for (const v of values) if (Math.abs(v) > most && Math.abs(v) < Infinity) most = Math.abs(v);
  if (!(most > 1e-300)) return 1;
  const power = 10 ** Math.floor(Math.log10(most));
  return Math.min(Number(([1, 2, 5, 10].find((m) => m * power >= most) * power).toPrecision(1)), 1e308);
}

// The ends of the axis for what leaves a layer: what its activation can give, or as far as it goes.
export function endsOf(values, { activation, residual }) {
  if (!residual && activation === "sigmoid") return [0, 1];
  if (!residual && activation === "tanh") return [-1, 1];
  const end = roundUp(values);
  return [!residual && activation === "relu" ? 0 : -end, end];
}

// Two digits; powers of ten as on the axes: 8.6·10⁻¹³.
export const rough = (value) => powers(number(Number(value.toPrecision(2))));
const powers = (text) =>
  text.replace(/^(−?)(.*)e(−?\d+)$/, (_, sign, digits, power) => {
    const times = digits === "1" ? "" : `${digits}·`;
    return `${sign}${times}10${superscript(power.replace("−", "-"))}`;
  });

function span(list) {
  if (list.length === 1) return `layer ${list[0]}`;
  if (list.at(-1) - list[0] === list.length - 1) return `layers ${list[0]} to ${list.at(-1)}`;
  if (list.length > 4) return `${list.length} layers`;
  return `layers ${list.slice(0, -1).join(", ")} and ${list.at(-1)}`;
}
const where = (values, fits) => values.flatMap((v, l) => (fits(v) ? [l + 1] : []));

function trouble({ gradients, activations, stuck }, activation) {
  const broken = where(activations, (v) => !Number.isFinite(v));
  if (broken.length) return [`The forward pass overflows in layer ${broken[0]}: no layer gets a gradient.`];
  const huge = where(gradients, (v) => !Number.isFinite(v));
  if (huge.length) return [`The gradient overflows in ${span(huge)}: it is too large for a float.`];
  const none = where(gradients, (v) => v === 0);
  if (!none.length) return null;
  const dead = activation === "relu" && stuck.indexOf(1) + 1;
  let why = dead ? `every unit of layer ${dead} is dead` : "it became too small for a float";
  if (none.length > 1 && none.every((layer) => dead && stuck[layer - 1] === 1)) why = "all their units are dead";
  return [`No gradient at all arrives in ${span(none)}: ${why}.`];
}

// What happens to the gradient: the verdict above the picture.
export function tell(result, { activation, depth }) {
  const bad = trouble(result, activation);
  if (bad) return bad;
  const { gradients } = result;
  const alone = ["There is one layer: its gradient has length ", ["backward", `∂ ${rough(gradients[0])}`], "."];
  if (depth === 1) return alone;
  const { perLayer, total } = slopeOf(gradients);
  const kind = perLayer < 0.95 ? "shrinks" : perLayer > 1.05 ? "grows" : "keeps about its size";
  const [step, rest] = [`× ${rough(perLayer)}`, rough(total)].map((text) => ["backward", text]);
  const like = `${total > 1 ? "times" : "of"} layer ${depth}’s`;
  return [`The gradient ${kind}: `, step, " a layer. Layer 1 gets ", rest, ` ${like}.`];
}

const flatSlopes = (activation) => (activation === "relu" ? "of the units are dead" : "of the slopes are saturated");

// Where most of the slopes are flat, if anywhere.
export function remark({ stuck }, { activation }) {
  const most = Math.max(...stuck);
  return most >= 0.01
    ? ` In layer ${stuck.indexOf(most) + 1}, ${Math.round(100 * most)}% ${flatSlopes(activation)}.`
    : "";
}

// Whole decades around all that is finite and above 0: four of them, or many in steps of five, so that axes stay calm.
export function decades(values) {
  const logs = values.filter((v) => v > 0 && v < Infinity).map(Math.log10);
  let [low, high] = logs.length ? [Math.floor(Math.min(...logs)), Math.ceil(Math.max(...logs))] : [-2, 2];
  if (high - low > 4) [low, high] = [5 * Math.floor(low / 5), 5 * Math.ceil(high / 5)];
  for (let k = 0; high - low < 4; k++)
    if (k % 2) low--;
    else high++;
  return { min: 10 ** Math.max(low, -307), max: 10 ** Math.min(high, 308) };
}
