"""The arguments the assistant gives a tool: from the user's words and the schema."""

import re
from collections.abc import Mapping
from typing import Any

from .script import Json

_FILLERS = frozenset({"the", "a", "an", "my", "all", "please", "in", "of", "again"})
_TURN = re.compile(r"\b(?:turn|switch) (?:(on|off) (.+)|(.+) (on|off)\b)")
_DOMAINS = {"light": "light", "lamp": "light", "fan": "fan", "switch": "switch"}
_AREA = re.compile(r"\b(?:in|of|at) the (\w+(?: room)?)")
_LISTED = re.compile(r"names?['\"]?: ['\"]?([^'\"\n]+)")
_LOOK = re.compile(r"\b(?:look (?:again|at)|camera|another picture)\b")
_FAREWELL = re.compile(r"\b(?:goodbye|good bye|forget it|end the (?:thread|talk))\b")


def argue(
    tool: Mapping[str, Any], spoken: str, instructions: str
) -> dict[str, Any] | None:
    """The arguments for a call of `tool`, or None if the words don't ask for it."""
    name = re.sub(r"[^a-z]", "", tool["name"].lower())
    schema = tool.get("parameters") or {}
    if (turn := _TURN.search(spoken)) is not None:
        on_first, what_last, what_first, on_last = turn.groups()
        what = (what_last or what_first).strip(" .?!")
        if f"turn{on_first or on_last}" in name:
            return _target(schema, what, spoken, instructions)
    if _LOOK.search(spoken) and any(word in name for word in ("camera", "look")):
        return _fill(schema, spoken)
    if _FAREWELL.search(spoken) and "end" in name:
        return _fill(schema, spoken)
    readable = re.sub(r"(?<=[a-z])(?=[A-Z])|_", " ", tool["name"]).lower()
    if f"use the {readable} tool" in spoken or f"use {readable}" in spoken:
        return _fill(schema, spoken)
    return None


def _target(
    schema: Mapping[str, Any], what: str, spoken: str, instructions: str
) -> dict[str, Any]:
    """What is to be switched: a listed name, else an area and a domain."""
    properties = schema.get("properties") or {}
    words = set(re.findall(r"\w+", what)) - _FILLERS
    listed = [name.strip() for name in _LISTED.findall(instructions)]
    best = max(listed, key=lambda name: _overlap(name, words), default="")
    if "name" in properties and best and _overlap(best, words) > 0:
        return {"name": best}
    arguments: dict[str, Any] = {}
    if "area" in properties and (area := _AREA.search(spoken)):
        arguments["area"] = area[1]
    domains = [
        _DOMAINS[word.rstrip("s")] for word in words if word.rstrip("s") in _DOMAINS
    ]
    if "domain" in properties and domains:
        arguments["domain"] = domains[:1]
    if not arguments and "name" in properties:
        arguments["name"] = " ".join(word for word in what.split() if word in words)
    return arguments or _fill(schema, spoken)


def _overlap(name: str, words: set[str]) -> float:
    """How much of a name was said; 1 is all of it."""
    parts = re.findall(r"\w+", name.lower())
    heard = sum(part in words or part.rstrip("s") in words for part in parts)
    return heard / len(parts) if parts else 0.0


def _fill(schema: Mapping[str, Any], spoken: str) -> dict[str, Any]:
    """A value of the right type for each argument that must be there."""
    properties = schema.get("properties") or {}
    return {
        name: _value(properties.get(name) or {}, spoken)
        for name in schema.get("required") or ()
    }


def _value(schema: Mapping[str, Any], spoken: str) -> Json:
    if choices := schema.get("enum"):
        said = (choice for choice in choices if str(choice).lower() in spoken)
        return next(said, choices[0])
    match schema.get("type"):
        case "integer" | "number":
            found = re.search(r"\d+", spoken)
            return int(found[0]) if found else 1
        case "boolean":
            return True
        case "array":
            return [_value(schema.get("items") or {}, spoken)]
        case "object":
            return _fill(schema, spoken)
    return spoken
