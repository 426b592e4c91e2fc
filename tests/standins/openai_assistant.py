"""What the assistant answers: made from what it was sent, and the same every time."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .openai_arguments import argue
from .openai_request import ResponseRequest, pictures_of, texts_of
from .openai_store import Item
from .script import Json

_NUMBERS = {
    word: number
    for number, word in enumerate(
        [
            "zero",
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
            "eleven",
            "twelve",
        ]
    )
}
_WORDS = {number: word for word, number in _NUMBERS.items()}
_ORDINALS = [
    "first",
    "second",
    "third",
    "fourth",
    "fifth",
    "sixth",
    "seventh",
    "eighth",
]
_OPERATORS = {"plus": "+", "minus": "-", "times": "*", "+": "+", "-": "-", "*": "*"}
_SUM = re.compile(r"(\w+) (plus|minus|times|\+|-|\*) (\w+)")
_SPOKEN_WORDS = 20  # of what the user said are said again


@dataclass(frozen=True, slots=True)
class Message:
    """Something the assistant says."""

    text: str


@dataclass(frozen=True, slots=True)
class FunctionCall:
    """A tool of the client's that the assistant calls."""

    name: str
    arguments: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class CodeCall:
    """A program that the assistant runs at the service."""

    code: str
    logs: str


@dataclass(frozen=True, slots=True)
class SearchCall:
    """A web search that the assistant makes at the service."""

    query: str


type Output = Message | FunctionCall | CodeCall | SearchCall


def answer(request: ResponseRequest, reply: Mapping[str, Any]) -> list[Output]:
    """What the assistant does; `reply` is the script's word on it."""
    scripted: list[Output] = [Message(text) for text in _listed(reply.get("text"))]
    scripted += [
        FunctionCall(call["name"], call.get("arguments", {}))
        for call in _listed(reply.get("tool"))
    ]
    if scripted:
        return scripted
    if (sentences := reply.get("sentences")) is not None:
        return [Message(" ".join(map(_sentence, range(1, sentences + 1))))]
    if outputs := _last_outputs(request.new):
        return [Message(" ".join(map(_told, outputs)))]
    words = _transcript(request)
    return _use_tool(words, request) or [Message(_chat(words, request))]


def _listed(scripted: Json) -> list[Any]:
    """What the script has one or several of, or none."""
    if scripted is None:
        return []
    return scripted if isinstance(scripted, list) else [scripted]


def _sentence(number: int) -> str:
    return f"This is sentence {_WORDS.get(number, number)} of a longer answer."


def _user_messages(items: Sequence[Item]) -> list[Item]:
    return [item for item in items if item.get("role") == "user"]


def _last_outputs(items: Sequence[Item]) -> list[Item]:
    """The outputs of tools that nothing was said after."""
    outputs: list[Item] = []
    for item in reversed(items):
        if item.get("type") != "function_call_output":
            break
        outputs.insert(0, item)
    return outputs


def _transcript(request: ResponseRequest) -> str:
    """What the user said: the first text of the last message."""
    messages = _user_messages(request.new)
    texts = texts_of(messages[-1]) if messages else []
    return texts[0].strip() if texts else ""


def _use_tool(words: str, request: ResponseRequest) -> list[Output]:
    """The tool that the words ask for, if it is offered."""
    spoken = words.lower()
    kinds = {tool["type"] for tool in request.tools}
    if "code_interpreter" in kinds and (found := _SUM.search(spoken)):
        first, operator, second = found.groups()
        numbers = [_number(first), _number(second)]
        if None not in numbers:
            sign = _OPERATORS[operator]
            result = {
                "+": int.__add__,
                "-": int.__sub__,
                "*": int.__mul__,
            }[sign](*numbers)  # type: ignore[arg-type]
            code = f"print({numbers[0]} {sign} {numbers[1]})"
            return [
                CodeCall(code, f"{result}\n"),
                Message(f"I calculated it. The result is {result}."),
            ]
    if kinds & {"web_search", "web_search_preview"} and "search" in spoken:
        query = spoken.partition("search")[2].strip(" .?!") or spoken
        query = query.removeprefix("the web ").removeprefix("for ")
        return [SearchCall(query), Message(f"I searched the web for {query}.")]
    functions = [tool for tool in request.tools if tool["type"] == "function"]
    for tool in functions:
        if (arguments := argue(tool, spoken, request.instructions)) is not None:
            return [FunctionCall(tool["name"], arguments)]
    return []


def _number(word: str) -> int | None:
    return int(word) if word.isdigit() else _NUMBERS.get(word)


def _told(item: Item) -> str:
    """What a tool's output says, to be spoken."""
    output = item.get("output", "")
    if isinstance(output, list):
        seen = sum(part.get("type") == "input_image" for part in output)
        texts = [part["text"] for part in output if "text" in part]
        return f"Done. I looked at {_WORDS[seen]} new. I was told: {' '.join(texts)}."
    try:
        data = json.loads(output)
    except ValueError:
        data = None
    if isinstance(data, dict):
        if "error" in data:
            reason = data.get("error_text") or data["error"]
            return f"That did not work. The tool said {reason}."
        inner = data.get("data")
        done = inner.get("success") if isinstance(inner, dict) else None
        if done:
            names = " and ".join(str(entry["name"]) for entry in done)
            return f"Done. I switched {names}."
        return f"Done. The tool answered {_flat(data)}."
    return f"Done. The tool answered {output}."


def _flat(data: Json) -> str:
    match data:
        case dict():
            return ", ".join(f"{key} {_flat(value)}" for key, value in data.items())
        case list():
            return " and ".join(map(_flat, data))
    return str(data)


def _chat(words: str, request: ResponseRequest) -> str:
    """Say what was received: words, pictures with their labels, earlier turns."""
    said = " ".join(words.split()[:_SPOKEN_WORDS]).rstrip(".?!,; ")
    sentences = [f"You said {said}." if said else "I did not hear a word."]
    sentences += _describe_pictures(request)
    *earlier, _ = _user_messages((*request.history, *request.new)) or [{}]
    if spoken := [texts[0] for item in earlier if (texts := texts_of(item))]:
        before = " ".join(spoken[-1].split()[:_SPOKEN_WORDS]).rstrip(".?!,; ")
        sentences.append(f"Earlier you said {before}.")
    return " ".join(sentences)


def _describe_pictures(request: ResponseRequest) -> list[str]:
    messages = _user_messages(request.new)
    labels = texts_of(messages[-1])[1:] if messages else []
    pictures = pictures_of(messages[-1]) if messages else []
    number = len(pictures)
    sentences = []
    if number == 1:
        picture = pictures[0]
        sentences.append(
            f"I see one picture of {picture.width} by {picture.height} pixels."
        )
    elif number:
        sizes = [
            f"the {_ORDINALS[index] if index < 8 else index + 1} has"
            f" {picture.width} by {picture.height} pixels"
            for index, picture in enumerate(pictures)
        ]
        counted = _WORDS.get(number, str(number))
        sentences.append(f"I see {counted} pictures: {', '.join(sizes)}.")
    sentences += [f"I was told: {label.rstrip('. ')}." for label in labels]
    return sentences
