"""Tests of Porcupine's models in the flow: uploaded and checked, or trained."""

import sys
from collections.abc import Awaitable, Callable, Iterator
from functools import partial
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pvporcupine
import pytest
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.setup import async_setup_component
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.reply_satellite.const import DOMAIN
from custom_components.reply_satellite.flows import keyword_files
from custom_components.reply_satellite.satellite.spotting import keyword_folder

from ..residence import MakeResidence, PlayedMicrophone
from ..voice.hearing.picovoice import FIT, UNFIT, Trainer
from .walking import accounts, flows, microphone

__all__ = ["accounts", "flows", "microphone"]

KEY = "secret-key-0123456789"

type Submit = Callable[..., Awaitable[Any]]
type Upload = Callable[[bytes], Awaitable[str]]


@pytest.fixture
async def upload(flows: HomeAssistant, hass_client: ClientSessionGenerator) -> Upload:
    """Upload a file as the browser does; returns its id."""
    assert await async_setup_component(flows, DOMAIN, {})
    client = await hass_client()

    async def send(words: bytes) -> str:
        answer = await client.post("/api/file_upload", data={"file": words})
        assert answer.status == HTTPStatus.OK
        return str((await answer.json())["file_id"])

    return send


@pytest.fixture
async def submit(flows: HomeAssistant, accounts: dict[str, str]) -> Submit:
    """Submit what is entered at the step of the models, or at one after it."""
    data = accounts | {"porcupine_access_key": KEY}
    entry = MockConfigEntry(domain=DOMAIN, data=data)
    entry.add_to_hass(flows)
    subentries = flows.config_entries.subentries
    begun = await subentries.async_init(
        (entry.entry_id, "satellite"), context={"source": "user"}
    )
    flow_id = begun["flow_id"]

    async def go_on(entered: dict[str, Any] | None = None) -> Any:
        result = await subentries.async_configure(flow_id, entered)
        if result["type"] is FlowResultType.SHOW_PROGRESS:
            assert result["progress_action"] == "training"
            await flows.async_block_till_done()
            result = await subentries.async_configure(flow_id)
        return result

    return go_on


@pytest.fixture
def trainer(monkeypatch: pytest.MonkeyPatch) -> Iterator[Trainer]:
    """Picovoice's training service."""
    trainer = Trainer()
    with trainer.serving() as address:
        monkeypatch.setattr(pvporcupine._util, "PV_API_URL", address)
        yield trainer


async def satellite(submit: Submit) -> dict[str, Any]:
    """Go through the steps that are left; returns what is kept of the satellite."""
    await submit({})
    await submit({})
    result = await submit({})
    assert result["type"] is FlowResultType.CREATE_ENTRY
    return dict(result["data"])


async def choose_porcupine(submit: Submit) -> Any:
    """Come to the step of the models."""
    result = await submit({"spotter": "porcupine"})
    assert result["step_id"] == "keywords"
    return result


async def test_models_are_uploaded(
    flows: HomeAssistant, submit: Submit, upload: Upload
) -> None:
    await choose_porcupine(submit)
    result = await submit(
        {
            "reply_ppn": await upload(FIT.read_bytes()),
            "snapshot_ppn": await upload(FIT.read_bytes()),
        }
    )
    assert result["step_id"] == "room"
    data = await satellite(submit)
    assert data["spotter"] == "porcupine"
    assert data["reply_ppn"] != data["snapshot_ppn"]
    for key in ("reply_ppn", "snapshot_ppn"):
        assert Path(data[key]).parent == keyword_folder(flows)
        kept = await flows.async_add_executor_job(Path(data[key]).read_bytes)
        assert kept == FIT.read_bytes()


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (UNFIT.read_bytes(), "keyword_file_platform"),
        (b"not a model", "keyword_file_platform"),
        (b"PK\3\4 and more", "keyword_file_archive"),
    ],
    ids=["windows", "text", "zip"],
)
async def test_a_model_that_can_not_be_used_is_refused(
    submit: Submit, upload: Upload, trainer: Trainer, content: bytes, error: str
) -> None:
    await choose_porcupine(submit)
    result = await submit({"reply_ppn": await upload(content)})
    assert result["errors"] == {"reply_ppn": error}
    assert not trainer.asked
    # Another one is taken, and the word without one is trained.
    result = await submit({"reply_ppn": await upload(FIT.read_bytes())})
    assert result["step_id"] == "room"
    assert [body["phrase"] for _, _, body in trainer.asked] == ["snapshot"]


async def test_a_model_of_another_version_is_refused(
    submit: Submit, upload: Upload, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = "different version of the library. File is `3.0.0` while `4.0.0`."
    unfit = pvporcupine.PorcupineInvalidArgumentError("Initialization failed", [words])

    def create(**_wanted: Any) -> None:
        raise unfit

    await choose_porcupine(submit)
    monkeypatch.setattr(pvporcupine, "create", create)
    result = await submit({"snapshot_ppn": await upload(FIT.read_bytes())})
    assert result["errors"] == {"snapshot_ppn": "keyword_file_version"}


async def test_words_are_trained(
    flows: HomeAssistant, submit: Submit, trainer: Trainer
) -> None:
    await choose_porcupine(submit)
    result = await submit({})
    assert result["step_id"] == "room"
    assert [key for key, _, _ in trainer.asked] == [KEY, KEY]
    phrases = [body["phrase"] for _, _, body in trainer.asked]
    assert phrases == ["reply", "snapshot"]
    data = await satellite(submit)
    assert not {"reply_ppn", "snapshot_ppn"} & data.keys()
    assert len(list(keyword_folder(flows).iterdir())) == 2


async def test_training_that_fails_is_told(submit: Submit, trainer: Trainer) -> None:
    await choose_porcupine(submit)
    trainer.status = 403
    result = await submit({})
    assert result["step_id"] == "keywords_failed"
    error = result["description_placeholders"]["error"]
    assert error == "The service does not accept this key"
    # Again, and again in vain; then something else.
    assert (await submit({"next_step_id": "keywords"}))["step_id"] == "keywords"
    assert (await submit({}))["step_id"] == "keywords_failed"
    result = await submit({"next_step_id": "hearing"})
    assert result["step_id"] == "hearing"
    assert (await submit({"spotter": "builtin"}))["step_id"] == "room"


async def test_the_built_in_spotter_hears_until_words_are_trained(
    submit: Submit, trainer: Trainer
) -> None:
    await choose_porcupine(submit)
    trainer.status = 503
    assert (await submit({}))["step_id"] == "keywords_failed"
    result = await submit({"next_step_id": "keywords_done"})
    assert result["step_id"] == "room"
    assert (await satellite(submit))["spotter"] == "porcupine"


async def test_training_that_takes_too_long(
    submit: Submit, trainer: Trainer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keyword_files, "TRAINED_WITHIN", 0.1)
    trainer.released.clear()
    await choose_porcupine(submit)
    result = await submit({})
    trainer.released.set()
    assert result["step_id"] == "keywords_failed"
    error = result["description_placeholders"]["error"]
    assert error == "The service did not answer in time"


async def test_a_version_that_can_not_train_wants_models(
    submit: Submit, upload: Upload, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(pvporcupine, "train_wake_word_from_phrase")
    result = await choose_porcupine(submit)
    fields = {str(key): key for key in result["data_schema"].schema}
    required = [name for name, key in fields.items() if is_required(key)]
    assert required == ["reply_ppn", "snapshot_ppn"]
    model = FIT.read_bytes()
    result = await submit(
        {"reply_ppn": await upload(model), "snapshot_ppn": await upload(model)}
    )
    assert result["step_id"] == "room"


def is_required(key: Any) -> bool:
    """Whether a field must be filled in."""
    return type(key).__name__ == "Required"


async def test_a_machine_porcupine_is_not_made_for(
    submit: Submit, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "pvporcupine.py").write_text("raise NotImplementedError('Mill')")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "pvporcupine")
    result = await submit({"spotter": "porcupine"})
    assert result["step_id"] == "keywords_failed"
    error = result["description_placeholders"]["error"]
    assert error == "Porcupine can't run on this machine"


async def test_uploaded_models_stay_until_words_are_to_be_trained(
    flows: HomeAssistant, submit: Submit, upload: Upload, trainer: Trainer
) -> None:
    await choose_porcupine(submit)
    model = FIT.read_bytes()
    await submit(
        {"reply_ppn": await upload(model), "snapshot_ppn": await upload(model)}
    )
    uploaded = await satellite(submit)
    subentries = flows.config_entries.subentries
    (entry,) = flows.config_entries.async_entries(DOMAIN)
    (subentry_id,) = entry.subentries
    for train in (False, True):
        begun = await subentries.async_init(
            (entry.entry_id, "satellite"),
            context={"source": "reconfigure", "subentry_id": subentry_id},
        )
        go_on = partial(subentries.async_configure, begun["flow_id"])
        await go_on({"next_step_id": "hearing"})
        await go_on({"spotter": "porcupine"})
        result: Any = await go_on({"train_keywords": train})
        if train:
            await flows.async_block_till_done()
            result = await go_on()
        assert result["reason"] == "reconfigure_successful"
        kept = entry.subentries[subentry_id].data
        for key in ("reply_ppn", "snapshot_ppn"):
            assert kept.get(key) == (None if train else uploaded[key])
        phrases = [body["phrase"] for _, _, body in trainer.asked]
        assert phrases == (["reply", "snapshot"] if train else [])


async def test_without_a_key_nothing_is_asked_for_porcupine(
    make_residence: MakeResidence, microphone: PlayedMicrophone
) -> None:
    del microphone
    residence = await make_residence({"spotter": "porcupine"})
    entry, satellite_id = residence.entry, residence.satellite.id
    result: Any = await entry.start_subentry_reconfigure_flow(
        residence.hass, satellite_id
    )
    go_on = partial(
        residence.hass.config_entries.subentries.async_configure, result["flow_id"]
    )
    result = await go_on({"next_step_id": "hearing"})
    assert "spotter" not in result["data_schema"].schema
    result = await go_on({"chimes": True})
    assert result["reason"] == "reconfigure_successful"
    assert entry.subentries[satellite_id].data["chimes"] is True
