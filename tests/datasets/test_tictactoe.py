"""Tic-tac-toe: counts that are known, positions worked by hand, and minimax by plain recursion."""

import numpy as np
import pytest

from cases import each
from minprune.datasets import tictactoe
from minprune.datasets.loading import load

GAME = tictactoe.solve()


def test_the_counts_that_are_known():
    over = ~GAME.legal.any(axis=1)
    stones = (GAME.positions != 0).sum(axis=1)
    assert tictactoe.solve() is GAME and not any(array.flags.writeable for array in GAME)       # made once, for all
    assert len(GAME.positions) == 5478 and over.sum() == 958
    first_won, second_won = (int((GAME.lost & (stones % 2 == turn)).sum()) for turn in (1, 0))
    assert (first_won, second_won, int((over & ~GAME.lost).sum())) == (626, 316, 16)
    assert len(np.unique(tictactoe.symmetric(GAME.positions))) == 765
    assert [int((stones == count).sum()) for count in range(4)] == [1, 9, 72, 252]


@each("position, worth, best", [
    ([1, 1, 0, -1, -1, 0, 0, 0, 0], 1, [2]),                       # complete the line
    ([-1, -1, 0, 0, 1, 0, 0, 0, 0], 0, [2]),                       # prevent one
    ([-1, 0, 0, 0, 0, 0, 0, 0, 0], 0, [4]),                        # only the centre answers a corner
    ([0, 0, 0, 0, -1, 0, 0, 0, 0], 0, [0, 2, 6, 8]),               # only a corner answers the centre
    ([-1, 0, 0, 0, 1, 0, 0, 0, -1], 0, [1, 3, 5, 7]),              # a corner would let the opponent fork
    ([-1, -1, 0, 1, 0, 0, 0, 0, 0], -1, [2, 4, 5, 6, 7, 8]),       # too late: whatever is played, a fork or a line
    ([0, 0, 0, 0, 0, 0, 0, 0, 0], 0, list(range(9))),
    ([-1, 0, -1, 0, 1, 0, -1, 0, 1], -1, [1, 3, 5, 7]),            # two threats: lost whatever is played
])
def test_positions_by_hand(position, worth, best):
    place = GAME.find(position)
    assert GAME.worth[place] == worth and np.flatnonzero(GAME.best[place]).tolist() == best


def negamax(position):
    """The worth of a position, by the rules alone."""
    if any(all(position[square] == -1 for square in line) for line in tictactoe.LINES):
        return -1
    empty = [square for square in range(9) if position[square] == 0]
    worths = [-negamax([-1 if square == move else -stone for square, stone in enumerate(position)]) for move in empty]
    return max(worths, default=0)


def test_worth_is_what_plain_recursion_finds():
    late = np.flatnonzero((GAME.positions != 0).sum(axis=1) >= 6)
    for place in np.random.default_rng(0).choice(late, 60, replace=False):
        assert GAME.worth[place] == negamax(GAME.positions[place].tolist())


def test_moves_lead_where_they_should():
    place, move = GAME.find([1, 0, 0, 0, -1, 0, 0, 0, 0]), 8
    assert GAME.positions[GAME.after[place, move]].tolist() == [-1, 0, 0, 0, 1, 0, 0, 0, -1]
    assert (GAME.legal == ((GAME.positions == 0) & ~GAME.lost[:, None])).all()
    assert (GAME.best.any(axis=1) == GAME.legal.any(axis=1)).all()


def test_what_play_cannot_reach_is_not_found():
    assert GAME.find(np.zeros((3, 3))) == 0
    with pytest.raises(ValueError, match="cannot be reached by play"):
        GAME.find([1, 1, 1, 0, 0, 0, 0, 0, 0])


def test_symmetric_positions_are_equal_and_others_are_not():
    boards = np.array([[1, -1, 0, 0, 0, 0, 0, 0, 0], [0, 0, 1, 0, 0, -1, 0, 0, 0], [1, 0, 0, -1, 0, 0, 0, 0, 0],
                       [1, 0, 0, 0, 0, -1, 0, 0, 0]])
    codes = tictactoe.symmetric(boards)
    assert codes[0] == codes[1] == codes[2] != codes[3]


def test_the_data_set_holds_out_what_symmetry_makes_equal():
    data = load("tictactoe", seed=1)
    parts = [(x[..., 0] - x[..., 1]).reshape(-1, 9).astype(int) for x in (data.x_train, data.x_test)]
    codes = [set(tictactoe.symmetric(part).tolist()) for part in parts]
    assert len(parts[0]) + len(parts[1]) == 4520 and not codes[0] & codes[1] and len(codes[1]) == round(0.2 * 627)
    assert data.x_train.shape[1:] == (3, 3, 2) and data.t_train.shape[1:] == (9,) and data.notes == []
    for position, best in zip(parts[1][:20], data.t_test):
        assert np.array_equal(GAME.best[GAME.find(position)], best)
