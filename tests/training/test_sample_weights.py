"""Weights of samples: the step is that of the weighted mean loss, and a rare class counts."""

import numpy as np
import pytest

import minprune as mp
from cases import each
from minprune.engine.losses import find_loss
from minprune.training.sample_weights import weights_of

X = np.random.default_rng(0).normal(size=(10, 3))
LABELS = np.array([0, 1, 2, 3, 3, 1, 0, 0, 2, 1])
ONE_HOT = mp.one_hot(LABELS, 4)


def network(outputs=4, **settings):
    return mp.Network(3, [mp.Dense(5, "tanh", **settings), mp.Dense(outputs)], seed=1)


def test_weights_by_hand():
    assert weights_of(ONE_HOT, {0: 2.0, 3: 0.0}, None).tolist() == [2, 1, 1, 0, 0, 1, 2, 2, 1, 1]
    assert weights_of(ONE_HOT, None, range(10)).tolist() == list(range(10))
    assert weights_of(ONE_HOT, {0: 2.0}, range(10)).tolist() == [0, 1, 2, 3, 4, 5, 12, 14, 8, 9]
    column = np.array([[0.0], [0.0], [0.0], [1.0]])
    assert weights_of(column, "balanced", None).tolist() == [4 / 6, 4 / 6, 4 / 6, 4 / 2]


def test_balanced_classes_count_the_same_and_the_mean_weight_is_one():
    weights = weights_of(ONE_HOT, "balanced", None)
    assert [weights[LABELS == label].sum() for label in range(4)] == pytest.approx([2.5] * 4)
    assert weights.mean() == pytest.approx(1)
    absent = weights_of(mp.one_hot(np.array([0, 0, 2]), 5), "balanced", None)       # of 5 classes two are there
    assert absent.tolist() == [0.75, 0.75, 1.5]


@each("batch_norm", [False, True])
@each("name", ["cross_entropy", "mse", "binary_cross_entropy"])
def test_a_step_goes_down_the_gradient_of_the_weighted_mean_loss(name, batch_norm):
    """1/N Σ w_n ℓ_n, by finite differences; N is the number of samples and not the sum of the weights."""
    net, loss = network(batch_norm=batch_norm), find_loss(name)
    own = np.random.default_rng(2).uniform(0.1, 3, 10)
    w = own * np.array([4.0, 1, 0.5, 1])[LABELS]

    def mean_loss(_):
        return (w * loss(net.forward(X, training=True).y, ONE_HOT)).sum() / 10

    expected = {key: array - 0.3 * mp.finite_difference(mean_loss, array) for key, array in net.parameters().items()}
    history = mp.fit(net, X, ONE_HOT, name, mp.SGD(0.3), epochs=1, batch_size=10, class_weight={0: 4, 2: 0.5},
                     sample_weight=own)
    for key, array in net.parameters().items():
        np.testing.assert_allclose(array, expected[key], atol=1e-8, err_msg=key)
    fresh = network(batch_norm=batch_norm)
    assert history.loss == pytest.approx([(w * loss(fresh.forward(X, training=True).y, ONE_HOT)).mean()])


def test_a_wrong_weight_is_noticed():
    """The check above by itself: a step with one weight 1 % too large is another step."""
    one, other, w = network(), network(), np.ones(10)
    mp.fit(one, X, LABELS, optimizer=mp.SGD(0.3), epochs=1, batch_size=10, sample_weight=w)
    w[3] = 1.01
    mp.fit(other, X, LABELS, optimizer=mp.SGD(0.3), epochs=1, batch_size=10, sample_weight=w)
    assert np.abs(one["dense1"].W - other["dense1"].W).max() > 1e-6


def test_each_sample_has_its_own_weight_in_shuffled_batches():
    """A sample of weight 2 is the sample twice; batches of one, in the order of the shuffle."""
    net, seen = network(), []
    w = np.arange(10.0)

    def look(net, trace):
        n = int(np.flatnonzero((X == trace.x).all(axis=1))[0])
        plain = mp.record(net, X[n:n + 1], LABELS[n:n + 1])
        seen.append(n)
        np.testing.assert_allclose(trace["dense2"].do, w[n] * plain["dense2"].do, rtol=1e-12, atol=1e-15)

    mp.fit(net, X, LABELS, optimizer=mp.SGD(0.05), epochs=1, batch_size=1, sample_weight=w, on_batch=look)
    assert sorted(seen) == list(range(10)) != seen


def test_weights_of_one_change_nothing():
    one, other = network(), network()
    mp.fit(one, X, LABELS, epochs=2, batch_size=4)
    mp.fit(other, X, LABELS, epochs=2, batch_size=4, class_weight={1: 1.0})
    assert all(np.array_equal(array, other.arrays()[name]) for name, array in one.arrays().items())


def test_a_rare_class_is_learned_only_with_weights():
    """Two overlapping clouds, 190 and 10 samples."""
    rng = np.random.default_rng(0)
    t = np.repeat([0, 1], [190, 10])
    x = rng.normal(size=(200, 2)) + 1.2 * t[:, np.newaxis]

    def trained(**weights):
        net = mp.Network(2, [mp.Dense(4, "relu"), mp.Dense(2)])
        mp.fit(net, x, t, optimizer=mp.Adam(0.01), epochs=30, **weights)
        return mp.evaluate(net, x, t, latency=False)

    assert trained().class_accuracy[1] < 0.5 and trained().test_accuracy > 0.93
    balanced = trained(class_weight="balanced")
    assert balanced.class_accuracy[1] > 0.7 and balanced.balanced_accuracy > trained().balanced_accuracy + 0.1


def test_float32_stays_float32():
    net = mp.Network(3, [mp.Dense(4)], dtype="float32")
    kinds = set()
    mp.fit(net, X, LABELS, epochs=1, class_weight="balanced",
           on_batch=lambda net, trace: kinds.add(trace.dy.dtype.name))
    assert kinds == {"float32"}


WRONG = {
    "text": (dict(class_weight="equal"), ValueError, 'class_weight expects "balanced" or {class: weight}'),
    "empty": (dict(class_weight={}), ValueError, "class_weight expects"),
    "list": (dict(class_weight=[1, 2]), ValueError, "class_weight expects"),
    "unknown class": (dict(class_weight={4: 1.0}), ValueError, "expects classes 0 … 3, got 4"),
    "half a class": (dict(class_weight={0.5: 1.0}), TypeError, "class_weight: a class expects a whole number"),
    "negative": (dict(class_weight={0: -1}), ValueError, "class_weight of class 0 expects a finite number, at least 0"),
    "length": (dict(sample_weight=[1, 2]), ValueError, "sample_weight expects 10 numbers"),
    "negative weight": (dict(sample_weight=[-1] + [1] * 9), ValueError, "the least -1"),
    "NaN": (dict(sample_weight=[np.nan] * 10), ValueError, "sample_weight holds 10 values"),
    "zeros": (dict(sample_weight=np.zeros(10)), ValueError, "above 0 for at least one sample"),
    "no classes": (dict(t=X @ np.ones((3, 4)), loss="mse", class_weight="balanced"), ValueError, "give sample_weight"),
}


@each("settings, error, told", WRONG.values())
def test_bad_weights_are_refused_before_anything_is_changed(settings, error, told, fingerprint):
    net = network()
    before = fingerprint(net)
    with pytest.raises(error) as raised:
        mp.fit(net, **{"x": X, "t": LABELS, "epochs": 1, **settings})
    assert fingerprint(net) == before and told in str(raised.value)
