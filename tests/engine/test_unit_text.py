"""Units as text, against lines written by hand."""

import minprune as mp
from minprune.engine.unit_text import groups_in_words


def test_what_leaves_together_who_reads_it_and_what_stays():
    net = mp.Network((4, 4, 1), [mp.Conv2D(2, 3, padding="same"), mp.Residual([mp.Conv2D(2, 3, padding="same")]),
                                 mp.Flatten(), mp.Dense(3), mp.Dense(2)])
    assert groups_in_words(net).split("\n") == [
        "conv1+conv2: 2 neurons, neuron i of conv1 and conv2 together; read by conv2, dense1 through flatten1",
        "dense1: 3 neurons, each alone; read by dense2",
        "dense2: stays; its neurons make the network's output"]
    assert net.groups() == groups_in_words(net)


def test_where_nothing_can_leave():
    assert groups_in_words(mp.Network(2, [mp.Dense(2)])) == "no neuron can leave"
