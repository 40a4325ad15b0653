"""sonicfab's errors as those that NAPALM's callers expect."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from napalm.base.exceptions import (
    CommandErrorException,
    CommandTimeoutException,
    ConnectAuthError,
    ConnectionException,
)

from sonicfab.errors import CommandTimeoutError, LoginError, SonicfabError, TransportError

_EXCEPTIONS: tuple[tuple[type[SonicfabError], type[Exception]], ...] = (
    (LoginError, ConnectAuthError),
    (CommandTimeoutError, CommandTimeoutException),
    (TransportError, ConnectionException),
    (SonicfabError, CommandErrorException),  # it answers, but not like SONiC
)


@contextlib.contextmanager
def in_napalms_words() -> Iterator[None]:
    """Turn errors of the block into NAPALM's."""
    try:
        yield
    except SonicfabError as err:
        text = f"{err} ({err.hint})" if err.hint else str(err)
        raise next(theirs for ours, theirs in _EXCEPTIONS if isinstance(err, ours))(text) from err
