"""Small parameters are updated together: the same numbers, and a state that is used like any other."""

import copy
import pickle

import minprune as mp
import numpy as np
import pytest
from minprune.engine import optimizers

RNG = np.random.default_rng(5)
SHAPES = {"a.W": (4, 5), "a.b": (4,), "b.W": (2, 3, 3, 4), "b.gamma": (2,)}
ADAM, SGD, NESTEROV = mp.Adam(0.1), mp.SGD(0.1, momentum=0.9), mp.SGD(0.1, momentum=0.9, nesterov=True)


def arrays(dtype="float64"):
    return {name: RNG.normal(size=shape).astype(dtype) for name, shape in SHAPES.items()}


def trained(optimizer, parameters, steps, state=None):
    """(parameters, state) after some steps."""
    parameters = copy.deepcopy(parameters)
    state = optimizer.start(parameters) if state is None else state
    for grads in steps:
        optimizer.step(parameters, copy.deepcopy(grads), state, share=0.5)
    return parameters, state


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("optimizer", [ADAM, SGD, NESTEROV, mp.Adam(0.1, weight_decay=0.1),
                                       mp.SGD(0.1, momentum=0.9, weight_decay=0.1)])
def test_the_same_bits_as_one_by_one(optimizer, dtype, monkeypatch):
    parameters, steps = arrays(dtype), [arrays(dtype) for _ in range(3)]
    results = []
    for few in (optimizers.FEW, 0):
        monkeypatch.setattr(optimizers, "FEW", few)
        after, state = trained(optimizer, parameters, steps)
        assert isinstance(state["v"], optimizers.Joined) == (few > 0)
        results.append({key: array.tobytes() for part in (after, state["v"]) for key, array in part.items()})
    assert results[0] == results[1]


def test_parameters_that_lie_in_another_order_in_memory():
    """A step written to a copy would be lost."""
    parameters = arrays()
    parameters["b.W"] = np.asfortranarray(parameters["b.W"])
    steps = [arrays()]
    one, other = (trained(ADAM, {name: one for name, one in p.items()}, steps)[0]
                  for p in (parameters, {name: w.copy("C") for name, w in parameters.items()}))
    assert all(np.array_equal(one[name], other[name]) for name in one)
    assert not np.array_equal(one["b.W"], parameters["b.W"])


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda state: pickle.loads(pickle.dumps(state))],
                         ids=["deepcopy", "pickle"])
def test_a_copy_goes_on_alike(copied):
    after, state = trained(ADAM, arrays(), [arrays() for _ in range(2)])
    other, more = copied(state), [arrays()]
    one, two = trained(ADAM, after, more, other)[0], trained(ADAM, after, more, state)[0]
    assert all(np.array_equal(one[name], two[name]) for name in one)


def test_a_deep_copy_is_its_own():
    _, state = trained(ADAM, arrays(), [arrays()])
    other, before = copy.deepcopy(state), state["m"].whole.copy()
    for array in other["m"].values():
        array += 1
    assert np.array_equal(state["m"].whole, before) and type(other["m"]) is dict


def test_what_is_written_to_a_part_is_remembered():
    """state["m"][name] = array and state["m"][name] += 1 change what the next step reads."""
    parameters, steps, more = arrays(), [arrays()], [arrays()]
    results = []
    for whole in (True, False):
        after, state = trained(SGD, parameters, steps)
        if not whole:
            state = {"v": dict(copy.deepcopy(state)["v"])}
        state["v"]["a.b"] += 1
        state["v"]["a.W"] = np.full((4, 5), 0.25)
        results.append(trained(SGD, after, more, state)[0])
    assert all(np.array_equal(results[0][name], results[1][name]) for name in parameters)
    with pytest.raises(ValueError, match="broadcast"):
        state = SGD.start(parameters)
        state["v"]["a.b"] = np.zeros(7)


def test_a_state_of_more_parameters_moves_those_that_are_there():
    parameters = arrays()
    state = SGD.start(parameters)
    some = {"a.b": parameters["a.b"].copy()}
    SGD.step(some, {"a.b": np.ones(4)}, state)
    assert np.allclose(some["a.b"], parameters["a.b"] - 0.1) and not state["v"]["a.W"].any()


def test_large_networks_are_not_joined():
    assert type(ADAM.start({"a.W": np.zeros((optimizers.FEW, 2))})["m"]) is dict
