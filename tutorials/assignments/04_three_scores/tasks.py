"""The scores are minprune's, on outputs and gradients recorded from random networks; removal silences each neuron."""

import numpy as np

import minprune as mp
from minprune.scores.activations import apoz
from minprune.scores.first_order import taylor
from minprune.scores.weights import weight_norm
from minprune.grading.assignments import Task


def recorded(rng):
    """Outputs and gradients of the first layer of a random network, (N, P, K): with zeros, or with negative outputs."""
    activation = str(rng.choice(["relu", "tanh"]))
    N, C, K = map(int, rng.integers([1, 2, 1], 5))
    if rng.random() < 0.7:
        net = mp.Network((4, 4, C), [mp.Conv2D(K, int(rng.integers(2, 4)), activation), mp.Flatten(), mp.Dense(3)],
                         seed=rng)
    else:
        net = mp.Network((C,), [mp.Dense(K, activation), mp.Dense(3)], seed=rng)
    first = net[net.hidden_layers[0]]
    first.b[...] = rng.normal(0, 0.5, K)
    trace = mp.record(net, rng.normal(size=(N, *net.input_shape)), rng.normal(size=(N, 3)), loss="mse")[first.name]
    return {"o": trace.o.reshape(N, -1, K), "do": trace.do.reshape(N, -1, K)}


def outputs(rng):
    """Outputs, some of them 0, of either sign, and some very small."""
    o = recorded(rng)["o"]
    return {"o": o * (rng.random(o.shape) < 0.7) * rng.choice([-1, 1, 1e-3], size=o.shape)}


def weights(rng):
    return {"W": rng.normal(size=rng.permutation(np.arange(1, 6))[:2])}


def network(rng):
    N, F, K, C = map(int, rng.integers(1, 5, size=4))
    return {"x": rng.normal(size=(N, F)), "t": rng.normal(size=(N, C)), "W1": rng.normal(size=(K, F)),
            "b1": rng.normal(size=K), "W2": rng.normal(size=(C, K)), "b2": rng.normal(size=C)}


def removal(x, t, W1, b1, W2, b2):
    """The layers above run anew, each time with one neuron's outputs held at 0."""
    net = mp.Network(x.shape[1:], [mp.Dense(len(W1), "relu"), mp.Dense(len(W2))])
    for layer, W, b in (("dense1", W1, b1), ("dense2", W2, b2)):
        net[layer].W[...], net[layer].b[...] = W, b
    o = net.forward(x)["dense1"].o
    everyone = np.ones(len(W1))
    all_speak, *one_silent = [mp.LOSSES["mse"](net.tail("dense1", o * speaks), t).mean()
                              for speaks in (everyone, *everyone - np.eye(len(W1)))]
    return np.array(one_silent) - all_speak


def silenced_by_bias(x, t, W1, b1, W2, b2):
    """Removal with the weights set to 0 and the bias left: the neuron still says relu(b)."""
    alone = np.eye(len(W1))[:, :, None]
    return np.array([loss_of(x, t, W1 * (1 - one), b1, W2, b2) - loss_of(x, t, W1, b1, W2, b2) for one in alone])


def removal_without_relu(x, t, W1, b1, W2, b2):
    """Removal from a network whose hidden neurons say z."""
    z, everyone = x @ W1.T + b1, np.ones(len(W1))
    all_speak, *one_silent = [0.5 * ((z * speaks @ W2.T + b2 - t) ** 2).sum(axis=1).mean()
                              for speaks in (everyone, *everyone - np.eye(len(W1)))]
    return np.array(one_silent) - all_speak


def loss_of(x, t, W1, b1, W2, b2):
    return 0.5 * ((np.maximum(x @ W1.T + b1, 0) @ W2.T + b2 - t) ** 2).sum(axis=1).mean()


TASKS = [
    Task("weight_norm", points=1, case=weights, answer=weight_norm,
         claim={"equals": weight_norm, "trials": 50}, mistakes={
        "the square root is missing": lambda W: (W ** 2).sum(axis=1),
        "it is the norm of the whole matrix: axis=1 is missing": lambda W: np.sqrt((W ** 2).sum()),
        "it is the root of the mean of the squares, not of their sum": lambda W: np.sqrt((W ** 2).mean(axis=1)),
        "it is the sum of absolute values, not the root of the sum of squares": lambda W: np.abs(W).sum(axis=1),
        "the sum goes over the neurons, not over their inputs": lambda W: weight_norm(W.T)}),
    Task("activity", points=2, case=outputs, answer=apoz,
         claim={"equals": apoz, "where": {"layers": "conv", "activation": "relu"}, "trials": 50}, mistakes={
        "it is the share of zeros: high must mean keep": lambda o: 1 - apoz(o),
        "it counts o > 0: negative outputs are not 0 either, so it is o != 0": lambda o: (o > 0).mean(axis=1),
        "it is the mean over everything, not for each sample and neuron": lambda o: (o != 0).mean(),
        "it is a number of positions, not a share": lambda o: apoz(o) * o.shape[1],
        "it is the mean output, not how often it is not 0": lambda o: o.mean(axis=1)}),
    Task("taylor", points=3, case=recorded, answer=taylor,
         claim={"equals": taylor, "where": {"layers": "conv"}, "trials": 50}, mistakes={
        "the absolute value is taken before the sum over positions": lambda o, do: np.abs(o * do).sum(axis=1),
        "it is the mean over positions, not the sum": lambda o, do: np.abs((o * do).mean(axis=1)),
        "it is averaged over the samples: each sample has scores of its own": lambda o, do: taylor(o, do).mean(axis=0),
        "it is squared, not the absolute value": lambda o, do: (o * do).sum(axis=1) ** 2,
        "the absolute value is missing": lambda o, do: (o * do).sum(axis=1),
        "the output o is missing: that is a slope, not a change": lambda o, do: np.abs(do.sum(axis=1))}),
    Task("removal", points=4, case=network, answer=removal, mistakes={
        "it is the sum over the samples, not the mean": lambda x, **rest: len(x) * removal(x, **rest),
        "the loss of the network as it is is not taken away": lambda **given: removal(**given) + loss_of(**given),
        "the relu of the hidden neurons is missing": removal_without_relu,
        "only the weights are silenced: with its bias the neuron still speaks": silenced_by_bias,
        "the absolute value is one too many: a negative score says that the network is better off":
            lambda **given: np.abs(removal(**given))}),
]
