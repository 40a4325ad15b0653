"""SONiC's features: containers that may run or not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, Literal

from sonicfab.model.services import Get, Mistake, Service, given

Feature = Literal[
    "dhcp_relay", "dhcp_server", "eventd", "gnmi", "iccpd", "macsec", "mgmt-framework", "mux", "nat", "p4rt", "radv",
    "restapi", "sflow", "snmp", "telemetry",
]  # fmt: skip
"""Those of init_cfg.json.j2 that a fabric can be without; it cannot be without bgp, lldp, pmon, swss, syncd, teamd."""


class Features(Service):
    """Which containers run; featured starts and stops them, hostcfgd until 202205 (sonic-host-services)."""

    in_network: ClassVar[bool] = False

    features: dict[Feature, bool] | None = given("Features of SONiC that shall run (true) or not (false).")
    needs: ClassVar = {"features": "FEATURE state"}

    @classmethod
    def mistakes(cls, get: Get) -> Iterator[Mistake]:
        """A feature that is off, and of which the inventory says how it shall be."""
        off = [name for name, on in (get("features") or {}).items() if not on]
        said = {
            "snmp": ("snmp.community", "snmp.users", "snmp.location", "snmp.contact"),
            "sflow": ("sflow.collectors",),
            "telemetry": ("telemetry.port",),
            "gnmi": ("gnmi.port",),
        }
        for name in off:
            for key in said.get(name, ()):
                if get(key):
                    yield Mistake("features", f"{name} is off, and `{key}` says how it shall be")
