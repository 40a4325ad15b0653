"""`sonicfab explain`: every rendered value has an origin, and the places that it names are the right ones."""

from __future__ import annotations

import json
import re
import shutil
from functools import cache
from pathlib import Path

import pytest

from conftest import EXAMPLES, ROOT, Golden, Run, example_files
from known import get_build
from labs import LEAF1, SPINE
from sonicfab.errors import InputError
from sonicfab.explain.answer import Explained, everything, explain
from sonicfab.explain.inputs import Sources
from sonicfab.explain.origins import origin_of
from sonicfab.explain.trace import Trace, TracingRenderer, comment_above, unmarked
from sonicfab.fabric import FabricFiles, read_fabric
from sonicfab.render import Renderer, template_folders

GOLDEN = Path(__file__).parent / "golden" / "explain"


def rich_fabric(folder: Path) -> FabricFiles:
    """The example with all that it leaves out: BFD, SNMP, DNS, ports with settings of their own."""
    inventory = (ROOT / "inventories" / "scs-lab.yml").read_text()
    more = "  dns: 10.10.23.253\n  snmp: {community: 'env:NOT_SET', location: rack 1, contact: noc@example.org}\n"
    inventory = inventory.replace("  timezone: UTC\n", f"  timezone: UTC\n{more}")
    topology = (ROOT / "topologies" / "spine-leaf-1x2.yml").read_text()
    topology = topology.replace("mtu: 9100\n", "bgp: {bfd: true, keepalive: 1, hold: 3}\n")
    one = "  - st01-sw100g-r01-u36:Ethernet112 - st01-sw25g-r01-u35:Ethernet72\n"
    other = "  - {link: 'st01-sw100g-r01-u36:Ethernet112 - st01-sw25g-r01-u35:Ethernet72', mtu: 9000, speed: 40G}\n"
    assert one in topology
    topology = topology.replace(one, other)
    entry = "    - role: leaf\n"
    topology = topology.replace(
        entry, "    - {role: leaf, ports: Ethernet20, speed: 10G, description: camera}\n" + entry
    )
    topology += """
ports:
  - {switches: st01-sw25g-r01-u34, ports: Ethernet48, breakout: 4x25G, fec: fc, autoneg: false}
  - {switches: st01-sw25g-r01-u34, ports: Ethernet49, use: bgp, admin: down, mtu: 1500, description: disk}
  - {ports: Ethernet112, fec: none, description: far}
"""
    (folder / "inventory.yml").write_text(inventory)
    (folder / "topology.yml").write_text(topology)
    return read_fabric(folder / "inventory.yml", folder / "topology.yml")


def example(name: str) -> FabricFiles:
    return read_fabric(ROOT / "inventories" / f"{name}.yml", ROOT / "topologies" / f"{EXAMPLES[name]}.yml")


def bordered_fabric(folder: Path) -> FabricFiles:
    """The example with neighbours outside, in all their kinds."""
    topology = (ROOT / "topologies" / "spine-leaf-1x2.yml").read_text()
    leaf = "st01-sw25g-r01-u34"
    topology += f"""
outside:
  - name: TRANSIT
    switch: {leaf}
    interface: Ethernet20
    asn: 64999
    address: [192.0.2.129/31, "2001:db8:f::1/127"]
    peer: [192.0.2.128, "2001:db8:f::"]
    accept: FROM-TRANSIT
    announce: [10.20.0.0/24 le 32, "fd00:20::/64"]
    bgp: {{password: env:X, max_prefixes: 1000, bfd: true}}
  - {{name: IX, switch: {leaf}, interface: Ethernet21, asn: 64998, accept: default, description: exchange}}
  - {{name: FAR, switch: {leaf}, asn: 64997, peer: 192.0.2.200, multihop: 4, originate_default: true, announce: any}}
routes:
  - {{switches: {leaf}, prefix: 203.0.113.0/24, via: [192.0.2.128, 192.0.2.128 Ethernet20], tag: 7, bfd: true}}
  - {{role: leaf, prefix: "2001:db8:9::/48", blackhole: true, distance: 30, announce: true}}
aggregates:
  - {{role: leaf, prefix: 10.20.0.0/16, policy: FROM-TRANSIT}}
redistribute:
  - {{switches: {leaf}, protocol: static, policy: FROM-TRANSIT}}
policies:
  FROM-TRANSIT:
    - {{deny: [10.0.0.0/8 le 32, "fd00::/8 le 128"]}}
    - permit: [198.51.100.0/22 ge 23, default]
      as_path: ^64999_
      communities: [64999:100, no-export]
      set: {{local_preference: 200, metric: 5, prepend: 2, communities: 65000:1}}
"""
    shutil.copy(ROOT / "inventories" / "scs-lab.yml", folder / "inventory.yml")
    (folder / "topology.yml").write_text(topology)
    return read_fabric(folder / "inventory.yml", folder / "topology.yml")


def fabric_files(name: str, folder: Path) -> FabricFiles:
    if name == "bordered":
        return bordered_fabric(folder)
    return rich_fabric(folder) if name == "rich" else example(name)


def traced(files: FabricFiles, build: str = "") -> list[tuple[Sources, Trace]]:
    plan = files.plan(build, unfit=True).plan
    renderer = TracingRenderer(template_folders(), lambda ref, _: str(ref))
    return [(Sources(files, plan, switch), renderer.trace(plan, switch)) for switch in plan.switches.values()]


CASES = [
    *((name, build) for name in EXAMPLES for build in ("", "community-202311", "community-202605")),
    *(("rich", build) for build in ("", "edgecore-202211")),
    ("bordered", ""),
]


Case = list[tuple[Trace, list[Explained]]]
"""A fabric as some build renders it: each switch's trace, and what is explained of it."""


@pytest.fixture(scope="module", params=CASES, ids="-".join)
def case(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Case:
    """The tests of one come one after the other, and then it is forgotten."""
    name, build = request.param
    found = traced(fabric_files(name, tmp_path_factory.mktemp("case")), build)
    return [(trace, everything(sources, trace)) for sources, trace in found]


def test_nothing_rendered_is_unexplained(case: Case) -> None:
    for _, found in case:
        assert not [one for one in found if one.template is None]
        assert not [one for one in found if not one.origin.rule or "of the plan" in one.origin.rule]


def test_the_named_places_hold_what_is_said(case: Case) -> None:
    lines = cache(lambda file: Path(file).read_text().splitlines())
    checked = 0
    for _, found in case:
        for one in found:
            for given in one.origin.given:
                line = lines(given.place.file)[given.place.line - 1]
                assert given.written in line[given.place.column - 1 :], (one, given)
                checked += 1
    assert checked > 500


def test_the_template_line_can_make_the_value(case: Case) -> None:
    """The text of the template line, with anything in its expressions, is the output's line: also through macros."""
    lines = cache(lambda name: (ROOT / "templates" / name).read_text().splitlines())
    for trace, _ in case:
        for number, text in enumerate(trace.config.frr.splitlines(), 1):
            line = trace.frr[number].line
            assert lines(line.name)[line.line - 1].strip() == line.text
            assert re.fullmatch(pattern_of(line.text), text.strip()), (text, line)
        for (table, key, field), made_by in trace.rows.items():
            line = made_by.line
            value = trace.config.config_db[table][key].get(field)
            made = {f"{field}: {value}"} if field else {f"{key}:", f"{key}: {{}}"}
            pattern = pattern_of(line.text).replace('"', "")
            assert any(re.fullmatch(pattern, one) for one in made), (made, line)


def pattern_of(template_line: str) -> str:
    parts = re.split(r"({{.*?}}|{%.*?%})", template_line)
    return "".join(".*" if index % 2 else re.escape(part) for index, part in enumerate(parts))


@pytest.mark.parametrize("name", [*EXAMPLES, "rich"])
def test_the_marks_leave_no_trace(name: str, tmp_path: Path) -> None:
    files = fabric_files(name, tmp_path)
    plain = Renderer(template_folders(), lambda ref, _: str(ref))
    plan = files.plan().plan
    for sources, trace in traced(files):
        config = plain.render(plan, plan.switches[sources.switch.name])
        assert trace.config.frr == config.frr
        assert trace.config.config_db_text == config.config_db_text


def test_what_is_copied_is_what_stands_there(tmp_path: Path) -> None:
    """Where a value is taken over as it is, the rendered value has the written text in it."""
    copied = {
        ("DEVICE_METADATA", "hostname"),
        ("DEVICE_METADATA", "mac"),
        ("DEVICE_METADATA", "timezone"),
        ("LOOPBACK_INTERFACE", ""),
        ("MGMT_INTERFACE", ""),
        ("MGMT_INTERFACE", "gwaddr"),
        ("NTP_SERVER", ""),
        ("DNS_NAMESERVER", ""),
        ("SYSLOG_SERVER", ""),
        ("SNMP", "Contact"),
        ("SNMP", "Location"),
    }
    seen: set[tuple[str, str]] = set()
    for sources, trace in traced(rich_fabric(tmp_path)):
        for (table, key, field), made in trace.rows.items():
            if (table, field) in copied and key != "Loopback0":
                value = trace.config.config_db[table][key].get(field, key)
                origin = origin_of(sources, made)
                assert [given.written in value for given in origin.given] == [True], (table, key, origin)
                seen.add((table, field))
    assert seen == copied


def test_marks_inside_and_at_the_end() -> None:
    text = "one\ue0001\ue001\nmade by an expression\ntwo\ue0007\ue001\nend"
    plain, marks = unmarked(text)
    assert plain == "one\nmade by an expression\ntwo\nend"
    assert marks == {1: 1, 2: 7, 3: 7}


@pytest.mark.parametrize(
    ("text", "comment"),
    [
        ("{# why #}\nline", "why"),
        ("{# of two\n   lines #}\nline", "of two lines"),
        ("{# why #}\n{% if one %}\n{% for two in three %}\nline", "why"),
        ("{# of another #}\nother\nline", ""),
        ("{# of another #}\n{% if one %}\nother\n{% endif %}\nline", ""),
        ("{# of all #}\n\nline", ""),
        ("other {# behind #}\nline", ""),
        ("line", ""),
    ],
)
def test_the_comment_of_a_template_line(text: str, comment: str) -> None:
    lines = text.splitlines()
    assert comment_above(lines, len(lines)) == comment


def ask(*words: str, switch: str = LEAF1, files: FabricFiles | None = None, build: str = "") -> list[Explained]:
    return explain(files or example("scs-lab"), build, switch, words, [])


@pytest.mark.parametrize(
    ("words", "place"),
    [
        (("LOOPBACK_INTERFACE", "Loopback0|10.10.21.4/32"), "LOOPBACK_INTERFACE|Loopback0|10.10.21.4/32"),
        (("LOOPBACK_INTERFACE", "Loopback0 10.10.21.4/32"), "LOOPBACK_INTERFACE|Loopback0|10.10.21.4/32"),
        (("loopback_interface", "10.10.21.4"), "LOOPBACK_INTERFACE|Loopback0|10.10.21.4/32"),
        (("PORT", "hundredgige56", "FEC"), "PORT|Ethernet76 fec"),
        (("PORT|ethernet76", "fec"), "PORT|Ethernet76 fec"),
        (("VERSIONS", "VERSION"), "VERSIONS|DATABASE VERSION"),
        (("MGMT_INTERFACE", "10.10.23.107", "gwaddr"), "MGMT_INTERFACE|eth0|10.10.23.107/24 gwaddr"),
    ],
)
def test_a_row_is_found_however_it_is_spelt(words: tuple[str, ...], place: str) -> None:
    assert [one.place for one in ask(*words)] == [place]


def test_a_pattern_means_several() -> None:
    assert len(ask("PORT", "Ethernet7*", "mtu")) == 3  # 7, 72, 76


@pytest.mark.parametrize(
    ("words", "message", "hint"),
    [
        (("PORTS",), "no table PORTS is rendered", "did you mean 'PORT'?"),
        (("PORT", "Ethernet49"), "PORT has no row Ethernet49", "did you mean 'Ethernet48'?"),
        (("PORT", "Ethernet76", "fecs"), "has no field fecs", "did you mean 'fec'?"),
        (("frr", "bgp routerid"), "no line of frr.conf has 'bgp routerid'", "did you mean 'bgp router-id'?"),
        (("frr", "router-idd"), "no line of frr.conf has 'router-idd'", "did you mean 'router-id'?"),
    ],
)
def test_what_is_not_there_has_a_hint(words: tuple[str, ...], message: str, hint: str) -> None:
    with pytest.raises(InputError) as caught:
        ask(*words)
    assert message in str(caught.value)
    assert hint in caught.value.hint


def test_an_unknown_switch_has_a_hint() -> None:
    with pytest.raises(InputError, match="has no switch") as caught:
        ask("PORT", switch="st01-sw25g-r01-u43")
    assert "did you mean" in caught.value.hint


def test_a_line_of_frr_is_found_by_a_part_of_it() -> None:
    (one,) = ask("frr", "router-id")
    assert (one.place, one.value) == ("router bgp 65404", "bgp router-id 10.10.21.4")
    assert one.template is not None
    assert (one.template.name, one.template.text) == ("frr/bgp.j2", "bgp router-id {{ bgp.router_id }}")
    assert [given.what for given in one.origin.given] == [f"switches.{LEAF1}.ipv4"]
    (context,) = ask("frr", "router bgp 65404")
    assert context.origin.given[0].written == "65404"


def test_an_allotted_number_comes_from_the_numbers_file() -> None:
    (one,) = ask("INTERFACE", "10.120.0.0/31", switch="dc1-leaf1", files=example("dc-2x4"))
    first = one.origin.given[0]
    assert (Path(first.place.file).name, first.written) == ("dc-2x4.numbers.yml", "10.120.0.0/31")
    (asn,) = ask("frr", "router bgp 4200000001", switch="dc1-spine1", files=example("dc-2x4"))
    assert "all spine switches share this number" in asn.origin.rule


def test_build_is_taken_instead_of_the_inventory_s() -> None:
    (one,) = ask("VERSIONS", "VERSION", build="community-202505")
    assert one.value == get_build("community-202505").database_version
    assert one.origin.given == ()  # the inventory names another
    (own,) = ask("VERSIONS", "VERSION")
    assert [given.written for given in own.origin.given] == ["community-202411"]


def test_a_policy_comes_from_what_it_permits() -> None:
    def inputs(text: str) -> list[list[str]]:
        found = ask("frr", text, switch="dc1-leaf1", files=example("dc-2x4"))
        return [[given.what for given in one.origin.given] for one in found]

    assert inputs("route-map FROM-HOST permit 10 / match") == [["hosts.prefixes"]]
    assert inputs("route-map FROM-FABRIC permit 10 / match") == [["loopbacks"]]
    assert inputs("route-map FROM-HOST permit 10") == [["hosts.prefixes"]]
    assert ["loopbacks", "hosts.prefixes"] in inputs("neighbor HOST route-map TO-HOST out")


def test_a_merge_key_leads_to_its_anchor(tmp_path: Path) -> None:
    rich_fabric(tmp_path)
    text = (tmp_path / "inventory.yml").read_text()
    text = text.replace("    role: leaf\n    platform: as7326-56x\n", "    <<: *leaf\n")
    base = "  base: &leaf\n    role: leaf\n    platform: as7326-56x\n"
    inventory = text.replace("groups:\n", "groups:\n" + base, 1)
    (tmp_path / "inventory.yml").write_text(inventory)
    files = read_fabric(tmp_path / "inventory.yml", tmp_path / "topology.yml")
    (one,) = ask("DEVICE_METADATA", "type", files=files)
    (given,) = one.origin.given
    lines = inventory.splitlines()
    assert lines[given.place.line - 1].strip() == "role: leaf"
    assert lines[given.place.line - 2].strip() == "base: &leaf"


def test_a_secret_is_never_shown(tmp_path: Path, sonicfab: Run) -> None:
    rich_fabric(tmp_path)
    files = ["-i", tmp_path / "inventory.yml", "-t", tmp_path / "topology.yml"]
    done = sonicfab("explain", *files, LEAF1, "SNMP_COMMUNITY", NOT_SET="top-secret")
    assert done.returncode == 0, done.stderr
    assert "SNMP_COMMUNITY|******** TYPE: RO" in done.stdout
    assert "top-secret" not in done.stdout
    row = sonicfab("explain", *files, LEAF1, "SNMP_COMMUNITY", "--format", "json", NOT_SET="top-secret")
    assert "top-secret" not in row.stdout


def test_routes_of_the_management_network_are_told(tmp_path: Path) -> None:
    text = (ROOT / "inventories" / "scs-lab.yml").read_text()
    assert "  management:\n" in text
    routes = "  management:\n    routes: [198.51.100.0/24]\n"
    (tmp_path / "inventory.yml").write_text(text.replace("  management:\n", routes, 1))
    files = read_fabric(tmp_path / "inventory.yml", Path(example_files("scs-lab")[3]))
    (found,) = (one for one in ask("MGMT_INTERFACE", files=files) if "forced_mgmt_routes" in one.place)
    assert [given.what for given in found.origin.given] == ["defaults.management.routes"]
    assert found.origin.rule == "reached over the management network whatever BGP says"


def test_a_template_of_one_s_own_is_named(tmp_path: Path, sonicfab: Run) -> None:
    own = tmp_path / "mine" / "frr"
    own.mkdir(parents=True)
    text = (ROOT / "templates" / "frr" / "zebra.j2").read_text()
    said = "{# FRR logs to the switch's syslog #}\nlog syslog informational"
    assert said in text
    (own / "zebra.j2").write_text("{# mine #}\n" + text.replace(said, "log syslog debugging"))
    done = sonicfab("explain", *example_files("scs-lab"), LEAF1, "frr", "log syslog", "--templates", tmp_path / "mine")
    assert done.returncode == 0, done.stderr
    assert "the template itself: no rule of sonicfab" in done.stdout
    assert "frr/zebra.j2:9" in done.stdout
    assert "mine" in done.stdout


def own_template(folder: Path, name: str, text: str) -> list[Path]:
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text)
    return [folder]


def in_port_template(old: str, new: str) -> str:
    text = (ROOT / "templates" / "config_db" / "port.yml.j2").read_text()
    assert old in text
    return text.replace(old, new)


@pytest.mark.parametrize(
    ("written", "rule"),
    [
        ("mtu: 1500", ""),
        ("mtu: {{ 1500 }}", ""),
        ("{% if port.fec %}\n    mtu: 1500\n{% endif %}", ""),
        ("mtu: {{ fabric.mtu }}", "the MTU of the fabric"),
        ("mtu: {{ switch.ports | length }}", "`ports` of the plan"),
        ("mtu: {{ port.mtu }}", "the MTU of the fabric"),
        ("{% set most = port.mtu %}\n    mtu: {{ most }}", "the MTU of the fabric"),
        ("{# as our servers have it #}\n    mtu: 1500", "as our servers have it"),
        ("mtu: {{ port.speed // 10 }}", "both ends of the link have this speed"),
    ],
)
def test_what_a_template_of_one_s_own_does_is_not_put_down_to_the_plan(written: str, rule: str, tmp_path: Path) -> None:
    folders = own_template(tmp_path, "config_db/port.yml.j2", in_port_template("mtu: {{ port.mtu }}", written))
    (one,) = explain(example("scs-lab"), "", LEAF1, ("PORT", "Ethernet76", "mtu"), folders)
    assert one.origin.rule == rule
    assert one.template is not None
    assert "mtu: " in one.template.text
    assert one.template.file.startswith(str(tmp_path))
    if "1500" in written and "if" not in written:
        assert not one.origin.given


def test_a_literal_is_told_as_the_template_s(tmp_path: Path, sonicfab: Run) -> None:
    own_template(tmp_path, "config_db/port.yml.j2", in_port_template("mtu: {{ port.mtu }}", "mtu: 1500"))
    asked = ("PORT", "Ethernet76", "mtu", "--templates", tmp_path)
    done = sonicfab("explain", *example_files("scs-lab"), LEAF1, *asked)
    assert "rule     the template itself" in done.stdout
    assert "the MTU of the fabric" not in done.stdout
    value = json.loads(sonicfab("explain", *example_files("scs-lab"), LEAF1, *asked, "--format", "json").stdout)
    assert value["values"][0]["rule"] is None


NEW_TABLE = """\
VLAN:
{% for port in switch.ports if not port.far and port.used %}
  Vlan{{ port.index }}:
    vlanid: "{{ port.index }}"
    mtu: "9000"
{% endfor %}

VLAN_MEMBER:
{% for port in switch.ports if not port.far and port.used %}
  Vlan{{ port.index }}|{{ port.name }}:
    tagging_mode: untagged
{% endfor %}

VLAN_INTERFACE:
  Vlan9: {}
  Vlan9|{{ switch.management.gateway }}/24: {}
"""


def test_of_a_table_that_nobody_knows_is_said_what_is_known(tmp_path: Path) -> None:
    folders = own_template(tmp_path, "config_db/vlan.yml.j2", NEW_TABLE)

    def asked(*words: str) -> Explained:
        return explain(example("scs-lab"), "", LEAF1, words, folders)[0]

    number = asked("VLAN", "Vlan1", "vlanid")
    assert number.origin.rule == "from the port table of the build"
    assert [fact.text.split(":")[0] for fact in number.origin.facts] == ["as7326-56x, port table community"]
    literal = asked("VLAN", "Vlan1", "mtu")
    assert literal.origin.rule == ""
    assert [given.written for given in literal.origin.given] == ["ports"]  # it is there for the port's use alone
    assert asked("VLAN_INTERFACE", "Vlan9").origin.given == ()
    address = asked("VLAN_INTERFACE", "Vlan9|*")
    assert address.origin.rule == "the gateway of eth0"
    assert [given.what for given in address.origin.given] == ["defaults.management.gateway"]


def test_a_port_that_another_row_uses_is_up_for_that(tmp_path: Path) -> None:
    text = "VLAN_MEMBER:\n  Vlan9|Ethernet30:\n    tagging_mode: untagged\n"
    folders = own_template(tmp_path, "config_db/vlan.yml.j2", text)
    (one,) = explain(example("scs-lab"), "", LEAF1, ("PORT", "Ethernet30", "admin_status"), folders)
    assert (one.value, one.origin.rule) == ("up", "up: a row of another template uses it")
    (other,) = explain(example("scs-lab"), "", LEAF1, ("PORT", "Ethernet31", "admin_status"), folders)
    assert (other.value, other.origin.rule) == ("down", "down: nothing in the topology uses this port")


def test_a_macro_s_lines_are_those_of_its_call(tmp_path: Path) -> None:
    text = """\
{% macro row(name) %}
  {{ name }}:
    state: on
{% endmacro %}
BANNER_MESSAGE:
{# for the names of all #}
{{ row(switch.name) }}
  other: {}
"""
    folders = own_template(tmp_path, "config_db/banner.yml.j2", text)
    field, other = explain(example("scs-lab"), "", LEAF1, ("BANNER_MESSAGE", "*"), folders)
    assert (field.place, other.place) == (f"BANNER_MESSAGE|{LEAF1} state", "BANNER_MESSAGE|other")
    assert (field.origin.rule, other.origin.rule) == ("for the names of all", "")


def test_golden(sonicfab: Run, golden: Golden) -> None:
    files = ["-i", "inventories/scs-lab.yml", "-t", "topologies/spine-leaf-1x2.yml"]
    shown = sonicfab("explain", *files, LEAF1, "PORT", "Ethernet76", cwd=ROOT)
    assert shown.returncode == 0, shown.stderr
    assert max(map(len, shown.stdout.splitlines())) <= 100
    golden(GOLDEN / "port.txt", shown.stdout)
    golden(GOLDEN / "frr.txt", sonicfab("explain", *files, SPINE, "frr", "neighbor LEAF", cwd=ROOT).stdout)
    short = sonicfab("explain", *files, LEAF1, "INTERFACE", cwd=ROOT)
    golden(GOLDEN / "interface.txt", short.stdout)


def test_json(sonicfab: Run) -> None:
    done = sonicfab("explain", *example_files("scs-lab"), LEAF1, "PORT", "Ethernet76", "fec", "--format", "json")
    value = json.loads(done.stdout)
    assert value["format_version"] == 1
    (one,) = value["values"]
    assert (one["place"], one["value"]) == ("PORT|Ethernet76 fec", "rs")
    assert one["rule"] == "the FEC of the switch model at this speed"
    assert one["template"]["file"] == "templates/config_db/port.yml.j2"
    assert one["inputs"][0]["line"] > 0
    assert any("minigraph.py" in fact["source"] for fact in one["facts"])


def test_a_wrong_switch_ends_with_two(sonicfab: Run) -> None:
    done = sonicfab("explain", *example_files("scs-lab"), "nobody", "PORT")
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
