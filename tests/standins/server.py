"""The part all stand-ins share: the server, its script and what it received."""

import asyncio
import time
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import asdict
from typing import Any, Self

from aiohttp import web

from .exchange import Exchange, Outcome, Record, RefusedError
from .script import Fault, FaultKind, Json, Latency, Rule, Script

type Handler = Callable[[Exchange], Awaitable[web.StreamResponse]]


class Standin(ABC):
    """A service on a loopback port, up between `start` and `stop` or in a `with`."""

    name: str
    errors: Mapping[str, tuple[int, Json]]  # status and body by the error's name

    def __init__(self, *, key: str, port: int = 0, keep: int = 1_000) -> None:
        """Make the service; `keep` bounds how many requests are remembered."""
        self.key = key
        self.port = port
        self.requests: deque[Record] = deque(maxlen=keep)
        self._script = Script()
        self._served = 0
        self._runner: web.AppRunner | None = None
        self._refusal: asyncio.Task[None] | None = None
        self._site: web.TCPSite | None = None

    @property
    def url(self) -> str:
        """The address, without a path."""
        return f"http://127.0.0.1:{self.port}"

    def script(
        self,
        path: str = "*",
        *,
        method: str = "*",
        nth: int | None = None,
        times: int | None = None,
        latency: Latency | None = None,
        fault: Fault | None = None,
        reply: Mapping[str, Any] | None = None,
    ) -> None:
        """Say what happens to matching requests; `nth` counts from now, 1 is the next.

        Without `nth` the rule is for the next `times` requests, or for all.
        """
        skip = 0
        if nth is not None:
            skip, times = nth - 1, times or 1
        self._script.rules.append(
            Rule(
                method=method,
                path=path,
                skip=skip,
                times=times,
                latency=latency,
                fault=fault,
                reply=reply,
            )
        )

    def clear_script(self) -> None:
        """Forget all rules."""
        self._script.rules.clear()

    def error(self, name: str, **headers: str) -> Fault:
        """The service's own error of that name as a fault to script.

        Raises:
            KeyError: the service has no such error.
        """
        status, body = self.errors[name]
        named = {key.replace("_", "-"): value for key, value in headers.items()}
        return Fault(kind=FaultKind.STATUS, status=status, body=body, headers=named)

    async def start(self) -> None:
        """Listen; `port` 0 becomes the port that was given.

        Raises:
            OSError: the port is taken.
        """
        application = web.Application(
            middlewares=[self._receive], client_max_size=256 * 1024**2
        )
        self.add_routes(application)
        router = application.router
        router.add_post("/_script", self._post_script)
        router.add_delete("/_script", self._delete_script)
        router.add_post("/_refuse", self._post_refuse)
        router.add_get("/_requests", self._get_requests)
        router.add_delete("/_requests", self._delete_requests)
        self._runner = web.AppRunner(
            application,
            handler_cancellation=True,
            shutdown_timeout=0.1,
            access_log=None,
            keepalive_timeout=180,
        )
        await self._runner.setup()
        await self._listen()

    async def stop(self) -> None:
        """Hang up on everybody and free the port."""
        if self._refusal is not None:
            self._refusal.cancel()
            await asyncio.gather(self._refusal, return_exceptions=True)
            self._refusal = None
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    @asynccontextmanager
    async def refusing(self) -> AsyncGenerator[None]:
        """Refuse connections, and drop those there are, while in the block."""
        assert self._runner is not None
        assert self._site is not None
        await self._site.stop()
        if (server := self._runner.server) is not None:
            for connection in list(server.connections):
                if (transport := connection.transport) is not None:
                    transport.abort()
        try:
            yield
        finally:
            await self._listen()

    async def __aenter__(self) -> Self:
        """Start."""
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        """Stop."""
        await self.stop()

    @abstractmethod
    def add_routes(self, application: web.Application) -> None:
        """Add what the service serves, each handler wrapped by `serve`."""

    @abstractmethod
    def check_key(self, request: web.Request) -> None:
        """Let a request with the right key pass.

        Raises:
            RefusedError: what the service says to a wrong key.
        """

    def refuse(self, name: str, message: str | None = None) -> RefusedError:
        """The service's own error of that name, to raise."""
        status, body = self.errors[name]
        return RefusedError(
            status, body if message is None else self.reword(body, message)
        )

    @abstractmethod
    def reword(self, body: Json, message: str) -> Json:
        """An error's body with another message in it."""

    def serve(
        self, handler: Handler
    ) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        """A handler of ours as aiohttp wants it."""

        async def call(request: web.Request) -> web.StreamResponse:
            self.check_key(request)
            return await handler(request["exchange"])

        return call

    async def _listen(self) -> None:
        assert self._runner is not None
        self._site = web.TCPSite(
            self._runner, "127.0.0.1", self.port, reuse_address=True
        )
        await self._site.start()
        self.port = self._runner.addresses[0][1]

    @web.middleware
    async def _receive(
        self,
        request: web.Request,
        handler: Callable[[web.Request], Awaitable[web.StreamResponse]],
    ) -> web.StreamResponse:
        if request.path.startswith("/_"):
            return await handler(request)
        self._served += 1
        record = Record.of(request, self._served)
        self.requests.append(record)
        exchange = Exchange(
            request, record, self._script.play(request.method, request.path)
        )
        request["exchange"] = exchange
        try:
            if (refused := await exchange.refused_by_script()) is not None:
                return refused
            return await handler(request)
        except RefusedError as refusal:
            return await exchange.send_json(
                refusal.body, status=refusal.status, headers=refusal.headers
            )
        except web.HTTPException as missing:
            return await exchange.send_json(
                self.not_found(request), status=missing.status
            )
        except asyncio.CancelledError, ConnectionResetError:
            record.outcome = Outcome.ABORTED
            raise
        finally:
            record.ended = time.monotonic()

    def not_found(self, request: web.Request) -> Json:
        """The body of the answer to a path that the service does not have."""
        return {"detail": f"Not Found: {request.method} {request.path}"}

    async def _post_script(self, request: web.Request) -> web.Response:
        data = await request.json()
        try:
            rules = [self._rule(rule) for rule in data["rules"]]
        except (KeyError, TypeError, ValueError) as error:
            return web.json_response({"error": str(error)}, status=400)
        self._script.rules.extend(rules)
        return web.json_response({"rules": len(self._script.rules)})

    def _rule(self, data: Mapping[str, Any]) -> Rule:
        values = dict(data)
        if (name := values.pop("error", None)) is not None:
            values["fault"] = asdict(self.error(name))
        return Rule.from_json(values)

    async def _post_refuse(self, request: web.Request) -> web.Response:
        """Refuse connections for the given seconds, from right after this answer."""
        seconds = float((await request.json())["seconds"])
        self._refusal = asyncio.create_task(self._refuse_for(seconds))
        return web.json_response({"seconds": seconds})

    async def _refuse_for(self, seconds: float) -> None:
        await asyncio.sleep(0.01)
        async with self.refusing():
            await asyncio.sleep(seconds)

    async def _delete_script(self, request: web.Request) -> web.Response:
        del request
        self.clear_script()
        return web.json_response({"rules": 0})

    async def _get_requests(self, request: web.Request) -> web.Response:
        since = int(request.query.get("since", 0))
        records = [asdict(record) for record in self.requests if record.number > since]
        if "bodies" not in request.query:
            for record in records:
                record["body"] = None
        return web.json_response({"requests": records})

    async def _delete_requests(self, request: web.Request) -> web.Response:
        del request
        self.requests.clear()
        return web.json_response({"requests": []})
