"""What Porcupine and its training raise, as errors of the house.

Their words are only passed on where they can't hold the key.
"""

import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from ..errors import (
    BusyError,
    NoFundsError,
    RefusedError,
    Service,
    UnreachableError,
    VoiceError,
    WrongKeyError,
)

# By name: the classes are only there where Porcupine can be imported.
_ERRORS: Final[Mapping[str, type[VoiceError]]] = {
    "PorcupineKeyError": WrongKeyError,
    "PorcupineActivationError": WrongKeyError,
    "PorcupineActivationRefusedError": WrongKeyError,
    "PorcupineActivationLimitError": NoFundsError,
    "PorcupineActivationThrottledError": BusyError,
    "PorcupineRuntimeError": UnreachableError,
}
_STATUS: Final = re.compile(r"^HTTP (\d{3})")


class UnusableError(RefusedError):
    """Porcupine can't run here: not installed, or not made for this machine."""

    key = "unusable"

    def __init__(self, detail: str) -> None:
        """Say what is missing."""
        super().__init__(Service.PORCUPINE, detail)


class Unfit(StrEnum):
    """Why a keyword file can't be used."""

    ARCHIVE = "keyword_file_archive"
    PLATFORM = "keyword_file_platform"
    VERSION = "keyword_file_version"


class UnfitFileError(RefusedError):
    """A keyword file that Porcupine can't use here."""

    def __init__(self, unfit: Unfit, detail: str) -> None:
        """Say why, for the user and for the log."""
        super().__init__(Service.PORCUPINE, f"keyword file: {detail}")
        self.key = unfit


def porcupine_error(error: Exception) -> VoiceError:
    """Make one of ours of what Porcupine raised: a PorcupineError or an OSError."""
    name = type(error).__name__
    if (kind := _ERRORS.get(name)) is not None:
        return kind(Service.PORCUPINE, name)
    said = str(error)
    if "AccessKey" in said or "access_key" in said:
        return WrongKeyError(Service.PORCUPINE, "not a key of Picovoice's form")
    if "different version" in said:
        words = said[said.index("File is") :].partition("\n")[0].replace("`", "")
        return UnfitFileError(Unfit.VERSION, words)
    if "different platform" in said:
        detail = "no Porcupine model, or of another platform"
        return UnfitFileError(Unfit.PLATFORM, detail)
    if "keyword file" in said:
        return UnfitFileError(Unfit.PLATFORM, "it is not there")
    if isinstance(error, OSError):
        return UnusableError("its library does not load")
    return RefusedError(Service.PORCUPINE, name)


def training_error(error: Exception) -> VoiceError:
    """Make one of ours of what the training raised, by its HTTP status."""
    status = _STATUS.match(str(error))
    detail = f"training: {status[0]}" if status else "training failed"
    match int(status[1]) if status else None:
        case 401 | 403:
            return WrongKeyError(Service.PORCUPINE, detail)
        case 402:
            return NoFundsError(Service.PORCUPINE, detail)
        case 429:
            return BusyError(Service.PORCUPINE, detail)
        case int(code) if code < 500:
            return RefusedError(Service.PORCUPINE, detail)
    return UnreachableError(Service.PORCUPINE, detail)
