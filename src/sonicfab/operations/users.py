"""Accounts of the switches of a site: what would change, and doing it with a way back."""

from __future__ import annotations

import contextlib
import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field

from sonicfab.errors import ExitCode, InputError, SonicfabError, SwitchError
from sonicfab.load import Secrets
from sonicfab.operations.site import QUIET, OpenSite, Progress
from sonicfab.plan.types import SwitchPlan
from sonicfab.runner import run_all
from sonicfab.switch import users
from sonicfab.switch.state.accounts import USERS
from sonicfab.switch.users import Wanted

_HASH = re.compile(r"\$[0-9a-z]{1,8}\$[^\s:]{8,}")
_KEY = re.compile(r"(ssh-(ed25519|rsa)|ecdsa-sha2-nistp(256|384|521)|sk-[a-z0-9@.-]+) [A-Za-z0-9+/=]{20,}( .*)?")
WITHIN = 120
"""Seconds after which accounts that were not confirmed go back by themselves."""


@dataclass(frozen=True)
class UsersOf:
    """One switch.

    Attributes:
        changes: account -> what would change, or has changed, in words.
        error: why not.
    """

    switch: str
    changes: Mapping[str, list[str]] = field(default_factory=dict)
    error: SonicfabError | None = None


@dataclass(frozen=True)
class PlannedUsers:
    """What would change on each switch; `apply` does it."""

    site: OpenSite
    wanted: Mapping[str, Mapping[str, Wanted]] = field(repr=False)
    switches: tuple[UsersOf, ...]

    @property
    def todo(self) -> list[str]:
        """The switches that would change."""
        return [one.switch for one in self.switches if one.changes and one.error is None]

    @property
    def exit_code(self) -> ExitCode:
        """Of looking alone: CHANGES when something would change."""
        return code_of(self.switches) or (ExitCode.CHANGES if self.todo else ExitCode.OK)

    def apply(self, progress: Progress = QUIET) -> tuple[UsersOf, ...]:
        """Set them, each switch with a timer that puts all back; they stay once a new login has succeeded."""
        plans = [one for one in self.site.switches if one.name in self.todo]
        progress.expect(len(plans))

        def one(plan: SwitchPlan, _stop: threading.Event) -> UsersOf:
            progress.tell(plan.name, "setting accounts")
            return _set(self.site, plan, self.wanted[plan.name])

        outcomes = run_all(plans, one, lambda plan, _: progress.finish(plan.name))
        done = {
            plan.name: out.value or UsersOf(plan.name, {}, out.error) for plan, out in zip(plans, outcomes, strict=True)
        }
        return tuple(done.get(one.switch, one) for one in self.switches)


def code_of(switches: tuple[UsersOf, ...]) -> ExitCode:
    """That of the first error; OK without one."""
    return next((one.error.exit_code for one in switches if one.error is not None), ExitCode.OK)


def plan_users(site: OpenSite, progress: Progress = QUIET) -> PlannedUsers:
    """Compare the accounts that the inventory names with those of the switches; nothing is changed.

    Raises:
        InputError: it names none, or a reference has no hash or no key.
        LabError: the lab does not run.
    """
    wanted = {plan.name: _wanted(plan, site.fabric.secrets) for plan in site.switches}
    if not any(wanted.values()):
        raise InputError("the inventory has no `users` for these switches", "see docs/inventory.md")
    plans = [one for one in site.switches if wanted[one.name]]
    progress.expect(len(plans))

    def one(plan: SwitchPlan, _stop: threading.Event) -> UsersOf:
        progress.tell(plan.name, "comparing")
        with contextlib.closing(site.access.open(plan)) as switch:
            has = switch.get(USERS.of(names=" ".join(wanted[plan.name])))
        told = {name: users.changes(has.get(name), one) for name, one in wanted[plan.name].items()}
        return UsersOf(plan.name, {name: some for name, some in told.items() if some})

    outcomes = run_all(plans, one, lambda plan, _: progress.finish(plan.name))
    found = [out.value or UsersOf(plan.name, {}, out.error) for plan, out in zip(plans, outcomes, strict=True)]
    return PlannedUsers(site, wanted, tuple(found))


def _set(site: OpenSite, plan: SwitchPlan, wanted: Mapping[str, Wanted]) -> UsersOf:
    """On one switch: set, log in anew, compare, confirm; else back, by the connection that is still there."""
    with contextlib.closing(site.access.open(plan)) as switch:
        question = USERS.of(names=" ".join(wanted))
        has = switch.get(question)
        told = {name: some for name, one in wanted.items() if (some := users.changes(has.get(name), one))}
        users.apply(switch, {name: wanted[name] for name in told}, has, WITHIN)
        try:
            with contextlib.closing(site.access.open(plan)) as anew:
                now = anew.get(question)
                left = [name for name, one in wanted.items() if users.changes(now.get(name), one)]
                if left:
                    raise SwitchError(f"{plan.name}: {', '.join(left)} did not become what was asked for")
                users.confirm(anew)
        except SonicfabError as err:
            users.back(switch)
            said = f"{plan.name}: no new login with what the inventory says of `ssh`: {err}; its accounts are as before"
            raise SwitchError(
                said if not isinstance(err, SwitchError) else f"{err}; its accounts are as before"
            ) from err
    return UsersOf(plan.name, told)


def _wanted(plan: SwitchPlan, secrets: Secrets) -> dict[str, Wanted]:
    found: dict[str, Wanted] = {}
    for one in plan.services.users or ():
        hashed = secrets.resolve(one.password, f"password of {one.name}") if one.password else None
        if hashed is not None and not _HASH.fullmatch(hashed):
            raise InputError(
                f"password of {one.name}: {one.password} has no hash of crypt(5)", "`openssl passwd -6` makes one"
            )
        keys: list[str] | None = None if one.keys is None else []
        for ref in one.keys or ():
            lines = [line.strip() for line in secrets.resolve(ref, f"SSH key of {one.name}").splitlines()]
            some = [line for line in lines if line and not line.startswith("#")]
            if not some or not all(map(_KEY.fullmatch, some)):
                raise InputError(
                    f"SSH key of {one.name}: {ref} has no public key", "such as the text of id_ed25519.pub"
                )
            keys = [*(keys or []), *some]
        found[one.name] = Wanted(hashed, None if keys is None else tuple(dict.fromkeys(keys)))
    return found
