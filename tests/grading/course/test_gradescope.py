"""results.json is what Gradescope's specification says: keys, kinds and values."""

import json

from minprune.grading.course.gradescope import results_json
from minprune.grading.grades import Grades
from minprune.grading.submissions import LeftOut

# {key: what its value is}, from gradescope-autograders.readthedocs.io/en/latest/specs
TOP = {"score": (int, float), "execution_time": (int, float), "output": str, "output_format": str,
       "test_output_format": str, "test_name_format": str, "visibility": str, "stdout_visibility": str,
       "extra_data": dict, "tests": list, "leaderboard": list}
TEST = {"score": (int, float), "max_score": (int, float), "status": str, "name": str, "name_format": str, "number": str,
        "output": str, "output_format": str, "tags": list, "visibility": str, "extra_data": dict}
CHOICES = {"visibility": {"hidden", "after_due_date", "after_published", "visible"}, "status": {"passed", "failed"},
           "stdout_visibility": {"hidden", "after_due_date", "after_published", "visible"},
           "output_format": {"text", "html", "simple_format", "md", "ansi"}}


def assert_known(plain, kinds):
    for key, value in plain.items():
        assert isinstance(value, kinds[key]), key
        assert value in CHOICES.get(key, {value}) if key in CHOICES else True, key


def test_results_are_as_the_specification_says(table):
    for row in table.rows:
        grades = Grades(7, tuple(row.sheets.values()), table.left_out)
        plain = json.loads(json.dumps(results_json(grades), allow_nan=False))
        assert_known(plain, TOP)
        for test in plain["tests"]:
            assert_known(test, TEST)
            assert 0 <= test["score"] <= test["max_score"]
        assert plain["score"] == sum(test["score"] for test in plain["tests"]) == row.points
        assert "d.zip is not graded: an archive" in plain["output"] and "--seed 7" in plain["output"]
    assert [test["number"] for test in plain["tests"]] == ["4.1", "4.2", "4.3", "4.4"]
    assert plain["tests"][2]["status"] == "failed" and "it is squared" in plain["tests"][2]["output"]
    assert plain["tests"][3]["extra_data"] == {"mistake": None, "uses": ["minprune.score"]}
    assert plain["extra_data"]["notes"][0].startswith("04_three_scores: it opens ")


def test_a_name_without_a_number_gets_none(table):
    sheet = table.rows[1].sheets["04_three_scores"]._replace(assignment="squares")
    assert results_json(Grades(7, (sheet,), (LeftOut("a", "b", False),)))["tests"][0]["number"] == "1"
