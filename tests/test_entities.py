"""Tests of what the entities show that no other test looks at."""

from http import HTTPStatus

from homeassistant.components import frontend
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from homeassistant.setup import async_setup_component
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.reply_satellite.const import DOMAIN
from custom_components.reply_satellite.frontend import CARD, async_register_card

from .residence import CAMERA, Residence


async def test_the_tokens_of_the_last_turn(residence: Residence) -> None:
    sensor = "sensor.kitchen_tokens_of_the_last_turn"
    assert residence.hass.states.get(sensor) is None
    registry = er.async_get(residence.hass)
    registry.async_update_entity(sensor, disabled_by=None)
    await residence.hass.config_entries.async_reload(residence.entry.entry_id)
    await residence.hass.async_block_till_done()
    assert residence.state(sensor) == "unknown"
    await residence.call("ask", text="How are you?", speak=False)
    await residence.until_idle()
    usage = residence.satellite.memory.turns[-1].usage
    assert int(residence.state(sensor)) == usage.input + usage.output > 0
    state = residence.hass.states.get(sensor)
    assert state is not None
    assert state.attributes["output"] == usage.output


async def test_the_last_snapshot_is_shown(
    residence: Residence, hass_client: ClientSessionGenerator
) -> None:
    address = "/api/image_proxy/image.kitchen_last_snapshot"
    client = await hass_client()
    answer = await client.get(address)
    assert answer.status == HTTPStatus.INTERNAL_SERVER_ERROR
    await residence.call("ask", text="Look", cameras=[CAMERA], speak=False)
    await residence.until_idle()
    answer = await client.get(address)
    assert answer.status == HTTPStatus.OK
    last = residence.satellite.gallery.last
    assert last is not None
    assert await answer.read() == last.jpeg


async def test_dashboards_load_the_card(
    hass: HomeAssistant,
    enable_custom_integrations: None,
    socket_enabled: None,
) -> None:
    added: list[str] = []
    hass.config.components.add(frontend.DOMAIN)
    hass.data[frontend.DATA_EXTRA_MODULE_URL] = frontend.UrlManager(
        lambda _, address: added.append(address), []
    )
    assert await async_setup_component(hass, "http", {})
    await async_register_card(hass)
    (address,) = added
    assert address.startswith(f"/{DOMAIN}/{CARD}?v=")
