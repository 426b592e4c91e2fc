"""The steps in which it is chosen how a satellite hears."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping
from typing import Any, override

from homeassistant.components.ffmpeg import get_ffmpeg_manager
from homeassistant.const import CONF_NAME
from homeassistant.core import HomeAssistant, callback
from homeassistant.data_entry_flow import FlowContext, FlowHandler, FlowResult

from .. import const
from ..packages import async_provide_pyaudio
from ..satellite.settings import Settings
from ..voice.errors import VoiceError
from ..voice.hearing.inputs import list_inputs
from ..voice.hearing.porcupine_errors import UnfitFileError, UnusableError
from . import satellite_schemas as schemas
from .keyword_files import async_can_train, async_keep_keyword_file, async_train
from .microphone_test import Verdict, async_test_microphone
from .schemas import flat
from .words import async_dialog_words


class HearingSteps[
    ContextT: FlowContext,
    ResultT: FlowResult[Any, Any],
    HandlerT,
](FlowHandler[ContextT, ResultT, HandlerT], ABC):
    """Microphone, keywords and recording, and a test of them."""

    accounts: Mapping[str, Any]
    """The data of the config entry, as it is or as it will be."""
    satellite: dict[str, Any]
    """What was chosen so far: the data of the subentry."""
    name: str = "Satellite"

    _task: asyncio.Task[Any] | None = None
    _loudest = 0.0
    """How loud it was in the last test of the microphone."""
    _trouble = ""
    """What went wrong in the last step, in words."""

    @abstractmethod
    async def _after_hearing(self) -> ResultT:
        """Go on when it is chosen how the satellite hears."""

    @callback
    @override
    def async_remove(self) -> None:
        """Stop what a closed dialog was waiting for."""
        if self._task is not None:
            self._task.cancel()

    def _choose(self, chosen: Mapping[str, Any], *clearable: str) -> None:
        """Keep a step's choices; what was left empty is forgotten."""
        for key in clearable:
            self.satellite.pop(key, None)
        self.satellite |= chosen

    # --- hearing ---

    async def async_step_hearing(
        self, user_input: dict[str, Any] | None = None
    ) -> ResultT:
        """Choose the microphone, the keywords and how to record."""
        assemblyai = const.CONF_ASSEMBLYAI_KEY in self.accounts
        if user_input is not None:
            chosen = flat(user_input)
            self.name = chosen.pop(CONF_NAME)
            test = chosen.pop(schemas.FIELD_TEST)
            self._choose(chosen, const.CONF_STT, const.CONF_LANGUAGE)
            if test:
                return await self.async_step_microphone()
            return await self.async_step_keywords()
        await async_provide_pyaudio(self.hass)
        binary = get_ffmpeg_manager(self.hass).binary
        inputs = await self.hass.async_add_executor_job(list_inputs, binary)
        suggested = {}
        if not assemblyai and (engine := first_entity(self.hass, "stt")):
            suggested[const.CONF_STT] = engine
        return self.async_show_form(
            step_id="hearing",
            data_schema=schemas.hearing(
                suggested | self.satellite,
                inputs,
                name=self.name,
                assemblyai=assemblyai,
                porcupine=const.CONF_PORCUPINE_KEY in self.accounts,
            ),
        )

    async def async_step_microphone(
        self, _user_input: dict[str, Any] | None = None
    ) -> ResultT:
        """Listen for a few seconds."""
        if self._task is None:
            self._task = self.hass.async_create_task(
                async_test_microphone(self.hass, self.satellite[const.CONF_MICROPHONE])
            )
        if not self._task.done():
            return self.async_show_progress(
                step_id="microphone",
                progress_action="microphone",
                progress_task=self._task,
            )
        verdict, self._loudest = self._task.result()
        self._task = None
        return self.async_show_progress_done(next_step_id=f"microphone_{verdict}")

    def _heard(self, verdict: Verdict) -> ResultT:
        """Tell how the microphone did."""
        return self.async_show_menu(
            step_id=f"microphone_{verdict}",
            menu_options=["keywords", "microphone", "hearing"],
            description_placeholders={"level": f"{self._loudest:.0f}"},
        )

    async def async_step_microphone_good(
        self, _user_input: dict[str, Any] | None = None
    ) -> ResultT:
        """Tell that the voice came through."""
        return self._heard(Verdict.GOOD)

    async def async_step_microphone_quiet(
        self, _user_input: dict[str, Any] | None = None
    ) -> ResultT:
        """Tell that the voice was faint."""
        return self._heard(Verdict.QUIET)

    async def async_step_microphone_clipped(
        self, _user_input: dict[str, Any] | None = None
    ) -> ResultT:
        """Tell that the voice was too loud."""
        return self._heard(Verdict.CLIPPED)

    async def async_step_microphone_silent(
        self, _user_input: dict[str, Any] | None = None
    ) -> ResultT:
        """Tell that nothing was heard."""
        return self._heard(Verdict.SILENT)

    async def async_step_microphone_failed(
        self, _user_input: dict[str, Any] | None = None
    ) -> ResultT:
        """Tell that the microphone gave no sound."""
        return self._heard(Verdict.FAILED)

    # --- Porcupine's models ---

    async def async_step_keywords(
        self, user_input: dict[str, Any] | None = None
    ) -> ResultT:
        """Take Porcupine's models for the words it has not built in."""
        spotter = Settings.of(self.satellite, self.accounts).spotter
        if spotter is const.SpotterChoice.BUILTIN:
            return await self._after_hearing()
        errors: dict[str, str] = {}
        try:
            trains = await async_can_train(self.hass)
            if user_input is not None:
                errors = await self._take_models(user_input)
        except UnusableError as error:
            self._trouble = await async_dialog_words(self.hass, error)
            return await self.async_step_keywords_failed()
        if user_input is not None and not errors:
            return await self.async_step_training()
        return self.async_show_form(
            step_id="keywords",
            data_schema=schemas.porcupine(self.satellite, trains=trains),
            errors=errors,
        )

    async def _take_models(self, user_input: dict[str, Any]) -> dict[str, str]:
        """Keep what was uploaded; tells what is wrong with it, by field."""
        errors: dict[str, str] = {}
        if user_input.pop(schemas.FIELD_TRAIN, False):
            self._choose({}, *schemas.KEYWORD_FILES)
        for key, file_id in user_input.items():
            try:
                path = await async_keep_keyword_file(self.hass, key, file_id)
            except UnfitFileError as error:
                errors[key] = error.key
            else:
                self.satellite[key] = path
        return errors

    async def async_step_training(
        self, _user_input: dict[str, Any] | None = None
    ) -> ResultT:
        """Have the words trained that there is no model of."""
        if all(key in self.satellite for key in schemas.KEYWORD_FILES):
            return await self._after_hearing()
        if self._task is None:
            self._task = self.hass.async_create_task(
                async_train(self.hass, self.accounts, self.satellite)
            )
        if not self._task.done():
            return self.async_show_progress(
                step_id="training",
                progress_action="training",
                progress_task=self._task,
            )
        task, self._task = self._task, None
        try:
            task.result()
        except VoiceError as error:
            self._trouble = await async_dialog_words(self.hass, error)
            return self.async_show_progress_done(next_step_id="keywords_failed")
        return self.async_show_progress_done(next_step_id="keywords_done")

    async def async_step_keywords_failed(
        self, _user_input: dict[str, Any] | None = None
    ) -> ResultT:
        """Tell why Porcupine is not ready to hear."""
        return self.async_show_menu(
            step_id="keywords_failed",
            menu_options=["keywords", "hearing", "keywords_done"],
            description_placeholders={"error": self._trouble},
        )

    async def async_step_keywords_done(
        self, _user_input: dict[str, Any] | None = None
    ) -> ResultT:
        """Go on, whether or not Porcupine is ready."""
        return await self._after_hearing()


@callback
def first_entity(
    hass: HomeAssistant, domain: str, without: Collection[str] = ()
) -> str | None:
    """Suggest an entity of a domain."""
    entities = sorted(hass.states.async_entity_ids(domain))
    return next((entity for entity in entities if entity not in without), None)
