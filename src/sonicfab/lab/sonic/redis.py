"""The switch's redis, asked by its socket: to load what starts redis-cli takes longer than the answer.

RESP, https://redis.io/docs/latest/develop/reference/protocol-spec/; an answer is told as redis-cli prints it to a pipe
(redis src/redis-cli.c cliFormatReplyRaw).
"""

from __future__ import annotations

import _socket  # what `socket` adds to it is its constants, twice as long to load as a question takes

SOCKET = "/run/redis/redis.sock"


def ask(*arguments: str, database: int, path: str = SOCKET) -> str:
    """Run a command in a database and return what redis-cli prints.

    Raises:
        RuntimeError: redis is not there, goes away or complains; with its own words.
    """
    connection = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM)
    try:
        try:
            connection.connect(path)
        except OSError as err:
            raise RuntimeError(f"Could not connect to Redis at {path}: {err.strerror}") from err
        connection.sendall(_packed("SELECT", str(database)) + _packed(*arguments))
        reader = _Reader(connection)
        chosen = reader.reply()
        answer = reader.reply() if chosen == "OK" else chosen
    except OSError as err:
        raise RuntimeError("Error: Server closed the connection") from err
    finally:
        connection.close()
    if answer.startswith("ERR "):
        raise RuntimeError(answer.strip())
    return f"{answer}\n"


def _packed(*words: str) -> bytes:
    parts = [b"*%d\r\n" % len(words)]
    for word in words:
        raw = word.encode(errors="surrogateescape")
        parts.append(b"$%d\r\n%b\r\n" % (len(raw), raw))
    return b"".join(parts)


class _Reader:
    """Reads replies."""

    def __init__(self, connection: _socket.socket) -> None:
        self._connection, self._read = connection, bytearray()

    def reply(self) -> str:
        """The next one, as text."""
        line = self._line()
        kind, rest = line[:1], line[1:]
        if kind == "$":
            return self._bytes(int(rest)) if rest != "-1" else ""
        if kind == "*":
            return "\n".join(self.reply() for _ in range(max(0, int(rest))))
        return f"{rest}\n" if kind == "-" else rest

    def _line(self) -> str:
        while (end := self._read.find(b"\r\n")) < 0:
            self._more()
        line = self._read[:end].decode(errors="surrogateescape")
        del self._read[: end + 2]
        return line

    def _bytes(self, count: int) -> str:
        while len(self._read) < count + 2:
            self._more()
        text = self._read[:count].decode(errors="surrogateescape")
        del self._read[: count + 2]
        return text

    def _more(self) -> None:
        part = self._connection.recv(1 << 16)
        if not part:
            raise ConnectionResetError
        self._read += part
