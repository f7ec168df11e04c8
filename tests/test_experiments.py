"""Experiments: what is compared with what, what the log remembers, and what is refused."""

import concurrent.futures
import functools
import json
import statistics

import numpy as np
import pytest

import minprune as mp
from minprune import experiments
from minprune.experiments import Log, Method, experiment
from minprune.training import loss_and_accuracy
from minprune.engine.losses import prepare_samples


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
    return experiment(out=folder, **SMALL)


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
    mp.fit(net, part.x_train, part.t_train, "cross_entropy", mp.Adam(mp.schedules.cosine(2e-3, 3)), seed=seed, **settings)
    *_, step = mp.prune_iteratively(net, part, score, [fraction], "layer", retrain=retrain)
    return step


@pytest.mark.parametrize("seed", [0, 1])
def test_a_record_is_what_the_steps_by_hand_give(results, seed):
    step = by_hand(seed, "taylor", 0.75, mp.FineTune(epochs=2, optimizer=mp.Adam(mp.schedules.cosine(2e-3, 2))))
    record = next(one for one in results.records if (one["method"], one["fraction"], one["seed"]) == ("taylor", 0.75, seed))
    assert (record["loss"], record["accuracy"]) == (step.loss_after, step.accuracy_after)
    assert (record["cut_loss"], record["cut_accuracy"]) == (step.loss_before, step.accuracy_before)
    # 4·2 + 2·2 + 2·3 weights and 2 + 2 + 3 biases
    assert (record["multiply_adds"], record["parameters"]) == (18, 25)


def test_from_scratch_is_a_new_network_trained_as_long_as_both_trainings(results):
    random = functools.partial(mp.scores.find_score("random"), seed=1)
    recipe = mp.FromScratch(epochs=5, optimizer=mp.Adam(mp.schedules.cosine(2e-3, 5)), batch_size=10)
    step = by_hand(1, random, 0.5, recipe)
    record = next(one for one in results.records if (one["method"], one["fraction"], one["seed"]) == ("from scratch", 0.5, 1))
    assert record["loss"] == step.loss_after
    assert record["cut_accuracy"] is None                   # what was cut is forgotten, so it says nothing


def test_the_unpruned_networks_are_kept(results, folder):
    kept = [mp.Network.load(path) for path in folder.glob("unpruned-*.npz")]
    x, t, loss = prepare_samples(kept[0], data().x_test, data().t_test, "cross_entropy")
    assert {loss_and_accuracy(net, x, t, loss)[0] for net in kept} == {one["loss"] for one in results.unpruned}


def test_rows_are_means_and_standard_deviations_over_the_seeds(results):
    row = next(one for one in results.rows() if (one["method"], one["fraction"]) == ("taylor", 0.5))
    found = [one["accuracy"] for one in results.records if (one["method"], one["fraction"]) == ("taylor", 0.5)]
    assert row["accuracy"] == (statistics.fmean(found), statistics.stdev(found)) and row["networks"] == 2
    assert row["compression"] == ((32 + 48 + 18 + 17) / (16 + 12 + 9 + 10), 0)
    assert row["speedup"] == ((32 + 48 + 18) / (16 + 12 + 9), 0)
    assert row["measured"] > 0


def test_the_table_and_the_files_say_data_network_and_seeds(results, folder):
    assert str(results).startswith("clouds, tiny 8 - 6 - 3, 2 seeds; test accuracy, mean ± standard deviation\nunpruned")
    assert (folder / "results.txt").read_text(encoding="utf-8") == f"{results}\n"
    written = json.loads((folder / "results.json").read_text(encoding="utf-8"))
    assert written["records"] == results.records and len(written["rows"]) == 8
    assert (folder / "compression.png").stat().st_size > 5000 and (folder / "speedup.png").stat().st_size > 5000


def test_a_regression_is_compared_by_its_loss(tmp_path):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(30, 3))
    line = mp.datasets.Dataset(x[:20], x[:20, :1], x[20:], x[20:, :1], "line", None)
    found = experiment(["taylor"], line, tiny, [0.5], 1, epochs=1, retrain=1, out=tmp_path)
    assert found.kind == "loss" and found.rows()[0]["loss"][0] == found.records[0]["loss"]
    assert "test loss" in str(found)


def test_steps_scope_and_compensation_are_those_of_the_method(tmp_path):
    asked = []

    def schedule(fraction):
        asked.append(fraction)
        return [0.25, fraction]

    method = Method("in two steps", "weight_norm", "global", schedule, mp.FineTune(epochs=0), mp.merge)
    found = experiment([method], data(), tiny, [0.5], [3], epochs=2, controls=False, out=tmp_path)
    assert asked == [0.5] and [one["method"] for one in found.records] == ["in two steps"]
    net = mp.Network.load(next(tmp_path.glob("unpruned-*.npz")))
    *_, step = mp.prune_iteratively(net, data(), "weight_norm", [0.25, 0.5], "global", retrain=mp.FineTune(epochs=0),
                                    compensate=mp.merge)
    assert found.records[0]["loss"] == step.loss_after and sum(found.records[0]["neurons"].values()) == 7


# What the log remembers

def test_a_second_call_does_nothing_again(results, folder, monkeypatch):
    monkeypatch.setattr(experiments, "fit", None)
    monkeypatch.setattr(experiments, "prune_iteratively", None)
    again = experiment(out=folder, **SMALL)
    assert again.records == results.records and again.unpruned == results.unpruned


def test_a_killed_run_goes_on_where_it_ended(results, folder, tmp_path):
    lines = (folder / "log.jsonl").read_text(encoding="utf-8").splitlines(keepends=True)
    (tmp_path / "log.jsonl").write_text("".join(lines[:7]) + lines[7][:20], encoding="utf-8")     # killed while writing
    for path in folder.glob("unpruned-*.npz"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    done = []
    pruned = experiments.prune_one
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(experiments, "prune_one", lambda *job: done.append(job) or pruned(*job))
        again = experiment(out=tmp_path, **SMALL)
    assert len(done) == len(results.records) - 5
    assert timeless(again.records) == timeless(results.records)
    assert len(Log(tmp_path / "log.jsonl").found) == len(results.records) + 2


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
    def stop(*job):
        raise KeyboardInterrupt

    monkeypatch.setattr(experiments, "train_one", stop)
    monkeypatch.setattr(experiments, "prune_one", stop)
    with pytest.raises(KeyboardInterrupt):
        experiment(out=folder, **{**SMALL, **changed})


def test_more_of_everything_takes_over_what_is_there(results, folder, tmp_path):
    for path in [folder / "log.jsonl", *folder.glob("unpruned-*.npz")]:
        (tmp_path / path.name).write_bytes(path.read_bytes())
    done = []
    pruned = experiments.prune_one
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(experiments, "prune_one", lambda *job: done.append(job[2].name) or pruned(*job))
        more = experiment(out=tmp_path, **{**SMALL, "methods": ["apoz", "taylor"]})
    assert done == ["apoz"] * 4 and len(more.records) == 16


def test_a_pool_gives_the_same_results(results, tmp_path):
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        found = experiment(out=tmp_path, executor=pool, **SMALL)
    assert timeless(found.records) == timeless(results.records)
    assert timeless(found.unpruned) == timeless(results.unpruned)


def test_all_jobs_can_be_sent_to_other_processes(tmp_path):
    method = Method("gradual", "taylor", "layer", functools.partial(mp.retraining.cubic, steps=2), mp.FineTune(epochs=1))
    with concurrent.futures.ProcessPoolExecutor(1) as pool:
        found = experiment([method], data(), "mlp", [0.5], 1, 1, retrain=1, out=tmp_path, executor=pool)
    assert len(found.records) == 3


def test_a_failure_is_told_and_the_others_are_done(tmp_path):
    def broken(net, cut):
        raise ArithmeticError("no luck")

    methods = [Method("broken", retrain=broken), Method("whole")]
    with pytest.raises(RuntimeError, match="broken, 50% removed, seed 0, failed: no luck"):
        experiment(methods, data(), tiny, [0.5], 1, 1, retrain=1, controls=False, out=tmp_path)
    assert [one.get("method") for one in Log(tmp_path / "log.jsonl").found.values()] == [None, "whole"]


# What is refused

@pytest.mark.parametrize("wrong, error, told", [
    (dict(methods="taylor"), TypeError, "methods expects a list"),
    (dict(methods=["tailor"]), ValueError, "taylor"),
    (dict(methods=["taylor", "taylor"]), ValueError, "each name once"),
    (dict(methods=[], controls=False), ValueError, "at least one"),
    (dict(methods=[Method("a", scope="local")]), ValueError, "scope"),
    (dict(methods=[3]), TypeError, "names of scores or Methods"),
    (dict(fractions=[1.0]), ValueError, "fractions"), (dict(seeds=0), ValueError, "seeds"),
    (dict(seeds=[1, 1]), ValueError, "different whole numbers"), (dict(epochs=0), ValueError, "epochs"),
    (dict(model="clown"), ValueError, "cnn"), (dict(rate=0), ValueError, "rate"), (dict(retrain=-1), ValueError, "retrain"),
    (dict(data="nowhere.csv"), OSError, "nowhere"), (dict(dtype="int8"), ValueError, "float64")], ids=str)
def test_what_does_not_fit_is_told_before_anything_is_written(wrong, error, told, tmp_path):
    with pytest.raises(error, match=told):
        experiment(**{**SMALL, **wrong}, out=tmp_path / "new")
    assert not (tmp_path / "new").exists()
