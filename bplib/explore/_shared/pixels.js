import { html, themed } from "./frame.js";

// A picture made of numbers: 0 is the paper, +1 the colour of "more", −1 the colour of "less"; or paper to ink.

// The colour of a custom property such as --bp-more, as [r, g, b]; found by the browser itself, whatever notation it has.
function colour(el, property) {
  const probe = html("span", { style: `color: var(${property}); display: none; forced-color-adjust: none` });
  el.append(probe);
  const canvas = html("canvas", { width: 1, height: 1 }).getContext("2d", { willReadFrequently: true });
  canvas.fillStyle = getComputedStyle(probe).color || "gray";
  probe.remove();
  canvas.fillRect(0, 0, 1, 1);
  return [...canvas.getImageData(0, 0, 1, 1).data.slice(0, 3)];
}

// {el, paint(values), end}: columns x rows numbers from −1 to 1, row by row from the top; the style sheet gives its size.
// kind: "signed" (less, paper, more), or "ink" (paper to ink, for photographs and digits).
export function pixels({ columns, rows, label, kind = "signed" }) {
  const canvas = html("canvas", { width: columns, height: rows, class: "bp-pixels", role: "img", "aria-label": label });
  const pen = canvas.getContext("2d");
  const image = pen.createImageData(columns, rows);
  let values = [];
  let colours;
  const mix = () => {
    const names =
      kind === "ink" ? ["--bp-surface", "--bp-surface", "--bp-ink"] : ["--bp-less", "--bp-surface", "--bp-more"];
    return names.map((name) => colour(canvas.parentElement, name));
  };
  function redraw() {
    if (!canvas.isConnected || !values.length) return;
    colours ??= mix();
    const [less, paper, more] = colours;
    for (let i = 0; i < columns * rows; i++) {
      const value = Math.max(-1, Math.min(1, values[i])) || 0; // NaN is painted as paper
      const far = value < 0 ? less : more;
      for (let k = 0; k < 3; k++) image.data[4 * i + k] = paper[k] + (far[k] - paper[k]) * Math.abs(value);
      image.data[4 * i + 3] = 255;
    }
    pen.putImageData(image, 0, 0);
  }
  const end = themed(() => {
    colours = undefined;
    redraw();
  });
  const paint = (given) => {
    values = given;
    if (canvas.isConnected) redraw();
    else requestAnimationFrame(redraw); // colours are known once it stands in the page
  };
  return { el: canvas, paint, end };
}
