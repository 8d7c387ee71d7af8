// Prints pages of HTML with a Chromium: node tools/pdf.mjs [--plain] IN.html OUT.pdf [IN OUT ...]
// The PDFs are tagged, and their headings are the outline; plain ones, for paper alone, are a tenth as large. Exit 3: there is no Chromium; what is wrong is said on stderr.
import { mkdirSync, renameSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { findChromium } from "./browser.mjs";

const FLAGS = [
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-sync",
];
const MINUTES = 10;

/** What reaches beyond the paper, of a page that says how wide that is (data-wide, in millimetres). */
async function tooWide(browser, url, wide) {
  const page = await browser.newPage(); // one of its own, since figures draw themselves as wide as they first find room
  const width = Math.floor((wide / 25.4) * 96);
  await page.setViewport({ width, height: 1000 });
  await page.emulateMediaType("print");
  await page.goto(url, { waitUntil: "load", timeout: MINUTES * 60_000 });
  await new Promise((done) => setTimeout(done, 3000)); // for the figures
  const found = await page.evaluate((limit) => {
    const beyond = (element) => element.getBoundingClientRect().right > limit;
    const all = [...document.querySelectorAll("article *")].filter(
      (one) => beyond(one) && ![...one.children].some(beyond),
    );
    return all.map((one) => `${one.closest("article").id}: wider than the paper: ${one.textContent.slice(0, 60)}`);
  }, width + 6); // a frame may stand in the margin
  await page.close();
  return found;
}

/** Print one page; what is wrong with it, which its own script may have found. */
async function print(browser, source, target, tagged) {
  const page = await browser.newPage();
  const url = pathToFileURL(path.resolve(source)).href;
  await page.goto(url, { waitUntil: "load", timeout: MINUTES * 60_000 });
  await page.evaluate(() => document.fonts.ready.then(() => true));
  // Figures begin when the reader comes near, or prints; what they draw on a canvas takes another moment.
  const waits = await page.evaluate(
    () => dispatchEvent(new Event("beforeprint")) && !!document.querySelector("script[defer]"),
  );
  if (waits) await new Promise((done) => setTimeout(done, 3000));
  const problems = await page.evaluate(() => JSON.parse(document.documentElement.dataset.problems ?? "[]"));
  mkdirSync(path.dirname(target), { recursive: true });
  const options = { preferCSSPageSize: true, printBackground: true, tagged, outline: tagged };
  await page.pdf({ ...options, path: `${target}.part`, timeout: MINUTES * 60_000 });
  renameSync(`${target}.part`, target); // a PDF that is there is whole
  const wide = await page.evaluate(() => Number(document.documentElement.dataset.wide ?? 0));
  await page.close();
  return wide ? problems.concat(await tooWide(browser, url, wide)) : problems;
}

/** Print all that was asked for. */
async function main(words) {
  const files = words.filter((word) => word !== "--plain");
  let found;
  try {
    found = await findChromium();
  } catch (error) {
    console.error(error.message);
    process.exit(error.code === "NONE" ? 3 : 1);
  }
  const { default: puppeteer } = await import("puppeteer-core");
  const args = process.getuid?.() === 0 ? [...FLAGS, "--no-sandbox"] : FLAGS; // as root, Chromium has no sandbox
  const browser = await puppeteer.launch({ executablePath: found.path, args, protocolTimeout: MINUTES * 60_000 });
  try {
    for (let i = 0; i < files.length; i += 2) {
      for (const problem of await print(browser, files[i], files[i + 1], files.length === words.length)) {
        console.error(problem);
        process.exitCode = 1;
      }
    }
  } finally {
    await browser.close();
  }
}

await main(process.argv.slice(2));
