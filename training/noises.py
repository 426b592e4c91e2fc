"""Made-up noise and music, 16 kHz."""

from collections.abc import Callable

import numpy as np
from augment import Samples
from numpy.random import Generator
from scipy.signal import butter, sosfilt
from speech import RATE


def coloured_noise(rng: Generator, count: int) -> Samples:
    """Return noise whose power falls with frequency to the power of 0..2."""
    spectrum = np.fft.rfft(rng.normal(0, 1, count))
    hertz = np.maximum(np.fft.rfftfreq(count, 1 / RATE), 20)
    wave = np.fft.irfft(spectrum * hertz ** -rng.uniform(0, 1.1), count)
    speed = rng.uniform(0.2, 6)
    swing = 1 + rng.uniform(0, 0.7) * np.sin(
        2 * np.pi * speed * np.arange(count) / RATE + rng.uniform(0, 6)
    )
    return (wave * swing).astype(np.float32)


def machine(rng: Generator, count: int) -> Samples:
    """Return the hum of a motor or of the mains, with some noise."""
    time = np.arange(count) / RATE
    base = rng.choice([50.0, 60.0, rng.uniform(30, 400)])
    drift = 1 + 0.02 * np.sin(2 * np.pi * rng.uniform(0.05, 0.5) * time)
    phase = 2 * np.pi * np.cumsum(base * drift) / RATE
    wave = sum(
        rng.uniform(0, 1) / part * np.sin(part * phase + rng.uniform(0, 6))
        for part in range(1, int(rng.integers(4, 30)))
    )
    return (wave + rng.uniform(0, 1) * rng.normal(0, 1, count)).astype(np.float32)


def clatter(rng: Generator, count: int) -> Samples:
    """Return knocks, clicks and rings: keys, dishes, doors."""
    wave = rng.normal(0, 0.003, count)
    for _ in range(int(count / RATE * rng.uniform(0.5, 8))):
        length = int(rng.uniform(0.005, 0.4) * RATE)
        time = np.arange(length) / RATE
        ring = np.sin(2 * np.pi * rng.uniform(150, 6000) * time)
        sound = (rng.uniform(0, 1) * rng.normal(0, 1, length) + ring) * np.exp(
            -time * rng.uniform(10, 200)
        )
        place = int(rng.integers(0, max(1, count - length)))
        wave[place : place + length] += sound[: count - place] * rng.uniform(0.05, 1)
    return wave.astype(np.float32)


def _note(rng: Generator, hertz: float, length: int) -> Samples:
    """Return one note of a made-up instrument."""
    time = np.arange(length) / RATE
    bright, vibrato = rng.uniform(0.5, 2.5), rng.uniform(0, 0.01)
    phase = (
        2 * np.pi * hertz * time
        + vibrato * hertz * np.sin(2 * np.pi * 5.5 * time) / 5.5
    )
    wave = sum(
        np.sin(part * phase) / part**bright
        for part in range(1, 12)
        if part * hertz < 7600
    )
    attack = np.minimum(1, time / rng.uniform(0.003, 0.08))
    return (wave * attack * np.exp(-time * rng.uniform(0.5, 6))).astype(np.float32)


def music(rng: Generator, count: int) -> Samples:
    """Return chords, a melody and drums over a simple harmony."""
    wave = np.zeros(count, np.float32)
    beat = int(60 / rng.uniform(60, 170) * RATE)
    root = rng.uniform(80, 250)
    scale = np.array(rng.choice([[0, 2, 4, 5, 7, 9, 11], [0, 2, 3, 5, 7, 8, 10]]))
    for step, place in enumerate(range(0, count - 1600, beat // 2)):
        degree = scale[rng.integers(0, 7)]
        pitches = [root * 2 ** ((degree + 12 * rng.integers(0, 3)) / 12)]
        if step % 4 == 0:
            pitches += [root * 2 ** ((degree + third) / 12) for third in (0, 4, 7)]
        for pitch in pitches:
            length = min(int(beat * rng.uniform(0.4, 3)), count - place)
            wave[place : place + length] += _note(rng, pitch, length) * rng.uniform(
                0.1, 1
            )
        if step % 2 == 0:
            length = min(2400, count - place)
            time = np.arange(length) / RATE
            drum = rng.normal(0, 1, length) * np.exp(-time * rng.uniform(20, 90))
            wave[place : place + length] += drum.astype(np.float32) * rng.uniform(0, 1)
    return wave


def band(rng: Generator, count: int) -> Samples:
    """Return a band of noise that comes and goes: wind, water, breath, traffic."""
    low = np.exp(rng.uniform(np.log(60), np.log(3000)))
    high = min(7800.0, low * np.exp(rng.uniform(0.2, 2.5)))
    wave = sosfilt(
        butter(2, [low, high], "band", fs=RATE, output="sos"), rng.normal(0, 1, count)
    )
    points = rng.uniform(0.02, 1, max(2, int(count / RATE * rng.uniform(0.5, 6))))
    swell = np.interp(np.linspace(0, 1, count), np.linspace(0, 1, len(points)), points)
    return (wave * swell).astype(np.float32)


KINDS: tuple[Callable[[Generator, int], Samples], ...] = (
    coloured_noise,
    machine,
    clatter,
    music,
    band,
)
