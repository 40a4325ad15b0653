"""sonicfab's errors as those that NAPALM's callers expect."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from napalm.base.exceptions import (
    CommandErrorException,
    CommandTimeoutException,
    ConnectAuthError,
    ConnectionException,
    NapalmException,
)

from sonicfab.errors import CommandTimeoutError, LoginError, SonicfabError, TransportError
from sonicfab.switch.answers import reading

_EXCEPTIONS: tuple[tuple[type[SonicfabError], type[NapalmException]], ...] = (
    (LoginError, ConnectAuthError),
    (CommandTimeoutError, CommandTimeoutException),
    (TransportError, ConnectionException),
)


@contextlib.contextmanager
def in_napalms_words(otherwise: type[NapalmException] = CommandErrorException) -> Iterator[None]:
    """Turn errors of the block into NAPALM's: one of the connection, or `otherwise`."""
    try:
        with reading("the switch"):
            yield
    except SonicfabError as err:
        text = f"{err} ({err.hint})" if err.hint else str(err)
        raise next((theirs for ours, theirs in _EXCEPTIONS if isinstance(err, ours)), otherwise)(text) from err
