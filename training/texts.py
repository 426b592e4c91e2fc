"""What the voices read: sentences without the keywords, and sentences with them.

Prose comes from Debian packages (fortunes in six languages, the King James Bible, word
lists); orders, questions and dictation from small grammars below, because that is what
people say to a house.
"""

import gzip
import json
import random
import re
import subprocess
from functools import cache
from pathlib import Path

WORDS = ("computer", "reply", "snapshot")

# Speech that holds a keyword by accident must not be taught as speech without one.
_FORBIDDEN = re.compile(
    r"comput|k[o]mp[iuy]?[uú]t|ordinat|repl[yi]|riplai|snap.?shot|schnappschuss",
    re.IGNORECASE,
)

# What a listener might take for a keyword. "replied" and "computing" end otherwise.
NEAR = {
    "computer": """commuter compute computing computation computed commute commuted
        community communion compare compared comparing compete competed competitor
        compiler composer component compote compact pewter neuter tutor suitor shooter
        scooter looter router cuter hooter peter dispute disputed repute reputed deputy
        refute amputate amputator pupil pewters future suture muter recruiter transmuter
        executor contributor comforter commander consumer come.pewter confuser accuser
        come.to.her come.put.her can.put.her company.tour compared.to comb.you.to
        compuserve permuted imputed hamputer trumpeter temper computate""",
    "reply": """apply supply rely relied replied replies replying imply simply comply
        multiply deploy ripple ripply ripley rip.lie replay replace repeat repel
        replete deeply cheaply reapply relay really rely.on reprise reply's rifle
        rebuy repaint reside belie ally july replant repress respite three.ply two.ply
        plywood supplied supplying applied implied complied rebel recline rewind
        resign response respond rely.upon a.ply free.fly or.apply we.ply tree.ply
        the.ply re.lie reap.lie will.apply or.supply he.plied deny decry retry""",
    "snapshot": """snap shot snaps shots snapper snapped snapping snappish snap.it
        nap naps slapshot slap.shot snack.shop snap.shut snap.shop gunshot earshot
        slingshot moonshot upshot hotshot potshot mugshot screenshot sunspot snatch
        snipe sniper snapdragon sharpshooter nap.shot snap.sat snap.show knapsack
        snob.shot bank.shot shop snap.chart trap.shot cap.shot snack shut snow.shoes
        snap.judgement snap.off snap.on ship.shape sap.shot last.shot map.shot""",
}

_ORDERS = """turn on the {room} {thing}|turn off the {thing} in the {room}|
set the {thing} to {number} percent|dim the {room} lights|what time is it in {place}|
how is the weather in {place} {when}|remind me {when} to {chore}|
play some {music} in the {room}|add {number} {food} to the shopping list|
what is on my calendar {when}|is the {room} door locked|open the {thing} please|
can you see who is at the door|how many {food} do I need for {number} people|
tell me a story about a {animal} and a {animal}|the {animal} sat on the {thing}|
I would like to {chore} {when}|please make the {room} a bit {feel}|
what does this look like to you|read me the news from {place}|stop|cancel that|
good morning|thank you very much|set a timer for {number} minutes|pause the {music}|
why is the {thing} in the {room} so {feel}|call my mother {when}|volume {number}|
never mind|what can you tell me about {place}|who wrote the book about the {animal}|
translate {feel} into french|how far is {place} from {place}|next song|louder please"""
_FILL = {
    "room": "kitchen bedroom bathroom hall garage office cellar attic garden porch",
    "thing": "light lamp heating television blind curtain fan radio oven kettle chair",
    "number": "two three five seven twelve fifteen twenty thirty forty.five sixty "
    "ninety",
    "place": "london paris berlin new.york tokyo sydney madrid rome oslo chicago",
    "when": "tomorrow tonight on.monday at.noon next.week at.six.thirty this.evening",
    "chore": "water.the.plants buy.bread feed.the.cat call.the.bank clean.the.windows",
    "music": "jazz classical.music pop rock folk.songs piano news the.podcast blues",
    "food": "eggs apples potatoes onions bottles.of.milk bananas lemons carrots",
    "animal": "cat dog horse fox bear mouse whale raven tiger snake rabbit goose",
    "feel": "warm cold bright dark loud quiet slow fast strange beautiful small",
}

_BEFORE = """what do you think|that is all|and that is what I wanted to know|okay|
can you take a|please take a|look at this|here is a|so what should I do|and|the|a|
is it open or closed|tell me what you see|I think that is it|hey|hello|well|so|no|
how long does it take|what is it|which one is better|over to you|my|ask the"""
_AFTER = """turn on the lights|what time is it|how are you|please|and then go on|
what is this|tell me|can you help me|I have a question|set a timer|is it raining|
where is my phone|look|now|play some music|of the room|the door is open|I want|
show me|who was|open|are|at|every|in|oh|eat|uh|stop|get|do|what|where|really"""

_UNSPEAKABLE = {"ascii-art", "linux", "debian", "computers", "perl", "definitions"}


def _choices(text: str) -> list[str]:
    """Split a block of alternatives."""
    return [part.strip().replace("\n", " ") for part in text.split("|")]


def order(rng: random.Random) -> str:
    """Return something one may say to a house."""
    sentence = rng.choice(_choices(_ORDERS))
    return re.sub(
        r"\{(\w+)\}",
        lambda found: rng.choice(_FILL[found[1]].split()).replace(".", " "),
        sentence,
    )


def carrier(word: str, rng: random.Random) -> str:
    """Return a sentence that holds the keyword, most often as people would use it."""
    before, after = rng.choice(_choices(_BEFORE)), rng.choice(_choices(_AFTER))
    if rng.random() < 0.4:
        before, after = order(rng), order(rng)
    comma, end = rng.choice([",", ""]), rng.choice([",", "", "."])
    kinds = {
        "computer": (0.25, 0.05, 0.5, 0.2),
        "reply": (0.35, 0.45, 0.05, 0.15),
        "snapshot": (0.3, 0.3, 0.2, 0.2),
    }[word]
    kind = rng.choices(range(4), kinds)[0]
    return (
        f"{before}{comma} {word}{end} {after}",
        f"{before}{comma} {word}",
        f"{word}{end} {after}",
        f"{before} {word} {after}",
    )[kind]


def near(rng: random.Random) -> str:
    """Return a phrase with near-sounding words."""
    words = rng.choice(list(NEAR.values())).split()
    picked = [rng.choice(words).replace(".", " ") for _ in range(rng.randint(1, 3))]
    if rng.random() < 0.5:
        return rng.choice([", ", " "]).join(picked)
    return f"{rng.choice(_choices(_BEFORE))} {picked[0]} {rng.choice(_choices(_AFTER))}"


ALIKE = Path(__file__).parents[1] / ".local" / "training" / "alike.json"
"""The words that alike.py found."""


@cache
def _alike() -> dict[str, list[str]]:
    """Return the dictionary's words that sound most like each keyword."""
    return json.loads(ALIKE.read_text("utf-8"))


@cache
def _prose_with() -> dict[str, list[str]]:
    """Return the sentences of English prose that hold each of those words."""
    wanted = {word for words in _alike().values() for word in words}
    found: dict[str, list[str]] = {}
    for sentence in prose("en"):
        for word in wanted.intersection(sentence.replace(",", " ").split()):
            found.setdefault(word, []).append(sentence)
    return found


def alike(rng: random.Random) -> str:
    """Return words that sound like a keyword: in prose, among orders or alone."""
    words = _alike()[rng.choices(WORDS, (2, 1, 1))[0]]
    word, kind = rng.choice(words), rng.random()
    if kind < 0.45 and (read := _prose_with().get(word)):
        return rng.choice(read)
    if kind < 0.7:
        return f"{rng.choice(_choices(_BEFORE))} {word} {rng.choice(_choices(_AFTER))}"
    return rng.choice([", ", " "]).join(rng.choices(words, k=rng.randint(1, 4)))


@cache
def dictionary() -> list[str]:
    """Return every plain word of the word list."""
    lines = Path("/usr/share/dict/american-english").read_text("utf-8").split()
    return [
        word
        for word in lines
        if re.fullmatch(r"[a-zA-Z]{2,}", word) and not _FORBIDDEN.search(word)
    ]


def salad(rng: random.Random) -> str:
    """Return random words of the dictionary: every sound next to every other."""
    return " ".join(rng.choices(dictionary(), k=rng.randint(6, 12)))


def _sentences(text: str) -> list[str]:
    """Split prose into sentences a voice can read, none with a keyword."""
    text = re.sub(r"[^\w\s.,;:?!'-]", " ", text)
    text = re.sub(r"\s+", " ", text)
    parts = re.split(r"(?<=[.?!;:])\s", text)
    return [
        part
        for part in parts
        if 20 < len(part) < 240
        and not _FORBIDDEN.search(part)
        and not re.search(r"[\d_]|[A-Z]{3}|--", part)
    ]


def _fortunes(names: list[Path]) -> list[str]:
    """Return the sentences of fortune files."""
    found: list[str] = []
    for path in names:
        raw = path.read_bytes()
        try:
            text = raw.decode("utf-8")
        except UnicodeDecodeError:
            text = raw.decode("latin-1")
        found += _sentences(text.replace("\n%\n", " . ").replace("\n", " "))
    return found


@cache
def prose(language: str) -> list[str]:
    """Return sentences of prose in one of en, de, es, it, cs, pl."""
    folder = Path("/usr/share/games/fortunes", "" if language == "en" else language)
    names = [
        path
        for path in sorted(folder.iterdir())
        if path.suffix in ("", ".fortunes") and path.is_file() and not path.is_symlink()
    ]
    if language != "en":
        return _fortunes(names)
    return (
        _fortunes([path for path in names if path.name not in _UNSPEAKABLE]) + _bible()
    )


@cache
def _bible() -> list[str]:
    """Return the sentences of the King James Bible and of American state papers."""
    verses = subprocess.run(
        ["bible", "-f", "gen1:1-rev22:21"], check=True, capture_output=True, text=True
    ).stdout
    found = _sentences(re.sub(r"^\S+\s", "", verses, flags=re.MULTILINE))
    for path in sorted(Path("/usr/share/state").glob("*.gz")):
        found += _sentences(gzip.decompress(path.read_bytes()).decode("latin-1"))
    return found
