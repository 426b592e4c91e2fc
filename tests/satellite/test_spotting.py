"""Porcupine takes over when it can; whatever it lacks, the built-in spotter hears."""

import asyncio
import sys
import threading
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pvporcupine
import pytest
from homeassistant.config_entries import SOURCE_REAUTH
from homeassistant.helpers import issue_registry as ir

from custom_components.reply_satellite.const import DOMAIN, SpotterChoice
from custom_components.reply_satellite.satellite import spotting
from custom_components.reply_satellite.voice.hearing import (
    network,
    porcupine_models,
    spotter,
)
from custom_components.reply_satellite.voice.hearing.spotter import Keyword
from custom_components.reply_satellite.voice.machine import Phase
from tests.house.voices import say
from tests.residence import MakeResidence, Residence
from tests.voice.hearing.hardware import MARKS
from tests.voice.hearing.picovoice import FIT, UNFIT, Engine, Trainer

KEY = "secret-key-0123456789"
MODELS = {"reply_ppn": str(FIT), "snapshot_ppn": str(FIT)}

type Choose = Callable[..., Any]


@pytest.fixture
def choose(make_residence: MakeResidence) -> Choose:
    """Make a residence whose satellite is to hear with Porcupine."""

    async def make(models: Mapping[str, str] = MODELS, key: str = KEY) -> Residence:
        choices = {"spotter": "porcupine", **models}
        return await make_residence(choices, porcupine_access_key=key)

    return make


class Porcupine:
    """Stands for the library with a key it accepts: makes engines, or fails."""

    def __init__(self) -> None:
        """Accept the key."""
        self.engines: list[Engine] = []
        self.failures: list[Exception] = []
        self.released = threading.Event()
        self.released.set()

    def create(self, **wanted: Any) -> Engine:
        """Take the place of pvporcupine.create."""
        self.released.wait(20)
        if self.failures:
            raise self.failures.pop(0)
        engine = Engine(len(wanted["keyword_paths"]))
        self.engines.append(engine)
        return engine


@pytest.fixture
def porcupine(monkeypatch: pytest.MonkeyPatch) -> Porcupine:
    """Porcupine, with a key that is accepted."""
    made = Porcupine()
    monkeypatch.setattr(pvporcupine, "create", made.create)
    monkeypatch.setattr(spotting, "FIRST_WAIT", 0.05)
    return made


def told(residence: Residence) -> dict[str, Mapping[str, str]]:
    """Our open issues: their keys, and what is filled in."""
    return {
        str(issue.translation_key): issue.translation_placeholders or {}
        for (domain, _), issue in ir.async_get(residence.hass).issues.items()
        if domain == DOMAIN
    }


async def hears(residence: Residence, sound: bytes) -> None:
    """See that "computer" begins a recording."""
    residence.microphone.play(sound)
    await residence.until_phase(Phase.RECORDING)
    await residence.call("stop")
    await residence.until_phase(Phase.IDLE)


async def built_in_hears(residence: Residence) -> None:
    """See that a spoken "computer" is heard, which the engine's stand-in can't."""
    await hears(residence, say("computer", 1.0).samples.tobytes())
    assert residence.satellite.ears.spotter is SpotterChoice.BUILTIN


async def porcupine_hears(residence: Residence) -> None:
    """See that the mark is heard that only the engine's stand-in knows."""
    sound = np.zeros(16_000, np.int16)
    sound[8_000] = MARKS[Keyword.COMPUTER]
    await hears(residence, sound.tobytes())
    assert residence.satellite.ears.spotter is SpotterChoice.PORCUPINE


async def test_porcupine_takes_over(choose: Choose, porcupine: Porcupine) -> None:
    residence = await choose()
    await residence.until(lambda: bool(porcupine.engines))
    await porcupine_hears(residence)
    assert told(residence) == {}


async def test_until_porcupine_has_started_the_built_in_spotter_hears(
    choose: Choose, porcupine: Porcupine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spotting, "SLOW", 0.05)
    porcupine.released.clear()
    residence = await choose()
    await built_in_hears(residence)
    assert told(residence).keys() == {"porcupine_too_slow"}
    porcupine.released.set()
    await residence.until(lambda: not told(residence))
    await porcupine_hears(residence)


async def test_porcupine_is_given_up_and_taken_up_with_the_microphone(
    choose: Choose, porcupine: Porcupine
) -> None:
    residence = await choose()
    await residence.until(lambda: bool(porcupine.engines))
    await porcupine_hears(residence)
    await switch(residence, "off")
    await residence.until(lambda: porcupine.engines[0].deleted)
    assert residence.satellite.ears.spotter is None
    await switch(residence, "on")
    await residence.until(lambda: len(porcupine.engines) == 2)
    await porcupine_hears(residence)


async def switch(residence: Residence, state: str) -> None:
    """Turn listening on or off."""
    data = {"entity_id": "switch.kitchen_listening"}
    await residence.hass.services.async_call(
        "switch", f"turn_{state}", data, blocking=True
    )


async def test_nobody_waits_for_porcupine_any_more(
    choose: Choose, porcupine: Porcupine
) -> None:
    porcupine.released.clear()
    residence = await choose()
    await switch(residence, "off")
    await residence.until_phase(Phase.MUTED)
    await asyncio.sleep(0.05)
    porcupine.released.set()
    await residence.until(lambda: bool(porcupine.engines))
    await residence.until(lambda: porcupine.engines[0].deleted)


async def test_without_a_key_the_built_in_spotter_was_chosen(
    make_residence: MakeResidence, porcupine: Porcupine
) -> None:
    residence = await make_residence({"spotter": "porcupine", **MODELS})
    await built_in_hears(residence)
    assert residence.satellite.settings.spotter == "builtin"
    assert not porcupine.engines
    assert told(residence) == {}


# --- failures ---


def _error(name: str) -> Exception:
    error: Exception = getattr(pvporcupine, f"Porcupine{name}Error")(f"of {KEY}")
    return error


@pytest.mark.parametrize(
    ("failure", "issue"),
    [
        (_error("Activation"), "wrong_key"),
        (_error("ActivationLimit"), "no_funds"),
        (_error("Memory"), "refused"),
        (AttributeError("a fault of ours"), "failed"),
    ],
    ids=lambda value: value if isinstance(value, str) else type(value).__name__,
)
async def test_what_does_not_pass_is_told_and_not_tried_again(
    choose: Choose,
    porcupine: Porcupine,
    caplog: pytest.LogCaptureFixture,
    failure: Exception,
    issue: str,
) -> None:
    porcupine.failures = [failure]
    residence = await choose()
    await residence.until(lambda: bool(told(residence)))
    assert told(residence).keys() == {f"porcupine_{issue}"}
    await built_in_hears(residence)
    assert not porcupine.engines
    flows = residence.hass.config_entries.flow.async_progress()
    asked = [flow for flow in flows if flow["context"]["source"] == SOURCE_REAUTH]
    assert len(asked) == (issue == "wrong_key")
    assert KEY not in caplog.text


@pytest.mark.parametrize(
    ("failure", "issue"),
    [("ActivationThrottled", "busy"), ("Runtime", "unreachable")],
)
async def test_what_passes_is_told_and_tried_again(
    choose: Choose, porcupine: Porcupine, failure: str, issue: str
) -> None:
    porcupine.failures = [_error(failure)] * 3
    told_issues: list[str] = []
    residence = await choose()
    while porcupine.failures:
        told_issues += told(residence)
        await asyncio.sleep(0.01)
    assert set(told_issues) == {f"porcupine_{issue}"}
    await residence.until(lambda: not told(residence))
    await porcupine_hears(residence)


@pytest.mark.parametrize("failure", ["ActivationThrottled", "Activation"])
async def test_porcupine_fails_in_the_middle(
    choose: Choose, porcupine: Porcupine, failure: str
) -> None:
    residence = await choose()
    await residence.until(lambda: bool(porcupine.engines))
    await porcupine_hears(residence)
    porcupine.engines[0].failure = _error(failure)
    await residence.until(lambda: porcupine.engines[0].deleted)
    if failure == "Activation":
        await residence.until(lambda: bool(told(residence)))
        assert told(residence).keys() == {"porcupine_wrong_key"}
        await built_in_hears(residence)
    else:
        await residence.until(lambda: len(porcupine.engines) == 2)
        await porcupine_hears(residence)


# --- failures of the real library ---


async def test_a_key_of_another_form(choose: Choose) -> None:
    residence = await choose(key="x")
    await residence.until(lambda: bool(told(residence)))
    assert told(residence).keys() == {"porcupine_wrong_key"}
    await built_in_hears(residence)


async def test_a_model_of_another_platform(choose: Choose) -> None:
    residence = await choose(MODELS | {"reply_ppn": str(UNFIT)})
    await residence.until(lambda: bool(told(residence)))
    assert told(residence).keys() == {"porcupine_keyword_file_platform"}
    await built_in_hears(residence)


async def test_a_model_of_another_version(choose: Choose, porcupine: Porcupine) -> None:
    """In the words of version 4.0.3 for a file of version 3."""
    words = (
        "Keyword file (.ppn) file belongs to a different version of the library. "
        "File is `3.0.0` while library is `4.0.0`."
    )
    unfit = pvporcupine.PorcupineInvalidArgumentError("Initialization failed", [words])
    porcupine.failures = [unfit]
    residence = await choose()
    await residence.until(lambda: bool(told(residence)))
    issue = told(residence)["porcupine_keyword_file_version"]
    assert "File is 3.0.0 while library is 4.0.0" in issue["detail"]
    await built_in_hears(residence)


async def test_a_library_that_does_not_load(
    choose: Choose, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """On musl the wheel installs, and its library does not load."""
    library = tmp_path / "libpv_porcupine.so"
    library.write_bytes(b"\x7fELF of another world")
    create = pvporcupine.create
    monkeypatch.setattr(
        pvporcupine,
        "create",
        lambda **wanted: create(library_path=str(library), **wanted),
    )
    residence = await choose()
    await residence.until(lambda: bool(told(residence)))
    assert told(residence).keys() == {"porcupine_unusable"}
    await built_in_hears(residence)


async def test_a_processor_porcupine_does_not_know(
    choose: Choose, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "pvporcupine.py").write_text(
        "raise NotImplementedError(\"Unsupported CPU: '0xd05'.\")"
    )
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "pvporcupine")
    residence = await choose()
    await residence.until(lambda: bool(told(residence)))
    assert "0xd05" in told(residence)["porcupine_unusable"]["detail"]
    await built_in_hears(residence)


# --- words that are trained ---


async def test_words_without_a_model_are_trained_once(
    choose: Choose, monkeypatch: pytest.MonkeyPatch
) -> None:
    trainer, made = Trainer(), Porcupine()
    create = pvporcupine.create

    def start(**wanted: Any) -> Any:
        # Without the key for a check of a file, with it for hearing.
        real = wanted["access_key"] == porcupine_models._NO_KEY
        return create(**wanted) if real else made.create(**wanted)

    monkeypatch.setattr(pvporcupine, "create", start)
    with trainer.serving() as address:
        monkeypatch.setattr(pvporcupine._util, "PV_API_URL", address)
        residence = await choose({})
        await residence.until(lambda: bool(made.engines))
        await porcupine_hears(residence)
        await residence.hass.config_entries.async_reload(residence.entry.entry_id)
        await residence.until(lambda: len(made.engines) == 2)
    phrases = [body["phrase"] for _, _, body in trainer.asked]
    assert phrases == ["reply", "snapshot"]
    folder = spotting.keyword_folder(residence.hass)
    assert len(list(folder.iterdir())) == 2
    await residence.hass.config_entries.async_remove(residence.entry.entry_id)
    assert not folder.exists()


async def test_words_that_can_not_be_trained(
    choose: Choose, monkeypatch: pytest.MonkeyPatch
) -> None:
    trainer = Trainer()
    trainer.status = 403
    with trainer.serving() as address:
        monkeypatch.setattr(pvporcupine._util, "PV_API_URL", address)
        residence = await choose({})
        await residence.until(lambda: bool(told(residence)))
    assert told(residence).keys() == {"porcupine_wrong_key"}
    await built_in_hears(residence)


# --- the built-in spotter ---


async def test_nobody_is_told_of_a_broken_model_while_porcupine_hears(
    choose: Choose,
    porcupine: Porcupine,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    porcupine.released.clear()
    damaged = partial(network.load_model, tmp_path / "damaged.json")
    monkeypatch.setattr(spotter, "load_model", damaged)
    residence = await choose()
    await residence.until(lambda: "spotter_failed" in told(residence))
    porcupine.released.set()
    await residence.until(lambda: not told(residence))
    await porcupine_hears(residence)


async def test_a_broken_model_of_our_own_is_told(
    make_residence: MakeResidence, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with monkeypatch.context() as broken:
        damaged = partial(network.load_model, tmp_path / "damaged.json")
        broken.setattr(spotter, "load_model", damaged)
        residence = await make_residence()
        await residence.until(lambda: bool(told(residence)))
    assert told(residence).keys() == {"spotter_failed"}
    assert residence.satellite.ears.spotter is None
    await switch(residence, "off")
    await residence.until_phase(Phase.MUTED)
    await switch(residence, "on")
    await residence.until(lambda: not told(residence))
    await built_in_hears(residence)
