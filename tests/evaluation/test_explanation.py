"""What a neuron does, against sums made by hand, masks, and correlations of all outputs at once."""

import json

import numpy as np
import pytest

import minprune as mp
from cases import each
from minprune.evaluation.explanation import OF_CLASSES, SCORES, Sums, explain


def subject(kind):
    rng = np.random.default_rng(0)
    x, t = rng.normal(size=(30, 6, 6, 2)), rng.integers(0, 3, 30)
    block = [mp.Residual([mp.Conv2D(3, 3, "relu", padding="same"), mp.Conv2D(5, 1)])] if kind == "block" else []
    net = mp.Network((6, 6, 2), [mp.Conv2D(5, 3, "relu", padding="same"), *block, mp.MaxPool2D(2), mp.Flatten(),
                                 mp.Dense(7, "tanh"), mp.Dense(3)], seed=1)
    return net, x, t


@each("kind, layer", [("chain", "conv1"), ("chain", "dense1"), ("block", "conv1+conv3"),
                      ("block", "conv2")])
def test_each_answer_is_what_it_says(kind, layer, fingerprint):
    net, x, t = subject(kind)
    K, i, before = net[layer].K, 2, fingerprint(net)
    found = explain(net, layer, i, (x, t), most=4, batch_size=7)
    o = net.forward(x)[layer].o.reshape(len(x), -1, K)

    # its strongest and weakest samples, and what it puts out
    response = o[:, :, i].mean(axis=1)
    order = np.argsort(-response)
    assert [row[0] for row in found.strongest] == order[:4].tolist()
    assert [row[0] for row in found.weakest] == order[::-1][:4].tolist()
    assert found.strongest[0][1:] == (t[order[0]], pytest.approx(response.max()))
    assert found.active == (o[:, :, i] != 0).any(axis=1).mean()
    assert found.by_class == {label: pytest.approx(response[t == label].mean()) for label in range(3)}
    np.testing.assert_array_equal(found.shown[order[0]], x[order[0]])

    # what is lost without it
    masked, loss = mp.mask(net, {layer: np.arange(K) != i}), mp.LOSSES["cross_entropy"]
    change = loss(masked.predict(x), mp.one_hot(t, 3)) - loss(net.predict(x), mp.one_hot(t, 3))
    assert found.loss_change == pytest.approx(change.mean()) == pytest.approx(mp.score(net, "removal", x, t)[layer][i])
    assert found.loss_change_by_class == {label: pytest.approx(change[t == label].mean()) for label in range(3)}

    # its scores with their ranks, and its twin
    for name, (value, rank) in found.scores.items():
        s = mp.score(net, name, x, t)[layer]
        assert value == pytest.approx(s[i]) and rank == 1 + (s > s[i]).sum()
    assert {"removal", "taylor", "weight_norm"} <= set(found.scores) and not found.refused.keys() & found.scores.keys()
    r = np.corrcoef(o.reshape(-1, K).T)[i]
    r[i] = -2
    assert found.twin == (int(r.argmax()), pytest.approx(r.max()))
    assert fingerprint(net) == before


def test_who_reads_it_by_hand():
    net = mp.Network(2, [mp.Dense(3), mp.Dense(4)])
    net["dense2"].W[:, 1] = [0.5, -3, 0, 1]
    found = explain(net, "dense1", 1, (np.eye(2), np.array([0, 3])), scores=[])
    assert found.readers == {"dense2": [(1, 3.0, -3.0), (3, 1.0, 1.0), (0, 0.5, 0.5)]} and found.scores == {}
    net, x, t = subject("chain")
    W = net["dense1"].W.reshape(7, 9, 5)[:, :, 4]                       # 3×3 positions of channel 4
    (_, rows), = explain(net, "conv1", 4, (x, t), scores=[], most=7).readers.items()
    assert sorted(rows) == [(k, pytest.approx(np.linalg.norm(W[k])), pytest.approx(W[k].sum())) for k in range(7)]
    assert [norm for _, norm, _ in rows] == sorted((norm for _, norm, _ in rows), reverse=True)


def test_a_cut_network_says_which_neuron_it_was_and_the_text_says_all():
    net, x, t = subject("chain")
    small = mp.prune(net, {"dense1": np.array([0, 1, 0, 1, 1, 1, 1], bool)})
    found = explain(small, "dense1", 1, (x, t), scores=["taylor"])
    text = str(found)
    assert found.origin == 3
    assert text.startswith("dense1, neuron 1 of 5 (neuron 3 of the unpruned network), on 30 samples")
    for part in ("strongest", "weakest", "mean output", "read by        dense2: ", "score          taylor",
                 "without it", "by class", "nearest twin   neuron"):
        assert part in text
    assert json.loads(json.dumps(found.to_dict()))["loss_change"] == found.loss_change and repr(found) == text


def test_numbers_have_no_classes_and_a_dataset_gives_its_training_part():
    arrays = [np.random.default_rng(k).normal(size=(n, 2)) for k, n in enumerate((9, 9, 3, 3))]
    data = mp.datasets.Dataset(*arrays, "n", None)
    net = mp.Network(2, [mp.Dense(3, "relu"), mp.Dense(2)])
    net["dense1"].W[0], net["dense1"].b[0] = 0, -1                     # never puts out anything
    found = explain(net, "dense1", 0, data, "mse")
    assert found.samples == 9 and found.active == 0
    assert found.by_class is found.loss_change_by_class is found.twin is None
    assert "class_selectivity" not in found.scores and "nearest twin   none" in str(found) and "class" not in str(found)


def test_correlations_around_a_large_mean():
    rng = np.random.default_rng(0)
    o = rng.normal(size=(500, 4)) + 1e7
    o[:, 3] = o[:, 1] + rng.normal(size=500)
    sums = Sums(o[0])
    for part in np.split(o, 5):
        sums.add(part, 1)
    assert sums.twin(1) == (3, pytest.approx(np.corrcoef(o.T)[1, 3], abs=1e-6))


def test_errors():
    net, x, t = subject("block")
    for arguments, error, message in [
            (("conv9", 0, (x, t)), ValueError, 'unknown hidden layer "conv9"'),
            (("conv1", 0, (x, t)), ValueError, 'part of "conv1\\+conv3"'),
            (("conv2", 3, (x, t)), ValueError, 'neuron expects an index from 0 to 2 of layer "conv2", got 3'),
            (("conv2", 1.0, (x, t)), TypeError, "neuron expects a whole number"),
            (("conv2", 0, x), TypeError, "data expects")]:
        with pytest.raises(error, match=message):
            explain(net, *arguments)
    for scores, error, message in [(["taylr"], ValueError, 'did you mean "taylor"'),
                                   ("taylor", TypeError, "scores expects a list"),
                                   (["batch_norm_scale"], ValueError, "batch_norm_scale")]:
        with pytest.raises(error, match=message):
            explain(net, "conv2", 0, (x, t), scores=scores)


def test_scores_of_classes_are_asked_for_only_where_there_are_classes():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(20, 3))
    net = mp.Network(3, [mp.Dense(4, "relu"), mp.Dense(2)], seed=0)
    numbers = mp.explain(net, "dense1", 1, (x, x[:, :2]), "mse")
    classes = mp.explain(net, "dense1", 1, (x, rng.integers(0, 2, 20)))
    assert set(classes.scores) - set(numbers.scores) == set(OF_CLASSES) & set(SCORES)
    assert set(numbers.scores) <= set(classes.scores) and not set(numbers.scores) & set(OF_CLASSES)
