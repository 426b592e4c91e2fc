"""Tests of text as it is written -> batches of sentences."""

import asyncio
from collections.abc import AsyncGenerator

import pytest

from custom_components.reply_satellite.voice.speaking import sentences
from custom_components.reply_satellite.voice.speaking.sentences import (
    DOUBTFUL_AFTER,
    LONGEST_BATCH,
    LONGEST_SENTENCE,
    SETTLED_AFTER,
    STALLED_AFTER,
    Script,
    Sentences,
)

from .writing import written

FOREVER = 3600.0


async def batches(*pieces: str | float) -> list[list[str]]:
    """All batches of a text, taken as fast as they come."""
    found: list[list[str]] = []
    async with Script(written(*pieces)) as script:
        while (batch := await script.batch()) is not None:
            found.append(batch)
    return found


@pytest.mark.parametrize(
    ("pieces", "known"),
    [
        (["First one. ", "T"], ["First one."]),
        (["It is 21", ".", "5 degrees. ", "Then"], ["It is 21.5 degrees."]),
        (["Dr", ". ", "Smith is here. ", "He"], ["Dr. Smith is here."]),
        (["One", ".", "\n\n", "two"], ["One."]),
        (["Hello! ...\n\n", "?\n\n", "Goodbye. ", "X"], ["Hello! ...", "Goodbye."]),
        (["Nothing yet."], []),
        (["It was 2024. ", "Then"], ["It was 2024."]),
        (["It is 10:30. ", "Then"], ["It is 10:30."]),
        (["It is 21. ", "Then", " it rains."], ["It is 21."]),
        (["Es sind 21. ", "Dann", " regnet es."], ["Es sind 21."]),
        (["Bis 21. ", "Dann", " nicht mehr. ", "So"], ["Bis 21. Dann nicht mehr."]),
        (["Bis 21.\n\nDann"], ["Bis 21."]),
    ],
)
def test_what_is_known_to_be_a_sentence(pieces: list[str], known: list[str]) -> None:
    cutter = Sentences()
    found = [sentence for piece in pieces for sentence in cutter.feed(piece)]
    assert found == known


@pytest.mark.parametrize(
    "sentence",
    [
        "Heute ist Sonntag, der 22. November.",
        "Am 5. Mai und am 19. 12. Juni war er da.",
        "Der 1. FC Köln spielt im 21. Jahrhundert.",
        "Sein 50. Geburtstag ist Montag, 3. Aug. 2027, nicht Samstag 4. September.",
        "Jeder 2. Deutsche und jede 3. Frau kamen am 24.12. Abends (5. Versuch).",
        "Termin: 5. Mai, bald.",
        "Goethe ( 28. August 1749, † 22. März 1832) kam als 1. Kind.",
        "Du kannst z. B. Nudeln oder d. h. Pasta kochen.",
        "Prof. Schulz wohnt in der Hauptstr. Nord bzw. Süden.",
        "Use e.g. Python vs. Rust.",
        "À Paris, p. ex. Montmartre.",
        "Está en Madrid, aprox. Atocha, con la Srta. López, núm. 3. Bajo.",
        "Frag Dr. med. Schulz.",
        "Vraag dhr. Jansen of mevr. De Vries, bijv. Vandaag.",
        "1. Milch kaufen.",
    ],
)
@pytest.mark.parametrize("size", [1, 4, 100])
def test_ordinals_and_abbreviations_end_nothing(sentence: str, size: int) -> None:
    cutter = Sentences()
    text = f"{sentence} Es"
    pieces = [text[at : at + size] for at in range(0, len(text), size)]
    assert [one for piece in pieces for one in cutter.feed(piece)] == [sentence]
    assert cutter.pending.strip() == "Es"


@pytest.mark.parametrize(
    ("pending", "seconds"),
    [
        ("This is it.", SETTLED_AFTER),
        ("Is it?", SETTLED_AFTER),
        ("He said “go!”", SETTLED_AFTER),
        ("これです。", SETTLED_AFTER),
        ("It is 21.", DOUBTFUL_AFTER),
        ("Ask Dr.", DOUBTFUL_AFTER),
        ("Ask J.", DOUBTFUL_AFTER),
        ("Montag bzw.", DOUBTFUL_AFTER),
        ("There are three:", DOUBTFUL_AFTER),
        ("Milk, eggs,", DOUBTFUL_AFTER),
        ("Let me see", STALLED_AFTER),
    ],
)
def test_how_long_to_wait_for_more(pending: str, seconds: float) -> None:
    cutter = Sentences()
    cutter.feed(pending)
    assert cutter.wait() == seconds


def test_what_is_pending_can_be_taken() -> None:
    cutter = Sentences()
    cutter.feed("Let me")
    assert cutter.finish() == ["Let me"]
    assert cutter.finish() == []
    cutter.feed("...")
    assert cutter.finish() == []
    cutter.feed("Am 5. Mai")
    assert cutter.pending == "Am 5. Mai"
    assert cutter.finish() == ["Am 5. Mai"]
    assert cutter.finish() == []


@pytest.mark.parametrize("mark", [", ", " ", " 5. Mai "])
def test_a_text_without_full_stops_is_cut(mark: str) -> None:
    cutter = Sentences()
    text = mark.join(["word"] * 200)
    found = [sentence for char in text for sentence in cutter.feed(char)]
    assert len(found) > 2
    assert all(len(sentence) <= LONGEST_SENTENCE for sentence in found)
    whole = " ".join([*found, *cutter.finish()])
    assert whole == text


def test_a_text_without_blanks_is_cut() -> None:
    cutter = Sentences()
    assert cutter.feed("x" * (LONGEST_SENTENCE + 5)) == ["x" * LONGEST_SENTENCE]
    assert cutter.pending == "x" * 5


async def test_the_first_alone_then_three_then_all() -> None:
    text = " ".join(f"Sentence number {number} is here." for number in range(9))
    async with Script(written(text)) as script:
        await asyncio.sleep(0)  # all of it is read before the first is taken
        sizes = []
        while (batch := await script.batch()) is not None:
            sizes.append(len(batch))
    assert sizes == [1, 3, 5]


async def test_a_batch_is_not_too_long_for_a_model() -> None:
    sentence = "This sentence has some words in it, but not many, for a test. "
    async with Script(written(sentence * 60)) as script:
        found = [await script.batch() for _ in range(2)]
        while (batch := await script.batch()) is not None:
            found.append(batch)
    assert sum(len(batch or ()) for batch in found) == 60
    assert all(len(" ".join(batch or ())) <= LONGEST_BATCH for batch in found)


async def test_a_complete_sentence_does_not_wait_for_the_next() -> None:
    async with Script(written("This is all", ".", FOREVER, "Never.")) as script:
        assert await script.batch() == ["This is all."]


async def test_a_stall_lets_go_what_is_pending(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sentences, "STALLED_AFTER", 0.01)
    async with Script(written("Let me look that up", FOREVER)) as script:
        assert await script.batch() == ["Let me look that up"]


async def test_a_pause_inside_a_number_does_not_cut_it() -> None:
    pause = SETTLED_AFTER * 2
    assert await batches("It is 21.", pause, "5 degrees.") == [["It is 21.5 degrees."]]


async def test_a_date_is_one_request() -> None:
    assert await batches("Es ist der 2", "2", ".", " Nov", "ember. ", "Gut.") == [
        ["Es ist der 22. November."],
        ["Gut."],
    ]


async def test_nothing_to_say() -> None:
    assert await batches() == []
    assert await batches("```\ncode\n```\n", "🎉", " ... ") == []


async def test_markdown_is_not_said() -> None:
    assert await batches("# He", "llo\n- **o", "ne**\n- two\n") == [
        ["Hello."],
        ["one.", "two."],
    ]


async def test_what_the_text_raises_comes_after_what_it_said() -> None:
    async def failing() -> AsyncGenerator[str]:
        yield "This was said. And"
        raise ZeroDivisionError

    async with Script(failing()) as script:
        assert await script.batch() == ["This was said."]
        with pytest.raises(ZeroDivisionError):
            await script.batch()


async def test_a_text_that_is_stopped_stops_its_reader() -> None:
    async def stopped() -> AsyncGenerator[str]:
        yield "This was said. And"
        raise asyncio.CancelledError

    async with Script(stopped()) as script:
        await script.batch()
        with pytest.raises(asyncio.CancelledError):
            await script.batch()


async def test_the_rest_is_what_was_never_given_out() -> None:
    text = "One is here. Two is here. Three is here. And **fo"
    async with Script(written(text, FOREVER)) as script:
        assert await script.batch() == ["One is here."]
        assert script.rest() == ["Two is here.", "Three is here.", "And fo"]
        assert script.rest() == []


async def test_leaving_closes_the_text() -> None:
    closed = False

    async def endless() -> AsyncGenerator[str]:
        nonlocal closed
        try:
            while True:
                yield "More and more"
                await asyncio.sleep(0.001)
        finally:
            closed = True

    async with Script(endless()) as script:
        await script.batch()
    assert closed
