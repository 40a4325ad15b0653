"""`extra`: rows and lines beside the plan, rendered, judged and explained by where they stand in the topology."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from sonicfab.explain.answer import explain
from sonicfab.fabric import open_fabric, read_fabric, render_fabric
from sonicfab.frr.abbreviated import in_full
from sonicfab.plan.dump import plan_text
from sonicfab.validate.run import Validator
from sonicfab.validate.subjects import of_fabric
from test_error_goldens import ERRORS

EXTRA = """
ownership: planned
switches:
  leaf1:
    extra:
      config_db:
        ACL_TABLE: {MGMT: {type: L3, ports: [Ethernet20], stage: ingress}}
        TACPLUS: {global: {passkey: "env:TACACS_KEY"}}
        PORT: {Ethernet20: {description: mine}, Ethernet72: {tpid: "0x8100"}}
        VLAN: {Vlan10: {vlanid: 10, mtuu: 3}}
      frr:
        router bgp 65401: [bgp graceful-restart, neighbor HOST password env:BGP_KEY, bgp nonsense]
        router bgp 65401 / address-family ipv4 unicast: redistribute connected
        "": [ip route 198.51.100.0/24 blackhole]
        bfd / profile P: [detect-multiplier 5]
"""


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for file in (ERRORS / "base").glob("*.yml"):
        shutil.copy(file, tmp_path)
    with (tmp_path / "topology.yml").open("a") as topology:
        topology.write(EXTRA)
    monkeypatch.setenv("BGP_KEY", "sesame")
    monkeypatch.setenv("TACACS_KEY", "open")
    return tmp_path


@pytest.mark.parametrize(
    ("context", "line", "full"),
    [
        ((), "router bg 65401", "router bgp 65401"),
        (("router bgp 65401",), "neigh Ethernet0 remote external", "neighbor Ethernet0 remote-as external"),
        (("router bgp 65401",), "no neighbor X shut", "no neighbor X shutdown"),
        (("router bgp 65401",), "address-fam ipv4 unicast", "address-family ipv4 unicast"),
        (("router bgp 65401",), "neighbor X maximum-prefix 5", ""),
        (("router bgp 65401",), "no bgp ebgp-requires-policy", ""),
        ((), "ip route 198.51.100.0/24 blackhole", ""),
        (("route-map A permit 5",), "on-match next", ""),
    ],
)
def test_an_abbreviated_line_is_told_in_full(context: tuple[str, ...], line: str, full: str) -> None:
    assert in_full(context, line) == full


def test_extra_is_rendered_in_its_places_explained_and_judged_where_it_stands(site: Path) -> None:
    fabric = open_fabric(site / "inventory.yml", site / "topology.yml")
    configs = list(render_fabric(fabric, fabric.plan.switches.values()))
    leaf = configs[0]
    assert leaf.config_db["PORT"]["Ethernet72"]["tpid"] == "0x8100"
    assert leaf.config_db["TACPLUS"]["global"]["passkey"] == "open"
    assert leaf.secret_files == {"config_db.json", "frr.conf"}
    assert "open" not in plan_text(fabric.plan)
    lines = leaf.frr.splitlines()
    order = [
        "ip route 198.51.100.0/24 blackhole",
        " bgp bestpath as-path multipath-relax",
        " bgp graceful-restart",
        " neighbor HOST peer-group",
        " neighbor HOST password sesame",
        "  redistribute connected",
        "ip nht resolve-via-default",
        " profile P",
        "end",
    ]
    assert [one for one in lines if one in order] == order
    assert leaf.planned is not None
    assert leaf.planned.fields("PORT", "Ethernet20", frozenset({"mtu"})) == {"description"}
    subjects, links = of_fabric(fabric.plan, configs, fabric.topology)
    found = {one.code: one for one in Validator(vtysh=False).validate(subjects, links).findings}
    assert found["SF-102"].given.endswith("topology.yml:29:43")
    assert "SF-409" not in found, "it is a reference"
    files = read_fabric(site / "inventory.yml", site / "topology.yml")
    for words, value, line in (
        (["ACL_TABLE", "MGMT", "type"], "L3", 26),
        (["frr", "graceful-restart"], "bgp graceful-restart", 31),
        (["frr", "profile P"], "profile P", 34),
    ):
        said = explain(files, "", "leaf1", words, ())
        assert (said[0].value, said[0].origin.given[0].place.line) == (value, line)
        assert said[0].template is None
    nht = explain(files, "", "leaf1", ["frr", "ip nht"], ())[0]
    assert nht.template is not None
    assert nht.template.text == "ip nht resolve-via-default", "lines below are told with their own"
