"""What two articles on pruning by importance claim, as formulas with their verdicts."""

import functools

import numpy as np

from minprune.verification import verify as verification

verify = functools.partial(verification, trials=30)


def every_neuron(values, o):
    """(N,) or (N, 1) -> (N, K)."""
    return np.repeat(values.reshape(len(o), 1), o.shape[-1], axis=1)


def test_the_contribution_by_the_chain_rule():
    """s_i = ∂L/∂o_i = Σ_k ∂L/∂z_k · w_ki, over the neurons k of the next layer."""
    assert verify(lambda dz_next, W_next: dz_next @ W_next, "dL/do")


def test_the_chain_rule_through_the_output_needs_all_outputs():
    """∂L/∂o_i = ∂L/∂y · ∂y/∂o_i holds with the sum over the outputs; with one of them it is one path of several."""
    linear = {"layer": "last hidden", "activation": "identity"}
    assert verify(lambda dy, W_next: dy @ W_next, "dL/do", where=linear)
    verdict = verify(lambda dy, W_next: dy[:, :1] * W_next[:1], "dL/do", where=linear)
    assert verdict.mistake.name == "only one of several paths"


def test_linear_activations_do_not_make_the_slope_of_the_output_one():
    """"For linear activations ∂y/∂o_i = 1": it is the product of the weights on the way."""
    one_output = {"activation": "identity", "outputs": 1}
    verdict = verify(lambda o: np.ones_like(o), "dy/do", where=one_output)
    assert not verdict and verdict.failed == verdict.trials
    example = verdict.counterexample
    assert [example.net[name].K for name in example.net.neuron_layers] == [1, 1]
    assert abs(example.measured.item() - example.net["dense2"].W.item()) < 1e-9 and example.claimed.item() == 1


def test_so_that_the_contribution_is_not_the_gradient_of_the_output():
    """"so s_i = ∂L/∂y": the same for all neurons, whatever their weights."""
    verdict = verify(lambda dy, o: every_neuron(dy, o), "dL/do", where={"activation": "identity", "outputs": 1})
    assert not verdict and verdict.mistake is None


def test_one_over_the_contribution_is_no_importance():
    """I_i = 1/s_i puts the neurons in the reverse of the order in which the first article's |gradient| does."""
    one_sample = {"samples": 1}
    first = verify(lambda do: np.abs(do), ranks_like="|dL/do|", where=one_sample, least=0.999)
    second = verify(lambda do: 1 / (1e-12 + np.abs(do)), ranks_like="|dL/do|", where=one_sample)
    assert first.found["median"] == 1 and second.found["median"] == -1 and "upside down" in str(second)


def test_one_over_the_contribution_keeps_what_can_go():
    verdict = verify(lambda o, do: 1 / (1e-12 + np.abs(o * do).sum(axis=1)), ranks_like="|removal|")
    assert not verdict and verdict.found["median"] < -0.5
    assert verify(lambda o, do: np.abs(o * do).sum(axis=1), ranks_like="|removal|")


HALF_SQUARES = {"loss": "mse", "layer": "last hidden"}          # L = ½ Σ (y_i − o_i)², as in the example


def test_the_derivatives_of_the_hidden_neurons_have_the_wrong_sign():
    """∂L/∂h_j = Σ_i (y_i − o_i) ∂o_i/∂h_j, for j = 1 … 5: y is the target there, and o the output."""
    verdict = verify(lambda y, t, W_next: (t - y) @ W_next, "dL/do", where=HALF_SQUARES)
    assert not verdict and verdict.mistake.name == "wrong sign"
    assert verify(lambda y, t, W_next: (y - t) @ W_next, "dL/do", where=HALF_SQUARES)


def test_the_derivatives_of_the_outputs_are_none_of_them():
    """∂L/∂o_k = Σ_i (y_i − o_i) ∂o_i/∂h_k: it is o_k − y_k, with no weight in it."""
    where = {"loss": "mse", "layer": "output", "activation": "identity", "outputs": 2, "neurons": 5, "depth": 2}
    verdict = verify(lambda y, t, W: ((t - y) @ W)[:, :2], "dL/do", where=where)
    assert not verdict and verdict.mistake is None and verdict.problem is None
    assert verify(lambda y, t: y - t, "dL/do", where=where)


def test_the_second_listing_scores_arrays_not_neurons():
    """`[1 / np.abs(grad.numpy()).mean() for grad in gradients]`: one number for a whole array of weights."""
    verdict = verify(lambda dW: 1 / np.abs(dW).mean(), ranks_like="removal", where={"activation": "sigmoid"})
    assert not verdict and "returned the shape ()" in verdict.problem


def test_the_first_listing_scores_weights_not_neurons():
    """`np.abs(gradients)`: one number a weight; its smallest are no neurons that could be removed."""
    verdict = verify(lambda dW: np.abs(dW).mean(axis=0), ranks_like="removal")
    assert not verdict and "returned the shape" in verdict.problem and "expected (N, K)" in verdict.problem
