// Puts a passage under each hit of a search: the paragraph that has most of the words, cut where it is too long.
// The passages are in bp/excerpts.js, so that nothing has to be fetched: a page opened from a disk could not.
"use strict";
(() => {
  const LONGEST = 260; // characters
  const BEFORE = 140; // of them at most in front of the word

  // The paragraphs behind a link: a section's own, or all of the page.
  function candidates(href) {
    const [page, anchor = ""] = href.split("#");
    const sections = EXCERPTS[page.replace(/\.html$/, "")] ?? [];
    const own = anchor ? sections.filter(([id, first]) => id === anchor && first) : [];
    return (own.length ? own : sections).flatMap(([, ...lines]) => lines);
  }

  const places = (line, words) => words.map((word) => line.toLowerCase().indexOf(word)).filter((place) => place >= 0);

  // At most LONGEST characters, whole words only, from the beginning of the sentence if that is near.
  function cut(line, place) {
    if (line.length <= LONGEST) return line;
    const far = Math.max(0, Math.min(place - BEFORE, line.length - LONGEST));
    const sentence = [...line.slice(0, place).matchAll(/[.?!:]\s+/g)]
      .map((end) => end.index + end[0].length)
      .find((at) => at >= far);
    const start = far === 0 ? 0 : (sentence ?? line.indexOf(" ", far) + 1);
    const end = start + LONGEST >= line.length ? line.length : line.lastIndexOf(" ", start + LONGEST);
    return (start ? "… " : "") + line.slice(start, end) + (end < line.length ? " …" : "");
  }

  function excerpt(href, words) {
    const lines = candidates(href);
    const found = lines.map((line) => places(line, words));
    const most = Math.max(0, ...found.map(({ length }) => length));
    const best = found.findIndex(({ length }) => length === most);
    return lines.length ? cut(lines[best], Math.min(...found[best], lines[best].length)) : "";
  }

  function show(item, words) {
    const link = item.querySelector("a");
    const text = link && excerpt(link.getAttribute("href"), words);
    if (!text || item.querySelector(".context")) return;
    const paragraph = document.createElement("p");
    paragraph.className = "context";
    paragraph.textContent = text;
    item.append(paragraph);
    if (SPHINX_HIGHLIGHT_ENABLED) for (const word of words) _highlightText(paragraph, word, "highlighted");
  }

  const stemmer = new Stemmer();
  const query = new URLSearchParams(location.search).get("q") ?? "";
  const words = splitQuery(query.toLowerCase())
    .filter((word) => !stopwords.includes(word))
    .map((word) => stemmer.stemWord(word));
  const items = (records) =>
    records.flatMap(({ addedNodes }) => [...addedNodes]).filter((node) => node.matches?.("ul.search > li"));
  const showAll = (records) => {
    for (const item of items(records)) show(item, words);
  };
  new MutationObserver(showAll).observe(document.getElementById("search-results"), { childList: true, subtree: true });
})();
