import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import vm from "node:vm";

const SCRIPT = readFileSync(new URL("../../book/_static/memory.js", import.meta.url), "utf8");
const PREFIX = "the-backward-pass/1/";

/** What stands in for a browser's storage: as much of it as the script uses, with room for so many characters. */
function storage(entries = {}, { most = Infinity } = {}) {
  const kept = new Map(Object.entries(entries));
  return {
    kept,
    get length() {
      return kept.size;
    },
    key: (k) => [...kept.keys()][k] ?? null,
    getItem: (key) => kept.get(key) ?? null,
    removeItem: (key) => kept.delete(key),
    setItem(key, text) {
      if (text.length > most) throw new Error("QuotaExceededError");
      kept.set(key, text);
    },
  };
}

/** The script in a page of its own; `now` is its clock. */
function page(localStorage, { now = () => 1000 } = {}) {
  const tab = new EventTarget();
  const globals = { CustomEvent, EventTarget, Date: { now }, addEventListener: tab.addEventListener.bind(tab) };
  const context = vm.createContext(globals);
  Object.defineProperty(context, "localStorage", {
    get() {
      if (!localStorage) throw new Error("SecurityError");
      return localStorage;
    },
  });
  vm.runInContext(SCRIPT, context);
  const hears = (key) => tab.dispatchEvent(Object.assign(new Event("storage"), { key, storageArea: localStorage }));
  return { memory: context.bpMemory, hears };
}

const plain = (value) => JSON.parse(JSON.stringify(value)); // objects of another context have other prototypes

test("what is kept is found again, on another page too", () => {
  const disk = storage();
  const { memory } = page(disk);
  memory.set("exercise/7.2", { points: 1, of: 2, tries: 3 });
  memory.set("setting/always-show", true);
  const { memory: later } = page(disk);
  assert.deepEqual(plain(later.get("exercise/7.2")), { points: 1, of: 2, tries: 3 });
  assert.deepEqual(plain(later.keys()), ["exercise/7.2", "setting/always-show"]);
  assert.deepEqual(plain(later.keys("exercise/")), ["exercise/7.2"]);
  assert.equal(later.get("exercise/7.3"), undefined);
  assert.ok(later.works);
  later.set("exercise/7.2", undefined);
  assert.deepEqual(plain(memory.keys()), ["setting/always-show"]);
});

test("a key has a kind and a name", () => {
  const { memory } = page(storage());
  for (const key of ["", "exercise", "exercise/", "7.2", "exercise/7 2"])
    assert.throws(() => memory.set(key, 1), /a key is like exercise\/7.2/);
});

test("data that others left, or that are damaged, break nothing and are passed over", () => {
  const bad = ["", "{", "null", "7", '"x"', "[]", "{}", '{"at":"now","value":1}', '{"at":1}'];
  const entries = Object.fromEntries(bad.map((text, k) => [`${PREFIX}exercise/${k}`, text]));
  const disk = storage({ ...entries, other: "1", "the-backward-pass/2/exercise/1": '{"at":1,"value":1}' });
  const { memory } = page(disk);
  assert.deepEqual(plain(memory.keys()), []);
  for (const k of bad.keys()) assert.equal(memory.get(`exercise/${k}`), undefined);
  memory.set("exercise/0", 5);
  assert.equal(memory.get("exercise/0"), 5);
  memory.erase();
  assert.deepEqual([...disk.kept.keys()], ["other", "the-backward-pass/2/exercise/1"]);
});

test("erase forgets all, or what begins with a prefix", () => {
  const { memory } = page(storage());
  for (const key of ["quiz/a/1", "quiz/a/2", "predict/a/1"]) memory.set(key, 1);
  memory.erase("quiz/");
  assert.deepEqual(plain(memory.keys()), ["predict/a/1"]);
  memory.erase();
  assert.deepEqual(plain(memory.keys()), []);
});

test("where the browser refuses, all works on this page and is gone with it", () => {
  const { memory } = page(null);
  assert.equal(memory.works, false);
  memory.set("quiz/a/1", [1]);
  assert.deepEqual(plain(memory.get("quiz/a/1")), [1]);
  assert.deepEqual(plain(memory.keys()), ["quiz/a/1"]);
  assert.match(memory.export(), /quiz\/a\/1/);
  memory.erase();
  assert.deepEqual(plain(memory.keys()), []);
  assert.deepEqual(plain(page(null).memory.keys()), []);
});

test("what is too long for the browser stays on this page, and the older text does not come back", () => {
  const disk = storage({}, { most: 60 });
  const { memory } = page(disk);
  memory.set("predict/a/1", "short");
  assert.ok(memory.works);
  memory.set("predict/a/1", "long ".repeat(20));
  assert.equal(memory.works, false);
  assert.equal(memory.get("predict/a/1"), "long ".repeat(20));
  memory.set("predict/a/1", "shorter");
  assert.ok(memory.works, "now everything is kept");
  assert.equal(page(disk).memory.get("predict/a/1"), "shorter");
});

test("what was exported can be imported: of two entries the later one stays", () => {
  let clock = 1;
  const now = () => clock;
  const { memory: desk } = page(storage(), { now });
  const { memory: train } = page(storage(), { now });
  desk.set("exercise/7.1", "old");
  train.set("exercise/7.2", "of the train");
  clock = 2;
  train.set("exercise/7.1", "new");
  desk.set("exercise/7.3", "of the desk");
  assert.deepEqual(plain(desk.import(train.export())), ["exercise/7.1", "exercise/7.2"]);
  const got = desk.keys().map((key) => desk.get(key));
  assert.deepEqual(plain(got), ["new", "of the train", "of the desk"]);
  assert.deepEqual(plain(desk.import(train.export())), [], "nothing new");
  assert.deepEqual(plain(train.import(desk.export())), ["exercise/7.3"]);
  assert.equal(train.export(), desk.export());
});

test("an import that cannot be read is refused in words, and nothing is lost", () => {
  const { memory } = page(storage());
  memory.set("exercise/7.1", 1);
  const before = memory.export();
  const file = (change) => JSON.stringify({ ...JSON.parse(before), ...change });
  const good = { at: 9999, value: 2 };
  const refused = [
    ["", /cannot be read as JSON/],
    ["<html>", /cannot be read as JSON/],
    ["null", /does not hold the memory of this book/],
    ["[]", /does not hold the memory of this book/],
    [file({ book: "another" }), /does not hold the memory of this book/],
    [file({ memory: 3 }), /does not hold the memory of this book/],
    [file({ memory: null }), /does not hold the memory of this book/],
    [file({ version: 2 }), /form 2, and this book reads form 1/],
    [file({ memory: { "exercise/7.1": good, nonsense: good } }), /what it says of “nonsense” makes no sense/],
    [file({ memory: { "exercise/7.1": good, "exercise/7.2": 5 } }), /“exercise\/7.2” makes no sense/],
  ];
  for (const [text, why] of refused) {
    assert.throws(() => memory.import(text), why, text);
    assert.throws(() => memory.import(text), /Nothing was changed/);
  }
  assert.equal(memory.export(), before);
});

test("a change is told to those who watch its keys, and one in another tab too", () => {
  const { memory, hears } = page(storage());
  const told = [];
  const end = memory.watch("exercise/", (keys) => told.push(plain(keys)));
  memory.set("exercise/7.1", 1);
  memory.set("exercise/7.1", 1); // no change
  memory.set("quiz/a/1", 1);
  hears(`${PREFIX}exercise/7.2`);
  hears("other");
  hears(null);
  memory.erase();
  end();
  memory.set("exercise/7.1", 1);
  assert.deepEqual(told, [["exercise/7.1"], ["exercise/7.2"], [], ["exercise/7.1"]]);
});
