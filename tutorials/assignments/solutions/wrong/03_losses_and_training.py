"""Wrong solutions of assignment 3, each with one mistake: `minprune grade` must take away the points of one task.

(the task, a part of the solved source, the wrong code in its place, a regular expression for the feedback)
"""

WRONG = [
    ("softmax", "np.exp(y - y.max(axis=1, keepdims=True))\n", "np.exp(y)\n", "e\\^y overflows"),
    ("softmax", "e / e.sum(axis=1, keepdims=True)", "e / e.sum()", "over all numbers, not over each row"),
    ("softmax", "e / e.sum(axis=1, keepdims=True)", "e / e.sum(axis=0)", "the sum goes over the samples, not"),
    ("softmax", "np.exp(y - y.max(axis=1, keepdims=True))\n", "np.exp(y - y.max())\n", "largest of all logits"),
    ("cross_entropy", "np.log(np.exp(y).sum(axis=1)) - y[np.arange(len(y)), t]",
     "(np.log(np.exp(y).sum(axis=1)) - y[np.arange(len(y)), t]).mean()", "mean over the samples"),
    ("cross_entropy", "np.log(np.exp(y).sum(axis=1)) - y", "-np.log(np.exp(y).sum(axis=1)) + y", "sign is wrong"),
    ("cross_entropy", "    y = y - y.max(axis=1, keepdims=True)\n", "", "infinite|inf"),
    ("cross_entropy", "    y = y - y.max(axis=1, keepdims=True)\n",
     "    return -np.log(softmax(y))[np.arange(len(y)), t]\n", "a probability of 0 has no logarithm"),
    ("cross_entropy_gradient", "dy[np.arange(len(y)), t] -= 1\n    return dy",
     "dy[np.arange(len(y)), t] -= 1\n    return dy / len(y)", "divided by the number of samples, and"),
    ("cross_entropy_gradient", "    dy[np.arange(len(y)), t] -= 1\n", "", "the target is not subtracted"),
    ("cross_entropy_gradient", "dy = softmax(y)", "dy = y", "wrong in"),
    ("cross_entropy_gradient", "dy[np.arange(len(y)), t] -= 1", "dy[:, t] -= 1", "takes whole columns"),
    ("momentum_step", "w - rate * v, v", "w + rate * v, v", "uphill"),
    ("momentum_step", "momentum * v + g +", "momentum * v + (1 - momentum) * g +", "wrong in"),
    ("momentum_step", " + weight_decay * w", "", "weight decay is missing"),
    ("momentum_step", "    v = momentum * v + g", "    v *= momentum\n    v += g", "changed its input v"),
    ("train", "t) / len(x)", "t)", "mean over the samples, not the sum"),
    ("train", "W - rate * dy.T @ x", "W + rate * dy.T @ x", "wrong in"),
    ("train", "range(steps)", "range(1)", "only one step"),
    ("train", "range(steps)", "range(steps + 1)", "one step too many"),
    ("train", "range(steps)", "range(1, steps)", "one step too few"),
    ("train", "        W, b = W - rate * dy.T @ x, b - rate * dy.sum(axis=0)\n",
     "        W -= rate * dy.T @ x\n        b -= rate * dy.sum(axis=0)\n", "changed its input W and b"),
]
