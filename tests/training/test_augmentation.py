"""Augmentation: where pixels go, what noise is, whose randomness it is."""

import pickle

import numpy as np
import pytest

import minprune as mp
from cases import each
from minprune.training.augmentation import Chain, Noise, Shift, shift


def rng(seed=0):
    return np.random.default_rng(seed)


def images(N=6, H=4, W=5, C=2, dtype=float):
    return rng(1).normal(size=(N, H, W, C)).astype(dtype)


def shifted_naively(x, down, right):
    moved = np.zeros_like(x)
    for n in range(len(x)):
        for i in range(x.shape[1]):
            for j in range(x.shape[2]):
                a, b = i - down[n], j - right[n]
                if 0 <= a < x.shape[1] and 0 <= b < x.shape[2]:
                    moved[n, i, j] = x[n, a, b]
    return moved


def test_a_shift_by_hand():
    x = np.array([[1, 2, 3], [4, 5, 6]], float).reshape(1, 2, 3, 1)
    assert shift(x, np.array([1]), np.array([0]))[0, :, :, 0].tolist() == [[0, 0, 0], [1, 2, 3]]
    assert shift(x, np.array([0]), np.array([-1]))[0, :, :, 0].tolist() == [[2, 3, 0], [5, 6, 0]]
    assert shift(x, np.array([-1]), np.array([2]))[0, :, :, 0].tolist() == [[0, 0, 4], [0, 0, 0]]


def test_each_image_is_shifted_by_itself():
    x, down, right = images(), rng(2).integers(-3, 4, 6), rng(3).integers(-3, 4, 6)
    assert np.array_equal(shift(x, down, right), shifted_naively(x, down, right))
    assert np.array_equal(shift(x, down * 0, right * 0), x)


def test_shifts_are_uniform_up_to_the_limit_and_independent():
    x = np.zeros((4000, 7, 7, 1))
    x[:, 3, 3] = 1
    moved = Shift(2)(x, rng())
    counts = moved[:, :, :, 0].sum(axis=0)
    assert counts[1:6, 1:6].sum() == 4000                       # nobody moved further than 2
    assert counts[1:6, 1:6].min() > 100 and counts[1:6, 1:6].max() < 220        # 160 expected, s.d. 12.4
    assert np.array_equal(Shift(0)(x, rng()), x)


def test_noise_has_its_deviation():
    x = images(50, 8, 8)
    noise = Noise(0.3)(x, rng()) - x
    assert noise.std() == pytest.approx(0.3, rel=0.05) and abs(noise.mean()) < 0.02
    assert len(np.unique(noise)) == noise.size
    assert np.array_equal(Noise(0)(x, rng()), x)


def test_a_chain_is_one_after_the_other_from_the_same_stream():
    x, one, other = images(), rng(5), rng(5)
    chained = Chain([Shift(2), Noise(0.1)])(x, one)
    assert np.array_equal(chained, Noise(0.1)(Shift(2)(x, other), other))
    assert not np.array_equal(chained, Chain([Noise(0.1), Shift(2)])(x, rng(5)))
    assert np.array_equal(Chain([])(x, rng()), x)


@pytest.mark.parametrize("augment", [Shift(1), Noise(0.1), Chain((Shift(1), Noise(0.1)))])
def test_same_stream_same_bits_and_the_data_stay(augment):
    x = images(dtype=np.float32)
    before = x.copy()
    first, second, other = augment(x, rng(0)), augment(x, rng(0)), augment(x, rng(1))
    assert np.array_equal(first, second) and not np.array_equal(first, other)
    assert np.array_equal(x, before)
    assert first.dtype == np.float32 and first.shape == x.shape
    assert np.array_equal(pickle.loads(pickle.dumps(augment))(x, rng(0)), first)


def test_fit_draws_from_its_own_seed():
    x, t = images(12, 4, 4), np.arange(12) % 3

    def trained(seed, augment):
        net = mp.Network((4, 4, 2), [mp.Conv2D(3, 3, "relu"), mp.Flatten(), mp.Dense(3)])
        mp.fit(net, x, t, epochs=2, batch_size=12, seed=seed, augment=augment)
        return net["conv1"].W
    assert np.array_equal(trained(1, Shift(1)), trained(1, Shift(1)))
    assert np.abs(trained(1, Shift(1)) - trained(2, Shift(1))).max() > 1e-6
    assert np.abs(trained(1, None) - trained(2, None)).max() < 1e-12         # one batch: the order is no matter


@each("make, error, told", [
    (lambda: Shift(-1), ValueError, "pixels expects at least 0"),
    (lambda: Shift(1.5), TypeError, "pixels expects a whole number"),
    (lambda: Noise(-0.1), ValueError, "deviation expects"),
    (lambda: Noise(np.nan), ValueError, "deviation expects"),
    (lambda: Chain(Shift(1)), TypeError, "Chain expects a list"),
    (lambda: Chain([Shift(1), 3]), TypeError, "Chain expects a list"),
    (lambda: Shift(1)(np.zeros((3, 16)), rng()), ValueError, r"images \(N, H, W, C\).*got shape \(3, 16\)"),
    (lambda: Shift(4)(images(), rng()), ValueError, "more than 4 × 4 pixels"),
    (lambda: Shift(4)(images(H=9, W=4), rng()), ValueError, "more than 4 × 4 pixels"),
])
def test_what_is_refused(make, error, told):
    with pytest.raises(error, match=told):
        make()


def test_the_largest_shift_leaves_one_row():
    x = images(200, 3, 3)
    kept = Shift(2)(x, rng()) != 0
    assert kept.any(axis=(1, 2, 3)).all()


def test_a_changed_list_changes_no_chain():
    parts = [Noise(0.1)]
    chain = Chain(parts)
    parts.clear()
    assert chain.parts == (Noise(0.1),)
