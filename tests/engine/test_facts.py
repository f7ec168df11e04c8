"""What is not said is refused by name."""

import pytest

from minprune.engine.facts import NotSaid, required


def test_a_fact_that_is_said_is_returned_false_and_zero_too():
    assert [required(fact, "x", "y") for fact in (True, False, 0, ())] == [True, False, 0, ()]


def test_a_fact_that_is_not_said_names_its_owner_and_who_needs_it():
    with pytest.raises(NotSaid, match=r'^layer "a" does not say whether it is linear$'):
        required(None, 'layer "a"', "whether it is linear")
    with pytest.raises(ValueError, match="^it does not say this, which obd needs$"):
        required(None, "it", "this", "obd")
