// graph: what a reader does with it.
const knob = '.bp-graph input[type="range"][aria-label="w1"]';

export default {
  drag: knob,
  // What the figure shows as it opens, and what follows from a change by keyboard.
  async play(figure, page, assert) {
    const loss = () => figure.$eval('.bp-node[data-node="L"] .bp-forward', text => text.textContent);
    assert.equal(await loss(), '1.9787');
    await (await figure.$(knob)).focus();
    for (let press = 0; press < 3; press++) await page.keyboard.press('ArrowRight');
    assert.notEqual(await loss(), '1.9787');
  },
  // States in which axe-core looks at it again, each from where the last one left it.
  states: [
    figure => figure.$eval(knob, slider => ((slider.value = -1), slider.dispatchEvent(new Event('input', { bubbles: true })))),
    figure => figure.$$eval('button', all => all.find(b => b.textContent === 'Next').click()),
  ],
  // Data that no figure can be made of, and what the message must say.
  bad: [['{"graph": {"nodes": []}}', /wants a list "nodes"/], ['{"graph"', /could not start/]],
  // In JupyterLab: move a knob, then read it in Python.
  lab: {
    async move(page, output) {
      await (await output.$(knob)).focus();
      await page.keyboard.press('ArrowRight');
    },
    read: 'round(figure.values["w1"], 6)',
    expect: '0.55',
  },
};
