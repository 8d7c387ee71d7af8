import { banner, button, fitted, host, html, OWN_KEYS, put, sentence, svg, tip } from "../_shared/frame.js";
import { contrast, firstSign, isHealthy, patientOf, place, short, spent } from "./model.js";

// doctor: a network that was spoiled on purpose; readings of it are bought one by one, until the reader names the fault.

const [ROW, TOP] = [22, 16]; // px, of one reading, and above the first

function checked(store) {
  const [readings, faults, rows, labels] = ["readings", "faults", "rows", "labels"].map((key) => store.get(key));
  if (!readings.length || !Object.keys(faults).length) throw new Error("doctor wants readings and faults, got none.");
  for (const [name, [family]] of Object.entries(faults)) {
    if (!labels[family]) throw new Error(`doctor has no words for the verdict "${family}".`);
    if (!rows[name]?.every((row) => row.length === readings.length + 1))
      throw new Error(`doctor wants ${readings.length + 1} numbers in each row of "${name}".`);
  }
}

const count = (n, one) => `${n.toLocaleString("en")} ${one}${n === 1 ? "" : "s"}`;

// ---------- PICTURE ----------

// A row for each reading: its name, a strip with the healthy range shaded, and, once it is bought, where the patient stands.
function picture(readings) {
  const title = banner("bp-headline");
  const lines = readings.map((reading) => {
    const [name, band, track] = [
      svg("text", { class: "bp-reading" }),
      svg("rect", { class: "bp-band" }),
      svg("path", { class: "bp-track" }),
    ];
    const [mark, value] = [svg("path", {}), svg("text", { class: "bp-value", "text-anchor": "end" })];
    put(name, reading[1]);
    return { name, band, track, mark, value, el: svg("g", {}, band, track, name, mark, value) };
  });
  const legend = svg("text", { class: "bp-healthy", "text-anchor": "middle", y: 11 });
  put(legend, "healthy");
  const drawing = svg("svg", { role: "img" }, legend, ...lines.map(({ el }) => el));
  const el = html("div", { class: "bp-picture bp-main" }, title.el, drawing);
  let [left, wide, right, last] = [150, 200, 60, null];
  function arrange(width) {
    left = width > 500 ? 250 : 138;
    right = width > 500 ? 80 : 50;
    wide = width - left - right;
    const high = TOP + ROW * readings.length;
    legend.setAttribute("x", left + wide / 2);
    for (const [k, { name, band, track, value }] of lines.entries()) {
      const y = TOP + ROW * k + ROW / 2;
      for (const [node, at] of [
        [name, { x: 0, y: y + 5 }],
        [value, { x: width - 2, y: y + 5 }],
        [band, { x: left + wide / 3, y: y - 8, width: wide / 3, height: 16 }],
        [track, { d: `M${left} ${y}h${wide}` }],
      ])
        for (const key in at) node.setAttribute(key, at[key]);
    }
    for (const [key, v] of Object.entries({ width, height: high, viewBox: `0 0 ${width} ${high}` }))
      drawing.setAttribute(key, v);
    if (last) show(last);
  }
  function show(now) {
    last = now;
    const { patient, seen, headline } = now;
    title.write([headline]);
    for (const [k, { mark, value }] of lines.entries()) {
      const shown = seen.includes(readings[k][0]);
      const given = patient.row[k];
      const good = isHealthy(given, readings[k]);
      const [x, y] = [left + (wide * (1 + place(given, readings[k]))) / 3, TOP + ROW * k + ROW / 2];
      mark.setAttribute("class", good ? "bp-good" : "bp-bad");
      mark.setAttribute("d", shown ? (good ? disc(x, y) : `M${x} ${y - 7}l7 7l-7 7l-7 -7z`) : "");
      put(value, shown ? short(given) : "?");
    }
    const told = readings.flatMap(([key, name], k) =>
      seen.includes(key)
        ? [`${name} ${short(patient.row[k])}${isHealthy(patient.row[k], readings[k]) ? "" : ", not healthy"}`]
        : [],
    );
    drawing.setAttribute("aria-label", told.length ? `Readings: ${told.join("; ")}` : "No reading was taken yet");
  }
  return { el, arrange, show };
}

const disc = (x, y) => `M${x - 5} ${y}a5 5 0 1 0 10 0a5 5 0 1 0 -10 0z`;

// ---------- KNOBS ----------

function told(store, data, patient) {
  const [guess, solved, bought] = ["guess", "solved", "bought"].map((key) => store.get(key));
  const [, line, right, why] = data.faults[patient.name];
  const quoted = (code) => (/[=]|assert/.test(code) ? `“${code.split(/ +#/)[0]}”` : code);
  const truth = `${data.labels[patient.verdict]}. The line was ${quoted(line)}, and it should be ${quoted(right)}. It shows because ${why}.`;
  const healthy = "nothing, this network is healthy.";
  const said = patient.verdict === "nothing" ? healthy : truth;
  const sign = firstSign(data.readings, patient.row);
  const least = data.readings.slice(0, (sign < 0 ? data.readings.length - 2 : sign) + 1);
  const par = `${count(spent(data.readings, bought), "step")} spent; from the top, it takes ${count(
    least.reduce((sum, [, , cost]) => sum + cost, 0),
    "step",
  )}.`;
  if (solved)
    return `${guess === patient.verdict ? "Right" : "It was"}: ${said} ${guess === patient.verdict ? par : ""}`;
  if (!guess)
    return "Measure what you like, but steps cost. Then name the fault: a wrong guess costs the reading that refutes it.";
  const found = contrast(data, patient, guess);
  const verdict = guess === "nothing" ? "If it were healthy" : `If it were ${data.labels[guess]}`;
  if (!found) return `It is something else. ${verdict}, all readings would be much the same, so look at the sizes.`;
  const [, name] = data.readings[found.k];
  return `${verdict}, “${name}” would be about ${short(found.would)}, and here it is ${short(found.has)}.`;
}

function controls(store, data) {
  const buy = (key) => store.get("bought").includes(key) || store.set("bought", [...store.get("bought"), key]);
  const buys = data.readings.map(([key, name, cost]) =>
    button(`${name} · ${cost.toLocaleString("en")}`, () => buy(key), { class: "bp-buy" }),
  );
  const options = Object.entries(data.labels).map(([verdict, label]) => html("option", { value: verdict }, label));
  const select = html(
    "select",
    { "aria-label": "What is wrong?", ...OWN_KEYS },
    html("option", { value: "" }, "What is wrong?"),
    ...options,
  );
  function diagnose() {
    if (!select.value || store.get("solved")) return;
    store.set("guess", select.value);
    store.set("tries", store.get("tries") + 1);
    const right = select.value === patientOf(data, store.get("patient")).verdict;
    if (right) store.set("right", store.get("right") + (store.get("tries") === 1));
    if (right) store.set("solved", true);
    // What refutes a guess is a reading like any other: seen, and paid.
    const refuting = contrast(data, patientOf(data, store.get("patient")), select.value);
    if (!right && refuting) buy(data.readings[refuting.k][0]);
  }
  function tell() {
    if (store.get("solved")) return;
    store.set("guess", "");
    store.set("solved", true);
  }
  function next() {
    select.value = "";
    store.set("patients", store.get("patients") + 1);
    for (const [key, value] of Object.entries({ bought: [], guess: "", tries: 0, solved: false }))
      store.set(key, value);
    store.set("patient", Math.floor(Math.random() * 1e9));
  }
  const answer = html(
    "div",
    { class: "bp-bar" },
    select,
    button("Diagnose", diagnose),
    button("Tell me", tell),
    button("New patient", next),
  );
  const measure = html(
    "div",
    { class: "bp-buys", role: "group", "aria-label": "Measure, for so many training steps" },
    ...buys,
  );
  function show(seen) {
    for (const [k, one] of buys.entries()) one.setAttribute("aria-pressed", String(seen.includes(data.readings[k][0])));
  }
  return { measure, answer, show };
}

export function mount(box, store) {
  checked(store);
  const data = Object.fromEntries(["readings", "faults", "rows", "labels"].map((key) => [key, store.get(key)]));
  const view = picture(data.readings);
  const { el: says, say } = sentence();
  const pressed = controls(store, data);
  box.append(view.el, pressed.measure, pressed.answer, says, tip(store.get("note")));
  function redraw() {
    const patient = patientOf(data, store.get("patient"));
    const [bought, solved] = [store.get("bought"), store.get("solved")];
    const seen = solved ? data.readings.map(([key]) => key) : bought;
    const reads = `${Math.round(100 * (patient.row.at(-1) ?? 0))} %`;
    const headline = `Patient ${store.get("patients")} reads ${reads} of new digits. ${count(spent(data.readings, bought), "step")} spent.`;
    view.show({ patient, seen, headline });
    pressed.show(seen);
    const score = solved
      ? ` ${store.get("right")} of ${count(store.get("patients"), "patient")} right at the first try.`
      : "";
    say([told(store, data, patient) + score]);
  }
  const unfit = fitted(box, view.arrange);
  redraw();
  const unwatch = store.watch(redraw);
  return () => {
    unfit();
    unwatch();
  };
}

const { widget, define } = host("bp-doctor", {
  defaults: {
    readings: [],
    faults: {},
    rows: {},
    labels: {},
    patient: 1,
    patients: 1,
    bought: [],
    guess: "",
    tries: 0,
    solved: false,
    right: 0,
    note: "",
  },
  mount,
});

export { contrast, define, firstSign, patientOf, place, short };
export default widget;
