"""The glossary names files and functions that exist."""

import importlib
import re

import minprune
from minprune.grading.assignments import tutorials_folder

ROW = re.compile(r"^\| ([^|]+) \| ([^|]+) \| ([^|]+) \| `([\w/]+\.py)` \| `([\w.]+)` \| ([\d, ]+) \|$", re.MULTILINE)
ARTICLES = re.compile(r"not there|[12] §\d+(\.\d+)*(, §\d+(\.\d+)*)*(; [12] §\d+(\.\d+)*(, §\d+(\.\d+)*)*)*")


def rows():
    return ROW.findall((tutorials_folder() / "glossary.md").read_text(encoding="utf-8"))


def lookup(path, name):
    """What the file `path` of minprune calls `name`; AttributeError if there is none, or it only imports it."""
    module = importlib.import_module("minprune." + path.removesuffix(".py").replace("/", "."))
    thing = module
    for part in name.split("."):
        thing = getattr(thing, part)
    own = getattr(thing, "__module__", module.__name__)
    if own != module.__name__:
        raise AttributeError(f"{path} takes {name} from {own}")
    return thing


def test_each_file_and_name_exists():
    text = (tutorials_folder() / "glossary.md").read_text(encoding="utf-8")
    before_letters = text.split("## Letters")[0]
    lines = [line for line in before_letters.splitlines() if line.startswith("| ") and not line.startswith("| English")]
    assert len(rows()) == len(lines) > 60                       # no row is overlooked
    assert minprune.score is lookup("scoring/scoring.py", "score")
    for english, chinese, articles, path, name, _ in rows():
        assert lookup(path, name) is not None, english
        assert re.search("[\u4e00-\u9fff]", chinese) and ARTICLES.fullmatch(articles), english


def test_each_term_stands_once():
    for column in (0, 1):
        terms = [row[column] for row in rows()]
        assert len(terms) == len(set(terms))
