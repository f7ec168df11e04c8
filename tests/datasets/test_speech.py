"""Sounds against the difference equation that they are said to obey, spectrograms against tones."""

import numpy as np

from minprune.datasets import speech
from minprune.datasets.formants import formants


def test_the_sound_obeys_the_difference_equations():
    """y_n = A x_n + B y_{n−1} + C y_{n−2} for each resonator, one after the other, behind the low-pass filter."""
    frequencies = np.array([[270.0, 2290.0, 3010.0], [730.0, 1090.0, 2440.0]])
    pitch = np.full((2, 120), 136.0)
    expected = []
    for x, row in zip(speech.pulses(pitch, np.array([0.5, 0.9])), frequencies):
        filters = [(1 - speech.TILT, speech.TILT, 0.0)]
        for frequency, bandwidth in zip(row, speech.BANDWIDTHS):
            C = -np.exp(-2 * np.pi * bandwidth / 8000)
            B = 2 * np.exp(-np.pi * bandwidth / 8000) * np.cos(2 * np.pi * frequency / 8000)
            filters.append((1 - B - C, B, C))
        for A, B, C in filters:
            y = [0.0, 0.0]
            for value in x:
                y.append(A * value + B * y[-1] + C * y[-2])
            x = y[2:]
        expected.append(x)
    found = speech.voiced(pitch, np.array([0.5, 0.9]), frequencies)
    # what rings longer than twice the sound comes round to its start: very little of it
    assert np.abs(found - expected).max() < 2e-2 * np.abs(expected).max()
    longer = speech.voiced(np.full((2, 1000), 136.0), np.array([0.5, 0.9]), frequencies)[:, :120]
    assert np.abs(longer - expected).max() < 1e-9 * np.abs(expected).max()


def test_the_vocal_tract_has_its_peaks_at_the_formants():
    for word, voice in (("heed", "men"), ("had", "women"), ("hod", "men")):
        level = np.abs(speech.vocal_tract(formants(word, voice)[None, 1:])[0])
        peaks = 1 + np.flatnonzero((level[1:-1] > level[:-2]) & (level[1:-1] > level[2:]))
        assert np.abs(peaks * 8000 / 1024 - formants(word, voice)[1:]).max() < 20
        assert np.isclose(level[0], 1)                          # constant pressure passes as it is


def test_pulses_are_as_many_as_the_pitch_says():
    found = speech.pulses(np.array([[100.0] * 8000, [250.0] * 8000]), np.array([0.0, 0.3]))
    assert abs(found.sum(axis=1) - [100, 250]).max() <= 1 and set(np.unique(found)) == {0, 1}
    assert set(np.diff(np.flatnonzero(found[0]))) <= {79, 80, 81}


def test_bands_are_triangles_that_share_each_frequency():
    bands = speech.bands()
    assert bands.shape == (20, 129) and bands.min() == 0 and bands.max() <= 1
    between = slice(int(bands[0].argmax()) + 1, int(bands[-1].argmax()))
    assert np.allclose(bands[:, between].sum(axis=0), 1)


def test_a_spectrogram_shows_a_tone_in_its_band_however_loud():
    time = np.arange(512) / speech.RATE
    tones = np.sin(2 * np.pi * np.array([[500.0], [2000.0]]) * time)
    found = speech.spectrogram(tones)
    assert found.shape == (2, 5, 20) and np.allclose(found.mean(axis=(1, 2)), 0)
    centre = [int(speech.bands()[:, round(hertz / speech.RATE * speech.FRAME)].argmax()) for hertz in (500, 2000)]
    assert (found.argmax(axis=2) == np.array(centre)[:, None]).all()
    noise = np.random.default_rng(0).normal(size=(1, 512))
    assert np.allclose(speech.spectrogram(noise), speech.spectrogram(100 * noise), atol=1e-4)
