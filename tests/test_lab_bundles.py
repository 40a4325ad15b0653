"""The example with bundles in a lab: pushed and verified, its servers hear each other; faults are found and mended."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from conftest import Run
from labs import Lab, booted, needs_lab
from mends import Fault, apply, findings, found_of, planted
from patience import until
from test_mends import inside, row

pytestmark = needs_lab


@pytest.fixture(scope="module")
def lab(sonicfab: Run) -> Iterator[Lab]:
    with booted(sonicfab, "bundles", "servers-2x2", "--hosts", "--swss-ready-after", 2) as running:
        done = running.sonicfab("push", "--yes")
        assert done.returncode == 0, done.stdout + done.stderr
        healthy(running)
        yield running


def healthy(lab: Lab) -> None:
    done = lab.verify(60)
    assert done.returncode == 0, done.stdout


def test_servers_hear_each_other_over_bundles(lab: Lab) -> None:
    """A server behind a bundle, one behind a bundle of the other leaf, and one behind a single port."""
    for host, far in (("PortChannel10", "10.131.0.10"), ("PortChannel10", "fd00:131::a"), ("Ethernet0", "10.131.0.5")):
        ping = ("exec", f"sv-leaf1-{host}", "--", "ping", "-c", "1", "-W", "5", far)
        until(lambda ping=ping: lab.lab(*ping).returncode == 0, 20)  # type: ignore[misc]


def test_napalm_knows_them(lab: Lab) -> None:
    from test_napalm import driver  # NAPALM is an extra: its own tests are skipped without it

    with driver(lab, "sv-leaf2") as device:
        channel = device.get_interfaces()["PortChannel01"]
        assert (channel["is_up"], channel["mtu"], channel["description"]) == (True, 9100, "sv-spine1:PortChannel12")
        assert "ipv6" in device.get_interfaces_ip()["PortChannel01"]
        assert device.get_bgp_neighbors()["global"]["peers"]["PortChannel01"]["is_up"]
        heard = device.get_lldp_neighbors()
        assert {name: heard[name][0]["hostname"] for name in ("Ethernet64", "Ethernet68")} == {
            "Ethernet64": "sv-spine1",
            "Ethernet68": "sv-spine1",
        }


def test_it_is_told_that_there_is_no_bonding(lab: Lab) -> None:
    if lab.inside("sv-spine1", "test -e /proc/net/bonding").code == 0:
        pytest.skip("this kernel has bonding: the lab has the real thing")
    assert "port channels: bridges with spanning tree" in lab.lab("status").stdout
    assert "portchannel: skipped, because the kernel of this lab has no bonding" in lab.verify(40).stdout


def test_a_session_stays_while_a_member_is_down(lab: Lab) -> None:
    before = lab.inside("sv-leaf2", "vtysh -c 'show bgp neighbors PortChannel01 json'").out
    fault = Fault("member-shut", "sv-leaf2:Ethernet68", inside("sv-leaf2", "config interface shutdown Ethernet68"))
    mends = planted(lab, [fault])
    after = lab.inside("sv-leaf2", "vtysh -c 'show bgp neighbors PortChannel01 json'").out
    count = '"connectionsEstablished":1'
    assert count in before.replace(" ", "")
    assert count in after.replace(" ", "")
    assert [wrong for mend in mends.values() for wrong in apply(lab, mend)] == []
    healthy(lab)


FAULTS = [
    [
        Fault(
            "member-missing",
            "sv-leaf2:Ethernet68",
            inside("sv-leaf2", "config portchannel member del PortChannel01 Ethernet68"),
        )
    ],
    [
        Fault(
            "member-elsewhere",
            "sv-spine1:Ethernet12",
            inside(
                "sv-spine1",
                "config portchannel member del PortChannel12 Ethernet12",
                "config portchannel member add PortChannel1 Ethernet12",
            ),
        ),
        Fault("member-unplanned", "sv-spine1:PortChannel1", lambda _lab: None),
    ],
    [Fault("bundle-shut", "sv-spine2:PortChannel1", inside("sv-spine2", "config interface shutdown PortChannel1"))],
    [
        Fault(
            "bundle-mtu",
            "sv-leaf2:PortChannel02",
            lambda lab: (
                row("sv-leaf2", "PORTCHANNEL|PortChannel02", "mtu", "1500")(lab),
                inside("sv-leaf2", "config interface startup PortChannel02")(lab),
            ),
        )
    ],
    [Fault("bundle-missing", "sv-leaf1:PortChannel10", inside("sv-leaf1", "ip link del PortChannel10"))],
]


@pytest.mark.parametrize("faults", FAULTS, ids=lambda faults: faults[0].code)
def test_a_mend_mends(lab: Lab, faults: list[Fault]) -> None:
    mends = planted(lab, faults, 60)
    wrong = [text for mend in dict.fromkeys(mends.values()) for text in apply(lab, mend)]
    assert not wrong
    deadline = time.monotonic() + 60
    while left := {found_of(one) for one in findings(lab)}:
        assert time.monotonic() < deadline, f"not cured: {left}; typed: {mends}"
    healthy(lab)


def test_a_second_push_has_nothing_to_do(lab: Lab) -> None:
    assert "4 unchanged" in lab.sonicfab("push", "--yes").stdout
