"""VLANs that are not as planned, and what `verify` says of each: the cause, where, and a mend."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from conftest import example_files
from sonicfab.fabric import open_fabric
from sonicfab.switch.state.vlans import Relays, relays
from sonicfab.verify.diagnose.base import Diagnosis
from test_networks import TOPOLOGY, written
from verify_world import World


@pytest.fixture
def world(tmp_path: Path) -> World:
    """The small fabric with an out-of-band switch, healthy."""
    return World(open_fabric(*written(tmp_path)))


def only(world: World) -> Diagnosis:
    """The one finding."""
    _, findings = world.verified()
    assert len(findings) == 1, [one.cause for one in findings]
    return findings[0]


def forget(world: World, switch: str, table: str, key: str) -> None:
    """The row goes from the running config."""
    del world.boxes[switch].config_db[table][key]


def test_all_is_well(world: World) -> None:
    results, findings = world.verified()
    assert findings == []
    assert sum(one.check == "vlan" and one.status == "ok" for one in results) > 20


def test_a_vlan_that_swss_has_lost(world: World) -> None:
    del world.boxes["oob1"].vlans["Vlan23"]
    found = only(world)
    assert (found.code, found.where) == ("vlan-missing", ("oob1",))
    assert found.mend == "on oob1: sudo sonic-db-cli CONFIG_DB HSET 'VLAN|Vlan23' vlanid 23"
    assert len(found.results) > 10


def test_a_vlan_that_somebody_has_removed(world: World) -> None:
    del world.boxes["oob1"].vlans["Vlan25"]
    forget(world, "oob1", "VLAN", "Vlan25")
    _, (found, *rest) = world.verified()
    assert (found.code, found.mend) == ("vlan-missing", "sonicfab push --limit oob1 --overwrite-drift")
    assert rest == []


@pytest.mark.parametrize(
    ("bgp", "zebra", "code"),
    [
        ("Error response from daemon: container bgp is not running",) * 2 + ("bgp-container-down",),
        ("", "zebra is not running", "zebra-down"),
        ("", "what zebra says is not JSON", "unreadable"),
    ],
)
def test_what_frr_does_not_say_of_vlans_is_no_finding_of_its_own(world: World, bgp: str, zebra: str, code: str) -> None:
    box = world.boxes["leaf1"]
    box.bgp, box.zebra = bgp or box.bgp, zebra
    found = only(world)
    assert (found.code, found.where) == (code, ("leaf1",))
    assert {one.check for one in found.failed} >= {"vlan", "route", "interface"}


def test_a_switch_without_bgp_and_loopback_has_faults_as_others_have(tmp_path: Path) -> None:
    world = World(open_fabric(*written(tmp_path, TOPOLOGY + "switches: {oob1: {bgp: none}}\n")))
    assert "Loopback0" not in world.plan.switches["oob1"].interfaces
    del world.boxes["oob1"].vlans["Vlan23"]
    assert only(world).code == "vlan-missing"
    world.change_port("spine1", "Ethernet0", oper_up=False)
    world.change_port("leaf1", "Ethernet48", oper_up=False)
    world.session_down("leaf1", "spine1")
    _, findings = world.verified()
    assert {one.code for one in findings} > {"vlan-missing"}


def test_a_port_that_is_planned_to_be_shut_is_no_finding(tmp_path: Path) -> None:
    wanted = TOPOLOGY + "  - {switches: oob1, ports: Ethernet9, admin: down}\n"
    world = World(open_fabric(*written(tmp_path, wanted)))
    world.change_port("oob1", "Ethernet9", admin_up=False, oper_up=False)
    results, findings = world.verified()
    (port,) = (one for one in results if (one.switch, one.check, one.subject) == ("oob1", "interface", "Ethernet9"))
    assert (port.status, port.expected, port.seen) == ("ok", "shut", "shut, as planned")
    assert findings == []


def test_a_link_whose_one_end_is_planned_to_be_shut_is_told_by_that_end(tmp_path: Path) -> None:
    world = World(open_fabric(*written(tmp_path, TOPOLOGY + "  - {switches: leaf1, ports: Ethernet48, admin: down}\n")))
    world.change_port("leaf1", "Ethernet48", admin_up=False, oper_up=False)
    world.change_port("spine1", "Ethernet0", oper_up=False)
    world.session_down("leaf1", "spine1")
    found = only(world)
    assert (found.code, found.where[0]) == ("port-shut", "leaf1:Ethernet48")


def test_frr_that_is_left_whole_has_no_drift(tmp_path: Path) -> None:
    left = TOPOLOGY + "ownership: planned\nswitches: {oob1: {bgp: none, leave: [frr]}}\n"
    world = World(open_fabric(*written(tmp_path, left)))
    box = world.boxes["oob1"]
    box.frr = f"{box.frr}\nip prefix-list OTHERS seq 5 permit 10.0.0.0/8\n"
    assert world.verified()[1] == []


def test_an_access_port_in_no_vlan(world: World) -> None:
    del world.boxes["oob1"].vlans["Vlan23"]["Ethernet3"]
    found = only(world)
    assert (found.code, found.where) == ("vlan-access", ("oob1:Ethernet3",))
    assert found.mend.endswith("HSET 'VLAN_MEMBER|Vlan23|Ethernet3' tagging_mode untagged")


def test_a_trunk_that_lacks_a_vlan_is_told_with_its_other_end(world: World) -> None:
    del world.boxes["leaf1"].vlans["Vlan25"]["Ethernet0"]
    found = only(world)
    assert (found.code, found.where) == ("vlan-missing-at-far-end", ("leaf1:Ethernet0", "oob1:Ethernet47"))
    assert "ipmi" in found.cause
    assert "HSET 'VLAN_MEMBER|Vlan25|Ethernet0' tagging_mode tagged" in found.mend


def test_a_native_vlan_that_is_another_at_one_end(world: World) -> None:
    box = world.boxes["leaf1"]
    box.vlans["Vlan23"]["Ethernet0"], box.vlans["Vlan25"]["Ethernet0"] = "tagged", "untagged"
    found = only(world)
    assert found.code == "native-vlan-differs"
    assert "leaf1:Ethernet0 is tagged in Vlan23, untagged in Vlan25" in found.cause


def test_a_trunk_without_tags(world: World) -> None:
    world.boxes["leaf2"].vlans["Vlan25"]["Ethernet0"] = "untagged"
    found = only(world)
    assert (found.code, found.where) == ("vlan-tagging-differs", ("leaf2:Ethernet0", "oob1:Ethernet46"))


@pytest.mark.parametrize(
    ("change", "code", "mend"),
    [
        ({"admin_up": False}, "svi-shut", "on leaf1: sudo ip link set Vlan23 up"),
        (
            {"oper_up": False},
            "svi-down",
            "on leaf1: sudo sonic-db-cli CONFIG_DB HSET 'VLAN_INTERFACE|Vlan23' NULL NULL",
        ),
    ],
)
def test_an_interface_that_is_down_takes_its_network_with_it(
    world: World, change: dict[str, bool], code: str, mend: str
) -> None:
    world.change_port("leaf1", "Vlan23", **change)
    for name in ("spine1", "leaf2"):
        state = world.zebra(name)
        world.boxes[name].zebra = replace(
            state, routes={prefix: one for prefix, one in state.routes.items() if prefix != "10.10.23.0/24"}
        )
    found = only(world)
    assert (found.code, found.mend) == (code, mend)
    assert {one.switch for one in found.consequences} == {"spine1", "leaf2"}


def test_an_interface_without_its_address(world: World) -> None:
    state = world.zebra("leaf2")
    world.boxes["leaf2"].zebra = replace(state, addresses={**state.addresses, "Vlan25": ()})
    found = only(world)
    assert found.code == "svi-address"
    assert found.mend == "on leaf2: sudo sonic-db-cli CONFIG_DB HSET 'VLAN_INTERFACE|Vlan25|10.10.25.2/24' NULL NULL"


def test_a_network_that_is_not_announced(world: World) -> None:
    box = world.boxes["leaf1"]
    box.frr = "".join(line for line in box.frr.splitlines(keepends=True) if "network 10.10.23.0/24" not in line)
    for name in ("spine1", "leaf2"):
        state = world.zebra(name)
        world.boxes[name].zebra = replace(
            state, routes={prefix: one for prefix, one in state.routes.items() if prefix != "10.10.23.0/24"}
        )
    found = only(world)
    assert (found.code, found.where) == ("network-not-announced", ("leaf1",))
    assert found.mend == "sonicfab push --limit leaf1 --overwrite-drift"


def test_a_network_that_two_faults_together_cut_off_follows_from_them() -> None:
    """Neither leaves it without a way, and both do."""
    _, inventory, _, topology = example_files("servers-2x2")
    world = World(open_fabric(Path(inventory), Path(topology)))
    leaf, network = "sv-leaf2", "10.132.42.0/24"
    for spine in ("sv-spine1", "sv-spine2"):
        world.session_down(leaf, spine)
    world.change_session(leaf, "PortChannel02", shut=True, state="Idle", why="Admin. shutdown", reason="Admin")
    for name in world.boxes.keys() - {leaf}:
        state = world.zebra(name)
        world.boxes[name].zebra = replace(
            state, routes={prefix: one for prefix, one in state.routes.items() if prefix != network}
        )
    results, findings = world.verified()
    assert any(one.check == "vlan" and one.subject == network and one.status == "failed" for one in results)
    assert {one.code for one in findings} == {"neighbor-shut", "session-down"}
    assert sum(one.subject == network for finding in findings for one in finding.consequences) > 1


def test_nobody_behind_the_gateway(world: World) -> None:
    for switch, port in (("leaf1", "Ethernet0"), ("oob1", "Ethernet47")):
        world.change_port(switch, port, oper_up=False)
    _, findings = world.verified()
    assert {one.code for one in findings} == {"link-down", "svi-without-members"}


def test_two_switches_that_do_not_reach_each_other(tmp_path: Path) -> None:
    text = TOPOLOGY.replace("announce: true,", "announce: true, addresses: {oob1: {ipv4: 10.10.23.2/24}},")
    world = World(open_fabric(*written(tmp_path, text)))
    assert world.verified()[1] == []
    for name in ("leaf1", "oob1"):
        world.boxes[name].answered -= {"10.10.23.1", "10.10.23.2"}
    found = only(world)
    assert (found.code, found.where) == ("network-split", ("leaf1", "oob1"))
    assert "in oob leaf1 and oob1 do not reach each other" in found.cause
    assert (
        "on oob1: sudo sonic-db-cli CONFIG_DB HSET 'VLAN_MEMBER|Vlan23|Ethernet47' tagging_mode untagged" in found.mend
    )
    del world.boxes["leaf1"].vlans["Vlan23"]["Ethernet0"]
    told = only(world)
    assert told.code == "native-vlan-differs"
    assert {one.subject for one in told.consequences} == {"10.10.23.1", "10.10.23.2"}


def test_a_relay_that_does_not_run() -> None:
    """The processes of dockers/docker-dhcp-relay, as `ps -eo args` shows them."""
    lines = """\
/usr/sbin/dhcrelay -d -m discard -a %h:%p %P -id Vlan26 -iu Vlan30 10.0.9.1
/usr/sbin/dhcp6relay
/usr/bin/python3 /usr/bin/dhcprelayd
"""
    assert relays(lines) == Relays(frozenset({"Vlan26"}), ipv4=False, ipv6=True)
    assert relays("/usr/sbin/dhcp4relay\n") == Relays(frozenset(), ipv4=True, ipv6=False)
    assert relays("") == Relays(frozenset(), ipv4=False, ipv6=False)
