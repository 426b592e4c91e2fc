"""The bench: every figure of the design by its name, and reckoned right."""

import json
import re
from pathlib import Path

import numpy as np
import pytest

from .bench.ahead import Ahead
from .bench.document import write_document
from .bench.figures import NAMES, Figure, as_json, table
from .bench.growth import Growth
from .bench.listening import Listening, Room, Way
from .bench.machine import Block, Watch, snapshot_delays
from .bench.measured import Measured, Record, first_sentence_share
from .bench.peer import listened
from .bench.run import ALONE, PAIRED, Results
from .bench.scene import Spoken
from .bench.sentences import Beginning
from .house.voices import Part, Speech, Voice

DESIGN = {
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
}


def figures(value: float = 2.0) -> dict[str, Figure]:
    return {name: Figure.of([1.0, value, 3.0], "ms", 2) for name in NAMES}


def record(
    uploaded: float, slept: float, first_sent: float, started: float = 0.0
) -> Record:
    return {
        "started": started,
        "uploaded": uploaded,
        "slept": slept,
        "first_sent": first_sent,
    }


def measured(reply: str = "It is done.") -> Measured:
    return Measured.of(
        speech_end=10.0,
        first_audio=11.5,
        records=(
            record(10.25, 0.125, 10.40),  # 25 ms of its own
            record(10.5, 0.75, 10.51),  # 10 ms
            record(11.3, 0.0625, 11.375),  # 12.5 ms
        ),
        reply=reply,
        kept=1.0,
        sounded=11.75,
    )


def speech(*parts: tuple[float, float]) -> Spoken:
    said = Speech(
        np.zeros(16_000, np.int16), tuple(Part("x", *where) for where in parts)
    )
    return Spoken("request", said, said, "x")


def test_every_figure_of_the_design_is_told() -> None:
    told = json.loads(as_json(figures()))
    assert told.keys() == {"figures"}
    assert told["figures"].keys() == DESIGN
    for figure in told["figures"].values():
        assert figure.keys() == {"value", "unit", "bar", "met", "runs", "spread"}


def test_a_figure_that_is_missing_is_not_passed_over() -> None:
    some = figures()
    del some["memory_growth_mb"]
    with pytest.raises(KeyError):
        as_json(some)


@pytest.mark.parametrize(
    ("percentile", "value"), [(50, 50.0), (95, 95.0), (100, 100.0)]
)
def test_percentiles(percentile: int, value: float) -> None:
    runs = [float(number) for number in range(101)]
    figure = Figure.of(runs, "ms", 60, percentile=percentile)
    assert figure.value == pytest.approx(value)
    assert figure.spread == pytest.approx(25.0)
    assert figure.runs == 101


def test_a_single_run_is_its_own_percentile() -> None:
    figure = Figure.of([7.0], "ms", 7, percentile=95)
    assert (figure.value, figure.spread, figure.runs) == (7.0, 0.0, 1)


@pytest.mark.parametrize(("value", "met"), [(1.99, True), (2.0, True), (2.01, False)])
def test_a_bar_is_an_upper_bound(value: float, met: bool) -> None:
    assert Figure.of([value], "ms", 2).met is met
    assert ("| yes |" in table(figures(value))) is met


def test_a_turn_is_taken_apart_without_a_rest() -> None:
    turn = measured()
    assert turn.span == pytest.approx(1.5)
    assert turn.noticing == pytest.approx(0.25)
    assert turn.scripted == pytest.approx(0.125 + 0.75 + 0.0625)
    assert turn.standins == pytest.approx(0.0475)
    assert turn.overhead == pytest.approx(1.5 - 0.25 - 0.9375 - 0.0475)
    assert turn.own == pytest.approx(turn.overhead + turn.noticing)


def test_of_a_long_answer_only_the_first_sentence_is_waited_for() -> None:
    assert first_sentence_share("It is done.") == 1.0
    long = "It is done. And there is more to tell of it. And more."
    assert 0.5 < first_sentence_share(long) < 1.0
    assert measured(long).thinking < measured().thinking


def test_a_peer_that_hears_all_is_measured_from_the_last_word() -> None:
    assert listened(speech((0.5, 2.0), (3.0, 4.0)), 4.75) == (4.0, 1.0)


def test_a_peer_that_takes_a_pause_for_the_end_is_measured_from_before_it() -> None:
    assert listened(speech((0.5, 2.0), (4.0, 5.5)), 2.75) == (2.0, 0.5)


def test_a_peer_that_cuts_in_is_measured_from_where_it_does() -> None:
    assert listened(speech((0.0, 20.0)), 15.0) == (15.0, 0.75)


def test_a_snapshot_is_paired_with_the_camera_asked_next() -> None:
    notes = [
        {"what": "asked", "at": 0.5},
        {"what": "heard", "word": "snapshot", "at": 1.0},
        {"what": "loop", "at": 1.001},
        {"what": "asked", "at": 1.25},
        {"what": "heard", "word": "reply", "at": 2.0},
        {"what": "asked", "at": 2.5},
        {"what": "heard", "word": "snapshot", "at": 3.0},
        {"what": "heard", "word": "snapshot", "at": 4.0},
        {"what": "asked", "at": 4.125},
    ]
    assert snapshot_delays(notes) == [0.25, 0.125]


def test_the_longest_block_is_of_its_time_only(tmp_path: Path) -> None:
    file = tmp_path / "notes.jsonl"
    told = [(1.0, 0.5), (2.0, 0.01), (3.0, 0.02), (4.0, 0.7)]
    file.write_text(
        "".join(
            json.dumps(
                {
                    "what": "loop",
                    "at": at,
                    "held": it,
                    "wall": it,
                    "garbage": 0.01,
                    "who": "",
                }
            )
            + "\n"
            for at, it in told
        ),
        encoding="utf-8",
    )
    assert Watch(file).longest_block(1.5, 3.5) == Block(0.02, 0.02, 0.01, "")


@pytest.mark.parametrize(("value", "missed"), [(2.0, False), (2.5, True)])
def test_the_document_tells_what_is_missed(
    tmp_path: Path, value: float, missed: bool
) -> None:
    turns = [measured(), measured()]
    names = ("command", "request", "dictation")
    results = Results(
        figures=figures(value),
        turns=turns,
        ours=dict.fromkeys(names, turns),
        peers=dict.fromkeys(names, turns),
        blocks={
            PAIRED: [Block(0.01, 0.01, 0.005, "somebody")],
            ALONE: [Block(0.02, 0.02, 0.005, "somebody else")],
        },
        dropped=["not heard", "not heard"],
        ahead=Ahead(
            ours=dict.fromkeys(names, turns),
            peers=dict.fromkeys(names, turns),
            gaps={0.2: turns},
            asked={name: [1, 3] for name in names},
        ),
        long=turns[0],
        beginnings=[
            Beginning(first_sentence=0.4, first_audio=0.5, second_sentence=0.9)
        ],
        listening=[
            Listening(
                way=Way.FFMPEG,
                room=Room.IDLE,
                cpu_percent=cpu_percent,
                memory_mb=20,
                programs_mb=30,
                programs_own_mb=9.0,
            )
            for cpu_percent in (1.5, 3.25)
        ],
        growth=[Growth("satellites: listening", "%", {1: 2.5, 8: 20.0})],
        loads=[1.0],
    )
    target = tmp_path / "performance.md"
    write_document(target, results)
    text = target.read_text(encoding="utf-8")
    assert ("## Bars that are missed" in text) is missed
    assert "| ffmpeg | idle | 1.5 % | <= 2 % | yes | 20 MB | 30 MB | 9 MB |" in text
    assert "| ffmpeg | idle | 3.2 % | <= 2 % | **no** | 20 MB | 30 MB | 9 MB |" in text
    assert "that was so 2 times" in text
    assert all(f"`{voice}`" in text for voice in Voice)
    assert "The longest of ours was in `somebody else`" in text
    assert "first byte of audio can be fetched: 0.50 s" in text
    assert "| satellites: listening | 1: 2.5 %, 8: 20.0 % |" in text
    assert "After the last word of six minutes the first audio\ncan be fetched" in text
    for name in NAMES:
        assert text.count(f"| `{name}` |") == 1
    if missed:
        section = text.split("## Bars that are missed")[1].split("## ")[0]
        assert set(re.findall(r"`(\w+)`", section)) == DESIGN
    assert "| command | 1.50 s | 1.50 s | 1.00 |" in text
    assert "| dictation | 1.50 s | 1.50 s | 1.00 | 2 |" in text
    assert "- 0.2 s: 1.50 s" in text
    drawn = target.with_suffix(".svg").read_text(encoding="utf-8")
    assert drawn.count("1.50 s</tspan>") == 2 * len(names)
