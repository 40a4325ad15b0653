"""What systemd keeps besides SONiC's services: transient timers, and unit files that are started at a boot.

A timer is a process that waits; it dies with the switch's power, as a transient unit does. Of a unit file in
/etc/systemd/system only ConditionPathExists=, Before=, and ExecStart= are read, and `enable` always means
multi-user.target.
"""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

from sonicfab.lab.sonic import log, paths

_TIMERS = paths.STATE / "timers"
_UNITS = Path("/etc/systemd/system")
_WANTS = _UNITS / "multi-user.target.wants"
_WAIT = """\
file=$1 wait=$2 again=$3
shift 3
while sleep "$wait" && [ -e "$file" ]; do
  : > "$file.runs"
  "$@"
  rm -f "$file.runs"
  [ -n "$again" ] && [ -e "$file" ] || break
  wait=$again
done
rm -f "$file"
"""
_ENVIRONMENT = {"USER": "root", "HOME": "/root"}


class UnitError(RuntimeError):
    """systemd refuses, in these words."""


def start_timer(unit: str, seconds: float, again: float | None, command: list[str]) -> None:
    """Run a command after `seconds`, and again whenever it has ended `again` seconds ago; `unit` is NAME.timer.

    Raises:
        UnitError: there is a timer of that name.
    """
    import shlex  # here, as below: few need them
    import subprocess

    _TIMERS.mkdir(parents=True, exist_ok=True)
    file = _TIMERS / unit
    if file.exists():
        raise UnitError(f"Unit {unit} was already loaded or has a fragment file.")
    file.touch()
    words = [str(file), str(seconds), "" if again is None else str(again), *command]
    with Path("/var/log/syslog").open("ab") as output:
        waiting = subprocess.Popen(
            ["sh", "-c", _WAIT, "timer", *words],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
            cwd="/",
            env={**_ENVIRONMENT, "PATH": os.environ["PATH"]},
        )
    file.write_text(str(waiting.pid), encoding="utf-8")
    log.note("systemd", f"Started {unit}: in {seconds} s: {shlex.join(command)}")


def stop_timers(pattern: str) -> None:
    """Stop the timers whose name matches; what they have started goes on."""
    for file in list(_timers()):
        if not fnmatch(file.name, pattern):
            continue
        with contextlib.suppress(OSError, ValueError):  # it has just ended by itself
            pid = int(file.read_text(encoding="utf-8"))
            file.unlink()
            if not file.with_name(f"{file.name}.runs").exists():
                os.killpg(pid, signal.SIGKILL)
        log.note("systemd", f"Stopped {file.name}")


def enable(unit: str) -> None:
    """Have a unit file started at every boot.

    Raises:
        UnitError: there is no such file.
    """
    if not (_UNITS / unit).exists():
        raise UnitError(f"Failed to enable unit: Unit file {unit} does not exist.")
    _WANTS.mkdir(parents=True, exist_ok=True)
    link = _WANTS / unit
    link.unlink(missing_ok=True)
    link.symlink_to(_UNITS / unit)


def disable(unit: str) -> None:
    """Not any more."""
    (_WANTS / unit).unlink(missing_ok=True)


def is_enabled(unit: str) -> bool:
    """Whether it is started at a boot."""
    return (_WANTS / unit).exists()


def run_before(service: str) -> None:
    """Start what a boot starts before a service; as with systemd's Before=, its failure holds up nothing."""
    import shlex
    import subprocess

    for link in sorted(_WANTS.glob("*.service")):
        settings = _settings(link)
        if service not in settings.get("Before", "").split():
            continue
        condition = settings.get("ConditionPathExists")
        if condition and not Path(condition).exists():
            continue
        done = subprocess.run(shlex.split(settings["ExecStart"]), capture_output=True, text=True, check=False)
        log.note("systemd", f"{link.name}: exit code {done.returncode} {done.stderr.strip()}".strip())


def _settings(file: Path) -> dict[str, str]:
    lines = file.read_text(encoding="utf-8").splitlines()
    return {name: value for name, sign, value in (line.partition("=") for line in lines) if sign}


def _timers() -> Iterator[Path]:
    if _TIMERS.exists():
        yield from (file for file in _TIMERS.iterdir() if file.suffix == ".timer")
