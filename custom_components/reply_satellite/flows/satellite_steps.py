"""The steps in which a satellite is chosen: shared by first set-up and later ones."""

import logging
from abc import abstractmethod
from typing import Any, override

from homeassistant.components.media_player import MediaPlayerEntityFeature
from homeassistant.const import ATTR_SUPPORTED_FEATURES
from homeassistant.core import HomeAssistant, callback
from homeassistant.data_entry_flow import FlowContext, FlowResult
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers import llm

from .. import const
from ..accounts import async_assistant, async_voice
from ..failures import translated
from ..voice.errors import VoiceError
from ..voice.speaking.voice import MOST_DICTIONARIES, Choice, Voice
from . import satellite_schemas as schemas
from .hearing_steps import HearingSteps, first_entity
from .schemas import flat
from .voice_sample import async_play_sample
from .words import async_words

_LOGGER = logging.getLogger(__name__)


class SatelliteSteps[
    ContextT: FlowContext,
    ResultT: FlowResult[Any, Any],
    HandlerT,
](HearingSteps[ContextT, ResultT, HandlerT]):
    """What it hears with, sees and plays on, who answers, and the voice."""

    only_one: bool = False
    """One step is being changed, and the others stay as they are."""

    _text = ""
    """The sentence to hear the chosen voice with."""

    @abstractmethod
    async def async_step_finish(
        self, user_input: dict[str, Any] | None = None
    ) -> ResultT:
        """Keep the satellite."""

    @override
    async def _after_hearing(self) -> ResultT:
        if self.only_one:
            return await self.async_step_finish()
        return await self.async_step_room()

    async def async_step_room(
        self, user_input: dict[str, Any] | None = None
    ) -> ResultT:
        """Choose what it sees through, and what it plays on."""
        if user_input is not None:
            chosen = flat(user_input)
            if (volume := chosen.get(const.CONF_VOLUME)) is not None:
                chosen[const.CONF_VOLUME] = volume / 100
            self._choose(chosen, const.CONF_VOLUME)
            if self.only_one:
                return await self.async_step_finish()
            return await self.async_step_assistant()
        suggested = {const.CONF_PLAYERS: _first_player(self.hass)}
        return self.async_show_form(
            step_id="room", data_schema=schemas.room(suggested | self.satellite)
        )

    async def async_step_assistant(
        self, user_input: dict[str, Any] | None = None
    ) -> ResultT:
        """Choose the model, what it is told, and what it may use."""
        errors: dict[str, str] = {}
        if user_input is not None:
            chosen = schemas.assistant_choices(user_input)
            self._choose(chosen)
            # A conversation at the service keeps whatever was asked in it.
            if (
                chosen[const.CONF_THINKING_AHEAD]
                and not chosen[const.CONF_LOCAL_THREADS]
            ):
                errors["base"] = "ahead_needs_local_threads"
            elif self.only_one:
                return await self.async_step_finish()
            else:
                return await self.async_step_voice()
        models: list[str] = []
        try:
            models = await (await async_assistant(self.hass, self.accounts)).models()
        except VoiceError as error:
            errors[const.CONF_MODEL] = error.key
        suggested = {}
        if models and const.DEFAULT_MODEL not in models:
            suggested[const.CONF_MODEL] = models[0]
        apis = [(api.id, api.name) for api in llm.async_get_apis(self.hass)]
        return self.async_show_form(
            step_id="assistant",
            data_schema=schemas.assistant(suggested | self.satellite, models, apis),
            errors=errors,
        )

    async def async_step_voice(
        self, user_input: dict[str, Any] | None = None
    ) -> ResultT:
        """Choose the voice, and hear it."""
        errors: dict[str, str] = {}
        if user_input is not None:
            chosen = schemas.voice_choices(user_input)
            self._text = chosen.pop(schemas.FIELD_SAMPLE, "").strip()
            self._choose(
                chosen,
                const.CONF_TTS,
                const.CONF_SECOND_TTS,
                const.CONF_VOICE_SETTINGS,
                const.CONF_DICTIONARIES,
            )
            if len(chosen.get(const.CONF_DICTIONARIES, ())) > MOST_DICTIONARIES:
                errors[const.CONF_DICTIONARIES] = "too_many_dictionaries"
            elif self._text and not self.satellite[const.CONF_PLAYERS]:
                errors[schemas.FIELD_SAMPLE] = "no_player"
            elif self._text:
                return await self.async_step_sample()
            else:
                return await self.async_step_finish()
        voices: list[Choice] = []
        models: list[Choice] = []
        dictionaries: list[Choice] = []
        elevenlabs = const.CONF_ELEVENLABS_KEY in self.accounts
        if elevenlabs:
            try:
                voice = await async_voice(self.hass, self.accounts)
                voices, models = await voice.voices(), await voice.models()
                dictionaries = await _dictionaries(voice)
            except VoiceError as error:
                errors[const.CONF_VOICE] = error.key
        ours = own_voices(self.hass)
        engine = None if elevenlabs else first_entity(self.hass, "tts", ours)
        suggested = {} if engine is None else {const.CONF_TTS: engine}
        return self.async_show_form(
            step_id="voice",
            data_schema=schemas.voice(
                suggested | self.satellite,
                voices,
                models,
                dictionaries,
                elevenlabs=elevenlabs,
                ours=ours,
                must_choose=engine is not None,
            ),
            errors=errors,
        )

    async def async_step_sample(
        self, _user_input: dict[str, Any] | None = None
    ) -> ResultT:
        """Speak a sentence on the chosen player."""
        if self._task is None:
            self._task = self.hass.async_create_task(
                async_play_sample(self.hass, self.accounts, self.satellite, self._text)
            )
        if not self._task.done():
            return self.async_show_progress(
                step_id="sample", progress_action="sample", progress_task=self._task
            )
        task, self._task = self._task, None
        try:
            task.result()
        except (HomeAssistantError, VoiceError) as error:
            said = translated(error) if isinstance(error, VoiceError) else error
            self._trouble = await async_words(self.hass, said)
            return self.async_show_progress_done(next_step_id="sample_failed")
        return self.async_show_progress_done(next_step_id="sample_played")

    async def async_step_sample_played(
        self, _user_input: dict[str, Any] | None = None
    ) -> ResultT:
        """Ask whether the voice is the right one."""
        return self.async_show_menu(
            step_id="sample_played", menu_options=["finish", "voice"]
        )

    async def async_step_sample_failed(
        self, _user_input: dict[str, Any] | None = None
    ) -> ResultT:
        """Tell why nothing was heard."""
        return self.async_show_menu(
            step_id="sample_failed",
            menu_options=["finish", "voice"],
            description_placeholders={"error": self._trouble},
        )


@callback
def _first_player(hass: HomeAssistant) -> list[str]:
    """Suggest a player: one that returns to its music after an announcement."""
    wanted = MediaPlayerEntityFeature.PLAY_MEDIA
    players = [
        (bool(features & MediaPlayerEntityFeature.MEDIA_ANNOUNCE), state.entity_id)
        for state in hass.states.async_all("media_player")
        if (features := state.attributes.get(ATTR_SUPPORTED_FEATURES, 0)) & wanted
    ]
    best = sorted(players, key=lambda player: (not player[0], player[1]))
    return [entity_id for _, entity_id in best[:1]]


async def _dictionaries(voice: Voice) -> list[Choice]:
    """The account's dictionaries; a key may speak and not be allowed to see them."""
    try:
        return await voice.dictionaries()
    except VoiceError as error:
        _LOGGER.debug("No dictionaries are offered: %s", error)
        return []


@callback
def own_voices(hass: HomeAssistant) -> list[str]:
    """The voices that satellites made themselves."""
    return [
        entry.entity_id
        for entry in er.async_get(hass).entities.values()
        if entry.platform == const.DOMAIN and entry.domain == "tts"
    ]
