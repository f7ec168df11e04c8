"""Controls of lottery tickets keep what they should, and nothing else."""

import numpy as np
import pytest

import minprune as mp
from minprune.connections.controls import reinitialise, shuffle_masks
from minprune.connections.masks import mask_connections
from minprune.connections.tickets import find_tickets


@pytest.fixture
def data():
    rng = np.random.default_rng(0)
    t = rng.integers(0, 3, 60)
    x = rng.normal(size=(60, 6)) + 1.5 * np.eye(3, 6)[t]
    return mp.datasets.Dataset(x[:40], t[:40], x[40:], t[40:], "three clouds", 3)


def start(seed=0, dtype="float64"):
    return mp.Network(6, [mp.Dense(8, "relu", batch_norm=True), mp.Dense(5, "tanh"), mp.Dense(3)], seed, dtype)


def training(data, epochs=2):
    return lambda net, on_step: mp.fit(net, data.x_train, data.t_train, optimizer=mp.Adam(1e-2), epochs=epochs,
                                       batch_size=10, on_step=on_step)


def bits(net):
    return {name: array.tobytes() for name, array in net.arrays().items()}


def test_a_reinitialised_ticket_has_the_masks_and_nothing_else(data, fingerprint):
    ticket = list(find_tickets(start(), data, rounds=1, remove=0.5, train=training(data, 1)))[1]
    before = fingerprint(ticket.trained)
    control = reinitialise(ticket.trained, ticket.masks, seed=7)
    assert fingerprint(ticket.trained) == before and control.settings() == ticket.trained.settings()
    assert bits(control) == bits(mask_connections(start(seed=7), ticket.masks))
    assert bits(control) != bits(reinitialise(ticket.trained, ticket.masks, seed=8))
    narrow = reinitialise(start(dtype="float32"), {}, seed=7)
    assert narrow.dtype == np.float32 and bits(narrow) == bits(start(seed=7, dtype="float32"))


def test_reinitialising_keeps_the_masks_of_neurons():
    net = mp.mask(start(), {"dense1": np.arange(8) > 2})
    control = reinitialise(net, {}, 3)
    assert (control["dense1"].mask == (np.arange(8) > 2)).all() and control["dense2"].mask is None


def test_shuffled_masks_keep_as_many_of_each_array():
    masks = {"a.W": np.arange(60).reshape(3, 4, 5) < 20, "b.W": np.arange(40).reshape(4, 10) < 5}
    one, same, other = shuffle_masks(masks, 1), shuffle_masks(masks, 1), shuffle_masks(masks, 2)
    for name, mask in masks.items():
        assert one[name].shape == mask.shape and one[name].sum() == mask.sum() and one[name].dtype == bool
        assert (one[name] == same[name]).all() and (one[name] != other[name]).any() and (one[name] != mask).any()
    assert masks["a.W"].reshape(-1)[:20].all()


def test_bad_arguments():
    with pytest.raises(TypeError, match="net expects a Network"):
        reinitialise(3, {}, 0)
    with pytest.raises(ValueError, match="unknown weight array"):
        reinitialise(start(), {"dense9.W": np.ones((1, 1), bool)}, 0)
    with pytest.raises(TypeError, match="masks expects"):
        shuffle_masks([1], 0)
    with pytest.raises(ValueError, match="seed expects at least 0"):
        shuffle_masks({}, -1)
