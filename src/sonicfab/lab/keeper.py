"""The process that holds a lab: it boots the switches, then lets SSH connections in, until it is told to end.

Run as `python -m sonicfab.lab.keeper FOLDER`; FOLDER holds spec.json. Progress goes to stdout, one JSON object a
line. While the lab runs, it answers requests: to boot a switch anew, and to shut or open a switch's gate.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from types import FrameType
from typing import Any, cast, get_args

from sonicfab.errors import SonicfabError
from sonicfab.lab import requests
from sonicfab.lab.files import HOST_KEY
from sonicfab.lab.gate import Listeners, Mode, listen
from sonicfab.lab.netns import Holder, boot_host, boot_switch, build_network, ssh_server, stand_ins, write_shared
from sonicfab.lab.seed import new_key
from sonicfab.lab.spec import LabHost, LabSpec, LabSwitch
from sonicfab.lab.state import HostNode, LabNode, LabState, process_started, remove_folder, write_state

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
        listeners = {switch.name: listen() for switch in spec.switches}
        holder = Holder(folder)
        pids = _boot(holder, spec, folder, listeners)
        nodes = {one.name: _node(one, listeners[one.name], pids[one.name]) for one in spec.switches}
        hosts = {one.name: HostNode(one.switch, one.port, one.asn, one.addresses, pids[one.name]) for one in spec.hosts}
        me = os.getpid()
        state = LabState(
            name=spec.name,
            fabric=spec.fabric,
            keeper=me,
            keeper_started=process_started(me),
            rootless=holder.rootless,
            switches=nodes,
            hosts=hosts,
            holder=holder.pid,
            begun_in=spec.begun_in,
            stand_ins=tuple(stand_ins(holder, spec)),
        )
        keeper = _Keeper(holder, spec, folder, state, listeners)
        _tell(event="ready")
        os.dup2(2, 1)  # let go of the terminal of `lab up`; stderr is the log
        keeper.serve()
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
    """Make keys, files and wires, then start the switches, some at a time; then the hosts; name -> first process."""
    trees = {"", *(switch.tree for switch in spec.switches)}
    write_shared(folder, f"{new_key(folder / 'id_ed25519')} sonicfab-lab\n", trees)
    known: list[str] = []
    for switch in spec.switches:
        host_key = new_key(folder / switch.name / HOST_KEY)
        known.append(f"[127.0.0.1]:{listeners[switch.name].getsockname()[1]} {host_key}\n")
    (folder / "known_hosts").write_text("".join(known), encoding="utf-8")
    build_network(holder, spec)
    _tell(event="wired", ports=sum(len(switch.ports) for switch in spec.switches), links=len(spec.links))

    def start(node: LabSwitch | LabHost) -> tuple[str, int]:
        if isinstance(node, LabHost):
            pid = boot_host(holder, node, folder).wait()
        else:
            pid = boot_switch(holder, spec, node, folder).wait()
        _tell(event="booted", switch=node.name)
        return node.name, pid

    with ThreadPoolExecutor(_BOOTING_AT_ONCE) as pool:
        return dict(pool.map(start, (*spec.switches, *spec.hosts)))


class _Keeper:
    """A lab that runs."""

    def __init__(
        self, holder: Holder, spec: LabSpec, folder: Path, state: LabState, listeners: dict[str, socket.socket]
    ) -> None:
        self._holder, self._spec, self._folder, self._state = holder, spec, folder, state
        self._gate = Listeners(listeners, self._ssh_server)
        self._requests = requests.listener(folder)
        self._gate.also(self._requests, self._accept)
        write_state(folder, state)

    def serve(self) -> None:
        """Until the process is told to end."""
        self._gate.serve()

    def _ssh_server(self, name: str) -> list[str]:
        return ssh_server(self._state.switches[name].pid, rootless=self._state.rootless)

    def _accept(self) -> None:
        connection, _ = self._requests.accept()
        request = requests.receive(connection)
        name, mode = str(request.get("switch")), request.get("mode")
        known = name in self._state.switches
        if known and request.get("do") == "gate" and mode in get_args(Mode):
            self._gate.set(name, cast("Mode", mode), request.get("seconds", 0))
            requests.answer(connection, done=True)
            connection.close()
        elif known and request.get("do") == "boot":  # takes seconds, in which others may log in
            threading.Thread(target=self._boot, args=(connection, name), daemon=True).start()
        else:
            requests.answer(connection, error="the keeper does not know this request")
            connection.close()

    def _boot(self, connection: socket.socket, name: str) -> None:
        with connection:
            try:
                switch = next(one for one in self._spec.switches if one.name == name)
                pid = boot_switch(self._holder, self._spec, switch, self._folder).wait()
            except SonicfabError as err:
                requests.answer(connection, error=str(err), hint=err.hint)
                return
            # one request at a time changes the state: faults are made under a lock
            node = replace(self._state.switches[name], pid=pid, started=process_started(pid))
            self._state = replace(self._state, switches={**self._state.switches, name: node})
            write_state(self._folder, self._state)
            requests.answer(connection, pid=pid)


def _node(switch: LabSwitch, listener: socket.socket, pid: int) -> LabNode:
    return LabNode(listener.getsockname()[1], pid, started=process_started(pid), frr=switch.frr)


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
