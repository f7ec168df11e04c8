"""True formulas: of each how it is written, and what it is said to be.

The first half of the bank of formulas; the false ones and the tests are beside it.
"""

import numpy as np


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def softmax(y):
    e = np.exp(y - y.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def at(do):
    """(N, K) -> (N, 1, K)."""
    return do[:, np.newaxis]


LAST_MSE = {"layer": "last hidden", "loss": "mse"}
LAST_CE = {"layer": "last hidden", "loss": "cross_entropy"}
OUT_MSE = {"layer": "output", "loss": "mse"}
OUT_CE = {"layer": "output", "loss": "cross_entropy"}
OUT_BCE = {"layer": "output", "loss": "binary_cross_entropy"}
CONV = {"layers": "conv"}
LAST_TANH = {**LAST_MSE, "activation": "tanh"}
GLOBAL = {**CONV, "pooling": "global", "layer": "last hidden"}



def is_one_window(net):
    """Whether the first Conv2D layer's image is a single window of the pooling behind it."""
    return "maxpool1" in net and net["maxpool1"].input_shape[:2] == net["maxpool1"].size


ONE_WINDOW = {**CONV, "pooling": "max", "layer": "last hidden", "depth": 2, "that": is_one_window}

TRUE = {
    # the neuron and the chain rule
    "chain rule": (lambda dz_next, W_next: dz_next @ W_next, dict(equals="dL/do")),
    "chain rule as a loop": (lambda dz_next, W_next: np.array(
        [[sum(dz[k] * W_next[k, i] for k in range(len(W_next))) for i in range(W_next.shape[1])]
         for dz in dz_next[:, 0]]), dict(equals="dL/do")),
    "chain rule by W_out": (lambda dz_next, W_out: dz_next @ W_out.T, dict(equals="dL/do")),
    "chain rule, shape (N, K)": (lambda dz_next, W_next: (dz_next @ W_next)[:, 0], dict(equals="dL/do")),
    "do_next f'": (lambda do_next, z_next, W_next: (do_next * (1 - np.tanh(z_next) ** 2)) @ W_next,
                   dict(equals="dL/do", where={"activation": "tanh", "output": "tanh"})),
    "do is do": (lambda do: do, dict(equals="dL/do")),
    "do is do, conv": (lambda do: do, dict(equals="dL/do", where=CONV)),
    "dz of tanh by o": (lambda do, o: do * (1 - o ** 2), dict(equals="dL/dz", where={"activation": "tanh"})),
    "dz of sigmoid by o": (lambda do, o: do * o * (1 - o), dict(equals="dL/dz", where={"activation": "sigmoid"})),
    "dz of relu": (lambda do, z: do * (z > 0), dict(equals="dL/dz", where={"activation": "relu"})),
    "dz of relu by o": (lambda do, o: do * (o > 0), dict(equals="dL/dz", where={"activation": "relu"})),
    "dz of leaky relu": (lambda do, z: do * np.where(z > 0, 1, 0.01),
                         dict(equals="dL/dz", where={"activation": "leaky_relu"})),
    "dz of softplus": (lambda do, z: do * sigmoid(z), dict(equals="dL/dz", where={"activation": "softplus"})),
    "dz of softplus by o": (lambda do, o: do * (1 - np.exp(-o)),
        dict(equals="dL/dz", where={"activation": "softplus"})),
    "dz is do for identity": (lambda do: do, dict(equals="dL/dz", where={"activation": "identity"})),
    "dz from x and W": (lambda do, x, W, b: do * (1 - np.tanh(x @ W.T + b) ** 2),
                        dict(equals="dL/dz", where={"activation": "tanh"})),
    "dW summed": (lambda dz, x: np.einsum("npi,npj->ij", dz, x), dict(equals="dL/dW")),
    "dW summed, conv": (lambda dz, x: np.einsum("npi,npj->ij", dz, x), dict(equals="dL/dW", where=CONV)),
    "dW per sample": (lambda dz, x: dz.transpose(0, 2, 1) @ x, dict(equals="dL/dW")),
    "dW is dW": (lambda dW: dW, dict(equals="dL/dW")),
    "db summed": (lambda dz: dz.sum(axis=(0, 1)), dict(equals="dL/db")),
    "db is dz": (lambda dz: dz, dict(equals="dL/db")),
    "db, conv": (lambda dz: dz.sum(axis=1), dict(equals="dL/db", where=CONV)),
    "dx": (lambda dz, W: dz @ W, dict(equals="dL/dx")),
    "do/dx of tanh": (lambda o, W: (1 - o[:, 0, :, None] ** 2) * W, dict(equals="do/dx", where={"activation": "tanh"})),
    # the output layer and the losses
    "dL/dy of mse": (lambda y, t: y - t, dict(equals="dL/do", where=OUT_MSE)),
    "dL/dy is dy": (lambda dy: dy, dict(equals="dL/do", where={"layer": "output"})),
    "dL/dz of softmax": (lambda y, t: softmax(y) - t,
        dict(equals="dL/dz", where=OUT_CE)),
    "dL/dz of sigmoid": (lambda y, t: sigmoid(y) - t,
                         dict(equals="dL/dz", where=OUT_BCE)),
    "output delta": (lambda y, t: (y - t) * y * (1 - y),
        dict(equals="dL/dz", where={**OUT_MSE, "activation": "sigmoid"})),
    "last hidden of mse": (lambda y, t, W_next: (y - t) @ W_next, dict(equals="dL/do", where=LAST_MSE)),
    "dy/do is W of the last": (lambda o, W_next: np.repeat(W_next.T[None], len(o), 0),
                               dict(equals="dy/do", where={"layer": "last hidden"})),
    "softmax's Jacobian": (lambda p, t: np.einsum(
        "nk,nkl->nl", -t / p, p[:, :, None] * (np.eye(p.shape[1]) - p[:, None])),
        dict(equals="dL/dy", where=OUT_CE)),
    # batch norm and convolutions
    "z of batch norm": (
        lambda x, W, b, gamma, beta, mean, var: gamma * (x @ W.T + b - mean) / np.sqrt(var + 1e-5) + beta,
        dict(equals=lambda z: z)),
    "dW below batch norm": (lambda dz, x, gamma, var: np.einsum("npi,npj->ij", dz * gamma / np.sqrt(var + 1e-5), x),
                            dict(equals="dL/dW")),
    "dx below batch norm": (lambda dz, W, gamma, var: (dz * gamma / np.sqrt(var + 1e-5)) @ W, dict(equals="dL/dx")),
    "dgamma": (lambda dz, a_hat: (dz * a_hat).sum(axis=1), dict(equals="dL/dgamma")),
    "z of a cross-correlation": (lambda x, kernel, b: x @ kernel.reshape(len(kernel), -1).T + b,
                                 dict(equals=lambda z: z)),
    "all to the maximum": (
        lambda dz_next, W_next, o: np.where(o == o.max(axis=1, keepdims=True), dz_next @ W_next, 0),
        dict(equals="dL/do", where={**ONE_WINDOW, "activation": "tanh"})),
    # second derivatives
    "curvature in o of mse": (lambda o, W_next: np.repeat((W_next ** 2).sum(axis=0)[None], len(o), 0),
                              dict(equals="d2L/do2", where=LAST_MSE)),
    "curvature in o of softmax": (lambda y, W_next: softmax(y) @ W_next ** 2 - (softmax(y) @ W_next) ** 2,
                                  dict(equals="d2L/do2", where=LAST_CE)),
    "OBD's recursion": (lambda x, W_next: np.einsum("nj,i->nij", x[:, 0] ** 2, (W_next ** 2).sum(axis=0)),
                        dict(equals="d2L/dW2", where={**LAST_MSE, "activation": "identity"})),
    "curvature in z": (
        lambda o, do, W_next: (W_next ** 2).sum(axis=0) * (1 - o ** 2) ** 2 + do * (-2 * o * (1 - o ** 2)),
        dict(equals="d2L/dz2", where=LAST_TANH)),
    "curvature in W": (lambda o, do, x, W_next: np.einsum("npi,npj->nij", (W_next ** 2).sum(axis=0) * (1 - o ** 2) ** 2
                                                          - do * (2 * o * (1 - o ** 2)), x ** 2),
                       dict(equals="d2L/dW2", where=LAST_TANH)),
    "curvature in o below tanh": (
        lambda y, t, W_next: ((1 - y ** 2) ** 2 - (y - t) * (2 * y * (1 - y ** 2))) @ W_next ** 2,
        dict(equals="d2L/do2", where={**LAST_MSE, "output": "tanh"})),
    # removal
    "removal below a linear output": (
        lambda o, do, W_next: (-o * do)[:, 0] + o[:, 0] ** 2 * (W_next ** 2).sum(axis=0) / 2,
        dict(equals="removal", where=LAST_MSE)),
    "removal as a difference": (
        lambda y, t, o, W_next: (((y - t)[:, None] - o[:, 0, :, None] * W_next.T) ** 2).sum(axis=2) / 2
        - ((y - t) ** 2).sum(axis=1)[:, None] / 2, dict(equals="removal", where=LAST_MSE)),
    # a second formula
    "W dW is o_do's twin": (lambda w_dW: w_dW, dict(equals=lambda W, dW: (W * dW).sum(axis=2))),
    "Σ w ∂L/∂w of relu without biases": (lambda o, do: (o * do).sum(axis=1), dict(
        equals=lambda W, dW: (W * dW).sum(axis=2), where={"activation": "relu", "that": "no biases"})),
    "positive network": (lambda x, W: np.abs(W).sum(axis=1),
        dict(equals=lambda W: W.sum(axis=1), where="all weights positive")),
    # approximations and invariances
    "taylor, first order": (lambda o, do: np.abs((o * do).sum(axis=1)), dict(approximates="removal")),
    "signed taylor": (lambda o, do: -(o * do).sum(axis=1), dict(approximates="removal", where=CONV)),
    "second order of softmax": (lambda o, do, y, W_next: (-o * do)[:, 0] + o[:, 0] ** 2 / 2 * (
        softmax(y) @ W_next ** 2 - (softmax(y) @ W_next) ** 2), dict(approximates="removal", order=2, where=LAST_CE)),
    "taylor and batches": (lambda o, do: np.abs((o * do).sum(axis=1)), dict(invariant="batch size")),
    "mean gradient and order": (lambda do: np.abs(do.mean(axis=0)), dict(invariant="sample order")),
    "norms permute": (lambda W: np.abs(W).sum(axis=1), dict(invariant="neuron permutation")),
    "taylor and rescaling": (lambda o, do: np.abs((o * do).sum(axis=1)), dict(invariant="relu rescaling")),
    "path norm and rescaling": (lambda W, W_out: np.abs(W).sum(axis=1) * np.abs(W_out).sum(axis=1),
                                dict(invariant="relu rescaling", where="no biases")),
    "taylor ranks": (lambda o, do: np.abs((o * do).sum(axis=1)), dict(ranks_like="|removal|")),
    # pooling and blocks
    "do before max pooling": (lambda do: do, dict(equals="dL/do", where={**CONV, "pooling": "max"})),
    "do before mean pooling": (lambda do: do, dict(equals="dL/do", where={**CONV, "pooling": "avg"})),
    "global mean": (lambda dz_next, W_next, o: np.repeat(dz_next @ W_next, o.shape[1], 1) / o.shape[1],
                    dict(equals="dL/do", where=GLOBAL)),
    "do of several paths": (lambda do: do, dict(equals="dL/do", where={"residual": "before"})),
    "dW pooled, around a block": (lambda dz, x: np.einsum("npi,npj->ij", dz, x),
                                  dict(equals="dL/dW", where={**CONV, "pooling": True, "residual": True})),
    "chain rule inside a block": (lambda dz_next, W_next: dz_next @ W_next,
                                  dict(equals="dL/do", where={"residual": "inside"})),
    "chain rule after a block": (lambda dz_next, W_next: dz_next @ W_next,
                                 dict(equals="dL/do", where={"residual": "after"})),
    "signed taylor around blocks": (lambda o, do: -(o * do).sum(axis=1),
                                    dict(approximates="removal", where={"residual": True})),
    "rescaling around blocks": (lambda W, W_out: np.abs(W).sum(axis=1) * np.abs(W_out).sum(axis=1),
                                dict(invariant="relu rescaling", where={"residual": True, "that": "no biases"})),
}
