"""A Tensor is an array that remembers how it was computed: the engine of `value`, with one node for a whole array.

Reading order: the table of vector-Jacobian products (`RULES`), how an operation is recorded (`apply`), the chain rule
(`_sweep`), what to ask of it (`grad`, `hvp`, `custom_gradient`), the operations by name (`Tensor`), and what is composed
of them (`concatenate`, `stack`, `where`, `conv2d`), and what NumPy's functions find here. NumPy and the standard library only.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterable
from inspect import signature
from itertools import chain, count
from numbers import Real
from operator import attrgetter
from types import EllipsisType, NoneType
from weakref import ref

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple
from numpy.lib.stride_tricks import sliding_window_view

# ---------------------------------------------------------------- forward rules that NumPy has no name for


def _sigmoid(a: np.ndarray) -> np.ndarray:
    e = np.exp(-np.abs(a))  # never overflows, whichever side of zero a lies on
    return np.where(a >= 0, 1, e) / (1 + e)


def _logsumexp(a: np.ndarray, axis) -> np.ndarray:
    top = a.max(axis, keepdims=True, initial=-np.inf)
    top = np.where(np.isfinite(top), top, 0)  # subtracted, so that the largest exp is exp(0)
    return np.log(np.exp(a - top).sum(axis, keepdims=True)) + top


def _softmax(a: np.ndarray, axis) -> np.ndarray:
    e = np.exp(a - a.max(axis, keepdims=True, initial=-np.inf))
    return e / e.sum(axis, keepdims=True)


def _scatter(a: np.ndarray, index, to: tuple) -> np.ndarray:
    """Zeros of shape `to`, with a added in at `index`: getitem backwards."""
    out = np.zeros(to, a.dtype)
    if any(isinstance(part, np.ndarray) for part in index):
        np.add.at(out, index, a)  # out[index] += a would count an index that comes twice only once
    else:
        out[index] = a
    return out


def _unfold(a: np.ndarray, axis: int, size: int, stride: int) -> np.ndarray:
    return sliding_window_view(a, size, axis)[_along(axis, slice(None, None, stride))]


def _fold(a: np.ndarray, axis: int, stride: int, to: tuple) -> np.ndarray:
    """Zeros of shape `to`, with each window added in where it was taken from: unfold backwards."""
    out = np.zeros(to, a.dtype)
    for k in range(a.shape[-1]):
        out[_along(axis, slice(k, k + stride * a.shape[axis], stride))] += a[..., k]
    return out


def _along(axis: int, part: slice) -> tuple:
    """The index that takes `part` of one axis and the whole of the others."""
    return (slice(None),) * axis + (part,)


BACKWARDS = slice(None, None, -1)


# Slopes at kinks are plain numbers, the same for arrays and Tensors: nothing flows back through "which one is larger".


def _open(g, closed: np.ndarray):
    """g, but nothing where a gate is closed: there 0 * g would be NaN for an infinite g."""
    return apply("where", 0.0, g, mask=closed) if isinstance(g, Tensor) else np.where(closed, 0.0, g)


def _share(g, low, high):
    """g where `high` is the larger, half of it in a tie, nothing elsewhere."""
    low, high = raw(low), raw(high)
    return _open(g * np.where(low == high, 0.5, 1.0), high < low)


def _shares(a, y, axis) -> np.ndarray:
    """Which entries are the maximum y; the k entries of a tie get 1/k each."""
    hit = raw(a) == raw(y)
    return hit / hit.sum(axis, keepdims=True)


# ---------------------------------------------------------------- the table


class Rule:
    """One operation: its forward rule, and for each parent a vector-Jacobian product (VJP).

    A VJP takes the upstream gradient `g` (shaped like the result) to the parent's share of it. What else it needs it
    says by the names of its arguments, and only that is kept until the backward pass:
    `a`, `b`, ... the inputs, `y` the result, `shape` the parent's shape, or a setting of the operation (`axis`, ...).
    """

    __slots__ = ("forward", "op", "vjps")

    def __init__(self, op: str, forward: Callable, *vjps: Callable) -> None:
        self.op, self.forward = op, forward
        self.vjps = tuple((vjp, tuple(signature(vjp).parameters)[1:]) for vjp in vjps)


# This table is all the calculus there is. The VJPs are written with operations that arrays and Tensors share. Run on
# arrays they give numbers; run on Tensors they are recorded like any computation, and can be differentiated again.
# None undoes broadcasting: the sweep does that for all. At a kink as in `value`: relu'(0) = 0, and a tie is shared.
# fmt: off
RULES: dict[str, Rule] = {rule.op: rule for rule in (
    Rule("+", operator.add, lambda g: g, lambda g: g),
    Rule("-", operator.sub, lambda g: g, lambda g: -g),
    Rule("*", operator.mul, lambda g, b: g * b, lambda g, a: g * a),
    Rule("/", operator.truediv, lambda g, b: g / b, lambda g, b, y: -g * y / b),
    # the slope at a = 0 is 0 for b = 0 (0 * a there, for 1 / a is infinite), and for the exponent, as long as b >= 0
    Rule("**", operator.pow, lambda g, a, b: g * b * a ** (b - 1 + 2 * ((raw(b) == 0) & (abs(raw(a)) < 1e-300))),
         lambda g, a, b, y: g * y * apply("log", a + ((raw(a) == 0) & (raw(b) >= 0)))),
    Rule("@", operator.matmul, lambda g, b: g @ b.swapaxes(-1, -2), lambda g, a: a.swapaxes(-1, -2) @ g),
    Rule("neg", operator.neg, lambda g: -g),
    Rule("abs", np.abs, lambda g, a: g * ((raw(a) > 0) * 1.0 - (raw(a) < 0))),
    Rule("exp", np.exp, lambda g, y: g * y),
    Rule("log", np.log, lambda g, a: g / a),
    Rule("sin", np.sin, lambda g, a: g * apply("cos", a)),
    Rule("cos", np.cos, lambda g, a: -g * apply("sin", a)),
    Rule("sqrt", np.sqrt, lambda g, y: g / (2 * y)),
    Rule("tanh", np.tanh, lambda g, y: g * (1 - y * y)),
    Rule("sigmoid", _sigmoid, lambda g, y: g * (y * (1 - y))),
    Rule("relu", lambda a: np.maximum(a, 0), lambda g, y: _open(g, raw(y) <= 0)),
    Rule("maximum", np.maximum, lambda g, a, b: _share(g, b, a), lambda g, a, b: _share(g, a, b)),
    Rule("minimum", np.minimum, lambda g, a, b: _share(g, a, b), lambda g, a, b: _share(g, b, a)),
    Rule("where", lambda a, b, mask: np.where(mask, a, b),
         lambda g, mask: apply("where", g, 0.0, mask=mask), lambda g, mask: apply("where", 0.0, g, mask=mask)),
    # counted from the other end: the first number is in every sum, the last in one
    Rule("cumsum", lambda a, axis: a.cumsum(axis), lambda g, axis:
         apply("cumsum", g[_along(axis, BACKWARDS)], axis=axis)[_along(axis, BACKWARDS)]),
    # reductions keep their axes, with length 1, so that g and y broadcast against a
    Rule("sum", lambda a, axis: a.sum(axis, keepdims=True), lambda g, shape: apply("broadcast_to", g, to=shape)),
    Rule("max", lambda a, axis: a.max(axis, keepdims=True), lambda g, a, y, axis: g * _shares(a, y, axis)),
    Rule("logsumexp", _logsumexp, lambda g, a, y: g * apply("exp", a - y)),
    Rule("softmax", _softmax, lambda g, y, axis: y * (g - (g * y).sum(axis, keepdims=True))),
    Rule("log_softmax", lambda a, axis: a - _logsumexp(a, axis),
         lambda g, y, axis: g - apply("exp", y) * g.sum(axis, keepdims=True)),
    # the same numbers, elsewhere; each pair is the other backwards
    Rule("broadcast_to", lambda a, to: np.broadcast_to(a, to), lambda g: g),
    Rule("reshape", lambda a, to: a.reshape(to), lambda g, shape: g.reshape(shape)),
    Rule("transpose", np.transpose, lambda g, axes: g.transpose(sorted(range(len(axes)), key=axes.__getitem__))),
    Rule("astype", lambda a, dtype: a.astype(dtype), lambda g: g),
    Rule("getitem", lambda a, index: a[index], lambda g, index, shape: apply("scatter", g, index=index, to=shape)),
    Rule("scatter", _scatter, lambda g, index: g[index]),
    Rule("unfold", _unfold, lambda g, axis, stride, shape: apply("fold", g, axis=axis, stride=stride, to=shape)),
    Rule("fold", _fold, lambda g, axis, stride, shape:
         apply("unfold", g, axis=axis, size=shape[-1], stride=stride)),
    Rule("concatenate", lambda a, b, axis: np.concatenate((a, b), axis),
         lambda g, axis, shape: g[_along(axis, slice(None, shape[axis]))],
         lambda g, axis, shape: g[_along(axis, slice(g.shape[axis] - shape[axis], None))]),
)}
# fmt: on
LEAF = Rule("leaf", None)

# ---------------------------------------------------------------- recording

_birth = count()
PLACES = {name: place for place, name in enumerate("yabcdefgh")}  # what VJPs call the result and the inputs


class Node:
    """What the backward pass has to know about one step: never more of its numbers than the VJPs asked for.

    rule     the row of the table
    parents  the nodes of the inputs, None for a constant
    kept     for each parent that wants a gradient, the values that its VJP names
    shape, dtype   of the result; its numbers are kept only if a VJP names them
    grad     filled by `Tensor.backward`, for leaves and for what somebody still holds
    holder   a weak reference to the Tensor that an operation made: is it still held?
    changed  when its numbers were last changed in place, on the clock of births, and the array; else None
    """

    __slots__ = ("birth", "changed", "dtype", "grad", "holder", "kept", "parents", "rule", "shape")

    def __init__(self, rule: Rule, parents: list, arrays: tuple, settings: dict) -> None:
        self.rule, self.parents, self.kept = rule, parents, []
        self.grad = self.holder = self.changed = None
        self.shape, self.dtype = arrays[0].shape, arrays[0].dtype
        self.birth = next(_birth)
        for parent, (_, names) in zip(parents, rule.vjps):  # noqa: B905 (checking the length costs as much as the loop)
            if parent is None or not names:
                self.kept.append(())
                continue
            values = []
            for name in names:
                if name in PLACES:
                    values.append(arrays[PLACES[name]])
                else:
                    values.append(parent.shape if name == "shape" else settings[name])
            self.kept.append(values)

    def kept_as_tensors(self, names: tuple[str, ...], kept: list) -> list:
        """The values a VJP named, tied to the graph they came from, for a backward pass that is itself recorded."""
        owners = [self, *self.parents]
        nodes = [owners[PLACES[name]] if name in PLACES else None for name in names]
        return [_wrap(value, node) if node else value for value, node in zip(kept, nodes, strict=True)]


def apply(op: str | Rule, *inputs, **settings):
    """The result of one operation, recorded if a Tensor goes in; on plain arrays and numbers it only computes."""
    rule = RULES[op] if isinstance(op, str) else op
    arrays, parents = [], []
    for x in inputs:
        if isinstance(x, Tensor):
            arrays.append(x._data)
            parents.append(x.node)
        else:
            arrays.append(x if type(x) is float else _constant(x, rule.op, inputs))
            parents.append(None)
    try:
        y = rule.forward(*arrays, **settings)
    except ValueError as error:
        shapes = " and ".join(str(np.shape(x)) for x in arrays)
        raise ValueError(f"{rule.op!r} got {shapes}, which do not fit: {error}") from None
    if type(y) is not np.ndarray:  # NumPy turns results without axes into scalars
        y = np.asarray(y)
    if any(parents):
        node = Node(rule, parents, (y, *arrays), settings)
        tensor = _wrap(y, node)
        node.holder = ref(tensor)
        return tensor
    return _wrap(y, None) if any(isinstance(x, Tensor) for x in inputs) else y


def _wrap(data: np.ndarray, node: Node | None) -> Tensor:
    """A Tensor without the checks, and without the copy, that `Tensor(...)` makes of what a reader gives it."""
    tensor = Tensor.__new__(Tensor)
    tensor._data, tensor.node = data, node
    return tensor


def _tensor(x) -> Tensor:
    """A Tensor as it is; a number or array as a constant."""
    return x if isinstance(x, Tensor) else _wrap(np.asarray(x), None)


def raw(x):
    """The plain array of a Tensor; anything else as it is."""
    return x._data if isinstance(x, Tensor) else x


def _constant(x, op: str, inputs: tuple):
    """A number or array that enters an operation; it takes on the dtype of the first Tensor it meets there."""
    if isinstance(x, np.ndarray | np.generic) and x.dtype.kind in "fiub":
        # as a plain array: a matrix among arrays would make * a matrix product
        return np.asarray(x, next((t.dtype for t in inputs if isinstance(t, Tensor)), x.dtype))
    if isinstance(x, Real):
        return x
    raise TypeError(f"{op!r} wants a Tensor, a number or an array of numbers, got {_shown(x)}")


def _shown(x) -> str:
    kind = f"an array of {x.dtype}" if isinstance(x, np.ndarray) else type(x).__name__
    return f"{kind}: {str(raw(x))[:60]!r}"


# ---------------------------------------------------------------- the chain rule


def _sweep(output: Tensor, upstream, wanted=None, create_graph=False, release=False) -> dict[Node, object]:
    """One backward pass from `output`: {node: d(output)/d(node) times upstream}, for the nodes wanted.

    Without `wanted`, for all leaves, and for the tensors on the way that somebody still holds.

    Gradients are arrays, or Tensors if a graph of this very pass is wanted.
    """
    order = _graph(output.node)
    _refuse_changed(order)
    if wanted is None:
        wanted, useful = {node for node in order if not node.parents or node.holder() is not None}, set(order)
    else:
        useful = set(wanted)  # the nodes on a way from something wanted to the output; the others get no visit
        for node in order:
            if not useful.isdisjoint(node.parents):
                useful.add(node)
    waiting, found = {output.node: upstream}, {}
    # Newest first, for the reason that `Value.backward` gives: a gradient goes on only when it is complete.
    for node in reversed(order):
        if node not in useful:
            continue
        g = waiting.pop(node)  # popped: a gradient that has been handed on need not be kept
        if node in wanted:
            found[node] = g
        if node.kept is None:
            raise RuntimeError("this graph was used up by a pass with release=True; compute the output again")
        for parent, (vjp, names), kept in zip(node.parents, node.rule.vjps, node.kept):  # noqa: B905
            if parent not in useful:
                continue
            share = vjp(g, *(node.kept_as_tensors(names, kept) if create_graph else kept))
            if share.shape != parent.shape:
                share = unbroadcast(share, parent.shape)
            if share.dtype != parent.dtype:
                share = share.astype(parent.dtype)
            waiting[parent] = waiting[parent] + share if parent in waiting else share  # all paths count
        if release and node.parents:
            node.kept = None
    return found


def _graph(output: Node) -> list[Node]:
    """All nodes that this one was computed from, itself included, oldest first (a topological order)."""
    found, waiting = {output}, [output]
    while waiting:  # a list, not recursion: Python stops recursing near depth 1,000
        for parent in waiting.pop().parents:
            if parent is not None and parent not in found:
                found.add(parent)
                waiting.append(parent)
    return sorted(found, key=attrgetter("birth"))


def _refuse_changed(order: list[Node]) -> None:
    """Raise if numbers that a VJP is about to use were changed in place after they had been recorded."""
    changed = [node.changed for node in order if node.changed]
    newest = max((when for when, _ in changed), default=0)
    for node in order:
        if node.birth > newest:
            return
        for value in chain.from_iterable(node.kept or ()):
            for part in value if isinstance(value, tuple) else (value,):
                if isinstance(part, np.ndarray) and any(
                    node.birth < when and np.shares_memory(part, array) for when, array in changed
                ):
                    raise RuntimeError(
                        f"the numbers that {node.rule.op!r} has to use were changed in place after its forward pass: "
                        "go backward first and change them then, or compute the output again"
                    )


def unbroadcast(g, shape: tuple[int, ...]):
    """Undo broadcasting: sum g over the axes along which something of `shape` was repeated.

    A number that was repeated k times was used k times, and fan-out sums: it gets all k gradients.
    Works on arrays and on Tensors.
    """
    new = g.ndim - len(shape)  # broadcasting puts missing axes in front
    stretched = [new + i for i, n in enumerate(shape) if n == 1]
    if new < 0 or any(n not in (1, m) for n, m in zip(shape, g.shape[new:], strict=True)):
        raise ValueError(f"a gradient of shape {g.shape} cannot be summed down to {shape}: is its VJP right?")
    return g.sum(axis=(*range(new), *stretched)).reshape(shape)


def _upstream(output: Tensor, upstream, asked: str) -> np.ndarray:
    if not isinstance(output, Tensor):
        raise TypeError(f"{asked} wants a Tensor to start from, got {_shown(output)}")
    if output.node is None:
        raise ValueError(f"{asked} wants an output that depends on a Tensor with requires_grad, got a constant")
    if upstream is None:
        if output.size != 1:
            raise ValueError(f"{asked} starts from one number, or wants upstream=...; the output has {output.shape}")
        return np.ones(output.shape, output.dtype)
    upstream = np.array(_constant(raw(upstream), "upstream", (output,)), output.dtype)
    if upstream.shape != output.shape:
        raise ValueError(f"the upstream gradient wants the output's shape {output.shape}, got {upstream.shape}")
    return upstream


# ---------------------------------------------------------------- what to ask of it


def grad(output: Tensor, inputs: Iterable[Tensor], upstream=None, create_graph: bool = False, *,
         release: bool = False) -> list[Tensor]:  # fmt: skip
    """d(output)/d(input) for each input, times `upstream`; nobody's `.grad` is touched.

    output        a Tensor; of one number, unless `upstream` (same shape, an array or Tensor) is given
    inputs        Tensors (or one) that output was computed from: leaves, or tensors on the way
    create_graph  True: the gradients remember how they were computed, and can be differentiated in their turn.
                  False: they are constants, and the backward pass runs on plain arrays
    release       True: give each step's numbers back to memory as soon as they are used; no second pass then
    Raises ValueError for an input that is not part of the graph of output.
    """
    inputs = list(inputs) if not isinstance(inputs, Tensor) else [inputs]
    numbers = _upstream(output, upstream, "grad")
    if create_graph:
        upstream = upstream if isinstance(upstream, Tensor) else _wrap(numbers, None)
    for i, x in enumerate(inputs):
        if not isinstance(x, Tensor):
            raise TypeError(f"grad wants Tensors as inputs, got {_shown(x)} at place {i}")
    wanted = {x.node for x in inputs} - {None}
    found = _sweep(output, upstream if create_graph else numbers, wanted, create_graph, release)
    for i, x in enumerate(inputs):
        if x.node not in found:
            why = "the output was not computed from it" if x.node else "it is a constant"
            raise ValueError(f"no gradient for input {i}, of shape {x.shape}: {why}")
    if create_graph:
        return [found[x.node] for x in inputs]
    return [_wrap(np.array(found[x.node]), None) for x in inputs]  # copies: two shares may be one array


def hvp(f: Callable[[Tensor], Tensor], x, v) -> Tensor:
    """Hessian-vector product: the Hessian of f at x, times v, without ever forming the Hessian.

    f takes a Tensor shaped like x (an array or Tensor) to one number; v has the shape of x, and so has the result.
    It is the gradient of (gradient of f) . v. Source: Pearlmutter, Neural Computation 6 (1994) 147.
    """
    x = Tensor(raw(x))
    (slope,) = grad(f(x), [x], create_graph=True)
    zeros = np.zeros(x.shape, x.dtype)
    if slope.node is None:  # f is linear: its gradient does not depend on x
        return _wrap(zeros, None)
    found = _sweep(slope, _upstream(slope, v, "hvp"), {x.node})
    return _wrap(np.array(found.get(x.node, zeros)), None)


def custom_gradient(*vjps: Callable) -> Callable[[Callable], Callable]:
    """Decorate a function of arrays with VJPs of your own, one for each array it takes: a new row of the table.

    The names of a VJP's arguments say what it wants, as in `Rule`. Rounding that lets the gradient straight through::

        @custom_gradient(lambda g: g)
        def rounded(a):
            return np.round(a)

    The function gets arrays; what else it takes is given by keyword. For `create_graph=True` the VJPs must be written
    with operations of Tensors. Source: Bengio, Leonard, Courville (2013), arXiv:1308.3432, for straight-through.
    """

    def decorate(forward: Callable) -> Callable:
        def floats(*arrays, **settings):
            y = np.array(forward(*arrays, **settings))
            if y.dtype.kind not in "fiub":
                raise TypeError(f"{rule.op} wants to return numbers, got {_shown(y)}")
            # whole numbers and bools too become floats, or the gradient that comes back would be rounded to theirs
            return y if y.dtype.kind == "f" else y.astype(np.result_type(*arrays, np.float16))

        rule = Rule(forward.__name__, floats, *vjps)

        def function(*inputs, **settings):
            if len(inputs) != len(vjps):
                raise TypeError(f"{rule.op} has {len(vjps)} VJPs and wants as many arrays, got {len(inputs)}")
            known = {*list(PLACES)[: len(inputs) + 1], "shape", *settings}
            if unknown := {name for _, names in rule.vjps for name in names} - known:
                raise TypeError(f"a VJP of {rule.op} may ask for {sorted(known)}, got {sorted(unknown)}")
            return apply(rule, *inputs, **settings)

        function.__name__, function.__doc__ = forward.__name__, forward.__doc__
        return function

    return decorate


def checkpoint(f: Callable[..., Tensor], *inputs: Tensor) -> Tensor:
    """f(*inputs), of which only the inputs are kept: the backward pass computes f once more, and then goes through it.

    A net of n layers in groups of k keeps n / k arrays instead of n, and pays one more forward pass.
    inputs    everything that f computes with and that wants a gradient; a Tensor from elsewhere is a ValueError
    f must give the same each time it is called, so no randomness of its own.
    Source: Chen, Xu, Zhang, Guestrin (2016), arXiv:1604.06174.
    """
    nodes = [x.node if isinstance(x, Tensor) else None for x in inputs]  # not the Tensors: nothing here holds those
    wanted = [k for k, node in enumerate(nodes) if node]
    passed, shares = None, {}  # the upstream gradient of the pass that is going on, and what each input gets in it

    def compute(g, given: tuple) -> dict:
        again, recorded = list(given), isinstance(g, Tensor)
        for k in wanted:  # on the numbers of the forward pass, whatever the inputs hold by now
            # as nodes of their own: one input may have been computed from another, whose gradient is not asked here
            if recorded:
                again[k] = _wrap(given[k], nodes[k]).reshape(given[k].shape)
            else:
                again[k] = _wrap(given[k], Node(LEAF, [], (given[k],), {}))  # Tensor(...) would copy the numbers
        asked = [again[k] for k in wanted]
        # released, or what a whole group computed would wait for the end of its pass
        grads = grad(f(*map(_tensor, again)), asked, upstream=g, create_graph=recorded, release=not recorded)
        return dict(zip(wanted, grads if recorded else map(raw, grads), strict=True))

    def vjp(i: int) -> Callable:
        def share(g, given):
            nonlocal passed, shares
            if passed is not g:  # asked by the first input of this pass: one recomputation serves them all
                passed, shares = g, compute(g, given)
            found = shares.pop(i)
            passed = passed if shares else None  # all have asked: let go of it
            return found

        return share

    def forward(*arrays, given):
        start = next(_birth)
        y = f(*map(_tensor, arrays))  # on constants: nothing is recorded
        if isinstance(y, Tensor) and y.node and any(n.birth < start for n in _graph(y.node)):
            raise ValueError("checkpoint wants every Tensor that f computes with as one of its inputs, or no gradient "
                             "would reach it; f used another one that wants a gradient")  # fmt: skip
        return raw(y)

    return apply(Rule("checkpoint", forward, *map(vjp, range(len(inputs)))), *inputs, given=tuple(map(raw, inputs)))


# ---------------------------------------------------------------- the operations by name


def _one_sided(op: str, doc: str) -> Callable[[Tensor], Tensor]:
    """The method that applies a rule to one Tensor."""

    def method(self: Tensor) -> Tensor:
        return apply(op, self)

    method.__doc__ = doc
    return method


def _two_sided(op: str) -> tuple[Callable, Callable]:
    """The methods for `self op other` and `other op self`; shapes broadcast."""

    def method(self: Tensor, other) -> Tensor:
        return apply(op, self, other)

    def reflected(self: Tensor, other) -> Tensor:
        return apply(op, other, self)

    return method, reflected


def _compare(compare: Callable) -> Callable[..., np.ndarray]:
    return lambda self, other: compare(self._data, raw(other))


def _in_place(operate: Callable) -> Callable[[Tensor, object], Tensor]:
    """The method for `self += other` and the like: a new Tensor takes the name, unless that would be a trap."""

    def method(self: Tensor, other) -> Tensor:
        if self.node and not self.node.parents:
            raise RuntimeError("a leaf is not changed by operators such as -=: they make a new tensor. For a step write "
                               "w.data -= lr * w.grad, for a new tensor h = w - ..., and begin a sum with 0.0")  # fmt: skip
        return operate(self, other)

    return method


def _matmul(a, b) -> Tensor:
    """a @ b, with NumPy's meaning of one axis (a row on the left, a column on the right) and of more than two."""
    a, b = (x if isinstance(x, Tensor) else np.asarray(_constant(x, "@", (a, b))) for x in (a, b))
    sa, sb = a.shape, b.shape
    if not sa or not sb or sa[-1] != sb[-2 if len(sb) > 1 else 0]:
        raise ValueError(f"'@' got shapes {sa} and {sb}: it wants as many columns on the left as rows on the right")
    y = apply("@", a.reshape(1, -1) if len(sa) == 1 else a, b.reshape(-1, 1) if len(sb) == 1 else b)
    shape = y.shape[:-2] + y.shape[-2:-1] * (len(sa) > 1) + y.shape[-1:] * (len(sb) > 1)
    return y if shape == y.shape else y.reshape(shape)


class Tensor:
    """An array of floats that remembers how it was computed.

    data   the numbers: a NumPy array, float64 unless made from another float type. Between forward and backward they
           may be replaced (``w.data = w.data - ...``), for graphs made before keep the old array. ``w.data -= ...``
           changes that array, and a backward pass that needs what was in it raises RuntimeError. Changes that Python
           does not report (``w.data[0] = 1``, an optimiser's step, a constant's array) must wait for backward
    grad   d(output)/d(this), a NumPy array shaped like data, after ``output.backward()``; None before. Leaves add up
           over several backwards, and are reset with ``w.grad = None``; a tensor on the way has that of the latest
    node   its place in the graph; None for a constant

    ``Tensor(numbers)`` is a leaf that wants a gradient (a copy of the numbers); with requires_grad=False, a constant.
    Numbers and arrays that enter an operation are constants, get no gradient, and take on the Tensor's dtype.
    Overflow, log(0), 1 / 0 and the like give infinity or NaN as in PyTorch, with NumPy's warning.

    Comparisons (==, <, ...) go entry by entry and give plain arrays of bool, as in NumPy; sets and dicts tell tensors
    apart, not numbers. bool(), float(), int(), `item()` and formats as in `f"{loss:.3f}"` want one number, and what they
    give has no past. NumPy's functions do what the operation of that name does, or say that there is none.
    Leaves and constants can be copied and pickled; a tensor on the way cannot.
    """

    __slots__ = ("__weakref__", "_data", "node")
    __hash__ = object.__hash__

    def __init__(self, data, requires_grad: bool = True) -> None:
        data = np.array(raw(data))
        if data.dtype.kind in "iu":
            raise TypeError(f"a Tensor wants floats, got {data.dtype}: write 1.0 instead of 1, or use .astype(float)")
        if data.dtype.kind != "f":
            raise TypeError(f"a Tensor wants floats (float64 or float32), got {data.dtype}: {str(data)[:60]!r}")
        self._data = data
        self.node = Node(LEAF, [], (data,), {}) if requires_grad else None

    @property
    def data(self) -> np.ndarray:
        return self._data

    @data.setter
    def data(self, value) -> None:
        new = np.asarray(raw(value))
        if new is self._data:  # this is how `t.data -= ...` ends: the numbers have changed already
            if self.node:
                self.node.changed = next(_birth), new
        elif new.shape != self.shape or new.dtype.kind != "f":
            raise ValueError(f"the numbers of this Tensor want shape {self.shape} and floats, got {new.shape} of "
                             f"{new.dtype}: make a new Tensor for others")  # fmt: skip
        else:
            self._data = new.astype(self.dtype, copy=False)

    def backward(self, upstream=None, *, release: bool = False) -> None:
        """Fill `grad` with d(self)/d(tensor), times `upstream`, for every leaf that self was computed from.

        upstream  shaped like self; may be left out if self is one number
        release   True: give each step's numbers back to memory as soon as they are used; no second pass then
        Leaves accumulate: a second call adds to what is there. Tensors on the way, as long as you hold them in a
        variable, get a `grad` too, afresh in each call.
        """
        found = _sweep(self, _upstream(self, upstream, "backward"), release=release)
        while found:
            node, g = found.popitem()
            old = None if node.parents else node.grad
            node.grad = np.array(g) if old is None else np.asarray(old + g)  # never shared with another

    @property
    def grad(self) -> np.ndarray | None:
        return self.node.grad if self.node else None

    @grad.setter
    def grad(self, value) -> None:
        if not self.node or self.node.parents:
            raise AttributeError("only a leaf that requires a gradient has a grad to set")
        if value is not None:
            value = np.array(np.broadcast_to(raw(value), self.shape), self.dtype)
        self.node.grad = value

    requires_grad = property(lambda self: self.node is not None, doc="Do gradients flow to here?")
    shape = property(lambda self: self._data.shape, doc="The length of each axis.")
    ndim = property(lambda self: self._data.ndim, doc="How many axes there are.")
    size = property(lambda self: self._data.size, doc="How many numbers there are.")
    dtype = property(lambda self: self._data.dtype, doc="The type of the numbers: float64 or float32.")

    def detach(self) -> Tensor:
        """The same numbers as a constant: no gradient flows back through it."""
        return _wrap(self.data, None)

    __add__, __radd__ = _two_sided("+")
    __sub__, __rsub__ = _two_sided("-")
    __mul__, __rmul__ = _two_sided("*")
    __truediv__, __rtruediv__ = _two_sided("/")
    __pow__, __rpow__ = _two_sided("**")
    __neg__ = _one_sided("neg", "-self")
    __iadd__, __isub__, __imul__, __itruediv__, __ipow__, __imatmul__ = map(_in_place, (
        operator.add, operator.sub, operator.mul, operator.truediv, operator.pow, operator.matmul))  # fmt: skip
    __eq__, __ne__, __lt__, __le__, __gt__, __ge__ = map(_compare, (
        operator.eq, operator.ne, operator.lt, operator.le, operator.gt, operator.ge))  # fmt: skip
    abs = __abs__ = _one_sided("abs", "The distance from 0, entry by entry; the slope at 0 is taken as 0.")
    exp = _one_sided("exp", "e ** self, for each entry.")
    log = _one_sided("log", "Natural logarithm.")
    sqrt = _one_sided("sqrt", "Square root; its slope at 0 is infinite.")
    sin = _one_sided("sin", "Sine of an angle in radians.")
    cos = _one_sided("cos", "Cosine of an angle in radians.")
    tanh = _one_sided("tanh", "Hyperbolic tangent.")
    sigmoid = _one_sided("sigmoid", "1 / (1 + exp(-self)), computed so that neither side overflows.")
    relu = _one_sided("relu", "max(0, self); the slope at 0 is taken as 0.")

    def maximum(self, other) -> Tensor:
        """The larger of the two, entry by entry; a tie shares the gradient, half each."""
        return apply("maximum", self, other)

    def minimum(self, other) -> Tensor:
        """The smaller of the two, entry by entry; a tie shares the gradient, half each."""
        return apply("minimum", self, other)

    def __matmul__(self, other) -> Tensor:
        return _matmul(self, other)

    def __rmatmul__(self, other) -> Tensor:
        return _matmul(other, self)

    def _reduce(self, op: str, axis, keepdims: bool) -> Tensor:
        axes = tuple(range(self.ndim)) if axis is None else normalize_axis_tuple(axis, self.ndim)
        y = apply(op, self, axis=axes)
        return y if keepdims else y.reshape([n for i, n in enumerate(self.shape) if i not in axes])

    def sum(self, axis: int | tuple | None = None, keepdims: bool = False) -> Tensor:
        """The sum over one axis, several, or all (None)."""
        return self._reduce("sum", axis, keepdims)

    def mean(self, axis: int | tuple | None = None, keepdims: bool = False) -> Tensor:
        """The mean over one axis, several, or all (None). No numbers have no mean: ValueError, where PyTorch has NaN."""
        total = self.sum(axis, keepdims)
        axes = range(self.ndim) if axis is None else normalize_axis_tuple(axis, self.ndim)
        many = math.prod(self.shape[i] for i in axes)
        if not many:
            raise ValueError(f"mean wants at least one number, got none along axis={axis} of shape {self.shape}")
        return total / many

    def max(self, axis: int | tuple | None = None, keepdims: bool = False) -> Tensor:
        """The largest over one axis, several, or all (None); k entries that tie share the gradient, 1/k each."""
        return self._reduce("max", axis, keepdims)

    def prod(self, axis: int | tuple | None = None, keepdims: bool = False) -> Tensor:
        """The product over one axis, several, or all (None); the gradient is right where numbers are 0, too."""
        axes = tuple(range(self.ndim)) if axis is None else normalize_axis_tuple(axis, self.ndim)
        rest = [i for i in range(self.ndim) if i not in axes]
        y = self.transpose(*axes, *rest).reshape(math.prod(self.shape[i] for i in axes), *(self.shape[i] for i in rest))
        if not len(y):
            y = y.sum(axis=0, keepdims=True) + 1.0  # the product of no numbers
        while len(y) > 1:  # in pairs, so that no factor has to be divided out again
            half = len(y) // 2
            pairs = y[:half] * y[half : 2 * half]
            y = concatenate([pairs, y[2 * half :]]) if len(y) % 2 else pairs
        return y.reshape([1 if i in axes else n for i, n in enumerate(self.shape) if keepdims or i not in axes])

    def cumsum(self, axis: int | None = None) -> Tensor:
        """The sums of the first 1, 2, ... numbers along an axis; None lays all numbers in a row first."""
        if axis is None:
            return self.reshape(-1).cumsum(0)
        return apply("cumsum", self, axis=normalize_axis_tuple(axis, self.ndim)[0])

    def logsumexp(self, axis: int | tuple | None = -1, keepdims: bool = False) -> Tensor:
        """log(sum(exp(self))) over an axis, without overflow."""
        return self._reduce("logsumexp", axis, keepdims)

    def softmax(self, axis: int = -1) -> Tensor:
        """exp(self) / sum(exp(self)) along an axis, without overflow."""
        return apply("softmax", self, axis=axis)

    def log_softmax(self, axis: int = -1) -> Tensor:
        """The logarithm of softmax, exact where softmax would be rounded to 0."""
        return apply("log_softmax", self, axis=axis)

    def reshape(self, *shape) -> Tensor:
        """The same numbers in another shape, row by row; one length may be -1."""
        return apply("reshape", self, to=_flat(shape))

    def transpose(self, *axes) -> Tensor:
        """The axes in another order; without arguments, reversed."""
        axes = normalize_axis_tuple(_flat(axes), self.ndim) if axes else tuple(reversed(range(self.ndim)))
        return apply("transpose", self, axes=axes)

    T = property(transpose, doc="The axes in reverse order.")

    def swapaxes(self, first: int, second: int) -> Tensor:
        """Two axes exchanged."""
        axes = list(range(self.ndim))
        axes[first], axes[second] = axes[second], axes[first]
        return self.transpose(axes)

    def broadcast_to(self, *shape) -> Tensor:
        """Repeated along new axes in front, and along axes of length 1."""
        return apply("broadcast_to", self, to=_flat(shape))

    def astype(self, dtype) -> Tensor:
        """The same numbers as float32 or float64; the gradient comes back in the old dtype."""
        if np.dtype(dtype).kind != "f":
            raise TypeError(f"a Tensor wants floats, got {np.dtype(dtype)}")
        return apply("astype", self, dtype=dtype)

    def __getitem__(self, index) -> Tensor:
        """Integers, slices, masks, integer arrays (rows of an embedding); an index that comes twice gets both shares."""
        return apply("getitem", self, index=tuple(map(_part, index if isinstance(index, tuple) else (index,))))

    def pad(self, widths) -> Tensor:
        """Zeros around it: for each axis a pair (before, after), as in np.pad."""
        if len(widths) != self.ndim or any(len(pair) != 2 or min(pair) < 0 for pair in widths):
            raise ValueError(f"pad wants {self.ndim} pairs (before, after) of widths >= 0, got {widths}")
        inner = tuple(slice(before, before + n) for n, (before, _) in zip(self.shape, widths, strict=True))
        outer = tuple(n + sum(pair) for n, pair in zip(self.shape, widths, strict=True))
        return apply("scatter", self, index=inner, to=outer)

    def unfold(self, axis: int, size: int, stride: int = 1) -> Tensor:
        """Windows of `size` numbers along an axis, a step of `stride` apart.

        The axis now counts the windows, (length - size) // stride + 1 of them; a new last axis lies inside them.
        """
        (axis,) = normalize_axis_tuple(axis, self.ndim)
        if not 1 <= size <= self.shape[axis] or stride < 1:
            raise ValueError(f"unfold wants a window of 1 to {self.shape[axis]} (axis {axis} of shape {self.shape}) "
                             f"and a stride >= 1, got size={size}, stride={stride}")  # fmt: skip
        return apply("unfold", self, axis=axis, size=size, stride=stride)

    def item(self) -> float:
        """The number of a Tensor that has only one, as a plain float: no gradient flows back through it."""
        if self.size != 1:
            raise ValueError(f"one number was asked for, and this Tensor has shape {self.shape}: take one entry, a sum, "
                             "(t > 0).any() or .all(), or the array t.data")  # fmt: skip
        return self._data.item()

    def __bool__(self) -> bool:
        return bool(self.item())

    def __float__(self) -> float:
        return float(self.item())

    def __int__(self) -> int:
        return int(self.item())

    def __format__(self, form: str) -> str:
        return format(self.item(), form) if form else repr(self)

    def __len__(self) -> int:
        return len(self._data)

    def __iter__(self):
        if not self.ndim:
            raise TypeError("a Tensor of one number and no axes has no rows to iterate over")
        return (self[i] for i in range(len(self)))

    def __contains__(self, number) -> bool:
        return bool(np.any(self == number))

    def __reduce__(self):
        """What `copy` and `pickle` need: a leaf is its numbers and its gradient."""
        if self.node and self.node.parents:
            raise TypeError(f"only leaves and constants can be copied and pickled, and this Tensor was computed by "
                            f"{self.node.rule.op!r}: save its leaves, and compute it again, or detach() it")  # fmt: skip
        return Tensor, (self._data, self.requires_grad), None if self.grad is None else (None, {"grad": self.grad})

    def __array__(self, dtype=None, copy=None):
        raise TypeError("a Tensor does not turn into an array by itself: take .data, the numbers, without their past "
                        "(or stack([...]) to make one Tensor of several)")  # fmt: skip

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs, **options):
        """np.exp(tensor), array + tensor: the operation of that name, with its gradient."""
        if method != "__call__" or options or ufunc not in UFUNCS:
            raise _no_gradient(ufunc.__name__ + (f".{method}" if method != "__call__" else ""), options)
        return UFUNCS[ufunc](*inputs)

    def __array_function__(self, function: Callable, types, args: tuple, options: dict):
        """np.sum(tensor, axis=0): the operation of that name, with its gradient."""
        if function not in FUNCTIONS or "out" in options:
            raise _no_gradient(function.__name__, options)
        return FUNCTIONS[function](*args, **options)

    def __repr__(self) -> str:
        numbers = np.array2string(self.data, precision=6, separator=", ", prefix="Tensor(", threshold=100)
        return f"Tensor({numbers}{'' if self.node else ', constant'})"


def _part(part):
    """One part of an index. Lists and arrays are copied: if they changed, the gradient would go elsewhere."""
    if isinstance(part, int | np.integer | slice | NoneType | EllipsisType):
        return part
    if isinstance(part, Tensor):
        raise TypeError("an index wants whole numbers, got a Tensor: integers live in plain arrays")
    array = np.array(part)
    return array if array.size or isinstance(part, np.ndarray) else array.astype(int)  # [] would be an array of floats


def _no_gradient(name: str, options: dict) -> TypeError:
    if "out" in options:
        return TypeError("a plain array cannot hold a Tensor's past: write a = a + t for a += t, and leave out=... out")
    return TypeError(f"no gradient can flow through np.{name}: use the Tensor's own operations, such as X @ W, "
                     f"t.relu() or t.sum(), or give it the plain numbers, np.{name}(t.data)")  # fmt: skip


def _flat(lengths: tuple) -> tuple[int, ...]:
    """reshape(2, 3) and reshape((2, 3)) mean the same."""
    return tuple(lengths[0]) if len(lengths) == 1 and not hasattr(lengths[0], "__index__") else lengths


# ---------------------------------------------------------------- what is composed of them


def concatenate(tensors: Iterable, axis: int = 0) -> Tensor:
    """Tensors (and arrays) one after another along an axis; the other axes must agree."""
    parts = list(tensors)
    if not parts:
        raise ValueError("concatenate wants at least one tensor, got none")
    parts[0] = _tensor(parts[0])
    (axis,) = normalize_axis_tuple(axis, np.ndim(raw(parts[0])))
    while len(parts) > 1:  # neighbours in pairs, so that each number is copied only log2(n) times
        pairs = [parts[i : i + 2] for i in range(0, len(parts), 2)]
        parts = [apply("concatenate", *pair, axis=axis) if len(pair) == 2 else pair[0] for pair in pairs]
    return parts[0]


def stack(tensors: Iterable, axis: int = 0) -> Tensor:
    """Tensors (and arrays) of one shape side by side, along a new axis."""
    parts = [_tensor(x) for x in tensors]
    if len({part.shape for part in parts}) != 1:
        raise ValueError(f"stack wants tensors of one shape, got {', '.join(str(p.shape) for p in parts) or 'none'}")
    (axis,) = normalize_axis_tuple(axis, parts[0].ndim + 1)
    return concatenate([part[_along(axis, None)] for part in parts], axis)


def where(mask, a, b) -> Tensor:
    """a where the mask (an array of bool) is true, b elsewhere; all three broadcast. The mask gets no gradient."""
    mask = np.array(mask)  # a copy: if it changed, the gradient would go elsewhere
    if mask.dtype != bool:
        raise TypeError(f"where wants a mask of bool, as in x > 0, got {_shown(mask)}")
    return apply("where", a, b, mask=mask)


def conv2d(x, w, b=None, stride: int = 1, padding: int = 0) -> Tensor:
    """Slide filters over images (cross-correlation: the filters are not flipped).

    x (N, C, H, W) images, w (O, C, KH, KW) filters, b (O,) biases or None -> (N, O, OH, OW),
    with OH = (H + 2 padding - KH) // stride + 1, and OW likewise.
    Each window is laid out as a row, so that all windows meet all filters in one matrix product (im2col).
    Source: Chellapilla, Puri, Simard (2006), High performance convolutional neural networks.
    """
    x, w = (t if isinstance(t, Tensor) else Tensor(t, requires_grad=False) for t in (x, w))
    if x.ndim != 4 or w.ndim != 4 or x.shape[1] != w.shape[1]:
        raise ValueError(f"conv2d wants images (N, C, H, W) and filters (O, C, KH, KW), got {x.shape} and {w.shape}")
    if padding:
        x = x.pad(((0, 0), (0, 0), (padding, padding), (padding, padding)))
    windows = x.unfold(2, w.shape[2], stride).unfold(3, w.shape[3], stride)  # (N, C, OH, OW, KH, KW)
    n, c, oh, ow, kh, kw = windows.shape
    rows = windows.transpose(0, 2, 3, 1, 4, 5).reshape(n * oh * ow, c * kh * kw)
    y = rows @ w.reshape(w.shape[0], c * kh * kw).T
    if b is not None:
        y = y + b
    return y.reshape(n, oh, ow, w.shape[0]).transpose(0, 3, 1, 2)


# ---------------------------------------------------------------- what NumPy's functions find here


def _recorded(op: str) -> Callable:
    return lambda *inputs: apply(op, *inputs)


def _asked(ufunc: np.ufunc) -> Callable:
    return lambda *inputs: ufunc(*map(raw, inputs))


UFUNCS: dict[np.ufunc, Callable] = {
    **{getattr(np, op): _recorded(op) for op in ("abs", "exp", "log", "sin", "cos", "sqrt", "tanh", "maximum", "minimum")},
    **{ufunc: _recorded(op) for ufunc, op in {np.add: "+", np.subtract: "-", np.multiply: "*", np.divide: "/",
                                              np.power: "**", np.negative: "neg"}.items()},
    np.matmul: _matmul,
    # yes or no: nothing flows back through that
    **{ufunc: _asked(ufunc) for ufunc in (np.equal, np.not_equal, np.less, np.less_equal, np.greater, np.greater_equal,
                                          np.isfinite, np.isnan, np.isinf)},
}  # fmt: skip
FUNCTIONS: dict[Callable, Callable] = {
    **{getattr(np, name): getattr(Tensor, name)
       for name in ("sum", "mean", "max", "prod", "cumsum", "reshape", "transpose", "swapaxes", "broadcast_to")},
    **{getattr(np, name): attrgetter(name) for name in ("shape", "ndim", "size")},
    np.concatenate: concatenate, np.stack: stack, np.where: where,
}  # fmt: skip
