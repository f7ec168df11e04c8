"""All that is asked for is tried, on validation data alone."""

from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from types import SimpleNamespace

import numpy as np
import pytest

import minprune as mp
from cases import each
from minprune.retraining.recipes import FineTune
from minprune.strategies.budgets import decide_within
from minprune.strategies.search import search_strategies


class TrainingOnly:
    """A data set whose test part must not be looked at."""

    def __init__(self, seed=0, count=80, regression=False):
        rng = np.random.default_rng(seed)
        self.x_train = rng.normal(size=(count, 6))
        self.t_train = self.x_train[:, :1] if regression else rng.integers(0, 3, count)

    @property
    def x_test(self):
        raise AssertionError("the test data were touched")

    t_test = x_test


def a_net(seed=0, outputs=3):
    return mp.Network((6,), [mp.Dense(8, "relu"), mp.Dense(5, "tanh"), mp.Dense(outputs)], seed=seed)


def retrained(net, cut):
    mp.fit(net, cut.x, cut.t, epochs=1, progress=False)


def same_candidates(one, other):
    assert len(one) == len(other)
    for a, b in zip(one, other):
        assert a.to_dict() == b.to_dict()


# What is tried

def test_every_score_scope_and_fraction_is_tried_pruned_and_measured():
    net, data = a_net(), TrainingOnly()
    held = (TrainingOnly(1).x_train, TrainingOnly(1).t_train)
    found = search_strategies(net, data, ["taylor", "weight_norm"], fractions=[0.2, 0.5, 0.7], validation=held)
    assert [(one.score, one.scope, one.fraction) for one in found.candidates] == [
        (score, scope, fraction) for score in ("taylor", "weight_norm") for scope in ("global", "layer")
        for fraction in (0.2, 0.5, 0.7)]
    for one in found.candidates:
        scores = mp.score(net, one.score, data.x_train, data.t_train)
        keep = mp.decide(scores, remove=one.fraction, scope=one.scope)
        expected = mp.evaluate(mp.prune(net, keep), *held, latency=False)
        assert {layer: stays.tolist() for layer, stays in one.keep.items()} == {
            layer: stays.tolist() for layer, stays in keep.items()}
        assert one.accuracy == expected.test_accuracy and one.loss == pytest.approx(expected.test_loss)
        assert (one.parameters, one.multiply_adds, one.bytes) == (
            expected.parameters, expected.multiply_adds, expected.bytes)
        assert one.neurons == sum(expected.neurons.values())
    whole = mp.evaluate(net, *held, latency=False)
    assert (found.unpruned.accuracy, found.unpruned.loss) == (whole.test_accuracy, whole.test_loss)
    assert found.unpruned.fraction == 0 and found.unpruned.parameters == whole.parameters
    assert all(k.all() for k in found.unpruned.keep.values())


def test_validation_data_are_held_out_of_the_training_data_in_equal_shares():
    data, seen = TrainingOnly(), []

    def watch(net, cut):
        seen.append((cut.x, cut.t))

    found = search_strategies(a_net(), data, ["random"], ["layer"], [0.5], retrain=watch, validation=0.25, seed=3)
    (x, t), rows = seen[0], [row.tobytes() for row in data.x_train]
    places = [rows.index(row.tobytes()) for row in x]
    assert len(set(places)) == 60 and (data.t_train[places] == t).all()
    rest = [place for place in range(80) if place not in places]
    shares = np.bincount(data.t_train[rest]) / np.bincount(data.t_train)
    assert np.abs(shares - 0.25).max() < 0.05
    whole = mp.evaluate(a_net(), data.x_train[rest], data.t_train[rest], latency=False)
    assert found.unpruned.accuracy == whole.test_accuracy
    search_strategies(a_net(), data, ["random"], ["layer"], [0.5], retrain=watch, validation=0.25, seed=3)
    np.testing.assert_array_equal(x, seen[1][0])
    search_strategies(a_net(), data, ["random"], ["layer"], [0.5], retrain=watch, validation=0.25, seed=4)
    assert not np.array_equal(x, seen[2][0])


def test_scores_are_computed_once_each_on_the_training_part():
    seen = []

    def mine(o, do):
        seen.append(len(o))
        return np.abs((o * do).sum(axis=1))

    found = search_strategies(a_net(), TrainingOnly(), ["taylor", mine], validation=0.25)
    assert set(seen) == {60} and len(seen) == 2                            # one batch of each of two layers
    both = {name: [one.keep for one in found.candidates if one.score == name] for name in ("taylor", "mine")}
    assert len(both["mine"]) == len(both["taylor"]) == 17                    # 10 % of 8 and of 5 neurons is none
    for one, other in zip(both["mine"], both["taylor"]):
        np.testing.assert_array_equal(one["dense1"], other["dense1"])


def test_equal_decisions_are_retrained_once():
    seen = []

    def watch(net, cut):
        seen.append(net)
        retrained(net, cut)

    found = search_strategies(a_net(), TrainingOnly(), {"one": SCORES, "two": SCORES}, fractions=[0.5], retrain=watch)
    assert len(found.candidates) == 4 and len(seen) == 2
    assert found.candidates[0].loss == found.candidates[2].loss != found.candidates[1].loss


SCORES = {"dense1": np.arange(8.0), "dense2": np.arange(5.0) + 100}


def test_a_recipe_is_told_of_the_cut_and_its_settings_are_checked_first():
    net, data, seen = a_net(), TrainingOnly(), []
    search_strategies(net, data, {"one": {"dense1": np.arange(8.0)}}, ["layer"], [0.5], loss="cross_entropy",
                      retrain=lambda small, cut: seen.append((small, cut)))
    (small, cut), = seen
    assert cut.original is net and cut.loss == "cross_entropy" and cut.number == 0 and cut.state == {}
    assert {layer: int(stays.sum()) for layer, stays in cut.keep.items()} == {"dense1": 4, "dense2": 5}
    assert small["dense1"].K == 4 and len(cut.x) == len(cut.t) == 64
    found = search_strategies(net, data, ["taylor"], fractions=[0.5], retrain=FineTune(epochs=1))
    assert found.candidates[0].loss != search_strategies(net, data, ["taylor"], fractions=[0.5]).candidates[0].loss
    with pytest.raises(ValueError, match="validation: x: Network expects"):
        search_strategies(net, data, ["taylor"], retrain=FineTune(validation=(np.ones((2, 5)), [0, 1])))


def test_retraining_changes_what_is_measured_but_not_the_network(fingerprint):
    net, data = a_net(), TrainingOnly()
    before = fingerprint(net)
    plain, more = (search_strategies(net, data, ["taylor"], fractions=[0.5], retrain=retrain)
                   for retrain in (None, retrained))
    assert fingerprint(net) == before
    assert plain.candidates[0].loss != more.candidates[0].loss and plain.unpruned.loss == more.unpruned.loss


@each("pool", [ThreadPoolExecutor, ProcessPoolExecutor])
@each("retrain", [retrained, FineTune(epochs=1)])
def test_an_executor_gives_the_same(pool, retrain):
    told = dict(scores=["taylor", "random"], fractions=[0.3, 0.6], retrain=retrain)
    with pool(2) as executor:
        found = search_strategies(a_net(), TrainingOnly(), **told, executor=executor)
    same_candidates(found.candidates, search_strategies(a_net(), TrainingOnly(), **told).candidates)


def test_under_a_budget_everything_meets_it_and_the_first_of_each_only_just():
    net, data = a_net(), TrainingOnly()
    found = search_strategies(net, data, ["taylor", "weight_norm"], budget={"parameters": 0.5, "multiply_adds": 60})
    most = 0.5 * found.unpruned.parameters
    assert all(one.parameters <= most and one.multiply_adds <= 60 for one in found.candidates)
    for score in ("taylor", "weight_norm"):
        for scope in ("global", "layer"):
            own = [one for one in found.candidates if (one.score, one.scope) == (score, scope)]
            scores = search_scores(net, data, score)
            keep = decide_within(net, scores, parameters=0.5, multiply_adds=60, scope=scope)
            assert all(np.array_equal(keep[layer], own[0].keep[layer]) for layer in keep)
            assert own[0].fraction == 1 - own[0].neurons / 13
            fewer = [fraction for fraction in np.arange(1, 10) / 10
                     if sum((~k).sum() for k in mp.decide(scores, remove=fraction, scope=scope).values())
                     > 13 - own[0].neurons]
            assert [one.fraction for one in own[1:]] == fewer


def search_scores(net, data, score):
    """What a search with the default split computes."""
    found = []
    search_strategies(net, data, ["random"], ["layer"], [0.5],
                      retrain=lambda net, cut: found.append((cut.x, cut.t)))
    return mp.score(net, score, *found[0])


def test_a_budget_that_the_network_meets_already_leaves_all_fractions():
    found = search_strategies(a_net(), TrainingOnly(), ["taylor"], ["global"], budget={"bytes": 10**6})
    assert [one.fraction for one in found.candidates] == [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9]


def test_what_cannot_go_is_left_out():
    told = dict(scores={"mine": SCORES}, fractions=[0.05, 0.1, 0.5, 0.9])
    cuts = [(one.scope, one.fraction) for one in search_strategies(a_net(), TrainingOnly(), **told).candidates]
    assert cuts == [("global", 0.1), ("global", 0.5), ("global", 0.9), ("layer", 0.5), ("layer", 0.9)]
    found = search_strategies(a_net(), TrainingOnly(), **told, max_remove=0.5, protect=iter(["dense2"]))
    assert [(one.scope, one.fraction) for one in found.candidates] == [("global", 0.1), ("layer", 0.5)]
    assert all(one.keep["dense2"].all() for one in found.candidates)
    found = search_strategies(a_net(), TrainingOnly(), **told, multiple=4)
    sizes = [(one.keep["dense1"].sum(), one.keep["dense2"].sum()) for one in found.candidates]
    assert sizes == [(4, 5), (4, 4), (4, 4), (4, 4)]                      # of global 0.5 and 0.9, layer 0.5 and 0.9
    with pytest.raises(ValueError, match="nothing to try: no neuron goes at any of the fractions"):
        search_strategies(a_net(), TrainingOnly(), **told, min_keep=8)


def test_regression_is_compared_by_loss():
    found = search_strategies(a_net(outputs=1), TrainingOnly(regression=True), ["taylor"], loss="mse")
    assert found.unpruned.accuracy is None
    losses = [one.loss for one in found.efficient()]
    assert losses == sorted(losses, reverse=True) and "loss" in str(found).splitlines()[0]
    assert found.best(max_loss=1e9).multiply_adds == min(one.multiply_adds for one in found.candidates)
    with pytest.raises(ValueError, match="there is no accuracy: give max_loss"):
        found.best(min_accuracy=0.5)


# Errors

@each("told, error, message", [
    (dict(scores="taylor"), TypeError, "scores expects a list such as"),
    (dict(scores=[]), ValueError, "scores expects at least one"),
    (dict(scores=["taylor", "taylor"]), ValueError, "each name once, got .'taylor', 'taylor'"),
    (dict(scores=["tailor"]), ValueError, 'did you mean "taylor"'),
    (dict(scores={}), ValueError, "nothing to try"),
    (dict(scopes="layer"), TypeError, "scopes expects a list such as"),
    (dict(scopes=[]), ValueError, 'unknown scope "None"'),
    (dict(scopes=["layers"]), ValueError, 'did you mean "layer"'),
    (dict(fractions=[0.5, 0.2]), ValueError, "fractions expects numbers that rise"),
    (dict(budget={"parameter": 0.5}), ValueError, 'unknown budget "parameter"; did you mean "parameters"'),
    (dict(budget={"parameters": 1}), ValueError, "parameters=1 is out of reach: the smallest reachable is"),
    (dict(budget=[0.5]), TypeError, "budget expects"),
    (dict(retrain=3), TypeError, "retrain expects a function, got 3"),
    (dict(validation=0.0), ValueError, "validation .*more than 0"),
    (dict(validation=0.999), ValueError, "validation=0.999 of 80 training samples leaves a part empty"),
    (dict(validation=0.001), ValueError, "validation=0.001 of 80 training samples leaves a part empty"),
    (dict(validation="x"), TypeError, "validation .*expects a number"),
    (dict(validation=(np.ones((2, 6)), [0, 7])), ValueError, "validation: t: labels expected in 0 … 2"),
    (dict(protect=["dense9"]), ValueError, 'unknown layer in protect "dense9"'),
    (dict(protect="dense1"), TypeError, "protect expects a list of layer names"),
    (dict(executor=4), TypeError, "executor expects one of concurrent.futures, .* got 4"),
    (dict(retrain=FineTune), TypeError, "recipe such as FineTune.* got the class FineTune"),
    (dict(multiple=0), ValueError, "multiple expects at least 1"),
    (dict(seed=-1), ValueError, "seed expects at least 0"),
])
def test_errors(told, error, message):
    with pytest.raises(error, match=message):
        search_strategies(a_net(), TrainingOnly(), **{"scores": ["random"], **told})


def test_data_without_a_training_part_are_refused():
    with pytest.raises(TypeError, match="data expects a Dataset with x_train, t_train, got tuple"):
        search_strategies(a_net(), (np.ones((3, 6)), [0, 1, 2]))
    with pytest.raises(TypeError, match="data expects a Dataset with x_train, t_train, got SimpleNamespace"):
        search_strategies(a_net(), SimpleNamespace(x_train=np.ones((3, 6))))
