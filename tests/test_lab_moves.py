"""From an unnumbered underlay to a numbered one and back, by patch and delta, and back by the guard of the switch."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator

import pytest

from conftest import Run
from labs import Lab, booted, needs_lab, rendered
from test_lab_underlays import BOTH, INVENTORY, V4, V6

pytestmark = needs_lab

TOPOLOGY = """\
name: moves
underlay: {underlay}
asn: {{spine: 65500, leaf: 65401-65499}}
loopbacks: {loopbacks}
bgp: {{connect_retry: 1}}
links: [spine1:Ethernet0 - leaf1:Ethernet48]
"""


@pytest.fixture(scope="module")
def labs(sonicfab: Run, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Lab]]:
    """The same lab with either underlay as what is intended; it runs the unnumbered one."""
    folder = tmp_path_factory.mktemp("moves")
    (folder / "inventory.yml").write_text(INVENTORY)
    files = {}
    for kind, underlay in (("unnumbered", "unnumbered"), ("numbered", f"{{{V4}, {V6}}}")):
        topology = folder / f"{kind}.yml"
        topology.write_text(TOPOLOGY.format(underlay=underlay, loopbacks=BOTH))
        files[kind] = ["-i", str(folder / "inventory.yml"), "-t", str(topology)]
        rendered(sonicfab, folder / kind, files=files[kind])  # it allots the numbers
    with booted(sonicfab, "moves", files=files["unnumbered"]) as lab:
        found = {kind: Lab(sonicfab, lab.name, given) for kind, given in files.items()}
        push(found["unnumbered"])
        yield found


def push(lab: Lab) -> dict[str, str]:
    """Push; the ways of the switches that changed."""
    done = lab.sonicfab("push", "--yes", "--format", "json")
    assert done.returncode == 0, done.stdout + done.stderr
    return {one["switch"]: one["way"] for one in json.loads(done.stdout)["switches"]}


def pushed_and_taken_back(lab: Lab) -> None:
    """A push of the leaf that is interrupted when the leaf runs all of it: the leaf goes back by its own guard."""
    with lab.begun("push", "--yes", "--limit", "leaf1") as process:
        assert process.stderr is not None
        for line in iter(process.stderr.readline, ""):
            if "leaf1: checking" in line:  # a changed policy is given 7 s there
                process.send_signal(signal.SIGINT)
                break
        rest = process.stderr.read()
    assert process.returncode != 0, rest
    assert "leaf1: restored" in rest, rest


def dangling(lab: Lab) -> dict[str, list[str]]:
    """Next hops whose neighbour was freed: the next link that goes down reads it (FRR 10.0.1: SIGSEGV)."""
    said = {switch: lab.inside(switch, "vtysh -c 'show bgp nexthop'").out for switch in ("leaf1", "spine1")}
    assert all("Current BGP nexthop cache" in one for one in said.values())
    return {switch: [line for line in text.splitlines() if "peer (null)" in line] for switch, text in said.items()}


NONE: dict[str, list[str]] = {"leaf1": [], "spine1": []}


@pytest.mark.parametrize("kind", ["numbered", "unnumbered"])
def test_no_next_hop_is_left_without_its_neighbour(labs: dict[str, Lab], kind: str) -> None:
    """The leaf goes there and, taken back, back; then both go."""
    lab = labs[kind]
    other = labs["unnumbered" if kind == "numbered" else "numbered"]
    assert other.verify(60).returncode == 0
    pushed_and_taken_back(lab)
    assert dangling(lab) == NONE
    assert other.verify(60).returncode == 0
    assert push(lab) == {"leaf1": "patch+frr-delta", "spine1": "patch+frr-delta"}
    assert dangling(lab) == NONE
    done = lab.verify(60)
    assert done.returncode == 0, done.stdout
