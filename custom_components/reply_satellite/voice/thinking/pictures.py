"""Camera images made small enough to send: JPEG, upright, 1536 pixels at most."""

from io import BytesIO
from typing import Final

from PIL import Image, ImageOps

LONGEST_SIDE: Final = 1536
"""Pixels: what the project sends of a picture at most (see `Picture`)."""
MOST_PIXELS: Final = 64_000_000
"""A camera's picture is smaller (8K has 33 million); a decompression bomb is not."""
QUALITY: Final = 85
FORMATS: Final = ("JPEG", "PNG", "WEBP", "GIF")


class PictureError(ValueError):
    """The bytes are not a picture that a camera would send."""


def scale(picture: bytes) -> bytes:
    """Make a JPEG of at most 1536 pixels a side, upright and without metadata.

    Blocking: for an executor. A JPEG that is all that already is returned as it is.
    Raises PictureError.
    """
    try:
        with Image.open(BytesIO(picture), formats=FORMATS) as image:
            _refuse_bomb(image)
            if _is_ready(image):
                image.load()
                return picture
            return _encoded(image)
    except PictureError:
        raise
    except (
        # All that Pillow's decoders raise over broken bytes.
        OSError,
        ValueError,
        SyntaxError,
        EOFError,
        OverflowError,
        Image.DecompressionBombError,
    ) as error:
        raise PictureError(str(error)) from error


def _refuse_bomb(image: Image.Image) -> None:
    """Judge the size, which is known before anything is decoded."""
    if image.width * image.height > MOST_PIXELS:
        raise PictureError(f"{image.width} x {image.height} pixels")


def _is_ready(image: Image.Image) -> bool:
    """Tell whether nothing needs to be done (the size is no larger than wanted)."""
    return (
        image.format == "JPEG"
        and image.mode in {"RGB", "L"}
        and max(image.size) <= LONGEST_SIDE
        and not image.getexif()
    )


def _encoded(image: Image.Image) -> bytes:
    """Decode, scale, turn upright and encode."""
    # First the size: of a large JPEG the decoder then leaves out what isn't needed.
    image.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    upright = ImageOps.exif_transpose(image).convert("RGB")
    # What the camera wrote beside the picture (place, serial number) stays here.
    upright.info.clear()
    sent = BytesIO()
    upright.save(sent, "JPEG", quality=QUALITY)
    return sent.getvalue()
