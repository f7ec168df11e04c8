"""What the neurons of the first hidden layer look for: their weights as images."""

import numpy as np

from ..engine.checks import check_numbers, check_scores
from .checks import check_keep, check_layer
from .style import panel_figure, set_title

MOST_FILTERS = 64


def filters(net, scores=None, keep=None):
    """The weights of the first hidden layer's neurons, at most 64 of them, each a small image.

    scores  {layer: (K,)}, written above each image
    keep    {layer: (K,) bool}, True = stays; the images of removed neurons are crossed out

    Dense weights take the shape of the network's input when that is an image (H, W, C), else one row.
    One channel is drawn in grey, three in colour, more as their mean.
    """
    # The first hidden layer's entries of all arguments
    layer, W = first_hidden_layer(net)
    images, averaged = as_images(W, tuple(net.input_shape))
    if scores is not None:
        scores = check_scores(check_layer("scores", scores, layer), like={layer: W})[layer]
    if keep is not None:
        keep = check_keep(check_layer("keep", keep, layer), like={layer: W})[layer]

    # An image for each neuron
    K, n = len(images), min(len(images), MOST_FILTERS)
    figure, panels = image_panels(n, *images.shape[1:3])
    most = np.abs(images).max() or 1.0                # one scale for all, so that they can be compared
    for i, ax in enumerate(panels):
        picture = draw_image(ax, images[i], most)
        ax.set_title(f"{i}" if scores is None else f"{i}: {scores[i]:.2g}", fontsize=8, pad=3)
        if keep is not None and not keep[i]:
            cross_out(ax)

    # The grey scale, and the title
    if images.shape[3] == 1:
        rows = panels[0].get_gridspec().nrows
        figure.colorbar(picture, ax=panels.tolist(), label="weight (mid-grey = 0)", aspect=12 * rows)
    notes = [] if scores is None else ["above each: its number and score"]
    notes += [] if keep is None or keep[:n].all() else ["crossed out: removed"]
    first = f"; the first {n} of {K}" if K > n else ""
    set_title(figure, f"What each neuron of {layer} looks for{averaged}{first}", "; ".join(notes))
    return figure


def first_hidden_layer(net):
    """The name of the first hidden layer, and its weights W: (K, fan_in) or (K, kh, kw, C)."""
    if not getattr(net, "hidden_layers", None):
        raise ValueError(f"filters expects a network with a hidden layer, got {type(net).__name__} without")
    layer = net.hidden_layers[0]
    first_member = layer.split("+")[0].split("*")[0]  # of layers that lose their neurons together
    return layer, check_numbers(f"{layer}.W", net[first_member].W)


def as_images(W, input_shape):
    """Weights as (K, H, W, C) with C = 1 or 3, and a remark for the title if channels were averaged."""
    if W.ndim == 2 and len(input_shape) == 3 and np.prod(input_shape) == W.shape[1]:
        W = W.reshape(len(W), *input_shape)
    elif W.ndim == 2:
        W = W[:, None, :, None]
    if W.shape[3] in (1, 3):
        return W, ""
    return W.mean(axis=3, keepdims=True), f" (mean of {W.shape[3]} channels)"


def is_stripe(height, width):
    return height == 1 < width


def image_panels(n, height, width):
    """A figure with a panel for each of `n` images of this shape: eight a row, or four stripes."""
    if is_stripe(height, width):
        return panel_figure(n, min(n, 4), width=8, row_height=0.35 + 0.25, around=1.0)
    columns = min(n, 8)
    return panel_figure(n, columns, max(5, 0.95 * columns + 1), row_height=0.85 * height / width + 0.25, around=1.0)


def draw_image(ax, image, most):
    """Black is -most, mid-grey 0, white +most; three channels are colours around mid-grey."""
    aspect = "auto" if is_stripe(*image.shape[:2]) else "equal"
    shades = image[..., 0] if image.shape[2] == 1 else 0.5 + image / (2 * most)
    picture = ax.imshow(shades, cmap="gray", vmin=-most, vmax=most, aspect=aspect)
    ax.set_xticks([])
    ax.set_yticks([])
    return picture


def cross_out(ax):
    """A black cross with a white edge: visible on any shade."""
    for ends in ([0, 1], [1, 0]):
        ax.plot([0, 1], ends, transform=ax.transAxes, color="white", linewidth=3.5)
        ax.plot([0, 1], ends, transform=ax.transAxes, color="black", linewidth=1.5)


PICTURE = filters
