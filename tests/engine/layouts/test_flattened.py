"""Where each number of a vector is, if images elsewhere have their channels first."""

import pytest

import minprune as mp
from minprune.engine.layouts.flattened import orders_read


def order(shape, *layers):
    """What the last Dense reads, as a list; None where everything is in the same place."""
    found = orders_read(mp.Network(shape, [*layers, mp.Dense(1)]))
    last = list(found.values())[-1]
    return None if last is None else last.tolist()


def test_flatten_alone():
    """Pixels p, q with the channels a, b: here pa pb qa qb, there pa qa pb qb."""
    assert order((1, 2, 2), mp.Flatten()) == [0, 2, 1, 3]
    assert order((1, 2, 1), mp.Flatten()) is None and order((1, 1, 2), mp.Flatten()) is None
    assert order(3) is None


@pytest.mark.parametrize("layers", [[mp.Dropout(0.5)], [mp.ActivationLayer("relu")], [mp.BatchNorm()]])
def test_what_keeps_the_order(layers):
    assert order((1, 2, 2), mp.Flatten(), *layers) == [0, 2, 1, 3]


def test_what_makes_a_new_order():
    assert order((1, 2, 2), mp.Flatten(), mp.Dense(4)) is None
    assert order((1, 2, 2), mp.GlobalAvgPool2D()) is None
    assert order((1, 2, 3), mp.Conv2D(2, 1), mp.MaxPool2D(1), mp.Flatten()) == [0, 2, 1, 3]


def test_vectors_side_by_side():
    assert order((1, 2, 2), mp.Concat([[mp.GlobalAvgPool2D()], [mp.Flatten()]])) == [0, 1, 2, 4, 3, 5]
    assert order((1, 2, 2), mp.Flatten(), mp.Concat([[], [mp.Dense(2)], []])) == [0, 2, 1, 3, 4, 5, 6, 8, 7, 9]
    assert order(2, mp.Concat([[], [mp.Dense(2)]])) is None
    assert order((1, 2, 1), mp.Concat([[], [mp.Conv2D(1, 1)]]), mp.Flatten()) == [0, 2, 1, 3]


def test_sums_of_vectors():
    assert order(2, mp.Residual([mp.Dense(2)])) is None
    net = mp.Network((1, 2, 2), [mp.Flatten(), mp.Residual([mp.Dropout(0.5)]), mp.Dense(1)])
    assert orders_read(net)["dense1"].tolist() == [0, 2, 1, 3]
    mixed = mp.Network((1, 2, 2), [mp.Flatten(), mp.Residual([mp.Dense(4)]), mp.Dense(1)])
    with pytest.raises(ValueError, match='"residual1" adds a flattened image to a vector: in which order'):
        orders_read(mixed)
