// wishes: what a reader does with it.
const count = '.bp-wishes input[type="range"][aria-label="N"]';
const neuron = (which) => `.bp-wishes [data-neuron="${which}"]`;
const said = (figure) => figure.$eval(".bp-say", (p) => p.textContent);
const press = (label) => (figure) =>
  figure.$$eval(
    "button, label, summary",
    (all, text) => all.find((b) => b.textContent === text && b.offsetParent).click(),
    label,
  );
/** The neurons of which something is seen: the ring that says "click here", the arrow, the light in a disc. */
const seen = (figure, part) =>
  figure.$$eval(
    ".bp-neuron",
    (all, which) =>
      all
        .filter((g) => {
          const mark = g.querySelector(`.bp-${which}`);
          return mark.getAttribute("visibility") !== "hidden" && mark.getAttribute("fill-opacity") !== "0";
        })
        .map((g) => g.dataset.neuron),
    part,
  );
/** The lower image as it is painted, and what is said of it. */
const lower = (figure) =>
  figure.$eval(".bp-image:last-child", (place) => {
    const canvas = place.querySelector("canvas:not([hidden])");
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    return { caption: place.querySelector(".bp-caption").textContent, size: canvas.width, data: data.join(" ") };
  });

/** Three clicks, each on what the picture asks for: an output, one of hidden 2, one of hidden 1; then the pixels. */
async function follow(figure, _page, assert) {
  const asked = [];
  for (const level of [3, 2, 1]) {
    const ringed = await seen(figure, "ring");
    assert.ok(ringed.length && ringed.every((which) => which.startsWith(`${level}-`)), `ringed: ${ringed}`);
    await (await figure.$(neuron(ringed[0]))).click();
    asked.push((await lower(figure)).data);
    assert.match(await said(figure), level > 1 ? /Click one of the neurons it asks/ : /what it asks of the pixels/);
    assert.match(
      await said(figure),
      / is at 0\.\d{3}; its wish is [+−]\d\.\d{3}/,
      "its numbers, now that it was chosen",
    );
  }
  assert.equal(new Set(asked).size, 3, "each asks something else of the pixels");
  assert.deepEqual(await seen(figure, "ring"), []);
  const { caption, size } = await lower(figure);
  assert.deepEqual([caption, size], ["it asks of the pixels", 28]);
  assert.notEqual(await figure.$eval(".bp-beam", (path) => path.getAttribute("d")), "");
  // Its own arrow, and those of the neurons by which the wish came.
  assert.equal((await seen(figure, "arrow")).length, 3);
}

/** The same by keyboard, where Enter follows the wish, and arrow keys go from neuron to neuron. */
async function walk(figure, page, assert) {
  await press("Show all")(figure);
  assert.equal((await seen(figure, "arrow")).length, 42, "every neuron has a wish again");
  await figure.$eval(neuron("3-3"), (g) => g.focus());
  assert.match(await said(figure), /Output 3 is at 0\.286; its wish is \+1\.428\.$/);
  for (let turn = 0; turn < 3; turn++) await page.keyboard.press("Enter");
  assert.match(await said(figure), /^Neuron \d+ of hidden 1 .* what it asks of the pixels/);
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("ArrowDown");
  assert.match(await said(figure), /Output \d is at /);
  await page.keyboard.press("ArrowLeft");
  await page.keyboard.press("ArrowLeft");
  assert.match(await said(figure), /hidden 1 should be .* Of the 16 neurons of hidden 2, /);
}

/** One beat a level: values forward, wishes back, the pixels last. */
async function beats(figure, assert) {
  const lit = async () => (await seen(figure, "lit")).filter((which) => which.endsWith("-1")).length;
  const found = [];
  await press("Show all")(figure);
  for (let beat = 0; beat < 8; beat++) {
    await press("Next")(figure);
    const blank = await figure.$eval(".bp-image:last-child", (place) => place.classList.contains("bp-none"));
    found.push([await lit(), (await seen(figure, "arrow")).length, blank]);
  }
  const arrows = [0, 0, 0, 0, 10, 26, 42, 42];
  assert.deepEqual(
    found,
    arrows.map((n, beat) => [Math.min(beat, 3), n, beat < 7]),
  );
  await press("Next")(figure);
  assert.match(await said(figure), /^This 3 is read as a 7\./);
}

/** A tap beside a neuron takes the nearest. */
async function tap(figure, assert) {
  await figure.$eval(`${neuron("2-5")} .bp-cell`, (disc) => {
    const { x, y, height } = disc.getBoundingClientRect();
    const place = { clientX: x - 12, clientY: y + height / 2 + 3, bubbles: true };
    document.elementFromPoint(place.clientX, place.clientY).dispatchEvent(new MouseEvent("click", place));
  });
  assert.match(await said(figure), /^Neuron 6 of hidden 2 should be/);
}

/** Play, and stop while the wishes run back; says when the first neuron of hidden 1 was dark and when it was lit. */
async function stopHalfway(figure, page) {
  const dark = await page.evaluate(() => matchMedia("(prefers-color-scheme: dark)").matches);
  const motion = (value) =>
    page
      .emulateMediaFeatures([
        { name: "prefers-color-scheme", value: dark ? "dark" : "light" },
        { name: "prefers-reduced-motion", value },
      ])
      .catch(() => {});
  await motion("no-preference");
  await figure.$eval("select", (speed) => {
    speed.value = "2";
    speed.dispatchEvent(new Event("change", { bubbles: true }));
  });
  // Watched from within the page, which may be slow to answer: the first beat with wishes is over in half a second.
  const found = await figure.evaluate(async (root) => {
    const button = root.querySelector(".bp-play");
    const disc = root.querySelector('[data-neuron="1-0"] .bp-lit');
    const states = [];
    button.click();
    while (root.querySelector(".bp-progress").textContent !== "wishes") {
      await new Promise(requestAnimationFrame);
      const state = disc.getAttribute("fill-opacity") > 0.01 ? "lit" : "dark";
      if (states.at(-1) !== state) states.push(state);
    }
    button.click();
    return states;
  });
  await motion("reduce");
  return found;
}

export default {
  drag: count,
  async play(figure, page, assert) {
    assert.match(await said(figure), /^This 3 is read as a 7\. [^.]* answer 3\. Click output 3, [^.]* pixels\.$/);
    assert.doesNotMatch(await figure.$eval(".bp-main", (main) => main.textContent), /\d\.\d/, "no number until asked");
    await follow(figure, page, assert);
    await walk(figure, page, assert);
    await tap(figure, assert);
    await beats(figure, assert);
    assert.equal(
      await figure.$eval(count, (slider) => slider.checkVisibility()),
      false,
      "an average is asked for first",
    );
    await press("the average")(figure);
    await (await figure.$(count)).focus();
    await page.keyboard.press("ArrowLeft");
    assert.match(await said(figure), /^The average wish of 119 pictures is \d\.\d times shorter than a single one/);
    assert.equal((await lower(figure)).caption, "the average of 119 asks");
    await press("its weights")(figure);
    assert.equal((await lower(figure)).size, 1, "sixteen weights of an output");
    await press("this picture")(figure);
    await press("Another one")(figure);
    assert.equal(await figure.$eval(".bp-caption", (text) => text.textContent), "a 3, read as a 3");
    await press("One that it gets wrong")(figure);
    assert.deepEqual(await stopHalfway(figure, page), ["dark", "lit"], "nothing flashes up before its time");
    const stopped = await seen(figure, "arrow");
    assert.ok(stopped.length >= 10 && stopped.length < 42, `${stopped.length} arrows`);
    await new Promise((done) => setTimeout(done, 600));
    assert.deepEqual(await seen(figure, "arrow"), stopped);
  },
  states: [
    (figure) => figure.$eval(neuron("1-4"), (g) => g.dispatchEvent(new MouseEvent("click", { bubbles: true }))),
    press("its weights"),
    press("the average"),
    async (figure) => {
      await figure.$eval(neuron("2-4"), (g) => g.dispatchEvent(new MouseEvent("click", { bubbles: true })));
      await press("Numbers")(figure);
    },
    press("One that it gets wrong"),
    stopHalfway,
    press("Show all"),
    press("More settings"),
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
