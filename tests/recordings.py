"""Answers of a lab switch in files, in the layout of NAPALM's contract suite, and a transport that gives them again.

`python tests/recordings.py` boots a lab and writes them anew. What each file holds: tests/napalm_recorded/README.md.
"""

from __future__ import annotations

import getpass
import json
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from napalm.base.test.double import BaseTestDouble

from sonicfab.napalm.driver import SonicDriver
from sonicfab.switch.operations import Switch
from sonicfab.transport import CommandResult, Transport

RECORDED = Path(__file__).parent / "napalm_recorded"
SWITCH = RECORDED / "switch"
MOCKED = RECORDED / "mocked_data"
Driver = SonicDriver

CASES: dict[str, Callable[[Driver], Any]] = {
    "test_is_alive": lambda switch: switch.is_alive(),
    "test_get_facts": lambda switch: switch.get_facts(),
    "test_get_interfaces": lambda switch: switch.get_interfaces(),
    "test_get_interfaces_ip": lambda switch: switch.get_interfaces_ip(),
    "test_get_interfaces_counters": lambda switch: switch.get_interfaces_counters(),
    "test_get_lldp_neighbors": lambda switch: switch.get_lldp_neighbors(),
    "test_get_lldp_neighbors_detail": lambda switch: switch.get_lldp_neighbors_detail(),
    "test_get_bgp_neighbors": lambda switch: switch.get_bgp_neighbors(),
    "test_get_bgp_neighbors_detail": lambda switch: switch.get_bgp_neighbors_detail(),
    "test_get_bgp_config": lambda switch: switch.get_bgp_config(),
    "test_get_arp_table": lambda switch: switch.get_arp_table(),
    "test_get_arp_table_with_vrf": lambda switch: switch.get_arp_table(vrf="TEST"),
    "test_get_ipv6_neighbors_table": lambda switch: switch.get_ipv6_neighbors_table(),
    "test_get_mac_address_table": lambda switch: switch.get_mac_address_table(),
    "test_get_route_to": lambda switch: switch.get_route_to("1.0.4.0/24", "bgp"),
    "test_get_route_to_longer": lambda switch: switch.get_route_to("1.0.4.0/24", "bgp", longer=True),
    "test_get_vlans": lambda switch: switch.get_vlans(),
    "test_get_network_instances": lambda switch: switch.get_network_instances(),
    "test_get_snmp_information": lambda switch: switch.get_snmp_information(),
    "test_get_ntp_servers": lambda switch: switch.get_ntp_servers(),
    "test_get_users": lambda switch: switch.get_users(),
    "test_get_environment": lambda switch: switch.get_environment(),
    "test_get_optics": lambda switch: switch.get_optics(),
    "test_get_config": lambda switch: switch.get_config(),
    "test_get_config_filtered": lambda switch: switch.get_config(retrieve="candidate"),
    "test_get_config_sanitized": lambda switch: switch.get_config(sanitized=True),
    "test_get_config_sanitized_filtered": lambda switch: switch.get_config(sanitized=True),
    "test_ping": lambda switch: switch.ping("8.8.8.8"),
    "test_traceroute": lambda switch: switch.traceroute("8.8.8.8"),
}
"""Test of NAPALM's suite -> the call it makes."""


_MARK = re.compile(r"--[0-9a-f]{16}--")
_PLAIN_MARK = "--mark--"
"""Stands in the files for the line that Switch.ask makes up for each script."""


class RecordedTransport(BaseTestDouble, Transport):
    """Answers from the files; a command without one is an error."""

    def run(self, command: str, *, stdin: bytes = b"", timeout: float = 60.0) -> CommandResult:  # noqa: ARG002
        """See Transport.run."""
        found = _MARK.search(command)
        plain = _MARK.sub(_PLAIN_MARK, command)
        recorded = json.loads((SWITCH / file_name(plain)).read_text(encoding="utf-8"))
        assert recorded["command"] == plain
        mark = found[0] if found else _PLAIN_MARK
        out, err = ("\n".join(recorded[stream]).replace(_PLAIN_MARK, mark) for stream in ("stdout", "stderr"))
        return CommandResult(command, recorded["exit_code"], out, err, 0.0)

    def close(self) -> None:
        """See Transport.close."""

    def find_file(self, filename: str) -> str:
        """See BaseTestDouble.find_file."""
        path = MOCKED / self.current_test / self.current_test_case / filename
        if not path.exists():
            raise OSError(f"{path} is missing")
        return str(path)


class RecordedDriver(SonicDriver):
    """The driver on the recorded switch."""

    patched_attrs = ("recorded",)

    def open(self) -> None:
        """Connect to the files."""
        self.recorded = RecordedTransport()  # type: ignore[no-untyped-call]
        self._connected = Switch(self.hostname, self.recorded)


class _Recorder(Transport):
    """Writes down the first answer to each command."""

    def __init__(self, inner: Transport) -> None:
        self._inner = inner
        self._seen: dict[str, str] = {}

    def run(self, command: str, *, stdin: bytes = b"", timeout: float = 60.0) -> CommandResult:
        """See Transport.run."""
        result = self._inner.run(command, stdin=stdin, timeout=timeout)
        command = _MARK.sub(_PLAIN_MARK, command)
        name = file_name(command)
        if self._seen.setdefault(name, command) != command:
            raise RuntimeError(f"{command!r} and {self._seen[name]!r} would be the same file")
        path = SWITCH / name
        if not path.exists():
            streams = {"stdout": _sanitised(result.stdout), "stderr": _sanitised(result.stderr)}
            lines = {name: _MARK.sub(_PLAIN_MARK, text).split("\n") for name, text in streams.items()}
            _write(path, {"command": command, "exit_code": result.exit_code, **lines})
        return result

    def close(self) -> None:
        """See Transport.close."""
        self._inner.close()


def file_name(command: str) -> str:
    """The file of a command, named as NAPALM's suite does (BaseTestDouble.sanitize_text)."""
    return f"{re.sub('[^a-zA-Z0-9]', '_', command)[:150]}.json"


def record() -> None:
    """Boot a lab, ask everything, write the answers, and the results that they make."""
    from labs import LEAF1
    from labs_napalm import napalm_lab

    def run(*arguments: object, **_: Any) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "sonicfab", *map(str, arguments)]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    for folder in (SWITCH, MOCKED):
        shutil.rmtree(folder, ignore_errors=True)
    with tempfile.TemporaryDirectory() as folder_, napalm_lab(run, Path(folder_), "napalm-record") as lab:
        state = lab.state
        options = {"port": state.node(LEAF1).port, "key_file": str(state.key), "known_hosts": str(state.known_hosts)}
        options |= {"allow_agent": False, "use_ssh_config": False}
        driver = SonicDriver("127.0.0.1", "admin", "", optional_args=options)
        driver.open()
        driver._connected = Switch(LEAF1, _Recorder(driver._switch().transport))
        for call in CASES.values():
            call(driver)
        driver.close()
    recorded = RecordedDriver("127.0.0.1", "admin", "")
    recorded.open()
    for name, call in CASES.items():
        _write(MOCKED / name / "normal" / "expected_result.json", call(recorded))


def _sanitised(text: str) -> str:
    """Without what is this machine's own."""
    own = {
        platform.node(): "machine",
        platform.release(): "KERNEL",
        platform.version(): "KERNEL",
        str(Path.home()): "~",
    }
    if getpass.getuser() not in ("root", "admin"):
        own[getpass.getuser()] = "user"
    for word, instead in own.items():
        if len(word) > 2 and word != "/root":
            text = re.sub(rf"(?<![\w-]){re.escape(word)}(?![\w-])", instead, text)
    return text


def _write(path: Path, value: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    record()
