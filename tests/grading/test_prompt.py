"""A function is graded where it stands."""

import numpy as np
import pytest

import minprune as mp
from minprune.grading.grading import grade


def written(text, **names):
    """The names of a prompt where this text was typed."""
    beside = {"np": np, "__name__": "__main__", **names}
    exec(text, beside)
    return beside


def test_a_function_is_graded_at_a_prompt():
    beside = written("def change_to_second_order(w, g, h):\n    return -g * w + h * w ** 2 / 2")
    grades = mp.grade(beside["change_to_second_order"], seed=0)
    assert (grades.points, grades.of, grades.sheets[0].assignment) == (2, 2, "06_obd_and_orders")
    assert repr(grades).startswith("change_to_second_order: 2 of 2 points (06_obd_and_orders)\n  2/2  change_to_second_")
    wrong = written("def change_to_second_order(w, g, h):\n    return -g * w + h * w ** 2")["change_to_second_order"]
    assert "Most likely: the ½ is missing" in str(grade(wrong, seed=0))


def test_what_it_calls_is_made_right_for_it_and_put_back(folder, solution):
    beside = written(solution("return w"))
    gradient, both = beside["gradient"], beside["both"]
    assert grade(both, seed=0, assignment=folder).points == 3
    assert beside["gradient"] is gradient and beside["both"] is both and gradient(3) == 3
    beside = written(solution().replace("gradient(w) > 0", "missing(gradient)(w) > 0"), missing=lambda function: function)
    del beside["gradient"]
    assert grade(beside["both"], seed=0, assignment=folder).points == 3 and "gradient" not in beside


def test_a_call_of_minprune_is_told(folder):
    beside = written("import minprune as mp\ndef gradient(w):\n"
                     "    return mp.finite_difference(lambda w: (w ** 2).sum(), w)")
    (mark,) = grade(beside["gradient"], seed=0, assignment=folder).sheets[0].marks
    assert mark.points == 2 and mark.uses == ("minprune.finite_difference",)


def test_the_assignment_is_the_one_that_has_the_task(folder):
    with pytest.raises(ValueError, match="no assignment asks for a function 'f'; they ask for pre_activation"):
        grade(written("def f(w): pass")["f"])
    with pytest.raises(ValueError, match="the assignment squares asks for no function 'taylor'; its are gradient, both"):
        grade(written("def taylor(o, do): pass")["taylor"], assignment=folder)
    for name in ("01_the_neuron", "07_batch_norm"):                 # both ask for a function of this name
        named = written(f'ASSIGNMENT = "{name}"\ndef input_gradient():\n    pass')
        assert grade(named["input_gradient"]).sheets[0].assignment == name
