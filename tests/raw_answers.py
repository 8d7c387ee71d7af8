"""Answers of all sorts to exercises whose answers are data, in raw form: right, every slip, near misses, and rubbish."""

from itertools import combinations, permutations
from math import inf, nan, nextafter

from bplib.checking import Arrays, ByHand, Choice, Ordering, Several, Shapes, WhichLine
from bplib.checking.answers import to_json
from bplib.checking.arrays import Grid, composed, known

TEXTS = ["", "  ", "abc", "1,234", "-1,234,567", "0,234", "1.234,5", "1/0", "1/3", "-2/3/4", "1e-3", "1e400", "+.5", "5.", "--1",
         "2.5 3.5", "\N{MINUS SIGN}2,06", "\N{EN DASH}1", "\u200b7\u200e", "\N{FULLWIDTH DIGIT TWO}", "\N{ARABIC-INDIC DIGIT THREE}",
         "\N{NO-BREAK SPACE}4 ", "it's", 'say "it\'s"', "back\\slash\nline", "\N{SNOWMAN}" * 60, "\N{GRINNING FACE}" * 50, "0x1F",
         "nan", "inf", "`code`", "bell \x07 \u2028 \ue000", "**bold**", "ac", "a, c", "?", "1_000", "٣/٤"]  # fmt: skip
RUBBISH = [None, "", "nan", "inf", "zz", True, False, 0.0, -0.0, 1.0, 2.5, 1e300, -1e22, 3.0, [], [[]], [None], [None, None], [[1.0], 2.0],
           [[1.0, 2.0], [3.0]], [1.0, {"text": "x"}], [2.0, 5.0, 3.0, -7.0], [2.0, 5.5], [1e17, 2.0], [True, 2.0], {"named": {}},
           {"named": {"elsewhere": 1.0}}, {"named": {"it's": None}}, {"named": 3.0}, {"shape": [1000, 1000]}, {"shape": [70000]}, {"shape": 3.0}, {"is": "set"},
           {"is": "Value"}, {"is": "Tensor"}, {"is": "complex number `1j`"}, {}, {"else": 1.0}, {"text": 3.0}, [{"is": "Value"}, None],
           *({"text": text} for text in TEXTS), *([None, {"text": text}] for text in TEXTS[-24:])]  # fmt: skip


def spelled(x: float, rng) -> object:
    """A number as a reader may write it, or as itself."""
    if x is None or abs(x) == inf or x != x:
        return x if x is None else to_json(x)
    text = rng.choice([f"{x:.3f}", repr(x), f"{x:.12e}"])
    ways = [x, {"text": text}, {"text": text.replace(".", ",")}, {"text": text.replace("-", "\N{MINUS SIGN}")},
            {"text": f" {x * 3!r}/3 "}, [x]]  # fmt: skip
    return ways[min(rng.randrange(12), 5)]


def beside(x: float, tolerance: float, rng) -> float:
    """A number at an edge of what counts as near: of a tolerance, of a half, of the window in which others are counted."""
    times = rng.choice([0.5, 1, 1, 1, 4, 40, 0.01, 3])
    edge = x + rng.choice([-1, 1]) * times * tolerance
    return rng.choice([edge, nextafter(edge, inf), nextafter(edge, -inf), x + rng.uniform(-5, 5) * tolerance])


def numbers_by_hand(exercise: ByHand, variant: str, rng, count: int):
    """Lists of numbers, one for each output."""
    task = exercise.task(variant)
    want, tolerance = task.answer, task.tolerance
    slips = [slip.answer for slip in task.slips] + [guess.answer for guess in exercise.guesses(variant)]
    pairs = [guess.answer for guess in exercise.guesses(variant, pairs=True)]
    yield list(want)
    yield from (
        [round(x, 3) for x in slip]
        for slip in (slips if variant == "book" else rng.sample(slips, min(len(slips), count)))
    )
    for _ in range(count):
        yield [round(x, 3) for x in rng.choice(pairs or slips)]
        one, other = rng.choice([want, *slips]), rng.choice([want, want, *slips, *pairs])
        yield [rng.choice([*both, None]) for both in zip(one, other, strict=True)]
        base = rng.choice([want, rng.choice(slips), rng.choice(pairs or slips)])
        yield [rng.choice([x, beside(x, t, rng)]) for x, t in zip(base, tolerance, strict=True)]
        factor = rng.choice([-1, 2, 0.5, 0, rng.uniform(-3, 3), inf, nan])
        yield [rng.choice([x, x * factor]) for x in want]
        yield rng.sample(want, len(want))


def by_hand(exercise: ByHand, variant: str, rng, count: int):
    for numbers in numbers_by_hand(exercise, variant, rng, count):
        raw = [spelled(x, rng) for x in numbers]
        yield raw if len(raw) > 1 or rng.random() < 0.3 else raw[0]
        if rng.random() < 0.1:
            yield rng.choice([[raw], raw[:-1], [*raw, 1.0], {"named": dict(zip(exercise.outputs, raw, strict=True))},
                              [rng.choice([*RUBBISH, x]) for x in raw]])  # fmt: skip


def nested(grid: Grid, rng, spoil: float = 0) -> object:
    """An array as nested lists, some numbers of which are spelled in other ways."""
    if not grid.shape:
        return spelled(grid.cells[0], rng) if rng.random() < 0.9 else [to_json(grid.cells[0])]
    size = len(grid.cells) // grid.shape[0] if grid.shape[0] else 0
    rows = [Grid(grid.shape[1:], grid.cells[k * size : (k + 1) * size]) for k in range(grid.shape[0])]
    made = [nested(row, rng, spoil) if row.shape else to_json(row.cells[0]) for row in rows]
    if spoil and rng.random() < spoil:
        made[rng.randrange(len(made))] = rng.choice(RUBBISH)
    return made


def altered(grid: Grid, tolerance, rng) -> Grid:
    """An array in another shape, times a factor, or with one number beside what it was."""
    way, (shape, cells) = rng.randrange(8), grid
    if way == 0:
        turned = grid.transposed()
        return turned._replace(cells=tuple(x * rng.choice([1, 1, 3]) for x in turned.cells))
    if way == 1:
        return Grid((1, *shape), cells)
    if way == 2:
        return Grid((len(cells),), cells)
    if way == 3:
        return Grid((2, *shape), tuple(x / 4 for x in cells) + tuple(3 * x / 4 for x in cells))
    if way == 4:
        factor = rng.choice([-1, 2, 0.5, 0.001, nan, inf, rng.uniform(-3, 3)])
        return grid._replace(cells=tuple(x * factor for x in cells))
    k = rng.randrange(len(cells))
    tolerances = tolerance if len(tolerance) == len(cells) else (0.1,) * len(cells)
    return grid._replace(cells=(*cells[:k], beside(cells[k], tolerances[k], rng), *cells[k + 1 :]))


def arrays(exercise: Arrays, variant: str, rng, count: int):
    want, tolerances, wrong, alternatives = known(exercise, variant)
    whole = [want, *(grids for _, grids in alternatives * 3), *(grids for _, grids in wrong)]
    yield from ([nested(grids[name], rng) for name in want] for grids in whole)
    for _ in range(count):
        one, other = rng.choice(whole), rng.choice(whole)
        both = composed(one, other, want, tolerances) or want
        for found in (
            both,
            dict(zip(want, rng.sample(list(want.values()), len(want)), strict=True)),
            {name: altered(grid, tolerances[name], rng) for name, grid in want.items()},
        ):
            yield {"named": {name: nested(grid, rng) for name, grid in found.items()}}
        one, other = rng.choice(whole), rng.choice(whole)
        mixed = {name: rng.choice([one, other, want])[name] for name in want}
        if rng.random() < 0.5:
            name = rng.choice(list(want))
            mixed[name] = altered(rng.choice([want, one])[name], tolerances[name], rng)
        if rng.random() < 0.15:
            mixed = dict(zip(mixed, rng.sample(list(mixed.values()), len(mixed)), strict=True))
        raw = {name: nested(grid, rng, 0.03) for name, grid in mixed.items() if rng.random() < 0.8}
        yield {"named": raw} if rng.random() < 0.8 else list(raw.values())
        factors = rng.choice([-1, 2, 0.5]), rng.choice([-1, 3])
        yield {"named": {name: nested(g._replace(cells=tuple(c * rng.choice(factors) for c in g.cells)), rng)
                         for name, g in want.items()}}  # fmt: skip


def shapes(exercise: Shapes, variant: str, rng, count: int):
    _, want, _ = exercise.shapes(exercise.rng_for(variant))
    known_ = exercise.mistakes(exercise.rng_for(variant))
    for _ in range(10 * count):
        found = {}
        for name, shape in want.items():
            others = [list(map(float, shape)) for _, shape in known_.get(name, ())]
            right = list(map(float, shape))
            odd = [
                None,
                [],
                2.5,
                [2.5, 3.0],
                [[2.0], 1.0],
                {"text": "two"},
                [float(rng.randrange(5))],
                right[::-1],
                "nan",
            ]
            found[name] = rng.choice([right, right, right, *others, rng.choice(odd)])
        yield {"named": found}
        yield list(found.values())


def letters(exercise, variant: str, rng, count: int):
    if isinstance(exercise, Choice):
        yield from "abcdefgh"
    if isinstance(exercise, Several):
        _, _, why = exercise.choose(exercise.rng_for(variant))
        yield from ("".join(some) for k in range(len(why) + 1) for some in combinations(why, k))
    if isinstance(exercise, WhichLine):
        yield from (float(k) for k in range(-1, 30))
        yield from ({"text": str(k)} for k in range(12))
    if isinstance(exercise, Ordering):
        steps = {step: letter for letter, step in exercise.lettered(variant).items()}
        right = "".join(steps[k] for k in sorted(steps))
        yield right
        yield from ("".join(order) for order in (permutations(right) if len(right) < 5 else ()))
        yield from ("".join(rng.sample(right, len(right))) for _ in range(count))
        for k in range(len(right) - 1):
            yield right[:k] + right[k + 1] + right[k] + right[k + 2 :]
    yield from ("ab", "zz", "aa", "ABC", "A", " b ")


def raw_answers(exercise, variant: str, rng, count: int) -> list:
    """Raw answers to this exercise, as JSON gives them back. count: how many rounds of random ones."""
    kinds = {ByHand: by_hand, Arrays: arrays, Shapes: shapes}
    make = next((make for kind, make in kinds.items() if isinstance(exercise, kind)), letters)
    rubbish = RUBBISH if variant == "book" else rng.sample(RUBBISH, 8)
    return [*make(exercise, variant, rng, count), *rubbish]
