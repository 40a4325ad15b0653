"""Faults of what a switch is told: a policy that drops everything, and a `config reload` that is refused."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from sonicfab.errors import LabError
from sonicfab.frr.bgp import read_frr
from sonicfab.lab.faults_base import Amount, Fault, FaultPlace, Lab, Undo

_REFUSED = "/run/sonic/reload.refused"
_HANGS = "/run/sonic/reload.hangs"


def _wrong_policy(lab: Lab, targets: tuple[FaultPlace, ...], _amount: int) -> Undo:
    """A first entry without a match in each route-map that filters what goes to neighbours."""
    switch = targets[0].switch
    running = lab.inside(switch, "vtysh -c 'show running-config'")
    read = read_frr(running)
    filters = [one.filters for bgp in read.instances.values() for one in bgp.neighbors.values()]
    uses = (use for some in filters for (_, way), uses in some.items() if way == "out" for use in uses)
    maps = sorted({use.name for use in uses if use.kind == "route-map"})
    if not maps:
        raise LabError(f"no route-map filters what {switch} announces", "push the fabric's config first")
    entries: list[str] = []
    for name in maps:
        number = min(read.route_maps.get(name, ()), default=2) - 1
        if number < 1:
            raise LabError(f"{switch}: route-map {name} has no room before its entry 1")
        entries.append(f"route-map {name} deny {number}")
    _configure(lab, switch, *(line for entry in entries for line in (entry, "exit")))
    return {"entries": entries}


def _right_policy(lab: Lab, targets: tuple[FaultPlace, ...], undo: Undo) -> None:
    _configure(lab, targets[0].switch, *(f"no {entry}" for entry in undo["entries"]))


def _configure(lab: Lab, switch: str, *lines: str) -> None:
    words = [word for line in ("configure terminal", *lines, "end", "clear bgp * soft") for word in ("-c", line)]
    # an entry that is gone already is none to remove: vtysh says so and goes on
    lab.inside(switch, 'vtysh "$@"', *words, check=False)


def _refuse_reload(code: int, lab: Lab, targets: tuple[FaultPlace, ...], amount: int) -> Undo:
    lab.inside(targets[0].switch, f'echo "$(($(date +%s) + $1)) $2" > {_REFUSED}', str(amount), str(code))
    return {}


def _accept_reload(lab: Lab, targets: tuple[FaultPlace, ...], _undo: Undo) -> None:
    lab.inside(targets[0].switch, f"rm -f {_REFUSED}")


def _hang_reload(lab: Lab, targets: tuple[FaultPlace, ...], amount: int) -> Undo:
    lab.inside(targets[0].switch, f"echo $1 > {_HANGS}", str(amount))
    return {}


def _let_reload_go(lab: Lab, targets: tuple[FaultPlace, ...], _undo: Undo) -> None:
    lab.inside(targets[0].switch, f"rm -f {_HANGS}")


_RELOAD_REFUSED = Fault(
    "reload-refused",
    "switch",
    "`config reload` says for a while that SwSS is not ready.",
    "makes it ready",
    partial(_refuse_reload, 1),
    _accept_reload,
    Amount("seconds", 30, 1, 3600),
    passes=True,
)
FAULTS = (
    Fault(
        "wrong-policy",
        "switch",
        "Its route-maps deny everything that it would announce; sessions stay.",
        "removes the entries",
        _wrong_policy,
        _right_policy,
    ),
    _RELOAD_REFUSED,
    replace(
        _RELOAD_REFUSED,
        name="reload-refused-quietly",
        says="`config reload` says the same, and ends with exit code 0, as older builds do.",
        apply=partial(_refuse_reload, 0),
    ),
    Fault(
        "reload-hangs",
        "switch",
        "The next `config reload` stops the services and then hangs.",
        "lets it go on",
        _hang_reload,
        _let_reload_go,
        Amount("reloads", 1, 1, 10),
    ),
)
