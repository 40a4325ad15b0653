"""What switches print, as values: on outputs recorded from SONiC 202411 where they are at hand, and on small ones."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from conftest import REFERENCE
from sonicfab.errors import SwitchError
from sonicfab.switch.ask import Answers
from sonicfab.switch.state import system
from sonicfab.switch.state.bgp import BGP_NEIGHBORS, BGP_STATE, BGP_SUMMARY, BgpPeer
from sonicfab.switch.state.config import RUNNING_CONFIG_DB
from sonicfab.switch.state.interfaces import INTERFACES
from sonicfab.switch.state.lldp import LLDP_NEIGHBORS
from sonicfab.switch.state.routes import BGP_ROUTES
from sonicfab.transport import CommandResult

RECORDED = REFERENCE / "recorded" / "202411"
recorded = pytest.mark.skipif(not RECORDED.is_dir(), reason="no recordings of SONiC beside this checkout")


def stdout(case: str) -> str:
    return str(json.loads((RECORDED / f"{case}.json").read_text())["stdout"])


@recorded
@pytest.mark.parametrize(
    ("case", "expected"),
    [
        ("frr/summary_json_established_leaf", {("Ethernet72", "ipv4"): ("Established", "", 4200000001)}),
        ("frr/state_as_mismatch_summary_json_spine", {("Ethernet112", "ipv6"): ("Idle", "", 65099)}),
        ("frr/state_idle_admin_summary_json_spine", {("Ethernet112", "ipv4"): ("Idle (Admin)", "Admin", 4200000011)}),
        ("frr/state_policy_summary_json_spine", {("Ethernet112", "ipv4"): ("Established", "Policy", 4200000011)}),
        ("frr/state_no_bgp_summary_json_spine", {}),
        ("frr/state_bgp_without_peers_summary_json_spine", {}),
    ],
)
def test_bgp_summary(case: str, expected: dict[tuple[str, str], tuple[str, str, int]]) -> None:
    peers: dict[tuple[str, str], BgpPeer] = {(peer.peer, peer.family): peer for peer in BGP_SUMMARY.parse(stdout(case))}
    assert bool(peers) == bool(expected)
    for key, (state, reason, asn) in expected.items():
        assert (peers[key].state, peers[key].reason, peers[key].remote_asn) == (state, reason, asn)


@recorded
def test_bgp_neighbors() -> None:
    text = stdout("frr/neighbors_json_established_leaf")
    assert BGP_NEIGHBORS.parse(text)["Ethernet72"]["remoteRouterId"] == "10.0.0.1"
    session = BGP_STATE.parse(f"{{}} {text} {{}} {{}}").sessions["Ethernet72"]
    assert session.received == {"ipv4": 1, "ipv6": 1}


@recorded
def test_bgp_routes_of_both_families() -> None:
    text = stdout("frr/ip_route_bgp_json_spine") + stdout("frr/ipv6_route_json_established_spine")
    routes = BGP_ROUTES.parse(text)
    assert routes["10.0.0.11/32"].ports == ("Ethernet112",)
    assert routes["10.0.0.11/32"].installed


@recorded
def test_interfaces() -> None:
    interface = INTERFACES.parse(stdout("frr/interface_json_spine"))["Ethernet112"]
    assert (interface.admin_up, interface.oper_up, interface.mtu) == (True, True, 9100)


def test_an_interface_that_frrs_config_alone_names_is_not_there() -> None:
    """As 10.3 prints it while `interface PortChannel1` is configured and the kernel has none."""
    said = {"PortChannel1": {"administrativeStatus": "down", "pseudoInterface": True}, "Ethernet0": {"mtu": 9100}}
    assert list(INTERFACES.parse(json.dumps(said))) == ["Ethernet0"]


@recorded
def test_facts() -> None:
    texts = {
        system.IDENTITY_VERSION: stdout("identity/sonic_version_yml_leaf"),
        system.IDENTITY_PLATFORM: json.dumps(
            {"platform": "x86_64-accton_as7326_56x-r0", "hwsku": "Accton-AS7326-56X", "serial": "N/A"}
        ),
        system.IDENTITY_MAC: stdout("identity/cfggen_H_mac_leaf"),
        system.IDENTITY_LAB: "null\n",
    }
    answers = Answers({one.name: CommandResult("", 0, text, "", 0) for one, text in texts.items()})
    facts = system.facts(answers)
    assert (facts.mac, facts.serial, facts.lab) == ("02:fc:00:00:00:01", "", "")
    assert facts.sonic_version["branch"] == "202411"


@recorded
@pytest.mark.parametrize("case", ["cfggen_print_data_leaf", "show_runningconfiguration_all_leaf"])
def test_config_db_is_the_same_by_either_command(case: str) -> None:
    """`show runningconfiguration all` adds FRR's text under `bgpraw`."""
    config = RUNNING_CONFIG_DB.parse(stdout(f"config-read/{case}"))
    assert "bgpraw" not in config
    assert config["DEVICE_METADATA"]["localhost"]["docker_routing_config_mode"] == "split-unified"


@pytest.mark.parametrize(
    "read",
    [one.parse for one in (BGP_SUMMARY, BGP_NEIGHBORS, BGP_ROUTES, INTERFACES, LLDP_NEIGHBORS, RUNNING_CONFIG_DB)],
)
def test_what_is_not_json_is_an_error_that_quotes_it(read: Callable[[str], object]) -> None:
    with pytest.raises(SwitchError, match="% BGP instance not found"):
        read("% BGP instance not found\nand more")


def test_older_frr_counts_prefixes_under_another_name() -> None:
    peer = {"remoteAs": 65002, "state": "Established", "prefixReceivedCount": 7}
    text = json.dumps({"ipv4Unicast": {"as": 65001, "peers": {"10.0.0.1": peer}}})
    assert BGP_SUMMARY.parse(text)[0].received == 7


def test_as_dot_notation() -> None:
    text = '{"ipv4Unicast": {"peers": {"10.0.0.1": {"remoteAs": "64086.59905", "localAs": 1, "state": "Idle"}}}}'
    assert BGP_SUMMARY.parse(text)[0].remote_asn == 4200000001


def test_lldp_of_one_and_of_no_neighbour() -> None:
    one = {
        "lldp": [
            {
                "interface": [
                    {
                        "name": "Ethernet76",
                        "chassis": [{"id": [{"value": "90:2d:77:58:27:50"}], "name": [{"value": "spine1"}]}],
                        "port": [
                            {
                                "id": [{"type": "local", "value": "hundredGigE30"}],
                                "descr": [{"value": "leaf1:Ethernet76"}],
                            }
                        ],
                    }
                ]
            }
        ]
    }
    neighbor = LLDP_NEIGHBORS.parse(json.dumps(one))[0]
    assert (neighbor.local_port, neighbor.system_name, neighbor.port) == ("Ethernet76", "spine1", "hundredGigE30")
    assert LLDP_NEIGHBORS.parse('{"lldp": [{}]}') == []
