"""What weights multiply, beside the patches themselves, and beside products where neurons read groups."""

import numpy as np
import pytest

import minprune as mp
from minprune.connections.inputs import mean_sizes, root_mean_squares


@pytest.mark.parametrize("make", ["random_network", "random_residual"])
def test_beside_the_patches(make, request, random_samples, close):
    for seed in range(10):
        net = request.getfixturevalue(make)(seed)
        x, _ = random_samples(net, seed)
        trace, squares, sizes = net.forward(x), root_mean_squares(net, x, 2), mean_sizes(net, x, 3)
        for name in net.neuron_layers:
            read, W = net[name].patches(trace[name].x), net[name].W
            for found, of in ((squares[f"{name}.W"] ** 2, read ** 2), (sizes[f"{name}.W"], np.abs(read))):
                close(found, np.broadcast_to(of.mean(axis=(0, 1)).reshape(W.shape[1:]), W.shape))


def test_in_groups_each_neuron_has_its_own_inputs(close):
    net = mp.Network((5, 5, 4), [mp.Conv2D(4, 3, padding=1, stride=2, groups=2), mp.Flatten(), mp.Dense(2)])
    x = np.random.default_rng(0).normal(size=(3, 5, 5, 4))
    padded = np.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0))) ** 2
    found = root_mean_squares(net, x, 2)["conv1.W"] ** 2
    for k, row, column, c in np.ndindex(found.shape):
        read = padded[:, row:row + 5:2, column:column + 5:2, c + 2 * (k // 2)]
        assert found[k, row, column, c] == pytest.approx(read.mean())
