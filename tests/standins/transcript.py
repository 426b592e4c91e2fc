"""Words as heard to a transcript as written: capitals, commas, full stops."""

from collections.abc import Sequence
from typing import Any

_PAUSE = 350  # ms between words that end a sentence
_KEYWORDS = frozenset({"snapshot", "reply"})  # sentences of their own
_ASKING = frozenset(
    [
        "what",
        "who",
        "where",
        "when",
        "why",
        "how",
        "is",
        "are",
        "do",
        "does",
        "did",
        "can",
        "could",
        "will",
        "would",
        "which",
    ]
)
type Word = dict[str, Any]


def punctuate(heard: Sequence[Word]) -> list[Word]:
    """The words with the marks and capitals a transcriber would give them."""
    written: list[Word] = []
    for sentence in _sentences(heard):
        words = [dict(word) for word in sentence]
        asked = sentence[0]["text"] in _ASKING
        for word in words:
            if word["text"] == "i" or word["text"].startswith("i'"):
                word["text"] = word["text"].capitalize()
        first = words[0]["text"]
        words[0]["text"] = first[:1].upper() + first[1:]
        if first == "computer" and len(words) > 1:
            words[0]["text"] += ","
            asked = sentence[1]["text"] in _ASKING
        words[-1]["text"] += "?" if asked else "."
        written += words
    return written


def _sentences(heard: Sequence[Word]) -> list[list[Word]]:
    sentences: list[list[Word]] = []
    for word in heard:
        last = sentences[-1][-1] if sentences else None
        begins = (
            last is None
            or word["text"] in _KEYWORDS
            or last["text"] in _KEYWORDS
            or (word["start"] - last["end"] > _PAUSE and last["text"] != "computer")
        )
        if begins:
            sentences.append([])
        sentences[-1].append(word)
    return sentences


def said_between(said: Sequence[Sequence[Any]], start: float, end: float) -> list[Word]:
    """The words of an upload whose sound began at `start` and ended at `end`.

    `said` are texts with the times when each was begun and ended. All times are of
    time.monotonic().
    """
    words: list[Word] = []
    for began, ended, text in said:
        if start <= (began + ended) / 2 <= end:
            offset = int((began - start) * 1000)
            words += [
                word | {key: max(0, word[key] + offset) for key in ("start", "end")}
                for word in spoken_at(text, int((ended - began) * 1000))
            ]
    return words


def spoken_at(text: str, milliseconds: int) -> list[Word]:
    """The words of a scripted transcript, spread over a recording's length."""
    texts = text.split()
    share = milliseconds / max(1, len(texts))
    return [
        {
            "text": word,
            "start": int(number * share),
            "end": int((number + 0.9) * share),
            "confidence": 0.99,
        }
        for number, word in enumerate(texts)
    ]
