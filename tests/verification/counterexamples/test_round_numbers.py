"""Round numbers: one row of them is a network with its samples; targets fit their loss, the plainest first."""

import numpy as np
import pytest

import minprune as mp
from minprune.engine.activations import ACTIVATIONS
from minprune.engine.losses import LOSSES
from minprune.verification.counterexamples.round_numbers import (INPUTS, LEGS, ROUND, VARIANCES, Page, case_of_its_own,
                                                                 near_targets, plain_targets, round_targets)
from minprune.verification.counterexamples.small_networks import Structure
from minprune.verification.sampling.random_networks import Case
from minprune.verification.sampling.where import Where

RNG = np.random.default_rng
IDENTITY, RELU = ACTIVATIONS["identity"], ACTIVATIONS["relu"]


def page(features=2, neurons=3, outputs=2, samples=2, batch_norm=True):
    return Page(Structure((features,), [mp.Dense(neurons, batch_norm=batch_norm), mp.Dense(outputs)], samples))


def values(page, row):
    """{name of an array: the numbers in it} when the row is written on the page; those of x are called x."""
    page.write(row, IDENTITY, IDENTITY)
    seen = {"x": set(page.x.ravel())}
    for name, array in page.net.arrays().items():
        key = name.split(".")[1]
        seen[key] = seen.get(key, set()) | set(array.ravel())
    return seen


# ----------------------------------------------------------------------------------------- the page


def test_all_numbers_of_a_network_and_its_samples_are_one_row():
    here = page()
    numbers = np.arange(len(here.row)) + 0.5
    here.write(numbers, RELU, IDENTITY)
    arrays = [*here.net.arrays().values(), here.x]
    np.testing.assert_array_equal(np.sort(np.concatenate([array.ravel() for array in arrays])), numbers)
    assert all(np.shares_memory(array, here.row) for array in arrays)
    assert here.net["dense1"].f is RELU and here.net["dense2"].f is IDENTITY


def test_a_written_page_is_the_network_that_it_says():
    here = page(batch_norm=False)
    here.write(here.drawn(RNG(0), 1)[0], RELU, IDENTITY)
    built = mp.Network(2, [mp.Dense(3, "relu"), mp.Dense(2)])
    built.fill(here.net.arrays())
    np.testing.assert_array_equal(here.net.predict(here.x), built.predict(here.x))
    np.testing.assert_array_equal(here.net.copy().predict(here.x), built.predict(here.x))


def test_of_conv_layers_and_blocks():
    block = mp.Residual([mp.Conv2D(1, 1)], mp.Conv2D(1, 1))
    here = Page(Structure((1, 2, 1), [mp.Conv2D(1, (1, 2), padding="same"), block, mp.Flatten(), mp.Dense(1)], 1))
    here.write(here.plain(), RELU, IDENTITY)
    assert [here.net[name].f for name in here.net.neuron_layers] == [RELU] * 3 + [IDENTITY]
    assert here.net.forward(here.x)["conv1"].o.ravel().tolist() == [2, 1] and here.net.predict(here.x) == 6


def test_a_case_of_its_own_stays_when_the_page_is_written_anew():
    here = page()
    here.write(here.plain(), RELU, IDENTITY)
    case = Case(here.net, "dense1", here.x, np.zeros((2, 2)), "mse", any_next=True)
    own, y = case_of_its_own(case), here.net.predict(here.x)
    here.write(2 * here.plain(), IDENTITY, IDENTITY)
    np.testing.assert_array_equal(own.net.predict(own.x), y)
    assert own.net["dense1"].f is RELU and own.any_next and own.layer == "dense1" and own.loss is case.loss
    assert not np.shares_memory(own.net["dense1"].W, here.row) and not np.shares_memory(own.x, here.row)


# ------------------------------------------------------------------------------------ rows of numbers


def test_plain_numbers_are_ones_and_zeros():
    here = page()
    assert values(here, here.plain()) == {"W": {1}, "b": {0}, "gamma": {1}, "beta": {0}, "running_mean": {0},
                                          "running_var": {1}, "x": {1}}


def test_all_round_numbers_are_drawn_and_no_others():
    here, seen = page(), {}
    for row in here.drawn(RNG(0), 200):
        for key, numbers in values(here, row).items():
            seen[key] = seen.get(key, set()) | numbers
    assert seen == {**{key: set(numbers) for key, numbers in ROUND.items()}, "x": set(INPUTS)}


def test_the_plainest_value_is_drawn_most():
    here = page()
    drawn = here.drawn(RNG(0), 400)
    for column, choices in zip(drawn.T, here.choices):
        counts = [np.count_nonzero(column == value) for value in choices]
        assert counts[0] == max(counts) and min(counts) > 0


def test_neighbours_differ_from_the_plain_row_in_one_number():
    here = page(features=1, neurons=1, outputs=1, samples=1)
    near = here.neighbours()
    assert ((near != here.plain()).sum(axis=1) == 1).all()
    assert len(near) == sum(len(choices) - 1 for choices in here.choices) == len(np.unique(near, axis=0))
    assert any(-1 in values(here, row)["gamma"] for row in near)


def test_the_roots_of_the_variances_are_round():
    assert set(np.sqrt(VARIANCES)) == {1, 2, 0.5}


def test_a_round_norm():
    def weights(name, neurons, features):
        here = page(features, neurons, outputs=1, samples=1, batch_norm=False)
        row = here.with_round_norm(name)
        if row is None:
            return None
        here.write(row, IDENTITY, IDENTITY)
        return here.net["dense1"].W.tolist(), here.net["dense2"].W.tolist()

    assert weights("dense1", 1, 2) == ([[3, 4]], [[1]]) and weights("dense1", 2, 1) == ([[3], [4]], [[1, 1]])
    assert weights("dense2", 2, 1) == ([[1], [1]], [[3, 4]]) and weights("dense1", 1, 1) is None
    assert np.hypot(*LEGS) == 5


def test_rows_obey_the_words_of_where():
    here = page()
    where = Where({"that": ["all weights positive", "no biases"], "batch_norm": True})
    rows = here.shaped(here.drawn(RNG(1), 20), where)
    for row in rows:
        here.write(row, IDENTITY, IDENTITY)
        assert where.accepts(here.net)
    np.testing.assert_array_equal(here.shaped(rows, Where()), rows)


# --------------------------------------------------------------------------------------- targets


@pytest.mark.parametrize("name", LOSSES)
def test_targets_are_ready_for_the_loss_and_different(name):
    loss = LOSSES[name]
    targets = round_targets(loss, RNG(0), (3,))
    assert targets.shape[1:] == (3,) and np.isfinite(loss(np.ones(targets.shape), targets)).all()
    np.testing.assert_array_equal(loss.prepare(targets, (3,)), targets)
    assert len(np.unique(targets, axis=0)) == len(targets)


@pytest.mark.parametrize("name, plainest", [
    ("mse", [0, 0]), ("binary_cross_entropy", [0, 0]), ("cross_entropy", [1, 0])])
def test_the_plainest_target_comes_first(name, plainest):
    for seed in range(5):
        assert round_targets(LOSSES[name], RNG(seed), (2,))[0].tolist() == plainest


def test_soft_targets_where_the_loss_has_them():
    assert [0.5, 0.5] in round_targets(LOSSES["cross_entropy"], RNG(0), (2,)).tolist()
    assert [0.5] in round_targets(LOSSES["binary_cross_entropy"], RNG(0), (1,)).tolist()
    assert set(round_targets(LOSSES["mse"], RNG(0), (1,)).ravel()) == {0, 1, 2, -1}


def of_signs(rng, shape, simple=False):
    return np.where(rng.random(shape) < 0.5, 1.0, -1.0)


def prepare_signs(t, shape):
    if not set(np.ravel(t)) <= {1, -1}:
        raise ValueError("signs expected")
    return t


def test_a_loss_of_ones_own_gets_its_own_targets():
    signs = mp.Loss("signs", lambda y, t: -(y * t).sum(axis=1), lambda y, t: -t, prepare_signs, lambda y, t: None,
                    targets=of_signs)
    assert round_targets(signs, RNG(0), (1,)).ravel().tolist() == [1, -1]

    def shares(rng, shape, simple=False):
        return (rng.random(shape) < 0.5) * 1.0 if simple else rng.random(shape)

    def prepare_whole(t, shape):
        if (t % 1).any():
            raise ValueError("no shares")
        return t

    picky = mp.Loss("picky", lambda y, t: -(y * t).sum(axis=1), lambda y, t: -t, prepare_whole, lambda y, t: None,
                    targets=shares)
    assert round_targets(picky, RNG(0), (1,)).ravel().tolist() == [0, 1]


def test_targets_near_the_plainest():
    targets = np.arange(4.0)[:, np.newaxis]
    assert plain_targets(2).tolist() == [[0, 0]]
    assert near_targets(targets, 2).tolist() == [[1, 0], [2, 0], [3, 0], [0, 1], [0, 2], [0, 3]]
    assert near_targets(targets[:1], 2).shape == (0, 2) and len(near_targets(np.zeros((50, 1)), 1)) == 6
