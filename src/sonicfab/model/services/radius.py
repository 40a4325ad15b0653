"""RADIUS."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from sonicfab.model.fields import HostName, OneOrMany, SecretOrNone, Strict
from sonicfab.model.services import Service


class Radius(Strict):
    """Servers that know who may log in, and what they have in common."""

    servers: OneOrMany[HostName] | None = Field(
        default=None,
        max_length=8,
        title="a RADIUS server of the inventory",
        description="RADIUS servers in the order in which they are asked; an empty list says none.",
    )
    key: SecretOrNone | None = Field(
        default=None,
        title="the secret that the inventory refers to",
        description="Reference to the key that they share with the switch; an empty text says none.",
    )
    auth_type: Literal["pap", "chap", "mschapv2"] | None = Field(
        default=None, title="as given", description="How a password goes to the server."
    )
    timeout: Annotated[int, Field(ge=1, le=60)] | None = Field(
        default=None, title="as given", description="Seconds until the next server is asked."
    )
    retransmit: Annotated[int, Field(ge=0, le=10)] | None = Field(
        default=None, title="as given", description="How often a server is asked again."
    )
    source: str | None = Field(
        default=None, title="as given", description="Interface whose address the switch asks from, such as Loopback0."
    )


class RadiusClient(Service):
    """The client of the switch. hostcfgd's AaaCfg writes /etc/pam_radius_auth.d/ of it (202305 to 202605)."""

    radius: Radius = Field(default=Radius(), description="RADIUS servers.")
    needs: ClassVar = {"radius.servers": "RADIUS_SERVER", "radius.key": "RADIUS passkey"}
