"""The scheduler of Dask distributed, and a transport whose commands are run by its workers.

A worker says which sites it serves by a resource of Dask's: `dask worker … --resources "site-berlin=1"`. Tasks for a
switch of that site go to such workers alone, also to those that come later. Where a worker dies, Dask gives its tasks
to another one, up to `distributed.scheduler.allowed-failures` times (3); also tasks whose answer was not fetched yet,
so that what they did was done already (distributed/scheduler.py remove_worker).
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets as random
import threading
import warnings
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from concurrent.futures import CancelledError
from dataclasses import dataclass, replace
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, Protocol

from sonicfab.access import Access, Line
from sonicfab.errors import InputError, SchedulerError, SonicfabError
from sonicfab.hints import first_of
from sonicfab.load import Secrets
from sonicfab.model.fields import secret_ref
from sonicfab.remote import task
from sonicfab.remote.greeting import greeted
from sonicfab.remote.seal import Seals
from sonicfab.remote.task import Keys, Task
from sonicfab.runner import WORKERS
from sonicfab.transport import CommandResult, Transport

if TYPE_CHECKING:
    from distributed import Client, Future, Worker

SITE = "site-"
"""What a resource of a worker begins with that names a site."""
_SHARE = 1e-9
"""Of such a resource for each task: it says where a task may run, and bounds nothing."""
_FIRST = 15.0
"""Seconds until the scheduler answers."""
_LATER = 60.0
"""Seconds more than a command may take until its result is here: a login, and a worker that has died meanwhile."""
LATE = (TimeoutError, asyncio.TimeoutError)
"""The same from Python 3.11 on."""
_MOST = 512
"""Threads here that wait for tasks."""


class Placed(Protocol):
    """A switch, and the site where it stands."""

    @property
    def name(self) -> str: ...  # noqa: D102
    @property
    def site(self) -> str: ...  # noqa: D102


@dataclass(frozen=True)
class About:
    """What a worker says of itself."""

    name: str
    sites: frozenset[str]
    threads: int
    version: str
    lacks: str
    dask: str


def about(keys: Keys, dask_worker: Worker) -> About:
    """Told by the worker that runs this."""
    sites = frozenset(one.removeprefix(SITE) for one in dask_worker.state.total_resources if one.startswith(SITE))
    name, threads = str(dask_worker.name), dask_worker.state.nthreads
    return About(name, sites, threads, version("sonicfab"), task.lacks(keys), version("distributed"))


class Scheduler:
    """Runs tasks on the workers that serve the site of their switch.

    Raises:
        InputError: Dask is not installed here, or no address of a scheduler was given.
        SchedulerError: it does not answer.
    """

    def __init__(self, address: str, secrets: Secrets, send: Iterable[str] = ()) -> None:
        self.address, self._secrets = address, secrets
        self._run = random.token_hex(8)
        self._sent = {str(ref): secrets.resolve(ref, "--send-secret") for ref in map(_reference, send)}
        self._client = _client(address)
        theirs, mine = self._ask(self._client.run_on_scheduler, version, "distributed"), version("distributed")
        if theirs != mine:
            self.close()
            told = f"the scheduler {address} has Dask {theirs}, and here is {mine}"
            raise InputError(told, f"pip install distributed=={mine} there, or {theirs} here")
        self._slots: dict[str, threading.Semaphore] = {}
        self._only: dict[str, list[str]] = {}

    @property
    def keys(self) -> Keys:
        """What its workers need, as far as it is known by now."""
        return Keys(self._run, tuple(self._secrets.found), tuple(self._sent.items()))

    def prepare(self, switches: Collection[Placed]) -> int:
        """See that every site has workers, which have what they need; how many tasks may run at once.

        Raises:
            InputError: a site has none, or one lacks a secret or has another sonicfab.
            SchedulerError: the scheduler has gone.
        """
        told: Mapping[str, Any] = self._ask(self._client.run, about, self.keys, on_error="return")
        workers = {address: one for address, one in told.items() if isinstance(one, About)}
        names = [f"{address}: {_reason(one)}" for address, one in told.items() if address not in workers]
        if names:
            raise InputError(f"workers of no use: {first_of(names, separator='; ')}", "install sonicfab there")
        sites = {switch.site for switch in switches}
        serving = {site: _serving(site, workers) for site in sorted(sites)}
        lacking = [_without(site, switches) for site, found in serving.items() if not found]
        if lacking:
            site = next(site for site, found in serving.items() if not found)
            resource = f' --resources "{SITE}{site}=1"' if site else ""
            raise InputError(
                f"{self.address} has no worker for {first_of(lacking, separator='; ')}",
                f"start one there: `dask worker {self.address}{resource} --nthreads 32`",
            )
        used = {address: workers[address] for found in serving.values() for address in found}
        bad = [found for found in map(_unfit, used.values()) if found]
        if bad:
            reasons = first_of([why for why, _ in bad], separator="; ")
            raise InputError(f"workers of no use: {reasons}", bad[0][1])
        if any(one.sites for one in workers.values()):
            self._only[""] = serving.get("", [])
        self._slots = {
            site: threading.Semaphore(sum(workers[one].threads for one in found)) for site, found in serving.items()
        }
        return min(_MOST, sum(one.threads for one in used.values()))

    def _ask(self, ask: Callable[..., Any], *arguments: Any, **options: Any) -> Any:  # noqa: ANN401
        """What the scheduler or all its workers say; Client.sync takes `callback_timeout`, whatever it runs."""
        try:
            return ask(*arguments, callback_timeout=_FIRST, **options)
        except (OSError, *LATE) as err:
            told = f"{self.address} does not answer, or a worker of it does not: {_reason(err)}"
            raise SchedulerError(told, "it hangs, or has just gone") from err

    def run(self, site: str, function: Any, *arguments: Any, timeout: float) -> tuple[Any, Future]:  # noqa: ANN401
        """What a task returns, and the future that others may depend on.

        Raises:
            SchedulerError: there is nobody to run it, or its workers die.
        """
        with self._slots.setdefault(site, threading.Semaphore(WORKERS)), self._telling(site, timeout + _LATER):
            future = self.submit(site, function, *arguments)
            try:
                return future.result(timeout + _LATER), future
            except LATE:
                future.cancel()
                raise

    @contextlib.contextmanager
    def _telling(self, site: str, seconds: float) -> Iterator[None]:
        """What becomes of a task as an error of ours; the task itself tells of its errors as values."""
        try:
            yield
        except LATE as err:
            where = f"site {site}" if site else "a switch"
            told = f"no worker of {self.address} has done a task for {where} in time ({seconds:.0f} s)"
            raise SchedulerError(told, "are its workers still there?") from err
        except Exception as err:  # each in its own way when a worker, the scheduler or the way to it is gone
            if not isinstance(err, (CancelledError, OSError)) and not type(err).__module__.startswith("distributed."):
                raise
            raise SchedulerError(f"{self.address}: {_reason(err)}", "are it and its workers still there?") from err

    def submit(self, site: str, function: Any, *arguments: Any) -> Future:  # noqa: ANN401
        """Have a task run at a site."""
        where: dict[str, Any] = {"workers": self._only[site]} if self._only.get(site) else {}
        if site:
            where["resources"] = {f"{SITE}{site}": _SHARE}
        key = f"{function.__name__}-{random.token_hex(12)}"
        return self._client.submit(function, *arguments, key=key, pure=False, **where)

    def seals(self) -> Seals:
        """For texts on their way to workers and back."""
        found = self._secrets.found
        return Seals(self._run, {ref: found[ref] for ref in tuple(found)})

    def close(self) -> None:
        """End the connection to the scheduler."""
        with contextlib.suppress(Exception):  # it is over either way
            self._client.close()


class RemoteTransport(Transport):
    """A connection that a worker has; each command is a task."""

    def __init__(self, scheduler: Scheduler, line: Line, site: str) -> None:
        """Have it made.

        Raises:
            SonicfabError: as the worker says.
        """
        self._scheduler, self._site = scheduler, site
        self._task = Task(random.token_hex(12), line, scheduler.keys)
        # what comes next depends on this future, so it runs where the connection is; where that worker is lost, another
        # one makes the connection again
        self._connected: Future | None
        failed, self._connected = scheduler.run(site, task.connect, self._task, timeout=0)
        if failed is not None:
            raise failed

    def run(self, command: str, *, stdin: bytes = b"", timeout: float = 60.0) -> CommandResult:
        """See Transport.run."""
        seals = self._scheduler.seals()
        closed = seals.close(stdin.decode(errors="surrogateescape")).encode(errors="surrogateescape")
        asked = replace(
            self._task, keys=self._scheduler.keys, command=seals.close(command), stdin=closed, timeout=timeout
        )
        done, _ = self._scheduler.run(self._site, task.do, asked, self._connected, timeout=timeout)
        if isinstance(done, SonicfabError):
            raise type(done)(seals.open(str(done)), done.hint)
        result: CommandResult = done
        return replace(result, command=command, stdout=seals.open(result.stdout), stderr=seals.open(result.stderr))

    def close(self) -> None:
        """See Transport.close; nobody waits for it."""
        connected, self._connected = self._connected, None
        if connected is not None:
            from distributed import fire_and_forget

            with contextlib.suppress(Exception):  # the scheduler has gone, and the worker closes what nobody uses
                fire_and_forget(self._scheduler.submit(self._site, task.hang_up, self._task.connection, connected))


def remote_access(
    scheduler: Scheduler, access: Access, switches: Collection[Placed], everywhere: Iterable[Placed]
) -> Access:
    """These switches, worked on by the workers of a scheduler; `everywhere` are all of the fabric.

    Raises:
        InputError: a site has no worker, a worker lacks a secret, or nobody else can connect.
        SchedulerError: the scheduler has gone.
    """
    if access.line is None:
        raise InputError("--scheduler: switches of this kind are reached from here alone")
    line = access.line
    sites = {one.name: one.site for one in everywhere}
    at_once = scheduler.prepare(switches)
    return replace(
        access,
        connect=lambda plan: RemoteTransport(scheduler, line(plan), sites[plan.name]),
        line=None,
        at_once=at_once,
    )


def _client(address: str) -> Client:
    try:
        from distributed import Client
        from distributed.versions import VersionMismatchWarning
    except ImportError as err:
        raise InputError("--scheduler needs Dask distributed", "pip install 'sonicfab[distributed]'") from err
    if not logging.getLogger().isEnabledFor(logging.INFO):  # what matters of it is told as an error of ours
        for name in [one for one in logging.Logger.manager.loggerDict if one.startswith("distributed")]:
            logging.getLogger(name).setLevel(logging.CRITICAL)
    security = greeted(address, _FIRST)
    warnings.simplefilter("ignore", VersionMismatchWarning)  # what matters of it, too

    class Asking(Client):  # type: ignore[misc]
        """One that never came to a scheduler has nothing to close, for which Dask's own waits half a minute."""

        def __del__(self) -> None:
            if self.scheduler_comm is not None:
                super().__del__()

    try:
        return Asking(address, timeout=_FIRST, security=security, set_as_default=False)
    except ValueError as err:
        raise InputError(f"--scheduler {address}: {_reason(err)}") from err
    except (OSError, RuntimeError) as err:
        raise SchedulerError(f"the scheduler {address} cannot be reached: {_reason(err)}") from err
    except Exception as err:  # what another Dask does not understand shows in many ways
        mine = version("distributed")
        told = f"the scheduler {address} does not understand Dask {mine} as it is here: {_reason(err)}"
        raise InputError(told, f"pip install distributed=={mine} there") from err


def _serving(site: str, workers: Mapping[str, About]) -> list[str]:
    """The addresses of those that may work for a site; a switch without one is for those without."""
    return [address for address, one in workers.items() if (site in one.sites if site else not one.sites)]


def _unfit(one: About) -> tuple[str, str] | None:
    """Why a worker is of no use, and what helps."""
    ours, dask = version("sonicfab"), version("distributed")
    if one.version != ours:  # whose description may lack what is looked at below
        return f"{one.name} has sonicfab {one.version}, not {ours}", "the same version there and here"
    if one.dask != dask:
        return f"{one.name} has Dask {one.dask}, not {dask}", f"pip install distributed=={dask} there"
    return (f"{one.name} lacks a secret: {one.lacks}", "--send-secret sends one") if one.lacks else None


def _without(site: str, switches: Iterable[Placed]) -> str:
    names = first_of([one.name for one in switches if one.site == site], 3)
    return f"site {site} ({names})" if site else f"switches without a site ({names})"


def _reference(text: str) -> Any:  # noqa: ANN401 - pydantic's error is untyped
    from pydantic_core import PydanticCustomError

    try:
        return secret_ref(text)
    except PydanticCustomError as err:
        raise InputError("--send-secret takes a reference: env:NAME or file:PATH") from err


def _reason(err: BaseException) -> str:
    return (str(err) or type(err).__name__).strip().splitlines()[0]
