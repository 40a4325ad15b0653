"""Net 2 by libyang, which is five times faster than yangson and may crash: it runs in a process of its own.

What libyang accepts is accepted. What it refuses goes to yangson, which tells the rows; so do all configs that it gave
no answer to. The verdicts are the same, with or without it.
"""

from __future__ import annotations

import contextlib
import json
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType
from typing import Any
from xml.etree import ElementTree as ET

from sonicfab.configdb import SECRET_TABLES, ConfigDb
from sonicfab.errors import InputError
from sonicfab.schema.facts import Schema
from sonicfab.schema.models import model_texts, namespaces, pinned
from sonicfab.validate import libyang_child
from sonicfab.validate.findings import Finding
from sonicfab.validate.translate import ModelRow, translated
from sonicfab.validate.tree import config_tree
from sonicfab.validate.yang import YangCheck

INSTALL = "pip install 'sonicfab[fast]'"
LIMIT = 30.0
"""Seconds for an answer. The largest config that was measured, with 880 VLAN members, takes 2."""
_TRIES = 3
_LONGEST = 1 << 20
_STEP = re.compile(r"/(?:[\w.-]+:)?([\w.-]+)((?:\[[\w.:-]+=(?:'[^']*'|\"[^\"]*\")\])*)")
_KEY = re.compile(r"=(?:'([^']*)'|\"([^\"]*)\")\]")


@cache
def libyang_folder() -> str:
    """Where the package is installed; "" when it is not."""
    found = find_spec("oopt_gnpy_libyang")
    return str(Path(found.origin).parent) if found and found.origin else ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What libyang says of a config or of the models; message and path are of a refusal."""

    ok: bool
    message: str = ""
    path: str = ""


class NoAnswerError(Exception):
    """The process died, was too slow, or answered what is no answer."""


class LibyangProcess:
    """The process with the models of one folder; it ends with this one, however this one ends."""

    def __init__(self, program: Sequence[str]) -> None:
        self._process = subprocess.Popen(
            program, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        self._late = False

    def ask(self, request: Mapping[str, Any], limit: float) -> Answer:
        """Send a request, wait for its answer.

        Raises:
            NoAnswerError: there is none; the process is of no more use.
        """
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        timer = threading.Timer(limit, self._expire)
        timer.daemon = True  # an interrupt must not wait for it
        try:
            timer.start()
            self._process.stdin.write(json.dumps(request).encode() + b"\n")
            self._process.stdin.flush()
            line = self._process.stdout.readline(_LONGEST)
        except BrokenPipeError:
            line = b""
        finally:
            timer.cancel()
        if self._late:
            raise NoAnswerError(f"no answer within {limit:g} s")
        try:
            answer = json.loads(line)
            return Answer(bool(answer["ok"]), str(answer.get("message", "")), str(answer.get("path", "")))
        except (ValueError, LookupError, TypeError, AttributeError) as err:
            raise NoAnswerError(self._end(line)) from err

    def _expire(self) -> None:
        self._late = True
        self._process.kill()

    def _end(self, line: bytes) -> str:
        try:
            code = self._process.wait(timeout=0.0 if line else 5.0)
        except subprocess.TimeoutExpired:
            return "it gave an answer that is none" if line else "it closed its output"
        return f"it crashed ({signal.Signals(-code).name})" if code < 0 else f"it ended with {code}"

    def close(self) -> None:
        """End it; it has nothing to lose."""
        self._process.kill()
        with contextlib.suppress(BrokenPipeError), self._process:
            pass


class LibyangCheck:
    """Checks configs against the models of one folder, like YangCheck and with the same verdicts."""

    def __init__(self, folder: Path, schema: Schema | None = None) -> None:
        """Without `schema` the facts come from the models, by yangson.

        Raises:
            InputError: there are no models in the folder, or without `schema` they cannot be read.
        """
        self._folder, self._texts = folder, model_texts(folder)
        self._namespaces = namespaces(self._texts)
        self._yangson: YangCheck | None = None
        if schema is None:
            self._yangson = YangCheck(folder)
            schema = self._yangson.schema
        self.schema = schema
        self._process: LibyangProcess | None = None
        self._asked = 0
        self._lost: list[str] = []

    def __enter__(self) -> LibyangCheck:  # noqa: PYI034 - Self needs Python 3.11
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def engine(self) -> str:
        """What has checked, for people: with a fallback and its reason."""
        if not self._lost:
            return "libyang"
        count = len(self._lost)
        if count == self._asked:
            return f"yangson (libyang: {self._lost[0]})"
        return f"libyang, {count} config{'s' * (count != 1)} by yangson (libyang: {self._lost[0]})"

    def check(self, config: ConfigDb) -> list[Finding]:
        """What the models refuse, and before that what cannot be told in their terms.

        Raises:
            InputError: libyang gave no answer, and yangson cannot read the models.
        """
        rows, found = translated(self.schema, config)
        answer = self._ask(rows)
        if answer is not None and answer.ok:
            return found
        return found + self._refused(rows, answer)

    def close(self) -> None:
        """End the process; another check starts it again."""
        if self._process is not None:
            self._process.close()
            self._process = None

    def _ask(self, rows: Sequence[ModelRow]) -> Answer | None:
        """The answer; None when there is none. After some tries without one it is not asked any more."""
        self._asked += 1
        # it wants the modules side by side, without a root; in ASCII any text survives the way
        xml = "".join(ET.tostring(top).decode("ascii") for top in config_tree(rows, self._namespaces))
        if len(self._lost) >= _TRIES:
            self._lost.append(self._lost[0])
            return None
        try:
            if self._process is None:
                self._process = self._started()
            return self._process.ask({"xml": xml}, LIMIT)
        except (NoAnswerError, OSError) as err:
            self._lost.append(str(err))
            self.close()
            return None

    def _started(self) -> LibyangProcess:
        process = LibyangProcess([sys.executable, "-I", libyang_child.__file__])
        try:
            with pinned(self._texts) as folder:
                models = {"models": str(folder), "modules": list(self._namespaces)}
                answer = process.ask({"library": libyang_folder(), **models}, LIMIT)
            if not answer.ok:
                raise NoAnswerError(f"it cannot read the models: {answer.message}")
        except BaseException:
            process.close()
            raise
        return process

    def _refused(self, rows: Sequence[ModelRow], answer: Answer | None) -> list[Finding]:
        """Each row that is wrong, as yangson tells it; what libyang alone refuses, as libyang does."""
        try:
            found = self._by_yangson().refused(rows)
        except InputError:  # models that only libyang can read
            if answer is None:
                raise
            found = []
        return found if found or answer is None else [_finding(rows, answer)]

    def _by_yangson(self) -> YangCheck:
        if self._yangson is None:
            self._yangson = YangCheck(self._folder, self.schema)
        return self._yangson


def _finding(rows: Sequence[ModelRow], answer: Answer) -> Finding:
    """The message at the row of its path: /module:module/TABLE/X_LIST[a='1'][b='2']/field."""
    steps = [*_STEP.findall(answer.path), ("", ""), ("", ""), ("", ""), ("", "")]
    (table, _), (kind, predicates), (field, _) = steps[1:4]
    key = "|".join(one or other for one, other in _KEY.findall(predicates)) or kind
    message = "the model refuses it" if table in SECRET_TABLES else f"the model says: {answer.message}"
    for row in rows:
        if (row.table.name, row.facts.name, row.key) == (table, kind, key):
            return row.finding("SF-150", message, field if field in row.facts.fields else "")
    return Finding("SF-150", table, message)
