"""Tic-tac-toe: the rules, all positions, what each is worth, and the moves that keep it.

A position is seen by whoever is to move: (9,) squares, row by row, 1 for an own stone, −1 for the opponent's, 0 for an
empty one. After a move the signs change. Its worth is 1 if the player to move can win whatever the opponent does, 0 if
a draw can be had, −1 if not: minimax over the whole game, no heuristics.
"""

import functools
from typing import NamedTuple

import numpy as np

from .groups import grouped_dataset

LINES = np.array([[0, 1, 2], [3, 4, 5], [6, 7, 8], [0, 3, 6], [1, 4, 7], [2, 5, 8], [0, 4, 8], [2, 4, 6]])
SQUARES = 9


class Game(NamedTuple):
    """All P positions that play can reach, the empty board first, a position before those that follow it.

    positions  (P, 9) int8, see above
    after      (P, 9) the index of the position after each move, −1 where it is not legal
    lost       (P,) whether the opponent has just completed a line
    worth      (P,) 1, 0 or −1 for the player to move
    """

    positions: np.ndarray
    after: np.ndarray
    lost: np.ndarray
    worth: np.ndarray

    @property
    def legal(self):
        """(P, 9) booleans; none where the game is over."""
        return self.after >= 0

    @property
    def best(self):
        """(P, 9) booleans: the legal moves that keep the position's worth."""
        return self.legal & (-self.worth[self.after] == self.worth[:, None])

    def find(self, position):
        """The index of a position, (9,) or (3, 3); raises ValueError if play cannot reach it."""
        position = np.asarray(position)
        if position.shape not in ((SQUARES,), (3, 3)):
            raise ValueError(f"position expects shape (9,) or (3, 3), got {position.shape}")
        same = (self.positions == position.reshape(-1)).all(axis=1)
        if not same.any():
            raise ValueError(f"position {position.reshape(-1).tolist()} cannot be reached by play")
        return int(same.argmax())


@functools.cache
def solve():
    """Return the Game, all 5,478 positions of it. The first call takes about a tenth of a second, and later ones return
    the same Game: its arrays are read-only."""
    positions, after = explore()
    lost = (positions[:, LINES] == -1).all(axis=2).any(axis=1)
    # worth, from the full board back: every position follows those with fewer stones
    worth, stones = -lost.astype(np.int64), (positions != 0).sum(axis=1)
    for count in range(SQUARES - 1, -1, -1):
        open_ones = np.flatnonzero((stones == count) & ~lost)
        moves = after[open_ones]
        worth[open_ones] = np.where(moves >= 0, -worth[moves], -2).max(axis=1)
    for array in (positions, after, lost, worth):
        array.flags.writeable = False
    return Game(positions, after, lost, worth)


def explore():
    """Return (positions, after) of the Game, by playing every legal move in every position."""
    lines = LINES.tolist()
    positions, after = [(0,) * SQUARES], []
    index = {positions[0]: 0}
    for position in positions:                          # grows on the way
        moves = [-1] * SQUARES
        if not any(position[a] == position[b] == position[c] == -1 for a, b, c in lines):
            for square in (square for square in range(SQUARES) if position[square] == 0):
                turned = [-stone for stone in position]
                turned[square] = -1
                next_one = tuple(turned)
                if next_one not in index:
                    index[next_one] = len(positions)
                    positions.append(next_one)
                moves[square] = index[next_one]
        after.append(moves)
    return np.array(positions, np.int8), np.array(after)


def symmetric(positions):
    """Return (N,) a number that is the same for positions that rotations and reflections of the board make equal."""
    board = np.arange(SQUARES).reshape(3, 3)
    views = [view.reshape(-1) for turn in range(4) for view in (np.rot90(board, turn), np.rot90(board, turn).T)]
    return np.min([(positions[:, view] + 1) @ 3 ** np.arange(SQUARES) for view in views], axis=0)


def as_inputs(positions):
    """Return (N, 3, 3, 2) float64 as a network reads positions: 1 for own stones, then 1 for the opponent's."""
    return np.stack([positions == 1, positions == -1], axis=-1).astype(np.float64).reshape(-1, 3, 3, 2)


def load_tictactoe(source, test, seed):
    """Return the 4,520 positions in which there is a move to make as a Dataset: x (N, 3, 3, 2), t (N, 9) of 0 and 1, 1
    for each move that is best. Positions that symmetry makes equal are held out together."""
    game = solve()
    open_ones = game.legal.any(axis=1)
    positions, best = game.positions[open_ones], game.best[open_ones].astype(np.float64)
    return grouped_dataset("tictactoe", as_inputs(positions), best, symmetric(positions), source, test, seed)
