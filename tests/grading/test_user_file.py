"""A user's file becomes a module, or one line says why not."""

import sys

import pytest

from minprune.grading.formula_process import PrintSender
from minprune.grading import user_file
from minprune.grading.user_file import CouldNotRun, copied, describe_error, existing_file, file_of, run_file


@pytest.fixture
def write(tmp_path):
    """write(text) -> the path of a file with it."""
    def written(text):
        path = tmp_path / "mine.py"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path
    return written


def test_a_file_becomes_a_module(write):
    module = run_file(write("print('hello')\nrate = 3\ndef f(o): return rate * o\n"))
    assert module.f(2) == 6 and module.__name__ == "submission" and "submission" not in sys.modules


def test_what_a_file_prints_goes_nowhere_or_to_the_stream_that_is_given(write, capsys):
    messages = []
    run_file(write("print('hello')"))
    assert capsys.readouterr().out == ""
    run_file(write("print('hello')"), PrintSender(lambda *message: messages.append(message)))
    assert messages == [("printed", "hello"), ("printed", "\n")]


@pytest.mark.parametrize("text, message", [
    ("def f(:\n", "SyntaxError: invalid syntax (line 1)"),
    ("x = 1\n  y = 2\n", "IndentationError: unexpected indent (line 2)"),
    (b"x = '\xff'\n", "SyntaxError: (unicode error) 'utf-8' codec can't decode byte 0xff"),
    (b"x = 1\0\n", "source code string cannot contain null bytes"),
    ("x = 1\n\n1 / 0\n", "ZeroDivisionError: division by zero (line 3: 1 / 0)"),
    ("def f():\n    return g()\nf()\n", "NameError: name 'g' is not defined (line 2: return g())"),
    ("raise SystemExit", "SystemExit (line 1: raise SystemExit)"),
    ("import nothing_like_this", "ModuleNotFoundError: No module named 'nothing_like_this'"),
])
def test_a_file_that_cannot_be_run(write, text, message):
    with pytest.raises(CouldNotRun) as raised:
        run_file(write(text))
    assert message in str(raised.value) and "\n" not in str(raised.value) and "submission" not in sys.modules


def test_stopping_a_file_by_hand_stops_everything(write):
    with pytest.raises(KeyboardInterrupt):
        run_file(write("raise KeyboardInterrupt"))


def test_an_error_is_described_with_the_last_line_of_the_file(write):
    path = write("def f(x):\n    return g(x)\n\ndef g(x):\n    return int(x)\n")
    module = run_file(path)
    with pytest.raises(ValueError) as raised:
        module.f("y")
    text = "ValueError: invalid literal for int() with base 10: 'y'"
    assert describe_error(raised.value, path) == f"{text}\n(line 5: return int(x))"
    assert describe_error(raised.value) == describe_error(raised.value, "another.py") == text
    assert file_of(module.f) == str(path) and file_of(max) is None


def test_files_that_are_not_there(tmp_path, write):
    path = write("")
    assert existing_file(path) == path.resolve()
    with pytest.raises(FileNotFoundError, match='no such file: .*min.py; did you mean "mine.py"?'):
        existing_file(tmp_path / "min.py")
    with pytest.raises(FileNotFoundError, match="no such file: .*x.py$"):
        existing_file(tmp_path / "nowhere" / "x.py")
    with pytest.raises(FileNotFoundError, match="expected a file of Python code, .* is a folder"):
        existing_file(tmp_path)


# -------------------------------------------------------------------- what a file's code may use


def test_a_folder_is_copied_and_the_copy_is_thrown_away(write, tmp_path, monkeypatch):
    path = write("x = 1")
    for name in ("data/deep/a.csv", "data/b.csv", ".git/c", "__pycache__/d", ".hidden"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    with copied(path) as copy:
        files = {file.relative_to(copy.parent).as_posix() for file in copy.parent.rglob("*") if file.is_file()}
        assert files == {"mine.py", "data/b.csv", "data/deep/a.csv"} and copy.read_text() == "x = 1"
        copy.write_text("")
    assert not copy.parent.exists() and path.read_text() == "x = 1"


def test_a_large_folder_is_not_copied_as_a_whole(write, tmp_path, monkeypatch):
    path = write("x = 1")
    (tmp_path / "large.csv").write_text("1" * 2000)
    (tmp_path / "small.csv").write_text("1")
    monkeypatch.setattr(user_file, "MOST_BYTES", 1000)
    with copied(path) as copy:
        assert sorted(file.name for file in copy.parent.iterdir()) == ["mine.py", "small.csv"]
    monkeypatch.setattr(user_file, "MOST_FILES", 0)
    with copied(path) as copy:
        assert [file.name for file in copy.parent.iterdir()] == ["mine.py"]


def test_a_long_error_is_cut_and_one_without_a_text_has_its_name(write):
    class Silent(Exception):
        def __str__(self):
            raise RuntimeError

    assert describe_error(ValueError("x" * 100_000)) == f"ValueError: {'x' * 288}… (100,012 characters)"
    assert describe_error(Silent()) == "Silent"
