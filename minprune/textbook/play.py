"""The page to play with: small trained networks on points of the plane, in one HTML file that needs nothing else.

The page computes everything itself, in JavaScript (`page/core.js`): outputs, loss, scores, training. So that nobody has
to believe it, the file holds what this package computes for the same networks, and the page compares the two when it
opens.
"""

import json
import pathlib
import warnings

import numpy as np

from ..decisions import decide
from ..engine import storage
from ..engine.checks import check_known
from ..engine.dense import Dense
from ..engine.network import Network
from ..engine.optimizers import SGD, Adam
from ..evaluation import evaluate
from ..pruning import prune
from ..scoring import score
from ..training import fit

LOSS = "binary_cross_entropy"
SAMPLES = 200
HIDDEN = (8, 6)                     # neurons of the two hidden layers
ACTIVATIONS = ("relu", "tanh")
EPOCHS = 200
RETRAINING = {"rate": 0.05, "momentum": 0.9, "steps": 100}          # of the page's button
SCORES = ("removal", "taylor", "gradient", "reciprocal_gradient", "sensitivity", "influence", "obd", "weight_norm")
PARTS = pathlib.Path(__file__).parent / "page"


# ------------------------------------------------------------------------------------- data


def moons(rng, t):
    """Two half circles that reach into each other."""
    angle = rng.uniform(0, np.pi, len(t))
    side = np.where(t == 0, 1, -1)
    x = np.stack([side * np.cos(angle) - side * 0.5, side * np.sin(angle) - side * 0.25], axis=1)
    return x + rng.normal(0, 0.16, x.shape)


def rings(rng, t):
    """A disc, and a ring around it."""
    radius = np.where(t == 0, 1.3, 0.5) + rng.normal(0, 0.16, len(t))
    return around(radius, rng.uniform(0, 2 * np.pi, len(t)))


def spirals(rng, t):
    """Two arms, each turned by half a circle against the other."""
    turn = np.sqrt(rng.uniform(0.02, 1, len(t)))
    return around(1.6 * turn, 2.25 * np.pi * turn + np.pi * t) + rng.normal(0, 0.06, (len(t), 2))


def around(radius, angle):
    return np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)


DATA = {"moons": moons, "rings": rings, "spirals": spirals}


def points(name, seed):
    """x (N, 2), to three decimals, and t (N, 1), half of them 0 and half 1."""
    check_known("data", name, DATA)
    t = np.arange(SAMPLES) % 2
    return DATA[name](np.random.default_rng(seed), t).round(3), t[:, np.newaxis].astype(float)


# ------------------------------------------------------------------------------------- networks


def train(x, t, activation, seed):
    net = Network((2,), [Dense(HIDDEN[0], activation), Dense(HIDDEN[1], activation), Dense(1)], seed=seed)
    fit(net, x, t, loss=LOSS, optimizer=Adam(2e-2), epochs=EPOCHS, batch_size=100, seed=seed, progress=False)
    return net


def described(net, x, t):
    """A network as the page has it, and what NumPy computes for it: whole, with some of its neurons silent."""
    hidden = net.hidden_layers
    everyone = {name: np.ones(net[name].K, bool) for name in hidden}
    # What goes: nobody; the four that matter least; half of each layer, by index.
    choices = [everyone, decide(scores_of(net, x, t, ("removal",))["removal"], remove=4),
               {name: np.arange(net[name].K) % 2 == 0 for name in hidden}]
    return {"f": net[hidden[0]].f.name, "W": [net[name].W.tolist() for name in net.neuron_layers],
            "b": [net[name].b.tolist() for name in net.neuron_layers],
            "known": [known(net, keep, x, t) for keep in choices]}


def known(net, keep, x, t, steps=10):
    """What the page has to find for a choice of who stays: see `compare` in core.js."""
    small, corners = prune(net, keep), np.array(np.meshgrid([-2, -0.5, 1], [-2, -0.5, 1])).reshape(2, -1).T
    now = evaluate(small, x, t, LOSS, latency=False)
    found = scores_of(small, x, t, SCORES)
    y = small.predict(corners)[:, 0]
    training = {**RETRAINING, "steps": steps}
    fit(small, x, t, loss=LOSS, optimizer=SGD(training["rate"], training["momentum"]), epochs=steps, batch_size=len(x),
        seed=0, progress=False)
    return {"alive": [stays.tolist() for stays in keep.values()], "points": corners.tolist(), "y": y.tolist(),
            "loss": now.test_loss, "right": now.test_accuracy, "training": training,
            "trained": evaluate(small, x, t, LOSS, latency=False).test_loss,
            "scores": {name: [numbers(one) for one in layers.values()] for name, layers in found.items()}}


def scores_of(net, x, t, names):
    """{score: {layer: (K,)}}."""
    with warnings.catch_warnings():                     # of reciprocal_gradient, which ranks backwards
        warnings.simplefilter("ignore")
        return {name: score(net, name, x, t, loss=LOSS) for name in names}


def numbers(values):
    """The values as JSON has them: null for what is infinite."""
    return [value if np.isfinite(value) else None for value in values.tolist()]


def networks(seed=0, names=tuple(DATA)):
    """Points and trained networks: {data: {"x", "t", "networks": {activation: network}}}."""
    found = {}
    for name in names:
        x, t = points(name, seed)
        found[name] = {"x": x.tolist(), "t": t[:, 0].tolist(),
                       "networks": {f: described(train(x, t, f, seed), x, t) for f in ACTIVATIONS}}
    return found


# ------------------------------------------------------------------------------------- page


def page(content):
    """The HTML of the page for these networks, as `networks` returns them."""
    data = json.dumps({"data": content, "retraining": RETRAINING}, allow_nan=False).replace("<", "\\u003c")
    html = part("page.html")
    for mark, text in (("STYLE", part("page.css")), ("DATA", data), ("CORE", part("core.js")),
                       ("DRAWING", part("drawing.js")), ("SHOWING", part("showing.js")),
                       ("PAGE", part("page.js"))):
        html = html.replace(f"[[{mark}]]", text, 1)
    return html


def part(name):
    return (PARTS / name).read_text(encoding="utf-8")


def write(path, seed=0):
    """Train the networks and write the page to the file `path`; return its path."""
    path = pathlib.Path(path)
    if path.suffix.lower() not in (".html", ".htm"):
        raise ValueError(f"a page expects a file NAME.html, got {str(path)!r}")
    html = page(networks(seed))
    with storage.atomic(path, "t") as file:
        file.write(html)
    return path
