// chain: what a reader does with it.
const knob = '.bp-chain input[type="range"][aria-label="x"]';
const said = (figure) => figure.$eval(".bp-say", (text) => text.textContent);
const press = (label) => (figure) =>
  figure.$$eval("button", (all, text) => all.find((b) => b.textContent === text).click(), label);

const open = (figure) => figure.$eval("summary", (line) => line.click());
const bars = (figure, kind) =>
  figure.$eval(`.bp-bars.bp-${kind}`, (path) =>
    path
      .getAttribute("d")
      .split("M")
      .slice(1)
      .map((d) => Math.abs(d.match(/v(\S+?)h/)[1])),
  );

/** Played, the nudge runs forward and the product comes back; both begin with nothing and end with every bar. */
async function playIt(figure, page, assert) {
  const progress = () => figure.$eval(".bp-progress", (text) => text.textContent);
  await page.emulateMediaFeatures([{ name: "prefers-reduced-motion", value: "no-preference" }]).catch(() => {});
  await press("Play")(figure);
  await page.waitForFunction(() => document.querySelector('.bp-chain .bp-pulse.bp-forward[visibility="visible"]'));
  assert.deepEqual(await bars(figure, "backward"), [], "nothing comes back before it has arrived");
  await page.waitForFunction(() => /^2 of/.test(document.querySelector(".bp-chain .bp-progress").textContent));
  await press("Pause")(figure);
  assert.ok((await bars(figure, "forward")).length < 21);
  for (let k = 0; !/^9 of 16/.test(await progress()) && k < 9; k++) await press("Next")(figure);
  assert.deepEqual([(await bars(figure, "forward")).length, (await bars(figure, "backward")).length], [21, 1]);
  await press("Next")(figure);
  assert.match(await said(figure), /^∂y\/∂v17 = 0\.512, the product of the last 3 rates\.$/);
  await press("Show all")(figure);
}

export default {
  drag: knob,
  async play(figure, page, assert) {
    assert.match(await said(figure), /a nudge of 0\.01 at x becomes −0\.0958 at y: −9\.5836 times as much/);
    await (await figure.$(knob)).focus();
    await page.keyboard.press("ArrowRight");
    assert.doesNotMatch(await said(figure), /−9\.5836/);
    await press("20 times ×0.8")(figure);
    assert.match(await said(figure), /0\.0115 times as much/);
    const shrink = await bars(figure, "forward");
    assert.equal(shrink.length, 21, "twenty stages are twenty bars behind the first");
    for (const [k, tall] of shrink.entries())
      assert.ok(!k || tall < shrink[k - 1] || tall === 1, `bar ${k} is smaller`);
    await playIt(figure, page, assert);
    const top = () => figure.$eval(".bp-stages", (list) => list.getBoundingClientRect().top + scrollY);
    await open(figure);
    const before = await top();
    await press("Add a stage")(figure);
    assert.equal((await figure.$$(".bp-stage select")).length, 2);
    assert.equal(await top(), before, "what is above the stages stays where it is");
    await figure.$$eval("button", (all) => all.find((b) => b.getAttribute("aria-label") === "Remove stage 2").click());
    assert.equal(await page.evaluate(() => document.activeElement.tagName), "SELECT");
    await figure.$eval(".bp-stage select", (list) => {
      list.value = "log";
      list.dispatchEvent(new Event("change", { bubbles: true }));
    });
    assert.match(await said(figure), /20 times log, from 2\.05, has no value: NaN/);
    await press("Reset")(figure);
    assert.match(await said(figure), /−9\.5836/);
    await figure.$eval(".bp-place", (place) => {
      const { x, y } = place.getBoundingClientRect();
      place.dispatchEvent(new PointerEvent("pointermove", { clientX: x + 3, clientY: y, bubbles: true }));
    });
    assert.match(await said(figure), /^x = 2\. .* a nudge made here moves y −9\.5836 times as far\.$/);
  },
  states: [
    press("20 times ×1.2"),
    press("A dead relu"),
    press("Reset"),
    (figure) => figure.$$eval('input[type="radio"]', (all) => all[1].click()),
    open,
    async (figure) => {
      for (let k = 0; k < 4; k++) await press("Add a stage")(figure);
    },
    (figure) => figure.$$eval("summary", (all) => all[1].click()),
    press("Next"),
  ],
  bad: [
    ['{"stages": [["cos", 1]]}', /wants stages that it knows/],
    ['{"stages": []}', /wants 1 to 8 stages/],
    ['{"stages": [["sin", 1]], "x": "two"}', /wants a finite x/],
  ],
  lab: {
    async move(page, output) {
      await (await output.$(knob)).focus();
      await page.keyboard.press("ArrowRight");
    },
    read: "round(figure.x, 6)",
    expect: "2.05",
  },
};
