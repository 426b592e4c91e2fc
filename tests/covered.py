"""How much of the integration the tests reach: too little of one module is a failure.

`scripts/test` measures it where every test runs; a part of them would not reach it.
"""

from typing import Final

import pytest
from coverage import Coverage

from .metadata import INTEGRATION

LEAST: Final = 95.0
"""Percent of a module's statements that must have run in some test."""

FLOWS: Final = ("config_flow.py", "flows/")
"""Files whose every statement must have run: people can only click through them."""

_LACKING: Final = pytest.StashKey[list[str]]()


def is_enough(module: str, percent: float) -> bool:
    """Whether enough of a module was reached."""
    return percent >= (100 if module.startswith(FLOWS) else LEAST)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Go through every module, if coverage is measured."""
    if (measured := Coverage.current()) is None:
        return
    measured.stop()
    lacking = session.config.stash[_LACKING] = []
    for path in sorted(INTEGRATION.rglob("*.py")):
        _, statements, _, missing, lines = measured.analysis2(str(path))
        module = path.relative_to(INTEGRATION).as_posix()
        percent = 100 * (1 - len(missing) / max(1, len(statements)))
        if not is_enough(module, percent):
            lacking.append(f"{module}: {percent:.0f} %, not reached: {lines}")
    if lacking:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Tell which modules are tested too little."""
    if lacking := config.stash.get(_LACKING, []):
        terminalreporter.section("modules tested too little")
        for module in lacking:
            terminalreporter.line(module)
