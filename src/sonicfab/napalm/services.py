"""SNMP, NTP and users."""

from __future__ import annotations

from napalm.base import models

from sonicfab.switch.operations import Switch
from sonicfab.switch.state.config import RUNNING_CONFIG_DB
from sonicfab.switch.state.system import ACCOUNTS

_NTP_PORT = 123


def snmp_information(switch: Switch) -> models.SNMPDict:
    """What get_snmp_information returns; its communities are secrets, which NAPALM wants by name."""
    config = switch.get(RUNNING_CONFIG_DB)
    contact = config.get("SNMP", {}).get("CONTACT", {})
    # `config snmp contact add NAME EMAIL` makes NAME the field and EMAIL its value; the YANG model has {Contact: NAME}
    told = contact.get("Contact") or " ".join(f"{name} {email}" for name, email in contact.items())
    return {
        "chassis_id": "",
        "community": {
            name: {"acl": "N/A", "mode": row.get("TYPE", "RO").lower()}
            for name, row in config.get("SNMP_COMMUNITY", {}).items()
        },
        "contact": told,
        "location": config.get("SNMP", {}).get("LOCATION", {}).get("Location", ""),
    }


def ntp_servers(switch: Switch) -> dict[str, models.NTPServerDict]:
    """What get_ntp_servers returns: of each server what CONFIG_DB says."""
    config = switch.get(RUNNING_CONFIG_DB)
    settings = config.get("NTP", {}).get("global", {})
    found: dict[str, models.NTPServerDict] = {}
    for address, row in config.get("NTP_SERVER", {}).items():
        server: models.NTPServerDict = {
            "address": address,
            "port": _NTP_PORT,
            # sonic-buildimage files/image_config/chrony/chrony.conf.j2 and ntp/ntp.conf.j2 assume a server
            "association_type": row.get("association_type", "server").upper(),
            "network_instance": settings.get("vrf", "default"),
            "source_address": _source(settings.get("src_intf", ""), config),
        }
        if "version" in row:
            server["version"] = int(row["version"])
        if "iburst" in row:
            server["iburst"] = row["iburst"] in ("on", "true")
        if "key" in row:
            server["key_id"] = int(row["key"])
        found[address] = server
    return found


def users(switch: Switch) -> dict[str, models.UsersDict]:
    """What get_users returns: no passwords, not even their hashes."""
    return {
        account.name: {"level": 15 if account.admin else 1, "password": "", "sshkeys": list(account.keys)}
        for account in switch.get(ACCOUNTS)
    }


def _source(interfaces: str | list[str], config: dict[str, dict[str, dict[str, str]]]) -> str:
    """The first address of the source interface; "" when none is set or it has none."""
    name = interfaces[0] if isinstance(interfaces, list) and interfaces else str(interfaces or "").split(";")[0]
    keys = (key for table, rows in config.items() if table.endswith("INTERFACE") for key in rows)
    return next((key.split("|")[1].split("/")[0] for key in keys if name and key.startswith(f"{name}|")), "")
