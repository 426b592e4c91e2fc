"""The house's Home Assistant is a real one: its camera, its player, its restarts."""

from collections.abc import AsyncGenerator
from io import BytesIO
from pathlib import Path

import pytest
from aiohttp import web
from PIL import Image

from tests.house.client import Client, ClientFailure, FlowFailure
from tests.house.home_assistant import HomeAssistant
from tests.house.picture import HEIGHT, WIDTH, draw_room
from tests.house.player import MusicPlayer
from tests.house.sound import SoundCard
from tests.house.voices import say

from .test_sound import holds

pytestmark = [pytest.mark.e2e, pytest.mark.usefixtures("socket_enabled")]

CAMERA = "camera.kitchen"
PLAYER = "media_player.music_player_daemon"
SENTENCE = "the weather is fine and the window is open"


@pytest.fixture
async def files(tmp_path: Path) -> AsyncGenerator[str]:
    """Serve tmp_path over http, as Home Assistant serves speech to a player."""
    application = web.Application()
    application.router.add_static("/", tmp_path)
    runner = web.AppRunner(application)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


async def test_house(tmp_path: Path, files: str) -> None:
    with (
        SoundCard(tmp_path / "sound") as card,
        MusicPlayer(tmp_path / "player", card) as player,
    ):
        home_assistant = HomeAssistant(tmp_path / "home_assistant", card.environment)
        async with home_assistant:
            async with home_assistant.client() as client:
                await sees_the_picture(client, tmp_path)
                await refuses_a_missing_picture(client)
                await client.configure(
                    "mpd", {"host": player.host, "port": player.port}
                )
                await plays_to_the_loudspeaker(client, card, tmp_path, files)
                await has_a_dashboard(client)
            await survives_a_power_cut(home_assistant)
        assert home_assistant.exit_status is None


async def sees_the_picture(client: Client, folder: Path) -> None:
    picture = draw_room(folder / "kitchen.jpg", "Kitchen")
    result = await client.configure("local_file", {"file_path": str(picture)})
    assert result["result"]["domain"] == "local_file"
    raw = await client.get_bytes(f"/api/camera_proxy/{CAMERA}")
    with Image.open(BytesIO(raw)) as image:
        assert image.size == (WIDTH, HEIGHT)
        red, green, blue = image.convert("RGB").getpixel((920, 250))  # type: ignore[misc]
    assert red > 140
    assert max(green, blue) < 90


async def refuses_a_missing_picture(client: Client) -> None:
    with pytest.raises(FlowFailure) as failure:
        await client.configure("local_file", {"file_path": "/no/such/picture.jpg"})
    assert failure.value.result["errors"] == {"base": "not_readable_path"}
    with pytest.raises(ClientFailure, match="404"):
        await client.state("camera.nowhere")


async def plays_to_the_loudspeaker(
    client: Client, card: SoundCard, folder: Path, files: str
) -> None:
    say(SENTENCE).write(folder / "answer.wav")
    async with client.watch(PLAYER) as states:
        with card.record(folder / "loudspeaker.wav"):
            await client.call(
                "media_player.play_media",
                {
                    "entity_id": PLAYER,
                    "media_content_id": f"{files}/answer.wav",
                    "media_content_type": "music",
                },
            )
            while (await states.get())["state"] != "playing":
                pass
            await client.wait_for(PLAYER, lambda state: state["state"] != "playing")
    assert holds(folder / "loudspeaker.wav", SENTENCE)


async def has_a_dashboard(client: Client) -> None:
    config = {"views": [{"title": "Kitchen", "cards": []}]}
    await client.make_dashboard("the-house", "House", config)
    assert await client.command("lovelace/config", url_path="the-house") == config


async def survives_a_power_cut(home_assistant: HomeAssistant) -> None:
    before = home_assistant.pid
    home_assistant.kill()
    await home_assistant.start()
    assert home_assistant.pid != before
    async with home_assistant.client() as client:
        assert {CAMERA, PLAYER} <= (await client.states()).keys()
        answer = await client.call(
            "conversation.process", {"text": "turn off the light"}, answers=True
        )
    assert answer["response"]["response_type"]
