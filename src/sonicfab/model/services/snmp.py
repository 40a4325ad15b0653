"""SNMP."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, Field

from sonicfab.model.fields import Secret, SecretOrNone, Strict, expected
from sonicfab.model.services import Get, Mistake, Service, given


def _user(value: str) -> str:
    """As in sonic-snmp.yang, where a part of it is the same on every build."""
    if not re.fullmatch(r"[A-Za-z0-9._-]{4,32}", value):
        raise expected("a name of 4 to 32 letters, digits and . _ -", value)
    return value


class SnmpUser(Strict):
    """A user of SNMPv3, who may read; with `privacy_password` what he reads is encrypted, too."""

    name: Annotated[str, AfterValidator(_user)] = Field(description="Name of the user, 4 to 32 characters.")
    auth: Literal["SHA", "MD5", "HMAC-SHA-2"] = Field(default="SHA", description="How he proves who he is.")
    auth_password: Secret = Field(description="Reference to his password, of at least 8 characters.")
    privacy: Literal["AES", "DES"] = Field(default="AES", description="How it is encrypted.")
    privacy_password: Secret | None = Field(
        default=None, description="Reference to the password of the encryption; without it nothing is encrypted."
    )


class Snmp(Strict):
    """Read-only SNMP; the community is a secret; "" says that there shall be none."""

    community: SecretOrNone | None = Field(
        default=None, description="Reference to the community, env:NAME or file:PATH; an empty text says none."
    )
    location: Annotated[str, Field(max_length=255)] | None = given("Text for sysLocation; an empty text says none.")
    contact: Annotated[str, Field(max_length=255)] | None = given("Text for sysContact; an empty text says none.")
    users: tuple[SnmpUser, ...] | None = given("Users of SNMPv3; an empty list says none.")


class SnmpAgent(Service):
    """The SNMP agent. The container snmp makes snmpd.conf of it when it starts: dockers/docker-snmp/snmpd.conf.j2."""

    snmp: Snmp = Field(default=Snmp(), description="Read-only SNMP.")
    needs: ClassVar = {"snmp.users": "SNMP_USER"}

    @classmethod
    def mistakes(cls, get: Get) -> Iterator[Mistake]:
        """A user twice."""
        names = [one.name for one in get("snmp.users") or ()]
        for name in sorted({one for one in names if names.count(one) > 1}):
            yield Mistake("snmp.users", f"the SNMP user {name} is there twice")
