// A figure told beat by beat: Play and Pause, Back and Next, everything at once, and how fast.

import { button, html, OWN_KEYS, put, ticker } from "./frame.js";

const BEAT = 900; // ms, at speed 1
const LONGEST_FRAME = 100; // ms that count at most: who looks away for a while finds the beat where it was
const SPEEDS = [0.5, 1, 2];

// The beat that follows from a move; -1, where everything is shown, lies between the last one and the first.
export const moved = (at, by, count) =>
  ({ first: 0, all: -1, next: at + 1 < count ? at + 1 : -1, back: at < 0 ? count - 1 : Math.max(at - 1, 0) })[by];

// `at()` is the beat that is shown, -1 for everything, of `count()`; `move(by)` goes to another, by "first", "back",
// "next" or "all"; `between(part)` draws what moves while a beat lasts, part going from 0 to 1; `lasts(k)` says how long
// beat k is, 1 being the usual.
// Who asked for less motion gets no Play, and steps.
export function player(box, { at, count, move, between = () => {}, lasts = () => 1 }) {
  const still = matchMedia("(prefers-reduced-motion: reduce)");
  let speed = 1;
  let part = 0;
  let last = 0;
  const clock = ticker(box, () => {
    const now = performance.now();
    part += (Math.min(now - last, LONGEST_FRAME) / (BEAT * lasts(at()))) * speed;
    last = now;
    if (part < 1) return between(part);
    part = 0;
    between(1);
    move("next");
    if (at() < 0) pause();
  });
  const hush = (on) => {
    for (const says of box.querySelectorAll(".bp-say")) says.setAttribute("aria-live", on ? "off" : "polite");
  };
  function show() {
    put(play, clock.running() ? "Pause" : "Play");
    box.classList.toggle("bp-playing", clock.running());
    hush(clock.running()); // a screen reader would be a sentence behind; it reads the one at which we stop
  }
  function pause() {
    clock.stop();
    part = 0;
    between(1);
    show();
  }
  function start() {
    if (at() < 0 || at() === count() - 1) move("first");
    [part, last] = [0, performance.now()];
    clock.start();
    show();
  }
  const play = button("Play", () => (clock.running() ? pause() : start()), { class: "bp-play" });
  const by = (label, where) =>
    button(label, () => {
      pause();
      move(where);
    });
  const [back, next, all] = [by("Back", "back"), by("Next", "next"), by("Show all", "all")];
  const pace = html("select", { "aria-label": "Speed", change: () => (speed = Number(pace.value)), ...OWN_KEYS });
  pace.append(...SPEEDS.map((s) => html("option", { value: s, selected: s === 1 }, `${s}×`)));
  const progress = html("span", { class: "bp-progress" });
  const parts = [play, back, next, all, pace, progress];
  const el = html("div", { class: "bp-bar bp-player", role: "group", "aria-label": "Steps" }, ...parts);
  const heed = () => {
    if (still.matches && clock.running()) pause();
    play.hidden = pace.hidden = still.matches;
  };
  heed();
  still.addEventListener("change", heed);
  const end = () => {
    clock.end();
    still.removeEventListener("change", heed);
  };
  return { el, next, pause, running: clock.running, say: (text) => put(progress, text), end };
}
