"""Rules on services: who may log in, and what the control-plane ACL leaves open."""

from __future__ import annotations

from collections.abc import Iterator

from sonicfab.configdb import ConfigDb, Row
from sonicfab.frr.bgp import FrrText
from sonicfab.validate.findings import Finding

_ASKED = (("tacacs+", "TACPLUS_SERVER"), ("radius", "RADIUS_SERVER"))


def check_services(config: ConfigDb, read: FrrText | None) -> Iterator[Finding]:
    """Rows of services against each other, and against what frr.conf wants open."""
    order = _words(config.get("AAA", {}).get("authentication", {}), "login")
    for method, table in _ASKED:
        if method in order and not config.get(table):
            yield Finding("SF-251", "AAA|authentication login", f"login asks {method}, and {table} has no row")
    yield from _control_plane(config, read)


def _control_plane(config: ConfigDb, read: FrrText | None) -> Iterator[Finding]:
    """What the rule at the end of caclmgrd, which drops everything else, closes."""
    tables = {name: row for name, row in config.get("ACL_TABLE", {}).items() if row.get("type") == "CTRLPLANE"}
    rules = [(key.partition("|")[0], row) for key, row in config.get("ACL_RULE", {}).items()]
    ours = [(name, row) for name, row in rules if name in tables]
    if not ours:
        return
    open_to = {
        service
        for name, row in ours
        if row.get("PACKET_ACTION") == "ACCEPT"
        for service in _words(tables[name], "services")
    }
    place = f"ACL_TABLE|{min(name for name, _ in ours)}"
    if not open_to & {"SSH", "ANY"}:
        yield Finding("SF-252", place, "the control-plane ACL has rules, and none accepts SSH")
    watched = [one for bgp in read.instances.values() for one in bgp.neighbors.values() if one.bfd] if read else []
    if watched and "ANY" not in open_to:
        message = f"neighbor {watched[0].name} has BFD, and the control-plane ACL drops its packets"
        yield Finding("SF-253", place, message)


def _words(row: Row, field: str) -> list[str]:
    """The words of a field that is a list, or its text with commas."""
    value = row.get(field, "")
    return value.split(",") if isinstance(value, str) else list(value)
