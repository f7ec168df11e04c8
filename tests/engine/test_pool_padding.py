"""Padded pooling and windows that hang over the end, against loops over all windows."""

import numpy as np
import pytest

import minprune as mp
from cases import each

CASES = [(2, 2, 1, False), (3, 2, 1, False), (3, 2, 1, True), (3, 2, 0, True), (2, 3, 1, True),
         ((2, 3), (1, 2), 1, True), (3, 1, "same", False), (3, 2, "same", False), (2, 2, "same", False),
         ((3, 2), (2, 1), "same", False), (4, 3, 2, True), ((2, 3), 1, (1, 0), False), ((3, 2), (2, 3), (0, 1), True)]


def windows_of(x, size, stride, padding, shape):
    """For each window of one channel: its pixels, and how many places lie on the image or its border of `padding`."""
    (h, w), (sh, sw) = size, stride
    H, W = x.shape
    if padding == "same":
        tops, border = (max((shape[0] - 1) * sh + h - H, 0) // 2, max((shape[1] - 1) * sw + w - W, 0) // 2), (0, 0)
    else:
        tops = border = padding if isinstance(padding, tuple) else (padding, padding)
    for i, j in np.ndindex(shape):
        rows, columns = range(i * sh - tops[0], i * sh - tops[0] + h), range(j * sw - tops[1], j * sw - tops[1] + w)
        pixels = [x[r, c] for r in rows for c in columns if 0 <= r < H and 0 <= c < W]
        inside = [-border[0] <= r < H + border[0] and -border[1] <= c < W + border[1] for r in rows for c in columns]
        on_border = sum(inside)
        yield (i, j), pixels, on_border


def pools(cls, case, **settings):
    size, stride, padding, ceil_mode = case
    return cls(size, stride, padding=padding, ceil_mode=ceil_mode, **settings)


def net_of(pool, shape=(5, 6, 2)):
    """The pool between two layers with neurons."""
    net = mp.Network(shape, [mp.Conv2D(2, 1, "tanh"), pool, mp.Flatten(), mp.Dense(2)], seed=1)
    net["conv1"].b[...] = 0.3, -0.2
    return net


@each("case", CASES)
@each("kind", ["max", "mean", "mean of pixels"])
def test_forward_against_loops(case, kind, close):
    pool = pools(mp.MaxPool2D, case) if kind == "max" else pools(mp.AvgPool2D, case, count_padding=kind == "mean")
    net = mp.Network((5, 6, 1), [pool])
    x = np.random.default_rng(0).normal(size=(2, 5, 6, 1)) - 3          # a border of 0 would be the largest
    pool, y = net.layers[list(net.layers)[0]], net.predict(x)
    for n in range(2):
        for place, pixels, on_border in windows_of(x[n, :, :, 0], pool.size, pool.stride, pool.padding,
                                                   pool.output_shape[:2]):
            count = len(pixels) if kind == "mean of pixels" or pool.padding == "same" else on_border
            close(y[n][place][0], max(pixels) if kind == "max" else sum(pixels) / count)


@each("size, stride, padding, ceil_mode, shape", [
    (3, 2, 1, False, (3, 3)), (3, 2, 1, True, (3, 4)), (2, 2, 0, True, (3, 3)), (2, 3, 1, True, (2, 3)),
    (3, 3, "same", False, (2, 2)), (2, 5, 1, True, (2, 2))])
def test_shapes_are_those_of_pytorch_and_keras(size, stride, padding, ceil_mode, shape):
    """By hand; (2, 5, 1, ceil): of 5 rows, windows start at −1 and 4; a third would start behind the border."""
    net = mp.Network((5, 6, 1), [mp.MaxPool2D(size, stride, padding, ceil_mode)])
    assert net.output_shape == (*shape, 1)


@each("case", [*CASES[1:8:2], *CASES[-2:]])
@each("cls", [mp.MaxPool2D, mp.AvgPool2D])
def test_gradients_tangents_and_what_goes_back(case, cls, close):
    net = net_of(pools(cls, case), (4, 5, 1))
    rng = np.random.default_rng(0)
    x, t = rng.normal(size=(2, 4, 5, 1)), rng.normal(size=(2, 2))
    assert mp.check_gradients(net, x, t, "mse", entries=3).worst < 1e-6
    layer = next(layer for name, layer in net.layers.items() if "pool" in name)
    trace = layer.forward(x := rng.normal(size=(2, 4, 5, 2)))
    dx, do = rng.normal(size=x.shape), rng.normal(size=trace.o.shape)
    close((layer.tangent(trace, dx) * do).sum(), (dx * layer.backward(trace, do)).sum())     # transposes of each other
    slopes = np.stack([layer.backward(trace, unit.reshape(do.shape)).ravel()
                       for unit in np.eye(do[0].size * 2)])                                     # ∂o/∂x
    close(layer.squares_back(trace, do).ravel(), (do.ravel() @ slopes ** 2))
    bound, slope = layer.bounds_back(trace, np.abs(do)).ravel(), np.abs(do).ravel() @ np.abs(slopes)
    assert (bound >= slope - 1e-12).all()
    if cls is mp.AvgPool2D:
        close(bound, slope)                                     # its slopes are the same at any input
    assert layer.squared_share() is None


@pytest.mark.parametrize("cls", [mp.MaxPool2D, mp.AvgPool2D])
def test_prune_is_mask_and_files(cls, close, tmp_path, fingerprint):
    net = net_of(cls((3, 2), 2, padding=(1, 0), ceil_mode=True))
    x, keep = np.random.default_rng(0).normal(size=(3, 5, 6, 2)), {"conv1": np.array([False, True])}
    close(mp.prune(net, keep).predict(x), mp.mask(net, keep).predict(x))
    net.save(tmp_path / "net.npz")
    assert fingerprint(mp.Network.load(tmp_path / "net.npz")) == fingerprint(net) == fingerprint(net.copy())


def test_float32_stays_float32():
    net = mp.Network((5, 6, 1), [mp.AvgPool2D(3, 2, padding=1)], dtype="float32")
    assert net.predict(np.ones((1, 5, 6, 1), "f4")).dtype == np.float32


def test_settings_tell_only_what_is_not_usual():
    assert mp.MaxPool2D(2).settings() == {"size": [2, 2], "stride": [2, 2]}
    assert mp.AvgPool2D(2, padding=1, ceil_mode=True, count_padding=False).settings() == {
        "size": [2, 2], "stride": [2, 2], "padding": 1, "ceil_mode": True, "count_padding": False}
    assert mp.MaxPool2D((2, 3), padding=(0, 1)).settings() == {"size": [2, 3], "stride": [2, 3], "padding": [0, 1]}


@each("make, error, message", [
    (lambda: mp.MaxPool2D(2, padding=2), ValueError, "padding expects at most half a window of 2×2, got 2"),
    (lambda: mp.MaxPool2D((3, 1), padding=(1, 1)), ValueError, r"at most half a window of 3×1, got \(1, 1\)"),
    (lambda: mp.AvgPool2D((2, 4), padding=(2, 1)), ValueError, r"at most half a window of 2×4, got \(2, 1\)"),
    (lambda: mp.MaxPool2D(2, padding="valid"), TypeError, "MaxPool2D padding expects a whole number, got 'valid'"),
    (lambda: mp.AvgPool2D(2, ceil_mode=1), TypeError, "ceil_mode expects True or False, got 1"),
    (lambda: mp.Network((1, 1, 1), [mp.MaxPool2D(3)]), ValueError, "windows of 3×3 on an image of 1×1")])
def test_what_is_refused(make, error, message):
    with pytest.raises(error, match=message):
        make()
