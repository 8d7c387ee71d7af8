"""The bug clinic: every bug is one, every control is none, and every answer has its word."""

import os
import runpy
from pathlib import Path

import numpy as np
import pytest

import bplib as bp
from bplib.checking import BOOK, EXERCISES, Functions, WhichLine, Witness
from bplib.exercises import clinic
from bplib.exercises.shared.programs import (
    BUGS,
    PROGRAMS,
    first_difference,
    inputs_for,
    line_of,
    numbered,
    rearranged,
    run,
    shown_by,
    started_with_ones,
    training,
    trains,
    xor_start,
)

VARIANTS = [BOOK, *[f"practice-{i}" for i in range(int(os.environ.get("BP_VARIANTS", "20")))]]
SIZES = (5, 3, 4, 2)
HUNTS = [e for e in clinic.EXERCISES if isinstance(e, WhichLine)]
FIRSTS = [e for e in clinic.EXERCISES if isinstance(e, clinic.FirstWrong)]
WITNESSES = [e for e in clinic.EXERCISES if isinstance(e, Witness)]
PATCHES = [e for e in clinic.EXERCISES if isinstance(e, Functions)]


def drawn(program, seed=0, sizes=SIZES):
    return inputs_for(program, np.random.default_rng(seed), *sizes)


def relative(a, b):
    return np.max(np.abs(np.asarray(a) - b)) / (1e-12 + np.max(np.abs(b)))


# ---------------------------------------------------------------- the programs


@pytest.mark.parametrize("slug", BUGS)
def test_a_bug_differs_on_its_quantity_and_on_none_before_it(slug):
    program, bug = BUGS[slug]
    for seed in range(5):
        data = drawn(program, seed)
        assert first_difference(program, bug, data) == bug.first, seed
        settings = {"lr": 0.1, **shown_by(bug)}
        right, wrong = (run(program, program.inject_bug(b), data, **settings) for b in (None, bug))
        assert (
            np.shape(wrong[bug.first]) != np.shape(right[bug.first])
            or relative(wrong[bug.first], right[bug.first]) > 1e-4
        )


@pytest.mark.parametrize("slug", BUGS)
def test_a_bug_is_one_line(slug):
    """One line differs (or, for an update that comes too early, one line moved)."""
    program, bug = BUGS[slug]
    right, wrong = ([line.strip() for line in numbered(program.inject_bug(b))] for b in (None, bug))
    gone, come = [x for x in right if x not in wrong], [x for x in wrong if x not in right]
    assert len(gone) == len(come) == (0 if slug == "updated-weight" else 1)
    assert line_of(program.inject_bug(bug), bug.line) > 0
    assert come in ([], [bug.line])


def test_a_bug_that_cannot_be_planted_says_so():
    program, bug = BUGS["bias-averaged"]
    broken = type(bug)(bug.mistake, bug.line, (("not there", "x"),), bug.first)
    with pytest.raises(ValueError, match="stands 0 times"):
        program.inject_bug(broken)
    with pytest.raises(ValueError, match="expected once"):
        line_of(program.text, "not there")


@pytest.mark.parametrize("program", PROGRAMS.values(), ids=lambda p: p.name)
def test_a_program_is_short_and_innocent_lines_are_its_own(program):
    for bug in (None, *program.bugs):
        lines = program.inject_bug(bug).split("\n")
        assert 8 <= len(numbered(program.inject_bug(bug))) <= 25
        assert all(len(line) <= 86 for line in lines)
    assert all(line_of(program.text, line) for line in program.decoy)
    assert len(program.bugs) >= 1


# ---------------------------------------------------------------- the controls are right


class Shared(bp.ReLU.__mro__[1]):
    """Two uses of one square matrix, as a layer: tanh(tanh(X V) V)."""

    def __init__(self, V):
        self.V = V

    def _forward(self, X, train):
        self.X, self.A = X, np.tanh(X @ self.V)
        self.Y = np.tanh(self.A @ self.V)
        return self.Y

    def _to_input(self, dY):
        dZ = dY * (1 - self.Y**2)
        dZ_before = (dZ @ self.V.T) * (1 - self.A**2)
        self.dV = self.A.T @ dZ + self.X.T @ dZ_before
        return dZ_before @ self.V.T


class Times(Shared):
    """Entry by entry times a fixed mask."""

    def __init__(self, mask):
        self.mask = mask

    def _forward(self, X, train):
        return X * self.mask

    def _to_input(self, dY):
        return dY * self.mask


def linear(W, b):
    layer = bp.Linear(*W.shape, init="zeros")
    layer.W, layer.b = W.copy(), b.copy()
    return layer


def twin(name, d, mask):
    """The program's network from bplib's layers, its loss, and where each gradient is found."""
    if name == "norm":
        first, norm = linear(d["W1"], np.zeros(d["W1"].shape[1])), bp.BatchNorm(d["W1"].shape[1])
        norm.gamma, norm.beta = d["g"].copy(), d["b"].copy()
        last = linear(d["W2"], d["b2"])
        where = {
            "W1": (first, "dW"),
            "g": (norm, "dgamma"),
            "b": (norm, "dbeta"),
            "W2": (last, "dW"),
            "b2": (last, "db"),
        }
        return [first, norm, bp.Tanh(), last], bp.MSE(), where
    layers = [linear(d["W1"], d["b1"]), {"cross": bp.Sigmoid, "batches": bp.ReLU}.get(name, bp.Tanh)()]
    where = {"W1": (layers[0], "dW"), "b1": (layers[0], "db")}
    if name == "deep":
        layers += [linear(d["W2"], d["b2"]), bp.Tanh(), linear(d["W3"], d["b3"])]
        where |= {f"{p}{i}": (layers[j], f"d{p}") for i, j in ((2, 2), (3, 4)) for p in "Wb"}
        return layers, bp.CrossEntropy(), where
    if name == "dropout":
        layers.append(Times(mask))
    if name == "tied":
        layers.append(Shared(d["V"]))
        where["V"] = (layers[-1], "dV")
    layers.append(linear(d["W2"], d["b2"]))
    where |= {"W2": (layers[-1], "dW"), "b2": (layers[-1], "db")}
    if name == "squares":
        layers.append(bp.Sigmoid())
    return layers, bp.BCEWithLogits() if name == "cross" else bp.MSE(), where


@pytest.mark.parametrize("program", PROGRAMS.values(), ids=lambda p: p.name)
def test_a_control_equals_the_truth_by_bplibs_layers(program):
    for seed in range(5):
        d = drawn(program, seed, SIZES)
        got = run(program, program.text, d, batch=5)
        layers, loss, where = twin(program.name, d, got.get("mask"))
        Y = d["X"]
        for layer in layers:
            Y = layer.forward(Y)
        T = d["T"].argmax(axis=1) if program.one_hot else d["T"].reshape(Y.shape)
        assert abs(loss.forward(Y, T) - got["loss"]) < 1e-12
        dY = loss.backward()
        for layer in reversed(layers):
            dY = layer.backward(dY)
        assert set(where) == set(program.params)
        for name, (layer, grad) in where.items():
            assert relative(got["d" + name], getattr(layer, grad)) < 1e-12, name


# ---------------------------------------------------------------- the exercises


def test_ids_are_in_order():
    assert [e.id for e in clinic.EXERCISES] == [f"clinic.{i + 1}" for i in range(len(clinic.EXERCISES))]


@pytest.mark.parametrize("exercise", clinic.EXERCISES, ids=lambda e: e.id)
def test_an_exercise_shows_a_prompt_and_an_objective(exercise):
    assert bp.exercise(exercise.id).startswith(f"**{exercise.id} {exercise.title}**")
    assert len(exercise.objective.split()) >= 5
    assert bp.check(exercise.id).message == "**Not answered yet.**"


@pytest.mark.parametrize("exercise", HUNTS, ids=lambda e: e.id)
def test_every_line_of_a_hunt_has_its_word(exercise):
    for variant in VARIANTS:
        _, line, words, why = exercise.lines(exercise.rng_for(variant))
        case = clinic.case_for(exercise.id, exercise.rng_for(variant))
        lines = numbered(case.text)
        assert set(words) | {line} >= {0, *range(1, len(lines) + 1)} - ({0} if line == 0 else set())
        said = exercise.judge(line, variant)
        assert said.points == exercise.points
        assert why in said.message()
        assert line == 0 or lines[line - 1].strip() == case.bug.line
        for other, word in words.items():
            said = exercise.judge(other, variant)
            assert said.points == 0
            assert word in said.message()


@pytest.mark.parametrize(("exercise", "hunt"), list(zip(FIRSTS, HUNTS, strict=True)), ids=lambda e: e.id)
def test_the_first_wrong_quantity_is_that_of_the_same_program(exercise, hunt):
    for variant in VARIANTS:
        case = clinic.case_for(hunt.id, hunt.rng_for(variant))
        prompt, right, wrong = exercise.options(variant)
        first = case.bug.first if case.bug else "None"
        assert f"- **{right}:** `{first}`" in prompt or f"- **{right}:** {first}:" in prompt
        assert exercise.judge(right, variant).points == exercise.points
        assert len(wrong) >= 3
        for letter, word in wrong.items():
            assert word in exercise.judge(letter, variant).message()


def test_the_right_first_quantity_is_found_by_running():
    """Also where the lines stand in another order."""
    for hunt in HUNTS:
        for variant in VARIANTS:
            case = clinic.case_for(hunt.id, hunt.rng_for(variant))
            data = drawn(case.program)
            settings = {"lr": 0.1} | (shown_by(case.bug) if case.bug else {})
            right, shown = (run(case.program, text, data, **settings) for text in (case.program.text, case.text))
            differs = [n for n in case.program.order if relative(shown[n], right[n]) > 1e-9]
            assert differs[:1] == ([case.bug.first] if case.bug else [])


def test_controls_are_about_a_quarter_and_not_the_same_for_everybody():
    hits = [[clinic.case_for(h.id, h.rng_for(v)).bug is None for h in HUNTS] for v in VARIANTS]
    assert sum(hits[0]) == 3
    share = sum(map(sum, hits)) / (len(hits) * len(HUNTS))
    assert 0.15 < share < 0.45
    assert len({tuple(row) for row in hits}) > len(hits) // 2


def test_lines_are_rearranged_only_where_nothing_depends_on_it():
    from bplib.rng import Rng

    text = PROGRAMS["cross"].text
    assert rearranged(text, None) == text
    seen = {rearranged(text, Rng(f"t{i}")) for i in range(20)}
    assert len(seen) == 4
    assert all(sorted(t.split("\n")) == sorted(text.split("\n")) for t in seen)


# ---------------------------------------------------------------- witnesses


def answer_for(exercise, seed=0, **other):
    """Inputs that tell, as plain lists."""
    slug = exercise.bug[0].slug
    program, bug = BUGS[slug]
    data = drawn(program, seed, (2, 2, 2, 2)) | other
    return {name: np.round(data[name], 1).tolist() for name in exercise.arguments if name in data} | {
        "first": bug.first
    }


SILENT = {
    # open units only; full batches; one hidden unit; as many outputs as examples; a symmetric matrix
    "relu-in-place": {"X": [[1.0, 2.0]], "T": [[1.0]], "W1": [[1.0], [1.0]], "b1": [0.5], "W2": [[1.0]], "b2": [0.0]},
    "remainder-miscounted": {"batch": 2},
    "bias-summed-over-all": {
        "X": [[1.0], [2.0]],
        "T": [[1.0], [0.0]],
        "W1": [[1.0]],
        "b1": [0.5],
        "W2": [[1.0]],
        "b2": [0],
    },
    "wrong-axis-count": {},
    "weight-not-transposed": {"W2": [[0.5, 0.2], [0.2, -0.3]]},
}


@pytest.mark.parametrize("exercise", WITNESSES, ids=lambda e: e.id)
def test_data_that_tell_are_told_from_data_that_do_not(exercise):
    slug = exercise.bug[0].slug
    telling = {"wrong-axis-count": {"X": [[1.0, 2.0]], "T": [[1.0, 0.0]]}, "remainder-miscounted": {"batch": 3},
               "relu-in-place": {"b1": [-9.0, 9.0]}, "bias-summed-over-all": {"b1": [9.0, 9.0]}}  # fmt: skip
    answer = answer_for(exercise) | telling.get(slug, {})
    for variant in VARIANTS[:3]:
        bp.variant(variant)
        said = bp.check(exercise.id, answer, tell=True)
        assert float(said) == exercise.points, said.message
        assert exercise.bug[0].says in said.message
        other = bp.check(exercise.id, answer | {"first": "W1"}, tell=True)
        assert float(other) == exercise.points / 2
        assert float(bp.check(exercise.id, answer | {"first": "nothing"}, tell=True)) == exercise.points / 2
        silent = answer_for(exercise) | SILENT[slug]
        said = bp.check(exercise.id, silent, tell=True)
        assert float(said) == 0
        assert "they do not show the bug" in said.message
        assert exercise.hint in said.message
    bp.variant(BOOK)


@pytest.mark.parametrize("exercise", WITNESSES, ids=lambda e: e.id)
def test_data_that_do_not_fit_are_refused_in_words(exercise):
    good = answer_for(exercise)
    if "batch" in exercise.arguments:
        good["batch"] = 3
        for bad in (0, 1.5, [1, 2], -1, "two"):
            assert float(bp.check(exercise.id, good | {"batch": bad})) == 0
    for bad in ({"X": [1.0, 2.0]}, {"X": []}, {"T": [[1.0]] * 7}, {"W1": [[1.0]]}, {"b1": "b"}, {"X": [[1.0], [2.0, 3.0]]},
                {"X": [["a", 1]]}, {"X": np.ones((300, 2))}, {"X": [[1e300, 1e300]] * 2}):  # fmt: skip
        said = bp.check(exercise.id, good | bad, tell=True)
        assert float(said) == 0
        assert "Not an answer yet" in said.message, (bad, said.message)


# ---------------------------------------------------------------- patches


@pytest.mark.parametrize("exercise", PATCHES, ids=lambda e: e.id)
def test_a_fixed_backward_pass_is_right_and_every_bug_is_named(exercise):
    for variant in VARIANTS:
        bp.variant(variant)
        assert exercise.clashes(exercise.numbers(variant)) == []
        assert float(bp.check(exercise.id, exercise.solve)) == exercise.points
        for mistake, program in exercise.mistakes:
            said = bp.check(exercise.id, program, tell=True)
            assert mistake.says in said.message, (variant, mistake.slug)
            assert float(said) < exercise.points
    bp.variant(BOOK)


def test_the_first_difference_is_reported_by_slug():
    program, bug = BUGS["loss-broadcast" if "loss-broadcast" in BUGS else "broadcast-error"]
    assert clinic.differs(bug.mistake.slug, drawn(program)) == "loss"
    assert EXERCISES["clinic.1"] is clinic.EXERCISES[0]
    assert first_difference(program, None, drawn(program)) is None


# ---------------------------------------------------------------- what it takes to notice a bug

MAKER = runpy.run_path(str(Path(__file__).resolve().parent.parent / "tools" / "make_clinic.py"))


def test_the_counts_are_those_of_the_stated_budgets():
    counts = training()
    assert counts["starts"] == MAKER["STARTS"]
    assert counts["budgets"] == [[epochs, rate] for epochs in MAKER["EPOCHS"] for rate in MAKER["RATES"]]
    for key in ("solved", "fell"):
        assert list(counts[key]) == [*PROGRAMS, *BUGS]
        for row in counts[key].values():
            assert len(row) == len(counts["budgets"])
            assert all(0 <= n <= counts["starts"] for n in row)


@pytest.mark.parametrize("name", ["squares", "delta-of-other-loss", "softmax-diagonal"])
def test_a_row_of_the_counts_comes_out_again(name):
    """With one budget, the first; the file's maker takes minutes for all."""
    counts = training()
    program, bug = BUGS.get(name, (PROGRAMS.get(name), None))
    epochs, rate = counts["budgets"][0]
    found = trains(program, program.inject_bug(bug), counts["starts"], epochs, rate)
    assert found == (counts["solved"][name][0], counts["fell"][name][0])


@pytest.mark.parametrize("program", PROGRAMS.values(), ids=lambda p: p.name)
def test_solved_means_that_no_output_is_on_the_wrong_side(program):
    """One long training of each right program: where it counts as solved, every example is."""
    start = xor_start(program, 0)
    end = run(program, program.text, start, epochs=600, lr=program.lr, batch=3)
    now = run(program, program.text, start | {name: end[name] for name in program.params}, drop=0)
    out, T = np.asarray(now[program.output]), np.asarray(start["T"])
    if program.name == "rows":  # its output is that of the last example
        out = np.tanh(start["X"] @ now["W1"] + now["b1"]) @ now["W2"] + now["b2"]
    if program.one_hot:
        good = (out.argmax(axis=1) == T.argmax(axis=1)).all()
    else:
        threshold = 0 if program.output == "Z2" else 0.5  # a logit, or an output
        good = ((out > threshold).reshape(T.shape) == (T > 0.5)).all()
    solved, fell = trains(program, program.text, 1, 600, 1)
    assert solved == good
    assert fell == 1


def agrees(program, text, sizes, **settings):
    """A gradient check of this text, as the page makes it."""
    settings |= {"batch": sizes[0]}
    data = drawn(program, 2, sizes)
    end = run(program, text, data, **settings)
    at = {name: data[name] for name in program.params}
    grads = {name: np.zeros(at[name].shape) + end["d" + name] for name in at}
    return bp.gradcheck(
        lambda **nudged: run(program, text, data | nudged, **settings | {"lr": 0})["loss"], at, grads
    ).ok


def test_three_bugs_pass_a_check_at_one_point_and_all_others_do_not():
    hidden = {
        slug
        for slug, (program, bug) in BUGS.items()
        if agrees(program, program.inject_bug(bug), (6, 3, 4, 2), lr=program.lr)
    }
    assert hidden == {"gradients-not-reset", "rate-twice", "remainder-miscounted"}
    assert all(agrees(p, started_with_ones(p, p.text), (6, 3, 4, 2), lr=p.lr) for p in PROGRAMS.values())


def test_training_shows_few_bugs_and_not_the_same_with_every_budget():
    """What the page says of its first tier, and that the number of bugs that training shows depends on the budget."""
    counts = training()
    solved, starts = counts["solved"], counts["starts"]

    def shown(slug):
        right, wrong = solved[BUGS[slug][0].name], solved[slug]
        return [b < a - 0.15 * starts if a >= 0.75 * starts else None for a, b in zip(right, wrong, strict=True)]

    rows = {slug: shown(slug) for slug in BUGS}
    always = {slug for slug, row in rows.items() if all(seen is not False for seen in row)}
    assert always == {"slope-at-a", "softmax-diagonal", "slope-of-another-layer"}
    base = [counts["budgets"].index([epochs, 1]) for epochs in MAKER["EPOCHS"]]
    assert [sum(row[i] for row in rows.values()) for i in base] == [8, 4]
    assert all(n >= 0.85 * starts for name, row in counts["fell"].items() if name in BUGS for n in [row[base[0]]])
