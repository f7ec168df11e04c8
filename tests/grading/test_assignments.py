"""The assignments that come with minprune: full points for the solved sources, none for the starters, and wrong
solutions lose exactly the points that they should."""

import inspect
import re

import numpy as np
import pytest

from minprune.grading import marking as answers, assignments
from minprune.grading.sandbox import run_file
from minprune.grading.grading import grade
from minprune.grading.starters import pairs, starter

NAMES = assignments.names()
SOLVED = {solved.stem: solved for solved, _ in pairs()}

# (task that is lost, right code, wrong code, what the feedback must say)
WRONG = {
    "01_the_neuron": [
        ("pre_activation", "x @ W.T + b\n", "x @ W.T\n", "Most likely: the bias is forgotten"),
        ("pre_activation", "x @ W.T + b\n", "x @ W + b\n", "given x .*raised ValueError: .*line 11: return x"),
        ("activation_gradient", "do * o * (1 - o)", "do", "Most likely: f′ is missing"),
        ("activation_gradient", "do * o * (1 - o)", "do * z * (1 - z)", "Most likely: σ′ = o"),
        ("activation_gradient", "do * o * (1 - o)", "do * o", "wrong in 20 of 20"),
        ("activation_gradient", "do * o * (1 - o)", "o * (1 - o)", "Most likely: do is missing"),
        ("parameter_gradients", "dz.T @ x, dz.sum(axis=0)", "x.T @ dz, dz.sum(axis=0)", "value 1: expected shape"),
        ("parameter_gradients", "dz.T @ x, dz.sum(axis=0)", "dz.T @ x / len(x), dz.mean(axis=0)", "mean over the s"),
        ("parameter_gradients", "dz.T @ x, dz.sum(axis=0)", "dz.T @ x, dz.sum(axis=1)", "returned value 2:"),
        ("parameter_gradients", "dz.T @ x, dz.sum(axis=0)", "dz.T @ x", "expected 2 values to be returned, got nda"),
        ("input_gradient", "return dz @ W\n", "return dz @ W / len(dz)\n", "divided by the number of samples"),
        ("input_gradient", "return dz @ W\n", "return (dz @ W).sum(axis=0)\n", "expected shape"),
        ("hidden_gradient", "input_gradient(y - t, W2)", "input_gradient(t - y, W2)", "t − y in place of y − t"),
        ("hidden_gradient", "(y - t, W2)", "(y - t, W2) * o1 * (1 - o1)", "f′ does not belong here"),
        ("hidden_gradient", "(y - t, W2)", "(2 * (y - t), W2)", "without a factor 2"),
    ],
    "02_convolution_and_pooling": [
        ("convolve", "W) + b\n", "W)\n", "the bias is forgotten"),
        ("convolve", "patches, W) + b", "patches, W[:, ::-1, ::-1]) + b", "the kernel is flipped"),
        ("kernel_gradient", "dz)\n    # solution ends\n\n\ndef image",
         "dz) / len(x)\n    # solution ends\n\n\ndef image",
         "mean over the samples"),
        ("kernel_gradient", '->iuvj", patches, dz)', '->iuvj", patches, dz)[:, ::-1, ::-1]', "kernel is flipped"),
        ("kernel_gradient", '->iuvj", patches', '->ivuj", patches', "wrong in"),
        ("image_gradient", "dz @ W[:, u, v]", "dz @ W[:, -1 - u, -1 - v]", "the kernel is flipped"),
        ("image_gradient", "v + columns] += dz", "v + columns] = dz", "wrong in"),
        ("image_gradient", "rows + kh - 1, columns + kw - 1", "rows, columns", "raised ValueError"),
        ("max_pool", "windows.max(axis", "windows.mean(axis", "the mean of each window"),
        ("max_pool", "return windows.max(axis=(2, 4))", "return windows.max(axis=2).max(axis=4)", "expected shape"),
        ("max_pool_gradient", "(x[inside] == largest) * do", "do", "every pixel of a window"),
        ("max_pool_gradient", "(x[inside] == largest) * do", "(x[inside] == largest) + 0 * do", "wrong in"),
        ("max_pool_gradient", "dx[inside] = (x[inside]", "dx = (x[inside]", "wrong in"),
    ],
    "03_losses_and_training": [
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
    ],
    "04_three_scores": [
        ("weight_norm", "np.sqrt((W ** 2).sum(axis=1))", "(W ** 2).sum(axis=1)", "square root is missing"),
        ("weight_norm", "sum(axis=1))\n    # solution ends\n\n\ndef activity",
         "sum(axis=0))\n    # solution ends\n\n\ndef activity", "over the neurons, not"),
        ("activity", "(o != 0)", "(o == 0)", "the share of zeros"),
        ("activity", "(o != 0).mean(axis=1)", "(o != 0).sum(axis=1)", "a number of positions"),
        ("activity", "(o != 0).mean(axis=1)", "(o != 0).mean(axis=2)", "expected shape|wrong in"),
        ("taylor", "np.abs((o * do).sum(axis=1))", "np.abs(o * do).sum(axis=1)", "before the sum over positions"),
        ("taylor", "np.abs((o * do).sum(axis=1))", "np.abs((o * do).mean(axis=1))", "the mean over positions"),
        ("taylor", "np.abs((o * do).sum(axis=1))", "(o * do).sum(axis=1)", "absolute value is missing"),
        ("taylor", "np.abs((o * do).sum(axis=1))", "np.abs(do.sum(axis=1))", "the output o is missing"),
        ("removal", "sum(axis=1).mean()", "sum(axis=1).sum()", "it is the sum over the samples"),
        ("removal", "!= i)) - loss(o) for", "!= i)) for", "wrong in"),
        ("removal", "!= i)) - loss(o) for", "== i)) - loss(o) for", "wrong in"),
        ("removal", "np.array([loss(o * (np.arange(len(W1)) != i)) - loss(o)",
         "np.array([abs(loss(o * (np.arange(len(W1)) != i)) - loss(o))", "the absolute value is one too many"),
        ("removal", "loss(o * (np.arange(len(W1)) != i))",
         "loss(np.maximum(x @ (W1 * (np.arange(len(W1)) != i)[:, None]).T + b1, 0))", "with its bias"),
    ],
    "05_decisions_and_surgery": [
        ("keep_by_layer", "int(remove * len(s))", "round(remove * len(s))", "is rounded down"),
        ("keep_by_layer", "int(remove * len(s))", "int(np.ceil(remove * len(s)))", "rounded down, not up"),
        ("keep_by_layer", 's, kind="stable"', "s", 'np.argsort\\(…, kind="stable"\\)'),
        ("keep_by_layer", "np.argsort(s, kind", "np.argsort(-s, kind", "the highest go"),
        ("keep_by_layer", "np.ones(len(s), dtype=bool)\n        keep", "np.ones(len(s))\n        keep", "booleans"),
        ("keep_by_layer", 'np.argsort(s, kind="stable")[:int(remove * len(s))]',
         '(len(s) - 1 - np.argsort(s[::-1], kind="stable"))[:int(remove * len(s))]', "the lower index goes first"),
        ("keep_global", " and keep[layer].sum() > 1", "", "a layer is emptied"),
        ("keep_global", "sorted((s, place, i, layer)", "sorted((s, layer, i, layer)", "comes first in scores"),
        ("keep_global", "sorted((s, place, i, layer)", "sorted((s, i, place, layer)", "wrong in"),
        ("keep_global", "enumerate(row))\n", "enumerate(row))\n    ranked = [(0, 0, i, layer) for _, i, _, layer in "
         "sorted((s, i, place, layer) for s, place, i, layer in ranked)]\n", "layer comes before the index"),
        ("keep_global", "        if remove > 0 and keep[layer].sum() > 1:\n            keep",
         "        remove -= 1\n        if remove > -1 and keep[layer].sum() > 1:\n            keep", "wrong in"),
        ("prune_dense", "W_next[:, keep]\n    # solution ends\n\n\ndef prune_after",
         "W_next\n    # solution ends\n\n\ndef prune_after", "still reads"),
        ("prune_dense", "W[keep], b[keep]", "W * keep[:, None], b[keep]", "expected shape"),
        ("prune_after_flatten", "np.tile(keep, W_next.shape[1] // len(keep))",
         "np.repeat(keep, W_next.shape[1] // len(keep))", "position after position"),
        ("prune_after_flatten", "np.tile(keep, W_next.shape[1] // len(keep))", "keep", "IndexError"),
        ("fold_means", "b_next + W_next", "b_next - W_next", "taken away from the bias"),
        ("fold_means", "b_next + W_next[:, ~keep]", "W_next[:, ~keep]", "bias that was there is forgotten"),
        ("fold_means", "o[:, ~keep].mean(axis=0)", "o[:, ~keep].sum(axis=0)", "the sum over the samples"),
        ("fold_means", "    return b_next + W", "    b_next += 1\n    return b_next - 1 + W", "changed its input b_n"),
    ],
    "06_obd_and_orders": [
        ("output_curvature", "p * (1 - p)", "p", "the probability itself"),
        ("output_curvature", "p * (1 - p)", "-p * (1 - p)", "the sign is wrong"),
        ("weight_curvature", "h.T @ x ** 2 / len(x)", "h.T @ x ** 2", "it is the sum over the samples"),
        ("weight_curvature", "h.T @ x ** 2 / len(x)", "h.T @ x / len(x)", "x is not squared"),
        ("weight_curvature", "h.T @ x ** 2 / len(x)", "(h.T @ x) ** 2 / len(x)", "wrong in"),
        ("change_to_second_order", "-g * w + 0.5", "0.5", "right only at a minimum"),
        ("change_to_second_order", "-g * w", "g * w", "w moves by −w"),
        ("change_to_second_order", "0.5 * h * w ** 2", "h * w ** 2", "the ½ is missing"),
        ("surgeon", "0.5 * w[i] ** 2 / inverse", "w[i] ** 2 / inverse", "the ½ is missing"),
        ("surgeon", "w - w[i] * inverse", "w + w[i] * inverse", "the wrong way"),
        ("surgeon", "np.linalg.inv(H)", "np.diag(1 / np.diag(H))", "optimal brain damage"),
        ("surgeon", "    new[i] = 0\n    return 0.5 * w[i]", "    w[i] = 0\n    return 0.5 * w[i]", "wrong in"),
        ("order", ".sum() - 1", ".sum()", "one too many"),
        ("order", "np.log(np.abs(errors))", "np.log(errors)", "NaN"),
        ("order", "(u * v).sum() / (u * u).sum() - 1", "(u * v).sum() / (v * v).sum() - 1", "the axes are swapped"),
    ],
}


@pytest.fixture(autouse=True, scope="module")
def cases_measured_once():
    """A hundred solutions are graded on the same cases: what they should return is measured once."""
    measured, draw = {}, answers.draw
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(answers, "draw", lambda task, seed: measured[task.name, seed] if (task.name, seed) in measured
                      else measured.setdefault((task.name, seed), draw(task, seed)))
        yield


@pytest.mark.parametrize("name", NAMES)
def test_the_solved_source_gets_full_points(name):
    grades = grade(SOLVED[name], limit=None)
    assert grades.points == grades.of > 0, grades


@pytest.mark.parametrize("name", NAMES)
def test_the_bare_starter_gets_zero_and_a_message_for_each_task(name):
    assignment = assignments.find(name)
    grades = grade(assignment.folder / "starter.py", seed=0, limit=None)
    assert grades.points == 0 and grades.of == assignment.points
    for task, mark in grades.marks.items():
        assert mark.feedback == f"not written yet: it raises NotImplementedError('{task}')"


@pytest.mark.parametrize("name, place", [(name, at) for name, cases in WRONG.items() for at in range(len(cases))])
def test_a_wrong_solution_loses_just_the_points_of_its_task(name, place, tmp_path):
    lost, right, wrong, told = WRONG[name][place]
    text = SOLVED[name].read_text(encoding="utf-8")
    assert text.count(right) == 1, right
    (tmp_path / "mine.py").write_text(text.replace(right, wrong), encoding="utf-8")
    grades = grade(tmp_path / "mine.py", seed=0, limit=None)
    assert {task for task, mark in grades.marks.items() if mark.points < mark.of} == {lost}, grades
    assert re.search(told, grades.marks[lost].feedback, re.DOTALL), grades.marks[lost].feedback


def test_every_assignment_has_its_wrong_solutions():
    assert len(NAMES) >= 6 and set(WRONG) == set(NAMES) == set(SOLVED)
    for name in NAMES:
        assert len(WRONG[name]) >= 5
        assert {lost for lost, *_ in WRONG[name]} == {task.name for task in assignments.find(name).tasks}


def test_the_starters_are_in_step_with_the_solved_sources():
    for solved, path in pairs():
        assert path.read_text(encoding="utf-8") == starter(solved.read_text(encoding="utf-8")), \
            f"{path}: run 'minprune grade --make-starters'"


@pytest.mark.parametrize("name", NAMES)
def test_starter_brief_and_tasks_agree(name):
    assignment = assignments.find(name)
    module = run_file(assignment.folder / "starter.py")
    brief = (assignment.folder / "brief.md").read_text(encoding="utf-8")
    written = {one.__name__: one for one in vars(module).values() if inspect.isfunction(one)}
    assert module.ASSIGNMENT == name and list(written) == [task.name for task in assignment.tasks]
    for task in assignment.tasks:
        arguments = inspect.signature(written[task.name]).parameters
        assert list(arguments) == list(inspect.signature(task.answer).parameters)
        row = re.search(rf"^\| `{task.name}\((.*?)\)` .* \| (\d+) \|$", brief, re.MULTILINE)
        assert row[1] == ", ".join(arguments) and int(row[2]) == task.points


@pytest.mark.parametrize("name", NAMES)
def test_starters_need_nothing_but_numpy(name):
    text = (assignments.find(name).folder / "starter.py").read_text(encoding="utf-8")
    assert re.findall(r"^(?:import|from) .*", text, re.MULTILINE) == ["import numpy as np"]


@pytest.mark.parametrize("name", NAMES)
def test_no_named_mistake_is_the_answer(name):
    """A wrong function that is right now and then is fine; one that always is would name nothing."""
    for task in assignments.find(name).tasks:
        for text, wrong in task.mistakes.items():
            def positional(*values, wrong=wrong):
                return wrong(**dict(zip(inspect.signature(task.answer).parameters, values)))
            with np.errstate(all="ignore"):
                right, feedback = answers.judge(positional, task, seed=0)
            assert not right, (task.name, text)
            assert "Most likely: " in feedback or "raised" in feedback, (task.name, text, feedback)
