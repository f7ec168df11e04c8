"""Descriptions: equal for equal settings, different for others, refused where nothing lasting can be said."""

import functools
import json
import os
import pathlib
import random
import re
import subprocess
import sys
from collections import deque

import numpy as np
import pytest

import minprune as mp
from minprune.datasets.dataset import Dataset
from minprune.engine.schedules import cosine
from minprune.retraining.descriptions import describe, differences
from minprune.retraining.recipes import Rewind
from minprune.training.augmentation import Noise

RNG = np.random.default_rng(0)
X = RNG.normal(size=(60, 4))
T = (X[:, 0] * X[:, 1] > 0).astype(int)
DATA = Dataset(X[:40], T[:40], X[40:], T[40:], "toy", 2)
NET = mp.Network(4, [mp.Dense(10, "relu"), mp.Dense(7, "tanh"), mp.Dense(2)], seed=3)


def make(number):
    return lambda net, cut: number


def one_line(x):
    """Said."""
    return x + 1            # a comment


LINES = {"same": "def one_line(x):\n    'Said.'\n\n    return (x + 1)",
         "other": "def one_line(x):\n    'Said.'\n    return x + 2"}


def twin(which):
    names = {"__name__": __name__}
    exec(LINES[which], names)
    return names["one_line"]


class Own:
    def __init__(self, rate):
        self.rate = rate

    def __call__(self, net, cut):
        return self.rate


def test_equal_things_are_described_alike():
    for one, other in ((one_line, twin("same")), (make(3), make(3)), (Own(2), Own(2)), (Noise(0.1), Noise(0.1)),
                       (mp.Adam(0.1), mp.Adam(0.1)), (mp.SGD(cosine(0.1, 3)), mp.SGD(cosine(0.1, 3))),
                       (NET, NET.copy()), (DATA, Dataset(**vars(DATA))), ((1, 2), [1, 2]),
                       ({"b": 1, "a": 2}, {"a": 2, "b": 1}), (1 + 2j, 1 + 2j), (b"ab", b"ab"),
                       (deque([1, 2]), deque([1, 2])), (re.compile("a"), re.compile("a")), (..., ...),
                       (functools.partial(one_line, 3), functools.partial(one_line, 3)), ({"a", "b"}, {"b", "a"}),
                       (Rewind(NET), Rewind(NET.copy())), (np.float64(0.5), 0.5), (Own(1).__call__, Own(1).__call__)):
        assert describe("it", one) == describe("it", other)
        assert json.loads(json.dumps(describe("it", one))) == json.loads(json.dumps(describe("it", other)))


def test_other_things_are_described_otherwise():
    def default(x=1):
        return x

    def other_default(x=2):
        return x

    other_default.__qualname__ = default.__qualname__
    for one, other in ((one_line, twin("other")), (make(3), make(4)), (Own(2), Own(3)), (Noise(0.1), Noise(0.2)),
                       (mp.Adam(0.1), mp.Adam(0.2)), (mp.SGD(cosine(0.1, 3)), mp.SGD(cosine(0.1, 4))),
                       (default, other_default), (1 + 2j, 1 + 3j), (b"ab", b"ac"), ([].append, [1].append), (0.0, 1.0),
                       (deque([1, 2]), deque([1, 3])), (re.compile("a"), re.compile("b")), (..., NotImplemented),
                       (np.zeros(3), np.zeros(3, "float32")), (np.zeros(4), np.zeros((2, 2))), (os, sys),
                       (functools.partial(one_line, 3), functools.partial(one_line, 4)), (np.abs, np.exp), (len, max),
                       (functools.partial(one_line, x=3), functools.partial(one_line, x=4)), ({"a", "b"}, {"a"}),
                       (Rewind(NET), Rewind(mp.Network(4, list(NET.layers.values())))), (mp.SGD, mp.Adam), (None, 0),
                       (Own(1).__call__, Own(2).__call__), (pathlib.Path("a"), pathlib.Path("b"))):
        assert describe("it", one) != describe("it", other)


def test_descriptions_are_the_same_in_another_process():
    code = ("import sys; sys.path.insert(0, {!r}); import test_descriptions as these; import json;"
            "print(json.dumps(these.describe('it', [these.Own({{'a', 'b', 'c'}}), these.make(3), these.one_in_four])))")
    texts = {subprocess.run([sys.executable, "-c", code.format(str(pathlib.Path(__file__).parent))], text=True,
                            capture_output=True, timeout=300, env={**os.environ, "PYTHONHASHSEED": seed}).stdout
             for seed in "12"}
    assert len(texts) == 1 and "one_in_four" in texts.pop()


def one_in_four(x):
    return x in {"north", "east", "south", "west"}


def test_a_function_may_close_over_itself():
    def again(n):
        return n and again(n - 1)
    assert describe("it", again)["closure"] == {"again": "itself"}


def test_what_nothing_lasting_can_be_said_of_is_refused_by_the_name_of_the_argument():
    for value, text in ((np.random.default_rng(0), "retrain cannot .* Generator; give a whole number as seed"),
                        ([random.Random(0)], "Generator"), (deque([np.random.RandomState(0)]), "Generator"),
                        (Own(np.random.default_rng(0)), "Generator"),
                        (lambda rng=np.random.default_rng(0): rng, "Generator"),
                        (open(os.devnull), "retrain cannot be used with a checkpoint: it holds <_io.TextIOWrapper"),
                        (iter_once(), "nothing lasting can be said"), (np.array([None]), "an array of objects")):
        with pytest.raises(TypeError, match=text):
            describe("retrain", value)


def iter_once():
    yield 1


def test_a_changed_call_of_a_class_is_noticed():
    class Changed(Own):
        def __call__(self, net, cut):
            return self.rate + 1

    before, after = describe("it", Own(2)), describe("it", Changed(2))
    assert before["code"] != after["code"] and before["rate"] == after["rate"]


def test_differences_name_the_place_and_both_values():
    old = {"a": 1, "b": {"c": [1, 2], "d": "same"}, "e": None}
    assert differences(old, old) == []
    assert differences(old, {**old, "a": 2, "b": {"c": [1, 3], "d": "same"}}) == [
        "a: 1 there, 2 now", "b.c: [1, 2] there, [1, 3] now"]
    assert differences(old, {**old, "b": {"x": 0}}) == ['b: {"c": [1, 2], "d": "same"} there, {"x": 0} now']
    long, = differences({"a": "x" * 200}, {"a": ""})
    assert long == 'a: "' + "x" * 78 + '… there, "" now'
