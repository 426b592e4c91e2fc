"""`scripts/bench`: every figure of the design's budgets, and the peer's, in one run."""

import argparse
import asyncio
import sys
import tempfile
from pathlib import Path

from .document import write_document
from .figures import as_json, table
from .run import ROOT, Bench


def main() -> int:
    """Run; the exit status tells whether every bar is kept."""
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__)
    parser.add_argument("--json", action="store_true", help="end with one JSON object")
    parser.add_argument("--quick", action="store_true", help="fewer runs of each")
    parser.add_argument(
        "--document", action="store_true", help="write docs/performance.md"
    )
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="reply-satellite-") as folder:
        bench = Bench(Path(folder), quick=arguments.quick)
        asyncio.run(bench.run())
    figures = bench.results.figures
    print(table(figures), file=sys.stderr)
    print(f"{len(bench.results.dropped)} turns were said again", file=sys.stderr)
    if arguments.document:
        write_document(ROOT / "docs" / "performance.md", bench.results)
    if arguments.json:
        print(as_json(figures))
    return 0 if all(it.met for it in figures.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
