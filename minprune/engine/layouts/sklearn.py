"""scikit-learn: the lists `coefs_` and `intercepts_` of an MLPClassifier or MLPRegressor.

A matrix there is (F, K), so that row j belongs to input j. The output is what comes before the softmax or the σ of
`predict_proba`. Seen in scikit-learn 1.9.
"""

import numpy as np

from .module import Module

NAME = "scikit-learn"
CHANNELS_FIRST = False
ACTIVATIONS = {"identity": "identity", "logistic": "sigmoid", "tanh": "tanh", "relu": "relu"}


def modules(entries):
    """The Modules of {"coefs_0": matrix, "intercepts_0": vector, …}."""
    count = sum(name.startswith("coefs_") for name in entries)
    expected = [f"{key}_{number}" for number in range(count) for key in ("coefs", "intercepts")]
    if not count or set(expected) != set(entries):
        raise ValueError(f"{NAME} arrays expect coefs_ and intercepts_ of as many layers, got {', '.join(entries)}")
    return [Module(f"layer {number}", "dense", {"W": entries[f"coefs_{number}"], "b": entries[f"intercepts_{number}"]},
                   {"W": f"coefs_[{number}]", "b": f"intercepts_[{number}]"}) for number in range(count)]


def entries_of(arrays):
    """{"coefs_0": …} of an estimator or of a dict with the two lists; None for anything else."""
    if isinstance(arrays, dict) and set(arrays) == {"coefs_", "intercepts_"}:
        lists = arrays["coefs_"], arrays["intercepts_"]
    elif hasattr(arrays, "coefs_") and hasattr(arrays, "intercepts_"):
        lists = arrays.coefs_, arrays.intercepts_
    else:
        return None
    return {f"{name}_{number}": np.asarray(array) for name, values in zip(("coefs", "intercepts"), lists)
            for number, array in enumerate(values)}


def check_activations(net, estimator):
    """Raise ValueError if the estimator says that its hidden layers have another activation than the network's."""
    expected = ACTIVATIONS.get(getattr(estimator, "activation", None))
    hidden = [net[name] for name in net.neuron_layers[:-1]]
    for layer in hidden if expected else ():
        if layer.f.name != expected:
            raise ValueError(f'{layer} has the activation "{layer.f.name}", and the estimator '
                             f'"{estimator.activation}", which is "{expected}" here')


def dense_from(W, order=None):
    """(F, K) → (K, F)"""
    return W.T


def dense_to(W, order=None):
    """(K, F) → (F, K)"""
    return W.T


def conv_from(W):
    raise ValueError(f"{NAME} has no convolutions")


conv_to = conv_from
