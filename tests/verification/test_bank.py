"""A bank of true and false formulas: every verdict right, the mistakes named, the counterexamples checked anew."""

import dataclasses
import functools

import numpy as np
import pytest

import minprune as mp
from minprune.verification.verify import verify
from minprune.verification.formulas import array_of
from minprune.verification.sampling.random_networks import Case

TRIALS = 40


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
GLOBAL = {**CONV, "pooling": "global", "layer": "last hidden"}

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
    # second derivatives
    "curvature in o of mse": (lambda o, W_next: np.repeat((W_next ** 2).sum(axis=0)[None], len(o), 0),
                              dict(equals="d2L/do2", where=LAST_MSE)),
    "curvature in o of softmax": (lambda y, W_next: softmax(y) @ W_next ** 2 - (softmax(y) @ W_next) ** 2,
                                  dict(equals="d2L/do2", where=LAST_CE)),
    "OBD's recursion": (lambda x, W_next: np.einsum("nj,i->nij", x[:, 0] ** 2, (W_next ** 2).sum(axis=0)),
                        dict(equals="d2L/dW2", where={**LAST_MSE, "activation": "identity"})),
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

NO_NAME = None
FALSE = {
    # signs
    "minus the chain rule": (lambda dz_next, W_next: -(dz_next @ W_next), dict(equals="dL/do"), "wrong sign"),
    "t - y": (lambda y, t: t - y, dict(equals="dL/do", where=OUT_MSE), "wrong sign"),
    "t - y, one layer down": (lambda y, t, W_next: (t - y) @ W_next,
        dict(equals="dL/do", where=LAST_MSE), "wrong sign"),
    "minus dW": (lambda dz, x: -np.einsum("npi,npj->ij", dz, x), dict(equals="dL/dW"), "wrong sign"),
    "removal the wrong way round": (lambda o, do, W_next: (o * do)[:, 0] - o[:, 0] ** 2 * (W_next ** 2).sum(axis=0) / 2,
                                    dict(equals="removal", where=LAST_MSE), "wrong sign"),
    "+o·do": (lambda o, do: (o * do).sum(axis=1), dict(approximates="removal"), "wrong sign"),
    # factors
    "mse without its half": (lambda y, t: 2 * (y - t), dict(equals="dL/do", where=OUT_MSE), "off by the factor 2"),
    "mean over outputs": (lambda y, t: (y - t) / y.shape[1],
        dict(equals="dL/do", where=OUT_MSE), "off by the factor 1/C"),
    "Keras's mse": (lambda y, t: 2 * (y - t) / y.size,
        dict(equals="dL/do", where=OUT_MSE), "off by the factor 2/(N·C)"),
    "mean reduction": (lambda dz_next, W_next: dz_next @ W_next / len(dz_next),
        dict(equals="dL/do"), "off by the factor 1/N"),
    "mean gradient for the sum": (lambda dz, x: np.einsum("npi,npj->ij", dz, x) / len(x), dict(equals="dL/dW"),
                                  "off by the factor 1/N"),
    "N times": (lambda do: len(do) * do, dict(equals="dL/do"), "off by the factor N"),
    "half": (lambda dz_next, W_next: dz_next @ W_next / 2, dict(equals="dL/do"), "off by the factor ½"),
    "C times": (lambda dz_next, W_next, y: y.shape[1] * dz_next @ W_next, dict(equals="dL/do"), "off by the factor C"),
    "π times": (lambda do: 3.14 * do, dict(equals="dL/do"), "off by the factor 3.14"),
    "minus twice": (lambda y, t: -2 * (y - t), dict(equals="dL/do", where=OUT_MSE), "off by the factor −2"),
    "curvature with its half": (lambda o, W_next: np.repeat((W_next ** 2).sum(axis=0)[None] / 2, len(o), 0),
                                dict(equals="d2L/do2", where=LAST_MSE), "off by the factor ½"),
    "db over positions averaged": (lambda dz: dz.sum(axis=1) / dz.shape[1], dict(equals="dL/db", where=CONV),
                                   "off by the factor 1/P"),
    # the slope of the activation
    "f' of the next layer forgotten": (lambda do_next, W_next: do_next @ W_next, dict(equals="dL/do"), "f′ missing"),
    "dz is do": (lambda do: do, dict(equals="dL/dz"), "f′ missing"),
    "dW from do": (lambda do, x: np.einsum("npi,npj->ij", do, x), dict(equals="dL/dW"), "f′ missing"),
    "db from do": (lambda do: do.sum(axis=(0, 1)), dict(equals="dL/db"), "f′ missing"),
    "dx from do": (lambda do, W: do @ W, dict(equals="dL/dx"), "f′ missing"),
    "relu' with >=": (lambda do, o: do * (o >= 0), dict(equals="dL/dz", where={"activation": "relu"}), "f′ missing"),
    "do/dx without f'": (lambda o, W: np.repeat(W[None], len(o), 0), dict(equals="do/dx"), "f′ missing"),
    "tanh' at o": (lambda do, o: do * (1 - np.tanh(o) ** 2), dict(equals="dL/dz", where={"activation": "tanh"}),
                   "f′ at o instead of z"),
    "sigmoid' at o": (lambda do, o: do * sigmoid(o) * (1 - sigmoid(o)),
                      dict(equals="dL/dz", where={"activation": "sigmoid"}), "f′ at o instead of z"),
    "next tanh' at o": (lambda do_next, o_next, W_next: (do_next * (1 - np.tanh(o_next) ** 2)) @ W_next,
                        dict(equals="dL/do", where={"activation": "tanh", "output": "tanh"}), "f′ at o instead of z"),
    "dW with tanh' at o": (lambda do, o, x: np.einsum("npi,npj->ij", do * (1 - np.tanh(o) ** 2), x),
                           dict(equals="dL/dW", where={"activation": "tanh"}), "f′ at o instead of z"),
    "o(1 - o) with z": (lambda do, z: do * z * (1 - z), dict(equals="dL/dz", where={"activation": "sigmoid"}),
                        "z where o is meant"),
    "1 - z²": (lambda do, z: do * (1 - z ** 2),
        dict(equals="dL/dz", where={"activation": "tanh"}), "z where o is meant"),
    "f' twice": (lambda dz, o: dz * (1 - o ** 2), dict(equals="dL/dz", where={"activation": "tanh"}), "f′ twice"),
    "next f' twice": (lambda dz_next, o_next, W_next: (dz_next * (1 - o_next ** 2)) @ W_next,
                      dict(equals="dL/do", where={"activation": "tanh", "output": "tanh"}), "f′ twice"),
    "dW with f' twice": (lambda dz, o, x: np.einsum("npi,npj->ij", dz * (1 - o ** 2), x),
                         dict(equals="dL/dW", where={"activation": "tanh"}), "f′ twice"),
    # absolute values, sums, means, axes
    "|do|": (lambda do: np.abs(do), dict(equals="dL/do"), "absolute value where the signed value is meant"),
    "Σ|o·do| for |Σ o·do|": (lambda o, do: np.abs(o * do).sum(axis=1),
                             dict(equals=lambda o, do: np.abs((o * do).sum(axis=1)), where=CONV),
        "absolute value before the sum"),
    "|Σ w·dW| for Σ|w·dW|": (lambda W, dW: np.abs((W * dW).sum(axis=2)),
                             dict(equals=lambda W, dW: np.abs(W * dW).sum(axis=2)), "absolute value after the sum"),
    "(Σ w·dW)² for Σ(w·dW)²": (lambda W, dW: (W * dW).sum(axis=2) ** 2,
        dict(equals=lambda W, dW: ((W * dW) ** 2).sum(axis=2)),
                               "square after the sum"),
    "Σ(w·dW)² for (Σ w·dW)²": (lambda W, dW: np.square(W * dW).sum(axis=2),
                               dict(equals=lambda W, dW: (W * dW).sum(axis=2) ** 2), "square before the sum"),
    "positions averaged": (lambda o, do: np.abs((o * do).mean(axis=1)),
                           dict(equals=lambda o, do: np.abs((o * do).sum(axis=1)), where=CONV),
        "mean where the sum is meant"),
    "positions summed": (lambda o: np.abs(o).sum(axis=1), dict(equals=lambda o: np.abs(o).mean(axis=1), where=CONV),
                         "sum where the mean is meant"),
    "mean for the sum": (lambda dz, x: (dz.transpose(0, 2, 1) @ x).mean(axis=0), dict(equals="dL/dW"),
                         "mean where the sum is meant"),
    "column norms": (lambda W: np.abs(W).sum(axis=0), dict(equals=lambda W: np.abs(W).sum(axis=1)), "wrong axis"),
    "db along the neurons": (lambda dz: dz.sum(axis=2), dict(equals="dL/db", where=CONV), "wrong axis"),
    # weights
    "W for W transposed": (lambda dz_next, W_next: dz_next @ W_next.T, dict(equals="dL/do"), "W for Wᵀ"),
    "W_out for its transpose": (lambda dz_next, W_out: dz_next @ W_out, dict(equals="dL/do"), "W for Wᵀ"),
    "W for W transposed, downwards": (lambda dz, W: dz @ W.T, dict(equals="dL/dx"), "W for Wᵀ"),
    "dW transposed": (lambda dz, x: np.einsum("npi,npj->ji", dz, x), dict(equals="dL/dW"), "transposed"),
    "own W": (lambda dz, W: dz @ W, dict(equals="dL/do"), "the layer's own arrays where the next layer's are meant"),
    "bias forgotten": (lambda do, x, W: do * (1 - np.tanh(x @ W.T) ** 2),
        dict(equals="dL/dz", where={"activation": "tanh"}),
                       "bias forgotten"),
    "next bias forgotten": (lambda do_next, o, W_next: (do_next * (1 - np.tanh(o @ W_next.T) ** 2)) @ W_next,
                            dict(equals="dL/do", where={"activation": "tanh", "output": "tanh"}), "bias forgotten"),
    "dW with o": (lambda dz, o: dz.transpose(0, 2, 1) @ o, dict(equals="dL/dW"), "o where x is meant"),
    # paths, samples, losses
    "first path only": (lambda dz_next, W_next: dz_next[:, :, :1] * W_next[:1], dict(equals="dL/do"),
                        "only one of several paths"),
    "first output only": (lambda y, t, W_next: (y - t)[:, :1] * W_next[:1], dict(equals="dL/do", where=LAST_MSE),
                          "only one of several paths"),
    "first position only": (lambda dz: dz[:, 0], dict(equals="dL/db", where=CONV), "only one of several positions"),
    "batch mean": (lambda do: np.broadcast_to(do.mean(axis=0), do.shape), dict(equals="dL/do"),
                   "the batch mean where the sample is meant"),
    "batch mean without its axis": (lambda dz_next, W_next: (dz_next @ W_next).mean(axis=0), dict(equals="dL/do"),
                                    "the batch mean where the sample is meant"),
    "batch sum": (lambda dz_next, W_next: (dz_next @ W_next).sum(axis=0), dict(equals="dL/do"),
                  "the sum over the batch where the sample is meant"),
    "softmax forgotten": (lambda y, t: y - t, dict(equals="dL/do", where=OUT_CE),
                          "the loss of another convention"),
    "sigmoid forgotten": (lambda y, t, W_next: (y - t) @ W_next,
                          dict(equals="dL/do", where={"layer": "last hidden", "loss": "binary_cross_entropy"}),
                          "the loss of another convention"),
    # values
    "reciprocal": (lambda do: 1 / (do + (do == 0)), dict(equals="dL/do", where={"activation": "tanh"}), "a reciprocal"),
    "square root forgotten": (lambda W: (W ** 2).sum(axis=1),
        dict(equals=lambda W: np.sqrt((W ** 2).sum(axis=1))), "squared"),
    # the same mistakes in other places
    "minus tanh'": (lambda do, o: do * (o ** 2 - 1), dict(equals="dL/dz", where={"activation": "tanh"}), "wrong sign"),
    "minus dx": (lambda dz, W: -(dz @ W), dict(equals="dL/dx"), "wrong sign"),
    "t - softmax": (lambda y, t: t - softmax(y),
        dict(equals="dL/do", where=OUT_CE), "wrong sign"),
    "+o·do, conv": (lambda o, do: (o * do).sum(axis=1), dict(approximates="removal", where=CONV), "wrong sign"),
    "PyTorch's mse_loss, one layer down": (lambda y, t, W_next: 2 * (y - t) / y.size @ W_next,
        dict(equals="dL/do", where=LAST_MSE), "off by the factor 2/(N·C)"),
    "cross entropy averaged over the batch": (lambda y, t, W_next: (softmax(y) - t) / len(y) @ W_next,
        dict(equals="dL/do", where=LAST_CE), "off by the factor 1/N"),
    "binary cross entropy averaged over outputs": (lambda y, t: (sigmoid(y) - t) / y.shape[1],
        dict(equals="dL/do", where=OUT_BCE), "off by the factor 1/C"),
    "fisher without its ½": (lambda o, do: (o * do).sum(axis=1) ** 2,
        dict(equals=lambda o, do: (o * do).sum(axis=1) ** 2 / 2), "off by the factor 2"),
    "half of taylor": (lambda o, do: np.abs((o * do).sum(axis=1)) / 2,
        dict(approximates="removal"), "off by the factor ½"),
    "dW over positions averaged": (lambda dz, x: np.einsum("npi,npj->nij", dz, x) / x.shape[1],
        dict(equals="dL/dW", where=CONV), "off by the factor 1/P"),
    "dW from do, conv": (lambda do, x: np.einsum("npi,npj->nij", do, x),
        dict(equals="dL/dW", where=CONV), "f′ missing"),
    "softplus' at o": (lambda do, o: do * sigmoid(o),
        dict(equals="dL/dz", where={"activation": "softplus"}), "f′ at o instead of z"),
    "sigmoid' twice": (lambda dz, o: dz * o * (1 - o),
        dict(equals="dL/dz", where={"activation": "sigmoid"}), "f′ twice"),
    "ℓ2 norms of columns": (lambda W: np.sqrt((W ** 2).sum(axis=0)),
        dict(equals=lambda W: np.sqrt((W ** 2).sum(axis=1))), "wrong axis"),
    "skeletonization for taylor": (lambda o, do: (o * do).sum(axis=1),
        dict(equals=lambda o, do: np.abs((o * do).sum(axis=1))), "the absolute value is missing"),
    "|mean o| for mean |o|": (lambda o: np.abs(o.mean(axis=1)),
        dict(equals=lambda o: np.abs(o).mean(axis=1), where=CONV), "absolute value after the sum"),
    "squares for absolute values": (lambda do: do ** 2, dict(equals="|dL/do|"), "squared"),
    "z without b": (lambda x, W: x @ W.T, dict(equals=lambda z: z), "bias forgotten"),
    "z′ without b′": (lambda o, W_next: o @ W_next.T, dict(equals=lambda z_next: z_next), "bias forgotten"),
    "last position only": (lambda dz: dz[:, -1], dict(equals="dL/db", where=CONV), "only one of several positions"),
    "dz of the batch": (lambda do, o: np.broadcast_to((do * (1 - o ** 2)).mean(axis=0), do.shape),
        dict(equals="dL/dz", where={"activation": "tanh"}), "the batch mean where the sample is meant"),
    "softmax forgotten, one layer down": (lambda y, t, W_next: (y - t) @ W_next,
        dict(equals="dL/do", where=LAST_CE), "the loss of another convention"),
    "sigmoid forgotten, output": (
        lambda y, t: y - t,
        dict(equals="dL/do", where=OUT_BCE), "the loss of another convention"),
    "sigmoid for softmax": (lambda y, t: sigmoid(y) - t,
        dict(equals="dL/do", where=OUT_CE), "the loss of another convention"),
    "softmax for sigmoid": (
        lambda y, t: softmax(y) - t,
        dict(equals="dL/do", where=OUT_BCE), "the loss of another convention"),
    "1/|do|": (lambda do: 1 / (1e-300 + np.abs(do)),
        dict(equals="|dL/do|", where={"activation": "tanh"}), "a reciprocal"),
    "ℓ2 norms and rescaling": (lambda W: (W ** 2).sum(axis=1), dict(invariant="relu rescaling"), "scales with a²"),
    "outgoing ℓ1 norms and rescaling": (lambda W_out: np.abs(W_out).sum(axis=1),
        dict(invariant="relu rescaling"), "scales with 1/a"),
    "mean outputs and rescaling": (lambda o: o.mean(axis=(0, 1)), dict(invariant="relu rescaling"), "scales with a"),
    "gradients and rescaling": (lambda do: np.abs(do).mean(axis=(0, 1)),
        dict(invariant="relu rescaling"), "scales with 1/a"),
    "last sample decides": (lambda do: np.abs(do[-1, 0]),
        dict(invariant="sample order"), "only the last sample is read"),
    "against the last neuron": (lambda W: np.abs(W).sum(axis=1) / np.abs(W[-1]).sum(),
        dict(invariant="neuron permutation"), "normalised by the last neuron"),
    "centred by the batch": (lambda do: do - do.mean(axis=0),
        dict(invariant="batch size"), "the batch's mean in each sample's result"),
    "index added": (lambda W: np.abs(W).sum(axis=1) + np.arange(len(W)),
        dict(invariant="neuron permutation"), "the neuron's index is added"),
    # no single correction helps
    "activation is its importance": (lambda o: o, dict(equals="dL/do"), NO_NAME),
    "first order is not exact": (lambda o, do: -(o * do)[:, 0], dict(equals="removal"), NO_NAME),
    "OBD without the slope": (lambda x, W_next: np.einsum("nj,i->nij", x[:, 0] ** 2, (W_next ** 2).sum(axis=0)),
                              dict(equals="d2L/dW2", where={**LAST_MSE, "activation": "tanh"}), NO_NAME),
    # pooling and blocks
    "global mean without its 1/P": (lambda dz_next, W_next, o: np.repeat(dz_next @ W_next, o.shape[1], 1),
                                    dict(equals="dL/do", where={**GLOBAL, "samples": (1, 2)}), "off by the factor P"),
    "the path around forgotten": (lambda dz_next, W_next: dz_next @ W_next,
        dict(equals="dL/do", where={"residual": "before", "outputs": 1, "samples": (1, 2)}),
        "only one of several paths"),
    # orders, invariances, ranks
    "taylor is not of second order": (lambda o, do: np.abs((o * do).sum(axis=1)),
        dict(approximates="removal", order=2), NO_NAME),
    "gradients do not approximate": (lambda do: np.abs(do.sum(axis=1)), dict(approximates="removal"), NO_NAME),
    "sums depend on the batch": (lambda do: np.abs(do).sum(axis=(0, 1)), dict(invariant="batch size"),
                                 "sum where the mean is meant"),
    "norms of a batch": (lambda do: np.sqrt((do ** 2).sum(axis=(0, 1))), dict(invariant="batch size"), NO_NAME),
    "first sample decides": (lambda do: np.abs(do[0, 0]), dict(invariant="sample order"),
                             "only the first sample is read"),
    "index decides": (lambda W: np.arange(len(W)), dict(invariant="neuron permutation"), NO_NAME),
    "weight norms and rescaling": (lambda W: np.abs(W).sum(axis=1), dict(invariant="relu rescaling"),
                                   "scales with a"),
    "outgoing norms and rescaling": (lambda W_out: (W_out ** 2).sum(axis=1), dict(invariant="relu rescaling"),
                                     "scales with 1/a²"),
    "in and out, added": (lambda W, W_out: np.abs(W).sum(axis=1) + np.abs(W_out).sum(axis=1),
                          dict(invariant="relu rescaling"), NO_NAME),
    "a batch of N divides": (lambda do: do / len(do), dict(invariant="batch size"), "off by the factor 1/N"),
    "|mean of the gradients|": (lambda do: np.abs(do.mean(axis=(0, 1))), dict(invariant="batch size"),
                                "absolute value after the mean over the batch"),
    "outputs standardised": (lambda o: (o - o.mean(axis=0)) / (1e-3 + o.std(axis=0)), dict(invariant="batch size"),
                             "the batch's mean and standard deviation in each sample's result"),
    "largest of the batch": (lambda o: np.abs(o).max(axis=(0, 1)), dict(invariant="batch size"),
                             "the maximum over the batch"),
    "index as a weight": (lambda W: np.abs(W).sum(axis=1) * np.arange(1, len(W) + 1),
                          dict(invariant="neuron permutation"), "weighted by the neuron's index"),
    "against the first neuron": (lambda W: np.abs(W).sum(axis=1) / np.abs(W[0]).sum(),
                                 dict(invariant="neuron permutation"), "normalised by the first neuron"),
    "neighbours": (lambda o: o * np.roll(o, 1, axis=2), dict(invariant="neuron permutation"), NO_NAME),
    "1/s ranks upside down": (lambda o, do: 1 / (1e-9 + np.abs(o * do).sum(axis=1)),
        dict(ranks_like="|removal|"), NO_NAME),
}


@functools.cache
def verdict_of(name):
    formula, claim, _ = FALSE[name]
    return verify(formula, **claim, trials=TRIALS)


@pytest.mark.parametrize("name", TRUE)
def test_what_is_true_holds(name):
    formula, claim = TRUE[name]
    verdict = verify(formula, **claim, trials=TRIALS)
    assert verdict.holds and verdict, str(verdict)
    assert verdict.mistake is None and verdict.counterexample is None and verdict.problem is None


@pytest.mark.parametrize("name", FALSE)
def test_what_is_false_fails_under_the_right_name(name):
    verdict, mistake = verdict_of(name), FALSE[name][2]
    assert not verdict.holds and not verdict, str(verdict)
    assert (verdict.mistake and verdict.mistake.name) == mistake, str(verdict)


# ------------------------------------------------------------------- the counterexamples, measured anew


def naive(example):
    """The quantity by loops and plain central differences of the whole network, in its full shape."""
    if example.quantity.startswith("|"):
        return np.abs(naive(dataclasses.replace(example, quantity=example.quantity.strip("|"))))
    net, layer, t = example.net.copy(), example.layer, example.t
    loss, here, quantity = example.loss, net[layer], example.quantity
    trace = mp.record(net, example.x, t, example.loss)
    N, K = len(example.x), here.K
    if quantity in ("dL/dW", "d2L/dW2", "dL/db"):
        array = here.b if quantity == "dL/db" else here.W
        def L(_):
            return loss(net.forward(example.x).y, t)
        if quantity == "d2L/dW2":
            found = np.stack([second(L, array, index) for index in np.ndindex(array.shape)], axis=1)
            return found.reshape(N, K, -1)
        found = np.moveaxis(mp.finite_difference(L, array), -1, 0)
        return found if quantity == "dL/db" else found.reshape(N, K, -1)
    if quantity == "removal":
        rows = []
        for i in range(K):
            o = trace[layer].o.copy()
            o[..., i] = 0
            rows.append(loss(net.tail(layer, o), t) - trace.L)
        return np.stack(rows, axis=1)
    runs = {"dL/do": ("o", lambda o: loss(net.tail(layer, o), t)),
            "dL/dz": ("z", lambda z: loss(net.tail(layer, here.outputs(z)), t)),
            "dL/dx": ("x", lambda x: loss(net.tail(layer, here.forward(x).o), t)),
            "dy/do": ("o", lambda o: net.tail(layer, o)), "do/dx": ("x", lambda x: here.forward(x).o),
            "d2L/do2": ("o", lambda o: loss(net.tail(layer, o), t))}
    key, f = runs[quantity]
    array = getattr(trace[layer], key).copy()
    if quantity == "d2L/do2":
        return np.stack([second(f, array, index)[index[0]] for index in np.ndindex(array.shape)]).reshape(N, -1, K)
    found = mp.finite_difference(f, array)                      # (N, …, N, …): samples do not mix
    found = np.stack([found[(n, *[slice(None)] * (array.ndim - 1), n)] for n in range(N)])
    if quantity == "do/dx":
        return found.transpose(0, 2, 1)
    if quantity == "dy/do":
        return found.reshape(N, -1, K, found.shape[-1])
    return found.reshape(N, -1, array.shape[-1])


def second(f, array, index, h=1e-3):
    old, values = array[index], []
    for move in (-h, 0, h):
        array[index] = old + move
        values.append(np.array(f(array)))
    array[index] = old
    return (values[0] - 2 * values[1] + values[2]) / h ** 2


# Where the mistake cannot be seen in less: a matrix that differs from its transpose needs two by two numbers, and of
# two neurons each is the other's neighbour.
LARGER = {"W for W transposed": 4, "W_out for its transpose": 4, "neighbours": 4}
WITH_EXAMPLE = [name for name, (_, claim, _) in FALSE.items() if "ranks_like" not in claim]


@pytest.mark.parametrize("name", WITH_EXAMPLE)
def test_every_counterexample_is_small_and_fails_when_measured_anew(name):
    formula, claim, _ = FALSE[name]
    example = verdict_of(name).counterexample
    layers = example.net.neuron_layers
    assert sum(example.net[one].K for one in layers) <= LARGER.get(name, 3)
    assert len(layers) <= 3 and len(example.x) <= 2
    if not isinstance(claim.get("equals"), str) or example.problem is not None:
        return
    case = Case(example.net, example.layer, example.x, example.t, example.loss)
    code = formula.__code__
    claimed = np.asarray(formula(**{one: array_of(case, one, first_reader=True)
                                    for one in code.co_varnames[:code.co_argcount]}))
    np.testing.assert_array_equal(claimed, example.claimed)
    full = naive(example)
    accepted = [full, full.sum(axis=0), full.mean(axis=0), full.squeeze(), full.sum(axis=0).squeeze(), at(full)]
    assert any(one.shape == example.measured.shape and np.allclose(one, example.measured, rtol=1e-4, atol=1e-6)
               for one in accepted) or np.allclose(full.ravel(), example.measured.ravel(), rtol=1e-4, atol=1e-6)
    assert np.abs(claimed - example.measured).max() > 1e-2 * np.abs(example.measured).max()


def test_the_bank_is_large_and_nine_in_ten_of_its_mistakes_have_a_name():
    assert len(TRUE) >= 40 and len(FALSE) >= 60
    assert np.mean([name is not NO_NAME for _, _, name in FALSE.values()]) >= 0.9
