"""An answer stands in for what it can take, and for nothing that would keep the grader busy."""

import numpy as np

from minprune.grading.assignments import Task
from minprune.grading.cases import draw_cases
from minprune.grading.stand_ins import answer_of
from minprune.grading.values import decode, encode, largest_whole_number

TASK = Task("f", 1, lambda rng: {"w": rng.normal(size=3), "steps": 40}, lambda w, steps: w * steps)


def test_an_answer_is_given_for_arguments_like_those_of_the_cases():
    answer = answer_of(TASK, draw_cases(TASK, 0))
    assert decode(answer([encode(np.ones(2))], {"steps": 100})).tolist() == [100, 100]
    for positional, named in ([[encode(np.ones(2))], {}], [[encode(np.ones(3000))], {"steps": 2}],
                              [[encode(np.ones(2))], {"steps": 10 ** 9}], [[{"array": "?", "dtype": "O"}], {}],
                              [["x"], {"steps": 2}], [3, 4]):
        assert answer(positional, named) is None
    assert answer_of(Task("f", 1, TASK.case, lambda w: print))([1], {}) is None


def test_whole_numbers_that_stand_by_themselves():
    assert largest_whole_number({"a": [(-7, 2.5), np.int64(3)], "b": np.array([99])}) == 7
    assert largest_whole_number("text") == largest_whole_number([]) == 0
