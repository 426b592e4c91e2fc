"""Camera images, made small."""

import os
from io import BytesIO
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import ExifTags, Image

from custom_components.reply_satellite.voice.thinking import pictures
from custom_components.reply_satellite.voice.thinking.pictures import (
    LONGEST_SIDE,
    PictureError,
    scale,
)


def image(
    width: int = 64,
    height: int = 48,
    kind: str = "JPEG",
    mode: str = "RGB",
    **how: Any,
) -> bytes:
    file = BytesIO()
    Image.new(mode, (width, height), 100).save(file, kind, **how)
    return file.getvalue()


def opened(picture: bytes) -> Image.Image:
    made = Image.open(BytesIO(picture))
    made.load()
    return made


@pytest.mark.parametrize(
    ("size", "scaled"),
    [
        ((1920, 1080), (1536, 864)),
        ((1080, 1920), (864, 1536)),
        ((4000, 3000), (1536, 1152)),
        ((1537, 10), (1536, 10)),
        ((5000, 1), (1536, 1)),
    ],
)
@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_large_picture(
    kind: str, size: tuple[int, int], scaled: tuple[int, int]
) -> None:
    made = opened(scale(image(*size, kind=kind)))
    assert made.format == "JPEG"
    assert made.size == scaled


def test_small_jpeg_is_left_as_it_is() -> None:
    small = image(LONGEST_SIDE, 100)
    assert scale(small) is small


@pytest.mark.parametrize(
    ("kind", "mode"),
    [
        ("PNG", "RGB"),
        ("PNG", "RGBA"),
        ("PNG", "P"),
        ("PNG", "1"),
        ("PNG", "LA"),
        ("PNG", "I;16"),
        ("GIF", "P"),
        ("WEBP", "RGBA"),
        ("JPEG", "CMYK"),
    ],
)
def test_other_kinds_become_jpeg(kind: str, mode: str) -> None:
    made = opened(scale(image(kind=kind, mode=mode)))
    assert (made.format, made.mode, made.size) == ("JPEG", "RGB", (64, 48))


def test_grey_jpeg_stays_grey() -> None:
    grey = image(mode="L")
    assert scale(grey) is grey


@pytest.mark.parametrize(
    ("orientation", "size"),
    [(1, (64, 48)), (3, (64, 48)), (6, (48, 64)), (8, (48, 64))],
)
def test_picture_is_turned_upright(orientation: int, size: tuple[int, int]) -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    made = opened(scale(image(exif=exif)))
    assert made.size == size
    assert not made.getexif()


def test_picture_is_turned_the_right_way() -> None:
    half = Image.new("RGB", (40, 20), "black")
    half.paste("white", (0, 0, 20, 20))
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    file = BytesIO()
    half.save(file, "JPEG", exif=exif)

    made = opened(scale(file.getvalue())).convert("L")
    assert made.size == (20, 40)
    # What was left is above now: the camera was held on its side.
    brightness = made.tobytes()
    assert brightness[5 * 20 + 10] > 200
    assert brightness[35 * 20 + 10] < 50


def test_what_is_written_beside_a_picture_stays_here() -> None:
    exif = Image.Exif()
    exif.get_ifd(ExifTags.IFD.GPSInfo)[ExifTags.GPS.GPSLatitude] = (52.0, 31.0, 12.0)
    exif[ExifTags.Base.BodySerialNumber] = "4711-secret"
    large = image(2000, 1000, exif=exif, comment=b"secret comment")
    made = scale(large)
    assert b"secret" in large
    assert b"secret" not in made
    assert not opened(made).getexif()


@pytest.mark.parametrize(
    "garbage",
    [
        b"",
        b"not a picture",
        b"<html>camera is offline</html>",
        image()[:-200],
        image(2000, 1500)[:2000],
        image(kind="PNG")[:60],
        image(kind="BMP"),
        image(kind="TIFF"),
    ],
    ids=["empty", "text", "html", "cut", "cut large", "cut png", "bmp", "tiff"],
)
def test_garbage(garbage: bytes) -> None:
    with pytest.raises(PictureError):
        scale(garbage)


def test_bomb_is_not_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    bomb = image(9000, 9000, kind="PNG", mode="1")
    assert len(bomb) < 30_000
    monkeypatch.setattr(Image.Image, "load", lambda *_: pytest.fail("decoded"))
    with pytest.raises(PictureError):
        scale(bomb)


def test_bomb_that_pillow_refuses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)
    with pytest.raises(PictureError):
        scale(image(kind="PNG"))


@settings(max_examples=60, deadline=None)
@given(cut=st.integers(0, 1200), junk=st.binary(max_size=40), at=st.integers(0, 1200))
def test_broken_bytes_never_raise_anything_else(cut: int, junk: bytes, at: int) -> None:
    whole = image(kind="PNG", mode="RGBA") if cut % 2 else image()
    broken = (whole[:at] + junk + whole[at + len(junk) :])[: max(cut, 1)]
    try:
        made = opened(scale(broken))
    except PictureError:
        return
    assert max(made.size) <= LONGEST_SIDE


def test_scaled_noise_is_small_enough() -> None:
    noise = Image.frombytes("RGB", (1200, 900), os.urandom(1200 * 900 * 3))
    file = BytesIO()
    noise.resize((3840, 2160)).save(file, "JPEG", quality=95)
    assert len(scale(file.getvalue())) < 2_000_000
    assert pictures.QUALITY == 85
