"""Lottery tickets: exact counts, exact rewinding, errors before any training."""

import dataclasses

import numpy as np
import pytest

import minprune as mp
from minprune.connections.controls import reinitialise
from minprune.connections.decisions import decide_connections
from minprune.connections.masks import keep_masked, mask_connections, weight_arrays
from minprune.connections.scores import score_connections
from minprune.connections.tickets import find_tickets, remaining
from minprune.engine.residual import Residual


@pytest.fixture
def data():
    rng = np.random.default_rng(0)
    t = rng.integers(0, 3, 60)
    x = rng.normal(size=(60, 6)) + 1.5 * np.eye(3, 6)[t]
    return mp.datasets.Dataset(x[:40], t[:40], x[40:], t[40:], "three clouds", 3)


def start(seed=0, dtype="float64"):
    return mp.Network(6, [mp.Dense(8, "relu", batch_norm=True), mp.Dense(5, "tanh"), mp.Dense(3)], seed, dtype)


def training(data, epochs=2):
    return lambda net, on_step: mp.fit(net, data.x_train, data.t_train, optimizer=mp.Adam(1e-2), epochs=epochs,
                                       batch_size=10, on_step=on_step)


def bits(net):
    return {name: array.tobytes() for name, array in net.arrays().items()}


@pytest.mark.parametrize("rewind", [0, 3])
def test_each_round_by_the_recipe(data, rewind, fingerprint):
    """Train, remove, go back: written out by hand, bit by bit."""
    net, train = start(), training(data)
    before = fingerprint(net)
    found = list(find_tickets(net, data, rounds=3, remove=0.3, rewind=rewind, train=train))
    assert fingerprint(net) == before and [ticket.round for ticket in found] == [0, 1, 2, 3]

    w_k, steps = net.copy(), []
    if rewind:
        def remember(now, rate):
            steps.append(1)
            if len(steps) == rewind:
                w_k.fill({name: array.copy() for name, array in now.arrays().items()})
        train(net.copy(), remember)
    masks, left, now = {name: np.ones(W.shape, bool) for name, W in weight_arrays(net).items()}, 103, net.copy()
    for number, ticket in enumerate(found):
        assert all((ticket.masks[name] == mask).all() for name, mask in masks.items())
        assert ticket.remaining == left / 103 == remaining(masks)
        assert bits(ticket.ticket) == bits(now)
        history = train(now, keep_masked(masks))
        assert bits(ticket.trained) == bits(now) and ticket.history.loss == history.loss and ticket.steps == 8
        judged = mp.evaluate(now, data.x_test, data.t_test, latency=False)
        assert ticket.loss == pytest.approx(judged.test_loss) and ticket.accuracy == judged.test_accuracy
        masks = decide_connections({name: np.abs(W) for name, W in weight_arrays(now).items()}, 0.3, masks=masks)
        left -= int(0.3 * left)
        now = mask_connections(w_k, masks)


def test_the_rewound_weights_are_those_after_just_so_many_steps(data):
    net, seen = start(), []

    def train(now, on_step):
        def both(now, rate):
            on_step(now, rate)
            seen.append(bits(now))
        return mp.fit(now, data.x_train, data.t_train, optimizer=mp.SGD(0.1), epochs=2, batch_size=10, on_step=both)

    tickets = find_tickets(net, data, rounds=1, remove=1, rewind=5, train=train)
    whole, one = next(tickets), next(tickets)
    back = one.ticket.arrays()
    for name, array in back.items():
        then = np.frombuffer(seen[4][name], array.dtype).reshape(array.shape)
        assert (array == np.where(one.masks.get(name, True), then, 0)).all()
    assert bits(whole.ticket) == bits(net) and whole.remaining == 1
    assert sum((~mask).sum() for mask in one.masks.values()) == 1


def test_the_output_layer_at_half_the_rate(data):
    rates = {"dense1.W": 0.5, "dense2.W": 0.5, "dense3.W": 0.25}
    found = list(find_tickets(start(), data, rounds=2, remove=rates, train=training(data, 1)))
    counts = [{name: int(mask.sum()) for name, mask in ticket.masks.items()} for ticket in found]
    assert [list(one.values()) for one in counts] == [[48, 40, 15], [24, 20, 12], [12, 10, 9]]


def test_scope_protection_and_least_are_handed_on(data):
    settings = dict(rounds=1, train=training(data, 1))
    layer = list(find_tickets(start(), data, remove=0.5, scope="layer", protect=["dense3.W"], **settings))[1]
    assert [int(mask.sum()) for mask in layer.masks.values()] == [24, 20, 15]
    most = list(find_tickets(start(), data, remove=103 - 3 * 4, min_keep=4, **settings))[1]
    assert [int(mask.sum()) for mask in most.masks.values()] == [4, 4, 4]


@pytest.mark.parametrize("score", ["snip", "obd", "random", lambda W, dW: np.abs(dW)])
def test_other_scores_choose_by_the_trained_network(data, score):
    found = list(find_tickets(start(), data, rounds=1, remove=0.4, score=score, train=training(data, 1), seed=3))
    scores = score_connections(found[0].trained, score, data.x_train, data.t_train, seed=3)
    expected = decide_connections(scores, 0.4)
    assert all((found[1].masks[name] == mask).all() for name, mask in expected.items())


def test_five_rounds_of_a_fifth_from_the_start_by_default(data):
    net = start()
    found = list(find_tickets(net, data, train=training(data, 1)))
    left = [103]
    for _ in range(5):
        left.append(left[-1] - int(0.2 * left[-1]))
    assert [round(103 * ticket.remaining) for ticket in found] == left
    assert bits(found[5].ticket) == bits(mask_connections(net, found[5].masks))
    most = list(find_tickets(net, data, rounds=1, remove=100, train=training(data, 1)))[1]
    assert [int(mask.sum()) for mask in most.masks.values()] == [1, 1, 1]


def test_a_network_with_a_block(data):
    net = mp.Network(6, [Residual([mp.Dense(6, "relu")]), mp.Dense(3)], seed=0)
    tickets = list(find_tickets(net, data, rounds=2, remove=0.5, train=training(data, 1)))
    assert [ticket.remaining for ticket in tickets] == [1, 27 / 54, 14 / 54]
    assert bits(reinitialise(tickets[2].trained, {}, 0)) == bits(net)


def test_the_default_training_is_fit_with_the_seed(data):
    ticket = next(find_tickets(start(dtype="float32"), data, rounds=0, seed=4))
    net = start(dtype="float32")
    mp.fit(net, data.x_train, data.t_train, seed=4)
    assert bits(ticket.trained) == bits(net) and ticket.steps == 10 * 2


def test_the_same_seed_gives_the_same_bits(data):
    one, other = (list(find_tickets(start(), data, rounds=2, score="random", seed=1, train=training(data, 1)))
                  for _ in range(2))
    assert [bits(ticket.trained) for ticket in one] == [bits(ticket.trained) for ticket in other]
    assert all(not W[~one[2].masks[name]].any() for name, W in weight_arrays(one[2].trained).items())


def test_targets_that_are_no_classes():
    rng = np.random.default_rng(0)
    data = mp.datasets.Dataset(rng.normal(size=(20, 6)), rng.normal(size=(20, 3)), rng.normal(size=(8, 6)),
                               rng.normal(size=(8, 3)), "numbers", None)
    train = (lambda net, on_step: mp.fit(net, data.x_train, data.t_train, "mse", epochs=1, on_step=on_step))
    tickets = find_tickets(start(), data, rounds=1, loss="mse", train=train)
    assert [ticket.accuracy for ticket in tickets] == [None, None]


# ----------------------------------------------------------------------------------- errors


def test_training_that_lets_removed_weights_move(data):
    train = (lambda net, on_step: mp.fit(net, data.x_train, data.t_train, epochs=1))
    tickets = find_tickets(start(), data, rounds=1, train=train)
    assert next(tickets).steps == 0
    with pytest.raises(ValueError, match='train changed removed weights of "dense..W": hand its on_step to fit'):
        next(tickets)


def test_rewinding_beyond_the_training(data):
    assert len(list(find_tickets(start(), data, rounds=1, rewind=8, train=training(data, 2)))) == 2
    with pytest.raises(ValueError, match="rewind=9 is beyond the training: on_step was called 8 times"):
        next(find_tickets(start(), data, rewind=9, train=training(data, 2)))


@pytest.mark.parametrize("arguments, error, told", [
    (dict(rounds=-1), ValueError, "rounds expects at least 0"), (dict(rewind=1.0), TypeError, "rewind expects a whole"),
    (dict(rewind=-1), ValueError, "rewind expects at least 0"), (dict(remove=1.0), ValueError, "less than 1"),
    (dict(remove=200), ValueError, "remove asks for 200 of the 103"), (dict(scope="net"), ValueError, "unknown scope"),
    (dict(remove={"dense9.W": 0.1}), ValueError, "unknown array in remove"),
    (dict(protect=["x"]), ValueError, "unknown array in protect"),
    (dict(protect="dense1.W"), TypeError, "protect expects a list of array names"),
    (dict(score="magnitud"), ValueError, 'did you mean "magnitude"'),
    (dict(train=3), TypeError, "train expects a function"),
    (dict(loss="mse"), ValueError, "one_hot"), (dict(seed=-1), ValueError, "seed expects at least 0"),
    (dict(seed=np.random.default_rng(0)), TypeError, "seed expects a whole number"),
    (dict(batch_size=0), ValueError, "batch_size expects at least 1"), (dict(min_keep=-1), ValueError, "min_keep")])
def test_bad_arguments_before_any_training(data, arguments, error, told):
    def never(net, on_step):
        raise AssertionError("trained")

    with pytest.raises(error, match=told):
        find_tickets(start(), data, **{"train": never, **arguments})


def test_bad_data_and_networks(data):
    with pytest.raises(TypeError, match="data expects a Dataset"):
        find_tickets(start(), (data.x_train, data.t_train))
    with pytest.raises(ValueError, match="x: Network expects"):
        find_tickets(start(), dataclasses.replace(data, x_test=np.ones((20, 5))))
    with pytest.raises(TypeError, match="net expects a Network"):
        find_tickets(3, data)


def test_a_ticket_is_told_in_a_line(data):
    ticket = next(find_tickets(start(), data, rounds=0, train=lambda net, on_step: None))
    assert repr(ticket).startswith("Ticket(round=0, remaining=1.0, loss=") and repr(ticket).endswith("steps=0)")
