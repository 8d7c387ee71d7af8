// descent: what a reader does with it.
const rate = '.bp-descent input[type="range"][aria-label="learning rate"]';
const exact = 'input[aria-label="learning rate, exact value"]';
const say = (figure) => figure.$eval(".bp-say", (p) => p.textContent);
const verdict = (figure) => figure.$eval(".bp-verdict", (b) => b.textContent);
const start = (figure) => figure.$$eval('details input[type="number"]', (all) => all.map((box) => box.valueAsNumber));
const press = (figure, label) =>
  figure.$$eval("button", (all, text) => all.find((b) => b.textContent === text).click(), label);
const type = (figure, text) =>
  figure.$eval(
    exact,
    (box, value) => {
      box.value = value;
      box.dispatchEvent(new Event("input", { bubbles: true }));
    },
    text,
  );
// What the picture draws: the path on the landscape, and the model's line.
const drawn = (figure) =>
  figure.evaluate((root) =>
    [".bp-track", ".bp-small .bp-line.bp-forward"].map((s) => root.querySelector(s).getAttribute("d")),
  );

export default {
  drag: rate,
  async play(figure, page, assert) {
    assert.match(await say(figure), /^On its way: after 20 steps the loss went from 5\.96\d* to 1\.17/);
    await (await figure.$(rate)).focus();
    for (let press = 0; press < 20; press++) await page.keyboard.press("ArrowRight"); // 0.02 to 0.06
    assert.equal(await figure.$eval(exact, (box) => box.value), "0.06");
    // The rate alone makes four fates, and each is named in the picture and in words.
    const [told, lines] = [[], []];
    for (const lr of ["0.002", "0.16", "0.235", "0.25"]) {
      await type(figure, lr);
      assert.ok((await say(figure)).startsWith(await verdict(figure)));
      told.push(await verdict(figure));
      lines.push((await drawn(figure))[1]);
    }
    assert.deepEqual(told, ["Creeping", "Quick", "Jumping across", "Diverging"]);
    assert.equal(new Set(lines).size, 4, "the model's line is that of the last step");
    await press(figure, "Reset");

    // Numbers, for who asks for them.
    await figure.$eval("details", (node) => (node.open = true));
    await page.waitForFunction((node) => node.querySelector("details p").textContent, {}, figure);
    assert.match(
      await figure.$eval("details p", (p) => p.textContent),
      /^At the end, ∂L\/∂w = .* 2 \/ 8\.1693 = 0\.2448\s/,
    );
    await figure.$eval("details", (node) => (node.open = false));

    // A click on the landscape puts the start there, a drag takes it along, and the model's line follows.
    const map = await figure.$(".bp-place .bp-chart");
    await map.evaluate((chart) => chart.scrollIntoView({ block: "center" }));
    const { x, y } = await map.boundingBox();
    const before = await drawn(figure);
    await page.mouse.click(x + 80, y + 80);
    const clicked = await start(figure);
    assert.ok(clicked[0] < 0 && clicked[1] > 2, String(clicked));
    const after = await drawn(figure);
    assert.ok(after.every((path, k) => path !== before[k]));
    await page.mouse.move(x + 80, y + 80);
    await page.mouse.down();
    await page.mouse.move(x + 180, y + 180, { steps: 4 });
    const held = await start(figure);
    assert.ok(held[0] > clicked[0] + 0.2 && held[1] < clicked[1] - 0.3, `it follows while it is held: ${held}`);
    await page.mouse.up();
    const dragged = await start(figure);
    await page.mouse.move(x + 200, y + 90, { steps: 2 }); // let go: nothing follows any more
    assert.deepEqual(await start(figure), dragged);
    assert.ok(dragged[0] > clicked[0] + 0.3 && dragged[1] < clicked[1] - 0.5, String(dragged));
    // So do arrow keys on the start itself, and they turn no page.
    const handle = await figure.$(".bp-handle");
    await handle.focus();
    await page.keyboard.press("ArrowRight");
    await page.keyboard.press("ArrowUp");
    const pressed = await start(figure);
    assert.ok(
      pressed.every((v, k) => v > dragged[k]),
      `${dragged} to ${pressed}`,
    );
    const spoken = await handle.evaluate((node) => node.getAttribute("aria-valuetext"));
    assert.equal(spoken, `w ${pressed[0]}, b ${pressed[1]}`.replaceAll("-", "−"));
    await press(figure, "Reset");
    assert.match(await say(figure), /^On its way: after 20 steps the loss went from 5\.96/);

    // Play walks the path and comes to its end; Pause shows all of it at once.
    await page.emulateMediaFeatures([{ name: "prefers-reduced-motion", value: "no-preference" }]).catch(() => {});
    const [whole] = await drawn(figure);
    await press(figure, "Play");
    await page.waitForFunction((node) => node.querySelector(".bp-track").getAttribute("d").length < 100, {}, figure);
    await press(figure, "Pause");
    assert.equal((await drawn(figure))[0], whole);
  },
  states: [
    (figure) => type(figure, "0.25"),
    (figure) => press(figure, "One more step"),
    (figure) => figure.$eval("details", (node) => (node.open = true)),
  ],
  bad: [
    ['{"graph": {"nodes": []}}', /wants a list "nodes"/],
    [
      '{"graph": {"nodes": [{"name": "w", "op": "leaf", "parents": [], "value": 1}]}, "leaves": ["v"], "ranges": {}, "start": [1]}',
      /no leaf "v"/,
    ],
    [
      '{"graph": {"nodes": [{"name": "w", "op": "leaf", "parents": [], "value": 1}]}, "leaves": ["w"], "ranges": {"w": [2, 1]}, "start": [1]}',
      /min < max/,
    ],
    [
      '{"graph": {"nodes": [{"name": "w", "op": "leaf", "parents": [], "value": 1}]}, "leaves": ["w"], "ranges": {"w": [1, 2]}, "start": [1], "model": {"nodes": [{"name": "w", "op": "leaf", "parents": [], "value": 1}]}}',
      /a model with a leaf "x"; it has w/,
    ],
  ],
  lab: {
    async move(page, output) {
      await (await output.$(rate)).focus();
      await page.keyboard.press("ArrowRight");
    },
    read: "round(figure.lr, 6), round(figure.path()[-1][1], 3)",
    expect: "(0.022, 1.119)",
  },
};
