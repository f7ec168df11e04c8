"""What the docstring and the parameters of a score say about it."""

import inspect
import subprocess
import sys

import minprune as mp
from cases import each
from minprune.scoring.catalogue import find_score
from minprune.scoring.entries import LABELS, entry

@each("name", mp.scores.CATALOGUE)
def test_every_docstring_says_what_it_must(name):
    told, text = entry(mp.scores.CATALOGUE[name]), inspect.getdoc(mp.scores.CATALOGUE[name])
    labels = LABELS
    assert labels == ("formula", "point", "order", "cost", "claims", "source", "differs")
    assert set(told) == {"name", "summary", "needs", *labels}
    assert told["name"] == name and told["summary"] == text.split("\n")[0] and told["summary"].endswith(".")
    assert told["formula"].startswith("I_i ") and "high = keep" in text.lower() or name == "random"
    places = [text.index(f"\n{label.capitalize()}:") for label in labels]
    assert places == sorted(places)
    for label, start, end in zip(labels, places, [*places[1:], None]):
        body = text[start:end].split("\n\n")[0].split()             # up to the next label or an empty line
        assert [f"{label.capitalize()}:", *told[label].split()] == body and len(body) > 1


def test_entries_say_what_a_score_has_to_be_given():
    assert entry(find_score("weight_norm"))["needs"] == "weights (W)"
    assert entry(find_score("apoz"))["needs"] == "forward pass (o)"
    assert entry(find_score("gradient"))["needs"] == "backward pass (do)"
    assert entry(find_score("taylor"))["needs"] == "forward pass (o) + backward pass (do)"
    assert entry(find_score("sensitivity"))["needs"] == "passes of its own over x"
    assert entry(find_score("removal"))["needs"] == "passes of its own over x and t"


def test_the_random_score_needs_no_passes():
    assert "pass" not in entry(find_score("random"))["needs"]


def test_a_function_without_a_docstring_has_an_entry_of_empty_lines():
    def mine(o, do):
        return (o * do).sum(axis=1)

    assert entry(mine) == {"name": "mine", "summary": "", "needs": "forward pass (o) + backward pass (do)",
                           **dict.fromkeys(LABELS, "")}


def test_python_without_docstrings_has_entries():
    """python -OO removes them all."""
    code = "import minprune as mp; print({mp.scores.entry(score)['formula'] for score in mp.scores.CATALOGUE.values()})"
    done = subprocess.run([sys.executable, "-OO", "-c", code], capture_output=True, text=True)
    assert done.stdout == "{''}\n", done.stderr
