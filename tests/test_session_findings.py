"""What `verify` finds of sessions with options: each fault at the end that has it, with its mend."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from sonicfab.fabric import Fabric, open_fabric
from sonicfab.families import Family
from sonicfab.switch.state.bgp import BgpPeer
from sonicfab.verify.diagnose.base import Diagnosis
from verify_world import World

INVENTORY = """\
defaults: {image_build: community-202411, management: {gateway: 192.0.2.1, vrf: true}}
groups:
  leaves: {role: leaf, platform: as7326-56x}
  spines: {role: spine, platform: as7726-32x}
devices:
  spine1: {groups: spines, mac: "02:00:5e:20:01:01", management: {address: 192.0.2.11/24}}
  spine2: {groups: spines, mac: "02:00:5e:20:01:02", management: {address: 192.0.2.12/24}}
  leaf1: {groups: leaves, mac: "02:00:5e:20:02:01", management: {address: 192.0.2.21/24}}
  leaf2: {groups: leaves, mac: "02:00:5e:20:02:02", management: {address: 192.0.2.22/24}}
"""
TOPOLOGY = """\
name: pair
asn: {spine: 65501, leaf: 65401-65409}
loopbacks: {ipv4: 10.10.0.0/24, ipv6: "fd00:10::/64"}
bgp: {password: env:FABRIC_MD5}
links:
  - {spines: [spine1, spine2], uplinks: [Ethernet72, Ethernet76], leaves: {leaf1: Ethernet0, leaf2: Ethernet4}}
  - {link: spine1:Ethernet120 - spine2:Ethernet120, bgp: {session: ibgp, graceful_restart: restarter}}
  - {link: leaf1:Ethernet48 - leaf2:Ethernet48, bgp: {session: ebgp, shutdown: true, password: ""}}
hosts:
  prefixes: {ipv4: 10.20.0.0/24, ipv6: "fd00:20::/64"}
  ports:
    - {switches: leaf1, ports: Ethernet0, bgp: {max_prefixes: {limit: 4, warning_only: true}}}
    - {switches: leaf1, ports: Ethernet1, bgp: {max_prefixes: {limit: 4, restart: 7}}}
"""


@pytest.fixture
def fabric(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Fabric:
    monkeypatch.setenv("FABRIC_MD5", "one-for-all")
    for name, text in (("i.yml", INVENTORY), ("t.yml", TOPOLOGY)):
        (tmp_path / name).write_text(text)
    monkeypatch.setattr("verify_world.ROOT", tmp_path)
    return open_fabric(tmp_path / "i.yml", tmp_path / "t.yml")


def found(world: World) -> Diagnosis:
    (one,) = world.verified()[1]
    return one


def test_as_planned(fabric: Fabric) -> None:
    results, findings = World(fabric).verified()
    assert findings == []
    (shut, _) = (one for one in results if one.switch == "leaf1" and one.subject == "Ethernet48" and one.check == "bgp")
    assert (shut.status, shut.seen) == ("ok", "Idle (Admin), as planned")


@pytest.mark.parametrize("guilty", ["leaf1", "spine1"])
def test_passwords_that_differ(fabric: Fabric, guilty: str) -> None:
    """Also one that only one end has; neither is shown."""
    for instead in (" password other-one", " password", ""):
        world = World(fabric)
        world.session_down("leaf1", "spine1")
        lines = world.boxes[guilty].frr.splitlines(keepends=True)
        group = "SPINE" if guilty == "leaf1" else "LEAF"
        peer = "Ethernet72" if guilty == "leaf1" else "Ethernet0"
        text = "".join(lines)
        if instead == " password other-one":
            text = text.replace(
                f" neighbor {peer} description", f" neighbor {peer} password other-one\n neighbor {peer} description"
            )
        else:
            text = text.replace(f" neighbor {group} password one-for-all\n", "")
        world.boxes[guilty].frr = text
        one = found(world)
        assert (one.code, one.where) == ("password-mismatch", (f"{guilty}:{peer}",))
        far = fabric_far(fabric, guilty, peer)
        assert one.cause == f"the ends of {guilty}:{peer} - {far} do not have the same MD5 password"
        assert one.mend == f"sonicfab push --limit {guilty} --overwrite-drift"
        told = " ".join([one.cause, *one.evidence])
        assert "one-for-all" not in told
        assert "other-one" not in told


def fabric_far(fabric: Fabric, switch: str, peer: str) -> str:
    return next(str(one.far) for one in fabric.plan.switches[switch].fabric_sessions if one.peer == peer)


def test_a_session_that_is_planned_to_be_shut_and_runs(fabric: Fabric) -> None:
    world = World(fabric)
    for leaf in ("leaf1", "leaf2"):
        world.change_session(leaf, "Ethernet48", state="Established", shut=False)
    world.boxes["leaf1"].frr = world.boxes["leaf1"].frr.replace(" neighbor Ethernet48 shutdown\n", "")
    one = found(world)
    assert (one.code, one.where[0].partition(":")[0]) == ("not-shut", "leaf1")
    assert one.mend == "sonicfab push --limit leaf1 --overwrite-drift"


def test_graceful_restart_that_was_agreed_on_before_it_was_changed(fabric: Fabric) -> None:
    """The config is as planned, the session is older: a start of it is all that it wants."""
    world = World(fabric)
    world.change_session("spine2", "Ethernet120", far_graceful="Helper")
    one = found(world)
    assert one.code == "graceful-restart"
    assert one.mend == "on spine2: sudo vtysh -c 'clear bgp Ethernet120'"


def test_graceful_restart_that_is_configured_otherwise(fabric: Fabric) -> None:
    world = World(fabric)
    world.change_session("spine1", "Ethernet120", graceful="Disable")
    box = world.boxes["spine1"]
    box.frr = box.frr.replace("Ethernet120 graceful-restart\n", "Ethernet120 graceful-restart-disable\n")
    one = found(world)
    assert (one.code, one.where) == ("graceful-restart", ("spine1:Ethernet120",))
    assert one.mend.startswith("sonicfab push --limit spine1 --overwrite-drift; then on spine1: sudo vtysh")


@pytest.mark.parametrize(("port", "code"), [("Ethernet0", "prefix-warning"), ("Ethernet1", "host-prefixes")])
def test_more_than_a_limit(fabric: Fabric, port: str, code: str) -> None:
    world = World(fabric)
    state = world.bgp("leaf1")
    up = ("Established", "", 5, 2, 9.0, "") if code == "prefix-warning" else ("Idle (PfxCt)", "PfxCt", 0, 0, 0.0, "")
    host = BgpPeer(port, Family.IPV4, 65999, state.asn, *up)
    world.boxes["leaf1"].bgp = replace(state, peers=(*state.peers, host))
    one = found(world)
    assert (one.code, one.where) == (code, (f"leaf1:{port}",))
    wanted = "more than 4 prefixes come" if code == "prefix-warning" else "stays so until 7 minutes are over"
    assert wanted in one.cause
