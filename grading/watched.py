"""Autograding by nbgrader, which tells why it failed."""

from __future__ import annotations

from nbgrader.converters import Autograde


class Watched(Autograde):
    """nbgrader's step, which remembers why it failed; nbgrader itself keeps a text in its log."""

    why: Exception | None = None

    def init_assignment(self, *given):
        return self._watch(super().init_assignment, *given)

    def convert_single_notebook(self, *given):
        return self._watch(super().convert_single_notebook, *given)

    def _watch(self, step, *given):
        try:
            return step(*given)
        except Exception as error:
            self.why = error
            raise
