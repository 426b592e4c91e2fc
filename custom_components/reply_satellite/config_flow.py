"""Setting up the accounts, and with them the first satellite."""

from collections.abc import Iterable, Mapping
from typing import Any, override

import yarl
from homeassistant.config_entries import (
    SOURCE_REAUTH,
    ConfigEntry,
    ConfigFlow,
    ConfigFlowContext,
    ConfigFlowResult,
    ConfigSubentryFlow,
)
from homeassistant.core import callback

from . import const
from .accounts import KEYS, async_check, changed
from .failures import ATTR_SERVICE
from .flows import schemas
from .flows.hearing_steps import first_entity
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
        self._refused: list[Service] = []

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
            self._take(user_input)
            errors = await self._check(KEYS)
            if not errors:
                return await self.async_step_hearing()
        return self._show_accounts("user", errors)

    async def async_step_reconfigure(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Change the accounts: a key left empty stays as it is."""
        entry = self._get_reconfigure_entry()
        errors: dict[str, str] = {}
        if user_input is None:
            self.accounts = dict(entry.data)
        else:
            self._take(user_input)
            errors = await self._check(changed(entry.data, self.accounts))
            if not errors:
                return self._keep(entry)
        return self._show_accounts("reconfigure", errors)

    def _take(self, user_input: Mapping[str, Any]) -> None:
        """Take what was entered; a key that was left empty stays as it is."""
        given = schemas.flat(user_input)
        forgotten = {
            KEYS[Service(name)] for name in given.pop(schemas.FIELD_FORGET, ())
        }
        kept = {
            key: self.accounts[key]
            for key in schemas.KEY_FIELDS
            if key in self.accounts
        }
        self.accounts = {
            key: value
            for key, value in (kept | _given(given)).items()
            if key not in forgotten
        }

    def _show_accounts(self, step_id: str, errors: dict[str, str]) -> ConfigFlowResult:
        return self.async_show_form(
            step_id=step_id,
            data_schema=schemas.accounts(self.accounts),
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
            self._refused = [Service(service)]
        else:
            failures = await async_check(self.hass, self.accounts)
            self._refused = [
                service
                for service, error in failures.items()
                if isinstance(error, WrongKeyError)
            ] or [Service.OPENAI]
        return await self.async_step_reauth_confirm()

    async def async_step_reauth_confirm(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Take the new key, and prove that it works."""
        errors: dict[str, str] = {}
        if user_input is not None:
            self.accounts |= _given(user_input)
            errors = await self._check(self._refused)
            if not errors:
                return self._keep(self._get_reauth_entry())
        return self.async_show_form(
            step_id="reauth_confirm",
            data_schema=schemas.keys(KEYS[service] for service in self._refused),
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

    async def _check(self, services: Iterable[Service]) -> dict[str, str]:
        """Try services of the accounts; tells what is wrong, by field."""
        errors: dict[str, str] = {
            key: WrongKeyError.key
            for key in schemas.KEY_FIELDS
            if key in self.accounts and not _can_be_sent(self.accounts[key])
        }
        addresses = [self.accounts.get(key) for key in schemas.URL_FIELDS]
        if not all(_is_http(address) for address in addresses if address is not None):
            # What is wrong with a field in a section is only shown at the section.
            errors[schemas.SECTION_SERVERS] = "invalid_url"
        if not {const.CONF_OPENAI_KEY, const.CONF_OPENAI_URL} & self.accounts.keys():
            errors[const.CONF_OPENAI_KEY] = "key_needed"
        if (
            self.source != SOURCE_REAUTH
            and const.CONF_ASSEMBLYAI_KEY not in self.accounts
            and first_entity(self.hass, "stt") is None
        ):
            errors[const.CONF_ASSEMBLYAI_KEY] = "key_or_entity_needed"
        if errors:
            return errors
        failures = await async_check(self.hass, self.accounts, services)
        return {KEYS[service]: error.key for service, error in failures.items()}

    def _keep(self, entry: ConfigEntry) -> ConfigFlowResult:
        """Keep changed accounts; they are in use at once."""
        if entry.update_listeners:
            return self.async_update_and_abort(entry, data=self.accounts)
        return self.async_update_reload_and_abort(entry, data=self.accounts)


def _given(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Leave out the fields that are empty, and what surrounds the others."""
    given = {
        key: value.strip() if isinstance(value, str) else value
        for key, value in fields.items()
    }
    return {key: value for key, value in given.items() if value not in ("", None)}


def _can_be_sent(key: str) -> bool:
    """Tell whether a header can hold a key; else it is none."""
    return key.isascii() and key.isprintable()


def _is_http(address: str) -> bool:
    """Tell whether an address can be asked at all."""
    try:
        url = yarl.URL(address)
    except ValueError:
        return False
    return url.scheme in ("http", "https") and bool(url.host)
