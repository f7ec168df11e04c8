"""Layers described by plain values and made again; classes of one's own."""

import numpy as np
import pytest

import minprune as mp
from cases import each
from minprune.engine.registry import KINDS, as_layer, described, register_layer

RECIPES = [mp.Dense(3, "tanh", True), mp.Conv2D(2, (3, 1), "relu", 2, "same"), mp.MaxPool2D(2, 1), mp.AvgPool2D((1, 2)),
           mp.GlobalAvgPool2D(), mp.Flatten(), mp.Dropout(0.25),
           mp.Residual([mp.Dense(4, "relu"), mp.Dense(2)], mp.Dense(2))]


def test_every_kind_of_layer_is_known_by_its_name():
    assert {type(recipe) for recipe in RECIPES} <= set(KINDS.values())
    for name in ("Dense", "Conv2D", "Residual"):
        assert KINDS[name] is getattr(mp, name) and KINDS[name].__name__ == name


@each("recipe", RECIPES)
def test_a_layer_is_made_again_from_what_describes_it(recipe):
    plain = described(recipe)
    assert plain["kind"] == type(recipe).__name__ and {**plain, "kind": None} == {**recipe.settings(), "kind": None}
    for other in (as_layer(plain), recipe.again()):
        assert other is not recipe and type(other) is type(recipe) and other.settings() == recipe.settings()
    assert as_layer(recipe) is recipe


def test_an_activation_of_ones_own_is_kept_as_it_is():
    mine = mp.Activation("mine", lambda z: z, lambda z: z * 0 + 1)
    assert described(mp.Dense(2, mine))["activation"] is mine and described(mp.Dense(2, "relu"))["activation"] == "relu"


def test_a_kind_that_is_not_known_names_the_nearest_and_the_way():
    with pytest.raises(ValueError, match=r'unknown kind of layer "Dens"; did you mean "Dense".*register_layer\(Dens\)'):
        as_layer({"kind": "Dens"})


def test_a_class_is_found_by_its_name_once_it_is_registered():
    class Twice(mp.Layer):
        pass

    try:
        assert register_layer(Twice) is Twice and register_layer(Twice) is Twice and mp.Twice is Twice
        assert isinstance(as_layer({"kind": "Twice"}), Twice) and "Twice" in dir(mp)
    finally:
        del KINDS["Twice"]
    with pytest.raises(AttributeError):
        mp.Twice


@each("what", [int, 5, "Dense", mp.Dense(2), None])
def test_only_a_class_of_layers_is_registered(what):
    before = dict(KINDS)
    with pytest.raises(TypeError, match="^register_layer expects a subclass of mp.Layer, got"):
        register_layer(what)
    assert KINDS == before


def test_two_classes_of_one_name_cannot_be_told_apart_in_a_file():
    other = type("Dense", (mp.Layer,), {})
    with pytest.raises(ValueError, match='another class is called "Dense": .*; choose another name'):
        register_layer(other)
    assert KINDS["Dense"] is mp.Dense


def test_a_layer_of_a_class_that_is_not_registered_is_not_described():
    class Unknown(mp.Layer):
        pass

    with pytest.raises(ValueError, match=r"^Unknown is of a kind that is not known: .*mp.register_layer\(Unknown\)$"):
        described(Unknown())


def doubled(self, x, training=False, rng=None):
    """A forward that is not that of any class above."""
    trace = mp.Dense.forward(self, x, training, rng)
    trace.o = 2 * trace.o
    return trace


FACTS = ("product", "product_back", "weight_gradient", "patches", "of_channel", "backward")


def test_what_a_layer_says_is_of_its_own_forward():
    """Scores of Dense's product, and gradients of Dense's backward, are wrong for another function."""
    Twice = type("Twice", (mp.Dense,), {"forward": doubled})
    text = "^Twice has a forward of its own and would inherit backward, product, .*belong to the forward of Dense"
    for call in (lambda: register_layer(Twice), lambda: mp.Network(3, [Twice(4), mp.Dense(2)]),
                 lambda: mp.Network(3, [mp.Residual([Twice(3)]), mp.Dense(2)])):
        with pytest.raises(TypeError, match=text):
            call()
    assert "Twice" not in KINDS
    some = type("Some", (mp.Dense,), {"forward": doubled, **{name: getattr(mp.Dense, name) for name in FACTS[1:]}})
    with pytest.raises(TypeError, match="would inherit product, which belong"):
        mp.Network(3, [some(4), mp.Dense(2)])


@pytest.mark.parametrize("members", [{}, {"outputs": lambda self, z: z}, {"backward": mp.Dense.backward},
                                     {"forward": doubled, **{name: getattr(mp.Dense, name) for name in FACTS}}],
                         ids=["nothing", "its outputs", "its way back", "all of it"])
def test_a_subclass_that_keeps_the_forward_or_says_the_rest(members):
    Like = type("Like", (mp.Dense,), members)
    assert mp.Network(3, [Like(4), mp.Dense(2)]).predict(np.ones((1, 3))).shape == (1, 2)
