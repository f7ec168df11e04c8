"""Dropout: who falls silent, how often, and that nothing happens outside training."""

import numpy as np
import pytest

import minprune as mp
from cases import each


def network(rate, units=2000):
    return mp.Network(units, [mp.Dropout(rate)])


@pytest.mark.parametrize("rate", [0.1, 0.5, 0.9])
def test_a_share_falls_silent_and_the_rest_makes_up_for_it(rate):
    o = network(rate).forward(np.full((20, 2000), 3.0), training=True, seed=0).y
    assert np.mean(o == 0) == pytest.approx(rate, abs=0.01)
    np.testing.assert_allclose(o[o != 0], 3 / (1 - rate), rtol=1e-14)
    assert o.mean() == pytest.approx(3, rel=0.03)


def test_samples_and_features_draw_on_their_own():
    silent = network(0.5).forward(np.ones((50, 2000)), training=True, seed=0).y == 0
    assert (abs(silent.mean(axis=0) - 0.5) < 0.45).all() and (abs(silent.mean(axis=1) - 0.5) < 0.1).all()
    assert len({row.tobytes() for row in silent}) == 50


def test_nothing_happens_outside_training(rng):
    x = rng.normal(size=(5, 2000))
    for net, training in ((network(0.7), False), (network(0.0), True)):
        trace = net.forward(x, training=training)
        assert np.array_equal(trace.y, x) and np.array_equal(net.backward(trace, x), x)
        assert np.array_equal(net["dropout1"].tangent(trace["dropout1"], x), x)


def test_the_way_back_uses_the_same_draw(rng):
    net, x, do = network(0.4), np.ones((5, 2000)), rng.normal(size=(5, 2000))
    trace = net.forward(x, training=True, seed=3)
    np.testing.assert_allclose(net.backward(trace, do), do * trace.y, rtol=1e-14)
    np.testing.assert_allclose(net["dropout1"].tangent(trace["dropout1"], do), do * trace.y, rtol=1e-14)


def test_the_seed_decides():
    net, x = network(0.5), np.ones((4, 2000))
    same = [net.forward(x, True, seed).y for seed in (1, 1, np.random.default_rng(1))]
    assert np.array_equal(same[0], same[1]) and np.array_equal(same[0], same[2])
    assert not np.array_equal(same[0], net.forward(x, True, 2).y)
    rng = np.random.default_rng(1)
    assert not np.array_equal(net.forward(x, True, rng).y, net.forward(x, True, rng).y)


def test_two_dropouts_draw_differently():
    net = mp.Network(500, [mp.Dropout(0.5), mp.Dropout(0.5)])
    trace = net.forward(np.ones((2, 500)), training=True, seed=0)
    assert np.mean(trace.y == 0) == pytest.approx(0.75, abs=0.07)


def test_training_without_a_seed_is_refused():
    with pytest.raises(ValueError,
                       match='Dropout "dropout1" draws at random in training: give forward a seed'):
        network(0.5).forward(np.ones((1, 2000)), training=True)


def test_float32_stays_float32():
    net = mp.Network(20, [mp.Dropout(0.3)], dtype="float32")
    trace = net.forward(np.ones((2, 20)), training=True, seed=0)
    assert trace.y.dtype == net.backward(trace, np.ones((2, 20))).dtype == np.float32


@each("rate", [1, 1.5, -0.1, float("nan")])
def test_a_rate_out_of_range(rate):
    with pytest.raises(ValueError, match="Dropout rate expects a finite number, at least 0 and less than 1"):
        mp.Dropout(rate)


def test_a_rate_that_is_no_number():
    with pytest.raises(TypeError, match="Dropout rate expects a number"):
        mp.Dropout("0.5")
    assert mp.Dropout(np.float32(0.5)).settings() == {"rate": 0.5}
