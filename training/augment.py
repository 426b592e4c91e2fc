"""Changes of a waveform: other speakers, rooms, microphones and codecs."""

import io
from collections.abc import Callable

import numpy as np
import pyworld
import soundfile
from numpy.random import Generator
from numpy.typing import NDArray
from scipy.signal import butter, fftconvolve, resample_poly, sosfilt
from speech import RATE, Speech

Samples = NDArray[np.float32]


def scale_time(speech: Speech, samples: Samples, factor: float) -> Speech:
    """Return new samples whose time runs `factor` times as fast."""
    return Speech(samples, [(word, end / factor) for word, end in speech.ends])


def faster(speech: Speech, rng: Generator) -> Speech:
    """Play at another speed: tempo, pitch and formants together."""
    percent = int(rng.integers(84, 120))
    return scale_time(
        speech,
        resample_poly(speech.samples, 100, percent).astype(np.float32),
        percent / 100,
    )


def other_speaker(speech: Speech, rng: Generator) -> Speech:
    """Change pitch, vocal tract and tempo independently (WORLD vocoder)."""
    wave = speech.samples.astype(np.float64) + rng.normal(0, 1e-5, len(speech.samples))
    pitch, times = pyworld.dio(wave, RATE)
    spectrum = pyworld.cheaptrick(wave, pitch, times, RATE)
    noise = pyworld.d4c(wave, pitch, times, RATE)
    warp = float(np.exp(rng.uniform(-0.2, 0.2)))
    bins = np.arange(spectrum.shape[1])
    source = np.clip(bins * warp, 0, len(bins) - 1)
    low = source.astype(int)
    high = np.minimum(low + 1, len(bins) - 1)
    part = source - low
    spectrum = spectrum[:, low] * (1 - part) + spectrum[:, high] * part
    noise = noise[:, low] * (1 - part) + noise[:, high] * part
    voiced = pitch[pitch > 0]
    middle = float(np.exp(np.log(voiced).mean())) if len(voiced) else 120.0
    target = float(np.exp(rng.uniform(np.log(75), np.log(290))))
    liveliness = rng.uniform(0.3, 1.8)
    moved = np.where(
        pitch > 0, target * (np.maximum(pitch, 1.0) / middle) ** liveliness, 0.0
    )
    tempo = float(rng.uniform(0.8, 1.3))
    if rng.random() < 0.06:
        moved[:] = 0.0  # whispered
    out = pyworld.synthesize(
        np.clip(moved, 0, 500),
        np.ascontiguousarray(spectrum),
        np.ascontiguousarray(np.clip(noise, 0, 1)),
        RATE,
        5.0 / tempo,
    )
    return scale_time(speech, out.astype(np.float32), tempo)


def room(rng: Generator) -> Samples:
    """Return a made-up room response: direct sound, early reflections, a tail."""
    seconds = float(np.exp(rng.uniform(np.log(0.08), np.log(0.8))))
    count = int(seconds * RATE)
    time = np.arange(count) / RATE
    tail = rng.normal(0, 1, count) * 10 ** (-3 * time / seconds)
    low, high = butter(1, rng.uniform(1500, 7000), fs=RATE, output="sos"), time > 0.004
    response = sosfilt(low, tail) * high
    response /= np.sqrt((response**2).sum()) + 1e-9
    response *= 10 ** (-rng.uniform(-3, 15) / 20)
    for _ in range(int(rng.integers(0, 8))):
        place = int(rng.uniform(0.0005, 0.03) * RATE)
        if place < count:
            response[place] += rng.uniform(-0.5, 0.5)
    response[0] += 1.0
    return response.astype(np.float32)


def in_room(speech: Speech, rng: Generator) -> Speech:
    """Put the speaker into a room."""
    wet = fftconvolve(speech.samples, room(rng))[: len(speech.samples) + 1600]
    return Speech(wet.astype(np.float32), speech.ends)


def coloured(speech: Speech, rng: Generator) -> Speech:
    """Colour by a microphone: a high-pass, a low-pass, a resonance."""
    samples = speech.samples
    if rng.random() < 0.6:
        samples = sosfilt(
            butter(1, rng.uniform(60, 500), "high", fs=RATE, output="sos"), samples
        )
    if rng.random() < 0.5:
        samples = sosfilt(
            butter(2, rng.uniform(3000, 7500), fs=RATE, output="sos"), samples
        )
    if rng.random() < 0.4:
        centre = rng.uniform(300, 4000)
        band = butter(1, [centre * 0.8, centre * 1.25], "band", fs=RATE, output="sos")
        samples = samples + rng.uniform(-0.7, 1.5) * sosfilt(band, samples)
    return Speech(np.asarray(samples, np.float32), speech.ends)


def overdriven(speech: Speech, rng: Generator) -> Speech:
    """Clip softly or hard."""
    peak = np.abs(speech.samples).max() + 1e-9
    driven = speech.samples / peak * rng.uniform(1.5, 6)
    clipped = np.tanh(driven) if rng.random() < 0.5 else np.clip(driven, -1, 1)
    return Speech((clipped * 0.7).astype(np.float32), speech.ends)


def coded(speech: Speech, rng: Generator) -> Speech:
    """Send through a codec: MP3, Opus, Vorbis, or 8-bit mu-law at 8 kHz."""
    samples = np.clip(speech.samples, -1, 1)
    kind = rng.integers(0, 4)
    if kind == 3:
        narrow = resample_poly(samples, 1, 2)
        curve = np.sign(narrow) * np.log1p(255 * np.abs(narrow)) / np.log(256)
        curve = np.round(curve * 127) / 127
        narrow = np.sign(curve) * (256 ** np.abs(curve) - 1) / 255
        return Speech(resample_poly(narrow, 2, 1).astype(np.float32), speech.ends)
    form, sub = (("MP3", "MPEG_LAYER_III"), ("OGG", "OPUS"), ("OGG", "VORBIS"))[kind]
    buffer = io.BytesIO()
    soundfile.write(
        buffer, samples, RATE, format=form, subtype=sub,
        compression_level=float(rng.uniform(0.5, 0.99)),
    )  # fmt: skip
    buffer.seek(0)
    decoded, rate = soundfile.read(buffer, dtype="float32")
    if rate != RATE:
        decoded = resample_poly(decoded, RATE, rate).astype(np.float32)
    return Speech(decoded, speech.ends)


def loudness(speech: Speech, rng: Generator) -> Speech:
    """Set the level between a whisper far away and a shout close by."""
    rms = np.sqrt((speech.samples**2).mean()) + 1e-9
    gain = 10 ** (rng.uniform(-42, -14) / 20) / rms
    return Speech(np.clip(speech.samples * gain, -1, 1).astype(np.float32), speech.ends)


_CHAIN: tuple[tuple[float, Callable[[Speech, Generator], Speech]], ...] = (
    (0.5, faster),
    (0.5, in_room),
    (0.4, coloured),
    (0.08, overdriven),
    (0.15, coded),
    (1.0, loudness),
)


def vary(speech: Speech, rng: Generator, revoice: float = 0.0) -> Speech:
    """Return one variant; `revoice` is the share that gets another speaker's voice."""
    if rng.random() < revoice:
        speech = other_speaker(speech, rng)
    for share, change in _CHAIN:
        if rng.random() < share:
            speech = change(speech, rng)
    return speech
