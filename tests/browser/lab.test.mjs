// The same figure in a real JupyterLab: a slider moves, and Python reads what the reader set.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { test } from 'node:test';
import { ROOT, chromium, shut, temporaryFolder } from './helpers.mjs';

const TOKEN = 'only-for-this-test';
const SECONDS_TO_START = 90;
const CELLS = [
  [
    'import bplib as bp',
    'from bplib.explore import Graph',
    'w1, b1, w2, b2 = bp.values(w1=0.5, b1=0.0, w2=1.5, b2=0.0)',
    'loss = (w2 * (w1 * 2.0 + b1).relu() + b2 - 3.0) ** 2',
    'loss.backward()',
    "figure = Graph(bp.trace(loss), knobs={'w1': (-2, 2, 0.25)})",
    'figure',
  ],
  ["print('Python reads', figure.values['w1'])"],
];

/** A notebook with these cells and no output. */
const notebook = () => ({
  nbformat: 4,
  nbformat_minor: 5,
  metadata: { kernelspec: { name: 'python3', display_name: 'Python 3', language: 'python' } },
  cells: CELLS.map((source, i) => ({
    cell_type: 'code',
    id: `cell-${i}`,
    metadata: {},
    execution_count: null,
    outputs: [],
    source: source.join('\n'),
  })),
});

/** The Python that has JupyterLab: BP_PYTHON, else this checkout's own environment, else the PATH's. */
function python() {
  const own = ['.venv/bin/python', '.venv/Scripts/python.exe'].map(file => path.join(ROOT, file)).find(existsSync);
  return process.env.BP_PYTHON ?? own ?? 'python3';
}

/** A port that is free now. */
function freePort() {
  return new Promise(resolve => {
    const probe = net.createServer().listen(0, '127.0.0.1', () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
}

/** Start JupyterLab in a folder of its own, away from the settings of whoever runs the test. */
async function startLab(t, folder) {
  const port = await freePort();
  const place = name => (mkdirSync(path.join(folder, name)), path.join(folder, name));
  const lab = spawn(
    python(),
    ['-m', 'jupyterlab', '--no-browser', '--allow-root', '--ServerApp.ip=127.0.0.1', `--ServerApp.port=${port}`, '--ServerApp.port_retries=0',
      `--IdentityProvider.token=${TOKEN}`, `--ServerApp.root_dir=${place('work')}`, '--LabApp.expose_app_in_browser=True'],
    {
      env: { ...process.env, PYTHONPATH: ROOT, JUPYTER_CONFIG_DIR: place('config'), JUPYTER_DATA_DIR: place('data'), JUPYTER_RUNTIME_DIR: place('runtime'), IPYTHONDIR: place('ipython') },
      stdio: ['ignore', 'ignore', 'pipe'],
    },
  );
  let said = '';
  lab.stderr.on('data', chunk => (said += chunk));
  const ended = new Promise(resolve => lab.once('exit', resolve));
  t.after(async () => {
    lab.kill('SIGTERM'); // on this one it shuts its kernels down and asks nothing
    const late = setTimeout(() => lab.kill('SIGKILL'), 10_000);
    await ended;
    clearTimeout(late);
  });
  const url = `http://127.0.0.1:${port}`;
  for (const end = Date.now() + SECONDS_TO_START * 1000; Date.now() < end; ) {
    assert.equal(lab.exitCode, null, `JupyterLab ended:\n${said.slice(-2000)}`);
    const answer = await fetch(`${url}/api/status?token=${TOKEN}`).catch(() => null);
    if (answer?.ok) return url;
    await new Promise(done => setTimeout(done, 250));
  }
  throw new Error(`JupyterLab did not answer within ${SECONDS_TO_START} s:\n${said.slice(-2000)}`);
}

/** Ask JupyterLab for one of its commands, as its menus do. */
const command = (page, name) => page.evaluate(id => void window.jupyterapp.commands.execute(id), `notebook:${name}`);

/** Whether the notebook in front has a kernel that waits for work. */
const kernelIsIdle = () => window.jupyterapp?.shell.currentWidget?.sessionContext?.session?.kernel?.status === 'idle';

/** Run the selected cell and wait for what it should bring. */
async function runCell(page, brought) {
  await page.waitForFunction(kernelIsIdle, { timeout: 90_000 });
  await command(page, 'run-cell');
  await page.waitForFunction(brought, { timeout: 60_000 });
}

test('JupyterLab: what a reader sets with a slider, Python reads', { timeout: 300_000 }, async t => {
  const folder = temporaryFolder(t);
  const url = await startLab(t, folder);
  writeFileSync(path.join(folder, 'work', 'tiny.ipynb'), JSON.stringify(notebook()));
  const browser = await chromium();
  t.after(() => shut(browser));
  const page = await browser.newPage();
  const failed = [];
  page.on('response', response => {
    if (response.url().startsWith(url) && response.status() >= 500) failed.push(`${response.status()} ${response.url()}`);
  });
  page.on('pageerror', error => failed.push(String(error.message ?? error)));
  await page.setViewport({ width: 1280, height: 1000 });
  await page.goto(`${url}/lab/tree/tiny.ipynb?token=${TOKEN}&reset`, { waitUntil: 'load' });
  await page.waitForSelector('.jp-Notebook .jp-CodeCell', { timeout: 90_000 });

  await runCell(page, () => document.querySelector('.jp-OutputArea .bp-graph input[aria-label="w1"]'));
  const slider = await page.$('.jp-OutputArea .bp-graph input[aria-label="w1"]');
  assert.equal(await slider.evaluate(input => input.valueAsNumber), 0.5);
  await slider.focus();
  for (let press = 0; press < 3; press++) await page.keyboard.press('ArrowRight');
  assert.equal(await slider.evaluate(input => input.valueAsNumber), 1.25);

  await command(page, 'move-cursor-down');
  await runCell(page, () => /Python reads/.test(document.querySelectorAll('.jp-CodeCell')[1]?.querySelector('.jp-OutputArea-output')?.textContent ?? ''));
  const said = await page.$$eval('.jp-CodeCell', cells => cells[1].querySelector('.jp-OutputArea-output').textContent.trim());
  assert.equal(said, 'Python reads 1.25');
  assert.deepEqual(failed, []);
});
