"""What a lab cannot show of NAPALM's getters: other releases, other hardware, damaged answers; each without a switch.

Answers in FRR's own words are of a recorded SONiC 202411 (FRR 10.0.1), where the recordings are at hand.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from conftest import REFERENCE

napalm = pytest.importorskip("napalm", reason="the extra `napalm` is not installed")

from napalm.base.exceptions import CommandErrorException, CommandTimeoutException, ConnectionException  # noqa: E402

from sonicfab.errors import CommandTimeoutError, SwitchError, TransportError  # noqa: E402
from sonicfab.napalm.bgpconfig import bgp_config  # noqa: E402
from sonicfab.napalm.configtext import config  # noqa: E402
from sonicfab.napalm.driver import SonicDriver  # noqa: E402
from sonicfab.napalm.routes import seconds  # noqa: E402
from sonicfab.switch.operations import Switch  # noqa: E402
from sonicfab.switch.state import bgp, interfaces, lldp, ports, system  # noqa: E402
from sonicfab.switch.state.config import RUNNING_CONFIG_DB, RUNNING_FRR, STORED_CONFIG_DB, STORED_FRR  # noqa: E402
from sonicfab.transport import CommandResult, Transport  # noqa: E402


class Answers(Transport):
    """Answers by the beginning of a command; keeps what was asked."""

    def __init__(self, answers: Mapping[str, str | Exception | tuple[int, str, str]]) -> None:
        self.answers, self.asked = answers, list[str]()

    def run(self, command: str, *, stdin: bytes = b"", timeout: float = 60.0) -> CommandResult:  # noqa: ARG002
        self.asked.append(command)
        answer = next(answer for start, answer in self.answers.items() if command.startswith(start))
        if isinstance(answer, Exception):
            raise answer
        code, out, err = (0, answer, "") if isinstance(answer, str) else answer
        return CommandResult(command, code, out, err, 0.0)

    def close(self) -> None: ...


def driver(answers: Mapping[str, Any]) -> Any:
    device = SonicDriver("switch", "admin", "")
    device._connected = Switch("switch", Answers(answers))
    return device


def asked(device: Any) -> list[str]:
    found: list[str] = device._connected.transport.asked
    return found


def dump(rows: Mapping[str, Mapping[str, str]]) -> str:
    """As sonic-db-dump prints it."""
    return json.dumps({key: {"type": "hash", "value": row, "ttl": -0.001, "expireat": 0} for key, row in rows.items()})


def recorded(case: str) -> str:
    file = REFERENCE / "recorded" / "202411" / f"{case}.json"
    if not file.exists():
        pytest.skip("the recordings of SONiC are not at hand")
    answer: str = json.loads(file.read_text(encoding="utf-8"))["stdout"]
    return answer


def test_bgp_of_frr_10() -> None:
    device = driver(
        {
            bgp.BGP_VRFS.command: recorded("frr/bgp_vrfs_json_established_leaf"),
            bgp.BGP_SUMMARY.command: recorded("frr/summary_json_established_leaf"),
            bgp.BGP_NEIGHBORS.command: recorded("frr/neighbors_json_established_leaf"),
            RUNNING_FRR.command: recorded("frr/running_config_established_leaf"),
        }
    )
    peers = device.get_bgp_neighbors()["global"]
    assert peers["router_id"] == "10.0.0.11"
    assert peers["peers"]["Ethernet72"]["address_family"]["ipv4"]["accepted_prefixes"] == 1
    [up] = device.get_bgp_neighbors_detail("fe80::4ef:8bff:fea0:b7fb")["global"][4200000001]
    assert (up["remote_address"], up["up"], up["holdtime"], up["flap_count"]) == ("Ethernet72", True, 180, 0)
    assert (up["local_port"], up["remote_port"], up["input_updates"]) == (179, 47816, 6)
    assert (up["local_as_prepend"], up["multihop"], up["import_policy"]) == (False, False, "")
    [down] = device.get_bgp_neighbors_detail("Ethernet76")["global"][0]
    assert (down["up"], down["local_address"], down["remote_port"]) == (False, "", -1)
    groups = device.get_bgp_config()
    assert (groups["FABRIC"]["type"], set(groups["FABRIC"]["neighbors"])) == ("external", {"Ethernet72", "Ethernet76"})


def test_a_switch_without_bgp() -> None:
    device = driver(
        {bgp.BGP_VRFS.command: '{"vrfs":{},"totalVrfs":0}', RUNNING_FRR.command: "Current configuration:\n!\nend\n"}
    )
    assert device.get_bgp_neighbors() == {"global": {"router_id": "", "peers": {}}}
    assert device.get_bgp_config() == {}


def test_routes_of_frr_10() -> None:
    device = driver(
        {
            "sudo -n vtysh -c 'show ip route": recorded("frr/ip_route_one_json_spine"),
            "sudo -n vtysh -c 'show bgp ipv4": recorded("frr/bgp_prefix_json_spine"),
        }
    )
    [route] = device.get_route_to("10.0.0.11")["10.0.0.11/32"]
    assert (route["age"], route["preference"], route["outgoing_interface"]) == (559, 20, "Ethernet112")
    assert route["protocol_attributes"] == {
        "as_path": "4200000011",
        "remote_as": 4200000011,
        "peer_id": "fe80::d441:19ff:fe89:2f02",
        "communities": [],
        "metric": 0,
    }
    assert asked(device)[0] == "sudo -n vtysh -c 'show ip route 10.0.0.11 json'", "a host: its longest match"
    assert asked(device)[1] == "sudo -n vtysh -c 'show bgp ipv4 unicast 10.0.0.11/32 json'"


@pytest.mark.parametrize(
    ("text", "expected"),
    [("00:09:19", 559), ("1d02h03m", 93780), ("02w3d04h", 1483200), ("never", -1), ("", -1)],
)
def test_uptimes_of_routes(text: str, expected: int) -> None:
    assert seconds(text) == expected


def test_bgp_config_of_many_kinds() -> None:
    config_text = """\
router bgp 65001
 neighbor RACK peer-group
 neighbor RACK remote-as 65001
 neighbor RACK description of this rack
 neighbor RACK update-source 10.0.0.1
 neighbor 10.1.1.1 remote-as 1.10
 neighbor 10.1.1.1 local-as 65009 no-prepend
 neighbor 10.1.1.1 ebgp-multihop 3
 neighbor 10.1.1.1 password YourPaSsWoRd
 neighbor 10.1.1.2 peer-group RACK
 neighbor Ethernet0 interface v6only remote-as external
 !
 address-family ipv4 unicast
  neighbor RACK next-hop-self
  neighbor RACK route-reflector-client
  neighbor 10.1.1.1 remove-private-AS
  neighbor 10.1.1.1 maximum-prefix 100 90 restart 5
  neighbor 10.1.1.1 route-map IN4 in
  maximum-paths 1
 exit-address-family
 address-family ipv6 unicast
  neighbor 10.1.1.1 maximum-prefix 50 warning-only
  neighbor 10.1.1.1 route-map IN6 in
 exit-address-family
exit
router bgp 65001 vrf Vrf1
 neighbor 10.9.9.9 remote-as 65002
exit
"""
    found = bgp_config(config_text, "", "")
    assert set(found) == {"_", "RACK"}, "of the default VRF alone"
    rack = found["RACK"]
    assert (rack["type"], rack["remote_as"], rack["local_address"]) == ("internal", 65001, "10.0.0.1")
    assert rack["description"] == "of this rack"
    assert (rack["multipath"], set(rack["neighbors"])) == (False, {"10.1.1.2"})
    alone = found["_"]["neighbors"]
    assert set(alone) == {"10.1.1.1", "Ethernet0"}
    assert (alone["10.1.1.1"]["remote_as"], alone["10.1.1.1"]["local_as"]) == (65546, 65009)
    assert alone["10.1.1.1"]["import_policy"] == "IN4 IN6"
    assert alone["10.1.1.1"]["prefix_limit"] == {
        "inet": {"unicast": {"limit": 100, "teardown": {"threshold": 90, "timeout": 5}}},
        "inet6": {"unicast": {"limit": 50}},
    }
    assert alone["Ethernet0"]["remote_as"] == 0
    assert "YourPaSsWoRd" not in str(found)


def test_counters_by_the_names_of_sai() -> None:
    oid = "oid:0x1000000000002"
    counters = {f"SAI_PORT_STAT_IF_IN_{name}": "7" for name in ("UCAST_PKTS", "MULTICAST_PKTS", "BROADCAST_PKTS")}
    device = driver(
        {
            ports.PORT_NAMES.command: dump(
                {"COUNTERS_PORT_NAME_MAP": {"Ethernet0": oid, "Ethernet4": "oid:0x1000000000003"}}
            ),
            ports.PORT_COUNTERS.command: dump(
                {f"COUNTERS:{oid}": {**counters, "SAI_PORT_STAT_IF_OUT_OCTETS": "18446744073709551615"}}
            ),
            interfaces.ADDRESSES.command: "[]",
            RUNNING_CONFIG_DB.command: "{}",
        }
    )
    found = device.get_interfaces_counters()
    assert found["Ethernet0"]["rx_broadcast_packets"] == 7
    assert set(found["Ethernet4"].values()) == {-1}, "its counters are not polled"


def test_hardware_that_tells_little() -> None:
    rows = {
        "FAN_INFO|PSU-1 FAN-1": {"presence": "False", "status": "N/A"},
        "TEMPERATURE_INFO|CPU": {"temperature": "N/A", "high_threshold": "N/A"},
        "TEMPERATURE_INFO|ASIC": {"temperature": "96.0", "critical_high_threshold": "95.0", "warning_status": "False"},
        "PSU_INFO|PSU 1": {"presence": "true", "status": "true", "power": "None"},
        "CHASSIS_INFO|chassis 1": {"psu_num": "2"},
    }
    stat = "cpu  1 2\ncpu0 100 0 0 100 0 0 0 0 50 0\ncpu  1 2\ncpu0 175 0 0 125 0 0 0 0 90 0\n"
    device = driver({"sudo -n sonic-db-dump -n STATE_DB": dump(rows), system.LOAD.command: stat + "MemTotal:  8 kB\n"})
    found = device.get_environment()
    assert found["fans"] == {"PSU-1 FAN-1": {"status": False}}
    assert found["temperature"]["CPU"] == {"temperature": -1.0, "is_alert": False, "is_critical": False}
    assert found["temperature"]["ASIC"]["is_critical"] is True
    assert found["power"] == {"PSU 1": {"status": True, "capacity": -1.0, "output": -1.0}}
    assert found["cpu"] == {0: {"%usage": 75.0}}, "time of guests counts once"
    assert found["memory"]["available_ram"] == 8


def test_what_is_not_an_answer_is_said() -> None:
    with pytest.raises(SwitchError, match="not JSON"):
        ports.rows("Traceback")
    with pytest.raises(SwitchError, match="FDB_TABLE"):
        ports.fdb({"FDB_TABLE|nonsense": {"port": "Ethernet0"}})
    with pytest.raises(SwitchError, match="/proc"):
        system.load("")
    with pytest.raises(SwitchError, match="passwd"):
        system.accounts("")


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (CommandTimeoutError("slow"), CommandTimeoutException),
        (TransportError("gone"), ConnectionException),
        ((1, "", "Error: no such container"), CommandErrorException),
        ("nonsense", CommandErrorException),
    ],
)
def test_errors_are_napalms(ours: Any, theirs: type[Exception]) -> None:
    with pytest.raises(theirs):
        driver({"": ours}).get_mac_address_table()


def test_neighbours_without_a_mac_address_are_none() -> None:
    text = json.dumps(
        [
            {"dst": "10.0.0.2", "dev": "Vlan100", "lladdr": "02:00:00:00:00:02", "confirmed": 12, "state": ["STALE"]},
            {"dst": "10.0.0.3", "dev": "Vlan100", "state": ["FAILED"]},
            {"dst": "10.0.0.4", "dev": "Vlan100", "lladdr": "02:00:00:00:00:04", "state": ["FAILED"]},
        ]
    )
    assert [(one.ip, one.age) for one in interfaces.neighbors(text)] == [("10.0.0.2", 12.0)]
    assert interfaces.neighbors("") == [], "`ip -j` prints nothing for nothing on some releases"


def test_accounts() -> None:
    passwd = """\
root:x:0:0:root:/root:/bin/bash
daemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin
nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin
admin:x:1000:1000:admin:/home/admin:/bin/bash
reader:x:1001:1001::/home/reader:/bin/rbash
root2:x:1002:27::/home/root2:/bin/bash
"""
    groups = "root:x:0:\nsudo:x:27:admin\nadmin:x:1000:\ndocker:x:999:admin\nreader:x:1001:\n"
    keys = "/home/admin # from the station\n/home/admin ssh-ed25519 AAAA me\n/home/reader ssh-rsa BBBB\n"
    device = driver({system.ACCOUNTS.command: f"{passwd}\n{groups}\n{keys}"})
    assert device.get_users() == {
        "root": {"level": 15, "password": "", "sshkeys": []},
        "admin": {"level": 15, "password": "", "sshkeys": ["ssh-ed25519 AAAA me"]},
        "reader": {"level": 1, "password": "", "sshkeys": ["ssh-rsa BBBB"]},
        "root2": {"level": 15, "password": "", "sshkeys": []},
    }


PING6 = """\
PING fd00::1(fd00::1) 100 data bytes
108 bytes from fd00::1: icmp_seq=1 ttl=64 time=0.045 ms
108 bytes from fe80::1%Ethernet0: icmp_seq=2 ttl=64 time=1.5 ms

--- fd00::1 ping statistics ---
3 packets transmitted, 2 received, 33.3333% packet loss, time 402ms
rtt min/avg/max/mdev = 0.045/0.772/1.500/0.727 ms
"""
TRACE = """\
traceroute to 10.0.0.9 (10.0.0.9), 255 hops max, 60 byte packets
 1  10.0.0.1  0.041 ms 10.0.0.2  0.052 ms  0.003 ms
 2  * * 10.0.0.3  1.000 ms
 3  10.0.0.3  2.5 ms !N * *
"""


def test_ping_in_a_vrf() -> None:
    device = driver({"sudo -n ip vrf exec": PING6})
    found = device.ping("fd00::1", vrf="Vrf1", source="fd00::2", source_interface="Ethernet0", count=3)["success"]
    assert (found["probes_sent"], found["packet_loss"], found["rtt_stddev"]) == (3, 1, 0.727)
    assert [one["ip_address"] for one in found["results"]] == ["fd00::1", "fe80::1"]
    expected = "sudo -n ip vrf exec Vrf1 ping -n -c 3 -i 0.2 -t 255 -W 2 -s 100 -I fd00::2 -I Ethernet0 -- fd00::1"
    assert asked(device) == [expected]


def test_a_target_is_no_option_and_no_command() -> None:
    device = driver({"ping": (2, "", "ping: unknown host"), "traceroute": (2, "", "unknown host")})
    assert device.ping("-f; reboot") == {"error": "ping: unknown host"}
    assert device.traceroute("$(reboot)") == {"error": "unknown host"}
    assert [command.partition(" -- ")[2] for command in asked(device)] == ["'-f; reboot'", "'$(reboot)'"]


def test_hops_of_traceroute() -> None:
    hops = driver({"traceroute": TRACE}).traceroute("10.0.0.9", timeout=1)["success"]
    assert [hops[1]["probes"][number]["ip_address"] for number in (1, 2, 3)] == ["10.0.0.1", "10.0.0.2", "10.0.0.2"]
    assert hops[2]["probes"][1] == {"rtt": 1000.0, "ip_address": "*", "host_name": "*"}
    assert hops[2]["probes"][3]["rtt"] == 1.0
    assert [probe["ip_address"] for probe in hops[3]["probes"].values()] == ["10.0.0.3", "*", "*"]


def test_secrets_of_all_kinds_are_masked() -> None:
    rows = {
        "SNMP_COMMUNITY": {"Secret1": {"TYPE": "RO"}},
        "TACPLUS_SERVER": {"10.0.0.1": {"passkey": "Secret2", "priority": "1"}},
        "NTP_KEY": {"1": {"type": "md5", "value": "Secret3"}},
        "NTP_SERVER": {"10.0.0.2": {"key": "1"}},
        "SNMP_USER": {"joe": {"SNMP_USER_AUTH_PASSWORD": "Secret4"}},
        "BGP_NEIGHBOR": {"default|10.0.0.3": {"auth_password": "Secret5"}},
        "MACSEC_PROFILE": {"p": {"primary_cak": "Secret6", "primary_ckn": "7"}},
    }
    frr = "Current configuration:\nrouter bgp 1\n neighbor X password Secret7\nkey chain k\n key 1\n"
    frr += "  key-string Secret8\nenable password 8 Secret9\n"
    switch = Switch("switch", Answers({RUNNING_CONFIG_DB.command: json.dumps(rows), RUNNING_FRR.command: frr}))
    plain, clean = (config(switch, "running", sanitized=one)["running"] for one in (False, True))
    assert all(f"Secret{number}" in plain for number in range(1, 10))
    assert "Secret" not in clean
    assert '"key": "1"' in clean, "the number of a key is none"


def test_a_broken_file_is_not_sanitized_but_told() -> None:
    device = driver({STORED_CONFIG_DB.command: "{", STORED_FRR.command: ""})
    assert "{" in device.get_config(retrieve="startup")["startup"]
    with pytest.raises(CommandErrorException, match="not JSON"):
        device.get_config(retrieve="startup", sanitized=True)


def test_ntp_as_the_models_of_202311_have_it() -> None:
    rows = {
        "NTP": {"global": {"src_intf": "Loopback0;eth0", "vrf": "default"}},
        "NTP_SERVER": {"pool.example.org": {"association_type": "pool", "iburst": "off", "key": "7", "version": "3"}},
        "LOOPBACK_INTERFACE": {"Loopback0": {}, "Loopback0|10.0.0.1/32": {}},
    }
    assert driver({RUNNING_CONFIG_DB.command: json.dumps(rows)}).get_ntp_servers() == {
        "pool.example.org": {
            "address": "pool.example.org",
            "port": 123,
            "version": 3,
            "association_type": "POOL",
            "iburst": False,
            "network_instance": "default",
            "source_address": "10.0.0.1",
            "key_id": 7,
        }
    }


def test_snmp_contact_as_the_command_line_of_sonic_writes_it() -> None:
    rows = {"SNMP": {"CONTACT": {"joe": "joe@example.org"}}}
    assert (
        driver({RUNNING_CONFIG_DB.command: json.dumps(rows)}).get_snmp_information()["contact"] == "joe joe@example.org"
    )


def test_interfaces_of_a_port_channel() -> None:
    rows = {"PORTCHANNEL": {"PortChannel1": {"mtu": "9100"}}, "PORTCHANNEL_MEMBER": {"PortChannel1|Ethernet0": {}}}
    chassis = {"id": [{"type": "mac", "value": "02:00:00:00:00:01"}], "capability": [{"type": "Tel", "enabled": True}]}
    said = {"lldp": [{"interface": [{"name": "Ethernet0", "chassis": [chassis], "port": [{"id": [{"value": "p1"}]}]}]}]}
    device = driver(
        {
            RUNNING_CONFIG_DB.command: json.dumps(rows),
            lldp.LLDP_NEIGHBORS.command: json.dumps(said),
            interfaces.INTERFACES.command: "{}",
            "sudo -n sonic-db-dump -n APPL_DB": "{}",
        }
    )
    [neighbor] = device.get_lldp_neighbors_detail()["Ethernet0"]
    assert (neighbor["parent_interface"], neighbor["remote_system_name"]) == ("PortChannel1", "")
    assert neighbor["remote_system_enable_capab"] == ["telephone"]
    assert device.get_interfaces()["PortChannel1"] == {
        "is_up": False,
        "is_enabled": False,
        "description": "",
        "last_flapped": -1.0,
        "speed": -1.0,
        "mtu": 9100,
        "mac_address": "",
    }


def test_no_neighbours_by_lldp() -> None:
    assert lldp.neighbors('{"lldp": [{}]}') == []


def test_a_jump_host_has_the_same_key_and_host_keys() -> None:
    options = {
        "port": 2222,
        "jump_host": "me@gate:22022",
        "key_file": "/k",
        "known_hosts": "/h",
        "use_ssh_config": False,
    }
    target = SonicDriver("switch", "admin", "secret", optional_args=options)._target
    assert target.jump is not None
    assert (str(target), str(target.jump)) == ("admin@switch:2222", "me@gate:22022")
    assert (target.jump.key, target.jump.known_hosts, target.jump.password) == (target.key, "/h", None)
    assert "secret" not in repr(target)
    alone = SonicDriver("switch", "admin", "", optional_args={"jump_host": "gate"})._target.jump
    assert str(alone) == "admin@gate:22"
