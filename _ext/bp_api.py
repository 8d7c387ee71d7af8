"""The directive `bp-api`: every public name of bplib under a heading of its own, in the package's words.

Each line of its content is a topic and the names that belong to it. A name's anchor is the name: `api.html#bplib.check`.
"""

import inspect
import re
from importlib import import_module
from pathlib import Path

from docutils import nodes
from sphinx.util.docutils import SphinxDirective

import bplib

ROW = re.compile(r"(\S+(?:, \S+)*) {2,}(\S.*)")  # name    what it is
BOOK = Path(__file__).resolve().parent.parent / "book"
CHAPTERS = sorted(BOOK.glob("[0-9][0-9]_*.myst.md"))
PAGES = [
    *CHAPTERS,
    *filter(
        Path.exists,
        (BOOK / name for name in ("my_network_does_not_learn.myst.md", "how_to_use.md", "for_instructors.md")),
    ),
]
Block = tuple[str, list]  # "prose" or "code" with lines; "rows" with [name, text] pairs


def signature_of(name: str) -> str:
    """A call as one would write it, with its types."""
    thing = getattr(bplib, name)
    try:
        signature = str(inspect.signature(thing)) if callable(thing) else ""
    except ValueError:
        signature = ""
    signature = re.sub(r"(: |-> )'([^']*)'", r"\1\2", signature)  # annotations are kept as text, in quotes
    return name + signature.removesuffix(" -> None")


def text_of(name: str) -> str:
    """A docstring; a dict has none of its own, so what its entries are."""
    thing = getattr(bplib, name)
    if not isinstance(thing, dict):
        return inspect.getdoc(thing) or ""
    [kind] = {type(entry) for entry in thing.values()}
    return f"A dict of {len(thing)} entries, each a `{kind.__name__}`:\n\n{inspect.getdoc(kind)}"


def blocks(text: str) -> list[Block]:
    """A docstring taken apart: paragraphs, tables of two columns, code."""
    found: list[Block] = []
    fresh, code = True, False  # does a new paragraph begin? are we in the lines below a "::"?
    for line in text.split("\n"):
        code = code and (line.startswith("    ") or not line.strip())
        if code:
            found[-1][1].append(line[4:])
        elif not line.strip():
            fresh = True
        elif row := ROW.fullmatch(line):
            if fresh or found[-1][0] != "rows":
                found.append(("rows", []))
            found[-1][1].append([row[1], row[2]])
            fresh = False
        elif line.startswith(" ") and not fresh and found[-1][0] == "rows":
            found[-1][1][-1][1] += " " + line.strip()
        elif re.fullmatch(r"\w+", line) and not fresh and found[-1][0] == "rows":
            found[-1][1].append([line, ""])
        else:
            if fresh or found[-1][0] != "prose":
                found.append(("prose", []))
            found[-1][1].append(line.strip().replace("::", ":"))
            fresh = False
        if line.endswith("::"):
            found.append(("code", []))
            code = True
    return found


def inline(text: str) -> list[nodes.Node]:
    """Words with what stands between backticks as code, and public names as links to their headings."""
    made: list[nodes.Node] = []
    for i, part in enumerate(re.split(r"`+", text)):
        code = nodes.literal(text=part)
        if i % 2 and part in bplib._HOME:
            made.append(nodes.reference("", "", code, internal=True, refuri=f"#bplib.{part}"))
        else:
            made += [code] if i % 2 else emphasised(part)
    return made


def first_with(code: str, since: str = "") -> str | None:
    """The first page, the chapters first, whose text has this piece of code; None where no page does.

    since    the page to begin with: `.sum` is a Tensor's only where there are Tensors
    """
    for page in PAGES:
        if page.name >= since and re.search(rf"{code}\b", page.read_text("utf8")):
            return page.name.partition(".")[0]
    return None


def taught(name: str) -> str | None:
    """The page that teaches a public name: it says `bp.name`, or calls what returns one."""
    makers = (n for n in bplib._HOME if inspect.isfunction(f := getattr(bplib, n)) and returns(f) == name)
    return first_with(rf"\bbp\.{name}") or next(filter(None, map(taught, makers)), None)


def returns(function) -> str:
    """The name of the class that a function says it returns."""
    return str(inspect.signature(function).return_annotation).strip("'")


def methods(name: str) -> dict[str, str | None]:
    """What a Value or a Tensor can do, each with the first page that uses it."""
    if name not in ("Value", "Tensor"):
        return {}
    own = (n for n, does in vars(getattr(bplib, name)).items() if inspect.isfunction(does) and not n.startswith("_"))
    return {n: first_with(rf"\.{n}", since=taught(name) or "") for n in own}


def number_of(page: str) -> str:
    """How a reader knows a page: "chapter 7", or its name in words."""
    return f"chapter {int(page[:2])}" if page[:2].isdigit() else page.replace("_", " ")


def link_to(page: str | None, text: str) -> nodes.Node:
    return nodes.reference("", text, internal=True, refuri=f"{page}.html") if page else nodes.Text(text)


def emphasised(text: str) -> list[nodes.Node]:
    """Words, those between stars as emphasis."""
    parts = enumerate(re.split(r"\*(\w+)\*", text))
    return [nodes.emphasis(text=part) if i % 2 else nodes.Text(part) for i, part in parts]


def render(block: Block) -> nodes.Element:
    """A part of a docstring as a part of the page."""
    kind, content = block
    if kind == "code":
        code = "\n".join(content).strip("\n")
        return nodes.literal_block(code, code, language="python")
    if kind == "prose":
        return nodes.paragraph("", "", *inline(" ".join(content)))
    return two_columns([(nodes.literal(text=name), inline(text)) for name, text in content])


def two_columns(rows: list[tuple[nodes.Node, list[nodes.Node]]], *classes: str) -> nodes.definition_list:
    """Names and what is said of them."""
    table = nodes.definition_list(classes=["bp-fields", *classes])
    for name, said in rows:
        definition = nodes.definition("", nodes.paragraph("", "", *said))
        table += nodes.definition_list_item("", nodes.term("", "", name), definition)
    return table


class Api(SphinxDirective):
    """A list of all names by topic, then a section for each topic, and in it one for each name."""

    has_content = True

    def run(self) -> list[nodes.Node]:
        topics = {topic.strip(): names.split() for topic, _, names in (line.partition(":") for line in self.content)}
        listed = [name for names in topics.values() for name in names]
        if sorted(listed) != sorted(bplib._HOME):
            wrong = sorted(set(listed) ^ set(bplib._HOME)) or sorted(listed)
            raise self.error(f"bp-api wants every public name of bplib once; look at {', '.join(wrong)}")
        for file in (
            __file__,
            *map(str, PAGES),
            *(import_module(f"bplib.{module}").__file__ for module in set(bplib._HOME.values())),
        ):
            self.env.note_dependency(file)  # a docstring that changes makes this page anew
        return [self.contents(topics), *(self.topic(topic, names) for topic, names in topics.items())]

    def contents(self, topics: dict[str, list[str]]) -> nodes.definition_list:
        """Each topic with its names, and beside each name the chapter that teaches it."""
        rows = [(nodes.Text(topic), self.beside({n: taught(n) for n in names})) for topic, names in topics.items()]
        return two_columns(rows, "bp-contents")

    def beside(self, pages: dict[str, str | None]) -> list[nodes.Node]:
        """Names, each with a link to the page that teaches it."""
        made: list[nodes.Node] = []
        for name, page in pages.items():
            label = number_of(page).removeprefix("chapter ") if page else "no chapter"
            made += [*inline(f"`{name}`"), nodes.Text("\N{NO-BREAK SPACE}("), link_to(page, label), nodes.Text("), ")]
        return [*made[:-1], nodes.Text(")")]

    def topic(self, topic: str, names: list[str]) -> nodes.section:
        """A topic: what its first module says of itself, and its names."""
        section = nodes.section(ids=[nodes.make_id(topic)], names=[nodes.fully_normalize_name(topic)])
        section += nodes.title(text=topic)
        about = inspect.getdoc(import_module(f"bplib.{bplib._HOME[names[0]]}")) or ""
        section += render(blocks(about)[0])
        section += [self.public(name) for name in names]
        return section

    def public(self, name: str) -> nodes.section:
        """A name: a heading to link to, how it is called, and its docstring."""
        section = nodes.section(ids=[f"bplib.{name}"], names=[f"bplib.{name}"], classes=["bp-api"])
        signature = signature_of(name)
        section += nodes.title("", "", nodes.literal(text=name))
        if signature != name:
            section += nodes.literal_block(signature, signature, language="python", classes=["bp-signature"])
        kind = "class" if inspect.isclass(getattr(bplib, name)) else "function"
        self.env.get_domain("py").note_object(f"bplib.{name}", kind, f"bplib.{name}", location=section)
        section += [render(block) for block in blocks(text_of(name))]
        if does := methods(name):
            section += nodes.paragraph("", "", nodes.Text("It can: "), *self.beside(does), nodes.Text("."))
        if page := taught(name):
            section += nodes.paragraph(
                "", "", nodes.Text("First used in "), link_to(page, number_of(page)), nodes.Text(".")
            )
        return section


def setup(app) -> dict:
    """Register the directive."""
    app.add_directive("bp-api", Api)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
