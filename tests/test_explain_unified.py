"""`sonicfab explain` of a switch that has its BGP from CONFIG_DB: rows for frrcfgd are explained as FRR lines are."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from conftest import ROOT
from labs import LEAF1
from sonicfab.errors import InputError
from sonicfab.explain.answer import Explained, everything, explain
from sonicfab.fabric import FabricFiles, read_fabric
from test_explain import bordered_fabric, traced


def unified_fabric(folder: Path) -> FabricFiles:
    """The example with its BGP from CONFIG_DB, and neighbours outside, as far as frrcfgd can say."""
    topology = Path(bordered_fabric(folder).topology.document.file).read_text()
    for old, new in (
        ("password: env:X, ", ""),
        ("local_preference: 200, metric: 5, prepend: 2, ", "metric: 5, "),
        (", policy: FROM-TRANSIT}\nredistribute", "}\nredistribute"),
    ):
        assert old in topology
        topology = topology.replace(old, new)
    start, end = topology.index("routes:"), topology.index("aggregates:")
    (folder / "topology.yml").write_text(f"{topology[:start]}{topology[end:]}bgp: {{source: config_db}}\n")
    return read_fabric(folder / "inventory.yml", folder / "topology.yml")


def test_nothing_rendered_is_unexplained(tmp_path: Path) -> None:
    """Each row says what it is for, and the places that are named hold what is said."""
    checked = 0
    for sources, trace in traced(unified_fabric(tmp_path)):
        found = everything(sources, trace)
        assert not [one for one in found if one.template is None]
        assert not [one for one in found if not one.origin.rule or "of the plan" in one.origin.rule]
        for given in (given for one in found for given in one.origin.given):
            line = Path(given.place.file).read_text().splitlines()[given.place.line - 1]
            assert given.written in line[given.place.column - 1 :], given
            checked += 1
    assert checked > 500


def test_rows_that_are_extra_or_left(tmp_path: Path) -> None:
    """What stands under `extra` says so, though the plan would have it otherwise; what is left is not there to ask."""
    more = (
        "ownership: planned\nleave: [BGP_NEIGHBOR name, PREFIX_SET]\nswitches:\n"
        f"  {LEAF1}:\n    extra:\n      config_db:\n        BGP_NEIGHBOR: {{default|Ethernet76: {{name: uplink}}}}\n"
    )
    text = (ROOT / "topologies" / "spine-leaf-1x2.yml").read_text().partition("\n# without these")[0]
    (tmp_path / "topology.yml").write_text(f"{text}\nbgp: {{source: config_db}}\n{more}")
    shutil.copy(ROOT / "inventories" / "scs-lab.yml", tmp_path / "inventory.yml")
    files = read_fabric(tmp_path / "inventory.yml", tmp_path / "topology.yml")

    def asked(*words: str) -> list[Explained]:
        return explain(files, "", LEAF1, words, ())

    (one,) = asked("BGP_NEIGHBOR", "default|Ethernet76", "name")
    assert one.value == "uplink"
    assert one.origin.rule.startswith("`extra`")
    (group,) = asked("BGP_NEIGHBOR", "default|Ethernet76", "peer_group_name")
    assert group.template is not None
    for words, said in (
        (("PREFIX_SET",), "no table PREFIX_SET is rendered"),
        (("BGP_NEIGHBOR", "default|Ethernet0", "name"), "has no field name"),
        (("frr", "neighbor"), "has no frr.conf"),
    ):
        with pytest.raises(InputError, match=said):
            asked(*words)
