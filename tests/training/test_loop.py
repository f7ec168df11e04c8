"""Training: what is learned, what each step is, when it ends, and what is refused."""

import copy
import json
import math

import numpy as np
import pytest

import minprune as mp
from cases import each

X = np.random.default_rng(0).normal(size=(10, 3))
LABELS = np.array([0, 1, 2, 3, 3, 1, 0, 0, 2, 1])


def normal(*shape):
    return np.random.default_rng(5).normal(size=shape)


def classifier(seed=0, **settings):
    return mp.Network(3, [mp.Dense(5, "tanh", **settings), mp.Dense(4)], seed=seed)


def copies(net):
    return {name: array.copy() for name, array in net.arrays().items()}


def same(one, other):
    return one.keys() == other.keys() and all(np.array_equal(one[name], other[name]) for name in one)


def by_hand(net, x, labels):
    """(mean cross entropy, accuracy), spelled out."""
    y = net.forward(x).y
    p = np.exp(y) / np.exp(y).sum(axis=1, keepdims=True)
    return -np.log(p[np.arange(len(x)), labels]).mean(), (y.argmax(axis=1) == labels).mean()


# What is learned

@pytest.mark.parametrize("loss, outputs", [("mse", 1), ("binary_cross_entropy", 1), ("cross_entropy", 2)])
def test_xor_is_learned(loss, outputs):
    x, t = np.array([[0, 0], [0, 1], [1, 0], [1, 1]]), np.array([0, 1, 1, 0])
    net = mp.Network(2, [mp.Dense(6, "tanh"), mp.Dense(outputs)], seed=1)
    history = mp.fit(net, x, t, loss=loss, optimizer=mp.Adam(0.05), epochs=300, batch_size=4)
    y = net.predict(x)
    said = y.argmax(axis=1) if outputs == 2 else y[:, 0] > (0.5 if loss == "mse" else 0)
    assert said.tolist() == t.tolist()
    assert history.loss[-1] < 0.01 < 0.1 < history.loss[0]


@pytest.mark.parametrize("optimizer", [mp.SGD(0.2), mp.SGD(0.1, momentum=0.5), mp.Adam(0.05)],
                         ids=["SGD", "momentum", "Adam"])
def test_linear_regression_finds_the_least_squares_solution(optimizer):
    rng = np.random.default_rng(3)
    x = rng.normal(size=(40, 3))
    t = x @ [1.0, -2.0, 0.5] + 3 + rng.normal(size=40)                 # with noise: the loss stays above 0
    net = mp.Network(3, [mp.Dense(1)])
    mp.fit(net, x, t, loss="mse", optimizer=optimizer, epochs=600, batch_size=40)
    *w, b = np.linalg.lstsq(np.column_stack([x, np.ones(40)]), t, rcond=None)[0]
    np.testing.assert_allclose(net["dense1"].W[0], w, rtol=1e-6)
    np.testing.assert_allclose(net["dense1"].b, [b], rtol=1e-6)


@pytest.mark.parametrize("epochs", [1, 300])
def test_batch_norm_statistics_become_those_of_the_data(epochs):
    x = 2 + 3 * normal(12, 3)
    net = classifier(batch_norm=True)
    a = x @ net["dense1"].W.T + net["dense1"].b
    mp.fit(net, x, np.zeros(12, int), optimizer=mp.SGD(0), epochs=epochs, batch_size=12)
    old = 0.9 ** epochs
    np.testing.assert_allclose(net["dense1"].running_mean, (1 - old) * a.mean(axis=0), rtol=1e-12)
    np.testing.assert_allclose(net["dense1"].running_var, old + (1 - old) * a.var(axis=0, ddof=1), rtol=1e-12)


def test_a_last_batch_of_one_sample_leaves_the_running_statistics_as_they_are():
    """33 samples in batches of 32: the variance was that of the data times 0.47, as every second one was 0."""
    x = normal(33, 3)
    net = classifier(batch_norm=True)
    a = x @ net["dense1"].W.T + net["dense1"].b
    mp.fit(net, x, np.zeros(33, int), optimizer=mp.SGD(0), epochs=200)
    np.testing.assert_allclose(net["dense1"].running_var, a.var(axis=0, ddof=1), rtol=0.05)
    np.testing.assert_allclose(net["dense1"].running_mean, a.mean(axis=0), atol=0.05)


def test_one_image_has_many_numbers_of_a_channel():
    net = mp.Network((4, 4, 1), [mp.Conv2D(2, 3, "relu", batch_norm=True), mp.Flatten(), mp.Dense(2)])
    before = copies(net)
    mp.fit(net, normal(3, 4, 4, 1), [0, 1, 1], epochs=1, batch_size=1)
    assert not np.array_equal(net["conv1"].running_var, before["conv1.running_var"])
    with pytest.raises(ValueError, match="batch norm, in conv1"):
        mp.fit(mp.Network((3, 3, 1), [mp.Conv2D(2, 3, batch_norm=True), mp.Flatten(), mp.Dense(2)]),
               normal(3, 3, 3, 1), [0, 1, 1], batch_size=1)


def test_masked_neurons_stay_silent():
    net = mp.mask(classifier(), {"dense1": np.array([1, 0, 1, 1, 0], bool)})
    mp.fit(net, X, LABELS, optimizer=mp.Adam(0.1), epochs=3)
    o = mp.record(net, X, LABELS)["dense1"].o
    assert (o[:, [1, 4]] == 0).all() and (o[:, [0, 2, 3]] != 0).all()


# One step

STEPS = {
    "dense": (3, [mp.Dense(4, "tanh"), mp.Dense(2)]),
    "batch norm": (3, [mp.Dense(4, "sigmoid", batch_norm=True), mp.Dense(2)]),
    "conv": ((5, 4, 2), [mp.Conv2D(3, 2, "softplus", padding=1, batch_norm=True), mp.MaxPool2D(2),
                         mp.Flatten(), mp.Dense(2)]),
}


@pytest.mark.parametrize("shape, layers", STEPS.values(), ids=STEPS)
def test_one_full_batch_step_goes_down_the_mean_gradient(shape, layers):
    net = mp.Network(shape, layers, seed=2)
    x, t = normal(6, *net.input_shape), normal(7, 2)[1:]

    def mean_loss(_):
        return (0.5 * ((net.forward(x, training=True).y - t) ** 2).sum(axis=1)).mean()

    expected = {name: w - 0.3 * mp.finite_difference(mean_loss, w) for name, w in net.parameters().items()}
    mp.fit(net, x, t, loss="mse", optimizer=mp.SGD(0.3), epochs=1, batch_size=6)
    for name, w in net.parameters().items():
        np.testing.assert_allclose(w, expected[name], atol=1e-8, err_msg=name)


def test_each_step_is_that_of_its_own_batch():
    """Twelve samples in batches of 5, 5 and 2: three steps, each divided by its own number of samples."""
    net = classifier(seed=4)
    x, t = normal(12, 3), np.arange(12) % 4
    twin, sizes = net.copy(), []

    def step_the_twin(net, trace):
        batch = [int(np.flatnonzero((x == row).all(axis=1))[0]) for row in trace.x]
        sizes.append(len(batch))
        grads = mp.record(twin, x[batch], t[batch]).grads()
        for name, w in twin.parameters().items():
            w -= 0.5 * grads[name] / len(batch)

    mp.fit(net, x, t, optimizer=mp.SGD(0.5), epochs=2, batch_size=5, on_batch=step_the_twin)
    assert sizes == [5, 5, 2] * 2
    for name, w in net.parameters().items():
        np.testing.assert_allclose(w, twin.parameters()[name], rtol=1e-10, err_msg=name)


def test_on_batch_sees_undivided_gradients_before_the_step():
    weights = normal(3, 2)
    net, seen = mp.Network(3, [mp.Dense(4, "tanh"), mp.Dense(2)]), []

    def look(given, trace):
        assert given is net and trace.training
        alone = mp.record(net, trace.x, trace.x @ weights, loss="mse")
        for name in ("dense1", "dense2"):
            for array in ("o", "z", "do", "dz"):
                got, expected = getattr(trace[name], array), getattr(alone[name], array)
                np.testing.assert_allclose(got, expected, rtol=1e-10)
        for name, grad in alone.grads().items():
            np.testing.assert_allclose(trace.grads()[name], grad, rtol=1e-10, err_msg=name)
        seen.append(trace.x)

    mp.fit(net, X, X @ weights, loss="mse", epochs=2, batch_size=4, on_batch=look)
    epochs = np.concatenate(seen[:3]), np.concatenate(seen[3:])
    for one in epochs:                                      # every sample once an epoch, in a new order
        np.testing.assert_array_equal(one[one[:, 0].argsort()], X[X[:, 0].argsort()])
        assert not np.array_equal(one, X)
    assert not np.array_equal(*epochs)


def test_dropout_draws_by_seed():
    """With one batch an epoch the order of samples is no matter: only the draws differ."""
    def trained(rate, seed):
        net = mp.Network(3, [mp.Dense(5, "tanh"), mp.Dropout(rate), mp.Dense(4)])
        mp.fit(net, X, LABELS, optimizer=mp.SGD(0.1), epochs=2, batch_size=10, seed=seed)
        return net["dense2"].W
    assert np.abs(trained(0.5, 1) - trained(0.5, 2)).max() > 1e-3
    assert np.abs(trained(0.0, 1) - trained(0.0, 2)).max() < 1e-12
    assert np.array_equal(trained(0.5, 1), trained(0.5, 1))


def test_dropout_draws_anew_for_each_batch():
    net, draws = mp.Network(3, [mp.Dense(5, "tanh"), mp.Dropout(0.5), mp.Dense(4)]), []
    mp.fit(net, X, LABELS, epochs=2, batch_size=5,
           on_batch=lambda _, trace: draws.append(trace["dropout1"].o == 0))
    assert len(draws) == 4 and len({draw.tobytes() for draw in draws}) == 4


# Hooks and state

def test_on_step_sees_the_weights_after_the_step_and_its_rate():
    net, seen = classifier(), []
    optimizer = mp.SGD(lambda epoch: 0.1 / (1 + epoch))

    def look(given, rate):
        assert given is net
        seen.append((rate, net["dense1"].W.copy()))

    mp.fit(net, X, LABELS, optimizer=optimizer, epochs=2, batch_size=5, on_step=look)
    assert [rate for rate, _ in seen] == pytest.approx([0.1, 0.1 / 1.5, 0.1 / 2, 0.1 / 2.5])
    assert np.array_equal(seen[-1][1], net["dense1"].W)
    assert all(not np.array_equal(one[1], other[1]) for one, other in zip(seen, seen[1:]))


def test_on_step_may_keep_a_mask():
    net, stays = classifier(), np.array([1, 0, 1, 1, 0], bool)

    def hold(net, rate):
        net["dense1"].W[~stays] = 0

    mp.fit(net, X, LABELS, optimizer=mp.SGD(0.1), epochs=2, batch_size=4, on_step=hold)
    assert (net["dense1"].W[~stays] == 0).all() and (net["dense1"].W[stays] != 0).all()


def test_on_step_comes_after_on_batch_once_a_batch():
    calls = []
    mp.fit(classifier(), X, LABELS, epochs=2, batch_size=4, on_batch=lambda *_: calls.append("batch"),
           on_step=lambda *_: calls.append("step"), callback=lambda *_: calls.append("epoch"))
    assert calls == (["batch", "step"] * 3 + ["epoch"]) * 2


def test_augmented_batches_are_what_is_trained_on():
    """x is doubled in each batch: the same as doubled data."""
    one, other = classifier(), classifier()
    sizes = []

    def double(x, rng):
        assert isinstance(rng, np.random.Generator)
        sizes.append(len(x))
        return 2 * x

    mp.fit(one, X, LABELS, epochs=2, batch_size=4, augment=double)
    mp.fit(other, 2 * X, LABELS, epochs=2, batch_size=4)
    assert same(one.arrays(), other.arrays()) and sizes == [4, 4, 2] * 2


def test_augmentation_draws_from_the_seed_and_leaves_the_data_and_validation():
    def noise(x, rng):
        x += rng.normal(size=x.shape)                                       # in place, on the batch that it is given
        return x

    def trained(seed):
        net, x = classifier(), X.copy()
        history = mp.fit(net, x, LABELS, epochs=2, batch_size=10, seed=seed, augment=noise, validation=(x, LABELS))
        assert np.array_equal(x, X)
        assert history.validation_loss[-1] == pytest.approx(by_hand(net, X, LABELS)[0], rel=1e-12)
        return net.arrays()
    assert same(trained(1), trained(1))
    assert np.abs(trained(1)["dense1.W"] - trained(2)["dense1.W"]).max() > 1e-6


def test_augmented_samples_have_the_networks_dtype():
    net, dtypes = mp.Network(3, [mp.Dense(4)], dtype="float32"), []
    mp.fit(net, X, LABELS, epochs=1, augment=lambda x, rng: x.astype(float),
           on_batch=lambda _, trace: dtypes.append(trace.x.dtype))
    assert dtypes == [np.float32]


@pytest.mark.parametrize("optimizer", [mp.SGD(0.1, momentum=0.9), mp.Adam(0.02), mp.SGD(0.1)],
                         ids=["momentum", "Adam", "SGD"])
def test_with_its_state_a_training_goes_on_as_if_it_had_not_stopped(optimizer):
    """With one batch an epoch the order of the samples is no matter, but for the last bits."""
    one, two = classifier(), classifier()
    mp.fit(one, X, LABELS, optimizer=optimizer, epochs=4, batch_size=10)
    state = optimizer.start(two.parameters())
    for _ in range(2):
        mp.fit(two, X, LABELS, optimizer=optimizer, epochs=2, batch_size=10, state=state)
    for name, array in one.arrays().items():
        np.testing.assert_allclose(two.arrays()[name], array, rtol=1e-9, atol=1e-12)
    assert state.get("steps", 4) == 4


def test_without_a_state_nobody_elses_is_changed():
    optimizer, state = mp.Adam(0.02), mp.Adam().start(classifier().parameters())
    mp.fit(classifier(), X, LABELS, optimizer=optimizer, epochs=1)
    assert state["steps"] == 0 and not state["m"]["dense1.W"].any()
    one, other = classifier(), classifier()
    mp.fit(one, X, LABELS, optimizer=optimizer, epochs=1, state=state)
    mp.fit(other, X, LABELS, optimizer=optimizer, epochs=1)
    assert same(one.arrays(), other.arrays()) and state["steps"] == 1 and state["m"]["dense1.W"].all()


# Seeds and defaults

def test_same_seed_same_bits_and_another_seed_others():
    def trained(seed):
        net = classifier(batch_norm=True)
        history = mp.fit(net, X, LABELS, epochs=3, batch_size=4, seed=seed)
        return {**net.arrays(), "loss": np.array(history.loss)}
    assert same(trained(7), trained(7))
    assert not same(trained(7), trained(8))


def test_defaults_are_what_the_docstring_says():
    x, t = normal(70, 3), np.arange(70) % 4
    one, other = classifier(), classifier()
    mp.fit(one, x, t)
    mp.fit(other, x, t, "cross_entropy", mp.Adam(1e-3), epochs=10, batch_size=32, seed=0)
    assert same(one.arrays(), other.arrays())


@pytest.mark.parametrize("name, optimizer", [("adam", mp.Adam()), ("sgd", mp.SGD())])
def test_an_optimizer_by_name_is_the_one_with_its_default_settings(name, optimizer):
    one, other = classifier(), classifier()
    mp.fit(one, X, LABELS, optimizer=name, epochs=2)
    mp.fit(other, X, LABELS, optimizer=optimizer, epochs=2)
    assert same(one.arrays(), other.arrays())


@pytest.mark.parametrize("optimizer", [mp.SGD(0.1, momentum=0.9), mp.Adam(0.01)], ids=["SGD", "Adam"])
def test_an_optimizer_remembers_nothing_between_trainings(optimizer):
    one, other = classifier(), classifier()
    for net in (one, other):
        mp.fit(net, X, LABELS, optimizer=optimizer, epochs=3)
    assert same(one.arrays(), other.arrays())


def test_momentum_lasts_from_epoch_to_epoch():
    one, two = classifier(), classifier()
    mp.fit(one, X, LABELS, optimizer=mp.SGD(0.1, momentum=0.9), epochs=2, batch_size=10)
    for _ in range(2):
        mp.fit(two, X, LABELS, optimizer=mp.SGD(0.1, momentum=0.9), epochs=1, batch_size=10)
    assert np.abs(one["dense1"].W - two["dense1"].W).max() > 1e-4


def test_data_are_left_as_they_are_and_so_is_the_dtype():
    net = mp.Network(3, [mp.Dense(4, "relu", batch_norm=True), mp.Dense(4)], dtype="float32")
    x, t = X.copy(), LABELS.copy()
    mp.fit(net, x, t, epochs=2)
    assert np.array_equal(x, X) and np.array_equal(t, LABELS)
    assert {array.dtype for array in net.arrays().values()} == {np.dtype("float32")}


# The history

@each("batch_size", [3, 4, 10, 64])
def test_without_a_rate_loss_and_accuracy_are_the_networks_own(batch_size):
    net = classifier(seed=3)
    loss, accuracy = by_hand(net, X, LABELS)
    assert 0 < accuracy < 1
    history = mp.fit(net, X, LABELS, optimizer=mp.SGD(0), epochs=2, batch_size=batch_size,
                     validation=(X[:7], LABELS[:7]))
    np.testing.assert_allclose(history.loss, [loss] * 2, rtol=1e-12)
    assert history.accuracy == [accuracy] * 2
    loss, accuracy = by_hand(net, X[:7], LABELS[:7])
    np.testing.assert_allclose(history.validation_loss, [loss] * 2, rtol=1e-12)
    assert history.validation_accuracy == [accuracy] * 2


def test_validation_is_measured_after_each_epoch():
    x, t = normal(6, 3), np.arange(6) % 4
    measured, net = [], classifier()
    history = mp.fit(net, X, LABELS, optimizer=mp.Adam(0.05), epochs=4, validation=(x, t),
                     callback=lambda net, history: measured.append((*by_hand(net, x, t), len(history))))
    losses, accuracies, lengths = zip(*measured)
    np.testing.assert_allclose(history.validation_loss, losses, rtol=1e-12)
    assert history.validation_accuracy == list(accuracies)
    assert lengths == (1, 2, 3, 4)
    assert len(set(losses)) == 4


def test_training_loss_is_the_mean_while_the_weights_change():
    """An epoch of three batches: each is measured before its own step, and a sample counts as a sample."""
    net, total = classifier(), []

    def measure(net, trace):
        batch = [int(np.flatnonzero((X == row).all(axis=1))[0]) for row in trace.x]
        total.append(by_hand(net, X[batch], LABELS[batch])[0] * len(batch))

    history = mp.fit(net, X, LABELS, optimizer=mp.SGD(1.0), epochs=1, batch_size=4, on_batch=measure)
    assert len(total) == 3
    np.testing.assert_allclose(history.loss, [sum(total) / 10], rtol=1e-12)


def test_history_has_an_entry_an_epoch_and_json_takes_it():
    history = mp.fit(classifier(), X, LABELS, epochs=3, validation=(X, LABELS))
    told = history.to_dict()
    assert len(history) == 3 and history.best == 2 and history.stopped == ""
    assert {name: len(value) for name, value in told.items() if isinstance(value, list)} == dict.fromkeys(
        ["loss", "accuracy", "validation_loss", "validation_accuracy", "rate"], 3)
    assert json.loads(json.dumps(told)) == told
    told["loss"].append(0.0)
    assert len(history.loss) == 3


def test_no_accuracy_where_the_targets_are_no_classes():
    history = mp.fit(mp.Network(3, [mp.Dense(2)]), X, X[:, :2], loss="mse", epochs=2, batch_size=4,
                     validation=(X, X[:, :2]))
    assert history.accuracy == history.validation_accuracy == [None, None]
    history = mp.fit(classifier(), X, LABELS, epochs=2)
    assert history.validation_loss == history.validation_accuracy == []


def test_the_rate_follows_its_schedule_inside_an_epoch_too():
    asked = []

    def rate(epoch):
        asked.append(round(epoch, 9))
        return 0.1 * 0.5 ** math.floor(epoch)

    history = mp.fit(classifier(), X, LABELS, optimizer=mp.SGD(rate), epochs=2, batch_size=4)
    assert history.rate == [0.1, 0.05]
    assert sorted(set(asked)) == [0, 0.4, 0.8, 1, 1.4, 1.8]


# When it ends

def pulled_past(epochs, batch_norm=False, **settings):
    """The training data pull w from 0 to 1; the validation data like w = 0.3 best, passed on the way."""
    net = mp.Network(1, [mp.Dense(2, batch_norm=batch_norm), mp.Dense(1)], seed=1)
    x = np.linspace(-1, 1, 8)[:, np.newaxis]
    net["dense2"].W[...] = 0
    after = []

    def keep_copy(net, history):
        after.append(copies(net))

    history = mp.fit(net, x, x, loss="mse", optimizer=mp.SGD(0.05), epochs=epochs, batch_size=8,
                     validation=(x, 0.3 * x), callback=keep_copy, **settings)
    return net, history, after


@each("patience", [1, 4])
@each("batch_norm", [False, True])
def test_patience_stops_and_goes_back_to_the_best_epoch(patience, batch_norm):
    net, history, after = pulled_past(200, batch_norm, patience=patience)
    best = int(np.argmin(history.validation_loss))
    assert 0 < best and history.best == best
    assert len(history) == len(after) == best + 1 + patience
    assert f"{patience} epochs" in history.stopped
    assert same(net.arrays(), after[best]) and not same(net.arrays(), after[-1])
    if not batch_norm:
        assert np.diff(history.loss).max() < 0                              # the training loss still fell


def test_patience_goes_back_even_where_the_epochs_ran_out_first():
    net, history, after = pulled_past(200, patience=4)
    best, last = history.best, history.best + 3
    net, history, after = pulled_past(last, patience=4)
    assert len(history) == last and history.stopped == "" and history.best == best
    assert same(net.arrays(), after[best])


def test_without_patience_the_last_weights_stay():
    net, history, after = pulled_past(60)
    assert history.best == 59 and len(history) == 60
    assert np.argmin(history.validation_loss) < 59
    assert same(net.arrays(), after[-1])


def test_an_equal_loss_is_not_a_lower_one():
    history = mp.fit(classifier(), X, LABELS, optimizer=mp.SGD(0), epochs=20, validation=(X, LABELS),
                     patience=3)
    assert len(history) == 4 and history.best == 0


def test_a_later_lower_loss_gives_patience_a_new_start():
    """The rate is 0 for two epochs in three: every third epoch is better, so patience 3 never runs out."""
    optimizer = mp.SGD(lambda epoch: 0.1 * (int(epoch) % 3 == 0))
    for patience, length in ((3, 12), (2, 3)):
        history = mp.fit(classifier(), X, LABELS, optimizer=optimizer, epochs=12, batch_size=10,
                         validation=(X, LABELS), patience=patience)
        assert len(history) == length


def test_the_callback_may_stop():
    calls = []

    def third(net, history):
        calls.append(len(history))
        return len(history) == 3

    history = mp.fit(classifier(), X, LABELS, epochs=10, callback=third)
    assert calls == [1, 2, 3] and len(history) == 3
    assert "callback" in history.stopped and history.best == 2


def test_no_epochs_do_nothing(fingerprint):
    def never(*_):
        raise AssertionError("called")

    net = classifier(batch_norm=True)
    before = fingerprint(net)
    history = mp.fit(net, X, LABELS, epochs=0, validation=(X, LABELS), patience=1, callback=never,
                     on_batch=never)
    assert fingerprint(net) == before
    assert len(history) == 0 and history.best == -1 and history.stopped == ""
    assert history.to_dict() == mp.History().to_dict()


def test_histories_share_nothing():
    mp.fit(classifier(), X, LABELS, epochs=1)
    assert mp.History().loss == []


# The progress line

class Terminal(list):
    """A stdout that says it is a terminal."""

    write, flush = list.append, lambda self: None

    def isatty(self):
        return True


def test_quiet_when_not_a_terminal(capsys):
    mp.fit(classifier(), X, LABELS, epochs=2)
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize("progress, lines", [(None, 2), (True, 2), (False, 0)])
def test_a_line_an_epoch_on_a_terminal(monkeypatch, progress, lines):
    terminal = Terminal()
    monkeypatch.setattr("sys.stdout", terminal)
    mp.fit(classifier(), X, LABELS, epochs=2, progress=progress)
    assert "".join(terminal).count("\n") == lines


def test_a_line_an_epoch_says_how_it_goes(capsys):
    history = mp.fit(classifier(), X, LABELS, epochs=3, validation=(X, LABELS), progress=True)
    lines = capsys.readouterr().out.splitlines()
    assert [line.split("  ")[0] for line in lines] == ["epoch 1/3", "epoch 2/3", "epoch 3/3"]
    texts = ["loss {:.4f}", "accuracy {:.2%}", "validation loss {:.4f}", "accuracy {:.2%}"]
    for line, *told in zip(lines, history.loss, history.accuracy, history.validation_loss,
                           history.validation_accuracy):
        assert line.split("  ")[1:] == [text.format(number) for text, number in zip(texts, told)]
    mp.fit(mp.Network(3, [mp.Dense(2)]), X, X[:, :2], loss="mse", epochs=1, validation=(X, X[:, :2]),
           progress=True)
    assert "accuracy" not in capsys.readouterr().out


# What is refused

def spoiled(value):
    x = X.copy()
    x[3, 1] = value
    return x


BAD = {
    "shape of x": (dict(x=X[:, :2]), ValueError, r"x: Network expects \(N, 3\), got \(10, 2\)"),
    "one sample": (dict(x=X[0]), ValueError, r"x: .*\(N, 3\), got \(3,\)"),
    "NaN": (dict(x=spoiled(np.nan)), ValueError, "x holds 1 values that are NaN"),
    "infinity": (dict(x=spoiled(-np.inf)), ValueError, "x holds 1 values"),
    "no samples": (dict(x=X[:0], t=LABELS[:0]), ValueError, "x is empty"),
    "text": (dict(x=np.full((10, 3), "a")), TypeError, "x expects real numbers"),
    "unequal": (dict(t=LABELS[:9]), ValueError, "x has 10, t has 9"),
    "label too large": (dict(t=LABELS + 1), ValueError, r"labels expected in 0 … 3, got 1 … 4"),
    "label negative": (dict(t=LABELS - 1), ValueError, "got -1"),
    "half a label": (dict(t=LABELS + 0.5), ValueError, "whole numbers"),
    "shape of t": (dict(t=X), ValueError, r"got \(10, 3\)"),
    "NaN in t": (dict(t=X @ np.full((3, 4), np.nan), loss="mse"), ValueError, "t holds 40 values"),
    "loss": (dict(loss="cross_entrpy"), ValueError, 'did you mean "cross_entropy"'),
    "epochs": (dict(epochs=-1), ValueError, "epochs expects at least 0, got -1"),
    "half an epoch": (dict(epochs=1.5), TypeError, "epochs expects a whole number, got 1.5"),
    "batch size": (dict(batch_size=0), ValueError, "batch_size expects at least 1, got 0"),
    "patience": (dict(patience=0, validation=(X, LABELS)), ValueError, "patience expects at least 1"),
    "patience alone": (dict(patience=2), ValueError, "patience needs validation"),
    "shape of validation": (dict(validation=(X[:, :2], LABELS)), ValueError, r"\(N, 3\), got \(10, 2\)"),
    "labels of validation": (dict(validation=(X, LABELS + 1)), ValueError, "labels expected"),
    "seed": (dict(seed=-1), ValueError, "seed expects at least 0, got -1"),
    "validation of one": (dict(validation=(X,)), (TypeError, ValueError), "validation"),
    "validation of three": (dict(validation=(X, LABELS, LABELS)), (TypeError, ValueError), "validation"),
    "validation a number": (dict(validation=0.2), (TypeError, ValueError), "validation"),
    "optimizer by another name": (dict(optimizer="adm"), ValueError, 'did you mean "adam"'),
    "optimizer a number": (dict(optimizer=0.1), TypeError, "optimizer expects a name, adam or sgd, or settings"),
    "validation of no size": (dict(validation=np.array(2)), TypeError, "validation expects a pair .* got ndarray"),
    "rate of text": (dict(optimizer=mp.SGD(lambda epoch: "a")), TypeError, "learning rate expects a number for each"),
    "rate of NaN": (dict(optimizer=mp.Adam(lambda epoch: np.nan)), ValueError, "got nan at epoch 0"),
    "loss a function": (dict(loss=len), TypeError, "loss expects a name, one of mse, cross_entropy"),
    "one sample a batch": (dict(batch_size=1), ValueError, "batch norm, in dense1, expects mini-batches of"),
    "one sample in all": (dict(x=X[:1], t=LABELS[:1]), ValueError, "in dense1, expects mini-batches of two"),
    "optimizer class": (dict(optimizer=mp.Adam), (TypeError, ValueError), "optimizer"),
    "callback": (dict(callback=3), TypeError, "callback"),
    "on_batch": (dict(on_batch=3), TypeError, "on_batch"),
    "on_step": (dict(on_step=3), TypeError, "on_step expects a function"),
    "augment": (dict(augment=3), TypeError, "augment expects a function"),
    "shape of augmented": (dict(augment=lambda x, rng: x[:2]), ValueError, r"augment .* \(10, 3\), got \(2, 3\)"),
    "state of another optimizer": (dict(state={"v": {}}), ValueError, "a TrainingState, or what Adam.start"),
    "state of another network": (dict(state=mp.Adam().start({"dense1.W": X})), ValueError, "state expects"),
    "state a list": (dict(state=[]), ValueError, "got list"),
}


@each("settings, error, told", BAD.values())
def test_bad_input_is_refused_before_anything_is_changed(settings, error, told, fingerprint):
    net = classifier(batch_norm=True)
    before = fingerprint(net)
    with pytest.raises(Exception) as raised:
        mp.fit(net, **{"x": X, "t": LABELS, "epochs": 1, **settings})
    assert fingerprint(net) == before
    assert isinstance(raised.value, error) and "\n" not in str(raised.value)
    assert raised.match(told)


def test_a_loss_that_stops_being_finite_is_told():
    net = mp.Network(3, [mp.Dense(4, "identity"), mp.Dense(2)])
    told = r"loss is (inf|nan) in epoch \d+"
    with np.errstate(all="ignore"), pytest.raises(FloatingPointError, match=told):
        mp.fit(net, X, X[:, :2], loss="mse", optimizer=mp.SGD(1e3), epochs=200)


def test_the_epoch_of_divergence_counts_from_one():
    net = mp.Network(1, [mp.Dense(1)])
    net["dense1"].W[...] = 1e200
    with np.errstate(all="ignore"), pytest.raises(FloatingPointError, match="in epoch 1:"):
        mp.fit(net, [[1.0]], [[0.0]], loss="mse", epochs=3)


def test_an_optimizer_is_left_as_it_was():
    optimizer = mp.Adam(0.01)
    before = copy.deepcopy({name: value for name, value in vars(optimizer).items() if name != "rate"})
    mp.fit(classifier(), X, LABELS, optimizer=optimizer, epochs=1)
    assert {name: value for name, value in vars(optimizer).items() if name != "rate"} == before
