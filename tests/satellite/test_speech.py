"""Tests of an answer being spoken: by the chosen voice, or else by the second."""

import time

import pytest
from homeassistant.components.tts.const import DATA_COMPONENT as ENGINES
from homeassistant.core import Event, HomeAssistant, callback

from custom_components.reply_satellite import const
from custom_components.reply_satellite.const import TurnEvent
from custom_components.reply_satellite.voice.events import StartAsked
from custom_components.reply_satellite.voice.machine import Phase
from custom_components.reply_satellite.voice.turn import Outcome, Step, Turn

from ..engines import Engine
from ..residence import MakeResidence, Residence
from ..standins.script import Latency

SPEECH = "/v1/text-to-speech/*"
REPLY = "This is the first sentence. This is the second one. This is the third one."


@pytest.fixture
async def second(hass: HomeAssistant, make_residence: MakeResidence) -> Engine:
    """A tts entity of somebody else's."""
    engine = Engine()
    await hass.data[ENGINES].async_add_entities([engine])
    return engine


async def ask(residence: Residence) -> Turn:
    """Have a question answered aloud, however that ends."""
    residence.openai.script(path="/v1/responses", reply={"text": REPLY})
    await residence.dictate("Tell me something")
    await residence.until_idle()
    turn = residence.satellite.turn
    assert turn is not None
    return turn


async def test_the_second_voice_says_what_the_first_could_not(
    make_residence: MakeResidence, second: Engine
) -> None:
    residence = await make_residence({const.CONF_SECOND_TTS: second.entity_id})
    residence.elevenlabs.script(
        SPEECH, fault=residence.elevenlabs.error("quota_exceeded")
    )
    turn = await ask(residence)
    assert turn.outcome is Outcome.SPOKEN
    assert [text for text, _ in second.spoken] == [REPLY]
    assert "second_voice" in turn.remarks
    assert residence.told[-1] == "reply_spoken"
    assert residence.player.fetched[-1].complete


async def test_the_second_voice_goes_on_where_the_first_broke_off(
    make_residence: MakeResidence, second: Engine
) -> None:
    residence = await make_residence({const.CONF_SECOND_TTS: second.entity_id})
    residence.elevenlabs.script(
        SPEECH, nth=2, times=99, fault=residence.elevenlabs.error("quota_exceeded")
    )
    turn = await ask(residence)
    assert turn.outcome is Outcome.SPOKEN
    ((left, _),) = second.spoken
    assert left.split() == REPLY.split()[5:]
    assert [one.complete for one in residence.player.fetched] == [True, True]


async def test_without_a_second_voice_the_answer_is_not_lost(
    residence: Residence,
) -> None:
    residence.elevenlabs.script(
        SPEECH, fault=residence.elevenlabs.error("quota_exceeded")
    )
    turn = await ask(residence)
    assert turn.outcome is Outcome.UNSPOKEN
    assert turn.reply == REPLY
    assert residence.state("sensor.kitchen_last_reply") == REPLY
    assert residence.told[-1] == "turn_failed"


async def test_a_second_voice_that_speaks_in_the_firsts_stead_is_tried_once(
    hass: HomeAssistant, make_residence: MakeResidence
) -> None:
    second = Engine(fault=ZeroDivisionError)
    await hass.data[ENGINES].async_add_entities([second])
    choices = {const.CONF_SECOND_TTS: second.entity_id}
    residence = await make_residence(choices, elevenlabs_api_key=None)
    turn = await ask(residence)
    assert turn.outcome is Outcome.UNSPOKEN
    assert [text for text, _ in second.spoken] == [REPLY]


async def test_what_is_nothing_to_say_is_not_told_as_spoken(
    residence: Residence,
) -> None:
    residence.openai.script(path="/v1/responses", reply={"text": "👍"})
    await residence.dictate("Is it on?")
    await residence.until_idle()
    turn = residence.satellite.turn
    assert turn is not None
    assert (turn.outcome, turn.reply) == (Outcome.ANSWERED, "👍")
    assert "reply_spoken" not in residence.told


async def test_a_second_voice_is_no_help_against_a_dead_player(
    make_residence: MakeResidence, second: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "custom_components.reply_satellite.playing.playback.PROVED_WITHIN", 0.2
    )
    residence = await make_residence({const.CONF_SECOND_TTS: second.entity_id})
    residence.player.manners.refuses = True
    turn = await ask(residence)
    assert turn.outcome is Outcome.UNSPOKEN
    assert not second.spoken


async def test_who_records_again_when_it_was_spoken_cuts_nothing_off(
    residence: Residence,
) -> None:
    def record(happened: Event) -> None:
        if happened.data["type"] == TurnEvent.REPLY_SPOKEN:
            satellite.dispatch(StartAsked(satellite.ears.position))

    satellite = residence.satellite
    unsubscribe = residence.hass.bus.async_listen(const.EVENT_TURN, callback(record))
    try:
        await residence.dictate("Tell me something")
        await residence.until(lambda: residence.told[-2:-1] == ["reply_spoken"])
    finally:
        unsubscribe()
    assert residence.told[-1] == "recording_started"
    assert satellite.data.phase is Phase.RECORDING
    assert [turn.outcome for turn in satellite.memory.turns] == [
        Outcome.SPOKEN,
        Outcome.RUNNING,
    ]
    await residence.call("stop")
    await residence.until_idle()


async def test_a_choosy_player_gets_whole_files_of_its_own_format(
    make_residence: MakeResidence,
) -> None:
    residence = await make_residence(
        {const.CONF_WHOLE_FILE: True, const.CONF_AUDIO_FORMAT: "wav"}
    )
    residence.elevenlabs.script(SPEECH, latency=Latency(each=0.05))
    turn = await ask(residence)
    assert turn.outcome is Outcome.SPOKEN
    (fetch,) = residence.player.fetched
    assert fetch.audio.startswith(b"RIFF")
    requests = [it for it in residence.elevenlabs.requests if "text-to" in it.path]
    # When the player was asked, all audio was there.
    played = turn.began + turn.steps[Step.PLAYING] - time.time() + time.monotonic()
    assert max(it.ended for it in requests) < played
