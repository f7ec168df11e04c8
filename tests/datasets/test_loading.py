"""Names and paths: what load takes for which, and what it says when it finds neither."""

import gzip
from pathlib import Path

import numpy as np
import pytest

from cases import each
import minprune.datasets
from minprune.datasets.loading import load


def test_the_public_names():
    assert sorted(minprune.datasets.__all__) == ["Dataset", "Source", "load", "read_idx"]


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A folder to be in and to call home, with a .npz and a folder that is named as the digits are."""
    with open(tmp_path / "Mine.NPZ", "wb") as file:
        np.savez(file, x=np.ones((4, 2)), t=np.array([0, 1, 0, 1]))
    (tmp_path / "notes.md").write_text("1,2\n")
    (tmp_path / "mine").write_text("1,2\n")
    (tmp_path / "mine.npz.gz").write_text("1,2\n")
    (tmp_path / "digits").mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    return tmp_path


@pytest.mark.parametrize("path", ["Mine.NPZ", "./Mine.NPZ", "~/Mine.NPZ", Path("Mine.NPZ")])
def test_paths_of_every_form(home, path):
    assert load(path, test=0.5).name == "Mine.NPZ"


def test_a_known_name_goes_before_a_folder_of_that_name(home):
    assert len(load("digits").t_test) == 359
    for path in ("./digits", Path("digits")):
        with pytest.raises(FileNotFoundError, match="digits holds no MNIST-format files"):
            load(path)


@pytest.mark.parametrize("name", ["digit", "Digits", "dgits"])
def test_an_unknown_name_is_told_the_nearest(home, name):
    with pytest.raises(ValueError, match=f'unknown data set "{name}"; did you mean "digits".*npz.*csv'):
        load(name)


@pytest.mark.parametrize("name", ["mnist", ""])
def test_an_unknown_name_is_told_what_there_is(home, name):
    known = "digits, topics, vowels, ratings, tictactoe"
    with pytest.raises(ValueError, match=f'unknown data set "{name}"; Known: {known}; or the path of'):
        load(name)


@pytest.mark.parametrize("path", ["gone.csv", "no/where", "no\\where", "~nobody", Path("digit"), "a" * 200 + "/b"])
def test_what_looks_like_a_path_is_said_not_to_exist(home, path):
    with pytest.raises(FileNotFoundError, match="does not exist; expected a folder .*IDX.*npz.*csv"):
        load(path)


@pytest.mark.parametrize("path", ["notes.md", "mine", "mine.npz.gz"])
def test_a_file_of_another_kind_is_refused(home, path):
    with pytest.raises(ValueError, match=f"{path} is of an unknown kind; expected a folder .*IDX.*npz.*csv"):
        load(path)


@each("source", [3, None, b"digits", ["digits"]])
def test_neither_name_nor_path(source):
    with pytest.raises(TypeError, match="name_or_path expects a text or a path"):
        load(source)


@each("arguments, error, told", [
    ({"test": 0}, ValueError, "test expects"), ({"test": 1}, ValueError, "test expects"),
    ({"test": -0.2}, ValueError, "test expects"), ({"test": float("nan")}, ValueError, "test expects"),
    ({"test": "0.2"}, TypeError, "test expects"), ({"test": 0.0001}, ValueError, "test part empty"),
    ({"seed": -1}, ValueError, "seed expects"), ({"seed": 1.0}, TypeError, "seed expects"),
    ({"seed": None}, TypeError, "seed expects"),
])
def test_bad_arguments_are_refused(arguments, error, told):
    with pytest.raises(error, match=told):
        load("digits", **arguments)


@each("ending", [".csv", ".tsv", ".TXT", ".dat", ".data"])
@each("packed", ["", ".gz"])
def test_tables_of_all_endings(tmp_path, ending, packed):
    path = tmp_path / f"table{ending}{packed}"
    path.write_bytes((gzip.compress if packed else bytes)(b"1 0\n2 1\n3 0\n4 1\n"))
    assert load(path, test=0.5).class_names == ("0", "1")


def test_a_path_without_nul():
    with pytest.raises(ValueError, match="name_or_path expects a path without the character NUL, got 'a.x00b.csv'"):
        load("a\0b.csv")


def test_options_of_the_digits():
    data = load("digits", scale=True, task="regression")
    assert data.classes is None and data.t_train.shape == (1438, 1) and data.mean.shape == (1,)
    assert abs(data.x_train.mean()) < 1e-12 and data.x_train.std() == pytest.approx(1)
