"""Dense against sums written out, and on paper."""

import numpy as np
import pytest

import minprune as mp
from cases import each


def layer(x_size=3, units=4, *more, **settings):
    return mp.Network(x_size, [mp.Dense(units, *more, **settings)], seed=1)["dense1"]


def test_two_neurons_on_paper():
    dense = layer(3, 2, "relu")
    dense.W[...], dense.b[...] = [[1, 0, -1], [2, 1, 0.5]], [0.5, -1]
    trace = dense.forward(np.array([[1.0, 2.0, 3.0]]))
    assert trace.z.tolist() == [[-1.5, 4.5]] and trace.o.tolist() == [[0, 4.5]]
    dx = dense.backward(trace, np.array([[7.0, 2.0]]))
    assert trace.do.tolist() == [[7, 2]] and trace.dz.tolist() == [[0, 2]]
    assert trace.grads["W"].tolist() == [[0, 0, 0], [2, 4, 6]] and trace.grads["b"].tolist() == [0, 2]
    assert dx.tolist() == [[4, 2, 1]]


def test_row_i_of_w_is_neuron_i(rng):
    dense, x = layer(), rng.normal(size=(5, 3))
    assert dense.W.shape == (4, 3) and dense.b.shape == (4,) and dense.output_shape == (4,)
    dense.b[...] = rng.normal(size=4)
    z = dense.forward(x).z
    for n in range(5):
        for i in range(4):
            assert z[n, i] == pytest.approx(sum(x[n, j] * dense.W[i, j] for j in range(3)) + dense.b[i],
                                            rel=1e-13)


def test_weigh_and_its_two_ways_back_are_sums(rng):
    dense, x, da = layer(), rng.normal(size=(5, 3)), rng.normal(size=(5, 4))
    forward = [[sum(x[n, j] * dense.W[i, j] for j in range(3)) for i in range(4)] for n in range(5)]
    np.testing.assert_allclose(dense.product(x), forward, rtol=1e-12)
    back = [[sum(da[n, i] * dense.W[i, j] for i in range(4)) for j in range(3)] for n in range(5)]
    np.testing.assert_allclose(dense.product_back(da), back, rtol=1e-12)
    gradient = [[sum(da[n, i] * x[n, j] for n in range(5)) for j in range(3)] for i in range(4)]
    np.testing.assert_allclose(dense.weight_gradient(x, da), gradient, rtol=1e-12)


@each("units, N, samples_last", [(4, 3, False), (3, 2, False), (4, 2, True), (9, 3, True)])
def test_the_longer_side_comes_first_in_memory(units, N, samples_last, rng):
    """The same numbers; and what lies with its samples side by side stays so, through the layer and back."""
    dense, x = layer(5, units), rng.normal(size=(N, 5))
    for given, expected in ((x, samples_last), (np.asfortranarray(x), True)):
        z = dense.product(given)
        np.testing.assert_allclose(z, x @ dense.W.T, rtol=1e-13)
        assert z.flags.f_contiguous == expected
        dx = dense.product_back(z)
        np.testing.assert_allclose(dx, z @ dense.W, rtol=1e-13)
        assert dx.flags.f_contiguous == expected


def test_weigh_leaves_out_the_bias():
    dense = layer()
    dense.b += 5
    assert not dense.product(np.zeros((2, 3))).any()


def test_patches_are_the_input_at_one_position(rng):
    x = rng.normal(size=(5, 3))
    patches = layer().patches(x)
    assert patches.shape == (5, 1, 3) and np.array_equal(patches[:, 0], x)


def test_multiply_adds_is_the_number_of_weights():
    assert layer(3, 4).multiply_adds() == 12 and layer(7, 5, batch_norm=True).multiply_adds() == 35


def test_settings():
    assert mp.Dense(4).settings() == {"units": 4, "activation": "identity", "batch_norm": False}
    assert mp.Dense(np.int64(4), "relu", True).settings() \
        == {"units": 4, "activation": "relu", "batch_norm": True}


@each("units, error", [(0, ValueError), (-3, ValueError), (2.0, TypeError),
                       ("4", TypeError), (True, TypeError), (None, TypeError)])
def test_units_that_are_no_count(units, error):
    with pytest.raises(error, match="Dense units expects"):
        mp.Dense(units)


def test_unknown_activation_is_told_at_once():
    with pytest.raises(ValueError, match='did you mean "relu"'):
        mp.Dense(3, "rellu")


@pytest.mark.parametrize("shape", [(4, 4, 1), (2, 3)])
def test_an_image_needs_flatten(shape):
    with pytest.raises(ValueError,
                       match=r'Dense "dense1" cannot fit: .*got shape .*; put Flatten\(\) before it'):
        mp.Network(shape, [mp.Dense(3)])
