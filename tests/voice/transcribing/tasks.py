"""What is still running."""

import asyncio


def tasks() -> list[str]:
    """The names of tasks of ours."""
    return [
        task.get_name()
        for task in asyncio.all_tasks()
        if task.get_name().startswith("reply_satellite")
    ]
