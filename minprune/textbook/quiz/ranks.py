"""Chapter 8: which score predicts removal?"""

import numpy as np

from ...evaluation.rank_correlation import ranks, spearman
from .networks import drawn, whole
from .question import Kind, Question
from .text import as_text, listed, number, plus

TWO_SCORES = "A score and exact removal were computed for the same neurons; high = keep."


def rank_correlation(rng):
    """What is Spearman's rank correlation of a score with removal?"""
    K = int(rng.choice([4, 5]))
    given = {name: rng.permutation(np.arange(1, 10))[:K] / scale for name, scale in (("score", 10), ("removal", 1))}
    differences = ranks(given["score"]) - ranks(given["removal"])
    rho = spearman(given["score"], given["removal"])
    return Question(
        intro=TWO_SCORES,
        given=given,
        asks="What is Spearman's ρ = 1 − 6 Σ d² / (K (K² − 1)), d being the differences of ranks?",
        answer=(rho,),
        way=f"The ranks, from the lowest: {as_text(ranks(given['score']))} and {as_text(ranks(given['removal']))}. "
            f"Σ d² = {plus(differences ** 2)} = {number((differences ** 2).sum())}, K (K² − 1) = {K * (K * K - 1)}: "
            f"ρ = {number(rho)}.")


def shared_ranks(rng):
    """What are the ranks if some scores are equal?"""
    given = drawn(lambda: {"score": whole(rng, 5, 0, 4)}, lambda g: 2 <= len(set(g["score"])) <= 4)
    found = ranks(given["score"])
    return Question(
        intro="Five scores are ranked from 1, the lowest, to 5; equal ones share the mean of the places that they "
              "take up together.",
        given=given,
        asks="What are the five ranks, in the order of the scores?",
        answer=tuple(found),
        way=f"In order they are {as_text(np.sort(given['score']))}, on the places 1 … 5. The mean of the places of "
            f"each value gives {as_text(found)}.")


def clear_pair(rng, K=6):
    """Two lists without equal numbers that agree in part."""
    truth = rng.permutation(np.arange(1, 20))[:K].astype(float)
    return {"score": np.argsort(np.argsort(truth + rng.normal(0, 5, K))) + 1.0, "removal": truth}


def overlap(rng):
    """How many of the neurons that go are those that should?"""
    given = clear_pair(rng)
    chosen, right = (set(map(int, np.argsort(values)[:3])) for values in given.values())
    both = chosen & right
    return Question(
        intro=f"{TWO_SCORES} The neurons are 0 … 5.",
        given=given,
        asks="Three neurons go by the score. How many of them are among the three that cost least to remove?",
        answer=(len(both),),
        way=f"By the score {listed(sorted(chosen))} go, by removal {listed(sorted(right))} should. "
            f"{'None is' if not both else listed(sorted(both)) + (' is' if len(both) == 1 else ' are')} in both: "
            f"{len(both)}.")


def regret(rng):
    """What does it cost to trust a score?"""
    given = clear_pair(rng)
    first = int(given["score"].argmin())
    lost = given["removal"][first] - given["removal"].min()
    return Question(
        intro=f"{TWO_SCORES} One neuron goes by the score.",
        given=given,
        asks="By how much is that dearer than the cheapest removal would have been?",
        answer=(float(lost),),
        way=f"The lowest score is that of neuron {first}, whose removal costs {number(given['removal'][first])}. "
            f"The cheapest costs {number(given['removal'].min())}: {number(lost)} more.")


KINDS = tuple(Kind(8, draw) for draw in (rank_correlation, shared_ranks, overlap, regret))
