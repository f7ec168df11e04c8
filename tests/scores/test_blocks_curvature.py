"""Second derivatives and surgeons of networks with blocks, a Concat, series of layers: beside differences."""

import numpy as np
import pytest
from small_blocks import ONCE, STEPS, network, slope

import minprune as mp
from minprune.scores.hessian import weight_names
from minprune.scores.surgeon import layerwise_obs_weights

SOME = pytest.mark.parametrize("seed", ONCE)


def along(net, direction, f, h=0.004):
    """How f() changes when the network's parameters move along the direction, {parameter: array}; they move back."""
    parameters, values, h = net.parameters(), [], h / max(1, np.sqrt(sum((v ** 2).sum() for v in direction.values())))
    still = {key: parameters[key].copy() for key in direction}
    for k in STEPS:
        for key, v in direction.items():
            parameters[key][...] = still[key] + k * h * v
        values.append(f())
    for key, array in still.items():
        parameters[key][...] = array
    return slope(np.stack(values)[np.newaxis], h)[0]


def of_neurons(net, of_weights):
    """Sums over all W of a neuron, in all layers that are its own."""
    scores = {}
    for name, unit in net.units.items():
        rows = [of_weights[f"{member}.W"].reshape(net[member].K, -1).sum(axis=1)[unit.rows[member]].sum(axis=1)
                for member in unit.members]
        scores[name] = sum(rows)
    return scores


def near(found, expected, tolerance=1e-8):
    assert list(found) == list(expected)
    for name in found:
        size = max(np.abs(expected[name]).max(), 1e-3)
        np.testing.assert_allclose(found[name], expected[name], rtol=0, atol=tolerance * size, err_msg=name)


def places(net):
    """{parameter: where its numbers are in one row of all W and b}."""
    at, found = 0, {}
    for key in weight_names(net):
        size = net.parameters()[key].size
        found[key], at = np.arange(at, at + size).reshape(net.parameters()[key].shape), at + size
    return found


def jacobian(net, x):
    """(weights and biases, N · outputs): the slope of each output of each sample."""
    trace, columns = net.forward(x), []
    for place in np.ndindex(trace.y.shape):
        one = np.zeros(trace.y.shape)
        one[place] = 1
        net.backward(trace, one)
        grads = trace.grads()
        columns.append(np.concatenate([grads[key].ravel() for key in weight_names(net)]))
    return np.stack(columns, axis=1)


@SOME
def test_optimal_brain_surgeon_and_the_trace_without_labels(seed):
    """H = mean_n JᵀJ under mse, J by a backward pass for each number; what a constrained minimum costs, by
    elimination."""
    net, x, t = network(seed)
    where, damping, J = places(net), 0.1, jacobian(net, x)
    H = J @ J.T / len(x) + damping * np.eye(len(J))
    inverse, w = np.linalg.inv(H), np.concatenate([net.parameters()[key].ravel() for key in weight_names(net)])

    found = {score: mp.score(net, score, x, t, "mse", 1, damping=damping) for score in ("obs", "obs_neurons")}
    saliency = w ** 2 / (2 * np.diag(inverse))
    near(found["obs"], of_neurons(net, {key: saliency[at] for key, at in where.items()}))
    expected = {}
    for name in net.hidden_layers:
        read = np.concatenate([net.reading(name, reader, where[f"{reader}.W"]) for reader in net.readers(name)], axis=1)
        expected[name] = []
        for G in read:
            rest = np.setdiff1d(np.arange(len(H)), G)
            left = H[np.ix_(G, G)] - H[np.ix_(G, rest)] @ np.linalg.solve(H[np.ix_(rest, rest)], H[np.ix_(rest, G)])
            expected[name].append(0.5 * w[G] @ left @ w[G])
    near(found["obs_neurons"], expected)
    sizes = {key: array.reshape(len(array), -1)[0].size for key, array in net.parameters().items()}
    norms = {key: (net.parameters()[key] ** 2).reshape(len(at), -1).sum(axis=1) for key, at in where.items()}
    traces = {key: (J[at] ** 2).sum(axis=-1).reshape(len(at), -1).sum(axis=1) for key, at in where.items()}
    near(mp.score(net, "hessian_trace", x, t, "mse", 1, label_free=True),
         of_neurons(net, {key: 0.5 * norms[key] * traces[key] / sizes[key] / len(x) for key in where}))


@SOME
def test_products_with_the_hessian(seed):
    net, x, t = network(seed)

    def mean_gradient():
        grads = mp.record(net, x, t, "mse").grads()
        return {key: grads[key] / len(x) for key in weight_names(net)}

    def product(v):
        """H v of the mean loss, by differences of the gradient."""
        row = along(net, v, lambda: np.concatenate([one.ravel() for one in mean_gradient().values()]))
        return {key: row[at] for key, at in places(net).items()}

    slopes = {key: one for key, one in mean_gradient().items() if key.endswith(".W")}
    curved = product(slopes)
    near(mp.score(net, "grasp", x, t, "mse", 1), of_neurons(net, {key: net.parameters()[key] * curved[key]
                                                                  for key in slopes}))
    rng, trace = np.random.default_rng(3), {}
    members = dict.fromkeys(member for unit in net.units.values() for member in unit.members)
    for _ in range(2):
        v = {f"{name}.W": rng.choice([-1.0, 1.0], net[name].W.shape) for name in members}
        for key, Hv in product(v).items():
            if key in v:
                trace[key] = trace.get(key, 0) + (v[key] * Hv).reshape(len(Hv), -1).sum(axis=1) / 2
    sizes = {key: (net.parameters()[key] ** 2).reshape(len(one), -1).mean(axis=1) for key, one in trace.items()}
    near(mp.score(net, "hessian_trace", x, t, "mse", 1, draws=2, seed=3),
         of_neurons(net, {key: 0.5 * sizes[key] * trace[key] for key in trace}))


@SOME
def test_optimal_brain_damage(seed):
    """The recursion with each layer's slopes found by moving its inputs one by one."""
    net, x, t = network(seed)
    trace = mp.record(net, x, t, "mse")
    for gauss_newton in (False, True):
        h, weights = {}, {}
        recursion(net.layers, trace, np.ones_like(trace.y), gauss_newton, h, weights)
        saliencies = {f"{name}.W": 0.5 * weights[name] / len(x) * net[name].W ** 2 for name in net.neuron_layers}
        near(mp.score(net, "obd", x, t, "mse", 1, gauss_newton=gauss_newton), of_neurons(net, saliencies))
        rises = {}
        for name, unit in net.units.items():
            both = trace[name] if not net.is_alone(name) else None
            slopes = {end: trace[name].do if both is None else both.of_end(end, "do") for end in unit.ends}
            rise = {end: (0.5 * h[end] * trace[end].o ** 2 - do * trace[end].o).reshape(-1, do.shape[-1]).sum(axis=0)
                    for end, do in slopes.items()}
            rises[name] = sum(one[unit.rows[end]].sum(axis=1) for end, one in rise.items()) / len(x)
        near(mp.score(net, "obd_outputs", x, t, "mse", 1, gauss_newton=gauss_newton), rises)


def recursion(chain, trace, h, gauss_newton, found, weights):
    """∂²ℓ/∂o² of each layer in `found` and Σ ∂²ℓ/∂w² in `weights`; returns ∂²ℓ/∂x²."""
    for layer in reversed(chain.values()):
        found[layer.name] = h
        if layer.paths:
            parts = np.split(h, np.cumsum([list(path.values())[-1].output_shape[-1] for path in layer.paths])[:-1],
                             axis=-1) if isinstance(layer, mp.Concat) else [h] * len(layer.paths)
            h = sum(recursion(path, trace, part, gauss_newton, found, weights)
                    for path, part in zip(layer.paths, parts))
            continue
        one = trace[layer.name]
        if layer.name in trace.layers and one.z is not None or isinstance(layer, mp.ActivationLayer):
            z, step = one.x if one.z is None else one.z, 0.02
            f = {k: layer.f(z + k * step) for k in range(-4, 5)}
            f1 = sum(c * (f[k] - f[-k]) for k, c in zip((1, 2, 3, 4), (4 / 5, -1 / 5, 4 / 105, -1 / 280))) / step
            f2 = (sum(c * (f[k] + f[-k]) for k, c in zip((1, 2, 3, 4), (8 / 5, -1 / 5, 8 / 315, -1 / 560)))
                  - 205 / 72 * f[0]) / step ** 2
            h = f1 ** 2 * h + (0 if gauss_newton else f2 * one.do)
            if one.z is None:
                continue
            weights[layer.name] = of_weights(layer, one, h)
        h = sum_of_squares(layer, one, h)
    return h


def sum_of_squares(layer, one, h):
    """Σ_z (∂z/∂x)² h_z, or of the outputs of a layer without neurons, each x moved by itself."""
    def out(x):
        end = layer.forward(x)
        return end.o if end.z is None else end.z
    places = list(np.ndindex(one.x.shape[1:]))
    units = np.zeros((len(places), *one.x.shape[1:]))
    for k, place in enumerate(places):
        units[(k, *place)] = 1
    moves = out(units) - out(np.zeros_like(units[:1]))
    return np.tensordot(h.reshape(len(h), -1), (moves ** 2).reshape(len(places), -1), axes=(1, 1)).reshape(one.x.shape)


def of_weights(layer, one, h):
    """Σ_np (∂z_np/∂w)² h_np, each weight moved by itself."""
    found, still = np.zeros(layer.W.shape), layer.W.copy()
    for place in np.ndindex(layer.W.shape):
        layer.W[place] = still[place] + 1
        found[place] = ((layer.forward(one.x).z - one.z) ** 2 * h).sum()
        layer.W[place] = still[place]
    return found


@SOME
def test_layer_by_layer(seed):
    """The neuron's weighted sums, solved for again without one of its weights."""
    net, x, _ = network(seed)
    saliencies, seen = layerwise_obs_weights(net, x, damping=0.1), mp.Network.forward(net, x)
    near(mp.score(net, "layerwise_obs", x, batch_size=1, damping=0.1), of_neurons(net, saliencies))
    rng = np.random.default_rng(seed)
    for name in net.neuron_layers:
        layer = net[name]
        i, j = rng.integers(layer.K), rng.integers(layer.W[0].size)
        rows = read_by(layer, seen[name].x, i)
        H = rows.T @ rows / len(rows) + 0.1 * np.eye(rows.shape[1])
        rest = np.delete(np.arange(len(H)), j)
        left = H[j, j] - H[j, rest] @ np.linalg.solve(H[np.ix_(rest, rest)], H[rest, j])
        w = layer.W[i].ravel()[j]
        found = saliencies[f"{name}.W"][i].ravel()[j]
        np.testing.assert_allclose(found, 0.5 * left * w ** 2, rtol=1e-8, atol=1e-12)


def read_by(layer, x, i):
    """(N·P, F + 1): what neuron i reads, and 1: its sums with each weight at 1, the others at 0."""
    still, columns = layer.W.copy(), []
    layer.W[...] = 0
    for place in np.ndindex(layer.W[i].shape):
        layer.W[(i, *place)] = 1
        columns.append(layer.product(x)[..., i].ravel())
        layer.W[(i, *place)] = 0
    layer.W[...] = still
    return np.stack([*columns, np.ones_like(columns[0])], axis=1)
