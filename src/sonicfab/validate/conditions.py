"""The conditions between fields and rows that the models state in XPath, as code.

A schema's facts say by name which field or row of which build has which condition (sonicfab.schema.musts RULES).
Each gets the values of one row by key part and field, and tells what is broken.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

from sonicfab.configdb import ConfigDb, Value
from sonicfab.schema.facts import to_int

Values = Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class Breach:
    """A condition that does not hold: its code and what is wrong."""

    code: str
    message: str
    hint: str = ""


class Context:
    """The config as a whole, with what conditions ask of it more than once."""

    def __init__(self, config: ConfigDb) -> None:
        self.config = config

    def has(self, table: str, key: str) -> bool:
        """True when the table has a row of that key."""
        return key in self.config.get(table, {})

    def field(self, table: str, key: str, name: str) -> str:
        """A field's value, "" when it is not there."""
        value = self.config.get(table, {}).get(key, {}).get(name, "")
        return value if isinstance(value, str) else ",".join(value)

    @cached_property
    def untagged(self) -> Mapping[str, int]:
        """Port -> in how many VLANs it is untagged."""
        rows = self.config.get("VLAN_MEMBER", {})
        return Counter(
            key.partition("|")[2] for key, row in rows.items() if row.get("tagging_mode") == "untagged" and "|" in key
        )

    @cached_property
    def lag_members(self) -> Mapping[str, str]:
        """Port -> port channel."""
        members = (key.split("|") for key in self.config.get("PORTCHANNEL_MEMBER", {}) if key.count("|") == 1)
        return {port: lag for lag, port in members}

    @cached_property
    def mirror_targets(self) -> Mapping[str, str]:
        """Port -> mirror session that sends to it."""
        rows = self.config.get("MIRROR_SESSION", {})
        return {str(row["dst_port"]): name for name, row in rows.items() if "dst_port" in row}


Condition = Callable[[Context, str, Values, str], Breach | None]


def text_of(values: Values, name: str) -> str:
    """A field's value, "" when it is not there."""
    value = values.get(name, "")
    return value if isinstance(value, str) else ",".join(value)


def family_of(text: str) -> int:
    """4 or 6 as the models tell them apart, by the sign that separates the parts; 0 for neither."""
    return 6 if ":" in text else 4 if "." in text else 0


def _bare_row(context: Context, table: str, values: Values, field: str) -> Breach | None:
    name = text_of(values, field)
    if context.has(table, name):
        return None
    return Breach("SF-121", f"there is no row {table}|{name} beside it", f"add {table}|{name}")


def _family_fits(_context: Context, _table: str, values: Values, field: str) -> Breach | None:
    prefix, family = text_of(values, "ip-prefix"), text_of(values, field)
    if family == f"IPv{family_of(prefix)}":
        return None
    return Breach("SF-122", f"family is {family}, but {prefix} is IPv{family_of(prefix)}")


def _gateway(_context: Context, _table: str, values: Values, field: str) -> Breach | None:
    address, gateway = text_of(values, "ip_prefix"), text_of(values, "gwaddr")
    if family_of(address) == family_of(gateway) != 0:
        return None
    if field == "gwaddr":
        return Breach("SF-123", f"gwaddr is {gateway}, which is of another family than {address}")
    return None if gateway else Breach("SF-123", "there is no gwaddr")


def _mgmt_vrf(context: Context, _table: str, values: Values, field: str) -> Breach | None:
    enabled = context.field("MGMT_VRF_CONFIG", "vrf_global", "mgmtVrfEnabled")
    if text_of(values, field) != "mgmt" or enabled == "true":
        return None
    return Breach("SF-124", f"{field} is mgmt, but the VRF mgmt is not enabled")


def _syslog_source(_context: Context, _table: str, values: Values, field: str) -> Breach | None:
    source, server = text_of(values, field), text_of(values, "server_address")
    if family_of(source) == family_of(server):
        return None
    return Breach("SF-125", f"source {source} and server {server} are of different families")


def _synchronous(_context: Context, _table: str, values: Values, field: str) -> Breach | None:
    if text_of(values, field) != "enabled" or text_of(values, "synchronous_mode") in ("enable", ""):
        return None  # YANG's default of synchronous_mode is enable
    return Breach("SF-126", f"{field} is enabled, but synchronous_mode is {text_of(values, 'synchronous_mode')}")


def _vlan_id(_context: Context, _table: str, values: Values, field: str) -> Breach | None:
    name, number = text_of(values, "name"), text_of(values, field)
    _, vlan, own = name.partition("Vlan")
    if not vlan or own == number:
        return None  # what is no name of a VLAN is told as that
    return Breach("SF-127", f"{name} has the vlanid {number}", f"write {own}")


def _member_not_mirror(context: Context, _table: str, values: Values, field: str) -> Breach | None:
    session = context.mirror_targets.get(text_of(values, field))
    return (
        Breach("SF-128", f"{text_of(values, field)} is the target of the mirror session {session}") if session else None
    )


def _member_not_lag(context: Context, _table: str, values: Values, field: str) -> Breach | None:
    lag = context.lag_members.get(text_of(values, field))
    return Breach("SF-128", f"{text_of(values, field)} is a member of {lag}") if lag else None


def _member_not_routed(context: Context, _table: str, values: Values, field: str) -> Breach | None:
    port = text_of(values, field)
    return Breach("SF-128", f"{port} has a row in INTERFACE: it is routed") if context.has("INTERFACE", port) else None


def _one_untagged(context: Context, _table: str, values: Values, field: str) -> Breach | None:
    port = text_of(values, field)
    if text_of(values, "tagging_mode") != "untagged" or context.untagged.get(port, 0) <= 1:
        return None
    return Breach("SF-129", f"{port} is untagged in {context.untagged[port]} VLANs")


def _tacacs_passkey(context: Context, _table: str, values: Values, _field: str) -> Breach | None:
    wants = text_of(values, "type") == "authentication" and "tacacs+" in text_of(values, "login")
    if not wants or context.field("TACPLUS", "global", "passkey"):
        return None
    return Breach("SF-130", "login names tacacs+, but TACPLUS|global has no passkey")


def _all_alone(_context: Context, _table: str, values: Values, field: str) -> Breach | None:
    words = text_of(values, field).split(",")
    return Breach("SF-131", f"{field} has 'all' beside others") if "all" in words and len(words) > 1 else None


def _at_least_1(_context: Context, _table: str, values: Values, field: str) -> Breach | None:
    number = to_int(text_of(values, field))
    return None if number is None or number >= 1 else Breach("SF-131", f"{field} is {number}; expected at least 1")


def _sub_interface(context: Context, _table: str, values: Values, field: str) -> Breach | None:
    name = text_of(values, field)
    if len(name) > _IFNAMSIZ:
        short = name.replace("Ethernet", "Eth").replace("PortChannel", "Po")
        hint = f"write {short}, and the field vlan" if len(short) <= _IFNAMSIZ else "take a port with a shorter name"
        return Breach("SF-132", f"{name} is longer than {_IFNAMSIZ} characters", hint)
    parent = _parent(name)
    if context.has("PORT", parent) or context.has("PORTCHANNEL", parent):
        return None
    return Breach("SF-132", f"{name}: there is no port or port channel {parent}", f"add it, or correct {name}")


_IFNAMSIZ = 15
"""Characters of an interface's name in the kernel (linux/if.h IFNAMSIZ, without the end)."""


def _parent(name: str) -> str:
    """Of Ethernet0.10 and Eth0.10 Ethernet0, of PortChannel1.10 and Po1.10 PortChannel1."""
    own = name.partition(".")[0]
    for short, whole in (("Eth", "Ethernet"), ("Po", "PortChannel")):
        if own.startswith(short) and not own.startswith(whole):
            return whole + own.removeprefix(short)
    return own


def _encapsulation(context: Context, _table: str, values: Values, _field: str) -> Breach | None:
    name = text_of(values, "name")
    own = name.partition(".")[0]
    if "vlan" in values or context.has("PORT", own) or context.has("PORTCHANNEL", own):
        return None
    return Breach("SF-132", f"{name} has a short name and no field vlan", "add the field vlan")


def _keepalive(_context: Context, _table: str, values: Values, _field: str) -> Breach | None:
    every, limit = to_int(text_of(values, "keepalive_interval")), to_int(text_of(values, "session_timeout"))
    if every is None or limit is None or every * 3 <= limit:
        return None
    return Breach("SF-131", f"session_timeout is {limit}; expected at least three times keepalive_interval ({every})")


CONDITIONS: Mapping[str, Condition] = {
    "bare-row": _bare_row,
    "family": _family_fits,
    "gateway": _gateway,
    "mgmt-vrf": _mgmt_vrf,
    "syslog-source": _syslog_source,
    "synchronous": _synchronous,
    "vlan-id": _vlan_id,
    "member-not-mirror": _member_not_mirror,
    "member-not-lag": _member_not_lag,
    "member-not-routed": _member_not_routed,
    "one-untagged": _one_untagged,
    "tacacs-passkey": _tacacs_passkey,
    "all-alone": _all_alone,
    "at-least-1": _at_least_1,
    "sub-interface": _sub_interface,
    "encapsulation": _encapsulation,
    "keepalive": _keepalive,
}
