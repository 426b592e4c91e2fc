"""A service that has said its last word, and does not hang up.

The stand-in always does; what answers here is a server of a few lines.
"""

import asyncio
import json
from collections.abc import AsyncGenerator
from typing import Any

import httpx
import openai
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from custom_components.reply_satellite.voice.thinking import openai_wire
from custom_components.reply_satellite.voice.thinking.assistant import Usage
from custom_components.reply_satellite.voice.thinking.openai_assistant import (
    OpenAIAssistant,
)
from custom_components.reply_satellite.voice.thinking.openai_effort import Efforts
from custom_components.reply_satellite.voice.thinking.openai_run import Run

from .asking import Box, hear, request

CALL = {
    "type": "function_call",
    "id": "fc_1",
    "call_id": "call_1",
    "name": "light",
    "arguments": "{}",
}


class Lingering:
    """Answers every question with the same items, and keeps the stream open."""

    def __init__(self, *items: dict[str, Any], word: str = "") -> None:
        """Answer with `items`, and with a word before them."""
        self.items = items
        self.word = word

    async def serve(self, asked: web.Request) -> web.StreamResponse:
        """Say the last word, and stay."""
        answer = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await answer.prepare(asked)
        ended = {"id": "resp_1", "object": "response", "status": "completed"}
        place = {"item_id": "msg_1", "output_index": 0, "content_index": 0}
        word = {"type": "response.output_text.delta", "delta": self.word, **place}
        events: list[dict[str, Any]] = [word] if self.word else []
        events += [
            {"type": "response.output_item.done", "output_index": 0, "item": item}
            for item in self.items
        ]
        events.append({"type": "response.completed", "response": ended})
        for event in events:
            data = f"event: {event['type']}\ndata: {json.dumps(event)}\n\n"
            await answer.write(data.encode())
        await asyncio.sleep(30)
        return answer


@pytest.fixture
async def at(
    socket_enabled: None, http_client: httpx.AsyncClient
) -> AsyncGenerator[Any]:
    """Make an assistant at a lingering service."""
    servers: list[TestServer] = []

    async def make(lingering: Lingering) -> OpenAIAssistant:
        application = web.Application()
        application.router.add_post("/responses", lingering.serve)
        server = TestServer(application)
        await server.start_server()
        servers.append(server)
        return OpenAIAssistant(
            openai.AsyncOpenAI(
                api_key="none",
                base_url=str(server.make_url("")),
                http_client=http_client,  # type: ignore[arg-type]
            )
        )

    yield make
    for server in servers:
        await server.close()


async def test_answer_is_complete_all_the_same(at: Any) -> None:
    assistant = await at(Lingering(word="Yes."))
    async with asyncio.timeout(20):
        heard = await hear(assistant, "conv_1", request())
    assert heard.text == "Yes."
    assert heard.finished.usage == Usage()


async def test_cancelled_between_the_last_word_and_the_tools(
    at: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The conversation holds the call: it must get an output."""
    monkeypatch.setattr(openai_wire, "LAST_BYTES_WITHIN", 30.0)
    assistant = await at(Lingering(CALL))
    box = Box()
    run = Run(
        assistant._wire,
        request(toolbox=box),
        Efforts(),
        thread_id="conv_1",
        stored=True,
        owed=[],
    )
    task = asyncio.create_task(anext(run.parts()))
    async with asyncio.timeout(10):
        while not run._unanswered:
            await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert box.called == []
    (owed,) = run.owed()
    assert owed["type"] == "function_call_output"
    assert owed["call_id"] == "call_1"
