"""False formulas whose mistakes lie in one layer: its activation, batch norm, kernel or pooling; and in the loss."""

import numpy as np

from verification.true_formulas import CONV, LAST_CE, LAST_MSE, ONE_WINDOW, OUT_BCE, OUT_CE, OUT_MSE, sigmoid, softmax

TANH, LEAKY = {"activation": "tanh"}, {"activation": "leaky_relu"}
TANH_ABOVE = {**LAST_MSE, "output": "tanh"}
NORMED = {"batch_norm": True}

FALSE = {
    # targets
    "t forgotten": (lambda y: y, dict(equals="dL/dy", where={"loss": "mse"}), "t forgotten"),
    "t forgotten, one layer down": (lambda y, W_next: y @ W_next, dict(equals="dL/do", where=LAST_MSE), "t forgotten"),
    "t forgotten below softmax": (lambda y, W_next: softmax(y) @ W_next, dict(equals="dL/do", where=LAST_CE),
                                  "t forgotten"),
    "t forgotten below σ": (lambda y: 1 / (1 + np.exp(-y)), dict(equals="dL/dz", where=OUT_BCE), "t forgotten"),
    "p for the gradient": (lambda p: p, dict(equals="dL/dz", where=OUT_CE), "t forgotten"),
    "p + t": (lambda y, t: softmax(y) + t, dict(equals="dL/dz", where=OUT_CE), "wrong sign of t"),
    "y + t": (lambda y, t, W_next: (y + t) @ W_next, dict(equals="dL/do", where=LAST_MSE), "wrong sign of t"),
    "−t": (lambda t, W_next: -t @ W_next, dict(equals="dL/do", where=LAST_CE), "y forgotten"),
    # the loss
    "the diagonal of softmax's Jacobian": (lambda p, t: -t / p * p * (1 - p), dict(equals="dL/dy", where=OUT_CE),
                                           "softmax's Jacobian by its diagonal alone"),
    "the diagonal of the Jacobian, one layer down": (
        lambda y, t, W_next: (softmax(y) - 1) * t @ W_next, dict(equals="dL/do", where=LAST_CE),
        "softmax's Jacobian by its diagonal alone"),
    "a slope behind softmax": (lambda p, t: (p - t) * p * (1 - p), dict(equals="dL/dz", where=OUT_CE),
                               "a second slope behind the loss"),
    "a slope behind σ": (lambda y, t: (sigmoid(y) - t) * sigmoid(y) * (1 - sigmoid(y)),
                         dict(equals="dL/dz", where=OUT_BCE), "a second slope behind the loss"),
    "a slope behind σ, one layer down": (lambda p, t, W_next: ((p - t) * (p * (1 - p))) @ W_next, dict(
        equals="dL/do", where={"layer": "last hidden", "loss": "binary_cross_entropy"}),
        "a second slope behind the loss"),
    "the Jacobian once more": (lambda p, t: p * ((p - t) - (p * (p - t)).sum(axis=1, keepdims=True)),
                               dict(equals="dL/dz", where=OUT_CE), "a second slope behind the loss"),
    "the Hessian's diagonal": (lambda p, W_next: (p * (1 - p)) @ W_next ** 2, dict(equals="d2L/do2", where=LAST_CE),
                               "p (1 − p) for the whole Hessian of the cross entropy"),
    "the Hessian without p pᵀ": (lambda p, W_next: p @ W_next ** 2, dict(equals="d2L/do2", where=LAST_CE),
                                 "p for the whole Hessian of the cross entropy"),
    # slopes
    "tanh' as 1 − o": (lambda do, o: do * (1 - o), dict(equals="dL/dz", where=TANH), "tanh′ written as 1 − o"),
    "tanh' as 1 − o, dW": (lambda do, o, x: np.einsum("npi,npj->ij", do * (1 - o), x),
                           dict(equals="dL/dW", where=TANH), "tanh′ written as 1 − o"),
    "tanh' as 1 − o, next": (lambda do_next, o_next, W_next: (do_next * (1 - o_next)) @ W_next, dict(
        equals="dL/do", where={**TANH, "output": "tanh"}), "tanh′ written as 1 − o"),
    "sigmoid' as 1 − o": (lambda do, o: do * (1 - o), dict(equals="dL/dz", where={"activation": "sigmoid"}),
                          "sigmoid′ written as 1 − o"),
    "relu' as o": (lambda do, o: do * o, dict(equals="dL/dz", where={"activation": "relu"}), "relu′ written as o"),
    "relu' of leaky relu": (lambda do, z: do * (z > 0), dict(equals="dL/dz", where=LEAKY),
                            "relu′ where leaky_relu′ is meant"),
    "relu' of leaky relu, by where": (lambda do, z: np.where(z > 0, do, 0), dict(equals="dL/dz", where=LEAKY),
                                      "relu′ where leaky_relu′ is meant"),
    "relu' of leaky relu, dx": (lambda do, o, W: (do * (o > 0)) @ W, dict(equals="dL/dx", where=LEAKY),
                                "relu′ where leaky_relu′ is meant"),
    "leaky relu' of relu": (lambda do, z: do * np.where(z > 0, 1, 0.01), dict(
        equals="dL/dz", where={"activation": "relu"}), "leaky_relu′ where relu′ is meant"),
    "tanh' of sigmoid": (lambda do, o, x: np.einsum("npi,npj->ij", do * (1 - o ** 2), x), dict(
        equals="dL/dW", where={"activation": "sigmoid"}), "tanh′ where sigmoid′ is meant"),
    "sigmoid' of softplus": (lambda do, z: do * sigmoid(z) * (1 - sigmoid(z)), dict(
        equals="dL/dz", where={"activation": "softplus"}), "sigmoid′ where softplus′ is meant"),
    "relu' of all": (lambda do, z: do * (z > 0), dict(equals="dL/dz"), "relu′ where the layer's own f′ is meant"),
    "f' where none belongs": (lambda do, o: do * (1 - o ** 2), dict(equals="dL/do", where=TANH), "one f′ too many"),
    "relu' only where the layer lives": (
        lambda do, z: do * (z > 0) if (z > 0).any() else do + 1, dict(equals="dL/dz", where={"activation": "relu"}),
        None),
    "relu' left out where the layer is dead": (
        lambda do, z: do * (z > 0) if (z > 0).any() else do, dict(equals="dL/dz", where={"activation": "relu"}), None),
    # second derivatives
    "Gauss–Newton in z": (lambda W_next, o: (W_next ** 2).sum(axis=0) * (1 - o ** 2) ** 2,
                          dict(equals="d2L/dz2", where={**LAST_MSE, **TANH}), "f″ left out"),
    "Gauss–Newton in W": (
        lambda W_next, o, x: np.einsum("npi,npj->nij", (W_next ** 2).sum(axis=0) * (1 - o ** 2) ** 2, x ** 2),
        dict(equals="d2L/dW2", where={**LAST_MSE, **TANH}), "f″ left out"),
    "Gauss–Newton in o": (lambda y, W_next: ((1 - y ** 2) ** 2) @ W_next ** 2, dict(equals="d2L/do2", where=TANH_ABOVE),
                          "f″ left out"),
    "½ Σ (o·do)² with the square inside": (
        lambda o, do: ((o * do) ** 2).sum(axis=1) / 2,
        dict(equals=lambda o, do: (o * do).sum(axis=1) ** 2 / 2, where=CONV), "square before the sum"),
    "Σ (o·do)²/2 with all inside": (
        lambda o, do: (0.5 * np.square(o * do)).sum(axis=1),
        dict(equals=lambda o, do: (o * do).sum(axis=1) ** 2 / 2, where=CONV), "square before the sum"),
    "½ (Σ o·do)² with the square outside": (
        lambda o, do: 0.5 * (o * do).sum(axis=1) ** 2,
        dict(equals=lambda o, do: ((o * do) ** 2).sum(axis=1) / 2, where=CONV), "square after the sum"),
    "½ Σ o·do": (lambda o, do: 0.5 * (o * do).sum(axis=1),
                 dict(equals=lambda o, do: (o * do).sum(axis=1) ** 2 / 2, where=CONV), "the square is missing"),
    # factors with many digits, and with another mistake
    "1.00001": (lambda do: 1.00001 * do, dict(equals="dL/do"), "off by the factor 1.00001"),
    "a third": (lambda do: do / 3, dict(equals="dL/do"), "off by the factor 1/3"),
    "t − y, and f' forgotten": (lambda y, t: t - y, dict(equals="dL/dz", where={**OUT_MSE, **TANH}),
                                "f′ missing, and wrong sign"),
    "Keras's mse, and f' forgotten": (lambda y, t: 2 * (y - t) / y.size,
                                      dict(equals="dL/dz", where={**OUT_MSE, **TANH}),
                                      "f′ missing, and off by the factor 2/(N·C)"),
    # biases and batch norm
    "bias forgotten below dead layers": (
        lambda do, x, W: do * ((x @ W.T) > 0), dict(equals="dL/dz", where={"activation": "relu"}), "bias forgotten"),
    "bias forgotten before batch norm": (
        lambda x, W, gamma, beta, mean, var: gamma * (x @ W.T - mean) / np.sqrt(var + 1e-5) + beta,
        dict(equals=lambda z: z), "bias forgotten"),
    "dW without batch norm": (lambda dz, x: np.einsum("npi,npj->ij", dz, x), dict(equals="dL/dW", where=NORMED),
                              "γ/σ of batch norm left out"),
    "dx without batch norm": (lambda dz, W: dz @ W, dict(equals="dL/dx", where=NORMED), "γ/σ of batch norm left out"),
    "dW without γ": (lambda dz, x, var: np.einsum("npi,npj->ij", dz / np.sqrt(var + 1e-5), x), dict(equals="dL/dW"),
                     "γ of batch norm left out"),
    "dW without 1/σ": (lambda dz, x, gamma: np.einsum("npi,npj->nij", gamma * dz, x), dict(equals="dL/dW"),
                       "1/σ of batch norm left out"),
    "var for σ": (lambda dz, W, gamma, var: (dz * gamma / (var + 1e-5)) @ W, dict(equals="dL/dx"),
                  "var for √var in batch norm"),
    "ε left out": (lambda dz, gamma, var: (dz * gamma / np.sqrt(var)).sum(axis=1), dict(equals="dL/db"),
                   "ε of batch norm left out"),
    "next batch norm left out": (lambda dz_next, W_next: dz_next @ W_next,
                                 dict(equals="dL/do", where=NORMED), "γ/σ of batch norm left out"),
    "z without β": (lambda a_hat, gamma: gamma * a_hat, dict(equals=lambda z: z), "β of batch norm left out"),
    "z without γ": (lambda a_hat, beta: a_hat + beta, dict(equals=lambda z: z), "γ of batch norm left out"),
    "z before batch norm": (lambda x, W, b: x @ W.T + b, dict(equals=lambda z: z, where=NORMED),
                            "batch norm forgotten"),
    "do/dx without γ/σ": (lambda W, df: df[:, 0, :, None] * W, dict(equals="do/dx", where=NORMED),
                          "γ/σ of batch norm left out"),
    "dgamma with z": (lambda dz, z: (dz * z).sum(axis=1), dict(equals="dL/dgamma"), "z where â is meant"),
    # convolutions and pooling
    "a convolution": (lambda x, kernel, b: x @ kernel[:, ::-1, ::-1].reshape(len(kernel), -1).T + b,
                      dict(equals=lambda z: z), "kernel flipped"),
    "dW of a convolution": (
        lambda dz, x, kernel: np.einsum("npi,npj->ij", dz, x).reshape(kernel.shape)[:, ::-1, ::-1].reshape(
            len(kernel), -1), dict(equals="dL/dW"), "kernel flipped"),
    "max pooling spread": (lambda dz_next, W_next, o: np.repeat(dz_next @ W_next, o.shape[1], axis=1),
                           dict(equals="dL/do", where=ONE_WINDOW),
                           "the gradient of max pooling spread over the window"),
    "max pooling spread, in shares": (
        lambda dz_next, W_next, o: np.repeat(dz_next @ W_next, o.shape[1], axis=1) / o.shape[1],
        dict(equals="dL/do", where=ONE_WINDOW), "the gradient of max pooling spread over the window"),
}
