// xor: what a reader does with it.
const press = (figure, label) =>
  figure.$$eval("button", (all, text) => all.find((b) => b.textContent === text).click(), label);
const say = (figure) => figure.$eval(".bp-say", (p) => p.textContent);
const rate = '.bp-xor input[type="range"]';

// What the drawing shows: how wide each weight is, and how wide the orange around it, beyond the weight itself.
const wires = (figure) =>
  figure.evaluate((root) => {
    const widths = (kind) =>
      [...root.querySelectorAll(`.bp-net .bp-${kind}`)].map((p) => Number(p.getAttribute("stroke-width")));
    const lines = widths("wire");
    return { lines, glow: widths("halo").map((width, k) => Math.max(0, width - lines[k])) };
  });
const bounds = (figure) => figure.$$eval(".bp-bound", (paths) => paths.map((p) => p.getAttribute("d")));
const stands = (figure, page) =>
  page.waitForFunction(
    (node) =>
      /after 3000 steps.*Stuck/.test(node.querySelector(".bp-say").textContent) &&
      node.querySelector(".bp-play").textContent === "Train",
    { timeout: 20_000 },
    figure,
  );
const numbers = (path) => path.match(/-?[\d.]+/g).map(Number);
const most = (list) => Math.max(...list);

export default {
  drag: rate,
  async play(figure, page, assert) {
    assert.match(await say(figure), /^Start 1, after 0 steps: the loss is 0\.\d+\. \d of 4 right\./);
    const before = await wires(figure);
    assert.equal(before.lines.length, 9);
    for (let turn = 0; turn < 30; turn++) await press(figure, "100 steps");
    assert.match(await say(figure), /^Start 1, after 3000 steps: the loss is 0\.0\d+\. All four cases are right\./);
    assert.equal((await figure.$$(".bp-wrong")).length, 0);
    assert.ok(
      most((await wires(figure)).lines) > most(before.lines) + 3,
      "weights have grown, and their lines with them",
    );

    // A start that never learns: two lines in one place, and next to no orange.
    await press(figure, "A stuck start");
    await stands(figure, page); // Firefox cannot be told to want less motion
    assert.match(
      await say(figure),
      /^Start 240, after 3000 steps: .* 3 of 4 right\. Stuck: the two hidden lines lie on top/,
    );
    assert.ok(most((await wires(figure)).glow) < 1.1 && most(before.glow) > 5);
    const [one, other] = (await bounds(figure)).map(numbers);
    assert.ok(
      one.every((v, k) => Math.abs(v - other[k]) < 6),
      `${one} and ${other}`,
    );
    // Pressed again it takes another one, whose lines leave two cases on the same side.
    await press(figure, "A stuck start");
    await stands(figure, page);
    assert.match(
      await say(figure),
      /^Start 2, after 3000 steps: .* Stuck: no hidden line separates \(1, 0\) from \(1, 1\)/,
    );
    assert.ok(await figure.$eval(".bp-pair", (path) => path.getAttribute("d")));
    assert.equal((await figure.$$(".bp-wrong")).length, 2);

    // Whatever the width, its lines and its bar lie where the cases are.
    const wide = await bounds(figure);
    await page.setViewport({ width: 375, height: 800 });
    await page.waitForFunction(
      (node, d) => node.querySelector(".bp-bound").getAttribute("d") !== d,
      {},
      figure,
      wide[0],
    );
    const narrow = await figure.$eval(".bp-field svg", (drawing) => drawing.clientWidth);
    for (const d of await bounds(figure))
      assert.ok(
        numbers(d).every((v) => v <= narrow),
        `${d} in ${narrow} px`,
      );
    await page.setViewport({ width: 1280, height: 900 });

    // Numbers, for who asks for them.
    await figure.$eval("details", (node) => (node.open = true));
    await page.waitForFunction((node) => node.querySelector("td.bp-backward").textContent, {}, figure);
    const gradients = await figure.$$eval("td.bp-backward", (cells) => cells.map((cell) => cell.textContent));
    assert.equal(gradients.length, 9);
    assert.ok(
      gradients.every((text) => /^∂ −?(0|0\.00\d*|[\d.]+e−\d)$/.test(text)),
      gradients.join(" "),
    );
    assert.ok(
      !(await figure.evaluate((root) => /[-−]0(\.0+)?(?![\d.])/.test(root.querySelector("details").textContent))),
    );
    await figure.$eval("details", (node) => (node.open = false));

    // Without a wish for less motion, Train goes on by itself until Pause, and a stuck start is seen getting stuck.
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
    await press(figure, "A stuck start");
    await stands(figure, page);
  },
  states: [
    (figure) => press(figure, "100 steps"),
    (figure) => figure.$eval('input[type="radio"][value="2"]', (radio) => radio.click()),
    (figure) => press(figure, "A stuck start"),
    (figure) => figure.$eval("details", (node) => (node.open = true)),
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
