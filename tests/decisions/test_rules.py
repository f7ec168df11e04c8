"""Exactly the asked number goes, in the order a reader would strike the neurons off by hand."""

import warnings

import numpy as np
import pytest

from cases import each
from minprune.decisions.rules import decide, removal_order, stay_without

pytestmark = pytest.mark.filterwarnings("ignore:all scores of layer")       # ties are what many of these are about

# Lowest first: b0, a1, b2, a2, a0, b1, b3.
TWO = {"a": np.array([3.0, 1.0, 2.0]), "b": np.array([0.5, 4.0, 1.5, 5.0])}


def as_lists(keep):
    return {layer: [int(stays) for stays in k] for layer, k in keep.items()}


def how_many_went(keep):
    return sum(int((~k).sum()) for k in keep.values())


def random_scores(rng, ties=False):
    """One to four layers of one to eight neurons; with ties, small whole numbers."""
    sizes = rng.integers(1, 9, size=rng.integers(1, 5))
    draw = (lambda K: rng.integers(0, 4, size=K)) if ties else (lambda K: rng.normal(size=K))
    return {f"layer{n}": draw(K) for n, K in enumerate(sizes)}


def strike_off(scores, quota, region, min_keep=1, protect=(), below=None, most=None):
    """The reference: again and again, strike off the single lowest neuron that is still allowed to go.

    quota {region: how many}; region(layer, i) is a neuron's region, or None; most {layer: how many may leave it}.
    Returns {layer: [0 or 1, ...]} and what is left of the quota.
    """
    stays, quota = {layer: [1] * len(s) for layer, s in scores.items()}, dict(quota)
    while True:
        lowest = None
        for layer, s in scores.items():
            for i in range(len(s)):
                allowed = (stays[layer][i] and sum(stays[layer]) > min_keep
                           and (most is None or len(s) - sum(stays[layer]) < most[layer])
                           and quota.get(region(layer, i), 0) > 0
                           and layer not in protect and (layer, i) not in protect
                           and (below is None or s[i] < below))
                if allowed and (lowest is None or s[i] < scores[lowest[0]][lowest[1]]):
                    lowest = layer, i
        if lowest is None:
            return stays, quota
        stays[lowest[0]][lowest[1]] = 0
        quota[region(*lowest)] -= 1


def random_protect(rng, scores):
    """Now and then a whole layer, now and then some neurons."""
    names = [layer for layer in scores if rng.random() < 0.15]
    return names + [(layer, i) for layer, s in scores.items() for i in range(len(s)) if rng.random() < 0.1]


# By hand

@each("arguments, a, b", [
    (dict(remove=0), [1, 1, 1], [1, 1, 1, 1]),
    (dict(remove=0.0), [1, 1, 1], [1, 1, 1, 1]),
    (dict(remove=1), [1, 1, 1], [0, 1, 1, 1]),
    (dict(remove=0.5), [1, 0, 1], [0, 1, 0, 1]),                          # floor(0.5 * 7) = 3
    (dict(remove=5), [1, 0, 0], [0, 0, 0, 1]),                          # a0 is the last of a: b1 goes
    (dict(remove=np.int64(2)), [1, 0, 1], [0, 1, 1, 1]),
    (dict(remove=np.float64(0.3)), [1, 0, 1], [0, 1, 1, 1]),
    (dict(remove=0.5, scope="layer"), [1, 0, 1], [0, 1, 0, 1]),           # 1 of 3 and 2 of 4
    (dict(remove=2, scope="layer"), [1, 0, 0], [0, 1, 0, 1]),
    (dict(remove=2, scope="layer", protect=["a"]), [1, 1, 1], [0, 1, 0, 1]),
    (dict(remove=1, scope="layer", min_keep=4, protect=["b"]), [1, 1, 1], [1, 1, 1, 1]),
    (dict(remove=1, scope="layer", min_keep=2), [1, 0, 1], [0, 1, 1, 1]),
    (dict(remove=3, min_keep=2), [1, 0, 1], [0, 1, 0, 1]),
    (dict(remove=3, min_keep=3), None, "at most 1 can go"),
    (dict(below=2.0), [1, 0, 1], [0, 1, 0, 1]),                           # 2.0 is not below 2.0
    (dict(below=2), [1, 0, 1], [0, 1, 0, 1]),
    (dict(below=2.0, scope="layer"), [1, 0, 1], [0, 1, 0, 1]),
    (dict(below=-7.0), [1, 1, 1], [1, 1, 1, 1]),
    (dict(below=100.0), [1, 0, 0], [0, 0, 0, 1]),
    (dict(below=100.0, min_keep=2), [1, 0, 1], [0, 1, 0, 1]),
    (dict(below=100.0, min_keep=4), [1, 1, 1], [1, 1, 1, 1]),
    (dict(below=100.0, min_keep=4, scope="layer"), [1, 1, 1], [1, 1, 1, 1]),
    (dict(remove=2, protect=["b"]), [1, 0, 0], [1, 1, 1, 1]),
    (dict(remove=2, protect=[("b", 0)]), [1, 0, 1], [1, 1, 0, 1]),
    (dict(remove=2, protect=iter([("b", np.int64(0))])), [1, 0, 1], [1, 1, 0, 1]),
    (dict(below=2.0, protect=("a", ("b", 2))), [1, 1, 1], [0, 1, 1, 1]),
])
def test_by_hand(arguments, a, b):
    assert_decided(arguments, a, b)


def assert_decided(arguments, a, b):
    if a is None:
        with pytest.raises(ValueError, match=b):
            decide(TWO, **arguments)
    else:
        assert as_lists(decide(TWO, **arguments)) == {"a": a, "b": b}


@each("arguments, a, b", [
    (dict(remove={"a": 1}), [1, 0, 1], [1, 1, 1, 1]),
    (dict(remove={"b": 0.75, "a": 0.75}), [1, 0, 0], [0, 0, 0, 1]),       # 3 of 4 and 2 of 3
    (dict(remove={"b": 0.5, "a": 2}), [1, 0, 0], [0, 1, 0, 1]),
    (dict(remove={"a": 0.0, "b": np.int64(1)}), [1, 1, 1], [0, 1, 1, 1]),
    (dict(remove={}), [1, 1, 1], [1, 1, 1, 1]),
    (dict(remove={"a": 1, "b": 1}, protect=[("a", 1), ("b", 0)]), [1, 1, 0], [1, 1, 0, 1]),
    (dict(remove={"a": 0.9}, min_keep=2), None, 'remove=0.9 asks for 2 of the 3 neurons of layer "a", but at most 1'),
    (dict(remove={"b": 3}, max_remove=2), None, "at most 2 can go: every layer keeps at least 1, max_remove=2$"),
    (dict(below_mean=1.0), [1, 0, 1], [0, 1, 0, 1]),                      # means 2 and 2.75; 2.0 is not below 2.0
    (dict(below_mean=1.01), [1, 0, 0], [0, 1, 0, 1]),
    (dict(below_mean=0.5), [1, 1, 1], [0, 1, 1, 1]),
    (dict(below_mean=100), [1, 0, 0], [0, 0, 0, 1]),
    (dict(below_mean=100, max_remove=1), [1, 0, 1], [0, 1, 1, 1]),
    (dict(below_mean=-1.0), [1, 1, 1], [1, 1, 1, 1]),
    (dict(remove=4, max_remove=2), [1, 0, 0], [0, 1, 0, 1]),
    (dict(remove=4, max_remove=0.5), None, "at most 3 can go"),              # 1 of a, 2 of b
    (dict(remove=3, max_remove=0.5), [1, 0, 1], [0, 1, 0, 1]),
    (dict(remove=3, max_remove={"b": 1}), [1, 0, 0], [0, 1, 1, 1]),
    (dict(remove=3, max_remove={"b": 0, "a": 0.99}), None, "at most 2 can go"),
    (dict(remove=2, max_remove={"b": 0, "a": 0.99}), [1, 0, 0], [1, 1, 1, 1]),
    (dict(remove=1, max_remove=1, scope="layer"), [1, 0, 1], [0, 1, 1, 1]),
    (dict(remove=2, max_remove=1, scope="layer"), None, 'layer "a", but at most 1 can go'),
    (dict(remove=2, multiple=2), [1, 0, 1], [1, 1, 1, 1]),                # a to 2 of 3; b would be left with 3
    (dict(remove=3, multiple=2), [1, 0, 1], [0, 1, 0, 1]),
    (dict(remove=5, multiple=2), [1, 0, 1], [0, 1, 0, 1]),                # a0 and b1, the last to go, stay
    (dict(remove=5, multiple=3), [1, 1, 1], [0, 1, 1, 1]),
    (dict(remove=5, multiple=4), [1, 1, 1], [1, 1, 1, 1]),
    (dict(remove=5, multiple=9), [1, 1, 1], [1, 1, 1, 1]),
    (dict(below=2.0, multiple=2), [1, 0, 1], [0, 1, 0, 1]),
    (dict(remove={"b": 3}, multiple=2), [1, 1, 1], [0, 1, 0, 1]),
])
def test_more_by_hand(arguments, a, b):
    assert_decided(arguments, a, b)


# Ties and infinite scores

def test_ties_the_lower_layer_then_the_lower_index_goes_first():
    flat = {"z": np.zeros(3), "a": np.zeros(3)}          # depth is the order in the dict, not the alphabet
    assert as_lists(decide(flat, remove=1)) == {"z": [0, 1, 1], "a": [1, 1, 1]}
    assert as_lists(decide(flat, remove=3)) == {"z": [0, 0, 1], "a": [0, 1, 1]}
    assert as_lists(decide(flat, remove=1, scope="layer")) == {"z": [0, 1, 1], "a": [0, 1, 1]}
    assert as_lists(decide(flat, below=1.0)) == {"z": [0, 0, 1], "a": [0, 0, 1]}
    regions = {"r": {"a": [2], "z": [2, 1]}}
    assert as_lists(decide(flat, remove=1, scope=regions)) == {"z": [1, 0, 1], "a": [1, 1, 1]}
    assert as_lists(decide({"a": [0.0, -0.0, 1.0]}, remove=1)) == {"a": [0, 1, 1]}


def test_infinite_scores_are_ranked_like_any_other():
    scores = {"a": [np.inf, 1.0, -np.inf], "b": [np.inf, np.inf]}
    assert as_lists(decide(scores, remove=1)) == {"a": [1, 1, 0], "b": [1, 1]}
    assert as_lists(decide(scores, remove=3)) == {"a": [1, 0, 0], "b": [0, 1]}
    assert as_lists(decide(scores, below=1e300)) == {"a": [1, 0, 0], "b": [1, 1]}


def test_scores_of_different_dtypes_are_compared_as_numbers():
    scores = {"a": np.array([0.7], dtype="float32").repeat(2), "b": np.array([1, 3], dtype="int8")}
    assert as_lists(decide(scores, below=0.7)) == {"a": [0, 1], "b": [1, 1]}        # float32(0.7) < 0.7


# Counts

@each("fraction, K, count", [
    (0.29, 100, 29), (0.57, 100, 57), (0.58, 100, 58), (0.1, 30, 3), (0.7, 10, 7), (1 / 3, 3, 1),
    (1 / 3, 2, 0), (0.999, 10, 9), (1 - 1e-15, 7, 6), (1e-12, 5, 0), (0.5, 1, 0),
])
def test_a_fraction_is_the_floor(fraction, K, count):
    for scope in ("global", "layer", {"all": {"a": range(K)}}):
        assert how_many_went(decide({"a": np.arange(K)}, remove=fraction, scope=scope)) == count


def test_every_hundredth_of_a_hundred_is_exact():
    for n in range(100):
        assert how_many_went(decide({"a": np.arange(100)}, remove=n / 100)) == n


def test_same_as_striking_off_one_by_one():
    for seed in range(60):
        strike_off_at_random(seed)


def strike_off_at_random(seed):
    rng = np.random.default_rng(seed)
    scores = random_scores(rng, ties=seed % 2 == 0)
    min_keep, protect = int(rng.integers(1, 4)), random_protect(rng, scores) if seed % 3 == 0 else []
    total = sum(len(s) for s in scores.values())
    told = dict(min_keep=min_keep, protect=protect)

    count = int(rng.integers(0, total))
    check_removal(scores, count, "global", {"": count}, lambda layer, i: "", told)

    neurons = [(layer, i) for layer, s in scores.items() for i in range(len(s))]
    local = {neuron: rng.choice(["left", "right", "none"]) for neuron in neurons}
    regions = {name: {layer: [i for at, i in neurons if at == layer and local[at, i] == name]
                      for layer in scores}
               for name in ("left", "right") if name in local.values()}
    count = int(rng.integers(0, 4))
    if regions:
        quota = dict.fromkeys(regions, count)
        check_removal(scores, count, regions, quota, lambda *neuron: local[neuron], told)

    asked = {layer: count for layer, s in scores.items() if len(s) >= min_keep and layer not in protect
             and not all((layer, i) in protect for i in range(len(s)))}
    check_removal(scores, count, "layer", asked, lambda layer, i: layer, told)

    below = float(rng.normal())
    for scope in ("global", "layer"):
        expected, _ = strike_off(scores, {"": total}, lambda layer, i: "", below=below, **told)
        assert as_lists(decide(scores, below=below, scope=scope, **told)) == expected
    if regions:
        quota = dict.fromkeys(regions, total)
        expected, _ = strike_off(scores, quota, lambda *neuron: local[neuron], below=below, **told)
        assert as_lists(decide(scores, below=below, scope=regions, **told)) == expected


def check_removal(scores, count, scope, quota, region, told):
    """The decision is the reference's; where that could not fill the quota, it says how far it came."""
    expected, left = strike_off(scores, quota, region, **told)
    short = [(name, n) for name, n in left.items() if n > 0]
    if short:
        with pytest.raises(ValueError, match=f"at most {quota[short[0][0]] - short[0][1]} can go"):
            decide(scores, remove=count, scope=scope, **told)
    else:
        keep = decide(scores, remove=count, scope=scope, **told)
        assert as_lists(keep) == expected
        assert how_many_went(keep) == sum(quota.values())
        assert all(k.any() for k in keep.values())


def test_no_layer_loses_more_than_max_remove():
    for seed in range(40):
        limit_at_random(seed)


def limit_at_random(seed):
    rng = np.random.default_rng(seed)
    scores = random_scores(rng, ties=seed % 2 == 0)
    total = sum(len(s) for s in scores.values())
    most = {layer: int(rng.integers(0, 4)) for layer in scores}
    count, told = int(rng.integers(0, total)), dict(min_keep=int(rng.integers(1, 3)))
    expected, left = strike_off(scores, {"": count}, lambda layer, i: "", most=most, **told)
    if left[""]:
        with pytest.raises(ValueError, match=f"at most {count - left['']} can go: .*max_remove={{"):
            decide(scores, remove=count, max_remove=most, **told)
    else:
        assert as_lists(decide(scores, remove=count, max_remove=most, **told)) == expected


def test_a_multiple_puts_back_the_last_of_each_layer_until_it_fits():
    for seed in range(40):
        check_a_multiple(seed)


def check_a_multiple(seed):
    rng = np.random.default_rng(seed)
    scores = random_scores(rng, ties=seed % 2 == 0)
    total, multiple = sum(len(s) for s in scores.values()), int(rng.integers(1, 5))
    count = int(rng.integers(0, total - len(scores) + 1))
    plain, keep = decide(scores, remove=count), decide(scores, remove=count, multiple=multiple)
    for layer, s in scores.items():
        gone = [i for i in np.argsort(s, kind="stable") if not plain[layer][i]]
        while gone and (len(s) - len(gone)) % multiple:
            gone.pop()
        assert np.flatnonzero(~keep[layer]).tolist() == sorted(gone)


def test_fractions_by_layer_are_those_of_each_layer_alone():
    for seed in range(30):
        check_fractions_by_layer(seed)


def check_fractions_by_layer(seed):
    rng = np.random.default_rng(seed)
    scores = random_scores(rng, ties=seed % 2 == 0)
    remove = {layer: float(rng.random()) for layer in scores if rng.random() < 0.8}
    keep = decide(scores, remove=remove)
    for layer, s in scores.items():
        alone = decide({layer: s}, remove=remove.get(layer, 0))
        np.testing.assert_array_equal(keep[layer], alone[layer])


def test_below_mean_takes_each_layer_by_its_own_mean():
    scores = {"a": np.array([0.1, 1.0, 1.9]), "b": np.array([10.0, 100.0, 190.0])}
    assert as_lists(decide(scores, below_mean=0.5)) == {"a": [0, 1, 1], "b": [0, 1, 1]}
    negative = {"a": [-3.0, -2.0, -1.0]}                                   # mean −2: half of it is −1
    assert as_lists(decide(negative, below_mean=0.5)) == {"a": [0, 0, 1]}
    assert as_lists(decide(negative, below_mean=1.2)) == {"a": [0, 1, 1]}


def test_equal_scores_are_never_below_their_mean():
    for K in (2, 3, 7, 10, 33, 100):
        for score in (0.1, 1 / 3, 1e300, 1.7e308, 5e-324):
            assert how_many_went(decide({"a": np.full(K, score)}, below_mean=1.0)) == 0, (K, score)


def test_infinite_scores_have_no_part_in_the_mean():
    assert as_lists(decide({"a": [np.inf, 1.0, 2.0, 6.0]}, below_mean=0.5)) == {"a": [1, 0, 1, 1]}
    assert as_lists(decide({"a": [-np.inf, 1.0, 2.0, 6.0]}, below_mean=0.5)) == {"a": [0, 0, 1, 1]}
    assert as_lists(decide({"a": [np.inf, -np.inf, np.inf]}, below_mean=0.0)) == {"a": [1, 0, 1]}


# The order in which neurons go

def removed_in_turn(scores, **settings):
    going, where = removal_order(scores, **settings)
    name = {place: (layer, i) for layer, places in where.items() for i, place in enumerate(places)}
    return [name[place] for place in going]


def test_the_order_by_hand():
    assert removed_in_turn(TWO) == [("b", 0), ("a", 1), ("b", 2), ("a", 2), ("b", 1)]
    # layer by layer: at 1/4 b0; at 1/3 a1; at 2/4 b2; at 2/3 a2; at 3/4 b1
    assert removed_in_turn({"b": TWO["b"], "a": TWO["a"]}, scope="layer") == [
        ("b", 0), ("a", 1), ("b", 2), ("a", 2), ("b", 1)]
    even = {"a": [1.0, 2.0], "b": [4.0, 3.0, 2.0, 1.0]}                    # 1/2 and 2/4 tie: a goes first
    assert removed_in_turn(even, scope="layer") == [("b", 3), ("a", 0), ("b", 2), ("b", 1)]
    # protected ones count in K, and leave their turn to the next
    assert removed_in_turn(even, scope="layer", protect=[("b", 3)]) == [("b", 2), ("a", 0), ("b", 1), ("b", 0)]
    assert removed_in_turn(even, scope="layer", protect=["a"], max_remove={"b": 2}) == [("b", 3), ("b", 2)]
    assert removed_in_turn(even, min_keep=2, max_remove=1) == [("b", 3)]


def test_the_order_is_that_of_decide():
    for seed in range(15):
        check_the_order(seed)


def check_the_order(seed):
    rng = np.random.default_rng(seed)
    scores = random_scores(rng, ties=seed % 2 == 0)
    told = dict(min_keep=int(rng.integers(1, 3)), protect=random_protect(rng, scores), max_remove=0.8)
    going, where = removal_order(scores, **told)
    for count in range(len(going) + 1):
        assert as_lists(stay_without(going[:count], where)) == as_lists(decide(scores, remove=count, **told))
    with pytest.raises(ValueError, match=f"at most {len(going)} can go"):
        decide(scores, remove=len(going) + 1, **told)


def test_layer_by_layer_the_order_passes_through_every_fraction():
    for seed in range(30):
        check_the_order_by_layer(seed)


def check_the_order_by_layer(seed):
    rng = np.random.default_rng(seed)
    scores = random_scores(rng, ties=seed % 2 == 0)
    going, where = removal_order(scores, scope="layer")
    for fraction in rng.random(5):
        keep = decide(scores, remove=fraction, scope="layer")
        assert as_lists(stay_without(going[:how_many_went(keep)], where)) == as_lists(keep)


# What does not change

@pytest.mark.parametrize("arguments", [dict(remove=0.4), dict(remove=0.4, scope="layer"), dict(below=0.0)])
def test_permuting_neurons_permutes_the_decision(arguments):
    for seed in range(20):
        permute_neurons(seed, arguments)


def permute_neurons(seed, arguments):
    rng = np.random.default_rng(seed)
    scores = {layer: rng.normal(size=K) for layer, K in [("a", 7), ("b", 12)]}
    order = {layer: rng.permutation(len(s)) for layer, s in scores.items()}
    keep = decide(scores, **arguments)
    permuted = decide({layer: s[order[layer]] for layer, s in scores.items()}, **arguments)
    for layer in scores:
        np.testing.assert_array_equal(permuted[layer], keep[layer][order[layer]])


@each("transform", [np.exp, np.arctan, lambda s: 3 * s - 7, lambda s: s ** 3])
@each("scope", ["global", "layer"])
def test_a_monotone_transform_of_the_scores_changes_nothing(transform, scope):
    rng = np.random.default_rng(5)
    for _ in range(20):
        scores = {"a": rng.normal(size=7), "b": rng.normal(size=12)}
        transformed = {layer: transform(s) for layer, s in scores.items()}
        assert as_lists(decide(transformed, 0.4, scope=scope)) == as_lists(decide(scores, 0.4, scope=scope))


def test_inputs_are_not_modified_and_the_result_is_new():
    scores = {layer: s.copy() for layer, s in TWO.items()}
    mask = np.array([True, True, False])
    scope, protect = {"r": {"a": mask}}, [("a", 0)]
    keep = decide(scores, remove=1, scope=scope, protect=protect)
    keep["a"][:] = False
    assert list(keep) == list(scores) and keep["a"].dtype == keep["b"].dtype == bool
    for layer in TWO:
        np.testing.assert_array_equal(scores[layer], TWO[layer])
    assert mask.tolist() == [True, True, False] and list(scope) == ["r"] and protect == [("a", 0)]


def test_lists_and_the_order_of_the_layers_are_taken_as_they_come():
    keep = decide({"z": [2, 1], "a": [4, 3]}, 1)
    assert list(keep) == ["z", "a"] and as_lists(keep) == {"z": [1, 0], "a": [1, 1]}


# Errors

@each("arguments, error, message", [
    (dict(), ValueError, "exactly one of remove, below, below_mean, effective and cumulative"),
    (dict(below_mean=1.0, below=1.0), ValueError, "exactly one of remove, below, below_mean, effective and cumulative"),
    (dict(below_mean=1.0, remove={}), ValueError, "exactly one of remove, below, below_mean, effective and cumulative"),
    (dict(below_mean="x"), TypeError, "below_mean expects a number, got 'x'"),
    (dict(below_mean=float("inf")), ValueError, "below_mean expects a finite number"),
    (dict(remove={"a": 3}), ValueError, 'remove=3 asks for 3 of the 3 neurons of layer "a", but at most 2 can go'),
    (dict(remove=1, multiple=0), ValueError, "multiple expects at least 1, got 0"),
    (dict(remove=1, multiple=2.0), TypeError, "multiple expects a whole number"),
    (dict(remove=1, below=1.0), ValueError, "exactly one of remove, below, below_mean, effective and cumulative"),
    (dict(remove=True), TypeError, "remove expects a whole number, got True"),
    (dict(remove=np.True_), TypeError, "remove"),
    (dict(remove="half"), TypeError, "remove .* expects a number, got 'half'"),
    (dict(remove=-1), ValueError, "remove expects at least 0, got -1"),
    (dict(remove=-0.1), ValueError, "remove .*at least 0 and less than 1, got -0.1"),
    (dict(remove=1.0), ValueError, "remove .*less than 1, got 1.0"),
    (dict(remove=float("nan")), ValueError, "remove"),
    (dict(below=False), TypeError, "below expects a number, got False"),
    (dict(below=float("nan")), ValueError, "below expects a finite number"),
    (dict(remove=1, min_keep=0), ValueError, "min_keep expects at least 1, got 0"),
    (dict(remove=1, min_keep=1.0), TypeError, "min_keep expects a whole number"),
    (dict(remove=6), ValueError, "remove=6 asks for 6 of the 7 neurons of the network, but at most 5 can go"),
    (dict(remove=0.9), ValueError, "remove=0.9 asks for 6 of the 7 neurons of the network, but at most 5"),
    (dict(remove=3, scope="layer"), ValueError, '3 of the 3 neurons of layer "a", but at most 2 can go'),
    (dict(remove=2, scope="layer", min_keep=3), ValueError, '2 of the 3 neurons of layer "a", but at most 0'),
    (dict(remove=5, protect=["a"]), ValueError, "at most 3 can go"),
])
def test_errors(arguments, error, message):
    with pytest.raises(error, match=message) as raised:
        decide(TWO, **arguments)
    assert "\n" not in str(raised.value)


@each("scores, error, message", [
    ({}, ValueError, "at least one layer, got an empty dict"),
    ([1.0, 2.0], ValueError, "scores expects a dict.* got list"),
    ({"a": [1.0], "b": []}, ValueError, r'layer "b": expected one number a neuron, got shape \(0,\)'),
    ({"a": [[1.0, 2.0]]}, ValueError, r'layer "a": .* got shape \(1, 2\)'),
    ({"a": 1.0}, ValueError, r'layer "a": .* got shape \(\)'),
    ({"a": [1.0, 2.0], "b": [1.0, np.nan]}, ValueError, 'layer "b": 1 of 2 numbers are NaN'),
    ({"a": [1j, 2.0]}, TypeError, 'layer "a": expected real numbers, got dtype complex128'),
    ({"a": [True, False]}, TypeError, 'layer "a": expected real numbers, got dtype bool'),
    ({"a": ["x", "y"]}, TypeError, 'layer "a": expected real numbers'),
])
def test_bad_scores(scores, error, message):
    with pytest.raises(error, match=message):
        decide(scores, remove=1)


# Scores that decide nothing

@each("options, gone", [
    ({"remove": 2}, "of its 4 neurons 2 go by index alone"),
    ({"remove": 0.25}, "of its 4 neurons 1 goes by index alone"),
    ({"below": 2, "min_keep": 2}, "of its 4 neurons 2 go"), ({"remove": {"a": 1}}, "1 goes"),
    ({"remove": 2, "protect": [("a", 0)]}, "2 go"), ({"remove": 1, "scope": {"part": {"a": [1, 3]}}}, "1 goes")])
def test_who_goes_by_index_alone_is_told(options, gone):
    scores = {"a": np.ones(4), "b": np.array([3.0, 2.0, 4.0])}
    with pytest.warns(UserWarning, match=f'^all scores of layer "a" are 1: .*{gone}'):
        decide(scores, **options)


@each("options", [
    {"remove": 0}, {"remove": {"b": 1}}, {"below": 2, "protect": [("a", 0)]}, {"below": 1},
    {"remove": 3, "protect": [("a", 2)]}, {"remove": 2, "scope": {"part": {"a": [1, 3]}}},
    {"remove": 1, "protect": ["a"]}])
def test_where_the_scores_or_the_user_decide_nothing_is_told(options):
    """None goes, or all go that may."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        decide({"a": np.ones(4), "b": np.array([3.0, 2.0, 4.0])}, **options)


def test_some_equal_scores_are_no_reason_to_warn():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert as_lists(decide({"a": np.array([1.0, 1.0, 2.0])}, remove=1)) == {"a": [0, 1, 1]}


@each("options", [{"remove": {"dense3": 1}}, {"remove": 1, "protect": ["dense3"]},
                  {"remove": 1, "max_remove": {"dense3": 1}},
                  {"remove": 1, "protect": [("dense3", 0)]},
                  {"remove": 1, "scope": {"part": {"dense3": [0]}}}])
def test_a_coupled_layer_is_told_its_group(options):
    scores = {"dense1+dense3": np.arange(3.0), "dense2": np.arange(4.0)}
    with pytest.raises(ValueError, match='"dense3": it is part of "dense1\\+dense3"; Known: dense1'):
        decide(scores, **options)


def test_a_masked_array_of_scores_or_indices_is_refused():
    row = np.ma.array([3.0, 1.0, 2.0], mask=[0, 1, 0])
    with pytest.raises(ValueError, match='scores of layer "a" is a masked array with 1 masked entries, of 3'):
        decide({"a": row}, remove=1)
    with pytest.raises(ValueError, match="is a masked array"):
        decide(TWO, remove=1, scope={"part": {"a": np.ma.array([0, 1], mask=[0, 1])}})
    assert as_lists(decide({"a": np.ma.array([3.0, 1.0, 2.0])}, remove=1)) == {"a": [1, 0, 1]}
