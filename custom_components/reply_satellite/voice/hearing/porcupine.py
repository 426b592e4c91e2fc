"""Porcupine of Picovoice, for those who have a key."""

from collections.abc import Mapping, Sequence
from types import ModuleType
from typing import Any, Final, override

import numpy as np
from numpy.typing import NDArray

from ..errors import RefusedError, Service
from .microphone import SAMPLE_RATE
from .porcupine_errors import UnusableError, porcupine_error
from .spotter import Detection, Keyword, Spotter

FRAME_SAMPLES: Final = 512
"""What Porcupine takes at a time: `frame_length` of versions 1 to 4."""

SCORE: Final = 0.9
"""Porcupine tells no score. Its maker's 0.1 false alarms an hour are a hundredth of
what the built-in spotter allows "reply" at score 0.5, and 0.2 is a tenth."""

_SENSITIVITY: Final = 0.5


def load_porcupine() -> ModuleType:
    """Import pvporcupine. Raises UnusableError where it can't be.

    On a processor it does not know the import itself raises NotImplementedError.
    """
    try:
        import pvporcupine  # noqa: PLC0415 (it can't be imported everywhere)
    except ImportError:
        raise UnusableError("pvporcupine is not installed") from None
    except (NotImplementedError, RuntimeError, ValueError, OSError) as error:
        raise UnusableError(f"not made for this machine: {error}") from error
    module: ModuleType = pvporcupine
    return module


def create_porcupine(
    key: str, keyword_paths: Sequence[str], sensitivities: Sequence[float]
) -> Any:
    """Start the engine: reads the files, then asks Picovoice about the key.

    Blocks; raises VoiceError.
    """
    porcupine = load_porcupine()
    try:
        return porcupine.create(
            access_key=key,
            keyword_paths=list(keyword_paths),
            sensitivities=list(sensitivities),
        )
    except (porcupine.PorcupineError, OSError, ValueError) as error:
        # Without its cause, whose words may hold the key.
        raise porcupine_error(error) from None


class PorcupineSpotter(Spotter):
    """Hears "computer", and each word there is a keyword file for.

    Porcupine takes its sensitivities when it is started, which asks Picovoice about
    the key; its library (pv_porcupine.h, versions 1 to 4) can't change them later, and
    gives no score to be strict by. So those given first stay, and arming only chooses
    among the words: a stricter threshold while the loudspeaker plays is not to be had.
    What keeps the satellite from waking itself is that "computer" is not armed at all
    while the answer being played contains it.
    """

    def __init__(
        self,
        key: str,
        keyword_files: Mapping[Keyword, str],
        sensitivities: Mapping[Keyword, float] | None = None,
    ) -> None:
        """Start it. Blocks.

        Raises VoiceError: a word without a file, one that is unfit, a wrong key.
        """
        self._porcupine = load_porcupine()
        builtin: str = self._porcupine.KEYWORD_PATHS[Keyword.COMPUTER]
        paths = {Keyword.COMPUTER: builtin, **keyword_files}
        if missing := [word for word in Keyword if word not in paths]:
            detail = f"no keyword file for {' and '.join(missing)}"
            raise RefusedError(Service.PORCUPINE, detail)
        wanted = sensitivities or {}
        self.sensitivities = wanted or dict.fromkeys(paths, _SENSITIVITY)
        self._words = tuple(paths)
        self._rest = np.empty(0, np.int16)
        self._heard = 0
        self._engine = create_porcupine(
            key,
            list(paths.values()),
            [wanted.get(word, _SENSITIVITY) for word in paths],
        )

    @override
    def process(self, samples: NDArray[np.int16]) -> list[Detection]:
        if self._rest.size:
            samples = np.concatenate((self._rest, samples))
        whole = samples.size // FRAME_SAMPLES * FRAME_SAMPLES
        self._rest = samples[whole:]
        detections = []
        for start in range(0, whole, FRAME_SAMPLES):
            index = self._process(samples[start : start + FRAME_SAMPLES])
            self._heard += FRAME_SAMPLES
            if index >= 0 and (word := self._words[index]) in self.sensitivities:
                detections.append(Detection(word, self._heard / SAMPLE_RATE, SCORE))
        return detections

    def _process(self, frame: NDArray[np.int16]) -> int:
        try:
            index: int = self._engine.process(frame.tolist())
        except self._porcupine.PorcupineError as error:
            raise porcupine_error(error) from None
        return index

    @override
    def reset(self) -> None:
        """Begin a new stream; Porcupine itself can't be told to forget the old one."""
        self._rest = np.empty(0, np.int16)
        self._heard = 0

    @override
    def close(self) -> None:
        self._engine.delete()
