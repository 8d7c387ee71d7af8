// doctor: what a reader does with it. The gallery's patient has only its biases learning.
const press = (figure, start) =>
  figure.$$eval("button", (all, text) => all.find((b) => b.textContent.startsWith(text)).click(), start);
const say = (figure) => figure.$eval(".bp-say", (p) => p.textContent);
const title = (figure) => figure.$eval(".bp-headline", (p) => p.textContent);
const read = (figure) => figure.$$eval(".bp-value", (all) => all.map((text) => text.textContent));
async function guess(figure, verdict) {
  await figure.$eval(
    "select",
    (select, value) => {
      select.value = value;
    },
    verdict,
  );
  await press(figure, "Diagnose");
}

export default {
  async play(figure, page, assert) {
    assert.match(await title(figure), /^Patient 1 reads \d+ % of new digits\. 0 steps spent\.$/);
    assert.ok((await read(figure)).every((text) => text === "?"));

    // What is bought is seen, and paid once.
    await press(figure, "Promise, small step");
    await press(figure, "Promise, small step");
    await press(figure, "Update ratio");
    assert.match(await title(figure), / 21 steps spent\.$/);
    const seen = (await read(figure)).filter((text) => text !== "?");
    assert.equal(seen.length, 2);
    assert.equal(await figure.$$eval(".bp-bad", (all) => all.filter((p) => p.getAttribute("d")).length), 2);

    // A wrong guess is told what it would give; nothing happens without one.
    await press(figure, "Diagnose");
    assert.match(await say(figure), /^Measure what you like/);
    await guess(figure, "sign");
    assert.match(
      await say(figure),
      /^If it were a wrong sign, “Promise, small step” would be about −1\.\d+, and here it is 0\.\d+\.$/,
    );
    assert.match(await title(figure), / 21 steps spent\.$/, "that reading was paid");

    // What refutes a guess is seen, and paid like any other reading.
    await guess(figure, "order");
    assert.match(
      await say(figure),
      /^If it were the order of the examples, “Loss, recounted” would be about .*, and here it is .*\.$/,
    );
    assert.match(await title(figure), / 156 steps spent\.$/);
    assert.equal((await read(figure)).filter((text) => text !== "?").length, 3);
    await guess(figure, "part");
    assert.match(
      await say(figure),
      /^Right: a step that reaches some parameters\. The line was “params = \[b1, b2, b3\]”/,
    );
    assert.match(
      await say(figure),
      /156 steps spent; from the top, it takes 3 steps\. 0 of 1 patient right at the first try\.$/,
    );
    assert.ok(
      (await read(figure)).every((text) => text !== "?"),
      "at the end all readings are seen",
    );

    // By keyboard: another patient, whose truth is asked for.
    await figure.$$eval("button", (all) => all.find((b) => b.textContent === "New patient").focus());
    await page.keyboard.press("Enter");
    assert.match(await title(figure), /^Patient 2 reads \d+ % of new digits\. 0 steps spent\.$/);
    assert.ok((await read(figure)).every((text) => text === "?"));
    await press(figure, "Tell me");
    assert.match(await say(figure), /^It was: .* 0 of 2 patients right at the first try\.$/);
  },
  states: [
    (figure) => press(figure, "First loss"),
    (figure) => guess(figure, "labels"),
    (figure) => press(figure, "Tell me"),
    (figure) => press(figure, "New patient"),
  ],
  bad: [
    ["{}", /wants readings and faults, got none/],
    [
      '{"readings": [["a", "A", 1, 0, 1, false]], "faults": {"x": ["odd"]}, "labels": {}}',
      /no words for the verdict "odd"/,
    ],
    [
      '{"readings": [["a", "A", 1, 0, 1, false]], "faults": {"x": ["odd"]}, "labels": {"odd": "o"}, "rows": {"x": [[1]]}}',
      /wants 2 numbers in each row of "x"/,
    ],
  ],
  lab: {
    move: (_page, output) =>
      output.$$eval("button", (all) => all.find((b) => b.textContent.startsWith("Idle")).click()),
    read: "(figure.bought, figure.solved)",
    expect: "(['idle'], False)",
  },
};
