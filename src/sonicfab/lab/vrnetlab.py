"""Virtual machines that vrnetlab has packed: waiting for them, and their config.

containerlab's `startup-config` is not used. vrnetlab of November 2025 and later gives it to the machine by `config
replace -y` (srl-labs/vrnetlab master sonic/docker/backup.sh, pull request 405), an option that no build of SONiC has
(sonic-utilities config/main.py replace(), 202311 to master): its launcher ends by that, and the container with it.
Older ones merge it into the config of the image by `config load`.
"""

from __future__ import annotations

import contextlib
import subprocess
import time
from pathlib import Path

from sonicfab.errors import LabError, TransportError
from sonicfab.lab.access import open_lab_switch
from sonicfab.lab.docker import docker, last_line
from sonicfab.lab.state import LabState
from sonicfab.switch.operations import Switch

_HEALTH = "{{.State.Running}} {{if .State.Health}}{{.State.Health.Status}}{{end}}"
FILES = ("config_db.json", "frr.conf")


def start(state: LabState, name: str, container: str, folder: Path, seconds: float) -> None:
    """Wait until a machine is set up, and have it run the config in that folder.

    Its host key is taken as it is: the address is on this machine's own bridge.

    Raises:
        LabError: it ends, or is not there within those seconds.
        SwitchError: it does not take its config.
    """
    deadline = time.monotonic() + seconds
    _wait_set_up(state, name, container, deadline)
    _learn_host_keys(state, name, deadline)
    with contextlib.closing(Switch(name, open_lab_switch(state, name))) as machine:
        machine.begin_stock({file: (folder / file).read_text(encoding="utf-8") for file in FILES})
    # a reload restarts its network, too
    while (ended := _result(state, name)) is None:
        if time.monotonic() > deadline:
            raise LabError(f"switch {name} has not loaded its config within {seconds:.0f} s")
        time.sleep(2)
    if ended:
        raise LabError(f"switch {name} does not take its config: {ended}")


def _wait_set_up(state: LabState, name: str, container: str, deadline: float) -> None:
    """Until vrnetlab says that it is done, which is the health of the container.

    The sshd in the machine answers earlier, before admin has the password (srl-labs/vrnetlab master
    sonic/docker/launch.py bootstrap_spin(), common/vrnetlab.py VR.start()).
    """
    while True:
        running, _, health = docker("inspect", "--format", _HEALTH, container, host=state.docker_host).partition(" ")
        if running != "true":
            raise LabError(f"switch {name} does not start: {last_line(container, state.docker_host)}")
        if health.strip() in ("", "healthy"):  # an image without a health has no other word for it than its sshd
            return
        if time.monotonic() > deadline:
            raise LabError(
                f"switch {name} is not set up by vrnetlab in time; `docker logs {container}` says how far it is"
            )
        time.sleep(2)


def _learn_host_keys(state: LabState, name: str, deadline: float) -> None:
    host = state.node(name).host
    while True:
        command = ["ssh-keyscan", "-T", "5", "-t", "ed25519,rsa", host]
        keys = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False).stdout
        if keys.strip():
            break
        if time.monotonic() > deadline:
            raise LabError(f"switch {name} does not answer to SSH at {host} in time")
        time.sleep(2)
    with state.known_hosts.open("a", encoding="utf-8") as known:
        known.write(keys)


def _result(state: LabState, name: str) -> str | None:
    """What went wrong, "" for nothing; None while it goes on or cannot be asked."""
    try:
        with contextlib.closing(Switch(name, open_lab_switch(state, name))) as machine:
            return machine.stock_result()
    except TransportError:
        return None
