"""SSH through netmiko's connection handling; commands on exec channels, with exit codes and no prompts."""

from __future__ import annotations

import contextlib
import io
import logging
import select
import shlex
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

import paramiko
from netmiko.exceptions import NetmikoAuthenticationException, NetmikoTimeoutException
from netmiko.linux.linux_ssh import LinuxSSH

from sonicfab.errors import (
    CommandTimeoutError,
    HostKeyError,
    InputError,
    LoginError,
    SonicfabError,
    TransportError,
    UnreadableError,
)
from sonicfab.transport import CommandResult, Transport
from sonicfab.transport.exec import ProgramStream
from sonicfab.transport.hostkeys import known_keys, name_of
from sonicfab.transport.target import SshTarget

log = logging.getLogger(__name__)
_READ = 65536
_NOTHING_TO_DO = 2.0
"""Seconds after which the thread of a connection on which nothing comes looks whether it is to send something.

paramiko's own tenth of a second is 320 threads a second that wake for nothing while 32 switches think.
"""
MAX_OUTPUT = 64 * 1024 * 1024
"""Bytes that a command may print; the largest answer, all YANG models of an image, has half a megabyte."""


class _Connection(LinuxSSH):
    """Netmiko's way to a Linux host, but without the interactive shell whose prompt it would have to recognise."""

    def open_client(self, target: SshTarget, *, look_for_keys: bool) -> paramiko.SSHClient:
        """Connect and log in; netmiko itself uses the keys in ~/.ssh only when one of them is named."""
        # netmiko keeps a filter, with the password in it, in its logger until disconnect(), which nobody calls here:
        # one more for each connection (netmiko/base_connection.py __init__). Nothing of netmiko logs from here on
        logging.getLogger("netmiko").removeFilter(self._secrets_filter)
        client: paramiko.SSHClient = self._build_ssh_client()
        options = {**self._connect_params_dict(), "look_for_keys": look_for_keys}
        _know(client, target, name_of(options["hostname"], options["port"]))
        if options.get("sock") is None:
            options["sock"] = _socket(options["hostname"], options["port"], options["timeout"])
        try:
            client.connect(**options)
        except BaseException:
            client.close()
            raise
        return client


def _know(client: paramiko.SSHClient, target: SshTarget, host: str) -> None:
    """Tell the keys of a host; those of the hosts that it was known as count for it, unless its own are known.

    Raises:
        InputError: the file of keys is there and cannot be read.
    """
    former = (name_of(one, target.port) for one in target.known_as)
    known = (known_keys(target.known_hosts, name) for name in (host, *former))
    for kind, key in next(filter(None, known), {}).items():
        client.get_host_keys().add(host, kind, key)


class SshTransport(Transport):
    """One SSH connection; each command has its own exec channel on it."""

    def __init__(self, target: SshTarget, *, connect_timeout: float = 15.0) -> None:
        """Connect.

        Raises:
            HostKeyError: the host key is unknown or another one than expected.
            LoginError: the switch refused the login.
            TransportError: it cannot be reached.
        """
        self.target = target
        self._jump = SshTransport(target.jump, connect_timeout=connect_timeout) if target.jump else None
        self._program = ProgramStream(target.program) if target.program else None
        try:
            sock = self._jump.tunnel(target.host, target.port) if self._jump else None
            self._client = _connect(target, connect_timeout, self._program.socket if self._program else sock)
        except BaseException:
            self._close_way()
            raise
        transport = self._client.get_transport()
        if transport is None:  # connect() returned, so there is one; the type does not know it
            raise TransportError(f"cannot reach {target}: the connection is gone")
        self._transport = transport
        self._transport.set_keepalive(15)
        self._transport.sock.settimeout(_NOTHING_TO_DO)

    def tunnel(self, host: str, port: int) -> paramiko.Channel:
        """A byte stream from this host to another, for a connection through it.

        Raises:
            TransportError: this host cannot reach the other.
        """
        try:
            return self._transport.open_channel("direct-tcpip", (host, port), ("127.0.0.1", 0), timeout=15)
        except (paramiko.SSHException, EOFError, OSError) as err:
            raise TransportError(f"{self.target} cannot reach {host}:{port}: {_reason(err)}") from err

    def run(self, command: str, *, stdin: bytes = b"", timeout: float = 60.0) -> CommandResult:
        """See Transport.run."""
        started = time.monotonic()
        try:
            with self._transport.open_session(timeout=timeout) as channel:
                channel.settimeout(timeout)
                with _deadline(channel, timeout):
                    channel.exec_command(command)
                if stdin:
                    channel.sendall(stdin)
                channel.shutdown_write()
                out, err = _collect(channel, started + timeout)
                code = channel.recv_exit_status()
        except TimeoutError as err_:
            raise CommandTimeoutError(
                f"{self.target}: no answer within {timeout:.0f} s to: {_shorten(command)}"
            ) from err_
        except SonicfabError as err_:
            raise type(err_)(f"{self.target}: {err_}: {_shorten(command)}") from err_
        except Exception as err_:  # paramiko raises what a broken packet makes it stumble over
            raise TransportError(f"{self.target}: the connection broke: {_reason(err_)}") from err_
        if code == -1:  # the server closed the channel without a status: it was killed, or the connection is going
            self._tell_unended(command, out)
        seconds = time.monotonic() - started
        log.info("%s: %s -> %d in %.2f s", self.target, _shorten(command), code, seconds)
        return CommandResult(command, code, out.decode(errors="replace"), err.decode(errors="replace"), seconds)

    def _tell_unended(self, command: str, out: bytes) -> NoReturn:
        if self._transport.is_active():
            said = f"after {len(out)} bytes" if out else "without a word"
            raise UnreadableError(
                f"{self.target}: it closed the channel {said}, and did not say how it ended: {_shorten(command)}"
            )
        raise TransportError(f"{self.target}: the connection broke during: {_shorten(command)}")

    def close(self) -> None:
        """See Transport.close."""
        with contextlib.suppress(Exception):  # it is over either way
            self._transport.sock.shutdown(socket.SHUT_RDWR)  # its thread ends now, and not when it looks next
        with contextlib.suppress(Exception):
            self._client.close()
        self._close_way()

    def _close_way(self) -> None:
        if self._program:
            self._program.close()
        if self._jump:
            self._jump.close()


def _connect(target: SshTarget, timeout: float, sock: paramiko.Channel | socket.socket | None) -> paramiko.SSHClient:
    user_config = Path.home() / ".ssh" / "config"
    options: dict[str, Any] = {
        "device_type": "linux",
        "host": target.host,
        "port": target.port,
        "username": target.user,
        "password": target.password,
        "passphrase": target.passphrase,
        "allow_agent": target.agent and target.use_user_config,
        "ssh_strict": True,
        "ssh_config_file": str(user_config) if target.use_user_config and user_config.is_file() else None,
        "conn_timeout": timeout,
        "auth_timeout": timeout,
        "banner_timeout": timeout,
        "sock": sock,
        "auto_connect": False,
    }
    if isinstance(target.key, Path):
        if not target.key.is_file():
            raise InputError(f"the SSH key {target.key} is not there")
        options["key_file"] = str(target.key)
    elif target.key is not None:
        options["pkey"] = _private_key(target.key, target.passphrase)
    try:
        look_for_keys = target.use_user_config and target.key is None
        return _Connection(**options).open_client(target, look_for_keys=look_for_keys)
    except InputError:
        raise
    except paramiko.BadHostKeyException as err:
        raise HostKeyError(
            f"{target} has another host key than the known one: this may be another machine",
            hint=f"if it was reinstalled: `{_forget(target)}`; then {_compare(target)}",
        ) from err
    except (paramiko.AuthenticationException, NetmikoAuthenticationException) as err:
        tried = "key" if target.key else "password" if target.password else "SSH agent and default keys"
        raise LoginError(f"{target} refused the login", hint=f"tried: {tried}") from err
    except paramiko.SSHException as err:
        if "not found in known_hosts" in str(err):
            raise HostKeyError(
                f"the host key of {target} is not known",
                hint=_compare(target),
            ) from err
        raise TransportError(f"cannot reach {target}: {_reason(err)}") from err
    except (NetmikoTimeoutException, OSError, EOFError) as err:
        raise TransportError(f"cannot reach {target}: {_reason(err)}") from err
    except Exception as err:
        # netmiko: a ProxyJump in ~/.ssh/config that it cannot follow; paramiko: whatever a broken packet leads to
        raise TransportError(f"cannot reach {target}: {_reason(err)}") from err


def _socket(host: str, port: int, timeout: float) -> socket.socket:
    """A TCP connection that sends at once: Nagle's algorithm, which paramiko leaves on, adds 40 ms to every command.

    Raises:
        OSError: there is none.
    """
    try:
        connection = socket.create_connection((host, port), timeout)
    except OSError as err:
        raise OSError(f"{err.strerror or err} ({host} port {port})") from err
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def _private_key(text: str, passphrase: str | None) -> paramiko.PKey:
    for kind in (paramiko.Ed25519Key, paramiko.ECDSAKey, paramiko.RSAKey):
        with contextlib.suppress(paramiko.SSHException, ValueError):
            return kind.from_private_key(io.StringIO(text), passphrase)
    raise InputError("the SSH key is not an OpenSSH private key, or its passphrase is wrong")


@contextlib.contextmanager
def _deadline(channel: paramiko.Channel, seconds: float) -> Iterator[None]:
    """Bound a request that paramiko itself awaits for ever.

    Raises:
        TimeoutError: there was no reply.
    """
    late = threading.Event()

    def give_up() -> None:
        late.set()
        with contextlib.suppress(paramiko.SSHException, OSError, EOFError):  # the connection has gone: all are awake
            channel.close()  # wakes what waits for the reply

    timer = threading.Timer(seconds, give_up)
    timer.daemon = True
    timer.start()
    try:
        yield
    except Exception as err:
        raise TimeoutError if late.is_set() else err from err
    finally:
        timer.cancel()
    if late.is_set():
        raise TimeoutError


def _collect(channel: paramiko.Channel, deadline: float) -> tuple[bytes, bytes]:
    """Both outputs of a command until it ends.

    Raises:
        TimeoutError: it has not ended at the deadline (time.monotonic()).
        UnreadableError: it prints without end.
    """
    out, err = bytearray(), bytearray()
    while True:
        if len(out) + len(err) > MAX_OUTPUT:
            raise UnreadableError(f"it printed more than {MAX_OUTPUT >> 20} MB")
        while channel.recv_ready() and len(out) <= MAX_OUTPUT:
            out += channel.recv(_READ)
        while channel.recv_stderr_ready() and len(err) <= MAX_OUTPUT:
            err += channel.recv_stderr(_READ)
        ended = channel.exit_status_ready() and (channel.eof_received or channel.closed)
        if ended and not (channel.recv_ready() or channel.recv_stderr_ready()):
            return bytes(out), bytes(err)
        remaining = deadline - time.monotonic()
        if remaining <= 0:
            raise TimeoutError
        if channel.eof_received:  # the exit status may follow the end of the output
            channel.status_event.wait(min(remaining, 0.1))
        else:
            select.select([channel], [], [], min(remaining, 1.0))


def _forget(target: SshTarget) -> str:
    """The command that forgets the key of a host."""
    where = ["-f", str(Path(target.known_hosts).expanduser())] if target.known_hosts else []
    return shlex.join(["ssh-keygen", "-R", name_of(target.host, target.port), *where])


def _compare(target: SshTarget) -> str:
    """The hint with the command that logs in as this does, and asks whether the key is the right one."""
    words = ["ssh"]
    if target.known_hosts:
        words += ["-o", f"UserKnownHostsFile={_for_ssh_config(target.known_hosts)}"]
    if target.jump:
        words += ["-J", f"{target.jump.user}@{_bracketed(target.jump.host)}:{target.jump.port}"]
    command = shlex.join([*words, "-p", str(target.port), "-l", target.user, target.host])
    return f"log in once and compare the key: `{command}`"


def _for_ssh_config(path: str) -> str:
    """A path as ssh_config(5) reads it: quoted where it has spaces."""
    full = str(Path(path).expanduser())
    return f'"{full}"' if " " in full else full


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _reason(err: BaseException) -> str:
    text = str(err) or type(err).__name__
    return text.strip().splitlines()[0]


def _shorten(command: str) -> str:
    return command if len(command) <= 120 else f"{command[:117]}..."
