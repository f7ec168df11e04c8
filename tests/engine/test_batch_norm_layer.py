"""A batch norm as a layer of its own, other ε and momentum, and layers without bias."""

import numpy as np
import pytest

import minprune as mp
from cases import case, each
from few_steps import few_steps
from minprune.scoring.catalogue import CATALOGUE

pytestmark = pytest.mark.filterwarnings("ignore:reciprocal_gradient")
OTHER = {"eps": 0.3, "momentum": 0.25}


def shaken(net, seed=0):
    """The network with random numbers in all its arrays; variances stay positive."""
    rng = np.random.default_rng(seed)
    for name, array in net.arrays().items():
        array[...] = rng.uniform(0.5, 2, array.shape) if name.endswith("var") else rng.normal(0, 0.7, array.shape)
    return net


def inside(**settings):
    return shaken(mp.Network((4, 4, 2), [mp.Conv2D(3, 2, "tanh", batch_norm=OTHER, **settings), mp.AvgPool2D(2),
                                         mp.Flatten(), mp.Dense(4, "tanh", batch_norm=OTHER, **settings),
                                         mp.Dense(3, **settings)]))


def apart(**settings):
    """The same function, with batch norms and activations as layers of their own."""
    net = mp.Network((4, 4, 2), [mp.Conv2D(3, 2, **settings), mp.BatchNorm(**OTHER), mp.ActivationLayer("tanh"),
                                 mp.AvgPool2D(2), mp.Flatten(), mp.Dense(4, **settings), mp.BatchNorm(**OTHER),
                                 mp.ActivationLayer("tanh"), mp.Dense(3, **settings)])
    arrays = dict(zip(net.arrays(), inside(**settings).arrays().values()))
    net.fill(arrays)
    return net


def samples(N=5):
    rng = np.random.default_rng(1)
    return rng.normal(size=(N, 4, 4, 2)), rng.integers(0, 3, N)


# ------------------------------------------------------------------------------------------ the layer


@pytest.mark.parametrize("training", [False, True])
def test_it_computes_what_the_batch_norm_inside_a_layer_computes(close, training):
    (x, t), (one, two) = samples(), (inside(), apart())
    traces = [net.forward(x, training) for net in (one, two)]
    dy = np.random.default_rng(2).normal(size=traces[0].y.shape)
    close(two.backward(traces[1], dy), one.backward(traces[0], dy))
    close(traces[1].y, traces[0].y)
    for name, other in zip(one.parameters(), two.parameters()):
        close(traces[1].grads()[other], traces[0].grads()[name], least=1)      # of b it is 0, to rounding
    one.update_running(traces[0])
    two.update_running(traces[1])
    for one_array, other_array in zip(one.arrays().values(), two.arrays().values()):
        close(other_array, one_array)


@pytest.mark.parametrize("training", [False, True])
def test_gradients_are_central_differences(training):
    x, t = samples(3)
    assert mp.check_gradients(apart(), x, t, "cross_entropy", training=training, entries=4).worst < 1e-6


def test_by_hand():
    """x = 1, 3: mean 2, variance 1; ε = 3: x̂ = ∓½; γ = 4, β = 1: −1, 3. Unbiased variance 2, momentum ¼."""
    net = mp.Network(1, [mp.BatchNorm(eps=3, momentum=0.25), mp.Dense(1)])
    layer = net.layers["batchnorm1"]
    layer.gamma[...], layer.beta[...] = 4, 1
    trace = net.forward(np.array([[1.0], [3.0]]), training=True)
    assert trace["batchnorm1"].o.ravel().tolist() == [-1, 3]
    net.update_running(trace)
    assert layer.running_mean.item() == 0.5 and layer.running_var.item() == 0.75 + 0.5


def test_it_leaves_with_the_neurons_before_it(close, random_keep, tmp_path, fingerprint):
    """With their activation, too; what is held at 0 is what stands behind all of these."""
    net, (x, t), merged = apart(), samples(), inside()
    assert net.hidden_layers == ["conv1+batchnorm1+activation1", "dense1+batchnorm2+activation2"]
    for seed in range(3):
        keep = random_keep(net, seed)
        small, masked = mp.prune(net, keep), mp.mask(net, keep)
        close(small.predict(x), masked.predict(x))
        close(small.predict(x), mp.prune(merged, dict(zip(merged.hidden_layers, keep.values()))).predict(x)) \
            if len(keep) == 2 else None
        close(small.forward(x, training=True).y, masked.forward(x, training=True).y)
    assert mp.check_gradients(masked, x[:2], t[:2], "cross_entropy", training=True, entries=4).worst < 1e-6
    masked.save(tmp_path / "net.npz")
    assert fingerprint(mp.Network.load(tmp_path / "net.npz")) == fingerprint(masked) == fingerprint(masked.copy())


def test_a_mask_of_its_own_holds_channels_and_their_gradients_at_0(close):
    net, (x, t) = apart(), samples(3)
    layer = net.layers["batchnorm2"]
    layer.mask = np.array([True, False, True, True])
    trace = net.forward(x)
    assert not trace["batchnorm2"].o[:, 1].any() and trace["batchnorm2"].o[:, 0].all()
    for training in (False, True):
        assert mp.check_gradients(net, x, t, "cross_entropy", training=training, entries=3).worst < 1e-6
    dx, ones = np.random.default_rng(0).normal(size=(3, 4)), np.ones((3, 4))
    moved = layer.forward(trace["dense1"].o + dx).o - trace["batchnorm2"].o            # it is linear
    close(layer.tangent(trace["batchnorm2"], dx), moved)
    for back in (layer.backward, layer.squares_back, layer.bounds_back):
        assert not back(trace["batchnorm2"], ones)[:, 1].any()


def test_files_and_training(tmp_path, fingerprint):
    net, (x, t) = apart(), samples(12)
    mp.fit(net, x, t, epochs=2, batch_size=4, progress=False)
    net.save(tmp_path / "net.npz")
    assert fingerprint(mp.Network.load(tmp_path / "net.npz")) == fingerprint(net) == fingerprint(net.copy())
    dense = mp.Network(2, [mp.BatchNorm(), mp.Dense(2)])
    with pytest.raises(ValueError, match="batch norm, in batchnorm1, expects mini-batches of two samples or more"):
        mp.fit(dense, np.ones((2, 2)), np.array([0, 1]), batch_size=1, progress=False)


def test_a_file_of_a_huge_batch_norm_is_refused_before_it_is_built(tmp_path):
    from minprune.engine.storage import save
    layers = [{"kind": "BatchNorm", "eps": 1e-5, "momentum": 0.1}, {"kind": "Dense", "units": 1}]
    save(tmp_path / "x.npz", {"input_shape": [2 ** 30], "dtype": "float64", "layers": layers}, {})
    with pytest.raises(ValueError, match=r"array batchnorm1.gamma is missing, of shape \(1073741824,\)"):
        mp.Network.load(tmp_path / "x.npz")


# ------------------------------------------------------------------------------------------ ε, momentum, no bias


@pytest.mark.parametrize("make", [inside, apart])
def test_without_bias(make, close, random_keep, tmp_path, fingerprint):
    net, (x, t) = make(bias=False), samples()
    assert not any(name.endswith(".b") for name in (*net.arrays(), *net.forward(x).grads()))
    assert mp.check_gradients(net, x[:2], t[:2], "cross_entropy", training=True, entries=4).worst < 1e-6
    history = mp.fit(net.copy(), x, t, epochs=2, progress=False)
    assert len(history.loss) == 2
    net.save(tmp_path / "net.npz")
    assert fingerprint(mp.Network.load(tmp_path / "net.npz")) == fingerprint(net)


def test_every_score_without_bias_is_that_with_a_bias_of_0(close):
    """But for those with the bias in their Hessian, which then has fewer rows."""
    (x, t), nets = samples(4), []
    for bias in (False, True):
        net = mp.Network((4, 4, 2), [mp.Conv2D(2, 2, "tanh", batch_norm=OTHER, bias=bias), mp.Flatten(),
                                     mp.Dense(3, "tanh", batch_norm=True, bias=bias), mp.Dense(3, bias=bias)])
        rng = np.random.default_rng(0)
        for key, array in net.arrays().items():
            if not key.endswith(".b"):
                array[...] = rng.uniform(0.3, 1, array.shape)
        nets.append(net)
    for name in CATALOGUE:
        without, zero = (mp.score(net, name, x, t, "cross_entropy", **few_steps(name)) for net in nets)
        for layer in zero:
            with case(name, layer):
                assert np.isfinite(without[layer]).all()
                if name not in ("obs", "obs_neurons", "layerwise_obs", "woodfisher"):
                    close(without[layer], zero[layer])


def test_prune_and_compensate_without_bias(random_keep, close):
    net, (x, t) = inside(bias=False), samples()
    keep = {"conv1": np.array([True, False, True]), "dense1": np.array([True, True, False, True])}
    small = mp.prune(net, keep)
    close(small.predict(x), mp.mask(net, keep).predict(x))
    assert not any(name.endswith(".b") for name in small.arrays())
    for compensate in (mp.fold_means, mp.reconstruct):
        made = compensate(net, keep, x)
        close(made.copy().predict(x), made.predict(x), 0)               # the bias that it got is saved with it
        assert "dense2.b" in made.arrays()


def test_a_bias_that_is_not_there_cannot_be_written():
    with pytest.raises(ValueError, match="read-only"):
        mp.Network(2, [mp.Dense(2, bias=False)])["dense1"].b[...] = 1


def test_settings_tell_only_what_is_not_usual():
    assert mp.Dense(3).settings() == {"units": 3, "activation": "identity", "batch_norm": False}
    assert mp.Dense(3, batch_norm={"eps": 1e-5}).settings()["batch_norm"] is True
    assert mp.Conv2D(3, 1, batch_norm={"eps": 0.5}, bias=False).settings() == {
        "channels": 3, "kernel": [1, 1], "activation": "identity", "stride": 1, "padding": "valid",
        "batch_norm": {"eps": 0.5, "momentum": 0.1}, "bias": False}


@each("make, error, message", [
    (lambda: mp.Dense(3, batch_norm="no"), TypeError, "batch_norm expects True, False, or a dict .* got 'no'"),
    (lambda: mp.Dense(3, batch_norm={"epsilon": 1}), ValueError, 'unknown key of batch_norm: "epsilon"; did you mean'),
    (lambda: mp.Dense(3, batch_norm={"eps": 0}), ValueError, "batch_norm eps"),
    (lambda: mp.BatchNorm(momentum=2), ValueError, "momentum expects a share of at most 1, got 2"),
    (lambda: mp.Dense(3, bias=0), TypeError, "bias expects True or False, got 0")])
def test_what_is_refused(make, error, message):
    with pytest.raises(error, match=message):
        make()
