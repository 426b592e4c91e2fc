"""flite and festival, with the times of the words found through their phones."""

import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

import soundfile
from speech import Speech, to_rate

FLITE_VOICES = ("kal", "kal16", "awb", "rms", "slt")

# One letter a phone; vowels that differ between the voices share one.
_SAME = {"ih": "i", "iy": "i", "ax": "@", "ah": "@", "aa": "o", "ao": "o", "er": "r"}
_PHONES = (
    ("k", "@", "m", "p", "y", "uw", "t", "r"),
    ("r", "i", "p", "l", "ay"),
    ("s", "n", "ae", "p", "sh", "o", "t"),
)


def _ends(phones: Sequence[tuple[str, float]]) -> list[tuple[int, float]]:
    """Return where the keywords end in a list of (phone, its end in seconds)."""
    names = tuple(_SAME.get(name, name) for name, _ in phones)
    return [
        (index, phones[start + len(wanted) - 1][1])
        for index, wanted in enumerate(_PHONES)
        for start in range(len(names) - len(wanted) + 1)
        if names[start : start + len(wanted)] == wanted
    ]


def _load(path: Path, phones: list[tuple[str, float]]) -> Speech:
    """Read what an engine wrote."""
    samples, rate = soundfile.read(path, dtype="float32")
    return Speech(to_rate(samples, rate), _ends(phones))


def flite(text: str, voice: str, stretch: float = 1.0) -> Speech:
    """Speak a text with flite; `stretch` above 1 is slower."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "speech.wav")
        said = subprocess.run(
            ["flite", "-voice", voice, "--setf", f"duration_stretch={stretch}",
             "-psdur", "-t", text, "-o", path],
            check=True, capture_output=True, text=True,
        ).stdout  # fmt: skip
        phones = [part.split(":") for part in said.split()]
        return _load(path, [(name, float(end)) for name, end in phones])


def _charset(voice: str) -> str:
    """Return how a voice wants its letters; what it cannot have is left out."""
    return "iso8859-2" if voice.startswith("czech") else "iso8859-1"


def festival(texts: Sequence[str], voice: str, stretch: float = 1.0) -> list[Speech]:
    """Speak texts with festival, one start of the program for all of them."""
    with tempfile.TemporaryDirectory() as folder:
        lines = [f"(voice_{voice})", f"(Parameter.set 'Duration_Stretch {stretch})"]
        for index, text in enumerate(texts):
            quoted = text.replace("\\", " ").replace('"', " ")
            base = f"{folder}/{index}"
            lines += [
                f'(set! said (utt.synth (Utterance Text "{quoted}")))',
                f'(utt.save.segs said "{base}.lab")',
                f'(utt.save.wave said "{base}.wav" \'riff)',
            ]
        script = Path(folder, "say.scm")
        script.write_text("\n".join(lines), _charset(voice), "ignore")
        subprocess.run(["festival", "-b", script], check=False, capture_output=True)
        spoken = []
        for index in range(len(texts)):
            wave, label = Path(folder, f"{index}.wav"), Path(folder, f"{index}.lab")
            # Voices for other languages fail on some words; the rest is as good.
            if wave.exists() and label.exists():
                rows = label.read_text("latin-1").split("#", 1)[-1].strip().split("\n")
                cells = [row.split() for row in rows if len(row.split()) == 3]
                spoken.append(
                    _load(wave, [(cell[2], float(cell[0])) for cell in cells])
                )
        return spoken
