"""The options of `minprune verify` become the arguments of `verify`."""

import argparse
import inspect
import re

import pytest

from minprune.grading.claim_options import add_claim_options, add_where_options, claim_of
from minprune.verification.sampling.where import Where


def claim(*options):
    """The claim that these options make."""
    parser = argparse.ArgumentParser()
    for add_options in (add_claim_options, add_where_options):
        add_options(parser, lambda convert, least: convert)
    return claim_of(parser.parse_args(options))


def test_all_options_reach_verify():
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
