"""Transcripts as a service would give them, written down by hand."""

from custom_components.reply_satellite.voice.transcribing.transcriber import (
    Transcript,
    Word,
)


def timed(text: str, begin: float = 0.0, each: float = 0.5) -> Transcript:
    """A transcript whose words begin `each` seconds after one another."""
    words = (
        Word(word, begin + index * each, begin + index * each + 0.8 * each)
        for index, word in enumerate(text.split())
    )
    return Transcript(text, tuple(words))


def ends(transcript: Transcript, *words: str) -> tuple[float, ...]:
    """When the words ended that look like one of `words`."""
    return tuple(
        word.end
        for word in transcript.words
        if word.text.strip(".,;:!?…-").casefold() in words
    )


def plain(text: str) -> list[str]:
    """The words of a text, without marks and in one case."""
    return [
        bare
        for word in text.casefold().split()
        if (bare := "".join(filter(str.isalnum, word)))
    ]
