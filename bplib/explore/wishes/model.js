// ---------- MODEL: pure functions. Level 0 is the pixels, 1 and 2 are hidden, 3 the outputs. ----------
// A wish is the negative gradient of C = Σ (output − target)².

export const SIDE = 28;
const SMALL = 8;
export const DIGITS = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];

export function refuse(wanted, given) {
  throw new Error(`Wishes wants ${wanted}, got ${JSON.stringify(given)?.slice(0, 60)}.`);
}

function decodeLayer(given, n, at) {
  const { shape, scale, rows } = given ?? {};
  if (!Array.isArray(shape) || shape.length !== 2 || shape[0] !== n || !(shape[1] > 0))
    refuse(`layer ${at} to have shape [${n}, neurons]`, shape);
  if (!Number.isFinite(scale)) refuse(`a number as the scale of layer ${at}`, scale);
  const bytes = atob(String(rows));
  const [nIn, nOut] = shape;
  if (bytes.length !== 2 * (nIn + 1) * nOut) refuse(`${2 * (nIn + 1) * nOut} bytes in layer ${at}`, bytes.length);
  const all = new Float64Array((nIn + 1) * nOut);
  for (let k = 0; k < all.length; k++) {
    const whole = bytes.charCodeAt(2 * k) + 256 * bytes.charCodeAt(2 * k + 1); // low byte first
    all[k] = (whole < 32768 ? whole : whole - 65536) * scale;
  }
  return { nIn, nOut, W: all.subarray(0, nIn * nOut), b: all.subarray(nIn * nOut) };
}

// The network and its pictures out of their text; an Error that says what is wrong with them.
export function decode(network) {
  const { layers, images, labels } = network ?? {};
  if (!Array.isArray(layers) || layers.length !== 3) refuse("a network of three layers", network);
  let n = SIDE * SIDE;
  const decoded = layers.map((layer, l) => {
    const made = decodeLayer(layer, n, l + 1);
    n = made.nOut;
    return made;
  });
  if (n !== 10) refuse("ten outputs", n);
  const isImage = (text) => typeof text === "string" && /^[0-9a-g]{64}$/.test(text);
  if (!Array.isArray(images) || !images.length || !images.every(isImage))
    refuse("pictures of 64 characters from 0 to g", images);
  if (!Array.isArray(labels) || labels.length !== images.length || !labels.every((t) => DIGITS.includes(t)))
    refuse(`${images.length} labels from 0 to 9`, labels);
  return { layers: decoded, images, labels };
}

// 8 x 8 pixels stretched to 28 x 28: each new one mixes the two that its centre lies between, as in bplib.data.
const ENLARGING = Array.from({ length: SIDE }, (_, row) => {
  const centre = Math.max(0, Math.min(SMALL - 1, ((row + 0.5) * SMALL) / SIDE - 0.5));
  return Array.from({ length: SMALL }, (_, k) => Math.max(0, 1 - Math.abs(centre - k)));
});

export function enlarge(text) {
  const ink = Array.from(text, (c) => parseInt(c, 17) / 16);
  const column = (c) => ink.filter((_, i) => i % SMALL === c);
  const upright = DIGITS.slice(0, SMALL).map(column);
  const tall = ENLARGING.map((row) => upright.map((c) => dot(row, c)));
  return Float64Array.from(tall.flatMap((across) => ENLARGING.map((row) => dot(row, across))));
}

// The activations of every level.
export function forward({ layers }, x) {
  const a = [x];
  for (const { nIn, nOut, W, b } of layers) {
    const z = Float64Array.from(b);
    const before = a.at(-1);
    for (let i = 0, k = 0; i < nIn; i++) for (let j = 0; j < nOut; j++) z[j] += before[i] * W[k++];
    a.push(z.map((v) => 1 / (1 + Math.exp(-v))));
  }
  return a;
}

// What wishes about sums z ask of the activations before them: all neurons' requests, added up.
function asked({ nIn, nOut, W }, wish) {
  const sum = new Float64Array(nIn);
  for (let i = 0, k = 0; i < nIn; i++) for (let j = 0; j < nOut; j++) sum[i] += W[k++] * wish[j];
  return sum;
}

const past = (wish, a) => wish.map((w, j) => w * a[j] * (1 - a[j])); // through the sigmoid's slope

// {a, z}: for every level the wishes about its activations and about its sums.
function wishes({ layers }, a, target) {
  const about = { a: [], z: [] };
  about.a[3] = a[3].map((output, k) => 2 * ((k === target) - output));
  for (let level = 3; level > 0; level--) {
    about.z[level] = past(about.a[level], a[level]);
    if (level > 1) about.a[level - 1] = asked(layers[level - 1], about.z[level]);
  }
  return about;
}

function dot(one, other) {
  let sum = 0;
  for (let i = 0; i < one.length; i++) sum += one[i] * other[i];
  return sum;
}

// One picture: activations, and the wishes about them.
export function single(net, x, target) {
  const a = forward(net, x);
  const one = { a, wish: wishes(net, a, target) };
  return { ...one, all: [one] };
}

// The pictures of the file, each worked out when it is first asked for.
export function library(net) {
  const known = [];
  return (i) => (known[i] ??= single(net, enlarge(net.images[i]), net.labels[i]));
}

// One picture, and those that follow it in the file, round and round.
export const rowFrom = (pictures, count, image, one) =>
  Array.from({ length: count }, (_, k) => (k ? pictures((image + k) % count) : one));

// The same for an average over several pictures.
export function averaged(net, all) {
  const mean = (read, level) =>
    Float64Array.from(
      { length: net.layers[level - 1].nOut },
      (_, j) => all.reduce((sum, one) => sum + read(one)[level][j], 0) / all.length,
    );
  const levels = (read) => [null, ...[1, 2, 3].map((level) => mean(read, level))];
  const wish = { a: levels((one) => one.wish.a), z: levels((one) => one.wish.z) };
  return { a: levels((one) => one.a), wish, all };
}

// The dot product of two pictures' wishes for all 13,002 parameters. A layer's are a_i z_j and z_j, so that the sum over
// i and j is a product of two short sums.
export const product = (one, other) =>
  [1, 2, 3].reduce(
    (sum, level) => sum + (dot(one.a[level - 1], other.a[level - 1]) + 1) * dot(one.wish.z[level], other.wish.z[level]),
    0,
  );

// How long the average wish of the first 1, 2, 3 ... in a row of pictures is; `times` gives the products of two.
export function lengths(row, times = product) {
  let sum = 0;
  return row.map((one, n) => {
    for (let i = 0; i < n; i++) sum += 2 * times(row[i], one);
    sum += times(one, one);
    return Math.sqrt(sum) / (n + 1);
  });
}

// How long one picture's wishes are.
export const lengthOf = (one) => Math.sqrt(product(one, one));

// The same, how long the average's are, how long single ones are on average, and the cosine of the angle between this
// one and the average.
export function compared(one, all, mean = lengths(all).at(-1)) {
  const along = all.reduce((sum, other) => sum + product(one, other), 0) / all.length;
  const typical = all.reduce((sum, other) => sum + lengthOf(other), 0) / all.length;
  return { one: lengthOf(one), typical, mean, cosine: along / (lengthOf(one) * mean) };
}

// The wish of neuron j rolled back: its bias, its weights, the neurons before it, and through them the pixels.
export function rollback(net, state, level, j) {
  const { nIn, nOut, W } = net.layers[level - 1];
  const bias = state.wish.z[level][j];
  const weights = new Float64Array(nIn);
  const first = new Float64Array(net.layers[0].nOut); // what arrives at the sums of the first level, over all pictures
  const part = 1 / state.all.length;
  for (const { a, wish } of state.all) {
    let z = new Float64Array(nOut);
    z[j] = wish.z[level][j];
    for (let i = 0; i < nIn; i++) weights[i] += a[level - 1][i] * z[j] * part;
    for (let at = level; at > 1; at--) z = past(asked(net.layers[at - 1], z), a[at - 1]);
    for (const [k, v] of z.entries()) first[k] += v * part;
  }
  const before = Float64Array.from({ length: nIn }, (_, i) => W[i * nOut + j] * bias);
  return { bias, weights, before, pixels: asked(net.layers[0], first) };
}

// What each neuron of the next level asks of neuron j; in sum, that is the wish of j.
export function requests(net, state, level, j) {
  if (level === 3) return new Float64Array();
  const { nOut, W } = net.layers[level];
  return state.wish.z[level + 1].map((z, k) => W[j * nOut + k] * z);
}

// What all wishes together ask of the pixels.
export const ofPixels = (net, state) => asked(net.layers[0], state.wish.z[1]);

// The latest answer, kept for as long as the same is asked.
export function kept(make) {
  let [known, answer] = [];
  return (...given) => {
    if (!known || given.some((v, k) => v !== known[k])) [known, answer] = [given, make(...given)];
    return answer;
  };
}
