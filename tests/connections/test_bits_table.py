"""Accuracy against bits: each row of the table is what the quantised network itself does."""

import json

import numpy as np
import pytest

import minprune as mp
from cases import each
from minprune.connections.bits_table import BitsTable, Rounded, compare_bits
from minprune.connections.masks import weight_arrays
from minprune.connections.quantisation import dense_bytes, quantise, quantised_bytes


def one_layer(W, dtype="float64"):
    W = np.asarray(W, dtype)
    net = mp.Network(W.shape[1], [mp.Dense(len(W))], dtype=dtype)
    net["dense1"].W[...] = W
    return net


def test_the_table_says_what_each_network_does(random_network, random_samples):
    net = random_network(0, "dense", dtype="float32")
    x, t = random_samples(net, 0, N=20, loss="cross_entropy")
    table = compare_bits(net, x, t, bits=(8, 2))
    settings = [(32, ""), (8, "layer"), (8, "neuron"), (2, "layer"), (2, "neuron")]
    assert [(row.bits, row.per) for row in table] == settings
    assert len(table) == 5 and table.samples == 20
    whole = mp.evaluate(net, x, t, latency=False)
    assert table[0].loss == pytest.approx(whole.test_loss) and table[0].accuracy == whole.test_accuracy
    assert table[0].bytes == dense_bytes(net) and table[0].error == 0
    for row in list(table)[1:]:
        rounded = quantise(net, row.bits, row.per)
        judged = mp.evaluate(rounded, x, t, latency=False)
        assert row.loss == pytest.approx(judged.test_loss) and row.accuracy == judged.test_accuracy
        assert row.bytes == quantised_bytes(net, row.bits, row.per) < table[0].bytes
        pairs = zip(weight_arrays(net).values(), weight_arrays(rounded).values())
        assert row.error == max(np.abs(W - new).max() for W, new in pairs)
    lines = str(table).splitlines()
    assert repr(table) == str(table)                # as the last line of a cell
    assert len(lines) == 7 and lines[1].split()[:3] == ["32", "not", "rounded"]
    assert lines[2].split()[:3] == ["8", "a", "layer"]
    assert f"{100 * table[4].accuracy:.2f} %" in lines[5] and f"{table[4].loss:.4f}" in lines[5]
    assert f"{100 * (table[4].accuracy - table[0].accuracy):+.2f}" in lines[5] and "20 samples" in lines[6]
    assert json.loads(json.dumps(table.to_dict()))["rows"][1]["bits"] == 8


def test_unless_told_there_are_rows_of_8_to_2_bits_in_both_grains():
    net = mp.Network(2, [mp.Dense(2)], seed=0)
    table = compare_bits(net, np.eye(2), [0, 1])
    assert [(row.bits, row.per) for row in table][1:] \
        == [(bits, per) for bits in (8, 6, 5, 4, 3, 2) for per in ("layer", "neuron")]


def test_points_are_counted_from_the_network_as_it_is():
    rows = (Rounded(64, "", 1.0, 0.5, 100, 0.0), Rounded(8, "layer", 1.0, 0.75, 20, 0.1))
    first, second = [line.split() for line in str(BitsTable(rows, 4)).splitlines()[1:3]]
    assert first[4:] == ["50.00", "%", "100", "0.00e+00"] and second[4:] == ["75.00", "%", "+25.00", "20", "1.00e-01"]


def test_a_table_without_accuracy(random_network, random_samples):
    net = random_network(1)
    x, t = random_samples(net, 0)
    table = compare_bits(net, x, t, "mse", bits=[4], per="neuron")
    assert [(row.bits, row.per, row.accuracy) for row in table] == [(64, "", None), (4, "neuron", None)]
    assert str(table).splitlines()[2].split()[4] == "-"


def test_eight_bits_cost_little_and_two_cost_much():
    data = mp.datasets.load("digits")
    net = mp.models.mlp((8, 8, 1), 10)
    x, t = data.x_train[:600], data.t_train[:600]
    mp.fit(net, x, t, optimizer=mp.Adam(5e-3), epochs=6)
    table = compare_bits(net, x, t, bits=(8, 2), per="layer")
    assert abs(table[1].accuracy - table[0].accuracy) < 0.01 and table[2].accuracy < table[0].accuracy - 0.2


@each("bits, per, error, told", [
    (1, "layer", ValueError, "bits expects 2 to 16, got 1: one bit has no level but 0"),
    (17, "layer", ValueError, "bits expects 2 to 16, got 17"),
    (0, "layer", ValueError, "bits expects at least 1, got 0"),
    (4.0, "layer", TypeError, "bits expects a whole number"),
    (True, "layer", TypeError, "bits expects a whole number"),
    (4, "layers", ValueError, 'unknown scale per "layers"; did you mean "layer"'),
    (4, None, ValueError, "unknown scale")])
def test_bad_settings(bits, per, error, told):
    with pytest.raises(error, match=told):
        compare_bits(mp.Network(2, [mp.Dense(2)]), np.ones((2, 2)), np.array([0, 1]), bits=[bits], per=[per])


def test_bad_arguments():
    net = one_layer([[1.0], [2.0]])
    with pytest.raises(TypeError, match="bits expects a list"):
        compare_bits(net, np.ones((2, 1)), np.array([0, 1]), bits=4)
    with pytest.raises(ValueError, match="x: Network expects"):
        compare_bits(net, np.ones((2, 3)), np.array([0, 1]))
    with pytest.raises(ValueError, match="batch_size expects at least 1"):
        compare_bits(net, np.ones((2, 1)), np.array([0, 1]), batch_size=0)
