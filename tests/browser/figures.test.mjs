// Every figure of the gallery: it does what it says, by keyboard, over http and from a disk, in two browsers, in both
// themes and both widths, and survives bad data. How fast it is stands in timed.test.mjs.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import {
  chromium,
  controls,
  figures,
  firefox,
  fromDisk,
  GALLERY,
  objections,
  onFigure,
  serve,
  settle,
  shut,
} from "./helpers.mjs";

const all = await figures();

let site;
let browser;
let other;
before(async () => {
  site = await serve();
  [browser, other] = await Promise.all([chromium(), firefox()]);
});
after(async () => {
  await Promise.all([shut(browser), shut(other)]);
  site?.close();
});

/** Leave a figure alone on its page: axe-core reads all of a document to judge a part, and the rest has its own test. */
const isolate = (figure) =>
  figure.evaluate((element) => {
    for (let node = element; node !== document.body; node = node.parentElement) {
      for (const sibling of [...node.parentElement.children]) {
        if (sibling !== node && !sibling.matches("script, style, link")) sibling.remove();
      }
    }
  });

const on = (name, options, use) => onFigure(name, { browser, site, ...options }, use);

// One browser after the other: on two cores, three at once make a figure miss the moment that a test asks about.
describe("what a reader does with a figure", () => {
  describe("in Chromium", { concurrency: 1 }, () => {
    for (const { name, play, bad } of all) {
      test(`${name}: does what it says in Chromium, over http and from a disk`, async () => {
        for (const options of [{}, { url: fromDisk(GALLERY), origin: "file://" }]) {
          await on(name, options, async (figure, page, trouble) => {
            await play(figure, page, assert);
            assert.deepEqual(trouble, []);
            assert.ok(page.url().includes(GALLERY), "keys pressed in the figure turn no pages");
          });
        }
      });

      test(`${name}: every control shows its focus`, async () => {
        await on(name, {}, async (figure) => {
          const dim = await figure.$$eval("button, input, select", (found) =>
            found
              .filter((e) => e.checkVisibility() && !e.disabled)
              .flatMap((e) => {
                e.focus({ focusVisible: true });
                const seen = [e, e.nextElementSibling].filter(Boolean).some((x) => {
                  const { outlineStyle, outlineWidth } = getComputedStyle(x);
                  return outlineStyle !== "none" && parseFloat(outlineWidth) >= 2;
                });
                return seen ? [] : [e.outerHTML.slice(0, 80)];
              }),
          );
          assert.deepEqual(dim, []);
        });
      });

      test(`${name}: says what is wrong with bad data, and the page lives on`, async () => {
        assert.ok(bad.length >= 2, "two kinds of bad data at least");
        await on(name, {}, async (_figure, page, trouble) => {
          for (const [data, message] of bad) {
            const [text, kept] = await page.evaluate(
              async (tag, given) => {
                const element = document.createElement(tag);
                element.setAttribute("data", given);
                element.innerHTML = "<p>the fallback</p>";
                document.querySelector("main").append(element);
                await new Promise((done) => setTimeout(done, 50));
                return [
                  element.querySelector(".bp-failed")?.textContent ?? element.textContent,
                  element.textContent.includes("the fallback"),
                ];
              },
              `bp-${name}`,
              data,
            );
            assert.match(text, message);
            assert.ok(kept, "what the page said without the figure is still there");
          }
          assert.deepEqual(trouble, []);
        });
      });
    }
  });

  describe("in Firefox", { concurrency: 1 }, () => {
    for (const { name, play } of all) {
      test(`${name}: does what it says in Firefox, over http and from a disk`, async (t) => {
        if (!other) return t.skip("pages and figures in Firefox (install it, or set BP_FIREFOX)");
        for (const options of [{}, { url: fromDisk(GALLERY), origin: "file://" }]) {
          await on(name, { ...options, browser: other }, async (figure, page, trouble) => {
            await play(figure, page, assert);
            assert.deepEqual(trouble, []);
          });
        }
      });
    }
  });

  describe("whatever has been pressed", { concurrency: 1 }, () => {
    for (const { name, states } of all) {
      for (const scheme of ["light", "dark"]) {
        test(`${name}: axe-core objects to nothing, whatever has been pressed, and 375 px are enough (${scheme})`, async () => {
          await on(name, { scheme }, async (figure, page) => {
            await isolate(figure);
            for (const [step, change] of [async () => {}, ...states].entries()) {
              await change(figure, page);
              for (const width of step % 2 ? [375, 1280] : [1280, 375]) {
                await page.setViewport({ width, height: 900 });
                await settle(page, 50);
                assert.deepEqual(await objections(page, { part: `bp-${name}` }), [], `${width} px, state ${step}`);
                const sideways = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
                assert.ok(sideways <= 0, `${width} px, state ${step}: ${sideways} px too wide`);
              }
            }
            const unnamed = await figure.$$eval('button, input, select, canvas, svg[role="img"], [tabindex]', (found) =>
              found
                .filter((e) => !(e.getAttribute("aria-label") ?? e.labels?.[0]?.textContent ?? e.textContent).trim())
                .map((e) => e.outerHTML.slice(0, 80)),
            );
            assert.deepEqual(unnamed, [], "controls and pictures without a name");
            const said = await figure.$$eval("[aria-live]", (found) =>
              found
                .map((e) => e.textContent)
                .join(" ")
                .trim(),
            );
            assert.ok(said.length > 20, `a screen reader hears ${JSON.stringify(said)}`);
          });
        });
      }
    }
  });

  describe("a hand and an eye", { concurrency: 1 }, () => {
    const SCREENS = [
      { width: 375, height: 667, touch: true },
      { width: 1440, height: 900 },
    ];
    for (const { name, states, picture = ".bp-main" } of all) {
      for (const screen of SCREENS) {
        const place = `${screen.width} x ${screen.height}`;
        test(`${name}: whatever is turned, its picture is on the screen with it (${place})`, async (t) => {
          if (name === "quiz") return t.diagnostic("a quiz has no picture");
          await on(name, screen, async (figure, page) => {
            for (const [step, change] of [async () => {}, ...states].entries()) {
              await change(figure, page);
              await settle(page, 50);
              for (const { k, name: label } of await controls(figure)) {
                const seen = await figure.evaluate(
                  (root, number, part) => {
                    const control = root.querySelector(`[data-control="${number}"]`);
                    root.querySelector(part).scrollIntoView({ block: "center" });
                    control.scrollIntoView({ block: "nearest" });
                    const bar = document.querySelector(".bd-header-article").getBoundingClientRect().bottom;
                    const [a, b] = [control, root.querySelector(part)].map((e) => e.getBoundingClientRect());
                    const under = document.elementFromPoint(a.x + a.width / 2, a.y + a.height / 2);
                    return {
                      picture:
                        Math.round(Math.min(b.bottom, innerHeight) - Math.max(b.top, bar)) / Math.round(b.height),
                      free: under === control || control.contains(under) || Boolean(under?.contains(control)),
                    };
                  },
                  k,
                  picture,
                );
                const where = `${label}, state ${step}`;
                assert.ok(seen.picture >= 0.98, `${where}: ${Math.round(100 * seen.picture)} % of the picture is seen`);
                assert.ok(seen.free, `${where}: something lies over it`);
              }
            }
          });
        });
      }

      test(`${name}: a finger hits what it aims at`, async () => {
        await on(name, SCREENS[0], async (figure, page) => {
          for (const [step, change] of [async () => {}, ...states].entries()) {
            await change(figure, page);
            const small = (await controls(figure)).filter(({ width, height }) => width < 43.5 || height < 43.5);
            assert.deepEqual(small, [], `state ${step}: under 44 px`);
          }
        });
      });

      test(`${name}: no button moves from under the pointer`, async (t) => {
        if (name === "quiz") return t.diagnostic("what is put in order moves, and its buttons with it");
        for (const screen of SCREENS) {
          await on(name, screen, async (figure) => {
            for (const { k, name: label } of await controls(figure)) {
              const by = await figure.evaluate(async (root, number) => {
                const control = root.querySelector(`[data-control="${number}"]`);
                if (!control?.matches("button, label, summary") || !control.offsetParent || control.disabled) return 0;
                control.scrollIntoView({ block: "nearest" });
                const before = control.getBoundingClientRect();
                control.click();
                await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
                if (!control.isConnected || !control.offsetParent) return 0;
                const after = control.getBoundingClientRect();
                return Math.hypot(after.x - before.x, after.y - before.y);
              }, k);
              assert.ok(by <= 1, `${label} moves ${by.toFixed(0)} px when it is pressed (${screen.width} px)`);
            }
          });
        }
      });
    }
  });
});
