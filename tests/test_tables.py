"""data/tables.yml: one record for each table, which everything else reads."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from sonicfab import tables
from sonicfab.builds import build_names, get_build
from sonicfab.frr import conf
from sonicfab.lab.sonic import gcu
from sonicfab.push import guarded
from sonicfab.push.comparison import Target, _drift
from sonicfab.schema.facts import schema_of

SRC = Path(__file__).parents[1] / "src" / "sonicfab"


def test_every_record_says_where_it_is_from() -> None:
    assert [name for name, one in tables.tables().items() if not one.source] == []
    assert {one.owner for one in tables.tables().values()} == {"fabric", "service", "operator"}


@pytest.mark.parametrize("build", build_names())
def test_every_table_and_field_of_a_record_is_one_that_the_models_know(build: str) -> None:
    schema = schema_of(build)
    if schema is None:
        pytest.skip(f"the models of {build} are not known")
    for name, one in tables.tables().items():
        if name in schema and one.create_only - {"*"}:
            fields = {field for part in schema[name].lists for field in (*part.fields, *part.keys)}
            assert one.create_only - {"*"} <= {getattr(field, "name", field) for field in fields} | {"local_addr"}, name


def test_tables_that_daemons_write_are_the_same_for_the_guard_and_the_lab() -> None:
    """generic_config_updater change_applier.py; guard.sh has them as a pattern, the lab as a tuple."""
    guard = (SRC / "switch" / "guard.sh").read_text()
    listed = re.search(r'"\\\(([A-Z_|\\]+)\\\)"', guard)
    assert listed
    assert set(listed[1].split(r"\|")) == tables.moving()
    assert set(gcu._DAEMONS_TABLES) == tables.moving()


def test_lines_of_the_host_are_no_difference_for_the_guard_either() -> None:
    """Else `log syslog debugging`, typed and gone with a restart of FRR, would have the guard reload the switch."""
    guard = (SRC / "switch" / "guard.sh").read_text()
    function = guard[guard.index("canonical() {") :].partition("\n}\n")[0] + "\n}\n"

    def canonical(text: str) -> str:
        script = f"{function}canonical frr"
        return subprocess.run(["sh", "-c", script], input=text, capture_output=True, text=True, check=True).stdout

    bgp = "router bgp 65001\n neighbor A peer-group\nexit\n"
    assert canonical(bgp) == "frr / router bgp 65001\nfrr / router bgp 65001 / neighbor A peer-group\n"
    for line in conf.HOST_LINES:
        assert conf.diff(bgp, f"{line}x\n{bgp}") == []
        assert canonical(f"{line}x\n{bgp}") == canonical(bgp), line
    inside = "router bgp 65001\n log x\nexit\n"  # these words begin other lines, too, below the top level
    assert canonical(inside) == "frr / router bgp 65001\nfrr / router bgp 65001 / log x\n"
    assert canonical(f"ip forwarding\n{bgp}") != canonical(bgp)
    config_db = '{\n    "hostname ": {}\n}\n'
    script = f"{function}canonical config_db"
    kept = subprocess.run(["sh", "-c", script], input=config_db, capture_output=True, text=True, check=True).stdout
    assert "hostname" in kept


def test_what_daemons_write_is_not_unlike_what_ran_before() -> None:
    """Seen as a push that ended `unknown`: buffermgrd had written another profile while the switch went back."""
    frr = "router bgp 65001\n neighbor A peer-group\nexit\n"
    before = SimpleNamespace(
        running={"BUFFER_PG": {"Ethernet0|3-4": {"profile": "pg_lossless_100000_5m_profile"}}, "PORT": {}},
        running_frr=frr,
    )
    after: Any = SimpleNamespace(
        running_config_db=lambda: {"BUFFER_PG": {"Ethernet0|3-4": {"profile": "pg_lossless_100000_40m_profile"}}},
        running_frr=lambda: frr,
    )
    assert guarded._unlike(after, before) == []  # type: ignore[arg-type]


def test_no_routing_mode_is_written_in_code() -> None:
    """Which mode keeps frr.conf is a fact of the build: `split-unified` here is `split` there."""
    kept = {get_build(name).routing_config_mode for name in build_names()}
    modes = "|".join(map(re.escape, sorted(kept | {"separated", "unified"})))
    literal = re.compile(rf"[\"'=]({modes})[\"' ]")
    # these speak for SONiC: what runs in a lab switch, and the start script of its bgp container
    sonics = ("lab/sonic/", "lab/container.py")
    files = [one for one in SRC.rglob("*.py") if not one.relative_to(SRC).as_posix().startswith(sonics)]
    found = [f"{one.relative_to(SRC)}: {hit[0]}" for one in files for hit in literal.finditer(one.read_text())]
    assert len(files) > 100
    assert found == []


@pytest.mark.parametrize("build", build_names())
def test_an_unsaved_shutdown_is_seen_on_every_build(build: str) -> None:
    """On Edgecore's builds it was undone without a word: their mode that keeps frr.conf is another one."""
    frr = "router bgp 65001\n neighbor A peer-group\nexit\n"
    by_hand = "router bgp 65001\n neighbor A peer-group\n neighbor A shutdown\nexit\n"
    config = {"DEVICE_METADATA": {"localhost": {"docker_routing_config_mode": get_build(build).routing_config_mode}}}
    target = Target("leaf1", config, frr, {"DEVICE_METADATA"})
    assert _drift(config, config, by_hand, frr, target) == ["frr: + router bgp 65001 / neighbor A shutdown"]
