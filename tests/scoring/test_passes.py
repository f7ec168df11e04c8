"""Scores that take turns over one stream of passes, and what a function of one's own has to keep to."""

import functools
import weakref

import numpy as np
import pytest

import minprune as mp
from cases import each
from minprune.engine.activations import Activation
from minprune.engine.facts import NotSaid
from minprune.scoring.arrays import needs, takes_network
from minprune.scoring.catalogue import CATALOGUE
from minprune.scoring.passes import FORWARD, GRADIENTS, NO_PASS, SLOPES, Turn, passes_for, take_turns

NET = mp.Network((6, 6, 1), [mp.Conv2D(3, 3, "relu", batch_norm=True), mp.MaxPool2D(2), mp.Flatten(),
                             mp.Dense(4, "tanh", batch_norm=True), mp.Dense(3)], seed=1)
RNG = np.random.default_rng(0)
X, T = RNG.normal(size=(25, 6, 6, 1)), RNG.integers(0, 3, 25)
SHARED = [name for name, one in CATALOGUE.items() if not takes_network(needs(one))]


def largest(net, forward_traces):
    """The largest output; with a yield, so that it can share the passes."""
    top = {name: np.full(net[name].K, -np.inf) for name in net.hidden_layers}
    for trace in forward_traces:
        for name in top:
            top[name] = np.maximum(top[name], trace[name].o.reshape(-1, net[name].K).max(axis=0))
        yield
    return top


@pytest.fixture
def counted(monkeypatch):
    """How many samples each forward and each backward pass had."""
    lengths = {"forward": [], "backward": []}
    for kind in lengths:
        def run(net, x, *more, kind=kind, original=getattr(mp.Network, kind), **others):
            lengths[kind].append(len(x) if kind == "forward" else len(x.x))
            return original(net, x, *more, **others)
        monkeypatch.setattr(mp.Network, kind, run)
    return lengths


@pytest.mark.filterwarnings("ignore:reciprocal_gradient")
def test_all_that_need_one_pass_share_it_and_say_what_they_say_alone(counted, close):
    alone = {name: mp.score(NET, name, X, T, batch_size=10) for name in SHARED}
    for lengths in counted.values():
        lengths.clear()
    together = mp.score(NET, [*SHARED, largest], X, T, batch_size=10)
    assert counted == {"forward": [10, 10, 5], "backward": [10, 10, 5]} and list(together) == [*SHARED, largest]
    for name in SHARED:
        for layer, values in alone[name].items():
            close(together[name][layer], values)
    for layer, values in together[largest].items():
        np.testing.assert_array_equal(values, NET.forward(X)[layer].o.reshape(-1, NET[layer].K).max(axis=0))


def test_those_that_should_share_do():
    assert {"taylor", "snip", "taylor_weights", "empirical_fisher_weights", "activation_std", "hrank", "influence",
            "obd", "obd_outputs", "reciprocal_gradient", "apoz"} <= set(SHARED)


def test_no_more_passes_than_are_asked_for(counted):
    mp.score(NET, ["apoz", largest, "weight_norm"], X, batch_size=10)
    assert counted == {"forward": [10, 10, 5], "backward": []}
    mp.score(NET, ["weight_norm", "group_norm"])
    assert len(counted["forward"]) == 3


def test_which_passes_a_score_needs():
    functions = [lambda W, b: 0, lambda W, b, gamma, W_out: 0, lambda o, W: 0, lambda o_do: 0, lambda mean_dW, W: 0,
                 largest, lambda net, slope_traces: 0, lambda net, traces: 0]
    assert [passes_for(needs(one)) for one in functions] \
        == [NO_PASS, NO_PASS, FORWARD, SLOPES, SLOPES, FORWARD, SLOPES, GRADIENTS]


def test_gradients_of_weights_are_made_for_those_that_see_whole_traces_only(monkeypatch):
    made = []
    original = mp.Network.backward
    monkeypatch.setattr(mp.Network, "backward", lambda net, trace, dy, *more:
                        (original(net, trace, dy, *more), made.append(list(trace.grads())))[0])

    def of_whole_traces(net, traces):
        assert all(set(trace.grads()) == set(net.parameters()) for trace in traces)
        return {name: np.zeros(net[name].K) for name in net.hidden_layers}

    mp.score(NET, ["taylor", "gradient_z", "snip", "empirical_fisher_weights", "obd"], X, T)
    assert made.pop() == []
    mp.score(NET, of_whole_traces, X, T)
    assert set(made.pop()) == set(NET.parameters())


def test_one_batch_is_handed_out_at_a_time():
    """Each reads a batch before anybody reads the next one."""
    seen = []

    def reader(name, traces):
        for trace in traces:
            seen.append((name, trace))
            yield
        return name

    returned = take_turns([Turn(name, functools.partial(reader, name)) for name in "ab"], iter([1, 2, 3]))
    assert seen == [("a", 1), ("b", 1), ("a", 2), ("b", 2), ("a", 3), ("b", 3)] and returned == ["a", "b"]


def test_a_function_that_does_not_yield_makes_passes_of_its_own(counted, close):
    def mean(net, traces, times=1):
        total = sum(trace["dense1"].do.sum(axis=0) for trace in traces)
        return {"conv1": np.zeros(3), "dense1": times * total / len(X)}

    scores = mp.score(NET, [mean, "taylor"], X, T, batch_size=10)
    assert counted["backward"] == [10, 10, 5] * 2
    close(scores[mean]["dense1"], mp.record(NET, X, T)["dense1"].do.mean(axis=0))
    close(mp.score(NET, mean, X, T, times=3)["dense1"], 3 * scores[mean]["dense1"])


class Largest:
    def __call__(self, net, forward_traces, times=1):
        top = yield from largest(net, forward_traces)
        return {name: times * values for name, values in top.items()}


@pytest.mark.parametrize("score, settings", [(Largest(), {}), (Largest(), {"times": 1})])
def test_an_object_that_yields_takes_turns_as_a_function_does(score, settings, counted):
    shared = functools.partial(score, **settings) if settings else score
    scores = mp.score(NET, ["apoz", shared], X, batch_size=10)
    assert counted["forward"] == [10, 10, 5]
    for layer, values in mp.score(NET, largest, X).items():
        np.testing.assert_array_equal(scores[shared][layer], values)
        np.testing.assert_array_equal(mp.score(NET, score, X, **settings)[layer], values)


def test_the_loss_and_settings_come_where_they_are_named():
    def of_loss(net, traces, loss, power=1):
        count = 0
        for trace in traces:
            count += len(trace.x)
            yield
        return {name: np.full(net[name].K, count ** power + (loss == "cross_entropy")) for name in net.hidden_layers}

    assert mp.score(NET, of_loss, X, T, power=2)["conv1"].tolist() == [626, 626, 626]


@each("yields", ["before", "twice", "after", "first only", "not the last"])
def test_a_yield_too_many_or_too_few_is_told(yields):
    def mine(net, forward_traces):
        if yields == "before":
            yield
        for trace in forward_traces:
            if yields == "not the last" and len(trace.x) == 5:
                continue
            yield
            if yields == "twice":
                yield
            if yields == "first only":
                break
        if yields == "after":
            yield
        return {name: np.zeros(net[name].K) for name in net.hidden_layers}

    with pytest.raises(ValueError, match='score "mine" expects one yield after each trace'):
        mp.score(NET, mine, X, batch_size=10)


def test_wrong_results_and_missing_data_are_told():
    def nothing(net, traces):
        for trace in traces:
            yield

    with pytest.raises(ValueError, match=r'score "nothing" expects to return arrays of shapes .*, got NoneType'):
        mp.score(NET, nothing, X, T)
    with pytest.raises(ValueError, match='score "nothing" needs x and t; t is missing'):
        mp.score(NET, nothing, X)
    with pytest.raises(ValueError, match='score "largest" needs x; x is missing'):
        mp.score(NET, largest)
    with pytest.raises(ValueError, match="asks for net and x and traces, which do not go together"):
        mp.score(NET, lambda net, x, traces: 0, X, T)


def test_a_mean_over_all_samples_does_not_go_with_single_samples():
    with pytest.raises(ValueError, match='"<lambda>" asks for o and mean_dW: a mean over all samples is known after'):
        mp.score(NET, lambda o, mean_dW: o[:, 0], X, T)


def test_the_input_s_gradient_is_not_worked_out():
    """Nobody reads it, and in wide networks it is a sixth of the pass."""
    def mine(net, traces):
        for trace in traces:
            assert trace.dx is None and trace["conv1"].do is not None
            yield
        return {name: np.zeros(net[name].K) for name in net.hidden_layers}

    mp.score(NET, mine, X, T)


def test_the_warning_is_given_once_a_call():
    with pytest.warns(UserWarning, match="reciprocal_gradient keeps the neurons") as caught:
        mp.score(NET, "reciprocal_gradient", X, T, batch_size=5)
        mp.score(NET, ["taylor", "reciprocal_gradient"], X, T, batch_size=5)
    assert len(caught) == 2


@pytest.mark.parametrize("name", ["sensitivity", "influence", "removal", "reciprocal_gradient"])
@pytest.mark.filterwarnings("ignore:reciprocal_gradient")
def test_scores_with_passes_of_their_own_take_batches_too(name, monkeypatch):
    net, lengths = mp.Network(1, [mp.Dense(2), mp.Dense(1)]), []
    forward = mp.Network.forward
    monkeypatch.setattr(mp.Network, "forward", lambda net, x, *more, **others: lengths.append(len(x))
                        or forward(net, x, *more, **others))
    mp.score(net, name, np.ones((10, 1)), np.ones((10, 1)), "mse", batch_size=4)
    assert max(lengths) == 4


# What a layer, an activation or a loss does not say

SINE = Activation("sine", np.sin, np.cos)            # does not say its second derivative


class Untold(mp.Flatten):
    """A layer that does not say whether its channels stay channels."""

    keeps_channels = None


def refusal(layers, score):
    net = mp.Network((2, 2, 1), [*layers, mp.Dense(2)], seed=1)
    with pytest.raises(NotSaid) as raised:
        mp.score(net, score, np.ones((5, 2, 2, 1)), [0, 1, 1, 0, 1], batch_size=2)
    return str(raised.value)


@pytest.mark.parametrize("score", ["obd", "grasp", ["taylor", "gradient", "obd", "apoz"]])
def test_a_refusal_says_which_score_needs_the_fact(score):
    needy = score if isinstance(score, str) else "obd"
    text = refusal([mp.Flatten(), mp.Dense(3, SINE)], score)
    assert text.startswith(f'score "{needy}": ') and text.count("score") == 1
    assert 'activation "sine"' in text and "dense1" in text and "second derivative (second=…)" in text


def test_a_refusal_of_an_array_names_all_formulas_that_read_it_and_no_other():
    def mine(W, W_out):
        return W[:, 0] + W_out[:, 0]

    layers = [mp.Conv2D(3, 1), Untold()]
    assert refusal(layers, "outgoing_norm").startswith('score "outgoing_norm": ')
    assert refusal(layers, ["taylor", "weight_norm", mine, "outgoing_norm"]).startswith(
        'score "mine", score "outgoing_norm": ')


def test_a_refusal_of_a_function_with_passes_of_its_own_names_it_too():
    def of_traces(net, forward_traces):
        for trace in forward_traces:
            raise NotSaid("the layer does not say it")

    def of_network(net):
        raise NotSaid("the layer does not say it")

    for function in (of_traces, of_network):
        assert refusal([mp.Flatten(), mp.Dense(3)], function) \
            == f'score "{function.__name__}": the layer does not say it'


def test_one_trace_is_in_memory_at_a_time(monkeypatch):
    """When the next trace is made, nobody holds the one before."""
    alive, before = [], []

    def forward(net, x, *more, original=mp.Network.forward, **others):
        before.append(sum(trace() is not None for trace in alive))
        trace = original(net, x, *more, **others)
        alive.append(weakref.ref(trace))
        return trace
    monkeypatch.setattr(mp.Network, "forward", forward)
    mp.score(NET, ["taylor", "mean_replacement", "activation_std", "apoz", "obd"], X, T, batch_size=5)
    assert before == [0] * 5
