"""The report: goals and whether they are met, tables, a plot. Made from results.json alone, which chapters read too."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

PEERS = ("torch eager", "jax.jit", "autograd", "tinygrad")
NETS = {"sigmoid": "sigmoid + MSE", "relu": "ReLU + cross-entropy"}


@dataclass
class Goal:
    """One line of the first table. `samples` has one number for each round, or the one that was counted."""

    what: str
    limit: float
    at_least: bool = False
    samples: list[float] | None = None
    unit: str = ""
    note: str = ""

    @property
    def median(self) -> float | None:
        return statistics.median(self.samples) if self.samples else None

    @property
    def verdict(self) -> str:
        if self.samples is None:
            return "not measured"
        return "met" if (self.median >= self.limit if self.at_least else self.median <= self.limit) else "**not met**"

    def as_dict(self) -> dict:
        return {**asdict(self), "median": self.median, "verdict": self.verdict.strip("*")}


class Results:
    """results.json, asked by topic."""

    def __init__(self, results: dict) -> None:
        self.about, self.counts, self.contests = results["about"], results["counts"], results["contests"]

    def all(self, topic: str) -> list[dict]:
        return [c for c in self.contests if c["topic"] == topic]

    def seconds(self, topic: str, name: str, **where) -> list[float] | None:
        """The rounds of one contender, None if it was not there."""
        for c in self.all(topic):
            if all({**c["problem"], "collect": c["collect"]}.get(key) == value for key, value in where.items()):
                return c["seconds"].get(name)
        return None

    def ratio(self, topic: str, a: str, b: str, **where) -> list[float] | None:
        """a over b, round by round: what slowed the machine down in a round slowed both."""
        return per_round(lambda x, y: x / y, self.seconds(topic, a, **where), self.seconds(topic, b, **where))

    def best_peer(self, c: dict) -> str | None:
        there = [name for name in PEERS if name in c["seconds"]]
        return min(there, key=lambda name: statistics.median(c["seconds"][name]), default=None)


def per_round(f: Callable[..., float], *series: list[float] | None) -> list[float] | None:
    return None if any(s is None for s in series) else [f(*at) for at in zip(*series, strict=True)]


# ---------------------------------------------------------------- the goals


def goals(r: Results) -> list[Goal]:
    return [*_scalar_goals(r), *_digits_goals(r), *_tape_goals(r), *_import_goals(r)]


def _scalar_goals(r: Results) -> list[Goal]:
    def count(what: str) -> list[float] | None:
        value = r.counts[what]["bplib Value"]
        return [value] if isinstance(value, int | float) else None

    by = [r.ratio("scalar", "micrograd", "bplib Value", collect=collect) for collect in (True, False)]
    return [
        Goal("scalar engine: times as fast as micrograd, garbage collector on", 7, True, by[0], note="stretch 12"),
        Goal("the same, collector off for both", 2, True, by[1]),
        Goal("scalar engine: peak bytes a node", 256, False, count("bytes a node"), note="stretch 140"),
        Goal("scalar engine: depth of a chain", 1e6, True, count("deepest chain")),
        Goal("emitted straight-line gradient: times as fast as micrograd", 150, True,
             r.ratio("scalar", "micrograd", "bplib, emitted", collect=True), note="written out once, before; points fixed"),
        Goal("scalar engine: gradient over forward", 1.8, False,
             r.ratio("scalar", "bplib Value", "forward only", collect=True)),
        Goal("scalar engine: slope of cost against depth, distance from 1", 0.05, False,
             _off_one(r, "chain", "bplib Value"), note=_slope_note(r, "chain", "bplib Value", "plain floats")),
    ]  # fmt: skip


def _digits_goals(r: Results) -> list[Goal]:
    def over_peer(c: dict) -> tuple[list[float] | None, str]:
        peer = r.best_peer(c)
        if not {"torch eager", "jax.jit"} <= set(c["seconds"]):  # to beat only those who came would prove little
            return None, ""
        return r.ratio("digits", "bplib layers", peer, **c["problem"]), f"against {peer}"

    def over(mine: str, other: str) -> Callable:
        return lambda c: (r.ratio("digits", mine, other, **c["problem"]), "")

    def upto(batch: int) -> Callable:
        return lambda c: c["problem"]["batch"] <= batch

    def exactly(batch: int) -> Callable:
        return lambda c: c["problem"]["batch"] == batch

    return [
        _worst(r, "digits: layers over the best peer, B ≤ 256", 0.75, upto(256), over_peer),
        _worst(r, "the same, B = 1797", 1.0, exactly(1797), over_peer),
        _worst(r, "digits: layers over torch eager, B ≤ 32", 0.5, upto(32), over("bplib layers", "torch eager")),
        _worst(r, "digits: layers over matrix products alone, blocked, B = 256", 1.5, exactly(256),
               over("bplib layers", "matrix products alone, blocked")),
        Goal("XOR training: layers over jax.jit per step", 0.4, False, r.ratio("xor", "bplib layers", "jax.jit")),
    ]  # fmt: skip


def _worst(r: Results, what: str, limit: float, which: Callable, ratio: Callable) -> Goal:
    """A goal for several sizes is met where the worst of them meets it; the note says how many do, and which is worst."""
    cases = []
    for c in filter(which, r.all("digits")):
        samples, against = ratio(c)
        if samples:
            where = f"{NETS[c['problem']['net']]}, B = {c['problem']['batch']}"
            cases.append(Goal(what, limit, False, samples, note=" ".join([where, against]).strip()))
    if not cases:
        return Goal(what, limit)
    worst = max(cases, key=lambda goal: goal.median)
    worst.note = f"{sum(case.verdict == 'met' for case in cases)} of {len(cases)} sizes; worst: {worst.note}"
    return worst


def _tape_goals(r: Results) -> list[Goal]:
    peak = r.counts["peak MiB"]
    floor = peak["NumPy by hand"]
    mine = _overhead(r, "bplib tensor tape")
    return [
        Goal("tensor tape: overhead per operation", 5, False, mine, " µs"),
        Goal("the same, over torch's", 0.5, False, per_round(lambda a, b: a / b, mine, _overhead(r, "torch eager"))),
        Goal("tensor tape: peak memory over NumPy by hand, released as it goes", 1.05, False,
             [peak["bplib tensor tape, release"] / floor],
             note=f"kept for a second pass: {peak['bplib tensor tape'] / floor:.2f}"),
        Goal("tensor tape: checkpointed, peak memory over NumPy by hand", 0.45, False,
             [peak["bplib tensor tape, checkpointed"] / floor], note="every eighth layer's input kept"),
        Goal("tensor tape: slope of cost against depth, distance from 1", 0.05, False,
             _off_one(r, "deep", "bplib tensor tape"),
             note=_slope_note(r, "deep", "bplib tensor tape", "NumPy by hand")),
    ]  # fmt: skip


def _import_goals(r: Results) -> list[Goal]:
    def above(name: str) -> list[float] | None:
        series = [r.seconds("imports", who) for who in (name, "bare Python")]
        return per_round(lambda a, b: 1e3 * (a - b), *series)

    return [Goal("`import bplib` above bare Python", 20, False, above("bplib"), " ms"),
            Goal("`Value` imported and used, above bare Python", 30, False, above("bplib, Value used"), " ms")]  # fmt: skip


def _overhead(r: Results, name: str) -> list[float] | None:
    """Microseconds an operation, forward and backward, beyond NumPy by hand."""
    ops = r.all("overhead")[0]["problem"]["ops"]
    return per_round(lambda a, b: 1e6 * (a - b) / ops, *(r.seconds("overhead", who) for who in (name, "NumPy by hand")))


def slopes(r: Results, topic: str, name: str) -> list[float]:
    """For each round, the slope of log(cost) against log(depth), by least squares: 1 where cost is proportional."""
    contests = r.all(topic)
    x = [math.log(c["problem"]["depth"]) for c in contests]
    found = []
    for times in zip(*(c["seconds"][name] for c in contests), strict=True):
        found.append(statistics.linear_regression(x, [math.log(t) for t in times]).slope)
    return found


def _slope_note(r: Results, topic: str, *names: str) -> str:
    """What the slopes are, and that of a floor: when both stray from 1, caches or neighbours did it, not the engine."""
    return ", ".join(f"{name} {statistics.median(slopes(r, topic, name)):.2f}" for name in names)


def _off_one(r: Results, topic: str, name: str) -> list[float]:
    return [abs(slope - 1) for slope in slopes(r, topic, name)]


# ---------------------------------------------------------------- the tables


def table(head: list[str], rows: list[list[str]]) -> str:
    line = ["---", *["--:" for _ in head[1:]]]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in [head, line, *rows])


def number(x: float | None) -> str:
    """Three digits: more would be the machine's mood."""
    if x is None:
        return ""
    return f"{x:,.0f}" if abs(x) >= 100 else f"{x:.3g}"


def goal_table(found: list[Goal]) -> str:
    rows = []
    for g in found:
        n = len(g.samples or ())
        spread = [f"{number(f(g.samples))}" for f in (min, max)] if n > 1 else ["", ""]
        rounds = str(n) if n > 1 else "counted" if n else ""
        wanted = f"{'≥' if g.at_least else '≤'} {number(g.limit)}{g.unit}"
        rows.append([g.what, wanted, number(g.median) + g.unit * bool(n), *spread, rounds, g.verdict, g.note])
    return table(["What", "Goal", "Median", "Min", "Max", "Rounds", "Verdict", "Note"], rows)


def contest_table(c: dict, base: str) -> str:
    """Everyone's time, and its ratio to the base: the median of the rounds' ratios, not the ratio of the medians."""
    rows, (size, unit) = [], _unit(c)
    for name, times in sorted(c["seconds"].items(), key=lambda item: statistics.median(item[1])):
        ratio = per_round(lambda a, b: a / b, times, c["seconds"].get(base))
        over = number(statistics.median(ratio)) if ratio else ""
        rows.append([name, *(number(f(times) / size) for f in (statistics.median, min, max)), over])
    rows += [[name, reason, "", "", ""] for name, reason in c["absent"].items()]
    return table(["", f"{unit}: median", "min", "max", f"over {base}"], rows)


def _unit(c: dict) -> tuple[float, str]:
    shortest = min(statistics.median(times) for times in c["seconds"].values())
    return (1e-3, "ms") if shortest >= 1e-4 else (1e-6, "µs")


def digits_table(r: Results, net: str) -> str:
    """Milliseconds, and in brackets over the best peer, for each batch."""
    contests = [c for c in r.all("digits") if c["problem"]["net"] == net]
    names = list(dict.fromkeys(name for c in contests for name in (*c["seconds"], *c["absent"])))
    rows = []
    for name in names:
        cells = []
        for c in contests:
            peer = r.best_peer(c)
            if name in c["absent"]:
                cells.append(c["absent"][name] if c is contests[0] else "")  # once is enough
                continue
            ratio = r.ratio("digits", name, peer, **c["problem"]) if peer else None
            over = f" ({statistics.median(ratio):.2f})" if ratio else ""
            cells.append(number(1e3 * statistics.median(c["seconds"][name])) + over)
        rows.append([name, *cells])
    peers = ["*best peer*", *(str(r.best_peer(c)) for c in contests)]
    return table([NETS[net], *(f"B = {c['problem']['batch']}" for c in contests)], [*rows, peers])


# ---------------------------------------------------------------- the page

INTRO = """# What it costs

Made by `make bench`; edit `benchmarks/`, not this. {machine}

All times are CPU seconds of one thread. Each contender runs in a process of its own, all on one core, and nothing is
timed before the gradients agree (to 1e-9; they did to {agreement}). A round is one turn of about 40 ms, or one step if that is longer,
for everyone; every other round goes in reverse order. Ratios are taken within a round; what is shown is their median.

## Goals
"""

CAVEAT = """## What these numbers do not say

They come from one machine, on one day, with other work on it. Process time leaves out the waiting, but not what
neighbours do to caches and to the clock rate: read ratios, not milliseconds, and no ratio closer than its min and max.
One thread, float64 and networks of some ten thousand parameters are a course's ground. On a graphics processor, in
float32, with several threads or with layers of a thousand units, torch and jax are at home and this package is not, and
nothing here says how they would do there. The peers do more than is asked of them here (torch can differentiate twice,
choose devices and check versions of tensors), and jax.jit compiles before the clock starts. Contenders were written by
the authors of the package, who know it better than they know its peers. Memory is what Python and NumPy ask for,
counted by `tracemalloc`, which does not see inside torch or jax; they are left out of that comparison, not beaten in it.
"""


def write(results: dict, folder: Path, chapter: dict | None = None) -> None:
    """RESULTS.md and results.svg; `chapter` is what chapter 17 shows."""
    r = Results(results)
    svg, alt = plot(r)
    (folder / "results.svg").write_text(svg, encoding="utf-8")
    (folder / "RESULTS.md").write_text(page(r, alt, chapter), encoding="utf-8")


def page(r: Results, alt: str, chapter: dict | None = None) -> str:
    worst = max(c["agreement"] for c in r.contests if c["agreement"] is not None and c["topic"] != "nudging")
    parts = [INTRO.format(machine=_machine(r), agreement=f"{worst:.0e}"), goal_table(goals(r)), "\n## Scalar engine\n",
             f"micrograd's moons demo: a 2-16-16-1 network, {r.counts['nodes']['moons']:,} nodes."]  # fmt: skip
    for c in r.all("scalar"):
        parts += [f"\nGarbage collector {'on' if c['collect'] else 'off'}:\n", contest_table(c, "bplib Value")]
    for what in ("bytes a node", "deepest chain"):
        counted = [f"{name} {number(n) if isinstance(n, int | float) else n}" for name, n in r.counts[what].items()]
        parts.append(f"\n{what.capitalize()} (counted): {', '.join(counted)}.")
    if chapter:
        parts += _ladder_tables(Results(chapter))
    parts += ["\n## Digits, 784-16-16-10\n\nMilliseconds a gradient; in brackets, over the best peer of that column.\n"]
    parts += [digits_table(r, net) + "\n" for net in NETS]
    parts += [f"![{alt}](results.svg)\n"]
    for c in r.all("nudging"):
        parts += [
            "All 13,002 parameters nudged up and down, really run, B = 32:\n",
            contest_table(c, "bplib layers"),
            "",
        ]
    for c in r.all("xor"):
        parts += [f"## XOR\n\nTraining 2-4-1 for {c['problem']['epochs']} epochs.\n", contest_table(c, "jax.jit"), ""]
    parts += ["## Tensor tape\n", *_tape_tables(r), "## Imports\n\nA whole interpreter that imports one thing.\n"]
    parts += [contest_table(c, "bare Python") + "\n" for c in r.all("imports")]
    return "\n".join([*parts, CAVEAT])


def _ladder_tables(r: Results) -> list[str]:
    """Chapter 17's ladder and checkpoints, which may have been measured on another day."""
    parts = [f"\n## Chapter 17's ladder\n\nThe same demo, step by step, and peers. {_machine(r)}"]
    for c in r.all("ladder"):
        parts += ["", contest_table(c, "batch")]
    for c in r.all("circles"):
        parts += ["\nClosures with and without a circle:\n", contest_table(c, "closures")]
    for c in r.all("checkpoints"):
        parts += ["\nCheckpoints, 64 layers of 256, batch 1024:\n", contest_table(c, "all kept")]
    held = [[name, number(most / 2**20)] for name, most in r.counts["checkpoint bytes"].items()]
    return [*parts, "\nTheir peak memory (counted):\n", table(["", "MiB"], held)]


def _tape_tables(r: Results) -> list[str]:
    parts = []
    for c in r.all("overhead"):
        parts += [f"{c['problem']['ops']} operations on arrays of 16 numbers, forward and backward:\n",
                  contest_table(c, "NumPy by hand"), ""]  # fmt: skip
    peaks = [[name, number(mib)] for name, mib in r.counts["peak MiB"].items()]
    parts += ["Peak memory of one gradient, 64 layers of 256, batch 1024 (counted):\n", table(["", "MiB"], peaks), ""]
    rows = []
    for topic, what in {"chain": "neurons", "deep": "layers"}.items():
        contests = r.all(topic)
        depths = ", ".join(f"{c['problem']['depth']:,}" for c in contests)
        for name in contests[0]["seconds"]:
            slope = slopes(r, topic, name)
            rows.append([f"{name}, {depths} {what}", *(f"{f(slope):.3f}" for f in (statistics.median, min, max))])
    return [*parts, "Slope of log(cost) against log(depth):\n", table(["", "median", "min", "max"], rows), ""]


def _machine(r: Results) -> str:
    a = r.about
    versions = ", ".join(f"{name} {version}" for name, version in a["versions"].items())
    return (f"Measured on {a['date']}: {a['cpu']}, {a['cores']} cores, {a['system']}, Python {a['python']}; {versions}. "
            f"Processes that wanted a core, on average over a minute: {a['load before']} when it began, "
            f"{a['load after']} when it ended, {a['seconds']} seconds later (one of them is the benchmark itself)."
            + (f"\n\n{a['since']}" if "since" in a else ""))  # fmt: skip


def plot(r: Results) -> tuple[str, str]:
    """Digits: how many times the matrix products alone everyone needs; the SVG as a file of its own, and its alt text."""
    from bplib.show.plots import BACKWARD, FORWARD, QUIET, axes, picture

    contests = [c for c in r.all("digits") if c["problem"]["net"] == "sigmoid"]
    batches, floor = [c["problem"]["batch"] for c in contests], "matrix products alone, blocked"
    styles = {"bplib layers": (FORWARD, "o-"), "bplib tensor tape": (FORWARD, "^:"), "torch eager": (BACKWARD, "o-"),
              "jax.jit": (BACKWARD, "s--"), "autograd": (QUIET, "^:")}  # fmt: skip
    ax, told = axes(), []
    for name, (colour, style) in styles.items():
        y = [r.ratio("digits", name, floor, **c["problem"]) for c in contests]
        if all(y):
            y = [statistics.median(ratios) for ratios in y]
            ax.plot(batches, y, style, color=colour, label=name)
            told.append(f"{name} {', '.join(number(v) for v in y)}")
    ax.set_xscale("log")
    ax.set_yscale("log")
    ax.set_xticks(batches, [str(b) for b in batches])
    ax.set_yticks([1, 2, 5, 10, 20, 50], ["1", "2", "5", "10", "20", "50"])
    ax.minorticks_off()
    ax.set_xlabel("examples in a batch")
    ax.set_ylabel("times the matrix products alone")
    ax.legend(fontsize=9)
    alt = (f"Cost of the digits gradient (sigmoid + MSE) over its matrix products alone, for batches of "
           f"{', '.join(map(str, batches))}: {'; '.join(told)}.")  # fmt: skip
    # a file has no page to take its colours and letters from
    svg = picture(ax, alt).svg.replace("font-family: inherit", "font-family: sans-serif")
    svg = svg.replace(' aria-hidden="true" focusable="false"', "", 1)
    return svg.replace('style="max-width', 'style="background: #fff; color: #000; max-width', 1), alt
