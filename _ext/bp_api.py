"""The directive `bp-api`: every public name of bplib with its signature and its docstring, as the package gives them."""

import inspect
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
    return f"{name}{signature}", inspect.getdoc(thing) or ""


class Api(SphinxDirective):
    """One section for each module that has public names, in reading order."""

    def run(self) -> list[nodes.Node]:
        modules: dict[str, list[str]] = {}
        for name, module in bplib._HOME.items():
            modules.setdefault(module, []).append(name)
        return [self.section(module, names) for module, names in modules.items()]

    def section(self, module: str, names: list[str]) -> nodes.section:
        """A module: what it is, in its own words, and its names."""
        section = nodes.section(ids=[f"api-{module}"], names=[module])
        section += nodes.title(text=module)
        about = inspect.getdoc(import_module(f"bplib.{module}")) or ""
        section += nodes.paragraph(text=about.split("\n\n")[0].replace("\n", " "))
        for name in names:
            section += self.public(name)
        return section

    def public(self, name: str) -> list[nodes.Node]:
        """A name: its signature as a line of code, its docstring with the layout kept."""
        signature, text = entry(name)
        if not callable(getattr(bplib, name)) or not text:
            return [nodes.paragraph("", "", nodes.literal(text=name))]
        first, *rest = text.split("\n\n", 1)
        parts: list[nodes.Node] = [nodes.literal_block(signature, signature, language="python")]
        parts.append(nodes.paragraph(text=first.replace("\n", " ").replace("``", "")))
        if rest:
            parts.append(nodes.literal_block(rest[0], rest[0], language="none"))
        return parts


def setup(app) -> dict:
    """Register the directive."""
    app.add_directive("bp-api", Api)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
