"""NAPALM's driver on a running fabric, used as NAPALM's users use it."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from conftest import Run
from labs import LEAF1, LEAF2, SPINE, Lab, booted, needs_lab

napalm = pytest.importorskip("napalm", reason="the extra `napalm` is not installed")

from napalm.base import models  # noqa: E402 - after the skip
from napalm.base.exceptions import ConnectAuthError, ConnectionException  # noqa: E402

pytestmark = [*needs_lab, pytest.mark.slow]


@pytest.fixture(scope="module")
def fabric(sonicfab: Run) -> Iterator[Lab]:
    with booted(sonicfab, "napalm") as lab:
        done = lab.sonicfab("push", "--yes")
        assert done.returncode == 0, done.stderr
        done = lab.verify()
        assert done.returncode == 0, done.stdout
        yield lab


def driver(lab: Lab, switch: str, **options: Any) -> Any:
    state = lab.state
    known = {
        "port": state.node(switch).port,
        "key_file": str(state.key),
        "known_hosts": str(state.known_hosts),
        "allow_agent": False,
        "use_ssh_config": False,
    }
    return napalm.get_network_driver("sonic")("127.0.0.1", "admin", "", timeout=30, optional_args={**known, **options})


@pytest.fixture(scope="module")
def spine(fabric: Lab) -> Iterator[Any]:
    with driver(fabric, SPINE) as device:
        yield device


@pytest.fixture(scope="module")
def leaf(fabric: Lab) -> Iterator[Any]:
    with driver(fabric, LEAF1) as device:
        yield device


def has_the_keys_of(value: Any, model: Any) -> None:
    assert set(value) == set(model.__annotations__)


def test_facts(spine: Any) -> None:
    facts = spine.get_facts()
    has_the_keys_of(facts, models.FactsDict)
    assert (facts["vendor"], facts["model"], facts["hostname"]) == ("Accton", "AS7726-32X", SPINE)
    assert facts["uptime"] > 0
    assert "202411" in facts["os_version"]
    names = facts["interface_list"]
    assert names.index("Ethernet4") < names.index("Ethernet12"), "in natural order"
    assert {"Loopback0", "eth0", "Ethernet0"} <= set(names)


def test_interfaces(leaf: Any) -> None:
    interfaces = leaf.get_interfaces()
    for one in interfaces.values():
        has_the_keys_of(one, models.InterfaceDict)
    uplink, unused = interfaces["Ethernet76"], interfaces["Ethernet48"]
    assert (uplink["is_up"], uplink["is_enabled"], uplink["speed"], uplink["mtu"]) == (True, True, 100000.0, 9100)
    assert SPINE in uplink["description"]
    assert (unused["is_up"], unused["is_enabled"]) == (False, False)
    assert interfaces["Ethernet0"]["speed"] == 25000.0
    assert interfaces["eth0"]["mac_address"] == "D0:77:CE:4B:B4:7A"


def test_bgp_neighbors(spine: Any, leaf: Any) -> None:
    answer = spine.get_bgp_neighbors()["global"]
    assert answer["router_id"] == "10.10.21.6"
    assert set(answer["peers"]) == {"Ethernet112", "Ethernet116"}
    peer = answer["peers"]["Ethernet116"]
    has_the_keys_of(peer, models.PeerDict)
    assert (peer["local_as"], peer["remote_as"], peer["remote_id"]) == (65501, 65404, "10.10.21.4")
    assert peer["is_up"]
    assert peer["is_enabled"]
    assert peer["uptime"] >= 0
    assert set(peer["address_family"]) == {"ipv4", "ipv6"}
    for family in peer["address_family"].values():
        # the leaf announces its own loopback; what it has from the spine it does not send back
        assert family == {"received_prefixes": 1, "accepted_prefixes": 1, "sent_prefixes": 3}
    hosts = {name for name, one in leaf.get_bgp_neighbors()["global"]["peers"].items() if not one["is_up"]}
    assert "Ethernet38" in hosts, "a port whose server is not there is a neighbour that is down"


def test_lldp_neighbors(spine: Any, fabric: Lab) -> None:
    expected = {
        "Ethernet112": [{"hostname": LEAF2, "port": "hundredGigE55"}],
        "Ethernet116": [{"hostname": LEAF1, "port": "hundredGigE56"}],
    }
    deadline = time.monotonic() + 60
    # as on a switch, a port's id is a MAC address for some seconds until lldpmgrd has set the alias
    while (neighbors := spine.get_lldp_neighbors()) != expected and time.monotonic() < deadline:
        time.sleep(1)
    log = "docker exec lldp lldpcli show configuration; cat /var/log/lldpd.log; ps ax | grep lldp; ip -br link"
    assert neighbors == expected, [fabric.inside(switch, log) for switch in fabric.state.switches]


def test_config(leaf: Any, fabric: Lab) -> None:
    config = leaf.get_config()
    has_the_keys_of(config, models.ConfigDict)
    assert config["candidate"] == ""
    for text in (config["running"], config["startup"]):
        assert '"docker_routing_config_mode": "split-unified"' in text
        assert "router bgp 65404" in text
    assert leaf.get_config(retrieve="running")["startup"] == ""
    with pytest.raises(NotImplementedError):
        leaf.get_config(format="xml")


def test_a_sanitized_config_has_no_secrets(leaf: Any, fabric: Lab) -> None:
    row = "sonic-db-cli CONFIG_DB {} 'SNMP_COMMUNITY|YourCommunity' TYPE RO"
    assert fabric.inside(LEAF1, row.format("hset")).code == 0
    neighbor = "vtysh -c 'configure terminal' -c 'router bgp 65404' -c '{}neighbor Ethernet47 password YourPaSsWoRd'"
    assert fabric.inside(LEAF1, neighbor.format("")).code == 0
    try:
        plain = leaf.get_config(retrieve="running")["running"]
        assert "YourCommunity" in plain
        assert "YourPaSsWoRd" in plain
        clean = leaf.get_config(retrieve="running", sanitized=True)["running"]
        assert "YourCommunity" not in clean
        assert "YourPaSsWoRd" not in clean
        assert "neighbor Ethernet47 password ********" in clean
    finally:
        assert fabric.inside(LEAF1, "sonic-db-cli CONFIG_DB del 'SNMP_COMMUNITY|YourCommunity'").code == 0
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
