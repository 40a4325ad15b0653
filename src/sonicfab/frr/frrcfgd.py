"""What frrcfgd's templates make of CONFIG_DB: the frr.conf that the bgp container starts from in the mode `unified`.

Follows sonic-buildimage src/sonic-frr-mgmt-framework/templates/bgpd/*.j2 and frr/frr.conf.j2, 202305 to 202605, where
these differ by what the caller says: which words of admin_status are on, and whether PREFIX rows are numbered. So are
its traps: fields of the models that no template reads, lengths that are compared as text. It needs nothing but the
standard library: it runs in lab switches, too. OSPF, PIM, EVPN and VRFs are not followed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from ipaddress import ip_address
from typing import Any

Row = Mapping[str, Any]
Config = Mapping[str, Mapping[str, Row]]

TABLES = (
    *("BGP_GLOBALS", "BGP_GLOBALS_AF", "BGP_GLOBALS_AF_NETWORK", "BGP_GLOBALS_AF_AGGREGATE_ADDR", "BGP_PEER_GROUP"),
    *("BGP_PEER_GROUP_AF", "BGP_NEIGHBOR", "BGP_NEIGHBOR_AF", "BGP_GLOBALS_LISTEN_PREFIX", "ROUTE_REDISTRIBUTE"),
    *("ROUTE_MAP", "ROUTE_MAP_SET", "PREFIX_SET", "PREFIX", "AS_PATH_SET", "COMMUNITY_SET"),
)
"""What is read here, of what frrcfgd reads."""

_GLOBALS_ON = {
    "log_nbr_state_changes": "bgp log-neighbor-changes",
    "always_compare_med": "bgp always-compare-med",
    "default_show_hostname": "bgp default show-hostname",
    "default_shutdown": "bgp default shutdown",
    "disable_ebgp_connected_rt_check": "bgp disable-ebgp-connected-route-check",
    "deterministic_med": "bgp deterministic-med",
    "graceful_restart_enable": "bgp graceful-restart",
    "graceful_shutdown": "bgp graceful-shutdown",
    "gr_preserve_fw_state": "bgp graceful-restart preserve-fw-state",
    "compare_confed_as_path": "bgp bestpath as-path confed",
    "rr_allow_out_policy": "bgp route-reflector allow-outbound-policy",
    "network_import_check": "bgp network import-check",
}
_GLOBALS_OF = {
    "router_id": "bgp router-id {}",
    "default_local_preference": "bgp default local-preference {}",
    "rr_cluster_id": "bgp cluster-id {}",
    "gr_stale_routes_time": "bgp graceful-restart stalepath-time {}",
    "gr_restart_time": "bgp graceful-restart restart-time {}",
    "max_dynamic_neighbors": "bgp listen limit {}",
}
_NEIGHBOR_ON = {
    "bfd": "bfd",
    "solo_peer": "solo",
    "passive_mode": "passive",
    "disable_ebgp_connected_route_check": "disable-connected-check",
    "enforce_first_as": "enforce-first-as",
    "capability_dynamic": "capability dynamic",
    "capability_ext_nexthop": "capability extended-nexthop",
    "dont_negotiate_capability": "dont-capability-negotiate",
    "enforce_multihop": "enforce-multihop",
    "override_capability": "override-capability",
}
_NEIGHBOR_OF = {
    "local_asn": "local-as {}",
    "name": "description {}",
    "ttl_security_hops": "ttl-security hops {}",
    "auth_password": "password {} encrypted",
    "peer_port": "port {}",
    "local_addr": "update-source {}",
    "min_adv_interval": "advertisement-interval {}",
    "conn_retry": "timers connect {}",
}
_FAMILY_ON = {
    "as_override": "as-override",
    "rrclient": "route-reflector-client",
    "soft_reconfiguration_in": "soft-reconfiguration inbound",
    "route_server_client": "route-server-client",
    "add_path_tx_all": "addpath-tx-all-paths",
    "add_path_tx_bestpath": "addpath-tx-bestpath-per-AS",
}
_FAMILY_OF = {
    "cap_orf": "capability orf prefix-list {}",
    "weight": "weight {}",
    "prefix_list_in": "prefix-list {} in",
    "prefix_list_out": "prefix-list {} out",
    "route_map_in": "route-map {} in",
    "route_map_out": "route-map {} out",
    "unsuppress_map_name": "unsuppress-map {}",
    "filter_list_in": "filter-list {} in",
    "filter_list_out": "filter-list {} out",
}
_COMMUNITIES = {
    "standard": ("send-community extended", "send-community large"),
    "extended": ("send-community", "send-community large"),
    "large": ("send-community", "send-community extended"),
    "both": ("send-community large",),
    "none": ("send-community all",),
}
_STEP_OF = {
    "match_as_path": "match as-path {}",
    "call_route_map": "call {}",
    "match_community": "match community {}",
    "match_ext_community": "match extcommunity {}",
    "match_interface": "match interface {}",
    "match_src_vrf": "match source-vrf {}",
    "match_local_pref": "match local-preference {}",
    "match_med": "match metric {}",
    "match_protocol": "match source-protocol {}",
    "set_next_hop": "set ip next-hop {}",
    "set_ipv6_next_hop_global": "set ipv6 next-hop global {}",
    "set_local_preference": "set local-preference {}",  # the models have set_local_pref, which no template reads
}
_KEYWORD = {"IPv4": "ip", "IPv6": "ipv6"}


class FrrcfgdError(Exception):
    """A template fails on these rows: there is no frr.conf, and FRR starts without one."""


def frr_conf(config: Config, *, active: Iterable[str] = ("true", "up"), numbered: bool = True) -> str:
    """The BGP part of frr.conf and its policies, line by line; what zebra is told is not in it.

    Raises:
        FrrcfgdError: a template would fail.
    """
    lines = [*_prefix_lists(config, numbered=numbered), *_route_maps(config), *_sets(config)]
    for vrf, row in _table(config, "BGP_GLOBALS").items():
        if "local_asn" in row:
            lines += _instance(config, vrf, row, frozenset(active))
    return "".join(f"{line}\n" for line in lines)


def runs(config: Config, keeping: str) -> bool:
    """Whether it makes FRR's config: the framework is asked for, and not the mode that keeps an frr.conf."""
    row = _table(config, "DEVICE_METADATA").get("localhost", {})
    mode = row.get("docker_routing_config_mode", keeping)
    return mode != keeping and row.get("frr_mgmt_framework_config") == "true"


def _table(config: Config, name: str) -> Mapping[str, Row]:
    return config.get(name, {})


def _of(config: Config, name: str, vrf: str) -> Iterator[tuple[list[str], Row]]:
    """The rows of a VRF: (the parts of the key after it, row)."""
    for key, row in _table(config, name).items():
        parts = key.split("|")
        if parts[0] == vrf and len(parts) > 1:
            yield parts[1:], row


def _members(value: object) -> list[str]:
    return [str(one) for one in value] if isinstance(value, (list, tuple)) else str(value).split(",")


def _prefix_lists(config: Config, *, numbered: bool) -> Iterator[str]:
    """bgpd.conf.db.pref_list.j2; up to 202505 it knows no numbers, and permits whatever the action says."""
    sets = {name: _KEYWORD.get(row.get("mode", ""), "") for name, row in _table(config, "PREFIX_SET").items()}
    for key, row in _table(config, "PREFIX").items():
        parts = key.split("|")
        number = f"seq {parts.pop(1)} " if numbered and len(parts) == 4 else ""
        name, network, lengths = parts[0], parts[1], parts[2]
        if not sets.get(name):
            continue
        if "/" not in network:
            raise FrrcfgdError(f"PREFIX|{key}: the template takes {network} for the prefix")
        line = (
            f"{sets[name]} prefix-list {name} {number}{row.get('action', 'permit') if numbered else 'permit'} {network}"
        )
        if lengths != "exact":
            low, _, high = lengths.partition("..")
            line += f" ge {low} le {high}" if low > network.partition("/")[2] else f" le {high}"  # as text
        yield line


def _route_maps(config: Config) -> Iterator[str]:
    """bgpd.conf.db.route_map.j2."""
    sets = _table(config, "PREFIX_SET")
    for key, row in _table(config, "ROUTE_MAP").items():
        name, _, number = key.partition("|")
        if "route_operation" not in row:
            continue
        yield f"route-map {name} {row['route_operation']} {number}"
        for field, words in (("match_prefix_set", "address"), ("match_next_hop_set", "next-hop")):
            if field in row and row[field] in sets:
                yield f" match {_KEYWORD[sets[row[field]]['mode']]} {words} prefix-list {row[field]}"
        yield from (f" {words.format(row[field])}" for field, words in _STEP_OF.items() if field in row)
        if "match_tag" in row:
            yield f" match tag {_members(row['match_tag'])[0]}"
        if "match_neighbor" in row:
            yield f" match peer {_members(row['match_neighbor'])[0]}"
        for field, words in (("match_origin", "match origin"), ("set_origin", "set origin")):
            if field in row:
                yield f" {words} {str(row[field]).lower()}"
        if "set_asn" in row and "set_repeat_asn" in row:
            raise FrrcfgdError(f"ROUTE_MAP|{key}: the template compares set_repeat_asn with a number")
        for field in ("set_community_inline", "set_community_ref"):
            if field in row:
                yield f" set community {' '.join(_members(row[field]))}"
        if row.get("set_ipv6_next_hop_prefer_global") == "true":
            yield " set ipv6 next-hop prefer-global"
        if "set_metric_action" not in row and ("set_med" in row or "set_metric" in row):
            yield f" set metric {row.get('set_med', row.get('set_metric'))}"
        yield "exit"


def _sets(config: Config) -> Iterator[str]:
    """bgpd.conf.db.j2 and bgpd.conf.db.comm_list.j2."""
    for name, row in _table(config, "AS_PATH_SET").items():
        for path in _members(row.get("as_path_set_member", [])):
            yield f"bgp as-path access-list {name} permit {path}"
    for name, row in _table(config, "COMMUNITY_SET").items():
        if {"set_type", "match_action", "community_member"} <= row.keys():
            members = _members(row["community_member"])
            together = [" ".join(members)] if str(row["match_action"]).lower() == "all" else members
            for one in together:
                yield f"bgp community-list {str(row['set_type']).lower()} {name} permit {one}"


def _instance(config: Config, vrf: str, row: Row, active: frozenset[str]) -> Iterator[str]:
    """bgpd.conf.db.j2: one `router bgp`."""
    yield f"router bgp {row['local_asn']}{'' if vrf == 'default' else f' vrf {vrf}'}"
    if row.get("fast_external_failover") == "false":
        yield " no bgp fast-external-failover"
    if row.get("rr_clnt_to_clnt_reflection") == "false":
        yield " no bgp client-to-client reflection"
    yield f" {'' if row.get('default_ipv4_unicast') == 'true' else 'no '}bgp default ipv4-unicast"
    yield from (f" {words}" for field, words in _GLOBALS_ON.items() if row.get(field) == "true")
    yield from (f" {words.format(row[field])}" for field, words in _GLOBALS_OF.items() if field in row)
    if "ignore_as_path_length" in row:
        yield " bgp bestpath as-path ignore"
    if "external_compare_router_id" in row:
        yield " bgp bestpath compare-routerid"
    if row.get("load_balance_mp_relax") == "true":
        kind = {"true": " as-set", "false": " no-as-set"}.get(row.get("as_path_mp_as_set", ""), "")
        yield f" bgp bestpath as-path multipath-relax{kind}"
    for table, is_group in (("BGP_PEER_GROUP", True), ("BGP_NEIGHBOR", False)):
        for (name, *_), one in _of(config, table, vrf):
            yield from _neighbor(name, one, is_group=is_group)
    for (network, *_), one in _of(config, "BGP_GLOBALS_LISTEN_PREFIX", vrf):
        if "peer_group" in one:
            yield f" bgp listen range {network} peer-group {one['peer_group']}"
    for afi in ("ipv4", "ipv6"):
        yield f" address-family {afi} unicast"
        yield from (f"  {line}" for line in _family(config, vrf, afi, active))
        yield " exit-address-family"
    yield "exit"


def _neighbor(name: str, row: Row, *, is_group: bool) -> Iterator[str]:
    """bgpd.conf.db.nbr_or_peer.j2."""
    said = f" neighbor {name}"
    word = "" if is_group or is_address(name) else "interface "
    if is_group:
        yield f"{said} peer-group"
    remote = row.get("peer_type", row.get("asn", ""))
    if remote:
        yield f"{said} {word}remote-as {remote}"
    # of a group of itself: FRR refuses it, `% Malformed address or name` (bgpd/bgp_vty.c neighbor_set_peer_group)
    if "peer_group_name" in row and not is_group:
        yield f"{said} {word}peer-group {row['peer_group_name']}"
    if row.get("admin_status") in ("false", "down"):
        message = f" message {row['shutdown_message']}" if "shutdown_message" in row else ""
        yield f"{said} shutdown{message}"
    yield from (f"{said} {words}" for field, words in _NEIGHBOR_ON.items() if row.get(field) == "true")
    yield from (f"{said} {words.format(row[field])}" for field, words in _NEIGHBOR_OF.items() if field in row)
    hops = row.get("ebgp_multihop_ttl", "255" if row.get("ebgp_multihop") == "true" else "")
    if hops:
        yield f"{said} ebgp-multihop {hops}"
    if "keepalive" in row and "holdtime" in row:
        yield f"{said} timers {row['keepalive']} {row['holdtime']}"


def _family(config: Config, vrf: str, afi: str, active: frozenset[str]) -> Iterator[str]:
    """bgpd.conf.db.addr_family.j2."""
    name = f"{afi}_unicast"
    for (family, network), row in ((key, row) for key, row in _of(config, "BGP_GLOBALS_AF_NETWORK", vrf)):
        if family == name:
            backdoor = " backdoor" if row.get("backdoor") == "true" else ""
            yield f"network {network}{backdoor}{' route-map ' + row['policy'] if 'policy' in row else ''}"
    for (family, network), row in _of(config, "BGP_GLOBALS_AF_AGGREGATE_ADDR", vrf):
        if family == name:
            words = [word.replace("_", "-") for word in ("as_set", "summary_only") if row.get(word) == "true"]
            yield " ".join(["aggregate-address", network, *words])
    for key, row in _of(config, "ROUTE_REDISTRIBUTE", vrf):
        if key[-1] == afi:
            maps = _members(row["route_map"]) if "route_map" in row else []
            yield from (f"redistribute {key[0]} route-map {one}" for one in maps)
            if not maps:
                yield f"redistribute {key[0]}"
    for table in ("BGP_PEER_GROUP_AF", "BGP_NEIGHBOR_AF"):
        for (neighbor, family), row in _of(config, table, vrf):
            if family == name:
                yield from _neighbor_family(neighbor, row, active)
    for (family,), row in _of(config, "BGP_GLOBALS_AF", vrf):
        if family == name:
            if "max_ebgp_paths" in row:
                yield f"maximum-paths {row['max_ebgp_paths']}"
            if "max_ibgp_paths" in row:
                yield f"maximum-paths ibgp {row['max_ibgp_paths']}"


def _neighbor_family(name: str, row: Row, active: frozenset[str]) -> Iterator[str]:
    """bgpd.conf.db.nbr_af.j2; up to 202411 a family is on for "true" alone, from 202505 on for "up", too."""
    said = f"neighbor {name}"
    if "admin_status" in row:
        yield f"{'' if row['admin_status'] in active else 'no '}{said} activate"
    if row.get("nhself") == "true":
        yield f"{said} next-hop-self{' force' if row.get('nexthop_self_force') == 'true' else ''}"
    if row.get("remove_private_as_enabled") == "true":
        every = " all" if row.get("remove_private_as_all") == "true" else ""
        yield f"{said} remove-private-AS{every}{' replace-AS' if row.get('replace_private_as') == 'true' else ''}"
    yield from (f"no {said} {words}" for words in _COMMUNITIES.get(row.get("send_community", ""), ()))
    if row.get("send_default_route") == "true":
        yield f"{said} default-originate{' route-map ' + row['default_rmap'] if 'default_rmap' in row else ''}"
    yield from (f"{said} {words}" for field, words in _FAMILY_ON.items() if row.get(field) == "true")
    if "max_prefix_limit" in row:
        words = ["maximum-prefix", row["max_prefix_limit"], row.get("max_prefix_warning_threshold", "")]
        if "max_prefix_restart_interval" in row:
            words += ["restart", row["max_prefix_restart_interval"]]
        elif row.get("max_prefix_warning_only") == "true":
            words.append("warning-only")
        yield f"{said} {' '.join(word for word in words if word)}"
    if row.get("allow_as_in") == "true":
        count = "origin" if row.get("allow_as_origin") == "true" else row.get("allow_as_count", "")
        yield f"{said} allowas-in {count}".rstrip()
    for field in [one for one in _FAMILY_OF if one in row]:
        yield from (f"{said} {_FAMILY_OF[field].format(one)}" for one in _members(row[field]))


def is_address(name: str) -> bool:
    """Whether a neighbour's name is an address, and not an interface."""
    try:
        ip_address(name)
    except ValueError:
        return False
    return True
