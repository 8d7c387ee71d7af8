"""The still of `xor`: the network with its weights and gradients, and what it gives over the plane of its inputs."""

from __future__ import annotations

import math

import numpy as np

from ...nn.layers import ReLU, Sequential, Sigmoid, Tanh
from ..still import Axes, drawing, ink, mix, tag, words

WIDTH, HEIGHT = 736, 400
SPAN = (-0.5, 1.5)  # of both inputs
LEVELS = [0.05, 0.15, 0.25, 0.35, 0.45, 0.55, 0.65, 0.75, 0.85, 0.95]
INPUTS, HIDDEN, OUT = [(24, 130), (24, 270)], [(184, 130), (184, 270)], (313, 200)
DASHED = ["none", "7 5"]  # the two hidden neurons, by the line of each


def still(numbers, grads, network: Sequential) -> str:
    """The figure as it stands, drawn."""
    label = "The network, its weights as lines, and its output over the plane of its two inputs"
    heads = words("The network", 0, 14, size=14, font_weight=600)
    heads += words("Its output for every input", 396, 14, size=14, font_weight=600)
    return drawing(WIDTH, HEIGHT, label, heads, _network(numbers, grads, network), _plane(numbers, network))


def _surface(network: Sequential, count: int = 25) -> list[list[float]]:
    """What the network gives on a grid over the plane, its lowest row first."""
    along = np.linspace(*SPAN, count)
    logits = network.forward(np.array([(x1, x2) for x2 in along for x1 in along]))
    return (1 / (1 + np.exp(-logits))).reshape(count, count).tolist()


def _colour(p: float) -> str:
    return mix("more" if p > 0.5 else "less", 170 * abs(p - 0.5))


def _field(axes: Axes, grid, heights) -> str:
    """A surface in the colours of less and more; heights: where it passes each of LEVELS, None where it never does."""
    left, top, width, height = axes.box
    ground = tag("rect", x=left, y=top, width=width, height=height, fill=_colour(1))
    shown = [(level, z) for level, z in zip(LEVELS, heights, strict=True) if z is not None]
    return ground + "".join(axes.band(grid, z, fill=_colour(level - 0.05)) for level, z in reversed(shown))


def _thumb(line, activation, x: float, y: float) -> str:
    """What a hidden neuron gives over the plane. What goes into it is linear, so the corners say it all."""
    a, b, c = line
    heights = {
        Sigmoid: [math.log(p / (1 - p)) for p in LEVELS],
        Tanh: [math.atanh(2 * p - 1) for p in LEVELS],
        ReLU: [2 * p - 1 if p > 0.5 else None for p in LEVELS],
    }[type(activation)]
    corners = [[a * x1 + b * x2 + c for x1 in SPAN] for x2 in SPAN]
    return _field(Axes(SPAN, SPAN, (x, y, 62, 62)), corners, heights)


def _line(numbers, j: int) -> tuple[float, float, float]:
    """a, b and c of the line a x1 + b x2 + c = 0 on which hidden neuron j is half way."""
    return numbers[j], numbers[2 + j], numbers[4 + j]


def _network(numbers, grads, network: Sequential) -> str:
    """Weights as lines: how wide says how large, the colour which sign, the orange around one its gradient."""
    ends = [((x + 21, y), (u - 31, v + (y - v) * 0.12)) for x, y in INPUTS for u, v in HIDDEN]
    ends += [((196, 130 - 57), (196, 130 - 31)), ((196, 270 + 57), (196, 270 + 31))]
    ends += [((u + 31, v), (OUT[0] - 19, OUT[1] + (v - OUT[1]) * 0.12)) for u, v in HIDDEN]
    ends += [((OUT[0], OUT[1] - 47), (OUT[0], OUT[1] - 21))]
    halos, lines = [], []
    for (start, end), weight, grad in zip(ends, numbers, grads, strict=True):
        line = {"d": f"M{start[0]:.0f} {start[1]:.0f}L{end[0]:.0f} {end[1]:.0f}", "stroke_linecap": "round"}
        width = 1.5 + min(12, 1.3 * abs(weight))
        glow = min(24, 44 * math.sqrt(abs(grad)))
        halos.append(tag("path", stroke=mix("backward", 55), stroke_width=width + glow, **line) if glow > 0.4 else "")
        sign = "more" if weight > 0 else "less" if weight < 0 else "quiet"
        lines.append(tag("path", stroke=ink(sign), stroke_width=width, **line))
    round_ = {"r": 21, "fill": ink("surface"), "stroke": ink("ink"), "stroke_width": 2}
    nodes = [tag("circle", cx=x, cy=y, **round_) for x, y in (*INPUTS, OUT)]
    nodes += [words(f"x_{k}", x, y + 5, "middle", 14) for k, (x, y) in enumerate(INPUTS, 1)]
    for k, (x, y) in enumerate(HIDDEN):
        frame = {"fill": "none", "stroke": ink("ink"), "stroke_width": 2.5, "stroke_dasharray": DASHED[k]}
        nodes.append(_thumb(_line(numbers, k), network.layers[1], x - 31, y - 31))
        nodes.append(tag("rect", x=x - 31, y=y - 31, width=62, height=62, **frame))
        nodes.append(words(f"h_{k + 1}", x - 31, y + 47 if k else y - 38, size=14))
    nodes.append(words("output", OUT[0], OUT[1] + 37, "middle", 14))
    lines.append(words("line: weight, green above 0, purple below", 0, 368, fill="quiet"))
    lines.append(words("orange around it: \N{PARTIAL DIFFERENTIAL}, its gradient", 0, 387, fill="quiet"))
    return "".join(halos + lines + nodes)


def _plane(numbers, network: Sequential) -> str:
    """The output over the plane, the line of each hidden neuron, and the four cases with their targets."""
    axes = Axes(SPAN, SPAN, (420, 46, 308, 308))
    parts = [_field(axes, _surface(network), LEVELS)]
    for j in range(2):
        ends = _across(*_line(numbers, j))
        for width, colour, dash in ((5, "surface", "none"), (2.5, "ink", DASHED[j])):
            if ends:
                drawn = {"stroke": ink(colour), "stroke_width": width, "stroke_dasharray": dash}
                parts.append(tag("path", d=axes.path(ends), **drawn))
        if ends:
            x, y = axes.at(*ends[-j])
            named = (min(max(x, 436), 712), min(max(y, 64), 346))
            parts.append(words(f"h_{j + 1}", *named, "middle", 14, font_weight=600))
    for x1, x2, target in ((0, 0, 0), (0, 1, 1), (1, 0, 1), (1, 1, 0)):
        x, y = axes.at(x1, x2)
        right = (network.forward(np.array([[x1, x2]], float))[0, 0] > 0) == (target == 1)
        disc = {"fill": ink("surface"), "stroke": ink("ink"), "stroke_width": 1.5}
        parts.append(tag("circle", cx=x, cy=y, r=11, **disc) + words(str(target), x, y + 5, "middle", 14))
        mark = "\N{CHECK MARK}" if right else "\N{MULTIPLICATION X}"
        parts.append(words(mark, x + 15, y - 6, "middle", 15, font_weight=700))
    return "".join(parts) + axes.frame((0, 1), (0, 1), "input x_1", "input x_2")


def _across(a: float, b: float, c: float):
    """Where the line a x + b y + c = 0 enters and leaves the square, from left to right; None if it misses it."""
    ends = []
    for at in SPAN:
        ends += [(at, -(a * at + c) / b)] if b else []
        ends += [(-(b * at + c) / a, at)] if a else []
    inside = sorted(end for end in ends if all(SPAN[0] <= v <= SPAN[1] for v in end))
    return [inside[0], inside[-1]] if len(inside) > 1 else None
