"""JSON out of a command's answer, for the parsers of each subject."""

from __future__ import annotations

import json
from typing import Any

from sonicfab.errors import SwitchError


def json_object(text: str, what: str) -> dict[str, Any]:
    """A JSON object.

    Raises:
        SwitchError: it is something else; `what` names the command.
    """
    value = _json(text, what)
    if not isinstance(value, dict):
        raise SwitchError(f"{what}: not a JSON object but {type(value).__name__}")
    return value


def json_objects(text: str, what: str) -> list[dict[str, Any]]:
    """A JSON list of objects; an empty text is an empty list, as of `ip -j`.

    Raises:
        SwitchError: it is something else; `what` names the command.
    """
    if not text.strip():
        return []
    value = _json(text, what)
    if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
        raise SwitchError(f"{what}: not a JSON list of objects")
    return value


def _json(text: str, what: str) -> Any:  # noqa: ANN401 - any JSON
    try:
        return json.loads(text)
    except ValueError as err:
        shown = text.strip().splitlines()
        raise SwitchError(f"{what}: not JSON: {shown[0][:80] if shown else 'nothing'}") from err
