"""The directive `bp-api`: every public name of bplib with its signature and its docstring, as the package gives them."""

import inspect
import re
from importlib import import_module

from docutils import nodes
from sphinx.util.docutils import SphinxDirective

import bplib


def entry(name: str) -> tuple[str, str]:
    """A name with its signature, and its docstring as it was laid out."""
    thing = getattr(bplib, name)
    try:
        signature = str(inspect.signature(thing)) if callable(thing) else ""
    except ValueError:
        signature = ""
    signature = re.sub(r"(: |-> )'([^']*)'", r"\1\2", signature)  # annotations are kept as text, in quotes
    return f"{name}{signature}", inspect.getdoc(thing) or ""


def prose(text: str) -> nodes.paragraph:
    """A paragraph of a docstring, with what stands between backticks as code."""
    paragraph = nodes.paragraph()
    for i, part in enumerate(re.split(r"`+", text.replace("\n", " "))):
        paragraph += nodes.literal(text=part) if i % 2 else nodes.Text(part)
    return paragraph


def block(text: str, language: str) -> nodes.literal_block:
    """Text with its layout kept; long lines wrap."""
    return nodes.literal_block(text, text, language=language, classes=["bp-doc"])


class Api(SphinxDirective):
    """One section for each module that has public names, in reading order."""

    def run(self) -> list[nodes.Node]:
        modules: dict[str, list[str]] = {}
        for name, module in bplib._HOME.items():
            modules.setdefault(module, []).append(name)
        for file in (__file__, *(import_module(f"bplib.{module}").__file__ for module in modules)):
            self.env.note_dependency(file)  # a docstring that changes makes this page anew
        return [self.section(module, names) for module, names in modules.items()]

    def section(self, module: str, names: list[str]) -> nodes.section:
        """A module: what it is, in its own words, and its names."""
        section = nodes.section(ids=[f"api-{module}"], names=[module])
        section += nodes.title(text=module)
        about = inspect.getdoc(import_module(f"bplib.{module}")) or ""
        section += prose(about.split("\n\n")[0])
        for name in names:
            section += self.public(name)
        return section

    def public(self, name: str) -> list[nodes.Node]:
        """A name: its signature as a line of code, its docstring with the layout kept."""
        signature, text = entry(name)
        if not callable(getattr(bplib, name)) or not text:
            return [nodes.paragraph("", "", nodes.literal(text=name))]
        first, *rest = text.split("\n\n", 1)
        return [block(signature, "python"), prose(first), *(block(body, "none") for body in rest)]


def setup(app) -> dict:
    """Register the directive."""
    app.add_directive("bp-api", Api)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
