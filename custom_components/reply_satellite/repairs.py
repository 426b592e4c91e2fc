"""Repairs that one click does: answer a question that could not be answered."""

from typing import TYPE_CHECKING, cast

from homeassistant.components.repairs import (
    RepairsFlow,
    RepairsFlowResult,
)
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant

from . import failures
from .satellite import asking

if TYPE_CHECKING:
    from .coordinator import Satellite
    from .household import ReplySatelliteConfigEntry


class RetryFlow(RepairsFlow):
    """Tries a failed turn again; its answer is spoken."""

    async def async_step_init(
        self, _user_input: dict[str, str] | None = None
    ) -> RepairsFlowResult:
        """Ask first: the answer will be heard in the room."""
        satellite = self._satellite
        return self.async_show_form(
            step_id="confirm",
            description_placeholders={
                "satellite": "-" if satellite is None else satellite.name
            },
        )

    async def async_step_confirm(
        self, _user_input: dict[str, str] | None = None
    ) -> RepairsFlowResult:
        """Try again, if the recording is still there."""
        if (satellite := self._satellite) is None:
            return self.async_abort(reason="gone")
        turn = satellite.memory.turn(self._issue["turn_id"])
        if (
            turn is None
            or not turn.retryable
            or not await asking.is_kept(satellite, turn)
        ):
            failures.not_owed(satellite)
            return self.async_abort(reason="gone")
        satellite.background(asking.retry_unasked(satellite, turn), "retry")
        return self.async_create_entry(data={})

    @property
    def _issue(self) -> dict[str, str]:
        """What the issue was raised with."""
        return cast("dict[str, str]", self.data)

    @property
    def _satellite(self) -> Satellite | None:
        """The satellite of the issue, if it is there and runs."""
        entry = self.hass.config_entries.async_get_entry(self._issue["entry_id"])
        if entry is None or entry.state is not ConfigEntryState.LOADED:
            return None
        household = cast("ReplySatelliteConfigEntry", entry).runtime_data
        return household.satellites.get(self._issue["satellite_id"])


async def async_create_fix_flow(
    hass: HomeAssistant,
    issue_id: str,
    data: dict[str, str | int | float | None] | None,
) -> RepairsFlow:
    """Return the flow that fixes an issue."""
    return RetryFlow()
