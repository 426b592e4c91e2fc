"""Tests of the five languages: complete, alike, and with words for every field."""

import re
from collections.abc import Iterator
from typing import Any

import probatio
import pytest
from homeassistant.data_entry_flow import section
from homeassistant.helpers.selector import SelectSelector

from custom_components.reply_satellite import failures
from custom_components.reply_satellite.flows import satellite_schemas, schemas
from custom_components.reply_satellite.voice.errors import Service
from custom_components.reply_satellite.voice.hearing.microphone import Input
from custom_components.reply_satellite.voice.machine import Phase
from custom_components.reply_satellite.voice.speaking.voice import Choice
from custom_components.reply_satellite.voice.turn import Outcome

from .metadata import INTEGRATION, LANGUAGES, leaves, words

KEY = re.compile(r"[a-z0-9]+([-_][a-z0-9]+)*")

VOICES = [Choice("voice", "Voice")]
FORMS = {
    "hearing": satellite_schemas.hearing(
        {}, [Input("default", "Default")], name="Here", assemblyai=True, porcupine=True
    ),
    "keywords": satellite_schemas.porcupine({"reply_ppn": "reply.ppn"}, trains=True),
    "room": satellite_schemas.room({}),
    "assistant": satellite_schemas.assistant({}, ["model"], [("assist", "Assist")]),
    "voice": satellite_schemas.voice(
        {}, VOICES, VOICES, VOICES, elevenlabs=True, ours=[], must_choose=False
    ),
}
ACCOUNT_FORMS = {
    "user": schemas.accounts(dict.fromkeys(schemas.KEY_FIELDS, "key")),
    "reconfigure": schemas.accounts(dict.fromkeys(schemas.KEY_FIELDS, "key")),
    "reauth_confirm": schemas.keys(schemas.KEY_FIELDS),
}


def placeholders(text: str) -> list[str]:
    """What is filled in."""
    return sorted(re.findall(r"\{(\w+)\}", text))


@pytest.mark.parametrize("language", LANGUAGES[1:])
def test_a_language_is_complete(language: str) -> None:
    english, translated = dict(leaves(words())), dict(leaves(words(language)))
    assert list(translated) == list(english)
    for path, text in english.items():
        assert placeholders(translated[path]) == placeholders(text), path
        assert translated[path].count("`") == text.count("`"), path


@pytest.mark.parametrize("language", LANGUAGES)
def test_texts_are_clean(language: str) -> None:
    for path, text in leaves(words(language)):
        assert text == text.strip() != "", path
        assert not re.search(r"https?://\w", text), path
        assert "  " not in text, path
        assert all(KEY.fullmatch(key) for key in path.split(".")), path


@pytest.mark.parametrize("language", LANGUAGES[1:])
def test_a_language_is_one_of_its_own(language: str) -> None:
    english, translated = dict(leaves(words())), dict(leaves(words(language)))
    same = [path for path, text in english.items() if translated[path] == text]
    # Names, and words that are the same in both.
    assert len(same) < 0.1 * len(english), same


@pytest.mark.parametrize("language", LANGUAGES)
def test_first_set_up_and_later_ones_speak_alike(language: str) -> None:
    config = words(language)["config"]
    subentry = words(language)["config_subentries"]["satellite"]
    for step, text in subentry["step"].items():
        if step != "reconfigure":
            assert config["step"][step] == text
    assert config["progress"] == subentry["progress"]


def fields_of(schema: probatio.Schema) -> Iterator[tuple[str, Any]]:
    """The fields of a form, as their names and selectors."""
    for key, value in schema.schema.items():
        name = key
        while isinstance(name, probatio.Marker):
            name = name.schema
        yield name, value


def check_form(schema: probatio.Schema, text: dict[str, Any]) -> None:
    """Check that every field has a label and a description."""
    sections = {}
    names = set()
    for name, value in fields_of(schema):
        if isinstance(value, section):
            sections[name] = value
        else:
            names.add(name)
            check_options(value)
    assert text["data"].keys() == names
    assert text["data_description"].keys() == names
    assert text.get("sections", {}).keys() == sections.keys()
    for name, value in sections.items():
        assert text["sections"][name]["name"]
        check_form(value.schema, text["sections"][name])


def check_options(selector: Any) -> None:
    """Check that the options of a translated list have words."""
    if isinstance(selector, SelectSelector) and "translation_key" in selector.config:
        options = words()["selector"][selector.config["translation_key"]]["options"]
        assert options.keys() == set(selector.config["options"])


@pytest.mark.parametrize("step", FORMS)
def test_every_field_of_a_satellite_is_described(step: str) -> None:
    check_form(FORMS[step], words()["config"]["step"][step])


@pytest.mark.parametrize("step", ACCOUNT_FORMS)
def test_every_field_of_an_account_is_described(step: str) -> None:
    check_form(ACCOUNT_FORMS[step], words()["config"]["step"][step])


# --- the card ---


def card_words() -> dict[str, dict[str, str]]:
    """The card's words by language: the table at its beginning."""
    card = (INTEGRATION / "frontend" / "reply-satellite-card.js").read_text("utf-8")
    table = card.partition("const WORDS = {\n")[2].partition("\n};\n")[0]
    languages = re.findall(r"(?ms)^  (\w+): \{\n(.*?)^  \},", table)
    line = re.compile(r'^    (\w+): "(.*)",$', re.MULTILINE)
    return {language: dict(line.findall(block)) for language, block in languages}


def test_the_card_speaks_every_language() -> None:
    table = card_words()
    assert sorted(table) == sorted(LANGUAGES)
    english = table["en"]
    assert english
    for language, translated in table.items():
        assert list(translated) == list(english), language
        for key, text in english.items():
            assert placeholders(translated[key]) == placeholders(text), (language, key)


def test_a_button_has_one_name() -> None:
    table = card_words()
    for language in LANGUAGES:
        buttons = words(language)["entity"]["button"]
        assert table[language]["newThread"] == buttons["new_thread"]["name"], language
        assert table[language]["stop"] == buttons["stop"]["name"], language


def test_every_word_of_the_card_is_said() -> None:
    card = (INTEGRATION / "frontend" / "reply-satellite-card.js").read_text("utf-8")
    code = card.partition("\n};\n")[2]
    phases = {str(phase) for phase in Phase}
    outcomes = {Outcome.CANCELLED, Outcome.NOTHING_SAID}
    for key in card_words()["en"].keys() - phases - outcomes:
        said = (f'say("{key}"', f'["{key}"', f'? "{key}"', f"words().{key}")
        assert any(it in code for it in said), key


def test_the_card_calls_who_failed_what_the_actions_do() -> None:
    card = (INTEGRATION / "frontend" / "reply-satellite-card.js").read_text("utf-8")
    table = card.partition("const SERVICES = {")[2].partition("};")[0]
    names = dict(re.findall(r'(\w+): "(.*?)"', table))
    (other,) = re.findall(r'SERVICES\[service\] \?\? "(.*?)"', card)
    for service in Service:
        assert names.get(service, other) == failures.name(service)
