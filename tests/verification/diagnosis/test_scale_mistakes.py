"""What makes a formula depend on scales is named where its correction helps on all networks, and only there."""

import numpy as np
import pytest

from minprune.verification.claims.claim import Trial
from minprune.verification.claims.invariance import Invariance
from minprune.verification.diagnosis.batch_mistakes import is_same
from minprune.verification.diagnosis.probe import DoesNotApply, Probe
from minprune.verification.diagnosis.scale_mistakes import counterweight, degree_in, of_scales
from minprune.verification.formulas import Formula
from minprune.verification.sampling.changed_cases import rescaled_case, scales
from minprune.verification.sampling.random_networks import draw_cases
from minprune.verification.sampling.where import Where
from minprune.verification.verify import verify

SCALES = "relu rescaling"
NAMED = [
    ("scales with a", lambda W: np.sqrt((W ** 2).sum(axis=1))),
    ("scales with a", lambda W, b: np.abs(W).sum(axis=1) + np.abs(b)),
    ("scales with a²", lambda W: (W ** 2).sum(axis=1)),
    ("scales with √a", lambda W: np.sqrt(np.abs(W).sum(axis=1))),
    ("scales with 1/a", lambda W_out: np.abs(W_out).sum(axis=1)),
    ("scales with 1/a²", lambda W_out, do: do[:, 0] * W_out.sum(axis=1)),
    ("scales with a", lambda o, do: o ** 2 * do),
]
UNNAMED = [
    (lambda W, W_out: np.abs(W).sum(axis=1) + np.abs(W_out).sum(axis=1)),
    (lambda W: np.abs(W).sum(axis=1) / np.abs(W).sum()),
    (lambda o: np.exp(-o)),
]


@pytest.mark.parametrize("mistake, formula", NAMED)
def test_the_mistake_is_named(mistake, formula):
    verdict = verify(formula, invariant=SCALES, trials=12)
    assert verdict.mistake and verdict.mistake.name == mistake, str(verdict)


@pytest.mark.parametrize("mistake, formula", NAMED[::4])
def test_conv_layers_as_well(mistake, formula):
    verdict = verify(formula, invariant=SCALES, trials=12, where={"layers": "conv"})
    assert verdict.mistake and verdict.mistake.name == mistake, str(verdict)


@pytest.mark.parametrize("formula", UNNAMED)
def test_nothing_is_said_rather_than_a_guess(formula):
    verdict = verify(formula, invariant=SCALES, trials=12)
    assert not verdict and verdict.mistake is None, str(verdict)


def remedy(formula, **where):
    return verify(formula, invariant=SCALES, where=where or None, trials=12).mistake.remedy


def test_the_remedies_say_what_was_measured():
    assert remedy(lambda W: np.abs(W).sum(axis=1)) == (
        "it is homogeneous of degree 1 in W; times Σ |w| over its outgoing weights, formula holds (on all 12 networks)")
    assert remedy(lambda o, do: o ** 2 * do).startswith(
        "it is homogeneous of degree 2 in o and of degree 1 in do; times Σ |w| over its outgoing weights, ")
    assert remedy(lambda W_out: (W_out ** 2).sum(axis=1)).startswith(
        "it is homogeneous of degree 2 in W_out; times Σ |w| over its incoming weights to the power 2, ")


def test_batch_norm_scales_by_gamma_and_beta():
    assert remedy(lambda gamma, W: np.abs(gamma), batch_norm=True).startswith(
        "it is homogeneous of degree 1 in gamma; ")
    verdict = verify(lambda W: np.abs(W).sum(axis=1), invariant=SCALES, where={"batch_norm": True}, trials=10)
    assert verdict                              # W stays as it is, γ and β are multiplied


def cases(count=30, **where):
    where = Where({"activation": "relu", "residual": False, **where})
    return draw_cases(where, count, 0, lambda case: not case.coupled)


def test_counterweights_of_rescaled_networks():
    for case in cases(samples=(2, 3)):
        other, a = rescaled_case(case), scales(case)
        np.testing.assert_allclose(other.trace.y, case.trace.y, rtol=1e-12, atol=1e-12)
        np.testing.assert_allclose(other.trace[case.layer].o, case.trace[case.layer].o * a, rtol=1e-12)
        np.testing.assert_allclose(other.trace[case.layer].do, case.trace[case.layer].do / a, rtol=1e-12)
        for power in (1, -2, 0.5):
            np.testing.assert_allclose(counterweight(other, power), counterweight(case, power) * a ** -float(power))


@pytest.mark.parametrize("name, sign, expected, formula", [
    ("W", 1, 1, lambda W: W), ("W", 1, 2, lambda W: W ** 2), ("do", -1, 1, lambda do: do),
    ("do", -1, 0, lambda do: np.sign(do)), ("o", 1, 0.5, lambda o: np.sqrt(np.abs(o))),
    ("do", -1, -1, lambda do: 1 / (do + (do == 0))), ("z", 1, None, lambda z: np.exp(z))])
def test_degrees(name, sign, expected, formula):
    claim = Invariance(Formula(formula), SCALES, 1e-6)
    case = next(one for one in cases() if (one.trace[one.layer].z > 0).all() and one.trace[one.layer].do.all())
    axis = formula.__code__.co_varnames[0] != "W" and 2 or 0
    probe = Probe(claim, claim.trial(case)).about(case)
    assert degree_in(probe, probe.about(rescaled_case(case)), [name], axis, sign) == expected


def probe_of(formula, case):
    return Probe(Invariance(Formula(formula), SCALES, 1e-6), Trial(case, None, None, 0.0)).about(case)


@pytest.mark.parametrize("power, text", [(1, "a"), (2, "a²"), (3, "a³"), (0.5, "√a"), (-1, "1/a"), (-2, "1/a²"),
                                         (-3, "1/a³"), (-0.5, "1/√a")])
def test_powers_of_the_scales(power, text):
    """(Σ |w|)^p scales with a^p: the correction of this name, and no other, takes that back."""
    case = next(one for one in cases(outputs=2) if one.net[one.layer].K == 2)
    probe = probe_of(lambda W: np.abs(W).sum(axis=1) ** power, case)
    after = probe.about(rescaled_case(case))
    np.testing.assert_allclose(after.claimed, probe.claimed * scales(case) ** power)
    helping = {one.name for one in of_scales([probe])
               if probe.claimed.ndim == 1 and accepted(one, probe, after)}
    assert helping == {f"scales with {text}"}


def accepted(correction, probe, after):
    try:
        return is_same(correction.apply(after), correction.apply(probe))
    except DoesNotApply:
        return False
