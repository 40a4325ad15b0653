"""What docs/architecture.md promises: a thing of each kind is added in ten minutes, and nobody else must be told.

One of each is added to a copy of this tree. There the program has them, and the tests that hold lists pass: those of
the docs and the golden files are written anew by themselves, as `make golden` does, and none is edited by hand.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from conftest import ROOT, Golden, with_rows

FACTS = "src/sonicfab/data"


@dataclass(frozen=True)
class Addition:
    """What somebody writes to add a thing of a kind.

    Attributes:
        new: file -> its text.
        lines: file -> a line that is there, and the lines to write above it.
    """

    what: str
    new: Mapping[str, str]
    lines: Mapping[str, tuple[tuple[str, str], ...]] = field(default_factory=dict)

    @property
    def size(self) -> int:
        """Lines that are added."""
        return sum(
            len(text.splitlines())
            for text in (*self.new.values(), *(text for pairs in self.lines.values() for _, text in pairs))
        )

    def apply(self, tree: Path) -> None:
        for name, text in self.new.items():
            assert not (tree / name).exists()
            (tree / name).write_text(text)
        for name, pairs in self.lines.items():
            for line, text in pairs:
                whole = (tree / name).read_text()
                assert whole.count(f"\n{line}") == 1, f"{name}: {line}"
                (tree / name).write_text(whole.replace(f"\n{line}", f"\n{text}{line}"))


MODEL = Addition(
    "a switch model",
    {
        f"{FACTS}/platforms/as7712-32x.yml": """\
# Edgecore AS7712-32X (Accton), 32 x 100G: sonic-buildimage device/accton/x86_64-accton_as7712_32x-r0
name: as7712-32x
model: Edgecore AS7712-32X (Accton)
platform: x86_64-accton_as7712_32x-r0
hwsku: Accton-AS7712-32X
asic: broadcom
modules: accton
fec: {100000: rs}
speeds:
  100000: [100000, 40000]
port_tables:
  community:
"""
        + "".join(
            f"    Ethernet{4 * n}: {{lanes: {list(range(4 * n + 1, 4 * n + 5))}, alias: hundredGigE{n + 1}, "
            f"index: {n + 1}, speed: 100000}}\n"
            for n in range(32)
        )
    },
)
NEWEST = "community-202605"
BUILD = Addition(
    "an image build",
    {
        f"{FACTS}/builds/community-202611.yml": (ROOT / f"{FACTS}/builds/{NEWEST}.yml")
        .read_text()
        .replace("follows: community-202511", f"follows: {NEWEST}")
        .replace("name: community-202605", "name: community-202611")
        .replace('branch: "202605"', 'branch: "202611"')
        .replace("version_202605", "version_202611")
    },
)
CHECK = Addition(
    "a check of `verify`",
    {
        "src/sonicfab/verify/checks/docker.py": '''\
"""`docker`: every container that SONiC starts is there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from sonicfab.switch.ask import Answers, Question
from sonicfab.verify.check import Check, Seen, Wanted
from sonicfab.verify.expect import Expectations
from sonicfab.verify.results import Problem

NAMES = Question("containers", "sudo -n docker ps --format '{{.Names}}'", str.split)


class Docker(Check[None]):
    """The containers that a fabric needs run."""

    what = "containers"
    counted = ("container", "containers")
    severity = "config"
    shows = mend = "sudo docker ps --all"

    def questions(self, expected: Expectations) -> Iterable[Question[Any]]:
        """See Check."""
        return (NAMES,)

    def wanted(self, expected: Expectations) -> Iterator[Wanted[None]]:
        """Those without which nothing else can be as intended."""
        return (Wanted(None, name, "it runs") for name in ("bgp", "database", "lldp", "swss", "syncd"))

    def judge(self, expected: Expectations, one: Wanted[None], answers: Answers) -> Seen:
        """By its name."""
        return Seen("it runs") if one.subject in answers.get(NAMES) else Seen("it does not run", Problem.UNMET)
''',
    },
)
TABLE = Addition(
    "a config_db table",
    {
        "templates/config_db/crm.yml.j2": """\
CRM:
  Config:
    polling_interval: "300"
{# tables:
CRM: {owner: fabric, source: sonic-crm.yang}
#}
"""
    },
)
SERVICE = Addition(
    "a service",
    {
        "src/sonicfab/model/services/ldap.py": '''\
"""LDAP."""

from __future__ import annotations

from pydantic import Field

from sonicfab.model.fields import HostName, OneOrMany, Secret, Strict
from sonicfab.model.services import Service, given


class Ldap(Strict):
    """Who may log in is asked there."""

    servers: OneOrMany[HostName] | None = given("LDAP servers; an empty list says none.")
    key: Secret | None = given("Reference to the key that they share with the switch.")


class LdapClient(Service):
    """The client of the switch."""

    ldap: Ldap = Field(default=Ldap(), description="LDAP.")
''',
        "templates/config_db/ldap.yml.j2": """\
{% if switch.services.ldap.key %}
LDAP:
  global:
    bind_password: {{ switch.services.ldap.key | secret("LDAP key") | tojson }}
{% endif %}
{% if switch.services.ldap.servers is not none %}

LDAP_SERVER:
{% for server in switch.services.ldap.servers %}
  {{ server }}: {priority: "1"}
{% else %}
  {}
{% endfor %}
{% endif %}
{# tables:
LDAP: {owner: service, source: sonic-system-ldap.yang}
LDAP_SERVER: {owner: service, source: sonic-system-ldap.yang}
#}
""",
    },
)
COMMAND = Addition(
    "a command",
    {
        "src/sonicfab/cli/roles.py": '''\
"""`sonicfab roles`."""

from __future__ import annotations

from sonicfab.cli.options import Inventory, Topology


def roles(inventory: Inventory, topology: Topology) -> None:
    """List the switches of a fabric by their roles.

    Example: sonicfab roles -i inventories/scs-lab.yml -t topologies/spine-leaf-1x2.yml
    """
    from sonicfab.cli.options import open_site
    from sonicfab.report.console import say

    for switch in open_site(inventory, topology).switches:
        say(f"{switch.role} {switch.name}")
''',
    },
    {
        "src/sonicfab/cli/app.py": (
            ("from sonicfab.errors import ExitCode", "from sonicfab.cli.roles import roles\n"),
            ("app.command()(verify.verify)", "app.command()(roles)\n"),
        )
    },
)
ADDITIONS = (MODEL, BUILD, CHECK, TABLE, COMMAND, SERVICE)

INVENTORY = """\
defaults:
  platform: as7712-32x
  image_build: community-202611
  management: {gateway: 192.0.2.1}
  ldap: {servers: 192.0.2.5, key: "file:key"}
devices:
  spine1: {role: spine, mac: "02:00:5e:10:01:00", management: {address: 192.0.2.11/24}}
  leaf1: {role: leaf, mac: "02:00:5e:20:01:00", management: {address: 192.0.2.21/24}}
"""
TOPOLOGY = """\
name: new
asn: {spine: 65500, leaf: 65401-65499}
loopbacks: {ipv4: 10.130.255.0/24, ipv6: "fd00:130:ff::/64"}
links:
  - {link: "spine1:Ethernet0 - leaf1:Ethernet124"}
"""
LISTS = ("tests/test_house.py", "tests/test_golden.py", "tests/test_builds.py", "tests/test_tables.py")
"""Files of tests that hold lists of what there is, and parts of others that do."""
PARTS = (
    "tests/test_pieces.py",
    "tests/test_cli.py",
    "tests/test_verify.py",
    "tests/test_readme.py",
    "tests/test_switch_contract.py",
)
CHOSEN = (
    "files or edgecore_images or help or healthy or docs or called or told or test_house or test_golden or test_tables"
)
"""Of all these; of test_builds what needs no start of the program for every build."""


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of this checkout with all of it."""
    tree = tmp_path_factory.mktemp("tree")
    for name in ("src", "templates", "inventories", "topologies", "tests", "docs"):
        shutil.copytree(ROOT / name, tree / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "Makefile"):
        shutil.copy(ROOT / name, tree / name)
    for one in ADDITIONS:
        one.apply(tree)
    (tree / "inventory.yml").write_text(INVENTORY)
    (tree / "topology.yml").write_text(TOPOLOGY)
    (tree / "key").write_text("secretword\n")
    return tree


def run(tree: Path, *words: str) -> str:
    """What a program of this environment prints; its sonicfab is that of the copy."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    own |= {"PYTHONPATH": os.pathsep.join([str(tree / "src"), os.environ["PYTHONPATH"]]), "COLUMNS": "100"}
    done = subprocess.run(
        [sys.executable, "-m", *words], cwd=tree, env=own, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
    return done.stdout


def test_nobody_else_must_be_told(tree: Path) -> None:
    chosen = ["-k", CHOSEN, "-m", "not lab", "-n", "0", "-p", "no:cacheprovider", "--update-golden"]
    told = run(tree, "pytest", "-q", *chosen, *LISTS, *PARTS)
    assert " passed" in told
    run(tree, "ruff", "check", "--no-cache", "src")


def test_the_program_has_them(tree: Path) -> None:
    files = ("-i", "inventory.yml", "-t", "topology.yml")
    shown = json.loads(run(tree, "sonicfab", "builds", "show", "community-202611", "--format", "json"))["build"]
    assert shown["follows"] == NEWEST
    assert shown["platforms"]["as7712-32x"]["works"]
    older = json.loads(run(tree, "sonicfab", "builds", "show", "community-202511", "--format", "json"))["build"]
    assert not older["platforms"]["as7712-32x"]["works"], "its image carries no modules of this model"
    run(tree, "sonicfab", "render", *files)
    config = json.loads((tree / "build/new/leaf1/config_db.json").read_text())
    assert config["PORT"]["Ethernet124"]["fec"] == "rs"
    assert config["CRM"] == {"Config": {"polling_interval": "300"}}
    assert config["LDAP"] == {"global": {"bind_password": "secretword"}}
    assert config["LDAP_SERVER"] == {"192.0.2.5": {"priority": "1"}}
    assert (tree / "build/new/leaf1/config_db.json").stat().st_mode & 0o777 == 0o600
    run(tree, "sonicfab", "--allow-secrets", "mask", "render", *files)
    assert "secretword" not in (tree / "build/new/leaf1/config_db.json").read_text()
    told = run(tree, "sonicfab", "explain", *files, "leaf1", "LDAP_SERVER", "192.0.2.5")
    assert "ldap.yml.j2" in told
    assert "docker" in run(tree, "sonicfab", "verify", "--help").partition("Only these checks:")[2][:120]
    assert "crm.yml.j2" in run(tree, "sonicfab", "explain", *files, "leaf1", "CRM|Config", "polling_interval")
    assert run(tree, "sonicfab", "roles", *files) == "leaf leaf1\nspine spine1\n"


def test_what_it_takes_is_told(golden: Golden) -> None:
    page = ROOT / "docs" / "architecture.md"
    rows = [
        f"| {one.what} | {', '.join(f'`{name}`' for name in (*one.new, *one.lines))} | {one.size} |"
        for one in ADDITIONS
    ]
    golden(page, with_rows(page, "added", rows))
