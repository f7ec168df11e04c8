"""A candidate is compared by its accuracy, or by its loss if it has none."""

import numpy as np

from minprune.strategies.candidates import SIZES, Candidate


def candidate(accuracy):
    return Candidate("taylor", "global", 0.5, {"a": np.array([True, False])}, neurons=1, parameters=2, multiply_adds=3,
                     bytes=4, loss=0.7, accuracy=accuracy)


def test_quality_is_high_where_it_is_good():
    assert candidate(0.9).quality == 0.9 and candidate(None).quality == -0.7


def test_a_candidate_as_plain_values_has_its_decision_and_all_sizes():
    plain = candidate(0.9).to_dict()
    assert plain["keep"] == {"a": [True, False]} and [plain[size] for size in SIZES] == [2, 3, 4, 1]
    assert "keep" not in repr(candidate(0.9))
