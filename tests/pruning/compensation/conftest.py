"""Networks to compensate in."""

import pytest


@pytest.fixture
def any_network(random_network, random_residual):
    """A random network, of layers one after the other or with Residual blocks."""
    return lambda kind, seed: random_network(seed) if kind == "plain" else random_residual(seed)
