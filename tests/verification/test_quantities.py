"""What is measured is what it is called: against the engine's gradients, formulas by hand, and naive loops."""

import numpy as np
import pytest

import minprune as mp
from cases import each
from minprune.recording import record_batch
from minprune.verification.claims.equality import Equality
from minprune.verification.formulas import Formula
from minprune.verification.quantities import (
    LEAST, MOVES, QUANTITIES, REMOVALS, STEP, curvatures, error_of, find_quantity, moved, moved_in_place, repeated,
    slopes)
from minprune.verification.sampling.random_networks import Case, draw_cases
from minprune.verification.sampling.where import PLACES, POOLINGS, Where, is_pooled, place_of
from minprune.verification.verify import verify

DENSE, CONV = draw_cases(Where(), 12, 3), draw_cases(Where({"layers": "conv"}), 8, 3)
OUTPUT = draw_cases(Where({"layer": "output"}), 6, 3)
BLOCK = [case for place in PLACES for case in draw_cases(Where({"residual": place}), 4, 3)]
POOLED = [case for kind in POOLINGS for case in draw_cases(Where({"layers": "conv", "pooling": kind}), 3, 3)]
BOTH = draw_cases(Where({"layers": "conv", "pooling": True, "residual": True}), 5, 3)
NORMED = draw_cases(Where({"layers": "conv", "residual": True, "batch_norm": True}), 3, 3)
NORMED_DENSE = draw_cases(Where({"batch_norm": True}), 4, 3)
HIDDEN = DENSE + CONV + BLOCK + POOLED + BOTH + NORMED


OF_BATCH_NORM = ("dL/dgamma", "dL/dbeta")


def test_what_is_measured_here_has_all_shapes():
    assert {place_of(case.net, case.layer) for case in BOTH + BLOCK + DENSE} == {"", *PLACES}
    assert all(any(is_pooled(case.net, case.layer, (kind,)) for case in POOLED + BOTH) for kind in POOLINGS)
    assert any(case.layer not in case.net.layers for case in BOTH) and any(case.coupled for case in BLOCK)


def run_from(case, o):
    """y when the layer puts out o, for the samples as they are."""
    return case.net.tail(case.layer, o, case.net.forward(case.x))


def measured(name, case):
    return QUANTITIES[name].measure(case, STEP)


def near(one, other):
    assert one.shape == other.shape
    np.testing.assert_allclose(one, other, rtol=1e-6, atol=1e-7 * max(1, np.abs(other).max(initial=0)))


@each("case", HIDDEN + OUTPUT)
def test_first_derivatives_are_those_of_backward(case):
    trace, layer = case.trace[case.layer], case.net[case.layer]
    N, K = len(case.x), layer.K
    near(measured("dL/do", case), trace.do.reshape(N, -1, K))
    near(measured("dL/dz", case), trace.dz.reshape(N, -1, K))
    near(measured("dL/dW", case), layer.per_sample_dW(trace))
    da = layer.scaled(trace.dz, trace)
    near(measured("dL/db", case), da.reshape(N, -1, K).sum(axis=1))
    near(measured("dL/dx", case), layer.product_back(da).reshape(N, -1, trace.x.shape[-1]))


@each("case", NORMED_DENSE + NORMED)
def test_slopes_of_batch_norm_are_those_of_backward(case):
    """Added up over the samples: ∂ℓ/∂γ = Σ ∂ℓ/∂z · â and ∂ℓ/∂β = Σ ∂ℓ/∂z."""
    grads = record_batch(case.net, case.x, case.t, case.loss)[case.layer].grads
    near(measured("dL/dgamma", case).sum(axis=0), grads["gamma"])
    near(measured("dL/dbeta", case).sum(axis=0), grads["beta"])
    alone = Case(case.net, case.layer, case.x[:1], case.t[:1], case.loss)
    near(measured("dL/dgamma", case)[:1], measured("dL/dgamma", alone))


def test_slopes_of_batch_norm_need_a_layer_that_has_it():
    with pytest.raises(ValueError, match='dL/dbeta is measured for layers with batch norm, and "dense1" has none'):
        measured("dL/dbeta", DENSE[0])


@each("case", DENSE + CONV[:2] + OUTPUT)
def test_dy_is_the_slope_of_the_loss(case):
    near(measured("dL/dy", case), case.trace.dy)


@each("case", DENSE + CONV[:2])
def test_second_derivatives_in_z_are_those_in_o_by_the_chain_rule(case):
    """∂²ℓ/∂z² = ∂²ℓ/∂o² f′² + ∂ℓ/∂o f″."""
    layer, trace = case.net[case.layer], case.trace[case.layer]
    slope, curvature = (array.reshape(len(case.x), -1, layer.K)
                        for array in (layer.slope(trace.z), layer.curvature(trace.z)))
    expected = measured("d2L/do2", case) * slope ** 2 + measured("dL/do", case) * curvature
    assert error_of(measured("d2L/dz2", case), expected, 1e-2 * max(1, case.trace.L.max())) < 1e-6


@each("case", [case for case in (DENSE + CONV + POOLED)[::2] if case.net.is_chain])
def test_removal_of_pairs_is_that_of_the_score(case):
    """Of both neurons ℓ rises by what it rises by for each alone, and by the interaction that `pair_removal` gives."""
    pairs, one = measured("pair removal", case), measured("removal", case).mean(axis=0)
    K = case.net[case.layer].K
    assert pairs.shape == (len(case.x), K, K)
    np.testing.assert_array_equal(pairs, pairs.transpose(0, 2, 1))
    near(pairs[:, np.arange(K), np.arange(K)], measured("removal", case))
    interaction = mp.scores.pair_removal(case.net, case.x, case.t, case.loss, case.layer)
    expected = np.where(np.eye(K), np.diag(one), one[:, np.newaxis] + one + interaction)
    near(pairs.mean(axis=0), expected)


def summed(dz):
    return dz.sum(axis=1)


LAST = {"layer": "last hidden", "loss": "mse"}


@pytest.mark.parametrize("true, false, equals, where", [
    (lambda dz, a_hat: (dz * a_hat).sum(axis=1), lambda dz, z: (dz * z).sum(axis=1), "dL/dgamma", {}),
    (lambda dz, a_hat: (dz * a_hat).sum(axis=(0, 1)), lambda dz, a_hat: (dz * a_hat).mean(axis=0)[0], "dL/dgamma", {}),
    (lambda dz: dz.sum(axis=1), lambda dz, gamma: summed(dz) * gamma, "dL/dbeta", {}),
    (lambda dz: np.abs(summed(dz)), summed, "|dL/dbeta|", {}),
    (lambda y, t: y - t, lambda y, t: (y - t) / len(y), "dL/dy", {"loss": "mse"}),
    (lambda p, t: p - t, lambda p, t: t - p, "dL/dy", {"loss": "cross_entropy", "layer": "output"}),
    (lambda W_next, df, d2f, do: df ** 2 * (W_next ** 2).sum(axis=0) + do * d2f,
     lambda W_next, df: df ** 2 * (W_next ** 2).sum(axis=0), "d2L/dz2", {**LAST, "activation": "tanh"}),
    (lambda o, W_next, dy: risen(-pair_sums(o[:, 0, :, None] * W_next.T), dy),
     lambda o, W_next, dy: risen(-o[:, 0, :, None, None] * W_next.T[:, None], dy), "pair removal", LAST)])
def test_true_and_false_formulas_of_these_quantities(true, false, equals, where):
    assert verify(true, equals, where, trials=10).holds
    quantity = find_quantity(equals)
    claim = Equality(Formula(false), quantity, 1e-6)
    cases = draw_cases(Where(where, **quantity.where), 10, 0, claim.fits)
    assert sum(claim.trial(case).error > 1e-2 for case in cases) >= 3


def pair_sums(given):
    """(N, K, M) -> (N, K, K, M): what two neurons give together; where they are one, what it gives."""
    both = given[:, :, np.newaxis] + given[:, np.newaxis]
    return np.where(np.eye(given.shape[1])[..., np.newaxis], given[:, :, np.newaxis], both)


def risen(moved, dy):
    """What ½ Σ (y − t)² rises by where y moves: Σ dy · moved + ½ moved²."""
    return (dy[:, np.newaxis, np.newaxis] * moved + moved ** 2 / 2).sum(axis=-1)


@each("case", DENSE + CONV)
def test_what_a_layer_reads_alone_has_the_slope_of_the_layer_before(case):
    names = list(case.net.layers)
    if not case.net.is_chain or case.layer == names[0]:
        return
    dx = case.trace[names[names.index(case.layer) - 1]].do
    near(measured("dL/dx", case), dx.reshape(len(dx), -1, dx.shape[-1]))


def test_dx_of_a_layer_in_a_block_is_what_goes_through_it():
    """s = x + W₂ f(W₁ x): of the layer inside, dL/dx is the body's share of ∂L/∂x, without what goes around."""
    net = mp.Network(2, [mp.Residual([mp.Dense(3, "tanh"), mp.Dense(2)]), mp.Dense(1)])
    case = Case(net, "dense1", np.array([[0.3, -0.7], [1.1, 0.4]]), np.array([[0.5], [-1.0]]), "mse")
    near(measured("dL/dx", case)[:, 0], case.trace["dense1"].dz @ net["dense1"].W)
    dx = record_batch(net, case.x, case.t, case.loss).dx
    near(dx - measured("dL/dx", case)[:, 0], case.trace["residual1"].do)


def test_around_a_block_by_hand():
    """y = W₄ (o₁ + W₃ f(W₂ o₁)): ∂ℓ/∂o₁ = W₄ᵀ dy + W₂ᵀ [f′ W₃ᵀ W₄ᵀ dy], ∂ℓ/∂o₂ = W₃ᵀ W₄ᵀ dy, ∂ℓ/∂o₃ = W₄ᵀ dy."""
    net = mp.Network(2, [mp.Dense(2), mp.Residual([mp.Dense(3, "tanh"), mp.Dense(2)]), mp.Dense(2)], seed=1)
    W2, W3, W4 = (net[name].W for name in ("dense2", "dense3", "dense4"))
    x, t = np.array([[0.3, -0.7], [1.1, 0.4], [0.2, 0.9]]), np.array([[0.5, 0], [-1.0, 2], [0.3, 0.1]])
    o1 = x @ net["dense1"].W.T
    o2 = np.tanh(o1 @ W2.T)
    dy = (o1 + o2 @ W3.T) @ W4.T - t
    by_hand = {"dense1": dy @ W4 + ((dy @ W4 @ W3) * (1 - o2 ** 2)) @ W2, "dense2": dy @ W4 @ W3, "dense3": dy @ W4}
    for name, do in by_hand.items():
        near(measured("dL/do", Case(net, name, x, t, "mse"))[:, 0], do)
    removal = ((dy - o2[:, :1] * (W3[:, 0] @ W4.T)) ** 2 - dy ** 2).sum(axis=1) / 2
    near(measured("removal", Case(net, "dense2", x, t, "mse"))[:, 0], removal)
    near(measured("d2L/do2", Case(net, "dense3", x, t, "mse"))[:, 0], np.tile((W4 ** 2).sum(axis=0), (3, 1)))


def test_pooling_by_hand():
    """Of windows (1, 2) and (3, −1): max passes to 2 and 3, the mean half to each, the global mean a quarter."""
    x = np.array([1.0, 2.0, 3.0, -1.0]).reshape(1, 1, 4, 1)
    for pools, slopes_by_hand in (([mp.MaxPool2D((1, 2)), mp.Flatten()], lambda w: [0, w[0], w[1], 0]),
                                  ([mp.AvgPool2D((1, 2)), mp.Flatten()], lambda w: np.repeat(w, 2) / 2),
                                  ([mp.MaxPool2D((1, 2), 1), mp.Flatten()], lambda w: [0, w[0], w[1] + w[2], 0]),
                                  ([mp.GlobalAvgPool2D()], lambda w: np.repeat(w, 4) / 4)):
        net = mp.Network((1, 4, 1), [mp.Conv2D(1, 1), *pools, mp.Dense(1)], seed=2)
        net["conv1"].W[...] = 1
        case = Case(net, "conv1", x, np.zeros((1, 1)), "mse")
        near(measured("dL/do", case).ravel(), case.trace.y.item() * np.array(slopes_by_hand(net["dense1"].W[0])))


@each("case", DENSE[:4] + CONV[:3] + BLOCK[::2] + POOLED[::3] + BOTH[::2])
def test_dy_do_is_what_the_output_does_when_an_output_moves(case):
    o = case.trace[case.layer].o
    found = measured("dy/do", case)
    for n, index in [(0, index) for index in np.ndindex(o.shape[1:])]:
        up, down = o.copy(), o.copy()
        up[(n, *index)] += 1e-5
        down[(n, *index)] -= 1e-5
        slope = (run_from(case, up)[n] - run_from(case, down)[n]) / 2e-5
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


@each("case", [case for case in HIDDEN if not case.coupled])
def test_removal_is_that_of_the_score(case):
    score = mp.score(case.net, "removal", case.x, case.t, loss=case.loss)
    near(measured("removal", case).mean(axis=0), score[case.layer])


@each("name", QUANTITIES)
def test_measuring_leaves_the_network_as_it_was(name, fingerprint):
    for case in NORMED_DENSE + NORMED if name in OF_BATCH_NORM else \
            DENSE[:4] + BLOCK[4:6] + (CONV[:1] if name != "do/dx" else []):
        before, x = fingerprint(case.net), case.x.copy()
        measured(name, case)
        assert fingerprint(case.net) == before and (case.x == x).all()


@each("name", QUANTITIES)
def test_two_steps_agree(name):
    for case in NORMED_DENSE + NORMED if name in OF_BATCH_NORM else \
            DENSE[:8] + BLOCK[::2] + ([] if name == "do/dx" else (POOLED + BOTH)[::2]):
        one, other = (QUANTITIES[name].measure(case, step) for step in (STEP, 1.5 * STEP))
        assert error_of(one, other, QUANTITIES[name].least * max(1, case.trace.L.max())) < 1e-6


def test_forms_are_sums_and_means_of_the_whole():
    case = next(case for case in DENSE if len(case.x) > 1)
    N, K, F = measured("dL/dW", case).shape

    def forms(name):
        return {form.letters: (form.values, form.reduction) for form in QUANTITIES[name].forms(measured(name, case))}

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
    assert LEAST == 1e-4 and {quantity.least for quantity in QUANTITIES.values()} == {1e-4, 1e-2}
    assert error_of(np.zeros(0), np.zeros(0)) == 0


def test_axes_of_one_may_be_left_out_of_dy_do():
    def letters(P, M):
        return {form.letters: form.values.shape for form in QUANTITIES["dy/do"].forms(np.ones((4, P, 3, M)))}

    assert letters(5, 2) == {"(N, P, K, M)": (4, 5, 3, 2)}
    assert letters(1, 2) == {"(N, P, K, M)": (4, 1, 3, 2), "(N, K, M)": (4, 3, 2)}
    assert letters(5, 1) == {"(N, P, K, M)": (4, 5, 3, 1), "(N, P, K)": (4, 5, 3)}
    assert letters(1, 1) == {"(N, P, K, M)": (4, 1, 3, 1), "(N, K, M)": (4, 3, 1), "(N, P, K)": (4, 1, 3),
                             "(N, K)": (4, 3)}


def test_layers_that_are_added_to_others_are_not_removed_alone():
    assert {QUANTITIES["removal"].fits(case) for case in BLOCK if case.coupled} == {False}
    assert {QUANTITIES["removal"].fits(case) for case in BLOCK + POOLED + OUTPUT if not case.coupled} == {True}
    assert all(one.fits(case) for one in QUANTITIES.values() if one.name not in REMOVALS for case in HIDDEN)
    assert all(QUANTITIES["pair removal"].fits(case) == QUANTITIES["removal"].fits(case) for case in HIDDEN)
    assert not find_quantity("|removal|").fits(next(case for case in BLOCK if case.coupled))


# ------------------------------------------------------------------- the differences themselves


def test_differences_of_known_functions():
    """f = a³ b (per row): ∂f/∂a = 3a²b, ∂²f/∂a² = 6ab; ∂f/∂b = a³, ∂²f/∂b² = 0. Of degree 4 the error is rounding."""
    rows = np.array([[1.5, -2.0], [0.5, 3.0], [-1.0, 0.25]])

    def f(array):
        return array[:, 0] ** 3 * array[:, 1]

    a, b = rows.T
    np.testing.assert_allclose(slopes(f, rows), np.stack([3 * a ** 2 * b, a ** 3], axis=1), rtol=1e-10)
    np.testing.assert_allclose(curvatures(f, rows), np.stack([6 * a * b, 0 * a], axis=1), rtol=1e-8, atol=1e-7)


@pytest.mark.parametrize("differences, exact, power", [(slopes, np.exp(0.3), 4), (curvatures, np.exp(0.3), 4)])
def test_the_error_falls_with_the_fourth_power_of_the_step(differences, exact, power):
    errors = [abs(differences(lambda a: np.exp(a[:, 0]), np.array([[0.3]]), h).item() - exact) for h in (0.2, 0.1)]
    assert np.log2(errors[0] / errors[1]) == pytest.approx(power, abs=0.05)


def test_curvatures_take_three_times_the_step():
    """Of a⁶ at 1: d(h) = 30 + 30 h² + 2 h⁴, so that [4 d(h/2) − d(h)] / 3 = 30 − h⁴ / 2; the h of a step 0.1 is 0.3."""
    near(curvatures(lambda a: a[:, 0] ** 6, np.array([[1.0]]), 0.1), np.array([[30 - 0.3 ** 4 / 2]]))


def test_moves_are_of_one_entry_in_all_samples_at_once():
    array = np.arange(12.0).reshape(2, 2, 3)
    seen = []

    def f(rows):
        seen.append(rows)
        return rows.reshape(len(rows), -1).sum(axis=1)

    values = moved(f, array, 0.5)
    assert len(seen) == 1 and seen[0].shape == (5 * 6 * 2, 2, 3) and values.shape == (5, 6, 2)
    rows = seen[0].reshape(5, 6, 2, 6)
    for place, move in enumerate((1, 0.5, 0, -0.5, -1)):
        for entry in range(6):
            difference = rows[place, entry] - array.reshape(2, 6)
            expected = np.zeros((2, 6))
            expected[:, entry] = move * 0.5
            np.testing.assert_allclose(difference, expected, atol=1e-15)
    np.testing.assert_allclose(values, array.reshape(2, -1).sum(axis=1)
                               + 0.5 * np.array([1, 0.5, 0, -0.5, -1])[:, None, None] * np.ones((5, 6, 2)))


def test_samples_are_repeated_in_their_order():
    np.testing.assert_array_equal(repeated(np.array([[1, 2], [3, 4]]), 6), [[1, 2], [3, 4]] * 3)
    np.testing.assert_array_equal(repeated(np.arange(2), 4), [0, 1, 0, 1])
    assert repeated(np.ones((1, 2, 3, 4)), 5).shape == (5, 2, 3, 4)


@each("name, letters", [
    ("dL/do", ["(N, P, K)"]), ("dL/dz", ["(N, P, K)"]), ("d2L/do2", ["(N, P, K)"]), ("dL/dx", ["(N, P, F)"]),
    ("dL/dW", ["(N, K, F)", "(K, F)"]), ("d2L/dW2", ["(N, K, F)", "(K, F)"]),
    ("dL/db", ["(N, K)", "(N, 1, K)", "(K,)"]), ("dL/dy", ["(N, M)"]), ("d2L/dz2", ["(N, P, K)"]),
    ("pair removal", ["(N, K, K)", "(K, K)"]),
    ("removal", ["(N, K)", "(N, 1, K)", "(K,)"]), ("dy/do", ["(N, P, K, M)"])])
def test_forms_of_images(name, letters):
    """With several positions and outputs: none of these axes can be left out."""
    case = next(case for case in CONV if case.net.output_shape[0] > 1 and not case.coupled)
    N, K, M = len(case.x), case.net[case.layer].K, case.net.output_shape[0]
    F, P = case.net[case.layer].W[0].size, case.trace[case.layer].o[0].size // K
    if name == "dL/dx":
        *places, F = case.trace[case.layer].x.shape[1:]
        P = int(np.prod(places))
    forms = QUANTITIES[name].forms(measured(name, case))
    assert [form.letters for form in forms] == letters
    for form in forms:
        assert form.values.shape == eval(form.letters.replace("(K,)", "(K, )"))
        whole = "mean over the batch" if name in REMOVALS else "sum over the batch"
        assert form.reduction == ("per sample" if form.letters.startswith("(N") else whole)


def test_no_quantity_of_the_table_is_a_formula():
    assert not any(quantity.is_formula for quantity in QUANTITIES.values())
    assert all(name == quantity.name for name, quantity in QUANTITIES.items())


# ---------------------------------------------------------------------------- arrays of the network itself


def test_arrays_are_moved_in_place_and_put_back():
    array = np.array([[1.0, 2.0], [3.0, 4.0]])
    values = moved_in_place(lambda rows: rows.sum(axis=1), lambda: (array ** 2).sum(axis=1)[np.newaxis], array, 0.5)
    assert array.tolist() == [[1, 2], [3, 4]] and values.shape == (len(MOVES), 4, 1)
    for place, move in enumerate(MOVES):
        for entry, value in enumerate((1, 2, 3, 4)):
            assert values[place, entry, 0] == 30 - value ** 2 + (value + move * 0.5) ** 2


def test_an_error_leaves_the_array_as_it_was():
    array = np.array([1.0, 2.0])

    def outputs():
        if array[1] != 2:
            raise ArithmeticError
        return array[np.newaxis]

    with pytest.raises(ArithmeticError):
        moved_in_place(lambda rows: rows[:, 0], outputs, array, 0.5)
    assert array.tolist() == [1, 2]


def test_a_loss_of_ones_own_is_differentiated():
    """ℓ = ¼ (y − t)⁴, y = w o: ∂ℓ/∂o = w (y − t)³, ∂²ℓ/∂o² = 3 w² (y − t)²."""
    mse = mp.LOSSES["mse"]
    loss = mp.Loss("quartic", lambda y, t: ((y - t) ** 4).sum(axis=1) / 4, lambda y, t: (y - t) ** 3, mse.prepare,
                   mse.correct, targets=mse.targets)
    net = mp.Network(1, [mp.Dense(1), mp.Dense(1)])
    net["dense1"].W[...], net["dense2"].W[...] = 1, -1.5
    case = Case(net, "dense1", np.array([[0.6], [-1.2]]), np.array([[0.3], [1.0]]), loss)
    e = -1.5 * case.x - case.t
    near(measured("dL/do", case)[:, 0], -1.5 * e ** 3)
    near(measured("d2L/do2", case)[:, 0], 3 * 2.25 * e ** 2)
    near(measured("removal", case), (case.t ** 4 - e ** 4) / 4)
