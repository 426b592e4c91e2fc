"""A real browser, signed in to the house's Home Assistant."""

import json
import shutil
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Final

from playwright.async_api import Page, async_playwright

from .home_assistant import HomeAssistant

ARGUMENTS: Final = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
"""Root needs the first; the others keep it from calling home."""


@asynccontextmanager
async def open_page(
    home_assistant: HomeAssistant,
    path: str,
    *,
    width: int = 900,
    height: int = 900,
    dark: bool = False,
    language: str = "en",
    sharpness: float = 1,
) -> AsyncGenerator[Page]:
    """Open a page of Home Assistant as the first user. Raises playwright's Error.

    `sharpness` is how many pixels of a screenshot one of the page's takes.
    """
    tokens = {
        "access_token": home_assistant.token,
        "token_type": "Bearer",
        "refresh_token": "",
        "expires_in": 86_400,
        "expires": 4_102_444_800_000,
        "hassUrl": home_assistant.url,
        "clientId": f"{home_assistant.url}/",
    }
    keep = (
        f"localStorage.hassTokens = {json.dumps(json.dumps(tokens))};"
        f"localStorage.selectedLanguage = {json.dumps(json.dumps(language))};"
    )
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=ARGUMENTS
        )
        context = await browser.new_context(
            viewport={"width": width, "height": height},
            color_scheme="dark" if dark else "light",
            device_scale_factor=sharpness,
        )
        await context.add_init_script(keep)
        page = await context.new_page()
        await page.goto(f"{home_assistant.url}{path}")
        yield page
        await browser.close()
