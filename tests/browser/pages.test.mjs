// Every page of the book, as a reader gets it: over http and from a disk, light and dark, wide and narrow.
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { describe, test } from "node:test";
import { pathToFileURL } from "node:url";
import { gzipSync } from "node:zlib";
import {
  alive,
  BOOK,
  begun,
  browser,
  CHAPTER,
  firefox,
  fromDisk,
  GALLERY,
  objections,
  open,
  pages,
  served,
  settle,
  shut,
  site,
  temporaryFolder,
  written,
} from "./helpers.mjs";

const HEAVIEST = 400; // KB of a page with all it loads, gzipped; the gallery, with nine figures, is the heaviest
const ELEMENTS = 6200; // of a page with all that its scripts make; chapter 7, with three figures, has the most
const SHIFT = 0.02; // how far a page may move while it arrives, as browsers count it

served();

/** Open a page of the book, hand it to a function, and close it whatever happens. */
async function on(name, options, use) {
  const { page, trouble, loaded } = await open(browser, options.url ?? site.url + name, {
    origin: site.url,
    ...options,
  });
  try {
    return await use(page, trouble, loaded);
  } finally {
    await page.close();
  }
}

/** What on a page is wider than the screen. */
const sideways = (page) =>
  page.evaluate(() => {
    const wide = document.documentElement.scrollWidth;
    const boxed = (element) =>
      element && (getComputedStyle(element).overflowX !== "visible" || boxed(element.parentElement.closest("main *")));
    const beyond = (element) => element.getBoundingClientRect().right > innerWidth + 0.5 && !boxed(element);
    const name = (element) => `${element.tagName}.${element.getAttribute("class") ?? ""}`;
    return wide <= innerWidth
      ? []
      : [`${wide} px`, ...[...document.querySelectorAll("main *")].filter(beyond).slice(0, 8).map(name)];
  });

/** The language, the title and the description of a page, and the pictures without words. */
async function saysWhatItIs(page) {
  const { lang, title, description, wordless } = await page.evaluate(() => {
    const isFile = (text) => /^[\w./\\-]+\.(png|svg|jpe?g|gif|webp)$/i.test(text);
    const decorative = (element) => element.closest('[aria-hidden="true"], .navbar-brand, button, .dropdown-menu');
    const images = [...document.querySelectorAll("img")].filter((image) => !decorative(image));
    const drawings = [...document.querySelectorAll("svg")].filter((drawing) => !decorative(drawing));
    const words = (drawing) => drawing.getAttribute("aria-label") ?? drawing.querySelector("title")?.textContent ?? "";
    return {
      lang: document.documentElement.lang,
      title: document.title,
      description: document.querySelector('meta[name="description"]')?.content ?? "",
      wordless: [
        ...images
          .filter((image) => !image.alt.trim() || isFile(image.alt))
          .map((image) => image.outerHTML.slice(0, 120)),
        ...drawings.filter((drawing) => !words(drawing).trim()).map((drawing) => drawing.outerHTML.slice(0, 120)),
      ],
    };
  });
  assert.equal(lang, "en");
  assert.ok(title.length > 3, `the title is ${JSON.stringify(title)}`);
  assert.ok(description.length >= 20 && description.length <= 160, `the description is ${JSON.stringify(description)}`);
  assert.deepEqual(wordless, []);
}

const PACKED = /\.(woff2?|png|jpg)$/; // compressed already: gzip would only flatter them

/** What was loaded for a page, in KB as a server packs it, and which files these were. */
function weigh(addresses) {
  const files = new Set(addresses.map((url) => new URL(url).pathname));
  const sizes = [...files].map((pathname) => {
    const bytes = readFileSync(path.join(BOOK, decodeURIComponent(pathname)));
    return [(PACKED.test(pathname) ? bytes : gzipSync(bytes)).length / 1024, path.posix.basename(pathname)];
  });
  const total = sizes.reduce((sum, [size]) => sum + size, 0);
  const heaviest = sizes.sort((a, b) => b[0] - a[0]).slice(0, 4);
  const list = heaviest.map(([size, file]) => `${file} ${size.toFixed(0)}`).join(", ");
  return { total, text: `${total.toFixed(0)} KB gzip in ${sizes.length} files (${list})` };
}

const PAPER_WIDTH = 680; // CSS px between the margins of an A4 sheet

/** What on a page does not belong on paper: things to press, what is wider than the sheet, dark grounds. */
const amiss = (page) =>
  page.evaluate(() => {
    const seen = (e) => e.checkVisibility() && e.getBoundingClientRect().height > 0;
    const name = (e) => `${e.tagName}.${e.getAttribute("class") ?? ""}`;
    const all = (selector) => [...document.querySelectorAll(selector)].filter(seen);
    const question = (e) => e.matches('.bp-quiz .bp-token, .bp-quiz input[type="radio"], input[type="checkbox"]');
    const prose = (e) => !e.closest("svg, .bp-picture");
    const mean = (canvas) => {
      const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
      return data.reduce((sum, x, i) => sum + (i % 4 < 3 ? x : 0), 0) / (data.length * 0.75);
    };
    const dark = (e) => {
      const [r, g, b, a = 1] = getComputedStyle(e)
        .backgroundColor.match(/[\d.]+/g)
        .map(Number);
      return a > 0.5 && r + g + b < 450;
    };
    return [
      ...all("button, input, select, textarea, nav, header, footer")
        .filter((e) => !question(e))
        .map((e) => `to press: ${name(e)}`),
      ...all("article *")
        .filter((e) => prose(e) && e.getBoundingClientRect().right > innerWidth + 1)
        .map((e) => `too wide: ${name(e)}`),
      ...all("article :is(pre, .output, .pst-scrollable-table-container)")
        .filter((e) => getComputedStyle(e).overflowX !== "visible" && e.scrollWidth > e.clientWidth + 1)
        .map((e) => `cut off: ${name(e)}`),
      ...all("canvas")
        .filter((canvas) => mean(canvas) < 128)
        .map((e) => `dark drawing: ${name(e)} ${e.getAttribute("aria-label")}`),
      ...all("body, body *")
        .filter(dark)
        .map((e) => `dark ground: ${name(e)}`),
    ];
  });

/** Print a dark page, as far as a test can, and go back to the screen. */
async function printed(page) {
  const turns = (theme) =>
    page.waitForSelector(`html[data-theme="${theme}"]`, { timeout: 10_000 }).catch(() => assert.fail(`not ${theme}`));
  await page.setViewport({ width: PAPER_WIDTH, height: 900 });
  await page.emulateMediaType("print");
  await turns("light");
  await settle(page);
  assert.deepEqual(await amiss(page), []);
  await page.emulateMediaType("screen");
  await turns("dark"); // the screen is as it was
}

// What a theme can change: colours, and which of two pictures or labels is shown. All else is the same page as in the
// light, where axe-core tries every rule that it has.
const RULES_OF_THEMES = [
  "color-contrast",
  "link-in-text-block",
  "image-alt",
  "svg-img-alt",
  "role-img-alt",
  "button-name",
  "link-name",
];

// Each page is loaded twice: over http, light, on a narrow screen that becomes a wide one; and from a disk, dark, on a
// wide screen that becomes a sheet of paper. Nothing is timed here, so several pages may be looked at together.
describe("every page", { concurrency: 3 }, () => {
  test("Firefox: every page asks nobody else and reports no error", async (t) => {
    const fox = await firefox();
    if (!fox) return t.skip("pages and figures in Firefox (install it, or set BP_FIREFOX)");
    try {
      for (const name of pages()) {
        for (const [url, origin] of [
          [site.url + name, site.url],
          [fromDisk(name), "file://"],
        ]) {
          const { page, trouble } = await open(fox, url, { origin });
          await settle(page);
          await page.close();
          assert.deepEqual(trouble, [], url);
        }
      }
    } finally {
      await shut(fox);
    }
  });

  for (const name of pages()) {
    test(`${name}: over http, light`, async (t) => {
      await on(name, { width: 375 }, async (page, trouble, loaded) => {
        await settle(page);
        await t.test(`${name}: fits a screen 375 pixels wide`, async () => {
          assert.deepEqual(await sideways(page), []);
        });
        await page.setViewport({ width: 1280, height: 900 });
        await settle(page);
        await t.test(`${name}: asks nobody else and reports no error, over http`, () => {
          assert.deepEqual(trouble, []);
        });
        if (written().includes(name)) {
          await t.test(`${name}: says what it is, and each picture has words`, () => saysWhatItIs(page));
          await t.test(`${name}: stays light with all it loads`, (one) => {
            const { total, text } = weigh(loaded);
            one.diagnostic(`${name}: ${text}`);
            assert.ok(total <= HEAVIEST, text);
          });
        }
        await t.test(`${name}: has few elements, with all that scripts make`, async (one) => {
          await begun(page);
          await settle(page);
          const count = await page.evaluate(() => document.querySelectorAll("*").length);
          one.diagnostic(`${name}: ${count} elements`);
          assert.ok(count <= ELEMENTS, `${count} elements`);
        });
        await t.test(`${name}: axe-core objects to nothing (light)`, async () => {
          assert.deepEqual(await objections(page), []);
        });
      });
    });

    test(`${name}: from a disk, dark`, async (t) => {
      await on(name, { scheme: "dark", url: fromDisk(name), origin: "file://" }, async (page, trouble) => {
        await settle(page);
        await t.test(`${name}: asks nobody else and reports no error, from a disk`, () => {
          assert.deepEqual(trouble, []);
        });
        await t.test(`${name}: axe-core objects to nothing (dark)`, async () => {
          assert.equal(await page.evaluate(() => document.documentElement.dataset.theme), "dark");
          assert.deepEqual(await objections(page, { rules: RULES_OF_THEMES }), []);
        });
        await t.test(`${name}: printed from the dark it is light, whole, and nothing to press`, () => printed(page));
      });
    });
  }
});

test("the door leads into the book, from a disk too", async () => {
  for (const url of [`${site.url}index.html`, fromDisk("index.html")]) {
    const page = await browser.newPage();
    await Promise.all([
      page.waitForFunction(() => location.pathname.endsWith("/book/index.html"), { timeout: 10_000 }),
      page.goto(url).catch(() => {}), // the redirect may overtake it
    ]);
    await page.close();
  }
  const door = readFileSync(path.join(BOOK, "index.html"), "utf8");
  for (const wanted of [/<html lang="en">/, /<title>[^<]{4,}<\/title>/, /<a href="book\/index.html">[^<]+<\/a>/])
    assert.match(door, wanted);
});

test("the chapter as an explorable is used: axe-core still objects to nothing", async () => {
  for (const scheme of ["light", "dark"]) {
    await on(CHAPTER, { scheme }, async (page) => {
      await alive(page);
      await page.focus('bp-graph input[type="range"]');
      await page.keyboard.press("ArrowRight");
      assert.deepEqual(await objections(page, { part: "bp-graph" }), [], `${scheme}, after a slider moved`);
      const [next] = await page.$$("bp-graph button ::-p-text(Next)");
      await (next ?? (await page.$("bp-graph ::-p-text(Next)"))).click();
      assert.deepEqual(await objections(page, { part: "bp-graph" }), [], `${scheme}, in the middle of the steps`);
    });
  }
});

test("on paper: no furniture, no sliders, the picture is there, what was folded is open", async () => {
  await on(CHAPTER, { scheme: "dark" }, async (page) => {
    await alive(page);
    await page.emulateMediaType("print");
    const seen = await page.evaluate(() => {
      const shown = (selector) =>
        [...document.querySelectorAll(selector)].filter(
          (e) => e.checkVisibility() && e.getBoundingClientRect().height > 0,
        ).length;
      return {
        furniture: shown(".bd-sidebar-primary, .bd-sidebar-secondary, .bd-header-article, .prev-next-footer, .copybtn"),
        sliders: shown('bp-graph input[type="range"]'),
        pictures: shown("bp-graph svg"),
        headings: shown("h1"),
        ink: getComputedStyle(document.querySelector("article p")).color,
        paper: getComputedStyle(document.body).backgroundColor,
      };
    });
    assert.equal(seen.furniture, 0);
    assert.equal(seen.sliders, 0);
    assert.ok(seen.pictures >= 1);
    assert.equal(seen.headings, 1);
    assert.equal(seen.ink, "rgb(0, 0, 0)", "dark theme, yet black ink");
    assert.match(seen.paper, /rgb\(255, 255, 255\)|rgba\(0, 0, 0, 0\)/);
    assert.ok((await page.pdf({ format: "A4" })).length > 20_000);
  });
});

// ---------- on paper ----------

const pagesOf = (pdf) =>
  Buffer.from(pdf)
    .toString("latin1")
    .match(/\/Type\s*\/Page\b(?!s)/g).length;

test("the cheat sheet is one page, A4 and Letter, in a size that can be read; the blank sheets are one page each", async () => {
  for (const scheme of ["light", "dark"]) {
    await on("book/cheat_sheet.html", { scheme }, async (page) => {
      for (const format of ["A4", "Letter"]) assert.equal(pagesOf(await page.pdf({ format })), 1, format);
      await page.emulateMediaType("print");
      const sizes = await page.$$eval("article :is(p, li, td, pre)", (all) =>
        all.map((e) => parseFloat(getComputedStyle(e).fontSize)),
      );
      assert.ok(Math.min(...sizes) >= 10, `${Math.min(...sizes)} px, 10 are 7.5 points`);
    });
  }
  await on("book/trace_sheets.html", {}, async (page) => {
    for (const format of ["A4", "Letter"]) assert.equal(pagesOf(await page.pdf({ format })), 2, format);
  });
});

test("Firefox: a dark page turns light before it is printed, and dark again", async (t) => {
  const fox = await firefox();
  if (!fox) return t.skip("pages and figures in Firefox (install it, or set BP_FIREFOX)");
  try {
    const { page } = await open(fox, site.url + GALLERY, { origin: site.url });
    await alive(page, "xor");
    const corner = () =>
      page.$eval(".bp-wishes canvas", (c) => [...c.getContext("2d").getImageData(0, 0, 1, 1).data.slice(0, 3)]);
    const themed = () => page.evaluate(() => document.documentElement.dataset.theme);
    await page.evaluate(() => {
      document.documentElement.dataset.theme = "dark";
    });
    await settle(page);
    const night = await corner();
    assert.ok(Math.max(...night) < 80, `${night}`);
    // What the browser sends before it copies the page to print it; the drawing must have changed when that returns.
    await page.evaluate(() => {
      dispatchEvent(new Event("beforeprint"));
    });
    assert.equal(await themed(), "light");
    assert.deepEqual(await corner(), [255, 255, 255]);
    await page.evaluate(() => {
      dispatchEvent(new Event("afterprint"));
    });
    assert.equal(await themed(), "dark");
    assert.deepEqual(await corner(), night);
  } finally {
    await shut(fox);
  }
});

// ---------- without scripts ----------

test("without scripts a page is light and whole, figures are tables or pictures, and nothing is there to press", async () => {
  const page = await browser.newPage();
  try {
    await page.setJavaScriptEnabled(false);
    await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: "dark" }]);
    for (const name of [
      GALLERY,
      CHAPTER,
      "book/index.html",
      "book/18_vanishing_and_exploding.html",
      "embed/flow.html",
    ]) {
      for (const width of [375, 1280]) {
        await page.setViewport({ width, height: 900 });
        await page.goto(site.url + name);
        const seen = await page.evaluate(() => {
          const shown = (e) => e.checkVisibility({ visibilityProperty: true });
          const said = (e) => e.outerHTML.slice(0, 90);
          const cut = (e) => getComputedStyle(e).overflowX === "hidden" && e.scrollWidth > e.clientWidth + 1;
          const ink = getComputedStyle(document.querySelector("main p")).color.match(/\d+/g).map(Number);
          return {
            press: [...document.querySelectorAll("button, input, select, textarea")]
              .filter((e) => shown(e) && !e.matches(".dropdown-toggle, [type=checkbox][disabled]"))
              .map(said),
            empty: [...document.querySelectorAll("[data]:not(bp-exercise)")]
              .filter((e) => e.getBoundingClientRect().height < 40)
              .map(said),
            captions: [...document.querySelectorAll("[data] caption")].filter(
              (e) => e.getBoundingClientRect().right > innerWidth,
            ).length,
            cut: [...document.querySelectorAll("[data], [data] *")].filter(cut).map(said),
            theme: document.documentElement.dataset.theme,
            dark: Math.max(...ink) < 100,
          };
        });
        const nothing = { press: [], empty: [], captions: 0, cut: [] };
        assert.deepEqual(seen, { ...nothing, theme: "light", dark: true }, `${name}, ${width} px`);
      }
      await page.setViewport({ width: PAPER_WIDTH, height: 900 });
      await page.emulateMediaType("print");
      assert.deepEqual(await amiss(page), [], `${name}, printed`);
      await page.emulateMediaType("screen");
    }
  } finally {
    await page.close();
  }
});

// ---------- search ----------

const QUERIES = ["upstream gradient", "dW1", "gradcheck", "halve the nudge", "fan-out"];

test("a search quotes prose, with the word in it, over http and from a disk, and reports no error", async () => {
  for (const query of QUERIES) {
    for (const [url, origin] of [
      [site.url, site.url],
      [fromDisk(""), "file://"],
    ]) {
      const { page, trouble } = await open(
        browser,
        `${url.replace(/\/?$/, "/")}search.html?q=${encodeURIComponent(query)}`,
        { origin },
      );
      await page.waitForFunction(() => /finished/.test(document.querySelector(".search-summary")?.innerText ?? ""));
      const hits = await page.$$eval("ul.search > li", (all) =>
        all.map((li) => ({
          text: li.querySelector(".context")?.textContent ?? "",
          marked: li.querySelectorAll(".context .highlighted").length,
        })),
      );
      await page.close();
      assert.deepEqual(trouble, [], url);
      assert.ok(hits.length, query);
      assert.ok(
        hits.filter(({ text }) => text.length > 20).length >= hits.length / 2,
        `${query}: ${JSON.stringify(hits)}`,
      );
      assert.ok(
        hits.some(({ marked }) => marked),
        query,
      );
      for (const { text } of hits) {
        assert.ok(text.length <= 270, text);
        assert.doesNotMatch(text, /dW1dW|\\|\bOn this page\b|Print to PDF|Contents|[¶\n]/);
      }
    }
  }
});

test("the search box shows every letter that is typed: the magnifier stands beside them", async () => {
  for (const width of [1280, 375]) {
    await on("book/primer.html", { width }, async (page) => {
      await page.$$eval("button.search-button, button.search-button-field", (all) =>
        all.find((button) => button.checkVisibility()).click(),
      );
      await page.keyboard.type("Wish");
      const [value, text, icon] = await page.$eval("dialog[open] form.bd-search", (form) => {
        const input = form.querySelector("input");
        const { x } = input.getBoundingClientRect();
        return [
          input.value,
          x + parseFloat(getComputedStyle(input).paddingInlineStart),
          form.querySelector("i, svg").getBoundingClientRect().right,
        ];
      });
      assert.equal(value, "Wish");
      assert.ok(text >= icon, `the text begins at ${text}, the magnifier ends at ${icon}`);
    });
  }
});

/** How far a page moves while it arrives on a slow line, and what moves most. */
async function shiftOf(name, width) {
  const page = await browser.newPage();
  try {
    await page.setCacheEnabled(false);
    await page.setViewport({ width, height: 823, deviceScaleFactor: 1.75, isMobile: width < 600 });
    await page.evaluateOnNewDocument(() => {
      window.shifts = [];
      new PerformanceObserver((list) => window.shifts.push(...list.getEntries())).observe({
        type: "layout-shift",
        buffered: true,
      });
    });
    const session = await page.createCDPSession();
    await session.send("Network.emulateNetworkConditions", {
      offline: false,
      latency: 150,
      downloadThroughput: 2e5,
      uploadThroughput: 9e4,
    });
    await session.send("Emulation.setCPUThrottlingRate", { rate: 4 });
    await page.goto(site.url + name, { waitUntil: "load" });
    await settle(page);
    return await page.evaluate(() => ({
      total: window.shifts.reduce((sum, { value }) => sum + value, 0),
      what: window.shifts.flatMap(({ sources }) => sources.map(({ node }) => node?.nodeName)).slice(0, 5),
    }));
  } finally {
    await page.close();
  }
}

for (const width of [412, 1280]) {
  test(`pages hardly move while they arrive on a slow line (${width} px)`, async (t) => {
    const names = written().filter((name) =>
      /^book\/(\d\d_|index|gallery|notation|cheat|bug|primer)|^embed/.test(name),
    );
    assert.ok(names.length > 12);
    for (const name of names) {
      const { total, what } = await shiftOf(name, width);
      t.diagnostic(`${name}: layout shift ${total.toFixed(4)}`);
      assert.ok(total < SHIFT, `${name}: layout shift ${total}, of ${what}`);
    }
  });
}

// ---------- the frame of a page ----------

test("a menu opens, its arrows lead through it, Escape leads out, and a press elsewhere closes it", async () => {
  for (const width of [1280, 375]) {
    await on(CHAPTER, { width }, async (page, trouble) => {
      const opener = ".dropdown-download-buttons > button";
      const seen = () => page.$eval(".dropdown-download-buttons .dropdown-menu", (menu) => menu.checkVisibility());
      const focused = () => page.evaluate(() => document.activeElement.textContent.trim());
      await page.click(opener);
      assert.ok(await seen());
      assert.equal(await page.$eval(opener, (e) => e.ariaExpanded), "true");
      const inside = await page.$eval(".dropdown-download-buttons .dropdown-menu", (menu) => {
        const { left, right, bottom } = menu.getBoundingClientRect();
        return left >= 0 && right <= innerWidth && bottom <= innerHeight;
      });
      assert.ok(inside, "the menu is on the screen");
      assert.deepEqual(await objections(page, { part: ".bd-header-article" }), []);
      await page.mouse.move(0, 890); // it also opens below a pointer that rests on its button
      assert.ok(await seen());
      await page.$eval("article h1", (heading) => heading.click());
      assert.ok(!(await seen()));
      await page.focus(opener);
      await page.keyboard.press("ArrowDown");
      assert.equal(await focused(), ".zip");
      await page.keyboard.press("ArrowDown");
      assert.equal(await focused(), ".ipynb");
      await page.keyboard.press("ArrowUp");
      await page.keyboard.press("ArrowUp");
      assert.equal(await focused(), ".pdf");
      await page.keyboard.press("Escape");
      assert.ok(!(await seen()));
      assert.equal(await page.$eval(opener, (e) => e === document.activeElement), true);
      assert.deepEqual(trouble, []);
    });
  }
});

test("every button of the frame says in words what it does", async () => {
  await on(CHAPTER, {}, async (page) => {
    const silent = await page.$$eval(".bd-header-article button, .bd-header-article label", (all) =>
      all.filter((b) => !(b.title || b.ariaLabel || b.textContent.trim())).map((b) => b.outerHTML.slice(0, 100)),
    );
    assert.deepEqual(silent, []);
    assert.equal(await page.$eval(".theme-switch-button", (button) => button.title), "Color mode");
  });
});

test("the way back to the top is there for whoever turns back on a narrow screen", async () => {
  await on(CHAPTER, { width: 375 }, async (page) => {
    const shown = () => page.$eval("#pst-back-to-top", (button) => button.checkVisibility());
    const scrolled = async (by) => {
      await page.evaluate((y) => scrollBy(0, y), by);
      await settle(page, 50);
    };
    const turnedBackAt = async (selector) => {
      await page.$eval(selector, (e) => e.scrollIntoView({ block: "end", behavior: "instant" }));
      await scrolled(300);
      assert.ok(!(await shown()), "on the way down");
      await scrolled(-250);
    };
    await begun(page); // what begins above would move the page by itself
    await settle(page);
    await turnedBackAt(".bp");
    assert.ok(!(await shown()), "a knob of a figure could be under it");
    await turnedBackAt("#summary");
    assert.ok(await shown(), "on the way up");
    await page.click("#pst-back-to-top");
    await page.waitForFunction(() => scrollY === 0);
  });
});

// ---------- figures on other pages ----------

test("the line below a figure puts it on a page elsewhere, from a disk and over http, in both browsers", async (t) => {
  const fox = await firefox();
  const folder = temporaryFolder(t);
  try {
    for (const [url, origin] of [
      [site.url + GALLERY, site.url],
      [fromDisk(GALLERY), "file://"],
    ]) {
      const lines = await on(GALLERY, { url, origin }, async (page) => {
        await begun(page);
        await settle(page);
        for (const details of await page.$$(".bp-take > summary")) await details.evaluate((summary) => summary.click());
        await settle(page, 50);
        return page.$$eval(".bp-embed code", (all) => all.map((code) => code.textContent));
      });
      assert.ok(lines.length >= 9);
      const host = path.join(folder, `slides-${origin === site.url ? "http" : "disk"}.html`);
      writeFileSync(host, `<!doctype html><title>Slides</title><main>${lines.join("\n")}</main>`);
      for (const one of [browser, fox].filter(Boolean)) {
        const { page } = await open(one, pathToFileURL(host).href, { origin });
        for (const frame of page.frames().slice(1)) {
          const name = path.posix.basename(frame.url(), ".html");
          // Asked again and again: what waits in a frame out of sight is put off by the browsers.
          const lives = () => frame.evaluate((tag) => document.querySelector(`${tag} .bp`) !== null, `bp-${name}`);
          for (let turn = 0; turn < 100 && !(await lives()); turn++) await new Promise((done) => setTimeout(done, 100));
          assert.ok(await lives(), `${name} is alive`);
          const over = await frame.evaluate(() => document.documentElement.scrollHeight - innerHeight);
          assert.ok(over <= 120, `${name} is ${over} px higher than its line says`);
        }
        assert.equal(page.frames().length, lines.length + 1);
        await page.close();
      }
    }
  } finally {
    await shut(fox);
  }
});

test("a link to a figure leads to it, alive, and the code that makes it is closed below it", async () => {
  for (const name of ["flow", "quiz"]) {
    await on(GALLERY, { url: `${site.url}${GALLERY}#figure-${name}` }, async (page) => {
      await page.waitForSelector(`.bp.bp-${name}`);
      await settle(page);
      const { heading, code, above } = await page.evaluate((which) => {
        const section = document.getElementById(`figure-${which}`);
        return {
          heading: section.querySelector("h2").getBoundingClientRect().top,
          code: section.querySelector(".bp-code pre").checkVisibility({ contentVisibilityAuto: true }),
          above: section.querySelector(`bp-${which}`).getBoundingClientRect().bottom,
        };
      }, name);
      assert.ok(heading >= 0 && heading < 300, `its question is at ${heading} px`);
      assert.ok(!code, "closed");
      assert.ok(above > 0);
    });
  }
});
