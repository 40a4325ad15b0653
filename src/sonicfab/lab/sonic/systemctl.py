"""systemctl, as far as SONiC's services go (bgp, lldp, swss and the state of the system), timers and unit files."""

from __future__ import annotations

import sys

from sonicfab.lab.sonic import db, log, services, units

_LIMIT_TEXT = """\
Job for bgp.service failed because start of the service was attempted too often.
See "systemctl status bgp.service" and "journalctl -xeu bgp.service" for details.
To force a start use "systemctl reset-failed bgp.service"
followed by "systemctl start bgp.service" again."""


def main(arguments: list[str]) -> int:
    """The program."""
    words = [word for word in arguments if not word.startswith("-")]
    action = words[0] if words else ""
    unit = words[1] if len(words) > 1 else ""
    quiet = "--quiet" in arguments
    service = unit.removesuffix(".service")
    if action == "is-system-running":
        state = str(services.lab_facts().get("system_state", "running"))
        print(state)
        return 0 if state == "running" else 1
    if action == "reset-failed":
        services.reset_failed()
        return 0
    if action == "is-active":
        active = units.timer_is_active(unit) if unit.endswith(".timer") else services.is_active(service)
        if not quiet:
            print("active" if active else "inactive")
        return 0 if active else 3
    if action == "stop" and unit.endswith(".timer"):
        units.stop_timers(unit)
        return 0
    if action in ("daemon-reload", "enable", "disable", "is-enabled"):
        return _unit_files(action, unit, quiet=quiet)
    if action in ("start", "stop", "restart") and service in ("bgp", "lldp", "swss"):
        code = _run(action, service)
        log.note("systemd", f"{action} {service}.service: exit code {code}")
        return code
    print(f"systemctl {' '.join(arguments)}: this lab switch does not do that", file=sys.stderr)
    return 1


def _unit_files(action: str, unit: str, *, quiet: bool) -> int:
    if action == "is-enabled":
        enabled = units.is_enabled(unit)
        if not quiet:
            print("enabled" if enabled else "disabled")
        return 0 if enabled else 1
    try:
        if action == "enable":
            units.enable(unit)
        elif action == "disable":
            units.disable(unit)
    except units.UnitError as err:
        print(err, file=sys.stderr)
        return 1
    return 0


def _run(action: str, service: str) -> int:
    if action != "start":
        {"bgp": services.stop_bgp, "lldp": services.stop_lldp, "swss": services.stop_swss}[service]()
    if action == "stop" or services.is_active(service):
        return 0
    try:
        start = {"bgp": services.start_bgp, "lldp": services.start_lldp, "swss": services.start_swss}[service]
        if start(db.read()) is False:
            print(f"Job for {service}.service failed; see /var/log/{service}d.log", file=sys.stderr)
            return 1
    except services.StartLimitError:
        print(_LIMIT_TEXT, file=sys.stderr)
        return 1
    return 0
