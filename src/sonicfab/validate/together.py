"""Many frr.confs read by few processes of vtysh: which of them it understands to the last line.

Starting vtysh costs thirty times what reading a config does. So texts are put one behind the other, and each is
followed by a line that no FRR knows: where vtysh refuses these alone, each at its number, it has read every line and
refused none. Where it says anything else, the texts are read again by halves, and then each by itself
(`sonicfab.validate.vtysh`).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice

Read = Callable[[str], list[str]]
"""A text as vtysh reads it: the lines that it says."""

MARK = "sonicfab-read-to-here"
"""Unknown in every context, and no beginning of anything known."""
LEAD_OUT = ("route-map SONICFAB permit 1", "exit")
"""Leads to the top level from wherever a text ended: a route-map is known there alone, and leaving it stays there."""
BATCH = 64
_FEW = 8
"""To halve fewer than that takes as many processes as one for each, if most are wrong."""


class Together:
    """Reads texts in the background, on all cores, while others are looked at otherwise."""

    def __init__(self, texts: Iterable[str], read: Read) -> None:
        self._found: dict[str, Future[frozenset[str]]] = {}
        self._pool = ThreadPoolExecutor(os.cpu_count() or 1)
        left = iter(dict.fromkeys(texts))
        while batch := list(islice(left, BATCH)):
            future = self._pool.submit(_understood, batch, read)
            self._found |= dict.fromkeys(batch, future)

    def understood(self, text: str) -> bool:
        """Whether vtysh has nothing against any line of it; False also where that is not known."""
        future = self._found.get(text)
        return future is not None and text in future.result()

    def close(self) -> None:
        """Begin nothing more."""
        self._pool.shutdown(wait=False, cancel_futures=True)


def _understood(texts: Sequence[str], read: Read) -> frozenset[str]:
    """All of them, or else those of each half; of a few, none: each is to be read by itself then."""
    lines: list[str] = []
    expected: list[int] = []
    for text in texts:
        lines += text.removesuffix("\n").split("\n")
        lines += [MARK, *LEAD_OUT]
        expected.append(len(lines) - len(LEAD_OUT))
    said = read("\n".join([*lines, ""]))
    as_expected = len(said) == len(expected) and all(
        line.startswith(f"line {number}: % Unknown command") and line.endswith(f": {MARK}")
        for number, line in zip(expected, said, strict=True)
    )
    if as_expected:
        return frozenset(texts)
    if len(texts) <= _FEW:
        return frozenset()
    half = len(texts) // 2
    return _understood(texts[:half], read) | _understood(texts[half:], read)
