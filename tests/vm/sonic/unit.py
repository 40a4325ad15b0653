"""The lab's services on a real systemd: `unit.py VERB [ARGUMENTS]`.

In a lab, `config reload` starts and stops what runs by itself. Here systemd does, as on a switch, so that its jobs, its
limits of starts and what it runs at a boot are the real ones. `program NAME ARGUMENTS...` is a program of the lab; `run
SERVICE` and `stopped SERVICE` are one of SONiC's services; `load` fills CONFIG_DB, as the database container does.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from sonicfab.lab.sonic import __main__ as programs
from sonicfab.lab.sonic import boot, db, services, units

_SERVICES: dict[str, tuple[Callable[[db.Config], object], Callable[[], None]]] = {
    "bgp": (services.start_bgp, services.stop_bgp),
    "lldp": (services.start_lldp, services.stop_lldp),
    "swss": (services.start_swss, services.stop_swss),
    "teamd": (services.start_teamd, services.stop_teamd),
}
_CRITICAL = {"bgp": ("zebra", "bgpd"), "lldp": ("lldpd",)}
"""Where one of these ends, the container does (critical_processes of dockers/docker-fpm-frr and docker-lldp)."""


def main(arguments: list[str]) -> int:
    """One of the verbs."""
    verb, *words = arguments
    _on_systemd()
    if verb == "program":
        if os.geteuid() == 0:
            os.environ.setdefault("USER", "root")  # a unit of systemd has none, and root is root
        sys.argv = ["run.py", *words]
        return programs.main()
    if verb == "load":
        return boot.main([])
    if verb == "stopped":
        _SERVICES[words[0]][1]()
        return 0
    return _run(words[0])


def _on_systemd() -> None:
    """What the lab does itself, systemd does.

    sonic-utilities config/main.py _stop_services, _reset_failed_services, _restart_services of 202411.
    """
    services.stop_all = lambda: _systemctl("stop", "sonic.target", "--job-mode", "replace-irreversibly")
    services.start_all = lambda: _systemctl("restart", "sonic.target")
    services.reset_failed = _reset_failed
    services._count_start = lambda: None
    units.run_before = _nothing_before


def _nothing_before(service: str) -> None:
    """The units that come before have come by now."""


def _reset_failed() -> None:
    command = ["systemctl", "list-dependencies", "--plain", "sonic.target"]
    listed = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()[1:]
    for unit in listed:
        _systemctl("reset-failed", unit.strip())


def _run(service: str) -> int:
    """Start it, tell systemd, and stay as long as it does."""
    address = os.environ.pop("NOTIFY_SOCKET")  # lldpd and FRR would take themselves for the service
    if _SERVICES[service][0](db.read()) is False:
        return 1
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as told:
        told.connect(address)
        told.send(b"READY=1")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    while all(services._named(name) for name in _CRITICAL.get(service, ())):
        time.sleep(1)
    return 1


def _systemctl(*words: str) -> None:
    subprocess.run(["systemctl", *words], stdin=subprocess.DEVNULL, check=False)


if __name__ == "__main__":
    Path("/run/sonic").mkdir(exist_ok=True)
    sys.exit(main(sys.argv[1:]))
