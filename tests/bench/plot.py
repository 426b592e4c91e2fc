"""docs/performance.md: the figures, and a picture of where the time of a turn goes."""

import statistics
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from .figures import Figure, table
from .ours import Measured
from .peer import PeerMeasured
from .scene import EACH_TOKEN, FIRST_AUDIO, FIRST_TOKEN, TRANSCRIBING

_WIDTH: Final = 640
_BAR: Final = 26
_COLOURS: Final = ("#4c78a8", "#9ecae9", "#f58518", "#54a24b")
_TEXT: Final = """\
# How fast it is

Measured by `scripts/bench --document` on two slow cores, against stand-ins on loopback
that are as late as the services say they are: transcription {transcribing:.0f} ms after
the last byte, first token {token:.0f} ms, then {each:.1f} ms a token, first audio
{audio:.0f} ms. The noise of a figure is its spread, half the distance between quartiles.

{table}

## Where the time goes

From the end of the word “reply” to the first byte a player can fetch, medians:

![Time from the end of speech to the first audio, ours and the peer's](performance.svg)

| recording | ours | the peer's | ratio | the peer kept |
|---|--:|--:|--:|--:|
{peers}

The peer is Home Assistant's own Assist pipeline in the same process, on the same
stand-ins: `openai_conversation` for speech to text and conversation, core's
`elevenlabs`, streaming on, its wake word given. It waits for silence before it
transcribes, so it never needs a last word, and it stops to listen at a pause or after
fifteen seconds: where it did not hear all, its time counts from where it stopped.

What is unfair to us: we need the extra word “reply”, which is not in the time. What is
unfair to the peer: its speech to text uploads a whole file after the last word, which
over loopback costs it nothing, and over the internet would; its player is handed its
address at once, by us.
"""


def write_document(
    target: Path,
    figures: Mapping[str, Figure],
    turns: Sequence[Measured],
    ours: Mapping[str, Sequence[Measured]],
    peers: Mapping[str, Sequence[PeerMeasured]],
) -> None:
    """Write the document and its picture."""
    rows = []
    for name, mine in ours.items():
        own = statistics.median(it.span for it in mine)
        other = statistics.median(it.span for it in peers[name])
        kept = statistics.median(it.kept for it in peers[name])
        ratio = figures[f"peer_ratio_{name}"].value
        rows.append(
            f"| {name} | {own:.2f} s | {other:.2f} s | {ratio:.2f} | {kept:.0%} |"
        )
    target.write_text(
        _TEXT.format(
            transcribing=TRANSCRIBING * 1000,
            token=FIRST_TOKEN * 1000,
            each=EACH_TOKEN * 1000,
            audio=FIRST_AUDIO * 1000,
            table=table(dict(figures)),
            peers="\n".join(rows),
        ),
        encoding="utf-8",
    )
    command = ours["command"]
    parts = {
        "noticing “reply”": statistics.median(it.noticing for it in command),
        "services": statistics.median(it.scripted for it in command),
        "our own work": statistics.median(it.overhead for it in command),
    }
    peer = statistics.median(it.span for it in peers["command"])
    picture = _picture([("Reply Satellite", parts), ("Assist pipeline", {"all": peer})])
    target.with_suffix(".svg").write_text(picture, encoding="utf-8")


def _picture(bars: Sequence[tuple[str, Mapping[str, float]]]) -> str:
    """A stacked bar for each, as SVG."""
    longest = max(sum(parts.values()) for _, parts in bars)
    scale = (_WIDTH - 170) / longest
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} '
        f'{len(bars) * 2 * _BAR + 40}" font-family="sans-serif" font-size="13">'
    ]
    for row, (name, parts) in enumerate(bars):
        y = 10 + row * 2 * _BAR
        x = 150.0
        lines.append(f'<text x="140" y="{y + 18}" text-anchor="end">{name}</text>')
        for number, (what, seconds) in enumerate(parts.items()):
            width = max(1.0, seconds * scale)
            lines.append(
                f'<rect x="{x:.1f}" y="{y}" width="{width:.1f}" height="{_BAR}" '
                f'fill="{_COLOURS[number]}"><title>{what}</title></rect>'
                f'<text x="{x:.1f}" y="{y + _BAR + 14}" font-size="11">{what} '
                f"{seconds * 1000:.0f} ms</text>"
            )
            x += max(width, 1.0)
    lines.append("</svg>")
    return "\n".join(lines)
