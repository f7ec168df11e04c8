"""The command `minprune verify FILE.py:FUNCTION`, and the claim that its options make."""

import argparse
import contextlib
import inspect
import json
import pathlib
import re
import subprocess
import sys

import pytest

from minprune.cli.main import main
from minprune.grading import formula_file
from minprune.grading.formula_command import add_claim_options, add_where_options, claim_of
from minprune.grading.sandbox import child_process
from minprune.verification.sampling.where import Where

THREE = ("--trials", "3")


@pytest.fixture
def in_this_process(monkeypatch):
    """The file runs at once, in this process: where the process is not what is looked at. (Others have a real one.)"""
    @contextlib.contextmanager
    def at_once(job, request):
        messages = []
        job(request, lambda *message: messages.append(json.loads(json.dumps(message))))
        yield argparse.Namespace(receive=lambda seconds: messages.pop(0))

    monkeypatch.setattr(formula_file, "child_process", at_once)


@pytest.fixture
def command(formulas, capsys, in_this_process):
    """command("relu", "--equals", …) -> (exit code, stdout, stderr) of `minprune verify mine.py:relu …`."""
    def run(function, *options):
        try:
            code = main(["verify", f"{formulas}:{function}", *options])
        except SystemExit as stop:
            code = stop.code
        return code, *capsys.readouterr()
    return run


@pytest.mark.parametrize("function, claim, code, message, told", [
    ("relu", ["--equals", "dL/dz", "--activation", "relu"], 0, "relu equals dL/dz: it holds on all of 3", ""),
    ("minus", ["--equals", "dL/do"], 1, "The mistake: wrong sign", ""),
    ("raises", ["--equals", "dL/do"], 2, "(given o (", "minprune: error: raises raised ValueError"),
])
def test_exit_codes(command, function, claim, code, message, told):
    found, out, error = command(function, *claim, *THREE)
    assert found == code and message in " ".join(out.split())
    assert error.startswith(told) and error.count("\n") == bool(told) and bool(error) == bool(told)


def test_the_exit_code_of_the_real_command(formulas):
    done = subprocess.run([sys.executable, "-m", "minprune", "verify", "min.py:relu", "--equals", "dL/do"],
                          cwd=formulas.parent, capture_output=True, text=True, encoding="utf-8")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == 'minprune: error: no such file: min.py; did you mean "mine.py"?\n'


def test_long_lines_are_wrapped_and_nothing_is_lost(command, report_on):
    out = command("minus", "--equals", "dL/do", "--trials", "10")[1]
    assert max(map(len, out.splitlines())) <= 100 and out.split() == report_on("minus", equals="dL/do").text.split()


def test_json_is_not_spoiled_by_prints(command):
    code, out, error = command("chatty", "--equals", "dL/do", "--json", *THREE)
    assert code == 0 and json.loads(out)["claim"] == "chatty equals dL/do" and json.loads(out)["trials"] == 3
    assert error.startswith("given (") and error.count("given") == 2 + 3      # twice: does it repeat itself?


def test_an_endless_loop_is_stopped_and_its_line_is_named(tmp_path, capsys, monkeypatch, once_written):
    @contextlib.contextmanager
    def once_it_loops(job, request):
        with child_process(job, request) as child:
            once_written(tmp_path / "begun")
            yield child

    monkeypatch.setattr(formula_file, "child_process", once_it_loops)
    (tmp_path / "mine.py").write_text(f"def loop(do):\n    open({str(tmp_path / 'begun')!r}, 'w').write('x')\n"
                                      "    inner()\n\ndef inner():\n    while True: pass\n")
    code = main(["verify", f"{tmp_path / 'mine.py'}:loop", "--equals", "dL/do", "--limit", "0.1", *THREE])
    assert code == 2 and capsys.readouterr() == (
        "", "minprune: error: mine.py: not done after 0.1 seconds: an endless loop? (line 6: while True: pass)\n")


def refusal(path, text, capsys):
    """What `minprune verify` prints about a file with this text, which cannot be tried."""
    path.write_text(text)
    assert main(["verify", f"{path}:f", "--equals", "dL/do", *THREE]) == 2
    out, error = capsys.readouterr()
    assert out == ""
    return error


@pytest.mark.parametrize("text, message", [
    ("def f(o:\n    return o\n", "broken.py: SyntaxError: '(' was never closed (line 1)"),
    ("import sys\nsys.exit(0)\n", "broken.py: SystemExit: 0 (line 2: sys.exit(0))"),
])
def test_a_file_that_cannot_be_run(tmp_path, capsys, in_this_process, text, message):
    assert refusal(tmp_path / "broken.py", text, capsys) == f"minprune: error: {message}\n"


@pytest.mark.parametrize("options, message", [
    ([], "one of the arguments --equals --approximates --invariant --ranks-like is required"),
    (["--equals", "dL/do", "--invariant", "batch-size"], "not allowed with argument --equals"),
    (["--equals", "dL/do", "--order", "2"], "--order goes with --approximates"),
    (["--equals", "dL/do", "--least", "0.5"], "--least goes with --ranks-like"),
    (["--equals", "dL/do", "--trials", "0"], "--trials: expects a whole number at least 1, got '0'"),
    (["--equals", "dL/do", "--seed", "-1"], "--seed: expects"),
    (["--equals", "dL/do", "--limit", "0"], "--limit: expects a number at least 0.1, got '0'"),
    (["--equals", "dL/do", "--depth", "two"], "--depth: expects a whole number"),
    (["--equals", "dL/do", "--plot", "x.doc"], 'unknown picture format "doc"; Known: png, pdf, svg'),
    (["--equals", "dL/do", "--plot", "no/x.png"], "cannot write no/x.png: there is no folder"),
])
def test_options_that_do_not_fit(command, options, message):
    code, out, error = command("chain", *options)
    assert code == 2 and out == "" and message in error and error.count("\n") == 1


@pytest.mark.parametrize("formula, message", [
    ("mine.py", "expected FILE.py:FUNCTION, got 'mine.py'; its functions are minus, relu, taylor"),
    ("none.py", "expected FILE.py:FUNCTION, got 'none.py'\n"),
    ("mine.py:", "expected FILE.py:FUNCTION, got 'mine.py:'; its functions are minus, relu, taylor"),
    ("mine.py:2", "expected FILE.py:FUNCTION, got 'mine.py:2'"),
    (":relu", "expected FILE.py:FUNCTION, got ':relu'"),
    (".:relu", "is a folder"),
    ("min.py:relu", 'no such file: min.py; did you mean "mine.py"?'),
])
def test_which_function_must_be_said(formulas, capsys, monkeypatch, formula, message):
    monkeypatch.chdir(formulas.parent)
    assert main(["verify", formula, "--equals", "dL/do"]) == 2
    error = capsys.readouterr().err
    assert message in error and error.count("\n") == 1


def test_a_picture_is_drawn(command, tmp_path):
    code, out, error = command("minus", "--equals", "dL/do", "--plot", str(tmp_path / "minus.png"), *THREE)
    assert code == 1 and error == "" and (tmp_path / "minus.png").read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"


def test_there_is_no_picture_of_nothing(command, tmp_path):
    code, out, error = command("nan", "--equals", "dL/do", "--plot", str(tmp_path / "nan.png"), *THREE)
    assert code == 1 and "nan returned NaN" in " ".join(out.split()) and not list(tmp_path.iterdir())
    assert error.startswith("minprune: warning: nothing was compared: there is no picture") and error.count("\n") == 1


def test_the_readme_shows_what_the_command_prints(tmp_path, capsys, monkeypatch, in_this_process):
    text = (pathlib.Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    code, shown = re.search(r"```python\n# mine.py\n(.*?)```.*?```text\n(.*?)```", text, re.S).groups()
    (tmp_path / "mine.py").write_text(code, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    prompt, printed = shown.split("\n", 1)
    assert main(prompt.split()[2:]) == 1 and prompt.startswith("$ minprune verify ")
    assert capsys.readouterr().out == printed


def test_the_command_is_listed_and_explained(capsys):
    for arguments, message in ((["--help"], "\n    verify  "), (["verify", "--help"], "0 the claim holds; 1 it fails")):
        with pytest.raises(SystemExit):
            main(arguments)
        assert message in capsys.readouterr().out


# ------------------------------------------------------------------- from options to a claim


def claim(*options):
    """The claim that these options make."""
    parser = argparse.ArgumentParser()
    for add_options in (add_claim_options, add_where_options):
        add_options(parser, lambda convert, least: convert)
    return claim_of(parser.parse_args(options))


def test_all_options_reach_verify():
    plain = {"trials": 200, "seed": 0}
    assert claim("--equals", "dL/do") == {**plain, "equals": "dL/do", "where": {}}
    assert claim("--equals", "|pair-removal|") == {**plain, "equals": "|pair removal|", "where": {}}
    assert claim("--approximates", "removal", "--order", "2", "--trials", "7", "--seed", "8", "--tolerance", "0.1") == {
        "approximates": "removal", "order": 2, "trials": 7, "seed": 8, "tolerance": 0.1, "where": {}}
    assert claim("--ranks-like", "|removal|", "--least", "-0.5") == {
        **plain, "ranks_like": "|removal|", "least": -0.5, "where": {}}
    assert claim("--invariant", "batch-size") == {**plain, "invariant": "batch size", "where": {}}
    where = {"activation": ["relu", "tanh"], "output": ["tanh"], "loss": ["mse", "cross_entropy"], "depth": [2, 3],
             "neurons": [2], "outputs": [2, 3], "samples": [1], "layers": "conv", "layer": "last hidden",
             "batch_norm": True, "pooling": ["max", "avg"], "residual": "before", "that": ["no biases", ":small-one"]}
    made = claim("--equals", "dL/do", "--activation", "relu", "tanh", "--output", "tanh", "--loss", "mse",
                 "cross_entropy", "--depth", "2", "3", "--neurons", "2", "--outputs", "2", "3", "--samples", "1",
                 "--layers", "conv", "--layer", "last-hidden", "--batch-norm", "--pooling", "max", "avg",
                 "--residual", "before", "--that", "no-biases", ":small-one")
    assert made["where"] == where
    assert set(where) >= set(re.findall(r"^    ([a-z_]+)   ", inspect.getdoc(Where), re.M)) > {"activation", "that"}
    for pooling, residual, meant in (("yes", "no", (True, False)), ("no", "yes", (False, True))):
        chosen = claim("--equals", "dL/do", "--pooling", pooling, "--residual", residual)["where"]
        assert (chosen["pooling"], chosen["residual"]) == meant


@pytest.mark.parametrize("options, message", [
    (["--equals", "dL/do", "--order", "2"], "--order goes with --approximates"),
    (["--equals", "dL/do", "--least", "0.5"], "--least goes with --ranks-like"),
])
def test_an_option_of_another_claim_is_refused(options, message):
    with pytest.raises(ValueError, match=message):
        claim(*options)
