"""Chapter 11: what goes with a neuron, and what can be saved."""

import numpy as np

from ...engine.conv2d import Conv2D
from ...engine.dense import Dense
from ...engine.network import Network
from ...engine.pooling import Flatten, GlobalAvgPool2D
from ...engine.residual import Residual
from ...engine.size import count_parameters, multiply_adds
from ...pruning import prune
from ...pruning.compensation import fold_means
from .networks import dense_network, drawn, one_hidden_layer, whole
from .question import Kind, Question
from .text import factor, listed, number, products


def flatten_columns(rng):
    """Which columns leave after a Flatten?"""
    H, W = drawn(lambda: rng.integers(1, 5, size=2).tolist(), lambda sides: 2 <= sides[0] * sides[1] <= 6)
    K = int(rng.integers(3, 8))
    i = int(rng.integers(K))
    net = Network((H, W, 1), [Conv2D(K, 1), Flatten(), Dense(1)])
    net["dense1"].W[...] = np.arange(H * W * K)
    left = prune(net, {"conv1": np.arange(K) != i})["dense1"].W[0]
    columns = tuple(sorted(set(range(H * W * K)) - set(map(int, left))))
    return Question(
        intro="A convolution puts out an image of this size, Flatten lays it out position by position, the channels "
              "of a position side by side, and a dense layer reads it. Columns of its weights are counted from 0, "
              "row by row of the image.",
        given={"height": H, "width": W, "channels": K},
        asks=f"Channel {i} goes. Which columns of the dense layer's weights leave?",
        answer=columns,
        way=f"Column p·{K} + {i} for each of the {H * W} positions p = 0 … {H * W - 1}: {listed(columns)}.",
        any_order=True)


def multiply_adds_left(rng):
    """How many multiply-adds are left?"""
    widths = [int(rng.integers(3, 9)), *map(int, rng.choice([4, 6, 8, 10], size=2)), int(rng.integers(2, 5))]
    going = [int(rng.integers(1, K)) for K in widths[1:-1]]
    net = dense_network(widths)
    small = prune(net, {name: np.arange(net[name].K) >= count for name, count in zip(net.hidden_layers, going)})
    left = [widths[0], *(K - count for K, count in zip(widths[1:], going)), widths[-1]]
    return Question(
        intro="A dense network has these widths, from the inputs to the outputs. Biases are not counted as "
              "multiply-adds.",
        given={"widths": widths},
        asks=f"{going[0]} neurons of the first hidden layer and {going[1]} of the second go. How many multiply-adds "
             "does a sample take before, and after?",
        answer=(multiply_adds(net), multiply_adds(small)),
        way=f"Before: {products(widths[:-1], widths[1:])} = {multiply_adds(net)}. After: "
            f"{products(left[:-1], left[1:])} = {multiply_adds(small)}.")


def numbers_that_leave(rng):
    """How many trained numbers leave with a channel?"""
    given = {"channels it reads": int(rng.integers(1, 5)), "kernels": int(rng.integers(3, 9)),
             "kernel": "3×3", "batch norm": str(rng.choice(["yes", "no"])),
             "kernels of the next": int(rng.integers(2, 9)), "kernel of the next": str(rng.choice(["1×1", "3×3"]))}
    C, K, _, norm, M, after = given.values()
    norm, side = norm == "yes", int(after[0])
    net = Network((7, 7, C), [Conv2D(K, 3, batch_norm=norm), Conv2D(M, side), GlobalAvgPool2D(), Dense(2)])
    left = count_parameters(net) - count_parameters(prune(net, {"conv1": np.arange(K) != 0}))
    return Question(
        intro="A convolution is read by another one alone. Both have biases; with batch norm the first has a scale "
              "γ and a shift β for each kernel as well.",
        given=given,
        asks="How many trained numbers leave the network with one channel of the first?",
        answer=(left,),
        way=f"Its kernel 3·3·{C} = {9 * C}, its bias 1, {'γ and β 2, ' if norm else ''}and a slice of each of the "
            f"{M} kernels that read it, {M}·{side}·{side} = {M * side * side}: {left}.")


def folded_bias(rng):
    """What is the next layer's bias if a removed neuron's mean is folded into it?"""
    given = {"o": whole(rng, (4, 2), 0, 4), "w": whole(rng, 2, -3, 3, zero=False), "b": float(rng.integers(-3, 4))}
    i = int(rng.integers(2))
    net = one_hidden_layer(np.eye(2), np.zeros(2), given["w"][np.newaxis], given["b"], "identity")
    bias = float(fold_means(net, {"dense1": np.arange(2) != i}, given["o"])["dense2"].b[0])
    mean = given["o"][:, i].mean()
    return Question(
        intro="Two neurons put out o on four samples, a row a sample. The next layer's neuron reads them: y = w_0 "
              "o_0 + w_1 o_1 + b.",
        given=given,
        asks=f"Neuron {i} goes, and b is changed so that the mean of y stays. What is b then?",
        answer=(bias,),
        way=f"The mean of o_{i} is {number(mean)}: b + w_{i}·mean = {number(given['b'])} + "
            f"{factor(given['w'][i])}·{number(mean)} = {number(bias)}.")


def who_leaves_together(rng):
    """Which layers lose a channel together?"""
    blocks = [bool(one) for one in drawn(lambda: rng.integers(2, size=4), lambda b: 0 < b.sum() < 4)]
    net = residual_network(blocks)
    layer = str(rng.choice([name for unit in net.units.values() for name in unit.members]))
    together = tuple(next(unit.members for unit in net.units.values() if layer in unit.members))
    lines, count = {}, 2
    for place, is_block in enumerate(blocks, 1):
        lines[f"part {place}"] = (f"s = s + conv{count + 1}(conv{count}(s))" if is_block else f"s = conv{count}(s)")
        count += 2 if is_block else 1
    return Question(
        intro="A network of convolutions begins with s = conv1(x). All have four channels, but for the first of "
              "each block that adds, which has six. Then come the parts in order, and in the end the mean over the "
              "positions and a dense layer.",
        given=lines,
        asks=f"A channel of {layer} is to leave the network. Which convolutions lose a channel with it, itself "
             "included?",
        answer=together,
        way=f"What is added up must lose the same channel; a plain s = conv(s) begins anew. So: {listed(together)}.",
        any_order=True)


def residual_network(blocks):
    """A network of convolutions: for each entry a residual block of two, or a plain one."""
    def conv(K):
        return Conv2D(K, 1)

    parts = [Residual([conv(6), conv(4)]) if is_block else conv(4) for is_block in blocks]
    return Network((2, 2, 1), [conv(4), *parts, GlobalAvgPool2D(), Dense(2)])


KINDS = tuple(Kind(11, draw) for draw in (flatten_columns, multiply_adds_left, numbers_that_leave, folded_bias,
                                          who_leaves_together))
