"""Hides, in the book's solution pages, the marks that the graders' tools need in the files."""

import re

from docutils import nodes
from sphinx.transforms import SphinxTransform

MARK = re.compile(r"^\s*#{1,3}\s*(BEGIN|END) (SOLUTION|HIDDEN TESTS)\s*$")
STUB = re.compile(r"^\s*[\w, ]+ = [\[(]?(\.\.\.(, )?)+[\])]?\s*(#.*)?$")  # x = ..., with what a learner sees there


def without_marks(code: str) -> str:
    """Code as a reader should see it: no marks, no stubs, and no gap where they stood."""
    kept = [line for line in code.split("\n") if not MARK.match(line) and not STUB.match(line)]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(kept)).strip("\n")


class HideMarks(SphinxTransform):
    """Rewrites the code of solution pages only: elsewhere a mark may be the subject."""

    default_priority = 400

    def apply(self, **kwargs) -> None:
        """Clean every code block of the document."""
        if not self.env.docname.startswith("solutions/"):
            return
        for block in self.document.findall(nodes.literal_block):
            code = without_marks(block.astext())
            if code != block.astext():
                block.rawsource = code
                block.children = []
                block += nodes.Text(code)


def setup(app) -> dict:
    """Register the transform."""
    app.add_transform(HideMarks)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
