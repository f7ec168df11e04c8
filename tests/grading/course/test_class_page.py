"""The page of a class is whole, holds what the table holds, and runs nothing that students wrote."""

from minprune.grading.course.class_page import class_page, distribution

def test_the_page_of_a_class(table, reader):
    read = reader(class_page(table))
    assert read.open == [] and "script" not in read.seen
    assert {link for link in read.links if "_" not in link} == {
        "feedback/an.html", "feedback/bo%209.html", "feedback/bo%2010.html"}
    assert ["an", "1", "2", "3", "4", "10", "10"] in read.rows and ["bo 10", "1", "2", "0", "4", "7", "7"] in read.rows
    assert ["share right; mean points", "75%", "50%", "25%", "75%", "5.5", "5.5"] in read.rows
    assert ["it is squared", "3", ""] in read.rows and ["d.zip", "an archive"] in read.rows
    assert "taylor" in read.texts and ": 1 of 4 right" in read.texts
    assert any("uses minprune.score" in cell for row in read.rows for cell in row)


def test_the_distribution_counts_everybody_once(table):
    bars = distribution(table)
    assert bars[0] == ("0 – 1", 1) and bars[-1] == ("10", 1) and sum(count for _, count in bars) == 4
