"""The border between sonicfab and a terminal, a pipe or a file: all text goes out here, and only text.

What a switch, a file or another program says may hold control characters that rename the window, hide lines or press
keys. They become visible characters here, whoever said them; colours are added by `style` alone.
"""

from __future__ import annotations

import contextlib
import io
import logging
import os
import re
import secrets
import sys
from typing import TYPE_CHECKING, Any, TextIO

import typer

from sonicfab.errors import OutputError, ReaderGoneError

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

WIDTH = 100
"""Columns that output may use, unless it goes to a terminal that has fewer."""

_CONTROL = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff\ue000-\uf8ff]"
)
"""All control characters but newline and tab; those that turn the direction of text or are not seen; no characters."""
_ESCAPE = f"\ue000{secrets.token_hex(6)}\ue001"
"""Stands for the escape character of our own colours until text leaves; nobody else can know it."""


def neutral(text: str) -> str:
    """The text with every control character as a visible one of the same width."""
    return _CONTROL.sub(_visible, text)


def _visible(found: re.Match[str]) -> str:
    code = ord(found[0])
    # the pictures of control characters of Unicode
    return chr(0x2400 + code) if code < 0x20 else "\u2421" if code == 0x7F else "\ufffd"


def style(text: str, **how: Any) -> str:  # noqa: ANN401 - as typer.style
    """The text in a colour or in bold, for `write`."""
    return typer.style(neutral(text), **how).replace("\x1b", _ESCAPE)


def write(text: str, *, err: bool = False) -> None:
    """A line to stdout or stderr.

    Raises:
        OutputError: stdout takes no more; what cannot be told on stderr is lost.
        ReaderGoneError: who reads stdout has gone.
    """
    parts = map(neutral, text.split(_ESCAPE))
    _emit("\x1b".join(parts) + "\n", err=err)


def write_renderable(renderable: RenderableType, *, soft_wrap: bool = False) -> None:
    """A table or text of rich to stdout.

    Raises:
        OutputError, ReaderGoneError: as `write`.
    """
    stream = sys.stdout
    drawn = _Drawn(stream)
    safe_console(drawn, width=None if drawn.isatty() else WIDTH).print(renderable, soft_wrap=soft_wrap)
    _emit(drawn.getvalue())


class _Drawn(io.StringIO):
    """What rich draws for a stream, before it is written there."""

    def __init__(self, stream: TextIO | None) -> None:
        super().__init__()
        self._stream = stream

    @property
    def encoding(self) -> str:  # type: ignore[override]
        """That of the stream: rich draws boxes by it."""
        return getattr(self._stream, "encoding", None) or "utf-8"

    def isatty(self) -> bool:
        """Whether the stream is a terminal: rich draws colours by it."""
        return self._stream is not None and self._stream.isatty()


def safe_console(stream: TextIO | None, *, width: int | None = None) -> Console:
    """A console of rich for that stream: no markup, and no control characters but its own."""
    from rich.console import Console
    from rich.segment import Segment

    class Safe(Console):
        def render(self, *arguments: Any, **options: Any) -> Any:  # noqa: ANN401 - rich's own signature
            for segment in super().render(*arguments, **options):
                yield segment if segment.control else Segment(neutral(segment.text), segment.style)

    return Safe(
        file=stream or io.StringIO(),
        width=width,
        markup=False,
        emoji=False,
        highlight=False,
        no_color=_is_plain() or None,
    )


def is_terminal(stream: TextIO | None) -> bool:
    """Whether people read there."""
    return stream is not None and stream.isatty()


def is_lively(stream: TextIO | None) -> bool:
    """Whether something can be drawn anew there: a terminal, and one that knows how."""
    return is_terminal(stream) and os.environ.get("TERM") != "dumb"


class SafeFormatter(logging.Formatter):
    """Log lines without control characters."""

    def format(self, record: logging.LogRecord) -> str:
        """See logging.Formatter."""
        return neutral(super().format(record))


def _is_plain() -> bool:
    """No colours: https://no-color.org, and terminals that know none."""
    return bool(os.environ.get("NO_COLOR")) or os.environ.get("TERM") == "dumb"


def _emit(text: str, *, err: bool = False) -> None:
    stream = sys.stderr if err else sys.stdout
    if stream is None:
        if err:
            return
        raise OutputError("cannot write to stdout: it is closed")
    encoding = getattr(stream, "encoding", None) or "utf-8"
    text = text.encode(encoding, "backslashreplace").decode(encoding)
    try:
        typer.echo(text, err=err, nl=False, color=False if _is_plain() else None)
    except OSError as failure:
        to_nowhere(stream)
        if err:
            return
        if isinstance(failure, BrokenPipeError):
            raise ReaderGoneError("who reads stdout has gone") from failure
        raise OutputError(f"cannot write to stdout: {failure.strerror}") from failure


def to_nowhere(stream: TextIO) -> None:
    """For a stream that takes nothing: what is still in its buffer must not fail again when the program ends."""
    with contextlib.suppress(OSError, ValueError, io.UnsupportedOperation):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)
