"""`scripts/demo`, run as the README tells."""

import asyncio
import json
import os
import subprocess
from pathlib import Path

import pytest

from tests.house.home_assistant import ROOT
from tests.house.services import KEYS
from tests.house.voices import say

from .test_sound import words_of

pytestmark = [pytest.mark.e2e, pytest.mark.usefixtures("socket_enabled")]


async def test_the_demonstration(tmp_path: Path) -> None:
    question = say("computer", 0.3, "what do you see", 0.25, "snapshot", 0.6, "reply")
    recording = str(question.write(tmp_path / "question.wav"))
    loudspeaker = tmp_path / "loudspeaker.wav"
    options = ["--once", "--json", "--audio", recording, "--audio", recording]
    options += ["--gap", "1", "--record", str(loudspeaker)]
    run = await asyncio.to_thread(
        subprocess.run,
        [str(ROOT / "scripts" / "demo"), *options],
        stdout=subprocess.PIPE,
        # With a key in the environment it would ask the real service.
        env={name: it for name, it in os.environ.items() if name not in KEYS.values()},
        text=True,
        check=False,
    )
    assert run.returncode == 0
    told = json.loads(run.stdout.splitlines()[-1])
    assert told["home_assistant"].startswith("2026.11")
    assert told["spotter"] == "builtin"
    first, second = told["turns"]
    for turn in told["turns"]:
        assert turn["transcript"] == "What do you see?"
        assert "one picture" in turn["reply"]
        assert turn["playback"]["seconds"] > 1
        assert turn["timings_ms"]["first_audio"] > 0
    assert first["thread"]["new"]
    assert second["thread"] == {"id": first["thread"]["id"], "new": False}
    heard = await asyncio.to_thread(words_of, loudspeaker)
    assert {"you", "said", "see"} <= set(heard.split())
