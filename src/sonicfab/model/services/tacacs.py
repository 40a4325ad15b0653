"""TACACS+."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from sonicfab.model.fields import HostName, OneOrMany, SecretOrNone, Strict
from sonicfab.model.services import Service, given


class Tacacs(Strict):
    """Servers that know who may log in, and what they have in common."""

    servers: OneOrMany[HostName] | None = given(
        "TACACS+ servers in the order in which they are asked; an empty list says none.",
        title="a TACACS+ server of the inventory",
        max_length=8,
    )
    key: SecretOrNone | None = given(
        "Reference to the key that they share with the switch; an empty text says none.",
        title="the secret that the inventory refers to",
    )
    auth_type: Literal["pap", "chap", "mschap", "login"] | None = given("How a password goes to the server.")
    timeout: Annotated[int, Field(ge=1, le=60)] | None = given("Seconds until the next server is asked.")
    source: str | None = given("Interface whose address the switch asks from, such as Loopback0.")


class TacacsClient(Service):
    """The client of the switch. hostcfgd's AaaCfg writes /etc/tacplus_nss.conf and PAM of it (202305 to 202605)."""

    tacacs: Tacacs = Field(default=Tacacs(), description="TACACS+ servers.")
    needs: ClassVar = {"tacacs.servers": "TACPLUS_SERVER", "tacacs.key": "TACPLUS passkey"}
