"""The influence of whole blocks, counted position by position, and beside the block without its body."""

import math

import numpy as np
import pytest

import minprune as mp
from cases import each
from minprune.scores.block_influence import block_influence


def cosine(s, o):
    sizes = math.sqrt(math.fsum(s * s)), math.sqrt(math.fsum(o * o))
    return math.fsum(s * o) / (sizes[0] * sizes[1]) if all(sizes) else float(not any(sizes))


def test_counted_one_position_at_a_time(random_residual, random_samples):
    for seed in range(20):
        net = random_residual(seed)
        x, _ = random_samples(net, seed, N=3)
        trace, found = net.forward(x), block_influence(net, x, batch_size=2)
        blocks = {name: layer for name, layer in net.all_layers.items() if isinstance(layer, mp.Residual)}
        assert list(found) == list(blocks)
        for name, block in blocks.items():
            s = trace[name].o - trace[[*block.paths[0]][-1]].o
            pairs = zip(s.reshape(-1, s.shape[-1]), trace[name].o.reshape(-1, s.shape[-1]))
            assert found[name] == pytest.approx(1 - np.mean([cosine(*pair) for pair in pairs]), abs=1e-8)


def block(scale, turn=0.0):
    """x + body(x), the body multiplying by `scale` and turning by `turn`."""
    net = mp.Network(2, [mp.Residual([mp.Dense(2)])])
    net["dense1"].W[...] = scale * np.array([[math.cos(turn), -math.sin(turn)], [math.sin(turn), math.cos(turn)]])
    return net


@each("scale, turn, influence", [(0, 0, 0), (5, 0, 0), (-3, 0, 2), (1, math.pi / 2, 1 - 0.5 ** 0.5)])
def test_by_hand(scale, turn, influence):
    """Nothing added; longer only; turned round; a right angle of the same length added, 45° in all."""
    found = block_influence(block(scale, turn), [[1.0, 2.0], [-1.0, 0.5]])
    assert found["residual1"] == pytest.approx(influence, abs=1e-12)


def test_where_a_vector_is_0():
    assert block_influence(block(1), [[0.0, 0.0]]) == {"residual1": 0} and block_influence(block(-1), [[1.0, 2.0]]) == {
        "residual1": 1}


def test_a_network_without_blocks_has_none():
    assert block_influence(mp.Network(2, [mp.Dense(2)]), [[1.0, 2.0]]) == {}
    with pytest.raises(TypeError, match="net expects a Network"):
        block_influence(3, [[1.0]])
