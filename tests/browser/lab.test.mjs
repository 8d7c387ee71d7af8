// The figures of the gallery in a real JupyterLab: the reader moves something, and Python reads it.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import net from "node:net";
import path from "node:path";
import { test } from "node:test";
import { chromium, figures, ROOT, shut, temporaryFolder } from "./helpers.mjs";

const TOKEN = "only-for-this-test";
const SECONDS_TO_START = 90;
const GALLERY_TEXT = readFileSync(path.join(ROOT, "book", "gallery.myst.md"), "utf8");

/** The code of a section of the gallery, or of what comes before the first one. */
function codeOf(name) {
  const section = GALLERY_TEXT.split("\n(figure-").find((part, i) => (name ? part.startsWith(`${name})=`) : i === 0));
  assert.ok(section, `the gallery has no section ${name}`);
  return [...section.matchAll(/```\{code-cell\} ipython3\n(?::tags: .*\n)?([\s\S]*?)\n```/g)]
    .map((match) => match[1])
    .join("\n");
}

/** For each figure: a cell that shows it, and one that reads what was set. */
const CELLS = (all) =>
  all.flatMap(({ name, lab }) => [codeOf(name), `figure = _\nprint('Python reads', (${lab.read}))`]);

/** A notebook with these cells and no output. */
const notebook = (cells) => ({
  nbformat: 4,
  nbformat_minor: 5,
  metadata: { kernelspec: { name: "python3", display_name: "Python 3", language: "python" } },
  cells: cells.map((source, i) => ({
    cell_type: "code",
    id: `cell-${i}`,
    metadata: {},
    execution_count: null,
    outputs: [],
    source,
  })),
});

/** The Python that has JupyterLab: BP_PYTHON, else this checkout's own environment, else the PATH's. */
function python() {
  const own = [".venv/bin/python", ".venv/Scripts/python.exe"].map((file) => path.join(ROOT, file)).find(existsSync);
  return process.env.BP_PYTHON ?? own ?? "python3";
}

/** A port that is free now. */
function freePort() {
  return new Promise((resolve) => {
    const probe = net.createServer().listen(0, "127.0.0.1", () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
}

/** Start JupyterLab in a folder of its own, away from the settings of whoever runs the test. */
async function startLab(t, folder) {
  const port = await freePort();
  const place = (name) => {
    mkdirSync(path.join(folder, name));
    return path.join(folder, name);
  };
  const lab = spawn(
    python(),
    [
      "-m",
      "jupyterlab",
      "--no-browser",
      "--allow-root",
      "--ServerApp.ip=127.0.0.1",
      `--ServerApp.port=${port}`,
      "--ServerApp.port_retries=0",
      `--IdentityProvider.token=${TOKEN}`,
      `--ServerApp.root_dir=${place("work")}`,
      "--LabApp.expose_app_in_browser=True",
    ],
    {
      env: {
        ...process.env,
        PYTHONPATH: ROOT,
        JUPYTER_CONFIG_DIR: place("config"),
        JUPYTER_DATA_DIR: place("data"),
        JUPYTER_RUNTIME_DIR: place("runtime"),
        IPYTHONDIR: place("ipython"),
      },
      stdio: ["ignore", "ignore", "pipe"],
    },
  );
  let said = "";
  lab.stderr.on("data", (chunk) => (said += chunk));
  const ended = new Promise((resolve) => lab.once("exit", resolve));
  t.after(async () => {
    lab.kill("SIGTERM"); // on this one it shuts its kernels down and asks nothing
    const late = setTimeout(() => lab.kill("SIGKILL"), 10_000);
    await ended;
    clearTimeout(late);
  });
  const url = `http://127.0.0.1:${port}`;
  for (const end = Date.now() + SECONDS_TO_START * 1000; Date.now() < end; ) {
    assert.equal(lab.exitCode, null, `JupyterLab ended:\n${said.slice(-2000)}`);
    const answer = await fetch(`${url}/api/status?token=${TOKEN}`).catch(() => null);
    if (answer?.ok) return url;
    await new Promise((done) => setTimeout(done, 250));
  }
  throw new Error(`JupyterLab did not answer within ${SECONDS_TO_START} s:\n${said.slice(-2000)}`);
}

/** Ask JupyterLab for one of its commands, as its menus do. */
const command = (page, name) => page.evaluate((id) => void window.jupyterapp.commands.execute(id), `notebook:${name}`);

/** Whether the notebook in front has a kernel that waits for work. */
const kernelIsIdle = () => window.jupyterapp?.shell.currentWidget?.sessionContext?.session?.kernel?.status === "idle";

/** Run the code cell of this number, and wait until it shows something. */
async function runCell(page, index) {
  await page.waitForFunction(kernelIsIdle, { timeout: 90_000 });
  await page.evaluate((i) => {
    window.jupyterapp.shell.currentWidget.content.activeCellIndex = i;
  }, index);
  await command(page, "run-cell");
  const shown = (i) =>
    document.querySelectorAll(".jp-CodeCell")[i]?.querySelector(".jp-OutputArea-output")?.textContent;
  await page.waitForFunction(shown, { timeout: 60_000 }, index);
  return (await page.$$(".jp-CodeCell"))[index];
}

test("JupyterLab: what a reader sets in each figure, Python reads", { timeout: 600_000 }, async (t) => {
  const all = await figures();
  const cells = [codeOf(""), ...CELLS(all)];
  const folder = temporaryFolder(t);
  const url = await startLab(t, folder);
  writeFileSync(path.join(folder, "work", "figures.ipynb"), JSON.stringify(notebook(cells)));
  const browser = await chromium();
  t.after(() => shut(browser));
  const page = await browser.newPage();
  const failed = [];
  page.on("response", (response) => {
    if (response.url().startsWith(url) && response.status() >= 500)
      failed.push(`${response.status()} ${response.url()}`);
  });
  page.on("pageerror", (error) => failed.push(String(error.message ?? error)));
  await page.setViewport({ width: 1280, height: 1400 });
  await page.goto(`${url}/lab/tree/figures.ipynb?token=${TOKEN}&reset`, { waitUntil: "load" });
  await page.waitForSelector(".jp-Notebook .jp-CodeCell", { timeout: 90_000 });
  await page.waitForFunction(kernelIsIdle, { timeout: 90_000 });
  await command(page, "run-cell");
  for (const [n, { name, lab }] of all.entries()) {
    await t.test(name, async () => {
      const output = await runCell(page, 1 + 2 * n);
      await output.waitForSelector(`.bp.bp-${name}`, { timeout: 30_000 });
      assert.equal(await output.$(".bp-failed"), null);
      await lab.move(page, output);
      const said = await (await runCell(page, 2 + 2 * n)).$eval(".jp-OutputArea-output", (area) =>
        area.textContent.trim(),
      );
      assert.equal(said, `Python reads ${lab.expect}`);
    });
  }
  assert.deepEqual(failed, []);
});
