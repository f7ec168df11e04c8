"""Random networks of every shape that the engine can express, and samples that fit them."""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")      # before NumPy is imported: on small arrays threads only wait

import numpy as np
import pytest

import minprune as mp
from cores import pytest_addoption, pytest_collection, pytest_runtestloop      # noqa: F401  hooks of pytest
from minprune.engine.residual import Residual

SMOOTH = ("identity", "sigmoid", "softplus", "tanh")            # no kink: central differences hold anywhere


def chance(rng, p):
    return rng.random() < p


def some_dense(rng, activations):
    return mp.Dense(int(rng.integers(2, 6)), rng.choice(activations), batch_norm=chance(rng, 0.3))


def some_conv(rng, activations):
    kernel = int(rng.integers(1, 4)) if chance(rng, 0.6) else tuple(map(int, rng.integers(1, 4, size=2)))
    padding = ["valid", "same", 1, 2][rng.integers(4)]
    return mp.Conv2D(int(rng.integers(2, 5)), kernel, rng.choice(activations), stride=int(rng.integers(1, 3)),
                     padding=padding, batch_norm=chance(rng, 0.3))


def some_pool(rng):
    """Side by side, overlapping, with gaps, oblong."""
    size, stride = [(2, None), (2, 1), (3, 2), (1, 2), ((2, 1), None), ((1, 3), (2, 1))][rng.integers(6)]
    return [mp.MaxPool2D, mp.AvgPool2D][rng.integers(2)](size, stride)


def conv_part(rng, activations):
    """One to three Conv2D, with pooling and Dropout between them now and then."""
    layers = []
    for _ in range(rng.integers(1, 4)):
        layers += [some_conv(rng, activations)] + [some_pool(rng)] * chance(rng, 0.5) \
            + [mp.Dropout(0.4)] * chance(rng, 0.2)
    return layers


def dense_part(rng, activations, least=0):
    """Some hidden Dense layers, Dropout between them now and then, and the output layer."""
    layers = []
    for _ in range(rng.integers(least, 3)):
        layers += [some_dense(rng, activations)] + [mp.Dropout(0.3)] * chance(rng, 0.2)
    return layers + [mp.Dense(3, rng.choice(activations), batch_norm=chance(rng, 0.2))]


def image(rng):
    return (*map(int, rng.integers(4, 8, size=2)), int(rng.integers(1, 3)))


KINDS = {
    "dense": lambda rng, f: ((int(rng.integers(2, 6)),), dense_part(rng, f, least=1)),
    "image to dense": lambda rng, f: (image(rng), [mp.Flatten()] + dense_part(rng, f, least=1)),
    "conv to flatten to dense":
        lambda rng, f: (image(rng), conv_part(rng, f) + [mp.Flatten()] + dense_part(rng, f)),
    "conv to global average to dense":
        lambda rng, f: (image(rng), conv_part(rng, f) + [mp.GlobalAvgPool2D()] + dense_part(rng, f)),
    "all conv to global average":
        lambda rng, f: (image(rng), conv_part(rng, f) + [mp.Conv2D(3, 2, padding=1), mp.GlobalAvgPool2D()]),
    "all conv to flatten":
        lambda rng, f: (image(rng), conv_part(rng, f) + [mp.Conv2D(2, 1), mp.MaxPool2D(1, 2), mp.Flatten()]),
    "image to image":
        lambda rng, f: (image(rng), conv_part(rng, f) + [mp.Conv2D(1, 3, "tanh", padding="same")]),
}


def make_network(seed, kind=None, activations=tuple(mp.ACTIVATIONS), dtype="float64", smooth=False):
    """A small network of the kind, with random biases, batch-norm scales, shifts and running statistics.

    `smooth` leaves out the kinks, so that central differences hold for every entry: those of the activations,
    and the windows with two largest values that padding and overlapping pools bring about.
    """
    rng = np.random.default_rng(seed)
    kind = list(KINDS)[seed % len(KINDS)] if kind is None else kind
    while True:
        shape, layers = KINDS[kind](rng, [str(one) for one in (SMOOTH if smooth else activations)])
        try:
            net = mp.Network(shape, layers, seed=seed, dtype=dtype)
        except ValueError as error:
            if "cannot fit" not in str(error):
                raise
            continue                                # a kernel larger than what pooling left: draw again
        unsettle(net, rng)
        if not (smooth and ties(net, make_samples(net, seed)[0])):
            return net


def residual_part(rng, activations, depth=1):
    """Convolutions, pooling, Dropout, and blocks of them that keep the shape or need a projection; blocks in blocks."""
    def conv(channels=None, stride=1):
        channels = int(rng.integers(2, 4)) if channels is None else channels
        return mp.Conv2D(channels, int(rng.integers(1, 4)), rng.choice(activations), stride, "same", chance(rng, 0.3))

    def block():
        body = [conv(stride=int(rng.integers(1, 3)) if chance(rng, 0.4) else 1)]
        body += [Residual([conv(), conv()])] * (depth > 0 and chance(rng, 0.2)) + [mp.Dropout(0.3)] * chance(rng, 0.2)
        body += [mp.MaxPool2D(2)] * chance(rng, 0.1) + [conv()] * chance(rng, 0.7)
        return Residual(body)

    layers = [conv()] * chance(rng, 0.8)
    for _ in range(rng.integers(1, 4)):
        layers += [block()] + [some_pool(rng)] * chance(rng, 0.2) + [conv()] * chance(rng, 0.3)
    return layers


def residual_dense_part(rng, activations):
    """Dense layers with a block around some of them, now and then after what a Flatten spread out."""
    units = int(rng.integers(3, 5))
    body = [some_dense(rng, activations), mp.Dense(units, rng.choice(activations), chance(rng, 0.3))]
    return [mp.Dense(units, "tanh")] * chance(rng, 0.6) + [Residual(body)] * (1 + chance(rng, 0.3))


RESIDUAL = {
    "image": lambda rng, f: (image(rng), residual_part(rng, f) + [mp.Flatten()] + dense_part(rng, f)),
    "image to mean": lambda rng, f: (image(rng), residual_part(rng, f) + [mp.GlobalAvgPool2D()] + dense_part(rng, f)),
    "vector": lambda rng, f: ((int(rng.integers(2, 5)),), residual_dense_part(rng, f) + dense_part(rng, f)),
    "both": lambda rng, f: (image(rng), residual_part(rng, f) + [[mp.Flatten(), mp.GlobalAvgPool2D()][rng.integers(2)]]
                            + residual_dense_part(rng, f) + dense_part(rng, f)),
    "ends in a block": lambda rng, f: (image(rng), residual_part(rng, f) + [Residual([mp.Conv2D(2, 1)])]),
}


def make_residual(seed, activations=tuple(mp.ACTIVATIONS), dtype="float64"):
    """A small network with Residual blocks, with random biases, batch-norm scales, shifts and running statistics."""
    rng = np.random.default_rng([seed, 3])
    kind = list(RESIDUAL)[seed % len(RESIDUAL)]
    while True:
        shape, layers = RESIDUAL[kind](rng, [str(one) for one in activations])
        try:
            net = mp.Network(shape, layers, seed=seed, dtype=dtype)
        except ValueError as error:
            if "cannot fit" not in str(error):
                raise
            continue
        unsettle(net, rng)
        return net


def unsettle(net, rng):
    """Move what a new network has at 0 or 1."""
    for name in net.neuron_layers:
        layer = net[name]
        layer.b[...] = rng.normal(0, 0.5, layer.K)
        if layer.batch_norm:
            layer.gamma[...] = rng.normal(0, 1, layer.K)
            layer.beta[...], layer.running_mean[...] = rng.normal(0, 0.5, (2, layer.K))
            layer.running_var[...] = rng.uniform(0.5, 2, layer.K)


def ties(net, x):
    """Whether a window of max pooling holds its largest value twice."""
    trace = net.forward(x)
    return any((sum((place == trace[name].o).astype(int) for row in layer.along(trace[name].x, 1)
                     for place in layer.along(row, 2)) > 1).any()
               for name, layer in net.layers.items() if isinstance(layer, mp.MaxPool2D))


def make_samples(net, seed, N=5, loss="mse"):
    """Random x (N, *input_shape) and targets that suit the loss."""
    rng = np.random.default_rng([seed, 1])
    x = rng.normal(size=(N, *net.input_shape))
    if loss == "cross_entropy":
        return x, rng.integers(0, *net.output_shape, size=N)
    return x, rng.uniform(0, 1, (N, *net.output_shape)) if loss == "binary_cross_entropy" \
        else rng.normal(size=(N, *net.output_shape))


def open_outputs(net, loss):
    """Let the outputs of a network be unbounded, still curved, where a loss has a softmax or sigmoid of its own and
    warns of others; return the network."""
    last = net[net.neuron_layers[-1]]
    if loss != "mse" and last.f.bounded:
        last.f = mp.ACTIVATIONS["softplus"]
    return net


def make_keep(net, seed, p=0.5):
    """Random booleans for each hidden layer, at least one True in each; a layer is left out now and then."""
    rng = np.random.default_rng([seed, 2])
    keep = {}
    for name in net.hidden_layers:
        keep[name] = rng.random(net[name].K) < p
        keep[name][rng.integers(net[name].K)] = True
        if chance(rng, 0.15):
            del keep[name]
    return keep


def make_fingerprint(net):
    """Every bit of a network: equal fingerprints mean that nothing at all was changed."""
    arrays = {name: (array.dtype, array.shape, array.tobytes()) for name, array in net.arrays().items()}
    return repr(net.settings()), arrays


def assert_close(one, other, tolerance=1e-12, least=0.0):
    """Equal to `tolerance`, relative to the largest number of the array (or to `least`)."""
    one, other = np.asarray(one), np.asarray(other)
    assert one.shape == other.shape
    size = max(least, np.abs(other).max(initial=0))
    np.testing.assert_allclose(one, other, rtol=0, atol=tolerance * size)


def assert_near(one, other):
    """Equal as far as central differences can tell: below 1e-9 they return their own rounding errors."""
    assert_close(one, other, 1e-6, least=1e-3)


def differences_at(net, name, o, losses):
    """∂ℓ_n/∂o_n by central differences through the layers above, the shape of o.

    An entry is moved in all samples at once: they must not mix, which is tested by itself.
    """
    moved = np.zeros(o.shape[1:])
    slopes = mp.finite_difference(lambda d: losses(net.tail(name, o + d)), moved)
    return np.moveaxis(slopes, -1, 0)


@pytest.fixture(scope="session", autouse=True)
def short_latencies():
    """Latencies are measured as ever, but for a moment: the numbers are no test's business."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("minprune.evaluation.latency.LATENCY_SECONDS", 0.01)
        yield


@pytest.fixture(params=list(KINDS), ids=lambda kind: kind.replace(" ", "-"))
def kind(request):
    return request.param


@pytest.fixture(scope="session")
def random_network():
    return make_network


@pytest.fixture(scope="session")
def random_residual():
    return make_residual


@pytest.fixture(scope="session")
def random_samples():
    return make_samples


@pytest.fixture(scope="session")
def unbounded():
    return open_outputs


@pytest.fixture(scope="session")
def random_keep():
    return make_keep


@pytest.fixture(scope="session")
def fingerprint():
    return make_fingerprint


@pytest.fixture(scope="session")
def close():
    return assert_close


@pytest.fixture(scope="session")
def near():
    return assert_near


@pytest.fixture(scope="session")
def differences():
    return differences_at


@pytest.fixture
def linear_network():
    """linear_network(seed): every output linear in every neuron (identity, average pooling); three shapes in turn."""
    def make(seed):
        layers = [[mp.Dense(4), mp.Dropout(0.5), mp.Dense(3, batch_norm=True), mp.Dense(2)],
                  [mp.Conv2D(3, 2, padding="same", batch_norm=True), mp.AvgPool2D(3, 1),
                   mp.Conv2D(2, 2, stride=2), mp.Flatten(), mp.Dense(4), mp.Dense(2)],
                  [mp.Conv2D(3, 3, padding=1), mp.GlobalAvgPool2D(), mp.Dense(2, batch_norm=True)]][seed % 3]
        net = mp.Network(3 if isinstance(layers[0], mp.Dense) else (6, 5, 1), layers, seed=seed)
        rng = np.random.default_rng(seed)
        for array in net.arrays().values():
            array += rng.uniform(0, 0.5, array.shape)
        return net

    return make
