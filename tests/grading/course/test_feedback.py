"""The feedback for one student: the likely mistake first, nothing of others, nothing that runs."""

from minprune.grading.course.feedback import feedback_page


def test_the_page_of_a_student(table, reader):
    cy, an, bo, other = table.rows
    text = feedback_page(bo, table)
    read = reader(text)
    assert read.open == [] and "script" not in read.seen and "5 of 10 points" in read.texts
    assert text.index("it is squared") < text.index("&lt;script&gt;") and text.count("Most likely:") == 2
    assert "bo 10" not in text and "minprune grade FILE --seed 7" in text
    assert "right in 20 of 20" in feedback_page(an, table) and "<pre>" not in feedback_page(an, table)
    assert "could not be run" in feedback_page(cy, table)


def test_what_was_not_handed_in_is_said(table):
    row = table.rows[1]._replace(sheets={})
    assert "Three scores, and the exact answer" in feedback_page(row, table).split("Not handed in")[1]
