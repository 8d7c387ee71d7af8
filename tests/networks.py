"""The traces of the book, for the tests: numbers, graph, and the published values they must give."""

from bplib.exercises.shared.networks import two_layers

A = {"x": 2.0, "w1": 0.5, "b1": 0.0, "w2": 1.5, "b2": 0.0, "y": 3.0}
B = {"x": 2.5, "w1": 0.5, "b1": 0.4, "w2": -1.2, "b2": -0.4, "y": 0.0}
B0 = {"x": 2.0, "w1": 0.5, "b1": -0.3, "w2": 1.5, "b2": 0.25, "y": 3.0}

relu_net, sigmoid_net = two_layers("relu"), two_layers("sigmoid")
PARAMETERS = ("w1", "b1", "w2", "b2")
