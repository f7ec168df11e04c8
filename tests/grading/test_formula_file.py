"""`minprune verify FILE.py:FUNCTION`: verdicts with exit codes, and what is told of code that cannot be tried."""

import inspect
import json
import pathlib
import re
import subprocess
import sys

import pytest

from minprune.cli.main import main, parser
from minprune.grading import formula_file as checking
from minprune.verification.verify import verify
from minprune.grading.sandbox import CouldNotRun
from minprune.grading.formula_file import Checked, answer, verify_file
from minprune.verification.verify import Where

FILE = '''
import numpy as np

rate = 3
chain = lambda dz_next, W_next: dz_next @ W_next

def minus(dz_next, W_next):
    return -dz_next @ W_next

def relu(do, z):
    return do * (z > 0)

def taylor(o, do):
    return np.abs((o * do).sum(axis=1))

def exact(o, do, W_next):
    return (-o * do)[:, 0] + o[:, 0] ** 2 * (W_next ** 2).sum(axis=0) / 2

def raises(o, do):
    inner = o.sum(axis=2)
    return o @ do

def sometimes(do):
    if len(do) == 3:
        raise KeyError("three")
    return do

def shape(do):
    return do.sum(axis=2)

def nothing(do):
    pass

def nan(do):
    return np.log(-do ** 2)

def changes(do, z):
    do *= z > 0
    return do

def leaves(do):
    exit("now")

def loop(do):
    while True:
        pass

def asks(oo):
    return oo

def chatty(do):
    print("given", do.shape)
    return do

def small(net):
    return net["dense1"].K == 1

def no_condition(net):
    return net.nothing
'''
THREE = ("--trials", "3")


@pytest.fixture(scope="module")
def mine(tmp_path_factory):
    path = tmp_path_factory.mktemp("mine") / "mine.py"
    path.write_text(FILE)
    return path


@pytest.fixture
def checked(mine):
    """checked("relu", equals=…) -> what comes of it in this process."""
    def found(function, trials=10, picture=None, printed=None, **claim):
        return verify_file(mine, function, {"trials": trials, **claim}, None, picture, printed)
    return found


@pytest.fixture
def command(mine, capsys):
    """command("relu", "--equals", …) -> (exit code, stdout, stderr) of `minprune verify mine.py:relu …`."""
    def run(function, *options):
        try:
            code = main(["verify", f"{mine}:{function}", *options])
        except SystemExit as stop:
            code = stop.code
        return code, *capsys.readouterr()
    return run


# -------------------------------------------------------------------------------- verdicts


@pytest.mark.parametrize("function, claim, code, told", [
    ("chain", {"equals": "dL/do"}, 0, "chain equals dL/do: it holds on all of 10 random networks"),
    ("minus", {"equals": "dL/do"}, 1, "The mistake: wrong sign"),
    ("relu", {"equals": "dL/dz", "where": {"activation": ["relu"]}}, 0, "(dense hidden layers; relu)"),
    ("relu", {"equals": "dL/dz", "where": {"activation": ["relu", "tanh"]}}, 1, "it fails on"),
    ("relu", {"equals": "dL/dz", "where": {"activation": ["relu"], "layers": "conv"}}, 0, "it holds"),
    ("minus", {"equals": ":chain"}, 1, "minus equals chain: it fails"),
    ("taylor", {"equals": ":taylor"}, 0, "it holds"),
    ("taylor", {"approximates": "removal", "order": 1}, 0, "to order 1: it holds"),
    ("taylor", {"approximates": "removal", "order": 2}, 1, "to order 2: it fails"),
    ("taylor", {"invariant": "batch size"}, 0, "it holds"),
    ("taylor", {"ranks_like": "|removal|", "least": -1, "where": {"loss": "mse"}}, 0, "it holds"),
    ("taylor", {"ranks_like": "|removal|", "least": 1}, 1, "it fails"),
    ("chain", {"equals": "dL/do", "where": {"that": [":small", "no biases"]}}, 0, "(dense hidden layers; small; no"),
])
def test_a_claim_has_the_verdict_and_the_exit_code(checked, function, claim, code, told):
    found = checked(function, **claim)
    assert found.code == code and told in found.text
    assert found.verdict["holds"] is (code == 0) and found.raised is None and not found.drawn


def test_it_is_the_verdict_of_verify(checked):
    def minus(dz_next, W_next):
        return -dz_next @ W_next

    ours, found = verify(minus, "dL/do", trials=10, seed=5), checked("minus", equals="dL/do", seed=5)
    assert found.text == str(ours) and found.verdict == json.loads(json.dumps(ours.to_dict()))
    assert found == checked("minus", equals="dL/do", seed=5) != checked("minus", equals="dL/do", seed=6)


def test_an_infinite_slope_is_none_in_json(checked):
    found = checked("exact", approximates="removal", order=2, where={"loss": "mse", "layer": "last hidden"})
    assert found.verdict["found"]["slope"] is None and found.code == 0
    json.dumps(found.verdict, allow_nan=False)


# ---------------------------------------------------------- code that is not as it should be


@pytest.mark.parametrize("function, code, told, raised", [
    ("raises", 2, r"raises raised ValueError: matmul: Input operand 1 .*\(given o (N1K), do (N1K)\)",
     "(line 21: return o @ do)"),
    ("raises", 2, r"raises raised ValueError", "raises raised ValueError: matmul: "),
    ("sometimes", 2, r"sometimes raised KeyError: 'three' \(given do \(3, 1, \d\)\)",
     "sometimes raised KeyError: 'three' (line 25: raise KeyError(\"three\"))"),
    ("leaves", 2, r"SystemExit: now \(given do (N1K)\)", "leaves raised SystemExit: now (line 42: exit(\"now\"))"),
    ("shape", 1, r"returned the shape \(\d, \d\), expected \(N, P, K\) = (N1K) .*\(given do (N1K)\)", None),
    ("nothing", 1, r"nothing returned None, not an array of numbers \(given do (N1K)\)", None),
    ("nan", 1, r"nan returned NaN \(given do (N1K)\)", None),
    ("changes", 1, r"changes tries to change its inputs, which are read-only \(given do (N1K), z (N1K)\)", None),
])
def test_what_a_function_did_is_told_with_the_shapes_it_was_given(checked, function, code, told, raised):
    found = checked(function, equals="dL/do", trials=20)
    assert found.code == code and not found.verdict["holds"]
    assert re.search(told.replace("(N1K)", r"\(\d, \d, \d\)"), found.text)
    assert (found.raised is None) == (raised is None) and (raised or "") in (found.raised or "")
    assert "\n" not in (found.raised or "")


def test_the_second_formula_may_raise_too(checked):
    found = checked("chain", equals=":raises")
    assert found.code == 2 and found.raised.startswith("raises raised ValueError")


@pytest.mark.parametrize("function, claim, told", [
    ("taylr", {"equals": "dL/do"}, 'unknown function of mine.py: "taylr"; did you mean "taylor"? Known: chain, minus'),
    ("rate", {"equals": "dL/do"}, "rate of mine.py is no function, it is 3"),
    ("chain", {"equals": ":rates"}, 'unknown function of mine.py: "rates"; did you mean "raises"?'),
    ("chain", {"equals": "dL/d"}, 'unknown quantity "dL/d"; did you mean "dL/d'),
    ("asks", {"equals": "dL/do"}, 'unknown parameter of asks: "oo"; did you mean '),
    ("chain", {"equals": "dL/do", "where": {"activation": "rleu"}}, 'unknown activation "rleu"; did you mean "relu"?'),
    ("chain", {"equals": "dL/do", "where": {"that": [":small"], "neurons": 2}}, "accepts none of"),
    ("chain", {}, "verify expects one claim of"),
    ("chain", {"equals": "none.py:f"}, "no such file: none.py"),
])
def test_what_is_refused(checked, function, claim, told):
    with pytest.raises(ValueError) as raised:
        checked(function, **claim)
    assert told in str(raised.value) and "\n" not in str(raised.value)


def test_a_file_without_functions(tmp_path):
    (tmp_path / "empty.py").write_text("import numpy as np\nfrom math import sqrt\nrate = 3\n")
    with pytest.raises(ValueError, match='empty.py has no function "f", and no other'):
        verify_file(tmp_path / "empty.py", "f", {"equals": "dL/do"}, None)


def test_a_condition_that_raises_is_the_files_problem(checked):
    with pytest.raises(CouldNotRun, match=r"mine.py: AttributeError: .*\(line 59: return net.nothing\)"):
        checked("chain", equals="dL/do", where={"that": [":no_condition"]})


def test_files_that_are_not_there(tmp_path, mine):
    with pytest.raises(FileNotFoundError, match='no such file: .*min.py; did you mean "mine.py"?'):
        verify_file(mine.parent / "min.py", "f", {"equals": "dL/do"})
    with pytest.raises(FileNotFoundError, match="no such file: .*x.py$"):
        verify_file(tmp_path / "nowhere" / "x.py", "f", {"equals": "dL/do"})
    with pytest.raises(FileNotFoundError, match="expected a file of Python code, .* is a folder"):
        verify_file(tmp_path, "f", {"equals": "dL/do"})


@pytest.mark.parametrize("limit", [0, -1, float("nan"), "1"])
def test_a_malformed_limit(mine, limit):
    with pytest.raises((ValueError, TypeError), match="limit expects"):
        verify_file(mine, "chain", {"equals": "dL/do"}, limit)


def test_a_second_file_and_what_it_imports(tmp_path, checked, mine, monkeypatch):
    """Files beside the user's are found, but a numpy.py among them does not hide NumPy."""
    (tmp_path / "numpy.py").write_text("1 / 0")
    (tmp_path / "helping.py").write_text("import numpy as np\ndef twice(o): return np.add(o, o)\n")
    (tmp_path / "own.py").write_text("from helping import twice\n"
                                     "def doubled(dz_next, W_next): return -twice(dz_next @ W_next) / 2\n")
    before = list(sys.path)
    found = verify_file(tmp_path / "own.py", "doubled", {"equals": f"{mine}:minus", "trials": 5}, None)
    assert found.code == 0 and found.text.startswith("doubled equals minus: it holds") and sys.path == before
    sys.modules.pop("helping")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "bad.py").write_text("def f(:")
    with pytest.raises(CouldNotRun, match=r"^bad.py: SyntaxError: invalid syntax \(line 1\)$"):
        checked("chain", equals="bad.py:f")


def test_a_function_runs_its_file_once(tmp_path):
    (tmp_path / "counts.py").write_text("print('run')\ndef one(do): return do\ndef other(do): return do\n")
    told = []
    verify_file(tmp_path / "counts.py", "one", {"equals": ":other", "trials": 3}, None, printed=told.append)
    assert "".join(told) == "run\n"


# --------------------------------------------------------------- listening to the process


def test_prints_do_not_give_more_time():
    seconds, messages = [], iter([["printed", "a"], ["printed", "b"], ["late", None]])

    def listen(left):
        seconds.append(left)
        return next(messages)

    with pytest.raises(CouldNotRun, match="^mine.py: not done after 5 seconds; it needs a higher limit or fewer"):
        answer(listen, checking.pathlib.Path("mine.py"), 5)
    assert 5 >= seconds[0] > seconds[1] > seconds[2] > 4


def test_a_picture_has_time_of_its_own():
    seconds, messages = [], iter([["tried"], ["checked", "text", {"holds": True}, None, True]])

    def listen(left):
        seconds.append(left)
        return next(messages)

    assert answer(listen, None, 5) == Checked("text", {"holds": True}, None, True)
    assert seconds[0] <= 5 < 100 < seconds[1]


# ----------------------------------------------------------------------------- the command


@pytest.mark.parametrize("function, claim, code, told", [
    ("relu", ["--equals", "dL/dz", "--activation", "relu"], 0, "relu equals dL/dz: it holds on all of 3"),
    ("minus", ["--equals", "dL/do"], 1, "The mistake: wrong sign"),
    ("raises", ["--equals", "dL/do"], 2, "(given o ("),
])
def test_exit_codes_of_the_real_command(mine, function, claim, code, told):
    done = subprocess.run([sys.executable, "-m", "minprune", "verify", f"mine.py:{function}", *claim, *THREE],
                          cwd=mine.parent, capture_output=True, text=True, encoding="utf-8")
    assert done.returncode == code and told in " ".join(done.stdout.split())
    assert done.stderr == "" if code < 2 else \
        done.stderr.startswith("minprune: error: raises raised ValueError") and done.stderr.count("\n") == 1


def test_long_lines_are_wrapped_and_nothing_is_lost(command, checked):
    out = command("minus", "--equals", "dL/do", "--trials", "10")[1]
    assert max(map(len, out.splitlines())) <= 100 and out.split() == checked("minus", equals="dL/do").text.split()
    assert checking.wrapped("  a = " + "[1, 2], " * 20).splitlines()[1].startswith("    2], [1")


def test_json_is_not_spoiled_by_prints(command):
    code, out, told = command("chatty", "--equals", "dL/do", "--json", *THREE)
    assert code == 0 and json.loads(out)["claim"] == "chatty equals dL/do" and json.loads(out)["trials"] == 3
    assert told.startswith("given (") and told.count("given") == 2 + 3      # twice: does it repeat itself?


def test_an_endless_loop_is_stopped(command):
    code, out, told = command("loop", "--equals", "dL/do", "--limit", "1.5")
    assert code == 2 and out == "" and told.count("\n") == 1
    assert told.startswith("minprune: error: mine.py: not done after 1.5 seconds: an endless loop? (line 4")


@pytest.mark.parametrize("text, told", [
    ("def f(o:\n    return o\n", "broken.py: SyntaxError: '(' was never closed (line 1)"),
    ("import os\ndef f(do): os._exit(0)\n", "broken.py: it ended Python itself"),
    ("import sys\nsys.exit(0)\n", "broken.py: SystemExit: 0 (line 2: sys.exit(0))"),
])
def test_a_file_that_cannot_be_run(tmp_path, capsys, text, told):
    (tmp_path / "broken.py").write_text(text)
    assert main(["verify", f"{tmp_path / 'broken.py'}:f", "--equals", "dL/do", *THREE]) == 2
    assert capsys.readouterr() == ("", f"minprune: error: {told}\n")


@pytest.mark.parametrize("options, told", [
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
def test_options_that_do_not_fit(command, options, told):
    code, out, error = command("chain", *options)
    assert code == 2 and out == "" and told in error and error.count("\n") == 1


@pytest.mark.parametrize("formula, told", [
    ("mine.py", "expected FILE.py:FUNCTION, got 'mine.py'; its functions are minus, relu, taylor"),
    ("none.py", "expected FILE.py:FUNCTION, got 'none.py'\n"),
    ("mine.py:", "expected FILE.py:FUNCTION, got 'mine.py:'; its functions are minus, relu, taylor"),
    ("mine.py:2", "expected FILE.py:FUNCTION, got 'mine.py:2'"),
    (":relu", "expected FILE.py:FUNCTION, got ':relu'"),
    (".:relu", "is a folder"),
    ("min.py:relu", 'no such file: min.py; did you mean "mine.py"?'),
])
def test_which_function_must_be_said(mine, capsys, monkeypatch, formula, told):
    monkeypatch.chdir(mine.parent)
    assert main(["verify", formula, "--equals", "dL/do"]) == 2
    error = capsys.readouterr().err
    assert told in error and error.count("\n") == 1


def test_every_option_reaches_verify():
    def claim(*options):
        return checking.claim_of(parser().parse_args(["verify", "mine.py:f", *options]))

    plain = {"trials": 200, "seed": 0}
    assert claim("--equals", "dL/do") == {**plain, "equals": "dL/do", "where": {}}
    assert claim("--approximates", "removal", "--order", "2", "--trials", "7", "--seed", "8", "--tolerance", "0.1") == {
        "approximates": "removal", "order": 2, "trials": 7, "seed": 8, "tolerance": 0.1, "where": {}}
    assert claim("--ranks-like", "|removal|", "--least", "-0.5") == {
        **plain, "ranks_like": "|removal|", "least": -0.5, "where": {}}
    assert claim("--invariant", "batch-size") == {**plain, "invariant": "batch size", "where": {}}
    where = {"activation": ["relu", "tanh"], "output": ["tanh"], "loss": ["mse", "cross_entropy"], "depth": [2, 3],
             "neurons": [2], "outputs": [2, 3], "samples": [1], "layers": "conv", "layer": "last hidden",
             "batch_norm": True, "pooling": ["max", "avg"], "residual": "before", "that": ["no biases", ":small-one"]}
    told = claim("--equals", "dL/do", "--activation", "relu", "tanh", "--output", "tanh", "--loss", "mse",
                 "cross_entropy", "--depth", "2", "3", "--neurons", "2", "--outputs", "2", "3", "--samples", "1",
                 "--layers", "conv", "--layer", "last-hidden", "--batch-norm", "--pooling", "max", "avg",
                 "--residual", "before", "--that", "no-biases", ":small-one")
    assert told["where"] == where
    assert set(where) >= set(re.findall(r"^    ([a-z_]+)   ", inspect.getdoc(Where), re.M)) > {"activation", "that"}
    for pooling, residual, meant in (("yes", "no", (True, False)), ("no", "yes", (False, True))):
        told = claim("--equals", "dL/do", "--pooling", pooling, "--residual", residual)["where"]
        assert (told["pooling"], told["residual"]) == meant


def test_a_picture_is_drawn(command, tmp_path):
    code, out, error = command("minus", "--equals", "dL/do", "--plot", str(tmp_path / "minus.png"), *THREE)
    assert code == 1 and error == "" and (tmp_path / "minus.png").read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"


def test_there_is_no_picture_of_nothing(command, tmp_path):
    code, out, error = command("nan", "--equals", "dL/do", "--plot", str(tmp_path / "nan.png"), *THREE)
    assert code == 1 and "nan returned NaN" in " ".join(out.split()) and not list(tmp_path.iterdir())
    assert error.startswith("minprune: warning: nothing was compared: there is no picture") and error.count("\n") == 1


def test_the_readme_shows_what_the_command_prints(tmp_path, capsys, monkeypatch):
    text = (pathlib.Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    code, shown = re.search(r"```python\n# mine.py\n(.*?)```.*?```text\n(.*?)```", text, re.S).groups()
    (tmp_path / "mine.py").write_text(code, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    prompt, told = shown.split("\n", 1)
    assert main(prompt.split()[2:]) == 1 and prompt.startswith("$ minprune verify ")
    assert capsys.readouterr().out == told


def test_the_command_is_listed_and_explained(capsys):
    for arguments, told in ((["--help"], "\n    verify  "), (["verify", "--help"], "0 the claim holds; 1 it fails")):
        with pytest.raises(SystemExit):
            main(arguments)
        assert told in capsys.readouterr().out
