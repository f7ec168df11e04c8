"""Networks that PyTorch, Keras and scikit-learn made compute here what they computed there."""

import pathlib
import types

import numpy as np
import pytest

import minprune as mp
from cases import each
from minprune.engine.losses import softmax

FILES = pathlib.Path(__file__).with_name("files")


def answers(name):
    with np.load(FILES / f"{name}_answers.npz") as file:
        return dict(file)


def cnn(dtype="float64", seed=0, K=3):
    """The architecture of torch.safetensors and keras.npz."""
    return mp.Network((6, 6, 2), [mp.Conv2D(K, 3, "relu", padding="same", batch_norm=True), mp.MaxPool2D(2),
                                  mp.Conv2D(4, (1, 2), "tanh"), mp.Flatten(), mp.Dense(5, "sigmoid"), mp.Dense(3)],
                      seed=seed, dtype=dtype)


def vectors(*sizes):
    """A network of Dense layers."""
    first, *others = sizes
    return mp.Network(first, [mp.Dense(size, "sigmoid") for size in others[:-1]] + [mp.Dense(others[-1])])


def sklearn_arrays():
    with np.load(FILES / "sklearn.npz") as file:
        return {f"{key}_": [file[f"{key}_{number}"] for number in range(3)] for key in ("coefs", "intercepts")}


# ------------------------------------------------------------------------------------------ real files


def test_pytorch_outputs_losses_and_gradients(close):
    """Batch norm, a convolution without bias, a pruning mask, weight norm, and Flatten of channels-first images."""
    net, expected = cnn(), answers("torch")
    net.load_arrays(FILES / "torch.safetensors")
    trace = mp.record(net, expected["x"], expected["t"], loss="cross_entropy")
    close(trace.y, expected["y"])
    close(trace.L, expected["L"])
    for key in ("z", "dz", "do"):
        close(getattr(trace["conv1"], key), expected[f"conv1_{key}"])
    close(net.backward(trace, trace.dy), expected["dx"])
    for name, grad in trace.grads().items():
        if name != "conv1.b":           # there is none there; before a batch norm it changes nothing
            close(grad, expected[name])


def test_keras_outputs():
    net, expected = cnn("float32"), answers("keras")
    net.load_arrays(FILES / "keras.npz", layout="keras")
    np.testing.assert_allclose(net.predict(expected["x"]), expected["y"], rtol=0, atol=1e-6)


def test_scikit_learn_probabilities(close):
    net, expected = vectors(4, 6, 5, 3), answers("sklearn")
    for arrays in (FILES / "sklearn.npz", sklearn_arrays(), types.SimpleNamespace(**sklearn_arrays())):
        net = vectors(4, 6, 5, 3)
        net.load_arrays(arrays, layout="sklearn")
        close(softmax(net.predict(expected["x"])), expected["p"])


# ------------------------------------------------------------------------------------------ there and back


@each("layout", ["torch", "keras"])
@each("seed", range(8))
def test_what_is_written_in_a_layout_is_read_from_it(random_network, fingerprint, layout, seed):
    net = random_network(seed)
    other = mp.Network.from_settings(net.settings(), {name: array * 0 for name, array in net.arrays().items()})
    other.load_arrays(net.arrays_for(layout), layout=layout)
    assert fingerprint(other) == fingerprint(net)


@each("seed", range(4))
def test_blocks_there_and_back(random_residual, fingerprint, seed):
    net = random_residual(seed)
    other = mp.Network.from_settings(net.settings(), {name: array * 0 for name, array in net.arrays().items()})
    other.load_arrays(net.arrays_for("torch"))
    assert fingerprint(other) == fingerprint(net)


def test_a_file_there_and_back(tmp_path, fingerprint):
    net, other = cnn(), cnn(seed=1)
    net.save_safetensors(tmp_path / "net.safetensors")
    other.load_arrays(tmp_path / "net.safetensors")
    assert fingerprint(other) == fingerprint(net)


def test_names_of_layers_elsewhere():
    arrays = cnn().arrays_for("torch", names={"conv1": "features.0", "dense2": "head"})
    assert {"features.0.weight", "features.0_bn.weight", "head.bias", "conv2.weight"} < set(arrays)
    assert arrays["features.0.weight"].shape == (3, 2, 3, 3) and arrays["features.0.weight"].flags["C_CONTIGUOUS"]
    assert arrays["features.0_bn.num_batches_tracked"] == 0


# ------------------------------------------------------------------------------------------ by hand


def test_flatten_of_channels_first_by_hand():
    """The image (1, 2, 2) [[a, b], [c, d]], two pixels of two channels: PyTorch flattens it to a c b d."""
    net = mp.Network((1, 2, 2), [mp.Flatten(), mp.Dense(1)])
    net.load_arrays({"fc.weight": np.array([[1.0, 2, 3, 4]]), "fc.bias": np.zeros(1)})
    assert net["dense1"].W.tolist() == [[1, 3, 2, 4]]
    assert net.predict(np.array([[[[1.0, 10], [100, 1000]]]])).tolist() == [[1 * 1 + 3 * 10 + 2 * 100 + 4 * 1000]]
    net.load_arrays({"fc/kernel": np.array([[1.0], [2], [3], [4]])}, layout="keras")
    assert net["dense1"].W.tolist() == [[1, 2, 3, 4]] and net["dense1"].b.tolist() == [0]


@each("parts, W", [
    ({"weight_orig": [[3, 4]], "weight_mask": [[1, 0]]}, [[3, 0]]),
    ({"weight_g": [[10]], "weight_v": [[3, 4]]}, [[6, 8]]),
    ({"weight_v": [[3, 4]], "weight_g": [[10]]}, [[6, 8]]),
    ({"parametrizations.weight.original0": [[10]], "parametrizations.weight.original1": [[3, 4]]}, [[6, 8]])])
def test_weights_in_two_parts(parts, W):
    net = mp.Network(2, [mp.Dense(1)])
    net.load_arrays({f"fc.{name}": np.array(array, float) for name, array in parts.items()})
    assert net["dense1"].W.tolist() == W


def test_weight_norm_along_the_other_axis_and_of_all_weights():
    net, v = mp.Network(2, [mp.Dense(2)]), np.array([[3.0, 1], [4, 0]])
    net.load_arrays({"fc.weight_g": np.array([[10.0, 2]]), "fc.weight_v": v})
    assert net["dense1"].W.tolist() == [[6, 2], [8, 0]]
    net.load_arrays({"fc.weight_g": np.array(26 ** 0.5), "fc.weight_v": v})
    np.testing.assert_allclose(net["dense1"].W, v, rtol=1e-15)


def test_weight_norm_is_gone_before_anything_is_pruned(close):
    """What is loaded are the weights w = g v / ‖v‖: those that stay keep their values when an input leaves, as they
    would not if v lost a column and w were made of it anew."""
    rng = np.random.default_rng(0)
    g, v, net = rng.uniform(1, 2, (3, 1)), rng.normal(size=(3, 4)), mp.Network(2, [mp.Dense(4, "tanh"), mp.Dense(3)])
    net.load_arrays({"a.weight": rng.normal(size=(4, 2)), "a.bias": np.ones(4), "b.weight_g": g, "b.weight_v": v,
                     "b.bias": np.zeros(3)})
    w, stays = g * v / np.linalg.norm(v, axis=1, keepdims=True), np.array([True, False, True, True])
    small, masked, x = mp.prune(net, {"dense1": stays}), mp.mask(net, {"dense1": stays}), rng.normal(size=(5, 2))
    close(small["dense2"].W, w[:, stays])
    close(small.predict(x), masked.predict(x))
    close(small.arrays_for("torch")["dense2.weight"], w[:, stays])


def test_layers_are_matched_by_order_and_by_names_in_another_order():
    a, b = np.eye(2), np.full((2, 2), 5.0)
    net = vectors(2, 2, 2)
    net.load_arrays({"b.weight": b, "a.weight": a})
    assert net["dense1"].W.tolist() == b.tolist()
    net.load_arrays({"b.weight": b, "a.weight": a}, order=["a", "b"])
    assert net["dense1"].W.tolist() == a.tolist()


def test_files_are_read_in_the_natural_order_of_names(tmp_path):
    net = mp.Network(1, [mp.Dense(1)] * 11)
    from minprune.engine.safetensors import write_safetensors
    write_safetensors(tmp_path / "x.safetensors", {f"{i}.weight": np.full((1, 1), float(i)) for i in range(11)})
    net.load_arrays(tmp_path / "x.safetensors")
    assert [net[name].W.item() for name in net.neuron_layers] == list(range(11))


def test_layers_without_bias_and_batch_norms_of_their_own(close):
    def net(seed):
        return mp.Network((4, 4, 1), [mp.Conv2D(2, 3, bias=False), mp.BatchNorm(eps=1e-3), mp.ActivationLayer("relu"),
                                      mp.Flatten(), mp.Dense(3, "tanh", batch_norm={"eps": 0.1}), mp.Dense(2)], seed)
    one, other, rng = net(0), net(1), np.random.default_rng(0)
    for array in one.arrays().values():
        array += rng.uniform(0.1, 1, array.shape)
    arrays = one.arrays_for("torch")
    assert [name for name in arrays if name.startswith(("conv1", "batchnorm1"))] == [
        "conv1.weight", "batchnorm1.weight", "batchnorm1.bias", "batchnorm1.running_mean", "batchnorm1.running_var",
        "batchnorm1.num_batches_tracked"]
    other.load_arrays(arrays)
    close(other.predict(np.ones((2, 4, 4, 1))), one.predict(np.ones((2, 4, 4, 1))), 0)
    with pytest.raises(ValueError, match='"conv1.bias" of shape .2,. is left over: conv1 has no bias'):
        other.load_arrays({**arrays, "conv1.bias": np.ones(2)})
    other.load_arrays({**arrays, "conv1.bias": np.zeros(2)})            # nothing is lost


def test_the_map_tells_what_went_where():
    net = mp.Network((2, 2, 2), [mp.Conv2D(1, 1, batch_norm=True), mp.Flatten(), mp.Dense(1)])
    arrays = net.arrays_for("torch")
    del arrays["conv1.bias"], arrays["conv1_bn.weight"]
    rows = {row.ours: row for row in net.load_arrays(arrays)}
    assert list(rows) == list(net.arrays())
    assert rows["conv1.W"].their_shape == (1, 2, 1, 1) and rows["conv1.W"].how == "axes moved to (K, kh, kw, C)"
    assert rows["conv1.b"].how == "conv1 has none: zeros" and rows["conv1.gamma"].how == "conv1_bn has none: ones"
    text = str(net.load_arrays(arrays))
    assert text.splitlines()[0].split() == ["array", "shape", "got", "of", "shape"]
    assert "<table>" in net.load_arrays(arrays)._repr_html_()


# ------------------------------------------------------------------------------------------ the order


def test_a_file_of_ours_is_read_in_its_own_order(tmp_path):
    net = vectors(4, 4, 4)
    net.save_safetensors(tmp_path / "x.safetensors", {"dense1": "encoder", "dense2": "decoder"})
    other = mp.Network.from_settings(net.settings(), {name: 0 * array for name, array in net.arrays().items()})
    other.load_arrays(tmp_path / "x.safetensors")
    assert np.array_equal(other["dense1"].W, net["dense1"].W)


def test_a_sorted_file_is_asked_for_its_order(tmp_path):
    from safetensors_writer import sorted_file
    net = vectors(4, 4, 4)
    arrays = net.arrays_for(names={"dense1": "encoder", "dense2": "decoder"})
    path = sorted_file(tmp_path / "x.safetensors", arrays)
    with pytest.raises(ValueError, match='"decoder" and "encoder" have the same shapes, and the order .* is not known'):
        net.load_arrays(path)
    other = net.copy()
    other.load_arrays(path, order=["encoder", "decoder"])
    assert np.array_equal(other["dense1"].W, net["dense1"].W)
    other.load_arrays(path, order="given")
    assert np.array_equal(other["dense2"].W, net["dense1"].W)


def test_names_of_ours_say_what_is_what(tmp_path, fingerprint):
    """Sorted by name, "batchnorm1" comes before "conv1_bn"."""
    from safetensors_writer import sorted_file
    net = mp.Network((2, 2, 4), [mp.Conv2D(4, 1, batch_norm=True), mp.BatchNorm(), mp.Conv2D(4, 1, batch_norm=True),
                                 mp.Flatten(), mp.Dense(4)])
    for place, array in enumerate(net.arrays().values()):
        array += place + 1
    other = mp.Network.from_settings(net.settings(), {name: 0 * array for name, array in net.arrays().items()})
    other.load_arrays(sorted_file(tmp_path / "x.safetensors", net.arrays_for()))
    assert fingerprint(other) == fingerprint(net)


def test_branches_of_keras_need_an_order():
    net = mp.Network(4, [mp.Concat([[mp.Dense(4), mp.Dense(4)], [mp.Dense(4), mp.Dense(4)]]), mp.Dense(2)])
    arrays = net.arrays_for("keras", {name: f"model/{name}" for name in net.neuron_layers})
    with pytest.raises(ValueError, match='"model.dense1" and "model.dense2" have the same shapes'):
        net.load_arrays(arrays, "keras")
    net.load_arrays(arrays, "keras", order="given")


def test_batch_norms_in_other_places_of_a_sequential():
    net = mp.Network(4, [mp.Dense(4, batch_norm=True), mp.Dense(4), mp.Dense(2)])
    arrays = net.arrays_for(names={"dense1": "0", "dense1_bn": "2", "dense2": "1", "dense3": "3"})
    with pytest.raises(ValueError,
                       match="batch norms in other places: here weights, norm, weights, weights; there 0 we"):
        net.load_arrays({name: arrays[name] for name in sorted(arrays)})


# ------------------------------------------------------------------------------------------ what else goes in


def test_batch_norm_behind_flatten_in_pytorchs_order():
    net = mp.Network((1, 2, 2), [mp.Flatten(), mp.BatchNorm(), mp.Dense(1)])
    net.layers["batchnorm1"].gamma[...] = [1, 2, 3, 4]
    arrays = net.arrays_for("torch")
    assert arrays["batchnorm1.weight"].tolist() == [1, 3, 2, 4]
    other = net.copy()
    other.layers["batchnorm1"].gamma[...] = 0
    other.load_arrays(arrays)
    assert other.layers["batchnorm1"].gamma.tolist() == [1, 2, 3, 4]
    assert net.arrays_for("keras")["batchnorm1/gamma"].tolist() == [1, 2, 3, 4]


def test_models_and_tensors_of_frameworks():
    class Tensor:                                               # bfloat16: NumPy has no such dtype
        def numpy(self):
            raise TypeError("unsupported ScalarType BFloat16")

        def float(self):
            return types.SimpleNamespace(numpy=lambda: np.ones((1, 2), "f4"))

    net = mp.Network(2, [mp.Dense(1)])
    net.load_arrays(types.SimpleNamespace(state_dict=lambda: {"fc.weight": Tensor(), "fc.bias": np.zeros(1)}))
    assert net["dense1"].W.tolist() == [[1, 1]]
    variables = [types.SimpleNamespace(path=f"m/fc/{key}", numpy=lambda value=value: value)
                 for key, value in (("kernel", np.full((2, 1), 2.0)), ("bias", np.zeros(1)))]
    net.load_arrays(types.SimpleNamespace(get_weights=list, variables=variables), "keras")
    assert net["dense1"].W.tolist() == [[2, 2]]


def test_masks_stay_and_are_not_written():
    net = mp.mask(vectors(2, 3, 1), {"dense1": np.array([True, False, True])})
    with pytest.raises(ValueError, match='"dense1" has a mask, which no other layout has: prune'):
        net.arrays_for()
    net.load_arrays(vectors(2, 3, 1).arrays_for())
    assert net["dense1"].mask.tolist() == [True, False, True]


def test_masks_of_batch_norms_and_activations_stay_and_are_not_written(fingerprint):
    net = mp.Network((6, 6, 1), [mp.Conv2D(2, 3), mp.BatchNorm(), mp.ActivationLayer("sigmoid"), mp.Flatten(),
                                 mp.Dense(2)])
    arrays = net.arrays_for()
    masked = mp.mask(net, {"conv1+batchnorm1+activation1": np.array([True, False])})
    before = fingerprint(masked)
    masked.load_arrays(arrays)
    assert fingerprint(masked) == before
    net["batchnorm1"].mask = np.array([True, False])
    with pytest.raises(ValueError, match='"batchnorm1" has a mask, which no other layout has: prune'):
        net.arrays_for()


@mp.register_layer
class Offset(mp.Layer):
    """A layer with an array of its own: o = x + s."""

    prefix = "offset"

    def build(self, input_shape, rng, dtype):
        super().build(input_shape, rng, dtype)
        self.s = np.zeros(input_shape, dtype)

    def parameters(self):
        return {"s": self.s}


def test_arrays_that_other_frameworks_do_not_have_are_refused_by_name(fingerprint, tmp_path):
    net = mp.Network(2, [mp.Dense(3), Offset(), mp.Dense(1)])
    before, arrays = fingerprint(net), vectors(2, 3, 1).arrays_for()
    for move in (net.arrays_for, lambda: net.save_safetensors(tmp_path / "a"), lambda: net.load_arrays(arrays)):
        with pytest.raises(ValueError, match='Offset "offset1" has arrays that no other layout knows: s; save and load'):
            move()
    assert fingerprint(net) == before and not list(tmp_path.iterdir())


def test_what_is_left_out():
    net, arrays = vectors(2, 1), vectors(2, 1).arrays_for()
    net.load_arrays({**arrays, "mean": np.ones(2), "stem.std": np.ones(3)}, ignore=["mean", "stem"])
    with pytest.raises(ValueError, match="ignore: nothing in arrays is called stem"):
        net.load_arrays(arrays, ignore=["stem"])


# ------------------------------------------------------------------------------------------ what is refused


def changed(**changes):
    """The state dict of cnn() with changes; None leaves an array out."""
    arrays = {**cnn().arrays_for("torch"), **{name.replace("__", "."): array for name, array in changes.items()}}
    return {name: array for name, array in arrays.items() if array is not None}


@each("arrays, error, message", [
    (changed(conv2__weight=np.zeros((4, 1, 2, 3))), ValueError,
     r'conv2.W of shape \(4, 1, 2, 3\) is \(4, 3, 1, 2\) in the layout of PyTorch, and "conv2.weight" has \(4, 1, 2, 3'),
    (changed(dense1__bias=np.zeros(6)), ValueError, r'dense1.b of shape \(5,\) is \(5,\) .*"dense1.bias" has \(6,\)'),
    (changed(dense1__weight=None, dense1__bias=None), ValueError,
     r"has 4 layers with weights \(conv1, conv2, dense1, dense2\), and .* PyTorch 3 \(conv1, conv2, dense2\)"),
    (changed(extra__weight=np.zeros((2, 2))), ValueError, "4 layers with weights .* PyTorch 5"),
    (changed(ln__weight=np.zeros(4)), ValueError, r'"ln.weight" \(4,\) are those of no layer here'),
    (changed(lstm__weight_ih_l0=np.zeros((4, 4))), ValueError, '"lstm.weight_ih_l0" .* is not known: expected names'),
    (changed(dense2__weight_orig=np.zeros((3, 5))), ValueError, 'weight_orig" comes without "dense2.weight_mask"'),
    (changed(conv1_bn__running_mean=None), ValueError, r'"conv1_bn.weight" \(3,\), "conv1_bn.bias"'),
    (changed(dense2__bias=np.array([0, np.nan, 0])), ValueError, "dense2.bias holds 1 values that are NaN"),
    (changed(conv1_bn__running_var=np.array([1, -1, 1.0])), ValueError, "conv1_bn.running_var is a variance"),
    (changed(dense2__bias=["a", "b", "c"]), TypeError, '"dense2.bias" expects real numbers'),
    ({}, ValueError, r"PyTorch 0 \(none\)"),
    (changed(dense2__bias=np.zeros(3, int)), ValueError, '"dense2.bias" holds int64, not floating-point numbers'),
    ({**changed(), "dense2/bias": np.zeros(3)}, ValueError, 'of "dense2" have two that are b: "dense2/bias" is the'),
    (changed(dense2__weight_orig=np.zeros((3, 5)), dense2__weight_mask=np.ones((3, 5))), ValueError,
     '"dense2.weight" is there twice: whole, and as "dense2.weight_orig"'),
    (changed(dense2__weight=None, dense2__weight_orig=np.zeros((3, 5)), dense2__weight_mask=np.ones((1, 5))), ValueError,
     r'"dense2.weight_mask" of shape \(1, 5\) is the mask of'),
    (changed(dense2__weight=None, dense2__weight_g=np.ones((3, 1)), dense2__weight_v=np.zeros((3, 5))), ValueError,
     '"dense2.weight_v" has a norm of 0'),
    (changed(dense2__weight=None, dense2__weight_g=np.ones((2, 1)), dense2__weight_v=np.ones((3, 5))), ValueError,
     '"dense2.weight_g" of shape .2, 1. does not hold norms of'),
    (changed(kernel=np.zeros(3)), ValueError, 'is not known: .*; is it layout="keras"'),
    ({"model": {"a": 1}}, TypeError, '"model" is a dict: give arrays."model".'),
    (3, TypeError, "arrays expects a path, a dict .* got int")])
def test_what_does_not_fit_changes_nothing(fingerprint, arrays, error, message):
    net = cnn(seed=1)
    before = fingerprint(net)
    with pytest.raises(error, match=message):
        net.load_arrays(arrays)
    assert fingerprint(net) == before


def test_other_refusals(tmp_path):
    net = cnn()
    with pytest.raises(ValueError, match='unknown layout "pytorch"; did you mean "torch"'):
        net.load_arrays({}, layout="pytorch")
    with pytest.raises(ValueError, match="scikit-learn has no convolutions|layers with weights"):
        net.load_arrays(sklearn_arrays(), layout="sklearn")
    with pytest.raises(ValueError, match="unknown name in order: \"conv9\"; did you mean"):
        net.load_arrays(net.arrays_for(), order=["conv9"])
    with pytest.raises(ValueError, match="order expects each of these once: .*; wrong: conv1_bn, conv2"):
        net.load_arrays(net.arrays_for(), order=["conv1", "dense1", "dense2"])
    with pytest.raises(ValueError, match='unknown layout to write "sklearn"'):
        net.arrays_for("sklearn")
    with pytest.raises(ValueError, match='unknown layer in names: "conv3"'):
        net.arrays_for("torch", names={"conv3": "a"})
    with pytest.raises(ValueError, match="followed by 3 vectors"):
        net.load_arrays([np.zeros((3, 3)), *np.zeros((3, 3))], layout="keras")
    with pytest.raises(ValueError, match="arr_0 is followed by four vectors: a bias and three arrays"):
        mp.Network(3, [mp.Dense(3), mp.BatchNorm()]).load_arrays([np.zeros((3, 3)), *np.zeros((4, 3))], layout="keras")
    with pytest.raises(ValueError, match='activation "sigmoid", and the estimator "tanh", which is "tanh" here'):
        vectors(4, 6, 5, 3).load_arrays(types.SimpleNamespace(**sklearn_arrays(), activation="tanh"), layout="sklearn")
    with pytest.raises(ValueError, match='names: two layers would write "a.weight"'):
        net.arrays_for(names={"conv1": "a", "conv2": "a"})
    for arguments, message in (({"order": 3}, "order expects a list of names, got 3"), ({"order": "ab"}, "order expects a"),
                               ({"limit": "1GB"}, "limit expects a whole number"), ({"ignore": "a"}, "ignore expects a")):
        with pytest.raises(TypeError, match=message):
            net.load_arrays({}, **arguments)
    single = mp.Network(1, [mp.Dense(1)], dtype="float32")
    with pytest.raises(ValueError, match='array "a.weight" holds numbers up to 1e.300, too large for float32'):
        single.load_arrays({"a.weight": np.array([[1e300]])})
    for name, hint in (("x.pt", "is a pickle"), ("x.keras", "v.numpy"), ("x.joblib", "fitted estimator")):
        (tmp_path / name).write_bytes(b"x")
        with pytest.raises(ValueError, match=hint):
            net.load_arrays(tmp_path / name)
    with pytest.raises(FileNotFoundError, match="no such file"):
        net.load_arrays(tmp_path / "none.npz")


def test_tensors_of_other_libraries_are_read():
    class Tensor:
        def detach(self):
            return self

        def numpy(self):
            return np.ones((1, 2))

    net = mp.Network(2, [mp.Dense(1)])
    net.load_arrays({"a.weight": Tensor()})
    assert net["dense1"].W.tolist() == [[1, 1]]
