"""A figure: what was measured, against its bar, with its noise."""

import json
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final, Self


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One figure; `met` is whether it keeps its bar, an upper bound."""

    value: float
    unit: str
    bar: float
    runs: int
    spread: float
    """Half the distance between the quartiles of the single runs."""

    @property
    def met(self) -> bool:
        """Whether the bar is kept."""
        return self.value <= self.bar

    @classmethod
    def of(
        cls, runs: Sequence[float], unit: str, bar: float, *, percentile: int = 50
    ) -> Self:
        """The median, or another percentile, of single runs; 100 is the highest."""
        return cls(
            value=percentile_of(runs, percentile),
            unit=unit,
            bar=bar,
            runs=len(runs),
            spread=(percentile_of(runs, 75) - percentile_of(runs, 25)) / 2,
        )

    def as_dict(self) -> dict[str, Any]:
        """As JSON can hold it."""
        rounded = {
            name: round(value, 3) if isinstance(value, float) else value
            for name, value in asdict(self).items()
        }
        return rounded | {"met": self.met}


def percentile_of(runs: Sequence[float], percent: int) -> float:
    """A percentile, between the two nearest runs."""
    if len(runs) == 1 or percent == 100:
        return max(runs)
    return statistics.quantiles(runs, n=100, method="inclusive")[percent - 1]


NAMES: Final = (
    "overhead_p50_ms",
    "overhead_p95_ms",
    "spotter_delay_p95_ms",
    "peer_ratio_command",
    "peer_ratio_request",
    "peer_ratio_dictation",
    "peer_ratio_command_ahead",
    "peer_ratio_request_ahead",
    "peer_ratio_dictation_ahead",
    "snapshot_p95_ms",
    "listening_cpu_percent",
    "loop_block_max_ms",
    "memory_growth_mb",
    "recording_10min_mb",
    "startup_added_s",
)
"""Every figure, in the order in which they are told."""


def as_json(figures: Mapping[str, Figure]) -> str:
    """The figures as one JSON object. Raises KeyError where one is missing."""
    return json.dumps({"figures": {name: figures[name].as_dict() for name in NAMES}})


def table(figures: Mapping[str, Figure]) -> str:
    """The figures as Markdown."""
    lines = [
        "| figure | value | bar | met | runs | spread |",
        "|---|--:|--:|---|--:|--:|",
    ]
    lines += [
        f"| `{name}` | {it.value:.2f} {it.unit} | <= {it.bar:g} {it.unit} | "
        f"{'yes' if it.met else '**no**'} | {it.runs} | {it.spread:.2f} |"
        for name, it in ((name, figures[name]) for name in NAMES)
    ]
    return "\n".join(lines)
