"""Quantisation: the levels by hand, the bound on the error, bytes that can be packed."""

import numpy as np
import pytest

import minprune as mp
from cases import each
from minprune.connections.masks import mask_connections, masks_of, weight_arrays
from minprune.connections.quantisation import (dense_bytes, from_codes, pack, quantise, quantised_bytes, to_codes,
                                               unpack)

GRAINS = ("layer", "neuron")


def one_layer(W, dtype="float64"):
    W = np.asarray(W, dtype)
    net = mp.Network(W.shape[1], [mp.Dense(len(W))], dtype=dtype)
    net["dense1"].W[...] = W
    return net


def scales(W, bits, per):
    axes = tuple(range(W.ndim)) if per == "layer" else tuple(range(1, W.ndim))
    return np.abs(W).max(axis=axes, keepdims=True) / (2 ** (bits - 1) - 1)


def test_by_hand():
    """Three bits: L = 3. A layer's scale is 6 / 3 = 2, the second neuron's own 1.5 / 3 = 0.5."""
    net = one_layer([[6, -3, 2.9, 0.9, -1.1], [1.5, -0.5, 0.3, 0.2, 1]])
    assert quantise(net, 3)["dense1"].W.tolist() == [[6, -4, 2, 0, -2], [2, 0, 0, 0, 0]]
    assert quantise(net, 3, "neuron")["dense1"].W.tolist() == [[6, -4, 2, 0, -2], [1.5, -0.5, 0.5, 0, 1]]
    assert quantise(net, 2)["dense1"].W.tolist() == [[6, 0, 0, 0, 0], [0, 0, 0, 0, 0]]      # −3 / 6 is half-way: to 0


@each("dtype", ["float64", "float32"])
@each("per", GRAINS)
@each("bits", [2, 3, 4, 7, 8, 15, 16])
def test_no_weight_moves_by_more_than_half_a_scale(bits, per, dtype, random_network):
    for seed in (0, 2):
        net = random_network(seed, dtype=dtype)
        rounded = quantise(net, bits, per)
        for name, W in weight_arrays(net).items():
            new, scale = weight_arrays(rounded)[name], scales(W.astype(float), bits, per)
            assert new.dtype == W.dtype
            slack = np.finfo(W.dtype).eps * np.abs(W).max()
            assert (np.abs(new.astype(float) - W) <= scale / 2 + slack).all()
            steps = new / scale
            assert np.abs(steps - np.rint(steps)).max() <= 2 ** bits * np.finfo(W.dtype).eps      # on the grid
            over = None if per == "layer" else tuple(range(1, W.ndim))
            largest = np.abs(W) == np.abs(W).max(axis=over, keepdims=True)
            assert (new[largest] == W[largest]).all()
            rows = [new] if per == "layer" else list(new)
            assert all(len(np.unique(row)) <= 2 ** bits - 1 for row in rows)


@pytest.mark.parametrize("per", GRAINS)
def test_only_weights_change_and_twice_is_once(per, random_network, fingerprint):
    for seed in range(7):
        net = random_network(seed, dtype=["float64", "float32"][seed % 2])
        before = fingerprint(net)
        rounded = quantise(net, 4, per)
        assert fingerprint(net) == before
        for name, array in net.arrays().items():
            if not name.endswith(".W"):
                assert rounded.arrays()[name].tobytes() == array.tobytes()
        assert any((W != weight_arrays(rounded)[name]).any() for name, W in weight_arrays(net).items())
        assert fingerprint(quantise(rounded, 4, per)) == fingerprint(rounded)


@pytest.mark.parametrize("per", GRAINS)
def test_a_finer_scale_is_never_coarser(per):
    rng = np.random.default_rng(0)
    net = one_layer(rng.normal(size=(6, 50)) * np.logspace(-3, 0, 6)[:, np.newaxis])
    errors = [np.abs(quantise(net, bits, per)["dense1"].W - net["dense1"].W).max() for bits in (2, 4, 6, 8, 12, 16)]
    assert all(later < earlier / 2 for earlier, later in zip(errors, errors[1:]))


def test_masked_connections_stay_masked(random_network):
    net = random_network(3)
    masks = {name: np.random.default_rng(0).random(W.shape) < 0.5 for name, W in weight_arrays(net).items()}
    masked = mask_connections(net, masks)
    for per in GRAINS:
        for name, stays in masks_of(quantise(masked, 5, per)).items():
            assert not (stays & ~masks[name]).any()


@pytest.mark.parametrize("per", GRAINS)
def test_zeros_tiny_and_huge_weights(per):
    W = np.array([[0, 0, 0], [5e-324, -5e-324, 0], [1e308, -1.7e308, 1e300]])
    for row in W:
        new = quantise(one_layer([row]), 8, per)["dense1"].W
        assert np.isfinite(new).all() and (np.sign(new[0][np.abs(row) == np.abs(row).max()])
                                           == np.sign(row[np.abs(row) == np.abs(row).max()])).all()
    assert not quantise(one_layer(W[:1]), 8, per)["dense1"].W.any()
    codes, top = to_codes(W[:1], 8, per)
    assert not codes.any() and not top.any()


@pytest.mark.filterwarnings("error")
def test_no_warnings(random_network):
    net = random_network(1)
    net["dense1"].W[0] = 0
    for per in GRAINS:
        quantise(net, 2, per)


# ------------------------------------------------------------------------------------ bytes


@each("per", GRAINS)
@each("bits", range(2, 17))
def test_codes_pack_into_just_so_many_bytes_and_back(bits, per):
    W = np.random.default_rng(bits).normal(size=(3, 2, 1, 7))
    q, top = to_codes(W, bits, per)
    assert q.dtype == np.int16 and np.abs(q).max() == 2 ** (bits - 1) - 1
    packed = pack(q, bits)
    assert packed.dtype == np.uint8 and packed.size == -(-42 * bits // 8)
    assert (unpack(packed, bits, W.shape) == q).all()
    restored = from_codes(unpack(packed, bits, W.shape), top, bits)
    net = mp.Network((2, 1, 7), [mp.Conv2D(3, (2, 1))])
    net["conv1"].W[...] = W
    assert restored.tobytes() == quantise(net, bits, per)["conv1"].W.tobytes()


def test_packing_by_hand():
    """Three bits, L = 3: −3, 0, 3, 1 are 000 011 110 100."""
    assert pack(np.array([-3, 0, 3, 1]), 3).tolist() == [0b00001111, 0b01000000]


@pytest.mark.parametrize("dtype, size", [("float64", 8), ("float32", 4)])
def test_bytes_by_hand(dtype, size):
    net = mp.Network((4, 4, 1), [mp.Conv2D(3, 2, batch_norm=True), mp.Flatten(), mp.Dense(5)], dtype=dtype)
    others = size * (3 * 5 + 5)                                    # b, γ, β, mean, variance of conv1; b of dense1
    assert dense_bytes(net) == size * (12 + 135) + others
    assert quantised_bytes(net, 3) == 5 + 51 + 2 * size + others   # ⌈36 / 8⌉, ⌈405 / 8⌉
    assert quantised_bytes(net, 3, "neuron") == 5 + 51 + 8 * size + others
    net["conv1"].mask = np.array([True, False, True])
    assert quantised_bytes(net, 3) == 5 + 51 + 2 * size + others + 3


# ----------------------------------------------------------------------------------- errors


@each("bits, per, error, told", [
    (1, "layer", ValueError, "bits expects 2 to 16, got 1: one bit has no level but 0"),
    (17, "layer", ValueError, "bits expects 2 to 16, got 17"),
    (0, "layer", ValueError, "bits expects at least 1, got 0"),
    (4.0, "layer", TypeError, "bits expects a whole number"),
    (True, "layer", TypeError, "bits expects a whole number"),
    (4, "layers", ValueError, 'unknown scale per "layers"; did you mean "layer"'),
    (4, None, ValueError, "unknown scale")])
def test_bad_settings(bits, per, error, told):
    net = mp.Network(2, [mp.Dense(2)])
    for function in (lambda: quantise(net, bits, per), lambda: quantised_bytes(net, bits, per)):
        with pytest.raises(error, match=told):
            function()


def test_weights_that_are_no_numbers_and_what_is_no_network():
    for bad in (np.nan, np.inf):
        with pytest.raises(ValueError, match="dense1.W holds 1 values that are NaN or infinite"):
            quantise(one_layer([[1, bad]]), 4)
    for function in (lambda: quantise(3, 4), lambda: quantised_bytes(3, 4)):
        with pytest.raises(TypeError, match="net expects a Network"):
            function()


def test_a_scale_is_a_layers_unless_it_is_a_neurons():
    W = np.array([[1.0, 0.3], [0.01, 0.004]])
    net = one_layer(W)
    plain, of_layer, of_neuron = (weight_arrays(quantise(net, 3, *per))["dense1.W"] for per in ((), ("layer",),
                                                                                               ("neuron",)))
    assert np.array_equal(plain, of_layer) and not np.array_equal(plain, of_neuron)
    assert quantised_bytes(net, 3) == quantised_bytes(net, 3, "layer") == quantised_bytes(net, 3, "neuron") - 8
    assert to_codes(W, 3)[1].tolist() == to_codes(W, 3, "layer")[1].tolist() == [[1]]


@each("per", [None, np.array("layer"), 1, "neurons"])
def test_a_scale_is_named(per):
    for call in (quantise, quantised_bytes):
        with pytest.raises((ValueError, TypeError), match="scale per"):
            call(one_layer(np.eye(2)), 4, per)
