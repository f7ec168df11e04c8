"""Names: all mistakes that a verdict can tell, read off the tables."""

from ...engine.activations import ACTIVATIONS
from .batch_mistakes import of_batch_size
from .factors import FACTORS
from .mistakes import MISTAKES
from .order_mistakes import of_neuron_order, of_sample_order
from .scale_mistakes import of_scales
from .terms import CHANGES

FACTOR = "off by the factor "


def mistake_names():
    """{what a formula is said to be or do: the names of the mistakes that it may make}, each name once.

    All factors are one name. Of the slope of another activation there is a name for each two of them; one is listed.
    """
    other_slope = f"relu′ where tanh′ is meant (of any two of {', '.join(ACTIVATIONS)})"
    factors = f"{FACTOR}{', '.join(FACTORS)} (also negative), or any other number"
    equality = [*names_of(MISTAKES), other_slope, *dict.fromkeys(name for name, *_ in CHANGES)]
    place = next(index for index, name in enumerate(equality) if name.startswith(FACTOR))
    equality = [name for name in equality if not name.startswith(FACTOR) or name.endswith("term")]
    equality.insert(place, factors)
    return {"equals, approximates": equality, "invariant batch-size": names_of(of_batch_size([])),
            "invariant sample-order": names_of(of_sample_order([])),
            "invariant neuron-permutation": names_of(of_neuron_order([])),
            "invariant relu-rescaling": names_of(of_scales([]))}


def names_of(corrections):
    return list(dict.fromkeys(correction.name for correction in corrections))


def mistakes_as_text():
    """The names as lines of help, with a heading for each kind of claim."""
    lines = ["The mistakes that get a name, if undoing them makes the claim hold on all networks (of the first list",
             "also any with a wrong sign or factor at the same time):"]
    for claim, names in mistake_names().items():
        lines += ["", f"  {claim}:", *(f"    {name}" for name in names)]
    return "\n".join(lines)
