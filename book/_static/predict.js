// Predict boxes: a field for the guess, and what answers it stays closed until the reader asks. _ext/bp_memory.py has
// marked both. Without this script, and on paper, all is open.
"use strict";
(() => {
  const memory = globalThis.bpMemory;
  const ALWAYS = "setting/always-show";
  const always = () => memory.get(ALWAYS) === true;

  // A region can be closed and still be found: browsers that know how search in it, and open it.
  function open(region, on) {
    region.classList.toggle("bp-open", on);
    if (on) region.removeAttribute("hidden");
    else region.setAttribute("hidden", "until-found");
  }

  function start(box) {
    const { place } = box.dataset;
    const key = `predict/${memory.page}/${place}`;
    const [field, said, button, check] = ["textarea", ".bp-guessed", "button", "input"].map((s) =>
      box.querySelector(s),
    );
    const regions = [...document.querySelectorAll(`.bp-held-${place}`)];
    const notes = document.querySelectorAll(`.bp-held-note-${place}`);

    const kept = () => {
      const { guess, shown } = memory.get(key) ?? {};
      return { guess: typeof guess === "string" ? guess : "", shown: shown === true };
    };
    const keep = (change) => {
      const now = { ...kept(), ...change };
      memory.set(key, now.guess || now.shown ? now : undefined);
    };

    function draw() {
      const { guess, shown } = kept();
      const all = always();
      if (document.activeElement !== field) field.value = guess;
      field.closest("label").hidden = shown || all;
      said.hidden = !guess || !(shown || all);
      said.textContent = guess && `You guessed: ${guess}`;
      button.hidden = all;
      button.textContent = shown ? "Hide the answer" : "Show the answer";
      button.setAttribute("aria-expanded", shown);
      check.checked = all;
      for (const region of regions) open(region, shown || all);
      for (const note of notes) note.hidden = shown || all;
    }

    field.addEventListener("input", () => keep({ guess: field.value.slice(0, 2000) }));
    button.addEventListener("click", () => keep({ shown: !kept().shown }));
    check.addEventListener("change", () => memory.set(ALWAYS, check.checked || undefined));
    for (const region of regions) {
      region.addEventListener("beforematch", () => keep({ shown: true }));
      region.bpShow = () => keep({ shown: true });
    }
    memory.watch("predict/", draw);
    memory.watch(ALWAYS, draw);
    draw();
  }

  // A link to a place inside a closed region opens it.
  function follow() {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    const region = target?.closest(".bp-held[hidden]");
    if (!region) return;
    region.bpShow();
    target.scrollIntoView();
  }

  for (const box of document.querySelectorAll(".bp-guess")) start(box);
  // Regions are open now, or have their attribute: what the page's head did for the first painting is not needed.
  memory.watch(ALWAYS, () => document.documentElement.classList.toggle("bp-always-show", always()));
  document.getElementById("bp-shown")?.remove();
  addEventListener("hashchange", follow);
  follow();
})();
