// xor: what a reader does with it.
const press = (figure, label) =>
  figure.$$eval("button", (all, text) => all.find((b) => b.textContent === text).click(), label);
const say = (figure) => figure.$eval(".bp-say", (p) => p.textContent);
const rate = '.bp-xor input[type="range"]';

export default {
  drag: rate,
  async play(figure, page, assert) {
    assert.match(await say(figure), /^Start 1, after 0 steps: the loss is 0\.\d+\. \d of 4 right\./);
    for (let turn = 0; turn < 30; turn++) await press(figure, "100 steps");
    assert.match(
      await say(figure),
      /^Start 1, after 3000 steps: the loss is 0\.0\d+\. All four cases are on the right side\./,
    );
    await press(figure, "A start that never learns");
    assert.match(await say(figure), /^Start 2, after 3000 steps: .* Stuck: 2 of 4 wrong/);
    const gradients = await figure.$$eval("td.bp-backward", (cells) => cells.map((cell) => cell.textContent));
    assert.equal(gradients.length, 9);
    assert.ok(
      gradients.every((text) => /^∂ −?(0|0\.00\d*|[\d.]+e−\d)$/.test(text)),
      gradients.join(" "),
    );
    // Without a wish for less motion, Train goes on by itself until Pause.
    await page.emulateMediaFeatures([{ name: "prefers-reduced-motion", value: "no-preference" }]).catch(() => {});
    await press(figure, "New start");
    await press(figure, "Train");
    await page.waitForFunction(
      (p) => /after \d{2,} steps/.test(p.textContent),
      { timeout: 20_000 },
      await figure.$(".bp-say"),
    );
    await press(figure, "Pause");
    const stopped = await say(figure);
    await new Promise((done) => setTimeout(done, 200));
    assert.equal(await say(figure), stopped);
  },
  states: [
    (figure) => press(figure, "100 steps"),
    (figure) => figure.$eval('input[type="radio"][value="2"]', (radio) => radio.click()),
    (figure) => press(figure, "A start that never learns"),
  ],
  bad: [
    ['{"activation": "step"}', /out of sigmoid, tanh, relu, not "step"/],
    ['{"weights": [1, 2]}', /wants 9 finite weights/],
    ['{"seed": "first"}', /whole number as its seed, not first/],
  ],
  lab: {
    move: (_page, output) => output.$$eval("button", (all) => all.find((b) => b.textContent === "100 steps").click()),
    read: "(figure.epochs, len(figure.weights), figure.gradient()[0] < 0.7)",
    expect: "(100, 9, True)",
  },
};
