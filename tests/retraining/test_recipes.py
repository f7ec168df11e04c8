"""Recipes: the weights that each starts from, and what it trains by."""

import numpy as np
import pytest

import minprune as mp
from cases import each
from minprune.engine.schedules import step as staircase
from minprune.retraining.recipe import Cut
from minprune.retraining.recipes import Distil, FineTune, FromScratch, Reinitialise, Rewind, RewindRate, fresh
from minprune.training.distillation import distillation_loss, teach


X = np.random.default_rng(0).normal(size=(40, 4))
T = (X[:, 0] * X[:, 1] > 0).astype(int)
KEEP = {"dense1": np.array([1, 0, 1, 1, 0, 1], bool), "dense2": np.array([0, 1, 1, 1, 0], bool)}


def network(seed=3, **settings):
    return mp.Network(4, [mp.Dense(6, "relu", **settings), mp.Dense(5, "tanh"), mp.Dense(2)], seed=seed)


@pytest.fixture
def net():
    net = network()
    mp.fit(net, X, T, epochs=2)
    return net


def cut_of(net, keep=KEEP, **more):
    return mp.prune(net, keep), Cut(net, keep, X, T, **more)


def same(one, other):
    one, other = one.arrays(), other.arrays()
    return one.keys() == other.keys() and all(np.array_equal(one[name], other[name]) for name in one)


def stream(seed=0, number=0):
    return np.random.default_rng([seed, number, 1])


def test_fine_tuning_is_fit_from_the_weights_as_they_are(net):
    small, cut = cut_of(net)
    expected = small.copy()
    history = FineTune(epochs=3, optimizer=mp.SGD(0.1), batch_size=7, seed=5)(small, cut)
    mp.fit(expected, X, T, optimizer=mp.SGD(0.1), epochs=3, batch_size=7, seed=stream(5))
    assert same(small, expected) and len(history) == 3
    assert not same(small, mp.prune(net, KEEP))


def test_rewinding_takes_the_survivors_weights_of_the_snapshot(net):
    early = network(seed=9, batch_norm=False)
    small, cut = cut_of(net)
    Rewind(early, epochs=0)(small, cut)
    assert same(small, mp.prune(early, KEEP))
    assert np.array_equal(small["dense1"].W, early["dense1"].W[KEEP["dense1"]])
    assert np.array_equal(small["dense2"].W, early["dense2"].W[KEEP["dense2"]][:, KEEP["dense1"]])


def test_running_statistics_are_rewound_too():
    early = network(batch_norm=True)
    net = early.copy()
    mp.fit(net, X, T, epochs=2)
    small, cut = cut_of(net)
    Rewind(early, epochs=0)(small, cut)
    assert np.array_equal(small["dense1"].running_mean, np.zeros(4))
    assert not np.array_equal(mp.prune(net, KEEP)["dense1"].running_mean, np.zeros(4))


def test_rewinding_the_rate_leaves_the_weights(net):
    small, cut = cut_of(net)
    RewindRate(epochs=0, start=3)(small, cut)
    assert same(small, mp.prune(net, KEEP))


@pytest.mark.parametrize("recipe", [lambda **more: RewindRate(**more), lambda **more: Rewind(network(), **more)])
def test_the_schedule_is_entered_where_it_was_left(net, recipe):
    """Of a staircase that falls by ten each 2 epochs, epochs 3, 4, 5 are one of its second step, two of its third."""
    small, cut = cut_of(net)
    optimizer = mp.SGD(staircase(0.1, 2))
    history = recipe(epochs=3, start=3, optimizer=optimizer)(small, cut)
    assert history.rate == pytest.approx([0.01, 0.001, 0.001])
    assert optimizer.rate(0) == 0.1                                                 # the user's is left as it was
    assert recipe(epochs=2, optimizer=optimizer)(small, cut).rate == pytest.approx([0.1, 0.1])


def test_from_scratch_knows_nothing_of_the_unpruned_network(net):
    small, cut = cut_of(net)
    FromScratch(epochs=2, seed=4)(small, cut)
    other, blank = mp.Network(4, [mp.Dense(4, "relu"), mp.Dense(3, "tanh"), mp.Dense(2)], seed=stream(4)), stream(4)
    fresh(other, blank)                                                             # draws as many numbers
    mp.fit(other, X, T, epochs=2, seed=blank)
    assert same(small, other)


def test_reinitialised_weights_are_drawn_for_the_unpruned_size(net):
    small, cut = cut_of(net)
    Reinitialise(epochs=0, seed=4)(small, cut)
    assert same(small, mp.prune(network(seed=stream(4)), KEEP))
    big = mp.Network(200, [mp.Dense(400, "relu"), mp.Dense(400, "relu"), mp.Dense(2)], seed=0)
    keep = {"dense1": np.arange(400) < 40, "dense2": np.ones(400, bool)}
    deviations = []
    for recipe in (Reinitialise, FromScratch):
        small = mp.prune(big, keep)
        recipe(epochs=0)(small, Cut(big, keep, np.zeros((3, 200)), np.zeros(3, int)))
        deviations.append(small["dense2"].W.std())
    assert deviations == pytest.approx([(2 / 400) ** 0.5, (2 / 40) ** 0.5], rel=0.05)


def test_new_networks_have_no_masks(net):
    masked = mp.mask(net, {"dense1": KEEP["dense1"]})
    assert fresh(masked, np.random.default_rng(0))["dense1"].mask is None


@pytest.mark.parametrize("budget, epochs", [("epochs", 3), ("multiply_adds", round(3 * 64 / 34))])
def test_a_smaller_network_may_train_longer_for_the_same_cost(net, budget, epochs):
    small, cut = cut_of(net)
    assert (4 * 6 + 6 * 5 + 5 * 2, 4 * 4 + 4 * 3 + 3 * 2) == (64, 34)
    assert len(FromScratch(epochs=3, budget=budget)(small, cut)) == epochs


def test_distillation_trains_towards_the_unpruned_network(net):
    small, cut = cut_of(net)
    expected = small.copy()
    history = Distil(epochs=2, temperature=3, weight=0.6, seed=1, validation=(X[:9], T[:9]))(small, cut)
    loss = distillation_loss(3, 0.6)
    again = mp.fit(expected, X, teach(net, X, T), loss=loss, epochs=2, seed=stream(1),
                   validation=(X[:9], teach(net, X[:9], T[:9])))
    assert same(small, expected) and history == again and history.accuracy[0] is not None


def test_a_teacher_of_ones_own(net):
    teacher = mp.Network(4, [mp.Dense(2)], seed=8)
    small, cut = cut_of(net)
    one = Distil(epochs=1, teacher=teacher, weight=1.0)(small, cut)
    other = Distil(epochs=1, weight=1.0)(*cut_of(net))
    assert one.loss != other.loss


@each("make", [Reinitialise, FromScratch])
@each("seed", [0, 5])
def test_new_weights_are_not_those_that_a_network_of_that_seed_started_with(make, seed):
    """default_rng([seed, 0]) is default_rng(seed): by it the control would be the ticket itself."""
    net = network(seed)
    small, cut = cut_of(net)
    make(epochs=0, seed=seed)(small, cut)
    for name in ("dense1", "dense2", "dense3"):
        assert not np.isin(small[name].W, net[name].W).any()


def test_kept_states_go_on_and_others_start_anew(net):
    optimizer = mp.Adam(0.01)
    small, cut = cut_of(net, state={"m": {}, "v": {}, "steps": 0})
    with pytest.raises(ValueError, match="state expects a TrainingState, or what Adam.start"):
        FineTune(optimizer=optimizer, keep_state=True)(small, cut)
    small, cut = cut_of(net)
    expected, state = small.copy(), optimizer.start(small.parameters())
    FineTune(epochs=2, optimizer=optimizer, keep_state=True)(small, cut)
    mp.fit(expected, X, T, epochs=2, optimizer=optimizer, seed=stream(), state=state)
    assert cut.state["steps"] == state["steps"] == 4
    FineTune(epochs=1, optimizer=optimizer, keep_state=True)(small, cut)
    mp.fit(expected, X, T, epochs=1, optimizer=optimizer, seed=stream(), state=state)
    assert same(small, expected) and cut.state["steps"] == 6
    small, cut = cut_of(net)
    FineTune(epochs=2, optimizer=optimizer)(small, cut)
    assert cut.state == {}


OTHER = mp.Network(4, [mp.Dense(6, "relu"), mp.Dense(4, "tanh"), mp.Dense(2)])


@each("make, error, told", [
    (lambda: FromScratch(budget="flops"), ValueError, 'unknown budget "flops"'),
    (lambda: Distil(temperature=0), ValueError, "temperature expects"),
    (lambda: Distil(weight=2, loss="cross_entropy"), ValueError, "weight expects"),
    (lambda: Distil(teacher="net"), TypeError, "teacher expects a Network, got str"),
    (lambda: Rewind("early"), TypeError, "snapshot expects a Network"),
    (lambda: Rewind(OTHER).check(network(), "mse"), ValueError, "an earlier copy .* dense2 5 .*, got .* dense2 4 "),
    (lambda: Distil(teacher=mp.Network(4, [mp.Dense(3)])).check(network(), "cross_entropy"), ValueError,
     r"teacher expects output_shape \(2,\), that of the network it is to teach, got \(3,\)"),
    (lambda: Distil(teacher=mp.Network(5, [mp.Dense(2)])).check(network(), "cross_entropy"), ValueError,
     r"teacher expects input_shape \(4,\).*got \(5,\)"),
])
def test_what_is_refused(make, error, told):
    with pytest.raises(error, match=told):
        make()


def test_a_recipe_checks_before_it_changes(net, fingerprint):
    small, cut = cut_of(net)
    before = fingerprint(small)
    with pytest.raises(ValueError, match="snapshot"):
        Rewind(OTHER)(small, cut)
    assert fingerprint(small) == before
