"""The network as a still picture: the digit, how active each neuron is, what one output wishes and asks of hidden 2."""

from __future__ import annotations

from html import escape
from itertools import pairwise

import numpy as np

from ..still import drawing, ink

WIDTH, TOP, ROW, R = 520, 26, 23, 8.5
SIDE = 118  # px, of the two images
COLUMNS = (180, 278, 384)  # where the discs of hidden 1, hidden 2 and the outputs stand


def draw(levels: list[np.ndarray], asked: np.ndarray, wish: np.ndarray, pixels: np.ndarray, *, target: int,
         label: int) -> str:  # fmt: skip
    """An SVG: `levels` from the pixels to the outputs, what output `target` asks of hidden 2, and of the pixels."""
    x, *discs = levels
    read = int(discs[-1].argmax())
    parts = [_image(x, 0, f"{article(label)}, read as {article(read)}"),
             _image(pixels, 1, f"output {target} asks this of the pixels")]  # fmt: skip
    for at, name in zip(COLUMNS, ("hidden 1", "hidden 2", "outputs"), strict=True):
        parts.append(_text(at - R, 14, name, "quiet"))
    parts += [_line(i, target, value / np.abs(asked).max()) for i, value in enumerate(asked)]
    parts += [_disc(level, j, a) for level, row in enumerate(discs) for j, a in enumerate(row)]
    parts += [_arrow(1, i, value / np.abs(asked).max()) for i, value in enumerate(asked)]
    parts += [_arrow(2, j, value / np.abs(wish).max()) for j, value in enumerate(wish)]
    meanings = {read: "its answer", target: "right answer"}
    parts += [_text(COLUMNS[2] + 31, _y(2, j) + 5, f"{j}  {meanings.get(j, '')}".strip()) for j in range(10)]
    said = _description(discs, asked, target=target, label=label, read=read)
    return drawing(WIDTH, TOP + 16 * ROW + 4, said, f'<g font-size="14">{"".join(parts)}</g>')


def _description(discs: list[np.ndarray], asked: np.ndarray, *, target: int, label: int, read: int) -> str:
    three = [f"neuron {i + 1} {'more' if asked[i] > 0 else 'less'}" for i in np.argsort(-np.abs(asked))[:3]]
    return (
        f"A network of 784 pixels, 16, 16 and 10 neurons reads {article(label)} as {article(read)}. Output {target} is "
        f"at {discs[-1][target]:.3f}, and would have hidden 2 change: above all {', '.join(three[:2])} and {three[2]} active."
    )


def article(digit: int) -> str:
    """A 3, an 8."""
    return f"an {digit}" if digit == 8 else f"a {digit}"


def _y(level: int, j: int) -> float:
    rows = (16, 16, 10)[level]
    return TOP + (j + 0.5) * 16 * ROW / rows


def _tone(value: float) -> str:
    return ink("less" if value < 0 else "more")


def _text(x: float, y: float, words: str, kind: str = "") -> str:
    fill = ink(kind) if kind else "currentColor"
    return f'<text x="{x:g}" y="{y:g}" style="fill:{fill};white-space:pre">{escape(words)}</text>'


def _disc(level: int, j: int, a: float) -> str:
    at = f'cx="{COLUMNS[level]}" cy="{_y(level, j):g}" r="{R}"'
    return f'<circle {at} style="fill:{ink("forward")};fill-opacity:{a:.2f};stroke:{ink("line")}"/>'


def _arrow(level: int, j: int, size: float) -> str:
    x, y, way = COLUMNS[level] + R + 10, _y(level, j), 1 if size < 0 else -1
    tall = 2.5 + 8 * abs(size)
    head, foot, neck = (f"{y + way * h:.1f}" for h in (tall, -tall, tall - min(6, 1.2 * tall)))
    path = f"M{x} {head}L{x + 4.5} {neck}H{x + 1.4}V{foot}H{x - 1.4}V{neck}H{x - 4.5}Z"
    return f'<path d="{path}" style="fill:{_tone(size)}"/>'


def _line(i: int, output: int, share: float) -> str:
    (x, y), (x2, y2) = (COLUMNS[1] + R + 20, _y(1, i)), (COLUMNS[2] - R - 2, _y(2, output))
    path = f"M{x} {y:g}C{(x + x2) / 2:g} {y:g} {(x + x2) / 2:g} {y2:g} {x2} {y2:g}"
    dashes = "stroke-dasharray:5 3;" if share < 0 else ""
    return f'<path d="{path}" style="fill:none;{dashes}stroke:{_tone(share)};stroke-width:{0.3 + 4 * abs(share):.1f}"/>'


def _image(values: np.ndarray, which: int, words: str) -> str:
    """28 x 28 values: ink if none is below zero, else in the colours of signs. Equal neighbours in a row are one line."""
    signed = values.min() < 0
    shades = np.round(8 * values / np.abs(values).max()).astype(int).reshape(28, 28)
    runs: dict[int, list[str]] = {}
    for row, shade in enumerate(shades):
        edges = [0, *(np.flatnonzero(np.diff(shade)) + 1), 28]
        for start, end in pairwise(edges):
            runs.setdefault(int(shade[start]), []).append(f"M{start} {row + 0.5}h{end - start}")
    drawn = "".join(
        f'<path d="{"".join(found)}" style="stroke:{_tone(shade) if signed else "currentColor"};opacity:{abs(shade) / 8:g}"/>'
        for shade, found in sorted(runs.items())
        if shade
    )
    top, first, _, rest = TOP + which * 8 * ROW, *words.partition(" asks this ")
    lines = [words] if not rest else [f"{first} asks this", rest]
    told = "".join(_text(0, top + SIDE + 16 + 16 * k, line, "quiet") for k, line in enumerate(lines))
    frame = f'<rect width="28" height="28" style="fill:none;stroke:{ink("line")};stroke-width:0.2"/>'
    return f'<g transform="translate(0 {top}) scale({SIDE / 28:.3f})" shape-rendering="crispEdges">{drawn}{frame}</g>{told}'
