"""The still of `paths`: the same graph twice, with one path lit, and with a sum at each node."""

from __future__ import annotations

from html import escape

from ..base import show
from ..still import drawing, ink, tag, words

WIDTH, HEIGHT = 640, 300
R = 17  # px, of a node
TITLE = 26  # px, above each drawing


def still(figure) -> str:
    """Every path on the left, the sweep from the back on the right."""
    rates, back = figure.edges(), figure.sweeps()["back"]
    costs, count = figure.multiplications(), figure.width**figure.layers
    top = [0] * figure.layers
    lit = {(k, i, j) for k, (i, j) in enumerate(zip([0, *top], [*top, 0], strict=True))}
    half = WIDTH // 2 - 14
    left = [words(f"every path: one of {count}", 0.0, 15.0, size=15)]
    left += _graph(rates, (0, half), lit, "ink", lambda k, j: _name(rates, k, j))
    right = [words("factored: one sum at each node", half + 28.0, 15.0, size=15, fill="backward")]
    right += _graph(rates, (half + 28, WIDTH), set(), "backward", lambda k, j: f"∂{show(back[k][j])}")
    found = show(back[0][0])
    caption = (
        f"{count} paths with {_many(figure.layers)} each: {costs['paths']} multiplications for one derivative, "
        f"∂L/∂x = {found}. From the back, each node takes the sum over its edges once: {costs['back']} multiplications for the same "
        f"{found}, and for the derivative of L with respect to every other node too."
    )
    alt = f"A graph of layers with 1, {', '.join([str(figure.width)] * figure.layers)} and 1 nodes, drawn twice."
    tip = f"\n<p>Try: {escape(figure.note)}</p>" if figure.note else ""
    return f"<figure>\n{drawing(WIDTH, HEIGHT, alt, *left, *right)}\n<figcaption>{escape(caption)}</figcaption>\n</figure>{tip}"


def _many(n: int) -> str:
    return "1 multiplication" if n == 1 else f"{n} multiplications"


def _name(rates, k: int, j: int) -> str:
    if k in (0, len(rates)):
        return "L" if k else "x"
    return "abcd"[k - 1] + (f"_{j + 1}" if len(rates[k]) > 1 else "")


def _graph(rates, span, lit, colour: str, inside) -> list[str]:
    """One drawing between two x: edges with their rates, nodes with what `inside` writes."""
    sizes = [*map(len, rates), 1]
    gap = min((HEIGHT - TITLE - 2 * R - 8) / max(max(sizes) - 1, 1), 92)

    def place(k: int, j: int) -> tuple[float, float]:
        x = span[0] + R + 2 + k / (len(sizes) - 1) * (span[1] - span[0] - 2 * R - 4)
        return x, TITLE + (HEIGHT - TITLE) / 2 + (j - (sizes[k] - 1) / 2) * gap

    dense = (span[1] - span[0]) / (len(sizes) - 1) < 75  # too close for a rate on each edge
    lines, texts, nodes = [], [], []
    for k, i, j in ((k, i, j) for k, rows in enumerate(rates) for i, row in enumerate(rows) for j in range(len(row))):
        (x1, y1), (x2, y2) = place(k, i), place(k + 1, j)
        strong = {"stroke": ink("ink"), "stroke_width": 3} if (k, i, j) in lit else {}
        lines.append(tag("path", d=f"M{x1:.0f} {y1:.0f}L{x2:.0f} {y2:.0f}", **strong))
        share = 1 / (max(sizes) + 1) if sizes[k] > 1 and sizes[k + 1] > 1 else 0.5
        if not dense:
            texts.append(tag("text", show(rates[k][i][j]), x=x1 + (x2 - x1) * share, y=y1 + (y2 - y1) * share + 4))
    for k, j in ((k, j) for k, n in enumerate(sizes) for j in range(n)):
        x, y = place(k, j)
        text = inside(k, j)
        nodes.append(tag("circle", cx=x, cy=y, r=R))
        nodes.append(words(text, x, y + 4.5, "middle", 13 if len(text) < 5 else 9.5, colour))
    rim = {"paint_order": "stroke", "stroke": ink("surface"), "stroke_width": 4, "stroke_linejoin": "round"}
    return [
        tag("g", *lines, fill="none", stroke=ink("line")),
        tag("g", *texts, text_anchor="middle", font_size=12, fill=ink("quiet"), **rim),
        tag("g", *nodes, fill=ink("surface"), stroke=ink(colour), stroke_width=1.5),
    ]
