"""The state of a training between two calls of `fit`, so that the second goes on where the first ended."""

from dataclasses import dataclass

import numpy as np

from ..engine.checks import check_seed


@dataclass
class TrainingState:
    """What a training needs to go on, besides the network. Begin with an empty one, and give it to each `fit`:

        state = mp.TrainingState()
        mp.fit(net, x, t, epochs=2, state=state)
        mp.fit(net, x, t, epochs=2, state=state)        # the same bits as epochs=4 at once

    optimizer   what the optimizer remembers (Adam's moments and its number of steps), as its `start` makes it
    epoch       how many epochs are done: a schedule of learning rates goes on from there
    rng         the generator that shuffles and draws for Dropout, where it stopped. So the `seed` of the first call
                counts, and that of later ones does not

    It is filled by `fit`, after each epoch. `copy.deepcopy` and `pickle` take it: beside `net.save` it is what a
    training needs that goes on another day. `patience` counts anew in each call, and where it goes back to the best
    epoch's weights, the state is still that of the last epoch.
    """

    optimizer: dict | None = None
    epoch: int = 0
    rng: "np.random.Generator | None" = None         # a text: `numpy.random` is imported when it is first used

    def enter(self, optimizer, net, seed):
        """Make what is not there yet; raise ValueError unless the rest fits the optimizer and the network."""
        if self.optimizer is None:
            self.optimizer = optimizer.start(net.parameters())
        check_state(self.optimizer, optimizer, net)
        self.rng = check_seed(seed) if self.rng is None else self.rng


def enter(state, optimizer, net, seed):
    """The TrainingState of a training: `state` itself, or one around the optimizer state that was given."""
    if not isinstance(state, TrainingState):
        state = TrainingState(check_state(state, optimizer, net))
    state.enter(optimizer, net, seed)
    return state


def check_state(state, optimizer, net):
    """Return the optimizer state; raise ValueError unless this optimizer could have made it for this network."""
    expected = shapes(optimizer.start(net.parameters()))
    if not isinstance(state, dict) or shapes(state) != expected:
        got = shapes(state) if isinstance(state, dict) else type(state).__name__
        raise ValueError(f"state expects a TrainingState, or what {type(optimizer).__name__}.start(net.parameters()) "
                         f"makes, of shapes {expected}, got {got}")
    return state


def shapes(state):
    """The shapes of all that a state holds."""
    return {key: shapes(value) for key, value in state.items()} if isinstance(state, dict) else np.shape(state)


def snapshot(net):
    """A copy of all arrays, for `net.fill`."""
    return {name: array.copy() for name, array in net.arrays().items()}
