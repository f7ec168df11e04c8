"""What formulas are held against: measured by central differences or by silencing neurons, never by formula.

The samples of a batch do not mix, so that an entry is moved in all of them at once, and all moves of all
entries go through the network as one batch.
"""

from typing import Callable, NamedTuple

import numpy as np

from ..engine.checks import check_known
from ..engine.dense import Dense

STEP = 2e-3


class Form(NamedTuple):
    """One way in which a formula may return a quantity: its shape in letters, what it is, and its values."""

    letters: str
    told: str
    values: np.ndarray


class Quantity(NamedTuple):
    """`measure(case, step)` gives it in full, sample by sample; `forms` says which shapes are accepted; `least` is
    what its entries are at least measured against: below it a difference has too few digits left to compare."""

    name: str
    measure: Callable
    forms: Callable
    least: float = 1e-4
    fits: Callable = lambda case: True


def slopes(f, array, step=STEP):
    """∂f_n/∂a_ne by central differences, (N, entries, …): f takes (M, …) rows and returns (M, …).

    d(h) = [f(a + h) − f(a − h)] / 2h;   [4 d(h/2) − d(h)] / 3 has an error of h⁴.
    """
    return slope_of(moved(f, array, step), step)


def curvatures(f, array, step=STEP):
    """∂²f_n/∂a_ne² in the same way: d(h) = [f(a + h) − 2f(a) + f(a − h)] / h², with h three times as large."""
    return curvature_of(moved(f, array, 3 * step), 3 * step)


MOVES = (1, 0.5, 0, -0.5, -1)


def slope_of(values, h):
    """From (moves, entries, N, …) to (N, entries, …)."""
    up, half_up, _, half_down, down = values
    wide, narrow = (up - down) / (2 * h), (half_up - half_down) / h
    return np.moveaxis((4 * narrow - wide) / 3, 0, 1)


def curvature_of(values, h):
    up, half_up, here, half_down, down = values
    wide, narrow = (up - 2 * here + down) / h ** 2, (half_up - 2 * here + half_down) / (h / 2) ** 2
    return np.moveaxis((4 * narrow - wide) / 3, 0, 1)


def moved(f, array, h):
    """(moves, entries, N, …): f with entry e of each sample moved by each of MOVES · h."""
    N, flat = len(array), array.reshape(len(array), -1)
    every = np.arange(flat.shape[1])
    points = np.tile(flat, (len(MOVES), len(every), 1, 1))                      # (moves, entries, N, entries)
    points[:, every, :, every] += h * np.array(MOVES)[:, np.newaxis]
    values = f(points.reshape(-1, *array.shape[1:]))
    return values.reshape(len(MOVES), len(every), N, *values.shape[1:])


def moved_in_place(f, outputs, array, h):
    """The same for a network's own array: `outputs()` gives the layer's output as it is now, f its loss."""
    rows = []
    for move in MOVES:
        for index in np.ndindex(array.shape):
            old = array[index]
            try:
                array[index] = old + move * h
                rows.append(outputs())
            finally:
                array[index] = old
    return f(np.concatenate(rows)).reshape(len(MOVES), array.size, -1)


# ------------------------------------------------------------------- the functions that are differentiated


def loss_of(case, y):
    """ℓ of rows that repeat the case's samples again and again."""
    return case.loss(y, again(case.t, len(y)))


def again(array, rows):
    """An array of the samples, repeated again and again until it has so many rows."""
    return np.tile(array, (rows // len(array), *[1] * (array.ndim - 1)))


def output_from_o(case, o):
    """y when the layer puts out o; what goes around it, where it is inside a block, is of the same samples."""
    around = None if case.layer in case.net.layers else case.net.forward(again(case.x, len(o)))
    return case.net.tail(case.layer, o, around)


def loss_from_o(case):
    return lambda o: loss_of(case, output_from_o(case, o))


def loss_from_z(case):
    return lambda z: loss_of(case, output_from_o(case, case.net[case.layer].outputs(z)))


def loss_from_x(case):
    return lambda x: loss_of(case, output_from_o(case, case.net[case.layer].forward(x).o))


def positions(case, array):
    """(N, entries) or (N, entries, …) -> (N, P, K, …)."""
    K = case.net[case.layer].K
    return array.reshape(len(array), -1, K, *array.shape[2:])


def of_outputs(case, step):
    return positions(case, slopes(loss_from_o(case), case.trace[case.layer].o, step))


def of_outputs_twice(case, step):
    return positions(case, curvatures(loss_from_o(case), case.trace[case.layer].o, step))


def of_preactivations(case, step):
    return positions(case, slopes(loss_from_z(case), case.trace[case.layer].z, step))


def of_inputs(case, step):
    x = case.trace[case.layer].x
    return slopes(loss_from_x(case), x, step).reshape(len(x), -1, x.shape[-1])


def of_parameter(name, order=1):
    def measure(case, step):
        layer, x, h = case.net[case.layer], case.trace[case.layer].x, step if order == 1 else 3 * step
        array = getattr(layer, name)
        values = moved_in_place(loss_from_o(case), lambda: layer.forward(x).o, array, h)
        found = slope_of(values, h) if order == 1 else curvature_of(values, h)
        return found.reshape(len(x), layer.K, -1) if name == "W" else found
    return measure


def output_slopes(case, step):
    o = case.trace[case.layer].o
    return positions(case, slopes(lambda o: output_from_o(case, o), o, step))


def neuron_slopes(case, step):
    layer = case.net[case.layer]
    if not isinstance(layer, Dense):
        raise ValueError(f'do/dx is measured for Dense layers only, "{case.layer}" is a {type(layer).__name__}')
    return slopes(lambda x: layer.forward(x).o, case.trace[case.layer].x, step).transpose(0, 2, 1)


def silenced(case, step=None):
    """ℓ_n with o_i held at 0 everywhere, minus ℓ_n, (N, K)."""
    o, K = case.trace[case.layer].o, case.net[case.layer].K
    silent = np.stack([np.where(np.arange(K) == i, 0, o) for i in range(K)])
    L = loss_from_o(case)(silent.reshape(-1, *o.shape[1:])).reshape(K, len(o))
    return (L - case.trace.L).T


# -------------------------------------------------------------------------------------- their shapes


def of_neurons(values):
    N, P, K = values.shape
    return [Form("(N, P, K)", "per sample", values)] + [Form("(N, K)", "per sample", values[:, 0])] * (P == 1)


def of_weights(values):
    return [Form("(N, K, F)", "per sample", values), Form("(K, F)", "sum over the batch", values.sum(axis=0))]


def of_biases(values):
    return [Form("(N, K)", "per sample", values), Form("(N, 1, K)", "per sample", values[:, np.newaxis]),
            Form("(K,)", "sum over the batch", values.sum(axis=0))]


def of_removals(values):
    return [Form("(N, K)", "per sample", values), Form("(N, 1, K)", "per sample", values[:, np.newaxis]),
            Form("(K,)", "mean over the batch", values.mean(axis=0))]


def of_layer_inputs(values):
    P = values.shape[1]
    return [Form("(N, P, F)", "per sample", values)] + [Form("(N, F)", "per sample", values[:, 0])] * (P == 1)


def of_pairs(values):
    return [Form("(N, K, F)", "per sample", values)]


def of_outputs_and_neurons(values):
    """(N, P, K, M) of M outputs; the axes P and M may be left out where they are 1."""
    N, P, K, M = values.shape
    forms = [Form("(N, P, K, M)", "per sample", values)] + [Form("(N, K, M)", "per sample", values[:, 0])] * (P == 1)
    forms += [Form("(N, P, K)", "per sample", values[..., 0])] * (M == 1)
    return forms + [Form("(N, K)", "per sample", values[:, 0, :, 0])] * (M == 1 and P == 1)


QUANTITIES = {one.name: one for one in (
    Quantity("dL/do", of_outputs, of_neurons),
    Quantity("dL/dz", of_preactivations, of_neurons),
    Quantity("dL/dW", of_parameter("W"), of_weights),
    Quantity("dL/db", of_parameter("b"), of_biases),
    Quantity("dL/dx", of_inputs, of_layer_inputs),
    Quantity("dy/do", output_slopes, of_outputs_and_neurons),
    Quantity("do/dx", neuron_slopes, of_pairs),
    Quantity("d2L/do2", of_outputs_twice, of_neurons, 1e-2),
    Quantity("d2L/dW2", of_parameter("W", order=2), of_weights, 1e-2),
    Quantity("removal", silenced, of_removals, fits=lambda case: not case.coupled),
)}


def find_quantity(name):
    """The Quantity called `name`, "|name|" for its absolute value; ValueError names the nearest if there is none."""
    if isinstance(name, str) and len(name) > 2 and name[0] == name[-1] == "|":
        plain = find_quantity(name[1:-1])
        return plain._replace(name=name, measure=lambda case, step: np.abs(plain.measure(case, step)))
    alike = [one for one in QUANTITIES if one.lower() == str(name).lower()]
    check_known("quantity", name, alike or QUANTITIES)
    return QUANTITIES[name]


def error_of(claimed, measured, least=1e-4):
    """The worst entry's |claimed − measured| / max(|claimed|, |measured|, 1 % of the largest measured, least)."""
    if not claimed.size:
        return 0.0
    size = np.maximum(np.abs(claimed), np.abs(measured))
    size = np.maximum(size, max(1e-2 * np.abs(measured).max(), least))
    return float((np.abs(claimed - measured) / size).max())
