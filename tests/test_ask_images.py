"""The pictures that can go with a written question, and those that can't."""

import datetime as dt
import os
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any, override
from unittest.mock import patch

import pytest
import voluptuous as vol
from homeassistant.components.image import ImageEntity
from homeassistant.components.image.const import DATA_COMPONENT as IMAGES
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from PIL import Image

from custom_components.reply_satellite.satellite import given
from custom_components.reply_satellite.voice.thinking import pictures

from .residence import CAMERA, Residence

TAKEN = dt.datetime(2026, 11, 1, 8, 30, tzinfo=dt.UTC)


def drawn(width: int, height: int, kind: str = "PNG") -> bytes:
    """A picture."""
    written = BytesIO()
    Image.new("RGB", (width, height), "green").save(written, kind)
    return written.getvalue()


class Letterbox(ImageEntity):
    """An image entity of somebody else's."""

    entity_id = "image.letterbox"
    _attr_name = "Letterbox"
    _attr_content_type = "image/png"
    _attr_image_last_updated = TAKEN

    def __init__(self, hass: HomeAssistant, shown: bytes | None) -> None:
        """Show a picture, or nothing."""
        super().__init__(hass)
        self._shown = shown

    @override
    async def async_image(self) -> bytes | None:
        return self._shown


async def hang_letterbox(residence: Residence, shown: bytes | None) -> None:
    entity = Letterbox(residence.hass, shown)
    await residence.hass.data[IMAGES].async_add_entities([entity])
    await residence.hass.async_block_till_done()


@pytest.fixture
def folder(residence: Residence, tmp_path: Path) -> Iterator[Path]:
    """A folder that Home Assistant may read, also as media."""
    config = residence.hass.config
    with (
        patch.object(config, "allowlist_external_dirs", {str(tmp_path)}),
        patch.dict(config.media_dirs, {"local": str(tmp_path)}),
    ):
        yield tmp_path


async def ask(residence: Residence, *images: Any, **data: Any) -> Any:
    return await residence.call(
        "ask",
        answers=True,
        text="What is it?",
        speak=False,
        images=list(images),
        **data,
    )


def shown(residence: Residence) -> list[str]:
    """The words that stand beside the pictures of the last question."""
    request = next(
        it for it in reversed(residence.openai.requests) if it.path == "/v1/responses"
    )
    (question,) = request.body["input"]
    parts = [part for part in question["content"] if part["type"] == "input_text"]
    return [part["text"] for part in parts if part["text"].startswith("[")]


async def test_an_image_entity_goes_with_the_question(residence: Residence) -> None:
    await hang_letterbox(residence, drawn(320, 200))
    answer = await ask(residence, "image.letterbox")
    assert "one picture of 320 by 200" in answer["reply"]
    (told,) = shown(residence)
    assert told.startswith("[Picture: image “Letterbox”, 2026-11-01T")


async def test_files_and_media_go_in_their_order_and_cameras_follow(
    residence: Residence, folder: Path
) -> None:
    (folder / "letter.png").write_bytes(drawn(300, 100))
    (folder / "big.jpg").write_bytes(drawn(3072, 1024, "JPEG"))
    os.utime(folder / "letter.png", (TAKEN.timestamp(), TAKEN.timestamp()))
    await hang_letterbox(residence, drawn(320, 200))
    media = {
        "media_content_id": "media-source://media_source/local/big.jpg",
        "media_content_type": "image/jpeg",
        "metadata": {"title": "big.jpg"},
    }
    await ask(
        residence,
        str(folder / "letter.png"),
        media,
        {"media_content_id": "media-source://image/image.letterbox"},
        {"media_content_id": f"media-source://camera/{CAMERA}"},
        cameras=[CAMERA],
    )
    told = [words.partition("”")[0] for words in shown(residence)]
    assert told == [
        "[Picture: image “letter.png",
        "[Picture: image “big.jpg",
        "[Picture: image “Letterbox",
        "[Picture: image “Front door",
        "[Picture: camera “Front door",
    ]
    assert "2026-11-01T" in shown(residence)[0]
    turn = residence.satellite.turn
    assert turn is not None
    assert [picture.index for picture in turn.pictures] == [0, 1, 2, 3, 4]
    jpeg = await residence.satellite.gallery.jpeg(turn.id, 1)
    with Image.open(BytesIO(jpeg)) as sent:
        assert (sent.format, sent.size) == ("JPEG", (1536, 512))
    # A picture that was given is no snapshot.
    last = residence.satellite.gallery.last
    assert last is not None
    assert last.kind == "camera"


async def test_another_try_shows_them_again(residence: Residence, folder: Path) -> None:
    (folder / "letter.png").write_bytes(drawn(300, 100))
    fault = residence.openai.error("server_error")
    residence.openai.script(path="/v1/responses", fault=fault)
    with pytest.raises(HomeAssistantError):
        await ask(residence, str(folder / "letter.png"))
    residence.openai.clear_script()
    (folder / "letter.png").unlink()
    answer = await residence.call("retry", answers=True)
    assert "one picture of 300 by 100" in answer["reply"]
    assert shown(residence)[0].startswith("[Picture: image “letter.png”")


@pytest.mark.parametrize(
    ("image", "key"),
    [
        ("/etc/hostname", "picture_not_allowed"),
        ("../secrets.yaml", "picture_not_allowed"),
        ("{folder}/../elsewhere.png", "picture_not_allowed"),
        ("{folder}/link.png", "picture_not_allowed"),
        ("{folder}/missing.png", "picture_not_found"),
        ("{folder}/", "picture_not_found"),
        ("{folder}/words.txt", "not_a_picture"),
        ("{folder}/empty.png", "not_a_picture"),
        ("{folder}/bomb.png", "not_a_picture"),
        ("{folder}/long.bin", "picture_too_large"),
        ("image.nowhere", "picture_not_found"),
        ("image.letterbox", "picture_not_found"),
        ("light.kitchen", "picture_not_allowed"),
        ("media-source://media_source/local/missing.png", "picture_not_found"),
        ("media-source://media_source/local/../up.png", "picture_not_found"),
        ("media-source://nowhere/x", "picture_not_found"),
        ("media-source://tts/engine?message=x", "picture_not_found"),
        ("http://example.com/picture.png", "picture_not_allowed"),
    ],
)
async def test_what_is_no_picture_is_refused(
    residence: Residence,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    image: str,
    key: str,
) -> None:
    await hang_letterbox(residence, None)
    monkeypatch.setattr(given, "LARGEST_FILE", 4096)
    monkeypatch.setattr(pictures, "MOST_PIXELS", 999)
    (folder / "words.txt").write_text("I am no picture.")
    (folder / "empty.png").write_bytes(b"")
    (folder / "bomb.png").write_bytes(drawn(100, 10))
    (folder / "long.bin").write_bytes(bytes(4097))
    (folder / "link.png").symlink_to("/etc/hostname")
    with pytest.raises(ServiceValidationError) as refused:
        await ask(residence, image.format(folder=folder))
    assert refused.value.translation_key == key
    assert not residence.satellite.memory.turns


@pytest.mark.parametrize(
    "images", [[""], ["x" * 4097], [{"path": "x"}], [{}], [7.5, {}], ["x"] * 21]
)
async def test_bad_input_asks_nothing(residence: Residence, images: list[Any]) -> None:
    with pytest.raises(vol.Invalid):
        await ask(residence, *images)
    assert not residence.satellite.memory.turns
