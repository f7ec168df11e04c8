"""The notebooks hold what the chapters hold: prose, code, outputs, figures."""

import base64
import hashlib
import json
import os
import pathlib
import re
import sys
import zlib

import numpy as np
import pytest

from minprune.grading.assignments import tutorials_folder
from minprune.textbook import chapters, notebooks
from minprune.textbook.links import Links
from minprune.textbook.small_pictures import on_white, png, smaller

CHAPTERS = [*chapters.find(), *chapters.translations()]


def stored(chapter):
    return json.loads(notebooks.place(chapter, notebooks.folder()).read_text(encoding="utf-8"))


def without_pictures(notebook):
    for cell in notebook["cells"]:
        for output in cell.get("outputs", []):
            if "data" in output:
                output["data"]["image/png"] = ""
    return notebook


def test_each_chapter_has_its_notebook_and_no_other_is_there():
    paths = {notebooks.place(chapter, notebooks.folder()) for chapter in CHAPTERS}
    assert paths == set(notebooks.folder().rglob("*.ipynb")), "`minprune tutorial --notebooks` writes them anew"


@pytest.mark.parametrize("chapter", CHAPTERS, ids=chapters.label)
def test_the_notebook_is_the_chapter(chapter):
    """All but the pictures, which a checksum of the figure's file stands for."""
    links = Links(chapter, notebooks.place(chapter, notebooks.folder()).parent, notebooks.folder())
    made = notebooks.notebook(chapter, links, picture=lambda path: b"")
    found = stored(chapter)
    pictures = [output["data"]["image/png"] for cell in found["cells"] for output in cell.get("outputs", [])
                if "data" in output]
    cells, wanted = (without_pictures(one)["cells"] for one in (found, made))
    different = ["".join(cell["source"])[:60] for cell in wanted if cell not in cells]
    assert not different, f"written anew by `minprune tutorial --notebooks`: {different[:3]}"
    assert without_pictures(found) == without_pictures(made)
    text = chapter.read_text(encoding="utf-8")
    assert len(pictures) == text.count("\n![") and sum(map(len, pictures)) < 400_000
    assert all(base64.b64decode(picture[:16]).startswith(b"\x89PNG") for picture in pictures)


def test_a_notebook_as_the_format_asks():
    """nbformat 4.5: what each kind of cell and of output has, an id of 1 to 64 signs each, all different."""
    found = stored(CHAPTERS[0])
    assert (found["nbformat"], found["nbformat_minor"]) == (4, 5) and set(found) == {"cells", "metadata", "nbformat",
                                                                                  "nbformat_minor"}
    ids = [cell["id"] for cell in found["cells"]]
    assert len(set(ids)) == len(ids) and all(re.fullmatch("[a-zA-Z0-9_-]{1,64}", one) for one in ids)
    code = [cell for cell in found["cells"] if cell["cell_type"] == "code"]
    assert [cell["execution_count"] for cell in code] == list(range(1, len(code) + 1))
    for cell in found["cells"]:
        own = {"outputs", "execution_count"} if cell["cell_type"] == "code" else set()
        assert set(cell) == {"cell_type", "id", "metadata", "source"} | own
        assert all(line.endswith("\n") for line in cell["source"][:-1]) and not cell["source"][-1].endswith("\n")
        for output in cell.get("outputs", []):
            assert set(output) == ({"output_type", "name", "text"} if output["output_type"] == "stream"
                                   else {"output_type", "data", "metadata"})


CHAPTER = '''# 3. A test

Prose, [chapter 1](01_a_neuron.md#here), [a site](https://example.org), `[code](x.md)`.

```sh
# no heading
```

## 3.1 A part

```python
a = [3, 1]
a.pop()
```

```python
print(a)
plots.save(figure, "figures/f.png")
```

```text
[3]
```

![What it shows](figures/f.png)

## 3.2 Exercises

<details>
<summary>Answers</summary>

**1.** One.

```python
print(1)
```

</details>

<details><summary>No code</summary>

Only words.

</details>
'''


@pytest.fixture
def made(tmp_path):
    """The cells of a chapter of one's own, (kind, source)."""
    (tmp_path / "03_a_test.md").write_text(CHAPTER, encoding="utf-8")
    (tmp_path / "figures").mkdir()
    (tmp_path / "figures" / "f.png").write_bytes(png(np.eye(3, dtype=np.uint8), np.uint8([[255, 255, 255], [9, 9, 9]])))
    path = notebooks.write(tmp_path / "03_a_test.md", tmp_path)
    assert path == tmp_path / "03_a_test.ipynb"
    return json.loads(path.read_text(encoding="utf-8"))["cells"]


def test_what_becomes_of_each_part(made, tmp_path):
    sources = ["".join(cell["source"]) for cell in made]
    assert sources[0].startswith("# 3. A test\n\n") and sources[0].endswith("x.md)`.\n\n```sh\n# no heading\n```")
    assert "made from 03_a_test.md by" in sources[1] and 'REPOSITORY = ""' in sources[1]
    assert sources[2:6] == ["## 3.1 A part", "a = [3, 1]\na.pop();",            # the semicolon: show no value
                            'print(a)\nplots.save(figure, "figures/f.png")\ndisplay(Image("figures/f.png"))',
                            "*What it shows*"]
    assert sources[6:10] == ["## 3.2 Exercises", "### Answers", "**1.** One.", "print(1)"]
    assert sources[10:] == ["<details><summary>No code</summary>\n\nOnly words.\n\n</details>"]
    assert made[7]["metadata"] == {"heading_collapsed": True, "jp-MarkdownHeadingCollapsed": True}
    text, picture = made[4]["outputs"]
    assert text == {"name": "stdout", "output_type": "stream", "text": ["[3]\n"]}
    figure = (tmp_path / "figures" / "f.png").read_bytes()
    assert picture["metadata"]["minprune"]["sha256"] == hashlib.sha256(figure).hexdigest()


def test_ids_depend_on_the_content_alone(made, tmp_path):
    again = notebooks.write(tmp_path / "03_a_test.md", tmp_path / "again.ipynb")
    assert json.loads(again.read_text(encoding="utf-8"))["cells"] == made
    text = CHAPTER.replace("## 3.1 A part", "More.\n\n## 3.1 A part\n\nMore.\n\n## A copy\n\n## A copy")
    (tmp_path / "03_a_test.md").write_text(text, encoding="utf-8")
    new = json.loads(notebooks.write(tmp_path / "03_a_test.md", again).read_text(encoding="utf-8"))["cells"]
    assert [cell["id"] for cell in new[-5:]] == [cell["id"] for cell in made[-5:]]
    copies = [cell["id"] for cell in new if cell["source"] == ["## A copy"]]
    assert copies[1] == f"{copies[0]}-2"


def test_links_lead_where_they_led():
    folder = tutorials_folder()
    there, chapter = folder / "notebooks", folder / "zh" / "01_a_neuron.md"
    text = "[a](../02_convolution.md#2.1) [b](../assignments/README.md) [c](#here) [d](https://a.b/c.md) `[e](f.md)`"
    assert Links(chapter, there / "zh", there).relinked(text) == text.replace(
        "02_convolution.md", "02_convolution.ipynb").replace("../assignments", "../../assignments")
    assert Links(chapter, there).target("../02_convolution.md") == "../02_convolution.md"           # not among them
    for cell in stored(chapters.find(3)[0])["cells"]:
        for link in re.findall(r"\]\((?![a-z]+:)([^)#]+)", "".join(cell["source"])):
            assert (there / link).exists(), link


def test_where_a_notebook_cannot_be_written(tmp_path):
    chapter = chapters.find(6)[0]
    with pytest.raises(ValueError, match="expects a folder that exists or a file NAME.ipynb, got '.*x.txt'"):
        notebooks.write(chapter, tmp_path / "x.txt")
    (tmp_path / "mine.md").write_text('```python\nsave("figures/none.png")\n```\n', encoding="utf-8")
    with pytest.raises(ValueError, match="none.png is not there: bring the chapter up to date first"):
        notebooks.write(tmp_path / "mine.md", tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {"mine.md"}


def test_a_picture_of_few_colours_is_the_same(tmp_path):
    """A figure, in a fifth of its bytes, differs little from its file; of few colours nothing is lost."""
    figure = tutorials_folder() / "figures" / "06_ranks.png"
    path = tmp_path / "small.png"
    path.write_bytes(smaller(figure))
    assert np.abs(on_white(path) - on_white(figure)).max() <= 16 and path.stat().st_size < 0.6 * figure.stat().st_size
    palette = np.uint8([[255, 255, 255], [200, 30, 0], [0, 0, 0]])
    path.write_bytes(png(np.arange(12).reshape(3, 4).astype(np.uint8) % 3, palette))
    assert (on_white(path) == palette[np.arange(12).reshape(3, 4) % 3]).all()
    path.write_bytes(smaller(path))
    assert (on_white(path) == palette[np.arange(12).reshape(3, 4) % 3]).all()
    assert zlib.crc32(b"IEND") == int.from_bytes(path.read_bytes()[-4:], "big")


def test_the_first_cell_finds_a_clone(tmp_path, monkeypatch):
    """Its plain lines are run, in a folder inside a clone, where nothing is missing."""
    code = "\n".join(line for line in notebooks.SETUP.format(source="x", repository="").splitlines()
                     if not line.startswith("    %pip") and "IPython" not in line)
    (tmp_path / "minprune" / "textbook").mkdir(parents=True)
    for name in ("tutorials", "empty"):
        (tmp_path / name).mkdir()
    monkeypatch.chdir(tmp_path / "tutorials")
    monkeypatch.setattr("sys.path", [*sys.path])
    monkeypatch.setattr("tempfile.mkdtemp", lambda: str(tmp_path / "empty"))
    names = {}
    exec(code, names)
    assert str(tmp_path) in sys.path and names["missing"] == []
    assert pathlib.Path.cwd() == tmp_path / "empty" and os.listdir() == ["figures"]
