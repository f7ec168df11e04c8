"""What the pictures ask of their arguments, beyond the checks that the whole project shares."""

from collections.abc import Mapping

import numpy as np

from ..engine.checks import check_dict, check_numbers, check_scores


def check_keep(keep, like):
    """Return {layer: (K,) bool}; raise unless it has a boolean for each neuron of `like`, {layer: K rows}."""
    check_dict("keep", keep, "{layer: booleans} of at least one layer")
    if set(keep) != set(like):
        raise ValueError(f"keep expects the layers {', '.join(like)}, got {', '.join(map(str, keep))}")
    keep = {layer: np.asarray(keep[layer]) for layer in like}
    for layer, stays in keep.items():
        if stays.dtype != bool or stays.shape != (len(like[layer]),):
            raise ValueError(f'keep of layer "{layer}" expects booleans of shape ({len(like[layer])},), '
                             f"got {stays.dtype} {stays.shape}")
    return keep


def check_reference(reference, like):
    """Return scores {layer: (K,)} for the neurons of `like`, or one number, the threshold."""
    if isinstance(reference, Mapping):
        return check_scores(reference, like=like, name="reference")
    if np.ndim(reference) != 0:
        raise TypeError(f"reference expects {{layer: array}} or one number, got {type(reference).__name__}")
    return float(check_numbers("reference", reference))


def check_layer(name, values, layer):
    """Return {layer: its entry} alone: a dict of all layers is accepted, and the others are not looked at."""
    if not isinstance(values, Mapping) or layer not in values:
        raise ValueError(f'{name} expects a dict with the layer "{layer}"')
    return {layer: values[layer]}


def check_fractions(name, values):
    """Return the numbers as an array (n,); raise unless all lie in [0, 1]."""
    return check_between_0_and_1(name, values, 1, "a list of numbers")


def check_fraction(name, value):
    """Return the number as a float; raise unless it lies in [0, 1]."""
    return float(check_between_0_and_1(name, value, 0, "one number"))


def check_between_0_and_1(name, values, ndim, expected):
    values = check_numbers(name, values).astype(float)
    if values.ndim != ndim or values.min() < 0 or values.max() > 1:
        raise ValueError(f"{name} expects {expected} from 0 to 1, "
                         f"got shape {values.shape}, from {values.min()} to {values.max()}")
    return values


def check_evaluations(evaluations):
    """Return the evaluations before and after, two dicts; raise unless both count the neurons of the same layers."""
    if hasattr(evaluations, "to_dict"):
        evaluations = evaluations.to_dict()
    for when in ("before", "after"):
        if not isinstance(evaluations, Mapping) or not isinstance(evaluations.get(when), Mapping):
            raise ValueError(f'evaluations expects a dict with "before" and "after": no "{when}"')
        neurons = evaluations[when].get("neurons")
        if not isinstance(neurons, Mapping) or not neurons:
            raise ValueError(f'evaluations["{when}"] expects "neurons", {{layer: count}}')
    before, after = evaluations["before"], evaluations["after"]
    if set(before["neurons"]) != set(after["neurons"]):
        raise ValueError("evaluations expects the same layers before and after")
    return before, after


def check_epochs(name, training):
    """Return the list of this name as an array, one number an epoch; None becomes NaN."""
    if not hasattr(training, name):
        raise TypeError(f"training expects an object with the list {name}, got {type(training).__name__}")
    values = [np.nan if value is None else value for value in getattr(training, name)]
    try:
        return np.array(values, dtype=float).reshape(len(values))
    except (TypeError, ValueError):
        raise ValueError(f"training.{name} expects one number an epoch") from None
