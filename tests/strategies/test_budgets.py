"""A budget is met, and with the last neuron put back it would not be: against removing one neuron at a time."""

from datetime import timedelta

import numpy as np
import pytest

import minprune as mp
from cases import each
from minprune.strategies import budgets
from minprune.strategies.budgets import check_budget, decide_within, limit_of
from minprune.decisions.rules import decide, removal_order, stay_without
from minprune.engine.residual import Residual
from minprune.engine.size import count_parameters, multiply_adds, size_on_disk
from minprune.evaluation.timing import Turns

COSTS = {"parameters": count_parameters, "multiply_adds": multiply_adds, "bytes": size_on_disk}


@pytest.fixture(autouse=True)
def hurry(monkeypatch):
    monkeypatch.setattr("minprune.evaluation.latency.LATENCY_SECONDS", 0.02)


def net_and_scores(seed=0, dtype="float64"):
    net = mp.Network((6, 6, 1), [mp.Conv2D(6, 3, "relu", batch_norm=True), mp.MaxPool2D(2), mp.Flatten(),
                                 mp.Dense(9, "relu"), mp.Dense(3)], seed=seed, dtype=dtype)
    rng = np.random.default_rng(seed)
    return net, {name: rng.normal(size=net[name].K) for name in net.hidden_layers}


def removed(keep):
    return sum(int((~stays).sum()) for stays in keep.values())


def one_by_one(net, scores, met, **settings):
    """The reference: take away one more neuron until the budget is met."""
    going, where = removal_order(scores, **settings)
    for count in range(len(going) + 1):
        keep = stay_without(going[:count], where)
        if met(mp.prune(net, keep)):
            return keep
    return None


def assert_same(one, other):
    assert list(one) == list(other)
    for layer in one:
        np.testing.assert_array_equal(one[layer], other[layer])


def test_by_hand():
    net = mp.Network((2,), [mp.Dense(4, "relu"), mp.Dense(1)])            # 4 · (2 + 1) + 4 + 1 = 17: 4 a neuron
    scores = {"dense1": np.array([3.0, 1.0, 4.0, 2.0])}
    for budget, stays in [(17, [1, 1, 1, 1]), (16, [1, 0, 1, 1]), (13, [1, 0, 1, 1]), (12, [1, 0, 1, 0]),
                          (5, [0, 0, 1, 0]), (1.0, [1, 1, 1, 1]), (13 / 17, [1, 0, 1, 1]), (0.76, [1, 0, 1, 0]),
                          (12.5, [1, 0, 1, 0]), (np.float64(0.76), [1, 0, 1, 0]), (np.int64(9), [1, 0, 1, 0])]:
        assert decide_within(net, scores, parameters=budget)["dense1"].tolist() == [bool(one) for one in stays]
    with pytest.raises(ValueError, match=r"^parameters=4 is out of reach: the smallest reachable is 5 \(0.294 of "
                       r"the unpruned\), when all 3 neurons are gone that can go"):
        decide_within(net, scores, parameters=4)
    # multiply-adds: 2 + 1 a neuron
    assert decide_within(net, scores, multiply_adds=9)["dense1"].tolist() == [True, False, True, True]
    assert decide_within(net, scores, multiply_adds=8)["dense1"].tolist() == [True, False, True, False]


@each("kind", COSTS)
@each("scope", ["global", "layer"])
def test_exactly_as_many_go_as_it_takes(kind, scope):
    """The reference: one more neuron is taken away each time, until what is left costs no more."""
    net, scores = net_and_scores()
    going, where = removal_order(scores, scope=scope)
    keeps = [stay_without(going[:count], where) for count in range(len(going) + 1)]
    costs = [COSTS[kind](mp.prune(net, keep)) for keep in keeps]
    least = costs[-1]
    for limit in np.linspace(least, costs[0], 7).astype(int).tolist():
        keep = decide_within(net, scores, scope=scope, **{kind: limit})
        assert_same(keep, keeps[next(count for count, cost in enumerate(costs) if cost <= limit)])
    told = f"{kind}={least - 1} is out of reach: .* {least:,} \\(0.* of the unpruned.*, when all 13 neurons"
    with pytest.raises(ValueError, match=told):
        decide_within(net, scores, scope=scope, **{kind: least - 1})


def test_a_number_above_1_is_no_fraction():
    assert [limit_of("bytes", allowed, 80) for allowed in (1.0, 0.5, 1.5, 3)] == [80, 40, 1.5, 3]
    with pytest.raises(TypeError, match="budget expects"):
        check_budget([0.5], ["parameters"])


def test_what_a_multiple_leaves_is_not_counted_as_gone():
    net, scores = net_and_scores()
    keep = decide(scores, remove=13, multiple=3)
    gone = sum(int((~stays).sum()) for stays in keep.values())
    assert gone < 13
    with pytest.raises(ValueError, match=f"when all {gone} neurons are gone"):
        decide_within(net, scores, parameters=1, multiple=3)


def test_a_fraction_is_of_the_unpruned_network_and_reachable_to_the_last_number():
    net, scores = net_and_scores()
    for count in range(14):                         # the kinds take turns
        small = mp.prune(net, decide(scores, remove=count))
        for kind, cost in list(COSTS.items())[count % 3:][:1 if 0 < count < 13 else 3]:
            keep = decide_within(net, scores, **{kind: cost(small) / cost(net)})
            assert removed(keep) == count


def test_several_budgets_are_all_met_and_the_last_neuron_was_needed():
    net, scores = net_and_scores(3)
    rng = np.random.default_rng(0)
    for _ in range(6):
        told = {kind: float(rng.uniform(0.7, 1)) for kind in COSTS}
        keep = decide_within(net, scores, **told)

        def met(small):
            return all(COSTS[kind](small) <= share * COSTS[kind](net) for kind, share in told.items())
        assert_same(keep, one_by_one(net, scores, met))


def test_what_decide_spares_is_spared_here_too():
    net, scores = net_and_scores(1)
    told = dict(min_keep=2, protect=[("conv1", int(np.argmin(scores["conv1"])))], max_remove={"dense1": 5})
    keep = decide_within(net, scores, parameters=0.5, **told)
    half = count_parameters(net) / 2
    assert_same(keep, one_by_one(net, scores, lambda small: count_parameters(small) <= half, **told))
    assert_same(keep, decide(scores, remove=removed(keep), **told))
    with pytest.raises(ValueError, match="when all 9 neurons are gone that can go"):
        decide_within(net, scores, parameters=0.01, **told)
    with pytest.raises(ValueError, match="when all 0 neurons"):
        decide_within(net, scores, parameters=0.9, protect=["conv1", "dense1"])


@pytest.mark.parametrize("share", [0.3, 0.5, 0.8])
def test_a_multiple_meets_the_budget_with_the_last_group_needed(share):
    net, scores = net_and_scores(2)
    keep = decide_within(net, scores, parameters=share, multiple=3)
    limit = share * count_parameters(net)
    assert all(stays.sum() % 3 == 0 for stays in keep.values())
    assert count_parameters(mp.prune(net, keep)) <= limit
    every = [decide(scores, remove=count, multiple=3) for count in range(14)]
    before = max((one for one in every if removed(one) < removed(keep)), key=removed)
    assert count_parameters(mp.prune(net, before)) > limit


def test_coupled_neurons_leave_together_and_count_as_what_they_cost():
    block = Residual([mp.Conv2D(3, 3, "relu", padding="same"), mp.Conv2D(4, 1)])
    net = mp.Network((4, 4, 1), [mp.Conv2D(4, 3, padding="same"), block, mp.Flatten(), mp.Dense(2)])
    rng = np.random.default_rng(0)
    scores = {name: rng.normal(size=net[name].K) for name in net.hidden_layers}
    assert list(scores) == ["conv1+conv3", "conv2"]
    for share in (0.3, 0.5, 0.8):
        keep = decide_within(net, scores, multiply_adds=share)
        limit = share * multiply_adds(net)
        assert_same(keep, one_by_one(net, scores, lambda small: multiply_adds(small) <= limit))


def test_no_network_or_score_is_changed(fingerprint, monkeypatch):
    net, scores = net_and_scores()

    def pass_once(nets, inputs):                    # however busy the machine is
        for one, x in zip(nets, inputs):
            one.output(x)
        return turns_of([1.0, 2.0])

    monkeypatch.setattr(budgets, "forward_turns", pass_once)
    before, old = fingerprint(net), {name: values.copy() for name, values in scores.items()}
    decide_within(net, scores, parameters=0.5, bytes=0.9, latency=1.0)
    assert fingerprint(net) == before
    assert_same(scores, old)


# Latency: a clock that says one second a neuron.

@pytest.fixture
def clock(monkeypatch):
    seen = []

    def tell(nets, inputs):
        pruned, unpruned = [sum(net[name].K for name in net.hidden_layers) for net in nets]
        assert inputs[0] is inputs[1]
        seen.append(([unpruned, pruned], inputs[0]))
        return turns_of([float(pruned), float(unpruned)])

    monkeypatch.setattr(budgets, "forward_turns", tell)
    return seen


def turns_of(seconds, ran=1.0, count=20):
    """Turns that all took so many seconds, with a core for a share of the time; one number for each function."""
    seconds = np.tile(seconds, (count, 1))
    return Turns(seconds, seconds * ran)


@pytest.mark.parametrize("latency, count", [(1.0, 0), (1, 0), (0.8, 3), (0.5, 8), (2 / 15, 13),
                                            (timedelta(seconds=11), 4), (timedelta(seconds=10.5), 5)])
def test_latency_is_a_share_of_the_unpruned_network_in_turns_with_it_or_a_time(clock, latency, count):
    net, scores = net_and_scores()
    assert_same(decide_within(net, scores, latency=latency), decide(scores, remove=count))
    assert all(neurons[0] == 15 and len(neurons) == 2 for neurons, _ in clock)
    assert all(x.shape == (128, 6, 6, 1) for _, x in clock)
    assert len(clock) <= 2 + 4                                           # none gone, all gone, and bisection
    assert all(neurons[1] < 15 for neurons, _ in clock) or isinstance(latency, timedelta)


def test_the_cheap_budgets_come_first_and_the_clock_only_sees_what_they_left(clock):
    net, scores = net_and_scores()
    few = removed(decide_within(net, scores, parameters=0.5))
    assert not clock
    assert removed(decide_within(net, scores, parameters=0.5, latency=0.2)) == 12
    assert all(neurons[1] <= 15 - few for neurons, _ in clock)


def test_latency_is_measured_on_the_first_samples_given(clock):
    net, scores = net_and_scores(dtype="float32")
    x = np.random.default_rng(0).normal(size=(200, 6, 6, 1))
    decide_within(net, scores, latency=0.9, x=x)
    np.testing.assert_array_equal(clock[0][1], x[:128].astype("float32"))
    decide_within(net, scores, latency=0.9, seed=5)
    decide_within(net, scores, latency=0.9, seed=5)
    np.testing.assert_array_equal(clock[-1][1], clock[-2][1])
    assert clock[-1][1].dtype == np.float32


def test_an_impossible_latency_says_what_is_reachable(clock):
    net, scores = net_and_scores()
    with pytest.raises(ValueError, match="latency=0.1 of the unpruned is out of reach: .* reachable is 0.133,"):
        decide_within(net, scores, latency=0.1)
    with pytest.raises(ValueError, match="latency=1.0 s is out of reach: the smallest reachable is 2, when all 13"):
        decide_within(net, scores, latency=timedelta(seconds=1))


DISTURBED = turns_of([1.0, 15.0], ran=[1.0, 0.2])                 # the unpruned network waits for a core in all turns
DISAGREE = Turns(np.tile([[1.0, 2.0], [1.0, 4.0]], (10, 1)), np.tile([[1.0, 2.0], [1.0, 4.0]], (10, 1)))


@pytest.mark.parametrize("turns, why", [(DISTURBED, "in 20 of 20 pairs of passes one waited for a core"),
                                        (DISAGREE, "pairs of passes disagree, from 0.25 to 0.5")])
@pytest.mark.parametrize("latency", [0.5, timedelta(seconds=3)])
def test_a_disturbed_clock_decides_nothing(monkeypatch, turns, why, latency):
    """Threads that wait in all passes of the large network would call any pruned one 15 times as fast."""
    net, scores = net_and_scores()
    monkeypatch.setattr(budgets, "forward_turns", lambda nets, inputs: turns)
    monkeypatch.setattr("minprune.evaluation.latency.blas_threads", lambda: 2)
    told = f"latency is not measurable here: {why}.*multiply_adds.* with OPENBLAS_NUM_THREADS=1"
    with pytest.raises(RuntimeError, match=told):
        decide_within(net, scores, latency=latency)


def test_a_disturbance_that_passes_is_measured_again(monkeypatch):
    net, scores = net_and_scores()
    left = [DISTURBED, DISAGREE]
    monkeypatch.setattr(budgets, "forward_turns", lambda nets, inputs: left.pop() if left else turns_of([1.0, 4.0]))
    assert removed(decide_within(net, scores, latency=0.25)) == 1
    assert not left


def test_a_real_clock_agrees_that_half_is_faster():
    net = mp.Network((64,), [mp.Dense(400, "relu"), mp.Dense(400, "relu"), mp.Dense(3)])
    scores = {name: np.arange(400.0) for name in net.hidden_layers}
    try:
        gone = removed(decide_within(net, scores, latency=0.5, scope="layer", multiple=40))
    except RuntimeError as refused:                 # other programs take all cores, and it says so
        assert "not measurable" in str(refused)
    else:
        assert 40 < gone < 760


@each("told, error, message", [
    (dict(), ValueError, "give at least one budget: parameters, multiply_adds, bytes or latency"),
    (dict(parameters=0), ValueError, "parameters expects at least 1, got 0"),
    (dict(parameters=0.0), ValueError, "parameters expects .*more than 0, got 0.0"),
    (dict(bytes=-0.5), ValueError, "bytes expects .*more than 0, got -0.5"),
    (dict(bytes="1 MB"), TypeError, "bytes expects a whole number, got '1 MB'"),
    (dict(multiply_adds=True), TypeError, "multiply_adds expects a whole number, got True"),
    (dict(multiply_adds=float("nan")), ValueError, "multiply_adds expects a finite number"),
    (dict(latency=2.0), ValueError, "latency expects a fraction .* of at most 1, or a datetime.timedelta, got 2.0"),
    (dict(latency=0.0), ValueError, "latency .*more than 0"),
    (dict(latency="2 ms"), TypeError, "latency .*datetime.timedelta.* expects a number, got '2 ms'"),
    (dict(latency=timedelta(0)), ValueError, "latency in seconds expects .*more than 0"),
    (dict(latency=0.5, x=np.ones((3, 5))), ValueError, "x: Network expects"),
    (dict(parameters=0.5, scope={"r": {}}), ValueError, "unknown scope"),
    (dict(parameters=0.5, multiple=0), ValueError, "multiple expects at least 1"),
    (dict(parameters=0.5, min_keep=0), ValueError, "min_keep expects at least 1"),
])
def test_errors(told, error, message):
    net, scores = net_and_scores()
    with pytest.raises(error, match=message) as raised:
        decide_within(net, scores, **told)
    assert "\n" not in str(raised.value)


def test_scores_of_another_network_are_refused():
    net, scores = net_and_scores()
    with pytest.raises(ValueError, match='unknown hidden layer "dense7"'):
        decide_within(net, {**scores, "dense7": np.ones(3)}, parameters=1.0)
    with pytest.raises(ValueError, match=r'keep\["dense1"\] expects shape \(9,\), got \(8,\)'):
        decide_within(net, {"dense1": np.ones(8)}, parameters=1.0)
    with pytest.raises(TypeError, match="net expects a Network"):
        decide_within(None, scores, parameters=1.0)
