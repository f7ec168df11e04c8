"""Blocks: what is added to what, the way back, names, files, and who is coupled with whom."""

import json

import numpy as np
import pytest

import minprune as mp
from cases import each
from minprune.engine.coupled import Coupled
from minprune.engine.residual import Residual


def conv(channels, activation="identity", stride=1, batch_norm=False, kernel=3):
    return mp.Conv2D(channels, kernel, activation, stride, "same", batch_norm)


IDENTITY = (5, 4, 1), [conv(3, "tanh"), Residual([conv(2, "tanh"), conv(3)]), mp.Flatten(), mp.Dense(2)]
PROJECTED = (5, 4, 1), [conv(2, "tanh"), Residual([conv(3, "sigmoid"), conv(4)]), mp.GlobalAvgPool2D(), mp.Dense(2)]
NETWORKS = {
    "identity": IDENTITY,
    "projection": PROJECTED,
    "stride 2": ((5, 6, 1), [conv(2, "tanh"), Residual([conv(2, "tanh", 2), conv(2)]), mp.Flatten(), mp.Dense(2)]),
    "dense": (3, [mp.Dense(4, "tanh"), Residual([mp.Dense(3, "tanh"), mp.Dense(4)]), mp.Dense(2)]),
    "dense projection": (3, [mp.Dense(4, "tanh"), Residual([mp.Dense(3, "tanh"), mp.Dense(5)]), mp.Dense(2)]),
    "batch norm": ((4, 4, 1), [conv(2, "tanh", batch_norm=True),
                               Residual([conv(3, "tanh", batch_norm=True), conv(2, batch_norm=True)]),
                               mp.GlobalAvgPool2D(), mp.Dense(2)]),
    "two blocks": ((4, 4, 1), [conv(2, "tanh"), Residual([conv(2, "tanh"), conv(2)]),
                               Residual([conv(3, "softplus"), conv(2)]), mp.Flatten(), mp.Dense(2)]),
    "after pooling": ((6, 6, 1), [conv(2, "tanh"), mp.AvgPool2D(2), mp.Dropout(0.4),
                                  Residual([conv(3, "tanh"), mp.Dropout(0.3), conv(2, "softplus")]),
                                  mp.MaxPool2D(2), mp.Flatten(), mp.Dense(2)]),
    "blocks in blocks": ((4, 4, 1), [conv(2, "tanh"), Residual([conv(2, "tanh"), Residual([conv(3, "tanh"), conv(2)]),
                                                                Residual([conv(4)])]),
                                     mp.GlobalAvgPool2D(), mp.Dense(2)]),
    "of the input, and the output": (3, [Residual([mp.Dense(4, "tanh"), mp.Dense(3)]), Residual([mp.Dense(2)])]),
}


@pytest.fixture(params=NETWORKS)
def net(request, unsettle):
    shape, layers = NETWORKS[request.param]
    return unsettle(mp.Network(shape, layers))


@pytest.fixture
def identity(unsettle):
    return unsettle(mp.Network(*IDENTITY))


# ------------------------------------------------------------------------------------- passes


def test_on_paper():
    """o = x + 3 relu(2x − 1) at x = 2: 2 + 9;  at x = −1: −1;  ∂o/∂x = 1 + 6 and 1."""
    net = mp.Network(1, [Residual([mp.Dense(1, "relu"), mp.Dense(1)])])
    net["dense1"].W[...], net["dense1"].b[...], net["dense2"].W[...] = [[2]], [-1], [[3]]
    trace = net.forward([[2.0], [-1.0]])
    assert trace.y.tolist() == trace["residual1"].o.tolist() == [[11], [-1]]
    assert trace["dense1"].o.tolist() == [[3], [0]] and trace["dense2"].o.tolist() == [[9], [0]]
    net.backward(trace, [[1.0], [1.0]])
    assert trace.dx.tolist() == [[7], [1]]
    assert trace["residual1"].do.tolist() == trace["dense2"].do.tolist() == [[1], [1]]
    assert trace["dense1"].do.tolist() == [[3], [3]]
    assert {name: grad.tolist() for name, grad in trace.grads().items()} \
        == {"dense1.W": [[6]], "dense1.b": [3], "dense2.W": [[3]], "dense2.b": [2]}


def test_the_sum_is_of_both_paths(net, random_samples):
    trace = net.forward(random_samples(net, 0)[0])
    for name, block in net.all_layers.items():
        if block.inside:
            body, around = ([*path] for path in block.paths)
            skip = trace[around[-1]].o if around else trace[name].x
            np.testing.assert_array_equal(trace[name].o, trace[body[-1]].o + skip)
            np.testing.assert_array_equal(trace[body[0]].x, trace[name].x)


def test_every_gradient(net, random_samples):
    x, t = random_samples(net, 0, 3)
    errors = mp.check_gradients(net, x, t, "mse", entries=4)
    assert errors.worst < 1e-6 and len(errors) == len(net.parameters()) + 1 + 2 * len(net.neuron_layers)


def test_every_gradient_of_a_training_pass(net, random_samples):
    """The same numbers where there is no batch norm and no Dropout, else against central differences."""
    x, t = random_samples(net, 0, 3)
    if any(layer.batch_norm or isinstance(layer, mp.Dropout) for layer in net.all_layers.values()):
        errors = mp.check_gradients(net, x, t, "mse", training=True, entries=3)
        assert errors.worst < 1e-6 and len(errors) == len(net.parameters()) + 1
        return
    one, other = (net.forward(x, training) for training in (False, True))
    net.backward(one, t), net.backward(other, t)
    np.testing.assert_allclose(other.dx, one.dx, rtol=1e-12)
    for name, grad in one.grads().items():
        np.testing.assert_allclose(other.grads()[name], grad, rtol=1e-12, atol=1e-12 * np.abs(grad).max())


def test_random_networks_gradients(random_residual, random_samples):
    for seed in range(5):
        net = random_residual(seed)
        x, t = random_samples(net, seed, 3)
        assert mp.check_gradients(net, x, t, "mse", entries=2).worst < 1e-6, net


def test_the_gradient_check_finds_a_forgotten_path(identity, random_samples):
    block, (x, t) = identity["residual1"], random_samples(identity, 0)
    block.backward = lambda trace, do, *needed: Residual.backward(block, trace, do, *needed) - do
    assert mp.check_gradients(identity, x, t, "mse", entries=8).worst > 1e-2


def test_tail_is_the_rest_of_the_network(net, random_samples):
    trace = net.forward(random_samples(net, 0)[0])
    for name in net.all_layers:
        np.testing.assert_array_equal(net.tail(name, trace[name].o, trace), trace.y)


def test_tail_moves_both_paths(net, random_samples):
    """What any layer gives when its output moves in some direction is ∂ℓ/∂o along that direction."""
    x, up = random_samples(net, 0)
    trace = net.forward(x)
    net.backward(trace, up)
    for name in net.all_layers:
        step = 1e-5 * np.random.default_rng(1).normal(size=trace[name].o.shape)
        slope = (net.tail(name, trace[name].o + step, trace) - net.tail(name, trace[name].o - step, trace)) / 2
        assert (up * slope).sum() == pytest.approx((trace[name].do * step).sum(), rel=1e-6)


def test_tail_inside_a_block_needs_the_trace(identity, random_samples):
    trace = identity.forward(random_samples(identity, 0)[0])
    assert np.array_equal(identity.tail("conv1", trace["conv1"].o), trace.y)
    with pytest.raises(ValueError, match='Conv2D "conv2" is inside a block: its tail needs the trace of a pass'):
        identity.tail("conv2", trace["conv2"].o)
    with pytest.raises(ValueError, match='tail of Conv2D "conv2" expects the 5 samples of the trace, got 2'):
        identity.tail("conv2", trace["conv2"].o[:2], trace)
    with pytest.raises(ValueError, match=r'tail of Conv2D "conv2" expects \(N, 5, 4, 2\), got \(5, 5, 4, 3\)'):
        identity.tail("conv2", trace["conv3"].o, trace)
    with pytest.raises(ValueError, match=r'unknown layer "conv1\+conv3"'):
        identity.tail("conv1+conv3", trace["conv1"].o, trace)


def test_without_dx_the_gradients_are_the_same(net, random_samples):
    x, up = random_samples(net, 0)
    one, two = net.forward(x), net.forward(x)
    assert net.backward(one, up, need_dx=False) is None
    net.backward(two, up)
    for name, grad in two.grads().items():
        np.testing.assert_array_equal(one.grads()[name], grad)


def test_without_gradients_of_weights_those_of_outputs_are_the_same(net, random_samples):
    x, up = random_samples(net, 0)
    one, two = net.forward(x), net.forward(x)
    np.testing.assert_array_equal(net.backward(one, up, need_grads=False), net.backward(two, up))
    assert one.grads() == {} and two.grads()
    for name in net:
        np.testing.assert_array_equal(one[name].do, two[name].do)


def test_without_dx_nothing_is_taken_back_below_the_first_weights():
    for layers in ([mp.Dropout(0.1), Residual([mp.Dropout(0.2), mp.Dense(3), mp.Dense(3)])],
                   [Residual([mp.Dropout(0.2)]), mp.Dropout(0.1), mp.Dense(2)]):
        net = mp.Network(3, layers)
        trace = net.forward(np.ones((2, 3)))
        assert net.backward(trace, np.ones_like(trace.y), need_dx=False) is None
        assert trace["dropout1"].do is None and trace["dense1"].grads["W"].any()


def test_a_trace_of_another_network_is_refused(identity, random_samples):
    other = mp.Network(*PROJECTED)
    trace = other.forward(random_samples(other, 0)[0])
    with pytest.raises(ValueError, match="backward expects a trace of this network, of .*'conv3', 'residual1'"):
        identity.backward(trace, trace.y)


def test_one_samples_numbers_do_not_depend_on_the_others(net, random_samples, close):
    x, up = random_samples(net, 0)
    together = net.forward(x)
    net.backward(together, up)
    alone = net.forward(x[1:2])
    net.backward(alone, up[1:2])
    for name in net.all_layers:
        close(alone[name].o[0], together[name].o[1], 1e-9)
        close(alone[name].do[0], together[name].do[1], 1e-9)


def test_float32_stays_float32(random_samples):
    for shape, layers in NETWORKS.values():
        net = mp.Network(shape, layers, dtype="float32")
        x, up = random_samples(net, 0)
        trace = net.forward(x, training=True, seed=0)
        net.backward(trace, up)
        seen = [trace.dx, *trace.grads().values(), *net.parameters().values()]
        seen += [array for one in trace.layers.values() for array in (one.o, one.do)]
        seen += [net.tail(name, trace[name].o, trace) for name in net.layers]
        assert {array.dtype for array in seen} == {np.dtype("float32")}


def test_batch_norm_inside_follows_training(random_samples):
    net = mp.Network(*NETWORKS["batch norm"])
    x, t = random_samples(net, 0)
    before = {name: net[name].running_mean.copy() for name in ("conv1", "conv2", "conv3")}
    history = mp.fit(net, x, t, "mse", optimizer=mp.Adam(0.01), epochs=20, batch_size=5, progress=False)
    assert history.loss[-1] < history.loss[0]
    assert all((net[name].running_mean != mean).all() for name, mean in before.items())


# --------------------------------------------------------------------------- names and shapes


def test_names_go_in_order_of_construction_the_projection_last():
    net = mp.Network(*PROJECTED)
    assert list(net.layers) == ["conv1", "residual1", "globalavgpool1", "dense1"]
    assert list(net.all_layers) == list(net) \
        == ["conv1", "conv2", "conv3", "conv4", "residual1", "globalavgpool1", "dense1"]
    assert net.neuron_layers == ["conv1", "conv2", "conv3", "conv4", "dense1"]
    assert all(layer.name == name and net[name] is layer and name in net for name, layer in net.all_layers.items())
    assert list(net["residual1"].inside) == ["conv2", "conv3", "conv4"] and net["conv1"].inside == {}
    assert list(net.parameters()) == [f"{name}.{key}" for name in net.neuron_layers for key in "Wb"]
    nested = mp.Network(*NETWORKS["blocks in blocks"])
    assert list(nested.all_layers)[:-2] == ["conv1", "conv2", "conv3", "conv4", "residual2", "conv5", "conv6",
                                            "residual3", "conv7", "residual1"]
    assert [nested[name].output_shape for name in ("residual2", "residual3", "residual1")] \
        == [(4, 4, 2), (4, 4, 4), (4, 4, 4)]


@each("size, body, stride", [
    ((5, 4, 2), [conv(3)], 1), ((5, 4, 2), [conv(2, stride=2)], 2), ((7, 6, 2), [conv(3, stride=3)], 3),
    ((7, 7, 2), [conv(4, stride=2), conv(4, stride=2)], 4), ((1, 1, 1), [conv(2)], 1),
    ((5, 5, 1), [mp.Conv2D(1, 5)], 5)])
def test_the_projection_takes_the_stride_that_fits(size, body, stride):
    net = mp.Network(size, [Residual(body)])
    made = net["residual1"].projection
    assert (made.kernel, made.stride, made.f.name, made.batch_norm) == ((1, 1), stride, "identity", False)
    assert net[f"conv{len(body) + 1}"].output_shape == net["residual1"].output_shape == net.output_shape


def test_the_projection_of_vectors_is_dense():
    net = mp.Network(3, [Residual([mp.Dense(4)])])
    assert net["dense2"].weight_shape()[0] == (4, 3) and net["residual1"].projection.f.name == "identity"
    assert mp.Network(3, [Residual([mp.Dense(3)])])["residual1"].projection is None


def test_a_projection_of_ones_own(random_samples):
    own = mp.Conv2D(3, 1, stride=2, batch_norm=True)
    net = mp.Network((5, 4, 1), [Residual([conv(2, stride=2), conv(3)], projection=own)])
    assert net["conv3"].batch_norm and net["conv3"].stride == 2 and own.name == ""
    kept = mp.Network((4, 4, 2), [Residual([conv(2)], projection=mp.Conv2D(2, 1))])
    assert list(kept.all_layers) == ["conv1", "conv2", "residual1"]            # also where shapes agree


@each("shape, block, told", [
    ((6, 6, 1), lambda: Residual([mp.Flatten(), mp.Dense(3)]), r"the body makes \(3,\) of \(6, 6, 1\), and no 1×1"),
    ((5, 4, 1), lambda: Residual([mp.Conv2D(2, 2)]), r"the body makes \(4, 3, 2\) of \(5, 4, 1\), and no 1×1"),
    ((4, 4, 1), lambda: Residual([conv(2)], projection=mp.Conv2D(3, 1)),
     r"the body makes \(4, 4, 2\) of \(4, 4, 1\), the projection \(4, 4, 3\)"),
    ((4, 4, 1), lambda: Residual([conv(2)], projection=mp.Conv2D(2, 2)), r".*, the projection \(3, 3, 2\)")])
def test_a_block_that_cannot_fit_says_so_by_name(shape, block, told):
    with pytest.raises(ValueError, match=f'Residual "residual1" cannot fit: {told}'):
        mp.Network(shape, [block()])


def test_the_layer_inside_that_cannot_fit_says_so_by_name():
    with pytest.raises(ValueError, match='Conv2D "conv3" cannot fit: kernel 9×9'):
        mp.Network((4, 4, 1), [conv(2), Residual([conv(2), mp.Conv2D(2, 9)])])


@each("make, error, told", [
    (lambda: Residual([]), ValueError, "layers is empty"),
    (lambda: Residual(mp.Dense(2)), TypeError, "layers expects a list of layers, got Dense"),
    (lambda: Residual([mp.Dense(2), 3]), TypeError, r"layers\[1\] expects a layer such as mp.Dense\(10\), got 3"),
    (lambda: Residual([mp.Dense(2)], projection=4), TypeError, r"projection expects a layer .* got 4"),
    (lambda: Residual([{"kind": "Dens", "units": 3}]), ValueError, 'kind of layer "Dens"; did you mean "Dense"'),
    (lambda: Residual([{"units": 3}]), ValueError, 'unknown kind of layer "None"')])
def test_what_makes_no_block(make, error, told):
    with pytest.raises(error, match=told):
        make()


def test_repr(identity):
    lines = repr(identity).splitlines()
    assert [line.split()[0] for line in lines[1:]] == list(identity.all_layers)
    assert lines[4].split(maxsplit=4)[4] == "x + conv3(conv2(x))"
    assert mp.Network(*PROJECTED)["residual1"].formula() == "conv4(x) + conv3(conv2(x))"
    assert repr(identity["residual1"]) == f"Residual([{identity['conv2']!r}, {identity['conv3']!r}])"
    made = mp.Network(*PROJECTED)["residual1"]
    assert eval(repr(made), {**vars(mp), "Residual": Residual}).settings() == made.settings()


def test_multiply_adds_are_those_inside(net):
    assert sum(layer.multiply_adds() for layer in net.layers.values()) \
        == sum(net[name].multiply_adds() for name in net.neuron_layers)
    assert net["residual1"].squared_share() is None and net["residual1"].parameters() == {}


# ---------------------------------------------------------------------------- copies and files


def test_files_copies_and_settings(net, tmp_path, fingerprint, random_samples):
    net[net.neuron_layers[0]].mask = np.arange(net[net.neuron_layers[0]].K) > 0
    net.save(tmp_path / "net.npz")
    plain = json.loads(json.dumps(net.settings()))
    x = random_samples(net, 0)[0]
    for other in (mp.Network.load(tmp_path / "net.npz"), net.copy(), mp.Network.from_settings(plain, net.arrays())):
        assert fingerprint(other) == fingerprint(net) and other.hidden_layers == net.hidden_layers
        np.testing.assert_array_equal(other.predict(x), net.predict(x))
        assert not any(np.shares_memory(a, b) for a in net.arrays().values() for b in other.arrays().values())


def test_recipes_are_copied_layer_in_layer():
    inner = mp.Dense(3)
    recipe = Residual([inner, Residual([mp.Dense(4)])])
    one, two = (mp.Network(3, [recipe], seed=0) for _ in range(2))
    assert inner.W is None and recipe.paths == () and recipe.projection is None
    assert not any(np.shares_memory(a, b) for a in one.arrays().values() for b in two.arrays().values())
    again = mp.Network(3, one.layers.values(), seed=0)
    assert all(np.array_equal(array, one.arrays()[name]) for name, array in again.arrays().items())


# ------------------------------------------------------------------------------ who is coupled


def units(shape, *layers):
    net = mp.Network(shape, layers)
    return {name: net.readers(name) for name in net.hidden_layers}


def test_the_stem_and_the_end_of_the_block_are_one():
    assert units(*[IDENTITY[0]], *IDENTITY[1]) == {"conv1+conv3": ["conv2", "dense1"], "conv2": ["conv3"]}


def test_with_a_projection_it_takes_the_stems_place():
    assert units(PROJECTED[0], *PROJECTED[1]) \
        == {"conv1": ["conv2", "conv4"], "conv2": ["conv3"], "conv3+conv4": ["dense1"]}


def test_a_stream_goes_on_through_blocks_and_pooling():
    assert units((4, 4, 1), conv(2), Residual([conv(3), conv(2)]), mp.MaxPool2D(2), mp.Dropout(0.5),
                 Residual([conv(2)]), conv(5), mp.Flatten(), mp.Dense(1)) \
        == {"conv1+conv3+conv4": ["conv2", "conv4", "conv5"], "conv2": ["conv3"], "conv5": ["dense1"]}


def test_blocks_in_blocks():
    assert units((4, 4, 1), conv(2), Residual([conv(3), Residual([conv(4), conv(3)]), conv(2)]), mp.GlobalAvgPool2D(),
                 mp.Dense(1)) \
        == {"conv1+conv5": ["conv2", "dense1"], "conv2+conv4": ["conv3", "conv5"], "conv3": ["conv4"]}


def test_a_block_without_neurons_couples_nobody():
    assert units(3, mp.Dense(4), Residual([mp.Dropout(0.5)]), mp.Dense(2)) == {"dense1": ["dense2"]}


def test_what_is_added_to_the_input_or_is_the_output_stays():
    assert units(3, Residual([mp.Dense(5), mp.Dense(3)]), mp.Dense(2)) == {"dense1": ["dense2"]}
    assert units(3, Residual([mp.Dense(5), mp.Dense(4)]), mp.Dense(2)) \
        == {"dense1": ["dense2"], "dense2+dense3": ["dense4"]}
    assert units(3, mp.Dense(2), Residual([mp.Dense(5), mp.Dense(2)])) == {"dense2": ["dense3"]}
    assert units((4, 4, 1), conv(2), Residual([conv(5), conv(2)]), mp.GlobalAvgPool2D()) == {"conv2": ["conv3"]}
    assert units((4, 4, 3), Residual([mp.Conv2D(3, 1)]), mp.Flatten(), mp.Dense(2)) == {}


def test_what_a_flatten_spread_out_leaves_with_all_that_is_added_to_it():
    """Channel i is then several inputs, and leaves with the neurons of the Dense that are added to these."""
    assert units((2, 2, 1), conv(3), mp.Flatten(), Residual([mp.Dense(5), mp.Dense(12)]), mp.Dense(2)) \
        == {"conv1+dense2*4": ["dense1", "dense3"], "dense1": ["dense2"]}
    assert units((1, 1, 1), conv(3), mp.Flatten(), Residual([mp.Dense(5), mp.Dense(3)]), mp.Dense(2)) \
        == {"conv1+dense2": ["dense1", "dense3"], "dense1": ["dense2"]}


def test_readers_are_asked_by_name(identity):
    assert identity.members("conv1+conv3") == ["conv1", "conv3"] and identity.members("conv2") == ["conv2"]
    assert identity.reader("conv2") == "conv3" and not identity.is_chain
    with pytest.raises(ValueError, match=r'layer "conv1\+conv3" is read by conv2, dense1, not by one alone'):
        identity.reader("conv1+conv3")
    for call in (identity.members, identity.readers, identity.reader, identity.outgoing_weights):
        with pytest.raises(ValueError, match=r'unknown hidden layer "conv1".*Known: conv1\+conv3, conv2$'):
            call("conv1")
    for call in (lambda: identity.names_after("conv1"), lambda: identity.between("conv1", "dense1")):
        with pytest.raises(ValueError, match="takes a network as layers one after the other, and this one has blocks: "
                                             "residual1$"):
            call()


def test_networks_without_blocks_are_chains():
    net = mp.Network(3, [mp.Dense(2), mp.Dense(2)])
    assert net.is_chain and net.members("dense1") == ["dense1"] and net.readers("dense1") == ["dense2"]
    assert net.all_layers == net.layers and net.reader("dense1") == "dense2"


def test_outgoing_weights_are_those_of_all_readers(identity):
    out = identity.outgoing_weights("conv1+conv3")
    assert out.shape == (3, 2 * 9 + 2 * 20)
    for i in range(3):
        read = [identity["conv2"].W[..., i], identity["dense1"].W.reshape(2, 20, 3)[..., i]]
        assert sorted(out[i]) == sorted(np.concatenate([np.ravel(one) for one in read]))


# -------------------------------------------------------------------- their arrays side by side


def test_a_coupled_layer_is_a_view_of_its_members(identity):
    both = identity["conv1+conv3"]
    assert isinstance(both, Coupled) and "conv1+conv3" in identity and "conv1+conv2" not in identity
    assert (both.name, both.K, both.members, both.output_shape, both.batch_norm, both.mask) \
        == ("conv1+conv3", 3, ("conv1", "conv3"), (40, 3), False, None)
    np.testing.assert_array_equal(both.W[:, :9], identity["conv1"].W.reshape(3, 9))
    np.testing.assert_array_equal(both.W[:, 9:], identity["conv3"].W.reshape(3, 18))
    with pytest.raises(ValueError, match="read-only"):
        both.W[...] = 0
    with pytest.raises(ValueError, match=r'"conv1\+conv3" have no b of their own'):
        both.b
    assert both.multiply_adds() == identity["conv1"].multiply_adds() + identity["conv3"].multiply_adds()
    assert repr(both) == "Coupled(conv1, conv3)" and identity["conv2"] is identity.all_layers["conv2"]


def test_gamma_is_the_norm_of_the_members():
    net = mp.Network((4, 4, 1), [conv(2, batch_norm=True), Residual([conv(3), conv(2, batch_norm=True)]), conv(1)])
    net["conv1"].gamma[...], net["conv3"].gamma[...] = [3, 0], [-4, 2]
    assert net["conv1+conv3"].gamma.tolist() == [5, 2]
    net = mp.Network((4, 4, 1), [conv(2, batch_norm=True), Residual([conv(3), conv(2)]), conv(1)])
    net["conv1"].gamma[...] = [0, np.sqrt(3)]
    np.testing.assert_allclose(net["conv1+conv3"].gamma, [1, 2])


def test_masked_is_who_is_masked_in_all_members(identity):
    identity["conv1"].mask = np.array([False, False, True])
    assert identity["conv1+conv3"].mask.tolist() == [True, True, True]
    identity["conv3"].mask = np.array([True, False, False])
    assert identity["conv1+conv3"].mask.tolist() == [True, False, True]


def test_the_trace_puts_positions_in_a_row(random_samples):
    net = mp.Network((4, 4, 1), [conv(3, "tanh", batch_norm=True), mp.AvgPool2D(2),
                                 Residual([conv(2), conv(3, batch_norm=True)]), mp.Flatten(), mp.Dense(2)])
    x, up = random_samples(net, 0)
    trace = net.forward(x)
    assert trace["conv1+conv3"].do is None and trace["conv1+conv3"].grads == {}
    net.backward(trace, up)
    both, layer = trace["conv1+conv3"], net["conv1+conv3"]
    for key in ("o", "z", "do", "dz"):
        array = getattr(both, key)
        assert array.shape == (5, 16 + 4, 3)
        np.testing.assert_array_equal(array[:, :16], getattr(trace["conv1"], key).reshape(5, 16, 3))
        np.testing.assert_array_equal(array[:, 16:], getattr(trace["conv3"], key).reshape(5, 4, 3))
    assert both.grads["W"].shape == layer.W.shape == (3, 9 + 18)
    np.testing.assert_array_equal(both.grads["W"][:, 9:], trace["conv3"].grads["W"].reshape(3, 18))
    dW = layer.per_sample_dW(both)
    np.testing.assert_allclose(dW.sum(axis=0), both.grads["W"], rtol=1e-9)
    da = layer.scaled(both.dz, both)
    np.testing.assert_array_equal(da[:, :16], net["conv1"].scaled(trace["conv1"].dz, trace["conv1"]).reshape(5, 16, 3))
    np.testing.assert_array_equal(da[:, 16:], net["conv3"].scaled(trace["conv3"].dz, trace["conv3"]).reshape(5, 4, 3))
    with pytest.raises(ValueError, match=r'"conv1\+conv3" read cannot be put side by side: .* 16, .* 4}'):
        layer.patches(both.x)
    with pytest.raises(ValueError, match=r'unknown layer of the trace "conv1\+conv9"; did you mean "conv1\+conv3"'):
        trace["conv1+conv9"]


def test_three_in_a_row(random_samples, close):
    net = mp.Network((4, 4, 1), [conv(3, "tanh", batch_norm=True), mp.AvgPool2D((2, 1)),
                                 Residual([conv(2), conv(3, batch_norm=True)]), mp.AvgPool2D((1, 4)),
                                 Residual([conv(3, "tanh", batch_norm=True)]), mp.Flatten(), mp.Dense(2)])
    for name in ("conv1", "conv3", "conv4"):
        net[name].gamma[...] = np.random.default_rng(0).normal(size=3)
    x, up = random_samples(net, 0)
    trace = net.forward(x)
    net.backward(trace, up)
    both = net["conv1+conv3+conv4"]
    assert both.output_shape == (16 + 8 + 2, 3) and trace["conv1+conv3+conv4"].o.shape == (5, 26, 3)
    da = both.scaled(trace["conv1+conv3+conv4"].dz, trace["conv1+conv3+conv4"])
    for name, here in (("conv1", slice(0, 16)), ("conv3", slice(16, 24)), ("conv4", slice(24, 26))):
        close(da[:, here], net[name].scaled(trace[name].dz, trace[name]).reshape(5, -1, 3))


def test_what_they_read_is_side_by_side(identity, random_samples):
    trace = identity.forward(random_samples(identity, 0)[0])
    x = identity["conv1+conv3"].patches(trace["conv1+conv3"].x)
    assert x.shape == (5, 20, 9 + 18)
    np.testing.assert_array_equal(x[..., :9], identity["conv1"].patches(trace["conv1"].x))
    np.testing.assert_array_equal(x[..., 9:], identity["conv3"].patches(trace["conv3"].x))
