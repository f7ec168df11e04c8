"""The networks to start from."""

import numpy as np
import pytest

import minprune as mp


def test_shapes():
    net = mp.models.cnn((8, 8, 1), 10)
    assert {name: net[name].K for name in net.neuron_layers} == {"conv1": 16, "conv2": 32, "dense1": 64, "dense2": 10}
    assert net.output_shape == (10,)
    flat = mp.models.mlp((7,), 3)
    assert {name: flat[name].K for name in flat.neuron_layers} == {"dense1": 64, "dense2": 32, "dense3": 3}
    assert mp.models.mlp((8, 8, 1), 10, dtype="float32").hidden_layers == ["dense1", "dense2"]


def test_a_resnet_has_a_block_of_each_kind():
    net = mp.models.resnet((8, 8, 1), 10, dtype="float32")
    assert {name: net[name].K for name in net.hidden_layers} \
        == {"conv1+conv3": 16, "conv2": 16, "conv4": 32, "conv5+conv6": 32, "conv7": 32}
    assert net["residual1"].projection is None and net["residual2"].projection.stride == 2
    assert net["residual2"].output_shape == (4, 4, 32) and net.output_shape == (10,) and net.dtype == np.float32
    assert [name for name in net.neuron_layers if not net[name].batch_norm] == ["conv6", "dense1"]
    assert [name for name in net.neuron_layers if net[name].f.name == "relu"] == ["conv1", "conv2", "conv4", "conv7"]


@pytest.mark.parametrize("model", [mp.models.mlp, mp.models.cnn, mp.models.resnet])
def test_the_seed_is_0_unless_it_is_given(model, fingerprint):
    assert fingerprint(model((8, 8, 1), 3)) == fingerprint(model((8, 8, 1), 3, seed=0)) \
        != fingerprint(model((8, 8, 1), 3, seed=1))


def test_an_mlp_flattens_whatever_is_no_vector():
    assert "flatten1" in mp.models.mlp((3, 2), 1) and "flatten1" not in mp.models.mlp((6,), 1)


def test_a_resnet_learns_the_digits_and_can_be_halved():
    data = mp.datasets.load("digits")
    net = mp.models.resnet((8, 8, 1), 10, dtype="float32")
    x, t = data.x_train[:400], data.t_train[:400]
    history = mp.fit(net, x, t, optimizer=mp.Adam(3e-3), epochs=5, progress=False)
    assert history.accuracy[-1] > 0.95
    assert mp.evaluate(net, data.x_test, data.t_test, latency=False).test_accuracy > 0.93
    net = mp.Network.from_settings({**net.settings(), "dtype": "float64"}, net.arrays())
    keep = mp.decide(mp.score(net, "taylor", x[:300], t[:300]), remove=0.5)
    small, masked = mp.prune(net, keep), mp.mask(net, keep)
    assert sum(small[name].K for name in small.hidden_layers) == 64
    x, t = data.x_test[:200], data.t_test[:200]
    np.testing.assert_allclose(small.predict(x), masked.predict(x), atol=1e-12)
    told = mp.compare(net, small, x, t, latency=False)
    assert told.after.parameters < 0.5 * told.before.parameters and told.after.bytes < told.before.bytes
    assert told.after.multiply_adds == sum(small[name].multiply_adds() for name in small.neuron_layers)


@pytest.mark.parametrize("model", [mp.models.cnn, mp.models.resnet])
def test_images_are_needed(model):
    with pytest.raises(ValueError, match=rf"a {model.__name__} reads images \(H, W, C\), got samples of shape \(7,\)"):
        model((7,), 10)


def test_outputs_are_counted():
    with pytest.raises(ValueError, match="outputs expects at least 1, got 0"):
        mp.models.mlp((7,), 0)
