"""The inventory: which switches exist, what they are and how to reach them.

Values fall from `defaults` through the device's groups, in the order it lists them, to the device.
"""

from __future__ import annotations

from ipaddress import IPv6Address, IPv6Interface
from typing import TYPE_CHECKING, Annotated

from pydantic import AfterValidator, BeforeValidator, Field, IPvAnyAddress, IPvAnyNetwork, create_model

from sonicfab.model.fields import (
    HostName,
    InterfaceAddress,
    JumpHostText,
    Mac,
    OneOrMany,
    RoleName,
    Secret,
    SiteName,
    Strict,
    SwitchName,
    UserName,
    host_address,
    with_length,
)
from sonicfab.model.services import services


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
    """The management interface eth0.

    `address` is of either family; `ipv6` is one beside an IPv4 address. With `dhcp` it is the one that the switch gets.
    `contact` is where the switch answers as long as it has not its address.
    """

    address: InterfaceAddress | None = None
    gateway: IPvAnyAddress | None = None
    ipv6: Annotated[IPv6Interface, BeforeValidator(with_length), AfterValidator(host_address)] | None = None
    gateway_ipv6: IPv6Address | None = None
    dhcp: bool | None = None
    routes: OneOrMany[IPvAnyNetwork] | None = None
    contact: HostName | None = None
    vrf: bool | None = None


class _Settings(Strict):
    platform: str | None = None
    role: RoleName | None = None
    image_build: str | None = None
    site: SiteName | None = None
    ssh: Ssh = Ssh.model_construct()
    management: Management = Management.model_construct()


if TYPE_CHECKING:

    class Settings(_Settings):
        """What `defaults`, a group and a device may all set: how the switch is reached, and its services."""
else:
    Settings = create_model("Settings", __base__=(*reversed(services()), _Settings), __module__=__name__)


class Device(Settings):
    """One switch; its key in `devices` is its name and becomes its host name."""

    groups: OneOrMany[str] = ()
    mac: Mac | None = None
    port_mac: Mac | None = None
    serial: Annotated[str, Field(min_length=1, max_length=64)] | None = None


class Inventory(Strict):
    """The inventory file."""

    defaults: Settings = Settings.model_construct()
    groups: dict[str, Settings] = {}
    devices: Annotated[dict[SwitchName, Device], Field(min_length=1)]
