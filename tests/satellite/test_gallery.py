"""The pictures of turns, on a disk that does not always do what it is told."""

import pytest

from custom_components.reply_satellite.voice.turn import Turn, TurnPicture
from tests.residence import Residence

TAKEN = "2026-11-23T09:00:00+00:00"


def a_turn() -> Turn:
    """A turn with one picture."""
    picture = TurnPicture(
        index=0, entity_id="camera.door", camera="Door", taken=TAKEN, at=None
    )
    return Turn(id="earlier", began=0, pictures=[picture])


async def test_a_picture_that_is_not_kept_any_more_says_so(
    residence: Residence,
) -> None:
    (picture,) = await residence.satellite.gallery.pictures(a_turn())
    assert picture.jpeg == b""
    assert picture.failure == "the picture is not kept any more"
    assert picture.camera == "Door"


async def test_a_picture_that_can_not_be_removed_is_told(
    residence: Residence, caplog: pytest.LogCaptureFixture
) -> None:
    satellite, turn = residence.satellite, a_turn()
    in_its_place = satellite.spool.recording(turn.id).parent / "picture_0.jpg"
    await residence.hass.async_add_executor_job(
        lambda: in_its_place.mkdir(parents=True)
    )
    satellite.gallery.take_down(turn.id, 0)
    await residence.until(lambda: "A picture can't be removed" in caplog.text)
