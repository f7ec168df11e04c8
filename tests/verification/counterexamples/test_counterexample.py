"""The text of a counterexample: all that it prints follows from its weights, x and t. (test_bank.py measures anew.)"""

import ast
import json
import re

import numpy as np
import pytest

import minprune as mp
from minprune.verification.verify import verify

pytestmark = pytest.mark.usefixtures("search_only")


def minus_chain_rule(dz_next, W_next):
    return -dz_next @ W_next


def test_it_is_printed_so_that_it_can_be_redone_on_paper():
    first, rest = str(verify(minus_chain_rule, "dL/do", trials=20).counterexample).split("\n", 1)
    assert first == ("The smallest counterexample found, dense1 of a network 1 → 1 → 1 on 1 sample, mse, "
                     "ℓ = ½ Σ (y − t)²:")
    assert rest == """\
  dense1: W = [[1]], b = [0], identity
  dense2: W = [[1]], b = [0], identity
  x = [[1]], t = [[0]]
  dense1: z = [[1]], o = [[1]]
  dense2: z = [[1]], o = [[1]]
  ℓ = [0.5]
  dL/do of dense1: claimed [[-1]], measured [[1]]"""


def test_batch_norm_is_described():
    verdict = verify(lambda dz, x: dz.transpose(0, 2, 1) @ x, "dL/dW", where={"batch_norm": True}, trials=10)
    example = verdict.counterexample
    assert ", γ = [" in str(example) and ", β = [" in str(example)


def test_a_dict_that_rebuilds_the_network():
    example = verify(minus_chain_rule, "dL/do", trials=20).counterexample
    read = json.loads(json.dumps(example.to_dict()))
    arrays = {name: np.array(values, float) for name, values in read["arrays"].items()}
    net = mp.Network.from_settings(read["settings"], arrays)
    np.testing.assert_array_equal(net.predict(np.array(read["x"])), example.net.predict(example.x))
    assert read["claimed"] == [[[-1]]] or read["claimed"] == example.claimed.tolist()
    assert read["layer"] == "dense1" and read["quantity"] == "dL/do" and read["problem"] is None


def test_no_zero_has_a_sign_in_json():
    example = verify(lambda o: -0.0 * o, equals=lambda o: o * 0 + 1, trials=10).counterexample
    assert "-0.0" not in json.dumps(example.to_dict()) and "-0" not in str(example)
    assert not np.signbit(example.claimed).any()


# ------------------------------------------------------- redone on paper: from the printed text, and nothing else

F = {"identity": lambda z: z, "relu": lambda z: max(z, 0.0), "leaky_relu": lambda z: z if z > 0 else 0.01 * z,
     "tanh": np.tanh, "sigmoid": lambda z: 1 / (1 + np.exp(-z)), "softplus": lambda z: np.log(1 + np.exp(z))}
LOSS = {"mse": lambda y, t: sum((a - b) ** 2 for a, b in zip(y, t)) / 2,
        "binary_cross_entropy": lambda y, t: sum(np.log(1 + np.exp(a)) - b * a for a, b in zip(y, t)),
        "cross_entropy": lambda y, t: -sum(b * (a - np.log(sum(np.exp(c) for c in y))) for a, b in zip(y, t))}


class Paper:
    """What a reader of the text has: weights, x and t. All else is computed from them, by loops."""

    def __init__(self, text):
        self.text = text
        head = re.search(r"found, (\w+) of a network ([\d →]+) on (\d+) samples?, (\w+),", text)
        self.layer, self.sizes, self.loss = head[1], [int(size) for size in head[2].split(" → ")], head[4]
        self.layers = {name: (ast.literal_eval(W), ast.literal_eval(b), f)
                       for name, W, b, f in re.findall(r"^  (\w+): W = (.*), b = (.*), (\w+)$", text, re.M)}
        self.x, self.t = (ast.literal_eval(array) for array in
                          re.search(r"^  x = (.*), t = (.*)$", text, re.M).groups())
        assert len(self.x) == int(head[3]) and list(map(len, self.weights())) == self.sizes[1:]

    def weights(self):
        return [W for W, _, _ in self.layers.values()]

    def forward(self, x, silent=None, epsilon=1.0, move=None):
        """{layer: (z, o)}, the output of one neuron taken away, multiplied by ε, or moved."""
        o, trace = x, {}
        for name, (W, b, f) in self.layers.items():
            z = [sum(w * o_j for w, o_j in zip(row, o)) + bias for row, bias in zip(W, b)]
            o = [F[f](z_i) for z_i in z]
            trace[name] = (z, o)
            if name == self.layer:
                i = silent[0] if silent else None
                factor = epsilon if silent and silent[1] == "louder" else 0.0
                o = [factor * o_j if j == i else o_j for j, o_j in enumerate(o)]
                if move:
                    o = [o_j + (move[1] if j == move[0] else 0.0) for j, o_j in enumerate(o)]
        return trace, o

    def losses(self, **changed):
        return [LOSS[self.loss](self.forward(x, **changed)[1], t) for x, t in zip(self.x, self.t)]

    def removal(self, i):
        """The mean over the samples."""
        return np.mean(np.subtract(self.losses(silent=(i, "silent")), self.losses()))

    def slope(self, i, h=1e-4):
        return np.subtract(self.losses(move=(i, h)), self.losses(move=(i, -h))) / (2 * h)

    def check(self):
        """The printed z, o and ℓ."""
        each = [self.forward(x)[0] for x in self.x]
        for name in self.layers:
            z, o = (ast.literal_eval(array) for array in
                    re.search(rf"^  {name}: z = (.*), o = (.*)$", self.text, re.M).groups())
            np.testing.assert_allclose(z, [trace[name][0] for trace in each], rtol=1e-4, atol=1e-9)
            np.testing.assert_allclose(o, [trace[name][1] for trace in each], rtol=1e-4, atol=1e-9)
        losses, *without = re.search(r"^  ℓ = (.*)$", self.text, re.M)[1].split(", without neuron ")
        np.testing.assert_allclose(ast.literal_eval(losses), self.losses(), rtol=1e-4, atol=1e-9)
        for i, text in enumerate(without):
            losses = ast.literal_eval(text.removeprefix(f"{i} of {self.layer} "))
            np.testing.assert_allclose(losses, self.losses(silent=(i, "silent")), rtol=1e-4, atol=1e-9)
        assert not re.search(r"-0[,\] ]|-0\.0\b|-0$", self.text, re.M)


def magnitude(W):
    return np.abs(W).sum(axis=1)


def taylor(o, do):
    return np.abs((o * do).sum(axis=1))


def paper_of(formula, equals=None, **claim):
    verdict = verify(formula, equals, **claim)
    assert not verdict
    paper = Paper(str(verdict.counterexample))
    paper.check()
    return paper


@pytest.mark.parametrize("formula, claim", [
    (lambda do: -do, {"equals": "dL/do"}), (lambda o: o, {"equals": "dL/do"}),
    (lambda o: o * 0, {"equals": "removal"}), (lambda o: -o * 0, {"approximates": "removal"}),
    (lambda dz: -dz, {"equals": "dL/dz", "where": {"activation": "tanh"}}),
    (lambda do: -do, {"equals": "dL/do", "where": {"loss": "cross_entropy", "activation": "softplus"}}),
    (lambda do: -do, {"equals": "dL/do", "where": {"loss": "binary_cross_entropy", "activation": "sigmoid"}}),
    (lambda do: do.sum(axis=0), {"equals": "dL/db"}), (lambda o: o, {"equals": lambda z: z}),
    (lambda do: -0.0 * do, {"equals": lambda do: do}), (lambda do: do[0], {"invariant": "sample order"}),
    (magnitude, {"invariant": "relu rescaling"}), (lambda o: o[:, :, 0], {"invariant": "neuron permutation"}),
    (lambda o: o - o.mean(axis=0), {"invariant": "batch size"}), (magnitude, {"ranks_like": "removal"}),
    (lambda W: np.log(W), {"equals": "dL/dW"}),
    (lambda W: W * np.arange(len(W))[:, None], {"invariant": "neuron permutation"}),
])
def test_z_o_and_the_loss_follow_from_the_printed_weights(formula, claim):
    paper = paper_of(formula, **claim, trials=20)
    assert sum(paper.sizes[1:]) <= 3 and len(paper.x) <= 2


RANKINGS = {"magnitude": (magnitude, "removal"), "magnitude, |removal|": (magnitude, "|removal|"),
            "gradients": (lambda do: np.abs(do).sum(axis=1), "removal"),
            "-taylor": (lambda o, do: -taylor(o, do), "|removal|"),
            "outputs": (lambda o: np.abs(o).sum(axis=1), "|removal|")}


@pytest.mark.parametrize("name", RANKINGS)
def test_a_ranking_is_wrong_on_two_neurons_for_everyone_to_see(name):
    formula, quantity = RANKINGS[name]
    paper = paper_of(formula, ranks_like=quantity, least=0.99, trials=20)
    assert paper.sizes[1:] == [2, 1] and len(paper.x) == 1 and paper.text.count(", without neuron ") == 2
    numbers, order = paper.text.splitlines()[-2:]
    scores, measured = (ast.literal_eval(array) for array in
                        re.search(r"gives (\[.*\]), .* is (\[.*\])\.", numbers).groups())
    removal = [abs(paper.removal(i)) if quantity[0] == "|" else paper.removal(i) for i in (0, 1)]
    np.testing.assert_allclose(measured, removal, rtol=1e-4)
    assert (scores[0] - scores[1]) * (removal[0] - removal[1]) < 0
    for values in (scores, removal):                                    # clearly
        assert abs(values[0] - values[1]) > 0.2 * np.abs(values).max()
    if name.startswith("magnitude"):
        np.testing.assert_allclose(scores, [abs(row[0]) for row in paper.layers[paper.layer][0]])
    low = int(np.argmin(removal))
    assert f"by their index: {low} < {1 - low} by {quantity}, {1 - low} < {low} by " in order


def test_a_ranking_that_puts_no_neuron_before_another():
    paper = paper_of(lambda W: np.ones(len(W)), ranks_like="removal", trials=10)
    assert paper.sizes[1:] == [2, 1] and "gives [1, 1], removal is [" in paper.text
    assert "none before the other by formula." in paper.text
    removal = [paper.removal(i) for i in (0, 1)]
    assert abs(removal[0] - removal[1]) > 0.2 * np.abs(removal).max()


def test_a_ranking_on_the_sizes_that_where_asks_for():
    verdict = verify(magnitude, ranks_like="removal", where={"neurons": 3, "samples": 2}, trials=30)
    example = verdict.counterexample
    assert example.net["dense1"].K == 3 and len(example.x) == 2
    assert ", the mean over the samples, is [" in str(example)
    paper = Paper(str(example))
    np.testing.assert_allclose(example.measured, [paper.removal(i) for i in range(3)], rtol=1e-9)
    assert verify(magnitude, ranks_like="removal", where={"neurons": 7}, trials=15).counterexample.net["dense1"].K == 7


@pytest.mark.parametrize("formula, order, slope, conclusion", [
    (taylor, 2, 2, "it is of order 1"),
    (lambda o, do: taylor(o, do) / 2, 1, 1, "no approximation, for a formula that is always 0 does as well"),
    (lambda o: 0 * o[:, 0], 2, 1, "no approximation, for a formula that is always 0 does as well"),
    (lambda o: np.abs(o).sum(axis=1), 1, 0, "no approximation, for a formula that is always 0 does better"),
])
def test_the_order_can_be_redone_on_paper(formula, order, slope, conclusion):
    paper = paper_of(formula, approximates="removal", order=order, trials=20)
    assert paper.sizes == [1, 1, 1] and len(paper.x) == 1
    rows = re.findall(r"^    ε = (\S+): .* (\S+), \|removal\| (\S+), error (\S+)$", paper.text, re.M)
    assert [row[0] for row in rows] == ["1", "1/64", "1/128"]
    errors = []
    for (_, claimed, removal, error), epsilon in zip(rows, (1, 1 / 64, 1 / 128)):
        louder = paper.losses(silent=(0, "louder"), epsilon=epsilon)[0]
        exact = abs(paper.losses(silent=(0, "silent"))[0] - louder)
        np.testing.assert_allclose(float(removal), exact, rtol=1e-6)
        np.testing.assert_allclose(float(error), abs(float(claimed) - exact), rtol=1e-3, atol=1e-9)
        errors.append(float(error))
    ratio, power = map(float, re.search(r"have the ratio (\S+) = 2\^(\S+), so that", paper.text).groups())
    np.testing.assert_allclose([ratio, 2 ** power], errors[1] / errors[2], rtol=2e-3)
    assert abs(power - slope) < 0.1 and f": {conclusion}.\n" in paper.text
    assert paper.text.endswith(f"Order {order} asks for the ratio 2^{order + 1} = {2 ** (order + 1)}.")
    removals = [float(row[2]) for row in rows]
    assert 1.9 < removals[1] / removals[2] < 2.1            # no special network, whose removal is of a higher order


def test_taylor_at_small_neurons_on_paper():
    """ε |o ∂ℓ/∂o|, with ∂ℓ/∂o taken at the neuron whose output is multiplied by ε."""
    paper = paper_of(taylor, approximates="removal", order=2, trials=20)
    claimed = [float(number) for number in re.findall(r"ε = \S+: taylor (\S+),", paper.text)]
    (_, o), = (paper.forward(paper.x[0])[0][paper.layer],)
    h = 1e-5
    for value, epsilon in zip(claimed, (1, 1 / 64, 1 / 128)):
        up, down = (paper.losses(silent=(0, "louder"), epsilon=epsilon * (1 + move))[0] for move in (h, -h))
        np.testing.assert_allclose(value, abs(up - down) / (2 * h), rtol=1e-6)


def test_several_samples_have_one_error():
    verdict = verify(lambda o, do: -taylor(o, do), approximates="removal", where={"samples": 2}, trials=20)
    text = str(verdict.counterexample)
    rows = re.findall(r"formula (\[.*?\]), removal (\[.*?\]), error (\S+)", text)
    assert len(rows) == 3 and "(each the root of the sum of squares over the samples)" in text
    for claimed, removal, error in rows:
        error_by_hand = np.linalg.norm(np.subtract(ast.literal_eval(claimed), ast.literal_eval(removal)))
        np.testing.assert_allclose(float(error), error_by_hand, rtol=1e-4)


def test_invariances_say_what_was_changed():
    def last_lines(formula, kind, **where):
        return paper_of(formula, invariant=kind, where=where or None, trials=15).text.splitlines()[-2:]

    assert last_lines(magnitude, "relu rescaling") == [
        "  magnitude of the neurons of dense1: [1]",
        "  magnitude with W and b of each neuron multiplied by [2], the weights that read it divided by it: [2]"]
    assert last_lines(lambda o: o - o.mean(axis=0), "batch size")[1] == \
        "  formula of each sample alone, one below the other: [[0], [0]]"
    first, second = last_lines(lambda o: np.abs(o).max(axis=(0, 1)), "batch size", samples=3)
    assert first.startswith("  formula of all 3 samples at once: [")
    assert second.startswith("  formula of the first sample, and of the other 2 together, averaged: [")
    first, second = last_lines(lambda o: o[:, 0] * np.arange(1, len(o) + 1)[:, None], "sample order", samples=2)
    assert first.startswith("  formula with the first two samples exchanged: [[")
    assert second.startswith("  what it gave before, in the new order: [[")
    assert last_lines(lambda o: o[0, 0], "sample order")[1].startswith("  what it gave before: [")
    first, second = last_lines(lambda W: W * np.arange(1, len(W) + 1)[:, None], "neuron permutation", neurons=2)
    assert first == ("  formula with the first two neurons of dense1 exchanged (in its arrays, and in the weights that "
                     "read it): [[1], [2]]")
    assert second == "  what it gave before, in the new order: [[2], [1]]"


def test_the_mean_of_the_parts_is_weighted_by_their_sizes():
    verdict = verify(lambda o: np.abs(o).max(axis=(0, 1)), invariant="batch size", where={"samples": 3}, trials=15)
    example = verdict.counterexample
    o = np.abs(example.net.forward(example.x)[example.layer].o)
    np.testing.assert_allclose(example.claimed, (o[0] + 2 * o[1:].max(axis=0)) / 3)
    np.testing.assert_allclose(example.measured, o.max(axis=0))
