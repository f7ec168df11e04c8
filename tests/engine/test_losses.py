"""The losses on paper, against naive formulas where these hold, and far out where they would overflow."""

import math

import dataclasses

import numpy as np
import pytest

import minprune as mp
from cases import each
from minprune.engine.losses import LOSSES, Loss, find_loss, log_softmax, prepare_samples, softmax


def test_these_are_all():
    assert set(mp.LOSSES) == {"mse", "cross_entropy", "binary_cross_entropy"}
    assert all(LOSSES[name].name == name for name in LOSSES)


# ------------------------------------------------------------------------------- values and slopes


def test_mse_by_hand():
    y, t = np.array([[1.0, 2.0], [0.0, -1.0], [3.0, 3.0]]), np.array([[0.0, 4.0], [0.0, -1.0], [2.0, 2.5]])
    assert LOSSES["mse"](y, t).tolist() == [2.5, 0.0, 0.625]                    # ½ (1 + 4), 0, ½ (1 + ¼)
    assert LOSSES["mse"].derivative(y, t).tolist() == [[1, -2], [0, 0], [1, 0.5]]


def test_mse_of_images_sums_over_all_of_one_sample():
    y, t = np.arange(12.0).reshape(2, 2, 3, 1), np.zeros((2, 2, 3, 1))
    assert LOSSES["mse"](y, t).tolist() == [27.5, 0.5 * (36 + 49 + 64 + 81 + 100 + 121)]
    assert LOSSES["mse"].derivative(y, t).shape == y.shape


def test_cross_entropy_by_hand():
    y, t = np.array([[0.0, 0.0], [math.log(3), 0.0], [0.0, math.log(4)]]), np.eye(2)[[0, 0, 0]]
    expected = [math.log(2), math.log(4 / 3), math.log(5)]
    np.testing.assert_allclose(LOSSES["cross_entropy"](y, t), expected, rtol=1e-14)
    np.testing.assert_allclose(LOSSES["cross_entropy"].derivative(y, t),
                               [[-0.5, 0.5], [-0.25, 0.25], [-0.8, 0.8]], rtol=1e-14)


def test_binary_cross_entropy_by_hand():
    y = np.array([[0.0, math.log(3)], [-math.log(4), 0.0]])                     # σ = ½, ¾; 1/5, ½
    t = np.array([[1.0, 0.0], [0.25, 0.5]])
    expected = [math.log(2) + math.log(4), -0.25 * math.log(0.2) - 0.75 * math.log(0.8) + math.log(2)]
    np.testing.assert_allclose(LOSSES["binary_cross_entropy"](y, t), expected, rtol=1e-14)
    np.testing.assert_allclose(LOSSES["binary_cross_entropy"].derivative(y, t), [[-0.5, 0.75], [-0.05, 0]],
                               rtol=1e-14, atol=1e-15)


@each("name, dtype", [(name, dtype) for name in LOSSES for dtype in ("float64", "float32")])
def test_loss_and_derivative_at_once_are_the_two(name, dtype, rng):
    loss = LOSSES[name]
    y = (30 * rng.normal(size=(7, 4))).astype(dtype)
    t = loss.targets(rng, y.shape).astype(dtype)
    L, dy = loss.with_derivative(y, t)
    assert np.array_equal(L, loss(y, t)) and np.array_equal(dy, loss.derivative(y, t)) and dy.dtype == dtype
    louder = dataclasses.replace(loss, function=lambda y, t: 2 * loss(y, t))
    assert np.array_equal(louder.with_derivative(y, t)[0], 2 * L)           # what is replaced is not shared any more


def naive(name, y, t):
    """One sample's loss, as a textbook writes it."""
    if name == "mse":
        return sum((a - b) ** 2 for a, b in zip(y, t)) / 2
    if name == "cross_entropy":
        return -sum(b * math.log(math.exp(a) / sum(map(math.exp, y))) for a, b in zip(y, t))
    p = [1 / (1 + math.exp(-a)) for a in y]
    return -sum(b * math.log(a) + (1 - b) * math.log(1 - a) for a, b in zip(p, t))


def targets(name, rng, shape):
    t = rng.uniform(size=shape)
    return t / t.sum(axis=1, keepdims=True) if name == "cross_entropy" else t


@pytest.mark.parametrize("name", LOSSES)
def test_the_naive_formula(name, rng):
    y = rng.normal(size=(20, 4)) * 3
    t = targets(name, rng, y.shape)
    L = LOSSES[name](y, t)
    assert L.shape == (20,)
    np.testing.assert_allclose(L, [naive(name, *pair) for pair in zip(y, t)], rtol=1e-10)


@pytest.mark.parametrize("name", LOSSES)
def test_the_derivative_is_the_slope_of_each_samples_own_loss(name, rng):
    y = rng.normal(size=(4, 3))
    t = targets(name, rng, y.shape)
    slopes = mp.finite_difference(lambda y: LOSSES[name](y, t), y)              # (N, K, N)
    dy = LOSSES[name].derivative(y, t)
    assert dy.shape == y.shape
    for n in range(4):
        np.testing.assert_allclose(slopes[n, :, n], dy[n], atol=1e-8)
        assert not np.delete(slopes[n], n, axis=1).any()


@pytest.mark.parametrize("name", LOSSES)
def test_more_samples_do_not_change_one_samples_gradient(name, rng):
    y = rng.normal(size=(6, 3))
    t = targets(name, rng, y.shape)
    alone = LOSSES[name].derivative(y[2:3], t[2:3])
    np.testing.assert_allclose(LOSSES[name].derivative(y, t)[2:3], alone, rtol=1e-13)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_logits_of_a_thousand(dtype):
    y = np.array([[1000, -1000], [-1000, 1000], [1000, 1000], [-1000, -1000]], dtype)
    t = np.eye(2, dtype=dtype)[[0, 0, 0, 0]]
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        sharp, dsharp = LOSSES["cross_entropy"](y, t), LOSSES["cross_entropy"].derivative(y, t)
        binary = LOSSES["binary_cross_entropy"](y, t)
        dbinary = LOSSES["binary_cross_entropy"].derivative(y, t)
    np.testing.assert_allclose(sharp, [0, 2000, math.log(2), math.log(2)], rtol=1e-6, atol=1e-12)
    np.testing.assert_allclose(dsharp, [[0, 0], [-1, 1], [-0.5, 0.5], [-0.5, 0.5]], atol=1e-6)
    np.testing.assert_allclose(binary, [0, 2000, 1000, 1000], atol=1e-12)
    np.testing.assert_allclose(dbinary, [[0, 0], [-1, 1], [0, 1], [-1, 0]], atol=1e-12)
    assert {one.dtype for one in (sharp, dsharp, binary, dbinary)} == {np.dtype(dtype)}


@pytest.mark.filterwarnings("error")
def test_softmax_is_a_distribution_that_a_shift_does_not_change(rng):
    y = rng.normal(size=(5, 4))
    np.testing.assert_allclose(softmax(y).sum(axis=1), 1, rtol=1e-14)
    np.testing.assert_allclose(softmax(y + 700), softmax(y), rtol=1e-11)
    np.testing.assert_allclose(log_softmax(y), np.log(np.exp(y) / np.exp(y).sum(axis=1, keepdims=True)),
                               rtol=1e-12)


@pytest.mark.parametrize("name", LOSSES)
def test_arguments_are_left_alone(name, rng):
    y = rng.normal(size=(3, 2))
    t = targets(name, rng, y.shape)
    before = y.copy(), t.copy()
    LOSSES[name](y, t), LOSSES[name].derivative(y, t)
    assert np.array_equal(y, before[0]) and np.array_equal(t, before[1])


# ------------------------------------------------------------------------------------ who is right


def test_cross_entropy_is_right_where_the_largest_logit_is():
    y = np.array([[1.0, 2.0, 0.0], [5.0, -1.0, 4.0], [-3.0, -2.0, -1.0]])
    assert LOSSES["cross_entropy"].correct(y, np.eye(3)[[1, 2, 2]]).tolist() == [True, False, True]


def test_mse_knows_classes_only_from_one_hot_targets():
    y = np.array([[0.9, 0.2], [0.4, 0.6]])
    correct = LOSSES["mse"].correct
    assert correct(y, np.array([[1.0, 0.0], [1.0, 0.0]])).tolist() == [True, False]
    assert correct(y, np.array([[1.0, 0.0], [0.5, 0.5]])) is None
    assert correct(y, np.array([[1.0, 1.0], [0.0, 0.0]])) is None
    assert correct(y, np.array([[1.0, 0.0], [2.0, -1.0]])) is None
    assert correct(y[:, :1], np.array([[1.0], [1.0]])) is None
    assert correct(np.zeros((2, 2, 2, 1)), np.ones((2, 2, 2, 1))) is None


def test_binary_cross_entropy_wants_every_output_on_its_side():
    y = np.array([[2.0, -1.0], [2.0, 1.0], [-0.5, -3.0]])
    t = np.array([[1, 0], [1, 0], [0, 0]])
    assert LOSSES["binary_cross_entropy"].correct(y, t).tolist() == [True, False, True]
    assert LOSSES["binary_cross_entropy"].correct(y[:, :1], np.array([[0.7], [0.4], [0.5]])).tolist() \
        == [True, False, True]


# --------------------------------------------------------------------------------------- targets


def test_one_hot():
    assert mp.one_hot([2, 0, 1], 4).tolist() == [[0, 0, 1, 0], [1, 0, 0, 0], [0, 1, 0, 0]]
    assert mp.one_hot(np.array([1.0, 0.0]), 2).tolist() == [[0, 1], [1, 0]]
    assert mp.one_hot(np.array([1, 0], np.uint8), 2).tolist() == [[0, 1], [1, 0]]


@each("t, classes, told", [
    ([0, 3], 3, r"labels expected in 0 … 2, got 0 … 3"), ([-1, 1], 3, r"got -1 … 1"),
    ([0.5, 1], 3, "whole numbers"), ([[0, 1]], 3, "whole numbers of shape"), (1, 3, "whole numbers"),
    ([], 3, "t is empty"), ([0, np.nan], 3, "NaN")])
def test_one_hot_refuses(t, classes, told):
    with pytest.raises(ValueError, match=told):
        mp.one_hot(t, classes)


@pytest.mark.parametrize("classes, told", [(0, "at least 1"), (-2, "at least 1"), (10 ** 12, "at most 2147483647")])
def test_one_hot_refuses_a_number_of_classes_that_cannot_be(classes, told):
    with pytest.raises(ValueError, match=f"classes expects {told}"):
        mp.one_hot([0], classes)


def test_one_hot_of_many_classes_takes_no_square_of_them():
    assert mp.one_hot([99_999], 100_000).sum() == 1


def test_one_hot_wants_a_whole_number_of_classes():
    with pytest.raises(TypeError, match="classes"):
        mp.one_hot([0, 1], 2.5)


def network(loss="mse", units=3):
    return mp.Network(2, [mp.Dense(units)])


def test_prepare_samples_makes_labels_and_one_hot_the_same():
    net, x = network(), np.ones((3, 2))
    for t in ([0, 2, 1], np.eye(3)[[0, 2, 1]], np.eye(3, dtype=bool)[[0, 2, 1]], [0.0, 2.0, 1.0]):
        ready_x, ready_t, loss = prepare_samples(net, x, t, "cross_entropy")
        assert ready_t.tolist() == np.eye(3)[[0, 2, 1]].tolist() and loss is LOSSES["cross_entropy"]
        assert ready_x.dtype == ready_t.dtype == np.float64


def test_prepare_samples_takes_the_networks_dtype():
    net = mp.Network(2, [mp.Dense(3)], dtype="float32")
    for name, t in (("mse", [[1, 2, 3]]), ("cross_entropy", [2]), ("binary_cross_entropy", [[0, 1, 1]])):
        x, t, loss = prepare_samples(net, [[1, 2]], t, name)
        assert x.dtype == t.dtype == np.float32 and t.shape == (1, 3)


@pytest.mark.parametrize("name", ["mse", "binary_cross_entropy"])
def test_one_output_takes_a_plain_list_of_targets(name):
    assert prepare_samples(network(units=1), np.ones((2, 2)), [0, 1], name)[1].tolist() == [[0], [1]]


@each("name, t, told", [
    ("mse", [0, 1], r"mse expects targets of shape \(N, 3\), got \(2,\); for class labels use mp.one_hot"),
    ("mse", [[0, 1], [1, 0]], r"\(N, 3\), got \(2, 2\)$"),
    ("mse", [[0, 1, np.inf], [0, 0, 0]], "t holds 1 values that are NaN or infinite"),
    ("mse", [[0, 1, 2]], "x has 2, t has 1"),
    ("mse", 1.0, r"\(N, 3\)"),
    ("cross_entropy", [0, 3], "labels expected in 0 … 2, got 0 … 3"),
    ("cross_entropy", [0, -1], "labels expected"),
    ("cross_entropy", [0, 1.5], "whole numbers"),
    ("cross_entropy", [0, 1, 2], "x has 2, t has 3"),
    ("cross_entropy", [[0, 1], [1, 0]], r"\(N,\) labels or \(N, 3\) one-hot targets, got \(2, 2\)"),
    ("cross_entropy", [[0, 1, 1], [1, 0, 0]], "sum to 1"),
    ("cross_entropy", [[0, 2, -1], [1, 0, 0]], "not negative"),
    ("cross_entropy", [], "t is empty"),
    ("binary_cross_entropy", [[0, 1, 1.5], [0, 0, 0]], r"in \[0, 1\], got 0.0 to 1.5"),
    ("binary_cross_entropy", [[0, 1, -1], [0, 0, 0]], r"in \[0, 1\], got -1 to 1"),
    ("binary_cross_entropy", [[0, 1], [1, 0]], r"targets of shape \(N, 3\), got \(2, 2\)"),
    ("binary_cross_entropy", [0, 1], r"\(N, 3\)")])
def test_targets_that_do_not_fit(name, t, told):
    with pytest.raises(ValueError, match=told):
        prepare_samples(network(), np.ones((2, 2)), t, name)


def test_soft_targets_are_welcome_and_words_are_not():
    assert prepare_samples(network(), np.ones((1, 2)), [[0.25, 0.5, 0.25]], "cross_entropy")[1].sum() == 1
    with pytest.raises(TypeError, match="t expects real numbers"):
        prepare_samples(network(), np.ones((1, 2)), ["one"], "cross_entropy")


def test_cross_entropy_of_images_is_refused():
    net = mp.Network((4, 4, 1), [mp.Conv2D(2, 3)])
    with pytest.raises(ValueError, match=r"expects an output of shape \(N, classes\), got \(N, 2, 2, 2\)"):
        prepare_samples(net, np.ones((1, 4, 4, 1)), [0], "cross_entropy")


@pytest.mark.parametrize("x, told", [
    ([[1, np.nan], [1, 1]], "x holds 1 values"),
    (np.ones((2, 3)), r"x: Network expects \(N, 2\), got \(2, 3\)"),
    (np.ones((0, 2)), "x is empty")])
def test_inputs_that_do_not_fit(x, told):
    with pytest.raises(ValueError, match=told):
        prepare_samples(network(), x, [0, 1], "cross_entropy")


@pytest.mark.filterwarnings("ignore:overflow")
@pytest.mark.parametrize("x, t", [([[1e300, 0.0]], [[0, 0, 0]]), ([[1.0, 0.0]], [[0, 0, -1e300]])])
def test_numbers_too_large_for_float32_are_refused(x, t):
    net = mp.Network(2, [mp.Dense(3)], dtype="float32")
    with pytest.raises(ValueError, match="float32|infinite"):
        prepare_samples(net, x, t, "mse")


def test_find_loss():
    own = dataclasses.replace(LOSSES["mse"], name="own")
    assert find_loss("mse") is LOSSES["mse"] and find_loss(own) is own
    with pytest.raises(ValueError, match='unknown loss "crossentropy"; did you mean "cross_entropy"'):
        find_loss("crossentropy")
    with pytest.raises(ValueError, match='unknown loss "None"'):
        find_loss(None)


@each("settings, message", [
    ({"name": ""}, "Loss name expects a text, got ''"), ({"function": None}, 'loss "mse": function expects a function'),
    ({"derivative": 3}, "derivative expects a function, got 3"), ({"prepare": None}, "prepare"),
    ({"correct": None}, "correct")])
def test_a_wrong_loss_is_refused(settings, message):
    with pytest.raises(TypeError, match=message):
        dataclasses.replace(LOSSES["mse"], **settings)


def test_a_loss_gives_one_number_a_sample():
    """The mean over the batch in its place would make every sum over samples wrong without a word."""
    mean = dataclasses.replace(LOSSES["mse"], name="mean", function=lambda y, t: ((y - t) ** 2).mean())
    net = mp.Network(3, [mp.Dense(2)])
    with pytest.raises(ValueError, match=r'loss "mean" expects to return one number a sample, shape \(4,\), got \(\)'):
        mp.record(net, np.ones((4, 3)), np.zeros((4, 2)), mean)


@pytest.mark.parametrize("correct, got", [(lambda y, t: y > 0, r"bool \(4, 2\)"),
                                          (lambda y, t: y[:, 0], r"float64 \(4,\)"),
                                          (lambda y, t: True, r"bool \(\)")])
def test_a_loss_says_of_each_sample_whether_it_is_right(correct, got):
    """Counted as it is, an answer for each output would make accuracies above 1."""
    mine = dataclasses.replace(LOSSES["mse"], name="mine", correct=correct)
    net, x, t = mp.Network(3, [mp.Dense(2)]), np.ones((4, 3)), np.zeros((4, 2))
    for call in (lambda: mp.fit(net, x, t, mine, epochs=1), lambda: mp.evaluate(net, x, t, mine, latency=False)):
        with pytest.raises(ValueError, match=rf'loss "mine": correct expects .* shape \(4,\), or None .* got {got}'):
            call()


def test_a_loss_returns_the_targets_that_it_prepared():
    mine = dataclasses.replace(LOSSES["mse"], name="mine", prepare=lambda t, shape: None)
    with pytest.raises(TypeError, match='loss "mine": prepare expects to return the targets of all samples, got None'):
        mp.record(mp.Network(3, [mp.Dense(2)]), np.ones((4, 3)), np.zeros((4, 2)), mine)


# ---------------------------------------------------------------------- hints that lead on, and logits

NUMBERS, SHARES, LABELS = [0.3, 1.7, -2.0, 4.0], [0.1, 0.9, 0.5, 0.2], [0, 2, 1, 2]


@each("units, t, loss, told", [
    (1, NUMBERS, "cross_entropy", 'got 1; for targets that are numbers use loss="mse"$'),
    (1, [-1, 0, 2, 1], "cross_entropy", 'got 1; for targets that are numbers use loss="mse"$'),
    (1, SHARES, "cross_entropy", 'got 1; for one output use loss="binary_cross_entropy"; for targets that are numbers'),
    (1, [0, 1, 1, 0], "cross_entropy", 'got 1; for one output use loss="binary_cross_entropy"$'),
    (1, LABELS, "cross_entropy", "got 1; for classes the network needs an output for each; for targets that are num"),
    (1, np.eye(4), "cross_entropy", "got 1; the targets have 4 columns, and the network needs as many outputs$"),
    (1, NUMBERS, "binary_cross_entropy", 'got -2.0 to 4.0; for targets that are numbers use loss="mse"$'),
    (3, NUMBERS, "cross_entropy", 'whole numbers, got values such as 0.3; .*"mse" and a network with one output$'),
    (3, NUMBERS, "mse", r"got \(4,\); for one number a sample the network has one output$"),
    (3, LABELS, "mse", r"got \(4,\); for class labels use mp.one_hot\(t, 3\)$"),
    (3, [0, 3, 1, 2], "mse", r"got \(4,\); for one number a sample"),
    (3, LABELS, "binary_cross_entropy", r'got \(4,\); for class labels use loss="cross_entropy"$'),
    (3, np.reshape(LABELS, (4, 1)), "cross_entropy", r"got \(4, 1\); labels in one column are t\[:, 0\]$"),
    (3, np.reshape(NUMBERS, (4, 1)), "cross_entropy", r'got \(4, 1\); .*"mse" and a network with one output$'),
    (3, np.ones((4, 3)), "cross_entropy", 'in each row; for targets that are numbers use loss="mse"$')])
def test_a_hint_fits_the_targets(units, t, loss, told):
    with pytest.raises(ValueError, match=told):
        prepare_samples(network(units=units), np.ones((4, 2)), t, loss)


@pytest.mark.filterwarnings("error")
def test_who_follows_the_hints_arrives():
    one, three, x = network(units=1), network(units=3), np.ones((4, 2))
    for net, t, loss in ((one, NUMBERS, "mse"), (one, SHARES, "binary_cross_entropy"), (one, SHARES, "mse"),
                         (three, LABELS, "cross_entropy"), (three, mp.one_hot(LABELS, 3), "mse"),
                         (three, mp.one_hot(LABELS, 3), "binary_cross_entropy"), (three, np.ones((4, 3)), "mse")):
        prepare_samples(net, x, t, loss)


def test_a_network_that_is_right_is_found_wrong_behind_a_second_sigmoid():
    """Outputs of 0.1 and 0.9 are right, but as logits both are on the side of class 1."""
    net, x, t = mp.Network(1, [mp.Dense(1, "sigmoid")]), np.array([[-2.0], [2.0]]), [0, 1]
    net["dense1"].W[...] = 1
    told = (r'loss "binary_cross_entropy" takes logits and has a sigmoid of its own, but the outputs of Dense "dense1" '
            'are bounded: its activation should be "identity", or the loss "mse"')
    with pytest.warns(UserWarning, match=told) as caught:
        _, t, loss = prepare_samples(net, x, t, "binary_cross_entropy")
    assert len(caught) == 1
    assert loss.correct(net.predict(x), t).tolist() == [False, True]
    assert loss.correct(np.log(net.predict(x) / (1 - net.predict(x))), t).tolist() == [True, True]     # as logits


BOUNDED = mp.Activation("mine", np.arctan, lambda z: 1 / (1 + z * z), bounded=True)


@each("loss", ["cross_entropy", "binary_cross_entropy"])
@each("layers", [[mp.Dense(2, "sigmoid")], [mp.Dense(2, "tanh")], [mp.Dense(2, BOUNDED)],
                 [mp.Dense(2, "tanh"), mp.Dropout(0.5)],
                 [mp.Dense(2, "sigmoid", batch_norm=True), mp.Flatten()]])
def test_outputs_that_are_squashed_are_no_logits(layers, loss):
    with pytest.warns(UserWarning, match="takes logits and has a s"):
        prepare_samples(mp.Network(2, layers), np.ones((2, 2)), [[0, 1], [1, 0]], loss)


@pytest.mark.parametrize("pool", [mp.MaxPool2D(2), mp.AvgPool2D(2)], ids=repr)
def test_pooling_does_not_hide_who_squashed_them(pool):
    net = mp.Network((4, 4, 1), [mp.Conv2D(2, 1, "sigmoid"), pool])
    with pytest.warns(UserWarning, match='the outputs of Conv2D "conv1" are bounded'):
        prepare_samples(net, np.ones((1, 4, 4, 1)), np.ones((1, 2, 2, 2)), "binary_cross_entropy")


@pytest.mark.filterwarnings("error")
@each("last, loss", [
    *((mp.Dense(2, f), "cross_entropy") for f in mp.ACTIVATIONS if f not in ("sigmoid", "tanh")),
    (mp.Dense(2, mp.Activation("mine", np.arctan, np.cos)), "cross_entropy"), (mp.Dense(2, "sigmoid"), "mse"),
    (mp.Residual([mp.Dense(2, "tanh")]), "cross_entropy")])
def test_other_outputs_and_a_loss_without_its_own_are_fine(last, loss):
    """What does not say that it is bounded may have any values."""
    prepare_samples(mp.Network(2, [mp.Dense(2, "tanh"), last]), np.ones((2, 2)), [[0, 1], [1, 0]], loss)


@each("name, f", mp.ACTIVATIONS.items())
def test_bounded_is_what_the_values_say(name, f):
    o = np.abs(f(np.array([-1e4, 1e4])))
    assert f.bounded is bool((o <= 1).all()), name


@pytest.mark.parametrize("name", ["x", "t"])
def test_masked_arrays_are_refused(name):
    arrays = {"x": np.ones((3, 2)), "t": np.ones((3, 3))}
    arrays[name] = np.ma.array(arrays[name], mask=arrays[name] * 0)
    prepare_samples(network(), **arrays, loss="mse")                    # nothing is behind its mask
    arrays[name][1, 0] = np.ma.masked
    for array in (arrays[name], list(arrays[name])):
        with pytest.raises(ValueError, match=f"{name} is a masked array with 1 masked entries, of"):
            prepare_samples(network(), **{**arrays, name: array}, loss="mse")


def test_an_array_is_no_name():
    with pytest.raises(TypeError, match="loss expects a name, got an array"):
        find_loss(np.array("mse"))
