// What the pages remember of a reader, and what they hold back: in two browsers, over http and from a disk.
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { describe, test } from "node:test";
import {
  alive,
  BOOK,
  begun,
  browser,
  CHAPTER,
  chromium,
  firefox,
  fromDisk,
  objections,
  open,
  served,
  settle,
  shut,
  site,
  temporaryFolder,
} from "./helpers.mjs";

const INVENTORY = "book/concept_inventory.html";
const CHOOSING = "book/04_one_path.html"; // its quiz begins with choices
const START = "book/index.html";
const MEMORY = "book/memory.html";
const PREFIX = "the-backward-pass/1/";

served();

const BOX = '.bp-guess[data-place="1"]';
const REGION = "#bp-held-1-1";

/** What a reader sees of the first Predict box. */
const box = (page) =>
  page.evaluate(
    (at, region) => {
      const within = (selector) => document.querySelector(at).querySelector(selector);
      const seen = (element) => element.checkVisibility() && element.getBoundingClientRect().height > 0;
      const held = [...document.querySelectorAll(".bp-held-1")];
      return {
        open: held.map((part) => part.getBoundingClientRect().height > 0).every(Boolean),
        closed: held.map((part) => part.getBoundingClientRect().height === 0).every(Boolean),
        expanded: within("button").getAttribute("aria-expanded"),
        field: seen(within("textarea")),
        said: seen(within(".bp-guessed")) ? within(".bp-guessed").textContent : "",
        note: [...document.querySelectorAll(".bp-held-note-1")].some(seen),
        first: document.querySelector(region).getBoundingClientRect().height,
      };
    },
    BOX,
    REGION,
  );

/** Guess in the first box and ask for the answer, by keyboard alone. */
async function guess(page, text) {
  await page.focus(`${BOX} textarea`);
  await page.keyboard.type(text);
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
}

const press = (page, text, within = "article") =>
  page.$$eval(`${within} button`, (all, t) => all.find((b) => b.textContent === t && !b.hidden).click(), text);

/** The progress beside links to a page, as a screen reader says it; [] where there is no mark. */
const marks = (page, name) =>
  page.evaluate((part) => {
    const leads = (link) =>
      link.href.includes(part) || (link.getAttribute("href") === "#" && location.href.includes(part));
    return [...document.querySelectorAll(".bp-done")]
      .filter((mark) => leads(mark.closest("a")))
      .map((mark) => mark.querySelector(".visually-hidden").textContent.trim());
  }, name);

/** In a page: chapter 7 has one more exercise, which says its key as its element would. */
function addExercise() {
  addEventListener("DOMContentLoaded", () => {
    if (!location.href.includes("07_two_layer_trace")) return;
    const element = document.createElement("div");
    element.dataset.memory = "exercise/7.99";
    document.querySelector("article").append(element);
  });
}

const doExercise = (page, points) =>
  page.evaluate((reached) => window.bpMemory.set("exercise/7.99", { points: reached, of: 2, tries: 1 }), points);

const stored = (page) =>
  page.evaluate((prefix) => Object.keys(localStorage).filter((k) => k.startsWith(prefix)), PREFIX);

/** A page, once more, as the same reader opens it. */
async function go(page, url) {
  await page.goto(url, { waitUntil: "load" });
  await settle(page, 100); // ms: nothing here changes its width
}

/** One reader's visit: guess, do something, come back, find it, save it, erase it, read it in again. */
async function visit(page, address, t) {
  const asked = [];
  page.on("request", (request) => /^(blob|data):/.test(request.url()) || asked.push(request.url()));
  const quiet = async (what, from) => {
    await settle(page);
    assert.deepEqual(asked.slice(from), [], `a request: ${what}`);
  };

  const opened = asked.length;
  let seen = await box(page);
  assert.ok(seen.closed && seen.field && seen.note && seen.expanded === "false", JSON.stringify(seen));
  await guess(page, "all are 1?");
  seen = await box(page);
  assert.ok(seen.open && !seen.field && !seen.note && seen.expanded === "true", JSON.stringify(seen));
  assert.equal(seen.said, "You guessed: all are 1?");
  assert.equal(await page.evaluate(() => document.activeElement.textContent), "Hide the answer", "the focus stays");
  await doExercise(page, 1);
  assert.deepEqual(await marks(page, CHAPTER), [], "half of the points is not done");
  await doExercise(page, 2);
  await page.evaluate(() => document.getElementById("all-four-gradients").scrollIntoView());
  await page.waitForFunction(() => window.bpMemory.get("place/last"), { timeout: 5000 });
  assert.ok((await marks(page, CHAPTER)).every((words) => /^\(1 of \d+ done\)$/.test(words)));
  assert.ok((await marks(page, CHAPTER)).length);
  await quiet("guessing, answering, scrolling", opened);

  await page.reload({ waitUntil: "load" });
  seen = await box(page);
  assert.ok(seen.open && seen.said === "You guessed: all are 1?", `after a reload: ${JSON.stringify(seen)}`);

  await go(page, address(START));
  const way = await page.$eval(".bp-way-back", (line) => [line.innerText, line.querySelector("a").href]);
  assert.match(way[0], /^Continue where you left off: .*The two-layer trace: All four gradients$/);
  assert.ok(way[1].endsWith(`${CHAPTER}#all-four-gradients`), way[1]);
  assert.ok((await marks(page, CHAPTER)).length >= 2, "in the side bar and in the table");

  await go(page, address(MEMORY));
  const found = asked.length;
  assert.match(await page.$eval(".bp-memory-summary", (e) => e.textContent), /1 exercise.* 1 guess/);
  await page.evaluate(() => {
    const make = URL.createObjectURL;
    URL.createObjectURL = (blob) => {
      window.saved = blob.text();
      return make.call(URL, blob);
    };
    HTMLAnchorElement.prototype.click = () => {}; // a download takes the keyboard away in Firefox
  });
  await press(page, "Save to a file");
  const text = await page.evaluate(() => window.saved);
  assert.equal(JSON.parse(text).memory["predict/book/07_two_layer_trace/1"].value.guess, "all are 1?");
  assert.match(
    await page.$eval(".bp-memory-said", (e) => e.textContent),
    /^Saved as backward-pass-memory-[\d-]+\.json/,
  );
  await erase(page);
  assert.deepEqual(await stored(page), []);
  assert.match(await page.$eval(".bp-memory-summary", (e) => e.textContent), /^Nothing is kept/);
  await readIn(page, text, t);
  assert.match(await page.$eval(".bp-memory-summary", (e) => e.textContent), /1 exercise.* 1 guess/);
  await quiet("saving, erasing, reading", found);
}

/** Erase everything, by keyboard alone; Escape and No take it back. */
async function erase(page) {
  const focused = (text) =>
    page.waitForFunction((t) => document.activeElement.textContent === t, { timeout: 3000 }, text);
  await page.focus(".bp-memory-erase");
  await page.keyboard.press("Enter");
  await focused("No, keep");
  await page.keyboard.press("Escape");
  await focused("Erase everything");
  assert.ok((await stored(page)).length, "nothing is erased yet");
  await page.keyboard.press("Enter");
  await focused("No, keep");
  await page.keyboard.down("Shift");
  await page.keyboard.press("Tab");
  await page.keyboard.up("Shift");
  await focused("Yes, erase");
  await page.keyboard.press("Enter");
  await focused("Erase everything");
}

/** Read what was saved; before that something that nobody saved, which changes nothing. */
async function readIn(page, text, t) {
  const file = path.join(temporaryFolder(t), "memory.json");
  const said = () => page.$eval(".bp-memory-said", (e) => e.textContent);
  const input = await page.$(".bp-memory-file");
  writeFileSync(file, "{}");
  await input.uploadFile(file);
  await page.waitForFunction(() => /does not hold/.test(document.querySelector(".bp-memory-said").textContent));
  assert.deepEqual(await stored(page), []);
  writeFileSync(file, text);
  await input.uploadFile(file);
  await page.waitForFunction(() => /^Read: /.test(document.querySelector(".bp-memory-said").textContent));
  assert.match(await said(), /^Read: \d entries are new/);
}

describe("a reader comes back", { concurrency: 2 }, () => {
  for (const [name, start] of [
    ["Chromium", chromium],
    ["Firefox", firefox],
  ])
    test(`${name}: what was done is found again, saved, erased and read in, over http and from a disk`, async (t) => {
      const own = await start();
      if (!own) return t.skip("the memory in Firefox (install it, or set BP_FIREFOX)");
      try {
        for (const [address, origin] of [
          [(name) => site.url + name, site.url],
          [fromDisk, "file://"],
        ]) {
          const { page, trouble } = await open(own, address(START), { origin, remembers: true });
          await page.evaluateOnNewDocument(addExercise);
          await go(page, address(CHAPTER));
          await visit(page, address, t);
          assert.deepEqual(trouble, [], origin);
          await page.close();
        }
      } finally {
        await shut(own);
      }
    });
});

// ---------- where storage is refused ----------

/** In a page: storage as a browser has it that refuses it. */
function refuse() {
  Object.defineProperty(window, "localStorage", {
    configurable: true,
    get() {
      throw new DOMException("The operation is insecure.", "SecurityError");
    },
  });
}

test("where storage is refused all works, and one line says that it will not be remembered", async () => {
  const page = await browser.newPage();
  try {
    const errors = [];
    page.on("pageerror", (error) => errors.push(error.message));
    await page.evaluateOnNewDocument(refuse);
    await go(page, site.url + CHAPTER);
    assert.equal(await page.$(".bp-not-kept"), null, "nothing to say yet");
    await guess(page, "1");
    const seen = await box(page);
    assert.ok(seen.open && seen.said === "You guessed: 1", JSON.stringify(seen));
    await page.waitForFunction(() =>
      /forgotten/.test(document.querySelector(".bp-not-kept [role=status]")?.textContent),
    );
    await doExercise(page, 2);
    assert.equal((await page.$$(".bp-not-kept")).length, 1);
    assert.deepEqual(await objections(page, { part: ".bp-not-kept" }), []);
    const before = await page.evaluate(() => document.documentElement.dataset.mode);
    await page.$$eval("button.theme-switch-button", (all) => all.find((b) => b.checkVisibility()).click());
    assert.notEqual(
      await page.evaluate(() => document.documentElement.dataset.mode),
      before,
      "the theme's own scripts",
    );
    await press(page, "Close", ".bp-not-kept");
    assert.equal(await page.$(".bp-not-kept"), null);
    await go(page, site.url + MEMORY);
    assert.match(await page.$eval(".bp-memory-summary", (e) => e.textContent), /^This browser does not keep/);
    assert.deepEqual(errors, []);
  } finally {
    await page.close();
  }
});

test("whatever stands in the memory, the pages work", async () => {
  const { page, trouble } = await open(browser, site.url + CHOOSING, { origin: site.url });
  try {
    await alive(page, "quiz");
    const keys = ["page/book/04_one_path", "place/last", "predict/book/04_one_path/1", "setting/always-show"];
    const text = await page.evaluate(async () => {
      document.querySelector("bp-quiz input").click();
      await new Promise((done) => setTimeout(done));
      return window.bpMemory.get(document.querySelector("bp-quiz").dataset.memory).text;
    });
    const quiz = await page.$eval("bp-quiz", (e) => e.dataset.memory);
    const values = [null, 7, "x", [], { guess: 5, shown: "yes", things: 3, read: "far", page: 4, title: {} }];
    for (const [k, value] of values.entries()) {
      for (const key of keys) await page.evaluate((name, v) => window.bpMemory.set(name, v), key, value);
      const bad = k % 2 ? { text, answers: 5 } : { text, answers: { 1: [{}] }, drafts: null, shown: 7 };
      await page.evaluate((name, v) => window.bpMemory.set(name, v), quiz, bad);
      await page.goto(site.url + (k === 1 ? START : CHOOSING), { waitUntil: "load" });
      await begun(page);
      assert.equal((await page.$$(".bp-failed")).length, 0);
    }
    assert.ok((await page.$$("bp-quiz form")).length);
    assert.ok((await box(page)).closed);
    assert.deepEqual(trouble, []);
  } finally {
    await page.close();
  }
});

// ---------- Predict boxes ----------

test("without scripts and on paper everything is open; a guess is printed, and nothing to press", async () => {
  const { page } = await open(browser, site.url + CHAPTER, { origin: site.url });
  const heights = () => page.$$eval(".bp-held", (all) => all.map((e) => e.getBoundingClientRect().height));
  try {
    await page.focus(`${BOX} textarea`);
    await page.keyboard.type("one");
    await page.emulateMediaType("print");
    assert.ok(Math.min(...(await heights())) > 0, "on paper");
    const { field, said, note } = await box(page);
    assert.deepEqual([field, said, note], [false, "You guessed: one", false]);
    await page.emulateMediaType("screen");
    assert.equal(Math.max(...(await heights())), 0, "on the screen");
    await page.setJavaScriptEnabled(false);
    await page.reload();
    assert.ok(Math.min(...(await heights())) > 0, "without scripts");
    assert.equal(await page.$eval(BOX, (e) => e.checkVisibility()), false);
  } finally {
    await page.close();
  }
});

test("who says so once is always shown the answers, and can take it back", async () => {
  const { page } = await open(browser, site.url + CHAPTER, { origin: site.url });
  try {
    await page.focus(`${BOX} input`);
    await page.keyboard.press("Space");
    let seen = await box(page);
    assert.ok(seen.open && !seen.field && !seen.note);
    await go(page, site.url + CHAPTER);
    seen = await box(page);
    assert.ok(seen.open && !seen.field && !seen.note, "after a reload");
    await go(page, site.url + MEMORY);
    await page.click(".bp-memory-always");
    await go(page, site.url + CHAPTER);
    assert.ok((await box(page)).closed);
  } finally {
    await page.close();
  }
});

test("a link to a place that is held back opens it", async () => {
  const { page } = await open(browser, `${site.url}${CHAPTER}${REGION}`, { origin: site.url });
  try {
    await settle(page);
    assert.ok((await box(page)).open);
  } finally {
    await page.close();
  }
});

test("an opened answer is there when the page is painted: nothing moves", async (t) => {
  const { page } = await open(browser, site.url + CHAPTER, { origin: site.url });
  try {
    await guess(page, "1");
    await page.evaluateOnNewDocument(() => {
      window.shift = 0;
      new PerformanceObserver((list) =>
        list.getEntries().forEach((entry) => {
          window.shift += entry.value;
        }),
      ).observe({ type: "layout-shift", buffered: true });
    });
    await page.$eval(BOX, (e) => e.scrollIntoView());
    await go(page, site.url + CHAPTER);
    const shift = await page.evaluate(() => window.shift);
    t.diagnostic(`layout shift ${shift.toFixed(4)}`);
    assert.ok(shift < 0.02, `layout shift ${shift}`);
  } finally {
    await page.close();
  }
});

test("opened on a phone, light and dark: nothing is wider than the screen, and axe-core objects to nothing", async () => {
  for (const scheme of ["light", "dark"]) {
    const { page } = await open(browser, site.url + CHOOSING, { origin: site.url, width: 375, scheme });
    try {
      await guess(page, "a guess of several words, which has to be folded into two lines on a narrow screen");
      await settle(page);
      assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
      await page.evaluate(() => window.bpMemory.set("page/book/primer", { things: ["exercise/7.99", "quiz/x/1"] }));
      await doExercise(page, 2);
      await page.setViewport({ width: 1280, height: 800 });
      await page.waitForSelector(".bp-done", { visible: true });
      assert.deepEqual(await objections(page, { part: { include: ["blockquote", ".bd-docs-nav"] } }), [], scheme);
    } finally {
      await page.close();
    }
  }
});

// ---------- quizzes, and the inventory ----------

test("a quiz comes back as it was left", async () => {
  const { page } = await open(browser, site.url + CHOOSING, { origin: site.url });
  const said = () => page.$eval("bp-quiz .bp-feedback", (e) => e.textContent);
  try {
    await alive(page, "quiz");
    await page.$eval("bp-quiz form label", (label) => label.click());
    await press(page, "Check", "bp-quiz form");
    const before = await said();
    assert.ok(before.length > 5, before);
    await page.reload();
    await alive(page, "quiz");
    assert.equal(await said(), before);
    assert.match(await page.$eval("bp-quiz .bp-progress", (e) => e.textContent), /^1 try$/);
  } finally {
    await page.close();
  }
});

/** Choose in every question of the inventory, always at the same place but for every third. */
const chooseAll = (page, place) =>
  page.$$eval(
    "bp-quiz form",
    (forms, k) => {
      for (const [i, form] of forms.entries()) form.querySelectorAll("input")[i % 3 ? k : 0].click();
    },
    place,
  );

test("the inventory keeps two rounds, tells nothing before it is asked, and then compares them", async () => {
  const { page } = await open(browser, site.url + INVENTORY, { origin: site.url });
  const says = () => page.$eval("bp-quiz .bp-say", (e) => e.textContent);
  const tables = () => page.$$eval("bp-quiz table", (all) => all.map((table) => table.caption.textContent));
  try {
    await alive(page, "quiz");
    await chooseAll(page, 1);
    await press(page, "Hand in");
    assert.match(
      await says(),
      /^Noted\. (\d+) of \1 answered\. Kept in this browser as your answers before the book\./,
    );
    await page.reload();
    await alive(page, "quiz");
    assert.match(await says(), /answers before the book/);
    assert.deepEqual(await tables(), []);
    await press(page, "Answer again, after the book");
    assert.match(await says(), /^0 of .* This is your second round; the first was on \d+ \w+ 20\d\d\./);
    await chooseAll(page, 2);
    await press(page, "Hand in");
    assert.match(await says(), /answers after the book/);
    assert.deepEqual(await tables(), [], "nothing is told before it is asked for");
    await press(page, "Show my results");
    assert.match(await says(), /^Score: \d+ of \d+\. Of the (\d+) that you answered both times, \d+ were right before/);
    assert.deepEqual(await tables(), ["What went", "What stayed", "What is new"]);
    const links = await page.$$eval("bp-quiz table a", (all) => all.map((a) => a.getAttribute("href")));
    for (const link of new Set(links)) {
      const [file, anchor] = link.replace(site.url, "").split("#");
      assert.ok(readFileSync(path.join(BOOK, file), "utf8").includes(`id="${anchor}"`), link);
    }
    assert.ok(links.length > 5);
    assert.deepEqual(await objections(page, { part: "bp-quiz" }), []);
    await page.setViewport({ width: 375, height: 800 });
    await settle(page);
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
    const kept = await page.evaluate(() => JSON.parse(window.bpMemory.export()).memory);
    assert.ok(kept["inventory/before"] && kept["inventory/after"], "both go into the file");
  } finally {
    await page.close();
  }
});
