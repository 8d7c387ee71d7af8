// Paper is light. A style sheet cannot do it alone: what figures drew on a canvas keeps its colours until they draw anew.
// Firefox prints a copy, made right after beforeprint; Chromium also says when a page is only shown as print.
(() => {
  const { dataset } = document.documentElement;
  if (dataset.theme === "auto") dataset.theme = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
  let screen;
  const paper = (on) => {
    if (on) screen ??= dataset.theme;
    else if (screen === undefined) return;
    dataset.theme = on ? "light" : screen;
    if (!on) screen = undefined;
  };
  addEventListener("beforeprint", () => paper(true));
  addEventListener("afterprint", () => paper(false));
  matchMedia("print").addEventListener("change", (event) => paper(event.matches));
})();
