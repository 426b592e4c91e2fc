"""How long threads are kept, here and at the service."""

from datetime import timedelta

import pytest
from freezegun.api import FrozenDateTimeFactory
from homeassistant.exceptions import HomeAssistantError
from homeassistant.util import dt as dt_util
from pytest_homeassistant_custom_component.common import async_fire_time_changed

from custom_components.reply_satellite import const
from custom_components.reply_satellite.voice.turn import Outcome

from ..residence import MakeResidence, Residence

DAY = 86_400


def deleted(residence: Residence) -> list[str]:
    """The threads that were deleted at the service, in order."""
    return [
        it.path.rpartition("/")[2]
        for it in residence.openai.requests
        if it.method == "DELETE"
    ]


async def ask(residence: Residence, text: str = "Hello") -> str:
    """Begin a new thread, and be answered on it; its id."""
    await residence.call("new_thread")
    answer = await residence.call("ask", answers=True, text=text, speak=False)
    return str(answer["thread_id"])


async def pass_time(
    residence: Residence, clock: FrozenDateTimeFactory, seconds: float
) -> None:
    """Let so much time pass at one stroke, and the satellite notice."""
    clock.tick(timedelta(seconds=seconds))
    async_fire_time_changed(residence.hass, dt_util.utcnow())
    await residence.hass.async_block_till_done(wait_background_tasks=True)


async def test_threads_are_deleted_after_thirty_days(
    residence: Residence, freezer: FrozenDateTimeFactory
) -> None:
    old = await ask(residence, "The first")
    await pass_time(residence, freezer, 2 * DAY)
    young = await ask(residence, "The second")
    await pass_time(residence, freezer, 29 * DAY)
    assert deleted(residence) == [old]
    memory = residence.satellite.memory
    assert list(memory.threads) == [young]
    assert [turn.transcript for turn in memory.turns] == ["The second"]
    await pass_time(residence, freezer, DAY)
    await pass_time(residence, freezer, DAY)
    assert deleted(residence) == [old, young]


async def test_threads_can_be_kept_until_told_otherwise(
    make_residence: MakeResidence, freezer: FrozenDateTimeFactory
) -> None:
    residence = await make_residence({const.CONF_THREAD_RETENTION: const.NEVER})
    kept = await ask(residence)
    await pass_time(residence, freezer, 3650 * DAY)
    await residence.call("new_thread")
    assert deleted(residence) == []
    assert list(residence.satellite.memory.threads) == [kept]


async def test_threads_can_be_deleted_as_soon_as_they_are_cold(
    make_residence: MakeResidence, freezer: FrozenDateTimeFactory
) -> None:
    residence = await make_residence({const.CONF_THREAD_RETENTION: 0})
    thread = await ask(residence)
    await pass_time(residence, freezer, 89)
    assert deleted(residence) == []
    await pass_time(residence, freezer, 2)
    assert deleted(residence) == [thread]
    assert residence.satellite.memory.turns == []


async def test_a_thread_nobody_has_answered_on_yet_is_not_deleted(
    make_residence: MakeResidence,
) -> None:
    residence = await make_residence({const.CONF_THREAD_RETENTION: 0})
    before = await ask(residence)
    await residence.call("new_thread")
    await residence.call("start_recording")
    threads = residence.satellite.memory.threads
    await residence.until(lambda: bool(threads) and before not in threads)
    (begun,) = threads
    await residence.call("delete_threads", older_than_days=0)
    assert deleted(residence) == [before]
    assert list(threads) == [begun]


async def test_what_nobody_answered_is_not_forgotten_with_its_thread(
    make_residence: MakeResidence,
) -> None:
    residence = await make_residence({const.CONF_THREAD_RETENTION: 0})
    thread = await ask(residence, "Answered")
    fault = residence.openai.error("server_error")
    residence.openai.script(path="/v1/responses", fault=fault)
    with pytest.raises(HomeAssistantError):
        await residence.call("ask", text="Not answered", speak=False)
    await residence.call("new_thread")
    await residence.hass.async_block_till_done(wait_background_tasks=True)
    assert deleted(residence) == [thread]
    (turn,) = residence.satellite.memory.turns
    assert (turn.transcript, turn.outcome) == ("Not answered", Outcome.FAILED)


@pytest.mark.parametrize("local", [True, False])
async def test_what_could_not_be_deleted_is_tried_again_the_next_day(
    make_residence: MakeResidence, freezer: FrozenDateTimeFactory, local: bool
) -> None:
    residence = await make_residence(
        {const.CONF_THREAD_RETENTION: 1, const.CONF_LOCAL_THREADS: local}
    )
    thread = await ask(residence)
    fault = residence.openai.error("server_error")
    residence.openai.script(method="DELETE", fault=fault)
    await pass_time(residence, freezer, 100)
    await pass_time(residence, freezer, DAY + 1)
    # Threads that are kept here need no service to be deleted.
    assert list(residence.satellite.memory.threads) == ([] if local else [thread])
    residence.openai.clear_script()
    await pass_time(residence, freezer, DAY + 1)
    assert deleted(residence) == ([] if local else [thread] * 2)
    assert not residence.satellite.memory.threads
    assert not residence.satellite.memory.turns


async def keep_threads(residence: Residence, *, local: bool) -> None:
    """Choose where threads are kept, as the user does."""
    (subentry,) = residence.entry.subentries.values()
    data = {**subentry.data, const.CONF_LOCAL_THREADS: local}
    residence.hass.config_entries.async_update_subentry(
        residence.entry, subentry, data=data
    )
    await residence.hass.async_block_till_done()
    assert residence.satellite.settings.local_threads is local


@pytest.mark.parametrize("local", [True, False])
async def test_a_thread_is_not_continued_where_none_are_kept_any_more(
    make_residence: MakeResidence, local: bool
) -> None:
    residence = await make_residence(
        {
            const.CONF_HOT_WINDOW: const.HOT_WINDOW_KEEP,
            const.CONF_LOCAL_THREADS: not local,
        }
    )
    before = await ask(residence, "My name is Ada")
    await keep_threads(residence, local=local)
    assert residence.satellite.threads.hot is None
    answer = await residence.call("ask", answers=True, text="Who am I?", speak=False)
    assert "Ada" not in answer["reply"]
    asked = residence.openai.requests[-1].body
    if local:
        assert asked["store"] is False
        assert "conversation" not in asked
    else:
        assert asked["conversation"] == answer["thread_id"]
    # It can be deleted all the same, wherever it is.
    await residence.call("delete_threads", older_than_days=0)
    assert list(residence.satellite.memory.threads) == [answer["thread_id"]]
    assert deleted(residence) == ([before] if local else [])
    assert before not in residence.openai.store.conversations


async def test_a_thread_that_is_gone_at_the_service_is_fine(
    residence: Residence, freezer: FrozenDateTimeFactory
) -> None:
    thread = await ask(residence)
    residence.openai.script(
        method="DELETE", fault=residence.openai.error("conversation_not_found")
    )
    await pass_time(residence, freezer, 100)
    await pass_time(residence, freezer, 31 * DAY)
    assert deleted(residence) == [thread]
    assert not residence.satellite.memory.threads
