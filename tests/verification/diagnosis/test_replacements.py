"""Every result that equals a wrong array is the right one instead."""

import numpy as np

from minprune.verification.diagnosis.replacements import REDRAWN, Pair, another
from minprune.verification.sampling.random_networks import Case
from verification.diagnosis.probes import CASE, NET, O, applied, probe_of


def test_what_equals_z_without_b_is_z():
    z, z_next = CASE.trace["dense1"].z, CASE.trace["dense2"].z
    here = probe_of(lambda x, W: np.tanh(x @ W.T) + W[0, 0])
    np.testing.assert_allclose(applied("bias forgotten", here), np.tanh(z)[:, np.newaxis] + NET["dense1"].W[0, 0],
                               rtol=1e-12)
    flat = probe_of(lambda x, W: x[:, 0] @ W.T)
    np.testing.assert_allclose(applied("bias forgotten", flat), z, rtol=1e-12)
    there = probe_of(lambda o, W_next: o @ W_next.T)
    np.testing.assert_allclose(applied("bias forgotten", there)[:, 0], z_next, rtol=1e-12)
    no_next = probe_of(lambda o: o @ NET["dense2"].W.T)                        # it does not need the next layer
    np.testing.assert_allclose(applied("bias forgotten", no_next)[:, 0], z_next - NET["dense2"].b, rtol=1e-12)
    for formula in (lambda x, W: x @ (W * (1 + 1e-9)).T, lambda x, W: W @ x.transpose(0, 2, 1),
                    lambda x, W: np.einsum("npf,kf->kn", x, W)):                   # not W x, or of another shape
        probe = probe_of(formula)
        np.testing.assert_array_equal(applied("bias forgotten", probe), probe.claimed)


def test_of_a_dead_layer_the_result_is_known_by_its_place():
    """Where x = 0, W x is 0, and so is all else that is multiplied by it."""
    dead = Case(NET, "dense1", np.zeros((1, 2)), CASE.t[:1], "mse")
    probe = probe_of(lambda do, x, W: (0 * do) * (1 - np.tanh(x @ W.T) ** 2) + x @ W.T, dead)
    np.testing.assert_allclose(applied("bias forgotten", probe), dead.trace["dense1"].z[:, np.newaxis], rtol=1e-12)


def test_of_a_single_number_one_redrawn_network_is_enough():
    """A single number is always one number throughout: no other network would be better."""
    for pairs_of, drawn in ((lambda probe: [Pair(probe.arrays["x"][:1, 0, :1], O)], [0]),
                            (lambda probe: [Pair(np.zeros((2, 2)), O)], list(range(REDRAWN))),
                            (lambda probe: [Pair(probe.arrays["x"], O)], [0])):
        probe = probe_of(lambda x, do: do * x.sum())
        assert another(probe, pairs_of) is probe.drawn[drawn[-1]] and list(probe.drawn) == drawn


def test_pairs_match_shapes_but_for_axes_of_length_1():
    same = np.array([0.0, np.inf, np.nan, 1])
    assert Pair(same[:2], O).matches(same[:2]) and not Pair(same[1:2], O).matches(same[3:])
    assert not Pair(same[2:3], O).matches(same[2:3]) and Pair(same > 0, O).matches(same > 0)
    assert Pair(np.array([1e6]), O).matches(np.array([1e6 + 5e-6])) and not Pair(O, O).matches(O + 2e-11)
    pair = Pair(np.array([[1.0, 2]]), np.zeros((1, 2)))
    assert pair.matches(np.array([[[1.0, 2]]])) and not pair.matches(np.array([1.0, 2]))
    assert not pair.matches(np.array([[1.0, 2 + 1e-9]])) and not pair.matches(np.array(1.0))
