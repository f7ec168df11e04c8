"""Group Fisher: gates at the readers beside gates at the makers, and beside central differences in the gate itself."""

import numpy as np
import pytest

import minprune as mp
from cases import each

OTHERS = {
    "branches": [mp.Conv2D(3, 2, "tanh", padding="same"), mp.Concat([[mp.Conv2D(2, 2, "relu", padding="same")], [
        mp.MaxPool2D(3, 1, padding=1), mp.Conv2D(3, 1, "tanh")], []]), mp.AvgPool2D(2), mp.Flatten(), mp.Dense(2)],
    "groups": [mp.Conv2D(4, 2, "tanh"), mp.Conv2D(6, 2, "relu", groups=2), mp.Flatten(), mp.Dense(2)],
    "depthwise": [mp.Conv2D(4, 2, "tanh"), mp.Conv2D(4, 2, "relu", groups=4), mp.Conv2D(2, 1), mp.Flatten(),
                  mp.Dense(2)],
    "before activation": [mp.Conv2D(3, 2, padding="same"), mp.Residual([mp.BatchNorm(), mp.ActivationLayer("relu"),
                          mp.Conv2D(3, 3, padding="same")]), mp.GlobalAvgPool2D(), mp.Dense(2)],
}


def outputs(net, name):
    return sum(int(np.prod(net[member].output_shape[:-1])) for member in net.members(name))


def test_a_gate_where_it_is_read_is_a_gate_where_it_is_made(random_network, random_residual, random_samples, close):
    """What lies between doubles with its input, so that both slopes are Σ o ∂ℓ/∂o of all makers, by Euler."""
    for net in [*map(random_network, range(7)), *map(random_residual, range(5))]:
        x, t = random_samples(net, 3)
        found, bare, fisher = (mp.score(net, name, x, t, "mse", batch_size=2, **settings) for name, settings in
                               (("group_fisher", {}), ("group_fisher", {"per_output": False}), ("fisher", {})))
        for name in net.hidden_layers:
            close(bare[name], 2 * fisher[name], 1e-8)
            close(found[name] * outputs(net, name), bare[name], 1e-12)


@each("kind", OTHERS)
def test_whatever_the_units_are(kind, random_samples, close):
    """Side by side, in groups, with depthwise convolutions, with batch norms and activations of their own."""
    net = mp.Network((4, 4, 2), [layer.again() for layer in OTHERS[kind]], seed=1)
    x, t = random_samples(net, 3)
    bare = mp.score(net, "group_fisher", x, t, "mse", per_output=False)
    for name, found in mp.score(net, "fisher", x, t, "mse").items():
        close(bare[name], 2 * found, 1e-8)


def test_beside_central_differences_in_one_gate_for_all_readers(near):
    """The gate multiplies the channel's weights in both readers: the next block, and what comes after it."""
    net = mp.Network(3, [mp.Dense(4, "tanh"), mp.Residual([mp.Dense(3, "tanh"), mp.Dense(4)]), mp.Dense(2)], seed=4)
    rng = np.random.default_rng(4)
    x, t = rng.normal(size=(5, 3)), rng.normal(size=(5, 2))
    assert net.readers("dense1+dense3") == ["dense2", "dense4"]
    found = mp.score(net, "group_fisher", x, t, "mse")["dense1+dense3"]

    def losses(i, gate):
        other = net.copy()
        for reader in ("dense2", "dense4"):
            other[reader].W[:, i] *= 1 + gate[0]
        return mp.record(other, x, t, "mse").L
    slopes = [mp.finite_difference(lambda gate: losses(i, gate), np.zeros(1))[0] for i in range(4)]
    near(found, [(slope ** 2).mean() / 2 for slope in slopes])


def test_a_setting_that_is_no_flag_is_refused():
    net = mp.Network(2, [mp.Dense(2), mp.Dense(1)])
    with pytest.raises(TypeError, match="per_output"):
        mp.score(net, "group_fisher", [[1.0, 2.0]], [[1.0]], "mse", per_output="no")
