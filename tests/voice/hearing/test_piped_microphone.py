"""A microphone behind a program, whatever that program does."""

import time
from pathlib import Path

import pytest

from custom_components.reply_satellite.voice.hearing import (
    ffmpeg_microphone,
    piped_microphone,
)
from custom_components.reply_satellite.voice.hearing.ffmpeg_microphone import (
    FfmpegMicrophone,
    Format,
    ffmpeg_formats,
    list_ffmpeg_inputs,
)
from custom_components.reply_satellite.voice.hearing.inputs import open_microphone
from custom_components.reply_satellite.voice.hearing.microphone import (
    CHUNK_BYTES,
    DeviceError,
    Fault,
)
from custom_components.reply_satellite.voice.hearing.piped_microphone import (
    PipedMicrophone,
)

from .hardware import noise, until

SOUND = noise(0.4)


@pytest.fixture
def sound(tmp_path: Path) -> Path:
    path = tmp_path / "sound.pcm"
    path.write_bytes(SOUND)
    return path


def _open(script: str, *arguments: str) -> PipedMicrophone:
    return PipedMicrophone(
        ("/bin/sh", "-c", script, "sh", *arguments),
        name="Script",
        explain=lambda words: Fault.BUSY if "busy" in words else Fault.GONE,
    )


def _ffmpeg(folder: Path, script: str) -> str:
    """Return a program to be started in ffmpeg's place."""
    path = folder / "ffmpeg"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return str(path)


def test_sound_comes_in_chunks(sound: Path) -> None:
    with _open('cat "$1"; sleep 60', str(sound)) as microphone:
        assert microphone.name == "Script"
        read = [microphone.read() for _ in range(5)]
    assert b"".join(read) == SOUND
    assert {len(chunk) for chunk in read} == {CHUNK_BYTES}


def test_sound_that_comes_in_crumbs_is_put_together(sound: Path) -> None:
    crumbs = 'dd if="$1" bs=100 status=none | while :; do dd bs=301 count=1 status=none'
    with _open(crumbs + " || break; done", str(sound)) as microphone:
        assert microphone.read() == SOUND[:CHUNK_BYTES]


def test_end_is_explained_with_the_last_words(sound: Path) -> None:
    script = 'echo first >&2; cat "$1"; exec 1>&-; echo the device is busy >&2'
    with _open(script, str(sound)) as microphone:
        for _ in range(5):
            microphone.read()
        with pytest.raises(DeviceError) as raised:
            microphone.read()
    assert raised.value.fault is Fault.BUSY
    assert raised.value.detail == "the device is busy"


def test_end_without_a_word_names_the_microphone() -> None:
    with _open("exit 3") as microphone, pytest.raises(DeviceError) as raised:
        microphone.read()
    assert raised.value.fault is Fault.GONE
    assert raised.value.detail == "Script ended"


def test_nothing_for_too_long_is_a_stall(
    sound: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(piped_microphone, "FRAMES_TIMEOUT", 0.1)
    with _open('cat "$1"; sleep 60', str(sound)) as microphone:
        for _ in range(5):
            microphone.read()
        with pytest.raises(DeviceError) as raised:
            microphone.read()
    assert raised.value.fault is Fault.STALLED


def test_start_may_take_longer(sound: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(piped_microphone, "FRAMES_TIMEOUT", 0.01)
    with _open('sleep 0.3; cat "$1"; sleep 60', str(sound)) as microphone:
        assert microphone.read() == SOUND[:CHUNK_BYTES]


def test_losses_it_tells_of_are_counted(sound: Path) -> None:
    script = 'echo "ALSA buffer xrun." >&2; echo "ALSA buffer xrun." >&2; sleep 0.1'
    with _open(f'{script}; cat "$1"; sleep 60', str(sound)) as microphone:
        microphone.read()
        assert microphone.overflows == 2


def test_alsas_losses_are_counted_one_by_one(sound: Path, tmp_path: Path) -> None:
    """As ffmpeg warns of them, unless it is told to keep that, or repeats, back."""
    words = 'echo "[alsa @ 0x1] ALSA buffer xrun." >&2'
    ffmpeg = _ffmpeg(
        tmp_path,
        f'case "$*" in *"-loglevel repeat+warning "*) {words}; {words} ;; esac\n'
        f'sleep 0.1; cat "{sound}"; sleep 60',
    )
    with open_microphone("alsa:default", ffmpeg) as microphone:
        microphone.read()
        assert microphone.overflows == 2


def test_program_that_closes_its_standard_error_is_read_on(sound: Path) -> None:
    with _open('exec 2>&-; sleep 0.1; cat "$1"; sleep 60', str(sound)) as microphone:
        began = time.process_time()
        assert microphone.read() == SOUND[:CHUNK_BYTES]
        # The closed pipe would be ready for ever.
        assert time.process_time() - began < 0.09


def test_program_that_is_not_there_is_not_installed() -> None:
    with pytest.raises(DeviceError) as raised:
        FfmpegMicrophone("/nowhere/ffmpeg", Format.PULSE, "default")
    assert raised.value.fault is Fault.NOT_INSTALLED
    assert "/nowhere/ffmpeg" in raised.value.detail


def test_closing_ends_all_that_was_started(sound: Path, tmp_path: Path) -> None:
    script = 'sleep 60 & echo $! >"$2"; cat "$1"; wait'
    pid = tmp_path / "pid"
    with _open(script, str(sound), str(pid)) as microphone:
        microphone.read()
        child = Path("/proc", pid.read_text().strip())
        assert child.exists()
    microphone.close()
    until(lambda: not child.exists() or " Z " in (child / "stat").read_text())


@pytest.mark.faults
def test_alsa_device_in_use_is_busy(tmp_path: Path) -> None:
    """The words are those of ffmpeg's libavdevice/alsa.c and its caller."""
    ffmpeg = _ffmpeg(
        tmp_path,
        'echo "[alsa @ 0x1] cannot open audio device plughw:0 (Device or resource'
        ' busy)" >&2; echo "plughw:0: Input/output error" >&2; exit 1',
    )
    microphone = open_microphone("alsa:plughw:0", ffmpeg)
    with microphone, pytest.raises(DeviceError) as raised:
        microphone.read()
    assert raised.value.fault is Fault.BUSY


def test_ffmpeg_without_that_input_is_not_installed() -> None:
    command = ("ffmpeg", "-f", "nonsense", "-i", "default", "-f", "s16le", "pipe:1")
    microphone = FfmpegMicrophone("ffmpeg", Format.PULSE, "default")
    explain = microphone._explain
    microphone.close()
    with (
        PipedMicrophone(command, name="x", explain=explain) as none,
        pytest.raises(DeviceError) as raised,
    ):
        none.read()
    assert raised.value.fault is Fault.NOT_INSTALLED


@pytest.mark.parametrize(
    ("listing", "formats"),
    [
        (" DE alsa            ALSA audio output\n  E caca            caca\n", {"alsa"}),
        (" D  pulse           Pulse audio input\n DE alsa   x\n", {"alsa", "pulse"}),
        (" D d pulse           Pulse audio input\n DEd alsa   x\n", {"alsa", "pulse"}),
        ("  E pulse           Pulse audio output\n", set()),
        ("", set()),
    ],
)
def test_inputs_of_an_ffmpeg(tmp_path: Path, listing: str, formats: set[str]) -> None:
    """As ffmpeg 5 prints them, and as 7 does."""
    (tmp_path / "listing").write_text(f"Devices:\n D. = Demuxing\n --\n{listing}")
    assert ffmpeg_formats(_ffmpeg(tmp_path, f"cat {tmp_path}/listing")) == formats


def test_alsa_inputs_are_those_that_convert(tmp_path: Path) -> None:
    (tmp_path / "listing").write_text(
        "Auto-detected sources for alsa:\n"
        "  null [Discard all samples] (none)\n"
        "* default [Default Audio Device] (none)\n"
        "  hw:CARD=PCH,DEV=0 [HDA Intel PCH] (none)\n"
        "  plughw:CARD=PCH,DEV=0 [HDA Intel PCH] (none)\n"
        "  sysdefault:CARD=PCH [] (none)\n"
    )
    listed = list_ffmpeg_inputs(
        _ffmpeg(tmp_path, f"cat {tmp_path}/listing"), Format.ALSA
    )
    assert [(each.id, each.name) for each in listed] == [
        ("alsa:default", "Default Audio Device (ALSA)"),
        ("alsa:plughw:CARD=PCH,DEV=0", "HDA Intel PCH (ALSA)"),
        ("alsa:sysdefault:CARD=PCH", "sysdefault:CARD=PCH (ALSA)"),
    ]


def test_ffmpeg_that_hangs_when_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = "custom_components.reply_satellite.voice.hearing.ffmpeg_microphone"
    monkeypatch.setattr(f"{module}._ASK_TIMEOUT", 0.1)
    with pytest.raises(DeviceError) as raised:
        ffmpeg_formats(_ffmpeg(tmp_path, "exec sleep 60"))
    assert raised.value.fault is Fault.STALLED


def test_ffmpeg_that_is_killed_when_asked(tmp_path: Path) -> None:
    with pytest.raises(DeviceError) as raised:
        ffmpeg_formats(_ffmpeg(tmp_path, "kill -9 $$"))
    assert raised.value.fault is Fault.FAILED


def test_census_that_hangs_is_given_up_and_taken_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ffmpeg_microphone, "CENSUS_SECONDS", 0.02)
    counted = tmp_path / "counted"
    ffmpeg = _ffmpeg(tmp_path, f"echo x >>{counted}; exec sleep 60")
    census = ffmpeg_microphone.Census(ffmpeg, "Mic")
    until(
        lambda: (
            census.says_leave()
            or (counted.exists() and counted.read_text().count("x") > 2)
        )
    )
    assert not census.says_leave()
    census.close()


@pytest.mark.parametrize(
    ("name", "listing", "leave"),
    [
        ("Mic", "* Mic [The microphone] (none)", False),
        ("Mic", "* Other [Another one] (none)", True),
        ("Mic", "Cannot list sources", False),
        (None, "* Mic [The microphone] (none)", True),
        (None, "Cannot list sources", False),
    ],
)
def test_census(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    name: str | None,
    listing: str,
    leave: bool,
) -> None:
    monkeypatch.setattr(ffmpeg_microphone, "CENSUS_SECONDS", 0.0)
    ffmpeg = _ffmpeg(tmp_path, f'echo "Auto-detected:"; echo "{listing}"')
    census = ffmpeg_microphone.Census(ffmpeg, name)
    assert not census.says_leave()
    assert census._counting is not None
    census._counting.wait()
    assert census.says_leave() is leave
    census.close()
