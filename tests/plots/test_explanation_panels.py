"""One neuron as a figure: every panel shows the numbers that were found."""

import numpy as np
import pytest

import minprune as mp
from minprune import plots


def found(image):
    shape = (5, 5, 1) if image else (4,)
    rng = np.random.default_rng(0)
    x = rng.normal(size=(12, *shape))
    net = mp.Network(shape, [*([mp.Flatten()] if image else []), mp.Dense(3, "tanh"), mp.Dense(2)])
    loss, t = ("cross_entropy", rng.integers(0, 2, 12)) if image else ("mse", rng.normal(size=(12, 2)))
    return mp.explain(net, "dense1", 1, (x, t), loss, scores=["taylor", "weight_norm"], most=2)


def test_images_classes_scores_readers(bars, overlaps):
    one = found(image=True)
    figure = plots.explanation(one, "a network")
    samples, (by_class, change, ranks, readers) = figure.axes[:4], figure.axes[4:]
    for ax, (sample, label, response) in zip(samples, one.strongest + one.weakest):
        np.testing.assert_array_equal(ax.images[0].get_array(), one.shown[sample][..., 0])
        assert ax.get_title() == f"{sample}: class {label}, {response:.2g}"
    assert {x: height for x, (height, _) in bars(by_class).items()} == {
        0: pytest.approx(one.by_class[0]), 1: pytest.approx(one.by_class[1])}
    assert {x: hatched for x, (_, hatched) in bars(change).items()} == {
        place: value < 0 for place, value in one.loss_change_by_class.items()}
    assert [bar.get_width() for bar in ranks.containers[0]] == [4 - rank for _, rank in one.scores.values()]
    assert [bar.get_width() for bar in readers.containers[0]] == [norm for _, norm, _ in one.readers["dense2"]]
    assert f"neuron 1 of 3; nearest twin: neuron {one.twin[0]}" in figure.get_suptitle() and not overlaps(figure)


def test_vectors_without_classes():
    one = found(image=False)
    axes = plots.explanation(one).axes
    assert len(axes) == 2 + 2 + 2
    np.testing.assert_array_equal(axes[0].lines[0].get_ydata(), one.shown[one.strongest[0][0]])


def test_refuses():
    with pytest.raises(TypeError, match="found expects what mp.explain returns, got dict"):
        plots.explanation({})
