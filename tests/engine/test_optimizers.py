"""Optimizers against steps worked by hand and against plain loops over Python floats."""

import math

import numpy as np
import pytest

import minprune as mp
from cases import each
from minprune.engine.optimizers import SGD, Adam
from minprune.engine.schedules import step


def run(optimizer, w, gradients, name="dense1.W", epochs=None):
    """Take one step a gradient; return the parameter after each."""
    parameters = {name: np.array(w, float)}
    state, after = optimizer.start(parameters), []
    for number, g in enumerate(gradients):
        optimizer.step(parameters, {name: np.array(g, float)}, state, *([epochs[number]] if epochs else []))
        after.append(parameters[name].copy())
    return np.array(after)


# --------------------------------------------------------------------------------- worked by hand


@each("settings, first, second", [
    # w = 1, gradients 2 and 4, rate 0.1
    ({}, 0.8, 0.4),
    ({"momentum": 0.5}, 0.8, 0.8 - 0.1 * (0.5 * 2 + 4)),
    # g + ½ v: 2 + 1 = 3, then v = 5 and 4 + 2.5
    ({"momentum": 0.5, "nesterov": True}, 0.7, 0.7 - 0.65),
    # g + ½ w: 2.5, then 4 + ½ · 0.75
    ({"weight_decay": 0.5}, 0.75, 0.75 - 0.4375),
    # v = 2.5, then v = 1.25 + 4.375
    ({"momentum": 0.5, "weight_decay": 0.5}, 0.75, 0.75 - 0.5625)])
def test_two_steps_of_sgd(settings, first, second):
    np.testing.assert_allclose(run(SGD(0.1, **settings), [1.0], [[2.0], [4.0]])[:, 0], [first, second],
                               rtol=1e-14)


def test_two_steps_of_adam():
    # m̂ = g and v̂ = g² in the first step, so w moves by rate · g / (|g| + ε)
    after = run(Adam(0.1, beta1=0.5, beta2=0.75, epsilon=1.0), [1.0], [[2.0], [4.0]])[:, 0]
    m, v = 0.5 * 1 + 0.5 * 4, 0.75 * 1 + 0.25 * 16
    second = 0.1 * (m / 0.75) / (math.sqrt(v / (1 - 0.75 ** 2)) + 1)
    np.testing.assert_allclose(after, [1 - 0.1 * 2 / 3, 1 - 0.1 * 2 / 3 - second], rtol=1e-14)


def test_adams_first_step_is_the_rate_whatever_the_gradient():
    after = run(Adam(0.01), [1.0, 1.0, 1.0], [[1e-3, -5.0, 1e4]])[0]
    np.testing.assert_allclose(after, [0.99, 1.01, 0.99], rtol=1e-5)


def test_adams_decay_is_decoupled_from_the_gradient():
    # w = 2: 2 − 0.1 · 0.5 · 2 − 0.1 · 1; with a zero gradient only the decay is left
    after = run(Adam(0.1, weight_decay=0.5, epsilon=1e-12), [2.0, 2.0], [[3.0, 0.0]])[0]
    np.testing.assert_allclose(after, [1.8, 1.9], rtol=1e-9)


# ----------------------------------------------------------------------------- plain scalar loops


def scalar_sgd(w, gradients, rate, momentum=0.0, nesterov=False, weight_decay=0.0):
    v, after = 0.0, []
    for g in gradients:
        g = g + weight_decay * w
        v = momentum * v + g
        w = w - rate * (g + momentum * v if nesterov else v)
        after.append(w)
    return after


def scalar_adam(w, gradients, rate, beta1=0.9, beta2=0.999, epsilon=1e-8, weight_decay=0.0):
    m, v, after = 0.0, 0.0, []
    for t, g in enumerate(gradients, 1):
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * g * g
        root = math.sqrt(v / (1 - beta2 ** t)) + epsilon
        w = w - rate * weight_decay * w - rate * (m / (1 - beta1 ** t)) / root
        after.append(w)
    return after


SGDS = [{}, {"momentum": 0.9}, {"momentum": 0.7, "nesterov": True}, {"weight_decay": 0.05},
        {"momentum": 0.9, "weight_decay": 0.1}, {"momentum": 0.6, "nesterov": True, "weight_decay": 0.1}]
ADAMS = [{}, {"beta1": 0.6, "beta2": 0.7}, {"beta1": 0.0}, {"beta2": 0.0}, {"epsilon": 0.5},
         {"weight_decay": 0.3}, {"beta1": 0.5, "beta2": 0.9, "epsilon": 0.1, "weight_decay": 0.05}]
ALL = [(SGD, scalar_sgd, one) for one in SGDS] + [(Adam, scalar_adam, one) for one in ADAMS]


@each("kind, scalar, settings", ALL)
def test_twelve_steps_equal_a_loop_over_numbers(kind, scalar, settings, rng):
    w, gradients = rng.normal(size=(2, 3)), rng.normal(size=(12, 2, 3))
    expected = [[scalar(w[i, j], gradients[:, i, j], 0.1, **settings) for j in range(3)] for i in range(2)]
    after = run(kind(0.1, **settings), w, gradients)
    np.testing.assert_allclose(after, np.moveaxis(expected, -1, 0), rtol=1e-10, atol=1e-12)


@each("kind, scalar, settings", ALL)
def test_a_large_parameter_is_updated_everywhere(kind, scalar, settings, rng):
    """As many entries as no cache holds, and no round number of them."""
    shape = (193, 301)
    w, gradients = rng.normal(size=shape), rng.normal(size=(3, *shape))
    after = run(kind(0.1, **settings), w, gradients)[-1]
    v, m, plain = np.zeros(shape), np.zeros(shape), w.copy()
    decay = settings.get("weight_decay", 0)
    for t, g in enumerate(gradients, 1):
        if kind is SGD:
            mu = settings.get("momentum", 0)
            g = g + decay * plain
            v = mu * v + g
            plain = plain - 0.1 * (g + mu * v if settings.get("nesterov") else v)
        else:
            beta1, beta2 = settings.get("beta1", 0.9), settings.get("beta2", 0.999)
            m, v = beta1 * m + (1 - beta1) * g, beta2 * v + (1 - beta2) * g ** 2
            root = np.sqrt(v / (1 - beta2 ** t)) + settings.get("epsilon", 1e-8)
            plain = plain - 0.1 * decay * plain - 0.1 * m / (1 - beta1 ** t) / root
    np.testing.assert_allclose(after, plain, rtol=1e-10, atol=1e-12)


@each("optimizer", [SGD(0.1), SGD(0.1, 0.9), SGD(0.1, 0.9, nesterov=True),
                    SGD(0.1, weight_decay=0.2), Adam(0.1), Adam(0.1, weight_decay=0.2)])
@each("view", [lambda w: w.T, lambda w: w[:, ::2], lambda w: np.asfortranarray(w)])
def test_parameters_that_are_views_are_updated_in_place(optimizer, view, rng):
    w, g = view(rng.normal(size=(300, 260))), rng.normal(size=view(np.zeros((300, 260))).shape)
    expected = run(optimizer, w, [g, g])[-1]
    parameters = {"dense1.W": w}
    state = optimizer.start(parameters)
    for _ in range(2):
        optimizer.step(parameters, {"dense1.W": g.copy()}, state)
    assert parameters["dense1.W"] is w
    np.testing.assert_allclose(w, expected, rtol=1e-12)


# ----------------------------------------------------------------------------------- what decays


@pytest.mark.parametrize("make", [lambda decay: SGD(0.1, weight_decay=decay),
                                  lambda decay: SGD(0.1, 0.5, weight_decay=decay),
                                  lambda decay: Adam(0.1, weight_decay=decay)])
def test_only_weights_decay(make):
    names = ["conv1.W", "conv1.b", "conv1.gamma", "conv1.beta", "dense1.W", "dense1.b"]

    def moved(decay):
        parameters, optimizer = {name: np.array([2.0]) for name in names}, make(decay)
        optimizer.step(parameters, {name: np.array([0.5]) for name in names}, optimizer.start(parameters))
        return {name: w[0] for name, w in parameters.items()}

    plain, decayed = moved(0.0), moved(0.3)
    assert {name for name in names if plain[name] != decayed[name]} == {"conv1.W", "dense1.W"}
    assert decayed["conv1.W"] == pytest.approx(plain["conv1.W"] - 0.1 * 0.3 * 2)


# -------------------------------------------------------------------------------- rate and state


@pytest.mark.parametrize("kind", [SGD, Adam])
def test_a_schedule_is_asked_with_the_epoch(kind):
    asked = []
    optimizer = kind(lambda epoch: asked.append(epoch) or 0.1)
    run(optimizer, [1.0], [[1.0]] * 3, epochs=[0, 0.5, 3])
    assert asked == [0, 0.5, 3]
    run(optimizer, [1.0], [[1.0]])
    assert asked[-1] == 0


def test_a_falling_rate():
    after = run(SGD(step(1.0, every=1, factor=0.5)), [0.0], [[1.0]] * 3, epochs=[0, 1, 2])
    assert after[:, 0].tolist() == [-1.0, -1.5, -1.75]


def test_a_rate_of_zero_changes_nothing():
    for optimizer in (SGD(0, 0.9, weight_decay=0.1), Adam(0, weight_decay=0.1)):
        assert (run(optimizer, [1.5], [[2.0], [3.0]]) == 1.5).all()


def test_default_settings():
    assert SGD().rate(0) == 0.1 and SGD().momentum == SGD().weight_decay == 0 and not SGD().nesterov
    adam = Adam()
    assert (adam.rate(9), adam.beta1, adam.beta2, adam.epsilon) == (1e-3, 0.9, 0.999, 1e-8)
    assert adam.weight_decay == 0


@pytest.mark.parametrize("make", [lambda: SGD(0.1, 0.9), lambda: Adam(0.1)])
def test_one_optimizer_serves_two_parameters_at_once(make):
    optimizer, gradients = make(), [[1.0], [-2.0], [0.5]]
    one, two = {"a.W": np.array([1.0])}, {"a.W": np.array([5.0])}
    states = optimizer.start(one), optimizer.start(two)
    for g in gradients:
        optimizer.step(one, {"a.W": np.array(g)}, states[0])
        optimizer.step(two, {"a.W": np.array(g) * 3}, states[1])
    assert one["a.W"] == pytest.approx(run(make(), [1.0], gradients, "a.W")[-1], rel=1e-14)
    assert two["a.W"] == pytest.approx(run(make(), [5.0], np.array(gradients) * 3, "a.W")[-1], rel=1e-14)


def test_state_is_plain_and_starts_at_zero():
    parameters = {"a.W": np.ones((2, 3), "float32"), "a.b": np.ones(2, "float32")}
    assert SGD(0.1).start(parameters) == {"v": {}}
    for state, keys in ((SGD(0.1, 0.5).start(parameters), "v"), (Adam().start(parameters), "mv")):
        for key in keys:
            assert {name: (a.shape, a.dtype, a.any()) for name, a in state[key].items()} \
                == {"a.W": ((2, 3), np.float32, False), "a.b": ((2,), np.float32, False)}
    assert Adam().start(parameters)["steps"] == 0


def test_adam_counts_its_steps():
    parameters, optimizer = {"a.W": np.ones(1)}, Adam()
    state = optimizer.start(parameters)
    for _ in range(3):
        optimizer.step(parameters, {"a.W": np.ones(1)}, state)
    assert state["steps"] == 3


@each("optimizer", [
    SGD(0.1, 0.9, True, 0.1), SGD(0.1, weight_decay=0.1), Adam(weight_decay=0.1),
    SGD(lambda epoch: np.float64(0.1), 0.5), Adam(lambda epoch: np.float64(0.1))])
def test_float32_stays_float32(optimizer, rng):
    parameters = {"a.W": rng.normal(size=(3, 4)).astype("float32")}
    state = optimizer.start(parameters)
    for _ in range(2):
        optimizer.step(parameters, {"a.W": np.ones((3, 4), "float32")}, state)
    kept = [one for key in "mv" for one in state.get(key, {}).values()]
    assert {array.dtype for array in [parameters["a.W"], *kept]} == {np.dtype("float32")}


@each("make, told", [
    (lambda: SGD(-0.1), "learning rate expects .*at least 0, got -0.1"),
    (lambda: SGD(math.nan), "learning rate"),
    (lambda: SGD(0.1, momentum=1), "momentum expects .*less than 1"),
    (lambda: SGD(0.1, momentum=-0.5), "momentum"),
    (lambda: SGD(0.1, weight_decay=-1), "weight_decay expects"),
    (lambda: SGD(0.1, nesterov=True), "nesterov"),
    (lambda: Adam(-1), "learning rate"), (lambda: Adam(beta1=1), "beta1"),
    (lambda: Adam(beta1=-0.1), "beta1"),
    (lambda: Adam(beta2=1), "beta2"), (lambda: Adam(beta2=-0.1), "beta2"),
    (lambda: Adam(epsilon=0), "epsilon expects .*more than 0"),
    (lambda: Adam(weight_decay=-1), "weight_decay")])
def test_settings_out_of_range(make, told):
    with pytest.raises(ValueError, match=told):
        make()


@each("make", [lambda: SGD("0.1"), lambda: Adam(None), lambda: SGD(True),
               lambda: Adam(beta1="x")])
def test_settings_that_are_no_numbers(make):
    with pytest.raises(TypeError, match="expects a number"):
        make()


def test_a_quadratic_is_minimised():
    for optimizer in (SGD(0.1), SGD(0.05, 0.9), SGD(0.05, 0.9, nesterov=True), Adam(0.1)):
        parameters = {"a.W": np.array([3.0, -2.0])}
        state = optimizer.start(parameters)
        for _ in range(500):
            optimizer.step(parameters, {"a.W": parameters["a.W"] - [1.0, 4.0]}, state)
        np.testing.assert_allclose(parameters["a.W"], [1, 4], atol=1e-3)


def test_the_public_names():
    assert mp.SGD is SGD and mp.Adam is Adam


def test_optimizers_print_themselves_as_calls():
    assert repr(mp.Adam(1e-3)) == "Adam(0.001, beta1=0.9, beta2=0.999, epsilon=1e-08, weight_decay=0.0)"
    assert repr(mp.SGD(0.1, momentum=0.9)) == "SGD(0.1, momentum=0.9, nesterov=False, weight_decay=0.0)"
    assert repr(mp.Adam(mp.schedules.constant(0.1))).startswith("Adam(0.1, ")
    assert repr(mp.SGD(mp.schedules.cosine(0.1, 20))).startswith("SGD(cosine(rate=0.1, epochs=20.0, final=0.0), ")
    assert repr(mp.SGD(mp.schedules.step(0.1, 5))).startswith("SGD(step(rate=0.1, every=5.0, factor=0.1), ")
    assert repr(mp.SGD(halving)).startswith("SGD(halving, ")


def halving(epoch):
    return 0.5 ** epoch


@each("make", [lambda: mp.SGD(10 ** 400), lambda: mp.Adam(epsilon=10 ** 400),
               lambda: mp.SGD(0.1, weight_decay=-10 ** 400),
               lambda: mp.schedules.cosine(10 ** 400, 3)])
def test_a_number_that_no_float_can_hold_is_refused(make):
    with pytest.raises(ValueError, match="expects a finite number, got a whole number of 1329 bits"):
        make()
