// Typesets a list of formulas: [[tex, display], ...] on stdin, [{html} or {error}, ...] on stdout.
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const katex = (await import(pathToFileURL(process.argv[2]))).default;
const options = { output: "htmlAndMathml", throwOnError: true, strict: "error", trust: false };

/** One formula; its error is data too, so that one run reports every slip in the book. */
function typeset([tex, display]) {
  try {
    // A matrix of one column gets columnspacing="" from KaTeX, which is no MathML, and Firefox says so.
    const html = katex.renderToString(tex, { ...options, displayMode: display }).replaceAll(' columnspacing=""', "");
    return { html };
  } catch (error) {
    return { error: error.message };
  }
}

console.log(JSON.stringify(JSON.parse(readFileSync(0, "utf8")).map(typeset)));
