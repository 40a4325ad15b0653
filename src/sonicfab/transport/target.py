"""Where to log in by SSH."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class SshTarget:
    """Where to log in and as whom; the secrets are resolved here and never printed.

    Attributes:
        key: an OpenSSH private key as text, or the path of one.
        known_hosts: a file of host keys to trust instead of the user's own; "" for ~/.ssh/known_hosts.
        use_user_config: honour ~/.ssh/config (host names, ProxyCommand, ProxyJump), SSH agent and the usual keys.
        known_as: other hosts that this one may have been known as: what is known of their keys counts for it, as long
            as nothing is known of its own.
        jump: the host to go through.
        program: a command whose stdin and stdout are the connection, instead of one to `host`.
    """

    host: str
    port: int
    user: str
    password: str | None = None
    key: str | Path | None = None
    passphrase: str | None = None
    known_hosts: str = ""
    agent: bool = True
    use_user_config: bool = True
    known_as: tuple[str, ...] = ()
    jump: SshTarget | None = None
    program: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return f"SshTarget({self.user}@{self.host}:{self.port})"

    def __str__(self) -> str:
        """USER@HOST:PORT."""
        return f"{self.user}@{self.host}:{self.port}"
