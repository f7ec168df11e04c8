"""Speech: the sound of vowels made from their pitch and formants, and its spectrogram.

The source-filter model: the vocal cords give pulses, the vocal tract filters them by one resonance a formant. The
resonator is the digital one of Klatt's synthesiser, h(z) = A / (1 − B z⁻¹ − C z⁻²) with

    C = −e^(−2π·bandwidth/rate),   B = 2 e^(−π·bandwidth/rate) cos(2π·frequency/rate),   A = 1 − B − C

(D. H. Klatt, "Software for a cascade/parallel formant synthesizer", Journal of the Acoustical Society of America 67
(1980); the abstract, and these formulas in programs that implement it, were read).
"""

import numpy as np

from ..engine.checks import check_numbers

RATE = 8000                     # samples a second, as on the telephone
BANDWIDTHS = (60.0, 90.0, 150.0)    # of the three formants, in hertz: chosen, of the usual size
TILT = 0.9                      # pole of the low-pass filter that makes the pulses duller, as vocal cords are
FRAME, HOP = 256, 64           # samples of a frame, and from one frame to the next: 32 and 8 milliseconds
BANDS = 20                      # frequency bands of a spectrogram
FLOOR = 1e-6                    # of the power in a band, so that silence has a logarithm


def pulses(pitch, start):
    """Return (N, samples) a 1 wherever a period begins: pitch (N, samples) in hertz, start (N,) in periods."""
    periods = np.floor(start[:, None] + np.cumsum(pitch / RATE, axis=1))
    return np.diff(periods, axis=1, prepend=np.floor(start)[:, None])


def vocal_tract(frequencies, bandwidths=BANDWIDTHS, points=1024):
    """Return (N, points/2 + 1) complex: the filter's response at the frequencies of `np.fft.rfft` of so many points.

    frequencies: (N, formants) in hertz. The resonators stand one behind the other, behind the low-pass filter. Raises
    ValueError unless there is a bandwidth for each formant.
    """
    frequencies = check_numbers("frequencies", frequencies)
    if frequencies.ndim != 2 or frequencies.shape[1] != len(bandwidths):
        raise ValueError(f"frequencies expects shape (N, {len(bandwidths)}), a column for each of the bandwidths "
                         f"{tuple(bandwidths)}, got {frequencies.shape}")
    delay = np.exp(-2j * np.pi * np.arange(points // 2 + 1) / points)           # z⁻¹
    response = (1 - TILT) / (1 - TILT * delay) * np.ones((len(frequencies), 1))
    for frequency, bandwidth in zip(frequencies.T, bandwidths):
        C = -np.exp(-2 * np.pi * bandwidth / RATE)
        B = 2 * np.exp(-np.pi * bandwidth / RATE) * np.cos(2 * np.pi * frequency / RATE)[:, None]
        response = response * ((1 - B - C) / (1 - B * delay - C * delay ** 2))
    return response


def voiced(pitch, start, frequencies):
    """Return (N, samples) the sound of N vowels: pulses through the vocal tract."""
    samples = pitch.shape[1]
    points = 1 << (2 * samples - 1).bit_length()        # twice as long, so that the end does not ring into the start
    spectrum = np.fft.rfft(pulses(pitch, start), points, axis=1) * vocal_tract(frequencies, points=points)
    return np.fft.irfft(spectrum, points, axis=1)[:, :samples]


def spectrogram(sound):
    """Return (N, frames, BANDS): log₁₀ of the power in each frequency band of each frame, less the sound's mean.

    sound: (N, samples), at least a FRAME of them. Frames are windowed (Hann); the loudness of the whole sound falls
    out with the mean.
    """
    sound = check_numbers("sound", sound)
    if sound.ndim != 2 or sound.shape[1] < FRAME:
        raise ValueError(f"sound expects shape (N, samples) with at least {FRAME} samples, got {sound.shape}")
    frames = np.lib.stride_tricks.sliding_window_view(sound, FRAME, axis=1)[:, ::HOP]
    power = np.abs(np.fft.rfft(frames * np.hanning(FRAME), axis=2)) ** 2
    levels = np.log10(power @ bands().T + FLOOR)
    return levels - levels.mean(axis=(1, 2), keepdims=True)


def bands():
    """Return (BANDS, FRAME/2 + 1): triangles that overlap by half, equally wide in mel, over a frame's frequencies.

    mel = 2595 log₁₀(1 + hertz / 700), a scale of heard pitch.
    """
    mel = 2595 * np.log10(1 + np.fft.rfftfreq(FRAME, 1 / RATE) / 700)
    edges = np.linspace(0, mel[-1], BANDS + 2)
    rising = (mel - edges[:-2, None]) / (edges[1:-1] - edges[:-2])[:, None]
    falling = (edges[2:, None] - mel) / (edges[2:] - edges[1:-1])[:, None]
    return np.maximum(np.minimum(rising, falling), 0)
