"""Setting up the accounts, and with them the first satellite."""

from collections.abc import Mapping
from typing import Any, override

import yarl
from homeassistant.config_entries import (
    ConfigEntry,
    ConfigFlow,
    ConfigFlowContext,
    ConfigFlowResult,
    ConfigSubentryFlow,
)
from homeassistant.core import callback

from . import const
from .accounts import KEYS, async_check
from .failures import ATTR_SERVICE
from .flows import schemas
from .flows.satellite_steps import SatelliteSteps
from .flows.subentry_flow import SatelliteSubentryFlow
from .voice.errors import Service, WrongKeyError


class ReplySatelliteConfigFlow(
    SatelliteSteps[ConfigFlowContext, ConfigFlowResult, str],
    ConfigFlow,
    domain=const.DOMAIN,
):
    """The accounts, then one satellite; later, other keys for the accounts."""

    VERSION = 1
    MINOR_VERSION = 1

    def __init__(self) -> None:
        """Begin with nothing chosen."""
        self.accounts: dict[str, Any] = {}
        self.satellite: dict[str, Any] = {}
        self._refused: list[str] = []

    @classmethod
    @callback
    @override
    def async_get_supported_subentry_types(
        cls, config_entry: ConfigEntry
    ) -> dict[str, type[ConfigSubentryFlow]]:
        """Satellites can be added, changed and removed."""
        return {const.SUBENTRY_SATELLITE: SatelliteSubentryFlow}

    @override
    async def async_step_user(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Take the accounts, and prove that they work."""
        errors: dict[str, str] = {}
        if user_input is not None:
            self.accounts = _given(schemas.flat(user_input))
            errors = await self._check()
            if not errors:
                return await self.async_step_hearing()
        return self._show_accounts("user", self.accounts, errors)

    async def async_step_reconfigure(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Change the accounts: a key left empty stays as it is."""
        entry = self._get_reconfigure_entry()
        errors: dict[str, str] = {}
        if user_input is None:
            self.accounts = dict(entry.data)
        else:
            given = schemas.flat(user_input)
            forgotten = {
                KEYS[Service(name)] for name in given.pop(schemas.FIELD_FORGET)
            }
            kept = {
                key: entry.data[key] for key in schemas.KEY_FIELDS if key in entry.data
            }
            self.accounts = {
                key: value
                for key, value in (kept | _given(given)).items()
                if key not in forgotten
            }
            errors = await self._check()
            if not errors:
                return self._keep(entry)
        optional = [
            str(service)
            for service, key in KEYS.items()
            if service is not Service.OPENAI and key in entry.data
        ]
        return self._show_accounts("reconfigure", self.accounts, errors, optional)

    def _show_accounts(
        self,
        step_id: str,
        data: Mapping[str, Any],
        errors: dict[str, str],
        optional: list[str] | None = None,
    ) -> ConfigFlowResult:
        return self.async_show_form(
            step_id=step_id,
            data_schema=schemas.accounts(data, optional or ()),
            errors=errors,
            description_placeholders={
                "openai_url": "https://platform.openai.com/api-keys",
                "assemblyai_url": "https://www.assemblyai.com/dashboard/api-keys",
                "elevenlabs_url": "https://elevenlabs.io/app/settings/api-keys",
            },
        )

    async def async_step_reauth(
        self, entry_data: Mapping[str, Any]
    ) -> ConfigFlowResult:
        """Ask for the key that a service did not take (any more)."""
        self.accounts = dict(self._get_reauth_entry().data)
        if service := entry_data.get(ATTR_SERVICE):
            self._refused = [KEYS[Service(service)]]
        else:
            failures = await async_check(self.hass, self.accounts)
            self._refused = [
                KEYS[service]
                for service, error in failures.items()
                if isinstance(error, WrongKeyError)
            ] or [const.CONF_OPENAI_KEY]
        return await self.async_step_reauth_confirm()

    async def async_step_reauth_confirm(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Take the new key, and prove that it works."""
        errors: dict[str, str] = {}
        if user_input is not None:
            self.accounts |= _given(user_input)
            found = await self._check()
            errors = {key: found[key] for key in self._refused if key in found}
            if not errors:
                return self._keep(self._get_reauth_entry())
        return self.async_show_form(
            step_id="reauth_confirm",
            data_schema=schemas.keys(self._refused),
            errors=errors,
        )

    @override
    async def async_step_finish(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Keep the accounts and their first satellite."""
        return self.async_create_entry(
            title="Reply Satellite",
            data=self.accounts,
            subentries=[
                {
                    "subentry_type": const.SUBENTRY_SATELLITE,
                    "title": self.name,
                    "data": self.satellite,
                    "unique_id": None,
                }
            ],
        )

    async def _check(self) -> dict[str, str]:
        """Try the accounts; tells what is wrong, by field."""
        errors: dict[str, str] = {
            key: "invalid_url"
            for key in schemas.URL_FIELDS
            if key in self.accounts and not _is_http(self.accounts[key])
        }
        if not {const.CONF_OPENAI_KEY, const.CONF_OPENAI_URL} & self.accounts.keys():
            errors[const.CONF_OPENAI_KEY] = "key_needed"
        if errors:
            return errors
        failures = await async_check(self.hass, self.accounts)
        return {KEYS[service]: error.key for service, error in failures.items()}

    def _keep(self, entry: ConfigEntry) -> ConfigFlowResult:
        """Keep changed accounts; they are in use at once."""
        if entry.update_listeners:
            return self.async_update_and_abort(entry, data=self.accounts)
        return self.async_update_reload_and_abort(entry, data=self.accounts)


def _given(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Leave out the fields that are empty."""
    return {key: value for key, value in fields.items() if value not in ("", None)}


def _is_http(address: str) -> bool:
    """Tell whether an address can be asked at all."""
    try:
        url = yarl.URL(address)
    except ValueError:
        return False
    return url.scheme in ("http", "https") and bool(url.host)
