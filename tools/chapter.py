"""Begins a chapter: python tools/chapter.py 2 downhill, or `make chapter NUMBER=2 NAME=downhill`.

It writes the chapter's text, its exercises, their solutions, and the rows that lead to them; never over anything that is
there. What is left to write is marked TODO, and `pytest tests/test_chapters.py` names each mark until the last is gone.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

CHAPTER = """\
---
kernelspec: {name: python3, display_name: Python 3}
myst:
  html_meta:
    description: "TODO what the chapter shows, in one or two sentences, for search engines."
---
# @N@. @Title@

- **You will** TODO do what, with your own hands.
- **You will learn** TODO what, in one sentence.
- **You need** TODO which chapters, or which school mathematics.
- **Time:** about TODO 30 minutes, without the exercises.

TODO the question that the last chapter left, and why it matters.

> **Predict.** TODO one question that can be answered in one breath?

```{code-cell} ipython3
import bplib as bp

x, c = bp.values(x=2.3, c=0.8)
loss = (x - c) ** 2
loss.backward()
print(f"loss {loss.data:.2f}, slope {x.grad:.2f}")
```

TODO what this output says, and the question that it raises. Every number in the text is one that a cell printed.

## Pitfalls

**TODO a slip, as a noun.**
TODO why it is tempting, and how to notice it.

## Check yourself

```{code-cell} ipython3
:tags: [remove-input]
bp.Quiz(
    bp.Choose(
        "TODO a question with one right answer?",
        right="TODO the right one",
        wrong={"TODO a tempting one": "TODO what somebody who believes it should look at."},
    ),
    bp.Number("TODO a question with a number for an answer?", 3.0, within=0.005, wrong={1.5: "TODO what gives 1.5."}),
    bp.Match("TODO what belongs to what?", {"TODO one": "its own", "TODO two": "the other"}),
)
```

## Your turn

Do it on paper first.
Then open the {download}`exercise notebook <../exercises/@page@/@page@.ipynb>`: it tells you which slip you made.
The [solutions](../solutions/@page@/@page@.ipynb) are a page of this book.

```{code-cell} ipython3
:tags: [remove-input]
bp.exercise("@N@.1")
```

## Summary

TODO what to keep, in three sentences.

**Sources.**
TODO where it comes from, with {cite:t}`griewank2008` or another entry of references.bib.

**Next.** TODO the question that is still open.
"""

EXERCISES = '''\
"""Exercises of chapter @N@, @title@: TODO what they practise."""

from __future__ import annotations

from ..checking import ByHand
from .shared.graphs import graph, listed, partial_derivative

PAGE = "@page@"  # of the book, and folder of its solutions

EXERCISES = (
    ByHand(
        "@N@.1",
        "TODO a title",
        1,
        "TODO what a learner can do after it",
        outputs=("dL/dx",),
        book={"x": 2.3, "c": 0.8},
        sample=lambda rng: {"x": rng.tenths(2.2, 3.9), "c": rng.tenths(0.3, 0.9)},
        build=graph(lambda x, c: {"L": (x - c) ** 2}),
        prompt=lambda n: f"TODO: $L = (x - c)^2$, with {listed(n)}. What is ${partial_derivative('x')}$?",
    ),
)
'''

SOLUTIONS = """\
---
kernelspec: {name: python3, display_name: Python 3}
myst:
  html_meta:
    description: The exercises of chapter @N@, @title@, with full solutions and the reasons.
---
# Exercises @N@: @Title@

Think first, on paper where there is something to calculate.
Then put your answer in place of the `...` and run the cell below it.
A cell that you have not answered yet says so, and is not wrong.
When an answer is wrong, you get help in steps: change it and check again. To hear at once which slip it is, run `bp.tell("@N@.1")` in a new cell.

```{code-cell} ipython3
import bplib as bp
```

## Exercise @N@.1

```{code-cell} ipython3
bp.exercise("@N@.1")
```

```{code-cell} ipython3
dL_dx = ...
### BEGIN SOLUTION
dL_dx = 2 * (2.3 - 0.8)
### END SOLUTION
```

```{code-cell} ipython3
bp.check("@N@.1", dL_dx)
```

+++ {"tags": ["explanation"]}

TODO the way to the answer, and what its sign and its size mean.
"""

ROW = "| [@N@ @Title@](@page@.ipynb) |"
CELLS = {
    "book/index.myst.md": " TODO its question? |",
    "book/teaching.myst.md": " TODO what it needs | TODO its question? | TODO its figure |",
}


def begin(number: str, name: str, root: Path = ROOT) -> list[str]:
    """Write all parts of a chapter, and return their places. What cannot be done raises SystemExit, before any writing."""
    page = _page(number, name)
    taken = sorted(root.glob(f"book/{page[:2]}_*.myst.md"))
    taken += [path for path in (root / f"bplib/exercises/ch{page[:2]}.py", root / f"solutions/{page}") if path.exists()]
    if taken:
        raise SystemExit(
            f"There is a chapter {int(number)} already: {taken[0].relative_to(root)}. Nothing was written."
        )
    title = name.replace("_", " ")
    words = {"@N@": str(int(number)), "@page@": page, "@title@": title, "@Title@": title[0].upper() + title[1:]}
    changed = {
        f"book/{page}.myst.md": _filled(CHAPTER, words),
        f"bplib/exercises/ch{page[:2]}.py": _filled(EXERCISES, words),
        f"solutions/{page}/{page}.myst.md": _filled(SOLUTIONS, words),
    }
    for place, cells in CELLS.items():
        changed[place] = _with_row(
            _text(root, place), r"\| \[(\d+) .*\n", int(number), _filled(ROW + cells, words) + "\n"
        )
    toc = _with_row(_text(root, "_toc.yml"), r" *- file: book/(\d\d)_.*\n", int(number), f"      - file: book/{page}\n")
    changed["_toc.yml"] = _with_row(
        toc, r" *- file: solutions/(\d\d)_.*\n", int(number), f"      - file: solutions/{page}/{page}\n"
    )
    for place, text in changed.items():
        (root / place).parent.mkdir(parents=True, exist_ok=True)
        (root / place).write_text(text, "utf-8")
    return list(changed)


def _page(number: str, name: str) -> str:
    """02_downhill; SystemExit that says what is wrong with the number or the name."""
    if not re.fullmatch(r"0?[1-9]|[1-9]\d", number):
        raise SystemExit(f"NUMBER should be the number of a chapter, 1 to 99, as in NUMBER=2; got {number!r}.")
    if not re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", name):
        raise SystemExit(
            f"NAME should be small letters, digits and underscores, as in NAME=going_downhill; got {name!r}."
        )
    return f"{int(number):02d}_{name}"


def _filled(text: str, words: dict[str, str]) -> str:
    for mark, word in words.items():
        text = text.replace(mark, word)
    return text


def _text(root: Path, place: str) -> str:
    return (root / place).read_text("utf-8")


def _with_row(text: str, pattern: str, number: int, row: str) -> str:
    """The text with this row, among those that fit the pattern: where the chapter is planned, in place of the row that
    says so, and otherwise after the last one of a smaller number."""
    rows = list(re.finditer(f"^{pattern}", text, re.MULTILINE))
    before = [found for found in rows if int(found[1]) < number]
    start = end = before[-1].end() if before else rows[0].start()
    for planned in rows:
        if int(planned[1]) == number:
            start, end = planned.span()
    return text[:start] + row + text[end:]


def main(arguments: list[str]) -> None:
    if len(arguments) != 2:
        raise SystemExit("Say which chapter: make chapter NUMBER=2 NAME=downhill")
    number, name = arguments
    written = begin(number, name)
    page = _page(number, name)
    print("Written, or given a row:", *(f"  {place}" for place in written), sep="\n")
    print(f"""
Next:
  1. Write what is marked TODO: grep -rn TODO book/*.md bplib/exercises solutions/{page}
  2. Are right answers and slips told apart? .venv/bin/pytest tests/test_exercises.py tests/test_kinds.py -k {int(number)}.1
  3. Build the notebooks: make notebooks
  4. What does the chapter still lack? .venv/bin/pytest tests/test_chapters.py
CONTRIBUTING.md says more about each step.""")


if __name__ == "__main__":
    main(sys.argv[1:])
