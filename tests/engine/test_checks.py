"""What the checks let through, what they refuse, and what they say."""

import doctest
from types import SimpleNamespace

import numpy as np
import pytest

import minprune as mp
from cases import each
from minprune.engine import checks
from minprune.engine.checks import (as_dtype, check_count, check_dataset, check_dict, check_known, check_list,
                                    check_numbers, check_numeric, check_protect, check_prunable, check_real,
                                    check_same_length, check_scores, check_share, check_size, count_of, floor_of)


def test_the_examples_in_the_docstrings():
    ran = doctest.testmod(checks)
    assert ran.attempted > 0 and ran.failed == 0


# ------------------------------------------------------------------------------------- check_known


def test_known_passes():
    assert check_known("activation", "relu", ["relu", "tanh"]) is None
    assert check_known("activation", "relu", {"relu": 1}) is None
    assert check_known("label", "3", [3, 4]) is None


def test_unknown_says_what_is_near_and_what_there_is():
    with pytest.raises(ValueError) as told:
        check_known("activation", "rleu", ["relu", "tanh"])
    assert str(told.value) == 'unknown activation "rleu"; did you mean "relu"? Known: relu, tanh'


@each("name", ["zzzzzz", "", None, 3])
def test_unknown_without_anything_near(name):
    with pytest.raises(ValueError) as told:
        check_known("activation", name, ["relu", "tanh"])
    assert str(told.value) == f'unknown activation "{name}"; Known: relu, tanh'


def test_unknown_where_nothing_is_known():
    with pytest.raises(ValueError, match='^unknown block "a"; Known: none$'):
        check_known("block", "a", [])


def test_half_of_the_letters_are_near_enough():
    with pytest.raises(ValueError, match='did you mean "dense1"'):
        check_known("layer", "den", ["conv1", "dense1"])


# ----------------------------------------------------------------------------------- check_numbers


@each("array", [[1, 2], [[1.5]], 3.0, np.ones(2, "float32"), np.array([True]),
                np.uint8([1]), (1, 2), np.float16([1])])
def test_real_numbers_pass(array):
    checked = check_numbers("x", array)
    assert isinstance(checked, np.ndarray) and np.array_equal(checked, array)
    assert checked.dtype == np.asarray(array).dtype


def test_an_array_is_not_copied():
    array = np.ones(3)
    assert check_numbers("x", array) is array


@each("array, told", [
    (["a"], "dtype <U1"), ([None], "dtype object"), ([1j], "dtype complex128"), ([b"1"], r"dtype \|S1"),
    (np.array(["2020"], "datetime64[Y]"), "dtype datetime64"), ({}, "{}"), (None, "None")])
def test_other_things_are_a_type_error(array, told):
    with pytest.raises(TypeError, match=f"^x expects real numbers, got {told}"):
        check_numbers("x", array)


@each("array, told", [
    ([], r"x is empty: got shape \(0,\)"), (np.ones((3, 0, 2)), r"x is empty: got shape \(3, 0, 2\)"),
    ([1, np.nan, 2], "x holds 1 values that are NaN or infinite, of 3"),
    ([[np.inf, -np.inf], [0, np.nan]], "x holds 3 values that are NaN or infinite, of 4")])
def test_empty_and_not_finite(array, told):
    with pytest.raises(ValueError, match=told):
        check_numbers("x", array)


def test_ragged_lists_are_told_by_name():
    with pytest.raises((TypeError, ValueError), match="^x "):
        check_numbers("x", [[1, 2], [3]])


# ---------------------------------------------------------------------------------------- as_dtype


@pytest.mark.filterwarnings("error")
def test_numbers_that_the_dtype_holds_are_converted():
    for array in (np.array([1, 2]), np.array([1.5, -3e38]), np.array([True])):
        converted = as_dtype("x", array, np.float32)
        assert converted.dtype == np.float32 and np.array_equal(converted, array.astype("float32"))
    array = np.ones(3)
    assert as_dtype("x", array, np.float64) is array


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("large", [1e300, -1e300])
def test_numbers_that_the_dtype_cannot_hold(large):
    with pytest.raises(ValueError, match=r"x holds numbers up to 1e\+300, too large for float32"):
        as_dtype("x", np.array([1.0, large, -2.0]), np.float32)


# ----------------------------------------------------------------------------- check_same_length


def test_equal_lengths_pass():
    assert check_same_length(x=np.ones((3, 2)), t=[1, 2, 3], w="abc") is None


def test_unequal_lengths_are_all_told():
    with pytest.raises(ValueError, match="same number of samples everywhere: x has 3, t has 2"):
        check_same_length(x=np.ones((3, 2)), t=[1, 2])


# ------------------------------------------------------------------------ check_count, check_real


@each("value, least", [(1, 1), (7, 1), (0, 0), (np.int64(3), 2), (np.uint8(3), 1),
                       (-2, -2)])
def test_counts(value, least):
    count = check_count("size", value, least)
    assert count == value and type(count) is int


@each("value", [1.0, "1", None, True, np.True_, [1], np.array([1])])
def test_no_counts(value):
    with pytest.raises(TypeError, match="^size expects a whole number, got "):
        check_count("size", value)


@pytest.mark.parametrize("value, least", [(0, 1), (-1, 0), (4, 5)])
def test_too_small_counts(value, least):
    with pytest.raises(ValueError, match=f"^size expects at least {least}, got {value}$"):
        check_count("size", value, least)


def test_a_count_is_at_least_one_unless_said():
    assert check_count("size", 1) == 1
    with pytest.raises(ValueError, match="at least 1, got 0"):
        check_count("size", 0)


@each("value", [0, 1, -2.5, np.float32(0.5), np.int8(3), 1e300])
def test_reals(value):
    real = check_real("rate", value)
    assert real == value and type(real) is float


@each("value", ["1", None, True, np.False_, 1j, [1.0], np.ones(1)])
def test_no_reals(value):
    with pytest.raises(TypeError, match="^rate expects a number, got "):
        check_real("rate", value)


@each("value, bounds, told", [
    (np.nan, {}, "rate expects a finite number, got nan"),
    (np.inf, {}, "rate expects a finite number, got inf"),
    (-np.inf, {"below": 1}, "a finite number, less than 1, got -inf"),
    (-1, {"least": 0}, "a finite number, at least 0, got -1"), (1, {"below": 1}, "less than 1, got 1"),
    (2.5, {"below": 1}, "less than 1, got 2.5"), (0, {"above": 0}, "more than 0, got 0"),
    (-3, {"above": 0}, "more than 0, got -3"),
    (1, {"least": 0, "below": 1}, "a finite number, at least 0 and less than 1, got 1")])
def test_reals_out_of_bounds(value, bounds, told):
    with pytest.raises(ValueError, match=f"{told}$"):
        check_real("rate", value, **bounds)


@each("value, bounds", [(0, {"least": 0}), (0.999, {"below": 1}), (1e-300, {"above": 0}),
                        (0, {"least": 0, "below": 1})])
def test_reals_at_their_bounds(value, bounds):
    assert check_real("rate", value, **bounds) == value


# ------------------------------------------------------------------- check_list, check_dict, check_dataset


@each("values", [[1, "a"], (1, "a"), iter([1, "a"]), {1: 0, "a": 0}])
def test_lists(values):
    assert check_list("parts", values, "such as [1, 2]") == [1, "a"]


@pytest.mark.parametrize("values", ["ab", 3, None])
def test_no_lists(values):
    with pytest.raises(TypeError, match=rf"^parts expects a list such as \[1, 2\], got {values!r}$"):
        check_list("parts", values, "such as [1, 2]")


@pytest.mark.parametrize("values, got", [({}, "an empty dict"), ([1], "list"), (None, "NoneType")])
def test_no_dicts(values, got):
    assert check_dict("parts", {"a": 1}, "{part: number}") is None
    with pytest.raises(ValueError, match=f"^parts expects a dict {{part: number}}, got {got}$"):
        check_dict("parts", values, "{part: number}")


def test_a_dataset_is_what_has_its_parts():
    data = SimpleNamespace(x_train=1, t_train=2)
    assert check_dataset(data, ("x_train", "t_train")) is None
    with pytest.raises(TypeError, match="^data expects a Dataset with x_train, t_train, x_test, t_test, got Simple"):
        check_dataset(data)


# ----------------------------------------------------------------------------------- check_scores


def test_scores_become_float64_in_their_order_and_are_copied():
    scores = {"b": np.array([1.0, np.inf]), "a": [3, -2], "c": np.float32([0.5])}
    checked = check_scores(scores)
    assert list(checked) == ["b", "a", "c"] and all(row.dtype == np.float64 for row in checked.values())
    assert checked["a"].tolist() == [3, -2] and checked["c"].tolist() == [0.5]
    checked["b"][0] = 7
    assert scores["b"][0] == 1


@each("scores, error, told", [
    ({}, ValueError, "scores expects a dict {layer: array} of at least one layer, got an empty dict"),
    ([1.0], ValueError, "scores expects a dict {layer: array} of at least one layer, got list"),
    ({"a": []}, ValueError, 'scores of layer "a": expected one number a neuron, got shape (0,)'),
    ({"a": 1.0}, ValueError, 'scores of layer "a": expected one number a neuron, got shape ()'),
    ({"a": [1.0], "b": [[1.0]]}, ValueError, 'scores of layer "b": expected one number a neuron, got shape (1, 1)'),
    ({"a": [[1], [2, 3]]}, TypeError,
     'scores of layer "a": expected one number a neuron, got rows of different lengths'),
    ({"a": [True]}, TypeError, 'scores of layer "a": expected real numbers, got dtype bool'),
    ({"a": [1j]}, TypeError, 'scores of layer "a": expected real numbers, got dtype complex128'),
    ({"a": [None]}, TypeError, 'scores of layer "a": expected real numbers, got dtype object'),
    ({"a": [np.nan, 1, np.nan]}, ValueError, 'scores of layer "a": 2 of 3 numbers are NaN'),
])
def test_no_scores(scores, error, told):
    with pytest.raises(error) as raised:
        check_scores(scores)
    assert str(raised.value) == told


def test_scores_like_others_have_their_layers_and_neurons():
    like = {"a": np.ones((2, 5)), "b": [0]}
    assert list(check_scores({"b": [1], "a": [1, 2]}, like)) == ["b", "a"]
    with pytest.raises(ValueError, match="^reference expects the layers a, b, got a$"):
        check_scores({"a": [1, 2]}, like, "reference")
    with pytest.raises(ValueError, match=r'^reference of layer "a": expected one number for each of 2 neurons, got '
                                         r"shape \(3,\)$"):
        check_scores({"a": [1, 2, 3], "b": [1]}, like, "reference")


@each("large", [2 ** 53 + 1, -2 ** 53 - 1, -2 ** 63, np.uint64(2 ** 64 - 1)])
def test_whole_numbers_that_float64_cannot_tell_apart_are_refused(large):
    assert check_scores({"a": [2 ** 53, -2 ** 53]})["a"].tolist() == [2 ** 53, -2 ** 53]
    with pytest.raises(ValueError, match=f'^scores of layer "a": expected whole numbers up to 2.53, .* {large}'):
        check_scores({"a": np.array([large])})


# --------------------------------------------------------------- check_share, count_of, check_protect


@each("share, kind", [(0, int), (np.int8(3), int), (0.0, float), (np.float32(0.5), float)])
def test_shares(share, kind):
    checked = check_share("remove", share)
    assert checked == share and type(checked) is kind


@each("share, error, told", [
    (True, TypeError, "remove expects a whole number, got True"), (-1, ValueError, "remove expects at least 0, got -1"),
    ("x", TypeError, "remove (as a fraction) expects a number, got 'x'"),
    (1.0, ValueError, "remove (as a fraction) expects a finite number, at least 0 and less than 1, got 1.0")])
def test_no_shares(share, error, told):
    with pytest.raises(error) as raised:
        check_share("remove", share)
    assert str(raised.value) == told


@each("share, K, count", [
    (3, 2, 3), (0.29, 100, 29), (0.58, 100, 58), (1 / 3, 3, 1), (1 / 3, 2, 0), (1 - 1e-15, 7, 6), (1 - 1e-15, 1, 0),
    (0.5, 0, 0), (1e-12, 5, 0)])
def test_a_share_of_K(share, K, count):
    assert count_of(share, K) == count


@each("whole", [100, 10 ** 4, 10 ** 8, 10 ** 11])
def test_hundredths_of_large_numbers_are_exact(whole):
    for n in range(101):
        assert floor_of(n / 100, whole) == n * whole // 100
        assert floor_of(n / 100, whole - 1) == n * (whole - 1) // 100


def test_what_is_protected_is_a_list():
    assert check_protect(iter(["a", ("b", 3)])) == ["a", ("b", 3)]
    for wrong in ("a", 3):
        with pytest.raises(TypeError, match=r"protect expects a list of layer names and \(layer, index\) pairs, got"):
            check_protect(wrong)
    with pytest.raises(TypeError, match=r"of array names and \(array, index\) pairs, got 3"):
        check_protect(3, "array")


def test_a_part_of_a_group_is_told_its_group():
    told = r'unknown layer "conv3": it is part of "conv1\+conv3"; Known: conv1\+conv3, conv2'
    with pytest.raises(ValueError, match=told):
        check_known("layer", "conv3", ["conv1+conv3", "conv2"])


@pytest.mark.parametrize("name", [np.array("relu"), np.array(["relu"]), np.array(["relu", "tanh"])])
def test_an_array_is_no_name(name):
    with pytest.raises(TypeError, match="activation expects a name, got an array"):
        check_known("activation", name, ["relu", "tanh"])


def test_sizes_end_where_memories_do():
    assert check_size("units", 2 ** 31 - 1) == 2 ** 31 - 1 and check_size("zeros", 0, least=0) == 0
    with pytest.raises(ValueError, match="units expects at most 2147483647, got 2147483648"):
        check_size("units", 2 ** 31)
    for value in (0, -1):
        with pytest.raises(ValueError, match=f"units expects at least 1, got {value}"):
            check_size("units", value)


def test_numbers_in_a_dtype_may_be_nan_but_must_be_numbers():
    array = np.array([1.0, np.nan])
    assert check_numeric("x", array, np.float64) is array and check_numeric("x", [1], np.float32).dtype == np.float32
    for wrong in (["a"], [None], [1j], np.array(["2020"], "datetime64[Y]"), {}, None):
        with pytest.raises(TypeError, match="x expects real numbers"):
            check_numeric("x", wrong, np.float64)
    with pytest.raises(ValueError, match="x expects an array, got rows of different lengths"):
        check_numeric("x", [[1], [1, 2]], np.float64)
    with pytest.raises(ValueError, match="x is a masked array with 1 masked entries, of 2"):
        check_numeric("x", np.ma.array([1.0, 2.0], mask=[1, 0]), np.float64)


def test_a_network_that_can_be_pruned_has_a_hidden_layer():
    check_prunable(mp.Network(2, [mp.Dense(2), mp.Dense(1)]))
    with pytest.raises(ValueError, match="net has no hidden layer"):
        check_prunable(mp.Network(2, [mp.Dense(1)]))
    with pytest.raises(TypeError, match="net expects a Network, got NoneType"):
        check_prunable(None)


def test_a_path_is_a_text_or_a_path_without_nul(tmp_path):
    assert checks.check_path("path", str(tmp_path)) == checks.check_path("path", tmp_path) == tmp_path
    for value, error in ((3, TypeError), (b"a", TypeError), (None, TypeError), ("", ValueError), ("a\0", ValueError)):
        with pytest.raises(error, match="path expects a path"):
            checks.check_path("path", value)


def test_a_name_in_other_capitals_is_the_one_that_was_meant():
    with pytest.raises(ValueError, match='did you mean "do"'):
        check_known("array", "dO", ["dz", "do", "o"])
