// shapes: what a reader does with it.
const knob = '.bp-shapes .bp-edit input[type="range"]';
const said = (figure) => figure.$eval(".bp-say", (text) => text.textContent.replaceAll("\u00a0", " "));
const press = (label) => (figure) =>
  figure.$$eval("button", (all, text) => all.find((b) => b.textContent === text).click(), label);
const cell = (name, i, j) => `[data-name="${name}"] tr:nth-child(${i + 1}) td:nth-child(${j + 1})`;

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
    await press("First")(figure);
    await (await figure.$("button")).focus();
    for (let step = 0; step < 5; step++) await page.keyboard.press("ArrowRight");
    assert.match(await said(figure), /^dW2 has the shape of W2, 2 × 2\. How is it calculated\?/);
    assert.equal(await figure.$eval(cell("dW2", 0, 0), (td) => td.textContent), "?");
    await press("A₁ dZ₂")(figure);
    assert.match(await said(figure), /^These shapes do not fit/);
    await press("A₁ᵀ dZ₂")(figure);
    assert.match(await said(figure), /^Right\. dW2 = A1ᵀ dZ2\. dW2\[0, 0\] = /);
    await press("Show all")(figure);
    assert.equal(await figure.$eval(cell("dX", 0, 0), (td) => td.textContent), "0.08");
  },
  states: [
    press("First"),
    ...Array(5).fill(press("Next")),
    press("dZ₂ᵀ A₁"),
    press("Tell me"),
    press("Next"),
    press("Next"),
    press("Next"),
    press("Tell me"),
    press("Show all"),
  ],
  bad: [
    ["{}", /wants values with the matrices X, W1/],
    ['{"values": {"X": [[1], [2, 3]]}}', /wants X as rows of numbers/],
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
