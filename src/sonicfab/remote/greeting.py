"""Whether a scheduler of Dask stands at an address, and whether the two may talk, seen before Dask connects.

Dask itself tries again until its time is up, and tells then that it is up, whatever the reason was.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from sonicfab.errors import InputError, SchedulerError

if TYPE_CHECKING:
    from distributed import Security

_OF_TLS = "distributed.comm.tls of Dask's config"
_LONGEST = 1 << 32
"""Bytes of a first message that no scheduler exceeds."""


def greeted(address: str, timeout: float) -> Security:
    """How to connect to a scheduler that is there, by the certificates of Dask's config.

    It speaks first (distributed/comm/core.py Listener.on_connection), and begins with the length of what it says
    (comm/tcp.py). That a certificate of ours is refused shows no sooner than then (RFC 8446 section 4.4.2.4).

    Raises:
        InputError: it is no address, or there are no certificates.
        SchedulerError: nobody is there, it says nothing or nothing of a scheduler's, or one of the two refuses the
            other's certificate.
    """
    from distributed import Security

    security = Security()
    host, port, scheme = _parts(address)
    if scheme not in ("tcp", "tls"):
        return security
    if scheme == "tcp" and security.require_encryption:
        raise InputError(f"--scheduler {address}: Dask's config has require-encryption", f"tls://{host}:{port}")
    context = _context(address, security) if scheme == "tls" else None
    with ExitStack() as open_ones, _told(address, context):
        line = open_ones.enter_context(socket.create_connection((host, port), timeout))
        if context:
            line = open_ones.enter_context(context.wrap_socket(line, server_hostname=host))
        said = line.recv(8)
        if not said:
            raise OSError("it hangs up at once")
        if int.from_bytes(said, "little") > _LONGEST:
            raise OSError(f"what answers is no scheduler of Dask, it says {said!r}")
    return security


def _parts(address: str) -> tuple[str, int, str]:
    hint = "such as tcp://scheduler.example:8786, or tls://…"
    try:
        url = urlsplit(address)
        host, port = url.hostname, url.port
    except ValueError as err:
        raise InputError(f"--scheduler {address}: {err}", hint) from err
    if not url.scheme or not host or not port:
        raise InputError(f"--scheduler {address}: not an address", hint)
    return host, port, url.scheme


def _context(address: str, security: Security) -> ssl.SSLContext:
    files = {
        "ca-file": security.tls_ca_file,
        "client.cert": security.tls_client_cert,
        "client.key": security.tls_client_key,
    }
    missing = [name for name, file in files.items() if not file]
    if missing:
        told = f"{address} needs certificates, and {_OF_TLS} has no {', '.join(missing)}"
        raise InputError(told, "~/.config/dask/*.yaml, or the folder in DASK_CONFIG, tells which they are")
    for name, file in files.items():
        try:
            Path(str(file)).read_bytes()
        except OSError as err:
            raise InputError(f"{file}: {err.strerror}", f"{name} in {_OF_TLS}") from err
    try:
        context: ssl.SSLContext = security.get_connection_args("client")["ssl_context"]
    except (OSError, ValueError) as err:
        told = (getattr(err, "reason", "") or str(err)).replace("_", " ").lower()
        named = ", ".join(map(str, files.values()))
        raise InputError(f"{named} do not belong together: {told}", f"{', '.join(files)} in {_OF_TLS}") from err
    return context


@contextmanager
def _told(address: str, context: ssl.SSLContext | None) -> Iterator[None]:
    """What goes wrong while two programs that do not know each other meet."""
    try:
        yield
    except ssl.SSLCertVerificationError as err:
        told, hint = f"its certificate is refused here: {err.verify_message}", f"ca-file in {_OF_TLS}"
    except ssl.SSLError as err:
        reason = (err.reason or str(err)).replace("_", " ").lower()
        if "alert" in reason:
            told = f"it refuses the certificate that is shown to it: {reason.rpartition('alert ')[2]}"
            hint = f"client.cert in {_OF_TLS} is to be of its CA"
        else:
            told, hint = f"it speaks no TLS: {reason}", "tcp:// is without"
    except TimeoutError:
        told = "it says nothing"
        hint = "it hangs, or is no scheduler of Dask" + ("" if context else ", or one with TLS: tls://")
    except OSError as err:
        told, hint = err.strerror or str(err), f"`dask scheduler --port {_parts(address)[1]}` starts one there"
    else:
        return
    raise SchedulerError(f"the scheduler {address} cannot be reached: {told}", hint)
