// graph: what a reader does with it.
const knob = '.bp-graph input[type="range"][aria-label="w1"]';

const press = (figure, text) => figure.$$eval("button", (all, t) => all.find((b) => b.textContent === t).click(), text);

/** The reader fills in: right numbers lead on, wrong ones get help in three steps, and the focus stays in the box. */
async function fillIn(figure, page, assert) {
  const says = () => figure.$eval(".bp-say", (text) => text.textContent);
  const type = async (text) => {
    assert.equal(
      await page.evaluate(() => document.activeElement.matches(".bp-fill input")),
      true,
      "the focus is in the box",
    );
    await page.keyboard.type(text);
    await page.keyboard.press("Enter");
  };
  await press(figure, "Reset");
  await figure.$eval(".bp-toggle input", (box) => box.click());
  assert.match(await says(), /^Fill in the empty boxes.* What is w1·x\?$/);
  const numbers = await figure.$$eval(".bp-node", (nodes) =>
    nodes.map((node) => [node.dataset.op, ...[...node.querySelectorAll("text")].slice(2).map((t) => t.textContent)]),
  );
  for (const [op, value, gradient] of numbers)
    assert.ok(
      gradient === "" && (op === "leaf" ? value : /^\??$/.test(value)),
      `it opens empty, but for ${op} ${value}`,
    );
  assert.equal(await figure.$eval(".bp-play", (button) => button.offsetParent), null, "nothing plays the answers");
  assert.equal(
    await figure.$eval(".bp-knobs", (knobs) => knobs.offsetParent),
    null,
    "no knobs: the slips belong to these numbers",
  );
  await type("1,25");
  assert.match(await says(), /^Right: w1·x = 0\.5 × 2\.5 = 1\.25\. What is z1\?/);
  for (const number of ["1.65", "0.839", "-1.007", "-1.407", "-1.407", "1.979", "1", "-2.813"]) await type(number);
  assert.match(await says(), /What is ∂L\/∂y\?/);
  await type("-2.813");
  assert.match(await says(), /^Not −2\.813\. What goes into it: ∂L\/∂y = ∂L\/∂\(.*\) × /);
  await type("-2.81");
  assert.match(await says(), /^Not −2\.81\. .*\?$/);
  await type("-2.815");
  assert.match(await says(), /This is what you get if /);
  await press(figure, "Show it");
  assert.match(await says(), /^∂L\/∂y = .*= 2\.8133\. What is/);
  await figure.$eval(".bp-toggle input", (box) => box.click());
}

/** Played, values come forward and gradients back, a pulse on each edge of the step; it pauses, and goes on from there. */
async function playIt(figure, page, assert) {
  const progress = () => figure.$eval(".bp-progress", (text) => text.textContent);
  assert.equal(await progress(), "All is shown");
  await page.emulateMediaFeatures([{ name: "prefers-reduced-motion", value: "no-preference" }]).catch(() => {});
  await press(figure, "Play");
  await page.waitForFunction(() => {
    const late = document.querySelector(".bp-graph .bp-coming .bp-forward"); // the number comes with the pulse
    const pulse = document.querySelector('.bp-graph .bp-pulse.bp-forward[visibility="visible"]');
    return pulse && late && getComputedStyle(late).opacity === "0";
  });
  await page.waitForFunction(() => /^Forward 2/.test(document.querySelector(".bp-graph .bp-progress").textContent));
  await press(figure, "Pause");
  assert.equal(
    await figure.$('.bp-pulse[visibility="visible"], .bp-coming'),
    null,
    "at rest, all that is told is seen",
  );
  const there = await progress();
  await new Promise((done) => setTimeout(done, 700));
  assert.equal(await progress(), there, "paused");
  for (let k = Number(/^Forward (\d) of 7$/.exec(there)[1]); k < 7; k++) {
    await press(figure, "Next");
    assert.equal(await progress(), `Forward ${k + 1} of 7`);
  }
  await press(figure, "Play");
  await page.waitForFunction(() => document.querySelector('.bp-graph .bp-pulse.bp-backward[visibility="visible"]'));
  await press(figure, "Show all");
  assert.equal(await progress(), "All is shown");
}

export default {
  drag: knob,
  // What the figure shows as it opens, and what follows from a change by keyboard.
  async play(figure, page, assert) {
    const loss = () => figure.$eval('.bp-node[data-node="L"] .bp-forward', (text) => text.textContent);
    assert.equal(await loss(), "1.9787");
    await (await figure.$(knob)).focus();
    for (let press = 0; press < 3; press++) await page.keyboard.press("ArrowRight");
    assert.notEqual(await loss(), "1.9787");
    await fillIn(figure, page, assert);
    await press(figure, "Show all");
    await playIt(figure, page, assert);
  },
  // States in which axe-core looks at it again, each from where the last one left it.
  states: [
    (figure) =>
      figure.$eval(knob, (slider) => {
        slider.value = -1;
        slider.dispatchEvent(new Event("input", { bubbles: true }));
      }),
    (figure) => press(figure, "Next"),
    (figure) => figure.$eval(".bp-toggle input", (box) => box.click()),
    async (figure, page) => {
      await (await figure.$(".bp-fill input")).focus();
      await page.keyboard.type("77");
      await page.keyboard.press("Enter");
    },
  ],
  // Data that no figure can be made of, and what the message must say.
  bad: [
    ['{"graph": {"nodes": []}}', /wants a list "nodes"/],
    ['{"graph"', /could not start/],
    [
      '{"graph": {"nodes": [{"name": "x", "op": "leaf", "parents": [], "value": 1}]}, "slips": {"says": 3}}',
      /slips wants "says"/,
    ],
  ],
  // In JupyterLab: move a knob, then read it in Python.
  lab: {
    async move(page, output) {
      await (await output.$(knob)).focus();
      await page.keyboard.press("ArrowRight");
    },
    read: 'round(figure.values["w1"], 6)',
    expect: "0.52",
  },
};
