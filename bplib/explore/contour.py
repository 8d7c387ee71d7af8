"""A surface seen from above, for still figures: where it lies below a level. The same as `_shared/contour.js`."""

from __future__ import annotations

import math


def rings(grid: list[list[float]], level: float) -> list[list[tuple[float, float]]]:
    """Where a grid of numbers lies below a level: closed rings of (column, row), to be filled by the even-odd rule.

    Each triangle of the grid is cut by at most one line, so that a saddle needs no special case; a rim of infinite
    height around the grid closes every ring. What is no number counts as high.
    """
    rows, columns = len(grid), len(grid[0])

    def height(p):
        c, r = p
        value = grid[r][c] if 0 <= c < columns and 0 <= r < rows else math.inf
        return math.inf if math.isnan(value) else value

    follows, ends = {}, {}  # a cut edge leads to the other cut edge of its triangle; its low end and its high end
    for r in range(-1, rows):
        for c in range(-1, columns):
            for corners in (((c, r), (c + 1, r), (c, r + 1)), ((c + 1, r + 1), (c, r + 1), (c + 1, r))):
                low = [height(p) < level for p in corners]
                for k in range(3):
                    if low[k] and not low[(k + 1) % 3]:
                        into = next(j for j in range(3) if not low[j] and low[(j + 1) % 3])
                        edge = (corners[k], corners[(k + 1) % 3])
                        follows[frozenset(edge)] = frozenset((corners[into], corners[(into + 1) % 3]))
                        ends[frozenset(edge)] = edge

    def crossing(edge):
        low, high = (c1, r1), (c2, r2) = ends[edge]
        part = (level - height(low)) / (height(high) - height(low))  # 0 towards the rim
        return c1 + part * (c2 - c1), r1 + part * (r2 - r1)

    found = []
    while follows:
        ring, at = [], next(iter(follows))
        while at in follows:
            ring.append(crossing(at))
            at = follows.pop(at)
        found.append(ring)
    return found


def levels(lowest: float, highest: float, count: int = 9) -> list[float]:
    """Round numbers between the lowest and the highest height: 1, 2, 5, 10 and so on where the bottom is near 0."""
    if lowest < 0 or lowest * 20 > highest:
        rough = (highest - lowest) / count
        power = 10.0 ** math.floor(math.log10(rough))
        step = next(m * power for m in (1, 2, 5, 10) if m * power >= rough * 0.999)
        series = [k * step for k in range(math.ceil(lowest / step - 1e-9), math.floor(highest / step + 1e-9) + 1)]
    else:
        top = math.floor(math.log10(highest))
        series = [float(f"{m}e{top - down}") for down in range(4) for m in (5, 2, 1)]
        series = [level for level in series if lowest < level < highest][:count][::-1]
    return [level for level in series if lowest < level < highest]
