"""A data set: inputs and targets to train on, and others, held out, to test with."""

from dataclasses import dataclass, field

import numpy as np


@dataclass(frozen=True, repr=False, eq=False)
class Dataset:
    """Inputs and targets in two parts.

    x_train, x_test   float64, (N, features) or images (N, H, W, C)
    t_train, t_test   int64 (N,), classes 0..classes-1; for regression float64 (N, K), and then classes is None
    name              the data set's or the file's name
    class_names       what class 0, 1, … is called in the file, as texts; None for regression
    mean, sd          the statistics of the training part by which x was standardised, (features,) or (C,); else None
    notes             sentences: what the loader concluded about the file
    """

    x_train: np.ndarray
    t_train: np.ndarray
    x_test: np.ndarray
    t_test: np.ndarray
    name: str
    classes: int | None
    class_names: tuple | None = None
    mean: np.ndarray | None = None
    sd: np.ndarray | None = None
    notes: list = field(default_factory=list)

    def scaled(self, x):
        """Return new inputs as those of this data set were scaled: (x − mean) / sd, or x itself as float64."""
        x = np.asarray(x, np.float64)
        return x if self.mean is None else (x - self.mean) / self.sd

    def __repr__(self):
        targets = f"{self.classes} classes" if self.classes else f"regression to {self.t_train.shape[1:]}"
        return (f'Dataset("{self.name}": {len(self.x_train)} train + {len(self.x_test)} test, '
                f"x {self.x_train.shape[1:]}, {targets})")
