"""The actions, and what they refuse."""

from typing import Any

import pytest
import voluptuous as vol
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError

from custom_components.reply_satellite import const
from custom_components.reply_satellite.voice.machine import Phase
from custom_components.reply_satellite.voice.turn import Outcome

from .residence import CAMERA, MakeResidence, Residence
from .standins.script import Latency


async def test_ask_gives_the_answer_as_data(residence: Residence) -> None:
    answer = await residence.call(
        "ask", answers=True, text="What do you see?", cameras=[CAMERA], speak=False
    )
    assert "one picture of 640 by 480" in answer["reply"]
    assert answer["thread_id"].startswith("conv_")
    assert answer["tools"] == []
    assert answer["usage"]["output"] > 0
    assert answer["spoken"] is False
    assert not residence.player.calls


async def test_ask_speaks_if_wanted(residence: Residence) -> None:
    answer = await residence.call("ask", answers=True, text="Hello")
    assert answer["spoken"] is True
    assert residence.player.fetched[-1].complete


async def test_ask_continues_the_thread_that_is_named(residence: Residence) -> None:
    first = await residence.call("ask", answers=True, text="One", speak=False)
    await residence.call("new_thread")
    await residence.call("ask", text="Two", speak=False)
    third = await residence.call(
        "ask", answers=True, text="Three", speak=False, thread_id=first["thread_id"]
    )
    assert third["thread_id"] == first["thread_id"]
    await residence.call("new_thread", thread_id="conv_elsewhere")
    thread = residence.satellite.threads.hot
    assert thread is not None
    assert thread.id == "conv_elsewhere"


async def test_a_thread_that_is_named_while_a_turn_runs_is_the_next_ones(
    residence: Residence,
) -> None:
    first = await residence.call("ask", answers=True, text="One", speak=False)
    await residence.call("new_thread")
    pace = Latency(first=0.3)
    residence.openai.script(path="/v1/responses", nth=1, latency=pace)
    ask = residence.call("ask", answers=True, text="Two", speak=False)
    running = residence.hass.async_create_task(ask)
    await residence.until_phase(Phase.THINKING)
    await residence.call("new_thread", thread_id=first["thread_id"])
    second = await running
    third = await residence.call("ask", answers=True, text="Three", speak=False)
    assert second["thread_id"] != first["thread_id"]
    assert third["thread_id"] == first["thread_id"]


async def test_questions_wait_for_each_other(residence: Residence) -> None:
    ask = residence.hass.async_create_task
    answers = [
        ask(residence.call("ask", answers=True, text=text, speak=False))
        for text in ("One", "Two", "Three")
    ]
    replies = [(await answer)["reply"] for answer in answers]
    assert len(set(replies)) == 3
    assert residence.told.count("reply_received") == 3


async def test_say_speaks_a_text(residence: Residence) -> None:
    await residence.call("say", message="Dinner is ready.", chime=True)
    assert residence.player.fetched[-1].complete
    assert not residence.told


@pytest.mark.parametrize(
    ("action", "data", "key"),
    [
        ("end_recording", {}, "not_recording"),
        ("take_snapshot", {}, "not_recording"),
        ("retry", {}, "nothing_to_retry"),
        ("retry", {"turn_id": "unknown"}, "nothing_to_retry"),
        ("stop", {"device_id": "unknown"}, "not_a_satellite"),
        ("ask", {"text": "x", "thread_id": "local_1"}, "thread_elsewhere"),
        ("new_thread", {"thread_id": "local_1"}, "thread_elsewhere"),
    ],
)
async def test_what_can_not_be_done_now_is_refused(
    residence: Residence, action: str, data: dict[str, Any], key: str
) -> None:
    with pytest.raises(ServiceValidationError) as refused:
        await residence.call(action, **data)
    assert refused.value.translation_key == key
    assert residence.satellite.data.phase is Phase.IDLE


@pytest.mark.parametrize(
    ("action", "data"),
    [
        ("ask", {}),
        ("ask", {"text": ""}),
        ("ask", {"text": "x" * 100_001}),
        ("ask", {"text": "x", "cameras": ["light.kitchen"]}),
        ("ask", {"text": "x", "thread_id": "../../etc"}),
        ("ask", {"text": "x", "speak": "perhaps"}),
        ("say", {"message": ["no", {"text": 1}]}),
        ("retry", {"turn_id": "a/b"}),
        ("delete_threads", {"older_than_days": -1}),
        ("new_thread", {"surprise": True}),
    ],
)
async def test_bad_input_changes_nothing(
    residence: Residence, action: str, data: dict[str, Any]
) -> None:
    with pytest.raises(vol.Invalid):
        await residence.call(action, **data)
    assert not residence.satellite.memory.turns
    assert not residence.told


async def test_recording_by_hand_needs_an_open_microphone(
    residence: Residence,
) -> None:
    await residence.hass.services.async_call(
        "switch", "turn_off", {"entity_id": "switch.kitchen_listening"}, blocking=True
    )
    await residence.until_phase(Phase.MUTED)
    with pytest.raises(ServiceValidationError) as refused:
        await residence.call("start_recording")
    assert refused.value.translation_key == "not_listening"


async def test_recording_twice_is_refused(residence: Residence) -> None:
    await residence.call("start_recording")
    with pytest.raises(ServiceValidationError) as refused:
        await residence.call("start_recording")
    assert refused.value.translation_key == "already_recording"


async def test_a_snapshot_needs_a_camera(make_residence: MakeResidence) -> None:
    residence = await make_residence({const.CONF_CAMERAS: []})
    await residence.call("start_recording")
    with pytest.raises(ServiceValidationError) as refused:
        await residence.call("take_snapshot")
    assert refused.value.translation_key == "no_camera"
    await residence.call("take_snapshot", cameras=[CAMERA])
    await residence.until(lambda: "snapshot_taken" in residence.told)


async def test_a_turn_that_failed_is_tried_again_from_its_recording(
    residence: Residence,
) -> None:
    async with residence.assemblyai.refusing():
        await residence.dictate("What do you see?")
        await residence.until_phase(Phase.IDLE)
    turn = residence.satellite.turn
    assert turn is not None
    assert turn.as_dict()["outcome"] == "failed"
    assert turn.failure == "assemblyai.unreachable"
    assert residence.told[-1] == "turn_failed"
    assert residence.satellite.spool.has_recording(turn.id)
    residence.assemblyai.script(path="/v2/*", reply={"transcript": "Hello again"})

    answer = await residence.call("retry", answers=True)
    assert answer["turn_id"] == turn.id
    assert answer["spoken"] is True
    assert turn.outcome is Outcome.SPOKEN
    await residence.until(lambda: not residence.satellite.spool.turns())


async def test_a_turn_that_failed_is_tried_again_from_its_transcript(
    residence: Residence,
) -> None:
    fault = residence.openai.error("server_error")
    residence.openai.script(path="/v1/responses", fault=fault)
    with pytest.raises(HomeAssistantError) as failed:
        await residence.call("ask", answers=True, text="One", speak=False)
    assert failed.value.translation_key == "unreachable"
    assert failed.value.translation_placeholders == {"service": "OpenAI"}
    residence.openai.clear_script()
    answer = await residence.call("retry", answers=True)
    assert "One" in answer["reply"]
    turn = residence.satellite.turn
    assert turn is not None
    assert turn.thread_new


async def test_a_thread_is_begun_once_though_its_pictures_are_sent_again(
    residence: Residence,
) -> None:
    """A picture without a word is a question: it has no transcript to go on from."""
    fault = residence.openai.error("server_error")
    residence.openai.script(path="/v1/responses", fault=fault)
    residence.assemblyai.script(path="/v1/transcribe*", reply={"transcript": ""})
    await residence.call("start_recording")
    await residence.call("take_snapshot", cameras=[CAMERA])
    await residence.until(lambda: "snapshot_taken" in residence.told)
    await residence.murmur()
    await residence.call("end_recording")
    await residence.until_idle()
    assert residence.told[-1] == "turn_failed"
    residence.openai.clear_script()
    residence.assemblyai.script(path="/v2/*", reply={"transcript": ""})
    await residence.call("retry")
    threads = [it for it in residence.told if it.startswith("thread_")]
    assert threads == ["thread_started", "thread_continued"]


async def test_cold_threads_are_deleted_when_asked(residence: Residence) -> None:
    first = await residence.call("ask", answers=True, text="One", speak=False)
    await residence.call("new_thread")
    second = await residence.call("ask", answers=True, text="Two", speak=False)
    await residence.call("delete_threads", older_than_days=0)
    kept = residence.satellite.memory.threads
    assert first["thread_id"] not in kept
    assert second["thread_id"] in kept
    deleted = [it.path for it in residence.openai.requests if it.method == "DELETE"]
    assert deleted == [f"/v1/conversations/{first['thread_id']}"]


async def test_an_action_that_can_not_be_done_says_why(residence: Residence) -> None:
    await residence.call("ask", text="How are you?", speak=False)
    await residence.call("new_thread")
    async with residence.openai.refusing():
        with pytest.raises(HomeAssistantError, match="OpenAI can't be reached"):
            await residence.call("delete_threads", older_than_days=0)
    unload = residence.hass.config_entries.async_unload
    assert await unload(residence.entry.entry_id)
    with pytest.raises(ServiceValidationError) as raised:
        await residence.call("stop")
    assert raised.value.translation_key == "no_satellite"
