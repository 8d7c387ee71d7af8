"""bplib: the helper package of *The Backward Pass*, a course on backpropagation.

The public names, in reading order. Each module is imported when one of its names is first used, so that
``import bplib`` costs next to nothing and the core needs nothing but the standard library.
"""

from importlib import import_module

__version__ = "0.1.0"

# name -> module. No module is called like a public name of the package: importing `bplib.trace` from anywhere
# would put the module where the function belongs.
_HOME = {
    # the scalar engine
    "Value": "value",
    "values": "value",
    "emit": "straightline",
    # the same on arrays
    "Tensor": "tensor",
    "grad": "tensor",
    "hvp": "tensor",
    "custom_gradient": "tensor",
    "checkpoint": "tensor",
    "concatenate": "tensor",
    "stack": "tensor",
    "where": "tensor",
    "conv2d": "tensor",
    # networks, with both passes written out
    "Linear": "layers",
    "Sigmoid": "layers",
    "Tanh": "layers",
    "ReLU": "layers",
    "LeakyReLU": "layers",
    "Dropout": "layers",
    "BatchNorm": "layers",
    "LayerNorm": "layers",
    "Residual": "layers",
    "Sequential": "layers",
    "MSE": "losses",
    "BCEWithLogits": "losses",
    "CrossEntropy": "losses",
    "SGD": "optim",
    "Momentum": "optim",
    "Adam": "optim",
    "clip_by_norm": "optim",
    "fit": "training",
    "History": "training",
    "minibatches": "training",
    "accuracy": "training",
    # data
    "xor": "data",
    "two_moons": "data",
    "digits": "data",
    "split": "data",
    "mnist": "data",
    # a pass as a table
    "trace": "tracing",
    "Trace": "tracing",
    "save_spreadsheet": "spreadsheet",
    # the oracle
    "gradcheck": "differences",
    # exercises
    "exercise": "checks",
    "check": "checks",
    "tell": "checks",
    "variant": "checks",
    "MISTAKES": "mistakes",
    "hidden_by": "mistakes",
    # figures: still, and alive
    "axes": "plots",
    "picture": "plots",
    "plot_graph": "plots",
    "describe_graph": "plots",
    "plot_network": "plots",
    "describe_network": "plots",
    "plot_losses": "plots",
    "describe_losses": "plots",
    "plot_gradient_flow": "plots",
    "describe_gradient_flow": "plots",
    "plot_landscape": "plots",
    "describe_landscape": "plots",
    "plot_boundary": "plots",
    "describe_boundary": "plots",
    "Graph": "explore",
    "Wishes": "explore",
    "Nudge": "explore",
    "Chain": "explore",
    "Shapes": "explore",
    "Descent": "explore",
    "Xor": "explore",
    "Flow": "explore",
    "Quiz": "explore",
    "Choose": "explore",
    "Number": "explore",
    "Match": "explore",
    "Order": "explore",
}

__all__ = ["__version__", *_HOME]


def __getattr__(name: str):
    if name not in _HOME:
        raise AttributeError(f"bplib has no {name!r}; it has {', '.join(_HOME)}")
    thing = getattr(import_module(f".{_HOME[name]}", __name__), name)
    globals()[name] = thing  # found once; the next use is an ordinary look-up
    return thing


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOME})
