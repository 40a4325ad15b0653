"""The control-plane ACL: who may reach the switch itself."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_address
from typing import ClassVar

from pydantic import Field, IPvAnyNetwork

from sonicfab.ipam import is_address
from sonicfab.model.fields import OneOrMany, Strict, parse_jump_host
from sonicfab.model.services import Get, Mistake, Service, given

_WHO = "a network of the inventory"


class ControlPlane(Strict):
    """Networks that may reach a service of the switch; everything that is not named is closed.

    BGP, DHCP, ICMP and answers to what the switch has asked stay open: sonic-host-services scripts/caclmgrd
    get_acl_rules_and_translate_to_iptables_commands(), 202211 to 202605.
    """

    ssh: OneOrMany[IPvAnyNetwork] | None = given(
        "Networks that may log in; required where another list is.", title=_WHO
    )
    snmp: OneOrMany[IPvAnyNetwork] | None = given("Networks that may ask by SNMP.", title=_WHO)
    ntp: OneOrMany[IPvAnyNetwork] | None = given("Networks that may ask the switch for the time.", title=_WHO)


class ControlPlaneAcl(Service):
    """The control-plane ACL, of which caclmgrd makes rules of iptables."""

    control_plane: ControlPlane = Field(default=ControlPlane(), description="Who may reach the switch itself.")
    needs: ClassVar = {f"control_plane.{key}": "ACL_TABLE services" for key in ControlPlane.model_fields}

    @classmethod
    def mistakes(cls, get: Get) -> Iterator[Mistake]:
        """What would lock sonicfab or the SNMP manager out: caclmgrd drops what no list names."""
        said = [key for key in ControlPlane.model_fields if get(f"control_plane.{key}")]
        if not said:
            return
        if "ssh" not in said:
            hint = "name the networks that may: `ssh`"
            yield Mistake(f"control_plane.{said[0]}", "nobody could log in: what is not listed is closed", hint)
        jump = get("ssh.jump_host")
        host = parse_jump_host(jump).host if jump else ""
        allowed = get("control_plane.ssh") or ()
        if allowed and is_address(host) and not any(ip_address(host) in one for one in allowed):
            message = f"the jump host {host} could not log in: no network of the list has it"
            yield Mistake("control_plane.ssh", message)
        if "snmp" not in said and (get("snmp.community") or get("snmp.users")):
            message = "SNMP is configured, and nobody could ask: what is not listed is closed"
            yield Mistake(f"control_plane.{said[0]}", message, "name the networks that may: `snmp`")
