"""Cutting and retraining, one-shot and in steps."""

import numpy as np
import pytest

import minprune as mp
from minprune.datasets.dataset import Dataset
from minprune.pruning.compensation import fold_means
from minprune.retraining.optimizer_state import prune_state
from minprune.retraining.recipe import Cut
from minprune.retraining.recipes import FineTune, FromScratch, Rewind
from minprune.retraining.schedules import cubic, exponential, layer_by_layer, linear, one_shot


@pytest.fixture(scope="module")
def data():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(120, 4))
    t = (x[:, 0] * x[:, 1] > 0).astype(int)
    return Dataset(x[:90], t[:90], x[90:], t[90:], "toy", 2)


@pytest.fixture
def net(data):
    net = mp.Network((4,), [mp.Dense(10, "relu"), mp.Dense(7, "tanh"), mp.Dense(2)], seed=3)
    mp.fit(net, data.x_train, data.t_train, epochs=5)
    return net


def nothing(net, cut):
    return None


def sizes(net):
    return [net[name].K for name in net.hidden_layers]


def test_one_shot_is_score_decide_prune(net, data):
    step, = mp.prune_iteratively(net, data, schedule=one_shot(0.5), retrain=nothing)
    keep = mp.decide(mp.score(net, "taylor", data.x_train, data.t_train), remove=0.5)
    assert all(np.array_equal(step.keep[name], keep[name]) for name in keep)
    expected = mp.prune(net, keep)
    assert np.array_equal(step.cut.predict(data.x_test), expected.predict(data.x_test))
    assert step.removed == 8 and step.fraction == 0.5 and sum(sizes(step.net)) == 9


@pytest.mark.parametrize("scope", ["global", "layer"])
@pytest.mark.parametrize("steps", [1, 2, 3, 7])
def test_the_number_that_goes_does_not_depend_on_the_steps(net, data, scope, steps):
    taken = list(mp.prune_iteratively(net, data, schedule=linear(0.6, steps), scope=scope, retrain=nothing))
    assert len(taken) == steps
    assert taken[-1].removed == (10 if scope == "global" else 6 + 4)
    if scope == "layer":
        assert sizes(taken[-1].net) == [4, 3]
    for step in taken:
        assert step.removed == sum((~stays).sum() for stays in step.keep.values())
        assert sizes(step.net) == [stays.sum() for stays in step.keep.values()]


def test_who_is_gone_stays_gone_and_each_step_scores_what_is_left(net, data):
    steps = list(mp.prune_iteratively(net, data, schedule=[0.2, 0.4, 0.6]))
    for earlier, later in zip(steps, steps[1:]):
        anew = mp.score(earlier.net, "taylor", data.x_train, data.t_train)
        for name, stays in earlier.keep.items():
            assert not (later.keep[name] & ~stays).any()
            assert np.isneginf(later.scores[name][~stays]).all()
            assert np.array_equal(later.scores[name][stays], anew[name])


def test_retraining_starts_from_the_cut_and_is_told_of_it(net, data):
    calls = []

    def retrain(one, cut):
        calls.append((cut.number, sizes(one), cut))
        return mp.fit(one, cut.x, cut.t, cut.loss, epochs=2, seed=cut.number)

    steps = list(mp.prune_iteratively(net, data, schedule=[0.3, 0.5], retrain=retrain))
    assert [call[:2] for call in calls] == [(0, sizes(steps[0].cut)), (1, sizes(steps[1].cut))]
    assert all(len(step.history) == 2 for step in steps)
    again = steps[0].cut.copy()
    mp.fit(again, data.x_train, data.t_train, epochs=2, seed=0)
    assert np.array_equal(again.predict(data.x_test), steps[0].net.predict(data.x_test))
    for step, (*_, cut) in zip(steps, calls):
        assert isinstance(cut, Cut) and cut.x is data.x_train and cut.t is data.t_train and cut.state == {}
        assert cut.keep is step.keep and cut.loss.name == "cross_entropy"
        assert np.array_equal(cut.original.predict(data.x_test), net.predict(data.x_test))


def test_by_default_it_is_five_epochs_of_fine_tuning(net, data):
    one, = mp.prune_iteratively(net, data)
    other, = mp.prune_iteratively(net, data, "taylor", [0.5], "global", "cross_entropy", min_keep=1,
                                  retrain=FineTune(epochs=5, optimizer=mp.Adam(1e-3), batch_size=32, seed=0))
    assert np.array_equal(one.net.predict(data.x_test), other.net.predict(data.x_test)) and len(one.history) == 5


def test_what_is_no_history_is_dropped(net, data):
    step, = mp.prune_iteratively(net, data, retrain=lambda net, cut: 3)
    assert step.history is None


def test_losses_and_accuracies_are_of_the_test_data_before_and_after(net, data):
    step = next(mp.prune_iteratively(net, data))
    before = mp.evaluate(step.cut, data.x_test, data.t_test, latency=False)
    after = mp.evaluate(step.net, data.x_test, data.t_test, latency=False)
    assert (step.loss_before, step.accuracy_before) == (before.test_loss, before.test_accuracy)
    assert (step.loss_after, step.accuracy_after) == (after.test_loss, after.test_accuracy)
    assert step.loss_after != step.loss_before


def test_the_network_is_not_changed(net, data):
    before = {name: array.copy() for name, array in net.arrays().items()}
    list(mp.prune_iteratively(net, data, schedule=[0.2, 0.5]))
    assert all(np.array_equal(before[name], array) for name, array in net.arrays().items())


def test_the_same_seed_gives_the_same_bits(net, data):
    one, two = (list(mp.prune_iteratively(net, data, schedule=[0.2, 0.5]))[-1].net for _ in range(2))
    assert all(np.array_equal(array, two.arrays()[name]) for name, array in one.arrays().items())


def test_protection_and_regions_are_counted_on_the_original(net, data):
    region = {"half": {"dense1": [0, 1, 2, 3, 4]}}
    steps = list(mp.prune_iteratively(net, data, "weight_norm", [0.2, 0.4, 0.6], scope=region, retrain=nothing))
    assert [step.removed for step in steps] == [1, 2, 3]
    assert all(step.keep["dense1"][5:].all() and step.keep["dense2"].all() for step in steps)
    kept = list(mp.prune_iteratively(net, data, schedule=[0.2, 0.4], protect=["dense2"], retrain=nothing))
    assert sizes(kept[-1].net)[1] == 7


@pytest.mark.parametrize("schedule", [exponential(0.6, 4), cubic(0.6, 4), [0.05, 0.05, 0.6], [1, 5, 10], [0, 10]])
def test_any_rising_schedule_ends_at_its_last_count(net, data, schedule):
    steps = list(mp.prune_iteratively(net, data, schedule=schedule, retrain=nothing))
    assert [step.removed for step in steps] == [int(one * 17 + 1e-9) if one < 1 else one for one in schedule]
    assert [step.fraction for step in steps] == [one if isinstance(one, float) else one / 17 for one in schedule]


def test_by_default_a_layer_may_shrink_to_one_neuron(net, data):
    step, = mp.prune_iteratively(net, data, schedule=[15], retrain=nothing)
    assert sizes(step.net) == [1, 1]


def test_layer_by_layer_with_retraining_between(net, data):
    schedule = layer_by_layer(net, 0.5)
    assert schedule == [{"dense1": 0.5}, {"dense1": 0.5, "dense2": 0.5}]
    first, second = mp.prune_iteratively(net, data, schedule=schedule)
    assert (sizes(first.net), sizes(second.net)) == ([5, 7], [5, 4])
    assert (first.removed, second.removed) == (5, 8) and (first.fraction, second.fraction) == (5 / 17, 8 / 17)
    scores = mp.score(first.net, "taylor", data.x_train, data.t_train)["dense2"]          # of the retrained network
    assert set(np.flatnonzero(~second.keep["dense2"])) == set(np.argsort(scores)[:3])


@pytest.mark.parametrize("schedule, told", [
    ([], "at least one"), ([0.5, 0.4], "it goes back from 0.5 to 0.4 in step 2"), ([0.1, 0.3, 0.2], "in step 3"),
    ([0.5, 1.0], "less than 1"), ([-0.1], "at least 0"), ([3, 2], "goes back from 3 to 2"), ([-1], "at least 0"),
    ([0.5, {"dense1": 0.6}], "of one kind"), ([{"dense9": 0.5}], "unknown layer in schedule"),
    ([{"dense1": 0.5}, {"dense1": 0.4}], 'schedule of layer "dense1" .* goes back from 0.5 to 0.4'),
    ([{"dense1": 0.5}, {"dense2": 0.5}], 'schedule of layer "dense1" .* goes back from 0.5 to 0'),
    ([0.5, np.nan], "finite")])
def test_schedules_that_are_refused(net, data, schedule, told):
    with pytest.raises(ValueError, match=told) as raised:
        mp.prune_iteratively(net, data, schedule=schedule)
    assert "schedule" in str(raised.value)


@pytest.mark.parametrize("schedule", [0.5, "0.5", {"dense1": 0.5}, [None], ["0.5"]])
def test_schedules_of_other_types_are_refused(net, data, schedule):
    with pytest.raises(TypeError, match="^schedule .*expects"):
        mp.prune_iteratively(net, data, schedule=schedule)


# What is passed on

def test_limits_of_the_decision_are_counted_on_the_original(net, data):
    steps = list(mp.prune_iteratively(net, data, schedule=[0.3, 0.6], retrain=nothing, max_remove={"dense1": 6}))
    assert steps[-1].removed == 10 and sizes(steps[-1].net)[0] >= 4
    even = list(mp.prune_iteratively(net, data, "weight_norm", [0.3, 0.6], scope="layer", retrain=nothing, multiple=2))
    assert [sizes(step.net) for step in even] == [[8, 6], [4, 4]]


def test_recipes_are_told_of_the_unpruned_network_at_each_step(net, data):
    early = mp.Network((4,), [mp.Dense(10, "relu"), mp.Dense(7, "tanh"), mp.Dense(2)], seed=3)
    for step in mp.prune_iteratively(net, data, schedule=[0.2, 0.4, 0.6], retrain=Rewind(early, epochs=0)):
        expected = mp.prune(early, step.keep)
        assert all(np.array_equal(array, step.net.arrays()[name]) for name, array in expected.arrays().items())
    lengths = [len(step.history) for step in mp.prune_iteratively(
        net, data, schedule=linear(0.5, 2), scope="layer", retrain=FromScratch(epochs=4, budget="multiply_adds"))]
    assert lengths == [round(4 * 124 / (4 * 8 + 8 * 6 + 6 * 2)), round(4 * 124 / (4 * 5 + 5 * 4 + 4 * 2))]


def test_the_optimizers_state_follows_from_the_first_training_on(net, data):
    optimizer = mp.Adam(0.01)
    state = optimizer.start(net.parameters())
    mp.fit(net, data.x_train, data.t_train, epochs=2, optimizer=optimizer, state=state)
    before = {name: array.copy() for name, array in state["m"].items()}
    recipe = FineTune(epochs=1, optimizer=optimizer, keep_state=True)
    first, second = mp.prune_iteratively(net, data, schedule=[0.3, 0.5], retrain=recipe, state=state)
    cut = Cut(net, first.keep, data.x_train, data.t_train, number=0, state=prune_state(state, net, first.keep))
    again = first.cut.copy()
    recipe(again, cut)
    assert np.array_equal(again.predict(data.x_test), first.net.predict(data.x_test))
    stays = {name: second.keep[name][first.keep[name]] for name in second.keep}
    cut = Cut(net, second.keep, data.x_train, data.t_train, number=1, state=prune_state(first.state, first.net, stays))
    again = second.cut.copy()
    recipe(again, cut)
    assert np.array_equal(again.predict(data.x_test), second.net.predict(data.x_test))
    assert (state["steps"], first.state["steps"], second.state["steps"]) == (6, 9, 12)
    assert all(np.array_equal(before[name], state["m"][name]) for name in before)


def test_compensation_may_give_a_bias_to_a_layer_without(data):
    """What an optimizer remembers of it is 0: it has not been trained yet."""
    net = mp.Network(data.x_train.shape[1:], [mp.Dense(6, "relu"), mp.Dense(data.classes, bias=False)], seed=0)
    state = mp.Adam().start(net.parameters())
    state["m"]["dense2.W"] += 1.0
    recipe = mp.FineTune(epochs=0, keep_state=True)
    (step,) = mp.prune_iteratively(net, data, retrain=recipe, compensate=fold_means, state=state)
    assert step.cut["dense2"].bias and step.cut["dense2"].b.any()
    assert set(step.state["m"]) == set(step.cut.parameters()) == {"dense1.W", "dense1.b", "dense2.W", "dense2.b"}
    assert not step.state["m"]["dense2.b"].any() and (step.state["m"]["dense2.W"] == 1).all()


def test_compensation_cuts_in_place_of_prune(net, data):
    steps = list(mp.prune_iteratively(net, data, schedule=[0.3, 0.5], retrain=nothing, compensate=fold_means))
    now, alive = net, {name: np.ones(net[name].K, bool) for name in net.hidden_layers}
    for step in steps:
        now = fold_means(now, {name: step.keep[name][alive[name]] for name in alive}, data.x_train)
        alive = step.keep
        assert np.array_equal(step.cut.predict(data.x_test), now.predict(data.x_test))
    for wrong in (lambda net, keep, x: net, lambda net, keep, x: None):
        with pytest.raises(ValueError, match="compensate expects to return a network like"):
            next(mp.prune_iteratively(net, data, compensate=wrong))


def test_regression_has_no_accuracy(data):
    net = mp.Network((4,), [mp.Dense(6, "tanh"), mp.Dense(1)])
    numbers = Dataset(data.x_train, data.x_train[:, :1], data.x_test, data.x_test[:, :1], "numbers", None)
    step, = mp.prune_iteratively(net, numbers, loss="mse")
    assert step.accuracy_before is step.accuracy_after is None and step.loss_after < step.loss_before


def test_data_that_do_not_fit_are_refused_first(net, data):
    wrong = Dataset(data.x_train, data.t_train, data.x_test, data.t_test + 5, "wrong", 2)
    with pytest.raises(ValueError, match="labels expected"):
        next(mp.prune_iteratively(net, wrong))


def test_a_living_neuron_with_the_lowest_score_there_is_does_not_go_before_the_dead(data):
    net = mp.Network((4,), [mp.Dense(10, "relu"), mp.Dense(2)])

    def endless(W):
        scores = np.arange(len(W), dtype=float)[::-1].copy()
        scores[:2] = -np.inf
        return scores

    steps = list(mp.prune_iteratively(net, data, endless, [0.1, 0.2, 0.3], retrain=nothing))
    assert [sizes(step.net) for step in steps] == [[9], [8], [7]]
    assert [step.keep["dense1"].sum() for step in steps] == [9, 8, 7]


def test_what_is_wrong_is_told_before_the_first_step(net, data):
    for arguments, told in ((dict(data=(1, 2)), "data expects a Dataset"),
                            (dict(data=data, score=[]), "score expects a name or a function, got list"),
                            (dict(data=data, schedule=0.5), "schedule expects a list"),
                            (dict(data=data, retrain=3), "retrain expects a function"),
                            (dict(data=data, compensate=3), "compensate expects a function"),
                            (dict(data=data, state=3), "state expects a dict")):
        with pytest.raises(TypeError, match=told):
            mp.prune_iteratively(net, **arguments)


@pytest.mark.parametrize("protect", ["dense1", 3])
def test_protection_that_is_no_list_is_refused(net, data, protect):
    with pytest.raises(TypeError, match=f"protect expects a list of layer names .*, got {protect!r}"):
        mp.prune_iteratively(net, data, protect=protect)


@pytest.mark.parametrize("schedule, settings, told", [
    ([0.2, 0.99], {}, "remove=0.99 asks for 16 of the 17 neurons of the network, but at most 15 can go"),
    ([1, 16], {}, "remove=16 asks for 16"), ([0.2, 0.9], dict(max_remove=0.5), "at most 8 can go"),
    ([{"dense1": 1}, {"dense1": 10}], {}, "at most 9 can go"), ([0.1, 0.9], dict(protect=["dense1"]), "protected")])
def test_what_the_last_step_cannot_do_is_told_before_the_first_is_trained(net, data, schedule, settings, told):
    with pytest.raises(ValueError, match=told):
        mp.prune_iteratively(net, data, schedule=schedule, retrain=nothing, **settings)


def test_regions_that_share_a_layer_are_left_to_the_scores(net, data):
    """dense1 can spare one neuron only, which region b needs; region a takes from dense2, as the scores say."""
    def dense2_first(W):
        return np.arange(len(W)) - 10 * (len(W) == 7)

    regions = {"a": {"dense1": [0], "dense2": [0]}, "b": {"dense1": [1]}}
    step, = mp.prune_iteratively(net, data, dense2_first, [1], regions, retrain=nothing, max_remove={"dense1": 1})
    assert [np.flatnonzero(~step.keep[name]).tolist() for name in ("dense1", "dense2")] == [[1], [0]]


def test_protection_may_be_any_iterable(net, data):
    steps = list(mp.prune_iteratively(net, data, schedule=[0.2, 0.4], protect=iter(["dense2"]), retrain=nothing))
    assert all(step.keep["dense2"].all() for step in steps)


def test_recipes_that_do_not_fit_are_told_before_the_first_step(net, data):
    with pytest.raises(ValueError, match="snapshot expects"):
        mp.prune_iteratively(net, data, retrain=Rewind(mp.Network((4,), [mp.Dense(9), mp.Dense(2)])))
    with pytest.raises(ValueError, match="validation: x: "):
        mp.prune_iteratively(net, data, retrain=FineTune(validation=(data.x_test[:, :3], data.t_test)))


def test_changing_the_network_between_steps_changes_nothing(net, data):
    steps = mp.prune_iteratively(net.copy(), data, schedule=[0.2, 0.4])
    expected = [step.net.predict(data.x_test) for step in steps]
    run = mp.prune_iteratively(net, data, schedule=[0.2, 0.4])
    net["dense1"].W[...] = 0
    for step, y in zip(run, expected, strict=True):
        assert np.array_equal(step.net.predict(data.x_test), y)


def test_an_activation_of_your_own_goes_through_a_checkpoint(data, tmp_path):
    mine = mp.Activation("mine", np.sin, np.cos)
    net = mp.Network((4,), [mp.Dense(6, mine), mp.Dense(2)], seed=1)
    steps = [list(mp.prune_iteratively(net, data, schedule=[0.2, 0.4], checkpoint=tmp_path)) for _ in range(2)]
    for first, again in zip(*steps):
        assert again.net["dense1"].f == mine
        assert np.array_equal(first.net.predict(data.x_test), again.net.predict(data.x_test))


# Rules that find the number


def test_a_rule_is_applied_to_what_is_left_in_each_step(net, data):
    def holding(net, scores):
        return mp.decide(scores, cumulative=0.9)

    steps = list(mp.prune_iteratively(net, data, "weight_norm", [holding] * 3, retrain=mp.FineTune(epochs=1)))
    now, alive = net, {name: np.arange(net[name].K) for name in net.hidden_layers}
    for step in steps:                                              # the same, one step after the other
        keep = mp.decide(mp.score(now, "weight_norm", data.x_train, data.t_train), cumulative=0.9)
        alive = {name: rows[keep[name]] for name, rows in alive.items()}
        assert all(np.flatnonzero(step.keep[name]).tolist() == rows.tolist() for name, rows in alive.items())
        assert np.array_equal(step.cut.predict(data.x_test), mp.prune(now, keep).predict(data.x_test))
        assert step.removed == 17 - sum(map(len, alive.values())) and step.fraction == step.removed / 17
        now = step.net
    assert 0 < steps[0].removed < steps[-1].removed


def test_a_tolerance_is_a_rule_and_may_let_all_stay(net, data, tmp_path):
    validation = data.x_train[:30], data.t_train[:30]

    def within(net, scores):
        return mp.decide_tolerating(net, scores, validation, drop=0.02)

    settings = dict(schedule=(within, within), retrain=nothing, checkpoint=tmp_path)
    steps = list(mp.prune_iteratively(net, data, **settings))
    expected = within(net, mp.score(net, "taylor", data.x_train, data.t_train))
    assert all(np.array_equal(steps[0].keep[name], expected[name]) for name in expected)
    assert steps[1].removed >= steps[0].removed > 0
    again = list(mp.prune_iteratively(net, data, **settings))       # from the checkpoint
    assert [step.removed for step in again] == [step.removed for step in steps]
    whole, = mp.prune_iteratively(net, data, schedule=[lambda net, scores: {}], retrain=nothing)
    assert whole.removed == 0 and np.array_equal(whole.net.predict(data.x_test), net.predict(data.x_test))


def test_rules_that_do_not_fit_are_refused(net, data):
    def rule(net, scores):
        return {"dense1": np.zeros(net["dense1"].K, bool)}

    for settings, told in ((dict(schedule=[0.5, rule]), "schedule expects steps of one kind, rules or fractions"),
                           (dict(schedule=[rule], min_keep=2, scope="layer"),
                            "a rule in the schedule decides by itself: put scope='layer', min_keep=2 into the rule")):
        with pytest.raises(ValueError, match=told):
            mp.prune_iteratively(net, data, retrain=nothing, **settings)
    with pytest.raises(ValueError, match='keep."dense1".* would leave the layer empty'):
        next(mp.prune_iteratively(net, data, schedule=[rule], retrain=nothing))
