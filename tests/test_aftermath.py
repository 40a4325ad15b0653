"""What no lab of a test may end with is seen: each kind is planted, without a lab."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

import aftermath
from aftermath import crashed, died, freed, restarted, unused


def written(root: Path, path: str, text: str = "") -> Path:
    file = root / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    return file


def test_a_daemon_that_died(tmp_path: Path) -> None:
    for number, name in enumerate(("zebra", "redis-server")):
        written(tmp_path, f"proc/{number}/comm", f"{name}\n")
    for daemon in ("zebra", "bgpd"):
        written(tmp_path, f"run/frr/{daemon}.pid", "1\n")
    written(tmp_path, "run/sonic/lldp.since")
    assert died(tmp_path) == ["lldpd has died"], "the container bgp is said to be stopped"
    written(tmp_path, "run/sonic/bgp.since")
    assert died(tmp_path) == ["bgpd has died", "lldpd has died"]
    written(tmp_path, "var/log/frr/bgpd.log", "BGP: Received signal 11 at 1; aborting...\nBGP: fine\n")
    assert list(crashed(tmp_path)) == ["bgpd.log: BGP: Received signal 11 at 1; aborting..."]


@pytest.mark.parametrize(
    ("begun", "state", "seen"), [("frr", "confirmed", 1), ("frr", "restored", 0), ("bgp", "confirmed", 0)]
)
def test_a_container_that_a_delta_started_anew(begun: str, state: str, seen: int, tmp_path: Path) -> None:
    own = tmp_path / "etc/sonic/sonicfab"
    record = written(own, "ended/ID/record", f"state={state}\nbegun={begun} \n")
    kept = written(own, "backup/ID/frr.conf").parent
    os.utime(kept, times=(time.time() - 20, time.time() - 20))
    written(tmp_path, "run/sonic/bgp.since", str(time.monotonic() - 10))
    assert len(list(restarted(tmp_path))) == seen
    written(tmp_path, "run/sonic/bgp.since", str(time.monotonic() - 30))
    assert list(restarted(tmp_path)) == [], "it was started before"
    written(tmp_path, "run/sonic/bgp.since", str(time.monotonic() - 10))
    os.utime(record, times=(time.time() - 15, time.time() - 15))
    assert list(restarted(tmp_path)) == [], "and after that"


ROUTES = "B>* 10.0.0.1/32 [20/0] (20) via fe80::1, Ethernet0, weight 1, 00:00:01\n"
GROUP = "ID: {} (zebra)\n     RefCnt: 1\n     Valid, Installed\n           via {}, Ethernet0 (vrf default)\n"
NEXT_HOPS = """\
Current BGP nexthop cache:
 fe80::1 valid [IGP metric 0], #paths 1, peer Ethernet0
 10.0.0.9 invalid, #paths 0, peer (null)
"""


def test_next_hops_that_are_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    groups = [
        GROUP.format(20, "fe80::1"),
        GROUP.format(21, "fe80::2"),
        GROUP.format(22, "fe80::3") + "     Dependents: (20)\n",
        GROUP.format(23, "fe80::4").replace("RefCnt: 1", "RefCnt: 0 Time to Deletion: 100"),
        "ID: 24 (zebra)\n     RefCnt: 1\n           is directly connected, Ethernet0 (vrf default)\n",
    ]
    said = {"show nexthop-group rib": "".join(groups), "show bgp nexthop": NEXT_HOPS}
    monkeypatch.setattr(aftermath, "asked", lambda _root, _daemon, command: said.get(command, ROUTES))
    assert unused(tmp_path) == [
        "zebra's group of next hops 21 (zebra) via fe80::2, Ethernet0 (vrf default) leads nowhere"
    ]
    assert freed(tmp_path) == ["bgpd's next hop 10.0.0.9 invalid, #paths 0, peer (null)"]
