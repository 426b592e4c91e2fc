"""The card in the dashboard's own editor, as whoever sets it up by hand sees it."""

from playwright.async_api import Locator, Page, expect

from tests.house.browser import open_page
from tests.house.house import DASHBOARD, NAME, House

SLOW = 60_000
"""Milliseconds a busy machine may take to draw or to answer."""

CARD = "reply-satellite-card"


async def is_set_up_by_hand(house: House) -> None:
    """Edit the card, then find it in both lists of what can be added; in German."""
    async with open_page(
        house.home_assistant, f"/{DASHBOARD}/0?edit=1", width=1200, language="de"
    ) as page:
        page.set_default_timeout(SLOW)
        await _edit(page)
        await _add_by_entity(page)
        await _add_by_card(page)
    config = await house.client.command("lovelace/config", url_path=DASHBOARD)
    plain = {"type": f"custom:{CARD}", "entity": house.entities["conversation"]}
    edited = {**plain, "name": "Stube", "history": False}
    assert config["views"][0]["cards"] == [edited, plain, plain]


async def _edit(page: Page) -> None:
    options = page.locator("hui-card-options")
    await options.get_by_role("button", name="Bearbeiten").click()
    editor = page.locator("hui-dialog-edit-card")
    satellite = editor.get_by_role("button", name="Satellit")
    await expect(satellite).to_contain_text(NAME, timeout=SLOW)
    await editor.get_by_role("textbox", name="Name").fill("Stube")
    await editor.get_by_role("switch", name="Frühere Fragen zeigen").press("Space")
    shown = editor.locator(CARD)
    await expect(shown.get_by_role("heading")).to_have_text("Stube", timeout=SLOW)
    await expect(shown.get_by_text("Frühere Fragen")).to_be_hidden()
    await _save(editor)


async def _add_by_entity(page: Page) -> None:
    """The card is suggested for whatever belongs to a satellite."""
    picker = await _pick(page)
    await picker.get_by_placeholder("Entitäten durchsuchen").fill("last reply")
    await picker.get_by_text("Last reply", exact=True).first.click()
    suggested = picker.get_by_role("button", name="Reply Satellite")
    await expect(suggested.get_by_text("Sag „computer“")).to_be_visible(timeout=SLOW)
    await suggested.get_by_text("Reply Satellite", exact=True).click()
    await _gone(picker)


async def _add_by_card(page: Page) -> None:
    """The card begins with a satellite that is there."""
    picker = await _pick(page)
    await picker.get_by_role("tab", name="Nach Karte").click()
    await picker.get_by_placeholder("Karten durchsuchen").fill("reply satellite")
    await expect(picker.get_by_text("Sag „computer“")).to_be_visible(timeout=SLOW)
    # Something lies above the example, so that its buttons are not pressed.
    await picker.get_by_text("Reply Satellite", exact=True).first.click(force=True)
    await _save(page.locator("hui-dialog-edit-card"))


async def _pick(page: Page) -> Locator:
    await page.get_by_role("button", name="Karte hinzufügen").click()
    return page.locator("hui-dialog-create-card")


async def _save(editor: Locator) -> None:
    await editor.get_by_role("button", name="Speichern").click()
    await _gone(editor)


async def _gone(dialog: Locator) -> None:
    await expect(dialog.get_by_role("dialog")).to_be_hidden(timeout=SLOW)
