"""Speech on the players: handed over early, proved to sound, followed to its end."""

import asyncio
from collections.abc import Mapping, Sequence
from time import monotonic
from typing import Any, Final

from homeassistant.core import HomeAssistant

from ..voice.errors import PlaybackError, Service, TooSlowError, VoiceError
from .players import Players
from .speech_stream import SpeechStream

PROVED_WITHIN: Final = 5.0
"""Seconds after which a player that shows no sign of playing is asked once more, and
then given twice as long: slow ones begin anew."""
FETCHED_WITHIN: Final = 1.0
"""Seconds after which `playing` is believed without the audio having been fetched."""
POLLED_EVERY: Final = 1.0
"""Seconds between questions to players that only tell their state when asked."""
LOOKED_EVERY: Final = 0.25
"""Seconds between looks at what is known; the pace of those questions at the end."""
SETTLED_AFTER: Final = 0.5
"""Seconds a player must report silence to be believed, before the end is due."""
LATE: Final = 2.0
"""Seconds a player that reports to play may be behind the length of the audio; then
speech is over."""
LATE_UNTOLD: Final = 1.0
"""The same for players that report nothing."""
SILENT_FOR: Final = 60.0
"""Seconds after the last word in which a voice that gives no audio is given up."""


class Playback:
    """One speech on the players of a satellite, from its first word to its end.

    `hand_over` gives the players an address at once; `write` and `end` bring the
    text; `wait_playing` and `wait_finished` tell how it goes. Times are of
    time.monotonic().
    """

    def __init__(
        self,
        hass: HomeAssistant,
        *,
        players: Sequence[str],
        engine: str,
        language: str | None = None,
        options: Mapping[str, Any] | None = None,
        volume: float | None = None,
        whole_file: bool = False,
    ) -> None:
        """Speak with the tts entity `engine`.

        `volume` is for the speech alone; with `whole_file` the players get the
        address only once all audio is there, for those that cannot stream.
        """
        self.engine = engine
        self.playing: float | None = None
        """When a player was proved to play."""
        self.finished: float | None = None
        """When it was over, by itself or not."""
        self._hass = hass
        self._players = Players(hass, players, volume)
        self._language = language
        self._options = options or {}
        self._whole_file = whole_file
        self._news = asyncio.Event()
        self._proved = asyncio.Event()
        self._speech = SpeechStream(hass, self._news.set)
        self._begun = False
        self._handed_over: float | None = None
        self._failure: VoiceError | None = None
        self._task: asyncio.Task[None] | None = None
        self._call: asyncio.Task[bool] | None = None
        self._stopping = asyncio.Lock()

    # --- what the satellite does ---

    def begin(self) -> None:
        """Have the engine ready: synthesis starts with the first sentence."""
        if not self._begun:
            self._begun = True
            self._speech.begin(self.engine, self._language, self._options)

    def hand_over(self) -> None:
        """Give the players the address; does not wait for anything."""
        self.begin()
        if self._task is None:
            self._handed_over = monotonic()
            self._task = self._hass.async_create_background_task(
                self._run(), "play the speech"
            )

    def write(self, delta: str) -> None:
        """Add text."""
        self._speech.write(delta)

    def end(self) -> None:
        """No text will follow."""
        self._speech.end()

    async def wait_playing(self) -> None:
        """Wait until a player plays, or there is nothing to say.

        Raises VoiceError: the voice failed before it said anything, or no player
        took up the speech.
        """
        await self._proved.wait()
        if self.playing is None and (failure := self.failure):
            raise failure

    async def wait_finished(self) -> None:
        """Wait until all there is was played. Raises VoiceError."""
        if self._task is not None:
            # Who waits may be cancelled; the playback itself is ended by `stop`.
            await asyncio.wait([self._task])
        if failure := self.failure:
            raise failure

    async def stop(self) -> None:
        """Silence the players at once, and end the synthesis. Never raises.

        Who else stops it meanwhile waits until that is done.
        """
        async with self._stopping:
            await self._stop()

    async def _stop(self) -> None:
        running = [
            task
            for task in (self._task, self._call)
            if task is not None and not task.done()
        ]
        for task in running:
            task.cancel()
        if running:
            await asyncio.wait(running)
        if self._task is not None and self.finished is None:
            # Nobody asks the players to play any more.
            await self._players.silence()
            self.finished = monotonic()
        await self._speech.stop()
        self._proved.set()
        await self._players.put_back()

    # --- what can be known ---

    @property
    def first_audio(self) -> float | None:
        """When the first byte of audio could be fetched, by who has the address."""
        made, told = self._speech.first_audio, self._handed_over
        return None if made is None or told is None else max(made, told)

    @property
    def fetched(self) -> float | None:
        """When a player began to fetch it."""
        return self._speech.fetched

    @property
    def failure(self) -> VoiceError | None:
        """What went wrong, if something did."""
        return self._speech.failure or self._failure

    @property
    def seconds(self) -> float:
        """Length of the audio so far."""
        return self._speech.seconds

    @property
    def heard_seconds(self) -> float | None:
        """Seconds that were played so far; None before the first."""
        if self.playing is None:
            return None
        passed = (self.finished or monotonic()) - self.playing
        # Of some formats the length is not known.
        return min(self.seconds or passed, passed)

    @property
    def heard_text(self) -> str:
        """The sentences that were played to their end."""
        seconds = self.heard_seconds
        return "" if seconds is None else self._speech.heard(seconds)

    @property
    def unspoken(self) -> str:
        """After a failure: the text that nobody heard.

        Text written since then counts too: this is what a second voice is to say.
        """
        return self._speech.text if self.playing is None else self._speech.unspoken

    # --- following the players ---

    async def _run(self) -> None:
        unwatch = self._players.async_watch(self._news.set)
        poller = self._hass.async_create_background_task(
            self._poll(), "ask the players for their state"
        )
        try:
            if await self._prove():
                self._proved.set()
                await self._follow()
        except VoiceError as error:
            self._failure = error
        finally:
            poller.cancel()
            unwatch()
        self.finished = self.finished or monotonic()
        await self._players.put_back()
        # Who waits in vain goes on when the players are free again.
        self._proved.set()

    async def _prove(self) -> bool:
        """Have the players play until one is proved to; False without any audio."""
        for wake in (False, True):
            while self._whole_file and not self._speech.complete:
                await self._next()
            if not self._speech.is_empty and await self._try(wake=wake):
                return True
            if self._speech.is_empty:
                return False
        raise PlaybackError(Service.PLAYER, "nobody played or fetched the speech")

    async def _try(self, *, wake: bool) -> bool:
        """Hand over once; whether a player took it up in time."""
        asked, patience = monotonic(), PROVED_WITHIN * (2 if wake else 1)
        # Not awaited: there are players that answer only at the end.
        self._call = call = self._hass.async_create_background_task(
            self._players.play(self._speech.media_source_id, wake=wake),
            "hand the speech over",
        )
        call.add_done_callback(lambda _: self._news.set())
        reported: float | None = None
        while not self._speech.is_empty:
            now = monotonic()
            if self.fetched is not None:
                self.playing = self.fetched
                return True
            sounding = call.done() and self._players.sounding
            reported = (reported or now) if sounding else None
            if reported is not None and self.first_audio is not None:
                believed = max(reported, self.first_audio)
                if now - believed >= FETCHED_WITHIN:
                    self.playing = believed
                    return True
            if now - max(asked, self.first_audio or now) >= patience:
                return False
            if call.done() and not call.result():
                return False
            await self._next()
        return False

    async def _follow(self) -> None:
        """Wait for the end of speech: the player's word, or the audio's length."""
        silent_since: float | None = None
        reported = False
        while True:
            now = monotonic()
            if self._players.sounding:
                reported, silent_since = True, None
            elif silent_since is None:
                silent_since = now
            if self._speech.complete:
                due = self._sounds_until()
                if reported and silent_since is not None:
                    # Silence before its time may be a pause for loading.
                    pause = SETTLED_AFTER if now < due - SETTLED_AFTER else 0.0
                    if now - silent_since >= pause:
                        self.finished = silent_since
                        return
                if now >= due + (LATE_UNTOLD if silent_since else LATE):
                    return
            await self._next()

    async def _poll(self) -> None:
        """Keep the state of players fresh that do not tell by themselves."""
        while True:
            at_the_end = (
                self.playing is not None
                and self._speech.complete
                and monotonic() > self._sounds_until() - POLLED_EVERY
            )
            await asyncio.sleep(LOOKED_EVERY if at_the_end else POLLED_EVERY)
            await self._players.poll()

    def _sounds_until(self) -> float:
        return self._speech.sounds_until(self.playing or monotonic())

    async def _next(self) -> None:
        """Wait for news, but not for long.

        Raises TooSlowError where the voice gives nothing any more.
        """
        if self._speech.silent_for > SILENT_FOR:
            raise TooSlowError(Service.TTS, "no end of the speech")
        self._news.clear()
        try:
            async with asyncio.timeout(LOOKED_EVERY):
                await self._news.wait()
        except TimeoutError:
            return
