"""espeak-ng through its C library, with the times of the words.

Figures and structures: espeak-ng 1.51, speak_lib.h.
"""

import ctypes
from ctypes import POINTER, c_char_p, c_int, c_short, c_uint, c_void_p
from functools import cache

import numpy as np
from numpy.typing import NDArray
from speech import Speech, to_rate
from texts import WORDS

_SYNCHRONOUS = 2
_WORD, _LIST_END = 1, 0
_RATE, _PITCH, _RANGE = 1, 3, 4


class _Identity(ctypes.Union):
    _fields_ = (("number", c_int), ("name", c_char_p), ("string", ctypes.c_char * 8))


class _Event(ctypes.Structure):
    _fields_ = (
        ("type", c_int),
        ("unique_identifier", c_uint),
        ("text_position", c_int),
        ("length", c_int),
        ("audio_position", c_int),
        ("sample", c_int),
        ("user_data", c_void_p),
        ("id", _Identity),
    )


_chunks: list[NDArray[np.int16]] = []
_words: list[tuple[int, int]] = []


@ctypes.CFUNCTYPE(c_int, POINTER(c_short), c_int, POINTER(_Event))
def _collect(wave: object, count: int, events: object) -> int:
    """Keep a piece of sound and the words that begin in it."""
    if wave and count > 0:
        _chunks.append(np.ctypeslib.as_array(wave, (count,)).copy())
    index = 0
    while events[index].type != _LIST_END:
        if events[index].type == _WORD:
            _words.append((events[index].text_position, events[index].audio_position))
        index += 1
    return 0


@cache
def _library() -> tuple[ctypes.CDLL, int]:
    """Return the library and its sample rate."""
    library = ctypes.CDLL("libespeak-ng.so.1")
    rate = library.espeak_Initialize(_SYNCHRONOUS, 500, None, 0)
    library.espeak_SetSynthCallback(_collect)
    return library, rate


def _word_ends(text: str, seconds: float) -> list[tuple[int, float]]:
    """Return where the keywords of the text end, from the next word's beginning."""
    starts = sorted(_words)
    ends = []
    for position, _ in starts:
        rest = text[position - 1 :].lower()
        for index, word in enumerate(WORDS):
            if rest.startswith(word):
                later = [ms for place, ms in starts if place > position + len(word)]
                ends.append((index, min(later) / 1000.0 if later else seconds))
    return ends


def say(
    text: str, voice: str, rate: int = 170, pitch: int = 50, inflection: int = 50
) -> Speech:
    """Speak a text.

    `voice` is a language and perhaps a variant ("en-us+f3"); rate in words per minute
    (80..450), pitch and inflection 0..99. Raises ValueError for an unknown voice.
    """
    library, sample_rate = _library()
    _chunks.clear()
    _words.clear()
    if library.espeak_SetVoiceByName(voice.encode()) != 0:
        raise ValueError(voice)
    for parameter, value in ((_RATE, rate), (_PITCH, pitch), (_RANGE, inflection)):
        library.espeak_SetParameter(parameter, value, 0)
    data = text.encode()
    library.espeak_Synth(data, len(data) + 1, 0, 1, 0, 1 | 0x100, None, None)
    if not _chunks:
        return Speech(np.zeros(1600, np.float32))
    raw = np.concatenate(_chunks).astype(np.float32) / 32768.0
    samples = to_rate(raw, sample_rate)
    ends = [
        (index, refine(samples, end))
        for index, end in _word_ends(text, len(raw) / sample_rate)
    ]
    return Speech(samples, ends)


def refine(samples: NDArray[np.float32], end: float) -> float:
    """Move a word's end back over the silence before the next word."""
    begin = max(0.0, end - 0.7)
    part = samples[int(begin * 16_000) : int(end * 16_000)]
    if len(part) < 1600 or not part.any():
        return end
    count = len(part) // 160
    level = (part[: count * 160].reshape(count, 160) ** 2).mean(axis=1)
    loud = np.flatnonzero(level > level.max() * 1e-3)
    return begin + (loud[-1] + 1) / 100.0
