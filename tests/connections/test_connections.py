"""Connections: scores of single weights, exact decisions, masks that survive training, an honest report."""

import numpy as np
import pytest

import minprune as mp
from minprune import connections
from minprune.connections.deciding import decide_connections, n_of_m
from minprune.connections.masks import keep_masked, mask_connections, masks_of
from minprune.connections.reporting import report
from minprune.connections.scoring import score_connections
from minprune.connections.arrays import weight_arrays
from minprune.engine.losses import prepare_samples
from minprune.engine.residual import Residual


def mean_loss(net, x, t, loss):
    x, t, loss = prepare_samples(net, x, t, loss)
    return loss(net.predict(x), t).mean()


def second_differences(net, name, x, t, loss, step=1e-5):
    """∂²L/∂w² of each weight, by central differences of the gradient of the mean loss."""
    W, h = net.parameters()[name], np.zeros(net.parameters()[name].shape)
    for place in np.ndindex(W.shape):
        kept, slopes = W[place], []
        for moved in (kept + step, kept - step):
            W[place] = moved
            slopes.append(mp.record(net, x, t, loss).grads()[name][place] / len(x))
        W[place], h[place] = kept, (slopes[0] - slopes[1]) / (2 * step)
    return h


def some_masks(net, seed, p=0.5):
    rng = np.random.default_rng([seed, 4])
    return {name: rng.random(W.shape) < p for name, W in weight_arrays(net).items()}


# ----------------------------------------------------------------------------------- scores


def test_all_weights_of_all_layers_and_nothing_else(kind, random_network, random_samples):
    net = random_network(3, kind)
    x, t = random_samples(net, 0)
    for score in connections.NAMES:
        scores = score_connections(net, score, x, t, "mse")
        assert list(scores) == [f"{name}.W" for name in net.neuron_layers]
        for name, s in scores.items():
            assert s.shape == net.parameters()[name].shape and s.dtype == np.float64


def test_by_hand():
    """y = 2 · relu(3 x), t = 0, ℓ = ½ y²; at x = 1 and 2 mean x² = 2.5, L = ½ · 36 · 2.5."""
    net = mp.Network(1, [mp.Dense(1, "relu"), mp.Dense(1)])
    net["dense1"].W[...], net["dense2"].W[...] = 3, 2
    x, t = np.array([[1.0], [2.0]]), np.zeros((2, 1))
    assert score_connections(net)["dense1.W"] == 3 and score_connections(net)["dense2.W"] == 2
    net["dense1"].W[...] = -3
    assert score_connections(net, "magnitude")["dense1.W"] == 3
    net["dense1"].W[...] = 3
    snip, obd = (score_connections(net, score, x, t, "mse") for score in ("snip", "obd"))
    for name in ("dense1.W", "dense2.W"):
        assert snip[name] == pytest.approx(90)            # |w · ∂L/∂w| = 36 · 2.5 for either weight
        assert obd[name] == pytest.approx(45)             # ½ h w² = L: it is quadratic in either


@pytest.mark.parametrize("seed", range(7))
def test_snip_is_the_slope_in_a_mask_on_the_weight(seed, random_network, random_samples, near):
    net = random_network(seed, smooth=True)
    x, t = random_samples(net, seed)
    scores = score_connections(net, "snip", x, t, "mse")
    for name, W in weight_arrays(net).items():
        whole, slopes = W.copy(), np.zeros(W.shape)
        for place in np.ndindex(W.shape):
            losses = []
            for c in (1 + 1e-5, 1 - 1e-5):
                W[place] = c * whole[place]
                losses.append(mean_loss(net, x, t, "mse"))
            W[place], slopes[place] = whole[place], (losses[0] - losses[1]) / 2e-5
        near(scores[name], np.abs(slopes))


@pytest.mark.parametrize("loss", ["mse", "cross_entropy", "binary_cross_entropy"])
def test_obd_of_the_output_layer_is_half_h_w_squared(loss, near, random_samples):
    net = mp.Network(4, [mp.Dense(3, "tanh"), mp.Dense(3)], seed=1)
    x, t = random_samples(net, 0, N=6, loss=loss)
    h = second_differences(net, "dense2.W", x, t, loss)
    near(score_connections(net, "obd", x, t, loss)["dense2.W"], 0.5 * h * net["dense2"].W ** 2)


@pytest.mark.parametrize("loss", ["mse", "binary_cross_entropy"])
def test_obd_of_the_last_hidden_layer_is_half_h_w_squared(loss, near, random_samples):
    net = mp.Network(4, [mp.Dense(3, "relu"), mp.Dense(3, "tanh"), mp.Dense(2)], seed=1)
    x, t = random_samples(net, 0, N=6, loss=loss)
    h = second_differences(net, "dense2.W", x, t, loss)
    near(score_connections(net, "obd", x, t, loss)["dense2.W"], 0.5 * h * net["dense2"].W ** 2)


def test_random_is_drawn_from_the_seed():
    net = mp.Network(4, [mp.Dense(30), mp.Dense(3)])
    one, same, other = (score_connections(net, "random", seed=seed) for seed in (5, np.random.default_rng(5), 6))
    assert (score_connections(net, "random", seed=0)["dense1.W"] == score_connections(net, "random")["dense1.W"]).all()
    for name, W in weight_arrays(net).items():
        assert one[name].shape == W.shape and (one[name] == same[name]).all() and (one[name] != other[name]).all()
        assert 0 <= one[name].min() and one[name].max() < 1 and len(np.unique(one[name])) == W.size


def test_a_function_of_your_own(random_network, random_samples, close):
    net = random_network(2)
    x, t = random_samples(net, 0)
    grads = mp.record(net, x, t, "mse").grads()
    mine = score_connections(net, lambda dW, W: W - 2 * dW, x, t, "mse")
    for name, W in weight_arrays(net).items():
        close(mine[name], W - 2 * grads[name] / len(x))
    squares = score_connections(net, lambda W: (W > 0).astype("int8"))
    for name, W in weight_arrays(net).items():
        assert (squares[name] == (W > 0)).all() and squares[name].dtype == float


@pytest.mark.parametrize("score", ["snip", "obd", lambda W, dW: dW])
def test_no_score_depends_on_the_batch_size_or_the_order(score, random_network, random_samples, close, fingerprint):
    net = random_network(4)
    x, t = random_samples(net, 0, N=7)
    before = fingerprint(net)
    whole = score_connections(net, score, x, t, "mse")
    for parts in (score_connections(net, score, x, t, "mse", batch_size=3),
                  score_connections(net, score, x[::-1], t[::-1], "mse", batch_size=2)):
        for name in whole:
            close(parts[name], whole[name])
    assert fingerprint(net) == before


def test_a_score_cannot_write_to_the_network(random_network, random_samples):
    def spoils(W):
        W[...] = 0
        return W

    with pytest.raises(ValueError, match="read-only"):
        score_connections(random_network(1), spoils)


def test_a_float32_network(random_network, random_samples, close):
    net = random_network(5, dtype="float32")
    x, t = random_samples(net, 0)
    wide = mp.Network(net.input_shape, net.layers.values())
    wide.fill(net.arrays())
    for score in connections.NAMES:
        narrow, exact = (score_connections(one, score, x, t, "mse") for one in (net, wide))
        for name in narrow:
            assert narrow[name].dtype == np.float64
            close(narrow[name], exact[name], 1e-3, least=1e-3)


@pytest.mark.parametrize("arguments, error, told", [
    ((None,), TypeError, "net expects a Network"),
    (("net", "magnitud"), ValueError, 'unknown score of connections "magnitud"; did you mean "magnitude"'),
    (("net", 3), ValueError, "unknown score of connections"),
    (("net", "snip"), ValueError, 'score "snip" of connections needs x and t; x is missing'),
    (("net", "obd", np.ones((2, 4))), ValueError, 'score "obd" of connections needs x and t; t is missing'),
    (("net", lambda W, dW: W, np.ones((2, 4))), ValueError, "needs x and t; t is missing"),
    (("net", lambda w: w), ValueError, 'unknown parameter of a score of connections: "w"'),
    (("net", lambda: 3), ValueError, "unknown parameter of a score of connections"),
    (("net", lambda W: W[0]), ValueError, r'the score of "dense1.W" expects shape \(3, 4\), got \(4,\)'),
    (("net", lambda W: W * np.nan), ValueError, 'the score of "dense1.W" holds NaN'),
    (("net", lambda W: W * 1j), ValueError, "holds NaN or what is not a number"),
    (("net", "snip", np.ones((2, 5)), np.ones((2, 2)), "mse"), ValueError, "x: Network expects"),
    (("net", "random", None, None, "mse", 256, -1), ValueError, "seed expects at least 0"),
])
def test_bad_arguments_of_scores(arguments, error, told):
    net = mp.Network(4, [mp.Dense(3, "relu"), mp.Dense(2)])
    with pytest.raises(error, match=told) as raised:
        score_connections(*[net if one == "net" else one for one in arguments[:1]], *arguments[1:])
    assert "\n" not in str(raised.value)


def test_obd_of_an_unknown_loss_is_refused():
    net = mp.Network(4, [mp.Dense(2)])
    mine = mp.LOSSES["mse"]._replace(name="mine")
    with pytest.raises(ValueError, match="second derivatives are not known"):
        score_connections(net, "obd", np.ones((2, 4)), np.ones((2, 2)), mine)


def test_the_layers_inside_a_block_are_scored_as_any_other(random_samples, close):
    net = mp.Network(4, [mp.Dense(3, "tanh"), Residual([mp.Dense(5, "tanh"), mp.Dense(3)]), mp.Dense(2)], seed=0)
    x, t = random_samples(net, 0)
    grads = mp.record(net, x, t, "mse").grads()
    scores = score_connections(net, "snip", x, t, "mse")
    assert list(scores) == ["dense1.W", "dense2.W", "dense3.W", "dense4.W"]
    for name, W in weight_arrays(net).items():
        close(scores[name], np.abs(W * grads[name]) / len(x))
    found = report(net, decide_connections(scores, 0.5), latency=False)
    assert found.multiply_adds == {"dense1.W": 12, "dense2.W": 15, "dense3.W": 15, "dense4.W": 6}
    assert sum(found.nonzero.values()) == 24


# -------------------------------------------------------------------------------- decisions

# In order: a[1,0]=0, b[0,0]=0.5, a[0,0]=1, a[0,1]=2, b[0,1]=3, b[0,2]=4, a[1,1]=5.
TWO = {"a.W": np.array([[1.0, 2.0], [0.0, 5.0]]), "b.W": np.array([[0.5, 3.0, 4.0]])}


def told(masks):
    return {name: mask.astype(int).tolist() for name, mask in masks.items()}


@pytest.mark.parametrize("arguments, a, b", [
    (dict(remove=0), [[1, 1], [1, 1]], [[1, 1, 1]]),
    (dict(remove=0.0), [[1, 1], [1, 1]], [[1, 1, 1]]),
    (dict(remove=1), [[1, 1], [0, 1]], [[1, 1, 1]]),
    (dict(remove=np.int64(3)), [[0, 1], [0, 1]], [[0, 1, 1]]),
    (dict(remove=0.5), [[0, 1], [0, 1]], [[0, 1, 1]]),                         # floor(3.5)
    (dict(remove=0.5, scope="layer"), [[0, 1], [0, 1]], [[0, 1, 1]]),          # 2 of 4, floor(1.5) of 3
    (dict(remove=2, scope="layer"), [[0, 1], [0, 1]], [[0, 0, 1]]),
    (dict(remove=5), [[0, 0], [0, 1]], [[0, 0, 1]]),
    (dict(remove=6, min_keep=0), [[0, 0], [0, 1]], [[0, 0, 0]]),
    (dict(remove=7, min_keep=0), [[0, 0], [0, 0]], [[0, 0, 0]]),
    (dict(remove=4, min_keep=2), [[0, 1], [0, 1]], None),                     # a spares 2, b 1
    (dict(remove=3, min_keep=2), [[0, 1], [0, 1]], [[0, 1, 1]]),
    (dict(remove=6), None, None),                                             # the last of each stays: at most 5
    (dict(remove={"a.W": 0.5}), [[0, 1], [0, 1]], [[1, 1, 1]]),
    (dict(remove={"b.W": 2, "a.W": 0.25}, scope="global"), [[1, 1], [0, 1]], [[0, 0, 1]]),
    (dict(remove=2, protect=["a.W"]), [[1, 1], [1, 1]], [[0, 0, 1]]),
    (dict(remove=2, scope="layer", protect=["a.W"]), [[1, 1], [1, 1]], [[0, 0, 1]]),
    (dict(remove=3, protect=[("a.W", 1)]), [[0, 0], [1, 1]], [[0, 1, 1]]),
    (dict(remove=2, protect=iter([("a.W", (1, 0)), ("b.W", slice(1))])), [[0, 0], [1, 1]], [[1, 1, 1]]),
    (dict(remove=2, protect=[("a.W", TWO["a.W"] < 1)]), [[0, 1], [1, 1]], [[0, 1, 1]]),
    (dict(remove=3, protect=["a.W"]), [[1, 1], [1, 1]], None),
])
def test_by_hand_who_stays(arguments, a, b):
    if b is None:
        with pytest.raises(ValueError, match="remove asks for . of the 7 weights of a.W, b.W, but at most . can go"):
            decide_connections(TWO, **arguments)
    else:
        assert told(decide_connections(TWO, **arguments)) == {"a.W": a, "b.W": b}


def test_at_most_says_how_many():
    for arguments, most in ((dict(remove=6), 5), (dict(remove=4, min_keep=2), 3), (dict(remove=3, protect=["a.W"]), 2),
                            (dict(remove=7, min_keep=9), 0)):
        with pytest.raises(ValueError, match=f"at most {most} can go"):
            decide_connections(TWO, **arguments)
    with pytest.raises(ValueError, match="remove asks for 4 of the 4 weights of a.W, but at most 3 can go"):
        decide_connections(TWO, remove=4, scope="layer")


def test_a_protected_weight_counts_as_one_that_is_kept():
    keep = decide_connections({"a.W": np.array([[1.0, 2.0, 3.0]])}, remove=2, protect=[("a.W", (0, 0))])
    assert told(keep) == {"a.W": [[1, 0, 0]]}


def test_ties_the_earlier_array_then_the_lower_index_goes_first():
    flat = {"z.W": np.zeros((2, 2)), "a.W": np.zeros((1, 3))}
    assert told(decide_connections(flat, remove=2)) == {"z.W": [[0, 0], [1, 1]], "a.W": [[1, 1, 1]]}
    assert told(decide_connections(flat, remove=4)) == {"z.W": [[0, 0], [0, 1]], "a.W": [[0, 1, 1]]}
    assert told(decide_connections(flat, remove=1, scope="layer")) == {"z.W": [[0, 1], [1, 1]], "a.W": [[0, 1, 1]]}
    signed = decide_connections({"a.W": np.array([[0.0, -0.0, 1.0]])}, remove=1)
    assert told(signed) == {"a.W": [[0, 1, 1]]}


def struck_off(scores, count, min_keep, protected, stays):
    """Strike off one by one, the slow and obvious way."""
    stays = {name: mask.copy() for name, mask in stays.items()}
    for _ in range(count):
        rich = [(depth, name) for depth, name in enumerate(scores) if stays[name].sum() > min_keep]
        able = [(scores[name][place], depth, place) for depth, name in rich
                for place in np.ndindex(stays[name].shape) if stays[name][place] and not protected[name][place]]
        if not able:
            return None
        _, depth, place = min(able)
        stays[list(scores)[depth]][place] = False
    return stays


@pytest.mark.parametrize("seed", range(60))
def test_same_as_striking_off_one_by_one(seed):
    rng = np.random.default_rng(seed)
    shapes = {"conv1.W": (2, 1, 2, 2), "dense1.W": (3, 4), "dense2.W": (2, 3)}
    draw = (lambda shape: rng.integers(0, 4, shape)) if seed % 2 else (lambda shape: rng.normal(size=shape))
    scores = {name: draw(shape) for name, shape in shapes.items()}
    protected = {name: rng.random(shape) < 0.2 for name, shape in shapes.items()}
    masks = {name: rng.random(shape) < 0.8 for name, shape in shapes.items()} if seed % 3 else None
    whole = {name: np.ones(shape, bool) for name, shape in shapes.items()}
    count, min_keep = int(rng.integers(0, 24)), int(rng.integers(0, 4))
    expected = struck_off(scores, count, min_keep, protected, masks or whole)
    arguments = dict(min_keep=min_keep, protect=list(protected.items()), masks=masks)
    if expected is None:
        with pytest.raises(ValueError, match="can go"):
            decide_connections(scores, count, **arguments)
    else:
        assert told(decide_connections(scores, count, **arguments)) == told(expected)
    apart = [struck_off({name: s}, 1, min_keep, protected, masks or whole) for name, s in scores.items()]
    if None not in apart:
        found = decide_connections(scores, 1, scope="layer", **arguments)
        assert all((found[name] == one[name]).all() for name, one in zip(scores, apart))


def test_a_fraction_is_the_floor_and_every_hundredth_is_exact():
    scores = {"a.W": np.random.default_rng(0).normal(size=(10, 10))}
    for n in range(100):
        assert (~decide_connections(scores, n / 100)["a.W"]).sum() == n
    assert (~decide_connections(scores, 1 - 1e-15)["a.W"]).sum() == 99
    assert (~decide_connections(scores, 0.999)["a.W"]).sum() == 99


def test_an_earlier_decision_counts_what_it_left():
    rng = np.random.default_rng(0)
    scores, masks, left = {"a.W": rng.normal(size=(20, 30)), "b.W": rng.normal(size=(10, 40))}, None, 1000
    for _ in range(12):
        before, masks = masks, decide_connections(scores, 0.2, masks=masks)
        left -= int(0.2 * left + 1e-9)
        assert sum(mask.sum() for mask in masks.values()) == left
        assert before is None or not any((masks[name] & ~before[name]).any() for name in masks)
    at_once = decide_connections(scores, 1000 - left)
    assert all((masks[name] == at_once[name]).all() for name in masks)


def test_an_earlier_decision_may_leave_arrays_out_and_is_not_changed():
    mask = np.array([[False, True], [True, True]])
    keep = decide_connections(TWO, remove=1, masks={"a.W": mask})
    assert told(keep) == {"a.W": [[0, 1], [0, 1]], "b.W": [[1, 1, 1]]} and mask.sum() == 3
    keep = decide_connections(TWO, remove=0, masks={"a.W": mask})
    keep["a.W"][...] = False
    assert mask.sum() == 3


def test_infinite_scores_and_other_dtypes():
    scores = {"a.W": [[np.inf, -np.inf, 0]], "b.W": np.array([[3, 1]], "int8")}
    assert told(decide_connections(scores, 2)) == {"a.W": [[1, 0, 0]], "b.W": [[1, 1]]}


@pytest.mark.parametrize("arguments, error, message", [
    (dict(remove=True), TypeError, "remove expects a whole number, got True"),
    (dict(remove=-1), ValueError, "remove expects at least 0"),
    (dict(remove=1.0), ValueError, "less than 1, got 1.0"),
    (dict(remove="half"), TypeError, "remove .as a fraction. expects a number, got 'half'"),
    (dict(remove={"a.W": 1.5}), ValueError, r'remove\["a.W"\] .as a fraction.'),
    (dict(remove={"c.W": 0.5}), ValueError, 'unknown array in remove "c.W"'),
    (dict(remove=1, scope="layers"), ValueError, 'unknown scope "layers"; did you mean "layer"'),
    (dict(remove=1, min_keep=-1), ValueError, "min_keep expects at least 0"),
    (dict(remove=1, protect="a.W"), TypeError, "protect expects a list"),
    (dict(remove=1, protect=3), TypeError, "protect expects a list"),
    (dict(remove=1, protect=["a"]), ValueError, 'unknown array in protect "a"; did you mean "a.W"'),
    (dict(remove=1, protect=[3]), TypeError, "got 3"),
    (dict(remove=1, protect=[("a.W", 2)]), ValueError, r'no such index of "a.W" \(2, 2\)'),
    (dict(remove=1, protect=[("a.W", "x")]), ValueError, 'no such index of "a.W"'),
    (dict(remove=1, masks={"a.W": np.ones((2, 3), bool)}), ValueError, r'masks\["a.W"\] expects shape \(2, 2\)'),
    (dict(remove=1, masks={"c.W": np.ones((2, 3), bool)}), ValueError, 'unknown score "c.W"'),
    (dict(remove=1, masks=[1]), TypeError, "masks expects"),
])
def test_bad_arguments_of_decisions(arguments, error, message):
    with pytest.raises(error, match=message) as raised:
        decide_connections(TWO, **arguments)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("scores, error, message", [
    ({}, ValueError, "at least one array, got an empty dict"), ([1], ValueError, "got list"),
    ({"a.W": [1.0]}, ValueError, r"got shape \(1,\)"), ({"a.W": np.ones((0, 3))}, ValueError, r"got shape \(0, 3\)"),
    ({"a.W": [[1.0, np.nan]]}, ValueError, '"a.W" hold 1 NaN, of 2'), ({"a.W": [[1j]]}, TypeError, "dtype complex128"),
    ({"a.W": [[True]]}, TypeError, "dtype bool"), ({"a.W": [[1], [1, 2]]}, TypeError, "rows of different lengths"),
])
def test_bad_scores(scores, error, message):
    for function in (lambda: decide_connections(scores, 1), lambda: n_of_m(scores)):
        with pytest.raises(error, match=message):
            function()


# ---------------------------------------------------------------------------------- N of M


def test_two_of_four_by_hand():
    s = np.array([[1, 4, 3, 2, 9, 9, 9, 9, 5.0, 7, 6],           # the rest of three keeps its two best
                  [4, 3, 2, 1, 0, 0, 1, 0, 1.0, 1, 1]])          # ties: the lower index goes
    assert told(n_of_m({"a.W": s}))["a.W"] == [[0, 1, 1, 0, 0, 0, 1, 1, 0, 1, 1],
                                               [1, 1, 0, 0, 0, 0, 1, 1, 0, 1, 1]]


@pytest.mark.parametrize("n, m", [(1, 1), (1, 2), (2, 4), (3, 4), (4, 4), (1, 7), (2, 30)])
@pytest.mark.parametrize("shape", [(3, 8), (2, 3, 2, 5), (4, 1), (1, 2, 2, 3)])
def test_each_run_keeps_its_best(n, m, shape):
    scores = np.random.default_rng(n * m).permutation(int(np.prod(shape))).reshape(shape)
    mask = n_of_m({"a.W": scores}, n, m)["a.W"]
    assert mask.shape == shape and mask.dtype == bool
    F = scores[0].size
    for s, row in zip(scores.reshape(len(scores), F), mask.reshape(len(mask), F)):
        assert row.sum() == n * (F // m) + min(n, F % m)
        for start in range(0, F, m):
            run, stays = s[start:start + m], row[start:start + m]
            assert stays.sum() == min(n, len(run))
            assert not stays.any() or stays.all() or run[stays].min() > run[~stays].max()


def test_infinitely_low_scores_are_still_ranked():
    assert told(n_of_m({"a.W": np.full((1, 6), -np.inf)}, 1, 4)) == {"a.W": [[0, 0, 0, 1, 0, 1]]}


@pytest.mark.parametrize("arguments, error, message", [
    ((0, 4), ValueError, "n expects at least 1"), ((2, 0), ValueError, "m expects at least 1"),
    ((5, 4), ValueError, "n to be at most m, got 5 of 4"), ((2.0, 4), TypeError, "n expects a whole number")])
def test_bad_n_of_m(arguments, error, message):
    with pytest.raises(error, match=message):
        n_of_m(TWO, *arguments)


# ----------------------------------------------------------------------------------- masks


def test_masking_sets_just_those_weights_to_zero(kind, random_network, fingerprint):
    net = random_network(2, kind)
    before, masks = fingerprint(net), some_masks(net, 0)
    masked = mask_connections(net, masks)
    assert fingerprint(net) == before
    for name, array in net.arrays().items():
        expected = np.where(masks[name], array, 0) if name in masks else array
        assert masked.arrays()[name].tobytes() == expected.tobytes()            # +0.0, not −0.0
    found = masks_of(masked)
    assert list(found) == list(masks) and all((found[name] == masks[name]).all() for name in masks)


def test_arrays_that_are_not_named_stay_whole():
    net = mp.Network(3, [mp.Dense(2), mp.Dense(2)], seed=0)
    masked = mask_connections(net, {"dense2.W": np.zeros((2, 2), bool)})
    assert (masked["dense1"].W == net["dense1"].W).all() and not masked["dense2"].W.any()
    assert mask_connections(net, {}).predict(np.ones((1, 3))).tobytes() == net.predict(np.ones((1, 3))).tobytes()


def test_a_neuron_without_incoming_weights_is_masked_up_to_its_bias(random_samples):
    """Removing all weights of a neuron with f(b) = 0 is removing the neuron."""
    net = mp.Network(3, [mp.Dense(4, "relu"), mp.Dense(2)], seed=0)
    rows = np.array([True, False, True, False])
    one = mask_connections(net, {"dense1.W": np.repeat(rows[:, np.newaxis], 3, axis=1)})
    x = random_samples(net, 0)[0]
    np.testing.assert_allclose(one.predict(x), mp.mask(net, {"dense1": rows}).predict(x), rtol=1e-12)


OPTIMIZERS = {"sgd": lambda: mp.SGD(0.05), "momentum": lambda: mp.SGD(0.05, momentum=0.9, weight_decay=1e-2),
              "nesterov": lambda: mp.SGD(0.05, momentum=0.9, nesterov=True),
              "adam": lambda: mp.Adam(1e-2), "adamw": lambda: mp.Adam(1e-2, weight_decay=0.1)}


@pytest.mark.parametrize("name", OPTIMIZERS)
@pytest.mark.parametrize("seed", [2, 5])
def test_masks_are_kept_through_training(name, seed, random_network, random_samples):
    net = random_network(seed)
    x, t = random_samples(net, 0, N=9)
    masks = some_masks(net, seed)
    masked, hold, steps = mask_connections(net, masks), keep_masked(masks), []

    def after_each_step(net, rate):
        hold(net, rate)
        steps.append(all(not W[~masks[name]].any() for name, W in weight_arrays(net).items()))

    mp.fit(masked, x, t, "mse", OPTIMIZERS[name](), epochs=4, batch_size=4, on_step=after_each_step)
    assert steps == [True] * 12
    for key, W in weight_arrays(masked).items():
        assert not np.signbit(W[~masks[key]]).any()
        assert (W[masks[key]] != weight_arrays(net)[key][masks[key]]).any()     # the others did learn


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_the_others_move_as_if_they_were_alone(name, random_samples):
    """A layer that reads two inputs, one masked, learns what one that reads a single input learns, bit by bit."""
    both, alone = (mp.Network(inputs, [mp.Dense(3, "tanh"), mp.Dense(2)], seed=0) for inputs in (2, 1))
    alone.fill({**both.arrays(), "dense1.W": both["dense1"].W[:, :1]})
    x, t = random_samples(both, 0, N=8)
    mask = {"dense1.W": np.array([[True, False]] * 3)}
    masked = mask_connections(both, mask)
    settings = dict(loss="mse", epochs=3, batch_size=4)
    mp.fit(masked, x, t, optimizer=OPTIMIZERS[name](), on_step=keep_masked(mask), **settings)
    mp.fit(alone, x[:, :1], t, optimizer=OPTIMIZERS[name](), **settings)
    np.testing.assert_allclose(masked["dense1"].W[:, :1], alone["dense1"].W, rtol=1e-12)
    np.testing.assert_allclose(masked["dense2"].W, alone["dense2"].W, rtol=1e-12)


def test_without_the_hook_the_zeros_move(random_samples):
    net = mp.Network(2, [mp.Dense(3, "tanh"), mp.Dense(2)], seed=0)
    masked = mask_connections(net, {"dense2.W": np.zeros((2, 3), bool)})
    mp.fit(masked, *random_samples(net, 0), "mse", epochs=1)
    assert masked["dense2"].W.all()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_hook_leaves_no_negative_zeros_and_copies_its_masks(dtype):
    net = mp.Network(2, [mp.Dense(1)], seed=0, dtype=dtype)
    mask = np.array([[True, False]])
    hold = keep_masked({"dense1.W": mask})
    mask[...] = False
    net["dense1"].W[...] = [[-3, -2]]
    W = net["dense1"].W
    hold(net, 0.1)
    assert W.tolist() == [[-3, 0]] and not np.signbit(W[0, 1]) and net["dense1"].W is W


def test_the_hook_refuses_another_network():
    hold = keep_masked({"dense1.W": np.ones((2, 3), bool)})
    with pytest.raises(ValueError, match=r'masks\["dense1.W"\] expects shape \(2, 4\), got \(2, 3\)'):
        hold(mp.Network(4, [mp.Dense(2)]), 0.1)
    with pytest.raises(ValueError, match='unknown weight array "dense1.W"'):
        hold(mp.Network((4, 4, 1), [mp.Conv2D(2, 2)]), 0.1)


@pytest.mark.parametrize("masks, error, message", [
    ([True], TypeError, "masks expects"),
    ({"dense9.W": np.ones((2, 3), bool)}, ValueError, 'unknown weight array "dense9.W"'),
    ({"dense1.b": np.ones(2, bool)}, ValueError, 'unknown weight array "dense1.b"'),
    ({"dense1.W": np.ones((2, 3))}, TypeError, "expects booleans, True for what stays, got float64"),
    ({"dense1.W": np.ones((3, 2), bool)}, ValueError, r"expects shape \(2, 3\), got \(3, 2\)"),
    ({"dense1.W": [[True], [True, False]]}, TypeError, "rows of different lengths")])
def test_bad_masks(masks, error, message):
    net = mp.Network(3, [mp.Dense(2)])
    for function in (mask_connections, report):
        with pytest.raises(error, match=message):
            function(net, masks)
    if error is TypeError:
        with pytest.raises(error, match=message):
            keep_masked(masks)


def test_no_network():
    for function in (lambda: mask_connections(3, {}), lambda: masks_of(3), lambda: report(3)):
        with pytest.raises(TypeError, match="net expects a Network"):
            function()


# ----------------------------------------------------------------------------------- report


def test_the_report_by_hand():
    net = mp.Network((4, 5, 1), [mp.Conv2D(2, 3), mp.Flatten(), mp.Dense(3)], seed=0)      # 2 × 3 positions
    masks = {"conv1.W": np.zeros((2, 3, 3, 1), bool)}
    masks["conv1.W"][0, 0] = True                                                         # 3 of 18
    found = report(net, masks, latency=False)
    assert found.weights == {"conv1.W": 18, "dense1.W": 36} and found.left == {"conv1.W": 3, "dense1.W": 36}
    assert found.multiply_adds == {"conv1.W": 108, "dense1.W": 36} and found.nonzero == {"conv1.W": 18, "dense1.W": 36}
    assert found.share_left == pytest.approx(39 / 54)
    assert found.latency is None and found.masked_latency is None and "latency" not in str(found)
    assert sum(found.multiply_adds.values()) == mp.evaluation.multiply_adds(net)
    lines = str(found).splitlines()
    assert lines[1].split() == ["conv1.W", "18", "3", "16.7", "%", "108", "18"]
    assert lines[3].split() == ["all", "54", "39", "72.2", "%", "144", "54"]
    assert "masked weights make nothing faster" in str(found)


def test_the_report_measures_both_networks(monkeypatch, random_network):
    net, seen = random_network(2), []

    def measured(nets, x):
        seen.extend([nets, x])
        return [0.004, 0.002]

    monkeypatch.setattr("minprune.connections.reporting.latencies", measured)
    masks = some_masks(net, 0)
    found = report(net, masks, latency_batch=7, seed=3)
    (whole, masked), x = seen
    assert whole is net and all((masks_of(masked)[name] <= masks[name]).all() for name in masks)
    assert x.shape == (7, *net.input_shape) and found.latency_batch == 7
    assert (found.latency, found.masked_latency) == (0.004, 0.002)
    assert "latency, 7 samples: 4.000 ms, masked 2.000 ms (2.00 × as fast)" in str(found)
    report(net, masks, x=np.zeros((3, *net.input_shape)), latency_batch=2)
    assert seen[3].shape == (2, *net.input_shape) and not seen[3].any()


def test_the_report_really_measures_and_is_plain_data():
    import json
    net = mp.Network(3, [mp.Dense(2)], seed=0)
    net["dense1"].W[0, 0] = 0
    found = report(net, latency_batch=4)
    assert found.left == {"dense1.W": 5} and found.latency > 0 and found.masked_latency > 0
    plain = json.loads(json.dumps(found.to_dict()))
    assert plain["left"] == {"dense1.W": 5} and plain["share_left"] == pytest.approx(5 / 6)
    plain_again = found.to_dict()
    plain_again["left"]["dense1.W"] = 0
    assert found.left == {"dense1.W": 5}


def test_nonzero_multiply_adds_are_those_of_a_smaller_network():
    """Masking all that a removed neuron reads and is read by leaves the multiply-adds of the pruned network."""
    net = mp.models.cnn((8, 8, 1), 10)
    keep = {name: np.arange(net[name].K) % 3 > 0 for name in net.hidden_layers}
    masks = {name: np.ones(W.shape, bool) for name, W in weight_arrays(net).items()}
    for name, stays in keep.items():
        masks[f"{name}.W"][~stays] = False
        reader = masks[f"{net.reader(name)}.W"]
        reader.reshape(*reader.shape[:-1], -1, len(stays))[..., ~stays] = False
    small = mp.prune(net, keep)
    found = report(net, masks, latency=False)
    assert sum(found.nonzero.values()) == mp.evaluation.multiply_adds(small)
    assert found.left == {name: W.size for name, W in weight_arrays(small).items()}


def test_informed_scores_hurt_less_than_chance():
    """What the scores are for: on a trained network they cost a fraction of what a random choice costs."""
    data = mp.datasets.load("digits")
    net = mp.Network((8, 8, 1), [mp.Flatten(), mp.Dense(24, "relu"), mp.Dense(10)], seed=0)
    x, t = data.x_train[:600], data.t_train[:600]
    mp.fit(net, x, t, optimizer=mp.Adam(5e-3), epochs=6)
    for scope in ("global", "layer"):
        loss = {}
        for score in connections.NAMES:
            masks = decide_connections(score_connections(net, score, x, t), 0.5, scope)
            loss[score] = mean_loss(mask_connections(net, masks), x, t, "cross_entropy")
        assert all(loss[score] < 0.5 * loss["random"] for score in ("magnitude", "snip", "obd")), loss
