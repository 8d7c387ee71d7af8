// Starts reveal.js, and lets what is on a slide grow until it fills its room.
addEventListener("DOMContentLoaded", () => {
  const LARGEST = 2.1; // times 16 px
  const SMALLEST = 0.4;
  const QUIZ = 1.8;

  /** Whether everything in a slide's room can be seen: rectangles, since reveal scales the whole slide. */
  const fits = (room, body) => {
    const [outer, inner] = [room.getBoundingClientRect(), body.getBoundingClientRect()];
    if (inner.height > outer.height + 0.5) return false;
    const cut = (part) => part.scrollWidth > part.clientWidth + 1;
    const sticksOut = (part) => part.getBoundingClientRect().right > outer.right + 1;
    return (
      ![...body.querySelectorAll("pre")].some(cut) &&
      ![...body.querySelectorAll("table, math, svg, .bp")].some(sticksOut)
    );
  };

  const enlarge = (body, zoom) => {
    body.style.zoom = zoom;
    body.style.setProperty("--zoom", zoom);
  };

  const fit = (slide) => {
    const room = slide?.querySelector(".room");
    if (!room) return;
    const body = room.firstElementChild;
    const largest = slide.classList.contains("quiz") ? QUIZ : LARGEST;
    for (let zoom = largest; zoom >= SMALLEST; zoom -= 0.05) {
      enlarge(body, zoom);
      if (fits(room, body)) break;
    }
  };

  // A quiz grows by what it answers, and stays in sight. A figure does not change its size under the pointer: it is scrolled.
  const watch = new ResizeObserver((changes) => {
    for (const { target: body } of changes) {
      for (const { firstChild } of body.querySelectorAll("legend")) {
        if (firstChild.nodeValue === "1. ") firstChild.remove(); // each question is a quiz of its own here
      }
      if (body.getClientRects().length && !fits(body.parentElement, body)) fit(body.closest("section"));
    }
  });

  // Arrows that turn a knob turn no page. A clicker's keys always do, and reveal would not hear them from a field.
  const inFigure = ({ target }) => target.closest?.(".bp, bp-quiz");
  const CLICKER = { PageDown: () => Reveal.next(), PageUp: () => Reveal.prev() };
  const clicked = (event) => {
    if (!CLICKER[event.key]) return;
    event.preventDefault();
    event.stopPropagation();
    CLICKER[event.key]();
  };
  addEventListener("keydown", clicked, { capture: true });

  Reveal.initialize({
    width: 1280,
    height: 720,
    margin: 0,
    center: false,
    hash: true,
    slideNumber: "c/t",
    transition: "none",
    pdfSeparateFragments: false,
    plugins: [RevealNotes],
    keyboardCondition: (event) => !inFigure(event),
  });
  for (const figure of document.querySelectorAll(".figure .body")) {
    figure.setAttribute("data-prevent-swipe", "");
    if (figure.closest(".quiz")) watch.observe(figure);
  }
  Reveal.on("ready", ({ currentSlide }) => {
    if (Reveal.isPrintView?.()) Reveal.getSlides().forEach(fit);
    else fit(currentSlide);
    document.fonts.ready.then(() => fit(Reveal.getCurrentSlide()));
  });
  Reveal.on("pdf-ready", () => Reveal.getSlides().forEach(fit));
  // A figure draws itself once it is on the screen.
  Reveal.on("slidechanged", ({ currentSlide }) => {
    fit(currentSlide);
    requestAnimationFrame(() => requestAnimationFrame(() => fit(currentSlide)));
  });
});
