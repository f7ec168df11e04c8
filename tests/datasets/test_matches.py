"""Strength, against a walk through the game that follows one game at a time."""

import functools

import numpy as np
import pytest

from minprune.datasets.matches import choose, match
from minprune.datasets.tictactoe import solve

GAME = solve()


def walked(moves, allowed):
    """(wins, draws, losses), by recursion: mine is whether the player is to move."""
    @functools.lru_cache(None)
    def result(place, mine):
        if not GAME.legal[place].any():
            return np.array([0, 1, 0]) if not GAME.lost[place] else np.array([0, 0, 1]) if mine else np.array([1, 0, 0])
        squares = [moves[place]] if mine else np.flatnonzero(allowed[place])
        return sum(result(int(GAME.after[place, square]), not mine) for square in squares) / len(squares)
    return (result(0, True) + result(0, False)) / 2


def test_the_results_are_those_of_a_plain_walk():
    moves = choose(GAME, np.random.default_rng(5).normal(size=GAME.after.shape))
    for opponent, allowed in (("random", GAME.legal), ("perfect", GAME.best)):
        found = match(GAME, moves, opponent)
        assert np.allclose(found, walked(moves, allowed)) and np.isclose(sum(found), 1)


def test_the_best_player_never_loses_and_nobody_beats_the_perfect_one():
    best, first = GAME.best.argmax(axis=1), GAME.legal.argmax(axis=1)
    assert np.allclose(match(GAME, best, "perfect"), (0, 1, 0))
    wins, _, losses = match(GAME, best, "random")
    assert losses == 0 and wins > 0.9
    assert match(GAME, first, "perfect")[0] == 0 and match(GAME, first, "random")[2] > 0.3


def test_choose_takes_the_most_liked_legal_square():
    liking = np.tile(np.arange(9.0), (len(GAME.lost), 1))
    place = GAME.find([0, 0, 0, 0, 1, 0, 0, 0, -1])
    assert choose(GAME, liking)[place] == 7 and choose(GAME, -liking)[place] == 0
    assert choose(GAME, 0 * liking)[place] == 0             # of equal ones the first


def test_what_is_no_player_is_refused():
    with pytest.raises(ValueError, match=r"liking expects shape \(5478, 9\), got \(9,\)"):
        choose(GAME, np.zeros(9))
    with pytest.raises(ValueError, match=r"moves expects shape \(5478,\), got \(3,\)"):
        match(GAME, [0, 1, 2], "random")
    with pytest.raises(ValueError, match=r"moves: square 0 is not legal in position 1, \[-1, 0"):
        match(GAME, np.zeros(5478, int), "random")
    with pytest.raises(ValueError, match='unknown opponent "perfekt"; did you mean "perfect"'):
        match(GAME, GAME.legal.argmax(axis=1), "perfekt")
