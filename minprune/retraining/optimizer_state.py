"""The state of an optimizer, cut with the network that it belongs to."""

import copy
from collections.abc import Mapping

from ..engine.checks import check_network
from ..pruning.surgery import prune
from ..training.state import TrainingState


def prune_state(state, net, keep):
    """Return an optimizer's state without the neurons that go, for the parameters of `prune(net, keep)`.

    Each {parameter name: array} in it (momentum's v, Adam's m and v) is cut exactly as `prune` cuts the parameters;
    all other entries (the number of steps) are copied. A pruned network that is trained on with it takes the same steps
    as the masked network. Of a `TrainingState` the optimizer's part is cut, and the rest copied. `net` and `state` are
    not changed. Raises as `prune`, and ValueError for a state of another network.
    """
    check_network(net)
    if isinstance(state, TrainingState):
        return TrainingState(prune_state(optimizer_of(state), net, keep), state.epoch, copy.deepcopy(state.rng))
    if not isinstance(state, Mapping):
        raise TypeError("state expects a dict as an optimizer's start makes it, or a TrainingState, "
                        f"got {type(state).__name__}")
    return {key: prune_arrays(value, net, keep) if isinstance(value, Mapping) else copy.deepcopy(value)
            for key, value in state.items()}


def optimizer_of(state):
    """The optimizer's part of a state, {} where there is none yet."""
    if isinstance(state, TrainingState):
        return {} if state.optimizer is None else state.optimizer
    return {} if state is None else state


def prune_arrays(arrays, net, keep):
    """Arrays with the names and shapes of the parameters of `net`, cut as these are.

    A copy of the network is filled with them, and pruned.
    """
    holder = net.copy()
    try:
        holder.fill({**net.arrays(), **arrays})
    except ValueError as error:
        raise ValueError(f"the state is of another network: {error}") from None
    cut = prune(holder, keep).parameters()
    return {name: cut[name] for name in arrays}
