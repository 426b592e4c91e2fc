"""What the card asks for."""

import base64
from typing import Any

from pytest_homeassistant_custom_component.typing import WebSocketGenerator

from custom_components.reply_satellite import const

from .residence import CAMERA, Residence


async def _messages(client: Any, until: str) -> list[dict[str, Any]]:
    """What comes, up to the first message of a kind."""
    messages: list[dict[str, Any]] = []
    while not messages or messages[-1]["kind"] != until:
        messages.append((await client.receive_json())["event"])
    return messages


async def test_a_turn_can_be_watched(
    residence: Residence, hass_ws_client: WebSocketGenerator
) -> None:
    client = await hass_ws_client()
    await client.send_json_auto_id({"type": f"{const.DOMAIN}/watch", "level": True})
    assert (await client.receive_json())["success"]
    (standing,) = await _messages(client, "state")
    assert standing["phase"] == "idle"
    assert standing["listening"] is True
    assert standing["cameras"] == [CAMERA]
    (*_, level) = await _messages(client, "level")
    assert level["rms"] < 0
    await residence.call("ask", text="Hello", speak=False)
    messages = await _messages(client, "turn")
    phases = [it["phase"] for it in messages if it["kind"] == "phase"]
    assert phases == ["thinking", "idle"]
    reply = "".join(it["delta"] for it in messages if it["kind"] == "reply")
    assert reply == messages[-1]["turn"]["reply"]
    (heard,) = [it for it in messages if it["kind"] == "heard"]
    assert heard["transcript"] == "Hello"
    assert heard["turn_id"] == messages[-1]["turn"]["id"]


async def test_a_long_recording_can_be_read_while_it_goes_on(
    residence: Residence, hass_ws_client: WebSocketGenerator
) -> None:
    client = await hass_ws_client()
    await client.send_json_auto_id({"type": f"{const.DOMAIN}/watch"})
    assert (await client.receive_json())["success"]
    said = {"transcript": "Computer, so far so good."}
    residence.assemblyai.script(path="/v1/transcribe*", reply=said)
    await residence.call("start_recording")
    # The quiet that follows is a pause, and the segment is long enough to end there.
    await residence.murmur(50)
    (*_, heard) = await _messages(client, "heard")
    assert heard["transcript"] == "Computer, so far so good."
    assert residence.state("sensor.kitchen_conversation") == "recording"
    await residence.call("stop")
    await residence.until_idle()


async def test_the_history_comes_in_pages(
    residence: Residence, hass_ws_client: WebSocketGenerator
) -> None:
    for number in range(3):
        await residence.call("ask", text=f"Question {number}", speak=False)
    client = await hass_ws_client()
    command = {"type": f"{const.DOMAIN}/turns", "limit": 2}
    await client.send_json_auto_id(command)
    page = (await client.receive_json())["result"]
    assert [it["transcript"] for it in page["turns"]] == ["Question 2", "Question 1"]
    assert page["more"] is True
    await client.send_json_auto_id(command | {"before": page["turns"][-1]["id"]})
    page = (await client.receive_json())["result"]
    assert [it["transcript"] for it in page["turns"]] == ["Question 0"]
    assert page["more"] is False
    await client.send_json_auto_id(command | {"before": "unknown"})
    assert (await client.receive_json())["result"] == {"turns": [], "more": False}


async def test_pictures_are_shown_to_who_is_logged_in(
    residence: Residence, hass_ws_client: WebSocketGenerator
) -> None:
    answer = await residence.call(
        "ask", answers=True, text="Look", cameras=[CAMERA], speak=False
    )
    client = await hass_ws_client()
    command = {"type": f"{const.DOMAIN}/picture", "turn_id": answer["turn_id"]}
    await client.send_json_auto_id(command | {"index": 0})
    jpeg = base64.b64decode((await client.receive_json())["result"]["jpeg"])
    assert jpeg.startswith(b"\xff\xd8")
    for wrong in (
        command | {"index": 1},
        command | {"index": 0, "turn_id": "../../secrets"},
    ):
        await client.send_json_auto_id(wrong)
        assert (await client.receive_json())["error"]["code"] == "not_found"


async def test_an_unknown_satellite_is_an_error(
    residence: Residence, hass_ws_client: WebSocketGenerator
) -> None:
    client = await hass_ws_client()
    for command in ("watch", "turns"):
        await client.send_json_auto_id(
            {"type": f"{const.DOMAIN}/{command}", "device_id": "unknown"}
        )
        answer = await client.receive_json()
        assert answer["error"]["translation_key"] == "not_a_satellite"
