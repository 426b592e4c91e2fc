"""Putting questions to an assistant, and reading what it was sent."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

from PIL import Image

from custom_components.reply_satellite.voice.thinking.assistant import (
    AnswerPart,
    Assistant,
    Finished,
    Picture,
    Question,
    Remark,
    Request,
    Text,
    ToolCalled,
    ToolOutput,
    ToolSpec,
)
from tests.standins.exchange import Record
from tests.standins.openai import OpenAIStandin

MODEL = "gpt-6-luna"


def jpeg(width: int = 64, height: int = 48) -> bytes:
    file = BytesIO()
    Image.new("RGB", (width, height), "teal").save(file, "JPEG")
    return file.getvalue()


def picture(camera: str = "Door", **how: Any) -> Picture:
    values = {"camera": camera, "taken": "2026-11-22T18:05:00+01:00", "jpeg": jpeg()}
    return Picture(**values | how)


def request(text: str = "Hello there.", *pictures: Picture, **how: Any) -> Request:
    values: dict[str, Any] = {"instructions": "Be brief.", "model": MODEL}
    return Request(question=Question(text, pictures), **values | how)


@dataclass
class Heard:
    """A whole answer."""

    parts: list[AnswerPart] = field(default_factory=list)

    def of[Part](self, kind: type[Part]) -> list[Part]:
        """The parts of one kind."""
        return [part for part in self.parts if isinstance(part, kind)]

    @property
    def text(self) -> str:
        """All that was said."""
        return "".join(part.delta for part in self.of(Text))

    @property
    def remarks(self) -> list[str]:
        """What the user should know."""
        return [remark.key for remark in self.of(Remark)]

    @property
    def tools(self) -> list[ToolCalled]:
        """The tools that were called."""
        return self.of(ToolCalled)

    @property
    def finished(self) -> Finished:
        """The last part."""
        assert isinstance(self.parts[-1], Finished)
        return self.parts[-1]


async def hear(assistant: Assistant, thread_id: str, asked: Request) -> Heard:
    """Ask and wait for the whole answer."""
    heard = Heard()
    async with aclosing(assistant.answer(thread_id, asked)) as parts:
        async for part in parts:
            heard.parts.append(part)
    return heard


async def until(
    parts: AsyncGenerator[AnswerPart], kind: type[AnswerPart]
) -> AnswerPart:
    """Read an answer up to the first part of a kind."""
    async for part in parts:
        if isinstance(part, kind):
            return part
    raise AssertionError(f"no {kind}")


def sent(service: OpenAIStandin) -> list[Record]:
    """The requests for responses, in their order."""
    return [record for record in service.requests if record.path == "/v1/responses"]


def words(item: Mapping[str, Any]) -> list[str]:
    """The texts of an input item; pictures as [picture]."""
    content = item.get("content", item.get("output"))
    if isinstance(content, str):
        return [content]
    return [part.get("text", "[picture]") for part in content or ()]


class Box:
    """A toolbox of functions of a test."""

    def __init__(self, **tools: Any) -> None:
        """Offer functions under their names."""
        self.tools = tools
        self.called: list[tuple[str, Mapping[str, Any]]] = []

    @property
    def specs(self) -> list[ToolSpec]:
        """Every function as a tool without arguments."""
        schema = {"type": "object", "properties": {}}
        return [ToolSpec(name, f"Does {name}.", schema) for name in self.tools]

    async def call(self, name: str, arguments: Mapping[str, Any]) -> ToolOutput:
        """Call a function, and remember it."""
        self.called.append((name, arguments))
        output = await self.tools[name](**arguments)
        return output if isinstance(output, ToolOutput) else ToolOutput(output)
