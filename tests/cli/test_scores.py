"""`minprune scores`: the catalogue, from the docstrings."""

import minprune as mp


def test_scores_lists_every_score_from_its_docstring(call):
    code, printed, _ = call("scores")
    assert code == 0
    for name, function in mp.scores.CATALOGUE.items():
        assert f"\n{name}\n" in f"\n{printed}"
        assert mp.scores.entry(function)["formula"] in " ".join(printed.split())
    assert "arXiv:1611.06440" in printed and "forward pass (o) + backward pass (do)" in printed
    assert call("scores", "apoz")[1].startswith("apoz\n") and "taylor" not in call("scores", "apoz")[1]


def test_an_unknown_score_gets_one_line(refused):
    assert 'did you mean "taylor"?' in refused("scores", "tailor")
