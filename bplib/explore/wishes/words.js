import { number } from "../_shared/frame.js";
import { requests } from "./model.js";

// ---------- MODEL, second part: words. A scene is what is shown; `studied` in wishes.js makes it. ----------

// A wish with its sign and three decimals, or as many as it takes; nothing has no sign.
export function signedText(value) {
  const text = Math.abs(value) < 0.0005 ? number(value) : value.toFixed(3).replace("-", "−");
  return value > 0 ? `+${text}` : text;
}
export const side = (value) => (value < 0 ? "less" : "more");
const coloured = (value) => [side(value), signedText(value)];
const direction = (value) => [side(value), `${side(value)} active`];
const blue = (value) => ["forward", value.toFixed(3)];
export const called = (level, j) => (level === 3 ? `output ${j}` : `neuron ${j + 1} of hidden ${level}`);
export const capital = (text) => text[0].toUpperCase() + text.slice(1);
export const article = (digit) => (digit === 8 ? "an 8" : `a ${digit}`);
export const strongest = (values) =>
  values.reduce((best, v, i) => (Math.abs(v) > Math.abs(values[best]) ? i : best), 0);
export const largest = (values) => values.reduce((most, v) => Math.max(most, Math.abs(v)), 0);

// The few that are asked most: where a wish goes on.
export const foremost = (values, count = 3) =>
  Array.from(values.keys())
    .sort((i, k) => Math.abs(values[k]) - Math.abs(values[i]))
    .slice(0, count);

// The beats of Play: values run forward, wishes run back.
export const BEATS = [
  ["values", "The network starts from the pixels: 1 where there is ink, 0 where there is paper."],
  ["values", "Each neuron of hidden 1 adds up all 784 pixels, each times a weight of its own, and is active or not."],
  ["values", "Hidden 2 does the same with the activations of hidden 1."],
  ["values", "And the outputs do it with those of hidden 2. "],
  ["wishes", "Now back. Each output wishes to be closer to its target: 1 for the right digit, 0 for all others."],
  ["wishes", "Every output asks something of every neuron of hidden 2. What a neuron is asked, in sum, is its wish."],
  ["wishes", "Hidden 2 passes its wishes on in the same way, and hidden 1 adds up what it is asked."],
  ["wishes", "In the end, this is what hidden 1 asks of the pixels: ink where it is green, paper where it is purple."],
];
export const OUT = 3; // the beat at which the outputs light up; with the next one they wish
export const isLit = (level, beat) => beat < 0 || beat >= level;
export const hasWish = (level, beat) => beat < 0 || beat >= BEATS.length - 1 - level;

const reading = ({ one, label }) => {
  const read = strongest(one.a[3]);
  return `This ${label} is read as ${read === label ? "one" : article(read)}. `;
};

// The same, and what is shown of an average, in one line for above the picture.
export const headline = (scene) => {
  if (scene.mean) return `What ${scene.mean.all.length} pictures wish on average`;
  return isLit(3, scene.beat) ? reading(scene).trim().slice(0, -1) : `A ${scene.label} goes in`;
};

// Where to go from here.
function onward({ level, asks }) {
  if (level > 1 && asks === "neurons") return " Click one of the neurons it asks: those it asks most are ringed.";
  if (level > 1) return " Of its weights, it asks most of those on the most active neurons, which are ringed.";
  if (asks === "neurons")
    return " The lower picture is what it asks of the pixels. They cannot change: its weights must.";
  return " The lower picture is what it asks of its 784 weights: one picture's wish has that picture's shape.";
}

// Who would have a hidden neuron more active, and who less.
function division(net, { state, level, neuron, trail }) {
  const asked = requests(net, state, level, neuron);
  const wish = state.wish.a[level][neuron];
  const by = trail[0];
  const although = by && asked[by.j] * wish < 0 ? `, although ${called(by.level, by.j)} asks for ${side(-wish)}` : "";
  const up = asked.filter((r) => r > 0).length;
  const who = level === 2 ? "outputs" : "neurons of hidden 2";
  return `${although}. Of the ${asked.length} ${who}, ${up} would have it more active and ${asked.length - up} less.`;
}

// What there is to say in words alone.
export function story(net, scene) {
  const { beat, level, neuron, state, chosen, target } = scene;
  if (beat >= 0) return [BEATS[beat][1], beat === OUT ? reading(scene) : ""];
  if (scene.mean) return averageStory(scene);
  const arrows = `The arrows say how each neuron should change for the network to answer ${target}. `;
  const begin = `Click output ${target}, and follow its wish back to the pixels.`;
  if (!chosen) return [reading(scene), arrows, begin];
  const wish = [capital(called(level, neuron)), " should be ", direction(state.wish.a[level][neuron])];
  if (level === 3) return [reading(scene), ...wish, ".", onward(scene)];
  return [...wish, division(net, scene), onward(scene)];
}

function averageStory({ mean, level, neuron, state, chosen, shorter: times }) {
  const n = mean.all.length;
  const alone = "The average of one picture is its own wish. Turn N up, and see what is left of it.";
  const shorter = `${times.toFixed(1)} times shorter than a single one usually is`;
  const many = `The average wish of ${n} pictures is ${shorter}: they disagree, and most of what they ask cancels.`;
  const its = [
    ` ${capital(called(level, neuron))} should, on average, be `,
    direction(state.wish.a[level][neuron]),
    ".",
  ];
  return [n > 1 ? many : alone, ...(chosen ? its : [])];
}

// The numbers of the neuron at which somebody points, or which they chose.
export function numbers({ state, roll, level, neuron, mean, chosen }, at) {
  const [activation, wish] = [state.a[at.level][at.j], state.wish.a[at.level][at.j]];
  const [is, its] = mean ? [" is on average at ", "; its mean wish is "] : [" is at ", "; its wish is "];
  const begin = [capital(called(at.level, at.j)), is, blue(activation), its, coloured(wish)];
  if (chosen && at.level === level - 1)
    return [...begin, `, and ${called(level, neuron)} asks `, coloured(roll.before[at.j]), " of it."];
  if (!chosen || at.level !== level || at.j !== neuron) return [...begin, "."];
  const slope = activation * (1 - activation);
  const flat = slope < 0.0025 ? [` It is saturated: its slope ${number(slope)} lets little of its wish past.`] : [];
  return [...begin, "; it asks ", coloured(roll.bias), " of its bias.", ...flat];
}
