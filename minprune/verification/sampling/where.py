"""Where: which random networks a claim is about."""

from typing import Callable, NamedTuple

import numpy as np

from ...engine.activations import activation
from ...engine.checks import check_count, check_known
from ...engine.conv2d import Conv2D
from ...engine.coupling import readers_of, what_is_read
from ...engine.dense import Dense
from ...engine.losses import find_loss
from ...engine.pooling import AvgPool2D, GlobalAvgPool2D, MaxPool2D

# What is drawn where a claim does not say. These lists are fixed: the verdict of a seed must not change when an
# activation or a loss is added to the engine.
DRAWN_ACTIVATIONS = ("identity", "relu", "leaky_relu", "sigmoid", "tanh", "softplus")
DRAWN_LOSSES = ("mse", "cross_entropy", "binary_cross_entropy")

# Now and then more than the few that are the default: no formula holds that reads the first four only.
LARGER = {"neurons": (5, 6), "outputs": (5,), "samples": (5, 6)}
OFTEN = 0.1

LAYERS = ("hidden", "last hidden", "output")
KINDS = ("dense", "conv")
POOLINGS = {"max": MaxPool2D, "avg": AvgPool2D, "global": GlobalAvgPool2D}
KEYS = ("activation", "loss", "depth", "layers", "layer", "output", "outputs", "neurons", "samples", "batch_norm",
        "pooling", "residual", "that")


# -------------------------------------------------------------------------------- what the words mean


def has_positive_weights(net):
    return all((net[name].W > 0).all() for name in net.neuron_layers)


def make_weights_positive(net):
    for name in net.neuron_layers:
        np.abs(net[name].W, out=net[name].W)


def has_no_biases(net):
    return not any(net[name].b.any() for name in net.neuron_layers)


def remove_biases(net):
    for name in net.neuron_layers:
        net[name].b[...] = 0


class Condition(NamedTuple):
    """What `that` says of a network: as text, what makes a network so, and whether it is so."""

    text: str
    make: Callable
    holds: Callable


CONDITIONS = {condition.text: condition for condition in (
    Condition("all weights positive", make_weights_positive, has_positive_weights),
    Condition("no biases", remove_biases, has_no_biases))}


def is_pooled(net, name, kinds=tuple(POOLINGS)):
    """Whether pooling of one of these kinds lies between the layer and a layer that reads it."""
    pools = tuple(POOLINGS[kind] for kind in kinds)
    return any(isinstance(layer, pools) for between in readers_of(net.layers, name).values() for layer in between)


# Where a layer stands to a Residual block: its output goes through the block and around it; it is one of the layers of
# the block; or it reads the sum.
PLACES = {"before": lambda net, name: len(readers_of(net.layers, name)) > 1,
          "inside": lambda net, name: name not in net.layers,
          "after": lambda net, name: len(what_is_read(net.layers)[name]) > 1}


def place_of(net, name):
    """Where the layer stands to a Residual block: "before", "inside" or "after" it, or "" for none of these."""
    return next((place for place, holds in PLACES.items() if holds(net, name)), "")


# -------------------------------------------------------------------------------------- the networks


class Where:
    """Which networks a claim is about: `mp.Where({"activation": "tanh"})`, or the dict alone.

        activation   a name, an Activation or several: of the hidden layers             (default: six of them)
        output       the same: of the output layer (default: identity; for layer="output" with a loss that takes the
                     output as it is, such as mse, `activation`)
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

    Instead of {"that": …} the words or the function may be given alone. An Activation must say where its kinks are,
    a Loss how its targets are drawn: NotSaid names the one that does not. ValueError or TypeError names any other key
    or value that cannot be. As text a Where says what is not the default.

    In one case of ten there are more neurons, outputs or samples than these, 5 or 6, if nothing is said of them; some
    inputs and biases are exactly 0, and γ has both signs.

    `depth` counts the layers inside a block as well, its projection too. "Before a block" is the layer whose output
    goes through the block and around it: several paths lead from o to the loss, each with a next layer of its own.
    A layer whose outputs are added to those of another layer shares its neurons with it, so that they cannot be removed
    alone. Such layers are used for derivatives and for formulas that are said to be equal, not for removal,
    approximations, invariances and ranks.

    The next layer of W_next, dz_next … is the first layer that reads o. If `where` says nothing of pooling and blocks,
    a formula that needs the next layer is tried only where that layer reads all of o and nothing else, and no other
    layer reads o: do = dz_next W_next is true there, and false before a block. If `where` asks for pooling or blocks,
    the formula is tried on all such networks, and fails if it forgets the path around the block, or the pooling.
    """

    def __init__(self, where=None, **defaults):
        self.said = said_in(where)
        settings = {**defaults, **self.said}
        # what is asked about
        self.layer = check_choice("layer", settings.get("layer", "hidden"), LAYERS, KIND_IS_LAYERS)
        self.kind = check_choice("layers", settings.get("layers", "dense"), KINDS, WHICH_IS_LAYER)
        self.residual = check_residual(settings.get("residual"), self.layer)
        self.pooling = check_pooling(settings.get("pooling"), self.kind)
        # what networks are made of
        self.activations = activations("activation", settings.get("activation", DRAWN_ACTIVATIONS))
        self.output = activations("output", settings.get("output", "identity"))
        self.output_is_said = "output" in settings
        self.losses = losses(settings.get("loss", DRAWN_LOSSES))
        self.batch_norm = check_switch("batch_norm", settings.get("batch_norm", False))
        # how large they are
        self.depths = depths(settings.get("depth"), 1 if self.layer == "output" else 2, self.residual)
        self.outputs = counts("outputs", settings.get("outputs", (1, 2, 3)))
        self.neurons = counts("neurons", settings.get("neurons", (1, 2, 3, 4)))
        self.samples = counts("samples", settings.get("samples", (1, 2, 3, 4)))
        self.larger = {key: sizes for key, sizes in LARGER.items()
                       if key not in self.said and max(getattr(self, key)) <= 4}
        self.that = [as_condition(value) for value in as_list(settings.get("that", []))]
        self.check_together()

    def check_together(self):
        """Raise ValueError for settings that exclude one another."""
        if self.kind == "conv" and self.layer == "output":
            raise ValueError('where: layers="conv" has no layer="output"; the output layer here is Dense')
        if not self.losses_that_fit():
            loss = min(self.losses, key=lambda loss: loss.least_outputs)
            raise ValueError(f'where: loss="{loss.name}" needs {loss.least_outputs} outputs or more, '
                             f"got outputs={' '.join(map(str, self.outputs))}")

    # --- what is drawn

    def output_activations(self, loss):
        """Those of the output layer: losses that make probabilities of the output get it without an activation."""
        free = self.layer == "output" and not self.output_is_said and takes_output_as_it_is(loss)
        return self.activations if free else self.output

    def sizes(self, key, rng):
        """The numbers of neurons, outputs or samples of which one is drawn: now and then the larger ones."""
        return self.larger[key] if key in self.larger and rng.random() < OFTEN else getattr(self, key)

    def output_sizes(self, loss, rng=None):
        """Those that the loss can have; with a `rng` as in `sizes`."""
        sizes = self.outputs if rng is None else self.sizes("outputs", rng)
        return [size for size in sizes if size >= loss.least_outputs]

    def losses_that_fit(self):
        return [loss for loss in self.losses if self.output_sizes(loss)]

    def shape(self, net):
        """Make a network as the words of `that` say."""
        for condition in self.that:
            condition.make(net)

    # --- which networks and which of their layers the claim is about

    def accepts(self, net):
        return bool(self.possible_layers(net)) and self.meets_conditions(net)

    def meets_conditions(self, net):
        """Whether all of `that` is so."""
        return all(condition.holds(net) for condition in self.that)

    def asks_for_pooling_or_blocks(self):
        """Whether formulas of the next layer are tried even where pooling or a block lies before that layer."""
        return bool(self.pooling or self.residual)

    def possible_layers(self, net):
        """The layers of a network that the claim can be about."""
        if self.layer == "output":
            kind, among = Dense, net.neuron_layers[-1:]
        else:
            kind, among = Conv2D if self.kind == "conv" else Dense, net.neuron_layers[:-1]
        of_this_kind = [name for name in among if isinstance(net[name], kind)]
        first = -1 if self.layer == "last hidden" else 0
        return [name for name in of_this_kind[first:] if self.surroundings_fit(net, name)]

    def surroundings_fit(self, net, name):
        """Whether there are the pooling and the block that `where` asks for."""
        if self.residual is not None and bool(self.residual) == net.is_chain:
            return False
        if self.residual in PLACES and not PLACES[self.residual](net, name):
            return False
        if self.pooling == []:
            return not any(isinstance(layer, tuple(POOLINGS.values())) for layer in net.all_layers.values())
        return self.pooling is None or is_pooled(net, name, self.pooling)

    # --- as text

    def __str__(self):
        """What it says, but for the defaults."""
        parts = [f"{self.kind} {self.layer} layers"]
        parts += ["batch norm"] if self.batch_norm else []
        parts += names_unless(self.activations, activations("activation", DRAWN_ACTIVATIONS))
        parts += names_unless(self.losses, losses(DRAWN_LOSSES))
        parts += [] if self.pooling is None else [f"{' or '.join(self.pooling) or 'no'} pooling"]
        parts += [] if self.residual is None else [self.describe_blocks()]
        return "; ".join([*parts, *(condition.text for condition in self.that)])

    def describe_blocks(self):
        if self.residual in PLACES:
            return f"{self.residual} a Residual block"
        return "with a Residual block" if self.residual else "no Residual blocks"


def names_unless(values, default):
    """The names of activations or losses as one text in a list; empty if they are the default."""
    if len(values) == len(default) and all(value in default for value in values):
        return []
    return [", ".join(value.name for value in values)]


def takes_output_as_it_is(loss):
    """Whether the loss makes nothing else of y, such as softmax or σ."""
    y = np.linspace(-2, 3, max(2, loss.least_outputs))[np.newaxis]
    return loss.answer is not None and np.array_equal(loss.answer(y), y)


# ------------------------------------------------------------------------------- what is checked


def as_list(value):
    return list(value) if isinstance(value, (list, tuple, set, range)) else [value]


def check_some(key, values):
    if not values:
        raise ValueError(f"where {key} expects at least one, got none")
    return values


KIND_IS_LAYERS = 'layer says which one is asked about; its kind is layers="dense" or "conv"'
WHICH_IS_LAYER = 'layers is the kind of layer; which one is asked about is layer="hidden", "last hidden" or "output"'


def said_in(where):
    """{key: value} of what the user says; ValueError for unknown keys, with the nearest."""
    if isinstance(where, Where):
        return where.said
    said = {} if where is None else where if isinstance(where, dict) else {"that": where}
    for key in said:
        check_known("key of where:", key, KEYS)
    return dict(said)


def check_choice(key, value, known, hint=""):
    """Return the value; ValueError, with the hint, if it is not among the known ones."""
    try:
        check_known(f"where {key}", value, known)
    except ValueError as error:
        raise ValueError(f"{error}; {hint}" if hint else str(error)) from None
    return value


def check_switch(key, value):
    if not isinstance(value, (bool, np.bool_)):
        raise TypeError(f"where {key} expects True or False, got {value!r}")
    return bool(value)


def activations(key, value):
    """A list of Activations; NotSaid for one that does not say where its kinks are, which no difference may cross."""
    found = check_some(key, [activation(name) for name in as_list(value)])
    for f in found:
        f.needed("kinks", "verify")
    return found


def losses(value):
    """A list of Losses; NotSaid for one that does not say how its targets are drawn."""
    found = check_some("loss", [find_loss(name) for name in as_list(value)])
    for loss in found:
        loss.needed("targets", "verify")
    return found


def counts(key, value, least=1):
    return check_some(key, [check_count(f"where {key}", number, least) for number in as_list(value)])


def depths(value, least, residual):
    """A list of depths; if there is to be a block, those with room for one."""
    room = least + 1 if residual else least
    found = counts("depth", range(room, room + 3) if value is None else value, least)
    if max(found) < room:
        raise ValueError(f"where residual={residual!r} needs a depth of {room} or more, got {max(found)}")
    return [depth for depth in found if depth >= room]


def as_condition(value):
    """The Condition of these words, or the one that a function makes."""
    if isinstance(value, str):
        check_known("condition", value, CONDITIONS)
        return CONDITIONS[value]
    if not callable(value):
        raise TypeError(f"where expects a dict, words, or a function net -> bool, got {type(value).__name__}")
    return Condition(getattr(value, "__name__", "a predicate"), lambda net: None, value)


def check_residual(value, layer):
    """None, True, False, or a place."""
    if value is None or isinstance(value, (bool, np.bool_)):
        return value if value is None else bool(value)
    if not isinstance(value, str):
        raise TypeError(f"where residual expects True, False or {', '.join(PLACES)}, got {value!r}")
    check_choice("residual", value, PLACES)
    if layer != "hidden" and value != "after":
        raise ValueError(f'where: the {layer} layer is never {value} a Residual block')
    return value


def check_pooling(value, kind):
    """None, or a list of kinds, which is empty for no pooling at all."""
    if value is None:
        return None
    if value is False:
        return []
    if kind != "conv":
        raise ValueError('where: pooling goes with layers="conv"')
    if value is True:
        return list(POOLINGS)
    for name in as_list(value):
        check_known("pooling", name, POOLINGS)
    return check_some("pooling", as_list(value))
