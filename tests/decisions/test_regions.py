"""Among whom: local regions share a layer fairly, and what is no region is refused."""

import numpy as np
import pytest

from cases import each
from minprune.decisions.rules import decide
from minprune.decisions.regions import Region, regions_of

# Lowest first: b0, a1, b2, a2, a0, b1, b3.
TWO = {"a": np.array([3.0, 1.0, 2.0]), "b": np.array([0.5, 4.0, 1.5, 5.0])}


def as_lists(keep):
    return {layer: [int(stays) for stays in k] for layer, k in keep.items()}


# Local regions: left holds a0 and b0, right holds b1 and b3.

@each("regions", [
    {"left": {"a": [0], "b": (0,)}, "right": {"a": [], "b": np.array([3, 1])}},
    {"left": {"a": np.array([True, False, False]), "b": [True, False, False, False]},
     "right": {"b": [False, True, False, True]}},
])
@each("arguments, a, b", [
    (dict(remove=1), [1, 1, 1], [0, 0, 1, 1]),
    (dict(remove=0.5), [1, 1, 1], [0, 0, 1, 1]),
    (dict(remove=0.49), [1, 1, 1], [1, 1, 1, 1]),
    (dict(remove=2), [0, 1, 1], [0, 0, 1, 0]),
    (dict(remove=1, protect=["b"]), None, "asks for 1 of the 2 neurons of region 'right', but at most 0"),
    (dict(below=100.0), [0, 1, 1], [0, 0, 1, 0]),
    (dict(below=100.0, min_keep=2), [0, 1, 1], [0, 0, 1, 1]),
    (dict(below=100.0, min_keep=3), [1, 1, 1], [0, 1, 1, 1]),
])
def test_regions_by_hand(regions, arguments, a, b):
    if a is None:
        with pytest.raises(ValueError, match=b):
            decide(TWO, scope=regions, **arguments)
    else:
        assert as_lists(decide(TWO, scope=regions, **arguments)) == {"a": a, "b": b}


def test_regions_may_be_ranges():
    regions = {"low": {"a": range(2), "b": range(2)}, "high": {"a": range(2, 3), "b": range(2, 4)}}
    assert as_lists(decide(TWO, remove=1, scope=regions)) == {"a": [1, 1, 1], "b": [0, 1, 0, 1]}


@pytest.mark.parametrize("order", [1, -1])
def test_regions_share_what_a_layer_can_spare_lowest_score_first(order):
    scores = {"a": [4.0, 3.0, 2.0, 1.0], "b": [5.0, 6.0, 7.0, 8.0]}
    regions = dict([("first", {"a": [0, 1], "b": [0]}), ("second", {"a": [2, 3]})][::order])
    keep = decide(scores, remove=1, scope=regions, min_keep=3)
    # Layer a can spare one neuron, its lowest; the first region turns to b.
    assert as_lists(keep) == {"a": [1, 1, 1, 0], "b": [0, 1, 1, 1]}


# What regions_of returns

WHERE = {"a": np.arange(3), "b": np.arange(3, 7)}
ALL = np.ones(7, bool)


def shown(regions):
    return {name: (region.places.tolist(), region.share) for name, region in regions.items()}


def test_the_regions_of_a_scope():
    assert shown(regions_of(WHERE, "global", 2, ALL, 1)) == {"the network": ([0, 1, 2, 3, 4, 5, 6], 2)}
    assert shown(regions_of(WHERE, "layer", 0.5, ALL, 1)) == {'layer "a"': ([0, 1, 2], 0.5),
                                                             'layer "b"': ([3, 4, 5, 6], 0.5)}
    assert shown(regions_of(WHERE, "global", {"b": 1}, ALL, 1)) == {'layer "b"': ([3, 4, 5, 6], 1)}
    assert shown(regions_of(WHERE, {"r": {"b": [3, 0], "a": [1]}}, 1, ALL, 1)) == {"region 'r'": ([6, 3, 1], 1)}


def test_layers_that_cannot_lose_any_are_no_regions():
    assert list(regions_of(WHERE, "layer", 1, ALL, 4)) == ['layer "b"']
    assert list(regions_of(WHERE, "layer", 1, np.arange(7) < 3, 1)) == ['layer "a"']


@each("share, count", [(None, 4), (0, 0), (3, 3), (0.5, 2), (0.99, 3)])
def test_how_many_go_of_a_region(share, count):
    assert Region(np.arange(4), share).count == count


# Errors


@each("arguments, error, message", [
    (dict(remove={"a": 1}, scope="layer"), ValueError, "remove={layer: …} says where by itself: .* got 'layer'"),
    (dict(remove={"a": 1}, scope={"r": {"a": [1]}}), ValueError, "leave scope out, got {'r'"),
    (dict(remove={"c": 1}), ValueError, 'unknown layer in remove "c"'),
    (dict(remove={"a": 1.5}), ValueError, r'remove\["a"\] .*less than 1, got 1.5'),
    (dict(remove={"a": None}), TypeError, r'remove\["a"\] \(as a fraction\) expects a number, got None'),
    (dict(remove=1, scope="globel"), ValueError, 'unknown scope "globel"; did you mean "global"'),
    (dict(remove=1, scope="layers"), ValueError, 'did you mean "layer"'),
    (dict(remove=1, scope=None), ValueError, "unknown scope"),
    (dict(remove=1, scope={}), ValueError, "scope expects at least one region"),
    (dict(remove=0, scope={"r": {"a": []}}), ValueError, "region 'r' holds no neuron"),
    (dict(remove=1, scope={"r": [0, 1]}), TypeError, "region 'r' expects"),
    (dict(remove=1, scope={"r": {"c": [0]}}), ValueError, "unknown layer in region 'r' \"c\""),
    (dict(remove=1, scope={"r": {"a": [3]}}), ValueError, "indices from 0 to 2, got 3"),
    (dict(remove=1, scope={"r": {"a": [-1]}}), ValueError, "indices from 0 to 2, got -1"),
    (dict(remove=1, scope={"r": {"a": [0, 1, 1]}}), ValueError, "different indices from 0 to 2, got 1"),
    (dict(remove=1, scope={"r": {"a": [True, False]}}), TypeError, "mask of 3 booleans"),
    (dict(remove=1, scope={"r": {"a": [0.0]}}), TypeError, "expected indices"),
    (dict(remove=1, scope={"r": {"a": 1}}), TypeError, "expected indices"),
    (dict(remove=1, scope={"r": {"a": {1}}}), TypeError, "expected indices"),
    (dict(remove=1, scope={"r": {"a": [0]}, "s": {"b": [0], "a": [1, 0]}}), ValueError, "'s' overlaps"),
])
def test_errors(arguments, error, message):
    with pytest.raises(error, match=message) as raised:
        decide(TWO, **arguments)
    assert "\n" not in str(raised.value)
