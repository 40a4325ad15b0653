"""What a lab is made of: switches with their identity, ports and cables, and servers.

The process that holds a lab has no more to load than this: what makes it of a plan is `planned`, and `hosts`.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import Any

from sonicfab.endpoint import NOWHERE, Endpoint

SWSS_READY_AFTER = 10.0
"""Seconds after a reload until `config reload` is not refused any more; on a switch it is 120."""
BOND = "bond0"
"""What a host calls the interface of several cables."""


@dataclass(frozen=True, slots=True)
class LabSwitch:
    """One switch.

    Attributes:
        ports: the names of its ports.
        image: the files of its image, by path below its root, and those that it has stored.
        frrcfgd: what frrcfgd of its build reads: which words of admin_status are on, whether prefixes are numbered,
            and why it cannot be used, if so.
        yang: the folder of this machine whose YANG models it has; "" for none.
        yang_tables: the tables of which its build has models.
        tree: the folder of the Debian whose programs it runs; "" for this machine.
        frr: the version of the FRR that it runs; "" for an unknown one.
        kept: the tables of CONFIG_DB whose interfaces zebra must not forget: `planned._kept`.
    """

    name: str
    mac: str
    serial: str
    platform: str
    hwsku: str
    asic: str
    build: str
    sonic_version: str
    database_version: str
    routing_config_mode: str
    bfd_needs_mgmt_framework: bool
    ports: tuple[str, ...]
    image: dict[str, str]
    frrcfgd: dict[str, Any] = field(default_factory=dict)
    yang: str = ""
    yang_tables: tuple[str, ...] = ()
    tree: str = ""
    frr: str = ""
    kept: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LabHost:
    """A server.

    Attributes:
        name: SWITCH-PORT.
        switch, port: what its eth0 is plugged into; a port channel where it has a bond0 of several.
        addresses: its own, one of each family, with prefix length.
        members: the ports of the port channel.
        bgp: the config of its bgpd; "" for a host in a network, whose addresses are on its eth0.
        gateways: its default routes.
        link_addresses: those of its eth0, with prefix length, where BGP is numbered.
    """

    name: str
    switch: str
    port: str
    asn: int
    mac: str
    mtu: int
    addresses: tuple[str, ...]
    bgp: str
    members: tuple[str, ...] = ()
    gateways: tuple[str, ...] = ()
    link_addresses: tuple[str, ...] = ()

    @property
    def cables(self) -> tuple[tuple[Endpoint, Endpoint], ...]:
        """(port of the switch, interface of the host) of each cable."""
        ports = enumerate(self.members or (self.port,))
        return tuple((Endpoint(self.switch, port), Endpoint(self.name, f"eth{number}")) for number, port in ports)


@dataclass(frozen=True, slots=True)
class LabSpec:
    """A lab: its switches, its cables, and servers on host ports."""

    name: str
    fabric: str
    switches: tuple[LabSwitch, ...]
    links: tuple[tuple[Endpoint, Endpoint], ...]
    swss_ready_after: float = SWSS_READY_AFTER
    hosts: tuple[LabHost, ...] = ()
    begun_in: str = ""
    port_channels: bool = False

    def dumps(self) -> str:
        """As JSON."""
        return json.dumps({**asdict(self), "links": [[*a, *b] for a, b in self.links]}, indent=1)

    @classmethod
    def loads(cls, text: str) -> LabSpec:
        """From what `dumps` wrote."""
        data: dict[str, Any] = json.loads(text)
        switches = [
            LabSwitch(
                **{
                    **one,
                    "ports": tuple(one["ports"]),
                    "yang_tables": tuple(one.get("yang_tables", ())),
                    "kept": tuple(one.get("kept", ())),
                }
            )
            for one in data.pop("switches")
        ]
        links = [(Endpoint(a, a_port), Endpoint(b, b_port)) for a, a_port, b, b_port in data.pop("links")]
        hosts = [
            LabHost(**{**one, **{name: tuple(value) for name, value in one.items() if isinstance(value, list)}})
            for one in data.pop("hosts", ())
        ]
        return cls(switches=tuple(switches), links=tuple(links), hosts=tuple(hosts), **data)

    def far_end(self, end: Endpoint) -> Endpoint:
        """What a port is cabled to, a host's eth0 included; nowhere when nothing is plugged in."""
        for a, b in self.cables:
            if end in (a, b):
                return b if end == a else a
        return NOWHERE

    @property
    def cables(self) -> tuple[tuple[Endpoint, Endpoint], ...]:
        """All cables, those to hosts included."""
        return (*self.links, *(cable for host in self.hosts for cable in host.cables))
