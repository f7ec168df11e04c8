"""Wrong solutions of assignment 6, each with one mistake: `minprune grade` must take away the points of one task.

(the task, a part of the solved source, the wrong code in its place, a regular expression for the feedback)
"""

WRONG = [
    ("output_curvature", "p * (1 - p)", "p", "the probability itself"),
    ("output_curvature", "p * (1 - p)", "-p * (1 - p)", "the sign is wrong"),
    ("weight_curvature", "h.T @ x ** 2 / len(x)", "h.T @ x ** 2", "it is the sum over the samples"),
    ("weight_curvature", "h.T @ x ** 2 / len(x)", "h.T @ x / len(x)", "x is not squared"),
    ("weight_curvature", "h.T @ x ** 2 / len(x)", "(h.T @ x) ** 2 / len(x)", "wrong in"),
    ("change_to_second_order", "-g * w + 0.5", "0.5", "right only at a minimum"),
    ("change_to_second_order", "-g * w", "g * w", "w moves by −w"),
    ("change_to_second_order", "0.5 * h * w ** 2", "h * w ** 2", "the ½ is missing"),
    ("surgeon", "0.5 * w[i] ** 2 / inverse", "w[i] ** 2 / inverse", "the ½ is missing"),
    ("surgeon", "    new[i] = 0\n    return 0.5 * w[i] ** 2 / inverse[i, i], new",
     "    return 0.5 * w[i] ** 2 * H[i, i], new", "in value 1|wrong in"),
    ("surgeon", "w - w[i] * inverse", "w + w[i] * inverse", "the wrong way"),
    ("surgeon", "np.linalg.inv(H)", "np.diag(1 / np.diag(H))", "optimal brain damage"),
    ("surgeon", "    new[i] = 0\n    return 0.5 * w[i]", "    w[i] = 0\n    return 0.5 * w[i]", "wrong in"),
    ("order", ".sum() - 1", ".sum()", "one too many"),
    ("order", "(u * v).sum() / (u * u).sum() - 1", "(v[-1] - v[0]) / (u[-1] - u[0]) - 1", "wrong in"),
    ("order", "np.log(np.abs(errors))", "np.log(np.maximum(errors, 1e-300))", "wrong in"),
    ("order", "np.log(np.abs(errors))", "np.log(errors)", "NaN"),
    ("order", "(u * v).sum() / (u * u).sum() - 1", "(u * v).sum() / (v * v).sum() - 1", "the axes are swapped"),
]
