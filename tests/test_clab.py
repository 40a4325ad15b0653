"""The containerlab topology of a fabric, and its plan on stock images; no Docker needed."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from conftest import EXAMPLES, REFERENCE, ROOT, Run, example_files
from labs import LEAF1, SPINE
from sonicfab.access import Access
from sonicfab.configdb import ConfigDb
from sonicfab.endpoint import Endpoint
from sonicfab.errors import InputError, TransportError
from sonicfab.fabric import Fabric, open_fabric
from sonicfab.lab.access import NO_SUDO
from sonicfab.lab.clab import VS_START, VS_WIRES
from sonicfab.lab.state import LabNode, LabState, labs_folder, process_started, write_state
from sonicfab.lab.stock import stock_config, stock_plan, stock_ports, wider_than_old_images
from sonicfab.transport.exec import ExecTransport, ProgramStream
from sonicfab.verify.run import verify

KINDS = ("light", "sonic-vs", "sonic-vm")
# the schema of containerlab, schemas/clab.schema.json in its repository, where it is at hand
SCHEMA = Path(os.environ.get("CONTAINERLAB_SCHEMA") or REFERENCE / "containerlab" / "clab.schema.json")


def example(inventory: str = "scs-lab") -> Fabric:
    topology = ROOT / "topologies" / f"{EXAMPLES[inventory]}.yml"
    return open_fabric(ROOT / "inventories" / f"{inventory}.yml", topology)


def rendered(run: Run, folder: Path, kind: str, inventory: str = "scs-lab") -> Path:
    image = [] if kind == "light" else ["--image", "example/sonic:1"]
    done = run("lab", "render", *example_files(inventory), "-o", folder, "--kind", kind, *image)
    assert done.returncode == 0, done.stderr
    return next(folder.glob("*.clab.yml"))


@pytest.mark.parametrize("inventory", EXAMPLES)
@pytest.mark.parametrize("kind", KINDS)
def test_valid_by_containerlabs_own_schema(sonicfab: Run, tmp_path: Path, kind: str, inventory: str) -> None:
    if not SCHEMA.exists():
        pytest.skip(f"containerlab's schema is not here: {SCHEMA}")
    jsonschema = pytest.importorskip("jsonschema")
    topology = yaml.safe_load(rendered(sonicfab, tmp_path, kind, inventory).read_text())
    validator = jsonschema.Draft7Validator(json.loads(SCHEMA.read_text()))
    assert [error.message for error in validator.iter_errors(topology)] == []
    topology["topology"]["nodes"][next(iter(topology["topology"]["nodes"]))]["kind"] = "no-such-kind"
    assert list(validator.iter_errors(topology)), "the schema does look"


def test_light_nodes_have_the_ports_of_their_platform_and_no_way_out(sonicfab: Run, tmp_path: Path) -> None:
    topology = yaml.safe_load(rendered(sonicfab, tmp_path, "light").read_text())
    linux = topology["topology"]["kinds"]["linux"]
    assert (linux["network-mode"], linux["privileged"]) == ("none", False)
    assert {tuple(link["endpoints"]) for link in topology["topology"]["links"]} == {
        (f"{LEAF1}:Ethernet76", f"{SPINE}:Ethernet116"),
        ("st01-sw25g-r01-u35:Ethernet72", f"{SPINE}:Ethernet112"),
    }
    for bind in (bind for node in topology["topology"]["nodes"].values() for bind in node["binds"]):
        assert (tmp_path / bind.partition(":")[0]).is_dir()
    ports = (tmp_path / SPINE / "ports").read_text().splitlines()
    assert ports[0] == "mac 90:2d:77:58:27:50"
    assert {line for line in ports if line.startswith("cabled")} == {"cabled Ethernet112", "cabled Ethernet116"}
    assert len(ports) == 1 + 32
    assert not list(tmp_path.rglob("*ed25519*")), "no key is made for a lab that is only written"


@pytest.mark.parametrize("inventory", EXAMPLES)
def test_stock_images_agree_on_both_ends(inventory: str) -> None:
    plan = example(inventory).plan
    stock, ports = stock_plan(plan), stock_ports(plan)
    described: dict[tuple[str, str], str] = {}
    for name, switch in stock.switches.items():
        assert [port.name for port in switch.ports] == [f"Ethernet{4 * n}" for n in range(len(ports[name]))]
        assert [port.interface for port in ports[name]] == [f"eth{n + 1}" for n in range(len(ports[name]))]
        lanes = [lane for port in switch.ports for lane in port.lanes]
        assert len(set(lanes)) == len(lanes) == 4 * len(switch.ports)
        described |= {(name, port.name): str(port.far) for port in switch.ports}
        bundles = {(name, one.name): str(one.far) for one in switch.port_channels}
        for session in switch.fabric_sessions:
            assert {**described, **bundles}[name, session.interface] == str(session.far) == session.description
        members = {one.interface for vlan in switch.vlans for one in vlan.members}
        assert members <= {port.name for port in switch.ports} | {one.name for one in switch.port_channels}
    cables = [cable for link in stock.links for cable in link.cables]
    assert len(described) == 2 * len(cables) == 2 * sum(len(link.cables) for link in plan.links)
    for a, b in cables:
        assert described[a] == str(b)
        assert described[b] == str(a)


def test_a_stock_config_keeps_the_images_management_network(sonicfab: Run, tmp_path: Path) -> None:
    rendered(sonicfab, tmp_path, "sonic-vm")
    config = json.loads((tmp_path / SPINE / "config_db.json").read_text())
    assert not config.keys() & {"MGMT_INTERFACE", "MGMT_VRF_CONFIG", "NTP_SERVER", "SYSLOG_SERVER"}
    localhost = config["DEVICE_METADATA"]["localhost"]
    assert localhost["hwsku"] == "Force10-S6000"
    assert "mac" not in localhost, "the machine has its own"
    assert "mgmt" not in json.dumps(config)
    assert (tmp_path / SPINE / "ports.txt").read_text().splitlines()[1:] == [
        "eth1 Ethernet0 Ethernet112",
        "eth2 Ethernet4 Ethernet116",
    ]
    frr = (tmp_path / SPINE / "frr.conf").read_text()
    assert f"neighbor Ethernet4 description {LEAF1}:Ethernet0\n" in frr
    assert "HOST" not in {line.split()[-1] for line in frr.splitlines() if "peer-group" in line}


def test_a_stock_config_of_a_container_keeps_its_mac() -> None:
    config: ConfigDb = {
        "DEVICE_METADATA": {"localhost": {"mac": "00:11:22:33:44:55", "hwsku": "x"}},
        "MGMT_PORT": {"eth0": {}},
    }
    assert stock_config(config)["DEVICE_METADATA"]["localhost"]["mac"] == "00:11:22:33:44:55"


def test_more_cables_than_the_image_has_ports() -> None:
    plan = example().plan
    switch = plan.switches[LEAF1]
    link = plan.links[0]
    many = tuple(replace(link, a=Endpoint(LEAF1, port.name)) for port in switch.ports[:33])
    with pytest.raises(InputError, match="33 cables, and the image 32 ports"):
        stock_plan(replace(plan, links=many))


def test_more_cables_than_an_old_virtual_machine_has_interfaces() -> None:
    plan = example().plan
    near = [port.name for port in plan.switches[LEAF1].ports][:11]
    far = [port.name for port in plan.switches[SPINE].ports][:11]
    links = tuple(
        replace(plan.links[0], a=Endpoint(LEAF1, one), b=Endpoint(SPINE, other))
        for one, other in zip(near, far, strict=True)
    )
    assert wider_than_old_images(stock_ports(replace(plan, links=links[:10]))) == ""
    said = wider_than_old_images(stock_ports(replace(plan, links=links)))
    assert all(f"{name} (11)" in said for name in (SPINE, LEAF1))
    assert "vrnetlab of January 2025" in said


@pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("unshare"), reason="only root makes interfaces")
def test_the_wires_of_a_container_are_silent() -> None:
    """ethN answers no ARP and has no IPv6; eth0, the management interface, is left alone."""
    made = "".join(
        f"ip link add {one} type veth peer name p{one} && ip link set {one} up && ip link set p{one} up; "
        for one in ("eth0", "eth1", "eth12")
    )
    script = f"mount -t sysfs none /sys; {made}{VS_WIRES}ip -j addr"
    done = subprocess.run(
        ["unshare", "--net", "--mount", "sh", "-c", script], capture_output=True, text=True, check=True
    )
    links = {one["ifname"]: one for one in json.loads(done.stdout)}
    assert {name for name, one in links.items() if "NOARP" in one["flags"]} == {"eth1", "eth12"}
    with_ipv6 = {name for name, one in links.items() if any(a["family"] == "inet6" for a in one["addr_info"])}
    assert with_ipv6 & {"eth0", "eth1", "eth12"} == {"eth0"}


@pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("unshare"), reason="only root mounts")
def test_a_container_whose_zebra_does_not_know_fpm_lines_starts(tmp_path: Path) -> None:
    """202305: docker_init.sh writes them, and its zebra has the module fpm, which takes none."""
    programs = {"supervisorctl": "exit 7", "config": "exit 0", "vtysh": '[ "$1" = -c ] || ! grep fpm "$2" || exit 2'}
    for name, text in programs.items():
        (tmp_path / name).write_text(f"#!/bin/sh\n{text}\n")
        (tmp_path / name).chmod(0o755)
    lines = ["no fpm use-next-hop-groups", "fpm address 127.0.0.1", "router bgp 65001"]
    (tmp_path / "frr.conf").write_text("\n".join([*lines, ""]))
    script = f"mount --bind {tmp_path} /var/tmp && mount -t tmpfs t /tmp && "
    script += f"{VS_START.replace('/var/sonic/', '/var/tmp/')}; echo $?; cat /tmp/frr.conf"
    command = ["unshare", "--net", "--mount", "env", f"PATH=/var/tmp:{os.environ['PATH']}", "sh", "-c", script]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout == "0\nrouter bgp 65001\n", done.stderr


def test_a_stock_kind_needs_an_image(sonicfab: Run, tmp_path: Path) -> None:
    done = sonicfab("lab", "render", *example_files("scs-lab"), "-o", tmp_path, "--kind", "sonic-vs")
    assert done.returncode == 2
    assert "--kind sonic-vs needs --image" in done.stderr


def test_kind_is_for_containerlab(sonicfab: Run) -> None:
    done = sonicfab("lab", "up", *example_files("scs-lab"), "--kind", "sonic-vs")
    assert done.returncode == 2
    assert "add --backend containerlab" in done.stderr


def test_push_to_stock_images_is_refused(sonicfab: Run) -> None:
    me = os.getpid()
    nodes = {LEAF1: LabNode(22, me, "", f"clab-stock-{LEAF1}", process_started(me))}
    folder = labs_folder() / "stock"
    folder.mkdir(parents=True)
    try:
        write_state(folder, LabState("stock", "f", 0, "", False, nodes, "containerlab", "sonic-vs", "i"))
        done = sonicfab("push", *example_files("scs-lab"), "--lab-name", "stock", "--yes")
    finally:
        (folder / "state.json").unlink()
        folder.rmdir()
    assert done.returncode == 2
    assert "take their config when they start" in done.stderr


def test_sudo_where_root_is_the_only_user() -> None:
    transport = ExecTransport(["env", "PATH=/usr/bin:/bin", "sh", "-c", NO_SUDO, "sh"])
    assert transport.run("sudo -n echo 'one two' && sudo -n false; echo $?").stdout == "one two\n1\n"


def test_a_program_as_the_way_to_a_switch() -> None:
    stream = ProgramStream(["sh", "-c", "read line; echo got $line"])
    stream.socket.sendall(b"this\n")
    assert stream.socket.recv(100) == b"got this\n"
    stream.close()
    with pytest.raises(TransportError, match="cannot run no-such-program"):
        ProgramStream(["no-such-program"])


def test_what_a_stock_image_lacks_is_skipped(tmp_path: Path) -> None:
    vtysh = tmp_path / "vtysh"  # no BGP runs, and there is no ping
    vtysh.write_text("#!/bin/sh\necho '{}'\n")
    vtysh.chmod(0o755)
    (tmp_path / "timeout").symlink_to(shutil.which("timeout") or "/usr/bin/timeout")
    shell = ExecTransport(["env", f"PATH={tmp_path}", "/bin/sh", "-c", NO_SUDO, "sh"])
    plan = stock_plan(example().plan)
    done = verify(Access(lambda _: shell, "lab", frozenset()), plan, [plan.switches[LEAF1]], 0, lambda *_: None)
    assert {(one.check, one.status) for one in done.results} == {
        ("bgp", "failed"),
        ("route", "failed"),
        ("ping", "skipped"),
        ("interface", "failed"),
        ("lldp", "skipped"),
        ("config", "skipped"),
        ("system", "skipped"),
    }
    assert {one.seen for one in done.results if one.check == "ping"} == {"this image has no ping"}
