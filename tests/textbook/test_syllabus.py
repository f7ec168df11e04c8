"""The syllabus has every chapter and assignment, and says of each what it says itself."""

import re

from minprune.grading import assignments
from minprune.grading.assignments import tutorials_folder
from minprune.textbook import chapters

TEXT = (tutorials_folder() / "README.md").read_text(encoding="utf-8")
ROWS = {int(row[0]): row[1:] for row in re.findall(r"^\| (\d+) \|" + r" ?([^|]*?) ?\|" * 5 + "$", TEXT, re.MULTILINE)}
OF_A_BRIEF = re.compile(r"\(assignments/(\w+)/brief\.md\)")


def test_it_has_sixteen_chapters_and_links_those_that_exist():
    assert list(ROWS) == list(range(16))
    for path in chapters.find():
        name = ROWS[chapters.number(path)][0]
        assert name == f"[{chapters.title(path)}]({path.name})", f"the syllabus calls chapter {path.name} {name}"
    linked = {number for number, row in ROWS.items() if row[0].startswith("[")}
    assert linked == {chapters.number(path) for path in chapters.find()}
    assert all(f"(zh/{path.name})" in TEXT and chapters.title(path) in TEXT for path in chapters.translations())


def test_each_chapter_takes_as_long_and_has_the_assignment_that_it_says():
    told = 0
    for path in chapters.find():
        head = path.read_text(encoding="utf-8").split("\n## ")[0]
        _, _, _, takes, assignment = ROWS[chapters.number(path)]
        if said := re.search(r"^\| It takes \| ([^;|]*)", head, re.MULTILINE):
            told += 1
            assert said[1].strip() == takes, path.name
        assert set(OF_A_BRIEF.findall(head)) <= set(OF_A_BRIEF.findall(assignment)), path.name
    assert told > 8


def test_every_assignment_goes_with_a_chapter():
    found = [(name, number) for row in ROWS.values() for number, name in
             re.findall(r"\[(\d+)\]\(assignments/(\w+)/brief\.md\)", row[4])]
    assert {name for name, _ in found} == set(assignments.names())
    assert all(int(name[:2]) == int(number) for name, number in found)


def test_its_links_lead_somewhere():
    links = re.findall(r"\]\((?!https?:)([^)#]+)\)", TEXT)
    assert len(links) > 30 and [link for link in links if not (tutorials_folder() / link).exists()] == []
