"""Schedules: what is gone after each step, s_1 ≤ … ≤ s_n."""

from collections.abc import Mapping

import numpy as np

from ..engine.checks import check_count, check_known, check_list, check_network, check_real, check_size


def one_shot(remove):
    """All at once: [remove]."""
    return [check_real("remove", remove, least=0, below=1)]


def linear(remove, steps):
    """The same number each time: s_k = remove · k / n, fractions of the original network.

    Like all schedules here it ends at exactly `remove`. A network of K neurons has lost ⌊s_k K⌋ after step k, counted
    on the original network, so that the rounding of one step does not add to that of the next.
    """
    remove, steps = check_real("remove", remove, least=0, below=1), check_size("steps", steps)
    return [remove * step / steps for step in range(1, steps)] + [remove]


def exponential(remove, steps):
    """The same share of what is left each time: s_k = 1 − (1 − remove)^(k / n).

    Each step leaves (1 − remove)^(1 / n) of the neurons that it starts with. Frankle & Carbin, ICLR 2019,
    arXiv:1803.03635, prune single weights in this way (iterative magnitude pruning).
    """
    remove, steps = check_real("remove", remove, least=0, below=1), check_size("steps", steps)
    return [1 - (1 - remove) ** (step / steps) for step in range(1, steps)] + [remove]


def cubic(remove, steps, initial=0.0):
    """Many at first, fewer and fewer: s_k = s_f + (s_i − s_f)(1 − k / n)³, k = 1 … n, s_f = remove, s_i = initial.

    Zhu & Gupta, "To prune, or not to prune", 2017, arXiv:1710.01878: "the sparsity is increased from an initial
    sparsity value s_i (usually 0) to a final sparsity value s_f over a span of n pruning steps". There k / n is
    (t − t_0) / (n Δt), t counting training steps; k = 0, where s_i is reached, has no step of its own here.
    """
    remove, steps = check_real("remove", remove, least=0, below=1), check_size("steps", steps)
    initial = check_real("initial", initial, least=0, below=1)
    if initial > remove:
        raise ValueError(f"initial expects at most remove={remove}, got {initial}: a schedule never goes backwards")
    return [remove + (initial - remove) * (1 - step / steps) ** 3 for step in range(1, steps)] + [remove]


def layer_by_layer(net, remove, layers=None):
    """One layer a step: [{first: f}, {first: f, second: f}, …], so that each layer's cut is retrained by itself.

    remove: a fraction (or number) for each layer, or {layer: fraction or number}. layers: their order; by default
    that of the network, from the input on (of those that `remove` names).
    """
    check_network(net)
    shares = dict(remove) if isinstance(remove, Mapping) else dict.fromkeys(net.hidden_layers, remove)
    order = [name for name in net.hidden_layers if name in shares] if layers is None else list(layers)
    for name in [*shares, *order]:
        check_known("hidden layer", name, net.hidden_layers)
    if not order or len(set(order)) < len(order) or not set(order) <= set(shares):
        raise ValueError(f"layers expects some of {list(shares)}, each once, got {order}")
    for name, share in shares.items():
        check_rising(f'remove["{name}"]', [share])
    return [{name: shares[name] for name in order[:step]} for step in range(1, len(order) + 1)]


def check_schedule(schedule, names):
    """Return the schedule as a list of fractions, of numbers of neurons, or of dicts {layer: fraction or number}.

    Raises TypeError or ValueError for anything else, and where it falls. `names` are the layers that it may name.
    """
    if isinstance(schedule, Mapping):
        raise TypeError(f"schedule expects a list of fractions such as [0.2, 0.4], got {schedule!r}")
    entries = check_list("schedule", schedule, "of fractions such as [0.2, 0.4]")
    by_layer = [isinstance(entry, Mapping) for entry in entries]
    if not entries or any(by_layer) != all(by_layer):
        raise ValueError("schedule expects steps of one kind, fractions or {layer: fraction}, at least one, "
                         f"got {entries}")
    if not any(by_layer):
        return check_rising("schedule", entries)

    # Layer by layer: a layer that an entry does not name has lost nothing by then.
    named = {name: None for entry in entries for name in entry}
    if not named:
        raise ValueError(f"schedule expects steps that name at least one layer, got {entries}")
    for name in named:
        check_known("layer in schedule", name, names)
    shares = {name: check_rising(f'schedule of layer "{name}"', [entry.get(name, 0) for entry in entries])
              for name in named}
    return [{name: shares[name][step] for name in entry} for step, entry in enumerate(entries)]


def check_rising(name, shares):
    """Return what should be gone after each step, as `decide` takes it; raise ValueError if it falls."""
    if all(isinstance(share, (int, np.integer)) for share in shares):
        shares = [check_count(name, share, least=0) for share in shares]        # numbers of neurons
    else:
        shares = [check_real(f"{name} (as fractions)", share, least=0, below=1) for share in shares]
    for step, (earlier, later) in enumerate(zip(shares, shares[1:])):
        if later < earlier:
            raise ValueError(f"{name} expects what is gone to rise from step to step, but it goes back from "
                             f"{earlier} to {later} in step {step + 2}: {shares}")
    return shares
