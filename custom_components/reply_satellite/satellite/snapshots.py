"""The pictures of one turn: asked for at once, told when they come, dropped unasked."""

import asyncio
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from homeassistant.util import dt as dt_util

from ..const import TurnEvent
from ..voice.hearing.spotter import SURE, Keyword
from ..voice.thinking.assistant import Picture
from ..voice.transcribing.transcriber import Transcript
from ..voice.transcribing.transcript import bears_out
from ..voice.turn import TurnPicture
from .snapshot import take_pictures

if TYPE_CHECKING:
    from ..coordinator import Satellite
    from .running_turn import RunningTurn


@dataclass(frozen=True, slots=True)
class _Taken:
    """A picture that a camera was asked for."""

    picture: TurnPicture
    score: float
    task: asyncio.Task[list[Picture]]

    def asked_for(self, transcript: Transcript) -> bool:
        """Whether its word was surely heard, or is in the transcript."""
        at = self.picture.at
        if at is None or self.score >= SURE:
            return True
        return bears_out(transcript, Keyword.SNAPSHOT, at)


class Snapshots:
    """What a turn's cameras were asked, and what they gave."""

    def __init__(self, satellite: Satellite, running: RunningTurn) -> None:
        """Begin with none."""
        self._satellite = satellite
        self._running = running
        self._taken: list[_Taken] = []

    def take(self, cameras: tuple[str, ...], at: float | None, score: float) -> None:
        """Ask cameras for a picture each, now; the word was heard with `score`."""
        turn = self._running.turn
        for entity_id in cameras:
            taken = TurnPicture(
                index=self._next,
                entity_id=entity_id,
                camera=self._satellite.identity.name_of(entity_id),
                taken=dt_util.now().isoformat(timespec="seconds"),
                at=at,
            )
            pictures = take_pictures(self._satellite.hass, [entity_id])
            task = self._running.start(pictures, "snapshot")
            task.add_done_callback(partial(self._came, taken))
            turn.pictures.append(taken)
            self._taken.append(_Taken(taken, score, task))

    def show(self, picture: Picture) -> None:
        """Keep with the turn a picture that was given with its question."""
        turn = self._running.turn
        shown = TurnPicture(
            index=self._next,
            entity_id="",
            camera=picture.camera,
            taken=picture.taken,
            at=None,
            kind=picture.kind,
        )
        turn.pictures.append(shown)
        self._satellite.gallery.hang(turn.id, shown.index, picture)

    @property
    def _next(self) -> int:
        """The number of the turn's next picture."""
        pictures = self._running.turn.pictures
        return max((it.index for it in pictures), default=-1) + 1

    def drop_unasked(self, transcript: Transcript) -> None:
        """A picture whose word the transcript does not bear out was not asked for."""
        for entry in list(self._taken):
            if not entry.asked_for(transcript):
                entry.task.cancel()
                self._taken.remove(entry)
                self._running.turn.pictures.remove(entry.picture)
                index = entry.picture.index
                self._satellite.gallery.take_down(self._running.turn.id, index)
                self._satellite.teller.live("snapshot_dropped", index=index)
                self._satellite.async_update_listeners()

    async def pictures(self, said: Transcript | None = None) -> tuple[Picture, ...]:
        """All pictures, once they are there; a camera that failed says so in its.

        With `said`, what was said so far: those that it bears out. Who waits may be
        cancelled; the cameras go on.
        """
        pictures: list[Picture] = []
        for entry in list(self._taken):
            if said is None or entry.asked_for(said):
                pictures += await asyncio.shield(entry.task)
        return tuple(pictures)

    @property
    def tasks(self) -> set[asyncio.Task[Any]]:
        """The cameras' work."""
        return {entry.task for entry in self._taken}

    def cancel(self) -> None:
        """Want no more pictures."""
        for task in self.tasks:
            task.cancel()

    async def settle(self) -> None:
        """Wait until every camera has answered, whoever still wants the pictures."""
        if tasks := self.tasks:
            await asyncio.wait(tasks)

    def _came(self, of: TurnPicture, task: asyncio.Task[list[Picture]]) -> None:
        if task.cancelled() or task.exception() is not None:
            return
        (picture,) = task.result()
        of.failure = picture.failure
        if picture.jpeg:
            self._satellite.gallery.hang(self._running.turn.id, of.index, picture)
        self._satellite.memory.save()
        self._satellite.teller.tell(
            TurnEvent.SNAPSHOT_TAKEN,
            self._running.turn,
            index=of.index,
            camera=of.camera,
            entity=of.entity_id,
            failure=of.failure,
        )
