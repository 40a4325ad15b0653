"""Rendered configs against SONiC's own YANG models, per image build, where the models are at hand."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest

from conftest import EXAMPLES, REFERENCE
from sonicfab.builds import build_names
from sonicfab.model.fields import SecretRef
from sonicfab.plan.types import BgpPlan, SnmpPlan
from sonicfab.render import Renderer, template_folders
from test_golden import open_example
from yang import IETF, Models

YANG = REFERENCE / "yang"
BUILDS = [name for name in build_names() if (YANG / name.removeprefix("community-")).is_dir()]

pytestmark = [
    pytest.mark.skipif(not BUILDS, reason="no YANG models of SONiC beside this checkout"),
    pytest.mark.skipif(not IETF.is_dir(), reason="pyang's copy of the IETF types is not installed"),
]


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Models]:
    return {build: Models(YANG / build.removeprefix("community-"), tmp_path_factory.mktemp(build)) for build in BUILDS}


@pytest.mark.parametrize("inventory", EXAMPLES)
@pytest.mark.parametrize("build", BUILDS)
def test_no_build_refuses_an_example(build: str, inventory: str, models: dict[str, Models]) -> None:
    fabric = open_example(inventory)
    renderer = Renderer(template_folders(), fabric.secrets.resolve)
    for switch in fabric.plan.switches.values():
        config = renderer.render(fabric.plan, dataclasses.replace(switch, build=build))
        assert models[build].complaints(json.loads(config.config_db_text)) == [], switch.name


@pytest.mark.parametrize("build", BUILDS)
def test_no_build_refuses_what_the_examples_do_not_use(build: str, models: dict[str, Models]) -> None:
    fabric = open_example("dc-2x4")
    plan = dataclasses.replace(fabric.plan, bgp=BgpPlan(10, 30, 60, True, 8))
    leaf = plan.switches["dc1-leaf1"]
    switch = dataclasses.replace(
        leaf,
        build=build,
        role="borderleaf",
        dns=("192.0.2.2", "2001:db8::2", "192.0.2.3"),
        syslog=("192.0.2.4", "2001:db8::4"),
        ntp=("192.0.2.5", "ntp.example.net"),
        snmp=SnmpPlan(SecretRef("env", "X"), "rack 1, row 'A'", 'noc "at" example.net'),
        management=dataclasses.replace(leaf.management, vrf=False),
    )
    config = Renderer(template_folders(), lambda _ref, _what: "c0mmunity").render(plan, switch)
    assert models[build].complaints(json.loads(config.config_db_text)) == []


@pytest.mark.parametrize("build", BUILDS)
def test_the_judge_is_not_blind(build: str, models: dict[str, Models]) -> None:
    golden = Path(__file__).parent / "golden" / "dc-2x4" / "dc1-leaf1" / "config_db.json"
    good = json.loads(golden.read_text())
    assert models[build].complaints(good) == []
    for table, key, field, value in (
        ("PORT", "Ethernet0", "mtu", "9217"),
        ("PORT", "Ethernet0", "autoneg", "true"),
        ("PORT", "Ethernet0", "nosuch", "1"),
        ("DEVICE_METADATA", "localhost", "type", "Spine"),
        ("INTERFACE", "Ethernet999", "ipv6_use_link_local_only", "enable"),
    ):
        bad = json.loads(golden.read_text())
        bad[table].setdefault(key, {})[field] = value
        assert models[build].complaints(bad), f"{table}|{key} {field}={value} was accepted"
