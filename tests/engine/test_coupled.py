"""Views of neurons that several layers make: their arrays, and every score on them whatever the order of neurons."""

import numpy as np
import pytest

import minprune as mp
from cases import case
from few_steps import few_steps
from minprune.engine.facts import NotSaid
from minprune.scoring.catalogue import CATALOGUE

pytestmark = pytest.mark.filterwarnings("ignore:reciprocal_gradient")


def shaken(net, seed=0):
    rng = np.random.default_rng(seed)
    for name, array in net.arrays().items():
        array[...] = rng.uniform(0.5, 2, array.shape) if name.endswith("var") else rng.normal(0, 0.7, array.shape)
    return net


def samples(net, N=3):
    rng = np.random.default_rng(1)
    return rng.normal(size=(N, *net.input_shape)), rng.normal(size=(N, *net.output_shape))


def before_activation():
    """A block that begins with a batch norm: the sum before it is read by that, and around it."""
    body = [mp.BatchNorm(), mp.ActivationLayer("tanh"), mp.Dense(2, "tanh"), mp.Dense(3)]
    return shaken(mp.Network(2, [mp.Dense(3), mp.Residual(body), mp.Dense(2)]))


def of_all_kinds():
    """Depthwise behind a batch norm that two branches share, a convolution with groups, a sum before a sigmoid."""
    return shaken(mp.Network((2, 2, 1), [
        mp.Concat([[mp.Conv2D(2, 1, "tanh")], [mp.Conv2D(3, 2, padding="same")]]), mp.BatchNorm(),
        mp.Conv2D(10, 2, "softplus", padding=(1, 0), groups=5), mp.Conv2D(4, 1, "tanh"),
        mp.Conv2D(4, 2, padding="same", groups=2), mp.Residual([mp.Conv2D(4, 1, "tanh")]),
        mp.ActivationLayer("sigmoid"), mp.GlobalAvgPool2D(), mp.Dense(2)]))


def test_ends_that_a_layer_of_the_unit_reads_as_well(close):
    """The sum's gradient is that around the block alone; the batch norm's, and its tanh's, is its own."""
    net = before_activation()
    x, t = samples(net)
    trace = mp.record(net, x, t, "mse")
    name = net.hidden_layers[0]
    unit, view = net.units[name], trace[name]
    assert name == "dense1+dense3"
    assert unit.ends == ("dense1", "activation1", "dense3") and unit.shared == ("dense1",)
    around = trace["residual1"].do                                          # of the sum that the last layer reads
    assert view.do.shape == (3, 3, 3)
    close(view.do[:, 0], around)
    close(view.do[:, 1], trace["activation1"].do)
    close(view.do[:, 2], around)
    close(trace["dense1"].do, around + net.layers["residual1"].inside["batchnorm1"].tangent(
        None, trace["batchnorm1"].do))
    close(view.z[:, 1], trace["batchnorm1"].o)
    close(view.dz[:, 1], trace["batchnorm1"].do)


def test_arrays_of_a_batch_norm_behind_a_layer(close):
    net = shaken(mp.Network(2, [mp.Dense(3), mp.BatchNorm(), mp.Dense(1)]))
    view, (x, t) = net["dense1+batchnorm1"], samples(net)
    trace = mp.record(net, x, t, "mse")["dense1+batchnorm1"]
    assert view.batch_norm and view.output_shape == (1, 3) and repr(view) == "Coupled(dense1, batchnorm1)"
    close(view.gamma, np.abs(net.layers["batchnorm1"].gamma))
    close(view.b, net["dense1"].b, 0)
    close(trace.z[:, 0], net.forward(x)["batchnorm1"].o)
    with pytest.raises(ValueError, match="read-only"):
        view.W[...] = 0
    with pytest.raises(NotSaid, match='"dense1.batchnorm1" has layers behind its weighted sums'):
        view.scaled(trace.dz, trace)
    net.silence("dense1+batchnorm1", np.array([True, False, True]))
    assert view.mask.tolist() == [True, False, True] == net["dense1"].mask.tolist()
    assert not net.forward(x)["batchnorm1"].o[:, 1].any()


def test_a_depthwise_convolution_of_one_pixel_scales_and_shifts(close):
    """z = w_i a_i + b_i: the same neurons as one convolution with the rows w_i W_i and the bias w_i c_i + b_i."""
    layers = [mp.Conv2D(3, 2), mp.Conv2D(3, 1, "softplus", groups=3), mp.Flatten(), mp.Dense(2)]
    two = shaken(mp.Network((3, 3, 2), layers))
    one, arrays = mp.Network((3, 3, 2), [mp.Conv2D(3, 2, "softplus"), mp.Flatten(), mp.Dense(2)]), two.arrays()
    w = arrays["conv2.W"].ravel()
    one.fill({"conv1.W": w[:, None, None, None] * arrays["conv1.W"], "dense1.W": arrays["dense1.W"],
              "conv1.b": w * arrays["conv1.b"] + arrays["conv2.b"], "dense1.b": arrays["dense1.b"]})
    (x, t), traces = samples(two), []
    for net in (two, one):
        traces.append(mp.record(net, x, t, "mse")[net.hidden_layers[0]])
    for key in ("o", "z", "do", "dz"):
        close(getattr(traces[0], key), getattr(traces[1], key).reshape(3, 4, 3))
    for score in ("removal", "taylor", "shapley", "integrated_gradients", "outgoing_norm"):
        close(mp.score(two, score, x, t, "mse")["conv1+conv2"], mp.score(one, score, x, t, "mse")["conv1"])


def test_what_is_masked_stays_masked_when_more_is():
    net = before_activation()
    name = net.hidden_layers[0]
    net.silence(name, np.array([True, False, True]))
    assert [mask.tolist() for mask in net.masks_without(name, np.array([False, True, True])).values()] == \
        [[False, False, True]] * 4
    with pytest.raises(ValueError, match='unknown hidden layer "dense1": it is part of'):
        net.silence("dense1", np.ones(3, bool))


def in_another_order(net, name, order):
    """The network with the neurons of one hidden layer in another order: all rows, and all that reads them."""
    unit, arrays = net.units[name], {name: dict(layer.arrays()) for name, layer in net.all_layers.items()}
    moved = {layer: np.arange(net.all_layers[layer].output_shape[-1]) for layer in unit.rows}
    for layer, rows in unit.rows.items():
        moved[layer][rows] = rows[order]
        arrays[layer] = {key: array[moved[layer]] for key, array in arrays[layer].items()}
    for reader in unit.readers:
        places = {channel: place for place, channel in enumerate(net.channels_read[reader])}
        wanted = [places[frozenset((layer, int(moved[layer][i]) if layer in moved else i) for layer, i in channel)]
                  for channel in net.channels_read[reader]]
        W = arrays[reader]["W"]
        arrays[reader]["W"] = W[..., wanted[:W.shape[-1]]]
    return mp.Network.from_settings(net.settings(), {f"{layer}.{key}": array for layer, own in arrays.items()
                                                     for key, array in own.items()})


# They draw at random, or break ties by index.
DRAWN = ("random", "shapley", "hessian_trace", "thinet", "lasso", "greedy_removal", "greedy_forward")


def test_every_score_is_right_whatever_the_order_or_refused(close):
    """Numbers for all neurons, which move with the neurons; or a reason that names the score."""
    net, unit, order = of_all_kinds(), "conv2+conv3*2", np.array([2, 0, 1])
    (x, t), other = samples(net, 2), in_another_order(net, unit, order)
    for name in CATALOGUE:
        try:
            scores = mp.score(net, name, x, t, "mse", **few_steps(name))
        except (NotSaid, ValueError) as error:
            assert f'"{name}"' in str(error), name
            continue
        assert list(scores) == net.hidden_layers and unit in scores, name
        assert all(np.isfinite(row).all() or name == "reciprocal_gradient" for row in scores.values()), name
        if name not in DRAWN:
            moved = mp.score(other, name, x, t, "mse", **few_steps(name))
            for one, row in scores.items():
                with case(name, one):
                    close(moved[one], row[order] if one == unit else row, 1e-8)
