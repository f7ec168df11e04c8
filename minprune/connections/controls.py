"""Controls for tickets: is it the weights that matter, the connections, or only how many there are?"""

from ..engine.checks import check_network, check_seed
from ..engine.network import Network
from .masks import check_masks, mask_connections, weight_arrays


def reinitialise(net, masks, seed):
    """Return the network with the same masks and new initial weights drawn from `seed`.

    It is the control that says whether a ticket's weights matter, or only its connections. The seed that `net` was
    drawn by at its start would give the ticket itself: take another.

    All else is new as well: biases and batch norm as `Network` starts them; neuron masks stay. Train it just as the
    ticket was, `fit(…, on_step=keep_masked(masks))`. Frankle & Carbin, ICLR 2019, arXiv:1803.03635, "random
    reinitialization". Raises as `mask_connections`, and as `Network` for a bad seed.
    """
    check_network(net)
    check_masks(masks, weight_arrays(net))
    fresh = Network(net.input_shape, net.layers.values(), seed, net.dtype)
    neuron_masks = {name: array for name, array in net.arrays().items() if name.endswith(".mask")}
    fresh.fill(fresh.arrays() | neuron_masks)
    return mask_connections(fresh, masks)


def shuffle_masks(masks, seed):
    """Return masks that keep as many weights of each array, at places drawn from `seed`.

    It is the control that says whether a ticket's connections matter, or only how many each layer has. Frankle et al.,
    ICLR 2021, arXiv:2009.08576.
    """
    rng = check_seed(seed)
    return {name: rng.permutation(mask.reshape(-1)).reshape(mask.shape) for name, mask in check_masks(masks).items()}
