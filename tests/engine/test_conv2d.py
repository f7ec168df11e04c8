"""Conv2D against six nested loops."""

import itertools
import json
import math

import numpy as np
import pytest

import minprune as mp
from cases import case, each
from minprune.engine import conv2d


def build(shape, *settings, **more):
    net = mp.Network(shape, [mp.Conv2D(*settings, **more)], seed=1)
    net["conv1"].b[...] = np.random.default_rng(2).normal(size=net["conv1"].K)
    return net["conv1"]


def zeros_around(size, kernel, stride, padding):
    """(zeros before, size of the output) along one axis, from the definitions of the three paddings."""
    if padding == "same":
        out = math.ceil(size / stride)
        total = max((out - 1) * stride + kernel - size, 0)
        return total // 2, out                                  # an odd one goes after
    zeros = 0 if padding == "valid" else padding
    return zeros, (size + 2 * zeros - kernel) // stride + 1


def both(padding):
    """The paddings of rows and of columns."""
    return padding if isinstance(padding, tuple) else (padding, padding)


def places(layer):
    """Yield ((row, column) of the output, [((i, j) of the kernel, (row, column) of the image)])."""
    height, width, _ = layer.input_shape
    (kh, kw), s = layer.kernel, layer.stride
    (top, rows), (left, columns) = [
        zeros_around(*axis, s, zeros) for *axis, zeros in zip((height, width), (kh, kw), both(layer.padding))]
    for r in range(rows):
        for c in range(columns):
            seen = [((i, j), (r * s + i - top, c * s + j - left)) for i in range(kh) for j in range(kw)]
            yield (r, c), [(k, (a, b)) for k, (a, b) in seen if 0 <= a < height and 0 <= b < width]


def naive_weigh(layer, x):
    height, width, _ = layer.input_shape
    rows, columns = [zeros_around(size, k, layer.stride, zeros)[1]
                     for size, k, zeros in zip((height, width), layer.kernel, both(layer.padding))]
    z = np.zeros((len(x), rows, columns, layer.K))
    for n in range(len(x)):
        for at, seen in places(layer):
            for (i, j), pixel in seen:
                for channel in range(x.shape[3]):
                    for k in range(layer.K):
                        z[(n, *at, k)] += layer.W[k, i, j, channel] * x[(n, *pixel, channel)]
    return z


def naive_back(layer, x, da):
    """(∂ℓ/∂x, ∂ℓ/∂W), product by product."""
    dx, dW = np.zeros_like(x), np.zeros_like(layer.W)
    for n in range(len(x)):
        for at, seen in places(layer):
            for (i, j), pixel in seen:
                dx[(n, *pixel)] += da[(n, *at)] @ layer.W[:, i, j]
                dW[:, i, j] += np.outer(da[(n, *at)], x[(n, *pixel)])
    return dx, dW


CASES = [((4, 5, 2), kernel, stride, padding)
         for kernel in (1, 3, (2, 3), (3, 1), (4, 2)) for stride in (1, 2, 3)
         for padding in ("valid", "same", 1, 2)]
CASES += [((1, 1, 1), 1, 1, "valid"), ((3, 3, 1), 5, 1, "same"), ((2, 7, 3), (2, 7), 1, "valid"),
          ((5, 5, 1), 2, 4, "same"), ((6, 3, 2), 1, 2, 0), ((2, 2, 1), 2, 1, 3),
          ((4, 5, 2), (3, 2), 1, (1, 0)), ((4, 5, 2), 3, 2, (0, 2)), ((1, 5, 1), (3, 2), 1, (1, 0))]


def test_six_loops(rng):
    """One channel and three take turns."""
    for place, (shape, kernel, stride, padding) in enumerate(CASES):
        layer, x = build(shape, 3 - place % 2 * 2, kernel, stride=stride, padding=padding), rng.normal(size=(2, *shape))
        expected = naive_weigh(layer, x)
        da = rng.normal(size=expected.shape)
        dx, dW = naive_back(layer, x, da)
        with case(shape, kernel, stride, padding):
            assert (2, *layer.output_shape) == expected.shape
            np.testing.assert_allclose(layer.product(x), expected, atol=1e-13)
            np.testing.assert_allclose(layer.forward(x).z, expected + layer.b, atol=1e-13)
            np.testing.assert_allclose(layer.product_back(da), dx, atol=1e-12)
            np.testing.assert_allclose(layer.weight_gradient(x, da), dW, atol=1e-12)


def test_a_patch_is_laid_out_as_w_is(rng):
    for shape, kernel, stride, padding in CASES:
        layer, x = build(shape, 3, kernel, stride=stride, padding=padding), rng.normal(size=(2, *shape))
        found = layer.patches(x)
        with case(shape, kernel, stride, padding):
            assert found.shape == (2, np.prod(layer.output_shape[:2]), layer.W[0].size)
            for p, (_, seen) in enumerate(places(layer)):
                expected = np.zeros((2, *layer.W[0].shape))
                for (i, j), (row, column) in seen:
                    expected[:, i, j] = x[:, row, column]
                assert np.array_equal(found[:, p], expected.reshape(2, -1))


@each("stride", [1, 2, 3, 4])
def test_same_makes_size_over_stride_rounded_up(stride):
    for kernel, size in itertools.product([1, 2, 3, 5], range(1, 9)):
        layer = build((size, 9 - size, 1), 2, kernel, stride=stride, padding="same")
        assert layer.output_shape == (math.ceil(size / stride), math.ceil((9 - size) / stride), 2)


@pytest.mark.parametrize("channels", [1, 4])
@pytest.mark.parametrize("training, many", [(False, 64), (True, 64), (False, 1)])
def test_many_samples_at_once_are_as_good_as_one_at_a_time(channels, training, many, rng, monkeypatch):
    """So many that their patches, 25 times the images, take 30 to 60 times what is worked through at a time."""
    monkeypatch.setattr(conv2d, "MANY", many)           # 1: the two neurons are many
    for name, smaller in (("BLOCK", 1 << 14), ("LANES", 1 << 15), ("LEAST", 1 << 8), ("WIDE", 1 << 8),
                          ("SMALL", 1 << 16)):
        monkeypatch.setattr(conv2d, name, smaller)
    net = mp.Network((12, 10, channels), [mp.Conv2D(2, 5, "tanh", padding="same")])
    N = 80 // channels + 1
    x, dy = rng.normal(size=(N, 12, 10, channels)), rng.normal(size=(N, 12, 10, 2))
    together, total = net.forward(x, training), 0
    net.backward(together, dy)
    for n in range(N):
        alone = net.forward(x[n:n + 1], training)
        dx = net.backward(alone, dy[n:n + 1])
        np.testing.assert_allclose(together.y[n], alone.y[0], rtol=1e-10, atol=1e-13)
        np.testing.assert_allclose(together.dx[n], dx[0], rtol=1e-10, atol=1e-13)
        total += alone["conv1"].grads["W"]
    np.testing.assert_allclose(together["conv1"].grads["W"], total, rtol=1e-10, atol=1e-10)


def test_an_odd_zero_goes_below_and_right():
    layer = build((2, 3, 1), 1, 2, padding="same")
    x, layer.b[...] = np.arange(1.0, 7).reshape(1, 2, 3, 1), 0
    for corner, expected in (((0, 0), [[1, 2, 3], [4, 5, 6]]), ((1, 1), [[5, 6, 0], [0, 0, 0]]),
                             ((0, 1), [[2, 3, 0], [5, 6, 0]]), ((1, 0), [[4, 5, 6], [0, 0, 0]])):
        layer.W[...] = 0
        layer.W[(0, *corner, 0)] = 1
        assert layer.forward(x).o[0, :, :, 0].tolist() == expected


def test_the_kernel_is_not_flipped():
    layer = build((1, 3, 1), 1, (1, 2))
    layer.W[...], layer.b[...] = np.array([10.0, 1.0]).reshape(1, 1, 2, 1), 0
    assert layer.forward(np.array([1.0, 2.0, 3.0]).reshape(1, 1, 3, 1)).o.ravel().tolist() == [12, 23]


def test_a_kernel_as_large_as_the_image_is_a_dense_layer(rng):
    layer, x = build((3, 4, 2), 5, (3, 4), "tanh"), rng.normal(size=(6, 3, 4, 2))
    dense = mp.Network(24, [mp.Dense(5, "tanh")])["dense1"]
    dense.W[...], dense.b[...] = layer.W.reshape(5, 24), layer.b
    np.testing.assert_allclose(layer.forward(x).o[:, 0, 0], dense.forward(x.reshape(6, 24)).o, rtol=1e-12)


@pytest.mark.parametrize("stride, padding", [(1, "valid"), (2, "same"), (3, 2)])
def test_both_ways_back_are_transposes(stride, padding, rng):
    layer = build((5, 6, 2), 3, (3, 2), stride=stride, padding=padding)
    x, da = rng.normal(size=(2, 5, 6, 2)), rng.normal(size=(2, *layer.output_shape))
    product = (layer.product(x) * da).sum()
    assert product == pytest.approx((x * layer.product_back(da)).sum(), rel=1e-11)
    assert product == pytest.approx((layer.W * layer.weight_gradient(x, da)).sum(), rel=1e-11)


def test_arguments_are_left_alone(rng):
    for padding in ("valid", "same"):
        layer = build((4, 4, 2), 3, 3, "relu", padding=padding, batch_norm=True)
        x, do = rng.normal(size=(2, 4, 4, 2)), rng.normal(size=(2, *layer.output_shape))
        before = x.copy(), do.copy(), layer.W.copy()
        trace = layer.forward(x)
        layer.backward(trace, do)
        layer.patches(x), layer.weight_gradient(x, do), layer.product_back(do)
        assert all(np.array_equal(*pair) for pair in zip(before, (x, do, layer.W)))


def test_inputs_and_gradients_may_be_views(rng):
    layer = build((4, 5, 2), 3, 2, "tanh", padding=1)
    x = rng.normal(size=(2, 5, 4, 2)).transpose(0, 2, 1, 3)
    do = rng.normal(size=(layer.K, 2, *layer.output_shape[:2])).transpose(1, 2, 3, 0)
    traces = layer.forward(x), layer.forward(np.ascontiguousarray(x))
    dx = [layer.backward(traces[0], do), layer.backward(traces[1], np.ascontiguousarray(do))]
    for one, two in ((traces[0].o, traces[1].o), dx, (traces[0].grads["W"], traces[1].grads["W"])):
        np.testing.assert_allclose(one, two, rtol=1e-12, atol=1e-14)


def test_multiply_adds_counts_every_product():
    layer = build((5, 6, 2), 3, (3, 2), stride=2)
    assert layer.output_shape == (2, 3, 3) and layer.multiply_adds() == 2 * 3 * 3 * (3 * 2 * 2)
    layer = build((5, 6, 2), 3, 3, padding="same")
    assert layer.multiply_adds() == 5 * 6 * 3 * 18 and isinstance(layer.multiply_adds(), int)


def test_shapes_and_settings():
    layer = build((5, 6, 2), 3, (3, 2))
    assert layer.W.shape == (3, 3, 2, 2) and layer.b.shape == (3,) and layer.output_shape == (3, 5, 3)
    assert mp.Conv2D(4, 3).settings() == {"channels": 4, "kernel": [3, 3], "activation": "identity",
                                          "stride": 1, "padding": "valid", "batch_norm": False}
    assert mp.Conv2D(4, [3, 1], "relu", 2, 1, True).settings() \
        == {"channels": 4, "kernel": [3, 1], "activation": "relu", "stride": 2, "padding": 1,
            "batch_norm": True}


def test_padding_as_a_pair(tmp_path, close):
    """Rows and columns by themselves; equal ones are a single number; saved, copied, described, and read back."""
    layer = mp.Conv2D(4, 3, padding=(1, 0), dilation=2)
    assert layer.settings()["padding"] == [1, 0] and "padding=[1, 0]" in repr(layer)
    assert mp.Conv2D(4, 3, padding=[2, 2]).settings()["padding"] == 2 and mp.Conv2D(4, 3, padding=(0, 0)).padding == 0
    net = mp.Network((5, 6, 2), [layer, mp.Conv2D(4, 2, "tanh", padding=(0, 2), groups=2), mp.Flatten(), mp.Dense(2)])
    assert net["conv1"].output_shape == (3, 2, 4) and net["conv2"].output_shape == (2, 5, 4)
    x, t = np.random.default_rng(0).normal(size=(2, 5, 6, 2)), np.ones((2, 2))
    net.save(tmp_path / "net.npz")
    for other in (mp.Network.load(tmp_path / "net.npz"), net.copy(), mp.Network((5, 6, 2), list(net.layers.values()))):
        other.fill(net.arrays())
        close(other.predict(x), net.predict(x), 0)
    assert mp.check_gradients(net, x, t, "mse", entries=2).worst < 1e-6
    scores = mp.score(net, "removal", x, t, "mse")
    silent = mp.mask(net, {"conv1*2": np.array([False, True])})
    close(scores["conv1*2"][0], (mp.record(silent, x, t, "mse").L - mp.record(net, x, t, "mse").L).mean())


def test_whole_numbers_of_numpy_are_plain_ones_in_the_settings():
    layer = mp.Conv2D(np.int64(4), (np.int32(3), np.int8(1)), stride=np.int64(2), padding=np.int64(1))
    assert json.loads(json.dumps(layer.settings())) == mp.Conv2D(4, (3, 1), stride=2, padding=1).settings()


@each("arguments, error, told", [
    ((0, 3), ValueError, "Conv2D channels expects at least 1"),
    ((1.5, 3), TypeError, "channels expects a whole"),
    ((4, 0), ValueError, "Conv2D kernel expects at least 1"),
    ((4, (3, 0)), ValueError, "kernel expects at least 1"),
    ((4, (3, 3, 3)), ValueError, r"a whole number or a pair of them, got \(3, 3, 3\)"),
    ((4, ()), ValueError, "a pair of them"), ((4, 2.0), TypeError, "kernel expects a whole number"),
    ((4, "3"), TypeError, "kernel expects a whole number"),
    ((4, 3, "rellu"), ValueError, 'did you mean "relu"'),
    ((4, 3, "relu", 0), ValueError, "Conv2D stride expects at least 1"),
    ((4, 3, "relu", (1, 1)), TypeError, "stride expects a whole number"),
    ((4, 3, "relu", 1, "sane"), ValueError, '"valid", "same" or a whole number, got \'sane\''),
    ((4, 3, "relu", 1, -1), ValueError, "Conv2D padding expects at least 0"),
    ((4, 3, "relu", 1, 1.0), TypeError, "padding expects a whole number"),
    ((4, 3, "relu", 1, (1, -1)), ValueError, "Conv2D padding expects at least 0, got -1"),
    ((4, 3, "relu", 1, (1, 2, 3)), ValueError, r"padding expects a whole number or a pair of them, got \(1, 2, 3\)"),
    ((4, 3, "relu", 1, True), TypeError, "padding expects a whole number")])
def test_settings_that_cannot_be(arguments, error, told):
    with pytest.raises(error, match=told):
        mp.Conv2D(*arguments)


@each("shape, kernel, padding, told", [
    ((4,), 3, "valid", r"it reads an image \(H, W, C\), got shape \(4,\)"),
    ((4, 4), 3, "valid", "it reads an image"),
    ((2, 4, 1), 3, "valid", "kernel 3×3 on an image of 2×4$"),
    ((4, 2, 1), (1, 3), "valid", "kernel 1×3 on an image of 4×2$"),
    ((1, 4, 1), 4, 1, "kernel 4×4 on an image of 3×6 with its padding")])
def test_what_cannot_fit(shape, kernel, padding, told):
    with pytest.raises(ValueError, match=f'Conv2D "conv1" cannot fit: {told}'):
        mp.Network(shape, [mp.Conv2D(2, kernel, padding=padding)])


def test_padding_makes_room():
    assert build((2, 2, 1), 1, 4, padding=1).output_shape == (1, 1, 1)
    assert build((1, 1, 1), 1, 5, padding="same").output_shape == (1, 1, 1)


# ------------------------------------------------------------------------------------------ dilation


@pytest.mark.parametrize("kernel, dilation, stride, padding", [
    (2, 2, 1, "valid"), ((3, 2), 2, 2, 1), (2, 3, 1, "same")])
def test_a_dilated_kernel_is_a_larger_one_with_zeros(kernel, dilation, stride, padding, close):
    """Outputs, gradients, patches, and the gradient of W at its own places."""
    rng = np.random.default_rng(0)
    net = mp.Network((7, 8, 2), [mp.Conv2D(3, kernel, "tanh", stride, padding, dilation=dilation)], seed=1)
    layer = net["conv1"]
    wide = mp.Network((7, 8, 2), [mp.Conv2D(3, layer.reach, "tanh", stride, padding)])
    wide["conv1"].W[...] = 0
    wide["conv1"].W[:, ::dilation, ::dilation] = layer.W
    x, traces = rng.normal(size=(2, 7, 8, 2)), []
    for one in (net, wide):
        traces.append(one.forward(x))
    dy = rng.normal(size=traces[0].y.shape)
    dx = [one.backward(trace, dy) for one, trace in zip((net, wide), traces)]
    close(traces[0].y, traces[1].y)
    close(dx[0], dx[1])
    close(traces[0]["conv1"].grads["W"], traces[1]["conv1"].grads["W"][:, ::dilation, ::dilation])
    o = layer.patches(x) @ layer.W.reshape(3, -1).T
    close(np.tanh(o).reshape(traces[0].y.shape), traces[0].y)
    assert layer.multiply_adds() == traces[0].y[0].size * layer.W[0].size
    assert layer.settings()["dilation"] == dilation and net.copy()["conv1"].dilation == dilation


# --- patches, block by block: together they are the matrix of all patches


def all_patches(x, kernel, stride):
    """The plain line: every patch a column, and where it belongs."""
    seen = conv2d.windows(x, kernel, (stride, stride))
    return seen.reshape(-1, *seen.shape[3:]), seen.shape[3:]


@pytest.mark.parametrize("kernel, stride", [((1, 1), 1), ((3, 2), 1), ((2, 3), 2), ((1, 1), 2), ((2, 2), 3)])
@pytest.mark.parametrize("most", [1, 3, 8, 30, 1000])
def test_blocks_make_up_all_patches(kernel, stride, most, monkeypatch, rng):
    x = rng.normal(size=(2, 6, 7, 4))
    expected, places = all_patches(x, kernel, stride)
    for size in ("LEAST", "WIDE"):
        monkeypatch.setattr(conv2d, size, 8 * most)
    for size in ("BLOCK", "LANES"):
        monkeypatch.setattr(conv2d, size, 1)
    found = np.full_like(expected, np.nan)
    for block, part in conv2d.patch_blocks(x, kernel, stride):
        place = found[block]
        assert np.isnan(place).all()                            # each patch once
        place[...] = part.reshape(place.shape)
        rows = np.zeros((3, *places))[block]
        assert np.shares_memory(rows.reshape(3, -1), rows)      # a product can be written there
    assert np.array_equal(found, expected)


@each("kernel, stride, shape, most", [
    (kernel, stride, shape, most) for kernel, stride in (((1, 1), 1), ((3, 2), 1), ((2, 3), 2), ((2, 2), 3))
    for shape in ((6, 7), (8, 5)) for most in (1, 5, 1000)])
def test_the_way_back_adds_up_kernel_place_by_kernel_place(kernel, stride, shape, most, monkeypatch, rng, close):
    (kh, kw), W = kernel, rng.normal(size=(3, *kernel, 2))
    height, width = ((size - k) // stride + 1 for size, k in zip(shape, kernel))
    da, expected = rng.normal(size=(3, height, width, 4)), np.zeros((2, *shape, 4))
    for r, s in np.ndindex(kh, kw):
        seen = expected[:, r:r + stride * height:stride, s:s + stride * width:stride]
        seen += np.tensordot(W[:, r, s].T, da, axes=1)
    for size, value in (("LEAST", 8 * most), ("WIDE", 8 * most), ("BLOCK", 1), ("LANES", 1)):
        monkeypatch.setattr(conv2d, size, value)
    for small in (1 << 30, 0):                                  # all at once; row by row
        monkeypatch.setattr(conv2d, "SMALL", small)
        dx = np.zeros_like(expected)
        conv2d.add_back(dx, W, da, stride)
        close(dx, expected)


@each("kernel, stride", [((1, 1), (1, 1)), ((2, 3), (1, 1)), ((3, 2), (2, 1)), ((2, 2), (1, 2))])
def test_windows_number_by_number(kernel, stride):
    X = np.arange(2 * 3 * 4 * 5.0).reshape(2, 3, 4, 5)
    array = np.ascontiguousarray(X.transpose(3, 1, 2, 0))
    windows = conv2d.windows(array, kernel, stride)
    for r, s, c, h, w, n in np.ndindex(windows.shape):
        assert windows[r, s, c, h, w, n] == array[c, h * stride[0] + r, w * stride[1] + s, n]
    assert windows.shape[3:5] == tuple((size - k) // step + 1 for size, k, step in zip((3, 4), kernel, stride))


@each("kernel, padding, stride, groups, positions", [
    ((2, 3), "same", 1, 1, "few"), ((3, 2), 1, 2, 1, "few"), (2, "valid", 1, 2, "few"), ((2, 3), "same", 1, 1, "many")])
def test_many_neurons_number_by_number_as_few(kernel, padding, stride, groups, positions, monkeypatch, rng):
    """Their products are written by way of another array, and ∂ℓ/∂W is added up the other way round."""
    layer = build((5, 6, 4), 6, kernel, "tanh", stride, padding, groups=groups)
    N = 3 if positions == "few" else 40                         # more than 4 · 24 positions, or fewer
    x = rng.normal(size=(N, 5, 6, 4))
    do = rng.normal(size=(N, *layer.output_shape))
    results = []
    for many in (64, 1):
        monkeypatch.setattr(conv2d, "MANY", many)
        trace = layer.forward(x)
        dx = layer.backward(trace, do)
        results.append([trace.z, dx, trace.grads["W"], trace.grads["b"]])
    for few, many in zip(*results):
        np.testing.assert_allclose(many, few, rtol=1e-12, atol=1e-12)


@each("width, N, most", [(24, 128, 2232), (8, 128, 260), (8, 128, 100), (3, 7, 1), (1, 1, 5), (5, 4, 8)])
def test_parts_of_a_row_are_as_equal_as_can_be(width, N, most):
    parts = [*conv2d.parts_of_a_row(width, N, most)]
    places = np.zeros((width, N), int)
    for columns, samples in parts:
        places[columns, samples] += 1
    sizes = [places[part].size for part in parts]
    assert (places == 1).all() and max(sizes) <= max(most, 1) and sizes[0] == max(sizes)
    fewest = -(-width // max(most // N, 1)) * -(-N // most)
    assert len(parts) == fewest
