"""Pictures as the assistant's service takes them: data URLs, checked and measured."""

import base64
import binascii
from dataclasses import dataclass
from functools import lru_cache
from io import BytesIO

from PIL import Image, UnidentifiedImageError

MAXIMUM_BYTES = 20 * 1024**2  # of one picture
MAXIMUM_TOTAL_BYTES = 50 * 1024**2  # of one request
MAXIMUM_COUNT = 500
MAXIMUM_SIDE = 16_384  # pixels
FORMATS = frozenset({"PNG", "JPEG", "WEBP", "GIF"})


class PictureError(Exception):
    """A picture that the service refuses; `code` is the service's own."""

    def __init__(self, code: str, message: str) -> None:
        """The refusal with its code and message."""
        super().__init__(message)
        self.code = code
        self.message = message


@dataclass(frozen=True, slots=True)
class Picture:
    """What is seen of a picture without looking at it."""

    width: int  # pixels
    height: int  # pixels
    format: str
    size: int  # bytes

    @property
    def tokens(self) -> int:
        """What it costs: 85, and 170 for each tile of 512 x 512 pixels."""
        tiles = -(-self.width // 512) * -(-self.height // 512)
        return 85 + 170 * tiles


@lru_cache(maxsize=64)
def read_data_url(url: str) -> Picture:
    """Measure the picture in a data URL; those of a thread come again with each turn.

    Raises:
        PictureError: it is not one that the service takes.
    """
    head, comma, data = url.partition(",")
    if not comma or not head.startswith("data:") or not head.endswith(";base64"):
        raise PictureError(
            "invalid_image_url",
            "Invalid 'image_url'. Expected a base64-encoded data URL with an image"
            " MIME type, but got an invalid value.",
        )
    media_type = head.removeprefix("data:").removesuffix(";base64")
    if media_type not in {"image/jpeg", "image/png", "image/webp", "image/gif"}:
        raise PictureError(
            "unsupported_image_media_type",
            f"Unsupported image media type: {media_type}.",
        )
    try:
        raw = base64.b64decode(data, validate=True)
    except binascii.Error as error:
        raise PictureError(
            "invalid_base64_image", "The image data is not valid base64."
        ) from error
    return _measure(raw)


def _measure(raw: bytes) -> Picture:
    if not raw:
        raise PictureError("empty_image_file", "The image file is empty.")
    if len(raw) > MAXIMUM_BYTES:
        raise PictureError(
            "image_file_too_large", "The image file is larger than 20 MB."
        )
    try:
        with Image.open(BytesIO(raw)) as image:
            width, height, kind = image.width, image.height, image.format or ""
            if kind == "JPEG" and b"\xff\xd9" not in raw[-64:]:
                raise PictureError("image_parse_error", "The image is truncated.")
            if kind == "PNG":
                image.verify()
    except UnidentifiedImageError as error:
        raise PictureError(
            "invalid_image_format",
            "You uploaded an unsupported image. Please make sure your image has one"
            " of the following formats: ['png', 'jpeg', 'gif', 'webp'].",
        ) from error
    except (OSError, SyntaxError, Image.DecompressionBombError) as error:
        raise PictureError(
            "image_parse_error", "The image could not be parsed."
        ) from error
    if kind not in FORMATS:
        raise PictureError("invalid_image_format", f"{kind} images are not supported.")
    if max(width, height) > MAXIMUM_SIDE:
        raise PictureError("image_too_large", f"{width} x {height} is too large.")
    return Picture(width, height, kind, len(raw))
