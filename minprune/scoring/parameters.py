"""The names of a score's parameters, which say what it needs."""

import functools
import inspect


def without_settings(function):
    """The function itself, where its settings are filled in."""
    return getattr(function, "func", function)


def told(function):
    """How errors call a score."""
    function = without_settings(function)
    return f'score "{getattr(function, "__name__", type(function).__name__)}"'


def needs(function):
    """The names of a function's parameters; those with a default are settings, not needs."""
    return [one.name for one in parameters(function) if one.default is one.empty]


def parameters(function):
    """A function's named parameters; TypeError if it does not tell them, as some built-in ones do not."""
    try:
        return named_parameters(function)
    except ValueError:
        raise TypeError(f"score {function!r} does not tell the names of its parameters; "
                        "wrap it in a function") from None
    except TypeError:               # what cannot be a key cannot be remembered
        return named_parameters.__wrapped__(function)


@functools.lru_cache(maxsize=256)
def named_parameters(function):
    """Looked up once: it takes as long as the formula of a small layer."""
    every = inspect.signature(function).parameters.values()
    return [one for one in every if one.kind in (one.POSITIONAL_OR_KEYWORD, one.KEYWORD_ONLY)]
