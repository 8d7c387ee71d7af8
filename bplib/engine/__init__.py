"""Derivatives as data, and the chain rule once: numbers (`value`), arrays (`tensor`), and what is made of a graph.

value         a number that remembers how it was computed
tensor        the same with an array in each node
trace_table   one pass as a table
straightline  a graph written out as plain Python
differences   gradients by nudging: the oracle, which imports nothing of ours
"""
