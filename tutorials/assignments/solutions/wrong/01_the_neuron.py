"""Wrong solutions of assignment 1, each with one mistake: `minprune grade` must take away the points of one task.

(the task, a part of the solved source, the wrong code in its place, a regular expression for the feedback)
"""

WRONG = [
    ("pre_activation", "x @ W.T + b\n", "x @ W.T\n", "Most likely: the bias is forgotten"),
    ("pre_activation", "x @ W.T + b\n", "x @ W + b\n", "given x .*raised ValueError: .*line 11: return x"),
    ("activation_gradient", "do * o * (1 - o)", "do", "Most likely: f′ is missing"),
    ("activation_gradient", "do * o * (1 - o)", "do * z * (1 - z)", "Most likely: σ′ = o"),
    ("activation_gradient", "do * o * (1 - o)", "do * o", "wrong in 20 of 20"),
    ("activation_gradient", "do * o * (1 - o)", "do * (1 - o ** 2)", "wrong in 20 of 20"),
    ("activation_gradient", "do * o * (1 - o)", "do * (z > 0)", "wrong in 20 of 20"),
    ("activation_gradient", "do * o * (1 - o)", "o * (1 - o)", "Most likely: do is missing"),
    ("parameter_gradients", "dz.T @ x, dz.sum(axis=0)", "x.T @ dz, dz.sum(axis=0)", "value 1: expected shape"),
    ("parameter_gradients", "dz.T @ x, dz.sum(axis=0)", "dz.T @ x / len(x), dz.mean(axis=0)", "mean over the s"),
    ("parameter_gradients", "dz.T @ x, dz.sum(axis=0)", "-dz.T @ x, dz.sum(axis=0)", "in value 1, the sign is wrong"),
    ("parameter_gradients", "dz.T @ x, dz.sum(axis=0)", "dz.T @ x, dz.sum(axis=1)", "returned value 2:"),
    ("parameter_gradients", "dz.T @ x, dz.sum(axis=0)", "dz.T @ x", "expected 2 values to be returned, got nda"),
    ("input_gradient", "return dz @ W\n", "return dz @ W / len(dz)\n", "divided by the number of samples"),
    ("input_gradient", "return dz @ W\n", "return (dz @ W).sum(axis=0)\n", "expected shape"),
    ("hidden_gradient", "input_gradient(y - t, W2)", "input_gradient(t - y, W2)", "t − y in place of y − t"),
    ("hidden_gradient", "(y - t, W2)", "(y - t, W2) * o1 * (1 - o1)", "f′ does not belong here"),
    ("hidden_gradient", "(y - t, W2)", "(2 * (y - t), W2)", "without a factor 2"),
]
