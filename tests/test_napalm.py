"""NAPALM's driver on a running fabric, used as NAPALM's users use it: in Python and by its command line."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from conftest import ROOT, Run
from labs import LEAF1, LEAF2, SPINE, Lab, needs_lab

napalm = pytest.importorskip("napalm", reason="the extra `napalm` is not installed")

from napalm.base import models  # noqa: E402 - after the skip
from napalm.base.exceptions import CommandErrorException, ConnectAuthError, ConnectionException  # noqa: E402

from labs_napalm import COMMUNITY, PREFIX, TARGET, napalm_lab, options  # noqa: E402

pytestmark = [*needs_lab, pytest.mark.slow]

LOOPBACK6 = "fd0c:cc24:75a0:1:10:10:21:{}"


@pytest.fixture(scope="module")
def fabric(sonicfab: Run, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with napalm_lab(sonicfab, tmp_path_factory.mktemp("rendered"), "napalm") as lab:
        yield lab


def driver(lab: Lab, switch: str, **changed: Any) -> Any:
    arguments = {**options(lab, switch), **changed}
    return napalm.get_network_driver("sonicfab")("127.0.0.1", "admin", "", timeout=30, optional_args=arguments)


@pytest.fixture(scope="module")
def leaf(fabric: Lab) -> Iterator[Any]:
    with driver(fabric, LEAF1) as device:
        yield device


def test_napalms_own_suite_on_a_live_switch(fabric: Lab) -> None:
    suite = "test_napalm_contract.py::TestGetters"
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-W", "default", "-p", "no:cacheprovider", f"tests/{suite}"],
        cwd=ROOT,
        env={
            **os.environ,
            "PYTHONPATH": os.pathsep.join([str(ROOT / "tests"), os.environ["PYTHONPATH"]]),
            "NAPALM_TEST_MOCK": "0",
            "NAPALM_USERNAME": "admin",
            "NAPALM_PASSWORD": "",
            "NAPALM_OPTIONAL_ARGS": json.dumps(options(fabric, LEAF1)),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    # NAPALM's test of traceroute fails where the machine has none
    expected = (0, "30 passed, 5 skipped") if shutil.which("traceroute") else (1, "1 failed, 29 passed, 5 skipped")
    assert (done.returncode, expected[1] in done.stdout) == (expected[0], True), done.stdout


def test_facts(leaf: Any) -> None:
    facts = leaf.get_facts()
    assert (facts["vendor"], facts["model"], facts["hostname"]) == ("Accton", "AS7326-56X", LEAF1)
    assert facts["uptime"] > 0
    assert "202411" in facts["os_version"]
    names = facts["interface_list"]
    assert names.index("Ethernet4") < names.index("Ethernet12"), "in natural order"
    assert {"Loopback0", "eth0", "Ethernet0", "Vlan100"} <= set(names)


def test_interfaces(leaf: Any) -> None:
    interfaces = leaf.get_interfaces()
    uplink, unused = interfaces["Ethernet76"], interfaces["Ethernet48"]
    assert (uplink["is_up"], uplink["is_enabled"], uplink["speed"], uplink["mtu"]) == (True, True, 100000.0, 9100)
    assert SPINE in uplink["description"]
    assert uplink["last_flapped"] == 1795358968.0, "Sun Nov 22 14:49:28 2026"
    assert (unused["is_up"], unused["is_enabled"], unused["last_flapped"]) == (False, False, -1.0)
    assert (interfaces["Ethernet0"]["speed"], interfaces["Loopback0"]["speed"]) == (25000.0, -1.0)
    assert interfaces["eth0"]["mac_address"] == "D0:77:CE:4B:B4:7A"


def test_addresses(leaf: Any) -> None:
    found = leaf.get_interfaces_ip()
    assert found["Loopback0"]["ipv4"] == {"10.10.21.4": {"prefix_length": 32}}
    assert found["Loopback0"]["ipv6"][LOOPBACK6.format(4)] == {"prefix_length": 128}
    assert found["eth0"]["ipv4"] == {"10.10.23.107": {"prefix_length": 24}}
    assert set(found["Ethernet76"]) == {"ipv6"}, "an unnumbered port has a link-local address alone"


def test_counters_rise(leaf: Any) -> None:
    before = leaf.get_interfaces_counters()
    assert leaf.ping(TARGET, count=3, size=1000)["success"]["packet_loss"] == 0
    after = leaf.get_interfaces_counters()
    for way in ("rx_octets", "tx_octets"):
        assert after["Ethernet76"][way] - before["Ethernet76"][way] >= 3000
    assert after["Ethernet48"] == before["Ethernet48"], "nothing is plugged in there"
    assert after["Ethernet76"]["rx_unicast_packets"] == -1, "this kernel does not tell; an ASIC does"


def test_bgp_neighbors(leaf: Any) -> None:
    answer = leaf.get_bgp_neighbors()
    assert answer["global"]["router_id"] == "10.10.21.4"
    peer = answer["global"]["peers"]["Ethernet76"]
    assert (peer["local_as"], peer["remote_as"], peer["remote_id"]) == (65404, 65501, "10.10.21.6")
    assert (peer["is_up"], peer["is_enabled"], peer["uptime"] >= 0) == (True, True, True)
    # of the other switches two loopbacks each family and one host; of the other leaf three prefixes more
    assert peer["address_family"]["ipv4"]["received_prefixes"] == 6
    assert peer["address_family"]["ipv6"] == {"received_prefixes": 3, "accepted_prefixes": 3, "sent_prefixes": 5}
    down = answer["global"]["peers"]["Ethernet38"]
    assert (down["is_up"], down["is_enabled"], down["uptime"], down["remote_id"]) == (False, True, -1, "")
    in_vrf = answer["TEST"]["peers"]["192.0.2.1"]
    assert (in_vrf["remote_as"], in_vrf["is_up"], in_vrf["is_enabled"]) == (64999, False, False), "it is shut down"


def test_one_bgp_neighbor_in_detail(leaf: Any) -> None:
    everything = leaf.get_bgp_neighbors_detail()
    assert set(everything) == {"global", "TEST"}
    [peer] = leaf.get_bgp_neighbors_detail("Ethernet76")["global"][65501]
    assert peer["remote_address"] == "Ethernet76"
    assert (peer["up"], peer["connection_state"], peer["routing_table"]) == (True, "Established", "default")
    assert (peer["holdtime"], peer["configured_holdtime"], peer["keepalive"]) == (9, 9, 3)
    assert (peer["import_policy"], peer["export_policy"]) == ("FROM-FABRIC", "TO-FABRIC")
    assert (peer["multipath"], peer["multihop"], peer["local_as_prepend"]) == (True, False, False)
    assert 179 in (peer["local_port"], peer["remote_port"])
    assert (peer["received_prefix_count"], peer["accepted_prefix_count"]) == (9, 9)


def test_bgp_config(leaf: Any) -> None:
    config = leaf.get_bgp_config()
    assert set(config) == {"_", "HOST", "SPINE"}
    assert config["HOST"]["type"] == "external"
    assert config["HOST"]["prefix_limit"]["inet"]["unicast"]["limit"] == 1
    assert list(config["SPINE"]["neighbors"]) == ["Ethernet76"]
    assert (config["SPINE"]["import_policy"], config["SPINE"]["local_as"]) == ("FROM-FABRIC", 65404)
    assert set(leaf.get_bgp_config(group="SPINE")) == {"SPINE"}
    assert list(leaf.get_bgp_config(neighbor="Ethernet1")["HOST"]["neighbors"]) == ["Ethernet1"]


def test_lldp(leaf: Any) -> None:
    assert leaf.get_lldp_neighbors() == {"Ethernet76": [{"hostname": SPINE, "port": "hundredGigE30"}]}
    [neighbor] = leaf.get_lldp_neighbors_detail("Ethernet76")["Ethernet76"]
    assert neighbor["remote_port_description"] == f"{LEAF1}:Ethernet76"
    assert neighbor["remote_chassis_id"] == "90:2d:77:58:27:50"
    assert {"bridge", "router"} <= set(neighbor["remote_system_capab"])
    assert leaf.get_lldp_neighbors_detail("Ethernet0") == {}


def test_neighbours_of_the_kernel(leaf: Any) -> None:
    spine = {"interface": "Ethernet76", "mac": "90:2D:77:58:27:50"}
    arp = leaf.get_arp_table()
    # zebra's way to route IPv4 over a link-local next hop
    assert {**spine, "ip": "169.254.0.1", "age": -1.0} in arp
    assert [one["interface"] for one in leaf.get_arp_table(vrf="TEST")] == ["Ethernet0"]
    assert leaf.get_arp_table(vrf="default") == [one for one in arp if one["interface"] != "Ethernet0"]
    with pytest.raises(CommandErrorException, match="no VRF nosuch"):
        leaf.get_arp_table(vrf="nosuch")
    seen = {(one["interface"], one["mac"], one["ip"]) for one in leaf.get_ipv6_neighbors_table()}
    assert ("Ethernet76", "90:2D:77:58:27:50", "fe80::922d:77ff:fe58:2750") in seen


def test_routes(leaf: Any) -> None:
    [route] = leaf.get_route_to(PREFIX, "bgp")[PREFIX]
    assert (route["protocol"], route["current_active"], route["preference"]) == ("bgp", True, 20)
    assert (route["outgoing_interface"], route["next_hop"]) == ("Ethernet76", "fe80::922d:77ff:fe58:2750")
    assert route["protocol_attributes"]["as_path"] == "65501 65405"
    assert route["protocol_attributes"]["communities"] == ["65501:4"]
    assert set(leaf.get_route_to(PREFIX, "bgp", longer=True)) == {PREFIX, "1.0.4.0/25"}
    assert set(leaf.get_route_to("1.0.4.1")) == {"1.0.4.0/25"}, "an address: the longest match"
    assert leaf.get_route_to(PREFIX, "static") == {}
    assert leaf.get_route_to("203.0.113.1") == {}
    [own] = leaf.get_route_to(f"{LOOPBACK6.format(4)}/128")[f"{LOOPBACK6.format(4)}/128"]
    assert (own["protocol"], own["outgoing_interface"]) == ("connected", "Loopback0")
    with pytest.raises(TypeError, match="valid destination"):
        leaf.get_route_to("nosuch")


def test_services_and_vlans(leaf: Any) -> None:
    assert leaf.get_vlans() == {100: {"name": "Vlan100", "interfaces": ["Ethernet8", "Ethernet9"]}}
    instances = leaf.get_network_instances()
    assert list(instances) == ["default", "TEST", "mgmt"]
    assert instances["TEST"]["interfaces"] == {"interface": {"Ethernet0": {}}}
    assert instances["TEST"]["state"] == {"route_distinguisher": "65404:100"}
    assert instances["mgmt"]["interfaces"] == {"interface": {"eth0": {}}}
    assert set(leaf.get_network_instances("mgmt")) == {"mgmt"}
    assert leaf.get_snmp_information()["community"] == {COMMUNITY: {"acl": "N/A", "mode": "ro"}}
    servers = leaf.get_ntp_servers()
    assert set(servers) == {"10.10.23.253", "10.10.23.254"}
    assert (servers["10.10.23.253"]["iburst"], servers["10.10.23.253"]["source_address"]) == (True, "10.10.23.107")
    users = leaf.get_users()
    assert set(users) == {"root", "admin"}
    assert (users["admin"]["level"], users["admin"]["password"]) == (15, "")
    assert [key.split()[0] for key in users["admin"]["sshkeys"]] == ["ssh-ed25519"]


def test_hardware_that_redis_tells_of(leaf: Any) -> None:
    environment = leaf.get_environment()
    assert environment["fans"] == {"FAN-1F": {"status": True}, "FAN-2F": {"status": False}}
    assert environment["power"]["PSU 1"] == {"status": True, "capacity": 650.0, "output": 92.5}
    assert environment["temperature"]["Temp sensor 2"] == {"temperature": 81.5, "is_alert": True, "is_critical": False}
    assert len(environment["cpu"]) == os.cpu_count()
    assert 0 < environment["memory"]["used_ram"] < environment["memory"]["available_ram"]
    optics = leaf.get_optics()
    assert set(optics) == {"Ethernet76"}, "copper measures nothing"
    received = [one["state"]["input_power"]["instant"] for one in optics["Ethernet76"]["physical_channels"]["channel"]]
    assert received == [0.3802, -0.4871, -40.0, 0.383]
    assert {one["mac"]: one["interface"] for one in leaf.get_mac_address_table()} == {
        "02:00:00:00:01:08": "Ethernet8",
        "02:00:00:00:01:09": "Ethernet9",
    }


def test_ping(leaf: Any) -> None:
    answer = leaf.ping(LOOPBACK6.format(5), source=LOOPBACK6.format(4), count=2)["success"]
    assert (answer["probes_sent"], answer["packet_loss"], len(answer["results"])) == (2, 0, 2)
    assert answer["results"][0]["ip_address"] == LOOPBACK6.format(5)
    lost = leaf.ping("1.0.4.1", count=2, timeout=1)["success"]
    assert (lost["packet_loss"], lost["results"]) == (2, []), "the other leaf throws it away"
    assert "unreachable" in leaf.ping("203.0.113.1")["error"]


@pytest.mark.skipif(not shutil.which("traceroute"), reason="this machine, and so the lab, has no traceroute")
def test_traceroute(leaf: Any) -> None:
    hops = leaf.traceroute(TARGET)["success"]
    assert [hops[number]["probes"][1]["ip_address"] for number in (1, 2)] == ["10.10.21.6", TARGET]
    assert "error" in leaf.traceroute("203.0.113.1")


def test_config(leaf: Any) -> None:
    config = leaf.get_config()
    assert set(config) == set(models.ConfigDict.__annotations__)
    assert config["candidate"] == ""
    for text in (config["running"], config["startup"]):
        assert '"docker_routing_config_mode": "split-unified"' in text
        assert "router bgp 65404" in text
    assert leaf.get_config(retrieve="running")["startup"] == ""
    with pytest.raises(NotImplementedError):
        leaf.get_config(format="xml")


def test_a_sanitized_config_has_no_secrets(leaf: Any, fabric: Lab) -> None:
    neighbor = "vtysh -c 'configure terminal' -c 'router bgp 65404' -c '{}neighbor Ethernet47 password YourPaSsWoRd'"
    assert fabric.inside(LEAF1, neighbor.format("")).code == 0
    try:
        plain = leaf.get_config(retrieve="running")["running"]
        assert COMMUNITY in plain
        assert "YourPaSsWoRd" in plain
        clean = leaf.get_config(retrieve="running", sanitized=True)["running"]
        assert COMMUNITY not in clean
        assert "YourPaSsWoRd" not in clean
        assert "neighbor Ethernet47 password ********" in clean
        assert "YourPaSsWoRd" not in json.dumps(leaf.get_bgp_config())
    finally:
        assert fabric.inside(LEAF1, neighbor.format("no ")).code == 0


def test_cli(leaf: Any) -> None:
    assert leaf.cli(["hostname", "ls /nosuch"]) == {
        "hostname": f"{LEAF1}\n",
        "ls /nosuch": "ls: cannot access '/nosuch': No such file or directory\n",
    }


def test_alive(fabric: Lab) -> None:
    device = driver(fabric, LEAF2)
    assert device.is_alive() == {"is_alive": False}
    with pytest.raises(ConnectionException):
        device.get_facts()
    device.open()
    assert device.is_alive() == {"is_alive": True}
    device.close()
    assert device.is_alive() == {"is_alive": False}


def test_refusals_in_napalms_words(fabric: Lab, tmp_path: Path) -> None:
    stranger = tmp_path / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(stranger)], check=True)
    with pytest.raises(ConnectAuthError):
        driver(fabric, LEAF1, key_file=str(stranger)).open()
    (tmp_path / "known_hosts").write_text("")
    with pytest.raises(ConnectionException, match="host key"):
        driver(fabric, LEAF1, known_hosts=str(tmp_path / "known_hosts")).open()
    with pytest.raises(ConnectionException):
        driver(fabric, LEAF1, port=1).open()


def test_the_labs_sonic_db_dump_is_as_recorded(fabric: Lab) -> None:
    """data/recorded config-read/dbdump_*: -k counts only without -y."""
    ask = "sonic-db-dump -n STATE_DB {}-k 'FDB_TABLE|*'"
    one, all_ = (json.loads(fabric.inside(LEAF1, ask.format(pretty)).out) for pretty in ("", "-y "))
    row = one["FDB_TABLE|Vlan100:02:00:00:00:01:08"]
    assert (row["type"], row["ttl"], row["value"]) == ("hash", -0.001, {"port": "Ethernet8", "type": "dynamic"})
    assert (len(one), "PSU_INFO|PSU 1" in all_) == (2, True)
    assert json.loads(fabric.inside(LEAF1, "sonic-db-dump -n STATE_DB -k 'NOSUCH|*'").out) == {}
    done = fabric.inside(LEAF1, "sonic-db-dump -n NOSUCH_DB")
    assert (done.code, done.out) == (1, "")
    assert "Failed to find NOSUCH_DB database in : key" in done.err
    names = "sonic-db-cli COUNTERS_DB hget COUNTERS_PORT_NAME_MAP Ethernet0"
    oid = fabric.inside(LEAF1, names).out.strip()
    octets = f"sonic-db-cli COUNTERS_DB hget COUNTERS:{oid} SAI_PORT_STAT_IF_OUT_OCTETS"
    assert int(fabric.inside(LEAF1, octets).out) > 0


def command_line(lab: Lab, *words: str) -> subprocess.CompletedProcess[str]:
    """Run the program `napalm` on the leaf, as docs/napalm.md shows it."""
    arguments = ",".join(f"{name}={value!r}" for name, value in options(lab, LEAF1).items())
    program = [sys.executable, "-m", "napalm.base.clitools.cl_napalm"]  # what the program `napalm` runs
    command = [*program, "--vendor", "sonic", "--user", "admin", "--password", "", "--optional_args", arguments]
    return subprocess.run([*command, "127.0.0.1", *words], capture_output=True, text=True, check=False)


def test_the_command_line_of_napalm(fabric: Lab) -> None:
    done = command_line(fabric, "call", "get_route_to", "--method-kwargs", f"destination='{PREFIX}',protocol='bgp'")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)[PREFIX][0]["outgoing_interface"] == "Ethernet76"


def test_napalm_validate(fabric: Lab, leaf: Any, tmp_path: Path) -> None:
    """The file of docs/napalm.md; then one that wants the uplink down."""
    page = (ROOT / "docs" / "napalm.md").read_text(encoding="utf-8")
    rules = page.split("```yaml\n")[1].split("```")[0]
    file = tmp_path / "leaf.yml"
    file.write_text(rules)
    done = command_line(fabric, "validate", str(file))
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert report["complies"] is True, done.stdout
    assert report["skipped"] == []
    file.write_text(rules.replace("is_up: true", "is_up: false"))
    assert leaf.compliance_report(str(file))["complies"] is False
