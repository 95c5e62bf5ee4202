"""Durations as text in two formats: for a sentence, and for a countdown."""

from __future__ import annotations


def format_duration(seconds: float) -> str:
    """Format a duration rounded to one unit, for a sentence: 45 seconds, 4 minutes, 2 hours."""
    for size, name in ((3600, "hour"), (60, "minute")):
        if seconds >= 1.5 * size or seconds == size:
            count = round(seconds / size)
            return f"{count} {name}{'s' if count != 1 else ''}"
    return f"{round(seconds)} seconds"


def format_countdown(seconds: int) -> str:
    """Format the time left to the second, for a countdown: 12 s, 2 min 05 s."""
    return f"{seconds} s" if seconds < 100 else f"{seconds // 60} min {seconds % 60:02} s"
