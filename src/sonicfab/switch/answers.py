"""What a switch prints, as values: whatever it prints, a parser ends with a value or with an UnreadableError."""

from __future__ import annotations

import contextlib
import json
import math
import re
from collections.abc import Iterator
from typing import Any, NoReturn

from sonicfab.errors import UnreadableError

MAX_DIGITS = 40
"""Of a number; no counter and no AS number has more, and Python takes quadratic time for very long ones."""
_SHOWN = 80
_SPACE = re.compile(r"[ \t\r\n]*")
_SURROGATE = re.compile(r"\\\\u[dD][89a-fA-F]")
ODD = (LookupError, TypeError, ValueError, AttributeError, ArithmeticError, RecursionError)
"""What code raises that meets a value of another shape or size than it knows."""


@contextlib.contextmanager
def reading(what: str) -> Iterator[None]:
    """Around what reads an answer, as a block or as a decorator: an answer of another shape is told.

    Raises:
        UnreadableError: `what` printed something unexpected.
    """
    try:
        yield
    except ODD as err:
        raise UnreadableError(f"{what}: it printed something unexpected: {_told(err)}") from err


def json_value(text: str, what: str) -> Any:  # noqa: ANN401 - any JSON
    """A JSON text as a value; numbers are finite.

    Raises:
        UnreadableError: it is something else; `what` names the command.
    """
    try:
        value = _DECODER.decode(text)
        _no_half_characters(text, value)
        return value
    except (ValueError, RecursionError) as err:
        raise UnreadableError(f"{what}: not JSON: {_start(text, err)}") from err


def json_object(text: str, what: str) -> dict[str, Any]:
    """A JSON object.

    Raises:
        UnreadableError: it is something else; `what` names the command.
    """
    value = json_value(text, what)
    if not isinstance(value, dict):
        raise UnreadableError(f"{what}: not a JSON object but {type(value).__name__}")
    return value


def json_objects(text: str, what: str) -> list[dict[str, Any]]:
    """A JSON list of objects; an empty text is an empty list, as of `ip -j`.

    Raises:
        UnreadableError: it is something else; `what` names the command.
    """
    if not text.strip():
        return []
    value = json_value(text, what)
    if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
        raise UnreadableError(f"{what}: not a JSON list of objects")
    return value


def json_documents(text: str, what: str, *, remarks: bool = False) -> Iterator[dict[str, Any]]:
    """The JSON objects of a text that has several, one after the other.

    With `remarks`, a line of FRR such as `% BGP instance not found` is {}.

    Raises:
        UnreadableError: one is cut off, or something else stands there; `what` names the command.
    """
    position = 0
    while True:
        space = _SPACE.match(text, position)
        position = space.end() if space else position
        if position >= len(text):
            return
        if remarks and text[position] == "%":
            end = text.find("\n", position)
            position = len(text) if end < 0 else end
            yield {}
            continue
        try:
            start, (document, position) = position, _DECODER.raw_decode(text, position)
            _no_half_characters(text[start:position], document)
        except (ValueError, RecursionError) as err:
            raise UnreadableError(f"{what}: not JSON: {_start(text[position : position + 400], err)}") from err
        if not isinstance(document, dict):
            raise UnreadableError(f"{what}: not a JSON object but {type(document).__name__}")
        yield document


def documents(text: str) -> Iterator[dict[str, Any]]:
    """The JSON documents of a text that has several; FRR's own `% BGP instance not found` is {}, another line is none.

    Raises:
        UnreadableError: there is none at all, one is cut off, or something else was printed.
    """
    if not text.strip():
        raise UnreadableError("nothing was printed")
    return json_documents(text, "what was printed", remarks=True)


def exactly(count: int, text: str, more: int = 0) -> list[dict[str, Any]]:
    """As many documents as commands were given; an answer that lacks one says nothing of what it would have told.

    With `more` others may follow, so many at a time.

    Raises:
        UnreadableError: there are more or fewer, or one is not JSON.
    """
    found = list(documents(text))
    others = len(found) - count
    if others < 0 or (others % more if more else others):
        raise UnreadableError(f"{len(found)} answers to {count} commands: {shown(text)}")
    return found


def shown(text: str) -> str:
    """The beginning of a text, for a message."""
    return repr(" ".join(text.split())[:60])


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"{text[:_SHOWN]} is no finite number")
    return value


def _whole(text: str) -> int:
    if len(text) > MAX_DIGITS:
        raise ValueError(f"a number of {len(text)} digits")
    return int(text)


def _no_constant(text: str) -> NoReturn:
    raise ValueError(f"{text} is no JSON")


def _no_half_characters(text: str, value: object) -> None:
    """Half of a UTF-16 pair is no character: it could be neither shown nor stored."""
    if _SURROGATE.search(text):
        try:
            json.dumps(value, ensure_ascii=False).encode()
        except UnicodeEncodeError as err:
            raise ValueError("it has half of a UTF-16 pair as a character") from err


_DECODER = json.JSONDecoder(parse_float=_finite, parse_int=_whole, parse_constant=_no_constant)


def _start(text: str, err: Exception) -> str:
    """How the text begins, or why it cannot be read where it looks like JSON."""
    if isinstance(err, RecursionError):
        return "nested too deeply"
    if not isinstance(err, json.JSONDecodeError):
        return str(err)
    lines = text.strip().splitlines()
    return lines[0][:_SHOWN] if lines else "nothing"


def _told(err: Exception) -> str:
    return "nested too deeply" if isinstance(err, RecursionError) else f"{type(err).__name__}: {str(err)[:_SHOWN]}"
