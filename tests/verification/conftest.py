"""What all tests of verdicts share: the random networks, which are drawn once for all of them."""

import pytest

from verification.drawing import drawn_once


@pytest.fixture(autouse=True)
def with_networks_drawn_once(monkeypatch):
    drawn_once(monkeypatch)
