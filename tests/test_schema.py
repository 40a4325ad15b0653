"""Schema facts and YANG models against what SONiC's own check said, and against each other."""

from __future__ import annotations

import copy
import dataclasses
import json
import random
import time
from pathlib import Path

import pytest

from conftest import EXAMPLES, NO_YANG, REFERENCE, YANG
from known import get_build
from probes import BUILDS, CHANGES, VERDICTS, Config, probe
from sonicfab.errors import InputError
from sonicfab.model.fields import SecretRef
from sonicfab.plan.bgp import BgpPlan, PeerGroup
from sonicfab.plan.services import Services
from sonicfab.render import Renderer, template_folders
from sonicfab.roles import Role
from sonicfab.schema.facts import Schema, builtin, builtin_names
from sonicfab.schema.generate import dumps, facts_of, merge
from sonicfab.schema.models import compile_models
from sonicfab.validate.conditions import CONDITIONS
from sonicfab.validate.findings import Finding
from sonicfab.validate.libyang import LibyangCheck
from sonicfab.validate.musts import MUSTS
from sonicfab.validate.reading import as_config_db
from sonicfab.validate.schema import SchemaCheck
from sonicfab.validate.yang import YangCheck
from test_golden import open_example

needs_models = pytest.mark.skipif(not YANG.is_dir(), reason=NO_YANG)
TRANSLATION = {"SF-102", "SF-103"}


def verdict(check: SchemaCheck | YangCheck | LibyangCheck, config: Config) -> str:
    """ok, X, F or - as in the recording."""
    tables, read = as_config_db(config)
    found: list[Finding] = [*read, *check.check(tables)]
    codes = {one.code for one in found if one.severity == "error"}
    if codes:
        return "X" if codes & TRANSLATION else "F"
    return "-" if found else "ok"


def recorded(name: str, build: str) -> set[str]:
    """What SONiC's own check said. A number that is none is refused before or by its YANG library, as the build goes:
    which of the two makes no difference to anybody, so both are right for us.
    """
    said = VERDICTS[name].split()[BUILDS.index(build)]
    return {"X", "F"} if name == "bgp_asn none" else {said}


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, YangCheck]:
    return {name: YangCheck(YANG / name, builtin(name)) for name in BUILDS}


@pytest.mark.parametrize("name", CHANGES)
def test_probes_by_facts(name: str) -> None:
    for build in BUILDS:
        assert verdict(SchemaCheck(builtin(build)), probe(name)) in recorded(name, build), build


@needs_models
@pytest.mark.parametrize("build", BUILDS)
def test_probes_by_models(build: str, models: dict[str, YangCheck]) -> None:
    said = {name: verdict(models[build], probe(name)) for name in CHANGES}
    assert {name for name, one in said.items() if one not in recorded(name, build)} == set()


def test_the_recording_is_the_one_beside_the_checkout() -> None:
    path = REFERENCE / "yang" / "probe-results.json"
    if not path.is_file():
        pytest.skip("no recorded probes beside this checkout")
    told = json.loads(path.read_text())
    ours = {name: dict(zip(BUILDS, said.replace("-", "noY").split(), strict=True)) for name, said in VERDICTS.items()}
    assert ours == told


@needs_models
def test_the_facts_are_those_of_the_models() -> None:
    """data/schema.json is what scripts/make-schema makes of the models."""
    schemas = {name: facts_of(compile_models(YANG / name)) for name in builtin_names()}
    path = Path(__file__).parents[1] / "src" / "sonicfab" / "data" / "schema.json"
    assert dumps(merge(schemas)) == path.read_text()


def test_every_rule_of_the_facts_has_its_code() -> None:
    for name in builtin_names():
        for table in builtin(name).values():
            rows = [*table.lists, *table.rows.values()]
            fields = [field for row in rows for field in (*row.keys, *row.fields.values())]
            rules = {rule for row in rows for rule in row.rules} | {rule for field in fields for rule in field.rules}
            assert {rule.partition(":")[0] for rule in rules} <= CONDITIONS.keys() | MUSTS.keys()


def test_every_reference_of_the_facts_leads_somewhere() -> None:
    for name in builtin_names():
        schema = builtin(name)
        for table in schema.values():
            for row in (*table.lists, *table.rows.values()):
                for field in (*row.keys, *row.fields.values()):
                    for one in field.type.references:
                        target = schema[one.table]
                        rows = [there for there in (*target.lists, *target.rows.values()) if there.name == one.list]
                        leaves = {leaf.name for there in rows for leaf in (*there.keys, *there.fields.values())}
                        assert one.leaf in leaves, f"{name}: {table.name} {field.name} -> {one}"


WORDS = (
    *("", "0", "-1", "1", "65536", "4294967296", "abc", "true", "True", "up", "none", "Ethernet0", "Ethernet999"),
    *("10.0.0.1", "10.0.0.1/24", "fe80::1", "fd00::/64", "Vlan100", "Vlan1", "default", "Vrf1", "a" * 300, " 5 "),
    *("+7", "1_0", "0x10", "auto", "all", "40000,all", "mgmt"),
)


def mutate(config: Config, chance: random.Random) -> None:
    """One field, key part or row changed."""
    table = chance.choice([name for name in config if config[name]])
    key = chance.choice(list(config[table]))
    row, kind = config[table][key], chance.random()
    if kind < 0.45 and row:
        row[chance.choice(list(row))] = chance.choice(WORDS)
    elif kind < 0.55:
        row[chance.choice(["nosuch", "mtu", "vrf_name", "admin_status", "name"])] = chance.choice(WORDS)
    elif kind < 0.65 and row:
        row.pop(chance.choice(list(row)))
    elif kind < 0.85:
        parts = key.split("|")
        parts[chance.randrange(len(parts))] = chance.choice(WORDS)
        del config[table][key]
        config[table]["|".join(parts)] = row
    elif kind < 0.93:
        del config[table][key]
    else:
        config[table][f"{key}|{chance.choice(WORDS)}"] = row


def wide() -> Config:
    """A valid config of many tables."""
    golden = Path(__file__).parent / "golden" / "dc-2x4" / "dc1-leaf1" / "config_db.json"
    base: Config = json.loads(golden.read_text())
    base["PORT"] = {name: base["PORT"][name] for name in list(base["PORT"])[:6]}
    base["INTERFACE"] = {
        "Ethernet0": {},
        "Ethernet0|10.0.0.0/31": {},
        "Ethernet1": {"ipv6_use_link_local_only": "enable"},
    }
    more: Config = {
        "VLAN": {"Vlan100": {"vlanid": "100"}},
        "VLAN_MEMBER": {"Vlan100|Ethernet3": {"tagging_mode": "untagged"}},
        "VRF": {"Vrf100": {"vni": "100"}},
        "BGP_NEIGHBOR": {"10.0.0.1": {"asn": "65001", "name": "spine1", "local_addr": "10.0.0.0"}},
        "BGP_GLOBALS": {"default": {"local_asn": "65001"}},
        "BGP_PEER_GROUP": {"default|G": {"peer_type": "external"}},
        "PORTCHANNEL": {"PortChannel1": {"admin_status": "up", "mtu": "9100", "lacp_key": "auto"}},
        "AAA": {"authentication": {"login": "local"}},
        "STATIC_ROUTE": {"default|0.0.0.0/0": {"nexthop": "10.0.0.1"}},
        "FEATURE": {"bgp": {"state": "enabled", "auto_restart": "enabled"}},
        "DSCP_TO_TC_MAP": {"AZURE": {"0": "1", "46": "5"}},
        "CABLE_LENGTH": {"AZURE": {"Ethernet0": "300m"}},
    }
    return {**base, **more}


@needs_models
@pytest.mark.parametrize("build", BUILDS)
def test_facts_and_models_agree_on_mutants(build: str, models: dict[str, YangCheck]) -> None:
    facts, base, chance, refused = SchemaCheck(builtin(build)), wide(), random.Random(build), 0
    assert verdict(facts, base) == verdict(models[build], base) == "ok"
    for _ in range(100):
        config = copy.deepcopy(base)
        mutate(config, chance)
        ours, theirs = verdict(facts, config), verdict(models[build], config)
        refused += theirs in "XF"
        assert (ours in "XF") == (theirs in "XF"), json.dumps(config)
    assert 30 < refused < 95, "the mutants are neither all good nor all bad"


@needs_models
@pytest.mark.parametrize("build", BUILDS)
def test_the_models_refuse_nothing_that_is_rendered(build: str, models: dict[str, YangCheck]) -> None:
    for inventory in EXAMPLES:
        fabric = open_example(inventory)
        renderer = Renderer(template_folders(), fabric.secrets.resolve)
        for switch in fabric.plan.switches.values():
            config = renderer.render(fabric.plan, dataclasses.replace(switch, build=get_build(f"community-{build}")))
            assert models[build].check(config.config_db) == [], switch.name


def with_bfd(group: PeerGroup) -> PeerGroup:
    sessions = (dataclasses.replace(one, options=dataclasses.replace(one.options, bfd=True)) for one in group.sessions)
    return dataclasses.replace(group, sessions=tuple(sessions))


@pytest.mark.parametrize("build", BUILDS)
def test_no_build_refuses_what_the_examples_do_not_use(build: str) -> None:
    fabric = open_example("dc-2x4")
    plan = dataclasses.replace(fabric.plan, bgp=BgpPlan(10, 30, 60, True, 8))
    leaf = plan.switches["dc1-leaf1"]
    switch = dataclasses.replace(
        leaf,
        build=get_build(f"community-{build}"),
        role=Role.BORDERLEAF,
        bgp=(dataclasses.replace(leaf.bgp[0], groups=tuple(with_bfd(one) for one in leaf.bgp[0].groups)),),
        services=Services(
            dns=("192.0.2.2", "2001:db8::2", "192.0.2.3"),
            syslog=("192.0.2.4", "2001:db8::4"),
            ntp=("192.0.2.5", "ntp.example.net"),
            snmp=type(Services().snmp)(SecretRef("env", "X"), "rack 1, row 'A'", 'noc "at" example.net'),
        ),
        management=dataclasses.replace(leaf.management, vrf=False),
    )
    config = Renderer(template_folders(), lambda _ref, _what: "c0mmunity").render(plan, switch)
    assert SchemaCheck(builtin(build)).check(config.config_db) == []
    if YANG.is_dir():
        assert YangCheck(YANG / build, builtin(build)).check(config.config_db) == []


def test_a_large_leaf_is_no_problem() -> None:
    """880 VLAN members: the models' own rule would take time quadratic in them."""
    config = wide()
    config["PORT"] = {f"Ethernet{n}": {"lanes": str(n), "speed": "25000"} for n in range(48)}
    config["VLAN"] = {f"Vlan{n}": {"vlanid": str(n)} for n in range(100, 120)}
    config["VLAN_MEMBER"] = {
        f"{v}|Ethernet{n}": {"tagging_mode": "tagged"} for v in config["VLAN"] for n in range(4, 48)
    }
    assert len(config["VLAN_MEMBER"]) == 880
    assert verdict(SchemaCheck(builtin("202605")), config) == "ok"
    config["VLAN_MEMBER"]["Vlan100|Ethernet4"] = {"tagging_mode": "untagged"}
    config["VLAN_MEMBER"]["Vlan101|Ethernet4"] = {"tagging_mode": "untagged"}
    found = SchemaCheck(builtin("202605")).check(config)
    assert {one.code for one in found} == {"SF-129"}
    assert len(found) == 2


OWN_MODEL = """
module sonic-rack {
  namespace "urn:example:sonic-rack";
  prefix rack;
  revision 2026-01-01;
  container sonic-rack {
    container RACK {
      list RACK_LIST {
        key "name";
        leaf name { type string { pattern "r[0-9]+"; } }
        leaf height { type uint8 { range "1..48"; } mandatory true; }
        leaf next { type leafref { path "/rack:sonic-rack/rack:RACK/rack:RACK_LIST/rack:name"; } }
        leaf-list doors { type enumeration { enum front; enum back; } max-elements 2; }
        must "not(next) or next != name" { error-message "a rack is not next to itself"; }
      }
    }
  }
}
"""


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"height": "42", "next": "r1"}, []),
        ({"height": "49"}, ["height"]),
        ({"height": "42", "next": "r9"}, ["next"]),
        ({}, ["height"]),
        ({"height": "x", "doors": ["front", "side"]}, ["height", "doors"]),
        ({"height": "42", "next": "r2"}, ["itself"]),
    ],
)
def test_models_of_ones_own(row: dict[str, object], said: list[str], tmp_path: Path) -> None:
    """A site's models give facts and verdicts, too; a condition without a name is left to the models."""
    (tmp_path / "sonic-rack.yang").write_text(OWN_MODEL)
    check = YangCheck(tmp_path)
    config, _ = as_config_db({"RACK": {"r1": {"height": "42"}, "r2": row}})
    found = [f"{one.place} {one.message}" for one in check.check(config)]
    assert len(found) >= len(said) if said else found == []
    for word in said:
        assert any(word in one for one in found), found
    facts = SchemaCheck(Schema(json.loads(json.dumps(facts_of(compile_models(tmp_path)))))).check(config)
    assert bool(facts) == bool(said and said != ["itself"])


def test_a_row_that_lacks_a_value_is_told_at_once_however_many_it_could_have(tmp_path: Path) -> None:
    """Yangson asks for the members of a pair three times, of pairs in pairs in pairs."""
    more = "".join(f"leaf side{number} {{ type string; }}\n" for number in range(40))
    (tmp_path / "sonic-rack.yang").write_text(OWN_MODEL.replace("leaf height", f"{more}leaf height"))
    check = YangCheck(tmp_path)
    began = time.process_time()
    (found,) = check.check(as_config_db({"RACK": {"r1": {"side7": "left"}}})[0])
    assert "expected 'height'" in found.message
    assert time.process_time() - began < 5


def test_models_that_are_none(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no YANG models"):
        compile_models(tmp_path)
    (tmp_path / "broken.yang").write_text(OWN_MODEL.replace("leaf height {", "leaf height {{"))
    with pytest.raises(InputError, match="cannot be compiled"):
        compile_models(tmp_path)


def test_the_cache_is_not_trusted_when_others_can_write_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    models, cache = tmp_path / "models", tmp_path / "cache"
    models.mkdir()
    (models / "sonic-rack.yang").write_text(OWN_MODEL)
    monkeypatch.setenv("XDG_CACHE_HOME", str(cache))
    compile_models(models)
    (file,) = (cache / "sonicfab" / "yang").iterdir()
    assert file.stat().st_mode & 0o077 == 0
    file.write_bytes(b"cos\nsystem\n(S'touch " + str(tmp_path / "pwned").encode() + b"'\ntR.")
    file.chmod(0o666)
    compile_models(models)
    assert not (tmp_path / "pwned").exists()


def test_every_build_says_whose_facts_it_has() -> None:
    assert get_build("community-202411").schema in builtin_names()
