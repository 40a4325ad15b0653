"""NTP."""

from __future__ import annotations

from pydantic import Field

from sonicfab.model.fields import HostName, OneOrMany
from sonicfab.model.services import Service


class Ntp(Service):
    """The clock."""

    ntp: OneOrMany[HostName] | None = Field(
        default=None,
        max_length=10,
        title="an NTP server of the inventory",
        description="NTP servers, addresses or names; an empty list says none.",
    )
