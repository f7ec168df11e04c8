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


def test_a_tool_is_listed_by_itself(call, refused):
    code, printed, _ = call("scores", "--tool", "torch-pruning")
    assert code == 0 and printed.startswith("Torch-Pruning 1.6.1") and "0.8: 9  0.9: 0" in printed
    for function in mp.scores.tools.find_tool("torch-pruning").scores:
        assert f"\n{function.__name__}\n" in printed
        assert mp.scores.entry(function)["differs"] in " ".join(printed.split())
    assert "of 10" not in call("scores", "--tool", "captum")[1]
    assert 'did you mean "nncf"?' in refused("scores", "--tool", "ncf")
