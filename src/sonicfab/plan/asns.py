"""Switches without BGP, which need neither ASN nor loopbacks, and those that may share an ASN."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sonicfab.errors import Problem
from sonicfab.hints import first_of
from sonicfab.model.topology import Topology
from sonicfab.plan.cabling import Cabling
from sonicfab.plan.networks import Networks
from sonicfab.plan.types import SwitchSettings

_HINT = "take `bgp: none` out of its entry under `switches`, or give the port another use"


def speaks_bgp(topology: Topology, switch: str) -> bool:
    """False where the topology says that a switch has no BGP."""
    entry = topology.switches.get(switch)
    return entry is None or entry.bgp != "none"


def of_a_pod(topology: Topology, switches: Mapping[str, SwitchSettings]) -> dict[str, str]:
    """Spine -> a word that is the same for those of its role that are given the same ASN by hand.

    Spines of a pod share one, as all spines do where there is one pool for them (RFC 7938 section 5.2.1).
    """
    given = {name: entry.asn for name, entry in topology.switches.items() if entry.asn is not None and name in switches}
    return {name: f"{switches[name].role} {asn}" for name, asn in given.items() if switches[name].role.tier > 1}


def without_bgp(topology: Topology, cabling: Cabling, networks: Networks) -> Iterator[Problem]:
    """Sessions, numbers and announcements that are asked for on such switches."""
    for name, entry in topology.switches.items():
        given = [field for field in ("asn", "ipv4", "ipv6") if getattr(entry, field) is not None]
        if entry.bgp == "none" and given:
            message = f"{name} has no BGP: nothing needs its {' and '.join(given)}"
            yield Problem("topology", ("switches", name, given[0]), message, "take it out, or `bgp: none`", on_key=True)
    for link in cabling.links:
        for end in (link.a, link.b):
            if link.bgp.session in ("ebgp", "ibgp") and not speaks_bgp(topology, end.switch):
                yield Problem("topology", link.path, f"a session over {link.name}, and {end.switch} has no BGP", _HINT)
    for host in cabling.hosts:
        if not (host.outside or speaks_bgp(topology, host.switch)):
            message = f"BGP to a server behind {host.switch}:{host.port}, and {host.switch} has no BGP"
            yield Problem("topology", host.path, message, _HINT, alike=f"no BGP {host.switch}")
    for name, network in topology.networks.items():
        there = [switch for switch, inside in networks.addresses if inside == name]
        if network.announce and there and not any(speaks_bgp(topology, switch) for switch in there):
            message = f"nobody announces {name}: {first_of(there)} has its address, and no BGP"
            hint = "take `announce` out, or give the gateway to a switch with BGP"
            yield Problem("topology", ("networks", name, "announce"), message, hint)
