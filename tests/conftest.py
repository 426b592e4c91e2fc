"""What all tests share."""

# Before anything of Home Assistant: else the test plugin's own folder of that name is
# taken for the place of custom integrations.
import custom_components  # noqa: F401, I001

import pytest
from hypothesis import settings

from .covered import pytest_sessionfinish, pytest_terminal_summary
from .residence import make_residence, residence
from .standins.fixtures import assemblyai_standin, elevenlabs_standin, openai_standin

__all__ = [
    "assemblyai_standin",
    "elevenlabs_standin",
    "make_residence",
    "openai_standin",
    "pytest_sessionfinish",
    "pytest_terminal_summary",
    "residence",
]

# A run judges a change, not luck: the same examples each time, others when asked for
# with --hypothesis-profile=default (and INVARIANTS or FUZZ for more of them).
settings.load_profile("ci")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what touches Home Assistant: scripts/test runs that on two versions."""
    for item in items:
        if isinstance(item, pytest.Function) and "hass" in item.fixturenames:
            item.add_marker(pytest.mark.home_assistant)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add what takes too long for every day."""
    parser.addoption(
        "--soak", action="store_true", help="go through 1,000 turns, not 30"
    )
