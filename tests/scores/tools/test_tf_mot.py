"""tensorflow-model-optimization 0.8.1 (TensorFlow 2.21.0): how many weights it pruned."""

import numpy as np

import minprune as mp

tool = mp.scores.tools.tf_mot


def test_how_many_of_10_go():
    seen = {0: 0, 0.05: 0, 0.1: 1, 0.2: 2, 0.25: 2, 0.3: 3, 0.45: 4, 0.5: 5, 0.55: 6, 0.6: 6, 0.7: 7, 0.75: 8, 0.8: 8,
            0.85: 9, 0.9: 9, 0.95: 9, 0.99: 9}
    assert {ratio: tool.removed(10, ratio) for ratio in seen} == seen


def test_the_score_is_the_size_of_a_weight():
    assert np.array_equal(tool.magnitude(np.array([[-2.0, 1.0]])), [[2, 1]])
