"""How numbers are printed: few digits, and 0 for what is nothing but rounding."""

import numpy as np

NOTHING = 1e-10                 # central differences leave as much where there is nothing


def numbers(array):
    """[[1, -0.5]]: an array on one line, rounded to five digits, axes of length 1 beyond two left out."""
    array = np.asarray(array, float)
    while array.ndim > 2 and 1 in array.shape:
        array = array.squeeze(array.shape.index(1))
    return " ".join(np.array2string(array, separator=", ", threshold=40, formatter={"float_kind": number}).split())


def number(value, digits=5, nothing=NOTHING):
    """To so many digits; never -0."""
    return f"{0.0 if abs(value) < nothing else value:.{digits}g}"
