"""The scalar engine against central differences, against autograd, and against the slips that engines make."""

import copy
import gc
import math
import operator
import pickle
import subprocess
import sys
from math import inf, nan
from pathlib import Path

import autograd
import autograd.numpy as anp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import bplib as bp
from bplib.engine.value import RULES, Value, WideValue

PACKAGE = Path(bp.__file__).parent.parent

# ---------------------------------------------------------------- random graphs

TWO = {"+": operator.add, "-": operator.sub, "*": operator.mul}
ONE = ("relu", "sigmoid", "tanh", "neg", "exp")


@st.composite
def programs(draw):
    """A list of steps; each applies an operation to numbers made before, so that any DAG with fan-out can come out."""
    leaves = draw(st.lists(st.floats(-2, 2).filter(lambda x: abs(x) > 1e-3), min_size=1, max_size=4))
    steps = []
    for i in range(draw(st.integers(1, 12))):
        op = draw(st.sampled_from([*TWO, *ONE, "/", "**2", "log", "max", "min", "abs", "sin", "cos"]))
        steps.append((op, draw(st.integers(0, len(leaves) + i - 1)), draw(st.integers(0, len(leaves) + i - 1))))
    return leaves, steps


def run(leaves, steps, one):
    """Run a program; `one(op, x)` applies the functions, so that any number type can go through."""
    nodes = list(leaves)
    for op, i, j in steps:
        a, b = nodes[i], nodes[j]
        if op in TWO:
            nodes.append(TWO[op](a, b))
        elif op == "/":
            nodes.append(a / (b * b + 1.5))
        elif op == "**2":
            nodes.append(a**2)
        else:
            nodes.append(one(op, a, b))
        nodes[-1] = one("tanh", nodes[-1], None) if len(nodes) % 3 == 0 else nodes[-1]  # keeps numbers small
    return nodes[-1] + 0.5 * nodes[0]


def by_value(op, a, b):
    if op == "neg":
        return -a
    if op in ("max", "min"):
        return getattr(a, op)(b)
    if op == "abs":
        return abs(a)
    if op == "log":
        return (a * a + 0.5).log()
    if op == "exp":
        return a.tanh().exp()
    return getattr(a, op)()


def by_autograd(op, a, b):
    return {
        "neg": lambda: -a,
        "max": lambda: anp.maximum(a, b),
        "min": lambda: anp.minimum(a, b),
        "abs": lambda: anp.abs(a),
        "sin": lambda: anp.sin(a),
        "cos": lambda: anp.cos(a),
        "log": lambda: anp.log(a * a + 0.5),
        "exp": lambda: anp.exp(anp.tanh(a)),
        "relu": lambda: anp.maximum(a, 0.0),
        "tanh": lambda: anp.tanh(a),
        "sigmoid": lambda: 1 / (1 + anp.exp(-a)),
    }[op]()


@given(programs())
@settings(max_examples=300, deadline=None)
def test_random_graphs_agree_with_autograd(program):
    leaves, steps = program
    nodes = [Value(x) for x in leaves]
    out = run(nodes, steps, by_value)
    if any(n.op in ("relu", "abs") and abs(n.parents[0].data) < 1e-9 for n in out.graph()):
        return  # at a kink the two libraries may choose differently
    if any(n.op in ("max", "min") and abs(n.parents[0].data - n.parents[1].data) < 1e-9 for n in out.graph()):
        return
    out.backward()
    theirs = autograd.grad(lambda *xs: run(xs, steps, by_autograd), argnum=tuple(range(len(leaves))))(*leaves)
    for node, other in zip(nodes, theirs, strict=True):
        assert node.grad == pytest.approx(float(other), rel=1e-12, abs=1e-12)


@given(programs())
@settings(max_examples=100, deadline=None)
def test_random_graphs_agree_with_central_differences(program):
    leaves, steps = program
    nodes = [Value(x) for x in leaves]
    out = run(nodes, steps, by_value)
    near = [n for n in out.graph() if n.op in ("relu", "abs", "max", "min")]
    gaps = [n.parents[0].data - (n.parents[1].data if n.op in ("max", "min") else 0.0) for n in near]
    if any(abs(gap) < 1e-3 for gap in gaps):
        return
    out.backward()
    for i, node in enumerate(nodes):
        h = 1e-5
        up, down = (
            run([Value(x + s * h * (k == i)) for k, x in enumerate(leaves)], steps, by_value).data for s in (1, -1)
        )
        assert node.grad == pytest.approx((up - down) / (2 * h), rel=1e-4, abs=1e-4 * max(1, abs(out.data)))


def test_every_rule_in_the_table_agrees_with_central_differences():
    """Away from kinks, at points on both sides of zero where the operation allows it."""
    points = {"log": [(0.3,), (4.0,)], "**": [(0.7, 2.5), (3.0, -1.5), (1.4, 0.0)], "/": [(0.7, -1.3), (-2.0, 0.4)]}
    for op, rule in RULES.items():
        arity = 2 if op in ("+", "-", "*", "/", "**", "max", "min") else 1
        for inputs in points.get(op, [(0.7, -1.3)[:arity], (-2.0, 0.4)[:arity]]):
            _, slopes = rule(*inputs)
            for i, slope in enumerate(slopes):
                h = 1e-6
                up, down = (rule(*[x + s * h * (k == i) for k, x in enumerate(inputs)])[0] for s in (1, -1))
                assert slope == pytest.approx((up - down) / (2 * h), rel=1e-6, abs=1e-8), (op, inputs, i)


# ---------------------------------------------------------------- the slips that engines make


def test_fan_out_sums_over_all_paths():
    """b = 2a, d = 3b, L = b + d: visiting too early gives 2, the truth is 8."""
    (a,) = bp.values(a=1.0)
    b = 2 * a
    (b + 3 * b).backward()
    assert a.grad == 8


def test_the_same_value_twice_in_one_operation():
    (a,) = bp.values(a=3.0)
    (a + a).backward()
    assert a.grad == 2
    a.grad = 0.0
    (a * a).backward()
    assert a.grad == 6


def test_a_second_backward_accumulates_into_leaves_and_only_there():
    (a,) = bp.values(a=2.0)
    b = a * a
    loss = b * b
    loss.backward()
    once, inner = a.grad, b.grad
    loss.backward()
    assert (a.grad, b.grad, loss.grad) == (2 * once, inner, 1)


def test_two_losses_that_share_a_part():
    (a,) = bp.values(a=2.0)
    shared = a * a
    (shared * 3).backward()
    (shared * 5).backward()
    assert a.grad == 3 * 4 + 5 * 4


@pytest.mark.slow
def test_a_chain_of_a_million_nodes():
    (x, k) = bp.values(x=1.0, k=1.0000001)
    y = x
    for _ in range(10**6):
        y = y * k
    y.backward()
    assert x.grad == pytest.approx(math.exp(0.1), rel=1e-6)


def test_a_graph_with_exponentially_many_paths():
    (x,) = bp.values(x=1.0)
    y = x
    for _ in range(200):
        y = y + y
    y.backward()
    assert x.grad == 2.0**200


@given(st.floats(allow_nan=False), st.floats(allow_nan=False))
def test_what_is_written_out_is_what_the_table_says(a, b):
    for op in ("+", "*"):
        for out in (TWO[op](Value(a), Value(b)), TWO[op](Value(a), b), TWO[op](a, Value(b))):
            assert (out.op, [p.data for p in out.parents]) == (op, [a, b])
            data, slopes = RULES[op](a, b)
            np.testing.assert_array_equal([out.data, *out.local_grads], [data, *slopes])  # there NaN equals NaN


def test_the_parents_can_be_asked_for_by_slot_and_as_a_tuple():
    a, b = bp.values(a=2.0, b=3.0)
    for node, parents, slopes in ((a, (), ()), (a.exp(), (a,), (math.exp(2),)), (a * b, (a, b), (3, 2)),
                                  (Value(5.0, "s", "+", (a, b), (1.0, 1.0)), (a, b), (1, 1))):  # fmt: skip
        assert len(node.parents) == len(parents)
        assert all(mine is wanted for mine, wanted in zip(node.parents, parents, strict=True))
        assert (node.left, node.right) == (*parents, None, None)[:2]
        assert node.local_grads == slopes
        assert (node.dleft, node.dright)[: len(slopes)] == slopes


def dot(w, x):
    data = sum(a.data * b.data for a, b in zip(w, x, strict=True))
    return WideValue(data, None, "dot", (*w, *x), [n.data for n in (*x, *w)])


def test_a_node_of_many_parents():
    """A dot product as one node says what the sum of the products says, in all that a graph is asked."""
    w, x = [Value(i - 1.5) for i in range(4)], [Value(2.0**i) for i in range(4)]
    inner = dot(w, [x[0].exp(), *x[1:]])
    loss = inner * inner + dot([inner, w[0]], [w[0], w[0]])  # fan-out, and one parent three times
    for _ in range(2):
        loss.backward()
    found = [n.grad for n in (*w, *x)]
    for n in (*w, *x):
        n.grad = 0.0
    slow = sum((a * b for a, b in zip(w, [x[0].exp(), *x[1:]], strict=True)), 0.0)
    slow = slow * slow + slow * w[0] + w[0] * w[0]
    for _ in range(2):
        slow.backward()
    assert loss.data == pytest.approx(slow.data)
    assert found == pytest.approx([n.grad for n in (*w, *x)])
    assert inner.parents[0] is w[0]
    with pytest.raises(TypeError, match=r"only leaves can be copied and pickled.*'dot'"):
        copy.copy(inner)
    y = x[0]
    for _ in range(10**4):
        y = WideValue(y.data, None, "dot", (y, x[1], x[2]), (1.0, 0.0, 0.0))
    y.backward()
    assert (y.grad, len(y.graph())) == (1, 10**4 + 3)


def test_a_graph_is_freed_at_once():
    """No node points back at what was computed from it, so nothing waits for the garbage collector."""

    def alive():
        return sum(isinstance(thing, Value) for thing in gc.get_objects())

    (x,) = bp.values(x=1.0)
    gc.collect()
    gc.disable()
    try:
        before, y = alive(), x
        for _ in range(1000):
            y = (y * 0.5 + x).tanh()
        y = dot([y, y], [x, y])
        y.backward()
        assert alive() > before + 3000
        del y
        assert alive() == before
    finally:
        gc.enable()


def test_backward_on_a_leaf_and_with_a_seed():
    (x,) = bp.values(x=3.0)
    x.backward()
    assert x.grad == 1
    x.grad = 0.0
    (x * 2).backward(seed=-0.5)
    assert x.grad == -1


# ---------------------------------------------------------------- micrograd's users


def test_every_operator_from_both_sides():
    (a, b) = bp.values(a=2.0, b=-4.0)
    out = 1 + a - 2 - (3 - b) * 2 + 6 / a + a / 3 + 2**a + a**3 + (-b) ** 0.5
    assert out.data == pytest.approx(1 + 2 - 2 - 14 + 3 + 2 / 3 + 4 + 8 + 2)
    a += 1
    a *= b
    assert (a.data, repr(b)) == (-12, "Value(data=-4, grad=0, name='b')")


def test_sum_and_numpy_scalars():
    assert sum(bp.values(a=1, b=2, c=3)).data == 6
    assert (np.float32(2) * Value(3.0)).data == 6
    assert (Value(np.array(2.0)) * np.int64(3)).data == 6


# ---------------------------------------------------------------- edges of the numbers


def test_sigmoid_and_tanh_far_out():
    for z in (-1000.0, -40.0, 40.0, 1000.0):
        s = Value(z).sigmoid()
        assert s.data == pytest.approx(float(z > 0), abs=1e-17)
        assert 0 <= s.local_grads[0] < 1e-16
        assert Value(z).tanh().data == math.copysign(1, z)


def test_powers_at_zero():
    for n, slope in ((0, 0.0), (1, 1.0), (2, 0.0), (3, 0.0), (0.5, math.inf)):
        assert (Value(0.0) ** n).local_grads[0] == slope, n


def test_a_tie_in_max_shares_the_gradient():
    (a, b) = bp.values(a=2.0, b=2.0)
    a.max(b).backward()
    assert (a.grad, b.grad) == (0.5, 0.5)


@pytest.mark.parametrize(
    ("wrong", "error", "word"),
    [
        (lambda: Value("3"), TypeError, "got str: '3'"),
        (lambda: Value(True), TypeError, "got bool"),
        (lambda: Value(1j), TypeError, "got complex"),
        (lambda: Value(2.0, (Value(1.0),), "+"), TypeError, "name of a Value wants to be a string, got tuple"),
        (lambda: Value(2.0).backward(Value(3.0)), TypeError, "the seed of backward wants one real number, got Value"),
        (lambda: Value([1.0]), TypeError, "got list"),
        (
            lambda: Value(6.0, None, "+", [Value(2.0)] * 3, (1.0,) * 3),
            ValueError,
            "at most two parents, got 3: WideValue",
        ),
        (
            lambda: Value(2.0, None, "neg", (Value(-2.0),)),
            ValueError,
            "one local derivative for each parent, got 0 for 1",
        ),
        (lambda: WideValue(2.0, None, "dot", (Value(2.0),), (1.0, 2.0)), ValueError, "got 2 for 1"),
        (lambda: Value(1.0) + "x", TypeError, "the other side of '\\+' wants one real number, got str"),
        (lambda: None * Value(1.0), TypeError, "got NoneType"),
        (lambda: Value(-1.0).log(), ValueError, "log wants a positive number, got -1.0"),
        (lambda: Value(0.0).log(), ValueError, "got 0.0"),
        (lambda: Value(1000.0).exp(), OverflowError, "at most 709.78"),
        (lambda: Value(-2.0) ** 0.5, ValueError, "whole exponent"),
        (lambda: Value(1e200) ** 2, OverflowError, r"\(1e\+200\) \*\* 2.0 is larger than any float64"),
        (lambda: Value(1.0) / 0, ZeroDivisionError, "1.0 / 0.0 divides by zero"),
        (lambda: Value(inf).sin(), ValueError, "sin and cos want a finite number, got inf"),
        (lambda: Value(-inf).cos(), ValueError, "got -inf"),
        (lambda: Value(0.0) ** -1, ZeroDivisionError, "divides by zero"),
        (lambda: bp.values(), TypeError, "at least one name=number"),
        (lambda: bp.values(w1="0.5"), TypeError, "w1 wants one real number, got str"),
        (lambda: bp.nothing, AttributeError, "bplib has no 'nothing'; it has Value"),
    ],
)
def test_bad_input_says_what_was_wanted(wrong, error, word):
    with pytest.raises(error, match=word):
        wrong()


def test_nan_and_infinity_go_through():
    (x,) = bp.values(x=math.nan)
    (x * 2).relu().backward()
    assert Value(math.inf).sigmoid().data == 1


# What torch 2.13 gives for float64: name -> (operation, inputs, value, slopes).
AT_THE_ENDS = {
    "relu(nan)": ("relu", (nan,), nan, (1,)),
    "relu(-inf)": ("relu", (-inf,), 0, (0,)),
    "relu(inf)": ("relu", (inf,), inf, (1,)),
    "abs(0)": ("abs", (0.0,), 0, (0,)),
    "abs(nan)": ("abs", (nan,), nan, (0,)),
    "abs(-inf)": ("abs", (-inf,), inf, (-1,)),
    "sigmoid(nan)": ("sigmoid", (nan,), nan, (nan,)),
    "sigmoid(1e4)": ("sigmoid", (1e4,), 1, (0,)),
    "tanh(-inf)": ("tanh", (-inf,), -1, (0,)),
    "exp(inf)": ("exp", (inf,), inf, (inf,)),
    "log(inf)": ("log", (inf,), inf, (0,)),
    "log(nan)": ("log", (nan,), nan, (nan,)),
    "sin(nan)": ("sin", (nan,), nan, (nan,)),
    "max(nan, 1)": ("max", (nan, 1.0), nan, (1, 1)),
    "max(1, nan)": ("max", (1.0, nan), nan, (1, 1)),
    "min(nan, 1)": ("min", (nan, 1.0), nan, (1, 1)),
    "min(1, nan)": ("min", (1.0, nan), nan, (1, 1)),
    "max(inf, inf)": ("max", (inf, inf), inf, (0.5, 0.5)),
    "min(2, 2)": ("min", (2.0, 2.0), 2, (0.5, 0.5)),
    "inf - inf": ("-", (inf, inf), nan, (1, -1)),
    "inf / inf": ("/", (inf, inf), nan, (0, nan)),
    "1 / 1e-200": ("/", (1.0, 1e-200), 1e200, (1e200, -inf)),
    "1e200 * 1e200": ("*", (1e200, 1e200), inf, (1e200, 1e200)),
    "0 ** 2": ("**", (0.0, 2.0), 0, (0, 0)),
    "0 ** 0": ("**", (0.0, 0.0), 1, (0, 0)),
    "0 ** 0.5": ("**", (0.0, 0.5), 0, (inf, 0)),
    "0 ** nan": ("**", (0.0, nan), nan, (nan, nan)),
    "(-2) ** 3": ("**", (-2.0, 3.0), -8, (12, nan)),
    "(-8) ** 0": ("**", (-8.0, 0.0), 1, (0, nan)),
    "(-0.5) ** inf": ("**", (-0.5, inf), 0, (nan, nan)),
    "1e-320 ** 0": ("**", (1e-320, 0.0), 1, (0, -736.8272408909739)),
    "1e-200 ** -1": ("**", (1e-200, -1.0), 1e200, (-inf, -4.605170185988092e202)),
    "(-1e-200) ** -1": ("**", (-1e-200, -1.0), -1e200, (-inf, nan)),
    "nan ** 0": ("**", (nan, 0.0), 1, (0, nan)),
    "1 ** nan": ("**", (1.0, nan), 1, (nan, 0)),
}


@pytest.mark.parametrize("name", AT_THE_ENDS)
def test_at_the_ends_of_their_range_numbers_go_as_in_pytorch(name):
    op, inputs, value, slopes = AT_THE_ENDS[name]
    leaves = [Value(x) for x in inputs]
    method = {"**": "__pow__", "/": "__truediv__", "-": "__sub__", "*": "__mul__"}.get(op, op)
    out = getattr(leaves[0], method)(*leaves[1:])
    out.backward()
    assert [out.data, *(leaf.grad for leaf in leaves)] == pytest.approx([value, *slopes], nan_ok=True)
    again, grads = bp.emit(out, *leaves)(*inputs)
    assert [again, *grads] == pytest.approx([value, *slopes], nan_ok=True)


# ---------------------------------------------------------------- Python's protocols

ONE_HALF = Value(1.5, "a")
ANSWERED = {
    "==": (lambda v: (v == 1.5, v == Value(1.5), v == 2, v == np.float32(1.5), v == "1.5", v == None), (True, True, False, True, False, False)),  # noqa: E711
    "!=": (lambda v: (v != 1.5, operator.ne(1.5, v), v != None), (False, False, True)),  # noqa: E711
    "<": (lambda v: (v < 2, operator.lt(2, v), v < Value(1.6), v <= 1.5, v >= 2, v > 1, np.float64(2) > v), (True, False, True, True, False, True, True)),
    "bool": (lambda v: (bool(v), bool(v * 0), bool(Value(nan))), (True, False, True)),
    "sorted, max": (lambda v: (sorted([v, Value(0.5)])[1] is v, max(v, Value(1.0)) is v), (True, True)),
    "in": (lambda v: (v in [Value(1.5)], v in {Value(1.5)}, v in {v}), (True, False, True)),
    "hash": (lambda v: len({v, v, Value(1.5)}), 2),
    "sum": (lambda v: sum([v, v]).data, 3.0),
    "format": (lambda v: (f"{v:.3f}", f"{v}", str(v)), ("1.500", "Value(data=1.5, grad=0, name='a')", "Value(data=1.5, grad=0, name='a')")),
    "abs": (lambda v: abs(-v).data, 1.5),
    "np functions of a number call its methods": (
        lambda v: [f(v).op for f in (np.exp, np.log, np.tanh, np.sin, np.cos, np.abs, np.negative)],
        ["exp", "log", "tanh", "sin", "cos", "abs", "neg"]),
    "np functions of a list": (lambda v: (np.mean([v, v]).op, np.dot([v, v], [1.0, 2.0]).data), ("/", 4.5)),
    "array * Value": (lambda v: [n.parents[0].data for n in np.array([2.0, 3.0]) * v], [2.0, 3.0]),
    "+=": (lambda v: (lambda w: [w := w + 1, w.parents[0] is v][1])(v), True),
}  # fmt: skip
REFUSED = {
    "float": (float, "write v.data if that is meant"),
    "int": (int, "write v.data if that is meant"),
    "round": (round, "write v.data if that is meant"),
    "math.exp": (math.exp, r"v.exp\(\) for math.exp\(v\)"),
    "np.array of floats": (lambda v: np.array([v], float), "v.data"),
    "iter": (iter, "not iterable"),
    "len": (len, "has no len"),
    "index": (lambda v: v[0], "not subscriptable"),
    "in it": (lambda v: 1 in v, "not (iterable|a container)"),
    "< with a list": (lambda v: v < [1], "'<' not supported"),
    "np.sqrt": (np.sqrt, "no callable sqrt method"),
    "Value * array": (lambda v: v * np.ones(2), "wants one real number, got ndarray"),
    "copy of a node on the way": (lambda v: copy.copy(v * 2), r"only leaves can be copied and pickled.*by '\*'"),
    "deepcopy of one": (lambda v: copy.deepcopy([v * 2]), "save its leaves, and compute it again"),
    "pickle of one": (lambda v: pickle.dumps(v * 2), "save its leaves, and compute it again"),
}


@pytest.mark.parametrize("name", ANSWERED)
def test_pythons_protocols_are_answered_on_purpose(name):
    ask, wanted = ANSWERED[name]
    assert ask(ONE_HALF) == wanted


@pytest.mark.parametrize("name", REFUSED)
def test_or_refused_in_words(name):
    ask, words = REFUSED[name]
    with pytest.raises(TypeError, match=words):
        ask(ONE_HALF)


def test_leaves_that_are_equal_stay_two_leaves():
    a, b = bp.values(a=2.0, b=2.0)
    loss = a * 3 + b * 5
    loss.backward()
    assert (a.grad, b.grad) == (3, 5)
    assert bp.emit(loss, b)(2.0) == (16, (5,))  # the other leaf, of the same number, is no argument
    assert [row.grad for row in bp.trace(loss).rows if row.name in "ab"] == [3, 5]


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, lambda v: pickle.loads(pickle.dumps(v))])
def test_a_copied_leaf_is_a_leaf_of_its_own(copied):
    (w,) = bp.values(w=2.0)
    (w * w).backward()
    other = copied(w)
    (other * w * 3).backward()
    assert (other.data, other.name, other.op, other.grad, w.grad) == (2, "w", "leaf", 4 + 6, 4 + 6)


def test_leaves_saved_in_one_process_have_right_gradients_in_another(tmp_path):
    """In the other process births start at 0 again."""
    path = tmp_path / "leaves"
    code = (
        "import pickle, sys, bplib as bp; a, b = bp.values(a=2.0, b=3.0)\n"
        "for _ in range(5000): b * 1\n"
        f"pickle.dump(bp.values(c=2.0, d=3.0), open({str(path)!r}, 'wb'))"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
    code = (
        f"import pickle; c, d = pickle.load(open({str(path)!r}, 'rb')); e = c * d; (e * c + e * d).backward()\n"
        "print(c.grad, d.grad)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["21.0", "16.0"]  # c²d + cd²: 2cd + d², c² + 2cd


# ---------------------------------------------------------------- what importing costs


def test_the_core_needs_nothing_but_the_standard_library():
    """And importing bplib alone loads none of its modules."""
    code = (
        "import sys, bplib; assert not [m for m in sys.modules if m.startswith('bplib.')], 'not lazy'\n"
        "bplib.values; bplib.trace; bplib.gradcheck; bplib.check; bplib.MISTAKES; bplib.check('7.3', [1, 2, 3, 4])\n"
        "outside = {m.split('.')[0] for m in sys.modules} - set(sys.stdlib_module_names) - {'bplib', '__main__', 'sitecustomize'}\n"
        "print(sorted(m for m in outside if not m.startswith(('_', 'google'))))"
    )
    done = subprocess.run([sys.executable, "-S", "-c", f"import sys; sys.path.insert(0, {str(PACKAGE)!r})\n" + code],
                          capture_output=True, text=True, check=False)  # fmt: skip
    assert done.stdout.strip() == "[]", done.stdout + done.stderr
