"""AssemblyAI's stand-in, driven by AssemblyAI's SDK: it hears what was said."""

import asyncio
import time
import wave
from io import BytesIO
from typing import Any

import assemblyai
import pytest
from assemblyai.streaming.v3 import (
    AsyncRealTimeTranscriber,
    RealTimeEvents,
    RealTimeParameters,
    RealTimeTranscriberOptions,
)

from .assemblyai import AssemblyAIStandin
from .script import Latency
from .voice import Speaker, Utterance, Voice

LIVE = "/v1/transcribe/live"
FIRST = (
    "Computer, turn on the light in the kitchen, snapshot, and tell me what you see,"
    " reply."
)
SECOND = "Computer, what did I say before, reply."
PCM = assemblyai.SyncTranscriptionConfig(sample_rate=16000, channels=1, timestamps=True)
WAV = assemblyai.SyncTranscriptionConfig()
SILENCE = bytes(2 * 16_000)  # a second


async def say(text: str, voice: str = "slt", form: str = "pcm_16000") -> bytes:
    """Speech of flite's: S16LE mono at 16 kHz, unless another format is wanted."""
    utterance = Utterance(text, Speaker(voice), output_format=form)
    return await Voice().speak(utterance)


def in_wave(samples: bytes, *, rate: int = 16_000, width: int = 2) -> bytes:
    data = BytesIO()
    with wave.open(data, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(width)
        file.setframerate(rate)
        file.writeframes(samples)
    return data.getvalue()


async def test_a_live_upload_is_heard_with_its_keywords(
    transcriber: assemblyai.AsyncClient, assemblyai_standin: AssemblyAIStandin
) -> None:
    live = assemblyai.AsyncSyncTranscriber(client=transcriber, config=PCM)
    assert await live.warm()
    session = live.open_live()
    audio = await say(FIRST)
    for begin in range(0, len(audio), 1024):
        session.write(audio[begin : begin + 1024])
        await asyncio.sleep(0)
    heard = await session.result()
    assert heard.text == (
        "Computer, turn on the light in the kitchen. Snapshot. And tell me what you"
        " see. Reply."
    )
    assert [word.text for word in heard.words] == heard.text.split()
    starts = [word.start or 0 for word in heard.words]
    assert starts == sorted(starts)
    assert heard.words[-1].end is not None
    assert heard.words[-1].end <= heard.audio_duration_ms == len(audio) // 32
    warm, upload = assemblyai_standin.requests
    assert warm.connection == upload.connection
    assert upload.details["transcript"] == heard.text
    assert upload.received_bytes == len(audio)


async def test_words_have_no_times_unless_asked_for(
    transcriber: assemblyai.AsyncClient,
) -> None:
    live = assemblyai.AsyncSyncTranscriber(client=transcriber)
    heard = await live.transcribe(in_wave(await say(SECOND, "rms")), config=WAV)
    assert heard.text == "Computer, what did I say before? Reply."
    assert {word.start for word in heard.words} == {None}


async def test_another_rate_and_two_channels(
    transcriber: assemblyai.AsyncClient,
) -> None:
    mono = await say(SECOND, form="pcm_44100")
    stereo = b"".join(mono[at : at + 2] * 2 for at in range(0, len(mono), 2))
    config = assemblyai.SyncTranscriptionConfig(sample_rate=44100, channels=2)
    live = assemblyai.AsyncSyncTranscriber(client=transcriber)
    heard = await live.transcribe(stereo, config=config)
    assert heard.text == "Computer, what did I say before? Reply."
    assert heard.audio_duration_ms == pytest.approx(len(mono) / 88.2, abs=1)


async def test_what_nobody_says_in_a_house_is_heard_too(
    transcriber: assemblyai.AsyncClient,
) -> None:
    live = assemblyai.AsyncSyncTranscriber(client=transcriber, config=PCM)
    audio = await say("What is the capital of France?", "rms")
    assert (await live.transcribe(audio)).text == "What is the capital of france?"


async def test_a_pause_does_not_end_a_recording(
    transcriber: assemblyai.AsyncClient,
) -> None:
    audio = (
        await say("Computer, turn off the lamp in the hall.")
        + 2 * SILENCE
        + await say("Reply.")
    )
    live = assemblyai.AsyncSyncTranscriber(client=transcriber, config=PCM)
    heard = await live.transcribe(audio)
    assert heard.text == "Computer, turn off the lamp in the hall. Reply."
    assert heard.words[-1].start is not None
    assert heard.words[-1].start > len(audio) // 32 - 1_500


async def test_silence_is_an_empty_transcript(
    transcriber: assemblyai.AsyncClient,
) -> None:
    live = assemblyai.AsyncSyncTranscriber(client=transcriber, config=PCM)
    heard = await live.transcribe(SILENCE)
    assert heard.text == ""
    assert heard.words == []
    assert heard.confidence == 0


async def test_recordings_are_heard_side_by_side(
    transcriber: assemblyai.AsyncClient,
) -> None:
    live = assemblyai.AsyncSyncTranscriber(client=transcriber, config=PCM)
    voices = ("slt", "rms", "awb")
    audios = await asyncio.gather(*(say(SECOND, voice) for voice in voices))
    heard = await asyncio.gather(*(live.transcribe(audio) for audio in audios))
    assert {one.text for one in heard} == {"Computer, what did I say before? Reply."}


async def test_a_scripted_transcript_comes_when_it_is_told_to(
    transcriber: assemblyai.AsyncClient, assemblyai_standin: AssemblyAIStandin
) -> None:
    assemblyai_standin.script(
        LIVE, latency=Latency(first=0.02), reply={"transcript": "Lights on. Reply."}
    )
    live = assemblyai.AsyncSyncTranscriber(client=transcriber, config=PCM)
    heard = await live.transcribe(SILENCE)
    assert heard.text == "Lights on. Reply."
    assert heard.words[-1].end is not None
    assert heard.words[-1].end <= 1000
    record = assemblyai_standin.requests[-1]
    assert record.scripted == pytest.approx(0.02)
    assert record.first_sent - record.uploaded >= 0.02


async def test_an_upload_that_is_given_up(
    transcriber: assemblyai.AsyncClient, assemblyai_standin: AssemblyAIStandin
) -> None:
    live = assemblyai.AsyncSyncTranscriber(client=transcriber, config=PCM)
    session = live.open_live()
    session.write(SILENCE)
    while not (
        assemblyai_standin.requests and assemblyai_standin.requests[0].received_bytes
    ):
        await asyncio.sleep(0.005)
    await session.abort()
    while not assemblyai_standin.requests[0].ended:
        await asyncio.sleep(0.005)
    assert assemblyai_standin.requests[0].outcome == "aborted"
    # ... and the recogniser is free for the next.
    assert (await live.transcribe(await say("Reply."))).text == "Reply."


async def test_upload_create_poll(
    transcriber: assemblyai.AsyncClient, assemblyai_standin: AssemblyAIStandin
) -> None:
    jobs = assemblyai.AsyncTranscriber(client=transcriber)
    done = await jobs.transcribe(await say(FIRST, form="mp3_44100_128"))
    assert done.status == assemblyai.TranscriptStatus.completed
    assert done.text == (
        "Computer, turn on the light in the kitchen. Snapshot. And tell me what you"
        " see. Reply."
    )
    assert done.words
    assert done.words[0].text == "Computer,"
    paths = [record.path for record in assemblyai_standin.requests]
    assert paths[:2] == ["/v2/upload", "/v2/transcript"]
    assert set(paths[2:]) == {f"/v2/transcript/{done.id}"}


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (SILENCE, "does not appear to contain audio"),
        (in_wave(SILENCE[:2_000]), "too short"),
    ],
    ids=["raw", "short"],
)
async def test_a_job_that_fails_does_not_raise(
    transcriber: assemblyai.AsyncClient, data: bytes, error: str
) -> None:
    jobs = assemblyai.AsyncTranscriber(client=transcriber)
    failed = await jobs.transcribe(data)
    assert failed.status == assemblyai.TranscriptStatus.error
    assert error in (failed.error or "")


async def test_a_scripted_job(
    transcriber: assemblyai.AsyncClient, assemblyai_standin: AssemblyAIStandin
) -> None:
    path = "/v2/transcript"
    assemblyai_standin.script(path, nth=1, reply={"transcript": "Lights on."})
    assemblyai_standin.script(path, nth=2, reply={"error": "No luck."})
    jobs = assemblyai.AsyncTranscriber(client=transcriber)
    assert (await jobs.transcribe(in_wave(SILENCE))).text == "Lights on."
    assert (await jobs.transcribe(in_wave(SILENCE))).error == "No luck."


class Turns:
    """What the realtime service said."""

    def __init__(self, service: AssemblyAIStandin, key: str | None = None) -> None:
        """A session with that key, or the right one."""
        self.turns: list[Any] = []
        self.others: list[Any] = []
        self.errors: list[Any] = []
        self.client = AsyncRealTimeTranscriber(
            RealTimeTranscriberOptions(
                api_host=service.websocket_url,
                api_key=key or service.key,
                connect_timeout=10,
                terminate_timeout=60,
            )
        )
        self.client.on(RealTimeEvents.Turn, lambda _, turn: self.turns.append(turn))
        self.client.on(RealTimeEvents.Error, lambda _, error: self.errors.append(error))
        for kind in (
            RealTimeEvents.Begin,
            RealTimeEvents.SpeechStarted,
            RealTimeEvents.Termination,
        ):
            self.client.on(kind, lambda _, event: self.others.append(event.type))

    async def hear(self, audio: bytes, chunk: int = 3_200) -> None:
        """Connect, and stream audio of 16 kHz in pieces of that many bytes."""
        parameters: Any = {"sample_rate": 16_000, "format_turns": True}
        await self.client.connect(RealTimeParameters(**parameters))
        if self.errors:
            return
        for begin in range(0, len(audio) // chunk * chunk, chunk):
            await self.client.stream(audio[begin : begin + chunk])


async def test_realtime_turns(assemblyai_standin: AssemblyAIStandin) -> None:
    heard = Turns(assemblyai_standin)
    await heard.hear(await say(SECOND) + SILENCE + await say("Thank you.") + SILENCE)
    await heard.client.disconnect(terminate=True)
    assert heard.errors == []
    assert heard.others[0] == "Begin"
    assert heard.others[-1] == "Termination"
    assert heard.others.count("SpeechStarted") == 2
    final = [turn for turn in heard.turns if turn.end_of_turn]
    assert [turn.transcript for turn in final] == [
        "Computer, what did I say before? Reply.",
        "Thank you.",
    ]
    assert [turn.turn_order for turn in final] == [0, 1]
    partial = [turn for turn in heard.turns if not turn.end_of_turn][-1]
    assert partial.turn_order == 1
    assert partial.words[0].text == "thank"
    assert not partial.words[-1].word_is_final


async def test_a_realtime_turn_can_be_ended(
    assemblyai_standin: AssemblyAIStandin,
) -> None:
    heard = Turns(assemblyai_standin)
    await heard.hear(await say("Computer, turn on the lamp."))
    await heard.client.force_endpoint()
    while not any(turn.end_of_turn for turn in heard.turns):
        await asyncio.sleep(0.01)
    await heard.client.disconnect(terminate=True)
    assert heard.turns[-1].transcript == "Computer, turn on the lamp."


async def test_a_realtime_session_without_the_key(
    assemblyai_standin: AssemblyAIStandin,
) -> None:
    heard = Turns(assemblyai_standin, "wrong")
    await heard.hear(SILENCE)
    assert heard.errors[0].code == 401
    await heard.client.disconnect()


async def test_realtime_audio_in_pieces_too_small(
    assemblyai_standin: AssemblyAIStandin,
) -> None:
    heard = Turns(assemblyai_standin)
    await heard.hear(SILENCE, chunk=320)
    while not heard.errors:
        await asyncio.sleep(0.01)
    assert heard.errors[0].code == 3007
    await heard.client.disconnect()


async def test_a_realtime_session_that_the_service_ends(
    assemblyai_standin: AssemblyAIStandin,
) -> None:
    assemblyai_standin.script("/v3/ws", reply={"close": 3005, "after_ms": 200})
    heard = Turns(assemblyai_standin)
    await heard.hear(SILENCE)
    while not heard.errors:
        await asyncio.sleep(0.01)
    assert heard.errors[0].code == 3005
    await heard.client.disconnect()


async def test_what_was_said_when_is_heard_in_the_sound_of_then(
    transcriber: assemblyai.AsyncClient, assemblyai_standin: AssemblyAIStandin
) -> None:
    live = assemblyai.AsyncSyncTranscriber(client=transcriber, config=PCM)
    now = time.monotonic()
    said = [
        [now - 60.0, now - 59.0, "Long ago."],
        [now - 1.9, now - 1.1, "Just now."],
        [now + 60.0, now + 61.0, "Soon."],
    ]
    assemblyai_standin.script("/v1/transcribe*", reply={"said": said})
    heard = await live.transcribe(30 * SILENCE)
    assert heard.text == "Just now."
    assert 0 < (heard.words[0].start or 0) <= 28_100
