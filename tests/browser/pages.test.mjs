// Every page of the book, as a reader gets it: over http and from a disk, light and dark, wide and narrow.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { BOOK, CHAPTER, alive, chromium, firefox, fromDisk, objections, open, pages, serve, shut, written } from './helpers.mjs';

const HEAVIEST = 400; // KB of a page with all it loads, gzipped; the gallery, with nine figures, is the heaviest

let site;
let browser;
before(async () => {
  site = await serve();
  browser = await chromium();
});
after(async () => {
  await shut(browser);
  site?.close();
});

/** Open a page of the book, hand it to a function, and close it whatever happens. */
async function on(name, options, use) {
  const { page, trouble } = await open(browser, site.url + name, { origin: site.url, ...options });
  try {
    return await use(page, trouble);
  } finally {
    await page.close();
  }
}

/** Let scripts that wait for idle moments have theirs. */
const settle = page => page.evaluate(() => new Promise(done => setTimeout(done, 400)));

// Nothing is timed here, so several pages may be looked at together.
describe('every page', { concurrency: 3 }, () => {
  test('Firefox: every page asks nobody else and reports no error', async t => {
    const fox = await firefox();
    if (!fox) return t.skip('pages and figures in Firefox (install it, or set BP_FIREFOX)');
    try {
      for (const name of pages()) {
        for (const [url, origin] of [[site.url + name, site.url], [fromDisk(name), 'file://']]) {
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
    test(`${name}: asks nobody else and reports no error, over http and from a disk`, async () => {
      await on(name, {}, async (page, trouble) => {
        await settle(page);
        assert.deepEqual(trouble, []);
      });
      const { page, trouble } = await open(browser, fromDisk(name), { origin: 'file://' });
      await settle(page);
      await page.close();
      assert.deepEqual(trouble, []);
    });

    for (const scheme of ['light', 'dark']) {
      test(`${name}: axe-core objects to nothing (${scheme})`, async () => {
        await on(name, { scheme }, async page => {
          await settle(page);
          assert.deepEqual(await objections(page), []);
        });
      });
    }

    test(`${name}: fits a screen 375 pixels wide`, async () => {
      await on(name, { width: 375 }, async page => {
        await settle(page);
        const sideways = await page.evaluate(() => {
          const wide = document.documentElement.scrollWidth;
          const boxed = element => element && (getComputedStyle(element).overflowX !== 'visible' || boxed(element.parentElement.closest('main *')));
          const beyond = element => element.getBoundingClientRect().right > innerWidth + 0.5 && !boxed(element);
          const name = element => `${element.tagName}.${element.getAttribute('class') ?? ''}`;
          return wide <= innerWidth ? [] : [`${wide} px`, ...[...document.querySelectorAll('main *')].filter(beyond).slice(0, 8).map(name)];
        });
        assert.deepEqual(sideways, []);
      });
    });

    test(`${name}: says what it is, and each picture has words`, async () => {
      await on(name, {}, async page => {
        const { lang, title, description, wordless } = await page.evaluate(() => {
          const isFile = text => /^[\w./\\-]+\.(png|svg|jpe?g|gif|webp)$/i.test(text);
          const decorative = element => element.closest('[aria-hidden="true"], .katex, .navbar-brand, button, .dropdown-menu');
          const images = [...document.querySelectorAll('img')].filter(image => !decorative(image));
          const drawings = [...document.querySelectorAll('svg')].filter(drawing => !decorative(drawing));
          const words = drawing => drawing.getAttribute('aria-label') ?? drawing.querySelector('title')?.textContent ?? '';
          return {
            lang: document.documentElement.lang,
            title: document.title,
            description: document.querySelector('meta[name="description"]')?.content ?? '',
            wordless: [
              ...images.filter(image => !image.alt.trim() || isFile(image.alt)).map(image => image.outerHTML.slice(0, 120)),
              ...drawings.filter(drawing => !words(drawing).trim()).map(drawing => drawing.outerHTML.slice(0, 120)),
            ],
          };
        });
        assert.equal(lang, 'en');
        assert.ok(title.length > 3, `the title is ${JSON.stringify(title)}`);
        assert.ok(description.length >= 20 && description.length <= 160, `the description is ${JSON.stringify(description)}`);
        assert.deepEqual(wordless, []);
      });
    });
  }
});

test('the door leads into the book, from a disk too', async () => {
  for (const url of [site.url + 'index.html', fromDisk('index.html')]) {
    const page = await browser.newPage();
    await Promise.all([
      page.waitForFunction(() => location.pathname.endsWith('/book/index.html'), { timeout: 10_000 }),
      page.goto(url).catch(() => {}), // the redirect may overtake it
    ]);
    await page.close();
  }
  const door = readFileSync(path.join(BOOK, 'index.html'), 'utf8');
  for (const wanted of [/<html lang="en">/, /<title>[^<]{4,}<\/title>/, /<a href="book\/index.html">[^<]+<\/a>/]) assert.match(door, wanted);
});

test('a page with all it loads stays light', async t => {
  const packed = /\.(woff2?|png|jpg)$/; // compressed already: gzip would only flatter them
  for (const name of written()) {
    const page = await browser.newPage();
    const files = new Map();
    page.on('response', response => files.set(new URL(response.url()).pathname, response.url()));
    await page.goto(site.url + name, { waitUntil: 'load' });
    await page.evaluate(() => document.fonts.ready.then(() => null));
    await settle(page);
    await page.close();
    const sizes = [...files].filter(([, url]) => url.startsWith(site.url)).map(([pathname]) => {
      const bytes = readFileSync(path.join(BOOK, decodeURIComponent(pathname)));
      return [(packed.test(pathname) ? bytes : gzipSync(bytes)).length / 1024, pathname];
    });
    const total = sizes.reduce((sum, [size]) => sum + size, 0);
    const heaviest = sizes.sort((a, b) => b[0] - a[0]).slice(0, 4).map(([size, file]) => `${path.posix.basename(file)} ${size.toFixed(0)}`);
    t.diagnostic(`${name}: ${total.toFixed(0)} KB gzip in ${sizes.length} files (${heaviest.join(', ')})`);
    assert.ok(total <= HEAVIEST, `${name} weighs ${total.toFixed(0)} KB`);
  }
});

test('the chapter as an explorable is used: axe-core still objects to nothing', async () => {
  for (const scheme of ['light', 'dark']) {
    await on(CHAPTER, { scheme }, async page => {
      await alive(page);
      await page.focus('bp-graph input[type="range"]');
      await page.keyboard.press('ArrowRight');
      assert.deepEqual(await objections(page), [], `${scheme}, after a slider moved`);
      const [next] = await page.$$('bp-graph button ::-p-text(Next)');
      await (next ?? (await page.$('bp-graph ::-p-text(Next)'))).click();
      assert.deepEqual(await objections(page), [], `${scheme}, in the middle of the steps`);
    });
  }
});

test('on paper: no furniture, no sliders, the picture is there, what was folded is open', async () => {
  await on(CHAPTER, { scheme: 'dark' }, async page => {
    await alive(page);
    await page.emulateMediaType('print');
    const seen = await page.evaluate(() => {
      const shown = selector => [...document.querySelectorAll(selector)].filter(e => e.checkVisibility() && e.getBoundingClientRect().height > 0).length;
      return {
        furniture: shown('.bd-sidebar-primary, .bd-sidebar-secondary, .bd-header-article, .prev-next-footer, .copybtn'),
        sliders: shown('bp-graph input[type="range"]'),
        pictures: shown('bp-graph svg'),
        headings: shown('h1'),
        ink: getComputedStyle(document.querySelector('article p')).color,
        paper: getComputedStyle(document.body).backgroundColor,
      };
    });
    assert.equal(seen.furniture, 0);
    assert.equal(seen.sliders, 0);
    assert.ok(seen.pictures >= 1);
    assert.equal(seen.headings, 1);
    assert.equal(seen.ink, 'rgb(0, 0, 0)', 'dark theme, yet black ink');
    assert.match(seen.paper, /rgb\(255, 255, 255\)|rgba\(0, 0, 0, 0\)/);
    assert.ok((await page.pdf({ format: 'A4' })).length > 20_000);
  });
});
