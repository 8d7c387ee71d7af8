import {
  asNumber,
  button,
  host,
  html,
  lowered,
  number,
  OWN_KEYS,
  put,
  sentence,
  subscript,
  superscript,
  tip,
} from "../_shared/frame.js";
import { draw } from "../_shared/rng.js";

// quiz: questions with feedback for each wrong answer. Four kinds: choose, number, match, order. The texts are data.

// ---------- MODEL: what is right, what is wrong and how, and the count of it ----------

const alike = (a, b) => a === b || JSON.stringify(a) === JSON.stringify(b);
const fault = (known, key) => known.find(([what]) => alike(what, key)) ?? [key, "", ""];

function numberFaults({ right, within, wrong }, given) {
  const room = within * (1 + 1e-9); // 0.255 is within 0.005 of 0.25, whatever is left of it in binary
  if (Math.abs(given - right) <= room) return [];
  const far = ([value]) => Math.abs(given - value);
  const near = wrong.filter((entry) => far(entry) <= room).sort((a, b) => far(a) - far(b));
  return [near[0] ?? [given, "", ""]];
}

const FAULTS = {
  choose: ({ right, wrong }, given) => (given === right ? [] : [fault(wrong, given)]),
  number: numberFaults,
  match: ({ pairs, wrong }, given) =>
    pairs.filter(([left, right]) => given[left] !== right).map(([left]) => fault(wrong, [left, given[left]])),
  order: ({ steps, wrong }, given) =>
    given
      .filter((step, k) => step !== steps[k])
      .slice(0, 1)
      .map((step) => fault(wrong, step)),
};

// What is wrong with an answer: [what, feedback, slip] for each fault; nothing if it is right. As in quiz.py.
export const faults = (item, given) => FAULTS[item.kind](item, given);

export const solution = (item) =>
  item.kind === "match" ? Object.fromEntries(item.pairs) : item.kind === "order" ? item.steps : item.right;

export function score(items, answers) {
  const tries = items.map((item) => (answers[item.id] ?? []).map((given) => !faults(item, given).length));
  const count = (holds) => tries.filter(holds).length;
  const [right, first, tried] = [(t) => t.includes(true), (t) => t[0], (t) => t.length].map(count);
  return { right, first, tried, of: items.length };
}

// [slip, how often], the most frequent first.
export function tally(items, answers) {
  const found = new Map();
  for (const item of items)
    for (const given of answers[item.id] ?? [])
      for (const [, , slip] of faults(item, given)) if (slip) found.set(slip, (found.get(slip) ?? 0) + 1);
  return [...found].sort((a, b) => b[1] - a[1]);
}

// [slip, how often, in how many answered items a choice stands for it], the most frequent first.
export function misconceptions(items, answers) {
  const answered = items.filter(({ id }) => answers[id]?.length);
  const offers = (slip) => answered.filter(({ wrong }) => wrong.some((entry) => entry[2] === slip)).length;
  return tally(items, answers).map(([slip, times]) => [slip, times, offers(slip)]);
}

// Two rounds of the same questions, before and after: which mistakes went, which stayed, which are new. A round is
// {date, answers: {id: what was given}}; only what was answered in both is compared. Gives {of, right: [before, after],
// went, stayed, fresh}, each of these three a list of [slip, times before, times after].
export function compared(items, before, after) {
  const rounds = [before, after].map((round) => attempts(items, round));
  const both = items.filter(({ id }) => rounds.every((round) => round[id]));
  const [old, now] = rounds.map((round) => new Map(tally(both, round)));
  const slips = [...new Set([...old.keys(), ...now.keys()])].map((slip) => [
    slip,
    old.get(slip) ?? 0,
    now.get(slip) ?? 0,
  ]);
  return {
    of: both.length,
    right: rounds.map((round) => score(both, round).right),
    went: slips.filter(([, was, is]) => was && !is),
    stayed: slips.filter(([, was, is]) => was && is),
    fresh: slips.filter(([, was]) => !was),
  };
}

// A round's answers as lists of attempts, less those to questions that have changed since.
function attempts(items, round) {
  const known = ({ id, right, wrong }) => [right, ...wrong.map(([what]) => what)].includes(round.answers[id]);
  return Object.fromEntries(items.filter(known).map(({ id }) => [id, [round.answers[id]]]));
}

// What was kept of a round; null if it is none.
export const asRound = (kept) =>
  typeof kept?.date === "string" && kept.answers && typeof kept.answers === "object" ? kept : null;

// Where a slip is explained: "chapter: heading", of every question in which it can be chosen.
const whereToRead = (items, slip) => [
  ...new Set(items.filter(({ see, wrong }) => see && wrong.some((entry) => entry[2] === slip)).map(({ see }) => see)),
];

// Questions that tell only on request are packed, so that nobody reads the key in the page by accident.
const unsealed = (text) => JSON.parse(new TextDecoder().decode(Uint8Array.from(atob(text), (c) => c.charCodeAt(0))));

// The order in which choices are shown comes from the item, so that it says nothing; steps never start in place.
export function shuffled(item) {
  const { right, wrong, pairs, spare, steps } = item;
  const texts = {
    choose: () => [right, ...wrong.map(([what]) => what)],
    match: () => [...pairs.map((pair) => pair[1]), ...spare],
    order: () => steps,
  }[item.kind]();
  const mixed = draw(`${item.id} ${item.text}`).shuffled(texts);
  return item.kind !== "choose" && alike(mixed, texts) ? [...mixed.slice(1), mixed[0]] : mixed;
}

// What can be said of a wrong number that nobody foresaw.
export function hint({ right, within }, given) {
  const off = Math.abs(given - right);
  if (off <= 4 * within && given * right >= 0 && off < Math.abs(right) / 2)
    return `Close, but off by ${number(off)}. Take one decimal more on the way.`;
  const times = (factor) => {
    const room = Math.min(within * Math.max(1, Math.abs(factor)), Math.abs(factor * right) / 10);
    return given !== 0 && Math.abs(given - factor * right) <= room;
  };
  if (times(-1)) return "The size is right, the sign is not.";
  if (times(2)) return "This is twice what it should be. Is there a factor 2 too many?";
  if (times(0.5)) return "This is half of what it should be. Is a factor 2 missing?";
  if (times(10) || times(0.1)) return "The digits are right, the decimal point is not.";
  return `Not this: off by ${number(off)}${given * right < 0 ? ", and the sign is not right either" : ""}.`;
}

const ORDINALS = ["first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth"];

// What the page says about an answer, as a list of texts.
export function verdict(item, given) {
  const wrong = faults(item, given);
  if (!wrong.length) return [`Right. ${item.why ?? ""}`.trim()];
  if (item.kind === "choose") return [`Not this one. ${wrong[0][1]}`.trim()];
  if (item.kind === "number") return [wrong[0][1] ? `Not ${number(given)}. ${wrong[0][1]}` : hint(item, given)];
  if (item.kind === "match") {
    const good = item.pairs.length - wrong.length;
    const told = wrong.filter(([[, right]]) => right !== undefined);
    const why = ([[left, right], says]) => `${left} with ${right}: ${says || "these two do not belong together."}`;
    return [`${good} of ${item.pairs.length} pairs are right.`, ...told.map(why)];
  }
  const good = given.filter((step, k) => step === item.steps[k]).length;
  const place = given.indexOf(wrong[0][0]);
  const first = `The first that is not stands ${ORDINALS[place] ?? `at ${place + 1}`}: ${wrong[0][0]}.`;
  return [`${good} of ${given.length} are in place. ${first} ${wrong[0][1]}`.trim()];
}

// Matching: what follows when the reader presses `spot` ("left 0", "slot 0", "right 2") with `held`, or null, in hand.
// Gives {pairs, held}; pairs are [left, right] by number.
export function pressed(pairs, held, spot) {
  const [side, text] = spot.split(" ");
  const at = Number(text);
  const inside = pairs.find(([left]) => left === at)?.[1];
  if (side === "slot") {
    if (inside !== undefined && !held) return { pairs: pairs.filter(([left]) => left !== at), held: null };
    const meant = inside !== undefined && held.startsWith("left") ? `right ${inside}` : `left ${at}`;
    return pressed(pairs, held, meant);
  }
  if (!held || held.startsWith(side)) return { pairs, held: held === spot ? null : spot };
  const other = Number(held.split(" ")[1]);
  const [left, right] = side === "left" ? [at, other] : [other, at];
  return { pairs: [...pairs.filter((pair) => pair[0] !== left && pair[1] !== right), [left, right]], held: null };
}

// Throws an Error that says what was given and what was wanted; gives back the items.
export function checked(items) {
  if (!Array.isArray(items) || !items.length) throw new Error('a quiz wants a list "items" with one item at least.');
  const isText = (given) => typeof given === "string";
  const texts = (list, least) => Array.isArray(list) && list.length >= least && list.every(isText);
  const whole = {
    choose: ({ right }) => isText(right),
    number: ({ right, within, wrong }) => [right, within, ...wrong.map(([value]) => value)].every(Number.isFinite),
    match: ({ pairs, spare }) => Array.isArray(pairs) && texts(pairs.flat(), 4) && texts(spare, 0),
    order: ({ steps }) => texts(steps, 2),
  };
  items.forEach((item, k) => {
    const want = (fine, what) => {
      if (!fine) throw new Error(`item ${k + 1} wants ${what}.`);
    };
    want(isText(item?.text) && isText(item.id), "an id and a text");
    want(Object.hasOwn(whole, item.kind), `a kind of ${Object.keys(whole).join(", ")}, not "${item.kind}"`);
    const entries = Array.isArray(item.wrong) && item.wrong.every((entry) => entry?.length === 3);
    want(entries, "wrong answers as [what, feedback, slip]");
    want(whole[item.kind](item), { number: "finite numbers right and within" }[item.kind] ?? "all its texts");
  });
  return items;
}

// ---------- PICTURE: texts, and one drawing for each kind ----------

// Names get their subscript (w1, dL/dw2), a power its exponent, a minus sign its width; words stay as they are.
const mathematical = (text) =>
  text
    .replace(/(?<![\w.])([A-Za-zα-ω]{1,2})(\d{1,2})(?!\w)/g, (_, name, digits) => name + subscript(digits))
    .replace(/\^(-?\d+)/g, (_, digits) => superscript(digits))
    .replace(/(^|[\s(=·×/])-(?=[\d\s.])/g, "$1−")
    .replace(/ \* /g, " · ");

// `code`, *italic* and names, as elements; a text is never read as markup.
export function prose(text) {
  return text.split(/(`[^`]+`|\*(?! )[^*`]+(?<! )\*)/).flatMap((piece) => {
    if (/^`.+`$/.test(piece)) return html("code", {}, piece.slice(1, -1));
    const words = (plain) => lowered(mathematical(plain), html);
    return /^\*.+\*$/.test(piece) ? html("em", {}, ...words(piece.slice(1, -1))) : words(piece);
  });
}

const spoken = (text) => mathematical(text.replace(/[`*]/g, ""));

// Each drawing is {el, show({draft, closed, told, tried})}; it calls change(draft), and tell(words) for what needs saying.

function drawChoose(item, { change }) {
  const options = shuffled(item);
  const group = `bp-${Math.random().toString(36).slice(2)}`;
  const inputs = options.map((text) =>
    html("input", { type: "radio", name: group, change: () => change(text), ...OWN_KEYS }),
  );
  const marks = options.map(() => html("span", { class: "bp-mark" }));
  const rows = options.map((text, k) => html("label", {}, inputs[k], html("span", {}, ...prose(text)), marks[k]));
  const show = ({ draft, closed, told, tried }) =>
    options.forEach((text, k) => {
      inputs[k].checked = draft === text;
      inputs[k].disabled = closed;
      const right = closed && told && draft === text && text === item.right;
      put(marks[k], right ? "✓ right" : tried.includes(text) ? "✗ not this" : "");
    });
  return { el: html("div", { class: "bp-options" }, ...rows), show };
}

function drawNumber(_item, { change }) {
  const box = html("input", { inputmode: "decimal", autocomplete: "off", input: () => change(box.value), ...OWN_KEYS });
  const show = ({ draft, closed }) => {
    const text = typeof draft === "number" ? number(draft) : (draft ?? "");
    if (box.value !== text) box.value = text;
    box.disabled = closed;
  };
  return { el: html("label", { class: "bp-entry" }, "Your number", box), show };
}

// Dragging with a mouse or a pen; a finger scrolls, unless it is put on a grip. `drop` gets the element let go over.
function draggable(el, drop) {
  let start;
  let over;
  const aim = (target) => {
    over?.classList.remove("bp-over");
    over = target?.closest("[data-spot]");
    if (!el.closest(".bp-item").contains(over ?? null)) over = null; // another question's
    over?.classList.add("bp-over");
  };
  const below = (event) => document.elementFromPoint(event.clientX, event.clientY);
  const move = (event) => {
    const [dx, dy] = [event.clientX - start.x, event.clientY - start.y];
    if (!start.going && Math.hypot(dx, dy) < 6) return; // a click with an unsteady hand
    start.going = true;
    el.classList.add("bp-dragged");
    el.style.translate = `${dx}px ${dy}px`;
    aim(below(event));
  };
  const halt = (event) => event.stopImmediatePropagation();
  const end = (event) => {
    for (const name in listeners) removeEventListener(name, listeners[name], true);
    const target = over;
    el.classList.remove("bp-dragged");
    el.style.translate = "";
    aim(null);
    if (!start.going) return;
    el.addEventListener("click", halt, { capture: true, once: true }); // the click that ends a drag is none
    setTimeout(() => el.removeEventListener("click", halt, true));
    if (event.type === "pointerup" && target) drop(target.dataset.spot);
  };
  const press = (event) => event.key === "Escape" && end(event);
  const listeners = { pointermove: move, pointerup: end, pointercancel: end, keydown: press };
  el.addEventListener("pointerdown", (event) => {
    if (event.button || (event.pointerType === "touch" && !event.target.closest(".bp-grip"))) return;
    if (el.getAttribute("aria-disabled") === "true" || event.target.closest("button") !== el.closest("button")) return;
    start = { x: event.clientX, y: event.clientY };
    for (const name in listeners) addEventListener(name, listeners[name], true); // the pointer may leave `el` at once
  });
}

// Arrow keys go round a list of buttons; says whether this key did.
function walk(event, list) {
  const by = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[event.key];
  if (!by || !list.length) return false;
  const at = list.indexOf(event.target);
  list[at < 0 ? 0 : (at + by + list.length) % list.length].focus();
  return true;
}

// The buttons of matching: the left ones, a slot beside each, and the right ones, which move into the slots.
function tokens(lefts, rights, press, drop) {
  const made = (spot, text) => {
    const el = button("", () => press(spot), { class: "bp-token", "data-spot": spot });
    el.append(...prose(text));
    draggable(el, (to) => drop(spot, to));
    return el;
  };
  const left = lefts.map((text, k) => made(`left ${k}`, text));
  const slot = lefts.map((_, k) => made(`slot ${k}`, ""));
  const right = rights.map((text, k) => made(`right ${k}`, text));
  const rows = left.flatMap((el, k) => [el, slot[k]]);
  const el = [html("div", { class: "bp-pairs" }, ...rows), html("div", { class: "bp-pool" }, ...right)];
  const partner = (pairs, k) => pairs.find((pair) => pair[0] === k)?.[1];
  function paint(pairs, held, closed) {
    for (const button of [...left, ...slot, ...right]) {
      button.setAttribute("aria-disabled", closed);
      if (!slot.includes(button)) button.setAttribute("aria-pressed", held === button.dataset.spot);
    }
    const taken = new Set(pairs.map((pair) => pair[1]));
    for (const [k, el] of right.entries()) el.classList.toggle("bp-gone", taken.has(k));
    slot.forEach((el, k) => {
      const text = rights[partner(pairs, k)];
      el.replaceChildren(...(text ? prose(text) : ["…"]));
      el.setAttribute("aria-label", `${spoken(lefts[k])}: ${text ? spoken(text) : "no partner yet"}`);
    });
  }
  // Where the arrow keys go: to partners while something is held, else among what stands together.
  function around(held, from) {
    if (held?.startsWith("right")) return left;
    if (held) return [...right, ...slot].filter((el) => !el.classList.contains("bp-gone") && el.textContent !== "…");
    return [left, slot, right.filter((el) => !el.classList.contains("bp-gone"))].find((group) => group.includes(from));
  }
  return { el, left, paint, around, partner };
}

function drawMatch(item, { change }) {
  const lefts = item.pairs.map(([left]) => left);
  const rights = shuffled(item);
  const status = html("p", { class: "bp-status", "aria-live": "polite" }, "Pick one on the left, then its partner.");
  let [pairs, held, closed] = [[], null, false];
  const view = tokens(lefts, rights, press, drop);

  const count = (pairs) => put(status, `${pairs.length} of ${lefts.length} have a partner.`);
  function settle(next) {
    const moved = next.pairs !== pairs;
    held = next.held;
    const [side, k] = held?.split(" ") ?? [];
    const name = held && spoken((side === "left" ? lefts : rights)[k]);
    count(next.pairs);
    if (held) put(status, `${name} is picked up. Choose its partner; Escape puts it back.`);
    if (moved) change(Object.fromEntries(next.pairs.map(([left, right]) => [lefts[left], rights[right]])));
    else view.paint(pairs, held, closed);
  }
  function press(spot) {
    if (closed) return;
    const before = pairs.length;
    settle(pressed(pairs, held, spot));
    const open = lefts.findIndex((_, k) => view.partner(pairs, k) === undefined);
    if (pairs.length > before) view.left[Math.max(open, 0)].focus(); // the pressed one may be gone
  }
  function drop(from, to) {
    const inside = from.startsWith("slot") && view.partner(pairs, Number(from.slice(5)));
    const carried = inside === undefined ? from.replace("slot", "left") : inside === false ? from : `right ${inside}`;
    settle({ ...pressed(pairs, carried, to), held: null });
  }
  const keys = (event) => {
    if (event.key === "Escape" && held) settle({ pairs, held: null });
    else if (!walk(event, view.around(held, event.target))) return;
    event.preventDefault();
    event.stopPropagation(); // the page has uses of its own for these keys
  };
  const show = ({ draft = {}, closed: over }) => {
    closed = over;
    const was = pairs.length;
    pairs = Object.entries(draft).map(([left, right]) => [lefts.indexOf(left), rights.indexOf(right)]);
    if (pairs.length !== was) count(pairs);
    view.paint(pairs, held, closed);
  };
  return { el: html("div", { keydown: keys }, ...view.el, status), show };
}

// One step: a grip, its text, and buttons that move it by one; Alt with an arrow key does so too.
function orderRow(step, by, drop) {
  const up = button("↑", () => by(-1), { "aria-label": `Move up: ${spoken(step)}` });
  const down = button("↓", () => by(1), { "aria-label": `Move down: ${spoken(step)}` });
  const keys = (event) => {
    const way = event.altKey && { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (!way) return;
    event.preventDefault();
    event.stopPropagation(); // the page has uses of its own for these keys
    by(way);
  };
  const grip = html("span", { class: "bp-grip", "aria-hidden": "true" }, "⠿");
  const el = html("li", { "data-spot": step, keydown: keys }, grip, html("span", {}, ...prose(step)), up, down);
  draggable(el, drop);
  return { el, up, down };
}

function drawOrder(item, { change }) {
  const first = shuffled(item);
  const status = html("p", { class: "bp-status", "aria-live": "polite" }, "Drag the steps, or use the arrows.");
  let [now, closed] = [[], false];
  const rows = new Map(
    item.steps.map((step) => {
      const by = (way) => move(step, now.indexOf(step) + way);
      return [step, orderRow(step, by, (other) => move(step, now.indexOf(other)))];
    }),
  );
  const el = html("ol", { class: "bp-order" });

  function move(step, to) {
    if (closed || to < 0 || to >= now.length) return;
    const others = now.filter((other) => other !== step);
    put(status, `${spoken(step)}: now ${to + 1} of ${now.length}.`);
    change([...others.slice(0, to), step, ...others.slice(to)]);
  }
  const show = ({ draft = first, closed: over }) => {
    const focused = document.activeElement;
    if (now.join() !== draft.join()) el.replaceChildren(...draft.map((step) => rows.get(step).el));
    if (el.contains(focused)) focused.focus(); // what is moved in the page loses the focus
    [now, closed] = [draft, over];
    for (const [step, { el, up, down }] of rows) {
      el.setAttribute("aria-disabled", closed);
      up.setAttribute("aria-disabled", closed || now[0] === step);
      down.setAttribute("aria-disabled", closed || now.at(-1) === step);
    }
  };
  return { el: html("div", {}, el, status), show };
}

const DRAWINGS = { choose: drawChoose, number: drawNumber, match: drawMatch, order: drawOrder };

// ---------- KNOBS: trying, being told, handing in ----------

// The answer that a draft amounts to; undefined as long as it is none.
export function answerIn(item, draft) {
  if (item.kind === "number") return Number.isFinite(asNumber(draft)) ? asNumber(draft) : undefined;
  if (item.kind === "match") return Object.keys(draft ?? {}).length === item.pairs.length ? draft : undefined;
  return draft ?? (item.kind === "order" ? shuffled(item) : undefined);
}

// The answers that a test's drafts amount to. An order that nobody touched is none; half the pairs are.
export function handedIn(items, drafts) {
  const touched = items.filter(({ id }) => drafts[id] !== undefined);
  const answer = (item, draft) => (item.kind === "match" ? draft : answerIn(item, draft));
  const given = touched.map((item) => [item.id, [answer(item, drafts[item.id])]]);
  return Object.fromEntries(given.filter(([, [found]]) => found !== undefined));
}

const MISSING = {
  choose: "Choose one first.",
  number: "Write a number first, such as −0.25.",
  match: "Give each one on the left a partner first.",
};

// One item: its text, its drawing, what is said about the last try, and its buttons.
function question(item, place, { change, attempt, reveal }) {
  const drawing = DRAWINGS[item.kind](item, { change: (draft) => change(item, draft) });
  const feedback = html("div", { "aria-live": "polite", blur: () => feedback.removeAttribute("tabindex") });
  const check = html("button", { type: "submit", ...OWN_KEYS }, "Check");
  const answer = button("Show the answer", () => {
    reveal(item);
    settle();
  });
  const tries = html("span", { class: "bp-progress" });
  const bar = html("div", { class: "bp-bar" }, check, answer, tries);
  let said = "";
  const say = (lines, kind = "") => {
    feedback.className = `bp-feedback ${kind}`;
    if (said !== lines.join("\n")) feedback.replaceChildren(...lines.map((line) => html("p", {}, ...prose(line))));
    said = lines.join("\n");
  };
  const settle = () => {
    if (!bar.contains(document.activeElement) && document.activeElement !== document.body) return;
    feedback.tabIndex = -1; // what had the focus is closed now
    feedback.focus();
  };
  const submit = (event) => {
    event.preventDefault();
    if (!attempt(item)) say([MISSING[item.kind]]);
    else if (check.hidden) settle();
  };
  const ask = html("legend", {}, `${place}. `, ...prose(item.text));
  const parts = [ask, drawing.el, feedback, bar];
  const el = html("form", { submit }, html("fieldset", { class: "bp-item" }, ...parts));

  function show({ draft, attempts, solved, revealed, closed, told, test }) {
    feedback.setAttribute("aria-live", test ? "off" : "polite"); // a test speaks once, when it is over
    drawing.show({ draft: revealed || solved ? solution(item) : draft, closed, told, tried: told ? attempts : [] });
    check.hidden = closed || test;
    answer.hidden = solved || revealed || !attempts.length || !told;
    put(tries, attempts.length && !test ? `${attempts.length} ${attempts.length > 1 ? "tries" : "try"}` : "");
    const shown = item.kind === "number" ? `The answer is ${number(item.right)}.` : "This is the answer.";
    if (revealed) say([`${shown} ${item.why ?? ""}`.trim()]);
    else if (told && attempts.length) say(verdict(item, attempts.at(-1)), solved ? "bp-right" : "bp-wrong");
    else say(test && closed && told ? ["Not answered."] : []);
  }
  return { el, show };
}

// "7: One step, and too far" in words; a link, if the page's side bar knows the chapter.
function reading(see) {
  const [chapter, heading] = [see.slice(0, see.indexOf(": ")), see.slice(see.indexOf(": ") + 2)];
  const text = `chapter ${chapter}, ${heading}`;
  const page = document.querySelector(`.bd-docs-nav a[href*="${chapter.padStart(2, "0")}_"]`);
  if (!page) return html("span", {}, text);
  const anchor = heading
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-|-$/g, "");
  return html("a", { href: `${page.href.split("#")[0]}#${anchor}` }, text);
}

// Under the items: what the wrong choices have in common, and where to read about it.
function summary(names, items) {
  const el = html("div", {});
  const cell = (content) => html("td", {}, ...[content].flat());
  const read = (slip) => whereToRead(items, slip).flatMap((see, k) => [k ? "; " : "", reading(see)]);
  const known = items.some(({ see }) => see);
  function table(caption, heads, rows) {
    const head = [...heads, ...(known ? ["read"] : [])].map((name) => html("th", { scope: "col" }, name));
    const line = ([slip, ...cells]) => {
      const named = html("th", { scope: "row" }, ...prose(names[slip] ?? slip));
      return html("tr", {}, named, ...cells.map((given) => cell(String(given))), ...(known ? [cell(read(slip))] : []));
    };
    const body = html("tbody", {}, ...rows.map(line));
    return html(
      "table",
      { class: "bp-tally" },
      html("caption", {}, caption),
      html("thead", {}, html("tr", {}, ...head)),
      body,
    );
  }
  const ROUNDS = ["what you thought", "before", "after"];
  function show(slips, rounds) {
    const common = [
      "What your wrong answers have in common",
      ["mistake", "times", "of"].slice(0, slips[0]?.length),
      slips,
    ];
    const tables = rounds
      ? [
          ["What went", ROUNDS, rounds.went],
          ["What stayed", ROUNDS, rounds.stayed],
          ["What is new", ROUNDS, rounds.fresh],
        ]
      : [common];
    const full = tables.filter((given) => given[2].length);
    el.hidden = !full.length;
    el.replaceChildren(...full.map((given) => table(...given)));
  }
  return { el, show };
}

// Where each item stands.
function standing(item, store) {
  const attempts = store.get("answers")[item.id] ?? [];
  const solved = attempts.some((given) => !faults(item, given).length);
  const revealed = store.get("shown").includes(item.id);
  const test = store.get("test");
  const closed = test ? store.get("finished") : solved || revealed;
  const told = !test || (closed && (!store.get("on_request") || store.get("asked")));
  return { attempts, solved, revealed, closed, told, test, draft: store.get("drafts")[item.id] };
}

function progress({ items, test, finished, told, drafts, answers, rounds }) {
  const { right, first, tried, of } = score(items, answers);
  const inside = ["screen", " Nothing that you answer is sent anywhere."];
  if (!test) return [`${right} of ${of} right, ${first} at first try.`, inside];
  if (told) return [`Score: ${right} of ${of}.${rounds ? ` ${rounds.verdict()}` : ""}`];
  if (finished) return [`Noted. ${tried} of ${of} answered.`, ...(rounds ? [" ", rounds.noted()] : [])];
  const done = items.filter((item) => drafts[item.id] !== undefined && answerIn(item, drafts[item.id]) !== undefined);
  const second = rounds?.second() ? ` ${rounds.second()}` : "";
  return [`${done.length} of ${of} answered. You are told at the end, all at once.${second}`, inside];
}

const EMPTY = { answers: {}, drafts: {}, shown: [], finished: false, asked: false, again: false };

const day = (date) => {
  const at = new Date(`${date}T12:00`);
  return Number.isNaN(at.getTime()) ? date : at.toLocaleDateString("en-GB", { dateStyle: "long" });
};

// The concept inventory is taken twice, before the book and after it, and the reader's memory keeps both rounds.
function roundsOf(items, store) {
  const memory = globalThis.bpMemory;
  if (!memory || !store.get("on_request") || !items.every(({ id }) => id.startsWith("inventory."))) return null;
  const kept = (name) => asRound(memory.get(`inventory/${name}`));
  // What has been handed in stays the round that it was; what is begun is the second one if there is a first.
  const name = () => (store.get("again") || (!store.get("finished") && kept("before")) ? "after" : "before");
  const where = () => (memory.works ? "Kept in this browser" : "This browser does not keep them, but they stand here");
  function note(answers) {
    const which = name();
    const given = Object.fromEntries(Object.entries(answers).map(([id, [only]]) => [id, only]));
    store.set("again", which === "after");
    memory.set(`inventory/${which}`, { date: new Date().toISOString().slice(0, 10), answers: given });
  }
  const comparison = () => {
    const [before, after] = [kept("before"), kept("after")];
    return store.get("again") && before && after ? compared(items, before, after) : undefined;
  };
  const second = () =>
    name() === "after" && kept("before")
      ? `This is your second round; the first was on ${day(kept("before").date)}.`
      : "";
  function verdict() {
    const found = comparison();
    if (!found) return "";
    const [was, is] = found.right;
    return `Of the ${found.of} that you answered both times, ${was} were right before and ${is} are right now.`;
  }
  const noted = () => `${where()} as your answers ${store.get("again") ? "after" : "before"} the book.`;
  return { note, comparison, second, verdict, noted };
}

// Under the items: handing in, asking for the results, starting again. A button that was pressed is gone, so the
// focus moves to what the quiz says, or to where it starts.
function endButtons(items, store, says, start, rounds) {
  const listen = () => {
    says.tabIndex = -1;
    says.focus();
  };
  const handIn = () => {
    const answers = handedIn(items, store.get("drafts"));
    rounds?.note(answers);
    store.set("answers", answers);
    store.set("finished", true);
    listen();
  };
  const ask = () => {
    store.set("asked", true);
    listen();
  };
  const empty = (change) => {
    for (const key in EMPTY) store.set(key, change[key] ?? structuredClone(EMPTY[key]));
    start();
  };
  const [end, results, next, over] = [
    ["Hand in", handIn],
    ["Show my results", ask],
    ["Answer again, after the book", () => empty({ again: true })],
    ["Start again", () => empty({ again: store.get("again") })],
  ].map(([name, press]) => button(name, press));
  const show = (at) => {
    end.hidden = !at.test || at.finished;
    results.hidden = !at.finished || at.told;
    next.hidden = !(rounds && at.finished) || store.get("again");
    over.hidden = !at.over || Boolean(rounds && !store.get("again"));
  };
  return { el: html("div", { class: "bp-bar" }, end, results, next, over), show };
}

export function mount(box, store) {
  const { items: given, names } = store.get("sealed")
    ? unsealed(store.get("sealed"))
    : { items: store.get("items"), names: store.get("names") };
  const items = checked(given);
  const rounds = roundsOf(items, store);
  const set = (key, item, value) => store.set(key, { ...store.get(key), [item.id]: value });
  const change = (item, draft) => set("drafts", item, draft);
  const reveal = (item) => store.set("shown", [...store.get("shown"), item.id]);
  function attempt(item) {
    const given = answerIn(item, store.get("drafts")[item.id]);
    if (given === undefined || store.get("test")) return given !== undefined;
    const before = store.get("answers")[item.id] ?? [];
    if (!alike(before.at(-1), given)) set("answers", item, [...before, given]);
    const good = ([left, right]) => given[left] === right;
    if (item.kind === "match") change(item, Object.fromEntries(item.pairs.filter(good))); // the others go back
    return true;
  }
  const views = items.map((item, k) => question(item, k + 1, { change, attempt, reveal }));
  const { el: says, say } = sentence();
  const table = summary(names, items);
  const bar = endButtons(items, store, says, () => views[0].el.querySelector("input, button").focus(), rounds);
  box.append(...views.map(({ el }) => el), says, table.el, bar.el, tip(store.get("note")));

  function redraw() {
    const states = items.map((item) => standing(item, store));
    for (const [k, { show }] of views.entries()) show(states[k]);
    const [test, finished, answers] = ["test", "finished", "answers"].map((key) => store.get(key));
    const [over, told] = ["closed", "told"].map((what) => states.every((state) => state[what]));
    say(progress({ items, test, finished, told, drafts: store.get("drafts"), answers, rounds }));
    const slips = over && told ? (test ? misconceptions : tally)(items, answers) : [];
    table.show(slips, told ? rounds?.comparison() : undefined);
    bar.show({ test, finished, told, over });
  }
  redraw();
  return store.watch(redraw);
}

// Done: every question has its answer, or everything is handed in.
function done(store) {
  if (store.get("test")) return store.get("finished");
  return store.get("items").every((item) => standing(item, store).closed);
}

const { widget, define } = host("bp-quiz", {
  defaults: { items: [], names: {}, sealed: "", test: false, on_request: false, note: "", ...EMPTY },
  mount,
  remembers: { kind: "quiz", keys: Object.keys(EMPTY), done },
});

export { define };
export default widget;
