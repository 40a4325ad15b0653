"""The containerlab topology of a lab, and what its nodes mount. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import yaml

from sonicfab.endpoint import Endpoint
from sonicfab.lab.spec import LabSpec, LabSwitch
from sonicfab.lab.stock import StockPort

KINDS = {"light": "linux", "sonic-vs": "sonic-vs", "sonic-vm": "sonic-vm"}
"""What a lab's nodes are -> containerlab's name of it."""


@dataclass(frozen=True, slots=True)
class StockNode:
    """What a node of a stock image gets.

    Attributes:
        files: file name -> text, in the folder of the switch.
        ports: its cabled ports.
    """

    files: dict[str, str]
    ports: tuple[StockPort, ...]


@dataclass(frozen=True, slots=True)
class ClabLab:
    """A lab for containerlab: `stock` holds the nodes by name, where the kind is a stock image."""

    spec: LabSpec
    kind: str
    image: str
    stock: dict[str, StockNode] = field(default_factory=dict)


def topology_text(lab: ClabLab) -> str:
    """NAME.clab.yml; containerlab takes its relative paths from where the file is."""
    spec = lab.spec
    kind = {"image": lab.image, **_KIND_SETTINGS[lab.kind]}
    nodes = {switch.name: {"kind": KINDS[lab.kind], **_mounts(lab.kind, switch.name)} for switch in spec.switches}
    topology: dict[str, Any] = {
        "name": spec.name,
        "mgmt": _MANAGEMENT[lab.kind] | ({} if lab.kind == "light" else {"network": network_name(spec.name)}),
        "topology": {
            "kinds": {KINDS[lab.kind]: kind},
            "nodes": nodes,
            "links": [{"endpoints": list(ends)} for ends in _links(lab)],
        },
    }
    text = yaml.safe_dump(topology, sort_keys=False, width=120)
    return f"# {spec.fabric} as a containerlab lab of {lab.kind} nodes; made by sonicfab\n{text}"


def node_files(lab: ClabLab) -> dict[str, str]:
    """Path below the topology's folder -> text, of what nodes mount besides the files of a light switch."""
    if lab.kind == "light":
        cabled = {end for link in lab.spec.links for end in link}
        return {f"{switch.name}/ports": _ports(switch, cabled) for switch in lab.spec.switches}
    return {
        f"{name}/{file}": text
        for name, node in lab.stock.items()
        for file, text in {**node.files, "ports.txt": _mapping(node.ports)}.items()
    }


def container_name(lab: str, switch: str) -> str:
    """How containerlab calls the container of a node."""
    return f"clab-{lab}-{switch}"


def network_name(lab: str) -> str:
    """How Docker calls the network of a lab of stock nodes."""
    return f"sonicfab-{lab}"


# No Docker network: `light` nodes have no way out, and SSH comes in by `docker exec`. The capabilities are those
# that FRR and the ports need; containerlab's own default, privileged, is refused where a host has given up some.
_KIND_SETTINGS: dict[str, dict[str, Any]] = {
    "light": {
        "network-mode": "none",
        "restart-policy": "no",
        "privileged": False,
        "cap-add": ["NET_ADMIN", "SYS_ADMIN"],
        "sysctls": {"net.ipv4.ip_forward": 1, "net.ipv6.conf.all.forwarding": 1},
    },
    # Docker turns IPv6 off for what comes into being in a container, ports included, and with it BGP unnumbered; swss's
    # own tests turn it on, too (sonic-swss 202411 tests/conftest.py DockerVirtualSwitch)
    "sonic-vs": {"sysctls": {f"net.ipv6.conf.{name}.disable_ipv6": 0 for name in ("all", "default")}},
    "sonic-vm": {},
}
# addresses that nobody else has: containerlab's default, 172.20.20.0/24, is refused where another lab has it already
# (containerlab 0.79.0 core/clab.go initMgmtNetwork(), runtime/docker/docker.go createMgmtBridge())
_OWN_NETWORK = {"external-access": False, "ipv4-subnet": "auto"}
_MANAGEMENT: dict[str, dict[str, Any]] = {
    "light": {"external-access": False, "skip-when-unused": True},
    "sonic-vs": _OWN_NETWORK,
    "sonic-vm": _OWN_NETWORK,
}


def _mounts(kind: str, switch: str) -> dict[str, Any]:
    if kind == "light":
        return {"binds": [f"{switch}:/sonicfab:ro"]}
    if kind == "sonic-vm":
        return {}  # its config comes by SSH: sonicfab.lab.vrnetlab
    # platform/vs/docker-sonic-vs/start.sh replaces /etc/sonic/config_db.json by mv, which a mount there would refuse
    config = f"{switch}/config_db.json:/var/sonic/config_db.json:ro"
    return {"binds": [config, f"{switch}/frr.conf:/var/sonic/frr.conf:ro"]}


def _links(lab: ClabLab) -> list[tuple[str, str]]:
    """Both ends of each cable; a stock image names its interfaces itself, a light switch takes the platform's names."""
    names = {Endpoint(name, port.planned): port.interface for name, node in lab.stock.items() for port in node.ports}
    return [(f"{a.switch}:{names.get(a, a.port)}", f"{b.switch}:{names.get(b, b.port)}") for a, b in lab.spec.links]


def _ports(switch: LabSwitch, cabled: set[Endpoint]) -> str:
    rows = [f"{'cabled' if Endpoint(switch.name, port) in cabled else 'empty'} {port}" for port in switch.ports]
    return "\n".join([f"mac {switch.mac}", *rows, ""])


def _mapping(ports: tuple[StockPort, ...]) -> str:
    rows = [f"{port.interface} {port.port} {port.planned}" for port in ports]
    return "\n".join(["# interface, port of the image, port of the plan", *rows, ""])
