"""What all studies need: networks for data sets, folders, JSON without infinities, mean and deviation as text."""

import errno
import json

import numpy as np
import pytest

import minprune as mp
from cases import each
from minprune.studies.common import build, default_model, json_values, mean_sd, plus_minus, prepare_folder, write_json


def dataset(shape, t, classes):
    x = np.zeros((4, *shape))
    return mp.datasets.Dataset(x, t, x, t, "zeros", classes)


def test_the_model_and_the_loss_follow_from_the_data():
    images, loss = build(dataset((8, 8, 1), np.arange(4), 4), None, seed=0)
    assert loss == "cross_entropy" and "conv1" in images.layers and images.output_shape == (4,)
    table, loss = build(dataset((3,), np.zeros((4, 2)), None), None, seed=0, dtype="float32")
    assert loss == "mse" and "conv1" not in table.layers and table.output_shape == (2,) and table.dtype == "float32"

    for shape, model in (((4, 4, 1), "cnn"), ((3, 20, 1), "mlp"), ((20, 3, 1), "mlp")):
        assert default_model(dataset(shape, np.arange(4), 4)) == model
    assert "conv1" not in build(dataset((3, 20, 1), np.arange(4), 4), None, seed=0)[0].layers


def test_a_model_may_be_a_function():
    def tiny(input_shape, outputs, seed, dtype):
        return mp.Network(input_shape, [mp.Dense(5, "relu"), mp.Dense(outputs)], seed, dtype)

    net, _ = build(dataset((3,), np.arange(4), 4), tiny, seed=1)
    assert net["dense1"].K == 5 and np.array_equal(net["dense1"].W, tiny((3,), 4, 1, "float64")["dense1"].W)


def test_one_class_is_refused():
    with pytest.raises(ValueError, match="zeros has one class only"):
        build(dataset((3,), np.zeros(4, int), 1), None, seed=0)


def test_a_file_in_the_place_of_the_folder_is_refused(tmp_path):
    (tmp_path / "file").write_text("mine")
    with pytest.raises(FileExistsError, match="out expects a folder, .*file is a file"):
        prepare_folder(tmp_path / "file")
    assert prepare_folder(tmp_path / "a" / "b").is_dir()


def test_a_folder_that_cannot_be_written_to_is_named(tmp_path, monkeypatch):
    def fails(**_):
        raise OSError(errno.EROFS, "Read-only file system", str(tmp_path / "tmp123"))

    monkeypatch.setattr("tempfile.TemporaryFile", fails)
    with pytest.raises(OSError, match=r"cannot write to the folder \(Read-only file system\)") as told:
        prepare_folder(tmp_path)
    assert told.value.filename == str(tmp_path)


@each("out, error", [(3, TypeError), (None, TypeError), ("", ValueError), ("a\0b", ValueError)])
def test_what_is_no_path_is_refused(out, error):
    with pytest.raises(error, match="out expects a path"):
        prepare_folder(out)


def test_numbers_that_json_does_not_know(tmp_path):
    inf, nan = float("inf"), float("nan")
    values = {"a": (inf, -inf, nan, 1.5), 2: [True, None]}
    assert json_values(values) == {"a": ["inf", "-inf", "nan", 1.5], "2": [True, None]}
    write_json(tmp_path / "values.json", {"b": np.array([1.0, inf]), "c": np.float32(0.5)})
    text = (tmp_path / "values.json").read_text(encoding="utf-8")
    assert json.loads(text) == {"b": [1.0, "inf"], "c": 0.5} and text.endswith("}\n")


def test_mean_and_deviation():
    assert mean_sd([1.0, 3.0]) == pytest.approx((2, 2 ** 0.5)) and np.isnan(mean_sd([4.0])[1])
    assert mean_sd([float("nan"), 1.0])[0] == 1.0 and np.isnan(mean_sd([float("nan")])[0])


def test_mean_and_deviation_as_text():
    nan = float("nan")
    assert plus_minus((0.25, 0.125), "{:.1%}") == "25.0% ± 12.5%"
    assert plus_minus((0.25, nan), "{:.2f}") == "0.25" and plus_minus((nan, nan), "{:.2f}") == "-"
