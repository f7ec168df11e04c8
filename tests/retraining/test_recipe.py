"""What all recipes have: settings of fit, a random stream for each cut, the original left as it is."""

import pickle

import numpy as np
import pytest

import minprune as mp
from cases import each
from minprune.retraining.recipe import Cut
from minprune.retraining.recipes import Distil, FineTune, FromScratch, Reinitialise, Rewind, RewindRate
from minprune.training.augmentation import Noise


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


@each("make, error, told", [
    (lambda: FineTune(epochs=-1), ValueError, "epochs expects at least 0"),
    (lambda: FineTune(batch_size=0), ValueError, "batch_size expects at least 1"),
    (lambda: FineTune(seed=np.random.default_rng(0)), TypeError, "seed expects a whole number"),
    (lambda: FineTune(start=-1), ValueError, "start expects"),
    (lambda: FineTune(optimizer=mp.Adam), TypeError, "optimizer expects"),
    (lambda: FineTune(augment=3), TypeError, "augment expects a function"),
    (lambda: FineTune(loss="mes"), ValueError, 'did you mean "mse"'),
    (lambda: FineTune(patience=2), ValueError, "patience needs validation"),
    (lambda: FineTune(patience=0, validation=(X, T)), ValueError, "patience expects at least 1"),
    (lambda: FineTune(validation=(X[:, :2], T)).check(network(), "cross_entropy"), ValueError, "validation: x: "),
])
def test_what_is_refused(make, error, told):
    with pytest.raises(error, match=told):
        make()


@pytest.mark.parametrize("make", RECIPES)
def test_class_weights_are_those_of_fit(net, make):
    """In a distillation, too, whose targets hold the teacher's answers beside the classes."""
    def trained(**settings):
        small, cut = cut_of(net, loss="cross_entropy")
        history = make(epochs=1, **settings)(small, cut)
        return small, history.loss

    plain, weighted, ones = trained(), trained(class_weight={0: 3.0}), trained(class_weight={0: 1, 1: 1})
    assert same(plain[0], ones[0]) and not same(plain[0], weighted[0]) and weighted[1] > plain[1]
    with pytest.raises(ValueError, match="class_weight expects"):
        make(class_weight="fair")


def test_an_optimizer_may_be_a_name(net):
    one, cut = cut_of(net)
    other = one.copy()
    FineTune(epochs=1, optimizer="sgd", start=2.0)(one, cut)
    FineTune(epochs=1, optimizer=mp.SGD(), start=2.0)(other, cut)
    assert same(one, other)
    with pytest.raises(ValueError, match='did you mean "sgd"'):
        FineTune(optimizer="sdg")
