"""Labs by containerlab: the program is driven as a user would, from a topology file in the lab's folder."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, BinaryIO

from sonicfab.errors import LabError, OutputError
from sonicfab.lab import vrnetlab
from sonicfab.lab.clabfile import ClabLab, container_name, network_name, node_files, topology_text
from sonicfab.lab.docker import docker, docker_host, has_image, last_line
from sonicfab.lab.files import AUTHORIZED_KEYS, HOST_KEY
from sonicfab.lab.seed import new_key, write_switch, write_texts
from sonicfab.lab.spec import LabSpec
from sonicfab.lab.state import CONTAINERLAB, LabNode, LabState, claim, process_started, remove_folder, write_state
from sonicfab.lab.whole import whole

BOOT_TIMEOUT = 120
STOCK_TIMEOUT = 600
_DOCKER_HOST = "docker-host"
_READY = "i=0; until [ -s /run/sonic/ready ]; do i=$((i + 1)); [ $i -lt {tries} ] || exit 1; sleep 0.1; done"
_VS_READY = "i=0; until sonic-db-cli CONFIG_DB get CONFIG_DB_INITIALIZED 2>/dev/null | grep -q 1; do "
_VS_READY += "i=$((i + 1)); [ $i -lt {tries} ] || exit 1; sleep 1; done"
VS_WIRES = (  # of a port the image has two interfaces, its own and containerlab's ethN: the latter is but a wire, and
    # must neither answer ARP with its own MAC address nor be a neighbour by an address of its own
    # (sonic-swss tests/conftest.py VirtualServer, containerlab pull request 3390)
    "for wire in /sys/class/net/eth*; do wire=${wire##*/}; [ $wire = eth0 ] && continue; "
    "ip link set dev $wire arp off && echo 1 > /proc/sys/net/ipv6/conf/$wire/disable_ipv6 || exit 1; done; "
)
# bgpd after the links exist; the config once more for images whose start does not look in /var/sonic. What tells zebra
# of its FPM stays out: the image's own config says it (platform/vs/docker-sonic-vs/frr/zebra.conf), and the module of
# 202305 does not know it (supervisord.conf.j2: -M fpm); vtysh ends with 2 for a line that is not known.
VS_START = (
    f"{VS_WIRES}supervisorctl start bgpd; config load -y /var/sonic/config_db.json && i=0; "
    "until vtysh -c 'show bgp summary json' > /dev/null 2>&1; do i=$((i + 1)); [ $i -lt 60 ] || exit 1; sleep 1; done; "
    "grep -Ev '^(no )?fpm ' /var/sonic/frr.conf > /tmp/frr.conf && vtysh -f /tmp/frr.conf"
)

Progress = Callable[[dict[str, Any]], None]


def write_lab(folder: Path, lab: ClabLab) -> Path:
    """Write the topology and what its nodes mount, without keys; the topology's path.

    Raises:
        OutputError: a file cannot be written.
    """
    try:
        write_texts(folder, node_files(lab))
        if lab.kind == "light":
            for switch in lab.spec.switches:
                write_switch(folder / switch.name, lab.spec, switch)
        file = folder / f"{lab.spec.name}.clab.yml"
        file.write_text(topology_text(lab), encoding="utf-8")
    except OSError as err:
        raise OutputError(f"cannot write {err.filename or folder}: {err.strerror}") from err
    return file


def deploy(lab: ClabLab, progress: Progress) -> LabState:
    """Deploy a lab and wait until its switches run; `progress` is told each step.

    Raises:
        LabError: containerlab refuses, or a switch does not start; nothing is left running then.
    """
    spec, host = lab.spec, docker_host()
    if lab.kind == "light" and not has_image(lab.image):
        raise LabError(f"Docker has no image {lab.image}", "`sonicfab lab image build` makes it")
    folder: Path | None = None
    log: BinaryIO | None = None
    try:
        with whole():
            folder, log = claim(spec.name, spec.dumps())
        (folder / _DOCKER_HOST).write_text(host, encoding="utf-8")
        file = write_lab(folder, lab)
        if lab.kind == "light":
            _write_keys(folder, spec)
        containerlab("deploy", "--topo", str(file), host=host)
        progress({"event": "wired", "ports": sum(len(one.ports) for one in spec.switches), "links": len(spec.links)})
        state = _state(lab, folder, host, _inspect(file, host))
        _wait_all(lab, state, folder, progress)
        write_state(folder, state)
    except BaseException as err:
        if folder is not None:
            _clear(folder, host, err)
        raise
    finally:
        if log is not None:
            log.close()
    return state


def destroy(folder: Path, host: str) -> None:
    """Remove a lab's containers and what containerlab keeps of it.

    Raises:
        LabError: containerlab or Docker fails.
    """
    containerlab("destroy", "--cleanup", "--topo", str(_topology(folder)), host=host)
    # containerlab leaves a network in which no container of the lab was made
    network = network_name(folder.name)
    if docker("network", "ls", "--quiet", "--filter", f"name=^{network}$", host=host).strip():
        docker("network", "rm", network, host=host)


def _clear(folder: Path, host: str, err: BaseException) -> None:
    """Remove what a lab left that did not start.

    Raises:
        LabError: that does not work either; both reasons are told, and the folder stays for `lab down`.
    """
    try:
        if has_topology(folder):
            destroy(folder, host)
    except LabError as left:
        hint = f"`sonicfab lab down --name {folder.name}` tries again to remove it"
        raise LabError(f"{err or 'interrupted'}; and it cannot be removed: {left}", hint) from err
    remove_folder(folder)


def save_lab(state: LabState) -> str:
    """`containerlab save`: what it says.

    Raises:
        LabError: the lab is not of containerlab, or it fails.
    """
    return containerlab("save", "--topo", str(_of_containerlab(state)), host=state.docker_host).stderr


def graph_lab(state: LabState, form: str) -> str:
    """`containerlab graph` as `mermaid` or `dot`: the text of the graph. Its web server is never started.

    Raises:
        LabError: the lab is not of containerlab, or it fails.
    """
    file = _of_containerlab(state)
    containerlab("graph", f"--{form}", "--topo", str(file), host=state.docker_host)
    graph = file.parent / f"clab-{state.name}" / "graph" / f"{file.name.removesuffix('.yml')}.{form}"
    made = graph if graph.exists() else next(iter(sorted(graph.parent.glob(f"*.{form}"))), None)
    if made is None:
        raise LabError(f"containerlab has made no .{form} file in {graph.parent}")
    return made.read_text(encoding="utf-8")


def has_topology(folder: Path) -> bool:
    """Whether a lab's folder is one of containerlab."""
    return _topology(folder).exists()


def spec_docker_host(folder: Path) -> str:
    """The Docker that a lab was started on."""
    file = folder / _DOCKER_HOST
    return file.read_text(encoding="utf-8") if file.exists() else ""


def containerlab(*arguments: str, host: str) -> subprocess.CompletedProcess[str]:
    """Run `containerlab ARGUMENTS`; it asks nobody about newer versions.

    Raises:
        LabError: there is no such program, or it fails.
    """
    environment = {**os.environ, "CLAB_VERSION_CHECK": "disable", **({"DOCKER_HOST": host} if host else {})}
    try:
        done = subprocess.run(
            ["containerlab", *arguments],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            env=environment,
            check=False,
        )
    except OSError as err:
        raise LabError(
            f"cannot run containerlab: {err.strerror}", "`sonicfab lab doctor` says what is missing"
        ) from err
    if done.returncode:
        raise LabError(f"containerlab {arguments[0]} failed: {_reason(done.stderr)}")
    return done


def _write_keys(folder: Path, spec: LabSpec) -> None:
    public = new_key(folder / "id_ed25519")
    known: list[str] = []
    for switch in spec.switches:
        write_texts(folder / switch.name, {AUTHORIZED_KEYS: f"{public} sonicfab-lab\n"})
        known.append(f"{container_name(spec.name, switch.name)} {new_key(folder / switch.name / HOST_KEY)}\n")
    (folder / "known_hosts").write_text("".join(known), encoding="utf-8")


def _inspect(file: Path, host: str) -> dict[str, dict[str, Any]]:
    """Container name -> what containerlab says of it; before 0.68 the list stands under another key."""
    found = json.loads(containerlab("inspect", "--topo", str(file), "--format", "json", host=host).stdout)
    return {one["name"]: one for rows in found.values() for one in rows}


def _state(lab: ClabLab, folder: Path, host: str, containers: dict[str, dict[str, Any]]) -> LabState:
    nodes: dict[str, LabNode] = {}
    for switch in lab.spec.switches:
        container = container_name(lab.spec.name, switch.name)
        if containers.get(container, {}).get("state") != "running":
            raise LabError(f"switch {switch.name} does not run: {last_line(container, host)}")
        pid = int(docker("inspect", "--format", "{{.State.Pid}}", container, host=host))
        address = str(containers[container].get("ipv4_address", "")).partition("/")[0]
        nodes[switch.name] = LabNode(
            22,
            pid,
            address if lab.kind == "sonic-vm" else "",
            "" if lab.kind == "sonic-vm" else container,
            process_started(pid),
        )
    return LabState(
        folder.name,
        lab.spec.fabric,
        0,
        "",
        False,
        nodes,
        CONTAINERLAB,
        lab.kind,
        lab.image,
        docker_host=host,
        begun_in=lab.spec.begun_in,
    )


def _wait_all(lab: ClabLab, state: LabState, folder: Path, progress: Progress) -> None:
    def one(switch: str) -> None:
        if lab.kind == "sonic-vm":
            vrnetlab.start(state, switch, container_name(state.name, switch), folder / switch, STOCK_TIMEOUT)
        else:
            _start(state, switch)
        progress({"event": "booted", "switch": switch})

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(one, state.switches))


def _start(state: LabState, switch: str) -> None:
    """Wait for a container; a docker-sonic-vs is then given what it does not start with."""
    scripts = [(_READY.format(tries=BOOT_TIMEOUT * 10), BOOT_TIMEOUT)]
    if state.kind == "sonic-vs":
        scripts = [(_VS_READY.format(tries=STOCK_TIMEOUT), STOCK_TIMEOUT), (VS_START, STOCK_TIMEOUT)]
    for script, seconds in scripts:
        command = [*state.enter(switch), "sh", "-c", script]
        try:
            # a few seconds more than the script itself waits
            done = subprocess.run(
                command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=seconds + 30, check=False
            )
        except subprocess.TimeoutExpired as err:
            raise LabError(f"switch {switch} does not start within {seconds} s") from err
        if done.returncode:
            told = (done.stderr.strip() or done.stdout.strip()).splitlines()  # vtysh complains on stdout
            said = told[-1] if told else last_line(state.node(switch).container, state.docker_host)
            raise LabError(f"switch {switch} does not start: {said}")


def _topology(folder: Path) -> Path:
    return folder / f"{folder.name}.clab.yml"


def _of_containerlab(state: LabState) -> Path:
    if state.backend != CONTAINERLAB:
        raise LabError(
            f"lab {state.name} is an embedded one", "this is for labs of `sonicfab lab up --backend containerlab`"
        )
    return _topology(state.folder)


def _reason(text: str) -> str:
    """What containerlab says went wrong: what follows ERROR, without the frame around it."""
    words = text.rpartition("ERROR")[2].replace("│", " ").split()
    return " ".join(words) or "it says nothing"
