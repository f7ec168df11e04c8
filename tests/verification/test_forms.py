"""The shapes in which a quantity is accepted, and what each of them holds."""

import numpy as np

from cases import each
from minprune.verification import forms

SUM, MEAN = "sum over the batch", "mean over the batch"


@each("shapes, letters, whole", [
    (forms.shapes_of_neurons, "NPK", None), (forms.shapes_of_weights, "NKF", SUM), (forms.shapes_of_biases, "NK", SUM),
    (forms.shapes_of_removals, "NK", MEAN), (forms.shapes_of_inputs, "NPF", None),
    (forms.shapes_of_outputs, "NM", None),
    (forms.shapes_of_neurons_and_inputs, "NKF", None), (forms.shapes_of_neurons_and_outputs, "NPKM", None),
    (forms.shapes_of_pairs, "NKK", MEAN)])
def test_each_form_is_the_whole_or_what_its_name_says(shapes, letters, whole):
    sizes = {"N": 2, "P": 5, "K": 3, "F": 4, "M": 6}
    values = np.random.default_rng(0).normal(size=[sizes[letter] for letter in letters])
    first, *others = shapes(values)
    assert first.letters == f"({', '.join(letters)})" and first.reduction == "per sample" and first.values is values
    reduced = [form for form in others if form.reduction != "per sample"]
    assert [form.reduction for form in reduced] == ([whole] if whole else [])
    for form in reduced:
        expected = np.add.reduce(values, axis=0) / (len(values) if whole == MEAN else 1)
        np.testing.assert_allclose(form.values, expected, rtol=1e-15)
        assert form.letters == f"({', '.join(letters[1:])}{',' * (len(letters) == 2)})"
