"""Turns that end before their time: what ends with them, and what stays."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import issue_registry as ir
from homeassistant.util import dt as dt_util
from pytest_homeassistant_custom_component.common import async_fire_time_changed

from custom_components.reply_satellite import const
from custom_components.reply_satellite.satellite import arming, memory
from custom_components.reply_satellite.voice.errors import NoFundsError, Service
from custom_components.reply_satellite.voice.events import Event, Failed, StopAsked
from custom_components.reply_satellite.voice.hearing.spotter import Keyword
from custom_components.reply_satellite.voice.machine import Phase, Recording
from custom_components.reply_satellite.voice.turn import Outcome

from ..residence import MakeResidence, Residence
from ..standins.script import Latency

SPEECH = "/v1/text-to-speech/*"


def age(residence: Residence, seconds: float) -> None:
    """Let the thread be as if it had been touched so much earlier."""
    kept = residence.satellite.memory
    assert kept.thread is not None
    kept.thread = replace(kept.thread, touched=kept.thread.touched - seconds)
    kept.threads[kept.thread.id] -= seconds


@pytest.mark.parametrize("happens", [StopAsked(), Failed(NoFundsError(Service.STT))])
async def test_a_recording_ends_with_its_turn(
    residence: Residence, happens: Event
) -> None:
    """Whatever ends it: what is said in the room after that is nobody's business."""
    await residence.call("start_recording")
    await residence.murmur(0.5)
    satellite = residence.satellite
    turn = satellite.turn
    assert turn is not None
    satellite.dispatch(happens)
    await residence.until_idle()
    path = satellite.spool.recording(turn.id)
    size = path.stat().st_size
    await residence.murmur(1.0)
    assert path.stat().st_size == size


async def test_who_is_interrupted_goes_on_with_the_thread(residence: Residence) -> None:
    """However long the answer was: it was being spoken a moment ago."""
    residence.elevenlabs.script(SPEECH, reply={"silence": 20})
    await residence.dictate("Tell me a long story")
    await residence.until_phase(Phase.SPEAKING)
    told = residence.satellite.turn
    assert told is not None
    age(residence, 95)
    await residence.call("start_recording")
    running = residence.satellite.running
    assert running is not None
    assert await running.choose_thread() == told.thread_id
    assert not running.turn.thread_new
    await residence.call("stop")


async def test_a_mistaken_word_keeps_no_thread_hot(residence: Residence) -> None:
    await residence.call("ask", text="Hello", speak=False)
    age(residence, 80)
    before = residence.satellite.memory.thread
    await residence.dictate("", seconds=0.5)
    await residence.until_idle()
    assert residence.satellite.memory.thread == before


async def test_the_thread_of_a_running_turn_is_not_deleted(
    make_residence: MakeResidence,
) -> None:
    residence = await make_residence({const.CONF_LOCAL_THREADS: True})
    first = await residence.call("ask", answers=True, text="I am Ada", speak=False)
    await residence.call("start_recording")
    age(residence, 95)
    satellite = residence.satellite
    assert satellite.threads.hot is None
    assert await satellite.threads.delete_cold(0) == []
    assert list(satellite.memory.threads) == [first["thread_id"]]
    assert len(satellite.memory.history(first["thread_id"])) == 1
    await residence.call("stop")


async def test_what_was_stopped_is_forgotten_with_its_thread(
    residence: Residence,
) -> None:
    residence.elevenlabs.script(SPEECH, reply={"silence": 60})
    await residence.dictate("My secret is forty-two")
    await residence.until_phase(Phase.SPEAKING)
    await residence.call("stop")
    await residence.until_idle()
    await residence.call("new_thread")
    await residence.call("delete_threads", older_than_days=0)
    assert residence.satellite.memory.turns == []


async def test_what_is_owed_is_kept_for_three_days_without_its_thread(
    residence: Residence,
) -> None:
    residence.openai.script(
        path="/v1/responses", fault=residence.openai.error("insufficient_quota")
    )
    await residence.dictate("My secret is forty-two")
    await residence.until_idle()
    await residence.call("new_thread")
    await residence.call("delete_threads", older_than_days=0)
    satellite = residence.satellite
    await satellite.tidy()
    (turn,) = satellite.memory.turns
    turn.began -= 3 * 86_400 + 1
    await satellite.tidy()
    assert satellite.memory.turns == []


async def test_what_was_never_transcribed_is_forgotten_with_its_recording(
    residence: Residence,
) -> None:
    """Else the card would offer to try again what can't be."""
    async with residence.assemblyai.refusing():
        await residence.dictate("What do you see?")
        await residence.until_idle()
    satellite = residence.satellite
    await satellite.tidy()
    (turn,) = satellite.memory.turns
    assert turn.thread_id in satellite.memory.threads
    turn.began -= 3 * 86_400 + 1
    await satellite.tidy()
    assert satellite.memory.turns == []


async def test_what_was_heard_to_be_nothing_is_remembered_for_three_days(
    residence: Residence,
) -> None:
    """Who wonders why nothing happened can look."""
    await residence.call("start_recording")
    await residence.call("end_recording")
    await residence.until_idle()
    satellite = residence.satellite
    await satellite.tidy()
    (turn,) = satellite.memory.turns
    assert turn.outcome is Outcome.NOTHING_SAID
    turn.began -= 3 * 86_400 + 1
    await satellite.tidy()
    assert satellite.memory.turns == []


async def test_who_speaks_is_not_cut_off_by_a_key_that_is_refused(
    residence: Residence,
) -> None:
    """It is told at the end, when there is something to keep."""
    residence.assemblyai.key = "new"
    await residence.call("start_recording")
    await residence.murmur()
    residence.spot(Keyword.REPLY, 0.6)

    def is_judged() -> bool:
        recording = residence.satellite.data.turn
        return isinstance(recording, Recording) and recording.confirming is None

    await residence.until(is_judged)
    await residence.murmur(0.5)
    await residence.call("end_recording")
    await residence.until_idle()
    turn = residence.satellite.turn
    assert turn is not None
    assert turn.failure == "assemblyai.wrong_key"
    assert turn.recorded >= 1.4


async def test_what_was_forgotten_is_not_taken_for_interrupted(
    make_residence: MakeResidence, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Recordings may be kept for longer than the turns they were made in."""
    monkeypatch.setattr(memory, "KEPT_TURNS", 2)
    residence = await make_residence({const.CONF_RECORDING_RETENTION: 30})
    residence.elevenlabs.script(SPEECH, reply={"silence": 0.1})
    for text in ("One", "Two", "Three"):
        await residence.dictate(text, seconds=0.5)
        await residence.until_idle()
    run = residence.hass.async_add_executor_job
    assert len(await run(residence.satellite.spool.turns)) == 3
    residence.events.clear()
    await residence.hass.config_entries.async_reload(residence.entry.entry_id)
    await residence.hass.async_block_till_done()
    turns = residence.satellite.memory.turns
    assert [turn.transcript for turn in turns] == ["Two", "Three"]
    assert {turn.outcome for turn in turns} == {Outcome.SPOKEN}
    assert residence.told == []
    issues = ir.async_get(residence.hass).issues
    assert not [name for domain, name in issues if domain == const.DOMAIN]


# --- what is said without a turn ---


async def test_sayings_come_one_after_the_other_and_all_can_be_hushed(
    residence: Residence,
) -> None:
    residence.elevenlabs.script(SPEECH, nth=1, reply={"silence": 0.3})
    residence.elevenlabs.script(SPEECH, nth=2, reply={"silence": 60})
    say = residence.hass.async_create_task
    first = say(residence.call("say", message="The first."))
    second = say(residence.call("say", message="The second."))
    await first
    await residence.until(lambda: residence.player.calls == ["play_media"] * 2)
    await residence.call("stop")
    async with asyncio.timeout(10):
        await second
    assert "media_stop" in residence.player.calls


async def test_a_saying_waits_until_the_volume_is_put_back(
    make_residence: MakeResidence, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else it takes the volume for speech for the user's own."""
    residence = await make_residence({const.CONF_VOLUME: 0.3})
    player = residence.player
    stop = player.async_media_stop

    async def slow() -> None:
        await asyncio.sleep(0.1)
        await stop()

    monkeypatch.setattr(player, "async_media_stop", slow)
    residence.elevenlabs.script(SPEECH, nth=1, reply={"silence": 60})
    residence.elevenlabs.script(SPEECH, nth=2, reply={"silence": 0.1})
    await residence.dictate("Tell me a long story")
    await residence.until_phase(Phase.SPEAKING)
    usual = 0.8
    await residence.call("stop")
    await residence.call("say", message="Sorry.")
    volumes = [it.data["volume"] for it in player.asked if it.service == "volume_set"]
    assert volumes == [0.3, usual, 0.3, usual]


async def test_an_answer_is_not_spoken_over_what_is_being_said(
    residence: Residence,
) -> None:
    residence.elevenlabs.script(SPEECH, nth=1, reply={"silence": 0.5})
    start = residence.hass.async_create_task
    saying = start(residence.call("say", message="Dinner is ready."))
    await residence.until(lambda: residence.player.calls == ["play_media"])
    asking = start(residence.call("ask", text="And what is for dinner?"))
    await residence.call("ask", text="Any wine?", speak=False)
    assert not saying.done()
    assert residence.satellite.turn is not None
    assert residence.satellite.turn.transcript == "Any wine?"
    await saying
    await asking
    assert residence.satellite.turn.transcript == "And what is for dinner?"
    assert residence.player.calls.count("play_media") == 2


async def test_what_is_being_said_does_not_wake_it_though_a_silent_answer_ends(
    residence: Residence,
) -> None:
    residence.elevenlabs.script(SPEECH, reply={"silence": 60})
    start = residence.hass.async_create_task
    saying = start(residence.call("say", message="I am your computer."))
    await residence.until(lambda: residence.player.calls == ["play_media"])
    assert Keyword.COMPUTER not in residence.satellite.arming._armed
    await residence.call("ask", text="Any wine?", speak=False)
    later = dt_util.utcnow() + timedelta(seconds=arming.ECHO_SECONDS + 1)
    async_fire_time_changed(residence.hass, later)
    assert not saying.done()
    assert Keyword.COMPUTER not in residence.satellite.arming._armed
    await residence.call("stop")
    await saying


async def test_what_was_just_said_does_not_wake_it_though_a_question_follows(
    residence: Residence,
) -> None:
    start = residence.hass.async_create_task
    saying = start(residence.call("say", message="The computer is on."))
    await residence.until(lambda: residence.player.calls == ["play_media"])
    residence.openai.script(path="/v1/responses", latency=Latency(first_byte=60))
    asking = start(residence.call("ask", text="Is it?"))
    await saying
    await residence.until_phase(Phase.THINKING)
    assert Keyword.COMPUTER not in residence.satellite.arming._armed
    await residence.call("stop")
    with pytest.raises(HomeAssistantError):
        await asking


async def test_nobody_is_spoken_over_who_began_during_the_chime(
    make_residence: MakeResidence, monkeypatch: pytest.MonkeyPatch
) -> None:
    residence = await make_residence({const.CONF_CHIMES: True})
    residence.elevenlabs.script(SPEECH, reply={"silence": 0.1})
    satellite, player = residence.satellite, residence.player
    sounding, sounded = asyncio.Event(), asyncio.Event()
    phases: list[Phase] = []
    play = player.async_play_media

    async def slow(media_type: str, media_id: str, **kwargs: Any) -> None:
        phases.append(satellite.data.phase)
        if not sounding.is_set():
            sounding.set()
            await sounded.wait()
        await play(media_type, media_id, **kwargs)

    monkeypatch.setattr(player, "async_play_media", slow)
    say = residence.hass.async_create_task(
        residence.call("say", message="Dinner is ready.", chime=True)
    )
    await sounding.wait()
    satellite.settings = replace(satellite.settings, chimes=False)
    satellite.mouth._settings = satellite.settings
    await residence.call("start_recording")
    sounded.set()
    await residence.murmur(0.5)
    await residence.call("stop")
    await say
    assert phases == [Phase.IDLE, Phase.IDLE]
