"""Packages that not every machine can have: installed when a choice needs them."""

import importlib.util
import platform
import shutil
from pathlib import Path
from typing import Final

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
from homeassistant.requirements import RequirementsNotFound, async_process_requirements

from .const import DOMAIN, SUBENTRY_SATELLITE, SpotterChoice
from .satellite.settings import Settings
from .voice.hearing.inputs import DEFAULT

PYAUDIO: Final = "PyAudio==0.2.14"
PORTAUDIO_HEADERS: Final = (
    Path("/usr/include/portaudio.h"),
    Path("/usr/local/include/portaudio.h"),
)
"""PyAudio has no wheels for Linux: without these it can't be built."""

PORCUPINE: Final = "pvporcupine==4.0.3"
PORCUPINE_ON_MUSL: Final = "pvporcupine==3.0.5"
"""The last one whose library loads on x86-64 without glibc."""

MICRO_VAD: Final = "pymicro-vad>=1.0,<2"
"""As Assist's own, which Home Assistant's image brings. It has no wheels either."""

THROUGH_PYAUDIO: Final = "pyaudio:"
"""How the ids of the inputs begin that only PyAudio can open."""


def has_pyaudio() -> bool:
    """Whether PyAudio is there."""
    return importlib.util.find_spec("pyaudio") is not None


def has_micro_vad() -> bool:
    """Whether microVAD is there."""
    return importlib.util.find_spec("pymicro_vad") is not None


def has_porcupine() -> bool:
    """Whether Porcupine is there."""
    return importlib.util.find_spec("pvporcupine") is not None


async def async_provide(hass: HomeAssistant, entry: ConfigEntry) -> None:
    """Install what an entry's satellites need, and tell what is not to be had here."""
    # What nobody needs is not missed, whatever was told before.
    there = dict.fromkeys(("pyaudio", "pvporcupine", "pymicro_vad"), True)
    for subentry in entry.get_subentries_of_type(SUBENTRY_SATELLITE):
        settings = Settings.of(subentry.data, entry.data)
        if settings.microphone.startswith(THROUGH_PYAUDIO):
            there["pyaudio"] = await async_provide_pyaudio(hass)
        if settings.spotter is SpotterChoice.PORCUPINE:
            there["pvporcupine"] = await async_provide_porcupine(hass)
        if settings.silence_end:
            there["pymicro_vad"] = await async_provide_micro_vad(hass)
    for package, is_there in there.items():
        issue_id = f"not_installed_{package}"
        if is_there:
            ir.async_delete_issue(hass, DOMAIN, issue_id)
            continue
        ir.async_create_issue(
            hass,
            DOMAIN,
            issue_id,
            is_fixable=False,
            severity=ir.IssueSeverity.WARNING,
            translation_key=issue_id,
        )


def usable_microphone(device: str) -> str:
    """The chosen input, or the default where nothing here can open the chosen one."""
    if device.startswith(THROUGH_PYAUDIO) and not has_pyaudio():
        return DEFAULT
    return device


async def async_provide_pyaudio(hass: HomeAssistant) -> bool:
    """Install PyAudio where it can be built. Tells whether it is there."""
    if not await hass.async_add_executor_job(_can_build_pyaudio):
        return has_pyaudio()
    return await _async_provide(hass, PYAUDIO)


async def async_provide_porcupine(hass: HomeAssistant) -> bool:
    """Install Porcupine, in the version this machine can load."""
    if has_porcupine():
        return True
    libc, _ = await hass.async_add_executor_job(platform.libc_ver)
    musl_on_intel = libc != "glibc" and platform.machine() == "x86_64"
    return await _async_provide(hass, PORCUPINE_ON_MUSL if musl_on_intel else PORCUPINE)


async def async_provide_micro_vad(hass: HomeAssistant) -> bool:
    """Install microVAD where it is missing and can be built. Tells if it is there."""
    if has_micro_vad() or shutil.which("c++") is None:
        return has_micro_vad()
    return await _async_provide(hass, MICRO_VAD)


def _can_build_pyaudio() -> bool:
    """Look before pip tries for half a minute. Blocking."""
    return (
        not has_pyaudio()
        and shutil.which("cc") is not None
        and any(header.exists() for header in PORTAUDIO_HEADERS)
    )


async def _async_provide(hass: HomeAssistant, requirement: str) -> bool:
    """Have Home Assistant install a requirement. Tells whether it is there."""
    try:
        await async_process_requirements(hass, DOMAIN, [requirement], is_built_in=False)
    except RequirementsNotFound:
        # Home Assistant logs pip's words, and does not try again until it restarts.
        return False
    return True
