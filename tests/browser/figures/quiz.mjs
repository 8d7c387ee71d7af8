// quiz: what a reader does with it.
const form = (place) => `.bp-quiz form:nth-of-type(${place})`;
const press = (figure, place, text) =>
  figure.$eval(form(place), (f, t) => [...f.querySelectorAll("button")].find((b) => b.textContent === t).click(), text);
const said = (figure, place) => figure.$eval(`${form(place)} fieldset > [aria-live]`, (e) => e.textContent);
const choose = (figure, text) =>
  figure.$$eval(`${form(1)} label`, (all, t) => all.find((l) => l.textContent.startsWith(t)).click(), text);
const progress = (figure) => figure.$eval(".bp-say", (e) => e.textContent);

async function type(figure, page, text) {
  const box = await figure.$(`${form(2)} input`);
  await box.focus();
  await box.evaluate((input) => input.select());
  await page.keyboard.type(text);
  await page.keyboard.press("Enter");
}

/** Match the left item `k` with a right one, by keyboard alone. */
async function match(figure, page, k, text) {
  await (await figure.$(`[data-spot="left ${k}"]`)).focus();
  await page.keyboard.press("Enter");
  for (let tries = 0; tries < 9; tries++) {
    await page.keyboard.press("ArrowDown");
    if ((await page.evaluate(() => document.activeElement.textContent)) === text) break;
  }
  await page.keyboard.press("Enter");
}

/** Put the steps in order, by Alt and arrow keys. */
async function sort(figure, page) {
  const steps = await figure.evaluate((e) => JSON.parse(e.getAttribute("data")).items[3].steps);
  for (const [to, step] of steps.entries()) {
    const at = () => figure.$$eval(".bp-order li", (all, s) => all.findIndex((li) => li.dataset.spot === s), step);
    await figure.$$eval(
      ".bp-order li",
      (all, s) =>
        all
          .find((li) => li.dataset.spot === s)
          .querySelector("button")
          .focus(),
      step,
    );
    while ((await at()) > to) {
      await page.keyboard.down("Alt");
      await page.keyboard.press("ArrowUp");
      await page.keyboard.up("Alt");
    }
  }
}

async function drag(page, from, to) {
  await from.evaluate((e) => e.scrollIntoView({ block: "center" }));
  const middle = async (handle) => {
    const { x, y, width, height } = await handle.boundingBox();
    return [x + width / 2, y + height / 2];
  };
  await page.mouse.move(...(await middle(from)));
  await page.mouse.down();
  await page.mouse.move(...(await middle(to)), { steps: 5 });
  await page.mouse.up();
}

/** A test that tells only on request: nothing but "Noted" after handing in, and all of it when asked. */
async function onRequest(figure, page, assert) {
  const handle = await page.evaluateHandle((first) => {
    const quiz = document.createElement("bp-quiz");
    quiz.setAttribute(
      "data",
      JSON.stringify({ ...JSON.parse(first.getAttribute("data")), test: true, on_request: true }),
    );
    first.after(quiz);
    quiz.scrollIntoView();
    return quiz;
  }, figure);
  const quiz = handle.asElement();
  await page.waitForFunction((e) => e.querySelector(".bp-say"), {}, quiz);
  const push = (text) =>
    quiz.$$eval("button", (all, t) => all.find((b) => b.textContent === t && !b.hidden).click(), text);
  const visible = () =>
    quiz.$$eval("button", (all) => all.map((b) => b.checkVisibility() && b.textContent).filter(Boolean));
  await quiz.$$eval("form:nth-of-type(1) label", (all) => all.find((l) => l.textContent.startsWith("None")).click());
  await push("Hand in");
  assert.match(await progress(quiz), /^Noted\. 1 of 4 answered\./);
  const verdicts = () => quiz.$$eval(".bp-feedback, .bp-mark", (all) => all.map((e) => e.textContent).join(""));
  assert.equal(await verdicts(), "", "nothing is told");
  assert.equal(await quiz.$(".bp-tally"), null);
  assert.ok(!(await visible()).includes("Show the answer"));
  await push("Show my results");
  assert.match(await progress(quiz), /^Score: 0 of 4/);
  assert.match(await verdicts(), /The target is 0, but the error is not.*Not answered/);
  assert.ok(!(await visible()).includes("Show my results"));
  await push("Start again");
  assert.match(await progress(quiz), /^0 of 4 answered/);
  assert.ok(!(await visible()).includes("Show my results"));
  await quiz.evaluate((e) => e.remove());
}

export default {
  async play(figure, page, assert) {
    await choose(figure, "None");
    await press(figure, 1, "Check");
    assert.match(await said(figure, 1), /The target is 0, but the error is not/);
    await choose(figure, "Plus");
    await press(figure, 1, "Check");
    assert.match(await said(figure, 1), /^Right\. Two factors/);

    await type(figure, page, "8,44");
    assert.match(await said(figure, 2), /the derivative of the activation function is left out/);
    await type(figure, page, "-1.14");
    assert.match(await said(figure, 2), /The size is right, the sign is not/);
    await type(figure, page, "1.141");
    assert.match(await said(figure, 2), /^Right\./);

    const slot = (k) => figure.$eval(`[data-spot="slot ${k}"]`, (e) => e.textContent);
    const token = async (text) =>
      (
        await page.evaluateHandle(
          (f, t) => [...f.querySelectorAll('[data-spot^="right"]')].find((e) => e.textContent === t),
          figure,
          text,
        )
      ).asElement();
    await match(figure, page, 0, "w2");
    assert.equal(await slot(0), "w2");
    await match(figure, page, 0, "2(z2 − y)");
    assert.equal(await slot(0), "2(z2 − y)", "another partner takes its place");
    await drag(page, await token("w2"), await figure.$('[data-spot="slot 1"]'));
    assert.equal(await slot(1), "w2", "by drag");
    await (await token("a1(1 − a1)")).click();
    await (await figure.$('[data-spot="left 2"]')).click();
    assert.equal(await slot(2), "a1(1 − a1)", "by click and click");
    await match(figure, page, 3, "w1");
    await press(figure, 3, "Check");
    assert.match(await said(figure, 3), /3 of 4 pairs are right.*multiplied by the weight itself/);
    await match(figure, page, 3, "x");
    await press(figure, 3, "Check");
    assert.match(await said(figure, 3), /^Right\./);

    await press(figure, 4, "Check");
    assert.match(await said(figure, 4), /of 6 are in place/);
    const rows = await figure.$$(".bp-order li");
    const [first] = await figure.$$eval(".bp-order li", (all) => all.map((li) => li.dataset.spot));
    await drag(page, rows[0], rows[3]);
    const now = await figure.$$eval(".bp-order li", (all) => all.map((li) => li.dataset.spot));
    assert.equal(now[3], first, "dragged to the fourth place");
    await sort(figure, page);
    await press(figure, 4, "Check");
    assert.match(await said(figure, 4), /^Right\./);
    assert.match(await progress(figure), /^4 of 4 right, 0 at first try/);
    assert.match(
      await figure.$eval(".bp-tally", (e) => e.textContent),
      /derivative of the activation function is left out1/,
    );
    await figure.$$eval("button", (all) => all.find((b) => b.textContent === "Start again").click());
    assert.match(await progress(figure), /^0 of 4 right/);
    await onRequest(figure, page, assert);
  },
  states: [
    (figure) => choose(figure, "None").then(() => press(figure, 1, "Check")),
    (figure, page) => type(figure, page, "0.57"),
    (figure, page) => match(figure, page, 0, "w2"),
    async (figure) => {
      await press(figure, 4, "Check");
      for (const place of [1, 2, 4]) await press(figure, place, "Show the answer");
    },
  ],
  bad: [
    ['{"items": []}', /wants a list "items"/],
    ['{"items": [{"id": "1", "text": "?", "kind": "guess"}]}', /wants a kind of .*not "guess"/],
    ['{"items"', /could not start/],
  ],
  lab: {
    async move(page, output) {
      const box = await output.$(".bp-quiz form:nth-of-type(2) input");
      await box.focus();
      await page.keyboard.type("8.44");
      await page.keyboard.press("Enter");
    },
    read: 'figure.answers["2"], figure.slips()',
    expect: "([8.44], {'no-activation-slope': 1})",
  },
};
