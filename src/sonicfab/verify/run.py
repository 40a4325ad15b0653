"""Ask the switches until everything is as expected, or the time is up; each switch on its own connection."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from sonicfab.access import Access
from sonicfab.errors import ExitCode, HostKeyError, InputError, SonicfabError, SwitchError, WrongSwitchError
from sonicfab.plan.types import FabricPlan, SwitchPlan
from sonicfab.runner import run_all
from sonicfab.switch.operations import Switch
from sonicfab.verify.expect import Expectations, FabricExpectations
from sonicfab.verify.judge import (
    CheckResult,
    Status,
    judge_pings,
    judge_routes,
    judge_sessions,
    judge_unasked,
)

TIMEOUT = 60.0
ASK_EVERY = 1.0

Progress = Callable[[str, int, int], None]
"""Told (switch, expectations met, expectations) after each round."""


@dataclass(frozen=True)
class Verification:
    """All results, in the order of the switches; `seconds` is how long it took."""

    fabric: str
    results: tuple[CheckResult, ...]
    seconds: float

    def count(self, status: Status) -> int:
        """How many results have that status."""
        return sum(1 for result in self.results if result.status == status)

    @property
    def exit_code(self) -> ExitCode:
        """4 when something is not as intended, 3 when something could not be asked or nothing was checked."""
        if self.count("failed"):
            return ExitCode.FAILED
        return ExitCode.OK if self.count("ok") and not self.count("unreached") else ExitCode.UNREACHED


def verify(
    access: Access, plan: FabricPlan, switches: Iterable[SwitchPlan], timeout: float, progress: Progress
) -> Verification:
    """Check the switches against the plan; what is not as expected is asked again for `timeout` seconds.

    Raises:
        InputError: what a login needs (a key, a secret) is not where the inventory says.
        KeyboardInterrupt: the user has had enough.
    """
    started = time.monotonic()
    fabric = FabricExpectations(plan)

    def one(switch: SwitchPlan, stop: threading.Event) -> list[CheckResult]:
        return _Asking(access, fabric.of(switch), started + timeout, stop, progress).results()

    outcomes = run_all(switches, one)
    for outcome in outcomes:
        if outcome.error:
            raise outcome.error
    results = [result for outcome in outcomes for result in outcome.value or ()]
    return Verification(plan.name, tuple(results), time.monotonic() - started)


class _Asking:
    """One switch, asked until it is as expected."""

    def __init__(
        self, access: Access, expected: Expectations, deadline: float, stop: threading.Event, progress: Progress
    ) -> None:
        self._access, self._expected = access, expected
        self._deadline, self._stop, self._progress = deadline, stop, progress

    def results(self) -> list[CheckResult]:
        """What was seen last; of a switch that cannot be reached, one result for all that was expected of it."""
        while True:
            try:
                with contextlib.closing(self._access.open(self._expected.plan)) as switch:
                    return self._until_good(switch)
            except InputError:
                raise
            except SonicfabError as err:  # another switch, or another host key, will not become the right one
                if isinstance(err, (WrongSwitchError, HostKeyError)) or not self._wait():
                    return self._unreached(err)

    def _until_good(self, switch: Switch) -> list[CheckResult]:
        while True:
            results = self._ask(switch)
            met = sum(1 for result in results if result.status == "ok" and result.far != "host")
            self._progress(self._expected.plan.name, met, self._expected.count)
            if all(result.status in ("ok", "skipped") for result in results):
                return results
            if not self._wait():
                return self._ask(switch, final=True)

    def _ask(self, switch: Switch, *, final: bool = False) -> list[CheckResult]:
        """Sessions and routes; pings once those are good, or in the final round."""
        expected = self._expected
        results: list[CheckResult] = []
        try:
            results += judge_sessions(expected, switch.bgp_summary())
            results += judge_routes(expected, switch.bgp_routes())
        except SwitchError as err:
            reason = str(err).rpartition(": ")[2]
            for check in ("bgp", "route"):
                if not any(result.check == check for result in results):
                    results += judge_unasked(expected, check, reason)
        if final or all(result.status in ("ok", "skipped") for result in results):
            if self._access.stock and not switch.can_ping():
                return [*results, *judge_unasked(expected, "ping", "this image has no ping", "skipped")]
            return [*results, *judge_pings(expected, self._lost(switch))]
        return [*results, *judge_unasked(expected, "ping", "not asked yet")]

    def _lost(self, switch: Switch) -> set[str]:
        lost: set[str] = set()
        for family in ("ipv4", "ipv6"):
            source = self._expected.plan.loopback_ipv4 if family == "ipv4" else self._expected.plan.loopback_ipv6
            targets = [one[family] for one in self._expected.loopbacks.values() if family in one]
            if source is not None and targets:
                lost |= switch.unreachable(source, targets)
        return lost

    def _wait(self) -> bool:
        """Wait for the next round; False when the time is up."""
        remaining = self._deadline - time.monotonic()
        return remaining > 0 and not self._stop.wait(min(ASK_EVERY, remaining))

    def _unreached(self, err: SonicfabError) -> list[CheckResult]:
        expected = self._expected
        name = expected.plan.name
        wanted = f"{expected.count} expectations to check"
        seen = f"{err} ({err.hint})" if err.hint else str(err)
        return [CheckResult(name, "login", name, "", "", "unreached", wanted, seen)]
