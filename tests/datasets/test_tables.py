"""A user's own tables: what is read, how it is split, what is refused."""

import gzip

import numpy as np
import pytest

from cases import each
from minprune.datasets.loading import load


def csv_file(folder, text, encoding="utf-8"):
    (folder / "mine.csv").write_bytes(text.encode(encoding))
    return folder / "mine.csv"


def test_csv_with_whole_targets_is_classification(tmp_path):
    path = csv_file(tmp_path, "a,b,kind\n0,1,0\n10,1.5,1\n\n20,-1,2\n30,1e3,0\n40,2,1\n50,2,2\n")
    data = load(path, test=0.5)
    assert sorted(data.t_test) == sorted(data.t_train) == [0, 1, 2]
    assert data.t_train.dtype == np.int64 and (data.name, data.classes) == ("mine.csv", 3)
    rows, labels = np.concatenate([data.x_train, data.x_test]), np.concatenate([data.t_train, data.t_test])
    assert sorted(map(tuple, rows)) == [(0, 1), (10, 1.5), (20, -1), (30, 1000), (40, 2), (50, 2)]
    assert np.array_equal(rows[:, 0] / 10 % 3, labels)


@pytest.mark.parametrize("targets", [(0.5, 1, 0, 1), (1, 2, 3, 4), (0, 2, 4, 4), (-1, 0, 1, 0)])
def test_csv_with_other_targets_is_regression(tmp_path, targets):
    data = load(csv_file(tmp_path, "".join(f"{n},{n},{t}\n" for n, t in enumerate(targets))), test=0.25)
    assert data.classes is None and data.t_train.shape == (3, 1) and data.t_train.dtype == np.float64
    rows, numbers = np.concatenate([data.x_train, data.x_test]), np.concatenate([data.t_train, data.t_test])
    assert numbers[np.argsort(rows[:, 0]), 0].tolist() == list(targets)


def test_csv_needs_no_header_and_forgives_what_spreadsheets_write(tmp_path):
    plain = load(csv_file(tmp_path, "1,0\n2,1\n3,0\n4,1\n"), test=0.5)
    written = load(csv_file(tmp_path, '"x","t"\r\n"1", 0\r\n2,1\r\n3,0\r\n4,1', "utf-8-sig"), test=0.5)
    assert np.array_equal(plain.x_train, written.x_train) and np.array_equal(plain.t_test, written.t_test)
    assert len(plain.t_train) + len(plain.t_test) == 4


@each("text, told", [
    ("", "mine.csv is empty"),
    ("\n\n", "mine.csv is empty"),
    ("a,b,t\n", "mine.csv is empty"),
    ("1\n2\n", "mine.csv has one column"),
    ("1,2,0\n1,2\n", "mine.csv, line 2: expected 3 columns as above it, got 2"),
    ("a,t\n1,0\n\n1,2,3\n", "mine.csv, line 4: expected 2 columns as above it, got 3"),
    ("1,2,0\n1,n/a,0\n", "mine.csv, line 2, column 2: expected a finite number, got 'n/a'"),
    ("1,2,0\n1,2,\n", "mine.csv, line 2, column 3: expected a finite number, got ''"),
    ("a,b\nc,d\n1,2\n", "mine.csv, line 2, column 1: expected a finite number, got 'c'"),
    ("1,2,spam\n1,2,0\n", "mine.csv, line 1, column 3: expected a finite number, got 'spam'"),
    ("a,t\n1,0\nnan,0\n", "mine.csv, line 3, column 1: expected a finite number, got 'nan'"),
    ("1,-inf\n", "mine.csv, line 1, column 2: expected a finite number, got '-inf'"),
    ("nan,nan\n1,1\n", "mine.csv, line 1, column 1"),
    ("1|2|0\n3|4|1\n", "mine.csv is empty|mine.csv has one column, expected .* separated by commas, semicolons, tabs"),
    ("1,2,0\n1_0,2,0\n", "mine.csv, line 2, column 1: expected a finite number, got '1_0'$"),
    ("a,b,t\n1,2,0\n1,nan,0\n",
     r"line 3, column 2: expected a finite number, got 'nan' \(the column is called \"b\"\)"),
    ("a,b,t\n1,u,0\n1,v,0\n",
     "got 'u' .*; none of its cells is a number: drop=\"b\" leaves the column out, target=\"b\" predicts it"),
    ("1,2,0,\n3,4,1,\n", "line 1, column 4: expected a finite number, got ''; none of its cells .* drop=3 leaves"),
    ("1,2,u\n1,2,\n", "mine.csv, line 1, column 3: expected a finite number, got 'u'"),
    (f"1,2\n{'z' * 41},2\n", f"got '{'z' * 40}\\.\\.\\.'$"),
    (f"1,2\n{'z' * 40},2\n", f"got '{'z' * 40}'$"),
    ("1,0\n" + "9" * 200_000 + ",0\n", "mine.csv is not a text file of numbers, separated by"),
    ("1,0\n", "leaves the test part empty"),
])
def test_a_bad_csv_is_told_with_line_and_column(tmp_path, text, told):
    with pytest.raises(ValueError, match=told):
        load(csv_file(tmp_path, text))


def test_a_csv_that_is_not_text_is_refused(tmp_path):
    with pytest.raises(ValueError, match="mine.csv is not a text file of numbers, separated by"):
        load(csv_file(tmp_path, "größe,t\n1,0\n", "latin-1"))


@pytest.mark.parametrize("labels, names", [
    ("setosa virginica", ("setosa", "virginica")), ("1 2 3", ("1", "2", "3")), ("2 4", ("2", "4")),
    ("-1 1", ("-1", "1")), ("0.0 1.0", ("0", "1")), ("no yes", ("no", "yes"))])
def test_csv_classes_in_all_forms(tmp_path, labels, names):
    labels = labels.split()
    lines = [f"{n + 0.5},{n * n + 0.5},{labels[n % len(labels)]}" for n in range(24)]
    data = load(csv_file(tmp_path, "\n".join(lines)), test=0.5)
    assert data.classes == len(names) and data.t_train.dtype == np.int64 and data.x_train.shape == (12, 2)
    assert data.class_names == names and data.notes[0] == f"{len(names)} classes in the last column: {', '.join(names)}"


def test_csv_one_hot_columns_are_named_after_their_header(tmp_path):
    text = "a,u,v,w\n" + "".join(f"{n}.5,{n % 3 == 0:d},{n % 3 == 1:d},{n % 3 == 2:d}\n" for n in range(12))
    data = load(csv_file(tmp_path, text), test=0.25)
    assert data.class_names == ("u", "v", "w") and data.x_train.shape == (9, 1)
    assert data.notes[0] == "3 classes in the last 3 columns (u, v, w), a single 1 in each row: u, v, w"
    assert load(csv_file(tmp_path, text), task="regression").x_train.shape[1] == 3


def test_csv_target_drop_and_task(tmp_path):
    path = csv_file(tmp_path, "id,kind,a,b\n" + "".join(f"{n},{'uv'[n % 2]},{n * 2.5},{n * 1.5}\n" for n in range(20)))
    data = load(path, drop="id")
    assert data.class_names == ("u", "v") and data.x_train.shape[1] == 2
    assert data.notes[:2] == ['left out: column "id"', '2 classes in column "kind": u, v']
    assert 'column "id" only counts the rows, 0, 1, 2, …; drop="id" leaves it out, in the shell --drop id' in load(path).notes
    data = load(path, target="a", drop=["id", "kind"])
    assert data.classes is None and data.x_train.shape[1] == 1
    assert load(path, target=-1, drop=["id", "kind"], task="regression").classes is None
    assert load(path, target=["a", "b"], drop="kind").t_train.shape[1:] == (2,)


def test_csv_numbers_as_names(tmp_path):
    path = csv_file(tmp_path, "".join(f"{n}.5,{['1a', '2', 'b'][n % 3]}\n" for n in range(12)))
    with pytest.raises(ValueError, match="line 1, column 2: expected a finite number, got '1a'"):
        load(path)
    assert load(path, task="classes").class_names == ("1a", "2", "b")


def test_csv_scaled(tmp_path):
    data = load(csv_file(tmp_path, "".join(f"{n * 1000},{n % 7},{n % 2}\n" for n in range(40))), scale=True)
    assert np.allclose(data.x_train.mean(axis=0), 0) and np.allclose(data.x_train.std(axis=0), 1)


# --------------------------------------------------------- the forms of scikit-learn's own tables, in all dialects


def cloud(classes, features, count=60):
    """Numbers of so many columns, and classes 0, 1, … in turn."""
    rng = np.random.default_rng(0)
    t = np.arange(count) % classes
    return np.round(rng.normal(size=(count, features)) * 10 + t[:, None], 3), t


DIALECTS = {"comma": (",", "csv"), "semicolon": (";", "csv"), "tab": ("\t", "tsv"), "blanks": ("  ", "csv"),
            "gzip": (",", "csv.gz")}


def write(folder, dialect, rows):
    separator, ending = DIALECTS[dialect]
    content = "".join(separator.join(map(str, row)) + "\n" for row in rows).encode()
    path = folder / f"table.{ending}"
    path.write_bytes(gzip.compress(content) if dialect == "gzip" else content)
    return path


FLOWERS, WINES, CELLS = (["setosa", "versicolor", "virginica"], 4), (["class_0", "class_1", "class_2"], 13), \
    (["malignant", "benign"], 30)


@pytest.mark.parametrize("dialect, names, features", [
    ("comma", *FLOWERS), ("semicolon", *WINES), ("tab", *CELLS), ("blanks", *FLOWERS), ("gzip", *WINES)])
def test_tables_whose_first_line_counts_the_samples_and_names_the_classes(tmp_path, dialect, names, features):
    x, t = cloud(len(names), features)
    rows = [[*row, label] for row, label in zip(x, t)]
    for first in ([[len(x), features, *names]], [[*(f"f{i}" for i in range(features)), "target"]], []):
        data = load(write(tmp_path, dialect, first + rows), test=0.25)
        assert data.x_train.shape == (45, features) and data.classes == len(names)
        announced = bool(first) and first[0][0] == len(x)
        assert data.class_names == (tuple(names) if announced else tuple(map(str, range(len(names)))))
        pairs = {tuple(row): label for row, label in zip(x, t)}
        assert [pairs[tuple(row)] for row in data.x_train] == data.t_train.tolist()


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("header", [True, False])
def test_tables_of_numbers_to_predict(tmp_path, dialect, header):
    """Whole numbers of which most occur once or twice, as in the diabetes and the linnerud data."""
    x, _ = cloud(1, 5)
    rows = [[*row, 25 + n * 7 % 41 * 3] for n, row in enumerate(x)]
    data = load(write(tmp_path, dialect, [["Age", "Sex", "BMI", "BP", "S1", "Progress"]] * header + rows))
    assert data.classes is None and data.t_train.shape == (48, 1)
    if header:
        data = load(tmp_path / f"table.{DIALECTS[dialect][1]}", target=["S1", "Progress", "BP"])
        assert data.t_train.shape == (48, 3) and data.x_train.shape == (48, 3)
