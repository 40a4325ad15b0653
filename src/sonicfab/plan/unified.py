"""FRR's config out of CONFIG_DB, which frrcfgd makes in SONiC's mode `unified`: whose, and what it cannot say. Pure.

What it can say is what frrcfgd.py and its templates read (sonic-buildimage src/sonic-frr-mgmt-framework, 202305 to
202605): the templates at each start of the bgp container, frrcfgd.py as rows change. What one of the two drops is
refused, for a switch that runs one thing until it starts anew, and then another, is nothing to plan with.
"""

from __future__ import annotations

from collections.abc import Iterator

from sonicfab.errors import KeyPath, Problem
from sonicfab.model.topology import Topology
from sonicfab.plan.bgp import PeerGroup, RouteMap, Session
from sonicfab.plan.types import FabricPlan, SwitchPlan

_ANOTHER = "take a build that can: 202511 or 202605 of the community, or let the switch have its frr.conf"
_OWN_FILE = "let the switch have its frr.conf (`bgp: frr.conf`), or leave it out"

_LOST: dict[str, str] = {
    "password": "it appends the word `encrypted`, and FRR knows no such command: there would be no password "
    "(bgpd.conf.db.nbr_or_peer.j2; bgpd/bgp_vty.c neighbor_password)",
    "bfd_profile": "it has no word for timers of BFD (frrcfgd.py cmn_key_map: bfd is true or false)",
    "graceful_restart": "it has no word for the graceful restart of a neighbour (frrcfgd.py cmn_key_map)",
}
_LOST_OF_STEPS = {
    "local_preference": "its template looks for set_local_preference, the models have set_local_pref: it is gone when "
    "the container starts (bgpd.conf.db.route_map.j2)",
    "prepend": "its template compares set_repeat_asn with a number and fails, and knows no set_asn_list "
    "(bgpd.conf.db.route_map.j2)",
}


def is_unified(topology: Topology, switch: str) -> bool:
    """Whether frrcfgd makes FRR's config of a switch, as its entry or the fabric says."""
    entry = topology.switches.get(switch)
    return ((entry.bgp if entry else None) or topology.bgp.source) == "config_db"


def unified_problems(topology: Topology, plan: FabricPlan) -> Iterator[Problem]:
    """What the plan asks of switches in this mode, and frrcfgd of their build cannot say."""
    for name in plan.switches:
        if is_unified(topology, name):
            yield from _of_switch(topology, plan, plan.switches[name])


def _of_switch(topology: Topology, plan: FabricPlan, switch: SwitchPlan) -> Iterator[Problem]:
    path, name, build = _chosen(topology, switch.name), switch.name, switch.build
    if build.frrcfgd is None or build.frrcfgd.broken:
        why = build.frrcfgd.broken if build.frrcfgd else "nobody knows what its frrcfgd reads"
        yield Problem("topology", path, f"{name} cannot be unified with {build.name}: {why}", _ANOTHER)
        return
    if plan.bgp.suppress_fib_pending:
        at: KeyPath = ("bgp", "suppress_fib_pending")
        yield Problem("topology", at, f"{name} is unified, and frrcfgd has no word for it", _OWN_FILE, alike="pending")
    if switch.extra.frr:
        at = ("switches", name, "extra", "frr")
        message = f"{name} is unified, and has no frr.conf for these lines"
        yield Problem("topology", at, message, "say them as rows under `config_db`", on_key=True)
    for route in switch.statics:
        message = f"{name} is unified, and has no frr.conf for static routes"
        yield Problem("topology", _place(route.of), message, _OWN_FILE, on_key=True, alike=f"route {name}")
    for one in (one for bgp in switch.bgp for one in bgp.aggregates if one.policy):
        message = f"{name} is unified, and the template of frrcfgd knows no policy of an aggregate"
        hint = f"{_OWN_FILE} (bgpd.conf.db.addr_family.j2)"
        yield Problem("topology", (*_place(one.of), "policy"), message, hint, on_key=True, alike=f"{one.of}")
    for group, session in switch.sessions:
        yield from _of_session(topology, plan, switch, group, session)
    for policy in switch.route_maps:
        yield from _of_policy(switch, policy)
    for asked in switch.prefix_lists:
        try:
            asked.rows(build)
        except ValueError as err:
            family = "ipv6" if asked.keyword == "ipv6" else "ipv4"
            pools: dict[str, KeyPath] = {"LOOPBACKS": ("loopbacks", family), "HOSTS": ("hosts", "prefixes", family)}
            at = pools.get(asked.name) or _place(asked.of) or path
            message = (
                f"the list {asked.name} cannot be unified with {build.name}: {err}, and its template compares the two "
                "lengths as text and leaves the shorter ones in (bgpd.conf.db.pref_list.j2)"
            )
            yield Problem("topology", at, message, _LENGTHS, alike=f"length {asked.name}")


_LENGTHS = (
    "give a network whose length comes before the other as text, such as /112 before 128, or take a build that can: "
    "202511 or 202605 of the community"
)


def _of_session(
    topology: Topology, plan: FabricPlan, switch: SwitchPlan, group: PeerGroup, session: Session
) -> Iterator[Problem]:
    path = next(
        (link.path for link in plan.links if any(end[0] == (switch.name, session.interface) for end in link.ends)),
        _place(group.of) or _chosen(topology, switch.name),
    )
    who = f"{switch.name} is unified, and of the session with {session.description} frrcfgd cannot say"
    if group.internal and not _is_without_policy(switch, group):
        message = (
            f"{who} that it is internal: what comes over it is marked with a tag, and frrcfgd has no word to set one "
            "(frrcfgd.py route_map_key_map)"
        )
        yield Problem("topology", path, message, _OWN_FILE)
    for option, why in _LOST.items():
        if getattr(session.options, option):
            key = "bfd" if option == "bfd_profile" else option
            at: KeyPath = ("bgp", key) if getattr(topology.bgp, key) is not None else path
            yield Problem("topology", at, f"{who} `{key}`: {why}", _OWN_FILE, alike=f"{option} {at}")


def _is_without_policy(switch: SwitchPlan, group: PeerGroup) -> bool:
    """Whether `leave` says that a group does not get the policy of what comes over it."""
    families = [f"default|{group.name}|{family}_{family.safi}" for family in group.families]
    return all(switch.left.has_field("BGP_PEER_GROUP_AF", key, "route_map_in") for key in families)


def _of_policy(switch: SwitchPlan, policy: RouteMap) -> Iterator[Problem]:
    for step in policy.steps:
        if switch.left.has_row("ROUTE_MAP", f"{policy.name}|{step.number}"):
            continue
        for option, why in _LOST_OF_STEPS.items():
            if getattr(step, option) not in (None, ""):
                at = (*_place(step.of), "set", option)
                message = f"{switch.name} is unified, and of {policy.name} frrcfgd cannot say {option}: {why}"
                yield Problem("topology", at, message, _OWN_FILE, on_key=True, alike=f"{at}")
        if "," in step.as_path:
            message = f"{switch.name} is unified, and CONFIG_DB divides a list at each comma: {step.as_path}"
            yield Problem("topology", (*_place(step.of), "as_path"), message, _OWN_FILE, alike=f"{_place(step.of)}")


def _chosen(topology: Topology, switch: str) -> KeyPath:
    """Where it is said that the switch is unified."""
    entry = topology.switches.get(switch)
    return ("switches", switch, "bgp") if entry and entry.bgp else ("bgp", "source")


def _place(of: str) -> KeyPath:
    """The path that a place of the plan stands for."""
    return tuple(int(word) if word.isdigit() else word for word in of.split(".") if word)
