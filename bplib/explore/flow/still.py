"""The figure as a drawing that does not move: the spread of the activations, and below it the length of the gradient."""

from __future__ import annotations

import math

from ..still import drawing, ink

WIDTH, HEIGHT = 440, 110  # of the drawing; of one panel
TOP, BELOW = 32, HEIGHT + 78  # of the upper panel, and of the lower
LEFT, RIGHT = 52, WIDTH - 14
MINUS = "\N{MINUS SIGN}"


def still(spreads: list[float], gradients: list[float], told: str) -> str:
    """An SVG of two curves over the same layers: one runs right, the other left. `told` is what it shows, in words."""
    depth = len(spreads)

    def x(layer: float) -> float:
        return LEFT + (layer - 0.5) / max(depth, 10) * (RIGHT - LEFT)

    up = _panel(spreads, x, TOP, "forward", f"{_bold('forward →')} spread of the activations")
    down = _panel(gradients, x, BELOW, "backward", f"{_bold('← backward')} length of ∂L/∂Z")
    bottom = BELOW + HEIGHT
    step = next(n for n in (1, 2, 5, 10) if depth <= 5 * n)
    numbers = [_text(x(layer), bottom + 15, str(layer), "middle") for layer in range(step, depth + 1, step)]
    label = _text(LEFT, bottom + 15, "layer", "start") if step > 1 else _text(LEFT - 7, bottom + 15, "layer", "end")
    said = f"Two curves over the layers of a network: {told}."
    inside = (
        f'<g font-size="12.5" fill="none">{_tip("forward")}{_tip("backward")}{up}{down}{label}{"".join(numbers)}</g>'
    )
    return drawing(WIDTH, bottom + 22, said, inside)


def _panel(values: list[float], x, top: float, kind: str, title: str) -> str:
    """One curve over decades, with its title and an arrow at its end; a gap where a number cannot be drawn."""
    logs = [math.log10(v) if 0 < v < math.inf else None for v in values]
    known = [v for v in logs if v is not None] or [0.0]
    low, high = math.floor(min(known)), max(math.ceil(max(known)), math.floor(min(known)) + 4)
    step = next(n for n in (1, 2, 5, 10, 20, 50, 100, 200) if (high - low) <= 4 * n)
    low, high = low // step * step, -(-high // step) * step

    def y(power: float) -> float:
        return top + (high - power) / (high - low) * HEIGHT

    parts = [f'<text x="0" y="{top - 14}" fill="{ink(kind)}" font-size="13.5">{title}</text>']
    for power in range(low, high + 1, step):
        parts.append(f'<path d="M{LEFT} {y(power):.1f}H{RIGHT}" stroke="{ink("quiet")}" stroke-opacity="0.3"/>')
        exponent = f"10<tspan dy='-5' font-size='9'>{str(power).replace('-', MINUS)}</tspan>"
        parts.append(_text(LEFT - 7, y(power) + 4, "1" if power == 0 else exponent, "end"))
    points = [(layer, power) for layer, power in enumerate(logs, 1)]
    if len(points) == 1:
        points = [(0.8, logs[0]), (1.2, logs[0])]
    d, pen = "", "M"
    for layer, power in points if kind == "forward" else reversed(points):
        d += "" if power is None else f"{pen}{x(layer):.1f} {y(power):.1f}"
        pen = "M" if power is None else "L"
    parts.append(f'<path d="{d}" stroke="{ink(kind)}" stroke-width="2.5" marker-end="url(#bp-still-{kind})"/>')
    return "".join(parts)


def _tip(kind: str) -> str:
    size = 'viewBox="0 0 10 10" refX="6" refY="5" markerWidth="12" markerHeight="12" markerUnits="userSpaceOnUse"'
    arrow = f'<path d="M0 0L10 5L0 10z" fill="{ink(kind)}"/>'
    return f'<marker id="bp-still-{kind}" orient="auto" {size}>{arrow}</marker>'


def _text(x: float, y: float, inside: str, anchor: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" fill="{ink("quiet")}" text-anchor="{anchor}">{inside}</text>'


def _bold(words: str) -> str:
    return f'<tspan font-weight="bold">{words}</tspan>'
