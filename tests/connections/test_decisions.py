"""Exactly the asked number of weights goes, in the order a reader would strike them off by hand."""

import numpy as np
import pytest

from cases import each
from minprune.connections.decisions import decide_connections


# In order: a[1,0]=0, b[0,0]=0.5, a[0,0]=1, a[0,1]=2, b[0,1]=3, b[0,2]=4, a[1,1]=5.
TWO = {"a.W": np.array([[1.0, 2.0], [0.0, 5.0]]), "b.W": np.array([[0.5, 3.0, 4.0]])}


def told(masks):
    return {name: mask.astype(int).tolist() for name, mask in masks.items()}


@each("arguments, a, b", [
    (dict(remove=0), [[1, 1], [1, 1]], [[1, 1, 1]]),
    (dict(remove=0.0), [[1, 1], [1, 1]], [[1, 1, 1]]),
    (dict(remove=1), [[1, 1], [0, 1]], [[1, 1, 1]]),
    (dict(remove=np.int64(3)), [[0, 1], [0, 1]], [[0, 1, 1]]),
    (dict(remove=0.5), [[0, 1], [0, 1]], [[0, 1, 1]]),                         # floor(3.5)
    (dict(remove=0.5, scope="layer"), [[0, 1], [0, 1]], [[0, 1, 1]]),          # 2 of 4, floor(1.5) of 3
    (dict(remove=2, scope="layer"), [[0, 1], [0, 1]], [[0, 0, 1]]),
    (dict(remove=5), [[0, 0], [0, 1]], [[0, 0, 1]]),
    (dict(remove=6, min_keep=0), [[0, 0], [0, 1]], [[0, 0, 0]]),
    (dict(remove=7, min_keep=0), [[0, 0], [0, 0]], [[0, 0, 0]]),
    (dict(remove=4, min_keep=2), [[0, 1], [0, 1]], None),                     # a spares 2, b 1
    (dict(remove=3, min_keep=2), [[0, 1], [0, 1]], [[0, 1, 1]]),
    (dict(remove=6), None, None),                                             # the last of each stays: at most 5
    (dict(remove={"a.W": 0.5}), [[0, 1], [0, 1]], [[1, 1, 1]]),
    (dict(remove={"b.W": 2, "a.W": 0.25}, scope="global"), [[1, 1], [0, 1]], [[0, 0, 1]]),
    (dict(remove=2, protect=["a.W"]), [[1, 1], [1, 1]], [[0, 0, 1]]),
    (dict(remove=2, scope="layer", protect=["a.W"]), [[1, 1], [1, 1]], [[0, 0, 1]]),
    (dict(remove=3, protect=[("a.W", 1)]), [[0, 0], [1, 1]], [[0, 1, 1]]),
    (dict(remove=2, protect=iter([("a.W", (1, 0)), ("b.W", slice(1))])), [[0, 0], [1, 1]], [[1, 1, 1]]),
    (dict(remove=2, protect=[("a.W", TWO["a.W"] < 1)]), [[0, 1], [1, 1]], [[0, 1, 1]]),
    (dict(remove=3, protect=["a.W"]), [[1, 1], [1, 1]], None),
])
def test_by_hand_who_stays(arguments, a, b):
    if b is None:
        with pytest.raises(ValueError, match="remove asks for . of the 7 weights of a.W, b.W, but at most . can go"):
            decide_connections(TWO, **arguments)
    else:
        assert told(decide_connections(TWO, **arguments)) == {"a.W": a, "b.W": b}


def test_at_most_says_how_many():
    for arguments, most in ((dict(remove=6), 5), (dict(remove=4, min_keep=2), 3), (dict(remove=3, protect=["a.W"]), 2),
                            (dict(remove=7, min_keep=9), 0)):
        with pytest.raises(ValueError, match=f"at most {most} can go"):
            decide_connections(TWO, **arguments)
    with pytest.raises(ValueError, match="remove asks for 4 of the 4 weights of a.W, but at most 3 can go"):
        decide_connections(TWO, remove=4, scope="layer")


def test_a_protected_weight_counts_as_one_that_is_kept():
    keep = decide_connections({"a.W": np.array([[1.0, 2.0, 3.0]])}, remove=2, protect=[("a.W", (0, 0))])
    assert told(keep) == {"a.W": [[1, 0, 0]]}


def test_ties_the_earlier_array_then_the_lower_index_goes_first():
    flat = {"z.W": np.zeros((2, 2)), "a.W": np.zeros((1, 3))}
    assert told(decide_connections(flat, remove=2)) == {"z.W": [[0, 0], [1, 1]], "a.W": [[1, 1, 1]]}
    assert told(decide_connections(flat, remove=4)) == {"z.W": [[0, 0], [0, 1]], "a.W": [[0, 1, 1]]}
    assert told(decide_connections(flat, remove=1, scope="layer")) == {"z.W": [[0, 1], [1, 1]], "a.W": [[0, 1, 1]]}
    signed = decide_connections({"a.W": np.array([[0.0, -0.0, 1.0]])}, remove=1)
    assert told(signed) == {"a.W": [[0, 1, 1]]}


def struck_off(scores, count, min_keep, protected, stays):
    """Strike off one by one, the slow and obvious way."""
    stays = {name: mask.copy() for name, mask in stays.items()}
    for _ in range(count):
        rich = [(depth, name) for depth, name in enumerate(scores) if stays[name].sum() > min_keep]
        able = [(scores[name][place], depth, place) for depth, name in rich
                for place in np.ndindex(stays[name].shape) if stays[name][place] and not protected[name][place]]
        if not able:
            return None
        _, depth, place = min(able)
        stays[list(scores)[depth]][place] = False
    return stays


@each("seed", range(40))
def test_same_as_striking_off_one_by_one(seed):
    rng = np.random.default_rng(seed)
    shapes = {"conv1.W": (2, 1, 2, 2), "dense1.W": (3, 4), "dense2.W": (2, 3)}
    draw = (lambda shape: rng.integers(0, 4, shape)) if seed % 2 else (lambda shape: rng.normal(size=shape))
    scores = {name: draw(shape) for name, shape in shapes.items()}
    protected = {name: rng.random(shape) < 0.2 for name, shape in shapes.items()}
    masks = {name: rng.random(shape) < 0.8 for name, shape in shapes.items()} if seed % 3 else None
    whole = {name: np.ones(shape, bool) for name, shape in shapes.items()}
    count, min_keep = int(rng.integers(0, 24)), int(rng.integers(0, 4))
    expected = struck_off(scores, count, min_keep, protected, masks or whole)
    arguments = dict(min_keep=min_keep, protect=list(protected.items()), masks=masks)
    if expected is None:
        with pytest.raises(ValueError, match="can go"):
            decide_connections(scores, count, **arguments)
    else:
        assert told(decide_connections(scores, count, **arguments)) == told(expected)
    apart = [struck_off({name: s}, 1, min_keep, protected, masks or whole) for name, s in scores.items()]
    if None not in apart:
        found = decide_connections(scores, 1, scope="layer", **arguments)
        assert all((found[name] == one[name]).all() for name, one in zip(scores, apart))


def test_a_fraction_is_the_floor_and_every_hundredth_is_exact():
    scores = {"a.W": np.random.default_rng(0).normal(size=(10, 10))}
    for n in range(100):
        assert (~decide_connections(scores, n / 100)["a.W"]).sum() == n
    assert (~decide_connections(scores, 1 - 1e-15)["a.W"]).sum() == 99
    assert (~decide_connections(scores, 0.999)["a.W"]).sum() == 99


def test_an_earlier_decision_counts_what_it_left():
    rng = np.random.default_rng(0)
    scores, masks, left = {"a.W": rng.normal(size=(20, 30)), "b.W": rng.normal(size=(10, 40))}, None, 1000
    for _ in range(12):
        before, masks = masks, decide_connections(scores, 0.2, masks=masks)
        left -= int(0.2 * left + 1e-9)
        assert sum(mask.sum() for mask in masks.values()) == left
        assert before is None or not any((masks[name] & ~before[name]).any() for name in masks)
    at_once = decide_connections(scores, 1000 - left)
    assert all((masks[name] == at_once[name]).all() for name in masks)


def test_an_earlier_decision_may_leave_arrays_out_and_is_not_changed():
    mask = np.array([[False, True], [True, True]])
    keep = decide_connections(TWO, remove=1, masks={"a.W": mask})
    assert told(keep) == {"a.W": [[0, 1], [0, 1]], "b.W": [[1, 1, 1]]} and mask.sum() == 3
    keep = decide_connections(TWO, remove=0, masks={"a.W": mask})
    keep["a.W"][...] = False
    assert mask.sum() == 3


def test_infinite_scores_and_other_dtypes():
    scores = {"a.W": [[np.inf, -np.inf, 0]], "b.W": np.array([[3, 1]], "int8")}
    assert told(decide_connections(scores, 2)) == {"a.W": [[1, 0, 0]], "b.W": [[1, 1]]}


@each("arguments, error, message", [
    (dict(remove=True), TypeError, "remove expects a whole number, got True"),
    (dict(remove=-1), ValueError, "remove expects at least 0"),
    (dict(remove=1.0), ValueError, "less than 1, got 1.0"),
    (dict(remove="half"), TypeError, "remove .as a fraction. expects a number, got 'half'"),
    (dict(remove={"a.W": 1.5}), ValueError, r'remove\["a.W"\] .as a fraction.'),
    (dict(remove={"c.W": 0.5}), ValueError, 'unknown array in remove "c.W"'),
    (dict(remove=1, scope="layers"), ValueError, 'unknown scope "layers"; did you mean "layer"'),
    (dict(remove=1, min_keep=-1), ValueError, "min_keep expects at least 0"),
    (dict(remove=1, protect="a.W"), TypeError, "protect expects a list"),
    (dict(remove=1, protect=3), TypeError, "protect expects a list"),
    (dict(remove=1, protect=["a"]), ValueError, 'unknown array in protect "a"; did you mean "a.W"'),
    (dict(remove=1, protect=[3]), TypeError, "got 3"),
    (dict(remove=1, protect=[("a.W", 2)]), ValueError, r'no such index of "a.W" \(2, 2\)'),
    (dict(remove=1, protect=[("a.W", "x")]), ValueError, 'no such index of "a.W"'),
    (dict(remove=1, masks={"a.W": np.ones((2, 3), bool)}), ValueError, r'masks\["a.W"\] expects shape \(2, 2\)'),
    (dict(remove=1, masks={"c.W": np.ones((2, 3), bool)}), ValueError, 'unknown score "c.W"'),
    (dict(remove=1, masks=[1]), TypeError, "masks expects"),
])
def test_bad_arguments_of_decisions(arguments, error, message):
    with pytest.raises(error, match=message) as raised:
        decide_connections(TWO, **arguments)
    assert "\n" not in str(raised.value)


@each("scores, error, message", [
    ({}, ValueError, "at least one array, got an empty dict"), ([1], ValueError, "got list"),
    ({"a.W": [1.0]}, ValueError, r"got shape \(1,\)"), ({"a.W": np.ones((0, 3))}, ValueError, r"got shape \(0, 3\)"),
    ({"a.W": [[1.0, np.nan]]}, ValueError, '"a.W": 1 of 2 numbers are NaN'),
    ({"a.W": [[1j]]}, TypeError, "dtype complex128"),
    ({"a.W": [[True]]}, TypeError, "dtype bool"), ({"a.W": [[1], [1, 2]]}, TypeError, "rows of different lengths"),
])
def test_bad_scores(scores, error, message):
    with pytest.raises(error, match=message):
        decide_connections(scores, 1)


# ------------------------------------------------------------------------------- rows, and coarser grains


def test_row_by_row_by_hand():
    """Half of each neuron's weights, its lowest: b has the same lowest score twice."""
    s = {"a.W": np.array([[1.0, 9, 2, 8], [50, 30, 20, 40]]), "b.W": np.array([[3.0, 3, 3, 1, 7]])}
    assert told(decide_connections(s, 0.5, "row")) == {"a.W": [[0, 1, 0, 1], [1, 0, 0, 1]], "b.W": [[0, 1, 1, 0, 1]]}
    assert told(decide_connections(s, 3, "row")) == {"a.W": [[0, 1, 0, 0], [1, 0, 0, 0]], "b.W": [[0, 0, 1, 0, 1]]}
    assert told(decide_connections(s, {"a.W": 1}, "row"))["b.W"] == [[1, 1, 1, 1, 1]]
    with pytest.raises(ValueError, match="remove asks for 4 of the 4 weights of row 0 of a.W, but at most 3 can go"):
        decide_connections(s, 4, "row")
    keep = decide_connections(s, 0.5, "row", protect=[("a.W", 0), ("a.W", (1, 2))],
                              masks={"a.W": np.array([[True] * 4, [True, False, True, True]])})
    assert told(keep)["a.W"] == [[1, 1, 1, 1], [1, 0, 1, 0]]       # half of the three that row 1 has left, rounded down


GRAINS = ["weight", "row", "kernel", (2, 3), (1, 4)]


def grains_of(shape, grain):
    """The flat places of the weights of each grain, in order."""
    row, place = np.divmod(np.arange(np.prod(shape)), int(np.prod(shape[1:])))
    last = place % shape[-1] if len(shape) > 2 else place
    key = {"weight": (row, place), "row": (row, row), "kernel": (row, last)}.get(grain)
    key = (row // grain[0], place // grain[1]) if key is None else key
    return [np.flatnonzero((key[0] == a) & (key[1] == b)) for a, b in sorted(set(zip(*(k.tolist() for k in key))))]


@each("grain", GRAINS)
@each("scope", ["global", "layer"])
def test_grains_go_as_if_each_were_one_weight(grain, scope):
    """Beside the decision of weights, one for each grain, with the mean scores of those that are left."""
    for seed in range(6):
        rng = np.random.default_rng(seed)
        shapes = {"conv1.W": (3, 2, 2, 3), "dense1.W": (4, 7)}
        scores = {name: rng.integers(0, 9, shape).astype(float) for name, shape in shapes.items()}
        masks = {name: rng.random(shape) < 0.8 for name, shape in shapes.items()}
        guard = {name: rng.random(shape) < 0.05 for name, shape in shapes.items()}
        places = {name: grains_of(shape, grain) for name, shape in shapes.items()}
        means = {name: np.array([[s.ravel()[g][masks[name].ravel()[g]].mean() if masks[name].ravel()[g].any() else 0
                                  for g in places[name]]]) for name, s in scores.items()}
        left = {name: np.array([[masks[name].ravel()[g].any() for g in own]]) for name, own in places.items()}
        stuck = {name: np.array([[(guard[name] & masks[name]).ravel()[g].any() for g in own]])
                 for name, own in places.items()}
        expected = decide_connections(means, 0.4, scope, masks=left, protect=list(stuck.items()))
        found = decide_connections(scores, 0.4, scope, masks=masks, protect=list(guard.items()), grain=grain)
        for name, own in places.items():
            whole = masks[name].copy().ravel()
            for g, stays in zip(own, expected[name][0]):
                whole[g] &= stays
            assert (found[name].ravel() == whole).all()


def test_row_by_row_with_kernels_and_blocks_of_one_neuron():
    s = {"a.W": np.arange(24.0).reshape(2, 2, 2, 3)}
    kernels = decide_connections(s, 1, "row", grain="kernel")["a.W"]
    assert not kernels[:, :, :, 0].any() and kernels[:, :, :, 1:].all()
    blocks = decide_connections(s, 0.5, "row", grain=(1, 4))["a.W"].reshape(2, 12)
    assert blocks.tolist() == [[False] * 4 + [True] * 8] * 2


def test_grains_that_are_no_numbers_are_refused():
    with pytest.raises(ValueError, match="grain 'row' adds up scores of ∞ and −∞"):
        decide_connections({"a.W": np.array([[np.inf, -np.inf]])}, 0, grain="row")
    with pytest.raises(ValueError, match='scope="row" compares the weights of each neuron by itself'):
        decide_connections(TWO, 0.5, "row", grain="row")
    with pytest.raises(ValueError, match="remove asks for 2 of the 3 rows of a.W, b.W, but at most 1 can go"):
        decide_connections(TWO, 2, grain="row")
