"""A chapter as a Jupyter notebook (nbformat 4.5): prose, code, what it prints, and its figures.

    ```python block                     a code cell, with the ```text block after it as its output
    a block that saves figures/x.png    the same, with `display(Image("figures/x.png"))` at its end, and the picture
    ![text](figures/x.png)              the text, as the picture's caption
    <details> around blocks             a section of its own, which Jupyter shows folded
    prose                               Markdown cells, one from each heading on

Nothing is run: a notebook holds what the Markdown holds. One code cell is added before the others, which makes minprune
importable and works in an empty folder, as `minprune tutorial` does.
"""

import ast
import base64
import hashlib
import json
import pathlib
import re

from ..engine import storage
from . import chapters
from .links import Links
from .small_pictures import smaller

SETUP = '''\
# This notebook is made from {source} by `minprune tutorial --notebooks`.
# This cell finds or installs what the others import, and goes to an empty folder.
import importlib.util, os, pathlib, sys, tempfile
from IPython.display import Image

REPOSITORY = "{repository}"     # what pip installs where minprune is not installed and this notebook is in no clone
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")              # small networks are faster with one thread
here = pathlib.Path.cwd()
sys.path += [str(folder) for folder in [here, *here.parents] if (folder / "minprune/textbook").is_dir()]
missing = [name for name in ("numpy", "matplotlib", "minprune") if importlib.util.find_spec(name) is None]
if missing:
    packages = " ".join(REPOSITORY if name == "minprune" else name for name in missing)
    assert "minprune" not in missing or REPOSITORY, 'write into REPOSITORY "git+https://…" or the path of a clone'
    %pip install -q {{packages}}
    importlib.invalidate_caches()
import minprune
os.chdir(tempfile.mkdtemp())
os.mkdir("figures")'''

FIGURE = re.compile(r'"figures/([\w.-]+\.png)"')
IMAGE = re.compile(r"^!\[(?P<caption>[^\]]*)\]\((?:\.\./)*figures/[^)]*\)$", re.MULTILINE)
FOLD = re.compile(r"<details>\s*<summary>(.*?)</summary>\s*(.*?)^</details>$", re.MULTILINE | re.DOTALL)
HEADING = re.compile(r"^(?=#{1,3} )", re.MULTILINE)
FENCED = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
FOLDED = "### "                         # the heading of what was folded: chapters have none of this depth


# ------------------------------------------------------------------------------------- writing


def folder():
    """Where the notebooks of all chapters lie."""
    return chapters.tutorials_folder() / "notebooks"


def place(chapter, where):
    """The path of a shipped chapter's notebook among those of all chapters in the folder `where`."""
    return where / chapter.resolve().relative_to(chapters.tutorials_folder().resolve()).with_suffix(".ipynb")


def write(chapter, path, repository="", among=None):
    """Write a chapter's notebook to `path`, or into that folder under the chapter's name; return its path.

    repository  what pip installs minprune from where the notebook is opened away from a clone
    among       the folder of all notebooks, if this is one of them: they link to each other, others to the chapters
    """
    path = pathlib.Path(path)
    if path.is_dir():
        path = path / f"{chapter.stem}.ipynb"
    if path.suffix != ".ipynb":
        raise ValueError(f"a notebook expects a folder that exists or a file NAME.ipynb, got {str(path)!r}")
    text = as_text(notebook(chapter, Links(chapter, path.parent.resolve(), among), repository))
    with storage.atomic(path, "t") as file:
        file.write(text)
    return path


def write_all(where=None, repository="", only=None):
    """Write the notebooks of all chapters, translations too, or of those in `only`, into the folder `where`; yield the
    path of each."""
    where = pathlib.Path(where or folder()).resolve()
    for chapter in chapters.shipped() if only is None else only:
        path = place(chapter, where)
        path.parent.mkdir(parents=True, exist_ok=True)
        yield write(chapter, path, repository, where)


def as_text(notebook):
    """The notebook as the text of its file, as Jupyter writes it."""
    return json.dumps(notebook, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


# ------------------------------------------------------------------------------------- cells


def notebook(chapter, links, repository="", picture=smaller):
    """The notebook of a chapter, as JSON has it; `picture` makes the bytes that are shown of the path of a figure."""
    text = FOLD.sub(unfolded, chapter.read_text(encoding="utf-8"))
    cells, end = [], 0
    for match in chapters.BLOCK.finditer(text):
        cells += prose(text[end:match.start()], links)
        cells.append(code_cell(match["code"], match["text"], chapters.figures_folder(chapter), picture))
        end = match.end()
    cells += prose(text[end:], links)
    cells.insert(1, code_cell(SETUP.format(source=links.source(), repository=repository)))
    number(cells)
    python = {"display_name": "Python 3", "language": "python", "name": "python3"}
    return {"cells": cells, "metadata": {"kernelspec": python, "language_info": {"name": "python"}},
            "nbformat": 4, "nbformat_minor": 5}


def unfolded(match):
    """What a <details> holds, under its summary as a heading, if there is code in it: cells cannot lie in a cell."""
    summary, content = match.groups()
    return f"{FOLDED}{summary}\n\n{content}" if "```python" in content else match[0]


def prose(text, links):
    """The Markdown cells of the prose between two blocks of code: one from each heading on."""
    text = IMAGE.sub(lambda match: f"*{match['caption']}*", text)
    hidden = FENCED.sub(lambda match: " " * len(match[0]), text)       # a comment in code is no heading
    starts = [0, *(match.start() for match in HEADING.finditer(hidden)), len(text)]
    parts = [text[start:end].strip() for start, end in zip(starts, starts[1:])]
    return [cell for part in parts if part for cell in markdown_cells(links.relinked(part))]


def markdown_cells(text):
    """A cell of Markdown; of a folded section two, of which the first, its heading, is what stays to be seen."""
    if not text.startswith(FOLDED):
        return [{"cell_type": "markdown", "metadata": {}, "source": lines(text)}]
    heading, _, rest = text.partition("\n")
    folded = {"heading_collapsed": True, "jp-MarkdownHeadingCollapsed": True}      # JupyterLab's, old and new
    return [{"cell_type": "markdown", "metadata": folded, "source": [heading]},
            *(markdown_cells(rest.strip()) if rest.strip() else [])]


def code_cell(code, printed=None, figures=None, picture=smaller):
    """A cell of code with what it prints and the figures that it saves."""
    names = FIGURE.findall(code) if figures else []
    outputs = [{"name": "stdout", "output_type": "stream", "text": lines(printed)}] if printed else []
    outputs += [shown(figures / name, picture) for name in names]
    code = code.strip("\n") if names else quiet(code.strip("\n"))
    source = "\n".join([code, *(f'display(Image("figures/{name}"))' for name in names)])
    return {"cell_type": "code", "execution_count": None, "metadata": {}, "outputs": outputs, "source": lines(source)}


def shown(path, picture):
    """A figure as an output. Its file's checksum tells later whether it is still the one that was shown."""
    if not path.is_file():
        raise ValueError(f"the figure {path} is not there: bring the chapter up to date first, with --update")
    data = path.read_bytes()
    return {"data": {"image/png": base64.b64encode(picture(path)).decode() + "\n", "text/plain": [f"<{path.name}>"]},
            "metadata": {"minprune": {"sha256": hashlib.sha256(data).hexdigest()}}, "output_type": "display_data"}


def quiet(code):
    """The code with a semicolon after its last line where Jupyter would show the value of this line."""
    if "\n    %" in code:                                               # a magic command: only in the cell that we add
        return code
    last = ast.parse(code).body[-1:]
    shows = last and isinstance(last[0], ast.Expr) and not is_print(last[0].value) and not code.endswith(";")
    return f"{code};" if shows else code


def is_print(value):
    return isinstance(value, ast.Call) and getattr(value.func, "id", "") == "print"


def number(cells):
    """Give each cell an id made from its content, and the code cells the numbers in which they ran."""
    seen, count = {}, 0
    for cell in cells:
        name = hashlib.sha256("".join([cell["cell_type"], *cell["source"]]).encode()).hexdigest()[:12]
        seen[name] = seen.get(name, 0) + 1
        cell["id"] = name if seen[name] == 1 else f"{name}-{seen[name]}"
        if cell["cell_type"] == "code":
            count += 1
            cell["execution_count"] = count


def lines(text):
    return text.splitlines(keepends=True)
