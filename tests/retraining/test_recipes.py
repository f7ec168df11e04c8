"""Recipes: the weights that each starts from, what it trains by, and that the optimizer's state follows."""

import pickle

import numpy as np
import pytest

import minprune as mp
from minprune.training.augmentation import Noise
from minprune.training.distillation import distillation_loss, teach
from minprune.engine.schedules import step as staircase
from minprune.retraining.recipes import (Cut, Distil, FineTune, FromScratch, Reinitialise, Rewind, RewindRate, fresh, prune_state, told)

X = np.random.default_rng(0).normal(size=(40, 4))
T = (X[:, 0] * X[:, 1] > 0).astype(int)
KEEP = {"dense1": np.array([1, 0, 1, 1, 0, 1], bool), "dense2": np.array([0, 1, 1, 1, 0], bool)}
RECIPES = [FineTune, RewindRate, FromScratch, Reinitialise, Distil]


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


def halving(epoch):
    return 0.02 * 0.5 ** epoch


# The weights that each starts from

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


# Streams, settings, and what is passed on

@pytest.mark.parametrize("make", [Reinitialise, FromScratch])
@pytest.mark.parametrize("seed", [0, 5])
def test_new_weights_are_not_those_that_a_network_of_that_seed_started_with(make, seed):
    """default_rng([seed, 0]) is default_rng(seed): by it the control would be the ticket itself."""
    net = network(seed)
    small, cut = cut_of(net)
    make(epochs=0, seed=seed)(small, cut)
    for name in ("dense1", "dense2", "dense3"):
        assert not np.isin(small[name].W, net[name].W).any()


@pytest.mark.parametrize("make", RECIPES)
def test_each_cut_draws_from_its_own_stream(net, make):
    def trained(seed, number):
        small, cut = cut_of(net, number=number)
        make(epochs=1, seed=seed)(small, cut)
        return small
    assert same(trained(0, 1), trained(0, 1))
    assert not same(trained(0, 1), trained(0, 2))
    assert not same(trained(0, 1), trained(1, 0))                       # seed and number are not added


def test_settings_are_those_of_fit(net):
    small, cut = cut_of(net, loss="mse")
    expected = small.copy()
    settings = dict(epochs=6, optimizer=mp.Adam(0.5), batch_size=9, augment=Noise(0.1), patience=1)
    recipe = FineTune(**settings, validation=(X[:9], T[:9]), loss="cross_entropy", seed=2)
    history = recipe(small, cut)
    again = mp.fit(expected, X, T, **settings, validation=(X[:9], T[:9]), seed=stream(2))
    assert same(small, expected) and history == again and "no lower" in history.stopped


def test_the_loss_is_the_cuts(net):
    small, cut = cut_of(net)
    wide = Cut(net, KEEP, X, mp.one_hot(T, 2), loss="mse")
    one, other = FineTune(epochs=1)(small.copy(), cut), FineTune(epochs=1)(small, wide)
    assert one.loss != other.loss


@pytest.mark.parametrize("make", [*RECIPES, lambda **more: Rewind(network(), **more)])
def test_recipes_are_quiet_and_leave_the_original(net, fingerprint, make, monkeypatch, capsys):
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    before = fingerprint(net)
    make(epochs=1)(*cut_of(net))
    assert fingerprint(net) == before and capsys.readouterr().out == ""


def test_recipes_say_all_their_settings():
    recipe = FineTune(epochs=3, optimizer=mp.Adam(0.01), augment=Noise(0.1), validation=(X, T))
    text = repr(recipe)
    for part in ("FineTune(epochs=3", "Adam(", "0.01", "beta2=0.999", "Noise(deviation=0.1)", "keep_state=False",
                 "array of float64 (40, 4)", "loss=None"):
        assert part in text, part
    assert "dense1 6 - dense2 5 - dense3 2" in repr(Rewind(network())) and " at 0x" not in repr(Rewind(network()))
    assert "budget='epochs'" in repr(FromScratch()) and "temperature=4.0" in repr(Distil())
    scheduled = repr(FineTune(optimizer=mp.SGD(mp.schedules.cosine(0.1, 3))))
    assert "cosine" in scheduled and "rate=0.1" in scheduled and " at 0x" not in scheduled + text
    assert "halving" in repr(FineTune(optimizer=mp.SGD(halving)))
    assert [told(one) for one in (steady(0.25), named_inside(0.25), halving)] == [
        "steady(rate=0.25)", "inside(rate=0.25)", "halving"]
    small, cut = cut_of(network(), loss=mp.LOSSES["mse"])
    assert len(repr(cut)) < 400 and "number=0" in repr(cut) and "loss mse" in repr(cut)


def steady(rate):
    return lambda epoch: rate


def named_inside(rate):
    def inside(epoch):
        return rate
    return inside


def test_recipes_travel(net):
    early = network()
    for recipe in (FineTune(optimizer=mp.SGD(halving)), RewindRate(optimizer=mp.Adam(0.01), start=2),
                   Rewind(early, start=1, optimizer=mp.Adam(mp.schedules.cosine(0.1, 9))),
                   Distil(weight=0.5, optimizer=mp.Adam(halving), augment=Noise(0.1))):
        one, other = cut_of(net), cut_of(net)
        recipe(*one)
        pickle.loads(pickle.dumps(recipe))(*other)
        assert same(one[0], other[0])
    with pytest.raises(AttributeError):
        recipe.epochs = 3


# The optimizer's state

# A bias under batch norm has a gradient of 0, of which only rounding errors are left. Deep networks add to them, and
# without an epsilon that is larger Adam makes whole steps of them: no two orders of summation would agree.
OPTIMIZERS = [mp.SGD(0.01, momentum=0.9), mp.SGD(0.01, momentum=0.5, nesterov=True, weight_decay=0.01),
              mp.Adam(0.01, epsilon=1e-3, weight_decay=0.01), mp.SGD(0.01)]


def trained_state(net, optimizer, x, t, loss):
    state = optimizer.start(net.parameters())
    mp.fit(net, x, t, loss=loss, optimizer=optimizer, epochs=2, batch_size=3, state=state)
    return state


@pytest.fixture(params=OPTIMIZERS, ids=["momentum", "nesterov", "adam", "plain"])
def optimizer(request):
    return request.param


@pytest.mark.parametrize("seed", range(3))
def test_the_pruned_network_with_its_state_takes_the_steps_of_the_masked_one(optimizer, seed, kind, random_network,
                                                                            random_samples, random_keep, close):
    net = random_network(seed, kind)
    assert_same_steps(net, optimizer, *random_samples(net, seed, N=7), random_keep(net, seed), close)


@pytest.mark.parametrize("seed", range(10))
def test_so_it_does_where_neurons_are_coupled(optimizer, seed, random_residual, random_samples, random_keep, close):
    net = random_residual(seed)
    assert_same_steps(net, optimizer, *random_samples(net, seed, N=7), random_keep(net, seed), close, 1e-10)


def assert_same_steps(net, optimizer, x, t, keep, close, tolerance=1e-12):
    silence_dropout(net)
    state = trained_state(net, optimizer, x, t, "mse")
    small, masked, followed = mp.prune(net, keep), mp.mask(net, keep), prune_state(state, net, keep)
    for one, its in ((small, followed), (masked, state)):
        mp.fit(one, x, t, loss="mse", optimizer=optimizer, epochs=2, batch_size=3, state=its)
    for name, array in mp.prune(masked, keep).arrays().items():
        if not name.endswith(".mask"):
            close(small.arrays()[name], array, tolerance)
    assert_same_state(followed, prune_state(state, net, keep), close, tolerance)


def assert_same_state(one, other, close, tolerance):
    assert one.keys() == other.keys()
    for key, arrays in one.items():
        if isinstance(arrays, dict):
            assert arrays.keys() == other[key].keys()
            for name in arrays:
                close(arrays[name], other[key][name], tolerance, least=1)
        else:
            assert arrays == other[key]


def silence_dropout(net):
    """What is drawn for fewer neurons is something else."""
    for layer in net.all_layers.values():
        if isinstance(layer, mp.Dropout):
            layer.rate = 0.0


def test_rows_and_columns_of_the_state_by_hand(net):
    optimizer = mp.Adam(0.01)
    state = trained_state(net, optimizer, X, T, "cross_entropy")
    cut, one, two = prune_state(state, net, KEEP), KEEP["dense1"], KEEP["dense2"]
    for key in ("m", "v"):
        assert np.array_equal(cut[key]["dense1.W"], state[key]["dense1.W"][one])
        assert np.array_equal(cut[key]["dense1.b"], state[key]["dense1.b"][one])
        assert np.array_equal(cut[key]["dense2.W"], state[key]["dense2.W"][two][:, one])
        assert np.array_equal(cut[key]["dense3.W"], state[key]["dense3.W"][:, two])
        assert np.array_equal(cut[key]["dense3.b"], state[key]["dense3.b"])
    assert cut["steps"] == state["steps"] == 2 * 14
    cut["m"]["dense3.b"][...] = 7
    assert not (state["m"]["dense3.b"] == 7).any()


def test_a_state_without_arrays_is_copied(net):
    state = {"v": {}, "seen": [1, 2]}
    cut = prune_state(state, net, KEEP)
    assert cut == state and cut["seen"] is not state["seen"]
    assert prune_state({}, net, KEEP) == {}


def test_kept_states_go_on_and_others_start_anew(net):
    optimizer = mp.Adam(0.01)
    small, cut = cut_of(net, state={"m": {}, "v": {}, "steps": 0})
    with pytest.raises(ValueError, match="state expects what Adam.start"):
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


# What is refused

OTHER = mp.Network(4, [mp.Dense(6, "relu"), mp.Dense(4, "tanh"), mp.Dense(2)])


@pytest.mark.parametrize("make, error, told", [
    (lambda: FineTune(epochs=-1), ValueError, "epochs expects at least 0"),
    (lambda: FineTune(batch_size=0), ValueError, "batch_size expects at least 1"),
    (lambda: FineTune(seed=np.random.default_rng(0)), TypeError, "seed expects a whole number"),
    (lambda: FineTune(start=-1), ValueError, "start expects"),
    (lambda: FineTune(optimizer=mp.Adam), TypeError, "optimizer expects"),
    (lambda: FineTune(augment=3), TypeError, "augment expects a function"),
    (lambda: FineTune(loss="mes"), ValueError, 'did you mean "mse"'),
    (lambda: FineTune(patience=2), ValueError, "patience needs validation"),
    (lambda: FineTune(patience=0, validation=(X, T)), ValueError, "patience expects at least 1"),
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
    (lambda: FineTune(validation=(X[:, :2], T)).check(network(), "cross_entropy"), ValueError, "validation: x: "),
    (lambda: prune_state([], network(), KEEP), TypeError, "state expects a dict"),
    (lambda: prune_state({"v": OTHER.parameters()}, network(), KEEP), ValueError, "the state is of another network"),
    (lambda: prune_state({"v": {"dense9.W": X}}, network(), KEEP), ValueError, "the state is of another network"),
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
