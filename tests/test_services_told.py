"""Services as `explain`, `diff` and plan.json tell of them: all of them on one switch."""

from __future__ import annotations

import json
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest
import yaml

from conftest import ROOT
from known import get_build
from sonicfab.compare.builds import rendered_differences, rendering, secretless
from sonicfab.compare.reasons import reason_of
from sonicfab.explain.answer import everything
from sonicfab.explain.inputs import Sources
from sonicfab.explain.trace import TracingRenderer
from sonicfab.fabric import FabricFiles, read_fabric
from sonicfab.plan.dump import plan_text
from sonicfab.render import template_folders
from test_adopt_services import as_text
from test_services import CASES

BUILDS = ("community-202411", "community-202511", "community-202605")
NEWEST = {"dns", "keys alone"}
"""Services that the newest build alone has."""


def together(folder: Path, cases: set[str]) -> FabricFiles:
    """The example with the services of these cases, the later ones over the earlier."""
    inventory: dict[str, Any] = yaml.safe_load((ROOT / "inventories" / "scs-lab.yml").read_text())
    defaults = inventory["defaults"]
    for case in sorted(cases):
        for key, said in as_text(dict(CASES[case][0])).items():
            both = isinstance(said, dict) and isinstance(defaults.get(key), dict)
            defaults[key] = {**defaults[key], **said} if both else said
    file = folder / "inventory.yml"
    file.write_text(yaml.safe_dump(inventory, sort_keys=False))
    return read_fabric(file, ROOT / "topologies" / "spine-leaf-1x2.yml")


SWITCHED_OFF = {"features"}
"""A container that is off is not told how it shall be."""


@pytest.fixture(scope="module", params=[CASES.keys() - SWITCHED_OFF, SWITCHED_OFF], ids=["on", "off"])
def cases(request: pytest.FixtureRequest) -> set[str]:
    return {*request.param}


@pytest.fixture(scope="module")
def fabric(cases: set[str], tmp_path_factory: pytest.TempPathFactory) -> FabricFiles:
    return together(tmp_path_factory.mktemp("services"), cases)


def test_every_row_of_a_service_is_explained(fabric: FabricFiles, cases: set[str]) -> None:
    plan = fabric.plan(BUILDS[-1], unfit=True).plan
    switch = next(iter(plan.switches.values()))
    trace = TracingRenderer(template_folders(), lambda ref, _: str(ref)).trace(plan, switch)
    found = everything(Sources(fabric, plan, switch), trace)
    assert {table for case in cases for table in CASES[case][1]} <= {one.place.partition("|")[0] for one in found}
    assert [one.place for one in found if one.template is None] == []
    assert [one.place for one in found if not one.origin.rule or "of the plan" in one.origin.rule] == []


def test_the_plan_has_them_and_no_secret(fabric: FabricFiles, cases: set[str]) -> None:
    plan = fabric.plan(BUILDS[-1], unfit=True).plan
    text = plan_text(plan)
    for switch in json.loads(text)["switches"].values():
        for key in {path.partition(".")[0] for case in cases for path in CASES[case][0]} - {"management"}:
            assert key in switch["services"], key
    assert "a-community" not in text


def test_differences_between_builds_have_reasons(tmp_path: Path) -> None:
    files = together(tmp_path, CASES.keys() - NEWEST - SWITCHED_OFF)
    plans = {build: files.plan(build, unfit=True).plan for build in BUILDS}
    renderer = secretless([])
    for old, new in permutations(BUILDS, 2):
        switch = next(iter(plans[old].switches))
        one, other = (rendering(renderer, plans[build])(switch) for build in (old, new))
        unsaid = [
            it for it in rendered_differences(one, other) if reason_of(it, get_build(old), get_build(new)) is None
        ]
        assert unsaid == []
