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

const headings = () => [...document.querySelectorAll("article :is(h2, h3)")];

// "See chapter 7, *Why*." leads to that heading where it is on this page.
function leading(text) {
  const heading = headings().find((other) => other.firstChild?.textContent.trim() === text);
  const words = html("em", {}, text);
  return heading ? html("a", { href: `#${heading.closest("section").id}` }, words) : words;
}

function written(message, math = {}) {
  return pieces(message).map(([kind, text]) => {
    if (kind === "text") return text;
    if (kind === "em") return leading(text);
    const el = html(kind === "math" ? "span" : kind, {}, kind === "math" && math[text] ? "" : text);
    if (kind === "math" && math[text]) el.innerHTML = math[text]; // typeset when the book was built
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

// An array that grows while it is filled, so that its size is part of the answer; rows can be pasted.
function drawGrid(name, axes, columns, changed) {
  let rows = [];
  const lines = html("div", { class: "bp-lines" });
  const el = html("div", { class: "bp-grid", role: "group", "aria-label": name }, label(name), lines);
  const texts = () => rows.map((row) => row.map(({ value }) => value));
  function cell(i, j) {
    const input = html("input", { ...BOX, "aria-label": `${name}, row ${i + 1}, column ${j + 1}` });
    lines.children[i].append(input);
    input.addEventListener("keydown", (event) => walk(event, i));
    input.addEventListener("paste", (event) => paste(event, i, j));
    return input;
  }
  function stretch(tall, wide) {
    while (rows.length < Math.min(tall, MOST)) {
      lines.append(html("div", {}));
      rows.push([]);
    }
    for (const [i, row] of rows.entries()) while (row.length < Math.min(wide, MOST)) row.push(cell(i, row.length));
  }
  // One row and one column more than are in use, but never less than there is.
  function grow() {
    const used = inUse(texts());
    const wide = used[0]?.length ?? 0;
    stretch(Math.max(used.length + 1, 2, rows.length), Math.max(wide + 1, 2, rows[0]?.length ?? 0));
    for (const [i, row] of rows.entries())
      for (const [j, input] of row.entries()) input.classList.toggle("bp-beyond", i >= used.length || j >= wide);
  }
  // Enter begins the next row; the arrow keys go up and down.
  function walk(event, i) {
    const to = { Enter: i + 1, ArrowDown: i + 1, ArrowUp: i - 1 }[event.key];
    if (to === undefined || !rows[to] || (event.key === "Enter" && rows[i].every(({ value }) => isBare(value)))) return;
    event.preventDefault();
    (event.key === "Enter" ? rows[to][0] : rows[to][rows[i].indexOf(event.target)]).focus();
  }
  function paste(event, i, j) {
    const given = pastedRows(event.clipboardData.getData("text"), columns);
    if (!given.length || (given.length === 1 && given[0].length === 1)) return;
    event.preventDefault();
    fill(given, i, j);
    changed();
  }
  function fill(given, i, j) {
    stretch(i + given.length, j + Math.max(...given.map((row) => row.length)));
    for (const [k, row] of given.slice(0, MOST - i).entries())
      for (const [m, text] of row.slice(0, MOST - j).entries()) rows[i + k][j + m].value = text;
    grow();
  }
  el.addEventListener("input", grow);
  const set = (answer) => {
    rows = [];
    lines.replaceChildren();
    grow();
    if (Array.isArray(answer) || !isBare(answer)) fill(asRows(answer), 0, 0);
  };
  set("");
  return { el, get: () => asAnswer(texts(), axes), set };
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

const asked = new Map();

// What one of our scripts puts down under its name; asked for once, and again if it did not come.
function fetched(path) {
  if (!asked.has(path)) {
    const load = (done, fail) => {
      const src = `${document.documentElement.dataset.content_root ?? ""}_static/bp/${path}.js`;
      const script = html("script", { src, load: () => done(globalThis.bpData[path]), error: fail });
      document.head.append(script);
    };
    asked.set(path, new Promise(load));
    asked.get(path).catch(() => asked.delete(path));
  }
  return asked.get(path);
}

async function kitOf({ kits, id }) {
  const { say, mistakes, math, kits: all } = await fetched(`kits/${kits}`);
  return { ...all.find((kit) => kit.id === id), say, mistakes, math };
}

const NOT_THERE = "**This cannot be judged now:** a file that belongs to this page did not load. Is the book whole?";

// What is said about an answer. It takes the focus only from a button that is gone.
function speaker() {
  const el = html("div", { class: "bp-feedback", role: "status", blur: () => el.removeAttribute("tabindex") });
  const say = (message, kind = "", math = {}) => {
    el.className = `bp-feedback ${kind}`;
    el.replaceChildren(...(message ? [html("p", {}, ...written(message, math))] : []));
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
    speech.say(messageOf(verdict, step), kind, math);
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

// What the reader's memory has of this exercise, if it is of the right form.
const keyOf = ({ id }) => `exercise/${id}`;
function recalled(spec) {
  const kept = globalThis.bpMemory?.get(keyOf(spec));
  if (!kept || typeof kept !== "object") return {};
  return fits(spec, kept.fields) ? kept : { ...(kept.drill && { drill: kept.drill }) };
}
const remember = (spec, state) =>
  globalThis.bpMemory?.set(keyOf(spec), { ...state, of: spec.points, at: new Date().toISOString() });

const link = (href, text) => html("a", { href, class: "bp-link" }, text);

// The exercise with the book's numbers.
function theExercise(spec, options) {
  let state = recalled(spec);
  let shown; // the verdict on what stands in the fields
  let another; // the button for practice, once there was a first answer
  const kit = () => kitOf(spec);
  const more = button("More help", () => {
    state = { ...state, step: state.step + 1 };
    refresh();
    remember(spec, state);
    if (more.hidden) paper.listen();
  });
  const clear = button("Clear", () => {
    state = state.drill ? { drill: state.drill } : {};
    globalThis.bpMemory?.set(keyOf(spec), state.drill && state);
    paper.fields.set();
    paper.say("");
    shown = undefined;
    buttons();
    paper.el.querySelector("input, button").focus();
  });
  const solution = link(spec.solution, "Solution");
  const paper = sheet(spec, { options, kit, judged, changed, name: `Answer to exercise ${spec.id}` });
  paper.bar.append(more, clear, solution);
  paper.el.addEventListener("input", buttons);

  function buttons() {
    more.hidden = !shown?.verdict.counts_as_try || !hasMore(shown.verdict, state.step);
    clear.hidden = !shown && !touched();
    solution.hidden = !shown;
    if (another) another.hidden = !shown && !state.drill;
  }
  const touched = () => JSON.stringify(paper.fields.get()) !== empty;
  function refresh() {
    paper.show(shown.verdict, state.step, shown.math);
    buttons();
  }
  function judged({ fields, raw, verdict, math }) {
    state = after(state, { fields, raw, verdict });
    shown = { verdict, math };
    remember(spec, state);
    buttons();
    return state.step;
  }
  function changed() {
    if (!state.fields && !touched()) return;
    state = { ...state, fields: paper.fields.get() };
    remember(spec, state);
    buttons();
  }
  // As it was when the reader left it; the judge is fetched only if there is something to judge.
  async function restore() {
    paper.fields.set(state.fields);
    if (state.raw === undefined) return buttons();
    const known = await kit();
    if (JSON.stringify(toRaw(known, paper.fields.get())) !== JSON.stringify(state.raw)) return buttons();
    shown = { verdict: judge(known, state.raw), math: known.math };
    refresh();
  }
  const empty = JSON.stringify(paper.fields.get());
  if (state.fields) restore().catch(() => {});
  buttons();
  const keep = (drill) => {
    state = { ...state, drill };
    remember(spec, state);
  };
  const offer = (button) => {
    another = button;
    paper.bar.append(another);
    buttons();
  };
  return { ...paper, keep, offer, drill: () => state.drill ?? {} };
}

// Fresh numbers of the same kind, one after the other: the slip is named at once, runs and times are counted.
function practice(spec, { keep, drill }) {
  const again = button("Another one like this", () => next().catch(() => put(score, "The numbers did not load.")));
  const score = html("p", { class: "bp-score", "aria-live": "polite" });
  const place = html("div", {});
  const el = html(
    "section",
    { class: "bp-drill", "aria-label": `Practice for exercise ${spec.id}`, hidden: true },
    score,
    place,
  );
  let at = Math.random();

  function tell({ row = 0, longest = 0, fastest }, seconds) {
    const time = seconds === undefined ? "" : ` This one took ${clock(seconds)}.`;
    const best = fastest === undefined ? "" : ` Your fastest so far: ${clock(fastest)}.`;
    put(score, `Right at once, in a row: ${row}${longest > row ? ` (at most ${longest})` : ""}.${time}${best}`);
  }
  async function next() {
    const pool = await fetched(`drill/${spec.id}`);
    at = Number.isInteger(at) ? (at + 1) % pool.kits.length : Math.floor(at * pool.kits.length);
    const kit = variantOf(pool, at);
    const prompt = html("div", { class: "bp-prompt" });
    prompt.innerHTML = promptOf(pool, at); // made when the book was built
    const started = Date.now();
    let [first, over] = [true, false];
    const judged = ({ verdict }) => {
      const right = verdict.points >= kit.points;
      if (over || !(right || verdict.counts_as_try)) return 3;
      const seconds = (Date.now() - started) / 1000;
      keep(practised(drill(), { right, first, seconds }));
      [first, over] = [false, right];
      tell(drill(), right ? seconds : undefined);
      return 3;
    };
    const options = takeOptions([...prompt.children]);
    const name = `Answer to another one like exercise ${spec.id}`;
    const paper = sheet(spec, { options, kit: async () => kit, judged, changed: () => {}, name });
    const note = html("p", { class: "bp-how" }, "In a notebook, ", html("code", {}, `bp.variant("${kit.variant}")`));
    note.append(" gives these numbers. A token of your own works only there.");
    place.replaceChildren(prompt, paper.el, note);
    el.hidden = false;
    tell(drill());
    paper.el.querySelector("input, button").focus();
  }
  return { el, again };
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
  const bar = html("div", { class: "bp-bar" }, compare, link(spec.solution, "Solution"));
  function save() {
    Object.assign(state, { text: area.value });
    if (!isBare(state.text) || kept) remember(spec, { ...state, ...(state.done && { points: state.ticked.length }) });
  }
  function rubric(items) {
    return items.map((item, k) => {
      const box = html("input", { type: "checkbox", ...OWN_KEYS });
      box.checked = state.ticked.includes(k);
      box.addEventListener("change", () => {
        state.ticked = items.map((_, j) => j).filter((j) => (j === k ? box.checked : state.ticked.includes(j)));
        save();
        total(items);
      });
      const words = html("span", {});
      words.innerHTML = item; // made when the book was built
      return html("label", {}, box, words);
    });
  }
  const total = (items) => speech.say(`Of ${items.length} points you give yourself ${state.ticked.length}.`);
  async function show() {
    const { rubric: items, model } = await kitOf(spec);
    const text = html("div", { class: "bp-model" });
    text.innerHTML = model;
    const list = html("div", { class: "bp-options" }, ...rubric(items));
    const half = (name, ...parts) => html("div", {}, html("p", { class: "bp-title" }, name), ...parts);
    beside.replaceChildren(half("The model answer", text), half("What earns a point: tick what yours has", list));
    beside.hidden = false;
    Object.assign(state, { done: true });
    save();
    total(items);
  }
  const submit = (event) => {
    event.preventDefault();
    if (isBare(area.value)) speech.say("Write your own answer first, in a sentence or two.");
    else show().catch(() => speech.say(NOT_THERE));
  };
  if (state.done) show().catch(() => {});
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
  const main = theExercise(spec, takeOptions(before));
  box.append(main.el);
  if (spec.drill) {
    const { el, again } = practice(spec, main);
    main.offer(again);
    box.append(el);
  }
  return () => {};
}

const DEFAULTS = { id: "", kind: "", points: 1, outputs: [], kits: "", drill: false, solution: "" };
const { widget, define } = host("bp-exercise", { defaults: DEFAULTS, mount });

export { define };
export default widget;
