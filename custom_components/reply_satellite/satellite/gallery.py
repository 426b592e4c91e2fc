"""The pictures of a satellite's last turn, and the way to older ones that are kept."""

import logging

from homeassistant.core import HomeAssistant

from ..voice.thinking.assistant import Picture, PictureKind
from ..voice.turn import Turn, TurnPicture
from .spool import Spool

_LOGGER = logging.getLogger(__name__)


class Gallery:
    """Shows pictures; only the last turn's are held in memory."""

    def __init__(self, hass: HomeAssistant, spool: Spool) -> None:
        """Keep pictures in the spool, where a turn that fails finds them again."""
        self._hass = hass
        self._spool = spool
        self._turn_id = ""
        self._pictures: dict[int, Picture] = {}
        self.last: Picture | None = None
        """The snapshot taken last."""
        self._before: Picture | None = None
        """The one that was last before this turn."""

    def hang(self, turn_id: str, index: int, picture: Picture) -> None:
        """Show a new picture, and keep it with its turn."""
        if turn_id != self._turn_id:
            self._turn_id, self._pictures = turn_id, {}
            self._before = self.last
        self._pictures[index] = picture
        if _is_snapshot(picture):
            self.last = picture
        self._hass.async_add_executor_job(self._keep, turn_id, index, picture.jpeg)

    def take_down(self, turn_id: str, index: int) -> None:
        """Show a picture no more, and keep it no more."""
        if turn_id == self._turn_id:
            self._pictures.pop(index, None)
            left = (it for it in self._pictures.values() if _is_snapshot(it))
            self.last = next(reversed(list(left)), self._before)
        self._hass.async_add_executor_job(self._drop, turn_id, index)

    def _drop(self, turn_id: str, index: int) -> None:
        try:
            self._spool.drop_picture(turn_id, index)
        except OSError as error:
            _LOGGER.warning("A picture can't be removed: %s", error.strerror)

    def _keep(self, turn_id: str, index: int, jpeg: bytes) -> None:
        try:
            self._spool.keep_picture(turn_id, index, jpeg)
        except OSError as error:
            _LOGGER.warning("A picture can't be kept on disk: %s", error.strerror)

    async def jpeg(self, turn_id: str, index: int) -> bytes:
        """A turn's picture. Raises OSError where it is not kept any more."""
        if turn_id == self._turn_id and index in self._pictures:
            return self._pictures[index].jpeg
        return await self._hass.async_add_executor_job(
            self._spool.picture, turn_id, index
        )

    async def pictures(self, turn: Turn) -> tuple[Picture, ...]:
        """All pictures of a turn; one that is not kept any more says so."""
        return tuple([await self._again(turn.id, taken) for taken in turn.pictures])

    async def _again(self, turn_id: str, taken: TurnPicture) -> Picture:
        jpeg, failure = b"", taken.failure
        if not failure:
            try:
                jpeg = await self.jpeg(turn_id, taken.index)
            except OSError:
                failure = "the picture is not kept any more"
        return Picture(
            camera=taken.camera,
            taken=taken.taken,
            jpeg=jpeg,
            failure=failure,
            kind=taken.kind,
        )


def _is_snapshot(picture: Picture) -> bool:
    return picture.kind is PictureKind.CAMERA
