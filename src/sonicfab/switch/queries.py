"""What NAPALM's getters ask of a switch, besides the operations that push and verify share."""

from __future__ import annotations

import re
import shlex
from ipaddress import IPv4Network, IPv6Network
from typing import Any

from sonicfab.errors import SwitchError
from sonicfab.families import Family
from sonicfab.switch import commands, databases, kernel, parse
from sonicfab.switch.answers import json_object, reading
from sonicfab.switch.kernel import Account, Link, Load, Neighbor
from sonicfab.switch.operations import Switch
from sonicfab.switch.parse import BgpPeer
from sonicfab.transport import CommandResult

Prefix = IPv4Network | IPv6Network


def database_rows(switch: Switch, database: str, pattern: str) -> dict[str, dict[str, str]]:
    """Key -> fields of the rows of a database whose key matches a pattern of redis.

    Raises:
        SwitchError: it does not answer like SONiC.
        TransportError: the connection broke; so for every query.
    """
    text = _ask(switch, commands.DATABASE_ROWS.format(database=database, pattern=pattern))
    return databases.rows(text, f"sonic-db-dump of {database}")


def port_counters(switch: Switch) -> dict[str, databases.Fields]:
    """Port -> SAI counters, of COUNTERS_DB."""
    names = database_rows(switch, "COUNTERS_DB", "COUNTERS_PORT_NAME_MAP")
    counters = databases.rows(_ask(switch, commands.PORT_COUNTERS), "sonic-db-dump of COUNTERS_DB")
    return databases.port_counters(names, counters)


def fdb(switch: Switch) -> list[databases.FdbEntry]:
    """The MAC addresses that the ASIC knows."""
    return databases.fdb(database_rows(switch, "STATE_DB", "FDB_TABLE|*"))


@reading("show bgp vrfs json")
def bgp_vrfs(switch: Switch) -> dict[str, dict[str, Any]]:
    """VRF -> what bgpd says of its instance; `default` is one of them."""
    vrfs = json_object(_ask(switch, commands.BGP_VRFS), "show bgp vrfs json").get("vrfs", {})
    return {str(name): dict(one) for name, one in vrfs.items()}


def bgp_summary(switch: Switch, vrf: str) -> list[BgpPeer]:
    """All peers of a VRF."""
    if vrf == "default":
        return switch.bgp_summary()
    return parse.bgp_summary(_ask(switch, commands.BGP_VRF_SUMMARY.format(vrf=_name(vrf))))


@reading("show bgp neighbors json")
def bgp_neighbors(switch: Switch, vrf: str) -> dict[str, dict[str, Any]]:
    """Peer -> all that FRR tells of it, as FRR names it."""
    command = commands.BGP_NEIGHBORS if vrf == "default" else commands.BGP_VRF_NEIGHBORS.format(vrf=_name(vrf))
    rows = json_object(_ask(switch, command), "show bgp neighbors json")
    return {peer: row for peer, row in rows.items() if isinstance(row, dict) and "remoteAs" in row}


@reading("show ip route json")
def routes(switch: Switch, prefix: Prefix, *, below: bool) -> dict[str, list[dict[str, Any]]]:
    """Prefix -> routes of zebra, as FRR names their fields: the best match, or with `below` all within the prefix."""
    address = prefix.network_address if prefix.prefixlen == prefix.max_prefixlen and not below else prefix
    family = Family.of(prefix).command
    command = commands.ROUTES_BELOW if below else commands.ROUTE
    return dict(json_object(_ask(switch, command.format(family=family, prefix=address)), f"show {family} route json"))


@reading("show bgp json")
def bgp_paths(switch: Switch, prefix: Prefix, *, below: bool) -> dict[str, list[dict[str, Any]]]:
    """Prefix -> paths of bgpd, as FRR names their fields; only those of one prefix have communities."""
    family = Family.of(prefix)
    command = commands.BGP_ROUTES_BELOW if below else commands.BGP_ROUTE
    text = _ask(switch, command.format(family=family, prefix=prefix))
    answer = json_object(text, f"show bgp {family} unicast json") if text.strip() else {}
    if below:
        return {str(key): paths for key, paths in answer.get("routes", {}).items()}
    return {str(answer["prefix"]): answer.get("paths", [])} if "prefix" in answer else {}


def links(switch: Switch) -> dict[str, Link]:
    """Name -> interface of the kernel with its addresses."""
    return kernel.links(_ask(switch, commands.ADDRESSES))


def neighbors(switch: Switch) -> list[Neighbor]:
    """The kernel's neighbours, of both families."""
    return kernel.neighbors(_ask(switch, commands.NEIGHBORS))


def load(switch: Switch) -> Load:
    """How busy CPUs and memory are; takes a second."""
    return kernel.load(_ask(switch, commands.LOAD))


def accounts(switch: Switch) -> list[Account]:
    """Who can log in."""
    return kernel.accounts(_ask(switch, commands.ACCOUNTS))


def ping(
    switch: Switch, target: str, *, sources: tuple[str, ...], ttl: int, timeout: int, size: int, count: int, vrf: str
) -> CommandResult:
    """Ping once; the answer is for `kernel.ping`."""
    command = commands.PING_TARGET.format(
        vrf=_in_vrf(vrf),
        count=count,
        ttl=ttl,
        timeout=timeout,
        size=size,
        source="".join(f"-I {shlex.quote(source)} " for source in sources),
        target=shlex.quote(target),
    )
    return switch.transport.run(command, timeout=60 + count + timeout)


def traceroute(switch: Switch, target: str, *, source: str, ttl: int, timeout: int, vrf: str) -> CommandResult:
    """Trace once; the answer is for `kernel.traceroute`."""
    command = commands.TRACEROUTE.format(
        vrf=_in_vrf(vrf),
        ttl=ttl,
        timeout=timeout,
        source=f"-s {shlex.quote(source)} " if source else "",
        target=shlex.quote(target),
    )
    # three probes for each hop, of which traceroute has 16 on their way at once
    return switch.transport.run(command, timeout=60 + ttl * timeout * 3 / 16)


def _in_vrf(vrf: str) -> str:
    return commands.IN_VRF.format(vrf=shlex.quote(vrf)) if vrf not in ("", "default", "global") else ""


def _name(vrf: str) -> str:
    if not re.fullmatch(r"[\w.-]+", vrf):
        raise SwitchError(f"{vrf!r} is not the name of a VRF")
    return vrf


def _ask(switch: Switch, command: str) -> str:
    result = switch.transport.run(command)
    if not result.ok:
        raise SwitchError(f"{switch.name}: `{command[:60]}` failed with exit code {result.exit_code}: {result.said}")
    return result.stdout
