"""Configs by NAPALM's driver on a running switch: candidates, commits, confirmations and ways back."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from conftest import Run
from labs import LEAF1, Lab, booted, needs_lab, rendered

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
TIMERS = "router bgp 65404\n neighbor FABRIC timers 2 6\nexit\n"


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
        arguments = {**options(lab), "journal_dir": str(journal), **changed}
        driver = napalm.get_network_driver("sonic")("127.0.0.1", "admin", "", timeout=30, optional_args=arguments)
        driver.open()
        opened.append(driver)
        return driver

    yield connect
    for one in opened:
        one.close()


def options(lab: Lab) -> dict[str, Any]:
    state = lab.state
    return {
        "port": state.node(LEAF1).port,
        "key_file": str(state.key),
        "known_hosts": str(state.known_hosts),
        "allow_agent": False,
        "use_ssh_config": False,
    }


def parts(driver: Any, which: str = "running") -> tuple[dict[str, Any], str]:
    """config_db.json and frr.conf of get_config."""
    text = driver.get_config(retrieve=which)[which]
    _, config_db, frr = re.split(r"^! /etc/sonic/.*\n", text, flags=re.MULTILINE)
    return json.loads(config_db), frr


def texts(driver: Any) -> tuple[str, str]:
    """What runs and what is stored."""
    got = driver.get_config()
    return got["running"], got["startup"]


def test_x(leaf: Open) -> None:
    one = leaf()
    print(parts(one)[1])
    t = time.monotonic()
    one.load_replace_candidate(config=one.get_config()["running"])
    print("load", time.monotonic() - t)
    t = time.monotonic()
    print("diff", one.compare_config(), time.monotonic() - t)
    one.load_merge_candidate(config=json.dumps(PORT))
    print("diff", one.compare_config(), time.monotonic() - t)
    t = time.monotonic()
    one.commit_config("hello")
    print("commit", time.monotonic() - t)
    print("diff", repr(one.compare_config()), time.monotonic() - t)
    assert 0
