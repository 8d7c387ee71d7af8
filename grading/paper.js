// Lays the sheets out in pages: a learner begins on a page with an odd number, and an exercise that fits on a page is not broken.
// What is done here is done in any browser that opens the file, so its own print is the same as the PDF.

(() => {
  const pageOf = (article, pages) => {
    const page = document.createElement("div");
    page.className = "page";
    article.append(page);
    pages.push(page);
    return page;
  };
  const probe = document.createElement("div");
  probe.className = "page";
  document.body.append(probe);
  const style = getComputedStyle(probe);
  const room = probe.clientHeight - Number.parseFloat(style.paddingTop) - Number.parseFloat(style.paddingBottom);
  const wide = probe.clientWidth - Number.parseFloat(style.paddingLeft) - Number.parseFloat(style.paddingRight);
  probe.remove();

  const articles = [...document.querySelectorAll("article")];
  for (const article of articles) article.style.cssText = `padding: 0; width: ${wide}px`; // as wide as on their pages
  const height = (unit) => unit.getBoundingClientRect().height;
  const plans = articles.map((article) => ({
    article,
    blocks: [...article.children].map((block) => {
      const units = block.matches(".unit") ? [block] : [...block.children];
      return { units, heights: units.map(height), wide: Math.max(...units.map((unit) => unit.scrollWidth)) };
    }),
  }));
  const problems = [];
  for (const { article, blocks } of plans) {
    const pages = [];
    let page = pageOf(article, pages);
    let left = room;
    for (const { units, heights, wide: needs } of blocks) {
      const whole = heights.reduce((sum, one) => sum + one, 0);
      if (needs > wide + 1)
        problems.push(`${article.dataset.who}: wider than the page: ${units[0].textContent.slice(0, 40)}`);
      if (whole > left && whole <= room && left < room) [page, left] = [pageOf(article, pages), room];
      let part = null;
      units.forEach((unit, i) => {
        const together = i ? heights[i] : heights[0] + (heights[1] ?? 0); // a prompt, and its first field
        if (together > left && left < room) [page, left, part] = [pageOf(article, pages), room, null];
        if (heights[i] > room)
          problems.push(`${article.dataset.who}: higher than a page: ${unit.textContent.slice(0, 40)}`);
        if (!part) {
          part = document.createElement("section");
          part.className = "exercise";
          page.append(part);
        }
        part.append(unit);
        left -= heights[i];
      });
    }
    for (const empty of article.querySelectorAll(":scope > :not(.page)")) empty.remove();
    const count = pages.length;
    if (count % 2) pageOf(article, pages).classList.add("blank");
    article.style.cssText = "";
    pages.forEach((one, i) => {
      const foot = document.createElement("p");
      foot.className = "foot";
      const said = i < count ? `page ${i + 1} of ${count}` : "";
      for (const text of [article.dataset.who, said])
        foot.append(Object.assign(document.createElement("span"), { textContent: text }));
      one.append(foot);
    });
  }
  document.documentElement.dataset.problems = JSON.stringify(problems);
})();
