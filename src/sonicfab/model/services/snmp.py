"""SNMP."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from sonicfab.model.fields import SecretOrNone, Strict
from sonicfab.model.services import Service


class Snmp(Strict):
    """Read-only SNMP; the community is a secret; "" says that there shall be none."""

    community: SecretOrNone | None = Field(
        default=None, description="Reference to the community, env:NAME or file:PATH; an empty text says none."
    )
    location: Annotated[str, Field(max_length=255)] | None = Field(
        default=None, title="as given", description="Text for sysLocation; an empty text says none."
    )
    contact: Annotated[str, Field(max_length=255)] | None = Field(
        default=None, title="as given", description="Text for sysContact; an empty text says none."
    )


class SnmpAgent(Service):
    """The SNMP agent."""

    snmp: Snmp = Field(default=Snmp(), description="Read-only SNMP.")
