// What a reader does in formgrader, for tests/test_grading_formgrader.py: node formgrader.mjs ADDRESS OTHER NAME SUBMISSION
// marks one exercise of one submission, twice at once from two servers, and prints as JSON what the page said meanwhile.
import path from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { chromium, shut } from "./helpers.mjs";

const [address, other, name, submission] = process.argv.slice(2);
const said = {};
const browser = await chromium();

/** Open a submission's page, with what fails on it. */
async function open(server, at = "") {
  const page = await browser.newPage({ type: "window" }); // a tab behind another one is never drawn
  page.failed = [];
  page.on("pageerror", (error) => page.failed.push(String(error.message ?? error)));
  await page.setViewport({ width: 1440, height: 900 });
  const next = encodeURIComponent(`/formgrader/submissions/${submission}/${at}`);
  await page.goto(`${server}/login?token=t&next=${next}`, {
    waitUntil: "domcontentloaded",
  });
  await page.waitForFunction(() => window.formgrader?.grades?.loaded && window.formgrader.comments.loaded);
  return page;
}

/** Wait until nothing is being saved. */
const saved = (page) =>
  page.waitForFunction(() => {
    const { grades, comments } = window.formgrader;
    return window.$.active === 0 && ![grades, comments].some((all) => all.some((one) => one.queued > 0));
  });

/** What the page shows of the mark. */
const state = (page) =>
  page.evaluate((id) => {
    const aside = document.querySelector(`.bp-beside[data-exercise="${id}"]`);
    return {
      boxes: [...aside.querySelectorAll(".bp-criterion")].map((one) => one.checked),
      score: document.getElementById(id).value,
      comment: document.getElementById(`${id}-comment`).value,
      sum: aside.querySelector(".bp-sum").textContent,
      notices: [...aside.querySelectorAll(".bp-notice")].map((one) => one.firstChild.textContent.trim()),
      earlier: aside.querySelector(".bp-changes")?.innerHTML ?? "",
      marks: [...aside.querySelectorAll(".bp-marks li")].map((one) => one.textContent),
    };
  }, name);

/** Click one of the boxes. */
const tick = (page, n) =>
  page.evaluate(
    (id, i) => document.querySelectorAll(`.bp-beside[data-exercise="${id}"] .bp-criterion`)[i].click(),
    name,
    n,
  );

/** Type a mark, as into nbgrader's field. */
async function type(page, mark) {
  await page.evaluate((id, value) => window.$(document.getElementById(id)).val(value).trigger("change"), name, mark);
  await saved(page);
}

/** Click a button of the warning. */
const choose = async (page, label) => {
  await page.evaluate(
    (text) => [...document.querySelectorAll(".bp-notice button")].find((one) => one.textContent === text).click(),
    label,
  );
  await saved(page);
};

/** A picture for whoever wants to look. */
async function look(page, called) {
  if (!process.env.BP_SHOTS) return;
  await pause(1000); // nbgrader scrolls to where a reader was last
  await page.evaluate(
    (id) => document.querySelector(`.bp-beside[data-exercise="${id}"]`).scrollIntoView({ block: "center" }),
    name,
  );
  await page.screenshot({ path: path.join(process.env.BP_SHOTS, `${called}.png`) });
}

try {
  const first = await open(address);
  said.opened = await state(first);
  said.title = await first.title();
  await look(first, "opened");
  await first.emulateNetworkConditions({ latency: 400, download: -1, upload: -1 }); // as a far hub answers
  await tick(first, 0);
  await pause(200);
  await tick(first, 1); // the second must not wait for the first, nor be lost behind it
  await pause(400);
  said.meanwhile = await state(first);
  await first.emulateNetworkConditions(null);
  await saved(first);
  await tick(first, 1);
  await saved(first);
  said.ticked = await state(first);
  const second = await open(other);
  said.reopened = await state(second);
  await type(second, "2");
  said.byHand = await state(second);
  await look(second, "by-hand");
  await type(first, "0.5"); // the first page still shows 1
  await first.waitForSelector(".bp-notice");
  said.refused = await state(first);
  await look(first, "refused");
  await choose(first, "Keep theirs");
  said.kept = await state(first);
  await type(first, "1.5"); // it has seen the 2 now
  said.changed = await state(first);
  await type(second, "2"); // the second server remembers the 2, and must not take it for what is there
  await type(second, "0");
  await second.waitForSelector(".bp-notice");
  said.refusedToo = await state(second);
  await choose(second, "Save mine");
  said.mine = await state(second);
  const last = await open(address);
  said.last = await state(last);
  await tick(first, 1); // it has 1.5 and its comment; the mark is 0 by now
  await first.waitForSelector(".bp-notice");
  await saved(first);
  said.halfRefused = await state(first);
  await tick(second, 0);
  await second
    .waitForFunction(() => document.querySelectorAll(".bp-notice").length === 2 || undefined, { timeout: 5000 })
    .catch(() => {});
  await saved(second);
  said.both = await state(second);
  await choose(second, "Keep theirs");
  await choose(first, "Save mine");
  said.agreed = await state(first);
  const keys = await open(address, `#${name}`);
  await pause(300);
  said.begun = await keys.evaluate(() => document.activeElement.id);
  await keys.focus(`.bp-beside[data-exercise="${name}"] .bp-criterion`);
  await pause(700); // nbgrader scrolls to it
  said.inSight = await keys.evaluate(() => {
    const { top, bottom } = document.activeElement.getBoundingClientRect();
    return top > 0 && bottom < window.innerHeight;
  });
  await keys.keyboard.press("Space");
  await keys.keyboard.press("Tab");
  said.tabbed = await keys.evaluate(() => document.activeElement.dataset.name);
  await keys.keyboard.press("Space");
  await keys.keyboard.down("Control"); // at once, while both are on their way
  await Promise.all([keys.waitForNavigation(), keys.keyboard.press("Period")]);
  said.next = new URL(keys.url()).pathname;
  const linked = await open(address);
  said.byKeys = await state(linked);
  await linked.evaluate(
    (id) => document.getElementById(id).closest(".nbgrader_cell").querySelector(".full-credit").click(),
    name,
  );
  await saved(linked);
  said.full = await state(linked);
  await tick(linked, 1);
  await Promise.all([linked.waitForNavigation(), linked.evaluate(() => document.querySelector("li.next a").click())]);
  const narrow = await open(address);
  said.byLink = await state(narrow);
  await narrow.evaluate(() => document.querySelector(".bp-model").setAttribute("open", ""));
  await look(narrow, "wide");
  await narrow.setViewport({ width: 900, height: 900 });
  await look(narrow, "narrow");
  said.failed = [...first.failed, ...second.failed, ...last.failed, ...keys.failed, ...linked.failed, ...narrow.failed];
} finally {
  await shut(browser);
}
console.log(JSON.stringify(said, null, 1));
