"""A satellite's threads: which one the next turn goes to, and when they are deleted."""

import asyncio
import logging
import time
from collections.abc import Callable
from typing import Final

from ..const import NEVER
from ..voice.errors import VoiceError
from ..voice.thinking.assistant import Assistant
from ..voice.thinking.thread import Thread, cools_at, is_hot, is_local, new_local_id
from .memory import Memory
from .settings import Settings

_LOGGER = logging.getLogger(__name__)

ONE_DAY: Final = 86_400.0


class Threads:
    """The current thread and the cold ones, over an assistant and a memory."""

    def __init__(
        self,
        memory: Memory,
        assistant: Assistant,
        settings: Settings,
        on_change: Callable[[], None],
        in_use: Callable[[], str],
    ) -> None:
        """Keep threads where, and hot for as long as, the user chose.

        `on_change` is called when the hot thread is another, or hot for longer;
        `in_use` tells the thread of the running turn, if there is one.
        """
        self._on_change = on_change
        self._memory = memory
        self._assistant = assistant
        self._window = settings.hot_window
        self._local = settings.local_threads
        self._in_use = in_use
        self._deleting = asyncio.Lock()

    @property
    def hot(self) -> Thread | None:
        """The thread the next turn would go to: never one that is kept elsewhere.

        Such a one is from before the user chose; it is deleted like any other.
        """
        thread = self._memory.thread
        if thread is None or not self.takes(thread.id):
            return None
        return thread if is_hot(thread, time.time(), self._window) else None

    def takes(self, thread_id: str) -> bool:
        """Whether this is a thread, and kept where the user wants it by now."""
        return bool(thread_id) and is_local(thread_id) is self._local

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
        if self._local:
            thread_id = new_local_id()
        else:
            thread_id = await self._assistant.begin_thread()
        self._memory.threads[thread_id] = time.time()
        self._memory.save()
        return thread_id, True

    def answered(self, thread_id: str) -> None:
        """The assistant's message came back on this thread: it is hot from now."""
        now = time.time()
        self.use(thread_id)
        current = self._memory.thread
        if current is None or current.id != thread_id:
            current = Thread(id=thread_id, began=now, touched=now)
        self._set(current.touch(now))

    def use(self, thread_id: str) -> None:
        """Note that a thread is in use, whichever the hot one is."""
        self._memory.threads[thread_id] = time.time()
        self._memory.save()

    def played(self, thread_id: str) -> None:
        """An answer was played, as far as anybody wanted it: hot from now."""
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
        return {self._in_use()} if hot is None else {self._in_use(), hot.id}

    async def delete_cold(self, older_than: float) -> list[VoiceError]:
        """Delete the threads unused for `older_than` seconds, here and at the service.

        The hot one stays, and that of the running turn. What could not be deleted is
        tried again next time; returns what went wrong.
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
