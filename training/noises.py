"""Made-up noise and music, 16 kHz."""

from collections.abc import Callable

import numpy as np
from augment import Samples
from numpy.random import Generator
from scipy.signal import butter, lfilter, sosfilt
from speech import RATE

Maker = Callable[[Generator, int], Samples]
"""Makes so many samples of a noise."""
Instrument = Callable[[Generator, float, int], Samples]
"""Plays a note, of so many hertz and samples."""


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


def _voice(rng: Generator, hertz: float, length: int) -> Samples:
    """Return one sung note: a buzz through the resonances of a vowel."""
    time = np.arange(length) / RATE
    vibrato = 1 + rng.uniform(0, 0.03) * np.sin(2 * np.pi * rng.uniform(4, 7) * time)
    phase = np.cumsum(hertz * vibrato) / RATE
    wave = 2 * (phase % 1) - 1
    sung = np.zeros(length)
    for low, high in ((250, 900), (800, 2500), (2200, 3800)):
        centre = rng.uniform(low, high)
        edges = [centre * 0.93, centre * 1.07]
        sung += rng.uniform(0.2, 1) * sosfilt(
            butter(1, edges, "band", fs=RATE, output="sos"), wave
        )
    fade = np.minimum(1, np.minimum(time, time[::-1]) / rng.uniform(0.02, 0.1))
    return (3 * sung * fade).astype(np.float32)


def _plucked(rng: Generator, hertz: float, length: int) -> Samples:
    """Return one plucked string (Karplus and Strong, 1983)."""
    period = max(2, int(RATE / hertz))
    burst = np.zeros(length)
    burst[:period] = rng.normal(0, 1, period)[:length]
    damping = rng.uniform(0.48, 0.499)
    feedback = np.zeros(period + 2)
    feedback[0], feedback[period:] = 1.0, -damping
    return lfilter([1.0], feedback, burst).astype(np.float32)


def _held_note(rng: Generator, hertz: float, length: int) -> Samples:
    """Return one note of strings, an organ or a synthesiser."""
    time = np.arange(length) / RATE
    wave = np.zeros(length)
    for detune in rng.normal(1, 0.003, int(rng.integers(1, 4))):
        phase = hertz * detune * time + rng.uniform(0, 1)
        wave += rng.choice([2 * (phase % 1) - 1, np.sign(phase % 1 - 0.4)])
    wave = sosfilt(butter(2, rng.uniform(500, 6000), fs=RATE, output="sos"), wave)
    fade = np.minimum(1, np.minimum(time, time[::-1]) / rng.uniform(0.01, 0.2))
    return (wave * fade).astype(np.float32)


def _beat(rng: Generator, count: int, beat: int) -> Samples:
    """Return drums: kick, snare and hats in a pattern of sixteen steps."""
    wave = np.zeros(count)
    for kind in range(3):
        pattern = rng.random(16) < (0.3, 0.2, 0.6)[kind]
        length = int(RATE * (0.25, 0.2, 0.06)[kind])
        time = np.arange(length) / RATE
        noise = rng.normal(0, 1, length)
        thump = np.sin(2 * np.pi * 55 * time * (1 + np.exp(-40 * time)))
        sound = (
            thump * np.exp(-15 * time),
            noise * np.exp(-rng.uniform(15, 50) * time),
            np.diff(noise, prepend=0) * np.exp(-rng.uniform(40, 120) * time),
        )[kind] * rng.uniform(0.1, 1.5)
        for step, place in enumerate(range(0, count - length, max(1, beat // 4))):
            if pattern[step % 16]:
                wave[place : place + length] += sound
    return wave.astype(np.float32)


def song(rng: Generator, count: int) -> Samples:
    """Return a song: chords, a bass, a melody played or sung, and drums."""
    wave = np.zeros(count, np.float32)
    beat = int(60 / rng.uniform(60, 180) * RATE)
    root = rng.uniform(60, 130)
    scale = np.array(rng.choice([[0, 2, 4, 5, 7, 9, 11], [0, 2, 3, 5, 7, 8, 10]]))
    chords = rng.integers(0, 7, 4)
    makers = (_note, _voice, _plucked, _held_note)

    def play(
        maker: Instrument, degree: int, octave: int, place: int, length: int
    ) -> None:
        pitch = root * 2 ** (octave + (scale[degree % 7] + 12 * (degree // 7)) / 12)
        length = min(length, count - place)
        if length > 400:
            sound = maker(rng, pitch, length)
            sound = sound / (np.sqrt((sound**2).mean()) + 1e-6)
            wave[place : place + length] += sound * levels[maker]

    pad, lead = (makers[at] for at in rng.choice(4, 2, replace=False))
    levels = {maker: float(rng.uniform(0.1, 1.2)) for maker in makers}
    levels[lead] = 1.0
    for bar, place in enumerate(range(0, count, beat * 4)):
        degree = int(chords[bar % 4])
        for third in (0, 2, 4):
            play(pad, degree + third, 1, place, beat * 4)
        for quarter in range(4):
            play(_plucked, degree, 0, place + quarter * beat, beat)
        at = place
        while at < min(count, place + beat * 4):
            length = int(beat * rng.choice([0.5, 1, 1, 2]))
            if rng.random() < 0.8:
                play(lead, degree + int(rng.integers(0, 8)), 2, at, length)
            at += length
    wave += _beat(rng, count, beat) * rng.choice([0.0, 1.0, 3.0])
    wave = np.tanh(wave / (np.abs(wave).max() + 1e-6) * rng.uniform(0.5, 4))
    return sosfilt(
        butter(1, rng.uniform(20, 300), "high", fs=RATE, output="sos"), wave
    ).astype(np.float32)


KINDS: tuple[Maker, ...] = (
    coloured_noise,
    machine,
    clatter,
    music,
    band,
)
