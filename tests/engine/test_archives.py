"""The sizes that the arrays of a .npz file declare."""

import numpy as np
import pytest

from minprune.engine.archives import check_declared, check_shapes, declared_shape


@pytest.fixture
def archive(tmp_path):
    np.savez(tmp_path / "a.npz", W=np.zeros((3, 4), "float32"), text=np.array("x" * 10), empty=np.zeros((0, 9)),
             objects=np.array([{}], object), names=np.array(["ab", "c"]))
    with np.load(tmp_path / "a.npz") as archive:
        yield archive


def test_shapes_are_read_from_the_headers(archive):
    assert declared_shape(archive, "W") == (3, 4) and declared_shape(archive, "empty") == (0, 9)
    assert declared_shape(archive, "text") == (5,) and declared_shape(archive, "names") == (2,)
    with pytest.raises(ValueError, match='array "objects" cannot be read: Object arrays are pickles'):
        declared_shape(archive, "objects")


def test_the_sum_is_limited(archive):
    check_declared(archive, ["W", "text"], 8 * 17)
    with pytest.raises(ValueError, match=r"it declares 136 bytes of float64, more than the limit of 135 "
                                         r"\(its largest array: W of shape \(3, 4\)\); limit= allows more"):
        check_declared(archive, ["W", "text"], 8 * 17 - 1)


def test_shapes_alone():
    check_shapes({}, 0)
    with pytest.raises(ValueError, match="b of shape"):
        check_shapes({"a": (2,), "b": (10**12, 10**12)}, 2**60)
