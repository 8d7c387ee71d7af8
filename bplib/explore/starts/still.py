"""The still of `starts`: the field of cells after some steps, and what the output of one start sees."""

from __future__ import annotations

from html import escape

import numpy as np

from ..still import drawing, ink, mix, tag, words

WIDTH, HEIGHT, COLUMNS = 736, 292, 20
UNIT, GAP = 24, 4  # from cell to cell, and between them
CASES = ("(0, 0)", "(0, 1)", "(1, 0)", "(1, 1)")
SHADES = np.array([-0.95, -0.6, -0.25, 0, 0.25, 0.6, 0.95])
LEFT, TOP, SIDE = 514, 64, 200  # of the plane


def still(P, hidden, start: int, when: str, note: str) -> str:
    """P: the outputs (starts, 4); hidden: the activations (4, 2) of the start that is looked at."""
    right = (abs(P - [0, 1, 1, 0]) < 0.5).all(axis=1)
    title = f"{right.sum()} of {len(P)} starts solved, {when}"
    parts = [
        words(title, 0, 16, size=15, font_weight=600),
        tag("g", *_cells(P, right, start), transform="translate(0 34)"),
    ]
    parts += [words(f"Start {start}: hidden activations", LEFT, 48), *_plane(hidden)]
    said = (
        "Each cell is one start, its quarters the outputs for (0, 1), (1, 1) above and (0, 0), (1, 0) below: green near 1, "
        "purple near 0, blank at 0.5. Blue frame: all four are right."
    )
    tip = f"\n<p>Try: {escape(note)}</p>" if note else ""
    label = f"{title}. {said}"
    return f"<figure>\n{drawing(WIDTH, HEIGHT, label, *parts)}\n<figcaption>{escape(said)}</figcaption>\n</figure>{tip}"


def _square(x: float, y: float, side: float) -> str:
    return f"M{x:g} {y:g}h{side:g}v{side:g}h{-side:g}z"


def _cells(P, right, start: int) -> list[str]:
    half = (UNIT - GAP) / 2
    paths, frames, rims = [""] * len(SHADES), "", ""
    for i, outputs in enumerate(P):
        x, y = i % COLUMNS * UNIT, i // COLUMNS * UNIT
        for k, p in enumerate(outputs):
            shade = int(np.argmin(abs(SHADES - (2 * p - 1))))
            paths[shade] += _square(x + GAP / 2 + k // 2 * half, y + GAP / 2 + (1 - k % 2) * half, half)
        around = _square(x + 0.75, y + 0.75, UNIT - 1.5)
        rims += around
        if right[i]:
            frames += around
    inks = [mix("more" if s > 0 else "less", 90 * abs(s)) for s in SHADES]
    drawn = [tag("path", d=rims, fill="none", stroke=ink("line"))]
    drawn += [tag("path", d=d, fill=fill) for d, fill in zip(paths, inks, strict=True) if d]
    x, y = (start - 1) % COLUMNS * UNIT, (start - 1) // COLUMNS * UNIT
    chosen = tag("path", d=_square(x - 1, y - 1, UNIT + 2), fill="none", stroke=ink("ink"), stroke_width=2.5)
    return [*drawn, tag("path", d=frames, fill="none", stroke=ink("forward"), stroke_width=1.5), chosen]


def _plane(hidden) -> list[str]:
    frame = {"x": LEFT, "y": TOP - 6, "width": SIDE, "height": SIDE, "fill": "none", "stroke": ink("line")}
    parts, room = [tag("rect", **frame)], SIDE - 24
    near = np.hypot(*(hidden[:, None] - hidden).T) < 0.05
    for k, (a, b) in enumerate(hidden):
        x, y = float(LEFT + 12 + a * room), float(TOP + 6 + (1 - b) * room)
        fill = ink("more" if k in (1, 2) else "less")
        parts.append(
            tag(
                "circle", cx=x, cy=y, r=8 - 2.5 * int(near[k, :k].sum()), fill=fill, stroke=ink("ink"), stroke_width=1.5
            )
        )
        if near[k].argmax() == k:  # those in one place are named together
            together = " ".join(name for name, here in zip(CASES, near[k], strict=True) if here)
            side = -12 if a > 0.5 else 12
            parts.append(
                words(together, x + side, y + (-8.0 if b < 0.5 else 16.0), "end" if a > 0.5 else "start", size=12)
            )
    return parts
