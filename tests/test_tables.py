"""data/tables.yml: one record for each table, which everything else reads."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from known import build_names, get_build
from sonicfab import tables
from sonicfab.ownership.daemons import made_of
from sonicfab.push.comparison import Target, _drift
from sonicfab.schema.facts import schema_of

SRC = Path(__file__).parents[1] / "src" / "sonicfab"


def test_every_record_says_where_it_is_from() -> None:
    assert [name for name, one in tables.tables().items() if not one.source] == []
    assert {one.owner for one in tables.tables().values()} == {"fabric", "service", "operator"}


@pytest.mark.parametrize("build", build_names())
def test_every_table_and_field_of_a_record_is_one_that_the_models_know(build: str) -> None:
    schema = schema_of(get_build(build))
    if schema is None:
        pytest.skip(f"the models of {build} are not known")
    for name, one in tables.tables().items():
        if name in schema and one.create_only - {"*"}:
            fields = {field for part in schema[name].lists for field in (*part.fields, *part.keys)}
            assert one.create_only - {"*"} <= {getattr(field, "name", field) for field in fields} | {"local_addr"}, name


def test_no_routing_mode_is_written_in_code() -> None:
    """Which mode keeps frr.conf is a fact of the build: `split-unified` here is `split` there."""
    kept = {get_build(name).routing_config_mode for name in build_names()}
    modes = "|".join(map(re.escape, sorted(kept | {"separated", "unified"})))
    literal = re.compile(rf"[\"'=]({modes})[\"' ]")
    # these speak for SONiC: what runs in a lab switch, and the start script of its bgp container; the last, of
    # ports that can be split
    sonics = ("lab/sonic/", "lab/container.py", "report/ports.py")
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


def test_a_route_that_a_row_makes_is_no_change_by_hand_where_a_rollback_intends_it() -> None:
    """Somebody has saved it with `write memory`, a push has written frr.conf without it, and it runs all along."""
    saved = "router bgp 65001\n neighbor A peer-group\nexit\n"
    runs = f"ip route 198.18.0.0/15 192.0.2.1 eth0 tag 1\n{saved}"
    mode = get_build("community-202411").routing_config_mode
    config = {
        "DEVICE_METADATA": {"localhost": {"docker_routing_config_mode": mode}},
        "STATIC_ROUTE": {"198.18.0.0/15": {"nexthop": "192.0.2.1", "ifname": "eth0"}},
    }
    target = Target("leaf1", config, runs, {"DEVICE_METADATA"}, made=made_of(config))
    assert _drift(config, config, runs, saved, target) == []
    other = runs.replace("tag 1", "tag 7")
    assert _drift(config, config, other, saved, target) == ["frr: + ip route 198.18.0.0/15 192.0.2.1 eth0 tag 7"]
