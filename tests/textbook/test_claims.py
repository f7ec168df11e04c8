"""The table of the articles' claims says what the chapters print, in each language."""

import re

import pytest

from minprune.grading.assignments import tutorials_folder

CHAPTER = "05_checking_the_articles.md"
ROW = re.compile(r"^\| (\d+) \| ([^|]*) \| ([^|]*) \| ([^|]*) \| ([^|]*) \| [^|]* \|$", re.MULTILINE)
PRINTED = re.compile(r"^claim (\d+): (.+)$", re.MULTILINE)
HEADING = re.compile(r"^## (\d+\.\d+) ", re.MULTILINE)
CHINESE = {"对": "true", "按本意对": "as meant", "错": "false"}
VERDICTS = ("true", "as meant", "false")


def chapter(name):
    return (tutorials_folder() / name).read_text(encoding="utf-8")


def printed(text):
    """{number: (verdict, section)} of what the chapter's blocks print."""
    starts = [(match.start(), match[1]) for match in HEADING.finditer(text)]
    found = {}
    for match in PRINTED.finditer(text):
        section = [name for start, name in starts if start < match.start()][-1]
        assert int(match[1]) not in found, f"claim {match[1]} is decided twice"
        found[int(match[1])] = match[2], section
    return found


def rows(text):
    """{number: (verdict, sections)} of the table."""
    return {int(number): (CHINESE.get(verdict, verdict), where) for number, _, _, verdict, where in ROW.findall(text)}


def all_printed():
    here, there = printed(chapter(CHAPTER)), printed(chapter("14_ten_questions.md"))
    assert not set(here) & set(there)
    return here | there


@pytest.mark.parametrize("name", [CHAPTER, f"zh/{CHAPTER}"])
def test_each_row_has_the_verdict_that_its_section_prints(name):
    table, decided = rows(chapter(name)), all_printed()
    assert list(table) == list(range(1, len(table) + 1)) and len(table) > 60
    assert set(decided) <= set(table)
    for number, (verdict, where) in table.items():
        if number in decided:
            assert verdict == decided[number][0] and decided[number][1] in where.split(", "), f"claim {number}"
        else:
            assert verdict not in VERDICTS or "," in where, f"claim {number} is decided nowhere"     # seen elsewhere


def test_the_sections_that_the_table_names_exist():
    text = chapter(CHAPTER) + chapter("14_ten_questions.md")
    sections = set(HEADING.findall(text))
    named = set(re.findall(r"\d+\.\d+", " ".join(where for _, where in rows(text).values())))
    assert named and named <= sections


def test_both_languages_run_the_same_code_and_print_the_same():
    blocks = [re.findall(r"^```(?:python|text)\n.*?^```$", chapter(name), re.M | re.S)
              for name in (CHAPTER, f"zh/{CHAPTER}")]
    assert blocks[0] == blocks[1] and len(blocks[0]) > 40
