"""docs/performance.md: the figures, what they mean, and where a bar is missed."""

import os
import re
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Final

from . import scene, sentences
from .ahead_document import ahead_section
from .figures import table
from .growth import Growth
from .listening import Listening
from .machine import Block
from .measured import Measured
from .plot import picture
from .run import Results
from .sentences import Beginning

_TEXT: Final = """\
# How fast it is

`scripts/bench --document` has measured and written this: Home Assistant {version} with
the satellite set up, a virtual sound card, a music player, and stand-ins of the three
services on loopback, all on one machine with {cores} cores. While it measured,
{loads} processes wanted a processor (load average: lowest, median, highest).

The services are as late as their makers or others who measure say they are:
transcription {transcribing:.0f} ms after the last byte, first token {token:.0f} ms,
then {each:.1f} ms a token, first audio {audio:.0f} ms.

{table}

The spread is half the distance between the quartiles of the single runs.

The turns are spoken in turn by {voices};
of a pair with the peer both hear the same recording. None of them is a person, and the
spotter was trained on speech of both programs. A turn of ours that is not heard, or
fails, is said again, and is in no figure: that was so {dropped} times.

{missed}
## Where the time goes

From the end of speech (of the word “reply”; the peer has no such word) to the first
byte of audio that a player can fetch, medians:

![From the end of speech to the first audio, ours and the peer's](performance.svg)

| recording | ours | the peer's | ratio | without the services | ratio | peer kept |
|---|--:|--:|--:|--:|--:|--:|
{peers}

And to the first sound from the virtual loudspeaker, of the same music player:

| recording | ours | the peer's | ratio |
|---|--:|--:|--:|
{sounds}

The peer is Home Assistant's own Assist pipeline in the same process and on the same
stand-ins: `openai_conversation` for speech to text and for the answer, core's
`elevenlabs`, streaming on, its wake word given. It notices the end of speech by
silence, so it needs no last word; it also takes a pause for the end, and stops after
fifteen seconds. The last column tells how much of the request it listened to; its time
counts from the last word that it did.

“Without the services” leaves out what the transcriber, the model's first sentence and
the voice took because they were told to, which is the same for both. It is not the
figure of the budget, but the part that a voice assistant can be good or bad at.

What is unfair, in either direction:

- to the peer: its first byte is counted when it has come over HTTP, ours when it could
  be fetched;
- to us: the peer uploads the whole recording after the last word, which takes hardly
  any time over loopback, and does over the internet;
- to the peer: our user says one more word, “reply”. Speaking it is not in the figure.

The peer's voice is of the model it has by default, as late as ours.

{ahead}{long}## A long answer

Sixty sentences, a token every {each_token:.0f} ms, the voice {audio:.0f} ms late. After
the first token; of the three only the audio is measured, the median of {begun} answers,
the sentences are what the script of the stand-in comes to:

{beginning}

## Listening

The microphone and the spotter in a process of their own, the programs that it starts
included; of one core, and the memory above that of Python with numpy. “Speech” is
somebody who talks all the time, but not to the satellite. The bar is the same for all,
though `listening_cpu_percent` is of a quiet room alone. What of the programs' memory is
not their own are pages of the system's libraries, which the kernel may drop.

{listening}

## What grows with what

The processor's time of Home Assistant, all of it: the stand-ins have processes of
their own.

{growth}

## What is measured, and how

- `overhead_*_ms`: {turns} turns of a three-second command, answered by one short
  sentence. From the end of “reply” to the first byte that a player can fetch, without
  what the services slept because they were told to, without noticing the end (next
  figure), and without the stand-ins' own work (reading a request, finding what was
  spoken before: {standins:.0f} ms here). Everything is said once unmeasured, so that no
  speech is synthesised or encoded meanwhile. What stays in: our work, Home Assistant's
  part in it, HTTP over loopback, and waiting for a processor that others use.
- `spotter_delay_p95_ms`: from the end of “reply” in the room to the last byte of the
  upload that it closes. The detector's own delay is in it, the tenth of a second
  without speech that must follow the word, and whatever the virtual sound card is late
  by: 20 ms, and more at the end of a long recording on a busy machine. Voices differ in
  how late they are heard: it is of all of the above, and of no person's.
- `peer_ratio_*`: pairs of turns one after the other, the median of their ratios.
- `snapshot_p95_ms`: from the detector's word to the call to the camera.
- `listening_cpu_percent`: Home Assistant's process with the microphone open in a quiet
  room, less the same with it closed; of one core. What somebody costs who speaks all
  the time is under “Listening”.
- `loop_block_max_ms`: the longest time that one callback held the event loop in any of
  our spoken turns without thinking ahead (the {turns}, those beside the peer, the
  snapshots, the six minutes, and those that warm up), whoever's it was: on the wall,
  less the time for which the thread could have run while others had the processor
  (Linux tells that of every thread).
- `memory_growth_mb`: what the process grows by from the 250th to the 1,250th turn. They
  are typed, one after the other, and not answered aloud: no sound, no picture, no
  upload.
- `recording_10min_mb`: what listening for all three words, writing and uploading ten
  minutes adds to a process at most.
- `startup_added_s`: from the process's beginning until Home Assistant says that it
  runs, with the satellite less without it (disabled), in pairs: importing the services'
  libraries, checking the three keys, opening the microphone.

## The event loop

The longest block of each turn, and of ten seconds of rest. To compare are the turns in
pairs, of the same recordings; all of ours count for the figure. And the same block on
the wall, where other processes' turns at the processor are in it. Python
collects the garbage of all of Home Assistant in whichever callback it is due.

| | median | highest | on the wall | of it collecting garbage |
|---|--:|--:|--:|--:|
{blocks}

The longest of ours was in `{who}`.
"""

_PLACE: Final = re.compile(r" (object|running|done, defined) at [^ >]+")
"""Where something lies in memory or on the disk: of no interest."""

_REASONS: Final[Mapping[str, str]] = {
    "overhead": (
        "The processor is shared with the stand-ins, the player and the sound card, "
        "which all work at that very moment. Tried: connections are opened ahead, the "
        "thread, the tools and the instructions are made while the user still speaks, "
        "the player has its address before there is text, and the voice gets the first "
        "sentence at its full stop. What is left is reading the services' answers by "
        "their makers' own libraries."
    ),
    "peer_ratio_request_ahead": (
        "The peer stops after fifteen seconds, in the middle of a sentence, and has no "
        "end to notice. All that is left of ours is to notice the end of “reply”, and "
        "the transcript that confirms it, while the voice begins. Tried: the "
        "transcript is asked for in the first tenth of a second without speech."
    ),
    "peer_ratio_request": (
        "The peer stops after fifteen seconds, in the middle of a sentence, and "
        "answers that. It had no end to notice, so nothing but the services and its "
        "own work is in its time; ours has the end of “reply” in it, and the whole "
        "request behind it. For the rest, see the next."
    ),
    "peer_ratio": (
        "Both wait for the same transcriber, the same model and the same voice, "
        "{scripted:.2f} s with the lateness above, and that alone is {share:.0%} of "
        "the peer's whole time for the command: no assistant that waits for the "
        "transcript, the first sentence and the voice can get below that. Tried: "
        "sound is uploaded while it is spoken, connections are opened and the thread, "
        "the tools and the instructions are made before the last word, the voice gets "
        "the first sentence at its full stop, the player has its address before there "
        "is text. What hides most of the model's time is asking it at every pause, "
        "before “reply” is heard. Each pause can cost a request, so that is an option, "
        "with figures of its own; without it a better ratio needs a faster model."
    ),
    "listening_cpu": (
        "The network which knows people's speech takes 70 million multiplications per "
        "second of sound. Tried: letting it sleep while nothing is louder than the "
        "room, all heads asked at once, windows and activations without new memory, "
        "the largest of neighbours before the activation instead of after. What is "
        "left beside it is a thread woken 12 times a second, and the sound server."
    ),
    "loop_block": (
        "Tried: reading a list of models to warm the voice's connection, and "
        "describing all tools in one go, held the loop at “computer” and at “reply”; "
        "they are gone, and so is telling two hundred turns to the disk in the loop. "
        "Connections are warmed once the loop has done the rest. "
        "What is left is mostly Home Assistant writing the satellite's states when a "
        "word is heard, and the services' libraries reading their answers."
    ),
}
"""Why a bar may be missed, by the beginning of a figure's name."""


def write_document(target: Path, results: Results) -> None:
    """Write the document, and its picture beside it."""
    loads = results.loads
    text = _TEXT.format(
        version=version("homeassistant"),
        cores=os.cpu_count(),
        loads=f"{min(loads):.1f}, {median(loads):.1f} and {max(loads):.1f}",
        transcribing=scene.TRANSCRIBING * 1000,
        token=scene.FIRST_TOKEN * 1000,
        each=scene.EACH_TOKEN * 1000,
        audio=scene.FIRST_AUDIO * 1000,
        each_token=sentences.EACH_TOKEN * 1000,
        begun=len(results.beginnings),
        table=table(results.figures),
        missed=_missed(results),
        peers="\n".join(_rows(results.ours, results.peers)),
        sounds="\n".join(_sounds(results.ours, results.peers)),
        ahead=ahead_section(results.ahead),
        long=_long(results),
        beginning=_beginning(results.beginnings),
        listening="\n".join(
            _listening(results.listening, results.figures["listening_cpu_percent"].bar)
        ),
        growth="\n".join(_growth(results.growth)),
        turns=len(results.turns),
        standins=median(it.standins for it in results.turns) * 1000,
        blocks="\n".join(_blocks(results.blocks)),
        voices=", ".join(f"`{voice}`" for voice in scene.VOICES),
        dropped=len(results.dropped),
        who=_PLACE.sub("", max(results.our_blocks, key=lambda it: it.seconds).who),
    )
    target.write_text(text, encoding="utf-8")
    drawn = picture(results.ours, results.peers)
    target.with_suffix(".svg").write_text(drawn, encoding="utf-8")


def _missed(results: Results) -> str:
    """Say of every bar that is missed why it is, as far as that is known."""
    missed = [name for name, it in results.figures.items() if not it.met]
    if not missed:
        return ""
    peers = results.peers["command"]
    scripted = median(it.scripted for it in peers)
    share = median(it.scripted / it.span for it in peers)
    lines = ["## Bars that are missed", ""]
    for beginning, reason in _REASONS.items():
        if names := [name for name in missed if name.startswith(beginning)]:
            told = ", ".join(f"`{name}`" for name in names)
            lines.append(f"- {told}: {reason.format(scripted=scripted, share=share)}")
            missed = [name for name in missed if name not in names]
    lines += [f"- `{name}`: not yet understood." for name in missed]
    return "\n".join([*lines, "", ""])


def _rows(
    ours: Mapping[str, Sequence[Measured]], peers: Mapping[str, Sequence[Measured]]
) -> list[str]:
    rows = []
    for name, mine in ours.items():
        pairs = list(zip(mine, peers[name], strict=True))
        span = median(it.span for it in mine)
        other = median(it.span for it in peers[name])
        ratio = median(mine.span / other.span for mine, other in pairs)
        own = median(it.own for it in mine)
        others = median(it.own for it in peers[name])
        bare = median(mine.own / other.own for mine, other in pairs)
        kept = median(it.kept for it in peers[name])
        rows.append(
            f"| {name} | {span:.2f} s | {other:.2f} s | {ratio:.2f} | "
            f"{own:.2f} s to {others:.2f} s | {bare:.2f} | {kept:.0%} |"
        )
    return rows


def _sounds(
    ours: Mapping[str, Sequence[Measured]], peers: Mapping[str, Sequence[Measured]]
) -> list[str]:
    rows = []
    for name, mine in ours.items():
        pairs = list(zip(mine, peers[name], strict=True))
        ratio = median(mine.to_sound / other.to_sound for mine, other in pairs)
        rows.append(
            f"| {name} | {median(it.to_sound for it in mine):.2f} s | "
            f"{median(it.to_sound for it in peers[name]):.2f} s | {ratio:.2f} |"
        )
    return rows


def _long(results: Results) -> str:
    """What a recording of several minutes costs after its last word."""
    if (long := results.long) is None:
        return ""
    short = median(it.span for it in results.ours["command"])
    return (
        "## A long recording\n\n"
        "The transcriber takes two minutes at once, so a longer recording goes to it\n"
        "in segments, while it is spoken. After the last word of six minutes the first "
        f"audio\ncan be fetched in {long.span:.2f} s, after that of the command in "
        f"{short:.2f} s.\n\n"
    )


def _beginning(beginnings: Sequence[Beginning]) -> str:
    rows = (
        ("the first sentence is written", "first_sentence"),
        ("the first byte of audio can be fetched", "first_audio"),
        ("the second sentence is written", "second_sentence"),
    )
    return "\n".join(
        f"- {title}: {median(getattr(it, name) for it in beginnings):.2f} s"
        for title, name in rows
    )


def _listening(listening: Sequence[Listening], bar: float) -> list[str]:
    rows = [
        "| read by | room | processor | bar | met | memory | programs' memory | own |"
    ]
    rows.append("|---|---|--:|--:|---|--:|--:|--:|")
    rows += [
        f"| {it.way} | {it.room} | {it.cpu_percent:.1f} % | <= {bar:g} % | "
        f"{'yes' if it.cpu_percent <= bar else '**no**'} | {it.memory_mb:.0f} MB | "
        f"{it.programs_mb:.0f} MB | {it.programs_own_mb:.0f} MB |"
        for it in listening
    ]
    return rows


def _growth(growth: Sequence[Growth]) -> list[str]:
    rows = ["| what grows: what costs | at each size |", "|---|---|"]
    for it in growth:
        points = ", ".join(
            f"{size}: {cost:.1f} {it.unit}" for size, cost in it.points.items()
        )
        rows.append(f"| {it.what} | {points} |")
    return rows


def _blocks(blocks: Mapping[str, Sequence[Block]]) -> list[str]:
    rows = []
    for whose, found in blocks.items():
        longest = max(found, key=lambda block: block.seconds)
        rows.append(
            f"| {whose} | {median(it.seconds for it in found) * 1000:.1f} ms | "
            f"{longest.seconds * 1000:.1f} ms | {longest.wall * 1000:.1f} ms | "
            f"{longest.garbage * 1000:.1f} ms |"
        )
    return rows
