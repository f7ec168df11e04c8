"""The table for spreadsheets."""

import csv
import io

from minprune.grading.course.points_csv import points_csv


def test_points_by_student_and_task(table):
    rows = list(csv.reader(io.StringIO(points_csv(table))))
    assert rows[0] == ["student", "04_three_scores weight_norm", "04_three_scores activity", "04_three_scores taylor",
                       "04_three_scores removal", "04_three_scores", "points", "of"]
    assert rows[2] == ["an", "1", "2", "3", "4", "10", "10", "10"]
    assert rows[1][0] == "'=cy"                 # no formula


def test_what_was_not_handed_in_is_empty(table):
    table = table._replace(rows=(table.rows[1]._replace(sheets={}),))
    assert points_csv(table).splitlines()[1] == "an,,,,,,0,10"
