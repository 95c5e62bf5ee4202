"""The word that was meant by one that is not known."""

from __future__ import annotations

from collections.abc import Iterable


def nearest(word: str, known: Iterable[str]) -> str:
    """The known word that is most like this one; empty where none is like it."""
    # Takes long to import, and most words are known.
    from difflib import get_close_matches

    return next(iter(get_close_matches(word, list(known), 1)), "")
