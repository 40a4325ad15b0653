"""What one can do with a switch, on top of a transport."""

from __future__ import annotations

import secrets
import shlex
from dataclasses import dataclass
from typing import Any

from sonicfab.errors import CommandTimeoutError, SwitchError
from sonicfab.hints import first_of
from sonicfab.switch import commands, patching
from sonicfab.switch.ask import AbsentError, Answers, Question, UnansweredError, Value, script, split
from sonicfab.switch.patching import PatchResult
from sonicfab.switch.state.system import IDENTITY, SwitchFacts, facts
from sonicfab.transport import Transport

_REFUSALS = (
    "System is not up",
    "SwSS container is not ready",
    "Relevant services are not up",
    "Failed to acquire lock",
)
"""How `config reload` says "later", on stdout; older builds with exit code 0 (sonic-buildimage issue 8853)."""


@dataclass(frozen=True, slots=True)
class ReloadResult:
    """How far a reload has come: `running`, `done`, `refused` for now, or `failed`; `said` is why."""

    state: str
    said: str


class Switch:
    """A switch that is connected; `name` is only for messages."""

    def __init__(self, name: str, transport: Transport) -> None:
        self.name = name
        self.transport = transport

    def ask(self, *questions: Question[Any], timeout: float = 120, each: float = 0) -> Answers:
        """The answers to questions, in one exec channel; `each` bounds every one that root asks, in seconds.

        Raises:
            SwitchError: the account's shell could not run them.
            TransportError: the connection broke; so for every operation.
        """
        asked = list({one.name: one for one in questions}.values())
        if len(asked) == 1 and not each:
            return Answers({asked[0].name: self.transport.run(asked[0].command, timeout=timeout)})
        if not asked:
            return Answers({})
        mark = f"--{secrets.token_hex(8)}--"
        try:
            result = self.transport.run(script(asked, mark, each), timeout=timeout)
        except CommandTimeoutError as err:
            names = first_of([one.name for one in asked], 4)
            raise CommandTimeoutError(f"{self.name}: no answer within {timeout:.0f} s to {names}") from err
        try:
            return Answers(split(asked, mark, result))
        except SwitchError as err:
            raise SwitchError(f"{self.name}: {err}") from err

    def get(self, question: Question[Value], timeout: float = 60) -> Value:
        """The answer to one question.

        Raises:
            AbsentError: there is nothing that could answer.
            UnreadableError: the command failed, or what it printed is not what it should be.
        """
        return self.read(self.ask(question, timeout=timeout), question)

    def optional(self, question: Question[Value]) -> Value | None:
        """The answer to one question; None when there is nothing that could answer, and then alone.

        Raises:
            UnreadableError: as `get`.
        """
        try:
            return self.get(question)
        except AbsentError:
            return None

    def facts(self, timeout: float = 60) -> SwitchFacts:
        """Who it says it is, told within `timeout` seconds.

        Raises:
            SwitchError: it does not answer like SONiC.
        """
        answers = self.ask(*IDENTITY, timeout=timeout)
        for one in IDENTITY:
            self.read(answers, one)
        return facts(answers)

    def begin_stock(self, files: dict[str, str]) -> None:
        """Have a virtual machine of a stock image begin to load its config_db.json and frr.conf.

        Raises:
            SwitchError: they cannot be written, or it cannot begin.
        """
        made = self.transport.run(commands.UPLOAD_FOLDER)
        if not made.ok:
            raise SwitchError(f"{self.name}: cannot make a folder for its config: {made.said}")
        folder = made.stdout.strip()
        for name, text in files.items():
            self.transport.put(text.encode(), f"{folder}/{name}")
        begun = self.transport.run(commands.STOCK_BEGIN.format(folder=shlex.quote(folder)))
        if not begun.ok:
            raise SwitchError(f"{self.name}: cannot load its config: {begun.said}")

    def stock_result(self) -> str | None:
        """What went wrong with that, "" for nothing; None while it goes on."""
        lines = self.transport.run(commands.STOCK_RESULT).stdout.splitlines()
        if not lines:
            return None
        return "" if lines[0] == "0" else " ".join(lines[-1:])

    def check_patch(self, limit: float) -> PatchResult:
        """Whether the switch's config updater would apply the staged patch, told within `limit` seconds."""
        command = commands.CHECK_PATCH.format(stage=commands.STAGE, seconds=max(1, round(limit)))
        return patching.read_apply_patch(self.transport.run(command, timeout=limit + 30), dry_run=True)

    def read(self, answers: Answers, question: Question[Value]) -> Value:
        """One of the answers that it gave.

        Raises:
            AbsentError, UnreadableError: as `get`.
        """
        try:
            return answers.get(question)
        except UnansweredError as err:
            raise type(err)(f"{self.name}: {answers.failed(question)}{err}", err.hint) from err

    def close(self) -> None:
        """End the connection."""
        self.transport.close()


def read_reload(text: str) -> ReloadResult:
    """How a reload goes, from a line with its exit code (empty while it goes on) and what it has printed."""
    first, _, log = text.partition("\n")
    if not first:
        return ReloadResult("running", "")
    refusal = next((line for line in log.splitlines() if line.startswith(_REFUSALS)), "")
    if refusal:
        return ReloadResult("refused", refusal)
    lines = log.strip().splitlines()
    said = lines[-1] if lines else f"exit code {first}"
    return ReloadResult("done" if first == "0" else "failed", said)
