// nudge: what a reader does with it.
const knob = '.bp-nudge input[type="range"][aria-label="h"]';
const set = (value) => (figure) =>
  figure.$eval(
    knob,
    (slider, to) => {
      slider.value = to;
      slider.dispatchEvent(new Event("input", { bubbles: true }));
    },
    value,
  );
const said = (figure) => figure.$eval(".bp-say", (text) => text.textContent);

export default {
  drag: knob,
  async play(figure, page, assert) {
    assert.match(await said(figure), /^Raising w1 by 0\.3 was promised −2\.7 and brought −1\.89\./);
    await (await figure.$(knob)).focus();
    await page.keyboard.press("ArrowRight");
    assert.match(await said(figure), /^Raising w1 by 0\.306 /);
    await figure.$$eval('input[type="radio"]', (all) => all[2].click());
    assert.match(await said(figure), /^Raising w2 by 0\.306 was promised −0\.918 /);
    await figure.$$eval('input[type="radio"]', (all) => all[0].click());
    await set(-0.6)(figure);
    assert.match(await said(figure), /the curve bends/);
  },
  states: [set(-0.6), (figure) => figure.$$eval('input[type="radio"]', (all) => all[1].click())],
  bad: [
    ['{"graph": {"nodes": []}}', /wants a list "nodes"/],
    [
      '{"graph": {"nodes": [{"name": "w", "op": "leaf", "parents": [], "value": 1}]}, "leaf": "v"}',
      /leaf wants one of w, not "v"/,
    ],
  ],
  lab: {
    async move(page, output) {
      await (await output.$(knob)).focus();
      await page.keyboard.press("ArrowRight");
    },
    read: "round(figure.h, 6)",
    expect: "0.306",
  },
};
