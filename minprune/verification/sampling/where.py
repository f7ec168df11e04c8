"""Where: which networks a claim is about."""

import numpy as np

from ...engine.activations import ACTIVATIONS
from ...engine.checks import check_count, check_known
from ...engine.conv2d import Conv2D
from ...engine.dense import Dense
from ...engine.losses import LOSSES, find_loss
from .topology import PLACES, POOLINGS, is_pooled, place_of


def positive(net):
    return all((net[name].W > 0).all() for name in net.neuron_layers)


def without_biases(net):
    return not any(net[name].b.any() for name in net.neuron_layers)


def make_positive(net):
    for name in net.neuron_layers:
        np.abs(net[name].W, out=net[name].W)


def make_without_biases(net):
    for name in net.neuron_layers:
        net[name].b[...] = 0


# What a network is like in words: (how to make it so, whether it is).
SUCH_THAT = {"all weights positive": (make_positive, positive),
             "no biases": (make_without_biases, without_biases)}
LAYERS = ("hidden", "last hidden", "output")
KINDS = ("dense", "conv")
# The activations of random networks. Fixed: a seed's verdict does not change when an activation is added.
TRIED = ("identity", "relu", "leaky_relu", "sigmoid", "tanh", "softplus")
KEYS = ("activation", "loss", "depth", "layers", "layer", "output", "outputs", "neurons", "samples", "batch_norm",
        "pooling", "residual", "that")


class Where:
    """Which networks a claim is about.

        activation   a name or several: of the hidden layers                            (default: all six)
        output       the same: of the output layer (default: identity; for layer="output" with mse, `activation`)
        loss         a name, a Loss, or several                                         (mse, both cross entropies)
        depth        layers with neurons, a number or several                           (2, 3, 4; of outputs 1, 2, 3)
        layers       "dense" or "conv": the kind of layer that is asked about           ("dense")
        layer        "hidden", "last hidden" or "output"                                ("hidden")
        neurons      how many a Dense hidden layer has, a number or several             (1 … 4)
        outputs      how many, a number or several                                      (1, 2, 3)
        samples      in the batch, a number or several                                  (1 … 4)
        batch_norm   True or False                                                      (False)
        pooling      between the Conv2D layer asked about and those that read it: "max", "avg", "global",
                     several of these, True (any of them) or False (nowhere)            (any or none, anywhere)
        residual     True: each network has a Residual block; "before", "inside", "after": and the layer asked about
                     stands there; False: no blocks                                     (some networks have one)
        that         "all weights positive", "no biases", a function net -> bool, or several of these

    Instead of {"that": …} the words or the function may be given alone.

    `depth` counts the layers inside a block as well, its projection too. Before a block is the layer whose output goes
    through it and around it: several paths lead from o to the loss, each with a next layer of its own. What is added to
    other layers' outputs is one neuron with theirs and cannot go alone: such layers are asked about for derivatives
    and for formulas that are said to be equal, not for removal, approximations, invariances and ranks.

    The next layer of W_next, dz_next … is the first that reads o. If nothing is told of pooling and blocks, a formula
    that asks for it is tried only where that layer reads o, all of it, and nothing else, and is the only one to read
    it: do = dz_next W_next is true there, and false before a block. Told to have pooling or blocks, the networks are
    all that `where` says, and such a formula fails if it forgets the path around, or the pooling.
    """

    def __init__(self, where=None, **defaults):
        told = {} if where is None else where if isinstance(where, dict) else {"that": where}
        for key in told:
            check_known("key of where:", key, KEYS)
        given = {**defaults, **told}
        self.layer = check_choice("layer", given.get("layer", "hidden"), LAYERS)
        self.kind = check_choice("layers", given.get("layers", "dense"), KINDS)
        self.activations = names("activation", given.get("activation", list(TRIED)), ACTIVATIONS)
        self.losses = losses(given.get("loss", list(LOSSES)))
        self.outputs_known = "output" in given
        self.output = names("activation", given.get("output", "identity"), ACTIVATIONS)
        self.residual = check_residual(given.get("residual"), self.layer)
        self.pooling = check_pooling(given.get("pooling"), self.kind)
        self.depths = depths(given.get("depth"), 1 if self.layer == "output" else 2, self.residual)
        self.outputs = counts("outputs", given.get("outputs", (1, 2, 3)))
        self.neurons = counts("neurons", given.get("neurons", (1, 2, 3, 4)))
        self.samples = counts("samples", given.get("samples", (1, 2, 3, 4)))
        self.batch_norm = bool(given.get("batch_norm", False))
        self.that = [check_that(one) for one in as_list(given.get("that", []))]
        if self.kind == "conv" and self.layer == "output":
            raise ValueError('where: layers="conv" has no layer="output"; the output layer here is Dense')
        if self.outputs == [1] and all(loss.name == "cross_entropy" for loss in self.losses):
            raise ValueError('where: loss="cross_entropy" needs two outputs or more, got outputs=1')

    def output_activations(self, loss):
        """Those that the output layer may have: logits go to the cross entropies as they are."""
        at_the_output = self.layer == "output" and not self.outputs_known and loss.name == "mse"
        return self.activations if at_the_output else self.output

    def output_sizes(self, loss):
        return [size for size in self.outputs if size > 1 or loss.name != "cross_entropy"]

    def losses_that_fit(self):
        return [loss for loss in self.losses if self.output_sizes(loss)]

    def shape(self, net):
        """Make a network as the words say, where they say how."""
        for one in self.that:
            if isinstance(one, str):
                SUCH_THAT[one][0](net)

    def accepts(self, net):
        return bool(self.layers_asked(net)) and all(SUCH_THAT[one][1](net) if isinstance(one, str) else bool(one(net))
                                                    for one in self.that)

    def tells_what_follows(self):
        """Whether something follows the layer that need not be read as it is, and by one layer: that was asked for."""
        return bool(self.pooling or self.residual)

    def layers_asked(self, net):
        """The layers of a network that a claim can be about."""
        if self.layer == "output":
            kind, among = Dense, net.neuron_layers[-1:]
        else:
            kind, among = Conv2D if self.kind == "conv" else Dense, net.neuron_layers[:-1]
        fitting = [name for name in among if isinstance(net[name], kind)]
        return [name for name in fitting[-1 if self.layer == "last hidden" else 0:] if self.suits(net, name)]

    def suits(self, net, name):
        """Whether there is the pooling and the block that was asked for."""
        if self.residual is not None and bool(self.residual) == net.is_chain:
            return False
        if self.residual in PLACES and not PLACES[self.residual](net, name):
            return False
        if self.pooling == []:
            return not any(isinstance(layer, tuple(POOLINGS.values())) for layer in net.all_layers.values())
        return self.pooling is None or is_pooled(net, name, self.pooling)

    def layer_of(self, net, rng=None):
        """The layer that is asked about: of several that fit the first, or one by chance, each place around a block as
        likely as the others."""
        fitting = self.layers_asked(net) or net.neuron_layers[:1]           # `accepts` tells that none fits
        if rng is None or net.is_chain:
            return fitting[0] if rng is None else choice(rng, fitting)
        places = {name: place_of(net, name) for name in fitting}
        place = choice(rng, sorted(set(places.values())))
        return choice(rng, [name for name in fitting if places[name] == place])

    def __str__(self):
        told = [f"{self.kind} {self.layer} layers"]
        told += ["batch norm"] * self.batch_norm
        told += [", ".join(self.activations)] * (set(self.activations) != set(TRIED))
        told += [", ".join(loss.name for loss in self.losses)] * (len(self.losses) < len(LOSSES))
        told += [] if self.pooling is None else [f"{' or '.join(self.pooling) or 'no'} pooling"]
        told += [] if self.residual is None else [self.told_of_blocks()]
        told += [one if isinstance(one, str) else getattr(one, "__name__", "a predicate") for one in self.that]
        return "; ".join(told)

    def told_of_blocks(self):
        return f"{self.residual} a Residual block" if self.residual in PLACES else \
            "with a Residual block" if self.residual else "no Residual blocks"


def as_list(value):
    return list(value) if isinstance(value, (list, tuple, set, range)) else [value]


def check_choice(key, value, known):
    check_known(f"where {key}", value, known)
    return value


def names(kind, value, known):
    for one in as_list(value):
        check_known(kind, one, known)
    return check_some(kind, as_list(value))


def losses(value):
    several = isinstance(value, (list, set)) or (isinstance(value, tuple) and not hasattr(value, "derivative"))
    return check_some("loss", [find_loss(one) for one in (value if several else [value])])


def counts(key, value, least=1):
    return check_some(key, [check_count(f"where {key}", one, least) for one in as_list(value)])


def depths(value, least, residual):
    """The depths that are told, of those with room for a block if there is to be one."""
    room = least + bool(residual)
    found = counts("depth", range(room, room + 3) if value is None else value, least)
    if max(found) < room:
        raise ValueError(f"where residual={residual!r} needs a depth of {room} or more, got {max(found)}")
    return [one for one in found if one >= room]


def check_some(key, values):
    if not values:
        raise ValueError(f"where {key} expects at least one, got none")
    return values


def check_that(one):
    if isinstance(one, str):
        check_known("condition", one, SUCH_THAT)
    elif not callable(one):
        raise TypeError(f"where expects a dict, words, or a function net -> bool, got {type(one).__name__}")
    return one


def check_residual(value, layer):
    """None, True, False, or a place."""
    if value is None or isinstance(value, bool):
        return value
    if not isinstance(value, str):
        raise TypeError(f"where residual expects True, False or {', '.join(PLACES)}, got {value!r}")
    check_choice("residual", value, PLACES)
    if layer != "hidden" and value != "after":
        raise ValueError(f'where: the {layer} layer is never {value} a Residual block')
    return value


def check_pooling(value, kind):
    """None, or a list of kinds, which is empty for none at all."""
    if value is None or value is False:
        return None if value is None else []
    if kind != "conv":
        raise ValueError('where: pooling goes with layers="conv"')
    return list(POOLINGS) if value is True else names("pooling", value, POOLINGS)


def choice(rng, values):
    return values[rng.integers(len(values))]
