"""BGP neighbours, in short and in detail, of all VRFs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from napalm.base import models

from sonicfab.families import Family, by_family
from sonicfab.frr.bgp import read_frr
from sonicfab.napalm.bgpconfig import as_number
from sonicfab.switch.operations import Switch
from sonicfab.switch.state.bgp import BGP_VRFS, BgpPeer, neighbors_of, summary_of
from sonicfab.switch.state.config import RUNNING_FRR


def bgp_neighbors(switch: Switch) -> dict[str, models.BGPStateNeighborsPerVRFDict]:
    """What get_bgp_neighbors returns: an unnumbered neighbour goes by its port, the default VRF by `global`."""
    found: dict[str, models.BGPStateNeighborsPerVRFDict] = {"global": {"router_id": "", "peers": {}}}
    for vrf, instance in switch.get(BGP_VRFS).items():
        details = switch.get(neighbors_of(vrf))
        peers: dict[str, models.BGPStateNeighborDict] = {}
        for row in switch.get(summary_of(vrf)):
            detail = details.get(row.peer, {})
            peer = peers.setdefault(row.peer, _peer(row, detail))
            peer["address_family"][row.family] = {
                "received_prefixes": row.received,
                "accepted_prefixes": _families(detail).get(row.family, {}).get("acceptedPrefixCounter", -1),
                "sent_prefixes": row.sent,
            }
        found[_vrf_name(vrf)] = {"router_id": str(instance.get("routerId", "")), "peers": peers}
    return found


def bgp_neighbors_detail(switch: Switch, neighbor_address: str) -> dict[str, dict[int, list[dict[str, Any]]]]:
    """What get_bgp_neighbors_detail returns; a neighbour is asked for by its port or its address."""
    read = read_frr(switch.optional(RUNNING_FRR) or "")
    found: dict[str, dict[int, list[dict[str, Any]]]] = {}
    for vrf in switch.get(BGP_VRFS):
        received: dict[str, int] = {}
        for row in switch.get(summary_of(vrf)):
            received[row.peer] = received.get(row.peer, 0) + row.received
        ases = found.setdefault(_vrf_name(vrf), {})
        configured = read.instance(vrf)
        own_as = as_number(configured.asn)
        for peer, row_ in switch.get(neighbors_of(vrf)).items():
            if neighbor_address in ("", peer, row_.get("bgpNeighborAddr")):
                found_ = _detail(peer, row_)
                found_ |= {"routing_table": vrf, "multipath": configured.multipath}
                found_["received_prefix_count"] = received.get(peer, -1)
                found_["local_as_prepend"] = found_["local_as"] != own_as and not row_.get("localAsNoPrepend")
                ases.setdefault(found_["remote_as"], []).append(found_)
    return found


def _peer(row: BgpPeer, detail: Mapping[str, Any]) -> models.BGPStateNeighborDict:
    return {
        "local_as": row.local_asn,
        "remote_as": row.remote_asn,
        "remote_id": _told(detail.get("remoteRouterId")),
        "is_up": row.established,
        "is_enabled": "Admin" not in row.reason and "Admin" not in row.state,
        "description": row.description,
        "uptime": int(row.uptime) if row.established else -1,
        "address_family": {},
    }


def _detail(peer: str, row: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of FRR's bgpd/bgp_vty.c bgp_show_peer() in NAPALM's words."""
    families = _families(row)
    messages = row.get("messageStats", {})
    hops = max(int(row.get(name, 1)) for name in ("externalBgpNbrMaxHopsAway", "internalBgpNbrMaxHopsAway"))
    return {
        "up": row.get("bgpState") == "Established",
        "local_as": as_number(row.get("localAs", 0)),
        "remote_as": as_number(row["remoteAs"]),
        "router_id": str(row.get("localRouterId", "")),
        "local_address": _told(row.get("hostLocal")),
        "local_address_configured": "updateSource" in row,
        "local_port": int(row.get("portLocal", -1)),
        "remote_address": peer,
        "remote_port": int(row.get("portForeign", -1)),
        "multihop": bool(row.get("nbrExternalLink")) and hops > 1,
        "remove_private_as": any(name.startswith("privateAsNums") for one in families.values() for name in one),
        "import_policy": _policy(families, "routeMapForIncomingAdvertisements"),
        "export_policy": _policy(families, "routeMapForOutgoingAdvertisements"),
        "input_messages": int(messages.get("totalRecv", -1)),
        "output_messages": int(messages.get("totalSent", -1)),
        "input_updates": int(messages.get("updatesRecv", -1)),
        "output_updates": int(messages.get("updatesSent", -1)),
        "messages_queued_out": int(messages.get("depthOutq", -1)),
        "connection_state": str(row.get("bgpState", "")),
        "previous_connection_state": "",
        "last_event": str(row.get("lastResetDueTo", "")),
        "suppress_4byte_as": bool(row.get("dontCapabilityNegotiate")),
        "holdtime": _seconds(row.get("bgpTimerHoldTimeMsecs")),
        "configured_holdtime": _seconds(row.get("bgpTimerConfiguredHoldTimeMsecs")),
        "keepalive": _seconds(row.get("bgpTimerKeepAliveIntervalMsecs")),
        "configured_keepalive": _seconds(row.get("bgpTimerConfiguredKeepAliveIntervalMsecs")),
        "active_prefix_count": -1,
        "accepted_prefix_count": sum(int(one.get("acceptedPrefixCounter", 0)) for one in families.values()),
        "suppressed_prefix_count": -1,
        "advertised_prefix_count": sum(int(one.get("sentPrefixCounter", 0)) for one in families.values()),
        "flap_count": int(row.get("connectionsDropped", -1)),
    }


def _families(row: Mapping[str, Any]) -> dict[Family, Mapping[str, Any]]:
    return by_family(row.get("addressFamilyInfo", {}))


def _policy(families: Mapping[Family, Mapping[str, Any]], name: str) -> str:
    """The route-map of all families; their names in a row when they differ."""
    return " ".join(dict.fromkeys(str(one[name]) for one in families.values() if name in one))


def _vrf_name(vrf: str) -> str:
    return "global" if vrf == "default" else vrf


def _told(value: object) -> str:
    text = str(value or "")
    return "" if text in ("Unknown", "none", "0.0.0.0") else text  # noqa: S104 - what FRR says for none


def _seconds(milliseconds: object) -> int:
    return int(milliseconds) // 1000 if isinstance(milliseconds, int) else -1
