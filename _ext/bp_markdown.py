"""Markdown of exercises as HTML, for scripts: with formulas typeset, tables, and coloured code."""

import re
from collections.abc import Iterable
from functools import cached_property
from pathlib import Path

import bp_math
from markdown_it import MarkdownIt
from mdit_py_plugins.dollarmath import dollarmath_plugin
from sphinx.highlighting import PygmentsBridge

END = "\ue000"  # where a formula ends, until the mark behind it is tied to it: no line begins with a full stop
TIED = re.compile(rf"(<math\b(?:(?!</math>).)*</math>){END}([.,;:?!]?)")
FORMULA = re.compile(r"(?<![\\$])\$(?!\$)([^$\n]+)\$(?!\$)")


class Markdown:
    """Renders texts. All formulas of a group of texts are typeset by one call of Node.

    root   the folder of the book
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.typeset: dict[bp_math.Formula, dict] = {}
        self._code = PygmentsBridge("html")

    @cached_property
    def _parser(self) -> MarkdownIt:
        parser = MarkdownIt("commonmark").enable("table").use(dollarmath_plugin)
        rules = parser.renderer.rules
        rules["math_inline"] = lambda tokens, i, *_: self._formula(tokens[i].content, False)
        rules["math_block"] = lambda tokens, i, *_: self._formula(tokens[i].content, True)
        rules["fence"] = lambda tokens, i, *_: self._fence(tokens[i])
        rules["table_open"] = lambda *_: '<div class="pst-scrollable-table-container"><table class="table">'
        rules["table_close"] = lambda *_: "</table></div>"
        return parser

    def _fence(self, token) -> str:
        made = self._code.highlight_block(token.content, token.info or "text")
        return f'<div class="highlight-{token.info} notranslate">{made}</div>'

    def _formula(self, tex: str, display: bool) -> str:
        made = self.typeset[tex.strip(), display]["html"]
        if not display:
            return made + END
        return f'<div class="math"><div class="pst-scrollable-table-container">{made}</div></div>'

    def _formulas(self, text: str) -> Iterable[bp_math.Formula]:
        for token in self._parser.parse(text):
            for inner in (token, *(token.children or ())):
                if inner.type in ("math_inline", "math_block"):
                    yield inner.content.strip(), inner.type == "math_block"

    def learn(self, formulas: Iterable[bp_math.Formula]) -> None:
        """Typeset what is not typeset yet."""
        new = sorted(set(formulas) - self.typeset.keys())
        self.typeset |= bp_math.typeset(self.root, new)
        if wrong := bp_math.complaints({"an exercise": new}, self.typeset):
            raise ValueError("KaTeX cannot typeset some formulas:\n" + "\n".join(wrong))

    def render(self, texts: list[str]) -> list[str]:
        """The texts as HTML."""
        self.learn(formula for text in texts for formula in self._formulas(text))
        return [TIED.sub(lambda found: bp_math.tied(*found.groups()), self._parser.render(text)) for text in texts]

    def inline(self, texts: list[str]) -> list[str]:
        """The same for texts of one paragraph, without its tags."""
        return [re.sub(r"^<p>|</p>\n?$", "", text) for text in self.render(texts)]

    def formulas_in(self, texts: Iterable[str]) -> dict[str, str]:
        """Every $formula$ that stands in these texts, as HTML by its TeX."""
        found = sorted({tex for text in texts for tex in FORMULA.findall(text)})
        self.learn((tex.strip(), False) for tex in found)
        return {tex: self._formula(tex, False).replace(END, "") for tex in found}
