"""Requests as bytes."""

import json
from typing import Any, cast

import pytest

from custom_components.reply_satellite.voice.thinking.openai_wire import encoded


def as_sent(value: Any) -> Any:
    return json.loads(encoded(cast("Any", value)))


def test_picture_becomes_a_data_url() -> None:
    sent = as_sent({"image_url": b"\xff\xd8\xff", "text": "Grüße"})
    assert sent == {"image_url": "data:image/jpeg;base64,/9j/", "text": "Grüße"}


def test_anything_else_is_a_mistake() -> None:
    with pytest.raises(TypeError):
        as_sent({"image_url": object()})
