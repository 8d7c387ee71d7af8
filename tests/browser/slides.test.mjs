// Slides of every chapter: from a disk, nothing cut off, nothing too small, and figures that are alive.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readdirSync } from "node:fs";
import path from "node:path";
import { after, before, test } from "node:test";
import { pathToFileURL } from "node:url";
import { BOOK, chromium, objections, ROOT } from "./helpers.mjs";

const CHAPTERS = readdirSync(path.join(BOOK, "book"))
  .filter((name) => /^\d\d_.*\.html$/.test(name))
  .map((name) => name.replace(".html", ""));
// px on 1280 by 720, of what is read from the last row. Figures are turned, not read; of a long table the lecturer points
// at a row, and of a tall picture, whose words are its caption, at a curve.
const SMALLEST = { text: 16, tall: 12 };
const PATH = [path.join(ROOT, ".venv/bin"), process.env.PATH].join(path.delimiter); // as in the Makefile
const address = (name) => pathToFileURL(path.join(ROOT, "_build/slides", `${name}.html`)).href;

let browser;
before(async () => {
  execFileSync("python", ["tools/slides.py", ...CHAPTERS], { cwd: ROOT, env: { ...process.env, PATH } });
  browser = await chromium();
});
after(() => browser?.close());

/** A page with the slides of a chapter, and what went wrong on it. */
async function open(name, { width = 1280, height = 720 } = {}) {
  const page = await browser.newPage();
  const wrong = [];
  page.on("pageerror", (error) => wrong.push(error.message));
  page.on("request", (request) => /^(file|data|blob|about):/.test(request.url()) || wrong.push(request.url()));
  await page.setViewport({ width, height });
  await page.goto(address(name), { waitUntil: "load" });
  await page.waitForFunction(() => globalThis.Reveal?.isReady());
  return { page, wrong };
}

/** What is wrong with each slide, once all of it is shown. Runs in the page. */
async function faults(smallest) {
  const found = [];
  const frame = () => new Promise(requestAnimationFrame);
  for (let i = 0; i < Reveal.getTotalSlides(); i++) {
    Reveal.slide(i);
    while (Reveal.availableFragments().next) Reveal.nextFragment();
    for (let k = 0; k < 4; k++) await frame();
    const slide = Reveal.getCurrentSlide();
    const [room, body] = [slide.querySelector(".room"), slide.querySelector(".body")];
    const say = (what) => found.push(`${i + 1} ${slide.querySelector("h2").textContent}: ${what}`);
    const [outer, inner] = [room.getBoundingClientRect(), body.getBoundingClientRect()];
    const zoom = Number(body.style.zoom);
    const shown = [...body.children].filter((part) => !part.matches(".lead") && part.offsetHeight > 0);
    if (!shown.some((part) => part.textContent.trim() || part.querySelector("svg, img"))) say("nothing on it");
    if (slide.classList.contains("quiz")) continue;
    if (inner.height > outer.height + 1)
      say(`${Math.round(inner.height)} px high, room for ${Math.round(outer.height)}`);
    for (const pre of body.querySelectorAll("pre")) if (pre.scrollWidth > pre.clientWidth + 1) say("code is cut off");
    for (const part of body.querySelectorAll("table, math, svg, .bp")) {
      if (part.getBoundingClientRect().right > outer.right + 2) say(`${part.tagName} sticks out`);
    }
    const least = body.querySelector("tr:nth-child(9), .bp-plot") ? smallest.tall : smallest.text;
    if (!slide.classList.contains("figure") && zoom * 16 < least) say(`text of ${Math.round(zoom * 16)} px`);
  }
  return found;
}

for (const name of CHAPTERS) {
  test(`the slides of ${name} can be read from the last row`, async () => {
    const { page, wrong } = await open(name);
    const found = await page.evaluate(faults, SMALLEST);
    await page.close();
    assert.deepEqual([...wrong, ...found], []);
  });
}

test("a knob on a slide turns by mouse and keys, and a clicker goes on", async () => {
  const { page } = await open("07_two_layer_trace", { width: 1920, height: 1080 });
  await page.evaluate(() => Reveal.slide(Reveal.getSlides().findIndex((slide) => slide.querySelector("bp-graph"))));
  const at = await page.evaluate(() => Reveal.getIndices().h);
  const knob = await page.waitForSelector(".present bp-graph input[type=range]");
  const value = () => knob.evaluate((input) => Number(input.value));
  const { x, y, width, height } = await knob.boundingBox();
  await page.mouse.click(x + width * 0.9, y + height / 2);
  const turned = await value();
  assert.ok(turned > 2, `${turned}`);
  await page.keyboard.press("ArrowLeft");
  assert.ok((await value()) < turned);
  assert.equal(await page.evaluate(() => Reveal.getIndices().h), at);
  await page.keyboard.press("PageDown");
  assert.equal(await page.evaluate(() => Reveal.getIndices().h), at + 1);
  await page.close();
});

for (const [width, height] of [
  [1920, 1080],
  [1024, 768],
]) {
  test(`what is dragged on a slide follows the pointer (${width} px)`, async () => {
    const { page } = await open("11_landscapes", { width, height });
    await page.evaluate(() => Reveal.slide(Reveal.getSlides().findIndex((slide) => slide.querySelector("bp-descent"))));
    const handle = await page.waitForSelector(".present bp-descent .bp-handle", { visible: true });
    const middle = async () => {
      const { x, y, width, height } = await handle.boundingBox();
      return [x + width / 2, y + height / 2];
    };
    const [x, y] = await middle();
    await page.mouse.move(x, y);
    await page.mouse.down();
    await page.mouse.move(x + 40, y - 30, { steps: 4 });
    await page.mouse.up();
    const [u, v] = await middle();
    assert.ok(Math.hypot(u - x - 40, v - y + 30) < 5, `${u - x}, ${v - y}`);
    await page.close();
  });
}

test("axe-core objects to nothing on slides", async () => {
  const { page } = await open("01_who_gets_the_blame");
  for (const at of [0, 4, 10]) {
    await page.evaluate((i) => Reveal.slide(i), at);
    assert.deepEqual(await objections(page), []);
  }
  await page.close();
});

test("an answer comes on the next key, and the words are the speaker's", async () => {
  const { page } = await open("07_two_layer_trace");
  const asked = await page.evaluate(() => Reveal.getSlides().findIndex((slide) => slide.querySelector("p.asked")));
  await page.evaluate((i) => Reveal.slide(i), asked);
  const shown = () => page.$eval(".present .fragment", (answer) => getComputedStyle(answer).visibility);
  assert.equal(await shown(), "hidden");
  await page.keyboard.press("ArrowRight");
  assert.equal(await shown(), "visible");
  const words = await page.$$eval(
    "aside.notes",
    (notes) =>
      notes
        .map((note) => note.textContent)
        .join(" ")
        .split(/\s+/).length,
  );
  assert.ok(words > 1000, `${words} words of notes`);
  await page.close();
});

test("the speaker's view opens from a disk", async () => {
  const { page } = await open("07_two_layer_trace");
  await page.evaluate(() => Reveal.slide(2));
  const opened = new Promise((resolve) => {
    page.once("popup", resolve);
  });
  await page.keyboard.press("s");
  const view = await opened;
  await view.waitForFunction(() => document.querySelector(".speaker-controls-notes .value")?.textContent.length > 50);
  await view.close();
  await page.close();
});
