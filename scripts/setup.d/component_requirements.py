"""Print what Home Assistant would install when these components are set up.

Usage: component_requirements.py COMPONENTS_FOLDER COMPONENT...
"""

import json
import sys
from pathlib import Path


def requirements(folder: Path, names: list[str]) -> set[str]:
    """Collect the requirements of components and of all they depend on.

    A component this version of Home Assistant does not have is passed over.
    """
    found: set[str] = set()
    seen: set[str] = set()
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        manifest_file = folder / name / "manifest.json"
        if name in seen or not manifest_file.exists():
            continue
        seen.add(name)
        manifest = json.loads(manifest_file.read_text(encoding="utf-8"))
        found.update(manifest.get("requirements", []))
        waiting.extend(manifest.get("dependencies", []))
    return found


if __name__ == "__main__":
    print("\n".join(sorted(requirements(Path(sys.argv[1]), sys.argv[2:]))))
