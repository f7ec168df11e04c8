"""A source of data: its options, how it prints, and what no data can have."""

import numpy as np
import pytest

from cases import each
from minprune.datasets import Source, load


def test_it_prints_the_path_and_what_differs_from_the_defaults():
    assert str(Source("a.csv")) == "a.csv"
    assert str(Source("a.csv", target="kind", scale=True)) == "a.csv (target='kind', scale=True)"


def test_it_stands_for_a_path_with_options(tmp_path):
    np.savetxt(tmp_path / "a.csv", np.random.default_rng(0).normal(size=(10, 3)), delimiter=",")
    data, same = load(Source(tmp_path / "a.csv", target=0, scale=True)), load(tmp_path / "a.csv", target=0, scale=True)
    assert np.array_equal(data.x_train, same.x_train) and data.mean is not None
    with pytest.raises(TypeError, match=r"scale is an option of the Source .*a.csv; it cannot be an argument as well"):
        load(Source(tmp_path / "a.csv"), scale=True)


@each("options, error, told", [
    ({"task": "class"}, ValueError, 'unknown task "class"; did you mean "classes"'),
    ({"scale": 1}, TypeError, "scale expects True or False, got 1"),
    ({"limit": 0}, ValueError, "limit expects at least 1"), ({"limit": 1e9}, TypeError, "limit expects a whole number"),
    ({"target": 1.5}, TypeError, "target expects the name or index of a column, or a list of them, got 1.5"),
    ({"target": True}, TypeError, "target expects"), ({"drop": [None]}, TypeError, "drop expects"),
    ({"target": 0}, ValueError, "target names columns of a table such as a .csv file; digits has none"),
    ({"drop": "id"}, ValueError, "drop names columns of a table")])
def test_bad_options_are_refused(options, error, told):
    with pytest.raises(error, match=told):
        load("digits", **options)
    with pytest.raises(error, match=told):
        load(Source("digits", **options))
