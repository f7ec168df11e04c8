"""Formulas that are off by a number, alone or together with another mistake."""

from types import SimpleNamespace

import numpy as np
import pytest

import minprune as mp
from minprune.verification.diagnosis import factors as module
from minprune.verification.diagnosis import mistakes
from minprune.verification.sampling.random_networks import Case
from verification.diagnosis.probes import CASE, probe_of


def test_factors_by_hand():
    """N = 3, C = 5, P = 4 · 6, K = 2, F = 3 · 3 · 1."""
    layer = SimpleNamespace(K=2, W=np.zeros((2, 3, 3, 1)), output_shape=(4, 6, 2))
    probe = SimpleNamespace(claimed=np.ones(1), layer=layer, case=SimpleNamespace(
        x=np.zeros((3, 1)), net=SimpleNamespace(output_shape=(5,))))
    factors = {"2": 2, "½": 1 / 2, "N": 3, "1/N": 1 / 3, "C": 5, "1/C": 1 / 5, "P": 24, "1/P": 1 / 24, "K": 2,
               "1/K": 1 / 2, "F": 9, "1/F": 1 / 9, "2/C": 2 / 5, "2/N": 2 / 3, "1/(N·C)": 1 / 15, "2/(N·C)": 2 / 15}
    corrections = [module.of_factor(factor, sign) for factor in module.FACTORS for sign in (1, -1)]
    corrected = {correction.name: correction.apply(probe).item() for correction in corrections}
    expected = {f"off by the factor {sign}{text}": (-1 if sign else 1) / factor
                for text, factor in factors.items() for sign in ("", "−")}
    assert corrected.keys() == expected.keys() and corrected == pytest.approx(expected)
    assert set(expected) <= {mistake.name for mistake in mistakes.MISTAKES}
    assert {correction.name: correction.remedy for correction in corrections}["off by the factor −2/(N·C)"] == \
        "divided by it, {f} holds (N samples, C outputs)"


def test_any_factor_is_read_off_where_most_was_measured():
    probe = probe_of(lambda do: -7 * do + (np.abs(do) < np.abs(do).max()))     # one entry only is −7 times as large
    correction, = module.of_constant_factor([probe])
    assert correction.name == "off by the factor -7"
    np.testing.assert_allclose(correction.apply(probe), probe.claimed / -7)
    for formula in (lambda do: 0 * do, lambda do: do[:1], lambda do: do[9]):      # 0, or nothing to compare it with
        assert not module.of_constant_factor([probe_of(formula)])
    deaf = mp.Network(2, [mp.Dense(3, "tanh"), mp.Dense(2)], seed=1)              # ∂ℓ/∂o = 0 everywhere
    deaf["dense2"].W[...] = 0
    probe = probe_of(lambda do, o: do + o, Case(deaf, "dense1", CASE.x, CASE.t, "mse"))
    assert not probe.forms[0].values.any() and not module.of_constant_factor([probe])


def test_factors_are_printed_with_the_digits_that_they_need():
    for ratio, text in ((1.00001, "1.00001"), (3.14, "3.14"), (-7, "-7"), (1 / 3, "1/3"), (-2 / 7, "-2/7"),
                        (np.pi, "3.141593"), (0.1, "0.1"), (12345.678, "12345.68")):
        assert module.as_text(ratio) == text


def test_a_mistake_together_with_a_factor():
    probe = probe_of(lambda do: do / 2, equals="dL/dz")
    found = list(module.of_mistake_and_factor([probe], mistakes.OTHERS))
    assert found[0].name == "f′ missing, and off by the factor ½"
    np.testing.assert_allclose(found[0].apply(probe), probe.forms[0].values, rtol=1e-7)
    assert found[0].describe([probe]).endswith("holds, but for the factor")
