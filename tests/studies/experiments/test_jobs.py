"""Jobs: equal names for equal work and only then, a stream of random numbers for each seed, a line for each network."""

import numpy as np
import pytest

import minprune as mp
from minprune.studies.experiments.jobs import describe_record, plan, seeded
from minprune.studies.experiments.method import Method
from minprune.studies.experiments.training import Training

X = np.random.default_rng(0).normal(size=(12, 4))
T = np.arange(12) % 3
DATA = mp.datasets.Dataset(X[:8], T[:8], X[8:], T[8:], "cloud", 3)
SETTINGS = dict(data=DATA, model="mlp", epochs=2, rate=0.1, batch_size=4, dtype="float64")


def names(methods=(Method("a"),), retrain=mp.FineTune(epochs=1), fractions=(0.5,), seeds=(0,), **changed):
    """The names of all jobs."""
    _, jobs = plan(Training(**{**SETTINGS, **changed}), methods, retrain, fractions, seeds)
    return [job.name for job in jobs]


def test_the_same_job_has_the_same_name_in_another_call_and_under_another_methods_name():
    assert names() == names([Method("b")]) == names([Method("a", retrain=mp.FineTune(epochs=1))])


def test_whatever_the_record_depends_on_is_in_the_name():
    others = [names(fractions=[0.6]), names(seeds=[1]), names(retrain=mp.FineTune(epochs=2)),
              names([Method("a", "removal")]), names([Method("a", scope="global")]),
              names([Method("a", compensate=mp.merge)]), names([Method("a", before=max)]),
              names(epochs=3), names(rate=0.2), names(batch_size=5), names(dtype="float32"), names(model=None),
              names(data=mp.datasets.Dataset(**{**vars(DATA), "name": "x"}))]
    assert len({name for other in [names(), *others] for name in other}) == 1 + len(others)


def test_a_job_is_for_a_method_a_fraction_and_a_seed_and_has_its_unpruned_network():
    starts, jobs = plan(Training(**SETTINGS), [Method("a"), Method("b", "random")], len, [0.3, 0.5], [0, 4])
    assert [start.seed for start in starts] == [0, 4] and str(starts[1]) == "training with seed 4"
    assert [(job.method.name, job.fraction, job.seed) for job in jobs] == [
        (name, fraction, seed) for name in "ab" for fraction in (0.3, 0.5) for seed in (0, 4)]
    assert [job.start for job in jobs] == [start.name for start in starts] * 4


@pytest.mark.parametrize("recipe", [mp.FineTune(epochs=1, seed=7), mp.Reinitialise(epochs=1, seed=7)], ids=repr)
def test_a_recipe_draws_from_another_stream_for_each_seed(recipe):
    other = seeded(recipe, 2)
    assert other.seed == 9 and type(other) is type(recipe) and other.epochs == 1
    function = len
    assert seeded(function, 2) is function


def test_the_line_of_a_finished_network():
    record = {"seed": 3, "loss": 0.5, "accuracy": 0.875, "seconds": 1.25}
    assert describe_record(record) == "seed 3: unpruned: 87.50% (1.2 s)"
    pruned = {**record, "method": "taylor", "fraction": 0.5, "accuracy": None}
    assert describe_record(pruned) == "seed 3: taylor, 50% removed: loss 0.5000 (1.2 s)"
