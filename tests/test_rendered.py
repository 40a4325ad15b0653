"""What was rendered before is left alone, and always what a render into an empty folder would write."""

from __future__ import annotations

import dataclasses
import pickle
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conftest import EXAMPLES, ROOT
from sonicfab import rendered
from sonicfab.datafiles import packaged_templates
from sonicfab.operations.render import render
from sonicfab.operations.site import OpenSite
from sonicfab.plan import dump
from sonicfab.plan.types import SwitchPlan
from sonicfab.render import Renderer
from test_golden import open_example

TEMPLATE = "frr/zebra.j2"
Files = Mapping[str, tuple[bytes, int]]


class Site:
    """A fabric of a spine and two leaves in files of its own, and what its renders had to do."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder, self.templates, self.build = folder, folder / "templates", ""
        self.switches, self.fresh = list[str](), 0
        (self.templates / "frr").mkdir(parents=True)
        self.inventory = yaml.safe_load((ROOT / "inventories/scs-lab.yml").read_text())
        self.topology = yaml.safe_load((ROOT / f"topologies/{EXAMPLES['scs-lab']}.yml").read_text())
        own = Renderer.render

        def noted(renderer: Renderer, fabric: Any, switch: SwitchPlan) -> Any:
            self.switches.append(switch.name)
            return own(renderer, fabric, switch)

        monkeypatch.setattr(Renderer, "render", noted)
        monkeypatch.setattr(rendered, "cache_file", lambda _, name: folder / "cache" / name)

    @property
    def kept(self) -> list[Path]:
        """The files of the cache."""
        return list((self.folder / "cache").iterdir())

    def render(self, into: str = "build") -> Files:
        """What is in the folder then; `switches` are those that were rendered."""
        for name, values in (("inventory", self.inventory), ("topology", self.topology)):
            (self.folder / f"{name}.yml").write_text(yaml.safe_dump(values, sort_keys=False))
        self.switches.clear()
        files = self.folder / "inventory.yml", self.folder / "topology.yml"
        site = OpenSite.open(*files, image_build=self.build, templates=[self.templates])
        done = render(site, self.folder / into)
        assert list(done.changed) == list(site.fabric.plan.switches)
        found = sorted(one for one in (self.folder / into).rglob("*") if one.is_file())
        return {
            str(one.relative_to(self.folder / into)): (one.read_bytes(), one.stat().st_mode & 0o777) for one in found
        }

    def agrees(self) -> list[str]:
        """The switches that were rendered; the folder is as one that was empty."""
        again = self.render()
        switches = list(self.switches)
        self.fresh += 1
        assert again == self.render(f"fresh{self.fresh}")
        return switches


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    return Site(tmp_path, monkeypatch)


def test_what_is_there_is_not_rendered_again(site: Site) -> None:
    first = site.render()
    assert len(site.switches) == 3
    assert site.render() == first
    assert site.switches == []
    assert site.agrees() == []


def _template(site: Site) -> None:
    text = (packaged_templates() / TEMPLATE).read_text()
    (site.templates / TEMPLATE).write_text(text.replace("log syslog informational", "log syslog debugging"))


def _build(site: Site) -> None:
    site.build = "community-202505"


def _option(site: Site) -> None:
    site.topology.setdefault("bgp", {})["maximum_paths"] = 3


def _service(site: Site) -> None:
    site.inventory.setdefault("defaults", {})["timezone"] = "America/Lima"


@pytest.mark.parametrize("change", [_template, _build, _option, _service])
def test_what_all_have_in_common_counts_for_all(site: Site, change: Callable[[Site], None]) -> None:
    first = site.render()
    change(site)
    assert len(site.agrees()) == 3
    assert site.render() != first


def _leaf(site: Site) -> str:
    return next(str(name) for name in site.inventory["devices"] if "sw25g" in name)


def test_what_one_switch_has_counts_for_it_alone(site: Site) -> None:
    site.render()
    leaf = _leaf(site)
    site.inventory["devices"][leaf]["mac"] = "02:00:00:00:be:ef"
    assert site.agrees() == [leaf]


def test_the_number_of_another_switch_counts_where_it_is_seen(site: Site) -> None:
    site.render()
    leaf = _leaf(site)
    site.topology.setdefault("switches", {}).setdefault(leaf, {})["asn"] = 4200009999
    assert leaf in site.agrees()


def test_a_secret_counts_by_its_value(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    site.topology.setdefault("bgp", {})["password"] = "env:BGP_PASSWORD"
    monkeypatch.setenv("BGP_PASSWORD", "one")
    first = site.render()
    site.render()
    assert site.switches == []
    monkeypatch.setenv("BGP_PASSWORD", "other")
    assert len(site.agrees()) == 3
    assert site.render() != first
    for file in site.kept:
        assert b"other" not in file.read_bytes()
        assert file.stat().st_mode & 0o077 == 0


def test_what_was_deleted_or_changed_is_restored(site: Site) -> None:
    first = site.render()
    one, two, three, *_ = sorted((site.folder / "build").glob("*/*/config_db.json"))
    one.unlink()
    two.write_text(two.read_text().replace("9100", "9101", 1) + " ")
    three.chmod(0o600)
    assert site.render() == first
    assert sorted(site.switches) == sorted(path.parent.name for path in (one, two, three))


@pytest.mark.parametrize(
    "text", ["", "[]", '{"format": 1, "switches"', '{"format": 1, "switches": {"x": 1}, "plan": ""}']
)
def test_a_damaged_cache_is_made_again(site: Site, text: str) -> None:
    first = site.render()
    for file in site.kept:
        file.write_text(text)
    assert site.render() == first
    assert len(site.switches) == 3


def test_the_text_of_a_switch_in_the_plan_is_taken_where_it_is_the_same(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = site.render()
    made: list[str] = []
    own = dump._switch

    def noted(one: SwitchPlan, lines: Any) -> dict[str, Any]:
        made.append(one.name)
        return own(one, lines)

    monkeypatch.setattr(dump, "_switch", noted)
    assert site.render() == first
    assert made == []
    (plan,) = (site.folder / "build").glob("*/plan.json")
    plan.write_text(plan.read_text().replace("9100", "9101"))
    assert site.render() == first
    assert len(made) == 3


@pytest.mark.parametrize(
    "text", ["! {{ fabric.links | length }}\n", "! {{ [1, 2] | random }}\n", "{{ fabric['told'] }}"]
)
def test_a_template_that_may_see_more_has_all_rendered(site: Site, text: str) -> None:
    (site.templates / TEMPLATE).write_text(text)
    site.render()
    site.render()
    assert len(site.switches) == 3


def test_our_own_templates_see_no_more_than_counts() -> None:
    for name in EXAMPLES:
        fabric = open_example(name)
        made = rendered.Rendered(Path("x"), fabric.plan, [packaged_templates()], fabric.secrets.resolve)
        assert made._same_for_all
        keys = {made._key(switch) for switch in fabric.plan.switches.values()}
        assert len(keys) == len(fabric.plan.switches)


def _others(value: object) -> object:
    """A value of a field that is another one."""
    if isinstance(value, bool) or value is None:
        return not value
    if isinstance(value, int):
        return value + 1
    if isinstance(value, str):
        return f"{value}x"
    return value[:-1] if isinstance(value, tuple) and value else "other"


def test_every_part_of_a_plan_counts() -> None:
    fabric = open_example("scs-lab")
    switch = next(iter(fabric.plan.switches.values()))
    parts: list[Any] = [switch.ports[0], next(iter(switch.interfaces.values())), switch.bgp[0], switch.bgp[0].groups[0]]
    parts += [switch.bgp[0].groups[0].sessions[0], switch.route_maps[0], switch.management, switch.loopbacks]
    parts += [switch.bgp[0].groups[0].options, switch.build, switch.platform, switch.services, switch]
    for part in parts:
        made = rendered.Rendered(Path("x"), fabric.plan, [], fabric.secrets.resolve)
        before = made._value(part)
        for field in dataclasses.fields(part):
            other = dataclasses.replace(part, **{field.name: _others(getattr(part, field.name))})
            assert made._value(other) != before, field.name
        assert made._value(dataclasses.replace(part)) == before


_CHANGES = st.sampled_from(["mac", "asn", "mtu", "paths", "template", "unlink", "edit", "same"])


@settings(max_examples=3, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(_CHANGES, st.integers(0, 2)), min_size=2, max_size=3))
def test_after_any_changes_the_folder_is_as_a_fresh_one(
    tmp_path_factory: pytest.TempPathFactory, changes: list[tuple[str, int]]
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        site = Site(tmp_path_factory.mktemp("changes"), patch)
        site.render()
        for number, (what, which) in enumerate(changes):
            name = list(site.inventory["devices"])[which]
            files = sorted((site.folder / "build").glob("*/*/*"))
            if what == "mac":
                site.inventory["devices"][name]["mac"] = f"02:00:00:00:0{which}:0{number}"
            elif what == "asn":
                site.topology.setdefault("switches", {}).setdefault(name, {})["asn"] = 4200009900 + 10 * which + number
            elif what == "mtu":
                site.topology["mtu"] = 9000 + which
            elif what == "paths":
                site.topology.setdefault("bgp", {})["maximum_paths"] = which + 2
            elif what == "template":
                (site.templates / TEMPLATE).write_text(f"hostname {{{{ switch.name }}}}\n! {which}\n")
            elif what == "unlink":
                files[which].unlink()
            elif what == "edit":
                files[which].write_text("{}")
            site.agrees()


def test_no_more_switches_are_held_than_one(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    at_once: list[int] = []
    own = Renderer.render

    def counted(renderer: Renderer, fabric: Any, switch: SwitchPlan) -> Any:
        at_once.append(sum(one is not None for one in fabric.switches._planned.values()))
        return own(renderer, fabric, switch)

    monkeypatch.setattr(Renderer, "render", counted)
    site.render()
    assert at_once == [1, 1, 1]
    files = site.folder / "inventory.yml", site.folder / "topology.yml"
    plan = OpenSite.open(*files).fabric.plan
    assert plan.switches[name := next(iter(plan.switches))] is plan.switches[name], "others have it once for all"
    assert pickle.loads(pickle.dumps(plan)) == plan
