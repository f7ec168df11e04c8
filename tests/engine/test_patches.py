"""Patches in blocks: together they are the matrix of all patches."""

import numpy as np
import pytest

from minprune.engine import patches
from minprune.engine.order import windows


def all_patches(x, kernel, stride):
    """The plain line: every patch a column, and where it belongs."""
    seen = windows(x, kernel, (stride, stride))
    return seen.reshape(-1, *seen.shape[3:]), seen.shape[3:]


@pytest.mark.parametrize("kernel, stride", [((1, 1), 1), ((3, 2), 1), ((2, 3), 2), ((1, 1), 2), ((2, 2), 3)])
@pytest.mark.parametrize("most", [1, 3, 8, 30, 1000])
def test_blocks_make_up_all_patches(kernel, stride, most, monkeypatch, rng):
    x = rng.normal(size=(2, 6, 7, 4))
    expected, places = all_patches(x, kernel, stride)
    monkeypatch.setattr(patches, "LEAST", 8 * most)
    monkeypatch.setattr(patches, "BLOCK", 1)
    found = np.full_like(expected, np.nan)
    for block, part in patches.patch_blocks(x, kernel, stride):
        place = found[block]
        assert np.isnan(place).all()                            # each patch once
        place[...] = part.reshape(place.shape)
        rows = np.zeros((3, *places))[block]
        assert np.shares_memory(rows.reshape(3, -1), rows)      # a product can be written there
    assert np.array_equal(found, expected)


@pytest.mark.parametrize("kernel, stride", [((1, 1), 1), ((3, 2), 1), ((2, 3), 2), ((2, 2), 3)])
@pytest.mark.parametrize("most", [1, 5, 1000])
def test_the_way_back_adds_up_kernel_place_by_kernel_place(kernel, stride, most, monkeypatch, rng, close):
    (kh, kw), W = kernel, rng.normal(size=(3, *kernel, 2))
    height, width = ((size - k) // stride + 1 for size, k in zip((6, 7), kernel))
    da, expected, dx = rng.normal(size=(3, height, width, 4)), np.zeros((2, 6, 7, 4)), np.zeros((2, 6, 7, 4))
    for r, s in np.ndindex(kh, kw):
        seen = expected[:, r:r + stride * height:stride, s:s + stride * width:stride]
        seen += np.tensordot(W[:, r, s].T, da, axes=1)
    monkeypatch.setattr(patches, "LEAST", 8 * most)
    monkeypatch.setattr(patches, "BLOCK", 1)
    patches.add_back(dx, W, da, stride)
    close(dx, expected)
