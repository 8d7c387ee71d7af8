// What the frame of a page does by itself: menus that open, words on buttons, the way back to the top.
// The theme has all of Bootstrap for this, which is 80 KB of script.
"use strict";
(() => {
  const OPENERS = '[data-bs-toggle="dropdown"]';
  const menuOf = (opener) => opener.parentElement.querySelector(".dropdown-menu");
  const isOpen = (opener) => opener.getAttribute("aria-expanded") === "true";

  function turn(opener, open) {
    menuOf(opener).classList.toggle("show", open);
    opener.setAttribute("aria-expanded", open);
  }

  function closeAll() {
    for (const opener of document.querySelectorAll(OPENERS)) if (isOpen(opener)) turn(opener, false);
  }

  document.addEventListener("click", ({ target }) => {
    const opener = target.closest(OPENERS);
    const open = opener && !isOpen(opener);
    closeAll();
    if (open) turn(opener, true);
  });

  // Arrows go through a menu, and Escape leads out of it.
  document.addEventListener("keydown", (event) => {
    const opener = event.target.closest?.(".dropdown")?.querySelector(OPENERS);
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!opener || !(step || (event.key === "Escape" && isOpen(opener)))) return;
    event.preventDefault();
    event.stopPropagation();
    if (!step) {
      closeAll();
      opener.focus();
      return;
    }
    turn(opener, true);
    const items = [...menuOf(opener).querySelectorAll(".dropdown-item")];
    const at = items.indexOf(document.activeElement);
    items[at < 0 ? (step < 0 ? items.length - 1 : 0) : (at + step + items.length) % items.length].focus();
  });

  for (const button of document.querySelectorAll("[data-bs-title]:not([title])")) button.title = button.dataset.bsTitle;

  // Whoever turns back on a narrow screen may want to go all the way.
  const toTop = document.getElementById("pst-back-to-top");
  if (!toTop) return;
  toTop.addEventListener("click", () => scrollTo(0, 0));
  let before = 0; // to ask where the page is would lay it out
  const figures = document.getElementsByClassName("bp");
  const covers = (figure) => {
    const { top, bottom } = figure.getBoundingClientRect();
    return bottom > 0.85 * innerHeight && top < innerHeight;
  };
  const show = () => {
    const wanted = before > scrollY && scrollY > innerHeight && ![...figures].some(covers); // a knob may be there
    toTop.style.display = wanted ? "block" : "none";
    before = scrollY;
  };
  addEventListener("scroll", show, { passive: true });
})();
