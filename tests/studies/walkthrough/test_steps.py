"""The steps of the walkthrough: the texts that they print."""

import minprune as mp
from minprune.studies.walkthrough.steps import a_few, describe, quality


def test_a_few():
    assert a_few([3, 4]) == "3 4" and a_few([]) == "none"
    assert a_few(range(15)) == "0 1 2 3 4 5 6 7 8 9 10 11 and 3 more"


def test_a_network_is_described_by_its_layers_and_its_size():
    net = mp.Network(30, [mp.Dense(40, "relu"), mp.Dense(2)])
    assert describe(net) == "dense1 40 - dense2 2; 1,322 parameters, 1,280 multiply-adds"


def test_quality_is_the_accuracy_where_there_is_one():
    assert quality(0.5, None) == "loss 0.5000" and quality(0.5, 0.875) == "accuracy 87.50%"
