"""A fabric whose BGP is from CONFIG_DB: booted, pushed, verified; one switch gets its frr.conf, and loses it again."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from conftest import Run
from labs import Lab, booted, needs_lab, rendered
from sonicfab.frr.frrcfgd import TABLES
from test_lab_moves import pushed_and_taken_back
from test_lab_underlays import INVENTORY

pytestmark = needs_lab

TOPOLOGY = """\
name: unified
asn: {{spine: 65500, leaf: 65401-65499}}
loopbacks: {{ipv4: 10.1.0.0/24, ipv6: "fd00:1::/112"}}
bgp: {{connect_retry: 1, source: config_db}}
links: [spine1:Ethernet0 - leaf1:Ethernet48]
switches: {{leaf1: {{bgp: {leaf}}}}}
"""


@pytest.fixture(scope="module")
def labs(sonicfab: Run, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Lab]]:
    """The same lab with either way for the leaf as what is intended; it runs CONFIG_DB's on both."""
    folder = tmp_path_factory.mktemp("unified")
    (folder / "inventory.yml").write_text(INVENTORY)
    files = {}
    for kind in ("config_db", "frr.conf"):
        topology = folder / f"{kind}.yml"
        topology.write_text(TOPOLOGY.format(leaf=kind))
        files[kind] = ["-i", str(folder / "inventory.yml"), "-t", str(topology)]
        rendered(sonicfab, folder / kind, files=files[kind])
    with booted(sonicfab, "unified", files=files["config_db"]) as lab:
        found = {kind: Lab(sonicfab, lab.name, given) for kind, given in files.items()}
        assert ways(found["config_db"]) == {"leaf1": "reload", "spine1": "reload"}
        yield found


def ways(lab: Lab, *options: str) -> dict[str, str]:
    """Push; the ways of the switches that changed."""
    done = lab.sonicfab("push", "--yes", "--format", "json", *options)
    assert done.returncode == 0, done.stdout + done.stderr
    return {one["switch"]: one["way"] for one in json.loads(done.stdout)["switches"] if one["way"] != "nothing"}


def exchanged(lab: Lab) -> dict[tuple[str, str], set[str]]:
    """What BGP of the switches comes to: by switch, the peers of each family that are up, and the routes in zebra."""
    found: dict[tuple[str, str], set[str]] = {}
    for switch in ("leaf1", "spine1"):
        summary = json.loads(lab.inside(switch, "vtysh -c 'show bgp summary json'").out)
        for family, one in summary.items():
            up = {peer for peer, said in one.get("peers", {}).items() if said["state"] == "Established"}
            found[switch, family] = up
        for word in ("ip", "ipv6"):
            found[switch, word] = set(json.loads(lab.inside(switch, f"vtysh -c 'show {word} route bgp json'").out))
    return found


def mode(lab: Lab) -> str:
    return lab.inside("leaf1", "sonic-cfggen -d -v DEVICE_METADATA.localhost.docker_routing_config_mode").out.strip()


def test_frr_runs_what_the_tables_say(labs: dict[str, Lab]) -> None:
    """Sessions, routes and configs are as planned, and a row that somebody changes is FRR's next config."""
    lab = labs["config_db"]
    done = lab.verify(60)
    assert done.returncode == 0, done.stdout
    assert "Managed" not in lab.inside("leaf1", "cat /etc/sonic/frr/frr.conf").out
    change = "sonic-db-cli CONFIG_DB HSET 'BGP_GLOBALS_AF|default|ipv4_unicast' max_ebgp_paths 7"
    assert lab.inside("leaf1", change).code == 0
    assert "maximum-paths 7" in lab.inside("leaf1", "vtysh -c 'show running-config'").out
    told = lab.verify(0)
    assert told.returncode == 4
    assert "max_ebgp_paths" in told.stdout
    refused = lab.sonicfab("push", "--yes")
    assert refused.returncode == 3, refused.stdout
    assert "somebody has changed it" in refused.stdout + refused.stderr
    assert "frr: " not in refused.stdout + refused.stderr, "what frrcfgd makes is nobody's change"
    assert ways(lab, "--overwrite-drift") == {"leaf1": "reload"}
    assert lab.verify(60).returncode == 0


def test_to_frr_conf_and_back(labs: dict[str, Lab]) -> None:
    """`plan` tells what it interrupts; a push that is taken back leaves what was; then it goes, and comes back.

    Either way the same sessions are up, and the same routes are there.
    """
    there, here = labs["frr.conf"], labs["config_db"]
    assert here.verify(60).returncode == 0
    before = exchanged(here)
    assert all(before.values()), before
    shown = there.sonicfab("plan", "--limit", "leaf1")
    assert shown.returncode == 5, shown.stdout + shown.stderr
    assert "all traffic of the switch" in " ".join(shown.stdout.split())
    pushed_and_taken_back(there)
    assert mode(there) == "unified"
    assert here.verify(60).returncode == 0
    for lab, expected in ((there, "split-unified"), (here, "unified")):
        assert ways(lab) == {"leaf1": "reload"}
        assert mode(lab) == expected
        done = lab.verify(60)
        assert done.returncode == 0, done.stdout
        assert exchanged(lab) == before


def by_another(config: dict[str, dict[str, dict[str, Any]]]) -> dict[str, dict[str, dict[str, Any]]]:
    """A switch's config with BGP as public ones have it, some in rows that the models of the image do not allow."""
    (old,) = config["BGP_GLOBALS"].values()
    ports = [key for key in config["BGP_NEIGHBOR"] if "Ethernet" in key]
    policy = {"admin_status": "true", "route_map_in": ["ALLOW"], "route_map_out": ["ALLOW"]}
    others = {table: rows for table, rows in config.items() if table not in TABLES}
    return others | {
        "BGP_GLOBALS": {"default": {"local_asn": old["local_asn"], "router_id": old["router_id"]}},
        "BGP_PEER_GROUP": {"default|up": {"peer_group_name": "up", "peer_type": "external"}},
        "BGP_NEIGHBOR": {port: {"peer_group_name": "up"} for port in ports},
        "BGP_PEER_GROUP_AF": {f"default|up|{family}_unicast": policy for family in ("ipv4", "ipv6")},
        "ROUTE_MAP": {"ALLOW|1": {"route_operation": "permit"}},
        "ROUTE_REDISTRIBUTE": {f"default|connected|bgp|{family}": {} for family in ("ipv4", "ipv6")},
    }


def test_a_pair_that_another_made(labs: dict[str, Lab], sonicfab: Run, tmp_path: Path) -> None:
    """Adopted as it runs: a push changes nothing, its session is known and up, and its rows are in the files."""
    lab, site = labs["config_db"], tmp_path / "site"
    for switch in ("spine1", "leaf1"):
        config = json.dumps(by_another(lab.config_db(switch)))
        done = lab.inside(switch, "cat > /etc/sonic/config_db.json; rm -f /etc/sonic/sonicfab/owned.json", config)
        assert done.code == 0, done.err
        done = lab.inside(switch, "config reload -y -f")
        assert done.code == 0, done.out + done.err
    lab.hears_lldp({"spine1": 1, "leaf1": 1})
    told = sonicfab("adopt", "--live", "--lab-name", lab.name, "-o", site)
    assert told.returncode == 0, told.stdout + told.stderr
    text = (site / "topology.yml").read_text()
    assert all(said in text for said in ("source: config_db", "ROUTE_REDISTRIBUTE:", "ALLOW|1:", "LLDP"))
    adopted = Lab(sonicfab, lab.name, ["-i", str(site / "inventory.yml"), "-t", str(site / "topology.yml")])
    plan = adopted.sonicfab("plan")
    assert plan.returncode == 0, plan.stdout + plan.stderr
    assert "2 unchanged" in plan.stdout
    assert "on the switches already and no reason to refuse" in plan.stderr, "its models know no such rows"
    verified = adopted.verify(60)
    assert verified.returncode == 0, verified.stdout
