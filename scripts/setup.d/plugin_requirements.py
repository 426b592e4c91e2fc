"""Print what the test plugin wants beside another Home Assistant than it is made for.

Usage: plugin_requirements.py CONSTRAINTS_FILE...

The plugin pins one version of Home Assistant and of all that belongs to it. Its own
tools are left in the versions it wants; where the constraints have a say, they say it.
"""

import re
import sys
from importlib.metadata import requires
from pathlib import Path

PLUGIN = "pytest-homeassistant-custom-component"


def name_of(requirement: str) -> str:
    """The package of a requirement, as PyPI spells it."""
    return re.sub(r"[-_.]+", "-", re.split(r"[^\w.-]", requirement)[0]).lower()


def requirements(constraints: str) -> list[str]:
    """What the plugin wants, without versions for what is constrained."""
    taken = {name_of(line) for line in constraints.splitlines()}
    wanted = [one for one in requires(PLUGIN) or () if name_of(one) != "homeassistant"]
    return [name_of(one) if name_of(one) in taken else one for one in wanted]


if __name__ == "__main__":
    files = [Path(name) for name in sys.argv[1:]]
    text = "".join(file.read_text(encoding="utf-8") for file in files)
    print("\n".join(requirements(text)))
