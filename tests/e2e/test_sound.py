"""The virtual sound card and what uses it: what is played is what is heard."""

import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from pocketsphinx import Decoder

from tests.house.player import MusicPlayer
from tests.house.processes import OwnedProcess, ProcessFailure
from tests.house.sound import Sink, SoundCard
from tests.house.voices import Voice, say
from tests.house.wav import SAMPLE_RATE, read_wav

pytestmark = [pytest.mark.e2e, pytest.mark.usefixtures("socket_enabled")]

SENTENCE = "what do you see in the picture"

RECORD_WITH_PYAUDIO = """
import pathlib, sys, wave, pyaudio
enough = pathlib.Path(sys.argv[2])
host = pyaudio.PyAudio()
stream = host.open(
    rate=16000, channels=1, format=pyaudio.paInt16, input=True, frames_per_buffer=3200
)
with wave.open(sys.argv[1], "wb") as file:
    file.setparams((1, 2, 16000, 0, "NONE", ""))
    while not enough.exists():
        file.writeframes(stream.read(1600))
        print("reading", file=sys.stderr, flush=True)
"""


@pytest.fixture
def sound_card(tmp_path: Path) -> Iterator[SoundCard]:
    with SoundCard(tmp_path / "sound") as card:
        yield card


def words_of(recording: Path) -> str:
    """Return what PocketSphinx, with its own English model, hears in it."""
    decoder = Decoder(loglevel="FATAL")
    decoder.start_utt()
    decoder.process_raw(read_wav(recording).tobytes(), full_utt=True)
    decoder.end_utt()
    hypothesis = decoder.hyp()
    return str(hypothesis.hypstr) if hypothesis is not None else ""


def holds(recording: Path, sentence: str) -> bool:
    """Whether the sentence is heard in it.

    A busy machine may lose some milliseconds of sound, hence one word may differ.
    """
    heard = words_of(recording).split()
    return sum(word not in heard for word in sentence.split()) <= 1


def test_room_is_heard_by_the_default_microphone(
    sound_card: SoundCard, tmp_path: Path
) -> None:
    spoken = say(SENTENCE).write(tmp_path / "spoken.wav")
    heard = tmp_path / "heard.wav"
    enough = tmp_path / "enough"
    command = [sys.executable, "-c", RECORD_WITH_PYAUDIO, str(heard), str(enough)]
    reader = OwnedProcess(command, sound_card.environment, tmp_path / "reader.log")
    try:
        reader.wait_until(lambda: "reading" in reader.tail, 20)
        sound_card.play(spoken)
        enough.touch()
        assert reader.wait(30) == 0, reader.tail
    finally:
        reader.stop()
    assert holds(heard, SENTENCE)


def test_nothing_played_is_silence(sound_card: SoundCard, tmp_path: Path) -> None:
    with sound_card.record(tmp_path / "room.wav", Sink.ROOM):
        time.sleep(0.3)
    samples = read_wav(tmp_path / "room.wav")
    assert len(samples) >= SAMPLE_RATE * 0.2
    assert not samples.any()


def test_room_and_loudspeaker_do_not_hear_each_other(
    sound_card: SoundCard, tmp_path: Path
) -> None:
    spoken = say("hello").write(tmp_path / "spoken.wav")
    room, loudspeaker = tmp_path / "room.wav", tmp_path / "loudspeaker.wav"
    with (
        sound_card.record(room, Sink.ROOM),
        sound_card.record(loudspeaker, Sink.LOUDSPEAKER),
    ):
        sound_card.play(spoken, Sink.LOUDSPEAKER)
    assert not read_wav(room).any()
    assert read_wav(loudspeaker).any()


def test_two_cards_side_by_side(sound_card: SoundCard, tmp_path: Path) -> None:
    spoken = say("hello").write(tmp_path / "spoken.wav")
    with SoundCard(tmp_path / "other") as other:
        with other.record(tmp_path / "room.wav", Sink.ROOM):
            sound_card.play(spoken)
        assert not read_wav(tmp_path / "room.wav").any()


def test_daemon_crashes_and_comes_back(sound_card: SoundCard, tmp_path: Path) -> None:
    sound_card.kill()
    assert not sound_card.is_running
    with pytest.raises(subprocess.CalledProcessError):
        sound_card.control("info")
    sound_card.start()
    assert f"Default Source: {Sink.ROOM.monitor}" in sound_card.control("info")


def test_microphone_is_unplugged_suspended_and_back(sound_card: SoundCard) -> None:
    sound_card.unplug(Sink.ROOM)
    assert Sink.ROOM.monitor not in sound_card.control("list", "short", "sources")
    sound_card.plug_in(Sink.ROOM)
    assert f"Default Source: {Sink.ROOM.monitor}" in sound_card.control("info")
    sound_card.suspend(Sink.ROOM)
    states = sound_card.control("list", "short", "sources").splitlines()
    assert [line.endswith("SUSPENDED") for line in states if "room" in line] == [True]
    sound_card.suspend(Sink.ROOM, suspended=False)
    assert "SUSPENDED" not in sound_card.control("list", "short", "sources")


def test_player_is_heard_from_the_loudspeaker(
    sound_card: SoundCard, tmp_path: Path
) -> None:
    spoken = say(SENTENCE).write(tmp_path / "spoken.wav")
    with MusicPlayer(tmp_path / "player", sound_card) as player:
        shutil.copy(spoken, tmp_path / "player" / "music")
        with sound_card.record(tmp_path / "heard.wav"):
            player.ask("update")
            while "updating_db" in player.ask("status"):
                time.sleep(0.05)
            player.ask("add spoken.wav")
            player.ask("play")
            while "state: play" in player.ask("status"):
                time.sleep(0.05)
    assert holds(tmp_path / "heard.wav", SENTENCE)


def test_player_refuses_what_is_not_there(
    sound_card: SoundCard, tmp_path: Path
) -> None:
    with (
        MusicPlayer(tmp_path / "player", sound_card) as player,
        pytest.raises(ValueError, match="No such"),
    ):
        player.ask("add nothing.wav")


@pytest.mark.parametrize("voice", Voice)
def test_parts_are_where_they_are_said_to_be(voice: Voice) -> None:
    speech = say("computer", 0.7, "reply", voice=voice)
    first, second = speech.parts
    assert (first.text, second.text) == ("computer", "reply")
    assert first.start == 0.5
    assert second.start == pytest.approx(first.end + 0.7, abs=0.001)
    assert speech.seconds == pytest.approx(second.end + 0.5, abs=0.001)
    pause = speech.samples[
        int(first.end * SAMPLE_RATE) + 1 : int(second.start * SAMPLE_RATE)
    ]
    assert not pause.any()
    assert abs(int(speech.samples[round(first.end * SAMPLE_RATE) - 1])) > 200


def test_program_that_ends_is_told(tmp_path: Path) -> None:
    process = OwnedProcess(["sh", "-c", "echo why; exit 3"], {}, tmp_path / "log")
    with pytest.raises(ProcessFailure, match=r"ended with 3: why"):
        process.wait_until(lambda: False, 10)


def test_program_that_is_missing_is_told(tmp_path: Path) -> None:
    with pytest.raises(ProcessFailure, match="not installed"):
        OwnedProcess(["no-such-program-here"], {}, tmp_path / "log")


def test_child_does_not_outlive_a_killed_owner(tmp_path: Path) -> None:
    script = (
        "import pathlib, sys, time\n"
        "from tests.house.processes import OwnedProcess\n"
        "child = OwnedProcess(['sleep', '600'], {}, pathlib.Path(sys.argv[1]))\n"
        "print(child.pid, flush=True)\n"
        "time.sleep(600)\n"
    )
    owner = subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path / "log")],
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).resolve().parents[2],
    )
    assert owner.stdout is not None
    child = Path("/proc", owner.stdout.readline().strip())
    # setpriv ties itself to its owner before it becomes the program.
    while b"setpriv" in (child / "cmdline").read_bytes():
        time.sleep(0.01)
    owner.kill()
    owner.wait()
    owner.stdout.close()
    deadline = time.monotonic() + 10
    while _is_alive(child) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not _is_alive(child)


def _is_alive(process: Path) -> bool:
    """Whether a process runs; one that nobody has reaped yet does not."""
    try:
        return ") Z " not in (process / "stat").read_text(encoding="utf-8")
    except OSError:
        return False
