"""Steps of a lab that Ctrl-C must not halve."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def whole() -> Iterator[None]:
    """Ctrl-C waits until what is within is done and written down: nobody could undo a half of it.

    Raises:
        KeyboardInterrupt: at the end, when the user asked for it meanwhile.
    """
    if threading.current_thread() is not threading.main_thread():  # which gets no Ctrl-C
        yield
        return
    asked: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, _frame: asked.append(number))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
    if asked:
        raise KeyboardInterrupt
