"""Templates: the user's own win, mistakes in them are told with file and line, secrets come in last."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from conftest import EXAMPLES, ROOT, Run
from known import build_names, get_build
from sonicfab.errors import InputError, TemplateError
from sonicfab.fabric import open_fabric, read_fabric, render_fabric, write_build
from sonicfab.load import Secrets
from sonicfab.model.fields import SecretRef
from sonicfab.model.sessions import Bgp
from sonicfab.plan.services import Services
from sonicfab.plan.types import SwitchPlan
from sonicfab.render import Renderer, SwitchConfig, template_folders
from test_golden import open_example

LEAF = "st01-sw25g-r01-u34"


def render_with(folder: Path) -> SwitchConfig:
    fabric = open_example("scs-lab")
    return next(render_fabric(fabric, [fabric.plan.switches[LEAF]], [folder]))


def write(folder: Path, name: str, text: str) -> None:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def test_an_own_template_wins_and_the_others_stay(tmp_path: Path) -> None:
    write(tmp_path, "config_db/versions.yml.j2", "VERSIONS:\n  DATABASE:\n    VERSION: version_1_0_{{ switch.asn }}\n")
    config = render_with(tmp_path)
    assert config.config_db["VERSIONS"] == {"DATABASE": {"VERSION": "version_1_0_65404"}}
    assert len(config.config_db["PORT"]) == 56


def test_an_own_template_may_add_a_table(tmp_path: Path) -> None:
    write(tmp_path, "config_db/vlan.yml.j2", "VLAN:\n  Vlan100:\n    vlanid: 100\n    dhcp_servers: [192.0.2.1]\n")
    config = render_with(tmp_path)
    assert config.config_db["VLAN"] == {"Vlan100": {"vlanid": "100", "dhcp_servers": ["192.0.2.1"]}}
    assert "VLAN" in config.owned_tables


@pytest.mark.parametrize(
    ("asks", "again"),
    [
        ("{{ switch.services.timezone }}", 0),
        ("{{ switch.services.timezone }}{# switch.name #}", 0),
        ("{% set one = switch %}{{ one.name }}", 3),
        ("{{ switch.name }}", 3),
        ("{{ switch['name'] }}", 3),
        ("{{ fabric.name }}", 3),
    ],
)
def test_what_many_switches_have_alike_is_made_once(asks: str, again: int, tmp_path: Path) -> None:
    write(tmp_path, "config_db/own.yml.j2", f'OWN:\n  one:\n    says: "{asks}"\n')
    fabric = open_example("scs-lab")
    switches = list(fabric.plan.switches.values())
    alone = [next(render_fabric(fabric, [one], [tmp_path])) for one in switches]
    renderer, made = Renderer(template_folders([tmp_path]), fabric.secrets.resolve), list[str]()
    own = renderer._new_tables

    def noted(name: str, values: dict[str, object]) -> object:
        made.append(name)
        return own(name, values)

    vars(renderer)["_new_tables"] = noted
    for _ in range(2):
        assert [renderer.render(fabric.plan, one) for one in switches] == alone
    first = made.count("config_db/own.yml.j2")
    made.clear()
    assert [renderer.render(fabric.plan, one) for one in switches] == alone
    assert first >= 1
    assert made.count("config_db/own.yml.j2") == again


def test_an_own_part_of_frr_conf(tmp_path: Path) -> None:
    write(tmp_path, "frr/prefix_lists.j2", "ip prefix-list OURS seq 5 permit any\n!\n")
    assert "ip prefix-list OURS seq 5 permit any\n!\nrouter bgp 65404" in render_with(tmp_path).frr


def test_yaml_words_stay_words(tmp_path: Path) -> None:
    """What YAML would turn into True, 620 or None reaches config_db as written."""
    write(tmp_path, "config_db/x.yml.j2", "X:\n  row:\n    a: on\n    b: 10:20\n    c: null\n    d: 0100\n")
    assert render_with(tmp_path).config_db["X"]["row"] == {"a": "on", "b": "10:20", "c": "null", "d": "0100"}


def test_a_port_that_a_row_of_ones_own_uses_is_up(tmp_path: Path) -> None:
    """Else the VLAN would be dead: the member port of it shut, and nothing says so."""
    text = "VLAN: {Vlan100: {vlanid: 100}}\nVLAN_MEMBER:\n  Vlan100|Ethernet20: {tagging_mode: untagged}\n"
    write(tmp_path, "config_db/vlan.yml.j2", text)
    ports = render_with(tmp_path).config_db["PORT"]
    assert (ports["Ethernet20"]["admin_status"], ports["Ethernet21"]["admin_status"]) == ("up", "down")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("PORT:\n  {% for port in %}\n", "x.yml.j2:2: error: the template cannot be read"),
        (
            "X:\n  row: {{ switch.nosuch }}\n",
            "x.yml.j2:2: error: rendering st01-sw25g-r01-u34 failed: .* no attribute 'nosuch'",
        ),
        ("X:\n  row: {{ switch.image_build }}\n", r"no attribute 'image_build'\n *hint: did you mean 'build'\?"),
        (
            "X:\n{% for one in switch.ports %}\n  r: {{ one.far_end }}\n{% endfor %}",
            r"did you mean 'far'\? plan.json calls it",
        ),
        (
            "X:\n{% for _, one in switch.sessions %}\n  r: {{ one.port }}\n{% endfor %}",
            r"did you mean 'interface'\? plan.json",
        ),
        ("X:\n{% for one in switch.groups %}\n  row: {{ one.name }}\n{% endfor %}", r"each of 'bgp' has 'groups'"),
        ("X:\n  row: {{ switch.gateway }}\n", r"did you mean 'management.gateway'\?"),
        ("X:\n{% for one in switch.interfaces %}\n  row: {{ one.mtu }}\n{% endfor %}", r"for one in NAMES.values\(\)"),
        ("X:\n  row: {{ switch.loopbacks.ip4 }}\n", r"did you mean 'ipv4'\?"),
        ("X:\n{% for port in switch.ports %}\n  row: {{ port.mut }}\n{% endfor %}", r"did you mean 'mtu'\?"),
        ("X:\n  row: {{ platform.hwsk }}\n", r"did you mean 'hwsku'\?"),
        ("X:\n  row: {{ switch.bgp[0].announced('ip') }}\n", "no address family 'ip': there are ipv4 and ipv6"),
        ("X:\n  row: {{ switch.interfaces_of('prt') }}\n", r"no interface is of a kind 'prt': did you mean 'port'\?"),
        ("X:\n  row: {{ switch.loopbacks }}\n", r"a Loopbacks is no text for a config\n *hint: .* parts: ipv4, ipv6"),
        ("X:\n  row: {{ swich.name }}\n", r"'swich' is undefined\n *hint: did you mean 'switch'\?"),
        (
            "X:\n  row: {{ session.port }}\n",
            r"'session' is undefined\n *hint: known are: fabric, switch, build, platform",
        ),
        ("X: [1, 2]\n", "table X must be a mapping"),
        ("X:\n  row: 1\n", r"row X\|row must be a mapping"),
        ("X:\n  row:\n    f: {a: b}\n", r"X\|row f must be a string or a list of strings"),
        ("X:\n  row: {\n", "does not make YAML for st01-sw25g-r01-u34"),
        ("just words\n", "must make tables"),
        ("PORT:\n  Ethernet0: {}\n", "table PORT is written by config_db/port.yml.j2 and by config_db/x.yml.j2"),
        ('{% include "nosuch.j2" %}', "there is no template nosuch.j2"),
    ],
)
def test_mistakes_in_a_template(text: str, says: str, tmp_path: Path) -> None:
    write(tmp_path, "config_db/x.yml.j2", text)
    with pytest.raises(TemplateError) as caught:
        render_with(tmp_path)
    told = "\n".join([str(caught.value), caught.value.hint, *map(str, caught.value.diagnostics)])
    assert re.search(says, told), told


def test_a_failed_render_leaves_the_old_build(sonicfab: Run, tmp_path: Path) -> None:
    files = ["-i", ROOT / "inventories/scs-lab.yml", "-t", ROOT / "topologies/spine-leaf-1x2.yml"]
    assert sonicfab("render", *files, cwd=tmp_path).returncode == 0
    before = {path: path.read_bytes() for path in (tmp_path / "build").rglob("*") if path.is_file()}
    write(tmp_path, "own/config_db/x.yml.j2", "PORT:\n  {{ nosuch }}\n")
    done = sonicfab("render", *files, "--templates", "own", cwd=tmp_path)
    assert done.returncode == 2
    assert "own/config_db/x.yml.j2:2: error: rendering" in done.stderr
    assert {path: path.read_bytes() for path in (tmp_path / "build").rglob("*") if path.is_file()} == before


def with_community(switch: SwitchPlan, variable: str) -> SwitchPlan:
    community = SecretRef("env", variable)
    return dataclasses.replace(switch, services=Services(snmp=type(Services().snmp)(community)))


def test_a_secret_is_resolved_and_its_file_is_for_the_owner_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fabric = open_example("scs-lab")
    monkeypatch.setenv("COMMUNITY", "s3cretword")
    switch = with_community(fabric.plan.switches[LEAF], "COMMUNITY")
    config = Renderer(template_folders(), Secrets(tmp_path).resolve).render(fabric.plan, switch)
    assert config.config_db["SNMP_COMMUNITY"] == {"s3cretword": {"TYPE": "RO"}}
    write_build(tmp_path, fabric.plan, [config])
    folder = tmp_path / fabric.plan.name
    assert (folder / LEAF / "config_db.json").stat().st_mode & 0o777 == 0o600
    assert (folder / LEAF / "frr.conf").stat().st_mode & 0o777 == 0o644
    assert "s3cretword" not in (folder / "plan.json").read_text()


def test_the_filter_tells_which_file_has_a_secret_and_how_to_log_in_is_none(tmp_path: Path) -> None:
    fabric = open_example("scs-lab")
    leaf = fabric.plan.switches[LEAF]
    ssh = dataclasses.replace(leaf.ssh, password=SecretRef("env", "X"))
    switch = dataclasses.replace(with_community(leaf, "X"), ssh=ssh)
    own = tmp_path / "frr"
    own.mkdir()

    def secret_files(ref: str) -> frozenset[str]:
        (own / "route_source.j2").write_text("password {{ " + ref + " | secret('password') }}\n")
        renderer = Renderer(template_folders([tmp_path]), lambda ref, what: f"{ref}.{what}".replace(" ", "-"))
        config = renderer.render(fabric.plan, switch)
        assert f"password env:X.password-of-{LEAF}" in config.frr
        return config.secret_files

    assert secret_files("switch.services.snmp.community") == {"config_db.json", "frr.conf"}
    for ref in ("switch.ssh.password", "'env:X'", "switch.name"):
        with pytest.raises(TemplateError) as caught:
            secret_files(ref)
        assert "password is no secret for a config" in str(caught.value.diagnostics[0])


def test_a_secret_that_cannot_be_found_is_told_by_its_reference(tmp_path: Path) -> None:
    secrets = Secrets(tmp_path)
    with pytest.raises(InputError, match="SNMP community of leaf1: the environment variable NOSUCH is not set"):
        secrets.resolve(SecretRef("env", "NOSUCH"), "SNMP community of leaf1")
    with pytest.raises(InputError, match="cannot be read"):
        secrets.resolve(SecretRef("file", "nosuch"), "x")
    (tmp_path / "word").write_text("hello\n")
    assert secrets.resolve(SecretRef("file", "word"), "x") == "hello"


def test_bfd_needs_the_management_framework() -> None:
    """supervisord.conf.j2 starts bfdd only with frr_mgmt_framework_config "true", on every build."""
    files = read_fabric(ROOT / "inventories/scs-lab.yml", ROOT / f"topologies/{EXAMPLES['scs-lab']}.yml")
    topology = files.topology.value.model_copy(update={"bgp": Bgp(bfd=True)})
    fabric = dataclasses.replace(files, topology=dataclasses.replace(files.topology, value=topology)).plan()
    config = Renderer(template_folders(), fabric.secrets.resolve).render(fabric.plan, fabric.plan.switches[LEAF])
    assert config.config_db["DEVICE_METADATA"]["localhost"]["frr_mgmt_framework_config"] == "true"
    assert " neighbor SPINE bfd\n" in config.frr
    assert "HOST bfd" not in config.frr


@pytest.mark.parametrize("build", build_names())
def test_start_lines_of_each_build_are_in_frr_conf(build: str) -> None:
    """docker_init.sh appends the lines that it misses: then the file on the switch would not be the file rendered."""

    fabric = open_example("scs-lab")
    switch = dataclasses.replace(fabric.plan.switches[LEAF], build=get_build(build))
    config = Renderer(template_folders(), fabric.secrets.resolve).render(fabric.plan, switch)
    assert set(get_build(build).frr_start_lines) <= set(config.frr.splitlines())
    assert config.config_db["VERSIONS"]["DATABASE"]["VERSION"] == get_build(build).database_version


def test_services_that_the_inventory_leaves_alone_are_not_owned() -> None:
    fabric = open_example("scs-lab")
    switch = dataclasses.replace(fabric.plan.switches[LEAF], services=Services(syslog=()))
    config = Renderer(template_folders(), fabric.secrets.resolve).render(fabric.plan, switch)
    assert not config.owned_tables & {"NTP", "NTP_SERVER", "DNS_NAMESERVER"}
    assert config.config_db["SYSLOG_SERVER"] == {}
    assert "SYSLOG_SERVER" in config.owned_tables, "an empty list says: none"


EDGECORE_PORTS = {  # switch -> ports, and some of them with their alias and index
    "st01-sw100g-r01-u36": (32, {"Ethernet0": ("Eth1(Port1)", "1"), "Ethernet124": ("Eth32(Port32)", "32")}),
    LEAF: (56, {"Ethernet0": ("Eth6/3(Port1)", "1"), "Ethernet76": ("Eth56(Port56)", "56")}),
}


@pytest.mark.parametrize("build", ["edgecore-202111", "edgecore-202211"])
def test_edgecore_builds_have_their_own_ports_and_mode(build: str) -> None:
    """The same two files, cabled by port name, for images with other aliases."""
    community = open_example("scs-lab").plan
    fabric = open_fabric(ROOT / "inventories/scs-lab.yml", ROOT / "topologies/spine-leaf-1x2.yml", build)
    assert [link.name for link in fabric.plan.links] == [link.name for link in community.links]
    for config in render_fabric(fabric, [fabric.plan.switches[name] for name in EDGECORE_PORTS]):
        count, some = EDGECORE_PORTS[config.switch]
        ports = config.config_db["PORT"]
        assert len(ports) == count
        assert {name: (ports[name]["alias"], ports[name]["index"]) for name in some} == some
        assert config.config_db["DEVICE_METADATA"]["localhost"]["docker_routing_config_mode"] == "split"
        assert "zebra nexthop kernel" not in config.frr
        assert "fpm" not in config.frr
    leaf = next(render_fabric(fabric, [fabric.plan.switches[LEAF]]))
    assert "neighbor Ethernet76 interface peer-group SPINE" in leaf.frr
    assert leaf.config_db["PORT"]["Ethernet41"] == {
        "admin_status": "up",
        "alias": "Eth42/1(Port42)",
        "description": "host",
        "index": "42",
        "lanes": "61",
        "mtu": "9100",
        "speed": "25000",
    }


@pytest.mark.parametrize("build", ["edgecore-202111", "edgecore-202211"])
def test_every_example_renders_for_edgecore(build: str) -> None:
    for inventory, topology in EXAMPLES.items():
        fabric = open_fabric(ROOT / f"inventories/{inventory}.yml", ROOT / f"topologies/{topology}.yml", build)
        configs = list(render_fabric(fabric, fabric.plan.switches.values()))
        assert len(configs) == len(fabric.plan.switches)
        assert {32, 56} <= {len(config.config_db["PORT"]) for config in configs} <= {32, 54, 56}


def test_ports_may_go_by_the_aliases_of_the_image(tmp_path: Path) -> None:
    base = ROOT / "tests" / "errors" / "base"
    topology = tmp_path / "topology.yml"
    text = (base / "topology.yml").read_text().replace("spine1:Ethernet0 - leaf1:Ethernet72", "{ends}")
    for build, ends in {
        "community-202411": "spine1:hundredGigE1 - leaf1:hundredGigE55",
        "edgecore-202111": "spine1:Eth1(Port1) - leaf1:Eth55(Port55)",
    }.items():
        topology.write_text(text.replace("{ends}", ends))
        plan = open_fabric(base / "inventory.yml", topology, build).plan
        assert "leaf1:Ethernet72 - spine1:Ethernet0" in [link.name for link in plan.links]


def test_what_cannot_be_rendered_whole_leaves_no_trace(tmp_path: Path) -> None:
    fabric = open_example("scs-lab")
    configs = list(render_fabric(fabric, fabric.plan.switches.values()))

    def broken() -> Iterator[SwitchConfig]:
        yield configs[0]
        raise InputError("a template fails")

    with pytest.raises(InputError):
        write_build(tmp_path / "build", fabric.plan, broken())
    assert not (tmp_path / "build").exists()
    write_build(tmp_path / "build", fabric.plan, configs)
    folder = tmp_path / "build" / fabric.plan.name
    before = {path: (path.stat().st_mtime_ns, path.stat().st_ino) for path in folder.rglob("*")}
    configs[0] = dataclasses.replace(configs[0], frr="hostname other\n")
    with pytest.raises(InputError):
        write_build(tmp_path / "build", fabric.plan, broken())
    changed = write_build(tmp_path / "build", fabric.plan, configs)
    assert [name for name, is_changed in changed.items() if is_changed] == [configs[0].switch]
    after = {path: (path.stat().st_mtime_ns, path.stat().st_ino) for path in folder.rglob("*")}
    assert [path.name for path in after if path.is_file() and after[path] != before[path]] == ["frr.conf"]


def test_a_switch_that_left_leaves_the_folder_and_what_is_not_ours_stays(tmp_path: Path) -> None:
    fabric = open_example("scs-lab")
    configs = list(render_fabric(fabric, fabric.plan.switches.values()))
    write_build(tmp_path, fabric.plan, configs)
    (tmp_path / fabric.plan.name / "notes").mkdir()
    (tmp_path / fabric.plan.name / "notes" / "frr.conf").write_text("mine")
    gone = configs[0].switch
    switches = {name: one for name, one in fabric.plan.switches.items() if name != gone}
    write_build(tmp_path, dataclasses.replace(fabric.plan, switches=switches), configs[1:])
    assert sorted(path.name for path in (tmp_path / fabric.plan.name).iterdir()) == sorted(
        [*switches, "notes", "plan.json"]
    )
    (tmp_path / fabric.plan.name / "plan.json").write_text('{"switches": {"notes": {}}}')
    write_build(tmp_path, fabric.plan, configs)
    assert (tmp_path / fabric.plan.name / "notes" / "frr.conf").read_text() == "mine"
