"""Augmentation: what a network sees in place of a mini-batch while it trains, drawn anew for each of them.

An augmentation is an object with settings, which `fit(…, augment=Shift(2))` calls as augment(x, rng) -> x of the same
shape. All randomness comes from `rng`, so the same seed gives the same bits.
"""

from dataclasses import dataclass

import numpy as np

from ..engine.checks import check_count, check_real


@dataclass(frozen=True)
class Shift:
    """Move each image by whole pixels, up to `pixels` in each direction; zeros enter at the edge.

    x′[n, i, j] = x[n, i − a_n, j − b_n], 0 outside;  a_n, b_n uniform on −pixels … pixels, drawn for each image.

    x: images (N, H, W, C), H and W larger than `pixels`; ValueError otherwise.
    """

    pixels: int

    def __post_init__(self):
        check_count("pixels", self.pixels, least=0)

    def __call__(self, x, rng):
        if x.ndim != 4 or min(x.shape[1:3]) <= self.pixels:
            raise ValueError(f"{self} expects images (N, H, W, C) of more than {self.pixels} × {self.pixels} pixels, "
                             f"got shape {x.shape}")
        return shift(x, *rng.integers(-self.pixels, self.pixels + 1, (2, len(x))))


def shift(x, down, right):
    """Image n moved by down[n] pixels down and right[n] to the right (up and left if negative); zeros enter."""
    N, H, W, _ = x.shape
    most = max(np.abs(down).max(initial=0), np.abs(right).max(initial=0))
    padded = np.pad(x, ((0, 0), (most, most), (most, most), (0, 0)))
    rows = most + np.arange(H) - down[:, np.newaxis]                # (N, H): where each row comes from
    columns = most + np.arange(W) - right[:, np.newaxis]
    return padded[np.arange(N)[:, np.newaxis, np.newaxis], rows[:, :, np.newaxis], columns[:, np.newaxis, :]]


@dataclass(frozen=True)
class Noise:
    """Add Gaussian noise of this standard deviation, in the units of x: x′ = x + deviation · ε,  ε ~ N(0, 1)."""

    deviation: float

    def __post_init__(self):
        check_real("deviation", self.deviation, least=0)

    def __call__(self, x, rng):
        return x + (self.deviation * rng.standard_normal(x.shape)).astype(x.dtype)


@dataclass(frozen=True)
class Chain:
    """Several augmentations one after the other, in this order: Chain((Shift(2), Noise(0.1)))."""

    parts: tuple

    def __post_init__(self):
        if not isinstance(self.parts, (list, tuple)) or not all(callable(part) for part in self.parts):
            raise TypeError(f"Chain expects a list of functions augment(x, rng), got {self.parts!r}")
        object.__setattr__(self, "parts", tuple(self.parts))        # a list could change later

    def __call__(self, x, rng):
        for augment in self.parts:
            x = augment(x, rng)
        return x
