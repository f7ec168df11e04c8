"""`minprune play`: the page, written."""

import json
import re

import pytest

from minprune.textbook import play


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """One network a data set, hardly trained."""
    monkeypatch.setattr(play, "EPOCHS", 1)
    monkeypatch.setattr(play, "SAMPLES", 20)
    monkeypatch.setattr(play, "ACTIVATIONS", ("tanh",))


def test_it_writes_one_page(call, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert call("play") == (0, "play.html: open it in a browser\n", "")
    assert call("play", "--out", "other.html", "--seed", "1")[0] == 0
    pages = [(tmp_path / name).read_text(encoding="utf-8") for name in ("play.html", "other.html")]
    content = [json.loads(re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.S)[1])["data"]
               for page in pages]
    assert [*content[0]] == ["moons", "rings", "spirals"] and content[0] != content[1]


def test_what_cannot_be_written(refused, tmp_path):
    assert "a page expects a file NAME.html, got 'play.txt'" in refused("play", "--out", "play.txt")
    assert "there is no folder" in refused("play", "--out", str(tmp_path / "none" / "play.html"))
    assert "--seed: expects a whole number at least 0, got 'x'" in refused("play", "--seed", "x")
