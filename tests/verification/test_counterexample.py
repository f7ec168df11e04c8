"""The smallest counterexamples: real networks, small and round. (Those of the bank are measured anew there.)"""

import json

import numpy as np

import minprune as mp
from minprune.verification import verify
from minprune.verification.counterexample import numbers, roughness
from minprune.verification.networks import Case


def minus_chain_rule(dz_next, W_next):
    return -dz_next @ W_next


def test_it_is_printed_so_that_it_can_be_redone_on_paper():
    told = str(verify(minus_chain_rule, "dL/do").counterexample)
    assert told == """The smallest counterexample found: a network 1 → 1 → 1, mse, 1 sample, asked about dense1.
  dense1: W = [[1]], b = [0], identity
  dense2: W = [[1]], b = [0], identity
  x = [[1]], t = [[0]]
  dense1: z = [[1]], o = [[1]]
  dense2: z = [[1]], o = [[1]]
  dL/do of dense1: claimed [[-1]], measured [[1]]"""


def test_two_samples_only_where_one_does_not_show_it():
    example = verify(lambda do: do / len(do), "dL/do").counterexample
    assert example.x.shape == (2, 1)
    assert [example.net[name].K for name in example.net.neuron_layers] == [1, 1]


def test_where_is_kept():
    where = {"activation": "tanh", "loss": "cross_entropy", "outputs": 3, "that": "no biases"}
    example = verify(lambda do: -do, "dL/dz", where=where, trials=30).counterexample
    assert example.loss == "cross_entropy" and example.net.output_shape == (3,)
    assert example.net["dense1"].f.name == "tanh" and not example.net["dense1"].b.any()


def test_of_conv_layers():
    example = verify(lambda dz: dz.mean(axis=1), "dL/db", where={"layers": "conv"}, trials=30).counterexample
    assert example.layer == "conv1" and example.net.input_shape == (1, 2, 1)
    assert "a network (1, 2, 1) → 1 → 1" in str(example)


def test_batch_norm_is_told():
    verdict = verify(lambda dz, x: dz.transpose(0, 2, 1) @ x, "dL/dW", where={"batch_norm": True}, trials=30)
    example = verdict.counterexample
    assert ", γ = [" in str(example) and ", β = [" in str(example)


def test_a_claim_that_few_small_networks_break_is_shown_on_a_random_one():
    """Wrong only where a layer has four neurons: no small structure of this `where` has so few."""
    verdict = verify(lambda do: do * (1 + (do.shape[2] == 4)), "dL/do", where={"depth": 4})
    assert verdict.counterexample.net[verdict.counterexample.layer].K == 4
    assert verdict.mistake is None


def test_a_dict_that_rebuilds_the_network():
    example = verify(minus_chain_rule, "dL/do", trials=20).counterexample
    told = json.loads(json.dumps(example.to_dict()))
    arrays = {name: np.array(one, float) for name, one in told["arrays"].items()}
    net = mp.Network.from_settings(told["settings"], arrays)
    np.testing.assert_array_equal(net.predict(np.array(told["x"])), example.net.predict(example.x))
    assert told["claimed"] == [[[-1]]] or told["claimed"] == example.claimed.tolist()
    assert told["layer"] == "dense1" and told["quantity"] == "dL/do" and told["problem"] is None


def test_round_numbers_are_less_rough():
    def case(weight, activation="identity", loss="mse"):
        net = mp.Network(1, [mp.Dense(1, activation), mp.Dense(1)])
        net["dense1"].W[...], net["dense2"].W[...] = weight, 1
        return Case(net, "dense1", np.ones((1, 1)), np.zeros((1, 1)), loss)

    assert roughness(case(1)) < roughness(case(2)) < roughness(case(0.5)) < roughness(case(0.3))
    assert roughness(case(1)) < roughness(case(1, "relu")) < roughness(case(1, "tanh"))
    assert roughness(case(1)) < roughness(case(1, loss="binary_cross_entropy"))


def test_numbers_on_one_line():
    assert numbers(np.array([[1.0, -0.5]])) == "[[1, -0.5]]"
    assert numbers(np.array([[[1 / 3]]])) == "[[0.33333]]"
    assert "\n" not in numbers(np.ones((3, 4)))
