"""What all studies need: a network for a data set, a folder for the results, means and deviations as text."""

import json
import statistics
import tempfile

import numpy as np

from ..engine.checks import check_path
from ..engine.models import MODELS
from ..engine.optimizers import Adam
from ..engine.schedules import cosine
from ..engine.storage import atomic

# ------------------------------------------------------------------------------------ networks


def build(data, model, seed, dtype="float64"):
    """(network, loss) for a data set: cross-entropy for classes, mse for numbers.

    `model` is a name (mp.models.MODELS), a function model(input_shape, outputs, seed, dtype), or None: cnn for images
    of at least 4×4, else mlp.
    """
    if data.classes == 1:
        raise ValueError(f"{data.name} has one class only; there is nothing to learn")
    make = model if callable(model) else MODELS[model or default_model(data)]
    outputs = data.classes or int(np.prod(data.t_train.shape[1:]))
    return make(data.x_train.shape[1:], outputs, seed, dtype), default_loss(data)


def default_model(data):
    """A cnn for images that its two poolings leave a pixel of, else an mlp."""
    shape = data.x_train.shape[1:]
    return "cnn" if len(shape) == 3 and min(shape[:2]) >= 4 else "mlp"


def default_loss(data):
    return "cross_entropy" if data.classes else "mse"


def make_optimizer(rate, epochs):
    """Adam with a learning rate that falls to 0: the last epochs settle what the first ones found."""
    return Adam(cosine(rate, max(epochs, 1)))


# ------------------------------------------------------------------------------------- results


def prepare_folder(out):
    """Make the folder for the results; raise OSError, naming the folder, if it cannot be written to."""
    out = check_path("out", out)
    if out.exists() and not out.is_dir():
        raise FileExistsError(f"out expects a folder, {out} is a file")
    out.mkdir(parents=True, exist_ok=True)
    try:
        with tempfile.TemporaryFile(dir=out):   # it fails now, not after the training
            return out
    except OSError as error:
        raise OSError(error.errno, f"cannot write to the folder ({error.strerror})", str(out)) from None


def write_json(path, values):
    """Write values to a JSON file, which is there whole or not at all."""
    with atomic(path, "t") as file:
        json.dump(json_values(values), file, indent=1, allow_nan=False)
        file.write("\n")


def write_text(path, text):
    """Write lines to a text file, which is there whole or not at all."""
    with atomic(path, "t") as file:
        file.write(f"{text}\n")


def json_values(value):
    """The same in values that JSON knows: arrays as lists, infinities and NaN (which it does not know) as text."""
    if isinstance(value, dict):
        return {str(key): json_values(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [json_values(item) for item in value]
    if isinstance(value, np.ndarray):
        return json_values(value.tolist())
    if isinstance(value, np.generic):
        return json_values(value.item())
    return str(value) if isinstance(value, float) and not np.isfinite(value) else value


# --------------------------------------------------------------------------------- mean ± s.d.


def mean_sd(values):
    """(mean, standard deviation with n − 1) of the finite values; NaN for a deviation of fewer than two values."""
    values = [value for value in values if np.isfinite(value)]
    if not values:
        return (float("nan"), float("nan"))
    return (statistics.fmean(values), statistics.stdev(values) if len(values) > 1 else float("nan"))


def plus_minus(mean_and_sd, form):
    """The text `mean ± s.d.` with numbers in the format `form`, such as "{:.2f}"; a dash where there is no mean."""
    mean, sd = mean_and_sd
    if not np.isfinite(mean):
        return "-"
    return form.format(mean) + (f" ± {form.format(sd)}" if np.isfinite(sd) else "")
