"""What a family file says about its scores."""

import importlib
import inspect
import pathlib

from cases import each
from minprune import scores
from minprune.scores.score import Score
from minprune.scoring.catalogue import CATALOGUE

FAMILIES = [path.stem for path in pathlib.Path(scores.__file__).parent.glob("*.py")
            if "\nSCORES = " in path.read_text(encoding="utf-8")]


def test_a_score_has_the_name_of_its_function_and_claims_nothing_by_itself():
    def mine(o):
        return o[:, 0]

    assert Score(mine).name == "mine"
    assert not Score(mine).mean_over_samples and not Score(mine).blocks


@each("family", FAMILIES)
def test_every_formula_of_a_family_is_in_its_list(family):
    module = importlib.import_module(f"minprune.scores.{family}")
    formulas = {function for _, function in inspect.getmembers(module, inspect.isfunction)
                if function.__module__ == module.__name__ and "\nFormula:  " in (inspect.getdoc(function) or "")}
    assert {score.function for score in module.SCORES} == formulas <= {*CATALOGUE.values()}


def test_the_catalogue_has_no_others():
    families = [importlib.import_module(f"minprune.scores.{family}").SCORES for family in FAMILIES]
    assert {score.function for family in families for score in family} == {*CATALOGUE.values()}
