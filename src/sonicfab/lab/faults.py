"""Faults by name: done to a running lab, written down in its folder, and undone exactly.

docs/lab.md lists them; each kind is in a module of its own (`faults_cables`, `faults_switches`, `faults_config`).
"""

from __future__ import annotations

import fcntl
import json
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any

from sonicfab.endpoint import Endpoint
from sonicfab.errors import InputError, LabError
from sonicfab.hints import did_you_mean
from sonicfab.lab import faults_cables, faults_config, faults_switches
from sonicfab.lab.faults_base import Fault, FaultPlace, Lab, Undo
from sonicfab.lab.state import LabState, find_lab
from sonicfab.lab.whole import whole

FAULTS = {one.name: one for one in (*faults_cables.FAULTS, *faults_switches.FAULTS, *faults_config.FAULTS)}
_RECORD = "faults.json"


@dataclass(frozen=True, slots=True)
class ActiveFault:
    """A fault that lasts.

    Attributes:
        touched: the switches and hosts that it has to do with, the far ends of cables included.
        since, until: seconds since 1970; `until` is None for one that lasts until it is healed.
        undo: what undoes it.
    """

    name: str
    targets: tuple[str, ...]
    touched: tuple[str, ...]
    amount: int
    since: float
    until: float | None
    undo: Undo

    @property
    def switches(self) -> set[str]:
        """The switches that it was done to."""
        return {target.partition(":")[0] for target in self.targets}


def get_fault(name: str) -> Fault:
    """The fault of that name.

    Raises:
        InputError: there is none.
    """
    if name not in FAULTS:
        raise InputError(
            f"there is no fault {name}", did_you_mean(name, FAULTS) or "`sonicfab lab fault --list` has them"
        )
    return FAULTS[name]


def active_faults(state: LabState) -> list[ActiveFault]:
    """The faults that a lab has now, in the order in which they were made.

    Raises:
        LabError: what was written down cannot be read.
    """
    file = state.folder / _RECORD
    if not file.exists():
        return []
    try:
        found: list[dict[str, Any]] = json.loads(file.read_text(encoding="utf-8"))["faults"]
        faults = [
            ActiveFault(**{**one, "targets": tuple(one["targets"]), "touched": tuple(one["touched"])}) for one in found
        ]
    except (OSError, ValueError, KeyError, TypeError) as err:
        raise LabError(f"{file} does not tell the lab's faults", "`sonicfab lab down` ends the lab") from err
    return [one for one in faults if one.until is None or one.until > time.time()]


def apply_fault(state: LabState, name: str, targets: Sequence[str], amount: int | None = None) -> list[ActiveFault]:
    """Do it to each target (to both together, for one that exchanges two), and write down how it is undone.

    Raises:
        InputError: there is no such fault, target or amount.
        LabError: it cannot be done, or not now; the targets before this one have it.
    """
    fault, lab = get_fault(name), Lab.of(state)
    number = _amount(fault, amount)
    groups = _groups(fault, lab, targets)
    done: list[ActiveFault] = []
    with _locked(state):
        for group in groups:
            active = active_faults(state)
            touched = tuple(dict.fromkeys(_touched(lab, group)))
            _refuse_if_impossible(fault, group, touched, active)
            started = time.time()
            with whole():
                undo = fault.apply(lab, group, number)
                until = started + number if fault.passes else None
                made = ActiveFault(fault.name, tuple(map(str, group)), touched, number, started, until, undo)
                done.append(made)
                if fault.heals:
                    try:
                        _write(state, [*active, made])
                    except LabError:  # nothing would ever undo it
                        fault.heal(lab, group, undo)
                        raise
    return done


def heal_faults(state: LabState, switches: Iterable[str]) -> list[ActiveFault]:
    """Undo the faults of some switches, the last one first; those that were undone.

    Raises:
        LabError: there is no such switch, or one cannot be undone: it stays written down.
    """
    wanted = set(switches)
    for name in wanted:
        state.node(name)
    healed: list[ActiveFault] = []
    with _locked(state):
        for one in reversed(active_faults(state)):
            if not one.switches & wanted:
                continue
            _refuse_if_stunned(one.touched, _later(active_faults(state), one), "healed")
            lab = Lab.of(find_lab(state.name))  # a switch that was booted meanwhile is another process
            with whole():
                FAULTS[one.name].heal(lab, tuple(lab.target(text) for text in one.targets), one.undo)
                _write(state, [other for other in active_faults(state) if other != one])
            healed.append(one)
    return healed


def _amount(fault: Fault, given: int | None) -> int:
    allowed = fault.amount
    if allowed is None:
        if given is not None:
            raise InputError(f"{fault.name} takes no amount")
        return 0
    if given is None:
        return allowed.default
    if not allowed.lowest <= given <= allowed.highest:
        raise InputError(f"{fault.name}: {given} {allowed.unit} is not from {allowed.lowest} to {allowed.highest}")
    return given


def _groups(fault: Fault, lab: Lab, texts: Sequence[str]) -> list[tuple[FaultPlace, ...]]:
    """The targets, one by one or two together."""
    targets = [lab.target(text) for text in texts]
    wants_port = fault.on != "switch"
    example = "SWITCH:Ethernet0" if wants_port else "SWITCH"
    for target in targets:
        if bool(target.port) != wants_port:
            wanted = "a port" if wants_port else "a switch"
            raise InputError(f"{fault.name} is done to {wanted}, not to {target}", f"say {example}")
    if fault.on == "two ports":
        if len(set(targets)) != 2:
            raise InputError(f"{fault.name} wants two ports, and got {len(set(targets))}", f"{example} {example}")
        return [(targets[0], targets[1])]
    if not targets:
        raise InputError(f"{fault.name}: to what?", f"sonicfab lab fault {fault.name} {example}")
    return [(target,) for target in targets]


def _touched(lab: Lab, group: tuple[FaultPlace, ...]) -> Iterator[str]:
    """What a fault has to do with: its targets, and the far ends of their cables."""
    for target in group:
        yield str(target) if target.port else target.switch
        far = lab.spec.far_end(Endpoint(target.switch, target.port))
        if far:
            yield str(far)


def _refuse_if_impossible(
    fault: Fault, group: tuple[FaultPlace, ...], touched: tuple[str, ...], active: list[ActiveFault]
) -> None:
    _refuse_if_stunned(touched, active, "done")
    names = tuple(map(str, group))
    for one in active:
        hint = f"`sonicfab lab heal {names[0].partition(':')[0]}` first"
        if one.name == fault.name and set(one.targets) & set(names):
            raise LabError(f"{', '.join(one.targets)} has the fault {one.name} already", hint)
        ports = {name for name in one.touched if ":" in name} & {name for name in touched if ":" in name}
        if ports:
            raise LabError(f"{min(ports)} has the fault {one.name}", hint)


def _refuse_if_stunned(touched: Iterable[str], active: Iterable[ActiveFault], what: str) -> None:
    nodes = {name.partition(":")[0] for name in touched}
    for one in active:
        if FAULTS[one.name].stuns and one.switches & nodes:
            switch = min(one.switches & nodes)
            raise LabError(
                f"{switch} has the fault {one.name}: nothing else can be {what} there", "`sonicfab lab heal all`"
            )


def _later(active: list[ActiveFault], one: ActiveFault) -> list[ActiveFault]:
    return active[active.index(one) + 1 :]


@contextmanager
def _locked(state: LabState) -> Iterator[None]:
    """One sonicfab at a time makes or heals faults of a lab.

    Raises:
        LabError: the lab's folder cannot be written to.
    """
    try:
        lock = (state.folder / "faults.lock").open("w")
    except OSError as err:
        raise LabError(f"cannot write {err.filename}: {err.strerror}") from err
    with lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _write(state: LabState, faults: list[ActiveFault]) -> None:
    """Write them down.

    Raises:
        LabError: that cannot be written.
    """
    text = json.dumps({"format_version": 1, "faults": [asdict(one) for one in faults]}, indent=1)
    part = state.folder / f"{_RECORD}.part"
    try:
        part.write_text(text, encoding="utf-8")
        part.replace(state.folder / _RECORD)
    except OSError as err:
        raise LabError(f"cannot write {part}: {err.strerror}") from err
