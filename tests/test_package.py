"""What importing minprune brings along, and that the project says of itself what is so."""

import ast
import functools
import importlib
import pathlib
import re
import subprocess
import sys

import pytest

import minprune

ROOT = pathlib.Path(__file__).parent.parent
ORDER = ["engine", "datasets", "training", "recording", "scores", "scoring", "decisions", "pruning", "retraining",
         "evaluation", "strategies", "connections", "plots", "verification", "grading", "studies", "textbook", "cli"]


def test_importing_minprune_imports_no_matplotlib():
    code = "import sys, minprune; print([name for name in sys.modules if name.split('.')[0] == 'matplotlib'])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "[]\n"


@functools.lru_cache(maxsize=None)
def imports(path):
    return list(found_imports(path))


def found_imports(path):
    """("own", module of minprune) or ("foreign", package) of each import of a file."""
    package = path.relative_to(ROOT).parts[:-1]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (("foreign", alias.name.split(".")[0]) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield "foreign", node.module.split(".")[0]
        elif isinstance(node, ast.ImportFrom) and node.level == len(package):
            yield from (("own", name) for name in
                        ([node.module.split(".")[0]] if node.module else [alias.name for alias in node.names]))


def test_only_numpy_matplotlib_and_the_standard_library():
    files = [*ROOT.glob("minprune/**/*.py"), *ROOT.glob("tests/**/*.py")]
    assert len(files) > 40
    ours = {path.stem for path in ROOT.glob("tests/benchmarks/*.py")} | {"minprune", "conftest", "cores"}
    allowed = {*sys.stdlib_module_names, "numpy", "matplotlib", "pytest"} | ours
    for path in files:
        assert {name for kind, name in imports(path) if kind == "foreign"} <= allowed, path


def test_files_import_only_what_stands_above_them():
    for path in (ROOT / "minprune").rglob("*.py"):
        part = path.relative_to(ROOT / "minprune").parts[0].removesuffix(".py")
        if part in ORDER:
            used = [name for kind, name in imports(path) if kind == "own" and name in ORDER and name != part]
            assert all(ORDER.index(name) < ORDER.index(part) for name in used), (path, used)


def test_every_subpackage_is_installed():
    folders = {".".join(path.parent.relative_to(ROOT).parts) for path in ROOT.glob("minprune/**/__init__.py")}
    packages = set(re.findall(r'"(minprune[\w.]*)"', re.search(r"^packages = \[(.*?)\]",
                   (ROOT / "pyproject.toml").read_text(), re.M | re.S)[1]))
    assert packages == folders | {"minprune.tutorials"}


def test_the_readme_and_ci_run_the_same_tests():
    command = 'python3 -m venv .venv && .venv/bin/pip install -q -e ".[test]" && .venv/bin/python -m pytest'
    assert command in (ROOT / "README.md").read_text(encoding="utf-8")
    assert command in (ROOT / ".ci" / "run").read_text(encoding="utf-8")


def test_the_version_is_the_one_that_is_installed():
    assert f'version = "{minprune.__version__}"' in (ROOT / "pyproject.toml").read_text()


def test_everything_that_is_imported_later_is_there():
    for name, module in minprune.LATER.items():
        assert getattr(minprune, name) is not None and name in dir(minprune)
        found = importlib.import_module(f"minprune.{module}")
        assert getattr(minprune, name) is (found if name == module else getattr(found, name))
    with pytest.raises(AttributeError, match="has no attribute 'prun'"):
        minprune.prun


def test_importing_minprune_imports_nothing_of_what_comes_later():
    code = "import sys, minprune; print([name for name in minprune.LATER.values() if f'minprune.{name}' in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "[]\n"
