"""The history as a table, and as it reads at a prompt and in a notebook."""

import minprune as mp
from minprune.training.history import progress_line


def history(epochs=3, **more):
    return mp.History(loss=[1 / (1 + epoch) for epoch in range(epochs)], accuracy=[0.5] * epochs,
                      rate=[0.001] * epochs, best=epochs - 1, **more)


def test_the_table_by_hand():
    told = history(2, validation_loss=[0.25, 0.125], validation_accuracy=[None, None],
                   stopped="the callback asked for it")
    assert str(told).splitlines() == [
        "2 epochs, the weights of epoch 2; stopped: the callback asked for it",
        "       epoch        loss    accuracy   val. loss   val. acc.        rate",
        "           1      1.0000      50.00%      0.2500                   0.001",
        "           2      0.5000      50.00%      0.1250                   0.001"]


def test_a_long_training_is_told_by_its_ends():
    lines = str(history(50)).splitlines()
    assert lines[0] == "50 epochs, the weights of epoch 50" and len(lines) < 14
    assert lines[2].split()[0] == "1" and lines[-1].split()[0] == "50" and "…" in str(history(50))
    assert "…" not in str(history(12))


def test_no_epochs():
    assert str(mp.History()) == "no epochs" and "no epochs" in mp.History()._repr_html_()


def test_at_the_prompt_it_reads_as_it_prints():
    assert repr(history()) == str(history())
    assert history()._repr_html_().count("<tr>") == 4 and "0.3333</td>" in history()._repr_html_()
    assert history() == history() and history() != history(2)


def test_the_progress_line_counts_epochs_of_all_calls():
    assert progress_line(history(1), 3, 4) == "epoch 3/4  loss 1.0000  accuracy 50.00%"
