"""A gradient check nudges each number a little, both ways, and compares the slope it sees with the one you computed.

It imports no other module of the package: an oracle that shared code with what it judges would share its mistakes.
Standard library only; arrays are met with NumPy's own methods, so NumPy is needed only by those who pass arrays.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise


@dataclass(frozen=True)
class Entry:
    """One number that was nudged: where it is, the slope measured, the slope claimed, their relative error."""

    where: str
    numeric: float
    claimed: float
    error: float


@dataclass(frozen=True)
class GradCheck:
    """What a gradient check found.

    entries    one Entry for each number nudged
    worst      the Entry with the largest relative error
    ok         whether that error is at most `tolerance`
    by_name    the relative error of each gradient as a whole, in the order in which they were given
    first      the first name whose error as a whole is larger than `tolerance`, or None
    """

    entries: tuple[Entry, ...]
    tolerance: float

    @property
    def worst(self) -> Entry:
        return max(self.entries, key=lambda e: math.inf if math.isnan(e.error) else e.error)

    @property
    def ok(self) -> bool:
        return self.worst.error <= self.tolerance  # False for NaN too

    @property
    def by_name(self) -> dict[str, float]:
        """Name -> length of the difference over the sum of the two lengths: one small entry cannot raise it alone."""
        rows: dict[str, list[Entry]] = {}
        for e in self.entries:
            rows.setdefault(e.where.split("[")[0], []).append(e)
        return {name: _relative_length(row) for name, row in rows.items()}

    @property
    def first(self) -> str | None:
        return next((name for name, error in self.by_name.items() if not error <= self.tolerance), None)

    def __bool__(self) -> bool:
        return self.ok

    def __repr__(self) -> str:
        w, n = self.worst, f"{len(self.entries)} checked"
        if w.error < 1e-7:  # below that only rounding is left, and its digits differ between machines
            return f"gradients agree: {n}, worst relative error below 1e-7"
        verdict = "agree" if self.ok else "DIFFER"
        return (
            f"gradients {verdict}: {n}, worst relative error {w.error:.1e}\n"
            f"    at {w.where}: measured {w.numeric:.6g}, claimed {w.claimed:.6g}"
        )


def gradcheck(f: Callable, at: Mapping, grad: Mapping, *, h: float | None = None, tolerance: float = 1e-5) -> GradCheck:
    """Compare `grad` with central differences (f(x + h) - f(x - h)) / 2h, entry by entry.

    f          called as ``f(**at)``; returns a number, or anything with a scalar `.data` (a Value, a Tensor)
    at         name -> float or array: the point to check at; never changed
    grad       name -> float or array of the same shape: the gradients to be judged; one for each name in `at`
    h          the nudge, in units of the input; default cbrt(machine epsilon) * max(1, |x|), which balances
               the curvature error (~h^2) against rounding (~eps / h)
    tolerance  largest relative error |measured - claimed| / max(1e-8, |measured| + |claimed|) that passes

    Warns where the slopes on the two sides of x, or of a place within one nudge, differ (a kink: there is no one right
    answer), and where h is so small or so large that the measured slope cannot be trusted.
    Source: Goodfellow, Bengio, Courville, Deep Learning (2016), section 11.5.3.
    """
    if set(at) != set(grad):
        raise ValueError(f"gradcheck wants one gradient for each input: inputs {sorted(at)}, gradients {sorted(grad)}")
    if not at:
        raise ValueError("gradcheck wants at least one input to nudge, got none")
    if h is not None and not h > 0:
        raise ValueError(f"gradcheck wants a nudge h > 0, got {h!r}")
    entries = []
    for name, x in at.items():
        x, claimed = _writable(name, x), _writable(name, grad[name])
        if _shape(x) != _shape(claimed):
            raise ValueError(f"the gradient of {name} wants its shape {_shape(x)}, got {_shape(claimed)}")
        for index in _indices(x):
            where = name if index is None else f"{name}[{', '.join(map(str, index))}]"

            def g(v, name=name, x=x, index=index):
                return _call(f, {**at, name: _put(x, index, v)})

            claim = _get(claimed, index)
            slope, doubts = _slope(g, _get(x, index), h, _epsilon(x), claim, tolerance)
            for doubt in doubts:
                warnings.warn(doubt.format(where=where), stacklevel=2)
            entries.append(Entry(where, slope, claim, _relative(slope, claim)))
    if not entries:
        raise ValueError("gradcheck wants at least one number to nudge, got only empty arrays")
    return GradCheck(tuple(entries), tolerance)


@dataclass(frozen=True)
class TwoSteps:
    """What a two-step check found.

    errors     name -> the relative errors of this gradient as a whole, at h and at h / 10
    stays      the names whose error did not fall to a tenth, and is more than rounding
    ok         whether there is none
    """

    errors: Mapping[str, tuple[float, float]]
    stays: tuple[str, ...]

    @property
    def ok(self) -> bool:
        return not self.stays

    def __bool__(self) -> bool:
        return self.ok

    def __repr__(self) -> str:
        wide = max(map(len, self.errors))
        rows = [f"    {name:{wide}}  {_shown(one):>5} then {_shown(two):>5}  {self._word(name)}"
                for name, (one, two) in self.errors.items()]  # fmt: skip
        return "\n".join([f"gradients {'agree' if self.ok else 'DIFFER'}: the error at h, then at h / 10", *rows])

    def _word(self, name: str) -> str:
        return "STAYS" if name in self.stays else "falls" if self.errors[name][0] >= ROUNDING else "only rounding"


ROUNDING = 1e-9  # below it the digits of an error differ between machines


def _shown(error: float) -> str:
    return "<1e-9" if error < ROUNDING else f"{error:.0e}"


def two_step_check(f: Callable, at: Mapping, grad: Mapping, *, h: float = 1e-3) -> TwoSteps:
    """Compare `grad` with central differences twice, with a nudge of h and with one of h / 10.

    The error of a central difference falls with h^2, to a hundredth. The error of a wrong gradient has nothing to do
    with h, so it stays where it is, however small it is: no tolerance is needed to tell the two apart.

    f, at, grad  as for `gradcheck`
    h            the first nudge: in float64 so large that curvature, and not rounding, makes the error
    """
    found = [gradcheck(f, at, grad, h=step, tolerance=math.inf) for step in (h, h / 10)]
    errors = {name: (error, found[1].by_name[name]) for name, error in found[0].by_name.items()}
    loss = abs(_call(f, at))

    def rounding(name: str) -> float:
        rows = [e for e in found[1].entries if e.where.split("[")[0] == name]
        noise = 10 * _epsilon(at[name]) * max(loss, 1e-8) / h * math.sqrt(len(rows))
        return 4 * noise / max(1e-8, _length(e.numeric for e in rows) + _length(e.claimed for e in rows))

    stays = (name for name, (one, two) in errors.items() if not (two <= one / 10 or two <= rounding(name)))
    return TwoSteps(errors, tuple(stays))


def _slope(f: Callable, x: float, h: float | None, eps: float, claim: float, tolerance: float
           ) -> tuple[float, list[str]]:  # fmt: skip
    """The central difference of a function of one number, and where it means little, the words that say so."""
    usual = eps ** (1 / 3) * max(1.0, abs(x))
    h = h or usual
    up, here, down = f(x + h), f(x), f(x - h)
    slope, right, left = (up - down) / (2 * h), (up - here) / h, (here - down) / h
    noise = 4 * eps * max(abs(up), abs(down), abs(here)) / h
    bend = abs(right - left)
    if not math.isfinite(slope):
        return slope, [f"the loss is not finite near {{where}} = {x:.6g}: {down}, {here}, {up}"]
    if noise > 1e-3 * max(abs(slope), bend, 1e-8):
        told = f"h = {h:.1e} is too small at {{where}}: rounding alone can shift the slope {slope:.3g} by {noise:.1g}"
        return slope, [told] if slope or right or left else []
    explains = _relative(slope, claim) > tolerance and bend > abs(slope - claim)  # a kink may be why the two differ
    if bend > 100 * noise and (explains or bend > 0.1 * (abs(right) + abs(left))):
        if kink := _kink(f, x - h * 4 / 3, x + h * 4 / 3, usual):
            left, right = kink
            return slope, [f"{{where}} = {x:.6g} is on or near a kink: slope {left:.4g} on its left, {right:.4g} on its "
                           "right; move the point before judging"]  # fmt: skip
        if abs(slope) > 1e-8 and bend > 0.5 * abs(slope) and h > 1e-3:
            return slope, [f"h = {h:.1e} is too large at {{where}}: the slope changes from {left:.4g} to {right:.4g} "
                           "within one nudge"]  # fmt: skip
    return slope, []


def _kink(f: Callable[[float], float], low: float, high: float, usual: float) -> tuple[float, float] | None:
    """The slopes on the two sides of a kink between low and high, or None.

    Zooms in on where the slope changes most. A curve straightens: its change shrinks with the width. A kink stays.
    It is not looked for in the first and the last eighth, so that there is a slope on either side of it.
    """
    changes = []
    while len(changes) < 3 or high - low > usual:
        step = (high - low) / 8
        heights = [f(low + k * step) for k in range(9)]
        slopes = [(b - a) / step for a, b in pairwise(heights)]
        bends = [abs(b - a) for a, b in pairwise(slopes)]
        k = max(range(6), key=lambda i: bends[i] + bends[i + 1])
        changes.append(bends[k] + bends[k + 1])
        low, high = low + k * step, low + (k + 3) * step
    return (slopes[k], slopes[k + 2]) if changes[-1] > 0.5 * changes[-3] else None


def _call(f: Callable, point: Mapping) -> float:
    out = f(**point)
    out = getattr(out, "data", out) if not _is_array(out) else out
    try:
        return float(out)
    except (TypeError, ValueError):
        raise TypeError(f"gradcheck wants f to return one number (the loss), got {type(out).__name__}: "
                        f"{str(out)[:60]!r}") from None  # fmt: skip


def _relative(a: float, b: float) -> float:
    return abs(a - b) / max(1e-8, abs(a) + abs(b))


def _length(numbers: Iterable[float]) -> float:
    return math.sqrt(sum(x * x for x in numbers))


def _relative_length(row: list[Entry]) -> float:
    lengths = _length(e.numeric for e in row) + _length(e.claimed for e in row)
    return _length(e.numeric - e.claimed for e in row) / max(1e-8, lengths)


# A number or an array: the few places where the two differ.


def _is_array(x) -> bool:
    return hasattr(x, "shape") and hasattr(x, "dtype")


def _writable(name: str, x):
    if _is_array(x) and x.shape != () and not hasattr(x, "backward"):
        if x.dtype.kind != "f":
            raise TypeError(
                f"gradcheck wants {name} as floats, got an array of {x.dtype}: a nudge would be rounded away"
            )
        return x.copy()
    if isinstance(x, bool | str) or not hasattr(x, "__float__") or hasattr(x, "backward"):
        raise TypeError(
            f"gradcheck wants {name} as a number or an array of floats, got {type(x).__name__}: {str(x)[:60]!r}"
            + ": take its .data or .grad" * hasattr(x, "backward")
        )
    return float(x)


def _shape(x) -> tuple:
    return x.shape if _is_array(x) else ()


def _indices(x):
    """Every place in x: None for a plain number."""
    if not _is_array(x):
        return [None]
    places = [()]
    for length in x.shape:
        places = [(*place, i) for place in places for i in range(length)]
    return places


def _get(x, index) -> float:
    return float(x if index is None else x[index])


def _put(x, index, value):
    if index is None:
        return value
    x = x.copy()
    x[index] = value
    return x


def _epsilon(x) -> float:
    return {2: 9.8e-4, 4: 1.2e-7}.get(x.dtype.itemsize, 2.2e-16) if _is_array(x) else 2.2e-16
