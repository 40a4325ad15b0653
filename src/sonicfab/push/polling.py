"""To ask a switch until it is so, or until a deadline: one loop for all that a push waits for."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import TypeVar

from sonicfab.errors import (
    ChecksFailedError,
    HostKeyError,
    SonicfabError,
    SwitchError,
    TransportError,
    WrongSwitchError,
)

log = logging.getLogger(__name__)
RETRY_EVERY = 1.0

Value = TypeVar("Value")


class NotYetError(ChecksFailedError):
    """The switch has answered, and it is not so (yet)."""


def ask_until(
    name: str,
    question: Callable[[], Value],
    until: Callable[[], float],
    stop: threading.Event | None = None,
    told: Callable[[SonicfabError], None] = lambda _why: None,
) -> Value:
    """What the question returns; while it raises NotYetError, or the switch cannot be asked, it is asked again.

    Args:
        name: the switch, for messages.
        question: asked at least once; it may open a connection.
        until: the time (monotonic) after which it is not asked again; it may move meanwhile.
        stop: the user has had enough.
        told: told each time why it must be asked again.

    Raises:
        NotYetError, TransportError, SwitchError: the last one, when the time is over.
        WrongSwitchError, HostKeyError: at once: another switch answers, and will the next time.
        SwitchError: the user has had enough.
        SonicfabError: at once, whatever else the question raises.
    """
    while True:
        if stop is not None and stop.is_set():
            raise SwitchError(f"{name}: interrupted")
        try:
            return question()
        except (WrongSwitchError, HostKeyError):
            raise
        except (TransportError, SwitchError, NotYetError) as err:  # it may still be coming up
            log.info("%s: not yet: %s", name, err)
            if time.monotonic() >= until():
                raise
            told(err)
        time.sleep(RETRY_EVERY)
