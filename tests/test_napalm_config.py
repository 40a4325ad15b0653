"""Configs by NAPALM's driver on a running switch: candidates, commits, confirmations and ways back."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from conftest import Run
from labs import LEAF1, Lab, booted, needs_lab, rendered
from labs_napalm import options
from patience import until

napalm = pytest.importorskip("napalm", reason="the extra `napalm` is not installed")

from napalm.base.exceptions import (  # noqa: E402 - after the skip
    CommitConfirmException,
    CommitError,
    MergeConfigException,
    ReplaceConfigException,
)

pytestmark = [*needs_lab, pytest.mark.slow]
Open = Callable[..., Any]

PORT = {"PORT": {"Ethernet1": {"description": "server 1"}}}
TIMERS = "router bgp 65404\n neighbor HOST timers 2 6\nexit\n"


@pytest.fixture(scope="module")
def lab(sonicfab: Run, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    folder = tmp_path_factory.mktemp("out")
    rendered(sonicfab, folder)
    with booted(
        sonicfab, "napalmconf", "scs-lab", "--swss-ready-after", "0", "--from", folder / "spine-leaf-1x2"
    ) as one:
        yield one


@pytest.fixture(scope="module")
def journal(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("journal") / "leaf"


@pytest.fixture
def leaf(lab: Lab, journal: Path) -> Iterator[Open]:
    """Opens drivers of the leaf."""
    opened: list[Any] = []

    def connect(**changed: Any) -> Any:
        arguments = {**options(lab, LEAF1), "journal_dir": str(journal), **changed}
        driver = napalm.get_network_driver("sonic")("127.0.0.1", "admin", "", timeout=30, optional_args=arguments)
        driver.open()
        opened.append(driver)
        return driver

    yield connect
    for one in opened:
        one.close()


def parts(driver: Any, which: str = "running") -> tuple[dict[str, Any], str]:
    """config_db.json and frr.conf of get_config."""
    text = driver.get_config(retrieve=which)[which]
    _, config_db, frr = re.split(r"^! /etc/sonic/.*\n", text, flags=re.MULTILINE)
    return json.loads(config_db), frr


def texts(driver: Any) -> tuple[str, str]:
    """What runs and what is stored."""
    got = driver.get_config()
    return got["running"], got["startup"]


def inside(lab: Lab, command: str) -> str:
    done = lab.inside(LEAF1, command)
    assert done.code == 0, done
    return done.out


def untouched(lab: Lab) -> str:
    """All that a commit could have changed, and whether a guard is there."""
    return inside(
        lab,
        "cat /etc/sonic/config_db.json /etc/sonic/frr/frr.conf; sonic-cfggen -d --print-data; "
        "vtysh -c 'show running-config'; ls -d /etc/sonic/sonicfab/guard 2> /dev/null || echo none",
    )


def test_what_get_config_returns_can_be_loaded_again(leaf: Open) -> None:
    one = leaf()
    running = one.get_config()["running"]
    for load in (one.load_replace_candidate, one.load_merge_candidate):
        load(config=running)
        assert one.compare_config() == ""
    one.commit_config()  # nothing to do: no guard, and nothing that a rollback would take back
    one.rollback()
    one.load_replace_candidate(config=running)
    assert parts(one, "candidate")[0] == parts(one)[0]
    assert parts(one, "candidate")[1] == parts(one, "startup")[1]  # the file stays, for it means the same
    one.discard_config()
    assert one.get_config()["candidate"] == ""
    with pytest.raises(ReplaceConfigException, match=r"has masked secrets .* without sanitized=True"):
        one.load_replace_candidate(config=one.get_config(sanitized=True)["running"] + "! ********\n")


def test_a_merge_of_both_files_is_shown_committed_and_rolled_back(lab: Lab, leaf: Open, journal: Path) -> None:
    one = leaf()
    before = texts(one)
    one.load_merge_candidate(config=json.dumps(PORT))
    one.load_merge_candidate(config=TIMERS)
    shown = """\
~ PORT|Ethernet1 description: host -> server 1
frr: - router bgp 65404 / neighbor HOST timers 3 9
frr: + router bgp 65404 / neighbor HOST timers 2 6
stored config_db.json differs
stored frr.conf differs"""
    assert one.compare_config() == shown
    config_db, frr = parts(one, "candidate")
    assert config_db["PORT"]["Ethernet1"]["description"] == "server 1"
    assert " neighbor HOST timers 2 6\n" in frr
    assert texts(one) == before
    one.commit_config(message="timers of hosts")
    assert one.compare_config() == ""
    assert not one.has_pending_commit()
    for which in ("running", "startup"):
        config_db, frr = parts(one, which)
        assert config_db["PORT"]["Ethernet1"]["description"] == "server 1"
        assert " neighbor HOST timers 2 6\n" in frr
    (kept,) = (one for one in journal.iterdir() if one.is_dir())
    assert journal.stat().st_mode & 0o777 == 0o700
    assert json.loads((kept / "push.json").read_text())["holder"].endswith("by NAPALM: timers of hosts")
    again = leaf()  # it knows nothing of that commit
    again.rollback()
    assert parts(again) == parts_of(before[0])
    assert parts(again, "startup")[1] == parts_of(before[1])[1]
    assert again.get_config()["candidate"] == ""


def parts_of(text: str) -> tuple[dict[str, Any], str]:
    _, config_db, frr = re.split(r"^! /etc/sonic/.*\n", text, flags=re.MULTILINE)
    return json.loads(config_db), frr


def test_a_whole_config_replaces(leaf: Open, tmp_path: Path, journal: Path) -> None:
    one = leaf()
    config_db, frr = parts(one)
    config_db["PORT"]["Ethernet2"]["description"] = "server 2"
    config_db["VLAN"] = {"Vlan100": {"vlanid": "100"}}
    config_db["DEVICE_METADATA"]["localhost"]["deployment_id"] = "7"  # read at a start alone: this one is a reload
    del config_db["SYSLOG_SERVER"]
    file = tmp_path / "leaf.conf"
    new = frr.replace(" neighbor SPINE timers connect 10\n", " neighbor SPINE timers connect 9\n")
    file.write_text(f"! /etc/sonic/config_db.json\n{json.dumps(config_db)}\n! /etc/sonic/frr/frr.conf\n{new}")
    one.load_replace_candidate(filename=str(file))
    shown = one.compare_config().splitlines()
    assert "~ PORT|Ethernet2 description: host -> server 2" in shown
    assert "+ VLAN|Vlan100: vlanid=100" in shown
    assert any(line.startswith("- SYSLOG_SERVER|") for line in shown)
    assert "frr: + router bgp 65404 / neighbor SPINE timers connect 9" in shown
    one.commit_config()
    assert one.compare_config() == ""
    assert re.findall('"way": "([a-z]+)"', max(journal.iterdir()).joinpath("push.json").read_text()) == ["reload"]
    config_db, frr = parts(one)
    assert "SYSLOG_SERVER" not in config_db
    assert config_db["VLAN"] == {"Vlan100": {"vlanid": "100"}}
    assert " neighbor SPINE timers connect 9\n" in frr
    one.load_merge_candidate(config='{"VLAN": null, "PORT": {"Ethernet2": {"description": "host"}}}')
    assert one.compare_config().splitlines()[:2] == [
        "~ PORT|Ethernet2 description: server 2 -> host",
        "- VLAN|Vlan100: vlanid=100",
    ]


def test_a_commit_that_waits_is_confirmed_by_another_driver(lab: Lab, leaf: Open, tmp_path: Path) -> None:
    one = leaf()
    one.load_merge_candidate(config=TIMERS)
    one.commit_config(revert_in=60)
    assert one.has_pending_commit()
    assert "timers 2 6" in parts(one)[1]
    assert "timers 2 6" not in parts(one, "startup")[1]
    assert 50 < int(re.findall(r"seconds_left=(\d+)", inside(lab, "sh /etc/sonic/sonicfab/guard.sh status"))[0]) <= 60
    with pytest.raises(CommitError, match=r"commit or push \S+-napalm-confirm of .* is under way .*goes back in \d+ s"):
        one.commit_config()
    one.close()
    other = leaf(journal_dir=str(tmp_path / "elsewhere"))
    assert other.has_pending_commit()
    other.confirm_commit()
    assert not other.has_pending_commit()
    assert "timers 2 6" in parts(other, "startup")[1]
    with pytest.raises(CommitConfirmException, match="no commit waits for its confirmation"):
        other.confirm_commit()


def test_a_commit_that_waits_is_rolled_back_or_goes_back_by_itself(lab: Lab, leaf: Open, journal: Path) -> None:
    one = leaf()
    before = texts(one)
    more = TIMERS.replace("2 6", "4 12")
    one.load_merge_candidate(config=more)
    one.commit_config(revert_in=60)
    with max(journal.iterdir()).joinpath("journal.jsonl").open("a") as steps:  # as if it were cut off
        steps.write('{"switch": "127.0.0.1", "step": "applying"}\n')
    assert not one.has_pending_commit()
    with pytest.raises(CommitConfirmException, match="is being applied, or was cut off while it was"):
        one.confirm_commit()
    one.rollback()
    assert not one.has_pending_commit()
    assert texts(one) == before
    one.load_merge_candidate(config=more)
    one.commit_config(revert_in=2)
    until(lambda: not one.has_pending_commit() and texts(one) == before, 40)
    with pytest.raises(CommitConfirmException, match="its time was over"):
        one.confirm_commit()


@pytest.mark.parametrize(
    ("load", "text", "said"),
    [
        ("replace", "", "the candidate is empty"),
        ("replace", '{"PORT": }', r"not JSON.*line 1, column 10"),
        ("merge", '{"PORT": ["Ethernet1"]}', "SF-110 PORT: the table holds a list"),
        ("merge", '{"PORT": {"Ethernet1": {"mtu": "70000"}}}', "SF-104 PORT|Ethernet1 mtu: mtu is '70000'"),
        ("merge", '{"VLANS": {"Vlan100": {"vlanid": "100"}}}', "VLANS: .* has no such table"),
        ("merge", "router bgp 65404\n neighbor HOST frobnicate\n", "line 2, 'neighbor HOST frobnicate': not a line"),
        ("merge", '{"DEVICE_METADATA": {"localhost": {"docker_routing_config_mode": "separated"}}}', ""),
    ],
)
def test_what_does_not_fit_is_no_candidate(leaf: Open, load: str, text: str, said: str) -> None:
    one = leaf()
    if not said:  # fine by itself, but not with an frr.conf beside it
        one.load_merge_candidate(config=text)
        text, said = TIMERS.replace("2 6", "5 15"), "FRR does not start from frr.conf in the routing mode separated"
    error = {"replace": ReplaceConfigException, "merge": MergeConfigException}[load]
    with pytest.raises(error, match=said.replace("|", "[|]")):
        getattr(one, f"load_{load}_candidate")(config=text)


def test_what_frr_refuses_leaves_the_switch_as_it_is(lab: Lab, leaf: Open) -> None:
    one = leaf()
    before = untouched(lab)
    _, frr = parts(one)
    one.load_replace_candidate(config=frr.replace(" bgp log-neighbor-changes\n", " bgp log-neighbour-changes\n"))
    with pytest.raises(CommitError, match=r"FRR does not understand frr.conf: line \d+: .*; nothing was changed"):
        one.commit_config()
    assert untouched(lab) == before
    assert not one.has_pending_commit()


def test_changes_by_hand_are_not_swept_away(lab: Lab, leaf: Open) -> None:
    inside(lab, "sonic-db-cli CONFIG_DB hset 'PORT|Ethernet4' description mine")
    one = leaf()
    one.load_merge_candidate(config=json.dumps(PORT))
    said = "somebody has changed it and not saved that: ~ PORT[|]Ethernet4 description: host -> mine .*overwrite_drift"
    with pytest.raises(CommitError, match=said):
        one.commit_config()
    inside(lab, "sonic-db-cli CONFIG_DB hset 'PORT|Ethernet4' description host")


def test_no_secret_is_shown(leaf: Open) -> None:
    one = leaf()
    rows = {
        "TACPLUS": {"global": {"passkey": "geheim1", "auth_type": "pap"}},
        "SNMP_COMMUNITY": {"geheim2": {"TYPE": "RO"}},
    }
    one.load_merge_candidate(config=json.dumps(rows))
    one.load_merge_candidate(config="router bgp 65404\n neighbor SPINE password geheim3\nexit\n")
    shown = one.compare_config()
    assert shown.count("********") == 3
    assert "geheim" not in shown
    assert "passkey=********" in shown


def test_napalms_command_line(lab: Lab, tmp_path: Path) -> None:
    file = tmp_path / "port.json"
    file.write_text(json.dumps(PORT))
    given = {**options(lab, LEAF1), "journal_dir": str(tmp_path / "journal")}
    words = ",".join(f"{name}={value!r}" for name, value in given.items())
    login = ["--vendor", "sonic", "--user", "admin", "--password", "", "--optional_args", words]
    program = str(Path(sys.executable).with_name("napalm"))
    done = subprocess.run(
        [program, *login, "127.0.0.1", "configure", str(file), "--strategy", "merge", "--dry-run"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={**os.environ, "HOME": str(tmp_path)},
    )
    assert done.returncode == 0, done.stderr
    assert "~ PORT|Ethernet1 description: host -> server 1\n" in done.stdout
    assert lab.config_db(LEAF1)["PORT"]["Ethernet1"]["description"] == "host"
