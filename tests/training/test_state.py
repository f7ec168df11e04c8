"""The state between two trainings: with it, two calls are the same as one."""

import copy
import math
import pickle

import numpy as np
import pytest

import minprune as mp

X = np.random.default_rng(0).normal(size=(10, 3))
LABELS = np.array([0, 1, 2, 3, 3, 1, 0, 0, 2, 1])
OPTIMIZERS = {"Adam": mp.Adam(lambda epoch: 0.05 * 0.7 ** math.floor(epoch)), "SGD": mp.SGD(0.1),
              "momentum": mp.SGD(mp.schedules.cosine(0.1, 4), momentum=0.9)}


def network():
    return mp.Network(3, [mp.Dense(5, "tanh", batch_norm=True), mp.Dropout(0.3), mp.Dense(4)])


def same(one, other):
    one, other = one.arrays(), other.arrays()
    return one.keys() == other.keys() and all(np.array_equal(one[name], other[name]) for name in one)


def trained(net, epochs, **settings):
    return mp.fit(net, X, LABELS, batch_size=4, epochs=epochs, **{"seed": 3, **settings})


@pytest.mark.parametrize("optimizer", OPTIMIZERS.values(), ids=OPTIMIZERS)
def test_two_and_two_epochs_are_four(optimizer):
    """Shuffle, Dropout, schedule, moments and steps all go on; the seed of the second call does not matter."""
    whole, parts, state = network(), network(), mp.TrainingState()
    noise = mp.Noise(0.1)
    history = trained(whole, 4, optimizer=optimizer, augment=noise)
    first = trained(parts, 2, optimizer=optimizer, augment=noise, state=state)
    second = trained(parts, 2, optimizer=optimizer, augment=noise, state=state, seed=99)
    assert same(whole, parts) and state.epoch == 4
    assert history.loss == first.loss + second.loss and history.rate == first.rate + second.rate
    assert second.best == 1 and len(second) == 2


def test_without_it_a_second_call_starts_anew():
    whole, parts = network(), network()
    trained(whole, 4)
    trained(parts, 2), trained(parts, 2)
    assert not same(whole, parts)


def test_an_empty_state_changes_nothing():
    one, other = network(), network()
    trained(one, 2), trained(other, 2, state=mp.TrainingState())
    assert same(one, other)


def test_it_goes_on_another_day():
    """The network and the state as bytes; what went on from the originals is the same."""
    whole, parts, state = network(), network(), mp.TrainingState()
    trained(whole, 4)
    trained(parts, 2, state=state)
    net, again = parts.copy(), pickle.loads(pickle.dumps(state))
    trained(net, 2, state=again)
    assert same(whole, net) and state.epoch == 2 and copy.deepcopy(state).optimizer["steps"] == 6


def test_a_callback_sees_a_state_to_go_on_from():
    whole, parts, state, copies = network(), network(), mp.TrainingState(), []
    trained(whole, 4)
    trained(parts, 4, state=state, callback=lambda net, history: copies.append((net.copy(), copy.deepcopy(state))))
    net, state = copies[0]
    assert state.epoch == 1
    trained(net, 3, state=state)
    assert same(whole, net)


def test_no_epochs_start_and_change_nothing(fingerprint):
    net, state = network(), mp.TrainingState()
    before = fingerprint(net)
    trained(net, 0, state=state)
    assert fingerprint(net) == before and state.epoch == 0 and state.optimizer["steps"] == 0


def test_patience_counts_anew():
    net, state = mp.Network(3, [mp.Dense(4)]), mp.TrainingState()
    for _ in range(2):
        history = trained(net, 10, optimizer=mp.SGD(0), state=state, validation=(X, LABELS), patience=2)
    assert len(history) == 3 == history.best + 3 and state.epoch == 6


def test_the_lines_count_on(capsys):
    net, state = network(), mp.TrainingState()
    for _ in range(2):
        trained(net, 2, state=state, progress=True)
    lines = capsys.readouterr().out.splitlines()
    assert [line.split("  ")[0] for line in lines] == ["epoch 1/2", "epoch 2/2", "epoch 3/4", "epoch 4/4"]


def test_a_state_of_another_network_is_refused(fingerprint):
    net, state = network(), mp.TrainingState()
    trained(mp.Network(3, [mp.Dense(4)]), 1, state=state)
    before = fingerprint(net)
    with pytest.raises(ValueError, match="state expects a TrainingState, or what Adam.start"):
        trained(net, 1, state=state)
    with pytest.raises(ValueError, match=r"what SGD.start\(net.parameters\(\)\) makes"):
        trained(net, 1, state=mp.TrainingState(mp.Adam().start(net.parameters())), optimizer=mp.SGD(0.1))
    assert fingerprint(net) == before
