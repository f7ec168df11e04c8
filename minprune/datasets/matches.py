"""Matches: how strong a player of tic-tac-toe is, computed exactly and not from a sample of games."""

import numpy as np

from ..engine.checks import check_known, check_numbers
from .tictactoe import SQUARES

OPPONENTS = ("random", "perfect")


def choose(game, liking):
    """Return (P,) the legal move that a player likes most in each position, 0 where the game is over.

    liking: (P, 9), such as the outputs of a network for all positions. Of equal ones the first.
    """
    liking = check_numbers("liking", liking)
    if liking.shape != game.after.shape:
        raise ValueError(f"liking expects shape {game.after.shape}, got {liking.shape}")
    return np.where(game.legal, liking, -np.inf).argmax(axis=1)


def match(game, moves, opponent):
    """Return (wins, draws, losses), shares that sum to 1, of a player who always makes `moves` (P,), moving first in
    half of the games.

    opponent  "random" makes every legal move with the same probability, "perfect" every best one. All games that can
    happen are followed, each with its probability. Raises ValueError for a move that is not legal.
    """
    check_known("opponent", opponent, OPPONENTS)
    moves = check_moves(game, moves)
    theirs = game.legal if opponent == "random" else game.best
    chance = theirs / np.maximum(theirs.sum(axis=1, keepdims=True), 1)
    # where the game is over: whoever is to move has lost, or it is a draw
    draw = ~game.lost
    when_mine = np.stack([np.zeros(len(draw)), draw, game.lost], axis=1)        # the player is to move
    when_theirs = np.stack([game.lost, draw, np.zeros(len(draw))], axis=1)
    # backwards through the game
    stones, going_on = (game.positions != 0).sum(axis=1), game.legal.any(axis=1)
    for count in range(SQUARES - 1, -1, -1):
        here = np.flatnonzero((stones == count) & going_on)
        mine = when_theirs[game.after[here, moves[here]]]
        when_theirs[here] = np.einsum("nm,nmr->nr", chance[here], when_mine[game.after[here]])
        when_mine[here] = mine
    return tuple(((when_mine[0] + when_theirs[0]) / 2).tolist())


def check_moves(game, moves):
    """Return the moves as an array; raise unless there is a legal one for each position in which one is to be made."""
    moves = check_numbers("moves", moves)
    if moves.shape != game.lost.shape:
        raise ValueError(f"moves expects shape {game.lost.shape}, got {moves.shape}")
    if moves.dtype.kind not in "iu":
        raise TypeError(f"moves expects whole numbers, the squares 0 … {SQUARES - 1}, got dtype {moves.dtype}")
    legal = (moves[:, None] == np.arange(SQUARES)) & game.legal
    wrong = game.legal.any(axis=1) & ~legal.any(axis=1)
    if wrong.any():
        place = int(wrong.argmax())
        raise ValueError(f"moves: square {moves[place]} is not legal in position {place}, "
                         f"{game.positions[place].tolist()}")
    return moves
