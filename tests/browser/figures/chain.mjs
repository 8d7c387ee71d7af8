// chain: what a reader does with it.
const knob = '.bp-chain input[type="range"][aria-label="x"]';
const said = (figure) => figure.$eval(".bp-say", (text) => text.textContent);
const press = (label) => (figure) =>
  figure.$$eval("button", (all, text) => all.find((b) => b.textContent === text).click(), label);

export default {
  drag: knob,
  async play(figure, page, assert) {
    assert.match(await said(figure), /a nudge of 0\.01 at x becomes −0\.0958 at y: −9\.5836 times as much/);
    await (await figure.$(knob)).focus();
    await page.keyboard.press("ArrowRight");
    assert.doesNotMatch(await said(figure), /−9\.5836/);
    await press("20 times ×0.8")(figure);
    assert.match(await said(figure), /0\.0115 times as much/);
    await press("Add a stage")(figure);
    assert.equal((await figure.$$("select")).length, 2);
    await figure.$$eval("button", (all) => all.find((b) => b.getAttribute("aria-label") === "Remove stage 2").click());
    assert.equal(await page.evaluate(() => document.activeElement.tagName), "SELECT");
    await figure.$eval("select", (list) => {
      list.value = "log";
      list.dispatchEvent(new Event("change", { bubbles: true }));
    });
    assert.match(await said(figure), /20 times log, from 2\.05, has no value: NaN/);
    await press("Reset")(figure);
    assert.match(await said(figure), /−9\.5836/);
  },
  states: [
    press("20 times ×1.2"),
    press("A dead relu"),
    press("Reset"),
    (figure) => figure.$$eval('input[type="radio"]', (all) => all[1].click()),
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
