"""A Docker of the tests' own, in a network namespace of its own, and sonicfab beside it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from conftest import ROOT
from patience import Patience
from sonicfab.fabric import open_fabric
from sonicfab.lab.planned import lab_spec
from sonicfab.lab.seed import write_switch
from sonicfab.platforms import Platform

IMAGE = "sonicfab/light:test"
STOCK = Path(__file__).parent / "vm" / "stock"
"""What stands for the stock images: containers with their habits, on the light image."""
_DOCKERD = (
    "--iptables=false --ip6tables=false --bridge=none --ip-forward=false "
    "--exec-opt native.cgroupdriver=cgroupfs --storage-driver overlay2"
)


def clab_missing() -> str:
    """Why this machine cannot run a lab by containerlab; "" when it may."""
    if os.geteuid() != 0:
        return "dockerd needs root"
    lacking = [program for program in ("docker", "dockerd", "containerlab", "debootstrap") if not shutil.which(program)]
    return f"not there: {', '.join(lacking)}" if lacking else ""


@dataclass(frozen=True)
class Docker:
    """A dockerd that runs."""

    pid: int
    host: str

    def run(
        self, *arguments: object, cwd: Path | None = None, stdin: str = "", **environment: str
    ) -> subprocess.CompletedProcess[str]:
        """The command line of sonicfab, in the network namespace of this dockerd."""
        inside = ["nsenter", f"--net=/proc/{self.pid}/ns/net", sys.executable, "-m", "sonicfab"]
        return subprocess.run(
            [*inside, *map(str, arguments)],
            cwd=cwd,
            env={**os.environ, "COLUMNS": "100", "DOCKER_HOST": self.host, **environment},
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
        )

    def docker(self, *arguments: str) -> str:
        return subprocess.run(
            ["docker", "--host", self.host, *arguments], capture_output=True, text=True, check=True
        ).stdout

    def links(self) -> set[str]:
        """The names of the network interfaces beside it."""
        command = ["nsenter", f"--net=/proc/{self.pid}/ns/net", "ip", "-j", "link"]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        return {link["ifname"] for link in json.loads(done.stdout)}


@contextmanager
def own_dockerd(folder: Path) -> Iterator[Docker]:
    """A dockerd that ends with the block; the test is skipped where none can run."""
    socket, pidfile, log = folder / "docker.sock", folder / "dockerd.pid", folder / "dockerd.log"
    places = f"--data-root {folder}/data --exec-root {folder}/run --pidfile {pidfile} -H unix://{socket}"
    script = f"ip link set lo up; exec dockerd {places} {_DOCKERD}"
    command = ["unshare", "--net", "--mount", "--fork", "--kill-child", "sh", "-c", script]
    with log.open("wb") as out:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True)
    try:
        patience = Patience(30)
        while not (socket.exists() and pidfile.exists()):
            if process.poll() is not None or patience.ended:
                said = (log.read_text(errors="replace").strip().splitlines() or ["it says nothing"])[-1]
                pytest.skip(f"no dockerd can run here: {said}")
            time.sleep(0.1)
        yield Docker(int(pidfile.read_text()), f"unix://{socket}")
    finally:
        if pidfile.exists():
            subprocess.run(["kill", pidfile.read_text().strip()], check=False)
        try:
            process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def stock_image(docker: Docker, kind: str, folder: Path) -> str:
    """Build what stands for a stock image, `vs` or `vm`, beside the light one; its name."""
    shutil.copytree(STOCK, folder)
    layer = folder / "layer"
    if kind == "vm":  # the files of a switch of the virtual model, which it boots by
        plan = open_fabric(ROOT / "inventories/scs-lab.yml", ROOT / "topologies/spine-leaf-1x2.yml").plan
        model = Platform.read("force10-s6000")
        virtual = {name: replace(one, platform=model) for name, one in plan.switches.items()}
        spec = lab_spec(replace(plan, switches=virtual), "")
        write_switch(layer, spec, spec.switches[0])
        for part in (layer / "files").iterdir():
            shutil.copytree(part, layer / part.name, dirs_exist_ok=True)
        shutil.rmtree(layer / "files")
    image = f"sonicfab/stock-{kind}:test"
    build = ["build", "--network", "none", "--tag", image, "--file", str(folder / f"Dockerfile.{kind}"), str(folder)]
    done = subprocess.run(
        ["docker", "--host", docker.host, *build],
        env={**os.environ, "DOCKER_BUILDKIT": "0"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return image
