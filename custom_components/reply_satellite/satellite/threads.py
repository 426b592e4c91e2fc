"""A satellite's threads: which one the next turn goes to, and when they are deleted."""

import asyncio
import logging
import time
from collections.abc import Callable
from typing import Final

from ..const import NEVER
from ..voice.errors import VoiceError
from ..voice.thinking.assistant import Assistant
from ..voice.thinking.thread import Thread, cools_at, is_hot
from .memory import Memory

_LOGGER = logging.getLogger(__name__)

ONE_DAY: Final = 86_400.0


class Threads:
    """The current thread and the cold ones, over an assistant and a memory."""

    def __init__(
        self,
        memory: Memory,
        assistant: Assistant,
        window: float | None,
        on_change: Callable[[], None],
    ) -> None:
        """Keep threads hot for `window` seconds (None: until told otherwise).

        `on_change` is called when the hot thread is another, or hot for longer.
        """
        self._on_change = on_change
        self._memory = memory
        self._assistant = assistant
        self._window = window
        self._begun = ""
        """A new thread whose first answer is awaited."""
        self._deleting = asyncio.Lock()

    @property
    def hot(self) -> Thread | None:
        """The thread the next turn would go to."""
        thread = self._memory.thread
        return thread if is_hot(thread, time.time(), self._window) else None

    @property
    def cools_at(self) -> float | None:
        """UNIX time when the hot thread cools, if there is one, and it does."""
        return cools_at(self.hot, self._window)

    async def for_turn(self, hot: Thread | None) -> tuple[str, bool]:
        """The id of the hot thread, or a new one; and whether it is new.

        Raises VoiceError.
        """
        if hot is not None:
            return hot.id, False
        thread_id = self._begun = await self._assistant.begin_thread()
        self._memory.threads[thread_id] = time.time()
        self._memory.save()
        return thread_id, True

    def answered(self, thread_id: str) -> None:
        """The assistant's message came back on this thread: it is hot from now."""
        now = time.time()
        self._begun = ""
        self._memory.threads[thread_id] = now
        current = self._memory.thread
        if current is None or current.id != thread_id:
            current = Thread(id=thread_id, began=now, touched=now)
        self._set(current.touch(now))

    def played(self, thread_id: str) -> None:
        """The answer was played to its end: the thread is hot from now."""
        if (thread := self._memory.thread) is not None and thread.id == thread_id:
            self._set(thread.touch(time.time()))

    def forget(self) -> None:
        """The next turn begins a new thread."""
        self._set(None)

    def go_on(self, thread_id: str) -> None:
        """The next turn goes to this thread, however old it is."""
        self.answered(thread_id)

    def _set(self, thread: Thread | None) -> None:
        self._memory.thread = thread
        self._memory.save()
        self._on_change()

    @property
    def _needed(self) -> set[str]:
        """Threads that are not deleted, however old."""
        hot = self.hot
        return {self._begun} if hot is None else {self._begun, hot.id}

    async def delete_cold(self, older_than: float) -> list[VoiceError]:
        """Delete the threads unused for `older_than` seconds, here and at the service.

        The hot one stays, and a new one that nobody has answered on yet. What could
        not be deleted is tried again next time; returns what went wrong.
        """
        failures: list[VoiceError] = []
        oldest = time.time() - older_than
        async with self._deleting:
            for thread_id, used in list(self._memory.threads.items()):
                if used > oldest or thread_id in self._needed:
                    continue
                try:
                    await self._assistant.delete_thread(thread_id)
                except VoiceError as error:
                    failures.append(error)
                else:
                    self._memory.forget(thread_id)
        self._memory.save()
        return failures

    async def tidy(self, days: float) -> None:
        """Delete the threads unused for so many days; with NEVER, none."""
        if days != NEVER:
            for error in await self.delete_cold(days * ONE_DAY):
                _LOGGER.debug("A thread stays until the next time: %s", error)
