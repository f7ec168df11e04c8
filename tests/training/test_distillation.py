"""Distillation: the formula by hand, its derivative, its limits, and teachers that do not fit."""

import pickle

import numpy as np
import pytest

import minprune as mp
from cases import each
from minprune.engine.activations import sigmoid
from minprune.engine.losses import find_loss, softmax
from minprune.training.distillation import distillation_loss, teach

BASES = ["cross_entropy", "binary_cross_entropy", "mse"]


def normal(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape)


def targets(base, N=4, K=3):
    """Right answers that suit the loss, beside a teacher's outputs."""
    right = {"cross_entropy": np.eye(K)[np.arange(N) % K], "mse": normal(N, K, seed=2),
             "binary_cross_entropy": (normal(N, K, seed=2) > 0).astype(float)}[base]
    return np.stack([right, 2 * normal(N, K, seed=3)], axis=1)


def test_the_cross_entropy_by_hand():
    y, u, t = np.array([[1.0, 0.0]]), np.array([[0.0, 2 * np.log(3)]]), np.array([[1.0, 0.0]])
    hard = np.log(1 + np.exp(-1))                       # −log softmax(y)_0
    soft = 1 / 4 * np.log(1 + np.exp(-0.5)) + 3 / 4 * np.log(1 + np.exp(0.5))           # p = (1, 3) / 4 at T = 2
    loss = distillation_loss(temperature=2, weight=0.7)
    assert loss(y, np.stack([t, u], axis=1)) == pytest.approx([0.3 * hard + 0.7 * 4 * soft], rel=1e-12)


def test_mse_needs_no_temperature():
    y, t = normal(4, 3, seed=1), targets("mse")
    expected = 0.4 * 0.5 * ((y - t[:, 0]) ** 2).sum(axis=1) + 0.6 * 0.5 * ((y - t[:, 1]) ** 2).sum(axis=1)
    for temperature in (0.5, 1, 8):
        loss = distillation_loss(temperature, 0.6, "mse")
        np.testing.assert_allclose(loss(y, t), expected, rtol=1e-12)
        np.testing.assert_allclose(loss.derivative(y, t), 0.4 * (y - t[:, 0]) + 0.6 * (y - t[:, 1]), rtol=1e-12)


def test_binary_cross_entropy_is_the_cross_entropy_of_two_classes():
    """σ(y) is the softmax of (y, 0)."""
    y, t = normal(4, 1, seed=1), targets("binary_cross_entropy", K=1)
    pair = np.concatenate([y, np.zeros_like(y)], axis=1)
    right = np.concatenate([t[:, 0], 1 - t[:, 0]], axis=1)
    answered = np.concatenate([t[:, 1], np.zeros_like(y)], axis=1)
    np.testing.assert_allclose(distillation_loss(3, 0.8, "binary_cross_entropy")(y, t),
                               distillation_loss(3, 0.8)(pair, np.stack([right, answered], axis=1)), rtol=1e-12)


@each("base", BASES)
@each("temperature, weight", [(1, 0.5), (4, 0.9), (0.5, 0.3), (3, 1), (3, 0)])
def test_the_derivative_is_that_of_the_loss(base, temperature, weight, near):
    loss, y, t = distillation_loss(temperature, weight, base), normal(4, 3, seed=1), targets(base)
    expected = mp.finite_difference(lambda one: loss(one, t).sum(), y)
    near(loss.derivative(y, t), expected)


@pytest.mark.parametrize("base", BASES)
def test_the_ends_are_the_targets_alone_and_the_teacher_alone(base):
    y, t, plain = normal(4, 3, seed=1), targets(base), find_loss(base)
    np.testing.assert_allclose(distillation_loss(4, 0, base)(y, t), plain(y, t[:, 0]), rtol=1e-12)
    at_teacher = t[:, 1]
    assert np.abs(distillation_loss(4, 1, base).derivative(at_teacher, t)).max() < 1e-12
    soft = {"cross_entropy": softmax, "binary_cross_entropy": sigmoid, "mse": lambda u: u}[base](t[:, 1])
    np.testing.assert_allclose(distillation_loss(1, 1, base)(y, t), plain(y, soft), rtol=1e-12)


def test_gradients_keep_their_size_as_the_temperature_rises():
    """For high T, w T (softmax(y/T) − softmax(u/T)) → (ȳ − ū) / K with mean-free ȳ, ū: Hinton et al., equation 4."""
    y, t = normal(4, 3, seed=1), targets("cross_entropy")
    limit = ((y - y.mean(axis=1, keepdims=True)) - (t[:, 1] - t[:, 1].mean(axis=1, keepdims=True))) / 3
    np.testing.assert_allclose(distillation_loss(1e5, 1).derivative(y, t), limit, atol=1e-4)


def test_accuracy_is_that_of_the_right_answers():
    y, t = normal(6, 3, seed=1), targets("cross_entropy", N=6)
    correct = distillation_loss().correct(y, t)
    assert correct.tolist() == (y.argmax(axis=1) == np.arange(6) % 3).tolist()
    assert 0 < correct.sum() < 6
    assert distillation_loss(loss="mse").correct(y, targets("mse", N=6)) is None


def test_teach_puts_the_teachers_answers_beside_the_right_ones():
    teacher, x = mp.Network(4, [mp.Dense(6, "relu"), mp.Dense(3)], seed=1), normal(5, 4)
    labels = np.array([2, 0, 1, 1, 0])
    t = teach(teacher, x, labels)
    assert t.shape == (5, 2, 3) and np.array_equal(t[:, 0], mp.one_hot(labels, 3))
    assert np.array_equal(t[:, 1], teacher.predict(x))
    small = mp.Network(4, [mp.Dense(2, "relu"), mp.Dense(3)], dtype="float32", seed=2)
    history = mp.fit(small, x, t, loss=distillation_loss(), optimizer=mp.Adam(0.02), epochs=200)
    assert history.loss[-1] < history.loss[0] and history.accuracy[-1] is not None
    assert small["dense1"].W.dtype == np.float32


def test_a_student_of_the_teachers_shape_becomes_its_teacher():
    teacher, x = mp.Network(3, [mp.Dense(4)], seed=1), normal(40, 3)
    student = mp.Network(3, [mp.Dense(4)], seed=2)
    wrong = np.zeros(40, int)
    mp.fit(student, x, teach(teacher, x, wrong), loss=distillation_loss(2, 1.0), optimizer=mp.Adam(0.05), epochs=300,
           batch_size=40)
    np.testing.assert_allclose(softmax(student.predict(x)), softmax(teacher.predict(x)), atol=1e-3)


def test_images_are_taught_as_well():
    net = mp.Network((4, 4, 1), [mp.Conv2D(2, 3, "tanh", padding="same"), mp.Conv2D(1, 3, padding="same")])
    x = normal(3, 4, 4, 1)
    t = teach(net, x, x, "mse")
    assert t.shape == (3, 2, 4, 4, 1)
    history = mp.fit(net.copy(), x, t, loss=distillation_loss(weight=0.5, loss="mse"), epochs=1)
    expected = (0.25 * (net.predict(x) - x) ** 2).sum(axis=(1, 2, 3)).mean()
    assert history.loss[0] == pytest.approx(expected, rel=1e-9)


def test_a_loss_travels():
    loss, y, t = distillation_loss(3, 0.4), normal(4, 3, seed=1), targets("cross_entropy")
    twin = pickle.loads(pickle.dumps(loss))
    assert np.array_equal(twin(y, t), loss(y, t)) and twin.name == loss.name
    assert loss.name == "distillation of cross_entropy at temperature 3, weight 0.4"
    assert distillation_loss().name == "distillation of cross_entropy at temperature 4, weight 0.9"


def test_a_loss_of_your_own_is_distilled_by_its_answer(near):
    """Here: cross entropy of twice the output, whose answer is the softmax of twice the output."""
    plain = find_loss("cross_entropy")
    mine = mp.Loss("mine", lambda y, t: plain(2 * y, t), lambda y, t: 2 * plain.derivative(2 * y, t), plain.prepare,
                   plain.correct, answer=lambda y: softmax(2 * y))
    loss, y, t = distillation_loss(3, 0.8, mine), normal(4, 3, seed=1), targets("cross_entropy")
    double = np.stack([t[:, 0], 2 * t[:, 1]], axis=1)
    np.testing.assert_allclose(loss(y, t), distillation_loss(3, 0.8)(2 * y, double), rtol=1e-12)
    near(loss.derivative(y, t), mp.finite_difference(lambda one: loss(one, t).sum(), y))


TEACHER = mp.Network(4, [mp.Dense(3)])
MINE = mp.Loss("mine", *[getattr(find_loss("mse"), part) for part in ("function", "derivative", "prepare", "correct")])


@each("make, error, told", [
    (lambda: distillation_loss(temperature=0), ValueError, "temperature expects"),
    (lambda: distillation_loss(weight=1.1), ValueError, "weight expects a number from 0 to 1, got 1.1"),
    (lambda: distillation_loss(weight=-0.1), ValueError, "weight expects"),
    (lambda: distillation_loss(loss="mes"), ValueError, 'did you mean "mse"'),
    (lambda: distillation_loss(loss=distillation_loss()), ValueError,
     'loss "distillation of .*" does not say what it makes of the output .*answer.*, which distillation needs'),
    (lambda: teach(TEACHER, normal(5, 4), np.zeros(5, int), MINE), ValueError, 'loss "mine" does not say'),
    (lambda: teach(TEACHER, normal(5, 3), np.zeros(5, int)), ValueError, r"does not fit x and t: x: .*\(N, 4\)"),
    (lambda: teach(TEACHER, normal(5, 4), np.full(5, 3)), ValueError, "does not fit x and t: t: labels expected"),
    (lambda: teach(TEACHER, normal(5, 4), np.zeros(6, int)), ValueError, "same number of samples"),
    (lambda: teach("net", normal(5, 4), np.zeros(5, int)), TypeError, "teacher expects a Network, got str"),
    (lambda: mp.fit(mp.Network(4, [mp.Dense(2)]), normal(5, 4), teach(TEACHER, normal(5, 4), np.zeros(5, int)),
                    loss=distillation_loss()), ValueError, "the teacher has other outputs than the network"),
    (lambda: mp.fit(TEACHER, normal(5, 4), np.zeros(5, int), loss=distillation_loss()), ValueError,
     r"expects targets \(N, 2, 3\) from teach\(teacher, x, t\)"),
    (lambda: distillation_loss().prepare(np.full((5, 2, 3), 0.7), (3,)), ValueError, "sum to 1"),
])
def test_what_is_refused(make, error, told):
    with pytest.raises(error, match=told):
        make()
