"""What importing minprune brings along, and that the project says of itself what is so."""

import ast
import functools
import importlib
import pathlib
import re
import subprocess
import sys

import numpy as np
import pytest

import minprune
from cases import each

ROOT = pathlib.Path(__file__).parent.parent
PAGE = (ROOT / "tutorials" / "contributing.md").read_text(encoding="utf-8")
ORDER = re.findall(r"^(\w+)(?:/|\.py) +\w", re.search(r"```text\n(.*?)```", PAGE, re.S)[1], re.M)


@functools.lru_cache(maxsize=None)
def modules_after_import():
    """The names of all modules in a fresh process that imported minprune."""
    code = "import sys, minprune; print(*sys.modules)"
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()


def test_importing_minprune_imports_no_matplotlib():
    assert "minprune.engine.network" in modules_after_import()
    assert not [name for name in modules_after_import() if name.split(".")[0] == "matplotlib"]


# A search is a hundred times as fast as Python's own parser. It also finds what stands in texts: a claim about all that
# is found is then a claim about all imports.
FROM_OWN = re.compile(r"\bfrom\s*(\.+)\s*([\w.]*)\s*import\s*(\([^)]*\)|[^\n;]*)")
FROM = re.compile(r"\bfrom\s*([\w.]+)\s*import\b")
IMPORT = re.compile(r"\bimport\s+(\w[^\n;#\"']*)")


@functools.lru_cache(maxsize=None)
def text_of(path):
    return path.read_text(encoding="utf-8")


def own_imports(text):
    """(how many dots, "a.b", ["name", …]) of each `from .a.b import name, …`, in functions and texts as well."""
    for dots, module, names in FROM_OWN.findall(text):
        yield len(dots), module, re.findall(r"(\w+)(?:\s+as\s+\w+)?\s*(?:,|$)", names.strip("()\n \\").split("#")[0])


def rooms_used(path):
    """The rooms that a file of minprune imports from, anywhere in it."""
    package = path.relative_to(ROOT).parts[:-1]
    return {room for dots, module, names in own_imports(text_of(path)) if dots == len(package)
            for room in ([module.split(".")[0]] if module else names)}


def packages_found(text):
    """The names of packages wherever there seems to be an import of one."""
    text = "\n".join(line for line in text.splitlines() if "import" in line)
    names = FROM.findall(text) + [name for names in IMPORT.findall(FROM.sub("", text)) for name in names.split(",")]
    return {re.match(r"\w*", name.strip())[0] for name in names} - {""}


def packages_imported(text):
    """The names of the packages that a file imports, by Python's own parser."""
    nodes = list(ast.walk(ast.parse(text)))
    return {alias.name.split(".")[0] for node in nodes if isinstance(node, ast.Import) for alias in node.names} \
        | {node.module.split(".")[0] for node in nodes if isinstance(node, ast.ImportFrom) and not node.level}


def test_the_search_finds_what_the_parser_finds():
    text = ("import os\nimport numpy as np, json.decoder as j\nfrom a.b import c\nif os: import d; from e import (f,\n"
            " g)\nfrom .own import h\nfrom . import i\n\ndef k():\n    import l.m\n")
    assert packages_found(text) == packages_imported(text) == {"os", "numpy", "json", "a", "d", "e", "l"}
    text = "from . import a, b as c\nif x: from ..d.e import (f,\n    g)\n    from .h import i  # j"
    assert [*own_imports(text)] == [(1, "", ["a", "b"]), (2, "d.e", ["f", "g"]), (1, "h", ["i"])]
    for path in (ROOT / "minprune" / "scoring").glob("*.py"):
        assert packages_found(text_of(path)) >= packages_imported(text_of(path)), path
        nodes = [node for node in ast.walk(ast.parse(text_of(path))) if isinstance(node, ast.ImportFrom) and node.level]
        parsed = sorted((node.level, node.module or "", [alias.name for alias in node.names]) for node in nodes)
        assert sorted(own_imports(text_of(path))) == parsed, path


def test_only_numpy_matplotlib_and_the_standard_library():
    files = [*ROOT.glob("minprune/**/*.py"), *ROOT.glob("tests/**/*.py")]
    assert len(files) > 40
    ours = {path.stem for path in [*ROOT.glob("tests/benchmarks/*.py"), *ROOT.glob("tests/*/")]}
    ours |= {"minprune", "cases", "conftest", "cores", "few_steps", "safetensors_writer", "small_blocks"}
    allowed = {*sys.stdlib_module_names, "numpy", "matplotlib", "pytest"} | ours
    for path in files:
        assert packages_found(text_of(path)) <= allowed or packages_imported(text_of(path)) <= allowed, path


def test_the_order_of_rooms_is_the_one_that_contributors_read():
    rooms = {path.stem for path in (ROOT / "minprune").iterdir() if path.suffix == ".py" or path.is_dir()}
    assert set(ORDER) == rooms - {"__init__", "__main__", "__pycache__"} and len(ORDER) == len(set(ORDER))


def test_files_import_only_what_stands_above_them():
    for path in (ROOT / "minprune").rglob("*.py"):
        part = path.relative_to(ROOT / "minprune").parts[0].removesuffix(".py")
        if part in ORDER:
            used = rooms_used(path) & set(ORDER) - {part}
            assert all(ORDER.index(name) < ORDER.index(part) for name in used), (path, used)


@functools.lru_cache(maxsize=None)
def own_files():
    """All files of minprune: to ask the system for each name takes long."""
    return {*(ROOT / "minprune").rglob("*.py")}


def modules_imported_at_once(path):
    """The files of minprune that a file imports when it is imported, not those inside its functions."""
    package = path.relative_to(ROOT).parts[:-1]
    at_once = "\n".join(re.findall(r"^from\s*\.[^()\n]*(?:\([^)]*\))?", text_of(path), re.M))
    for dots, module, names in own_imports(at_once):
        base = ROOT.joinpath(*package[:len(package) - dots + 1], *module.split("."))
        here = [base.with_suffix(".py"), *(base / f"{name}.py" for name in names)]
        yield from (file for file in here if file in own_files())


def test_there_are_no_import_loops():
    """No file imports itself by way of others; packages' __init__, which only collect names, are left out."""
    files = [path for path in (ROOT / "minprune").rglob("*.py") if not path.name.startswith("__")]
    reached = {path: {file for file in modules_imported_at_once(path) if not file.name.startswith("__")}
               for path in files}
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
    assert not {f"minprune.{module}" for module in minprune.LATER.values()} & {*modules_after_import()}


def files_that_take_part(act):
    """The files of minprune whose functions were called while `act()` ran."""
    files, here = set(), str(ROOT / "minprune")

    def note(frame, event, _):
        if event == "call" and frame.f_code.co_filename.startswith(here):
            files.add(frame.f_code.co_filename)

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        act()
    finally:
        sys.setprofile(before)
    return files


@each("act, most", [(lambda net, x, t: minprune.fit(net, x, t, epochs=1, batch_size=8), 10),
                    (lambda net, x, t: minprune.score(net, "taylor", x, t), 14),
                    (lambda net, x, t: minprune.verify(lambda do, z: do * (z > 0), equals="dL/dz", trials=20), 20)])
def test_who_follows_a_call_opens_few_files(act, most):
    """One batch of training, a score, and the verdict on a false formula, file by file."""
    net = minprune.Network((8, 8, 1), [minprune.Conv2D(4, 3, "relu"), minprune.MaxPool2D(2), minprune.Flatten(),
                                       minprune.Dense(8, "relu"), minprune.Dense(3)])
    x, t = np.ones((8, 8, 8, 1)), np.arange(8) % 3
    minprune.verify, minprune.score, minprune.fit               # imported when it is first asked for
    files = files_that_take_part(lambda: act(net, x, t))
    assert most / 2 < len(files) <= most, sorted(files)
