"""The table of the articles' claims says what the chapters print, in each language."""

import re

import pytest

from minprune.grading.assignments import tutorials_folder

CHAPTER = "05_checking_the_articles.md"
DECIDING = (5, 14, 15)                          # the chapters whose blocks decide claims
ROW = re.compile(r"^\| (\d+) \| ([^|]*) \| ([^|]*) \| ([^|]*) \| ([^|]*) \| [^|]* \|$", re.MULTILINE)
PRINTED = re.compile(r"^claim (\d+): (.+)$", re.MULTILINE)
HEADING = re.compile(r"^## (\d+\.\d+) ", re.MULTILINE)
CHINESE = {"对": "true", "按本意对": "as meant", "错": "false"}
VERDICTS = ("true", "as meant", "false")
SEEN = {51}                                     # with TensorFlow, once: see the table of 5.9


def chapter(name):
    return (tutorials_folder() / name).read_text(encoding="utf-8")


def printed(text):
    """[(number, verdict, section)] of what the chapter's blocks print."""
    starts = [(match.start(), match[1]) for match in HEADING.finditer(text)]
    return [(int(match[1]), match[2], [name for start, name in starts if start < match.start()][-1])
            for match in PRINTED.finditer(text)]


def rows(text):
    """{number: (verdict, sections)} of the table."""
    return {int(number): (CHINESE.get(verdict, verdict), where) for number, _, _, verdict, where in ROW.findall(text)}


def decided():
    """{number: (verdict, section)}, each claim once."""
    texts = [path.read_text(encoding="utf-8") for number in DECIDING
             for path in tutorials_folder().glob(f"{number:02}_*.md")]
    found = [claim for text in texts for claim in printed(text)]
    numbers = [number for number, _, _ in found]
    assert len(set(numbers)) == len(numbers), "a claim is decided twice"
    return {number: (verdict, section) for number, verdict, section in found}


@pytest.mark.parametrize("name", [CHAPTER, f"zh/{CHAPTER}"])
def test_each_row_has_the_verdict_that_its_section_prints(name):
    table, found = rows(chapter(name)), decided()
    assert list(table) == list(range(1, len(table) + 1)) and len(table) > 60
    assert set(found) <= set(table)
    for number, (verdict, where) in table.items():
        if number in found:
            assert verdict == found[number][0] and found[number][1] in where.split(", "), f"claim {number}"
        else:
            assert verdict not in VERDICTS or number in SEEN, f"claim {number} is decided nowhere"


def test_the_sections_that_the_table_names_exist():
    text = "".join(path.read_text(encoding="utf-8") for path in tutorials_folder().glob("[0-9][0-9]_*.md"))
    named = set(re.findall(r"\d+\.\d+", " ".join(where for _, where in rows(chapter(CHAPTER)).values())))
    missing = named - set(HEADING.findall(text))
    assert named and missing == set()
