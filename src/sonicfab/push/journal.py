"""What a push meant, did and saw, on disk before it happens: `build/FABRIC/push/ID/`.

`push.json` holds what was meant, `journal.jsonl` one line for each step of each switch, `before/SWITCH/` what the
switch had stored. With it a push that was killed is continued or undone.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import re
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sonicfab.errors import InputError, OutputError
from sonicfab.output import OutputFile, write_files
from sonicfab.ownership import record

FORMAT_VERSION = 1
_ID = re.compile(r"\d{8}T\d{6}Z(-[0-9a-f]{4})?")
FINAL = frozenset({"confirmed", "unchanged", "restored", "refused"})
"""Steps after which nothing of a push is under way on a switch."""


def new_id() -> str:
    """A name for a push: when it began, and a few digits so that two at once differ; sorts by time."""
    return f"{time.strftime('%Y%m%dT%H%M%SZ', time.gmtime())}-{os.urandom(2).hex()}"


def sha256(text: str) -> str:
    """Hash of a file's text."""
    return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True)
class Step:
    """One line of a journal."""

    switch: str
    step: str
    detail: Mapping[str, Any]


class Journal:
    """The journal of one push; every line is on the disk before `note` returns."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._lock = threading.Lock()
        self._file: int | None = None

    @property
    def push_id(self) -> str:
        """The push."""
        return self.folder.name

    @contextlib.contextmanager
    def open(self) -> Iterator[Journal]:
        """Write to it; one process at a time does.

        Raises:
            OutputError: it cannot be written.
            InputError: another sonicfab is at it.
        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            _keep_out_of_git(self.folder.parent)
            self._file = os.open(self.folder / "journal.jsonl", os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        except OSError as err:
            raise OutputError(f"cannot write {self.folder}/journal.jsonl: {err.strerror}") from err
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as err:
            os.close(self._file)
            raise InputError(f"push {self.push_id} is being worked on by another sonicfab", "wait for its end") from err
        try:
            yield self
        finally:
            os.close(self._file)
            self._file = None

    def note(self, switch: str, step: str, **detail: object) -> None:
        """A switch comes to a step; never with a secret.

        Raises:
            OutputError: the journal cannot be written, and so the step must not be done.
        """
        assert self._file is not None, "the journal is open"
        at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        line = json.dumps({"at": at, "switch": switch, "step": step, **detail}) + "\n"
        try:
            with self._lock:
                if os.write(self._file, line.encode()) != len(line.encode()):
                    raise OutputError(f"cannot write {self.folder}/journal.jsonl: the disk is full")
                os.fsync(self._file)
        except OSError as err:
            raise OutputError(f"cannot write {self.folder}/journal.jsonl: {err.strerror}") from err

    def write_manifest(self, value: Mapping[str, Any]) -> None:
        """What the push is to do, before anything is done.

        Raises:
            OutputError: it cannot be written.
        """
        text = json.dumps({"format_version": FORMAT_VERSION, "id": self.push_id, **value}, indent=1) + "\n"
        write_files(self.folder, {"push.json": OutputFile(text, secret=True)}, durable=True)

    def keep(self, switch: str, config_db: str, frr: str, ours: str = "") -> dict[str, str]:
        """What a switch has stored before it is touched, and the record of what of it is ours; file -> hash.

        Raises:
            OutputError: it cannot be written.
        """
        texts = {"config_db.json": config_db, "frr.conf": frr, record.FILE: ours}
        texts = {name: text for name, text in texts.items() if text or name == "config_db.json"}
        folder = self.folder / "before" / switch
        write_files(folder, {name: OutputFile(text, secret=True) for name, text in texts.items()}, durable=True)
        return {name: sha256(text) for name, text in texts.items()}

    def kept(self, switch: str) -> tuple[str, str | None]:
        """What `keep` kept: config_db.json, and frr.conf or None; as whole as it was kept.

        Raises:
            InputError: it is not there, or it was changed.
        """
        texts = self._texts(switch)
        return texts["config_db.json"], texts.get("frr.conf")

    def kept_record(self, switch: str) -> str:
        """The record of what was ours that `keep` kept; "" when there was none.

        Raises:
            InputError: it is not there, or it was changed.
        """
        return self._texts(switch).get(record.FILE, "")

    def _texts(self, switch: str) -> dict[str, str]:
        folder = self.folder / "before" / switch
        hashes: Mapping[str, str] = {}
        for step in self.steps():
            if step.switch == switch and "before" in step.detail:
                hashes = step.detail["before"]
        texts: dict[str, str] = {}
        for name, wanted in hashes.items():
            try:
                texts[name] = (folder / name).read_text(encoding="utf-8")
            except (OSError, UnicodeDecodeError) as err:
                raise InputError(f"{folder / name} cannot be read: {err}") from err
            if sha256(texts[name]) != wanted:
                raise InputError(f"{folder / name} is not what was kept: its hash differs")
        if "config_db.json" not in texts:
            raise InputError(f"push {self.push_id} kept nothing of {switch}")
        return texts

    def manifest(self) -> dict[str, Any]:
        """What `write_manifest` wrote.

        Raises:
            InputError: it is not there or not readable.
        """
        file = self.folder / "push.json"
        try:
            value: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        except (OSError, ValueError) as err:
            raise InputError(f"{file} cannot be read: {err}") from err
        if value.get("format_version") != FORMAT_VERSION:
            raise InputError(f"{file} is of another sonicfab", "use the one that made it")
        return value

    def steps(self) -> list[Step]:
        """All lines; a last line that was not written whole is left out."""
        try:
            lines = (self.folder / "journal.jsonl").read_text(encoding="utf-8").splitlines()
        except OSError:
            return []
        steps: list[Step] = []
        for line in lines:
            try:
                value = json.loads(line)
            except ValueError:
                continue  # the disk was full, or the power went
            steps.append(Step(value.pop("switch"), value.pop("step"), value))
        return steps

    def last_steps(self) -> dict[str, str]:
        """Switch -> the last step that it came to."""
        return {step.switch: step.step for step in self.steps() if step.switch}

    @property
    def open_switches(self) -> list[str]:
        """The switches on which this push may be under way."""
        return [switch for switch, step in self.last_steps().items() if step not in FINAL]


def _keep_out_of_git(folder: Path) -> None:
    """Journals hold configs, and their secrets: git ignores them, and nobody else reads them.

    Raises:
        OSError: it cannot be written.
    """
    folder.chmod(0o700)
    ignore = folder / ".gitignore"
    if not ignore.exists():
        ignore.write_text("*\n", encoding="utf-8")


def journals(build: Path, fabric: str) -> list[Journal]:
    """The pushes of a fabric, the oldest first."""
    folder = build / fabric / "push"
    if not folder.is_dir():
        return []
    return [Journal(one) for one in sorted(folder.iterdir()) if _ID.fullmatch(one.name) and one.is_dir()]


def find_journal(build: Path, fabric: str, push_id: str = "") -> Journal:
    """The push of that id; without one the last.

    Raises:
        InputError: there is none.
    """
    found = journals(build, fabric)
    if not found:
        raise InputError(
            f"{build / fabric / 'push'} has no push",
            "pushes are kept in the folder that --output names; `sonicfab report` is told it by --build",
        )
    if push_id:
        named = [one for one in found if one.push_id == push_id]
        if not named:
            known = ", ".join(one.push_id for one in found[-3:])
            raise InputError(f"{build / fabric / 'push'} has no push {push_id}", f"the last ones: {known}")
        return named[0]
    return found[-1]
