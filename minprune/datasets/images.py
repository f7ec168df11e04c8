"""Images: arrays brought into the form (N, H, W, C), the channels last, and whole pixels 0 … 255 into [0, 1].

    (N, H, W)      is grey: the channel axis is added
    (N, 1, H, W)   and (N, 3, H, W) have the channels first, if H and W are larger and W is not 1 or 3: they are moved
    (N, H, W, C)   stays
    uint8          that reaches beyond 127 counts 0 … 255 (as the digits' 0 … 16 do not): it is divided by 255

A note says which form it was and what was done.
"""

import numpy as np

WHITE = 255
COLOURS = (1, 3)                # numbers of channels: grey, and red-green-blue


def as_images(parts):
    """Return (parts, notes): x of each part as images if it has three or four axes, else as it is."""
    shape = parts[0].shape
    notes = []
    if len(shape) not in (3, 4):
        return parts, notes
    # the axes
    if len(shape) == 3:
        parts = [x[..., None] for x in parts]
        notes.append(f"images {size_text(shape[1:])} without a channel axis: it is added, {shape_text(parts[0].shape)}")
    elif channels_first(shape):
        parts = [np.moveaxis(x, 1, -1) if x.ndim == 4 else x for x in parts]
        notes.append(f"images {size_text(shape[2:])} with the channels first, {shape_text(shape)}: they are moved to "
                     f"the end, {shape_text(parts[0].shape)}")
    else:
        notes.append(f"images {size_text(shape[1:3])} with the channels last, {shape_text(shape)}")
    # the pixels
    if parts[0].dtype == np.uint8 and parts[0].max(initial=0) > WHITE // 2:
        parts = [x / WHITE for x in parts]
        notes.append("pixels 0 … 255 are divided by 255")
    return parts, notes


def channels_first(shape):
    """Whether the axis after the samples' holds 1 or 3 channels, by the rule at the top of this file."""
    _, C, H, W = shape
    return C in COLOURS and W not in COLOURS and min(H, W) > C


def size_text(shape):
    return f"of {shape[0]}×{shape[1]} pixels"


def shape_text(shape):
    """`(N, 8, 8, 1)`, the number of samples left open."""
    return f"(N, {', '.join(map(str, shape[1:]))})"
