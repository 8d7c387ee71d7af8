// What the browser tests share: the built pages, a server for them, the two browsers, and a watch over each page.
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import http from "node:http";
import { createRequire } from "node:module";
import os from "node:os";
import path from "node:path";
import { after, before } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";
import puppeteer from "puppeteer-core";
import { findChromium, findFirefox } from "../../tools/browser.mjs";

export const ROOT = fileURLToPath(new URL("../../", import.meta.url));
export const BOOK = path.resolve(process.env.BP_BOOK ?? path.join(ROOT, "_build", "html"));
export const CHAPTER = "book/07_two_layer_trace.html";
export const GALLERY = "book/gallery.html";

const TYPES = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".woff2": "font/woff2",
  ".woff": "font/woff",
};
const CHROMIUM_FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** Every page of the built book but the redirect at its door, as paths from its folder; sorted, so that runs compare. */
export function pages() {
  if (!existsSync(path.join(BOOK, CHAPTER))) throw new Error(`no built book in ${BOOK}: run \`make book\` first`);
  return readdirSync(BOOK, { recursive: true })
    .map((name) => name.split(path.sep).join("/"))
    .filter((name) => name.endsWith(".html") && !name.startsWith("_") && name !== "index.html")
    .sort();
}

/** The pages that people wrote: not the search page, not the index of terms. */
export const written = () => pages().filter((name) => !["genindex.html", "search.html"].includes(name));

/** Serve a folder on this machine; resolves to its address and a way to close it. */
export function serve(folder = BOOK) {
  const server = http.createServer((request, response) => {
    const file = path.join(folder, decodeURIComponent(new URL(request.url, "http://localhost").pathname));
    if (!file.startsWith(folder) || !existsSync(file)) return response.writeHead(404).end();
    const type = TYPES[path.extname(file)] ?? "application/octet-stream";
    return response.writeHead(200, { "content-type": type }).end(readFileSync(file));
  });
  return new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => {
      const close = () => {
        server.closeAllConnections();
        server.close();
      };
      resolve({ url: `http://127.0.0.1:${server.address().port}/`, close });
    });
  });
}

/** The two ways a reader may hold the book. */
export const fromDisk = (page) => pathToFileURL(path.join(BOOK, page)).href;

/** Chromium, in a profile of its own; fails with advice when there is none. */
export async function chromium() {
  const { path: executablePath } = await findChromium();
  return puppeteer.launch({ executablePath, headless: true, args: CHROMIUM_FLAGS, protocolTimeout: 120_000 });
}

/** Firefox through WebDriver BiDi, or null where there is none. */
export async function firefox() {
  const executablePath = findFirefox();
  if (!executablePath) return null;
  return puppeteer.launch({ browser: "firefox", executablePath, headless: true, protocolTimeout: 120_000 });
}

/** Close a browser whatever state a failed test left it in. */
export const shut = (browser) => browser?.close().catch(() => {});

/** The book on a server and Chromium, for the tests of a file that says `served()`. */
export let site;
export let browser;
export function served() {
  before(async () => {
    site = await serve();
    browser = await chromium();
  });
  after(async () => {
    await shut(browser);
    site?.close();
  });
}

/** Whether a request stays within the page's own place. */
const isOwn = (url, origin) => url.startsWith(origin) || /^(data|blob|about):/.test(url);

/** Note everything that goes wrong on a page: foreign and failed requests, errors on the console. */
export function watch(page, origin) {
  const trouble = [];
  page.on("request", (request) => {
    if (!isOwn(request.url(), origin)) trouble.push(`foreign request: ${request.url()}`);
  });
  page.on("requestfailed", (request) => trouble.push(`failed: ${request.url()} ${request.failure()?.errorText ?? ""}`));
  page.on("response", (response) => {
    if (response.status() >= 400) trouble.push(`status ${response.status()}: ${response.url()}`);
  });
  page.on("pageerror", (error) => {
    // Firefox lays out a page while it still arrives, and then misses the rest of a formula that a chunk cut in two.
    // That the markup is whole is tested on the files (tests/test_page.py).
    if (!/Incorrect number of children for <m\w+\/> tag/.test(error.message ?? "")) {
      trouble.push(`error in the page: ${error.message ?? error}`);
    }
  });
  page.on("console", (message) => {
    if (message.type() === "error") trouble.push(`console: ${message.text()}`);
  });
  return trouble;
}

/** In a page: begin without what the page that was open before has left to its reader; a reload keeps it. */
function forget() {
  try {
    if (!sessionStorage.getItem("bp-fresh")) localStorage.clear();
    sessionStorage.setItem("bp-fresh", "yes");
  } catch {
    // Where there is no storage, nothing is left.
  }
}

/** A new page at a width, in light or dark, without motion that would blur what is measured; what it loaded from its own
 * place. It does not know what was done on others, unless it `remembers`; `touch` is a finger's, `motion` has Play. */
export async function open(browser, url, options = {}) {
  const { width = 1280, height = 900, scheme = "light", origin = url, remembers = false } = options;
  const { touch = false, motion = false } = options;
  const page = await browser.newPage({ type: "window" }); // a tab behind another one is never drawn
  const trouble = watch(page, origin);
  const loaded = [];
  page.on("response", (response) => {
    if (response.url().startsWith(origin)) loaded.push(response.url());
  });
  await page.setViewport({ width, height, hasTouch: touch, isMobile: touch });
  await page
    .emulateMediaFeatures([
      { name: "prefers-color-scheme", value: scheme },
      { name: "prefers-reduced-motion", value: motion ? "no-preference" : "reduce" },
    ])
    .catch(() => {}); // Firefox's driver cannot emulate them yet
  if (!remembers) await page.evaluateOnNewDocument(forget);
  await page.goto(url, { waitUntil: "load" });
  await page.evaluate(() => document.fonts.ready.then(() => null));
  return { page, trouble, loaded };
}

const QUIET = 350; // ms without a change: the theme waits 300 after the page got another width

/** Wait until a page has its fonts and has stopped changing, so that scripts that wait for idle moments had theirs. */
export const settle = (page, quiet = QUIET) =>
  page.evaluate(
    async ({ quiet, atMost }) => {
      await document.fonts.ready;
      // Only when a page is drawn does it hear of another width, or that it is printed.
      await new Promise((done) => {
        requestAnimationFrame(() => requestAnimationFrame(done));
        setTimeout(done, atMost);
      });
      await new Promise((done) => {
        const restless = new MutationObserver(() => restart());
        const finish = () => {
          restless.disconnect();
          done();
        };
        let timer;
        const restart = () => {
          clearTimeout(timer);
          timer = setTimeout(() => requestIdleCallback(finish, { timeout: atMost }), quiet);
        };
        const attributeFilter = ["class", "style", "data-theme", "src", "tabindex"];
        restless.observe(document, { subtree: true, childList: true, characterData: true, attributeFilter });
        setTimeout(finish, atMost); // something may move for ever
        restart();
      });
    },
    { quiet, atMost: 3000 }, // ms
  );

/** Go to the first figure of a name on a page, and wait until it has drawn itself: it does when the reader comes near. */
export async function alive(page, name = "graph") {
  await page.$eval(`bp-${name}`, (element) => element.scrollIntoView({ block: "start" }));
  await page.waitForSelector(`.bp.bp-${name}`, { timeout: 15_000 });
}

/** Begin all that waits on a page until the reader comes near: it does so too when the page is printed. */
export const begun = (page) =>
  page.evaluate(() => {
    for (const name of ["beforeprint", "afterprint"]) dispatchEvent(new Event(name));
  });

/** What is known of each figure, or of $BP_FIGURE alone: its name, and what `figures/NAME.mjs` says a reader does. */
export function figures() {
  const folder = new URL("figures/", import.meta.url);
  const names = readdirSync(folder)
    .filter((file) => file.endsWith(".mjs"))
    .map((file) => file.replace(".mjs", ""))
    .filter((name) => !process.env.BP_FIGURE || name === process.env.BP_FIGURE)
    .sort();
  return Promise.all(names.map(async (name) => ({ name, ...(await import(new URL(`${name}.mjs`, folder))).default })));
}

/** What a finger or an arrow presses in a figure, where it is seen: each with its name and its box. */
export const controls = (figure) =>
  figure.$$eval("button, input, select, summary, [data-control]", (found) => {
    for (const e of found) delete e.dataset.control; // one that is gone from sight keeps no number
    const pressed = found
      .map((e) => (e.matches("input[type=radio], input[type=checkbox]") ? e.closest("label") : e))
      .filter((e) => e?.checkVisibility() && !e.disabled); // what a closed <details> holds is not seen
    return [...new Set(pressed)].map((e, k) => {
      const { x, y, width, height } = e.getBoundingClientRect();
      e.dataset.control = k;
      return { name: e.getAttribute("aria-label") ?? e.textContent.trim(), k, x, y, width, height };
    });
  });

/** Open the gallery in a browser, find a figure in it, hand both over, and close. */
export async function onFigure(name, { browser, site, ...options }, use) {
  const { page, trouble } = await open(browser, options.url ?? site.url + GALLERY, { origin: site.url, ...options });
  try {
    await alive(page, name);
    await begun(page); // its neighbours too, or they would still push it about
    const figure = await page.$(`bp-${name}`);
    await figure.evaluate((element) => element.scrollIntoView({ block: "start" }));
    await use(figure, page, trouble);
  } finally {
    await page.close();
  }
}

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** What axe-core objects to on a page, or in a part of it; one line each. `rules`: only these, else all it has on. */
export async function objections(page, { part = "html", rules } = {}) {
  if (!(await page.evaluate(() => "axe" in window))) await page.evaluate(AXE);
  const options = { resultTypes: ["violations"], ...(rules && { runOnly: rules }) };
  return page.evaluate(
    async (within, how) => {
      const { violations } = await window.axe.run(within, how);
      return violations.flatMap(({ id, nodes }) =>
        nodes.map((node) => `${id}: ${node.target} ${node.html.slice(0, 120)}`),
      );
    },
    part,
    options,
  );
}

/** A folder that is gone when the test is. */
export function temporaryFolder(t) {
  const folder = mkdtempSync(path.join(os.tmpdir(), "bp-"));
  t.after(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 }));
  return folder;
}
