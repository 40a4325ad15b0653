"""syslog."""

from __future__ import annotations

from pydantic import Field

from sonicfab.model.fields import HostName, OneOrMany
from sonicfab.model.services import Service


class Syslog(Service):
    """Where the switch logs to."""

    syslog: OneOrMany[HostName] | None = Field(
        default=None,
        title="a syslog server of the inventory",
        description="Servers that the switch logs to, addresses or names; an empty list says none.",
    )
