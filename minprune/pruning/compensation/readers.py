"""Readers: the layers that read removed neurons, and what they read."""

from ...engine.checks import check_finite, check_network
from ...engine.layer import flat
from ...engine.network import run
from ..connection_masks import check_held, prune_masks
from ..surgery import channels_left, check_keep, prune


def compensated(net, keep, compensate, masks=None):
    """Return `prune(net, keep)` with all readers of removed neurons changed, from the input on.

    `compensate(small, name, reader, rows, free)` changes W and b of `small[reader]`, which reads layer `name`; `rows`
    says which of the reader's own neurons are left there, `free` is where its W may change, by the `masks` of `net`'s
    connections: a bool array like its W, or None for everywhere. Raises as `prune`, and ValueError, naming the array,
    for masks that the network does not keep, and for a network with NaN or infinity in it: what is computed from such
    numbers would spread them over all that a layer reads.
    """
    keep = check_keep(net, keep)
    check_finite(net)
    masks = check_held(net, masks)
    small, free = prune(net, keep), prune_masks(net, masks, keep) if masks else {}
    cut = {reader: name for name, stays in keep.items() if not stays.all() for reader in net.readers(name)}
    left = channels_left(net, keep)
    for reader in net.neuron_layers:
        if reader in cut:
            compensate(small, cut[reader], reader, left.get(reader, slice(None)), free.get(f"{reader}.W"))
    return small


def net_and_samples(net, x):
    """Return x checked; raise unless net is a Network that can read it."""
    check_network(net)
    return net.check_input(x)


def read_by(net, name, x, batch_size):
    """Yield what layer `name` reads when the network reads x, batch by batch; what comes after it is not run."""
    names = list(net.layers)
    last = next(place for place, top in enumerate(names) if name in flat({top: net.layers[top]}))
    before = {top: net.layers[top] for top in names[:last + 1]}
    for start in range(0, len(x), batch_size):
        yield run(before, x[start:start + batch_size])[1][name].x
