"""What the tests of faults share."""

import pytest

VOICE = "custom_components.reply_satellite.voice"

SHORT_WAITS = {
    f"{VOICE}.thinking.openai_recovery.LOCKED_WAIT": 0.02,
    f"{VOICE}.thinking.openai_recovery.DROPPED_WAIT": 0.01,
    f"{VOICE}.thinking.openai_recovery.FIRST_WAIT": 0.02,
    f"{VOICE}.thinking.openai_recovery.LONGEST_WAIT": 0.4,
    f"{VOICE}.transcribing.segment._SHORT_WAIT": 0.02,
    f"{VOICE}.speaking.elevenlabs.WAITS": (0.01, 0.02),
}
"""A fiftieth of the real ones: as many requests fit into them."""


@pytest.fixture
def in_a_hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let nobody wait long before a request is sent again."""
    for name, seconds in SHORT_WAITS.items():
        monkeypatch.setattr(name, seconds)
