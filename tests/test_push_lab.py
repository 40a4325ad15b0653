"""The safe push on a running fabric: nothing that is not named flaps, a canary that fails goes back alone, regrets."""

from __future__ import annotations

import itertools
import json
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from conftest import ROOT, Run
from dasks import cluster
from labs import Lab, booted, copied, needs_lab
from patience import communicate, until

pytestmark = needs_lab

SPINES = ["dc1-spine1", "dc1-spine2"]
LEAVES = ["dc1-leaf1", "dc1-leaf2", "dc1-leaf3", "dc1-leaf4"]
FILES = ("inventories/dc-2x4.yml", "topologies/dc-2x4.yml", "topologies/dc-2x4.numbers.yml")
Edit = Callable[[str], str]


@pytest.fixture(scope="module")
def fabric(sonicfab: Run, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """Two spines and four leaves that run the example, their files free to be edited."""
    folder = tmp_path_factory.mktemp("dc")
    files = copied(folder, *FILES)
    assert sonicfab("render", *files, "-o", folder / "build").returncode == 0
    options = ("--from", folder / "build" / "dc-2x4", "--swss-ready-after", "1")
    with booted(sonicfab, "dc", "", *options, files=files) as lab:
        good(lab)
        yield lab


@pytest.fixture(autouse=True)
def _as_it_was(fabric: Lab) -> Iterator[None]:
    """Each test leaves the fabric on the example's config."""
    kept = [Path(name).read_text() for name in fabric.files[1::2]]
    yield
    for name, text in zip(fabric.files[1::2], kept, strict=True):
        Path(name).write_text(text)
    assert push(fabric, "--overwrite-drift", "--batch", 6, "--no-canary")["switches"]


def edit(lab: Lab, **edits: Edit) -> None:
    """Change the inventory or the topology of the lab."""
    for name, change in edits.items():
        path = Path(lab.files[1 if name == "inventory" else 3])
        before = path.read_text()
        path.write_text(change(before))
        assert path.read_text() != before


def good(lab: Lab) -> None:
    done = lab.verify()
    assert done.returncode == 0, done.stdout


def push(lab: Lab, *options: object, code: int = 0, command: str = "push") -> dict[str, Any]:
    """What a push says of itself."""
    yes = ["--yes"] if "--dry-run" not in options and command != "plan" else []
    done = lab.sonicfab(command, *yes, "--format", "json", *options, cwd=Path(lab.files[1]).parent)
    assert done.returncode == code, f"{done.returncode}\n{done.stdout}\n{done.stderr}"
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def by_switch(result: dict[str, Any], field: str) -> dict[str, Any]:
    return {one["switch"]: one[field] for one in result["switches"]}


def sessions(lab: Lab) -> dict[tuple[str, str, str], int]:
    """(switch, peer, family) -> how often it came up, of those that are up."""
    found: dict[tuple[str, str, str], int] = {}
    for switch in (*SPINES, *LEAVES):
        summary = json.loads(lab.inside(switch, "vtysh -c 'show bgp summary json'").out)
        for family, facts in summary.items():
            for peer, one in facts["peers"].items():
                if one["state"] == "Established":
                    found[switch, peer, family] = one["connectionsEstablished"]
    return found


def loopback(number: int) -> str:
    return f"10.120.255.{number}"


class Pings:
    """Pings between all leaves' loopbacks for as long as the block lasts; `lost` counts afterwards.

    Between them they use every spine: one flow keeps to one of its paths.
    """

    def __init__(self, lab: Lab) -> None:
        self._lab = lab
        self.lost: dict[tuple[str, str], int] = {}
        addresses = {leaf: self._loopback(leaf) for leaf in LEAVES}
        self._running = {
            (one, other): self._begun(one, addresses[one], addresses[other])
            for one, other in itertools.combinations(LEAVES, 2)
        }

    def _begun(self, leaf: str, source: str, target: str) -> subprocess.Popen[str]:
        script = f"exec ping -n -q -i 0.05 -I {source} {target}"
        command = [*self._lab.state.enter(leaf), "sh", "-c", script]
        return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)

    def _loopback(self, switch: str) -> str:
        rows = self._lab.config_db(switch)["LOOPBACK_INTERFACE"]
        return next(key.split("|")[1].split("/")[0] for key in rows if "|" in key and "." in key)

    def __enter__(self) -> Pings:  # noqa: PYI034 - Self needs Python 3.11
        return self

    def __exit__(self, *_error: object) -> None:
        for leaf in LEAVES:
            self._lab.inside(leaf, "pkill -INT -x ping")
        for pair, process in self._running.items():
            said, _ = communicate(process, 20)
            numbers = next(line for line in said.splitlines() if "packets transmitted" in line).split()
            assert int(numbers[0]) > 20, said
            self.lost[pair] = int(numbers[0]) - int(numbers[3])


# what is not named does not flap


def test_a_line_is_changed_and_nothing_flaps(fabric: Lab) -> None:
    before = sessions(fabric)
    assert len(before) == 2 * 2 * 8, "each link has a session of each family, seen from both ends"
    edit(fabric, topology=lambda text: text.replace("description: storage", "description: storage9"))
    with Pings(fabric) as pings:
        result = push(fabric)
    assert by_switch(result, "state") == {
        **dict.fromkeys([*SPINES, "dc1-leaf3", "dc1-leaf4"], "unchanged"),
        **dict.fromkeys(["dc1-leaf1", "dc1-leaf2"], "changed"),
    }
    assert by_switch(result, "way")["dc1-leaf1"] == "patch+frr-delta"
    assert by_switch(result, "interrupts")["dc1-leaf1"] == []
    assert sessions(fabric) == before
    assert not any(pings.lost.values()), pings.lost
    assert {change.partition(" ")[0] for change in by_switch(result, "changes")["dc1-leaf1"]} <= {"~", "frr:", "stored"}


def test_a_new_prefix_is_an_frr_delta(fabric: Lab) -> None:
    before = sessions(fabric)
    edit(fabric, topology=lambda text: text.replace("ipv4: 10.121.0.0/16", "ipv4: [10.121.0.0/16, 10.122.0.0/16]"))
    with Pings(fabric) as pings:
        result = push(fabric, "--batch", 4)
    assert set(by_switch(result, "way").values()) == {"frr-delta"}
    assert sessions(fabric) == before
    assert not any(pings.lost.values()), pings.lost
    good(fabric)


def test_a_leaf_that_comes_touches_its_spines_alone(fabric: Lab) -> None:
    edit(
        fabric,
        topology=without_leaf4,
        inventory=lambda text: "\n".join(line for line in text.splitlines() if "dc1-leaf4:" not in line),
    )
    gone = push(fabric, "--limit", "spine")
    others = {key: value for key, value in sessions(fabric).items() if "leaf4" not in key[0]}
    assert by_switch(gone, "state") == dict.fromkeys(SPINES, "changed")
    copied(Path(fabric.files[1]).parents[1], *FILES)
    result = push(fabric, command="plan", code=5)
    assert by_switch(result, "state") == {**dict.fromkeys(LEAVES, "unchanged"), **dict.fromkeys(SPINES, "would change")}
    assert not any(by_switch(result, "resets").values())
    push(fabric)
    good(fabric)
    now = sessions(fabric)
    assert {key: now[key] for key in others} == others, "no other session came up anew"


def without_leaf4(text: str) -> str:
    lines = [line for line in text.splitlines() if "dc1-leaf4: Ethernet12" not in line]
    return "\n".join(lines).replace("[dc1-leaf3, dc1-leaf4]", "[dc1-leaf3]")


# steps, canary, drain


def deny_everything(folder: Path) -> Path:
    """Templates that are valid, and with which no switch takes a route from another."""
    (folder / "frr").mkdir(parents=True)
    text = (ROOT / "templates" / "frr" / "route_maps.j2").read_text()
    (folder / "frr" / "route_maps.j2").write_text(
        text.replace("in policy.lists %}", 'in ([] if policy.name == "FROM-FABRIC" else policy.lists) %}')
    )
    return folder


def test_a_canary_that_fails_goes_back_and_the_rest_is_not_begun(fabric: Lab, tmp_path: Path) -> None:
    before = {switch: fabric.inside(switch, "vtysh -c 'show running-config'").out for switch in (*SPINES, *LEAVES)}
    flaps = sessions(fabric)
    result = push(fabric, "--templates", deny_everything(tmp_path / "mine"), "--confirm-within", 60, code=6)
    states = by_switch(result, "state")
    assert states == {**dict.fromkeys([*SPINES, *LEAVES], "not begun"), "dc1-leaf1": "rolled back"}
    assert "received prefixes and does not" in by_switch(result, "error")["dc1-leaf1"]
    for switch, config in before.items():
        assert fabric.inside(switch, "vtysh -c 'show running-config'").out == config
        assert fabric.inside(switch, "ls -d /etc/sonic/sonicfab/guard").code != 0
    assert sessions(fabric) == flaps
    for switch in ("dc1-leaf2", *SPINES):
        assert fabric.inside(switch, "ls /etc/sonic/sonicfab/backup 2>/dev/null").out.find(result["push"]) < 0


def test_a_drained_spine_loses_no_packet(fabric: Lab, tmp_path: Path) -> None:
    edit(fabric, topology=lambda text: text.replace("maximum_paths: 16", "maximum_paths: 8"))
    with Pings(fabric) as pings:
        result = push(
            fabric, "--limit", "dc1-spine1", "--drain", "--way", "restart-bgp", "--html", tmp_path / "page.html"
        )
    assert by_switch(result, "state") == {"dc1-spine1": "changed"}
    assert f"Push {result['push']}" in (tmp_path / "page.html").read_text()
    assert not any(pings.lost.values()), pings.lost
    journal = Path(fabric.files[1]).parent / "build" / "dc-2x4" / "push" / result["push"] / "journal.jsonl"
    steps = {one["step"]: one for one in map(json.loads, journal.read_text().splitlines())}
    assert steps["drained"]["stays"] == 8, "its own loopback of both families, at four leaves"
    assert "graceful-shutdown" not in fabric.inside("dc1-spine1", "vtysh -c 'show running-config'").out


# regrets


def test_rollback_and_rollback_to(fabric: Lab) -> None:
    def description() -> str:
        text: str = fabric.config_db("dc1-leaf1")["PORT"]["Ethernet0"]["description"]
        return text

    original = description()
    ids = []
    for word in ("one", "two"):
        edit(
            fabric,
            topology=lambda text, word=word: text.replace(  # type: ignore[misc]
                "description: storage" if word == "one" else "description: one", f"description: {word}"
            ),
        )
        ids.append(push(fabric)["push"])
    assert description() == "two"
    undone = push(fabric, command="rollback")
    assert by_switch(undone, "state") == {"dc1-leaf1": "changed", "dc1-leaf2": "changed"}
    assert description() == "one"
    push(fabric, "--to", ids[0], command="rollback")
    assert description() == original
    checked = fabric.verify(30, "--check", "bgp,route,ping")
    assert checked.returncode == 0, checked.stdout


def test_a_change_by_hand_is_not_overwritten_unasked(fabric: Lab) -> None:
    assert fabric.inside("dc1-leaf2", "vtysh -c 'configure terminal' -c 'ip route 203.0.113.0/24 blackhole'").code == 0
    result = push(fabric, code=3)
    assert by_switch(result, "state")["dc1-leaf2"] == "refused"
    assert "ip route 203.0.113.0/24 blackhole" in by_switch(result, "error")["dc1-leaf2"]
    assert by_switch(push(fabric, "--overwrite-drift"), "way")["dc1-leaf2"] == "frr-delta"


def test_a_worker_that_is_killed_changes_nothing_twice(fabric: Lab, tmp_path: Path) -> None:
    """Two workers do the work of a push, and then of a verify; one dies each time while it is at it."""
    pytest.importorskip("distributed")
    from distributed import Client

    before = sessions(fabric)
    edit(fabric, topology=lambda text: text.replace("ipv4: 10.121.0.0/16", "ipv4: [10.121.0.0/16, 10.123.0.0/16]"))
    with cluster(tmp_path) as workers:
        for name in ("one", "two"):
            workers.add(name)
        workers.wait()

        def killed(command: str, name: str, *options: object) -> dict[str, Any]:
            """What a command says of itself one of whose workers is killed when it is at it: at a change, in a push."""
            begun = fabric.begun(command, "--format", "json", "--scheduler", workers.address, *options)
            with Client(workers.address, set_as_default=False) as client:
                address = next(at for at, one in client.scheduler_info()["workers"].items() if one["id"] == name)

                def busy() -> bool:
                    noted = [one.read_text() for one in (tmp_path / "out").glob("*/push/*/journal.jsonl")]
                    far = command == "verify" or any('"applying"' in one for one in noted)
                    return far and any(key.startswith("do-") for key in client.processing().get(address, ()))

                until(lambda: busy() or begun.poll() is not None, 60)
                assert begun.poll() is None, "it is killed in the middle"
                workers.kill(name)
            said, errors = communicate(begun, 90)
            assert begun.returncode == 0, f"{said}\n{errors}"
            assert "Traceback" not in errors
            result: dict[str, Any] = json.loads(said)
            return result

        result = killed("push", "one", "--yes", "--batch", 6, "--no-canary", "-o", tmp_path / "out")
        assert by_switch(result, "state") == dict.fromkeys([*SPINES, *LEAVES], "changed")
        (journal,) = (tmp_path / "out").glob("*/push/*/journal.jsonl")
        steps = [json.loads(line) for line in journal.read_text().splitlines()]
        for switch in (*SPINES, *LEAVES):
            mine = [one["step"] for one in steps if one["switch"] == switch]
            assert (mine.count("arming"), mine.count("applying"), mine.count("confirmed")) == (1, 1, 1), mine
            assert "restoring" not in mine
            record = fabric.inside(switch, f"cat /etc/sonic/sonicfab/ended/{journal.parent.name}/record").out
            assert "state=confirmed" in record
            assert "begun=frr \n" in record
            kept = fabric.inside(switch, f"cat /etc/sonic/sonicfab/backup/{journal.parent.name}/frr.conf").out
            assert "10.123.0.0/16" not in kept, "what was before the push, and not in the middle of it"
            assert "10.123.0.0/16" in fabric.inside(switch, "vtysh -c 'show running-config'").out
        assert sessions(fabric) == before
        workers.add("three")
        workers.wait()
        verified = killed("verify", "two", "--timeout", 60)
        assert verified["counts"]["failed"] == verified["counts"]["unreached"] == 0
        assert {one["switch"] for one in verified["results"]} == {*SPINES, *LEAVES}
