"""What the house's camera sees: drawn here, so that everyone knows what is in it."""

from pathlib import Path
from typing import Final

from PIL import Image, ImageDraw, ImageFont

WIDTH: Final = 1280
HEIGHT: Final = 720

_WALL: Final = (236, 226, 206)
_FLOOR: Final = (150, 104, 68)
_SKY: Final = (120, 180, 240)
_SUN: Final = (250, 210, 60)
_DOOR: Final = (180, 40, 40)
_HANDLE: Final = (40, 40, 40)


def draw_room(
    target: Path, caption: str, width: int = WIDTH, height: int = HEIGHT
) -> Path:
    """Draw a room with a window, the sun and a red door to a JPEG or PNG file.

    `caption` is written on the wall, so that two pictures can be told apart. Returns
    `target`.
    """
    image = Image.new("RGB", (width, height), _WALL)
    draw = ImageDraw.Draw(image)
    x, y = width / 16, height / 9
    draw.rectangle((0, 7 * y, width, height), fill=_FLOOR)
    draw.rectangle((2 * x, 2 * y, 7 * x, 5 * y), fill=_SKY, outline=_HANDLE, width=4)
    draw.ellipse((5 * x, 2.4 * y, 6 * x, 2.4 * y + x), fill=_SUN)
    draw.rectangle((10 * x, 2 * y, 13 * x, 7 * y), fill=_DOOR, outline=_HANDLE, width=4)
    draw.ellipse((12.3 * x, 4.4 * y, 12.7 * x, 4.4 * y + 0.4 * x), fill=_HANDLE)
    font = ImageFont.load_default(size=0.7 * y)
    draw.text((x, 0.6 * y), caption, fill=_HANDLE, font=font)
    image.save(target)
    return target
