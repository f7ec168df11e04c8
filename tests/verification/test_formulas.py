"""Which arrays a formula gets, and what is said when it goes wrong."""

import functools

import numpy as np
import pytest

import minprune as mp
from cases import each
from minprune.verification.arrays import KNOWN, NO_ARRAYS, OF_THE_CONVOLUTION, array_of
from minprune.verification.claims.equality import Equality, quantity_of
from minprune.verification.forms import Form
from minprune.verification.formulas import Formula, Unanswered, matching
from minprune.verification.quantities import find_quantity
from minprune.verification.sampling.random_networks import Case, draw_cases
from minprune.verification.sampling.where import Where
from minprune.verification.verify import verify

CASE = next(case for case in draw_cases(Where({"layer": "last hidden", "depth": 3, "outputs": 3}), 30, 1)
            if len(case.x) == 4 and case.net[case.layer].K == 2)


def arrays_of(*names):
    function = eval(f"lambda {', '.join(names)}: 0")
    return Formula(function).arrays(CASE)


def test_all_arrays_have_their_shapes_and_meanings():
    of_dense = [name for name in KNOWN if name not in (*OF_THE_CONVOLUTION, *NO_ARRAYS)]
    arrays, trace, net = arrays_of(*of_dense), CASE.trace, CASE.net
    layer, after = net["dense2"], net["dense3"]
    F = layer.W.shape[1]
    shapes = {name: array.shape for name, array in arrays.items()}
    assert shapes["o"] == shapes["z"] == shapes["do"] == shapes["dz"] == (4, 1, 2)
    assert shapes["x"] == (4, 1, F) and shapes["dW"] == (4, 2, F) and shapes["W"] == (2, F) and shapes["gamma"] == (2,)
    assert shapes["z_next"] == shapes["o_next"] == shapes["dz_next"] == shapes["do_next"] == (4, 1, 3)
    np.testing.assert_array_equal(arrays["W_next"], after.W)
    np.testing.assert_array_equal(arrays["b_next"], after.b)
    np.testing.assert_array_equal(arrays["z_next"][:, 0], trace["dense3"].z)
    np.testing.assert_array_equal(arrays["dz_next"][:, 0], trace["dense3"].dz)
    np.testing.assert_array_equal(arrays["y"], trace.y)
    np.testing.assert_array_equal(arrays["dy"], trace["dense3"].do)
    np.testing.assert_array_equal(arrays["t"], CASE.t)


def next_of_conv(dz_next, W_next, o):
    assert W_next.ndim == 2
    return o


def test_the_next_layer_must_be_dense_and_read_this_one_directly():
    conv = draw_cases(Where({"layers": "conv"}), 60, 0)
    fitting = [case for case in conv if Formula(next_of_conv).fits(case)]
    assert 0 < len(fitting) < len(conv)
    for case in fitting:
        assert case.net.readers(case.layer) == ["dense1"]
        np.testing.assert_array_equal(case.trace["dense1"].x.ravel(), case.trace[case.layer].o.ravel())
    assert verify(next_of_conv, invariant="sample order", where={"layers": "conv"}, trials=20).trials == 20


def test_what_the_next_layer_reads_is_what_this_one_puts_out():
    """z_next = W_next o + b_next wherever such a formula is tried by default, though a quarter of all have a block."""
    formula = Formula(lambda z_next, W_next, b_next, o: z_next - (o @ W_next.T + b_next))
    cases = draw_cases(Where(), 100, 0, formula.fits)
    assert any(not case.net.is_chain for case in cases) and any(case.layer not in case.net.layers for case in cases)
    for case in cases:
        np.testing.assert_allclose(formula(case), 0, atol=1e-12)
    any_next = draw_cases(Where({"residual": True}), 60, 0, functools.partial(formula.fits, coupled=True))
    assert any(np.abs(formula(case)).max() > 0.1 for case in any_next)


CHAIN = mp.Network(2, [mp.Dense(2), mp.Dense(1)])
BLOCK = mp.Network(2, [mp.Dense(2), mp.Residual([mp.Dense(3), mp.Dense(2)]), mp.Dense(1)])


def about(layer, any_next=False, net=BLOCK):
    return Case(net, layer, np.ones((2, *net.input_shape)), np.zeros((2, 1)), "mse", any_next)


@each("formula, layer, alone, coupled, any_next", [
    (lambda do: do, "dense1", False, True, True), (lambda do: do, "dense2", True, True, True),
    (lambda W_out: W_out, "dense1", False, False, False), (lambda W_out: W_out, "dense2", True, True, True),
    (lambda W_next: W_next, "dense1", False, False, True), (lambda W_next: W_next, "dense2", True, True, True),
    (lambda dz_next, o: o, "dense3", False, False, True), (lambda o, y, t: o, "dense3", False, True, True),
    (lambda y, t: y, "dense4", True, True, True), (lambda W_next: W_next, "dense4", False, False, False),
])
def test_which_layers_around_a_block_fit(formula, layer, alone, coupled, any_next):
    """By themselves, where they may be coupled, and where the networks with blocks were asked for."""
    formula = Formula(formula)
    assert formula.fits(about(layer)) == alone
    assert formula.fits(about(layer), coupled=True) == coupled
    assert formula.fits(about(layer, any_next=True), coupled=True) == any_next


def test_the_next_layer_of_several_is_the_first():
    arrays = Formula(lambda W_next, b_next, z_next, o_next, dz_next, do_next: 0).arrays(about("dense1", True))
    trace = about("dense1").trace["dense2"]
    np.testing.assert_array_equal(arrays["W_next"], BLOCK["dense2"].W)
    np.testing.assert_array_equal(arrays["b_next"], BLOCK["dense2"].b)
    for name in ("z", "o", "dz", "do"):
        np.testing.assert_array_equal(arrays[f"{name}_next"][:, 0], getattr(trace, name))


def test_corrections_see_all_that_read_a_layer():
    """∂ℓ/∂o = Σ_k ∂ℓ/∂z_k w_k over the neurons k of all layers that read it."""
    for layer in ("dense1", "dense2", "dense3"):
        case = about(layer)
        W, dz = array_of(case, "W_next"), array_of(case, "dz_next")
        np.testing.assert_allclose(dz @ W, case.trace[layer].do[:, np.newaxis], atol=1e-12)
    case = about("dense1")
    assert array_of(case, "b_next").shape == (4,) and array_of(case, "o_next").shape == (2, 1, 4)
    np.testing.assert_array_equal(array_of(case, "W_next"),
                                  np.concatenate([BLOCK["dense2"].W, BLOCK["dense4"].W]))


def test_what_needs_what_follows():
    assert Formula(lambda W_out: 0).needs_what_follows() and Formula(lambda o, z_next: 0).needs_what_follows()
    assert not Formula(lambda o, y, dy, W: 0).needs_what_follows()


def problem(formula, equals="dL/do"):
    verdict = verify(formula, equals, trials=10)
    assert not verdict.holds and verdict.error is None and verdict.problem in str(verdict)
    return verdict.problem


def test_exceptions_are_shown_with_the_shapes():
    def crooked(o, W):
        return o @ np.zeros((17, 3))

    text = problem(crooked)
    assert text.startswith("crooked raised ValueError: matmul") and "(given o (" in text and ", W (" in text


def test_a_formula_that_cannot_be_finished():
    def unfinished(o):
        raise NotImplementedError("write me")

    assert problem(unfinished).startswith("unfinished raised NotImplementedError: write me (given o (")


def test_wrong_shapes_are_shown_with_those_that_are_right():
    text = problem(lambda o: o[0, 0, 0])
    assert text.startswith("formula returned the shape (), expected (N, P, K) = (") and " or (N, K) = (" in text


def test_the_form_is_the_first_of_the_shape():
    formula = Formula(lambda o, W: o)
    forms = [Form("(N, K)", "per sample", np.zeros((4, 2))), Form("(K, F)", "sum over the batch", np.ones((3, 2))),
             Form("(F, K)", "", np.ones((3, 2)))]
    assert matching(formula, np.zeros((3, 2)), forms, CASE) is forms[1]
    with pytest.raises(Unanswered) as raised:
        matching(formula, np.zeros(5), forms[:2], CASE)
    F = CASE.net[CASE.layer].W.shape[1]
    assert str(raised.value) == ("formula returned the shape (5,), expected (N, K) = (4, 2) or (K, F) = (3, 2) "
                                 f"(given o (4, 1, 2), W (2, {F}))")


@pytest.mark.parametrize("formula, message", [
    (lambda o: o * np.nan, "returned NaN"),
    (lambda o: (np.abs(o) + 1) / 0, "returned infinity"),
    (lambda o: None, "returned None, not an array of numbers"),
    (lambda o: o + 1j, "returned an array of complex128, not an array of numbers"),
    (lambda o: "o", "returned an array of <U1, not an array of numbers"),
    (lambda o: [[1], [1, 2]], "raised ValueError"),
])
def test_what_cannot_be_compared_is_a_problem(formula, message):
    assert message in problem(formula)


def changing(o):
    o *= 2
    return o


def unlocking(o):
    o.flags.writeable = True
    o[...] = 0
    return o


def test_a_formula_must_not_change_its_inputs(fingerprint):
    before = fingerprint(CASE.net)
    assert problem(changing).startswith("changing tries to change its inputs, which are read-only (given o (")
    assert problem(unlocking).startswith("unlocking tries to change its inputs")
    assert fingerprint(CASE.net) == before


def test_errors_in_the_formula_itself():
    with pytest.raises(ValueError, match='unknown parameter of formula: "dzz"; did you mean "dz"'):
        Formula(lambda dzz: dzz)
    with pytest.raises(ValueError, match='unknown parameter of f: "W_nxt"; did you mean "W_next"'):
        exec("def f(W_nxt): return 0", space := {})
        Formula(space["f"])
    with pytest.raises(ValueError, match="names no parameter that says what it needs"):
        Formula(lambda: 0)
    with pytest.raises(TypeError, match="formula expects a function, got str"):
        Formula("taylor")


def test_parameters_with_defaults_are_settings():
    assert verify(lambda do, factor=1.0: factor * do, "dL/do", trials=5)


def test_names_and_needs():
    def named(o, do, factor=2):
        return o * do * factor

    class Callable:
        def __call__(self, W, b):
            return W

    assert (Formula(named).name, Formula(named).needs) == ("named", ["o", "do"])
    assert (Formula(lambda z: z).name, Formula(lambda z: z).needs) == ("formula", ["z"])
    assert (Formula(Callable()).name, Formula(Callable()).needs) == ("Callable", ["W", "b"])
    assert Formula(functools.partial(named, do=1)).name == "partial"


def test_results_are_arrays_of_floats():
    for result in (True, 3, np.float32(2), np.arange(3), [[1, 2], [3, 4]]):
        found = Formula(lambda o: result)(CASE)
        assert found.dtype == np.float64 and found.shape == np.shape(result)
        np.testing.assert_array_equal(found, result)


def test_all_arrays_are_read_only_copies():
    seen = {}

    def keeping(o, W, y, W_next):
        seen.update(o=o, W=W, y=y, W_next=W_next)
        return o

    Formula(keeping)(CASE)
    assert not any(array.flags.writeable for array in seen.values())
    assert not np.shares_memory(seen["W"], CASE.net[CASE.layer].W) and not np.shares_memory(seen["y"], CASE.trace.y)


def test_warnings_of_numpy_are_not_shown(recwarn):
    assert "returned NaN" in problem(lambda o: np.log(-np.abs(o)))
    assert not recwarn.list


def test_a_formula_notes_that_it_returns_fewer_digits():
    for dtype, single in ((np.float32, True), (np.float16, True), (np.float64, False), (int, False)):
        formula = Formula(lambda o: o.astype(dtype))
        assert not formula.single
        assert formula(CASE).dtype == np.float64 and formula.single == single


def test_a_formula_of_other_arrays():
    """As `with_arrays` of a probe calls it: the arrays need not be a case's."""
    formula = Formula(lambda o, W: o + W)
    assert formula.of({"o": np.array([1.0, 2.0]), "W": np.array(3)}).tolist() == [4, 5]
    with pytest.raises(Unanswered, match=r"raised ValueError: .* \(given o \(2,\), W \(3,\)\)"):
        formula.of({"o": np.ones(2), "W": np.ones(3)})


# ------------------------------------------------------------------- networks that have what is asked for


@each("formula, settings", [
    (lambda o: o, {}), (lambda gamma: gamma, {"batch_norm": True}), (lambda z, a_hat: z, {"batch_norm": True}),
    (lambda padding: padding, {"layers": "conv"}), (lambda var, kernel: var, {"batch_norm": True, "layers": "conv"})])
def test_where_is_what_the_formula_asks_for(formula, settings):
    assert Formula(formula).where_settings() == settings


@each("formula, where, message", [
    (lambda image: image, {"layers": "dense"}, "asks for image, which only Conv2D layers have: where=.*conv"),
    (lambda o_prev: o_prev, {"depth": 2}, "asks for o_prev, .* where depth expects 3 or more, got 2"),
    (lambda z_prev: z_prev, {"depth": 1, "layer": "output"}, "where depth expects 2 or more, got 1"),
    (lambda net, x: {}, {"layer": "output"}, 'is a score of hidden layers, and layer="output" is none')])
def test_networks_that_have_nothing_of_it_are_refused(formula, where, message):
    with pytest.raises(ValueError, match=message):
        verify(formula, "dL/do", where=where, trials=2)


def test_the_output_layer_has_one_before_it():
    weight = lambda dz, o_prev: dz.transpose(0, 2, 1) @ o_prev.reshape(len(o_prev), 1, -1)      # noqa: E731
    assert verify(weight, "dL/dW", where={"layer": "output", "depth": 2}, trials=4)


def convolved(image, kernel, b, stride, padding):
    image = np.pad(image, ((0, 0), *padding, (0, 0)))
    windows = np.lib.stride_tricks.sliding_window_view(image, kernel.shape[1:3], axis=(1, 2))[:, ::stride, ::stride]
    z = np.einsum("nhwcij,kijc->nhwk", windows, kernel) + b
    return z.reshape(len(z), -1, len(kernel))


def flipped(image, kernel, b, stride, padding):
    return convolved(image, kernel[:, ::-1, ::-1], b, stride, padding)


def normed(x, W, b, mean, var):
    return (x @ W.T + b - mean) / np.sqrt(var + 1e-5)


DEEP = {"depth": 3, "residual": False}


@pytest.mark.parametrize("true, false, equals, where", [
    (lambda do, df: do * df, lambda do, o, f: do * f.derivative(o), "dL/dz", {}),
    (lambda p, t: p - t, lambda y, t: y - t, "dL/dy", {}),
    (lambda dz, a_hat: (dz * a_hat).sum(axis=1), lambda dz, z: (dz * z).sum(axis=1), "dL/dgamma", {}),
    (lambda dz, gamma, var: (dz * gamma / np.sqrt(var + 1e-5)).sum(axis=1),
     lambda dz, gamma: (dz * gamma).sum(axis=1), "dL/db", {}),
    (lambda z_prev, f: f(z_prev), lambda z_prev: z_prev, lambda x: x, DEEP),
    (lambda o_prev: o_prev, lambda o_prev: o_prev + 1, lambda x: x, DEEP),
    (convolved, flipped, lambda z: z, {}),
    (normed, lambda x, W, b, mean: x @ W.T + b - mean, lambda a_hat: a_hat, {})])
def test_true_and_false_formulas_of_these_names(true, false, equals, where):
    assert largest_error(true, equals, where) < 1e-7
    assert largest_error(false, equals, where) > 1e-2


def largest_error(formula, equals, where):
    """On six networks."""
    formula = Formula(formula)
    settings = {**formula.where_settings(), **Equality.where_settings(equals)}
    quantity = quantity_of(equals, formula) if callable(equals) else find_quantity(equals)
    claim = Equality(formula, quantity, 1e-6)
    return max(claim.trial(case).error for case in draw_cases(Where(where, **settings), 6, 0, claim.fits))


# ---------------------------------------------------------------------------------- scores as formulas


def mean_output(net, forward_traces):
    """With turns, as `score` takes them."""
    totals, count = {name: 0 for name in net.hidden_layers}, 0
    for trace in forward_traces:
        count += len(trace.x)
        for name in totals:
            totals[name] += trace[name].o.reshape(len(trace.x), -1, net[name].K).sum(axis=(0, 1))
        yield
    return {name: total / count for name, total in totals.items()}


def test_a_score_of_traces_is_verified_unchanged():
    assert verify(mean_output, equals=lambda o: o.sum(axis=1).mean(axis=0), trials=5)
    assert verify(mean_output, invariant="batch size", trials=5)


def test_exact_removal_is_removal_and_half_of_it_is_not():
    removal = mp.scores.CATALOGUE["removal"]
    assert verify(removal, "removal", trials=5)

    def half(net, x, t, loss):
        return {name: scores / 2 for name, scores in removal(net, x, t, loss).items()}

    verdict = verify(half, "removal", trials=5)
    assert not verdict and verdict.mistake.name == "off by the factor ½" and verdict.counterexample is not None


def test_a_score_is_tried_where_it_can_speak(monkeypatch):
    """On networks without blocks if it does not know them, and never of coupled layers or of the output layer."""
    blocks = Formula(mean_output)
    inside = [blocks.fits(about(layer), coupled=True) for layer in ("dense1", "dense2", "dense3", "dense4")]
    assert inside == [False, True, False, False]
    monkeypatch.setattr("minprune.verification.formulas.takes_blocks", lambda score: False)
    without = Formula(mp.scores.CATALOGUE["deeplift"])
    assert without.fits(about("dense1", net=CHAIN)) and not without.fits(about("dense2"))


def test_a_score_cannot_change_the_network(fingerprint):
    def emptying(net, x):
        for name in net.hidden_layers:
            net[name].W[...], x[...] = 0, 0
        return {name: np.zeros(net[name].K) for name in net.hidden_layers}

    before, x = fingerprint(CASE.net), CASE.x.copy()
    assert Formula(emptying)(CASE).tolist() == [0, 0]
    assert fingerprint(CASE.net) == before and (CASE.x == x).all()


def test_what_a_score_raises_is_shown_with_the_samples():
    def raising(net, traces):
        raise RuntimeError("no")

    def crooked(net):
        return {name: np.zeros(9) for name in net.hidden_layers}

    F = CASE.x.shape[1]
    with pytest.raises(Unanswered, match=rf"^raising raised RuntimeError: no \(given x \(4, {F}\), t \(4, 3\)\)$"):
        Formula(raising)(CASE)
    with pytest.raises(Unanswered, match="crooked raised ValueError: score \"crooked\" expects to return arrays of"):
        Formula(crooked)(CASE)


@pytest.mark.parametrize("formula, names", [
    (lambda net, o: 0, "net and o"), (lambda o, loss: 0, "o and loss"), (lambda traces, x: 0, "traces and x")])
def test_arrays_the_network_and_traces_do_not_go_together(formula, names):
    with pytest.raises(ValueError, match=f"formula asks for {names}, which do not go together: it gets arrays, or net"):
        Formula(formula)


def test_what_is_no_array_is_given_as_it_is_and_shown():
    formula = Formula(lambda f, o: f + o)
    assert list(formula.arrays(CASE)) == ["o"] and formula.others(CASE) == {"f": CASE.net["dense2"].f}
    with pytest.raises(Unanswered, match=rf"raised TypeError.*\(given o \(4, 1, 2\), f {CASE.net['dense2'].f.name}\)"):
        formula(CASE)
