"""The whole house: sound card, player, services, Home Assistant with a satellite."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from .client import Client
from .home_assistant import HomeAssistant
from .picture import draw_room
from .player import MusicPlayer
from .services import Services
from .sound import SoundCard

NAME: Final = "Living room"
CAMERA: Final = "camera.front_door"
PLAYER: Final = "media_player.music_player_daemon"
DASHBOARD: Final = "reply-satellite"
DOMAIN: Final = "reply_satellite"

type Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """Everything that runs, and the satellite's entities by their keys."""

    sound_card: SoundCard
    services: Services
    home_assistant: HomeAssistant
    client: Client
    entities: Mapping[str, str]
    entry_id: str


@asynccontextmanager
async def open_house(
    folder: Path,
    *,
    port: int = 0,
    may_be_real: bool = False,
    microphone: str = "default",
    satellite: Mapping[str, Mapping[str, Any]] | None = None,
    login_needed: bool = True,
    log_level: str = "info",
    environment: Mapping[str, str] | None = None,
    progress: Progress = lambda _: None,
) -> AsyncGenerator[House]:
    """Start everything in `folder`, and set the satellite up through its own flow.

    `satellite` holds answers to its forms that differ from the defaults, by step;
    `environment` is for Home Assistant's process.
    Raises ProcessFailure, ClientFailure.
    """
    with ExitStack() as stack:
        progress("the room: a virtual sound card")
        sound_card = stack.enter_context(SoundCard(folder / "sound"))
        stack.enter_context(sound_card.room_tone())
        progress("the loudspeaker: a music player")
        player = stack.enter_context(MusicPlayer(folder / "player", sound_card))
        progress("the services: OpenAI, AssemblyAI, ElevenLabs")
        services = stack.enter_context(Services(may_be_real=may_be_real))
        progress("Home Assistant")
        home_assistant = HomeAssistant(
            folder / "home_assistant",
            sound_card.environment | services.environment | dict(environment or {}),
            port=port,
            log_level=log_level,
            login_needed=login_needed,
        )
        async with home_assistant, home_assistant.client() as client:
            progress("a camera and a player")
            await _add_camera(client, home_assistant)
            await client.configure("mpd", {"host": player.host, "port": player.port})
            progress("the satellite, through its own set-up")
            answers = satellite or {}
            entry_id = await _add_satellite(client, services, microphone, answers)
            entities = await _entities(client)
            await client.wait_for(
                entities["conversation"], lambda state: state["state"] == "idle", 60
            )
            await client.make_dashboard(
                DASHBOARD,
                "Reply Satellite",
                _dashboard(entities["conversation"]),
            )
            yield House(
                sound_card=sound_card,
                services=services,
                home_assistant=home_assistant,
                client=client,
                entities=entities,
                entry_id=entry_id,
            )


async def _add_camera(client: Client, home_assistant: HomeAssistant) -> None:
    folder = home_assistant.folder / "www"
    folder.mkdir(exist_ok=True)
    picture = await asyncio.to_thread(
        draw_room, folder / "Front door.jpg", "The front door"
    )
    await client.configure("local_file", {"file_path": str(picture)})
    await client.wait_for(CAMERA, lambda state: state["state"] != "unavailable")


async def _add_satellite(
    client: Client,
    services: Services,
    microphone: str,
    answers: Mapping[str, Mapping[str, Any]],
) -> str:
    """Answer the integration's own forms, as a person would."""
    accounts = services.accounts
    servers = {
        f"{name}_url": account.url
        for name, account in accounts.items()
        if account.url is not None
    }
    keys = {f"{name}_api_key": account.key for name, account in accounts.items()}
    result = await client.configure(
        DOMAIN,
        {**keys, "servers": servers},
        {"name": NAME, "microphone": microphone, **answers.get("hearing", {})},
        {"cameras": [CAMERA], "media_players": [PLAYER], **answers.get("room", {})},
        answers.get("assistant", {}),
        answers.get("voice", {}),
    )
    return str(result["result"]["entry_id"])


async def _entities(client: Client) -> dict[str, str]:
    """The satellite's entities: what each shows -> its entity id."""
    listed = await client.command("config/entity_registry/list")
    return {
        entry["translation_key"]: entry["entity_id"]
        for entry in listed
        if entry["platform"] == DOMAIN and entry["translation_key"]
    }


def _dashboard(conversation: str) -> dict[str, Any]:
    card = {"type": "custom:reply-satellite-card", "entity": conversation}
    return {"views": [{"title": "Reply Satellite", "cards": [card]}]}
