"""Tricks of speed: each gives what its plain line gives."""

import numpy as np
import pytest

import minprune as mp
from cases import each
from minprune.engine import conv2d, kernels, optimizers, pooling
from minprune.engine.layer import total


@each("size", [1, 48, 100, 10_000])
def test_blocks_are_all_samples_in_order(size):
    array = np.arange(60.0).reshape(10, 6)
    blocks = list(kernels.blocks(array, size))
    assert np.array_equal(np.concatenate([array[n] for n in blocks]), array)
    assert all(array[n].nbytes <= max(size, 48) for n in blocks)
    assert list(kernels.blocks(array[:0], size)) == []


def test_pieces_are_views_of_all_arrays_to_write_into():
    w, g = np.arange(6.0).reshape(2, 3), np.ones((2, 3))
    pieces = list(kernels.pieces((w, g), 4))
    assert [piece.tolist() for piece, _ in pieces] == [[0, 1, 2, 3], [4, 5]]
    for piece, _ in pieces:
        piece += 1
    assert w.tolist() == [[1, 2, 3], [4, 5, 6]]


@pytest.mark.parametrize("shape", [(5, 3), (4, 2, 3, 3), (1, 1)])
def test_the_total_over_all_but_the_last_axis(shape, close):
    array = np.random.default_rng(0).normal(size=shape)
    close(total(array), array.reshape(-1, shape[-1]).sum(axis=0))


@pytest.mark.parametrize("training", [False, True])
def test_a_network_in_small_blocks_computes_the_same_bits(training, monkeypatch, everything):
    net = everything(dropout=0.0)
    rng = np.random.default_rng(1)
    x, dy = rng.normal(size=(7, *net.input_shape)), rng.normal(size=(7, *net.output_shape))

    def passes():
        trace = net.forward(x, training=training, seed=0)
        net.backward(trace, dy)
        return [trace.y, trace.dx, trace["maxpool1"].do, trace["conv1"].dz]

    at_once = passes()
    monkeypatch.setattr(pooling, "BLOCK", 1000)
    for most in (100, 500, 3000):               # parts of a row, single rows, several rows
        monkeypatch.setattr(conv2d, "BLOCK", most)
        monkeypatch.setattr(conv2d, "LANES", most)
        monkeypatch.setattr(conv2d, "LEAST", 1)
        monkeypatch.setattr(conv2d, "WIDE", 1)
        for one, other in zip(at_once, passes()):
            np.testing.assert_allclose(one, other, rtol=1e-13, atol=1e-14)


@pytest.mark.parametrize("optimizer", [mp.SGD(0.1), mp.SGD(0.1, 0.9, True, 0.01), mp.SGD(0.1, 0.9),
                                       mp.Adam(0.1, weight_decay=0.1)])
def test_a_step_in_pieces_is_the_same_bits(optimizer, monkeypatch):
    results = []
    for piece in (1 << 16, 3):
        monkeypatch.setattr(optimizers, "PIECE", piece)
        rng = np.random.default_rng(2)
        parameters = {"a.W": rng.normal(size=(4, 5)), "a.b": rng.normal(size=5)}
        state = optimizer.start(parameters)
        for step in range(3):
            optimizer.step(parameters, {name: rng.normal(size=w.shape) for name, w in parameters.items()}, state)
        results.append({name: w.tobytes() for name, w in parameters.items()})
    assert results[0] == results[1]
