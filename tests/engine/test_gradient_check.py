"""Every gradient of every kind of layer against central differences; and the checker, shown wrong ones.

An array's worst relative error is 1e-6 at most. A gradient that is wrong by a thousandth is not.
"""

import dataclasses
import functools
import zlib

import numpy as np
import pytest

import minprune as mp
from cases import each
from minprune.engine.activations import ACTIVATIONS
from minprune.engine.losses import LOSSES, find_loss

pytestmark = pytest.mark.filterwarnings("ignore:loss .* takes logits")     # a derivative is right all the same
GOOD, BAD = 1e-6, 5e-4          # a factor of 1.001 is an error of 1e-3, but less where an entry is tiny


@pytest.fixture
def errors(unsettle, random_samples):
    """A function that builds a network, moves it off its start and checks all its gradients."""
    def check(shape, layers, loss="mse", N=3, spoil=None, **options):
        net = unsettle(mp.Network(shape, layers, seed=1))
        if spoil:
            spoil(net)
        return mp.check_gradients(net, *random_samples(net, 2, N, find_loss(loss).name), loss, **options)
    return check


@pytest.fixture
def worst(errors, request):
    """A function that checks the pass that scores use and, if asked to, the training pass; it returns the worst.

    Each test draws entries of its own: a few in each of so many tests are all of them. In the training pass each entry
    needs passes of its own, so that there are fewer of them.
    """
    def check(shape, layers, loss, training=True, entries=None, **options):
        seed = zlib.crc32(request.node.name.encode())
        return max(errors(shape, layers, loss, seed=seed, training=one, entries=few, **options).worst
                   for one, few in ((False, entries), (True, 2))[:1 + training])
    return check


@pytest.fixture
def same_in_training(unsettle, random_samples):
    """A function that tells whether layers have the same gradients in the training pass, which is what they have in the
    other one: true without batch norm and Dropout."""
    def check(shape, layers):
        net = unsettle(mp.Network(shape, layers, seed=1))
        (x, dy), found = random_samples(net, 2), []
        for training in (False, True):
            trace = net.forward(x, training)
            net.backward(trace, dy)
            found.append({**trace.grads(), "x": trace.dx})
        one, other = found
        return list(one) == [*net.parameters(), "x"] and all(
            np.allclose(other[name], one[name], rtol=1e-12, atol=1e-12 * np.abs(one[name]).max()) for name in one)
    return check


# ------------------------------------------------------------------------------- every combination


@pytest.mark.parametrize("place, activation", list(enumerate(ACTIVATIONS)))
def test_dense(place, activation, worst, same_in_training):
    """A layer without and one with batch norm; the losses take turns."""
    layers = [mp.Dense(4, activation, place % 2 > 0), mp.Dense(3, activation, place % 2 == 0)]
    assert worst(3, layers, list(LOSSES)[place % len(LOSSES)], N=4, entries=5) <= GOOD
    assert same_in_training(3, [mp.Dense(4, activation), mp.Dense(3, activation)])


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("batch_norm", [False, True])
def test_each_loss_of_dense_layers(batch_norm, loss, worst):
    assert worst(3, [mp.Dense(4, "tanh"), mp.Dense(3, "softplus", batch_norm)], loss, False, N=4, entries=5) <= GOOD


STEPS = [(1, "valid"), (2, "valid"), (1, "same"), (2, "same"), (1, 1), (3, 2)]


@pytest.mark.parametrize("turn", range(12))
def test_conv2d(turn, worst, same_in_training):
    """Each stride and padding without and with batch norm; activations and losses take turns."""
    (stride, padding), batch_norm = STEPS[turn % 6], turn // 6 > 0
    activation, loss = list(ACTIVATIONS)[turn % len(ACTIVATIONS)], list(LOSSES)[turn % len(LOSSES)]
    layers = [mp.Conv2D(3, (3, 2), activation, stride, padding, batch_norm), mp.Flatten(), mp.Dense(2)]
    assert worst((5, 4, 2), layers, loss, batch_norm, N=2, entries=3) <= GOOD
    assert batch_norm or same_in_training((5, 4, 2), layers)


KERNELS, BETWEEN = [1, 2, (1, 3), (4, 1), (3, 4)], [(1, "valid"), (2, "same"), (2, 1), (3, "same")]


@pytest.mark.parametrize("kernel, stride, padding", [
    (kernel, *step) for place, kernel in enumerate(KERNELS) for step in BETWEEN[place % 2::2]])
def test_kernels_between_convolutions(kernel, stride, padding, worst):
    layers = [mp.Conv2D(2, 2, "tanh", padding="same"), mp.Conv2D(3, kernel, "softplus", stride, padding),
              mp.Conv2D(2, 1, "sigmoid"), mp.Flatten(), mp.Dense(2)]
    assert worst((5, 4, 1), layers, "cross_entropy", training=False, N=2, entries=4) <= GOOD


POOLS = [mp.MaxPool2D(2), mp.MaxPool2D(3, 1), mp.MaxPool2D((2, 3), (1, 2)), mp.MaxPool2D(2, 3),
         mp.AvgPool2D(2), mp.AvgPool2D(3, 1), mp.AvgPool2D((2, 3), (1, 2)), mp.AvgPool2D(2, 3),
         mp.GlobalAvgPool2D()]


@pytest.mark.parametrize("pool", POOLS, ids=repr)
def test_pooling(pool, worst):
    layers = [mp.Conv2D(3, 2, "tanh", batch_norm=True), pool, mp.Flatten(), mp.Dense(2)]
    assert worst((6, 7, 1), layers, "cross_entropy", N=2, entries=5) <= GOOD


@pytest.mark.parametrize("pool", [mp.MaxPool2D(2), mp.MaxPool2D(3, 1), mp.AvgPool2D(3, 1)], ids=repr)
def test_pooling_where_many_are_0(pool, worst):
    layers = [mp.Conv2D(3, 2, "relu", batch_norm=True), pool, mp.Flatten(), mp.Dense(2)]
    assert worst((6, 7, 1), layers, "cross_entropy", False, N=2, entries=5) <= GOOD


@each("pool", POOLS)
def test_pooling_the_input_itself(pool, errors):
    assert errors((6, 7, 2), [pool, mp.Flatten(), mp.Dense(2, "tanh")], N=2, entries=30).worst <= GOOD


@pytest.mark.parametrize("loss", LOSSES)
def test_dropout(loss, worst):
    layers = [mp.Dropout(0.2), mp.Dense(5, "tanh"), mp.Dropout(0.5), mp.Dense(3)]
    assert worst(4, layers, loss) <= GOOD


@pytest.mark.parametrize("loss", ["mse", "binary_cross_entropy"])
@pytest.mark.parametrize("last", [mp.Conv2D(2, 2, "sigmoid", padding="same"), mp.MaxPool2D(2),
                                  mp.Dropout(0.5)], ids=repr)
def test_outputs_that_are_images(last, loss, worst):
    layers = [mp.Conv2D(2, 3, "tanh", padding=1), last]
    assert worst((4, 5, 1), layers, loss, N=2, entries=10) <= GOOD


@pytest.mark.parametrize("activation, batch_norm", [
    ("relu", False), ("tanh", True), ("softplus", False), ("sigmoid", True)])
def test_masked_neurons(activation, batch_norm, worst):
    def silence(net):
        net["conv1"].mask = np.array([True, False, True])
        net["dense1"].mask = np.array([False, True, True, False])

    layers = [mp.Conv2D(3, 2, activation, batch_norm=batch_norm), mp.MaxPool2D(2, 1), mp.Flatten(),
              mp.Dense(4, activation, batch_norm), mp.Dense(2)]
    assert worst((4, 4, 1), layers, "mse", N=3, entries=8, spoil=silence) <= GOOD


@each("seed", range(14))
def test_random_networks(seed, random_network, random_samples):
    """A network of each of the seven kinds in a training pass, and one in the other one."""
    net, training = random_network(seed), seed // 7 % 2 > 0
    loss = list(LOSSES)[seed % 3] if len(net.output_shape) == 1 else "mse"
    x, t = random_samples(net, seed, 3, loss)
    found = mp.check_gradients(net, x, t, loss, seed, entries=2 if training else 5, training=training)
    assert found.worst <= GOOD


@each("seed, training", [(101, True), (115, False)])
def test_gradients_that_drown_in_rounding(seed, training, random_network, random_samples):
    """In training batch norm takes the bias out again, so that its gradient is 0 and the difference is
    nothing but rounding, which a small variance makes larger."""
    net = random_network(seed)
    x, t = random_samples(net, seed, 3)
    assert mp.check_gradients(net, x, t, "mse", entries=6, training=training).worst <= GOOD


def test_the_default_settings_of_the_largest_network_here(everything, random_samples):
    net = everything()
    found = mp.check_gradients(net, *random_samples(net, 0, 2, "cross_entropy"), "cross_entropy", entries=20)
    assert found.worst <= GOOD and sum(found.skipped.values()) < 10


# ------------------------------------------------------------------------------------ what it says


def test_every_parameter_every_neurons_o_and_z_and_x(errors):
    layers = [mp.Conv2D(2, 2, "tanh", batch_norm=True), mp.Flatten(), mp.Dense(2)]
    found = errors((3, 3, 1), layers)
    assert list(found) == ["conv1.W", "conv1.b", "conv1.gamma", "conv1.beta", "dense1.W", "dense1.b",
                           "conv1.o", "conv1.z", "dense1.o", "dense1.z", "x"]
    assert found.worst == max(found.values()) and found.skipped == dict.fromkeys(found, 0)
    assert str(found).splitlines()[0].split() == ["conv1.W", f"{found['conv1.W']:.1e}"]
    assert repr(found) == str(found)
    in_training = errors((3, 3, 1), layers, training=True)
    assert list(in_training) == [name for name in found if name[-2:] not in (".o", ".z")]


def test_nothing_is_changed(everything, random_samples, fingerprint):
    net = everything()
    x, t = random_samples(net, 0, 2)
    before = fingerprint(net), x.tobytes(), t.tobytes()
    for training in (False, True):
        mp.check_gradients(net, x, t, "mse", training=training, entries=1)
    assert before == (fingerprint(net), x.tobytes(), t.tobytes())


@each("training", [False, True])
@each("calls", [3, 10, 25])
def test_nothing_is_changed_when_a_layer_breaks_down(calls, training, fingerprint, random_samples):
    """Whatever is moved at that moment, a parameter of the layer or x."""
    net, left = mp.Network(2, [mp.Dense(2, "tanh"), mp.Dense(1)]), [calls]
    (x, t), own = random_samples(net, 0), net["dense1"].forward

    def breaks(*more):
        left[0] -= 1
        if not left[0]:
            raise RuntimeError("enough")
        return own(*more)

    before = fingerprint(net), x.tobytes()
    net["dense1"].forward = breaks
    with pytest.raises(RuntimeError, match="enough"):
        mp.check_gradients(net, x, t, "mse", training=training)
    assert before == (fingerprint(net), x.tobytes())


def test_the_seed_decides(errors):
    layers = [mp.Dense(3, "tanh"), mp.Dense(2)]
    one, same, other = (errors(3, layers, seed=seed, entries=3) for seed in (1, 1, 2))
    assert one == same and one != other


def test_entries_saves_work(random_samples):
    net, calls = mp.Network(20, [mp.Dense(20, "tanh"), mp.Dense(2)]), []
    counting = dataclasses.replace(LOSSES["mse"], function=lambda y, t: calls.append(1) or LOSSES["mse"].function(y, t))
    found = mp.check_gradients(net, *random_samples(net, 0), counting, entries=2)
    assert len(calls) < 40 and found.worst <= GOOD and len(found) == 9


def test_a_loss_may_be_given_as_it_is(errors):
    assert errors(3, [mp.Dense(2)], find_loss("mse")).worst <= GOOD


# ------------------------------------------------------------------------------------------- kinks


def test_entries_across_a_kink_are_left_out_and_counted():
    net = mp.Network(2, [mp.Dense(3, "relu"), mp.Dense(1)], seed=1)
    net["dense1"].W[...], net["dense1"].b[...] = [[1, 2], [1, -1], [3, 1]], 0
    x = np.array([[1.0, 1.0], [2.0, -1.0]])     # neuron 1 is at 0 in the first sample, neuron 0 in the second
    with pytest.raises(ValueError, match="every entry of x lies on a kink"):
        mp.check_gradients(net, x, np.zeros((2, 1)), "mse")
    net["dense1"].W[1] = [1, -2]                        # now only neuron 0 is, and only in the second sample
    found = mp.check_gradients(net, x, np.zeros((2, 1)), "mse")
    assert found.worst <= GOOD
    assert found.skipped == {"dense1.W": 2, "dense1.b": 1, "dense2.W": 0, "dense2.b": 0, "dense1.o": 0,
                             "dense1.z": 1, "dense2.o": 0, "dense2.z": 0, "x": 2}


def test_ties_in_a_window_are_a_kink():
    net = mp.Network((2, 4, 1), [mp.MaxPool2D(2), mp.Flatten(), mp.Dense(1)])
    x = np.array([[1.0, 1, 5, 6], [0, -1, 7, 8]]).reshape(1, 2, 4, 1)
    found = mp.check_gradients(net, x, [1.0], "mse")
    assert found.skipped["x"] == 2 and found.worst <= GOOD


def test_nothing_but_kinks_is_an_error():
    net = mp.Network(2, [mp.Dense(3, "relu"), mp.Dense(1)])
    with pytest.raises(ValueError, match="every entry of dense1.b lies on a kink of relu or max; "
                                         r'move net\["dense1"\].b by a little noise'):
        mp.check_gradients(net, np.zeros((2, 2)), [0, 1], "mse")


def test_the_remedy_for_kinks_in_a_fresh_network_helps():
    """Its biases are 0, so that z is exactly 0 behind neurons that are all silent: no noise on x changes that."""
    net = mp.Network(2, [mp.Dense(2, "relu"), mp.Dense(3, "relu"), mp.Dense(1)], seed=1)
    net["dense1"].W[...] = [[1, 2], [2, 1]]
    x = np.array([[-1.0, -1.5], [2.0, 1.0]])
    with pytest.raises(ValueError, match=r'every entry of dense2.b .*; move net\["dense2"\].b by a little noise'):
        mp.check_gradients(net, x, [0, 1], "mse")
    net["dense2"].b += [0.01, -0.02, 0.03]
    assert mp.check_gradients(net, x, [0, 1], "mse").worst <= GOOD


def test_ties_of_the_input_in_a_window_are_a_matter_of_x():
    net = mp.Network((2, 2, 1), [mp.MaxPool2D(2), mp.Flatten(), mp.Dense(1)])
    with pytest.raises(ValueError, match="every entry of x lies on a kink of relu or max; move x by a little noise"):
        mp.check_gradients(net, np.ones((1, 2, 2, 1)), [1.0], "mse")


def test_a_slope_of_0_that_is_measured_as_0_is_exact():
    """Also on a kink, where one of the two alone would not count, and where nothing at all is left to compare with."""
    net = mp.Network(2, [mp.Dense(2, "relu"), mp.Dense(1)])
    net["dense1"].W[...] = net["dense2"].W[...] = 0
    found = mp.check_gradients(net, np.ones((2, 2)), [0, 0], "mse")
    assert found.worst <= GOOD and found["dense1.b"] == found["x"] == 0 and not any(found.skipped.values())
    silent = mp.check_gradients(net, np.zeros((1, 2)), [0], dataclasses.replace(
        LOSSES["mse"], function=lambda y, t: np.zeros(len(y)), derivative=lambda y, t: np.zeros_like(y)))
    assert silent["dense1.W"] == silent["dense2.W"] == 0 and silent.worst <= GOOD


def test_a_gradient_that_is_nan_is_no_exact_one():
    net = mp.Network(2, [mp.Dense(2, "tanh"), mp.Dense(1)])
    broken = dataclasses.replace(LOSSES["mse"], derivative=lambda y, t: np.full_like(y, np.nan))
    assert np.isnan(mp.check_gradients(net, np.ones((1, 2)), [0], broken).worst)


def test_what_is_no_network_is_named():
    with pytest.raises(TypeError, match="net expects a Network, got NoneType"):
        mp.check_gradients(None, np.ones((1, 2)), [0])


# ----------------------------------------------------------------------------- wrong derivatives


def around_backward(net, name, change):
    """Let layer `name` run its own backward pass and then change what came out: dx = change(trace, dx)."""
    own = net[name].backward

    def backward(trace, do, *more, **options):
        return change(trace, own(trace, do, *more, **options))

    net[name].backward = backward


LAYERS = [mp.Conv2D(2, 2, "tanh", padding="same", batch_norm=True), mp.AvgPool2D(2, 1),
          mp.Conv2D(2, 2, "softplus"), mp.Flatten(), mp.Dense(3, "sigmoid", batch_norm=True), mp.Dense(2)]


def check_spoiled(errors, name, change, entries=8):
    """8 entries: all of each array but the weights of conv2, the outputs of conv1, and x."""
    return errors((3, 3, 1), LAYERS, "cross_entropy", N=2, entries=entries,
                  spoil=lambda net: around_backward(net, name, change))


def test_the_network_that_is_spoiled_below_is_right(errors):
    assert check_spoiled(errors, "conv1", lambda trace, dx: dx, entries=None).worst <= GOOD


def halves(keys):
    """Lists of about half of the keys: each key is in some list and not in another, and of any two keys there is a list
    with just one."""
    numbers = range((len(keys) + 1).bit_length())
    return [[key for number, key in enumerate(keys, start=1) if number >> bit & 1] for bit in numbers]


def multiply(name, factor, trace, dx):
    """Multiply a gradient of the trace, of a parameter or of the neurons, by factor(gradient)."""
    if name in trace.grads:
        trace.grads[name] = trace.grads[name] * factor(trace.grads[name])
    else:
        setattr(trace, f"d{name}", getattr(trace, f"d{name}") * factor(getattr(trace, f"d{name}")))
    return dx


def check_just_these(errors, keys, factor, bad=BAD):
    """The gradients of these keys, multiplied by factor(gradient), are found wrong, and no other one is."""
    def spoil(net):
        for layer, name in (key.split(".") for key in keys):
            around_backward(net, layer, functools.partial(multiply, name, factor))

    found = errors((3, 3, 1), LAYERS, "cross_entropy", N=2, entries=8, spoil=spoil)
    assert found.worst == max(found[key] for key in keys) and min(found[key] for key in keys) > bad
    assert all(error <= GOOD for other, error in found.items() if other not in keys)


PARAMETERS = ["conv1.W", "conv1.b", "conv1.gamma", "conv1.beta", "conv2.W", "conv2.b", "dense1.W", "dense1.b",
              "dense1.gamma", "dense1.beta", "dense2.W", "dense2.b"]
NEURONS = ["conv1.o", "conv1.z", "conv2.o", "conv2.z", "dense1.o", "dense1.z", "dense2.z"]


def test_halves_tell_any_two_keys_apart():
    codes = {key: tuple(key in half for half in halves(PARAMETERS + NEURONS)) for key in PARAMETERS + NEURONS}
    assert len(set(codes.values())) == 19 and all(any(code) and not all(code) for code in codes.values())
    assert len(halves("abcdef")) == 3


@each("keys, factor", [*((half, 1.001) for half in halves(PARAMETERS + NEURONS)),
                       (["conv1.W"], 0.999), (["dense2.W"], -1)])
def test_gradients_wrong_by_a_thousandth(keys, factor, errors):
    check_just_these(errors, keys, lambda grad: factor)


@each("layer, wrong", [
    ("conv1", ["x"]), ("avgpool1", ["x", "conv1.o", "conv1.z", "conv1.W"]),
    ("flatten1", ["conv2.o", "conv2.W", "x"]),
    ("dense1", ["conv2.o", "conv1.z", "x"]),
    ("dense2", ["dense1.o", "dense1.z", "dense1.W", "conv1.gamma", "x"])])
def test_a_wrong_dx_spoils_all_that_lies_below(layer, wrong, errors):
    found = check_spoiled(errors, layer, lambda trace, dx: dx * 1.001)
    assert all(found[key] > BAD for key in wrong)
    assert found["dense2.W"] <= GOOD and found["dense2.o"] <= GOOD


@each("keys", halves(["conv1.W", "conv2.b", "dense1.W", "dense2.W", "dense1.z", "conv2.o"]))
@each("rank", [0, 0.5])
def test_a_single_wrong_entry(keys, rank, errors):
    """The largest entry, or the one in the middle, by a thousandth."""
    def factor(grad):
        factors = np.ones(grad.shape)
        factors.flat[np.argsort(-np.abs(grad), axis=None)[int(rank * (grad.size - 1))]] = 1.001
        return factors

    check_just_these(errors, keys, factor, bad=1e-4)


@pytest.mark.parametrize("size", [1e-2, 1e-4])
def test_a_small_gradient_wrong_by_a_thousandth(size, random_samples):
    """Small inputs make ∂ℓ/∂W small next to the loss; its mistakes must not pass for rounding."""
    net = mp.Network(3, [mp.Dense(4, "tanh"), mp.Dense(2)])
    x, t = random_samples(net, 0)
    assert mp.check_gradients(net, size * x, t, "mse").worst <= GOOD

    def change(trace, dx):
        trace.grads["W"] = trace.grads["W"] * 1.001
        return dx

    around_backward(net, "dense1", change)
    assert mp.check_gradients(net, size * x, t, "mse")["dense1.W"] > 10 * GOOD


def test_a_single_wrong_entry_of_dx(errors):
    def change(trace, dx):
        dx = dx.copy()
        dx[1, 2, 1, 0] *= 1.001
        return dx

    found = check_spoiled(errors, "conv1", change, entries=None)
    assert found["x"] > 1e-4 and all(error <= GOOD for key, error in found.items() if key != "x")


@pytest.mark.parametrize("first, name", list(zip(["dense1", "conv1"] * len(ACTIVATIONS), ACTIVATIONS)))
def test_an_activations_derivative_wrong_by_a_thousandth(name, first, errors, monkeypatch):
    right = ACTIVATIONS[name]
    monkeypatch.setitem(ACTIVATIONS, name, dataclasses.replace(right, derivative=lambda z: 1.001 * right.derivative(z)))
    recipe, shape = (mp.Dense(4, name), 3) if first == "dense1" else (mp.Conv2D(3, 2, name), (3, 4, 1))
    other = "identity" if name == "tanh" else "tanh"
    found = errors(shape, [recipe, mp.Flatten(), mp.Dense(2, other)], "cross_entropy", entries=8)
    assert min(found[f"{first}.z"], found[f"{first}.W"], found[f"{first}.b"], found["x"]) > BAD
    assert found[f"{first}.o"] <= GOOD


@pytest.mark.parametrize("name, wrong", [
    ("relu", lambda z: (np.maximum(z, 0) >= 0).astype(float)),          # of the output, with ≥: 1 everywhere
    ("tanh", lambda z: 1 - z ** 2), ("sigmoid", lambda z: z * (1 - z)),     # of the output, but given z
    ("leaky_relu", lambda z: np.where(z > 0, 1, 0.0)), ("softplus", lambda z: np.ones_like(z))])
def test_mistakes_from_well_known_tutorials(name, wrong, errors, monkeypatch):
    monkeypatch.setitem(ACTIVATIONS, name, dataclasses.replace(ACTIVATIONS[name], derivative=wrong))
    found = errors(3, [mp.Dense(6, name), mp.Dense(2)])
    assert found["dense1.z"] > 0.01 and found["dense1.o"] <= GOOD


@pytest.mark.parametrize("name", LOSSES)
def test_a_losss_derivative_wrong_by_a_thousandth(name, errors):
    right = LOSSES[name]
    found = errors(3, [mp.Dense(4, "tanh"), mp.Dense(2)],
                   dataclasses.replace(right, derivative=lambda y, t: 1.001 * right.derivative(y, t)))
    assert found["dense2.o"] > 1e-5 and found["x"] > 1e-5       # the random part of the gradient is right


@each("name, wrong", [
    ("mse", lambda y, t: (y - t) / len(y)), ("mse", lambda y, t: 2 * (y - t)),
    ("mse", lambda y, t: (y - t).mean(axis=0, keepdims=True) + 0 * y),      # right in the sum over samples
    ("cross_entropy", lambda y, t: LOSSES["cross_entropy"].derivative(y, t) / len(y)),
    ("cross_entropy", lambda y, t: -t), ("binary_cross_entropy", lambda y, t: y - t)])
def test_losses_that_are_averaged_or_mistaken(name, wrong, errors):
    found = errors(3, [mp.Dense(4, "tanh"), mp.Dense(3)], dataclasses.replace(LOSSES[name], derivative=wrong))
    assert found["dense2.o"] > 0.01


def test_gradients_laid_out_wrongly(errors):
    def transpose(trace, dx):
        trace.grads["W"] = trace.grads["W"].transpose(0, 2, 1, 3)
        return dx

    assert check_spoiled(errors, "conv2", transpose)["conv2.W"] > 0.01
    assert check_spoiled(errors, "conv1", lambda trace, dx: dx[:, ::-1])["x"] > 0.01
    assert check_spoiled(errors, "dense1", lambda trace, dx: dx[::-1])["conv2.o"] > 0.01


def test_a_batch_norm_that_forgets_that_the_mean_moves(errors):
    """In a training pass, going back as if the batch's statistics were fixed numbers."""
    def forget(net):
        layer = net["dense1"]
        own = layer.forward

        def forward(x, training=False, rng=None):
            trace = own(x, training, rng)
            trace.saved["training"] = False
            return trace

        layer.forward = forward

    layers = [mp.Dense(4, "tanh", batch_norm=True), mp.Dense(2)]
    assert errors(3, layers, N=4, training=True)["dense1.W"] <= GOOD
    assert errors(3, layers, N=4, training=True, spoil=forget)["dense1.W"] > 0.01


@pytest.mark.parametrize("key", ["conv1.b", "dense2.b", "dense2.W"])
def test_nan_is_not_overlooked(key, errors):
    layer, name = key.split(".")

    def change(trace, dx):
        trace.grads[name] = trace.grads[name].copy()
        trace.grads[name].flat[0] = np.nan
        return dx

    found = check_spoiled(errors, layer, change)
    assert not found[key] <= GOOD and not found.worst <= GOOD


def test_a_gradient_of_another_shape_is_refused(errors):
    def longer(trace, dx):
        trace.grads["b"] = np.append(trace.grads["b"], 1.0)
        return dx

    try:
        assert not check_spoiled(errors, "dense2", longer).worst <= GOOD
    except ValueError as error:
        assert "dense2.b" in str(error)


# ----------------------------------------------------------------------------------------- refused


@each("more, error, told", [
    ({"step": 0}, ValueError, "step expects"), ({"step": "1"}, TypeError, "step expects a number"),
    ({"entries": 0}, ValueError, "entries expects at least 1"),
    ({"entries": 1.5}, TypeError, "entries expects a whole"),
    ({"loss": "msee"}, ValueError, 'did you mean "mse"'),
    ({"x": np.ones((2, 4))}, ValueError, r"expects \(N, 3\)"),
    ({"x": np.full((2, 3), np.nan)}, ValueError, "x holds 6"),
    ({"t": np.ones((1, 2))}, ValueError, "x has 2, t has 1"),
    ({"t": np.ones((2, 3))}, ValueError, "mse expects targets")])
def test_refused(more, error, told):
    net = mp.Network(3, [mp.Dense(2)])
    with pytest.raises(error, match=told):
        mp.check_gradients(**{"net": net, "x": np.ones((2, 3)), "t": np.ones((2, 2)), "loss": "mse", **more})


def test_float32_has_too_few_digits():
    net = mp.Network(3, [mp.Dense(2)], dtype="float32")
    with pytest.raises(ValueError, match="check_gradients expects a float64 network"):
        mp.check_gradients(net, np.ones((2, 3)), np.ones((2, 2)), "mse")
