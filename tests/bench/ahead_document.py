"""The part of docs/performance.md about thinking ahead."""

from statistics import median
from typing import Final

from . import scene
from .ahead import MOST, Ahead

_TEXT: Final = """\
## Thinking ahead

An option, off by default (all other figures are without it): at every pause the
assistant is asked what was said so far, up to {most} times a recording here, and the
answer is used if “reply” is all that follows. Its first sentence is spoken while the
transcript is waited for that must bear the word out. In turn with the peer, as above,
but with the threads kept in Home Assistant, as the option wants it; to the first byte
of audio that a player can fetch, and how often the assistant was asked in a turn:

| recording | ours | the peer's | ratio | asked |
|---|--:|--:|--:|--:|
{rows}

How much is won depends on the silence before “reply”. In these recordings it is
{before:g} s, and the word itself takes {word:.1f} s. The command with other silences:

{gaps}

What is unfair:

- to the peer: it could be asked ahead too, but there is no such option;
- to the peer: the questions thrown away cost money, which is not in the time;
- to the peer: the time that “reply” takes to say hides the model's, and is not counted;
- to us: a transcriber may write the same words differently the second time, or a real
  speaker leave no pause before “reply”; the answer then takes as long as without it.
  Here the transcriber understands the same words both times.

"""


def ahead_section(ahead: Ahead) -> str:
    """What was measured with thinking ahead, as Markdown."""
    reply = scene.command().framed.parts[-1]
    return _TEXT.format(
        most=MOST,
        rows="\n".join(_row(ahead, name) for name in ahead.ours),
        before=scene.BEFORE_REPLY,
        word=reply.end - reply.start,
        gaps="\n".join(
            f"- {gap:g} s: {median(it.span for it in turns):.2f} s"
            for gap, turns in ahead.gaps.items()
        ),
    )


def _row(ahead: Ahead, name: str) -> str:
    ours, peers = ahead.ours[name], ahead.peers[name]
    return (
        f"| {name} | {median(it.span for it in ours):.2f} s | "
        f"{median(it.span for it in peers):.2f} s | "
        f"{median(ahead.ratios(name)):.2f} | {median(ahead.asked[name]):.0f} |"
    )
