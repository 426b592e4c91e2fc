"""The pictures of turns, on a disk that does not always do what it is told."""

import pytest

from custom_components.reply_satellite.voice.thinking.assistant import Picture
from custom_components.reply_satellite.voice.turn import Turn, TurnPicture
from tests.residence import CAMERA, Residence

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


async def test_what_was_not_asked_for_is_the_last_snapshot_no_more(
    residence: Residence,
) -> None:
    gallery = residence.satellite.gallery
    earlier, first, second = (
        Picture(camera=name, taken=TAKEN, jpeg=name.encode())
        for name in ("earlier", "first", "second")
    )
    gallery.hang("earlier", 0, earlier)
    gallery.hang("turn", 0, first)
    gallery.hang("turn", 1, second)
    shown = [gallery.last]
    for index in (1, 0):
        gallery.take_down("turn", index)
        shown.append(gallery.last)
    assert shown == [second, first, earlier]


async def test_a_slow_camera_outlasts_the_turn_that_failed(
    residence: Residence,
) -> None:
    residence.camera.ready.clear()
    async with residence.assemblyai.refusing():
        await residence.call("start_recording")
        await residence.murmur()
        await residence.call("take_snapshot", cameras=[CAMERA])
        await residence.call("end_recording")
        await residence.until(lambda: "turn_failed" in residence.told)
        # Nobody else waits for the camera.
        await residence.call("say", message="Sorry.")
    for path in ("/v1/transcribe*", "/v2/*"):
        residence.assemblyai.script(path, reply={"transcript": "Tell me more"})
    trying = residence.hass.async_create_task(residence.call("retry"))
    assert "snapshot_taken" not in residence.told
    residence.camera.ready.set()
    await trying
    turn = residence.satellite.turn
    assert turn is not None
    assert "one picture of 640 by 480" in turn.reply
