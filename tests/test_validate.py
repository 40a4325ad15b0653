"""Validation: nothing is found where nothing is wrong, and each planted mistake is found under its own code."""

from __future__ import annotations

import dataclasses
import functools
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from conftest import EXAMPLES, ROOT, Golden, Run
from faults import FAULTS, Fault, Files
from known import build_names, get_build, small_inventory, subject
from sonicfab.fabric import Fabric, open_fabric, render_fabric
from sonicfab.frr.bgp import FrrText
from sonicfab.ports import unfit_for
from sonicfab.render import Renderer, template_folders
from sonicfab.schema.facts import builtin_names
from sonicfab.validate.codes import codes
from sonicfab.validate.findings import Finding
from sonicfab.validate.reading import as_config_db
from sonicfab.validate.run import Subject, Validation, Validator
from sonicfab.validate.subjects import of_fabric
from sonicfab.validate.together import Together
from sonicfab.validate.vtysh import frr_version
from test_golden import open_example


class Remembering(Validator):
    """What a switch is by itself is looked at once, beside however many spoilt ones it stands."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._last: dict[tuple[str, str], tuple[Subject, tuple[FrrText | None, list[Finding]]]] = {}

    def _subject(self, subject: Subject, together: Together | None) -> tuple[FrrText | None, list[Finding]]:
        key = subject.name, subject.build.name
        if key not in self._last or self._last[key][0] is not subject:
            self._last[key] = subject, super()._subject(subject, together)
        return self._last[key][1]


VALIDATOR = Remembering()


example = functools.cache(open_example)


@functools.cache
def rendered(inventory: str, build: str) -> list[Subject]:
    """The example's configs as another build would have them, fit for the platform or not."""
    fabric = example(inventory)
    renderer = Renderer(template_folders(), fabric.secrets.resolve)
    switches = [dataclasses.replace(switch, build=get_build(build)) for switch in fabric.plan.switches.values()]
    plan = dataclasses.replace(fabric.plan, switches={switch.name: switch for switch in switches})
    return of_fabric(plan, [renderer.render(plan, switch) for switch in switches])[0]


def validate(subjects: Sequence[Subject], fabric: Fabric) -> Validation:
    return VALIDATOR.validate(subjects, [(link.a, link.b) for link in fabric.plan.links])


@pytest.mark.parametrize("inventory", EXAMPLES)
@pytest.mark.parametrize("build", [name for name in build_names() if name.startswith("community")])
def test_nothing_is_found_in_the_examples(build: str, inventory: str) -> None:
    found = validate(rendered(inventory, build), example(inventory)).findings
    models = {one.platform for one in rendered(inventory, build) if one.platform}
    unfit = {f"{build} cannot run on {one.name}: {why}" for one in models if (why := unfit_for(one, get_build(build)))}
    # what a build does wrong with a right config is told, too: tests/test_fitness.py
    assert {one.message for one in found if one.code != "SF-504"} == unfit


class Planted(Mapping[str, Files]):
    """The files of switches, of each once it is asked for: what is not asked for is not spoilt."""

    def __init__(self, subjects: Sequence[Subject]) -> None:
        self._subjects = {one.name: one for one in subjects}
        self._files: dict[str, Files] = {}

    def __getitem__(self, name: str) -> Files:
        if name not in self._files:
            one = self._subjects[name]
            self._files[name] = Files(json.loads(json.dumps(one.config_db)), one.frr or "", one.build.name)
        return self._files[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._subjects)

    def __len__(self) -> int:
        return len(self._subjects)

    def spoilt(self) -> Iterator[Subject]:
        """All of them; what nothing was planted into is the same as before."""
        for name, one in self._subjects.items():
            if name in self._files:
                config, read = as_config_db(self._files[name].db)
                yield dataclasses.replace(one, config_db=config, frr=self._files[name].frr, read=tuple(read))
            else:
                yield one


def spoilt(fault: Fault, subjects: Sequence[Subject]) -> list[Subject]:
    """The switches after the fault was planted into them."""
    planted = Planted(subjects)
    fault.plant(planted)
    return list(planted.spoilt())


@functools.cache
def plant(fault: Fault) -> Validation:
    """What is found in the example that the fault was planted into."""
    inventory = next(name for name, topology in EXAMPLES.items() if topology == fault.fabric)
    fabric = example(inventory)
    return validate(spoilt(fault, rendered(inventory, fault.build)), fabric)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: f"{fault.code}-{fault.name}")
def test_a_planted_fault_is_found(fault: Fault) -> None:
    if fault.code == "SF-401" and not frr_version():
        pytest.skip("FRR is not installed")
    found = {one.code for one in plant(fault).findings}
    assert fault.code in found
    assert found - {fault.code, "SF-504"} <= fault.also, "the same mistake is not told under other codes"


def test_every_code_has_a_fault() -> None:
    """Codes that stand for the world outside of the two files are tested where that world is."""
    elsewhere = {
        "SF-150": "test_yang",
        "SF-411": "test_validate_frr",
        "SF-502": "builds without schema",
        "SF-503": "push",
    }
    elsewhere["SF-111"] = "test_a_key_that_is_written_twice"
    elsewhere["SF-504"] = "test_fitness"
    elsewhere["SF-413"] = "test_parallel_links_of_which_one_is_used"
    assert {fault.code for fault in FAULTS} | elsewhere.keys() == codes().keys()
    assert len(FAULTS) >= 40


@pytest.mark.parametrize("underlay", ["{ipv6: 'fd00:3::/112'}", "{ipv4: 10.2.0.0/24, ipv6: 'fd00:3::/112'}"])
def test_parallel_links_of_which_one_is_used(tmp_path: Path, underlay: str) -> None:
    """And of any underlay: what is rendered is clean, what it was before 2026 is not."""
    (tmp_path / "inventory.yml").write_text(PARALLEL_INVENTORY)
    (tmp_path / "topology.yml").write_text(PARALLEL_TOPOLOGY.format(underlay=underlay))
    fabric = open_fabric(tmp_path / "inventory.yml", tmp_path / "topology.yml")
    subjects, links = of_fabric(fabric.plan, render_fabric(fabric, fabric.plan.switches.values()))
    assert VALIDATOR.validate(subjects, links).findings == ()
    old = [one.frr.replace(" set ipv6 next-hop prefer-global\n", "") for one in subjects if one.frr]
    spoilt = [dataclasses.replace(one, frr=frr) for one, frr in zip(subjects, old, strict=True)]
    found = VALIDATOR.validate(spoilt, links).findings
    assert {one.code for one in found} == {"SF-412", "SF-413"}
    assert "fd00:3::1 and fd00:3::3 lead to spine1, and only one of 2 paths is used" in {one.message for one in found}
    if "ipv4" not in underlay:
        old = [one.frr.replace(" neighbor SPINE-V6 capability extended-nexthop\n", "") for one in subjects if one.frr]
        found = VALIDATOR.validate([dataclasses.replace(subjects[0], frr=old[0])], ()).findings
        assert {one.code for one in found} == {"SF-414"}


PARALLEL_INVENTORY = small_inventory("spine1", "leaf1")
PARALLEL_TOPOLOGY = """\
name: parallel
underlay: {underlay}
asn: {{spine: 65500, leaf: 65401-65499}}
loopbacks: {{ipv4: 10.0.0.0/24, ipv6: "fd00:1::/64"}}
links:
  - spine1:Ethernet0 - leaf1:Ethernet48
  - spine1:Ethernet4 - leaf1:Ethernet52
"""


def test_the_table_of_faults_in_the_docs(golden: Golden) -> None:
    """docs/faults.md is made from what validation really says."""
    lines = [
        "# Faults that validation finds",
        "",
        "Each is planted, one at a time, into a rendered example fabric by the test suite, which writes this table.",
        "",
        "| code | planted | what `sonicfab validate` says | what follows on the switch |",
        "| --- | --- | --- | --- |",
    ]
    for fault in FAULTS:
        found = plant(fault).findings
        first = next((one for one in found if one.code == fault.code), None)
        if first is None or fault.code == "SF-401":  # not where FRR is missing
            said = "`line 20`: what vtysh says of the line"
        else:
            said = f"`{first.place}`: {first.message}" if first.place else first.message
        build = "" if fault.build == "community-202411" else f" ({fault.build})"
        cells = (fault.code, fault.name + build, said, codes()[fault.code].consequence)
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    golden(ROOT / "docs" / "faults.md", "\n".join(lines) + "\n")


def test_schema_facts_of_every_community_build() -> None:
    named = {get_build(name).schema for name in build_names() if get_build(name).vendor == "community"}
    assert named == set(builtin_names())
    for name in builtin_names():
        assert name


def test_json_sarif_and_exit_codes(sonicfab: Run, tmp_path: Path) -> None:
    golden = Path(__file__).parent / "golden" / "dc-2x4" / "dc1-leaf1" / "config_db.json"
    good = sonicfab("validate", golden)
    assert good.returncode == 0
    assert "nothing found" in good.stdout, good.stdout
    data = json.loads(golden.read_text())
    data["PORT"]["Ethernet0"]["mtu"] = "9217"
    data["SNMP_COMMUNITY"] = {"abc": {"TYPE": "RO"}}
    bad = tmp_path / "bad.json"
    bad.write_text(json.dumps(data))
    done = sonicfab("validate", bad, "--format", "json")
    assert done.returncode == 4
    told = json.loads(done.stdout)
    assert told["format_version"] == 1
    assert told["ok"] is False
    assert [one["code"] for one in told["findings"]] == ["SF-104", "SF-104"]
    assert "abc" not in done.stdout, "a community is a secret"
    places = {one["place"] for one in told["findings"]}
    assert places == {"PORT|Ethernet0 mtu", "SNMP_COMMUNITY|********"}
    done = sonicfab("validate", bad, "--format", "sarif")
    run = json.loads(done.stdout)["runs"][0]
    assert {result["ruleId"] for result in run["results"]} <= {rule["id"] for rule in run["tool"]["driver"]["rules"]}
    assert sonicfab("validate", bad, "--ignore", "SF-104").returncode == 0
    wrong = sonicfab("validate", bad, "--ignore", "SF-1044")
    assert wrong.returncode == 2
    assert "did you mean 'SF-104'" in wrong.stderr


def test_folders_and_files_of_one_fabric(sonicfab: Run) -> None:
    golden = Path(__file__).parent / "golden" / "spine-leaf-1x2"
    done = sonicfab("validate", golden)
    assert done.returncode == 0, done.stdout
    assert "3 configs: nothing found" in done.stdout
    assert sonicfab("validate", golden / "st01-sw25g-r01-u34").returncode == 0
    frr = golden / "st01-sw25g-r01-u34" / "frr.conf"
    assert sonicfab("validate", frr).returncode == 2, "it does not tell its build"
    assert sonicfab("validate", frr, "--image-build", "community-202411").returncode == 0


def test_the_two_files_of_a_switch_are_read_together(sonicfab: Run, tmp_path: Path) -> None:
    """What is wrong between them is told however they are named; an frr.conf alone is told as half of a check."""
    golden = Path(__file__).parent / "golden" / "spine-leaf-1x2" / "st01-sw25g-r01-u34"
    config_db, frr = tmp_path / "config_db.json", tmp_path / "frr.conf"
    config_db.write_text((golden / "config_db.json").read_text())
    stranger = " neighbor 203.0.113.77 remote-as 64998\n address-family ipv4 unicast\n"
    frr.write_text((golden / "frr.conf").read_text().replace(" address-family ipv4 unicast\n", stranger, 1))
    build = ("--image-build", "community-202411")
    for given in ((tmp_path,), (config_db, frr), (frr, config_db)):
        done = sonicfab("validate", *given, *build)
        assert done.returncode == 4, done.stdout
        assert "SF-214" in done.stdout
        assert "between switches" not in done.stdout
        assert "beside its config_db.json" not in done.stdout
        assert f"{tmp_path if given == (tmp_path,) else frr}: line " in done.stdout.replace("\n  ", "")
    alone = sonicfab("validate", frr, *build).stdout
    assert "SF-214" not in alone
    assert f"not checked: {frr} beside its config_db.json: give that as well, or their folder" in " ".join(
        alone.split()
    )
    assert "rules between rows" not in alone


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "not JSON"),
        ("", "not JSON"),
        ("[" * 100000, "nested too deeply"),
        (f'{{"PORT": {{"Ethernet0": {{"mtu": {"9" * 5000}}}}}}}', "a number of thousands of digits"),
        ('{"PORT": {"Ethernet0": {"alias": "\\ud800"}}}', "half of a UTF-16 pair"),
    ],
)
def test_what_is_no_json(text: str, said: str, sonicfab: Run, tmp_path: Path) -> None:
    path = tmp_path / "config_db.json"
    path.write_text(text)
    done = sonicfab("validate", path, "--image-build", "community-202411")
    assert done.returncode == 2
    assert said in done.stderr


def test_a_key_that_is_written_twice(sonicfab: Run, tmp_path: Path) -> None:
    path = tmp_path / "config_db.json"
    path.write_text('{"NTP_SERVER": {"192.0.2.1": {}, "192.0.2.1": {}}}')
    done = sonicfab("validate", path, "--image-build", "community-202411")
    assert done.returncode == 0
    assert "SF-111" in done.stdout


@pytest.mark.parametrize("text", ["[]", "null", '"x"', "5", '{"PORT": []}', '{"PORT": {"Ethernet0": 5}}'])
def test_what_is_no_config_db(text: str, sonicfab: Run, tmp_path: Path) -> None:
    path = tmp_path / "config_db.json"
    path.write_text(text)
    done = sonicfab("validate", path, "--image-build", "community-202411")
    assert done.returncode == 4
    assert "SF-110" in done.stdout


def test_explain_code(sonicfab: Run) -> None:
    done = sonicfab("explain-code", "sf-216")
    assert done.returncode == 0
    assert "frr.conf" in done.stdout
    assert sonicfab("explain-code", "SF-999").returncode == 2
    told = json.loads(sonicfab("explain-code", "--format", "json").stdout)
    assert {one["code"] for one in told["codes"]} == set(codes())


def test_push_refuses_what_is_not_valid(sonicfab: Run, tmp_path: Path) -> None:
    """Before anybody is asked: there is not even a lab."""
    files = ["-i", ROOT / "inventories" / "scs-lab.yml", "-t", ROOT / "topologies" / "spine-leaf-1x2.yml"]
    template = (ROOT / "templates" / "config_db" / "port.yml.j2").read_text()
    mine = tmp_path / "mine" / "config_db"
    mine.mkdir(parents=True)
    (mine / "port.yml.j2").write_text(template.replace("{{ port.mtu }}", '"9217"'))
    done = sonicfab("push", *files, "--lab", "--yes", "--templates", tmp_path / "mine", cwd=tmp_path)
    assert done.returncode == 2
    assert "SF-104" in done.stderr
    assert "nothing was compared or changed" in done.stderr
    ignoring = sonicfab("push", *files, "--lab", "--templates", tmp_path / "mine", "--ignore", "SF-104", cwd=tmp_path)
    assert "SF-104" not in ignoring.stderr
    assert "no lab" in ignoring.stderr


def test_a_build_without_a_schema_says_so(sonicfab: Run) -> None:
    files = ["-i", ROOT / "inventories" / "scs-lab.yml", "-t", ROOT / "topologies" / "spine-leaf-1x2.yml"]
    done = sonicfab("validate", *files, "--image-build", "edgecore-202111")
    assert "SF-502" in done.stdout
    assert "schema facts" not in done.stdout.partition("checked:")[2], "what was not looked at is not claimed"


def codes_of(config: Mapping[str, object], frr: str | None = None, build: str = "community-202411") -> list[str]:
    tables, read = as_config_db(config)
    found = Validator(models=False, vtysh=False).validate([subject(build, tables, frr, read)])
    return sorted(one.code for one in found.findings if one.code != "SF-405")


def test_a_switch_that_only_bridges_needs_no_loopback() -> None:
    """bgpcfgd alone waits for Loopback0 (sonic-bgpcfgd managers_bgp.py), and nobody needs a router id without BGP."""
    bridge: dict[str, dict[str, dict[str, str]]] = {
        "DEVICE_METADATA": {"localhost": {"hwsku": "x", "platform": "x86_64-x-r0", "mac": "02:00:5e:00:00:01"}},
        "VLAN": {"Vlan10": {"vlanid": "10"}},
    }
    assert codes_of(bridge) == []
    assert codes_of(bridge, "ip prefix-list A seq 5 permit any\n") == ["SF-216"]
    assert "SF-211" in codes_of(bridge, "router bgp 65001\nexit\n")
    bridge["DEVICE_METADATA"]["localhost"]["bgp_asn"] = "65001"
    assert codes_of(bridge) == ["SF-211"]
    bridge["DEVICE_METADATA"]["localhost"]["bgp_asn"] = "None"
    assert "SF-211" not in codes_of(bridge), "what SONiC writes of no AS number"


PORTS = {name: {"lanes": lane, "speed": "25000"} for name, lane in {"Ethernet0": "1", "Ethernet1": "2"}.items()}
LAGS = {name: {"admin_status": "up"} for name in ("PortChannel1", "PortChannel2")}
TWICE: list[tuple[str, dict[str, dict[str, dict[str, str]]], list[str]]] = [
    ("a routed port in a port channel", {"INTERFACE": {"Ethernet0": {}}}, ["SF-223"]),
    ("a member with sub-interfaces", {"VLAN_SUB_INTERFACE": {"Ethernet0.5": {"admin_status": "up"}}}, ["SF-223"]),
    ("a port in two port channels", {"PORTCHANNEL_MEMBER": {"PortChannel2|Ethernet0": {}}}, ["SF-223"]),
    ("a member in a VLAN", {"VLAN_MEMBER": {"Vlan10|Ethernet0": {"tagging_mode": "tagged"}}}, ["use in a VLAN"]),
    (
        "a routed port channel in a VLAN",
        {
            "VLAN_MEMBER": {"Vlan10|PortChannel1": {"tagging_mode": "tagged"}},
            "PORTCHANNEL_INTERFACE": {"PortChannel1": {}},
        },
        ["SF-225"],
    ),
    (
        "a routed port in a VLAN",
        {"VLAN_MEMBER": {"Vlan10|Ethernet1": {"tagging_mode": "tagged"}}, "INTERFACE": {"Ethernet1": {}}},
        ["use in a VLAN"],
    ),
]


@pytest.mark.parametrize(("what", "rows", "expected"), TWICE, ids=[one[0] for one in TWICE])
@pytest.mark.parametrize("build", build_names())
def test_a_port_with_two_uses_is_told_once(
    build: str, what: str, rows: dict[str, dict[str, dict[str, str]]], expected: list[str]
) -> None:
    config: dict[str, dict[str, dict[str, str]]] = {
        "PORT": PORTS,
        "PORTCHANNEL": LAGS,
        "PORTCHANNEL_MEMBER": {"PortChannel1|Ethernet0": {}},
        "VLAN": {"Vlan10": {"vlanid": "10"}},
    }
    for table, more in rows.items():
        config[table] = {**config.get(table, {}), **more}
    told = [code for code in codes_of(config, build=build) if code not in ("SF-502", "SF-240")]  # the ports are down
    # where the build's own models have the rule, they say it
    assert told in ([["SF-128"], ["SF-225"]] if expected == ["use in a VLAN"] else [expected]), what


def test_models_of_other_builds_alone(sonicfab: Run, tmp_path: Path) -> None:
    (tmp_path / "202411").mkdir()
    (tmp_path / "202411" / "sonic-port.yang").write_text("module sonic-port {}")
    (tmp_path / "config_db.json").write_text('{"VLAN": {"Vlan40": {"vlanid": "40"}}}')
    words = ("--image-build", "edgecore-202211", "--yang-dir", str(tmp_path))
    done = sonicfab("validate", str(tmp_path / "config_db.json"), *words)
    assert done.returncode == 2
    assert "in folders of their own are those of 202411, and none is of this build" in done.stderr


def test_a_key_that_names_no_vlan_is_told_once(sonicfab: Run, tmp_path: Path) -> None:
    file = tmp_path / "config_db.json"
    file.write_text('{"VLAN": {"40": {"vlanid": "98"}}}')
    done = sonicfab("validate", str(file), "--image-build", "community-202411", "--no-yang")
    assert "SF-104" in done.stdout
    assert "SF-127" not in done.stdout


def test_an_older_schema_version_is_left_for_the_migrator() -> None:
    """db_migrator.py takes its steps from VERSION: whoever raises it by hand skips them."""
    tables, _ = as_config_db({"VERSIONS": {"DATABASE": {"VERSION": "version_202305_01"}}})
    (one,) = VALIDATOR.validate([subject("community-202411", tables)]).findings
    assert one.code == "SF-220"
    assert one.mend.startswith("leave VERSION as it is")
    assert "set it to" not in one.mend


def test_an_frr_conf_that_frrcfgd_makes_is_not_lost() -> None:
    """Its source is CONFIG_DB, and every start makes it anew."""
    row = {"hwsku": "x", "platform": "x86_64-x-r0", "mac": "02:00:5e:00:00:01"}
    row |= {"docker_routing_config_mode": "unified", "frr_mgmt_framework_config": "true"}
    config: dict[str, dict[str, dict[str, str]]] = {"DEVICE_METADATA": {"localhost": row}}
    frr = "ip prefix-list A seq 5 permit any\n"
    assert "SF-216" in codes_of(config, frr)
    assert "SF-216" not in codes_of({**config, "BGP_GLOBALS": {"default": {"local_asn": "65001"}}}, frr)
