// starts: what a reader does with it.
const press = (figure, label) =>
  figure.$$eval("button", (all, text) => all.find((b) => b.textContent === text).click(), label);
const say = (figure) => figure.$eval(".bp-say", (p) => p.textContent);
const title = (figure) => figure.$eval(".bp-headline", (p) => p.textContent);
const frames = (figure) => figure.$eval(".bp-solved", (path) => (path.getAttribute("d").match(/z/g) ?? []).length);
const pick = (figure, start) =>
  figure.$eval(
    'input[type="range"]',
    (input, value) => {
      input.value = value;
      input.dispatchEvent(new Event("input", { bubbles: true }));
    },
    start,
  );
const names = (figure) => figure.$$eval(".bp-case", (all) => all.map((text) => text.textContent).filter(Boolean));

export default {
  drag: '.bp-starts input[type="range"]',
  async play(figure, page, assert) {
    assert.equal(await title(figure), "0 of 200 starts solved, after 0 steps");
    for (let turn = 0; turn < 10; turn++) await press(figure, "100 steps");
    assert.equal(await title(figure), "142 of 200 starts solved, after 1,000 steps");
    assert.equal(await frames(figure), 142);

    // A start that is solved, and one that is not: the second has two cases in one place.
    await pick(figure, 1);
    assert.match(await say(figure), /^Start 1 answers 0\.0\d, 0\.9\d, 0\.9\d, 0\.0\d to .* It is solved\.$/);
    assert.deepEqual(
      (await names(figure)).filter((text) => text.includes(") (")),
      ["(0, 1) (1, 0)"], // these two may lie in one place, since they have the same target
    );
    await pick(figure, 5);
    assert.match(await say(figure), /^Start 5 .* It is not solved\. \(0, 1\) and \(1, 1\) have different targets/);
    assert.deepEqual(
      (await names(figure)).filter((text) => text.includes(") (")),
      ["(0, 1) (1, 1)"],
    );

    // A cell is chosen by pointing at it: the third of the second row is start 23.
    const drawing = await figure.$(".bp-main svg");
    const { x, y } = await drawing.boundingBox();
    const unit = await figure.$eval(".bp-chosen", (rect) => Number(rect.getAttribute("width")) - 2);
    await page.mouse.click(x + 1 + 2.5 * unit, y + 1 + 1.5 * unit);
    assert.match(await say(figure), /^Start 23 /);

    // The program of the chapter, and its rate.
    await figure.$$eval(".bp-choice label", (all) => all.find((l) => l.textContent === "four faults").click());
    assert.equal(await title(figure), "0 of 200 starts solved, after 0 steps");
    await figure.$$eval(".bp-choice label", (all) => all.find((l) => l.textContent === "0.1").click());
    for (let turn = 0; turn < 20; turn++) await press(figure, "100 steps");
    const many = Number((await title(figure)).match(/^\d+/)[0]);
    assert.ok(many > 90 && many < 136, `${many} solved`);
    await press(figure, "Again");
    assert.equal(await frames(figure), 0);

    // Without a wish for less motion, Train goes on by itself until Pause.
    await page.emulateMediaFeatures([{ name: "prefers-reduced-motion", value: "no-preference" }]).catch(() => {});
    await press(figure, "Train");
    await page.waitForFunction(
      (p) => /after \d{2,} steps/.test(p.textContent),
      { timeout: 20_000 },
      await figure.$(".bp-headline"),
    );
    await press(figure, "Pause");
    const stopped = await title(figure);
    await new Promise((done) => setTimeout(done, 200));
    assert.equal(await title(figure), stopped);
  },
  states: [
    (figure) => press(figure, "100 steps"),
    (figure) => pick(figure, 5),
    (figure) => figure.$$eval(".bp-choice label", (all) => all.find((l) => l.textContent === "squared error").click()),
  ],
  bad: [
    ['{"program": "adam"}', /out of cross-entropy, squared error, four faults, not "adam"/],
    ['{"start": 0}', /start from 1 to 200, not 0/],
    ['{"steps": 1.5}', /number of steps, 0 or more, not 1.5/],
  ],
  lab: {
    move: (_page, output) => output.$$eval("button", (all) => all.find((b) => b.textContent === "100 steps").click()),
    read: "(figure.steps, figure.outputs().shape)",
    expect: "(100, (200, 4))",
  },
};
