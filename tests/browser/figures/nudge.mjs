// nudge: what a reader does with it.
const knob = '.bp-nudge input[type="range"][aria-label="nudge"]';
const set = (value) => (figure) =>
  figure.$eval(
    knob,
    (slider, to) => {
      slider.value = to;
      slider.dispatchEvent(new Event("input", { bubbles: true }));
    },
    value,
  );
const said = (figure) => figure.$eval(".bp-say", (text) => text.textContent);

/** The nudge is pulled along in the picture: its place on the axis is where the hand is. */
async function pull(figure, page, assert) {
  await figure.$eval(".bp-chart", (plot) => plot.scrollIntoView({ block: "center" }));
  const { x, y, width } = await figure.$eval(".bp-chart", (plot) => plot.getBoundingClientRect().toJSON());
  const at = (part) => x + 60 + part * (width - 78); // the plotting area
  await page.mouse.move(at(0.8), y + 150);
  await page.mouse.down();
  await page.mouse.move(at(0.5 + 0.2 / 1.32), y + 150, { steps: 4 }); // from −0.66 to 0.66 about the middle
  await page.mouse.up();
  assert.match(await said(figure), /^A nudge of 0\.(198|2\d*) to w1 /);
  await page.mouse.move(at(0.9), y + 150);
  assert.match(await said(figure), /^A nudge of 0\.(198|2\d*) to w1 /, "let go, it stays");
}

export default {
  drag: knob,
  async play(figure, page, assert) {
    assert.match(await said(figure), /^A nudge of 0\.3 to w1 was promised −2\.7 and brought −1\.89\./);
    await (await figure.$(knob)).focus();
    await page.keyboard.press("ArrowRight");
    assert.match(await said(figure), /^A nudge of 0\.306 to w1 /);
    await figure.$$eval('input[type="radio"]', (all) => all[2].click());
    assert.match(await said(figure), /^A nudge of 0\.306 to w2 was promised −0\.918 /);
    await figure.$$eval('input[type="radio"]', (all) => all[0].click());
    const shown = await figure.$$eval(".bp-below dd", (all) => all.map((cell) => cell.textContent));
    assert.deepEqual([shown.length, shown[0]], [3, "−9"], "slope, promised, happened; the rest on demand");
    await pull(figure, page, assert);
    await set(-0.6)(figure);
    assert.match(await said(figure), /the curve bends/);
  },
  states: [
    set(-0.6),
    (figure) => figure.$$eval('input[type="radio"]', (all) => all[1].click()),
    (figure) => figure.$eval("summary", (line) => line.click()),
  ],
  bad: [
    ['{"graph": {"nodes": []}}', /wants a list "nodes"/],
    [
      '{"graph": {"nodes": [{"name": "w", "op": "leaf", "parents": [], "value": 1}]}, "leaf": "v"}',
      /leaf wants one of w, not "v"/,
    ],
  ],
  lab: {
    async move(page, output) {
      await (await output.$(knob)).focus();
      await page.keyboard.press("ArrowRight");
    },
    read: "round(figure.h, 6)",
    expect: "0.306",
  },
};
