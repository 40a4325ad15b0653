"""Networks in a lab: hosts of a VLAN reach each other over trunks, and others over BGP; a port changes its use by
patch; what is broken is told, and the mend works when it is typed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from ipaddress import ip_interface
from pathlib import Path

import pytest

from conftest import Run, example_files
from labs import Lab, booted, needs_lab
from mends import Fault
from test_mends import cured, healthy, inside

pytestmark = needs_lab
OOB1, OOB2, LEAF1, LEAF2 = "hall-oob1", "hall-oob2", "hall-leaf1", "hall-leaf2"


@pytest.fixture(scope="module")
def lab(sonicfab: Run) -> Iterator[Lab]:
    options = ("--swss-ready-after", "1", "--hosts-per-leaf", "1")
    with booted(sonicfab, "networks", "hall-oob", *options) as one:
        done = one.sonicfab("push", "--yes")
        assert done.returncode == 0, done.stderr + done.stdout
        yield one


def address(lab: Lab, host: str) -> str:
    return str(ip_interface(lab.state.hosts[host].addresses[0]).ip)


def reaches(lab: Lab, host: str, target: str) -> bool:
    return any(lab.inside(host, f"ping -c 1 -W 2 {target}").code == 0 for _ in range(3))


def test_hosts_reach_each_other(lab: Lab, tmp_path: Path) -> None:
    done = lab.sonicfab("verify", "--timeout", "60", "--html", tmp_path / "page.html")
    assert done.returncode == 0, done.stdout
    assert "As intended: all " in (tmp_path / "page.html").read_text()
    here = f"{OOB1}-Ethernet0"
    assert reaches(lab, here, "10.40.23.1"), "the gateway, over a trunk whose native VLAN it is"
    assert reaches(lab, here, address(lab, f"{OOB2}-Ethernet0")), "tagged on the trunk between the two"
    assert reaches(lab, here, address(lab, f"{OOB2}-Ethernet36")), "in another network, routed by another leaf"
    assert reaches(lab, here, address(lab, f"{LEAF2}-Ethernet0")), "a server with BGP"
    one, other = f"{OOB1}-Ethernet16", f"{OOB2}-Ethernet16"
    link_local = lab.inside(other, "ip -6 -br addr show eth0").out.split()[2].partition("/")[0]
    assert reaches(lab, one, f"{link_local}%eth0"), "without any gateway"
    near = lab.inside(here, "ip -6 -br addr show eth0").out
    (outside,) = re.findall(r"fe80::\S+(?=/64)", near)
    assert not reaches(lab, one, f"{outside}%eth0"), "the same switch, another VLAN"


def appl(*words: str) -> str:
    """A command for APPL_DB, which swss writes."""
    return " ".join(("redis-cli -s /run/redis/redis.sock -n 0", *words, "> /dev/null"))


FAULTS = [
    [Fault("vlan-missing", OOB1, inside(OOB1, appl("DEL VLAN_TABLE:Vlan25")))],
    [Fault("vlan-access", f"{OOB1}:Ethernet1", inside(OOB1, appl("DEL VLAN_MEMBER_TABLE:Vlan23:Ethernet1")))],
    [
        Fault(
            "native-vlan-differs",
            f"{OOB1}:Ethernet48",
            inside(OOB1, appl("HSET VLAN_MEMBER_TABLE:Vlan23:Ethernet48 tagging_mode tagged")),
        )
    ],
    [
        Fault(
            "vlan-tagging-differs",
            f"{OOB2}:Ethernet49",
            inside(OOB2, appl("HSET VLAN_MEMBER_TABLE:Vlan25:Ethernet49 tagging_mode untagged")),
        )
    ],
    [
        Fault(
            "vlan-missing-at-far-end",
            f"{OOB1}:Ethernet48",
            inside(OOB1, appl("DEL VLAN_MEMBER_TABLE:Vlan25:Ethernet48")),
        ),
        Fault("svi-address", LEAF2, inside(LEAF2, "ip addr del 10.40.30.1/24 dev Vlan30")),
    ],
    [Fault("svi-shut", OOB1, inside(OOB1, "ip link set Vlan23 down"))],
    [
        Fault(  # its trunks carry nothing any more, by the tagger or, where the kernel knows VLANs, by the bridge
            "network-split",
            LEAF1,
            inside(
                OOB1,
                "kill $(cat /run/sonic/tagger.pid) 2>/dev/null || "
                "for port in Ethernet46 Ethernet47; do bridge vlan del vid 23 dev $port || exit 1; done",
            ),
        )
    ],
    [
        Fault(
            "network-not-announced",
            LEAF2,
            inside(
                LEAF2,
                "vtysh -c 'configure terminal' -c 'router bgp 65402' -c 'address-family ipv4 unicast' "
                "-c 'no network 10.40.30.0/24'",
            ),
        )
    ],
]


@pytest.mark.parametrize("faults", FAULTS, ids=lambda faults: faults[0].code)
def test_a_mend_mends(lab: Lab, faults: list[Fault]) -> None:
    cured(lab, faults)
    healthy(lab)


def test_a_host_port_becomes_an_access_port_by_patch(lab: Lab, sonicfab: Run, tmp_path: Path) -> None:
    _, inventory, _, topology = example_files("hall-oob")
    text = Path(topology).read_text(encoding="utf-8")
    text = text.replace(
        "networks:\n", "networks:\n  new: {vlan: 40, gateway: {ipv4: 10.40.40.1/24}, announce: true}\n", 1
    )
    text += "  - {switches: hall-leaf1, ports: Ethernet3, use: access, network: new}\n"
    changed = tmp_path / "hall-oob.yml"
    changed.write_text(text, encoding="utf-8")
    numbers = Path(topology).with_name("hall-oob.numbers.yml")
    changed.with_name("hall-oob.numbers.yml").write_text(numbers.read_text(encoding="utf-8"), encoding="utf-8")
    files = ("-i", inventory, "-t", changed)
    done = sonicfab("push", *files, "--lab-name", lab.name, "--yes", cwd=tmp_path)
    assert done.returncode == 0, done.stderr + done.stdout
    assert re.search(r"hall-leaf1 +changed +patch\+frr-delta", done.stdout)
    done = sonicfab("verify", *files, "--lab-name", lab.name, "--timeout", "60", cwd=tmp_path)
    assert done.returncode == 0, done.stdout
    assert reaches(lab, f"{OOB2}-Ethernet36", "10.40.40.1")
