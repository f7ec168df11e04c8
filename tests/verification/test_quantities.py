"""What is measured is what it is called: against the engine's gradients, formulas by hand, and naive loops."""

import numpy as np
import pytest

import minprune as mp
from minprune.verification.networks import Case, Where, draw_cases
from minprune.verification.quantities import QUANTITIES, STEP, error_of, find_quantity

DENSE, CONV = draw_cases(Where(), 25, 3), draw_cases(Where({"layers": "conv"}), 8, 3)
OUTPUT = draw_cases(Where({"layer": "output"}), 8, 3)


def measured(name, case):
    return QUANTITIES[name].measure(case, STEP)


def near(one, other):
    assert one.shape == other.shape
    np.testing.assert_allclose(one, other, rtol=1e-6, atol=1e-7 * max(1, np.abs(other).max(initial=0)))


@pytest.mark.parametrize("case", DENSE + CONV + OUTPUT)
def test_first_derivatives_are_those_of_backward(case):
    trace, layer = case.trace[case.layer], case.net[case.layer]
    N, K = len(case.x), layer.K
    near(measured("dL/do", case), trace.do.reshape(N, -1, K))
    near(measured("dL/dz", case), trace.dz.reshape(N, -1, K))
    near(measured("dL/dW", case), layer.per_sample_dW(trace))
    near(measured("dL/db", case), trace.dz.reshape(N, -1, K).sum(axis=1))
    names = list(case.net.layers)
    before = names[:names.index(case.layer)]
    dx = case.trace.dx if not before else case.trace[before[-1]].do
    near(measured("dL/dx", case), dx.reshape(N, -1, dx.shape[-1]))


@pytest.mark.parametrize("case", DENSE + CONV)
def test_dy_do_is_what_the_output_does_when_an_output_moves(case):
    o = case.trace[case.layer].o
    found = measured("dy/do", case)
    for n, index in [(0, index) for index in np.ndindex(o.shape[1:])]:
        up, down = o.copy(), o.copy()
        up[(n, *index)] += 1e-5
        down[(n, *index)] -= 1e-5
        slope = (case.net.tail(case.layer, up)[n] - case.net.tail(case.layer, down)[n]) / 2e-5
        place = np.ravel_multi_index(index, o.shape[1:])
        np.testing.assert_allclose(found[n].reshape(-1, slope.size)[place], slope, rtol=1e-5, atol=1e-7)


def test_dy_do_of_a_last_hidden_layer_is_the_readers_weights():
    for case in draw_cases(Where({"layer": "last hidden"}), 5, 0):
        W = case.net[case.net.reader(case.layer)].W
        for one in measured("dy/do", case)[:, 0]:
            near(one, W.T)


def test_do_dx_is_slope_times_weight():
    for case in draw_cases(Where({"activation": "tanh"}), 5, 0):
        layer = case.net[case.layer]
        near(measured("do/dx", case), (1 - case.trace[case.layer].o ** 2)[:, :, np.newaxis] * layer.W)


def test_second_derivatives_by_hand():
    """y = w₂ tanh(w₁ x), ℓ = ½ (y − t)²: ∂²ℓ/∂o² = w₂²; ∂²ℓ/∂w₁² = x² [w₂² f′² + (y − t) w₂ f″]."""
    net = mp.Network(1, [mp.Dense(1, "tanh"), mp.Dense(1)])
    net["dense1"].W[...], net["dense2"].W[...] = 0.7, -1.5
    case = Case(net, "dense1", np.array([[0.6], [-1.2]]), np.array([[0.3], [1.0]]), "mse")
    o = np.tanh(0.7 * case.x)
    y, f1, f2 = -1.5 * o, 1 - o ** 2, -2 * o * (1 - o ** 2)
    near(measured("d2L/do2", case)[:, 0], np.full((2, 1), 2.25))
    near(measured("d2L/dW2", case)[:, 0], case.x ** 2 * (2.25 * f1 ** 2 + (y - case.t) * -1.5 * f2))


@pytest.mark.parametrize("case", DENSE + CONV)
def test_removal_is_that_of_the_score(case):
    score = mp.score(case.net, "removal", case.x, case.t, loss=case.loss)
    near(measured("removal", case).mean(axis=0), score[case.layer])


@pytest.mark.parametrize("name", QUANTITIES)
def test_measuring_leaves_the_network_as_it_was(name, fingerprint):
    for case in DENSE[:4]:
        before, x = fingerprint(case.net), case.x.copy()
        measured(name, case)
        assert fingerprint(case.net) == before and (case.x == x).all()


@pytest.mark.parametrize("name", QUANTITIES)
def test_two_steps_agree(name):
    for case in DENSE:
        one, other = (QUANTITIES[name].measure(case, step) for step in (STEP, 1.5 * STEP))
        assert error_of(one, other, QUANTITIES[name].least * max(1, case.trace.L.max())) < 1e-6


def test_forms_are_sums_and_means_of_the_whole():
    case = next(case for case in DENSE if len(case.x) > 1)
    N, K, F = measured("dL/dW", case).shape

    def forms(name):
        return {form.letters: (form.values, form.told) for form in QUANTITIES[name].forms(measured(name, case))}

    near(forms("dL/dW")["(K, F)"][0], measured("dL/dW", case).sum(axis=0))
    near(forms("dL/db")["(K,)"][0], measured("dL/db", case).sum(axis=0))
    near(forms("removal")["(K,)"][0], measured("removal", case).mean(axis=0))
    assert forms("dL/dW")["(K, F)"][1] == "sum over the batch" and forms("removal")["(K,)"][1] == "mean over the batch"
    assert forms("dL/do")["(N, K)"][0].shape == (N, K) and forms("dL/do")["(N, P, K)"][0].shape == (N, 1, K)
    assert forms("dL/dx")["(N, F)"][0].shape == (N, F)


def test_bars_take_the_absolute_value():
    case = DENSE[0]
    np.testing.assert_array_equal(find_quantity("|dL/do|").measure(case, STEP), np.abs(measured("dL/do", case)))
    assert find_quantity("|dL/do|").name == "|dL/do|"


def test_unknown_quantities_name_the_nearest():
    with pytest.raises(ValueError, match='unknown quantity "dL/dw"; did you mean "dL/dW"'):
        find_quantity("dL/dw")
    with pytest.raises(ValueError, match='did you mean "removal"'):
        find_quantity("|removals|")


def test_do_dx_is_for_dense_layers():
    with pytest.raises(ValueError, match='do/dx is measured for Dense layers only, "conv1" is a Conv2D'):
        measured("do/dx", next(case for case in CONV if case.layer == "conv1"))


def test_error_of_is_relative_with_a_floor():
    assert error_of(np.array([2.0, 1.0]), np.array([2.0, 1.1])) == pytest.approx(0.1 / 1.1)
    assert error_of(np.array([100.0, 0.1]), np.array([100.0, 0.0])) == pytest.approx(0.1)      # 1 % of 100 is 1
    assert error_of(np.array([1e-6]), np.array([0.0])) == pytest.approx(1e-2)                  # at least 1e-4
    assert error_of(np.array([1e-6]), np.array([0.0]), least=1e-2) == pytest.approx(1e-4)
    assert error_of(np.zeros(0), np.zeros(0)) == 0


def test_axes_of_one_may_be_left_out_of_dy_do():
    def letters(P, M):
        return {form.letters: form.values.shape for form in QUANTITIES["dy/do"].forms(np.ones((4, P, 3, M)))}

    assert letters(5, 2) == {"(N, P, K, M)": (4, 5, 3, 2)}
    assert letters(1, 2) == {"(N, P, K, M)": (4, 1, 3, 2), "(N, K, M)": (4, 3, 2)}
    assert letters(5, 1) == {"(N, P, K, M)": (4, 5, 3, 1), "(N, P, K)": (4, 5, 3)}
    assert letters(1, 1) == {"(N, P, K, M)": (4, 1, 3, 1), "(N, K, M)": (4, 3, 1), "(N, P, K)": (4, 1, 3),
                             "(N, K)": (4, 3)}
