// shapes: what a reader does with it.
const knob = '.bp-shapes .bp-edit input[type="range"]';
const said = (figure) => figure.$eval(".bp-say", (text) => text.textContent.replaceAll("\u00a0", " "));
const press = (label) => (figure) =>
  figure.$$eval("button, label", (all, text) => all.find((b) => b.textContent === text).click(), label);
const cell = (name, i, j) => `[data-name="${name}"] tr:nth-child(${i + 1}) td:nth-child(${j + 1})`;

const sizes = (figure) => figure.$eval(".bp-sizes", (text) => text.textContent.replaceAll("\u00a0", " "));

/** An entry of the result can be pointed at in the equation; the row and the column that meet there are marked. */
async function pointAtTheResult(figure, page, assert) {
  const lit = () => figure.$$eval(".bp-equation .bp-lit", (all) => all.map((td) => td.textContent));
  assert.deepEqual(await lit(), ["−0.3", "0.2", "−0.4", "0.8", "1", "3.5", "−1.44"]);
  const box = await (await figure.$('.bp-equation [data-at="1 1"]')).boundingBox();
  await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
  assert.deepEqual(await lit(), ["0.4", "0.3", "0.1", "1.6", "0", "2", "0.84"]);
  assert.match(await said(figure), /^Right\. dW2 = A1ᵀ dZ2\. dW2\[1, 1\] = /);
}

/** Play makes one entry after the other, solves what is a riddle to the reader, and stops where it is told to. */
async function playRuns(figure, page, assert) {
  const ask = (value) => page.emulateMediaFeatures([{ name: "prefers-reduced-motion", value }]).catch(() => {});
  await ask("no-preference"); // Firefox's driver cannot ask; it plays anyway
  await page.waitForFunction(() => !document.querySelector(".bp-shapes .bp-play").hidden);
  await press("Next")(figure);
  assert.match(await said(figure), /^db2 has the shape of b2/);
  await figure.evaluate((root) => {
    window.seen = [];
    const equation = root.querySelector(".bp-equation");
    const note = () => {
      const made = [...equation.querySelectorAll("[data-at]")].filter((td) => td.textContent).length;
      window.seen.push(`${root.querySelector(".bp-names").textContent}: ${made}`);
    };
    new MutationObserver(note).observe(equation, { childList: true });
  });
  await press("Play")(figure);
  await page.waitForFunction(() => window.seen.some((text) => /dZ1.*: 3/.test(text)), { timeout: 30_000 });
  await press("Pause")(figure);
  const seen = await page.evaluate(() => window.seen.filter((text) => text.startsWith("dA1")));
  for (let made = 1; made <= 6; made++) assert.ok(seen.includes(`dA1 = dZ2 W2ᵀ: ${made}`), JSON.stringify(seen));
  const whole = await figure.$$eval(".bp-equation [data-at]", (all) => all.map((td) => td.textContent));
  assert.ok(whole.length === 6 && whole.every(Boolean), "what is stopped is shown whole");
  await ask("reduce");
}

/** The Jacobian is opened, and each row that it is made of belongs to one entry. */
async function openTheJacobian(figure, assert) {
  await press("The Jacobian")(figure);
  const cells = () => figure.$$eval(".bp-image tbody td", (all) => all.map((td) => td.textContent));
  assert.equal((await cells()).length, 36);
  assert.equal((await cells()).filter(Boolean).length, 12);
  await press("Z₁ by W₁")(figure);
  assert.equal((await cells()).length, 24);
  assert.match(await figure.$eval(".bp-jacobian", (el) => el.textContent), /nobody builds it: Xᵀ dZ1 gives the same/);
  await press("All matrices")(figure);
}

export default {
  drag: knob,
  async play(figure, page, assert) {
    assert.match(await said(figure), /dW1\[0, 1\] = 1 × 0\.86 \+ \(−1\) × 0 \+ 2 × 0\.28 = 1\.42\./);
    await (await figure.$(knob)).focus();
    await page.keyboard.press("ArrowRight");
    assert.doesNotMatch(await said(figure), /= 1 × 0\.86/);
    await press("Reset")(figure);
    await figure.$eval(cell("X", 0, 0), (td) => td.focus());
    for (const key of ["ArrowDown", "ArrowDown", "ArrowDown"]) await page.keyboard.press(key); // on to dX
    assert.match(await said(figure), /^dX = dZ1 W1ᵀ\. dX\[0, 0\] = −0\.52 × 1\.5 \+ 0\.86 × 1 = 0\.08\./);
    await press("Next")(figure); // all is shown: on to the first
    await (await figure.$(".bp-player button:not([hidden])")).focus();
    for (let step = 0; step < 5; step++) await page.keyboard.press("ArrowRight");
    assert.match(await said(figure), /^dW2 has the shape of W2, 2 × 2\. How is it calculated\?/);
    assert.equal(await figure.$eval(cell("dW2", 0, 0), (td) => td.textContent), "?");
    await press("A₁ dZ₂")(figure);
    assert.match(await said(figure), /^These shapes do not fit/);
    assert.match(await sizes(figure), /^3 × 2 {2}· {2}3 × 2 {3}2 is not 3$/);
    await press("A₁ᵀ dZ₂")(figure);
    assert.match(await said(figure), /^Right\. dW2 = A1ᵀ dZ2\. dW2\[0, 0\] = /);
    assert.match(await sizes(figure), /^2 × 3 {2}· {2}3 × 2 +→ 2 × 2$/);
    await pointAtTheResult(figure, page, assert);
    await playRuns(figure, page, assert);
    await press("Show all")(figure);
    assert.equal(await figure.$eval(cell("dX", 0, 0), (td) => td.textContent), "0.08");
    await openTheJacobian(figure, assert);
  },
  states: [
    ...Array(6).fill(press("Next")),
    press("dZ₂ᵀ A₁"),
    press("Tell me"),
    press("Next"),
    press("Next"),
    press("Next"),
    press("Tell me"),
    press("Show all"),
    press("The Jacobian"),
    press("Z₁ by W₁"),
    press("All matrices"),
  ],
  bad: [
    ["{}", /wants values with the matrices X, W1/],
    ['{"values": {"X": [[1], [2, 3]]}}', /wants X as rows of numbers/],
    [
      '{"values": {"X": [[1]], "W1": [[1]], "b1": [[1]], "W2": [[1]], "b2": [[1]], "T": [[1]]}, "pair": "L/X"}',
      /wants a pair among Z1\/X, /,
    ],
    [
      '{"values": {"X": [[1]], "W1": [[1, 2]], "b1": [[1]], "W2": [[1], [1]], "b2": [[1]], "T": [[1]]}}',
      /wants b1 of shape 1 × 2, not 1.×.1/,
    ],
  ],
  lab: {
    async move(page, output) {
      await (await output.$(knob)).focus();
      await page.keyboard.press("ArrowRight");
    },
    read: 'round(figure.values["X"][0][0], 6)',
    expect: "1.1",
  },
};
