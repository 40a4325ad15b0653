"""The fabric by containerlab, on the light image: booted, pushed to over SSH, verified, ended; nothing is left."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from clabs import IMAGE, Docker, clab_missing, own_dockerd, stock_image
from conftest import example_files
from labs import LEAF1, LEAF2, SPINE, Lab
from sonicfab.lab.state import labs_folder

pytestmark = [
    pytest.mark.lab,
    pytest.mark.timeout(1200),
    pytest.mark.skipif(bool(clab_missing()), reason=f"no containerlab here: {clab_missing()}"),
]
SSH_CONFIG = Path("/etc/ssh/ssh_config.d")


@pytest.fixture(scope="module")
def docker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Docker]:
    """A Docker with the light image; its Debian is made once and kept in the user's cache."""
    folder = tmp_path_factory.mktemp("docker")
    with own_dockerd(folder) as running:
        # outside of dockerd's namespace: debootstrap needs Debian's mirror, when there is no Debian in the cache yet
        command = ["lab", "image", "build", "--base", "debootstrap", "--tag", IMAGE]
        command += ["--cache", os.environ["DEBIAN_OF_SONICFAB_TESTS"]]
        built = _outside(running, *command)
        if "debootstrap failed" in built.stderr:
            pytest.skip(built.stderr.strip())
        assert built.returncode == 0, built.stderr
        yield running
    for process in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            assert str(folder).encode() not in process.read_bytes(), process
        except OSError:
            continue


def _outside(docker: Docker, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "DOCKER_HOST": docker.host}
    return subprocess.run(
        [sys.executable, "-m", "sonicfab", *arguments], env=environment, capture_output=True, text=True, check=False
    )


@contextmanager
def deployed(docker: Docker, name: str, *options: str, image: str = IMAGE) -> Iterator[Lab]:
    files = example_files("scs-lab")
    done = docker.run("lab", "up", *files, "--backend", "containerlab", "--image", image, "--name", name, *options)
    if "/proc/modules" in done.stderr:
        pytest.skip(f"this containerlab does not work on a kernel without modules: {done.stderr.strip()}")
    assert done.returncode == 0, done.stderr
    try:
        yield Lab(docker.run, name, files)
    finally:
        docker.run("lab", "down", "--name", name)


@pytest.fixture(scope="module")
def before(docker: Docker) -> tuple[str, set[str]]:
    """The networks of Docker and the interfaces beside it before there is a lab."""
    return docker.docker("network", "ls", "-q"), docker.links()


@pytest.fixture(scope="module")
def lab(docker: Docker, before: tuple[str, set[str]]) -> Iterator[Lab]:
    del before
    with deployed(docker, "boxes") as running:
        yield running


@pytest.fixture(scope="module")
def vss(docker: Docker, before: tuple[str, set[str]], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """Of what stands for docker-sonic-vs."""
    del before
    image = stock_image(docker, "vs", tmp_path_factory.mktemp("stock") / "vs")
    with deployed(docker, "vss", "--kind", "sonic-vs", image=image) as running:
        yield running


def test_the_factory_default_is_what_a_push_finds(lab: Lab) -> None:
    assert lab.inside(LEAF1, "hostname").out == "sonic\n"
    assert len(lab.config_db(LEAF1)["BGP_NEIGHBOR"]) == 56
    assert lab.verify(0).returncode == 4, "nothing was pushed: no session, no route"


def test_pushed_over_ssh_and_verified(lab: Lab) -> None:
    done = lab.sonicfab("push", "--yes")
    assert done.returncode == 0, done.stdout
    assert "3 changed" in done.stdout
    done = lab.verify(60)
    assert done.returncode == 0, done.stdout
    assert "✔ 8 of 8 sessions" in done.stdout
    assert "✔ 12 of 12 loopback pings" in done.stdout
    again = lab.sonicfab("push", "--dry-run")
    assert again.returncode == 0
    assert "3 unchanged" in again.stdout


def test_ports_are_those_of_the_platform(lab: Lab) -> None:
    config = lab.config_db(SPINE)
    mac = config["DEVICE_METADATA"]["localhost"]["mac"]
    links = {link["ifname"]: link for link in json.loads(lab.inside(SPINE, "ip -j link").out)}
    assert config["PORT"].keys() <= links.keys()
    assert {links[port]["address"] for port in config["PORT"]} == {mac}
    up = {port for port in config["PORT"] if links[port]["operstate"] == "UP"}
    assert up == {"Ethernet112", "Ethernet116"}, "the others have nothing plugged in"
    assert not any(name.startswith("eth") and name != "eth0" for name in links)


def test_lldp_sees_what_is_cabled(lab: Lab) -> None:
    command = 'for i in $(seq 40); do lldpctl -f json0 | grep -q \'"name": "Ethernet116"\' && break; sleep 0.5; done; '
    answer = json.loads(lab.inside(SPINE, f"{command} docker exec lldp lldpctl -f json0").out)
    seen = {
        one["name"]: (one["chassis"][0]["name"][0]["value"], one["port"][0]["descr"][0]["value"])
        for one in answer["lldp"][0]["interface"]
    }
    assert seen["Ethernet116"] == (LEAF1, f"{SPINE}:Ethernet116")
    assert set(seen) <= {"Ethernet112", "Ethernet116"}


def test_a_port_that_is_shut_is_found(lab: Lab) -> None:
    assert lab.inside(LEAF2, "config interface shutdown Ethernet72").code == 0
    done = lab.verify(8)
    assert done.returncode == 4
    assert f"✘ port-shut: {LEAF2}:Ethernet72 is shut" in done.stdout
    assert lab.inside(LEAF2, "config interface startup Ethernet72").code == 0
    assert lab.verify(60).returncode == 0


def test_commands_of_the_lab(lab: Lab, docker: Docker) -> None:
    status = json.loads(docker.run("lab", "status", "--format", "json").stdout)["labs"]
    mine = next(one for one in status if one["name"] == lab.name)
    assert (mine["backend"], mine["kind"]) == ("containerlab", "light")
    assert mine["switches"][LEAF1]["container"] == f"clab-{lab.name}-{LEAF1}"
    assert docker.run("lab", "exec", "--name", lab.name, LEAF1, "--", "hostname").stdout == f"{LEAF1}\n"
    assert docker.run("lab", "exec", "--name", lab.name, LEAF1, "--", "false").returncode == 1
    assert f"{LEAF1}---{SPINE}" in docker.run("lab", "graph", "--name", lab.name).stdout
    assert docker.run("lab", "save", "--name", lab.name).returncode == 0
    doctor = docker.run("lab", "doctor").stdout
    assert "✔ Docker" in doctor
    assert "✔ containerlab" in doctor


def test_the_way_in_that_status_shows_works(lab: Lab, docker: Docker) -> None:
    shown = docker.run("lab", "status", COLUMNS="400").stdout
    command = next(line for line in shown.splitlines() if line.startswith("log in: ") and f"/{lab.name}/" in line)
    container = lab.state.node(LEAF1).container
    ssh = command.removeprefix("log in: ").replace("CONTAINER", container).replace("ssh ", "ssh -F none ", 1)
    done = subprocess.run(["sh", "-c", f"{ssh} hostname"], capture_output=True, text=True, check=False)
    assert done.stdout == f"{LEAF1}\n", done.stderr


def test_nothing_is_left_after_down(lab: Lab, docker: Docker, before: tuple[str, set[str]]) -> None:
    """The last of what is done to this lab."""
    folder = lab.state.folder
    assert (folder / "id_ed25519").stat().st_mode & 0o777 == 0o600
    assert docker.docker("network", "ls", "-q") == before[0], "no Docker network: no way out of the lab"
    assert docker.run("lab", "down", "--name", lab.name).returncode == 0
    assert not folder.exists()
    assert lab.name not in docker.docker("ps", "-a")
    assert (docker.docker("network", "ls", "-q"), docker.links()) == before
    assert not list(SSH_CONFIG.glob(f"clab-{lab.name}*"))


def test_an_image_that_is_not_there(docker: Docker) -> None:
    arguments = ["lab", "up", *example_files("scs-lab"), "--backend", "containerlab", "--name", "imageless"]
    done = docker.run(*arguments, "--image", "sonicfab/none:1")
    assert done.returncode == 3
    assert "Docker has no image sonicfab/none:1" in done.stderr
    assert "sonicfab lab image build" in done.stderr
    assert not (labs_folder() / "imageless").exists()


def test_what_stands_for_docker_sonic_vs_boots_with_its_config(vss: Lab) -> None:
    _is_as_intended(vss, "sonic-vs")
    assert "take their config when they start" in vss.sonicfab("push", "--yes").stderr


def test_containers_that_were_killed(vss: Lab, docker: Docker, before: tuple[str, set[str]]) -> None:
    """The last of what is done to that lab."""
    docker.docker("kill", *docker.docker("ps", "-q", "--filter", f"name=clab-{vss.name}-").split())
    told = docker.run("verify", *example_files("scs-lab"), "--lab-name", vss.name).stderr
    assert f"no lab {vss.name} is running" in told
    assert "had ended already" in docker.run("lab", "down", "--name", vss.name).stdout
    assert vss.name not in docker.docker("ps", "-a")
    assert (docker.docker("network", "ls", "-q"), docker.links()) == before
    assert not (labs_folder() / vss.name).exists()


def test_what_stands_for_a_machine_of_vrnetlab_gets_its_config(docker: Docker, tmp_path: Path) -> None:
    version = docker.docker("version", "--format", "{{.Server.APIVersion}}").strip()
    if tuple(map(int, version.split("."))) < (1, 44):
        pytest.skip(f"containerlab wants Docker's API 1.44 for a sonic-vm, and here is {version}")
    with deployed(docker, "vms", "--kind", "sonic-vm", image=stock_image(docker, "vm", tmp_path / "vm")) as lab:
        _is_as_intended(lab, "sonic-vm")


def test_a_network_goes_with_a_lab_that_does_not_start(docker: Docker) -> None:
    networks, files = docker.docker("network", "ls", "-q"), example_files("scs-lab")
    options = ["--backend", "containerlab", "--kind", "sonic-vs", "--image", "sonicfab/none:1", "--name", "stillborn"]
    assert docker.run("lab", "up", *files, *options).returncode == 3
    assert docker.docker("network", "ls", "-q") == networks


def _is_as_intended(lab: Lab, kind: str) -> None:
    assert lab.state.kind == kind
    done = lab.verify(120)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "✔ 8 of 8 sessions" in done.stdout
    assert "✔ 12 of 12 loopback pings" in done.stdout
