"""Images in all forms become (N, H, W, C) with pixels in [0, 1]; what was done is told."""

import numpy as np
import pytest

from cases import each
from minprune.datasets.images import as_images


@pytest.mark.parametrize("shape", [(5, 8), (5, 7, 7, 7, 7)])
def test_what_is_no_image_stays(shape):
    x = np.ones(shape)
    parts, notes = as_images([x])
    assert parts[0] is x and notes == []


def test_a_missing_channel_axis_is_added():
    x = np.arange(5 * 8 * 6.0).reshape(5, 8, 6)
    (images,), (note,) = as_images([x])
    assert np.array_equal(images[..., 0], x)
    assert note == "images of 8×6 pixels without a channel axis: it is added, (N, 8, 6, 1)"


@pytest.mark.parametrize("shape", [(2, 3, 8, 9), (2, 1, 8, 8), (2, 3, 5, 4)])
def test_channels_that_stand_first_are_moved_to_the_end(shape):
    x = np.arange(np.prod(shape)).reshape(shape)
    (images, test), (note,) = as_images([x, x[:1]])
    assert images.shape == (2, shape[2], shape[3], shape[1]) and test.shape == images[:1].shape
    assert np.array_equal(images[1, 2, 3], x[1, :, 2, 3])
    assert note == (f"images of {shape[2]}×{shape[3]} pixels with the channels first, "
                    f"(N, {', '.join(map(str, shape[1:]))}): they are moved to the end, "
                    f"(N, {shape[2]}, {shape[3]}, {shape[1]})")


@each("shape", [(2, 8, 8, 3), (2, 3, 3, 3), (2, 1, 8, 1), (2, 4, 8, 8), (2, 3, 2, 8)])
def test_channels_that_stand_last_stay(shape):
    x = np.ones(shape)
    (images,), (note,) = as_images([x])
    assert images is x and note.startswith(f"images of {shape[1]}×{shape[2]} pixels with the channels last")


def test_whole_pixels_to_255_are_divided_by_it():
    x = np.array([[[0, 255]], [[51, 1]]], np.uint8)
    (images, test), notes = as_images([x, x[:1] // 2])
    assert images.ravel().tolist() == [0, 1, 0.2, 1 / 255] and test.max() == 127 / 255
    assert notes[-1] == "pixels 0 … 255 are divided by 255"


@pytest.mark.parametrize("x", [np.full((2, 3, 3), 16, np.uint8), np.full((2, 3, 3), 255.0),
                               np.full((2, 9), 255, np.uint8)])
def test_other_numbers_stay(x):
    assert as_images([x])[0][0].max() == x.max()
