// Exercises are answered where they are read: three steps of help, kept for later, by keyboard, on a phone, from a disk.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, test } from "node:test";
import {
  BOOK,
  begun,
  browser,
  CHAPTER,
  firefox,
  fromDisk,
  objections,
  open,
  served,
  settle,
  shut,
  site,
} from "./helpers.mjs";

const MATRICES = "book/08_layers_as_matrices.html";
const TRACE = "7.3"; // four gradients by hand
const FORWARD = "8.2"; // three matrices

served();

/** What one of the book's own scripts puts down. */
function data(name) {
  const text = readFileSync(path.join(BOOK, "_static/bp", `${name}.js`), "utf8");
  return JSON.parse(text.slice(text.indexOf(" = ") + 3, text.lastIndexOf(";")));
}
const kit = (id) => data("kits/07_two_layer_trace").kits.find((one) => one.id === id);

/** The place where an exercise of a page is answered: what a reader does there, and what is said. */
async function place(page, id) {
  const el = await page.waitForSelector(`[data-memory="exercise/${id}"]`);
  await el.evaluate((node) => {
    for (let part = node; part; part = part.parentElement) if (part.tagName === "DETAILS") part.open = true;
    node.scrollIntoView({ block: "center" }); // it begins when the reader comes near
  });
  await page.waitForSelector(`[data-memory="exercise/${id}"] .bp.bp-exercise`);
  const within = (selector) => el.$(selector);
  const press = (name) =>
    el.evaluate(
      (node, words) => [...node.querySelectorAll("button")].find((b) => b.textContent === words).click(),
      name,
    );
  /** Type into the fields of a form: the exercise's own is number 0, that of practice 1. */
  const write = (texts, form = 0) =>
    el.evaluate(
      (node, given, k) => {
        const inputs = node.querySelectorAll("form")[k].querySelectorAll("input[type=text]");
        given.forEach((text, i) => {
          inputs[i].value = text;
          inputs[i].dispatchEvent(new Event("input", { bubbles: true }));
          inputs[i].dispatchEvent(new Event("change", { bubbles: true }));
        });
      },
      texts,
      form,
    );
  const said = (form = 0) =>
    el.evaluate((node, k) => node.querySelectorAll("form")[k].querySelector(".bp-feedback").textContent, form);
  const hear = async (words, form = 0) => {
    const heard = async () => words.test(await said(form));
    for (let wait = 0; wait < 400 && !(await heard()); wait++) await new Promise((done) => setTimeout(done, 30));
    assert.match(await said(form), words);
  };
  const check = (form = 0) => el.evaluate((node, k) => node.querySelectorAll("form")[k].requestSubmit(), form);
  const answer = async (texts, words, form = 0) => {
    await write(texts, form);
    await check(form);
    await hear(words, form);
  };
  return { el, within, press, write, said, hear, check, answer };
}

const use = async (who, url, options, act) => {
  const { page, trouble } = await open(who, url, {
    origin: url.startsWith("file:") ? "file://" : site.url,
    ...options,
  });
  try {
    await act(page, trouble);
    assert.deepEqual(trouble, [], url);
  } finally {
    await page.close();
  }
};

/** As a reader may write them; three decimals after a comma could be thousands, and would be asked about. */
const typed = (numbers) => numbers.map((x) => x.toFixed(4).replace("-", "−").replace(".", ","));

/** A slip three times, differently: it is pointed at, asked about, named. Then the right answer, which is found again. */
async function threeSteps(page) {
  const { own, want } = kit(TRACE);
  const { say, mistakes } = data("kits/07_two_layer_trace");
  const [slip, , , ...numbers] = own[0];
  const [, says, , question] = mistakes[slip];
  const { hear, answer, press } = await place(page, TRACE);
  const escaped = (text) => new RegExp(text.slice(0, 20).replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  await answer(numbers.map(String), /Not yet\./);
  await press("More help");
  await hear(escaped(say[question]));
  await press("More help");
  await hear(escaped(say[says]));
  await answer(typed(want), /^Right\. \(4 points\)/);
  await page.reload({ waitUntil: "load" });
  const later = await place(page, TRACE);
  await later.hear(/^Right\. \(4 points\)/);
  const first = await later.within("input");
  assert.equal(await first.evaluate((input) => input.value), typed(want)[0]);
  await later.press("Clear");
  assert.equal(await later.said(), "");
}

for (const [name, start] of [
  ["Chromium", async () => browser],
  ["Firefox", firefox],
]) {
  test(`${name}: a slip is named in three steps, a right answer is kept, over http and from a disk`, async (t) => {
    const who = await start();
    if (!who) return t.skip("exercises in Firefox (install it, or set BP_FIREFOX)");
    try {
      for (const url of [site.url + CHAPTER, fromDisk(CHAPTER)]) await use(who, url, { remembers: true }, threeSteps);
    } finally {
      if (who !== browser) await shut(who);
    }
  });
}

const cut = (cells, wide) =>
  Array.from({ length: cells.length / wide }, (_, i) => cells.slice(i * wide, (i + 1) * wide));

/** The right answer to an exercise as texts for its fields, or as letters to choose; null for an order. */
function rightTexts({ kind, want, right }) {
  if (kind === "ByHand") return want.map((x) => x.toFixed(6));
  if (kind === "Shapes") return Object.values(want).map((shape) => `(${shape.join(", ")},)`);
  if (kind === "Arrays") return Object.values(want).map(([shape, cells]) => cut(cells, shape.at(-1) ?? 1));
  return kind === "Ordering" || kind === "ByPerson" ? null : [String(right)];
}

/** Answer every exercise of a page that has numbers, letters or lines for an answer; what is said of each. */
const answerAll = (page, answers) =>
  page.evaluate(async (all) => {
    const said = {};
    for (const [id, kind, texts] of all) {
      const form = document.querySelector(`[data-memory="exercise/${id}"] form`);
      const parts = [...form.querySelectorAll(".bp-blank, .bp-grid")];
      const paste = (box, rows) => {
        const clipboardData = new DataTransfer();
        clipboardData.setData("text", rows.map((row) => row.join("\t")).join("\n"));
        box.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true }));
        if (!box.value) box.value = rows[0][0]; // a single number is pasted by the browser itself
      };
      const fill = (part, text) => {
        const box = part.querySelector("input");
        if (Array.isArray(text)) paste(box, text);
        else box.value = text;
      };
      if (kind === "Choice" || kind === "Several")
        for (const letter of texts[0]) form.querySelector(`input[value="${letter}"]`).click();
      else for (const [k, text] of texts.entries()) fill(parts[k], text);
      form.requestSubmit();
      const feedback = form.querySelector(".bp-feedback");
      for (let wait = 0; wait < 500 && !feedback.textContent; wait++) await new Promise((done) => setTimeout(done, 20));
      said[id] = feedback.textContent;
    }
    return said;
  }, answers);

test("every exercise of every page that has data for an answer takes the right one", async () => {
  const names = readdirSync(path.join(BOOK, "_static/bp/kits")).map((file) => file.replace(".js", ""));
  assert.ok(names.length >= 6);
  for (const name of names) {
    const known = data(`kits/${name}`).kits.map((one) => [one.id, one.kind, rightTexts(one)]);
    const answers = known.filter(([, , texts]) => texts);
    await use(browser, fromDisk(`book/${name}.html`), {}, async (page) => {
      await begun(page);
      const said = await answerAll(page, answers);
      for (const [id] of answers) assert.match(said[id], /^Right\. /, id);
    });
  }
});

describe("an exercise on the page", { concurrency: 1 }, () => {
  test("numbers as people type them; what is none is asked about and costs no try", async () => {
    await use(browser, site.url + CHAPTER, {}, async (page) => {
      const { answer } = await place(page, "7.2");
      const [want] = kit("7.2").want;
      await answer(["about two"], /Not an answer yet/);
      await answer([want.toFixed(3).replace(".", ",")], /can be read in two ways: type \d\.\d{3} or \d{4}\.$/);
      await answer([want.toFixed(4).replace(".", ",")], /^Right/);
      const signs = await place(page, "7.1");
      await signs.answer(["−1", "", "0", "0"], /Not yet|Not finished/);
      const halves = await place(page, "7.14");
      const [a, ...others] = kit("7.14").want;
      await halves.answer([`${Math.round(a * 1000)}/1000`, ...typed(others)], /^Right/);
    });
  });

  test("with storage refused it is judged all the same, and the page reports no error", async () => {
    const page = await browser.newPage({ type: "window" });
    const faults = [];
    page.on("pageerror", (error) => faults.push(String(error)));
    await page.evaluateOnNewDocument(() => {
      Object.defineProperty(window, "localStorage", {
        get() {
          throw new DOMException("refused", "SecurityError");
        },
      });
    });
    await page.goto(site.url + CHAPTER, { waitUntil: "load" });
    const { answer } = await place(page, TRACE);
    await answer(["1", "2", "3", "4"], /Not yet\. 0 of 4 right/);
    await answer(typed(kit(TRACE).want), /^Right/);
    assert.deepEqual(
      faults.filter((fault) => !/refused/.test(fault)),
      [],
    );
    await page.close();
  });

  test("by keyboard alone: fields, Enter, more help, options, and the order of steps", async () => {
    await use(browser, site.url + CHAPTER, {}, async (page) => {
      const { el, hear } = await place(page, "7.2");
      await (await el.$("input")).focus();
      await page.keyboard.type("3.5");
      await page.keyboard.press("Enter");
      await hear(/Not yet/);
      for (const name of ["Check", "More help"]) {
        await page.keyboard.press("Tab");
        assert.equal(await page.evaluate(() => document.activeElement.textContent), name);
      }
      const width = await page.evaluate(() => parseFloat(getComputedStyle(document.activeElement).outlineWidth));
      assert.ok(width >= 2, "the focus shows");
      await page.keyboard.press("Enter");

      const choice = await place(page, "7.7");
      await (await choice.el.$("input")).focus();
      await page.keyboard.press("ArrowDown");
      await page.keyboard.press("Enter");
      await choice.hear(/^(Not option b|Right)/);

      const order = await place(page, "7.10");
      const letters = () => order.el.$$eval(".bp-order strong", (all) => all.map((one) => one.textContent[0]).join(""));
      const [first, second, ...rest] = await letters();
      await (await order.el.$("li:nth-child(2) button")).focus();
      await page.keyboard.press("Enter");
      assert.equal(await letters(), [second, first, ...rest].join(""));
      await page.keyboard.down("Alt");
      await page.keyboard.press("ArrowDown");
      await page.keyboard.up("Alt");
      assert.equal(await letters(), [first, second, ...rest].join(""), "Alt and an arrow key move it back");
      assert.equal(new URL(page.url()).pathname.endsWith(CHAPTER), true, "arrow keys turn no pages");
    });
  });

  test("a matrix grows, takes rows that are pasted, and its size is part of the answer", async () => {
    await use(browser, site.url + MATRICES, { width: 375, height: 667 }, async (page) => {
      const { el, hear, check } = await place(page, FORWARD);
      const { want } = data("kits/08_layers_as_matrices").kits.find(({ id }) => id === FORWARD);
      const paste = (k, text) =>
        el.evaluate(
          (node, at, rows) => {
            const clipboardData = new DataTransfer();
            clipboardData.setData("text", rows);
            const cell = node.querySelectorAll(".bp-grid")[at].querySelector("input");
            cell.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true }));
          },
          k,
          text,
        );
      const rows = Object.values(want).map(([[, wide], cells]) =>
        Array.from({ length: cells.length / wide }, (_, i) => cells.slice(i * wide, (i + 1) * wide)),
      );
      const numpy = (part) => `[${part.map((row) => `[ ${row.join("  ")} ]`).join("\n ")}]`;
      await paste(0, numpy(rows[0]));
      await paste(1, rows[1].map((row) => row.join("\t")).join("\n"));
      await paste(2, numpy(rows[2].map((row) => [...row, 0])));
      await check();
      await hear(/2 of 3 right/);
      const cells = await el.$$eval(".bp-grid:first-of-type .bp-lines > div", (lines) =>
        lines.map((l) => l.children.length),
      );
      assert.deepEqual(cells, [3, 3, 3, 3], "one row and one column more than are in use");
      await el.$$eval(".bp-grid:nth-of-type(3) .bp-lines > div", (lines) => {
        for (const line of lines) line.children[2].value = "";
      });
      await check();
      await hear(/^Right\. \(2 points\)/);
      await (await el.$(".bp-lines input")).focus();
      await page.keyboard.press("Enter");
      const at = await page.evaluate(() => document.activeElement.getAttribute("aria-label"));
      assert.match(at, /row 2, column 1/);
    });
  });

  test("another one like this: fresh numbers, the slip by name, a run and the time; from a disk", async () => {
    await use(browser, fromDisk(CHAPTER), { width: 375, height: 667 }, async (page) => {
      const { el, press, answer } = await place(page, TRACE);
      await answer(["1", "2", "3", "4"], /Not yet/);
      const pool = data(`drill/${TRACE}`);
      const score = () => el.$eval(".bp-score", (node) => node.textContent);
      const variant = async () =>
        (await el.$eval(".bp-drill .bp-how code", (node) => node.textContent)).match(/"(.*)"/)[1];
      await press("Another one like this");
      await page.waitForSelector(".bp-drill form");
      for (const expected of [1, 2]) {
        const name = await variant();
        await answer(typed(pool.kits.find((one) => one.variant === name).want), /^Right/, 1);
        assert.match(await score(), new RegExp(`in a row: ${expected}\\b.*took \\d+:\\d\\d`));
        await press("Another one");
      }
      await answer(["1", "1", "1", "1"], /Not yet\..{20}/, 1);
      assert.match(await score(), /in a row: 0 \(at most 2\)/);
      assert.ok(await el.$eval(".bp-prompt", (node) => node.querySelectorAll("math").length > 5));
    });
  });

  test("in words: first the reader's own, then the model answer and the rubric beside it", async () => {
    await use(browser, site.url + CHAPTER, {}, async (page) => {
      const { el, hear, check } = await place(page, "7.8");
      await check();
      await hear(/Write your own answer first/);
      await (await el.$("textarea")).type("The prediction is too low, and a larger weight raises it.");
      await check();
      await hear(/You give yourself 0 of 2 points/);
      await (await el.$("input[type=checkbox]")).click();
      await hear(/You give yourself 1 of 2 points/);
      assert.match(await el.$eval(".bp-model", (node) => node.textContent), /overshot the target/);
    });
  });

  for (const [name, id, scheme] of [
    [CHAPTER, TRACE, "light"],
    [MATRICES, FORWARD, "dark"],
  ]) {
    test(`${name}: in use at 375 px nothing is wider than the screen, and axe-core objects to nothing`, async () => {
      await use(browser, site.url + name, { width: 375, height: 667, scheme }, async (page) => {
        const { answer, press } = await place(page, id);
        await answer(["1", "2", "3", "4"], /Not/);
        await press("Another one like this");
        await page.waitForSelector(".bp-drill form");
        await settle(page);
        assert.deepEqual(await objections(page, { part: `[data-memory="exercise/${id}"]` }), []);
        await page.$$eval("details", (all) => {
          for (const one of all) one.open = true;
        });
        assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 375);
      });
    });
  }
});
