"""Vowels: 1,520 spectrograms of ten vowels, spoken by 76 speakers who never lived.

Nothing was recorded. What is published is in `formants`: the average pitch and formants of men, women and children.
What is chosen here: how far speakers lie from the average of their group, how far one speaker's repetitions lie apart,
how the pitch falls, and the noise. As in the published study 33 men, 28 women and 15 children say each word twice.
"""

import functools

import numpy as np

from .formants import HERTZ, VOICES, WORDS
from .groups import grouped_dataset
from .speech import FRAME, HOP, RATE, spectrogram, voiced

FRAMES = 3
LEAD = 128                      # samples before the first frame, in which the resonances build up
SAMPLES = LEAD + FRAME + (FRAMES - 1) * HOP
TRACT, PITCH, REPEAT = 0.06, 0.12, 0.05     # standard deviations of logarithms: a speaker's formants, all of them
                                            # together, and pitch; each formant of a single word
NOISE = 0.1                     # of white noise, as a part of the sound's own standard deviation: 20 decibels below
SCALE = 2.0                     # spectrograms, in powers of ten, are divided by this
SEED = 1952


@functools.cache
def read_vowels():
    """Return (x, t, speaker): float64 (1520, 3 frames, 20 bands), classes 0..9 as in WORDS, and speakers 0..75.

    Made once: later calls return the same arrays, which are read-only.
    """
    rng = np.random.default_rng(SEED)
    voices = np.repeat(list(VOICES), list(VOICES.values()))
    average = np.array([HERTZ[voice] for voice in voices], np.float64)          # (speakers, words, F0 … F3)
    factor = np.exp(rng.normal(size=(len(voices), 2)) * (PITCH, TRACT))[:, [0, 1, 1, 1]]
    means = np.concatenate([average * factor[:, None]] * 2, axis=1).reshape(-1, 4)
    hertz = means * np.exp(REPEAT * rng.normal(size=means.shape))
    speaker = np.repeat(np.arange(len(voices)), 2 * len(WORDS))
    t = np.tile(np.arange(len(WORDS)), 2 * len(voices))
    made = spectrogram(spoken(hertz, rng)[:, LEAD:]) / SCALE, t, speaker
    for array in made:
        array.flags.writeable = False
    return made


def spoken(hertz, rng):
    """Return (N, SAMPLES) the sounds of `hertz` (N, F0 … F3), in noise; the pitch falls by up to a fifth on the way."""
    fall = 1 - rng.uniform(0, 0.2, (len(hertz), 1)) * np.linspace(0, 1, SAMPLES)
    formants = np.minimum(hertz[:, 1:], 0.48 * RATE)            # what lies above half the rate cannot be recorded
    sound = voiced(hertz[:, :1] * fall, rng.random(len(hertz)), formants)
    sound /= sound.std(axis=1, keepdims=True)
    return sound + NOISE * rng.normal(size=sound.shape)


def load_vowels(source, test, seed):
    """Return the vowels as a Dataset: x (N, 3, 20, 1), 10 classes; speakers are held out as a whole."""
    x, t, speaker = read_vowels()
    return grouped_dataset("vowels", x[..., None], t, speaker, source, test, seed, WORDS)
