"""Write the fault matrix into docs/reliability.md."""

from .document import DOCUMENT, written

DOCUMENT.write_text(written(), encoding="utf-8")
