"""Thinking ahead: the voice rehearses the beginning, and nobody hears a wrong one."""

import pytest
from homeassistant.components.tts.const import DATA_COMPONENT as ENGINES
from homeassistant.core import HomeAssistant

from custom_components.reply_satellite import const
from custom_components.reply_satellite.voice.hearing.spotter import Keyword
from custom_components.reply_satellite.voice.machine import Phase
from custom_components.reply_satellite.voice.turn import Outcome, Step

from ..engines import Engine
from ..residence import MakeResidence, Residence
from ..standins.exchange import Outcome as Sent
from ..standins.exchange import Record
from ..standins.script import Latency
from .pausing import (
    FIRST,
    QUESTION,
    SOUND,
    SPEECH,
    WHOLE,
    answered,
    asked,
    begin,
    pause,
    running_ahead,
    thinking_ahead,
)

REPLY = "It is noon. The sun is out. The street is empty."
SENTENCES = ["It is noon.", "The sun is out.", "The street is empty."]


def spoken(residence: Residence) -> list[Record]:
    """What the voice was asked to say."""
    return asked(residence.elevenlabs, SPEECH[:-1])


def texts(residence: Residence) -> list[str]:
    """The same, in words."""
    return [record.body["text"] for record in spoken(residence)]


async def say_reply(residence: Residence, whole: str) -> None:
    """Have `FIRST` asked ahead, and say "reply"; its transcript is late."""
    await begin(residence, whole, late=0.5)
    residence.openai.script(QUESTION, reply={"text": REPLY})
    await pause(residence, FIRST)
    await residence.until(answered(residence))
    residence.spot(Keyword.REPLY, 0.5)


async def test_the_first_sentence_is_there_when_the_transcript_is(
    ahead: Residence,
) -> None:
    await say_reply(ahead, f"{FIRST} Reply.")
    await ahead.until(lambda: bool(spoken(ahead)) and spoken(ahead)[0].ended > 0)
    running = ahead.satellite.running
    assert running is not None
    # Nobody hears of it, and no more is said than what may be for nothing.
    assert texts(ahead) == SENTENCES[:1]
    assert ahead.satellite.data.phase is Phase.RECORDING
    assert ahead.player.fetched == []
    assert "elevenlabs" in running.turn.sent
    await ahead.until_phase(Phase.SPEAKING)
    await ahead.until_idle()
    turn = running.turn
    assert (turn.outcome, turn.reply) == (Outcome.SPOKEN, REPLY)
    assert " ".join(texts(ahead)) == REPLY
    assert len(ahead.player.fetched) == 1
    # What nobody could fetch was no audio yet.
    assert turn.steps[Step.FIRST_AUDIO] > turn.steps[Step.TRANSCRIPT]


async def test_a_sentence_that_is_still_written_is_said_as_it_comes(
    ahead: Residence,
) -> None:
    await begin(ahead, FIRST, late=0.5)
    ahead.openai.script(QUESTION, reply={"text": REPLY}, latency=Latency(each=0.1))
    await pause(ahead, FIRST)
    await ahead.until(lambda: bool(asked(ahead.openai)))
    await ahead.call("end_recording")
    await ahead.until_idle()
    turn = ahead.satellite.turn
    assert turn is not None
    assert turn.outcome is Outcome.SPOKEN
    assert len(asked(ahead.openai)) == 1
    assert " ".join(texts(ahead)) == REPLY


async def test_what_was_rehearsed_for_another_question_is_never_heard(
    ahead: Residence,
) -> None:
    await say_reply(ahead, f"{WHOLE} Reply.")
    ahead.openai.script(QUESTION, reply={"text": "It is midnight."})
    await ahead.until_phase(Phase.SPEAKING)
    await ahead.until_idle()
    turn = ahead.satellite.turn
    assert turn is not None
    assert turn.reply == "It is midnight."
    assert texts(ahead) == [SENTENCES[0], "It is midnight."]
    assert len(ahead.player.fetched) == 1
    await ahead.until(lambda: running_ahead() == [])


async def test_who_did_not_end_goes_on_unheard(ahead: Residence) -> None:
    ahead.elevenlabs.script(SPEECH, times=1, latency=Latency(first=60.0))
    await say_reply(ahead, FIRST)
    await ahead.until(lambda: bool(spoken(ahead)))
    # The transcript does not bear "reply" out, and then there is more.
    ahead.assemblyai.script(SOUND, reply={"transcript": WHOLE})
    await pause(ahead, WHOLE)
    await ahead.until(answered(ahead))
    assert ahead.satellite.data.phase is Phase.RECORDING
    await ahead.until(lambda: spoken(ahead)[0].outcome is Sent.ABORTED)
    await ahead.call("stop")
    await ahead.until_idle()
    assert ahead.player.fetched == []


async def test_a_stop_ends_the_rehearsal(ahead: Residence) -> None:
    ahead.elevenlabs.script(SPEECH, latency=Latency(first=60.0))
    await say_reply(ahead, f"{FIRST} Reply.")
    await ahead.until(lambda: bool(spoken(ahead)))
    await ahead.call("stop")
    await ahead.until_idle()
    (only,) = spoken(ahead)
    await ahead.until(lambda: only.outcome is Sent.ABORTED)
    assert ahead.player.fetched == []


async def test_a_voice_that_fails_at_the_rehearsal_has_a_second(
    hass: HomeAssistant, make_residence: MakeResidence
) -> None:
    ahead = await thinking_ahead(
        make_residence, {const.CONF_SECOND_TTS: "tts.somebody"}
    )
    second = Engine()
    await hass.data[ENGINES].async_add_entities([second])
    assert second.entity_id == "tts.somebody"
    ahead.elevenlabs.script(SPEECH, fault=ahead.elevenlabs.error("quota_exceeded"))
    await say_reply(ahead, f"{FIRST} Reply.")
    await ahead.until_idle()
    turn = ahead.satellite.turn
    assert turn is not None
    assert turn.outcome is Outcome.SPOKEN
    assert [text for text, _ in second.spoken] == [REPLY]


async def test_without_a_player_nothing_is_rehearsed(
    make_residence: MakeResidence,
) -> None:
    ahead = await thinking_ahead(make_residence, {const.CONF_PLAYERS: []})
    await say_reply(ahead, f"{FIRST} Reply.")
    await ahead.until_idle()
    turn = ahead.satellite.turn
    assert turn is not None
    assert (turn.outcome, turn.reply) == (Outcome.ANSWERED, REPLY)
    assert texts(ahead) == []


@pytest.mark.parametrize("pieces", [["It is ", "noon."], ["It is noon. The", " sun."]])
async def test_what_was_rehearsed_is_not_said_twice(
    ahead: Residence, pieces: list[str]
) -> None:
    await ahead.call("start_recording")
    running = ahead.satellite.running
    assert running is not None
    speech = running.voice()
    assert speech is not None
    for piece in pieces:
        speech.rehearse(piece)
    for letter in REPLY:
        speech.write(letter)
    await speech.finish()
    said = " ".join(texts(ahead))
    assert said.startswith("".join(pieces))
    assert len(said) == len(REPLY)
    await ahead.call("stop")
