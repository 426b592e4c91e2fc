"""Who may do what with a satellite: what they may do with its entities."""

from homeassistant.auth.models import User
from homeassistant.auth.permissions.const import POLICY_CONTROL, POLICY_READ
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant, ServiceCall
from homeassistant.exceptions import Unauthorized, UnknownUser
from homeassistant.helpers import entity_registry as er

from .const import DOMAIN
from .coordinator import Satellite


async def async_check_call(call: ServiceCall, satellite: Satellite) -> None:
    """Let an action pass that its caller may do: automations may do anything.

    Raises Unauthorized or UnknownUser.
    """
    if call.context.user_id is None:
        return
    user = await call.hass.auth.async_get_user(call.context.user_id)
    if user is None:
        raise UnknownUser(context=call.context)
    entity_id = _entity_id(call.hass, satellite)
    if not user.permissions.check_entity(entity_id, POLICY_CONTROL):
        raise Unauthorized(
            context=call.context, entity_id=entity_id, permission=POLICY_CONTROL
        )


def check_watcher(user: User, satellite: Satellite) -> None:
    """Let a user pass who may see what a satellite hears. Raises Unauthorized."""
    entity_id = _entity_id(satellite.hass, satellite)
    if not user.permissions.check_entity(entity_id, POLICY_READ):
        raise Unauthorized(user_id=user.id, entity_id=entity_id, permission=POLICY_READ)


def _entity_id(hass: HomeAssistant, satellite: Satellite) -> str:
    """The entity that stands for a satellite: what it is doing."""
    registry, key = er.async_get(hass), f"{satellite.id}_conversation"
    return registry.async_get_entity_id(Platform.SENSOR, DOMAIN, key) or ""
