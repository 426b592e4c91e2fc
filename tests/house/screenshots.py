"""The pictures of the card: `scripts/screenshots`. They are of a turn really spoken."""

import asyncio
import shutil
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from playwright.async_api import Locator, Page

from .browser import open_page
from .home_assistant import ROOT
from .house import DASHBOARD, House, open_house
from .voices import Speech, say

DOCUMENTS: Final = ROOT / "docs"

SLOW: Final = 120_000
"""Milliseconds a busy machine may take to draw or to answer."""

SHARP: Final = 2.0
"""Pixels of a picture to one of the page."""

ATTEMPTS: Final = 4
"""A word may be missed on a busy machine: then it is said again, as people do."""

MARGIN: Final = 7
"""Of the dashboard, around the card."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """A turn, and how it is looked at."""

    picture: str
    question: Speech
    answer: str
    snapshots: int
    width: int
    height: int
    dark: bool
    whole_page: bool


SCENES: Final = (
    Scene(
        picture="card.png",
        question=say(
            "computer", 0.3, "what do you see", 0.25, "snapshot", 0.6, "reply"
        ),
        answer=(
            "I see a bright hall with a red front door. The door is closed, and nobody "
            "stands in front of it. Through the window on the left the sun is shining."
        ),
        snapshots=1,
        width=860,
        height=900,
        dark=False,
        whole_page=False,
    ),
    Scene(
        picture="card-dark.png",
        question=say("computer", 0.3, "what did i say before", 0.35, "reply"),
        answer=(
            "You asked what I see. I told you about the red front door, which was "
            "closed, and about the sunny weather outside the window."
        ),
        snapshots=0,
        width=390,
        height=700,
        dark=True,
        whole_page=True,
    ),
)


async def _take(house: House, scene: Scene, folder: Path) -> None:
    """Speak the question, and take the picture while the answer is spoken."""
    # The assistant's stand-in counts pictures, and does not look at them.
    rule = {"path": "/v1/responses", "reply": {"text": scene.answer}}
    await house.services.script("openai", rule)
    async with open_page(
        house.home_assistant,
        f"/{DASHBOARD}",
        width=scene.width,
        height=scene.height,
        dark=scene.dark,
        sharpness=SHARP,
    ) as page:
        card = page.locator("reply-satellite-card")
        await _see(card, "ha-card[data-phase=idle]")
        await card.get_by_text("Earlier turns").wait_for(timeout=SLOW)
        for _ in range(ATTEMPTS):
            await _ask(house, card, scene, folder)
            shown = await card.locator(".turn .pictures img").count()
            if shown == scene.snapshots:
                break
            await _see(card, "ha-card[data-phase=idle]")
        else:
            raise RuntimeError("No turn was heard as it was said")
        await _photograph(page, card, scene)
        await _see(card, "ha-card[data-phase=idle]")


async def _ask(house: House, card: Locator, scene: Scene, folder: Path) -> None:
    """Speak the question; returns while the answer is spoken."""
    question = scene.question.write(folder / f"{scene.picture}.wav")
    house.sound_card.start_playing(question)
    await _see(card, "ha-card[data-phase=recording]")
    await _see(card, "ha-card[data-phase=speaking]")
    await _see(card, ".ring")
    await card.get_by_text(scene.answer).wait_for(timeout=SLOW)


async def _see(card: Locator, selector: str) -> None:
    await card.locator(selector).wait_for(timeout=SLOW)


async def _photograph(page: Page, card: Locator, scene: Scene) -> None:
    await page.evaluate("document.activeElement?.blur()")
    target = DOCUMENTS / scene.picture
    if scene.whole_page:
        await page.screenshot(path=target)
        return
    box = await card.bounding_box()
    assert box is not None
    await page.screenshot(
        path=target,
        clip={
            "x": box["x"] - MARGIN,
            "y": box["y"] - MARGIN,
            "width": box["width"] + 2 * MARGIN,
            "height": box["height"] + 2 * MARGIN,
        },
    )


async def _main(folder: Path) -> None:
    """Open the house, and take every picture."""
    async with open_house(folder, progress=_say) as house:
        for scene in SCENES:
            _say(f"somebody speaks: {scene.picture}")
            await _take(house, scene, folder)


def _say(line: str) -> None:
    print(line, flush=True)


def main() -> int:
    """Run; returns the exit status."""
    # The path of a socket is short, and so is this one.
    folder = Path(tempfile.mkdtemp(prefix="reply-satellite-"))
    try:
        asyncio.run(_main(folder))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
