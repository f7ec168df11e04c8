"""The kinds of layers: what a network is made of when it is copied, pruned, or read from a file."""

import functools

from .checks import check_known
from .layer import Layer, made

KINDS = {}
OF_ITS_FUNCTION = ("backward", "tangent", "kinks", "squared_share", "squares_back", "bounds_back", "product",
                   "product_back", "weight_gradient", "patches", "of_channel", "single_gradients", "multiply_adds",
                   "linear", "nonnegative", "passes_on", "keeps_channels", "moves_zeros", "before")


def register_layer(cls):
    """Make a layer class known, so that networks with it can be copied, saved, loaded, masked and pruned.

    Once for a class of your own, also as a decorator:

        @mp.register_layer
        class Center(mp.Layer):
            ...

    `settings()` of a layer must give the arguments that make the same layer again, as plain values if it is to be
    saved. What the class says about itself decides what else can be done with it: see `help(mp.Layer)`. Returns the
    class. TypeError unless it is a subclass of Layer that says itself what its `forward` is like (see `check_facts`);
    ValueError if another class has its name.
    """
    if not isinstance(cls, type) or not issubclass(cls, Layer):
        raise TypeError(f"register_layer expects a subclass of mp.Layer, got {cls!r}")
    check_facts(cls)
    known = KINDS.get(cls.__name__)
    if known is not None and (known.__module__, known.__qualname__) != (cls.__module__, cls.__qualname__):
        raise ValueError(f'register_layer: another class is called "{cls.__name__}": {known!r}; choose another name')
    KINDS[cls.__name__] = cls
    return cls


@functools.lru_cache(maxsize=None)          # asked of every layer that is built
def check_facts(cls):
    """Raise TypeError if a class has a `forward` of its own, but says of it what a layer above says of another one.

    A subclass of Dense that computes something else would inherit Dense's `product`, `patches`, …, and scores made of
    these would be wrong without a word.
    """
    order = cls.__mro__
    owners = {name: next((one for one in order if name in vars(one)), None) for name in ("forward", *OF_ITS_FUNCTION)}
    own = owners.pop("forward")
    foreign = {name: owner for name, owner in owners.items()
               if owner and order.index(owner) > order.index(own) and owner.forward is not Layer.forward}
    if foreign:
        owner = next(iter(foreign.values())).__name__
        raise TypeError(f"{own.__name__} has a forward of its own and would inherit {', '.join(foreign)}, which belong "
                        f"to the forward of {owner}: define them too; those that hold for both are said to, "
                        f"{next(iter(foreign))} = {owner}.{next(iter(foreign))}; or make it a subclass of mp.Layer or "
                        "mp.NeuronLayer, which say nothing for it")


def described(layer):
    """A layer as plain values, {"kind": …, its settings}: what `as_layer` takes."""
    kind = type(layer).__name__
    if KINDS.get(kind) is not type(layer):
        raise ValueError(f"{layer} is of a kind that is not known: register it once, mp.register_layer({kind})")
    return {"kind": kind, **layer.settings()}


def as_layer(layer):
    """A layer, or the layer that `described` described."""
    if isinstance(layer, Layer):
        return layer
    kind = layer.get("kind")
    if kind not in KINDS:
        try:
            check_known("kind of layer", kind, KINDS)
        except ValueError as error:
            raise ValueError(f"{error}. A class of your own is registered once, before: mp.register_layer({kind})") \
                from None
    return made(KINDS[kind], {key: value for key, value in layer.items() if key != "kind"})
