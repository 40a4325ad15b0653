"""The steps of `sonicfab ci` as a terminal shows them: each like the command that does the same."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from pathlib import Path
from types import FrameType

from sonicfab.cli.push_run import apply, show_planned, tell_result
from sonicfab.errors import ExitCode
from sonicfab.lab.inside import Ran
from sonicfab.operations.ci import Booted, Ends, StepResult, Watch, Words
from sonicfab.operations.lab import LabLacksError
from sonicfab.operations.push import Planned
from sonicfab.operations.render import RenderResult
from sonicfab.operations.site import Progress
from sonicfab.output import OutputFile, write_file
from sonicfab.push.results import PushResult
from sonicfab.report import console
from sonicfab.report.ci import show_command
from sonicfab.report.lab import show_booted, show_requirements
from sonicfab.report.progress import ProgressBar
from sonicfab.report.rendered import numbers_told, show_rendered
from sonicfab.report.validate import show_validation
from sonicfab.report.verify import json_value, junit_text, show_verification
from sonicfab.validate.run import Validation
from sonicfab.verify.run import Verification


class Interrupt:
    """Ctrl-C, SIGTERM and SIGHUP, the first of which counts.

    Attributes:
        code: the exit code that it asks for.
        no_more: it came, or nothing may be interrupted any longer.
    """

    NUMBERS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

    def __init__(self) -> None:
        self.code = int(ExitCode.INTERRUPTED)
        self.no_more = False
        self._ignored = [number for number in self.NUMBERS if signal.getsignal(number) is signal.SIG_IGN]

    def __call__(self, number: int, _frame: FrameType | None) -> None:
        """The handler of all three."""
        asked = self.code != ExitCode.INTERRUPTED or number not in self._ignored
        if self.no_more or not asked:
            return
        if number != signal.SIGINT:
            self.code = 128 + number
            signal.raise_signal(signal.SIGINT)  # what must not be halved minds this one
            return
        self.no_more = True
        raise KeyboardInterrupt


@contextmanager
def one_interrupt() -> Iterator[Interrupt]:
    """Ctrl-C, SIGTERM and SIGHUP interrupt the block once; further ones do nothing.

    A CI that cancels a job sends several within seconds, and the lab must be ended all the same.
    """
    interrupt = Interrupt()
    before = {number: signal.signal(number, interrupt) for number in interrupt.NUMBERS}
    try:
        yield interrupt
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class Shown(Watch):
    """Shows each step, and keeps how it ended: `steps`."""

    def __init__(self, output: Path, interrupt: Interrupt) -> None:
        self._output, self._interrupt = output, interrupt
        self._planned: Planned | None = None
        self.steps: list[StepResult] = []

    def begin(self, words: Words) -> None:
        """See Watch."""
        show_command(words)

    def progress(self, title: str) -> AbstractContextManager[Progress]:
        """See Watch."""
        return ProgressBar(title)

    def decided(self, planned: Planned) -> None:
        """See Watch."""
        self._planned = planned
        show_planned(planned)

    def apply(self, planned: Planned, output: Path, words: Words) -> PushResult:
        """See Watch."""
        return apply(planned, output, words)

    def show(self, _name: str, value: Ends) -> None:
        """See Watch."""
        match value:
            case Validation():
                show_validation(value)
            case RenderResult():
                if value.numbers_kept:
                    console.note(numbers_told(value.fabric))
                show_rendered(value)
            case Booted():
                show_booted(value.lab, value.seconds)
            case PushResult():
                assert self._planned is not None, "it was decided"
                tell_result(self._planned, value, self._output / "build")
            case Verification():
                assert self._planned is not None, "it was pushed"
                self._write("verify.xml", junit_text(value))
                self._write("verify.json", json.dumps(console.with_site_templates(json_value(value)), indent=2))
                show_verification(self._planned.site.as_reached.plan, value)
            case Ran():
                console.say(value.said.rstrip())

    def end(self, step: StepResult) -> None:
        """See Watch."""
        if step.exit_code == ExitCode.INTERRUPTED:
            self._interrupt.no_more = True
            step = replace(step, exit_code=self._interrupt.code)
        if isinstance(step.error, LabLacksError):
            show_requirements(step.error.lacks)
        if step.error:
            console.error(step.error)
        self.steps.append(step)

    def leave(self) -> None:
        """See Watch."""
        self._interrupt.no_more = True

    def _write(self, name: str, text: str) -> None:
        write_file(self._output / name, OutputFile(text + "\n"))
