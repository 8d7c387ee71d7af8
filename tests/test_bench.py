"""The benchmark's machinery at tiny sizes: who computes something else is not timed, and who is absent is named."""

import importlib
import json
import re
import sys
import tracemalloc
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parent.parent
sys.path.append(str(ROOT / "benchmarks"))  # its modules are scripts beside each other, no package
measure, report, run, scalars = (importlib.import_module(name) for name in ("measure", "report", "run", "scalars"))

PEERS = {"micrograd", "micrograd, collector off", "torch, numbers", "torch, batch", "jax.jit, batch", *report.PEERS}
turns = []  # in a contender's process: what was asked of it, in order


def right(n):
    return measure.Contender(lambda: None, lambda: np.arange(1.0, n))


def wrong(n):
    return measure.Contender(lambda: turns.append("step"), lambda: np.arange(1.0, n) * (1 + 1e-6))


def not_there(n):
    import a_peer_that_nobody_has  # noqa: F401


def broken(n):
    raise OSError("no compiler")


def turns_taken():
    return turns


@pytest.fixture(scope="module")
def crew():
    with measure.Crew() as crew:
        yield crew


def test_gradients_agree_wherever_the_contender_is_installed(crew):
    engines = {"bplib Value": scalars.value, "micrograd": scalars.micrograd}
    chain = {"bplib Value": scalars.value_chain, "plain floats": scalars.floats_chain}
    for topic, makers, problem in [
        ("scalar", engines, {"points": 2}),
        ("chain", chain, {"depth": 5}),
        ("digits", run.DIGITS, {"net": "sigmoid", "batch": 2}),
        ("digits", run.DIGITS, {"net": "relu", "batch": 65}),  # one whole block of 64 rows, and one row left over
        ("xor", run.XOR, {"epochs": 3}),
        ("ladder", run.LADDER, {"points": 3}),
        ("circles", run.CIRCLES, {"points": 3}),
        ("checkpoints", run.CHECKPOINTED, {"depth": 5, "width": 3, "batch": 4}),
        ("overhead", run.SMALL, {"ops": 6}),
        ("deep", run.DEEP, {"depth": 2, "width": 3, "batch": 4}),
    ]:
        answers = {}
        for name, maker in makers.items():
            worked, answer = crew.ask("all", measure.set_up, maker, problem)
            if worked:
                answers[name] = answer
            else:
                assert name in PEERS, (name, answer)
        assert sum(answer is not None for answer in answers.values()) >= (1 if topic == "scalar" else 2)
        assert measure.agree(topic, answers) < 1e-9 or topic == "scalar"


def test_a_wrong_contender_is_refused_before_anything_is_timed(crew):
    with pytest.raises(measure.Disagreement, match="the wrong one differs from the right one by up to"):
        measure.contest(crew, "topic", {"the right one": right, "the wrong one": wrong}, {"n": 5}, rounds=1)
    # 2: the steps that warm it up, which come with its making
    assert crew.ask("the wrong one", measure.call, turns_taken) == (True, ["step"] * 2)


@pytest.mark.parametrize("answer", [np.zeros(3), np.full(3, np.nan), np.array([1.0, np.inf, 0.0])])
def test_answers_that_prove_nothing_are_refused(answer):
    with pytest.raises(measure.Disagreement, match="prove nothing"):
        measure.agree("topic", {"one": answer, "other": answer})


def test_answers_of_another_shape_are_refused():
    with pytest.raises(measure.Disagreement, match="numbers"):
        measure.agree("topic", {"one": np.ones(3), "other": np.ones(1)})


def test_who_is_absent_is_named_with_the_reason(crew):
    makers = {"here": right, "elsewhere": not_there, "hurt": broken}
    result = measure.contest(crew, "topic", makers, {"n": 3}, rounds=2, seconds=1e-5)
    assert result.absent == {"elsewhere": "not installed", "hurt": "failed: OSError: no compiler"}
    assert list(result.seconds) == ["here"]
    assert len(result.seconds["here"]) == 2


def test_every_contender_runs_alone_on_one_thread(crew):
    environment = crew.ask("here", measure.call, importlib.import_module("os").getenv, "OPENBLAS_NUM_THREADS")
    assert environment == (True, "1")


def test_peak_memory_is_counted(crew):
    crew.ask("deep", measure.set_up, run.DEEP["NumPy by hand"], {"depth": 4, "width": 8, "batch": 128})
    worked, most = crew.ask("deep", measure.peak)
    assert worked
    assert 4 * 8 * 128 * 8 < most < 3 * 4 * 8 * 128 * 8  # four activations, and what is passing through


def test_a_node_of_the_scalar_engine_takes_200_bytes_at_most():
    points = 10
    moons = scalars.Moons(scalars.Value, points)
    moons.gradient()
    tracemalloc.start()
    moons.gradient()
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most / scalars.nodes(points) <= 200


# ---------------------------------------------------------------- the report


def invented(missing=()):
    """Results in which everything takes 2 ms, but the package 1 ms, and NumPy by hand half that: ratios that we know."""

    def seconds(makers):
        times = {name: 1e-3 if name.startswith("bplib") else 2e-3 for name in makers} | {"NumPy by hand": 5e-4}
        return {name: [times[name]] * 3 for name in makers if name not in missing}

    def one(topic, makers, collect=True, **problem):
        absent = {name: "not installed" for name in missing if name in makers}
        return {"topic": topic, "problem": problem, "seconds": seconds(makers), "absent": absent,
                "agreement": 1e-16, "collect": collect}  # fmt: skip

    engines = ("bplib Value", "micrograd", "forward only")
    contests = [one("scalar", engines, collect=collect, points=100) for collect in (True, False)]
    contests += [one("digits", run.DIGITS, net=net, batch=b) for net in report.NETS for b in (1, 32, 256, 1797)]
    contests += [one("xor", run.XOR, epochs=200), one("overhead", run.SMALL, ops=300), one("imports", run.IMPORTS)]
    contests += [one(topic, makers, depth=depth) for depth in (10, 100)
                 for topic, makers in {"chain": ("bplib Value", "plain floats"), "deep": run.DEEP}.items()]  # fmt: skip
    counts = {"nodes": {"moons": 65818}, "bytes a node": {"bplib Value": 200.0, "micrograd": "not installed"},
              "deepest chain": {"bplib Value": 10**6}, "peak MiB": dict.fromkeys(run.DEEP, 100.0)}  # fmt: skip
    about = {**run.about(quick=True), "load after": 0.5, "seconds": 3}
    return json.loads(json.dumps({"about": about, "contests": contests, "counts": counts}))


def verdicts(results):
    return {goal.what: (goal.verdict.strip("*"), goal.median) for goal in report.goals(report.Results(results))}


def test_goals_are_met_not_met_or_not_measured():
    found = verdicts(invented())
    assert found["scalar engine: times as fast as micrograd, garbage collector on"] == ("not met", 2)
    assert found["the same, collector off for both"] == ("met", 2)
    assert found["scalar engine: peak bytes a node"] == ("met", 200)
    assert found["digits: layers over the best peer, B ≤ 256"] == ("met", 0.5)
    assert found["XOR training: layers over jax.jit per step"] == ("not met", 0.5)
    assert found["scalar engine: slope of cost against depth, distance from 1"] == ("not met", 1)
    assert found["emitted straight-line gradient: times as fast as micrograd"] == ("not measured", None)


def test_a_goal_against_peers_who_are_not_there_is_not_met_by_default():
    found = verdicts(invented(missing=("torch eager", "jax.jit", "micrograd", "torch")))
    for what, (verdict, _) in found.items():
        if any(word in what for word in ("micrograd", "torch", "peer", "jax", "1797", "collector")):
            assert verdict == "not measured", what


@pytest.mark.parametrize("missing", [(), ("torch eager", "jax.jit", "micrograd", "autograd", "tinygrad", "torch")])
def test_the_report_renders_and_names_who_is_missing(tmp_path, missing):
    report.write(invented(missing), tmp_path)
    page, svg = ((tmp_path / name).read_text(encoding="utf-8") for name in ("RESULTS.md", "results.svg"))
    assert page.index("## Goals") < page.index("## Digits") < page.index("## What these numbers do not say")
    for name in missing:
        assert re.search(rf"\| {re.escape(name)} \|.* not installed \|", page), name
    for table in re.findall(r"(?:^\|.*\n)+", page, re.MULTILINE):
        assert len({line.count("|") for line in table.splitlines()}) == 1, table  # no row is longer than its head
    alt = re.search(r"!\[(.*)\]\(results\.svg\)", page)[1]
    assert "bplib layers 0.5, 0.5, 0.5, 0.5" in alt
    assert svg.startswith("<svg")
    assert "var(--bp-backward" in svg or missing


def test_the_benchmark_uses_what_the_book_uses():
    pins = [set(re.findall(r"^(?:numpy|matplotlib)==\S+", (ROOT / "requirements" / name).read_text(), re.MULTILINE))
            for name in ("learn.in", "bench.in")]  # fmt: skip
    assert pins[0] == pins[1]
