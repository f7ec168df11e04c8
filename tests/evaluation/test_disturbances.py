"""Disturbed samples: how far they are from the samples, and that the seed alone decides."""

import numpy as np
import pytest

from minprune.evaluation.disturbances import disturbed


@pytest.mark.parametrize("shape, names", [
    ((400, 6, 6, 2), ["noise 0.25 s.d.", "noise 0.5 s.d.", "noise 1 s.d.", "shift 1 px", "shift 2 px"]),
    ((400, 2, 9, 1), ["noise 0.25 s.d.", "noise 0.5 s.d.", "noise 1 s.d.", "shift 1 px"]),
    ((400, 5), ["noise 0.25 s.d.", "noise 0.5 s.d.", "noise 1 s.d.", "shift 0.5 s.d.", "shift 1 s.d."])])
def test_levels(shape, names):
    x = np.random.default_rng(0).normal(2, 3, shape).astype("float32")
    samples, again = disturbed(x, seed=1), disturbed(x, seed=1)
    assert list(samples) == names
    for name, values in samples.items():
        kind, level, unit = name.split()
        assert values.shape == x.shape and values.dtype == x.dtype and np.isfinite(values).all()
        np.testing.assert_array_equal(values, again[name])
        moved = values - x
        if kind == "noise":
            assert moved.std() == pytest.approx(float(level) * x.std(), rel=0.1)
        elif unit == "s.d.":
            np.testing.assert_allclose(moved, np.broadcast_to(float(level) * x.std(axis=0), x.shape), rtol=1e-3)
    assert not np.array_equal(samples[names[0]], disturbed(x, seed=2)[names[0]])


def test_images_move_by_whole_pixels_in_four_directions():
    x = np.zeros((200, 5, 5, 1))
    x[:, 2, 2] = 1
    places = {tuple(int(i) for i in np.argwhere(image)[0][:2]) for image in disturbed(x)["shift 2 px"]}
    assert places == {(0, 2), (4, 2), (2, 0), (2, 4)}
