"""The equations of both passes, each matrix with its shape below it: the figure without JavaScript."""

from __future__ import annotations

import re

import numpy as np

SMALL = "line-height: 0; font-style: normal"
MINUS = "\N{MINUS SIGN}"
COLOURS = {"forward": "var(--bp-forward, #0b5cad)", "backward": "var(--bp-backward, #a84300)"}
SLOPES = {"mean": lambda N, K: f"2/{N * K}", "half mean": lambda N, K: f"1/{N}", "sum": lambda N, K: "2"}

# In the order of calculation. What names a matrix is set as one, with its shape; a name with ' is transposed.
EQUATIONS = {
    "forward": {"Z1": "X W1 + b1", "A1": "relu of Z1", "Z2": "A1 W2 + b2", "L": "{loss} of the squares of Z2 - T"},
    "backward": {
        "dZ2": "{slope} ( Z2 - T )",
        "dW2": "A1' dZ2",
        "db2": "sum of each column of dZ2",
        "dA1": "dZ2 W2'",
        "dZ1": "dA1 ⊙ [ Z1 > 0 ]",
        "dW1": "X' dZ1",
        "db1": "sum of each column of dZ1",
        "dX": "dZ1 W1'",
    },
}


def shape_of(matrix) -> str:
    """3 × 2, which no line is broken in; a vector is one row."""
    return "\N{NO-BREAK SPACE}\N{MULTIPLICATION SIGN}\N{NO-BREAK SPACE}".join(map(str, np.atleast_2d(matrix).shape))


def still(passes: dict, loss: str) -> str:
    """Two lists of equations side by side, or one below the other where there is no room."""
    words = {"loss": loss, "slope": SLOPES[loss](*passes["T"].shape)}

    def line(result: str, right: str) -> str:
        parts = [_matrix(result, passes), _words("="), *(_part(p, passes) for p in right.format(**words).split())]
        return f'<p style="display: flex; flex-wrap: wrap; gap: 0 0.45em; margin: 0.35em 0">{"".join(parts)}</p>'

    columns = [
        f"<div><p><strong>{kind.capitalize()}</strong></p>{''.join(line(*pair) for pair in equations.items())}</div>"
        for kind, equations in EQUATIONS.items()
    ]
    return f'<div style="display: flex; flex-wrap: wrap; gap: 1em 4em">{"".join(columns)}</div>'


def _part(text: str, passes: dict) -> str:
    return _matrix(text, passes) if text.rstrip("'") in passes else _words(text)


def _words(text: str) -> str:
    return f"<span>{text.replace('>', '&gt;').replace('-', MINUS)} </span>"


def _matrix(name: str, passes: dict) -> str:
    """A name above its shape."""
    bare = name.rstrip("'")
    matrix = np.atleast_2d(passes[bare])
    colour = COLOURS["backward" if name.startswith("d") else "forward"]
    symbol = re.sub(r"(\d)", rf'<sub style="{SMALL}">\1</sub>', bare)
    symbol += f'<sup style="{SMALL}">T</sup>' if name != bare else ""
    style = f"display: inline-grid; justify-items: center; line-height: 1.25; color: {colour}"
    shape = shape_of(matrix.T if name != bare else matrix)
    return f'<span style="{style}"><i>{symbol}</i> <small>{shape}</small> </span>'
