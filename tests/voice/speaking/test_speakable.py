"""Tests of what is written for eyes -> what can be said."""

import itertools
import sys
import unicodedata
from collections.abc import Generator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from custom_components.reply_satellite.voice.speaking.emoji import is_emoji
from custom_components.reply_satellite.voice.speaking.speakable import Speakable


def say(*pieces: str) -> str:
    """What is said of a text that comes in pieces."""
    speakable = Speakable()
    said = "".join(speakable.feed(piece) for piece in pieces)
    return (said + speakable.finish()).strip()


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("Plain text, 21.5 degrees.", "Plain text, 21.5 degrees."),
        (">25 °C: open the window.", ">25 °C: open the window."),
        (">= 3 rooms.", ">= 3 rooms."),
        ("> Quoted.\n> 3 times.", "Quoted. 3 times."),
        ("| > 25 °C | open |", "> 25 °C, open."),
        ("Plans:\n$5 basic\n$10 pro", "Plans: $5 basic, $10 pro"),
        ("-3 °C in Berlin\n-5 °C in Oslo", "-3 °C in Berlin, -5 °C in Oslo"),
        ("**Bold** and *slanted* and ~~gone~~.", "Bold and slanted and gone."),
        ("__Bold__ and _slanted_.", "Bold and slanted."),
        ("***Both***", "Both"),
        (
            "5 * 3 and 5*3, a snake_case_name",
            "5 \u00d7 3 and 5\u00d73, a snake case name",
        ),
        ("`5*3` and 2**3", "5\u00d73 and 2^3"),
        ("About ~5 things", "About ~5 things"),
        ("Run `pip install x_y *z*`.", "Run pip install x y *z*."),
        ("``a ~~ b [c]``", "a ~~ b [c]"),
        ("`<a`", "<a"),
        # links
        ("See [the docs](https://a.example/b(c) 'title').", "See the docs."),
        ("See [the **docs**][1].", "See the docs."),
        ("A ![red car](car.png) here", "A red car here"),
        ("Look ! not there", "Look ! not there"),
        ("Hello! [There](x) too", "Hello! There too"),
        ("Go to https://www.example.com/a?b=c.", "Go to example.com."),
        ("Go to www.example.com, now", "Go to example.com, now"),
        ("<https://example.com/a>", "example.com"),
        ("http://[broken/ x", "x"),
        ("It helps who hopes: what, http", "It helps who hopes: what, http"),
        ("xhttps://example.com", "xhttps://example.com"),
        ("https://a.example/b\u2014don't open it", "a.example\u2014don't open it"),
        (
            "\u300chttps://a.jp/b\u300d\u3002\u6674\u308c",
            "\u300ca.jp\u300d\u3002\u6674\u308c",
        ),
        # sources, footnotes, boxes
        ("So it is ([example.com](https://example.com/?a=b)).", "So it is."),
        ("So ([it](x) is) then", "So (it is) then"),
        ("As known[1] and seen[^2].", "As known and seen."),
        ("As known【4:0†source】.", "As known."),
        ("A 【broken", "A broken"),
        ("An [open bracket", "An open bracket"),
        ("An [open](bracket", "An open"),
        ("An [open][bracket", "An open"),
        ("An ([open", "An (open"),
        ("A [sic] word", "A sic word"),
        ("(plain)", "(plain)"),
        # tags, entities, escapes
        ("A<br>b <b>c</b> <!-- d --> e", "A b c e"),
        ("<a href=\"x>y\" id='z' k=v>a</a>b<br />c<details open>", "ab c"),
        ("10<sup>3</sup> H<sub>2</sub>O", "10^3 H2O"),
        ("1 < 2 and <open", "1 < 2 and <open"),
        ("Wenn 5<x ist und y>3 bleibt.", "Wenn 5<x ist und y>3 bleibt."),
        ("If a<b then c. <null Grad, <*x*", "If a<b then c. <null Grad, <x"),
        ('<b *x* <b y="*x*', '<b x <b y="x'),
        (
            "Write to <me@example.com> <mailto:a.b@c.de>",
            "Write to me@example.com a.b@c.de",
        ),
        ("<> </ <!-- open", "<> </ <!-- open"),
        ("Tom &amp; Jerry &#33; R&D &unknown;", "Tom & Jerry ! R&D &unknown;"),
        (r"\*stars\* and \(x^2\) \n", "*stars* and x^2 n"),
        ("$$x$$ costs $5, `a$$`", "x costs $5, a$$"),
        (r"C:\Users\me", "C: Users me"),
        (
            r"\(\frac{1}{2} \cdot \sqrt{9} \leq 10\,000\)",
            "1/2 \u00d7 \u221a9 \u2264 10 000",
        ),
        (r"5\,\text{km} \frac12 \frac{1", "5 km frac12 1"),
        (r"\(2\frac{1}{2}\;\mathrm{l}\) \boxed{42}", "2 1/2 l 42"),
        # emoji
        ("Fine 😀 then 👩‍👩‍👧 1️⃣ 🇩🇪 👍🏽.", "Fine then 1."),
        ("Done 🎉!", "Done!"),
        ("21 °C, © 2026", "21 °C, © 2026"),
        ("30㎡ und 5㎏", "30㎡ und 5㎏"),
        # blocks
        ("# Title\nText", "Title.\n\nText"),
        ("## Really?\nYes", "Really?\n\nYes"),
        ("#hashtag", "#hashtag"),
        ("Get:\n- milk\n* eggs.\n+ tea", "Get:\n\nmilk.\n\neggs.\n\ntea."),
        ("• Milk\n  • 3 eggs\nDone", "Milk.\n\n3 eggs.\n\nDone"),
        ("- [ ] open\n- [x] done", "open.\n\ndone."),
        ("1. One\n2) Two", "1. One.\n\n2) Two."),
        ("-5 degrees\n3.5 more", "-5 degrees, 3.5 more"),
        ("2024 was\nfine", "2024 was fine"),
        (
            "Monday: 21\u00b0\nMilk: 2 \u20ac\nEggs",
            "Monday: 21\u00b0, Milk: 2 \u20ac, Eggs",
        ),
        ("**Milk**\nEggs!\nTea\n**2** kg", "Milk, Eggs! Tea, 2 kg"),
        ("✅ Heating\n❌ Light\n\nBed: 3\n500 W", "Heating, Light\n\nBed: 3, 500 W"),
        ("> quoted\n> - item", "quoted\n\nitem."),
        ("One\n\nTwo\n---\nThree\n***\nFour", "One\n\nTwo, Three, Four"),
        ("Title\n=====\nText", "Title, Text"),
        ("| a | b |\n|---|:-:|\n| 1 | **2** |", "a, b.\n\n1, 2."),
        ("a | b", "a, b"),
        ("Platform 7|8", "Platform 7, 8"),
        ("Run:\n```python\nprint('no')\n```\nDone.", "Run:\n\nDone."),
        ("~~~\n```\nno\n~~~\nYes", "Yes"),
        ("```one line```\nText", "one line, Text"),
        ("Run:\n```\nnever closed", "Run:"),
        ("a\r\nb", "a b"),
        ("", ""),
        ("\n\n  \n", ""),
        ("---", ""),
    ],
)
def test_said(written: str, said: str) -> None:
    assert say(written) == said


def test_of_a_long_link_only_the_words_are_said() -> None:
    link = f"[the shop](https://shop.example/?{'a=b&' * 200})"
    assert say(f"See {link}.") == "See the shop."
    assert say(f"It is so ({link}).") == "It is so."


def test_a_bracket_that_never_closes_is_let_go() -> None:
    words = "word " * 500
    assert say(f"An [{words}") == f"An {words}".strip()


@pytest.fixture
def shallow_stack() -> Generator[None]:
    """Python's own limit, which the library of the voice raises."""
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(1000)
    yield
    sys.setrecursionlimit(limit)


@pytest.mark.usefixtures("shallow_stack")
@pytest.mark.parametrize("marks", ["[", "([", "【"])
def test_marks_inside_marks_have_an_end(marks: str) -> None:
    assert say(f"One {marks * 1000} two").endswith("two")


def test_a_line_of_marks_that_never_ends_is_let_go() -> None:
    assert say("." * 200 + "x") == "." * 200 + "x"


def test_text_comes_out_while_it_is_written() -> None:
    speakable = Speakable()
    assert speakable.feed("Hello there") == "Hello there"
    assert speakable.feed(", **you") == ", you"
    assert speakable.feed("**!") == "!"
    assert speakable.feed(" If a<b then c") == " If a<b then c"


MARKDOWN = st.text(
    alphabet=st.sampled_from([*"ab *_`~[]()!<>/&;#|-+.:1\\\nhtpsw😀【】\u200d"]),
    max_size=60,
)


@given(MARKDOWN | st.text(max_size=40), st.lists(st.integers(0, 60), max_size=8))
def test_cuts_do_not_matter(text: str, cuts: list[int]) -> None:
    places = [0, *sorted(min(cut, len(text)) for cut in cuts), len(text)]
    pieces = [text[begin:end] for begin, end in itertools.pairwise(places)]
    assert say(*pieces) == say(text)


@given(MARKDOWN | st.text())
def test_emoji_are_never_said(text: str) -> None:
    assert not any(is_emoji(char) for char in say(text))


PROSE = st.lists(
    st.from_regex(r"[A-Za-z]{1,9}[,.?!]?", fullmatch=True).filter(
        lambda word: not word.startswith(("www.", "http"))
    ),
    min_size=1,
    max_size=30,
).map(" ".join)


@given(PROSE)
def test_prose_stays_as_it_is(prose: str) -> None:
    assert say(prose) == prose


@given(st.text())
def test_white_space_is_one_blank_or_one_empty_line(text: str) -> None:
    said = say(text)
    parts = said.replace("\n\n", " ")
    assert "  " not in parts
    assert not any(char.isspace() and char != " " for char in parts), [
        unicodedata.name(char, "?") for char in parts
    ]
