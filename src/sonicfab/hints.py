"""Short words for people: what a mistyped word may have meant, the first few of many."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def did_you_mean(word: str, choices: Iterable[str]) -> str:
    """A hint that names the nearest of the choices, or all of them when they are few; else nothing."""
    known = list(choices)
    near = difflib.get_close_matches(word.lower(), [choice.lower() for choice in known], n=1, cutoff=0.6)
    if near:
        match = next(choice for choice in known if choice.lower() == near[0])
        return f"did you mean '{match}'?"
    return f"known are: {', '.join(known)}" if 0 < len(known) <= 20 else ""


def first_of(words: Iterable[object], most: int = 3, separator: str = ", ") -> str:
    """The first few, and how many more there are."""
    said = list(map(str, words))
    more = f" and {len(said) - most} more" if len(said) > most else ""
    return separator.join(said[:most]) + more
