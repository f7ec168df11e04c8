"""Scaling: inputs of mean 0 and standard deviation 1, by the statistics of the training part alone."""

import dataclasses

import numpy as np

FACTOR = 100                    # between the sizes of two columns, from which on it is worth a note


def standardised(data, columns):
    """Return the Dataset with x standardised, column by column, of images channel by channel.

    x ← (x − mean) / sd. The test part and new data (`data.scaled`) are scaled by the same numbers. What is the same in
    all training samples has no deviation, and is only moved to 0. columns: their names, for the notes.
    """
    axes = tuple(range(data.x_train.ndim - 1))
    mean, sd = data.x_train.mean(axis=axes), data.x_train.std(axis=axes)
    constant = np.ptp(data.x_train, axis=axes) == 0
    mean, sd = np.where(constant, data.x_train[(0,) * len(axes)], mean), np.where(constant, 1.0, sd)
    # the notes, and both parts by the same numbers
    notes = ["x is standardised by the mean and standard deviation of the training part (data.mean, data.sd)"]
    if constant.any():
        notes.append(f"the same in all training samples: {', '.join(columns(i) for i in np.flatnonzero(constant))}")
    x_train, x_test = ((x - mean) / sd for x in (data.x_train, data.x_test))
    return dataclasses.replace(data, x_train=x_train, x_test=x_test, mean=mean, sd=sd, notes=[*data.notes, *notes])


def hint(data, columns):
    """[a note] if the columns of a table differ much in size, or the numbers are large; else []."""
    x = data.x_train
    if x.ndim == 2 and x.shape[1] > 1:
        sd = x.std(axis=0)
        small, large = np.argmin(np.where(sd > 0, sd, np.inf)), np.argmax(sd)
        if sd[large] >= FACTOR * sd[small] > 0:
            return [f"the columns differ in size: {columns(large)} varies {sd[large] / sd[small]:,.0f} times as much "
                    f"as {columns(small)}; scale=True standardises them"]
    largest = np.abs(x).max()
    return [f"x reaches {largest:g}; scale=True standardises it"] if largest >= FACTOR else []
