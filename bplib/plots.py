"""A plot is a still figure: values in, picture out, with words for those who do not see it.

Every figure becomes SVG that sits in the page itself, so that it takes on the page's colours (light or dark), prints
sharp, and is the same to the byte each time it is drawn.
"""

from __future__ import annotations

import hashlib
import io
import re
from html import escape

import matplotlib
import matplotlib.pyplot as plt
from matplotlib.axes import Axes

# Forward and backward keep their colours through the whole book; blue and orange are told apart by everyone.
FORWARD, BACKWARD, QUIET = "#1b65a6", "#b3500a", "#767676"
_IN_PAGE = {"#000000": "currentColor", FORWARD: f"var(--bp-forward, {FORWARD})",
            BACKWARD: f"var(--bp-backward, {BACKWARD})", QUIET: f"var(--bp-quiet, {QUIET})"}  # fmt: skip

_STYLE = {
    "svg.hashsalt": "backward-pass",  # the same ids in every run
    "svg.fonttype": "none",  # text stays text: it can be selected, searched and read aloud
    "font.family": "sans-serif",
    "font.size": 11,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.linewidth": 0.8,
    "lines.linewidth": 2,
    "legend.frameon": False,
    "figure.facecolor": "none",
    "axes.facecolor": "none",
}


class Picture:
    """A finished figure: its SVG, and `alt`, which says what it shows."""

    def __init__(self, svg: str, alt: str) -> None:
        self.svg, self.alt = svg, alt

    def _repr_html_(self) -> str:
        return f'<div class="bp-plot" role="img" aria-label="{escape(self.alt)}">{self.svg}</div>'

    def __repr__(self) -> str:
        return self.alt


def axes(width: float = 6.4, height: float = 3.6, *, ax: Axes | None = None) -> Axes:
    """Empty axes in the book's style (or `ax` itself); width and height in inches."""
    if ax is not None:
        return ax
    with matplotlib.rc_context(_STYLE):
        fig, ax = plt.subplots(figsize=(width, height), layout="constrained")
    plt.close(fig)  # shown only as a Picture, never a second time by the notebook
    return ax


def picture(ax: Axes, alt: str) -> Picture:
    """The figure of these axes as SVG. `alt` says what it shows, for a screen reader: a sentence with its numbers."""
    if not isinstance(alt, str) or len(alt.split()) < 4:
        raise ValueError(f"picture wants a sentence that says what the figure shows, got {alt!r}")
    out = io.StringIO()
    with matplotlib.rc_context(_STYLE):
        ax.figure.savefig(out, format="svg", metadata={"Date": None, "Creator": None}, transparent=True)
    svg = out.getvalue()
    svg = svg[svg.index("<svg") :]
    # a <style> in the page would be the whole page's; the metadata says nothing
    svg = re.sub(r"\s*<metadata>.*?</metadata>|\s*<defs>\s*<style.*?</style>\s*</defs>", "", svg, flags=re.DOTALL)
    svg = re.sub(r"font-family: [^;\"]+", "font-family: inherit", svg)
    for colour, variable in _IN_PAGE.items():
        svg = svg.replace(colour, variable)
    svg = re.sub(
        r'width="([\d.]+)pt" height="[\d.]+pt"',
        r'style="max-width: \1pt; width: 100%; height: auto; stroke-linejoin: round"',
        svg,
        count=1,
    )
    svg = svg.replace("<svg ", '<svg aria-hidden="true" focusable="false" ', 1)
    # text without a fill attribute is black; the page may be dark
    svg = svg.replace('<text style="', '<text style="fill: currentColor; ')
    return Picture(_unique_ids(svg, alt), alt)


def _unique_ids(svg: str, alt: str) -> str:
    """Ids that no other figure on the page has: matplotlib numbers its groups anew in each file."""
    mark = hashlib.sha256(alt.encode()).hexdigest()[:6]
    svg = re.sub(r'\bid="([^"]+)"', rf'id="{mark}-\1"', svg)
    svg = re.sub(r'(xlink:href="|url\()#', rf"\1#{mark}-", svg)
    return svg
