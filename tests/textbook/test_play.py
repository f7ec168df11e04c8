"""The page to play with computes what NumPy computes, and needs nothing but itself."""

import json
import re
import shutil
import subprocess

import numpy as np
import pytest

import minprune as mp
from minprune.decisions import rules
from minprune.textbook import play

NODE = shutil.which("node") or shutil.which("nodejs")
BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome", "chrome"))), None)


@pytest.fixture(scope="module")
def content():
    """What a page holds, of networks that were trained for a moment."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(play, "EPOCHS", 30)
        patch.setattr(play, "SAMPLES", 60)
        return play.networks(seed=3, names=("rings",))


def javascript(code, given):
    """What `code`, a JavaScript expression of `core` and `given`, is worth."""
    program = f"{play.part('core.js')}\nconst given = {json.dumps(given)};\nconsole.log(JSON.stringify({code}));"
    found = subprocess.run([NODE, "-"], input=program, capture_output=True, text=True, encoding="utf-8", timeout=60)
    assert found.returncode == 0, found.stderr
    return json.loads(found.stdout)


def test_the_page_is_whole_and_asks_for_nothing_else(content):
    html = play.page(content)
    assert not re.findall(r"\[\[[A-Z]+\]\]", html)
    assert set(re.findall(r"https?://[^\"' ]+", html)) == {"http://www.w3.org/2000/svg"}     # a name, not an address
    assert not re.search(r"<(?:script|link|img|iframe)[^>]*(?:src|href)=|@import|url\(|fetch\(|XMLHttp|import\(", html)
    assert "default-src 'none'" in html and html.count("<script") == 3 == html.count("</script>")
    data = json.loads(re.search(r'id="data">(.*?)</script>', html, re.S)[1])
    assert data["data"] == content and data["retraining"] == play.RETRAINING
    named = set(re.findall(r'\$\("([\w-]+)"\)', html))
    assert named and named == named & set(re.findall(r'id="([\w-]+)"', html))


def test_points_and_numbers(content):
    assert all(set(np.unique(one["t"])) == {0, 1} and np.abs(one["x"]).max() < 2.1 for one in content.values())
    for name in play.DATA:
        x, t = play.points(name, seed=0)
        assert x.shape == (play.SAMPLES, 2) and t.mean() == 0.5 and np.abs(x).max() < 2.1 and (x == x.round(3)).all()
    assert f"means over the {play.SAMPLES} points" in play.part("page.html")
    assert f"makes {play.RETRAINING['steps']} steps of gradient descent" in play.part("page.html")
    assert play.numbers(np.array([1.0, np.inf])) == [1.0, None]
    known = content["rings"]["networks"]["relu"]["known"]
    assert [np.concatenate(one["alive"]).sum() for one in known] == [14, 10, 7]
    assert all(set(one["scores"]) == set(play.SCORES) for one in known)


@pytest.mark.skipif(NODE is None, reason="no node to run JavaScript")
def test_the_page_computes_what_numpy_computes(content):
    """All scores, outputs, the loss, ten steps of training; and a number that is wrong by 1e-5 is seen."""
    wrong = json.loads(json.dumps(content["rings"]))
    for net in wrong["networks"].values():
        net["known"][0]["scores"]["obd"][0][2] *= 1 + 1e-5
    check = """[given[0], given[1]].map(one => Object.values(one.networks).map(net =>
        net.known.map(known => core.compare(net, one, known))))"""
    right, seen = javascript(check, [content["rings"], wrong])
    assert all(one["count"] > 60 and one["worst"] < 1e-12 for net in right for one in net)
    assert all(1e-8 < net[0]["worst"] < 2e-5 and net[1]["worst"] < 1e-12 for net in seen)


REMOVING = """{
    once: core.removalOrder(given, given, core.SCORES.weight_norm, false).map(({ l, i }) => [l, i]),
    anew: core.removalOrder(given, given, core.SCORES.weight_norm, true).map(({ l, i }) => [l, i]),
    rho: core.spearman([1, 2, 2, 5], [3, 1, 4, 4]),
    sizes: given.alive.map(alive => core.parameters(given, alive)) }"""


@pytest.mark.skipif(NODE is None, reason="no node to run JavaScript")
def test_the_page_removes_in_the_order_of_decide():
    """With ties, to the last neuron of a layer, and scored anew after each removal; ρ, and the count of parameters."""
    x, t = play.points("moons", seed=1)
    net = mp.Network((2,), [mp.Dense(4, "relu"), mp.Dense(3, "relu"), mp.Dense(1)], seed=1)
    net["dense1"].W[2] = net["dense1"].W[0]                         # equal norms: the lower index goes first
    net["dense1"].W[3] *= 0.01                                      # the first to go, and nearly all that …
    net["dense2"].W[1] = [0.1, 0.1, 0.1, 3]                         # … this one reads: then it is the next
    keep = {"dense1": np.array([1, 0, 1, 1], bool), "dense2": np.array([0, 1, 0], bool)}
    found = javascript(REMOVING, {
        "x": x.tolist(), "t": t[:, 0].tolist(), "f": "relu", "W": [net[name].W.tolist() for name in net.neuron_layers],
        "b": [net[name].b.tolist() for name in net.neuron_layers],
        "alive": [[[True] * 4, [True] * 3], [stays.tolist() for stays in keep.values()]]})
    order, where = rules.removal_order(mp.score(net, "weight_norm", x, t, loss=play.LOSS))
    assert found["once"] == [[l, list(places).index(place)] for place in order
                             for l, places in enumerate(where.values()) if place in places] and len(order) == 5
    assert found["anew"] == greedy(net, x, t) != found["once"]
    assert found["rho"] == pytest.approx(np.corrcoef([1, 2.5, 2.5, 4], [2, 1, 3.5, 3.5])[0, 1])
    assert found["sizes"] == [sum(array.size for array in one.parameters().values())
                              for one in (net, mp.prune(net, keep))]


def greedy(net, x, t):
    """The neurons in the order in which they go if the rest is scored anew after each, [layer, index]."""
    keep, order = {name: np.ones(net[name].K, bool) for name in net.hidden_layers}, []
    while any(stays.sum() > 1 for stays in keep.values()):
        small = mp.prune(net, keep)
        going = mp.decide(mp.score(small, "weight_norm", x, t, loss=play.LOSS), remove=1)
        layer = next(name for name, stays in going.items() if not stays.all())
        index = int(np.flatnonzero(keep[layer])[~going[layer]][0])
        keep[layer][index] = False
        order.append([net.hidden_layers.index(layer), index])
    return order


@pytest.mark.skipif(BROWSER is None, reason="no browser of the Chromium family")
def test_a_browser_shows_it_and_checks_itself(content, tmp_path):
    page = tmp_path / "page.html"
    page.write_text(play.page(content), encoding="utf-8")
    found = subprocess.run([BROWSER, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--dump-dom",
                            f"--user-data-dir={tmp_path / 'profile'}", "--virtual-time-budget=2000",
                            f"{page.as_uri()}#data=rings&f=relu&by=removal&remove=4"],
                           capture_output=True, text=True, encoding="utf-8", timeout=120)
    html = found.stdout
    if "<body>" not in html:
        pytest.skip("the browser does not start here")
    assert float(re.search(r'data-worst="([^"]*)"', html)[1]) < 1e-6
    silent = re.findall(r'class="neuron silent" role="button"[^>]*aria-label="Neuron (\d) of layer (\d), silent"', html)
    assert len(silent) == 4 and html.count('role="button"') == 14
    known = content["rings"]["networks"]["relu"]["known"][1]                # these four, by `decide`
    assert sorted(silent) == sorted((str(i), str(l + 1)) for l, layer in enumerate(known["alive"])
                                    for i, stays in enumerate(layer) if not stays)
    shown = re.search(r"mean loss</th><td>[^<]*</td><td>([^<]*)</td>", html)[1]
    assert float(shown) == pytest.approx(known["loss"], rel=5e-3)
    lines = re.findall(r'<path d="M\d[^"]*" class="(chosen|truth|others)"', html)
    assert sorted(lines) == ["chosen", *["others"] * (len(play.SCORES) - 1), "truth"]
    assert re.search(r'<path d="M\d[^"]*" class="boundary"', html)
