"""The page judges as Python does: the same points and the same words, for answers of all sorts to every exercise whose
answer is data. BP_ANSWERS=100 tries more of them, on more numbers."""

import gzip
import json
import os
import random
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from entries import ALL
from explorables import node_program
from raw_answers import TEXTS, raw_answers

import bplib as bp
from bplib.checking import Arrays, ByHand, ByPerson, Classes, Functions, Repair, Several, WhichLine, Witness
from bplib.checking import check as checks
from bplib.checking.kits import pool
from bplib.engine.value import Value
from bplib.exercises import clinic, inventory
from bplib.mistakes import Mistake
from bplib.mistakes.scalar import MISTAKES

ROUNDS = int(os.environ.get("BP_ANSWERS", "8"))
VARIANTS = ["book", *(f"practice-{k}" for k in range(1 + ROUNDS // 20))]
SHARED = Path(bp.__file__).parent / "explore" / "_shared"
MODULES = ("python", "answers", "verdict", "choices", "by_hand", "arrays", "judge", "fields")
REAL = [e for e in (*ALL, *clinic.EXERCISES, *inventory.EXERCISES) if hasattr(e, "kit")]

A = np.arange(1.0, 7.0).reshape(2, 3) / 4
OURS = Mistake(
    "99-halved", "a half is put in front", "It is tempting because of the slope.", "Where does the half go?", None
)
MADE_UP = [  # what no exercise of the book has
    Arrays("96.1", "A", 3, "compare arrays of all shapes", outputs=("A", "b", "n"), book={"f": 1.0}, prompt=str,
           solve=lambda f: {"A": f * A, "b": f * A[0], "n": 5},
           mistakes=((MISTAKES["no-factor-two"], lambda f: {"A": A / 2, "b": A[0], "n": 5}),
                     (MISTAKES["sign-of-error"], lambda f: {"A": A, "b": -A[0], "n": 5}),
                     (OURS, lambda f: {"A": A * 0.004, "b": A[0] + 1, "n": 7}),
                     (MISTAKES["one-path-only"], lambda f: {"A": A.T, "b": A[1], "n": 6})),
           alternatives=(("As rows, too.", lambda f: {"A": A, "b": A[0] * 3, "n": 5}),)),
    WhichLine("96.2", "L", 1, "find a line", lines=lambda rng: ("", 2, {1: "it is"}, "Line 2.")),
    Several("96.3", "S", 0.75, "find letters", choose=lambda rng: ("", "", dict.fromkeys("abcde", "so"))),
    ByHand("96.4", "Y", 7, "a large one", outputs=("the slope", "dL/dx", "L"), book={"x": 2500.0}, prompt=str,
           build=lambda x: (lambda v: (v * v * 3, {"x": v}))(Value(x, "x")),
           answer_of=lambda out, nodes, n: [out.grads[nodes["x"]], out.grads[nodes["x"]] / 3e9, 0.125], tolerance=lambda n: [60, 1e-9, 0.25]),
]  # fmt: skip


def in_page(script: str, data) -> object:
    """What `script` gives to `out`, with the page's judge as `j`, its fields as `f`, and `data`."""
    program = (
        f'import * as j from "{(SHARED / "judge.js").as_uri()}"; import * as f from "{(SHARED / "fields.js").as_uri()}";\n'
        'import { readFileSync } from "node:fs";\n'
        'const data = JSON.parse(readFileSync(0, "utf8"));\n'
        f"const out = (answer) => console.log(JSON.stringify(answer));\n{script}\n"
    )
    command = [node_program(), "--input-type=module", "--eval", program]
    text = json.dumps(data, allow_nan=False)
    done = subprocess.run(command, input=text, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


class Case(NamedTuple):
    """An exercise with a variant's numbers, raw answers to it, and what Python says to each."""

    exercise: object
    variant: str
    kit: dict
    raws: list
    python: list[dict]


def case(exercise, variant: str, kit: dict, rng: random.Random) -> Case:
    raws = raw_answers(exercise, variant, rng, ROUNDS)
    verdicts = [checks._judged(exercise, raw, variant) for raw in raws]
    python = [{"points": v.points, "summary": v.summary, "hints": list(v.hints), "counts_as_try": v.counts_as_try,
               "slips": [] if kit["kind"] == "Noted" else list(v.slips)} for v in verdicts]  # fmt: skip
    return Case(exercise, variant, kit, raws, python)


@pytest.fixture(scope="module")
def cases() -> list[Case]:
    rng = random.Random(13)
    asked = [(exercise, variant) for exercise in REAL for variant in VARIANTS]
    found = pool([(exercise.id, variant) for exercise, variant in asked])
    whole = [{**kit, "say": found["say"], "mistakes": found["mistakes"]} for kit in found["kits"]]
    real = [case(*pair, kit, rng) for pair, kit in zip(asked, whole, strict=True)]
    return real + [case(exercise, "book", exercise.kit(), rng) for exercise in MADE_UP]


def differences(cases: list[Case]) -> list[str]:
    """Where the page says something else than Python."""
    script = "out(data.map(([kit, raws]) => raws.map((raw) => j.judge(kit, raw))));"
    page = in_page(script, [(case.kit, case.raws) for case in cases])
    return [
        f"{case.exercise.id} {case.variant} {raw}: {key} is {says[key]!r} in Python, {said[key]!r} in the page"
        for case, said_all in zip(cases, page, strict=True)
        for raw, says, said in zip(case.raws, case.python, said_all, strict=True)
        for key in says
        if says[key] != said[key]
    ]


def test_python_and_the_page_judge_alike(cases):
    apart, count = differences(cases), sum(len(case.raws) for case in cases)
    slips = sum(bool(says["slips"]) for case in cases for says in case.python)
    print(f"{count} answers to {len(REAL)} exercises, {slips} of them with slips")
    assert not apart, f"{len(apart)} of {count}:\n" + "\n".join(apart[:20])
    assert len(REAL) > 75
    assert count > 10_000


COLUMNS = {"dZ2": [2, 5], "dW2": [2, 4], "db2": [2], "dA1": [4, 5], "dW1": [4, 3]}
GIVEN = {  # by readers
    "8.1": [{"named": COLUMNS | other} for other in ({}, {"db2": [2, 1]}, {"db2": [1, 2]}, {"dZ2": [5, 2], "dW2": [4, 2]})],
    "7.1": [[0, 0, 0, -5.6], [{"text": "\u2212"}, 0, 0, {"text": "+"}], [0, 0, 0, 1e300], ["nan", 0, 0, -1]],
    "5.8": [247, 248, 300], "7.2": [2.1, 2.0, 0.258, -2.06, 20], "4.1": [[0.24, -0.49, -0.2], [0.24, None, -0.197]],
    "7.4": [[-1.754, 7.689], [0.279, 2.926], [0.098, 1.21]], "7.3": [[0, 0, -2.684, -3.56]], "5.1": [[2.72, 6.8], [-6.4, -16]],
}  # fmt: skip


def test_python_and_the_page_say_the_same_to_readers(cases):
    apart = []
    for here in (case for case in cases if case.exercise.id in GIVEN and case.variant == "book"):
        raws = GIVEN[here.exercise.id]
        said = [checks.verdict(here.exercise.id, raw) for raw in raws]
        python = [{"points": v.points, "hints": list(v.hints), "slips": list(v.slips)} for v in said]
        apart += differences([here._replace(raws=raws, python=python)])
    assert not apart


def test_another_word_or_number_in_a_kit_would_be_noticed(cases):
    here = next(case for case in cases if case.exercise.id == "7.3")
    kit, says = here.kit, here.kit["mistakes"][here.kit["own"][0][0]][1]
    # a slip of each kind for certain, whatever was drawn: where an exercise is added, others are
    raws = [*here.raws, *(kit[kind][0][3:] for kind in ("own", "one"))]
    verdicts = [checks.verdict("7.3", raw) for raw in raws]
    python = [{"points": v.points, "hints": list(v.hints), "slips": list(v.slips)} for v in verdicts]
    here = here._replace(raws=raws, python=python)
    word = kit | {"say": [*kit["say"][:says], "another word", *kit["say"][says + 1 :]]}
    pairs = kit | {"two": kit["two"] | {"off": [[x + 400 for x in column] for column in kit["two"]["off"]]}}
    for other in (word, pairs, kit | {"own": kit["own"][1:]}, kit | {"one": kit["one"][1:]}):
        assert differences([here._replace(kit=other)])


def test_an_answer_at_the_edge_is_the_same_to_both(cases):
    """The tolerance itself is right, and the next number is not; one bit more in the kit, and it is."""
    here = next(case for case in cases if case.exercise.id == "7.2")
    [want], [tolerance] = here.kit["want"], here.kit["tolerance"]
    edge = next(x for k in range(9) if abs((x := want + tolerance + k * 2**-52) - want) > tolerance)
    python = [{"points": checks.verdict("7.2", x).points} for x in (want + tolerance - 2**-51, edge)]
    assert [says["points"] for says in python] == [1, 0]
    at_edge = here._replace(raws=[want + tolerance - 2**-51, edge], python=python)
    assert not differences([at_edge])
    assert differences([at_edge._replace(kit=here.kit | {"tolerance": [tolerance + 2**-50]})])


def filled(kit: dict) -> Iterator:
    """What may stand in the fields of this exercise: each of TEXTS, and beside it, in other fields, a number or nothing."""
    first, *others = kit.get("outputs") or kit.get("want") or [""]
    for text in filter(str.strip, TEXTS):
        if kit["kind"] == "ByHand":
            yield [text, *[None, "2,5", "1/3", "x"][: len(others)]]
        elif kit["kind"] in ("Arrays", "Shapes"):
            yield {first: text, **dict.fromkeys(others, "7 x 2")}
        else:
            yield text
        if kit["kind"] == "Arrays":
            yield {first: [[text, "1"], [None, "2,5"]], **{name: [text] for name in others}}


def test_fields_give_the_raw_form_that_check_gives():
    asked = [(exercise, kit, list(filled(kit))) for exercise in (*REAL, *MADE_UP) for kit in [exercise.kit()]]
    page = in_page(
        "out(data.map(([kit, all]) => all.map((fields) => f.toRaw(kit, fields))))", [rest for _, *rest in asked]
    )
    for (exercise, _, all_fields), raws in zip(asked, page, strict=True):
        for fields, raw in zip(all_fields, raws, strict=True):
            alone = isinstance(fields, list) and len(fields) == 1
            assert exercise.collect(fields[0] if alone else fields) == raw, (exercise.id, fields)


def test_judging_takes_no_time(cases):
    """The slowest answers to each exercise, with the book's numbers: the best of nine runs, for other work goes on."""
    book = [case for case in cases if case.variant == "book"]
    script = """
    const clock = (kit, raw) => { const t = performance.now(); j.judge(kit, raw); return performance.now() - t; };
    const slowest = (kit, raws) => raws.map((raw) => [clock(kit, raw), raw]).sort((a, b) => b[0] - a[0]).slice(0, 5);
    const best = (kit, raw) => Math.min(...Array.from({ length: 9 }, () => clock(kit, raw)));
    out(data.map(([kit, raws]) => Math.max(...slowest(kit, raws).map(([, raw]) => best(kit, raw)))));
    """
    times = in_page(script, [(case.kit, case.raws) for case in book])
    slowest, id = max(zip(times, (case.exercise.id for case in book), strict=True))
    print(f"the slowest is {id}: {slowest:.1f} ms")
    assert slowest < 10


def compressed(data) -> int:
    """How many bytes of a page it takes."""
    return len(gzip.compress(json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode(), 9))


def test_kits_are_small():
    kits = pool([(e.id, "book") for e in REAL if e.id.startswith("7.")])
    alone = kits | {"kits": [{**kit, "two": None} for kit in kits["kits"]]}
    print(f"the kits of chapter 7: {compressed(kits)} bytes, {compressed(alone)} without the pairs of slips")
    assert compressed(alone) < 20_000
    assert compressed(kits) < 40_000


def test_kits_are_the_same_each_time():
    code = (
        "import json; from bplib.checking.kits import pool\n"
        "print(json.dumps(pool([('7.3', 'ada'), ('8.3', 'ada'), ('8.1', 'ada')])))"
    )
    run = [subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True,
                          env=os.environ | {"PYTHONHASHSEED": seed}).stdout for seed in "17"]  # fmt: skip
    assert run[0] == run[1]


def test_every_answer_that_is_data_can_be_judged_in_the_page():
    others = {type(e) for e in (*ALL, *clinic.EXERCISES, *inventory.EXERCISES) if not hasattr(e, "kit")}
    assert others == {Functions, Classes, Repair, Witness, ByPerson}


def test_the_inventory_keeps_its_key():
    assert {key for e in inventory.EXERCISES for key in e.kit()} == {"kind", "id", "variant", "points", "letters"}


def test_parts_of_the_judge_can_stand_in_one_module():
    """A page carries them one after the other, with the parts of figures: no name stands for two things."""
    texts = [(SHARED / f"{name}.js").read_text() for name in (*MODULES, "frame", "rng")]
    names = [
        name for text in texts for name in re.findall(r"^(?:export )?(?:const|let|function|class) (\w+)", text, re.M)
    ]
    assert sorted(set(names)) == sorted(names)
