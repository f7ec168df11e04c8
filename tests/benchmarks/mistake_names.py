"""How many of the plausible mistakes get their name: each kind is made in every true formula of the bank that has room.

    python tests/benchmarks/mistake_names.py [seeds] [trials]

A mistake is a change of the formula's text: a name, a sign, a factor, a sum is another, or a term is not there. What
is still true with it, and what no longer runs, is left out. A name is right if it is one of those that this kind may
have: a sum that is a mean, for example, is also off by the factor 1/P.
"""

import ast
import copy
import pathlib
import sys

import verification.true_formulas as bank
from minprune.verification.verify import verify

# ------------------------------------------------------------------------------------ the formulas


def true_formulas():
    """{name: (lambda as a tree, claim)} of the bank, in its order."""
    text = pathlib.Path(bank.__file__).read_text(encoding="utf-8")
    table = next(node.value for node in ast.parse(text).body
                 if isinstance(node, ast.Assign) and node.targets[0].id == "TRUE")
    trees = {key.value: value.elts[0] for key, value in zip(table.keys, table.values)}
    return {name: (tree, bank.TRUE[name][1]) for name, tree in trees.items()}


def compiled(tree):
    """The function of a lambda's tree, with the bank's names."""
    expression = ast.fix_missing_locations(ast.Expression(tree))
    return eval(compile(expression, "<mistake>", "eval"), vars(bank))


# -------------------------------------------------------------------------------------- the mistakes


def wherever(change):
    """The mistake that is made at one node after the other: change(node) returns the new node, or None."""
    def trees(tree):
        for place, node in enumerate(ast.walk(tree.body)):
            if change(copy.deepcopy(node)) is not None:
                yield replaced(tree, place, change)
    return trees


def replaced(tree, place, change):
    """The tree with the node at this place of the walk changed."""
    tree = copy.deepcopy(tree)
    target = list(ast.walk(tree.body))[place]

    class Swap(ast.NodeTransformer):
        def visit(self, node):
            return change(node) if node is target else self.generic_visit(node)

    tree.body = Swap().visit(tree.body)
    return asking(tree)


def asking(tree):
    """The lambda with the arguments that its body uses."""
    known = [one.arg for one in tree.args.args]
    used = {node.id for node in ast.walk(tree.body) if isinstance(node, ast.Name)}
    bound = {node.id for node in ast.walk(tree.body) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    names = [name for name in dict.fromkeys([*known, *sorted(used & ARRAYS)]) if name in used - bound]
    tree.args.args = [ast.arg(name) for name in names]
    return tree


ARRAYS = {"o", "z", "do", "dz", "x", "t", "y", "p", "W", "W_next", "do_next", "dz_next", "o_next", "z_next"}


def all_of(template):
    """The mistake template.format(the whole formula)."""
    def trees(tree):
        yield asking(ast.Lambda(copy.deepcopy(tree.args), ast.parse(template.format(ast.unparse(tree.body)),
                                                                    mode="eval").body))
    return trees


def name_for(one, other):
    """One array for another, wherever it stands alone."""
    return wherever(lambda node: ast.Name(other, ast.Load()) if is_name(node, one) else None)


def is_name(node, name):
    return isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Load)


def is_operation(node, kind):
    return isinstance(node, ast.BinOp) and isinstance(node.op, kind)


def without_second(kind, second):
    """a for a ∘ b, where b reads `second`."""
    return wherever(lambda node: node.left if is_operation(node, kind) and ast.unparse(node.right) == second else None)


def method_for(one, other):
    def change(node):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == one \
                and ast.unparse(node.func.value) != "np":
            node.func.attr = other
            return node
    return wherever(change)


def call_for(one, other):
    """other(a), or a itself for None, in place of a call of `one`."""
    def change(node):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == one:
            return node.args[0] if other is None else ast.Call(ast.parse(other, mode="eval").body, node.args, [])
    return wherever(change)


def text_for(one, other):
    """An expression for another one, as text; W**2 is found wherever it stands."""
    one, other = (ast.unparse(ast.parse(text, mode="eval").body) for text in (one, other))
    return wherever(lambda node: ast.parse(other, mode="eval").body
                    if isinstance(node, ast.expr) and ast.unparse(node) == one else None)


def axis_for(one, other):
    def change(node):
        if isinstance(node, ast.keyword) and node.arg == "axis" and ast.unparse(node.value) == str(one):
            node.value = ast.Constant(other)
            return node
    return wherever(change)


def transpose(node):
    """Wᵀ for W as the second factor of a matrix product, and W for Wᵀ."""
    if is_operation(node, ast.MatMult):
        right = node.right
        is_transposed = isinstance(right, ast.Attribute) and right.attr == "T"
        if ast.unparse(right).removesuffix(".T") in ("W", "W_next", "W_out"):
            node.right = right.value if is_transposed else ast.Attribute(right, "T", ast.Load())
            return node


def without_square(node):
    return node.left if is_operation(node, ast.Pow) and ast.unparse(node.right) == "2" else None


FACTOR = "off by the factor"
SLOPES = ("f′ missing", "f′ twice", "one f′ too many")
# {kind: (what makes the mistake, the beginnings of the names that it may have)}
KINDS = {
    "sign": (all_of("-({})"), ("wrong sign",)),
    "twice": (all_of("2 * ({})"), (FACTOR,)),
    "half": (all_of("({}) / 2"), (FACTOR,)),
    "any factor": (all_of("1.0003 * ({})"), (FACTOR,)),
    "absolute value": (all_of("np.abs({})"), ("absolute value",)),
    "no absolute value": (call_for("np.abs", None), ("the absolute value is missing", "absolute value")),
    "do for dz": (name_for("dz", "do"), SLOPES),
    "dz for do": (name_for("do", "dz"), SLOPES),
    "do_next for dz_next": (name_for("dz_next", "do_next"), SLOPES),
    "dz_next for do_next": (name_for("do_next", "dz_next"), SLOPES),
    "z for o": (name_for("o", "z"), ("z where o is meant", "o where z is meant")),
    "o for z": (name_for("z", "o"), ("f′ at o", "o where z is meant")),
    "o for x": (name_for("x", "o"), ("o where x is meant",)),
    "next for own": (name_for("W_next", "W"), ("the layer's own arrays",)),
    "sum for mean": (method_for("mean", "sum"), ("sum where the mean", FACTOR)),
    "mean for sum": (method_for("sum", "mean"), ("mean where the sum", FACTOR)),
    "without t": (without_second(ast.Sub, "t"), ("t forgotten",)),
    "plus t": (text_for("y - t", "y + t"), ("wrong sign of t",)),
    "plus t, softmax": (text_for("softmax(y) - t", "softmax(y) + t"), ("wrong sign of t",)),
    "plus t, σ": (text_for("sigmoid(y) - t", "sigmoid(y) + t"), ("wrong sign of t",)),
    "t − y": (text_for("y - t", "t - y"), ("wrong sign", "y and t exchanged")),
    "without softmax": (text_for("softmax(y) - t", "y - t"), ("the loss of another convention",)),
    "without σ": (text_for("sigmoid(y)", "y"), ("the loss of another convention",)),
    "σ for softmax": (call_for("softmax", "sigmoid"), ("the loss of another convention",)),
    "softmax for σ": (text_for("sigmoid(y)", "softmax(y)"), ("the loss of another convention",)),
    "a second slope": (text_for("softmax(y) - t", "(softmax(y) - t) * softmax(y) * (1 - softmax(y))"),
                       ("a second slope",)),
    "a second slope, σ": (text_for("sigmoid(y) - t", "(sigmoid(y) - t) * sigmoid(y) * (1 - sigmoid(y))"),
                          ("a second slope",)),
    "the Hessian's diagonal": (text_for("softmax(y) @ W_next**2 - (softmax(y) @ W_next)**2",
                                        "(softmax(y) * (1 - softmax(y))) @ W_next**2"), ("p (1 − p) for the whole",)),
    "the Hessian without p pᵀ": (without_second(ast.Sub, "(softmax(y) @ W_next) ** 2"), ("p for the whole Hessian",)),
    "the Jacobian's diagonal": (text_for("p[:, :, None] * (np.eye(p.shape[1]) - p[:, None])",
                                         "np.eye(p.shape[1]) * (p * (1 - p))[:, None]"), ("softmax's Jacobian",)),
    "transposed": (wherever(transpose), ("W for Wᵀ",)),
    "transposed result": (text_for("np.einsum('npi,npj->ij', dz, x)", "np.einsum('npi,npj->ji', dz, x)"),
                          ("transposed",)),
    "without bias": (without_second(ast.Add, "b"), ("bias forgotten",)),
    "no square": (wherever(without_square), ("the square is missing", "the square of one term",
                                             "tanh′ written as 1 − o")),
    "1 − o": (text_for("1 - o ** 2", "1 - o"), ("tanh′ written as 1 − o",)),
    "tanh′ with z": (text_for("1 - o ** 2", "1 - z ** 2"), ("z where o is meant",)),
    "tanh′ at o": (text_for("1 - o ** 2", "1 - np.tanh(o) ** 2"), ("f′ at o",)),
    "σ′ for tanh′": (text_for("1 - o ** 2", "o * (1 - o)"), ("sigmoid′ where tanh′",)),
    "relu′ for tanh′": (text_for("1 - o ** 2", "(o > 0)"), ("relu′ where tanh′",)),
    "tanh′ for σ′": (text_for("do * o * (1 - o)", "do * (1 - o ** 2)"), ("tanh′ where sigmoid′",)),
    "o for σ′": (text_for("do * o * (1 - o)", "do * o"), ("sigmoid′ written as o",)),
    "1 − o for σ′": (text_for("do * o * (1 - o)", "do * (1 - o)"), ("sigmoid′ written as 1 − o",)),
    "relu′ for leaky": (text_for("np.where(z > 0, 1, 0.01)", "(z > 0)"), ("relu′ where leaky_relu′",)),
    "leaky for relu′": (text_for("do * (z > 0)", "do * np.where(z > 0, 1, 0.01)"), ("leaky_relu′ where relu′",)),
    "minus f″": (text_for("do * (-2 * o * (1 - o ** 2))", "do * (2 * o * (1 - o ** 2))"), ("wrong sign in one term",)),
    "no f″": (without_second(ast.Add, "do * (-2 * o * (1 - o ** 2))"), ("f″ left out",)),
    "no f″ in W": (without_second(ast.Sub, "do * (2 * o * (1 - o ** 2))"), ("f″ left out",)),
    "no f″ above": (without_second(ast.Sub, "(y - t) * (2 * y * (1 - y ** 2))"), ("f″ left out",)),
    "no γ": (without_second(ast.Mult, "gamma"), ("γ of batch norm",)),
    "no σ": (without_second(ast.Div, "np.sqrt(var + 1e-05)"), ("1/σ of batch norm",)),
    "var for σ": (text_for("np.sqrt(var + 1e-5)", "(var + 1e-5)"), ("var for √var",)),
    "no ε": (text_for("var + 1e-5", "var"), ("ε of batch norm",)),
    "no γ/σ": (text_for("dz * gamma / np.sqrt(var + 1e-05)", "dz"), ("γ/σ of batch norm",)),
    "no β": (without_second(ast.Add, "beta"), ("β of batch norm",)),
    "no mean": (without_second(ast.Sub, "mean"), ("the mean of batch norm",)),
    "z for â": (name_for("a_hat", "z"), ("z where â",)),
    "kernel flipped": (text_for("kernel", "kernel[:, ::-1, ::-1]"), ("kernel flipped",)),
    "spread": (text_for("np.where(o == o.max(axis=1, keepdims=True), dz_next @ W_next, 0)",
                        "np.repeat(dz_next @ W_next, o.shape[1], 1)"), ("the gradient of max pooling",)),
    "along 0": (axis_for(1, 0), ("wrong axis", "the sum over the batch", "samples of the batch")),
    "the batch mean": (all_of("np.broadcast_to(np.mean({0}, axis=0), np.shape({0}))"), ("the batch mean",)),
    "the first path": (text_for("dz_next @ W_next", "dz_next[:, :, :1] * W_next[:1]"), ("only one of several paths",)),
    "reciprocal": (all_of("1 / ({})"), ("a reciprocal",)),
    "squared": (all_of("({}) ** 2"), ("squared",)),
}


def mistakes(kinds=None):
    """Yield (kind, name of the formula, the false function, claim, the names that it may have)."""
    for kind in KINDS if kinds is None else kinds:
        make, names = KINDS[kind]
        for formula, (tree, claim) in true_formulas().items():
            if "equals" in claim and (kind != "the batch mean" or claim["equals"] in ("dL/do", "dL/dz")):
                for wrong in make(tree):
                    yield kind, formula, wrong, claim, names


# -------------------------------------------------------------------------------------- measuring


def named(wrong, claim, names, trials, seed):
    """"right", "no name", "wrong: …", or None for a formula that is still true or gives nothing to compare."""
    try:
        verdict = verify(compiled(wrong), **claim, trials=trials, seed=seed)
    except ValueError:
        return None
    if verdict.holds or verdict.problem is not None and "wrong axis" not in names and "W for Wᵀ" not in names:
        return None
    if verdict.mistake is None:
        return "no name"
    return "right" if verdict.mistake.name.startswith(names) else f"wrong: {verdict.mistake.name}"


def main(seeds="3", trials="40"):
    found = []
    for kind, formula, wrong, claim, names in mistakes():
        for seed in range(int(seeds)):
            result = named(wrong, claim, names, int(trials), seed)
            if result is not None:
                found.append(result)
            if result not in (None, "right"):
                print(f"{kind} in {formula}, seed {seed}: {result}    {ast.unparse(wrong)}")
    counts = {text: sum(result.startswith(text) for result in found) for text in ("right", "no name", "wrong")}
    print(f"{len(found)} verdicts on false formulas: " + ", ".join(
        f"{count} {text} ({count / len(found):.1%})" for text, count in counts.items()))


if __name__ == "__main__":
    sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))
    main(*sys.argv[1:])
