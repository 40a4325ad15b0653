"""A booted fabric whose spines and leaves are pairs of one AS, with passwords, BFD and graceful restart."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from conftest import Run
from known import small_inventory
from labs import Lab, booted, needs_lab
from mends import Fault, apply, findings, found_of, planted

pytestmark = needs_lab
INVENTORY = small_inventory("spine1", "spine2", "leaf1", "leaf2", "leaf3")
TOPOLOGY = """\
name: pairs
asn: {spine: 65500, leaf: 65401-65499}
loopbacks: {ipv4: 10.131.255.0/24, ipv6: "fd00:131:ff::/64"}
bgp: {keepalive: 1, hold: 4, connect_retry: 1, password: file:md5}
switches: {leaf1: {asn: 65401}, leaf2: {asn: 65401}}
links:
  - spines: [spine1, spine2]
    uplinks: [Ethernet72, Ethernet76]
    leaves: {leaf1: Ethernet0, leaf2: Ethernet4, leaf3: Ethernet8}
  - {link: spine1:Ethernet120 - spine2:Ethernet120, bgp: {session: ibgp, bfd: {interval: 200}}}
  - {link: leaf1:Ethernet48 - leaf2:Ethernet48, bgp: {session: ibgp, graceful_restart: restarter}}
  - {link: leaf2:Ethernet52 - leaf3:Ethernet52, bgp: {session: ebgp, shutdown: true, password: ""}}
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pairs")
    (folder / "md5").write_text("a-w0rd-for-all\n")
    (folder / "inventory.yml").write_text(INVENTORY)
    (folder / "topology.yml").write_text(TOPOLOGY)
    return folder


@pytest.fixture(scope="module")
def lab(sonicfab: Run, site: Path) -> Iterator[Lab]:
    files = ["-i", str(site / "inventory.yml"), "-t", str(site / "topology.yml")]
    done = sonicfab("render", *files, "-o", site / "out")
    assert done.returncode == 0, done.stderr
    with booted(sonicfab, "pairs", "", "--from", site / "out", files=files) as running:
        yield running


def healthy(lab: Lab) -> None:
    done = lab.verify(40)
    assert done.returncode == 0, done.stdout


def test_pairs_of_one_as_with_passwords_come_up(lab: Lab) -> None:
    healthy(lab)
    (told,) = [one for one in lab.verify(0).stdout.splitlines() if "Ethernet52" in one and "leaf2 " in one][:1]
    assert "as planned" in told


def test_a_password_that_one_end_changes(lab: Lab) -> None:
    command = "vtysh -c 'configure terminal' -c 'router bgp 65500' -c 'neighbor Ethernet120 password x'"

    def plant(one: Lab) -> None:
        done = one.inside("spine2", f"{command} -c end -c 'clear bgp Ethernet120'")
        assert done.code == 0, done.out + done.err

    mends = planted(lab, [Fault("password-mismatch", "spine2:Ethernet120", plant)])
    assert [text for mend in mends.values() for text in apply(lab, mend)] == []
    healthy(lab)
    assert [found_of(one) for one in findings(lab)] == []


def test_options_change_by_push(lab: Lab, site: Path) -> None:
    """Timers wait for the next start, another password resets its sessions: plan tells which, and shows no password."""
    (site / "md5").write_text("an0ther-word\n")
    text = TOPOLOGY.replace("bfd: {interval: 200}", "bfd: true, max_prefixes: 500")
    (site / "topology.yml").write_text(text.replace("session: ebgp, shutdown: true", "session: ebgp"))
    shown = lab.sonicfab("plan")
    assert "a-w0rd-for-all" not in shown.stdout
    assert "an0ther-word" not in shown.stdout
    done = lab.sonicfab("push", "--yes", "--drain")
    assert done.returncode == 0, done.stdout + done.stderr
    healthy(lab)
