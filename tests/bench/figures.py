"""A figure: what was measured, against its bar, with its noise."""

import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Self


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
        """The median, or another percentile, of single runs."""
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
    if len(runs) == 1:
        return runs[0]
    return statistics.quantiles(runs, n=100, method="inclusive")[percent - 1]


def table(figures: dict[str, Figure]) -> str:
    """The figures as Markdown."""
    lines = [
        "| figure | value | bar | met | runs | spread |",
        "|---|--:|--:|---|--:|--:|",
    ]
    lines += [
        f"| `{name}` | {it.value:.2f} {it.unit} | <= {it.bar:g} {it.unit} | "
        f"{'yes' if it.met else '**no**'} | {it.runs} | {it.spread:.2f} |"
        for name, it in figures.items()
    ]
    return "\n".join(lines)
