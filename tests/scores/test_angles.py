"""WHC beside angles that are measured as half angles."""

import math

import numpy as np
import pytest

import minprune as mp


def by_angles(W):
    """‖w_i‖ Σ_j ‖w_j‖ (1 − |cos θ_ij|), 1 − cos θ = 2 sin² (θ/2), θ/2 = atan2 of half the sides of a rhombus."""
    scores, lengths = np.zeros(len(W)), [math.sqrt(math.fsum(w * w)) for w in W]
    for i, j in np.ndindex(len(W), len(W)):
        if i != j and lengths[i] and lengths[j]:
            one, other = W[i] / lengths[i], W[j] / lengths[j]
            sides = sorted(math.sqrt(math.fsum((one + sign * other) ** 2)) for sign in (1, -1))
            scores[i] += lengths[i] * lengths[j] * 2 * math.sin(math.atan2(*sides)) ** 2
    return scores


@pytest.mark.parametrize("make", ["random_network", "random_residual"])
def test_beside_half_angles(make, request, close):
    for seed in range(10):
        net = request.getfixturevalue(make)(seed)
        for name, found in mp.score(net, "whc").items():
            W = np.hstack([net[member].W.reshape(net[name].K, -1) for member in net.members(name)])
            close(found, by_angles(W), 1e-8, least=1e-3)


def test_by_hand():
    """Right angles count in full, w and −2w not at all, 60° half."""
    net = mp.Network(2, [mp.Dense(3), mp.Dense(1)])
    net["dense1"].W[...] = [[3, 0], [0, 2], [-6, 0]]
    assert mp.score(net, "whc")["dense1"].tolist() == [6, 18, 12]
    net["dense1"].W[...] = [[1, 0], [0.5, 0.75 ** 0.5], [0, 0]]
    np.testing.assert_allclose(mp.score(net, "whc")["dense1"], [0.5, 0.5, 0], atol=1e-12)
