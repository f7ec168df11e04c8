"""Settings as text: all of them, also those of nested objects, and no address of anything."""

import numpy as np

import minprune as mp
from minprune.retraining.recipe import Cut
from minprune.retraining.recipes import Distil, FineTune, FromScratch, Rewind
from minprune.retraining.text import as_text
from minprune.training.augmentation import Noise


X = np.random.default_rng(0).normal(size=(40, 4))
T = (X[:, 0] * X[:, 1] > 0).astype(int)
KEEP = {"dense1": np.array([1, 0, 1, 1, 0, 1], bool), "dense2": np.array([0, 1, 1, 1, 0], bool)}


def network(seed=3, **settings):
    return mp.Network(4, [mp.Dense(6, "relu", **settings), mp.Dense(5, "tanh"), mp.Dense(2)], seed=seed)


def cut_of(net, keep=KEEP, **more):
    return mp.prune(net, keep), Cut(net, keep, X, T, **more)


def halving(epoch):
    return 0.02 * 0.5 ** epoch


def test_recipes_say_all_their_settings():
    recipe = FineTune(epochs=3, optimizer=mp.Adam(0.01), augment=Noise(0.1), validation=(X, T))
    text = repr(recipe)
    for part in ("FineTune(epochs=3", "Adam(", "0.01", "beta2=0.999", "Noise(deviation=0.1)", "keep_state=False",
                 "array of float64 (40, 4)", "loss=None"):
        assert part in text, part
    assert "dense1 6 - dense2 5 - dense3 2" in repr(Rewind(network())) and " at 0x" not in repr(Rewind(network()))
    assert "budget='epochs'" in repr(FromScratch()) and "temperature=4.0" in repr(Distil())
    scheduled = repr(FineTune(optimizer=mp.SGD(mp.schedules.cosine(0.1, 3))))
    assert "cosine" in scheduled and "rate=0.1" in scheduled and " at 0x" not in scheduled + text
    assert "halving" in repr(FineTune(optimizer=mp.SGD(halving)))
    assert [as_text(one) for one in (steady(0.25), named_inside(0.25), halving)] == [
        "steady(rate=0.25)", "inside(rate=0.25)", "halving"]
    small, cut = cut_of(network(), loss=mp.LOSSES["mse"])
    assert len(repr(cut)) < 400 and "number=0" in repr(cut) and "loss mse" in repr(cut)


def steady(rate):
    return lambda epoch: rate


def named_inside(rate):
    def inside(epoch):
        return rate
    return inside
