"""`minprune experiment`: its options become methods and settings."""

import concurrent.futures

import pytest

from minprune.datasets import Source
from minprune.studies import experiments


@pytest.fixture
def calls(monkeypatch):
    """The (arguments, settings) of the experiments, which are not done."""
    calls = []
    monkeypatch.setattr(experiments, "experiment", lambda *first, **settings: calls.append((first, settings)))
    return calls


def test_the_defaults_are_those_of_the_function(call, calls):
    assert call("experiment")[0] == 0
    (methods,), settings = calls[0]
    assert [method.name for method in methods] == [method.score for method in methods] == list(experiments.METHODS)
    assert {method.scope for method in methods} == {"layer"} and methods[0].schedule(0.5) == [0.5]
    assert settings == dict(data="digits", model=None, fractions=list(experiments.FRACTIONS), seeds=5, epochs=20,
                            rate=2e-3, batch_size=32, retrain=10, dtype="float64", out="minprune-experiment",
                            executor=None)


def test_scores_schedule_and_steps_make_the_methods(call, calls):
    call("experiment", "--methods", "apoz", "--schedule", "linear", "--steps", "2", "--scope", "global", "--jobs", "2")
    (methods,), settings = calls[0]
    method, = methods
    assert (method.name, method.score, method.scope, method.schedule(0.5)) == ("apoz", "apoz", "global", [0.25, 0.5])
    assert isinstance(settings["executor"], concurrent.futures.ProcessPoolExecutor)


@pytest.mark.parametrize("arguments, message", [
    (["--schedule", "cubik"], 'did you mean "cubic"?'), (["--methods", "tailor"], 'did you mean "taylor"?'),
    (["--fractions", "1"], "less than 1"), (["--jobs", "0"], "at least 1")])
def test_a_bad_call_gets_one_line(refused, calls, arguments, message):
    assert message in refused("experiment", *arguments) and not calls


def test_the_options_of_data_are_one_argument_and_what_is_concluded_is_printed(call, calls, tmp_path):
    (tmp_path / "t.csv").write_text("".join(f"{n}.5,{n % 2}\n" for n in range(20)))
    _, printed, _ = call("experiment", "--data", str(tmp_path / "t.csv"), "--task", "regression")
    assert calls[0][1]["data"] == Source(str(tmp_path / "t.csv"), task="regression")
    assert printed.startswith("data: numbers to predict in the last column, from 0 to 1")
