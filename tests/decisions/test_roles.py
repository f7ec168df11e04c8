"""Roles: layers of equal kinds around them form a region."""

import numpy as np
import pytest

import minprune as mp
from minprune.decisions.roles import equal_roles


def test_roles_by_hand():
    net = mp.Network((8, 8, 1), [
        mp.Conv2D(4, 3, "relu"), mp.Conv2D(3, 1, "tanh"), mp.Conv2D(2, 3, batch_norm=True), mp.Conv2D(5, 1),
        mp.MaxPool2D(2), mp.Flatten(), mp.Dense(6, "relu"), mp.Dense(4, "relu"), mp.Dense(2)])
    roles = {role: {name: len(mask) for name, mask in layers.items()} for role, layers in equal_roles(net).items()}
    assert roles == {"Conv2D → Conv2D": {"conv1": 4, "conv2": 3}, "Conv2D with batch norm → Conv2D": {"conv3": 2},
                     "Conv2D → MaxPool2D → Flatten → Dense": {"conv4": 5}, "Dense → Dense": {"dense1": 6, "dense2": 4}}


def test_coupled_layers_are_a_role_of_their_own_and_each_role_loses_its_fraction():
    net = mp.models.resnet((8, 8, 1), 10)
    roles = equal_roles(net)
    assert sorted(name for layers in roles.values() for name in layers) == sorted(net.hidden_layers)
    rng = np.random.default_rng(0)
    scores = {name: rng.normal(place, 1, net[name].K) for place, name in enumerate(net.hidden_layers)}
    keep = mp.decide(scores, remove=0.5, scope=roles)
    for layers in roles.values():
        gone = sum(int((~keep[name]).sum()) for name in layers)
        assert gone == sum(map(len, layers.values())) // 2
    alike = [layers for layers in roles.values() if len(layers) > 1]
    assert alike and any((~keep[name]).sum() != len(keep[name]) // 2 for layers in alike for name in layers)


def test_a_network_without_hidden_layers_is_refused():
    with pytest.raises(ValueError, match="no hidden layer"):
        equal_roles(mp.Network(3, [mp.Dense(2)]))
