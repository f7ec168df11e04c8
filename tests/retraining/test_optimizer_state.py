"""A pruned network with its optimizer's state takes the steps of the masked one."""

import numpy as np
import pytest

import minprune as mp
from cases import each
from minprune.retraining.optimizer_state import prune_state


X = np.random.default_rng(0).normal(size=(40, 4))
T = (X[:, 0] * X[:, 1] > 0).astype(int)
KEEP = {"dense1": np.array([1, 0, 1, 1, 0, 1], bool), "dense2": np.array([0, 1, 1, 1, 0], bool)}


def network(seed=3, **settings):
    return mp.Network(4, [mp.Dense(6, "relu", **settings), mp.Dense(5, "tanh"), mp.Dense(2)], seed=seed)


@pytest.fixture
def net():
    net = network()
    mp.fit(net, X, T, epochs=2)
    return net


# A bias under batch norm has a gradient of 0, of which only rounding errors are left. Deep networks add to them, and
# without an epsilon that is larger Adam makes whole steps of them: no two orders of summation would agree.
OPTIMIZERS = [mp.SGD(0.001, momentum=0.9), mp.SGD(0.001, momentum=0.5, nesterov=True, weight_decay=0.01),
              mp.Adam(0.01, epsilon=1e-3, weight_decay=0.01), mp.SGD(0.01)]


def trained_state(net, optimizer, x, t, loss):
    state = optimizer.start(net.parameters())
    mp.fit(net, x, t, loss=loss, optimizer=optimizer, epochs=1, batch_size=3, state=state)
    return state


@each("seed", range(14))
def test_the_pruned_network_with_its_state_takes_the_steps_of_the_masked_one(seed, random_network, random_samples,
                                                                            random_keep, close):
    """The seed chooses one of seven kinds of networks, which meet two of the optimizers each."""
    net = random_network(seed)
    assert_same_steps(net, OPTIMIZERS[seed % 4], *random_samples(net, seed, N=7), random_keep(net, seed), close)


@each("seed", range(10))
def test_so_it_does_where_neurons_are_coupled(seed, random_residual, random_samples, random_keep, close):
    """Of five kinds."""
    net = random_residual(seed)
    assert_same_steps(net, OPTIMIZERS[seed % 4], *random_samples(net, seed, N=7), random_keep(net, seed), close, 1e-10)


def assert_same_steps(net, optimizer, x, t, keep, close, tolerance=1e-12):
    silence_dropout(net)
    state = trained_state(net, optimizer, x, t, "mse")
    small, masked, followed = mp.prune(net, keep), mp.mask(net, keep), prune_state(state, net, keep)
    for one, its in ((small, followed), (masked, state)):
        mp.fit(one, x, t, loss="mse", optimizer=optimizer, epochs=1, batch_size=3, state=its)
    for name, array in mp.prune(masked, keep).arrays().items():
        if not name.endswith(".mask"):
            close(small.arrays()[name], array, tolerance)
    assert_same_state(followed, prune_state(state, net, keep), close, tolerance)


def assert_same_state(one, other, close, tolerance):
    assert one.keys() == other.keys()
    for key, arrays in one.items():
        if isinstance(arrays, dict):
            assert arrays.keys() == other[key].keys()
            for name in arrays:
                close(arrays[name], other[key][name], tolerance, least=1)
        else:
            assert arrays == other[key]


def silence_dropout(net):
    """What is drawn for fewer neurons is something else."""
    for layer in net.all_layers.values():
        if isinstance(layer, mp.Dropout):
            layer.rate = 0.0


def test_rows_and_columns_of_the_state_by_hand(net):
    optimizer = mp.Adam(0.01)
    state = trained_state(net, optimizer, X, T, "cross_entropy")
    cut, one, two = prune_state(state, net, KEEP), KEEP["dense1"], KEEP["dense2"]
    for key in ("m", "v"):
        assert np.array_equal(cut[key]["dense1.W"], state[key]["dense1.W"][one])
        assert np.array_equal(cut[key]["dense1.b"], state[key]["dense1.b"][one])
        assert np.array_equal(cut[key]["dense2.W"], state[key]["dense2.W"][two][:, one])
        assert np.array_equal(cut[key]["dense3.W"], state[key]["dense3.W"][:, two])
        assert np.array_equal(cut[key]["dense3.b"], state[key]["dense3.b"])
    assert cut["steps"] == state["steps"] == 14
    cut["m"]["dense3.b"][...] = 7
    assert not (state["m"]["dense3.b"] == 7).any()


def test_a_state_without_arrays_is_copied(net):
    state = {"v": {}, "seen": [1, 2]}
    cut = prune_state(state, net, KEEP)
    assert cut == state and cut["seen"] is not state["seen"]
    assert prune_state({}, net, KEEP) == {}


OTHER = mp.Network(4, [mp.Dense(6, "relu"), mp.Dense(4, "tanh"), mp.Dense(2)])


@each("make, error, told", [
    (lambda: prune_state([], network(), KEEP), TypeError, "state expects a dict"),
    (lambda: prune_state({"v": OTHER.parameters()}, None, KEEP), TypeError, "net expects a Network, got NoneType"),
    (lambda: prune_state({"v": OTHER.parameters()}, network(), KEEP), ValueError, "the state is of another network"),
    (lambda: prune_state({"v": {"dense9.W": X}}, network(), KEEP), ValueError, "the state is of another network"),
])
def test_what_is_refused(make, error, told):
    with pytest.raises(error, match=told):
        make()


def test_a_training_state_goes_through_a_cut():
    """A pruned network that is trained on with it does as the masked one."""
    x = np.random.default_rng(0).normal(size=(20, 4))
    t = np.arange(20) % 2
    net, state = mp.Network(4, [mp.Dense(6, "tanh"), mp.Dense(2)]), mp.TrainingState()
    mp.fit(net, x, t, epochs=2, state=state)
    keep = {"dense1": np.array([1, 0, 1, 1, 0, 1], bool)}
    small, cut = mp.prune(net, keep), mp.prune_state(state, net, keep)
    masked = mp.mask(net, keep)
    mp.fit(small, x, t, epochs=2, state=cut)
    assert (state.epoch, cut.epoch) == (2, 4) and state.optimizer["m"]["dense1.W"].shape == (6, 4)
    mp.fit(masked, x, t, epochs=2, state=state)
    np.testing.assert_allclose(small.predict(x), masked.predict(x), atol=1e-9)
    empty = mp.prune_state(mp.TrainingState(), net, keep)
    mp.fit(mp.prune(net, keep), x, t, epochs=1, state=mp.TrainingState())
    assert empty.epoch == 0


def test_prune_iteratively_takes_what_the_optimizer_remembers():
    x = np.random.default_rng(0).normal(size=(20, 4))
    data = mp.datasets.Dataset(x[:15], np.arange(15) % 2, x[15:], np.arange(5) % 2, "toy", 2)
    net, state = mp.Network(4, [mp.Dense(6, "tanh"), mp.Dense(2)]), mp.TrainingState()
    mp.fit(net, data.x_train, data.t_train, epochs=2, state=state)
    recipe = mp.FineTune(epochs=1, keep_state=True)
    one, = mp.prune_iteratively(net, data, retrain=recipe, state=state)
    other, = mp.prune_iteratively(net, data, retrain=recipe, state=state.optimizer)
    new, = mp.prune_iteratively(net, data, retrain=recipe, state=mp.TrainingState())
    assert one.loss_after == other.loss_after != new.loss_after and one.state["steps"] == state.optimizer["steps"] + 1
