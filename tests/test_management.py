"""The management interface as the inventory asks for it, and how a switch is reached that has not its address yet."""

from __future__ import annotations

import socket
from dataclasses import replace
from ipaddress import ip_interface
from pathlib import Path
from typing import Any

import paramiko
import pytest

from known import CATALOG, get_build
from oddsshd import KEY, Odd, identity, serving
from probes import BUILDS
from sonicfab.access import ssh_access
from sonicfab.configdb import ConfigDb
from sonicfab.errors import TransportError, WrongSwitchError
from sonicfab.fabric import Fabric, open_fabric
from sonicfab.model.inventory import Inventory
from sonicfab.model.numbers import Numbers
from sonicfab.model.topology import Topology
from sonicfab.plan.assemble import make_plan
from sonicfab.plan.types import SwitchPlan
from sonicfab.render import Renderer, template_folders
from sonicfab.schema.facts import builtin
from sonicfab.validate.schema import SchemaCheck


def rendered(management: dict[str, Any], build: str = "community-202411", **device: Any) -> ConfigDb:
    """A leaf with a management interface."""
    mac = {"mac": "02:00:00:00:00:01"}
    devices = {
        "spine1": {
            "role": "spine",
            "platform": "as7726-32x",
            "mac": "02:00:00:00:00:09",
            "management": {"address": "192.0.2.9/24"},
        },
        "leaf1": {"role": "leaf", "platform": "as7326-56x", "management": management, **mac, **device},
    }
    defaults = {"image_build": build, "management": {"gateway": "192.0.2.254"}}
    inventory = Inventory.model_validate({"defaults": defaults, "devices": devices})
    topology = Topology.model_validate(
        {
            "name": "x",
            "asn": {"spine": "65501", "leaf": "65401"},
            "loopbacks": {"ipv4": "10.0.0.0/24"},
            "links": ["spine1:Ethernet0 - leaf1:Ethernet72"],
        }
    )
    plan, _, _ = make_plan(inventory, topology, Numbers(), CATALOG, unfit=True)
    return Renderer(template_folders(), lambda *_: "").render(plan, plan.switches["leaf1"]).config_db


BOTH = {
    "address": "192.0.2.1/24",
    "ipv6": "2001:db8::1/64",
    "gateway_ipv6": "2001:db8::fe",
    "routes": ["198.51.100.0/24", "2001:db8:9::/48", "203.0.113.7"],
}


def test_an_ipv6_address_beside_the_ipv4_one_each_with_the_routes_of_its_family() -> None:
    """SONiC makes a rule of each route in the family of its row: interfaces.j2."""
    assert rendered(BOTH)["MGMT_INTERFACE"] == {
        "eth0|192.0.2.1/24": {"gwaddr": "192.0.2.254", "forced_mgmt_routes": ["198.51.100.0/24", "203.0.113.7/32"]},
        "eth0|2001:db8::1/64": {"gwaddr": "2001:db8::fe", "forced_mgmt_routes": ["2001:db8:9::/48"]},
    }


def test_dhcp_is_no_row() -> None:
    """And no gateway is asked for; the port itself stays, for its VRF and LLDP."""
    config = rendered({"address": "192.0.2.1/24", "dhcp": "true", "vrf": "true"})
    assert config["MGMT_INTERFACE"] == {}
    assert config["MGMT_PORT"].keys() == {"eth0"}
    assert config["MGMT_VRF_CONFIG"] == {"vrf_global": {"mgmtVrfEnabled": "true"}}


def test_the_front_ports_may_have_a_mac_of_their_own() -> None:
    config = rendered({"address": "192.0.2.1/24"}, port_mac="02:00:00:00:00:02")
    assert config["DEVICE_METADATA"]["localhost"]["mac"] == "02:00:00:00:00:02"
    assert rendered({"address": "192.0.2.1/24"})["DEVICE_METADATA"]["localhost"]["mac"] == "02:00:00:00:00:01"


@pytest.mark.parametrize("build", BUILDS)
@pytest.mark.parametrize("management", [BOTH, {"address": "192.0.2.1/24", "dhcp": "true", "vrf": "false"}], ids=len)
def test_no_build_refuses_it(build: str, management: dict[str, Any]) -> None:
    name = f"community-{build}"
    config = rendered(management, name, port_mac="02:00:00:00:00:02")
    assert get_build(name).name == name
    assert SchemaCheck(builtin(build)).check(config) == []


FABRIC = """\
devices:
  sp: {role: spine, platform: as7726-32x, mac: "02:00:00:00:00:01",
    ssh: {password: env:PW, known_hosts: known, agent: false},
    management: {address: 192.0.2.1/24, gateway: 192.0.2.9, contact: 127.0.0.1}}
  lf: {role: leaf, platform: as7326-56x, mac: "02:00:00:00:00:02",
    management: {address: 192.0.2.2/24, gateway: 192.0.2.9}}
"""
TOPOLOGY = """\
name: odd
asn: {spine: 65501, leaf: 65401}
loopbacks: {ipv4: 10.0.0.0/24}
links:
  - sp:Ethernet0 - lf:Ethernet48
"""


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Fabric, SwitchPlan]:
    """A switch whose address and contact are both of this machine."""
    monkeypatch.setenv("PW", "secret")
    (tmp_path / "i.yml").write_text(FABRIC)
    (tmp_path / "t.yml").write_text(TOPOLOGY)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    (tmp_path / "known").write_text(f"[127.0.0.1]:{port} {KEY.get_name()} {KEY.get_base64()}\n")
    fabric = open_fabric(tmp_path / "i.yml", tmp_path / "t.yml")
    plan = fabric.plan.switches["sp"]
    management = replace(plan.management, address=ip_interface("127.1.0.1/24"))
    return fabric, replace(plan, management=management, ssh=replace(plan.ssh, port=port))


def test_a_switch_changes_its_address_under_a_push(site: tuple[Fabric, SwitchPlan]) -> None:
    """Found at its contact, then at its address, whose host key nobody has seen; then either by the other's."""
    fabric, plan = site
    access = ssh_access(fabric.secrets)
    who = identity("02:00:00:00:00:01", plan.platform.platform, plan.platform.hwsku)
    for address in ("127.0.0.1", "127.1.0.1", "127.0.0.1"):
        with serving(Odd(), who, address, plan.ssh.port):
            access.open(plan).close()
    with pytest.raises(TransportError) as caught:
        access.open(plan)
    assert f"@127.1.0.1:{plan.ssh.port}" in str(caught.value)
    assert f"@127.0.0.1:{plan.ssh.port}" in str(caught.value)


def test_another_machine_at_the_contact_is_not_taken_for_the_switch(site: tuple[Fabric, SwitchPlan]) -> None:
    fabric, plan = site
    other = identity("02:00:00:00:00:77", plan.platform.platform, plan.platform.hwsku)
    with (
        serving(Odd(), other, "127.0.0.1", plan.ssh.port),
        pytest.raises(WrongSwitchError, match="its base MAC is 02:00:00:00:00:77"),
    ):
        ssh_access(fabric.secrets).open(plan)


def test_a_key_that_is_known_of_the_address_itself_counts_alone(site: tuple[Fabric, SwitchPlan]) -> None:
    fabric, plan = site
    other = paramiko.ECDSAKey.generate()
    known = fabric.secrets.folder / "known"
    known.write_text(known.read_text() + f"[127.1.0.1]:{plan.ssh.port} {other.get_name()} {other.get_base64()}\n")
    who = identity("02:00:00:00:00:01", plan.platform.platform, plan.platform.hwsku)
    with serving(Odd(), who, "127.1.0.1", plan.ssh.port), pytest.raises(TransportError, match="another host key"):
        ssh_access(fabric.secrets).open(plan)
