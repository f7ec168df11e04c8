"""Masks set just those weights to 0, and hold them there through training."""

import numpy as np
import pytest

import minprune as mp
from cases import each
from minprune.connections.masks import keep_masked, mask_connections, masks_of, weight_arrays
from minprune.connections.reports import report


def some_masks(net, seed, p=0.5):
    rng = np.random.default_rng([seed, 4])
    return {name: rng.random(W.shape) < p for name, W in weight_arrays(net).items()}


def test_masking_sets_just_those_weights_to_zero(kind, random_network, fingerprint):
    net = random_network(2, kind)
    before, masks = fingerprint(net), some_masks(net, 0)
    masked = mask_connections(net, masks)
    assert fingerprint(net) == before
    for name, array in net.arrays().items():
        expected = np.where(masks[name], array, 0) if name in masks else array
        assert masked.arrays()[name].tobytes() == expected.tobytes()            # +0.0, not −0.0
    found = masks_of(masked)
    assert list(found) == list(masks) and all((found[name] == masks[name]).all() for name in masks)


def test_arrays_that_are_not_named_stay_whole():
    net = mp.Network(3, [mp.Dense(2), mp.Dense(2)], seed=0)
    masked = mask_connections(net, {"dense2.W": np.zeros((2, 2), bool)})
    assert (masked["dense1"].W == net["dense1"].W).all() and not masked["dense2"].W.any()
    assert mask_connections(net, {}).predict(np.ones((1, 3))).tobytes() == net.predict(np.ones((1, 3))).tobytes()


def test_a_neuron_without_incoming_weights_is_masked_up_to_its_bias(random_samples):
    """Removing all weights of a neuron with f(b) = 0 is removing the neuron."""
    net = mp.Network(3, [mp.Dense(4, "relu"), mp.Dense(2)], seed=0)
    rows = np.array([True, False, True, False])
    one = mask_connections(net, {"dense1.W": np.repeat(rows[:, np.newaxis], 3, axis=1)})
    x = random_samples(net, 0)[0]
    np.testing.assert_allclose(one.predict(x), mp.mask(net, {"dense1": rows}).predict(x), rtol=1e-12)


OPTIMIZERS = {"sgd": lambda: mp.SGD(0.05), "momentum": lambda: mp.SGD(0.05, momentum=0.9, weight_decay=1e-2),
              "nesterov": lambda: mp.SGD(0.05, momentum=0.9, nesterov=True),
              "adam": lambda: mp.Adam(1e-2), "adamw": lambda: mp.Adam(1e-2, weight_decay=0.1)}


@each("name", OPTIMIZERS)
@each("seed", [2, 5])
def test_masks_are_kept_through_training(name, seed, random_network, random_samples):
    net = random_network(seed)
    x, t = random_samples(net, 0, N=9)
    masks = some_masks(net, seed)
    masked, hold, steps = mask_connections(net, masks), keep_masked(masks), []

    def after_each_step(net, rate):
        hold(net, rate)
        steps.append(all(not W[~masks[name]].any() for name, W in weight_arrays(net).items()))

    mp.fit(masked, x, t, "mse", OPTIMIZERS[name](), epochs=4, batch_size=4, on_step=after_each_step)
    assert steps == [True] * 12
    for key, W in weight_arrays(masked).items():
        assert not np.signbit(W[~masks[key]]).any()
        assert (W[masks[key]] != weight_arrays(net)[key][masks[key]]).any()     # the others did learn


@each("name", OPTIMIZERS)
def test_the_others_move_as_if_they_were_alone(name, random_samples):
    """A layer that reads two inputs, one masked, learns what one that reads a single input learns, bit by bit."""
    both, alone = (mp.Network(inputs, [mp.Dense(3, "tanh"), mp.Dense(2)], seed=0) for inputs in (2, 1))
    alone.fill({**both.arrays(), "dense1.W": both["dense1"].W[:, :1]})
    x, t = random_samples(both, 0, N=8)
    mask = {"dense1.W": np.array([[True, False]] * 3)}
    masked = mask_connections(both, mask)
    settings = dict(loss="mse", epochs=3, batch_size=4)
    mp.fit(masked, x, t, optimizer=OPTIMIZERS[name](), on_step=keep_masked(mask), **settings)
    mp.fit(alone, x[:, :1], t, optimizer=OPTIMIZERS[name](), **settings)
    np.testing.assert_allclose(masked["dense1"].W[:, :1], alone["dense1"].W, rtol=1e-12)
    np.testing.assert_allclose(masked["dense2"].W, alone["dense2"].W, rtol=1e-12)


def test_without_the_hook_the_zeros_move(random_samples):
    net = mp.Network(2, [mp.Dense(3, "tanh"), mp.Dense(2)], seed=0)
    masked = mask_connections(net, {"dense2.W": np.zeros((2, 3), bool)})
    mp.fit(masked, *random_samples(net, 0), "mse", epochs=1)
    assert masked["dense2"].W.all()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_hook_leaves_no_negative_zeros_and_copies_its_masks(dtype):
    net = mp.Network(2, [mp.Dense(1)], seed=0, dtype=dtype)
    mask = np.array([[True, False]])
    hold = keep_masked({"dense1.W": mask})
    mask[...] = False
    net["dense1"].W[...] = [[-3, -2]]
    W = net["dense1"].W
    hold(net, 0.1)
    assert W.tolist() == [[-3, 0]] and not np.signbit(W[0, 1]) and net["dense1"].W is W


def test_the_hook_refuses_another_network():
    hold = keep_masked({"dense1.W": np.ones((2, 3), bool)})
    with pytest.raises(ValueError, match=r'masks\["dense1.W"\] expects shape \(2, 4\), got \(2, 3\)'):
        hold(mp.Network(4, [mp.Dense(2)]), 0.1)
    with pytest.raises(ValueError, match='unknown weight array "dense1.W"'):
        hold(mp.Network((4, 4, 1), [mp.Conv2D(2, 2)]), 0.1)


@each("masks, error, message", [
    ([True], TypeError, "masks expects"),
    ({"dense9.W": np.ones((2, 3), bool)}, ValueError, 'unknown weight array "dense9.W"'),
    ({"dense1.b": np.ones(2, bool)}, ValueError, 'unknown weight array "dense1.b"'),
    ({"dense1.W": np.ones((2, 3))}, TypeError, "expects booleans, True for what stays, got float64"),
    ({"dense1.W": np.ones((3, 2), bool)}, ValueError, r"expects shape \(2, 3\), got \(3, 2\)"),
    ({"dense1.W": [[True], [True, False]]}, TypeError, "rows of different lengths")])
def test_bad_masks(masks, error, message):
    net = mp.Network(3, [mp.Dense(2)])
    for function in (mask_connections, report):
        with pytest.raises(error, match=message):
            function(net, masks)
    if error is TypeError:
        with pytest.raises(error, match=message):
            keep_masked(masks)


def test_no_network():
    for function in (lambda: mask_connections(3, {}), lambda: masks_of(3), lambda: report(3)):
        with pytest.raises(TypeError, match="net expects a Network"):
            function()


def test_a_masked_array_is_no_mask_of_connections():
    net = mp.Network(3, [mp.Dense(2), mp.Dense(2)])
    with pytest.raises(ValueError, match=r'masks\["dense2.W"\] is a masked array with 1 masked entries, of 4'):
        mask_connections(net, {"dense2.W": np.ma.array(np.ones((2, 2), bool), mask=[[0, 1], [0, 0]])})
