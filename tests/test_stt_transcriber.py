"""Speech-to-text entities of Home Assistant's as transcribers."""

import asyncio
import math
from collections.abc import AsyncIterable, Callable, Iterator
from itertools import chain, repeat
from pathlib import Path
from typing import override

import pytest
from homeassistant.components import stt
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.setup import async_setup_component

from custom_components.reply_satellite import stt_transcriber
from custom_components.reply_satellite.stt_transcriber import SttTranscriber
from custom_components.reply_satellite.voice.errors import (
    BrokenAnswerError,
    RefusedError,
    TooSlowError,
    UnknownNameError,
    UnreachableError,
    VoiceError,
)
from custom_components.reply_satellite.voice.transcribing.dictation import Dictation
from custom_components.reply_satellite.voice.transcribing.transcriber import Transcript
from tests.house.voices import say

ENTITY = "stt.engine"
SAMPLES = bytes(range(250)) * 128  # 1 s
SUCCESS, ERROR = stt.SpeechResultState.SUCCESS, stt.SpeechResultState.ERROR


class Engine(stt.SpeechToTextEntity):
    """An engine that tells how much sound it was given."""

    def __init__(self) -> None:
        """Be ready to listen."""
        self.entity_id = ENTITY
        self.progress = asyncio.Event()
        self.metadata: list[stt.SpeechMetadata] = []
        self.heard = bytearray()
        self.error: Exception | None = None
        self.results: Iterator[stt.SpeechResultState] = repeat(SUCCESS)
        self.most = math.inf
        self.cancels = False
        self.closed = 0

    @property
    @override
    def supported_languages(self) -> list[str]:
        return ["de", "en-GB"]

    @property
    @override
    def supported_formats(self) -> list[stt.AudioFormats]:
        return [stt.AudioFormats.WAV]

    @property
    @override
    def supported_codecs(self) -> list[stt.AudioCodecs]:
        return [stt.AudioCodecs.PCM]

    @property
    @override
    def supported_bit_rates(self) -> list[stt.AudioBitRates]:
        return [stt.AudioBitRates.BITRATE_16]

    @property
    @override
    def supported_sample_rates(self) -> list[stt.AudioSampleRates]:
        return [stt.AudioSampleRates.SAMPLERATE_16000]

    @property
    @override
    def supported_channels(self) -> list[stt.AudioChannels]:
        return [stt.AudioChannels.CHANNEL_MONO]

    async def has_heard(self, size: int) -> None:
        """Wait until so many bytes were heard."""
        await self._until(lambda: len(self.heard) >= size)

    async def has_closed(self, times: int) -> None:
        """Wait until it stopped listening so many times."""
        await self._until(lambda: self.closed >= times)

    async def _until(self, done: Callable[[], bool]) -> None:
        async with asyncio.timeout(10):
            while not done():
                self.progress.clear()
                await self.progress.wait()

    @override
    async def async_process_audio_stream(
        self, metadata: stt.SpeechMetadata, stream: AsyncIterable[bytes]
    ) -> stt.SpeechResult:
        self.metadata.append(metadata)
        before = len(self.heard)
        if self.error is not None:
            raise self.error
        if self.cancels:
            await self._until_answered(stream, before)
        elif self.most > 0:
            await self._hear(stream, before)
        text = f" {len(self.heard) - before} bytes " if self.most else ""
        return stt.SpeechResult(text, next(self.results))

    async def _hear(self, stream: AsyncIterable[bytes], before: int) -> None:
        """Listen, up to the end of speech."""
        try:
            async for piece in stream:
                self.heard += piece
                self.progress.set()
                if not self.cancels and len(self.heard) - before >= self.most:
                    break
        finally:
            self.closed += 1
            self.progress.set()

    async def _until_answered(self, stream: AsyncIterable[bytes], before: int) -> None:
        """Listen as a Wyoming service: another task does, till the answer is there."""
        upload = asyncio.create_task(self._hear(stream, before))
        answer = asyncio.create_task(self.has_heard(before + int(self.most)))
        await asyncio.wait((upload, answer), return_when=asyncio.FIRST_COMPLETED)
        for task in (upload, answer):
            task.cancel()
        await asyncio.gather(upload, answer, return_exceptions=True)


@pytest.fixture
async def engine(hass: HomeAssistant) -> Engine:
    assert await async_setup_component(hass, "stt", {})
    engine = Engine()
    await hass.data[stt.const.DATA_COMPONENT].async_add_entities([engine])
    return engine


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    path = tmp_path / "recording.pcm"
    path.write_bytes(SAMPLES * 10)
    return path


async def test_a_kept_recording(
    hass: HomeAssistant, engine: Engine, recording: Path
) -> None:
    transcriber = SttTranscriber(hass, ENTITY)
    await transcriber.warm()
    assert await transcriber.transcribe(recording) == Transcript("320000 bytes")
    assert engine.heard == SAMPLES * 10
    (metadata,) = engine.metadata
    assert metadata.language == "en-GB"
    assert metadata.format is stt.AudioFormats.WAV
    assert metadata.sample_rate == 16_000
    assert (await transcriber.transcribe(recording, (), 1.0, 3.0)).text == "64000 bytes"
    await transcriber.close()


async def test_a_language_of_its_own(
    hass: HomeAssistant, engine: Engine, recording: Path
) -> None:
    await SttTranscriber(hass, ENTITY, "de-AT").transcribe(recording)
    assert engine.metadata[0].language == "de"


async def test_a_dictation_is_heard_while_it_is_spoken(
    hass: HomeAssistant, engine: Engine, recording: Path
) -> None:
    dictation = Dictation(SttTranscriber(hass, ENTITY), recording, 0.0)
    for second in range(10):
        dictation.write(6.0 * second, SAMPLES)
        dictation.pause(6.0 * second + 1.0)
    await engine.has_heard(10 * len(SAMPLES))
    assert not engine.closed
    assert (await dictation.finish()).text == "320000 bytes"
    assert len(engine.metadata) == 1


async def test_an_engine_that_ends_by_itself_hears_the_rest_too(
    hass: HomeAssistant, engine: Engine, recording: Path
) -> None:
    engine.most = 4 * len(SAMPLES)
    transcript = await SttTranscriber(hass, ENTITY).transcribe(recording)
    assert bytes(engine.heard) == SAMPLES * 10
    assert transcript.text == "131072 bytes 131072 bytes 57856 bytes"


async def test_an_engine_that_cancels_its_reading_hears_the_rest_too(
    hass: HomeAssistant, engine: Engine, recording: Path
) -> None:
    engine.cancels = True
    engine.most = 4 * len(SAMPLES)
    transcript = await SttTranscriber(hass, ENTITY).transcribe(recording)
    assert bytes(engine.heard) == SAMPLES * 10
    assert len(engine.metadata) > 1
    assert len(transcript.text.split("bytes")) - 1 == len(engine.metadata)


async def test_a_dictation_goes_on_when_the_engine_cancels_its_reading(
    hass: HomeAssistant, engine: Engine, recording: Path
) -> None:
    engine.cancels = True
    engine.most = 4 * len(SAMPLES)
    dictation = Dictation(SttTranscriber(hass, ENTITY), recording, 0.0)
    for second in range(10):
        dictation.write(float(second), SAMPLES)
        await engine.has_heard((second + 1) * len(SAMPLES))
        await engine.has_closed((second + 1) // 4)
    assert (await dictation.finish()).text == "128000 bytes 128000 bytes 64000 bytes"
    assert bytes(engine.heard) == SAMPLES * 10


def _spoken() -> bytes:
    """Four seconds, in which somebody speaks."""
    samples = say("the washing machine has finished and the window is open").samples
    return samples.astype("<i2").tobytes().ljust(4 * len(SAMPLES), b"\0")[: 4 * 32_000]


async def test_an_engine_that_has_no_answer_to_silence_keeps_what_was_said(
    hass: HomeAssistant, engine: Engine, tmp_path: Path
) -> None:
    speech = await asyncio.to_thread(_spoken)
    recording = tmp_path / "recording.pcm"
    recording.write_bytes(speech + bytes(8 * len(SAMPLES)))
    engine.most = len(speech)
    engine.results = chain([SUCCESS, ERROR], repeat(SUCCESS))
    transcript = await SttTranscriber(hass, ENTITY).transcribe(recording)
    assert transcript.text == "131072 bytes 121856 bytes"
    assert len(engine.heard) == 12 * len(SAMPLES)


async def test_an_engine_that_has_no_answer_to_more_speech_fails(
    hass: HomeAssistant, engine: Engine, tmp_path: Path
) -> None:
    recording = tmp_path / "recording.pcm"
    recording.write_bytes(await asyncio.to_thread(_spoken) * 2)
    engine.most = recording.stat().st_size // 2
    engine.results = chain([SUCCESS], repeat(ERROR))
    with pytest.raises(BrokenAnswerError):
        await SttTranscriber(hass, ENTITY).transcribe(recording)


async def test_an_engine_that_does_not_listen_any_more_fails(
    hass: HomeAssistant, engine: Engine
) -> None:
    engine.most = 4 * len(SAMPLES)
    live = SttTranscriber(hass, ENTITY).open()
    live.write(bytes(4 * len(SAMPLES)))
    await engine.has_closed(1)
    engine.most = 0
    engine.results = repeat(ERROR)
    live.write(bytes(4 * len(SAMPLES)))
    with pytest.raises(BrokenAnswerError):
        await live.finish()


async def test_an_engine_that_does_not_listen(
    hass: HomeAssistant, engine: Engine, recording: Path
) -> None:
    engine.most = 0
    with pytest.raises(BrokenAnswerError):
        await SttTranscriber(hass, ENTITY).transcribe(recording)
    assert len(engine.metadata) == 1


async def test_no_sound_is_no_request(
    hass: HomeAssistant, engine: Engine, tmp_path: Path
) -> None:
    path = tmp_path / "empty.pcm"
    path.touch()
    assert await SttTranscriber(hass, ENTITY).transcribe(path) == Transcript("")
    assert not engine.metadata


@pytest.mark.parametrize(
    ("error", "expected", "is_logged"),
    [
        (HomeAssistantError("no"), UnreachableError, False),
        (ZeroDivisionError("oh"), UnreachableError, True),
    ],
)
async def test_an_engine_that_fails(
    hass: HomeAssistant,
    engine: Engine,
    recording: Path,
    caplog: pytest.LogCaptureFixture,
    error: Exception,
    expected: type[VoiceError],
    is_logged: bool,
) -> None:
    engine.error = error
    with pytest.raises(expected) as raised:
        await SttTranscriber(hass, ENTITY).transcribe(recording)
    assert raised.value.service == "stt"
    assert ("stt.engine failed" in caplog.text) is is_logged


async def test_an_engine_that_fails_is_asked_twice_by_a_dictation(
    hass: HomeAssistant, engine: Engine, recording: Path
) -> None:
    engine.results = repeat(ERROR)
    dictation = Dictation(SttTranscriber(hass, ENTITY), recording, 0.0)
    dictation.write(0.0, SAMPLES * 10)
    with pytest.raises(BrokenAnswerError):
        await dictation.finish()
    assert len(engine.metadata) == 2


async def test_an_engine_that_never_answers(
    hass: HomeAssistant,
    engine: Engine,
    recording: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    transcriber = SttTranscriber(hass, ENTITY)
    live = transcriber.open()
    live.write(SAMPLES)
    monkeypatch.setattr(stt_transcriber, "_PATIENCE", -1.0)
    monkeypatch.setattr(engine, "async_process_audio_stream", _never)
    with pytest.raises(TooSlowError):
        await live.finish()
    assert live.broken
    live.write(SAMPLES)
    await live.abort()
    monkeypatch.setattr(stt_transcriber, "_PATIENCE", -10.0)
    with pytest.raises(TooSlowError):
        await transcriber.transcribe(recording)


async def _never(
    metadata: stt.SpeechMetadata, stream: AsyncIterable[bytes]
) -> stt.SpeechResult:
    await asyncio.Event().wait()
    raise AssertionError(metadata, stream)


async def test_an_aborted_dictation_leaves_the_engine_alone(
    hass: HomeAssistant, engine: Engine, recording: Path
) -> None:
    dictation = Dictation(SttTranscriber(hass, ENTITY), recording, 0.0)
    dictation.write(0.0, SAMPLES)
    await engine.has_heard(len(SAMPLES))
    await dictation.abort()
    assert engine.closed == 1


async def test_check(hass: HomeAssistant, engine: Engine) -> None:
    transcriber = SttTranscriber(hass, ENTITY)
    await transcriber.check()
    assert not transcriber.confirms
    assert transcriber.longest == math.inf
    with pytest.raises(UnknownNameError):
        await SttTranscriber(hass, "stt.gone").check()
    with pytest.raises(UnknownNameError):
        await SttTranscriber(hass, None).check()
    with pytest.raises(RefusedError):
        await SttTranscriber(hass, ENTITY, "sw").check()
    engine._attr_available = False
    with pytest.raises(UnreachableError):
        await transcriber.check()


async def test_an_entity_that_is_not_there_any_more(
    hass: HomeAssistant, recording: Path
) -> None:
    assert await async_setup_component(hass, "stt", {})
    hass.states.async_set(ENTITY, "unavailable")
    with pytest.raises(UnreachableError):
        await SttTranscriber(hass, ENTITY).transcribe(recording)
