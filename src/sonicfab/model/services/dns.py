"""DNS."""

from __future__ import annotations

from pydantic import Field, IPvAnyAddress

from sonicfab.model.fields import OneOrMany
from sonicfab.model.services import Service


class Dns(Service):
    """The resolver."""

    dns: OneOrMany[IPvAnyAddress] | None = Field(
        default=None,
        max_length=3,
        title="a name server of the inventory",
        description="Addresses of at most three name servers; an empty list says none.",
    )
