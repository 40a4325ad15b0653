"""Texts without the secrets that are in them: marks instead, which whoever has the same secrets can replace again."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

_MARK = re.compile("\x02([0-9a-f]+):([^\x02\x03]+):(text|json)\x03")


class Seals:
    """Puts marks in the place of secrets, and secrets in the place of marks.

    `values` are the secrets by their references; `run` is a word that no switch knows, so that none can print a mark.
    """

    def __init__(self, run: str, values: Mapping[str, str]) -> None:
        self._run, self._forms = run, dict[str, str]()
        self._of: dict[tuple[str, str], str] = {}
        for ref, value in values.items():
            for kind, form in (("text", value), ("json", json.dumps(value)[1:-1])):
                self._of[ref, kind] = form
                self._forms.setdefault(form, f"\x02{run}:{ref}:{kind}\x03")
        longest = sorted(self._forms, key=len, reverse=True)
        self._values = re.compile("|".join(map(re.escape, longest))) if longest else None

    def close(self, text: str) -> str:
        """The text without secrets."""
        return self._values.sub(lambda found: self._forms[found[0]], text) if self._values else text

    def open(self, text: str) -> str:
        """The text that was closed."""
        if "\x02" not in text:
            return text
        return _MARK.sub(lambda found: self._secret(found) or found[0], text)

    def _secret(self, mark: re.Match[str]) -> str:
        return self._of.get((mark[2], mark[3]), "") if mark[1] == self._run else ""
