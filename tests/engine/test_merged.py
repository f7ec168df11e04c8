"""A network with its batch norms and activations put into the layers before them: the same function and neurons."""

import numpy as np
import pytest

import minprune as mp
from cases import case
from few_steps import few_steps
from minprune.scoring.catalogue import CATALOGUE

OWN = {"eps": 0.3, "momentum": 0.25}


def network(seed=0):
    """Convolution, batch norm, activation; in blocks as well; some that cannot be merged, behind a sum and pooling."""
    body = [mp.Conv2D(2, 1), mp.BatchNorm(**OWN), mp.ActivationLayer("tanh"), mp.Conv2D(3, 3, padding="same"),
            mp.BatchNorm()]
    net = mp.Network((4, 4, 2), [
        mp.Conv2D(3, 2, padding=(1, 0)), mp.BatchNorm(**OWN), mp.ActivationLayer("tanh"), mp.Residual(body),
        mp.ActivationLayer("softplus"), mp.AvgPool2D(2), mp.BatchNorm(),
        mp.Concat([[mp.Conv2D(2, 1, "tanh"), mp.BatchNorm()], [mp.Conv2D(1, 1), mp.ActivationLayer("sigmoid")]]),
        mp.Flatten(), mp.Dense(3), mp.BatchNorm(), mp.Dense(2)], seed=seed)
    return shaken(net, seed)


def shaken(net, seed=0):
    rng = np.random.default_rng(seed)
    for name, array in net.arrays().items():
        array[...] = rng.uniform(0.5, 2, array.shape) if name.endswith("var") else rng.normal(0, 0.7, array.shape)
    return net


def samples(net, N=4):
    rng = np.random.default_rng(1)
    return rng.normal(size=(N, *net.input_shape)), rng.normal(size=(N, *net.output_shape))


@pytest.mark.parametrize("training", [False, True])
def test_the_same_function_and_gradients(training, close):
    net = network()
    short, (x, dy) = net.merged(), samples(net)
    assert list(short.all_layers) == ["conv1", "conv2", "conv3", "residual1", "activation1", "avgpool1", "batchnorm1",
                                      "conv4", "batchnorm2", "conv5", "concat1", "flatten1", "dense1", "dense2"]
    traces = [one.forward(x, training) for one in (net, short)]
    close(traces[1].y, traces[0].y)
    close(short.backward(traces[1], dy), net.backward(traces[0], dy))
    close(traces[1].grads()["conv2.gamma"], traces[0].grads()["batchnorm2.gamma"])
    for one, trace in zip((net, short), traces):
        one.update_running(trace)
    close(short.predict(x), net.predict(x))


def test_the_same_neurons_and_cuts(random_keep, close):
    net = network()
    x, _ = samples(net)
    short = net.merged()
    assert [net[name].K for name in net.hidden_layers] == [short[name].K for name in short.hidden_layers]
    for seed in range(3):
        keep = random_keep(net, seed)
        renamed = {other: keep[name] for name, other in zip(net.hidden_layers, short.hidden_layers) if name in keep}
        small = mp.prune(net, keep)
        close(mp.prune(short, renamed).predict(x), small.predict(x))
        close(small.merged().predict(x), small.predict(x))
        close(mp.mask(net, keep).merged().predict(x), small.predict(x))


def test_a_mask_in_the_middle_keeps_the_layers_apart(close):
    """What is 0 before the batch norm is a constant behind it, which no mask of the merged layer makes."""
    net = shaken(mp.Network(2, [mp.Dense(3), mp.BatchNorm(), mp.ActivationLayer("tanh"), mp.Dense(1)]))
    x, _ = samples(net)
    net["dense1"].mask = np.array([True, False, True])
    assert list(net.merged().layers) == list(net.layers)
    for mask, layers in (([True, True, False], list(net.layers)), ([True, False, False], ["dense1", "dense2"])):
        net.layers["batchnorm1"].mask = np.array(mask)
        assert list(net.merged().layers) == layers
        close(net.merged().predict(x), net.predict(x))


@pytest.mark.parametrize("first", [mp.Dense(3, batch_norm=True), mp.Dense(3, "tanh"), mp.MaxPool2D(1)])
def test_what_has_one_already_takes_no_second_one(first, close):
    shape = (1, 1, 3) if isinstance(first, mp.MaxPool2D) else 2
    net = shaken(mp.Network(shape, [first, mp.BatchNorm(), mp.ActivationLayer("tanh")]))
    assert list(net.merged().layers) == list(net.layers)


NOT_THE_SAME = {"lrp_zplus": "its rule for a batch norm by itself is another",
                "influence": "the reader's outputs are those before a batch norm that is a layer of its own"}


@pytest.mark.filterwarnings("ignore:reciprocal_gradient")
def test_scores_are_those_of_the_merged_network(close):
    """The neurons are the same, only written in other layers. ε of layer-wise relevance, and inverses, cost digits."""
    net = shaken(mp.Network((3, 3, 1), [mp.Conv2D(2, 2), mp.BatchNorm(**OWN), mp.ActivationLayer("softplus"),
                                        mp.AvgPool2D(2), mp.Flatten(), mp.Dense(3), mp.BatchNorm(), mp.Dense(2)]))
    x, t = samples(net)
    short = net.merged()
    for name in CATALOGUE:
        scores, others = (mp.score(one, name, x, t, "mse", **few_steps(name)) for one in (net, short))
        with case(name):
            assert list(scores) == ["conv1+batchnorm1+activation1", "dense1+batchnorm2"]
            assert list(others) == ["conv1", "dense1"]
            for row, other in zip(scores.values(), others.values()):
                assert np.isfinite(row).all()
                if name not in NOT_THE_SAME:
                    close(row, other, 1e-4 if name == "lrp_epsilon" else 1e-9)


def test_the_projection_of_a_block_is_kept(close):
    block = mp.Residual([mp.Conv2D(3, 1), mp.BatchNorm(**OWN)], projection=mp.Conv2D(3, 1))
    net = shaken(mp.Network((2, 2, 2), [block, mp.Flatten(), mp.Dense(2)]))
    short, (x, _) = net.merged(), samples(net)
    assert list(short.all_layers) == ["conv1", "conv2", "residual1", "flatten1", "dense1"] and short["conv1"].batch_norm
    close(short.predict(x), net.predict(x))
