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

/** Print one page; what its own script found wrong with it. */
async function print(browser, source, target, tagged) {
  const page = await browser.newPage();
  await page.goto(pathToFileURL(path.resolve(source)).href, { waitUntil: "load", timeout: MINUTES * 60_000 });
  await page.evaluate(() => document.fonts.ready.then(() => true));
  const problems = await page.evaluate(() => JSON.parse(document.documentElement.dataset.problems ?? "[]"));
  mkdirSync(path.dirname(target), { recursive: true });
  const options = { preferCSSPageSize: true, printBackground: true, tagged, outline: tagged };
  await page.pdf({ ...options, path: `${target}.part`, timeout: MINUTES * 60_000 });
  renameSync(`${target}.part`, target); // a PDF that is there is whole
  await page.close();
  return problems;
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
