"""An image is the weights of its neuron, on the same scale as all others."""

from types import SimpleNamespace

import numpy as np
import pytest

from cases import each
from minprune import plots
from minprune.plots import filter_images


class Net(dict):
    """Stands in for a network: net[name].W, hidden_layers, input_shape."""

    def __init__(self, W, input_shape, hidden_layers=("first", "second")):
        super().__init__(first=SimpleNamespace(W=np.asarray(W)))
        self.hidden_layers, self.input_shape = list(hidden_layers), input_shape


def pictures(figure):
    return [np.asarray(ax.images[0].get_array()) for ax in figure.axes if ax.images]


def test_a_convolution_of_one_channel_is_drawn_as_it_is_on_one_symmetric_grey_scale():
    W = np.random.default_rng(0).normal(size=(5, 3, 2, 1))
    W[3, 1, 1] = -7
    figure = plots.filters(Net(W, (8, 8, 1)))
    assert len(figure.axes) == 5 + 1                                    # and the grey scale
    for picture, ax, w in zip(pictures(figure), figure.axes, W):
        np.testing.assert_array_equal(picture, w[..., 0])
        assert ax.images[0].get_clim() == (-7, 7) and ax.images[0].get_cmap().name == "gray"
    assert [ax.get_title() for ax in figure.axes[:5]] == list("01234")
    assert figure.get_suptitle() == "What each neuron of first looks for"
    assert figure.axes[-1].get_ylabel() == "weight (mid-grey = 0)"


def test_three_channels_are_colours_around_grey():
    W = np.random.default_rng(0).normal(size=(4, 3, 3, 3))
    figure = plots.filters(Net(W, (8, 8, 3)))
    assert len(figure.axes) == 4
    np.testing.assert_allclose(pictures(figure), 0.5 + W / (2 * np.abs(W).max()))


def test_other_channels_are_averaged_and_the_title_says_so():
    W = np.random.default_rng(0).normal(size=(4, 3, 3, 5))
    figure = plots.filters(Net(W, (8, 8, 5)))
    np.testing.assert_allclose(pictures(figure), W.mean(axis=3))
    assert figure.get_suptitle() == "What each neuron of first looks for (mean of 5 channels)"


@pytest.mark.parametrize("input_shape, shape", [((2, 3, 1), (2, 3)), ((3, 2, 1), (3, 2)), ((6,), (1, 6)),
                                                ((4, 4, 1), (1, 6))])
def test_dense_weights_take_the_shape_of_the_image_or_one_row(input_shape, shape):
    W = np.arange(24.0).reshape(4, 6)
    figure = plots.filters(Net(W, input_shape))
    np.testing.assert_array_equal(pictures(figure), W.reshape(4, *shape))


def test_dense_weights_on_colour_images_are_colours():
    W = np.arange(12.0).reshape(1, 12)
    np.testing.assert_allclose(pictures(plots.filters(Net(W, (2, 2, 3))))[0], 0.5 + W.reshape(2, 2, 3) / 22)


def test_scores_are_captions_and_removed_neurons_are_crossed_out():
    net = Net(np.ones((3, 2, 2, 1)), (4, 4, 1))
    scores = {"second": [1.0], "first": np.array([0.012345, -2.0, np.inf])}
    keep = {"first": np.array([True, False, True]), "second": np.array([True])}
    figure = plots.filters(net, scores, keep)
    assert [ax.get_title() for ax in figure.axes[:3]] == ["0: 0.012", "1: -2", "2: inf"]
    assert [len(ax.lines) for ax in figure.axes[:3]] == [0, 4, 0]
    assert {cross.get_color() for cross in figure.axes[1].lines} == {"white", "black"}
    assert figure.get_suptitle().split("\n")[1] == "above each: its number and score; crossed out: removed"
    assert plots.filters(net, keep=keep).get_suptitle().split("\n")[1] == "crossed out: removed"
    assert plots.filters(net, scores).get_suptitle().split("\n")[1] == "above each: its number and score"


def test_no_more_than_the_most_are_shown_and_the_title_says_so(monkeypatch):
    """The most are 64, which take their time: here it is 3."""
    assert filter_images.MOST_FILTERS == 64
    monkeypatch.setattr(filter_images, "MOST_FILTERS", 3)
    for K, title in ((3, ""), (4, "; the first 3 of 4")):
        figure = plots.filters(Net(np.ones((K, 1, 1, 1)), (4, 4, 1)))
        assert len(pictures(figure)) == 3
        assert figure.get_suptitle() == "What each neuron of first looks for" + title


def test_zero_weights_are_mid_grey():
    figure = plots.filters(Net(np.zeros((1, 2, 2, 1)), (4, 4, 1)))
    assert figure.axes[0].images[0].get_clim() == (-1, 1)


SMALL = Net(np.ones((2, 3)), (3,))


@each("net, arguments, error, message", [
    (Net(np.ones((2, 3)), (3,), []), (), ValueError, "a network with a hidden layer, got Net"),
    ({}, (), ValueError, "a network with a hidden layer, got dict"),
    (Net([[1.0, np.nan]], (2,)), (), ValueError, "first.W holds 1 values that are NaN"),
    (SMALL, ({"second": [1.0]},), ValueError, 'scores expects a dict with the layer "first"'),
    (SMALL, ([1.0, 2.0],), ValueError, 'scores expects a dict with the layer "first"'),
    (SMALL, ({"first": [1.0]},), ValueError, r'scores of layer "first": .* 2 neurons'),
    (SMALL, (None, {"first": [1, 0]}), ValueError, r'keep of layer "first" expects booleans'),
])
def test_filters_refuses(net, arguments, error, message):
    with pytest.raises(error, match=message):
        plots.filters(net, *arguments)


def test_inputs_are_not_modified():
    net = Net(np.ones((2, 2, 2, 1)), (4, 4, 1))
    plots.filters(net)
    np.testing.assert_array_equal(net["first"].W, 1)


@pytest.mark.parametrize("make", [
    lambda: plots.filters(Net(np.ones((9, 3, 3, 1)), (8, 8, 1)), {"first": np.full(9, -1.23e-5)},
                          {"first": np.arange(9) < 7}),
    lambda: plots.filters(Net(np.ones((5, 13)), (13,)), {"first": np.full(5, -1.23e-5)}),
])
def test_no_text_lies_over_another(make, overlaps):
    assert overlaps(make()) == []
