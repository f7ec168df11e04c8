"""Chapter 7: second differences, the exact removal, and least squares."""

import numpy as np

from minprune.textbook.quiz import orders


def second_order(slope):
    def both(given, at, question):
        def loss(o):
            return ((given["w"] * o + given["b"] - given["t"]) ** 2).sum() / 2

        return -given["o"] * slope(lambda o: loss(o[0]), [given["o"]], 0), loss(0) - loss(given["o"])
    return both


def brain_damage(given, at, question):
    """The second difference of the mean loss in each weight, which a parabola has everywhere."""
    def loss(w):
        return ((given["x"] @ w) ** 2 / 2).mean()

    w, ones = given["w"], np.eye(3)
    return [(loss(w + one) - 2 * loss(w) + loss(w - one)) * (one @ w) ** 2 / 2 for one in ones]


def brain_surgeon(given, at, question):
    """The least squares fit of what both inputs gave, by the first alone."""
    x, targets = given["x"], given["x"] @ given["w"]
    (w_0,), _, *_ = np.linalg.lstsq(x[:, :1], targets, rcond=None)
    return w_0, ((x[:, 0] * w_0 - targets) ** 2 / 2).mean()


def softmax_curvature(given, at, question):
    def loss(y):
        return np.log((given["p"] * np.exp(y)).sum())

    def curvature(along, h=1e-3):
        return (loss(h * along) - 2 * loss(0 * along) + loss(-h * along)) / h ** 2

    return curvature(given["w"]), sum(curvature(one) * w ** 2 for one, w in zip(np.eye(3), given["w"]))


def test_keys(check_keys, slope):
    check_keys(orders, {"second_order": second_order(slope), "brain_damage": brain_damage,
                        "brain_surgeon": brain_surgeon, "softmax_curvature": softmax_curvature})
