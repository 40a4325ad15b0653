"""SONiC's factory default: what nobody has put there.

The presets t1, l2, l3, l1 and empty of sonic-buildimage src/sonic-config-engine/config_samples.py, 202111 to 202605:
t1 gives every port an address and a neighbour, l3 the bare interface, l2 a VLAN with all ports in it. The others have
no rows beside PORT and DEVICE_METADATA.
"""

from __future__ import annotations

from collections.abc import Mapping

from sonicfab.configdb import ConfigDb, Row, natural_key

_LOOPBACK = {"Loopback0", "Loopback0|10.1.0.1/32"}
_VLAN = "Vlan1000"


class Factory:
    """The factory default of a switch, as far as a config of it, with the ports that this has, still is that."""

    def __init__(self, config: ConfigDb) -> None:
        ports = sorted(config.get("PORT", {}), key=natural_key)
        self._neighbors: dict[str, Mapping[str, str]] = {}
        self._interfaces: set[str] = set(ports)
        half = max(1, len(ports) // 2)
        for count, port in enumerate(ports):
            local, peer = (f"10.0.{number // 256}.{number % 256}" for number in (2 * count, 2 * count + 1))
            self._interfaces.add(f"{port}|{local}/31")
            self._neighbors[peer] = {
                "name": f"ARISTA{1 + count % half:02d}{'T2' if count < half else 'T0'}",
                "asn": str(65200 if count < half else 64001 + count - half),
                "local_addr": local,
            }
        neighbors = config.get("BGP_NEIGHBOR", {})
        self._t1 = any(self.has("BGP_NEIGHBOR", key, row) for key, row in neighbors.items())
        self.vlan = _is_l2(config, ports)
        """It has the VLAN of preset l2, as it came."""

    def has_field(self, table: str, key: str, name: str) -> bool:
        """Whether the field of a row that stays is of a preset: the ASN of t1, with whose neighbours it came."""
        return (table, key, name) == ("DEVICE_METADATA", "localhost", "bgp_asn") and self._t1

    def has(self, table: str, key: str, row: Row) -> bool:
        """Whether the row is of a preset; a bare interface is, whatever stands beside it."""
        if table == "BGP_NEIGHBOR":
            known = self._neighbors.get(key.removeprefix("default|"))
            return known is not None and all(row.get(name) == value for name, value in known.items())
        if table == "INTERFACE":
            return key in self._interfaces and not row
        if table == "LOOPBACK_INTERFACE":
            return key in _LOOPBACK and not row
        if table in ("VLAN", "VLAN_MEMBER"):
            return self.vlan and key.partition("|")[0] == _VLAN
        return False


def _is_l2(config: ConfigDb, ports: list[str]) -> bool:
    """Whether the whole preset is there; a VLAN of that name with some ports in it is somebody's."""
    members = config.get("VLAN_MEMBER", {})
    untagged = {"tagging_mode": "untagged"}
    if not ports or config.get("VLAN", {}).get(_VLAN) != {"vlanid": _VLAN.removeprefix("Vlan")}:
        return False
    if any(members.get(f"{_VLAN}|{port}") != untagged for port in ports):
        return False
    others = {table: rows for table, rows in config.items() if table not in ("VLAN", "VLAN_MEMBER")}
    return not any(_VLAN in (*key.split("|"), *row.values()) for rows in others.values() for key, row in rows.items())
