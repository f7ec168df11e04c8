"""What was lost, against answers written by hand, and where nothing was."""

import json
import math

import numpy as np
import pytest

import minprune as mp
from cases import each
from minprune.evaluation.damage import Damage, damage


def table_network(rows):
    """A network that answers sample k (the k-th unit vector) with the class rows[k]."""
    net = mp.Network(len(rows), [mp.Dense(3)])
    net["dense1"].W[...] = 4 * np.eye(3)[:, rows]
    return net


X, T = np.eye(8), np.array([0, 0, 0, 1, 1, 1, 2, 2])
#         right before, wrong before            right        wrong
BEFORE = [0, 0, 1, 1, 1, 2, 2, 0]
AFTER = [0, 1, 0, 1, 0, 0, 2, 1]


def test_who_lost_by_hand():
    found = damage(table_network(BEFORE), table_network(AFTER), X, T)
    assert (found.lost, found.won, found.changed) == ((1, 4), (2,), (5, 7))
    assert found.samples == 8 and found.agreement == 3 / 8
    assert found.classes == {0: {"before": 2 / 3, "after": 2 / 3, "samples": 3},
                             1: {"before": 2 / 3, "after": 1 / 3, "samples": 3},
                             2: {"before": 1 / 2, "after": 1 / 2, "samples": 2}}
    assert found.hardest_hit == 1 and found.chance == 1.0
    assert found.robustness["none"] == (5 / 8, 4 / 8)
    p = np.exp(4) / (np.exp(4) + 2)
    assert found.confidence == pytest.approx((p, p)) and found.calibration == pytest.approx((p - 5 / 8, p - 4 / 8))
    assert found.reliability[0] == [(pytest.approx(p), 5 / 8, 8)] and found.worse == 2 / 8
    text = str(found)
    assert "37.50% of 8 samples" in text
    assert "lost, right before and wrong after: 2; won: 1; wrong in another way: 2 (" in text
    assert "hardest hit: class 1, accuracy 66.7% → 33.3% (3 samples)" in text and repr(found) == text


@each("lost, won, p", [(0, 0, 1.0), (5, 0, 2 / 32), (8, 2, 2 * (1 + 10 + 45) / 1024), (3, 3, 1.0)])
def test_mcnemar_by_hand(lost, won, p):
    for pair in ((lost, won), (won, lost)):
        found = Damage(10, 0.0, 0.0, {}, 1.0, *(tuple(range(count)) for count in pair), ())
        assert found.chance == pytest.approx(p)


def test_the_same_network_has_lost_nothing(random_network, random_samples, fingerprint):
    net = random_network(0, "image to dense")
    net[net.neuron_layers[-1]].f = mp.ACTIVATIONS["identity"]
    x, t = random_samples(net, 0, 30, "cross_entropy")
    before, found = fingerprint(net), damage(net, net.copy(), x, t)
    assert found.agreement == 1 and found.lost == found.won == found.changed == () and found.hardest_hit is None
    assert found.distance == 0 and found.worse == 0 and fingerprint(net) == before
    assert all(old == new for old, new in found.robustness.values())


def test_robustness_is_the_accuracy_on_disturbed_samples():
    from minprune.evaluation.disturbances import disturbed
    data = mp.datasets.load("digits")
    x, t = data.x_test, data.t_test
    nets = [mp.models.mlp((8, 8, 1), 10, seed) for seed in (0, 1)]
    found = damage(*nets, x, t, seed=3)
    for name, values in disturbed(x, 3).items():
        assert found.robustness[name] == tuple((net.predict(values).argmax(axis=1) == t).mean() for net in nets)
    assert json.loads(json.dumps(found.to_dict()))["robustness"]["none"] == list(found.robustness["none"])


def test_numbers_get_what_makes_sense_for_them():
    x = np.random.default_rng(0).normal(size=(20, 3))
    net = mp.Network(3, [mp.Dense(2)])
    t, other = net.predict(x), net.copy()
    other["dense1"].b += 1                                   # both outputs move by 1, all losses by 1
    found = damage(net, other, x, t, "mse")
    assert found.distance == pytest.approx(math.sqrt(2 / t.var(axis=0).sum())) and found.worse == 1
    assert found.robustness["none"] == (0, pytest.approx(1)) and found.agreement is found.lost is found.chance is None
    assert "the loss rose on 100.0% of the samples" in str(found) and "same answer" not in str(found)
    assert damage(net, net, x * 0, t, "mse").distance == 0


def test_one_output_and_several_answers_at_once():
    one = mp.Network(2, [mp.Dense(1)])
    other = one.copy()
    other["dense1"].W *= -1
    x, t = np.array([[1.0, 2], [2, 1], [-1, 1]]), np.array([0, 1, 1])
    found = damage(one, other, x, t, "binary_cross_entropy")
    assert found.agreement == 0 and len(found.lost) + len(found.won) == 3 and set(found.classes) == {0, 1}
    several = mp.Network(2, [mp.Dense(3)])
    changed = several.copy()
    changed["dense1"].W[0] *= -1                             # one of three answers turns: the answer is another one
    found = damage(several, changed, x, (several.predict(x) > 0).astype(int), "binary_cross_entropy")
    assert found.agreement == 0 and len(found.lost) == 3 and found.calibration is None


def test_errors_name_the_network():
    net = table_network(BEFORE)
    with pytest.raises(TypeError, match="^after expects a Network"):
        damage(net, None, X, T)
    bad = net.copy()
    bad["dense1"].W[...] = np.inf
    with np.errstate(all="ignore"), pytest.raises(ValueError, match="^after puts out NaN"):
        damage(net, bad, X, T)
