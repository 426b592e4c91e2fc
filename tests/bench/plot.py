"""A picture of where the time of a turn goes: stacked bars, as SVG."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from statistics import median
from typing import Final

from .measured import Measured

_WIDTH: Final = 780
_LEFT: Final = 150
_RIGHT: Final = 150
_TOP: Final = 62
_BAR: Final = 24
_STEP: Final = 30
"""From one bar to the next."""
_GROUP: Final = 84
"""From one recording to the next."""
_FITS: Final = 44
"""Pixels of a part that has room for its figure."""
_STYLE: Final = """\
svg { font: 13px system-ui, sans-serif; }
.back { fill: #ffffff; } .text { fill: #1f2328; } .faint { fill: #59636e; }
.grid { stroke: #d1d9e0; } .small { font-size: 11px; } .bold { font-weight: 600; }
.noticing { fill: #aab3bd; } .transcribing { fill: #6cb6ff; }
.thinking { fill: #3f83e0; } .speaking { fill: #a98bf0; }
.own { fill: #f0883e; } .standins { fill: #e3d5b8; }
.inside { fill: #10151b; font-size: 11px; }
@media (prefers-color-scheme: dark) {
  .back { fill: #0d1117; } .text { fill: #f0f6fc; } .faint { fill: #9198a1; }
  .grid { stroke: #3d444d; }
}
"""


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a bar."""

    name: str
    """Its class in the style."""
    seconds: float


PARTS: Final[Mapping[str, str]] = {
    "noticing": "noticing the end",
    "transcribing": "transcriber",
    "thinking": "model",
    "speaking": "voice",
    "own": "own work",
    "standins": "stand-ins' work",
}
"""The parts of a turn in their order: class -> what the legend calls it."""


def parts_of(runs: Sequence[Measured]) -> list[Part]:
    """The parts of a turn, medians."""
    return [
        Part("noticing", median(it.noticing for it in runs)),
        Part("transcribing", median(it.transcribing for it in runs)),
        Part("thinking", median(it.thinking for it in runs)),
        Part("speaking", median(it.speaking for it in runs)),
        Part("own", median(it.overhead for it in runs)),
        Part("standins", median(it.standins for it in runs)),
    ]


def picture(
    ours: Mapping[str, Sequence[Measured]], peers: Mapping[str, Sequence[Measured]]
) -> str:
    """Two bars for each recording: the satellite's and the peer's."""
    groups = {
        name: [("Reply Satellite", mine), ("Assist pipeline", peers[name])]
        for name, mine in ours.items()
    }
    longest = max(_span(runs) for bars in groups.values() for _, runs in bars)
    scale = (_WIDTH - _LEFT - _RIGHT) / longest
    height = _TOP + _GROUP * len(groups) + 26
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}">',
        "<title>From the end of speech to the first audio</title>",
        f"<style>{_STYLE}</style>",
        f'<rect class="back" width="{_WIDTH}" height="{height}" rx="6"/>',
        *_legend(),
        *_grid(longest, scale, height),
    ]
    for number, (name, bars) in enumerate(groups.items()):
        y = _TOP + number * _GROUP
        lines.append(
            f'<text class="text bold" x="16" y="{y + 10}">{escape(name)}</text>'
        )
        for row, (who, runs) in enumerate(bars):
            lines += _bar(who, runs, y + 16 + row * _STEP, scale)
    return "\n".join([*lines, "</svg>", ""])


def _legend() -> Iterator[str]:
    x = 16.0
    for name, title in PARTS.items():
        yield f'<rect class="{name}" x="{x}" y="14" width="12" height="12" rx="2"/>'
        yield f'<text class="text small" x="{x + 17}" y="24">{escape(title)}</text>'
        x += 38 + 6.3 * len(title)


def _grid(longest: float, scale: float, height: int) -> Iterator[str]:
    step = 0.5 if longest < 5 else 1.0
    for number in range(int(longest / step) + 1):
        x = _LEFT + number * step * scale
        yield (
            f'<line class="grid" x1="{x:.1f}" x2="{x:.1f}" y1="{_TOP - 18}" '
            f'y2="{height - 24}"/>'
            f'<text class="faint small" x="{x:.1f}" y="{height - 9}" '
            f'text-anchor="middle">{number * step:g} s</text>'
        )


def _span(runs: Sequence[Measured]) -> float:
    return median(it.span for it in runs)


def _bar(who: str, runs: Sequence[Measured], y: int, scale: float) -> Iterator[str]:
    middle = y + _BAR * 0.68
    yield (
        f'<text class="text" x="{_LEFT - 10}" y="{middle:.1f}" text-anchor="end">'
        f"{escape(who)}</text>"
    )
    x = float(_LEFT)
    for part in parts_of(runs):
        width = max(0.0, part.seconds * scale)
        told = f"{part.seconds * 1000:.0f}"
        yield (
            f'<rect class="{part.name}" x="{x:.1f}" y="{y}" width="{width:.1f}" '
            f'height="{_BAR}"><title>{escape(PARTS[part.name])}: {told} ms</title>'
            "</rect>"
        )
        if width >= _FITS:
            yield (
                f'<text class="inside" x="{x + width / 2:.1f}" y="{middle:.1f}" '
                f'text-anchor="middle">{told} ms</text>'
            )
        x += width
    kept = median(it.kept for it in runs)
    yield (
        f'<text class="text" x="{x + 8:.1f}" y="{middle:.1f}">'
        f'<tspan class="bold">{_span(runs):.2f} s</tspan>'
    )
    if round(kept, 2) < 1:
        yield f'<tspan class="faint small">heard {kept:.0%}</tspan>'
    yield "</text>"
