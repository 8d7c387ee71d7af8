"""A contest is a race in rounds: each contender in a process of its own, and nobody runs before the answers agree."""

from __future__ import annotations

import gc
import math
import multiprocessing
import os
import time
import tracemalloc
from collections.abc import Callable
from dataclasses import asdict, dataclass, field

import numpy as np

# One thread each: with two, the operating system's choices would be measured along. Set before the processes start,
# because libraries read these once, when they are loaded.
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "CPU_COUNT"), "1") | {
    "XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false", "JAX_PLATFORMS": "cpu", "DEV": "CPU"}  # fmt: skip


@dataclass
class Contender:
    """What a maker returns: `step` is what is timed; `answer` is its gradient as one vector, None for a mere floor."""

    step: Callable[[], object]
    answer: Callable[[], np.ndarray] | None = None


@dataclass
class Contest:
    """What came of it. `seconds` has one number for each round; round i of all contenders was run back to back."""

    topic: str
    problem: dict
    seconds: dict[str, list[float]] = field(default_factory=dict)
    absent: dict[str, str] = field(default_factory=dict)  # who could not take part, and why
    agreement: float | None = None  # the largest difference from the first contender, over that one's largest entry
    collect: bool = True  # was Python's garbage collector on?

    as_dict = asdict


class Disagreement(AssertionError):
    """A contender computes something else: there is nothing to time."""


# ---------------------------------------------------------------- inside a contender's process


def serve(pipe, environment: dict[str, str], cpu: int | None) -> None:
    """Do what is asked until None comes. `state` lasts from one question to the next."""
    os.environ.update(environment)
    if cpu is not None:
        os.sched_setaffinity(0, {cpu})
    state: dict = {}
    while (question := pipe.recv()) is not None:
        function, args = question
        try:
            pipe.send((True, function(state, *args)))
        except Exception as error:  # told to the parent, which decides
            missing = isinstance(error, ModuleNotFoundError)
            reason = "not installed" if missing else f"failed: {type(error).__name__}: {str(error).strip()[:160]}"
            pipe.send((False, reason))


def set_up(state: dict, maker: Callable[..., Contender], problem: dict) -> np.ndarray | None:
    """Make the contender; what it answers, as float64."""
    state.clear()
    state["contender"] = made = maker(**problem)
    answer = None if made.answer is None else np.array(made.answer(), dtype=float)
    for _ in range(2):  # caches and compilers have their say before the clock runs
        made.step()
    return answer


def calibrate(state: dict, seconds: float) -> int:
    """How many steps take about that long."""
    n = 1
    while (took := timed(state, n, True) * n) < seconds / 3:
        n = max(2 * n, min(100 * n, int(n * seconds / 2 / max(took, 1e-9))))
    return max(1, round(n * seconds / took))


def timed(state: dict, n: int, collect: bool) -> float:
    """CPU seconds a step, over n steps; the wait for a busy machine does not count."""
    step = state["contender"].step
    gc.collect()
    if not collect:
        gc.disable()
    start = time.process_time()
    for _ in range(n):
        step()
    took = time.process_time() - start
    gc.enable()
    return took / n


def peak(state: dict) -> int:
    """The most bytes that one step holds at a time, beyond what was there before. Counted, not timed."""
    gc.collect()
    tracemalloc.start()
    state["contender"].step()
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return most


def call(state: dict, function: Callable, *args):
    """Any other question to a process that is pinned and alone."""
    return function(*args)


# ---------------------------------------------------------------- outside


class Crew:
    """The contenders' processes, started when first needed and used for one contest after another."""

    def __init__(self) -> None:
        self.members: dict[str, tuple] = {}
        can_pin = hasattr(os, "sched_setaffinity")
        self.cpu = max(os.sched_getaffinity(0)) if can_pin else None  # all on one: their caches are the same

    def __enter__(self) -> Crew:
        return self

    def __exit__(self, *_) -> None:
        for process, pipe in self.members.values():
            pipe.send(None)
            process.join(10)
            pipe.close()

    def ask(self, name: str, function: Callable, *args) -> tuple[bool, object]:
        """(True, what the function returned) or (False, the reason why not)."""
        if name not in self.members:
            spawn = multiprocessing.get_context("spawn")  # a fresh interpreter: nothing inherited, nothing shared
            pipe, theirs = spawn.Pipe()
            process = spawn.Process(target=serve, args=(theirs, ONE_THREAD, self.cpu), daemon=True)
            before = {key: os.environ.get(key) for key in ONE_THREAD}
            os.environ.update(ONE_THREAD)  # the child loads NumPy before it comes to `serve`
            process.start()
            for key, value in before.items():
                os.environ.pop(key) if value is None else os.environ.__setitem__(key, value)
            theirs.close()
            self.members[name] = process, pipe
        pipe = self.members[name][1]
        try:
            pipe.send((function, args))
            return pipe.recv()
        except (EOFError, BrokenPipeError):
            return False, "failed: its process died"


def contest(crew: Crew, topic: str, makers: dict[str, Callable[..., Contender]], problem: dict, *,
            rounds: int = 9, seconds: float = 0.04, collect: bool = True, rtol: float = 1e-9) -> Contest:  # fmt: skip
    """Set up, compare, calibrate, race. Raises Disagreement, before anything is timed, if somebody's answer differs.

    seconds    how long a contender's turn should be, so that the clock's grain does not matter
    collect    leave Python's garbage collector on?
    rtol       how far two answers may lie apart
    """
    result, answers = Contest(topic, problem, collect=collect), {}
    for name, maker in makers.items():
        worked, answer = crew.ask(name, set_up, maker, problem)
        if worked:
            answers[name] = answer
        else:
            result.absent[name] = answer
    result.agreement = agree(topic, answers, rtol)
    loops = {name: _must(crew.ask(name, calibrate, seconds)) for name in answers}
    result.seconds = {name: [] for name in answers}
    for i in range(rounds):
        order = list(answers) if i % 2 == 0 else list(answers)[::-1]  # nobody always runs after the same neighbour
        for name in order:
            result.seconds[name].append(_must(crew.ask(name, timed, loops[name], collect)))
    return result


def agree(topic: str, answers: dict[str, np.ndarray | None], rtol: float = 1e-9) -> float | None:
    """The largest difference between the answers, relative to the largest entry, or Disagreement."""
    given = {name: answer for name, answer in answers.items() if answer is not None}
    if not given:
        return None
    first, wanted = next(iter(given.items()))
    scale = float(np.abs(wanted).max())
    if not (math.isfinite(scale) and scale > 0):
        raise Disagreement(f"{topic}: {first} answers with zeros or with infinite numbers, which prove nothing")
    worst = 0.0
    for name, answer in given.items():
        if answer.shape != wanted.shape:
            raise Disagreement(f"{topic}: {name} answers with {answer.shape} numbers, {first} with {wanted.shape}")
        # entries that cancel to almost nothing keep the rounding of what they were summed from, hence atol
        if not np.allclose(answer, wanted, rtol=rtol, atol=1e-3 * rtol * scale):
            raise Disagreement(f"{topic}: {name} differs from {first} by up to {np.abs(answer - wanted).max():.3g}, "
                               f"where the largest entry is {scale:.3g}")  # fmt: skip
        worst = max(worst, float(np.abs(answer - wanted).max()) / scale)
    return worst


def _must(reply: tuple[bool, object]):
    worked, value = reply
    if not worked:
        raise RuntimeError(value)
    return value
