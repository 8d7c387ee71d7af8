// A memory that stays with the reader: what was answered, guessed and read, in this browser's localStorage. Nothing is sent.
//
// bpMemory.get(key)             what is kept under a key, or undefined; whoever reads it checks its form
// bpMemory.set(key, value)      keeps anything that JSON can say; undefined forgets the key
// bpMemory.keys(prefix)         the keys that begin so, sorted
// bpMemory.erase(prefix)        forgets them; all, if no prefix is given
// bpMemory.export()             everything as JSON text
// bpMemory.import(text)         adds what was exported; of two entries the later one stays. Throws an Error in words
//                               for the reader, before anything is changed, if it cannot read the text
// bpMemory.page                 this page's path without its ending, as "book/07_two_layer_trace": PAGE in keys
// bpMemory.works                false where the browser refuses to store: then all is kept until the page is closed
// bpMemory.watch(prefix, tell)  calls tell([key, ...]) after a change, made here or in another tab ([] when that one
//                               cleared everything); gives back what ends it
//
// The keys, by who writes them:
//   exercise/ID        {points, of, tries, ...}           an exercise: done when points reach `of`
//   quiz/PAGE/N        {text, done, answers, ...}         the page's Nth quiz; `text` tells whether it is still the same
//   predict/PAGE/N     {guess, shown}                     the page's Nth Predict box
//   page/PAGE          {title, place, read, things}       how far it was read, and the keys of what can be done on it
//   place/last         {page, title, place, heading}      where the reader was last
//   inventory/before   {date, answers}                    the concept inventory, by its exercises' ids; also /after
//   setting/NAME       anything                           such as setting/always-show
//
// In localStorage an entry is "the-backward-pass/1/KEY": {"at": ms, "value": ...}, where 1 is the version of this form.
"use strict";
(() => {
  const BOOK = "the-backward-pass";
  const VERSION = 1;
  const PREFIX = `${BOOK}/${VERSION}/`;
  const KEY = /^[a-z]+\/\S{1,200}$/;

  const here = new Map(); // what the browser did not take: key -> text, or null for what it did not forget
  const changes = new EventTarget();

  // The browser's own store, or null where it is refused: early.html, in the page's head, has put another in its place.
  function opened() {
    try {
      const { localStorage } = globalThis;
      if (localStorage.refused) return null;
      localStorage.setItem(`${PREFIX}probe`, "");
      localStorage.removeItem(`${PREFIX}probe`);
      return localStorage;
    } catch {
      return null;
    }
  }
  const storage = opened();

  // An entry as {at, value}; null for what is none, such as data that another program left here.
  function entry(text) {
    try {
      const { at, value } = JSON.parse(text);
      return Number.isFinite(at) && value !== undefined ? { at, value } : null;
    } catch {
      return null;
    }
  }

  function stored(key) {
    try {
      return storage?.getItem(PREFIX + key) ?? null;
    } catch {
      return null;
    }
  }
  const read = (key) => entry(here.has(key) ? here.get(key) : stored(key));

  // Text under a key, null to forget it.
  function write(key, text) {
    try {
      if (text === null) storage.removeItem(PREFIX + key);
      else storage.setItem(PREFIX + key, text);
      here.delete(key);
    } catch {
      here.set(key, text);
    }
  }

  const tell = (keys) => changes.dispatchEvent(new CustomEvent("change", { detail: keys }));
  const get = (key) => read(key)?.value;

  function set(key, value) {
    if (!KEY.test(key)) throw new Error(`a key is like exercise/7.2, not ${key}`);
    const before = read(key);
    if (before && JSON.stringify(before.value) === JSON.stringify(value)) return;
    write(key, value === undefined ? null : JSON.stringify({ at: Date.now(), value }));
    tell([key]);
  }

  function names() {
    try {
      return Array.from({ length: storage.length }, (_, k) => storage.key(k)).filter((name) => name.startsWith(PREFIX));
    } catch {
      return [];
    }
  }
  function keys(prefix = "") {
    const all = new Set([...names().map((name) => name.slice(PREFIX.length)), ...here.keys()]);
    return [...all].filter((key) => KEY.test(key) && key.startsWith(prefix) && read(key)).sort();
  }

  function erase(prefix = "") {
    const damaged = names().map((name) => name.slice(PREFIX.length));
    const old = [...new Set([...keys(), ...damaged])].filter((key) => key.startsWith(prefix));
    for (const key of old) write(key, null);
    tell(old);
  }

  function exported() {
    const memory = Object.fromEntries(keys().map((key) => [key, read(key)]));
    return `${JSON.stringify({ book: BOOK, version: VERSION, memory }, null, 1)}\n`;
  }

  // The entries of an exported text: [[key, {at, value}], ...].
  function parsed(text) {
    let data;
    try {
      data = JSON.parse(text);
    } catch {
      throw new Error("This is not a file that this page saved: it cannot be read as JSON. Nothing was changed.");
    }
    if (data?.book !== BOOK || typeof data.memory !== "object" || data.memory === null)
      throw new Error("This file does not hold the memory of this book. Nothing was changed.");
    if (data.version !== VERSION)
      throw new Error(`This file has form ${data.version}, and this book reads form ${VERSION}. Nothing was changed.`);
    return Object.entries(data.memory).map(([key, given]) => {
      const found = entry(JSON.stringify(given));
      if (!KEY.test(key) || !found)
        throw new Error(
          `This file is damaged: what it says of “${key.slice(0, 60)}” makes no sense. Nothing was changed.`,
        );
      return [key, found];
    });
  }

  // Adds what a text holds; gives the keys that changed.
  function imported(text) {
    const newer = parsed(text).filter(([key, { at }]) => at > (read(key)?.at ?? -Infinity));
    for (const [key, found] of newer) write(key, JSON.stringify(found));
    const changed = newer.map(([key]) => key);
    tell(changed);
    return changed;
  }

  function watch(prefix, call) {
    const hear = ({ detail }) => {
      const mine = detail?.filter((key) => key.startsWith(prefix));
      if (!detail || mine.length) call(mine ?? []);
    };
    changes.addEventListener("change", hear);
    return () => changes.removeEventListener("change", hear);
  }

  // Another tab changed something; without a key it has cleared everything.
  globalThis.addEventListener?.("storage", ({ key, storageArea }) => {
    if (storageArea && storageArea !== storage) return;
    if (key === null) tell(null);
    else if (key.startsWith(PREFIX) && key !== `${PREFIX}probe`) tell([key.slice(PREFIX.length)]);
  });

  globalThis.bpMemory = {
    get,
    set,
    keys,
    erase,
    export: exported,
    import: imported,
    watch,
    page: globalThis.document?.documentElement.dataset.page ?? "",
    get works() {
      return storage !== null && here.size === 0;
    },
  };
})();
