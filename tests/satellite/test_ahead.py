"""Thinking ahead: what is asked at a pause is the answer, or as if never asked."""

from typing import Any

import pytest

from custom_components.reply_satellite import const
from custom_components.reply_satellite.voice.hearing.heard import (
    QuietBegan,
)
from custom_components.reply_satellite.voice.hearing.spotter import Keyword
from custom_components.reply_satellite.voice.machine import Phase
from custom_components.reply_satellite.voice.turn import Outcome

from ..residence import MakeResidence, Residence
from ..standins.exchange import Outcome as Sent
from ..standins.script import Latency
from .pausing import (
    FIRST,
    QUESTION,
    SLOW,
    SOUND,
    WHOLE,
    answered,
    asked,
    begin,
    begun_ahead,
    end,
    pause,
    running_ahead,
    sent,
    thinking_ahead,
    until_told,
)


async def test_the_answer_is_there_when_the_recording_ends(ahead: Residence) -> None:
    await begin(ahead, FIRST)
    await pause(ahead, FIRST)
    await ahead.until(answered(ahead))
    await until_told(ahead)
    # Nobody knows of it.
    assert ahead.told == ["recording_started"]
    assert ahead.satellite.data.phase is Phase.RECORDING
    assert ahead.satellite.memory.thread is None
    assert asked(ahead.elevenlabs, "/v1/text-to-speech") == []
    running = ahead.satellite.turn
    assert running is not None
    assert running.reply == ""
    turn = await end(ahead)
    assert turn.reply == "You said What time is it."
    assert turn.outcome is Outcome.SPOKEN
    assert turn.usage.output > 0
    assert len(asked(ahead.openai)) == 1
    assert ahead.told == [
        "recording_started",
        "recording_ended",
        "transcribed",
        "thread_started",
        "reply_started",
        "reply_received",
        "reply_spoken",
    ]
    hot = ahead.satellite.threads.hot
    assert hot is not None
    assert hot.id == turn.thread_id
    assert running_ahead() == []


async def test_reply_is_confirmed_and_what_was_asked_flows_on(ahead: Residence) -> None:
    await begin(ahead, f"{FIRST} Reply.")
    ahead.openai.script(QUESTION, latency=Latency(first=0.5))
    # The marks of a transcript may change; the words may not.
    await pause(ahead, "What time, is it")
    await ahead.until(begun_ahead(ahead))
    ahead.spot(Keyword.REPLY, 0.5)
    await ahead.until_phase(Phase.SPEAKING)
    await ahead.until_idle()
    turn = ahead.satellite.turn
    assert turn is not None
    assert turn.transcript == FIRST
    assert turn.reply == "You said What time, is it."
    assert len(asked(ahead.openai)) == 1


async def test_who_goes_on_has_asked_nothing_yet(ahead: Residence) -> None:
    await begin(ahead, WHOLE)
    ahead.openai.script(QUESTION, times=1, latency=SLOW)
    await pause(ahead, FIRST)
    await ahead.until(begun_ahead(ahead))
    await pause(ahead, WHOLE)
    await ahead.until(begun_ahead(ahead, 2))
    first, second = asked(ahead.openai)
    # One at a time: the first was given up before.
    await ahead.until(lambda: first.outcome is Sent.ABORTED)
    turn = await end(ahead)
    assert (sent(first), sent(second)) == (FIRST, WHOLE)
    assert turn.reply == "You said What time is it in Paris now."
    assert len(asked(ahead.openai)) == 2
    (kept,) = ahead.satellite.memory.history(turn.thread_id)
    assert kept.question == WHOLE


async def test_who_says_more_before_reply_is_asked_anew(ahead: Residence) -> None:
    await begin(ahead, WHOLE)
    await pause(ahead, FIRST)
    await ahead.until(answered(ahead))
    thrown_away = asked(ahead.openai)[0].details["response"]["usage"]
    turn = await end(ahead)
    assert turn.reply == "You said What time is it in Paris now."
    _, told = asked(ahead.openai)
    assert sent(told) == WHOLE
    # Both have to be paid for.
    usage = told.details["response"]["usage"]
    assert turn.usage.input == usage["input_tokens"] + thrown_away["input_tokens"]
    assert turn.usage.output == usage["output_tokens"] + thrown_away["output_tokens"]


async def test_a_few_words_are_no_question(ahead: Residence) -> None:
    await begin(ahead, FIRST)
    await pause(ahead, "What time")
    # Its transcript is there before the next one is asked for.
    await pause(ahead, "I will send her a reply.")
    await ahead.until(lambda: len(asked(ahead.assemblyai, SOUND[:-1])) >= 3)
    turn = await end(ahead)
    assert turn.reply == "You said What time is it."
    assert [sent(it) for it in asked(ahead.openai)] == [FIRST]


async def test_no_more_often_than_the_user_allows(
    make_residence: MakeResidence,
) -> None:
    residence = await thinking_ahead(make_residence, {const.CONF_THINKING_AHEAD: 2})
    await begin(residence, WHOLE)
    for number in range(5):
        await pause(residence, f"What time is it in city {number}")
        await residence.until(lambda: not running_ahead())
    await end(residence)
    *before, last = asked(residence.openai)
    assert len(before) <= 2
    assert sent(last) == WHOLE


@pytest.mark.parametrize(
    "choices",
    [
        {const.CONF_THINKING_AHEAD: 0},
        {const.CONF_LOCAL_THREADS: False},
        {const.CONF_TRANSCRIBE_LIVE: False},
    ],
    ids=["off", "conversations", "whole recordings"],
)
async def test_nothing_is_asked_ahead(
    make_residence: MakeResidence, choices: dict[str, Any]
) -> None:
    residence = await thinking_ahead(make_residence, choices)
    for path in (SOUND, "/v2/*"):
        residence.assemblyai.script(path, reply={"transcript": FIRST})
    await residence.call("start_recording")
    turn = residence.satellite.turn
    assert turn is not None
    await residence.until(lambda: turn.recorded > 0)
    await pause(residence, FIRST)
    residence.satellite.hear(QuietBegan(residence.satellite.ears.position))
    assert running_ahead() == []
    assert (await end(residence)).reply == "You said What time is it."
    assert len(asked(residence.openai)) == 1
