"""A figure becomes a file as it is, or the old file stays."""

import os
import subprocess
import sys

import numpy as np
import pytest

from minprune import plots

SCORES = {"conv1": np.array([3.0, 1.0, 2.0]), "dense1": np.array([0.5, -4.0, 1.5, 5.0])}
KEEP = {"conv1": np.array([True, False, True]), "dense1": np.array([False, False, True, True])}


def test_the_same_figure_gives_the_same_bytes_without_version_or_date(tmp_path):
    figure = plots.scores(SCORES, KEEP)
    for path, one in [("a.png", figure), ("b.png", figure), ("c.png", plots.scores(SCORES, KEEP))]:
        plots.save(one, tmp_path / path)
    first = (tmp_path / "a.png").read_bytes()
    assert first.startswith(b"\x89PNG") and b"oftware" not in first and b"atplotlib" not in first
    assert first == (tmp_path / "b.png").read_bytes() == (tmp_path / "c.png").read_bytes()
    assert sorted(os.listdir(tmp_path)) == ["a.png", "b.png", "c.png"]


@pytest.mark.parametrize("name, start", [("a.PNG", b"\x89PNG"), ("a.pdf", b"%PDF"), ("a.svg", b"<?xml")])
def test_the_suffix_is_the_format(tmp_path, name, start):
    plots.save(plots.scores(SCORES), str(tmp_path / name))
    assert (tmp_path / name).read_bytes().startswith(start)


def test_save_has_150_dots_an_inch(tmp_path):
    figure = plots.removal_curve([0, 0.5], [1, 0.5])
    plots.save(figure, tmp_path / "a.png")
    header = (tmp_path / "a.png").read_bytes()[16:24]
    width, height = int.from_bytes(header[:4], "big"), int.from_bytes(header[4:], "big")
    assert (width, height) == (1050, 675) == tuple(150 * figure.get_size_inches())


@pytest.mark.parametrize("broken", ["savefig", "replace"])
def test_a_failing_save_leaves_the_old_file_as_it_was(tmp_path, monkeypatch, broken):
    figure, path = plots.scores(SCORES), tmp_path / "a.png"
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
        plots.save(plots.scores(SCORES), tmp_path / name)
    assert os.listdir(tmp_path) == []


def test_save_refuses_what_is_no_figure(tmp_path):
    with pytest.raises(TypeError, match="figure expects a matplotlib Figure, got dict"):
        plots.save({}, tmp_path / "a.png")


@pytest.mark.parametrize("path, error, message", [
    (3, TypeError, "path expects a path as text or pathlib.Path, got 3"),
    ("a\0.png", ValueError, "path expects a path without the character NUL"), ("", ValueError, "got an empty text")])
def test_save_refuses_what_is_no_path(path, error, message):
    with pytest.raises(error, match=message):
        plots.save(plots.scores(SCORES), path)


def test_pyplot_is_never_imported(tmp_path):
    code = ("import sys; from minprune import plots; "
            "plots.save(plots.scores({'a': [1.0, 2.0]}), sys.argv[1]); "
            "sys.exit('matplotlib.pyplot' in sys.modules)")
    subprocess.run([sys.executable, "-c", code, str(tmp_path / "a.png")], check=True)
