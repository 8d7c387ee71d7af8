// flow: what a reader does with it.
const depth = '.bp-flow input[type="range"][aria-label="depth"]';
const said = (figure) => figure.$eval(".bp-say", (p) => p.textContent);
const state = (figure) => figure.$eval(".bp-state", (p) => p.textContent);
const press = (label) => (figure) =>
  figure.$$eval("label, button, summary", (all, text) => all.find((b) => b.textContent === text).click(), label);
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

/** A layer is chosen by arrow key, or by pointing at it; its histograms and its two numbers follow. */
async function chooseLayers(figure, page, assert) {
  const heads = () => figure.$$eval(".bp-hists .bp-head", (all) => all.map((p) => p.textContent));
  const values = () => figure.$$eval(".bp-value", (all) => all.map((t) => t.textContent));
  const counted = () => figure.$$eval(".bp-bars", (all) => all.map((path) => path.getAttribute("d")));
  assert.deepEqual(await heads(), ["Layer 10: activations", "Layer 10: ∂L/∂Z"]);
  assert.deepEqual(await values(), ["4.3·10⁻⁷", "∂ 8.3·10⁻⁹"]);
  const before = await counted();
  await (await figure.$(".bp-layers")).focus();
  await page.keyboard.press("Home");
  assert.deepEqual(await heads(), ["Layer 1: activations", "Layer 1: ∂L/∂Z"]);
  assert.deepEqual(await values(), ["0.2", "∂ 1.4·10⁻¹⁴"]);
  for (const [k, path] of (await counted()).entries()) assert.notEqual(path, before[k]);
  const chart = await (await figure.$(".bp-main svg.bp-chart")).boundingBox();
  await page.mouse.click(chart.x + chart.width - 15, chart.y + 20);
  assert.deepEqual(await heads(), ["Layer 20: activations", "Layer 20: ∂L/∂Z"]);
}

/** Play runs through the layers forward and back, and leaves the chosen one as it was; not for who asked for less motion. */
async function playRuns(figure, page, assert) {
  const ask = (value) =>
    page.emulateMediaFeatures([{ name: "prefers-reduced-motion", value }]).then(
      () => true,
      () => false, // Firefox's driver cannot, and Firefox itself plays
    );
  const canAsk = await ask("no-preference");
  await figure.evaluate((root) => {
    window.met = new Set();
    const [head, path] = [root.querySelector(".bp-hists .bp-head"), root.querySelector(".bp-line.bp-backward")];
    const note = () => window.met.add(`${head.textContent} ${path.getAttribute("d") ? "back" : "forward"}`);
    new MutationObserver(note).observe(head, { childList: true });
  });
  await figure.$eval(".bp-run", (button) => button.click());
  await page.waitForFunction(() => /^Play/.test(document.querySelector(".bp-run").ariaLabel), { timeout: 20_000 });
  const met = await page.evaluate(() => [...window.met]);
  for (const way of ["forward", "back"])
    assert.ok(met.filter((where) => where.endsWith(way)).length > 5, `${way}: ${met}`);
  assert.equal(await figure.$eval(".bp-layers", (slider) => slider.value), "20");
  if (canAsk && (await ask("reduce"))) await page.waitForFunction(() => document.querySelector(".bp-run").hidden);
}

/** The gradient to the weights is drawn when asked for, and all numbers stand in a table. */
async function numbersOnDemand(figure, assert) {
  const dotted = () => figure.$eval(".bp-line.bp-weights", (path) => path.getAttribute("d"));
  assert.equal(await dotted(), "");
  await press("show ∂L/∂W too")(figure);
  assert.match(await dotted(), /^M.*L/);
  await press("Numbers")(figure);
  const rows = await figure.$$eval(".bp-scroll tbody tr", (all) => all.map((tr) => tr.textContent));
  assert.equal(rows.length, 50);
  assert.match(rows[49], /^50[\d.]+/);
}

export default {
  drag: depth,
  heavy: true,
  async play(figure, page, assert) {
    assert.match(
      await said(figure),
      /^The gradient shrinks: × 0\.23 a layer\. Layer 1 gets 8\.6·10⁻¹³ of layer 20’s\.$/,
    );
    await chooseLayers(figure, page, assert);
    await playRuns(figure, page, assert);
    await (await figure.$(depth)).focus();
    await figure.evaluate(noteWhatIsSaid);
    await page.keyboard.press("End");
    await whole(page);
    const told = await page.evaluate(() => window.told);
    const smaller = told.findLast(([state]) => /^A smaller one for the moment: 50 layers, 12 wide/.test(state));
    assert.ok(smaller, JSON.stringify(told));
    assert.match(await state(figure), /^The whole network: 50 layers, 32 wide/);
    assert.notEqual(await said(figure), smaller[1]);
    await press("batch norm")(figure);
    await whole(page);
    assert.match(
      await said(figure),
      /^The gradient keeps about its size: × 1 a layer\. Layer 1 gets [\d.]+ .* layer 50’s/,
    );
    await numbersOnDemand(figure, assert);
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
    press("More settings"),
    press("show ∂L/∂W too"),
    press("Numbers"),
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
