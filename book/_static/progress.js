// How far the reader has come: this page's place and what was done on it are kept, and marks stand beside the chapters
// in the side bar and on the start page. What can be done says so: data-memory="exercise/7.2" is its key in the memory.
"use strict";
(() => {
  const memory = globalThis.bpMemory;
  const page = memory.page;
  const root = new URL(document.documentElement.dataset.content_root, location.href).href;
  const article = document.querySelector("article.bd-article");
  const PAUSE = 400; // ms without scrolling
  const CONTINUED = /^book\/(\d|primer)/; // the pages that are read from the beginning to the end

  const make = (tag, attributes, ...children) => {
    const element = Object.assign(document.createElement(tag), attributes);
    element.append(...children);
    return element;
  };

  // ---------- What the memory says of a page ----------

  const isDone = (value) => value?.done === true || (value?.of > 0 && value.points >= value.of);

  // How many things can be done on a page, and how many are: null if nothing was done.
  function progress(name) {
    const { things } = memory.get(`page/${name}`) ?? {};
    if (!Array.isArray(things)) return null;
    const done = things.filter((key) => typeof key === "string" && isDone(memory.get(key))).length;
    return done ? { done, of: things.length } : null;
  }

  // ---------- Marks beside links ----------

  const pageOf = (link) =>
    link.href
      .split("#")[0]
      .replace(root, "")
      .replace(/\.html$/, "");

  function mark(link) {
    const found = progress(pageOf(link));
    const old = link.querySelector(".bp-done");
    const title = found ? `${found.done} of ${found.of} done` : "";
    if ((old?.title ?? "") === title) return;
    old?.remove();
    if (!found) return;
    const { done, of } = found;
    const seen = make("span", { ariaHidden: "true" }, done === of ? "✓" : `${done}/${of}`);
    const spoken = make("span", { className: "visually-hidden" }, ` (${title})`);
    link.append(make("span", { className: "bp-done", title }, seen, spoken));
  }

  const LINKS = ".bd-docs-nav a.reference.internal, #the-chapters a.reference.internal";
  function markAll() {
    for (const link of document.querySelectorAll(LINKS)) mark(link);
  }

  // ---------- This page: what is on it, and where the reader is ----------

  // Their keys, each once: an exercise may be shown in two places.
  const things = () => [
    ...new Set(Array.from(document.querySelectorAll("[data-memory]"), (element) => element.dataset.memory)),
  ];

  // A heading in words, its formulas once.
  function words(heading) {
    const copy = heading?.cloneNode(true);
    for (const extra of copy?.querySelectorAll(".headerlink") ?? []) extra.remove();
    return copy?.textContent.trim() ?? "";
  }

  // The part of the page that has been on the screen.
  function seen() {
    const { top, height } = article.getBoundingClientRect();
    return Math.min(Math.max((innerHeight - top) / height, 0), 1);
  }

  // The last heading above the middle of the screen, but for the title.
  function section() {
    const above = (heading) => heading.getBoundingClientRect().top < innerHeight / 2;
    return [...article.querySelectorAll("section > :is(h2, h3)")].filter(above).at(-1);
  }

  function keep(scrolled) {
    const before = memory.get(`page/${page}`)?.read;
    const read = Math.max(before > 0 && before <= 1 ? before : 0, scrolled ? Math.round(seen() * 100) / 100 : 0);
    const title = words(article.querySelector("h1"));
    memory.set(`page/${page}`, { title, read, things: things() });
    const heading = section();
    const here = { page, title, place: words(heading), heading: heading?.parentElement.id ?? "" };
    if (scrolled && CONTINUED.test(page)) memory.set("place/last", here);
  }

  function follow() {
    let timer;
    const later = () => {
      clearTimeout(timer);
      timer = setTimeout(keep, PAUSE, true);
    };
    addEventListener("scroll", later, { passive: true });
    memory.watch("", (keys) => {
      const mine = new Set(things());
      if (keys.some((key) => mine.has(key))) keep(false);
    });
  }

  // ---------- Where nothing can be kept, one line says so ----------

  const REFUSED =
    "This browser does not keep what you do here. The pages work as always, but it is forgotten when you close or reload them.";

  function warn() {
    const line = make("span", { role: "status" });
    const close = make("button", { type: "button", onclick: () => note.remove() }, "Close");
    const note = make("div", { className: "bp-not-kept" }, line, close);
    document.querySelector(".bd-main").append(note);
    requestAnimationFrame(() => line.append(REFUSED)); // a line that is there already when it speaks is read out
  }

  let warned = false;
  memory.watch("", (keys) => {
    markAll();
    if (memory.works || warned || keys.every((key) => /^(page|place)\//.test(key))) return;
    warned = true;
    warn();
  });

  if (page.startsWith("book/") && article && page !== "book/memory") follow();
  markAll();
})();
