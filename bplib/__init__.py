"""bplib: the helper package of *The Backward Pass*, a course on backpropagation.

This file is the contract: the public names, in reading order, by the module that each lives in. A module is imported
when one of its names is first used, so that ``import bplib`` costs next to nothing and the core needs nothing but the
standard library.
"""

from importlib import import_module
from typing import TYPE_CHECKING

__version__ = "0.1.0"

# No module is called like a public name: importing `bplib.trace` from anywhere would put the module where the function
# belongs.
CONTRACT = {
    "engine.value": "Value values",
    "engine.straightline": "emit",
    "engine.tensor": "Tensor grad hvp custom_gradient checkpoint concatenate stack where conv2d",
    "nn.layers": "Linear Sigmoid Tanh ReLU LeakyReLU Dropout BatchNorm LayerNorm Residual Sequential",
    "nn.losses": "MSE BCEWithLogits CrossEntropy",
    "nn.optim": "SGD Momentum Adam clip_by_norm",
    "nn.training": "fit History minibatches accuracy",
    "nn.diagnosis": "checkup promise",
    "nn.data": "xor two_moons digits split mnist",
    "engine.trace_table": "trace Trace",
    "show.spreadsheet": "save_spreadsheet",
    "show.training_sheet": "save_training_sheet",
    "engine.differences": "gradcheck two_step_check",
    "checking.check": "exercise more_practice check tell variant",
    "mistakes.scalar": "MISTAKES hidden_by",
    "show.plots": (
        "axes panels picture plot_graph describe_graph plot_losses describe_losses plot_boundary describe_boundary"
    ),
    "show.curves": "plot_curves plot_tangents plot_difference",
    "show.graphs": "plot_chain plot_rates plot_orders plot_factored plot_layered plot_gates plot_reading",
    "explore": "Graph Wishes Nudge Chain Paths Shapes Descent Fit Xor Starts Flow Doctor Quiz Choose Number Match Order",
}
_HOME = {name: module for module, names in CONTRACT.items() for name in names.split()}

__all__ = ["__version__", *_HOME]

if TYPE_CHECKING:  # for editors, which complete what they can read; a test holds these lines against the contract
    from .checking.check import check, exercise, more_practice, tell, variant
    from .engine.differences import gradcheck, two_step_check
    from .engine.straightline import emit
    from .engine.tensor import Tensor, checkpoint, concatenate, conv2d, custom_gradient, grad, hvp, stack, where
    from .engine.trace_table import Trace, trace
    from .engine.value import Value, values
    from .explore import (
        Chain,
        Choose,
        Descent,
        Doctor,
        Fit,
        Flow,
        Graph,
        Match,
        Nudge,
        Number,
        Order,
        Paths,
        Quiz,
        Shapes,
        Starts,
        Wishes,
        Xor,
    )
    from .mistakes.scalar import MISTAKES, hidden_by
    from .nn.data import digits, mnist, split, two_moons, xor
    from .nn.diagnosis import checkup, promise
    from .nn.layers import BatchNorm, Dropout, LayerNorm, LeakyReLU, Linear, ReLU, Residual, Sequential, Sigmoid, Tanh
    from .nn.losses import MSE, BCEWithLogits, CrossEntropy
    from .nn.optim import SGD, Adam, Momentum, clip_by_norm
    from .nn.training import History, accuracy, fit, minibatches
    from .show.curves import plot_curves, plot_difference, plot_tangents
    from .show.graphs import (
        plot_chain,
        plot_factored,
        plot_gates,
        plot_layered,
        plot_orders,
        plot_rates,
        plot_reading,
    )
    from .show.plots import (
        axes,
        describe_boundary,
        describe_graph,
        describe_losses,
        panels,
        picture,
        plot_boundary,
        plot_graph,
        plot_losses,
    )
    from .show.spreadsheet import save_spreadsheet
    from .show.training_sheet import save_training_sheet


def __getattr__(name: str):
    if name not in _HOME:
        raise AttributeError(f"bplib has no {name!r}; it has {', '.join(_HOME)}")
    thing = getattr(import_module(f".{_HOME[name]}", __name__), name)
    globals()[name] = thing  # found once; the next use is an ordinary look-up
    return thing


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOME})
