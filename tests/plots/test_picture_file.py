"""A figure becomes a file as it is, or the old file stays."""

import os
import pathlib
import re
import sys

import matplotlib
import pytest

import minprune
from minprune import plots
from minprune.plots.style import new_figure


def small():
    """A figure without panels: what is tested here is the file."""
    return new_figure(1, 2)


def with_a_line():
    figure = new_figure(2, 1.5, dpi=30)
    figure.subplots().plot([1, 2])
    return figure


def test_the_same_figure_gives_the_same_bytes_without_version_or_date(tmp_path):
    first = with_a_line()
    for path, figure in [("a.png", first), ("b.png", first), ("c.png", with_a_line())]:
        plots.save(figure, tmp_path / path)
    first = (tmp_path / "a.png").read_bytes()
    assert first.startswith(b"\x89PNG") and b"oftware" not in first and b"atplotlib" not in first
    assert first == (tmp_path / "c.png").read_bytes()
    if tuple(map(int, matplotlib.__version__.split(".")[:2])) >= (3, 11):       # 3.10.9: the layout moved once more
        assert first == (tmp_path / "b.png").read_bytes()
    assert sorted(os.listdir(tmp_path)) == ["a.png", "b.png", "c.png"]


@pytest.mark.parametrize("name, start", [("a.PNG", b"\x89PNG"), ("a.pdf", b"%PDF"), ("a.svg", b"<?xml")])
def test_the_suffix_is_the_format(tmp_path, name, start):
    plots.save(small(), str(tmp_path / name))
    assert (tmp_path / name).read_bytes().startswith(start)


def test_save_has_150_dots_an_inch(tmp_path):
    plots.save(small(), tmp_path / "a.png")
    header = (tmp_path / "a.png").read_bytes()[16:24]
    width, height = int.from_bytes(header[:4], "big"), int.from_bytes(header[4:], "big")
    assert (width, height) == (150, 300)
    figure = plots.removal_curve([0, 0.5], [1, 0.5])
    assert figure.dpi == 150 and figure.get_size_inches().tolist() == [7, 4.5]


@pytest.mark.parametrize("broken", ["savefig", "replace"])
def test_a_failing_save_leaves_the_old_file_as_it_was(tmp_path, monkeypatch, broken):
    figure, path = small(), tmp_path / "a.png"
    path.write_bytes(b"old")

    def fail(*arguments, **settings):
        if broken == "savefig":
            arguments[0].write(b"half a pict")
        raise OSError("disk full")

    monkeypatch.setattr(*((figure, "savefig") if broken == "savefig" else (os, "replace")), fail)
    with pytest.raises(OSError, match="disk full"):
        plots.save(figure, path)
    assert path.read_bytes() == b"old" and os.listdir(tmp_path) == ["a.png"]


@pytest.mark.parametrize("name, error, message", [
    ("a.pgn", ValueError, 'unknown picture format "pgn"; did you mean "png"'),
    ("a", ValueError, 'unknown picture format ""'),
    ("missing/a.png", FileNotFoundError, "there is no folder .*missing"),
])
def test_save_refuses(tmp_path, name, error, message):
    with pytest.raises(error, match=message):
        plots.save(small(), tmp_path / name)
    assert os.listdir(tmp_path) == []


def test_save_refuses_what_is_no_figure(tmp_path):
    with pytest.raises(TypeError, match="figure expects a matplotlib Figure, got dict"):
        plots.save({}, tmp_path / "a.png")


@pytest.mark.parametrize("path, error, message", [
    (3, TypeError, "path expects a path as text or pathlib.Path, got 3"),
    ("a\0.png", ValueError, "path expects a path without the character NUL"), ("", ValueError, "got an empty text")])
def test_save_refuses_what_is_no_path(path, error, message):
    with pytest.raises(error, match=message):
        plots.save(small(), path)


def test_pyplot_is_never_imported(tmp_path, monkeypatch):
    """It looks for a window system. No file imports it, and a figure is drawn and written where nobody can."""
    for path in pathlib.Path(minprune.__file__).parent.rglob("*.py"):
        assert not re.search(r"^\s*(from|import)\b.*\bpy(plot|lab)\b", path.read_text(encoding="utf-8"), re.M), path
    monkeypatch.setitem(sys.modules, "matplotlib.pyplot", None)
    plots.save(with_a_line(), tmp_path / "a.png")
