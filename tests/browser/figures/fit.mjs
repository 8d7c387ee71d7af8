// fit: what a reader does with it.
const rate = '.bp-fit input[type="range"][aria-label="learning rate"]';
const say = (figure) => figure.$eval(".bp-say", (p) => p.textContent);
const press = (name) => (figure) =>
  figure.$$eval("button, .bp-choice label", (all, text) => all.find((b) => b.textContent === text).click(), name);
const type = (value) => (figure) =>
  figure.$eval(
    'input[aria-label="learning rate, exact value"]',
    (box, to) => {
      box.value = to;
      box.dispatchEvent(new Event("input", { bubbles: true }));
    },
    value,
  );
// A step moves for a moment, except where less motion is asked for.
const landed = (page, steps) =>
  page.waitForFunction(
    (n) => document.querySelector(".bp-fit .bp-say").textContent.startsWith(`Step ${n} was`),
    {},
    steps,
  );
const heights = (figure) =>
  figure.$$eval(".bp-main .bp-push", (arrows) => arrows.map((path) => path.getBoundingClientRect().height));

/** Let it move, whatever the test asked for before; Firefox's driver cannot be asked, and moves anyhow. */
const motion = (page, value) => page.emulateMediaFeatures([{ name: "prefers-reduced-motion", value }]).catch(() => {});

/** Play: steps that follow each other, quicker and quicker, until it is paused. */
async function run(figure, page, assert) {
  await motion(page, "no-preference");
  await press("Play")(figure);
  await page.waitForFunction(() =>
    /^Step [3-9]: the loss is/.test(document.querySelector(".bp-fit .bp-say").textContent),
  );
  assert.equal(await figure.$eval(".bp-say", (p) => p.getAttribute("aria-live")), "off");
  await press("Pause")(figure);
  const [, steps] = (await say(figure)).match(/^Step (\d+) was promised −0\.\d+ and brought −0\.\d+: /);
  assert.ok(steps >= 3);
  await new Promise((done) => setTimeout(done, 400));
  assert.ok((await say(figure)).startsWith(`Step ${steps} was`), "it stands still");
  assert.equal(await figure.$eval(".bp-say", (p) => p.getAttribute("aria-live")), "polite");
  await motion(page, "reduce");
}

export default {
  drag: rate,
  async play(figure, page, assert) {
    assert.match(
      await say(figure),
      /^The loss is 1\.07\. The slopes promise that the next step changes it by −0\.667\./,
    );
    const before = await heights(figure);
    await (await figure.$(rate)).focus();
    for (let n = 0; n < 10; n++) await page.keyboard.press("ArrowRight"); // 0.1 to 0.15
    assert.match(await say(figure), /changes it by −1\./);
    for (const [k, height] of (await heights(figure)).entries())
      assert.ok(height >= before[k], "a push grows with the rate");
    await type("0.1")(figure);
    await press("Step")(figure);
    await landed(page, 1);
    assert.match(
      await say(figure),
      /^Step 1 was promised −0\.667 and brought −0\.539: the loss went from 1\.07 to 0\.529\./,
    );
    // The same step with another rate: it is taken again from where it began.
    await type("0.6")(figure);
    assert.match(await say(figure), /^Step 1 was promised −4 .* It rose: the step went too far\..*2 \/ 4 = 0\.5 makes/);
    await type("0.1")(figure);
    await press("x = 1")(figure);
    assert.match(
      await say(figure),
      /Only the point at x = 1 pulled, yet at x = −2 the curve was pushed by −0\.28 as well\.$/,
    );
    // A tap beside a point takes it alone, a second one all again.
    const dots = await figure.$$(".bp-main .bp-data");
    await dots[1].evaluate((dot) => dot.scrollIntoView({ block: "center" }));
    const { x, y, width } = await dots[1].boundingBox();
    await page.mouse.click(x + width / 2 + 12, y + 12);
    assert.match(await say(figure), /Only the point at x = −1 pulled/);
    await page.mouse.click(x + width / 2, y + 8);
    assert.doesNotMatch(await say(figure), /Only the point/);
    await press("tanh")(figure);
    assert.match(await say(figure), /^The loss is .*The slopes promise/);
    assert.equal(await figure.$$eval(".bp-slopes .bp-var", (all) => all.length), 10);
    await press("Step")(figure);
    await landed(page, 1);
    await press("Step")(figure);
    await landed(page, 2);
    // What is held still is left where it is.
    await figure.$eval("summary", (summary) => summary.click());
    await figure.$$eval('input[type="checkbox"]', (boxes) => {
      for (const box of boxes) box.click();
    });
    assert.match(await say(figure), /Every parameter is held still\.$/);
    await press("line")(figure);
    await press("Reset")(figure);
    assert.match(await say(figure), /^The loss is 1\.07\./);
    await run(figure, page, assert);
  },
  states: [
    press("Step"),
    type("0.7"),
    press("x = 2"),
    press("tanh"),
    (figure) => figure.$eval("summary", (summary) => summary.click()),
  ],
  bad: [
    ['{"points": []}', /1 to 12 points \[x, y\], not \[\]/],
    ['{"points": [[0, 1]], "model": "cubic"}', /a model out of line, tanh, relu, not "cubic"/],
    ['{"points": [[0, 1]], "weights": [1]}', /a finite number for each of w, b, not \[1\]/],
    ['{"points": [[0, 1]], "one": 1}', /one of the points from 0 to 0/],
  ],
  lab: {
    async move(page, output) {
      await (await output.$(rate)).focus();
      await page.keyboard.press("ArrowRight");
    },
    read: "round(figure.lr, 6)",
    expect: "0.105",
  },
};
