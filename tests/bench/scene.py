"""What is said in the bench, how late the services are, and what they answer."""

from dataclasses import dataclass
from typing import Any, Final

from tests.house.services import Services
from tests.house.voices import Speech, Voice, say

from .script import Script

TRANSCRIBING: Final = 0.134
"""Seconds; AssemblyAI's own figure for its Sync API and a short clip."""
FIRST_TOKEN: Final = 0.74
"""Seconds; GPT-6 Luna without reasoning, as Artificial Analysis measures it."""
EACH_TOKEN: Final = 1 / 131
"""Seconds; likewise."""
FIRST_AUDIO: Final = 0.075
"""Seconds; ElevenLabs' own figure for Flash v2.5."""

REPLY: Final = (
    "The heating in the living room is at twenty one degrees. "
    "Outside it is a little colder than yesterday, with some wind from the north. "
    "I would close the window in the bedroom before you leave the house."
)
_CLAUSES: Final = (
    "the meeting about the garden is on friday",
    "please remember that the neighbour has the key",
    "the window in the kitchen does not close well",
    "we should look for somebody who can mend it",
    "the children come home at five in the afternoon",
    "and the dog must go out before that",
)


@dataclass(frozen=True, slots=True)
class Spoken:
    """A request: said to the satellite in its own way, and to the peer in its."""

    name: str
    body: Speech
    """The request alone, between half seconds of silence."""
    framed: Speech
    """The same between "computer" and "reply"."""
    transcript: str

    @property
    def seconds(self) -> float:
        """How long the request alone is."""
        return self.body.seconds - 1.0


BEFORE_REPLY: Final = 0.4
"""Seconds between the last word and "reply"."""


VOICES: Final = tuple(Voice)
"""Who speaks, in turn: the spotter hears each of them differently late."""


def command(before_reply: float = BEFORE_REPLY, *, voice: Voice = VOICES[0]) -> Spoken:
    """Three seconds."""
    return spoken(
        "command",
        "please turn on the heating in the living room and in the bedroom",
        before_reply=before_reply,
        voice=voice,
    )


def request(*, voice: Voice = VOICES[0]) -> Spoken:
    """Twenty seconds, spoken without a stop."""
    return spoken("request", " ".join((*_CLAUSES, *_CLAUSES[:4])), voice=voice)


def dictation(*, voice: Voice = VOICES[0]) -> Spoken:
    """A hundred seconds, with pauses of two seconds for thought."""
    return _thinking_aloud("dictation", clauses=25, voice=voice)


def long() -> Spoken:
    """Six minutes, likewise: three times what the transcriber takes at once."""
    return _thinking_aloud("long", clauses=88, voice=VOICES[0])


def _thinking_aloud(name: str, clauses: int, voice: Voice) -> Spoken:
    parts: list[str | float] = []
    for number in range(clauses):
        parts += [_CLAUSES[number % len(_CLAUSES)], 2.0]
    return spoken(name, *parts[:-1], voice=voice)


def spoken(
    name: str,
    *parts: str | float,
    before_reply: float = BEFORE_REPLY,
    voice: Voice = VOICES[0],
) -> Spoken:
    """A request made of texts and pauses in seconds."""
    words = " ".join(part for part in parts if isinstance(part, str))
    return Spoken(
        name=name,
        body=say(*parts, voice=voice),
        framed=say("computer", 0.25, *parts, before_reply, "reply", voice=voice),
        transcript=words.capitalize(),
    )


@dataclass(frozen=True, slots=True)
class Stage:
    """The three services, as late as they really are, or not late at all."""

    openai: Script
    assemblyai: Script
    elevenlabs: Script

    @classmethod
    def of(cls, services: Services, session: Any) -> Stage:
        """The stand-ins of a house."""
        told = services.standins
        return cls(
            openai=Script(session, told["openai"]["base_url"].removesuffix("/v1")),
            assemblyai=Script(session, told["assemblyai"]["base_url"]),
            elevenlabs=Script(session, told["elevenlabs"]["base_url"]),
        )

    async def set(self, spoken: Spoken, reply: str = REPLY) -> None:
        """Have the services understand `spoken`, answer `reply`, and be as late."""
        await self.assemblyai.play(
            _rule(
                "/v1/transcribe*",
                {"first": TRANSCRIBING},
                transcript=f"Computer, {spoken.transcript}. Reply.",
            )
        )
        await self.openai.play(
            _rule(
                "/v1/responses",
                {"first": FIRST_TOKEN, "each": EACH_TOKEN},
                text=reply,
            ),
            _rule(
                "/v1/audio/transcriptions",
                {"first": TRANSCRIBING},
                transcript=spoken.transcript,
            ),
        )
        await self.elevenlabs.play(
            _rule("/v1/text-to-speech/*", {"first": FIRST_AUDIO})
        )
        for script in (self.openai, self.assemblyai, self.elevenlabs):
            await script.forget()

    async def hear(self, spoken: Spoken, began: float) -> None:
        """Have the transcriber understand what was said in the sound it is sent.

        `began` is the monotonic time at which `spoken` began to be heard.
        """
        said = [
            (began + it.start, began + it.end, f"{it.text.capitalize()}.")
            for it in spoken.framed.parts
        ]
        await self.assemblyai.play(
            _rule("/v1/transcribe*", {"first": TRANSCRIBING}, said=said)
        )


def _rule(path: str, latency: dict[str, float], **reply: Any) -> dict[str, Any]:
    return {
        "method": "POST",
        "path": path,
        "latency": latency,
        "reply": reply or None,
    }
