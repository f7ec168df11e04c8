"""Methods: names become Methods, and controls are as long as the longest method."""

import functools

import minprune as mp
from minprune.studies.experiments.method import Method, check_methods, with_controls
from minprune.studies.experiments.training import Training

TRAINING = Training("digits", None, 10, 0.1, 32, "float64")
IN_THREE = functools.partial(mp.retraining.linear, steps=3)


def test_a_name_is_that_score_layer_by_layer_in_one_shot():
    mine = Method("mine", "removal", "global")
    assert check_methods(["taylor", mine]) == [Method("taylor", "taylor", "layer"), mine]


def test_controls_take_as_many_steps_and_epochs_as_the_longest_method():
    methods = [Method("a"), Method("b", schedule=IN_THREE, retrain=mp.FineTune(epochs=4))]
    *same, random, scratch = with_controls(methods, TRAINING, mp.FineTune(epochs=5), 0.5)
    assert same == methods and (random.name, scratch.name) == ("random", "from scratch")
    assert random.schedule is IN_THREE and random.score == scratch.score == "random"
    assert scratch.retrain.epochs == 10 + 3 * 4 and type(scratch.retrain) is mp.FromScratch


def test_a_method_of_the_name_of_a_control_takes_its_place():
    mine = Method("random", "taylor")
    assert [method.name for method in with_controls([mine], TRAINING, len, 0.5)] == ["random", "from scratch"]
