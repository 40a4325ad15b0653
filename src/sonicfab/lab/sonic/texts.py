"""JSON and files, without what Python's json and pathlib load: re, enum and more take longer than most programs here.

What is odd is left to json, and so are its words for it.
"""

from __future__ import annotations

from _json import encode_basestring_ascii, make_scanner

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_BLANK = " \t\n\r"


class _Plain:
    """What json.JSONDecoder() gives its scanner."""

    strict = True
    object_hook = object_pairs_hook = None
    parse_float, parse_int = float, int
    parse_constant = float  # of NaN, Infinity and -Infinity


_scan = make_scanner(_Plain())  # type: ignore[arg-type]  # typeshed has the argument of something else


def loads(text: str) -> Any:  # noqa: ANN401 - as json.loads
    """As json.loads."""
    try:
        value, end = _scan(text, len(text) - len(text.lstrip(_BLANK)))
    except (StopIteration, SystemError):  # up to Python 3.12 it raises json's error only where json is loaded
        end = -1
    if end < 0 or text[end:].strip(_BLANK):
        import json

        return json.loads(text)
    return value


def dumps(value: Any, margin: str = "\n") -> str:  # noqa: ANN401 - as json.dumps
    """As json.dumps with indent=4 and sort_keys=True; `margin` is what comes before the end of a list or an object."""
    inner = f"{margin}    "
    if isinstance(value, str):
        return encode_basestring_ascii(value)
    if isinstance(value, dict):
        rows = (f"{encode_basestring_ascii(key)}: {dumps(one, inner)}" for key, one in sorted(value.items()))
        return f"{{{inner}{f',{inner}'.join(rows)}{margin}}}" if value else "{}"
    if isinstance(value, list):
        return f"[{inner}{f',{inner}'.join(dumps(one, inner) for one in value)}{margin}]" if value else "[]"
    if isinstance(value, int):
        return str(value).lower()  # of true and false, too
    import json  # for a fraction, and for what is none of these

    return json.dumps(value)


def read(path: str) -> str:
    """The text of a file."""
    with open(path, encoding="utf-8") as file:  # noqa: PTH123 - see above
        return file.read()
