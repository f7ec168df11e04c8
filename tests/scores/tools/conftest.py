"""Numbers that the released tools printed, and the networks that they printed them for.

`recorded.json` was written on 2026-11-28 by Torch-Pruning 1.6.1, PyTorch 2.13.0 (CPU), NNI 3.0, fasterai 0.4.1,
Model Compression Toolkit 2.6.1, torchao 0.18.0, Captum 0.9.0 and zennit 1.0.0, run on CPU with Python 3.11. It holds
three networks with their samples x and t, and what each tool gave, {tool: {score: {network: {layer: numbers}}}}; a
score with a setting is called "taylor:multivariable".

Added on 2026-11-29 by the same versions: "lamp_batch_norm"; "weight_norm_sparsifier", which is what the sparsifier
ranks; "slim:5 steps" (regular_scale 0.01) and "movement:5 steps" with batches of two samples and an optimizer of rate
0; and "lfh:both outputs", for which each vector of signs was drawn equally often instead of at random.
"""

import json
import pathlib

import numpy as np
import pytest

import minprune as mp

NUMBERS = json.loads((pathlib.Path(__file__).parent / "recorded.json").read_text())
LAYERS = {
    "dense": lambda: ((3,), [mp.Dense(4, "relu"), mp.Dense(3, "tanh"), mp.Dense(2)]),
    "conv": lambda: ((3, 3, 2), [mp.Conv2D(3, 2, "relu"), mp.Conv2D(4, 1, "relu"), mp.Flatten(), mp.Dense(2)]),
    "conv_bn": lambda: ((3, 3, 2), [mp.Conv2D(3, 2, "relu", batch_norm=True), mp.Conv2D(4, 1, "relu", batch_norm=True),
                                    mp.Flatten(), mp.Dense(2)]),
}


class Recorded:
    """One network, its samples x and t, and what a tool printed for it."""

    def __init__(self, kind):
        self.kind, self.net, arrays = kind, mp.Network(*LAYERS[kind](), seed=0), NUMBERS["networks"][kind]
        self.x, self.t = np.array(arrays["x"]), np.array(arrays["t"])
        for name, layer in self.net.layers.items():
            for key in layer.parameters() | layer.arrays():
                if f"{name}.{key}" in arrays:
                    setattr(layer, key, np.array(arrays[f"{name}.{key}"]))

    def printed(self, tool, score):
        """{layer: what the tool printed}."""
        return {name: np.array(numbers) for name, numbers in NUMBERS["printed"][tool][score][self.kind].items()}

    def agrees(self, function, tool, score, tolerance=1e-6, **settings):
        """Whether `mp.score` of the function gives what the tool printed, relative to the layer's largest number."""
        scores, printed = mp.score(self.net, function, self.x, self.t, "mse", **settings), self.printed(tool, score)
        return all(np.abs(scores[name] - array).max() <= tolerance * np.abs(array).max()
                   for name, array in printed.items())


@pytest.fixture
def recorded():
    return {kind: Recorded(kind) for kind in LAYERS}
