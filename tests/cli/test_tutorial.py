"""`minprune tutorial`: chapters listed, and run."""

import pytest


def test_tutorial_lists_the_chapters(call):
    code, printed, _ = call("tutorial")
    assert code == 0 and printed.startswith("  1  The method, first on paper")


@pytest.mark.parametrize("arguments, message", [
    (["tutorial", "99"], "there is no chapter 99"),
    (["tutorial", "one"], "N: expects a whole number")])
def test_a_bad_number_gets_one_line(refused, arguments, message):
    assert message in refused(*arguments)
