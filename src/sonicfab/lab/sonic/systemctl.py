"""systemctl, as far as the services bgp, lldp, swss and teamd go, the state of the system, timers and unit files."""

from __future__ import annotations

import sys

from sonicfab.lab.sonic import marks

_SERVICES = {"bgp", "lldp", "swss", "teamd"}

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
    if action == "is-active":
        active = [_is_active(one) for one in words[1:]]
        for running in active if not quiet else ():
            print("active" if running else "inactive")
        return 0 if any(active) else 3  # systemctl(1): 0 when at least one is active
    from sonicfab.lab.sonic import log, units  # here, for they take longer to load than the question above to answer

    if action == "is-system-running":
        from sonicfab.lab.sonic import facts

        state = str(facts.lab_facts().get("system_state", "running"))
        print(state)
        return 0 if state == "running" else 1
    if action == "reset-failed":
        from sonicfab.lab.sonic import services

        services.reset_failed()
        return 0
    if action == "stop" and unit.endswith(".timer"):
        units.stop_timers(unit)
        return 0
    if action in ("daemon-reload", "enable", "disable", "is-enabled"):
        return _unit_files(action, unit, quiet=quiet)
    named = [word.removesuffix(".service") for word in words[1:]]
    if action == "restart" and named == ["database"]:
        from sonicfab.lab.sonic import boot

        boot.restart_database()
        return 0
    if action in ("start", "stop", "restart") and named and set(named) <= _SERVICES:
        codes = [_job(action, one) for one in named]
        for one, code in zip(named, codes, strict=True):
            log.note("systemd", f"{action} {one}.service: exit code {code}")
        return max(codes)
    print(f"systemctl {' '.join(arguments)}: this lab switch does not do that", file=sys.stderr)
    return 1


def _is_active(unit: str) -> bool:
    if unit.endswith(".timer"):
        return marks.timer_is_active(unit)
    return marks.is_active(unit.removesuffix(".service"))


def _unit_files(action: str, unit: str, *, quiet: bool) -> int:
    from sonicfab.lab.sonic import units

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


def _job(action: str, service: str) -> int:
    # here, for they take longer to load than all the questions above to answer
    from sonicfab.lab.sonic import db, services

    start, stop = {
        "bgp": (services.start_bgp, services.stop_bgp),
        "lldp": (services.start_lldp, services.stop_lldp),
        "swss": (services.start_swss, services.stop_swss),
        "teamd": (services.start_teamd, services.stop_teamd),
    }[service]
    with services.job(service):
        if action != "start":
            stop()
        if action == "stop" or marks.is_active(service):
            return 0
        try:
            if start(db.read()) is False:
                print(f"Job for {service}.service failed; see /var/log/{service}d.log", file=sys.stderr)
                return 1
        except services.StartLimitError:
            print(_LIMIT_TEXT, file=sys.stderr)
            return 1
        return 0
