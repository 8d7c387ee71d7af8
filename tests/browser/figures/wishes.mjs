// wishes: what a reader does with it.
const count = '.bp-wishes input[type="range"][aria-label="N"]';
const neuron = (which) => `.bp-wishes [data-neuron="${which}"]`;
const said = (figure) => figure.$eval(".bp-say", (p) => p.textContent);
const press = (label) => (figure) =>
  figure.$$eval("button, label", (all, text) => all.find((b) => b.textContent === text).click(), label);

export default {
  drag: count,
  async play(figure, page, assert) {
    assert.match(await said(figure), /^Output 3 is at 0\.286 and wishes \+1\.428\./);
    await figure.$eval(neuron("3-3"), (g) => g.focus());
    await page.keyboard.press("ArrowDown");
    assert.match(await said(figure), /^Output 4 is at /);
    await page.keyboard.press("ArrowLeft");
    await page.keyboard.press("ArrowLeft");
    assert.match(await said(figure), /hidden layer 1 is at .* Of the 16 neurons after it, .* only pixels/);
    assert.equal(await figure.$eval("canvas:nth-of-type(1)", (canvas) => canvas.width), 28);
    await (await figure.$(count)).focus();
    await page.keyboard.press("ArrowLeft");
    assert.match(await said(figure), /^The wishes of 119 pictures, averaged, have length 0\.\d+, \d\.\d times shorter/);
    await press("this picture")(figure);
    await press("Another one")(figure);
    assert.equal(await figure.$eval("figcaption", (text) => text.textContent), "a 3, read as 3");
  },
  states: [
    (figure) => figure.$eval(neuron("1-4"), (g) => g.dispatchEvent(new MouseEvent("click", { bubbles: true }))),
    press("the average"),
    press("One that it gets wrong"),
  ],
  bad: [
    ["{}", /wants a network of three layers, got null/],
    ['{"network": {"layers": [1, 2, 3]}}', /layer 1 to have shape/],
    ['{"image": "first"}', /a number as image, got "first"/],
  ],
  lab: {
    async move(page, output) {
      await output.$eval(neuron("3-3"), (g) => g.focus());
      await page.keyboard.press("ArrowDown");
    },
    read: "(figure.layer, figure.neuron)",
    expect: "(3, 4)",
  },
};
