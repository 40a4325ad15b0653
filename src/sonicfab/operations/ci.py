"""The whole way on a lab of this machine, step by step: what a merge request must pass."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from sonicfab.errors import ExitCode, LabError, SonicfabError
from sonicfab.lab.control import remove_remains, stop_lab
from sonicfab.lab.inside import Ran, run_command
from sonicfab.lab.state import EMBEDDED, LabState, find_lab, running_labs
from sonicfab.lab.whole import whole
from sonicfab.operations import push, render, validate, verify
from sonicfab.operations.lab import NO_HOSTS, LabOptions, boot
from sonicfab.operations.push import Planned
from sonicfab.operations.site import QUIET, OpenSite, Progress
from sonicfab.push.results import PushResult

log = logging.getLogger(__name__)
Words = tuple[str, ...]


class Ends(Protocol):
    """What an operation returns: a value that knows with which exit code a command ends."""

    @property
    def exit_code(self) -> int: ...  # noqa: D102


@dataclass(frozen=True, slots=True)
class Booted:
    """A lab that has come up."""

    lab: LabState
    seconds: float

    @property
    def exit_code(self) -> ExitCode:
        """0: what goes wrong is raised."""
        return ExitCode.OK


@dataclass(frozen=True, slots=True)
class StepResult:
    """A step that was run.

    Attributes:
        words: what comes after `sonicfab` in the command that does the same.
        exit_code: with which that command would end.
        value: what the operation returned; None where it did not come to that.
        error: why it did not.
    """

    name: str
    words: Words
    exit_code: int
    seconds: float
    value: Ends | None = None
    error: SonicfabError | None = None


@dataclass(frozen=True, slots=True)
class CiResult:
    """The steps up to the first that failed."""

    fabric: str
    steps: tuple[StepResult, ...]

    @property
    def exit_code(self) -> int:
        """That of the step that failed; 0 when all were run and passed."""
        return next((step.exit_code for step in self.steps if step.exit_code), ExitCode.OK)


class Watch:
    """Is told of each step while it is gone; this one shows nobody anything."""

    def begin(self, words: Words) -> None:
        """A step begins; so does the command that does the same."""

    def progress(self, _title: str) -> AbstractContextManager[Progress]:
        """What is told how far the switches are."""
        return nullcontext(QUIET)

    def decided(self, planned: Planned) -> None:
        """So a push would go."""

    def apply(self, planned: Planned, output: Path, _words: Words) -> PushResult:
        """Do what was decided."""
        return planned.apply(output)

    def show(self, name: str, value: Ends) -> None:
        """A step has returned this; what is raised here is the step's error."""

    def end(self, step: StepResult) -> None:
        """A step has ended, or was interrupted."""

    def leave(self) -> None:
        """No step comes any more: the lab is ended."""


@dataclass(frozen=True)
class _Way:
    """The steps of one run; `lab` is the name of its lab."""

    site: OpenSite
    lab: str
    output: Path
    timeout: float
    hosts: bool
    backend: str
    frr: str
    watch: Watch

    def steps(self) -> Iterator[tuple[str, Words, Callable[[], Ends]]]:
        """Each with its command; those that ask the lab itself are known when it runs."""
        own = [word for folder in self.site.templates for word in ("--templates", str(folder))]
        files = ["-i", self.site.files.inventory.document.file, "-t", self.site.files.topology.document.file]
        there = [*files, "--lab-name", self.lab]
        configs = ["-o", str(self.output / "build")]
        up = ["lab", "up", *files, "--name", self.lab, "--backend", self.backend, *(["--hosts"] if self.hosts else [])]
        up += ["--frr", self.frr] if self.frr else []
        results = ["--junit", str(self.output / "verify.xml"), "--json", str(self.output / "verify.json")]
        yield "validate", ("validate", *files, *own), self._validate
        yield "render", ("render", *files, *own, *configs), lambda: render.render(self.site, self.output / "build")
        yield "boot", tuple(up), self._boot
        pushed = ("push", *there, *own, *configs, "--yes")
        yield "push", pushed, lambda: self._push(pushed)
        # whatever would still change is a mistake
        yield "push again", ("push", *there, *own, *configs, "--dry-run"), lambda: self._plan().result()
        yield "verify", ("verify", *there, *own, "--timeout", str(self.timeout), *results), self._verify
        if self.hosts:
            yield from self._pings()

    @property
    def _there(self) -> OpenSite:
        return replace(self.site, in_lab=True, lab_name=self.lab)

    def _validate(self) -> Ends:
        with self.watch.progress("validating") as progress:
            return validate.validate(self.site, progress=progress)

    def _boot(self) -> Ends:
        started = time.monotonic()
        options = LabOptions(self.lab, self.backend, hosts=0 if self.hosts else NO_HOSTS, frr=self.frr)
        with self.watch.progress("booting") as progress:
            return Booted(boot(self.site.fabric, options, progress), time.monotonic() - started)

    def _plan(self) -> Planned:
        with self.watch.progress("comparing") as progress:
            planned = push.plan(self._there, progress=progress)
        self.watch.decided(planned)
        return planned

    def _push(self, words: Words) -> Ends:
        return self.watch.apply(self._plan(), self.output / "build", words)

    def _verify(self) -> Ends:
        with self.watch.progress("verifying") as progress:
            return verify.verify(self._there, timeout=self.timeout, progress=progress)

    def _pings(self) -> Iterator[tuple[str, Words, Callable[[], Ends]]]:
        """From the first host to the last, through the whole fabric, in each family that they have."""
        lab = find_lab(self.lab)
        servers = [name for name, host in lab.hosts.items() if host.addresses]  # routers outside have none
        if len(servers) < 2:
            return
        first, *_, last = servers
        for address in (one.partition("/")[0] for one in lab.hosts[last].addresses):
            ping = ("ping", "-c", "3", "-i", "0.2", address)
            yield f"ping {address}", ("lab", "exec", "--name", self.lab, first, "--", *ping), _in(lab, first, ping)


def ci(
    site: OpenSite,
    output: str | Path = "build/ci",
    *,
    timeout: float = 120,
    hosts: bool = False,
    backend: str = EMBEDDED,
    frr: str = "",
    keep: bool = False,
    watch: Watch | None = None,
) -> CiResult:
    """Validate, render, boot a lab, push, push again, verify, end the lab; stops at the first step that fails.

    With `hosts` there is a server on each host port, too, and the first and the last must reach each other. `frr`
    is a folder with the Debian whose FRR switches run, or `machine`; without it, each has the nearest to its build's.
    `keep` leaves the lab running. What is rendered, and the journals of pushes, are below `output`/build.

    Raises:
        InputError: with every mistake in the files; some numbers are not kept yet.
        KeyboardInterrupt: the user has had enough; what was under way went back, and the lab is ended.
    """
    site.fabric.require_numbers()
    watch = watch or Watch()
    lab = f"ci-{os.getpid()}"
    steps: list[StepResult] = []
    try:
        for name, words, do in _Way(site, lab, Path(output), timeout, hosts, backend, frr, watch).steps():
            steps.append(_gone(name, words, do, watch))
            if steps[-1].exit_code:
                break
    finally:
        watch.leave()
        if not keep:
            _end(lab)
    return CiResult(site.name, tuple(steps))


def _gone(name: str, words: Words, do: Callable[[], Ends], watch: Watch) -> StepResult:
    """Go a step, and tell how it ended, whatever ends it."""
    watch.begin(words)
    started = time.monotonic()
    code, value, error = int(ExitCode.INTERNAL), None, None
    try:
        value = do()
        watch.show(name, value)
        code = int(value.exit_code)
    except SonicfabError as err:
        code, error = int(err.exit_code), err
    except KeyboardInterrupt:
        code = int(ExitCode.INTERRUPTED)
        raise
    finally:
        step = StepResult(name, words, code, time.monotonic() - started, value, error)
        watch.end(step)
    return step


def _in(lab: LabState, node: str, command: Words) -> Callable[[], Ran]:
    return lambda: run_command(lab, node, *command)


def _end(lab: str) -> None:
    """End the lab, or remove what one that did not come up has left."""
    with whole():
        try:
            for one in running_labs():
                if one.name == lab:
                    stop_lab(one)
            remove_remains(lab)
        except LabError as err:  # beside what went wrong before, and not instead of it
            log.warning("%s", err)
