"""A layer, an activation and a loss of one's own: everything is right with them, or refused by name.

Ground truth is a twin made of built-in parts, which computes the same function, a central difference, or the loss of
the network with the neuron's output held at 0.
"""

import dataclasses
import functools

import numpy as np
import pytest

import minprune as mp
from cases import each
from few_steps import few_steps
from minprune.engine.facts import NotSaid
from minprune.scoring.catalogue import CATALOGUE

pytestmark = pytest.mark.filterwarnings("ignore:reciprocal_gradient")

# ------------------------------------------------------------------------------------------------ the toys


@mp.register_layer
class Standardise(mp.Layer):
    """o = (x − m) / s over the features of each sample: every output reads every input, and it is curved."""

    prefix = "standardise"
    linear = passes_on = keeps_channels = False

    def forward(self, x, training=False, rng=None):
        self.check_input(x)
        s = np.sqrt(x.var(axis=1, keepdims=True) + 0.1)
        return mp.LayerTrace(x, (x - x.mean(axis=1, keepdims=True)) / s, saved={"s": s})

    def tangent(self, trace, dx):
        o, s = trace.o, trace.saved["s"]
        return (dx - dx.mean(axis=1, keepdims=True) - o * (o * dx).mean(axis=1, keepdims=True)) / s

    def backward(self, trace, do, need_dx=True, need_grads=True):
        trace.do = do
        return self.tangent(trace, do)                      # the Jacobian is symmetric

    def kinks(self, trace):
        return np.zeros(0, bool)


class Mean(mp.Layer):
    """The mean of 2×2 pixels: the same function as AvgPool2D(2). Registered below; says what it can."""

    prefix = "mean"
    linear, passes_on, nonnegative, keeps_channels = True, False, True, True

    def shape_from(self, input_shape):
        height, width, channels = input_shape
        return height // 2, width // 2, channels

    def forward(self, x, training=False, rng=None):
        self.check_input(x)
        return mp.LayerTrace(x, self.tangent(None, x))

    def tangent(self, trace, dx):
        N, (height, width, C) = len(dx), self.output_shape
        return dx[:, :2 * height, :2 * width].reshape(N, height, 2, width, 2, C).mean(axis=(2, 4))

    def backward(self, trace, do, need_dx=True, need_grads=True):
        trace.do = do
        dx = np.zeros((len(do), *self.input_shape))
        dx[:, :2 * do.shape[1], :2 * do.shape[2]] = do.repeat(2, axis=1).repeat(2, axis=2) / 4
        return dx

    def squared_share(self):
        return 0.25

    def squares_back(self, trace, h):
        return self.backward(mp.LayerTrace(trace.x), h) / 4


@mp.register_layer
class Gain(mp.Layer):
    """o_c = g_c x_c: a trained number for each channel."""

    prefix = "gain"
    linear, passes_on, nonnegative, keeps_channels = True, False, False, True

    def build(self, input_shape, rng, dtype):
        super().build(input_shape, rng, dtype)
        self.g = np.ones(input_shape[-1], dtype)

    def parameters(self):
        return {"g": self.g}

    def forward(self, x, training=False, rng=None):
        self.check_input(x)
        return mp.LayerTrace(x, self.g * x)

    def tangent(self, trace, dx):
        return self.g * dx

    def backward(self, trace, do, need_dx=True, need_grads=True):
        trace.do = do
        if need_grads:
            trace.grads["g"] = (do * trace.x).reshape(-1, len(self.g)).sum(axis=0)
        return self.g * do

    def kinks(self, trace):
        return np.zeros(0, bool)

    def without_channels(self, arrays, stays):
        return {"g": arrays["g"][stays]}


@mp.register_layer
class Silent(Mean):
    """The same mean, which says nothing about itself."""

    prefix = "silent"
    linear = passes_on = nonnegative = keeps_channels = None
    squared_share, squares_back = mp.Layer.squared_share, mp.Layer.squares_back


mp.register_layer(Mean)
TANH = dataclasses.replace(mp.ACTIVATIONS["tanh"], name="my_tanh")
QUIET_TANH = mp.Activation("quiet_tanh", np.tanh, lambda z: 1 - np.tanh(z) ** 2)
MSE = dataclasses.replace(mp.LOSSES["mse"], name="my_mse")
QUIET_MSE = mp.Loss("quiet_mse", *(getattr(MSE, key) for key in ("function", "derivative", "prepare", "correct")))


# --------------------------------------------------------------------------------------------- networks of them


def dense_net(activation="tanh", between=()):
    return mp.Network(5, [mp.Dense(6, activation), *between, mp.Dense(4, activation), mp.Dense(3)], seed=1)


def conv_net(pool):
    net = mp.Network((6, 6, 2), [mp.Conv2D(4, 3, "tanh"), pool, mp.Conv2D(3, 1, "relu"), mp.Flatten(), mp.Dense(3)],
                     seed=1)
    net["conv1"].b[...] = [0.3, -0.2, 0.1, 0.4]
    return net


def samples(net, N=4):
    rng = np.random.default_rng(0)
    return rng.normal(size=(N, *net.input_shape)), rng.normal(size=(N, *net.output_shape))


def gained():
    net = dense_net(between=[Gain()])
    net["gain1"].g[...] = np.linspace(-1, 2, 6)
    return net


NETWORKS = {"an activation": functools.partial(dense_net, TANH),
            "a layer that mixes": lambda: dense_net(between=[Standardise()]),
            "a layer that averages": lambda: conv_net(Mean()), "a layer with parameters": gained}
KEEPS = [name for name in NETWORKS if name != "a layer that mixes"]


@functools.lru_cache(maxsize=None)
def scores_of(name, make, loss):
    """The score, or the NotSaid that refuses it; γ as a formula of one's own, which gets ones where there is none."""
    net = make()
    try:
        asked = (lambda gamma: abs(gamma)) if name == "batch_norm_scale" else name
        return mp.score(net, asked, *samples(net), loss, **few_steps(name))
    except NotSaid as refusal:
        return refusal


def mixing():
    return dense_net(between=[Standardise()])


def averaging():
    return conv_net(Mean())


def averaging_silently():
    return conv_net(Silent())


def built_in_average():
    return conv_net(mp.AvgPool2D(2))


def built_in_dense():
    return dense_net()


def own_activation():
    return dense_net(TANH)


def quiet_activation():
    return dense_net(QUIET_TANH)


def assert_same(scores, twin, close):
    assert list(scores) == list(twin)
    for layer in twin:
        close(scores[layer], twin[layer], 1e-10, least=1e-6)


# ------------------------------------------------------------------------------------------ it lives in a network


@pytest.mark.parametrize("name", NETWORKS)
def test_gradients_are_those_of_central_differences(name):
    net = NETWORKS[name]()
    assert mp.check_gradients(net, *samples(net), MSE, entries=40).worst < 1e-6


@pytest.mark.parametrize("name", NETWORKS)
def test_it_is_trained_copied_saved_and_loaded(name, tmp_path, fingerprint):
    net = NETWORKS[name]()
    x, t = samples(net)
    history = mp.fit(net, x, t, MSE, mp.SGD(0.05), epochs=20, progress=False)
    assert history.loss[-1] < 0.8 * history.loss[0]
    net.save(tmp_path / "net.npz")
    own = [TANH] if name == "an activation" else []
    for other in (net.copy(), mp.Network.load(tmp_path / "net.npz", activations=own)):
        assert fingerprint(other) == fingerprint(net) and np.array_equal(other.predict(x), net.predict(x))
    mp.save_sparse(net, tmp_path / "sparse.npz")
    assert np.array_equal(mp.load_sparse(tmp_path / "sparse.npz", activations=own).predict(x), net.predict(x))


@pytest.mark.parametrize("name", KEEPS)
def test_prune_is_mask(name, random_keep, close):
    net = NETWORKS[name]()
    for seed in range(5):
        keep = random_keep(net, seed)
        close(mp.prune(net, keep).predict(samples(net)[0]), mp.mask(net, keep).predict(samples(net)[0]))


def test_a_layer_that_mixes_channels_can_be_masked_around_but_not_pruned(close):
    net = mixing()
    x, _ = samples(net)
    keep = {"dense1": np.arange(6) < 3}
    o = net.forward(x)["dense1"].o * keep["dense1"]
    close(mp.mask(net, keep).predict(x), net.tail("dense1", o))
    with pytest.raises(NotSaid, match='"standardise1" mixes the channels of "dense1".* pruning is not possible'):
        mp.prune(net, keep)
    small = mp.prune(net, {"dense2": np.arange(4) < 2})               # behind it nothing is mixed
    close(small.predict(x), mp.mask(net, {"dense2": np.arange(4) < 2}).predict(x))


def test_a_layer_that_says_nothing_is_not_pruned_around():
    net = averaging_silently()
    with pytest.raises(NotSaid, match='"silent1" does not say whether its channels stay channels .*, which pruning'):
        mp.prune(net, {"conv1": np.arange(4) < 2})
    with pytest.raises(NotSaid, match='Silent "silent1" does not say on which side of its kinks'):
        mp.check_gradients(net, *samples(net), "mse")


# --------------------------------------------------------------------------------------------------- every score

REFUSED_BY_MIXING = {"grasp", "obd", "obd_outputs", "taylor_second_order", "outgoing_norm", "outgoing_norm_l1",
                     "group_norm", "data_free_similarity", "nisp", "synflow", "deeplift", "lrp_epsilon", "lrp_zplus",
                     "thinet", "contribution", "wanda_channel", "fluctuation", "group_fisher", "obs_neurons",
                     "hessian_trace", "sosp", "relative_sensitivity", "lasso"}
OF_SECOND_ORDER = {"grasp", "obd", "obd_outputs", "taylor_second_order", "hessian_trace", "sosp"}
OF_THE_LOSS = OF_SECOND_ORDER | {"obs", "obs_neurons", "kron_obd", "kron_obs"}


@each("name", CATALOGUE)
def test_every_score_with_parts_of_ones_own(name, close):
    """An activation, a loss and a layer."""
    assert_same(scores_of(name, own_activation, "mse"), scores_of(name, built_in_dense, "mse"), close)
    assert_same(scores_of(name, built_in_dense, MSE), scores_of(name, built_in_dense, "mse"), close)
    assert_same(scores_of(name, averaging, "mse"), scores_of(name, built_in_average, "mse"), close)


@each("name", CATALOGUE)
def test_every_score_with_parts_that_say_nothing(name, close):
    """An activation, a loss and a layer."""
    scores = scores_of(name, quiet_activation, "mse")
    if name in OF_SECOND_ORDER:
        assert f'score "{name}"' in str(scores) and 'activation "quiet_tanh" does not say its second' in str(scores)
    else:
        assert_same(scores, scores_of(name, built_in_dense, "mse"), close)

    scores = scores_of(name, built_in_dense, QUIET_MSE)
    if name in OF_THE_LOSS:
        assert f'score "{name}"' in str(scores) and 'loss "quiet_mse" does not say its second' in str(scores)
    elif name == "removal_kl":
        assert 'score "removal_kl": loss "quiet_mse" does not say its answer' in str(scores)
    else:
        assert_same(scores, scores_of(name, built_in_dense, "mse"), close)

    scores = scores_of(name, averaging_silently, "mse")
    if isinstance(scores, NotSaid):
        assert f'score "{name}"' in str(scores) and 'Silent "silent1" does not say' in str(scores)
    else:
        assert_same(scores, scores_of(name, built_in_average, "mse"), close)


@each("name", CATALOGUE)
def test_which_scores_a_layer_that_mixes_channels_refuses(name):
    scores = scores_of(name, mixing, "mse")
    assert isinstance(scores, NotSaid) == (name in REFUSED_BY_MIXING)
    if name in REFUSED_BY_MIXING:
        assert f'score "{name}"' in str(scores) and 'Standardise "standardise1"' in str(scores)


def silenced(net, x, t, layer, neurons):
    """The mean loss with these neurons' outputs held at 0."""
    o = net.forward(x)[layer].o.copy()
    o[..., neurons] = 0
    return mp.LOSSES["mse"](net.tail(layer, o), t).mean()


def test_behind_a_layer_that_mixes_removal_is_the_loss_with_the_neuron_silent(close):
    net = mixing()
    x, t = samples(net)
    for layer, scores in scores_of("removal", mixing, "mse").items():
        close(scores, [silenced(net, x, t, layer, [i]) - silenced(net, x, t, layer, []) for i in range(net[layer].K)])


def test_behind_a_layer_that_mixes_shares_still_add_up(close):
    net = mixing()
    x, t = samples(net)
    for name, steps, missing in (("integrated_gradients", {"steps": 400}, None), ("conductance", {"steps": 400}, 0.0)):
        scores = mp.score(net, name, x, t, "mse", of="loss", absolute=False, **steps)
        for layer, shares in scores.items():
            start = silenced(net, x, t, layer, slice(None)) if missing is None \
                else mp.LOSSES["mse"](net.predict(np.zeros_like(x)), t).mean()
            close(shares.sum(), silenced(net, x, t, layer, []) - start, 1e-4)


def test_behind_a_layer_that_mixes_responses_are_those_of_central_differences(close):
    net = mixing()
    x, t = samples(net, 2)
    sensitivity, influence = (mp.score(net, name, x, t, "mse")["dense1"] for name in ("sensitivity", "influence"))
    jacobians = [mp.finite_difference(lambda x: net.forward(x)["dense1"].o[0], x[n:n + 1].copy()) for n in range(2)]
    close(sensitivity, np.mean([np.sqrt((J[0] ** 2).sum(axis=0)) for J in jacobians], axis=0), 1e-6)

    def after(o):
        return net["dense2"].forward(net["standardise1"].forward(o).o).o[0]

    o = net.forward(x)["dense1"].o
    jacobians = [mp.finite_difference(after, o[n:n + 1].copy()) for n in range(2)]
    close(influence, np.mean([np.sqrt((J[0] ** 2).sum(axis=1)) for J in jacobians], axis=0), 1e-6)


# ----------------------------------------------------------------------------------------------- all the rest


def test_only_what_is_registered_can_be_copied():
    class Unknown(Mean):
        prefix = "unknown"

    net = conv_net(Unknown())
    for call in (net.copy, net.settings, lambda: mp.prune(net, {})):
        with pytest.raises(ValueError, match=r'"unknown1" is of a kind that is not known: .*register_layer\(Unknown\)'):
            call()
    with pytest.raises(TypeError, match="register_layer expects a subclass of mp.Layer, got 3"):
        mp.register_layer(3)
    with pytest.raises(ValueError, match='another class is called "Dense"'):
        mp.register_layer(type("Dense", (mp.Layer,), {}))


def test_a_layer_that_cannot_be_made_again_says_why():
    class Wide(mp.Dense):
        def __init__(self, width):
            super().__init__(width)

    with pytest.raises(TypeError, match="Wide cannot be made again from its settings.. .*'units'.*arguments of __init"):
        mp.Network(3, [Wide(4), mp.Dense(2)])


def test_a_file_has_no_code(tmp_path):
    net, file = own_activation(), tmp_path / "net.npz"
    net.save(file)
    with pytest.raises(ValueError, match=r'unknown activation "my_tanh".*One of your own is given: activations=\[mp.A'):
        mp.Network.load(file)
    false = dense_net(dataclasses.replace(TANH, name="relu"))
    with pytest.raises(ValueError, match='an activation of your own that is called "relu"'):
        false.save(tmp_path / "other.npz")
    assert not (tmp_path / "other.npz").exists()


def test_compensation_knows_what_the_activation_says(close):
    net = own_activation()
    keep = {"dense1": np.arange(6) < 4}
    close(mp.merge(net, keep)["dense2"].W, mp.merge(built_in_dense(), keep)["dense2"].W)
    with pytest.raises(NotSaid, match='activation "quiet_tanh" does not say whether it is homogeneous'):
        mp.merge(quiet_activation(), keep)


def test_distillation_asks_the_loss_what_it_makes_of_an_output():
    net = built_in_dense()
    x, t = samples(net)
    for loss in (MSE, "mse"):
        assert mp.teach(net, x, t, loss).shape == (4, 2, 3)
    with pytest.raises(NotSaid, match='loss "quiet_mse" does not say what it makes of the output'):
        mp.distillation_loss(loss=QUIET_MSE)


def slope(do, z):
    return do * (1 - np.tanh(z) ** 2)


def test_verdicts_about_parts_of_ones_own():
    where = {"activation": TANH, "loss": MSE}
    assert mp.verify(slope, equals="dL/dz", where=where, trials=30)
    verdict = mp.verify(lambda do: do, equals="dL/dz", where=where, trials=30)
    assert not verdict and "my_tanh" in str(verdict) and "my_mse" in str(verdict)


def test_verdicts_need_kinks_and_targets():
    with pytest.raises(NotSaid, match='activation "quiet_tanh" does not say where its kinks are'):
        mp.verify(slope, equals="dL/dz", where={"activation": QUIET_TANH})
    with pytest.raises(NotSaid, match='loss "quiet_mse" does not say how its targets are drawn'):
        mp.verify(slope, equals="dL/dz", where={"loss": QUIET_MSE})


class InPlace(Gain):
    """A layer that writes its outputs over what it reads."""

    prefix = "inplace"

    def forward(self, x, training=False, rng=None):
        x *= self.g
        return mp.LayerTrace(x, x)

    tangent, backward, kinks = Gain.tangent, Gain.backward, Gain.kinks
    linear, passes_on, nonnegative, keeps_channels = True, False, False, True


def test_nothing_is_computed_in_place():
    """What a layer reads is what the layer before it put out, or the user's samples; o and z are two arrays."""
    x = np.ones((2, 3))
    for layers in ([InPlace(), mp.Dense(2)], [mp.Dense(4), InPlace(), mp.Dense(2)]):
        net = mp.Network(3, layers)
        for call in (net.forward, net.predict):
            with pytest.raises(ValueError, match="read-only"):
                call(x)
    assert (x == 1).all()
    own = mp.Activation("overwriting", lambda z: np.tanh(z, out=z), lambda z: 1 - np.tanh(z) ** 2)
    with pytest.raises(ValueError, match='^Dense "dense1": activation "overwriting": .*a new array, got z itself'):
        mp.Network(3, [mp.Dense(4, own), mp.Dense(2)]).forward(x)
