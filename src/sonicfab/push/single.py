"""One switch: how it would change, whether it may, and the change itself. A push does it to each switch of a fabric."""

from __future__ import annotations

import contextlib
import getpass
import os
import socket
from threading import Event

from sonicfab.builds import Build
from sonicfab.configdb import dumps
from sonicfab.errors import SonicfabError, SwitchError
from sonicfab.push.change import SwitchChange
from sonicfab.push.comparison import Target, compare
from sonicfab.push.drain import Drain
from sonicfab.push.guarded import Ending
from sonicfab.push.journal import sha256
from sonicfab.push.refusals import NOBODY_INSISTS, Insisted, Observation, refusal
from sonicfab.push.ways import Way, choose
from sonicfab.switch import guard
from sonicfab.switch.operations import Switch
from sonicfab.switch.state.system import CAME_FROM, FREE_SPACE


def look(switch: Switch, target: Target) -> Observation:
    """Compare; nothing is changed.

    Raises:
        SwitchError, TransportError: as they are told.
    """
    found, guarded = compare(switch, target), guard.status(switch)
    answers = switch.ask(FREE_SPACE, CAME_FROM)
    return Observation(found, guarded, switch.read(answers, FREE_SPACE), answers.find(CAME_FROM))


def decide(
    seen: Observation,
    target: Target,
    build: Build,
    way: str = "",
    *,
    insisted: Insisted = NOBODY_INSISTS,
    reset_sessions: bool = False,
) -> tuple[Way, str]:
    """The way to it, `way` if that leads there; and why the switch must be left alone, "" when it need not.

    Raises:
        InputError: the way that was asked for does not lead there.
    """
    target = seen.found.target or target
    chosen = choose(seen.found, target, build, way, reset_sessions=reset_sessions)
    return chosen, refusal(seen, target, chosen, build, insisted)


def switch_manifest(target: Target, way: Way) -> dict[str, object]:
    """What a journal has of a switch: what is meant, by hash; no config and no secret."""
    return {"way": way.name, "seconds": way.seconds, "target": target_hash(target)}


def target_hash(target: Target) -> str:
    """Tells whether two pushes mean the same for a switch, whatever another has put there meanwhile."""
    target = target.meant or target
    return sha256(dumps(target.config_db) + (target.frr or "") + "take over" * target.take_over)


def forward(change: SwitchChange, holder: str, stop: Event, drain: Drain | None = None) -> None:
    """From its guard to the proof, from a new connection, that it runs what is intended; nothing is confirmed.

    Raises:
        SonicfabError: it does not; it is to go back then.
    """
    change.prepare(holder, stop)
    if drain:
        change.drain(drain, stop)
    change.apply(stop)
    change.undrain(stop)
    change.prove(stop)


def commit(change: SwitchChange, holder: str, held: int | None = None) -> None:
    """Change it, and confirm that; with `held` it goes back after so many seconds unless it is confirmed till then.

    Raises:
        SwitchError: it could not be; the message says what the switch ended with.
    """
    with contextlib.closing(change):
        try:
            forward(change, holder, Event())
            if held is None:
                change.confirm()
            else:
                change.hold(held)
        except SonicfabError as err:
            ending = change.back(err)
            if ending.state != "new":
                raise SwitchError(ended(ending, err), err.hint) from err
        except BaseException:
            change.back(SwitchError("interrupted"))
            raise


def ended(ending: Ending, why: SonicfabError) -> str:
    """Why the change did not come about, and what the switch ended with."""
    said = ending.said or str(why)
    if ending.state == "unknown":
        return f"{said}; the switch could not be asked again, and its guard puts the old config back"
    return f"{said}; nothing was changed" if ending.untouched else f"{said}; the switch is back on its old config"


def holder() -> str:
    """Who is at it, for others who meet the guard on a switch."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):  # a user without a name
        user = str(os.getuid())
    return f"{user}@{socket.gethostname()}"
