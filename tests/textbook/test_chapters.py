"""The textbook runs, and prints what it says it prints."""

import os
import re

import pytest
from matplotlib.figure import Figure

from cases import each
from minprune.textbook import chapters


def draw(figure, file, **settings):
    """Draw all that is in a figure, which finds what cannot be drawn, and leave the file empty.

    Margins and pixels take three quarters of the time that `savefig` takes, and nothing here looks at them.
    """
    figure.set_layout_engine("none")
    figure.draw_without_rendering()


@pytest.mark.parametrize("chapter", chapters.find(), ids=lambda path: path.stem)
def test_every_printed_number_is_in_the_text(chapter, monkeypatch):
    monkeypatch.setattr(Figure, "savefig", draw)
    with chapters.scratch() as place:
        blocks = list(chapters.run(chapter))
        drawn = {path.name for path in (place / "figures").iterdir()}
    wrong = [f"line {block.line}: {block.difference()}" for block in blocks if block.difference()]
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
    assert blocks[0].difference() is None and "printed 1 words" in blocks[2].difference()


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


def test_chapters_are_found_by_number():
    numbers = [chapters.number(path) for path in chapters.find()]
    assert numbers == sorted(set(numbers)) and numbers[0] == 0
    assert chapters.title(chapters.find(0)[0]).startswith("The method")
    with pytest.raises(ValueError, match="there is no chapter 99"):
        chapters.find(99)


def test_translations_are_found_and_known_as_such():
    paths = chapters.translations()
    assert paths and all(chapters.is_translation(path) and chapters.is_shipped(path) for path in paths)
    assert chapters.find("zh/1") == [path for path in paths if path.name == "01_a_neuron.md"]
    assert [chapters.label(path) for path in (paths[0], *chapters.find(1))] == ["zh/1", "1"]
    assert chapters.original(paths[0]) == chapters.find(1)[0] == chapters.original(chapters.find(1)[0])
    assert chapters.figures_folder(paths[0]) == chapters.figures_folder(chapters.find(1)[0])
    with pytest.raises(ValueError, match="there is no chapter zh/99; there are 0, .*, zh/1"):
        chapters.find("zh/99")


def test_update_of_a_translation_draws_beside_the_chapter(tmp_path, monkeypatch):
    monkeypatch.setattr(chapters, "tutorials_folder", lambda: tmp_path)
    (tmp_path / "zh").mkdir()
    for folder in (tmp_path, tmp_path / "zh"):
        write(folder, CHAPTER)
    assert chapters.update(*chapters.find("zh/7")) == tmp_path / "zh" / "07_a_test.md"
    assert (tmp_path / "figures" / "f.txt").read_text() == "x" and not (tmp_path / "zh" / "figures").exists()
    assert chapters.find(7)[0].read_text(encoding="utf-8") == CHAPTER


def test_a_chapter_that_is_added_is_found_by_itself(tmp_path, monkeypatch):
    monkeypatch.setattr(chapters, "tutorials_folder", lambda: tmp_path)
    paths = [tmp_path / name for name in ("02_older.md", "11_added.md")]
    for path in [*reversed(paths), tmp_path / "README.md"]:
        path.write_text("# 11. Added\n\nProse.\n")
    assert chapters.find() == paths and chapters.find(11) == paths[1:] and chapters.title(paths[1]) == "Added"


@each("chapter", chapters.find())
def test_formulas_survive_markdown(chapter):
    """A backslash before a sign is Markdown's: some hosts take it away before the formula is read."""
    prose = re.sub(r"^```.*?^```", "", chapter.read_text(encoding="utf-8"), flags=re.M | re.S)
    assert prose.count("$") % 2 == 0
    assert not re.findall(r"\\[^A-Za-z]", prose)
