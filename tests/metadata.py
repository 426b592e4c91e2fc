"""What the tests of the data files read them with."""

import ast
import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parent.parent
INTEGRATION = ROOT / "custom_components" / "reply_satellite"
LANGUAGES = ("en", "de", "es", "fr", "nl")


@cache
def read_json(path: str) -> dict[str, Any]:
    """A file of the integration."""
    content: dict[str, Any] = json.loads((INTEGRATION / path).read_text("utf-8"))
    return content


@cache
def read_yaml(path: str) -> dict[str, Any]:
    """A file of the integration, without the parts it only names to repeat them."""
    content = yaml.safe_load((INTEGRATION / path).read_text("utf-8"))
    return {key: value for key, value in content.items() if not key.startswith(".")}


def words(language: str = "en") -> dict[str, Any]:
    """The translations of a language."""
    return read_json(f"translations/{language}.json")


def leaves(tree: dict[str, Any], path: str = "") -> Iterator[tuple[str, str]]:
    """Every text of a translation, with its path."""
    for key, value in tree.items():
        here = f"{path}.{key}" if path else key
        if isinstance(value, dict):
            yield from leaves(value, here)
        else:
            yield here, value


def sources() -> Iterator[tuple[Path, ast.Module]]:
    """Every module of the integration, parsed; the voice knows no translations."""
    for path in sorted(INTEGRATION.rglob("*.py")):
        if "voice" in path.relative_to(INTEGRATION).parts:
            continue
        yield path, ast.parse(path.read_text("utf-8"))
