"""Which spotter a satellite hears with: the built-in one, or Porcupine once it can."""

import asyncio
import logging
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from homeassistant.core import HomeAssistant, callback

from .. import failures
from ..const import CONF_PORCUPINE_KEY, DOMAIN, SpotterChoice
from ..packages import has_porcupine
from ..voice.errors import Service, TooSlowError, VoiceError
from ..voice.hearing.listener import Listener
from ..voice.hearing.porcupine import PorcupineSpotter
from ..voice.hearing.porcupine_models import keyword_files
from ..voice.hearing.spotter import BuiltinSpotter, Spotter
from .settings import Settings

if TYPE_CHECKING:
    from ..coordinator import Satellite

_LOGGER = logging.getLogger(__name__)

SLOW: Final = 30.0
"""Seconds after which the user is told that Porcupine does not start."""

FIRST_WAIT: Final = 60.0
LONGEST_WAIT: Final = 3600.0
"""Seconds before Porcupine is tried again: doubled from first to longest."""


def keyword_folder(hass: HomeAssistant) -> Path:
    """Where Porcupine's models are kept, uploaded or trained."""
    return Path(hass.config.path(DOMAIN, "keywords"))


def forget_keyword_files(hass: HomeAssistant) -> None:
    """Remove Porcupine's models; nothing there is fine. Blocking."""
    shutil.rmtree(keyword_folder(hass), ignore_errors=True)


def porcupine_maker(
    hass: HomeAssistant, accounts: Mapping[str, Any], settings: Settings
) -> Callable[[], Spotter] | None:
    """How Porcupine is started, where it was chosen and is installed.

    What is given back trains the words there is no model of. It blocks, without a
    limit, and raises VoiceError.
    """
    if settings.spotter is SpotterChoice.BUILTIN or not has_porcupine():
        return None
    key = accounts[CONF_PORCUPINE_KEY]
    folder = keyword_folder(hass)

    def make() -> Spotter:
        files = keyword_files(key, settings.keyword_files, folder)
        return PorcupineSpotter(key, files, settings.sensitivities)

    return make


class Spotting:
    """Has Porcupine take over from the built-in spotter as soon as it can.

    To start, it asks Picovoice about its key. Until it is there, and for as long as it
    fails, the built-in spotter hears.
    """

    def __init__(
        self,
        satellite: Satellite,
        listener: Listener,
        make_porcupine: Callable[[], Spotter] | None,
    ) -> None:
        """Wait until the listener begins, which it does with the built-in spotter."""
        self._satellite = satellite
        self._listener = listener
        self._make_porcupine = make_porcupine
        self._task: asyncio.Task[None] | None = None
        self.hears: SpotterChoice | None = None
        """Which one hears now; None if none does."""

    @callback
    def begin(self, wait: float = 0.0) -> None:
        """The listener listens: have Porcupine take over, after a while."""
        self.hears = SpotterChoice.BUILTIN
        failures.can_spot(self._satellite)
        if self._make_porcupine is None:
            failures.porcupine_is_well(self._satellite)
            return
        self._task = self._satellite.config_entry.async_create_background_task(
            self._satellite.hass,
            self._take_over(self._make_porcupine, wait),
            f"{self._satellite.name}: porcupine",
        )

    @callback
    def end(self) -> None:
        """The listener stops."""
        self.hears = None
        if self._task is not None:
            self._task.cancel()
            self._task = None

    @callback
    def failed(self, error: VoiceError) -> None:
        """The spotter that heard can't go on."""
        match self.hears:
            case SpotterChoice.BUILTIN:
                self.hears = None
                failures.can_not_spot(self._satellite, error)
            case SpotterChoice.PORCUPINE:
                self._listener.use_spotter(BuiltinSpotter)
                self.hears = SpotterChoice.BUILTIN
                failures.porcupine_is_out(self._satellite, error)
                if error.passing:
                    self.begin(FIRST_WAIT)

    async def _take_over(self, make: Callable[[], Spotter], wait: float) -> None:
        """Try until it works, or until trying again would not help."""
        await asyncio.sleep(wait)
        while (trouble := await self._trouble(make)) is not None:
            failures.porcupine_is_out(self._satellite, trouble)
            if not trouble.passing:
                return
            wait = min(max(2 * wait, FIRST_WAIT), LONGEST_WAIT)
            await asyncio.sleep(wait)
        self.hears = SpotterChoice.PORCUPINE
        failures.can_spot(self._satellite)
        failures.porcupine_is_well(self._satellite)

    async def _trouble(self, make: Callable[[], Spotter]) -> VoiceError | None:
        """Have Porcupine take over; tell why it does not."""
        try:
            spotter = await self._made(make)
        except VoiceError as error:
            return error
        except Exception as error:
            _LOGGER.exception("A fault in starting Porcupine")
            return VoiceError(Service.PORCUPINE, type(error).__name__)
        self._listener.use_spotter(lambda: spotter)
        return None

    async def _made(self, make: Callable[[], Spotter]) -> Spotter:
        """Start Porcupine, and tell if that takes too long. Raises VoiceError."""
        job = self._satellite.hass.async_add_executor_job(make)
        try:
            done, _ = await asyncio.wait([job], timeout=SLOW)
            if not done:
                slow = TooSlowError(Service.PORCUPINE, "it does not start")
                failures.porcupine_is_out(self._satellite, slow)
            return await asyncio.shield(job)
        except asyncio.CancelledError:
            job.add_done_callback(_let_go)
            raise


def _let_go(job: asyncio.Future[Spotter]) -> None:
    """Close a spotter that nobody waits for any more."""
    if not job.cancelled() and job.exception() is None:
        job.result().close()
