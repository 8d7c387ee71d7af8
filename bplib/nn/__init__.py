"""Networks with both passes written out, and what trains them.

layers    forward, and backward beside it
losses    one number for a batch, and its slope
optim     what a step makes of a gradient
training  epochs of minibatches
data      small sets to learn from
"""
