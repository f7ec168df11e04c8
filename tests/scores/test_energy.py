"""The nuclear norm beside the eigenvalues of [[0, O], [Oᵀ, 0]], which are ± the singular values."""

import numpy as np
import pytest

import minprune as mp


def norms(o):
    """‖O_ni‖_* of maps (N, H, W, K)."""
    maps = np.moveaxis(o, -1, 1)
    H, W = maps.shape[2:]
    both = np.zeros((*maps.shape[:2], H + W, H + W))
    both[..., :H, H:], both[..., H:, :H] = maps, maps.swapaxes(2, 3)
    return np.abs(np.linalg.eigvalsh(both)).sum(axis=2) / 2


@pytest.mark.parametrize("make", ["random_network", "random_residual"])
def test_beside_eigenvalues(make, request, random_samples, close):
    for seed in range(5):
        net = request.getfixturevalue(make)(seed)
        x, _ = random_samples(net, seed)
        trace, scores = net.forward(x), mp.score(net, "nuclear_norm", x, batch_size=2)
        for name, found in scores.items():
            maps = [trace[member].o for member in net.members(name)]
            close(found, sum((norms(o) if o.ndim == 4 else np.abs(o)).mean(axis=0) for o in maps), 1e-8)


def test_an_edge_and_a_diagonal_of_the_same_strength():
    """Of squared length 4: one direction gives 2, four equal ones 4 · 1."""
    net = mp.Network((4, 4, 1), [mp.Conv2D(1, 1), mp.Flatten(), mp.Dense(1)])
    net["conv1"].W[...] = 1
    edge = np.zeros((4, 4))
    edge[1] = 1
    for image, expected in ((edge, 2), (np.eye(4), 4)):
        np.testing.assert_allclose(mp.score(net, "nuclear_norm", image[None, ..., None])["conv1"], expected, rtol=1e-12)
