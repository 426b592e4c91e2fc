"""A client of Home Assistant: what a person does in the browser."""

import asyncio
import contextlib
import itertools
import secrets
from collections.abc import AsyncGenerator, Callable, Mapping
from types import TracebackType
from typing import Any, Final, Self

import aiohttp

type Data = Mapping[str, Any]

_SOCKET_BYTES: Final = 64 * 2**20
_TOKEN_DAYS: Final = 365
_ANSWER_SECONDS: Final = 120.0


class ClientFailure(Exception):
    """Home Assistant refused; the message is its own."""


class FlowFailure(ClientFailure):
    """A flow did not end with an entry; `result` is the last thing it said."""

    def __init__(self, result: Data) -> None:
        """Keep the result of the last step."""
        super().__init__(str(result))
        self.result = result


class Client:
    """One person signed in. Use it as an asynchronous context manager."""

    def __init__(self, url: str, token: str) -> None:
        """Speak to Home Assistant at `url` with a long-lived token."""
        self.url: Final = url
        self.token: Final = token
        self._numbers = itertools.count(1)
        self._answers: dict[int, asyncio.Future[Any]] = {}
        self._events: dict[int, asyncio.Queue[Any]] = {}
        self._session: aiohttp.ClientSession
        self._socket: aiohttp.ClientWebSocketResponse
        self._reader: asyncio.Task[None]

    @staticmethod
    async def onboard(session: aiohttp.ClientSession, url: str, user: str) -> str:
        """Make the first user, return a long-lived token. Raises ClientFailure."""
        client_id = f"{url}/"
        person = {
            "name": user.capitalize(),
            "username": user,
            "password": secrets.token_urlsafe(),
            "client_id": client_id,
            "language": "en",
        }
        async with session.post(f"{url}/api/onboarding/users", json=person) as response:
            code = (await _checked(response))["auth_code"]
        grant = {
            "grant_type": "authorization_code",
            "code": code,
            "client_id": client_id,
        }
        async with session.post(f"{url}/auth/token", data=grant) as response:
            token = (await _checked(response))["access_token"]
        async with Client(url, token) as client:
            lasting: str = await client.command(
                "auth/long_lived_access_token",
                client_name="The house",
                lifespan=_TOKEN_DAYS,
            )
        return lasting

    async def __aenter__(self) -> Self:
        """Connect. Raises ClientFailure, aiohttp.ClientError."""
        headers = {"Authorization": f"Bearer {self.token}"}
        self._session = aiohttp.ClientSession(headers=headers)
        try:
            self._socket = await self._session.ws_connect(
                f"{self.url}/api/websocket", max_msg_size=_SOCKET_BYTES
            )
            await self._socket.receive_json()
            await self._socket.send_json({"type": "auth", "access_token": self.token})
            if (answer := await self._socket.receive_json())["type"] != "auth_ok":
                raise ClientFailure(str(answer))
        except BaseException:
            await self._session.close()
            raise
        self._reader = asyncio.create_task(self._read())
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Disconnect."""
        await self._socket.close()
        await self._session.close()
        await self._reader

    async def reconnect(self) -> None:
        """Connect again, after Home Assistant was started again."""
        await self.__aexit__(None, None, None)
        await self.__aenter__()

    async def get(self, path: str) -> Any:
        """GET a path of the API. Raises ClientFailure."""
        async with self._session.get(self.url + path) as response:
            return await _checked(response)

    async def get_bytes(self, path: str) -> bytes:
        """GET a file, like a camera's picture. Raises ClientFailure."""
        async with self._session.get(self.url + path) as response:
            if not response.ok:
                raise ClientFailure(f"{response.status} {await response.text()}")
            return await response.read()

    async def post(self, path: str, data: Data) -> Any:
        """POST to a path of the API. Raises ClientFailure."""
        async with self._session.post(self.url + path, json=data) as response:
            return await _checked(response)

    async def command(self, kind: str, **fields: Any) -> Any:
        """Send a websocket command, return its result. Raises ClientFailure."""
        return await self._send(next(self._numbers), kind, fields)

    @contextlib.asynccontextmanager
    async def subscribe(
        self, kind: str = "subscribe_events", **fields: Any
    ) -> AsyncGenerator[asyncio.Queue[Any]]:
        """Subscribe with a websocket command; the queue holds its events."""
        number = next(self._numbers)
        queue = self._events[number] = asyncio.Queue()
        try:
            await self._send(number, kind, fields)
            yield queue
        finally:
            del self._events[number]
            if not self._socket.closed:
                await self.command("unsubscribe_events", subscription=number)

    async def call(
        self, action: str, data: Data | None = None, *, answers: bool = False
    ) -> Any:
        """Call an action, "domain.name"; with `answers` return what it answers."""
        domain, service = action.split(".")
        result = await self.command(
            "call_service",
            domain=domain,
            service=service,
            service_data=dict(data or {}),
            return_response=answers,
        )
        return result["response"] if answers else None

    async def states(self) -> dict[str, Any]:
        """Return all states by entity id."""
        return {state["entity_id"]: state for state in await self.get("/api/states")}

    async def state(self, entity_id: str) -> Any:
        """Return one entity's state: state, attributes ... Raises ClientFailure."""
        return await self.get(f"/api/states/{entity_id}")

    @contextlib.asynccontextmanager
    async def watch(self, entity_id: str) -> AsyncGenerator[asyncio.Queue[Any]]:
        """Follow one entity: the queue holds each new state (None when it is gone)."""
        trigger = {"trigger": "state", "entity_id": entity_id}
        async with self.subscribe("subscribe_trigger", trigger=trigger) as events:
            states: asyncio.Queue[Any] = asyncio.Queue()

            async def pass_on() -> None:
                while True:
                    event = await events.get()
                    states.put_nowait(event["variables"]["trigger"]["to_state"])

            task = asyncio.create_task(pass_on())
            try:
                yield states
            finally:
                task.cancel()

    async def wait_for(
        self, entity_id: str, is_wanted: Callable[[Any], bool], seconds: float = 30
    ) -> Any:
        """Wait for a state of the entity and return it. Raises TimeoutError."""
        async with asyncio.timeout(seconds), self.watch(entity_id) as states:
            state = (await self.states()).get(entity_id)
            while state is None or not is_wanted(state):
                state = await states.get()
            return state

    async def configure(self, integration: str, *steps: Data) -> Any:
        """Set up an integration through its own flow, one mapping a form.

        A step may be {"next_step_id": ...} where the flow shows a menu. Returns the
        flow's result, whose "result" is the config entry. Raises FlowFailure.
        """
        path = "/api/config/config_entries/flow"
        return await self._flow(path, {"handler": integration}, steps)

    async def configure_subentry(self, entry_id: str, kind: str, *steps: Data) -> Any:
        """Add a subentry through its flow, likewise. Raises FlowFailure."""
        path = "/api/config/config_entries/subentries/flow"
        return await self._flow(path, {"handler": [entry_id, kind]}, steps)

    async def make_dashboard(self, url_path: str, title: str, config: Data) -> None:
        """Make a dashboard; its path needs a hyphen in it. Raises ClientFailure."""
        await self.command(
            "lovelace/dashboards/create",
            url_path=url_path,
            title=title,
            mode="storage",
            show_in_sidebar=True,
            require_admin=False,
        )
        await self.command("lovelace/config/save", url_path=url_path, config=config)

    async def _flow(self, path: str, start: Data, steps: tuple[Data, ...]) -> Any:
        result = await self.post(path, start)
        for step in steps:
            if result["type"] not in ("form", "menu"):
                raise FlowFailure(result)
            result = await self.post(f"{path}/{result['flow_id']}", step)
            if result.get("errors"):
                raise FlowFailure(result)
        if result["type"] != "create_entry":
            raise FlowFailure(result)
        return result

    async def _send(self, number: int, kind: str, fields: Data) -> Any:
        answer = self._answers[number] = asyncio.get_running_loop().create_future()
        try:
            await self._socket.send_json({"id": number, "type": kind, **fields})
            async with asyncio.timeout(_ANSWER_SECONDS):
                return await answer
        finally:
            del self._answers[number]

    async def _read(self) -> None:
        """Hand every message to the one who waits for it, until the socket closes."""
        async for message in self._socket:
            if message.type is not aiohttp.WSMsgType.TEXT:
                break
            self._take(message.json())
        for answer in self._answers.values():
            if not answer.done():
                answer.set_exception(ClientFailure("Home Assistant is gone"))

    def _take(self, message: Any) -> None:
        number = message["id"]
        if message["type"] == "event":
            if number in self._events:
                self._events[number].put_nowait(message["event"])
        elif (answer := self._answers.get(number)) is not None and not answer.done():
            if message.get("success", True):
                answer.set_result(message.get("result"))
            else:
                answer.set_exception(ClientFailure(str(message["error"])))


async def _checked(response: aiohttp.ClientResponse) -> Any:
    if not response.ok:
        raise ClientFailure(f"{response.status} {await response.text()}")
    return await response.json()
