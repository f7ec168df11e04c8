"""Sizes counted by hand."""

import minprune as mp
from minprune.engine.size import count_parameters, multiply_adds, size_on_disk


def test_numbers_that_are_trained_and_multiply_adds_by_hand():
    net = mp.Network((4, 4, 2), [mp.Conv2D(3, 2, batch_norm=True), mp.MaxPool2D(3), mp.Flatten(), mp.Dense(5)])
    assert count_parameters(net) == (3 * 2 * 2 * 2 + 3) + (3 + 3) + (5 * 3 + 5)        # W, b; γ, β; W, b
    assert multiply_adds(net) == 9 * 3 * 8 + 5 * 3                                     # 3×3 positions of 8 inputs


def test_bytes_are_those_of_the_file(tmp_path):
    net = mp.Network(3, [mp.Dense(4), mp.Dense(2)])
    net.save(tmp_path / "net.npz")
    assert size_on_disk(net) == (tmp_path / "net.npz").stat().st_size
