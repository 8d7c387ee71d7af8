// The page that shows the reader what is remembered, and saves it to a file, reads it from one, and erases it.
"use strict";
(() => {
  const memory = globalThis.bpMemory;
  const part = (name) => document.querySelector(`.bp-memory-${name}`);
  const [save, file, erase, sure, really, keep, always] = [
    "save",
    "file",
    "erase",
    "sure",
    "really",
    "keep",
    "always",
  ].map(part);

  const say = (text, where = "said") => {
    part(where).textContent = text;
  };
  const counted = (n, one, many) => `${n} ${n === 1 ? one : many}`;
  const of = (prefix) => memory.keys(prefix).length;

  // ---------- What is there ----------

  function summary() {
    const kept = [
      [of("exercise/"), "exercise", "exercises"],
      [of("quiz/"), "quiz", "quizzes"],
      [of("predict/"), "guess", "guesses"],
      [of("inventory/"), "round of the concept inventory", "rounds of the concept inventory"],
      [of("page/"), "page that you have read in", "pages that you have read in"],
    ].filter(([n]) => n);
    if (!kept.length) return "Nothing is kept at the moment.";
    const parts = kept.map((words) => counted(...words));
    const last = parts.pop();
    return `Kept at the moment: ${parts.length ? `${parts.join(", ")} and ${last}` : last}.`;
  }

  function draw() {
    const refused = "This browser does not keep what you do here, so it is forgotten when you close the page.";
    part("summary").textContent = memory.works ? summary() : `${refused} ${summary()}`;
    always.checked = memory.get("setting/always-show") === true;
  }

  // ---------- A file of it ----------

  function download() {
    const day = new Date().toISOString().slice(0, 10);
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([memory.export()], { type: "application/json" }));
    link.download = `backward-pass-memory-${day}.json`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000); // ms: the browser has it by then
    say(`Saved as ${link.download}, in your browser's folder for downloads.`);
  }

  async function upload() {
    const [given] = file.files;
    if (!given) return;
    try {
      const changed = memory.import(await given.text());
      say(
        changed.length
          ? `Read: ${counted(changed.length, "entry is", "entries are")} new.`
          : "Read: nothing in it is new.",
      );
    } catch ({ message }) {
      say(message);
    }
    file.value = ""; // the same file may be chosen again
  }

  // ---------- Erasing, which cannot be undone ----------

  function ask(on) {
    sure.hidden = !on;
    erase.hidden = on;
    (on ? keep : erase).focus();
  }

  save.addEventListener("click", download);
  file.addEventListener("change", upload);
  erase.addEventListener("click", () => ask(true));
  keep.addEventListener("click", () => ask(false));
  really.addEventListener("click", () => {
    memory.erase();
    ask(false);
    say("Erased. Nothing is kept any more.", "erased");
  });
  sure.addEventListener("keydown", ({ key }) => key === "Escape" && ask(false));
  always.addEventListener("change", () => memory.set("setting/always-show", always.checked || undefined));
  memory.watch("", draw);
  draw();
})();
