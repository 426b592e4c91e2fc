"""The same assistant, for Home Assistant's own chat and its other voice devices."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Literal, override

from homeassistant.components import conversation
from homeassistant.const import MATCH_ALL
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import intent
from homeassistant.helpers.entity import EntityDescription
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .coordinator import Satellite
from .entity import SatelliteEntity
from .household import ReplySatelliteConfigEntry
from .satellite import asking
from .services import answered
from .voice.turn import Asker

PARALLEL_UPDATES = 0

ASSISTANT = EntityDescription(key="assistant")


async def async_setup_entry(
    hass: HomeAssistant,
    entry: ReplySatelliteConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add every satellite's assistant."""
    for satellite in entry.runtime_data.satellites.values():
        async_add_entities(
            [SatelliteAssistant(satellite)], config_subentry_id=satellite.id
        )


class SatelliteAssistant(SatelliteEntity, conversation.ConversationEntity):
    """Answers on the satellite's threads, without speaking."""

    _attr_supports_streaming = True

    def __init__(self, satellite: Satellite) -> None:
        """Let others talk to the assistant of `satellite`."""
        super().__init__(satellite, ASSISTANT)
        if satellite.settings.llm_api:
            self._attr_supported_features = (
                conversation.ConversationEntityFeature.CONTROL
            )

    @property
    @override
    def supported_languages(self) -> list[str] | Literal["*"]:
        """Whatever the model speaks."""
        return MATCH_ALL

    @override
    async def _async_handle_message(
        self,
        user_input: conversation.ConversationInput,
        chat_log: conversation.ChatLog,
    ) -> conversation.ConversationResult:
        """Put the question on the satellite's thread, and stream the answer."""
        # It holds for the whole conversation, as with Home Assistant's own agents.
        chat_log.extra_system_prompt = (
            user_input.extra_system_prompt or chat_log.extra_system_prompt
        )
        written: asyncio.Queue[str | None] = asyncio.Queue()
        asked = self.hass.async_create_task(
            asking.ask(
                self.coordinator,
                user_input.text,
                asker=Asker(
                    device_id=user_input.device_id,
                    language=user_input.language,
                    context=user_input.context.as_dict(),
                    told=chat_log.extra_system_prompt or "",
                ),
                speak=False,
                watch=written.put_nowait,
            )
        )
        asked.add_done_callback(lambda _: written.put_nowait(None))
        response = intent.IntentResponse(language=user_input.language)
        try:
            async for _ in chat_log.async_add_delta_content_stream(
                self.entity_id, _deltas(written)
            ):
                pass
            turn = await asked
            answered(turn)
            # By the turn: the log's last word may be the question, where tools did all.
            response.async_set_speech(turn.reply)
        except HomeAssistantError as error:
            response.async_set_error(intent.IntentResponseErrorCode.UNKNOWN, str(error))
        finally:
            asked.cancel()
        return conversation.ConversationResult(
            response=response,
            conversation_id=chat_log.conversation_id,
            continue_conversation=chat_log.continue_conversation,
        )


async def _deltas(
    written: asyncio.Queue[str | None],
) -> AsyncGenerator[conversation.AssistantContentDeltaDict]:
    yield {"role": "assistant"}
    while (delta := await written.get()) is not None:
        yield {"content": delta}
