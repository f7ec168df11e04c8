"""All names that a verdict can tell, and that formulas of the bank get no other."""

from minprune.verification.diagnosis.mistakes import MISTAKES
from minprune.verification.diagnosis.names import mistake_names, mistakes_as_text
from verification import false_formulas, false_layers


def test_every_name_is_listed_once_and_all_factors_in_one_line():
    names, text = mistake_names(), mistakes_as_text()
    assert all(len(some) == len(set(some)) for some in names.values())
    listed = names["equals, approximates"]
    assert {one.name for one in MISTAKES if not one.name.startswith("off by")} <= set(listed)
    assert sum(name.startswith("off by the factor 2, ½, N") for name in listed) == 1
    assert all(f"\n    {name}" in text for some in names.values() for name in some)


def test_the_bank_shows_names_of_the_list_only():
    listed = mistakes_as_text()
    for _, _, name in [*false_formulas.FALSE.values(), *false_layers.FALSE.values()]:
        plain = (name or "").split(", and ")[0]
        assert plain.startswith("off by the factor") or plain in listed or plain.endswith(" is meant"), name
