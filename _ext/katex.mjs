// Typesets a list of formulas: [[tex, display], ...] on stdin, [{html} or {error}, ...] on stdout.
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const katex = (await import(pathToFileURL(process.argv[2]))).default;
const options = { output: "mathml", throwOnError: true, strict: "error", trust: false };

/** One formula; its error is data too, so that one run reports every slip in the book. */
function typeset([tex, display]) {
  try {
    return { html: katex.renderToString(tex, { ...options, displayMode: display }) };
  } catch (error) {
    return { error: error.message };
  }
}

console.log(JSON.stringify(JSON.parse(readFileSync(0, "utf8")).map(typeset)));
