"""Paths: a derivative by all paths of a layered graph, one after the other, and factored, with one sum at each node."""

from __future__ import annotations

import math
from itertools import pairwise, product

import traitlets as t

from ...engine.value import Value
from ...rng import Rng
from .. import module
from ..base import Explorable, finite, one_of
from .still import still

MOST = {"layers": 4, "width": 4}  # as in paths.js
WAYS = ("paths", "back", "front")
FRIENDLY = (-2, -1, 1, 2, 3)  # rates that multiply in one's head


class Paths(Explorable):
    """The paths from x to L through layers in which every node feeds every node of the next.

    layers  hidden layers at first, 1 to 4; width: nodes in each, 1 to 4
    way     "paths": all paths, one by one; "back" or "front": one sum at each node, from L or from x
    seed    which rates are drawn: a whole number, the same rates on every machine
    rates   rates to begin with instead: for each two neighbouring columns the rows of a matrix, rates[k][i][j] for the edge
            from node i of column k to node j of the next; they say how many layers there are
    note    one sentence after "Try:"

    Afterwards, in a live notebook: `layers`, `width`, `way` and `step` (-1 when all is done) are what the reader set, and
    can be set; `edges()` gives the rates, `sweeps()` what each node has, `along_paths()` the product of each path.
    """

    _tag = "bp-paths"
    _esm = module("paths")

    layers = t.Int(2, min=1, max=MOST["layers"]).tag(sync=True)
    width = t.Int(3, min=1, max=MOST["width"]).tag(sync=True)
    way = t.Unicode("paths").tag(sync=True)
    step = t.Int(-1, min=-1).tag(sync=True)
    seed = t.Int(7).tag(sync=True)
    rates = t.List(t.List(t.List(t.Float()))).tag(sync=True)
    note = t.Unicode().tag(sync=True)

    def __init__(self, layers: int = 2, width: int = 3, *, way: str = "paths", seed: int = 7, rates=None,
                 note: str = "") -> None:  # fmt: skip
        given = _matrices(rates) if rates is not None else []
        if given:
            layers, width = len(given) - 1, len(given[0][0])
        for name, number in (("layers", layers), ("width", width)):
            if isinstance(number, bool) or not isinstance(number, int) or not 1 <= number <= MOST[name]:
                raise ValueError(f"{name} wants a whole number from 1 to {MOST[name]}, got {number!r}")
        if isinstance(seed, bool) or not isinstance(seed, int):
            raise ValueError(f"seed wants a whole number, got {seed!r}")
        super().__init__(layers=layers, width=width, way=way, seed=seed, rates=given, note=note)

    @t.validate("way")
    def _known_way(self, proposal) -> str:
        return one_of(proposal.value, WAYS, "way")

    @t.validate("rates")
    def _whole_rates(self, proposal) -> list:
        return _matrices(proposal.value) if proposal.value else []

    def edges(self) -> list[list[list[float]]]:
        """The rates: those that were given, as long as their layers are asked for; else drawn ones."""
        given = self.rates
        if given and (len(given) - 1, len(given[0][0])) == (self.layers, self.width):
            return given
        return drawn(self.layers, self.width, self.seed)

    def along_paths(self) -> list[float]:
        """The product of the rates of each path; the last hidden layer turns fastest."""
        rates = self.edges()
        return [
            math.prod(rows[i][j] for rows, i, j in zip(rates, (0, *nodes), (*nodes, 0), strict=True))
            for nodes in product(range(self.width), repeat=self.layers)
        ]

    def sweeps(self) -> dict[str, list[list[float]]]:
        """For each node of each column: "back", how fast L moves with it, and "front", how fast it moves with x.

        They come from a calculation that has these rates, x itself being 1: values forward, gradients back.
        """
        columns = [[Value(1.0, name="x")]]
        for rows in self.edges():
            columns.append(
                [
                    sum(
                        (node * row[j] for node, row in zip(columns[-1][1:], rows[1:], strict=True)),
                        columns[-1][0] * rows[0][j],
                    )
                    for j in range(len(rows[0]))
                ]
            )
        columns[-1][0].backward()
        return {way: [[float(getattr(node, kind)) for node in column] for column in columns]
                for way, kind in (("back", "grad"), ("front", "data"))}  # fmt: skip

    def multiplications(self) -> dict[str, int]:
        """What each way costs; a rate alone, or times 1, costs none."""
        together = self.width + self.width**2 * (self.layers - 1)
        return {"paths": self.width**self.layers * self.layers, "back": together, "front": together}

    def _data(self) -> dict:
        said = {key: getattr(self, key) for key in ("rates", "note") if getattr(self, key)}
        said |= {"step": self.step} if self.step >= 0 else {}
        return {"layers": self.layers, "width": self.width, "way": self.way, "seed": self.seed} | said

    def _fallback(self) -> str:
        return still(self)

    def __repr__(self) -> str:
        costs = self.multiplications()
        count = self.width**self.layers
        found = self.sweeps()["back"][0][0]
        return f"Paths({count} paths: {costs['paths']} multiplications; factored: {costs['back']}; dL/dx = {found:g})"


def drawn(layers: int, width: int, seed: int) -> list[list[list[float]]]:
    """The rates of a seed; a rate belongs to its edge, and stays when layers or nodes are added."""
    sizes = [1, *[width] * layers, 1]
    return [
        [[float(Rng(f"paths {seed} {k} {i} {j}").pick(FRIENDLY)) for j in range(after)] for i in range(here)]
        for k, (here, after) in enumerate(pairwise(sizes))
    ]


def _matrices(given) -> list[list[list[float]]]:
    """Rates for neighbouring columns of 1, n, ..., n, 1 nodes."""
    rates = [[[finite(rate, "rates") for rate in row] for row in rows] for rows in given]
    sizes = [len(rows) for rows in rates] + [1]
    fits = len(rates) >= 2 and sizes[0] == 1 and len(set(sizes[1:-1])) == 1
    if not fits or any(len(row) != after for rows, after in zip(rates, sizes[1:], strict=True) for row in rows):
        raise ValueError(
            f"rates wants matrices between columns of 1, n, ..., n, 1 nodes, got rows of {sizes[:-1]} nodes"
        )
    return rates
