"""The chapters in Chinese have the code, outputs, figures and sections of the English ones, which are run."""

import re

import pytest

from cases import each
from minprune.grading.assignments import tutorials_folder

CHAPTERS = sorted(tutorials_folder().glob("[0-9][0-9]_*.md"))
TRANSLATIONS = sorted((tutorials_folder() / "zh").glob("[0-9][0-9]_*.md"))
LINK = re.compile(r"\]\((?!https?:|#)([^)#]+)")


def found(pattern, path):
    return re.findall(pattern, path.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("path", TRANSLATIONS, ids=lambda path: path.stem)
def test_a_translation_has_what_the_english_chapter_has(path):
    english = tutorials_folder() / path.name
    for what in (r"^```(?:python|text)\n.*?^```$", r"^!\[[^\]]*\]\([./]*(figures/[^)]+)\)", r"^## (\d+\.\d+) "):
        assert found(what, path) == found(what, english) != []
    prose = re.sub(r"^```.*?^```", "", path.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    assert prose.count("$") % 2 == 0 and not re.findall(r"\\[^A-Za-z]", prose)


@each("path", [*CHAPTERS, *TRANSLATIONS])
def test_links_to_other_files_lead_there(path):
    prose = re.sub(r"^```.*?^```", "", path.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    missing = [link for link in LINK.findall(prose) if not (path.parent / link).exists()]
    assert missing == []
