"""Makes the held-apart set as FLAC files: to measure on, and to calibrate by.

    python held.py SPEECH_FOLDER HELD_FOLDER

People: one quarter of the recordings, by microphone and room; only heads trained
without that quarter have not heard them. Voices: accents and variants of espeak-ng, and
festival's ked, that the training never uses; flite's voices, which it does. What is
read are sentences that the training never uses. Labels are in labels.json.
"""

import json
import random
import sys
from pathlib import Path

import flite
import noises
import numpy as np
import people
import soundfile
import texts
from clips import pcm
from corpus import HELD_FESTIVAL, by_espeak, complete, keyword_text, plain_text
from speech import RATE, Speech

PER_WORD = 150


class Writer:
    """Writes recordings and remembers their labels."""

    def __init__(self, folder: Path) -> None:
        """Write into this folder."""
        self.folder, self.labels = folder, {}

    def write(self, group: str, name: str, speech: Speech) -> None:
        """Write one recording with its level set to -20 dB."""
        rms = np.sqrt((speech.samples**2).mean()) + 1e-9
        samples = pcm(
            np.clip(
                speech.samples
                * min(0.1 / rms, 0.9 / (np.abs(speech.samples).max() + 1e-9)),
                -1,
                1,
            )
        )
        path = self.folder / group / f"{name}.flac"
        path.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(path, samples, RATE)
        self.labels[f"{group}/{name}.flac"] = [
            [texts.WORDS[word], round(float(end), 3)] for word, end in speech.ends
        ]


def padded(speech: Speech, rng: random.Random) -> Speech:
    """Put a pause before and after."""
    lead, tail = rng.uniform(0.3, 1.0), 0.8
    return Speech(
        np.pad(speech.samples, (int(lead * RATE), int(tail * RATE))),
        [(word, end + lead) for word, end in speech.ends],
    )


def write_people(writer: Writer, speech: Path) -> None:
    """Write people's recordings."""
    for recording in people.load(speech):
        if recording.held_apart:
            kind = "keywords" if recording.folder == "computer" else "plain"
            made = Speech(
                np.pad(recording.speech.samples, (0, 8000)), recording.speech.ends
            )
            writer.write(
                f"{kind}_people", f"{recording.folder}-{recording.name[:8]}", made
            )


def write_keywords(writer: Writer, rng: random.Random) -> None:
    """Write keywords, alone and in sentences, of voices never trained on."""
    for at in range(PER_WORD * 3):
        text = texts.WORDS[at % 3] if at % 2 else keyword_text(rng, held=True)
        speech = by_espeak(text, rng, held=True)
        if complete(speech, text):
            writer.write("keywords_espeak", f"{at:04d}", padded(speech, rng))
    for voice in HELD_FESTIVAL:
        said = [
            texts.WORDS[at % 3] if at % 2 else keyword_text(rng, held=True)
            for at in range(150)
        ]
        for stretch in (0.85, 1.0, 1.2):
            spoken = flite.festival(said, voice, stretch)
            for at, (text, speech) in enumerate(zip(said, spoken, strict=True)):
                if complete(speech, text):
                    writer.write(
                        "keywords_ked", f"{stretch}-{at:04d}", padded(speech, rng)
                    )


def write_plain(writer: Writer, rng: random.Random, minutes: int = 240) -> None:
    """Write read speech: minutes of espeak-ng, and half as many of ked and of flite."""

    def prose() -> str:
        while True:
            text = plain_text(rng, "en", held=True)
            if text in texts.prose("en"):
                return text

    for at in range(minutes):
        parts, length = [], 0
        while length < 60 * RATE:
            parts.append(by_espeak(prose(), rng, held=True).samples)
            length += len(parts[-1])
        writer.write("plain_espeak", f"{at:04d}", Speech(np.concatenate(parts)))
    for at in range(minutes // 2):
        said = [prose() for _ in range(12)]
        for group, spoken in (
            (
                "plain_ked",
                flite.festival(said, HELD_FESTIVAL[0], rng.uniform(0.8, 1.2)),
            ),
            (
                "plain_flite",
                [flite.flite(one, rng.choice(flite.FLITE_VOICES)) for one in said],
            ),
        ):
            joined = np.concatenate([speech.samples for speech in spoken])
            writer.write(group, f"{at:04d}", Speech(joined))


def write_noise(writer: Writer) -> None:
    """Write noise and music."""
    noise = np.random.default_rng(5)
    for at in range(20):
        made = noises.KINDS[at % len(noises.KINDS)](noise, 60 * RATE)
        writer.write("noise", f"{at:04d}", Speech(made))


def main() -> None:
    """Write everything."""
    speech, folder = Path(sys.argv[1]), Path(sys.argv[2])
    writer, rng = Writer(folder), random.Random(77)
    write_people(writer, speech)
    write_keywords(writer, rng)
    write_plain(writer, rng)
    write_noise(writer)
    folder.joinpath("labels.json").write_text(
        json.dumps(writer.labels, indent=0), "utf-8"
    )


if __name__ == "__main__":
    main()
