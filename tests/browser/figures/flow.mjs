// flow: what a reader does with it.
const depth = '.bp-flow input[type="range"][aria-label="depth"]';
const said = (figure) => figure.$eval(".bp-say", (p) => p.textContent);
const state = (figure) => figure.$eval(".bp-state", (p) => p.textContent);
const press = (label) => (figure) =>
  figure.$$eval("label, button", (all, text) => all.find((b) => b.textContent === text).click(), label);
const whole = (page) =>
  page.waitForFunction(() => document.querySelector(".bp-flow .bp-state").textContent.startsWith("The whole"), {
    timeout: 20_000,
  });

/** Keep what the figure says from now on: the smaller network may be gone before a busy driver asks for it. */
function noteWhatIsSaid(figure) {
  const [state, say] = [".bp-state", ".bp-say"].map((name) => figure.querySelector(name));
  window.told = [];
  const note = () => window.told.push([state.textContent, say.textContent]);
  new MutationObserver(note).observe(figure, { subtree: true, childList: true, characterData: true });
}

export default {
  drag: depth,
  heavy: true,
  async play(figure, page, assert) {
    assert.match(
      await said(figure),
      /^From layer 20 to layer 1 the gradient shrinks: times 0\.23 for each layer, 8\.6e−13 in all\.$/,
    );
    await (await figure.$(depth)).focus();
    await figure.evaluate(noteWhatIsSaid);
    await page.keyboard.press("End");
    await whole(page);
    const told = await page.evaluate(() => window.told);
    const smaller = told.findLast(([state]) => /^A smaller one for the moment: 50 layers, 16 wide/.test(state));
    assert.ok(smaller, JSON.stringify(told));
    assert.match(await state(figure), /^The whole network: 50 layers, 32 wide/);
    assert.notEqual(await said(figure), smaller[1]);
    await press("batch norm")(figure);
    await whole(page);
    assert.match(
      await said(figure),
      /^From layer 50 to layer 1 the gradient keeps about its size: times 1 for each layer/,
    );
  },
  states: [
    async (figure, page) => {
      await figure.$eval(depth, (slider) => {
        slider.value = 50;
        slider.dispatchEvent(new Event("input", { bubbles: true }));
      });
      await whole(page);
    },
    press("ReLU"),
    press("residual"),
    press("normal"),
  ],
  bad: [
    ['{"depth": 500}', /wants depth from 1 to 50, got 500/],
    ['{"activation": "swish"}', /one of sigmoid, tanh, relu, none, got "swish"/],
    ['{"scale": "big"}', /a number as scale, got "big"/],
  ],
  lab: {
    async move(page, output) {
      await (await output.$(depth)).focus();
      await page.keyboard.press("ArrowLeft");
    },
    read: "figure.depth",
    expect: "19",
  },
};
