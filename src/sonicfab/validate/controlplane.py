"""What caclmgrd makes of the control-plane ACL: whom it lets in. Pure.

sonic-host-services scripts/caclmgrd get_acl_rules_and_translate_to_iptables_commands(), 202211 to 202605: each table of
type CTRLPLANE becomes rules of INPUT, by falling PRIORITY (compared as text); its first rule with an address says which
family it has, and rules of the other are passed over; a rule without an address is for everybody of that family. Where
there is one rule at all, everything that none accepts is dropped, of both families. It walks the tables in no order.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from ipaddress import ip_network

from sonicfab.configdb import ConfigDb, Row
from sonicfab.ipam import IpAddress, IpNetwork

_PORTS = {"SSH": "22", "SNMP": "161"}
"""The services of caclmgrd with a TCP port; NTP's is of UDP, and ANY is every port (ACL_SERVICES)."""
_EVERYBODY = {4: ip_network("0.0.0.0/0"), 6: ip_network("::/0")}
_SYN = 0x02


@dataclass(frozen=True)
class Rule:
    """A rule for the first packet of a TCP connection: from where, and whether that is let in."""

    place: str
    source: IpNetwork
    accepts: bool


def is_closed(config: ConfigDb) -> bool:
    """Whether what no rule accepts is dropped: there is a rule that caclmgrd follows."""
    return any(True for name, row in _tables(config) for _ in _followed(config, name, row))


def tables_for(config: ConfigDb, port: int) -> Iterator[list[Rule]]:
    """The rules of each table that is about a TCP port, as they are tried."""
    for name, row in _tables(config):
        followed = list(_followed(config, name, row))
        if _is_about(row, [one for _, one in followed], port):
            yield [rule for place, one in followed if (rule := _rule(place, one, followed))]


def closed_to(config: ConfigDb, source: IpAddress, port: int) -> str:
    """Why no TCP connection from there to that port of the switch comes about; "" where it does.

    What depends on the order of the tables, in which one refuses what another lets in, is taken to be closed.
    """
    if source.is_loopback or not is_closed(config):
        return ""  # caclmgrd: `-s 127.0.0.1 -i lo -j ACCEPT`
    hits = [hit for rules in tables_for(config, port) if (hit := next((r for r in rules if source in r.source), None))]
    refused = next((one for one in hits if not one.accepts), None)
    if refused is not None:
        return f"{refused.place} refuses it"
    return "" if hits else "no rule accepts it, and what none accepts is dropped"


def may_come_from(config: ConfigDb, network: IpNetwork, port: int) -> bool:
    """Whether somebody of that network gets to the port."""
    if not is_closed(config):
        return True
    for rules in tables_for(config, port):
        for one in rules:
            if one.accepts and one.source.overlaps(network):
                return True
            if _within(network, one.source):
                break  # all of it is refused here
    return False


def passed_over(config: ConfigDb) -> Iterator[tuple[str, str]]:
    """The rules of control-plane tables of which nothing is made: place, why."""
    for name, row in _tables(config):
        followed = {place for place, _ in _followed(config, name, row)}
        for key in config.get("ACL_RULE", {}):
            place = f"ACL_RULE|{key}"
            if key.partition("|")[0] == name and place not in followed:
                yield place, _why_passed_over(config, name, key)


def _why_passed_over(config: ConfigDb, table: str, key: str) -> str:
    rules = {one: row for one, row in config["ACL_RULE"].items() if one.partition("|")[0] == table}
    versions = [found for row in rules.values() if (found := _version(row))]
    mine = rules[key]
    if not versions:
        return f"no rule of {table} has an address, so that it has no family, and is passed over"
    if _version(mine) not in (0, versions[0]):
        return f"{table} is of IPv{versions[0]}, and this rule is of the other family"
    for field in ("PRIORITY", "PACKET_ACTION"):
        if not mine.get(field):
            return f"it has no {field}"
    return f"another rule of {table} has PRIORITY {mine['PRIORITY']}, too, and one of them counts"


def _within(network: IpNetwork, other: IpNetwork) -> bool:
    return network.version == other.version and network.subnet_of(other)  # type: ignore[arg-type]


def words(row: Row, field: str) -> list[str]:
    """The words of a field that is a list, or its text with commas."""
    value = row.get(field, "")
    return value.split(",") if isinstance(value, str) else [str(one) for one in value]


def _tables(config: ConfigDb) -> Iterator[tuple[str, Row]]:
    for name, row in config.get("ACL_TABLE", {}).items():
        if str(row.get("type", "")).upper() == "CTRLPLANE":
            yield name, row


def _followed(config: ConfigDb, table: str, row: Row) -> Iterator[tuple[str, Row]]:
    """The rules of a table of which caclmgrd makes some of iptables, with their places."""
    if not words(row, "services"):
        return
    by_priority: dict[str, tuple[str, Row]] = {}
    version = 0
    for key, given in config.get("ACL_RULE", {}).items():
        rule: Row = {name.upper(): value for name, value in given.items()}
        if key.partition("|")[0] != table or not rule.get("PRIORITY"):
            continue
        own = _version(rule)
        version = version or own
        if own in (0, version):
            by_priority[str(rule["PRIORITY"])] = f"ACL_RULE|{key}", rule
    if version:
        for _, (place, rule) in sorted(by_priority.items(), reverse=True):
            if rule.get("PACKET_ACTION"):
                yield place, rule


def _version(rule: Row) -> int:
    """The family of a rule; 0 where it has no address."""
    if rule.get("SRC_IPV6") or rule.get("DST_IPV6"):
        return 6
    return 4 if rule.get("SRC_IP") or rule.get("DST_IP") else 0


def _is_about(row: Row, rules: Sequence[Row], port: int) -> bool:
    """Whether a table's services have the TCP port; of EXTERNAL_CLIENT its rules say which, and all the same."""
    services = words(row, "services")
    if "ANY" in services or any(_PORTS.get(one) == str(port) for one in services):
        return True
    said = {str(one.get("L4_DST_PORT") or one.get("L4_DST_PORT_RANGE") or "") for one in rules} - {""}
    if "EXTERNAL_CLIENT" not in services or len(said) != 1:
        return False
    low, _, high = said.pop().partition("-")
    return low.isdecimal() and (high or low).isdecimal() and int(low) <= port <= int(high or low)


def _rule(place: str, row: Row, rules: list[tuple[str, Row]]) -> Rule | None:
    """A rule as iptables has it; None for one that it refuses, or that is not for the first packet."""
    version = next((found for _, one in rules if (found := _version(one))), 0)
    action = str(row["PACKET_ACTION"]).upper()
    flags, _, mask = str(row.get("TCP_FLAGS") or "0x0/0x0").partition("/")
    try:
        source = ip_network(str(row.get("SRC_IPV6") or row.get("SRC_IP") or _EVERYBODY[version]), strict=False)
        opens = int(flags, 16) & int(mask, 16) == _SYN & int(mask, 16)
    except ValueError:
        return None
    if not opens or action not in ("ACCEPT", "DROP", "REJECT"):
        return None
    return Rule(place, source, action == "ACCEPT")
