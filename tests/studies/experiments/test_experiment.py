"""Experiments: what is compared with what, what the log remembers, and what is refused."""

import concurrent.futures
import functools
import json
import multiprocessing
import statistics
import threading

import numpy as np
import pytest

import minprune as mp
from minprune import plots
from minprune.engine.losses import prepare_samples
from minprune.plots.style import new_figure
from minprune.studies.experiments import Log, Method, experiment, jobs
from minprune.training.quality import loss_and_accuracy


def data(classes=3, seed=0):
    """Clouds of points around a centre for each class."""
    rng = np.random.default_rng(seed)
    t = np.arange(60) % classes
    x = rng.normal(size=(60, 4)) + 2 * np.eye(4)[t]
    return mp.datasets.Dataset(x[:40], t[:40], x[40:], t[40:], "clouds", classes)


def tiny(input_shape, outputs, seed, dtype):
    return mp.Network(input_shape, [mp.Dense(8, "relu"), mp.Dense(6, "relu"), mp.Dense(outputs)], seed, dtype)


SMALL = dict(data=data(), model=tiny, methods=["taylor", "weight_norm"], fractions=[0.5, 0.75], seeds=2, epochs=3,
             retrain=2, batch_size=10)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("experiment")


@pytest.fixture(scope="module")
def results(folder):
    """The figures are files of few dots: drawing them takes longer than all the networks."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(new_figure, "__defaults__", (30,))            # dots an inch
        return experiment(out=folder, **SMALL)


@pytest.fixture(autouse=True)
def no_figures(results, monkeypatch):
    """Only the shared results are drawn: a figure takes longer than all the networks of a test."""
    monkeypatch.setattr(plots, "trade_off", lambda *settings: None)
    monkeypatch.setattr(plots, "save", lambda figure, path: path.touch())


# What is compared

def test_every_method_fraction_and_seed_is_there_once(results):
    done = [(one["method"], one["fraction"], one["seed"]) for one in results.records]
    assert done == [(method, fraction, seed) for method in ("taylor", "weight_norm", "random", "from scratch")
                    for fraction in (0.5, 0.75) for seed in (0, 1)]
    assert [one["seed"] for one in results.unpruned] == [0, 1]


def test_at_each_fraction_all_methods_leave_the_same_sizes(results):
    for fraction, left in ((0.5, {"dense1": 4, "dense2": 3}), (0.75, {"dense1": 2, "dense2": 2})):
        assert all(one["neurons"] == left for one in results.records if one["fraction"] == fraction)


def by_hand(seed, score, fraction, retrain):
    """The record's losses and accuracies, step by step."""
    part, settings = data(), dict(epochs=3, batch_size=10)
    net = tiny((4,), 3, seed, "float64")
    mp.fit(net, part.x_train, part.t_train, optimizer=mp.Adam(mp.schedules.cosine(2e-3, 3)), seed=seed, **settings)
    *_, step = mp.prune_iteratively(net, part, score, [fraction], "layer", retrain=retrain)
    return step


def fine_tuning(seed, **settings):
    return mp.FineTune(epochs=2, optimizer=mp.Adam(mp.schedules.cosine(2e-3, 2)), batch_size=10, seed=seed, **settings)


def only(records, **values):
    """The record that has these values."""
    record, = (record for record in records if values.items() <= record.items())
    return record


@pytest.mark.parametrize("seed", [0, 1])
def test_a_record_is_what_the_steps_by_hand_give(results, seed):
    step = by_hand(seed, "taylor", 0.75, fine_tuning(seed))
    record = only(results.records, method="taylor", fraction=0.75, seed=seed)
    assert (record["loss"], record["accuracy"]) == (step.loss_after, step.accuracy_after)
    assert (record["cut_loss"], record["cut_accuracy"]) == (step.loss_before, step.accuracy_before)
    # 4·2 + 2·2 + 2·3 weights and 2 + 2 + 3 biases
    assert (record["multiply_adds"], record["parameters"]) == (18, 25)


def test_from_scratch_is_a_new_network_trained_as_long_as_both_trainings(results):
    random = functools.partial(mp.scores.find_score("random"), seed=1)
    recipe = mp.FromScratch(epochs=5, optimizer=mp.Adam(mp.schedules.cosine(2e-3, 5)), batch_size=10, seed=1)
    step = by_hand(1, random, 0.5, recipe)
    record = only(results.records, method="from scratch", fraction=0.5, seed=1)
    assert record["loss"] == step.loss_after
    assert record["cut_accuracy"] is None                   # what was cut is forgotten, so it says nothing


def test_from_scratch_has_other_weights_for_each_seed(results):
    """All seeds have the same data here: with the same weights, too, there would be one network, and no deviation."""
    losses = {one["loss"] for one in results.records if one["method"] == "from scratch" and one["fraction"] == 0.5}
    assert len(losses) == 2


def test_controls_get_as_many_steps_and_epochs_as_the_longest_method(tmp_path):
    three = functools.partial(mp.retraining.linear, steps=3)
    methods = [Method("one shot"), Method("gradual", schedule=three)]
    done = experiment(methods, data(), tiny, [0.5], [1], epochs=3, batch_size=10, retrain=2, out=tmp_path)
    random = functools.partial(mp.scores.find_score("random"), seed=1)
    net = mp.Network.load(next(tmp_path.glob("unpruned-*.npz")))
    *_, step = mp.prune_iteratively(net, data(), random, three(0.5), "layer", retrain=fine_tuning(1))
    assert only(done.records, method="random")["loss"] == step.loss_after
    scratch = mp.FromScratch(epochs=9, optimizer=mp.Adam(mp.schedules.cosine(2e-3, 9)), batch_size=10, seed=1)
    assert only(done.records, method="from scratch")["loss"] == by_hand(1, random, 0.5, scratch).loss_after


def test_a_method_of_the_name_of_a_control_takes_its_place(tmp_path):
    done = experiment(["random", "taylor"], data(), tiny, [0.5], 1, 1, retrain=0, out=tmp_path)
    assert [one["method"] for one in done.records] == ["random", "taylor", "from scratch"]


def test_the_same_method_by_two_names_is_done_once_and_reported_twice(tmp_path, capsys):
    done = experiment([Method("a"), Method("b")], data(), tiny, [0.5], 1, 1, retrain=0, controls=False, out=tmp_path)
    assert [one["method"] for one in done.records] == [row["method"] for row in done.rows()] == ["a", "b"]
    assert done.records[0]["loss"] == done.records[1]["loss"]
    assert len(Log(tmp_path / "log.jsonl").records) == 2


def test_a_record_says_how_long_it_took(results):
    assert all(0 < one["seconds"] < 60 for one in [*results.unpruned, *results.records])


def test_the_unpruned_networks_are_kept(results, folder):
    kept = [mp.Network.load(path) for path in folder.glob("unpruned-*.npz")]
    x, t, loss = prepare_samples(kept[0], data().x_test, data().t_test, "cross_entropy")
    assert {loss_and_accuracy(net, x, t, loss)[0] for net in kept} == {one["loss"] for one in results.unpruned}


def test_rows_are_means_and_standard_deviations_over_the_seeds(results):
    row = only(results.rows(), method="taylor", fraction=0.5)
    accuracies = [one["accuracy"] for one in results.records if (one["method"], one["fraction"]) == ("taylor", 0.5)]
    assert row["accuracy"] == (statistics.fmean(accuracies), statistics.stdev(accuracies)) and row["networks"] == 2
    assert row["compression"] == ((32 + 48 + 18 + 17) / (16 + 12 + 9 + 10), 0)
    assert row["speedup"] == ((32 + 48 + 18) / (16 + 12 + 9), 0)
    measured = results.measured["taylor", 0.5]
    assert measured.median > 0 and row["measured"] == (None if measured.problem else measured.median)


def test_the_table_and_the_files_say_data_network_and_seeds(results, folder):
    first, second, *_ = str(results).splitlines()
    assert first == "clouds, tiny 8 - 6 - 3, 2 seeds; test accuracy, mean ± standard deviation"
    assert second.startswith("unpruned: ")
    assert (folder / "results.txt").read_text(encoding="utf-8") == f"{results}\n"
    written = json.loads((folder / "results.json").read_text(encoding="utf-8"))
    assert written["records"] == results.records and len(written["rows"]) == 8
    assert written["settings"]["rate"] == 2e-3 and "score='taylor'" in written["settings"]["how"]["taylor"]
    assert all((folder / f"{name}.png").read_bytes().startswith(b"\x89PNG") for name in ("compression", "speedup"))


def test_a_regression_is_compared_by_its_loss(tmp_path):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(30, 3))
    line = mp.datasets.Dataset(x[:20], x[:20, :1], x[20:], x[20:, :1], "line", None)
    done = experiment(["taylor"], line, tiny, [0.5], 1, epochs=1, retrain=1, out=tmp_path)
    assert done.kind == "loss" and done.rows()[0]["loss"][0] == done.records[0]["loss"]
    assert "test loss" in str(done)


def test_steps_scope_and_compensation_are_those_of_the_method(tmp_path):
    asked = []

    def schedule(fraction):
        asked.append(fraction)
        return [0.25, fraction]

    method = Method("in two steps", "weight_norm", "global", schedule, mp.FineTune(epochs=0), mp.merge)
    done = experiment([method], data(), tiny, [0.5], [3], epochs=2, controls=False, out=tmp_path)
    assert set(asked) == {0.5} and [one["method"] for one in done.records] == ["in two steps"]
    net = mp.Network.load(next(tmp_path.glob("unpruned-*.npz")))
    *_, step = mp.prune_iteratively(net, data(), "weight_norm", [0.25, 0.5], "global", retrain=mp.FineTune(epochs=0),
                                    compensate=mp.merge)
    assert done.records[0]["loss"] == step.loss_after and sum(done.records[0]["neurons"].values()) == 7


def largest_mean(o):
    """A formula of a user's."""
    return o.mean(axis=1)


def evens(net, data, fraction):
    """A way of a user's to choose: each second neuron stays."""
    assert fraction == 0.5 and len(data.x_train) == 40
    net["dense1"].W[...] = 0                                # it is a copy
    return {name: np.arange(net[name].K) % 2 == 0 for name in net.hidden_layers}


def test_functions_of_the_users_own_are_methods(tmp_path):
    methods = [largest_mean, Method("evens", function=evens, retrain=mp.FineTune(epochs=0))]
    done = experiment(methods, data(), tiny, [0.5], [3], epochs=2, retrain=1, out=tmp_path)
    assert [one["method"] for one in done.records] == ["largest_mean", "evens", "random", "from scratch"]
    net = mp.Network.load(next(tmp_path.glob("unpruned-*.npz")))
    *_, step = mp.prune_iteratively(net, data(), largest_mean, [0.5], "layer", retrain=mp.FineTune(
        epochs=1, optimizer=mp.Adam(mp.schedules.cosine(2e-3, 1)), seed=3))
    assert only(done.records, method="largest_mean")["loss"] == step.loss_after
    x, t, loss = prepare_samples(net, data().x_test, data().t_test, "cross_entropy")
    by_hand = mp.prune(net, evens(net.copy(), data(), 0.5))
    assert only(done.records, method="evens")["loss"] == loss_and_accuracy(by_hand, x, t, loss)[0]


def softly(net, data, fraction):
    mp.fit(net, data.x_train, data.t_train, epochs=2, callback=mp.SoftPruning(schedule=[fraction]), progress=False)
    return net


def dense_again(net, data, fraction):
    return mp.dense_sparse_dense(net, data, remove=fraction, sparse=mp.FineTune(epochs=1))[-1].net


def test_a_method_may_train_the_network_before_it_is_cut(tmp_path):
    methods = [Method("soft", "weight_norm", before=softly, compensate=mp.fold_means, retrain=mp.FineTune(epochs=0)),
               Method("dsd", "taylor", before=dense_again)]
    settings = {**SMALL, "methods": methods, "fractions": [0.5], "seeds": 1, "controls": False}
    soft, dsd = experiment(out=tmp_path, **settings).records
    part, net = data(), mp.Network.load(next(tmp_path.glob("unpruned-*.npz")))
    slow = softly(net.copy(), part, 0.5)
    keep = {name: slow[name].W.any(axis=1) for name in slow.hidden_layers}          # by what is at zero
    folded = loss_and_accuracy(mp.fold_means(slow, keep, part.x_train),
                               *prepare_samples(net, part.x_test, part.t_test, "cross_entropy"))
    assert (soft["loss"], soft["accuracy"]) == folded and soft["cut_loss"] == soft["loss"]
    *_, step = mp.prune_iteratively(dense_again(net, part, 0.5), part, "taylor", [0.5], "layer",
                                    retrain=fine_tuning(0))
    assert dsd["loss"] == step.loss_after and dsd["neurons"] == soft["neurons"] == {"dense1": 4, "dense2": 3}


def test_what_is_trained_before_the_cut_has_to_be_the_same_architecture(tmp_path):
    other = Method("other", before=lambda net, data, fraction: mp.prune(net, evens(net, data, fraction)))
    with pytest.raises(RuntimeError, match="before expects to return a network built as the one that it gets, .* 8 - "):
        experiment(out=tmp_path, **{**SMALL, "methods": [other], "seeds": 1, "controls": False})


def test_networks_that_are_trained_already_are_taken_as_they_are(tmp_path, monkeypatch):
    nets = [tiny((4,), 3, seed, "float32") for seed in (5, 6)]
    for net in nets:
        mp.fit(net, data().x_train, data().t_train, epochs=2)
    before = [net.copy() for net in nets]
    monkeypatch.setattr(jobs, "fit", None)
    settings = dict(methods=["taylor"], data=data(), fractions=[0.5], epochs=2, retrain=1, batch_size=10, out=tmp_path)
    done = experiment(networks=nets, **settings)
    for seed, net in enumerate(nets):
        *_, step = mp.prune_iteratively(net, data(), "taylor", [0.5], "layer", retrain=mp.FineTune(
            epochs=1, optimizer=mp.Adam(mp.schedules.cosine(2e-3, 1)), batch_size=10, seed=seed))
        assert only(done.records, method="taylor", seed=seed)["loss"] == step.loss_after
        assert all(np.array_equal(array, before[seed].arrays()[name]) for name, array in net.arrays().items())
        samples = prepare_samples(net, data().x_test, data().t_test, "cross_entropy")
        assert done.unpruned[seed]["loss"] == loss_and_accuracy(net, *samples)[0]
    assert done.settings["seeds"] == [0, 1] and done.settings["dtype"] == "float32"
    # the log knows each network by its own weights
    more = experiment(networks=[nets[0], nets[0].copy(), nets[1]], **settings)
    assert more.records[0] == done.records[0] and more.unpruned[1]["loss"] == done.unpruned[0]["loss"]


def test_how_much_work_there_is_is_told_before_and_on_the_way(tmp_path, capsys):
    settings = dict(data=data(), model=tiny, fractions=[0.5, 0.75], seeds=2, epochs=3, retrain=2, out=tmp_path)
    experiment(["taylor"], **settings)
    lines = capsys.readouterr().out.splitlines()
    assert lines[:4] == [
        "networks   2, to train, 3 epochs each", "to prune   12 = 2 × 3 × 2 (networks × methods × sizes)",
        "methods    taylor, random, from scratch",
        "work       42 epochs of training for 14 networks"]          # 2 · 3 + 2 · 2 · (2 + 2 + 5)
    assert lines[4].startswith("[1 of 14] seed 0: unpruned: ")
    assert lines[17].startswith("[14 of 14] seed 1: from scratch")
    experiment(["taylor", "apoz"], **settings)
    lines = capsys.readouterr().out.splitlines()
    assert lines[3:5] == ["work       8 epochs of training for 4 networks",
                          "           (14 more are in the log, and are not done again)"]


# What the log remembers

def test_a_second_call_does_nothing_again(results, folder, monkeypatch):
    monkeypatch.setattr(jobs, "fit", None)
    monkeypatch.setattr(jobs, "prune_iteratively", None)
    again = experiment(out=folder, **SMALL)
    assert again.records == results.records and again.unpruned == results.unpruned


def test_a_killed_run_goes_on_where_it_ended(results, folder, tmp_path):
    lines = (folder / "log.jsonl").read_text(encoding="utf-8").splitlines(keepends=True)
    (tmp_path / "log.jsonl").write_text("".join(lines[:7]) + lines[7][:20], encoding="utf-8")     # killed while writing
    for path in folder.glob("unpruned-*.npz"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    done = []
    pruned = jobs.prune_one
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(jobs, "prune_one", lambda *arguments: done.append(arguments) or pruned(*arguments))
        again = experiment(out=tmp_path, **SMALL)
    assert len(done) == len(results.records) - 5
    assert timeless(again.records) == timeless(results.records)
    assert len(Log(tmp_path / "log.jsonl").records) == len(results.records) + 2


def timeless(records):
    return [{key: value for key, value in one.items() if key != "seconds"} for one in records]


def test_a_network_that_is_lost_is_trained_again(results, folder, tmp_path):
    (tmp_path / "log.jsonl").write_bytes((folder / "log.jsonl").read_bytes())
    again = experiment(out=tmp_path, **SMALL)
    assert again.records == results.records and timeless(again.unpruned) == timeless(results.unpruned)
    assert len(list(tmp_path.glob("unpruned-*.npz"))) == 2


@pytest.mark.parametrize("changed", [dict(epochs=4), dict(rate=1e-3), dict(retrain=3), dict(data=data(seed=1)),
                                     dict(dtype="float32"), dict(batch_size=20)], ids=str)
def test_what_was_done_with_other_settings_is_not_taken(folder, results, changed, monkeypatch):
    def stop(*arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr(jobs, "train_one", stop)
    monkeypatch.setattr(jobs, "prune_one", stop)
    with pytest.raises(KeyboardInterrupt):
        experiment(out=folder, **{**SMALL, **changed})


def test_more_of_everything_takes_over_what_is_there(results, folder, tmp_path):
    for path in [folder / "log.jsonl", *folder.glob("unpruned-*.npz")]:
        (tmp_path / path.name).write_bytes(path.read_bytes())
    done = []
    pruned = jobs.prune_one
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(jobs, "prune_one", lambda *arguments: done.append(arguments[2].method.name) or pruned(*arguments))
        more = experiment(out=tmp_path, **{**SMALL, "methods": ["apoz", "taylor"]})
    assert done == ["apoz"] * 4 and len(more.records) == 16


def test_a_pool_gives_the_same_results(results, tmp_path):
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        done = experiment(out=tmp_path, executor=pool, **SMALL)
    assert timeless(done.records) == timeless(results.records)
    assert timeless(done.unpruned) == timeless(results.unpruned)


def test_all_jobs_can_be_sent_to_processes_that_start_with_nothing(tmp_path):
    method = Method("gradual", schedule=functools.partial(mp.retraining.cubic, steps=2), retrain=mp.FineTune(epochs=1))
    settings = dict(methods=[method], data=data(), model="mlp", fractions=[0.5], seeds=1, epochs=1, retrain=1)
    with concurrent.futures.ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        done = experiment(**settings, out=tmp_path / "pool", executor=pool)
    assert timeless(done.records) == timeless(experiment(**settings, out=tmp_path / "alone").records)


def test_who_stops_it_does_not_wait_for_what_has_not_begun(tmp_path, monkeypatch):
    """The first network that is done cannot be logged; of the others at most the one that had begun is done."""
    begun, submitted, all_cancelled = [], [], threading.Event()
    train = jobs.train_one

    class Noting(concurrent.futures.ThreadPoolExecutor):
        def submit(self, *arguments):
            submitted.append(super().submit(*arguments))
            return submitted[-1]

    def noted_cancel(future, cancel=concurrent.futures.Future.cancel):
        result = cancel(future)
        if future is submitted[-1]:
            all_cancelled.set()
        return result

    def train_one(training, start):
        begun.append(start)
        assert len(begun) == 1 or all_cancelled.wait(20)
        return train(training, start)

    def full(log, name, record):
        raise OSError("the disk is full")

    monkeypatch.setattr(concurrent.futures.Future, "cancel", noted_cancel)
    monkeypatch.setattr(jobs, "train_one", train_one)
    monkeypatch.setattr(Log, "add", full)
    with Noting(1) as pool, pytest.raises(OSError, match="the disk is full"):
        experiment(out=tmp_path, executor=pool, **{**SMALL, "seeds": 6})
    assert len(begun) <= 2


def test_a_training_that_fails_is_reported_by_its_seed(tmp_path, monkeypatch):
    def diverged(training, start):
        raise FloatingPointError("the loss is nan")

    monkeypatch.setattr(jobs, "train_one", diverged)
    with pytest.raises(RuntimeError, match="^training with seed 3 failed: the loss is nan$"):
        experiment(out=tmp_path, **{**SMALL, "seeds": [3]})


def test_of_many_failures_a_few_are_reported(tmp_path):
    def broken(net, cut):
        raise ArithmeticError

    with pytest.raises(RuntimeError, match="^broken.* failed: ArithmeticError; .*; .*; and 2 more$"):
        experiment([Method("broken", retrain=broken)], data(), tiny, [0.5], 5, 1, controls=False, out=tmp_path)


def test_a_failure_is_reported_and_the_others_are_done(tmp_path):
    def broken(net, cut):
        raise ArithmeticError("no luck")

    methods = [Method("broken", retrain=broken), Method("whole")]
    with pytest.raises(RuntimeError, match="broken, 50% removed, seed 0, failed: no luck"):
        experiment(methods, data(), tiny, [0.5], 1, 1, retrain=1, controls=False, out=tmp_path)
    assert [one.get("method") for one in Log(tmp_path / "log.jsonl").records.values()] == [None, "whole"]


# What is refused

@pytest.mark.parametrize("wrong, error, message", [
    (dict(methods="taylor"), TypeError, "methods expects a list"),
    (dict(methods=["tailor"]), ValueError, "taylor"),
    (dict(methods=["taylor", "taylor"]), ValueError, "each name once"),
    (dict(methods=[], controls=False), ValueError, "at least one"),
    (dict(methods=[Method("a", schedule=0.5)]), TypeError, "schedule expects a function"),
    (dict(methods=[Method("a", schedule=lambda f: [f, 0.1])]), ValueError, "goes back"),
    (dict(methods=[Method("a", schedule=lambda f: [0.1])]), ValueError, r"a: schedule\(0.5\) expects to end at 0.5"),
    (dict(methods=[Method("a", schedule=lambda f: [lambda net, scores: mp.decide(scores, effective=1)])]), ValueError,
     "holds a rule that finds its own number of neurons, but at each fraction all methods are compared at equal size"),
    (dict(methods=[Method("a", before=3)]), TypeError, "before expects a function"),
    (dict(methods=[Method("a", "taylor", "global")], fractions=[0.99]), ValueError, "at most 12 can go"),
    (dict(methods=[Method("a", retrain=5)]), TypeError, "retrain expects a function"),
    (dict(methods=[Method("a", retrain=mp.FineTune)]), TypeError, "the class FineTune"),
    (dict(methods=[Method("a", retrain=lambda net, cut, rng=np.random.default_rng(0): None)]), TypeError, "Generator"),
    (dict(retrain=mp.Rewind(tiny((4,), 3, 0, "float64"))), ValueError, "taylor: Rewind holds one network's snapshot"),
    (dict(retrain=mp.Distil(teacher=tiny((5,), 3, 0, "float64"))), ValueError, "teacher expects input_shape"),
    (dict(executor=4), TypeError, "executor expects"), (dict(fractions=0.5), TypeError, "fractions expects a list"),
    (dict(fractions=[]), ValueError, "at least one"), (dict(fractions=[0.5, 0.5]), ValueError, "different numbers"),
    (dict(methods=[Method("a", scope="local")]), ValueError, "scope"),
    (dict(methods=[3]), TypeError, "names of scores, functions or Methods"),
    (dict(methods=[functools.partial(len)]), TypeError, "names of scores, functions or Methods"),
    (dict(methods=[Method("a", function=3)]), TypeError, "function expects a function"),
    (dict(networks=[]), ValueError, "model and networks were both given"),
    (dict(networks=[], model=None), ValueError, "networks expects at least one"),
    (dict(networks=[tiny((4,), 3, 0, "float64")], model=None), ValueError, "seeds and networks were both given"),
    (dict(networks=[tiny((4,), 3, 0, "float64")], model=None, seeds=None, data="digits"), TypeError,
     "need data=… as the Dataset that they were trained on"),
    (dict(networks=[tiny((5,), 3, 0, "float64")], model=None), ValueError, r"Network expects \(N, 5\)"),
    (dict(networks=[tiny((4,), 3, 0, "float64"), mp.models.mlp((4,), 3)], model=None), ValueError,
     "of one architecture"),

    (dict(fractions=[1.0]), ValueError, "fractions"), (dict(seeds=0), ValueError, "seeds"),
    (dict(seeds=[1, 1]), ValueError, "different whole numbers"), (dict(epochs=0), ValueError, "epochs"),
    (dict(model="clown"), ValueError, "cnn"), (dict(rate=0), ValueError, "rate"),
    (dict(retrain=-1), ValueError, "retrain"), (dict(data="nowhere.csv"), OSError, "nowhere"),
    (dict(dtype="int8"), ValueError, "float64")], ids=str)
def test_what_does_not_fit_is_reported_before_anything_is_written(wrong, error, message, tmp_path):
    with pytest.raises(error, match=message):
        experiment(**{**SMALL, **wrong}, out=tmp_path / "new")
    assert not (tmp_path / "new").exists()
