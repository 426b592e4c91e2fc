"""Makes the corpus: every shard from its own seed, in any order, on all its cores.

python corpus.py SPEECH_FOLDER CACHE_FOLDER
"""

import os
import random
import sys
import warnings
import zlib
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import NamedTuple

import espeak
import flite
import noises
import numpy as np
import people
import texts
from augment import Samples, vary
from clips import Clip, save, to_clip
from numpy.random import Generator
from speech import RATE, Speech, extent

warnings.filterwarnings("ignore", category=UserWarning)

ACCENTS = ("en-us", "en-us", "en", "en-gb-scotland", "en-gb-x-gbclan", "en-gb-x-rp",
           "en-029")  # fmt: skip
HELD_ACCENTS = ("en-us-nyc", "en-gb-x-gbcwmd")
VARIANTS = ("", "", "f1", "f2", "f3", "f5", "m1", "m2", "m3", "m4", "m6", "m7", "m8",
            "Alex", "Alicia", "Andrea", "Andy", "Denis", "Diogo", "Gene", "Henrique",
            "Hugo", "Jacky", "Lee", "Mario", "Michael", "Mike", "Nguyen", "Storm",
            "adam", "anika", "antonio", "benjamin", "boris", "caleb", "david", "edward",
            "grandma", "grandpa", "gustave", "iven", "iven2", "john", "kaukovalta",
            "klatt", "klatt2", "klatt3", "klatt6", "marcelo", "max", "miguel",
            "norbert", "pablo", "paul", "pedro", "rob", "robert", "sandro", "shelby",
            "steph", "travis", "victor", "zac", "whisper", "aunty",
            "croak")  # fmt: skip
HELD_VARIANTS = ("f4", "m5", "Annie", "belinda", "klatt4", "ed", "linda", "Marco",
                 "quincy", "steph2")  # fmt: skip
LANGUAGES = ("de", "es", "it", "cs", "pl")
FESTIVAL = ("kal_diphone", "cmu_us_slt_arctic_hts")
HELD_FESTIVAL = ("ked_diphone",)
FOREIGN = {
    "lp_diphone": ("compiuter", "riplai", "snepsciot"),
    "pc_diphone": ("compiuter", "riplai", "snepsciot"),
    "czech_dita": ("kompjutr", "riplaj", "snepšot"),
    "czech_krb": ("kompjutr", "riplaj", "snepšot"),
    "czech_ph": ("kompjutr", "riplaj", "snepšot"),
    "suo_fi_lj_diphone": ("kompjuuter", "riplai", "snäpsot"),
}


def is_held(text: str) -> bool:
    """Tell whether a sentence is kept for measuring."""
    return zlib.crc32(text.encode()) % 10 == 0


def _rngs(name: str) -> tuple[random.Random, Generator]:
    """Return the two random sources of a shard."""
    seed = zlib.crc32(name.encode())
    return random.Random(seed), np.random.default_rng(seed)


def espeak_voice(rng: random.Random, language: str, *, held: bool) -> str:
    """Pick an English accent (or the language given) and a variant."""
    accent, variant = language, rng.choice(VARIANTS)
    if language == "en":
        accent = rng.choice(ACCENTS)
        if held and rng.random() < 0.5:
            accent = rng.choice(HELD_ACCENTS)
        elif held:
            variant = rng.choice(HELD_VARIANTS)
    return f"{accent}+{variant}" if variant else accent


def by_espeak(
    text: str, rng: random.Random, language: str = "en", *, held: bool
) -> Speech:
    """Speak with a random espeak-ng voice."""
    return espeak.say(
        text,
        espeak_voice(rng, language, held=held),
        rate=int(rng.triangular(110, 290, 165)),
        pitch=rng.randint(15, 85),
        inflection=rng.randint(15, 90),
    )


def complete(speech: Speech, text: str) -> bool:
    """Tell whether every keyword of the text was found in the speech."""
    wanted = sum(text.count(word) for word in texts.WORDS)
    return len(speech.ends) == wanted


def keyword_text(rng: random.Random, *, held: bool = False) -> str:
    """Return a keyword alone (half of the time), or in a sentence, or all three.

    Held-apart sentences only when asked.
    """
    word, kind = rng.choice(texts.WORDS), rng.random()
    if kind < 0.5:
        return word
    while True:
        if kind < 0.92:
            text = texts.carrier(word, rng)
        else:
            text = f"computer, {texts.order(rng)}, snapshot, {texts.order(rng)}, reply"
        if is_held(text) == held:
            return text


def plain_text(rng: random.Random, language: str, *, held: bool) -> str:
    """Return text without keywords; held-apart sentences only when asked."""
    while True:
        kind = rng.random()
        if language != "en" or kind < 0.6:
            text = rng.choice(texts.prose(language))
        elif kind < 0.75:
            text = texts.near(rng)
        elif kind < 0.88:
            text = texts.salad(rng)
        else:
            text = texts.order(rng)
        if is_held(text) == held:
            return text


def keywords_espeak(rng: random.Random, noise: Generator) -> list[Clip]:
    """Return a keyword clip."""
    text = keyword_text(rng)
    speech = by_espeak(text, rng, held=False)
    return [to_clip(vary(speech, noise, 0.3))] if complete(speech, text) else []


def keywords_flite(rng: random.Random, noise: Generator) -> list[Clip]:
    """Return keyword clips of the more natural voices, in many speakers' voices."""
    text, voice = keyword_text(rng), rng.choice(flite.FLITE_VOICES)
    speech = flite.flite(text, voice, rng.uniform(0.75, 1.35))
    if not complete(speech, text):
        return []
    return [to_clip(vary(speech, noise, share)) for share in (0.0, 1.0, 1.0)]


def keywords_festival(rng: random.Random, noise: Generator) -> list[Clip]:
    """Return keyword clips of festival's voices."""
    said = [keyword_text(rng) for _ in range(40)]
    spoken = flite.festival(said, rng.choice(FESTIVAL), rng.uniform(0.8, 1.3))
    if len(spoken) != len(said):
        return []
    return [
        to_clip(vary(speech, noise, share))
        for text, speech in zip(said, spoken, strict=True)
        if complete(speech, text)
        for share in (0.0, 1.0)
    ]


def keywords_foreign(rng: random.Random, noise: Generator) -> list[Clip]:
    """Return keywords as voices for other languages say them, spelled their way."""
    voice = rng.choice(list(FOREIGN))
    spoken = flite.festival(FOREIGN[voice], voice, rng.uniform(0.8, 1.3))
    if len(spoken) != len(texts.WORDS):
        return []
    return [
        to_clip(
            vary(
                Speech(speech.samples, [(word, extent(speech.samples)[1])]),
                noise,
                share,
            )
        )
        for word, speech in enumerate(spoken)
        for share in (0.0, 0.8, 0.8)
    ]


def plain_espeak(rng: random.Random, noise: Generator) -> list[Clip]:
    """Return speech without keywords, mostly English."""
    language = "en" if rng.random() < 0.8 else rng.choice(LANGUAGES)
    speech = by_espeak(plain_text(rng, language, held=False), rng, language, held=False)
    return [to_clip(vary(Speech(speech.samples), noise, 0.05))]


def plain_flite(rng: random.Random, noise: Generator) -> list[Clip]:
    """Return speech of the more natural voices, without keywords."""
    text = plain_text(rng, "en", held=False)
    speech = flite.flite(text, rng.choice(flite.FLITE_VOICES), rng.uniform(0.75, 1.3))
    return [to_clip(vary(Speech(speech.samples), noise, 0.3))]


def _alike_text(rng: random.Random) -> str:
    """Return text that sounds like a keyword, none of it held apart."""
    while is_held(text := texts.alike(rng)):
        pass
    return text


def alike_espeak(rng: random.Random, noise: Generator) -> list[Clip]:
    """Return speech that sounds like a keyword."""
    speech = by_espeak(_alike_text(rng), rng, held=False)
    return [to_clip(vary(Speech(speech.samples), noise, 0.05))]


def alike_flite(rng: random.Random, noise: Generator) -> list[Clip]:
    """Return the same of the more natural voices."""
    voice = rng.choice(flite.FLITE_VOICES)
    speech = flite.flite(_alike_text(rng), voice, rng.uniform(0.75, 1.3))
    return [to_clip(vary(Speech(speech.samples), noise, 0.5))]


def plain_festival(rng: random.Random, noise: Generator) -> list[Clip]:
    """Return festival's speech without keywords."""
    said = [plain_text(rng, "en", held=False) for _ in range(20)]
    spoken = flite.festival(said, rng.choice(FESTIVAL), rng.uniform(0.8, 1.3))
    return [to_clip(vary(Speech(speech.samples), noise, 0.3)) for speech in spoken]


def plain_foreign(rng: random.Random, noise: Generator) -> list[Clip]:
    """Return other languages: who speaks like this does not always say a keyword."""
    voice = rng.choice(list(FOREIGN))
    language = "cs" if voice.startswith("czech") else "it"
    said = [plain_text(rng, language, held=False) for _ in range(10)]
    spoken = flite.festival(said, voice, rng.uniform(0.8, 1.3))
    return [to_clip(vary(Speech(speech.samples), noise, 0.3)) for speech in spoken]


def noise_clips(rng: random.Random, noise: Generator) -> list[Clip]:
    """Return six seconds of noise or music."""
    return [_at_some_level(rng.choice(noises.KINDS)(noise, 6 * RATE), noise)]


def song_clips(_: random.Random, noise: Generator) -> list[Clip]:
    """Return twelve seconds of a song."""
    return [_at_some_level(noises.song(noise, 12 * RATE), noise)]


def _at_some_level(made: Samples, noise: Generator) -> Clip:
    """Return noise as a clip, as loud as it happens to be."""
    made *= 10 ** (noise.uniform(-45, -12) / 20) / (np.sqrt((made**2).mean()) + 1e-9)
    return to_clip(Speech(np.clip(made, -1, 1)))


class Group(NamedTuple):
    """A kind of clips: its maker, its rounds a shard, and its shards."""

    maker: Callable[[random.Random, Generator], list[Clip]]
    rounds: int
    shards: int


MAKERS = {
    "keywords_espeak": Group(keywords_espeak, 200, 11),
    "keywords_flite": Group(keywords_flite, 70, 10),
    "keywords_festival": Group(keywords_festival, 4, 4),
    "keywords_foreign": Group(keywords_foreign, 15, 3),
    "plain_espeak": Group(plain_espeak, 100, 47),
    "plain_flite": Group(plain_flite, 100, 23),
    "alike_espeak": Group(alike_espeak, 100, 20),
    "alike_flite": Group(alike_flite, 100, 14),
    "plain_festival": Group(plain_festival, 5, 7),
    "plain_foreign": Group(plain_foreign, 10, 5),
    "noise": Group(noise_clips, 100, 5),
    "songs": Group(song_clips, 50, 5),
}

PEOPLE = {"keywords": 13, "plain": 3}


def make_shard(cache: Path, group: str, number: int) -> str:
    """Make one shard unless it is there."""
    path = cache / f"{group}-{number:03d}.npz"
    if not path.exists():
        made = MAKERS[group]
        rng, noise = _rngs(path.stem)
        clips = [clip for _ in range(made.rounds) for clip in made.maker(rng, noise)]
        save(path, clips)
    return path.name


def make_people(speech: Path, cache: Path, kind: str, number: int) -> str:
    """Make shard `number` of the people's recordings: 0 unchanged, others varied."""
    path = cache / f"people_{kind}-{number:03d}.npz"
    if not path.exists():
        _, noise = _rngs(path.stem)
        chosen = [
            (recording.speech, recording.style)
            for recording in people.load(speech)
            if (recording.folder == "computer") == (kind == "keywords")
        ]
        if number:
            chosen = [(vary(one, noise, 0.35), style) for one, style in chosen]
        save(path, [to_clip(one, style) for one, style in chosen])
    return path.name


def main() -> None:
    """Make all shards."""
    speech, cache = Path(sys.argv[1]), Path(sys.argv[2])
    cache.mkdir(parents=True, exist_ok=True)
    # A process each: what espeak-ng says depends on what it said before.
    cores = len(os.sched_getaffinity(0))
    fresh = get_context("spawn")
    with ProcessPoolExecutor(cores, fresh, max_tasks_per_child=1) as pool:
        wanted = [
            (number / shards, make_people, (speech, cache, kind, number))
            for kind, shards in PEOPLE.items()
            for number in range(shards)
        ] + [
            (number / group.shards, make_shard, (cache, name, number))
            for name, group in MAKERS.items()
            for number in range(group.shards)
        ]
        # Some of every group first: a look at what there is so far is fair.
        wanted.sort(key=lambda job: job[0])
        jobs = [pool.submit(make, *arguments) for _, make, arguments in wanted]
        for done, job in enumerate(jobs, 1):
            print(f"{done}/{len(jobs)} {job.result()}", flush=True)


if __name__ == "__main__":
    main()
