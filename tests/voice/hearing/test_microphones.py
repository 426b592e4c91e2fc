"""Every way to a real microphone, on a virtual sound card."""

import os
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable
from pathlib import Path

import pytest

from custom_components.reply_satellite.voice.hearing import ffmpeg_microphone
from custom_components.reply_satellite.voice.hearing.inputs import (
    list_inputs,
    open_microphone,
)
from custom_components.reply_satellite.voice.hearing.microphone import (
    CHUNK_BYTES,
    DeviceError,
    Fault,
    Input,
    Microphone,
)
from tests.house.sound import Sink

from .conftest import FFMPEG, WAYS
from .hardware import level_at, until

pytestmark = pytest.mark.sound

type Open = Callable[[], Microphone]


def _children() -> set[str]:
    """Return the processes that this one has started."""
    listed = subprocess.run(
        ["ps", "--ppid", str(os.getpid()), "-o", "comm="],
        capture_output=True,
        text=True,
        check=True,
    )
    return set(listed.stdout.split())


@pytest.mark.usefixtures("sounding")
def test_hears_the_room_at_16_khz(open_it: Open) -> None:
    with open_it() as microphone:
        # What came before the sound reached the room is left out.
        chunks = [microphone.read() for _ in range(75)][25:]
        assert microphone.overflows == 0
    assert {len(chunk) for chunk in chunks} == {CHUNK_BYTES}
    assert level_at(b"".join(chunks), 1_000) > 0.9


@pytest.mark.usefixtures("sounding")
def test_gives_everything_back(open_it: Open) -> None:
    threads, children = threading.active_count(), _children()
    with open_it() as microphone:
        microphone.read()
    assert threading.active_count() == threads
    assert _children() <= children | {"ps"}


@pytest.mark.usefixtures("sounding")
def test_abort_ends_a_read_from_another_thread(open_it: Open) -> None:
    with open_it() as microphone:
        microphone.read()
        threading.Timer(0.1, microphone.abort).start()
        with pytest.raises(DeviceError, match="closed"):
            deque(iter(microphone.read, b""), maxlen=0)


@pytest.mark.usefixtures("sound_card")
@pytest.mark.parametrize("kind", ["pyaudio", "pulse", "alsa", "soundcard"])
def test_unknown_name_is_a_device_that_is_gone(kind: str) -> None:
    with (
        pytest.raises(DeviceError) as raised,
        open_microphone(f"{kind}:nobody", FFMPEG) as microphone,
    ):
        microphone.read()
    assert raised.value.fault is Fault.GONE
    assert "nobody" in raised.value.detail


@pytest.mark.parametrize("way", ["pyaudio", "ffmpeg", "soundcard"])
def test_no_sound_server_is_a_device_that_is_gone(
    open_it: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PULSE_SERVER", "unix:/nowhere")
    with pytest.raises(DeviceError) as raised, open_it() as microphone:
        microphone.read()
    assert raised.value.fault is Fault.GONE


@pytest.mark.usefixtures("sound_card")
def test_inputs_are_listed_by_name() -> None:
    listed = list_inputs(FFMPEG)
    assert listed[0] == Input("default", "Default")
    assert {WAYS["pyaudio"], WAYS["ffmpeg"]} <= {each.id for each in listed}
    assert Input("pulse:room.monitor", "Monitor of room (PulseAudio)") in listed
    assert not [each for each in listed if each.id.startswith(("soundcard", "alsa"))]


@pytest.mark.usefixtures("sound_card")
def test_inputs_without_pyaudio_are_alsas_too(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "pyaudio", None)
    ids = [each.id for each in list_inputs(FFMPEG)]
    assert "alsa:default" in ids
    assert not [each for each in ids if each.startswith("pyaudio")]


@pytest.mark.usefixtures("sound_card")
def test_inputs_without_ffmpeg_are_soundcards() -> None:
    ids = [each.id for each in list_inputs("/nowhere/ffmpeg")]
    assert WAYS["soundcard"] in ids


def test_inputs_without_anything_are_the_default(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "pyaudio", None)
    monkeypatch.setenv("PULSE_SERVER", "unix:/nowhere")
    assert list_inputs("/nowhere/ffmpeg") == [Input("default", "Default")]


@pytest.mark.usefixtures("sounding")
@pytest.mark.parametrize("kind", ["alsa:default", f"pulse:{Sink.ROOM.monitor}"])
def test_ffmpeg_reads_alsa_and_pulse(kind: str) -> None:
    with open_microphone(kind, FFMPEG) as microphone:
        sound = b"".join([microphone.read() for _ in range(75)][25:])
        assert microphone.name == kind.partition(":")[2]
    assert level_at(sound, 1_000) > 0.9


# --- the default ---


@pytest.fixture
def no_pyaudio(monkeypatch: pytest.MonkeyPatch) -> None:
    """PyAudio can't be imported."""
    monkeypatch.setitem(sys.modules, "pyaudio", None)


@pytest.fixture
def no_libpulse(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """There is nothing that soundcard could load."""
    folder = tmp_path / "without_libpulse"
    folder.mkdir()
    text = """import cffi\ncffi.FFI().dlopen("libnowhere.so.0")\n"""
    folder.joinpath("soundcard.py").write_text(text)
    monkeypatch.syspath_prepend(folder)


@pytest.fixture
def no_server(monkeypatch: pytest.MonkeyPatch) -> None:
    """There is no PulseAudio, whoever could speak to it."""
    monkeypatch.setenv("PULSE_SERVER", "unix:/nowhere")


def _stub(folder: Path, *formats: str) -> str:
    """Return an ffmpeg that was built with these inputs, else the machine's own."""
    devices = "".join(f" D  {name}            {name} input\\n" for name in formats)
    return _script(
        folder,
        f"""case "$2 $3" in
        "-devices "*) printf 'Devices:\\n D. = Demuxing supported\\n{devices}' ;;
        "-sources pulse") {"exec" if "pulse" in formats else ":"} ffmpeg "$@" ;;
        *) exec ffmpeg "$@" ;;
        esac""",
    )


def _script(folder: Path, text: str) -> str:
    stub = folder / "ffmpeg"
    stub.write_text(f"#!/bin/sh\n{text}\n")
    stub.chmod(0o755)
    return str(stub)


def _cards(folder: Path, **devices: str) -> str:
    """Return an ffmpeg on a machine with these ALSA devices: what happens to each."""
    names = "".join(f"  plughw:CARD={name},DEV=0 [] (none)\\n" for name in devices)
    ways = "".join(
        f'*"-i {name} "* | *"-i plughw:CARD={name},DEV=0 "*) {way} ;;\n'
        for name, way in devices.items()
    )
    return _script(
        folder,
        f"""case "$*" in
        *-devices) printf ' D  alsa   x\\n D  pulse   x\\n' ;;
        *"-sources pulse") echo "Cannot list sources: Generic error" ;;
        *"-sources alsa") printf '{names}' ;;
        {ways}
        *) echo "No such file or directory" >&2; exit 1 ;;
        esac""",
    )


HEARD = "exec cat /dev/zero"
BUSY = 'echo "Device or resource busy" >&2; exit 1'


def _opened(ffmpeg: str) -> str:
    """Open the default, hear a chunk, and tell which way it was."""
    with open_microphone("default", ffmpeg) as microphone:
        microphone.read()
        return type(microphone).__name__


@pytest.mark.usefixtures("sounding")
def test_default_is_pyaudio_where_it_is_installed() -> None:
    assert _opened(FFMPEG) == "PyAudioMicrophone"


@pytest.mark.usefixtures("sounding", "no_pyaudio")
def test_default_without_pyaudio_is_ffmpegs_pulse() -> None:
    assert _opened(FFMPEG) == "FfmpegMicrophone"


@pytest.mark.usefixtures("sounding", "no_pyaudio")
def test_default_without_ffmpegs_pulse_is_soundcard(tmp_path: Path) -> None:
    assert _opened(_stub(tmp_path, "alsa")) == "SoundcardMicrophone"
    assert _opened("/nowhere/ffmpeg") == "SoundcardMicrophone"


@pytest.mark.usefixtures("sounding", "no_pyaudio", "no_libpulse")
def test_default_without_those_is_ffmpegs_alsa(tmp_path: Path) -> None:
    assert _opened(_stub(tmp_path, "alsa", "lavfi")) == "FfmpegMicrophone"


@pytest.mark.usefixtures("no_pyaudio", "no_libpulse")
def test_default_without_anything_says_what_is_missing(tmp_path: Path) -> None:
    for ffmpeg in (_stub(tmp_path, "lavfi"), "/nowhere/ffmpeg"):
        with pytest.raises(
            DeviceError, match="no libpulse, and no ffmpeg with"
        ) as raised:
            open_microphone("default", ffmpeg)
        assert raised.value.fault is Fault.NOT_INSTALLED


@pytest.mark.usefixtures("no_libpulse", "sound_card", "no_server")
def test_default_of_a_machine_without_a_card_is_gone(tmp_path: Path) -> None:
    with pytest.raises(DeviceError) as raised:
        open_microphone("default", _stub(tmp_path))
    assert raised.value.fault is Fault.GONE


@pytest.mark.usefixtures("no_pyaudio", "no_libpulse", "no_server")
def test_default_without_a_sound_server_is_not_a_lack_of_programs(
    tmp_path: Path,
) -> None:
    with pytest.raises(DeviceError, match="no PulseAudio") as raised:
        open_microphone("default", _stub(tmp_path, "pulse"))
    assert raised.value.fault is Fault.GONE


@pytest.mark.usefixtures("no_pyaudio", "no_server")
@pytest.mark.parametrize(
    ("devices", "name"),
    [
        ({"default": HEARD, "Mic": HEARD}, "default"),
        ({"Mic": HEARD}, "plughw:CARD=Mic,DEV=0"),
        ({"Screen": "exit 1", "Mic": HEARD}, "plughw:CARD=Mic,DEV=0"),
    ],
)
def test_default_without_a_sound_server_is_alsas(
    tmp_path: Path, devices: dict[str, str], name: str
) -> None:
    """As in a container that has been given /dev/snd."""
    with open_microphone("default", _cards(tmp_path, **devices)) as microphone:
        microphone.read()
        assert microphone.name == name


@pytest.mark.usefixtures("no_pyaudio", "no_server")
def test_default_of_alsa_is_left_for_a_sound_server_that_comes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was only away for a moment, and what it had chosen is the right one."""
    monkeypatch.setattr(ffmpeg_microphone, "CENSUS_SECONDS", 0.0)
    ffmpeg = Path(_cards(tmp_path, Mic=HEARD))
    with open_microphone("default", str(ffmpeg)) as microphone:
        microphone.read()
        script = ffmpeg.read_text()
        is_there = script.replace("Cannot list sources: Generic error", "* mic [x] (y)")
        ffmpeg.write_text(is_there)

        def is_left() -> bool:
            try:
                microphone.read()
            except DeviceError as fault:
                return fault.fault is Fault.GONE
            return False

        until(is_left)


@pytest.mark.usefixtures("no_pyaudio", "no_server")
def test_default_waits_for_a_sound_server_that_does_not_answer(tmp_path: Path) -> None:
    """It is no reason to listen elsewhere."""
    ffmpeg = Path(_cards(tmp_path, Mic=HEARD))
    hung = ffmpeg.read_text().replace('echo "Cannot list', 'kill -9 $$; echo "')
    ffmpeg.write_text(hung)
    with pytest.raises(DeviceError) as raised:
        open_microphone("default", str(ffmpeg))
    assert raised.value.fault is Fault.FAILED


@pytest.mark.usefixtures("no_pyaudio", "no_server")
@pytest.mark.parametrize(
    ("devices", "fault"),
    [({"default": BUSY, "Mic": HEARD}, Fault.BUSY), ({"Mic": "exit 1"}, Fault.GONE)],
)
def test_default_of_alsa_that_is_not_heard_says_why(
    tmp_path: Path, devices: dict[str, str], fault: Fault
) -> None:
    """Another card than the one that is in use would be another room."""
    with (
        open_microphone("default", _cards(tmp_path, **devices)) as microphone,
        pytest.raises(DeviceError) as raised,
    ):
        microphone.read()
    assert raised.value.fault is fault


@pytest.mark.usefixtures("no_pyaudio", "no_server")
def test_default_ffmpeg_that_was_killed_is_asked_again(tmp_path: Path) -> None:
    """As by a machine that has no memory left."""
    with pytest.raises(DeviceError) as raised:
        open_microphone("default", _script(tmp_path, "kill -9 $$"))
    assert raised.value.fault is Fault.FAILED
    with open_microphone("default", _cards(tmp_path, default=HEARD)) as microphone:
        assert microphone.read()
