// Starts reveal.js, and lets what is on a slide grow until it fills its room.
addEventListener("DOMContentLoaded", () => {
  const LARGEST = 2.1; // times 16 px
  const SMALLEST = 0.4;
  const QUIZ = 1.5; // is read question by question: its room is scrolled

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

  const fit = (slide) => {
    const room = slide?.querySelector(".room");
    if (!room) return;
    const body = room.firstElementChild;
    if (slide.classList.contains("quiz")) {
      body.style.zoom = QUIZ;
      return;
    }
    for (let zoom = LARGEST; zoom >= SMALLEST; zoom -= 0.05) {
      body.style.zoom = zoom;
      if (fits(room, body)) break;
    }
  };

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
  for (const figure of document.querySelectorAll(".figure .body")) figure.setAttribute("data-prevent-swipe", "");
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
