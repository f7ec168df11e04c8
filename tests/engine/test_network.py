"""Networks: how they are built and named, what a pass gives and leaves alone, copies, dtypes, errors."""

import threading

import numpy as np
import pytest

import minprune as mp
from cases import each
from minprune.engine.network import Trace
from minprune.engine.layer import LayerTrace

CNN = [mp.Conv2D(3, 3, "relu"), mp.MaxPool2D(2), mp.Conv2D(4, 2, "tanh", padding="same"),
       mp.AvgPool2D((1, 2)), mp.Dropout(0.5), mp.Flatten(), mp.Dense(5, "relu"), mp.Dropout(0.2), mp.Dense(2)]

# ------------------------------------------------------------------------------------------ built


def test_names_by_kind_and_order():
    net = mp.Network((8, 10, 2), CNN)
    assert list(net.layers) == ["conv1", "maxpool1", "conv2", "avgpool1", "dropout1", "flatten1", "dense1",
                                "dropout2", "dense2"]
    assert all(layer.name == name and net[name] is layer for name, layer in net.layers.items())
    net = mp.Network((2, 2, 1), [mp.GlobalAvgPool2D(), mp.Dense(1)])
    assert list(net.layers) == ["globalavgpool1", "dense1"]


def test_shapes_are_inferred():
    net = mp.Network((8, 10, 2), CNN)
    assert [layer.output_shape for layer in net.layers.values()] == [
        (6, 8, 3), (3, 4, 3), (3, 4, 4), (3, 2, 4), (3, 2, 4), (24,), (5,), (5,), (2,)]
    assert [layer.input_shape for layer in net.layers.values()][1:] \
        == [layer.output_shape for layer in net.layers.values()][:-1]
    assert net.input_shape == net["conv1"].input_shape == (8, 10, 2) and net.output_shape == (2,)
    assert {name: array.shape for name, array in net.parameters().items()} == {
        "conv1.W": (3, 3, 3, 2), "conv1.b": (3,), "conv2.W": (4, 2, 2, 3), "conv2.b": (4,),
        "dense1.W": (5, 24), "dense1.b": (5,), "dense2.W": (2, 5), "dense2.b": (2,)}


@each("shape, kept", [(4, (4,)), ((4,), (4,)), ([4], (4,)), (np.int64(4), (4,)),
                      ((2, 3, 1), (2, 3, 1)), (np.array([2, 3, 1]), (2, 3, 1))])
def test_input_shapes(shape, kept):
    assert mp.Network(shape, [mp.Flatten(), mp.Dense(2)]).input_shape == kept


def test_hidden_layers_are_all_neurons_but_the_last():
    net = mp.Network((8, 10, 2), CNN)
    assert net.neuron_layers == ["conv1", "conv2", "dense1", "dense2"]
    assert net.hidden_layers == ["conv1", "conv2", "dense1"]
    assert mp.Network(3, [mp.Dense(2)]).hidden_layers == []
    layers = [mp.Conv2D(2, 2), mp.Conv2D(2, 2), mp.GlobalAvgPool2D()]
    assert mp.Network((4, 4, 1), layers).hidden_layers == ["conv1"]
    assert mp.Network((4, 4, 1), [mp.MaxPool2D(2)]).hidden_layers == []


def test_who_reads_whom():
    net = mp.Network((8, 10, 2), CNN)
    assert [net.reader(name) for name in net.hidden_layers] == ["conv2", "dense1", "dense2"]
    assert [layer.name for layer in net.between("conv2", "dense1")] == ["avgpool1", "dropout1", "flatten1"]
    assert net.between("conv1", "maxpool1") == [] and net.names_after("dense2") == []
    assert net.names_after("dense1") == ["dropout2", "dense2"]
    for call in (lambda: net.names_after("dense9"), lambda: net.between("dense1", "dense9"),
                 lambda: net.between("dense9", "dense1")):
        with pytest.raises(ValueError, match='unknown layer "dense9"; did you mean "dense'):
            call()


def test_recipes_are_copied():
    recipe = mp.Dense(3, "relu", batch_norm=True)
    one, two = mp.Network(3, [recipe, recipe]), mp.Network(5, [recipe])
    assert recipe.W is None and recipe.name == "" and recipe.input_shape is None
    layers = [one["dense1"], one["dense2"], two["dense1"]]
    arrays = [array for layer in layers for array in layer.arrays().values()]
    assert not any(np.shares_memory(a, b) for i, a in enumerate(arrays) for b in arrays[:i])
    assert two["dense1"].W.shape == (3, 5) and not np.array_equal(one["dense1"].W, one["dense2"].W)


def test_a_built_layer_makes_a_fresh_one():
    net = mp.Network(2, [mp.Dense(2), mp.Dense(1)])
    net["dense1"].mask = np.array([True, False])
    again = mp.Network(2, net.layers.values())
    assert again["dense1"].mask is None and again["dense1"].W is not net["dense1"].W


@each("shape, layers, told", [
    ((8, 8, 1), [mp.Conv2D(2, 3), mp.Dense(2)], 'Dense "dense1" cannot fit'),
    (4, [mp.Dense(2), mp.Conv2D(2, 3)], 'Conv2D "conv1" cannot fit'),
    ((8, 8, 1), [mp.MaxPool2D(2), mp.MaxPool2D(2), mp.MaxPool2D(3)], 'MaxPool2D "maxpool3" cannot fit'),
    ((8, 8, 1), [mp.Conv2D(2, 5), mp.Conv2D(2, 5)], 'Conv2D "conv2" cannot fit'),
    ((4, 4, 1), [mp.Flatten(), mp.AvgPool2D(2)], 'AvgPool2D "avgpool1" cannot fit'),
    ((4, 4, 1), [mp.GlobalAvgPool2D(), mp.GlobalAvgPool2D()], 'GlobalAvgPool2D "globalavgpool2" cannot fit')])
def test_the_layer_that_cannot_fit_says_so_by_name(shape, layers, told):
    with pytest.raises(ValueError, match=told):
        mp.Network(shape, layers)


@each("arguments, error, told", [
    (((), [mp.Dense(2)]), ValueError, "input_shape expects at least one size"),
    ((0, [mp.Dense(2)]), ValueError, "input_shape expects at least 1, got 0"),
    (((4, -1, 1), [mp.Flatten()]), ValueError, "input_shape expects at least 1, got -1"),
    (((4, 4.0, 1), [mp.Flatten()]), TypeError, "input_shape expects a whole number, got 4.0"),
    ((True, [mp.Dense(2)]), TypeError, "input_shape expects a whole number"),
    ((2, []), ValueError, "layers is empty"),
    ((2, [mp.Dense(2), 3]), TypeError, r"layers\[1\] expects a layer such as mp.Dense\(10\), got 3"),
    ((2, [mp.Dense]), TypeError, r"layers\[0\] expects a layer"),
    ((2, [mp.Dense(2)], 0, "float16"), ValueError, 'dtype expects "float64" or "float32", got "float16"'),
    ((2, [mp.Dense(2)], 0, "int64"), ValueError, 'dtype expects .* got "int64"'),
    ((2, [mp.Dense(2)], 0, ">f8"), ValueError, "dtype expects"),
    ((2, [mp.Dense(2)], 0, "flaot32"), ValueError, "dtype expects .* got 'flaot32'")])
def test_what_makes_no_network(arguments, error, told):
    with pytest.raises(error, match=told):
        mp.Network(*arguments)


@each("shape, layers, told", [(2.5, [mp.Dense(2)], "input_shape"),
                              (None, [mp.Dense(2)], "input_shape"),
                              (2, mp.Dense(2), "layers"), (2, None, "layers")])
def test_what_is_no_list_is_told_by_name(shape, layers, told):
    with pytest.raises(TypeError, match=told):
        mp.Network(shape, layers)


# -------------------------------------------------------------------------------- seeds and dtypes


def test_the_same_seed_gives_the_same_bits(fingerprint, rng):
    x = rng.normal(size=(3, 8, 10, 2))
    one, two = mp.Network((8, 10, 2), CNN, seed=4), mp.Network((8, 10, 2), CNN, seed=np.random.default_rng(4))
    assert fingerprint(one) == fingerprint(two)
    assert one.forward(x).y.tobytes() == two.forward(x).y.tobytes() == one.forward(x).y.tobytes()
    assert fingerprint(mp.Network(3, [mp.Dense(2)])) == fingerprint(mp.Network(3, [mp.Dense(2)], 0))


def test_other_seeds_and_other_layers_give_other_weights():
    nets = [mp.Network(3, [mp.Dense(3), mp.Dense(3)], seed) for seed in (0, 1)]
    weights = [net[name].W for net in nets for name in net.layers]
    assert len({W.tobytes() for W in weights}) == 4


@each("seed, error", [(None, TypeError), ("a", TypeError), (1.5, TypeError), (-1, ValueError)])
def test_a_seed_is_a_whole_number_or_a_generator(seed, error):
    with pytest.raises(error, match="seed expects"):
        mp.Network(3, [mp.Dense(2)], seed=seed)


def test_the_global_generator_is_left_alone():
    np.random.seed(3)
    expected = np.random.random()
    np.random.seed(3)
    net = mp.Network(3, [mp.Dense(3), mp.Dropout(0.5)])
    net.forward(np.ones((2, 3)), training=True, seed=1)
    assert np.random.random() == expected


def test_a_float32_network_starts_from_the_rounded_weights(everything):
    wide, narrow = mp.Network((8, 10, 2), CNN, seed=4), mp.Network((8, 10, 2), CNN, seed=4, dtype="float32")
    for name, array in narrow.arrays().items():
        assert array.dtype == np.float32
        assert array.tobytes() == wide.arrays()[name].astype("float32").tobytes()


@each("activation", mp.ACTIVATIONS)
def test_float32_stays_float32_everywhere(activation):
    net = mp.Network((6, 7, 2), [
        mp.Conv2D(3, 2, activation, 2, "same", True), mp.MaxPool2D(2, 1), mp.AvgPool2D((1, 2), 1),
        mp.Dropout(0.3), mp.Conv2D(2, 1, activation), mp.GlobalAvgPool2D(), mp.Flatten(),
        mp.Dense(4, activation, True), mp.Dense(4, activation), mp.Dense(3)],
        dtype=np.float32)
    x, optimizer = np.random.default_rng(0).normal(size=(4, 6, 7, 2)), mp.Adam(weight_decay=0.1)
    parameters, loss = net.parameters(), mp.LOSSES["cross_entropy"]
    state = optimizer.start(parameters)
    for training in (True, False):
        trace = net.forward(x, training=training, seed=0)
        assert loss(trace.y, np.eye(3, dtype="float32")[[0, 1, 2, 0]]).dtype == np.float32
        net.backward(trace, loss.derivative(trace.y, np.eye(3, dtype="float32")[[0, 1, 2, 0]]))
        seen = [trace.x, trace.y, trace.dy, trace.dx, *trace.grads().values()]
        seen += [array for one in trace.layers.values() for array in (one.x, one.z, one.o, one.do, one.dz)]
        seen += [net[name].tangent(trace[name], trace[name].x) for name in net.layers if not training]
        seen += [net[name].per_sample_dW(trace[name]) for name in net.neuron_layers if not training]
        assert {array.dtype for array in seen if array is not None} == {np.dtype("float32")}
        if training:
            net.update_running(trace)
            optimizer.step(parameters, trace.grads(), state)
    seen = [*net.arrays().values(), *net.copy().arrays().values(), net.predict(x),
            net.tail("conv1", trace["conv1"].o)]
    assert {array.dtype for array in seen} == {np.dtype("float32")}


@each("dtype", ["float32", np.float32, np.dtype("float64"), "float64", float])
def test_dtypes(dtype):
    net = mp.Network(3, [mp.Dense(2)], dtype=dtype)
    assert net.dtype == np.dtype(dtype) == net["dense1"].W.dtype == net.predict([[1, 2, 3]]).dtype


# ---------------------------------------------------------------------------------- its own arrays


def test_parameters_are_the_layers_own_writable_arrays(everything):
    net = everything()
    names = list(net.parameters())
    assert names == ["conv1.W", "conv1.b", "conv1.gamma", "conv1.beta", "conv2.W", "conv2.b", "dense1.W",
                     "dense1.b", "dense1.gamma", "dense1.beta", "dense2.W", "dense2.b"]
    for name, array in net.parameters().items():
        layer, key = name.split(".")
        assert array is getattr(net[layer], key) is net.arrays()[name] and array.flags.writeable
    assert set(net.arrays()) - set(names) == {f"{layer}.running_{key}" for layer in ("conv1", "dense1")
                                              for key in ("mean", "var")}
    before = net.predict(np.ones((1, 6, 7, 2)))
    net.parameters()["dense2.b"] += 1
    np.testing.assert_allclose(net.predict(np.ones((1, 6, 7, 2))), before + 1, rtol=1e-12)


@each("name, layers", [
    ("dense1", [mp.Flatten(), mp.Dense(4), mp.Dropout(0.2), mp.Dense(3)]),
    ("conv1", [mp.Conv2D(4, 2), mp.Conv2D(3, 3)]),
    ("conv1", [mp.Conv2D(4, 2), mp.MaxPool2D(2), mp.Flatten(), mp.Dense(3)]),
    ("conv1", [mp.Conv2D(4, 2), mp.GlobalAvgPool2D(), mp.Dense(3)])])
def test_outgoing_weights_are_all_that_read_a_neuron(name, layers, rng):
    """Setting them to 0 makes the rest of the network deaf to that neuron, and to no other."""
    net = mp.Network((6, 7, 2), layers)
    reader = net[net.reader(name)]
    out = net.outgoing_weights(name)
    assert out.shape == (4, reader.W.size // 4)
    assert sorted(out.ravel()) == sorted(reader.W.ravel())
    whole = reader.W.copy()
    o = rng.normal(size=(2, *net[name].output_shape))
    for i in range(4):
        reader.W[np.isin(reader.W, out[i])] = 0
        y = net.tail(name, o)
        for k in range(4):
            moved = o.copy()
            moved[..., k] += 1
            assert np.array_equal(net.tail(name, moved), y) == (k == i)
        reader.W[...] = whole


# ------------------------------------------------------------------------------------------ passes


def test_a_pass_is_the_layers_one_after_the_other(everything, random_samples):
    net = everything()
    x = random_samples(net, 0)[0]
    y = x
    for layer in net.layers.values():
        y = layer.forward(y).o
    assert np.array_equal(net.forward(x).y, y)


def test_no_pass_changes_the_network_or_its_input(everything, random_samples, fingerprint):
    net = everything()
    x, dy = random_samples(net, 0)
    before = fingerprint(net), x.tobytes(), dy.tobytes()
    for training in (False, True):
        trace = net.forward(x, training, seed=1)
        net.backward(trace, dy)
        net.backward(trace, dy, need_dx=False)
    net.predict(x), net.tail("conv1", trace["conv1"].o), net.copy(), net.parameters(), repr(net)
    assert before == (fingerprint(net), x.tobytes(), dy.tobytes())


def arrays_of(trace):
    seen = {"x": trace.x, "y": trace.y, "dx": trace.dx, **trace.grads()}
    for name, one in trace.layers.items():
        seen |= {f"{name}.{key}": getattr(one, key) for key in ("x", "z", "o", "do", "dz")}
    return {name: array.copy() for name, array in seen.items() if array is not None}


def assert_same(one, two):
    assert one.keys() == two.keys()
    for name in one:
        np.testing.assert_array_equal(one[name], two[name], err_msg=name)


@pytest.mark.parametrize("training", [False, True])
def test_two_traces_do_not_interfere(training, everything, random_samples):
    net = everything()
    (x1, dy1), (x2, dy2) = random_samples(net, 1), random_samples(net, 2)
    alone = []
    for x, dy in ((x1, dy1), (x2, dy2)):
        trace = net.forward(x, training, seed=5)
        net.backward(trace, dy)
        alone.append(arrays_of(trace))
    one = net.forward(x1, training, seed=5)
    after_forward = arrays_of(one)
    two = net.forward(x2, training, seed=5)
    assert_same(arrays_of(one), after_forward)
    net.backward(one, dy1)
    net.backward(two, dy2)
    assert_same(arrays_of(one), alone[0])
    assert_same(arrays_of(two), alone[1])


def test_threads_do_not_interfere(everything, random_samples):
    net = everything()
    pairs = [random_samples(net, seed, 4) for seed in range(8)]

    def trace_of(pair):
        trace = net.forward(pair[0], training=True, seed=3)
        net.backward(trace, pair[1])
        return arrays_of(trace)

    expected, found = [trace_of(pair) for pair in pairs], [None] * 8

    def work(place):
        for _ in range(8):
            found[place] = trace_of(pairs[place])

    threads = [threading.Thread(target=work, args=[place]) for place in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for one, two in zip(expected, found):
        for name in one:
            np.testing.assert_allclose(two[name], one[name], rtol=1e-9, atol=1e-12, err_msg=name)


def test_one_samples_numbers_do_not_depend_on_the_others(everything, random_samples):
    net = everything()
    x, dy = random_samples(net, 0, 6)
    together = net.forward(x)
    net.backward(together, dy)
    total = {name: 0 for name in net.parameters()}
    for n in range(6):
        alone = net.forward(x[n:n + 1])
        dx = net.backward(alone, dy[n:n + 1])
        np.testing.assert_allclose(dx[0], together.dx[n], rtol=1e-9, atol=1e-13)
        for name in net.layers:
            for key in ("x", "z", "o", "do", "dz"):
                one, all_ = getattr(alone[name], key), getattr(together[name], key)
                assert (one is None) == (all_ is None)
                if one is not None:
                    np.testing.assert_allclose(one[0], all_[n], rtol=1e-9, atol=1e-13,
                                               err_msg=f"{name}.{key}")
        total = {name: total[name] + grad for name, grad in alone.grads().items()}
    for name, grad in together.grads().items():         # sums over the batch, never means
        np.testing.assert_allclose(grad, total[name], rtol=1e-9, atol=1e-12, err_msg=name)


def test_tail_is_the_rest_of_the_network(everything, random_samples):
    net = everything()
    trace = net.forward(random_samples(net, 0)[0])
    for name in net.layers:
        np.testing.assert_allclose(net.tail(name, trace[name].o), trace.y, rtol=1e-12)
    assert np.array_equal(net.tail("dense2", trace.y), trace.y)


def test_tail_answers_to_what_it_is_given():
    net = mp.Network(2, [mp.Dense(2, "relu"), mp.Dense(1)])
    net["dense2"].W[...] = [[3, 5]]
    assert net.tail("dense1", [[1, 2], [0, 1]]).tolist() == [[13], [5]]
    net["dense1"].mask = np.array([False, False])
    assert net.tail("dense1", [[1, 2]]).tolist() == [[13]]         # the output is given, so nobody masks it


def test_the_last_layers_gradient_is_enough_for_training(everything, random_samples):
    net = everything()
    x, dy = random_samples(net, 0)
    one, two = net.forward(x), net.forward(x)
    assert net.backward(one, dy, need_dx=False) is None and one.dx is None
    dx = net.backward(two, dy)
    assert dx is two.dx and dx.shape == x.shape
    assert_same(one.grads(), two.grads())


@pytest.mark.parametrize("training", [False, True])
def test_without_gradients_of_weights_those_of_outputs_are_the_same(training, everything, random_samples):
    net = everything()
    x, dy = random_samples(net, 0)
    one, two = (net.forward(x, training=training, seed=0) for _ in range(2))
    assert np.array_equal(net.backward(one, dy, need_grads=False), net.backward(two, dy))
    assert one.grads() == {} and set(two.grads()) == set(net.parameters())
    for name in net.neuron_layers:
        assert np.array_equal(one[name].do, two[name].do) and np.array_equal(one[name].dz, two[name].dz)


def test_without_dx_layers_below_the_first_weights_are_left_out():
    net = mp.Network((4, 4, 1), [mp.AvgPool2D(2), mp.Flatten(), mp.Dense(2)])
    trace = net.forward(np.ones((1, 4, 4, 1)))
    assert net.backward(trace, np.ones((1, 2)), need_dx=False) is None
    assert trace["flatten1"].do is None and trace["dense1"].grads["W"].any()
    bare = mp.Network((4, 4, 1), [mp.AvgPool2D(2)])
    bare.backward(bare.forward(np.ones((1, 4, 4, 1))), np.ones((1, 2, 2, 1)), need_dx=False)


def test_the_way_back_may_start_at_any_layer(everything, random_samples):
    net = everything()
    x, dy = random_samples(net, 0)
    trace, part = net.forward(x), net.forward(x)
    net.backward(trace, dy)
    names = list(net.layers)[:4]
    dx = net.backward_from(part, trace[names[-1]].do, names)
    np.testing.assert_array_equal(dx, trace.dx)
    np.testing.assert_array_equal(part["conv1"].grads["W"], trace["conv1"].grads["W"])
    assert part["dense1"].do is None


def test_predict_goes_batch_by_batch(everything, random_samples):
    net = everything()
    x, sizes = random_samples(net, 0, 11)[0], []
    y = net.forward(x).y
    layer = net["maxpool1"]
    own = layer.forward
    layer.forward = lambda x, *more: sizes.append(len(x)) or own(x, *more)
    for batch_size, expected in ((4, [4, 4, 3]), (11, [11]), (1, [1] * 11), (256, [11])):
        sizes.clear()
        np.testing.assert_allclose(net.predict(x, batch_size), y, rtol=1e-9)
        assert sizes == expected
    sizes.clear()
    net.predict(np.repeat(x, 30, axis=0))
    assert sizes == [256, 74]


def test_predict_takes_lists_and_whole_numbers():
    net = mp.Network(2, [mp.Dense(2)])
    assert np.array_equal(net.predict([[1, 2]]), net.predict(np.array([[1.0, 2.0]])))
    assert np.array_equal(net.predict(np.array([[True, False]])), net.predict([[1, 0]]))


NET = mp.Network(3, [mp.Dense(4), mp.Dense(2)])


@each("call, error, told", [
    (lambda: NET["dense3"], ValueError, 'unknown layer "dense3"; did you mean "dense'),
    (lambda: NET[0], ValueError, 'unknown layer "0"; Known: dense1, dense2'),
    (lambda: NET.forward(np.ones((2, 4))), ValueError, r"Network expects \(N, 3\), got \(2, 4\)"),
    (lambda: NET.forward(np.ones(3)), ValueError, r"Network expects \(N, 3\), got \(3,\)"),
    (lambda: NET.forward(1.0), ValueError, r"Network expects \(N, 3\), got \(\)"),
    (lambda: NET.backward(NET.forward(np.ones((2, 3))), np.ones((2, 3))), ValueError,
     r"backward expects dy of the output's shape \(2, 2\), got \(2, 3\)"),
    (lambda: NET.backward(NET.forward(np.ones((2, 3))), np.ones((1, 2))), ValueError,
     r"\(2, 2\), got \(1, 2\)"),
    (lambda: NET.tail("dense1", np.ones((2, 3))), ValueError,
     r'tail of Dense "dense1" expects \(N, 4\), got \(2, 3\)'),
    (lambda: NET.tail("dense1", np.ones(4)), ValueError, r"expects \(N, 4\), got \(4,\)"),
    (lambda: NET.tail("dense1", 1.0), ValueError, r"expects \(N, 4\), got \(\)"),
    (lambda: NET.tail("dens1", np.ones((2, 4))), ValueError, 'did you mean "dense1"'),
    (lambda: NET.predict(np.ones((2, 2))), ValueError, r"x: Network expects \(N, 3\), got \(2, 2\)"),
    (lambda: NET.predict(np.ones((0, 3))), ValueError, "x is empty"),
    (lambda: NET.predict([[1, np.nan, 2]]), ValueError, "x holds 1 values that are NaN or infinite, of 3"),
    (lambda: NET.predict([[1, -np.inf, 2]]), ValueError, "x holds 1 values"),
    (lambda: NET.predict([["a", "b", "c"]]), TypeError, "x expects real numbers"),
    (lambda: NET.predict(np.ones((2, 3)), 0), ValueError, "batch_size expects at least 1"),
    (lambda: NET.predict(np.ones((2, 3)), 1.5), TypeError, "batch_size expects a whole number"),
    (lambda: NET.check_input(np.ones((2, 2)), "images"), ValueError, "images: Network expects")])
def test_refused(call, error, told):
    with pytest.raises(error, match=told):
        call()


def test_repr_shows_every_layer(everything):
    lines = repr(everything()).splitlines()
    count = sum(array.size for array in everything().parameters().values())
    assert lines[0] == f"Network(6, 7, 2) of {count} parameters:"
    assert [line.split()[0] for line in lines[1:]] == list(everything().layers)
    assert "(3, 3, 3)" in lines[2] and "MaxPool2D(size=[2, 2]" in lines[2]


# ------------------------------------------------------------------------------------------ copies


def test_a_copy_is_the_same_and_its_own(everything, fingerprint, random_samples):
    net = everything()
    net["conv1"].mask = np.array([True, False, True])
    net["dense1"].mask = np.array([True, True, False, False, True])
    x = random_samples(net, 0)[0]
    twin, before = net.copy(), fingerprint(net)
    assert fingerprint(twin) == before and twin.forward(x).y.tobytes() == net.forward(x).y.tobytes()
    assert not any(np.shares_memory(a, b) for a in net.arrays().values() for b in twin.arrays().values())
    for array in twin.arrays().values():
        array[...] = ~array if array.dtype == bool else array + 1
    twin.update_running(twin.forward(x, training=True, seed=0))
    twin["conv2"].mask = np.zeros(4, bool)
    assert fingerprint(net) == before


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_copy_keeps_the_dtype(dtype, everything, fingerprint):
    net = everything(dtype)
    assert net.copy().dtype == np.dtype(dtype) and fingerprint(net.copy()) == fingerprint(net)


def test_settings_make_the_same_network(everything, fingerprint):
    net = everything()
    assert fingerprint(mp.Network.from_settings(net.settings(), net.arrays())) == fingerprint(net)


@each("change, told", [
    (lambda arrays: arrays.pop("conv2.W"), "the network's arrays are .*'conv2.W'"),
    (lambda arrays: arrays.update({"dense9.W": np.ones(2)}), "got .*'dense9.W'"),
    (lambda arrays: arrays.update({"conv2.W": np.ones((4, 2, 3, 2))}),
     r"array conv2.W expects shape .* got \(4, 2, 3, 2\)"),
    (lambda arrays: arrays.update({"dense2.b": np.ones(1)}),
     r"array dense2.b expects shape \(3,\), got \(1,\)"),
    (lambda arrays: arrays.update({"conv1.mask": np.ones(4, bool)}),
     r"conv1.mask expects shape \(3,\), got \(4,\)"),
    (lambda arrays: arrays.update({"dense2.b": np.ones(3, complex)}),
     "array dense2.b expects float64, got complex128"),
    (lambda arrays: arrays.update({"dense2.b": np.array(["1", "2", "3"])}),
     "array dense2.b expects float64, got <U1"),
    (lambda arrays: arrays.update({"conv9.mask": np.ones(4, bool)}), 'unknown layer "conv9"')])
def test_fill_changes_nothing_when_one_array_does_not_fit(change, told, everything, fingerprint):
    net = everything()
    before = fingerprint(net)
    arrays = {name: array + 1 for name, array in net.arrays().items()}
    change(arrays)
    with pytest.raises(ValueError, match=told):
        net.fill(arrays)
    assert fingerprint(net) == before


def test_fill_takes_masks_on_and_off(everything):
    net, other = everything(), everything()
    other["dense1"].mask = np.array([True, False, True, False, True])
    net["conv1"].mask = np.array([True, True, False])
    net.fill(other.arrays())
    assert net["conv1"].mask is None and net["dense1"].mask.tolist() == [True, False, True, False, True]
    assert net["dense1"].mask is not other["dense1"].mask and net["dense1"].mask.dtype == bool


# ---------------------------------------------------------------------- the trace of a pass

def test_a_pass_on_paper_is_all_there():
    net = mp.Network(2, [mp.Dense(2, "relu"), mp.Dense(1)])
    net["dense1"].W[...], net["dense2"].W[...] = [[1, 2], [-1, 1]], [[3, 5]]
    net["dense1"].b[...], net["dense2"].b[...] = [0, -4], [1]
    trace = net.forward([[1.0, 2.0]])
    assert trace.x.tolist() == [[1, 2]] and trace.y.tolist() == [[16]]
    hidden, out = trace["dense1"], trace["dense2"]
    assert (hidden.x.tolist(), hidden.z.tolist(), hidden.o.tolist()) == ([[1, 2]], [[5, -3]], [[5, 0]])
    assert (out.x.tolist(), out.z.tolist(), out.o.tolist()) == ([[5, 0]], [[16]], [[16]])
    assert trace.dy is trace.dx is hidden.do is hidden.dz is None and hidden.grads == trace.grads() == {}
    net.backward(trace, [[2.0]])
    assert (out.do.tolist(), out.dz.tolist(), hidden.do.tolist(), hidden.dz.tolist()) \
        == ([[2]], [[2]], [[6, 10]], [[6, 0]])
    assert trace.dy.tolist() == [[2]] and trace.dx.tolist() == [[6, 12]]
    assert {name: grad.tolist() for name, grad in trace.grads().items()} == {
        "dense1.W": [[6, 12], [0, 0]], "dense1.b": [6, 0], "dense2.W": [[10, 0]], "dense2.b": [2]}


def test_gradients_have_the_parameters_names_and_shapes(everything, random_samples):
    net = everything()
    trace = net.forward(random_samples(net, 0)[0])
    net.backward(trace, np.ones_like(trace.y))
    shapes = {name: grad.shape for name, grad in trace.grads().items()}
    assert shapes == {name: array.shape for name, array in net.parameters().items()}
    assert list(shapes) and set(trace.layers) == set(net.layers)


def test_only_neurons_have_z(everything, random_samples):
    net = everything()
    trace = net.forward(random_samples(net, 0)[0])
    net.backward(trace, np.ones_like(trace.y))
    for name, layer in trace.layers.items():
        has_neurons = name in net.neuron_layers
        assert (layer.z is not None) == (layer.dz is not None) == bool(layer.grads) == has_neurons
        assert layer.do.shape == layer.o.shape


def test_a_layers_output_is_what_the_next_one_read(everything, random_samples):
    net = everything()
    trace = net.forward(random_samples(net, 0)[0])
    layers = list(trace.layers.values())
    for one, two in zip(layers, layers[1:]):
        assert np.array_equal(one.o, two.x)
    assert np.array_equal(layers[0].x, trace.x) and np.array_equal(layers[-1].o, trace.y)


def test_a_fresh_trace_is_empty():
    trace = Trace(np.ones((3, 2)), training=True)
    assert trace.training and trace.layers == {} and trace.grads() == {}
    assert trace.y is trace.dy is trace.dx is trace.t is trace.L is None
    assert not Trace(np.ones((3, 2))).training
    one, two = LayerTrace(x=1, o=2), LayerTrace(x=1, o=2)
    one.grads["W"] = one.saved["mean"] = 1
    assert two.grads == two.saved == {}


def test_the_trace_says_which_kind_of_pass_it_was():
    net = mp.Network(2, [mp.Dense(2)])
    assert net.forward(np.ones((1, 2)), training=True).training is True
    assert net.forward(np.ones((1, 2))).training is False


def test_repr():
    assert repr(mp.Network(2, [mp.Dense(2), mp.Dense(1)]).forward(np.ones((4, 2)))) \
        == "Trace of 4 samples: dense1, dense2"


def test_an_unknown_layer():
    with pytest.raises(ValueError, match='unknown layer of the trace "dense9"; did you mean "dense1"'):
        mp.Network(2, [mp.Dense(2)]).forward(np.ones((4, 2)))["dense9"]


@each("x, told", [(np.ones((2, 2)) * 1j, "complex128"), ([["1", "2"]], "<U1"),
                  ([[None, 1.0]], "object"), (np.ones((2, 2), "datetime64[s]"), "datetime64")])
def test_a_pass_takes_real_numbers_alone(x, told):
    """Imaginary parts were dropped, and dates and texts read as numbers."""
    net = mp.Network(2, [mp.Dense(2), mp.Dense(2)])
    trace = net.forward(np.ones((2, 2)))
    for call in (net.forward, lambda x: net.backward(trace, x), lambda x: net.tail("dense1", x)):
        with pytest.raises(TypeError, match=f"^(x|dy|o) expects real numbers, got dtype {told}"):
            call(x)


def test_a_pass_takes_no_masked_array():
    with pytest.raises(ValueError, match="x is a masked array with 2 masked entries, of 4"):
        mp.Network(2, [mp.Dense(2)]).forward(np.ma.array(np.ones((2, 2)), mask=np.eye(2)))


def test_a_name_given_as_an_array_is_refused():
    with pytest.raises(TypeError, match="activation expects a name, got an array"):
        mp.Dense(3, np.array("relu"))


@pytest.mark.parametrize("arrays", [None, [1], "W"])
def test_fill_takes_a_dict_alone(arrays):
    with pytest.raises(TypeError, match="fill expects a dict .* got (NoneType|list|str)"):
        mp.Network(1, [mp.Dense(1)]).fill(arrays)
