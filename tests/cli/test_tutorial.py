"""`minprune tutorial`: chapters listed, run, and made into notebooks."""

import json

import pytest

from minprune.textbook import chapters, notebooks


def test_tutorial_lists_the_chapters(call):
    code, printed, _ = call("tutorial")
    assert code == 0 and printed.startswith("   0  The method, first on paper")
    assert "\nzh/1  " in printed and len(printed.splitlines()) == len([*chapters.find(), *chapters.translations()])


@pytest.mark.parametrize("arguments, message", [
    (["tutorial", "99"], "there is no chapter 99"),
    (["tutorial", "one"], "N|zh/N|FILE.md: expects a whole number"),
    (["tutorial", "zh/99"], "there is no chapter zh/99"),
    (["tutorial", "--notebook"], "--notebook expects the chapter before it"),
    (["tutorial", "1", "--notebooks"], "--notebooks writes all chapters and expects no N"),
    (["tutorial", "1", "--notebook", "x.txt"], "expects a folder that exists or a file NAME.ipynb"),
    (["tutorial", "none.md"], "there is no file"), (["tutorial", "none.md", "--update"], "there is no file")])
def test_a_bad_number_gets_one_line(refused, arguments, message):
    assert message in refused(*arguments)


CHAPTER = """# A chapter of mine

```python
a = 2
print("a is", a)
```

```text
a is 2
```

```python
def halve(number):
    return number / 0

print("before")
halve(a)
```
"""


def test_a_chapter_of_ones_own_is_run(call, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.md").write_text(CHAPTER.replace("/ 0", "/ 2"), encoding="utf-8")
    code, printed, _ = call("tutorial", "mine.md")
    assert code == 1 and printed.startswith("A chapter of mine\n") and "--- line 3\na is 2\n" in printed
    assert "line 12: printed 1 words and numbers where the text has 0" in printed          # "before"
    assert call("tutorial", "mine.md", "--update")[0] == 0
    assert "```text\nbefore\n```" in (tmp_path / "mine.md").read_text(encoding="utf-8")
    assert call("tutorial", "mine.md")[:2][0] == 0


def test_a_chapter_that_raises_says_in_which_block_on_which_line_and_why(call, tmp_path):
    path = tmp_path / "mine.md"
    path.write_text(CHAPTER, encoding="utf-8")
    code, printed, _ = call("tutorial", str(path))
    assert code == 1 and "block 2 (line 12) raised ZeroDivisionError on line 14:" in printed
    assert f'File "{path}", line 17, in <module>' in printed and "return number / 0" in printed
    assert printed.rstrip().endswith("ZeroDivisionError: division by zero") and "chapters.py" not in printed
    code, _, told = call("tutorial", str(path), "--update")
    assert code == 1 and "is left as it was: block 2 (line 12) raised ZeroDivisionError" in told
    assert path.read_text(encoding="utf-8") == CHAPTER


@pytest.mark.parametrize("code, told", [
    ("a = (1", "block 1 (line 1) raised SyntaxError on line 2:"), ("x =\n1", "raised SyntaxError on line 2:"),
    ("pass\nexit(0)", "block 1 (line 1) raised SystemExit on line 3:"),
    ("import json\n\njson.loads('{')", "block 1 (line 1) raised JSONDecodeError on line 4:")])
def test_whatever_it_raises(code, told, call, tmp_path):
    path = tmp_path / "mine.md"
    path.write_text(f"```python\n{code}\n```\n", encoding="utf-8")
    exit_code, printed, _ = call("tutorial", str(path))
    assert exit_code == 1 and told in printed


def test_a_file_without_code_is_no_chapter(refused, tmp_path):
    path = tmp_path / "mine.md"
    path.write_text("# Prose\n", encoding="utf-8")
    assert "has no ```python block to run" in refused("tutorial", str(path))


@pytest.fixture
def books(tmp_path, monkeypatch):
    """A book of two chapters and a translation."""
    monkeypatch.setattr(chapters, "tutorials_folder", lambda: tmp_path)
    (tmp_path / "zh").mkdir()
    for name, title in (("01_one.md", "1. One"), ("02_two.md", "2. Two"), ("zh/01_one.md", "1. 一")):
        (tmp_path / name).write_text(f"# {title}\n\n[2](02_two.md)\n\n```python\nprint(1 + 1)\n```\n", encoding="utf-8")
    return tmp_path


def test_a_translation_is_run_by_its_name_or_its_path(call, books):
    assert call("tutorial", "zh/1", "--update")[0] == 0
    assert "```text\n2\n```" in (books / "zh" / "01_one.md").read_text(encoding="utf-8")
    for name in ("zh/1", str(books / "zh" / "01_one.md")):
        code, printed, _ = call("tutorial", name)
        assert code == 0 and printed.startswith("一\n") and "all as the text says" in printed


def test_notebooks_of_one_chapter_and_of_all(call, books, monkeypatch):
    monkeypatch.chdir(books)
    assert call("tutorial", "2", "--notebook")[:2] == (0, "02_two.ipynb\n")
    assert call("tutorial", "zh/1", "--notebook", "mine.ipynb", "--repository", "git+https://a.b/c")[0] == 0
    cells = json.loads((books / "mine.ipynb").read_text(encoding="utf-8"))["cells"]
    assert 'REPOSITORY = "git+https://a.b/c"' in "".join(cells[1]["source"])
    code, printed, _ = call("tutorial", "--notebooks")
    assert code == 0 and printed.splitlines() == [str(books / "notebooks" / name) for name in
                                                  ("01_one.ipynb", "02_two.ipynb", "zh/01_one.ipynb")]
    cells = json.loads((books / "notebooks" / "01_one.ipynb").read_text(encoding="utf-8"))["cells"]
    assert cells[0]["source"][-1] == "[2](02_two.ipynb)" and cells[2]["source"] == ["print(1 + 1)"]


def test_update_keeps_the_notebook_in_step(call, books):
    assert call("tutorial", "2", "--update")[0] == 0
    text = (notebooks.folder() / "02_two.ipynb").read_text(encoding="utf-8")
    assert json.loads(text)["cells"][2]["outputs"][0]["text"] == ["2\n"]
    assert [path.name for path in notebooks.folder().iterdir()] == ["02_two.ipynb"]
