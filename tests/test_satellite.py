"""A satellite's turns, from the recording to the loudspeaker."""

import pytest

from custom_components.reply_satellite import const
from custom_components.reply_satellite.voice.machine import Phase
from custom_components.reply_satellite.voice.turn import Outcome, Step

from .house.voices import say
from .residence import CAMERA, LENS_CAP, MakeResidence, Residence


async def test_a_spoken_turn(residence: Residence) -> None:
    phases: list[str] = []
    residence.satellite.async_add_listener(
        lambda: phases.append(residence.state("sensor.kitchen_conversation"))
    )
    await residence.dictate("What do you see?")
    await residence.until_idle()

    seen = [phase for n, phase in enumerate(phases) if phase not in phases[:n]]
    assert seen == ["recording", "transcribing", "thinking", "speaking", "idle"]
    turn = residence.satellite.turn
    assert turn is not None
    assert turn.outcome is Outcome.SPOKEN
    assert turn.transcript == "What do you see?"
    assert turn.thread_new
    assert list(turn.steps) == [
        Step.TRANSCRIPT,
        Step.FIRST_TOKEN,
        Step.REPLY,
        Step.FIRST_AUDIO,
        Step.PLAYING,
        Step.FINISHED,
    ]
    assert residence.told == [
        "recording_started",
        "recording_ended",
        "transcribed",
        "thread_started",
        "reply_started",
        "reply_received",
        "reply_spoken",
    ]
    assert residence.state("sensor.kitchen_last_transcript") == "What do you see?"
    assert residence.state("sensor.kitchen_last_reply") == turn.reply
    assert residence.state("binary_sensor.kitchen_hot_thread") == "on"
    assert turn.sent == {
        "assemblyai": ["sound"],
        "openai": ["words"],
        "elevenlabs": ["answer"],
    }
    await residence.until(lambda: not residence.satellite.spool.turns())


async def test_a_hot_thread_is_continued_and_a_cold_one_is_not(
    make_residence: MakeResidence,
) -> None:
    residence = await make_residence({const.CONF_HOT_WINDOW: 60})
    first = await residence.call("ask", answers=True, text="One", speak=False)
    second = await residence.call("ask", answers=True, text="Two", speak=False)
    assert second["thread_id"] == first["thread_id"]
    assert residence.told.count("thread_continued") == 1
    await residence.hass.services.async_call(
        "button",
        "press",
        {"entity_id": "button.kitchen_new_thread"},
        blocking=True,
    )
    third = await residence.call("ask", answers=True, text="Three", speak=False)
    assert third["thread_id"] != first["thread_id"]


async def test_a_snapshot_goes_with_the_words(residence: Residence) -> None:
    heard = {"transcript": "What is it?"}
    residence.assemblyai.script(path="/v1/transcribe*", reply=heard)
    await residence.call("start_recording")
    await residence.call("take_snapshot")
    await residence.murmur()
    await residence.until(lambda: "snapshot_taken" in residence.told)
    await residence.call("end_recording")
    await residence.until_idle()
    turn = residence.satellite.turn
    assert turn is not None
    assert turn.transcript == "What is it?"
    assert [picture.entity_id for picture in turn.pictures] == [CAMERA]
    assert "one picture of 640 by 480" in turn.reply
    assert residence.state("image.kitchen_last_snapshot") != "unknown"


@pytest.mark.parametrize(
    ("broken", "told"),
    [
        (LENS_CAP, "The lens cap is on"),
        (ConnectionResetError(), "ConnectionResetError"),
    ],
)
async def test_a_broken_camera_is_told_and_stops_nothing(
    residence: Residence, broken: Exception, told: str
) -> None:
    residence.camera.broken = broken
    answer = await residence.call(
        "ask", answers=True, text="Look", cameras=[CAMERA], speak=False
    )
    turn = residence.satellite.turn
    assert turn is not None
    assert turn.pictures[0].failure == told
    assert answer["reply"]


async def test_stop_cancels_the_answer_and_leaves_the_thread_usable(
    residence: Residence,
) -> None:
    residence.openai.script(path="/v1/responses", reply={"sentences": 12})
    await residence.dictate("Tell me a long story")
    await residence.until_phase(Phase.SPEAKING)
    await residence.call("stop")
    await residence.until_phase(Phase.IDLE)
    await residence.until(lambda: "media_stop" in residence.player.calls)
    assert residence.told[-1] == "turn_cancelled"
    answer = await residence.call("ask", answers=True, text="Again", speak=False)
    assert answer["reply"]


async def test_nothing_said_ends_the_turn_quietly(residence: Residence) -> None:
    await residence.dictate("")
    await residence.until_phase(Phase.IDLE)
    await residence.hass.async_block_till_done()
    turn = residence.satellite.turn
    assert turn is not None
    assert turn.outcome is Outcome.NOTHING_SAID
    assert not [it for it in residence.openai.requests if "responses" in it.path]


@pytest.mark.parametrize("silence", [0.0, 1.0])
async def test_silence_ends_a_recording_only_if_it_is_to(
    make_residence: MakeResidence, silence: float
) -> None:
    residence = await make_residence({const.CONF_SILENCE_END: silence})
    said = say("what do you see", 7.0)
    heard = {"transcript": "What do you see?"}
    residence.assemblyai.script(path="/v1/transcribe*", reply=heard)
    await residence.call("start_recording")
    residence.microphone.play(said.samples.tobytes())
    if not silence:
        began = residence.satellite.ears.position
        await residence.until(
            lambda: residence.satellite.ears.position >= began + said.seconds
        )
        assert residence.satellite.data.phase is Phase.RECORDING
        await residence.call("end_recording")
    await residence.until(lambda: "recording_ended" in residence.told)
    await residence.until_idle()
    turn = residence.satellite.turn
    assert turn is not None
    assert turn.transcript == "What do you see?"
