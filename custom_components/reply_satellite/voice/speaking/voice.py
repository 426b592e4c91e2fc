"""What the house asks of any voice."""

from collections.abc import AsyncGenerator, AsyncIterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

from .relay import Passage

MOST_DICTIONARIES: Final = 3
"""Pronunciation dictionaries that one speech can have."""


@dataclass(frozen=True, slots=True)
class Choice:
    """What is on offer: its id at the service and its name for people."""

    id: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """How to speak."""

    voice: str
    model: str
    language: str | None = None
    settings: Mapping[str, Any] | None = None
    """stability, similarity_boost, style, speed, use_speaker_boost"""
    dictionaries: tuple[str, ...] = ()
    """The ids of pronunciation dictionaries, MOST_DICTIONARIES at most: the newest."""


class Voice(Protocol):
    """A text-to-speech service."""

    async def check(self) -> None:
        """Prove that the key works. Raises VoiceError."""

    async def voices(self) -> list[Choice]:
        """The voices of the account. Raises VoiceError."""

    async def models(self) -> list[Choice]:
        """The models that speak. Raises VoiceError."""

    async def dictionaries(self) -> list[Choice]:
        """The pronunciation dictionaries of the account. Raises VoiceError."""

    async def warm(self) -> None:
        """Open the connection ahead of its use. Never raises."""

    def speak(
        self,
        text: AsyncIterable[str],
        manner: Manner,
        passages: list[Passage] | None = None,
    ) -> AsyncGenerator[bytes]:
        """Speak text while it is being written; yields MP3, 44.1 kHz, 128 kbit/s.

        To `passages` is added what is spoken in one go, once it is asked for.

        `text` is what the model writes, for eyes: it is turned into what can be
        said here. Raises VoiceError, whose `unspoken` is what was not spoken of the
        text taken so far, and whatever `text` raises; a CancelledError of `text`
        ends requests and audio at once.
        """
