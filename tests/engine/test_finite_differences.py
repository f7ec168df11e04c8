"""Central differences where the answer is known: they are exact on quadratics."""

import numpy as np
import pytest

import minprune as mp
from cases import each


def test_a_quadratic_is_exact_up_to_rounding(rng):
    A, c, w = rng.normal(size=(4, 4)), rng.normal(size=4), rng.normal(size=4)
    slopes = mp.finite_difference(lambda w: w @ A @ w + c @ w, w, step=0.1)
    np.testing.assert_allclose(slopes, (A + A.T) @ w + c, rtol=1e-13, atol=1e-13)


def test_a_cubic_is_wrong_by_the_square_of_the_step():
    for step in (0.1, 0.05):
        slope = mp.finite_difference(lambda w: w[0] ** 3, np.array([0.5]), step)[0]
        assert slope - 0.75 == pytest.approx(step ** 2)


def test_the_step_grows_with_the_entry():
    # of w³ the error is h², so it tells h: 0.1 at 0.5 and −0.5, 0.1 · 20 at ±20
    w = np.array([0.5, -0.5, 20.0, -20.0])
    slopes = mp.finite_difference(lambda w: (w ** 3).sum(), w, step=0.1)
    np.testing.assert_allclose(slopes - 3 * np.array([0.25, 0.25, 400, 400]), [0.01, 0.01, 4, 4], rtol=1e-9)


def test_the_default_step():
    error = mp.finite_difference(lambda w: 1e6 * w[0] ** 3, np.array([0.0]))[0]
    assert error == pytest.approx(1e6 * 1e-5 ** 2, rel=1e-6)


@each("shape", [(), (3,), (2, 3), (2, 1, 3)])
@each("out", [(), (2,), (2, 2)])
def test_the_result_has_the_shape_of_the_array_and_then_of_f(shape, out, rng):
    weights, array = rng.normal(size=(*shape, *out)), rng.normal(size=shape)
    slopes = mp.finite_difference(lambda a: np.tensordot(a, weights, axes=len(shape)), array)
    assert slopes.shape == shape + out and slopes.dtype == np.float64
    np.testing.assert_allclose(slopes, weights, atol=1e-9)


def test_f_may_return_a_list_or_a_whole_number():
    w = np.array([2.0, 3.0])
    assert mp.finite_difference(lambda w: 7, w).tolist() == [0, 0]
    np.testing.assert_allclose(mp.finite_difference(lambda w: [w[0], w[0] * w[1]], w), [[1, 3], [0, 2]],
                               atol=1e-9)


def test_f_may_return_the_same_array_each_time(rng):
    w, result = rng.normal(size=3), np.zeros(3)

    def doubled(w):
        result[...] = 2 * w
        return result

    np.testing.assert_allclose(mp.finite_difference(doubled, w), 2 * np.eye(3), atol=1e-9)


def test_f_may_return_the_array_itself():
    np.testing.assert_allclose(mp.finite_difference(lambda w: w, np.array([1.0, 5.0])), np.eye(2), atol=1e-9)


def test_f_may_use_the_array_without_looking_at_its_argument():
    net = mp.Network(2, [mp.Dense(1)])
    slopes = mp.finite_difference(lambda _: net.forward([[3.0, 4.0]]).y[0, 0], net["dense1"].W)
    np.testing.assert_allclose(slopes, [[3, 4]], rtol=1e-9)


def test_one_entry_moves_at_a_time_and_comes_back(rng):
    w, seen = rng.normal(size=(2, 3)), []
    start = w.copy()
    mp.finite_difference(lambda w: seen.append(w != start) or 0.0, w)
    assert len(seen) == 12 and all(np.count_nonzero(moved) == 1 for moved in seen)
    assert w.tobytes() == start.tobytes()


@pytest.mark.parametrize("calls", [1, 2, 5])
def test_the_array_comes_back_even_when_f_raises(calls, rng):
    w, left = rng.normal(size=4), [calls]
    start = w.copy()

    def breaks(w):
        left[0] -= 1
        if not left[0]:
            raise RuntimeError("enough")
        return w.sum()

    with pytest.raises(RuntimeError, match="enough"):
        mp.finite_difference(breaks, w)
    assert w.tobytes() == start.tobytes()


def test_views_and_float32(rng):
    whole = rng.normal(size=(4, 6))
    start = whole.copy()
    slopes = mp.finite_difference(lambda w: (w ** 2).sum(), whole[::2, 1::3])
    np.testing.assert_allclose(slopes, 2 * whole[::2, 1::3], rtol=1e-9)
    assert np.array_equal(whole, start)
    # a float32 array cannot hold w + h exactly; the difference is divided by the step that it could hold
    single = np.array([0.7, 300.0], "float32")
    np.testing.assert_allclose(mp.finite_difference(lambda w: 3 * w.astype(float).sum(), single), [3, 3],
                               rtol=1e-9)


@each("array, told", [
    ([1.0, 2.0], "array expects a NumPy array of floats, got list"), (1.0, "got float"),
    (np.array([1, 2]), "got int64"), (np.array([1j]), "got complex128"), (np.array([True]), "got bool")])
def test_other_arrays_are_refused(array, told):
    with pytest.raises(TypeError, match=told):
        mp.finite_difference(lambda w: 0.0, array)


def test_what_is_no_function_is_refused():
    with pytest.raises(TypeError, match="f expects a function of the array, got None"):
        mp.finite_difference(None, np.ones(2))


def test_a_read_only_array_is_refused():
    w = np.ones(2)
    w.flags.writeable = False
    with pytest.raises(ValueError, match="array is read-only"):
        mp.finite_difference(lambda w: w.sum(), w)


@each("step, error", [(0, ValueError), (-1e-5, ValueError), (np.nan, ValueError),
                      ("1", TypeError)])
def test_a_step_that_is_none(step, error):
    with pytest.raises(error, match="step expects"):
        mp.finite_difference(lambda w: w.sum(), np.ones(2), step)


@pytest.mark.filterwarnings("ignore:invalid value")
@pytest.mark.parametrize("array, step", [(np.ones(2), 1e-20), (np.ones(2, "float32"), 1e-9)])
def test_a_step_that_the_array_cannot_hold_is_refused(array, step):
    with pytest.raises(ValueError, match="step"):
        mp.finite_difference(lambda w: w.sum(), array, step)


def test_an_empty_array_has_no_slopes():
    assert mp.finite_difference(lambda w: 0.0, np.ones((0, 3))).shape == (0, 3)
