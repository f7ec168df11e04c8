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
PAGE = (ROOT / "tutorials" / "contributing.md").read_text(encoding="utf-8")
ORDER = re.findall(r"^(\w+)(?:/|\.py) +\w", re.search(r"```text\n(.*?)```", PAGE, re.S)[1], re.M)


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
    ours = {path.stem for path in [*ROOT.glob("tests/benchmarks/*.py"), *ROOT.glob("tests/*/")]}
    ours |= {"minprune", "conftest", "cores", "safetensors_writer", "small_blocks"}
    allowed = {*sys.stdlib_module_names, "numpy", "matplotlib", "pytest"} | ours
    for path in files:
        assert {name for kind, name in imports(path) if kind == "foreign"} <= allowed, path


def test_the_order_of_rooms_is_the_one_that_contributors_read():
    rooms = {path.stem for path in (ROOT / "minprune").iterdir() if path.suffix == ".py" or path.is_dir()}
    assert set(ORDER) == rooms - {"__init__", "__main__", "__pycache__"} and len(ORDER) == len(set(ORDER))


def test_files_import_only_what_stands_above_them():
    for path in (ROOT / "minprune").rglob("*.py"):
        part = path.relative_to(ROOT / "minprune").parts[0].removesuffix(".py")
        if part in ORDER:
            used = [name for kind, name in imports(path) if kind == "own" and name in ORDER and name != part]
            assert all(ORDER.index(name) < ORDER.index(part) for name in used), (path, used)


def modules_imported_at_once(path):
    """The files of minprune that a file imports when it is imported, not those inside its functions."""
    package = path.relative_to(ROOT).parts[:-1]
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.ImportFrom) and node.level:
            base = ROOT.joinpath(*package[:len(package) - node.level + 1], *(node.module or "").split("."))
            for name in ("", *(alias.name for alias in node.names)):
                yield from (file for file in ((base / name).with_suffix(".py"), base.with_suffix(".py")) if file.is_file())


def test_there_are_no_import_loops():
    """No file imports itself by way of others; packages' __init__, which only collect names, are left out."""
    files = [path for path in (ROOT / "minprune").rglob("*.py") if not path.name.startswith("__")]
    reached = {path: {file for file in modules_imported_at_once(path) if not file.name.startswith("__")} for path in files}
    while files:
        free = [path for path in files if not reached[path] & set(files) - {path}]
        assert free, f"these import each other: {[str(path.relative_to(ROOT)) for path in files]}"
        files = [path for path in files if path not in free]


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
    code = "import sys, minprune; print([one for one in minprune.LATER.values() if f'minprune.{one}' in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "[]\n"
