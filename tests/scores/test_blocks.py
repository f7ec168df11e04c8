"""Scores of networks with blocks, a Concat, coupled neurons, series of layers: beside what forward passes tell."""

import numpy as np
import pytest
from small_blocks import ONCE, STEPS, bend, forced, losses, network, run, scaled, slope

import minprune as mp

SOME = pytest.mark.parametrize("seed", ONCE)


def near(found, expected, tolerance=1e-8):
    """Equal to the tolerance of a layer's largest."""
    assert list(found) == list(expected)
    for name in found:
        size = max(np.abs(expected[name]).max(), 1e-3)
        np.testing.assert_allclose(found[name], expected[name], rtol=0, atol=tolerance * size, err_msg=name)


@SOME
def test_removal_its_path_and_its_second_order(seed):
    net, x, t = network(seed)
    y, seen = run(net, x)
    found = mp.score(net, ["removal", "taylor_second_order", "removal_kl"], x, t, "mse", batch_size=1)
    outputs = {name: scaled(net, name, seen, x, np.array([*STEPS * 0.01, 0, -1])) for name in net.hidden_layers}
    change = {name: losses(of, t).mean(axis=2) for name, of in outputs.items()}            # (K, A)

    gone = {name: one[:, -1] - one[:, -2] for name, one in change.items()}
    near(found["removal"], gone, 1e-12)
    near(mp.score(net, "removal_path", x, t, "mse", steps=32), gone)
    near(found["removal_kl"], {name: losses(of, y).mean(axis=2)[:, -1] for name, of in outputs.items()}, 1e-12)
    near(found["taylor_second_order"], {name: -slope(one[:, :8], 0.01) + 0.5 * bend(one[:, :9], 0.01)
                                        for name, one in change.items()})


@SOME
def test_path_integrals(seed):
    """∂F/∂o with the outputs of the unit as given numbers, times what the method multiplies it by, at three points."""
    net, x, t = network(seed)
    whole, h = run(net, x)[1], 0.004
    ones = {layer: np.ones_like(o) for layer, o in whole.items()}
    shares = {"integrated_gradients": {}, "internal_influence": {}, "conductance": {}}
    for alpha in (1 / 6, 1 / 2, 5 / 6):
        seen = run(net, alpha * x)[1]
        ends = [run(net, (alpha + a * h) * x)[1] for a in STEPS]
        along = {layer: slope(np.stack([end[layer] for end in ends])[np.newaxis], h)[0] for layer in seen}
        ways = ({layer: alpha * o for layer, o in whole.items()}, x, whole), (seen, alpha * x, ones), \
            (seen, alpha * x, along)
        for (at, inputs, directions), shares_of in zip(ways, shares.values()):
            for name in net.hidden_layers:
                F = (t * forced(net, name, at, inputs, directions, STEPS * h)).sum(axis=3)         # (K, A, N)
                shares_of[name] = shares_of.get(name, 0) + slope(F, h) / 3
    for score, of in shares.items():
        near(mp.score(net, score, x, t, "mse", 1, steps=3),
             {name: np.abs(one).mean(axis=1) for name, one in of.items()})
        near(mp.score(net, score, x, t, "mse", steps=3, absolute=False),
             {name: one.mean(axis=1) for name, one in of.items()})


# ------------------------------------------ relevance: the gradient of a linear network, by a difference that is exact


@SOME
def test_relevance(seed):
    net, x, t = network(seed)
    seen, reference = run(net, x)[1], run(net, np.zeros_like(x))[1]
    still = {layer: np.zeros_like(o) for layer, o in seen.items()}
    grouped = any(getattr(layer, "groups", 1) > 1 for layer in net.all_layers.values())
    reads = mp.Network.forward(net, x)
    rules = {"deeplift": (secants(seen, reference, reads, mp.Network.forward(net, np.zeros_like(x))), {}),
             "lrp_epsilon": epsilon_rule(reads, 1e-6), "lrp_zplus": signs_rule(reads)}
    directions = {layer: o - reference[layer] for layer, o in seen.items()}, seen, seen
    for (score, (forward, added)), way in zip(rules.items(), directions):
        if score == "lrp_zplus" and grouped:
            continue
        expected = {name: (t * forced(net, name, still, np.zeros_like(x), way, np.ones(1), forward=forward, **added)
                           ).sum(axis=3)[:, 0] for name in net.hidden_layers}
        near(mp.score(net, score, x, t, "mse", 1), {name: np.abs(one).mean(axis=1) for name, one in expected.items()})
        near(mp.score(net, score, x, t, "mse", absolute=False), {name: one.mean(axis=1)
                                                                 for name, one in expected.items()})


def tiled(array, dx):
    """What was recorded of each sample, for each block of samples."""
    return np.concatenate([array] * (len(dx) // len(array)))


def linear(layer, dx):
    """How the weighted sums, or the outputs of a layer without neurons, move when x moves by dx."""
    still = layer.forward(np.zeros_like(dx))
    end = layer.forward(dx)
    return end.z - still.z if still.z is not None else end.o - still.o


def secants(seen, reference, reads, other):
    """Each activation's own slope between the two inputs."""
    def forward(layer, dx):
        one, two = reads[layer.name], other[layer.name]
        if one.z is None and not isinstance(layer, mp.ActivationLayer):
            return linear(layer, dx)
        z = (one.x, two.x) if one.z is None else (one.z, two.z)
        tilt = tiled((one.o - two.o) / (z[0] - z[1]), dx)
        return tilt * (dx if one.z is None else linear(layer, dx))
    return forward


def epsilon_rule(reads, epsilon):
    """Each layer's output over its weighted sum, which is moved away from 0."""
    def away(z):
        return z + np.where(z < 0, -epsilon, epsilon)

    def forward(layer, dx):
        one = reads[layer.name]
        if isinstance(layer, mp.ActivationLayer):
            return tiled(one.o / one.x, dx) * dx
        if isinstance(layer, mp.Flatten):
            return linear(layer, dx)
        return tiled(one.o / away(one.o if one.z is None else one.z), dx) * linear(layer, dx)

    def added(block, parts):
        return tiled(reads[block.name].o / away(reads[block.name].o), parts[0]) * sum(parts)
    return forward, {"added": added}


def share(o, z):
    """o / z, and 0 where nothing spoke for."""
    return np.divide(o, z, out=np.zeros_like(o), where=z > 0)


def signs_rule(reads):
    """Only weights whose product with what they read is positive, and each output over the sum of these products."""
    def forward(layer, dx):
        one = reads[layer.name]
        if isinstance(layer, mp.ActivationLayer):
            return tiled(one.o / one.x, dx) * dx
        if isinstance(layer, mp.BatchNorm):
            return tiled(one.o / one.x * (layer.scale() * one.x > 0), dx) * dx
        if one.z is None:
            if isinstance(layer, mp.Flatten):
                return linear(layer, dx)
            up = np.maximum(one.x, 0)
            return tiled(share(one.o, layer.forward(up).o), dx) * linear(layer, dx * tiled(one.x > 0, dx))
        W = (layer.W * layer.scaled(np.ones(layer.K), one).reshape(-1, *[1] * (layer.W.ndim - 1))).reshape(layer.K, -1)
        products = layer.patches(one.x)[:, :, np.newaxis] * W                               # (N, P, K, F)
        tilt = share(one.o.reshape(len(one.o), -1, layer.K), np.maximum(products, 0).sum(axis=3))
        moves = (layer.patches(dx)[:, :, np.newaxis] * W * tiled(products > 0, dx)).sum(axis=3)
        return (tiled(tilt, dx) * moves).reshape(len(dx), *layer.output_shape)

    def added(block, parts):
        above = [np.maximum(end, 0) for end in ends_of(block)]
        s = share(reads[block.name].o, sum(above))
        return sum(tiled(s * (end > 0), part) * part for end, part in zip(above, parts))

    def ends_of(block):
        return [reads[list(path)[-1]].o if path else reads[block.name].x for path in block.paths]
    return forward, {"added": added}
