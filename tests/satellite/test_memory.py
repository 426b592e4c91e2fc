"""What a satellite remembers over a restart."""

from typing import Any

from homeassistant.core import HomeAssistant

from custom_components.reply_satellite.satellite.memory import KEPT_TURNS, Memory
from custom_components.reply_satellite.voice.turn import Step, Turn


async def test_turns_are_remembered(
    hass: HomeAssistant, hass_storage: dict[str, Any]
) -> None:
    memory = Memory(hass, "satellite")
    for number in range(KEPT_TURNS + 1):
        memory.keep(Turn(id=str(number), began=1.0, steps={Step.KEYWORD: 0.5}))
    memory.threads["thread"] = 2.0
    await memory.save_now()

    again = Memory(hass, "satellite")
    await again.load()
    assert again.turns == memory.turns
    assert [turn.id for turn in again.turns][:1] == ["1"]
    assert len(again.turns) == KEPT_TURNS
    assert again.threads == {"thread": 2.0}


async def test_what_is_being_written_does_not_change(hass: HomeAssistant) -> None:
    """It is written in another thread, while the turn goes on."""
    turn = Turn(id="one", began=1.0, steps={Step.KEYWORD: 0.5})
    told = await hass.async_add_executor_job(turn.as_dict)
    turn.steps[Step.TRANSCRIPT] = 1.0
    turn.left_the_house("openai", "words")
    assert told["steps"] == {"keyword": 0.5}
    assert told["sent"] == {}
