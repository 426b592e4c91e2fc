"""Adding and changing a satellite."""

from typing import Any, override

from homeassistant.config_entries import (
    SOURCE_RECONFIGURE,
    ConfigSubentryFlow,
    SubentryFlowContext,
    SubentryFlowResult,
)

from .satellite_steps import SatelliteSteps


class SatelliteSubentryFlow(
    SatelliteSteps[SubentryFlowContext, SubentryFlowResult, tuple[str, str]],
    ConfigSubentryFlow,
):
    """All the steps for a new satellite, one of them for one that is there."""

    async def async_step_user(
        self, _user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Add a satellite."""
        self.accounts = self._get_entry().data
        self.satellite = {}
        return await self.async_step_hearing()

    async def async_step_reconfigure(
        self, _user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Ask what is to be changed."""
        subentry = self._get_reconfigure_subentry()
        self.accounts = self._get_entry().data
        self.satellite = dict(subentry.data)
        self.name = subentry.title
        self.only_one = True
        return self.async_show_menu(
            step_id="reconfigure",
            menu_options=["hearing", "room", "assistant", "voice"],
        )

    @override
    async def async_step_finish(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Keep the satellite."""
        if self.source != SOURCE_RECONFIGURE:
            return self.async_create_entry(title=self.name, data=self.satellite)
        entry, subentry = self._get_entry(), self._get_reconfigure_subentry()
        if entry.update_listeners:
            return self.async_update_and_abort(
                entry, subentry, title=self.name, data=self.satellite
            )
        return self.async_update_reload_and_abort(
            entry, subentry, title=self.name, data=self.satellite
        )
