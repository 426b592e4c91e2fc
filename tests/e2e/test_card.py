"""The card in a real browser, on the running house."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from playwright.async_api import Locator, Page, expect

from tests.house.browser import open_page
from tests.house.client import ClientFailure
from tests.house.house import DASHBOARD, DOMAIN, House, open_house
from tests.house.voices import say

from .editing import is_set_up_by_hand

pytestmark = [pytest.mark.e2e, pytest.mark.usefixtures("socket_enabled")]

SLOW = 60_000
"""Milliseconds a busy machine may take to draw or to answer."""


@pytest.fixture
async def house(tmp_path: Path) -> AsyncGenerator[House]:
    """A house with the defaults."""
    async with open_house(tmp_path) as house:
        yield house


async def card_of(page: Page) -> Locator:
    """The card, once it is there."""
    card = page.locator("reply-satellite-card")
    await expect(card.get_by_text("Say “computer”")).to_be_visible(timeout=SLOW)
    return card


def button(card: Locator, name: str) -> Locator:
    """A button below the orb."""
    return card.locator(".actions").get_by_role("button", name=name, exact=True)


async def test_card(house: House, tmp_path: Path) -> None:
    errors: list[str] = []
    async with open_page(house.home_assistant, f"/{DASHBOARD}") as page:
        page.on("pageerror", lambda error: errors.append(f"{error} {error.stack}"))
        page.on("console", lambda line: errors.append(f"{line.text} {line.location}"))
        card = await card_of(page)
        await shows_a_spoken_turn(card, house, tmp_path)
        await reads_well_aloud(card)
        await starts_and_stops(card, house)
        await has_a_history(card)
        await is_used_with_the_keyboard(page, card)
        await tells_a_failure_and_tries_again(card, house)
        await shows_what_interrupts(card, house)
        await comes_back(card, house)
        await mutes(card, house)
    assert not [error for error in errors if "reply-satellite" in error]
    async with open_page(
        house.home_assistant, f"/{DASHBOARD}", width=390, language="de", dark=True
    ) as page:
        await page.emulate_media(reduced_motion="reduce")
        card = page.locator("reply-satellite-card")
        await expect(card.get_by_text("Sag „computer“")).to_be_visible(timeout=SLOW)
        moving = await card.evaluate("card => card.shadowRoot.getAnimations().length")
        assert moving == 0
        width = await card.evaluate("card => card.scrollWidth - card.clientWidth")
        assert width == 0
    await is_set_up_by_hand(house)


async def shows_a_spoken_turn(card: Locator, house: House, folder: Path) -> None:
    question = say("computer", 0.3, "what do you see", 0.25, "snapshot", 0.6, "reply")
    house.sound_card.start_playing(question.write(folder / "question.wav"))
    await expect(card.locator("ha-card[data-phase=recording]")).to_be_visible(
        timeout=SLOW
    )
    await expect(button(card, "Reply")).to_be_enabled()
    await expect(card.get_by_role("img", name="Picture of Front door")).to_be_visible(
        timeout=SLOW
    )
    await expect(card.locator("ha-card[data-phase=speaking]")).to_be_visible(
        timeout=SLOW
    )
    await expect(card.locator(".you").first).to_have_text("What do you see?")
    await expect(card.locator(".answer").first).to_contain_text("one picture")
    await expect(card.locator("ha-card[data-phase=idle]")).to_be_visible(timeout=SLOW)
    await expect(card.locator(".ring")).to_be_visible()
    await card.get_by_role("button", name="Picture of Front door").click()
    await expect(card.locator("dialog img")).to_be_visible()
    size = await card.locator("dialog img").evaluate(
        "image => [image.naturalWidth, image.naturalHeight]"
    )
    assert size == [1280, 720]
    await card.locator("dialog").click()


async def reads_well_aloud(card: Locator) -> None:
    """What a screen reader is told: names, roles and states, in reading order."""
    await expect(card).to_match_aria_snapshot("""
      - heading "Living room" [level=2]
      - img /This thread goes on for \\d+ more seconds/
      - button "Talk"
      - status: Say “computer”
      - article "You": What do you see?
      - button "Picture of Front door"
      - article "Answer": /one picture/
      - button "Talk"
      - button "Reply" [disabled]
      - button "Snapshot" [disabled]
      - button "Stop" [disabled]
      - button "New thread"
      - button "Listen" [pressed]
      - group: Earlier turns
    """)
    # States and answers are read out by themselves, an answer once it is whole.
    for told in (card.get_by_role("status"), card.locator(".answer").first):
        await expect(told).to_have_attribute("aria-live", "polite")
    await expect(card.locator(".answer").first).to_have_attribute("aria-busy", "false")


async def has_a_history(card: Locator) -> None:
    """What is shown large is not shown again among the earlier turns."""
    await card.get_by_text("Earlier turns").click()
    await expect(card.locator("li .you")).to_have_text("What do you see?")
    await expect(card.locator("li")).to_have_count(1)
    await card.get_by_text("Earlier turns").click()


async def is_used_with_the_keyboard(page: Page, card: Locator) -> None:
    await button(card, "Talk").focus()
    for key in ("Shift+Tab", "Tab"):
        await page.keyboard.press(key)
    await expect(button(card, "Talk")).to_be_focused()
    seen = await button(card, "Talk").evaluate("it => getComputedStyle(it).outline")
    assert "solid 3px" in seen
    await page.keyboard.press("Enter")
    await expect(card.locator("ha-card[data-phase=recording]")).to_be_visible(
        timeout=SLOW
    )
    # What was pressed can't be pressed now: the next one is what ends the recording.
    for name in ("Reply", "Snapshot", "Stop"):
        await page.keyboard.press("Tab")
        await expect(button(card, name)).to_be_focused()
    await page.keyboard.press("Space")
    await expect(card.locator("ha-card[data-phase=idle]")).to_be_visible(timeout=SLOW)


async def starts_and_stops(card: Locator, house: House) -> None:
    await button(card, "New thread").click()
    await expect(card.locator(".ring")).to_be_hidden()
    await button(card, "Talk").click()
    await expect(card.locator("ha-card[data-phase=recording]")).to_be_visible(
        timeout=SLOW
    )
    await button(card, "Snapshot").click()
    await expect(card.get_by_role("img", name="Picture of Front door")).to_be_visible(
        timeout=SLOW
    )
    await button(card, "Stop").click()
    await expect(card.locator("ha-card[data-phase=idle]")).to_be_visible(timeout=SLOW)
    await expect(card.get_by_text("Stopped")).to_be_visible()
    page = await house.client.command(f"{DOMAIN}/turns")
    assert page["turns"][0]["outcome"] == "cancelled"


async def tells_a_failure_and_tries_again(card: Locator, house: House) -> None:
    no_funds = {"path": "/v1/responses", "error": "insufficient_quota"}
    await house.services.script("openai", no_funds)
    with pytest.raises(ClientFailure):
        await house.client.call(f"{DOMAIN}.ask", {"text": "How are you?"})
    reason = "The OpenAI account has no credit or quota left"
    await expect(card.get_by_text(reason)).to_be_visible(timeout=SLOW)
    await house.services.script("openai")
    await card.get_by_role("button", name="Try again").click()
    await expect(card.locator(".answer").first).to_contain_text(
        "how are you", ignore_case=True, timeout=SLOW
    )
    await expect(card.get_by_text(reason)).to_be_hidden()
    await expect(card.locator("ha-card[data-phase=idle]")).to_be_visible(timeout=SLOW)


async def shows_what_interrupts(card: Locator, house: House) -> None:
    """The record of a turn that was followed at once is not shown over the next one."""
    asked = asyncio.create_task(is_stopped(house, "What do you see?"))
    await expect(card.locator("ha-card[data-phase=speaking]")).to_be_visible(
        timeout=SLOW
    )
    async with next_one_stays(card, house):
        await button(card, "Talk").click()
    await asked
    # An automation may be quicker still, and begin before the answer is told as spoken.
    again = {
        "alias": "Again",
        "triggers": {
            "trigger": "state",
            "entity_id": house.entities["conversation"],
            "from": "speaking",
            "to": "idle",
        },
        "actions": {"action": f"{DOMAIN}.start_recording"},
    }
    await house.client.post("/api/config/automation/config/again", again)
    automation = "automation.again"
    await house.client.wait_for(automation, lambda state: state["state"] == "on")
    async with next_one_stays(card, house):
        await house.client.call(f"{DOMAIN}.ask", {"text": "How are you?"})
    await house.client.call("automation.turn_off", {"entity_id": automation})


async def is_stopped(house: House, question: str) -> None:
    """Ask, and be told that the answer was stopped."""
    with pytest.raises(ClientFailure):
        await house.client.call(f"{DOMAIN}.ask", {"text": question})


@asynccontextmanager
async def next_one_stays(card: Locator, house: House) -> AsyncGenerator[None]:
    """Follow a turn by a recording: that stays shown, whatever comes of the first."""
    async with house.client.subscribe(f"{DOMAIN}/watch") as messages:
        yield
        async with asyncio.timeout(SLOW / 1000):
            while (await messages.get())["kind"] != "turn":
                pass
    # What the card shows of this comes to it after the record.
    await house.client.call(f"{DOMAIN}.new_thread")
    await expect(card.locator(".ring")).to_be_hidden(timeout=SLOW)
    await expect(card.locator("ha-card[data-phase=recording]")).to_be_visible()
    for shown in (".you", ".answer", ".note"):
        await expect(card.locator(f".body {shown}")).to_be_hidden()
    await button(card, "Stop").click()
    await expect(card.locator("ha-card[data-phase=idle]")).to_be_visible(timeout=SLOW)


async def comes_back(card: Locator, house: House) -> None:
    """The card shows that its satellite is gone, and finds the new one by itself."""
    command = "config_entries/disable"
    await house.client.command(command, entry_id=house.entry_id, disabled_by="user")
    gone = f"There is no {house.entities['conversation']}"
    await expect(card.get_by_text(gone)).to_be_visible(timeout=SLOW)
    await expect(button(card, "Talk")).to_be_disabled()
    await house.client.command(command, entry_id=house.entry_id, disabled_by=None)
    await expect(card.locator("ha-card[data-phase=idle]")).to_be_visible(timeout=SLOW)


async def mutes(card: Locator, house: House) -> None:
    listen = button(card, "Listen")
    await expect(listen).to_have_attribute("aria-pressed", "true")
    await listen.press("Enter")
    await expect(card.locator("ha-card[data-phase=muted]")).to_be_visible(timeout=SLOW)
    await expect(listen).to_have_attribute("aria-pressed", "false")
    await listen.press("Enter")
    await expect(card.locator("ha-card[data-phase=idle]")).to_be_visible(timeout=SLOW)
