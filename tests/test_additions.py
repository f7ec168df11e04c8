"""The recipes of tutorials/contributing.md, each made for real in one place of a copy of the package."""

import functools
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).parent.parent
PAGE = ROOT / "tutorials" / "contributing.md"


@functools.lru_cache(maxsize=None)
def recipes():
    """{title: [(path, lines)]} of the diff blocks under each heading."""
    parts = re.split(r"^### (.*)$", PAGE.read_text(encoding="utf-8"), flags=re.M)
    found = {}
    for title, text in zip(parts[1::2], parts[2::2]):
        blocks = re.findall(r"^```diff\n(\S+)\n(.*?)^```", text, re.M | re.S)
        found[title] = [(path, lines.splitlines()) for path, lines in blocks]
    return found


def apply(root, path, lines):
    """Put the added lines before and after the one context line; at the end of the file, or of a new one, without it."""
    file = root / path
    old = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
    place = next((place for place, line in enumerate(lines) if line.startswith(" ")), len(lines))
    before, context, after = lines[:place], lines[place:place + 1], lines[place + 1:]
    new = [line[1:] for line in before]
    if context:
        at = next(at for at, line in enumerate(old) if line.startswith(context[0][1:]))
        rest = old[at].removeprefix(context[0][1:])             # of a line that is shown in part
        new = [*old[:at], *new, context[0][1:], *(line[1:] for line in after), *([rest] if rest else []), *old[at + 1:]]
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("\n".join(new) + "\n", encoding="utf-8")


START = """
import numpy as np
import minprune as mp
rng = np.random.default_rng(0)
"""

PROGRAMS = {     # of each recipe, with what is printed
    "An activation": ("""
f = mp.ACTIVATIONS["softsign"]
z = np.linspace(-2, 2, 9) + 0.1
assert np.allclose(f.derivative(z), mp.finite_difference(lambda z: f(z).sum(), z.copy()), atol=1e-8)
assert np.allclose(f.second(z), mp.finite_difference(lambda z: f.derivative(z).sum(), z.copy()), atol=1e-8)
net = mp.Network(3, [mp.Dense(5, "softsign"), mp.Dense(4, "softsign"), mp.Dense(2)])
x, t = rng.normal(size=(6, 3)), rng.normal(size=(6, 2))
assert mp.check_gradients(net, x, t, "mse").worst < 1e-6
for score in ("taylor", "obd", "taylor_second_order", "grasp", "deeplift", "removal"):
    mp.score(net, score, x, t, "mse")
net.copy(), mp.merge(net, {"dense1": np.arange(5) < 3})
verdict = mp.verify(lambda do: do, equals="dL/dz", where={"activation": "softsign"}, trials=20)
assert not verdict
print(verdict.counterexample.net["dense1"].f.name)
""", "softsign\n"),
    "A loss": ("""
net = mp.Network(3, [mp.Dense(5, "tanh"), mp.Dense(2)])
x, t = rng.normal(size=(6, 3)), rng.normal(size=(6, 2))
assert mp.check_gradients(net, x, t, "log_cosh").worst < 1e-6
for score in ("taylor", "obd", "obs", "taylor_second_order", "removal"):
    mp.score(net, score, x, t, "log_cosh")
mp.fit(net, x, t, "log_cosh", epochs=2, progress=False)
verdict = mp.verify(lambda do: 2 * do, equals="dL/do", where={"loss": "log_cosh"}, trials=20)
print(verdict.counterexample.headline().split(", ")[-1])
""", "ℓ = Σ log cosh(y − t):\n"),
    "A layer": ("""
net = mp.Network(4, [mp.Dense(5, "tanh"), mp.Center(), mp.Dense(3, "tanh"), mp.Dense(2)])
x, t = rng.normal(size=(6, 4)), rng.normal(size=(6, 2))
assert mp.check_gradients(net, x, t, "mse").worst < 1e-6
net.save("net.npz")
assert np.array_equal(mp.Network.load("net.npz").predict(x), net.predict(x))
mp.score(net, "removal", x, t, "mse")
try:
    mp.prune(net, {"dense1": np.arange(5) < 3})
except ValueError as refusal:
    print(str(refusal)[:16])
""", 'Center "center1"\n'),
    "A score": ("""
import io, contextlib
from minprune.cli.main import main
net = mp.Network((4, 4, 1), [mp.Conv2D(3, 2, "relu"), mp.Flatten(), mp.Dense(2)])
x = rng.normal(size=(5, 4, 4, 1))
o = net.forward(x)["conv1"].o
assert np.allclose(mp.score(net, "activation_max", x)["conv1"], o.max(axis=(1, 2)).mean(axis=0))
text = io.StringIO()
with contextlib.redirect_stdout(text):
    main(["scores", "activation_max"])
print("I_i = mean_n max_p o_npi" in text.getvalue())
""", "True\n"),
    "A picture": ("""
from minprune import plots
plots.save(mp.plots.weights(mp.Network(3, [mp.Dense(4), mp.Dense(2)])), "weights.png")
print(open("weights.png", "rb").read(4)[1:].decode())
""", "PNG\n"),
    # APoZ, the share of zeros, where the share of activity is meant.
    "A named mistake": ("""
def share_of_zeros(o):
    return (o == 0).mean(axis=(0, 1))

def share_of_activity(o):
    return (o > 0).mean(axis=(0, 1))

print(mp.verify(share_of_zeros, equals=share_of_activity, where={"activation": "relu"}, trials=20).mistake)
""", "the complement: 1 − share_of_zeros holds (on all 20 networks)\n"),
    "An assignment": ("""
open("mine.py", "w").write("ASSIGNMENT = '11_a_square'\\n\\ndef slope(w):\\n    return 2 * w\\n")
print(mp.grade("mine.py").points)
""", "2\n"),
}


def in_one_process(programs):
    """A program that runs these, each with names of its own, and prints a line of JSON: what each printed, or the error
    that ended it."""
    return f"""
import contextlib, io, json, traceback
results = {{}}
for title, code in {programs!r}.items():
    printed = io.StringIO()
    try:
        with contextlib.redirect_stdout(printed):
            exec(code, {{"__name__": "__main__"}})
        results[title] = printed.getvalue()
    except Exception:
        results[title] = traceback.format_exc()
print(json.dumps(results))
"""


@pytest.fixture(scope="module")
def printed(tmp_path_factory):
    """{title: what its program prints} in a copy of the package where all the additions have been made."""
    root = tmp_path_factory.mktemp("additions")
    for folder in ("minprune", "tutorials"):
        shutil.copytree(ROOT / folder, root / folder)           # what Python compiled as well, which saves a second
    for title in PROGRAMS:
        changes = recipes()[title]
        assert len(changes) == 1, title                         # one place
        apply(root, *changes[0])
    programs = {title: START + code for title, (code, _) in PROGRAMS.items()}
    done = subprocess.run([sys.executable, "-c", in_one_process(programs)], capture_output=True, text=True, cwd=root,
                          env={**os.environ, "PYTHONPATH": str(root)})
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("title", PROGRAMS)
def test_an_addition_in_one_place_is_enough(title, printed):
    assert printed[title] == PROGRAMS[title][1]


def test_additions_are_made_in_different_places():
    """So that what works where all have been made works where one has."""
    assert len({recipes()[title][0][0] for title in PROGRAMS}) == len(PROGRAMS)


def test_every_recipe_is_tried():
    assert set(PROGRAMS) | {"A command"} == set(recipes())
