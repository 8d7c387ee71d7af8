// paths: what a reader does with it.
const layers = '.bp-paths input[type="range"][aria-label="hidden layers"]';
const say = (figure) => figure.$eval(".bp-say", (p) => p.textContent);
const press = (name) => (figure) =>
  figure.$$eval(
    "button, .bp-choice label, summary",
    (all, text) => all.find((b) => b.textContent === text).click(),
    name,
  );
const next = async (figure, times) => {
  for (let n = 0; n < times; n++) await press("Next")(figure);
};
const type = (name, value) => (figure) =>
  figure.$eval(
    `input[aria-label="${name}, exact value"]`,
    (box, to) => {
      box.value = to;
      box.dispatchEvent(new Event("input", { bubbles: true }));
    },
    value,
  );
/** The race: how many multiplications each way has needed, and what it has found. */
const race = (figure) =>
  figure.$$eval(".bp-race g", (rows) =>
    rows.map((row) => [...row.querySelectorAll("text")].slice(1).map((text) => text.textContent)),
  );
const lit = (figure) => figure.$$eval(".bp-edge.bp-on", (found) => found.length);
const known = (figure) => figure.$$eval(".bp-known .bp-number", (found) => found.map((text) => text.textContent));

/** Every path, one by one, and the race at the end. */
async function paths(figure, page, assert) {
  assert.match(await say(figure), /^All 9 paths, 2 multiplications each, 18 in all: .* ∂L\/∂x = 22\./);
  assert.deepEqual(await race(figure), [
    ["18", "22"],
    ["", "?"],
    ["", "?"],
  ]);
  await next(figure, 1);
  assert.match(await say(figure), /^Path 1 of 9: \(−1\) · 2 · \(−1\) = 2\. 2 multiplications so far; the sum is 2\.$/);
  assert.equal(await lit(figure), 3);
  assert.deepEqual(await known(figure), ["−1", "−2", "2"]);
  await (await figure.$(".bp-player button:nth-of-type(3)")).focus();
  for (let n = 0; n < 8; n++) await page.keyboard.press("Enter");
  assert.match(await say(figure), /^Path 9 of 9: .* 18 multiplications so far; the sum is 22\.$/);
}

/** From the back and from the front: one number a node, the same result. */
async function sweeps(figure, assert) {
  await press("from the back")(figure);
  assert.deepEqual((await race(figure))[1], ["12", "22"]);
  await next(figure, 4);
  assert.equal((await known(figure)).join(), "∂−1,∂−1,∂3,∂1");
  await next(figure, 1);
  assert.match(
    await say(figure),
    /^∂L\/∂a1 = \(−1\) · 2 \+ \(−1\) · \(−1\) \+ 3 · \(−1\) = −4, with 3 multiplications\.$/,
  );
  assert.deepEqual((await race(figure))[1], ["3", "?"]);
  await press("from the front")(figure);
  await next(figure, 8);
  assert.match(await say(figure), /^∂L\/∂x = .* = 22, with 3 multiplications\.$/);
  assert.deepEqual(await race(figure), [
    ["18", "22"],
    ["3", "?"],
    ["12", "22"],
  ]);
}

/** Play, and stop on the way: a dot has run along each path, and none runs on. Firefox's driver moves anyhow. */
async function run(figure, page, assert) {
  const motion = (value) => page.emulateMediaFeatures([{ name: "prefers-reduced-motion", value }]).catch(() => {});
  await motion("no-preference");
  await press("Play")(figure);
  await page.waitForFunction(() => /^[3-8] of 9$/.test(document.querySelector(".bp-paths .bp-progress").textContent));
  const dots = () => figure.$$eval('.bp-runner[visibility="visible"]', (found) => found.length);
  assert.equal(await dots(), 1);
  await press("Pause")(figure);
  const stopped = await say(figure);
  assert.match(stopped, /^Path [3-8] of 9: /);
  await new Promise((done) => setTimeout(done, 500));
  assert.equal(await say(figure), stopped);
  assert.equal(await dots(), 0);
  await press("Show all")(figure);
  await motion("reduce");
}

export default {
  drag: layers,
  async play(figure, page, assert) {
    await run(figure, page, assert);
    await paths(figure, page, assert);
    await sweeps(figure, assert);
    await (await figure.$(layers)).focus();
    await page.keyboard.press("ArrowRight");
    assert.match(await say(figure), /^One sweep from the front, 21 multiplications: /);
    assert.deepEqual((await race(figure))[0], ["", "?"], "other numbers, another race");
    await press("every path")(figure);
    assert.match(await say(figure), /^All 27 paths, 3 multiplications each, 81 in all/);
    await type("nodes in each", "1")(figure);
    assert.match(await say(figure), /^The only path, 3 multiplications: its product is/);
    await type("nodes in each", "3")(figure);
    const before = await say(figure);
    await press("New numbers")(figure);
    assert.notEqual(await say(figure), before);
    await press("Numbers at every node")(figure);
    assert.equal(await figure.$$eval("tbody tr", (rows) => rows.length), 11);
  },
  states: [
    (figure) => next(figure, 3),
    press("from the back"),
    (figure) => next(figure, 6),
    type("hidden layers", "4"),
    type("nodes in each", "4"),
    press("from the front"),
    (figure) => next(figure, 9),
    press("Numbers at every node"),
  ],
  bad: [
    ['{"layers": 9}', /1 to 4 hidden layers, not 9/],
    ['{"way": "sideways"}', /a way out of paths, back, front, not "sideways"/],
    ['{"rates": [[[1, 2]]]}', /a rate for each edge between 1, 3, 3, 1 nodes, or none/],
  ],
  lab: {
    async move(page, output) {
      await (await output.$(layers)).focus();
      await page.keyboard.press("ArrowRight");
    },
    read: "figure.layers",
    expect: "3",
  },
};
