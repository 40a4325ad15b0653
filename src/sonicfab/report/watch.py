"""`verify --watch`: a view that is drawn anew on a terminal; elsewhere a line for each change."""

from __future__ import annotations

import sys
from types import TracebackType
from typing import Any

from sonicfab.report.console import mark, say
from sonicfab.report.findings import lines
from sonicfab.report.terminal import is_lively, safe_console
from sonicfab.report.verify import verdict
from sonicfab.verify.run import Verification
from sonicfab.verify.snapshot import compare, snapshot

_KEPT = 12
"""Changes that stay on the screen."""


class WatchView:
    """Told of each look; use it as a context."""

    def __init__(self) -> None:
        self._last: dict[str, Any] | None = None
        self._changes: list[str] = []
        self._live: Any = None

    def __enter__(self) -> WatchView:  # noqa: PYI034 - Self needs Python 3.11
        if is_lively(sys.stdout):
            from rich.live import Live

            self._live = Live(console=safe_console(sys.stdout), auto_refresh=False, vertical_overflow="crop")
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live is not None:
            self._live.stop()

    def tell(self, verification: Verification, time: str) -> None:
        """Another look at the fabric."""
        now = snapshot(verification, time)
        changes = compare(self._last, now) if self._last is not None else []
        signs = {"worse": mark("failed"), "better": mark("ok"), "other": mark("skipped")}
        told = [f"{time} {signs[one.kind]} {one.switch}: {one.what}" for one in changes]
        for finding in sorted(set(now["findings"]) - set((self._last or {}).get("findings", ()))):
            told.append(f"{time} {mark('failed')} {finding}")
        for finding in sorted(set((self._last or {}).get("findings", ())) - set(now["findings"])):
            told.append(f"{time} {mark('ok')} mended: {finding}")
        first = self._last is None
        self._last = now
        if self._live is not None:
            from rich.text import Text

            self._changes = [*self._changes, *told][-_KEPT:]
            view = [f"{time}  {verdict(verification)}", "", *lines(verification.findings[:5]), *self._changes]
            self._live.update(Text("\n".join(view)), refresh=True)
            return
        for line in [*([f"{time} {verdict(verification)}"] if first else []), *told]:
            say(line)
