// descent: what a reader does with it.
const rate = '.bp-descent input[type="range"][aria-label="learning rate"]';
const exact = 'input[aria-label="learning rate, exact value"]';
const say = (figure) => figure.$eval(".bp-say", (p) => p.textContent);
const type = (figure, text) =>
  figure.$eval(
    exact,
    (box, value) => {
      box.value = value;
      box.dispatchEvent(new Event("input", { bubbles: true }));
    },
    text,
  );

export default {
  drag: rate,
  async play(figure, page, assert) {
    assert.match(await say(figure), /^After 20 steps the loss went from 2\.25 to /);
    await (await figure.$(rate)).focus();
    for (let press = 0; press < 20; press++) await page.keyboard.press("ArrowRight"); // 0.02 to 0.12
    assert.equal(await figure.$eval(exact, (box) => box.value), "0.12");
    await type(figure, "0.3");
    assert.match(await say(figure), /It leaves|It stands still/);
    // A click on the map puts the start there: far to the left, where the hidden neuron is closed.
    const map = await figure.$(".bp-chart");
    await map.evaluate((chart) => chart.scrollIntoView({ block: "center" }));
    const { x, y } = await map.boundingBox();
    await page.mouse.click(x + 80, y + 60);
    assert.ok((await figure.$eval('input[aria-label="start w1, exact value"]', (box) => box.valueAsNumber)) < 0);
    assert.match(await say(figure), /It stands still: .* No slope, no step\. Where it starts, the loss is flat\./);
    await figure.$$eval("button", (all) => all.find((b) => b.textContent === "Reset").click());
    assert.match(await say(figure), /^After 20 steps the loss went from 2\.25 to /);
  },
  states: [
    (figure) => type(figure, "0.15"),
    (figure) => figure.$$eval("button", (all) => all.find((b) => b.textContent === "One more step").click()),
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
  ],
  lab: {
    async move(page, output) {
      await (await output.$(rate)).focus();
      await page.keyboard.press("ArrowRight");
    },
    read: "round(figure.lr, 6), round(figure.path()[-1][1], 3)",
    expect: "(0.025, 0.0)",
  },
};
