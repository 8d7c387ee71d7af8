// Finds the browsers that the tests drive. `node tools/browser.mjs` prints what it found.
//   Chromium: BP_CHROMIUM, one on the PATH or in the usual places, else a download.
//             (On Debian, as root, `make test` has installed both before: tools/system_needs.py.)
//   Firefox:  BP_FIREFOX, one on the PATH or in the usual places; the tests say so plainly when there is none.
import { accessSync, constants, statSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";

const SECONDS_TO_DOWNLOAD = 60;
const NAMES = {
  chromium: ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge"],
  firefox: ["firefox", "firefox-esr"],
};
const USUAL_PLACES = {
  chromium: {
    darwin: [
      "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
      "/Applications/Chromium.app/Contents/MacOS/Chromium",
      "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
    ],
    win32: ["Google\\Chrome\\Application\\chrome.exe", "Microsoft\\Edge\\Application\\msedge.exe"],
  },
  firefox: {
    darwin: ["/Applications/Firefox.app/Contents/MacOS/firefox"],
    win32: ["Mozilla Firefox\\firefox.exe"],
  },
};

/** Whether a path is a file that may be run. */
function isProgram(file) {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}

/** Every place where a browser of this kind may already be. */
function candidates(kind) {
  const suffix = process.platform === "win32" ? ".exe" : "";
  const folders = (process.env.PATH ?? "").split(path.delimiter).filter(Boolean);
  const onPath = NAMES[kind].flatMap((name) => folders.map((folder) => path.join(folder, name + suffix)));
  const usual = USUAL_PLACES[kind][process.platform] ?? [];
  const roots = [process.env.PROGRAMFILES, process.env["PROGRAMFILES(X86)"], process.env.LOCALAPPDATA].filter(Boolean);
  const places =
    process.platform === "win32" ? usual.flatMap((file) => roots.map((root) => path.join(root, file))) : usual;
  return [...onPath, ...places];
}

/** A browser that is already on this machine, or null. An address in the environment has to be right. */
function installed(kind) {
  const variable = `BP_${kind.toUpperCase()}`;
  const given = process.env[variable];
  if (given && !isProgram(given)) throw new Error(`${variable} is set to ${given}, which is no program`);
  return given || candidates(kind).find(isProgram) || null;
}

/** The folder where downloads are kept between runs. */
const cache = () => path.join(os.homedir(), ".cache", "backward-pass", "browsers");

/** What is given up on after a while: a closed network often hangs instead of failing. */
function within(seconds, promise) {
  const late = new Promise((_, reject) => {
    setTimeout(() => reject(new Error(`no answer within ${seconds} s`)), seconds * 1000).unref();
  });
  return Promise.race([promise, late]);
}

/** The driver's own download of a headless Chromium. */
async function download(notes) {
  const { Browser, detectBrowserPlatform, getInstalledBrowsers, install, resolveBuildId } = await import(
    "@puppeteer/browsers"
  );
  const browser = Browser.CHROMEHEADLESSSHELL;
  try {
    const cacheDir = cache();
    const kept = (await getInstalledBrowsers({ cacheDir })).find((one) => one.browser === browser);
    if (kept) return kept.executablePath;
    const buildId = await within(SECONDS_TO_DOWNLOAD, resolveBuildId(browser, detectBrowserPlatform(), "stable"));
    return (await within(SECONDS_TO_DOWNLOAD, install({ browser, buildId, cacheDir }))).executablePath;
  } catch (error) {
    notes.push(`download: ${error.message}`);
    return null;
  }
}

/** The path of a Chromium, and how it came to be there; throws with advice when there is none. */
export async function findChromium() {
  const notes = [];
  const here = installed("chromium");
  if (here) return { path: here, how: "already installed" };
  const fetched = await download(notes);
  if (fetched) return { path: fetched, how: "downloaded by the driver" };
  const advice = "Install Chromium or Chrome (Debian: apt-get install chromium), or set BP_CHROMIUM to its path.";
  const tried = [`PATH: none of ${NAMES.chromium.join(", ")}`, ...notes].map((note) => `  - ${note}\n`);
  throw Object.assign(new Error(`No Chromium, and none could be had:\n${tried.join("")}${advice}`), { code: "NONE" });
}

/** The path of a Firefox, or null. */
export const findFirefox = () => installed("firefox");

/** Say what there is. */
async function main() {
  const firefox = findFirefox();
  console.log(`Firefox:  ${firefox ?? "not to be had (install it, or set BP_FIREFOX to its path)"}`);
  try {
    const chromium = await findChromium();
    console.log(`Chromium: ${chromium.path} (${chromium.how})`);
  } catch (error) {
    console.error(error.message);
    process.exit(error.code === "NONE" ? 3 : 1); // 3: there is none, which is no fault of the tests
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) await main();
