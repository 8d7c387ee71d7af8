// The explorable of chapter 7 does what its model says, with a keyboard, over http and from a disk, in two browsers.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { run } from "../../bplib/explore/_shared/engine.js";
import { number } from "../../bplib/explore/_shared/frame.js";
import { alive, CHAPTER, chromium, firefox, fromDisk, open, serve, shut } from "./helpers.mjs";

const KNOB = "w1";

let site;
before(async () => {
  site = await serve();
});
after(() => site?.close());

/** The chapter's first figure with a slider for w1: where it is, its graph and its numbers. */
async function figure(page) {
  await alive(page);
  const all = await page.$$eval("bp-graph", (elements) =>
    elements.map((element) => JSON.parse(element.getAttribute("data"))),
  );
  const index = all.findIndex(({ knobs }) => knobs && KNOB in knobs);
  assert.ok(index >= 0, `the chapter has no figure with a slider for ${KNOB}`);
  const element = (await page.$$("bp-graph"))[index];
  const input = (label) => element.$(`input[aria-label="${label}"]`);
  return { element, ...all[index], slider: await input(KNOB), exact: await input(`${KNOB}, exact value`) };
}

/** The loss as the figure shows it. */
const shownLoss = ({ element, graph }) =>
  element.$$eval(
    ".bp-node",
    (nodes, name) => nodes.find((node) => node.dataset.node === name).querySelector(".bp-forward").textContent,
    graph.nodes.at(-1).name,
  );

/** The loss as the model computes it, written as the figure writes numbers. */
const expectedLoss = ({ graph, values }, w1) => number(run(graph, { ...values, [KNOB]: w1 }).value.at(-1));

/** Move w1 by arrow keys, then by typing a number; each time the loss must follow. */
async function playWith(page) {
  const found = await figure(page);
  const start = await found.slider.evaluate((input) => input.valueAsNumber);
  assert.equal(await shownLoss(found), expectedLoss(found, start), "as the page opens");

  await found.slider.focus();
  for (let press = 0; press < 3; press++) await page.keyboard.press("ArrowRight");
  const moved = await found.slider.evaluate((input) => input.valueAsNumber);
  const step = found.knobs[KNOB][2] ?? 0.05;
  assert.ok(Math.abs(moved - start - 3 * step) < 1e-9, `three presses moved the slider from ${start} to ${moved}`);
  assert.equal(await shownLoss(found), expectedLoss(found, moved), "after three arrow keys");
  assert.notEqual(expectedLoss(found, moved), expectedLoss(found, start), "the loss depends on the knob");

  await found.exact.focus();
  await found.exact.evaluate((input) => input.select());
  await page.keyboard.type("-1.25");
  await page.keyboard.press("Tab");
  assert.equal(await shownLoss(found), expectedLoss(found, -1.25), "after a number was typed");

  const press = (text) =>
    found.element.$$eval("button", (all, t) => all.find((b) => b.textContent.startsWith(t)).click(), text);
  await press("Reset");
  await press("Learn");
  assert.equal(await shownLoss(found), "9.9225", "one step of all four, as in the chapter's text");
  assert.equal(new URL(page.url()).pathname.endsWith(CHAPTER), true, "arrow keys in the figure turn no pages");
}

/** Run the play over http and from a disk. */
async function playEverywhere(browser) {
  for (const [url, origin] of [
    [site.url + CHAPTER, site.url],
    [fromDisk(CHAPTER), "file://"],
  ]) {
    const { page, trouble } = await open(browser, url, { origin });
    await playWith(page);
    assert.deepEqual(trouble, [], url);
    await page.close();
  }
}

test("Chromium: the loss follows w1, over http and from a disk", async () => {
  const browser = await chromium();
  try {
    await playEverywhere(browser);
  } finally {
    await shut(browser);
  }
});

test("Firefox: the loss follows w1, over http and from a disk", async (t) => {
  const browser = await firefox();
  if (!browser) return t.skip("pages and figures in Firefox (install it, or set BP_FIREFOX)");
  try {
    await playEverywhere(browser);
  } finally {
    await shut(browser);
  }
});

test("Tab reaches the slider, and the focus shows", async () => {
  const browser = await chromium();
  try {
    const { page } = await open(browser, site.url + CHAPTER);
    await alive(page);
    const reached = () => page.evaluate(() => document.activeElement.matches('bp-graph input[type="range"]'));
    let presses = 0;
    for (; presses < 500 && !(await reached()); presses++) await page.keyboard.press("Tab");
    assert.ok(await reached(), "no slider within 500 presses of Tab");
    const outline = await page.evaluate(() => {
      const { outlineStyle, outlineWidth } = getComputedStyle(document.activeElement);
      return [outlineStyle, parseFloat(outlineWidth)];
    });
    assert.ok(outline[0] !== "none" && outline[1] >= 2, `the outline is ${outline}`);
  } finally {
    await shut(browser);
  }
});
