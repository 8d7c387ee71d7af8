"""Draws fresh numbers for the exercises that a page offers for practice: a script for each, fetched when asked for.

It takes a while, so what was drawn is kept in `_build` until the exercises change.
"""

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import bp_math
from bp_markdown import Markdown

VARIANTS = 60  # of an exercise: more than anybody does in a row
FEWER = {"8.3": 40}  # whose numbers take the longest to draw, and the most room
# What differs between the prompts of two variants: options, entries of matrices, numbers with their sign.
MINUS = "\N{MINUS SIGN}"
TOKEN = re.compile(
    r"<li>(?:(?!</li>).)*</li>|<mtd[^>]*>(?:(?!</mtd>).)*</mtd>"
    rf"|(?:<mo[^>]*>{MINUS}</mo>)?<mn>[\d.]+</mn>|(?<![\w.#])-?\d+(?:\.\d+)?(?![\w.]*[\"'])",
    re.DOTALL,
)


def drawn(id: str) -> dict:
    """The kits of an exercise's variants, and their prompts in Markdown."""
    from bplib.checking import EXERCISES
    from bplib.checking.kits import pool

    count = FEWER.get(id, VARIANTS)
    names, seen = [], set()
    for name in (f"practice-{k}" for k in range(count)):
        prompt = EXERCISES[id].show(name)
        if prompt not in seen:
            names.append(name)
            seen.add(prompt)
    made = pool([(id, name) for name in names], pairs=False)
    return {**made, "prompts": [EXERCISES[id].show(name) for name in names]}


def factored(kits: list[dict]) -> tuple[dict, list[dict]]:
    """What all kits have in common, and what is left of each."""
    same = {key: value for key, value in kits[0].items() if all(kit.get(key) == value for kit in kits)}
    return same, [{key: value for key, value in kit.items() if key not in same} for kit in kits]


def templated(texts: list[str]) -> tuple[list[str], list[str], list[list[int]]]:
    """Texts as templates with places {{k}}, what can stand at the places, and for each text which of both it takes."""
    groups: dict[tuple[str, ...], list[int]] = {}
    for i, text in enumerate(texts):
        groups.setdefault(tuple(TOKEN.split(text)), []).append(i)
    templates, parts, rows = [], {}, [[] for _ in texts]
    for frame, members in groups.items():
        columns = list(zip(*(TOKEN.findall(texts[i]) for i in members), strict=True))
        places = list(dict.fromkeys(column for column in columns if len(set(column)) > 1))
        inside = [f"{{{{{places.index(c)}}}}}" if c in places else c[0] for c in columns]
        for k, i in enumerate(members):
            rows[i] = [len(templates), *(parts.setdefault(place[k], len(parts)) for place in places)]
        templates.append("".join(part for pair in zip(frame, [*inside, ""], strict=True) for part in pair))
    return templates, list(parts), rows


def finished(made: dict, markdown: Markdown) -> dict:
    """A pool as the page reads it: with its prompts and formulas as HTML."""
    same, kits = factored(made["kits"])
    templates, parts, prompts = templated(markdown.render(made["prompts"]))
    words = markdown.formulas_in([*made["say"], *texts_in(made["kits"])])
    return {"say": made["say"], "mistakes": made["mistakes"], "same": same, "kits": kits, "math": words,
            "templates": templates, "parts": parts, "prompts": prompts}  # fmt: skip


def texts_in(data) -> Iterator[str]:
    """Every text in some JSON."""
    if isinstance(data, str):
        yield data
    elif isinstance(data, dict | list | tuple):
        for part in data.values() if isinstance(data, dict) else data:
            yield from texts_in(part)


def digest_of(root: Path, id: str) -> str:
    """What an exercise's pool is made from, as a number: not the other chapters, nor what only shows."""
    own = f"ch{int(id.split('.')[0]):02d}.py"
    digest = hashlib.sha256(bp_math.maker(root).encode())
    made_by = [root / "_ext" / f"{name}.py" for name in ("bp_markdown", "bp_math", "bp_pools")]
    for file in sorted([*made_by, *(root / "bplib").rglob("*.py")]):
        foreign = re.fullmatch(r"ch\d+\.py", file.name) and file.name != own
        if not foreign and not {"show", "explore"} & set(file.relative_to(root).parts):
            digest.update(file.read_bytes())
    return digest.hexdigest()


def write_pools(app, ids: Iterable[str], markdown: Markdown, script: Callable[[str, dict], str]) -> None:
    """Write the pools of these exercises; those that are known still are taken from `_build`."""
    root, target = Path(app.srcdir), Path(app.outdir, "_static/bp/drill")
    kept = Path(app.outdir).parent / "pools"
    for folder in (target, kept):
        folder.mkdir(parents=True, exist_ok=True)
    digests = {id: digest_of(root, id) for id in ids}
    stale = [id for id, digest in digests.items() if not (kept / f"{id}-{digest[:16]}.json").is_file()]
    if stale:
        with ProcessPoolExecutor() as workers:
            for id, made in zip(stale, workers.map(drawn, stale), strict=True):
                for old in kept.glob(f"{id}-*.json"):
                    old.unlink()
                text = json.dumps(finished(made, markdown), ensure_ascii=False, separators=(",", ":"))
                (kept / f"{id}-{digests[id][:16]}.json").write_text(text, "utf8")
    for id, digest in digests.items():
        pool = json.loads((kept / f"{id}-{digest[:16]}.json").read_text("utf8"))
        (target / f"{id}.js").write_text(script(f"drill/{id}", pool), "utf8")
