"""What all tests share."""

# Before anything of Home Assistant: else the test plugin's own folder of that name is
# taken for the place of custom integrations.
import custom_components  # noqa: F401

from .residence import make_residence, residence
from .standins.fixtures import assemblyai_standin, elevenlabs_standin, openai_standin

__all__ = [
    "assemblyai_standin",
    "elevenlabs_standin",
    "make_residence",
    "openai_standin",
    "residence",
]
