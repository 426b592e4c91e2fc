"""A stand-in for ElevenLabs: voices, models, subscription and streamed speech."""

import random
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any, override
from uuid import uuid4

from aiohttp import web

from .elevenlabs_account import (
    DEFAULT_SETTINGS,
    ERRORS,
    show_dictionaries,
    show_models,
    show_voices,
)
from .elevenlabs_request import invalid, read_request
from .exchange import Chunk, Exchange
from .script import Json
from .server import Standin
from .voice import Utterance, Voice

KEY = "sk_standin_elevenlabs"
_CHUNK = 4096  # bytes
_GARBAGE = random.Random(1).randbytes(_CHUNK)  # noqa: S311
_TYPES = {"mp3": "audio/mpeg", "pcm": "audio/pcm", "opus": "audio/ogg"}


class ElevenLabsStandin(Standin):
    """The voice's service.

    `reply` of a rule may hold:

    text: what is spoken instead; silence: seconds of it, with no voice at all.
    """

    name = "elevenlabs"
    errors = ERRORS

    def __init__(
        self,
        *,
        key: str = KEY,
        port: int = 0,
        keep: int = 1_000,
        tier: str = "creator",
        concurrency: int = 5,
        characters: int = 1_000_000,
    ) -> None:
        """An account of that tier, with requests at a time and characters left."""
        super().__init__(key=key, port=port, keep=keep)
        self.tier = tier
        self.concurrency = concurrency
        self.character_limit = characters
        self.character_count = 0
        self.request_ids: set[str] = set()
        self.voice = Voice()
        self._speaking = 0

    @override
    def add_routes(self, application: web.Application) -> None:
        add, serve = application.router.add_route, self.serve
        add("GET", "/v1/models", serve(self._list_models))
        add("GET", "/v1/voices", serve(self._list_voices))
        add("GET", "/v2/voices", serve(self._search_voices))
        add("GET", "/v1/voices/{id}", serve(self._get_voice))
        add("GET", "/v1/voices/settings/default", serve(self._get_settings))
        add("GET", "/v1/user", serve(self._get_user))
        add("GET", "/v1/user/subscription", serve(self._get_subscription))
        add("GET", "/v1/pronunciation-dictionaries", serve(self._list_dictionaries))
        add("POST", "/v1/text-to-speech/{voice}", serve(self._speak))
        add("POST", "/v1/text-to-speech/{voice}/stream", serve(self._speak))

    @override
    def check_key(self, request: web.Request) -> None:
        if request.headers.get("xi-api-key") != self.key:
            raise self.refuse("invalid_api_key")

    @override
    def reword(self, body: Json, message: str) -> Json:
        return {"detail": body["detail"] | {"message": message}}

    async def _list_models(self, exchange: Exchange) -> web.StreamResponse:
        return await exchange.send_json(show_models())

    async def _list_voices(self, exchange: Exchange) -> web.StreamResponse:
        return await exchange.send_json({"voices": show_voices()})

    async def _search_voices(self, exchange: Exchange) -> web.StreamResponse:
        query = exchange.request.query
        wanted = query.get("search", "").lower()
        found = [voice for voice in show_voices() if wanted in voice["name"].lower()]
        begin, size = (
            int(query.get("next_page_token", 0)),
            int(query.get("page_size", 10)),
        )
        more = begin + size < len(found)
        return await exchange.send_json(
            {
                "voices": found[begin : begin + size],
                "has_more": more,
                "total_count": len(found),
                "next_page_token": str(begin + size) if more else None,
            }
        )

    async def _get_voice(self, exchange: Exchange) -> web.StreamResponse:
        voice_id = exchange.request.match_info["id"]
        for voice in show_voices():
            if voice["voice_id"] == voice_id:
                return await exchange.send_json(voice)
        raise self.refuse("voice_not_found")

    async def _get_settings(self, exchange: Exchange) -> web.StreamResponse:
        return await exchange.send_json(DEFAULT_SETTINGS)

    async def _get_user(self, exchange: Exchange) -> web.StreamResponse:
        return await exchange.send_json(
            {
                "user_id": "standin",
                "subscription": self._subscription(),
                "is_new_user": False,
                "xi_api_key": None,
                "can_use_delayed_payment_methods": False,
                "is_onboarding_completed": True,
                "is_onboarding_checklist_completed": True,
                "created_at": 1_763_800_000,
                "seat_type": "workspace_member",
            }
        )

    async def _get_subscription(self, exchange: Exchange) -> web.StreamResponse:
        return await exchange.send_json(
            self._subscription() | {"open_invoices": [], "has_open_invoices": False}
        )

    def _subscription(self) -> dict[str, Any]:
        return {
            "tier": self.tier,
            "character_count": self.character_count,
            "character_limit": self.character_limit,
            "max_credit_limit_extension": 0,
            "can_extend_character_limit": False,
            "allowed_to_extend_character_limit": False,
            "next_character_count_reset_unix": int(time.time()) + 86_400,
            "voice_slots_used": 0,
            "professional_voice_slots_used": 0,
            "voice_limit": 30,
            "voice_add_edit_counter": 0,
            "professional_voice_limit": 1,
            "can_extend_voice_limit": False,
            "can_use_instant_voice_cloning": True,
            "can_use_professional_voice_cloning": True,
            "currency": "usd",
            "current_overage": {"amount": "0", "currency": "usd"},
            "status": "active",
            "billing_period": "monthly_period",
            "character_refresh_period": "monthly_period",
        }

    async def _list_dictionaries(self, exchange: Exchange) -> web.StreamResponse:
        return await exchange.send_json(
            {
                "pronunciation_dictionaries": show_dictionaries(),
                "next_cursor": None,
                "has_more": False,
            }
        )

    async def _speak(self, exchange: Exchange) -> web.StreamResponse:
        if self._speaking >= self.concurrency:
            raise self.refuse("too_many_concurrent_requests")
        self._speaking += 1
        try:
            return await self._speak_one(exchange)
        finally:
            self._speaking -= 1

    async def _speak_one(self, exchange: Exchange) -> web.StreamResponse:
        request = exchange.request
        try:
            body = await exchange.read_json()
        except ValueError as error:
            raise invalid("", "not a JSON object", "value_error.jsondecode") from error
        output_format = request.query.get("output_format", "mp3_44100_128")
        voice_id = request.match_info["voice"]
        utterance = read_request(self, voice_id, output_format, body)
        self._charge(len(body["text"]))
        audio = await self._audio(exchange, utterance)
        request_id = uuid4().hex
        self.request_ids.add(request_id)
        exchange.record.details |= {"request_id": request_id, "text": utterance.text}

        async def chunks() -> AsyncIterator[Chunk]:
            for begin in range(0, len(audio), _CHUNK):
                yield Chunk(audio[begin : begin + _CHUNK])

        codec = output_format.partition("_")[0]
        return await exchange.send(
            chunks(),
            headers={
                "Content-Type": _TYPES.get(codec, "audio/basic"),
                "request-id": request_id,
                "history-item-id": uuid4().hex,
                "character-cost": str(len(body["text"])),
                "current-concurrent-requests": str(self._speaking),
                "maximum-concurrent-requests": str(self.concurrency),
            },
            garbage=_GARBAGE,
        )

    async def _audio(self, exchange: Exchange, utterance: Utterance) -> bytes:
        if (seconds := exchange.reply.get("silence")) is not None:
            return await self.voice.speak(replace(utterance, silence=float(seconds)))
        if (text := exchange.reply.get("text")) is not None:
            return await self.voice.speak(replace(utterance, text=text))
        return await self.voice.speak(utterance)

    def _charge(self, characters: int) -> None:
        left = self.character_limit - self.character_count
        if characters > left:
            raise self.refuse(
                "quota_exceeded",
                f"This request exceeds your quota of {self.character_limit}. You have"
                f" {left} credits remaining, while {characters} credits are required"
                " for this request.",
            )
        self.character_count += characters
