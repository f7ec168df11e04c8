"""Scores gathered while training: against the same steps by hand, and identities of gradient descent."""

import numpy as np
import pytest
from small_blocks import ONCE, network

import minprune as mp
from cases import each
from minprune.scores.gathered import GatheredGradient, Movement


def setting(seed=0):
    net = mp.Network((5, 5, 1), [mp.Conv2D(3, 2, "tanh"), mp.MaxPool2D(2), mp.Flatten(), mp.Dense(4, "relu"),
                                 mp.Dense(2)], seed=seed)
    rng = np.random.default_rng(seed)
    return net, rng.normal(size=(11, 5, 5, 1)), rng.integers(0, 2, 11)


def fit(net, x, t, gathered, rate, epochs=3, batch_size=4):
    mp.fit(net, x, t, optimizer=mp.SGD(rate), epochs=epochs, batch_size=batch_size, on_batch=gathered,
           progress=False)


@pytest.mark.parametrize("batch_size", [1, 4, 11])
def test_where_the_weights_hardly_move_the_gathered_gradient_is_the_gradient(batch_size):
    net, x, t = setting()
    before, gathered = mp.score(net, "gradient", x, t), GatheredGradient()
    fit(net, x, t, gathered, 1e-12, batch_size=batch_size)
    assert gathered.samples == 33 and list(gathered.scores()) == net.hidden_layers
    for name, values in gathered.scores().items():
        assert values.shape == (net[name].K,) and values.dtype == float
        np.testing.assert_allclose(values, before[name], rtol=1e-8, atol=1e-10)


def test_gathering_is_the_mean_over_the_run(close):
    """One sample, four steps by hand: the gradient score before each step."""
    net, x, t = setting(1)
    other, steps, gathered = net.copy(), [], GatheredGradient()
    fit(net, x[:1], t[:1], gathered, 0.2, epochs=4, batch_size=1)
    for _ in range(4):
        steps.append(mp.score(other, "gradient", x[:1], t[:1]))
        fit(other, x[:1], t[:1], None, 0.2, epochs=1, batch_size=1)
    for name in net.hidden_layers:
        close(gathered.scores()[name], np.mean([one[name] for one in steps], axis=0))
        assert not np.allclose(steps[0][name], steps[3][name])


def test_gathering_changes_no_bit_of_the_training():
    (one, x, t), (other, _, _) = setting(), setting()
    fit(one, x, t, GatheredGradient(), 0.1)
    fit(other, x, t, None, 0.1)
    for name, array in one.arrays().items():
        np.testing.assert_array_equal(array, other.arrays()[name])


def test_movement_is_what_the_weights_gained(close):
    """w ← w − η ḡ: ½ w² gains −η w ḡ + ½ η² ḡ², and the sum over the steps tells the score."""
    net, x, t = setting(2)
    start, squares, movement, rate = net.copy(), {name: 0 for name in net.hidden_layers}, Movement(), 0.3

    def on_batch(net, trace):
        movement(net, trace)
        for name in squares:
            squares[name] = squares[name] + half_square(trace[name].grads["W"] / len(trace.x))

    fit(net, x, t, on_batch, rate)
    assert movement.batches == 9
    for name, score in movement.scores().items():
        gained = half_square(net[name].W) - half_square(start[name].W)
        close(score, gained / rate - rate * squares[name])
        assert np.abs(score).min() > 0


def half_square(W):
    return 0.5 * (W ** 2).reshape(len(W), -1).sum(axis=1)


@each("seed", ONCE)
def test_with_blocks_all_layers_of_a_unit_count(seed, close):
    """What the weights of all its layers gained, and the gradient where the weights hardly move."""
    net, x, t = network(seed)
    x, t = np.concatenate([x, x[::-1] + 0.3, x - 0.2]), np.concatenate([t, t, t])
    start, movement, slow, rate = net.copy(), Movement(), GatheredGradient(), 1e-3
    squares = {name: np.zeros(net[name].K) for name in net.neuron_layers}

    def on_batch(net, trace):
        movement(net, trace)
        for name, total in squares.items():
            total += half_square(trace[name].grads["W"] / len(trace.x))

    mp.fit(net, x, t, "mse", mp.SGD(rate), epochs=3, batch_size=2, on_batch=on_batch, progress=False)
    for name, unit in net.units.items():
        gained = {one: (half_square(net[one].W) - half_square(start[one].W)) / rate - rate * squares[one]
                  for one in unit.members}
        close(movement.scores()[name], sum(gained[one][unit.rows[one]].sum(axis=1) for one in unit.members), 1e-8)
    if not any(isinstance(layer, mp.BatchNorm) or layer.batch_norm for layer in start.all_layers.values()):
        expected = mp.score(start, "gradient", x, t, "mse")
        mp.fit(start, x, t, "mse", mp.SGD(1e-14), epochs=2, batch_size=2, on_batch=slow, progress=False)
        for name, values in slow.scores().items():
            close(values, expected[name], 1e-8)


def test_movement_by_hand():
    """y = u w x, x = 1, t = 0: ∂ℓ/∂w = u² w, and one step of it adds −u² w²."""
    net = mp.Network(1, [mp.Dense(1), mp.Dense(1)])
    net["dense1"].W[...], net["dense2"].W[...] = 2, 3
    movement = Movement()
    mp.fit(net, [[1.0], [1.0]], [[0.0], [0.0]], "mse", mp.SGD(0.1), 1, 2, on_batch=movement, progress=False)
    assert movement.scores()["dense1"].tolist() == [-9 * 4.0]               # a mean over the batch, not a sum


@pytest.mark.parametrize("kind_of_gatherer", [GatheredGradient, Movement])
def test_gatherers_refuse_what_they_cannot_know(kind_of_gatherer):
    gathered = kind_of_gatherer()
    with pytest.raises(ValueError, match="has seen no batch yet"):
        gathered.scores()
    net, x, t = setting()
    fit(net, x, t, gathered, 0.1, epochs=1)
    scores = gathered.scores()
    smaller = mp.prune(net, {"conv1": np.array([True, False, True])})
    with pytest.raises(ValueError, match="gathered for the layers .*'conv1': 3.*'conv1': 2"):
        fit(smaller, x, t, gathered, 0.1, epochs=1)
    for name in scores:
        np.testing.assert_array_equal(gathered.scores()[name], scores[name])    # nothing was added
        gathered.scores()[name][...] = 7                                        # nor can a caller change it
        np.testing.assert_array_equal(gathered.scores()[name], scores[name])
    keep = mp.decide(scores, remove=0.3)
    assert sum(stays.sum() for stays in keep.values()) == 5


def test_a_network_without_hidden_layers_gathers_nothing():
    gathered = GatheredGradient()
    mp.fit(mp.Network(2, [mp.Dense(3)]), [[1.0, 2.0]], [0], epochs=1, on_batch=gathered, progress=False)
    assert gathered.scores() == {}


@pytest.mark.parametrize("gatherer", mp.scores.GATHERED)
def test_their_docstrings_say_what_those_of_scores_say(gatherer):
    told = mp.scores.entry(gatherer)
    assert set(told) == set(mp.scores.entry(mp.scores.CATALOGUE["taylor"])) and told["name"] == gatherer.__name__
    assert told["needs"] == "training: fit(…, on_batch=it)"
