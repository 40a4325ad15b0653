"""The process that holds a lab: it boots the switches, then lets SSH connections in, until it is told to end.

Run as `python -m sonicfab.lab.keeper FOLDER`; FOLDER holds spec.json. Progress goes to stdout, one JSON object a
line. One listener on 127.0.0.1 for each switch: an accepted connection becomes the stdin and stdout of an
`sshd -i` inside the switch, so no network leads from this machine into the lab.
"""

from __future__ import annotations

import json
import os
import selectors
import signal
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import FrameType
from typing import Any

from sonicfab.errors import LabError, SonicfabError
from sonicfab.lab.files import HOST_KEY
from sonicfab.lab.netns import Booting, Holder, build_network, ssh_server, write_shared
from sonicfab.lab.seed import new_key
from sonicfab.lab.spec import LabSpec, LabSwitch
from sonicfab.lab.state import LabNode, LabState, process_started, remove_folder, write_state

FIRST_PORT = 2201
_BOOTING_AT_ONCE = 8


def main() -> None:
    """Boot, tell, serve, and clean up whatever happens."""
    folder = Path(sys.argv[1])
    signal.signal(signal.SIGTERM, _end)
    signal.signal(signal.SIGINT, _end)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    holder: Holder | None = None
    keep_logs = False
    try:
        spec = LabSpec.loads((folder / "spec.json").read_text(encoding="utf-8"))
        listeners = {switch.name: _listen() for switch in spec.switches}
        holder = Holder(folder)
        pids = _boot(holder, spec, folder, listeners)
        nodes = {name: LabNode(listeners[name].getsockname()[1], pid) for name, pid in pids.items()}
        me = os.getpid()
        state = LabState(spec.name, spec.fabric, me, process_started(me), holder.rootless, nodes)
        write_state(folder, state)
        _tell(event="ready")
        os.dup2(2, 1)  # let go of the terminal of `lab up`; stderr is the log
        _serve(state, listeners)
    except SonicfabError as err:
        keep_logs = True
        _tell(event="failed", message=str(err), hint=err.hint)
        sys.exit(3)
    except OSError as err:
        where = f" {err.filename}" if err.filename else ""
        _tell(event="failed", message=f"the lab cannot write{where}: {err.strerror}", hint="")
        sys.exit(3)
    except Exception:
        keep_logs = True  # its traceback is in the log
        raise
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        if holder:
            holder.close()
        if not keep_logs:
            remove_folder(folder)


def _boot(holder: Holder, spec: LabSpec, folder: Path, listeners: dict[str, socket.socket]) -> dict[str, int]:
    """Make keys, files and wires, then start the switches, some at a time; name -> first process."""
    shared = folder / "shared"
    write_shared(shared, f"{new_key(folder / 'id_ed25519')} sonicfab-lab\n")
    known: list[str] = []
    for switch in spec.switches:
        host_key = new_key(folder / switch.name / HOST_KEY)
        known.append(f"[127.0.0.1]:{listeners[switch.name].getsockname()[1]} {host_key}\n")
    (folder / "known_hosts").write_text("".join(known), encoding="utf-8")
    build_network(holder, spec)
    _tell(event="wired", ports=sum(len(switch.ports) for switch in spec.switches), links=len(spec.links))

    def start(switch: LabSwitch) -> tuple[str, int]:
        pid = Booting(holder, spec, switch, folder, shared).wait()
        _tell(event="booted", switch=switch.name)
        return switch.name, pid

    with ThreadPoolExecutor(_BOOTING_AT_ONCE) as pool:
        return dict(pool.map(start, spec.switches))


def _serve(state: LabState, listeners: dict[str, socket.socket]) -> None:
    selector = selectors.DefaultSelector()
    for name, listener in listeners.items():
        selector.register(listener, selectors.EVENT_READ, state.switches[name].pid)
    servers: list[subprocess.Popen[bytes]] = []
    while True:
        for key, _ in selector.select(timeout=5):
            assert isinstance(key.fileobj, socket.socket)
            connection, _ = key.fileobj.accept()
            with connection:
                command = ssh_server(key.data, rootless=state.rootless)
                socket_number = connection.fileno()
                servers.append(
                    subprocess.Popen(command, stdin=socket_number, stdout=socket_number, stderr=subprocess.DEVNULL)
                )
        servers = [server for server in servers if server.poll() is None]


def _listen() -> socket.socket:
    """A listener on the first free port from FIRST_PORT on."""
    for port in range(FIRST_PORT, 65536):
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        try:
            listener.bind(("127.0.0.1", port))
            listener.listen(64)
        except OSError:
            listener.close()
            continue
        return listener
    raise LabError("no port is free on 127.0.0.1")


def _tell(**event: Any) -> None:  # noqa: ANN401 - one JSON object
    try:
        sys.stdout.write(json.dumps({**event, "at": time.time()}) + "\n")
        sys.stdout.flush()
    except BrokenPipeError:
        sys.exit(3)  # `lab up` was killed


def _end(_signal: int, _frame: FrameType | None) -> None:
    sys.exit(0)


if __name__ == "__main__":
    main()
