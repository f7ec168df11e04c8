"""An activation as a layer of its own: gradients, a ResNet by hand, surgery, and every score right or refused."""

import numpy as np
import pytest

import minprune as mp
from few_steps import few_steps
from minprune.engine.facts import NotSaid
from minprune.scoring.catalogue import CATALOGUE

pytestmark = pytest.mark.filterwarnings("ignore:reciprocal_gradient")


def resnet(f="relu", seed=0):
    """A block with an activation behind its sum, as in the first ResNets."""
    net = mp.Network((5, 5, 2), [mp.Conv2D(3, 3, "relu", padding="same"),
                                 mp.Residual([mp.Conv2D(4, 3, "tanh", padding="same"), mp.Conv2D(3, 3, padding="same")]),
                                 mp.ActivationLayer(f), mp.AvgPool2D(2), mp.Flatten(), mp.Dense(4, "tanh"), mp.Dense(3)],
                     seed=seed)
    rng = np.random.default_rng(seed)
    for name in net.neuron_layers:
        net[name].b[...] = rng.normal(0, 0.3, net[name].K)
    return net


def samples(net, N=4):
    rng = np.random.default_rng(1)
    return rng.normal(size=(N, *net.input_shape)), rng.integers(0, 3, N)


@pytest.mark.parametrize("f", ["relu", "gelu", "sigmoid"])
def test_gradients_are_central_differences(f):
    net = mp.Network(3, [mp.Residual([mp.Dense(3, "tanh")]), mp.ActivationLayer(f), mp.Dense(3)])
    assert mp.check_gradients(net, *samples(net, 2), "cross_entropy").worst < 1e-6
    net = mp.Network((2, 2, 1), [mp.Conv2D(1, 1), mp.ActivationLayer(f), mp.AvgPool2D(2), mp.Flatten(), mp.Dense(3)])
    assert mp.check_gradients(net, *samples(net, 2), "cross_entropy").worst < 1e-6


def test_it_computes_what_the_activation_inside_a_layer_computes(close):
    x = np.random.default_rng(0).normal(size=(3, 4))
    one = mp.Network(4, [mp.Dense(5, "tanh"), mp.Dense(2)])
    two = mp.Network(4, [mp.Dense(5), mp.ActivationLayer("tanh"), mp.Dense(2)])
    two.fill(one.arrays())
    close(two.predict(x), one.predict(x), 0)
    assert two.layers["activation1"].multiply_adds() == 0


def test_the_sum_of_a_block_by_hand():
    """x = −2 goes through the weight 3 and around: relu(−2 + 3 · −2) = 0; x = 1: relu(1 + 3) = 4."""
    net = mp.Network(1, [mp.Residual([mp.Dense(1)]), mp.ActivationLayer("relu")])
    net["dense1"].W[...] = 3
    assert net.predict(np.array([[-2.0], [1.0]])).tolist() == [[0], [4]]


def test_prune_is_mask_and_coupled_neurons_leave_together(random_keep, close):
    net = resnet()
    x, _ = samples(net)
    assert net.hidden_layers == ["conv1+conv3", "conv2", "dense1"]
    for seed in range(4):
        keep = random_keep(net, seed)
        close(mp.prune(net, keep).predict(x), mp.mask(net, keep).predict(x))


def test_an_activation_that_is_not_0_at_0_leaves_with_the_neurons_before_it(random_keep, close, tmp_path, fingerprint):
    net = resnet("sigmoid")
    x, t = samples(net)
    assert net.hidden_layers == ["conv1+conv3", "conv2", "dense1"]
    for seed in range(3):
        keep = random_keep(net, seed)
        masked = mp.mask(net, keep)
        close(mp.prune(net, keep).predict(x), masked.predict(x))
    assert mp.check_gradients(masked, x[:2], t[:2], "cross_entropy", entries=4).worst < 1e-6
    masked.save(tmp_path / "net.npz")
    assert fingerprint(mp.Network.load(tmp_path / "net.npz")) == fingerprint(masked) == fingerprint(masked.copy())
    silent = np.array([True, False, True])
    o = mp.mask(net, {"conv1+conv3": silent}).forward(x)["activation1"].o
    assert not o[..., 1].any() and o[..., silent].all()


def test_every_score_gives_numbers_or_a_reason():
    nets = resnet("relu"), resnet("tanh")
    x, t = samples(nets[0], 3)
    for place, name in enumerate(CATALOGUE):
        try:
            scores = mp.score(nets[place % 2], name, x, t, "cross_entropy", **few_steps(name))
        except (NotSaid, ValueError) as error:
            assert f'"{name}"' in str(error) or "block" in str(error) or "coupled" in str(error), name
        else:
            assert all(np.isfinite(row).all() or name == "reciprocal_gradient" for row in scores.values()), name


def test_removal_is_the_loss_without_the_neuron():
    net = resnet()
    x, t = samples(net)
    scores = mp.score(net, "removal", x, t, "cross_entropy")
    for name in net.hidden_layers:
        for i in range(net[name].K):
            without = mp.mask(net, {name: np.arange(net[name].K) != i})
            losses = [mp.record(one, x, t, "cross_entropy").L for one in (without, net)]
            assert abs(scores[name][i] - (losses[0] - losses[1]).mean()) < 1e-12


@pytest.mark.parametrize("f", ["tanh", "sigmoid"])
def test_second_derivatives_pass_curved_layers(f, close):
    """Of weights they are those of the activation inside; of outputs too, where it is a part of the neuron."""
    net = mp.Network(3, [mp.Dense(4), mp.ActivationLayer(f), mp.Dense(2)], seed=1)
    x, t = np.random.default_rng(0).normal(size=(4, 3)), np.ones((4, 2))
    for name in ("obd", "obd_outputs", "taylor_second_order") if f == "sigmoid" else ("obd",):
        (row,), (merged,) = [mp.score(one, name, x, t, "mse").values() for one in (net, net.merged())]
        close(row, merged)
    with pytest.raises(NotSaid, match="does not say its second derivative"):
        quiet = mp.Activation("quiet", np.tanh, lambda z: 1 - np.tanh(z) ** 2)
        mp.score(mp.Network(3, [mp.Dense(4), mp.ActivationLayer(quiet), mp.Dense(2)]), "obd", x, t, "mse")


def test_second_derivatives_behind_a_rectifier_are_those_of_the_activation_inside(close):
    """The neurons' outputs differ, z here and f(z) there; the weights and their second derivatives are the same."""
    one = mp.Network(3, [mp.Dense(4, "leaky_relu"), mp.Dense(2)], seed=3)
    two = mp.Network(3, [mp.Dense(4), mp.ActivationLayer("leaky_relu"), mp.Dense(2)])
    two.fill(one.arrays())
    x, t = np.random.default_rng(0).normal(size=(5, 3)), np.ones((5, 2))
    for name in ("obd", "synflow", "weight_norm", "outgoing_norm"):
        close(mp.score(two, name, x, t, "mse")["dense1"], mp.score(one, name, x, t, "mse")["dense1"])


def test_a_mask_of_its_own_holds_channels_and_their_gradients_at_0(tmp_path, fingerprint):
    net = mp.Network(3, [mp.Dense(4), mp.ActivationLayer("leaky_relu"), mp.Dense(3)], seed=1)
    layer, (x, t) = net.layers["activation1"], samples(net, 2)
    layer.mask = np.array([True, False, True, True])
    trace = net.forward(x)["activation1"]
    assert not trace.o[:, 1].any() and trace.o[:, 0].all()
    assert mp.check_gradients(net, x, t, "cross_entropy").worst < 1e-6
    for back in (layer.backward, layer.tangent, layer.squares_back, layer.bounds_back):
        assert not back(trace, np.ones((2, 4)))[:, 1].any() and back(trace, np.ones((2, 4)))[:, 0].all()
    net.save(tmp_path / "net.npz")
    assert fingerprint(mp.Network.load(tmp_path / "net.npz")) == fingerprint(net)


def test_slopes_of_rays():
    for name, nonnegative in {"relu": True, "leaky_relu": True, "identity": True, "tanh": None}.items():
        layer = mp.ActivationLayer(name)
        assert layer.nonnegative is nonnegative
    assert mp.ActivationLayer("leaky_relu").bounds_back(None, np.array([2.0, 3.0])).tolist() == [2, 3]
    assert mp.ActivationLayer("identity").linear and not mp.ActivationLayer("relu").linear
    falling = mp.Activation("falling", lambda z: -z, lambda z: -np.ones_like(z), homogeneous=True, odd=True)
    assert mp.ActivationLayer(falling).nonnegative is False
    assert mp.ActivationLayer(mp.Activation("quiet", np.tanh, np.tanh)).linear is None


def test_files_and_copies_know_it(tmp_path, fingerprint):
    net = resnet("elu")
    net.save(tmp_path / "net.npz")
    assert fingerprint(mp.Network.load(tmp_path / "net.npz")) == fingerprint(net) == fingerprint(net.copy())
    assert "activation1" in repr(net)
