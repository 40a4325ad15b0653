"""The inventory: which switches exist, what they are and how to reach them.

Values fall from `defaults` through the device's groups, in the order it lists them, to the device.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, IPvAnyAddress

from sonicfab.model.fields import (
    HostName,
    InterfaceAddress,
    JumpHostText,
    Mac,
    OneOrMany,
    RoleName,
    Secret,
    SecretOrNone,
    Strict,
    SwitchName,
    Timezone,
    UserName,
)


class Ssh(Strict):
    """How to log in; SSH agent, default keys and ~/.ssh/config are used as the ssh program uses them."""

    user: UserName | None = None
    port: Annotated[int, Field(ge=1, le=65535)] | None = None
    password: Secret | None = None
    key: Secret | None = None
    passphrase: Secret | None = None
    agent: bool | None = None
    jump_host: JumpHostText | None = None
    known_hosts: str | None = None


class Management(Strict):
    """The management interface eth0."""

    address: InterfaceAddress | None = None
    gateway: IPvAnyAddress | None = None
    vrf: bool | None = None


class Snmp(Strict):
    """Read-only SNMP; the community is a secret; "" says that there shall be none."""

    community: SecretOrNone | None = None
    location: Annotated[str, Field(max_length=255)] | None = None
    contact: Annotated[str, Field(max_length=255)] | None = None


class Settings(Strict):
    """What `defaults`, a group and a device may all set."""

    platform: str | None = None
    role: RoleName | None = None
    image_build: str | None = None
    ssh: Ssh = Ssh()
    management: Management = Management()
    ntp: OneOrMany[HostName] | None = Field(default=None, max_length=10)
    dns: OneOrMany[IPvAnyAddress] | None = Field(default=None, max_length=3)
    syslog: OneOrMany[HostName] | None = None
    timezone: Timezone | None = None
    snmp: Snmp = Snmp()


class Device(Settings):
    """One switch; its key in `devices` is its name and becomes its host name."""

    groups: OneOrMany[str] = ()
    mac: Mac | None = None
    serial: Annotated[str, Field(min_length=1, max_length=64)] | None = None


class Inventory(Strict):
    """The inventory file."""

    defaults: Settings = Settings()
    groups: dict[str, Settings] = {}
    devices: Annotated[dict[SwitchName, Device], Field(min_length=1)]
