import { pastedRows, toRaw } from "../_shared/fields.js";
import { button, host, html, lowered, OWN_KEYS, pretty, put } from "../_shared/frame.js";
import { hasMore, judge, messageOf } from "../_shared/judge.js";

// exercise: the place below a prompt where a reader of the page answers it. What judges the answer (its kit) and fresh
// numbers for practice are in scripts of their own, which are fetched when they are first needed, from a disk too.

// ---------- MODEL: what stands in the fields, what is remembered, how a message is written ----------

// A message as [kind, text] pieces: text, **strong**, *em*, `code` or a $formula$.
const MARKS = /(\*\*[^*]+\*\*|`[^`]+`|\$[^$]+\$|\*(?! )[^*`$]+(?<! )\*)/;
export function pieces(message) {
  const split = message.split(MARKS).filter(Boolean);
  return split.map((piece) => {
    if (!MARKS.test(piece)) return ["text", piece];
    if (piece.startsWith("**")) return ["strong", piece.slice(2, -2)];
    return [{ "`": "code", $: "math", "*": "em" }[piece[0]], piece.slice(1, -1)];
  });
}

const isBare = (text) => !text?.trim();
const last = (list, holds) => list.length - 1 - [...list].reverse().findIndex(holds); // list.length if there is none
const reach = (list, holds) => (list.some(holds) ? last(list, holds) + 1 : 0);

// The part of a grid that is in use: up to the last row and the last column with something in them.
export function inUse(rows) {
  const wide = Math.max(0, ...rows.map((row) => reach(row, (text) => !isBare(text))));
  const tall = reach(rows, (row) => !row.every(isBare));
  return rows.slice(0, tall).map((row) => Array.from({ length: wide }, (_, j) => row[j] ?? ""));
}

// A grid as the answer of so many axes. Rows and columns are the reader's; that a bias has no rows, a grid cannot say.
export function asAnswer(rows, axes) {
  const used = inUse(rows);
  if (!used.length) return "";
  return axes === 1 && used.length === 1 ? used[0] : used;
}

export const asRows = (answer) => (Array.isArray(answer) ? (Array.isArray(answer[0]) ? answer : [answer]) : [[answer]]);

// Whether what was kept, or imported, can stand in the fields of this exercise.
const isText = (given) => typeof given === "string";
const isGrid = (given) => isText(given) || (Array.isArray(given) && given.every(isGrid));
const SOUND = {
  ByHand: (fields, { outputs }) => Array.isArray(fields) && fields.length === outputs.length && fields.every(isText),
  Arrays: (fields, { outputs }) => outputs.every(([name]) => isGrid(fields[name])),
  Shapes: (fields, { outputs }) => outputs.every(([name]) => isText(fields[name])),
};
export const fits = (spec, fields) => Boolean(fields) && (SOUND[spec.kind] ?? isText)(fields, spec);

// What was kept of an exercise, as far as it has the right form.
const finite = (given, least = 0) => (Number.isFinite(given) ? Math.max(given, least) : least);
export function sound(spec, kept) {
  const { fields, raw, wrong, tries, step, points, drill } = Object(kept);
  const numbers = Object.entries(Object(drill)).filter(([, value]) => Number.isFinite(value));
  const practice = numbers.length ? { drill: Object.fromEntries(numbers) } : {};
  if (!fits(spec, fields)) return practice;
  const standing = { tries: finite(tries), step: Math.min(finite(step, 1), 3), points: finite(points) };
  return { fields, raw, wrong, ...standing, ...practice };
}

// What is remembered once an answer was judged. As for bp.check, only a wrong answer that is a new one brings more help.
export function after(before, { fields, raw, verdict }) {
  const { counts_as_try: wrong, points } = verdict;
  const again = JSON.stringify(raw) === JSON.stringify(before.wrong);
  const tries = (before.tries ?? 0) + (wrong && !again);
  const step = wrong && !again ? Math.min(tries, 3) : (before.step ?? 1);
  return {
    ...before,
    fields,
    raw,
    tries,
    step,
    points: Math.max(points, before.points ?? 0),
    ...(wrong && { wrong: raw }),
  };
}

// Minutes and seconds.
export const clock = (seconds) => `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;

// What practice has come to, after one more answer. A wrong one ends the run; a right one that took two tries begins none.
export function practised(before, { right, first, seconds }) {
  const { row = 0, longest = 0, done = 0, fastest } = before;
  if (!right) return { ...before, row: 0 };
  const now = first ? row + 1 : 0;
  return { row: now, longest: Math.max(longest, now), done: done + 1, fastest: Math.min(fastest ?? seconds, seconds) };
}

// The kit of variant k, and its prompt: texts that differ in numbers alone are kept once, with places for the numbers.
export const variantOf = ({ say, mistakes, same, kits, math }, k) => ({ ...same, ...kits[k], say, mistakes, math });
export function promptOf({ templates, parts, prompts }, k) {
  const [which, ...chosen] = prompts[k];
  return templates[which].replace(/\{\{(\d+)\}\}/g, (_, place) => parts[chosen[place]]);
}

// ---------- PICTURE: texts, and the fields of each kind ----------

// `made` is HTML from when the book was built: formulas by their TeX, and where "See chapter 7, *Why*." leads by *Why*.
function written(message, made = {}) {
  return pieces(message).map(([kind, text]) => {
    if (kind === "text") return text;
    const ready = made[kind === "em" ? `*${text}*` : kind === "math" ? text : ""];
    const el = html(kind === "math" || ready ? "span" : kind, {}, ready ? "" : text);
    if (ready) el.innerHTML = ready;
    return el;
  });
}

// dL/dw1 as ∂L/∂w₁, set as mathematics; words stay words.
function label(name) {
  const words = name.split(" ").flatMap((word) => {
    if (!/\/|^[A-Za-z]{1,2}\d*$/.test(word)) return [word, " "];
    const [symbol, low] = word.replace(/^d([A-Z]\w*)\/d/, "∂$1/∂").split("_");
    const parts = [...lowered(pretty(symbol), html), ...(low ? [html("sub", {}, low)] : [])];
    return [html("span", { class: "bp-name" }, ...parts), " "];
  });
  return html("span", { class: "bp-label" }, ...words.slice(0, -1));
}

// No `inputmode`: the keys for numbers have no minus on some phones.
const BOX = { type: "text", autocomplete: "off", autocapitalize: "off", spellcheck: "false", ...OWN_KEYS };

function blank(name) {
  const input = html("input", BOX);
  return { input, el: html("label", { class: "bp-blank" }, label(name), input) };
}

function drawByHand({ outputs }) {
  const blanks = outputs.map(blank);
  const get = () => blanks.map(({ input }) => input.value);
  const set = (fields) => {
    for (const [k, { input }] of blanks.entries()) input.value = fields?.[k] ?? "";
  };
  return { el: html("div", { class: "bp-blanks" }, ...blanks.map(({ el }) => el)), get, set };
}

const MOST = 9; // rows and columns

// Rows of boxes, always one row and one column more than are in use; made(input, i, j) is told of every box.
function growingRows(name, made) {
  const el = html("div", { class: "bp-lines" });
  let rows = [];
  const texts = () => rows.map((row) => row.map(({ value }) => value));
  function cell(i, j) {
    const input = html("input", { ...BOX, "aria-label": `${name}, row ${i + 1}, column ${j + 1}` });
    el.children[i].append(input);
    made(input, i, j);
    return input;
  }
  function stretch(tall, wide) {
    while (rows.length < Math.min(tall, MOST)) {
      el.append(html("div", {}));
      rows.push([]);
    }
    for (const [i, row] of rows.entries()) while (row.length < Math.min(wide, MOST)) row.push(cell(i, row.length));
  }
  function grow() {
    const used = inUse(texts());
    const wide = used[0]?.length ?? 0;
    stretch(Math.max(used.length + 1, 2, rows.length), Math.max(wide + 1, 2, rows[0]?.length ?? 0));
    for (const [i, row] of rows.entries())
      for (const [j, input] of row.entries()) input.classList.toggle("bp-beyond", i >= used.length || j >= wide);
  }
  function fill(given, i = 0, j = 0) {
    stretch(i + given.length, j + Math.max(...given.map((row) => row.length)));
    for (const [k, row] of given.slice(0, MOST - i).entries())
      for (const [m, text] of row.slice(0, MOST - j).entries()) rows[i + k][j + m].value = text;
    grow();
  }
  function clear() {
    rows = [];
    el.replaceChildren();
    grow();
  }
  el.addEventListener("input", grow);
  return { el, texts, fill, clear, row: (i) => rows[i] };
}

// An array: its size is part of the answer, and rows can be pasted.
function drawGrid(name, axes, columns, changed) {
  const grid = growingRows(name, (input, i, j) => {
    input.addEventListener("keydown", (event) => walk(event, i));
    input.addEventListener("paste", (event) => paste(event, i, j));
  });
  // Enter begins the next row; the arrow keys go up and down.
  function walk(event, i) {
    const [here, enter] = [grid.row(i), event.key === "Enter"];
    const there = grid.row({ Enter: i + 1, ArrowDown: i + 1, ArrowUp: i - 1 }[event.key]);
    if (!there || (enter && here.every(({ value }) => isBare(value)))) return; // Enter in an empty row: check
    event.preventDefault();
    there[enter ? 0 : here.indexOf(event.target)].focus();
  }
  function paste(event, i, j) {
    const given = pastedRows(event.clipboardData.getData("text"), columns);
    if (!given.length || (given.length === 1 && given[0].length === 1)) return;
    event.preventDefault();
    grid.fill(given, i, j);
    changed();
  }
  const set = (answer) => {
    grid.clear();
    if (Array.isArray(answer) || !isBare(answer)) grid.fill(asRows(answer));
  };
  set("");
  const el = html("div", { class: "bp-grid", role: "group", "aria-label": name }, label(name), grid.el);
  return { el, get: () => asAnswer(grid.texts(), axes), set };
}

function drawArrays({ outputs }, { changed }) {
  const parts = outputs.map(([name, shape]) => {
    if (shape.length) return [name, drawGrid(name, shape.length, shape.at(-1), changed)];
    const { el, input } = blank(name);
    return [name, { el, get: () => input.value, set: (text) => (input.value = text ?? "") }];
  });
  const get = () => Object.fromEntries(parts.map(([name, part]) => [name, part.get()]));
  const set = (fields) => {
    for (const [name, part] of parts) part.set(fields?.[name] ?? "");
  };
  const grids = outputs.some(([, shape]) => shape.length);
  const how = "An array grows as you fill it. Enter begins the next row, and you can paste rows.";
  const note = grids ? html("p", { class: "bp-how" }, how) : "";
  return { el: html("div", {}, note, html("div", { class: "bp-blanks" }, ...parts.map(([, { el }]) => el))), get, set };
}

function drawShapes({ outputs }) {
  const blanks = outputs.map(([name]) => [name, blank(name)]);
  const get = () => Object.fromEntries(blanks.map(([name, { input }]) => [name, input.value]));
  const set = (fields) => {
    for (const [name, { input }] of blanks) input.value = fields?.[name] ?? "";
  };
  const how = html(
    "p",
    { class: "bp-how" },
    "Write a shape as (2, 3); an array with one axis of 4 has the shape (4,).",
  );
  const boxes = html("div", { class: "bp-blanks" }, ...blanks.map(([, { el }]) => el));
  return { el: html("div", {}, how, boxes), get, set };
}

// One row for each option: its button, its letter and its words, as the prompt has them.
function optionRows(type, options, { id }) {
  const group = `${id}-${Math.random().toString(36).slice(2)}`;
  return options.map(([letter, words]) => {
    const input = html("input", { type, name: group, value: letter, ...OWN_KEYS });
    return { letter, input, el: html("label", {}, input, html("span", {}, ...words)) };
  });
}

function drawChoice(spec, { options }) {
  const rows = optionRows("radio", options, spec);
  const get = () => rows.find(({ input }) => input.checked)?.letter ?? "";
  const set = (letter) => {
    for (const row of rows) row.input.checked = row.letter === letter;
  };
  return { el: html("div", { class: "bp-options" }, ...rows.map(({ el }) => el)), get, set };
}

const NONE = "none";
function drawSeveral(spec, { options }) {
  const rows = optionRows("checkbox", [...options, [NONE, ["none of these"]]], spec);
  const none = rows.at(-1).input;
  const all = rows.slice(0, -1);
  const el = html("div", { class: "bp-options" }, ...rows.map(({ el }) => el));
  el.addEventListener("change", ({ target }) => {
    if (target === none) for (const { input } of all) input.checked &&= !none.checked;
    else none.checked &&= !target.checked;
  });
  const letters = () => all.filter(({ input }) => input.checked).map(({ letter }) => letter);
  const get = () => letters().join("") || (none.checked ? "" : null);
  const set = (given) => {
    for (const { letter, input } of all) input.checked = given?.includes(letter) ?? false;
    none.checked = given === "";
  };
  return { el, get, set };
}

function drawWhichLine() {
  const { el, input } = blank("line");
  return {
    el: html("div", { class: "bp-blanks" }, el),
    get: () => input.value,
    set: (text) => (input.value = text ?? ""),
  };
}

// One step with its buttons; Alt with an arrow key moves it too.
function step([letter, words], by) {
  const up = button("↑", () => by(-1, up), { "aria-label": `Move ${letter} up` });
  const down = button("↓", () => by(1, down), { "aria-label": `Move ${letter} down` });
  const keydown = (event) => {
    const way = event.altKey && { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (!way) return;
    event.preventDefault();
    by(way, event.target);
  };
  return { letter, up, down, el: html("li", { keydown }, html("span", {}, ...words), up, down) };
}

function drawOrdering(_spec, { options, changed }) {
  const status = html("p", { class: "bp-how", "aria-live": "polite" }, "Move the steps with the arrows.");
  let order = [];
  const steps = options.map((option) => step(option, (way, from) => move(option[0], way, from)));
  const list = html("ol", { class: "bp-order" });
  const show = (letters) => {
    order = letters;
    const found = order.map((letter) => steps.find((other) => other.letter === letter));
    list.replaceChildren(...found.map(({ el }) => el));
    for (const [k, { up, down }] of found.entries()) {
      up.setAttribute("aria-disabled", k === 0);
      down.setAttribute("aria-disabled", k === order.length - 1);
    }
  };
  function move(letter, way, from) {
    const at = order.indexOf(letter);
    const to = at + way;
    if (to < 0 || to >= order.length) return;
    const others = order.filter((other) => other !== letter);
    show([...others.slice(0, to), letter, ...others.slice(to)]);
    from.focus(); // what is moved in the page loses the focus
    put(status, `${letter} is now step ${to + 1} of ${order.length}.`);
    changed();
  }
  const letters = options.map(([letter]) => letter);
  const known = (given) => isText(given) && [...given].sort().join() === [...letters].sort().join();
  const set = (given) => show(known(given) ? [...given] : letters);
  set();
  return { el: html("div", {}, list, status), get: () => order.join(""), set };
}

const DRAWINGS = {
  ByHand: drawByHand,
  Arrays: drawArrays,
  Shapes: drawShapes,
  Choice: drawChoice,
  Several: drawSeveral,
  WhichLine: drawWhichLine,
  Ordering: drawOrdering,
};

// The options of a prompt, [letter, its words as elements]; the list itself is hidden, and so is how a notebook is answered.
function takeOptions(prompt) {
  const isOption = (item) =>
    /^[a-p]:$/.test(item.querySelector(":scope > strong, :scope > p > strong")?.textContent ?? "");
  const list = prompt.find((part) => part.matches("ul") && [...part.children].every(isOption));
  if (!list) return [];
  list.hidden = true;
  const how = prompt.slice(prompt.indexOf(list) + 1).find((part) => part.matches("p"));
  const tail = [...(how?.childNodes ?? [])].find((node) => node.nodeType === 3 && /Answer with /.test(node.data));
  if (tail) tail.data = tail.data.replace(/\s*Answer with (all|the|their) letters.*$/s, "");
  if (how && !how.textContent.trim()) how.hidden = true;
  return [...list.children].map((item) => {
    const copy = item.cloneNode(true);
    const words = copy.querySelector(":scope > p") ?? copy;
    return [words.querySelector("strong").textContent[0], [...words.childNodes]];
  });
}

// ---------- KNOBS: checking, more help, practice ----------

const scripts = new Map();

// What one of our scripts puts down under its name; asked for once, and again if it did not come.
function fetched(path) {
  if (!scripts.has(path)) {
    const load = (done, fail) => {
      const src = `${document.documentElement.dataset.content_root ?? ""}_static/bp/${path}.js`;
      const script = html("script", { src, load: () => done(globalThis.bpData[path]), error: fail });
      document.head.append(script);
    };
    scripts.set(path, new Promise(load));
    scripts.get(path).catch(() => scripts.delete(path));
  }
  return scripts.get(path);
}

async function kitOf({ kits, id }) {
  const { say, mistakes, math, kits: all } = await fetched(`kits/${kits}`);
  return { ...all.find((kit) => kit.id === id), say, mistakes, math };
}

const NOT_THERE = "**This cannot be judged now:** a file that belongs to this page did not load. Is the book whole?";

// What is said about an answer. It takes the focus only from a button that is gone.
function speaker() {
  const el = html("div", { class: "bp-feedback", role: "status", blur: () => el.removeAttribute("tabindex") });
  const say = (message, kind = "", made = {}) => {
    el.className = `bp-feedback ${kind}`;
    el.replaceChildren(...(message ? [html("p", {}, ...written(message, made))] : []));
  };
  const listen = () => {
    el.tabIndex = -1;
    el.focus();
  };
  return { el, say, listen };
}

// A form for an answer. kit() gives what judges it, later; judged({fields, raw, verdict}) gives the step of help to show.
function sheet(spec, { options, kit, judged, changed, name }) {
  const fields = DRAWINGS[spec.kind](spec, { options, changed });
  const speech = speaker();
  const check = html("button", { type: "submit", class: "bp-check", ...OWN_KEYS }, "Check");
  const bar = html("div", { class: "bp-bar" }, check);
  function show(verdict, step, math) {
    const kind = verdict.points >= spec.points ? "bp-right" : verdict.counts_as_try ? "bp-wrong" : "";
    const message = messageOf(verdict, step).replace(/, (in|without) quotes\b/, ""); // a notebook's, not a page's
    speech.say(message, kind, math);
  }
  async function look() {
    try {
      const known = await kit();
      const given = fields.get();
      const raw = toRaw(known, given);
      const verdict = judge(known, raw);
      show(verdict, judged({ fields: given, raw, verdict, math: known.math }), known.math);
    } catch (error) {
      speech.say(NOT_THERE);
      if (error instanceof Error) throw error;
    }
  }
  const submit = (event) => {
    event.preventDefault();
    look();
  };
  const el = html("form", { submit, change: changed, "aria-label": name }, fields.el, bar, speech.el);
  return { el, fields, bar, show, say: speech.say, listen: speech.listen };
}

const keyOf = ({ id }) => `exercise/${id}`;
const remember = (spec, state) =>
  globalThis.bpMemory?.set(keyOf(spec), { ...state, of: spec.points, at: new Date().toISOString() });

const link = (href, text) => html("a", { href, class: "bp-link" }, text);

// The reader's record of an exercise: put(changes) remembers them, forget() all but what practice has come to.
function record(spec) {
  let state = sound(spec, globalThis.bpMemory?.get(keyOf(spec)));
  const put = (changes) => {
    state = { ...state, ...changes };
    remember(spec, state);
  };
  const forget = () => {
    state = state.drill ? { drill: state.drill } : {};
    globalThis.bpMemory?.set(keyOf(spec), state.drill && state);
  };
  return { now: () => state, put, forget };
}

// What stands beside "Check"; `shown` is the verdict on the answer, if there is one.
function besideCheck(spec, { help, clear }) {
  const buttons = [button("More help", help), button("Clear", clear), link(spec.solution, "Solution")];
  const [more, wipe, solution] = buttons;
  const show = (shown, state, touched) => {
    more.hidden = !shown?.verdict.counts_as_try || !hasMore(shown.verdict, state.step);
    wipe.hidden = !shown && !touched;
    solution.hidden = !shown;
    for (const other of buttons.slice(3)) other.hidden = !shown && !state.drill;
  };
  return { buttons, more, show };
}

// The exercise with the book's numbers.
function theExercise(spec, options, own) {
  let shown;
  const kit = () => kitOf(spec);
  const judged = ({ verdict, math, ...given }) => {
    own.put(after(own.now(), { ...given, verdict }));
    shown = { verdict, math };
    redraw();
    return own.now().step;
  };
  const changed = () => {
    if (own.now().fields || touched()) own.put({ fields: paper.fields.get() });
    redraw();
  };
  const paper = sheet(spec, { options, kit, judged, changed, name: `Answer to exercise ${spec.id}` });
  const empty = JSON.stringify(paper.fields.get());
  const touched = () => JSON.stringify(paper.fields.get()) !== empty;
  const help = () => {
    own.put({ step: own.now().step + 1 });
    tell();
    if (side.more.hidden) paper.listen();
  };
  const clear = () => {
    own.forget();
    paper.fields.set();
    paper.say("");
    shown = undefined;
    redraw();
    paper.el.querySelector("input, button").focus();
  };
  const side = besideCheck(spec, { help, clear });
  const redraw = () => side.show(shown, own.now(), touched());
  const tell = () => {
    paper.show(shown.verdict, own.now().step, shown.math);
    redraw();
  };
  const offer = (button) => {
    side.buttons.push(button);
    paper.bar.append(button);
    redraw();
  };
  paper.bar.append(...side.buttons);
  paper.el.addEventListener("input", redraw);
  restored(own.now(), paper, kit).then((found) => {
    shown = found;
    if (found) tell();
  }, redraw);
  redraw();
  return { el: paper.el, offer };
}

// The fields as the reader left them, and the verdict on what stands in them; the judge is fetched only if there is one.
async function restored({ fields, raw }, paper, kit) {
  if (fields === undefined) return undefined;
  paper.fields.set(fields);
  if (raw === undefined) return undefined;
  const known = await kit();
  const same = JSON.stringify(toRaw(known, paper.fields.get())) === JSON.stringify(raw);
  return same ? { verdict: judge(known, raw), math: known.math } : undefined;
}

function scoreOf({ row, longest = 0, fastest }, seconds) {
  if (row === undefined) return "Fresh numbers. Your time counts from now.";
  const time = seconds === undefined ? "" : ` This one took ${clock(seconds)}.`;
  const best = fastest === undefined ? "" : ` Your fastest so far: ${clock(fastest)}.`;
  return `Right at once, in a row: ${row}${longest > row ? ` (at most ${longest})` : ""}.${time}${best}`;
}

// One variant: its prompt, and a form that names the slip at once. answered({right, first, seconds}) is told of each try
// until it is right.
function freshNumbers(spec, pool, at, { answered, go }) {
  const kit = variantOf(pool, at);
  const prompt = html("div", { class: "bp-prompt", tabindex: -1 });
  prompt.innerHTML = promptOf(pool, at); // made when the book was built
  const started = Date.now();
  let [first, over] = [true, false];
  const judged = ({ verdict }) => {
    const right = verdict.points >= kit.points;
    if (over || !(right || verdict.counts_as_try)) return 3;
    answered({ right, first, seconds: (Date.now() - started) / 1000 });
    [first, over] = [false, right];
    return 3;
  };
  const options = takeOptions([...prompt.children]);
  const name = `Answer to another one like exercise ${spec.id}`;
  const paper = sheet(spec, { options, kit: async () => kit, judged, changed: () => {}, name });
  paper.bar.append(button("Another one", go));
  const note = html("p", { class: "bp-how" }, "In a notebook, ", html("code", {}, `bp.variant("${kit.variant}")`));
  note.append(" gives these numbers. A token of your own works only there.");
  return [prompt, paper.el, note];
}

// Fresh numbers of the same kind, one after the other; runs and times are counted.
function practice(spec, own) {
  const score = html("p", { class: "bp-score", "aria-live": "polite" });
  const place = html("div", {});
  const name = `Practice for exercise ${spec.id}`;
  const el = html("section", { class: "bp-drill", "aria-label": name, hidden: true }, score, place);
  const done = () => own.now().drill ?? {};
  const answered = (how) => {
    own.put({ drill: practised(done(), how) });
    put(score, scoreOf(done(), how.right ? how.seconds : undefined));
  };
  let at;
  async function next() {
    const pool = await fetched(`drill/${spec.id}`);
    const count = pool.kits.length;
    at = at === undefined ? Math.floor(Math.random() * count) : (at + 1) % count;
    place.replaceChildren(...freshNumbers(spec, pool, at, { answered, go }));
    put(score, scoreOf(done()));
    place.firstChild.focus(); // read first, then answered
  }
  function go() {
    el.hidden = false;
    next().catch(() => put(score, "The numbers did not load. Is the book whole?"));
  }
  return { el, again: button("Another one like this", go) };
}

// A rubric: what earns points is ticked, the rest are remarks. ticked(k, on) is told.
function rubricRows(items, state, ticked) {
  return items.map(([worth, text], k) => {
    const words = html("span", {});
    words.innerHTML = text; // made when the book was built
    if (!worth) return html("p", { class: "bp-how" }, words);
    const box = html("input", { type: "checkbox", ...OWN_KEYS });
    box.checked = state.ticked.includes(k);
    box.addEventListener("change", () => ticked(k, box.checked));
    return html("label", {}, box, words);
  });
}

// Words: no program judges them. The reader writes, then compares, and gives the points.
function inWords(spec) {
  const kept = globalThis.bpMemory?.get(keyOf(spec));
  const state = { text: "", ticked: [], ...(isText(kept?.text) && Array.isArray(kept.ticked) && kept) };
  const area = html("textarea", { rows: 4, "aria-label": `Answer to exercise ${spec.id}`, change: save, ...OWN_KEYS });
  area.value = state.text;
  const speech = speaker();
  const beside = html("div", { class: "bp-beside-answer", hidden: true });
  const compare = html("button", { type: "submit", class: "bp-check", ...OWN_KEYS }, "Compare with the model answer");
  function save() {
    state.text = area.value;
    if (!isBare(state.text) || kept) remember(spec, state);
  }
  async function show() {
    const { rubric, model } = await kitOf(spec);
    const give = () => {
      state.points = rubric.reduce((sum, [worth], k) => sum + (state.ticked.includes(k) ? worth : 0), 0);
      state.done = true;
      save();
      speech.say(`You give yourself ${state.points} of ${spec.points} points.`);
    };
    const rows = rubricRows(rubric, state, (k, on) => {
      state.ticked = [...state.ticked.filter((other) => other !== k), ...(on ? [k] : [])];
      give();
    });
    const text = html("div", { class: "bp-model" });
    text.innerHTML = model; // made when the book was built
    const half = (name, part) => html("div", {}, html("p", { class: "bp-title" }, name), part);
    const list = html("div", { class: "bp-options" }, ...rows);
    beside.replaceChildren(half("The model answer", text), half("What earns a point: tick what yours has", list));
    beside.hidden = false;
    give();
  }
  const submit = (event) => {
    event.preventDefault();
    if (isBare(area.value)) speech.say("Write your own answer first, in a sentence or two.");
    else show().catch(() => speech.say(NOT_THERE));
  };
  if (state.done) show().catch(() => {});
  const bar = html("div", { class: "bp-bar" }, compare, link(spec.solution, "Solution"));
  return html("form", { submit, class: "bp-inwords" }, area, bar, beside, speech.el);
}

export function mount(box, store) {
  const spec = Object.fromEntries(Object.keys(DEFAULTS).map((key) => [key, store.get(key)]));
  const { home } = box;
  const before = [];
  for (
    let part = home.previousElementSibling;
    part && part.tagName !== home.tagName;
    part = part.previousElementSibling
  )
    before.unshift(part);
  if (spec.kind === "ByPerson") {
    box.append(inWords(spec));
    return () => {};
  }
  const own = record(spec);
  const main = theExercise(spec, takeOptions(before), own);
  box.append(main.el);
  if (spec.drill) {
    const { el, again } = practice(spec, own);
    main.offer(again);
    box.append(el);
  }
  return () => {};
}

const DEFAULTS = { id: "", kind: "", points: 1, outputs: [], kits: "", drill: false, solution: "" };
const { widget, define } = host("bp-exercise", { defaults: DEFAULTS, mount });

export { define };
export default widget;
