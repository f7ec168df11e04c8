"""The textbook runs, and prints what it says it prints."""

import os
import re

import pytest

from minprune.textbook import chapters
from minprune.textbook.chapters import Block, difference, same


@pytest.mark.parametrize("chapter", chapters.find(), ids=lambda path: path.stem)
def test_every_printed_number_is_in_the_text(chapter):
    with chapters.scratch() as place:
        blocks = list(chapters.run(chapter))
        drawn = {path.name for path in (place / "figures").iterdir()}
    wrong = [f"line {block.line}: {difference(block)}" for block in blocks if difference(block)]
    assert blocks and not wrong, "\n".join(wrong)
    shown = {line.split("figures/")[1].rstrip(")") for line in chapter.read_text(encoding="utf-8").splitlines()
             if line.startswith("![")}
    assert drawn == shown
    assert shown <= {path.name for path in (chapter.parent / "figures").iterdir()}


def write(folder, text):
    path = folder / "07_a_test.md"
    path.write_text(text, encoding="utf-8")
    return path


CHAPTER = """# 7. A test

```python
a = 0.5
print("a is", a)
```

```text
a is 0.5
```

Prose, and a block that prints nothing:

```python
a += 1
```

```python
print(a)
open("figures/f.txt", "w").write("x") and None
```
"""


def test_blocks_share_names_and_know_their_output(tmp_path):
    path = write(tmp_path, CHAPTER)
    with chapters.scratch():
        blocks = list(chapters.run(path))
    assert [block.printed for block in blocks] == ["a is 0.5\n", "", "1.5\n"]
    assert [block.expected for block in blocks] == ["a is 0.5\n", "", ""]
    assert [block.line for block in blocks] == [3, 14, 18]
    assert difference(blocks[0]) is None and "printed 1 words" in difference(blocks[2])


def test_update_writes_outputs_and_figures_and_nothing_else(tmp_path):
    path = write(tmp_path, CHAPTER.replace("a is 0.5\n```", "an old output\n```"))
    chapters.update(path)
    expected = CHAPTER.replace("and None\n```\n", "and None\n```\n\n```text\n1.5\n```\n")
    assert path.read_text(encoding="utf-8") == expected
    assert (tmp_path / "figures" / "f.txt").read_text() == "x"
    chapters.update(path)
    assert path.read_text(encoding="utf-8") == expected


def test_a_chapter_that_fails_is_left_alone_and_says_where(tmp_path):
    text = CHAPTER + "\n```python\n1 / 0\n```\n"
    path = write(tmp_path, text)
    home = os.getcwd()
    with pytest.raises(ZeroDivisionError) as error:
        chapters.update(path)
    assert error.traceback[-1].lineno + 1 == text.splitlines().index("1 / 0") + 1
    assert path.read_text(encoding="utf-8") == text and os.getcwd() == home


def test_show_returns_whether_all_is_as_the_text_says(tmp_path, capsys):
    good = CHAPTER.split("```python\nprint(a)")[0]
    assert chapters.show(write(tmp_path, good)) == 0
    assert "all as the text says" in capsys.readouterr().out
    assert chapters.show(write(tmp_path, good.replace("a is 0.5\n```", "a is 0.7\n```"))) == 1
    assert 'line 3: printed "0.5" where the text has "0.7"' in capsys.readouterr().out


@pytest.mark.parametrize("one, other, equal", [
    ("0.1234", "0.1234", True), ("0.1234", "0.1235", True), ("0.1234", "0.1236", False), ("0.123", "0.1234", False),
    ("98.6", "98.5", True), ("98.6", "98.4", False), ("12", "12", True), ("12", "13", False), ("1,234", "1,234", True),
    ("1,234", "1,235", False), ("-0.5", "−0.5", True), ("1.2e-05", "1.3e-05", True), ("1.2e-05", "1.4e-05", False),
    ("1e-6", "2e-6", True), ("0.5", "-0.5", False), ("word", "word", True), ("word", "words", False)])
def test_numbers_are_compared_to_the_digits_printed(one, other, equal):
    assert same(one, other) is equal


def test_words_and_numbers_inside_brackets():
    assert difference(Block(1, "[0.25] (3, 4) x", "[0.26] (3, 4)  x")) is None
    assert difference(Block(1, "[0.25] (3, 4)", "[0.25] (3, 5)")) is not None
    assert difference(Block(1, "loss 0.25", "Loss 0.25")) is not None
    assert difference(Block(1, "1 2 3", "1 2")) is not None


def test_chapters_are_found_by_number():
    assert [chapters.number(path) for path in chapters.find()] == list(range(1, len(chapters.find()) + 1))
    assert chapters.title(chapters.find(1)[0]).startswith("The method")
    with pytest.raises(ValueError, match="there is no chapter 99"):
        chapters.find(99)


@pytest.mark.parametrize("chapter", chapters.find(), ids=lambda path: path.stem)
def test_formulas_survive_markdown(chapter):
    """A backslash before a sign is Markdown's: some hosts take it away before the formula is read."""
    prose = re.sub(r"^```.*?^```", "", chapter.read_text(encoding="utf-8"), flags=re.M | re.S)
    assert prose.count("$") % 2 == 0
    assert not re.findall(r"\\[^A-Za-z]", prose)
