"""Small networks with all that is not a plain chain, and ways to look at them that use nothing but forward passes."""

import numpy as np

import minprune as mp

# Each has Residual blocks, in turns with a Concat, blocks in blocks, layers of batch norm and activations, depthwise
# convolutions, convolutions with groups, strides and pooling. No kinks, but for max pooling's: differences hold.
SHAPES = {"vector": (3,), "image": (4, 4, 1)}
KINDS = {
    "dense": ("vector", lambda: [mp.Dense(3, "tanh"), mp.Residual([mp.Dense(2, "softplus"), mp.Dense(3)]),
                                 mp.Dense(2)]),
    "before and behind": ("vector", lambda: [mp.Dense(2, "tanh", batch_norm=True),
                                             mp.Residual([mp.Dense(2, "sigmoid")]),
                                             mp.Dense(3, "tanh"), mp.Residual([mp.Dense(2), mp.Dense(3, "tanh")]),
                                             mp.Dense(2)]),
    "block in block": ("vector", lambda: [mp.Residual([mp.Dense(3, "tanh"), mp.Residual([mp.Dense(2, "tanh"),
                                                                                         mp.Dense(3)]),
                                                       mp.Dense(2, "softplus")]), mp.Dense(2, "tanh"), mp.Dense(2)]),
    "a series": ("vector", lambda: [mp.Dense(3), mp.BatchNorm(), mp.ActivationLayer("tanh"),
                                    mp.Residual([mp.Dense(2, "tanh"), mp.Dense(3)]), mp.BatchNorm(),
                                    mp.ActivationLayer("sigmoid"), mp.Dense(2)]),
    "before the block": ("vector", lambda: [mp.Dense(3, "tanh"),
                                            mp.Residual([mp.BatchNorm(), mp.ActivationLayer("tanh"), mp.Dense(2),
                                                         mp.ActivationLayer("tanh"), mp.Dense(3)]), mp.Dense(2)]),
    "side by side": ("vector", lambda: [mp.Concat([[mp.Dense(2, "tanh")], [mp.Dense(1), mp.Residual([mp.Dense(1)])]]),
                                        mp.Residual([mp.Dense(2, "tanh"), mp.Dense(3)]), mp.Dense(2)]),
    "convolutions": ("image", lambda: [mp.Conv2D(2, 2, "tanh"), mp.Residual([mp.Conv2D(2, 3, "tanh", padding="same")]),
                                       mp.AvgPool2D(2, 1), mp.Flatten(), mp.Dense(2)]),
    "a projection": ("image", lambda: [mp.Residual([mp.Conv2D(2, 2, "softplus", stride=2), mp.Conv2D(2, 1)]),
                                       mp.Flatten(), mp.Dense(2, "tanh"), mp.Dense(2)]),
    "depthwise": ("image", lambda: [mp.Conv2D(2, 2), mp.Conv2D(2, 2, "tanh", groups=2),
                                    mp.Residual([mp.Conv2D(2, 1, "tanh")]), mp.GlobalAvgPool2D(), mp.Dense(2)]),
    "groups": ("image", lambda: [mp.Conv2D(4, 2, "tanh"), mp.Conv2D(2, 2, "tanh", groups=2), mp.Flatten(),
                                 mp.Residual([mp.Dense(2, "tanh"), mp.Dense(8)]), mp.Dense(2)]),
}
SEEDS = range(20)
ONCE = range(10)                # every kind once, for what takes longer


def network(seed):
    """A network and two samples with targets for mse, the same each time; the twenty seeds are all kinds, twice."""
    kind, rng = list(KINDS)[seed % len(KINDS)], np.random.default_rng(seed)
    shape, layers = KINDS[kind]
    net = mp.Network(SHAPES[shape], layers(), seed=seed)
    for name, array in net.arrays().items():
        array += rng.uniform(0.2, 1, array.shape) if name.endswith("var") else rng.normal(0, 0.4, array.shape)
    return net, rng.normal(size=(2, *net.input_shape)), rng.normal(size=(2, *net.output_shape))


def run(net, x, at=lambda layer, o: o, forward=None, added=lambda layer, parts: sum(parts)):
    """(y, {layer: what it puts out}), with at(layer, o) in place of what a plain layer puts out.

    forward(layer, x) is what it makes of x, added(block, parts) what a Residual makes of its paths' outputs.
    """
    seen, forward = {}, forward or (lambda layer, x: layer.forward(x).o)

    def through(chain, x):
        for layer in chain.values():
            if layer.paths:
                parts = [through(path, x) for path in layer.paths]
                x = np.concatenate(parts, axis=-1) if isinstance(layer, mp.Concat) else added(layer, parts)
            else:
                x = seen[layer.name] = at(layer, forward(layer, x))
        return x
    return through(net.layers, x), seen


# ------------------------------------------ many passes at once: a block of samples for each neuron and each number a

STEPS = np.array([-4, -3, -2, -1, 1, 2, 3, 4])
EIGHTH = np.array([1 / 280, -4 / 105, 1 / 5, -4 / 5, 4 / 5, -1 / 5, 4 / 105, -1 / 280])     # f′, with an error of h⁸
BENDS = np.array([-1 / 560, 8 / 315, -1 / 5, 8 / 5, 8 / 5, -1 / 5, 8 / 315, -1 / 560])      # f″, with f(0)'s below
MIDDLE = -205 / 72


def repeated(array, times):
    """The samples, so many times one after the other."""
    return np.concatenate([array] * times)


def factors(rows, a, channels, N):
    """(K · A · N, channels): 1 + a at the channels of the block's neuron, 1 elsewhere."""
    found = np.ones((len(rows), len(a), N, channels))
    for i, own in enumerate(rows):
        found[i, ..., own] = (1 + a)[:, np.newaxis]
    return found.reshape(-1, channels)


def times(o, factor):
    """o (N, …, channels) times the factor (N, channels)."""
    return o * factor.reshape(len(o), *[1] * (o.ndim - 2), -1)


def scaled(net, name, seen, x, a):
    """(K, A, N, …): the network's output, with (1 + a) o_i in place of o_i.

    What stands behind a part of the neuron itself, as a batch norm, is scaled from what it was in `seen`.
    """
    unit, K = net.units[name], net[name].K

    def at(layer, o):
        if layer.name not in unit.ends:
            return o
        whole = repeated(seen[layer.name], K * len(a)) if layer.name in unit.series else o
        factor = factors(unit.rows[layer.name], a, o.shape[-1], len(x))
        return np.where(factor.reshape(len(o), *[1] * (o.ndim - 2), -1) == 1, o, times(whole, factor))
    return run(net, repeated(x, K * len(a)), at)[0].reshape(K, len(a), len(x), *net.output_shape)


def forced(net, name, seen, x, directions, a, **rules):
    """(K, A, N, …): the output with the unit's own outputs as given: `seen`, and a times the neuron's directions."""
    unit, K = net.units[name], net[name].K

    def at(layer, o):
        if layer.name not in unit.ends:
            return o
        share = factors(unit.rows[layer.name], a, o.shape[-1], len(x)) - 1
        return repeated(seen[layer.name], K * len(a)) + times(repeated(directions[layer.name], K * len(a)), share)
    return run(net, repeated(x, K * len(a)), at, **rules)[0].reshape(K, len(a), len(x), *net.output_shape)


def slope(values, h):
    """f′(0) of f at STEPS · h, along axis 1."""
    return np.tensordot(values, EIGHTH, axes=(1, 0)) / h


def bend(values, h):
    """f″(0) of f at STEPS · h, and then at 0, along axis 1."""
    return np.tensordot(values, [*BENDS, MIDDLE], axes=(1, 0)) / h ** 2


def losses(y, t):
    """mse, over the last axis."""
    return 0.5 * ((y - t) ** 2).sum(axis=-1)
