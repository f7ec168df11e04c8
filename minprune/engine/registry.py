"""The kinds of layers: what a network is made of when it is copied, pruned, or read from a file."""

from .checks import check_known
from .layer import Layer, made

KINDS = {}


def register_layer(cls):
    """Make a layer class known, so that networks with it can be copied, saved, loaded, masked and pruned.

    Once for a class of your own, also as a decorator:

        @mp.register_layer
        class Center(mp.Layer):
            ...

    `settings()` of a layer must give the arguments that make the same layer again, as plain values if it is to be
    saved. What the class says about itself decides what else can be done with it: see `help(mp.Layer)`. Returns the
    class. TypeError unless it is a subclass of Layer; ValueError if another class has its name.
    """
    if not isinstance(cls, type) or not issubclass(cls, Layer):
        raise TypeError(f"register_layer expects a subclass of mp.Layer, got {cls!r}")
    known = KINDS.get(cls.__name__)
    if known is not None and (known.__module__, known.__qualname__) != (cls.__module__, cls.__qualname__):
        raise ValueError(f'register_layer: another class is called "{cls.__name__}": {known!r}; choose another name')
    KINDS[cls.__name__] = cls
    return cls


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
