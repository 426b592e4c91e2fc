"""The recogniser's own process: PocketSphinx, fed through standard input.

Each message in: session and length (two unsigned 32-bit little-endian integers), one
letter of what to do, and the bytes. Each finished session answers with one line of
JSON. PocketSphinx holds the interpreter's lock, hence a process and not a thread.
"""

import json
import math
import struct
import sys
import tempfile
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from heapq import nlargest
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from pocketsphinx import Config, Decoder, LogMath, NGramModel, get_model_path

from .household import utterances, write_language_model

RATE = 16_000  # Hz, mono, signed 16-bit
HEADER = struct.Struct("<IIc")
OPEN, FEED, PARTIAL, FINISH, DROP = b"o", b"f", b"p", b"e", b"d"

# As near to a keyword as makes no difference, and never said to this service.
_CONFUSED = frozenset({"replied", "replies", "replying", "snapshots"})
_VOCABULARY = 20_000  # the commonest words; less is quicker, and is more often right
# How much closer to the sound the household's words must be than the free ones, per
# frame and in natural logarithms. Measured on 32 clips of flite's slt and rms:
# sentences of the house lay at 0.7 and more, others below 0.
_CLOSER = 0.4
# Or the share of sounds that both readings have in common, with gaps. Measured on 80
# clips of flite's four voices: sentences of the house lay at 0.6 to 1, others below
# 0.75, but for one at 0.84.
_ALIKE = 0.8
_TAIL = np.zeros(RATE * 3 // 10, np.int16).tobytes()  # lets the last word end
_PAUSE = RATE * 7 // 10  # samples of quiet that end an utterance
# Cepstral means to begin with: those measured on flite's four voices.
_LEVEL = "50.1,5.0,4.4,18.9,-0.3,0.1,3.4,-5.7,-2.7,-1.9,6.4,2.1,2.3"
_QUIET = 0.04  # of the loudest so far


@dataclass(slots=True)
class Ears:
    """A pair of decoders: one for English at large, one for what is said in a house."""

    free: Decoder
    household: Decoder

    def forget(self) -> None:
        """Hear the next recording as the first: without the last one's level."""
        self.free.set_cmn(_LEVEL)
        self.household.set_cmn(_LEVEL)

    def start(self) -> None:
        """Begin an utterance."""
        self.free.start_utt()
        self.household.start_utt()

    def hear(self, audio: bytes) -> None:
        """Take 16 kHz mono S16LE audio."""
        self.free.process_raw(audio, no_search=False, full_utt=False)
        self.household.process_raw(audio, no_search=False, full_utt=False)

    def end(self) -> list[dict[str, Any]]:
        """The words of the utterance, with times in ms from its start."""
        self.hear(_TAIL)
        self.free.end_utt()
        self.household.end_utt()
        free, household = _words(self.free), _words(self.household)
        gain = _closeness(self.household) - _closeness(self.free)
        if gain >= _CLOSER or self._likeness(free, household) >= _ALIKE:
            return household
        return free

    def _likeness(self, *readings: list[dict[str, Any]]) -> float:
        first, second = (
            [
                sound
                for word in reading
                for sound in (self.free.lookup_word(word["text"]) or "").split()
            ]
            for reading in readings
        )
        return SequenceMatcher(None, first, second, autojunk=False).ratio()

    def so_far(self) -> list[dict[str, Any]]:
        """The words heard so far."""
        return _words(self.household)


def _closeness(decoder: Decoder) -> float:
    """How near the words of a decoder's best guess come to the sound; 0 is nearest."""
    if decoder.hyp() is None:
        return -math.inf
    segments = [segment for segment in decoder.seg() if segment.word[0] not in "<["]
    frames = sum(one.end_frame - one.start_frame + 1 for one in segments)
    likelihood = sum(math.log(max(one.ascore, 1e-300)) for one in segments)
    return likelihood / frames if frames else -math.inf


def _words(decoder: Decoder) -> list[dict[str, Any]]:
    """The words of a decoder's best guess, its frames of 10 ms told as ms."""
    if decoder.hyp() is None:
        return []
    return [
        {
            "text": segment.word.partition("(")[0],
            "start": segment.start_frame * 10,
            "end": (segment.end_frame + 1) * 10,
            "confidence": 0.98,
        }
        for segment in decoder.seg()
        if segment.word[0] not in "<["
    ]


@dataclass(slots=True)
class Session:
    """One recording being heard: cut into utterances where the speaker pauses."""

    ears: Ears
    words: list[dict[str, Any]] = field(default_factory=list)
    heard: int = 0  # samples
    began: int = 0  # sample at which the utterance began
    loudest: float = 0.0
    quiet: int = 0  # samples since speech

    def feed(self, audio: bytes) -> None:
        """Take audio; an utterance that ends in it is recognised at once."""
        self.ears.hear(audio)
        samples = np.frombuffer(audio, np.int16).astype(np.float32)
        self.heard += samples.size
        level = float(np.abs(samples).max(initial=0.0))
        self.loudest = max(self.loudest, level)
        self.quiet = self.quiet + samples.size if level < _QUIET * self.loudest else 0
        if self.quiet >= _PAUSE and self.loudest > 0:
            self.end_utterance()
            self.ears.start()

    def end_utterance(self) -> None:
        """Keep the words of the utterance, with times from the recording's start."""
        offset = self.began * 1000 // RATE
        for word in self.ears.end():
            word["start"] += offset
            word["end"] += offset
            self.words.append(word)
        self.began, self.loudest, self.quiet = self.heard, 0.0, 0


class Listener:
    """All sessions; decoders are used again, because making them is slow."""

    def __init__(self, folder: Path) -> None:
        """Write dictionary and model into the folder and make the first decoders."""
        self._dictionary = folder / "words.dict"
        self._model = folder / "household.lm"
        write_language_model(self._model, utterances())
        _write_dictionary(self._dictionary)
        self._idle = [self._new_ears()]
        self._sessions: dict[int, Session] = {}

    def _new_ears(self) -> Ears:
        # Without the second pass the answer comes 0.3 s earlier, and is as often right.
        common = {
            "dict": str(self._dictionary),
            "samprate": RATE,
            "loglevel": "FATAL",
            "fwdflat": False,
        }
        free = Decoder(maxhmmpf=3_000, maxwpf=20, **common)
        return Ears(free, Decoder(lm=str(self._model), **common))

    def run(self, messages: BinaryIO, answers: BinaryIO) -> None:
        """Do what the messages say until they end."""
        while len(header := messages.read(HEADER.size)) == HEADER.size:
            number, length, what = HEADER.unpack(header)
            self._take(number, what, messages.read(length), answers)

    def _take(self, number: int, what: bytes, data: bytes, answers: BinaryIO) -> None:
        if what == OPEN:
            ears = self._idle.pop() if self._idle else self._new_ears()
            ears.forget()
            ears.start()
            self._sessions[number] = Session(ears)
            return
        session = self._sessions[number]
        if what == FEED:
            for begin in range(0, len(data), 3200):
                session.feed(data[begin : begin + 3200])
            return
        if what == PARTIAL:
            offset = session.began * 1000 // RATE
            partial = [
                word | {"start": word["start"] + offset, "end": word["end"] + offset}
                for word in session.ears.so_far()
            ]
            _tell(answers, number, session.words, partial)
            return
        del self._sessions[number]
        session.end_utterance()
        self._idle.append(session.ears)
        if what == FINISH:
            _tell(answers, number, session.words, [])


def _tell(
    answers: BinaryIO,
    number: int,
    words: list[dict[str, Any]],
    partial: list[dict[str, Any]],
) -> None:
    line = json.dumps({"session": number, "words": words, "partial": partial})
    answers.write(line.encode() + b"\n")
    answers.flush()


def _write_dictionary(path: Path) -> None:
    """Write the packaged dictionary's commonest words and those of the house."""
    entries: dict[str, list[str]] = {}
    dictionary = get_model_path("en-us/cmudict-en-us.dict")
    with Path(dictionary).open(encoding="utf-8") as file:
        for line in file:
            word = line.split(maxsplit=1)[0].partition("(")[0]
            entries.setdefault(word, []).append(line)
    model = NGramModel(Config(), LogMath(), get_model_path("en-us/en-us.lm.bin"))
    chances = {word: model.prob([word]) for word in entries}
    common = nlargest(_VOCABULARY, chances, key=chances.__getitem__)
    needed = {word for sentence in utterances() for word in sentence.split()}
    with path.open("w", encoding="utf-8") as file:
        for word in sorted((set(common) | needed) - _CONFUSED):
            file.writelines(entries.get(word, ()))


def main() -> None:
    """Listen until standard input ends."""
    with tempfile.TemporaryDirectory(prefix="standins-") as folder:
        listener = Listener(Path(folder))
        listener.run(sys.stdin.buffer, sys.stdout.buffer)


if __name__ == "__main__":
    main()
