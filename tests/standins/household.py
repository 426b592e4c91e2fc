"""What is said in a house: sentences from patterns, and a language model of them.

PocketSphinx's packaged model knows English at large and hears "turn on the line in the
kitchen". A second decoder that knows only these sentences hears the rest right; see
`recognise.py` for which of the two is believed.
"""

import math
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

_ROOMS = (
    "kitchen",
    "bedroom",
    "living room",
    "garden",
    "hall",
    "bathroom",
    "office",
    "cellar",
)
_THINGS = (
    "light",
    "lights",
    "lamp",
    "fan",
    "heating",
    "radio",
    "ceiling lights",
    "oven",
)
_NUMBERS = [
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "twelve",
]
_SIZES = (
    "six hundred forty by four hundred eighty",
    "six hundred and forty by four hundred and eighty",
    "one thousand two hundred eighty by seven hundred twenty",
    "one thousand two hundred eighty by seven twenty",
    "one thousand two hundred eighty by nine hundred sixty",
    "one thousand nine hundred twenty by one thousand eighty",
)
_REQUESTS = (
    "what do you see",
    "what do you see in this picture",
    "what can you see now",
    "tell me what you see",
    "how many pictures did i send",
    "what did i say before",
    "what did i say",
    "what time is it",
    "what is the weather like today",
    "is the door open",
    "is there anybody at the front door",
    "who is at the front door",
    "search the web for the weather",
    "look at the front door again",
    "thank you",
    "goodbye",
    "how are you today",
)
_ANSWERS = (
    "done",
    "that did not work",
    "the tool answered",
    "i calculated it the result is four",
    "i searched the web for the weather",
    "i did not hear a word",
    "i was told",
    "earlier you said",
    "you said",
    "the first has",
    "the second has",
)
_DISCOUNT = 0.4


def requests() -> Iterator[str]:
    """What people ask for, without keywords."""
    yield from _REQUESTS
    for thing in _THINGS:
        for state in ("on", "off"):
            yield f"turn {state} the {thing}"
            yield f"please turn {state} the {thing}"
            yield f"turn {state} the {thing} again"
            yield f"please turn {state} the {thing} again"
            yield f"turn the {thing} {state}"
            yield f"please turn the {thing} {state} again"
            for room in _ROOMS:
                yield f"turn {state} the {thing} in the {room}"
                yield f"turn {state} the {room} {thing}"
    for room in _ROOMS:
        yield f"what do you see in the {room}"
        yield f"is there anybody in the {room}"
        yield f"look at the {room}"
        yield f"please look at the {room} and tell me what you see"
    for first in _NUMBERS:
        for second in _NUMBERS:
            yield f"how much is {first} plus {second}"


def utterances() -> Iterator[str]:
    """What goes into the microphone, and what comes out of the loudspeaker."""
    for request in requests():
        yield request
        yield f"computer {request} reply"
        yield f"{request} reply"
        yield f"computer {request} snapshot reply"
        yield f"computer {request} snapshot"
        yield f"{request} snapshot reply"
        yield f"{request} snapshot and tell me what you see reply"
        yield f"computer {request} snapshot and tell me what you see reply"
        yield f"you said {request}"
        yield f"earlier you said {request}"
    yield from _ANSWERS
    yield from (f"i see one picture of {size} pixels" for size in _SIZES)
    yield from (
        f"done i switched {room} {thing}" for room in _ROOMS for thing in _THINGS
    )
    yield from (f"this is sentence {number} of a longer answer" for number in _NUMBERS)


def write_language_model(path: Path, sentences: Iterable[str]) -> None:
    """Write a trigram model of the sentences as an ARPA file.

    Absolute discounting with back-off, as in Chen and Goodman, "An empirical study of
    smoothing techniques for language modeling" (1998), section 2.6.
    """
    counts: list[Counter[tuple[str, ...]]] = [Counter() for _ in range(3)]
    for sentence in sentences:
        words = ("<s>", *sentence.split(), "</s>")
        for order in range(3):
            counts[order].update(
                words[begin : begin + order + 1] for begin in range(len(words) - order)
            )
    total = sum(number for gram, number in counts[0].items() if gram != ("<s>",))
    chances = [
        {
            gram: 1e-99 if gram == ("<s>",) else number / total
            for gram, number in counts[0].items()
        }
    ]
    back_offs: list[dict[tuple[str, ...], float]] = []
    for order in (1, 2):
        chance, back_off = _discount(counts[order], chances[order - 1])
        chances.append(chance)
        back_offs.append(back_off)
    back_offs.append({})
    with path.open("w", encoding="utf-8") as file:
        file.write("\\data\\\n")
        file.writelines(
            f"ngram {n + 1}={len(grams)}\n" for n, grams in enumerate(chances)
        )
        for order, grams in enumerate(chances):
            file.write(f"\n\\{order + 1}-grams:\n")
            for gram, likelihood in sorted(grams.items()):
                tail = f"\t{_log(back_offs[order].get(gram, 1.0))}" if order < 2 else ""
                file.write(f"{_log(likelihood)}\t{' '.join(gram)}{tail}\n")
        file.write("\n\\end\\\n")


def _discount(
    counts: Counter[tuple[str, ...]], lower: dict[tuple[str, ...], float]
) -> tuple[dict[tuple[str, ...], float], dict[tuple[str, ...], float]]:
    """The chances of n-grams, and the back-off weights of what comes before them."""
    seen: Counter[tuple[str, ...]] = Counter()
    kinds: Counter[tuple[str, ...]] = Counter()
    covered: dict[tuple[str, ...], float] = {}
    for gram, number in counts.items():
        seen[gram[:-1]] += number
        kinds[gram[:-1]] += 1
        covered[gram[:-1]] = covered.get(gram[:-1], 0.0) + lower[gram[1:]]
    chances = {
        gram: (number - _DISCOUNT) / seen[gram[:-1]] for gram, number in counts.items()
    }
    back_offs = {
        context: _DISCOUNT
        * kinds[context]
        / seen[context]
        / max(1e-6, 1 - covered[context])
        for context in seen
    }
    return chances, back_offs


def _log(chance: float) -> str:
    return f"{math.log10(max(chance, 1e-99)):.4f}"
