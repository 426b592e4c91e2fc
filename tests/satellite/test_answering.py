"""The answer to a turn: what the assistant is told with it."""

from custom_components.reply_satellite import const
from tests.residence import MakeResidence


async def test_instructions_that_can_not_be_rendered(
    make_residence: MakeResidence,
) -> None:
    residence = await make_residence({const.CONF_INSTRUCTIONS: "{{ 1 / 0 }}"})
    await residence.dictate("Hello?")
    await residence.until_idle()
    turn = residence.satellite.turn
    assert turn is not None
    assert turn.failure == "house.refused"
