"""Records of what was measured: to a line of the log and back."""

import json

import numpy as np

import minprune as mp
from minprune.evaluation.timing import Ratio
from minprune.studies.common import json_values
from minprune.studies.score_comparison.records import from_record, name_of, to_record
from minprune.studies.score_comparison.score_comparison import Settings


def test_there_and_back():
    rows = {"taylor": {"rho": {"dense1": np.float64(0.5), "overall": float("nan")}, "cost": Ratio(1.5, 1.0, 2.0, 7, 9),
                       "loss": [0.1, float("inf")], "accuracy": [None, None], "seconds": 0.25}}
    quality, back = from_record(json.loads(json.dumps(json_values(to_record((0.5, None), rows)))))
    assert quality == [0.5, None] and back["taylor"]["cost"] == rows["taylor"]["cost"]
    assert back["taylor"]["loss"] == [0.1, float("inf")] and back["taylor"]["accuracy"] == [None, None]
    assert back["taylor"]["rho"]["dense1"] == 0.5 and np.isnan(back["taylor"]["rho"]["overall"])
    assert back["taylor"]["seconds"] == 0.25


def test_the_name_tells_apart_what_would_be_measured_otherwise():
    def name(settings=Settings(), seed=0, names=("taylor",), neurons=4, first=0):
        net = mp.Network((8, 8, 1), [mp.Flatten(), mp.Dense(neurons), mp.Dense(10)], seed=first)
        return name_of(net, "cross_entropy", seed, names, settings)
    assert name() == name() == name(Settings(out="elsewhere", seeds=9))
    others = [name(seed=1), name(names=("taylor", "snip")), name(neurons=5), name(first=1), name(Settings(samples=5)),
              name(Settings(epochs=3)), name(Settings(rate=1e-2)), name(Settings(data="vowels"))]
    assert len({name(), *others}) == 9
